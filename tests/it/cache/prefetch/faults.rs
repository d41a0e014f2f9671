//! A prefetch that fails: it is sent once, and operations work as without it.

use std::time::Duration;

use linear_ops::resolve::prefetch::prefetch;
use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;

use super::status;
use crate::support::failures::refused;
use crate::support::{World, call};

/// Returns the faults of a prefetch, with the error code of each.
fn faults() -> Vec<(Act, &'static str)> {
    let limited = Act::RateLimited {
        status: 400,
        reset_in_ms: 50,
        retry_after: None,
    };
    vec![
        (Act::Drop, "LINEAR_API_ERROR"),
        (Act::DropAfterCommit, "LINEAR_API_ERROR"),
        (Act::ServiceUnavailableHtml, "LINEAR_API_ERROR"),
        (Act::InternalError { status: 200 }, "LINEAR_API_ERROR"),
        (Act::Truncated, "LINEAR_API_ERROR"),
        (Act::NotJson, "LINEAR_API_ERROR"),
        (Act::EmptyErrors, "LINEAR_API_ERROR"),
        (Act::BareError("no".to_owned()), "LINEAR_API_ERROR"),
        (refused("projects", "not today"), "LINEAR_API_ERROR"),
        (limited, "LINEAR_API_RATE_LIMIT"),
    ]
}

#[tokio::test]
async fn the_first_operation_looks_up_what_it_needs_itself() {
    for (act, code) in faults() {
        let world = World::new().await;
        world.sandbox.script().next(act.clone());
        prefetch(&world.session).await;
        // Once, although most of these would pass.
        assert_eq!(world.seen().len(), 1, "{act:?}");
        let told = status(&world).await;
        assert_eq!(told["state"], "failed", "{act:?}");
        assert_eq!(
            (&told["code"], &told["requests"]),
            (&code.into(), &1.into()),
            "{act:?}"
        );
        let answer = world
            .call("create_issue", "{team: ENG, title: T, assignee: me}")
            .await;
        answer.data();
        assert_eq!((answer.calls(), world.seen().len()), (2, 2), "{act:?}");
        assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
    }
}

#[tokio::test]
async fn what_lasts_is_told_by_the_first_operation_as_without_it() {
    let wrong_key = World::keyed("nobody").await;
    let spent = World::new().await;
    spent.sandbox.script().requests_remaining(Some(0));
    let gone = World::with(|endpoint| endpoint.url = "http://127.0.0.1:9/graphql".to_owned()).await;
    let slow = World::with(|endpoint| endpoint.timeout = Duration::from_millis(100)).await;
    for _ in 0..4 {
        slow.sandbox
            .script()
            .next(Act::Slow(Duration::from_secs(9)));
    }
    for world in [wrong_key, spent, gone, slow] {
        prefetch(&world.session).await;
        let told = status(&world).await;
        let answer = world.call("get_team", "{team: ENG}").await;
        let mut without = call(&world.another_session(), "get_team", "{team: ENG}").await;
        assert_eq!(told["code"], answer.code());
        if answer.code() == "LINEAR_API_RATE_LIMIT" {
            // When the window ends is counted from each answer.
            without = answer.clone();
        }
        if answer.code() != "LINEAR_API_TIMEOUT" {
            assert_eq!(answer.at("/error"), without.at("/error"));
        }
    }
}

#[tokio::test]
async fn an_error_beside_a_whole_answer_spoils_nothing() {
    let world = World::new().await;
    let refusal = Refusal::invalid("by the way");
    world.sandbox.script().next(Act::ErrorsWithData(refusal));
    prefetch(&world.session).await;
    assert_eq!(status(&world).await["state"], "done");
    assert_eq!(world.call("get_team", "{team: ENG}").await.calls(), 0);
}

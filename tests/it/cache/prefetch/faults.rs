//! A prefetch that fails: it is sent once, and operations work as without it.

use std::time::Duration;

use linear_ops::resolve::prefetch::prefetch;
use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;

use super::status;
use crate::support::failures::refused;
use crate::support::{TestWorkspace, call};

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
        let workspace = TestWorkspace::new().await;
        workspace.sandbox.script().next(act.clone());
        prefetch(&workspace.session).await;
        // The prefetch is sent only once, although a retry would succeed after most of these faults.
        assert_eq!(workspace.take_requests().len(), 1, "{act:?}");
        let reported = status(&workspace).await;
        assert_eq!(reported["state"], "failed", "{act:?}");
        assert_eq!(
            (&reported["code"], &reported["requests"]),
            (&code.into(), &1.into()),
            "{act:?}"
        );
        let answer = workspace
            .call("create_issue", "{team: ENG, title: T, assignee: me}")
            .await;
        answer.data();
        assert_eq!(
            (answer.calls(), workspace.take_requests().len()),
            (2, 2),
            "{act:?}"
        );
        assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
    }
}

#[tokio::test]
async fn what_lasts_is_told_by_the_first_operation_as_without_it() {
    let wrong_key = TestWorkspace::with_key("nobody").await;
    let spent = TestWorkspace::new().await;
    spent.sandbox.script().requests_remaining(Some(0));
    let gone = TestWorkspace::with_endpoint(|endpoint| {
        endpoint.url = "http://127.0.0.1:9/graphql".to_owned()
    })
    .await;
    let slow =
        TestWorkspace::with_endpoint(|endpoint| endpoint.timeout = Duration::from_millis(100))
            .await;
    for _ in 0..4 {
        slow.sandbox
            .script()
            .next(Act::Slow(Duration::from_secs(9)));
    }
    for workspace in [wrong_key, spent, gone, slow] {
        prefetch(&workspace.session).await;
        let reported = status(&workspace).await;
        let answer = workspace.call("get_team", "{team: ENG}").await;
        let mut without = call(&workspace.another_session(), "get_team", "{team: ENG}").await;
        assert_eq!(reported["code"], answer.code());
        if answer.code() == "LINEAR_API_RATE_LIMIT" {
            // The end of the rate limit is computed from each answer, so that it differs.
            without = answer.clone();
        }
        if answer.code() != "LINEAR_API_TIMEOUT" {
            assert_eq!(answer.at("/error"), without.at("/error"));
        }
    }
}

#[tokio::test]
async fn an_error_beside_a_whole_answer_spoils_nothing() {
    let workspace = TestWorkspace::new().await;
    let refusal = Refusal::invalid("by the way");
    workspace
        .sandbox
        .script()
        .next(Act::ErrorsWithData(refusal));
    prefetch(&workspace.session).await;
    assert_eq!(status(&workspace).await["state"], "done");
    assert_eq!(workspace.call("get_team", "{team: ENG}").await.calls(), 0);
}

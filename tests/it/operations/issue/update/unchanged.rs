//! `update_issue` with `if_unchanged_since`: nothing that the caller has not seen is overwritten.

use serde_json::json;

use crate::operations::issue::checklists::{description, meanwhile};
use crate::support::failures::{played, refuse_once};
use crate::support::{Answer, World, mutations};

/// An update of the description, on condition that nothing was changed after that time.
async fn update(world: &World, since: &str, rest: &str) -> Answer {
    let params =
        format!("{{issue_id: PSN-123, description: New, if_unchanged_since: '{since}'{rest}}}");
    world.call("update_issue", &params).await
}

async fn updated_at(world: &World) -> String {
    let issue = world.call("get_issue", "{issue_id: PSN-123}").await;
    world.seen();
    issue.text("/data/updated_at").to_owned()
}

#[tokio::test]
async fn what_has_not_changed_is_written_in_two_requests() {
    for rest in ["", ", changes: false", ", labels: [brand-new], state: done"] {
        let world = World::new().await;
        let since = updated_at(&world).await;
        let answer = update(&world, &since, rest).await;
        assert_eq!(answer.data()["identifier"], "PSN-123", "{rest}");
        assert_eq!(answer.calls(), 2, "{rest}");
        assert_eq!(description(&world, "PSN-123"), "New", "{rest}");
    }
}

#[tokio::test]
async fn what_has_changed_since_is_a_conflict_and_nothing_is_sent() {
    let world = World::new().await;
    let since = updated_at(&world).await;
    let state = "{issue_id: PSN-123, state: done}";
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    world.call("update_issue", state).await.data();
    world.seen();
    let before = description(&world, "PSN-123");
    for rest in ["", ", changes: false", ", labels: [brand-new]"] {
        let answer = update(&world, &since, rest).await;
        assert_eq!(answer.code(), "EDIT_CONFLICT", "{:#}", answer.0);
        assert_eq!(
            answer.text("/error/details/updated_at"),
            updated_at(&world).await
        );
        assert!(
            answer
                .text("/error/suggestions/0")
                .contains("if_unchanged_since")
        );
    }
    assert_eq!(mutations(&world.seen()), 0);
    assert_eq!(description(&world, "PSN-123"), before);
    let now = updated_at(&world).await;
    update(&world, &now, "").await.data();
}

#[tokio::test]
async fn an_edit_between_the_look_and_the_write_is_told_with_its_text() {
    let world = World::new().await;
    let since = updated_at(&world).await;
    meanwhile(&world, "Theirs");
    let answer = update(&world, &since, "").await;
    played(&world, &answer);
    assert_eq!((answer.code(), answer.calls()), ("EDIT_CONFLICT", 2));
    assert_eq!(answer.text("/error/details/overwritten"), "Theirs");
}

#[tokio::test]
async fn a_look_that_linear_refuses_keeps_nothing_from_being_written() {
    let world = World::new().await;
    let since = updated_at(&world).await;
    refuse_once(&world, "issueUpdate", "Not on a Sunday");
    let answer = update(&world, &since, "").await;
    played(&world, &answer);
    answer.data();
    assert_eq!(description(&world, "PSN-123"), "New");
}

#[tokio::test]
async fn a_day_or_a_word_is_no_such_time() {
    let world = World::new().await;
    for since in ["2025-01-16", "-P1D", "yesterday"] {
        let answer = update(&world, since, "").await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{since}");
        assert_eq!(
            answer.0["error"]["details"]["param"],
            json!("if_unchanged_since")
        );
    }
    assert!(world.seen().is_empty());
}

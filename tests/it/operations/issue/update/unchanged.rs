//! `update_issue` with `if_unchanged_since`: nothing that the caller has not seen is overwritten.

use serde_json::json;

use crate::operations::issue::checklists::{description, meanwhile};
use crate::support::failures::{assert_acts_used, refuse_once};
use crate::support::{Answer, TestWorkspace, mutations};

/// An update of the description, on condition that nothing was changed after that time.
async fn update(workspace: &TestWorkspace, since: &str, rest: &str) -> Answer {
    let params =
        format!("{{issue_id: PSN-123, description: New, if_unchanged_since: '{since}'{rest}}}");
    workspace.call("update_issue", &params).await
}

async fn updated_at(workspace: &TestWorkspace) -> String {
    let issue = workspace.call("get_issue", "{issue_id: PSN-123}").await;
    workspace.take_requests();
    issue.text("/data/updated_at").to_owned()
}

#[tokio::test]
async fn what_has_not_changed_is_written_in_two_requests() {
    for rest in ["", ", changes: false", ", labels: [brand-new], state: done"] {
        let workspace = TestWorkspace::new().await;
        let since = updated_at(&workspace).await;
        let answer = update(&workspace, &since, rest).await;
        assert_eq!(answer.data()["identifier"], "PSN-123", "{rest}");
        assert_eq!(answer.calls(), 2, "{rest}");
        assert_eq!(description(&workspace, "PSN-123"), "New", "{rest}");
    }
}

#[tokio::test]
async fn what_has_changed_since_is_a_conflict_and_nothing_is_sent() {
    let workspace = TestWorkspace::new().await;
    let since = updated_at(&workspace).await;
    let state = "{issue_id: PSN-123, state: done}";
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    workspace.call("update_issue", state).await.data();
    workspace.take_requests();
    let before = description(&workspace, "PSN-123");
    for rest in ["", ", changes: false", ", labels: [brand-new]"] {
        let answer = update(&workspace, &since, rest).await;
        assert_eq!(answer.code(), "EDIT_CONFLICT", "{:#}", answer.0);
        assert_eq!(
            answer.text("/error/details/updated_at"),
            updated_at(&workspace).await
        );
        assert!(
            answer
                .text("/error/suggestions/0")
                .contains("if_unchanged_since")
        );
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
    assert_eq!(description(&workspace, "PSN-123"), before);
    let now = updated_at(&workspace).await;
    update(&workspace, &now, "").await.data();
}

#[tokio::test]
async fn an_edit_between_the_look_and_the_write_is_told_with_its_text() {
    let workspace = TestWorkspace::new().await;
    let since = updated_at(&workspace).await;
    meanwhile(&workspace, "Theirs");
    let answer = update(&workspace, &since, "").await;
    assert_acts_used(&workspace, &answer);
    assert_eq!((answer.code(), answer.calls()), ("EDIT_CONFLICT", 2));
    assert_eq!(answer.text("/error/details/overwritten"), "Theirs");
}

#[tokio::test]
async fn a_look_that_linear_refuses_keeps_nothing_from_being_written() {
    let workspace = TestWorkspace::new().await;
    let since = updated_at(&workspace).await;
    refuse_once(&workspace, "issueUpdate", "Not on a Sunday");
    let answer = update(&workspace, &since, "").await;
    assert_acts_used(&workspace, &answer);
    answer.data();
    assert_eq!(description(&workspace, "PSN-123"), "New");
}

#[tokio::test]
async fn a_day_or_a_word_is_no_such_time() {
    let workspace = TestWorkspace::new().await;
    for since in ["2025-01-16", "-P1D", "yesterday"] {
        let answer = update(&workspace, since, "").await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{since}");
        assert_eq!(
            answer.0["error"]["details"]["param"],
            json!("if_unchanged_since")
        );
    }
    assert!(workspace.take_requests().is_empty());
}

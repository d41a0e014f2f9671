//! `list_comments`.

use linear_ops::sandbox::Act;

use crate::support::failures::script_acts;
use crate::support::{Answer, TestWorkspace, snapshot};

fn bodies(answer: &Answer) -> Vec<String> {
    answer.data();
    let rows = answer.at("/data/comments").as_array().unwrap();
    rows.iter()
        .map(|row| row["body"].as_str().unwrap().to_owned())
        .collect()
}

/// ENG-231 with that many comments: `1`, `2`, ….
async fn with_comments(count: usize) -> TestWorkspace {
    let workspace = TestWorkspace::new().await;
    for number in 1..=count {
        let params = format!("{{issue_id: ENG-231, body: '{number}'}}");
        workspace.call("create_comment", &params).await.data();
    }
    workspace.take_requests();
    workspace
}

#[tokio::test]
async fn comments_as_they_are_shown() {
    let workspace = TestWorkspace::new().await;
    for (name, params) in [
        ("comments", "{issue_id: PSN-123}"),
        ("comments_full", "{issue_id: PSN-123, detail: full}"),
        (
            "comments_table",
            "{issue_id: PSN-123, format: table, max_description_chars: 20}",
        ),
        (
            "comments_picked",
            "{issue_id: PSN-123, fields: [body, user.name]}",
        ),
        ("comments_none", "{issue_id: ENG-231}"),
        ("comments_issue_missing", "{issue_id: PSN-999}"),
    ] {
        snapshot(name, &workspace.yaml("list_comments", params).await);
        assert_eq!(workspace.take_requests().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn the_newest_come_oldest_first_and_the_cursor_leads_to_older_ones() {
    let workspace = with_comments(7).await;
    let params = "{issue_id: ENG-231, limit: 3}";
    let page = workspace.call("list_comments", params).await;
    assert_eq!(bodies(&page), ["5", "6", "7"]);
    assert_eq!(page.data()["count"], 3);
    assert_eq!(page.data()["has_more"], true);
    assert!(page.at("/data/total").is_null());
    let cursor = page.text("/data/cursor").to_owned();
    let params = format!("{{issue_id: ENG-231, limit: 3, cursor: '{cursor}'}}");
    let page = workspace.call("list_comments", &params).await;
    assert_eq!(bodies(&page), ["2", "3", "4"]);
    let cursor = page.text("/data/cursor").to_owned();
    let params = format!("{{issue_id: ENG-231, limit: 3, after: '{cursor}'}}");
    let page = workspace.call("list_comments", &params).await;
    assert_eq!(bodies(&page), ["1"]);
    assert_eq!(page.data()["has_more"], false);
    assert!(page.at("/data/total").is_null());
    assert!(page.at("/data/cursor").is_null());
    let all = workspace.call("get_comments", "{issueId: eng-231}").await;
    assert_eq!(all.data()["total"], 7);
    assert_eq!(all.calls(), 1);
}

#[tokio::test]
async fn every_form_of_an_issue_is_taken() {
    let workspace = TestWorkspace::new().await;
    let id = workspace.id("Issue", "identifier", "PSN-123");
    let expected = bodies(&workspace.call("list_comments", "{issue_id: PSN-123}").await);
    assert_eq!(expected.len(), 3);
    for issue in [
        "psn-123",
        &id,
        "https://linear.app/acme/issue/PSN-123/implement-user-authentication",
    ] {
        let params = format!("{{issue: '{issue}'}}");
        let answer = workspace.call("list_issue_comments", &params).await;
        assert_eq!(bodies(&answer), expected, "{issue}");
    }
}

#[tokio::test]
async fn an_identifier_from_before_a_move_is_taken() {
    let workspace = with_comments(1).await;
    let params = "{issue_id: ENG-231, team: DES}";
    workspace.call("update_issue", params).await.data();
    let answer = workspace.call("list_comments", "{issue_id: ENG-231}").await;
    assert_eq!(bodies(&answer), ["1"]);
}

#[tokio::test]
async fn a_new_comment_is_seen_at_once() {
    let workspace = with_comments(2).await;
    let before = workspace.call("list_comments", "{issue_id: ENG-231}").await;
    assert_eq!(bodies(&before).len(), 2);
    let params = "{issue_id: ENG-231, body: Third}";
    workspace.call("create_comment", params).await.data();
    let after = workspace.call("list_comments", "{issue_id: ENG-231}").await;
    assert_eq!(bodies(&after), ["1", "2", "Third"]);
}

#[tokio::test]
async fn a_limit_that_linear_does_not_take_is_told_and_not_sent() {
    let workspace = TestWorkspace::new().await;
    for limit in ["0", "251", "many"] {
        let params = format!("{{issue_id: PSN-123, limit: {limit}}}");
        let answer = workspace.call("list_comments", &params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{limit}");
    }
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn a_cursor_that_linear_does_not_know_is_told_from_an_issue_that_is_not_there() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: PSN-123, cursor: nonsense}";
    let answer = workspace.call("list_comments", params).await;
    assert_eq!(answer.code(), "LINEAR_API_ERROR");
    assert!(answer.text("/error/details/reason").contains("after"));
    let params = "{issue_id: PSN-999, cursor: nonsense}";
    let answer = workspace.call("list_comments", params).await;
    assert_eq!(answer.code(), "ISSUE_NOT_FOUND");
}

#[tokio::test]
async fn a_list_is_asked_for_again_when_its_answer_is_lost() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "issue", [Act::Drop, Act::Truncated]);
    let answer = workspace.call("list_comments", "{issue_id: PSN-123}").await;
    assert_eq!(bodies(&answer).len(), 3);
    assert_eq!(answer.calls(), 3);
}

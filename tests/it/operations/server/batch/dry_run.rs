//! Dry runs of a batch.

use serde_json::json;

use super::{batch_with, create, get};
use crate::support::{TestWorkspace, mutations, snapshot};

#[tokio::test]
async fn every_item_says_what_it_would_send() {
    let workspace = TestWorkspace::new().await;
    let params = json!({"dry_run": true, "operations": [
        {"as": "new", "operation": "create_issue", "params": {"team": "ENG", "title": "New"}},
        {"operation": "update_issue", "params": {"issue_id": "ENG-232", "state": "Done"}},
        {"operation": "create_comment", "params": {"issue_id": "${new.id}", "body": "x"}},
        {"operation": "ensure_labels_exist", "params": {"team": "ENG", "labels": ["planning"]}},
        {"operation": "get_issue", "params": {"issue_id": "ENG-232", "fields": ["title"]}},
    ]});
    let text = workspace.yaml("batch", &params.to_string()).await;
    snapshot("batch_dry_run", &text);
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn what_refers_to_a_read_is_planned_with_what_it_read() {
    let workspace = TestWorkspace::new().await;
    let items = json!([
        {"as": "seen", "operation": "get_issue", "params": {"issue_id": "ENG-232"}},
        {"operation": "create_issue", "params": {"team": "ENG", "title": "After ${seen.title}"}},
    ]);
    let answer = batch_with(&workspace, items, json!({"dry_run": true})).await;
    let sent = answer.at("/data/results/1/would_send/0/issueCreate/title");
    assert_eq!(sent, "After Login form");
}

#[tokio::test]
async fn what_would_fail_is_found_out() {
    let workspace = TestWorkspace::new().await;
    let items = json!([
        create("a"),
        {"operation": "create_issue", "params": {"team": "nowhere", "title": "b"}},
    ]);
    let dry = json!({"dry_run": true, "stop_on_error": true});
    let answer = batch_with(&workspace, items, dry).await;
    assert_eq!(answer.data()["failed"], 1);
    assert_eq!(answer.at("/data/results/1/code"), "TEAM_NOT_FOUND");
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn one_item_alone_can_be_dry() {
    let workspace = TestWorkspace::new().await;
    let items = json!([
        {"as": "plan", "operation": "create_issue", "params": {"team": "ENG", "title": "Dry", "dry_run": true}},
        {"operation": "update_issue", "params": {"issue_id": "ENG-232", "title": "Real"}},
        {"operation": "create_comment", "params": {"issue_id": "${plan.id}", "body": "x"}},
        get("ENG-232"),
    ]);
    let answer = batch_with(&workspace, items, json!({})).await;
    let results = &answer.data()["results"];
    assert!(results[0]["would_send"].is_array());
    assert_eq!(results[1]["identifier"], "ENG-232");
    assert!(results[2]["not_planned"].is_string());
    assert_eq!(results[3]["data"]["title"], "Real");
    assert_eq!(mutations(&workspace.take_requests()), 1);
    let [warning] = answer.texts("/warnings")[..] else {
        panic!("{:#}", answer.0)
    };
    assert!(warning.starts_with("item 2 (create_comment) was not run"));
}

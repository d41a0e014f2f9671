//! What a batch reports about items that were repeated because the cache was out of date.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;
use serde_json::json;

use super::batch;
use crate::delivery::stale_retry::healed;
use crate::support::external_changes::{Change, replace};
use crate::support::failures::{records, script_acts};
use crate::support::{TestWorkspace, mutations};

/// Gives the state Done another id.
const DONE: Change = |store| replace(store, "WorkflowState", "Done");

/// Returns a test workspace whose cache has the states of Engineering from before the state Done was replaced.
async fn changed() -> TestWorkspace {
    let workspace = TestWorkspace::new().await;
    let create = "{team: ENG, title: Before, state: Done, labels: [backend]}";
    workspace.call("create_issue", create).await.data();
    workspace.sandbox.edit(DONE);
    workspace.take_requests();
    workspace
}

fn create(title: &str, more: serde_json::Value) -> serde_json::Value {
    let mut params = json!({"team": "ENG", "title": title});
    for (key, value) in more.as_object().unwrap() {
        params[key] = value.clone();
    }
    json!({"operation": "create_issue", "params": params})
}

#[tokio::test]
async fn a_repeated_write_is_reported_with_the_items_that_it_was_repeated_for() {
    let workspace = changed().await;
    let done = json!({"state": "Done"});
    let items = json!([
        create("a", done.clone()),
        create("b", json!({"state": "Todo"})),
        create("c", done),
    ]);
    let answer = batch(&workspace, items).await;
    assert_eq!(answer.data()["succeeded"], 3, "{:#}", answer.0);
    assert_eq!(
        healed(&answer),
        ["healed: status 'Done' had gone from Linear; looked up anew (items 0, 2)"]
    );
    for title in ["a", "b", "c"] {
        assert_eq!(records(&workspace, "Issue", "title", title), 1);
    }
}

#[tokio::test]
async fn a_new_label_of_a_repeated_write_is_created_once_and_reported() {
    let workspace = changed().await;
    let refusal = Refusal::invalid("x").saying("Not now.");
    let refused = Act::Refuse {
        field: "issueLabelCreate".to_owned(),
        refusal,
    };
    script_acts(&workspace, "issueLabelCreate", [refused]);
    let params = json!({"state": "Done", "labels": ["Fresh"], "detail": "full"});
    let alone = create("alone", params);
    let items = json!({"detail": "full", "operations": [alone]}).to_string();
    let answer = workspace.call("batch", &items).await;
    let row = &answer.data()["results"][0];
    assert_eq!(row["data"]["labels"][0]["name"], "Fresh", "{:#}", answer.0);
    assert_eq!(records(&workspace, "IssueLabel", "name", "Fresh"), 1);
    let steps = row["operations"].as_array().unwrap();
    assert!(
        steps.contains(&json!("ensure_labels: Fresh (1 created)")),
        "{:#}",
        answer.0
    );
    // The write without the label is refused for the state; a look-up and one write follow.
    let requests = workspace.take_requests();
    let last: Vec<_> = requests.iter().rev().take(2).collect();
    assert_eq!(last[0].roots, ["issueLabelCreate", "issueCreate"]);
    assert_eq!(mutations(&requests), 3, "{requests:#?}");
    assert!(!last[1].mutation);
}

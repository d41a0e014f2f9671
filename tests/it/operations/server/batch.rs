//! `batch`: several operations in one request.

mod dry_run;
mod merged;
mod outcomes;
mod refused;
mod stale_retry;

use linear_ops::{engine, request};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{Answer, TestWorkspace, snapshot};

/// Runs a batch of these items with these other parameters.
pub async fn batch_with(workspace: &TestWorkspace, operations: Value, mut params: Value) -> Answer {
    params["operations"] = operations;
    workspace.call("batch", &params.to_string()).await
}

/// Runs a batch of these items.
pub async fn batch(workspace: &TestWorkspace, operations: Value) -> Answer {
    batch_with(workspace, operations, json!({})).await
}

pub fn create(title: &str) -> Value {
    json!({"operation": "create_issue", "params": {"team": "ENG", "title": title}})
}

pub fn get(issue: &str) -> Value {
    json!({"operation": "get_issue", "params": {"issue_id": issue, "fields": ["title", "state"]}})
}

/// Returns the current title of an issue.
pub async fn title(workspace: &TestWorkspace, issue: &str) -> String {
    let answer = workspace
        .call("get_issue", &format!("{{issue_id: {issue}}}"))
        .await;
    answer.text("/data/title").to_owned()
}

#[tokio::test]
async fn the_example_is_answered_with_a_line_for_each_item() {
    let workspace = TestWorkspace::new().await;
    let text = workspace
        .run(include_str!("../../../../examples/batch.yaml"))
        .await
        .to_yaml();
    snapshot("batch_example", &text);
}

#[tokio::test]
async fn later_items_use_what_earlier_ones_answered() {
    let workspace = TestWorkspace::new().await;
    let items = json!([
        {"as": "epic", "operation": "create_issue",
         "params": {"team": "ENG", "title": "Epic", "priority": 2, "detail": "full"}},
        {"as": "child", "operation": "create_issue", "params": {
            "team": "${epic.team.key}", "title": "Of ${epic.identifier}: ${epic.data.title}",
            "parent_id": "${epic.id}", "priority": "${epic.priority}", "description": "costs $${five}",
        }},
        {"operation": "create_comment", "params": {"issue_id": "${1.identifier}", "body": "after ${epic.title}"}},
        {"operation": "get_issue", "params": {"issue_id": "${child}", "include_comments": true}},
    ]);
    let answer = batch(&workspace, items).await;
    assert_eq!(answer.data()["succeeded"], 4, "{:#}", answer.0);
    let child = &answer.data()["results"][3]["data"];
    let epic = answer.text("/data/results/0/identifier");
    assert_eq!(child["title"], format!("Of {epic}: Epic"));
    assert_eq!(child["parent"]["identifier"], epic);
    assert_eq!(child["priority"], 2);
    assert_eq!(child["description"], "costs ${five}");
    assert_eq!(child["comments"][0]["body"], "after Epic");
}

#[tokio::test]
async fn what_names_no_item_is_text() {
    let body = "${HOME} ${{ github.ref }} ${a b} ${7.id} ${0} ${user.name} an unclosed ${";
    let workspace = TestWorkspace::new().await;
    let items = json!([
        {"as": "new", "operation": "create_issue", "params": {"team": "ENG", "title": "${HOME}", "description": body}},
        {"operation": "create_comment", "params": {"issue_id": "${new.id}", "body": body}},
        {"operation": "get_issue", "params": {"issue_id": "${new}", "include_comments": true}},
    ]);
    let answer = batch(&workspace, items).await;
    assert_eq!(answer.data()["succeeded"], 3, "{:#}", answer.0);
    let issue = &answer.data()["results"][2]["data"];
    assert_eq!(issue["title"], "${HOME}");
    assert_eq!(issue["description"], body);
    assert_eq!(issue["comments"][0]["body"], body);
    // The same holds in a stream of requests.
    let stream = format!(
        "as: new\noperation: create_issue\nparams:\n  team: ENG\n  title: \"${{HOME}}\"\n  description: |\n    {body}\n---\n\
         operation: get_issue\nparams: {{issue_id: '${{new.id}}'}}\n"
    );
    let request = request::read_all(&stream, &linear_ops::engine::Catalog).unwrap();
    let envelope = engine::run(&workspace.session, request, CancellationToken::new()).await;
    let answer = Answer(envelope.to_value());
    assert_eq!(answer.data()["succeeded"], 2, "{:#}", answer.0);
    let issue = &answer.data()["results"][1]["data"];
    assert_eq!(issue["title"], "${HOME}");
    assert_eq!(issue["description"].as_str().unwrap().trim_end(), body);
}

#[tokio::test]
async fn what_may_have_been_meant_as_a_reference_is_told() {
    let workspace = TestWorkspace::new().await;
    let items = json!([
        {"as": "epic", "operation": "create_issue", "params": {"team": "ENG", "title": "Epic"}},
        {"operation": "create_comment", "params": {"issue_id": "${epic.id}", "body": "${epci.title} ${0.title} $${HOME}"}},
    ]);
    let answer = batch(&workspace, items).await;
    assert_eq!(answer.data()["succeeded"], 2, "{:#}", answer.0);
    let warnings = answer.texts("/warnings");
    for reported in [
        "item 1 (create_comment): '${epci.title}' stays text: no item is called 'epci', but one is called 'epic'",
        "item 1 (create_comment): '${0.title}' stays text",
        "item 1 (create_comment): '$${HOME}' was read as '${HOME}'",
    ] {
        assert!(
            warnings.iter().any(|warning| warning.starts_with(reported)),
            "{warnings:?}"
        );
    }
}

#[tokio::test]
async fn a_value_that_is_not_there_is_its_items_own_failure() {
    let workspace = TestWorkspace::new().await;
    let items = json!([
        {"as": "a", "operation": "create_issue", "params": {"team": "ENG", "title": "A"}},
        {"operation": "create_comment", "params": {"issue_id": "${a.identifer}", "body": "x"}},
    ]);
    let answer = batch(&workspace, items).await;
    assert_eq!(answer.data()["failed"], 1);
    let row = &answer.data()["results"][1];
    assert_eq!(row["code"], "INVALID_PARAM");
    assert!(row["message"].as_str().unwrap().contains("${a.identifer}"));
    let hint = row["suggestions"][0].as_str().unwrap();
    assert!(hint.contains("identifier"), "{hint}");
}

#[tokio::test]
async fn reads_see_what_was_written_before_them_and_not_after() {
    let workspace = TestWorkspace::new().await;
    let rename = |title: &str| json!({"operation": "update_issue", "params": {"issue_id": "ENG-232", "title": title}});
    let items = json!([get("ENG-232"), rename("New"), get("ENG-232")]);
    let answer = batch(&workspace, items).await;
    assert_eq!(answer.at("/data/results/0/data/title"), "Login form");
    assert_eq!(answer.at("/data/results/2/data/title"), "New");
}

#[tokio::test]
async fn several_writes_to_one_issue_follow_one_another() {
    let workspace = TestWorkspace::new().await;
    let items = json!([
        {"operation": "create_comment", "params": {"issue_id": "ENG-232", "body": "one"}},
        {"operation": "update_issue", "params": {"issue_id": "eng-232", "add_labels": ["planning"]}},
        {"operation": "update_issue", "params": {"issue_id": "ENG-232", "title": "T", "add_labels": ["backend"]}},
        {"operation": "create_comment", "params": {"issue_id": "ENG-232", "body": "two"}},
        {"operation": "list_comments", "params": {"issue_id": "ENG-232"}},
    ]);
    let answer = batch(&workspace, items).await;
    assert_eq!(answer.data()["succeeded"], 5, "{:#}", answer.0);
    let comments = answer
        .at("/data/results/4/data/comments")
        .as_array()
        .unwrap();
    let bodies: Vec<&Value> = comments.iter().map(|comment| &comment["body"]).collect();
    assert!(
        bodies.ends_with(&[&json!("one"), &json!("two")]),
        "{bodies:?}"
    );
}

#[tokio::test]
async fn detail_full_brings_each_items_data_and_changes() {
    let workspace = TestWorkspace::new().await;
    let items = json!([
        {"operation": "update_issue", "params": {"issue_id": "ENG-232", "title": "New"}},
        {"operation": "get_team", "params": {"team": "nowhere"}},
    ]);
    let answer = batch_with(&workspace, items, json!({"detail": "full"})).await;
    let [done, failed] = [0, 1].map(|place| &answer.data()["results"][place]);
    assert_eq!(done["operation"], "update_issue");
    assert_eq!(done["data"]["identifier"], "ENG-232");
    assert_eq!(done["changes"][0], "title: Login form \u{2192} New");
    assert_eq!(failed["code"], "TEAM_NOT_FOUND");
    assert!(failed["details"]["available_teams"].is_array(), "{failed}");
}

#[tokio::test]
async fn help_and_cache_status_may_stand_in_a_batch_and_cost_nothing() {
    let workspace = TestWorkspace::new().await;
    let items = json!([{"operation": "help"}, {"operation": "cache_status", "params": null}]);
    let answer = batch(&workspace, items).await;
    assert_eq!(answer.data()["succeeded"], 2);
    assert_eq!(answer.calls(), 0);
    assert_eq!(answer.at("/metadata/cached"), true);
}

#[tokio::test]
async fn requests_are_counted_on_the_batch() {
    let workspace = TestWorkspace::new().await;
    let answer = batch(
        &workspace,
        json!([create("a"), create("b"), get("ENG-232")]),
    )
    .await;
    answer.data();
    assert_eq!(answer.calls(), workspace.take_requests().len() as u64);
    let status = workspace.call("cache_status", "{operation: batch}").await;
    assert_eq!(status.data()["requests"], answer.calls());
}

#[tokio::test]
async fn the_cache_can_be_passed_by_for_all_items_or_one() {
    let workspace = TestWorkspace::new().await;
    let team = json!({"operation": "get_team", "params": {"team": "ENG"}});
    batch(&workspace, json!([team])).await.data();
    workspace.take_requests();
    let fresh =
        json!({"operation": "get_team", "params": {"team": "ENG"}, "context": {"cache": false}});
    let answer = batch(&workspace, json!([team, fresh])).await;
    assert_eq!(answer.calls(), 1);
    let answer = batch_with(&workspace, json!([team]), json!({"refresh_cache": true})).await;
    assert_eq!(answer.calls(), 1);
}

#[tokio::test]
async fn lists_and_objects_may_come_as_json_in_a_text() {
    let workspace = TestWorkspace::new().await;
    let item = json!({"operation": "get_team", "params": "{\"team\": \"ENG\"}"});
    let params = json!({"operations": json!([item]).to_string()});
    let answer = workspace.call("batch", &params.to_string()).await;
    assert_eq!(answer.at("/data/results/0/data/key"), "ENG");
}

#[tokio::test]
async fn the_items_go_by_other_names_too() {
    let workspace = TestWorkspace::new().await;
    let params =
        json!({"items": [{"Operation": "getTeam", "params": {"id": "ENG"}}], "stopOnError": true});
    let answer = workspace.call("bulk", &params.to_string()).await;
    assert_eq!(answer.data()["succeeded"], 1);
}

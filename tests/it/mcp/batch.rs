//! Several requests in one call of `linear`.

use serde_json::{Value, json};

use super::client::{Connected, call, connect, text};

/// What `linear` answers to that text, and whether it is an error.
async fn ask(client: &Connected, request: &str) -> (Value, bool) {
    let result = call(client, "linear", json!({ "request": request }))
        .await
        .unwrap();
    let answer = serde_yaml::from_str(text(&result)).unwrap();
    (answer, result.is_error.unwrap())
}

const STREAM: &str = "\
as: new
operation: create_issue
params:
  team: ENG
  title: \"From a stream\"
  description: |
    ## Plan

    Two parts:
    ---
    the second
context: {command: planning:create}
---
operation: create_comment
params:
  issue_id: ${new.identifier}
  body: |
    First comment
---
operation: get_issue
params: {issue_id: '${new.id}', include_comments: true}
context: {cache: false}
";

#[tokio::test]
async fn a_stream_of_requests_is_a_batch() {
    let client = connect(&["--sandbox", "--tools", "yaml"], &[]).await;
    let (answer, is_error) = ask(&client, STREAM).await;
    assert!(!is_error, "{answer:#}");
    assert_eq!(answer["data"]["succeeded"], 3, "{answer:#}");
    let results = &answer["data"]["results"];
    assert_eq!(results[0]["as"], "new");
    let issue = &results[2]["data"];
    assert_eq!(issue["identifier"], results[0]["identifier"]);
    assert!(
        issue["description"]
            .as_str()
            .unwrap()
            .contains("the second")
    );
    assert_eq!(issue["comments"].as_array().unwrap().len(), 1);
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn one_document_that_cannot_be_read_keeps_all_from_being_done() {
    let client = connect(&["--sandbox"], &[]).await;
    let broken = "operation: create_issue\nparams: {team: ENG, title: Half}\n---\noperation: get_team\nparams: [\n";
    let (answer, is_error) = ask(&client, broken).await;
    assert!(is_error);
    assert_eq!(answer["error"]["code"], "INVALID_REQUEST");
    assert_eq!(answer["error"]["details"]["index"], 1);
    let (found, _) = ask(&client, "operation: list_issues\nparams: {query: Half}").await;
    assert_eq!(found["data"]["issues"], json!([]));
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn repairs_of_a_document_are_told_with_its_place() {
    let client = connect(&["--sandbox"], &[]).await;
    let stream =
        "operation: get_team\nparams: {team: ENG} // mine\n---\noperation: get_team\nteam: ENG\n";
    let (answer, is_error) = ask(&client, stream).await;
    assert!(!is_error, "{answer:#}");
    let warnings = answer["warnings"].as_array().unwrap();
    assert!(warnings.iter().any(|warning| {
        warning
            .as_str()
            .unwrap()
            .starts_with("item 1: 'params' is missing")
    }));
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn as_many_requests_as_a_setting_allows_come_in_one_stream() {
    let client = connect(&["--sandbox"], &[("LINEAR_OPS_BATCH_ITEMS", "3")]).await;
    let stream =
        |count: usize| vec!["operation: get_team\nparams: {team: ENG}\n"; count].join("---\n");
    let (answer, _) = ask(&client, &stream(3)).await;
    assert_eq!(answer["data"]["succeeded"], 3);
    let (answer, is_error) = ask(&client, &stream(4)).await;
    assert!(is_error);
    assert_eq!(answer["error"]["code"], "INVALID_PARAM");
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn the_tools_of_batch_promise_no_more_than_it_keeps() {
    for (args, reads) in [
        (&["--sandbox"][..], false),
        (&["--sandbox", "--read-only"][..], true),
    ] {
        let client = connect(args, &[]).await;
        let tools = client.list_all_tools().await.unwrap();
        let batch = tools.iter().find(|tool| tool.name == "batch").unwrap();
        let hints = batch.annotations.clone().unwrap();
        assert_eq!(hints.read_only_hint, Some(reads));
        assert_eq!(hints.destructive_hint, Some(!reads));
        assert_eq!(hints.idempotent_hint, Some(reads));
        let arguments = json!({"operations": [
            {"operation": "get_team", "params": {"team": "ENG"}},
            {"operation": "create_issue", "params": {"team": "ENG", "title": "x"}},
        ]});
        let result = call(&client, "batch", arguments).await.unwrap();
        let answer: Value = serde_yaml::from_str(text(&result)).unwrap();
        assert_eq!(answer["data"]["succeeded"], if reads { 1 } else { 2 });
        client.cancel().await.unwrap();
    }
}

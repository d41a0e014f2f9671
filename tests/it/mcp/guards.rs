//! What the server's settings keep back, through the real binary: which tools are listed, and what they answer.

use std::fs;

use rmcp::model::Tool;
use serde_json::json;

use super::client::{Connected, call, connect, text};

async fn tools(client: &Connected) -> Vec<Tool> {
    client.list_all_tools().await.unwrap()
}

fn names(tools: &[Tool]) -> Vec<&str> {
    tools.iter().map(|tool| tool.name.as_ref()).collect()
}

#[tokio::test]
async fn the_yaml_listing_has_a_tool_that_only_reads() {
    let client = connect(&["--sandbox", "--tools", "yaml"], &[]).await;
    let tools = tools(&client).await;
    assert_eq!(names(&tools), ["linear", "linear_read"]);
    let hints = |at: usize| tools[at].annotations.clone().unwrap();
    assert_eq!(hints(0).read_only_hint, Some(false));
    assert_eq!(hints(1).read_only_hint, Some(true));
    assert_eq!(hints(1).destructive_hint, Some(false));
    let read = "operation: get_team\nparams: {team: ENG}\n";
    let write = "operation: create_comment\nparams: {issue_id: ENG-231, body: B}\n";
    let batch = "operation: batch\nparams:\n  operations:\n  - {operation: create_comment, params: {issue_id: ENG-231, body: B}}\n";
    for (tool, request, part) in [
        ("linear_read", read, "key: ENG\n"),
        ("linear_read", write, "code: READ_ONLY\n"),
        ("linear_read", batch, "READ_ONLY"),
        ("linear", write, "success: true\n"),
    ] {
        let result = call(&client, tool, json!({"request": request})).await;
        let result = result.unwrap();
        assert!(text(&result).contains(part), "{tool} {}", text(&result));
    }
    let object =
        json!({"operation": "update_issue", "params": {"issue_id": "ENG-231", "title": "T"}});
    let result = call(&client, "linear_read", object).await.unwrap();
    assert!(text(&result).contains("code: READ_ONLY\n"));
    client.cancel().await.unwrap();
    // `linear_read` can be called whatever tools are listed.
    let client = connect(&["--sandbox", "--tools", "get_issue"], &[]).await;
    let result = call(&client, "linear_read", json!({"request": read})).await;
    assert!(text(&result.unwrap()).contains("key: ENG\n"));
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn what_is_denied_is_not_listed_and_not_run() {
    let vars = [
        ("LINEAR_OPS_OPERATIONS", "issue, create_comment, help"),
        ("LINEAR_OPS_DENY", "deleteIssue,archive_issue"),
        ("LINEAR_OPS_ALLOW_DESTRUCTIVE", "1"),
    ];
    let client = connect(&["--sandbox"], &vars).await;
    let listed = tools(&client).await;
    let listed = names(&listed);
    for (name, is_listed) in [
        ("linear", true),
        ("create_issue", true),
        ("create_comment", true),
        ("delete_issue", false),
        ("archive_issue", false),
        ("get_team", false),
        ("batch", false),
    ] {
        assert_eq!(listed.contains(&name), is_listed, "{name}");
    }
    for (tool, arguments) in [
        ("get_team", json!({"team": "ENG"})),
        ("trash_issue", json!({"issue_id": "ENG-231"})),
        (
            "linear",
            json!({"request": "operation: getTeam\nparams: {team: ENG}\n"}),
        ),
        ("linear_read", json!({"request": "get_team"})),
        (
            "get_team",
            json!({"request": "operation: get_team\nparams: {team: ENG}\n"}),
        ),
        (
            "linear",
            json!({"request": "operation: help\n---\noperation: help\n"}),
        ),
    ] {
        let result = call(&client, tool, arguments).await.unwrap();
        let text = text(&result);
        assert!(text.contains("code: NOT_ALLOWED\n"), "{tool} {text}");
        assert!(text.contains("mcp_calls: 0\n"), "{tool} {text}");
    }
    client.cancel().await.unwrap();
    let client = connect(&["--sandbox", "--tools", "yaml"], &vars).await;
    let listed = tools(&client).await;
    let description = listed[0].description.clone().unwrap();
    assert!(description.contains("create_issue") && !description.contains("get_team"));
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn a_misspelt_guard_is_told_with_the_right_name() {
    for (name, right) in [
        ("linear_ops_read_only", "LINEAR_OPS_READ_ONLY"),
        ("LINEAR_OPS_READONLY", "LINEAR_OPS_READ_ONLY"),
        ("LINEAR_OPS_TEAM", "LINEAR_OPS_TEAMS"),
    ] {
        let client = connect(&["--sandbox"], &[(name, "1")]).await;
        let write = json!({"issue_id": "ENG-231", "body": "B"});
        let result = call(&client, "create_comment", write).await.unwrap();
        let text = text(&result).to_owned();
        assert!(text.contains("code: CONFIG_ERROR\n"), "{text}");
        assert!(text.contains(right) && text.contains(name), "{text}");
        let read = call(&client, "get_team", json!({"team": "ENG"})).await;
        assert_eq!(read.unwrap().is_error, Some(false));
        client.cancel().await.unwrap();
    }
    let client = connect(&["--sandbox"], &[("LINEAR_OPS_TIMEOUT", "1")]).await;
    let write = json!({"issue_id": "ENG-231", "body": "B"});
    let result = call(&client, "create_comment", write).await.unwrap();
    assert_eq!(result.is_error, Some(false));
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn places_writes_and_the_record_come_from_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let vars = [
        ("LINEAR_OPS_TEAMS", "Engineering, psn"),
        ("LINEAR_OPS_MAX_WRITES", "1"),
        ("LINEAR_OPS_AUDIT", path.to_str().unwrap()),
    ];
    let client = connect(&["--sandbox"], &vars).await;
    for (issue, part) in [
        ("DES-12", "code: NOT_ALLOWED\n"),
        ("ENG-231", "success: true\n"),
        ("ENG-231", "LINEAR_OPS_MAX_WRITES"),
    ] {
        let comment = json!({"issue_id": issue, "body": "B"});
        let result = call(&client, "create_comment", comment).await.unwrap();
        assert!(text(&result).contains(part), "{}", text(&result));
    }
    client.cancel().await.unwrap();
    let record = fs::read_to_string(&path).unwrap();
    assert_eq!(record.lines().count(), 2, "{record}");
    assert!(record.contains("\"outcome\":\"done\""), "{record}");
}

//! A server whose environment is wrong starts, lists its tools and says what is wrong, and one that has to fetch its
//! key does not keep its client waiting for that.

use std::fs;

use linear_ops::sandbox::Sandbox;
use linear_ops::settings::TABLE;
use serde_json::json;

use super::client::{call, connect, text};
use super::raw::{Server, command, envelope};
use crate::support::serve;

async fn listed(args: &[&str], vars: &[(&str, &str)]) -> Vec<String> {
    let client = connect(args, vars).await;
    let tools = client.list_all_tools().await.unwrap();
    client.cancel().await.unwrap();
    tools
        .into_iter()
        .map(|tool| tool.name.into_owned())
        .collect()
}

#[tokio::test]
async fn a_wrong_environment_is_told_by_every_call() {
    let all = listed(&["--sandbox"], &[]).await;
    for (args, vars, parts) in [
        (
            &["--sandbox"][..],
            &[
                ("LINEAR_OPS_TIMEOUT_MS", "5s"),
                ("LINEAR_API_URL", "http://linear.example"),
                ("LINEAR_OPS_DENY", "get_team, delete_isue"),
                ("LINEAR_OPS_OPERATIONS", "nothing_such"),
                ("LINEAR_OPS_TOOLS", "get_isue"),
            ][..],
            &[
                "'5s'; it takes a whole number",
                "it takes an https URL",
                "the nearest is 'delete_issue'",
                "'nothing_such'",
                "the nearest is 'get_issue'",
            ][..],
        ),
        (
            &["serve", "--sandbox"],
            &[("LINEAR_OPS_TOOLS", ",")],
            &["LINEAR_OPS_TOOLS is ','"],
        ),
        (
            &["--sandbox"],
            &[("LINEAR_OPS_TEAMS", " "), ("LINEAR_OPS_READ_ONLY", "maybe")],
            &[
                "LINEAR_OPS_TEAMS is blank",
                "LINEAR_OPS_READ_ONLY is 'maybe'",
            ],
        ),
        (
            &["--sandbox"],
            &[
                ("LINEAR_OPS_TOOLS", "delete_issue"),
                ("LINEAR_OPS_DENY", "delete_issue"),
            ],
            &["LINEAR_OPS_TOOLS: No tool named may run"],
        ),
    ] {
        let client = connect(args, vars).await;
        let tools = client.list_all_tools().await.unwrap();
        let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
        // Denied operations are not listed.
        let denied = |name: &&String| parts[0].contains("may run") && *name == "delete_issue";
        let expected: Vec<&String> = all.iter().filter(|name| !denied(name)).collect();
        assert_eq!(names, expected);
        for (tool, arguments) in [
            ("get_team", json!({"team": "ENG"})),
            (
                "create_comment",
                json!({"issue_id": "ENG-231", "body": "B"}),
            ),
            ("help", json!({})),
            (
                "linear",
                json!({"request": "operation: list_teams\n---\nlist_users"}),
            ),
            ("linear", json!({"request": "operation: [\n"})),
            ("linear_read", json!({"request": "no_such_operation"})),
        ] {
            let result = call(&client, tool, arguments).await.unwrap();
            assert_eq!(result.is_error, Some(true), "{tool}");
            let text = text(&result);
            assert!(text.contains("code: CONFIG_ERROR\n"), "{tool} {text}");
            assert!(text.contains("mcp_calls: 0\n"), "{tool} {text}");
            for part in parts {
                assert!(text.contains(part), "{tool} {part}: {text}");
            }
        }
        client.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn a_wrong_environment_sends_nothing_and_is_logged() {
    let sandbox = Sandbox::new();
    let server = serve(&sandbox).await;
    let url = format!("{}/graphql", server.uri());
    let vars = [
        ("LINEAR_API_URL", url.as_str()),
        ("LINEAR_API_KEY", "lin_api_sandbox"),
        ("LINEAR_OPS_DENY", "delete_isue"),
        ("LINEAR_OPS_IN_FLIGHT", "many"),
    ];
    let mut process = Server::start(command(&["--tools", "yaml"], &vars));
    process.initialize().await;
    process.logged("LINEAR_OPS_IN_FLIGHT is 'many'").await;
    process.logged("'delete_issue'").await;
    process
        .call(1, "linear", json!({"request": "list_teams"}))
        .await;
    let answer = process.answer(1).await;
    assert!(envelope(&answer).contains("CONFIG_ERROR"), "{answer}");
    process.input.take();
    let (status, _, _) = process.end().await;
    assert_eq!(status.code(), Some(0));
    assert!(sandbox.requests().is_empty());
    assert_eq!(
        listed(&["--tools", "yaml"], &vars).await,
        ["linear", "linear_read"]
    );
}

#[tokio::test]
async fn no_value_of_a_setting_ends_a_server() {
    // LINEAR_OPS_AUDIT is left out: any text is a valid path, and the file would be created.
    for setting in TABLE.iter().filter(|row| row.name != "LINEAR_OPS_AUDIT") {
        for value in ["\u{1b}[31m nonsense ${X}", "-1", ",", "/dev/null/x"] {
            let client = connect(&["--sandbox"], &[(setting.name, value)]).await;
            let tools = client.list_all_tools().await.unwrap();
            assert!(!tools.is_empty(), "{}", setting.name);
            client.cancel().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_key_command_is_run_once_and_not_before_a_call_needs_the_key() {
    let sandbox = Sandbox::new();
    let server = serve(&sandbox).await;
    let folder = tempfile::tempdir().unwrap();
    let runs = folder.path().join("runs");
    let command = format!("echo run >> '{}'; echo lin''_api_sandbox", runs.display());
    let url = format!("{}/graphql", server.uri());
    let vars = [
        ("LINEAR_API_URL", url.as_str()),
        ("LINEAR_API_KEY_COMMAND", command.as_str()),
        ("LINEAR_OPS_PREFETCH", "off"),
    ];
    let client = connect(&[], &vars).await;
    client.list_all_tools().await.unwrap();
    let help = call(&client, "help", json!({})).await.unwrap();
    assert_eq!(help.is_error, Some(false));
    assert!(!runs.exists());
    let team = |key: &str| {
        call(
            &client,
            "get_team",
            json!({ "team": key, "refresh_cache": true }),
        )
    };
    let (one, two, three) = tokio::join!(team("ENG"), team("DES"), team("PSN"));
    for result in [one, two, three, team("OPS").await] {
        let result = result.unwrap();
        assert_eq!(result.is_error, Some(false), "{}", text(&result));
    }
    client.cancel().await.unwrap();
    assert_eq!(fs::read_to_string(&runs).unwrap(), "run\n");
}

#[tokio::test]
async fn a_key_command_that_takes_its_time_delays_no_listing() {
    let vars = [("LINEAR_API_KEY_COMMAND", "sleep 600")];
    let client = connect(&[], &vars).await;
    assert!(!client.list_all_tools().await.unwrap().is_empty());
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn a_wrong_key_command_is_told_by_every_call() {
    let vars = [("LINEAR_API_KEY_COMMAND", "exit 9")];
    let client = connect(&[], &vars).await;
    for _ in 0..2 {
        let result = call(&client, "get_team", json!({"team": "ENG"})).await;
        let result = result.unwrap();
        let text = text(&result);
        assert!(text.contains("code: CONFIG_ERROR\n"), "{text}");
        assert!(text.contains("exit code 9"), "{text}");
    }
    client.cancel().await.unwrap();
}

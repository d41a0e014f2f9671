//! Which tools are listed for which toolsets, through the real binary.

use rmcp::model::Tool;
use serde_json::json;

use super::client::{call, connect, text};

/// What `core` consists of: `linear`, `batch`, the operations that the contract names, and three more.
const CORE: &[&str] = &[
    "linear",
    "get_issue",
    "create_issue",
    "update_issue",
    "list_issues",
    "search_issues",
    "update_checklist_items",
    "link_url",
    "create_relation",
    "get_or_create_label",
    "ensure_labels_exist",
    "list_labels",
    "get_valid_state_id",
    "list_statuses",
    "get_team",
    "get_project",
    "list_projects",
    "list_comments",
    "create_comment",
    "get_document",
    "list_documents",
    "link_document",
    "batch",
];

async fn tools(args: &[&str], vars: &[(&str, &str)]) -> Vec<Tool> {
    let client = connect(&[&["--sandbox"], args].concat(), vars).await;
    let tools = client.list_all_tools().await.unwrap();
    client.cancel().await.unwrap();
    tools
}

async fn names(args: &[&str], vars: &[(&str, &str)]) -> Vec<String> {
    let tools = tools(args, vars).await.into_iter();
    tools.map(|tool| tool.name.into_owned()).collect()
}

#[tokio::test]
async fn core_is_listed_where_nothing_is_asked_for() {
    assert_eq!(names(&[], &[]).await, CORE);
    assert_eq!(names(&["--tools", "core"], &[]).await, CORE);
    assert_eq!(names(&[], &[("LINEAR_OPS_TOOLS", "core")]).await, CORE);
    // Of two lists the command line's is used.
    let vars = [("LINEAR_OPS_TOOLS", "labels")];
    assert_eq!(names(&["--tools", "core"], &vars).await, CORE);
}

#[tokio::test]
async fn toolsets_and_names_are_mixed() {
    let relations = ["create_relation", "delete_relation"];
    for (listing, expected) in [
        ("relations", &relations[..]),
        ("relation", &relations),
        ("yaml", &["linear", "linear_read"]),
        (
            "yaml,relations",
            &[
                "linear",
                "linear_read",
                "create_relation",
                "delete_relation",
            ],
        ),
        (
            "teams, users ,linear_read,closeIssue",
            &[
                "linear_read",
                "close_issue",
                "get_team",
                "list_teams",
                "get_user",
                "list_users",
            ],
        ),
        // An alias is a name of an operation, too.
        (
            "validate_state,Users,get_user",
            &["get_valid_state_id", "get_user", "list_users"],
        ),
    ] {
        assert_eq!(
            names(&["--tools", listing], &[]).await,
            expected,
            "{listing}"
        );
        let vars = [("LINEAR_OPS_TOOLS", listing)];
        assert_eq!(names(&[], &vars).await, expected, "{listing}");
    }
    let all = names(&["--tools", "all"], &[]).await;
    assert!(
        CORE.iter()
            .all(|name| all.iter().any(|listed| listed == name))
    );
    assert!(all.len() > CORE.len() && !all.contains(&"linear_read".to_owned()));
    let mixed = names(&["--tools", "documents,all,core,yaml"], &[]).await;
    assert_eq!(mixed.len(), all.len() + 1);
}

#[tokio::test]
async fn read_only_lists_nothing_that_writes_whatever_is_named() {
    for (listing, expected) in [
        ("labels,create_issue", &["list_labels"][..]),
        ("comments,linear", &["linear", "list_comments"]),
        (
            "yaml,relations,get_issue",
            &["linear", "linear_read", "get_issue"],
        ),
    ] {
        for (args, vars) in [
            (&["--read-only", "--tools", listing][..], &[][..]),
            (&["--tools", listing], &[("LINEAR_OPS_READ_ONLY", "1")]),
            (&["--read-only"], &[("LINEAR_OPS_TOOLS", listing)]),
        ] {
            let tools = tools(args, vars).await;
            let listed: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
            assert_eq!(listed, expected, "{args:?}");
            for tool in &tools {
                let hints = tool.annotations.as_ref().unwrap();
                assert_eq!(hints.read_only_hint, Some(true), "{}", tool.name);
            }
        }
    }
    let core = names(&["--read-only"], &[]).await;
    assert!(core.contains(&"list_issues".to_owned()), "{core:?}");
    assert!(!core.contains(&"update_issue".to_owned()), "{core:?}");
    // Denied operations are not listed either.
    let denied = names(
        &["--tools", "relations,users"],
        &[("LINEAR_OPS_DENY", "relation")],
    )
    .await;
    assert_eq!(denied, ["get_user", "list_users"]);
}

#[tokio::test]
async fn an_operation_that_is_not_listed_runs_by_linear() {
    let client = connect(&["--sandbox"], &[]).await;
    let tools = client.list_all_tools().await.unwrap();
    for (request, shows) in [
        ("operation: list_users", "email: "),
        (
            "operation: archive_issue\nparams: {issue_id: ENG-999999}",
            "code: ISSUE_NOT_FOUND",
        ),
        (
            "operation: close_issue\nparams: {issue_id: ENG-231}",
            "name: Done",
        ),
        (
            "operation: help\nparams: {operation: users}",
            "list_users: ",
        ),
    ] {
        let operation = request
            .lines()
            .next()
            .unwrap()
            .trim_start_matches("operation: ");
        assert!(
            tools.iter().all(|tool| tool.name != operation),
            "{operation}"
        );
        let result = call(&client, "linear", json!({"request": request})).await;
        let result = result.unwrap();
        assert!(text(&result).contains(shows), "{}", text(&result));
    }
    // Both the tool and the server's instructions say so.
    let linear = tools.iter().find(|tool| tool.name == "linear").unwrap();
    let description = linear.description.as_ref().unwrap();
    assert!(description.contains("not listed"), "{description}");
    let instructions = client.peer_info().unwrap().instructions.clone().unwrap();
    assert!(
        instructions.contains("operations without a listed tool run through `linear`"),
        "{instructions}"
    );
    client.cancel().await.unwrap();
    // `linear` can be called where it is not listed itself.
    let client = connect(&["--sandbox", "--tools", "labels"], &[]).await;
    let request = json!({"request": "operation: get_team\nparams: {team: ENG}"});
    let result = call(&client, "linear", request).await.unwrap();
    assert!(text(&result).contains("key: ENG\n"), "{}", text(&result));
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn a_listing_with_an_unknown_name_from_the_environment_is_told_by_every_call() {
    for (listing, part) in [
        (
            "core,lables",
            "LINEAR_OPS_TOOLS: There is no tool or toolset 'lables'; the nearest is 'labels'",
        ),
        (
            "yaml,zzzzzzzz",
            "'zzzzzzzz'. The toolsets are core, issues, ",
        ),
    ] {
        let client = connect(&["--sandbox"], &[("LINEAR_OPS_TOOLS", listing)]).await;
        let tools = client.list_all_tools().await.unwrap();
        let listed: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
        assert_eq!(listed, CORE);
        let result = call(&client, "get_team", json!({"team": "ENG"})).await;
        let result = result.unwrap();
        let text = text(&result);
        assert!(text.contains("code: CONFIG_ERROR\n"), "{text}");
        assert!(text.contains(part), "{text}");
        client.cancel().await.unwrap();
    }
}

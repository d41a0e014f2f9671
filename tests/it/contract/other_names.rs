//! The names and parameters that other servers for Linear have, and what is asked for that cannot exist.

use serde_json::json;

use crate::support::{TestWorkspace, mutations};

/// A request of another server, and the request of this one that it means.
const SAME: &[(&str, &str, &str, &str)] = &[
    (
        "list_issue_labels",
        "{team: ENG}",
        "list_labels",
        "{team: ENG}",
    ),
    (
        "list_issue_statuses",
        "{teamId: ENG}",
        "list_statuses",
        "{team: ENG}",
    ),
    (
        "get_issue_status",
        "{team: ENG, name: Todo}",
        "get_valid_state_id",
        "{team: ENG, state: Todo}",
    ),
    (
        "get_issue_status",
        "{team: ENG, id: Todo, name: todo}",
        "get_valid_state_id",
        "{team: ENG, state: Todo}",
    ),
    (
        "fetch_issue",
        "{id: ENG-231}",
        "get_issue",
        "{issue_id: ENG-231}",
    ),
    (
        "get_comments",
        "{issueId: PSN-123}",
        "list_comments",
        "{issue_id: PSN-123}",
    ),
    (
        "get_issues",
        "{team: ENG, label: backend, orderBy: createdAt, includeArchived: true, limit: 5}",
        "list_issues",
        "{team: ENG, labels: [backend], order_by: createdAt, include_archived: true, limit: 5}",
    ),
    (
        "list_issues",
        "{parentId: PSN-100, projectId: null, createdAt: 2020-01-01, updatedAt: -P3650D, query: pass}",
        "list_issues",
        "{parent_id: PSN-100, project: null, created_after: 2020-01-01, updated_after: -P3650D, query: pass}",
    ),
    ("get_team", "{query: ENG}", "get_team", "{team: ENG}"),
    ("get_user", "{query: jane}", "get_user", "{user: jane}"),
    (
        "get_project",
        "{query: Auth System}",
        "get_project",
        "{project: Auth System}",
    ),
    (
        "list_projects",
        "{query: Auth, includeArchived: false}",
        "list_projects",
        "{query: Auth}",
    ),
];

#[tokio::test]
async fn each_request_of_another_server_means_one_of_this() {
    for (other, params, own, own_params) in SAME {
        let workspace = TestWorkspace::new().await;
        let expected = workspace.call(own, own_params).await;
        let answer = workspace.call(other, params).await;
        assert_eq!(answer.data(), expected.data(), "{other} {params}");
        let linear = workspace.call(&format!("linear_{other}"), params).await;
        assert_eq!(linear.data(), expected.data(), "{other} {params}");
    }
}

#[tokio::test]
async fn a_status_is_one_state_under_both_of_its_parameters() {
    let workspace = TestWorkspace::new().await;
    let status = workspace
        .call("get_issue_status", "{team: ENG, name: Done}")
        .await;
    let id = status.text("/data/id").to_owned();
    let both = format!("{{team: ENG, id: {id}, name: Done}}");
    let answer = workspace.call("get_issue_status", &both).await;
    assert_eq!(answer.data(), status.data());
    assert_eq!(answer.calls(), 0);
    let two = format!("{{team: ENG, id: {id}, name: Todo}}");
    let answer = workspace.call("get_issue_status", &two).await;
    assert_eq!(answer.code(), "INVALID_PARAM");
    let none = workspace.call("get_issue_status", "{team: ENG}").await;
    assert_eq!(none.code(), "MISSING_REQUIRED_PARAM");
    let unknown = workspace
        .call("get_issue_status", "{team: ENG, name: Nowhere}")
        .await;
    assert_eq!(unknown.code(), "STATUS_NOT_FOUND");
}

#[tokio::test]
async fn the_labels_of_projects_are_listed_and_kept() {
    let workspace = TestWorkspace::new().await;
    let all = workspace.call("list_project_labels", "{}").await;
    assert!(
        all.column("labels", "name").contains(&"Q1".to_owned()),
        "{:#}",
        all.0
    );
    assert_eq!(all.calls(), 1);
    let again = workspace.call("list_project_labels", "{name: q1}").await;
    assert_eq!(again.column("labels", "name"), ["Q1"]);
    assert_eq!(again.calls(), 0);
    let none = workspace
        .call("list_project_labels", "{query: nowhere}")
        .await;
    assert_eq!(none.data()["total"], 0);
    let fresh = workspace
        .call("list_project_labels", "{refreshCache: true}")
        .await;
    assert_eq!(fresh.calls(), 1);
    // The names are known for a write.
    let params = "{project: Auth System, labels: [Q1], changes: false}";
    let answer = workspace.call("update_project", params).await;
    answer.data();
    assert_eq!(mutations(&workspace.take_requests()), 1);
}

#[tokio::test]
async fn what_cannot_exist_is_told_with_what_does_instead() {
    let workspace = TestWorkspace::new().await;
    for (operation, instead) in [
        ("update_issue_custom_fields", "add_labels"),
        ("setCustomField", "add_labels"),
        ("linear_update_issue_phase", "'state'"),
        ("list_phases", "list_statuses"),
        ("create_cycle", "'cycle'"),
        ("create_state", "list_statuses"),
        ("createIssueStatus", "list_statuses"),
        ("save_team", "list_teams"),
    ] {
        for params in ["{}", "{issue_id: ENG-231, phase: done}"] {
            let answer = workspace.call(operation, params).await;
            assert_eq!(answer.code(), "UNSUPPORTED_OPERATION", "{operation}");
            let suggestions = answer.texts("/error/suggestions").join("\n");
            assert!(suggestions.contains(instead), "{operation}: {suggestions}");
            assert_eq!(answer.at("/error/details/input"), operation);
        }
        let item = format!("{{operations: [{{operation: {operation}, params: {{}}}}]}}");
        let answer = workspace.call("batch", &item).await;
        assert_eq!(answer.code(), "UNSUPPORTED_OPERATION");
        let help = workspace
            .call("help", &format!("{{operation: {operation}}}"))
            .await;
        assert_eq!(help.code(), "UNSUPPORTED_OPERATION");
    }
    for operation in [
        "update_issue",
        "move_issue",
        "create_issue",
        "save_issue",
        "update_issue_state",
    ] {
        let params = json!({"issue_id": "ENG-231", "team": "ENG", "title": "T", "phase": "done"});
        let answer = workspace.call_json(operation, params).await;
        assert_eq!(answer.code(), "UNSUPPORTED_OPERATION", "{operation}");
        let suggestions = answer.texts("/error/suggestions").join("\n");
        assert!(
            suggestions.contains("Give 'state'"),
            "{operation}: {suggestions}"
        );
    }
    // A name that is near to one that exists is still told the nearest.
    let answer = workspace.call("sav_issue", "{}").await;
    assert_eq!(answer.code(), "UNKNOWN_OPERATION");
    assert!(
        answer
            .texts("/error/suggestions")
            .contains(&"Use 'save_issue'")
    );
    assert!(workspace.take_requests().is_empty());
}

//! Names that match nothing, or several records.

use serde_json::Value;

use crate::support::failures::{NOTHING, mutations, named_operations, snapshot};
use crate::support::{Answer, TestWorkspace};

async fn fails(operation: &str, params: &str) -> Answer {
    let workspace = TestWorkspace::new().await;
    let answer = workspace.call(operation, params).await;
    assert_eq!(answer.at("/success"), false, "{:#}", answer.0);
    answer
}

#[tokio::test]
async fn a_missing_team_lists_the_teams_as_the_contract_has_it() {
    let answer = fails("get_team", "{team: InvalidTeam}").await;
    assert_eq!(answer.code(), "TEAM_NOT_FOUND");
    snapshot("errors_team_not_found", &answer);
}

#[tokio::test]
async fn a_missing_status_lists_the_teams_own_as_the_contract_has_it() {
    let params = "{team: Engineering, state: Invalid State}";
    let answer = fails("get_valid_state_id", params).await;
    assert_eq!(answer.code(), "STATUS_NOT_FOUND");
    snapshot("errors_status_not_found", &answer);
}

#[tokio::test]
async fn each_kind_of_name_has_its_own_error() {
    for (name, code, operation, params) in [
        (
            "label",
            "LABEL_NOT_FOUND",
            "list_issues",
            "{team: ENG, labels: [fronted]}",
        ),
        (
            "project",
            "PROJECT_NOT_FOUND",
            "list_issues",
            "{project: Auth Systen}",
        ),
        (
            "user",
            "USER_NOT_FOUND",
            "list_issues",
            "{assignee: Jane Smyth}",
        ),
        (
            "cycle",
            "CYCLE_NOT_FOUND",
            "list_issues",
            "{team: ENG, cycle: 99}",
        ),
        (
            "milestone",
            "MILESTONE_NOT_FOUND",
            "create_issue",
            "{team: ENG, title: T, project: Auth System, milestone: Gamma}",
        ),
        (
            "issue",
            "ISSUE_NOT_FOUND",
            "get_issue",
            "{issue_id: PSN-999}",
        ),
        (
            "comment",
            "COMMENT_NOT_FOUND",
            "create_comment",
            "{issue_id: PSN-123, body: Yes, parent_id: 00000000-0000-4000-8000-00000000dead}",
        ),
    ] {
        let answer = fails(operation, params).await;
        assert_eq!(answer.code(), code);
        snapshot(&format!("errors_{name}_not_found"), &answer);
    }
}

#[tokio::test]
async fn an_issue_is_missed_by_identifier_id_and_address() {
    for reference in [
        "PSN-999",
        "psn-999",
        "NOPE-1",
        NOTHING,
        "https://linear.app/acme/issue/PSN-999/gone",
    ] {
        for (operation, rest) in [
            ("get_issue", ""),
            ("update_issue", ", title: T"),
            ("update_issue", ", state: Done"),
            ("create_comment", ", body: B"),
        ] {
            let workspace = TestWorkspace::new().await;
            let params = format!("{{issue_id: '{reference}'{rest}}}");
            let answer = workspace.call(operation, &params).await;
            assert_eq!(answer.code(), "ISSUE_NOT_FOUND", "{operation} {params}");
            let shown = reference.rsplit("/issue/").next().unwrap();
            let shown = shown.split('/').next().unwrap();
            assert!(
                answer
                    .text("/error/details/input")
                    .eq_ignore_ascii_case(shown),
                "{:#}",
                answer.0
            );
        }
    }
}

#[tokio::test]
async fn several_matches_are_listed_and_none_is_chosen() {
    let answer = fails("list_issues", "{assignee: John}").await;
    assert_eq!(answer.code(), "AMBIGUOUS_IDENTIFIER");
    snapshot("errors_two_johns", &answer);
    let answer = fails("list_issues", "{project: Mobile App}").await;
    assert_eq!(answer.code(), "AMBIGUOUS_IDENTIFIER");
    snapshot("errors_two_mobile_apps", &answer);
}

#[tokio::test]
async fn a_candidates_id_settles_an_ambiguity() {
    for (param, name) in [("assignee", "John"), ("project", "Mobile App")] {
        let workspace = TestWorkspace::new().await;
        let answer = workspace
            .call("list_issues", &format!("{{{param}: {name}}}"))
            .await;
        assert_eq!(answer.code(), "AMBIGUOUS_IDENTIFIER");
        let candidates = answer.at("/error/details/candidates").as_array().unwrap();
        assert_eq!(candidates.len(), 2);
        for candidate in candidates {
            let id = candidate.get("id").and_then(Value::as_str).unwrap();
            let found = workspace
                .call("list_issues", &format!("{{{param}: {id}}}"))
                .await;
            assert_eq!(found.at("/success"), true, "{:#}", found.0);
        }
    }
}

#[tokio::test]
async fn of_two_projects_with_one_name_the_teams_own_is_meant() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: DES, title: T, project: Mobile App}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(
        answer.data().pointer("/project/name").unwrap(),
        "Mobile App"
    );
}

#[tokio::test]
async fn a_display_name_that_is_no_ones_first_name_is_exact() {
    let workspace = TestWorkspace::new().await;
    for (written, meant) in [
        ("@john", "John Doe"),
        ("johnr", "John Roe"),
        ("Jane", "Jane Smith"),
    ] {
        let params = format!("{{team: ENG, title: T, assignee: '{written}'}}");
        let answer = workspace.call("create_issue", &params).await;
        assert_eq!(answer.data().pointer("/assignee/name").unwrap(), meant);
    }
}

#[tokio::test]
async fn what_there_is_is_listed_nearest_first_and_25_at_most() {
    for warm in [false, true] {
        let workspace = TestWorkspace::new().await;
        if warm {
            workspace.call("list_labels", "{team: OPS}").await.data();
        }
        let answer = workspace
            .call("list_issues", "{team: OPS, labels: [service-999]}")
            .await;
        assert_eq!(answer.code(), "LABEL_NOT_FOUND");
        let listed = answer.texts("/error/details/available_labels");
        assert_eq!(listed.len(), 25);
        assert!(listed.first().unwrap().ends_with("99"), "{listed:?}");
        assert_eq!(
            answer.text("/error/details/available_total"),
            "more than 250",
            "warm: {warm}"
        );
    }
}

#[tokio::test]
async fn a_short_list_has_no_total() {
    let answer = fails("get_team", "{team: Nowhere}").await;
    assert_eq!(answer.texts("/error/details/available_teams").len(), 6);
    assert_eq!(answer.at("/error/details/available_total"), &Value::Null);
}

#[tokio::test]
async fn what_a_suggestion_names_would_resolve() {
    for (code, operation, before, wrong, after) in [
        ("TEAM_NOT_FOUND", "get_team", "{team: '", "Enginering", "'}"),
        ("TEAM_NOT_FOUND", "get_team", "{team: '", "desgin", "'}"),
        (
            "STATUS_NOT_FOUND",
            "get_valid_state_id",
            "{team: ENG, state: '",
            "Cancled",
            "'}",
        ),
        (
            "STATUS_NOT_FOUND",
            "get_valid_state_id",
            "{team: ENG, state: '",
            "in progrss!",
            "'}",
        ),
        (
            "LABEL_NOT_FOUND",
            "list_issues",
            "{team: ENG, labels: ['",
            "Chroe",
            "']}",
        ),
        (
            "PROJECT_NOT_FOUND",
            "list_issues",
            "{project: '",
            "Auth Systme",
            "'}",
        ),
        (
            "USER_NOT_FOUND",
            "list_issues",
            "{assignee: '",
            "Jane Smiht",
            "'}",
        ),
        (
            "CYCLE_NOT_FOUND",
            "list_issues",
            "{team: ENG, cycle: '",
            "Hardning",
            "'}",
        ),
        (
            "MILESTONE_NOT_FOUND",
            "create_issue",
            "{team: ENG, title: T, project: Auth System, milestone: '",
            "Btea",
            "'}",
        ),
    ] {
        let workspace = TestWorkspace::new().await;
        let answer = workspace
            .call(operation, &format!("{before}{wrong}{after}"))
            .await;
        assert_eq!(answer.code(), code);
        let suggestions = answer.texts("/error/suggestions");
        let names: Vec<&str> = suggestions
            .iter()
            .filter_map(|text| text.strip_prefix("Use '")?.strip_suffix('\''))
            .collect();
        assert!(!names.is_empty(), "{wrong}: {suggestions:?}");
        for name in names {
            let again = workspace
                .call(operation, &format!("{before}{name}{after}"))
                .await;
            assert_eq!(
                again.at("/success"),
                true,
                "{wrong} → {name}: {:#}",
                again.0
            );
        }
    }
}

#[tokio::test]
async fn the_operations_that_suggestions_name_are_in_the_table() {
    let mut named = 0;
    for (operation, params) in [
        ("get_team", "{team: Nowhere}"),
        ("get_valid_state_id", "{team: ENG, state: Nowhere}"),
        ("list_issues", "{team: ENG, labels: [nowhere]}"),
        ("get_issue", "{issue_id: PSN-999}"),
        (
            "create_comment",
            "{issue_id: PSN-123, body: B, parent_id: nothing}",
        ),
        (
            "create_comment",
            "{issue_id: PSN-123, body: B, parent_id: 00000000-0000-4000-8000-00000000dead}",
        ),
    ] {
        let answer = fails(operation, params).await;
        for name in named_operations(&answer) {
            assert!(linear_ops::engine::find(name).is_ok(), "{name}");
            named += 1;
        }
    }
    assert!(named >= 5, "{named}");
}

#[tokio::test]
async fn a_miss_is_looked_up_fresh_once() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_teams", "{}").await.data();
    workspace.take_requests();
    let answer = workspace.call("get_team", "{team: Nowhere}").await;
    assert_eq!(answer.code(), "TEAM_NOT_FOUND");
    assert_eq!((answer.calls(), workspace.take_requests().len()), (1, 1));
}

#[tokio::test]
async fn blocked_is_no_other_word_for_a_state() {
    let workspace = TestWorkspace::new().await;
    for (operation, params) in [
        ("get_valid_state_id", "{team: PSN, state: blocked}"),
        ("update_issue", "{issue_id: PSN-123, state: Blocked}"),
        ("create_issue", "{team: PSN, title: T, state: blocked}"),
        ("list_issues", "{team: PSN, state: blocked}"),
        ("list_issues", "{state: blocked}"),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "STATUS_NOT_FOUND", "{operation}");
        assert!(!answer.texts("/error/suggestions").is_empty());
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_state_of_another_team_is_not_the_teams() {
    let workspace = TestWorkspace::new().await;
    let other = workspace
        .call("get_valid_state_id", "{team: DES, state: Done}")
        .await;
    let id = other.data().get("id").and_then(Value::as_str).unwrap();
    for warm in [false, true] {
        if warm {
            workspace.call("list_statuses", "{team: PSN}").await.data();
        }
        workspace.take_requests();
        let params = format!("{{issue_id: PSN-123, state: {id}}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.code(), "STATUS_NOT_FOUND");
        assert_eq!(answer.text("/error/details/team"), "Personal");
        assert_eq!(mutations(&workspace.take_requests()), 0);
    }
}

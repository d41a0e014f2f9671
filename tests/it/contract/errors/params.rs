//! Parameters that are missing, wrong, unknown, or that exclude each other.

use linear_ops::engine::catalog::TABLE;
use linear_ops::operation::Field;

use crate::support::TestWorkspace;
use crate::support::failures::{mutations, snapshot};

#[tokio::test]
async fn what_is_required_is_asked_for_by_name() {
    let workspace = TestWorkspace::deleting().await;
    for entry in TABLE.iter() {
        let name = entry.spec.name;
        let answer = workspace.call(name, "{}").await;
        if *answer.at("/success") == true {
            let required = |field: &Field| field.required;
            assert!(!entry.signature().fields.iter().any(required), "{name}");
            continue;
        }
        assert_eq!(answer.code(), "MISSING_REQUIRED_PARAM", "{name}");
        let missing = answer.texts("/error/details/missing");
        assert!(!missing.is_empty());
        for name in missing {
            assert!(
                answer.text("/error/message").contains(name),
                "{:#}",
                answer.0
            );
        }
        assert_eq!(answer.calls(), 0);
    }
}

/// Values that a parameter cannot have: the code, the parameter, the operation and its parameters.
const WRONG: &[(&str, &str, &str, &str)] = &[
    (
        "INVALID_TEAM_IDENTIFIER",
        "team",
        "get_team",
        "{team: {a: b}}",
    ),
    (
        "INVALID_TEAM_IDENTIFIER",
        "team",
        "create_issue",
        "{team: '', title: T}",
    ),
    (
        "INVALID_STATE_NAME",
        "state",
        "get_valid_state_id",
        "{team: ENG, state: [a, b]}",
    ),
    (
        "INVALID_STATE_NAME",
        "state",
        "update_issue",
        "{issue_id: PSN-123, state: ''}",
    ),
    (
        "INVALID_LABEL_NAME",
        "labels[1]",
        "create_issue",
        "{team: ENG, title: T, labels: [a, '']}",
    ),
    (
        "INVALID_LABEL_NAME",
        "labels[0]",
        "create_issue",
        "{team: ENG, title: T, labels: [{color: '#fff'}]}",
    ),
    (
        "INVALID_LABEL_NAME",
        "labels[0].color",
        "ensure_labels_exist",
        "{team: ENG, labels: [{name: a, color: reddish}]}",
    ),
    (
        "INVALID_LABEL_NAME",
        "add_labels[0]",
        "update_issue",
        "{issue_id: PSN-123, add_labels: ['']}",
    ),
    (
        "INVALID_PRIORITY",
        "priority",
        "create_issue",
        "{team: ENG, title: T, priority: 5}",
    ),
    (
        "INVALID_PRIORITY",
        "priority",
        "update_issue",
        "{issue_id: PSN-123, priority: hihg}",
    ),
    (
        "INVALID_DATE_FORMAT",
        "due_date",
        "create_issue",
        "{team: ENG, title: T, due_date: 2025-02-30}",
    ),
    (
        "INVALID_DATE_FORMAT",
        "due_date",
        "update_issue",
        "{issue_id: PSN-123, due_date: tomorrow}",
    ),
    (
        "INVALID_DATE_FORMAT",
        "updated_after",
        "list_issues",
        "{updated_after: 7 days ago}",
    ),
    (
        "INVALID_PARAM",
        "estimate",
        "create_issue",
        "{team: ENG, title: T, estimate: large}",
    ),
    (
        "INVALID_PARAM",
        "links[0]",
        "create_issue",
        "{team: ENG, title: T, links: [example]}",
    ),
    ("INVALID_PARAM", "issue_id", "get_issue", "{issue_id: 123}"),
    (
        "INVALID_PARAM",
        "parent_id",
        "create_issue",
        "{team: ENG, title: T, parent_id: epic}",
    ),
    (
        "INVALID_PARAM",
        "parent_id",
        "update_issue",
        "{issue_id: PSN-123, parent_id: epic}",
    ),
    (
        "INVALID_PARAM",
        "parent_id",
        "create_comment",
        "{issue_id: PSN-123, body: B, parent_id: first}",
    ),
    (
        "INVALID_PARAM",
        "detail",
        "get_issue",
        "{issue_id: PSN-123, detail: most}",
    ),
    (
        "INVALID_PARAM",
        "title",
        "create_issue",
        "{team: ENG, title: '  '}",
    ),
    (
        "INVALID_PARAM",
        "title",
        "update_issue",
        "{issue_id: PSN-123, title: ''}",
    ),
    (
        "INVALID_PARAM",
        "body",
        "create_comment",
        "{issue_id: PSN-123, body: ' '}",
    ),
    (
        "INVALID_PARAM",
        "labels",
        "update_issue",
        "{issue_id: PSN-123, labels: [bug], add_labels: [bug]}",
    ),
    (
        "INVALID_PARAM",
        "labels",
        "update_issue",
        "{issue_id: PSN-123, labels: null, remove_labels: [bug]}",
    ),
    (
        "INVALID_PARAM",
        "color",
        "get_or_create_label",
        "{team: ENG, name: x, color: '#12345'}",
    ),
];

#[tokio::test]
async fn a_wrong_value_is_told_with_its_place_and_what_is_expected() {
    let workspace = TestWorkspace::new().await;
    for (code, param, operation, params) in WRONG.iter().copied() {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), code, "{operation} {params}: {:#}", answer.0);
        assert_eq!(
            answer.text("/error/details/param"),
            param,
            "{params}: {:#}",
            answer.0
        );
        assert_eq!(answer.calls(), 0, "{params}");
    }
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn a_wrong_value_reads_well() {
    let workspace = TestWorkspace::new().await;
    for (name, operation, params) in [
        (
            "priority",
            "create_issue",
            "{team: ENG, title: T, priority: urgnt}",
        ),
        (
            "date",
            "create_issue",
            "{team: ENG, title: T, due_date: 31/12/2025}",
        ),
        (
            "label",
            "ensure_labels_exist",
            "{team: ENG, labels: [{name: a, colour: '#fff'}]}",
        ),
        ("missing", "create_issue", "{team: ENG}"),
        (
            "both_labels",
            "update_issue",
            "{issue_id: PSN-123, labels: [bug], add_labels: [bug]}",
        ),
        ("nothing_to_change", "update_issue", "{issue_id: PSN-123}"),
        (
            "estimate",
            "create_issue",
            "{team: ENG, title: T, estimate: 4.5}",
        ),
        (
            "milestone",
            "create_issue",
            "{team: ENG, title: T, milestone: Beta}",
        ),
        ("cycle", "list_issues", "{cycle: 12}"),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.at("/success"), false);
        snapshot(&format!("errors_param_{name}"), &answer);
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_milestone_needs_its_project() {
    let workspace = TestWorkspace::new().await;
    for (operation, params) in [
        ("create_issue", "{team: ENG, title: T, milestone: Beta}"),
        ("update_issue", "{issue_id: PSN-130, milestone: Beta}"),
        (
            "update_issue",
            "{issue_id: ENG-230, milestone: Beta, project: null}",
        ),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(
            answer.code(),
            "MISSING_REQUIRED_PARAM",
            "{operation} {params}"
        );
        assert_eq!(answer.texts("/error/details/missing"), ["project"]);
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn an_update_of_nothing_and_an_update_to_the_same_say_so() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace.call("update_issue", "{issue_id: PSN-123}").await;
    assert_eq!(answer.code(), "MISSING_REQUIRED_PARAM");
    assert_eq!(answer.calls(), 0);
    let answer = workspace
        .call("update_issue", "{issue_id: PSN-123, priority: 3}")
        .await;
    answer.data();
    let warnings = answer.texts("/warnings");
    assert!(
        warnings
            .iter()
            .any(|text| text.starts_with("nothing changed")),
        "{warnings:?}"
    );
}

//! Rule 9: an error at the root field of a part means that the record does not exist; an error below it does not.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;

use super::{UNREADABLE, unreadable, warned};
use crate::support::TestWorkspace;
use crate::support::failures::assert_acts_used;

/// A read of one record by its id: the root field, the error code where Linear has no such record, a field that may be
/// null and one that may not.
const READS: [(&str, &str, &str, &str, &str, &str); 3] = [
    (
        "get_issue",
        "{issue_id: ENG-231}",
        "issue",
        "ISSUE_NOT_FOUND",
        "assignee",
        "title",
    ),
    (
        "get_document",
        "{document_id: '000000000182'}",
        "document",
        "DOCUMENT_NOT_FOUND",
        "project",
        "title",
    ),
    (
        "get_project",
        "{project: 5eed0000-0000-4000-8000-000000000176}",
        "project",
        "PROJECT_NOT_FOUND",
        "lead",
        "name",
    ),
];

#[tokio::test]
async fn rule_9_an_error_at_the_root_means_that_there_is_no_such_thing() {
    for (operation, params, root, code, ..) in &READS[..2] {
        let workspace = TestWorkspace::new().await;
        let act = Act::refuse(*root, Refusal::not_found("Thing"));
        workspace.sandbox.script().next(act);
        let answer = workspace.call(operation, params).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.code(), *code, "{:#}", answer.0);
    }
}

#[tokio::test]
async fn rule_9_a_field_that_may_be_null_is_a_warning() {
    for (operation, params, root, _, nullable, _) in &READS[..2] {
        let workspace = TestWorkspace::new().await;
        let act = Act::field_error(format!("{root}.{nullable}"), unreadable());
        workspace.sandbox.script().next(act);
        let answer = workspace.call(operation, params).await;
        assert_acts_used(&workspace, &answer);
        answer.data();
        warned(&answer, UNREADABLE);
        warned(&answer, nullable);
    }
}

#[tokio::test]
async fn rule_9_a_field_that_must_not_be_null_is_an_error_that_names_it() {
    for (operation, params, root, _, _, needed) in &READS[..2] {
        let workspace = TestWorkspace::new().await;
        let act = Act::field_error(format!("{root}.{needed}"), unreadable());
        workspace.sandbox.script().next(act);
        let answer = workspace.call(operation, params).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.code(), "LINEAR_API_ERROR", "{:#}", answer.0);
        assert_eq!(answer.text("/error/details/field"), *needed);
        assert_eq!(answer.text("/error/details/reason"), UNREADABLE);
    }
}

/// A project is looked up in a list, so that an error at the root field fails the whole request.
#[tokio::test]
async fn rule_9_an_unreadable_field_in_a_list_does_not_mean_that_there_is_no_project() {
    let (operation, params, ..) = READS[2];
    for field in [
        "*.*.*",
        "*.nodes.lead",
        "*.nodes.name",
        "*.nodes.status.name",
    ] {
        let workspace = TestWorkspace::new().await;
        let act = Act::field_error(field, unreadable());
        workspace.sandbox.script().next_for("projects", act);
        let answer = workspace.call(operation, params).await;
        let code = answer.text("/error/code");
        assert!(
            ["", "LINEAR_API_ERROR"].contains(&code),
            "{field}: {:#}",
            answer.0
        );
        let reported = answer.0.to_string().contains(UNREADABLE);
        let pending = workspace.sandbox.script().pending();
        assert!(reported || pending == 1, "{field}: {:#}", answer.0);
    }
}

/// When the reads before a write fail, nothing is written, and nothing is reported as missing.
#[tokio::test]
async fn rule_9_a_write_that_cannot_read_what_it_needs_calls_nothing_missing() {
    for (operation, params, field) in [
        (
            "update_issue",
            "{issue_id: ENG-231, title: New}",
            "issue.title",
        ),
        (
            "create_relation",
            "{issue_id: ENG-231, related_issue_id: PSN-123, type: related}",
            "issue.title",
        ),
        (
            "update_document",
            "{document_id: '000000000182', title: New}",
            "document.title",
        ),
        (
            "create_issue",
            "{team: ENG, title: T, parent_id: PSN-123, labels: [fresh]}",
            "issue.title",
        ),
        ("create_issue", "{team: ENG, title: T}", "teams.nodes.name"),
    ] {
        let workspace = TestWorkspace::new().await;
        let act = Act::field_error(field, unreadable());
        workspace.sandbox.script().next(act);
        let answer = workspace.call(operation, params).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.code(), "LINEAR_API_ERROR", "{:#}", answer.0);
        let received = workspace.take_requests();
        assert!(
            received.iter().all(|request| !request.mutation),
            "{operation}"
        );
    }
}

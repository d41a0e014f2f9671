//! Sequences of faults that were chosen by hand: one unknown outcome is followed by another fault.

use std::time::Duration;

use linear_ops::sandbox::Act;
use tokio_util::sync::CancellationToken;

use crate::support::failures::{
    assert_acts_used, cancellable, far_limit, records, refused, script_acts,
};

#[tokio::test]
async fn an_issue_that_was_made_is_not_called_failed_when_it_cannot_be_looked_for() {
    let workspace = super::warm().await;
    script_acts(
        &workspace,
        "attachmentCreate",
        [refused("p2_attachmentCreate", "Not today")],
    );
    script_acts(&workspace, "issues", [far_limit()]);
    let params = "{team: ENG, title: Fault, labels: [fault-a], links: ['https://a.example']}";
    let answer = workspace.call("create_issue", params).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(records(&workspace, "Issue", "title", "Fault"), 1);
    assert_eq!(answer.code(), "OUTCOME_UNKNOWN", "{:#}", answer.0);
}

#[tokio::test]
async fn labels_that_may_have_been_made_are_not_called_failed() {
    let workspace = super::warm().await;
    script_acts(
        &workspace,
        "issueLabelCreate",
        [refused("p1_issueLabelCreate", "Not today")],
    );
    script_acts(&workspace, "issueLabels", [far_limit(), far_limit()]);
    let params = "{team: ENG, labels: [fault-a, fault-b]}";
    let answer = workspace.call("ensure_labels_exist", params).await;
    assert_eq!(records(&workspace, "IssueLabel", "name", "fault-a"), 1);
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.code(), "OUTCOME_UNKNOWN", "{:#}", answer.0);
}

#[tokio::test]
async fn an_update_that_linear_refuses_says_where_labels_may_have_been_made() {
    let workspace = super::warm().await;
    script_acts(
        &workspace,
        "issueUpdate",
        [refused("issueUpdate", "Not today")],
    );
    script_acts(&workspace, "issueLabels", [far_limit()]);
    let params = "{issue_id: ENG-231, title: Faulty, add_labels: [fault-a]}";
    let answer = workspace.call("update_issue", params).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED");
    assert_eq!(records(&workspace, "IssueLabel", "name", "fault-a"), 1);
    let ways = answer.texts("/error/suggestions");
    assert!(
        ways.iter().any(|way| way.contains("list_labels")),
        "{ways:?}"
    );
}

#[tokio::test]
async fn a_link_that_was_attached_before_another_was_declined_is_told_as_attached() {
    let workspace = super::warm().await;
    script_acts(
        &workspace,
        "attachmentCreate",
        [refused("p2_attachmentCreate", "Not today"), far_limit()],
    );
    let links = "['https://a.example', 'https://b.example', 'https://c.example']";
    let params = format!("{{team: ENG, title: Fault, links: {links}}}");
    let answer = workspace.call("create_issue", &params).await;
    assert_acts_used(&workspace, &answer);
    answer.data();
    assert_eq!(
        records(&workspace, "Attachment", "url", "https://a.example"),
        1
    );
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    for url in ["b", "c"] {
        let reported = format!("link 'https://{url}.example' not attached");
        assert!(
            warnings
                .iter()
                .any(|warning| warning.starts_with(&reported)),
            "{reported}: {warnings:?}"
        );
    }
}

/// A batch that creates two issues with labels. A label that both have is created by the first.
fn two(first: &str, second: &str) -> String {
    let item = |title: &str, labels: &str| {
        format!(
            "{{operation: create_issue, params: {{team: ENG, title: {title}, labels: [{labels}]}}}}"
        )
    };
    let (first, second) = (item("One", first), item("Two", second));
    format!("{{operations: [{first}, {second}]}}")
}

#[tokio::test]
async fn who_makes_a_label_that_another_item_was_to_make_says_so() {
    let workspace = super::warm().await;
    // The label of the first item is refused, and so is the issue of the second, which refers to this label. The second item then
    // creates the label, and its issue is refused twice: in one request with the label, and alone.
    for field in ["p0_issueLabelCreate", "p1_issueCreate"] {
        workspace.sandbox.script().next(refused(field, "Not today"));
    }
    let through = Act::Slow(Duration::ZERO);
    script_acts(
        &workspace,
        "issueCreate",
        [through, refused("issueCreate", "Not today")],
    );
    let batch = "{operations: [\
        {operation: ensure_labels_exist, params: {team: ENG, labels: [fault-a]}}, \
        {operation: create_issue, params: {team: ENG, title: Two, labels: [fault-a]}}]}";
    let answer = workspace.call("batch", batch).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(records(&workspace, "IssueLabel", "name", "fault-a"), 1);
    assert_eq!(records(&workspace, "Issue", "title", "Two"), 0);
    let rows = answer.at("/error/details/results");
    assert_eq!(rows[1]["code"], "ISSUE_CREATION_FAILED", "{:#}", answer.0);
    assert_eq!(rows[1]["details"]["created_labels"][0], "fault-a");
}

#[tokio::test]
async fn who_makes_a_label_of_a_group_himself_still_knows_the_group() {
    let workspace = super::warm().await;
    workspace
        .sandbox
        .script()
        .next(refused("p0_issueLabelCreate", "Not today"));
    let batch = two("Type/Fault", "'Type/Fault', 'Type/Chore'");
    let answer = workspace.call("batch", &batch).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.data()["succeeded"], 2, "{:#}", answer.0);
    assert_eq!(records(&workspace, "Issue", "title", "Two"), 1);
    let warnings = answer.texts("/warnings");
    let reported = |warning: &&str| warning.contains("label 'Type/Chore' left out");
    assert!(warnings.iter().any(reported), "{warnings:?}");
}

#[tokio::test]
async fn a_change_that_was_sent_is_not_called_cancelled() {
    let workspace = super::warm().await;
    script_acts(
        &workspace,
        "issueUpdate",
        [refused("p1_issueCreate", "Not today")],
    );
    workspace
        .sandbox
        .script()
        .latency(Duration::from_millis(150));
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.cancel();
    });
    let batch = "operation: batch\nparams: {operations: [\
        {operation: update_issue, params: {issue_id: ENG-231, title: Faulty, changes: false}}, \
        {operation: create_issue, params: {team: ENG, title: Fault}}]}";
    let answer = cancellable(&workspace, batch, cancel).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(records(&workspace, "Issue", "title", "Faulty"), 1);
    assert_eq!(answer.at("/data/results/0/identifier"), "ENG-231");
}

/// Enough new labels that they go out in a request before that of the issue.
fn many_labels() -> Vec<String> {
    (0..21).map(|number| format!("fault-{number}")).collect()
}

#[tokio::test]
async fn labels_of_a_request_before_that_of_a_refused_issue_are_named() {
    let workspace = super::warm().await;
    script_acts(&workspace, "issueLabelCreate", [Act::DropAfterCommit]);
    // The issue is refused twice: in one request with the last label, and alone.
    for field in ["p1_issueCreate", "issueCreate"] {
        workspace.sandbox.script().next(refused(field, "Not today"));
    }
    let params = format!(
        "{{team: ENG, title: Fault, labels: [{}]}}",
        many_labels().join(", ")
    );
    let answer = workspace.call("create_issue", &params).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.code(), "ISSUE_CREATION_FAILED", "{:#}", answer.0);
    assert_eq!(answer.texts("/error/details/created_labels"), many_labels());
    assert_eq!(records(&workspace, "Issue", "title", "Fault"), 0);
}

#[tokio::test]
async fn an_issue_of_more_parts_than_a_request_takes_is_made_once_with_all_of_them() {
    let workspace = super::warm().await;
    script_acts(
        &workspace,
        "issueCreate",
        [Act::UnavailableAfterCommit, far_limit()],
    );
    let params = format!(
        "{{team: ENG, title: Fault, labels: [{}], links: ['https://a.example']}}",
        many_labels().join(", ")
    );
    let answer = workspace.call("create_issue", &params).await;
    let labels = answer.data()["labels"].as_array().unwrap();
    assert_eq!(labels.len(), 21);
    assert_eq!(records(&workspace, "Issue", "title", "Fault"), 1);
    assert_eq!(
        records(&workspace, "Attachment", "url", "https://a.example"),
        1
    );
}

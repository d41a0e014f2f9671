//! Operations that succeed in part, and operations that must not write anything.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;
use serde_json::Value;

use crate::support::TestWorkspace;
use crate::support::failures::{all_records, mutations, records, snapshot, with_root};

fn invalid_name() -> Refusal {
    Refusal::invalid("Argument Validation Error").saying("Invalid label name")
}

/// Does what [`refuse`] does twice: a write that is refused together with what it depends on is sent once more alone.
fn refuse_twice(workspace: &TestWorkspace, field: &str, refusal: &Refusal) {
    refuse(workspace, field, refusal.clone());
    refuse(workspace, field, refusal.clone());
}

/// Lets Linear refuse a root field, given by its name or by its alias in a merged document, in the next request.
fn refuse(workspace: &TestWorkspace, field: &str, refusal: Refusal) {
    let field = field.to_owned();
    workspace
        .sandbox
        .script()
        .next(Act::Refuse { field, refusal });
}

#[tokio::test]
async fn one_label_of_three_that_fails_leaves_the_others_as_the_contract_has_it() {
    let workspace = TestWorkspace::new().await;
    refuse(&workspace, "p1_issueLabelCreate", invalid_name());
    let answer = workspace
        .call(
            "ensure_labels_exist",
            "{team: Engineering, labels: [{name: valid-label}, {name: invalid@label}, {name: another-valid}]}",
        )
        .await;
    snapshot("errors_partial_batch", &answer);
    answer.data();
    for (name, count) in [
        ("valid-label", 1),
        ("invalid@label", 0),
        ("another-valid", 1),
    ] {
        assert_eq!(
            records(&workspace, "IssueLabel", "name", name),
            count,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_label_that_cannot_be_made_says_why_as_the_contract_has_it() {
    let workspace = TestWorkspace::new().await;
    refuse(&workspace, "issueLabelCreate", invalid_name());
    let answer = workspace
        .call(
            "get_or_create_label",
            "{team: Engineering, name: new-label}",
        )
        .await;
    assert_eq!(answer.code(), "LABEL_CREATION_FAILED");
    snapshot("errors_label_creation_failed", &answer);
}

#[tokio::test]
async fn when_every_label_fails_the_operation_fails() {
    let workspace = TestWorkspace::new().await;
    refuse(&workspace, "issueLabelCreate", invalid_name());
    refuse(&workspace, "issueLabelCreate", invalid_name());
    let answer = workspace
        .call("ensure_labels_exist", "{team: ENG, labels: [a@b, c@d]}")
        .await;
    assert_eq!(answer.code(), "LABEL_CREATION_FAILED");
    assert_eq!(answer.texts("/error/details/failed_labels"), ["a@b", "c@d"]);
}

#[tokio::test]
async fn a_critical_name_that_means_nothing_creates_nothing() {
    for (code, wrong) in [
        ("TEAM_NOT_FOUND", "team: Nowhere"),
        ("STATUS_NOT_FOUND", "team: ENG, state: Nowhere"),
        ("USER_NOT_FOUND", "team: ENG, assignee: Nobody Known"),
        (
            "USER_NOT_FOUND",
            "team: ENG, assignee: old.timer@example.com",
        ),
        ("PROJECT_NOT_FOUND", "team: ENG, project: Nothing"),
        (
            "MILESTONE_NOT_FOUND",
            "team: ENG, project: Auth System, milestone: Omega",
        ),
        ("CYCLE_NOT_FOUND", "team: ENG, cycle: 99"),
        ("CYCLE_NOT_FOUND", "team: DES, cycle: current"),
        ("ISSUE_NOT_FOUND", "team: ENG, parent_id: ENG-9999"),
        ("AMBIGUOUS_IDENTIFIER", "team: ENG, assignee: John"),
        ("AMBIGUOUS_IDENTIFIER", "team: PSN, project: Mobile App"),
        ("INVALID_PARAM", "team: ENG, estimate: large"),
    ] {
        let workspace = TestWorkspace::new().await;
        let issues = all_records(&workspace, "Issue");
        let params =
            format!("{{{wrong}, title: T, labels: [brand-new], links: ['https://example.com']}}");
        for warmth in ["cold", "warm"] {
            let answer = workspace.call("create_issue", &params).await;
            assert_eq!(answer.code(), code, "{warmth} {params}: {:#}", answer.0);
            assert_eq!(
                mutations(&workspace.take_requests()),
                0,
                "{warmth} {params}"
            );
            if warmth == "cold" {
                workspace.call("get_team", "{team: ENG}").await.data();
                workspace.call("list_labels", "{team: ENG}").await.data();
                workspace.take_requests();
            }
        }
        assert_eq!(all_records(&workspace, "Issue"), issues);
        assert_eq!(records(&workspace, "IssueLabel", "name", "brand-new"), 0);
    }
}

#[tokio::test]
async fn a_missing_parent_is_found_out_warm_without_a_look_of_its_own() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: ENG, title: T, labels: [backend], parent_id: PSN-100}";
    workspace.call("create_issue", params).await.data();
    let issues = all_records(&workspace, "Issue");
    workspace.take_requests();
    let params = "{team: ENG, title: T, labels: [backend], parent_id: ENG-9999}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.code(), "ISSUE_NOT_FOUND");
    assert_eq!(answer.text("/error/details/param"), "parent_id");
    snapshot("errors_parent_not_found", &answer);
    assert_eq!(all_records(&workspace, "Issue"), issues);
    assert_eq!(with_root(&workspace.take_requests(), "issueLabelCreate"), 0);
}

#[tokio::test]
async fn labels_and_links_that_fail_are_told_and_the_issue_is_there() {
    let workspace = TestWorkspace::new().await;
    refuse(&workspace, "issueLabelCreate", invalid_name());
    let closed = Refusal::invalid("Attachments are closed today");
    // The first refusal applies to the request in which the issue itself is refused for two labels of one group.
    refuse(&workspace, "attachmentCreate", closed.clone());
    refuse_twice(&workspace, "attachmentCreate", &closed);
    let answer = workspace
        .call(
            "create_issue",
            "{team: ENG, title: Whole anyway, labels: [new@label, backend, Type, legacy, Type/Chore, Type/Spike], \
             links: ['https://example.com/a', 'https://example.com/b']}",
        )
        .await;
    snapshot("errors_issue_with_failures", &answer);
    let labels = answer
        .data()
        .pointer("/labels")
        .and_then(Value::as_array)
        .unwrap();
    let names: Vec<_> = labels
        .iter()
        .filter_map(|label| label.get("name")?.as_str())
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(
        names.contains(&"backend") && names.contains(&"Chore"),
        "{names:?}"
    );
    assert_eq!(records(&workspace, "Issue", "title", "Whole anyway"), 1);
    assert_eq!(
        records(&workspace, "Attachment", "url", "https://example.com/a"),
        0
    );
    assert_eq!(
        records(&workspace, "Attachment", "url", "https://example.com/b"),
        1
    );
    let warnings = answer.texts("/warnings");
    for left_out in [
        "new@label",
        "label 'Type' ",
        "legacy",
        "Type/Spike",
        "https://example.com/a",
    ] {
        let reported = |text: &&str| text.contains(left_out);
        assert_eq!(
            warnings.iter().filter(|text| reported(text)).count(),
            1,
            "{left_out}: {warnings:?}"
        );
    }
}

#[tokio::test]
async fn an_issue_that_linear_refuses_names_the_labels_made_for_it() {
    let workspace = TestWorkspace::new().await;
    refuse_twice(
        &workspace,
        "issueCreate",
        &Refusal::invalid("Not on a Sunday"),
    );
    let answer = workspace
        .call(
            "create_issue",
            "{team: ENG, title: T, labels: [brand-new, backend]}",
        )
        .await;
    assert_eq!(answer.code(), "ISSUE_CREATION_FAILED");
    assert_eq!(answer.text("/error/details/reason"), "Not on a Sunday");
    assert_eq!(answer.texts("/error/details/created_labels"), ["brand-new"]);
    snapshot("errors_issue_creation_failed", &answer);
}

#[tokio::test]
async fn an_update_that_linear_refuses_names_the_labels_made_for_it() {
    let workspace = TestWorkspace::new().await;
    refuse_twice(
        &workspace,
        "issueUpdate",
        &Refusal::invalid("Not on a Sunday"),
    );
    let answer = workspace
        .call(
            "update_issue",
            "{issue_id: ENG-231, add_labels: [brand-new], priority: low}",
        )
        .await;
    assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED");
    assert_eq!(answer.texts("/error/details/created_labels"), ["brand-new"]);
    snapshot("errors_issue_update_failed", &answer);
    assert_eq!(records(&workspace, "IssueLabel", "name", "brand-new"), 1);
}

#[tokio::test]
async fn a_label_that_fails_leaves_the_rest_of_an_update_done() {
    let workspace = TestWorkspace::new().await;
    refuse(&workspace, "p1_issueLabelCreate", invalid_name());
    let low = records(&workspace, "Issue", "priorityLabel", "Low");
    let answer = workspace
        .call(
            "update_issue",
            "{issue_id: ENG-231, add_labels: [first, sec@nd], priority: low}",
        )
        .await;
    assert_eq!(answer.data()["priority"], 4);
    let labels = answer.data()["labels"].as_array().unwrap();
    assert!(labels.iter().any(|label| label["name"] == "first"));
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].starts_with("label 'sec@nd' left out: "),
        "{warnings:?}"
    );
    assert_eq!(with_root(&workspace.take_requests(), "issueUpdate"), 2);
    assert_eq!(
        records(&workspace, "Issue", "priorityLabel", "Low"),
        low + 1
    );
    // Where the update sets nothing else, the failed label is the error of the operation.
    refuse(&workspace, "issueLabelCreate", invalid_name());
    let alone = "{issue_id: ENG-231, add_labels: [th@rd]}";
    let answer = workspace.call("update_issue", alone).await;
    assert_eq!(answer.code(), "LABEL_CREATION_FAILED");
}

#[tokio::test]
async fn an_update_to_a_label_no_issue_can_have_makes_no_other_label() {
    for wrong in ["Type", "legacy"] {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{issue_id: ENG-231, add_labels: [brand-new, {wrong}]}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.code(), "INVALID_LABEL_NAME");
        snapshot(&format!("errors_label_{}", wrong.to_lowercase()), &answer);
        assert_eq!(mutations(&workspace.take_requests()), 0);
    }
}

#[tokio::test]
async fn an_update_with_a_missing_parent_makes_no_label() {
    for parent in ["ENG-9999", "00000000-0000-4000-8000-00000000dead"] {
        let workspace = TestWorkspace::new().await;
        for warmth in ["cold", "warm"] {
            let params =
                format!("{{issue_id: ENG-231, parent_id: {parent}, add_labels: [brand-new]}}");
            let answer = workspace.call("update_issue", &params).await;
            assert_eq!(answer.code(), "ISSUE_NOT_FOUND", "{warmth}");
            assert_eq!(answer.text("/error/details/param"), "parent_id");
            assert_eq!(answer.text("/error/details/input"), parent);
            assert_eq!(
                (answer.calls(), mutations(&workspace.take_requests())),
                (1, 0)
            );
            workspace.call("list_labels", "{team: ENG}").await.data();
            workspace.take_requests();
        }
    }
}

#[tokio::test]
async fn two_labels_of_one_group_are_refused_in_an_update() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: ENG-231, add_labels: [Type/Chore, Type/Spike]}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED");
    let both = answer.texts("/error/details/same_group");
    assert_eq!(both, ["Type/Chore", "Type/Spike"]);
    assert_eq!(mutations(&workspace.take_requests()), 1);
}

#[tokio::test]
async fn a_label_made_for_labels_that_cannot_be_had_together_is_told_of() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: ENG-231, add_labels: [brand-new, Type/Chore, Type/Spike]}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED");
    let made = answer.texts("/error/details/created_labels");
    assert_eq!(made, ["brand-new"]);
    assert_eq!(records(&workspace, "IssueLabel", "name", "brand-new"), 1);
}

#[tokio::test]
async fn a_project_of_another_team_leaves_no_new_label_behind() {
    let workspace = TestWorkspace::new().await;
    for (operation, params) in [
        (
            "create_issue",
            "{team: ENG, title: T, project: Design System, labels: [brand-new]}",
        ),
        (
            "update_issue",
            "{issue_id: ENG-231, project: Design System, add_labels: [brand-new]}",
        ),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{operation}");
        assert_eq!(answer.texts("/error/details/teams_of_project"), ["Design"]);
        assert_eq!(records(&workspace, "IssueLabel", "name", "brand-new"), 0);
    }
}

#[tokio::test]
async fn success_false_is_no_success() {
    for (operation, params, field, code) in [
        (
            "create_issue",
            "{team: ENG, title: T}",
            "issueCreate",
            "ISSUE_CREATION_FAILED",
        ),
        (
            "update_issue",
            "{issue_id: PSN-123, title: T}",
            "issueUpdate",
            "ISSUE_UPDATE_FAILED",
        ),
    ] {
        let workspace = TestWorkspace::new().await;
        let act = Act::SuccessFalse {
            field: field.to_owned(),
        };
        workspace.sandbox.script().next(act);
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), code);
        assert!(
            answer
                .text("/error/details/reason")
                .contains("success: false")
        );
        assert_eq!(with_root(&workspace.take_requests(), field), 1);
    }
}

/// A field of the answer fails that must not be null, so that Linear answers nothing: it was done, and is read back.
#[tokio::test]
async fn an_answer_that_is_voided_below_its_root_is_read_back() {
    for (operation, params, field, kind) in [
        (
            "create_comment",
            "{issue_id: PSN-123, body: B}",
            "commentCreate.entity.body",
            "Comment",
        ),
        (
            "get_or_create_label",
            "{team: ENG, name: new}",
            "issueLabelCreate.entity.name",
            "IssueLabel",
        ),
        (
            "create_issue",
            "{team: ENG, title: T, links: ['https://a.example']}",
            "attachmentCreate.entity.title",
            "Attachment",
        ),
    ] {
        let workspace = TestWorkspace::new().await;
        let before = all_records(&workspace, kind);
        let root = field.split('.').next().unwrap();
        let unread = Act::field_error(field, Refusal::invalid("unreadable"));
        workspace.sandbox.script().next_for(root, unread);
        let answer = workspace.call(operation, params).await;
        answer.data();
        assert_eq!(workspace.sandbox.script().pending(), 0);
        assert_eq!(
            with_root(&workspace.take_requests(), root),
            1,
            "{operation}"
        );
        assert_eq!(all_records(&workspace, kind), before + 1);
        let reported = answer.texts("/warnings");
        assert!(
            reported
                .iter()
                .any(|warning| warning.contains("unreadable")),
            "{reported:?}"
        );
    }
}

//! Regression tests: each shows a defect by which an answer of the write engine was untrue.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;
use linear_ops::sandbox::store::text;

use super::names::{NAMES, Others, change};
use super::{CREATES, unreadable, warned};
use crate::support::TestWorkspace;
use crate::support::failures::{assert_acts_used, records, with_root};

/// Rule 2 for changes: where every read shows the record as it was, the answer must not show that as its present state.
#[tokio::test]
async fn rule_2_an_answer_does_not_show_what_was_before_the_change() {
    let workspace = TestWorkspace::new().await;
    let act = Act::field_error("*.entity.id", unreadable());
    workspace.sandbox.script().next_for("issueUpdate", act);
    workspace.sandbox.script().reads_lag(99_usize);
    let answer = workspace
        .call("update_issue", "{issue_id: ENG-231, title: New}")
        .await;
    let title = &answer.data()["title"];
    assert!(title.is_null() || title == "New", "{:#}", answer.0);
}

/// Rule 3: a label whose id Linear refuses, and that cannot be read yet, is reported with a warning like other records.
#[tokio::test]
async fn rule_3_a_label_that_cannot_be_read_yet_is_warned_of() {
    for create in CREATES
        .iter()
        .filter(|create| create.root == "issueLabelCreate")
    {
        let workspace = TestWorkspace::new().await;
        let act = Act::DropAfterCommit;
        workspace.sandbox.script().next_for(create.root, act);
        workspace.sandbox.script().reads_lag(99_usize);
        let answer = workspace.call(create.operation, &(create.params)(0)).await;
        answer.data();
        assert!(!answer.texts("/warnings").is_empty(), "{:#}", answer.0);
    }
}

/// Rule 7: a form that is refused while the look for the address gets no answer may be attached already: a plain link
/// in its place would take the integration's title away.
#[tokio::test]
async fn rule_7_a_refused_form_that_cannot_be_looked_for_does_not_replace_what_may_be_there() {
    let (url, title) = ("https://github.com/acme/portal/pull/99", "Sign in #99");
    let workspace = TestWorkspace::new().await;
    let script = workspace.sandbox.script();
    let attached = Act::attached("PSN-123", url, title);
    script.next_for("attachmentLinkGitHubPR", attached);
    for _ in 0..3 {
        script.next_for("issue", Act::Drop);
    }
    let params = format!("{{issue_id: PSN-123, url: '{url}', title: Mine}}");
    let answer = workspace.call("link_url", &params).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(
        with_root(&workspace.take_requests(), "attachmentCreate"),
        0,
        "{:#}",
        answer.0
    );
    workspace.sandbox.edit(|store| {
        let attachment = store.find("Attachment", "url", url).unwrap();
        assert_eq!(text(attachment, "title"), Some(title), "{:#}", answer.0);
    });
}

/// Rule 10: a correction that Linear refuses is not reported as done.
#[tokio::test]
async fn rule_10_a_correction_that_is_refused_is_not_told_as_made() {
    for name in &NAMES {
        let (workspace, ..) = name.warm().await;
        change(&workspace, name.kind, (name.name, name.other), Others::Swap);
        let act = Act::refuse("issueUpdate", Refusal::invalid("Not on a Sunday"));
        workspace.sandbox.script().next(act);
        let params = format!("{{team: ENG, title: Named, {}}}", name.create_params());
        let answer = workspace.call("create_issue", &params).await;
        answer.data();
        warned(&answer, "Not on a Sunday");
        let warnings = answer.texts("/warnings");
        let is_untrue = |warning: &&str| warning.contains("was corrected");
        assert!(!warnings.iter().any(is_untrue), "{warnings:?}");
    }
}

/// Rule 10: where a correction was done and cannot be read, the answer does not show the state from before it.
#[tokio::test]
async fn rule_10_a_correction_that_cannot_be_read_back_is_not_answered_with_what_was_before() {
    let name = &NAMES[0];
    let (workspace, ..) = name.warm().await;
    change(&workspace, name.kind, (name.name, name.other), Others::Swap);
    let act = Act::field_error("*.entity.id", unreadable());
    workspace.sandbox.script().next_for("issueUpdate", act);
    for _ in 0..3 {
        workspace.sandbox.script().next_for("issue", Act::Drop);
    }
    let params = "{team: ENG, title: Named, state: Done}";
    let answer = workspace.call("create_issue", params).await;
    let state = &answer.data()["state"]["name"];
    assert!(state.is_null() || state == name.name, "{:#}", answer.0);
}

/// Rule 10 is not about issues alone: a document in a project, and a project with a lead, by a name that the session
/// remembers and that means another one now.
#[tokio::test]
async fn rule_10_documents_and_projects_are_held_against_their_names() {
    for (operation, params, kind, names, shown) in [
        (
            "create_document",
            "{project: Auth System, title: Named}",
            "Project",
            ("Auth System", "Legacy Portal"),
            "Legacy Portal",
        ),
        (
            "create_project",
            "{name: Named, teams: [ENG], lead: Jane Smith}",
            "User",
            ("Jane Smith", "John Roe"),
            "John Roe",
        ),
        (
            "update_project",
            "{project: Mobile App, team: ENG, lead: Jane Smith}",
            "User",
            ("Jane Smith", "John Roe"),
            "John Roe",
        ),
    ] {
        let workspace = TestWorkspace::new().await;
        workspace.call(operation, params).await.data();
        change(&workspace, kind, names, Others::Swap);
        let again = params.replace("Named", "Named again");
        let answer = workspace.call(operation, &again).await;
        let data = answer.data().to_string();
        let warnings = answer.texts("/warnings");
        assert!(
            !data.contains(shown) || warnings.iter().any(|warning| warning.contains(shown)),
            "{operation}: {:#}",
            answer.0
        );
    }
}

/// Rule 1: a label in front of a refused one may be there although reads do not show it yet: it is not forgotten when
/// what its owner has left is withheld.
#[tokio::test]
async fn rule_1_a_label_in_front_of_a_refused_one_is_not_forgotten_while_reads_lag() {
    for changes in [true, false] {
        let workspace = TestWorkspace::new().await;
        workspace.call("list_labels", "{team: ENG}").await.data();
        let act = Act::refuse("p1_issueLabelCreate", Refusal::invalid("Not today"));
        workspace.sandbox.script().next(act);
        workspace.sandbox.script().reads_lag(4_usize);
        let params = format!(
            "{{issue_id: ENG-231, title: New, add_labels: [amber, birch], changes: {changes}}}"
        );
        let answer = workspace.call("update_issue", &params).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(records(&workspace, "IssueLabel", "name", "amber"), 1);
        assert!(answer.0.to_string().contains("amber"), "{:#}", answer.0);
    }
}

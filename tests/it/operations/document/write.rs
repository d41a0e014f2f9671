//! `create_document`, `update_document`, `link_document`.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::store::text;

use crate::support::failures::{
    NOTHING, all_records, mutations, records, refuse_once, script_acts, snapshot, with_root,
};
use crate::support::{Answer, TestWorkspace};

const SPEC: &str = "'000000000182'";

/// A field of the document with that title, as the stand-in keeps it.
fn kept(workspace: &TestWorkspace, title: &str, field: &str) -> Option<String> {
    let mut value = None;
    workspace.sandbox.edit(|store| {
        let document = store.find("Document", "title", title);
        value = document.and_then(|document| text(document, field).map(str::to_owned));
    });
    value
}

async fn shown(workspace: &TestWorkspace, name: &str, operation: &str, params: &str) {
    let answer = workspace.call(operation, params).await;
    snapshot(name, &answer);
}

fn says_why(answer: &Answer, code: &str) {
    assert_eq!(answer.code(), code);
    assert_eq!(answer.text("/error/details/reason"), "Not on a Sunday");
}

#[tokio::test]
async fn a_document_is_made_where_it_belongs() {
    let workspace = TestWorkspace::new().await;
    let create = "create_document";
    let params = "{project: Auth System, title: Spec 2, content: \"# Two\\n\\n- a\"}";
    shown(&workspace, "document_in_project", create, params).await;
    let params = "{issue_id: ENG-231, title: Notes, detail: full}";
    shown(&workspace, "document_on_issue", create, params).await;
    let params = "{team: ENG, title: Handbook, detail: brief}";
    shown(&workspace, "document_in_team", create, params).await;
    assert_eq!(
        kept(&workspace, "Spec 2", "projectId"),
        Some(workspace.id("Project", "name", "Auth System"))
    );
    assert_eq!(
        kept(&workspace, "Notes", "issueId"),
        Some(workspace.id("Issue", "identifier", "ENG-231"))
    );
    assert_eq!(
        kept(&workspace, "Handbook", "teamId"),
        Some(workspace.id("Team", "key", "ENG"))
    );
}

#[tokio::test]
async fn making_one_costs_a_look_up_at_most_and_a_write() {
    let workspace = TestWorkspace::new().await;
    for (params, calls) in [
        ("{issue_id: ENG-231, title: One}", 1),
        ("{project: Auth System, title: Two}", 2),
        ("{project: auth system, title: Three}", 1),
        ("{team: ENG, title: Four}", 2),
        ("{team: eng, title: Five}", 1),
    ] {
        let answer = workspace.call("create_document", params).await;
        answer.data();
        assert_eq!(answer.calls(), calls, "{params}");
    }
    let list = workspace
        .call("list_documents", "{project: Auth System}")
        .await;
    assert_eq!(list.data()["total"], 3);
}

#[tokio::test]
async fn nothing_is_made_where_it_cannot_belong() {
    let workspace = TestWorkspace::new().await;
    let before = all_records(&workspace, "Document");
    for (params, code) in [
        ("{title: T}", "MISSING_REQUIRED_PARAM"),
        ("{project: Auth System}", "MISSING_REQUIRED_PARAM"),
        ("{project: Auth System, title: ' '}", "INVALID_PARAM"),
        (
            "{project: Auth System, issue_id: ENG-231, title: T}",
            "INVALID_PARAM",
        ),
        ("{team: ENG, issue_id: ENG-231, title: T}", "INVALID_PARAM"),
        ("{issue_id: nothing, title: T}", "INVALID_PARAM"),
        ("{project: Nothing, title: T}", "PROJECT_NOT_FOUND"),
        ("{project: Mobile App, title: T}", "AMBIGUOUS_IDENTIFIER"),
        ("{team: Nothing, title: T}", "TEAM_NOT_FOUND"),
    ] {
        let answer = workspace.call("create_document", params).await;
        assert_eq!(answer.code(), code, "{params}");
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
    let answer = workspace
        .call("create_document", "{issue_id: PSN-999, title: T}")
        .await;
    assert_eq!(answer.code(), "ISSUE_NOT_FOUND");
    assert_eq!(all_records(&workspace, "Document"), before);
    shown(
        &workspace,
        "document_nowhere",
        "create_document",
        "{title: Lost}",
    )
    .await;
    let params = "{project: Auth System, team: ENG, title: Both}";
    shown(&workspace, "document_two_places", "create_document", params).await;
}

#[tokio::test]
async fn an_update_changes_what_is_given() {
    let workspace = TestWorkspace::deleting().await;
    let update = "update_document";
    let params = format!("{{document_id: {SPEC}, title: Spec, content: \"# New\"}}");
    shown(&workspace, "document_updated", update, &params).await;
    assert_eq!(
        kept(&workspace, "Spec", "content").as_deref(),
        Some("# New")
    );
    assert_eq!(mutations(&workspace.take_requests()), 1);
    let params = format!("{{document_id: {SPEC}, project: Design System}}");
    let answer = workspace.call(update, &params).await;
    assert_eq!(answer.calls(), 2);
    assert_eq!(
        answer.texts("/metadata/changes"),
        ["project: Auth System \u{2192} Design System"]
    );
    let params = format!("{{document_id: {SPEC}, issue_id: eng-231}}");
    let answer = workspace.call(update, &params).await;
    assert_eq!(answer.calls(), 2);
    assert_eq!(
        answer.texts("/metadata/changes"),
        [
            "project: Design System \u{2192} none",
            "issue: none \u{2192} ENG-231"
        ]
    );
    let params = format!("{{document_id: {SPEC}, content: null}}");
    let answer = workspace.call(update, &params).await;
    assert_eq!(answer.texts("/metadata/changes"), ["content: changed"]);
    assert_eq!(kept(&workspace, "Spec", "content"), None);
    let params = format!("{{document_id: {SPEC}, title: Spec}}");
    let answer = workspace.call(update, &params).await;
    assert!(answer.texts("/warnings")[0].starts_with("nothing changed"));
}

#[tokio::test]
async fn an_update_that_cannot_be_made_is_told() {
    let workspace = TestWorkspace::new().await;
    for (params, code) in [
        (format!("{{document_id: {SPEC}}}"), "MISSING_REQUIRED_PARAM"),
        (
            format!("{{document_id: {NOTHING}, title: T}}"),
            "DOCUMENT_NOT_FOUND",
        ),
        (
            format!("{{document_id: {NOTHING}, project: Auth System}}"),
            "DOCUMENT_NOT_FOUND",
        ),
        (
            format!("{{document_id: {SPEC}, issue_id: PSN-999}}"),
            "ISSUE_NOT_FOUND",
        ),
        (
            format!("{{document_id: {SPEC}, project: Nothing}}"),
            "PROJECT_NOT_FOUND",
        ),
        (
            format!("{{document_id: {SPEC}, project: Auth System, team: ENG}}"),
            "INVALID_PARAM",
        ),
    ] {
        let answer = workspace.call("update_document", &params).await;
        assert_eq!(answer.code(), code, "{params}");
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_link_is_an_attachment_and_the_document_stays_where_it_is() {
    let workspace = TestWorkspace::new().await;
    let project = workspace.id("Project", "name", "Auth System");
    let params = format!("{{issue_id: psn-123, document_id: {SPEC}}}");
    shown(&workspace, "document_linked", "link_document", &params).await;
    assert_eq!(workspace.take_requests().len(), 2);
    let url = "https://linear.app/acme/document/auth-system-spec-000000000182";
    let params = format!("{{issue_id: PSN-123, document_id: '{url}', title: The spec}}");
    let again = workspace.call("link_document", &params).await;
    assert_eq!(again.data()["attachment"]["title"], "The spec");
    assert_eq!(again.calls(), 2);
    assert_eq!(records(&workspace, "Attachment", "url", url), 1);
    assert_eq!(
        kept(&workspace, "Auth System Spec", "projectId"),
        Some(project)
    );
    assert_eq!(kept(&workspace, "Auth System Spec", "issueId"), None);
    let issue = workspace.call("get_issue", "{issue_id: PSN-123}").await;
    let shown = issue.data()["attachments"].as_array().unwrap();
    assert!(shown.iter().any(|link| link["title"] == "The spec"));
}

#[tokio::test]
async fn what_cannot_be_linked_is_named() {
    let workspace = TestWorkspace::new().await;
    for (issue, document, code) in [
        ("PSN-999", SPEC, "ISSUE_NOT_FOUND"),
        ("PSN-123", NOTHING, "DOCUMENT_NOT_FOUND"),
        ("PSN-123", "The Spec", "INVALID_PARAM"),
        ("nothing", SPEC, "INVALID_PARAM"),
    ] {
        let params = format!("{{issue_id: {issue}, document_id: {document}}}");
        let answer = workspace.call("link_document", &params).await;
        assert_eq!(answer.code(), code, "{params}");
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_refusal_has_linears_own_reason() {
    let workspace = TestWorkspace::new().await;
    for (root, operation, params, code) in [
        (
            "documentCreate",
            "create_document",
            "{issue_id: ENG-231, title: Refused}".to_owned(),
            "DOCUMENT_CREATION_FAILED",
        ),
        (
            "documentUpdate",
            "update_document",
            format!("{{document_id: {SPEC}, title: Refused}}"),
            "DOCUMENT_UPDATE_FAILED",
        ),
        (
            "attachmentCreate",
            "link_document",
            format!("{{issue_id: ENG-231, document_id: {SPEC}}}"),
            "ATTACHMENT_CREATION_FAILED",
        ),
    ] {
        refuse_once(&workspace, root, "Not on a Sunday");
        let answer = workspace.call(operation, &params).await;
        says_why(&answer, code);
        snapshot(&format!("errors_{}", code.to_lowercase()), &answer);
    }
    assert_eq!(records(&workspace, "Document", "title", "Refused"), 0);
}

#[tokio::test]
async fn a_refusal_that_the_project_is_not_to_blame_for_is_told_as_it_is() {
    let workspace = TestWorkspace::new().await;
    workspace
        .call("create_document", "{project: Design System, title: One}")
        .await
        .data();
    refuse_once(&workspace, "documentCreate", "Not on a Sunday");
    let answer = workspace
        .call("create_document", "{project: Design System, title: Two}")
        .await;
    says_why(&answer, "DOCUMENT_CREATION_FAILED");
    // The requests are the write, and a look-up of whether the project still exists.
    assert_eq!(answer.calls(), 2);
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_done_once() {
    for act in [
        Act::DropAfterCommit,
        Act::UnavailableAfterCommit,
        Act::Truncated,
    ] {
        let workspace = TestWorkspace::new().await;
        script_acts(&workspace, "documentCreate", [act.clone()]);
        let answer = workspace
            .call("create_document", "{issue_id: ENG-231, title: Once}")
            .await;
        assert_eq!(answer.data()["title"], "Once");
        assert_eq!(records(&workspace, "Document", "title", "Once"), 1);
        let received = workspace.take_requests();
        assert_eq!(with_root(&received, "documentCreate"), 1, "{act:?}");
        script_acts(&workspace, "documentUpdate", [act.clone()]);
        let params = format!("{{document_id: {SPEC}, title: Changed}}");
        let answer = workspace.call("update_document", &params).await;
        assert_eq!(answer.data()["title"], "Changed");
        script_acts(&workspace, "attachmentCreate", [act.clone()]);
        let params = format!("{{issue_id: ENG-231, document_id: {SPEC}}}");
        let answer = workspace.call("link_document", &params).await;
        assert_eq!(answer.data()["linked"], true);
        let url = answer.text("/data/attachment/url");
        assert_eq!(records(&workspace, "Attachment", "url", url), 1, "{act:?}");
        assert_eq!(workspace.sandbox.script().pending(), 0);
    }
}

#[tokio::test]
async fn what_cannot_be_settled_is_said_to_be_unknown() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "documentCreate", [Act::DropAfterCommit]);
    script_acts(&workspace, "documents", [Act::Drop, Act::Drop, Act::Drop]);
    let answer = workspace
        .call("create_document", "{issue_id: ENG-231, title: Once}")
        .await;
    assert_eq!(answer.code(), "OUTCOME_UNKNOWN");
    assert_eq!(
        answer.texts("/error/suggestions"),
        ["Call list_documents with issue_id: ENG-231 to see whether it is there"]
    );
    script_acts(
        &workspace,
        "documentUpdate",
        [Act::Drop, Act::Drop, Act::Drop],
    );
    let params = format!("{{document_id: {SPEC}, title: Changed}}");
    let answer = workspace.call("update_document", &params).await;
    assert_eq!(answer.code(), "OUTCOME_UNKNOWN");
    assert_eq!(
        answer.texts("/error/suggestions"),
        ["Call get_document 000000000182 to see whether it was changed"]
    );
}

#[tokio::test]
async fn a_document_that_was_renamed_is_not_linked_twice() {
    let workspace = TestWorkspace::new().await;
    let link = "{issue_id: PSN-123, document_id: '000000000182'}";
    let first = workspace.call("link_document", link).await;
    let rename = "{document_id: '000000000182', title: Sign-in spec}";
    let renamed = workspace.call("update_document", rename).await;
    assert_ne!(renamed.data()["url"], first.data()["attachment"]["url"]);
    let again = workspace.call("link_document", link).await;
    let ids = [&first, &again].map(|answer| answer.data()["attachment"]["id"].clone());
    assert_eq!(ids[0], ids[1]);
    assert_eq!(again.data()["attachment"]["title"], "Sign-in spec");
    assert_eq!(again.calls(), 2);
}

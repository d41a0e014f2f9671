//! `patch`, the guards of a text, and what a whole rewrite takes away: `update_issue`, `update_document`,
//! `update_comment` and `update_project`.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::store::Record;
use serde_json::{Value, json};

use crate::operations::issue::checklists::{description, meanwhile};
use crate::support::failures::{assert_acts_used, refuse_once, script_acts};
use crate::support::{Answer, TestWorkspace, mutations, snapshot_but_for};

/// One text that can be edited: where it is stored, and how requests change and show it.
struct Editable {
    operation: &'static str,
    root: &'static str,
    kind: &'static str,
    field: &'static str,
    id: String,
    /// The parameter that names the entity, with its value.
    subject: String,
    /// The request that sets the whole text without reading it, if there is one.
    refused: &'static str,
}

const TEXT: &str =
    "# Plan\n\nIntro\n\n## Steps\n\n* [X] one\n* [ ] one and a half\n\n## Notes\n\nnone";

/// A workspace in which each kind of text is the same, and the texts.
async fn editables(workspace: &TestWorkspace) -> Vec<Editable> {
    let issue = workspace.id("Issue", "identifier", "PSN-123");
    let project = workspace.id("Project", "name", "Auth System");
    let document = workspace.call(
        "create_document",
        "{title: Edited, project: Auth System, content: x}",
    );
    let document = document.await.text("/data/id").to_owned();
    let comment = workspace.call("create_comment", "{issue_id: PSN-123, body: x}");
    let comment = comment.await.text("/data/id").to_owned();
    let editables = vec![
        Editable {
            operation: "update_issue",
            root: "issueUpdate",
            kind: "Issue",
            field: "description",
            subject: "issue_id: PSN-123".to_owned(),
            id: issue,
            refused: "ISSUE_UPDATE_FAILED",
        },
        Editable {
            operation: "update_document",
            root: "documentUpdate",
            kind: "Document",
            field: "content",
            subject: format!("document_id: {document}"),
            id: document,
            refused: "DOCUMENT_UPDATE_FAILED",
        },
        Editable {
            operation: "update_comment",
            root: "commentUpdate",
            kind: "Comment",
            field: "body",
            subject: format!("comment_id: {comment}"),
            id: comment,
            refused: "COMMENT_UPDATE_FAILED",
        },
        Editable {
            operation: "update_project",
            root: "projectUpdate",
            kind: "Project",
            field: "content",
            subject: "project: Auth System".to_owned(),
            id: project,
            refused: "PROJECT_UPDATE_FAILED",
        },
    ];
    for editable in &editables {
        let whole = json!(TEXT);
        editable
            .call(workspace, &format!("{}: {whole}", editable.field))
            .await
            .data();
        assert_eq!(editable.text(workspace), TEXT);
    }
    workspace.take_requests();
    editables
}

impl Editable {
    async fn call(&self, workspace: &TestWorkspace, params: &str) -> Answer {
        let params = format!("{{{}, {params}}}", self.subject);
        workspace.call(self.operation, &params).await
    }

    async fn patch(&self, workspace: &TestWorkspace, edits: &str) -> Answer {
        self.call(workspace, &format!("patch: {edits}")).await
    }

    fn text(&self, workspace: &TestWorkspace) -> String {
        let text = workspace.stored(self.kind, &self.id, self.field);
        text.unwrap_or_default()
    }

    /// Lets another client write this text just before the next write is executed.
    fn meanwhile(&self, workspace: &TestWorkspace, text: &str) {
        let act = Act::Meanwhile {
            kind: self.kind,
            id: self.id.clone(),
            fields: Record::from_iter([(self.field.to_owned(), json!(text))]),
        };
        script_acts(workspace, self.root, [act]);
    }
}

#[tokio::test]
async fn a_patch_changes_what_it_names_in_two_requests() {
    let workspace = TestWorkspace::new().await;
    for editable in editables(&workspace).await {
        let name = editable.operation;
        let edits = "[{op: insert_after, anchor: '- [ ] one and a half', text: '- [ ] two'}, \
             {op: replace_section, heading: Notes, text: All done}]";
        let answer = editable.patch(&workspace, edits).await;
        assert_eq!(answer.calls(), 2, "{name}: {:#}", answer.0);
        assert_eq!(mutations(&workspace.take_requests()), 1, "{name}");
        let expected = TEXT
            .replace("half\n", "half\n* [ ] two\n")
            .replace("none", "All done");
        assert_eq!(editable.text(&workspace), expected, "{name}");
        assert_eq!(answer.data().get(editable.field), None, "{name}");
        let sha = answer.text("/data/text_sha256");
        assert_eq!(sha.len(), 16);
        let guarded = format!("expected_sha256: '{sha}', patch: {{op: append, text: End}}");
        let same = editable.call(&workspace, &guarded).await;
        assert_ne!(same.text("/data/text_sha256"), sha, "{name}");
        assert!(editable.text(&workspace).ends_with("\n\nEnd"), "{name}");
        workspace.take_requests();
        let stale = editable.call(&workspace, &guarded).await;
        assert_eq!(stale.code(), "EDIT_CONFLICT", "{name}");
        assert_eq!(mutations(&workspace.take_requests()), 0, "{name}");
    }
}

#[tokio::test]
async fn an_edit_that_cannot_be_made_changes_nothing() {
    let workspace = TestWorkspace::new().await;
    for editable in editables(&workspace).await {
        for (edits, index) in [
            ("{op: replace, anchor: four, text: x}", 0),
            ("[{op: append, text: x}, {op: remove, anchor: 'o'}]", 1),
            (
                "[{op: append, text: x}, {op: remove_section, heading: Gone}]",
                1,
            ),
        ] {
            let answer = editable.patch(&workspace, edits).await;
            assert_eq!(answer.code(), "PATCH_FAILED", "{edits}");
            assert_eq!(answer.at("/error/details/index"), &json!(index), "{edits}");
        }
        let param = editable.field;
        let both = editable
            .call(
                &workspace,
                &format!("{param}: x, patch: {{op: append, text: x}}"),
            )
            .await;
        assert_eq!(both.code(), "INVALID_PARAM");
        assert_eq!(mutations(&workspace.take_requests()), 0);
        assert_eq!(editable.text(&workspace), TEXT);
    }
}

#[tokio::test]
async fn a_patch_is_made_in_what_somebody_else_has_written_meanwhile() {
    let workspace = TestWorkspace::new().await;
    for editable in editables(&workspace).await {
        let name = editable.operation;
        editable.meanwhile(&workspace, &format!("{TEXT}\n\nTheirs"));
        let answer = editable.patch(&workspace, "{op: append, text: Ours}").await;
        assert_acts_used(&workspace, &answer);
        answer.data();
        assert_eq!(
            editable.text(&workspace),
            format!("{TEXT}\n\nTheirs\n\nOurs"),
            "{name}"
        );
        assert_eq!(answer.calls(), 3, "{name}");
    }
}

#[tokio::test]
async fn a_patch_that_somebody_else_makes_impossible_leaves_their_text() {
    let workspace = TestWorkspace::new().await;
    for editable in editables(&workspace).await {
        editable.meanwhile(&workspace, "Theirs");
        let answer = editable
            .patch(&workspace, "{op: replace, anchor: Intro, text: Ours}")
            .await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.code(), "EDIT_CONFLICT", "{:#}", answer.0);
        assert_eq!(editable.text(&workspace), "Theirs");
    }
}

#[tokio::test]
async fn a_probe_that_linear_refuses_keeps_no_patch_from_being_written() {
    let workspace = TestWorkspace::new().await;
    for editable in editables(&workspace).await {
        refuse_once(&workspace, editable.root, "Not on a Sunday");
        let answer = editable.patch(&workspace, "{op: append, text: Ours}").await;
        assert_acts_used(&workspace, &answer);
        answer.data();
        assert_eq!(editable.text(&workspace), format!("{TEXT}\n\nOurs"));
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_repeats_no_patch() {
    let workspace = TestWorkspace::new().await;
    for editable in editables(&workspace).await {
        let name = editable.operation;
        script_acts(&workspace, editable.root, [Act::DropAfterCommit]);
        let answer = editable.patch(&workspace, "{op: append, text: Ours}").await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(
            editable.text(&workspace),
            format!("{TEXT}\n\nOurs"),
            "{name}"
        );
        answer.data();
    }
}

#[tokio::test]
async fn a_refused_patch_is_told_with_its_code() {
    let workspace = TestWorkspace::new().await;
    for editable in editables(&workspace).await {
        for _ in 0..2 {
            refuse_once(&workspace, editable.root, "Not on a Sunday");
        }
        let answer = editable.patch(&workspace, "{op: append, text: Ours}").await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.code(), editable.refused, "{:#}", answer.0);
        assert_eq!(editable.text(&workspace), TEXT);
    }
}

#[tokio::test]
async fn a_text_that_stands_there_is_told_and_with_once_not_repeated() {
    let workspace = TestWorkspace::new().await;
    for editable in editables(&workspace).await {
        let again = "{op: append, text: none, once: true}";
        let answer = editable.patch(&workspace, again).await;
        assert_eq!(answer.at("/data/already_there"), &json!(true));
        assert_eq!(answer.calls(), 1, "{:#}", answer.0);
        assert_eq!(editable.text(&workspace), TEXT);
        let twice = editable.patch(&workspace, "{op: append, text: none}").await;
        assert_eq!(twice.at("/data/already_there"), &json!(true));
        assert_eq!(editable.text(&workspace), format!("{TEXT}\n\nnone"));
    }
}

#[tokio::test]
async fn a_patch_goes_with_other_fields_in_one_mutation() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: PSN-123, state: done, add_labels: [brand-new], patch: [{op: prepend, text: Done}]}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(answer.calls(), 2);
    assert_eq!(mutations(&workspace.take_requests()), 1);
    assert!(description(&workspace, "PSN-123").starts_with("Done\n\n"));
    let changes = answer.texts("/metadata/changes");
    assert!(
        changes.iter().any(|line| line.starts_with("state:")),
        "{changes:?}"
    );
    assert!(changes.contains(&"description: changed"), "{changes:?}");
    meanwhile(&workspace, "Theirs");
    let params = "{issue_id: PSN-123, title: New title, patch: {op: append, text: Ours}}";
    let answer = workspace.call("update_issue", params).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.text("/data/title"), "New title");
    assert_eq!(description(&workspace, "PSN-123"), "Theirs\n\nOurs");
}

#[tokio::test]
async fn a_rewrite_that_takes_something_away_is_told_or_refused() {
    let workspace = TestWorkspace::new().await;
    let new = json!("# Plan\n\n## Steps\n\n- [ ] one\n- [ ] one and a half");
    for editable in editables(&workspace).await {
        let (param, name) = (editable.field, editable.operation);
        let protected = editable
            .call(&workspace, &format!("{param}: {new}, protect: true"))
            .await;
        assert_eq!(protected.code(), "INVALID_PARAM", "{name}");
        assert_eq!(protected.at("/error/details/unticked"), &json!(["one"]));
        assert_eq!(
            protected.at("/error/details/dropped_headings"),
            &json!(["Notes"])
        );
        assert_eq!(mutations(&workspace.take_requests()), 0);
        assert_eq!(editable.text(&workspace), TEXT);
        let answer = editable.call(&workspace, &format!("{param}: {new}")).await;
        answer.data();
        workspace.take_requests();
        let warned = answer
            .0
            .to_string()
            .contains("unticks 'one'; drops the heading 'Notes'");
        // A comment is not read for a whole new text.
        assert_eq!(warned, name != "update_comment", "{name}: {:#}", answer.0);
    }
    let workspace = TestWorkspace::new().await;
    for editable in editables(&workspace).await {
        if !matches!(editable.operation, "update_issue" | "update_project") {
            continue;
        }
        let params = format!("{}: {new}, changes: false", editable.field);
        let answer = editable.call(&workspace, &params).await;
        assert_eq!(answer.calls(), 1);
        assert_eq!(answer.0.get("warnings"), None, "{:#}", answer.0);
    }
}

#[tokio::test]
async fn comments_on_passages_of_a_document_are_told_of() {
    let workspace = TestWorkspace::new().await;
    let made = workspace.call(
        "create_document",
        "{title: Quoted, project: Auth System, content: A passage}",
    );
    let id = made.await.text("/data/id").to_owned();
    let update =
        format!("{{document_id: {id}, patch: {{op: replace_section, heading: More, text: Text}}}}");
    let answer = workspace.call("update_document", &update).await;
    assert_eq!(answer.0.get("warnings"), None, "{:#}", answer.0);
    let content_id = workspace
        .stored("Document", &id, "documentContentId")
        .unwrap();
    let comment = workspace.call("create_comment", "{issue_id: PSN-123, body: Why?}");
    let comment = comment.await.text("/data/id").to_owned();
    workspace.sandbox.edit(|store| {
        let comment = store.get_mut("Comment", &comment).unwrap();
        for (field, value) in [
            ("issueId", Value::Null),
            ("documentContentId", json!(content_id)),
            ("quotedText", json!("passage")),
        ] {
            comment.insert(field.to_owned(), value);
        }
    });
    let update = update.replace("Text", "Other text");
    let answer = workspace.call("update_document", &update).await;
    assert!(
        answer.texts("/warnings")[0].starts_with("1 comment"),
        "{:#}",
        answer.0
    );
    let title = format!("{{document_id: {id}, title: Unquoted}}");
    let answer = workspace.call("update_document", &title).await;
    assert_eq!(answer.0.get("warnings"), None, "{:#}", answer.0);
}

#[tokio::test]
async fn edits_as_they_are_shown() {
    let workspace = TestWorkspace::new().await;
    let editables = editables(&workspace).await;
    let patterns = [
        (r"[0-9a-f]{8}-[0-9a-f-]{27}", "[id]"),
        (r"\d{4}-\d\d-\d\dT[\d:]+Z", "[time]"),
    ];
    for (name, edits) in [
        (
            "patch",
            "[{op: append_to_section, heading: Steps, text: '- [ ] two'}]",
        ),
        (
            "patch_missing",
            "[{op: insert_after, anchor: '- [ ] ones', text: x}]",
        ),
        ("patch_several", "[{op: replace, anchor: one, text: x}]"),
        (
            "patch_again",
            "[{op: append_to_section, heading: Steps, text: '- [ ] two', once: true}]",
        ),
        ("patch_unknown_op", "[{op: insert, anchor: one, text: x}]"),
        ("patch_no_anchor", "[{op: replace, text: x}]"),
    ] {
        let params = format!("{{{}, patch: {edits}}}", editables[0].subject);
        let yaml = workspace.yaml("update_issue", &params).await;
        snapshot_but_for(&patterns, name, &yaml);
    }
}

#[tokio::test]
async fn the_items_of_a_batch_edit_one_text_in_their_order_and_never_replace_it() {
    let workspace = TestWorkspace::new().await;
    let batch = async |items: &str| {
        let params = format!("{{operations: [{items}]}}");
        workspace.call("batch", &params).await
    };
    let item = |operation: &str, params: &str| {
        format!("{{operation: {operation}, params: {{issue_id: PSN-123, {params}}}}}")
    };
    let edits = [
        item("update_issue", "patch: {op: append, text: First}"),
        item("update_issue_description", "append: Second"),
        item("update_checklist_items", "check: [0]"),
        item("update_issue", "state: done"),
    ];
    let answer = batch(&edits.join(", ")).await;
    assert_eq!(answer.at("/data/succeeded"), &json!(4), "{:#}", answer.0);
    let text = description(&workspace, "PSN-123");
    assert!(text.ends_with("First\n\nSecond"), "{text}");
    for other in ["patch: {op: append, text: Third}", "description: Another"] {
        let rewrite = item("update_issue", "description: Whole");
        let items = [rewrite, item("update_issue", other)];
        let refused = batch(&items.join(", ")).await;
        assert_eq!(refused.code(), "INVALID_PARAM", "{:#}", refused.0);
    }
    let rewrite = item("update_issue", "description: Whole");
    let items = [item("update_issue_description", "prepend: Third"), rewrite];
    let refused = batch(&items.join(", ")).await;
    assert_eq!(refused.code(), "INVALID_PARAM", "{:#}", refused.0);
    assert_eq!(description(&workspace, "PSN-123"), text);
}

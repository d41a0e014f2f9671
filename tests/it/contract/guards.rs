//! What the settings allow: each operation, under each of its names and in each tool; and that a refused operation
//! sends nothing.

mod audit;
mod places;
mod secrets;

use std::collections::BTreeSet;
use std::time::Duration;

use linear_ops::effect::Allowed;
use linear_ops::effect::Effect;
use linear_ops::engine::catalog::{TABLE, denied, selection};
use linear_ops::operation::Entry;
use linear_ops::request;
use linear_ops::session::Guards;
use linear_ops::session::guards::SIDE_CREATIONS;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::delivery::stale_retry::JANE;
use crate::support::{Answer, TestWorkspace, mutations};

/// The operations that write by themselves.
fn writing() -> impl Iterator<Item = &'static Entry> {
    let writes = |effect: Effect| effect.writes() && effect != Effect::Composite;
    TABLE.iter().filter(move |entry| writes(entry.spec.effect))
}

/// Every name of an operation in several spellings.
fn names(entry: &Entry) -> Vec<String> {
    let own = std::iter::once(&entry.spec.name).chain(entry.spec.aliases);
    own.flat_map(|name| {
        let camel: String = name
            .split('_')
            .enumerate()
            .map(|(place, word)| match place {
                0 => word.to_owned(),
                _ => word[..1].to_uppercase() + &word[1..],
            })
            .collect();
        [
            (*name).to_owned(),
            camel,
            format!(" {}", name.to_uppercase()),
            format!("linear_{name}"),
            name.replace('_', "-"),
        ]
    })
    .collect()
}

/// An operation's example under another name.
fn renamed(entry: &Entry, name: &str) -> String {
    let own = format!("operation: {}\n", entry.spec.name);
    entry
        .example
        .replacen(&own, &format!("operation: \"{name}\"\n"), 1)
}

/// Runs a text as the tool `linear` does, or as `linear_read`.
async fn ask(workspace: &TestWorkspace, text: &str, reads_only: bool) -> Answer {
    let mut request = request::read_all(text, &linear_ops::engine::Catalog).unwrap();
    request.reads_only = reads_only;
    let cancel = CancellationToken::new();
    let envelope = linear_ops::engine::run(&workspace.session, request, cancel).await;
    Answer(envelope.to_value())
}

/// The parameters of an operation's example, as JSON.
fn params(entry: &Entry) -> Value {
    let request = request::read(entry.example, &linear_ops::engine::Catalog).unwrap();
    Value::Object(request.params)
}

/// A batch of that operation's example alone.
fn batch(entry: &Entry, name: &str) -> String {
    let item = serde_json::json!({"operation": name, "params": params(entry)});
    format!("operation: batch\nparams: {{\"operations\": [{item}]}}\n")
}

/// The code of the one item of a batch.
fn item_code(answer: &Answer) -> &str {
    let text = answer.text("/error/code");
    if text.is_empty() {
        answer.text("/data/results/0/code")
    } else {
        text
    }
}

async fn refused(workspace: &TestWorkspace, answer: Answer, code: &str, what: &str) {
    assert_eq!(item_code(&answer), code, "{what}: {:#}", answer.0);
    assert_eq!(mutations(&workspace.take_requests()), 0, "{what}");
}

fn only(names: &[&str]) -> Option<BTreeSet<&'static str>> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    selection(&names, &[]).unwrap()
}

#[tokio::test]
async fn an_operation_that_is_denied_runs_under_no_name_and_in_no_tool() {
    let mut workspace = TestWorkspace::deleting().await;
    for entry in TABLE.iter().filter(|entry| entry.spec.name != "batch") {
        workspace.session.guards.operations =
            selection(&[], &[entry.spec.name.to_owned()]).unwrap();
        for name in names(entry) {
            let alone = ask(&workspace, &renamed(entry, &name), false).await;
            assert_eq!(alone.code(), "NOT_ALLOWED", "{name}");
            assert_eq!(alone.calls(), 0, "{name}");
            let inside = ask(&workspace, &batch(entry, &name), false).await;
            refused(&workspace, inside, "NOT_ALLOWED", &name).await;
            let stream = format!("{}---\noperation: help\n", renamed(entry, &name));
            let streamed = ask(&workspace, &stream, false).await;
            refused(&workspace, streamed, "NOT_ALLOWED", &name).await;
        }
        assert!(workspace.take_requests().is_empty());
    }
}

#[tokio::test]
async fn what_is_not_among_the_allowed_does_not_run() {
    let mut workspace = TestWorkspace::deleting().await;
    workspace.session.guards.operations = only(&["getIssue", "comment", "batch"]);
    for entry in TABLE.iter() {
        let allowed =
            matches!(entry.spec.name, "get_issue" | "batch") || entry.category == "comment";
        let answer = ask(&workspace, entry.example, false).await;
        let message = answer.text("/error/message");
        let own = format!("do not allow '{}'", entry.spec.name);
        assert_eq!(message.contains(&own), !allowed, "{own}: {:#}", answer.0);
    }
}

/// What may not be done under one name may not be done under another, and what is allowed by its own name needs no other.
#[tokio::test]
async fn an_operation_that_others_carry_out_is_allowed_with_them_or_by_its_own_name() {
    let carried_out: Vec<&Entry> = TABLE
        .iter()
        .filter(|entry| !entry.carried_out_by.is_empty())
        .collect();
    assert!(carried_out.len() > 8);
    let mut workspace = TestWorkspace::deleting().await;
    for entry in carried_out {
        let name = entry.spec.name;
        workspace.take_requests();
        for operation in entry.carried_out_by {
            let carrier = TABLE
                .iter()
                .find(|row| row.spec.name == *operation)
                .unwrap();
            assert!(carrier.carried_out_by.is_empty(), "{operation}");
            let deny = [(*operation).to_owned()];
            for allow in [
                vec![],
                vec![name.to_owned()],
                vec![carrier.category.to_owned()],
            ] {
                workspace.session.guards.operations = selection(&allow, &deny).unwrap();
                workspace.session.guards.denied = denied(&deny).unwrap();
                let answer = ask(&workspace, entry.example, false).await;
                assert_eq!(answer.code(), "NOT_ALLOWED", "{name} without {operation}");
                assert_eq!(answer.at("/error/details/setting"), "LINEAR_OPS_DENY");
                let inside = ask(&workspace, &batch(entry, name), false).await;
                refused(&workspace, inside, "NOT_ALLOWED", name).await;
            }
        }
        workspace.session.guards.denied = BTreeSet::new();
        for allow in [entry.carried_out_by, &[name]] {
            let workspace = {
                let mut workspace = TestWorkspace::deleting().await;
                workspace.session.guards.operations = only(allow);
                workspace
            };
            ask(&workspace, entry.example, false).await.data();
        }
        workspace.session.guards.operations = only(&[name]);
        let carrier = entry.carried_out_by[0];
        let carrier = TABLE.iter().find(|row| row.spec.name == carrier).unwrap();
        let answer = ask(&workspace, carrier.example, false).await;
        assert_eq!(answer.code(), "NOT_ALLOWED", "{}", carrier.spec.name);
        workspace.session.guards.operations = selection(&[], &[name.to_owned()]).unwrap();
        let answer = ask(&workspace, carrier.example, false).await;
        assert_ne!(
            answer.text("/error/code"),
            "NOT_ALLOWED",
            "{}",
            carrier.spec.name
        );
    }
}

#[tokio::test]
async fn linear_read_lets_no_write_through() {
    let workspace = TestWorkspace::deleting().await;
    for entry in TABLE.iter() {
        let name = entry.spec.name;
        let answer = ask(&workspace, entry.example, true).await;
        let inside = ask(&workspace, &batch(entry, name), true).await;
        if entry.spec.effect == Effect::Read {
            answer.data();
            inside.data();
        } else if entry.spec.effect != Effect::Composite {
            assert_eq!(answer.calls(), 0, "{name}");
            refused(&workspace, answer, "READ_ONLY", name).await;
            refused(&workspace, inside, "READ_ONLY", name).await;
            let dry = renamed(entry, name).replacen("params:", "params:\n  dry_run: true", 1);
            refused(
                &workspace,
                ask(&workspace, &dry, true).await,
                "READ_ONLY",
                name,
            )
            .await;
        }
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn what_cannot_be_taken_back_needs_the_switch() {
    let workspace = TestWorkspace::new().await;
    let deletes: Vec<&Entry> = TABLE
        .iter()
        .filter(|entry| entry.spec.effect == Effect::Delete)
        .collect();
    let own: Vec<&str> = deletes.iter().map(|entry| entry.spec.name).collect();
    assert_eq!(own, ["delete_issue", "delete_comment"]);
    for entry in deletes {
        for name in names(entry) {
            let answer = ask(&workspace, &renamed(entry, &name), false).await;
            assert_eq!(answer.code(), "CONFIG_ERROR", "{name}");
            assert_eq!(
                answer.at("/error/details/setting"),
                "LINEAR_OPS_ALLOW_DESTRUCTIVE"
            );
            assert_eq!(answer.texts("/error/suggestions").len(), 2);
            let inside = ask(&workspace, &batch(entry, &name), false).await;
            refused(&workspace, inside, "CONFIG_ERROR", &name).await;
        }
    }
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn a_documents_text_is_emptied_with_the_switch_alone() {
    let mut workspace = TestWorkspace::new().await;
    let forms = [
        "content: null",
        "content: ''",
        "content: ' \u{200b} '",
        "clear: [content]",
        "text: null",
        "title: T, Content: \"\\n\"",
        "content: null, dry_run: true",
    ];
    for form in forms {
        let params = format!("{{document_id: '000000000182', {form}}}");
        let answer = workspace.call("update_document", &params).await;
        let code = answer.code();
        // A form that is not a spelling of the parameter, or not a valid value, is refused for that reason.
        assert!(
            matches!(code, "CONFIG_ERROR" | "INVALID_PARAM"),
            "{form}: {:#}",
            answer.0
        );
        assert_eq!(answer.calls(), 0, "{form}");
    }
    let null = "{document_id: '000000000182', content: null}";
    let answer = workspace.call("update_document", null).await;
    assert_eq!(answer.code(), "CONFIG_ERROR");
    assert_eq!(answer.at("/error/details/param"), "content");
    assert_eq!(
        answer.at("/error/details/setting"),
        "LINEAR_OPS_ALLOW_DESTRUCTIVE"
    );
    workspace.session.guards.allowed = Allowed::Deleting;
    workspace.call("update_document", null).await.data();
}

#[tokio::test]
async fn a_misspelt_guard_keeps_every_write_back_and_no_read() {
    let mut workspace = TestWorkspace::deleting().await;
    let why = "LINEAR_OPS_READONLY is no setting; did you mean LINEAR_OPS_READ_ONLY?";
    workspace.session.guards.misnamed = vec![why.to_owned()];
    for entry in writing() {
        let answer = ask(&workspace, entry.example, false).await;
        assert_eq!(answer.code(), "CONFIG_ERROR", "{}", entry.spec.name);
        assert!(
            answer
                .text("/error/message")
                .contains("LINEAR_OPS_READ_ONLY")
        );
        assert_eq!(answer.calls(), 0);
        let inside = ask(&workspace, &batch(entry, entry.spec.name), false).await;
        refused(&workspace, inside, "CONFIG_ERROR", entry.spec.name).await;
    }
    workspace
        .call("get_issue", "{issue_id: ENG-231}")
        .await
        .data();
    workspace.call("list_teams", "{}").await.data();
}

/// What an issue's write would make beside the issue is kept back with the operations that make it by themselves.
#[tokio::test]
async fn labels_and_links_that_may_not_be_made_are_made_by_no_write() {
    for making in SIDE_CREATIONS {
        let mut workspace = TestWorkspace::deleting().await;
        let names: Vec<String> = making
            .operations
            .iter()
            .map(|name| (*name).to_owned())
            .collect();
        workspace.session.guards.operations = selection(&[], &names).unwrap();
        workspace.session.guards.denied = denied(&names).unwrap();
        let (new, old) = match making.root {
            "issueLabelCreate" => ("labels: [brand-new]", "labels: [backend]"),
            "attachmentCreate" => ("links: ['https://a.example']", "priority: 2"),
            "issueRelationCreate" => ("blocks: [ENG-231]", "priority: 2"),
            "issueRelationDelete" => ("remove_blocked_by: [ENG-230]", "priority: 2"),
            _ => (
                "links: ['https://github.com/acme/web/pull/7']",
                "priority: 2",
            ),
        };
        for dry in ["", ", dry_run: true"] {
            for (operation, params) in [
                ("create_issue", "team: ENG, title: T"),
                ("update_issue", "issue_id: ENG-232"),
            ] {
                if operation == "create_issue" && new.starts_with("remove_") {
                    continue;
                }
                let answer = workspace
                    .call(operation, &format!("{{{params}, {new}{dry}}}"))
                    .await;
                assert_eq!(answer.code(), "NOT_ALLOWED", "{new}: {:#}", answer.0);
                assert_eq!(answer.at("/error/details/setting"), "LINEAR_OPS_DENY");
                assert_eq!(mutations(&workspace.take_requests()), 0);
                let answer = workspace
                    .call(operation, &format!("{{{params}, {old}{dry}}}"))
                    .await;
                answer.data();
                workspace.take_requests();
            }
        }
        // An allowed operation creates the label, link or relation, and so does a write of an issue.
        let (operation, params) = match new.starts_with("remove_") {
            true => ("update_issue", "issue_id: ENG-232"),
            false => ("create_issue", "team: ENG, title: T"),
        };
        workspace.session.guards.operations = only(&[operation, making.operations[0]]);
        workspace.session.guards.denied = BTreeSet::new();
        let params = format!("{{{params}, {new}}}");
        workspace.call(operation, &params).await.data();
    }
    let mut workspace = TestWorkspace::new().await;
    workspace.session.guards.operations = only(&["create_issue"]);
    let params = "{team: ENG, title: T, labels: [brand-new]}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.at("/error/details/setting"), "LINEAR_OPS_OPERATIONS");
    assert!(
        answer
            .text("/error/message")
            .contains("no label 'brand-new'"),
        "{:#}",
        answer.0
    );
}

#[tokio::test]
async fn what_refuses_is_named() {
    let mut workspace = TestWorkspace::new().await;
    let deny = ["delete_issue".to_owned()];
    workspace.session.guards.operations = selection(&[], &deny).unwrap();
    workspace.session.guards.denied = denied(&deny).unwrap();
    let answer = workspace.call("delete_issue", "{issue_id: ENG-231}").await;
    assert_eq!(answer.at("/error/details/setting"), "LINEAR_OPS_DENY");
    workspace.session.guards.operations = only(&["get_issue"]);
    let answer = workspace.call("list_teams", "{}").await;
    assert_eq!(answer.at("/error/details/setting"), "LINEAR_OPS_OPERATIONS");
    workspace.session.guards.operations = None;
    workspace.session.guards.most_writes = Some(0);
    let answer = workspace
        .call("create_comment", "{issue_id: ENG-231, body: B}")
        .await;
    assert!(
        answer
            .text("/error/message")
            .contains("takes 1 write, and 0"),
        "{:#}",
        answer.0
    );
    workspace.session.guards.allowed = Allowed::Reading;
    let answer = workspace
        .call("create_comment", "{issue_id: ENG-231, body: B}")
        .await;
    let message = answer.text("/error/message");
    assert!(
        message.contains("--read-only or LINEAR_OPS_READ_ONLY"),
        "{message}"
    );
}

#[tokio::test]
async fn writes_that_are_used_up_are_not_sent() {
    let mut workspace = TestWorkspace::new().await;
    workspace.session.guards.most_writes = Some(3);
    let update = |title: &str| format!("{{issue_id: ENG-231, title: {title}}}");
    // A dry run does not count as a write.
    for _ in 0..5 {
        let params = "{issue_id: ENG-231, title: T, dry_run: true}";
        workspace.call("update_issue", params).await.data();
    }
    // This call needs three writes: a label, an issue and a link.
    let three = "{team: ENG, title: T, labels: [brand-new], links: ['https://a.example']}";
    workspace.call("update_issue", &update("One")).await.data();
    workspace.take_requests();
    let answer = workspace.call("create_issue", three).await;
    assert_eq!(answer.code(), "NOT_ALLOWED");
    assert_eq!(answer.at("/error/details/left"), 2);
    let dry = three.replace("title: T", "title: T, dry_run: true");
    assert_eq!(
        workspace.call("create_issue", &dry).await.code(),
        "NOT_ALLOWED"
    );
    let items = |count: usize| {
        let item = "{operation: create_comment, params: {issue_id: ENG-231, body: B}}";
        format!("{{operations: [{}]}}", vec![item; count].join(", "))
    };
    let answer = workspace.call("batch", &items(3)).await;
    assert_eq!(answer.code(), "NOT_ALLOWED");
    assert_eq!(answer.calls(), 0);
    assert_eq!(mutations(&workspace.take_requests()), 0);
    workspace.call("batch", &items(2)).await.data();
    workspace.take_requests();
    let answer = workspace.call("update_issue", &update("Two")).await;
    assert_eq!(answer.code(), "NOT_ALLOWED");
    workspace.call("list_teams", "{}").await.data();
    // Labels that exist already need no write.
    let ensured = workspace
        .call("ensure_labels_exist", "{team: ENG, labels: [backend]}")
        .await;
    ensured.data();
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_batch_that_takes_more_writes_than_items_is_told_item_by_item() {
    let mut workspace = TestWorkspace::new().await;
    workspace.session.guards.most_writes = Some(3);
    let answer = workspace
        .call(
            "batch",
            "{operations: [
                {operation: create_issue, params: {team: ENG, title: A, links: ['https://a.example']}},
                {operation: create_issue, params: {team: ENG, title: B, links: ['https://b.example']}}]}",
        )
        .await;
    let text = answer.0.to_string();
    assert!(text.contains("NOT_ALLOWED"), "{text}");
    let sent = workspace
        .take_requests()
        .into_iter()
        .filter(|request| request.mutation);
    let roots: Vec<String> = sent.flat_map(|request| request.roots).collect();
    assert_eq!(roots.len(), 2, "{roots:?}");
}

#[tokio::test]
async fn writes_that_were_never_sent_and_those_that_change_nothing_do_not_count() {
    let mut workspace = TestWorkspace::new().await;
    workspace.session.guards.most_writes = Some(1);
    let create = "{team: ENG, title: T}";
    workspace
        .call("create_issue", "{team: ENG, title: T, dry_run: true}")
        .await
        .data();
    workspace.take_requests();
    // This deadline is too short for any write.
    let deadline = std::mem::replace(&mut workspace.session.deadline, Duration::from_millis(200));
    for _ in 0..3 {
        let answer = workspace.call("create_issue", create).await;
        assert_eq!(answer.code(), "LINEAR_API_TIMEOUT", "{:#}", answer.0);
    }
    assert!(workspace.take_requests().is_empty());
    workspace.session.deadline = deadline;
    // The description is first read by a mutation that sets nothing, which does not count.
    let params = "{issue_id: PSN-123, indices: [1]}";
    workspace
        .call("update_checklist_items", params)
        .await
        .data();
    let answer = workspace.call("create_issue", create).await;
    assert_eq!(answer.code(), "NOT_ALLOWED");
    assert_eq!(answer.at("/error/details/left"), 0);
}

#[tokio::test]
async fn a_guard_that_ends_an_operation_half_way_says_so_and_what_was_done() {
    let mut workspace = TestWorkspace::new().await;
    workspace.session.guards.most_writes = Some(2);
    let warm = "{team: ENG, title: T, assignee: jane, labels: [fresh], dry_run: true}";
    workspace.call("create_issue", warm).await.data();
    workspace.sandbox.edit(JANE);
    workspace.take_requests();
    // The label is created, and the issue is refused because Jane has another id now. No writes are left for another
    // attempt.
    let answer = workspace
        .call("create_issue", &warm.replace(", dry_run: true", ""))
        .await;
    assert_eq!(answer.code(), "NOT_ALLOWED", "{:#}", answer.0);
    assert_eq!(answer.at("/error/details/setting"), "LINEAR_OPS_MAX_WRITES");
    assert_eq!(answer.texts("/error/details/created_labels"), ["fresh"]);
    assert_eq!(answer.at("/error/details/not_done"), "create issue 'T'");
    assert_eq!(mutations(&workspace.take_requests()), 2);
}

#[tokio::test]
async fn guards_show_no_secret() {
    let guards = Guards {
        secrets: linear_ops::text::secret::Secrets::new(["unmarked-secret-token"]),
        ..Guards::default()
    };
    assert!(!format!("{guards:?} {guards:#?}").contains("unmarked-secret"));
}

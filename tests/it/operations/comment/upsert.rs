//! `upsert_comment`: one comment for each issue, key and author, whoever writes it when.

use std::path::Path;
use std::process::Stdio;

use futures::future::join_all;
use linear_ops::effect::Allowed;
use linear_ops::sandbox::Act;
use linear_ops::sandbox::store::{Record, text};
use linear_ops::session::{Locks, Session};
use linear_ops::text::fingerprint;
use serde_json::{Value, json};

use crate::support::failures::{
    assert_acts_used, mutations, refuse_once, script_acts, snapshot, with_root,
};
use crate::support::{Answer, TestWorkspace, binary, call};

/// The issue of these tests, which has no comments.
const ISSUE: &str = "PSN-124";
/// A comment of the standard workspace, from which others are copied.
const MODEL: &str = "5eed0000-0000-4000-8000-000000000195";

/// Runs `upsert_comment` on the issue with these parameters, in flow style.
async fn upsert(session: &Session, params: &str) -> Answer {
    let params = format!("{{issue_id: {ISSUE}, {params}}}");
    call(session, "upsert_comment", &params).await
}

/// Returns the id and the text of every comment on the issue, the oldest first.
fn comments(workspace: &TestWorkspace) -> Vec<(String, String)> {
    let issue = workspace.id("Issue", "identifier", ISSUE);
    let mut comments = Vec::new();
    workspace.sandbox.edit(|store| {
        let own = store
            .all("Comment")
            .filter(|comment| text(comment, "issueId") == Some(&issue));
        let field = |comment: &Record, name| text(comment, name).unwrap().to_owned();
        comments = own
            .map(|comment| (field(comment, "id"), field(comment, "body")))
            .collect();
    });
    comments
}

/// Returns the text of the only comment on the issue.
#[track_caller]
fn only(workspace: &TestWorkspace) -> String {
    let comments = comments(workspace);
    assert_eq!(comments.len(), 1, "{comments:?}");
    comments[0].1.clone()
}

/// Returns a new comment on the issue. Its author is the owner of the key, unless `author` is the e-mail address of
/// another user.
fn record(workspace: &TestWorkspace, id: &str, author: &str, body: &str) -> Record {
    let issue = workspace.id("Issue", "identifier", ISSUE);
    let user = workspace.id("User", "email", author);
    let mut record = Record::new();
    workspace
        .sandbox
        .edit(|store| record = store.get("Comment", MODEL).unwrap().clone());
    for (field, value) in [
        ("id", id),
        ("issueId", &issue),
        ("userId", &user),
        ("body", body),
    ] {
        record.insert(field.to_owned(), json!(value));
    }
    record
}

fn put(workspace: &TestWorkspace, record: Record) {
    workspace.sandbox.edit(|store| store.put("Comment", record));
}

/// Sets the text of the comment as somebody else does.
fn rewrite(workspace: &TestWorkspace, id: &str, body: &str) {
    workspace.sandbox.edit(|store| {
        let comment = store.get_mut("Comment", id).unwrap();
        comment.insert("body".to_owned(), json!(body));
    });
}

const OWN: &str = "john@example.com";
const OTHER: &str = "jane@example.com";

/// Creates the comment `Workpad` and removes it from the stand-in, as if it had never been, so that a test can bring it
/// back at the wrong moment. Returns its record.
async fn future_comment(workspace: &TestWorkspace, body: &str) -> Record {
    let made = upsert(&workspace.session, "key: Workpad, body: x").await;
    let id = made.text("/data/id").to_owned();
    rewrite(workspace, &id, body);
    let mut record = None;
    workspace
        .sandbox
        .edit(|store| record = store.remove("Comment", &id));
    workspace.take_requests();
    record.unwrap()
}

#[tokio::test]
async fn a_comment_is_created_once_and_then_changed_in_two_requests_each() {
    let workspace = TestWorkspace::new().await;
    let first = upsert(&workspace.session, "key: Workpad, body: First").await;
    assert_eq!(first.data()["created"], true);
    assert_eq!(first.calls(), 2);
    assert_eq!(mutations(&workspace.take_requests()), 1);
    assert_eq!(first.texts("/metadata/changes"), ["comment: created"]);
    assert_eq!(only(&workspace), "**Workpad**\n\nFirst");
    let second = upsert(&workspace.session, "key: Workpad, body: Second").await;
    assert_eq!(second.data()["created"], false);
    assert_eq!(second.data()["id"], first.data()["id"]);
    assert_eq!(second.calls(), 2);
    assert_eq!(mutations(&workspace.take_requests()), 1);
    assert_eq!(second.texts("/metadata/changes"), ["body: changed"]);
    assert_eq!(second.at("/data/overwritten"), &Value::Null);
    let body = only(&workspace);
    assert_eq!(body, "**Workpad**\n\nSecond");
    assert_eq!(second.text("/data/text_sha256"), fingerprint(&body));
    let same = upsert(&workspace.session, "key: Workpad, body: Second").await;
    assert_eq!(same.data()["created"], false);
    assert_eq!(same.calls(), 1);
    assert!(same.texts("/warnings")[0].starts_with("nothing changed"));
}

#[tokio::test]
async fn spellings_of_one_key_are_one_comment() {
    let workspace = TestWorkspace::new().await;
    let issue = workspace.id("Issue", "identifier", ISSUE);
    let url = format!("https://linear.app/acme/issue/{ISSUE}/x");
    for (number, (id, params)) in [
        (ISSUE, "key: Café notes, body: 0"),
        (&issue, "key: '  café   NOTES ', body: 1"),
        (&url, "key: \"cafe\\u0301 notes\", body: 2"),
        (
            "psn-124",
            "key: Café notes, body: \"**Café notes**\\n\\n3\"",
        ),
        (ISSUE, "key: Café notes, body: \"# CAFÉ notes\\n\\n4\""),
        (ISSUE, "key: Café notes, body: \"Café notes\\n\\n5\""),
        (ISSUE, "key: Café notes, body: 6"),
    ]
    .into_iter()
    .enumerate()
    {
        let params = format!("{{issue_id: '{id}', {params}}}");
        let answer = workspace.call("upsert_comment", &params).await;
        assert_eq!(answer.data()["created"], number == 0, "{params}");
        assert_eq!(answer.calls(), 2, "{params}");
        let body = only(&workspace);
        assert!(body.ends_with(&format!("\n\n{number}")), "{body}");
        assert_eq!(body.to_lowercase().matches("notes").count(), 1, "{body}");
    }
    // The line keeps the form that it has in the comment.
    assert!(only(&workspace).starts_with("# CAFÉ notes"));
    let other = upsert(&workspace.session, "key: Café, body: x").await;
    assert_eq!(other.data()["created"], true);
    assert_eq!(comments(&workspace).len(), 2);
}

#[tokio::test]
async fn only_a_comment_of_the_author_that_begins_with_the_key_is_taken() {
    let workspace = TestWorkspace::new().await;
    let id = |n: usize| format!("5eed0000-0000-4000-8000-0000000fff{n:02}");
    let others = [
        record(&workspace, &id(1), OTHER, "**Workpad**\n\nTheirs"),
        record(&workspace, &id(2), OWN, "See the **Workpad**"),
        record(&workspace, &id(3), OWN, "Workpad"),
    ];
    let texts = others.clone().map(|record| record["body"].clone());
    for record in others {
        put(&workspace, record);
    }
    let first = upsert(&workspace.session, "key: Workpad, body: Mine").await;
    assert_eq!(first.data()["created"], true);
    let after = comments(&workspace);
    assert_eq!(after.len(), 4);
    for (text, (_, body)) in texts.iter().zip(&after) {
        assert_eq!(text, body);
    }
    // A comment that was written by hand is taken, and the older one of two.
    let workspace = TestWorkspace::new().await;
    for (n, second) in [(4, "02"), (5, "01")] {
        let mut by_hand = record(&workspace, &id(n), OWN, "## Workpad\n\n- [x] one");
        let at = format!("2025-01-02T10:00:{second}.000Z");
        by_hand.insert("createdAt".to_owned(), json!(at));
        put(&workspace, by_hand);
    }
    let answer = upsert(&workspace.session, "key: workpad, body: New").await;
    assert_eq!(answer.data()["created"], false);
    assert_eq!(answer.text("/data/id"), id(5));
    assert_eq!(answer.calls(), 2);
    assert_eq!(comments(&workspace)[1].1, "## Workpad\n\nNew");
    assert!(answer.texts("/warnings")[0].starts_with("2 of your comments"));
}

#[tokio::test]
async fn a_patch_edits_the_comment_or_starts_from_the_key() {
    let workspace = TestWorkspace::new().await;
    let patch = "key: Workpad, patch: [{op: append, text: '- [ ] one'}, {op: append_to_section, heading: '## Log', text: Begun}]";
    let first = upsert(&workspace.session, patch).await;
    assert_eq!(first.data()["created"], true);
    assert_eq!(first.calls(), 2);
    assert_eq!(
        only(&workspace),
        "**Workpad**\n\n* [ ] one\n\n## Log\n\nBegun"
    );
    let patch = "key: Workpad, patch: [{op: replace, anchor: '- [ ] one', text: '- [x] one'}, {op: prepend, text: Newest}]";
    let second = upsert(&workspace.session, patch).await;
    assert_eq!(second.data()["created"], false);
    assert_eq!(second.calls(), 2);
    let body = only(&workspace);
    assert_eq!(
        body,
        "**Workpad**\n\nNewest\n\n* [X] one\n\n## Log\n\nBegun"
    );
    assert_eq!(second.text("/data/text_sha256"), fingerprint(&body));
    let again = "key: Workpad, patch: {op: append, text: Begun, once: true}";
    let again = upsert(&workspace.session, again).await;
    assert_eq!(again.at("/data/already_there"), true);
    assert_eq!(again.calls(), 1);
    workspace.take_requests();
    for key in ["Workpad", "New"] {
        let params =
            format!("key: {key}, patch: [{{op: append, text: x}}, {{op: remove, anchor: gone}}]");
        let failed = upsert(&workspace.session, &params).await;
        assert_eq!(failed.code(), "PATCH_FAILED", "{key}");
        assert_eq!(failed.at("/error/details/index"), 1);
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
    assert_eq!(only(&workspace), body);
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_before_anything_is_sent() {
    let workspace = TestWorkspace::new().await;
    let long = "x".repeat(201);
    for (params, code) in [
        ("key: '**Workpad**', body: x".to_owned(), "INVALID_PARAM"),
        ("key: '`Workpad`', body: x".to_owned(), "INVALID_PARAM"),
        ("key: \"a\\nb\", body: x".to_owned(), "INVALID_PARAM"),
        ("key: \"\\u200b\", body: x".to_owned(), "INVALID_PARAM"),
        (format!("key: {long}, body: x"), "INVALID_PARAM"),
        ("key: Workpad, body: null".to_owned(), "INVALID_PARAM"),
        (
            "key: Workpad, body: x, patch: {op: append, text: x}".to_owned(),
            "INVALID_PARAM",
        ),
        ("key: Workpad".to_owned(), "MISSING_REQUIRED_PARAM"),
        ("body: x".to_owned(), "MISSING_REQUIRED_PARAM"),
    ] {
        let answer = upsert(&workspace.session, &params).await;
        assert_eq!(answer.code(), code, "{params}");
    }
    assert!(workspace.take_requests().is_empty());
    let missing = "{issue_id: PSN-999, key: Workpad, body: x}";
    let missing = workspace.call("upsert_comment", missing).await;
    assert_eq!(missing.code(), "ISSUE_NOT_FOUND");
    assert_eq!(missing.calls(), 1);
}

#[tokio::test]
async fn a_guard_is_meant_for_a_comment_that_is_there() {
    let workspace = TestWorkspace::new().await;
    let sha = fingerprint("**Workpad**\n\n* [X] one");
    let guarded = format!("key: Workpad, expected_sha256: '{sha}'");
    let none = upsert(&workspace.session, &format!("{guarded}, body: New")).await;
    assert_eq!(none.code(), "EDIT_CONFLICT");
    assert_eq!(mutations(&workspace.take_requests()), 0);
    assert!(comments(&workspace).is_empty());
    let made = upsert(
        &workspace.session,
        "key: Workpad, body: '- [x] one', protect: true",
    )
    .await;
    assert_eq!(made.text("/data/text_sha256"), sha);
    let protected = upsert(
        &workspace.session,
        "key: Workpad, body: '- [ ] one', protect: true",
    )
    .await;
    assert_eq!(protected.code(), "INVALID_PARAM");
    let since = "key: Workpad, if_unchanged_since: '2020-01-01T00:00:00Z', body: New";
    assert_eq!(
        upsert(&workspace.session, since).await.code(),
        "EDIT_CONFLICT"
    );
    // The comment is found by its id although somebody has rewritten its first line.
    let id = made.text("/data/id");
    rewrite(&workspace, id, "Rewritten");
    for change in ["body: New", "patch: {op: append, text: New}"] {
        let stale = upsert(&workspace.session, &format!("{guarded}, {change}")).await;
        assert_eq!(stale.code(), "EDIT_CONFLICT", "{:#}", stale.0);
        assert_eq!(only(&workspace), "Rewritten");
        let sha = fingerprint("Rewritten");
        let good = format!("key: Workpad, expected_sha256: '{sha}', {change}");
        let good = upsert(&workspace.session, &good).await;
        assert_eq!(good.data()["created"], false);
        rewrite(&workspace, id, "Rewritten");
    }
}

#[tokio::test]
async fn two_sessions_at_once_make_one_comment() {
    for change in ["body: ", "patch: {op: append, text: "] {
        for _ in 0..5 {
            let workspace = TestWorkspace::new().await;
            let other = workspace.another_session();
            let end = if change.ends_with(": ") && change.starts_with('p') {
                "}"
            } else {
                ""
            };
            let (ours, theirs) = (
                format!("key: Workpad, {change}Ours{end}"),
                format!("key: workpad, {change}Theirs{end}"),
            );
            let (one, two) =
                tokio::join!(upsert(&workspace.session, &ours), upsert(&other, &theirs));
            let created = [&one, &two].map(|answer| answer.data()["created"] == true);
            assert_ne!(created[0], created[1], "{:#} {:#}", one.0, two.0);
            let body = only(&workspace);
            let kept = ["Ours", "Theirs"].map(|text| body.contains(text));
            match end {
                "}" => assert_eq!(kept, [true, true], "{body}"),
                _ => assert_ne!(kept[0], kept[1], "{body}"),
            }
        }
    }
}

#[tokio::test]
async fn concurrent_patches_of_two_sessions_of_one_machine_are_all_kept() {
    let mut workspace = TestWorkspace::new().await;
    let mut other = workspace.another_session();
    let folder = tempfile::tempdir().unwrap();
    let locks = Locks::within(folder.path().to_owned(), "https://linear.example");
    workspace.session.locks = locks.clone();
    other.locks = locks;
    let patches = (0..12).map(|number| {
        let session = [&workspace.session, &other][number % 2];
        async move {
            let params = format!("key: Workpad, patch: {{op: append, text: '- line {number}.'}}");
            upsert(session, &params).await
        }
    });
    let answers = join_all(patches).await;
    let body = only(&workspace);
    let created = answers
        .iter()
        .filter(|answer| answer.data()["created"] == true);
    assert_eq!(created.count(), 1);
    for number in 0..12 {
        let times = body.matches(&format!("line {number}.")).count();
        assert_eq!(times, 1, "{number}: {body}");
    }
}

#[tokio::test]
async fn a_comment_that_another_writer_creates_in_between_is_changed() {
    for (change, expected) in [
        ("body: Ours", "**Workpad**\n\nOurs"),
        (
            "patch: {op: append, text: Ours}",
            "**Workpad**\n\nTheirs\n\nOurs",
        ),
        ("body: Theirs", "**Workpad**\n\nTheirs"),
    ] {
        let workspace = TestWorkspace::new().await;
        let record = future_comment(&workspace, "**Workpad**\n\nTheirs").await;
        let kind = "Comment";
        script_acts(
            &workspace,
            "commentCreate",
            [Act::MeanwhileAdded { kind, record }],
        );
        let answer = upsert(&workspace.session, &format!("key: Workpad, {change}")).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.data()["created"], false, "{change}");
        assert_eq!(only(&workspace), expected, "{change}");
        // The read, the refused creation, the look at the comment, and the change, if there is one.
        let requests = if change == "body: Theirs" { 3 } else { 4 };
        assert_eq!(answer.calls(), requests, "{change}");
    }
}

#[tokio::test]
async fn a_comment_without_its_key_is_still_the_one() {
    for (change, expected) in [
        ("body: Ours", "**Workpad**\n\nOurs"),
        ("patch: {op: append, text: Ours}", "Rewritten\n\nOurs"),
    ] {
        let workspace = TestWorkspace::new().await;
        let made = upsert(&workspace.session, "key: Workpad, body: x").await;
        rewrite(&workspace, made.text("/data/id"), "Rewritten");
        let answer = upsert(&workspace.session, &format!("key: Workpad, {change}")).await;
        assert_eq!(answer.data()["created"], false, "{change}");
        assert_eq!(answer.data()["id"], made.data()["id"]);
        assert_eq!(only(&workspace), expected);
    }
}

#[tokio::test]
async fn a_deleted_comment_is_followed_by_another_one() {
    let workspace = TestWorkspace::deleting().await;
    let mut ids = Vec::new();
    // More often than ids are derived.
    for round in 0..6 {
        let params = format!("key: Workpad, body: Round {round}");
        let made = upsert(&workspace.session, &params).await;
        assert_eq!(made.data()["created"], true, "{:#}", made.0);
        assert_eq!(only(&workspace), format!("**Workpad**\n\nRound {round}"));
        let again = upsert(&workspace.session, "key: Workpad, body: Again").await;
        assert_eq!(again.data()["created"], false);
        assert_eq!(again.calls(), 2);
        let id = made.text("/data/id").to_owned();
        assert!(!ids.contains(&id));
        let params = format!("{{comment_id: {id}}}");
        workspace.call("delete_comment", &params).await.data();
        ids.push(id);
    }
    assert!(comments(&workspace).is_empty());
}

#[tokio::test]
async fn a_creation_whose_answer_is_lost_makes_one_comment() {
    for change in [
        "body: \"[a](https://a.example)\\n\\n- [x] one\"",
        "patch: {op: append, text: '- [x] one'}",
    ] {
        for acts in [
            vec![Act::DropAfterCommit],
            vec![Act::UnavailableAfterCommit],
            vec![Act::Truncated],
            vec![Act::Drop],
            vec![Act::Drop, Act::DropAfterCommit],
        ] {
            let workspace = TestWorkspace::new().await;
            script_acts(&workspace, "commentCreate", acts.clone());
            let answer = upsert(&workspace.session, &format!("key: Workpad, {change}")).await;
            assert_acts_used(&workspace, &answer);
            assert_eq!(answer.data()["created"], true, "{acts:?}");
            let body = only(&workspace);
            assert_eq!(body.matches("[X] one").count(), 1, "{body}");
            assert_eq!(answer.text("/data/text_sha256"), fingerprint(&body));
        }
    }
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "commentCreate", vec![Act::Drop; 3]);
    let answer = upsert(&workspace.session, "key: Workpad, body: x").await;
    assert_eq!(answer.code(), "OUTCOME_UNKNOWN");
    assert!(comments(&workspace).is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_not_confused_with_the_comment_of_another_writer() {
    let workspace = TestWorkspace::new().await;
    let record = future_comment(&workspace, "**Workpad**\n\nTheirs").await;
    let kind = "Comment";
    script_acts(
        &workspace,
        "commentCreate",
        [Act::Drop, Act::MeanwhileAdded { kind, record }],
    );
    let patch = "key: Workpad, patch: {op: append, text: Ours}";
    let answer = upsert(&workspace.session, patch).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.data()["created"], false);
    assert_eq!(only(&workspace), "**Workpad**\n\nTheirs\n\nOurs");
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_made_once() {
    for (change, expected) in [
        ("body: New", "**Workpad**\n\nNew"),
        (
            "patch: {op: append, text: New}",
            "**Workpad**\n\nOld\n\nNew",
        ),
    ] {
        for act in [
            Act::DropAfterCommit,
            Act::UnavailableAfterCommit,
            Act::Truncated,
            Act::Drop,
        ] {
            let workspace = TestWorkspace::new().await;
            upsert(&workspace.session, "key: Workpad, body: Old").await;
            script_acts(&workspace, "commentUpdate", [act.clone()]);
            let answer = upsert(&workspace.session, &format!("key: Workpad, {change}")).await;
            assert_acts_used(&workspace, &answer);
            answer.data();
            assert_eq!(only(&workspace), expected, "{act:?}");
        }
    }
}

#[tokio::test]
async fn reads_that_lag_behind_make_no_second_comment() {
    let workspace = TestWorkspace::new().await;
    let other = workspace.another_session();
    workspace.sandbox.script().reads_lag(1_000_usize);
    let first = upsert(&workspace.session, "key: Workpad, body: First").await;
    assert_eq!(first.data()["created"], true);
    let second = upsert(&other, "key: Workpad, patch: {op: append, text: Second}").await;
    assert_eq!(second.data()["created"], false);
    let third = upsert(
        &workspace.session,
        "key: Workpad, patch: {op: append, text: Third}",
    )
    .await;
    assert_eq!(third.data()["id"], first.data()["id"]);
    assert_eq!(only(&workspace), "**Workpad**\n\nFirst\n\nSecond\n\nThird");
    // A lost answer is settled by a mutation, which does not lag.
    let workspace = TestWorkspace::new().await;
    workspace.sandbox.script().reads_lag(1_000_usize);
    script_acts(&workspace, "commentCreate", [Act::DropAfterCommit]);
    let answer = upsert(&workspace.session, "key: Workpad, body: First").await;
    assert_eq!(answer.data()["created"], true);
    assert_eq!(only(&workspace), "**Workpad**\n\nFirst");
}

#[tokio::test]
async fn a_text_that_somebody_else_writes_meanwhile_is_kept_or_told() {
    for (change, expected) in [
        ("body: Ours", "**Workpad**\n\nOurs"),
        (
            "patch: {op: append, text: Ours}",
            "**Workpad**\n\nTheirs\n\nOurs",
        ),
    ] {
        let workspace = TestWorkspace::new().await;
        let made = upsert(&workspace.session, "key: Workpad, body: Old").await;
        let theirs = "**Workpad**\n\nTheirs";
        let act = Act::Meanwhile {
            kind: "Comment",
            id: made.text("/data/id").to_owned(),
            fields: Record::from_iter([("body".to_owned(), json!(theirs))]),
        };
        script_acts(&workspace, "commentUpdate", [act.clone()]);
        let answer = upsert(&workspace.session, &format!("key: Workpad, {change}")).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.data()["created"], false);
        assert_eq!(only(&workspace), expected, "{change}");
        if change.starts_with("body") {
            assert_eq!(answer.text("/data/overwritten"), theirs);
            assert!(answer.texts("/warnings")[0].contains("another writer"));
            script_acts(&workspace, "commentUpdate", [act]);
            let sha = fingerprint(expected);
            let guarded = format!("key: Workpad, body: Guarded, expected_sha256: '{sha}'");
            let answer = upsert(&workspace.session, &guarded).await;
            assert_eq!(answer.code(), "EDIT_CONFLICT");
            assert_eq!(answer.text("/error/details/overwritten"), theirs);
        }
    }
}

#[tokio::test]
async fn a_refusal_has_its_code_and_leaves_nothing_behind() {
    let workspace = TestWorkspace::new().await;
    refuse_once(&workspace, "commentCreate", "Not on a Sunday");
    let answer = upsert(&workspace.session, "key: Workpad, body: x").await;
    assert_eq!(answer.code(), "COMMENT_CREATION_FAILED");
    assert_eq!(answer.text("/error/details/reason"), "Not on a Sunday");
    assert_eq!(answer.calls(), 2);
    assert!(comments(&workspace).is_empty());
    upsert(&workspace.session, "key: Workpad, body: x").await;
    for change in ["body: New", "patch: {op: append, text: New}"] {
        for _ in 0..2 {
            refuse_once(&workspace, "commentUpdate", "Not on a Sunday");
        }
        let answer = upsert(&workspace.session, &format!("key: Workpad, {change}")).await;
        assert_eq!(answer.code(), "COMMENT_UPDATE_FAILED", "{change}");
        assert_eq!(only(&workspace), "**Workpad**\n\nx");
    }
}

#[tokio::test]
async fn nothing_is_written_by_a_dry_run_or_a_server_that_only_reads() {
    let mut workspace = TestWorkspace::new().await;
    let create = "key: Workpad, patch: {op: append, text: x}, dry_run: true";
    let answer = upsert(&workspace.session, create).await;
    let planned = &answer.data()["would_send"][0]["commentCreate"];
    assert_eq!(planned["body"], "**Workpad**\n\nx");
    upsert(&workspace.session, "key: Workpad, body: x").await;
    workspace.take_requests();
    for change in ["body: New", "patch: {op: append, text: New}"] {
        let params = format!("key: Workpad, {change}, dry_run: true");
        let answer = upsert(&workspace.session, &params).await;
        let planned = answer.data()["would_send"].as_array().unwrap();
        assert_eq!(planned.len(), 1);
        let body = planned[0]["commentUpdate"]["body"].as_str().unwrap();
        assert!(body.ends_with("New"), "{body}");
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
    workspace.session.guards.allowed = Allowed::Reading;
    let answer = upsert(&workspace.session, "key: Workpad, body: New").await;
    assert_eq!(answer.code(), "READ_ONLY");
    assert_eq!(only(&workspace), "**Workpad**\n\nx");
}

#[tokio::test]
async fn the_items_of_a_batch_write_one_comment_for_each_key() {
    let workspace = TestWorkspace::new().await;
    let item = |key: &str, text: &str| {
        let patch = json!({"op": "append", "text": text});
        let params = json!({"issue_id": ISSUE, "key": key, "patch": patch});
        json!({"operation": "upsert_comment", "params": params})
    };
    let items = [
        item("Workpad", "one"),
        item("Log", "two"),
        item("workpad", "three"),
    ];
    let params = json!({"operations": items});
    workspace.call_json("batch", params).await.data();
    let mut bodies: Vec<String> = comments(&workspace).into_iter().map(|c| c.1).collect();
    bodies.sort();
    assert_eq!(bodies, ["**Log**\n\ntwo", "**Workpad**\n\none\n\nthree"]);
}

#[tokio::test]
async fn an_issue_in_the_trash_is_told() {
    let workspace = TestWorkspace::deleting().await;
    let params = format!("{{issue_id: {ISSUE}}}");
    workspace.call("delete_issue", &params).await.data();
    let answer = upsert(&workspace.session, "key: Workpad, body: x").await;
    assert!(answer.texts("/warnings")[0].contains("in the trash"));
}

/// Appends these lines one after the other in one process, and returns its answers.
fn append(url: &str, state: &Path, lines: &[String]) -> Vec<String> {
    let request = |line: &String| {
        format!(
            "operation: upsert_comment\nparams:\n  issue_id: {ISSUE}\n  key: Workpad\n  patch: {{op: append, text: '- {line}'}}\n"
        )
    };
    let stream = lines.iter().map(request).collect::<Vec<_>>().join("---\n");
    let mut child = binary::command()
        .arg("run")
        .env("LINEAR_API_URL", url)
        .env("LINEAR_API_KEY", "lin_api_sandbox")
        .env("LINEAR_OPS_STATE_DIR", state)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, stream.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    answers.split("---\n").map(str::to_owned).collect()
}

#[tokio::test]
async fn processes_write_one_comment() {
    for is_one_machine in [true, false] {
        let workspace = TestWorkspace::new().await;
        let server = crate::support::serve(&workspace.sandbox).await;
        let url = format!("{}/graphql", server.uri());
        let folder = tempfile::tempdir().unwrap();
        let work = (0..2).map(|process| {
            let machine = if is_one_machine { 0 } else { process };
            let state = folder.path().join(format!("state {machine}"));
            let url = url.clone();
            let lines = (0..6).map(|line| format!("line {process}.{line}."));
            let lines: Vec<String> = lines.collect();
            tokio::task::spawn_blocking(move || {
                let answers = append(&url, &state, &lines);
                assert_eq!(answers.len(), lines.len(), "{answers:?}");
                lines.into_iter().zip(answers).collect::<Vec<_>>()
            })
        });
        let answers = join_all(work).await.into_iter().flat_map(Result::unwrap);
        let answers: Vec<(String, String)> = answers.collect();
        let body = only(&workspace);
        let created = answers
            .iter()
            .filter(|(_, answer)| answer.contains("created: true"));
        assert_eq!(created.count(), 1, "{answers:?}");
        for (line, answer) in &answers {
            let is_done = answer.starts_with("success: true");
            assert!(is_done || answer.contains("EDIT_CONFLICT"), "{answer}");
            // Processes of one machine take turns.
            if is_one_machine {
                assert!(is_done, "{answer}");
                assert_eq!(body.matches(line.as_str()).count(), 1, "{line}\n{body}");
            }
        }
    }
}

#[tokio::test]
async fn answers_as_they_are_shown() {
    let workspace = TestWorkspace::new().await;
    for (name, params) in [
        (
            "upsert_created",
            "key: Workpad, body: \"- [x] one\\n- [ ] two\"",
        ),
        (
            "upsert_patched",
            "key: Workpad, patch: [{op: replace, anchor: '- [ ] two', text: '- [x] two'}]",
        ),
        ("upsert_full", "key: Workpad, body: Done, detail: full"),
        (
            "upsert_same",
            "key: Workpad, body: Done, fields: [id, created]",
        ),
        (
            "upsert_guard",
            "key: Other, body: x, expected_sha256: '0123456789abcdef'",
        ),
        ("upsert_key", "key: '*', body: x"),
        ("upsert_nothing", "key: Workpad"),
    ] {
        snapshot(name, &upsert(&workspace.session, params).await);
    }
    assert_eq!(with_root(&workspace.take_requests(), "commentCreate"), 1);
}

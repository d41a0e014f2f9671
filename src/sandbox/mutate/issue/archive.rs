//! Taking issues away and bringing them back: archive, trash, deletion for good.

use serde_json::{Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Given, Input};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::super::record::{archive_payload, differs, id_of, set, touch};
use super::super::reference;
use super::history;

/// `issueDelete`: to the trash, or for good when an admin asks for it.
pub(super) fn delete(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let issue = reference::root(store, "Issue", args)?;
    if !args.flag("permanentlyDelete") {
        return Ok(put_away(store, issue, true));
    }
    let admin =
        identifier::viewer(store).is_some_and(|user| user.get("admin") == Some(&Value::Bool(true)));
    if !admin {
        return Err(Refusal::forbidden("admin"));
    }
    erase(store, &id_of(&issue));
    Ok(archive_payload(store, "Issue", None))
}

/// `issueArchive`. Reports differ about identifiers here, so only a UUID is taken (`linear/api.md` §1.2).
pub(super) fn archive(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let issue = reference::root(store, "Issue", args)?;
    Ok(put_away(store, issue, args.flag("trash")))
}

/// `issueUnarchive`: out of the archive and out of the trash.
pub(super) fn unarchive(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let before = reference::root(store, "Issue", args)?;
    let mut issue = before.clone();
    restore(&mut issue);
    Ok(finish(store, &before, issue))
}

/// `trashed` in an update: true puts the issue into the trash, null (and false) takes it out.
pub(super) fn edit(store: &mut Store, issue: &mut Record, input: Input<'_>) {
    match input.get("trashed") {
        Given::Absent => {}
        Given::Value(Value::Bool(true)) => hide(store, issue, true),
        Given::Null | Given::Value(_) => restore(issue),
    }
}

fn put_away(store: &mut Store, before: Record, trash: bool) -> Record {
    let mut issue = before.clone();
    hide(store, &mut issue, trash);
    finish(store, &before, issue)
}

fn hide(store: &mut Store, issue: &mut Record, trash: bool) {
    if text(issue, "archivedAt").is_none() {
        let now = time::now(store);
        set(issue, [("archivedAt", json!(now))]);
    }
    if trash {
        set(issue, [("trashed", json!(true))]);
    }
}

fn restore(issue: &mut Record) {
    set(
        issue,
        [("archivedAt", Value::Null), ("trashed", Value::Null)],
    );
}

fn finish(store: &mut Store, before: &Record, mut issue: Record) -> Record {
    let id = id_of(&issue);
    if differs(before, &issue) {
        touch(store, &mut issue);
        history::write(store, before, &issue);
        store.put("Issue", issue);
    }
    archive_payload(store, "Issue", Some(id))
}

/// Removes an issue and all that hangs on it; its sub-issues stay, without a parent.
fn erase(store: &mut Store, id: &str) {
    for (kind, fields) in [
        ("Comment", &["issueId"][..]),
        ("Attachment", &["issueId"]),
        ("IssueHistory", &["issueId"]),
        ("IssueRelation", &["issueId", "relatedIssueId"]),
    ] {
        let hanging: Vec<String> = store
            .all(kind)
            .filter(|record| fields.iter().any(|field| text(record, field) == Some(id)))
            .map(id_of)
            .collect();
        for one in hanging {
            store.remove(kind, &one);
        }
    }
    let children: Vec<String> = store
        .all("Issue")
        .filter(|issue| text(issue, "parentId") == Some(id))
        .map(id_of)
        .collect();
    for child in children {
        if let Some(issue) = store.get_mut("Issue", &child) {
            set(issue, [("parentId", Value::Null)]);
        }
    }
    store.remove("Issue", id);
}

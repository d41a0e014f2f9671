//! The mutations on the seeded workspace: what they refuse and what they change. Each module below tests a point of
//! `linear/api.md` §7 or a type of entity.

mod attachments;
mod comments;
mod issues;
mod labels;
mod places;
mod projects;
mod templates;

use serde_json::{Value, json};

use super::run;
use crate::sandbox::identifier;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::seed::{self, Size};
use crate::sandbox::store::{Record, Store, text};

/// A version 4 UUID that no seeded record has.
const OWN_ID: &str = "0b8f7c1a-3d52-4e6f-9a7b-1c2d3e4f5a6b";

/// The seeded workspace.
fn workspace() -> Store {
    seed::workspace(Size::STANDARD)
}

/// Runs a mutation.
fn attempt(store: &mut Store, field: &str, args: Value) -> Result<Record, Refusal> {
    let Value::Object(args) = args else {
        panic!("arguments are an object");
    };
    run(store, field, &args).unwrap()
}

/// Runs a mutation that must succeed and returns the payload.
fn done(store: &mut Store, field: &str, args: Value) -> Record {
    let payload = attempt(store, field, args).unwrap();
    assert_eq!(payload.get("success"), Some(&json!(true)));
    payload
}

/// Runs a mutation that must be refused, checks that nothing has changed, and returns the message of the refusal.
fn refused(store: &mut Store, field: &str, args: Value) -> String {
    refusal(store, field, args).message
}

/// Like [`refused`], but returns the whole refusal.
fn refusal(store: &mut Store, field: &str, args: Value) -> Refusal {
    let before = format!("{store:?}");
    let refusal = attempt(store, field, args).unwrap_err();
    assert!(
        before == format!("{store:?}"),
        "{field} changed something: {refusal}"
    );
    refusal
}

/// The record that a payload names under `key`.
fn named(store: &Store, kind: &str, payload: &Record, key: &str) -> Record {
    store
        .get(kind, text(payload, key).unwrap())
        .unwrap()
        .clone()
}

/// Creates an issue in a team and returns its record.
fn new_issue(store: &mut Store, team: &str, mut input: Value) -> Record {
    input["teamId"] = team_id(store, team).into();
    if input.get("title").is_none() {
        input["title"] = "A title".into();
    }
    let payload = done(store, "issueCreate", json!({ "input": input }));
    named(store, "Issue", &payload, "issueId")
}

/// Updates an issue by its identifier and returns its record.
fn change(store: &mut Store, id: &str, input: Value) -> Record {
    let payload = done(store, "issueUpdate", json!({ "id": id, "input": input }));
    named(store, "Issue", &payload, "issueId")
}

/// The issue with this identifier.
fn issue(store: &Store, id: &str) -> Record {
    identifier::issue(store, id).unwrap().clone()
}

/// The UUID of the issue with this identifier.
fn issue_id(store: &Store, id: &str) -> String {
    text(&issue(store, id), "id").unwrap().to_owned()
}

fn team_id(store: &Store, key: &str) -> String {
    id_where(store, "Team", |team| text(team, "key") == Some(key))
}

/// The id of the state with this name in a team.
fn state_id(store: &Store, team: &str, name: &str) -> String {
    let team = team_id(store, team);
    id_where(store, "WorkflowState", |state| {
        text(state, "teamId") == Some(&team) && text(state, "name") == Some(name)
    })
}

/// The id of the label with this name in a team, or in the workspace.
fn label_id(store: &Store, team: Option<&str>, name: &str) -> String {
    let team = team.map(|key| team_id(store, key));
    id_where(store, "IssueLabel", |label| {
        text(label, "teamId") == team.as_deref() && text(label, "name") == Some(name)
    })
}

/// The id of the first record of a type with this name.
fn id_named(store: &Store, kind: &str, name: &str) -> String {
    id_where(store, kind, |record| text(record, "name") == Some(name))
}

fn id_where(store: &Store, kind: &str, fits: impl Fn(&Record) -> bool) -> String {
    let found = store.all(kind).find(|record| fits(record)).unwrap();
    text(found, "id").unwrap().to_owned()
}

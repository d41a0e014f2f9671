//! References in arguments: which forms they take, and that what they name exists.

use crate::sandbox::identifier;
use crate::sandbox::input::{Given, Input, is_uuid};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};

use super::record::id_of;

/// The record that the root argument `id` names by its UUID.
///
/// # Errors
/// No UUID, or no such record.
pub(super) fn root(store: &Store, kind: &str, args: Input<'_>) -> Result<Record, Refusal> {
    let id = args.uuid("id")?.value().unwrap_or_default();
    let found = store.get(kind, id).cloned();
    found.ok_or_else(|| Refusal::not_found(kind))
}

/// The issue that the root argument `id` names by its UUID or its identifier.
///
/// # Errors
/// No such issue.
pub(super) fn root_issue(store: &Store, args: Input<'_>) -> Result<Record, Refusal> {
    let id = args.text("id").unwrap_or_default();
    let found = identifier::issue(store, id).cloned();
    found.ok_or_else(|| Refusal::not_found("Issue"))
}

/// The record that the root argument `id` names by its UUID or the slug of its URL.
///
/// # Errors
/// No such record.
pub(super) fn root_slugged(store: &Store, kind: &str, args: Input<'_>) -> Result<Record, Refusal> {
    let id = args.text("id").unwrap_or_default();
    let found = identifier::slugged(store, kind, id).cloned();
    found.ok_or_else(|| Refusal::not_found(kind))
}

/// Whether an input can refer to a record of that id. What Linear says to a reference to something archived is not
/// known; it is refused as unknown.
fn can_be_named(store: &Store, kind: &str, id: &str) -> bool {
    let found = store.get(kind, id);
    found.is_some_and(|record| text(record, "archivedAt").is_none())
}

/// An input field that names a record by its UUID.
///
/// # Errors
/// No UUID, no such record, or an archived one.
pub(super) fn entity(
    store: &Store,
    kind: &str,
    input: Input<'_>,
    field: &str,
) -> Result<Given<String>, Refusal> {
    let given = input.uuid(field)?;
    match given {
        Given::Value(id) if !can_be_named(store, kind, id) => {
            Err(Refusal::bad_reference(kind, field))
        }
        given => Ok(given.map(str::to_owned)),
    }
}

/// An input field that lists records by their UUIDs; null is an empty list.
///
/// # Errors
/// An entry that is no UUID, or names nothing or something archived.
pub(super) fn entities(
    store: &Store,
    kind: &str,
    input: Input<'_>,
    field: &str,
) -> Result<Given<Vec<String>>, Refusal> {
    let given = input.uuids(field)?;
    if let Given::Value(ids) = &given
        && ids.iter().any(|id| !can_be_named(store, kind, id))
    {
        return Err(Refusal::bad_reference(kind, field));
    }
    Ok(given.map(|ids| ids.into_iter().map(str::to_owned).collect()))
}

/// An input field that names an issue by its UUID or identifier; gives the UUID.
///
/// # Errors
/// No such issue.
pub(super) fn issue(
    store: &Store,
    input: Input<'_>,
    field: &str,
) -> Result<Given<String>, Refusal> {
    match input.get(field) {
        Given::Absent => Ok(Given::Absent),
        Given::Null => Ok(Given::Null),
        Given::Value(value) => value
            .as_str()
            .and_then(|id| identifier::issue(store, id))
            .map(|record| Given::Value(id_of(record)))
            .ok_or_else(|| Refusal::bad_reference("Issue", field)),
    }
}

/// An input field that names a user who can be assigned: active and, unless `app` asks for one, no app.
///
/// # Errors
/// No UUID, no such user, a deactivated one or one of the other sort. What Linear says to the last two is not
/// known (`linear/api.md` §1.2 only says that `delegateId` takes an app user); they are refused as unknown.
pub(super) fn person(
    store: &Store,
    input: Input<'_>,
    field: &str,
    app: bool,
) -> Result<Given<String>, Refusal> {
    let given = entity(store, "User", input, field)?;
    let fits = |user: &Record| is_set(user, "active") && is_set(user, "app") == app;
    match &given {
        Given::Value(id) if !store.get("User", id).is_some_and(fits) => {
            Err(Refusal::bad_reference("User", field))
        }
        _ => Ok(given),
    }
}

/// An input field that lists users who can be given work: active ones. Refused as [`person`] refuses.
///
/// # Errors
/// An entry that is no UUID, no such user, or a deactivated one.
pub(super) fn people(
    store: &Store,
    input: Input<'_>,
    field: &str,
) -> Result<Given<Vec<String>>, Refusal> {
    let given = entities(store, "User", input, field)?;
    let is_active = |id: &String| {
        let user = store.get("User", id);
        user.is_some_and(|user| is_set(user, "active"))
    };
    match &given {
        Given::Value(ids) if !ids.iter().all(is_active) => {
            Err(Refusal::bad_reference("User", field))
        }
        _ => Ok(given),
    }
}

/// Whether a flag of a record is set.
fn is_set(record: &Record, flag: &str) -> bool {
    record.get(flag).and_then(serde_json::Value::as_bool) == Some(true)
}

/// A team's id and its ancestors' ids, the team first.
pub(super) fn lineage(store: &Store, team_id: &str) -> Vec<String> {
    let mut line = Vec::new();
    let mut next = Some(team_id.to_owned());
    while let Some(id) = next.filter(|id| !line.contains(id)) {
        next = store
            .get("Team", &id)
            .and_then(|team| text(team, "parentId"))
            .map(str::to_owned);
        line.push(id);
    }
    line
}

/// The root argument `field` as a UUID, required by the schema.
///
/// # Errors
/// No UUID, or no such record (`bad_reference`).
pub(super) fn argument(
    store: &Store,
    kind: &str,
    args: Input<'_>,
    field: &str,
) -> Result<String, Refusal> {
    match args.text(field) {
        Some(id) if !is_uuid(id) => Err(Refusal::not_uuid(field)),
        Some(id) if store.get(kind, id).is_some() => Ok(id.to_owned()),
        _ => Err(Refusal::bad_reference(kind, field)),
    }
}

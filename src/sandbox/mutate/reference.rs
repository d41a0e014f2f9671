//! References in arguments: which forms they take, and that what they name exists.

use serde_json::Value;

use crate::sandbox::identifier;
use crate::sandbox::input::{Input, InputValue, is_uuid};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};

use super::{Arguments, id_of};

/// Returns the record that the root argument `id` names by its UUID.
///
/// # Errors
/// An id that is not a UUID or names no record.
pub(super) fn root(store: &Store, kind: &str, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let id = arguments.root.uuid("id")?.value().unwrap_or_default();
    let record = store.get(kind, id).cloned();
    record.ok_or_else(|| Refusal::not_found(kind))
}

/// Returns the record that the root argument `id` names by its UUID or by the slug at the end of its URL.
///
/// # Errors
/// An id that names no record.
pub(super) fn root_or_slug(
    store: &Store,
    kind: &str,
    arguments: Arguments<'_>,
) -> Result<Record, Refusal> {
    let id = arguments.root.text("id").unwrap_or_default();
    let record = identifier::by_id_or_slug(store, kind, id).cloned();
    record.ok_or_else(|| Refusal::not_found(kind))
}

/// Returns the id that a root argument gives.
///
/// # Errors
/// An id that is not a UUID or names no record (`bad_reference`).
pub(super) fn argument(
    store: &Store,
    kind: &str,
    arguments: Arguments<'_>,
    field: &str,
) -> Result<String, Refusal> {
    match arguments.root.text(field) {
        Some(id) if !is_uuid(id) => Err(Refusal::not_uuid(field)),
        Some(id) if store.get(kind, id).is_some() => Ok(id.to_owned()),
        _ => Err(Refusal::bad_reference(kind, field)),
    }
}

/// Whether an input can refer to a record of this id. What Linear says to a reference to something archived is not
/// known; such a reference is refused as unknown.
fn can_be_named(store: &Store, kind: &str, id: &str) -> bool {
    let record = store.get(kind, id);
    record.is_some_and(|record| text(record, "archivedAt").is_none())
}

/// Returns the id in an input field that names a record by its UUID.
///
/// # Errors
/// An id that is not a UUID, names no record, or names an archived one.
pub(super) fn entity(
    store: &Store,
    kind: &str,
    input: Input<'_>,
    field: &str,
) -> Result<InputValue<String>, Refusal> {
    let given = input.uuid(field)?;
    match given {
        InputValue::Value(id) if !can_be_named(store, kind, id) => {
            Err(Refusal::bad_reference(kind, field))
        }
        given => Ok(given.map(str::to_owned)),
    }
}

/// Returns the ids in an input field that lists records by their UUIDs.
///
/// # Errors
/// An entry that is not a UUID, names no record, or names an archived one.
pub(super) fn entities(
    store: &Store,
    kind: &str,
    input: Input<'_>,
    field: &str,
) -> Result<InputValue<Vec<String>>, Refusal> {
    let given = input.uuids(field)?;
    if let InputValue::Value(ids) = &given
        && ids.iter().any(|id| !can_be_named(store, kind, id))
    {
        return Err(Refusal::bad_reference(kind, field));
    }
    Ok(given.map(|ids| ids.into_iter().map(str::to_owned).collect()))
}

/// Returns the id in an input field that names an issue by its UUID or identifier.
///
/// # Errors
/// A text that names no issue.
pub(super) fn issue(
    store: &Store,
    input: Input<'_>,
    field: &str,
) -> Result<InputValue<String>, Refusal> {
    match input.get(field) {
        InputValue::Absent => Ok(InputValue::Absent),
        InputValue::Null => Ok(InputValue::Null),
        InputValue::Value(value) => value
            .as_str()
            .and_then(|id| identifier::issue(store, id))
            .map(|record| InputValue::Value(id_of(record)))
            .ok_or_else(|| Refusal::bad_reference("Issue", field)),
    }
}

/// Returns the id in an input field that names a user who can be assigned: an active user, who is an app where
/// `is_app` asks for one and a person otherwise.
///
/// # Errors
/// An id that is not a UUID or names no such user. What Linear says to a deactivated user, or to an app in a person's
/// place, is not known (`linear/api.md` §1.2 only says that `delegateId` takes an app user); both are refused as
/// unknown.
pub(super) fn assignable_user(
    store: &Store,
    input: Input<'_>,
    field: &str,
    is_app: bool,
) -> Result<InputValue<String>, Refusal> {
    let given = entity(store, "User", input, field)?;
    let fits = |user: &Record| is_set(user, "active") && is_set(user, "app") == is_app;
    match &given {
        InputValue::Value(id) if !store.get("User", id).is_some_and(fits) => {
            Err(Refusal::bad_reference("User", field))
        }
        _ => Ok(given),
    }
}

/// Returns the ids in an input field that lists active users.
///
/// # Errors
/// An entry that is not a UUID, names no user, or names a deactivated one.
pub(super) fn active_users(
    store: &Store,
    input: Input<'_>,
    field: &str,
) -> Result<InputValue<Vec<String>>, Refusal> {
    let given = entities(store, "User", input, field)?;
    match &given {
        InputValue::Value(ids) if !ids.iter().all(|id| is_active_user(store, id)) => {
            Err(Refusal::bad_reference("User", field))
        }
        _ => Ok(given),
    }
}

/// Whether an id names a user who has not been deactivated.
pub(super) fn is_active_user(store: &Store, id: &str) -> bool {
    let user = store.get("User", id);
    user.is_some_and(|user| is_set(user, "active"))
}

/// Whether a flag of a record is set.
fn is_set(record: &Record, flag: &str) -> bool {
    record.get(flag).and_then(Value::as_bool) == Some(true)
}

/// Returns the refusal of an input that must name exactly one of these targets.
pub(super) fn not_one_target(targets: &[&str]) -> Refusal {
    Refusal::invalid_input("Argument Validation Error").saying(format!(
        "Exactly one of {} must be given.",
        targets.join(", ")
    ))
}

/// Returns the id of a team and the ids of the teams above it, nearest first.
pub(super) fn team_with_ancestors(store: &Store, team_id: &str) -> Vec<String> {
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

//! What all records and all payloads have in common.

use serde_json::{Value, json};

use crate::sandbox::input::{Given, Input, is_uuid_v4};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

/// The arguments' `input` object; an empty one when the mutation has none.
pub(super) fn input_of<'a>(args: Input<'a>, empty: &'a Record) -> Input<'a> {
    args.object("input").unwrap_or(Input(empty))
}

/// A new record's id: the client's own, or a fresh one.
///
/// # Errors
/// A client's id that is no version 4 UUID, or that a record of this type has already.
pub(super) fn new_id(store: &mut Store, kind: &str, input: Input<'_>) -> Result<String, Refusal> {
    let Some(id) = input.text("id") else {
        return Ok(store.new_id());
    };
    if !is_uuid_v4(id) {
        return Err(Refusal::not_uuid("id"));
    }
    if store.get(kind, id).is_some() {
        return Err(Refusal::conflict(kind, id));
    }
    Ok(id.to_owned())
}

/// A record with its id and both timestamps.
pub(super) fn fresh(store: &mut Store, id: String) -> Record {
    let now = time::now(store);
    Record::from_iter([
        ("id".to_owned(), json!(id)),
        ("createdAt".to_owned(), json!(now)),
        ("updatedAt".to_owned(), json!(now)),
        ("archivedAt".to_owned(), Value::Null),
    ])
}

/// Moves a record's `updatedAt` to the present.
pub(super) fn touch(store: &mut Store, record: &mut Record) {
    record.insert("updatedAt".into(), time::now(store).into());
}

/// Whether any field has another value; a field left out is the same as null.
pub(super) fn differs(before: &Record, after: &Record) -> bool {
    let value = |record: &Record, field: &String| record.get(field).cloned().unwrap_or_default();
    before
        .keys()
        .chain(after.keys())
        .any(|field| value(before, field) != value(after, field))
}

/// Writes several fields.
pub(super) fn set<const N: usize>(record: &mut Record, fields: [(&str, Value); N]) {
    for (field, value) in fields {
        record.insert(field.to_owned(), value);
    }
}

/// Writes an id field that was given, null included.
pub(super) fn set_given(record: &mut Record, field: &str, given: Given<String>) {
    match given {
        Given::Absent => {}
        Given::Null => set(record, [(field, Value::Null)]),
        Given::Value(id) => set(record, [(field, id.into())]),
    }
}

/// A list field of a record as texts.
pub(super) fn list<'r>(record: &'r Record, field: &str) -> impl Iterator<Item = &'r str> {
    record
        .get(field)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// A record's id.
pub(super) fn id_of(record: &Record) -> String {
    text(record, "id").unwrap_or_default().to_owned()
}

/// A payload that names an entity by its foreign key: `issueId`, `commentId`.
pub(super) fn payload(store: &mut Store, key: &str, id: impl Into<Value>) -> Record {
    let mut payload = success(store);
    payload.insert(key.to_owned(), id.into());
    payload
}

/// A payload with an `entity` of that type; `None` when it is gone.
pub(super) fn archive_payload(store: &mut Store, kind: &str, id: Option<String>) -> Record {
    let mut payload = success(store);
    set(
        &mut payload,
        [("entityId", json!(id)), ("__entity", json!(kind))],
    );
    payload
}

fn success(store: &mut Store) -> Record {
    let change = store.next_change();
    let mut payload = Record::new();
    set(
        &mut payload,
        [
            ("success", json!(true)),
            (
                "lastSyncId",
                json!(f64::from(u32::try_from(change).unwrap_or(u32::MAX))),
            ),
        ],
    );
    payload
}

/// A text that must not be blank when given, and not be null.
///
/// # Errors
/// An argument validation error; its wording is not known from Linear (`linear/api.md` §4).
pub(super) fn filled(input: Input<'_>, field: &str) -> Result<(), Refusal> {
    let blank = match input.get(field) {
        Given::Absent => false,
        Given::Null => true,
        Given::Value(value) => value.as_str().is_none_or(|text| text.trim().is_empty()),
    };
    if blank {
        return Err(Refusal::validation(
            field,
            "isNotEmpty",
            format!("{field} should not be empty"),
        ));
    }
    Ok(())
}

/// A text of at most `most` characters.
///
/// # Errors
/// "`body` must be shorter than or equal to 100000 characters".
pub(super) fn at_most(input: Input<'_>, field: &str, most: usize) -> Result<(), Refusal> {
    if input
        .text(field)
        .is_some_and(|text| text.chars().count() > most)
    {
        return Err(Refusal::validation(
            field,
            "maxLength",
            format!("{field} must be shorter than or equal to {most} characters"),
        ));
    }
    Ok(())
}

/// A whole number between two bounds, when given and not null.
///
/// # Errors
/// An argument validation error that names the bound it breaks.
pub(super) fn between(input: Input<'_>, field: &str, low: f64, high: f64) -> Result<(), Refusal> {
    let Some(number) = input.number(field) else {
        return Ok(());
    };
    let (constraint, text) = if number < low {
        ("min", format!("{field} must not be less than {low}"))
    } else if number > high {
        ("max", format!("{field} must not be greater than {high}"))
    } else {
        return Ok(());
    };
    Err(Refusal::validation(field, constraint, text))
}

/// A colour such as `#eb5757`.
///
/// # Errors
/// An argument validation error; its wording is not known from Linear.
pub(super) fn colour(input: Input<'_>) -> Result<(), Refusal> {
    let is_colour = |text: &str| {
        text.strip_prefix('#')
            .is_some_and(|hex| hex.len() == 6 && hex.chars().all(|c| c.is_ascii_hexdigit()))
    };
    match input.get("color") {
        Given::Value(value) if !value.as_str().is_some_and(is_colour) => Err(Refusal::validation(
            "color",
            "isHexColor",
            "color must be a hexadecimal color",
        )),
        _ => Ok(()),
    }
}

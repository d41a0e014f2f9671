//! The mutations: what Linear checks and changes for each of them.
//!
//! # How a mutation runs
//!
//! [`run`] looks the root field up in the tables of the files below, refuses input fields that the stand-in does not
//! model, and calls the mutation's function on a copy of the workspace. The function checks the references in its
//! input (`reference`), changes records, and returns the payload. When it succeeds, the copy becomes the workspace;
//! when it is refused, nothing has changed.
//!
//! # How to add one
//!
//! Write its function in the file of its entity, with [`create_record`], [`update_record`], [`save`] and
//! [`delete_record`] for what all entities have in common, and add its row to the file's `MUTATIONS`. A new file is
//! added to [`TABLES`]. The mutation's payload is an object whose entities stand under their foreign keys; the
//! resolvers find the entities by them.

mod attachment;
mod comment;
mod document;
mod issue;
mod label;
mod project;
mod reference;
mod relation;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use super::derived;
use super::input::{Input, InputValue, is_uuid_v4};
use super::markdown;
use super::refusal::Refusal;
use super::schema::lower_first;
use super::store::{Record, Store, text};
use super::time;

/// All mutations that the stand-in models, one table per file.
const TABLES: [&[Mutation]; 7] = [
    issue::MUTATIONS,
    label::MUTATIONS,
    comment::MUTATIONS,
    project::MUTATIONS,
    document::MUTATIONS,
    attachment::MUTATIONS,
    relation::MUTATIONS,
];

/// A mutation that the stand-in models.
struct Mutation {
    /// The root field, for instance `commentCreate`.
    name: &'static str,
    /// The fields of the mutation's input that the stand-in models, in groups. A value in any other field is refused.
    /// `None` where the function checks the fields itself or the schema leaves no other ones.
    modelled_fields: Option<FieldGroups>,
    /// Checks the arguments, changes the workspace and returns the payload.
    function: fn(&mut Store, Arguments<'_>) -> Result<Record, Refusal>,
}

/// Names of input fields, in groups that mutations share.
type FieldGroups = &'static [&'static [&'static str]];

impl Mutation {
    const fn new(
        name: &'static str,
        modelled_fields: Option<FieldGroups>,
        function: fn(&mut Store, Arguments<'_>) -> Result<Record, Refusal>,
    ) -> Self {
        Self {
            name,
            modelled_fields,
            function,
        }
    }
}

/// The arguments of one mutation.
#[derive(Clone, Copy)]
struct Arguments<'a> {
    /// The arguments of the root field.
    root: Input<'a>,
    /// The object in the argument `input`, or the root arguments where the mutation has no such argument.
    input: Input<'a>,
}

/// Runs the mutation `name` with its coerced arguments on the workspace.
///
/// The returned record is the payload: scalars under their own names, an entity under its foreign key (`issueId`,
/// `issueIds`; `entityId` with the type's name under `__entity` where the payload has `entity`). `None` means that
/// the stand-in does not model this mutation. A refused mutation changes nothing at all, so a batch is one
/// transaction.
pub(super) fn run(
    store: &mut Store,
    name: &str,
    arguments: &Map<String, Value>,
) -> Option<Result<Record, Refusal>> {
    let mut mutations = TABLES.into_iter().flatten();
    let mutation = mutations.find(|mutation| mutation.name == name)?;
    let root = Input(arguments);
    let input = root.object("input").unwrap_or(root);
    if let Some(fields) = mutation.modelled_fields
        && let Err(refusal) = input.refuse_unmodelled(fields)
    {
        return Some(Err(refusal));
    }
    let mut draft = store.clone();
    let outcome = (mutation.function)(&mut draft, Arguments { root, input });
    if outcome.is_ok() {
        derived::refresh(&mut draft);
        *store = draft;
    }
    Some(outcome)
}

/// Returns a new record of that type, not stored yet: with its id and timestamps, and as `fill` completes it.
///
/// # Errors
/// The refusal of the client's id when it is not a version 4 UUID or is taken, and every refusal of `fill`.
fn create_record(
    store: &mut Store,
    kind: &str,
    input: Input<'_>,
    fill: impl FnOnce(&mut Store, &mut Record) -> Result<(), Refusal>,
) -> Result<Record, Refusal> {
    let id = match input.text("id") {
        None => store.new_id(),
        Some(id) if !is_uuid_v4(id) => return Err(Refusal::not_uuid("id")),
        Some(id) if store.get(kind, id).is_some() || store.is_deleted(id) => {
            return Err(Refusal::conflict(kind, id));
        }
        Some(id) => id.to_owned(),
    };
    let mut record = new_record(store, id);
    fill(store, &mut record)?;
    Ok(record)
}

/// Returns a record with its id and both timestamps.
fn new_record(store: &mut Store, id: String) -> Record {
    let now = time::now(store);
    Record::from_iter([
        ("id".to_owned(), json!(id)),
        ("createdAt".to_owned(), json!(now)),
        ("updatedAt".to_owned(), json!(now)),
        ("archivedAt".to_owned(), Value::Null),
    ])
}

/// Returns the record as `edit` changes it, not stored yet. Its `updatedAt` moves when any field has changed.
///
/// # Errors
/// Every refusal of `edit`.
fn update_record(
    store: &mut Store,
    before: &Record,
    edit: impl FnOnce(&mut Store, &mut Record) -> Result<(), Refusal>,
) -> Result<Record, Refusal> {
    let mut record = before.clone();
    edit(store, &mut record)?;
    if differs(before, &record) {
        touch(store, &mut record);
    }
    Ok(record)
}

/// Stores a record and returns the payload that names it.
fn save(store: &mut Store, kind: &'static str, record: Record) -> Record {
    let id = id_of(&record);
    store.put(kind, record);
    entity_payload(store, kind, id)
}

/// Deletes the record that the root argument `id` names, after `detach` has dealt with the records that refer to it.
/// Returns the payload.
///
/// # Errors
/// An id that is not a UUID or names no record.
fn delete_record(
    store: &mut Store,
    kind: &str,
    arguments: Arguments<'_>,
    detach: impl FnOnce(&mut Store, &str),
) -> Result<Record, Refusal> {
    let id = id_of(&reference::root(store, kind, arguments)?);
    detach(store, &id);
    store.delete(kind, &id);
    Ok(payload(store, "entityId", id))
}

/// Moves a document or project into the trash, from where it can be restored (`linear/api.md` §1.2).
fn trash(store: &mut Store, record: &mut Record) {
    let now = time::now(store);
    set(
        record,
        [("archivedAt", json!(now)), ("trashed", json!(true))],
    );
}

/// Takes a record out of the archive and out of the trash.
fn restore(record: &mut Record) {
    set(
        record,
        [("archivedAt", Value::Null), ("trashed", Value::Null)],
    );
}

/// Applies `trashed` of an update: true moves the record into the trash with `trash`, null and false take it out.
fn edit_trashed(
    store: &mut Store,
    record: &mut Record,
    input: Input<'_>,
    trash: impl FnOnce(&mut Store, &mut Record),
) {
    match input.get("trashed") {
        InputValue::Absent => {}
        InputValue::Value(Value::Bool(true)) => trash(store, record),
        InputValue::Null | InputValue::Value(_) => restore(record),
    }
}

/// Moves the document or project that the root argument `id` names into the trash, or takes it out. Returns the
/// payload.
///
/// # Errors
/// An id that is not a UUID or names no record.
fn set_trashed(
    store: &mut Store,
    kind: &'static str,
    arguments: Arguments<'_>,
    trashed: bool,
) -> Result<Record, Refusal> {
    let mut record = reference::root(store, kind, arguments)?;
    if trashed {
        trash(store, &mut record);
    } else {
        restore(&mut record);
    }
    touch(store, &mut record);
    let id = id_of(&record);
    store.put(kind, record);
    Ok(archive_payload(store, kind, Some(id)))
}

/// Moves a record's `updatedAt` to the present.
fn touch(store: &mut Store, record: &mut Record) {
    record.insert("updatedAt".into(), time::now(store).into());
}

/// Whether any field has another value in `after`. A missing field is the same as null.
fn differs(before: &Record, after: &Record) -> bool {
    let value = |record: &Record, field: &String| record.get(field).cloned().unwrap_or_default();
    before
        .keys()
        .chain(after.keys())
        .any(|field| value(before, field) != value(after, field))
}

/// Writes several fields of a record.
fn set<const N: usize>(record: &mut Record, fields: [(&str, Value); N]) {
    for (field, value) in fields {
        record.insert(field.to_owned(), value);
    }
}

/// Writes a field that the input gives: its value or null. An absent field stays unchanged.
fn set_if_given(record: &mut Record, field: &str, given: InputValue<impl Into<Value>>) {
    match given {
        InputValue::Absent => {}
        InputValue::Null => set(record, [(field, Value::Null)]),
        InputValue::Value(value) => set(record, [(field, value.into())]),
    }
}

/// Writes a list of ids that the input gives. Null empties the list.
fn set_ids_if_given(record: &mut Record, field: &str, given: InputValue<Vec<String>>) {
    match given {
        InputValue::Absent => {}
        InputValue::Null => set(record, [(field, json!([]))]),
        InputValue::Value(ids) => set(record, [(field, json!(ids))]),
    }
}

/// Writes a title or name that the input gives, without the white space around it.
fn set_trimmed(record: &mut Record, field: &str, input: Input<'_>) {
    if let Some(value) = input.text(field) {
        set(record, [(field, value.trim().into())]);
    }
}

/// Writes a markdown field that the input gives, in the form in which Linear would give it back.
fn set_markdown(record: &mut Record, field: &str, input: Input<'_>) {
    let given = input.get(field);
    let written = given.map(|value| markdown::normalise(value.as_str().unwrap_or_default()));
    set_if_given(record, field, written);
}

/// The entries of a record's list that are texts.
fn text_list<'r>(record: &'r Record, field: &str) -> impl Iterator<Item = &'r str> {
    record
        .get(field)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

/// The id of a record.
fn id_of(record: &Record) -> String {
    text(record, "id").unwrap_or_default().to_owned()
}

/// The ids of the records of a type whose field refers to this id.
fn referring_ids(store: &Store, kind: &str, field: &str, id: &str) -> Vec<String> {
    store
        .all(kind)
        .filter(|record| text(record, field) == Some(id))
        .map(id_of)
        .collect()
}

/// Sets a field to null on all records of a type where it refers to this id.
fn clear_references(store: &mut Store, kind: &str, field: &str, id: &str) {
    for referring in referring_ids(store, kind, field, id) {
        if let Some(record) = store.get_mut(kind, &referring) {
            set(record, [(field, Value::Null)]);
        }
    }
}

/// Returns the payload that names an entity of this type: `issueId` for an `Issue`.
fn entity_payload(store: &mut Store, kind: &str, id: impl Into<Value>) -> Record {
    payload(store, &format!("{}Id", lower_first(kind)), id)
}

/// Returns the payload with an `entity` of this type; `None` when the entity is gone.
fn archive_payload(store: &mut Store, kind: &str, id: Option<String>) -> Record {
    let mut archived = payload(store, "entityId", id);
    set(&mut archived, [("__entity", json!(kind))]);
    archived
}

/// Returns the payload of a mutation that succeeded, with this value under this foreign key.
fn payload(store: &mut Store, key: &str, value: impl Into<Value>) -> Record {
    let change = store.next_change();
    let last_sync_id = f64::from(u32::try_from(change).unwrap_or(u32::MAX));
    let mut payload = Record::new();
    set(
        &mut payload,
        [
            ("success", json!(true)),
            ("lastSyncId", json!(last_sync_id)),
            (key, value.into()),
        ],
    );
    payload
}

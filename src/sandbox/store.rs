//! The workspace in memory: records by type and id, with the clock and the ids of the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

/// One entity. Scalars and enums are stored under the field names of the schema. A to-one relation `team` is stored as
/// `teamId`; a to-many relation that the entity owns (`labels`) is stored as `labelIds`, a list of ids. Relations that
/// the other side owns (the comments of an issue) are not stored twice: they are found by the foreign key.
pub type Record = Map<String, Value>;

/// All records of one workspace, by GraphQL type name and then by id, in order of insertion.
#[derive(Clone, Debug, Default)]
pub struct Store {
    tables: BTreeMap<&'static str, Table>,
    /// The moment of the last timestamp, in milliseconds since the epoch. Every reading of the clock moves it on, so no two
    /// timestamps are equal.
    clock_ms: i64,
    /// The number of ids made so far. New ids follow from it, so that they are the same in every run.
    ids_made: u64,
    /// The number of changes so far, which is Linear's `lastSyncId`.
    changes: u64,
    /// The most issues outside the archive that the plan allows; `None` for a paid plan.
    issue_limit: Option<usize>,
    /// The integrations that the workspace does not have.
    integrations_off: BTreeSet<String>,
    /// The ids of deleted entities. No new entity can have one of them.
    deleted_ids: BTreeSet<String>,
}

#[derive(Clone, Debug, Default)]
struct Table {
    order: Vec<String>,
    /// A record is shared between a store and its copies until one of them changes it, so that copying a store is cheap.
    records: BTreeMap<String, Arc<Record>>,
}

/// 2025-01-16T10:00:00Z, the day of the examples in the contract, so that answers look like them.
const EPOCH_MS: i64 = 1_737_021_600_000;

impl Store {
    /// Creates an empty workspace whose clock stands at 2025-01-16T10:00:00Z.
    pub fn new() -> Self {
        Self {
            clock_ms: EPOCH_MS,
            ..Self::default()
        }
    }

    /// The record of this type and id.
    pub fn get(&self, kind: &str, id: &str) -> Option<&Record> {
        self.tables.get(kind)?.records.get(id).map(Arc::as_ref)
    }

    /// The record of this type and id, to be changed in place.
    pub fn get_mut(&mut self, kind: &str, id: &str) -> Option<&mut Record> {
        self.tables
            .get_mut(kind)?
            .records
            .get_mut(id)
            .map(Arc::make_mut)
    }

    /// All records of a type, oldest first. An unknown type has none.
    pub fn all(&self, kind: &str) -> impl Iterator<Item = &Record> {
        self.tables.get(kind).into_iter().flat_map(|table| {
            let record = |id| table.records.get(id).map(Arc::as_ref);
            table.order.iter().filter_map(record)
        })
    }

    /// The GraphQL names of the types that have had records.
    pub fn kinds(&self) -> Vec<&'static str> {
        self.tables.keys().copied().collect()
    }

    /// The first record of a type whose `field` equals `value`.
    pub fn find(&self, kind: &str, field: &str, value: &str) -> Option<&Record> {
        self.all(kind)
            .find(|record| text(record, field) == Some(value))
    }

    /// Stores a record under its `id`. It replaces a record with the same id.
    pub fn put(&mut self, kind: &'static str, record: Record) {
        let Some(id) = text(&record, "id").map(str::to_owned) else {
            return;
        };
        let table = self.tables.entry(kind).or_default();
        if table.records.insert(id.clone(), Arc::new(record)).is_none() {
            table.order.push(id);
        }
    }

    /// Removes a record and returns it.
    pub fn remove(&mut self, kind: &str, id: &str) -> Option<Record> {
        let table = self.tables.get_mut(kind)?;
        table.order.retain(|known| known != id);
        table.records.remove(id).map(Arc::unwrap_or_clone)
    }

    /// Removes a record, as [`Store::remove`] does, and keeps its id from being given again.
    pub(super) fn delete(&mut self, kind: &str, id: &str) {
        if self.remove(kind, id).is_some() {
            self.deleted_ids.insert(id.to_owned());
        }
    }

    /// Whether an entity with this id was deleted.
    pub(super) fn is_deleted(&self, id: &str) -> bool {
        self.deleted_ids.contains(id)
    }

    /// The present moment in milliseconds since the epoch, a millisecond later at every call.
    pub fn now_ms(&mut self) -> i64 {
        self.clock_ms += 1;
        self.clock_ms
    }

    /// Counts one more change and returns its number, which is sent as `lastSyncId`.
    pub fn next_change(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    /// The number of the last change.
    pub(super) fn last_change(&self) -> u64 {
        self.changes
    }

    /// The most issues outside the archive that the plan allows (`linear/api.md` §4, "free plan"); `None` for no limit.
    pub fn issue_limit(&self) -> Option<usize> {
        self.issue_limit
    }

    /// Sets the limit that [`Store::issue_limit`] returns.
    pub fn set_issue_limit(&mut self, limit: Option<usize>) {
        self.issue_limit = limit;
    }

    /// Whether the workspace has the integration of this name: `github`, `gitlab`, `slack`, `figma`, `sentry`.
    pub fn has_integration(&self, name: &str) -> bool {
        !self.integrations_off.contains(name)
    }

    /// Adds or removes an integration. A new workspace has all integrations. A link to a service without its integration
    /// becomes a plain attachment.
    pub fn set_integration(&mut self, name: &str, present: bool) {
        if present {
            self.integrations_off.remove(name);
        } else {
            self.integrations_off.insert(name.to_owned());
        }
    }

    /// The moment of the last timestamp, in milliseconds since the epoch. The clock is not moved on.
    pub fn clock_ms(&self) -> i64 {
        self.clock_ms
    }

    /// Makes a new id in UUID v4 format, the same in every run.
    pub fn new_id(&mut self) -> String {
        self.ids_made += 1;
        format!("5eed0000-0000-4000-8000-{:012x}", self.ids_made)
    }
}

/// The text in a field of a record, when the field is a string.
pub fn text<'r>(record: &'r Record, field: &str) -> Option<&'r str> {
    record.get(field).and_then(Value::as_str)
}

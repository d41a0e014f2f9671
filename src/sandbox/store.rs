//! The workspace in memory: records by type and id, with the clock and the ids that made them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

/// One entity. Scalars and enums stand under the schema's field name. A to-one relation `team` stands as
/// `teamId`; a to-many relation that the entity owns (`labels`) stands as `labelIds`, a list of ids. Relations
/// that the other side owns (an issue's comments) are not stored twice: they are found by the foreign key.
pub type Record = Map<String, Value>;

/// All records of one workspace, by GraphQL type name and then by id, in order of insertion.
#[derive(Clone, Debug, Default)]
pub struct Store {
    tables: BTreeMap<&'static str, Table>,
    /// Milliseconds since the epoch of the next timestamp. Every reading moves it on, so no two are equal.
    clock_ms: i64,
    /// How many ids have been made, so that ids are the same in every run.
    ids_made: u64,
    /// How many changes there were: Linear's `lastSyncId`.
    changes: u64,
    /// How many issues outside the archive the plan allows; `None` is a paid plan.
    issue_limit: Option<usize>,
    /// The integrations that the workspace does not have.
    integrations_off: BTreeSet<String>,
}

#[derive(Clone, Debug, Default)]
struct Table {
    order: Vec<String>,
    /// Shared between a store and its copies until one of them changes it, so that copying a store is cheap.
    records: BTreeMap<String, Arc<Record>>,
}

/// 2025-01-16T10:00:00Z: the contract's own day, so that answers look like its examples.
const EPOCH_MS: i64 = 1_737_021_600_000;

impl Store {
    /// An empty workspace whose clock stands at 2025-01-16T10:00:00Z.
    pub fn new() -> Self {
        Self {
            clock_ms: EPOCH_MS,
            ..Self::default()
        }
    }

    /// The record of that type and id.
    pub fn get(&self, kind: &str, id: &str) -> Option<&Record> {
        self.tables.get(kind)?.records.get(id).map(Arc::as_ref)
    }

    /// The record of that type and id, to be changed in place.
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
            let of = |id| table.records.get(id).map(Arc::as_ref);
            table.order.iter().filter_map(of)
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

    /// Puts a record in under its own `id`, in the place of one with the same id.
    pub fn put(&mut self, kind: &'static str, record: Record) {
        let Some(id) = text(&record, "id").map(str::to_owned) else {
            return;
        };
        let table = self.tables.entry(kind).or_default();
        if table.records.insert(id.clone(), Arc::new(record)).is_none() {
            table.order.push(id);
        }
    }

    /// Takes a record out.
    pub fn remove(&mut self, kind: &str, id: &str) -> Option<Record> {
        let table = self.tables.get_mut(kind)?;
        table.order.retain(|known| known != id);
        table.records.remove(id).map(Arc::unwrap_or_clone)
    }

    /// The present moment, a millisecond later at every call, as milliseconds since the epoch.
    pub fn now_ms(&mut self) -> i64 {
        self.clock_ms += 1;
        self.clock_ms
    }

    /// The number of one more change, to be sent as `lastSyncId`.
    pub fn next_change(&mut self) -> u64 {
        self.changes += 1;
        self.changes
    }

    /// The number of the last change.
    pub(super) fn last_change(&self) -> u64 {
        self.changes
    }

    /// How many issues outside the archive the plan allows (`linear/api.md` §4, "free plan"); `None` is no limit.
    pub fn issue_limit(&self) -> Option<usize> {
        self.issue_limit
    }

    /// Sets what [`Store::issue_limit`] gives.
    pub fn set_issue_limit(&mut self, limit: Option<usize>) {
        self.issue_limit = limit;
    }

    /// Whether the workspace has the integration of that name: `github`, `gitlab`, `slack`, `figma`, `sentry`.
    pub fn has_integration(&self, name: &str) -> bool {
        !self.integrations_off.contains(name)
    }

    /// Adds or removes an integration. A new workspace has all of them. A link to a service without its integration
    /// becomes a plain attachment.
    pub fn set_integration(&mut self, name: &str, present: bool) {
        if present {
            self.integrations_off.remove(name);
        } else {
            self.integrations_off.insert(name.to_owned());
        }
    }

    /// The moment of the last reading, without moving the clock on.
    pub fn clock_ms(&self) -> i64 {
        self.clock_ms
    }

    /// A new id in UUID v4 format, the same in every run.
    pub fn new_id(&mut self) -> String {
        self.ids_made += 1;
        format!("5eed0000-0000-4000-8000-{:012x}", self.ids_made)
    }
}

/// A record's field as text, when it is a string.
pub fn text<'r>(record: &'r Record, field: &str) -> Option<&'r str> {
    record.get(field).and_then(Value::as_str)
}

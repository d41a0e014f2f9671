//! Planting records under readable handles such as `team ENG` or `state ENG/Todo`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::sandbox::store::Store;
use crate::sandbox::time;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The moment the workspace is planted: 2025-01-16T10:00:00Z, where a new store's clock stands.
const PLANTED_MS: i64 = 1_737_021_600_000;

/// A workspace in the making.
pub(super) struct Seed {
    store: Store,
    handles: BTreeMap<String, String>,
    planted: i64,
}

impl Seed {
    /// An empty workspace.
    pub(super) fn new() -> Self {
        Self {
            store: Store::new(),
            handles: BTreeMap::new(),
            planted: 0,
        }
    }

    /// Plants a record of that type, made so many days ago, with these fields (a JSON object). Fields may name the
    /// timestamps too. Gives its id, which the handle gives from now on.
    pub(super) fn add(
        &mut self,
        kind: &'static str,
        handle: &str,
        days_ago: i64,
        fields: Value,
    ) -> String {
        let id = self.store.new_id();
        self.planted += 1;
        // A second apart, so that the order by creation is the order of planting within a day.
        let created = time::iso(PLANTED_MS - days_ago * DAY_MS + (self.planted - 1000) * 1000);
        let mut record = serde_json::Map::from_iter([
            ("id".to_owned(), json!(id)),
            ("createdAt".to_owned(), json!(created)),
            ("updatedAt".to_owned(), json!(created)),
            ("archivedAt".to_owned(), Value::Null),
        ]);
        if let Value::Object(fields) = fields {
            record.extend(fields);
        }
        self.store.put(kind, record);
        self.handles.insert(format!("{kind} {handle}"), id.clone());
        id
    }

    /// The id of the record of that type which was planted under this handle; an unknown handle is an empty id, which
    /// the seed's own test reports.
    pub(super) fn id(&self, kind: &str, handle: &str) -> String {
        self.handles
            .get(&format!("{kind} {handle}"))
            .cloned()
            .unwrap_or_default()
    }

    /// The ids of several handles of one type.
    pub(super) fn ids(&self, kind: &str, handles: &[&str]) -> Vec<String> {
        handles.iter().map(|handle| self.id(kind, handle)).collect()
    }

    /// The id under a handle, or null when there is no handle.
    pub(super) fn maybe(&self, kind: &str, handle: Option<&str>) -> Value {
        handle.map_or(Value::Null, |handle| self.id(kind, handle).into())
    }

    /// Writes more fields into a planted record.
    pub(super) fn amend(&mut self, kind: &str, handle: &str, fields: Value) {
        let id = self.id(kind, handle);
        if let (Some(record), Value::Object(fields)) = (self.store.get_mut(kind, &id), fields) {
            record.extend(fields);
        }
    }

    /// The store, to be read or changed directly.
    pub(super) fn store(&mut self) -> &mut Store {
        &mut self.store
    }

    /// A moment so many days ago, at the hour of planting.
    pub(super) fn day(days_ago: i64) -> String {
        time::iso(PLANTED_MS - days_ago * DAY_MS)
    }

    /// The finished workspace.
    pub(super) fn finish(self) -> Store {
        self.store
    }
}

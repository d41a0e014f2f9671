//! The effect of a request on the workspace: the number of records of each type that it added, removed and changed.

use std::collections::{BTreeMap, BTreeSet};

use linear_ops::sandbox::Sandbox;
use linear_ops::sandbox::store::{Record, Store, text};

/// The number of records that were added, removed or changed, by type and kind of change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effect(BTreeMap<(&'static str, Change), usize>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Added,
    Removed,
    Changed,
}

/// The records of a workspace at one time, by type and id.
pub struct Snapshot(BTreeMap<&'static str, BTreeMap<String, Record>>);

/// Fields that change by themselves, and are not part of an effect.
const VOLATILE_FIELDS: [&str; 4] = ["updatedAt", "lastUsedAt", "lastAppliedAt", "editedAt"];

impl Snapshot {
    /// Returns a snapshot of the workspace.
    pub fn of(sandbox: &Sandbox) -> Self {
        let mut types = BTreeMap::new();
        sandbox.edit(|store: &mut Store| {
            for kind in store.kinds() {
                let records = store.all(kind).filter_map(|record| {
                    let mut record = record.clone();
                    record.retain(|field, _| !VOLATILE_FIELDS.contains(&field.as_str()));
                    Some((text(&record, "id")?.to_owned(), record))
                });
                types.insert(kind, records.collect());
            }
        });
        Self(types)
    }

    /// Returns the effect of everything between an earlier snapshot and this one.
    pub fn since(&self, before: &Self) -> Effect {
        let mut effect = Effect::default();
        let kinds: BTreeSet<&'static str> = self.0.keys().chain(before.0.keys()).copied().collect();
        let none = BTreeMap::new();
        for kind in kinds {
            let old = before.0.get(kind).unwrap_or(&none);
            let new = self.0.get(kind).unwrap_or(&none);
            let added = new.keys().filter(|id| !old.contains_key(*id)).count();
            let removed = old.keys().filter(|id| !new.contains_key(*id)).count();
            let changed = new
                .iter()
                .filter(|(id, record)| old.get(*id).is_some_and(|old| old != *record));
            for (change, count) in [
                (Change::Added, added),
                (Change::Removed, removed),
                (Change::Changed, changed.count()),
            ] {
                if count > 0 {
                    effect.0.insert((kind, change), count);
                }
            }
        }
        effect
    }
}

impl Effect {
    /// Returns whether nothing was done.
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether every count is at most the same count of the other effect.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0
            .iter()
            .all(|(key, count)| other.0.get(key).is_some_and(|limit| count <= limit))
    }

    /// Returns the effect without added labels, and the number of added labels.
    pub fn without_new_labels(&self) -> (Self, usize) {
        let mut rest = self.clone();
        let labels = rest.0.remove(&("IssueLabel", Change::Added));
        (rest, labels.unwrap_or(0))
    }
}

//! What a request did to the workspace: how many records of each type it added, removed and changed.

use std::collections::{BTreeMap, BTreeSet};

use linear_ops::sandbox::Sandbox;
use linear_ops::sandbox::store::{Record, Store, text};

/// How many records of a type were added, removed or changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effect(BTreeMap<(&'static str, Change), usize>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Added,
    Removed,
    Changed,
}

/// The records of a workspace by type and id.
pub struct State(BTreeMap<&'static str, BTreeMap<String, Record>>);

/// Fields that move by themselves, and say nothing about what was asked for.
const MOVING: [&str; 4] = ["updatedAt", "lastUsedAt", "lastAppliedAt", "editedAt"];

impl State {
    /// The workspace as it is now.
    pub fn of(sandbox: &Sandbox) -> Self {
        let mut state = BTreeMap::new();
        sandbox.edit(|store: &mut Store| {
            for kind in store.kinds() {
                let records = store.all(kind).filter_map(|record| {
                    let mut record = record.clone();
                    record.retain(|field, _| !MOVING.contains(&field.as_str()));
                    Some((text(&record, "id")?.to_owned(), record))
                });
                state.insert(kind, records.collect());
            }
        });
        Self(state)
    }

    /// What has changed since an earlier state.
    pub fn since(&self, before: &Self) -> Effect {
        let mut effect = Effect::default();
        let kinds: BTreeSet<&'static str> = self.0.keys().chain(before.0.keys()).copied().collect();
        let none = BTreeMap::new();
        for kind in kinds {
            let was = before.0.get(kind).unwrap_or(&none);
            let is = self.0.get(kind).unwrap_or(&none);
            let added = is.keys().filter(|id| !was.contains_key(*id)).count();
            let removed = was.keys().filter(|id| !is.contains_key(*id)).count();
            let changed = is
                .iter()
                .filter(|(id, record)| was.get(*id).is_some_and(|was| was != *record));
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
    /// Whether nothing was done.
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether no more was done than by the other, of any type.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0
            .iter()
            .all(|(key, count)| other.0.get(key).is_some_and(|most| count <= most))
    }

    /// The same without added labels, with their number.
    pub fn without_new_labels(&self) -> (Self, usize) {
        let mut rest = self.clone();
        let labels = rest.0.remove(&("IssueLabel", Change::Added));
        (rest, labels.unwrap_or(0))
    }
}

//! Dry runs (`dry_run: true`): the operation sends its reads as usual, and stops at the first mutations that it
//! submits. These are recorded as the plan instead of being sent.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};
use tokio::sync::Notify;

use crate::linear::compose::Part;

/// The recorder of a dry run: the entities that the operation has read, and the mutations that it would send first.
#[derive(Default)]
pub struct DryRun {
    log: Mutex<DryRunLog>,
    planned: Notify,
}

/// What a dry run has recorded.
#[derive(Clone, Debug, Default)]
pub struct DryRunLog {
    /// The mutations that would be sent, in order. Empty as long as the operation has submitted no write.
    pub parts: Vec<Part>,
    /// The entities in the answers of Linear so far, by their ids, with the fields that were queried.
    pub seen: HashMap<String, Map<String, Value>>,
}

impl fmt::Debug for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DryRun").finish_non_exhaustive()
    }
}

impl DryRun {
    /// Records the entities at every depth of an answer. The plan needs their names and their present values.
    pub(super) fn record<'v>(&self, roots: impl Iterator<Item = &'v Value>) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        roots.for_each(|root| collect_entities(root, &mut log.seen));
    }

    /// Records the mutations that would be sent now, and wakes the caller that waits in [`Self::planned`].
    pub(super) fn plan(&self, parts: &[Part]) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.parts.extend_from_slice(parts);
        self.planned.notify_one();
    }

    /// Waits until the mutations are recorded.
    pub async fn planned(&self) {
        self.planned.notified().await;
    }

    /// Returns what was recorded.
    pub fn into_log(self) -> DryRunLog {
        self.log
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds every object that has an id to `seen`.
fn collect_entities(value: &Value, seen: &mut HashMap<String, Map<String, Value>>) {
    match value {
        Value::Object(fields) => {
            if let Some(id) = fields.get("id").and_then(Value::as_str) {
                // An answer may have the same entity twice, with different fields, so the fields are merged.
                let entity = seen.entry(id.to_owned()).or_default();
                entity.extend(
                    fields
                        .iter()
                        .map(|(key, value)| (key.clone(), value.clone())),
                );
            }
            fields
                .values()
                .for_each(|value| collect_entities(value, seen));
        }
        Value::Array(items) => items.iter().for_each(|value| collect_entities(value, seen)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn entities_are_remembered_at_every_depth_with_all_that_was_told_of_them() {
        let dry_run = DryRun::default();
        let answer = json!({"issue": {
            "id": "i", "identifier": "PSN-1", "parent": {"id": "p", "identifier": "PSN-2"},
            "labels": {"nodes": [{"id": "l", "name": "bug"}]},
        }});
        let again = json!({"issue": {"id": "p", "title": "Parent"}});
        for answer in [answer, again] {
            dry_run.record(answer.as_object().into_iter().flat_map(Map::values));
        }
        let seen = dry_run.into_log().seen;
        assert_eq!(seen.len(), 3);
        assert_eq!(seen["l"]["name"], "bug");
        assert_eq!(seen["p"]["identifier"], "PSN-2");
        assert_eq!(seen["p"]["title"], "Parent");
    }
}

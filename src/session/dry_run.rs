//! An operation that is only to say what it would send (`dry_run: true`): its first mutation is its plan.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};
use tokio::sync::Notify;

use crate::linear::compose::Part;

/// What a rehearsed operation has read, and what it would send first.
#[derive(Default)]
pub struct DryRun {
    record: Mutex<DryRunLog>,
    planned: Notify,
}

/// What came of a rehearsal.
#[derive(Clone, Debug, Default)]
pub struct DryRunLog {
    /// The mutations that would be sent, in order; none while nothing was to be sent.
    pub parts: Vec<Part>,
    /// Every entity that Linear told of on the way, by its id, with the fields that were asked for.
    pub seen: HashMap<String, Map<String, Value>>,
}

impl fmt::Debug for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rehearsal").finish_non_exhaustive()
    }
}

impl DryRun {
    /// Remembers the entities in an answer, at every depth: the plan names them, and tells what they were before.
    pub(super) fn see<'v>(&self, roots: impl Iterator<Item = &'v Value>) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        roots.for_each(|root| see(root, &mut record.seen));
    }

    /// Takes down what would be sent now.
    pub(super) fn plan(&self, parts: &[Part]) {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.parts.extend_from_slice(parts);
        self.planned.notify_one();
    }

    /// Waits until there is a plan.
    pub async fn planned(&self) {
        self.planned.notified().await;
    }

    /// What came of it.
    pub fn into_record(self) -> DryRunLog {
        self.record
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn see(value: &Value, seen: &mut HashMap<String, Map<String, Value>>) {
    match value {
        Value::Object(fields) => {
            if let Some(id) = fields.get("id").and_then(Value::as_str) {
                // An entity may be told of twice, once with less.
                let known = seen.entry(id.to_owned()).or_default();
                known.extend(
                    fields
                        .iter()
                        .map(|(key, value)| (key.clone(), value.clone())),
                );
            }
            fields.values().for_each(|value| see(value, seen));
        }
        Value::Array(items) => items.iter().for_each(|value| see(value, seen)),
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
            dry_run.see(answer.as_object().into_iter().flat_map(Map::values));
        }
        let seen = dry_run.into_record().seen;
        assert_eq!(seen.len(), 3);
        assert_eq!(seen["l"]["name"], "bug");
        assert_eq!(seen["p"]["identifier"], "PSN-2");
        assert_eq!(seen["p"]["title"], "Parent");
    }
}

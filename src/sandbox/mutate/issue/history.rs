//! The history an issue keeps of its changes.

use serde_json::{Value, json};

use crate::sandbox::identifier;
use crate::sandbox::store::{Record, Store};
use crate::sandbox::time;

use super::super::record::{fresh, id_of, list, set};

/// Changes this soon after creation leave no history (`linear/api.md` §6).
const QUIET_MS: i64 = 3 * 60 * 1000;

/// An issue's field, and what `IssueHistory` calls its old and its new value.
const CHANGES: [(&str, &str, &str); 12] = [
    ("assigneeId", "fromAssigneeId", "toAssigneeId"),
    ("cycleId", "fromCycleId", "toCycleId"),
    ("delegateId", "fromDelegateId", "toDelegateId"),
    ("dueDate", "fromDueDate", "toDueDate"),
    ("estimate", "fromEstimate", "toEstimate"),
    ("parentId", "fromParentId", "toParentId"),
    ("priority", "fromPriority", "toPriority"),
    ("projectId", "fromProjectId", "toProjectId"),
    (
        "projectMilestoneId",
        "fromProjectMilestoneId",
        "toProjectMilestoneId",
    ),
    ("stateId", "fromStateId", "toStateId"),
    ("teamId", "fromTeamId", "toTeamId"),
    ("title", "fromTitle", "toTitle"),
];

/// Writes one entry about everything that differs between the two, when the issue is old enough and anything does.
pub(super) fn write(store: &mut Store, before: &Record, after: &Record) {
    let now = store.now_ms();
    let created = time::field_ms(before.get("createdAt")).unwrap_or(now);
    let said = differences(before, after);
    if now - created < QUIET_MS || said.is_empty() {
        return;
    }
    let id = store.new_id();
    let actor = identifier::viewer_id(store);
    let mut entry = fresh(store, id);
    set(
        &mut entry,
        [("issueId", id_of(after).into()), ("actorId", actor.into())],
    );
    entry.extend(said);
    store.put("IssueHistory", entry);
}

fn differences(before: &Record, after: &Record) -> Record {
    let mut said = Record::new();
    let value = |record: &Record, field: &str| record.get(field).cloned().unwrap_or_default();
    for (field, from, to) in CHANGES {
        let (old, new) = (value(before, field), value(after, field));
        if old != new {
            set(&mut said, [(from, old), (to, new)]);
        }
    }
    if value(before, "description") != value(after, "description") {
        set(&mut said, [("updatedDescription", json!(true))]);
    }
    let archived = |record: &Record| !value(record, "archivedAt").is_null();
    if archived(before) != archived(after) {
        set(&mut said, [("archived", json!(archived(after)))]);
    }
    let trashed = |record: &Record| value(record, "trashed") == Value::Bool(true);
    if trashed(before) != trashed(after) {
        set(&mut said, [("trashed", json!(trashed(after)))]);
    }
    label_differences(before, after, &mut said);
    said
}

fn label_differences(before: &Record, after: &Record, said: &mut Record) {
    let only_in = |one: &Record, other: &Record| -> Vec<String> {
        let known: Vec<&str> = list(other, "labelIds").collect();
        list(one, "labelIds")
            .filter(|id| !known.contains(id))
            .map(str::to_owned)
            .collect()
    };
    let added = only_in(after, before);
    let removed = only_in(before, after);
    if !added.is_empty() {
        set(said, [("addedLabelIds", json!(added))]);
    }
    if !removed.is_empty() {
        set(said, [("removedLabelIds", json!(removed))]);
    }
}

//! Which labels an issue may carry (`linear/api.md` §2, "Label rules").

use serde_json::{Value, json};

use crate::sandbox::input::{Given, Input};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};

use super::super::record::{list, set};
use super::super::reference;

/// Applies `labelIds` (the whole set), then `addedLabelIds`, then `removedLabelIds`.
pub(super) fn edit(store: &Store, issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let whole = reference::entities(store, "IssueLabel", input, "labelIds")?;
    let added = reference::entities(store, "IssueLabel", input, "addedLabelIds")?;
    let removed = reference::entities(store, "IssueLabel", input, "removedLabelIds")?;
    let before: Vec<String> = list(issue, "labelIds").map(str::to_owned).collect();
    let mut after = match whole {
        Given::Absent => before.clone(),
        Given::Null => Vec::new(),
        Given::Value(ids) => ids,
    };
    for id in added.value().unwrap_or_default() {
        if !after.contains(&id) {
            after.push(id);
        }
    }
    let removed = removed.value().unwrap_or_default();
    after.retain(|id| !removed.contains(id));
    let team = text(issue, "teamId").unwrap_or_default();
    for id in after.iter().filter(|id| !before.contains(id)) {
        may_be_put_on(store, id, team)?;
    }
    exclusive(store, &after)?;
    set(issue, [("labelIds", json!(after))]);
    Ok(())
}

/// Whether a label is the workspace's, the team's or one of the team's ancestors'.
pub(super) fn usable_by(store: &Store, label: &Record, team: &str) -> bool {
    match text(label, "teamId") {
        None => true,
        Some(owner) => reference::lineage(store, team).iter().any(|id| id == owner),
    }
}

/// A group and a retired label cannot be applied anew, nor can another team's.
fn may_be_put_on(store: &Store, id: &str, team: &str) -> Result<(), Refusal> {
    let Some(label) = store.get("IssueLabel", id) else {
        return Ok(());
    };
    let name = text(label, "name").unwrap_or_default();
    if label.get("isGroup") == Some(&Value::Bool(true)) {
        return Err(
            Refusal::invalid("labelIds contained a label group").saying(format!(
                "The label '{name}' is a group and cannot be applied."
            )),
        );
    }
    if label.get("retiredAt").is_some_and(|at| !at.is_null()) {
        return Err(
            Refusal::invalid("labelIds contained a retired label").saying(format!(
                "The label '{name}' is retired and cannot be applied."
            )),
        );
    }
    if !usable_by(store, label, team) {
        return Err(
            Refusal::invalid("LabelIds for incorrect team").saying(format!(
                "The label '{name}' is not associated with the same team as the issue."
            )),
        );
    }
    Ok(())
}

/// At most one label of a group, unless the group's `groupType` is `multiSelect`: Linear refuses a second one, it does
/// not swap them.
fn exclusive(store: &Store, ids: &[String]) -> Result<(), Refusal> {
    let mut taken: Vec<(&str, &str)> = Vec::new();
    for label in ids.iter().filter_map(|id| store.get("IssueLabel", id)) {
        let Some(group) = text(label, "parentId") else {
            continue;
        };
        let several = store.get("IssueLabel", group);
        if several.is_some_and(|group| text(group, "groupType") == Some("multiSelect")) {
            continue;
        }
        let name = text(label, "name").unwrap_or_default();
        if let Some((_, other)) = taken.iter().find(|(known, _)| *known == group) {
            return Err(
                Refusal::invalid("labelIds not exclusive child labels").saying(format!(
                    "The label '{name}' is in the same group as '{other}'. \
                 Only one label in a group can be applied to an issue."
                )),
            );
        }
        taken.push((group, name));
    }
    Ok(())
}

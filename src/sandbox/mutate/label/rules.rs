//! What a label must not be: a second one of its name, a child of no group, a group within a group.

use serde_json::Value;

use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};

use super::super::record::id_of;

/// The most labels in one group.
const GROUP_SIZE: usize = 250;

/// The other labels of this name, in any case, whatever their group: within the team and the workspace for a team's
/// label, everywhere for a workspace label.
pub(super) fn clashes(store: &Store, label: &Record) -> Vec<String> {
    let name = text(label, "name").unwrap_or_default().to_lowercase();
    let team = text(label, "teamId");
    store
        .all("IssueLabel")
        .filter(|other| text(other, "id") != text(label, "id"))
        .filter(|other| text(other, "name").is_some_and(|one| one.to_lowercase() == name))
        .filter(|other| {
            let theirs = text(other, "teamId");
            team.is_none() || theirs.is_none() || theirs == team
        })
        .map(id_of)
        .collect()
}

/// Refuses a label whose name another one has.
pub(super) fn unique(store: &Store, label: &Record, clashes: &[String]) -> Result<(), Refusal> {
    match clashes.first() {
        None => Ok(()),
        Some(other) => Err(duplicate(store, label, other)),
    }
}

/// Refuses a workspace label whose name another workspace label has; team labels may be replaced.
pub(super) fn no_workspace_clash(
    store: &Store,
    label: &Record,
    clashes: &[String],
) -> Result<(), Refusal> {
    let in_workspace = |id: &&String| team_key(store, id).is_none();
    match clashes.iter().find(in_workspace) {
        None => Ok(()),
        Some(other) => Err(duplicate(store, label, other)),
    }
}

fn duplicate(store: &Store, label: &Record, other: &str) -> Refusal {
    let name = text(label, "name").unwrap_or_default();
    let place = team_key(store, other)
        .map_or_else(|| "the workspace".to_owned(), |key| format!("team {key}"));
    Refusal::invalid("duplicate label name").saying(format!(
        "Label \"{name}\" already exists in {place}. Please pick a different name and try again."
    ))
}

fn team_key<'s>(store: &'s Store, label: &str) -> Option<&'s str> {
    let team = text(store.get("IssueLabel", label)?, "teamId")?;
    text(store.get("Team", team)?, "key")
}

/// The labels of a group.
pub(super) fn children(store: &Store, group: &str) -> Vec<String> {
    store
        .all("IssueLabel")
        .filter(|label| text(label, "parentId") == Some(group))
        .map(id_of)
        .collect()
}

/// Checks a label's place among groups: its parent is a group of the same scope that has room, and there is one level only.
pub(super) fn nesting(store: &Store, label: &Record) -> Result<(), Refusal> {
    let id = text(label, "id").unwrap_or_default();
    let is_group = |label: &Record| label.get("isGroup") == Some(&Value::Bool(true));
    if !is_group(label) && !children(store, id).is_empty() {
        return Err(refused("label group is not empty"));
    }
    let Some(parent_id) = text(label, "parentId") else {
        return Ok(());
    };
    let Some(parent) = store.get("IssueLabel", parent_id) else {
        return Ok(());
    };
    if !is_group(parent) {
        return Err(refused("parent label is not a group"));
    }
    if is_group(label) {
        return Err(refused("label groups cannot be nested"));
    }
    if text(parent, "teamId") != text(label, "teamId") {
        return Err(refused("parent label is not of the same team"));
    }
    let siblings = children(store, parent_id);
    if siblings.iter().filter(|one| *one != id).count() >= GROUP_SIZE {
        return Err(refused("label group is full"));
    }
    Ok(())
}

fn refused(message: &str) -> Refusal {
    Refusal::invalid(message).saying("Please refresh the page and try again.")
}

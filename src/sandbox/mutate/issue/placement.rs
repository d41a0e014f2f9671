//! Where an issue stands: parent, project, milestone, cycle; and that they belong to its team.

use serde_json::Value;

use crate::sandbox::input::{Given, Input};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::super::record::{list, set, set_given};
use super::super::reference;

/// How deep sub-issues may be nested (`linear/api.md` §6).
const DEPTH: usize = 10;

/// Checks and writes `parentId`, `projectId`, `projectMilestoneId` and `cycleId`.
pub(super) fn edit(store: &mut Store, issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    edit_parent(store, issue, input)?;
    edit_project(store, issue, input)?;
    let cycle = reference::entity(store, "Cycle", input, "cycleId")?;
    if let Given::Value(cycle) = &cycle {
        same_team(store, "Cycle", cycle, issue)?;
        if text(issue, "cycleId") != Some(cycle) {
            let now = time::now(store);
            set(issue, [("addedToCycleAt", now.into())]);
        }
    }
    set_given(issue, "cycleId", cycle);
    Ok(())
}

fn edit_parent(store: &Store, issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let parent = reference::issue(store, input, "parentId")?;
    if let Given::Value(parent) = &parent {
        let id = text(issue, "id").unwrap_or_default();
        let above = ancestors(store, parent);
        if above.iter().any(|one| one == id) {
            return Err(Refusal::invalid_input(
                "parentId would make a circle of issues",
            ));
        }
        if above.len() + height(store, id) > DEPTH {
            return Err(Refusal::invalid_input("sub-issues are nested too deep"));
        }
    }
    set_given(issue, "parentId", parent);
    Ok(())
}

/// An issue's id and its ancestors' ids.
fn ancestors(store: &Store, id: &str) -> Vec<String> {
    let mut line = vec![id.to_owned()];
    while let Some(next) = line
        .last()
        .and_then(|id| store.get("Issue", id))
        .and_then(|issue| text(issue, "parentId"))
        .filter(|next| !line.iter().any(|known| known == next))
    {
        line.push(next.to_owned());
    }
    line
}

/// How many levels of sub-issues hang below an issue.
fn height(store: &Store, id: &str) -> usize {
    store
        .all("Issue")
        .filter(|issue| text(issue, "parentId") == Some(id))
        .filter_map(|issue| text(issue, "id"))
        .map(|child| 1 + height(store, child))
        .max()
        .unwrap_or(0)
}

fn edit_project(store: &mut Store, issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let project = reference::entity(store, "Project", input, "projectId")?;
    if let Given::Value(project) = &project {
        in_project(store, project, text(issue, "teamId").unwrap_or_default())?;
    }
    let now = time::now(store);
    if project != Given::Absent && project.clone().value().as_deref() != text(issue, "projectId") {
        let since = if project == Given::Null {
            Value::Null
        } else {
            now.into()
        };
        set(
            issue,
            [
                ("projectMilestoneId", Value::Null),
                ("addedToProjectAt", since),
            ],
        );
    }
    set_given(issue, "projectId", project);
    let milestone = reference::entity(store, "ProjectMilestone", input, "projectMilestoneId")?;
    if let Given::Value(milestone) = &milestone {
        let of = store
            .get("ProjectMilestone", milestone)
            .and_then(|one| text(one, "projectId"));
        if of != text(issue, "projectId") {
            return Err(Refusal::invalid_input(
                "Discrepancy between issue project and project milestone",
            ));
        }
    }
    set_given(issue, "projectMilestoneId", milestone);
    Ok(())
}

/// Whether a project takes issues of this team.
pub(super) fn takes_team(store: &Store, project: &str, team: &str) -> bool {
    store
        .get("Project", project)
        .is_some_and(|project| list(project, "teamIds").any(|id| id == team))
}

fn in_project(store: &Store, project: &str, team: &str) -> Result<(), Refusal> {
    if takes_team(store, project, team) {
        return Ok(());
    }
    Err(discrepancy())
}

/// Checks that a workflow state or cycle is the issue's team's.
pub(super) fn same_team(
    store: &Store,
    kind: &str,
    id: &str,
    issue: &Record,
) -> Result<(), Refusal> {
    let team = store.get(kind, id).and_then(|record| record.get("teamId"));
    if team == issue.get("teamId") {
        return Ok(());
    }
    Err(discrepancy())
}

fn discrepancy() -> Refusal {
    Refusal::invalid_input("Discrepancy between issue team and state, cycle or project")
}

/// Takes an issue out of its cycle.
pub(super) fn leave_cycle(issue: &mut Record) {
    set(
        issue,
        [("cycleId", Value::Null), ("addedToCycleAt", Value::Null)],
    );
}

/// Takes an issue out of its project and milestone.
pub(super) fn leave_project(issue: &mut Record) {
    set(
        issue,
        [
            ("projectId", Value::Null),
            ("projectMilestoneId", Value::Null),
            ("addedToProjectAt", Value::Null),
        ],
    );
}

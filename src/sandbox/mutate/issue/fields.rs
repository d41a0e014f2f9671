//! The fields of an issue: what creation and change may set, the labels an issue may carry, its place among issues,
//! projects and cycles, its workflow state, and what a move to another team does.

use serde_json::{Value, json};

use crate::sandbox::identifier;
use crate::sandbox::input::{Input, InputValue};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::super::reference;
use super::super::{
    id_of, set, set_ids_if_given, set_if_given, set_markdown, set_trimmed, text_list,
};
use super::template;

/// The input fields that both creation and change take.
pub(super) const EDITABLE: &[&str] = &[
    "title",
    "description",
    "priority",
    "estimate",
    "dueDate",
    "sortOrder",
    "prioritySortOrder",
    "subIssueSortOrder",
    "assigneeId",
    "delegateId",
    "subscriberIds",
    "labelIds",
    "stateId",
    "parentId",
    "projectId",
    "projectMilestoneId",
    "cycleId",
    "teamId",
    "lastAppliedTemplateId",
    "inheritsSharedAccess",
];

/// The input fields that only creation takes.
pub(super) const ON_CREATE: &[&str] = &[
    "id",
    "createdAt",
    "completedAt",
    "templateId",
    "useDefaultTemplate",
    "preserveSortOrderOnCreate",
];

/// The input fields that only change takes.
pub(super) const ON_UPDATE: &[&str] = &[
    "addedLabelIds",
    "removedLabelIds",
    "trashed",
    "snoozedById",
    "snoozedUntilAt",
];

/// The fields that are stored as they come and always have a value. Null counts as not given on creation, and is refused
/// by a change.
pub(super) const NOT_NULL: &[&str] = &["sortOrder", "prioritySortOrder", "inheritsSharedAccess"];

/// The labels of the priorities, by the number of the priority (`linear/api.md` §6).
const PRIORITY_LABELS: [&str; 5] = ["No priority", "Urgent", "High", "Medium", "Low"];

/// How deep sub-issues may be nested (`linear/api.md` §6).
const MAX_DEPTH: usize = 10;

/// Checks the input against the issue's team and writes it into the issue.
pub(super) fn edit(store: &mut Store, issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    input.check_not_blank("title")?;
    set_trimmed(issue, "title", input);
    set_markdown(issue, "description", input);
    edit_numbers(issue, input)?;
    input.check_dates(&["dueDate"])?;
    input.copy_fields(issue, &["dueDate"]);
    for field in NOT_NULL {
        if let InputValue::Value(value) = input.get(field) {
            set(issue, [(field, value.clone())]);
        }
    }
    edit_people(store, issue, input)?;
    edit_parent(store, issue, input)?;
    edit_project(store, issue, input)?;
    edit_cycle(store, issue, input)?;
    edit_labels(store, issue, input)?;
    let template = reference::entity(store, "Template", input, "lastAppliedTemplateId")?;
    if let InputValue::Value(template) = &template {
        let team = text(issue, "teamId").unwrap_or_default();
        template::check_usable(store, template, team)?;
    }
    set_if_given(issue, "lastAppliedTemplateId", template);
    let state = reference::entity(store, "WorkflowState", input, "stateId")?;
    if let InputValue::Value(state) = state {
        check_same_team(store, "WorkflowState", &state, issue)?;
        enter_state(store, issue, &state);
    }
    Ok(())
}

fn edit_numbers(issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    input.check_range("priority", 0.0, 4.0)?;
    let given = input.get("priority");
    if given != InputValue::Absent {
        let priority = input.number("priority").unwrap_or_default();
        let label = PRIORITY_LABELS
            .iter()
            .zip(0_u8..)
            .find(|(_, number)| f64::from(*number) == priority)
            .map(|(label, _)| *label);
        set(
            issue,
            [
                ("priority", json!(priority)),
                ("priorityLabel", json!(label)),
            ],
        );
    }
    // 64 is the top of the longest scale (exponential, extended); nothing is known of checks against a team's scale.
    input.check_range("estimate", 0.0, 64.0)?;
    let estimate = input.get("estimate").map(|value| json!(value.as_f64()));
    set_if_given(issue, "estimate", estimate);
    Ok(())
}

fn edit_people(store: &Store, issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    for (field, is_app) in [("assigneeId", false), ("delegateId", true)] {
        let user = reference::assignable_user(store, input, field, is_app)?;
        set_if_given(issue, field, user);
    }
    let subscribers = reference::entities(store, "User", input, "subscriberIds")?;
    // Somebody who was deactivated after subscribing may stay in the set.
    let can_subscribe = |id: &String| {
        let mut subscribed = text_list(issue, "subscriberIds");
        reference::is_active_user(store, id) || subscribed.any(|known| known == id)
    };
    if let InputValue::Value(ids) = &subscribers
        && !ids.iter().all(can_subscribe)
    {
        return Err(Refusal::bad_reference("User", "subscriberIds"));
    }
    set_ids_if_given(issue, "subscriberIds", subscribers);
    let snoozer = reference::entity(store, "User", input, "snoozedById")?;
    set_if_given(issue, "snoozedById", snoozer);
    let until = input.instant("snoozedUntilAt")?;
    set_if_given(issue, "snoozedUntilAt", until.map(time::iso));
    Ok(())
}

/// Writes what only creation may set: the moments of creation and completion, both in the past. Subscribes the assignee.
pub(super) fn edit_on_create(
    store: &mut Store,
    issue: &mut Record,
    input: Input<'_>,
) -> Result<(), Refusal> {
    let now = store.now_ms();
    for field in ["createdAt", "completedAt"] {
        let InputValue::Value(moment) = input.instant(field)? else {
            continue;
        };
        if moment > now {
            let message = format!("{field} must be in the past");
            return Err(Refusal::validation(field, "maxDate", message));
        }
        if field == "completedAt" && state_type(store, issue) != "completed" {
            return Err(Refusal::invalid_input(
                "completedAt needs a completed state",
            ));
        }
        set(issue, [(field, time::iso(moment).into())]);
    }
    let assignee = text(issue, "assigneeId").map(str::to_owned);
    if let Some(user) = assignee.filter(|user| *user != identifier::viewer_id(store)) {
        super::add_subscriber(issue, user);
    }
    Ok(())
}

fn edit_parent(store: &Store, issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let parent = reference::issue(store, input, "parentId")?;
    if let InputValue::Value(parent) = &parent {
        let id = text(issue, "id").unwrap_or_default();
        let line = issue_with_ancestors(store, parent);
        if line.iter().any(|ancestor| ancestor == id) {
            return Err(Refusal::invalid_input(
                "parentId would make a circle of issues",
            ));
        }
        if line.len() + levels_below(store, id) > MAX_DEPTH {
            return Err(Refusal::invalid_input("sub-issues are nested too deep"));
        }
    }
    let is_moved = parent != InputValue::Absent
        && parent.clone().value().as_deref() != text(issue, "parentId");
    set_if_given(issue, "parentId", parent);
    edit_sub_issue_order(store, issue, input, is_moved);
    Ok(())
}

/// Writes the issue's place among the sub-issues of its parent; an issue without a parent has none. A sub-issue that comes
/// to a parent (`is_moved`) without being given a place comes last, which is a guess.
fn edit_sub_issue_order(store: &Store, issue: &mut Record, input: Input<'_>, is_moved: bool) {
    const FIELD: &str = "subIssueSortOrder";
    let place = match (text(issue, "parentId"), input.get(FIELD)) {
        (None, _) => Value::Null,
        (Some(_), InputValue::Value(place)) => place.clone(),
        (Some(parent), _) if is_moved => {
            let id = text(issue, "id");
            let siblings = store.all("Issue").filter(|sibling| {
                text(sibling, "parentId") == Some(parent) && text(sibling, "id") != id
            });
            let places = siblings.filter_map(|sibling| sibling.get(FIELD)?.as_f64());
            json!(places.fold(0.0, f64::max) + 1.0)
        }
        (Some(_), InputValue::Null) => Value::Null,
        (Some(_), InputValue::Absent) => return,
    };
    set(issue, [(FIELD, place)]);
}

/// Returns the id of an issue and the ids of the issues above it, nearest first.
fn issue_with_ancestors(store: &Store, id: &str) -> Vec<String> {
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

/// The number of levels of sub-issues below an issue.
fn levels_below(store: &Store, id: &str) -> usize {
    store
        .all("Issue")
        .filter(|issue| text(issue, "parentId") == Some(id))
        .filter_map(|issue| text(issue, "id"))
        .map(|child| 1 + levels_below(store, child))
        .max()
        .unwrap_or(0)
}

/// Writes the project, which must take issues of the issue's team, and the milestone, which must be the project's.
fn edit_project(store: &mut Store, issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let project = reference::entity(store, "Project", input, "projectId")?;
    if let InputValue::Value(project) = &project {
        let team = text(issue, "teamId").unwrap_or_default();
        if !is_project_of_team(store, project, team) {
            return Err(team_discrepancy());
        }
    }
    let now = time::now(store);
    let is_other = project.clone().value().as_deref() != text(issue, "projectId");
    if project != InputValue::Absent && is_other {
        let since = if project == InputValue::Null {
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
    set_if_given(issue, "projectId", project);
    let milestone = reference::entity(store, "ProjectMilestone", input, "projectMilestoneId")?;
    if let InputValue::Value(milestone) = &milestone {
        let milestone = store.get("ProjectMilestone", milestone);
        let project = milestone.and_then(|milestone| text(milestone, "projectId"));
        if project != text(issue, "projectId") {
            return Err(Refusal::invalid_input(
                "Discrepancy between issue project and project milestone",
            ));
        }
    }
    set_if_given(issue, "projectMilestoneId", milestone);
    Ok(())
}

/// Whether a project takes issues of this team.
fn is_project_of_team(store: &Store, project: &str, team: &str) -> bool {
    store
        .get("Project", project)
        .is_some_and(|project| text_list(project, "teamIds").any(|id| id == team))
}

fn edit_cycle(store: &mut Store, issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let cycle = reference::entity(store, "Cycle", input, "cycleId")?;
    if let InputValue::Value(cycle) = &cycle {
        check_same_team(store, "Cycle", cycle, issue)?;
        if text(issue, "cycleId") != Some(cycle) {
            let now = time::now(store);
            set(issue, [("addedToCycleAt", now.into())]);
        }
    }
    set_if_given(issue, "cycleId", cycle);
    Ok(())
}

/// Checks that a workflow state or cycle belongs to the issue's team.
fn check_same_team(store: &Store, kind: &str, id: &str, issue: &Record) -> Result<(), Refusal> {
    let team = store.get(kind, id).and_then(|record| record.get("teamId"));
    if team == issue.get("teamId") {
        return Ok(());
    }
    Err(team_discrepancy())
}

fn team_discrepancy() -> Refusal {
    Refusal::invalid_input("Discrepancy between issue team and state, cycle or project")
}

/// Applies `labelIds` (the whole set), then `addedLabelIds`, then `removedLabelIds` (`linear/api.md` §2, "Label rules").
fn edit_labels(store: &Store, issue: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let whole_set = reference::entities(store, "IssueLabel", input, "labelIds")?;
    let added = reference::entities(store, "IssueLabel", input, "addedLabelIds")?;
    let removed = reference::entities(store, "IssueLabel", input, "removedLabelIds")?;
    let before: Vec<String> = text_list(issue, "labelIds").map(str::to_owned).collect();
    let mut after = match whole_set {
        InputValue::Absent => before.clone(),
        InputValue::Null => Vec::new(),
        InputValue::Value(ids) => ids,
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
        check_applicable(store, id, team)?;
    }
    check_exclusive(store, &after)?;
    set(issue, [("labelIds", json!(after))]);
    Ok(())
}

/// Whether a label belongs to the workspace, to the team, or to a team above it.
fn is_usable_by_team(store: &Store, label: &Record, team: &str) -> bool {
    text(label, "teamId").is_none_or(|owner| {
        let teams = reference::team_with_ancestors(store, team);
        teams.iter().any(|id| id == owner)
    })
}

/// Refuses a label that cannot be applied anew: a group, a retired label, or a label of another team.
fn check_applicable(store: &Store, id: &str, team: &str) -> Result<(), Refusal> {
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
    if !is_usable_by_team(store, label, team) {
        return Err(
            Refusal::invalid("LabelIds for incorrect team").saying(format!(
                "The label '{name}' is not associated with the same team as the issue."
            )),
        );
    }
    Ok(())
}

/// Refuses a second label of one group, unless the group's `groupType` is `multiSelect`. Linear does not swap the two
/// labels either.
fn check_exclusive(store: &Store, ids: &[String]) -> Result<(), Refusal> {
    let mut groups: Vec<(&str, &str)> = Vec::new();
    for label in ids.iter().filter_map(|id| store.get("IssueLabel", id)) {
        let Some(group_id) = text(label, "parentId") else {
            continue;
        };
        let group = store.get("IssueLabel", group_id);
        if group.is_some_and(|group| text(group, "groupType") == Some("multiSelect")) {
            continue;
        }
        let name = text(label, "name").unwrap_or_default();
        if let Some((_, other)) = groups.iter().find(|(known, _)| *known == group_id) {
            return Err(
                Refusal::invalid("labelIds not exclusive child labels").saying(format!(
                    "The label '{name}' is in the same group as '{other}'. \
                 Only one label in a group can be applied to an issue."
                )),
            );
        }
        groups.push((group_id, name));
    }
    Ok(())
}

/// Returns the state of a new issue without one: the triage state where the team has triage switched on, else the
/// team's default state.
pub(super) fn default_state(store: &Store, issue: &Record) -> String {
    let team_id = text(issue, "teamId").unwrap_or_default();
    let team = store.get("Team", team_id);
    let has_triage = team.is_some_and(|team| team.get("triageEnabled") == Some(&Value::Bool(true)));
    let field = if has_triage {
        "triageIssueStateId"
    } else {
        "defaultIssueStateId"
    };
    team.and_then(|team| text(team, field).map(str::to_owned))
        .or_else(|| first_state(store, team_id, "backlog"))
        .unwrap_or_default()
}

/// Returns a team's first state of a type, by position.
pub(super) fn first_state(store: &Store, team_id: &str, kind: &str) -> Option<String> {
    let position = |state: &Record| {
        let position = state.get("position").and_then(Value::as_f64);
        position.unwrap_or_default()
    };
    store
        .all("WorkflowState")
        .filter(|state| text(state, "teamId") == Some(team_id) && text(state, "type") == Some(kind))
        .min_by(|one, other| position(one).total_cmp(&position(other)))
        .map(id_of)
}

/// The type of the state that an issue is in.
fn state_type(store: &Store, issue: &Record) -> String {
    text(issue, "stateId")
        .and_then(|id| store.get("WorkflowState", id))
        .and_then(|state| text(state, "type"))
        .unwrap_or_default()
        .to_owned()
}

/// Puts an issue into a state and sets the moments that follow from the type of the state.
pub(super) fn enter_state(store: &mut Store, issue: &mut Record, state_id: &str) {
    if text(issue, "stateId") == Some(state_id) {
        return;
    }
    let was_triage = state_type(store, issue) == "triage";
    set(issue, [("stateId", state_id.into())]);
    let now = Value::from(time::now(store));
    let kind = state_type(store, issue);
    let kept_or_now = |field: &str| match issue.get(field) {
        Some(Value::String(at)) => Value::from(at.clone()),
        _ => now.clone(),
    };
    let started = match kind.as_str() {
        "started" | "completed" => kept_or_now("startedAt"),
        "backlog" | "unstarted" | "triage" => Value::Null,
        _ => issue.get("startedAt").cloned().unwrap_or_default(),
    };
    let completed = if kind == "completed" {
        kept_or_now("completedAt")
    } else {
        Value::Null
    };
    let canceled = match kind.as_str() {
        "canceled" | "duplicate" => kept_or_now("canceledAt"),
        _ => Value::Null,
    };
    set(
        issue,
        [
            ("startedAt", started),
            ("completedAt", completed),
            ("canceledAt", canceled),
        ],
    );
    if kind == "triage" {
        set(issue, [("startedTriageAt", now)]);
    } else if was_triage {
        set(issue, [("triagedAt", now)]);
    }
}

/// Applies `teamId`, when given (`linear/api.md` §6, "Team move"): the state is mapped by its type; the cycle, the
/// labels of the old team, and a project that the new team is not in are dropped; the issue gets a new number and keeps
/// its old identifier as a previous one.
pub(super) fn move_to_team(
    store: &mut Store,
    issue: &mut Record,
    input: Input<'_>,
) -> Result<(), Refusal> {
    let team = match reference::entity(store, "Team", input, "teamId")? {
        InputValue::Absent => return Ok(()),
        InputValue::Null => return Err(Refusal::not_uuid("teamId")),
        InputValue::Value(team) => team,
    };
    if text(issue, "teamId") == Some(&team) {
        return Ok(());
    }
    let kind = state_type(store, issue);
    let now = time::now(store);
    set(
        issue,
        [("teamId", json!(team)), ("addedToTeamAt", json!(now))],
    );
    let state = first_state(store, &team, &kind).unwrap_or_else(|| default_state(store, issue));
    enter_state(store, issue, &state);
    let labels: Vec<String> = text_list(issue, "labelIds")
        .filter(|id| {
            let label = store.get("IssueLabel", id);
            label.is_some_and(|label| is_usable_by_team(store, label, &team))
        })
        .map(str::to_owned)
        .collect();
    set(
        issue,
        [
            ("cycleId", Value::Null),
            ("addedToCycleAt", Value::Null),
            ("labelIds", json!(labels)),
        ],
    );
    if text(issue, "projectId").is_some_and(|id| !is_project_of_team(store, id, &team)) {
        set(
            issue,
            [
                ("projectId", Value::Null),
                ("projectMilestoneId", Value::Null),
                ("addedToProjectAt", Value::Null),
            ],
        );
    }
    let previous: Vec<String> = text_list(issue, "previousIdentifiers")
        .chain(text(issue, "identifier"))
        .map(str::to_owned)
        .collect();
    set(issue, [("previousIdentifiers", json!(previous))]);
    let number = identifier::next_number(store, &team);
    identifier::number_issue(store, issue, number);
    Ok(())
}

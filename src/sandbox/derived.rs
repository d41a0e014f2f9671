//! Fields that follow from other records: scalars that are computed when they are read, and fields that are stored
//! and brought up to date after every change (progress, counts, which cycle is active).

use serde_json::{Value, json};

use super::store::{Record, Store, text};
use super::workspace::{Workspace, is_hidden};
use super::{custom_view, page, time};

/// Returns the value of a scalar that is computed when it is read; `None` when the field is a stored one.
pub(super) fn computed_scalar(
    workspace: &Workspace<'_>,
    kind: &str,
    record: &Record,
    field: &str,
) -> Option<Value> {
    match (kind, field) {
        ("User", "createdIssueCount") => {
            let issues = workspace
                .related_entities(kind, record, "createdIssues")
                .into_iter();
            Some(issues.filter(|issue| !is_hidden(issue)).count().into())
        }
        ("Team", "displayName") if !record.contains_key(field) => {
            Some(text(record, "name").unwrap_or_default().into())
        }
        ("CustomView", "modelName") => Some(custom_view::model_name(record).into()),
        ("Team", "visibility") if !record.contains_key(field) => Some("public".into()),
        ("Issue" | "Project" | "Document", "searchableContent") => {
            Some(page::searchable_content(workspace, kind, record, true).into())
        }
        // When an update is outdated is not known, so that filters by `outdated` are refused.
        ("Project", "healthWithAge") => {
            let health = record.get("health").filter(|health| !health.is_null());
            Some(health.cloned().unwrap_or_else(|| "noUpdate".into()))
        }
        ("Issue", "slaStatus") => Some(sla_status(workspace.store, record)),
        ("Issue", _) if field.starts_with("has") => Some(has_relations(workspace, record, field)),
        _ => None,
    }
}

/// Whether filters may ask for this field although the entity has no field of that name in the schema.
pub(super) fn is_filtered_by(kind: &str, field: &str) -> bool {
    match (kind, field) {
        ("Issue" | "Project" | "Document", "searchableContent")
        | ("Project", "state" | "healthWithAge") => true,
        ("Issue", _) => field == "slaStatus" || field.starts_with("has"),
        _ => false,
    }
}

/// Returns the `SlaStatus` of an issue; null without a service-level agreement. What tells `Failed` from `Breached` is not
/// known: a completed issue is taken to have failed, an open one to be in breach.
fn sla_status(store: &Store, issue: &Record) -> Value {
    let moment = |field: &str| time::field_ms(issue.get(field));
    let Some(breach) = moment("slaBreachesAt") else {
        return Value::Null;
    };
    let now = store.clock_ms();
    let is_past = |field: &str| moment(field).is_some_and(|at| at <= now);
    let status = match moment("completedAt") {
        Some(completed) if completed <= breach => "Completed",
        Some(_) => "Failed",
        None if breach <= now => "Breached",
        None if is_past("slaHighRiskAt") => "HighRisk",
        None if is_past("slaMediumRiskAt") => "MediumRisk",
        None => "LowRisk",
    };
    status.into()
}

/// Returns the value that the `has…Relations` of `IssueFilter` compare with. Blockers count while they are open
/// (`linear/api.md` §6).
fn has_relations(workspace: &Workspace<'_>, issue: &Record, field: &str) -> Value {
    let outgoing = workspace.related_entities("Issue", issue, "relations");
    let incoming = workspace.related_entities("Issue", issue, "inverseRelations");
    let any_of_type = |relations: &[&Record], kind: &str| {
        relations
            .iter()
            .any(|relation| text(relation, "type") == Some(kind))
    };
    let is_open_blocker = |relation: &&Record| {
        let blocker = workspace.related_entity("IssueRelation", relation, "issue");
        let state = blocker.map(|issue| state_type(workspace.store, issue));
        text(relation, "type") == Some("blocks")
            && !matches!(state, Some("completed" | "canceled" | "duplicate"))
    };
    let has_any = match field {
        "hasBlockingRelations" => any_of_type(&outgoing, "blocks"),
        "hasBlockedByRelations" => incoming.iter().any(is_open_blocker),
        // "Comparator for filtering issues which are duplicates": the issue that is duplicated does not count.
        "hasDuplicateRelations" => any_of_type(&outgoing, "duplicate"),
        "hasRelatedRelations" => {
            any_of_type(&outgoing, "related") || any_of_type(&incoming, "related")
        }
        _ => false,
    };
    has_any.into()
}

/// Returns the entities of a to-many field that follow from other records; `None` where the field's entities are stored.
pub(super) fn computed_entities(
    workspace: &Workspace<'_>,
    kind: &str,
    record: &Record,
    field: &str,
) -> Option<Vec<Record>> {
    match (kind, field) {
        ("Issue", "stateHistory") => Some(state_spans(workspace, record)),
        _ => None,
    }
}

/// Returns the times that an issue has spent in its states, by its history. What the history does not record belongs to
/// the state that the issue was in next. Whether Linear tells of states within the first three minutes is not known.
fn state_spans(workspace: &Workspace<'_>, issue: &Record) -> Vec<Record> {
    let mut moves = workspace.related_entities("Issue", issue, "history");
    moves.retain(|entry| text(entry, "toStateId").is_some());
    moves.sort_by_key(|entry| text(entry, "createdAt"));
    let field = |record: &Record, name: &str| record.get(name).cloned().unwrap_or_default();
    let first_state = match moves.first() {
        Some(entry) => field(entry, "fromStateId"),
        None => field(issue, "stateId"),
    };
    let mut starts = vec![(issue, first_state)];
    starts.extend(
        moves
            .iter()
            .map(|entry| (*entry, field(entry, "toStateId"))),
    );
    let ends = starts
        .iter()
        .skip(1)
        .map(|(entry, _)| field(entry, "createdAt"));
    let ends = ends.chain([Value::Null]);
    starts
        .iter()
        .zip(ends)
        .map(|((start, state), end)| {
            Record::from_iter([
                ("id".to_owned(), field(start, "id")),
                ("stateId".to_owned(), state.clone()),
                ("createdAt".to_owned(), field(start, "createdAt")),
                ("startedAt".to_owned(), field(start, "createdAt")),
                ("endedAt".to_owned(), end),
            ])
        })
        .collect()
}

/// Brings up to date what follows from issues, from project statuses and from the clock.
pub(super) fn refresh(store: &mut Store) {
    for (kind, field) in [
        ("Project", "projectId"),
        ("ProjectMilestone", "projectMilestoneId"),
        ("Cycle", "cycleId"),
    ] {
        for id in ids(store, kind) {
            let (scope, progress) = measure_progress(store, field, &id);
            if let Some(record) = store.get_mut(kind, &id) {
                record.insert("progress".into(), json!(progress));
                record.insert("scope".into(), json!(scope));
            }
        }
    }
    for team in ids(store, "Team") {
        count_issues(store, &team);
        place_cycles(store, &team);
    }
    for project in ids(store, "Project") {
        set_project_state(store, &project);
    }
}

fn ids(store: &Store, kind: &str) -> Vec<String> {
    store
        .all(kind)
        .filter_map(|record| text(record, "id").map(str::to_owned))
        .collect()
}

/// Returns the scope and the progress of a project, milestone or cycle: the points of its issues (an issue without an
/// estimate counts one), and the share of the points that is done. A started issue counts a quarter; canceled and
/// archived issues do not count.
fn measure_progress(store: &Store, field: &str, id: &str) -> (f64, f64) {
    let mut scope = 0.0;
    let mut done = 0.0;
    for issue in store
        .all("Issue")
        .filter(|issue| text(issue, field) == Some(id))
    {
        let share = match state_type(store, issue) {
            "canceled" | "duplicate" => continue,
            _ if text(issue, "archivedAt").is_some() => continue,
            "completed" => 1.0,
            "started" => 0.25,
            _ => 0.0,
        };
        let estimate = issue.get("estimate").and_then(Value::as_f64);
        let points = estimate.filter(|points| *points > 0.0).unwrap_or(1.0);
        scope += points;
        done += share * points;
    }
    (scope, if scope > 0.0 { done / scope } else { 0.0 })
}

/// The type of the state that an issue is in.
fn state_type<'s>(store: &'s Store, issue: &Record) -> &'s str {
    text(issue, "stateId")
        .and_then(|id| store.get("WorkflowState", id))
        .and_then(|state| text(state, "type"))
        .unwrap_or_default()
}

fn count_issues(store: &mut Store, team: &str) {
    let count = store
        .all("Issue")
        .filter(|issue| text(issue, "teamId") == Some(team))
        .filter(|issue| text(issue, "archivedAt").is_none())
        .count();
    if let Some(team) = store.get_mut("Team", team) {
        team.insert("issueCount".into(), json!(count));
    }
}

/// Marks which cycle of a team is active, next or previous, by the store's clock.
fn place_cycles(store: &mut Store, team: &str) {
    let now = store.clock_ms();
    let mut cycles: Vec<(String, i64, i64)> = store
        .all("Cycle")
        .filter(|cycle| text(cycle, "teamId") == Some(team))
        .filter_map(|cycle| {
            let starts = time::field_ms(cycle.get("startsAt"))?;
            let ends = time::field_ms(cycle.get("endsAt"))?;
            Some((text(cycle, "id")?.to_owned(), starts, ends))
        })
        .collect();
    cycles.sort_by_key(|(_, starts, _)| *starts);
    let active = cycles
        .iter()
        .find(|(_, starts, ends)| *starts <= now && now < *ends);
    let next = cycles.iter().find(|(_, starts, _)| *starts > now);
    let previous = cycles.iter().rfind(|(_, _, ends)| *ends <= now);
    let is =
        |cycle: Option<&(String, i64, i64)>, id: &str| cycle.is_some_and(|cycle| cycle.0 == id);
    for (id, starts, ends) in &cycles {
        if let Some(cycle) = store.get_mut("Cycle", id) {
            for (field, value) in [
                ("isActive", is(active, id)),
                ("isNext", is(next, id)),
                ("isPrevious", is(previous, id)),
                ("isFuture", *starts > now),
                ("isPast", *ends <= now),
            ] {
                cycle.insert(field.into(), json!(value));
            }
        }
    }
    let active_id = active.map(|(id, ..)| id.clone());
    if let Some(team) = store.get_mut("Team", team) {
        team.insert("activeCycleId".into(), json!(active_id));
    }
}

/// Sets the deprecated `Project.state`, which is the type of the project's status.
fn set_project_state(store: &mut Store, id: &str) {
    let kind = store
        .get("Project", id)
        .and_then(|project| text(project, "statusId"))
        .and_then(|status| store.get("ProjectStatus", status))
        .and_then(|status| text(status, "type"))
        .unwrap_or_default()
        .to_owned();
    if let Some(project) = store.get_mut("Project", id) {
        project.insert("state".into(), kind.into());
    }
}

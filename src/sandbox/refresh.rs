//! Fields that follow from other records, brought up to date after every change: progress, counts, which cycle is on.

use serde_json::{Value, json};

use super::store::{Record, Store, text};
use super::time;

/// Recomputes what follows from issues and from the clock.
pub(super) fn run(store: &mut Store) {
    for (kind, field) in [
        ("Project", "projectId"),
        ("ProjectMilestone", "projectMilestoneId"),
        ("Cycle", "cycleId"),
    ] {
        for id in ids(store, kind) {
            let (scope, progress) = progress(store, field, &id);
            if let Some(record) = store.get_mut(kind, &id) {
                record.insert("progress".into(), json!(progress));
                record.insert("scope".into(), json!(scope));
            }
        }
    }
    count_issues(store);
    place_cycles(store);
    state_projects(store);
}

fn ids(store: &Store, kind: &str) -> Vec<String> {
    store
        .all(kind)
        .filter_map(|record| text(record, "id").map(str::to_owned))
        .collect()
}

/// The points of the issues under a project, milestone or cycle (an issue without an estimate counts one), and the
/// share of them that is done; a started issue counts a quarter. Cancelled and archived issues do not count.
fn progress(store: &Store, field: &str, id: &str) -> (f64, f64) {
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

fn state_type<'s>(store: &'s Store, issue: &Record) -> &'s str {
    text(issue, "stateId")
        .and_then(|id| store.get("WorkflowState", id))
        .and_then(|state| text(state, "type"))
        .unwrap_or_default()
}

fn count_issues(store: &mut Store) {
    for team in ids(store, "Team") {
        let count = store
            .all("Issue")
            .filter(|issue| text(issue, "teamId") == Some(&team))
            .filter(|issue| text(issue, "archivedAt").is_none())
            .count();
        if let Some(team) = store.get_mut("Team", &team) {
            team.insert("issueCount".into(), json!(count));
        }
    }
}

/// Which cycle of each team is on, next, previous; by the clock.
fn place_cycles(store: &mut Store) {
    let now = store.clock_ms();
    for team in ids(store, "Team") {
        let mut cycles: Vec<(String, i64, i64)> = store
            .all("Cycle")
            .filter(|cycle| text(cycle, "teamId") == Some(&team))
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
            |which: Option<&(String, i64, i64)>, id: &str| which.is_some_and(|one| one.0 == id);
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
        let active = active.map(|one| one.0.clone());
        if let Some(team) = store.get_mut("Team", &team) {
            team.insert("activeCycleId".into(), json!(active));
        }
    }
}

/// The deprecated `Project.state`: the type of the project's status.
fn state_projects(store: &mut Store) {
    for id in ids(store, "Project") {
        let kind = store
            .get("Project", &id)
            .and_then(|project| text(project, "statusId"))
            .and_then(|status| store.get("ProjectStatus", status))
            .and_then(|status| text(status, "type"))
            .unwrap_or_default()
            .to_owned();
        if let Some(project) = store.get_mut("Project", &id) {
            project.insert("state".into(), kind.into());
        }
    }
}

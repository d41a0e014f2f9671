//! Workflow states: which one a new issue gets, and what entering one does to the timestamps.

use serde_json::Value;

use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::super::record::{id_of, set};

/// The state of a new issue without one: triage where the team has it switched on, else the team's default.
pub(super) fn default_of(store: &Store, issue: &Record) -> String {
    let team_id = text(issue, "teamId").unwrap_or_default();
    let team = store.get("Team", team_id);
    let triage = team.is_some_and(|team| team.get("triageEnabled") == Some(&Value::Bool(true)));
    let chosen = team.and_then(|team| {
        let field = if triage {
            "triageIssueStateId"
        } else {
            "defaultIssueStateId"
        };
        text(team, field).map(str::to_owned)
    });
    chosen
        .or_else(|| of_type(store, team_id, "backlog"))
        .unwrap_or_default()
}

/// A team's first state of a type, by position.
pub(super) fn of_type(store: &Store, team_id: &str, kind: &str) -> Option<String> {
    store
        .all("WorkflowState")
        .filter(|state| text(state, "teamId") == Some(team_id) && text(state, "type") == Some(kind))
        .min_by(|a, b| position(a).total_cmp(&position(b)))
        .map(id_of)
}

fn position(state: &Record) -> f64 {
    state
        .get("position")
        .and_then(Value::as_f64)
        .unwrap_or_default()
}

/// The type of the state an issue is in.
pub(super) fn type_of(store: &Store, issue: &Record) -> String {
    text(issue, "stateId")
        .and_then(|id| store.get("WorkflowState", id))
        .and_then(|state| text(state, "type"))
        .unwrap_or_default()
        .to_owned()
}

/// Whether the issue is in a state of that type.
pub(super) fn is(store: &Store, issue: &Record, kind: &str) -> bool {
    type_of(store, issue) == kind
}

/// Puts an issue into a state and sets the moments that follow from the state's type.
pub(super) fn enter(store: &mut Store, issue: &mut Record, state_id: &str) {
    if text(issue, "stateId") == Some(state_id) {
        return;
    }
    let was_triage = is(store, issue, "triage");
    set(issue, [("stateId", state_id.into())]);
    let now = Value::from(time::now(store));
    let kind = type_of(store, issue);
    let kept = |field: &str| match issue.get(field) {
        Some(Value::String(at)) => Value::from(at.clone()),
        _ => now.clone(),
    };
    let started = match kind.as_str() {
        "started" | "completed" => kept("startedAt"),
        "backlog" | "unstarted" | "triage" => Value::Null,
        _ => issue.get("startedAt").cloned().unwrap_or_default(),
    };
    let completed = if kind == "completed" {
        kept("completedAt")
    } else {
        Value::Null
    };
    let cancelled = match kind.as_str() {
        "canceled" | "duplicate" => kept("canceledAt"),
        _ => Value::Null,
    };
    set(
        issue,
        [
            ("startedAt", started),
            ("completedAt", completed),
            ("canceledAt", cancelled),
        ],
    );
    if kind == "triage" {
        set(issue, [("startedTriageAt", now)]);
    } else if was_triage {
        set(issue, [("triagedAt", now)]);
    }
}

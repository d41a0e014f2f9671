//! Projects: how they are shown, and what creating and changing them have in common.

pub mod create;
mod diff;
pub mod get;
pub mod list;
mod names;
pub mod update;
mod verify;

use serde_json::Value;

use super::view::{View, level, moment, moment_if};
use crate::error::{Code, Error};
use crate::linear::model::{Named, Project, TeamRef};
use crate::params::Detail;
use crate::session::Context;

/// How many entities of a kind the whole of a project shows at most.
const MOST: usize = 50;

/// A project as it is shown (`contract.md`, "Entities"), as a project of the team with that id where it has several.
fn view(of: &Project, team: Option<&str>, level: Detail) -> View {
    View::named(level, &of.id, &of.name)
        .standard("description", filled(&of.description))
        .brief("state", of.status.kind.as_str())
        .brief("status", of.status.name.as_str())
        .brief("team", own_team(of, team, level))
        .standard("teams", several_teams(of, level))
        .standard("url", of.url.as_str())
        .full("slug", of.slug_id.as_str())
        .brief("lead", of.lead.as_ref().map(|lead| within(lead, level)))
        .standard("start_date", of.start_date.clone())
        .brief("target_date", of.target_date.clone())
        .standard("labels", some_named(&of.labels.nodes, level))
        .brief("archived_at", moment_if(of.archived_at.as_deref(), level))
        .standard("priority", (of.priority > 0).then_some(of.priority))
        .full("progress", of.progress.map(hundredths))
        .full("health", of.health.clone())
        .full("creator", of.creator.as_ref().map(|of| within(of, level)))
        .full("members", some_named(&of.members.nodes, level))
        .full("more_members", more(of.members.nodes.len()))
        .full("milestones", milestones(of))
        .full("more_milestones", more(of.project_milestones.nodes.len()))
        .full("created_at", moment(&of.created_at, level))
        .full("updated_at", moment_if(of.updated_at.as_deref(), level))
        .full("started_at", moment_if(of.started_at.as_deref(), level))
        .full("completed_at", moment_if(of.completed_at.as_deref(), level))
        .full("canceled_at", moment_if(of.canceled_at.as_deref(), level))
        .full("content", of.content.as_deref().and_then(filled))
}

/// The fields of [`view`] that the session does not keep.
const NOT_KEPT: &[&str] = &[
    "progress",
    "health",
    "creator",
    "members",
    "more_members",
    "milestones",
    "more_milestones",
    "updated_at",
    "started_at",
    "completed_at",
    "canceled_at",
    "content",
];

/// Whether the caller asks for more of a project than the session keeps.
fn wants_whole(cx: &Context<'_>, default: Detail) -> bool {
    let kept = |path: &String| {
        let field = path.split('.').next().unwrap_or(path);
        !NOT_KEPT.contains(&field)
    };
    match &cx.common.fields {
        Some(fields) => !fields.iter().all(kept),
        // Without `fields`, `text_offset` asks for the long text, which is not kept.
        None => level(cx, default) == Detail::Full || cx.common.text_offset > 0,
    }
}

fn hundredths(share: f64) -> f64 {
    (share * 100.0).round() / 100.0
}

fn filled(text: &str) -> Option<&str> {
    (!text.trim().is_empty()).then_some(text)
}

/// Said where there may be more than are shown.
fn more(shown: usize) -> Option<bool> {
    (shown >= MOST).then_some(true)
}

fn own_team(of: &Project, team: Option<&str>, level: Detail) -> Option<Value> {
    let teams = &of.teams.nodes;
    let asked = teams.iter().find(|own| Some(own.id.as_str()) == team);
    let shown: &TeamRef = asked.or(teams.first())?;
    let view = View::within(level, &shown.id, &shown.name);
    Some(view.into_value())
}

fn several_teams(of: &Project, level: Detail) -> Option<Value> {
    let teams = &of.teams.nodes;
    let all = teams
        .iter()
        .map(|team| View::within(level, &team.id, &team.name).into_value());
    (teams.len() > 1).then(|| all.collect())
}

fn within(of: &Named, level: Detail) -> Value {
    View::within(level, &of.id, &of.name).into_value()
}

fn some_named(entities: &[Named], level: Detail) -> Option<Value> {
    let all = entities.iter().map(|of| within(of, level));
    (!entities.is_empty()).then(|| all.collect())
}

fn milestones(of: &Project) -> Option<Value> {
    let mut milestones: Vec<_> = of.project_milestones.nodes.iter().collect();
    milestones.sort_by(|a, b| a.sort_order.total_cmp(&b.sort_order));
    let all = milestones.iter().map(|milestone| {
        View::new(Detail::Full)
            .standard("id", milestone.id.as_str())
            .standard("name", milestone.name.as_str())
            .standard("target_date", milestone.target_date.clone())
            .into_value()
    });
    (!milestones.is_empty()).then(|| all.collect())
}

/// How long Linear lets the one line be (`linear/api.md` §4).
const LONGEST_LINE: usize = 255;

/// What to do when Linear refused a project whose line is the whole text.
fn short_line(error: Error, description: Option<&str>) -> Error {
    let declined = matches!(
        error.code(),
        Code::ProjectCreationFailed | Code::ProjectUpdateFailed
    );
    let long = description.is_some_and(|text| text.chars().count() > LONGEST_LINE);
    if !(declined && long) {
        return error;
    }
    error.suggest_first(format!(
        "'description' is one line of at most {LONGEST_LINE} characters: put the text into 'content'"
    ))
}

/// A name that several projects have is told apart by the team.
fn by_team(error: Error) -> Error {
    if error.code() == Code::AmbiguousIdentifier {
        error.suggest_first("Give the project's team in 'team'")
    } else {
        error
    }
}

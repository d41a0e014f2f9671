//! Projects: how they are shown, and what creating and changing them have in common.

pub mod create;
pub mod get;
pub mod labels;
pub mod list;
mod names;
pub mod update;

use serde_json::Value;

use super::text_write::{Dated, SetsText};
use super::view::{View, level, moment, moment_if};
use crate::error::{Code, Error};
use crate::linear::client::Answers;
use crate::linear::compose::Part;
use crate::linear::documents::{Listing as _, ProjectUpdate, ProjectsWhole, project_update};
use crate::linear::filter::Filter;
use crate::linear::model::{Named, Project};
use crate::linear::scalars::ProjectUpdateInput;
use crate::params::Detail;
use crate::session::Context;

/// How many members, and how many milestones, are read at most with a whole project.
const MAX_NESTED: usize = 50;

/// Returns the fields of a project for an answer (`contract.md`, "Entities"). Where the project has several teams, the
/// field `team` shows the team with the id `team_id`, or else the first team.
fn view(project: &Project, team_id: Option<&str>, level: Detail) -> View {
    let within = |entity: &Named| View::within(level, &entity.id, &entity.name).into_value();
    let all_within = |entities: &[Named]| -> Option<Value> {
        (!entities.is_empty()).then(|| entities.iter().map(within).collect())
    };
    // The value of a field that tells the caller that there may be more entities than are shown.
    let more = |shown: usize| (shown >= MAX_NESTED).then_some(true);
    let teams = &project.teams.nodes;
    let asked_team = teams.iter().find(|team| Some(team.id.as_str()) == team_id);
    let team = asked_team.or(teams.first());
    let all_teams = teams
        .iter()
        .map(|team| View::within(level, &team.id, &team.name).into_value());
    let members = &project.members.nodes;
    View::named(level, &project.id, &project.name)
        .standard("description", non_blank(&project.description))
        .brief("state", project.status.kind.as_str())
        .brief("status", project.status.name.as_str())
        .brief(
            "team",
            team.map(|team| View::within(level, &team.id, &team.name).into_value()),
        )
        .standard(
            "teams",
            (teams.len() > 1).then(|| all_teams.collect::<Value>()),
        )
        .standard("url", project.url.as_str())
        .full("slug", project.slug_id.as_str())
        .brief("lead", project.lead.as_ref().map(within))
        .standard("start_date", project.start_date.clone())
        .brief("target_date", project.target_date.clone())
        .standard("labels", all_within(&project.labels.nodes))
        .brief(
            "archived_at",
            moment_if(project.archived_at.as_deref(), level),
        )
        .standard(
            "priority",
            (project.priority > 0).then_some(project.priority),
        )
        .full(
            "progress",
            project
                .progress
                .map(|share| (share * 100.0).round() / 100.0),
        )
        .full("health", project.health.clone())
        .full("creator", project.creator.as_ref().map(within))
        .full("members", all_within(members))
        .full("more_members", more(members.len()))
        .full("milestones", milestones(project))
        .full(
            "more_milestones",
            more(project.project_milestones.nodes.len()),
        )
        .full("created_at", moment(&project.created_at, level))
        .full(
            "updated_at",
            moment_if(project.updated_at.as_deref(), level),
        )
        .full(
            "started_at",
            moment_if(project.started_at.as_deref(), level),
        )
        .full(
            "completed_at",
            moment_if(project.completed_at.as_deref(), level),
        )
        .full(
            "canceled_at",
            moment_if(project.canceled_at.as_deref(), level),
        )
        .full("content", project.content.as_deref().and_then(non_blank))
        .fingerprint(project.content.as_deref())
}

impl SetsText for ProjectUpdate {
    const FIELD: &'static str = "content";
    const REFUSED: Code = Code::ProjectUpdateFailed;

    fn set(id: &str, text: Option<String>) -> Part {
        Part::of::<Self>(project_update::Variables {
            id: id.to_owned(),
            input: ProjectUpdateInput {
                content: text.into(),
                ..ProjectUpdateInput::default()
            },
        })
    }

    fn query(id: &str) -> Part {
        ProjectsWhole::one(Filter::eq("id", id))
    }

    fn take(answers: &mut Answers) -> Option<Project> {
        ProjectsWhole::first(answers.take::<ProjectsWhole>(0).ok()?)
    }

    fn text(project: &Project) -> Dated {
        Dated {
            text: project.content.clone(),
            updated_at: project.updated_at.clone().unwrap_or_default(),
        }
    }
}

/// The fields of [`view`] that the session cache does not keep.
const NOT_CACHED: &[&str] = &[
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
    "text_sha256",
];

/// Returns whether the caller asks for fields of a project that the session cache does not keep, so that the whole
/// project has to be read.
fn wants_whole(cx: &Context<'_>, default: Detail) -> bool {
    let is_cached = |path: &String| {
        let field = path.split('.').next().unwrap_or(path);
        !NOT_CACHED.contains(&field)
    };
    match &cx.common.fields {
        Some(fields) => !fields.iter().all(is_cached),
        // Without `fields`, `text_offset` asks for the content, which is not cached.
        None => level(cx, default) == Detail::Full || cx.common.text_offset > 0,
    }
}

fn non_blank(text: &str) -> Option<&str> {
    (!text.trim().is_empty()).then_some(text)
}

/// Returns the milestones of a project in the order in which Linear shows them; `None` where there are none.
fn milestones(project: &Project) -> Option<Value> {
    let mut milestones: Vec<_> = project.project_milestones.nodes.iter().collect();
    milestones.sort_by(|a, b| a.sort_order.total_cmp(&b.sort_order));
    let rows = milestones.iter().map(|milestone| {
        View::new(Detail::Full)
            .standard("id", milestone.id.as_str())
            .standard("name", milestone.name.as_str())
            .standard("target_date", milestone.target_date.clone())
            .into_value()
    });
    (!milestones.is_empty()).then(|| rows.collect())
}

/// How many characters Linear accepts at most in the description of a project (`linear/api.md` §4).
const MAX_DESCRIPTION_CHARS: usize = 255;

/// Adds a suggestion to the error for a project that Linear rejected, where the description of the project is too long.
fn explain_long_description(error: Error, description: Option<&str>) -> Error {
    let is_rejected = matches!(
        error.code(),
        Code::ProjectCreationFailed | Code::ProjectUpdateFailed
    );
    let is_long = description.is_some_and(|text| text.chars().count() > MAX_DESCRIPTION_CHARS);
    if !(is_rejected && is_long) {
        return error;
    }
    error.suggest_first(format!(
        "'description' is one line of at most {MAX_DESCRIPTION_CHARS} characters: put the text into 'content'"
    ))
}

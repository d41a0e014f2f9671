//! Projects: by id, name, slug or the address of their page.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::address::{self, Kind};
use super::{Resolvable, apart, named, named_exactly, without_hash};
use crate::directory::fold;
use crate::error::{Code, Error};
use crate::linear::filter::Filter;
use crate::linear::model::{Project, Team};

impl Resolvable for Project {
    const NOUN: &'static str = "Project";
    const NOUNS: &'static str = "projects";
    const NOT_FOUND: Code = Code::ProjectNotFound;
    const AVAILABLE: &'static str = "available_projects";
    const LISTED_BY: Option<&'static str> = Some("list_projects");
    const PARAMS: &'static [&'static str] = &["project"];

    fn called(wanted: &str) -> &str {
        let address = address::of_kind(wanted, Kind::Project);
        address.map_or(wanted.trim(), |address| address.handle())
    }

    fn other_form(wanted: &str) -> Option<&str> {
        without_hash(wanted).or_else(|| address::slug(wanted))
    }

    fn exact_names(&self) -> Vec<&str> {
        vec![&self.name, &self.slug_id]
    }

    fn name(&self) -> &str {
        &self.name
    }

    /// A slug is the project's for ever.
    fn is_shown_as(&self, called: &str, _keys: bool) -> bool {
        let called = fold(called);
        fold(&self.name) == called || fold(&self.slug_id) == called
    }

    fn is_usable(&self) -> bool {
        self.archived_at.is_none()
    }

    fn told_apart(&self) -> Map<String, Value> {
        let teams: Vec<&str> = self.teams.nodes.iter().map(|of| of.name.as_str()).collect();
        apart(json!({
            "name": self.name,
            "teams": teams,
            "status": self.status.name,
            "id": self.id,
        }))
    }
}

/// The filter that finds a project by what a caller calls it.
pub fn filter(wanted: &str) -> Filter {
    let named = named(Project::called(wanted), &["name", "slugId"]);
    let slug = address::slug(wanted).map(|slug| Filter::same_text("slugId", slug));
    Filter::any(slug.into_iter().chain([named]).collect())
}

/// The filter for a project by its whole name, slug, address or id.
pub fn exact(wanted: &str) -> Filter {
    named_exactly(Project::called(wanted), &["name", "slugId"])
}

/// What to do about a project that is another team's than the one that was given.
pub fn teams_instead(project: &Project) -> String {
    let teams = team_names(project);
    format!("Leave out the team, or use the project's: {teams}")
}

/// The names of its teams, to choose from: `'Engineering' or 'Platform'`.
pub(super) fn team_names(project: &Project) -> String {
    let teams = project.teams.nodes.iter();
    let names: Vec<String> = teams.map(|team| format!("'{}'", team.name)).collect();
    names.join(" or ")
}

/// How many teams of a project are looked at.
pub const TEAMS: usize = 10;

/// Says that Linear would refuse the project for an issue of that team, before anything is written for the issue.
///
/// # Errors
/// INVALID_PARAM with the project's teams.
pub fn check_team(project: &Project, team_id: &str, team_name: &str) -> Result<(), Error> {
    let teams = &project.teams.nodes;
    if teams.len() >= TEAMS || teams.iter().any(|team| team.id == team_id) {
        return Ok(());
    }
    let names: Vec<&str> = teams.iter().map(|team| team.name.as_str()).collect();
    let message = format!(
        "Project '{}' is not one of team '{team_name}'",
        project.name
    );
    Err(Error::new(Code::InvalidParam, message)
        .detail("param", "project")
        .detail("given", project.name.as_str())
        .detail("teams_of_project", names)
        .suggest("Use a project of the team, or the project's team"))
}

/// Those of the team where there are any, so that a name that two teams' projects share is not ambiguous for either.
pub fn of_team(projects: &[Arc<Project>], team: Option<&str>) -> Vec<Arc<Project>> {
    let Some(team) = team else {
        return projects.to_vec();
    };
    let own = |project: &&Arc<Project>| project.teams.nodes.iter().any(|of| of.id == team);
    projects.iter().filter(own).map(Arc::clone).collect()
}

/// Those that are not known to be other teams' alone.
pub fn may_be_of(projects: &[Arc<Project>], team: &Team) -> Vec<Arc<Project>> {
    let may_be = |project: &&Arc<Project>| {
        let teams = &project.teams.nodes;
        teams.len() >= TEAMS || teams.iter().any(|of| of.id == team.id)
    };
    projects.iter().filter(may_be).map(Arc::clone).collect()
}

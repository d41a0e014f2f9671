//! Projects: by id, name, slug or the address of their page.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::address::{self, PageKind};
use super::kind::{Kind, List, Lookup, LookupSpec, Owner};
use super::{
    Candidates, LookupRequest, Match, MatchResult, Resolvable, Resolved, in_team, json_object,
    match_exactly, match_name, named, named_exactly, not_found_but, without_hash,
};
use crate::cache::{Cache, KindCache, Reach, fold};
use crate::error::{Code, Error};
use crate::linear::documents::Projects;
use crate::linear::filter::Filter;
use crate::linear::model::{Project, Team};

impl Resolvable for Project {
    const NOUN: &'static str = "Project";
    const NOUNS: &'static str = "projects";
    const NOT_FOUND: Code = Code::ProjectNotFound;
    const AVAILABLE: &'static str = "available_projects";
    const LISTED_BY: Option<&'static str> = Some("list_projects");
    const PARAMS: &'static [&'static str] = &["project"];

    fn query_name(wanted: &str) -> &str {
        let address = address::of_kind(wanted, PageKind::Project);
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

    /// A slug needs no comparison, because it never changes.
    fn is_shown_as(&self, name: &str, _has_keys: bool) -> bool {
        let name = fold(name);
        fold(&self.name) == name || fold(&self.slug_id) == name
    }

    fn is_usable(&self) -> bool {
        self.archived_at.is_none()
    }

    fn disambiguation(&self) -> Map<String, Value> {
        let teams = self.teams.nodes.iter();
        let teams: Vec<&str> = teams.map(|team| team.name.as_str()).collect();
        json_object(json!({
            "name": self.name,
            "teams": teams,
            "status": self.status.name,
            "id": self.id,
        }))
    }
}

impl Kind for Project {
    const FIRST_PAGE: i64 = 40;
    const NAME_MATCHES: i64 = 20;
    const IS_OWNER: bool = true;
    const IS_IN_TEAM: bool = true;
    const PAGE: Option<PageKind> = Some(PageKind::Project);

    fn cache(cache: &Cache) -> &KindCache<Self> {
        &cache.projects
    }

    fn all_candidates(known: &Resolved) -> &Candidates<Self> {
        &known.projects
    }

    fn list(_request: &LookupRequest) -> List<Self> {
        List::of::<Projects>()
    }

    fn names(request: &LookupRequest) -> Vec<String> {
        request.project.iter().cloned().collect()
    }

    fn filter(name: &str) -> Option<Filter> {
        let named = named(Project::query_name(name), &["name", "slugId"]);
        let slug = address::slug(name).map(|slug| Filter::same_text("slugId", slug));
        Some(Filter::any(slug.into_iter().chain([named]).collect()))
    }

    /// A team may have joined the project since it was cached, so Linear is asked where the cached project is not the team's.
    fn spec<'l>(lookup: &'l Lookup<'_>, names: &'l [String]) -> LookupSpec<'l, Self> {
        let has_match = move |name: &str, candidates: &[Arc<Self>]| match &lookup.team {
            Some(Owner::Resolved(team)) => {
                // Only the first teams of a project are read, so a project with many teams may be the team's.
                let may_be_own = |project: &&Arc<Self>| {
                    let teams = &project.teams.nodes;
                    teams.len() >= MAX_TEAMS || teams.iter().any(|other| other.id == team.id)
                };
                let projects = candidates.iter().filter(may_be_own);
                lookup.has_match(name, &projects.map(Arc::clone).collect::<Vec<_>>())
            }
            _ => lookup.has_match(name, candidates),
        };
        let has_reliable_match = move |name: &str, candidates: &[Arc<Self>], reach: Reach| {
            has_match(name, candidates) && lookup.has_reliable_match(name, candidates, reach)
        };
        LookupSpec {
            has_match: Box::new(has_match),
            has_reliable_match: Box::new(has_reliable_match),
            ..lookup.workspace_spec(names)
        }
    }

    fn set_owner(lookup: &mut Lookup<'_>, found: Option<&[Arc<Self>]>) {
        let project = lookup.request.project.as_deref();
        lookup.project = project.map(|name| Owner::new(lookup.cx, name, found));
    }

    fn candidates(known: &Resolved, team: Option<&Team>, name: &str) -> Vec<Arc<Self>> {
        let all = &known.projects.items;
        let own_projects = of_team(all, team.map(|team| team.id.as_str()));
        match match_name(name, &own_projects, known.mode()) {
            MatchResult::None => all.clone(),
            _ => own_projects,
        }
    }

    fn meanings(known: &Resolved, request: &LookupRequest) -> Vec<Option<Arc<Self>>> {
        vec![known.project_of_lookup(request)]
    }

    /// A project accepts issues only of its own teams.
    fn is_unchanged(&self, now: &Self) -> bool {
        self.teams == now.teams && self.archived_at == now.archived_at
    }
}

impl Resolved {
    /// Returns the project of the request, where its name means one project in the request's team.
    pub(super) fn project_of_lookup(&self, request: &LookupRequest) -> Option<Arc<Project>> {
        let name = request.project.as_deref()?;
        let team = self.team_of_lookup(request);
        Some(self.project(name, team.as_deref()).ok()?.item)
    }

    /// Returns the project with that name, slug, address or id; of several with the same name, the team's own.
    ///
    /// # Errors
    /// PROJECT_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    pub fn project(&self, wanted: &str, team: Option<&Team>) -> Result<Match<Project>, Error> {
        self.project_in(wanted, team.map(|team| team.id.as_str()))
    }

    /// As [`Resolved::project`], with the team by its id.
    ///
    /// # Errors
    /// As [`Resolved::project`].
    pub fn project_in(&self, wanted: &str, team: Option<&str>) -> Result<Match<Project>, Error> {
        let own_projects = of_team(&self.projects.items, team);
        // The whole name of any project comes before a part of the name of the team's own.
        let mut matched = match_exactly(wanted, &own_projects);
        if matches!(matched, MatchResult::None) {
            matched = match_exactly(wanted, &self.projects.items);
        }
        if matches!(matched, MatchResult::None) {
            matched = self.match_name(wanted, &own_projects);
        }
        match matched {
            MatchResult::None => {
                let all = &self.projects.items;
                let matched = match self.match_name(wanted, all) {
                    MatchResult::None => Err(not_found_but(wanted, all, &own_projects, None)),
                    matched => matched.or_error(wanted, all, None),
                };
                matched.map_err(|error| self.projects.counted(error))
            }
            matched => matched.or_error(wanted, &own_projects, None),
        }
    }

    /// Returns the team's project with that name, slug, address or id.
    ///
    /// # Errors
    /// PROJECT_NOT_FOUND, also where only other teams have such a project, then with these teams; or AMBIGUOUS_IDENTIFIER.
    pub fn project_of(&self, wanted: &str, team: &Team) -> Result<Match<Project>, Error> {
        let all = &self.projects.items;
        let own_projects = of_team(all, Some(&team.id));
        let matched =
            self.match_name(wanted, &own_projects)
                .or_error(wanted, &own_projects, in_team(team));
        matched.map_err(|error| match match_exactly(wanted, all) {
            MatchResult::One(foreign) if error.code() == Code::ProjectNotFound => {
                let teams = team_names(&foreign.item);
                let hint = format!("Leave out the team, or use the project's: {teams}");
                error.suggest_first(hint)
            }
            _ => self.projects.counted(error),
        })
    }
}

/// Returns the filter for projects with that whole name, slug, address or id.
pub fn exact(wanted: &str) -> Filter {
    named_exactly(Project::query_name(wanted), &["name", "slugId"])
}

/// Returns the names of a project's teams for a suggestion: `'Engineering' or 'Platform'`.
pub(super) fn team_names(project: &Project) -> String {
    let teams = project.teams.nodes.iter();
    let names: Vec<String> = teams.map(|team| format!("'{}'", team.name)).collect();
    names.join(" or ")
}

/// The number of teams that are read of a project.
pub const MAX_TEAMS: usize = 10;

/// The number of labels that are read of a project.
pub const MAX_LABELS: usize = 10;

/// Checks that an issue of the team can be in the project, because Linear would refuse it only after labels of the issue were
/// created.
///
/// # Errors
/// INVALID_PARAM with the project's teams.
pub fn check_team(project: &Project, team_id: &str, team_name: &str) -> Result<(), Error> {
    let teams = &project.teams.nodes;
    if teams.len() >= MAX_TEAMS || teams.iter().any(|team| team.id == team_id) {
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

/// Returns the projects of the team with that id, or all projects without a team.
fn of_team(projects: &[Arc<Project>], team: Option<&str>) -> Vec<Arc<Project>> {
    let Some(team_id) = team else {
        return projects.to_vec();
    };
    let is_own = |project: &&Arc<Project>| {
        let mut teams = project.teams.nodes.iter();
        teams.any(|team| team.id == team_id)
    };
    projects.iter().filter(is_own).map(Arc::clone).collect()
}

//! Teams: by id, key or name.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::address::PageKind;
use super::kind::{Kind, List, Lookup, Owner};
use super::project::team_names;
use super::{
    Candidates, LookupRequest, Match, MatchResult, Method, Mode, Resolvable, Resolved, json_object,
    match_exactly, match_name, named, named_exactly,
};
use crate::cache::{Cache, KindCache, fold};
use crate::error::{Code, Error};
use crate::linear::documents::Teams;
use crate::linear::filter::Filter;
use crate::linear::model::{Project, Team};
use crate::session::{Context, ProjectAsTeam};

impl Resolvable for Team {
    const NOUN: &'static str = "Team";
    const NOUNS: &'static str = "teams";
    const NOT_FOUND: Code = Code::TeamNotFound;
    const AVAILABLE: &'static str = "available_teams";
    const LISTED_BY: Option<&'static str> = Some("list_teams");
    const PARAMS: &'static [&'static str] = &["team", "teams"];

    fn exact_names(&self) -> Vec<&str> {
        vec![&self.key, &self.name]
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn is_shown_as(&self, name: &str, has_keys: bool) -> bool {
        let name = fold(name);
        fold(&self.name) == name || (has_keys && fold(&self.key) == name)
    }

    fn disambiguation(&self) -> Map<String, Value> {
        json_object(json!({"name": self.name, "key": self.key, "id": self.id}))
    }
}

impl Kind for Team {
    const FIRST_PAGE: i64 = 100;
    const NAME_MATCHES: i64 = 50;
    const IS_OWNER: bool = true;
    const PAGE: Option<PageKind> = Some(PageKind::Team);

    fn cache(cache: &Cache) -> &KindCache<Self> {
        &cache.teams
    }

    fn all_candidates(known: &Resolved) -> &Candidates<Self> {
        &known.teams
    }

    fn list(_request: &LookupRequest) -> List<Self> {
        List::of::<Teams>()
    }

    fn names(request: &LookupRequest) -> Vec<String> {
        request.team.iter().chain(&request.teams).cloned().collect()
    }

    fn filter(name: &str) -> Option<Filter> {
        Some(named(name, &["key", "name"]))
    }

    fn is_all_wanted(request: &LookupRequest) -> bool {
        request.all_teams
    }

    fn set_owner(lookup: &mut Lookup<'_>, found: Option<&[Arc<Self>]>) {
        let team = lookup.request.team.as_deref();
        lookup.team = team.map(|name| Owner::new(lookup.cx, name, found));
    }

    /// The parent teams decide which labels can be used in the team.
    fn is_unchanged(&self, now: &Self) -> bool {
        self.ancestors == now.ancestors
    }
}

impl Resolved {
    /// Returns the team with that name, key or id. Where no team has the name, but a project with one team has it, returns
    /// the team of the project, and warns.
    ///
    /// # Errors
    /// TEAM_NOT_FOUND or AMBIGUOUS_IDENTIFIER; where a project with several teams has that name, the error suggests these
    /// teams.
    pub fn team(&self, wanted: &str) -> Result<Match<Team>, Error> {
        let given = self.project_as_team.as_ref();
        if let Some(given) = given.filter(|given| given.wanted == wanted)
            && let Some(team) = self.team_by_id(&given.team_id)
        {
            self.name_warnings.add(format!(
                "'{}' is a project; its team {} is used",
                given.project, team.name
            ));
            return Ok(Match {
                item: team,
                method: Method::Alias,
            });
        }
        self.find(wanted).map_err(|error| {
            let projects = self.same_named_projects.iter();
            let hints = projects.map(|project| {
                let teams = team_names(project);
                format!("'{}' is a project: use its team, {teams}", project.name)
            });
            hints.fold(error, Error::suggest_first)
        })
    }

    /// Returns the team with that id, if it was looked up.
    pub fn team_by_id(&self, id: &str) -> Option<Arc<Team>> {
        let found = self.teams.items.iter().find(|team| team.id == id);
        found.map(Arc::clone)
    }
}

impl ProjectAsTeam {
    /// Returns the project that `wanted` names, where no other project has the name and the project has one team.
    pub(super) fn new(wanted: &str, projects: &[Arc<Project>]) -> Option<Self> {
        let MatchResult::One(found) = match_exactly(wanted, projects) else {
            return None;
        };
        let project = found.item;
        match project.teams.nodes.as_slice() {
            [team] if project.is_usable() => Some(Self {
                wanted: wanted.to_owned(),
                project: project.name.clone(),
                team_id: team.id.clone(),
            }),
            _ => None,
        }
    }

    /// Returns the project that the request gives as its team, where the session cache has all teams, none of which the
    /// name means, and the project.
    pub(super) fn in_cache(cx: &Context<'_>, request: &LookupRequest) -> Option<Self> {
        let wanted = request.team.as_deref()?;
        let cache = &cx.session.cache;
        let teams = cache.teams.list("")?;
        if !matches!(
            match_name(wanted, &teams, Mode::of(cx.effect)),
            MatchResult::None
        ) {
            return None;
        }
        let by_name = || cache.projects.candidates("", Project::query_name(wanted));
        let projects = cache.projects.list("").or_else(by_name)?;
        Self::new(wanted, &projects)
            .filter(|found| teams.iter().any(|team| team.id == found.team_id))
    }

    /// Returns the request with the team in place of the project.
    pub(super) fn request(&self, request: &LookupRequest) -> LookupRequest {
        LookupRequest {
            team: Some(self.team_id.clone()),
            ..request.clone()
        }
    }
}

/// Returns the filter for teams with that whole name, key or id.
pub fn exact(wanted: &str) -> Filter {
    named_exactly(wanted, &["key", "name"])
}

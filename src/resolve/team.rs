//! Teams: by id, key or name.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::address::PageKind;
use super::kind::{Kind, List, Lookup, Owner};
use super::project::team_names;
use super::{
    Candidates, LookupRequest, Match, Resolvable, Resolved, json_object, named, named_exactly,
};
use crate::cache::{Cache, KindCache, fold};
use crate::error::{Code, Error};
use crate::linear::documents::Teams;
use crate::linear::filter::Filter;
use crate::linear::model::Team;

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
    /// Returns the team with that name, key or id.
    ///
    /// # Errors
    /// TEAM_NOT_FOUND or AMBIGUOUS_IDENTIFIER; where a project has that name, the error suggests the project's teams.
    pub fn team(&self, wanted: &str) -> Result<Match<Team>, Error> {
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

/// Returns the filter for teams with that whole name, key or id.
pub fn exact(wanted: &str) -> Filter {
    named_exactly(wanted, &["key", "name"])
}

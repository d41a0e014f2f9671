//! Project milestones: by id or name, within their project.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::kind::{Kind, List, Lookup, LookupSpec, Owner, Placement};
use super::{
    Candidates, LookupRequest, Match, Resolvable, Resolved, Within, json_object, named,
    named_exactly,
};
use crate::cache::{Cache, KindCache};
use crate::error::{Code, Error};
use crate::linear::documents::Milestones;
use crate::linear::filter::Filter;
use crate::linear::model::Milestone;

impl Resolvable for Milestone {
    const NOUN: &'static str = "Milestone";
    const NOUNS: &'static str = "milestones";
    const NOT_FOUND: Code = Code::MilestoneNotFound;
    const AVAILABLE: &'static str = "available_milestones";
    const LISTED_BY: Option<&'static str> = None;
    const PARAMS: &'static [&'static str] = &["milestone"];

    fn name(&self) -> &str {
        &self.name
    }

    fn disambiguation(&self) -> Map<String, Value> {
        json_object(json!({"name": self.name, "target_date": self.target_date, "id": self.id}))
    }
}

impl Kind for Milestone {
    const FIRST_PAGE: i64 = 50;
    const NAME_MATCHES: i64 = 50;
    const IS_IN_TEAM: bool = true;

    fn cache(cache: &Cache) -> &KindCache<Self> {
        &cache.milestones
    }

    fn all_candidates(known: &Resolved) -> &Candidates<Self> {
        &known.milestones
    }

    fn list(_request: &LookupRequest) -> List<Self> {
        List::of::<Milestones>()
    }

    fn names(request: &LookupRequest) -> Vec<String> {
        let names = request
            .milestone
            .iter()
            .filter(|_| request.project.is_some());
        names.cloned().collect()
    }

    fn filter(name: &str) -> Option<Filter> {
        Some(named(name, &["name"]))
    }

    fn spec<'l>(lookup: &'l Lookup<'_>, names: &'l [String]) -> LookupSpec<'l, Self> {
        let project = lookup.project_id();
        let project_filter = lookup.project.as_ref().map(Owner::filter);
        let scope_filter = project_filter.map(|filter| Filter::of("project", filter));
        LookupSpec {
            scopes: project.into_iter().collect(),
            is_in_scope: Box::new(move |milestone: &Self| project == Some(&milestone.project.id)),
            ..lookup.workspace_spec(names)
        }
        .restricted_to(scope_filter)
    }

    fn placement<'l>(lookup: &'l Lookup<'_>) -> Placement<'l, Self> {
        Placement::owned(lookup.project_id(), |milestone| &milestone.project.id)
    }

    fn meanings(known: &Resolved, request: &LookupRequest) -> Vec<Option<Arc<Self>>> {
        let meaning = |name: &String| {
            let project = known.project_of_lookup(request)?;
            let found = known.milestone(name, (&project.id, &project.name));
            Some(found.ok()?.item)
        };
        Self::names(request).iter().map(meaning).collect()
    }
}

impl Resolved {
    /// Returns the project's milestone with that name or id. The project is given as its id and its name.
    ///
    /// # Errors
    /// MILESTONE_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    pub fn milestone(
        &self,
        wanted: &str,
        project: (&str, &str),
    ) -> Result<Match<Milestone>, Error> {
        let (id, name) = project;
        let all = self.milestones.items.iter();
        let all = all.filter(|milestone| milestone.project.id == id);
        let own_milestones: Vec<Arc<Milestone>> = all.map(Arc::clone).collect();
        let within = Within {
            kind: "project",
            name,
        };
        let matched = self.match_name(wanted, &own_milestones);
        let found = matched.or_error(wanted, &own_milestones, Some(within));
        found.map_err(|error| self.milestones.counted(error))
    }

    /// Returns the milestone with that name or id in the project of the look-up.
    ///
    /// # Errors
    /// MILESTONE_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    pub fn any_milestone(&self, wanted: &str) -> Result<Match<Milestone>, Error> {
        self.find(wanted)
    }
}

/// Returns the filter for milestones with that whole name or id.
pub fn exact(wanted: &str) -> Filter {
    named_exactly(wanted, &["name"])
}

//! Templates of issues: by id or name, in a team or else in the workspace.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::kind::{Kind, List};
use super::{
    Candidates, LookupRequest, Match, MatchResult, Resolvable, Resolved, in_team, json_object,
    not_found,
};
use crate::cache::{Cache, KindCache};
use crate::error::{Code, Error};
use crate::linear::documents::Templates;
use crate::linear::filter::Filter;
use crate::linear::model::{Team, Template};

/// The type of the templates from which issues are created.
const ISSUE: &str = "issue";

impl Resolvable for Template {
    const NOUN: &'static str = "Template";
    const NOUNS: &'static str = "templates of issues";
    const NOT_FOUND: Code = Code::TemplateNotFound;
    const AVAILABLE: &'static str = "available_templates";
    const LISTED_BY: Option<&'static str> = None;
    const PARAMS: &'static [&'static str] = &["template"];

    fn name(&self) -> &str {
        &self.name
    }

    /// Linear's answer to the creation of an issue does not name the template.
    fn is_shown_as(&self, _name: &str, _has_keys: bool) -> bool {
        false
    }

    fn disambiguation(&self) -> Map<String, Value> {
        let team = self.team.as_ref().map(|team| team.name.as_str());
        json_object(json!({"name": self.name, "team": team, "id": self.id}))
    }
}

impl Kind for Template {
    // Linear takes neither a filter nor a size of the list.
    const FIRST_PAGE: i64 = 250;
    const NAME_MATCHES: i64 = 250;
    const IS_IN_TEAM: bool = true;

    fn cache(cache: &Cache) -> &KindCache<Self> {
        &cache.templates
    }

    fn all_candidates(known: &Resolved) -> &Candidates<Self> {
        &known.templates
    }

    fn list(_request: &LookupRequest) -> List<Self> {
        List::of::<Templates>()
    }

    fn names(request: &LookupRequest) -> Vec<String> {
        request.template.iter().cloned().collect()
    }

    fn filter(_name: &str) -> Option<Filter> {
        None
    }

    fn candidates(known: &Resolved, team: Option<&Team>, wanted: &str) -> Vec<Arc<Self>> {
        let Some(team) = team else {
            return known.templates.items.clone();
        };
        let (own, common) = usable(&known.templates.items, team);
        match super::match_name(wanted, &own, known.mode()) {
            MatchResult::None => common,
            _ => own,
        }
    }

    fn meanings(known: &Resolved, request: &LookupRequest) -> Vec<Option<Arc<Self>>> {
        let team = known.team_of_lookup(request);
        let meaning = |name: &String| Some(known.template(name, team.as_ref()?).ok()?.item);
        Self::names(request).iter().map(meaning).collect()
    }
}

impl Resolved {
    /// Returns the template of issues with that name or id: one of the team, or else one of the workspace.
    ///
    /// # Errors
    /// TEMPLATE_NOT_FOUND or AMBIGUOUS_IDENTIFIER; INVALID_PARAM for a template of another team, or of something else than
    /// issues.
    pub fn template(&self, wanted: &str, team: &Team) -> Result<Match<Template>, Error> {
        let all = &self.templates.items;
        let (own, common) = usable(all, team);
        for candidates in [&own, &common] {
            match self.match_name(wanted, candidates) {
                MatchResult::None => {}
                found => return found.or_error(wanted, candidates, in_team(team)),
            }
        }
        let usable = [own, common].concat();
        // A template that cannot be used is named only where the whole name is given.
        let other = match super::match_exactly(wanted, all) {
            MatchResult::One(found) => Some(found.item),
            MatchResult::Many(several) => several.into_iter().next(),
            MatchResult::None => None,
        };
        let Some(other) = other else {
            return Err(not_found(wanted, &usable, in_team(team)));
        };
        let message = match &other.team {
            _ if other.kind != ISSUE => {
                format!(
                    "Template '{}' is of type '{}', not of issues",
                    other.name, other.kind
                )
            }
            Some(owner) => format!(
                "Template '{}' belongs to team '{}', not to team '{}'",
                other.name, owner.name, team.name
            ),
            None => format!("Template '{}' cannot be used here", other.name),
        };
        let names: Vec<&str> = usable.iter().map(|template| template.name()).collect();
        let error = Error::new(Code::InvalidParam, message)
            .detail("param", "template")
            .detail("input", wanted);
        Err(if names.is_empty() {
            error.suggest("Leave 'template' out: the team has no templates of issues")
        } else {
            error
                .detail(Template::AVAILABLE, names)
                .suggest(format!("Use one of the {} above", Template::AVAILABLE))
        })
    }
}

/// Returns the templates of issues that the team has itself, and those that the workspace has.
fn usable(templates: &[Arc<Template>], team: &Team) -> (Vec<Arc<Template>>, Vec<Arc<Template>>) {
    let of_issues = templates.iter().filter(|template| template.kind == ISSUE);
    let of_issues = of_issues.filter(|template| match &template.team {
        Some(owner) => owner.id == team.id,
        None => true,
    });
    of_issues
        .map(Arc::clone)
        .partition(|template| template.team.is_some())
}

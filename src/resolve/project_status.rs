//! Project statuses: by id, name, type or another word for the type. They belong to the workspace, and there are few.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::kind::{Kind, List};
use super::state::{Typed, by_word, meaning, named_type, plain, suggest_types};
use super::{
    Candidates, LookupRequest, Match, MatchResult, Method, Resolvable, Resolved, by_id, json_object,
};
use crate::cache::{Cache, KindCache, fold};
use crate::error::{Code, Error};
use crate::linear::documents::ProjectStatuses;
use crate::linear::filter::Filter;
use crate::linear::model::ProjectStatus;

/// The types (`linear/api.md` §2).
pub const TYPES: &[&str] = &[
    "backlog",
    "planned",
    "started",
    "paused",
    "completed",
    "canceled",
];

/// Other words for a type.
const ALIASES: &[(&str, &str)] = &[
    ("todo", "planned"),
    ("to do", "planned"),
    ("unstarted", "planned"),
    ("active", "started"),
    ("in progress", "started"),
    ("on hold", "paused"),
    ("done", "completed"),
    ("complete", "completed"),
    ("finished", "completed"),
    ("cancelled", "canceled"),
];

impl Resolvable for ProjectStatus {
    const NOUN: &'static str = "Project status";
    const NOUNS: &'static str = "project statuses";
    const NOT_FOUND: Code = Code::StatusNotFound;
    const AVAILABLE: &'static str = "available_statuses";
    const LISTED_BY: Option<&'static str> = None;
    const PARAMS: &'static [&'static str] = &["state"];

    fn name(&self) -> &str {
        &self.name
    }

    fn is_described_by(&self, key: &str, text: &str) -> Option<bool> {
        match key {
            "name" => Some(fold(&self.name) == fold(text)),
            "type" => {
                Some(kind(text).map_or_else(|| plain(text) == self.kind, |kind| kind == self.kind))
            }
            _ => None,
        }
    }

    fn available_entry(&self) -> Value {
        json!({"name": self.name, "type": self.kind})
    }

    fn disambiguation(&self) -> Map<String, Value> {
        json_object(json!({"name": self.name, "type": self.kind, "id": self.id}))
    }

    fn by_alias(wanted: &str, candidates: &[Arc<Self>]) -> Option<MatchResult<Self>> {
        let kind = kind(wanted)?;
        let method = if kind == fold(wanted) {
            Method::Type
        } else {
            Method::Alias
        };
        by_word(wanted, candidates, method, |status| status.kind == kind)
    }
}

impl Kind for ProjectStatus {
    const FIRST_PAGE: i64 = 50;
    const NAME_MATCHES: i64 = 50;

    fn cache(cache: &Cache) -> &KindCache<Self> {
        &cache.project_statuses
    }

    fn all_candidates(known: &Resolved) -> &Candidates<Self> {
        &known.project_statuses
    }

    fn list(_request: &LookupRequest) -> List<Self> {
        List::of::<ProjectStatuses>()
    }

    fn names(request: &LookupRequest) -> Vec<String> {
        request.project_statuses.clone()
    }

    fn filter(_name: &str) -> Option<Filter> {
        // Linear has no filter for project statuses; their list is short.
        None
    }

    fn meanings(known: &Resolved, request: &LookupRequest) -> Vec<Option<Arc<Self>>> {
        let meaning = |name: &String| Some(known.project_status(name).ok()?.item);
        request.project_statuses.iter().map(meaning).collect()
    }
}

impl Typed for ProjectStatus {
    const TYPES: &'static [&'static str] = TYPES;

    fn kind(&self) -> &str {
        &self.kind
    }

    fn position(&self) -> f64 {
        self.position
    }
}

impl Resolved {
    /// Returns the project status with that name, type, alias or id.
    ///
    /// # Errors
    /// STATUS_NOT_FOUND with the workspace's statuses and types, or AMBIGUOUS_IDENTIFIER.
    pub fn project_status(&self, wanted: &str) -> Result<Match<ProjectStatus>, Error> {
        let all = &self.project_statuses.items;
        let matched = self.match_name(wanted, all).or_error(wanted, all, None);
        matched.map_err(|error| match error.code() {
            Code::StatusNotFound => suggest_types(error, all),
            _ => error,
        })
    }
}

/// Returns the type that a word stands for: the type itself, or another word for it.
pub fn kind(wanted: &str) -> Option<&'static str> {
    let wanted = plain(wanted);
    named_type::<ProjectStatus>(&wanted).or_else(|| meaning(ALIASES, &wanted))
}

/// Returns the filter for project statuses with that whole name, type or id.
pub fn exact(wanted: &str) -> Filter {
    let wanted = wanted.trim();
    if let Some(filter) = by_id(wanted) {
        return filter;
    }
    Filter::any(vec![
        Filter::same_text("name", wanted),
        Filter::eq("type", wanted.to_lowercase()),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::{Mode, match_name};
    use super::*;

    fn status(name: &str, kind: &str, position: f64) -> Arc<ProjectStatus> {
        Arc::new(ProjectStatus {
            id: format!("id-{name}"),
            name: name.to_owned(),
            kind: kind.to_owned(),
            position,
        })
    }

    #[test]
    fn names_come_before_types_and_types_before_other_words() {
        let all = [
            status("Shipping", "started", 2.0),
            status("Building", "started", 1.0),
            status("Started", "planned", 0.0),
            status("Done", "canceled", 0.0),
            status("Shipped", "completed", 0.0),
        ];
        for (wanted, name, method) in [
            ("shipping", "Shipping", Method::ExactName),
            ("id-Shipped", "Shipped", Method::Id),
            ("started", "Started", Method::ExactName),
            ("in_progress", "Building", Method::Alias),
            ("completed", "Shipped", Method::Type),
            ("done", "Done", Method::ExactName),
            ("build", "Building", Method::Partial),
        ] {
            let MatchResult::One(found) = match_name(wanted, &all, Mode::Read) else {
                panic!("{wanted}");
            };
            assert_eq!((found.item.name.as_str(), found.method), (name, method));
        }
        assert!(matches!(
            match_name("ship", &all, Mode::Read),
            MatchResult::Many(_)
        ));
        assert!(matches!(
            match_name("paused", &all, Mode::Read),
            MatchResult::None
        ));
    }
}

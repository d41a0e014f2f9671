//! Labels of projects: by id, name or `group/name`. Linear keeps them apart from the labels of issues.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::kind::{Kind, List};
use super::label::{self, Grouped, halves, in_group, of_groups};
use super::{
    Candidates, LookupRequest, Match, MatchResult, Method, Resolvable, Resolved, json_object, named,
};
use crate::cache::{Cache, KindCache};
use crate::error::{Code, Error};
use crate::linear::documents::ProjectLabels;
use crate::linear::filter::Filter;
use crate::linear::model::{Named, ProjectLabel};
use crate::params::LabelName;

impl Resolvable for ProjectLabel {
    const NOUN: &'static str = "Project label";
    const NOUNS: &'static str = "project labels";
    const NOT_FOUND: Code = Code::LabelNotFound;
    const AVAILABLE: &'static str = "available_labels";
    const LISTED_BY: Option<&'static str> = Some("list_project_labels");
    const PARAMS: &'static [&'static str] = &["labels"];

    fn name(&self) -> &str {
        &self.name
    }

    fn is_usable(&self) -> bool {
        !self.is_group && self.retired_at.is_none()
    }

    fn full_name(&self) -> String {
        full_name(self)
    }

    fn is_described_by(&self, key: &str, text: &str) -> Option<bool> {
        label::is_described_by(self, key, text)
    }

    fn available_entry(&self) -> Value {
        Value::from(full_name(self))
    }

    fn disambiguation(&self) -> Map<String, Value> {
        json_object(json!({"name": full_name(self), "id": self.id}))
    }

    /// Reads the text as `group/name`, where no label has the whole text as its name.
    fn by_alias(wanted: &str, candidates: &[Arc<Self>]) -> Option<MatchResult<Self>> {
        let found = of_groups(&LabelName::new(wanted)?, candidates, Method::Alias);
        (!matches!(found, MatchResult::None)).then_some(found)
    }
}

impl Kind for ProjectLabel {
    const FIRST_PAGE: i64 = 100;
    const NAME_MATCHES: i64 = 50;

    fn cache(cache: &Cache) -> &KindCache<Self> {
        &cache.project_labels
    }

    fn all_candidates(known: &Resolved) -> &Candidates<Self> {
        &known.project_labels
    }

    fn list(_request: &LookupRequest) -> List<Self> {
        List::of::<ProjectLabels>()
    }

    fn names(request: &LookupRequest) -> Vec<String> {
        label::texts(&request.project_labels)
    }

    fn is_all_wanted(request: &LookupRequest) -> bool {
        request.all_project_labels
    }

    fn filter(name: &str) -> Option<Filter> {
        let mut any = vec![named(name, &["name"])];
        any.extend(halves(name).into_iter().map(|(group, name)| {
            Filter::all(vec![
                named(name, &["name"]),
                Filter::of("parent", named(group, &["name"])),
            ])
        }));
        Some(Filter::any(any))
    }

    fn meanings(known: &Resolved, request: &LookupRequest) -> Vec<Option<Arc<Self>>> {
        let meaning = |name: &LabelName| Some(known.project_label(name).ok()?.item);
        request.project_labels.iter().map(meaning).collect()
    }
}

impl Resolved {
    /// Returns the project label with that name, `group/name` or id.
    ///
    /// # Errors
    /// LABEL_NOT_FOUND with the existing labels, AMBIGUOUS_IDENTIFIER, or INVALID_LABEL_NAME for a label that no project can have.
    pub fn project_label(&self, wanted: &LabelName) -> Result<Match<ProjectLabel>, Error> {
        let found = self.any_project_label(wanted)?;
        applicable(&found.item)?;
        Ok(found)
    }

    /// Returns the project label with that name, `group/name` or id; it may be a group, or retired.
    ///
    /// # Errors
    /// LABEL_NOT_FOUND with the existing labels, or AMBIGUOUS_IDENTIFIER.
    pub fn any_project_label(&self, wanted: &LabelName) -> Result<Match<ProjectLabel>, Error> {
        let all = &self.project_labels.items;
        let matched = match wanted.group_and_name() {
            Some(_) => of_groups(wanted, all, Method::Alias),
            None => self.match_name(wanted.as_str(), all),
        };
        let found = matched.or_error(wanted.as_str(), all, None);
        found.map_err(|error| self.project_labels.counted(error))
    }
}

impl Grouped for ProjectLabel {
    fn group(&self) -> Option<&Named> {
        self.parent.as_ref()
    }
}

/// Returns `group/name`, or the name of a label that does not belong to a group.
fn full_name(label: &ProjectLabel) -> String {
    let group = label.parent.as_ref().map(|group| group.name.as_str());
    in_group(group, &label.name)
}

/// Checks that a label can be put on a project.
///
/// # Errors
/// INVALID_LABEL_NAME for a group and for a retired label.
pub fn applicable(label: &ProjectLabel) -> Result<(), Error> {
    let name = full_name(label);
    let (why, what) = if label.is_group {
        (
            "is a group, which no project can have",
            "Use a label of the group",
        )
    } else if label.retired_at.is_some() {
        ("is retired and cannot be applied anew", "Use another label")
    } else {
        return Ok(());
    };
    let message = format!("Project label '{name}' {why}");
    Err(Error::new(Code::InvalidLabelName, message)
        .detail("input", name)
        .suggest(what))
}

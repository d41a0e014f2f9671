//! Project labels: by id, name or `group/name`. They are other labels than those of issues.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::kind::{Kind, List};
use super::label::{self, Grouped, halves, in_group, of_groups};
use super::{
    Candidates, LookupRequest, Match, MatchResult, Method, Resolvable, Resolved, apart, named,
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
    const LISTED_BY: Option<&'static str> = None;
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
        apart(json!({"name": full_name(self), "id": self.id}))
    }

    /// As a label of a group, where no label has the whole for its own name.
    fn by_alias(wanted: &str, among: &[Arc<Self>]) -> Option<MatchResult<Self>> {
        let found = of_groups(&LabelName::new(wanted)?, among, Method::Alias);
        (!matches!(found, MatchResult::None)).then_some(found)
    }
}

impl Kind for ProjectLabel {
    const FIRST_PAGE: i64 = 100;
    const NAME_MATCHES: i64 = 50;

    fn cache(cache: &Cache) -> &KindCache<Self> {
        &cache.project_labels
    }

    fn pool(known: &Resolved) -> &Candidates<Self> {
        &known.project_labels
    }

    fn list(_wants: &LookupRequest) -> List<Self> {
        List::of::<ProjectLabels>()
    }

    fn names(request: &LookupRequest) -> Vec<String> {
        label::texts(&request.project_labels)
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
    /// The project label of that name, alone or in a group, or of that id, if a project can have it.
    ///
    /// # Errors
    /// LABEL_NOT_FOUND with those there are, AMBIGUOUS_IDENTIFIER, or INVALID_LABEL_NAME.
    pub fn project_label(&self, wanted: &LabelName) -> Result<Match<ProjectLabel>, Error> {
        let all = &self.project_labels.items;
        let picked = match wanted.group_and_name() {
            Some(_) => of_groups(wanted, all, Method::Alias),
            None => self.match_name(wanted.as_str(), all),
        };
        let found = picked.or_error(wanted.as_str(), all, None);
        let found = found.map_err(|error| self.project_labels.counted(error))?;
        applicable(&found.item)?;
        Ok(found)
    }
}

impl Grouped for ProjectLabel {
    fn group(&self) -> Option<&Named> {
        self.parent.as_ref()
    }
}

/// `group/name`, or the name of a label that belongs to no group.
fn full_name(label: &ProjectLabel) -> String {
    let group = label.parent.as_ref().map(|group| group.name.as_str());
    in_group(group, &label.name)
}

/// Says why no project can have a label, if none can: it is a group, or retired.
///
/// # Errors
/// INVALID_LABEL_NAME.
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

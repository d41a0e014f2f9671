//! Project labels: by id, name or `group/name`. They are other labels than those of issues.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::label::{halves, in_group};
use super::{Match, Method, Resolvable, apart, named};
use crate::directory::fold;
use crate::error::{Code, Error};
use crate::linear::filter::Filter;
use crate::linear::model::ProjectLabel;

impl Resolvable for ProjectLabel {
    const NOUN: &'static str = "Project label";
    const NOT_FOUND: Code = Code::LabelNotFound;
    const AVAILABLE: &'static str = "available_labels";
    const LISTED_BY: Option<&'static str> = None;

    fn name(&self) -> &str {
        &self.name
    }

    fn listed(&self) -> Value {
        Value::from(full_name(self))
    }

    fn told_apart(&self) -> Map<String, Value> {
        apart(json!({"name": full_name(self), "id": self.id}))
    }

    /// By `group/name`, where no label has that for its own name.
    fn by_alias(wanted: &str, among: &[Arc<Self>]) -> Option<Match<Self>> {
        let (group, name) = halves(wanted)?;
        let own = |label: &&Arc<Self>| {
            let parent = label.parent.as_ref();
            fold(&label.name) == fold(name)
                && parent.is_some_and(|of| fold(&of.name) == fold(group))
        };
        let found = among.iter().find(own)?;
        Some(Match {
            item: Arc::clone(found),
            method: Method::Alias,
        })
    }
}

/// `group/name`, or the name of a label that belongs to no group.
fn full_name(label: &ProjectLabel) -> String {
    let group = label.parent.as_ref().map(|group| group.name.as_str());
    in_group(group, &label.name)
}

/// The filter that finds a project label by what a caller calls it.
pub fn filter(wanted: &str) -> Filter {
    let mut any = vec![named(wanted, &["name"])];
    any.extend(halves(wanted).map(|(group, name)| {
        Filter::all(vec![
            Filter::same_text("name", name),
            Filter::of("parent", Filter::same_text("name", group)),
        ])
    }));
    Filter::any(any)
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

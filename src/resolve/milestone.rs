//! Project milestones: by id or name, within their project.

use serde_json::{Map, Value, json};

use super::{Resolvable, apart, named};
use crate::error::Code;
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

    fn told_apart(&self) -> Map<String, Value> {
        apart(json!({"name": self.name, "target_date": self.target_date, "id": self.id}))
    }
}

/// The filter that finds a milestone by what a caller calls it.
pub fn filter(wanted: &str) -> Filter {
    named(wanted, &["name"])
}

//! Teams: by id, key or name.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::project::team_names;
use super::{Resolvable, apart, named, named_exactly};
use crate::directory::fold;
use crate::error::Code;
use crate::linear::filter::Filter;
use crate::linear::model::{Project, Team};

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

    fn is_shown_as(&self, called: &str, keys: bool) -> bool {
        let called = fold(called);
        fold(&self.name) == called || (keys && fold(&self.key) == called)
    }

    fn told_apart(&self) -> Map<String, Value> {
        apart(json!({"name": self.name, "key": self.key, "id": self.id}))
    }
}

/// The filter that finds a team by what a caller calls it.
pub fn filter(wanted: &str) -> Filter {
    named(wanted, &["key", "name"])
}

/// The filter for a team by its whole name, key or id.
pub fn exact(wanted: &str) -> Filter {
    named_exactly(wanted, &["key", "name"])
}

/// What to do about a project that was given for a team.
pub fn of_project(project: &Project) -> String {
    let teams = team_names(project);
    format!("'{}' is a project: use its team, {teams}", project.name)
}

/// A team as far as it is known when a question is asked.
#[derive(Clone, Debug)]
pub enum Scope {
    /// It is known.
    Known(Arc<Team>),
    /// All there is yet is what the caller calls it.
    Called(String),
}

impl Scope {
    /// The filter for what belongs to the team.
    pub fn filter(&self) -> Filter {
        match self {
            Self::Known(team) => Filter::eq("id", team.id.as_str()),
            Self::Called(name) => filter(name),
        }
    }

    /// The team's id, when it is known.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Known(team) => Some(&team.id),
            Self::Called(_) => None,
        }
    }
}

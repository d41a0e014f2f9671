//! Workflow states: by id, name, type or another word for the type.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::kind::{self, lowest, meaning, plain};
use super::{Match, Method, Resolvable, apart, named, named_exactly};
use crate::directory::fold;
use crate::error::Code;
use crate::linear::filter::Filter;
use crate::linear::model::State;

/// The types that Linear has today; it may add others (`linear/api.md` §6).
pub const TYPES: &[&str] = &[
    "triage",
    "backlog",
    "unstarted",
    "started",
    "completed",
    "canceled",
    "duplicate",
];

/// Other words for a type (DESIGN §3). `blocked` is none of them: the consumer's own map sends it to `canceled`,
/// which would cancel the work it is said of.
const ALIASES: &[(&str, &str)] = &[
    ("todo", "unstarted"),
    ("to do", "unstarted"),
    ("planned", "unstarted"),
    ("planning", "unstarted"),
    ("ready", "unstarted"),
    ("in progress", "started"),
    ("doing", "started"),
    ("wip", "started"),
    ("done", "completed"),
    ("finished", "completed"),
    ("complete", "completed"),
    ("verified", "completed"),
    ("closed", "completed"),
    ("cancelled", "canceled"),
    ("wontfix", "canceled"),
];

/// Words for a started state that is looked for by the word in its name first.
const STAGES: &[(&str, &str)] = &[
    ("in review", "review"),
    ("review", "review"),
    ("testing", "testing"),
    ("qa", "qa"),
];

impl Resolvable for State {
    const NOUN: &'static str = "Status";
    const NOT_FOUND: Code = Code::StatusNotFound;
    const AVAILABLE: &'static str = "available_statuses";
    const LISTED_BY: Option<&'static str> = Some("list_statuses");

    fn name(&self) -> &str {
        &self.name
    }

    fn listed(&self) -> Value {
        json!({"name": self.name, "type": self.kind})
    }

    fn told_apart(&self) -> Map<String, Value> {
        apart(json!({"name": self.name, "type": self.kind, "id": self.id}))
    }

    fn by_alias(wanted: &str, among: &[Arc<Self>]) -> Option<Match<Self>> {
        let wanted = plain(wanted);
        if let Some(item) = lowest(among, |state| state.kind == wanted) {
            return Some(Match {
                item,
                method: Method::Type,
            });
        }
        let stage = meaning(STAGES, &wanted).and_then(|word| {
            lowest(among, |state| {
                state.kind == "started" && fold(&state.name).contains(word)
            })
        });
        let kind = other_word(&wanted);
        let item = stage.or_else(|| lowest(among, |state| Some(state.kind.as_str()) == kind))?;
        Some(Match {
            item,
            method: Method::Alias,
        })
    }
}

/// The filter that finds states by what a caller calls them, whatever their team.
pub fn filter(wanted: &str) -> Filter {
    let mut any = vec![named(wanted, &["name"])];
    if let Some(kind) = kind(wanted) {
        any.push(Filter::eq("type", kind));
    }
    Filter::any(any)
}

/// The filter for states by their whole name or id.
pub fn exact(wanted: &str) -> Filter {
    named_exactly(wanted, &["name"])
}

/// The word to look for in the names of started states, for `in review` and its like.
pub fn stage(wanted: &str) -> Option<&'static str> {
    meaning(STAGES, &plain(wanted))
}

/// The type that a word stands for, be it the type itself or another word for it.
pub fn kind(wanted: &str) -> Option<&'static str> {
    let wanted = plain(wanted);
    kind::named::<State>(&wanted).or_else(|| other_word(&wanted))
}

fn other_word(wanted: &str) -> Option<&'static str> {
    meaning(ALIASES, wanted).or_else(|| meaning(STAGES, wanted).map(|_| "started"))
}

#[cfg(test)]
#[expect(clippy::panic, reason = "a failing test may panic")]
mod tests {
    use super::super::{Picked, pick};
    use super::*;
    use crate::linear::model::Id;

    fn state(name: &str, kind: &str, position: f64) -> Arc<State> {
        Arc::new(State {
            id: format!("id of {name}"),
            name: name.to_owned(),
            kind: kind.to_owned(),
            color: "#000000".to_owned(),
            position,
            description: None,
            team: Id {
                id: "team".to_owned(),
            },
        })
    }

    fn resolve(wanted: &str) -> (String, Method) {
        let among = [
            state("In Review", "started", 3.0),
            state("In Progress", "started", 2.0),
            state("Backlog", "backlog", 0.0),
            state("Todo", "unstarted", 1.0),
            state("Shipped", "completed", 4.0),
            state("Canceled", "canceled", 5.0),
        ];
        match pick(wanted, &among) {
            Picked::One(found) => (found.item.name.clone(), found.method),
            other => panic!("{wanted}: {other:?}"),
        }
    }

    #[test]
    fn names_types_aliases_and_parts_in_that_order() {
        for (wanted, name, method) in [
            ("in progress", "In Progress", Method::ExactName),
            (" TODO ", "Todo", Method::ExactName),
            ("started", "In Progress", Method::Type),
            ("Planned", "Todo", Method::Alias),
            ("done", "Shipped", Method::Alias),
            ("cancelled", "Canceled", Method::Alias),
            ("wip", "In Progress", Method::Alias),
            ("in_progress", "In Progress", Method::Alias),
            ("review", "In Review", Method::Alias),
            ("qa", "In Progress", Method::Alias),
            ("ship", "Shipped", Method::Partial),
        ] {
            assert_eq!(resolve(wanted), (name.to_owned(), method), "{wanted}");
        }
    }

    #[test]
    fn blocked_and_short_or_shared_parts_mean_nothing() {
        let among = [
            state("Canceled", "canceled", 1.0),
            state("Todo", "unstarted", 0.0),
        ];
        for wanted in ["Blocked", "ca", "xyz"] {
            assert!(matches!(pick(wanted, &among), Picked::None), "{wanted}");
        }
        let among = [
            state("In Progress", "started", 1.0),
            state("In Review", "started", 0.0),
        ];
        assert!(matches!(pick("in ", &among), Picked::None));
    }
}

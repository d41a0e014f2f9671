//! Project statuses: by id, name, type or another word for the type. They are the workspace's, few, and no team's.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::kind::{self, by_word, meaning, plain};
use super::{Method, Picked, Resolvable, apart, by_id};
use crate::directory::fold;
use crate::error::Code;
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

    fn listed(&self) -> Value {
        json!({"name": self.name, "type": self.kind})
    }

    fn told_apart(&self) -> Map<String, Value> {
        apart(json!({"name": self.name, "type": self.kind, "id": self.id}))
    }

    fn by_alias(wanted: &str, among: &[Arc<Self>]) -> Option<Picked<Self>> {
        let kind = kind(wanted)?;
        let method = if kind == fold(wanted) {
            Method::Type
        } else {
            Method::Alias
        };
        by_word(wanted, among, method, |status| status.kind == kind)
    }
}

/// The type that a word stands for, be it the type itself or another word for it.
pub fn kind(wanted: &str) -> Option<&'static str> {
    let wanted = plain(wanted);
    kind::named::<ProjectStatus>(&wanted).or_else(|| meaning(ALIASES, &wanted))
}

/// The filter for projects by the whole name or the type of their status.
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
    use super::super::{Mode, pick};
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
            let Picked::One(found) = pick(wanted, &all, Mode::Read) else {
                panic!("{wanted}");
            };
            assert_eq!((found.item.name.as_str(), found.method), (name, method));
        }
        assert!(matches!(pick("ship", &all, Mode::Read), Picked::Many(_)));
        assert!(matches!(pick("paused", &all, Mode::Read), Picked::None));
    }
}

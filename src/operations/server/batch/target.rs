//! What an item writes to, as far as its parameters tell it before anything is asked.

use serde_json::Value;

use super::item::Item;
use super::refs::Scope;
use crate::effect::Effect;
use crate::params::Ref;
use crate::resolve::address;
use crate::resolve::issue::IssueRef;

/// A thing that operations write to, each in its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The issue of that identifier or UUID. That the two may be one issue only Linear knows.
    Issue(String),
    /// What an earlier item answered.
    Answered(usize),
    /// What goes by that text in that parameter.
    Other(&'static str, String),
}

/// The parameters that name what is written to.
const NAMING_KEYS: [&str; 4] = ["issue_id", "related_issue_id", "comment_id", "document_id"];

/// The ways to say which entity a whole answer is.
const OWN: [&str; 3] = ["id", "identifier", "url"];

/// The items that stand before one, and how it can refer to them.
#[derive(Clone, Copy)]
pub(super) struct Earlier<'i> {
    pub items: &'i [Item],
    pub scope: Scope<'i>,
}

impl Target {
    /// Everything that an item names as its object: what it writes to, unless it only reads. Nothing where its
    /// parameters cannot be used.
    pub(super) fn all(item: &Item, earlier: Earlier<'_>) -> Vec<Self> {
        let spec = &item.entry.spec;
        let Ok(params) = &item.canonical else {
            return Vec::new();
        };
        let changes = matches!(spec.effect, Effect::Change | Effect::Delete);
        let subject = spec
            .subject
            .filter(|name| changes && !NAMING_KEYS.contains(name));
        let named = NAMING_KEYS
            .into_iter()
            .chain(subject)
            .filter_map(|name| Some((name, params.get(name)?)));
        named
            .filter_map(|(name, value)| Self::of(name, value, earlier))
            .collect()
    }

    fn of(name: &'static str, value: &Value, earlier: Earlier<'_>) -> Option<Self> {
        let written: Ref = serde_json::from_value(value.clone()).ok()?;
        let text = written.as_str();
        if let Some(reference) = earlier.scope.alone(text) {
            let path: Vec<&str> = reference.path.iter().map(String::as_str).collect();
            let path = path.strip_prefix(&["data"]).unwrap_or(&path);
            let whole = match path {
                [] => true,
                [only] => OWN.contains(only),
                _ => false,
            };
            if !whole {
                return Some(Self::Other(name, text.to_owned()));
            }
            let item = earlier.items.get(reference.place);
            let same = item.and_then(Item::answers).cloned();
            return Some(same.unwrap_or(Self::Answered(reference.place)));
        }
        let is_issue = name.ends_with("issue_id");
        let issue = is_issue.then(|| IssueRef::parse(name, text).ok()).flatten();
        Some(match issue {
            Some(issue) => Self::Issue(issue.id()),
            None => Self::Other(name, address::name(text).to_lowercase()),
        })
    }
}

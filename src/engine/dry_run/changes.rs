//! What an update would change: the thing as it was read, against what would be set on it.

use serde_json::{Map, Value};

use super::field;
use super::names::{Names, named};
use crate::operations::changes::{text, told};

/// Linear's words for an issue's priority, by its number (`linear/api.md` §2).
const PRIORITIES: [&str; 5] = ["No priority", "Urgent", "High", "Medium", "Low"];

/// One line for each field that would be another, as the update itself would tell it: `state: In Progress → Done`,
/// `labels: +verified -planning`, `description: changed`. A field that was not read is passed over.
pub(super) fn changes(
    before: &Map<String, Value>,
    input: &Map<String, Value>,
    names: &Names<'_>,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut lists: Vec<(String, Vec<String>)> = Vec::new();
    for (key, value) in input {
        if matches!(key.as_str(), "description" | "content" | "body") {
            let was = before.get(key).and_then(Value::as_str);
            lines.extend(text(key, was, value.as_str()));
        } else if key.ends_with("Ids") {
            let (list, words) = members(before, key, value, names);
            match lists.iter_mut().find(|(known, _)| *known == list) {
                Some((_, known)) => known.extend(words),
                None => lists.push((list, words)),
            }
        } else if let Some(was) = value_before(before, key) {
            let name = match key.as_str() {
                "projectMilestoneId" => "milestone".to_owned(),
                other => field(other),
            };
            lines.extend(told([(
                name.as_str(),
                word(key, was, names),
                word(key, value, names),
            )]));
        }
    }
    let lists = lists.into_iter().filter(|(_, words)| !words.is_empty());
    lines.extend(lists.map(|(list, words)| format!("{list}: {}", words.join(" "))));
    lines
}

/// What stood where that field is set: `stateId` sets the entity under `state`.
fn value_before<'b>(before: &'b Map<String, Value>, key: &str) -> Option<&'b Value> {
    before.get(key.strip_suffix("Id").unwrap_or(key))
}

/// A value in one word; none where the field is empty.
fn word(key: &str, value: &Value, names: &Names<'_>) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Object(fields) => named(fields),
        Value::String(text) if key.ends_with("Id") => Some(names.of(text)),
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if key == "priority" => {
            let known = number.as_f64().and_then(|number| {
                let mut levels = (0_u8..).zip(PRIORITIES);
                levels.find(|(level, _)| f64::from(*level) == number)
            });
            known.map(|(_, name)| name.to_owned())
        }
        Value::Number(number) => number.as_f64().map(|number| format!("{number}")),
        other => Some(other.to_string()),
    }
}

/// A list that is replaced, added to or taken from, by its name, and what comes and goes.
fn members(
    before: &Map<String, Value>,
    key: &str,
    value: &Value,
    names: &Names<'_>,
) -> (String, Vec<String>) {
    let plain = field(key);
    let adds = plain.strip_prefix("added_");
    let takes = plain.strip_prefix("removed_");
    let list = adds.or(takes).unwrap_or(&plain).to_owned();
    let nodes = before
        .get(&list)
        .and_then(|of| of.get("nodes").or(Some(of)));
    let nodes = nodes.and_then(Value::as_array);
    let had: Vec<String> = nodes
        .into_iter()
        .flatten()
        .filter_map(|node| named(node.as_object()?))
        .collect();
    let given: Vec<String> = value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|id| names.of(id))
        .collect();
    let come = given
        .iter()
        .filter(|name| takes.is_none() && !had.contains(name));
    let gone = had.iter().filter(|name| match takes {
        Some(_) => given.contains(name),
        None => adds.is_none() && !given.contains(name),
    });
    let come = come.map(|name| format!("+{name}"));
    let words = come.chain(gone.map(|name| format!("-{name}"))).collect();
    (list, words)
}

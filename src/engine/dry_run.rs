//! The plan that an operation returns with `dry_run: true`: the mutations that it would send, with names in place of ids.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::cache::Cache;
use crate::linear::compose::Part;
use crate::operations::changes::{text, told};
use crate::params::Detail;
use crate::resolve::label::in_group;
use crate::resolve::name_of_id;
use crate::session::{Context, DryRunLog};
use crate::text::cut;

/// The largest number of characters of a text in a plan, except with `detail: full`.
const LONGEST: usize = 200;

/// Returns the plan: `{dry_run: true, would_send: [{issueCreate: {title, team: Engineering, …}}, …]}`, one entry for each
/// mutation in its order. Ids are replaced by names, ids of new entities are left out, and long texts are cut except with
/// `detail: full`. What an update would change is added to the report, where the operation read the entity before.
pub(super) fn plan(cx: &Context<'_>, record: &DryRunLog) -> Value {
    let names = Names::new(cx, record);
    let longest = match cx.common.detail {
        Some(Detail::Full) => usize::MAX,
        _ => LONGEST,
    };
    let mut sent = Vec::new();
    for mutation in record.parts.iter().filter_map(PlannedMutation::read) {
        if let Some(before) = mutation.target.and_then(|id| record.seen.get(id)) {
            let changes = changes(before, &mutation.input, &names);
            cx.note(|report| report.changes.extend(changes));
        }
        let root = mutation.root.to_owned();
        let fields = mutation.fields(&names, longest);
        sent.push(Value::from(Map::from_iter([(root, fields.into())])));
    }
    json!({"dry_run": true, "would_send": sent})
}

/// A mutation that would be sent: the entity that it changes, and the fields that it sets.
struct PlannedMutation<'p> {
    root: &'static str,
    /// The id of the entity that is changed; `None` for a new entity.
    target: Option<&'p str>,
    /// The fields that are set, under Linear's names.
    input: Map<String, Value>,
}

impl<'p> PlannedMutation<'p> {
    /// Reads the mutation of a part. Returns `None` for an update that sets no field, which only reads the entity's state.
    fn read(part: &'p Part) -> Option<Self> {
        let root = part.root();
        let variables = part.variables().as_object()?;
        let id = variables.get("id").and_then(Value::as_str);
        let arguments = variables
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "id" | "input"));
        let mut input: Map<String, Value> = arguments
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if let Some(fields) = variables.get("input").and_then(Value::as_object) {
            let fields = fields.iter().filter(|(key, _)| *key != "id");
            input.extend(fields.map(|(key, value)| (key.clone(), value.clone())));
            if input.is_empty() {
                return None;
            }
        }
        let is_create = root.ends_with("Create") || root.starts_with("attachmentLink");
        Some(Self {
            root,
            // The `id` of a create is the new entity's own id.
            target: id.filter(|_| !is_create),
            input,
        })
    }

    /// Returns the fields under the names that callers know, with the entity's name as `id`.
    fn fields(&self, names: &Names<'_>, longest: usize) -> Map<String, Value> {
        let target = self
            .target
            .map(|id| ("id".to_owned(), names.name(id).into()));
        let fields = self
            .input
            .iter()
            .map(|(key, value)| (field(key), shown(value, names, longest)));
        target.into_iter().chain(fields).collect()
    }
}

/// Returns a field's name as callers know it: `stateId` → `state`, `addedLabelIds` → `added_labels`, `dueDate` → `due_date`.
fn field(key: &str) -> String {
    let (stem, plural) = match (key.strip_suffix("Ids"), key.strip_suffix("Id")) {
        (Some(stem), _) => (stem, "s"),
        (None, Some(stem)) => (stem, ""),
        (None, None) => (key, ""),
    };
    let mut name = String::with_capacity(key.len() + 4);
    for c in stem.chars() {
        if c.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
    }
    name.push_str(plural);
    name
}

/// Returns a value with names in place of ids. A null, which means that the field is emptied, becomes a text because the
/// envelope leaves nulls out.
fn shown(value: &Value, names: &Names<'_>, longest: usize) -> Value {
    match value {
        Value::Null => "(cleared)".into(),
        Value::String(text) => cut(names.name(text), longest).into(),
        Value::Array(items) => items
            .iter()
            .map(|item| shown(item, names, longest))
            .collect(),
        other => other.clone(),
    }
}

/// Linear's words for an issue's priority, by its number (`linear/api.md` §2).
const PRIORITIES: [&str; 5] = ["No priority", "Urgent", "High", "Medium", "Low"];

/// Returns one line for each field that would change, in the form of an update's own report: `state: In Progress → Done`,
/// `labels: +verified -planning`, `description: changed`. `before` holds the entity's fields as the operation read them; a field
/// that was not read is left out.
fn changes(
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
            let (list, words) = list_changes(before, key, value, names);
            match lists.iter_mut().find(|(known, _)| *known == list) {
                Some((_, known)) => known.extend(words),
                None => lists.push((list, words)),
            }
        } else if let Some(was) = before.get(key.strip_suffix("Id").unwrap_or(key)) {
            // `stateId` replaces the entity under `state`.
            let name = match key.as_str() {
                "projectMilestoneId" => "milestone".to_owned(),
                "snoozedUntilAt" => "snooze_until".to_owned(),
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

/// Returns a value as one word; `None` where the field is empty.
fn word(key: &str, value: &Value, names: &Names<'_>) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Object(fields) => named(fields),
        Value::String(text) if key.ends_with("Id") => Some(names.name(text)),
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

/// Returns the name of a list that is replaced, added to or removed from, and its changes: `+` for each added entry, `-` for
/// each removed entry.
fn list_changes(
    before: &Map<String, Value>,
    key: &str,
    value: &Value,
    names: &Names<'_>,
) -> (String, Vec<String>) {
    let field_name = field(key);
    let added = field_name.strip_prefix("added_");
    let removed = field_name.strip_prefix("removed_");
    let list = added.or(removed).unwrap_or(&field_name).to_owned();
    let nodes = before
        .get(&list)
        .and_then(|list| list.get("nodes").or(Some(list)));
    let nodes = nodes.and_then(Value::as_array);
    let names_before: Vec<String> = nodes
        .into_iter()
        .flatten()
        .filter_map(|node| named(node.as_object()?))
        .collect();
    let given: Vec<String> = value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|id| names.name(id))
        .collect();
    let new = given
        .iter()
        .filter(|name| removed.is_none() && !names_before.contains(name));
    let gone = names_before.iter().filter(|name| match removed {
        Some(_) => given.contains(name),
        None => added.is_none() && !given.contains(name),
    });
    let new = new.map(|name| format!("+{name}"));
    let words = new.chain(gone.map(|name| format!("-{name}"))).collect();
    (list, words)
}

/// The names of entities by their ids: from the session cache, from what the operation read, and of new entities from the
/// mutations that create them.
struct Names<'r> {
    cache: &'r Cache,
    record: &'r DryRunLog,
    /// The inputs of the mutations that create entities, by the new entity's id.
    created: HashMap<&'r str, &'r Map<String, Value>>,
}

impl<'r> Names<'r> {
    fn new(cx: &Context<'r>, record: &'r DryRunLog) -> Self {
        let created = record.parts.iter().filter_map(|part| {
            let input = part.variables().get("input")?.as_object()?;
            Some((input.get("id")?.as_str()?, input))
        });
        Self {
            cache: &cx.session.cache,
            record,
            created: created.collect(),
        }
    }

    /// Returns the name of the entity with the id `text`; any other text, and an unknown id, is returned unchanged.
    fn name(&self, text: &str) -> String {
        let created = self
            .created
            .get(text)
            .and_then(|input| self.new_name(input));
        let name = created
            .or_else(|| name_of_id(self.cache, text))
            .or_else(|| self.record.seen.get(text).and_then(named));
        name.unwrap_or_else(|| text.to_owned())
    }

    /// Returns the name of a new entity. A new label names its group by the group's id.
    fn new_name(&self, input: &Map<String, Value>) -> Option<String> {
        let group = input.get("parentId").and_then(Value::as_str);
        let group = group.filter(|_| input.contains_key("color"));
        let group = group.map(|id| self.name(id));
        let name = named(input)?;
        Some(in_group(group.as_deref(), &name))
    }
}

/// Returns the name of an entity from its fields: an issue's identifier, a cycle's number, a label's name with its group, or a
/// name or title.
fn named(fields: &Map<String, Value>) -> Option<String> {
    let text = |key: &str| fields.get(key).and_then(Value::as_str).map(str::to_owned);
    let number = || fields.get("number").and_then(Value::as_f64);
    let name = || {
        let group = fields.get("parent").and_then(|group| group.get("name"));
        let name = text("name")?;
        Some(in_group(group.and_then(Value::as_str), &name))
    };
    text("identifier")
        .or_else(|| number().map(|number| format!("{number}")))
        .or_else(name)
        .or_else(|| text("title"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_called_as_callers_call_them() {
        for (key, name) in [
            ("stateId", "state"),
            ("labelIds", "labels"),
            ("addedLabelIds", "added_labels"),
            ("dueDate", "due_date"),
            ("title", "title"),
            ("projectMilestoneId", "project_milestone"),
        ] {
            assert_eq!(field(key), name);
        }
    }
}

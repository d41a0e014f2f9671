//! What a rehearsed operation would send, in names: the answer to `dry_run: true`.

mod changes;
mod names;

use serde_json::{Map, Value, json};

use self::names::Names;
use crate::linear::compose::Part;
use crate::params::Detail;
use crate::session::{Cx, Record};
use crate::text::cut;

/// How much of a text is told, in characters, unless everything is asked for.
const LONGEST: usize = 200;

/// The answer: `{dry_run: true, would_send: [{issueCreate: {title, team: Engineering, …}}, …]}`, one entry for each
/// mutation in its order. Ids are told as the names of what they mean, ids made here are left out, and long texts are
/// cut unless `detail: full`. What an update would change is added to the report, where the thing was read before.
pub(super) fn answer(cx: &Cx<'_>, record: &Record) -> Value {
    let names = Names::new(cx, record);
    let most = match cx.shape.detail {
        Some(Detail::Full) => usize::MAX,
        _ => LONGEST,
    };
    let mut sent = Vec::new();
    for sending in record.parts.iter().filter_map(Sending::of) {
        if let Some(before) = sending.target.and_then(|id| record.seen.get(id)) {
            let changes = changes::changes(before, &sending.input, &names);
            cx.note(|report| report.changes.extend(changes));
        }
        let root = sending.root.to_owned();
        let told = sending.told(&names, most);
        sent.push(Value::from(Map::from_iter([(root, told.into())])));
    }
    json!({"dry_run": true, "would_send": sent})
}

/// A mutation: what it is aimed at, and what it sets.
struct Sending<'p> {
    root: &'static str,
    /// The id of what is changed; none for what is new.
    target: Option<&'p str>,
    /// What is set, under the names of Linear's fields.
    input: Map<String, Value>,
}

impl<'p> Sending<'p> {
    /// The mutation of a part; none of an update that sets nothing, which only asks how things stand.
    fn of(part: &'p Part) -> Option<Self> {
        let root = part.root();
        let variables = part.variables().as_object()?;
        let id = variables.get("id").and_then(Value::as_str);
        let own = variables
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "id" | "input"));
        let mut input: Map<String, Value> = own
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if let Some(fields) = variables.get("input").and_then(Value::as_object) {
            let fields = fields.iter().filter(|(key, _)| *key != "id");
            input.extend(fields.map(|(key, value)| (key.clone(), value.clone())));
            if input.is_empty() {
                return None;
            }
        }
        Some(Self {
            root,
            // What makes something is given its id, what changes something is told which.
            target: id.filter(|_| !makes(root)),
            input,
        })
    }

    fn told(&self, names: &Names<'_>, most: usize) -> Map<String, Value> {
        let target = self.target.map(|id| ("id".to_owned(), names.of(id).into()));
        let fields = self
            .input
            .iter()
            .map(|(key, value)| (field(key), shown(value, names, most)));
        target.into_iter().chain(fields).collect()
    }
}

fn makes(root: &str) -> bool {
    root.ends_with("Create") || root.starts_with("attachmentLink")
}

/// A field's name as callers know it: `stateId` → `state`, `addedLabelIds` → `added_labels`, `dueDate` → `due_date`.
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

/// A value with names for ids. A null would be left out of the envelope, and here it says that a field is emptied.
fn shown(value: &Value, names: &Names<'_>, most: usize) -> Value {
    match value {
        Value::Null => "(cleared)".into(),
        Value::String(text) => cut(names.of(text), most).into(),
        Value::Array(items) => items.iter().map(|item| shown(item, names, most)).collect(),
        other => other.clone(),
    }
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

//! Names for ids: what the session knows, what was read on the way, and what is made in the same document.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::directory::Directory;
use crate::resolve::label::in_group;
use crate::resolve::name_of_id;
use crate::session::{Cx, Record};

/// What ids mean, in words.
pub(super) struct Names<'r> {
    directory: &'r Directory,
    record: &'r Record,
    /// What is made in the same document, by the id made here.
    made: HashMap<&'r str, &'r Map<String, Value>>,
}

impl<'r> Names<'r> {
    pub(super) fn new(cx: &Cx<'r>, record: &'r Record) -> Self {
        let made = record.parts.iter().filter_map(|part| {
            let input = part.variables().get("input")?.as_object()?;
            Some((input.get("id")?.as_str()?, input))
        });
        Self {
            directory: &cx.session.directory,
            record,
            made: made.collect(),
        }
    }

    /// The name of what has that id; anything else, and an id that nobody knows, is itself.
    pub(super) fn of(&self, text: &str) -> String {
        let read = || self.record.seen.get(text).and_then(named);
        let made = || self.made.get(text).and_then(|input| self.new_name(input));
        let found = made()
            .or_else(|| name_of_id(self.directory, text))
            .or_else(read);
        found.unwrap_or_else(|| text.to_owned())
    }

    /// The name of a thing that is only just made. A label's group goes by its id.
    fn new_name(&self, input: &Map<String, Value>) -> Option<String> {
        let group = input.get("parentId").and_then(Value::as_str);
        let group = group.filter(|_| input.contains_key("color"));
        let group = group.map(|id| self.of(id));
        let name = named(input)?;
        Some(in_group(group.as_deref(), &name))
    }
}

/// What an entity goes by, from its fields: an issue's identifier, a cycle's number, a label's name with its group, or
/// a name or title.
pub(super) fn named(fields: &Map<String, Value>) -> Option<String> {
    let text = |key: &str| fields.get(key).and_then(Value::as_str).map(str::to_owned);
    let number = || fields.get("number").and_then(Value::as_f64);
    let name = || {
        let group = fields.get("parent").and_then(|of| of.get("name"));
        let name = text("name")?;
        Some(in_group(group.and_then(Value::as_str), &name))
    };
    text("identifier")
        .or_else(|| number().map(|number| format!("{number}")))
        .or_else(name)
        .or_else(|| text("title"))
}

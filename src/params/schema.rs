//! JSON schemas for people and models: what to write, without what only a validator would need.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

use super::patch::CLEARABLE;

/// Keywords that cost tokens and tell a caller nothing: what a type cannot hold is refused when it is read.
const NOISE: [&str; 7] = [
    "$schema",
    "title",
    "format",
    "default",
    "minimum",
    "maximum",
    "additionalProperties",
];

/// The schema of a parameter type: draft 2020-12, without references, titles, formats, defaults and bounds.
///
/// An optional value does not mention `null`, which means the same as leaving it out; a [`super::Patch`] does. An
/// enum is one list of words.
pub fn schema<T: JsonSchema>() -> Schema {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    settings
        .with_transform(Plainer)
        .into_generator()
        .into_root_schema_for::<T>()
}

/// Removes the noise, from the leaves up.
#[derive(Clone, Debug)]
struct Plainer;

impl Transform for Plainer {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(map) = schema.as_object_mut() else {
            return;
        };
        for word in NOISE {
            map.shift_remove(word);
        }
        drop_null(map);
        words(map);
        if map.shift_remove(CLEARABLE).is_some() {
            add_null(map);
        }
    }
}

/// Undoes what an `Option` adds: `"type": [t, "null"]`, `"anyOf": [t, {"type": "null"}]`, `null` among the words.
fn drop_null(map: &mut Map<String, Value>) {
    if let Some(Value::Array(kinds)) = map.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_mut_slice() {
            let only = only.take();
            map.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(words)) = map.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
        if let [Value::Object(only)] = choices.as_mut_slice() {
            let only = std::mem::take(only);
            map.shift_remove("anyOf");
            for (key, value) in only {
                map.entry(key).or_insert(value);
            }
        }
    }
}

/// Makes one `enum` of a `oneOf` whose members are words with a description each.
fn words(map: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = map.get("oneOf") else {
        return;
    };
    let mut words = Vec::new();
    for choice in choices {
        match (choice.get("const"), choice.get("enum")) {
            (Some(word), _) => words.push(word.clone()),
            (None, Some(Value::Array(more))) => words.extend(more.iter().cloned()),
            _ => return,
        }
    }
    map.shift_remove("oneOf");
    map.insert("type".to_owned(), "string".into());
    map.insert("enum".to_owned(), words.into());
}

fn add_null(map: &mut Map<String, Value>) {
    match map.get_mut("type") {
        Some(Value::Array(kinds)) => kinds.push("null".into()),
        Some(kind) => *kind = vec![kind.take(), "null".into()].into(),
        None => {}
    }
    if let Some(Value::Array(words)) = map.get_mut("enum") {
        words.push(Value::Null);
    }
}

//! JSON schemas for people and models: what to write, without what only a validator would need.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

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
/// Every value has one type: no `null` beside it, since some hosts refuse a server with a list of types. What `null`
/// means is told by [`super::Null`]. An enum is one list of words.
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

//! What an operation takes, read from its parameter type: the one source of `help`, the tool schema, the README's
//! tables, the names accepted for a parameter, what `null` means for it and the refusal of unknown ones.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::canonical;
use super::names::{Names, ROWS, Row};
use super::{Shared, Spec};
use crate::error::Error;
use crate::params::{self, Form, Null, Shape, Written, plain_name};

/// A parameter as its type and doc comment describe it.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The canonical name, snake_case.
    pub name: String,
    /// Whether nothing can be done without it.
    pub required: bool,
    /// The doc comment, on one line.
    pub description: String,
    /// The JSON schema of its value, without noise.
    pub schema: Value,
    /// What its value can hold; of a list, each item.
    pub form: Form,
    /// What `null` means as its value.
    pub null: Null,
    /// Whether what it replaces cannot be brought back once it is emptied.
    pub irreplaceable: bool,
    /// Whether its operation reads and nothing else, so that it filters rather than sets.
    pub reads: bool,
    /// Whether it is one of the parameters that mean the same wherever they are accepted.
    pub shared: bool,
}

/// The keyword by which a parameter says in its JSON schema that what it replaces is `lost` when it is emptied.
const EMPTIED: &str = "emptied";

impl Field {
    /// Whether `null` means something other than leaving the parameter out: it empties the field, or as a filter
    /// matches what has none.
    pub fn clearable(&self) -> bool {
        self.null == Null::Clears
    }

    /// What `null` and the words for none do, where they do something, as `help` tells it.
    pub fn null_rule(&self) -> Option<&'static str> {
        Some(match self.null {
            Null::Clears if self.reads => "null or none: those without one",
            Null::Clears if self.is_list() => "null or [] clears it",
            Null::Clears if self.irreplaceable => {
                "null clears it, with LINEAR_OPS_ALLOW_DESTRUCTIVE=1 alone"
            }
            Null::Clears if self.is_text() => "null clears it",
            Null::Clears => "null, none or \"\" clears it",
            Null::Refused if self.reads => return None,
            Null::Refused => "cannot be cleared",
            Null::Absent | Null::Unset => return None,
        })
    }

    /// Whether its value is a list.
    pub fn is_list(&self) -> bool {
        self.schema.get("type").and_then(Value::as_str) == Some("array")
    }

    /// Whether its value is a text, in which any word is a word.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.form, Form::Markdown | Form::Line) && !self.is_list()
    }

    /// The type of its value in words: `string`, `brief | full`, `list of string`.
    pub fn kind(&self) -> String {
        kind(&self.schema)
    }

    /// The schema of the value as a property of a tool's schema, with the description in it where that is not `told`
    /// elsewhere.
    fn property(&self, told: bool) -> Value {
        let mut property = match &self.schema {
            Value::Object(schema) => schema.clone(),
            _ => Map::new(),
        };
        if !told && !self.description.is_empty() {
            property.insert("description".to_owned(), self.description.as_str().into());
        }
        Value::Object(property)
    }
}

/// An operation's description and parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// The doc comment of the parameter type: its paragraphs, each on one line.
    pub description: String,
    /// The operation's own parameters in order of declaration, then the shared ones.
    pub fields: Vec<Field>,
}

impl Signature {
    /// Reads the schema of a parameter type, as [`params::schema`] makes it, and adds the shared parameters that
    /// the operation takes, `dry_run` where it writes; a parameter of its own by the same name comes first. An operation
    /// that can empty fields takes `clear`, too.
    pub fn read(schema: &schemars::Schema, spec: &Spec) -> Self {
        let mut fields = fields(schema);
        for field in &mut fields {
            field.reads = !spec.effect.writes();
        }
        if spec.effect.writes() && fields.iter().any(Field::clearable) {
            fields.push(canonical::FIELD.clone());
        }
        let common = self::fields(&params::schema::<Written>());
        let dry_run = spec.effect.writes().then_some(Shared::DryRun);
        for shared in spec.shared.iter().copied().chain(dry_run) {
            let name = shared.name();
            if fields.iter().any(|field| field.name == name) {
                continue;
            }
            let field = common.iter().find(|field| field.name == name);
            fields.extend(field.cloned().map(|field| Field {
                shared: true,
                ..field
            }));
        }
        Self {
            description: paragraphs(schema.get("description")),
            fields,
        }
    }

    /// The first sentence of the description, without its full stop.
    pub fn summary(&self) -> &str {
        let paragraph = self.description.lines().next().unwrap_or_default();
        paragraph
            .split_once(". ")
            .map_or(paragraph, |(sentence, _)| sentence)
            .trim_end_matches('.')
    }

    /// The parameter of that canonical name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The other names by which a field is accepted, beside camelCase spellings of them all.
    pub fn spellings(&self, spec: &Spec, field: &Field) -> Vec<&'static str> {
        Names::of(self, spec).spellings(field)
    }

    /// The fields that these keys mean together, in the order of the keys; `None` for a key that means none.
    pub fn meanings(&self, spec: &Spec, keys: &[&str]) -> Vec<Option<&Field>> {
        let names = Names::of(self, spec);
        let plain: Vec<String> = keys.iter().map(|key| plain_name(key)).collect();
        let named = names.all_named(plain.iter().map(String::as_str));
        let fields = plain.iter();
        fields.map(|plain| names.meaning(plain, &named)).collect()
    }

    /// The keys that can mean a field of that form, whatever stands beside them; without case and separators.
    pub fn keys_of(&self, spec: &Spec, form: Form) -> HashSet<String> {
        let fields = self.fields.iter().filter(|field| field.form == form);
        let names: HashSet<&str> = fields.map(|field| field.name.as_str()).collect();
        let rows = ROWS.iter().filter(|row| row.serves(spec.name));
        let others = rows.filter(|row| row.fields.iter().any(|name| names.contains(name)));
        let others = others.flat_map(Row::spellings);
        names
            .iter()
            .copied()
            .chain(others)
            .map(plain_name)
            .collect()
    }

    /// Takes the shared parameters out of canonical ones; the operation's own stay.
    ///
    /// # Errors
    /// As [`Shape::take`].
    pub fn shared(&self, params: &mut Map<String, Value>) -> Result<Shape, Error> {
        let shared = self.fields.iter().filter(|field| field.shared);
        Shape::take(params, shared.map(|field| field.name.as_str()))
    }

    /// The description of the operation's tool: its first paragraph.
    pub fn tool_description(&self) -> &str {
        self.description.lines().next().unwrap_or_default()
    }

    /// The schema of the operation's tool: a plain object of its own fields, each with its description where that is
    /// not `told` elsewhere. The shared parameters and `request`, in place of all fields, are understood too, and told
    /// of once in the server's instructions: in every tool they would cost as much as all the rest.
    ///
    /// A client that checks `required` before it calls cannot send `{"request": …}` alone to a tool that requires
    /// something; it has the tool `linear` for that. [`Self::canonical`] reports what is missing in a call all the same.
    pub fn input_schema(&self, told: impl Fn(&Field) -> bool) -> Map<String, Value> {
        let own = self.fields.iter().filter(|field| !field.shared);
        let properties: Map<String, Value> = own
            .map(|field| (field.name.clone(), field.property(told(field))))
            .collect();
        let mut schema = Map::new();
        schema.insert("type".to_owned(), "object".into());
        schema.insert("properties".to_owned(), properties.into());
        let required = self.fields.iter().filter(|field| field.required);
        let required: Vec<Value> = required.map(|field| field.name.as_str().into()).collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), required.into());
        }
        schema
    }
}

/// The properties of an object schema.
fn fields(schema: &schemars::Schema) -> Vec<Field> {
    let required = schema.get("required").and_then(Value::as_array);
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| {
            let mut schema = property.clone();
            if let Value::Object(schema) = &mut schema {
                schema.shift_remove("description");
            }
            let (form, null) = (Form::stated(&schema), Null::stated(&schema));
            Form::remove(&mut schema);
            Null::remove(&mut schema);
            let emptied = schema
                .as_object_mut()
                .and_then(|of| of.shift_remove(EMPTIED));
            Field {
                name: name.clone(),
                required: required.is_some_and(|names| names.iter().any(|known| known == name)),
                description: line(property.get("description")),
                schema,
                form,
                null,
                irreplaceable: emptied.is_some_and(|word| word == "lost"),
                reads: false,
                shared: false,
            }
        })
        .collect()
}

/// A doc comment without its line breaks.
fn line(description: Option<&Value>) -> String {
    unwrapped(description.and_then(Value::as_str).unwrap_or_default())
}

/// A doc comment with no line breaks but those between its paragraphs.
fn paragraphs(description: Option<&Value>) -> String {
    let text = description.and_then(Value::as_str).unwrap_or_default();
    let paragraphs: Vec<String> = text.split("\n\n").map(unwrapped).collect();
    paragraphs.join("\n\n")
}

fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The type of a value in words, from its schema.
pub(super) fn kind(schema: &Value) -> String {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let words = values.iter().filter(|value| !value.is_null());
        let words: Vec<String> = words.map(word).collect();
        return words.join(" | ");
    }
    if let Some(Value::Array(among)) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
        let mut kinds: Vec<String> = among
            .iter()
            .map(kind)
            .filter(|kind| kind != "null")
            .collect();
        kinds.dedup();
        return kinds.join(" or ");
    }
    let names: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let names = names
        .into_iter()
        .filter(|name| *name != "null" || schema.get("type") == Some(&Value::from("null")));
    let words: Vec<String> = names
        .map(|name| match (name, schema.get("items")) {
            ("array", Some(items)) => format!("list of {}", kind(items)),
            ("array", None) => "list".to_owned(),
            (name, _) => name.to_owned(),
        })
        .collect();
    if words.is_empty() {
        "any value".to_owned()
    } else {
        words.join(" or ")
    }
}

/// A value of an enumeration as it is written in YAML.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;

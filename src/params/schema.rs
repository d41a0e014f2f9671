//! JSON schemas of parameters, reduced to what people and models need, and the two keywords by which a parameter type
//! tells more than a schema can: what its value can hold ([`Form`]) and what `null` means ([`NullMeaning`]).

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use crate::patch::Patch;

/// Keywords that cost tokens and do not help a caller: decoding refuses what a type cannot hold.
const OMITTED_KEYWORDS: [&str; 7] = [
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
/// Every value has one type and never `null` beside it, because some hosts refuse a server with a list of types.
/// [`NullMeaning`] says what `null` means. An enum is one list of words.
pub fn schema<T: JsonSchema>() -> Schema {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    settings
        .with_transform(Simplifier)
        .into_generator()
        .into_root_schema_for::<T>()
}

/// Simplifies a schema, the innermost subschemas first.
#[derive(Clone, Debug)]
struct Simplifier;

impl Transform for Simplifier {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(map) = schema.as_object_mut() else {
            return;
        };
        for word in OMITTED_KEYWORDS {
            map.shift_remove(word);
        }
        remove_null_type(map);
        merge_words(map);
    }
}

/// Undoes what an `Option` adds: `"type": [t, "null"]`, `"anyOf": [t, {"type": "null"}]`, `null` among the words.
fn remove_null_type(map: &mut Map<String, Value>) {
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

/// Merges a `oneOf` of words, each with a description, into one `enum`.
fn merge_words(map: &mut Map<String, Value>) {
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

/// The length of a UUID, with its hyphens.
const UUID_LENGTH: usize = 36;
/// The length of the slug of a project or a document.
const SLUG_LENGTH: usize = 12;

/// What the value of a parameter can hold. This decides what a `#`, a `//` or a line break in YAML written by hand can
/// mean.
///
/// The type of a parameter states it by the keyword `form` in its JSON schema. [`crate::operation::Field`] reads the
/// keyword, and removes it from the schema that callers see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Markdown of any number of lines: a description, a comment, the content of a document.
    Markdown,
    /// Text of one line: a title, words to search for.
    Line,
    /// The name of an entity, or anything else that names it.
    Name,
    /// What names an entity without white space: an identifier, a UUID, an address.
    Identifier,
    /// One word, number or address without white space in it: a date, a switch, an enumeration.
    #[default]
    Word,
    /// A colour, which begins with a `#`.
    Color,
    /// The name of a cycle, or its number, which may have a `#` in front.
    Cycle,
    /// The name of a label, or an object that describes one.
    Label,
    /// An address, or an object with an address and a title.
    Link,
    /// The line of a heading, which may begin with `#`s.
    Heading,
    /// An edit of a text: an object with Markdown, and perhaps a heading.
    Edits,
    /// A sub-issue of a new issue: a title, or an object with the fields of an issue.
    SubIssue,
    /// The operations of a batch, each with its own parameters.
    Operations,
}

/// The keyword by which a type states its [`Form`] in its JSON schema.
pub(crate) const FORM_KEYWORD: &str = "form";

impl Form {
    /// All forms.
    const ALL: [Self; 13] = [
        Self::Markdown,
        Self::Line,
        Self::Name,
        Self::Identifier,
        Self::Word,
        Self::Color,
        Self::Cycle,
        Self::Label,
        Self::Link,
        Self::Heading,
        Self::Edits,
        Self::SubIssue,
        Self::Operations,
    ];

    /// The word for the form in a schema.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Line => "line",
            Self::Name => "name",
            Self::Identifier => "identifier",
            Self::Word => "word",
            Self::Color => "color",
            Self::Cycle => "cycle",
            Self::Label => "label",
            Self::Link => "link",
            Self::Heading => "heading",
            Self::Edits => "edits",
            Self::SubIssue => "sub_issue",
            Self::Operations => "operations",
        }
    }

    /// The form that a schema states for its value or for the items of its list; [`Form::Word`] where it states none.
    pub(crate) fn from_schema(schema: &Value) -> Self {
        let word = schema.get(FORM_KEYWORD).and_then(Value::as_str);
        match (word, schema.get("items")) {
            (Some(word), _) => Self::ALL
                .into_iter()
                .find(|form| form.word() == word)
                .unwrap_or_default(),
            (None, Some(items)) => Self::from_schema(items),
            (None, None) => Self::default(),
        }
    }

    /// Removes the keyword from a schema and from the schema of its items.
    pub(crate) fn remove_keyword(schema: &mut Value) {
        if let Some(map) = schema.as_object_mut() {
            map.shift_remove(FORM_KEYWORD);
            if let Some(items) = map.get_mut("items") {
                Self::remove_keyword(items);
            }
        }
    }

    /// Whether a text is an id, a URL or an e-mail address that names an entity, so that nothing after a space can
    /// belong to it.
    pub fn is_exact(self, text: &str) -> bool {
        let address = ["https://", "http://", "linear://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        let id = address || Uuid::try_parse(text).is_ok_and(|_| text.len() == UUID_LENGTH);
        let exact = match self {
            Self::Name => id || is_slug(text) || is_email(text),
            Self::Label => id,
            _ => false,
        };
        exact && !text.contains(char::is_whitespace)
    }

    /// The form of the value under `key`, where a value of this form is an object: `color` of a label.
    pub fn of_entry(self, key: &str) -> Self {
        match (self, key) {
            (Self::Label | Self::Name | Self::Cycle, "id") => Self::Identifier,
            (Self::Label, "color" | "colour") => Self::Color,
            (Self::Label, "description") => Self::Markdown,
            // The name, the group, or `Area: api`, whose key is the group.
            (Self::Label, _) => Self::Name,
            (Self::Link, "title") => Self::Line,
            (Self::Edits, key) => super::edits::form_of_entry(key),
            (Self::SubIssue, key) => super::issue_parts::form_of_entry(key),
            (Self::Name | Self::Cycle, "name") => Self::Name,
            _ => Self::Word,
        }
    }
}

/// Whether a text is one of Linear's slugs, or ends in one after a hyphen: hexadecimal digits with at least one
/// decimal digit.
fn is_slug(text: &str) -> bool {
    let slug = text.rsplit_once('-').map_or(text, |(_, slug)| slug);
    slug.len() == SLUG_LENGTH
        && slug.bytes().all(|byte| byte.is_ascii_hexdigit())
        && slug.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether a text is an e-mail address.
fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(user, host)| {
        let is_host_character = |c: char| c.is_alphanumeric() || "-.".contains(c);
        let dotted = host
            .split_once('.')
            .is_some_and(|(name, rest)| !name.is_empty() && rest.ends_with(char::is_alphanumeric));
        !user.is_empty() && dotted && host.chars().all(is_host_character)
    })
}

/// What `null` means as the value of a parameter, and with it the words for none (`none`, `unassigned`, an empty
/// text).
///
/// The type of a parameter states it by the keyword `null` in its JSON schema: a [`Patch`] does so by itself, another
/// type where its field says `#[schemars(extend("null" = "refused"))]`. [`crate::operation::Field`] reads the keyword,
/// and removes it from the schema that callers see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NullMeaning {
    /// `null` means the same as leaving the parameter out.
    #[default]
    Absent,
    /// `null` and the words for none mean the same as leaving the parameter out: a reference or a date of an entity
    /// that is being created.
    Unset,
    /// `null` empties the field; in a filter it matches entities without a value.
    Clears,
    /// `null` is refused: an update cannot empty the field.
    Refused,
}

/// The keyword by which a type states what `null` means in its JSON schema.
pub(crate) const NULL_KEYWORD: &str = "null";

impl NullMeaning {
    /// The meanings that a schema can state.
    const IN_SCHEMA: [Self; 3] = [Self::Unset, Self::Clears, Self::Refused];

    /// The word for the meaning in a schema.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Unset => "unset",
            Self::Clears => "clears",
            Self::Refused => "refused",
        }
    }

    /// The meaning that a schema states for its value; [`NullMeaning::Absent`] where it states none.
    pub(crate) fn from_schema(schema: &Value) -> Self {
        let word = schema.get(NULL_KEYWORD).and_then(Value::as_str);
        let meaning = Self::IN_SCHEMA
            .into_iter()
            .find(|null| Some(null.word()) == word);
        meaning.unwrap_or_default()
    }

    /// Removes the keyword from a schema.
    pub(crate) fn remove_keyword(schema: &mut Value) {
        if let Some(map) = schema.as_object_mut() {
            map.shift_remove(NULL_KEYWORD);
        }
    }

    /// Whether a text is one of the words by which callers say none: `none`, `unassigned` or `null`, in any case.
    pub(crate) fn is_word(text: &str) -> bool {
        let text = text.trim();
        ["none", "unassigned", "null"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|value| value.map_or(Self::Clear, Self::Set))
    }
}

impl<T: JsonSchema> JsonSchema for Patch<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Patch_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = generator.subschema_for::<T>();
        schema.insert(NULL_KEYWORD.to_owned(), NullMeaning::Clears.word().into());
        schema
    }
}

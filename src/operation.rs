//! What an operation is: its parameters, its effect on Linear, its work, and its entry in the table of operations.
//!
//! What an operation takes is read from its parameter type ([`Signature`]), with the names that callers may use for it.
//! The signature is the one source of `help`, the tool schema, the README's tables, the names accepted for a parameter,
//! the meaning of `null`, and the refusal of unknown parameters.

mod canonical;
mod names;

use std::collections::HashSet;
use std::future::Future;
use std::sync::OnceLock;

use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use self::names::{ALIAS_ROWS, AliasRow, ParameterNames};
pub use crate::effect::{Effect, Touches};
use crate::error::Error;
pub(crate) use crate::params::is_added_by_host;
use crate::params::{
    self, AnswerDefaults, CommonParams, CommonParamsInput, Form, MARKDOWN_KEYS, NullMeaning,
    plain_name,
};
use crate::session::Context;

/// A parameter that means the same in every operation that accepts it. Each operation lists those it accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommonParam {
    /// `detail: ack | brief | standard | full`.
    Detail,
    /// `fields: [..]`: exactly these fields of each entity.
    Fields,
    /// `max_description_chars: N`: cut long texts, and say so.
    MaxDescriptionChars,
    /// `text_offset: N`: where a long text begins. Only that text is returned then, with the entity it belongs to.
    TextOffset,
    /// `format: table`: a list as `columns` and `rows`.
    Format,
    /// `refresh_cache: true`: ask Linear even for names that the session has cached.
    RefreshCache,
    /// `dry_run: true`: say what would be sent, and write nothing. Every writing operation takes it without listing
    /// it.
    DryRun,
}

impl CommonParam {
    /// The shared parameters of a list whose rows have long texts and whose names are cached: all of them.
    pub const OF_A_LIST: &'static [Self] = &[
        Self::Detail,
        Self::Fields,
        Self::MaxDescriptionChars,
        Self::Format,
        Self::RefreshCache,
    ];

    /// The parameter's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Detail => "detail",
            Self::Fields => "fields",
            Self::MaxDescriptionChars => "max_description_chars",
            Self::TextOffset => "text_offset",
            Self::Format => "format",
            Self::RefreshCache => "refresh_cache",
            Self::DryRun => "dry_run",
        }
    }
}

/// The fixed facts about an operation.
#[derive(Debug)]
pub struct Spec {
    /// The name in requests, snake_case.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What the operation may do to the workspace.
    pub effect: Effect,
    /// The parameter that `id`, `identifier`, `key` and `name` stand for, unless the operation has a parameter of that
    /// name.
    pub subject: Option<&'static str>,
    /// Other names under which callers ask for the operation.
    pub aliases: &'static [&'static str],
    /// The shared parameters that the operation takes.
    pub shared: &'static [CommonParam],
    /// What the operation writes of the issues that its parameters name.
    pub touches: Touches,
}

/// One operation. Its file holds everything about it: the parameters (whose doc comments are the documentation
/// everywhere), what it looks up, what it sends and what it returns.
pub trait Operation: 'static {
    /// The decoded parameters. The type's doc comment describes the operation, the fields' doc comments the parameters.
    type Params: DeserializeOwned + JsonSchema + Send;
    /// The fixed facts about the operation.
    const SPEC: Spec;

    /// Does the work and returns the envelope's `data`. Everything else in the envelope is reported through `cx`.
    ///
    /// # Errors
    /// The failure of the operation, as the caller sees it.
    fn run(
        params: Self::Params,
        cx: &Context<'_>,
    ) -> impl Future<Output = Result<Value, Error>> + Send;
}

/// An operation's work with its parameter type erased.
type Run = for<'c> fn(Map<String, Value>, &'c Context<'c>) -> BoxFuture<'c, Result<Value, Error>>;

/// Which toolsets list the tool of an operation. Each listed tool costs every conversation tokens, and an operation whose tool is not
/// listed runs all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// `core`, the toolset of the operation's category, and `all`.
    Core,
    /// The toolset of the operation's category, and `all`.
    InCategory,
    /// None: the tool is listed only where the operation itself is named.
    ByName,
}

/// An entry of the table of operations: an operation with its types erased.
#[derive(Debug)]
pub struct Entry {
    /// The fixed facts about the operation.
    pub spec: Spec,
    /// The kind of entity that the operation is about, in one word: `issue`, `label`.
    pub category: &'static str,
    /// An example request as YAML: the file in `examples/` that has the operation's name.
    pub example: &'static str,
    /// Which toolsets list the operation's tool.
    pub listed: Listed,
    /// The names of the operations that do the work of this one, where it is another name for a part of what they do.
    /// This operation may run only where all of them may.
    pub carried_out_by: &'static [&'static str],
    describe: fn() -> schemars::Schema,
    run: Run,
    signature: OnceLock<Signature>,
}

impl Entry {
    /// Makes the table entry of an operation from its category and an example request.
    pub const fn new<O: Operation>(category: &'static str, example: &'static str) -> Self {
        Self {
            spec: O::SPEC,
            category,
            example,
            listed: Listed::InCategory,
            carried_out_by: &[],
            describe: params::schema::<O::Params>,
            run: |params, cx| Box::pin(async move { O::run(params::decode(params)?, cx).await }),
            signature: OnceLock::new(),
        }
    }

    /// Puts the operation's tool into the toolset `core`, which is listed where nothing else is asked for.
    #[must_use]
    pub const fn core(mut self) -> Self {
        self.listed = Listed::Core;
        self
    }

    /// Leaves the operation's tool out of all toolsets.
    #[must_use]
    pub const fn unlisted(mut self) -> Self {
        self.listed = Listed::ByName;
        self
    }

    /// Whether a toolset lists the operation's tool.
    pub fn is_listed(&self) -> bool {
        self.listed != Listed::ByName
    }

    /// As [`Self::unlisted`], for an operation that does a part of what these `operations` do.
    #[must_use]
    pub const fn carried_out_by(mut self, operations: &'static [&'static str]) -> Self {
        self.carried_out_by = operations;
        self.unlisted()
    }

    /// Returns the operation's description and parameters, the shared ones included, as read from its types.
    pub fn signature(&self) -> &Signature {
        self.signature
            .get_or_init(|| Signature::read(&(self.describe)(), &self.spec))
    }

    /// Decodes `params`, whose keys have to be canonical, and runs the operation.
    ///
    /// # Errors
    /// The decoding error that [`params::decode`] describes, or the operation's own.
    pub fn run<'c>(
        &self,
        params: Map<String, Value>,
        cx: &'c Context<'c>,
    ) -> BoxFuture<'c, Result<Value, Error>> {
        (self.run)(params, cx)
    }
}

/// A parameter as its type and doc comment describe it.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The canonical name, snake_case.
    pub name: String,
    /// Whether the operation cannot run without the parameter.
    pub required: bool,
    /// The doc comment, on one line.
    pub description: String,
    /// The JSON schema of the value, without the keywords that only a validator needs.
    pub schema: Value,
    /// What the value can hold; for a list, what each item can hold.
    pub form: Form,
    /// What `null` means as the value.
    pub null: NullMeaning,
    /// Whether the old value cannot be restored once the field is emptied.
    pub irreplaceable: bool,
    /// Whether the operation only reads, so that the parameter is a filter and sets nothing.
    pub reads: bool,
    /// Whether this is one of the parameters that mean the same in every operation.
    pub shared: bool,
    /// Whether the schema of the operation's tool leaves the parameter out, because it is rarely given. `help` describes
    /// it, and the tool takes it.
    pub unlisted: bool,
}

/// The JSON schema keyword that says (as `lost`) that an emptied field's old value cannot be restored.
const EMPTIED_KEYWORD: &str = "emptied";
/// The JSON schema keyword that says (as `true`) that the schema of the tool leaves a parameter out.
const UNLISTED_KEYWORD: &str = "unlisted";

impl Field {
    /// Whether `null` differs from leaving the parameter out: it empties the field or, in a filter, matches entities
    /// without a value.
    pub fn clearable(&self) -> bool {
        self.null == NullMeaning::Clears
    }

    /// What `null` and the words for none do, as `help` says it; `None` where they do nothing.
    pub fn null_rule(&self) -> Option<&'static str> {
        Some(match self.null {
            NullMeaning::Clears if self.reads => "null or none: those without one",
            NullMeaning::Clears if self.is_list() => "null or [] clears it",
            NullMeaning::Clears if self.irreplaceable => {
                "null clears it, with LINEAR_OPS_ALLOW_DESTRUCTIVE=1 alone"
            }
            NullMeaning::Clears if self.is_text() => "null clears it",
            NullMeaning::Clears => "null, none or \"\" clears it",
            NullMeaning::Refused if self.reads => return None,
            NullMeaning::Refused => "cannot be cleared",
            NullMeaning::Absent | NullMeaning::Unset => return None,
        })
    }

    /// Whether the value is a list.
    pub fn is_list(&self) -> bool {
        self.schema.get("type").and_then(Value::as_str) == Some("array")
    }

    /// Whether the value is a text, in which `none` is an ordinary word.
    fn is_text(&self) -> bool {
        matches!(self.form, Form::Markdown | Form::Line) && !self.is_list()
    }

    /// The type of the value in words: `string`, `brief | full`, `list of string`.
    pub fn kind(&self) -> String {
        type_in_words(&self.schema)
    }

    /// The value's schema as a property of a tool's schema. It includes the description unless that is
    /// `described_elsewhere`.
    fn property(&self, described_elsewhere: bool) -> Value {
        let mut property = match &self.schema {
            Value::Object(schema) => schema.clone(),
            _ => Map::new(),
        };
        if !described_elsewhere && !self.description.is_empty() {
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
    /// Reads the schema of a parameter type, as [`params::schema`] makes it, and adds the shared parameters that the
    /// operation takes (`dry_run` where it writes). An operation's own parameter wins over a shared one of the same
    /// name. An operation that can empty fields also takes `clear`.
    pub fn read(schema: &schemars::Schema, spec: &Spec) -> Self {
        let mut fields = read_fields(schema);
        for field in &mut fields {
            field.reads = !spec.effect.writes();
        }
        if spec.effect.writes() && fields.iter().any(Field::clearable) {
            fields.push(canonical::CLEAR_FIELD.clone());
        }
        let common = read_fields(&params::schema::<CommonParamsInput>());
        let dry_run = spec.effect.writes().then_some(CommonParam::DryRun);
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

    /// The aliases under which a field is accepted. Each is accepted in camelCase, too.
    pub fn spellings(&self, spec: &Spec, field: &Field) -> Vec<&'static str> {
        ParameterNames::new(self, spec).spellings(field)
    }

    /// The fields that the keys of one request mean, in the order of the keys; `None` for a key that means no field.
    pub fn fields_for_keys(&self, spec: &Spec, keys: &[&str]) -> Vec<Option<&Field>> {
        let names = ParameterNames::new(self, spec);
        let plain: Vec<String> = keys.iter().map(|key| plain_name(key)).collect();
        let named = names.named_fields(plain.iter().map(String::as_str));
        let fields = plain.iter();
        fields.map(|plain| names.find(plain, &named)).collect()
    }

    /// Every key that can mean a field of the form `form`, whatever else the request contains. The keys are returned
    /// without case and separators.
    pub fn keys_for_form(&self, spec: &Spec, form: Form) -> HashSet<String> {
        let fields = self.fields.iter().filter(|field| field.form == form);
        let names: HashSet<&str> = fields.map(|field| field.name.as_str()).collect();
        let rows = ALIAS_ROWS.iter().filter(|row| row.applies_to(spec.name));
        let others = rows.filter(|row| row.fields.iter().any(|name| names.contains(name)));
        let others = others.flat_map(AliasRow::spellings);
        let has_edits = self.fields.iter().any(|field| field.form == Form::Edits);
        let in_edits = MARKDOWN_KEYS.iter().copied();
        let in_edits = in_edits.filter(|_| has_edits && form == Form::Markdown);
        let names = names.iter().copied().chain(others).chain(in_edits);
        names.map(plain_name).collect()
    }

    /// Takes the shared parameters out of canonical ones; the operation's own parameters stay. The `defaults` stand in
    /// for those of them that the operation takes and the caller did not give.
    ///
    /// # Errors
    /// As [`CommonParams::take`].
    pub fn shared(
        &self,
        params: &mut Map<String, Value>,
        defaults: AnswerDefaults,
    ) -> Result<CommonParams, Error> {
        let shared = self.fields.iter().filter(|field| field.shared);
        CommonParams::take(params, shared.map(|field| field.name.as_str()), defaults)
    }

    /// The description of the operation's tool: the first paragraph.
    pub fn tool_description(&self) -> &str {
        self.description.lines().next().unwrap_or_default()
    }

    /// The schema of the operation's tool: a plain object with the operation's own fields, but for those that are
    /// [`Field::unlisted`]. A field has its description unless it is `described_elsewhere`. The unlisted and the shared
    /// parameters, and `request` in place of all fields, are accepted too. The server's instructions describe the shared
    /// ones once, because in every tool they would cost as much as all the rest.
    ///
    /// A client that checks `required` before it calls cannot send `{"request": …}` alone to a tool that requires
    /// something; it has the tool `linear` for that. [`Self::canonical`] reports what is missing in a call all the
    /// same.
    pub fn input_schema(&self, described_elsewhere: impl Fn(&Field) -> bool) -> Map<String, Value> {
        let own_fields = self.fields.iter();
        let own_fields = own_fields.filter(|field| !field.shared && !field.unlisted);
        let properties: Map<String, Value> = own_fields
            .map(|field| {
                (
                    field.name.clone(),
                    field.property(described_elsewhere(field)),
                )
            })
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

/// Reads the properties of an object schema.
fn read_fields(schema: &schemars::Schema) -> Vec<Field> {
    let required = schema.get("required").and_then(Value::as_array);
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| {
            let description = property.get("description").and_then(Value::as_str);
            let mut schema = property.clone();
            if let Value::Object(schema) = &mut schema {
                schema.shift_remove("description");
            }
            let (form, null) = (
                Form::from_schema(&schema),
                NullMeaning::from_schema(&schema),
            );
            Form::remove_keyword(&mut schema);
            NullMeaning::remove_keyword(&mut schema);
            let mut take = |keyword| schema.as_object_mut()?.shift_remove(keyword);
            let (emptied, unlisted) = (take(EMPTIED_KEYWORD), take(UNLISTED_KEYWORD));
            Field {
                name: name.clone(),
                required: required.is_some_and(|names| names.iter().any(|known| known == name)),
                description: join_lines(description.unwrap_or_default()),
                schema,
                form,
                null,
                irreplaceable: emptied.is_some_and(|word| word == "lost"),
                reads: false,
                shared: false,
                unlisted: unlisted.is_some_and(|word| word == true),
            }
        })
        .collect()
}

/// A doc comment with line breaks only between its paragraphs.
fn paragraphs(description: Option<&Value>) -> String {
    let text = description.and_then(Value::as_str).unwrap_or_default();
    let paragraphs: Vec<String> = text.split("\n\n").map(join_lines).collect();
    paragraphs.join("\n\n")
}

/// A text on one line, with single spaces.
fn join_lines(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The type of a value in words, from its schema.
fn type_in_words(schema: &Value) -> String {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let words = values.iter().filter(|value| !value.is_null());
        let words: Vec<String> = words
            .map(|word| {
                word.as_str()
                    .map_or_else(|| word.to_string(), str::to_owned)
            })
            .collect();
        return words.join(" | ");
    }
    if let Some(Value::Array(choices)) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
        let mut kinds: Vec<String> = choices
            .iter()
            .map(type_in_words)
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
            ("array", Some(items)) => format!("list of {}", type_in_words(items)),
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

#[cfg(test)]
mod tests;

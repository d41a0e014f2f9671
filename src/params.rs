//! The types of parameters: lenient about spelling, exact about meaning.
//!
//! Callers are models and scripts; they write `priority: "high"` or `labels: planning, backend`. Each type accepts
//! what can mean only one thing, and refuses everything else with a message that says what would be right. The JSON
//! schemas show only the recommended form.
//!
//! This file has what all operations share: the common parameters, and the keys that callers add to every request.

mod decode;
mod edits;
pub(crate) mod from_text;
mod issue_parts;
mod reference;
mod schema;
mod values;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use self::decode::{Lenient, List, Scalar, decode, read};
pub(crate) use self::edits::MARKDOWN_KEYS;
pub use self::edits::{SectionText, TextEdits};
pub(crate) use self::issue_parts::sub_issue_entries;
pub use self::issue_parts::{SortOrder, SubIssue, SubIssues};
pub(crate) use self::reference::NAMING_KEYS;
pub use self::reference::{
    CycleRef, CycleRefs, Identifier, Identifiers, LabelName, LabelNames, LabelSpec, LabelSpecs,
    Ref, Refs, RelationKind,
};
pub use self::schema::{Form, NullMeaning, Patch, schema};
pub(crate) use self::values::parse_switch;
pub use self::values::{
    Color, Count, Cursor, Day, DayOrDuration, Estimate, Fingerprint, Flag, FutureMoment, Indices,
    Link, Links, Markdown, Moment, Priority, ProjectHealth, SeenTimestamp, Text, Title, Url,
};
use crate::error::Error;

/// A name without case and separators: `createdAt`, `created_at` and `Created-At` become the same. All other
/// characters stay, so that `title!!`, or a name with a hidden character in it, remains unknown.
pub(crate) fn plain_name(name: &str) -> String {
    let is_separator = |c: char| matches!(c, '_' | '-' | '.') || c.is_whitespace();
    name.chars()
        .filter(|c| !is_separator(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// A name in snake_case: `createdAt` becomes `created_at`. Dots, and names in snake_case, stay unchanged.
pub(crate) fn to_snake_case(name: &str) -> String {
    let mut name_in_snake_case = String::with_capacity(name.len() + 4);
    let mut follows_lower_case = false;
    for c in name.chars() {
        if c.is_uppercase() {
            if follows_lower_case {
                name_in_snake_case.push('_');
            }
            name_in_snake_case.extend(c.to_lowercase());
        } else if c == '-' || c == ' ' {
            name_in_snake_case.push('_');
        } else {
            name_in_snake_case.push(c);
        }
        follows_lower_case = c.is_lowercase() || c.is_ascii_digit();
    }
    name_in_snake_case
}

/// How much of an entity an answer shows (`contract.md`, "Detail"). A field that is shown has the same structure at
/// every level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// The least that identifies an entity: of a write, the identifier of what was written; of a list, the identifier
    /// and the title of each row. The answer has no metadata. A single entity that is read is shown as with `Brief`.
    Ack,
    /// What a row of a list needs: no ids, no long texts, and days in place of points in time.
    Brief,
    /// The object that the contract describes; entities inside it are given by their names.
    Standard,
    /// Every field of the entity.
    Full,
}

impl Detail {
    /// All levels, from the least to the most.
    pub const ALL: [Self; 4] = [Self::Ack, Self::Brief, Self::Standard, Self::Full];

    /// The level as a request writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Brief => "brief",
            Self::Standard => "standard",
            Self::Full => "full",
        }
    }
}

/// The form of the answers to requests that do not say how they want theirs. The default leaves the form to each
/// operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerDefaults {
    /// How much of each entity is shown; the operation's own default where there is none.
    pub detail: Option<Detail>,
    /// Whether lists are given as `columns` and `rows`.
    pub table: bool,
}

impl AnswerDefaults {
    /// Returns the defaults for an operation that only reads: what is read is meant to be seen, so the least of it is
    /// what a row of a list needs.
    pub fn for_reading(self) -> Self {
        Self {
            detail: self.detail.map(|detail| detail.max(Detail::Brief)),
            ..self
        }
    }
}

/// How the caller wants the answer: the values of the common parameters that the request gave, or their defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommonParams {
    /// How much of each entity is shown; the operation's own default where neither the request nor a setting says it.
    pub detail: Option<Detail>,
    /// Whether the request itself gave the detail.
    pub detail_given: bool,
    /// Show exactly these fields of each entity, in snake_case; overrides `detail`. The list is never empty.
    pub fields: Option<Vec<String>>,
    /// The length at which long texts are cut, in characters.
    pub max_description_chars: Option<usize>,
    /// Where a long text begins, in characters.
    pub text_offset: usize,
    /// Whether lists are given as `columns` and `rows`.
    pub table: bool,
    /// Whether to ask Linear even for names that the session has cached.
    pub refresh_cache: bool,
    /// Whether to say only what would be sent, and write nothing.
    pub dry_run: bool,
}

/// The common parameters as a caller writes them. The doc comments of the fields are shown by `help` and the tool
/// schemas.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct CommonParamsInput {
    /// How much of each entity; `ack` is the least.
    detail: Option<Detail>,
    /// Only these fields of each entity.
    #[schemars(extend("form" = "word"))]
    fields: Option<Refs>,
    /// Cut long texts here.
    max_description_chars: Option<Count>,
    /// Read a long text on from here: the `next_offset` of the answer before.
    text_offset: Option<Count>,
    /// `table`: lists as columns and rows.
    format: Option<Format>,
    /// Ask Linear, not the cache.
    refresh_cache: Option<Flag>,
    /// Resolve and check everything, say what would be sent, write nothing.
    dry_run: Option<Flag>,
}

#[derive(Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    Yaml,
    Table,
}

impl CommonParams {
    /// Takes the parameters called `names` out of canonical ones and decodes them; the other parameters stay. A form
    /// of the answer that `names` has and that is not given is that of the `defaults`.
    ///
    /// # Errors
    /// The error of [`decode()`] for a wrong value.
    pub fn take<'a>(
        params: &mut Map<String, Value>,
        names: impl IntoIterator<Item = &'a str>,
        defaults: AnswerDefaults,
    ) -> Result<Self, Error> {
        let (mut default_detail, mut default_table) = (None, false);
        let common = names
            .into_iter()
            .inspect(|name| match *name {
                "detail" => default_detail = defaults.detail,
                "format" => default_table = defaults.table,
                _ => {}
            })
            .filter_map(|name| params.shift_remove_entry(name))
            .collect();
        let input: CommonParamsInput = decode(common)?;
        let fields = input
            .fields
            .filter(|fields| !fields.is_empty())
            .map(|fields| {
                fields
                    .iter()
                    .map(|field| to_snake_case(field.as_str()))
                    .collect()
            });
        let chars = |Count(chars)| usize::try_from(chars).unwrap_or(usize::MAX);
        Ok(Self {
            detail: input.detail.or(default_detail),
            detail_given: input.detail.is_some(),
            fields,
            max_description_chars: input.max_description_chars.map(chars),
            text_offset: input.text_offset.map_or(0, chars),
            table: input
                .format
                .map_or(default_table, |format| format == Format::Table),
            refresh_cache: input.refresh_cache.is_some_and(|Flag(on)| on),
            dry_run: input.dry_run.is_some_and(|Flag(on)| on),
        })
    }
}

/// Keys that the hosts of a server, such as n8n, add to every call.
const HOST_KEYS: [&str; 5] = ["toolcallid", "sessionid", "action", "chatinput", "meta"];

/// Keys by which callers say who they are and why they ask. They belong into a request's `context`, as the commands of
/// CCPM write it.
const CONTEXT_KEYS: [&str; 9] = [
    "batchid",
    "cache",
    "changetype",
    "command",
    "fromphase",
    "mode",
    "purpose",
    "tophase",
    "traceid",
];

/// Keys that may be ignored because they change no outcome: a context among the parameters, the name of a request that
/// no other request refers to, and a request for custom fields, which Linear does not have. Never add a key here whose
/// value could end up in Linear or narrow a list.
const IGNORED_KEYS: [&str; 3] = ["as", "context", "includecustomfields"];

/// Whether hosts add the key to every call, so that it is ignored without a warning.
pub(crate) fn is_added_by_host(key: &str) -> bool {
    // A caller may well use `meta` for something else.
    key != "meta" && HOST_KEYS.contains(&plain_name(key).as_str())
}

/// Whether the key, passed without case and separators, may be ignored with a warning.
pub(crate) fn is_ignored_key(plain: &str) -> bool {
    IGNORED_KEYS.contains(&plain) || is_context_key(plain)
}

/// Whether the key, passed without case and separators, holds an object of filters, each of which is a parameter.
pub(crate) fn is_filter_key(plain: &str) -> bool {
    matches!(plain, "filter" | "filters")
}

/// Whether the key, passed without case and separators, belongs into a request's `context`.
pub(crate) fn is_context_key(plain: &str) -> bool {
    CONTEXT_KEYS.contains(&plain)
}

/// Whether a `context` asks to bypass the session cache: `cache: false` or `refresh_cache: true`, with the keys in any
/// spelling.
pub(crate) fn asks_for_refresh(context: &Map<String, Value>) -> bool {
    context
        .iter()
        .any(|(key, value)| match plain_name(key).as_str() {
            "cache" => parse_switch(value) == Some(false),
            "refreshcache" => parse_switch(value) == Some(true),
            _ => false,
        })
}

#[cfg(test)]
mod tests;

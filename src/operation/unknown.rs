//! What stands among the parameters of an operation and is none of them.

use serde_json::Value;

use super::canonical::{Given, short};
use super::names::{Names, rows};
use super::{Field, Shared, Signature, Spec};
use crate::error::{Code, Error};
use crate::params::{asks_afresh, is_added_by_host, is_meaningless, plain_name, switch};

/// How many unknown keys are named one by one.
const NAMED: usize = 8;

/// How many of a list are given when nothing is said, and the most that Linear gives at once (`contract.md`, "Common parameters").
const USUAL_LIMIT: u64 = 50;

/// The parameters that mean the same in every operation that takes them.
const COMMON: [&str; 9] = [
    "detail",
    "fields",
    "format",
    "limit",
    "cursor",
    "include_archived",
    "refresh_cache",
    "dry_run",
    "max_description_chars",
];

/// The words in front of a filter's name that turn it round: what is near it means the opposite.
const OPPOSITES: [&str; 5] = ["exclude", "not", "without", "no", "except"];

/// The words in a name that ask for something to be added to what is there: the field that is near it replaces that.
const ADDITIONS: [&str; 2] = ["append", "prepend"];

/// What becomes of a key that is no parameter of the operation.
pub(super) enum Stray {
    /// Nothing need be said about it.
    Ignored,
    /// It changes nothing, which this warning says.
    Warned(String),
    /// It says that the session cache is not to be believed.
    AskAfresh,
    /// The request has to be refused.
    Refused,
}

impl Stray {
    /// What becomes of the key with its value. Among filters, no key is passed over but a common one that changes nothing.
    pub fn of(given: &Given, spec: &Spec, signature: &Signature) -> Self {
        let name = short(&given.spelling);
        if !given.filter && is_added_by_host(&given.spelling) {
            return Self::Ignored;
        }
        if !given.filter && is_meaningless(&given.plain) {
            let takes_refresh = signature.field(Shared::RefreshCache.name()).is_some();
            if takes_refresh && says_afresh(given) {
                return Self::AskAfresh;
            }
            return Self::Warned(format!(
                "'{name}' means nothing among the parameters and was ignored"
            ));
        }
        let Some(common) = common(&given.plain) else {
            return Self::Refused;
        };
        if given.value.is_null() {
            return Self::Ignored;
        }
        if changes_nothing(common, &given.value, spec, signature) {
            return Self::Warned(format!(
                "'{name}' changes nothing in {} and was ignored",
                spec.name
            ));
        }
        Self::Refused
    }
}

/// The common parameter that a spelling means.
fn common(plain: &str) -> Option<&'static str> {
    let is_it = |name: &&str| plain_name(name) == plain;
    if let Some(name) = COMMON.into_iter().find(is_it) {
        return Some(name);
    }
    let mut fields = rows(plain).flat_map(|row| row.fields);
    fields.find(|name| COMMON.contains(name)).copied()
}

/// Whether `cache: false` stands there, or a `context` that says so.
fn says_afresh(given: &Given) -> bool {
    match given.plain.as_str() {
        "cache" => switch(&given.value) == Some(false),
        "context" => given.value.as_object().is_some_and(asks_afresh),
        _ => false,
    }
}

/// Whether the answer of an operation that does not take a common parameter is the one that it asks for.
fn changes_nothing(common: &str, value: &Value, spec: &Spec, signature: &Signature) -> bool {
    let text = match value {
        Value::String(text) => text.trim().to_lowercase(),
        other => other.to_string(),
    };
    let is_off = switch(value) == Some(false);
    match common {
        "detail" => text == "standard",
        "fields" => value.as_array().is_some_and(Vec::is_empty) || text.is_empty(),
        "format" => text == "yaml",
        "cursor" | "max_description_chars" => text.is_empty(),
        "include_archived" => is_off,
        // A write that is told how much to do may be meant to do less.
        "limit" if spec.effect.writes() => false,
        "limit" => {
            let limit: Option<u64> = text.strip_suffix(".0").unwrap_or(&text).parse().ok();
            // One thing is never more than asked for; a list is whole, which is what a limit from the usual one on is for.
            let lists = spec.shared.contains(&Shared::Format)
                || signature
                    .fields
                    .iter()
                    .any(|field| field.name.ends_with("_limit"));
            let least = if lists { USUAL_LIMIT } else { 1 };
            limit.is_some_and(|limit| limit >= least)
        }
        // Off is what they are without a word; a read has nothing to hold back, and nothing written that is stale.
        "dry_run" | "refresh_cache" => is_off || !spec.effect.writes(),
        _ => false,
    }
}

/// The error for keys that are no parameters: with those that there are, the nearest of each, and those that are
/// `missing`. `known` tells whether a field is given already, so that it is not suggested once more.
pub(super) fn refuse(
    spec: &Spec,
    names: &Names<'_>,
    unknown: &[Given],
    known: impl Fn(&str) -> bool,
    missing: Vec<&str>,
) -> Error {
    let listed: Vec<String> = unknown
        .iter()
        .take(NAMED)
        .map(|given| short(&given.spelling))
        .collect();
    let quoted: Vec<String> = listed.iter().map(|name| format!("'{name}'")).collect();
    let plural = if unknown.len() == 1 { "" } else { "s" };
    let mut message = format!(
        "{} has no parameter{plural} {}",
        spec.name,
        quoted.join(", ")
    );
    if unknown.len() > NAMED {
        message.push_str(&format!(" and {} more", unknown.len() - NAMED));
    }
    let mut error = Error::new(Code::InvalidParam, message);
    if let Some(first) = listed.first() {
        error = error.detail("param", first.as_str());
    }
    let near: Vec<Option<&Field>> = unknown
        .iter()
        .take(NAMED)
        .map(|given| names.near(&given.spelling))
        .collect();
    error = error.detail("unknown", listed.clone());
    let nearest: serde_json::Map<String, Value> = listed
        .iter()
        .zip(&near)
        .filter_map(|(name, near)| Some((name.clone(), (*near)?.name.clone().into())))
        .collect();
    if !nearest.is_empty() {
        error = error.detail("nearest", nearest);
    }
    let parameters: Vec<&str> = names.fields().map(|field| field.name.as_str()).collect();
    error = error.detail("parameters", parameters);
    if !missing.is_empty() {
        error = error.detail("missing", missing);
    }
    let mut left_out = Vec::new();
    for ((given, name), near) in unknown.iter().zip(&listed).zip(near) {
        match near {
            Some(field) if !says_otherwise(given, field) && !known(&field.name) => {
                error = error.suggest(format!("Use '{}' in place of '{name}'", field.name));
            }
            _ => left_out.push(format!("'{name}'")),
        }
    }
    if !left_out.is_empty() {
        error = error.suggest(format!("Leave out {}", left_out.join(", ")));
    }
    if unknown
        .iter()
        .any(|given| given.plain.contains("customfield"))
    {
        error = error.suggest(
            "Linear has no custom fields: keep such values in the description, or as labels",
        );
    }
    error.suggest(format!(
        "Call help with operation: {} to see its parameters",
        spec.name
    ))
}

/// Whether a key means something else than the field that is near it: `exclude_labels` is the opposite of `labels`, and
/// `label_name` is not the `name` of a project; `description_append` adds to what `description` replaces.
fn says_otherwise(given: &Given, field: &Field) -> bool {
    let name = plain_name(&field.name);
    let adds = ADDITIONS.iter().any(|word| given.plain.contains(word));
    if adds || (given.plain.len() > name.len() && given.plain.ends_with(&name)) {
        return true;
    }
    let words = given.spelling.split(|c: char| !c.is_alphanumeric());
    let first = words.into_iter().next().unwrap_or_default();
    OPPOSITES
        .iter()
        .any(|word| first.eq_ignore_ascii_case(word) || is_camel(first, word))
}

/// Whether a name in camelCase begins with that word: `excludeLabels`.
fn is_camel(name: &str, word: &str) -> bool {
    let rest = name.strip_prefix(word);
    rest.is_some_and(|rest| rest.starts_with(char::is_uppercase))
}

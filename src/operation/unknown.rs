//! Keys among the parameters that the operation does not have: which may be ignored, and the error for the others.

use serde_json::Value;

use super::canonical::{InputValue, shorten_name};
use super::names::{ParameterNames, alias_rows};
use super::{Field, Shared, Signature, Spec};
use crate::error::{Code, Error};
use crate::params::{asks_for_refresh, is_added_by_host, is_ignored_key, parse_switch, plain_name};

/// The most unknown keys that an error names.
const MAX_NAMED: usize = 8;

/// How many entries a list returns by default, which is also the most that Linear returns at once (`contract.md`,
/// "Common parameters").
const DEFAULT_LIMIT: u64 = 50;

/// The parameters that mean the same in every operation that takes them.
const COMMON_PARAMETERS: [&str; 9] = [
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

/// First words that negate a filter: `exclude_labels` must not be suggested as `labels`.
const OPPOSITE_PREFIXES: [&str; 5] = ["exclude", "not", "without", "no", "except"];

/// Words that ask for an addition to the present value, although the field with the nearest name replaces that value.
const ADDING_WORDS: [&str; 2] = ["append", "prepend"];

/// How a key that is not a parameter of the operation is treated.
pub(super) enum UnknownKey {
    /// The key is ignored without a word.
    Ignored,
    /// The key changes nothing, which the warning says.
    IgnoredWithWarning(String),
    /// The key asks to bypass the session cache.
    RefreshCache,
    /// The request has to be refused.
    Rejected,
}

impl UnknownKey {
    /// Decides how an unknown key is treated. Inside a filter, a key is ignored only if it is a common parameter that
    /// changes nothing.
    pub fn classify(input: &InputValue, spec: &Spec, signature: &Signature) -> Self {
        let name = shorten_name(&input.spelling);
        if !input.in_filter && is_added_by_host(&input.spelling) {
            return Self::Ignored;
        }
        if !input.in_filter && is_ignored_key(&input.plain) {
            let takes_refresh = signature.field(Shared::RefreshCache.name()).is_some();
            if takes_refresh && requests_refresh(input) {
                return Self::RefreshCache;
            }
            return Self::IgnoredWithWarning(format!(
                "'{name}' means nothing among the parameters and was ignored"
            ));
        }
        let Some(common) = common_parameter(&input.plain) else {
            return Self::Rejected;
        };
        if input.value.is_null() {
            return Self::Ignored;
        }
        if has_no_effect(common, &input.value, spec, signature) {
            return Self::IgnoredWithWarning(format!(
                "'{name}' changes nothing in {} and was ignored",
                spec.name
            ));
        }
        Self::Rejected
    }
}

/// The common parameter that a spelling means.
fn common_parameter(plain: &str) -> Option<&'static str> {
    let is_common = |name: &&str| plain_name(name) == plain;
    if let Some(name) = COMMON_PARAMETERS.into_iter().find(is_common) {
        return Some(name);
    }
    let mut fields = alias_rows(plain).flat_map(|row| row.fields);
    fields
        .find(|name| COMMON_PARAMETERS.contains(name))
        .copied()
}

/// Whether the key is `cache: false`, or a `context` that asks to bypass the cache.
fn requests_refresh(input: &InputValue) -> bool {
    match input.plain.as_str() {
        "cache" => parse_switch(&input.value) == Some(false),
        "context" => input.value.as_object().is_some_and(asks_for_refresh),
        _ => false,
    }
}

/// Whether an operation that does not take the common parameter behaves as the value asks anyway.
fn has_no_effect(common: &str, value: &Value, spec: &Spec, signature: &Signature) -> bool {
    let text = match value {
        Value::String(text) => text.trim().to_lowercase(),
        other => other.to_string(),
    };
    let is_off = parse_switch(value) == Some(false);
    match common {
        "detail" => text == "standard",
        "fields" => value.as_array().is_some_and(Vec::is_empty) || text.is_empty(),
        "format" => text == "yaml",
        "cursor" | "max_description_chars" => text.is_empty(),
        "include_archived" => is_off,
        // Ignoring the limit of a write could do more than was asked for.
        "limit" if spec.effect.writes() => false,
        "limit" => {
            let limit: Option<u64> = text.strip_suffix(".0").unwrap_or(&text).parse().ok();
            // A single entity never exceeds a limit of at least 1. A list that takes no limit is returned whole, as a
            // limit from the default on would have it.
            let lists = spec.shared.contains(&Shared::Format)
                || signature
                    .fields
                    .iter()
                    .any(|field| field.name.ends_with("_limit"));
            let least = if lists { DEFAULT_LIMIT } else { 1 };
            limit.is_some_and(|limit| limit >= least)
        }
        // Both are off by default. A read writes nothing that a dry run would hold back, and refreshes nothing that
        // could be stale.
        "dry_run" | "refresh_cache" => is_off || !spec.effect.writes(),
        _ => false,
    }
}

/// The error for unknown keys. It names the operation's parameters, the nearest parameter to each key, and the
/// `missing` ones. `known` says whether a field is already given, so that it is not suggested a second time.
pub(super) fn reject(
    spec: &Spec,
    names: &ParameterNames<'_>,
    unknown: &[InputValue],
    known: impl Fn(&str) -> bool,
    missing: Vec<&str>,
) -> Error {
    let listed: Vec<String> = unknown
        .iter()
        .take(MAX_NAMED)
        .map(|input| shorten_name(&input.spelling))
        .collect();
    let quoted: Vec<String> = listed.iter().map(|name| format!("'{name}'")).collect();
    let plural = if unknown.len() == 1 { "" } else { "s" };
    let mut message = format!(
        "{} has no parameter{plural} {}",
        spec.name,
        quoted.join(", ")
    );
    if unknown.len() > MAX_NAMED {
        message.push_str(&format!(" and {} more", unknown.len() - MAX_NAMED));
    }
    let mut error = Error::new(Code::InvalidParam, message);
    if let Some(first) = listed.first() {
        error = error.detail("param", first.as_str());
    }
    let near: Vec<Option<&Field>> = unknown
        .iter()
        .take(MAX_NAMED)
        .map(|input| names.nearest(&input.spelling))
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
    for ((input, name), near) in unknown.iter().zip(&listed).zip(near) {
        match near {
            Some(field) if !means_something_else(input, field) && !known(&field.name) => {
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
        .any(|input| input.plain.contains("customfield"))
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

/// Whether a key means something else than the field with the nearest name: `exclude_labels` is the opposite of
/// `labels`, `label_name` is not the `name` of a project, and `description_append` adds to the text that `description`
/// replaces.
fn means_something_else(input: &InputValue, field: &Field) -> bool {
    let name = plain_name(&field.name);
    let adds = ADDING_WORDS.iter().any(|word| input.plain.contains(word));
    if adds || (input.plain.len() > name.len() && input.plain.ends_with(&name)) {
        return true;
    }
    let words = input.spelling.split(|c: char| !c.is_alphanumeric());
    let first = words.into_iter().next().unwrap_or_default();
    // `excludeLabels` begins with the word `exclude`.
    let begins_in_camel_case = |word: &str| {
        let rest = first.strip_prefix(word);
        rest.is_some_and(|rest| rest.starts_with(char::is_uppercase))
    };
    OPPOSITE_PREFIXES
        .iter()
        .any(|word| first.eq_ignore_ascii_case(word) || begins_in_camel_case(word))
}

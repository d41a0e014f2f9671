//! From the names and values that callers write to canonical parameters, which their types can decode.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::names::{self, ParameterNames, UnknownKey};
use super::{CommonParam, Effect, Field, Signature, Spec};
use crate::error::{Code, Error};
use crate::params::{Form, NullMeaning, from_text, is_filter_key, plain_name};
use crate::text::abbreviate;

/// The most ignored keys that are reported, each in a warning of its own.
const MAX_WARNINGS: usize = 16;

/// The most characters of an unknown name that a message repeats.
const MAX_NAME_CHARS: usize = 40;

impl Signature {
    /// Gives every parameter its canonical name, and returns the parameters with the warnings that this produced.
    ///
    /// A name is a field of the operation in any spelling (`issueId`, `issue-id`), another word for one (`status` for
    /// `state`), or `id`, `identifier`, `key` or `name` for the operation's subject. A field's own name is never taken
    /// for another field. The entries of `filter` or `filters` count as parameters themselves where the operation has
    /// no such field. Lists and objects that arrive as text are parsed, and the words for none become `null` where a
    /// field can be emptied. `clear` becomes `null` for each field in it.
    ///
    /// # Errors
    /// `INVALID_PARAM` for an unknown name, unless ignoring it changes nothing (see `UnknownKey`), for two spellings of
    /// one field with different values, and for a list of more than `max_items` items. `MISSING_REQUIRED_PARAM` when a
    /// required field is absent. The error of `read_value` for a value that cannot be read.
    pub fn canonical(
        &self,
        spec: &Spec,
        params: Map<String, Value>,
        max_items: usize,
    ) -> Result<(Map<String, Value>, Vec<String>), Error> {
        let names = ParameterNames::new(self, spec);
        let inputs = unfold_filters(&names, params)?;
        let named = names.named_fields(inputs.iter().map(|input| input.plain.as_str()));
        let mut known = Vec::with_capacity(inputs.len());
        let mut unknown = Vec::new();
        let mut warnings = Vec::new();
        let mut refresh_requested = false;
        for input in inputs {
            if let Some(field) = names.find(&input.plain, &named) {
                known.push((field, input));
                continue;
            }
            match UnknownKey::classify(&input, spec, self) {
                UnknownKey::Ignored => {}
                UnknownKey::IgnoredWithWarning(warning)
                    if warnings.len() == MAX_WARNINGS || warnings.contains(&warning) => {}
                UnknownKey::IgnoredWithWarning(warning) => warnings.push(warning),
                UnknownKey::RefreshCache => refresh_requested = true,
                UnknownKey::Rejected => unknown.push(input),
            }
        }
        if !unknown.is_empty() {
            let is_given = |name: &str| known.iter().any(|(field, _)| field.name == name);
            let mut missing = self.required_names();
            missing.retain(|name| !is_given(name));
            return Err(names::reject(spec, &names, &unknown, is_given, missing));
        }
        let mut accepted = AcceptedParams::default();
        for (field, input) in known {
            if let Some(value) = read_value(field, spec.effect, input.value)? {
                self.check_length(field, &value, max_items)?;
                accepted.insert(field, input.spelling, value)?;
            }
        }
        let mut params = accepted.params;
        expand_clear(self, &names, &mut params)?;
        if refresh_requested {
            let refresh = CommonParam::RefreshCache.name();
            warnings.push(format!("took 'cache: false' as '{refresh}: true'"));
            params.insert(refresh.to_owned(), true.into());
        }
        let required = self.required_names();
        let is_missing = |name: &&str| params.get(*name).is_none_or(Value::is_null);
        let missing: Vec<&str> = required.iter().copied().filter(is_missing).collect();
        if !missing.is_empty() {
            let message = format!("{} needs '{}'", spec.name, missing.join("', '"));
            return Err(Error::new(Code::MissingRequiredParam, message)
                .detail("missing", missing)
                .detail("required", required)
                .suggest(format!(
                    "Call help with operation: {} to see its parameters",
                    spec.name
                )));
        }
        Ok((params, warnings))
    }

    /// The names of the required fields.
    fn required_names(&self) -> Vec<&str> {
        let required = self.fields.iter().filter(|field| field.required);
        required.map(|field| field.name.as_str()).collect()
    }

    /// Checks that a list has at most `max_items` items. The items of a batch are counted by the batch itself.
    ///
    /// # Errors
    /// `INVALID_PARAM` with both numbers, and how to split the list.
    fn check_length(&self, field: &Field, value: &Value, max_items: usize) -> Result<(), Error> {
        let given = match value {
            Value::Array(items) if field.form != Form::Operations => items.len(),
            _ => return Ok(()),
        };
        if given <= max_items {
            return Ok(());
        }
        let name = &field.name;
        let message = format!("Parameter '{name}' has {given} items, and the most is {max_items}");
        let adding_name = format!("add_{name}");
        let split = match self.field(&adding_name) {
            Some(_) => format!(
                "Split the list: the first {max_items} in '{name}', then the others in '{adding_name}' of further requests"
            ),
            None => {
                format!("Split the list: at most {max_items} items in each of several requests")
            }
        };
        Err(Error::new(Code::InvalidParam, message)
            .detail("param", name.as_str())
            .detail("given", given)
            .detail("expected", format!("at most {max_items} items"))
            .suggest(split))
    }
}

/// A parameter as the caller wrote it.
pub(super) struct InputValue {
    pub spelling: String,
    /// The spelling without case and separators, as [`plain_name`] makes it.
    pub plain: String,
    pub value: Value,
    /// Whether the parameter stood inside `filter` or `filters`.
    pub in_filter: bool,
}

/// Lists the parameters, with the entries of a `filter` object in place of that object.
///
/// # Errors
/// INVALID_PARAM for a filter that is not an object.
fn unfold_filters(
    names: &ParameterNames<'_>,
    params: Map<String, Value>,
) -> Result<Vec<InputValue>, Error> {
    let input = |(spelling, value): (String, Value), in_filter: bool| InputValue {
        plain: plain_name(&spelling),
        spelling,
        value,
        in_filter,
    };
    let mut inputs = Vec::with_capacity(params.len());
    for entry in params {
        let param = input(entry, false);
        if !is_filter_key(&param.plain) || names.by_name(&param.plain).is_some() {
            inputs.push(param);
            continue;
        }
        let entries = match param.value {
            Value::Null => continue,
            Value::String(text) if text.trim().is_empty() => continue,
            Value::Array(items) if items.is_empty() => continue,
            Value::String(text) => from_text::object(&text).ok().flatten(),
            Value::Object(entries) => Some(entries),
            _ => None,
        };
        let Some(entries) = entries else {
            let name = shorten_name(&param.spelling);
            return Err(Error::new(
                Code::InvalidParam,
                format!("Parameter '{name}' is not an object of filters"),
            )
            .detail("param", name.as_str())
            .suggest("Give each filter as a parameter of its own"));
        };
        inputs.extend(entries.into_iter().map(|entry| input(entry, true)));
    }
    Ok(inputs)
}

/// The beginning of a name, for a message: a caller may send a very long one.
pub(super) fn shorten_name(name: &str) -> String {
    name.chars().take(MAX_NAME_CHARS).collect()
}

/// The canonical parameters collected so far.
#[derive(Default)]
struct AcceptedParams<'a> {
    params: Map<String, Value>,
    /// The spelling under which each field was first given.
    spellings: Vec<(&'a str, String)>,
}

impl<'a> AcceptedParams<'a> {
    fn insert(&mut self, field: &'a Field, spelling: String, value: Value) -> Result<(), Error> {
        let name = field.name.as_str();
        let first = self.spellings.iter().find(|(known, _)| *known == name);
        let Some((_, first)) = first else {
            self.spellings.push((name, spelling));
            self.params.insert(name.to_owned(), value);
            return Ok(());
        };
        if self.params.get(name) == Some(&value) {
            return Ok(());
        }
        let (first, second) = (shorten_name(first), shorten_name(&spelling));
        let message =
            format!("'{first}' and '{second}' both mean '{name}' and have different values");
        Err(Error::new(Code::InvalidParam, message)
            .detail("param", name)
            .suggest(format!("Give '{name}' alone"))
            .detail("spellings", vec![first, second]))
    }
}

/// The name of the parameter `clear: [field, …]`, which means the same as `null` for each of the fields.
const CLEAR: &str = "clear";

/// The parameter `clear` of an operation that can empty fields.
pub(super) static CLEAR_FIELD: LazyLock<Field> = LazyLock::new(|| Field {
    name: CLEAR.to_owned(),
    required: false,
    description: "Fields to clear, the same as `null` for each.".to_owned(),
    schema: json!({"type": "array", "items": {"type": "string"}}),
    form: Form::Word,
    null: NullMeaning::Absent,
    irreplaceable: false,
    unlisted: false,
    reads: false,
    shared: false,
});

/// Takes `clear` out of canonical parameters, and sets each field that it names to `null`.
///
/// # Errors
/// INVALID_PARAM for a name that is not a clearable field, and for a field that has a value as well.
fn expand_clear(
    signature: &Signature,
    names: &ParameterNames<'_>,
    params: &mut Map<String, Value>,
) -> Result<(), Error> {
    if signature.field(CLEAR) != Some(&*CLEAR_FIELD) {
        return Ok(());
    }
    let items = match params.shift_remove(CLEAR) {
        None => return Ok(()),
        Some(Value::Array(items)) => items,
        Some(name) => vec![name],
    };
    for item in items {
        let named = item
            .as_str()
            .and_then(|name| names.find(&plain_name(name), &HashSet::new()));
        let Some(field) = named.filter(|field| field.clearable()) else {
            let clearable: Vec<&str> = signature
                .fields
                .iter()
                .filter(|field| field.clearable())
                .map(|field| field.name.as_str())
                .collect();
            let message = match (named, item.as_str()) {
                (Some(field), _) => format!("'{}' cannot be cleared", field.name),
                (None, Some(name)) => {
                    format!("There is no field '{}' to clear", shorten_name(name))
                }
                (None, None) => "'clear' takes names of fields".to_owned(),
            };
            return Err(Error::new(Code::InvalidParam, message)
                .detail("param", CLEAR)
                .detail("clearable", clearable.clone())
                .suggest(format!(
                    "Name only fields that can be cleared: {}",
                    clearable.join(", ")
                )));
        };
        match params.get(&field.name) {
            None | Some(Value::Null) => params.insert(field.name.clone(), Value::Null),
            Some(_) => {
                let name = &field.name;
                let message = format!("'{name}' is both set and named in 'clear'");
                return Err(Error::new(Code::InvalidParam, message)
                    .detail("param", CLEAR)
                    .suggest(format!("Leave '{name}' out of 'clear' to set it"))
                    .suggest(format!("Leave '{name}' out to clear it")));
            }
        };
    }
    Ok(())
}

/// The most characters of a wrong value that a message repeats.
const MAX_VALUE_CHARS: usize = 60;

/// Prepares a value for its field's type: parses lists and objects that arrive as text, and maps the ways to say none.
/// Returns `None` where the value means the same as leaving the parameter out.
///
/// # Errors
/// The code of the parameter ([`Code::for_param`]) for a malformed list or object, for `null` or an empty text where
/// an update cannot empty the field by it, and for a word for none in place of a list.
fn read_value(field: &Field, effect: Effect, value: Value) -> Result<Option<Value>, Error> {
    match value {
        Value::Null => match field.null {
            NullMeaning::Clears => Ok(Some(Value::Null)),
            NullMeaning::Absent | NullMeaning::Unset => Ok(None),
            // Creating something clears nothing.
            NullMeaning::Refused if creates(effect) => Ok(None),
            NullMeaning::Refused if field.reads => Err(value_error(
                field,
                "cannot be null: there is no filter for what has none",
            )
            .suggest(format!(
                "Leave '{}' out to list any, or give it a value",
                field.name
            ))),
            NullMeaning::Refused => Err(value_error(field, "cannot be cleared").suggest(format!(
                "Leave '{}' out to keep it as it is, or give it a value",
                field.name
            ))),
        },
        Value::String(text) => read_text(field, effect, text),
        Value::Array(items) if items.is_empty() && filters_by_list(field) => {
            Err(empty_filter_error(field))
        }
        Value::Array(items) if field.is_list() && from_text::has_objects(field.form) => {
            let items = items.into_iter().enumerate();
            let items: Result<Vec<Value>, Error> = items
                .map(|(index, item)| read_list_item(field, index, item))
                .collect();
            Ok(Some(items?.into()))
        }
        other => Ok(Some(other)),
    }
}

/// Reads an item of a list. The item may be an object that arrives as text.
///
/// # Errors
/// The code of the parameter for a list or a malformed object inside the text.
fn read_list_item(field: &Field, index: usize, item: Value) -> Result<Value, Error> {
    let Value::String(text) = item else {
        return Ok(item);
    };
    let object = from_text::object(&text);
    let is_list = text.trim_start().starts_with('[')
        && !matches!(from_text::list(&text, field.form), Ok(None));
    match object {
        Ok(None) if !is_list => Ok(text.into()),
        Ok(Some(map)) => Ok(map.into()),
        _ => {
            let place = format!("{}[{index}]", field.name);
            let shown = abbreviate(&text, MAX_VALUE_CHARS);
            let message =
                format!("Parameter '{place}' cannot be '{shown}': a list or an object in quotes");
            Err(Error::new(Code::for_param(&field.name), message)
                .detail("param", place)
                .suggest(format!(
                    "Set '{}' to a list of names, each in quotes",
                    field.name
                )))
        }
    }
}

/// Whether an operation with this effect creates something, and changes nothing that exists.
fn creates(effect: Effect) -> bool {
    matches!(effect, Effect::Add | Effect::Ensure)
}

/// Reads a value that arrives as text, as [`read_value`] does.
fn read_text(field: &Field, effect: Effect, text: String) -> Result<Option<Value>, Error> {
    let blank = text.trim().is_empty();
    // Creating something clears nothing, and the empty cursor of a list is its first page, so that an empty text means
    // the same as leaving the parameter out. The empty name of a team or a state is left to its type, which refuses
    // it, because otherwise the new entity could end up in the wrong place, and so is a text that must not be empty.
    let places_entity =
        field.form == Form::Name && field.null == NullMeaning::Absent && !field.is_list();
    let is_optional = creates(effect)
        && !field.required
        && !places_entity
        && field.null != NullMeaning::Refused
        && field.name != CLEAR;
    if blank && (is_optional || field.name == "cursor") {
        return Ok(None);
    }
    if field.is_text() {
        if blank && field.null == NullMeaning::Clears && !field.reads {
            return Err(empty_error(field, "null"));
        }
        return Ok(Some(text.into()));
    }
    if field.is_list() {
        return read_list_text(field, effect, text);
    }
    match field.null {
        NullMeaning::Clears if NullMeaning::is_word(&text) || (blank && !field.reads) => {
            return Ok(Some(Value::Null));
        }
        NullMeaning::Unset if NullMeaning::is_word(&text) => return Ok(None),
        _ => {}
    }
    let object = match field.form {
        Form::Markdown | Form::Line => Ok(None),
        _ => from_text::object(&text),
    };
    match object {
        Ok(Some(map)) => Ok(Some(map.into())),
        Ok(None) => Ok(Some(text.into())),
        Err(malformed) => {
            let name = &field.name;
            let shown = abbreviate(&text, MAX_VALUE_CHARS);
            Err(value_error(
                field,
                &format!("cannot be '{shown}': {}", malformed.reason()),
            )
            .suggest(format!("Set '{name}' to a name or id, or to an object")))
        }
    }
}

/// Reads a list that arrives as text, as [`read_value`] does.
fn read_list_text(field: &Field, effect: Effect, text: String) -> Result<Option<Value>, Error> {
    let name = &field.name;
    let clears = field.null == NullMeaning::Clears && !field.reads;
    if clears && text.trim().is_empty() {
        return Err(empty_error(field, "[] or null"));
    }
    if field.reads && field.null == NullMeaning::Clears && NullMeaning::is_word(&text) {
        return Ok(Some(Value::Null));
    }
    if effect.writes()
        && matches!(field.form, Form::Name | Form::Label)
        && NullMeaning::is_word(&text)
    {
        let word = text.trim();
        let nothing = if clears {
            format!("Set '{name}' to [] or null to clear it")
        } else {
            format!("Leave '{name}' out for none")
        };
        return Err(value_error(
            field,
            &format!("is '{word}', which may be a name, or mean none"),
        )
        .suggest(nothing)
        .suggest(format!(
            "Set '{name}' to [\"{word}\"] for what is called so"
        )));
    }
    match from_text::list(&text, field.form) {
        Ok(Some(items)) if items.is_empty() && filters_by_list(field) => {
            Err(empty_filter_error(field))
        }
        Ok(Some(items)) => Ok(Some(items.into())),
        Ok(None) => Ok(Some(text.into())),
        Err(malformed) => {
            let shown = abbreviate(&text, MAX_VALUE_CHARS);
            Err(value_error(
                field,
                &format!("cannot be '{shown}': {}", malformed.reason()),
            )
            .suggest(format!(
                "Set '{name}' to a list such as [\"a\", \"b\"], each item in quotes"
            )))
        }
    }
}

/// Whether the parameter is a list filter whose `null` matches entities without a value. An empty list is ambiguous
/// then: it could mean that, or no filter at all.
fn filters_by_list(field: &Field) -> bool {
    field.reads && field.is_list() && field.null == NullMeaning::Clears
}

/// The error for an empty list in a filter, which is ambiguous.
fn empty_filter_error(field: &Field) -> Error {
    let name = &field.name;
    value_error(
        field,
        "is an empty list, which may mean no filter, or those without one",
    )
    .suggest(format!("Leave '{name}' out to list any"))
    .suggest(format!("Set '{name}' to null for those without one"))
}

/// The error for an empty text where `clearing_value` would empty the field.
fn empty_error(field: &Field, clearing_value: &str) -> Error {
    let name = &field.name;
    value_error(field, "cannot be empty")
        .suggest(format!("Set '{name}' to {clearing_value} to clear it"))
        .suggest(format!("Leave '{name}' out to keep it as it is"))
}

/// The error for a wrong value, with the code of its parameter; `sentence` follows the parameter's name.
fn value_error(field: &Field, sentence: &str) -> Error {
    let name = &field.name;
    Error::new(
        Code::for_param(name),
        format!("Parameter '{name}' {sentence}"),
    )
    .detail("param", name.as_str())
}

//! From the spellings of callers to the names of parameters.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::names::Names;
use super::unknown::{self, Stray};
use super::{Effect, Field, Shared, Signature, Spec};
use crate::error::{Code, Error};
use crate::params::{Form, Null, is_filter, plain_name, written};
use crate::text::cut::start;

/// How many keys that change nothing are named one by one.
const WARNED: usize = 16;

/// How much of an unknown name is repeated, in characters.
const SHOWN: usize = 40;

impl Signature {
    /// Gives every parameter its canonical name, and returns them with the warnings that this made.
    ///
    /// A name is a field of the operation in any spelling (`issueId`, `issue-id`), another word for one (`status`
    /// for `state`), or `id`, `identifier`, `key` or `name` for the operation's subject; what is a field's own name
    /// is never taken for another. The entries of `filter` or `filters` count as parameters themselves where the
    /// operation has no such field. Lists and objects that arrive as text become what they mean, and the words for none
    /// become `null` where a field can be emptied; `clear` becomes `null` for each field in it.
    ///
    /// # Errors
    /// `INVALID_PARAM` for a name that is none of these, unless it changes nothing (a stray key), and when two spellings of
    /// a field have different values, and for a list of more than `most` items; `MISSING_REQUIRED_PARAM` when a required
    /// field is absent; that of a value which cannot be read.
    pub fn canonical(
        &self,
        spec: &Spec,
        params: Map<String, Value>,
        most: usize,
    ) -> Result<(Map<String, Value>, Vec<String>), Error> {
        let names = Names::of(self, spec);
        let given = unfolded(&names, params)?;
        let named = names.all_named(given.iter().map(|given| given.plain.as_str()));
        let mut known = Vec::with_capacity(given.len());
        let mut unknown = Vec::new();
        let mut warnings = Vec::new();
        let mut asks_afresh = false;
        for given in given {
            if let Some(field) = names.meaning(&given.plain, &named) {
                known.push((field, given));
                continue;
            }
            match Stray::of(&given, spec, self) {
                Stray::Ignored => {}
                Stray::Warned(warning)
                    if warnings.len() == WARNED || warnings.contains(&warning) => {}
                Stray::Warned(warning) => warnings.push(warning),
                Stray::AskAfresh => asks_afresh = true,
                Stray::Refused => unknown.push(given),
            }
        }
        if !unknown.is_empty() {
            let is_given = |name: &str| known.iter().any(|(field, _)| field.name == name);
            let mut missing = self.required();
            missing.retain(|name| !is_given(name));
            return Err(unknown::refuse(spec, &names, &unknown, is_given, missing));
        }
        let mut read = Read::default();
        for (field, given) in known {
            if let Some(value) = read_value(field, spec.effect, given.value)? {
                self.check_length(field, &value, most)?;
                read.take(field, given.spelling, value)?;
            }
        }
        let mut params = read.params;
        expand_clear(self, &names, &mut params)?;
        if asks_afresh {
            let refresh = Shared::RefreshCache.name();
            warnings.push(format!("took 'cache: false' as '{refresh}: true'"));
            params.insert(refresh.to_owned(), true.into());
        }
        self.complete(spec, &params)?;
        Ok((params, warnings))
    }

    /// The names of the fields without which nothing can be done.
    fn required(&self) -> Vec<&str> {
        let required = self.fields.iter().filter(|field| field.required);
        required.map(|field| field.name.as_str()).collect()
    }

    /// Checks that a list is no longer than a list may be. The items of a batch are counted by the batch.
    ///
    /// # Errors
    /// `INVALID_PARAM` with both numbers, and how to do with shorter lists.
    fn check_length(&self, field: &Field, value: &Value, most: usize) -> Result<(), Error> {
        let given = match value {
            Value::Array(items) if field.form != Form::Operations => items.len(),
            _ => return Ok(()),
        };
        if given <= most {
            return Ok(());
        }
        let name = &field.name;
        let message = format!("Parameter '{name}' has {given} items, and the most is {most}");
        let adds = format!("add_{name}");
        let split = match self.field(&adds) {
            Some(_) => format!(
                "Split the list: the first {most} in '{name}', then the others in '{adds}' of further requests"
            ),
            None => format!("Split the list: at most {most} items in each of several requests"),
        };
        Err(Error::new(Code::InvalidParam, message)
            .detail("param", name.as_str())
            .detail("given", given)
            .detail("expected", format!("at most {most} items"))
            .suggest(split))
    }

    /// Checks that nothing required is missing.
    fn complete(&self, spec: &Spec, params: &Map<String, Value>) -> Result<(), Error> {
        let required = self.required();
        let missing: Vec<&str> = required
            .iter()
            .copied()
            .filter(|name| params.get(*name).is_none_or(Value::is_null))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let message = format!("{} needs '{}'", spec.name, missing.join("', '"));
        Err(Error::new(Code::MissingRequiredParam, message)
            .detail("missing", missing)
            .detail("required", required)
            .suggest(format!(
                "Call help with operation: {} to see its parameters",
                spec.name
            )))
    }
}

/// A parameter as it was given.
pub(super) struct Given {
    pub spelling: String,
    /// The spelling without case and separators.
    pub plain: String,
    pub value: Value,
    /// Whether it stood in `filter` or `filters`.
    pub filter: bool,
}

/// The parameters, with the entries of a filter object beside the others.
///
/// # Errors
/// INVALID_PARAM for a filter that is no object.
fn unfolded(names: &Names<'_>, params: Map<String, Value>) -> Result<Vec<Given>, Error> {
    let given = |(spelling, value): (String, Value), filter: bool| Given {
        plain: plain_name(&spelling),
        spelling,
        value,
        filter,
    };
    let mut all = Vec::with_capacity(params.len());
    for entry in params {
        let one = given(entry, false);
        if !is_filter(&one.plain) || names.own(&one.plain).is_some() {
            all.push(one);
            continue;
        }
        let entries = match one.value {
            Value::Null => continue,
            Value::String(text) if text.trim().is_empty() => continue,
            Value::Array(items) if items.is_empty() => continue,
            Value::String(text) => written::object(&text).ok().flatten(),
            Value::Object(entries) => Some(entries),
            _ => None,
        };
        let Some(entries) = entries else {
            let name = short(&one.spelling);
            return Err(Error::new(
                Code::InvalidParam,
                format!("Parameter '{name}' is not an object of filters"),
            )
            .detail("param", name.as_str())
            .suggest("Give each filter as a parameter of its own"));
        };
        all.extend(entries.into_iter().map(|entry| given(entry, true)));
    }
    Ok(all)
}

/// A name for a message: what a caller may have made long is cut.
pub(super) fn short(name: &str) -> String {
    name.chars().take(SHOWN).collect()
}

/// What has been read so far.
#[derive(Default)]
struct Read<'a> {
    params: Map<String, Value>,
    /// Under which spelling each field was first given.
    spelled: Vec<(&'a str, String)>,
}

impl<'a> Read<'a> {
    fn take(&mut self, field: &'a Field, spelling: String, value: Value) -> Result<(), Error> {
        let name = field.name.as_str();
        let first = self.spelled.iter().find(|(known, _)| *known == name);
        let Some((_, first)) = first else {
            self.spelled.push((name, spelling));
            self.params.insert(name.to_owned(), value);
            return Ok(());
        };
        if self.params.get(name) == Some(&value) {
            return Ok(());
        }
        let (first, second) = (short(first), short(&spelling));
        let message =
            format!("'{first}' and '{second}' both mean '{name}' and have different values");
        Err(Error::new(Code::InvalidParam, message)
            .detail("param", name)
            .suggest(format!("Give '{name}' alone"))
            .detail("spellings", vec![first, second]))
    }
}

/// The parameter's name.
const CLEAR: &str = "clear";

/// The parameter of an operation that can empty fields.
pub(super) static FIELD: LazyLock<Field> = LazyLock::new(|| Field {
    name: CLEAR.to_owned(),
    required: false,
    description: "Fields to clear, the same as `null` for each.".to_owned(),
    schema: json!({"type": "array", "items": {"type": "string"}}),
    form: Form::Word,
    null: Null::Absent,
    irreplaceable: false,
    reads: false,
    shared: false,
});

/// Takes `clear` out of canonical parameters, and gives each of the fields that it names `null`.
///
/// # Errors
/// INVALID_PARAM for what is no field that can be cleared, and for a field that has a value as well.
fn expand_clear(
    signature: &Signature,
    names: &Names<'_>,
    params: &mut Map<String, Value>,
) -> Result<(), Error> {
    if signature.field(CLEAR) != Some(&*FIELD) {
        return Ok(());
    }
    let items = match params.shift_remove(CLEAR) {
        None => return Ok(()),
        Some(Value::Array(items)) => items,
        Some(one) => vec![one],
    };
    for item in items {
        let named = item
            .as_str()
            .and_then(|name| names.meaning(&plain_name(name), &HashSet::new()));
        let Some(field) = named.filter(|field| field.clearable()) else {
            return Err(not_clearable(signature, named, &item));
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

fn not_clearable(signature: &Signature, named: Option<&Field>, item: &Value) -> Error {
    let clearable: Vec<&str> = signature
        .fields
        .iter()
        .filter(|field| field.clearable())
        .map(|field| field.name.as_str())
        .collect();
    let message = match (named, item.as_str()) {
        (Some(field), _) => format!("'{}' cannot be cleared", field.name),
        (None, Some(name)) => format!("There is no field '{}' to clear", short(name)),
        (None, None) => "'clear' takes names of fields".to_owned(),
    };
    Error::new(Code::InvalidParam, message)
        .detail("param", CLEAR)
        .detail("clearable", clearable.clone())
        .suggest(format!(
            "Name only fields that can be cleared: {}",
            clearable.join(", ")
        ))
}

/// How much of a wrong value a message repeats, in characters.
const SHOWN_VALUE: usize = 60;

/// The value as the field's type is to read it; nothing where it is the same as leaving the parameter out.
///
/// # Errors
/// The code of the parameter ([`Code::for_param`]) for a list or an object that is damaged, for `null` and an empty text
/// where an update cannot empty the field by them, and for a word for none in place of a list.
fn read_value(field: &Field, effect: Effect, value: Value) -> Result<Option<Value>, Error> {
    match value {
        Value::Null => null(field),
        Value::String(text) => text_or_none(field, effect, text),
        Value::Array(items) if items.is_empty() && filters_by_list(field) => {
            Err(empty_filter(field))
        }
        Value::Array(items) if field.is_list() && written::has_objects(field.form) => {
            let items = items.into_iter().enumerate();
            let items: Result<Vec<Value>, Error> = items
                .map(|(index, item)| list_item(field, index, item))
                .collect();
            Ok(Some(items?.into()))
        }
        other => Ok(Some(other)),
    }
}

/// An item of a list, which may be an object that arrives as text, and is no list.
fn list_item(field: &Field, index: usize, item: Value) -> Result<Value, Error> {
    let Value::String(text) = item else {
        return Ok(item);
    };
    let begins = text.trim_start();
    let object = written::object(&text);
    let is_list = begins.starts_with('[') && !matches!(written::list(&text, field.form), Ok(None));
    match object {
        Ok(None) if !is_list => Ok(text.into()),
        Ok(Some(map)) => Ok(map.into()),
        _ => {
            let place = format!("{}[{index}]", field.name);
            let shown = start(&text, SHOWN_VALUE);
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

fn null(field: &Field) -> Result<Option<Value>, Error> {
    match field.null {
        Null::Clears => Ok(Some(Value::Null)),
        Null::Absent | Null::Unset => Ok(None),
        Null::Refused if field.reads => {
            let name = &field.name;
            Err(wrong(
                field,
                "cannot be null: there is no filter for what has none",
            )
            .suggest(format!(
                "Leave '{name}' out to list any, or give it a value"
            )))
        }
        Null::Refused => {
            let name = &field.name;
            Err(wrong(field, "cannot be cleared").suggest(format!(
                "Leave '{name}' out to keep it as it is, or give it a value"
            )))
        }
    }
}

fn text_or_none(field: &Field, effect: Effect, text: String) -> Result<Option<Value>, Error> {
    let blank = text.trim().is_empty();
    if blank && is_nothing(field, effect) {
        return Ok(None);
    }
    if field.is_text() {
        if blank && field.null == Null::Clears && !field.reads {
            return Err(empty(field, "null"));
        }
        return Ok(Some(text.into()));
    }
    if field.is_list() {
        return list(field, effect, text);
    }
    match field.null {
        Null::Clears if Null::is_word(&text) || (blank && !field.reads) => {
            return Ok(Some(Value::Null));
        }
        Null::Unset if Null::is_word(&text) => return Ok(None),
        _ => {}
    }
    let object = match field.form {
        Form::Markdown | Form::Line => Ok(None),
        _ => written::object(&text),
    };
    match object {
        Ok(Some(map)) => Ok(Some(map.into())),
        Ok(None) => Ok(Some(text.into())),
        Err(broken) => {
            let name = &field.name;
            let shown = start(&text, SHOWN_VALUE);
            Err(
                wrong(field, &format!("cannot be '{shown}': {}", broken.reason()))
                    .suggest(format!("Set '{name}' to a name or id, or to an object")),
            )
        }
    }
}

/// Whether an empty text is the same as leaving the parameter out: nothing is cleared by it where something is made, and
/// a page of a list has no beginning but the first. The name of a team or a state is left to its type, which refuses it:
/// what is made must not end up elsewhere.
fn is_nothing(field: &Field, effect: Effect) -> bool {
    let makes = matches!(effect, Effect::Add | Effect::Ensure);
    let place = field.form == Form::Name && field.null == Null::Absent && !field.is_list();
    let made = makes && !field.required && !place && field.name != CLEAR;
    made || field.name == "cursor"
}

fn list(field: &Field, effect: Effect, text: String) -> Result<Option<Value>, Error> {
    let name = &field.name;
    let clears = field.null == Null::Clears && !field.reads;
    if clears && text.trim().is_empty() {
        return Err(empty(field, "[] or null"));
    }
    if effect.writes() && matches!(field.form, Form::Name | Form::Label) && Null::is_word(&text) {
        let word = text.trim();
        let nothing = if clears {
            format!("Set '{name}' to [] or null to clear it")
        } else {
            format!("Leave '{name}' out for none")
        };
        return Err(wrong(
            field,
            &format!("is '{word}', which may be a name, or mean none"),
        )
        .suggest(nothing)
        .suggest(format!(
            "Set '{name}' to [\"{word}\"] for what is called so"
        )));
    }
    match written::list(&text, field.form) {
        Ok(Some(items)) if items.is_empty() && filters_by_list(field) => Err(empty_filter(field)),
        Ok(Some(items)) => Ok(Some(items.into())),
        Ok(None) => Ok(Some(text.into())),
        Err(broken) => {
            let shown = start(&text, SHOWN_VALUE);
            Err(
                wrong(field, &format!("cannot be '{shown}': {}", broken.reason())).suggest(
                    format!("Set '{name}' to a list such as [\"a\", \"b\"], each item in quotes"),
                ),
            )
        }
    }
}

/// Whether the parameter filters by a list whose `null` means what has none, so that an empty list could mean that, or
/// no filter at all.
fn filters_by_list(field: &Field) -> bool {
    field.reads && field.is_list() && field.null == Null::Clears
}

fn empty_filter(field: &Field) -> Error {
    let name = &field.name;
    wrong(
        field,
        "is an empty list, which may mean no filter, or those without one",
    )
    .suggest(format!("Leave '{name}' out to list any"))
    .suggest(format!("Set '{name}' to null for those without one"))
}

fn empty(field: &Field, by: &str) -> Error {
    let name = &field.name;
    wrong(field, "cannot be empty")
        .suggest(format!("Set '{name}' to {by} to clear it"))
        .suggest(format!("Leave '{name}' out to keep it as it is"))
}

fn wrong(field: &Field, sentence: &str) -> Error {
    let name = &field.name;
    Error::new(
        Code::for_param(name),
        format!("Parameter '{name}' {sentence}"),
    )
    .detail("param", name.as_str())
}

//! The value of a parameter, before its type reads it: lists and objects that arrive as text, and the ways to say none.

use serde_json::Value;

use super::Field;
use crate::error::{Code, Error};
use crate::operation::Effect;
use crate::params::{Form, Null, written};
use crate::text::cut::start;

/// How much of a wrong value a message repeats, in characters.
const SHOWN: usize = 60;

/// The value as the field's type is to read it; nothing where it is the same as leaving the parameter out.
///
/// # Errors
/// The code of the parameter ([`Code::for_param`]) for a list or an object that is damaged, for `null` and an empty text
/// where an update cannot empty the field by them, and for a word for none in place of a list.
pub(super) fn read(field: &Field, effect: Effect, value: Value) -> Result<Option<Value>, Error> {
    match value {
        Value::Null => null(field),
        Value::String(text) => text_or_none(field, effect, text),
        Value::Array(items) if items.is_empty() && filters_by_list(field) => {
            Err(empty_filter(field))
        }
        Value::Array(items) if field.is_list() && written::has_objects(field.form) => {
            let items = items.into_iter().enumerate();
            let items: Result<Vec<Value>, Error> = items
                .map(|(index, item)| self::item(field, index, item))
                .collect();
            Ok(Some(items?.into()))
        }
        other => Ok(Some(other)),
    }
}

/// An item of a list, which may be an object that arrives as text, and is no list.
fn item(field: &Field, index: usize, item: Value) -> Result<Value, Error> {
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
            let shown = start(&text, SHOWN);
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
            let shown = start(&text, SHOWN);
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
    let made = makes && !field.required && !place && field.name != super::clear::CLEAR;
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
            let shown = start(&text, SHOWN);
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

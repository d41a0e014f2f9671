//! From the spellings of callers to the names of parameters.

use serde_json::{Map, Value};

use super::names::Names;
use super::unknown::{self, Stray};
use super::{Field, Signature, clear, value};
use crate::error::{Code, Error};
use crate::operation::{Shared, Spec};
use crate::params::{Form, is_filter, plain_name, written};

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
            if let Some(value) = value::read(field, spec.effect, given.value)? {
                self.check_length(field, &value, most)?;
                read.take(field, given.spelling, value)?;
            }
        }
        let mut params = read.params;
        clear::expand(self, &names, &mut params)?;
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

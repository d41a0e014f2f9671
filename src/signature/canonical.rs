//! From the spellings of callers to the names of parameters.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::names::Names;
use super::{Field, Signature};
use crate::error::{Code, Error};
use crate::operation::Spec;
use crate::params::plain_name;

/// How many unknown parameters are named one by one.
const NAMED: usize = 8;

/// How much of an unknown name is repeated, in characters.
const SHOWN: usize = 40;

impl Signature {
    /// Gives every parameter its canonical name, and answers them with the warnings that this made.
    ///
    /// A name is a field of the operation in any spelling (`issueId`, `issue-id`), another word for one (`status`
    /// for `state`), or `id`, `identifier`, `key` or `name` for the operation's subject; what is a field's own name
    /// is never taken for another. The entries of `filter` or `filters` count as parameters themselves where the
    /// operation has no such field. `null` for a field that cannot be emptied is as good as nothing. An unknown
    /// name is left out with a warning that says which known one is near.
    ///
    /// # Errors
    /// `INVALID_PARAM` when two spellings of a field have different values, `MISSING_REQUIRED_PARAM` when a
    /// required field is absent.
    pub fn canonical(
        &self,
        spec: &Spec,
        params: Map<String, Value>,
    ) -> Result<(Map<String, Value>, Vec<String>), Error> {
        let names = Names::of(self, spec);
        let given = unfolded(&names, params);
        let named: HashSet<&str> = given
            .iter()
            .filter_map(|given| names.named(&given.plain))
            .map(|field| field.name.as_str())
            .collect();
        let mut read = Read::default();
        for given in given {
            match names.meaning(&given.plain, &named) {
                None => read.unknown.push(given.spelling),
                Some(field) if given.value.is_null() && !field.clearable() => {}
                Some(field) => read.take(field, given)?,
            }
        }
        let warnings = warnings(&names, &read.unknown);
        self.complete(spec, &read.params, &warnings)?;
        Ok((read.params, warnings))
    }

    /// Checks that nothing required is missing.
    fn complete(
        &self,
        spec: &Spec,
        params: &Map<String, Value>,
        warnings: &[String],
    ) -> Result<(), Error> {
        let required: Vec<&str> = self
            .fields
            .iter()
            .filter(|field| field.required)
            .map(|field| field.name.as_str())
            .collect();
        let missing: Vec<&str> = required
            .iter()
            .copied()
            .filter(|name| params.get(*name).is_none_or(Value::is_null))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let message = format!("{} needs '{}'", spec.name, missing.join("', '"));
        let error = Error::new(Code::MissingRequiredParam, message)
            .detail("missing", missing)
            .detail("required", required);
        let error = warnings.iter().cloned().fold(error, Error::suggest);
        Err(error.suggest(format!(
            "Call help with operation: {} to see its parameters",
            spec.name
        )))
    }
}

/// A parameter as it was given.
struct Given {
    spelling: String,
    /// The spelling without case and separators.
    plain: String,
    value: Value,
}

/// The parameters, with the entries of a filter object beside the others.
fn unfolded(names: &Names<'_>, params: Map<String, Value>) -> Vec<Given> {
    let given = |(spelling, value): (String, Value)| Given {
        plain: plain_name(&spelling),
        spelling,
        value,
    };
    let mut all = Vec::with_capacity(params.len());
    for entry in params {
        let one = given(entry);
        let filter = matches!(one.plain.as_str(), "filter" | "filters");
        match one.value {
            Value::Object(entries) if filter && names.own(&one.plain).is_none() => {
                all.extend(entries.into_iter().map(given));
            }
            value => all.push(Given { value, ..one }),
        }
    }
    all
}

fn warnings(names: &Names<'_>, unknown: &[String]) -> Vec<String> {
    let mut warnings: Vec<String> = unknown
        .iter()
        .take(NAMED)
        .map(|spelling| {
            let name = short(spelling);
            match names.near(spelling) {
                Some(Field { name: near, .. }) => {
                    format!("unknown parameter '{name}' ignored; did you mean '{near}'?")
                }
                None => format!("unknown parameter '{name}' ignored"),
            }
        })
        .collect();
    if unknown.len() > NAMED {
        let more = unknown.len() - NAMED;
        warnings.push(format!("{more} more unknown parameters ignored"));
    }
    warnings
}

/// A name for a message: what a caller may have made long is cut.
fn short(name: &str) -> String {
    name.chars().take(SHOWN).collect()
}

/// What has been read so far.
#[derive(Default)]
struct Read<'a> {
    params: Map<String, Value>,
    /// Under which spelling each field was first given.
    spelled: Vec<(&'a str, String)>,
    unknown: Vec<String>,
}

impl<'a> Read<'a> {
    fn take(&mut self, field: &'a Field, given: Given) -> Result<(), Error> {
        let name = field.name.as_str();
        let first = self.spelled.iter().find(|(known, _)| *known == name);
        let Some((_, first)) = first else {
            self.spelled.push((name, given.spelling));
            self.params.insert(name.to_owned(), given.value);
            return Ok(());
        };
        if self.params.get(name) == Some(&given.value) {
            return Ok(());
        }
        let (first, second) = (short(first), short(&given.spelling));
        let message =
            format!("'{first}' and '{second}' both mean '{name}' and have different values");
        Err(Error::new(Code::InvalidParam, message)
            .detail("param", name)
            .suggest(format!("Give '{name}' alone"))
            .detail("spellings", vec![first, second]))
    }
}

//! From the spellings of callers to the names of parameters.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::aliases::{ROWS, SUBJECT};
use super::{Field, Signature};
use crate::error::{Code, Error};
use crate::operation::Spec;
use crate::params::same_name;
use crate::text::nearest::nearest;

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
        let given = self.unfolded(params);
        let mut read = Read::default();
        let named: HashSet<&str> = given
            .iter()
            .filter_map(|(spelling, _)| self.own(spelling))
            .map(|field| field.name.as_str())
            .collect();
        for (spelling, value) in &given {
            let Some(field) = self.meaning(spec, spelling, &named) else {
                read.unknown.push(spelling);
                continue;
            };
            if value.is_null() && !field.clearable() {
                continue;
            }
            read.take(field, spelling, value)?;
        }
        let warnings = self.warnings(spec, &read.unknown);
        self.complete(spec, &read.params, &warnings)?;
        Ok((read.params, warnings))
    }

    /// The parameters with the entries of a filter object beside the others.
    fn unfolded(&self, params: Map<String, Value>) -> Vec<(String, Value)> {
        let mut given = Vec::with_capacity(params.len());
        for (key, value) in params {
            let filter = ["filter", "filters"]
                .iter()
                .any(|word| same_name(word, &key));
            match value {
                Value::Object(entries) if filter && self.own(&key).is_none() => {
                    given.extend(entries);
                }
                value => given.push((key, value)),
            }
        }
        given
    }

    /// The field of that name, however it is written.
    fn own(&self, spelling: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| same_name(&field.name, spelling))
    }

    /// The field that is meant, where `named` are the fields that were given under their own names.
    fn meaning(&self, spec: &Spec, spelling: &str, named: &HashSet<&str>) -> Option<&Field> {
        if let Some(field) = self.own(spelling) {
            return Some(field);
        }
        let candidates: Vec<&Field> = ROWS
            .iter()
            .filter(|row| row.spellings().any(|known| same_name(known, spelling)))
            .flat_map(|row| row.fields)
            .filter_map(|name| self.field(name))
            .collect();
        // Beside `comment_id: …` a `comment` is the text, alone it is the id.
        let free = candidates
            .iter()
            .find(|field| !named.contains(field.name.as_str()));
        if let Some(field) = free.or(candidates.first()) {
            return Some(field);
        }
        let subject = SUBJECT.iter().any(|word| same_name(word, spelling));
        spec.subject
            .filter(|_| subject)
            .and_then(|name| self.field(name))
    }

    fn warnings(&self, spec: &Spec, unknown: &[&str]) -> Vec<String> {
        let known: Vec<&str> = self
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .chain(
                ROWS.iter()
                    .filter(|row| row.fields.iter().any(|name| self.field(name).is_some()))
                    .flat_map(|row| row.spellings().map(|word| -> &str { word })),
            )
            .collect();
        let mut warnings: Vec<String> = unknown
            .iter()
            .take(NAMED)
            .map(|spelling| {
                let near = nearest(spelling, known.iter().copied(), 1);
                let meant = near
                    .first()
                    .and_then(|name| self.meaning(spec, name, &HashSet::new()));
                let name: String = spelling.chars().take(SHOWN).collect();
                match meant {
                    Some(field) => format!(
                        "unknown parameter '{name}' ignored; did you mean '{}'?",
                        field.name
                    ),
                    None => format!("unknown parameter '{name}' ignored"),
                }
            })
            .collect();
        if let Some(more) = unknown.len().checked_sub(NAMED).filter(|more| *more > 0) {
            warnings.push(format!("{more} more unknown parameters ignored"));
        }
        warnings
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
        Err(error.suggest(format!("linear-ops help {}", spec.name)))
    }
}

/// What has been read so far.
#[derive(Default)]
struct Read<'a> {
    params: Map<String, Value>,
    /// Under which spelling each field was first given.
    spelled: Vec<(&'a str, &'a str)>,
    unknown: Vec<&'a str>,
}

impl<'a> Read<'a> {
    fn take(&mut self, field: &'a Field, spelling: &'a str, value: &Value) -> Result<(), Error> {
        let first = self.spelled.iter().find(|(name, _)| *name == field.name);
        let Some((_, first)) = first else {
            self.spelled.push((&field.name, spelling));
            self.params.insert(field.name.clone(), value.clone());
            return Ok(());
        };
        if self.params.get(&field.name) == Some(value) {
            return Ok(());
        }
        let message = format!(
            "'{first}' and '{spelling}' both mean '{}' and have different values",
            field.name
        );
        Err(Error::new(Code::InvalidParam, message)
            .detail("param", field.name.as_str())
            .detail("spellings", vec![*first, spelling]))
    }
}

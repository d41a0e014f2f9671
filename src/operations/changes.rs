//! The changes that an update made, as answers and errors show them: one line for each field.

use std::sync::Arc;

use super::write::Written;
use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::failure::Failure;
use crate::resolve::Resolvable;
use crate::session::Context;

/// The name of a field, its value before the update and its value after the update; a value is `None` where the field
/// is empty.
pub(crate) type Field<'n> = (&'n str, Option<String>, Option<String>);

/// Returns a line for each field whose value changed, such as `status: Planned → In Progress`.
pub(crate) fn told<'n>(fields: impl IntoIterator<Item = Field<'n>>) -> Vec<String> {
    let shown = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    fields
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| format!("{field}: {} → {}", shown(before), shown(after)))
        .collect()
}

/// Returns the line for a changed text that is too long to be shown, such as `description: changed`; `None` where the
/// text did not change. A missing text equals an empty one.
pub(crate) fn text(field: &str, before: Option<&str>, after: Option<&str>) -> Option<String> {
    (before.unwrap_or_default() != after.unwrap_or_default()).then(|| format!("{field}: changed"))
}

/// Puts the changes into the answer. Where there are none, warns that nothing changed, with the `reason`.
pub(super) fn report(cx: &Context<'_>, changes: Vec<String>, reason: &str) {
    if changes.is_empty() {
        cx.warn(format!("nothing changed: {reason}"));
    }
    cx.note(|report| report.changes = changes);
}

/// An entity that a write referred to by its name in the session cache, and that has another name in Linear's answer.
/// Somebody has renamed the entity, so the request may have meant another entity.
#[derive(Debug, PartialEq)]
pub(super) struct Renamed {
    kind: &'static str,
    cached_name: String,
    current_name: String,
}

impl Renamed {
    /// Returns a renamed entity. `kind` is a word for the entity or its role, such as `lead`.
    pub(super) fn new(kind: &'static str, cached_name: &str, current_name: &str) -> Self {
        Self {
            kind,
            cached_name: cached_name.to_owned(),
            current_name: current_name.to_owned(),
        }
    }

    /// Returns the renamed entities among the ids and names that Linear's answer shows (`shown`). `cached` has the
    /// entities in the session cache. An entity is returned only where its cached name is one of the `words` of the
    /// request: an entity that the request names by its id cannot be mistaken for another.
    pub(super) fn among<'s, T: Resolvable>(
        kind: &'static str,
        words: &[String],
        cached: &[Arc<T>],
        shown: impl IntoIterator<Item = (&'s str, &'s str)>,
    ) -> Vec<Self> {
        let renamed = shown.into_iter().filter_map(|(id, name)| {
            let cached_name = cached.iter().find(|entity| entity.id() == id)?.name();
            let is_requested = || words.iter().any(|word| fold(word) == fold(cached_name));
            (cached_name != name && is_requested()).then(|| Self::new(kind, cached_name, name))
        });
        renamed.collect()
    }

    /// Warns of the new name. `end`, which may be empty, ends the warning and says what was done about the name.
    pub(super) fn warn(&self, cx: &Context<'_>, end: &str) {
        let Self {
            kind,
            cached_name,
            current_name,
        } = self;
        cx.warn(format!(
            "{kind} '{cached_name}' is called '{current_name}' in Linear now{end}"
        ));
    }
}

/// Returns the entity after a `correction`, and the end of the warning that says whether the correction succeeded.
/// Where the correction failed, returns the entity `before` the correction. `noun` is the word for the entity, such as
/// `issue`.
pub(super) fn corrected<T>(
    noun: &str,
    before: T,
    correction: Result<Written<T>, Failure>,
) -> (Written<T>, String) {
    match correction {
        Ok(written) => (written, format!("; the {noun} was corrected")),
        Err(failure) => (
            Written::Entity(before),
            format!("; the {noun} could not be corrected: {failure}"),
        ),
    }
}

/// Returns the error of an update that gives no field to change. `entity` names the entity, such as `the issue`;
/// `fields` lists examples of fields that can be given.
pub(super) fn none_given(entity: &str, fields: &str) -> Error {
    let message = format!("Nothing to change: no field but {entity} is given");
    Error::new(Code::MissingRequiredParam, message)
        .detail("missing", vec!["a field to change"])
        .suggest(format!("Give what is to change: {fields}"))
}

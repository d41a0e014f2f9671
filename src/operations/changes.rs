//! What an update changed, as answers and errors tell it: one line a field.

use std::sync::Arc;

use super::write::Written;
use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::failure::Failure;
use crate::resolve::Resolvable;
use crate::session::Context;

/// A field with what it was and what it is; `None` where it is empty.
pub(crate) type Field<'n> = (&'n str, Option<String>, Option<String>);

/// One line for each field that is another now: `status: Planned → In Progress`.
pub(crate) fn told<'n>(fields: impl IntoIterator<Item = Field<'n>>) -> Vec<String> {
    let word = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    fields
        .into_iter()
        .filter(|(_, was, is)| was != is)
        .map(|(field, was, is)| format!("{field}: {} → {}", word(was), word(is)))
        .collect()
}

/// The line for a text too long to be shown: `description: changed`. No text is an empty one.
pub(crate) fn text(field: &str, was: Option<&str>, is: Option<&str>) -> Option<String> {
    (was.unwrap_or_default() != is.unwrap_or_default()).then(|| format!("{field}: changed"))
}

/// Puts the changes into the answer; where there are none, warns of that: `nothing changed: the issue had …`.
pub(super) fn report(cx: &Context<'_>, changes: Vec<String>, otherwise: &str) {
    if changes.is_empty() {
        cx.warn(format!("nothing changed: {otherwise}"));
    }
    cx.note(|report| report.changes = changes);
}

/// An entity that a write named as the session knew it, and that Linear's answer shows under another name: somebody has
/// renamed it, and the request may have meant another entity.
#[derive(Debug, PartialEq)]
pub(super) struct Renamed {
    kind: &'static str,
    was: String,
    is: String,
}

impl Renamed {
    /// A `kind`, such as `lead`, that the session knew as `was` and Linear calls `is`.
    pub(super) fn new(kind: &'static str, was: &str, is: &str) -> Self {
        Self {
            kind,
            was: was.to_owned(),
            is: is.to_owned(),
        }
    }

    /// Returns those of the `shown` entities that one of the `words` of the request named by the name under which the
    /// session knew them (`known`), and that have another name now. What a word named by its id is not among them.
    pub(super) fn among<'s, T: Resolvable>(
        kind: &'static str,
        words: &[String],
        known: &[Arc<T>],
        shown: impl IntoIterator<Item = (&'s str, &'s str)>,
    ) -> Vec<Self> {
        let renamed = shown.into_iter().filter_map(|(id, name)| {
            let known = known.iter().find(|entity| entity.id() == id)?.name();
            let is_named = || words.iter().any(|word| fold(word) == fold(known));
            (known != name && is_named()).then(|| Self::new(kind, known, name))
        });
        renamed.collect()
    }

    /// Warns of the new name; `end`, which may be empty, says what was done about it.
    pub(super) fn warn(&self, cx: &Context<'_>, end: &str) {
        let Self { kind, was, is } = self;
        cx.warn(format!(
            "{kind} '{was}' is called '{is}' in Linear now{end}"
        ));
    }
}

/// Returns what a correction left of the entity (`noun`, as in `issue`) that was `before` it, and the end of the warning
/// that says what became of the correction.
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

/// The error of an update that names the thing, as in `the issue`, and no field of it; `fields` are some that there
/// are.
pub(super) fn none_given(thing: &str, fields: &str) -> Error {
    let message = format!("Nothing to change: no field but {thing} is given");
    Error::new(Code::MissingRequiredParam, message)
        .detail("missing", vec!["a field to change"])
        .suggest(format!("Give what is to change: {fields}"))
}

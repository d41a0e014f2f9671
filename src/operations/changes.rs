//! What an update changed, as answers and errors tell it: one line a field.

use std::sync::Arc;

use crate::error::{Code, Error};
use crate::linear::model::Named;
use crate::resolve::Resolvable;
use crate::session::Cx;

/// A field with what it was and what it is; `None` where it is empty.
pub(super) type Field<'n> = (&'n str, Option<String>, Option<String>);

/// One line for each field that is another now: `status: Planned → In Progress`.
pub(super) fn told<'n>(fields: impl IntoIterator<Item = Field<'n>>) -> Vec<String> {
    let word = |value: Option<String>| value.unwrap_or_else(|| "none".to_owned());
    fields
        .into_iter()
        .filter(|(_, was, is)| was != is)
        .map(|(field, was, is)| format!("{field}: {} → {}", word(was), word(is)))
        .collect()
}

/// The line for a text too long to be shown: `description: changed`. No text is an empty one.
pub(super) fn text(field: &str, was: Option<&str>, is: Option<&str>) -> Option<String> {
    (was.unwrap_or_default() != is.unwrap_or_default()).then(|| format!("{field}: changed"))
}

/// Puts the changes into the answer; where there are none, warns of that: `nothing changed: the issue had …`.
pub(super) fn report(cx: &Cx<'_>, changes: Vec<String>, otherwise: &str) {
    if changes.is_empty() {
        cx.warn(format!("nothing changed: {otherwise}"));
    }
    cx.note(|report| report.changes = changes);
}

/// Warns where Linear's answer shows an entity, by its id, under a name other than the one that the session knew: somebody
/// has renamed it, and the request may have meant another one.
pub(super) fn warn_of_renamed<T: Resolvable>(
    cx: &Cx<'_>,
    kind: &str,
    known: &[Arc<T>],
    shown: Option<&Named>,
) {
    let Some(shown) = shown else {
        return;
    };
    let known = known.iter().find(|entity| entity.id() == shown.id);
    if let Some(known) = known.filter(|entity| entity.name() != shown.name) {
        let (was, is) = (known.name(), &shown.name);
        cx.warn(format!("{kind} '{was}' is called '{is}' in Linear now"));
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

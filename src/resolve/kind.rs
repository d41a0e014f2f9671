//! Types of workflow states and of project statuses: the words for them, and what a miss says of them.

use std::sync::Arc;

use super::{Match, Method, Picked, Resolvable, one_of};
use crate::directory::fold;
use crate::error::Error;
use crate::linear::model::{ProjectStatus, State};
use crate::text::name::words;

/// A status that is of a type, and has its place among those of that type.
pub trait Typed: Resolvable {
    /// The types, in the order in which work goes through them.
    const TYPES: &'static [&'static str];

    /// Its type.
    fn kind(&self) -> &str;

    /// Its place: the lowest comes first.
    fn position(&self) -> f64;
}

impl Typed for State {
    const TYPES: &'static [&'static str] = super::state::TYPES;

    fn kind(&self) -> &str {
        &self.kind
    }

    fn position(&self) -> f64 {
        self.position
    }
}

impl Typed for ProjectStatus {
    const TYPES: &'static [&'static str] = super::project_status::TYPES;

    fn kind(&self) -> &str {
        &self.kind
    }

    fn position(&self) -> f64 {
        self.position
    }
}

/// A word as the tables have it: in lower case, with spaces.
pub(super) fn plain(wanted: &str) -> String {
    fold(wanted).replace(['_', '-'], " ")
}

/// What a table says that a [`plain`] word stands for.
pub(super) fn meaning(
    table: &[(&'static str, &'static str)],
    wanted: &str,
) -> Option<&'static str> {
    let (_, meaning) = table.iter().find(|(word, _)| *word == wanted)?;
    Some(meaning)
}

/// The type that a [`plain`] word is the name of.
pub(super) fn named<T: Typed>(wanted: &str) -> Option<&'static str> {
    T::TYPES.iter().find(|kind| **kind == wanted).copied()
}

/// A name without anything but letters and digits: `To Do` and `to-do` are one word so.
pub(super) fn squeezed(name: &str) -> String {
    words(&fold(name)).collect()
}

/// What a word means that stands for the first status that fits, by its place; `None` where none fits. A status that
/// has that very word for its name, written in another way, is meant first; and where another one's name begins with
/// the word, either could be meant.
pub(super) fn by_word<T: Typed>(
    wanted: &str,
    among: &[Arc<T>],
    method: Method,
    fits: impl Fn(&T) -> bool,
) -> Option<Picked<T>> {
    let item = lowest(among, fits)?;
    let word = squeezed(wanted);
    let same = one_of(
        among
            .iter()
            .filter(|status| squeezed(status.name()) == word),
        Method::Alias,
    );
    if let Picked::One(_) = same {
        return Some(same);
    }
    let begin = among
        .iter()
        .filter(|status| squeezed(status.name()).starts_with(&word));
    Some(match one_of(begin.chain([&item]), method) {
        Picked::One(_) => Picked::One(Match { item, method }),
        several => several,
    })
}

/// The first of those that fit, by their place.
pub(super) fn lowest<T: Typed>(among: &[Arc<T>], fits: impl Fn(&T) -> bool) -> Option<Arc<T>> {
    let fitting = among.iter().filter(|status| fits(status));
    let first = fitting.min_by(|a, b| a.position().total_cmp(&b.position()));
    first.map(Arc::clone)
}

/// The error of a miss with the types that would do as well.
pub fn suggest_types<T: Typed>(error: Error, among: &[Arc<T>]) -> Error {
    let types: Vec<String> = T::TYPES
        .iter()
        .filter(|kind| among.iter().any(|status| status.kind() == **kind))
        .map(|kind| format!("'{kind}'"))
        .collect();
    if types.is_empty() {
        return error;
    }
    error.suggest(format!("Use a status type: {}", types.join(", ")))
}

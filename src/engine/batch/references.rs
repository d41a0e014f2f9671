//! References to what earlier items answered: `${new.identifier}` alone or within a text, `${0.labels[1].name}` where it
//! is the whole value. A `${` that names no item of the batch is text like any other.

mod fill;

use std::fmt;

use serde_json::{Map, Value};

pub(super) use self::fill::{ByteBudget, fill};
use super::item::Names;
use super::unfit;
use crate::error::{Code, Error};
use crate::text::nearest::nearest;

/// How many keys an error lists.
const MOST_KEYS: usize = 20;

/// How much of a text an error or a warning repeats, in characters.
const SHOWN: usize = 40;

/// How many `${` that are read as text an item is warned about at most; looking for near names takes its time.
const MOST_DOUBTED: usize = 200;

/// How many warnings about its texts an item has at most.
const MOST_WARNINGS: usize = 5;

/// A reference to an earlier item: which one, and the way to the value in its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The item's name or index, as it was written.
    item: String,
    /// The item's place.
    pub place: usize,
    /// Keys and indices.
    pub path: Vec<String>,
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${{{}", self.item)?;
        self.path.iter().try_for_each(|key| write!(f, ".{key}"))?;
        f.write_str("}")
    }
}

impl Reference {
    /// The value in an answer: its `data`, in which `data` itself may lead the path.
    pub(super) fn value<'d>(&self, data: &'d Value) -> Result<&'d Value, Error> {
        let found = follow(data, &self.path);
        let found = match (&found, self.path.split_first()) {
            (Err(_), Some((first, rest))) if first == "data" => follow(data, rest),
            _ => found,
        };
        found.map_err(|there| self.nothing(there))
    }

    /// The error of a path that leads nowhere: what there is where it ends.
    fn nothing(&self, there: &Value) -> Error {
        let error = Error::new(
            Code::InvalidParam,
            format!("'{self}' leads to nothing in what that item answered"),
        )
        .detail("reference", self.to_string());
        match there {
            Value::Object(fields) => {
                let keys: Vec<&str> = fields.keys().map(String::as_str).take(MOST_KEYS).collect();
                error
                    .suggest(format!("There is {} there", keys.join(", ")))
                    .suggest("Give that item detail: full, if it has to answer more")
            }
            Value::Array(items) => error.suggest(match items.len() {
                0 => "The list there is empty".to_owned(),
                many => format!("There is a list of {many} there: use an index from 0"),
            }),
            _ => error.suggest("A value stands there already: end the path before it"),
        }
    }
}

/// What a reference is written with, besides dots and brackets.
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// The value at the end of a path; where it breaks off, what stands there. A null is nothing.
fn follow<'d>(data: &'d Value, path: &[String]) -> Result<&'d Value, &'d Value> {
    path.iter().try_fold(data, |value, key| {
        let next = match value {
            Value::Object(fields) => fields.get(key),
            Value::Array(items) => key.parse::<usize>().ok().and_then(|at| items.get(at)),
            _ => None,
        };
        next.filter(|next| !next.is_null()).ok_or(value)
    })
}

/// What stands between the braces of a `${…}`, in two halves: the word in front, and the path behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Inner<'t> {
    word: &'t str,
    /// As it was written, from its first dot or bracket on; empty where there is none.
    path: &'t str,
}

impl<'t> Inner<'t> {
    fn of(inner: &'t str) -> Self {
        let inner = inner.trim();
        let end = inner.find(['.', '[']).unwrap_or(inner.len());
        let (word, path) = inner.split_at(end);
        Self {
            word: word.trim_end(),
            path,
        }
    }

    /// The keys and indices of the path, or `None` where it is not one: `.labels[1].name`.
    fn keys(self) -> Option<Vec<String>> {
        let mut keys = Vec::new();
        for (place, part) in self.path.split('.').enumerate() {
            let (key, indices) = match part.split_once('[') {
                Some((key, rest)) => (key, Some(rest)),
                None => (part, None),
            };
            // The item's word stands in front of the first dot.
            if place > 0 {
                keys.push(key.to_owned());
            }
            if let Some(rest) = indices {
                let indices: Vec<&str> = rest.strip_suffix(']')?.split("][").collect();
                let digits = |index: &&str| index.bytes().all(|byte| byte.is_ascii_digit());
                if !indices.iter().all(digits) {
                    return None;
                }
                keys.extend(indices.into_iter().map(str::to_owned));
            }
        }
        let fits = |key: &String| !key.is_empty() && key.chars().all(is_word);
        keys.iter().all(fits).then_some(keys)
    }
}

/// The items of a batch as one of them can refer to them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'n> {
    /// The places of the items that have a name.
    pub names: &'n Names,
    /// How many items there are.
    pub items: usize,
    /// The place of the item that refers.
    pub index: usize,
}

/// What a `${…}` means for the item in which it stands.
enum Meaning {
    /// The answer of an earlier item.
    Reference(Reference),
    /// Itself.
    Text,
    /// Something that cannot be had: the answer of that item, which is not an earlier one.
    Later(usize),
    /// The answer of an earlier item, and a path that none can have.
    NoPath,
}

/// A stretch of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t str),
    Reference(Reference),
}

/// A `${` that is read as text: what stands behind it, up to the next one.
#[derive(Clone, Copy, Debug)]
struct Plain<'t> {
    behind: &'t str,
    /// What stands in front of its closing brace, where it has one.
    inner: Option<&'t str>,
    /// Whether it is written with the escape, `$${`, though it would be text without.
    escaped: bool,
}

/// A text in its pieces, and what in it is no reference.
#[derive(Debug, Default)]
struct Pieces<'t> {
    pieces: Vec<Piece<'t>>,
    plain: Vec<Plain<'t>>,
}

impl<'t> Pieces<'t> {
    fn text(&mut self, text: &'t str) {
        if !text.is_empty() {
            self.pieces.push(Piece::Text(text));
        }
    }
}

impl Scope<'_> {
    /// The place of the item of that name; of that index only where the reference is the `whole` value, since texts
    /// have `${1}` in them for other reasons.
    fn place(&self, word: &str, whole: bool) -> Option<usize> {
        let named = self.names.get(word).copied();
        let index = || {
            let digits = word.bytes().all(|byte| byte.is_ascii_digit());
            let index = word.parse::<usize>().ok().filter(|_| digits);
            index.filter(|index| whole && *index < self.items)
        };
        named.or_else(index)
    }

    fn meaning(&self, inner: &str, whole: bool) -> Meaning {
        let inner = Inner::of(inner);
        let Some(place) = self.place(inner.word, whole) else {
            return Meaning::Text;
        };
        if place >= self.index {
            return Meaning::Later(place);
        }
        match inner.keys() {
            Some(path) => Meaning::Reference(Reference {
                item: inner.word.to_owned(),
                place,
                path,
            }),
            None => Meaning::NoPath,
        }
    }

    /// A text in its pieces. `$${` is the text `${`.
    ///
    /// # Errors
    /// INVALID_PARAM for a reference to the item itself or a later one, and for one whose path no answer can have.
    fn pieces<'t>(&self, text: &'t str) -> Result<Pieces<'t>, Error> {
        let mut found = Pieces::default();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            // Within the braces of a reference no other begins, so each character is looked at once.
            let next = behind.find("${").unwrap_or(behind.len());
            let near = behind.get(..next).unwrap_or_default();
            let (inner, after) = match near.split_once('}') {
                Some((inner, _)) => (Some(inner), behind.get(inner.len() + 1..)),
                None => (None, None),
            };
            let (before, escaped) = match before.strip_suffix('$') {
                Some(before) => (before, true),
                None => (before, false),
            };
            let is_first = rest.len() == text.len() && before.trim().is_empty();
            let whole = is_first && after.is_some_and(|after| after.trim().is_empty());
            let meaning = inner.map_or(Meaning::Text, |inner| self.meaning(inner, whole));
            found.text(before);
            match (meaning, inner, after) {
                (Meaning::Reference(reference), _, Some(after)) if !escaped => {
                    found.pieces.push(Piece::Reference(reference));
                    rest = after;
                    continue;
                }
                (Meaning::Later(place), Some(inner), _) if !escaped => {
                    return Err(self.later(place, inner));
                }
                (Meaning::NoPath, Some(inner), _) if !escaped => return Err(self.no_path(inner)),
                // Text, or a reference that is escaped.
                _ => found.plain.push(Plain {
                    behind: near,
                    inner,
                    escaped,
                }),
            }
            found.text("${");
            rest = behind;
        }
        found.text(rest);
        Ok(found)
    }

    /// The one reference that a text is, where it is nothing else.
    pub(super) fn alone(&self, text: &str) -> Option<Reference> {
        let mut pieces = self.pieces(text.trim()).ok()?.pieces.into_iter();
        match (pieces.next(), pieces.next()) {
            (Some(Piece::Reference(reference)), None) => Some(reference),
            _ => None,
        }
    }

    /// The places that the parameters refer to, in order, each once; and warnings about what in them looks like a
    /// reference and is read as text, or the other way round.
    ///
    /// # Errors
    /// INVALID_PARAM for a reference to the item itself or a later one, and for one whose path no answer can have.
    pub(super) fn survey(
        &self,
        params: &Map<String, Value>,
    ) -> Result<(Vec<usize>, Vec<String>), Error> {
        let mut places = Vec::new();
        let mut plain = Vec::new();
        for value in params.values() {
            self.collect(value, &mut places, &mut plain)?;
        }
        places.sort_unstable();
        places.dedup();
        let mut warnings = Vec::new();
        for warning in plain
            .iter()
            .take(MOST_DOUBTED)
            .filter_map(|of| self.doubt(of))
        {
            if warnings.len() < MOST_WARNINGS && !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        Ok((places, warnings))
    }

    fn collect<'v>(
        &self,
        value: &'v Value,
        places: &mut Vec<usize>,
        plain: &mut Vec<Plain<'v>>,
    ) -> Result<(), Error> {
        match value {
            Value::String(text) if text.contains("${") => {
                let mut found = self.pieces(text)?;
                places.extend(found.pieces.iter().filter_map(|piece| match piece {
                    Piece::Reference(reference) => Some(reference.place),
                    Piece::Text(_) => None,
                }));
                plain.append(&mut found.plain);
                Ok(())
            }
            Value::Array(items) => items
                .iter()
                .try_for_each(|item| self.collect(item, places, plain)),
            Value::Object(fields) => fields
                .values()
                .try_for_each(|value| self.collect(value, places, plain)),
            _ => Ok(()),
        }
    }

    /// The warning about a `${` that is read as text, where it may have been meant as a reference or loses a sign.
    fn doubt(&self, plain: &Plain<'_>) -> Option<String> {
        let close = if plain.inner.is_some() { "}" } else { "" };
        let text = format!("${{{}{close}", shown(plain.inner.unwrap_or(plain.behind)));
        if plain.escaped {
            return Some(format!(
                "'${text}' was read as '{text}'; '$${text}' keeps both signs"
            ));
        }
        let Inner { word, path } = Inner::of(plain.inner.unwrap_or(plain.behind));
        if path.is_empty()
            && !self
                .names
                .keys()
                .any(|name| name.eq_ignore_ascii_case(word))
        {
            return None;
        }
        if plain.inner.is_none() {
            let named = self.names.contains_key(word);
            return named.then(|| format!("'{text}' stays text: it has no closing brace"));
        }
        if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
            let place = self.place(word, true).filter(|place| *place < self.index);
            let Some(place) = place else {
                return Some(format!(
                    "'{text}' stays text: no earlier item has that index"
                ));
            };
            let named = self.names.iter().find(|(_, other)| **other == place);
            let help = match named {
                Some((name, _)) => format!("write '${{{name}{}}}'", shown(path)),
                None => format!("give item {place} a name in 'as'"),
            };
            return Some(format!(
                "'{text}' stays text: an index is read only where it is the whole value; {help}"
            ));
        }
        let is_name = !word.is_empty() && word.chars().all(is_word);
        let names = self.names.keys().map(String::as_str);
        let near = nearest(word, names, 1).into_iter().next();
        let near = near.filter(|_| is_name)?;
        Some(format!(
            "'{text}' stays text: no item is called '{word}', but one is called '{near}'"
        ))
    }

    fn later(&self, place: usize, inner: &str) -> Error {
        let reference = format!("${{{}}}", shown(inner));
        let which = if place == self.index {
            "which is the item itself".to_owned()
        } else {
            format!("which is item {place}, a later one")
        };
        let why = format!("refers to '{reference}', {which}");
        let error = unfit(self.index, &why).detail("reference", reference);
        let mut earlier: Vec<(&String, usize)> = self
            .names
            .iter()
            .map(|(name, place)| (name, *place))
            .filter(|(_, place)| *place < self.index)
            .collect();
        earlier.sort_unstable_by_key(|(_, place)| *place);
        let error = match (earlier.as_slice(), self.index) {
            ([], 0) => error,
            ([], index) => error.suggest(format!(
                "Refer to an earlier item by its index, 0 to {}",
                index - 1
            )),
            (named, _) => {
                let named: Vec<String> =
                    named.iter().map(|(name, _)| format!("'{name}'")).collect();
                error.suggest(format!("Earlier items are called {}", named.join(", ")))
            }
        };
        error.suggest(ESCAPE)
    }

    fn no_path(&self, inner: &str) -> Error {
        let reference = format!("${{{}}}", shown(inner));
        let why = format!("has '{reference}', which names an item and no path into its answer");
        unfit(self.index, &why)
            .detail("reference", reference)
            .suggest(
                "Write the path as keys and indices: ${name.identifier}, ${name.labels[0].name}",
            )
            .suggest(ESCAPE)
    }
}

/// What to do where a reference was not meant.
const ESCAPE: &str = "Write $${ where no reference is meant";

/// The beginning of what stands behind a `${`, on one line.
fn shown(inner: &str) -> String {
    let line = inner.lines().next().unwrap_or_default();
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests;

//! References to the results of earlier items: `${new.identifier}` alone or within a text, `${0.labels[1].name}` where the
//! reference is the whole value. A `${` that does not name an item of the batch is text like any other.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value};

use super::item::Names;
use super::item_error;
use crate::error::{Code, Error};
use crate::text::nearest::nearest;

/// The largest number of keys that an error lists.
const MOST_KEYS: usize = 20;

/// The largest number of characters of a text that an error or a warning repeats.
const SHOWN: usize = 40;

/// The largest number of `${` read as text that an item's texts are examined for, because the search for similar names
/// takes time.
const MOST_EXAMINED: usize = 200;

/// The largest number of warnings about `${` in the texts of one item.
const MOST_WARNINGS: usize = 5;

/// A reference to an earlier item, and the path to a value in the item's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The item's name or index as the caller wrote it.
    item: String,
    /// The item's place.
    pub place: usize,
    /// The keys and indices of the path.
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
    /// Returns the value that the path leads to in `data`, an item's result. The path may begin with `data` itself, as in
    /// an envelope.
    ///
    /// # Errors
    /// INVALID_PARAM for a path that leads to nothing, with the keys or the length of the last value on the path.
    pub(super) fn value<'d>(&self, data: &'d Value) -> Result<&'d Value, Error> {
        let found = follow(data, &self.path);
        let found = match (&found, self.path.split_first()) {
            (Err(_), Some((first, rest))) if first == "data" => follow(data, rest),
            _ => found,
        };
        found.map_err(|there| self.not_found_error(there))
    }

    /// Returns the error for a path that ends at the value `there`, which does not have the next key.
    fn not_found_error(&self, there: &Value) -> Error {
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

/// Whether a character may stand in an item's name or a key of a path.
pub(super) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Returns the value at the end of a path, or, as the error, the last value on the way. A null counts as absent.
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

/// The text between the braces of a `${…}`, split into the item's name or index and the path after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Inner<'t> {
    word: &'t str,
    /// The path as the caller wrote it, from the first dot or bracket on; empty where there is none.
    path: &'t str,
}

impl<'t> Inner<'t> {
    fn split(inner: &'t str) -> Self {
        let inner = inner.trim();
        let end = inner.find(['.', '[']).unwrap_or(inner.len());
        let (word, path) = inner.split_at(end);
        Self {
            word: word.trim_end(),
            path,
        }
    }

    /// Returns the keys and indices of a path such as `.labels[1].name`, or `None` where the text is not a path.
    fn keys(self) -> Option<Vec<String>> {
        let mut keys = Vec::new();
        for (place, part) in self.path.split('.').enumerate() {
            let (key, indices) = match part.split_once('[') {
                Some((key, rest)) => (key, Some(rest)),
                None => (part, None),
            };
            // The text in front of the first dot is the item's name.
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
        let is_key = |key: &String| !key.is_empty() && key.chars().all(is_word);
        keys.iter().all(is_key).then_some(keys)
    }
}

/// The items that one item of a batch can refer to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'n> {
    /// The places of the items that have a name.
    pub names: &'n Names,
    /// The number of items in the batch.
    pub items: usize,
    /// The place of the referring item.
    pub index: usize,
}

/// The meaning of a `${…}` for the item in whose parameters it stands.
enum Meaning {
    /// The result of an earlier item.
    Reference(Reference),
    /// Plain text.
    Text,
    /// The item at this place, which is the referring item itself or a later one, so that it has no result yet.
    Later(usize),
    /// An earlier item without a usable path.
    NoPath,
}

/// A part of a text: literal text, or a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t str),
    Reference(Reference),
}

/// A `${` that is read as text.
#[derive(Clone, Copy, Debug)]
struct Plain<'t> {
    /// The text after the `${`, up to the next `${`.
    behind: &'t str,
    /// The text in front of the closing brace, where there is one.
    inner: Option<&'t str>,
    /// Whether the caller escaped the `${` as `$${`.
    escaped: bool,
}

/// The pieces of a text, and each `${` in it that is read as text.
#[derive(Debug, Default)]
struct Pieces<'t> {
    pieces: Vec<Piece<'t>>,
    plain: Vec<Plain<'t>>,
}

impl<'t> Pieces<'t> {
    /// Adds literal text.
    fn text(&mut self, text: &'t str) {
        if !text.is_empty() {
            self.pieces.push(Piece::Text(text));
        }
    }
}

impl Scope<'_> {
    /// Returns the place of the item with that name or index. An index counts only where the reference is the `whole` value,
    /// because texts may contain `${1}` for other reasons.
    fn place(&self, word: &str, whole: bool) -> Option<usize> {
        let named = self.names.get(word).copied();
        let index = || {
            let digits = word.bytes().all(|byte| byte.is_ascii_digit());
            let index = word.parse::<usize>().ok().filter(|_| digits);
            index.filter(|index| whole && *index < self.items)
        };
        named.or_else(index)
    }

    /// Returns the meaning of the text between the braces of a `${…}`; `whole` says whether nothing else is in the value.
    fn meaning(&self, inner: &str, whole: bool) -> Meaning {
        let inner = Inner::split(inner);
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

    /// Splits a text into literal text and references. `$${` is the text `${`.
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
                    return Err(self.later_item_error(place, inner));
                }
                (Meaning::NoPath, Some(inner), _) if !escaped => {
                    let reference = format!("${{{}}}", shown(inner));
                    let why = format!(
                        "has '{reference}', which names an item and no path into its answer"
                    );
                    return Err(item_error(self.index, &why)
                        .detail("reference", reference)
                        .suggest(
                            "Write the path as keys and indices: ${name.identifier}, ${name.labels[0].name}",
                        )
                        .suggest(ESCAPE));
                }
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

    /// Returns the reference that a text consists of; `None` where the text is anything else or more.
    pub(super) fn alone(&self, text: &str) -> Option<Reference> {
        let mut pieces = self.pieces(text.trim()).ok()?.pieces.into_iter();
        match (pieces.next(), pieces.next()) {
            (Some(Piece::Reference(reference)), None) => Some(reference),
            _ => None,
        }
    }

    /// Returns the places that the parameters refer to, in order, each once; and warnings about text that looks like a
    /// reference but is not, and about escapes that lose a sign.
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
            .take(MOST_EXAMINED)
            .filter_map(|plain| self.plain_warning(plain))
        {
            if warnings.len() < MOST_WARNINGS && !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        Ok((places, warnings))
    }

    /// Collects the places that a value refers to, and each `${` in the value that is read as text.
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

    /// Returns the warning about a `${` that is read as text, where the caller may have meant a reference or a sign is lost.
    fn plain_warning(&self, plain: &Plain<'_>) -> Option<String> {
        let close = if plain.inner.is_some() { "}" } else { "" };
        let text = format!("${{{}{close}", shown(plain.inner.unwrap_or(plain.behind)));
        if plain.escaped {
            return Some(format!(
                "'${text}' was read as '{text}'; '$${text}' keeps both signs"
            ));
        }
        let Inner { word, path } = Inner::split(plain.inner.unwrap_or(plain.behind));
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

    /// Returns the error for a reference to the item itself or to a later item.
    fn later_item_error(&self, place: usize, inner: &str) -> Error {
        let reference = format!("${{{}}}", shown(inner));
        let which = if place == self.index {
            "which is the item itself".to_owned()
        } else {
            format!("which is item {place}, a later one")
        };
        let why = format!("refers to '{reference}', {which}");
        let error = item_error(self.index, &why).detail("reference", reference);
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
}

/// The suggestion for a text that was not meant as a reference.
const ESCAPE: &str = "Write $${ where no reference is meant";

/// Returns the beginning of the text after a `${`, on one line.
fn shown(inner: &str) -> String {
    let line = inner.lines().next().unwrap_or_default();
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

/// The largest number of bytes that references may insert into the parameters of one item: the largest size of a request.
/// Without a bound, items that repeat each other would double the size at every step.
const MOST_INSERTED: usize = 1024 * 1024;

/// The largest number of bytes that references may insert into the parameters of all items of a batch, so that a hundred
/// copies of one long text are refused.
const MOST_IN_ALL: usize = 8 * MOST_INSERTED;

/// The number of bytes that may still be inserted into the parameters of a batch's items.
#[derive(Debug)]
pub(super) struct ByteBudget(AtomicUsize);

impl Default for ByteBudget {
    fn default() -> Self {
        Self(AtomicUsize::new(MOST_IN_ALL))
    }
}

impl ByteBudget {
    /// Takes that many bytes; `None` where fewer are left.
    fn take(&self, bytes: usize) -> Option<()> {
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        let subtract = |left: usize| left.checked_sub(bytes);
        self.0.fetch_update(set, fetch, subtract).ok().map(drop)
    }
}

/// Returns the parameters of the item with the given `scope`, their references replaced by the values they refer to. A text
/// that consists of one reference becomes the value itself; within a longer text the value is written as text. `data` returns
/// the result of the item that a reference names, and `batch_budget` is shared by all items of the batch.
///
/// # Errors
/// INVALID_PARAM for a path that leads to nothing, for a list or an object within a text, and for values that are too large.
pub(super) fn fill<'r, 'd>(
    params: &Map<String, Value>,
    scope: Scope<'r>,
    batch_budget: &'r ByteBudget,
    data: impl Fn(&Reference) -> Option<&'d Value>,
) -> Result<Map<String, Value>, Error> {
    let mut insertion = Insertion {
        scope,
        data,
        item_budget: MOST_INSERTED,
        batch_budget,
    };
    let filled = params.iter().map(|(key, value)| {
        let value = insertion.value(value)?;
        Ok((key.clone(), value))
    });
    filled.collect()
}

/// The replacement of references in one item's parameters.
struct Insertion<'r, F> {
    scope: Scope<'r>,
    data: F,
    /// The number of bytes that may still be inserted into this item.
    item_budget: usize,
    batch_budget: &'r ByteBudget,
}

impl<'d, F: Fn(&Reference) -> Option<&'d Value>> Insertion<'_, F> {
    /// Returns a value with its references replaced.
    fn value(&mut self, value: &Value) -> Result<Value, Error> {
        Ok(match value {
            Value::String(text) if text.contains("${") => self.text(text)?,
            Value::Array(items) => {
                let items: Result<Vec<Value>, Error> =
                    items.iter().map(|item| self.value(item)).collect();
                items?.into()
            }
            Value::Object(fields) => {
                let fields: Result<Map<String, Value>, Error> = fields
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.value(value)?)))
                    .collect();
                fields?.into()
            }
            other => other.clone(),
        })
    }

    /// Returns a text with its references replaced; the referenced value itself, where the text is one reference.
    fn text(&mut self, text: &str) -> Result<Value, Error> {
        if let Some(reference) = self.scope.alone(text) {
            return self.referenced(&reference).cloned();
        }
        let mut filled = String::with_capacity(text.len());
        for piece in self.scope.pieces(text)?.pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Reference(reference) => match self.referenced(&reference)? {
                    Value::String(value) => filled.push_str(value),
                    Value::Array(_) | Value::Object(_) => {
                        let message = format!(
                            "'{reference}' is a list or an object, which cannot stand within a text"
                        );
                        return Err(Error::new(Code::InvalidParam, message)
                            .detail("reference", reference.to_string())
                            .suggest(
                                "Refer to one of its fields, or let the reference be the whole value",
                            ));
                    }
                    scalar => filled.push_str(&scalar.to_string()),
                },
            }
        }
        Ok(filled.into())
    }

    /// Returns the value that a reference stands for, and takes its size from the budgets.
    fn referenced(&mut self, reference: &Reference) -> Result<&'d Value, Error> {
        // An item runs only after the items that it refers to have succeeded.
        let data = (self.data)(reference).unwrap_or(&Value::Null);
        let value = reference.value(data)?;
        let size = match value {
            Value::String(text) => text.len(),
            Value::Array(_) | Value::Object(_) => value.to_string().len(),
            _ => 8,
        };
        self.item_budget = self.item_budget.checked_sub(size).ok_or_else(|| {
            let message = "What its references stand for is larger than 1 MiB";
            too_large(message, reference).suggest("Refer to shorter values")
        })?;
        self.batch_budget.take(size).ok_or_else(|| {
            let message = "What the references of the batch stand for is larger than 8 MiB";
            too_large(message, reference).suggest("Send fewer such operations at once")
        })?;
        Ok(value)
    }
}

/// Returns the error for a reference whose value exceeds a budget.
fn too_large(message: &str, reference: &Reference) -> Error {
    Error::new(Code::InvalidParam, message).detail("reference", reference.to_string())
}

#[cfg(test)]
mod tests;

//! References to what earlier items answered: `${new.identifier}`, `${0.labels[1].name}`, alone or within a text.

mod fill;

use std::fmt;

use serde_json::{Map, Value};

pub(super) use self::fill::{Room, fill};
use super::item::Names;
use super::unfit;
use crate::error::{Code, Error};

/// How many keys an error lists.
const MOST_KEYS: usize = 20;

/// How much of a text that is no reference an error repeats, in characters.
const SHOWN: usize = 40;

/// A reference: whose answer, and the way to the value in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The item's name or index, as it was written.
    item: String,
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
    /// The place of the item that is meant, when there is one of that name, or it is an index.
    pub(super) fn place(&self, names: &Names) -> Option<usize> {
        let named = names.get(&self.item).copied();
        named.or_else(|| self.item.parse().ok())
    }

    /// Reads what stands between the braces: `new.data.id`, `0.labels[1]`.
    fn parse(inner: &str) -> Option<Self> {
        let mut words = Vec::new();
        for (place, part) in inner.trim().split('.').enumerate() {
            let (word, indices) = match part.split_once('[') {
                Some((word, rest)) => (word, Some(rest)),
                None => (part, None),
            };
            // An index may stand at the very first: `${0}` is an item, `[0]` is none.
            if place == 0 && word.is_empty() {
                return None;
            }
            words.push(word.to_owned());
            if let Some(rest) = indices {
                let inside = rest.strip_suffix(']')?;
                let indices = inside.split("][").map(str::to_owned);
                let before = words.len();
                words.extend(indices);
                let digits = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
                if !words.iter().skip(before).all(digits) {
                    return None;
                }
            }
        }
        let fits = |word: &String| !word.is_empty() && word.chars().all(is_word);
        if !words.iter().all(fits) {
            return None;
        }
        let mut words = words.into_iter();
        Some(Self {
            item: words.next()?,
            path: words.collect(),
        })
    }

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

/// A stretch of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t str),
    Reference(Reference),
}

/// A text in its pieces, or what in it begins like a reference and is none. `$${` is the text `${`.
fn pieces(text: &str) -> Result<Vec<Piece<'_>>, &str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        if let Some(plain) = before.strip_suffix('$') {
            pieces.extend([Piece::Text(plain), Piece::Text("${")]);
            rest = behind;
            continue;
        }
        let (inner, after) = behind.split_once('}').ok_or(behind)?;
        pieces.push(Piece::Text(before));
        pieces.push(Piece::Reference(Reference::parse(inner).ok_or(inner)?));
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    Ok(pieces)
}

/// The one reference that a text is, when it is nothing else.
pub(super) fn alone(text: &str) -> Option<Reference> {
    let mut pieces = pieces(text.trim()).ok()?.into_iter();
    match (pieces.next(), pieces.next()) {
        (Some(Piece::Reference(reference)), None) => Some(reference),
        _ => None,
    }
}

/// Every reference in the parameters of the item at that place.
///
/// # Errors
/// INVALID_PARAM for what begins like a reference and is none.
pub(super) fn all(index: usize, params: &Map<String, Value>) -> Result<Vec<Reference>, Error> {
    let mut found = Vec::new();
    params
        .values()
        .try_for_each(|value| collect(value, &mut found))
        .map_err(|wrong| malformed(index, wrong))?;
    Ok(found)
}

fn collect<'v>(value: &'v Value, found: &mut Vec<Reference>) -> Result<(), &'v str> {
    match value {
        Value::String(text) if text.contains("${") => {
            found.extend(pieces(text)?.into_iter().filter_map(|piece| match piece {
                Piece::Reference(reference) => Some(reference),
                Piece::Text(_) => None,
            }));
            Ok(())
        }
        Value::Array(items) => items.iter().try_for_each(|item| collect(item, found)),
        Value::Object(fields) => fields.values().try_for_each(|of| collect(of, found)),
        _ => Ok(()),
    }
}

fn malformed(index: usize, inner: &str) -> Error {
    let shown: String = inner.chars().take(SHOWN).collect();
    let why = format!("has '${{{shown}', which begins like a reference and is none");
    unfit(index, &why)
        .suggest("Refer to an earlier item as ${name.identifier}, or ${0.id} by its index")
        .suggest("Write $${ where no reference is meant")
}

#[cfg(test)]
mod tests;

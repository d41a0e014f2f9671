//! From a map of canonical parameters to a typed value, with errors that name the parameter.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use super::node::{Fault, Node, one_of};
use crate::error::{Code, Error};
use crate::text::cut::start;
use crate::text::nearest::nearest;

/// How much of a wrong value a message repeats, in characters: what would be right stands behind it.
const SHOWN: usize = 60;

/// Reads parameters whose keys are canonical.
///
/// # Errors
/// `MISSING_REQUIRED_PARAM` for a key that is not there; otherwise [`Code::for_param`] of the parameter. The message
/// names the place (`labels[1]`) and what stands there; `details` has the place as `param`. Each suggests at least one
/// way out: what would be right, or the words that are near, and then `details` has all of them as `expected`.
pub fn decode<T: DeserializeOwned>(params: Map<String, Value>) -> Result<T, Error> {
    let params = Value::Object(params);
    serde_path_to_error::deserialize(Node(&params)).map_err(|error| {
        let mut segments: Vec<&Segment> = error.path().iter().collect();
        if matches!(error.inner(), Fault::Unknown(..)) {
            // The path leads to the key; what is wrong is the object that has it.
            segments.pop();
        }
        describe(&Place::of(&segments, &params), error.inner())
    })
}

/// Where in the parameters something is wrong.
struct Place<'a> {
    /// The parameter's own name; empty for the whole.
    param: String,
    /// The path to the value: `links[0].url`.
    path: String,
    given: Option<&'a Value>,
}

impl<'a> Place<'a> {
    fn of(segments: &[&Segment], params: &'a Value) -> Self {
        let mut place = Self {
            param: String::new(),
            path: String::new(),
            given: Some(params),
        };
        for segment in segments {
            match segment {
                Segment::Map { key } => {
                    if place.param.is_empty() {
                        place.param.clone_from(key);
                    } else {
                        place.path.push('.');
                    }
                    place.path.push_str(key);
                    place.given = place.given.and_then(|value| value.get(key));
                }
                Segment::Seq { index } => {
                    place.path.push_str(&format!("[{index}]"));
                    place.given = place.given.and_then(|value| value.get(index));
                }
                // A word of an enum, or a value inside one that was rewritten: the place stays the same.
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        place
    }

    /// The error for this place, with its code and the detail that every one has.
    fn error(&self, sentence: &str) -> Error {
        let message = format!("Parameter '{}' {sentence}", self.path);
        Error::new(Code::for_param(&self.param), message).detail("param", self.path.as_str())
    }
}

fn describe(place: &Place<'_>, fault: &Fault) -> Error {
    if place.param.is_empty() {
        return whole(fault);
    }
    let given = place.given.map_or_else(|| "nothing".to_owned(), shown);
    let path = &place.path;
    match fault {
        Fault::Wrong(expected) => place
            .error(&format!("cannot be {given}"))
            .suggest(format!("Set '{path}' to {expected}")),
        Fault::NoneOf(words) => {
            let error = place.error(&format!("cannot be {given}"));
            let word = place.given.and_then(Value::as_str).unwrap_or_default();
            suggest(error, word, words)
        }
        Fault::Unknown(key, words) => {
            let error = place.error(&format!("has the unknown key '{}'", cut(key)));
            suggest(error, key, words)
        }
        Fault::Missing(key) => place
            .error(&format!("lacks '{key}'"))
            .suggest(format!("Add '{key}' to '{path}'")),
        Fault::Other(sentence) => place
            .error(&format!("is {given}: {sentence}"))
            .suggest(format!("Set '{path}' to another value")),
    }
}

/// The error for the parameters as a whole.
fn whole(fault: &Fault) -> Error {
    match fault {
        Fault::Missing(key) => Error::new(
            Code::MissingRequiredParam,
            format!("Parameter '{key}' is missing"),
        )
        .detail("missing", vec![*key])
        .suggest(format!("Give a value in '{key}'")),
        other => Error::new(Code::InvalidParam, format!("The parameters: {other}"))
            .suggest("Give the parameters as names with their values"),
    }
}

/// Suggests the words that are near, with all of them beside; or where none is near, all of them.
fn suggest(error: Error, word: &str, words: &[&str]) -> Error {
    let near = nearest(word, words.iter().copied(), 3);
    if near.is_empty() {
        return error.suggest(format!("Use {}", one_of(words)));
    }
    let error = error.detail("expected", one_of(words));
    near.into_iter()
        .fold(error, |error, near| error.suggest(format!("Use '{near}'")))
}

/// A value for the sentence: short, and plain about what kind it is.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.trim().is_empty() => "empty".to_owned(),
        Value::String(text) => format!("'{}'", cut(text)),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(_) => "an object".to_owned(),
        other => other.to_string(),
    }
}

fn cut(text: &str) -> String {
    start(text, SHOWN)
}

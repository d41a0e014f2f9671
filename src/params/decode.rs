//! Decodes a map of canonical parameters into a typed value, with errors that name the parameter.
//!
//! The deserializer keeps what would have been right as data ([`DecodeError`]), so that no message has to be parsed
//! again.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    self, DeserializeOwned, Deserializer, Error as _, Expected, IntoDeserializer, Unexpected,
    Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

use super::plain_name;
use crate::error::{Code, Error};
use crate::text::abbreviate;
use crate::text::nearest::nearest;

/// The most characters of a wrong value that a message repeats.
const MAX_VALUE_CHARS: usize = 60;

/// Decodes parameters whose keys are canonical.
///
/// # Errors
/// `MISSING_REQUIRED_PARAM` for an absent key; otherwise [`Code::for_param`] of the parameter. The message names the
/// place (`labels[1]`) and the value; `details` has the place as `param`. Each error suggests at least one way out:
/// what would be right, or the nearest accepted words. In the latter case `details` has all accepted words as
/// `expected`.
pub fn decode<T: DeserializeOwned>(params: Map<String, Value>) -> Result<T, Error> {
    let params = Value::Object(params);
    serde_path_to_error::deserialize(ValueDeserializer(&params)).map_err(|error| {
        let mut segments: Vec<&Segment> = error.path().iter().collect();
        if matches!(error.inner(), DecodeError::UnknownKey(..)) {
            // The path leads to the key, but the object that contains the key is wrong.
            segments.pop();
        }
        describe(&ErrorPlace::new(&segments, &params), error.inner())
    })
}

/// The place of a wrong value in the parameters.
struct ErrorPlace<'a> {
    /// The parameter's own name; empty where the parameters as a whole are wrong.
    param: String,
    /// The path to the value: `links[0].url`.
    path: String,
    given: Option<&'a Value>,
}

impl<'a> ErrorPlace<'a> {
    fn new(segments: &[&Segment], params: &'a Value) -> Self {
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
                // A word of an enum, or a value inside one that was rewritten, does not change the place.
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        place
    }

    /// The error for this place, with the code of its parameter and the place as `param`.
    fn error(&self, sentence: &str) -> Error {
        let message = format!("Parameter '{}' {sentence}", self.path);
        Error::new(Code::for_param(&self.param), message).detail("param", self.path.as_str())
    }
}

fn describe(place: &ErrorPlace<'_>, error: &DecodeError) -> Error {
    if place.param.is_empty() {
        return match error {
            DecodeError::MissingKey(key) => Error::new(
                Code::MissingRequiredParam,
                format!("Parameter '{key}' is missing"),
            )
            .detail("missing", vec![*key])
            .suggest(format!("Give a value in '{key}'")),
            other => Error::new(Code::InvalidParam, format!("The parameters: {other}"))
                .suggest("Give the parameters as names with their values"),
        };
    }
    let given = match place.given {
        None => "nothing".to_owned(),
        Some(Value::String(text)) if text.trim().is_empty() => "empty".to_owned(),
        Some(Value::String(text)) => format!("'{}'", shorten(text)),
        Some(Value::Array(items)) => format!("a list of {}", items.len()),
        Some(Value::Object(_)) => "an object".to_owned(),
        Some(other) => other.to_string(),
    };
    let path = &place.path;
    match error {
        DecodeError::WrongValue(expected) => place
            .error(&format!("cannot be {given}"))
            .suggest(format!("Set '{path}' to {expected}")),
        DecodeError::UnknownWord(words) => {
            let error = place.error(&format!("cannot be {given}"));
            let word = place.given.and_then(Value::as_str).unwrap_or_default();
            suggest_words(error, word, words)
        }
        DecodeError::UnknownKey(key, words) => {
            let error = place.error(&format!("has the unknown key '{}'", shorten(key)));
            suggest_words(error, key, words)
        }
        DecodeError::MissingKey(key) => place
            .error(&format!("lacks '{key}'"))
            .suggest(format!("Add '{key}' to '{path}'")),
        DecodeError::Custom(sentence) => place
            .error(&format!("is {given}: {sentence}"))
            .suggest(format!("Set '{path}' to another value")),
    }
}

/// Suggests the nearest words and lists all words under `expected`; suggests all words where none is near.
fn suggest_words(error: Error, word: &str, words: &[&str]) -> Error {
    let near = nearest(word, words.iter().copied(), 3);
    if near.is_empty() {
        return error.suggest(format!("Use {}", one_of(words)));
    }
    let error = error.detail("expected", one_of(words));
    near.into_iter()
        .fold(error, |error, near| error.suggest(format!("Use '{near}'")))
}

fn shorten(text: &str) -> String {
    abbreviate(text, MAX_VALUE_CHARS)
}

/// Why a value could not be read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum DecodeError {
    /// The value is not what this text describes.
    WrongValue(String),
    /// The value is none of these accepted words.
    UnknownWord(&'static [&'static str]),
    /// The object has this key, which is none of the accepted keys.
    UnknownKey(String, &'static [&'static str]),
    /// The object lacks this required key.
    MissingKey(&'static str),
    /// The sentence of a type that describes its error itself.
    Custom(String),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongValue(expected) => write!(f, "expected {expected}"),
            Self::UnknownWord(words) => write!(f, "expected {}", one_of(words)),
            Self::UnknownKey(key, words) => {
                write!(f, "has the unknown key '{key}'; expected {}", one_of(words))
            }
            Self::MissingKey(key) => write!(f, "lacks '{key}'"),
            Self::Custom(sentence) => f.write_str(sentence),
        }
    }
}

/// `one of a, b, c`, or the only word.
fn one_of(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [word] => (*word).to_owned(),
        words => format!("one of {}", words.join(", ")),
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::WrongValue(expected.to_string())
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::WrongValue(expected.to_string())
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::WrongValue(expected.to_string())
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownWord(expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::UnknownKey(field.to_owned(), expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::MissingKey(field)
    }
}

/// Deserializes from a JSON value. `null` is an absent option, and a word matches an enum's variant in any spelling.
#[derive(Clone, Copy, Debug)]
pub(super) struct ValueDeserializer<'de>(pub &'de Value);

impl<'de> IntoDeserializer<'de, DecodeError> for ValueDeserializer<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for ValueDeserializer<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => {
                if let Some(value) = number.as_u64() {
                    visitor.visit_u64(value)
                } else if let Some(value) = number.as_i64() {
                    visitor.visit_i64(value)
                } else {
                    visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN))
                }
            }
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => {
                let mut access = SeqDeserializer::new(items.iter().map(ValueDeserializer));
                let value = visitor.visit_seq(&mut access)?;
                access.end().map(|()| value)
            }
            Value::Object(map) => {
                let entries = map
                    .iter()
                    .map(|(key, value)| (key.as_str(), ValueDeserializer(value)));
                let mut access = MapDeserializer::new(entries);
                let value = visitor.visit_map(&mut access)?;
                access.end().map(|()| value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let Value::String(word) = self.0 else {
            return Err(DecodeError::UnknownWord(variants));
        };
        let wanted = plain_name(word);
        let known = variants
            .iter()
            .find(|variant| plain_name(variant) == wanted);
        match known {
            Some(variant) => visitor.visit_enum((*variant).into_deserializer()),
            None => Err(DecodeError::unknown_variant(word, variants)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

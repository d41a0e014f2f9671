//! Decodes a map of canonical parameters into a typed value: leniently, with errors that name the parameter.
//!
//! Callers write a number in quotes, a name that is a number, or one item in place of a list. A type that implements
//! [`Lenient`] accepts each of these. The deserializer keeps what would have been right as data ([`DecodeError`]), so
//! that no message has to be parsed again.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    self, Deserialize, DeserializeOwned, Deserializer, Error as _, Expected, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Number, Value};
use serde_path_to_error::Segment;

use super::{Form, from_text, plain_name};
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
    /// The wrong value; `None` where the place has none.
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

/// Makes the error that the caller sees of a decoding error and its place.
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

/// The beginning of a caller's text, as messages repeat it.
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
        // A sign in front, as in `-priority`, is a direction and not a separator.
        let has_sign = word.trim_start().starts_with(['-', '+']);
        let known_variant = variants
            .iter()
            .filter(|_| !has_sign)
            .find(|variant| plain_name(variant) == wanted);
        match known_variant {
            Some(variant) => visitor.visit_enum((*variant).into_deserializer()),
            None => Err(DecodeError::unknown_variant(word, variants)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A single value as the caller wrote it.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// `true` or `false`.
    Bool(bool),
    /// Any JSON number.
    Number(Number),
    /// A string, untrimmed.
    Text(Cow<'a, str>),
}

impl<'a> Scalar<'a> {
    /// Makes a scalar of a string.
    pub fn from_text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// The value as text: `true`, `12`, `1.5`, or the string itself.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Bool(value) => value.to_string().into(),
            Self::Number(number) => number.to_string().into(),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }

    /// The value as a whole number from 0, written as `2`, `2.0` or `"2"`: digits, with nothing but zeros after the
    /// point. Returns `None` for a number with a sign, an exponent, another base or separators.
    pub fn whole_number(&self) -> Option<u64> {
        if matches!(self, Self::Bool(_)) {
            return None;
        }
        let text = self.text();
        let text = text.trim();
        let (digits, zeros) = text.split_once('.').unwrap_or((text, "0"));
        let is_whole = !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !zeros.is_empty()
            && zeros.bytes().all(|byte| byte == b'0');
        is_whole.then(|| digits.parse().ok()).flatten()
    }
}

/// A type that can be read from a scalar, and perhaps from an object.
pub trait Lenient: Sized {
    /// What would be right, as the end of "expected …".
    const EXPECTED: &'static str;

    /// The value, or `None` where the scalar is not valid.
    fn from_scalar(given: &Scalar<'_>) -> Option<Self>;

    /// The error for an invalid scalar. A type may override it to give a better hint.
    fn refuse<E: de::Error>(given: &Scalar<'_>) -> E {
        let unexpected = match given {
            Scalar::Bool(value) => Unexpected::Bool(*value),
            Scalar::Number(_) => Unexpected::Other("a number"),
            Scalar::Text(text) => Unexpected::Str(text),
        };
        E::invalid_value(unexpected, &Self::EXPECTED)
    }

    /// Reads the value from an object.
    ///
    /// # Errors
    /// Always, for types that have no object form.
    fn from_map<'de, A: MapAccess<'de>>(_map: A) -> Result<Self, A::Error> {
        Err(A::Error::invalid_type(Unexpected::Map, &Self::EXPECTED))
    }
}

/// A type whose values have a [`Form`]; the macro [`parameter!`] implements it.
pub trait HasForm {
    /// What a value can hold.
    const FORM: Form;
}

/// Reads one value of a lenient type: the whole `Deserialize` of most parameter types.
///
/// # Errors
/// For anything but a scalar or an object that the type accepts.
pub fn read<'de, T: Lenient, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(ScalarVisitor(PhantomData))
}

/// Turns a scalar into the type, or into the error that says what the type expects.
pub(super) fn convert<T: Lenient, E: de::Error>(given: &Scalar<'_>) -> Result<T, E> {
    T::from_scalar(given).ok_or_else(|| T::refuse(given))
}

/// Turns a float into a scalar. A YAML reader may pass `.nan`, which is not a JSON number.
pub(super) fn float_scalar<E: de::Error>(value: f64, expected: &str) -> Result<Scalar<'static>, E> {
    Number::from_f64(value)
        .map(Scalar::Number)
        .ok_or_else(|| E::invalid_value(Unexpected::Float(value), &expected))
}

/// Visits one value of a lenient type.
struct ScalarVisitor<T>(PhantomData<T>);

impl<'de, T: Lenient> Visitor<'de> for ScalarVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<T, E> {
        convert(&Scalar::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
        convert(&Scalar::Number(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
        convert(&Scalar::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<T, E> {
        convert(&float_scalar(value, T::EXPECTED)?)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<T, E> {
        convert(&Scalar::from_text(value))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::from_map(map)
    }
}

/// Implements `Deserialize`, [`HasForm`] and `JsonSchema` (with the form as a keyword) for a lenient type.
macro_rules! parameter {
    ($type:ident, $form:ident, $($schema:tt)*) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::params::decode::read(deserializer)
            }
        }

        impl $crate::params::decode::HasForm for $type {
            const FORM: $crate::params::Form = $crate::params::Form::$form;
        }

        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut schema = schemars::json_schema!($($schema)*);
                let form = <$type as $crate::params::decode::HasForm>::FORM.word();
                schema.insert($crate::params::schema::FORM_KEYWORD.to_owned(), form.into());
                schema
            }
        }
    };
}
pub(super) use parameter;

/// Any number of items: a list, one item in place of a list, or a list that arrives as text.
///
/// A blank text is an error and not the empty list, because an empty list can mean "remove all".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T>(Vec<T>);

impl<T> List<T> {
    /// The items.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        Self(items)
    }
}

impl<T> Deref for List<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'de, T: Lenient + HasForm> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("List_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": generator.subschema_for::<T>() })
    }
}

/// Visits a list of a lenient type, in any of the forms that [`List`] accepts.
struct ListVisitor<T>(PhantomData<T>);

impl<T: Lenient> ListVisitor<T> {
    fn single_item<E: de::Error>(given: &Scalar<'_>) -> Result<List<T>, E> {
        convert(given).map(|item| List(vec![item]))
    }
}

impl<'de, T: Lenient + HasForm> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list, each item {}", T::EXPECTED)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<List<T>, E> {
        Self::single_item(&Scalar::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<List<T>, E> {
        Self::single_item(&Scalar::Number(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<List<T>, E> {
        Self::single_item(&Scalar::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<List<T>, E> {
        Self::single_item(&float_scalar(value, T::EXPECTED)?)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<List<T>, E> {
        match from_text::list(text, T::FORM) {
            Ok(None) => Self::single_item(&Scalar::from_text(text)),
            Ok(Some(items)) => {
                let items = items.iter().map(|item| read(ValueDeserializer(item)));
                items.collect::<Result<_, _>>().map(List).map_err(E::custom)
            }
            Err(malformed) => Err(E::invalid_value(
                Unexpected::Str(text),
                &malformed.expectation().as_str(),
            )),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(ListItem(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<List<T>, A::Error> {
        T::from_map(map).map(|item| List(vec![item]))
    }
}

/// An item of a list, read as [`read`] reads a single value.
struct ListItem<T>(T);

impl<'de, T: Lenient> Deserialize<'de> for ListItem<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer).map(Self)
    }
}

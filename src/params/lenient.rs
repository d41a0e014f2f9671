//! How parameters are read from what callers really write: a number in quotes, a name that is a number, one item in
//! place of a list.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::Number;

use super::Form;
use super::decode::ValueDeserializer;
use super::from_text;

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
    fn refuse<E: Error>(given: &Scalar<'_>) -> E {
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

/// A type whose values have a [`Form`]; the macro [`parastats!`] implements it.
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
pub(super) fn convert<T: Lenient, E: Error>(given: &Scalar<'_>) -> Result<T, E> {
    T::from_scalar(given).ok_or_else(|| T::refuse(given))
}

/// Turns a float into a scalar. A YAML reader may pass `.nan`, which is not a JSON number.
pub(super) fn float_scalar<E: Error>(value: f64, expected: &str) -> Result<Scalar<'static>, E> {
    Number::from_f64(value)
        .map(Scalar::Number)
        .ok_or_else(|| E::invalid_value(Unexpected::Float(value), &expected))
}

struct ScalarVisitor<T>(PhantomData<T>);

impl<'de, T: Lenient> Visitor<'de> for ScalarVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<T, E> {
        convert(&Scalar::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
        convert(&Scalar::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        convert(&Scalar::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<T, E> {
        convert(&float_scalar(value, T::EXPECTED)?)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
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
                $crate::params::lenient::read(deserializer)
            }
        }

        impl $crate::params::lenient::HasForm for $type {
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
                let form = <$type as $crate::params::lenient::HasForm>::FORM.word();
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

struct ListVisitor<T>(PhantomData<T>);

impl<T: Lenient> ListVisitor<T> {
    fn single_item<E: Error>(given: &Scalar<'_>) -> Result<List<T>, E> {
        convert(given).map(|item| List(vec![item]))
    }
}

impl<'de, T: Lenient + HasForm> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list, each item {}", T::EXPECTED)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<List<T>, E> {
        Self::single_item(&Scalar::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<List<T>, E> {
        Self::single_item(&Scalar::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<List<T>, E> {
        Self::single_item(&Scalar::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<List<T>, E> {
        Self::single_item(&float_scalar(value, T::EXPECTED)?)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<List<T>, E> {
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

struct ListItem<T>(T);

impl<'de, T: Lenient> Deserialize<'de> for ListItem<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer).map(Self)
    }
}

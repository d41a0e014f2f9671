//! How a parameter is read from what callers really write: a number in quotes, a name as a number, one item in
//! place of a list.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, MapAccess, Unexpected, Visitor};
use serde_json::Number;

use super::Form;

/// A single value as it was written.
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
    /// A scalar of a string.
    pub fn of(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// What was written, as text: `true`, `12`, `1.5`, or the string itself.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Bool(value) => value.to_string().into(),
            Self::Number(number) => number.to_string().into(),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }

    /// The whole number from 0 that was written, be it as `2`, `2.0` or `"2"`: digits, and behind a point nothing but
    /// zeros. A sign, a power of ten, another base or separators between the digits make it no number.
    pub fn whole(&self) -> Option<u64> {
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

    fn unexpected(&self) -> Unexpected<'_> {
        match self {
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::Number(_) => Unexpected::Other("a number"),
            Self::Text(text) => Unexpected::Str(text),
        }
    }
}

/// A type that is read from a scalar, and perhaps from an object.
pub trait Lenient: Sized {
    /// What would be right, as the end of "expected …".
    const EXPECTED: &'static str;

    /// The value, or nothing when the scalar cannot be one.
    fn from_scalar(given: &Scalar<'_>) -> Option<Self>;

    /// The error for a scalar that cannot be one; a type may have a better way out than what it expects.
    fn refuse<E: Error>(given: &Scalar<'_>) -> E {
        E::invalid_value(given.unexpected(), &Self::EXPECTED)
    }

    /// The value written as an object.
    ///
    /// # Errors
    /// Always, for types that have no such form.
    fn from_map<'de, A: MapAccess<'de>>(_map: A) -> Result<Self, A::Error> {
        Err(A::Error::invalid_type(Unexpected::Map, &Self::EXPECTED))
    }
}

/// A type whose values have a [`Form`]; [`parameter!`] states it.
pub trait Formed {
    /// What a value can hold.
    const FORM: Form;
}

/// Reads one value of a lenient type: the whole `Deserialize` of most parameter types.
///
/// # Errors
/// When what is there is neither a scalar nor an object that the type accepts.
pub fn read<'de, T: Lenient, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(OneVisitor(PhantomData))
}

/// Turns a scalar into the type, or into the error that says what the type expects.
pub(super) fn convert<T: Lenient, E: Error>(given: &Scalar<'_>) -> Result<T, E> {
    T::from_scalar(given).ok_or_else(|| T::refuse(given))
}

/// A float as a scalar; a YAML reader may hand over `.nan`, which is no JSON number.
pub(super) fn float<E: Error>(value: f64, expected: &str) -> Result<Scalar<'static>, E> {
    Number::from_f64(value)
        .map(Scalar::Number)
        .ok_or_else(|| E::invalid_value(Unexpected::Float(value), &expected))
}

struct OneVisitor<T>(PhantomData<T>);

impl<'de, T: Lenient> Visitor<'de> for OneVisitor<T> {
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
        convert(&float(value, T::EXPECTED)?)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
        convert(&Scalar::of(value))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::from_map(map)
    }
}

/// Gives a lenient type its `Deserialize`, and its JSON schema with its [`Form`](super::Form).
macro_rules! parameter {
    ($type:ident, $form:ident, $($schema:tt)*) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::params::scalar::read(deserializer)
            }
        }

        impl $crate::params::scalar::Formed for $type {
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
                let form = <$type as $crate::params::scalar::Formed>::FORM.word();
                schema.insert($crate::params::form::FORM.to_owned(), form.into());
                schema
            }
        }
    };
}
pub(super) use parameter;

//! Lists that may be written as one item or as one string.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

use super::node::Node;
use super::scalar::{Formed, Lenient, Scalar, convert, float, read};
use super::{Form, LabelSpec, Link, Ref, written};

/// Any number of items: a list, one item in place of a list, or a list that arrives as text.
///
/// A blank text is an error and not the empty list, since an empty list can mean "remove all".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T>(Vec<T>);

/// References to entities.
pub type Refs = List<Ref>;

/// Labels to create or find.
pub type LabelSpecs = List<LabelSpec>;

/// Links to attach.
pub type Links = List<Link>;

/// Positions in a list, counted from 0.
pub type Indices = List<usize>;

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

impl Lenient for usize {
    const EXPECTED: &'static str = "a position counted from 0";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        given.whole()?.try_into().ok()
    }
}

impl Formed for usize {
    const FORM: Form = Form::Word;
}

impl<'de, T: Lenient + Formed> Deserialize<'de> for List<T> {
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
    fn one<E: Error>(given: &Scalar<'_>) -> Result<List<T>, E> {
        convert(given).map(|item| List(vec![item]))
    }
}

impl<'de, T: Lenient + Formed> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list, each item {}", T::EXPECTED)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<List<T>, E> {
        Self::one(&Scalar::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<List<T>, E> {
        Self::one(&Scalar::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<List<T>, E> {
        Self::one(&Scalar::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<List<T>, E> {
        Self::one(&float(value, T::EXPECTED)?)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<List<T>, E> {
        match written::list(text, T::FORM) {
            Ok(None) => Self::one(&Scalar::of(text)),
            Ok(Some(items)) => {
                let items = items.iter().map(|item| read(Node(item)));
                items.collect::<Result<_, _>>().map(List).map_err(E::custom)
            }
            Err(broken) => Err(E::invalid_value(
                Unexpected::Str(text),
                &broken.instead().as_str(),
            )),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(Element(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<List<T>, A::Error> {
        T::from_map(map).map(|item| List(vec![item]))
    }
}

struct Element<T>(T);

impl<'de, T: Lenient> Deserialize<'de> for Element<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer).map(Self)
    }
}

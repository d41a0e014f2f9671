//! Labels and colours.

use std::fmt;

use serde::Deserialize;
use serde::de::MapAccess;
use serde::de::value::MapAccessDeserializer;

use super::scalar::{Lenient, Scalar, parameter};
use super::{Ref, Text};

/// A colour: `#f2994a`, `#F90` or `f2994a`, kept as lower-case `#rrggbb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Color(String);

impl Color {
    /// `#rrggbb` in lower case, the form that Linear keeps.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Lenient for Color {
    const EXPECTED: &'static str = "a colour such as \"#f2994a\", in quotes";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let text = text.trim();
        let digits = text.strip_prefix('#').unwrap_or(text);
        if !digits.chars().all(|c| c.is_ascii_hexdigit()) {
            return None;
        }
        let long = match digits.len() {
            6 => digits.to_owned(),
            // Three letters without the sign could be a word.
            3 if text.starts_with('#') => digits.chars().flat_map(|c| [c, c]).collect(),
            _ => return None,
        };
        Some(Self(format!("#{}", long.to_ascii_lowercase())))
    }
}

parameter!(Color, Color, { "type": "string" });

/// A label as it should be: its name, and what it gets when it has to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSpec {
    /// The name or id, trimmed; `group/label` names a label of a group.
    pub name: Ref,
    /// The colour of a new label.
    pub color: Option<Color>,
    /// The description of a new label.
    pub description: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    name: Ref,
    color: Option<Color>,
    description: Option<Text>,
}

impl Lenient for LabelSpec {
    const EXPECTED: &'static str = "a label name, or {name, color, description}";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        Some(Self {
            name: Ref::from_scalar(given)?,
            color: None,
            description: None,
        })
    }

    fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        let parts = Parts::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Self {
            name: parts.name,
            color: parts.color,
            description: parts.description.map(|text| text.0),
        })
    }
}

parameter!(LabelSpec, Label, { "type": "string" });

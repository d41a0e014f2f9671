//! Labels and colours.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Unexpected};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::scalar::{Lenient, Scalar, parameter};
use super::{List, Ref, Text};
use crate::text::nearest::nearest;

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

/// What names a label: its name or id, alone or in one text with its group, or its name and its group apart.
///
/// In one text a group stands in front of the name, as in `Area/api`, `Area → api`, `Area > api` or `Area: api`. Whether
/// it is a group, or the whole is the name of a label, is seen where the labels are known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LabelName {
    text: String,
    apart: Option<(String, String)>,
    /// Whether it is the id in an object that says more of the label.
    described: bool,
}

impl LabelName {
    /// What a text names, unless it is blank.
    pub fn new(text: &str) -> Option<Self> {
        let text = Ref::new(text)?.into_string();
        Some(Self {
            text,
            apart: None,
            described: false,
        })
    }

    /// The label of that name in that group.
    pub fn of_group(group: &Ref, name: &Ref) -> Self {
        Self {
            text: format!("{group}/{name}"),
            apart: Some((group.as_str().to_owned(), name.as_str().to_owned())),
            described: false,
        }
    }

    /// The whole text, trimmed and never empty: `group/name` where the two were given apart.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is the id in an object that says more of the label, so that the label has to be looked at.
    pub fn is_described(&self) -> bool {
        self.described
    }

    /// The group and the name, where they were given apart.
    pub fn apart(&self) -> Option<(&str, &str)> {
        let (group, name) = self.apart.as_ref()?;
        Some((group, name))
    }
}

impl fmt::Display for LabelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Lenient for LabelName {
    const EXPECTED: &'static str = "a label name or id, or {name, group}";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        Self::new(&given.text())
    }

    fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        LabelSpec::from_map(map).map(|label| label.name)
    }
}

parameter!(LabelName, Label, { "type": "string" });

/// Names of labels; a comma joins several in one string.
pub type LabelNames = List<LabelName>;

/// A label as it should be: its name, and what it gets when it has to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSpec {
    /// What names it.
    pub name: LabelName,
    /// The colour of a new label.
    pub color: Option<Color>,
    /// The description of a new label.
    pub description: Option<String>,
}

/// The keys of an object that describes a label.
const KEYS: &[&str] = &["name", "group", "color", "description"];

/// Other keys of an object that names a label, as of any reference.
const OTHER_KEYS: &[&str] = &["id", "key", "identifier", "parent"];

/// Words for parts of a label, by their plain names: as a key, none of them is the name of a group.
const FIELDS: &[&str] = &[
    "label",
    "labels",
    "labelid",
    "labelname",
    "labelids",
    "title",
    "value",
    "text",
    "tag",
    "tags",
    "groupid",
    "groupname",
    "colour",
    "uuid",
    "item",
    "items",
    "add",
    "remove",
    "set",
];

/// What answers show of a label besides, and what changes nothing about which label it is.
const SHOWN: &[&str] = &["is_group", "isGroup", "retired", "scope", "team", "created"];

/// A group as it is given beside a name: by its own name or id, or as an object with one of them.
#[derive(Deserialize)]
struct Group(Option<Ref>);

/// The entries of an object that describes a label.
#[derive(Default)]
struct Entries {
    id: Option<Ref>,
    name: Option<Ref>,
    group: Option<Ref>,
    color: Option<Color>,
    description: Option<String>,
    /// Whether any of them was there, be it empty.
    any: bool,
    /// An entry whose key is none of a label: YAML reads the unquoted `Area: api` so.
    other: Option<LabelName>,
}

impl Entries {
    fn read<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut entries = Self::default();
        loop {
            let seed = Key {
                may_be_group: !entries.any && entries.other.is_none(),
            };
            let Some(key) = map.next_key_seed(seed)? else {
                return Ok(entries);
            };
            let key = key.as_str();
            match key {
                "id" => entries.id = map.next_value()?,
                "name" | "key" | "identifier" => entries.name = map.next_value()?,
                "group" | "parent" => entries.group = map.next_value::<Group>()?.0,
                "color" => entries.color = map.next_value()?,
                "description" => {
                    let text: Option<Text> = map.next_value()?;
                    entries.description = text.map(|text| text.0);
                }
                _ if SHOWN.contains(&key) => {
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    let value: Entry = map.next_value()?;
                    entries.other = LabelName::new(&format!("{key}: {}", value.0));
                    continue;
                }
            }
            entries.any = true;
        }
    }
}

/// Reads a key, which has to be one of a label unless it may be a group with the name of the label behind it.
struct Key {
    may_be_group: bool,
}

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        let key = String::deserialize(deserializer)?;
        let key = key.trim();
        let known = KEYS.iter().chain(OTHER_KEYS).chain(SHOWN);
        let known = known.into_iter().any(|known| *known == key);
        // A misspelt key is no group.
        let plain = super::plain_name(key);
        let misspelt = !nearest(key, KEYS.iter().copied(), 1).is_empty()
            || FIELDS.contains(&plain.as_str())
            || plain.bytes().all(|byte| byte.is_ascii_digit());
        if known || (self.may_be_group && !misspelt && !key.is_empty()) {
            return Ok(key.to_owned());
        }
        Err(D::Error::unknown_field(key, KEYS))
    }
}

/// The value of an entry whose key is a group: the name of one label.
struct Entry(Ref);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).and_then(|value| {
            let scalar = match value {
                // `{bug: true}` is a set in another form, and names no label.
                Value::String(text) if !matches!(text.trim(), "true" | "false") => {
                    Some(Scalar::Text(text.into()))
                }
                Value::Number(number) => Some(Scalar::Number(number)),
                _ => None,
            };
            let name = scalar.as_ref().and_then(Ref::from_scalar);
            name.map(Self).ok_or_else(|| {
                let expected = "the name of one label behind that of its group";
                D::Error::invalid_type(Unexpected::Other("no name"), &expected)
            })
        })
    }
}

impl Lenient for LabelSpec {
    const EXPECTED: &'static str = "a label name, or {name, group, color, description}";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        Some(Self {
            name: LabelName::from_scalar(given)?,
            color: None,
            description: None,
        })
    }

    fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        let entries = Entries::read(map)?;
        let name = match (entries.id, entries.name, entries.group, entries.other) {
            (Some(id), ..) if uuid::Uuid::try_parse(id.as_str()).is_err() => {
                let expected = "a label whose id is a UUID, or {name, group}";
                return Err(A::Error::invalid_value(Unexpected::Map, &expected));
            }
            (Some(id), name, group, _) => LabelName::new(id.as_str()).map(|id| LabelName {
                described: name.is_some() || group.is_some(),
                ..id
            }),
            (None, Some(name), Some(group), _) => Some(LabelName::of_group(&group, &name)),
            (None, Some(name), None, _) => LabelName::new(name.as_str()),
            (None, None, _, Some(label)) if !entries.any => Some(label),
            (None, None, ..) => None,
        };
        Ok(Self {
            name: name.ok_or_else(|| A::Error::missing_field("name"))?,
            color: entries.color,
            description: entries.description,
        })
    }
}

parameter!(LabelSpec, Label, { "type": "string" });

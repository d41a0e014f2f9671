//! Labels and colours.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Unexpected};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::lenient::{Lenient, List, Scalar, parameter};
use super::{Ref, Text};
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
            // Without the `#`, three letters could be a word.
            3 if text.starts_with('#') => digits.chars().flat_map(|c| [c, c]).collect(),
            _ => return None,
        };
        Some(Self(format!("#{}", long.to_ascii_lowercase())))
    }
}

parameter!(Color, Color, { "type": "string" });

/// What names a label: its name or id, one text with its group and its name, or its group and its name separately.
///
/// In one text the group stands before the name, as in `Area/api`, `Area → api`, `Area > api` or `Area: api`. Only a
/// look at the existing labels tells whether that is a group, or the whole text is the name of a label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LabelName {
    text: String,
    apart: Option<(String, String)>,
    /// Whether this is the id from an object that also gives the label's name or group.
    described: bool,
}

impl LabelName {
    /// The name that a text holds; `None` where it is blank.
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

    /// The whole text, trimmed and never empty; `group/name` where the two were given separately.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this is the id from an object that also gives the label's name or group, which then have to be checked
    /// against the label.
    pub fn is_described(&self) -> bool {
        self.described
    }

    /// The group and the name, where they were given separately.
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

/// Names of labels; commas separate several in one string.
pub type LabelNames = List<LabelName>;

/// A label as it should be: its name, and the properties for the case that it has to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSpec {
    /// What names the label.
    pub name: LabelName,
    /// The colour for a new label.
    pub color: Option<Color>,
    /// The description for a new label.
    pub description: Option<String>,
}

/// The keys of an object that describes a label.
const KEYS: &[&str] = &["name", "group", "color", "description"];

/// Further keys of an object that names a label, as any reference may have them.
const OTHER_KEYS: &[&str] = &["id", "key", "identifier", "parent"];

/// Words for parts of a label, without case and separators. None of them, as a key, is the name of a group.
const LABEL_WORDS: &[&str] = &[
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

/// Keys that answers show for a label and that do not change which label is meant.
const OUTPUT_KEYS: &[&str] = &["is_group", "isGroup", "retired", "scope", "team", "created"];

/// A group that is given beside a name: by its own name or id, or as an object with one of them.
#[derive(Deserialize)]
struct Group(Option<Ref>);

/// The fields of an object that describes a label.
#[derive(Default)]
struct LabelFields {
    id: Option<Ref>,
    name: Option<Ref>,
    group: Option<Ref>,
    color: Option<Color>,
    description: Option<String>,
    /// Whether any key of a label was present, even with an empty value.
    has_label_key: bool,
    /// The label from an entry such as `Area: api` without quotes, whose key is a group and not a key of a label.
    grouped: Option<LabelName>,
}

impl LabelFields {
    fn read<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut fields = Self::default();
        loop {
            let seed = LabelKey {
                may_be_group: !fields.has_label_key && fields.grouped.is_none(),
            };
            let Some(key) = map.next_key_seed(seed)? else {
                return Ok(fields);
            };
            let key = key.as_str();
            match key {
                "id" => fields.id = map.next_value()?,
                "name" | "key" | "identifier" => fields.name = map.next_value()?,
                "group" | "parent" => fields.group = map.next_value::<Group>()?.0,
                "color" => fields.color = map.next_value()?,
                "description" => {
                    let text: Option<Text> = map.next_value()?;
                    fields.description = text.map(|text| text.0);
                }
                _ if OUTPUT_KEYS.contains(&key) => {
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    let value: GroupedName = map.next_value()?;
                    fields.grouped = LabelName::new(&format!("{key}: {}", value.0));
                    continue;
                }
            }
            fields.has_label_key = true;
        }
    }
}

/// Reads a key. It has to be a key of a label, unless it may be a group whose value is the label's name.
struct LabelKey {
    may_be_group: bool,
}

impl<'de> DeserializeSeed<'de> for LabelKey {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        let key = String::deserialize(deserializer)?;
        let key = key.trim();
        let known = KEYS.iter().chain(OTHER_KEYS).chain(OUTPUT_KEYS);
        let known = known.into_iter().any(|known| *known == key);
        // A misspelt key is not taken for a group.
        let plain = super::plain_name(key);
        let misspelt = !nearest(key, KEYS.iter().copied(), 1).is_empty()
            || LABEL_WORDS.contains(&plain.as_str())
            || plain.bytes().all(|byte| byte.is_ascii_digit());
        if known || (self.may_be_group && !misspelt && !key.is_empty()) {
            return Ok(key.to_owned());
        }
        Err(D::Error::unknown_field(key, KEYS))
    }
}

/// The value of an entry whose key is a group: the name of one label.
struct GroupedName(Ref);

impl<'de> Deserialize<'de> for GroupedName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).and_then(|value| {
            let scalar = match value {
                // `{bug: true}` is a set in another notation, and names no label.
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
        let fields = LabelFields::read(map)?;
        let name = match (fields.id, fields.name, fields.group, fields.grouped) {
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
            (None, None, _, Some(label)) if !fields.has_label_key => Some(label),
            (None, None, ..) => None,
        };
        Ok(Self {
            name: name.ok_or_else(|| A::Error::missing_field("name"))?,
            color: fields.color,
            description: fields.description,
        })
    }
}

parameter!(LabelSpec, Label, { "type": "string" });

/// Labels to create or find.
pub type LabelSpecs = List<LabelSpec>;

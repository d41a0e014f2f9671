//! References to entities and to labels, and the relation between two issues.

use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, Unexpected};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::decode::{Lenient, List, Scalar, parameter};
use super::plain_name;
use super::values::{Color, Text};
use crate::text::nearest::nearest;

/// What names an entity: an id, a key, a name, an e-mail address or a URL, depending on the kind of entity.
///
/// It is read from a string, from a number or bool as text, or from an object (as an earlier answer showed it), whose
/// first key of `id`, `identifier`, `key`, `email` and `name` counts. The text is trimmed; a blank one is an error.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ref(String);

impl Ref {
    /// Makes a reference of a text; returns `None` where it is blank.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The text, trimmed and never empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, trimmed and never empty.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Ref {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The keys of an object that can name an entity, the most reliable first.
pub(crate) const NAMING_KEYS: [&str; 4] = ["id", "identifier", "key", "name"];

/// Keys that answers show beside the name of an entity and that do not change which entity is meant.
const OUTPUT_KEYS: [&str; 12] = [
    "type",
    "email",
    "display_name",
    "active",
    "url",
    "slug",
    "color",
    "title",
    "number",
    "group",
    "position",
    "state",
];

impl Lenient for Ref {
    const EXPECTED: &'static str = "a name or id";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        Self::new(&given.text())
    }

    fn from_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut names = [None, None, None, None];
        let mut email = None;
        let mut unknown = None;
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            if !NAMING_KEYS.contains(&key.as_str()) && !OUTPUT_KEYS.contains(&key.as_str()) {
                unknown.get_or_insert(key);
                continue;
            }
            if let ("email", Value::String(text)) = (key.as_str(), &value) {
                email = Self::new(text).filter(|email| email.0.contains('@'));
            }
            let place = NAMING_KEYS.iter().position(|name| *name == key);
            if let Some(slot) = place.and_then(|place| names.get_mut(place)) {
                *slot = match value {
                    Value::String(text) => Self::new(&text),
                    Value::Number(number) => Self::new(&number.to_string()),
                    _ => None,
                };
            }
        }
        let [id, identifier, ..] = &names;
        // A complete answer that is passed back has an id or an identifier, and all its other keys are known.
        if id.is_none() && identifier.is_none() && unknown.is_some() {
            let expected =
                "a name or id, or an object with id, identifier, key or name and nothing to store";
            return Err(A::Error::invalid_value(Unexpected::Map, &expected));
        }
        // An id that is not a UUID is a name, and then a second name must not differ from it.
        let is_id = id
            .as_ref()
            .is_some_and(|id| uuid::Uuid::try_parse(id.as_str()).is_ok());
        let mut given_names = names.iter().skip(usize::from(is_id)).flatten();
        let contradicts = given_names.next().is_some_and(|first| {
            given_names.any(|other| !is_id && other.as_str() != first.as_str() && id.is_some())
        });
        if contradicts {
            let expected = "one name: its id is no id, and another name stands beside it";
            return Err(A::Error::invalid_value(Unexpected::Map, &expected));
        }
        let [id, identifier, key, name] = names;
        // Several people may share a name, but not an e-mail address.
        let reference = id.or(identifier).or(key).or(email).or(name);
        reference.ok_or_else(|| {
            let expected = "a name or id, or an object with id, identifier, key or name";
            A::Error::invalid_value(Unexpected::Map, &expected)
        })
    }
}

parameter!(Ref, Name, { "type": "string" });

/// References to entities; commas separate several in one string.
pub type Refs = List<Ref>;

/// Declares a type that is read in the same way as [`Ref`], but has a form of its own.
macro_rules! reference {
    ($(#[$doc:meta])* $type:ident, $form:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $type(Ref);

        impl $type {
            /// The value that a text holds; `None` where the text is blank.
            pub fn new(text: &str) -> Option<Self> {
                Ref::new(text).map(Self)
            }
        }

        impl std::ops::Deref for $type {
            type Target = Ref;

            fn deref(&self) -> &Ref {
                &self.0
            }
        }

        impl Lenient for $type {
            const EXPECTED: &'static str = Ref::EXPECTED;

            fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
                // Some JSON writers turn the number 12 into `12.0`.
                let number = matches!(given, Scalar::Number(_)).then(|| given.whole_number());
                match number.flatten() {
                    Some(number) => Ref::new(&number.to_string()).map(Self),
                    None => Ref::from_scalar(given).map(Self),
                }
            }

            fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
                Ref::from_map(map).map(Self)
            }
        }

        parameter!($type, $form, { "type": "string" });
    };
}

reference! {
    /// What names an entity without white space: an identifier, a UUID or an address.
    Identifier, Identifier
}

/// What names several issues; commas separate them in one string.
pub type Identifiers = List<Identifier>;

reference! {
    /// What names a cycle: its name, its number (`12` or `#12`), its relative position (such as `next`), or its id.
    CycleRef, Cycle
}

/// What names a label: its name or id, one text with its group and its name, or its group and its name separately.
///
/// In one text the group stands before the name, as in `Area/api`, `Area → api`, `Area > api` or `Area: api`. Only a
/// look at the existing labels shows whether the first part is a group, or the whole text is the name of a label.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LabelName {
    text: String,
    group_and_name: Option<(String, String)>,
    /// Whether this is the id from an object that also gives the label's name or group.
    is_described: bool,
}

impl LabelName {
    /// The name that a text holds; `None` where it is blank.
    pub fn new(text: &str) -> Option<Self> {
        let text = Ref::new(text)?.into_string();
        Some(Self {
            text,
            group_and_name: None,
            is_described: false,
        })
    }

    /// The label called `name` in the group `group`.
    pub fn of_group(group: &Ref, name: &Ref) -> Self {
        Self {
            text: format!("{group}/{name}"),
            group_and_name: Some((group.as_str().to_owned(), name.as_str().to_owned())),
            is_described: false,
        }
    }

    /// The whole text, trimmed and never empty; `group/name` where the two were given separately.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this is the id from an object that also gives the label's name or group, which then have to be checked
    /// against the label.
    pub fn is_described(&self) -> bool {
        self.is_described
    }

    /// The group and the name, where they were given separately.
    pub fn group_and_name(&self) -> Option<(&str, &str)> {
        let (group, name) = self.group_and_name.as_ref()?;
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

/// Names of cycles; commas separate several in one string.
pub type CycleRefs = List<CycleRef>;

/// A label that should exist: its name, and the properties that it gets if it has to be created.
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
const LABEL_KEYS: &[&str] = &["name", "group", "color", "description"];

/// Further keys of an object that names a label; an object that names any other entity may have them, too.
const LABEL_NAMING_KEYS: &[&str] = &["id", "key", "identifier", "parent"];

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
const LABEL_OUTPUT_KEYS: &[&str] = &["is_group", "isGroup", "retired", "scope", "team", "created"];

/// A group that is given beside the name of a label: by its own name or id, or as an object with one of these.
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
                _ if LABEL_OUTPUT_KEYS.contains(&key) => {
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

/// Reads a key of an object that names a label. The key has to be one that a label has, unless it may be the name of a
/// group whose value is the label's name.
struct LabelKey {
    may_be_group: bool,
}

impl<'de> DeserializeSeed<'de> for LabelKey {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        let key = String::deserialize(deserializer)?;
        let key = key.trim();
        let known = LABEL_KEYS
            .iter()
            .chain(LABEL_NAMING_KEYS)
            .chain(LABEL_OUTPUT_KEYS);
        let is_known = known.into_iter().any(|known| *known == key);
        // A misspelt key does not count as the name of a group.
        let plain = plain_name(key);
        let misspelt = !nearest(key, LABEL_KEYS.iter().copied(), 1).is_empty()
            || LABEL_WORDS.contains(&plain.as_str())
            || plain.bytes().all(|byte| byte.is_ascii_digit());
        if is_known || (self.may_be_group && !misspelt && !key.is_empty()) {
            return Ok(key.to_owned());
        }
        Err(D::Error::unknown_field(key, LABEL_KEYS))
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
                is_described: name.is_some() || group.is_some(),
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

/// The relation of an issue to another issue, seen from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationKind {
    /// The other issue has to wait for this one.
    Blocks,
    /// This issue has to wait for the other one.
    BlockedBy,
    /// This issue duplicates the other one, which stays.
    Duplicate,
    /// The other issue duplicates this one.
    DuplicatedBy,
    /// The two issues are related.
    Related,
}

impl RelationKind {
    /// All relations.
    pub const ALL: [Self; 5] = [
        Self::Blocks,
        Self::BlockedBy,
        Self::Duplicate,
        Self::DuplicatedBy,
        Self::Related,
    ];

    /// The recommended word for the relation.
    pub fn word(self) -> &'static str {
        match self {
            Self::Blocks => "blocks",
            Self::BlockedBy => "blocked_by",
            Self::Duplicate => "duplicate",
            Self::DuplicatedBy => "duplicated_by",
            Self::Related => "related",
        }
    }
}

impl Lenient for RelationKind {
    const EXPECTED: &'static str = "one of blocks, blocked_by, duplicate, duplicated_by, related";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let word = plain_name(&given.text());
        Some(match word.strip_prefix("is").unwrap_or(&word) {
            "block" | "blocks" | "blocking" => Self::Blocks,
            "blockedby" | "blocked" | "dependson" => Self::BlockedBy,
            "duplicate" | "duplicates" | "duplicateof" => Self::Duplicate,
            "duplicatedby" | "hasduplicate" => Self::DuplicatedBy,
            "related" | "relates" | "relatedto" | "relatesto" => Self::Related,
            _ => return None,
        })
    }
}

parameter!(RelationKind, Word, {
    "type": "string",
    "enum": ["blocks", "blocked_by", "duplicate", "duplicated_by", "related"]
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_means_itself_and_other_words_mean_it_too() {
        for kind in RelationKind::ALL {
            let read = RelationKind::from_scalar(&Scalar::from_text(kind.word()));
            assert_eq!(read, Some(kind));
        }
        for (word, kind) in [
            ("Blocked By", RelationKind::BlockedBy),
            ("isBlockedBy", RelationKind::BlockedBy),
            ("duplicate-of", RelationKind::Duplicate),
            ("is duplicate of", RelationKind::Duplicate),
            ("relates_to", RelationKind::Related),
        ] {
            assert_eq!(
                RelationKind::from_scalar(&Scalar::from_text(word)),
                Some(kind)
            );
        }
        for word in ["", "is", "similar", "parent"] {
            assert_eq!(RelationKind::from_scalar(&Scalar::from_text(word)), None);
        }
    }
}

//! References to entities, and the relation between two issues.

use std::fmt;

use serde::de::{Error, MapAccess, Unexpected};
use serde_json::Value;

use super::lenient::{Lenient, List, Scalar, parameter};
use super::plain_name;

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
        let mut found = [None, None, None, None];
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
            if let Some(slot) = place.and_then(|place| found.get_mut(place)) {
                *slot = match value {
                    Value::String(text) => Self::new(&text),
                    Value::Number(number) => Self::new(&number.to_string()),
                    _ => None,
                };
            }
        }
        let [id, identifier, ..] = &found;
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
        let mut names = found.iter().skip(usize::from(is_id)).flatten();
        let contradicts = names.next().is_some_and(|first| {
            names.any(|other| !is_id && other.as_str() != first.as_str() && id.is_some())
        });
        if contradicts {
            let expected = "one name: its id is no id, and another name stands beside it";
            return Err(A::Error::invalid_value(Unexpected::Map, &expected));
        }
        let [id, identifier, key, name] = found;
        // Several people may share a name, but not an e-mail address.
        let surest = id.or(identifier).or(key).or(email).or(name);
        surest.ok_or_else(|| {
            let expected = "a name or id, or an object with id, identifier, key or name";
            A::Error::invalid_value(Unexpected::Map, &expected)
        })
    }
}

parameter!(Ref, Name, { "type": "string" });

/// References to entities.
pub type Refs = List<Ref>;

/// Declares a type that is read in the same way as [`Ref`], but has a form of its own.
macro_rules! reference {
    ($(#[$doc:meta])* $type:ident, $form:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $type(Ref);

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

reference! {
    /// What names a cycle: its name, its number (`12` or `#12`), its relative position (such as `next`), or its id.
    CycleRef, Cycle
}

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

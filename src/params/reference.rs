//! References to entities.

use std::fmt;

use serde::de::{Error, MapAccess, Unexpected};
use serde_json::Value;

use super::scalar::{Lenient, Scalar, parameter};

/// What names an entity: an id, a key, a name, an e-mail address, a URL, whatever the entity has.
///
/// A string, a number or a bool taken as text, or an object (as an earlier answer showed it) of which the first of
/// `id`, `identifier`, `key`, `email` and `name` counts. It is trimmed; nothing left is an error.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ref(String);

impl Ref {
    /// A reference, unless the text is blank.
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

/// The keys of an object that can name it, the surest first.
pub(crate) const NAMING: [&str; 4] = ["id", "identifier", "key", "name"];

/// What answers show beside the name of an entity, which changes nothing about which one is meant.
const SHOWN: [&str; 12] = [
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
            if !NAMING.contains(&key.as_str()) && !SHOWN.contains(&key.as_str()) {
                unknown.get_or_insert(key);
                continue;
            }
            if let ("email", Value::String(text)) = (key.as_str(), &value) {
                email = Self::new(text).filter(|email| email.0.contains('@'));
            }
            let place = NAMING.iter().position(|name| *name == key);
            if let Some(slot) = place.and_then(|place| found.get_mut(place)) {
                *slot = match value {
                    Value::String(text) => Self::new(&text),
                    Value::Number(number) => Self::new(&number.to_string()),
                    _ => None,
                };
            }
        }
        let [id, identifier, ..] = &found;
        // A whole answer that is given back has an id or an identifier, and everything else in it is known.
        if id.is_none() && identifier.is_none() && unknown.is_some() {
            let expected =
                "a name or id, or an object with id, identifier, key or name and nothing to store";
            return Err(A::Error::invalid_value(Unexpected::Map, &expected));
        }
        // An id that is none is a name, and then two names must not differ.
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
        // Several people may have one name, and each has an e-mail address of their own.
        let surest = id.or(identifier).or(key).or(email).or(name);
        surest.ok_or_else(|| {
            let expected = "a name or id, or an object with id, identifier, key or name";
            A::Error::invalid_value(Unexpected::Map, &expected)
        })
    }
}

parameter!(Ref, Name, { "type": "string" });

/// Declares a reference that is read as [`Ref`] is, and is written in a form of its own.
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
                // JSON writers make `12.0` of the number 12.
                let number = matches!(given, Scalar::Number(_)).then(|| given.whole());
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
    /// What names a cycle: its name, its number (`12` or `#12`), its place in time, or its id.
    CycleRef, Cycle
}

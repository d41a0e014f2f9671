//! Texts, addresses and links.

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Unexpected};
use serde_json::Value;

use super::lenient::{Lenient, List, Scalar, convert, parameter};

/// Text kept exactly as the caller wrote it; a number or bool is taken as the text by which it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(pub String);

impl Text {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Lenient for Text {
    const EXPECTED: &'static str = "text";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        Some(Self(given.text().into_owned()))
    }
}

parameter!(Text, Line, { "type": "string" });

/// The longest title that an error repeats on one line, in characters.
const MAX_EXAMPLE_CHARS: usize = 200;

/// Text of one line, such as a title: trimmed, and never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(String);

impl Title {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, by value.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Lenient for Title {
    const EXPECTED: &'static str = "some text on one line";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let text = text.trim();
        (!text.is_empty() && !text.contains(['\n', '\r'])).then(|| Self(text.to_owned()))
    }

    fn refuse<E: serde::de::Error>(given: &Scalar<'_>) -> E {
        let text = given.text();
        let words: Vec<&str> = text.split_whitespace().collect();
        let line = words.join(" ");
        let expected = match line.chars().count() {
            1..=MAX_EXAMPLE_CHARS => {
                format!("some text on one line, such as {}", Value::from(line))
            }
            _ => Self::EXPECTED.to_owned(),
        };
        E::invalid_value(Unexpected::Str(&text), &expected.as_str())
    }
}

parameter!(Title, Line, { "type": "string" });

/// Markdown of any number of lines, kept exactly as the caller wrote it, and never only white space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markdown(String);

impl Markdown {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, by value.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Lenient for Markdown {
    const EXPECTED: &'static str = "some text";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        (!text.trim().is_empty()).then(|| Self(text.into_owned()))
    }
}

parameter!(Markdown, Markdown, { "type": "string" });

/// Where a list continues: the cursor of an earlier answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

impl Lenient for Cursor {
    const EXPECTED: &'static str = "the cursor of an earlier answer";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }
}

parameter!(Cursor, Word, { "type": "string" });

/// A link: a URL as text, or `{url, title}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The absolute address, of any scheme.
    pub url: Url,
    /// The text to show for the link; without one, Linear shows the URL.
    pub title: Option<String>,
}

/// An absolute URL: `scheme://…` without white space. Whether it leads anywhere is not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url(String);

impl Url {
    /// The address as it was written, trimmed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Lenient for Url {
    const EXPECTED: &'static str = "an absolute URL such as https://example.com/page";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let url = text.trim();
        let (scheme, rest) = url.split_once("://")?;
        let well_formed = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
            && !rest.is_empty()
            && !rest.starts_with('/')
            && !rest.chars().any(|c| c.is_whitespace() || c.is_control());
        well_formed.then(|| Self(url.to_owned()))
    }
}

parameter!(Url, Word, { "type": "string" });

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkFields {
    url: Url,
    title: Option<Text>,
}

impl Lenient for Link {
    const EXPECTED: &'static str =
        "an absolute URL such as https://example.com/page, or {url, title}";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        Some(Self {
            url: Url::from_scalar(given)?,
            title: None,
        })
    }

    fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        let LinkFields { url, title } = LinkFields::deserialize(MapAccessDeserializer::new(map))?;
        let title = title.filter(|title| !title.as_str().trim().is_empty());
        let title = title.map(|title| convert::<Title, _>(&Scalar::from_text(title.as_str())));
        Ok(Self {
            url,
            title: title.transpose()?.map(Title::into_string),
        })
    }
}

parameter!(Link, Link, { "type": "object" });

/// Links to attach.
pub type Links = List<Link>;

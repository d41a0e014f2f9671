//! Links to attach.

use serde::Deserialize;
use serde::de::MapAccess;
use serde::de::value::MapAccessDeserializer;

use super::scalar::{Lenient, Scalar, convert, parameter};
use super::{Text, Title};

/// A link: a URL as text, or `{url, title}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The address, absolute; any scheme.
    pub url: Url,
    /// What to show for it; without one, the URL itself is shown.
    pub title: Option<String>,
}

/// An absolute URL: `scheme://…` without blanks. What it leads to is not our business.
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
struct Parts {
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
        let Parts { url, title } = Parts::deserialize(MapAccessDeserializer::new(map))?;
        let title = title.filter(|title| !title.as_str().trim().is_empty());
        let title = title.map(|title| convert::<Title, _>(&Scalar::of(title.as_str())));
        Ok(Self {
            url,
            title: title.transpose()?.map(Title::into_string),
        })
    }
}

parameter!(Link, Link, { "type": "object" });

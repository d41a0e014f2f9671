//! Texts, whole numbers and switches.

use serde::de::Unexpected;
use serde_json::Value;

use super::scalar::{Lenient, Scalar, parameter};

/// Text kept exactly as it was written; a number or bool is taken as the text it was written as.
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

/// The longest title that an error writes out on one line, in characters.
const LONGEST_SHOWN: usize = 200;

/// Text of one line that says something, such as a title: trimmed, and never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title(String);

impl Title {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, taken out.
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
            1..=LONGEST_SHOWN => format!("some text on one line, such as {}", Value::from(line)),
            _ => Self::EXPECTED.to_owned(),
        };
        E::invalid_value(Unexpected::Str(&text), &expected.as_str())
    }
}

parameter!(Title, Line, { "type": "string" });

/// Markdown of any number of lines, kept exactly as it was written, and never only white space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markdown(String);

impl Markdown {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, taken out.
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

/// Where a list goes on: the cursor of an earlier answer.
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

/// How many of something: a whole number from 0, also as `"50"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u32);

impl Lenient for Count {
    const EXPECTED: &'static str = "a whole number from 0";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        given.whole()?.try_into().ok().map(Self)
    }
}

parameter!(Count, Word, { "type": "integer" });

/// Estimate points: a whole number from 0. Which numbers a team uses is Linear's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate(pub u32);

impl Lenient for Estimate {
    const EXPECTED: &'static str = "whole estimate points from 0";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        given.whole()?.try_into().ok().map(Self)
    }
}

parameter!(Estimate, Word, { "type": "integer" });

/// A switch: true or false, also as `"true"`, `"yes"`, `"on"`, `"1"` or `1` and their opposites, in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

impl Lenient for Flag {
    const EXPECTED: &'static str = "true or false";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let value = match (given.whole(), given.text().trim().to_lowercase().as_str()) {
            (Some(1), _) | (None, "true" | "yes" | "on") => true,
            (Some(0), _) | (None, "false" | "no" | "off") => false,
            _ => return None,
        };
        Some(Self(value))
    }
}

/// What a value says as a switch; nothing where it is none.
pub(crate) fn switch(value: &Value) -> Option<bool> {
    let scalar = match value {
        Value::Bool(on) => Scalar::Bool(*on),
        Value::Number(number) => Scalar::Number(number.clone()),
        Value::String(text) => Scalar::of(text),
        _ => return None,
    };
    Flag::from_scalar(&scalar).map(|Flag(on)| on)
}

parameter!(Flag, Word, { "type": "boolean" });

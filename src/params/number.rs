//! Numbers, switches and priorities.

use serde_json::Value;

use super::lenient::{HasForm, Lenient, List, Scalar, parameter};
use super::{Form, Patch, plain_name};

/// A count: a whole number from 0, also as `"50"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u32);

impl Lenient for Count {
    const EXPECTED: &'static str = "a whole number from 0";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        given.whole_number()?.try_into().ok().map(Self)
    }
}

parameter!(Count, Word, { "type": "integer" });

/// Estimate points: a whole number from 0. Linear decides which numbers a team uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate(pub u32);

impl Lenient for Estimate {
    const EXPECTED: &'static str = "whole estimate points from 0";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        given.whole_number()?.try_into().ok().map(Self)
    }
}

parameter!(Estimate, Word, { "type": "integer" });

/// A switch: true or false, also as `"true"`, `"yes"`, `"on"`, `"1"` or `1` and their opposites, in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

impl Lenient for Flag {
    const EXPECTED: &'static str = "true or false";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let value = match (
            given.whole_number(),
            given.text().trim().to_lowercase().as_str(),
        ) {
            (Some(1), _) | (None, "true" | "yes" | "on") => true,
            (Some(0), _) | (None, "false" | "no" | "off") => false,
            _ => return None,
        };
        Some(Self(value))
    }
}

/// Reads a value as a switch; returns `None` where it is not one.
pub(crate) fn parse_switch(value: &Value) -> Option<bool> {
    let scalar = match value {
        Value::Bool(on) => Scalar::Bool(*on),
        Value::Number(number) => Scalar::Number(number.clone()),
        Value::String(text) => Scalar::from_text(text),
        _ => return None,
    };
    Flag::from_scalar(&scalar).map(|Flag(on)| on)
}

parameter!(Flag, Word, { "type": "boolean" });

/// Positions in a list, counted from 0.
pub type Indices = List<usize>;

impl Lenient for usize {
    const EXPECTED: &'static str = "a position counted from 0";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        given.whole_number()?.try_into().ok()
    }
}

impl HasForm for usize {
    const FORM: Form = Form::Word;
}

/// An issue's priority: 0 none, 1 urgent, 2 high, 3 medium, 4 low (`linear/api.md` §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Priority(u8);

impl Priority {
    /// Linear's number for the priority, 0 to 4.
    pub fn number(self) -> u8 {
        self.0
    }

    /// What an update does to Linear's number: clearing the priority sets it to 0.
    pub fn patched(patch: Patch<Self>) -> Patch<u8> {
        match patch {
            Patch::Absent => Patch::Absent,
            Patch::Clear => Patch::Set(0),
            Patch::Set(priority) => Patch::Set(priority.0),
        }
    }
}

impl Lenient for Priority {
    const EXPECTED: &'static str = "0-4 or one of none, urgent, high, medium, normal, low";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        if let Some(number) = given.whole_number() {
            return u8::try_from(number).ok().filter(|n| *n <= 4).map(Self);
        }
        let number = match plain_name(&given.text()).as_str() {
            "none" | "nopriority" => 0,
            "urgent" => 1,
            "high" => 2,
            "medium" | "normal" => 3,
            "low" => 4,
            _ => return None,
        };
        Some(Self(number))
    }
}

parameter!(Priority, Word, { "type": "integer" });

//! Priorities.

use super::scalar::{Lenient, Scalar, parameter};
use super::{Patch, plain_name};

/// An issue's priority: 0 none, 1 urgent, 2 high, 3 medium, 4 low (`linear/api.md` §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Priority(u8);

impl Priority {
    /// The number that Linear knows, 0 to 4.
    pub fn number(self) -> u8 {
        self.0
    }

    /// What an update does to the number that Linear knows: a cleared priority is 0.
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
        if let Some(number) = given.whole() {
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

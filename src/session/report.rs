//! What an operation tells beside its answer.

use serde_json::Value;

use crate::meter::Lookups;

/// What one operation has done so far: everything in its envelope but `data` or `error`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Requests sent to Linear, retries included.
    pub requests: u32,
    /// Which look-ups the session cache answered.
    pub lookups: Lookups,
    /// The steps taken, in names, without ids.
    pub operations: Vec<String>,
    /// What the session remembered wrongly, and has looked up anew before the write was repeated.
    pub healed: Vec<String>,
    /// What an update changed.
    pub changes: Vec<String>,
    /// How a name was resolved: `input` and `method`.
    pub resolution: Option<Value>,
    /// What the caller should know although the operation succeeded.
    pub warnings: Vec<String>,
    /// What became of its parts, where it has several.
    pub parts: Parts,
}

/// The parts of a request that does several things at once, each with its own outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Those that were done.
    pub done: usize,
    /// All of them.
    pub total: usize,
}

impl Parts {
    /// The share that was done, in percent with one digit, half up: `66.7%`. None where nothing failed.
    pub fn rate(self) -> Option<String> {
        if self.done == self.total {
            return None;
        }
        let tenths = (self.done * 2000 + self.total).checked_div(self.total * 2)?;
        Some(format!("{}.{}%", tenths / 10, tenths % 10))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_to_a_tenth() {
        let rate = |done, total| Parts { done, total }.rate();
        assert_eq!(rate(2, 3).as_deref(), Some("66.7%"));
        assert_eq!(rate(1, 8).as_deref(), Some("12.5%"));
        assert_eq!(rate(3, 3), None);
        assert_eq!(rate(0, 0), None);
    }
}

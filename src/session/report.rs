//! What an operation tells beside its answer.

use serde_json::Value;

use super::Outline;
use crate::stats::Lookups;

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
    /// How the request was read, where its caller may have meant it otherwise.
    pub reading: Vec<String>,
    /// What the caller should know although the operation succeeded.
    pub warnings: Vec<String>,
    /// What became of its parts, where it has several.
    pub parts: Parts,
    /// What of its data may be left out where the whole answer is too long.
    pub outline: Outline,
}

/// How many warnings of one kind are told one by one.
const MOST_OF_A_KIND: usize = 5;

impl Report {
    /// The warnings as the caller is told them: all about the reading of the request, for no text may be lost in
    /// silence, and of each other kind the first five with the number of the rest.
    pub fn told_warnings(&self) -> Vec<String> {
        let mut kinds: Vec<(String, usize)> = Vec::new();
        let mut told = self.reading.clone();
        for warning in &self.warnings {
            let kind = kind(warning);
            let place = kinds.iter().position(|(known, _)| *known == kind);
            let count = match place.and_then(|place| kinds.get_mut(place)) {
                Some((_, count)) => {
                    *count += 1;
                    *count
                }
                None => {
                    kinds.push((kind, 1));
                    1
                }
            };
            if count <= MOST_OF_A_KIND {
                told.push(warning.clone());
            }
        }
        let left = kinds.into_iter().filter_map(|(kind, count)| {
            let rest = count.checked_sub(MOST_OF_A_KIND).filter(|rest| *rest > 0)?;
            Some(format!("{rest} more of the kind: {kind}"))
        });
        told.extend(left);
        told
    }
}

/// A warning without what differs between those of one kind: what stands in single quotes, and numbers.
fn kind(warning: &str) -> String {
    let mut kind = String::with_capacity(warning.len());
    for (place, part) in warning.split('\'').enumerate() {
        if place % 2 == 1 {
            kind.push('…');
            continue;
        }
        let mut digits = false;
        for character in part.chars() {
            if !character.is_ascii_digit() {
                kind.push(character);
            } else if !digits {
                kind.push('…');
            }
            digits = character.is_ascii_digit();
        }
    }
    kind
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
    fn many_warnings_of_one_kind_are_counted_and_none_of_the_reading_is() {
        let report = Report {
            reading: (0..7).map(|of| format!("read '{of}' as text")).collect(),
            warnings: (0..9)
                .map(|of| format!("label 'l{of}' left out: no such group"))
                .chain(["link 'https://a.example' not attached".to_owned()])
                .collect(),
            ..Report::default()
        };
        let told = report.told_warnings();
        assert_eq!(told.len(), 7 + 5 + 1 + 1);
        let rest = "4 more of the kind: label … left out: no such group";
        assert_eq!(told.last().map(String::as_str), Some(rest));
        assert!(told.contains(&"link 'https://a.example' not attached".to_owned()));
    }

    #[test]
    fn shares_are_rounded_to_a_tenth() {
        let rate = |done, total| Parts { done, total }.rate();
        assert_eq!(rate(2, 3).as_deref(), Some("66.7%"));
        assert_eq!(rate(1, 8).as_deref(), Some("12.5%"));
        assert_eq!(rate(3, 3), None);
        assert_eq!(rate(0, 0), None);
    }
}

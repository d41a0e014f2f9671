//! What was asked, request by request, so that tests can count.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// One request as it came, executed or not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logged {
    /// The name of the operation, when it has one and the document is valid.
    pub operation: Option<String>,
    /// The document's text; empty when the body was no GraphQL request.
    pub document: String,
    /// The variables as they came, `Null` without any.
    pub variables: Value,
    /// Whether the operation is a mutation.
    pub mutation: bool,
    /// The names (not the aliases) of the root fields, in order; empty when the document is not valid.
    pub roots: Vec<String>,
    /// What the root fields answer under, in order: their aliases, else their names.
    pub keys: Vec<String>,
}

/// How many requests are kept. A stand-in that is left running may be asked for days.
const KEPT: usize = 1_000;

/// The last [`KEPT`] requests, oldest first.
#[derive(Debug, Default)]
pub(super) struct Log(Mutex<VecDeque<Logged>>);

impl Log {
    pub(super) fn push(&self, logged: Logged) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(logged);
    }

    pub(super) fn all(&self) -> Vec<Logged> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    pub(super) fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Log, Logged};

    #[test]
    fn the_oldest_requests_are_forgotten() {
        let log = Log::default();
        for number in 0..KEPT + 2 {
            log.push(Logged {
                document: number.to_string(),
                ..Logged::default()
            });
        }
        let kept = log.all();
        let ends = [kept.first(), kept.last()].map(|one| one.map(|one| one.document.as_str()));
        assert_eq!(kept.len(), KEPT);
        assert_eq!(ends, [Some("2"), Some("1001")]);
    }
}

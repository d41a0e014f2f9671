//! What was asked, request by request, so that tests can count.

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
}

#[derive(Debug, Default)]
pub(super) struct Log(Mutex<Vec<Logged>>);

impl Log {
    pub(super) fn push(&self, logged: Logged) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(logged);
    }

    pub(super) fn all(&self) -> Vec<Logged> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

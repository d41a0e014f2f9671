//! What names were taken to mean that were not given whole.

use std::sync::{Arc, Mutex, PoisonError};

/// The warnings of one operation about names that it was not given whole, each once, however often the name is looked
/// at. Its clones are one list.
#[derive(Clone, Debug, Default)]
pub struct Taken(Arc<Mutex<Vec<String>>>);

impl Taken {
    /// Adds a warning, unless it is there.
    pub fn add(&self, warning: String) {
        let mut warnings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    /// Returns the warnings, and forgets them.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

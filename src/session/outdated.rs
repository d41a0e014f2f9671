//! What operations have taken from the session cache past its usual age, to be looked up anew once they have answered.

use std::sync::{Arc, Mutex, PoisonError};

use super::Reliance;

/// How many operations' look-ups are kept. What is left out is looked up when it is next needed.
const MOST: usize = 16;

/// The look-ups to repeat, where somebody repeats them.
#[derive(Debug, Default)]
pub struct Outdated(Option<Mutex<Vec<Arc<dyn Reliance>>>>);

impl Outdated {
    /// Keeps look-ups from now on, for a session in which somebody takes them.
    pub fn enable(&mut self) {
        self.0 = Some(Mutex::default());
    }

    /// Adds the look-ups of an operation.
    pub fn add(&self, of: Arc<dyn Reliance>) {
        if let Some(kept) = &self.0 {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() < MOST {
                kept.push(of);
            }
        }
    }

    /// Takes all of them out.
    pub fn take(&self) -> Vec<Arc<dyn Reliance>> {
        let kept = self.0.as_ref();
        let kept = kept.map(|kept| kept.lock().unwrap_or_else(PoisonError::into_inner));
        kept.map(|mut kept| std::mem::take(&mut *kept))
            .unwrap_or_default()
    }
}

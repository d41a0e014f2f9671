//! How far a write has come, for others than who submitted it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// How far a write has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// It was not executed: not sent yet, or refused.
    #[default]
    NotDone,
    /// It was sent, and it is not known whether it was executed.
    Sent,
    /// It was executed.
    Done,
}

/// How far one write has come, now.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<AtomicU8>);

impl Watch {
    /// How far it has come.
    pub fn stage(&self) -> Stage {
        let now = self.0.load(Ordering::Relaxed);
        let stages = [Stage::NotDone, Stage::Sent, Stage::Done];
        let known = stages.into_iter().find(|stage| *stage as u8 == now);
        known.unwrap_or_default()
    }

    /// Notes how far it has come.
    pub(super) fn set(&self, stage: Stage) {
        self.0.store(stage as u8, Ordering::Relaxed);
    }
}

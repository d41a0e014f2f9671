//! Shows the stage of a write to code that has not submitted it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// The stage of a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// The write was not executed: it was not sent yet, or was rejected.
    #[default]
    NotDone,
    /// The write was sent, and it is not known whether it was executed.
    Sent,
    /// The write was executed.
    Done,
}

/// The current stage of one write, shared by all clones of the watch.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<AtomicU8>);

impl Watch {
    /// Returns the current stage.
    pub fn stage(&self) -> Stage {
        let number = self.0.load(Ordering::Relaxed);
        let stages = [Stage::NotDone, Stage::Sent, Stage::Done];
        let stage = stages.into_iter().find(|stage| *stage as u8 == number);
        stage.unwrap_or_default()
    }

    /// Sets the stage.
    pub(super) fn set(&self, stage: Stage) {
        self.0.store(stage as u8, Ordering::Relaxed);
    }
}

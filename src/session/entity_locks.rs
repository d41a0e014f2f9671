//! Writes to one thing take turns.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// Who writes to what at the moment: one at a time, in the order in which they came.
#[derive(Debug, Default)]
pub struct EntityLocks(Mutex<HashMap<String, Weak<Turn<()>>>>);

impl EntityLocks {
    /// Waits for the turn to write to the thing of that name. Dropping the guard gives the turn on.
    pub async fn take(&self, name: &str) -> OwnedMutexGuard<()> {
        self.of(name).lock_owned().await
    }

    fn of(&self, name: &str) -> Arc<Turn<()>> {
        // A panic in here leaves at worst an entry that nobody uses, which goes with the next call.
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        turns.get(name).and_then(Weak::upgrade).unwrap_or_else(|| {
            let turn = Arc::default();
            turns.insert(name.to_owned(), Arc::downgrade(&turn));
            turn
        })
    }
}

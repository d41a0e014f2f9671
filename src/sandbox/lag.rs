//! Reads that lag behind writes: which state of the workspace a query is answered from.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::store::Store;

/// How long queries do not see what a mutation has written. The mutation's own answer and later mutations do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lag {
    /// For so many further requests, whatever they are.
    Requests(usize),
    /// For this long.
    For(Duration),
}

impl From<Duration> for Lag {
    fn from(time: Duration) -> Self {
        Self::For(time)
    }
}

impl From<usize> for Lag {
    fn from(requests: usize) -> Self {
        Self::Requests(requests)
    }
}

/// The states of the workspace before each write that queries do not see yet, oldest first.
#[derive(Default)]
pub(super) struct Unseen(Mutex<VecDeque<Write>>);

struct Write {
    before: Store,
    hidden: Hidden,
}

/// How much longer a write is hidden.
enum Hidden {
    /// From the present request, which is counted already, and from so many after it.
    Requests(usize),
    /// To this moment, in milliseconds since the epoch.
    Until(u64),
}

impl Unseen {
    /// Counts a request that has come in, and forgets the writes that may be seen from now on.
    pub(super) fn count_request(&self, now_ms: u64) {
        self.writes().retain_mut(|write| match &mut write.hidden {
            Hidden::Requests(0) => false,
            Hidden::Requests(left) => {
                *left -= 1;
                true
            }
            Hidden::Until(end) => now_ms < *end,
        });
    }

    /// Hides a write from queries; `before` is the workspace without it.
    pub(super) fn hide(&self, before: Store, lag: Lag, now_ms: u64) {
        let hidden = match lag {
            Lag::Requests(0) => return,
            Lag::Requests(requests) => Hidden::Requests(requests),
            Lag::For(time) => {
                let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                Hidden::Until(now_ms.saturating_add(time))
            }
        };
        self.writes().push_back(Write { before, hidden });
    }

    /// The workspace as queries see it; `None` when they see all that was written.
    ///
    /// A write is hidden together with all that came after it, so that no query sees a later write without an earlier.
    pub(super) fn seen(&self) -> Option<Store> {
        self.writes().front().map(|oldest| oldest.before.clone())
    }

    /// Lets queries see all that was written so far.
    pub(super) fn show(&self) {
        self.writes().clear();
    }

    fn writes(&self) -> MutexGuard<'_, VecDeque<Write>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Reads that lag behind writes: which state of the workspace a query sees.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::store::Store;

/// How long queries do not see what a mutation has written. The answer of the mutation itself and later mutations do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lag {
    /// For this many further requests, of any kind.
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

/// The writes that queries do not see yet, oldest first.
#[derive(Default)]
pub(super) struct HiddenWrites(Mutex<VecDeque<HiddenWrite>>);

struct HiddenWrite {
    /// The workspace before the write.
    before: Store,
    end: HiddenUntil,
}

/// How much longer a write is hidden.
enum HiddenUntil {
    /// From the present request, which is counted already, and from this many requests after it.
    Requests(usize),
    /// Until this moment, in milliseconds since the epoch.
    Moment(u64),
}

impl HiddenWrites {
    /// Counts an incoming request, and forgets the writes that may be seen from now on.
    pub(super) fn count_request(&self, now_ms: u64) {
        self.writes().retain_mut(|write| match &mut write.end {
            HiddenUntil::Requests(0) => false,
            HiddenUntil::Requests(left) => {
                *left -= 1;
                true
            }
            HiddenUntil::Moment(end) => now_ms < *end,
        });
    }

    /// Hides a write from queries; `before` is the workspace without it.
    pub(super) fn hide(&self, before: Store, lag: Lag, now_ms: u64) {
        let end = match lag {
            Lag::Requests(0) => return,
            Lag::Requests(requests) => HiddenUntil::Requests(requests),
            Lag::For(time) => {
                let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                HiddenUntil::Moment(now_ms.saturating_add(time))
            }
        };
        self.writes().push_back(HiddenWrite { before, end });
    }

    /// Returns the workspace as queries see it; `None` when they see everything that was written.
    ///
    /// A write is hidden together with all writes after it, so that no query sees a later write without an earlier one.
    pub(super) fn seen_store(&self) -> Option<Store> {
        self.writes().front().map(|oldest| oldest.before.clone())
    }

    /// Lets queries see everything that was written so far.
    pub(super) fn show_all(&self) {
        self.writes().clear();
    }

    fn writes(&self) -> MutexGuard<'_, VecDeque<HiddenWrite>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What requests are sent on behalf of, and what they cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// What a request is sent on behalf of: it counts what is sent, and stops what is not sent yet.
#[derive(Clone, Debug, Default)]
pub struct Errand {
    account: Arc<Account>,
    /// Fires when the caller no longer wants the answer.
    pub cancel: CancellationToken,
}

/// What the exchanges with Linear have cost so far, retries included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Requests sent.
    pub requests: u32,
    /// Bytes of their bodies.
    pub bytes_sent: u64,
    /// Bytes of the bodies that came back, decompressed; of an answer that broke off, none.
    pub bytes_received: u64,
    /// Time spent on requests that only read, pauses before a retry included.
    pub reading: Duration,
    /// Time spent on requests that write, likewise.
    pub writing: Duration,
}

#[derive(Debug, Default)]
struct Account {
    requests: AtomicU32,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
    reading_us: AtomicU64,
    writing_us: AtomicU64,
}

impl Errand {
    /// An errand that `cancel` can stop.
    pub fn new(cancel: CancellationToken) -> Self {
        Self {
            account: Arc::default(),
            cancel,
        }
    }

    /// Requests sent so far, retries included.
    pub fn sent(&self) -> u32 {
        self.account.requests.load(Ordering::Relaxed)
    }

    /// What it has cost so far.
    pub fn cost(&self) -> Cost {
        let account = &self.account;
        let time = |us: &AtomicU64| Duration::from_micros(us.load(Ordering::Relaxed));
        Cost {
            requests: self.sent(),
            bytes_sent: account.bytes_sent.load(Ordering::Relaxed),
            bytes_received: account.bytes_received.load(Ordering::Relaxed),
            reading: time(&account.reading_us),
            writing: time(&account.writing_us),
        }
    }

    /// The same errand past the point of no return: what is sent on it is counted and no longer cancelled.
    #[must_use]
    pub fn committed(&self) -> Self {
        Self {
            account: Arc::clone(&self.account),
            cancel: CancellationToken::new(),
        }
    }

    /// Counts a request that goes out now.
    pub(super) fn sending(&self, bytes: usize) {
        self.account.requests.fetch_add(1, Ordering::Relaxed);
        add(&self.account.bytes_sent, bytes);
    }

    /// Takes back the last counted request: it never went out.
    pub(super) fn unsent(&self, bytes: usize) {
        self.account.requests.fetch_sub(1, Ordering::Relaxed);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.account.bytes_sent.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Counts an answer.
    pub(super) fn received(&self, bytes: usize) {
        add(&self.account.bytes_received, bytes);
    }

    /// Counts the time that a request took from its first sending to its outcome.
    pub(super) fn waited(&self, reading: bool, time: Duration) {
        let account = &self.account;
        let spent = if reading {
            &account.reading_us
        } else {
            &account.writing_us
        };
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        spent.fetch_add(us, Ordering::Relaxed);
    }
}

fn add(counter: &AtomicU64, bytes: usize) {
    counter.fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_never_went_out_costs_nothing() {
        let errand = Errand::default();
        errand.sending(100);
        errand.unsent(100);
        assert_eq!(errand.cost(), Cost::default());
    }

    #[test]
    fn what_is_committed_is_on_the_same_account() {
        let errand = Errand::default();
        errand.sending(100);
        errand.committed().sending(20);
        errand.committed().received(7);
        errand.waited(true, Duration::from_millis(3));
        errand.committed().waited(false, Duration::from_millis(4));
        let cost = Cost {
            requests: 2,
            bytes_sent: 120,
            bytes_received: 7,
            reading: Duration::from_millis(3),
            writing: Duration::from_millis(4),
        };
        assert_eq!(errand.cost(), cost);
    }
}

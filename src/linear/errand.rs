//! What requests are sent on behalf of, and what they cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// What a request is sent on behalf of: it counts what is sent, and stops what is not sent yet.
#[derive(Clone, Debug)]
pub struct Errand {
    /// Whose account it goes on: of several, each counts the request, and its share of the bytes.
    accounts: Vec<Arc<Account>>,
    /// How many requests went out on this very errand.
    sent: Arc<AtomicU32>,
    /// Fires when the caller no longer wants the answer.
    pub cancel: CancellationToken,
    /// Whether it finds out what a write did, which is sent even when nothing new is to be begun.
    settles: bool,
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

impl Default for Errand {
    fn default() -> Self {
        Self::new(CancellationToken::new())
    }
}

impl Errand {
    /// An errand that `cancel` can stop.
    pub fn new(cancel: CancellationToken) -> Self {
        Self {
            accounts: vec![Arc::default()],
            sent: Arc::default(),
            cancel,
            settles: false,
        }
    }

    /// An errand for all of these, which none of them can stop. An account that several share counts once.
    #[must_use]
    pub fn together<'e>(errands: impl IntoIterator<Item = &'e Self>) -> Self {
        let mut accounts: Vec<Arc<Account>> = Vec::new();
        let mut settles = false;
        for errand in errands {
            settles |= errand.settles;
            for account in &errand.accounts {
                if !accounts.iter().any(|known| Arc::ptr_eq(known, account)) {
                    accounts.push(Arc::clone(account));
                }
            }
        }
        Self {
            accounts,
            sent: Arc::default(),
            cancel: CancellationToken::new(),
            settles,
        }
    }

    /// What it has cost so far.
    pub fn cost(&self) -> Cost {
        self.accounts
            .first()
            .map(|account| account.cost())
            .unwrap_or_default()
    }

    /// The same errand past the point of no return: what is sent on it is counted and no longer cancelled, not even
    /// when nothing new is to be begun.
    #[must_use]
    pub fn committed(&self) -> Self {
        Self {
            settles: true,
            ..Self::together([self])
        }
    }

    /// Whether it finds out what a write did.
    pub(super) fn settles(&self) -> bool {
        self.settles
    }

    /// Counts a request that goes out now.
    pub(super) fn sending(&self, bytes: usize) {
        self.sent.fetch_add(1, Ordering::Relaxed);
        for (account, share) in self.shares(bytes) {
            account.requests.fetch_add(1, Ordering::Relaxed);
            account.bytes_sent.fetch_add(share, Ordering::Relaxed);
        }
    }

    /// Takes back the last counted request: it never went out.
    pub(super) fn unsent(&self, bytes: usize) {
        self.sent.fetch_sub(1, Ordering::Relaxed);
        for (account, share) in self.shares(bytes) {
            account.requests.fetch_sub(1, Ordering::Relaxed);
            account.bytes_sent.fetch_sub(share, Ordering::Relaxed);
        }
    }

    /// Counts an answer.
    pub(super) fn received(&self, bytes: usize) {
        for (account, share) in self.shares(bytes) {
            account.bytes_received.fetch_add(share, Ordering::Relaxed);
        }
    }

    /// Counts a request of somebody else's that is under way already and answers this one, too; one that is on the
    /// same account is counted there. Answers how many had gone out by then, this one included.
    pub(super) fn joining(&self, other: &Self) -> u32 {
        for account in self.apart_from(other) {
            account.requests.fetch_add(1, Ordering::Relaxed);
        }
        other.sent.load(Ordering::Relaxed).max(1)
    }

    /// Counts what went out for the other errand since this one joined it, when so many `had` gone out; a request that
    /// never went out is taken back.
    pub(super) fn joined(&self, other: &Self, had: u32) {
        let sent = other.sent.load(Ordering::Relaxed);
        for account in self.apart_from(other) {
            // One sum, which wraps where it goes down.
            account
                .requests
                .fetch_add(sent.wrapping_sub(had), Ordering::Relaxed);
        }
    }

    /// The accounts that are not on the other errand.
    fn apart_from(&self, other: &Self) -> impl Iterator<Item = &Arc<Account>> {
        let others = |account: &&Arc<Account>| {
            let mut theirs = other.accounts.iter();
            !theirs.any(|known| Arc::ptr_eq(known, account))
        };
        self.accounts.iter().filter(others)
    }

    /// The accounts, each with its share of so many bytes; all shares together are all bytes.
    fn shares(&self, bytes: usize) -> impl Iterator<Item = (&Account, u64)> {
        let number = self.accounts.len().max(1);
        let share = move |place: usize| bytes / number + usize::from(place < bytes % number);
        let accounts = self.accounts.iter().enumerate();
        accounts.map(move |(place, account)| {
            let bytes = u64::try_from(share(place)).unwrap_or(u64::MAX);
            (account.as_ref(), bytes)
        })
    }

    /// Counts the time that a request took from its first sending to its outcome.
    pub(super) fn waited(&self, reading: bool, time: Duration) {
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        for account in &self.accounts {
            let spent = if reading {
                &account.reading_us
            } else {
                &account.writing_us
            };
            spent.fetch_add(us, Ordering::Relaxed);
        }
    }
}

impl Account {
    fn cost(&self) -> Cost {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        Cost {
            requests: self.requests.load(Ordering::Relaxed),
            bytes_sent: count(&self.bytes_sent),
            bytes_received: count(&self.bytes_received),
            reading: Duration::from_micros(count(&self.reading_us)),
            writing: Duration::from_micros(count(&self.writing_us)),
        }
    }
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
    fn a_request_for_several_counts_for_each_and_its_bytes_are_shared() {
        let (one, two) = (Errand::default(), Errand::default());
        let all = Errand::together([&one, &two, &one.committed()]);
        all.sending(5);
        all.received(8);
        assert_eq!(one.cost().requests, 1);
        assert_eq!(two.cost().requests, 1);
        assert_eq!((one.cost().bytes_sent, two.cost().bytes_sent), (3, 2));
        assert_eq!(one.cost().bytes_received + two.cost().bytes_received, 8);
    }

    #[test]
    fn a_request_that_is_joined_counts_once_on_an_account() {
        let (one, two) = (Errand::default(), Errand::default());
        one.sending(5);
        let had = one.committed().joining(&one);
        assert_eq!(two.joining(&one), had);
        assert_eq!((one.cost().requests, two.cost().requests), (1, 1));
        one.sending(5);
        one.committed().joined(&one, had);
        two.joined(&one, had);
        assert_eq!((one.cost().requests, two.cost().requests), (2, 2));
    }

    #[test]
    fn a_request_that_is_joined_and_never_went_out_costs_nobody() {
        let (one, two) = (Errand::default(), Errand::default());
        one.sending(5);
        let had = two.joining(&one);
        one.unsent(5);
        two.joined(&one, had);
        assert_eq!((one.cost().requests, two.cost().requests), (0, 0));
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

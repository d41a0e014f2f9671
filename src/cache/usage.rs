//! Counts of how the session cache is used.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How one kind of entity has been used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Names, and whole lists, that the cache answered.
    pub hits: u64,
    /// Names, and whole lists, that Linear had to be asked for.
    pub misses: u64,
    /// Names, and whole lists, that were asked for without a look into the cache, because the caller wanted a fresh answer.
    pub refreshes: u64,
    /// Entities that are known.
    pub entries: u64,
    /// Scopes that are known whole.
    pub lists: u64,
    /// How long ago the oldest of those entities was kept, and the newest; none when there are none.
    pub ages: Option<(Duration, Duration)>,
}

impl Usage {
    /// Counts an entity that was kept so long ago.
    pub(super) fn add_entity(&mut self, age: Duration) {
        let (oldest, newest) = self.ages.unwrap_or((age, age));
        self.ages = Some((oldest.max(age), newest.min(age)));
        self.entries += 1;
    }
}

/// The outcome of a look-up in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheLookup {
    /// The cache answered.
    Hit,
    /// The cache had no answer, and Linear is asked.
    Miss,
    /// The cache was bypassed, because the caller wanted a fresh answer.
    Bypassed,
}

impl CacheLookup {
    /// The outcome where something was `found`, or the cache was `bypassed`.
    pub fn of(found: bool, bypassed: bool) -> Self {
        match (found, bypassed) {
            (true, _) => Self::Hit,
            (false, true) => Self::Bypassed,
            (false, false) => Self::Miss,
        }
    }
}

/// How often each outcome occurred.
#[derive(Debug, Default)]
pub(super) struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    refreshes: AtomicU64,
}

impl Counters {
    pub fn add(&self, look: CacheLookup, lookups: u64) {
        let counter = match look {
            CacheLookup::Hit => &self.hits,
            CacheLookup::Miss => &self.misses,
            CacheLookup::Bypassed => &self.refreshes,
        };
        counter.fetch_add(lookups, Ordering::Relaxed);
    }

    /// The counts so far, without the entries of the cache.
    pub fn read(&self) -> Usage {
        Usage {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            refreshes: self.refreshes.load(Ordering::Relaxed),
            ..Usage::default()
        }
    }
}

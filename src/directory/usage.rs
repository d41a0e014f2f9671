//! How the session cache is used.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How one kind of entity has been used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Names, and whole lists, that were answered from here.
    pub hits: u64,
    /// Names, and whole lists, that Linear had to be asked for.
    pub misses: u64,
    /// Names, and whole lists, for which nobody looked here, because a fresh answer was asked for.
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

/// What came of looking for something in the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It was answered from here.
    Hit,
    /// It was not, and Linear is asked.
    Miss,
    /// Nobody looked, because a fresh answer was asked for.
    Passed,
}

impl Look {
    /// What it is that something was `found`, or that the look was `passed` over.
    pub fn of(found: bool, passed: bool) -> Self {
        match (found, passed) {
            (true, _) => Self::Hit,
            (false, true) => Self::Passed,
            (false, false) => Self::Miss,
        }
    }
}

/// How often each came of it.
#[derive(Debug, Default)]
pub(super) struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    refreshes: AtomicU64,
}

impl Counters {
    pub fn add(&self, look: Look, lookups: u64) {
        let counter = match look {
            Look::Hit => &self.hits,
            Look::Miss => &self.misses,
            Look::Passed => &self.refreshes,
        };
        counter.fetch_add(lookups, Ordering::Relaxed);
    }

    /// What was counted so far, without what is known.
    pub fn read(&self) -> Usage {
        Usage {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            refreshes: self.refreshes.load(Ordering::Relaxed),
            ..Usage::default()
        }
    }
}

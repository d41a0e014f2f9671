//! What the operations of a session have cost (`contract.md`, "Metrics"), in memory that does not grow with their number.

mod histogram;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub use self::histogram::Histogram;
use crate::clock::Stopwatch;
use crate::error::Code;
use crate::linear::client::Cost;

/// What stands for all the names that are no operation's, and for requests that could not be read.
pub const UNKNOWN: &str = "(unknown)";

/// One operation that has ended, however it did.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Its own name; none when it was asked for by a name that no operation has.
    pub operation: Option<&'static str>,
    /// The code of its error, when it failed.
    pub failure: Option<Code>,
    /// From the reading of the request to the outcome.
    pub duration: Duration,
    /// What the exchanges with Linear cost.
    pub cost: Cost,
    /// Which look-ups the session cache answered.
    pub lookups: Lookups,
}

/// How look-ups in the session cache went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lookups {
    /// Names that were answered without asking Linear.
    pub hits: u64,
    /// Names that Linear had to be asked for.
    pub misses: u64,
}

impl Lookups {
    /// The share of hits, from 0 to 100; none without look-ups.
    pub fn hit_rate(self) -> Option<f64> {
        let all = self.hits + self.misses;
        #[expect(
            clippy::cast_precision_loss,
            reason = "counts of look-ups are far below 2^53"
        )]
        let share = self.hits as f64 * 100.0 / all as f64;
        (all > 0).then_some(share)
    }

    /// These and those.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            misses: self.misses + other.misses,
        }
    }
}

/// All that is known of the runs of one operation, or of all of them.
#[derive(Clone, Debug, Default)]
pub struct OperationStats {
    /// How many there were.
    pub count: u64,
    /// How long each took that could be read.
    pub durations: Histogram,
    /// How many failed with each code.
    pub errors: BTreeMap<Code, u64>,
    /// Requests sent to Linear, retries included.
    pub requests: u64,
    /// Bytes sent to Linear.
    pub bytes_sent: u64,
    /// Bytes received from Linear.
    pub bytes_received: u64,
    /// Bytes of the envelopes handed to the callers.
    pub bytes_returned: u64,
    /// Which look-ups the session cache answered.
    pub lookups: Lookups,
}

impl OperationStats {
    /// How many failed.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    fn end(&mut self, failure: Option<Code>) {
        self.count += 1;
        if let Some(code) = failure {
            *self.errors.entry(code).or_default() += 1;
        }
    }

    fn add(&mut self, run: &Run) {
        self.durations.add(run.duration);
        self.end(run.failure);
        self.requests += u64::from(run.cost.requests);
        self.bytes_sent += run.cost.bytes_sent;
        self.bytes_received += run.cost.bytes_received;
        self.lookups = self.lookups.plus(run.lookups);
    }
}

/// What was counted until a moment.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// Everything.
    pub all: OperationStats,
    /// By operation, in the order of their names; only those that were run.
    pub operations: BTreeMap<&'static str, OperationStats>,
}

/// What the operations of a session have cost so far. Its keys are names of the table and codes of the error table,
/// so nothing a caller sends makes it grow.
#[derive(Debug)]
pub struct Stats {
    reading: Mutex<Reading>,
    started: Stopwatch,
}

impl Default for Stats {
    fn default() -> Self {
        Self {
            reading: Mutex::default(),
            started: Stopwatch::start(),
        }
    }
}

impl Stats {
    /// Counts an operation that has ended.
    pub fn record(&self, run: &Run) {
        self.count(run.operation, |tally| tally.add(run));
    }

    /// Counts a request that could not be read; how long that took is not known.
    pub fn unread(&self, code: Code) {
        self.count(None, |tally| tally.end(Some(code)));
    }

    /// Counts the answer that a caller was handed, in bytes.
    pub fn returned(&self, operation: Option<&'static str>, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.count(operation, |tally| {
            tally.bytes_returned = tally.bytes_returned.saturating_add(bytes);
        });
    }

    /// What was counted so far.
    pub fn read(&self) -> Reading {
        self.lock().clone()
    }

    /// How long the session has lasted.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    fn count(&self, operation: Option<&'static str>, add: impl Fn(&mut OperationStats)) {
        let mut reading = self.lock();
        add(&mut reading.all);
        add(reading
            .operations
            .entry(operation.unwrap_or(UNKNOWN))
            .or_default());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Reading> {
        // A panic in here leaves at worst a figure that lacks one run.
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(operation: Option<&'static str>, failure: Option<Code>) -> Run {
        Run {
            operation,
            failure,
            duration: Duration::from_millis(2),
            cost: Cost {
                requests: 1,
                bytes_sent: 10,
                bytes_received: 100,
                ..Cost::default()
            },
            lookups: Lookups { hits: 3, misses: 1 },
        }
    }

    #[test]
    fn every_run_is_counted_for_its_operation_and_for_all() {
        let stats = Stats::default();
        stats.record(&run(Some("get_team"), None));
        stats.record(&run(Some("get_team"), Some(Code::TeamNotFound)));
        stats.record(&run(Some("get_issue"), Some(Code::TeamNotFound)));
        stats.returned(Some("get_team"), 7);
        let reading = stats.read();
        let team = &reading.operations["get_team"];
        assert_eq!(
            (team.durations.count(), team.failed(), team.requests),
            (2, 1, 2)
        );
        assert_eq!(
            (team.bytes_sent, team.bytes_received, team.bytes_returned),
            (20, 200, 7)
        );
        assert_eq!(reading.all.durations.count(), 3);
        assert_eq!(
            reading.all.errors,
            BTreeMap::from([(Code::TeamNotFound, 2)])
        );
        assert_eq!(reading.all.lookups.hit_rate(), Some(75.0));
        assert_eq!(reading.all.durations.total(), Duration::from_millis(6));
    }

    #[test]
    fn names_that_are_no_operations_share_one_row() {
        let stats = Stats::default();
        for _ in 0..1000 {
            stats.record(&run(None, Some(Code::UnknownOperation)));
        }
        stats.unread(Code::InvalidRequest);
        let reading = stats.read();
        assert_eq!(reading.operations.len(), 1);
        let unknown = &reading.operations[UNKNOWN];
        assert_eq!((unknown.count, unknown.failed()), (1001, 1001));
        assert_eq!(unknown.durations.count(), 1000);
    }

    #[test]
    fn without_look_ups_there_is_no_hit_rate() {
        assert_eq!(Lookups::default().hit_rate(), None);
    }
}

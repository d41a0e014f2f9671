//! Statistics of the operations of a session (`contract.md`, "Metrics"). Their size does not grow with the number of
//! operations.

mod histogram;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub use self::histogram::Histogram;
use crate::clock::Stopwatch;
use crate::error::Code;
use crate::linear::client::Cost;

/// The key under which the requests with an unknown operation and the requests that could not be read are counted.
pub const UNKNOWN: &str = "(unknown)";

/// One run of an operation that has ended, with success or with an error.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// The canonical name of the operation. `None` when the request had the name of an unknown operation.
    pub operation: Option<&'static str>,
    /// The code of the error, when the operation failed.
    pub failure: Option<Code>,
    /// The time from the reading of the request to the outcome.
    pub duration: Duration,
    /// The cost of the requests to Linear.
    pub cost: Cost,
    /// How many look-ups the session cache answered, and how many it did not.
    pub lookups: Lookups,
}

/// The number of look-ups that the session cache answered, and the number of look-ups that it did not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lookups {
    /// The look-ups that the cache answered.
    pub hits: u64,
    /// The look-ups that needed a query to Linear.
    pub misses: u64,
}

impl Lookups {
    /// Returns the share of hits in percent, from 0 to 100, or `None` if there were no look-ups.
    pub fn hit_rate(self) -> Option<f64> {
        let total = self.hits + self.misses;
        #[expect(
            clippy::cast_precision_loss,
            reason = "counts of look-ups are far below 2^53"
        )]
        let share = self.hits as f64 * 100.0 / total as f64;
        (total > 0).then_some(share)
    }

    /// Returns the sum of both counts.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            misses: self.misses + other.misses,
        }
    }
}

/// The statistics of the runs of one operation, or of all operations.
#[derive(Clone, Debug, Default)]
pub struct OperationStats {
    /// The number of runs.
    pub count: u64,
    /// The durations of the runs whose request could be read.
    pub durations: Histogram,
    /// The number of failed runs, by the code of the error.
    pub errors: BTreeMap<Code, u64>,
    /// The number of requests that were sent to Linear, retries included.
    pub requests: u64,
    /// The number of bytes that were sent to Linear.
    pub bytes_sent: u64,
    /// The number of bytes that were received from Linear.
    pub bytes_received: u64,
    /// The number of bytes in the envelopes that the callers received.
    pub bytes_returned: u64,
    /// How many look-ups the session cache answered, and how many it did not.
    pub lookups: Lookups,
}

impl OperationStats {
    /// Returns the number of failed runs.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Counts a run, without its duration and cost.
    fn count_run(&mut self, failure: Option<Code>) {
        self.count += 1;
        if let Some(code) = failure {
            *self.errors.entry(code).or_default() += 1;
        }
    }
}

/// A copy of the statistics at one moment.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The statistics of all operations together.
    pub all: OperationStats,
    /// The statistics of each operation that has run, in the order of their names.
    pub operations: BTreeMap<&'static str, OperationStats>,
}

/// The statistics of the operations of a session so far. The keys are names of operations and codes of errors, so no
/// request of a caller can make them grow without limit.
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
    /// Counts a run of an operation.
    pub fn record(&self, run: &Run) {
        self.update(run.operation, |stats| {
            stats.count_run(run.failure);
            stats.durations.add(run.duration);
            stats.requests += u64::from(run.cost.requests);
            stats.bytes_sent += run.cost.bytes_sent;
            stats.bytes_received += run.cost.bytes_received;
            stats.lookups = stats.lookups.plus(run.lookups);
        });
    }

    /// Counts a request that could not be read. No duration is counted for it.
    pub fn unread(&self, code: Code) {
        self.update(None, |stats| stats.count_run(Some(code)));
    }

    /// Counts the bytes of an answer that a caller received.
    pub fn returned(&self, operation: Option<&'static str>, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.update(operation, |stats| {
            stats.bytes_returned = stats.bytes_returned.saturating_add(bytes);
        });
    }

    /// Returns a copy of the present statistics.
    pub fn read(&self) -> Reading {
        self.lock().clone()
    }

    /// Returns how long the session has run.
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Updates the statistics of an operation and those of all operations.
    fn update(&self, operation: Option<&'static str>, update: impl Fn(&mut OperationStats)) {
        let mut reading = self.lock();
        update(&mut reading.all);
        update(
            reading
                .operations
                .entry(operation.unwrap_or(UNKNOWN))
                .or_default(),
        );
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Reading> {
        // A panic while this mutex is held leaves at worst statistics that lack one run.
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

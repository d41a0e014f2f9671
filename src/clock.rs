//! The source of the current time and of new ids, which tests can replace.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A source of the current time and of new ids. The session owns the clock in use.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> i64 + Send + Sync>,
    id: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Clock {
    /// Returns a clock with the system's time and random UUIDs.
    pub fn system() -> Self {
        Self::new(
            || Timestamp::now().as_millisecond(),
            || uuid::Uuid::new_v4().to_string(),
        )
    }

    /// Returns a clock with the given sources of time (milliseconds since the epoch) and ids (UUID v4).
    pub fn new(
        now: impl Fn() -> i64 + Send + Sync + 'static,
        id: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        Self {
            now: Arc::new(now),
            id: Arc::new(id),
        }
    }

    /// Returns the current time in milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        (self.now)()
    }

    /// Returns the current time.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms()).unwrap_or(Timestamp::MAX)
    }

    /// Returns the current day in UTC, as `YYYY-MM-DD`.
    pub fn today(&self) -> String {
        self.now().to_zoned(TimeZone::UTC).date().to_string()
    }

    /// Returns a new UUID v4 for an entity that is about to be created.
    pub fn new_id(&self) -> String {
        (self.id)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// A stopwatch, which measures durations by a monotonic clock. The system's clock may be changed in the meantime.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    start: Instant,
    /// The time that had already passed when the stopwatch was started.
    before: Duration,
}

impl Stopwatch {
    /// Returns a stopwatch that starts now.
    pub fn start() -> Self {
        Self::started_ago(Duration::ZERO)
    }

    /// Returns a stopwatch that already shows `before`.
    pub fn started_ago(before: Duration) -> Self {
        let start = Instant::now();
        Self { start, before }
    }

    /// Returns the time since the start.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed().saturating_add(self.before)
    }
}

/// The moment at which a time limit ends. Deadlines are ordered by this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    at: tokio::time::Instant,
    span: Duration,
}

impl Deadline {
    /// Returns a deadline that passes after this time.
    pub fn after(span: Duration) -> Self {
        let at = tokio::time::Instant::now() + span;
        Self { at, span }
    }

    /// Waits until the deadline has passed.
    pub async fn passed(self) {
        tokio::time::sleep_until(self.at).await;
    }

    /// Returns the remaining time, which is zero once the deadline has passed.
    pub fn left(self) -> Duration {
        self.at
            .saturating_duration_since(tokio::time::Instant::now())
    }

    /// Returns the whole time from setting the deadline to its passing.
    pub fn span(self) -> Duration {
        self.span
    }
}

//! The source of time and of new ids, so that a test can choose both.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The current time and new ids. The session owns the clock in use.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> i64 + Send + Sync>,
    id: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Clock {
    /// A clock with the system's time and random UUIDs.
    pub fn system() -> Self {
        Self::new(
            || jiff::Timestamp::now().as_millisecond(),
            || uuid::Uuid::new_v4().to_string(),
        )
    }

    /// A clock with the given sources of time (milliseconds since the epoch) and ids (UUID v4).
    pub fn new(
        now: impl Fn() -> i64 + Send + Sync + 'static,
        id: impl Fn() -> String + Send + Sync + 'static,
    ) -> Self {
        Self {
            now: Arc::new(now),
            id: Arc::new(id),
        }
    }

    /// The current time in milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        (self.now)()
    }

    /// A new UUID v4 for an entity that is about to be created.
    pub fn new_id(&self) -> String {
        (self.id)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Measures how long something takes. The system's clock would not do, because it may be set meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    start: Instant,
    /// The time that had already passed when the stopwatch was started.
    before: Duration,
}

impl Stopwatch {
    /// A stopwatch that starts now.
    pub fn start() -> Self {
        Self::started_ago(Duration::ZERO)
    }

    /// A stopwatch that started in the past.
    pub fn started_ago(before: Duration) -> Self {
        let start = Instant::now();
        Self { start, before }
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed().saturating_add(self.before)
    }
}

/// The moment until which something is waited for. Of two deadlines the later one is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    at: tokio::time::Instant,
    span: Duration,
}

impl Deadline {
    /// A deadline that passes after this time.
    pub fn after(span: Duration) -> Self {
        let at = tokio::time::Instant::now() + span;
        Self { at, span }
    }

    /// Waits until the deadline has passed.
    pub async fn passed(self) {
        tokio::time::sleep_until(self.at).await;
    }

    /// The remaining time; zero once the deadline has passed.
    pub fn left(self) -> Duration {
        self.at
            .saturating_duration_since(tokio::time::Instant::now())
    }

    /// The whole time from setting the deadline to its passing.
    pub fn span(self) -> Duration {
        self.span
    }
}

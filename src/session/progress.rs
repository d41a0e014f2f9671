//! What has become of an operation so far, for whoever has to tell when its answer is not heard.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::watch;

use crate::error::{Code, Error, Retry};
use crate::linear::client::{Stage, Step, Steps, Watch, Write};

/// What has become of an operation so far, and of each item if it is a batch.
#[derive(Debug, Default)]
pub struct Progress {
    number: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    operation: Option<String>,
    trace_id: Option<String>,
    /// What it has submitted for writing.
    writes: Vec<Watch>,
    end: Option<Fate>,
    /// Where it tells how far it is.
    steps: Steps,
    items: Vec<(usize, Arc<Progress>)>,
}

/// What has become of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It succeeded.
    Done,
    /// Everything that it has sent was executed; it had not ended.
    DoneAsSent,
    /// It failed, and nothing of it is in doubt.
    Failed(Code),
    /// Something of it may have been executed or not.
    Unknown,
    /// It has written nothing.
    NotBegun,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::DoneAsSent => f.write_str("done, as far as it was sent"),
            Self::Failed(code) => write!(f, "failed ({})", code.name()),
            Self::Unknown => f.write_str("unknown whether it was done"),
            Self::NotBegun => f.write_str("not begun"),
        }
    }
}

impl Progress {
    /// That of the request that came as number so many.
    pub fn of_request(number: u64) -> Self {
        Self {
            number,
            state: Mutex::default(),
        }
    }

    /// Where the request stands among all.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Has the operation tell how far it is, and returns what shows the latest that it told.
    pub fn follow(&self) -> watch::Receiver<Step> {
        let (steps, follower) = Steps::followed();
        self.state().steps = steps;
        follower
    }

    /// Where the operation tells how far it is.
    pub fn steps(&self) -> Steps {
        self.state().steps.clone()
    }

    /// Notes which operation it is, and under which id its caller traces it.
    pub fn name(&self, operation: &str, trace_id: Option<String>) {
        let mut state = self.state();
        state.operation = Some(operation.to_owned());
        state.trace_id = trace_id;
    }

    /// Adds an item of a batch, and returns its own progress.
    pub fn item(&self, index: usize, operation: &str) -> Arc<Self> {
        let item = Arc::new(Self::default());
        item.name(operation, None);
        self.state().items.push((index, Arc::clone(&item)));
        item
    }

    /// Notes what is submitted for writing.
    pub fn submit(&self, writes: &[Write]) {
        let watches = writes.iter().map(|write| write.watch.clone());
        self.state().writes.extend(watches);
    }

    /// Notes that the operation has ended, and how.
    pub fn end(&self, outcome: &Result<Value, Error>) {
        let mut state = self.state();
        state.end = Some(match outcome.as_ref().map_err(Error::code) {
            Ok(_) => Fate::Done,
            Err(code) if code.retry() == Retry::Check => Fate::Unknown,
            Err(Code::Cancelled) if state.written() == Fate::NotBegun => Fate::NotBegun,
            Err(code) => Fate::Failed(code),
        });
    }

    /// What has become of it.
    pub fn fate(&self) -> Fate {
        let state = self.state();
        state.end.unwrap_or_else(|| state.written())
    }

    /// Whether it, or an item of it, has written something or may have.
    pub fn has_written(&self) -> bool {
        let state = self.state();
        state.written() != Fate::NotBegun || state.items.iter().any(|(_, item)| item.has_written())
    }

    /// A line on what has become of it, or of each item of a batch. Nothing for what is no operation.
    pub fn lines(&self) -> Vec<String> {
        let state = self.state();
        let Some(operation) = &state.operation else {
            return Vec::new();
        };
        let trace_id = state.trace_id.as_ref();
        let trace_id = trace_id.map_or_else(String::new, |id| format!(" (trace_id: {id})"));
        if state.items.is_empty() {
            let fate = state.end.unwrap_or_else(|| state.written());
            return vec![format!("{operation}{trace_id}: {fate}")];
        }
        let items = state.items.iter().map(|(index, item)| {
            let own = item.state().operation.clone().unwrap_or_default();
            format!(
                "{operation}{trace_id}, item {index} ({own}): {}",
                item.fate()
            )
        });
        items.collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// What has become of the writes alone.
    fn written(&self) -> Fate {
        let is = |stage| self.writes.iter().any(|write| write.stage() == stage);
        match (is(Stage::Sent), is(Stage::Done)) {
            (true, _) => Fate::Unknown,
            (false, true) => Fate::DoneAsSent,
            (false, false) => Fate::NotBegun,
        }
    }
}

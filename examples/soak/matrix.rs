//! The example of every operation with every fault: at its first request, its first mutation and its second mutation,
//! once and three times in a row, with reads that see all writes and with reads that lag behind, in a new session and
//! in a session that has the names in its cache.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use linear_ops::cache::Cache;
use linear_ops::clock::Clock;
use linear_ops::effect::Allowed;
use linear_ops::engine::catalog::TABLE;
use linear_ops::engine::{self, Catalog};
use linear_ops::linear::client::{Client, RetryLimits};
use linear_ops::operation::Entry;
use linear_ops::request;
use linear_ops::sandbox::{Act, InProcess, Sandbox};
use linear_ops::session::Session;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::effect::{Effect, Snapshot};
use crate::faults;
use crate::table::{Table, ms};

/// The results of all cells. A cell is one operation with one fault in one setup.
#[derive(Default)]
pub struct Matrix {
    rows: BTreeMap<(usize, &'static str), Row>,
    cells: usize,
    slowest: Duration,
    /// A description of each cell whose answer was untrue.
    pub errors: Vec<String>,
}

/// The numbers of cells with one fault, by the outcome that their answers state.
#[derive(Default)]
struct Row {
    done: usize,
    partial: usize,
    failed: usize,
    unknown: usize,
    untrue: usize,
}

/// The point of an operation at which a fault is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FaultPoint {
    FirstRequest,
    FirstMutation,
    SecondMutation,
}

/// The setup of a cell.
#[derive(Clone, Copy, Debug)]
struct Setup {
    fault_point: FaultPoint,
    /// How many times in a row the fault occurs.
    times: usize,
    /// By how many reads the reads lag behind the writes.
    lag: usize,
    /// Whether the session has the names in its cache.
    warm: bool,
}

/// The outcome that an answer states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Everything was done.
    Done,
    /// The answer has warnings, or failed or unknown items.
    Partial,
    /// Nothing was done, except for labels that the error names.
    Failed,
    /// The answer states that it is not known what was done.
    Unknown,
}

/// The example of an operation, and its effect and answer without a fault.
struct Example {
    entry: &'static Entry,
    effect: Effect,
    data: Value,
    /// The number of requests to Linear.
    requests: usize,
}

/// Runs one of every `stride` cells, with the faults whose name contains `only`.
pub async fn run(stride: usize, only: &str) -> Matrix {
    let mut matrix = Matrix::default();
    let mut cell = 0;
    for entry in TABLE.iter() {
        let [cold, warm] = [
            run_example(entry, false).await,
            run_example(entry, true).await,
        ];
        for (number, (name, act)) in faults::of_requests()
            .into_iter()
            .chain(faults::of_mutations())
            .enumerate()
        {
            let is_request_fault = number < faults::of_requests().len();
            for setup in setups(is_request_fault, entry.spec.effect.writes()) {
                cell += 1;
                if cell % stride != 0 || !name.contains(only) {
                    continue;
                }
                let example = if setup.warm { &warm } else { &cold };
                // An operation that sends no request has no fault.
                if example.requests == 0 {
                    continue;
                }
                let begun = Instant::now();
                let outcome = example.run_with_fault(&act, setup).await;
                matrix.slowest = matrix.slowest.max(begun.elapsed());
                matrix.cells += 1;
                let row = matrix.rows.entry((number, name)).or_default();
                match outcome {
                    Ok(Outcome::Done) => row.done += 1,
                    Ok(Outcome::Partial) => row.partial += 1,
                    Ok(Outcome::Failed) => row.failed += 1,
                    Ok(Outcome::Unknown) => row.unknown += 1,
                    Err(reason) => {
                        row.untrue += 1;
                        let operation = entry.spec.name;
                        matrix
                            .errors
                            .push(format!("{operation}, {name}, {setup:?}: {reason}"));
                    }
                }
            }
        }
    }
    matrix
}

/// Returns the setups for a fault. A fault of mutations is not put at the first request, and an operation that only
/// reads has no mutation.
fn setups(is_request_fault: bool, writes: bool) -> Vec<Setup> {
    let mut setups = Vec::new();
    for fault_point in [
        FaultPoint::FirstRequest,
        FaultPoint::FirstMutation,
        FaultPoint::SecondMutation,
    ] {
        let is_possible = match fault_point {
            FaultPoint::FirstRequest => is_request_fault,
            FaultPoint::FirstMutation | FaultPoint::SecondMutation => writes,
        };
        for times in [1, 3] {
            for lag in [0, 3] {
                for warm in [false, true] {
                    if is_possible {
                        setups.push(Setup {
                            fault_point,
                            times,
                            lag,
                            warm,
                        });
                    }
                }
            }
        }
    }
    setups
}

/// Returns a stand-in with the standard workspace, and a session over it that allows all operations.
async fn new_session(entry: &Entry, warm: bool) -> (Sandbox, Session) {
    let sandbox = Sandbox::new();
    let clock = Clock::system();
    let soon = Duration::from_millis(1);
    let retry_limits = RetryLimits {
        pause: soon,
        max_wait: Duration::from_millis(20),
        looks: [soon; 3],
        ..RetryLimits::default()
    };
    let transport = Arc::new(InProcess::new(sandbox.clone()));
    let client = Client::new(transport, retry_limits, clock.clone());
    let cache = Cache::new(Duration::from_secs(600), 20_000);
    let session = Session::new(client, cache, clock, Allowed::Deleting);
    if warm {
        let mut request = request::read(entry.example, &Catalog);
        if let Ok(request) = &mut request
            && entry.spec.effect.writes()
        {
            request
                .params
                .insert("dry_run".to_owned(), Value::Bool(true));
        }
        engine::answer(&session, request, CancellationToken::new()).await;
    }
    (sandbox, session)
}

/// Runs the example of the operation, and returns the envelope of the answer.
async fn send_example(entry: &Entry, session: &Session) -> Result<Value, String> {
    let request = request::read(entry.example, &Catalog).map_err(|error| error.to_string())?;
    let envelope = engine::run(session, request, CancellationToken::new()).await;
    Ok(envelope.to_value())
}

/// Runs the example of an operation without a fault.
async fn run_example(entry: &'static Entry, warm: bool) -> Example {
    let (sandbox, session) = new_session(entry, warm).await;
    let before = Snapshot::of(&sandbox);
    let envelope = send_example(entry, &session).await.unwrap_or_default();
    Example {
        entry,
        effect: Snapshot::of(&sandbox).since(&before),
        data: envelope.get("data").cloned().unwrap_or_default(),
        requests: sandbox.requests().len(),
    }
}

impl Example {
    /// Runs the example with this fault, and returns the outcome that the answer states, or the reason why the answer
    /// is untrue.
    async fn run_with_fault(&self, act: &Act, setup: Setup) -> Result<Outcome, String> {
        let (sandbox, session) = new_session(self.entry, setup.warm).await;
        let before = Snapshot::of(&sandbox);
        if setup.lag > 0 {
            sandbox.script().reads_lag(setup.lag);
        }
        let put = |act: Act| match setup.fault_point {
            FaultPoint::FirstRequest => sandbox.script().next(act),
            FaultPoint::FirstMutation | FaultPoint::SecondMutation => {
                sandbox.script().next_for(Act::FIRST, act)
            }
        };
        if setup.fault_point == FaultPoint::SecondMutation {
            put(faults::no_fault());
        }
        for _ in 0..setup.times {
            put(act.clone());
        }
        let result = tokio::time::timeout(TIME_LIMIT, send_example(self.entry, &session)).await;
        let envelope = result.map_err(|_| "it was not answered".to_owned())??;
        let effect = Snapshot::of(&sandbox).since(&before);
        self.judge(&envelope, &effect)
            .map_err(|reason| format!("{reason}: {envelope}; done: {effect:?}"))
    }

    /// Compares the answer with the effect, and returns the outcome that the answer states, or the reason why it is
    /// untrue.
    fn judge(&self, envelope: &Value, effect: &Effect) -> Result<Outcome, &'static str> {
        if !effect.is_within(&self.effect) {
            return Err("more was done than asked for");
        }
        let at = |pointer: &str| envelope.pointer(pointer);
        if envelope.get("success") == Some(&Value::Bool(true)) {
            let is_partial = envelope.get("warnings").is_some()
                || ["/data/failed", "/data/unknown"]
                    .iter()
                    .any(|pointer| at(pointer).is_some_and(|count| *count != 0));
            let says_done = at("/warnings")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .any(|warning| warning.starts_with("it was done"));
            if says_done && *effect != self.effect {
                return Err("a warning says that it was done");
            }
            if is_partial {
                return Ok(Outcome::Partial);
            }
            if *effect != self.effect {
                return Err("it says that all was done");
            }
            if !self.entry.spec.effect.writes() && at("/data") != Some(&self.data) {
                return Err("it reads otherwise than without a fault");
            }
            return Ok(Outcome::Done);
        }
        if at("/error/code").and_then(Value::as_str) == Some("OUTCOME_UNKNOWN") {
            return Ok(Outcome::Unknown);
        }
        let (rest, labels) = effect.without_new_labels();
        let named_labels = at("/error/details/created_labels").and_then(Value::as_array);
        if !rest.is_none() || labels > named_labels.map_or(0, Vec::len) {
            return Err("it says that nothing was done");
        }
        Ok(Outcome::Failed)
    }
}

/// The time after which a call counts as not answered.
const TIME_LIMIT: Duration = Duration::from_secs(30);

impl Matrix {
    /// Returns the table of all results, with an introduction.
    pub fn report(&self) -> String {
        let mut table = Table::new(&[
            "fault",
            " done",
            " done, with a warning",
            " failed, nothing done",
            " unknown",
            " untrue",
        ]);
        for ((_, name), row) in &self.rows {
            let counts = [row.done, row.partial, row.failed, row.unknown, row.untrue];
            let counts = counts.map(|count| count.to_string());
            table.row(std::iter::once((*name).to_owned()).chain(counts));
        }
        let (cells, untrue, slowest) = (
            self.cells,
            self.errors.len(),
            ms(self.slowest.as_secs_f64() * 1000.0),
        );
        format!(
            "## Every operation against every fault\n\n\
             Each operation's example, with the fault at its first request, its first mutation or its second; once and \
             three times in a row;\nwith reads that keep up with writes and reads that lag; in a new session and in one \
             that knows the names. What an answer says\nis held against what the workspace has: nothing more than asked \
             for, all of it where it says done, nothing where it says failed\n(but for labels that the error names). \
             {cells} cells, {untrue} untrue; the slowest took {slowest} ms.\n\n{}",
            table.text()
        )
    }
}

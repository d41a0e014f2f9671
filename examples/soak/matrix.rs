//! Every operation's example against every fault: at its first request, its first mutation and its second, once and
//! three times in a row, with reads that keep up and reads that lag behind, in a session that knows nothing and in one
//! that knows the names.

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

use crate::effect::{Effect, State};
use crate::faults;
use crate::table::{Table, ms};

/// What came of all cells.
#[derive(Default)]
pub struct Matrix {
    rows: BTreeMap<(usize, &'static str), Row>,
    cells: usize,
    slowest: Duration,
    /// Every cell whose answer was untrue.
    pub wrong: Vec<String>,
}

/// The cells of one fault, by what their answers say.
#[derive(Default)]
struct Row {
    done: usize,
    partly: usize,
    failed: usize,
    unknown: usize,
    wrong: usize,
}

/// Where a fault is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    FirstRequest,
    FirstMutation,
    SecondMutation,
}

/// How a cell is played.
#[derive(Clone, Copy, Debug)]
struct How {
    place: Place,
    times: usize,
    lag: usize,
    warm: bool,
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// All of it was done.
    Done,
    /// It was done, with warnings or in part.
    Partly,
    /// Nothing was done, but for labels that are named.
    Failed,
    /// It is not known.
    Unknown,
}

/// What an operation's example does where nothing fails.
struct Example {
    entry: &'static Entry,
    effect: Effect,
    data: Value,
    /// How many requests it sends to Linear.
    requests: usize,
}

/// Plays one cell of so many, of the faults whose name has `only` in it.
pub async fn play(stride: usize, only: &str) -> Matrix {
    let mut matrix = Matrix::default();
    let mut cell = 0;
    for entry in TABLE.iter() {
        let [cold, warm] = [example(entry, false).await, example(entry, true).await];
        for (number, (name, act)) in faults::of_any()
            .into_iter()
            .chain(faults::of_mutations())
            .enumerate()
        {
            let is_of_any = number < faults::of_any().len();
            for how in ways(is_of_any, entry.spec.effect.writes()) {
                cell += 1;
                if cell % stride != 0 || !name.contains(only) {
                    continue;
                }
                let example = if how.warm { &warm } else { &cold };
                // What asks Linear for nothing meets no fault.
                if example.requests == 0 {
                    continue;
                }
                let begun = Instant::now();
                let judged = example.meets(&act, how).await;
                matrix.slowest = matrix.slowest.max(begun.elapsed());
                matrix.cells += 1;
                let row = matrix.rows.entry((number, name)).or_default();
                match judged {
                    Ok(Told::Done) => row.done += 1,
                    Ok(Told::Partly) => row.partly += 1,
                    Ok(Told::Failed) => row.failed += 1,
                    Ok(Told::Unknown) => row.unknown += 1,
                    Err(why) => {
                        row.wrong += 1;
                        let operation = entry.spec.name;
                        matrix
                            .wrong
                            .push(format!("{operation}, {name}, {how:?}: {why}"));
                    }
                }
            }
        }
    }
    matrix
}

/// The ways in which a fault is played. Reads have no mutation that could fail.
fn ways(is_of_any: bool, writes: bool) -> Vec<How> {
    let mut ways = Vec::new();
    for place in [
        Place::FirstRequest,
        Place::FirstMutation,
        Place::SecondMutation,
    ] {
        let is_met = match place {
            Place::FirstRequest => is_of_any,
            Place::FirstMutation | Place::SecondMutation => writes,
        };
        for times in [1, 3] {
            for lag in [0, 3] {
                for warm in [false, true] {
                    if is_met {
                        ways.push(How {
                            place,
                            times,
                            lag,
                            warm,
                        });
                    }
                }
            }
        }
    }
    ways
}

/// The same workspace each time, and a session over it that may do everything.
async fn world(entry: &Entry, warm: bool) -> (Sandbox, Session) {
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
        let mut asked = request::read(entry.example, &Catalog);
        if let Ok(asked) = &mut asked
            && entry.spec.effect.writes()
        {
            asked.params.insert("dry_run".to_owned(), Value::Bool(true));
        }
        engine::answer(&session, asked, CancellationToken::new()).await;
    }
    (sandbox, session)
}

/// The envelope of the operation's example.
async fn ask(entry: &Entry, session: &Session) -> Result<Value, String> {
    let asked = request::read(entry.example, &Catalog).map_err(|error| error.to_string())?;
    let envelope = engine::run(session, asked, CancellationToken::new()).await;
    Ok(envelope.to_value())
}

async fn example(entry: &'static Entry, warm: bool) -> Example {
    let (sandbox, session) = world(entry, warm).await;
    let before = State::of(&sandbox);
    let envelope = ask(entry, &session).await.unwrap_or_default();
    Example {
        entry,
        effect: State::of(&sandbox).since(&before),
        data: envelope.get("data").cloned().unwrap_or_default(),
        requests: sandbox.requests().len(),
    }
}

impl Example {
    /// What the example's answer says when this fault is met, or why that is untrue.
    async fn meets(&self, act: &Act, how: How) -> Result<Told, String> {
        let (sandbox, session) = world(self.entry, how.warm).await;
        let before = State::of(&sandbox);
        if how.lag > 0 {
            sandbox.script().reads_lag(how.lag);
        }
        let put = |act: Act| match how.place {
            Place::FirstRequest => sandbox.script().next(act),
            Place::FirstMutation | Place::SecondMutation => {
                sandbox.script().next_for(Act::FIRST, act)
            }
        };
        if how.place == Place::SecondMutation {
            put(faults::none());
        }
        for _ in 0..how.times {
            put(act.clone());
        }
        let answered = tokio::time::timeout(LONGEST, ask(self.entry, &session)).await;
        let envelope = answered.map_err(|_| "it was not answered".to_owned())??;
        let effect = State::of(&sandbox).since(&before);
        self.judge(&envelope, &effect)
            .map_err(|why| format!("{why}: {envelope}; done: {effect:?}"))
    }

    fn judge(&self, envelope: &Value, effect: &Effect) -> Result<Told, &'static str> {
        if !effect.is_within(&self.effect) {
            return Err("more was done than asked for");
        }
        let at = |pointer: &str| envelope.pointer(pointer);
        if envelope.get("success") == Some(&Value::Bool(true)) {
            let is_partly = envelope.get("warnings").is_some()
                || ["/data/failed", "/data/unknown"]
                    .iter()
                    .any(|of| at(of).is_some_and(|count| *count != 0));
            let says_done = at("/warnings")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .any(|warning| warning.starts_with("it was done"));
            if says_done && *effect != self.effect {
                return Err("a warning says that it was done");
            }
            if is_partly {
                return Ok(Told::Partly);
            }
            if *effect != self.effect {
                return Err("it says that all was done");
            }
            if !self.entry.spec.effect.writes() && at("/data") != Some(&self.data) {
                return Err("it reads otherwise than without a fault");
            }
            return Ok(Told::Done);
        }
        if at("/error/code").and_then(Value::as_str) == Some("OUTCOME_UNKNOWN") {
            return Ok(Told::Unknown);
        }
        let (rest, labels) = effect.without_new_labels();
        let told = at("/error/details/created_labels").and_then(Value::as_array);
        if !rest.is_none() || labels > told.map_or(0, Vec::len) {
            return Err("it says that nothing was done");
        }
        Ok(Told::Failed)
    }
}

/// No cell takes longer, unless a call is not answered.
const LONGEST: Duration = Duration::from_secs(30);

impl Matrix {
    /// The table for people.
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
            let counts = [row.done, row.partly, row.failed, row.unknown, row.wrong];
            let counts = counts.map(|count| count.to_string());
            table.row(std::iter::once((*name).to_owned()).chain(counts));
        }
        let (cells, wrong, slowest) = (
            self.cells,
            self.wrong.len(),
            ms(self.slowest.as_secs_f64() * 1000.0),
        );
        format!(
            "## Every operation against every fault\n\n\
             Each operation's example, with the fault at its first request, its first mutation or its second; once and \
             three times in a row;\nwith reads that keep up with writes and reads that lag; in a new session and in one \
             that knows the names. What an answer says\nis held against what the workspace has: nothing more than asked \
             for, all of it where it says done, nothing where it says failed\n(but for labels that the error names). \
             {cells} cells, {wrong} untrue; the slowest took {slowest} ms.\n\n{}",
            table.text()
        )
    }
}

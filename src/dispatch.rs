//! From a request to its envelope: look the operation up, decode its parameters, run it, time it, wrap it.

mod grammar;

use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::join_all;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

pub use self::grammar::Operations;
use crate::clock::Stopwatch;
use crate::envelope::Envelope;
pub use crate::envelope::Format;
use crate::error::{Code, Error};
use crate::linear::client::Errand;
use crate::meter::Run;
use crate::operation::{Effect, Entry};
use crate::operations;
pub use crate::operations::find;
use crate::operations::perform::{Asked, defect, hide_warnings, perform};
use crate::params::Shape;
use crate::request::Request;
use crate::resolve::stale;
use crate::session::{Caller, Cx, NewLabels, Origin, Progress, Report, Session};

/// An envelope as it is handed to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The envelope, in YAML unless another format was asked for.
    pub text: String,
    /// Whether the operation succeeded, be it with warnings.
    pub success: bool,
}

impl Answer {
    /// The envelope in YAML, written in at most so many characters.
    pub fn of(envelope: &Envelope, most: Option<usize>) -> Self {
        Self::in_format(envelope, Format::Yaml, most)
    }

    fn in_format(envelope: &Envelope, format: Format, most: Option<usize>) -> Self {
        Self {
            text: envelope.write(format, most),
            success: envelope.is_success(),
        }
    }
}

/// Runs what was read as a request, as [`run`] does, writes its envelope, and counts what is handed to the caller. What
/// could not be read as one is refused with the reason, counted and logged too.
pub async fn answer(
    session: &Session,
    request: Result<Request, Error>,
    cancel: CancellationToken,
) -> Answer {
    answer_followed(session, request, cancel, &Progress::default()).await
}

/// As [`answer`], with `progress` showing what has become of the request at any time; [`name`] says there what it is.
pub async fn answer_followed(
    session: &Session,
    request: Result<Request, Error>,
    cancel: CancellationToken,
    progress: &Progress,
) -> Answer {
    answer_in(session, request, cancel, progress, Format::Yaml).await
}

/// As [`answer_followed`], with the envelope in that format.
pub async fn answer_in(
    session: &Session,
    request: Result<Request, Error>,
    cancel: CancellationToken,
    progress: &Progress,
    format: Format,
) -> Answer {
    let operation = request.as_ref().ok().and_then(named);
    let envelope = match session.guards.check_settings().and(request) {
        Ok(request) => run_followed(session, request, cancel, progress).await,
        Err(error) => {
            session.meter.unread(error.code());
            tracing::info!(outcome = error.code().name(), "not run");
            refuse(session.guards.shown(error))
        }
    };
    let answer = Answer::in_format(&envelope, format, session.answer_chars);
    session.meter.returned(operation, answer.text.len());
    answer
}

/// Runs one request and answers its envelope; `cancel` stops what has not been sent yet, and so does the end of the time
/// that the session gives an operation. Never panics: a defect in an operation is answered as INTERNAL_ERROR. However it
/// ends, it is counted in the session's meter, and one line is logged: what was asked by whom, and what came of it, but no
/// parameter and no answer.
pub async fn run(session: &Session, request: Request, cancel: CancellationToken) -> Envelope {
    run_followed(session, request, cancel, &Progress::default()).await
}

async fn run_followed(
    session: &Session,
    request: Request,
    cancel: CancellationToken,
    progress: &Progress,
) -> Envelope {
    let watch = Stopwatch::start();
    let entry = find(&request.operation);
    let operation = entry.as_ref().ok().map(|entry| entry.spec.name);
    let span = span(session, operation, &request);
    let errand = Errand::new(cancel)
        .within(session.deadline)
        .telling(progress.steps());
    let report = Mutex::default();
    let origin = Origin {
        command: request.context.command.clone(),
        trace_id: request.context.trace_id.clone(),
        reads_only: request.reads_only,
    };
    let caller = Caller {
        errand: &errand,
        report: &report,
        progress,
        origin: &origin,
        slot: None,
        new_labels: &NewLabels::default(),
    };
    let work = attempt(session, entry, request, caller).instrument(span.clone());
    let outcome = AssertUnwindSafe(work).catch_unwind().await;
    let outcome = outcome.unwrap_or_else(|_| Err(defect()));
    progress.end(&outcome);
    let mut report: Report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    let run = Run {
        operation,
        failure: outcome.as_ref().err().map(Error::code),
        duration: watch.elapsed(),
        cost: errand.cost(),
        lookups: report.lookups,
    };
    session.meter.record(&run);
    span.in_scope(|| log(&run));
    report.requests = run.cost.requests;
    hide_warnings(session, &mut report);
    Envelope {
        cached: outcome.is_ok() && report.requests == 0,
        outcome: outcome.map_err(|error| session.guards.shown(error)),
        report,
        duration_ms: millis(run.duration),
    }
}

/// Looks up anew what operations have taken from the session cache past its usual age, and writes what is known then to
/// disk. The look-ups travel in one request where that has room for them. Does nothing where there is nothing to look up.
pub async fn refresh(session: &Session) {
    let outdated = session.outdated.take();
    if outdated.is_empty() {
        return;
    }
    // It may bring the same.
    session.warming.over().await;
    let errand = Errand::default().within(session.deadline);
    let caller = Caller {
        errand: &errand,
        report: &Mutex::default(),
        progress: &Progress::default(),
        origin: &Origin::default(),
        slot: None,
        new_labels: &NewLabels::default(),
    };
    // What went by old names writes, so that names are read as a write reads them; no look-up is counted.
    let cx = Cx::new(session, Effect::Change, Shape::default(), caller).trying();
    let lookups = outdated.iter().map(|lookup| stale::refresh(&cx, lookup));
    for changed in join_all(lookups).await {
        match changed {
            Ok(changed) => tracing::debug!(?changed, "names past the usual age are refreshed"),
            Err(failure) => tracing::debug!(%failure, "names past the usual age are not refreshed"),
        }
    }
    session.save().await;
}

/// Notes what a request asks for, where that is told of it when its answer is not heard.
pub fn name(session: &Session, progress: &Progress, request: &Request) {
    let start = |text: &str| session.guards.said(text);
    let operation = named(request).map_or_else(|| start(&request.operation), str::to_owned);
    let trace_id = request.context.trace_id.as_deref().map(start);
    progress.name(&operation, trace_id);
}

/// The own name of the operation that is asked for, if there is one.
fn named(request: &Request) -> Option<&'static str> {
    operations::get(&request.operation).map(|entry| entry.spec.name)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// What is logged of a request, with every line that is logged while it runs.
fn span(session: &Session, operation: Option<&str>, request: &Request) -> Span {
    let context = &request.context;
    let start = |text: &str| session.guards.said(text);
    tracing::info_span!(
        "request",
        operation = operation.map_or_else(|| start(&request.operation), str::to_owned),
        command = context.command.as_deref().map(&start),
        purpose = context.purpose.as_deref().map(&start),
        trace_id = context.trace_id.as_deref().map(&start),
    )
}

/// The metrics of `contract.md`, "Metrics". The three parts of the duration are what was measured: time in requests that read, in
/// requests that write, and the rest, which is this server's own work and its waiting for other writes.
fn log(run: &Run) {
    let outcome = run.failure.map_or("OK", Code::name);
    let cost = &run.cost;
    let own = run.duration.saturating_sub(cost.reading + cost.writing);
    let hit_rate = run.lookups.hit_rate();
    tracing::info!(
        outcome,
        requests = cost.requests,
        duration_ms = millis(run.duration),
        cache_hits = run.lookups.hits,
        cache_misses = run.lookups.misses,
        cache_hit_rate = hit_rate.map(|rate| format!("{rate:.0}%")),
        read_requests_ms = millis(cost.reading),
        write_requests_ms = millis(cost.writing),
        own_ms = millis(own),
        "answered"
    );
}

/// The envelope of a request that could not even be read.
pub fn refuse(error: Error) -> Envelope {
    Envelope {
        outcome: Err(error),
        report: Report::default(),
        cached: false,
        duration_ms: 0,
    }
}

async fn attempt(
    session: &Session,
    entry: Result<&'static Entry, Error>,
    request: Request,
    caller: Caller<'_>,
) -> Result<Value, Error> {
    caller.note(|report| report.reading.extend(request.warnings));
    let asked = Asked {
        params: request.params,
        refresh_cache: request.context.refresh_cache,
        dry_run: false,
    };
    perform(session, entry?, asked, caller).await
}

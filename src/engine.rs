//! From a request to its envelope.
//!
//! | module | what it does |
//! |---|---|
//! | [`catalog`] | the table of all operations, the look-up by name, and the toolsets |
//! | [`pipeline`] | the steps of every operation, from its parameters to its outcome |
//! | `entity_params` | checks on parameters that name entities, before the operation runs |
//! | `dry_run` | the plan that `dry_run: true` returns |
//! | `stale_retry` | the second run of a write that was refused because the session cache was out of date |
//! | [`batch`], [`help`], [`cache_status`] | the operations on this server itself |
//!
//! Within this module there is one circle: the catalog lists `batch`, and `batch` runs what the catalog lists.

pub mod batch;
pub mod cache_status;
pub mod catalog;
mod dry_run;
mod entity_params;
pub mod help;
pub mod pipeline;
mod stale_retry;

use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::join_all;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

pub use self::catalog::{Catalog, find};
use self::pipeline::{Invocation, execute, hide_warnings, panic_error};
use crate::clock::Stopwatch;
use crate::envelope::Envelope;
pub use crate::envelope::Format;
use crate::error::{Code, Error};
use crate::linear::client::RequestScope;
use crate::operation::Effect;
use crate::params::CommonParams;
use crate::request::Request;
use crate::resolve::stale;
use crate::session::{Caller, Context, NewLabels, Origin, Progress, Report, Session};
use crate::stats::Run;

/// An envelope as it is returned to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The envelope, in YAML unless another format was asked for.
    pub text: String,
    /// Whether the operation succeeded, with or without warnings.
    pub success: bool,
}

impl Answer {
    /// Writes an envelope as YAML, in at most `longest` characters.
    pub fn of(envelope: &Envelope, longest: Option<usize>) -> Self {
        Self::in_format(envelope, Format::Yaml, longest)
    }

    fn in_format(envelope: &Envelope, format: Format, longest: Option<usize>) -> Self {
        Self {
            text: envelope.write(format, longest),
            success: envelope.is_success(),
        }
    }
}

/// Runs a request as [`run`] does, writes its envelope as YAML, and counts the bytes returned to the caller. A request that
/// could not be read (`Err`) is refused with its error, which is counted and logged too.
pub async fn answer(
    session: &Session,
    request: Result<Request, Error>,
    cancel: CancellationToken,
) -> Answer {
    answer_followed(session, request, cancel, &Progress::default()).await
}

/// As [`answer`]; `progress` shows at any time the steps that the request has done so far, under the name that [`name`] sets.
pub async fn answer_followed(
    session: &Session,
    request: Result<Request, Error>,
    cancel: CancellationToken,
    progress: &Progress,
) -> Answer {
    answer_in(session, request, cancel, progress, Format::Yaml).await
}

/// As [`answer_followed`], with the envelope in the given format.
pub async fn answer_in(
    session: &Session,
    request: Result<Request, Error>,
    cancel: CancellationToken,
    progress: &Progress,
    format: Format,
) -> Answer {
    let operation = request.as_ref().ok().and_then(operation_name);
    let envelope = match session.guards.check_settings().and(request) {
        Ok(request) => run_followed(session, request, cancel, progress).await,
        Err(error) => {
            session.stats.unread(error.code());
            tracing::info!(outcome = error.code().name(), "not run");
            refuse(session.guards.shown(error))
        }
    };
    let answer = Answer::in_format(&envelope, format, session.answer_chars);
    session.stats.returned(operation, answer.text.len());
    answer
}

/// Runs one request and returns its envelope. `cancel`, and the session's deadline for an operation, stop requests to Linear
/// that are not sent yet. Never panics: a panic in an operation becomes INTERNAL_ERROR. However the request ends, it is counted
/// in the session's statistics, and one line is logged with the operation, the caller and the outcome, but no parameter and no
/// result.
pub async fn run(session: &Session, request: Request, cancel: CancellationToken) -> Envelope {
    run_followed(session, request, cancel, &Progress::default()).await
}

/// As [`run`]; `progress` shows at any time the steps that the request has done so far.
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
    let request_scope = RequestScope::new(cancel)
        .within(session.deadline)
        .telling(progress.steps());
    let report = Mutex::default();
    let origin = Origin {
        command: request.context.command.clone(),
        trace_id: request.context.trace_id.clone(),
        reads_only: request.reads_only,
    };
    let caller = Caller {
        request_scope: &request_scope,
        report: &report,
        progress,
        origin: &origin,
        slot: None,
        new_labels: &NewLabels::default(),
    };
    caller.note(|report| report.reading.extend(request.warnings));
    let invocation = Invocation {
        params: request.params,
        refresh_cache: request.context.refresh_cache,
        dry_run: false,
        defaults: session.answer_defaults,
    };
    // The future is large. On the heap, it takes no stack where the futures that contain it are moved.
    let operation_run = Box::pin(async { execute(session, entry?, invocation, caller).await });
    let operation_run = operation_run.instrument(span.clone());
    let outcome = AssertUnwindSafe(operation_run).catch_unwind().await;
    let outcome = outcome.unwrap_or_else(|_| Err(panic_error()));
    progress.end(&outcome);
    let mut report: Report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    let run = Run {
        operation,
        failure: outcome.as_ref().err().map(Error::code),
        duration: watch.elapsed(),
        cost: request_scope.cost(),
        lookups: report.lookups,
    };
    session.stats.record(&run);
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

/// Looks up again the names that operations took from the session cache although they were past the usual age, and writes the
/// cache to disk. The look-ups are merged into one request as far as they fit. Does nothing where no such name was used.
pub async fn refresh(session: &Session) {
    let outdated = session.outdated.take();
    if outdated.is_empty() {
        return;
    }
    // A running prefetch may bring the same names.
    session.prefetch_state.over().await;
    let request_scope = RequestScope::default().within(session.deadline);
    let caller = Caller {
        request_scope: &request_scope,
        report: &Mutex::default(),
        progress: &Progress::default(),
        origin: &Origin::default(),
        slot: None,
        new_labels: &NewLabels::default(),
    };
    // Only writes use names past the usual age, so the names are matched as strictly as for a write. No look-up is counted.
    let cx = Context::new(session, Effect::Change, CommonParams::default(), caller).trying();
    let lookups = outdated.iter().map(|lookup| stale::refresh(&cx, lookup));
    for changed in join_all(lookups).await {
        match changed {
            Ok(changed) => tracing::debug!(?changed, "names past the usual age are refreshed"),
            Err(failure) => tracing::debug!(%failure, "names past the usual age are not refreshed"),
        }
    }
    session.save().await;
}

/// Adds the name of the operation and the trace id to a request's progress. They identify the request in the report about
/// requests whose envelopes nobody received.
pub fn name(session: &Session, progress: &Progress, request: &Request) {
    let shortened = |text: &str| session.guards.said(text);
    let operation =
        operation_name(request).map_or_else(|| shortened(&request.operation), str::to_owned);
    let trace_id = request.context.trace_id.as_deref().map(shortened);
    progress.name(&operation, trace_id);
}

/// Returns the canonical name of the requested operation, if it exists.
fn operation_name(request: &Request) -> Option<&'static str> {
    catalog::get(&request.operation).map(|entry| entry.spec.name)
}

/// Returns a duration in whole milliseconds.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Returns the span of a request, whose fields are logged with every line while it runs.
fn span(session: &Session, operation: Option<&str>, request: &Request) -> Span {
    let context = &request.context;
    let shortened = |text: &str| session.guards.said(text);
    tracing::info_span!(
        "request",
        operation = operation.map_or_else(|| shortened(&request.operation), str::to_owned),
        command = context.command.as_deref().map(&shortened),
        purpose = context.purpose.as_deref().map(&shortened),
        trace_id = context.trace_id.as_deref().map(&shortened),
    )
}

/// Logs the metrics of `contract.md`, "Metrics". The duration has three measured parts: the time in requests that read, the time
/// in requests that write, and the rest, which is this server's own work and its waiting for other writes.
fn log(run: &Run) {
    let outcome = run.failure.map_or("OK", Code::name);
    let cost = &run.cost;
    let own_time = run.duration.saturating_sub(cost.reading + cost.writing);
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
        own_ms = millis(own_time),
        "answered"
    );
}

/// Returns the envelope of a request that was not run.
pub fn refuse(error: Error) -> Envelope {
    Envelope {
        outcome: Err(error),
        report: Report::default(),
        cached: false,
        duration_ms: 0,
    }
}

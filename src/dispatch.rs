//! From a request to its envelope: look the operation up, decode its parameters, run it, time it, wrap it.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures::FutureExt as _;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

use crate::effect::{Allowed, Effect};
use crate::envelope::Envelope;
use crate::error::{Code, Error};
use crate::linear::client::Errand;
use crate::operation::{Entry, Spec};
use crate::operations;
use crate::request::Request;
use crate::session::{Cx, Report, Session};
use crate::text::nearest;

/// How much of what a request says about itself is logged, in characters each.
const LOGGED: usize = 120;

/// Runs one request and answers its envelope; `cancel` stops what has not been sent yet. Never panics: a defect in
/// an operation is answered as INTERNAL_ERROR. One line is logged: what was asked by whom, and what came of it, but no
/// parameter and no answer.
pub async fn run(session: &Session, request: Request, cancel: CancellationToken) -> Envelope {
    let started = Instant::now();
    let span = span(&request);
    let errand = Errand::new(cancel);
    let mut report = Report::default();
    let work = attempt(session, request, &errand, &mut report).instrument(span.clone());
    let outcome = match AssertUnwindSafe(work).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::new(
            Code::InternalError,
            "This server failed at its own work; what was sent before is counted in metadata.mcp_calls",
        )
        .suggest("Check whether the change was made before repeating it")),
    };
    report.requests = errand.sent();
    let envelope = Envelope {
        cached: outcome.is_ok() && report.requests == 0,
        outcome,
        report,
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    span.in_scope(|| log(&envelope));
    envelope
}

/// What is logged of a request, with every line that is logged while it runs.
fn span(request: &Request) -> Span {
    let context = &request.context;
    tracing::info_span!(
        "request",
        operation = start(&request.operation),
        command = context.command.as_deref().map(start),
        purpose = context.purpose.as_deref().map(start),
        trace_id = context.trace_id.as_deref().map(start),
    )
}

fn start(text: &str) -> &str {
    let end = text.char_indices().nth(LOGGED).map(|(end, _)| end);
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

fn log(envelope: &Envelope) {
    let outcome = match &envelope.outcome {
        Ok(_) => "OK",
        Err(error) => error.code().name(),
    };
    let (requests, duration_ms) = (envelope.report.requests, envelope.duration_ms);
    tracing::info!(outcome, requests, duration_ms, "answered");
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
    request: Request,
    errand: &Errand,
    report: &mut Report,
) -> Result<Value, Error> {
    report.warnings = request.warnings;
    let entry = find(&request.operation)?;
    if !session.allowed.permits(entry.spec.effect) {
        return Err(forbidden(session.allowed, &entry.spec));
    }
    let (mut params, warnings) = entry.signature().canonical(&entry.spec, request.params)?;
    report.warnings.extend(warnings);
    let mut shape = entry.signature().shared(&mut params)?;
    shape.refresh_cache |= request.context.refresh_cache;
    let cx = Cx::new(session, shape, errand.clone());
    let outcome = entry.run(params, &cx).await;
    let warnings = std::mem::take(&mut report.warnings);
    *report = cx.report();
    report.warnings.splice(0..0, warnings);
    outcome
}

/// The error for an operation that the server's starter did not allow.
fn forbidden(allowed: Allowed, spec: &Spec) -> Error {
    let name = spec.name;
    if allowed != Allowed::Reading && spec.effect == Effect::Delete {
        let message = format!("'{name}' deletes, and this server was not told to allow that");
        return Error::new(Code::ConfigError, message)
            .detail("setting", "LINEAR_OPS_ALLOW_DESTRUCTIVE")
            .suggest("Use archive_issue instead: what is archived can be brought back")
            .suggest("Set LINEAR_OPS_ALLOW_DESTRUCTIVE=1 in the `env` of this server's entry in .mcp.json, then restart it");
    }
    let message = format!("'{name}' writes, and this server was started with --read-only");
    Error::new(Code::ReadOnly, message)
        .suggest("Start the server without --read-only and without LINEAR_OPS_READ_ONLY")
}

/// The operation of that name or alias.
///
/// # Errors
/// UNKNOWN_OPERATION with the nearest names.
pub fn find(name: &str) -> Result<&'static Entry, Error> {
    let wanted = name.trim();
    let known = |entry: &&Entry| entry.spec.name == wanted || entry.spec.aliases.contains(&wanted);
    operations::TABLE.iter().find(known).ok_or_else(|| {
        let names: Vec<&str> = operations::TABLE
            .iter()
            .map(|entry| entry.spec.name)
            .collect();
        let mut error = Error::new(
            Code::UnknownOperation,
            format!("There is no operation '{wanted}'"),
        )
        .detail("input", wanted);
        for near in nearest::nearest(wanted, &names, 3) {
            error = error.suggest(format!("Use '{near}'"));
        }
        if error.suggestions().is_empty() {
            error = error.suggest("Use one of the available_operations above");
        }
        error.detail("available_operations", names)
    })
}

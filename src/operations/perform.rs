//! From an operation's name and parameters to its outcome: find it, see whether it is allowed, decode, run.

mod plan;

use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use super::find;
use crate::effect::{Allowed, Effect};
use crate::error::{Code, Error};
use crate::linear::client::Errand;
use crate::operation::{Entry, Spec};
use crate::session::{Cx, Rehearsal, Report, Session};

/// An operation that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Its name, or another by which callers ask for it.
    pub operation: String,
    /// Its parameters as the caller wrote them.
    pub params: Map<String, Value>,
    /// Whether the session cache is not to be believed, whatever the parameters say.
    pub refresh_cache: bool,
    /// Whether nothing is to be written, whatever the parameters say.
    pub dry_run: bool,
}

/// Runs the operation that is asked for; what it does is added to `report`.
///
/// # Errors
/// UNKNOWN_OPERATION, READ_ONLY, CONFIG_ERROR, that of parameters that cannot be used, or the operation's own.
pub async fn perform(
    session: &Session,
    asked: Asked,
    errand: &Errand,
    report: &Mutex<Report>,
) -> Result<Value, Error> {
    let entry = find(&asked.operation)?;
    if !session.allowed.permits(entry.spec.effect) {
        return Err(forbidden(session.allowed, &entry.spec));
    }
    let (mut params, warnings) = entry.signature().canonical(&entry.spec, asked.params)?;
    report
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .warnings
        .extend(warnings);
    let mut shape = entry.signature().shared(&mut params)?;
    shape.refresh_cache |= asked.refresh_cache;
    shape.dry_run |= asked.dry_run;
    let rehearses = shape.dry_run && entry.spec.effect != Effect::Composite;
    let cx = Cx::new(session, shape, errand.clone(), report);
    if rehearses {
        rehearse(entry, params, cx).await
    } else {
        entry.run(params, &cx).await
    }
}

/// Runs an operation up to its first mutation, and answers what it would send; one that has nothing to send answers as
/// usual. Operations that read go through, since there is nothing in them to hold back.
async fn rehearse(entry: &Entry, params: Map<String, Value>, cx: Cx<'_>) -> Result<Value, Error> {
    let rehearsal = Rehearsal::default();
    let outcome = {
        let cx = cx.clone().rehearsing(&rehearsal);
        tokio::select! {
            biased;
            outcome = entry.run(params, &cx) => Some(outcome),
            () = rehearsal.planned() => None,
        }
    };
    match outcome {
        Some(outcome) => outcome,
        None => Ok(plan::answer(&cx, &rehearsal.into_record())),
    }
}

/// The error of an operation that panicked.
pub fn defect() -> Error {
    Error::new(
        Code::InternalError,
        "This server failed at its own work; what was sent before is counted in metadata.mcp_calls",
    )
    .suggest("Check whether the change was made before repeating it")
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

//! From an operation's name and parameters to its outcome: find it, see whether it is allowed, decode, run, and once
//! more where it went by what the session remembered wrongly.

mod heal;

use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use super::find;
use crate::effect::{Allowed, Effect};
use crate::error::{Code, Error};
use crate::linear::client::Errand;
use crate::operation::Spec;
use crate::session::{Cx, Report, Session};

/// An operation that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Its name, or another by which callers ask for it.
    pub operation: String,
    /// Its parameters as the caller wrote them.
    pub params: Map<String, Value>,
    /// Whether the session cache is not to be believed, whatever the parameters say.
    pub refresh_cache: bool,
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
    let cx = Cx::new(session, shape, errand.clone(), report);
    if entry.spec.effect == Effect::Read {
        entry.run(params, &cx).await
    } else {
        heal::run(entry, params, &cx).await
    }
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

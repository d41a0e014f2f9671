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
use crate::session::{Berth, Cx, Report, Session};

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

/// Runs the operation that is asked for; what it does is added to `report`. With a `berth`, its
/// writes travel with those of others.
///
/// # Errors
/// UNKNOWN_OPERATION, READ_ONLY, CONFIG_ERROR, that of parameters that cannot be used, or the operation's own.
pub async fn perform(
    session: &Session,
    asked: Asked,
    errand: &Errand,
    report: &Mutex<Report>,
    berth: Option<&Berth>,
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
    let cx = Cx::new(session, shape, errand.clone(), report, berth);
    let outcome = if entry.spec.effect == Effect::Read {
        entry.run(params.clone(), &cx).await
    } else {
        heal::run(entry, &params, &cx).await
    };
    outcome.map_err(|error| located(error, &params))
}

/// The error of an ambiguous name with the parameter in which it stands, where that is one alone.
fn located(error: Error, params: &Map<String, Value>) -> Error {
    let details = error.details();
    let input = details.get("input").and_then(Value::as_str);
    let (Code::AmbiguousIdentifier, Some(input), None) =
        (error.code(), input, details.get("param"))
    else {
        return error;
    };
    let mut with = params.iter().filter(|(_, value)| names(value, input));
    match (with.next(), with.next()) {
        (Some((param, _)), None) => error.detail("param", param.as_str()),
        _ => error,
    }
}

/// Whether a parameter's value is that name, or a list with it: of names, or of objects that have one.
fn names(value: &Value, input: &str) -> bool {
    match value {
        Value::String(text) => text.trim() == input.trim(),
        Value::Array(items) => items.iter().any(|item| names(item, input)),
        Value::Object(object) => object.get("name").is_some_and(|name| names(name, input)),
        _ => false,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The parameter that an error about the name `john` is said to come from.
    fn param(code: Code, params: Value) -> Option<String> {
        let Value::Object(params) = params else {
            return None;
        };
        let error = Error::new(code, "Who?").detail("input", "john");
        let located = located(error, &params);
        let param = located.details().get("param").and_then(Value::as_str);
        param.map(str::to_owned)
    }

    #[test]
    fn an_ambiguous_name_is_located_where_it_stands() {
        let located = |params| param(Code::AmbiguousIdentifier, params);
        for value in [
            json!(" john "),
            json!(["jane", "john"]),
            json!([{"name": "john", "color": "#123456"}]),
        ] {
            let params = json!({"title": "John's work", "wanted": value, "limit": 5});
            assert_eq!(located(params).as_deref(), Some("wanted"));
        }
        assert_eq!(located(json!({"lead": "john", "members": ["john"]})), None);
        assert_eq!(located(json!({"lead": "jane"})), None);
        let found = param(Code::UserNotFound, json!({"lead": "john"}));
        assert_eq!(found, None);
    }
}

//! From an operation's name and parameters to its outcome: find it, see whether it is allowed, decode, run, and once
//! more where it went by what the session remembered wrongly.

mod addresses;
mod claims;
mod issues;

use serde_json::{Map, Value};

use super::catalog::TABLE;
use super::{dry_run, stale_retry};
use crate::directory::fold;
use crate::error::{Code, Error};
use crate::linear::failure::nothing_written;
use crate::operation::{Entry, Shared};
use crate::resolve::issue::IssueRef;
use crate::resolve::places;
use crate::session::{Caller, Cx, Rehearsal, Report, Session};
use crate::text::secret::Leak;

/// How an operation is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Invocation {
    /// Its parameters as the caller wrote them.
    pub params: Map<String, Value>,
    /// Whether the session cache is not to be believed, whatever the parameters say.
    pub refresh_cache: bool,
    /// Whether nothing is to be written, whatever the parameters say.
    pub dry_run: bool,
}

/// Runs that operation for a caller, in whose report it notes what it does.
///
/// # Errors
/// NOT_ALLOWED, READ_ONLY, CONFIG_ERROR, that of parameters that cannot be used or of an address in them, or the
/// operation's own.
pub async fn execute(
    session: &Session,
    entry: &Entry,
    invocation: Invocation,
    caller: Caller<'_>,
) -> Result<Value, Error> {
    let outcome = attempt(session, entry, invocation, caller).await;
    caller.note(|report| hide_warnings(session, report));
    outcome.map_err(|error| session.guards.shown(error))
}

/// Hides what must not be shown in warnings: they may repeat what a caller sent.
pub fn hide_warnings(session: &Session, report: &mut Report) {
    for warning in report.reading.iter_mut().chain(&mut report.warnings) {
        *warning = session.guards.secrets.hide(warning);
    }
}

async fn attempt(
    session: &Session,
    entry: &Entry,
    invocation: Invocation,
    caller: Caller<'_>,
) -> Result<Value, Error> {
    let (name, effect) = (entry.spec.name, entry.spec.effect);
    session.guards.check(name, effect, caller.origin)?;
    let signature = entry.signature();
    let (mut params, warnings) =
        signature.canonical(&entry.spec, invocation.params, session.list_items)?;
    caller.note(|report| report.reading.extend(warnings));
    let mut shape = signature.shared(&mut params)?;
    shape.refresh_cache |= invocation.refresh_cache;
    shape.dry_run |= invocation.dry_run;
    if shape.refresh_cache {
        session.client.doubt();
    }
    if effect.writes_itself() {
        check_texts(session, entry, &params)?;
    }
    let rehearses = shape.dry_run && effect.writes();
    let addressed = addresses::read(entry, &mut params)?;
    let claims = claims::read(entry, &params);
    // An address or the name of a branch has words of the title in it.
    let issue = params.get("issue_id").and_then(Value::as_str);
    let issue = issue.and_then(|text| IssueRef::parse("issue_id", text).ok());
    let issue = issue.map(|issue| issue.id());
    let cx = Cx::new(session, effect, shape, caller)
        .named(name, issue)
        .given(addressed, claims);
    let checked = async {
        cx.check_addresses().await?;
        issues::check(entry, &params, &cx).await?;
        if effect.writes_itself() {
            places::pin(&cx).await?;
        }
        Ok(())
    };
    checked.await.map_err(|error| unwritten(error, &cx))?;
    let outcome = if rehearses {
        rehearse(entry, params.clone(), &cx).await
    } else if effect.writes() {
        stale_retry::run(entry, &params, &cx).await
    } else {
        entry.run(params.clone(), &cx).await
    };
    caller.note(|report| {
        report.warnings.extend(cx.taken.take());
        report.outline.reader = reader(entry);
        report.outline.reads_itself = report.outline.reader == Some(name);
    });
    let outcome = match cx.refused() {
        Some(refusal) => Err(refusal),
        None => outcome.map_err(|error| unwritten(located(error, &params), &cx)),
    };
    cx.record(&outcome).await;
    outcome
}

/// The operation that reads on a long text of what an operation returns: the one of its category that takes
/// `text_offset`.
fn reader(entry: &Entry) -> Option<&'static str> {
    let mut own = TABLE.iter().filter(|row| row.category == entry.category);
    own.find(|row| row.spec.shared.contains(&Shared::TextOffset))
        .map(|row| row.spec.name)
}

/// Checks the texts that an operation would write: none is emptied that cannot be brought back unless that is allowed,
/// and none holds a key of Linear's or a link with a password. The error names the parameter, and repeats nothing of it.
///
/// # Errors
/// CONFIG_ERROR and INVALID_PARAM.
fn check_texts(session: &Session, entry: &Entry, params: &Map<String, Value>) -> Result<(), Error> {
    for (param, value) in params {
        let field = entry.signature().field(param);
        if field.is_some_and(|field| field.irreplaceable) && is_blank(value) {
            session.guards.check_emptying(entry.spec.name, param)?;
        }
        let (what, instead) = match leak(session, value) {
            None => continue,
            Some(Leak::Key) => (
                "what looks like an API key or token of Linear",
                "Leave the key out: what is written in Linear is read by others, and a key that was shown has to be revoked",
            ),
            Some(Leak::Password) => (
                "a link with a password in it",
                "Give the link without user name and password",
            ),
        };
        let message = format!("'{param}' holds {what}, which is not written and not repeated here");
        return Err(Error::new(Code::InvalidParam, message)
            .detail("param", param.as_str())
            .suggest(instead));
    }
    Ok(())
}

/// What must not be written in a value, at any depth.
fn leak(session: &Session, value: &Value) -> Option<Leak> {
    match value {
        Value::String(text) => session.guards.secrets.leak(text),
        Value::Array(items) => items.iter().find_map(|item| leak(session, item)),
        Value::Object(fields) => fields.values().find_map(|value| leak(session, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Whether nothing is to be seen of a text.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => fold(text).is_empty(),
        _ => false,
    }
}

/// The error of an operation, which says that nothing was written where that is so and may be invocation. The items of a batch
/// each say it for themselves.
fn unwritten(error: Error, cx: &Cx<'_>) -> Error {
    if cx.effect.writes_itself() && !cx.has_written() {
        nothing_written(error)
    } else {
        error
    }
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

/// Runs an operation up to its first mutation, and answers what it would send; one that has nothing to send answers as
/// usual. Operations that read go through, since there is nothing in them to hold back.
async fn rehearse(entry: &Entry, params: Map<String, Value>, cx: &Cx<'_>) -> Result<Value, Error> {
    let rehearsal = Rehearsal::default();
    let outcome = {
        let cx = cx.rehearsing(&rehearsal);
        tokio::select! {
            biased;
            outcome = entry.run(params, &cx) => Some(outcome),
            () = rehearsal.planned() => None,
        }
    };
    match outcome {
        Some(outcome) => outcome,
        None => Ok(dry_run::answer(cx, &rehearsal.into_record())),
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

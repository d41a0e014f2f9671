//! The steps from an operation and its parameters to its outcome: check that it is allowed, give the parameters their
//! canonical names, check what they name, decode, run, and run once more where the session cache was out of date.

use serde_json::{Map, Value};

use super::catalog::TABLE;
use super::{dry_run, entity_params, stale_retry};
use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::failure::nothing_written;
use crate::operation::{CommonParam, Entry};
use crate::params::{AnswerDefaults, Detail};
use crate::resolve::issue::IssueRef;
use crate::resolve::places;
use crate::session::{Caller, Context, DryRun, Report, Session};
use crate::text::secret::Leak;

/// The parameters and options with which an operation is called.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Invocation {
    /// The parameters as the caller wrote them.
    pub params: Map<String, Value>,
    /// Whether to ask Linear even for what the session cache holds; the parameter `refresh_cache` asks for the same.
    pub refresh_cache: bool,
    /// Whether to write nothing and return the plan; the parameter `dry_run` asks for the same.
    pub dry_run: bool,
    /// The form of the answer where the parameters do not say it.
    pub defaults: AnswerDefaults,
}

/// Runs an operation for a caller and returns its data. Warnings, steps and changes are added to the caller's report.
///
/// # Errors
/// NOT_ALLOWED, READ_ONLY or CONFIG_ERROR where the operation may not run; the error of a parameter that cannot be used; or the
/// operation's own error.
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

/// Hides secrets in the report's warnings, which may repeat what a caller sent.
pub fn hide_warnings(session: &Session, report: &mut Report) {
    for warning in report.reading.iter_mut().chain(&mut report.warnings) {
        *warning = session.guards.secrets.hide(warning);
    }
}

/// Runs an operation as [`execute`] does, with an error and warnings that may still contain secrets.
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
    let defaults = if effect.writes() {
        invocation.defaults
    } else {
        invocation.defaults.for_reading()
    };
    let mut common = signature.shared(&mut params, defaults)?;
    if effect.writes() && common.detail == Some(Detail::Ack) {
        caller.note(|report| report.acknowledged = true);
    }
    common.refresh_cache |= invocation.refresh_cache;
    common.dry_run |= invocation.dry_run;
    if common.refresh_cache {
        session.client.invalidate_in_flight();
    }
    if effect.writes_itself() {
        check_texts(session, entry, &params)?;
    }
    let is_dry_run = common.dry_run && effect.writes();
    let addressed = entity_params::take_addresses(entry, &mut params)?;
    let claims = entity_params::claims(entry, &params);
    let cx = Context::new(session, effect, common, caller);
    let texts_read = entity_params::read_issue_texts(entry, &mut params, &cx).await;
    // Only the identifier goes into the audit log, because an address or a branch name contains words of the title.
    let issue = params.get("issue_id").and_then(Value::as_str);
    let issue = issue.and_then(|text| IssueRef::parse("issue_id", text).ok());
    let issue = issue.map(|issue| issue.id());
    let cx = cx.named(name, issue).given(addressed, claims);
    texts_read.map_err(|error| unwritten(error, &cx))?;
    let checked = async {
        cx.check_addresses().await?;
        entity_params::check_issues(entry, &params, &cx).await?;
        if effect.writes_itself() {
            places::pin(&cx).await?;
        }
        Ok(())
    };
    checked.await.map_err(|error| unwritten(error, &cx))?;
    let outcome = if is_dry_run {
        run_dry(entry, params.clone(), &cx).await
    } else if effect.writes() {
        stale_retry::run(entry, &params, &cx).await
    } else {
        entry.run(params.clone(), &cx).await
    };
    caller.note(|report| {
        report.warnings.extend(cx.name_warnings.take());
        report.outline.reader = text_reader(entry);
        report.outline.reads_itself = report.outline.reader == Some(name);
    });
    let outcome = match cx.refused() {
        Some(refusal) => Err(refusal),
        None => outcome.map_err(|error| unwritten(located(error, &params), &cx)),
    };
    cx.record(&outcome).await;
    outcome
}

/// Returns the name of the operation with which a caller reads further in a long text of this operation's result: the
/// operation of the same category that takes `text_offset`.
fn text_reader(entry: &Entry) -> Option<&'static str> {
    let mut same_category = TABLE.iter().filter(|row| row.category == entry.category);
    same_category
        .find(|row| row.spec.shared.contains(&CommonParam::TextOffset))
        .map(|row| row.spec.name)
}

/// Checks the texts that an operation would write: no text contains an API key of Linear or a link with a password, and a text
/// that cannot be restored is emptied only where the settings allow that.
///
/// # Errors
/// CONFIG_ERROR or INVALID_PARAM with the name of the parameter, but without its value.
fn check_texts(session: &Session, entry: &Entry, params: &Map<String, Value>) -> Result<(), Error> {
    for (param, value) in params {
        let field = entry.signature().field(param);
        let is_blank = match value {
            Value::Null => true,
            Value::String(text) => fold(text).is_empty(),
            _ => false,
        };
        if field.is_some_and(|field| field.irreplaceable) && is_blank {
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

/// Returns the first secret in a value, at any depth.
fn leak(session: &Session, value: &Value) -> Option<Leak> {
    match value {
        Value::String(text) => session.guards.secrets.leak(text),
        Value::Array(items) => items.iter().find_map(|item| leak(session, item)),
        Value::Object(fields) => fields.values().find_map(|value| leak(session, value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Adds to the error of a writing operation that nothing was written, where that is so. In a batch, each item's own error says
/// so.
fn unwritten(error: Error, cx: &Context<'_>) -> Error {
    if cx.effect.writes_itself() && !cx.has_written() {
        nothing_written(error)
    } else {
        error
    }
}

/// Adds to the error of an ambiguous name the parameter that holds the name, where exactly one does.
fn located(error: Error, params: &Map<String, Value>) -> Error {
    let details = error.details();
    let input = details.get("input").and_then(Value::as_str);
    let (Code::AmbiguousIdentifier, Some(input), None) =
        (error.code(), input, details.get("param"))
    else {
        return error;
    };
    let mut holders = params.iter().filter(|(_, value)| holds_name(value, input));
    match (holders.next(), holders.next()) {
        (Some((param, _)), None) => error.detail("param", param.as_str()),
        _ => error,
    }
}

/// Whether a parameter's value is the name `input`, or a list or an object that contains it.
fn holds_name(value: &Value, input: &str) -> bool {
    match value {
        Value::String(text) => text.trim() == input.trim(),
        Value::Array(items) => items.iter().any(|item| holds_name(item, input)),
        Value::Object(object) => object
            .get("name")
            .is_some_and(|name| holds_name(name, input)),
        _ => false,
    }
}

/// Runs an operation up to its first mutation and returns the plan of what it would send. An operation that has nothing to
/// send returns its data as usual.
async fn run_dry(
    entry: &Entry,
    params: Map<String, Value>,
    cx: &Context<'_>,
) -> Result<Value, Error> {
    let dry_run = DryRun::default();
    let outcome = {
        let cx = cx.with_dry_run(&dry_run);
        tokio::select! {
            biased;
            outcome = entry.run(params, &cx) => Some(outcome),
            () = dry_run.planned() => None,
        }
    };
    match outcome {
        Some(outcome) => outcome,
        None => Ok(dry_run::plan(cx, &dry_run.into_log())),
    }
}

/// Returns the error of an operation that panicked.
pub fn panic_error() -> Error {
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

    /// Returns the parameter that an error about the name `john` is attributed to.
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

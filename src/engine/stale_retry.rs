//! The second run of a write that Linear refused although all its names were resolved: the session cache may be out of date.
//!
//! The names that the operation took from the cache are looked up again; where one has changed, the operation runs a second
//! time. Nothing is done twice: the code of a refused write says that the operation's entity was neither created nor changed, and
//! an operation with a write of unknown outcome is not run again. The first run may have created labels; the second run finds
//! them by their names. An operation that takes nothing from the cache (comments, relations, attachments, checklists,
//! archiving) is not run again either.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::operation::Entry;
use crate::resolve::stale;
use crate::session::{Context, Report};

/// The key in `details` for the labels that were created for a write that then failed.
const CREATED: &str = "created_labels";

/// Runs a writing operation, and runs it once more where Linear refused the write and a cached name has changed.
///
/// # Errors
/// The operation's own error, of the second run where there is one.
pub(super) async fn run<'c>(
    entry: &Entry,
    params: &Map<String, Value>,
    cx: &'c Context<'c>,
) -> Result<Value, Error> {
    let mut before = Report::default();
    cx.note(|report| before = report.clone());
    let error = match entry.run(params.clone(), cx).await {
        // A create whose outcome is unknown may still succeed; a second run would create a second entity.
        Err(error) if error.code().is_refused_write() && !cx.is_in_doubt() => error,
        outcome => return outcome,
    };
    let Some(lookup) = cx.cached_lookup() else {
        return Err(error);
    };
    let changed = match stale::recheck(cx, &lookup).await {
        Ok(changed) => changed,
        Err(_) => {
            let advice =
                "Repeat it with refresh_cache: true, in case something was deleted in Linear";
            return Err(error.suggest(advice));
        }
    };
    if changed.is_empty() {
        return Err(error);
    }
    reset_report(cx, before, changed, &error);
    let second = entry.run(params.clone(), cx).await;
    second.map_err(|second| with_created(second, &error))
}

/// Resets the report to its state before the first run, except for the counted cache look-ups, and notes what has changed
/// and which labels the first run created.
fn reset_report(cx: &Context<'_>, before: Report, changed: Vec<String>, first: &Error) {
    cx.name_warnings.take();
    cx.note(|report| {
        let lookups = report.lookups;
        *report = Report { lookups, ..before };
        report.retried_names.extend(changed);
    });
    let created = created_labels(first);
    if !created.is_empty() {
        cx.step(format!("create_labels: {}", created.join(", ")));
    }
}

/// Returns the labels that a failed run created.
fn created_labels(error: &Error) -> Vec<&str> {
    let labels = error.details().get(CREATED).and_then(Value::as_array);
    labels
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// Returns the second run's error with the labels that both runs created, because those remain in Linear.
fn with_created(second: Error, first: &Error) -> Error {
    let labels: Vec<String> = created_labels(first)
        .into_iter()
        .chain(created_labels(&second))
        .map(str::to_owned)
        .collect();
    if labels.is_empty() {
        second
    } else {
        second.detail(CREATED, labels)
    }
}

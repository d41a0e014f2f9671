//! A write that Linear refuses although its names meant something: the session may remember what is there no more.
//!
//! What the operation took on trust is asked for anew; where that has changed, the operation is run a second time.
//! That doubles nothing: the code of a refused write says that the operation's own thing was not made or changed, and no
//! write of the operation is in doubt; what may have been made on the way to it are labels, which the second run finds by
//! their names; and an operation that takes nothing on trust (comments, relations, attachments, checklists, archiving)
//! is not run again.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::operation::Entry;
use crate::resolve::stale;
use crate::session::{Cx, Report};

/// The key in `details` of the labels that were made for a write that then failed.
const CREATED: &str = "created_labels";

/// Runs a writing operation, and once more where that can help.
///
/// # Errors
/// The operation's own, of the second run where there is one.
pub(super) async fn run<'c>(
    entry: &Entry,
    params: &Map<String, Value>,
    cx: &'c Cx<'c>,
) -> Result<Value, Error> {
    let mut before = Report::default();
    cx.note(|report| before = report.clone());
    let error = match entry.run(params.clone(), cx).await {
        // A create in doubt may still come to be: a second run would make another.
        Err(error) if error.code().is_refused_write() && !cx.is_in_doubt() => error,
        settled => return settled,
    };
    let Some(lookup) = cx.cached_lookup() else {
        return Err(error);
    };
    let changed = match stale::recheck(cx, &lookup).await {
        Ok(changed) => changed,
        Err(_) => return Err(doubted(error)),
    };
    if changed.is_empty() {
        return Err(error);
    }
    start_over(cx, before, changed, &error);
    let again = entry.run(params.clone(), cx).await;
    again.map_err(|again| with_created(again, &error))
}

/// Sets the report back to what it was before the first run. What the session cache was asked stays counted.
fn start_over(cx: &Cx<'_>, before: Report, changed: Vec<String>, first: &Error) {
    cx.taken.take();
    cx.note(|report| {
        let lookups = report.lookups;
        *report = Report { lookups, ..before };
        report.healed.extend(changed);
    });
    let created = created(first);
    if !created.is_empty() {
        cx.step(format!("create_labels: {}", created.join(", ")));
    }
}

/// The error where it could not be told whether what the session remembers is at fault.
fn doubted(error: Error) -> Error {
    error.suggest("Repeat it with refresh_cache: true, in case something was deleted in Linear")
}

/// The labels that a failed run says it made.
fn created(error: &Error) -> Vec<&str> {
    let labels = error.details().get(CREATED).and_then(Value::as_array);
    labels
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// The second run's error with the labels of both runs: they stay, and the caller has to know.
fn with_created(again: Error, first: &Error) -> Error {
    let both: Vec<String> = created(first)
        .into_iter()
        .chain(created(&again))
        .map(str::to_owned)
        .collect();
    if both.is_empty() {
        again
    } else {
        again.detail(CREATED, both)
    }
}

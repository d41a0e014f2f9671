//! The result of a batch: the number of items that succeeded, and a row for each item.

use serde_json::{Map, Value, json};

use super::item::Item;
use super::run::{Outcome, is_plan};
use crate::engine::pipeline::panic_error;
use crate::error::Error;
use crate::params::Detail;
use crate::session::Context;

/// The fields by which a result is best recognised, the best first.
const HANDLES: [&str; 5] = ["identifier", "name", "title", "id", "url"];

/// Returns the batch's data, `{succeeded, failed, unknown, results: [..]}`, with `not_run` where items were not run; and
/// adds the reports of the items to the batch's.
///
/// # Errors
/// When no item succeeded: the code of the first item whose outcome is unknown, or else of the first that failed, with the rows
/// of all items under `details`.
pub(super) fn report(
    cx: &Context<'_>,
    items: &[Item],
    outcomes: &[Outcome],
) -> Result<Value, Error> {
    let level = cx.common.detail.unwrap_or(Detail::Standard);
    let pairs = || items.iter().zip(outcomes);
    pairs().for_each(|(item, outcome)| add_report(cx, item, outcome));
    let healed = refreshed_names(pairs());
    let outlines = pairs().map(|(item, outcome)| {
        let outline = outcome.report().map(|report| report.outline.clone());
        (item.label(), outline.unwrap_or_default())
    });
    let outlines = outlines.collect();
    cx.note(|report| {
        report.retried_names.extend(healed);
        report.outline.items = outlines;
    });
    let mut rows: Vec<Value> = Vec::with_capacity(items.len());
    for (item, outcome) in pairs() {
        let before = outcomes.iter().take(item.index);
        rows.push(row(item, outcome, before, level).into());
    }
    let counts = counts(outcomes);
    if counts.succeeded == 0 {
        return Err(failure(outcomes, &counts, rows));
    }
    for (item, outcome) in pairs() {
        match outcome {
            Outcome::Done(..) => {}
            Outcome::Failed(error, _) => {
                cx.warn(format!("{}: {}", item.label(), error.code().name()));
            }
            // The item's row says so, and in a dry run this is expected.
            Outcome::Unplanned(_) if cx.common.dry_run => {}
            Outcome::NotRun(why) | Outcome::Unplanned(why) => {
                cx.warn(format!("{} was not run: {why}", item.label()));
            }
        }
    }
    Ok(json!({
        "dry_run": cx.common.dry_run.then_some(true),
        "succeeded": counts.succeeded,
        "failed": counts.failed,
        "unknown": counts.unknown,
        "not_run": Some(counts.not_run).filter(|count| *count > 0),
        "results": rows,
    }))
}

/// The number of items with each kind of outcome.
#[derive(Default)]
struct Counts {
    succeeded: usize,
    failed: usize,
    unknown: usize,
    not_run: usize,
}

/// Counts the outcomes by their kind.
fn counts(outcomes: &[Outcome]) -> Counts {
    let mut counts = Counts::default();
    for outcome in outcomes {
        let count = match outcome {
            Outcome::Done(..) => &mut counts.succeeded,
            outcome if outcome.is_unknown() => &mut counts.unknown,
            Outcome::Failed(..) => &mut counts.failed,
            Outcome::NotRun(_) | Outcome::Unplanned(_) => &mut counts.not_run,
        };
        *count += 1;
    }
    counts
}

/// Adds an item's report to the batch's, except for the steps, which the item's row replaces.
fn add_report(cx: &Context<'_>, item: &Item, outcome: &Outcome) {
    if !(cx.common.dry_run && matches!(outcome, Outcome::Unplanned(_))) {
        cx.part(matches!(outcome, Outcome::Done(..)));
    }
    let Some(report) = outcome.report() else {
        return;
    };
    cx.note(|batch| batch.lookups = batch.lookups.plus(report.lookups));
    for warning in &report.reading {
        let warning = format!("{}: {warning}", item.label());
        cx.note(|batch| batch.reading.push(warning));
    }
    for warning in &report.warnings {
        cx.warn(format!("{}: {warning}", item.label()));
    }
}

/// Returns the steps in which cached names were refreshed after a refused write, each once with the items it was done for:
/// `… (items 0, 2)`.
fn refreshed_names<'o>(pairs: impl Iterator<Item = (&'o Item, &'o Outcome)>) -> Vec<String> {
    let mut steps: Vec<(&str, Vec<String>)> = Vec::new();
    for (item, outcome) in pairs {
        let healed = outcome
            .report()
            .into_iter()
            .flat_map(|report| &report.retried_names);
        for step in healed {
            match steps.iter_mut().find(|(known, _)| known == step) {
                Some((_, items)) => items.push(item.index.to_string()),
                None => steps.push((step, vec![item.index.to_string()])),
            }
        }
    }
    let with_items = |(step, items): (&str, Vec<String>)| {
        let word = if items.len() == 1 { "item" } else { "items" };
        format!("{step} ({word} {})", items.join(", "))
    };
    steps.into_iter().map(with_items).collect()
}

/// Returns the row of an item. `before` are the outcomes of the items in front of this one: the details and suggestions of an
/// error are given only once, with the first item that failed with them.
fn row<'o>(
    item: &Item,
    outcome: &Outcome,
    before: impl Iterator<Item = &'o Outcome>,
    level: Detail,
) -> Map<String, Value> {
    let full = level == Detail::Full;
    let mut row = Map::from_iter([("index".to_owned(), Value::from(item.index))]);
    row.extend(item.name.as_deref().map(|name| field("as", name)));
    if full {
        row.extend([field("operation", item.entry.spec.name)]);
    }
    match outcome {
        Outcome::NotRun(why) => row.extend([field("not_run", why.as_str())]),
        Outcome::Unplanned(why) => row.extend([field("not_planned", why.as_str())]),
        Outcome::Failed(error, _) => {
            row.extend([
                field("code", error.code().name()),
                field("message", error.message()),
            ]);
            let mut earlier_errors = before.filter_map(Outcome::error);
            let is_repeated = earlier_errors.any(|other| {
                facts(other).eq(facts(error)) && other.suggestions() == error.suggestions()
            });
            if !is_repeated {
                let details: Map<String, Value> = facts(error)
                    .map(|(key, value)| (key.clone(), value.clone()))
                    .collect();
                if !details.is_empty() {
                    row.extend([field("details", details)]);
                }
                row.extend([field("suggestions", error.suggestions())]);
            }
        }
        Outcome::Done(data, report) => {
            let plan = data.get("would_send").filter(|_| is_plan(data));
            row.extend(match plan {
                Some(sent) => Some(field("would_send", sent.clone())),
                None if full || !item.writes() => Some(field("data", data.clone())),
                None => handle(data, level).map(|(key, value)| field(key, value)),
            });
            if (full || plan.is_some()) && !report.changes.is_empty() {
                row.extend([field("changes", report.changes.clone())]);
            }
            if full && !report.operations.is_empty() {
                row.extend([field("operations", report.operations.clone())]);
            }
        }
    }
    row
}

/// Returns an entry of a row.
fn field(key: &str, value: impl Into<Value>) -> (String, Value) {
    (key.to_owned(), value.into())
}

/// Returns the details of an error without `input`, which the message repeats.
fn facts(error: &Error) -> impl Iterator<Item = (&String, &Value)> {
    error.details().iter().filter(|(key, _)| *key != "input")
}

/// Returns the field by which a result is best recognised: its identifier, a name, or an id (except with `detail: brief`). For a
/// list, returns that field of each of its rows.
fn handle(data: &Value, level: Detail) -> Option<(&str, Value)> {
    let fields = data.as_object()?;
    let handle_field = HANDLES
        .iter()
        .filter(|key| **key != "id" || level != Detail::Brief)
        .find_map(|key| fields.get_key_value(*key))
        .filter(|(_, value)| value.is_string());
    if let Some((key, value)) = handle_field {
        return Some((key, value.clone()));
    }
    fields.iter().find_map(|(key, value)| match value {
        Value::Object(_) => handle(value, level),
        Value::Array(rows) => {
            let handles: Vec<Value> = rows
                .iter()
                .filter_map(|row| handle(row, level).map(|(_, value)| value))
                .collect();
            (!handles.is_empty()).then(|| (key.as_str(), handles.into()))
        }
        _ => None,
    })
}

/// Returns the error of a batch in which no item succeeded. Where all items that ran failed with the same error (no key, no
/// connection), that error is returned alone. A single failed item is returned with its place, because it kept the others from
/// running.
fn failure(outcomes: &[Outcome], counts: &Counts, rows: Vec<Value>) -> Error {
    let parts = [
        (counts.failed, "failed"),
        (counts.unknown, "may have been done"),
        (counts.not_run, "not run"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let message = format!("No item of the batch succeeded: {}", parts.join(", "));
    let failures: Vec<(&Outcome, &Error)> = outcomes
        .iter()
        .filter_map(|outcome| Some((outcome, outcome.error()?)))
        .collect();
    // An item is kept from running only by an item that ran and failed.
    let Some((_, first)) = failures.first() else {
        return panic_error();
    };
    let is_same_error = failures.iter().all(|(_, other)| other == first);
    let is_single_failure = failures.len() == 1 && outcomes.len() > 1;
    if is_same_error && !is_single_failure {
        return (*first).clone();
    }
    // A write with an unknown outcome matters most.
    let unknown = failures.iter().find(|(outcome, _)| outcome.is_unknown());
    let code = unknown.map_or(first.code(), |(_, error)| error.code());
    Error::new(code, message)
        .detail("results", rows)
        .suggest("See the message and the suggestions of each item in details.results")
}

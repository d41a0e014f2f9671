//! The answer of a batch: how many items succeeded, and a line for each.

use serde_json::{Map, Value, json};

use super::item::Item;
use super::run::{Outcome, is_plan};
use crate::engine::pipeline::defect;
use crate::error::Error;
use crate::params::Detail;
use crate::session::Cx;

/// What an answer is best known by, the best first.
const HANDLES: [&str; 5] = ["identifier", "name", "title", "id", "url"];

/// The batch's answer: `{succeeded, failed, unknown, results: [..]}`, with `not_run` where that is so.
///
/// # Errors
/// When no item succeeded: the code of the first whose outcome is not known, else of the first that failed, with the
/// line of each item under `details`.
pub(super) fn answer(cx: &Cx<'_>, items: &[Item], outcomes: &[Outcome]) -> Result<Value, Error> {
    let level = cx.shape.detail.unwrap_or(Detail::Standard);
    let pairs = || items.iter().zip(outcomes);
    pairs().for_each(|(item, outcome)| report(cx, item, outcome));
    let healed = healed(pairs());
    let outlines = pairs().map(|(item, outcome)| {
        let outline = outcome.report().map(|report| report.outline.clone());
        (item.called(), outline.unwrap_or_default())
    });
    let outlines = outlines.collect();
    cx.note(|own| {
        own.healed.extend(healed);
        own.outline.items = outlines;
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
                cx.warn(format!("{}: {}", item.called(), error.code().name()));
            }
            // That is what a dry run is like.
            Outcome::Unplanned(_) if cx.shape.dry_run => {}
            Outcome::NotRun(why) | Outcome::Unplanned(why) => {
                cx.warn(format!("{} was not run: {why}", item.called()));
            }
        }
    }
    Ok(json!({
        "dry_run": cx.shape.dry_run.then_some(true),
        "succeeded": counts.succeeded,
        "failed": counts.failed,
        "unknown": counts.unknown,
        "not_run": Some(counts.not_run).filter(|count| *count > 0),
        "results": rows,
    }))
}

/// How many items ended in each way.
#[derive(Default)]
struct Counts {
    succeeded: usize,
    failed: usize,
    unknown: usize,
    not_run: usize,
}

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

/// Carries an item's report up into the batch's. Its steps stay behind: a line an item is enough.
fn report(cx: &Cx<'_>, item: &Item, outcome: &Outcome) {
    if !(cx.shape.dry_run && matches!(outcome, Outcome::Unplanned(_))) {
        cx.part(matches!(outcome, Outcome::Done(..)));
    }
    let Some(report) = outcome.report() else {
        return;
    };
    cx.note(|own| own.lookups = own.lookups.plus(report.lookups));
    for warning in &report.reading {
        let warning = format!("{}: {warning}", item.called());
        cx.note(|own| own.reading.push(warning));
    }
    for warning in &report.warnings {
        cx.warn(format!("{}: {warning}", item.called()));
    }
}

/// What was healed, each once with the items that it was healed for: `… (items 0, 2)`.
fn healed<'o>(pairs: impl Iterator<Item = (&'o Item, &'o Outcome)>) -> Vec<String> {
    let mut steps: Vec<(&str, Vec<String>)> = Vec::new();
    for (item, outcome) in pairs {
        let own = outcome.report().into_iter().flat_map(|of| &of.healed);
        for step in own {
            match steps.iter_mut().find(|(known, _)| known == step) {
                Some((_, items)) => items.push(item.index.to_string()),
                None => steps.push((step, vec![item.index.to_string()])),
            }
        }
    }
    let told = |(step, items): (&str, Vec<String>)| {
        let word = if items.len() == 1 { "item" } else { "items" };
        format!("{step} ({word} {})", items.join(", "))
    };
    steps.into_iter().map(told).collect()
}

/// The line of an item. What helps against a failure is told with the first that failed so.
fn row<'o>(
    item: &Item,
    outcome: &Outcome,
    before: impl Iterator<Item = &'o Outcome>,
    level: Detail,
) -> Map<String, Value> {
    let full = level == Detail::Full;
    let mut row = Map::from_iter([("index".to_owned(), Value::from(item.index))]);
    row.extend(item.name.as_deref().map(|name| told("as", name)));
    if full {
        row.extend([told("operation", item.entry.spec.name)]);
    }
    match outcome {
        Outcome::NotRun(why) => row.extend([told("not_run", why.as_str())]),
        Outcome::Unplanned(why) => row.extend([told("not_planned", why.as_str())]),
        Outcome::Failed(error, _) => {
            row.extend([
                told("code", error.code().name()),
                told("message", error.message()),
            ]);
            let mut before = before.filter_map(Outcome::error);
            if !before.any(|other| helps_alike(other, error)) {
                row.extend(help(error));
            }
        }
        Outcome::Done(data, report) => {
            let plan = data.get("would_send").filter(|_| is_plan(data));
            row.extend(match plan {
                Some(sent) => Some(told("would_send", sent.clone())),
                None if full || !item.writes() => Some(told("data", data.clone())),
                None => handle(data, level).map(|(key, value)| told(key, value)),
            });
            if (full || plan.is_some()) && !report.changes.is_empty() {
                row.extend([told("changes", report.changes.clone())]);
            }
            if full && !report.operations.is_empty() {
                row.extend([told("operations", report.operations.clone())]);
            }
        }
    }
    row
}

fn told(key: &str, value: impl Into<Value>) -> (String, Value) {
    (key.to_owned(), value.into())
}

fn help(error: &Error) -> impl Iterator<Item = (String, Value)> {
    let facts: Map<String, Value> = facts(error)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let facts = Some(facts).filter(|facts| !facts.is_empty());
    let suggestions = told("suggestions", error.suggestions());
    let facts = facts.map(|facts| told("details", facts));
    facts.into_iter().chain([suggestions])
}

fn helps_alike(one: &Error, other: &Error) -> bool {
    facts(one).eq(facts(other)) && one.suggestions() == other.suggestions()
}

/// The facts of an error, but for what the caller wrote: the message has that.
fn facts(error: &Error) -> impl Iterator<Item = (&String, &Value)> {
    error.details().iter().filter(|(key, _)| *key != "input")
}

/// What an answer is best known by: its identifier, a name, an id (not in brief); of a list, what each of its rows is.
fn handle(data: &Value, level: Detail) -> Option<(&str, Value)> {
    let fields = data.as_object()?;
    let own = HANDLES
        .iter()
        .filter(|key| **key != "id" || level != Detail::Brief)
        .find_map(|key| fields.get_key_value(*key))
        .filter(|(_, value)| value.is_string());
    if let Some((key, value)) = own {
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

/// The error of a batch of which nothing succeeded. Where all that ran failed alike (no key, no connection), that is all
/// there is to say; one that failed alone is told with its place, for the others were kept from running by it.
fn failure(outcomes: &[Outcome], counts: &Counts, rows: Vec<Value>) -> Error {
    let told = [
        (counts.failed, "failed"),
        (counts.unknown, "may have been done"),
        (counts.not_run, "not run"),
    ];
    let told: Vec<String> = told
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let message = format!("No item of the batch succeeded: {}", told.join(", "));
    let failures: Vec<(&Outcome, &Error)> = outcomes
        .iter()
        .filter_map(|outcome| Some((outcome, outcome.error()?)))
        .collect();
    // An item is kept from running only by one that ran.
    let Some((_, first)) = failures.first() else {
        return defect();
    };
    let alike = failures.iter().all(|(_, other)| other == first);
    let alone = failures.len() == 1 && outcomes.len() > 1;
    if alike && !alone {
        return (*first).clone();
    }
    // What may have been done matters most.
    let open = failures.iter().find(|(outcome, _)| outcome.is_unknown());
    let code = open.map_or(first.code(), |(_, error)| error.code());
    Error::new(code, message)
        .detail("results", rows)
        .suggest("See the message and the suggestions of each item in details.results")
}

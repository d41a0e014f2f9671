//! Running the items of a batch, step by step.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::join_all;
use serde_json::{Map, Value};

use super::item::{Item, Names};
use super::references::{self, ByteBudget, Scope};
use crate::engine::pipeline::{Invocation, execute, panic_error};
use crate::error::{Error, Retry};
use crate::linear::client::{BatchSlot, WriteBatcher};
use crate::params::{AnswerDefaults, Detail};
use crate::session::{Caller, Context, Progress, Report};

/// The outcome of an item.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The item succeeded, with its data and its report.
    Done(Value, Report),
    /// The item failed, with its error and its report.
    Failed(Error, Report),
    /// The item was not run, with the reason.
    NotRun(String),
    /// In a dry run, the mutations that the item would send are not known, with the reason: an item that it refers to was only
    /// planned.
    Unplanned(String),
}

impl Outcome {
    /// Returns the data of an item that succeeded.
    pub(super) fn data(&self) -> Option<&Value> {
        match self {
            Self::Done(data, _) => Some(data),
            Self::Failed(..) | Self::NotRun(_) | Self::Unplanned(_) => None,
        }
    }

    /// Returns the error of an item that failed.
    pub(super) fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error, _) => Some(error),
            Self::Done(..) | Self::NotRun(_) | Self::Unplanned(_) => None,
        }
    }

    /// Returns the report of an item that was run.
    pub(super) fn report(&self) -> Option<&Report> {
        match self {
            Self::Done(_, report) | Self::Failed(_, report) => Some(report),
            Self::NotRun(_) | Self::Unplanned(_) => None,
        }
    }

    /// Whether the item failed in a way that leaves open whether Linear carried out the write.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::Failed(error, _) if error.code().retry() == Retry::Check)
    }
}

/// Runs the steps (places of items) one after the other, and returns the outcomes of all items in their order. With `stop`,
/// nothing more runs after the first item that did not succeed. When the time of the batch is over, no further step begins.
pub(super) async fn run(
    cx: &Context<'_>,
    items: &[Item],
    steps: Vec<Vec<usize>>,
    stop: bool,
) -> Vec<Outcome> {
    let mut running = Running {
        cx,
        items,
        progress: items
            .iter()
            .map(|item| cx.progress().item(item.index, item.entry.spec.name))
            .collect(),
        names: items
            .iter()
            .filter_map(|item| Some((item.name.clone()?, item.index)))
            .collect(),
        reference_budget: ByteBudget::default(),
        ended: AtomicUsize::new(0),
        outcomes: items.iter().map(|_| None).collect(),
    };
    cx.request_scope().steps().expect(items.len());
    let mut stopped: Option<String> = None;
    for (number, step) in steps.into_iter().enumerate() {
        // The first step always runs, so that an item reports what prevented the batch.
        if let Some(over) = cx.request_scope().overrun().filter(|_| number > 0) {
            stopped.get_or_insert(format!(
                "{over} before it began; it is safe to send it again"
            ));
        }
        if stopped.is_none() {
            running.run_step(&step).await;
            let has_failed = |place: &&usize| {
                let outcome = running.outcomes.get(**place).and_then(Option::as_ref);
                matches!(outcome, Some(Outcome::Failed(..) | Outcome::NotRun(_)))
            };
            let first_failed = step.iter().find(has_failed).filter(|_| stop);
            stopped = first_failed.map(|place| format!("item {place} failed"));
        }
    }
    let why = stopped.unwrap_or_else(|| "the batch ended".to_owned());
    let outcomes = running.outcomes.into_iter();
    outcomes
        .map(|outcome| outcome.unwrap_or_else(|| Outcome::NotRun(why.clone())))
        .collect()
}

/// A running batch.
struct Running<'c, 's> {
    cx: &'c Context<'s>,
    items: &'c [Item],
    /// The progress of each item.
    progress: Vec<Arc<Progress>>,
    names: Names,
    /// The bytes that references may still insert.
    reference_budget: ByteBudget,
    /// The number of items that have ended.
    ended: AtomicUsize,
    outcomes: Vec<Option<Outcome>>,
}

impl Running<'_, '_> {
    /// Runs the items at these places side by side until all have ended. Their reads and their writes are merged into common
    /// requests.
    async fn run_step(&mut self, places: &[usize]) {
        let items: Vec<&Item> = places
            .iter()
            .filter_map(|place| self.items.get(*place))
            .collect();
        let batcher = Arc::new(WriteBatcher::default());
        let runs = items.iter().filter_map(|item| {
            let progress = self.progress.get(item.index)?;
            Some(self.run_item(item, progress, batcher.slot()))
        });
        let client = &self.cx.session.client;
        let outcomes = batcher
            .run(client, self.cx.request_scope(), join_all(runs))
            .await;
        for (place, outcome) in places.iter().zip(outcomes) {
            if let Some(slot) = self.outcomes.get_mut(*place) {
                *slot = Some(outcome);
            }
        }
    }

    /// Runs one item, from inserting the values of its references to its outcome. A panic in it is caught, so that the other
    /// items of the step go on.
    async fn run_item(&self, item: &Item, progress: &Progress, slot: BatchSlot) -> Outcome {
        if let Some(outcome) = self.missing_reference(item) {
            return outcome;
        }
        let params = match self.params(item) {
            Ok(params) => params,
            Err(error) => return Outcome::Failed(error, Report::default()),
        };
        let common = &self.cx.common;
        let invocation = Invocation {
            params,
            refresh_cache: common.refresh_cache || item.refresh_cache,
            dry_run: common.dry_run,
            defaults: self.answer_defaults(item),
        };
        let report = Mutex::default();
        let caller = Caller {
            request_scope: self.cx.request_scope(),
            report: &report,
            progress,
            origin: self.cx.origin(),
            slot: Some(&slot),
            new_labels: self.cx.new_labels(),
        };
        let work = execute(self.cx.session, item.entry, invocation, caller);
        let outcome = AssertUnwindSafe(work).catch_unwind().await;
        let report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
        let outcome = outcome.unwrap_or_else(|_| Err(panic_error()));
        progress.end(&outcome);
        let (ended, all) = (
            self.ended.fetch_add(1, Ordering::Relaxed) + 1,
            self.items.len(),
        );
        let name = item.entry.spec.name;
        let steps = self.cx.request_scope().steps();
        steps.advance(format!("{ended} of {all} items done: {name}"));
        match outcome {
            Ok(data) => Outcome::Done(data, report),
            Err(error) => Outcome::Failed(error, report),
        }
    }

    /// Returns the form of an item's data where the item does not say it. A reference may name any field that an
    /// operation shows without being asked, so an item to which others refer has the form that its operation chooses.
    /// So has a write, because its line shows one field of its data.
    fn answer_defaults(&self, item: &Item) -> AnswerDefaults {
        let is_referred_to = self
            .items
            .iter()
            .any(|other| other.needs.contains(&item.index));
        if item.writes() || is_referred_to {
            return AnswerDefaults::default();
        }
        let defaults = self.cx.session.answer_defaults;
        let least = self
            .cx
            .common
            .detail
            .filter(|detail| *detail == Detail::Ack);
        AnswerDefaults {
            detail: least.or(defaults.detail),
            ..defaults
        }
    }

    /// Returns the outcome of an item that cannot run because an item that it refers to has no result.
    fn missing_reference(&self, item: &Item) -> Option<Outcome> {
        item.needs.iter().find_map(|place| {
            let other = self.items.get(*place)?.label();
            let refers = |what: &str| format!("it refers to {other}, {what}");
            Some(match self.outcomes.get(*place)?.as_ref()? {
                outcome if outcome.is_unknown() => {
                    Outcome::NotRun(refers("whose outcome is not known"))
                }
                Outcome::Failed(..) => Outcome::NotRun(refers("which failed")),
                Outcome::NotRun(_) => Outcome::NotRun(refers("which was not run")),
                Outcome::Unplanned(_) => Outcome::Unplanned(refers("which is not known before")),
                // A plan has no result to refer to.
                Outcome::Done(data, _) if is_plan(data) => {
                    Outcome::Unplanned(refers("which writes"))
                }
                Outcome::Done(..) => return None,
            })
        })
    }

    /// Returns the item's parameters with the values of its references.
    fn params(&self, item: &Item) -> Result<Map<String, Value>, Error> {
        let scope = Scope {
            names: &self.names,
            items: self.items.len(),
            index: item.index,
        };
        references::fill(&item.params, scope, &self.reference_budget, |reference| {
            self.outcomes.get(reference.place)?.as_ref()?.data()
        })
    }
}

/// Whether an item's data is the plan of a dry run instead of a result.
pub(super) fn is_plan(data: &Value) -> bool {
    data.get("dry_run") == Some(&Value::Bool(true))
}

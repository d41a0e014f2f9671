//! Running the items of a batch, wave by wave.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::join_all;
use serde_json::{Map, Value};

use super::item::{Item, Names};
use super::references::{self, ByteBudget, Scope};
use crate::engine::pipeline::{Invocation, defect, execute};
use crate::error::{Error, Retry};
use crate::linear::client::{BatchSlot, WriteBatcher};
use crate::session::{Caller, Cx, Progress, Report};

/// What became of an item.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It succeeded: its data, and what it reports.
    Done(Value, Report),
    /// It failed.
    Failed(Error, Report),
    /// It was not run, and why.
    NotRun(String),
    /// It cannot be told what it would send, and why: what it refers to was only planned.
    Unplanned(String),
}

impl Outcome {
    /// What it answered.
    pub(super) fn data(&self) -> Option<&Value> {
        match self {
            Self::Done(data, _) => Some(data),
            Self::Failed(..) | Self::NotRun(_) | Self::Unplanned(_) => None,
        }
    }

    /// Why it failed.
    pub(super) fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error, _) => Some(error),
            Self::Done(..) | Self::NotRun(_) | Self::Unplanned(_) => None,
        }
    }

    /// What it reports besides.
    pub(super) fn report(&self) -> Option<&Report> {
        match self {
            Self::Done(_, report) | Self::Failed(_, report) => Some(report),
            Self::NotRun(_) | Self::Unplanned(_) => None,
        }
    }

    /// Whether it failed in a way that leaves open whether anything was written.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::Failed(error, _) if error.code().retry() == Retry::Check)
    }
}

/// Runs the waves one after the other, and answers the items' outcomes in their order. Told to `stop`, it runs nothing
/// more after the first item that did not succeed. When the batch's time is over, no further wave begins.
pub(super) async fn run(
    cx: &Cx<'_>,
    items: &[Item],
    waves: Vec<Vec<usize>>,
    stop: bool,
) -> Vec<Outcome> {
    let mut running = Running {
        cx,
        items,
        progress: items
            .iter()
            .map(|item| cx.progress().item(item.index, item.entry.spec.name))
            .collect(),
        names: names(items),
        room: ByteBudget::default(),
        ended: AtomicUsize::new(0),
        outcomes: items.iter().map(|_| None).collect(),
    };
    cx.errand().steps().expect(items.len());
    let mut stopped: Option<String> = None;
    for (number, wave) in waves.into_iter().enumerate() {
        // The first wave always runs, so that there is an item to tell what kept the batch from its work.
        if let Some(over) = cx.errand().overrun().filter(|_| number > 0) {
            stopped.get_or_insert(format!(
                "{over} before it began; it is safe to send it again"
            ));
        }
        if stopped.is_none() {
            running.wave(&wave).await;
            let failed = running.failed(&wave).filter(|_| stop);
            stopped = failed.map(|place| format!("item {place} failed"));
        }
    }
    let why = stopped.unwrap_or_else(|| "the batch ended".to_owned());
    let outcomes = running.outcomes.into_iter();
    outcomes
        .map(|outcome| outcome.unwrap_or_else(|| Outcome::NotRun(why.clone())))
        .collect()
}

fn names(items: &[Item]) -> Names {
    let named = items
        .iter()
        .filter_map(|item| Some((item.name.clone()?, item.index)));
    named.collect()
}

struct Running<'c, 's> {
    cx: &'c Cx<'s>,
    items: &'c [Item],
    /// That of each item.
    progress: Vec<Arc<Progress>>,
    names: Names,
    /// For what references stand for.
    room: ByteBudget,
    /// How many items have ended.
    ended: AtomicUsize,
    outcomes: Vec<Option<Outcome>>,
}

impl Running<'_, '_> {
    /// Runs these items side by side, and waits for them all. What they ask and what they write travels together.
    async fn wave(&mut self, places: &[usize]) {
        let items: Vec<&Item> = places
            .iter()
            .filter_map(|place| self.items.get(*place))
            .collect();
        let batcher = Arc::new(WriteBatcher::default());
        let none = Progress::default();
        let progress = |item: &Item| self.progress.get(item.index).map_or(&none, |own| &**own);
        let work = items
            .iter()
            .map(|item| self.item(item, progress(item), batcher.slot()));
        let client = &self.cx.session.client;
        let outcomes = batcher.run(client, self.cx.errand(), join_all(work)).await;
        for (place, outcome) in places.iter().zip(outcomes) {
            if let Some(slot) = self.outcomes.get_mut(*place) {
                *slot = Some(outcome);
            }
        }
    }

    /// Runs one item, from its references to its outcome, beside the others of its wave. A defect in it does not take
    /// them along.
    async fn item(&self, item: &Item, progress: &Progress, slot: BatchSlot) -> Outcome {
        if let Some(kept_from) = self.kept_from(item) {
            return kept_from;
        }
        let params = match self.params(item) {
            Ok(params) => params,
            Err(error) => return Outcome::Failed(error, Report::default()),
        };
        let shape = &self.cx.shape;
        let invocation = Invocation {
            params,
            refresh_cache: shape.refresh_cache || item.refresh_cache,
            dry_run: shape.dry_run,
        };
        let report = Mutex::default();
        let caller = Caller {
            errand: self.cx.errand(),
            report: &report,
            progress,
            origin: self.cx.origin(),
            slot: Some(&slot),
            new_labels: self.cx.new_labels(),
        };
        let work = execute(self.cx.session, item.entry, invocation, caller);
        let outcome = AssertUnwindSafe(work).catch_unwind().await;
        let report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
        let outcome = outcome.unwrap_or_else(|_| Err(defect()));
        progress.end(&outcome);
        let (ended, all) = (
            self.ended.fetch_add(1, Ordering::Relaxed) + 1,
            self.items.len(),
        );
        let name = item.entry.spec.name;
        let steps = self.cx.errand().steps();
        steps.advance(format!("{ended} of {all} items done: {name}"));
        match outcome {
            Ok(data) => Outcome::Done(data, report),
            Err(error) => Outcome::Failed(error, report),
        }
    }

    /// The outcome of an item that cannot run because something that it refers to has not come to be.
    fn kept_from(&self, item: &Item) -> Option<Outcome> {
        item.needs.iter().find_map(|place| {
            let other = self.items.get(*place)?.called();
            let refers = |what: &str| format!("it refers to {other}, {what}");
            Some(match self.outcomes.get(*place)?.as_ref()? {
                outcome if outcome.is_unknown() => {
                    Outcome::NotRun(refers("whose outcome is not known"))
                }
                Outcome::Failed(..) => Outcome::NotRun(refers("which failed")),
                Outcome::NotRun(_) => Outcome::NotRun(refers("which was not run")),
                Outcome::Unplanned(_) => Outcome::Unplanned(refers("which is not known before")),
                // A plan has nothing that could be referred to.
                Outcome::Done(data, _) if is_plan(data) => {
                    Outcome::Unplanned(refers("which writes"))
                }
                Outcome::Done(..) => return None,
            })
        })
    }

    fn params(&self, item: &Item) -> Result<Map<String, Value>, Error> {
        let scope = Scope {
            names: &self.names,
            items: self.items.len(),
            index: item.index,
        };
        references::fill(&item.params, scope, &self.room, |reference| {
            self.outcomes.get(reference.place)?.as_ref()?.data()
        })
    }

    /// The first of these items that failed.
    fn failed(&self, places: &[usize]) -> Option<usize> {
        let failed = |place: &usize| {
            let outcome = self.outcomes.get(*place).and_then(Option::as_ref);
            matches!(outcome, Some(Outcome::Failed(..) | Outcome::NotRun(_)))
        };
        places.iter().copied().find(failed)
    }
}

/// Whether that is what an operation would send, and not what it answered.
pub(super) fn is_plan(data: &Value) -> bool {
    data.get("dry_run") == Some(&Value::Bool(true))
}

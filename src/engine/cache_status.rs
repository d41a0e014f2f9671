//! `cache_status`: what the session has done, and what its cache holds.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::cache::{Disk, Found, Usage};
use crate::engine::catalog;
use crate::error::{Code, Error};
use crate::linear::client::Cost;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::params::{Detail, Ref};
use crate::session::{Context, PrefetchPhase};
use crate::stats::{Lookups, OperationStats, Reading};

/// The number of operations that the result lists without `detail: full`.
const MOST_EXPENSIVE: usize = 5;

/// The operation.
#[derive(Debug)]
pub struct CacheStatus;

/// What this session has done and what it knows: operations, errors, requests to Linear, durations, cache hits by
/// entity, the most expensive operations.
///
/// `detail: full` has every operation. Sends nothing. Percentiles are within 3.2 %; everything else is exact. This call itself is not in it yet. Bytes are those of the
/// bodies: `upstream_bytes` were received from Linear, `returned_bytes` were answered to callers.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Only this operation.
    #[schemars(extend("form" = "word"))]
    operation: Option<Ref>,
}

impl Operation for CacheStatus {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "cache_status",
        title: "Cache status",
        effect: Effect::Read,
        subject: Some("operation"),
        aliases: &["metrics", "session_telemetry", "get_metrics", "telemetry"],
        shared: &[CommonParam::Detail],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let reading = cx.session.stats.read();
        if let Some(name) = params.operation {
            let name = catalog::find(name.as_str())?.spec.name;
            let stats = reading.operations.get(name).cloned().unwrap_or_default();
            return Ok(Row::named("operation", name).with_everything(&stats).into());
        }
        let full = cx.common.detail == Some(Detail::Full);
        let mut status = Row::default()
            .put("uptime_seconds", cx.session.stats.uptime().as_secs())
            .put("totals", totals(&reading.all, full))
            .put("cache", cache(cx, full))
            .put("snapshot", snapshot(cx.session.disk.get()))
            .put("prefetch", prefetch(cx.session.prefetch_state.phase()));
        status = if full {
            let rows = by_expense(&reading).map(|(name, stats)| {
                Value::from(Row::named("operation", name).with_everything(stats))
            });
            status.put("operations", rows.collect::<Vec<_>>())
        } else {
            let rows = by_expense(&reading)
                .take(MOST_EXPENSIVE)
                .map(|(name, stats)| {
                    Value::from(Row::named("operation", name).with_summary(stats))
                });
            status.put("most_expensive", rows.collect::<Vec<_>>())
        };
        Ok(status.into())
    }
}

/// Returns the operations by the time spent on them, the longest first.
fn by_expense(reading: &Reading) -> impl Iterator<Item = (&'static str, &OperationStats)> {
    let mut rows: Vec<(&'static str, &OperationStats)> = reading
        .operations
        .iter()
        .map(|(name, stats)| (*name, stats))
        .collect();
    rows.sort_by_key(|(_, stats)| std::cmp::Reverse(stats.durations.total()));
    rows.into_iter()
}

/// Returns the figures of all operations together.
fn totals(all: &OperationStats, full: bool) -> Row {
    let row = Row::default();
    if full {
        row.with_everything(all)
    } else {
        row.with_totals(all)
    }
}

/// Returns the state of the session cache: the hit rate over all kinds of entities, and a row for each kind that was used.
fn cache(cx: &Context<'_>, full: bool) -> Row {
    let usage = cx.session.cache.usage();
    let all = usage.iter().fold(Lookups::default(), |all, (_, usage)| {
        all.plus(lookups(usage))
    });
    let used = |usage: &Usage| *usage != Usage::default();
    let rows = usage
        .iter()
        .filter(|(_, usage)| full || used(usage))
        .map(|(entity, usage)| Value::from(entity_row(entity, usage, full)));
    Row::default()
        .rate(all)
        .put("entities", rows.collect::<Vec<_>>())
}

/// Returns the state of the snapshot on disk: what was found at the start, its age then, and when it was last written.
fn snapshot(disk: Option<&Disk>) -> Row {
    let Some(disk) = disk else {
        return Row::named("state", "off");
    };
    let status = disk.status();
    let row = match status.found {
        Found::None => Row::named("state", "none"),
        Found::Used(age) => Row::named("state", "used").put("age_at_start_seconds", age.as_secs()),
        Found::Ignored(why) => Row::named("state", "ignored").put("why", why),
    };
    match status.saved {
        Some(saved) => row.put("saved_seconds_ago", saved.elapsed().as_secs()),
        None => row,
    }
}

/// Returns the state of the prefetch and its cost, which belongs to no operation and is in none of the totals.
fn prefetch(phase: PrefetchPhase) -> Row {
    let row = Row::named("state", phase.word());
    let spent = |row: Row, cost: Cost| {
        row.put("requests", cost.requests)
            .put("duration_ms", millis(cost.reading))
            .put("upstream_bytes", cost.bytes_received)
    };
    match phase {
        PrefetchPhase::Off | PrefetchPhase::Spared | PrefetchPhase::Running(_) => row,
        PrefetchPhase::Done(cost) => spent(row, cost),
        PrefetchPhase::Failed(code, cost) => spent(row.put("code", code.name()), cost),
    }
}

fn lookups(usage: &Usage) -> Lookups {
    Lookups {
        hits: usage.hits,
        misses: usage.misses,
    }
}

/// Returns the row of one kind of entity.
fn entity_row(entity: &'static str, usage: &Usage, full: bool) -> Row {
    let mut row = Row::named("entity", entity)
        .put("hits", usage.hits)
        .put("misses", usage.misses)
        .rate(lookups(usage))
        .put("entries", usage.entries);
    if full {
        row = row
            .put("refreshes", usage.refreshes)
            .put("whole_lists", usage.lists);
    }
    match usage.ages {
        Some((oldest, newest)) => row
            .put("oldest_seconds", oldest.as_secs())
            .put("newest_seconds", newest.as_secs()),
        None => row,
    }
}

/// A row of the result under construction.
#[derive(Default)]
struct Row(Map<String, Value>);

impl From<Row> for Value {
    fn from(row: Row) -> Self {
        row.0.into()
    }
}

impl Row {
    fn named(key: &str, name: &str) -> Self {
        Self::default().put(key, name)
    }

    fn put(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// Adds the share of hits, where anything was looked up.
    fn rate(self, lookups: Lookups) -> Self {
        match lookups.hit_rate() {
            Some(rate) => self.put("hit_rate", format!("{}%", tenths(rate))),
            None => self,
        }
    }

    /// Adds the figures that show how expensive an operation is.
    fn with_summary(self, stats: &OperationStats) -> Self {
        self.put("count", stats.count)
            .put("failed", stats.failed())
            .put("requests", stats.requests)
            .put("total_ms", millis(stats.durations.total()))
            .put("p95_ms", millis(stats.durations.percentile(95)))
    }

    /// Adds the counts, durations and bytes that a total shows.
    fn with_totals(self, stats: &OperationStats) -> Self {
        let durations = &stats.durations;
        let row = self.put("count", stats.count).put("failed", stats.failed());
        let row = if stats.errors.is_empty() {
            row
        } else {
            row.put("errors", errors(&stats.errors))
        };
        row.put("requests", stats.requests)
            .put("mean_ms", millis(durations.mean()))
            .put("p50_ms", millis(durations.percentile(50)))
            .put("p95_ms", millis(durations.percentile(95)))
            .put("upstream_bytes", stats.bytes_received)
            .put("returned_bytes", stats.bytes_returned)
    }

    /// Adds everything that is counted.
    fn with_everything(self, stats: &OperationStats) -> Self {
        self.with_totals(stats)
            .put("max_ms", millis(stats.durations.longest()))
            .put("total_ms", millis(stats.durations.total()))
            .put("sent_bytes", stats.bytes_sent)
            .put("cache_hits", stats.lookups.hits)
            .put("cache_misses", stats.lookups.misses)
            .rate(stats.lookups)
    }
}

/// Returns the number of errors by code.
fn errors(errors: &BTreeMap<Code, u64>) -> Map<String, Value> {
    errors
        .iter()
        .map(|(code, count)| (code.name().to_owned(), (*count).into()))
        .collect()
}

/// Returns milliseconds with one decimal, because an operation that the cache serves takes less than one.
fn millis(duration: Duration) -> f64 {
    tenths(duration.as_secs_f64() * 1000.0)
}

/// Rounds a number to one decimal.
fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

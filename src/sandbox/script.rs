//! The script: how the next requests go wrong, and switches that stay as they are set.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::lag::Lag;
use super::limits::{HOUR_MS, REQUESTS};
use super::log::Logged;
use super::orders::{FIRST, Orders, Unreadable};
use super::refusal::Refusal;
use super::store::Record;

/// What happens to one request.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Not executed: `RATELIMITED` under this HTTP status, the window ending in `reset_in_ms`.
    RateLimited {
        /// The HTTP status: Linear has been seen to use 400, 200 and 429.
        status: u16,
        /// How far away the reset headers say the end of the window is.
        reset_in_ms: u64,
        /// The `retry-after` header in seconds, which Linear rarely sends.
        retry_after: Option<u64>,
    },
    /// Not executed: 503 with a page of HTML, as a gateway answers.
    ServiceUnavailableHtml,
    /// Not executed: 200 with a body that is not JSON.
    NotJson,
    /// Executed; the second half of the body is missing.
    Truncated,
    /// Executed; the answer comes after this time.
    Slow(Duration),
    /// Not executed: the connection is dropped.
    Drop,
    /// Executed, and then the connection is dropped.
    DropAfterCommit,
    /// Executed, and then 503 with a page of HTML.
    UnavailableAfterCommit,
    /// Executed, and then `data: null` beside this error, which has no path.
    VoidedAfterCommit(Refusal),
    /// Not executed: 200 with an empty list of errors and no data.
    EmptyErrors,
    /// Not executed: an error with this message and nothing else, no `extensions`.
    BareError(String),
    /// Executed; this error stands beside the data, without a path.
    ErrorsWithData(Refusal),
    /// This root field is refused: an error whose path is the root alone.
    ///
    /// In a mutation those in front of it are executed and those behind it are not: the roots run one after the other,
    /// and as no root may be null, the first error ends the document and the answer's `data` is null. In a query
    /// nothing else changes, except that `data` is null when this root may not be.
    Refuse {
        /// The root field's name, or its alias where several have that name, or [`Act::FIRST`].
        field: String,
        /// How it is refused.
        refusal: Refusal,
    },
    /// Executed, but then this field below a root cannot be read: an error whose path is the field's.
    ///
    /// Null spreads as GraphQL says: the field is null, or else the nearest field around it that may be
    /// (`IssuePayload.issue`, beside `success: true`), or else `data`. A mutation under whose root this happens was
    /// executed, as were those in front of it; those behind it are executed unless `data` is null. The field fails once
    /// per request: of the items of a list only the first.
    FieldError {
        /// The path from the root field on, joined by dots: `issueCreate.issue.title`. Each step is a field's name or
        /// alias, or [`Act::FIRST`]. A field that the document does not select fails nothing.
        field: String,
        /// The error.
        refusal: Refusal,
    },
    /// This mutation is executed and answers `success: true` with null where its entity would be, as
    /// `IssueArchivePayload.entity` and `IssuePayload.issue` may be. An entity that may not be null stays.
    NullEntity {
        /// The mutation's name, or its alias, or [`Act::FIRST`].
        field: String,
    },
    /// This mutation does nothing and answers `success: false`.
    SuccessFalse {
        /// The mutation's name, or its alias, or [`Act::FIRST`].
        field: String,
    },
    /// Executed as always, a moment after somebody else has set these fields of this record.
    Meanwhile {
        /// The record's type.
        kind: &'static str,
        /// The record's id.
        id: String,
        /// The fields with their new values; `updatedAt` moves by itself.
        fields: Record,
    },
    /// Executed as always, a moment after somebody else, or an integration of Linear's, has added this record.
    MeanwhileAdded {
        /// The record's type.
        kind: &'static str,
        /// The record. What it leaves out of `id`, `createdAt` and `updatedAt` is made up; an `issueId` may be an
        /// identifier. Nothing is checked.
        record: Record,
    },
    /// Not executed: `INTERNAL_SERVER_ERROR` under this HTTP status.
    InternalError {
        /// The HTTP status: 200 and 500 have been seen.
        status: u16,
    },
}

impl Act {
    /// Stands for the first root field of the document in `field`, whatever its name is; an act about it waits for a
    /// mutation. In the path of [`Act::FieldError`] it stands for the first field at its place, before the end of the
    /// path for the first one that has fields itself: `*.*.*` is the first field of the first mutation's entity.
    pub const FIRST: &'static str = FIRST;

    /// [`Act::Refuse`]: this root field is refused.
    pub fn refuse(field: impl Into<String>, refusal: Refusal) -> Self {
        let field = field.into();
        Self::Refuse { field, refusal }
    }

    /// [`Act::Refuse`] with the code `RATELIMITED`: this root field alone is one too many.
    pub fn limit(field: impl Into<String>) -> Self {
        Self::refuse(field, Refusal::rate_limited(REQUESTS, HOUR_MS))
    }

    /// [`Act::FieldError`] at this path from a root field on.
    pub fn field_error(field: impl Into<String>, refusal: Refusal) -> Self {
        let field = field.into();
        Self::FieldError { field, refusal }
    }

    /// [`Act::NullEntity`] for this mutation.
    pub fn null_entity(field: impl Into<String>) -> Self {
        let field = field.into();
        Self::NullEntity { field }
    }

    /// [`Act::SuccessFalse`] for this mutation.
    pub fn success_false(field: impl Into<String>) -> Self {
        let field = field.into();
        Self::SuccessFalse { field }
    }

    /// [`Act::Meanwhile`]: somebody else renames this record (a state, label, project, user, team, milestone).
    pub fn renamed(kind: &'static str, id: impl Into<String>, name: &str) -> Self {
        Self::Meanwhile {
            kind,
            id: id.into(),
            fields: Record::from_iter([("name".to_owned(), name.into())]),
        }
    }

    /// [`Act::MeanwhileAdded`]: Linear's own GitHub integration attaches a pull request, as it does within seconds of
    /// its being opened. `issue` is the issue's id or identifier.
    pub fn attached(issue: &str, url: &str, title: &str) -> Self {
        let record = json!({
            "issueId": issue, "url": url, "title": title, "subtitle": null, "sourceType": "github",
            "source": { "type": "github" }, "metadata": { "url": url, "status": "open" },
            "groupBySource": false, "creatorId": null,
        });
        Self::MeanwhileAdded {
            kind: "Attachment",
            record: record.as_object().cloned().unwrap_or_default(),
        }
    }

    /// The root field that the act is about.
    fn root(&self) -> Option<&str> {
        match self {
            Self::Refuse { field, .. }
            | Self::SuccessFalse { field }
            | Self::NullEntity { field } => Some(field),
            Self::FieldError { field, .. } => field.split('.').next(),
            _ => None,
        }
    }
}

/// The acts to come and the switches. Requests take at most one act each, in the order they were put in.
#[derive(Debug, Default)]
pub struct Script(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    acts: VecDeque<(Option<String>, Act)>,
    error_status: Option<u16>,
    features_off: Vec<String>,
    remaining: Option<u64>,
    wall_clock_ms: Option<u64>,
    latency: Duration,
    lag: Option<Lag>,
}

impl Script {
    /// The next request goes this way. An act about a root field waits for a request that has that field.
    pub fn next(&self, act: Act) {
        let target = act.root().map(str::to_owned);
        self.state().acts.push_back((target, act));
    }

    /// The next request whose operation has this name, or that has this root field or alias, goes this way.
    pub fn next_for(&self, operation_or_root: &str, act: Act) {
        let target = Some(operation_or_root.to_owned());
        self.state().acts.push_back((target, act));
    }

    /// How many acts have not been taken.
    pub fn pending(&self) -> usize {
        self.state().acts.len()
    }

    /// The HTTP status of answers whose execution ended in errors: 200 (the default) or 400; Linear does both.
    pub fn error_status(&self, status: u16) {
        self.state().error_status = Some(status);
    }

    /// Takes a root field out of the workspace's plan.
    pub fn feature_off(&self, root: &str) {
        self.state().features_off.push(root.to_owned());
    }

    /// After this many more requests, all are `RATELIMITED`; `None` (the default) for never.
    pub fn requests_remaining(&self, remaining: Option<u64>) {
        self.state().remaining = remaining;
    }

    /// Lets queries lag behind writes from now on: what a mutation has written is seen by them only after so many further
    /// requests (`reads_lag(3)`) or so long (`reads_lag(Duration::from_millis(400))`).
    ///
    /// The mutation's own answer shows it, and mutations see everything: an id that is taken is refused at once. What
    /// is written later stays hidden at least as long, whoever writes it.
    pub fn reads_lag(&self, lag: impl Into<Lag>) {
        self.state().lag = Some(lag.into());
    }

    /// Lets queries see everything that is written (the default), at once.
    pub fn reads_keep_up(&self) {
        self.state().lag = None;
    }

    /// How long every answer takes on its way, on top of what [`Act::Slow`] adds to one of them. None by default.
    pub fn latency(&self, by: Duration) {
        self.state().latency = by;
    }

    /// The moment that reset headers and [`Script::reads_lag`] count from, in milliseconds since the epoch; `None` (the
    /// default) for the machine's clock.
    pub fn wall_clock_ms(&self, now: Option<u64>) {
        self.state().wall_clock_ms = now;
    }

    /// The act for a request, taken out of the queue.
    pub(super) fn take(&self, request: &Logged) -> Option<Act> {
        let mut state = self.state();
        let wanted = |target: &Option<String>| match target {
            None => true,
            Some(name) if name == FIRST => request.mutation,
            Some(name) => {
                request.operation.as_ref() == Some(name)
                    || request.roots.contains(name)
                    || request.keys.contains(name)
            }
        };
        let place = state.acts.iter().position(|(target, _)| wanted(target))?;
        state.acts.remove(place).map(|(_, act)| act)
    }

    /// What the switches and this act order for an execution.
    pub(super) fn orders(&self, act: Option<&Act>) -> Orders {
        let state = self.state();
        let mut orders = Orders::without(state.features_off.clone());
        match act {
            Some(Act::Refuse { field, refusal }) => {
                orders.refuse = Some((field.clone(), refusal.clone()));
            }
            Some(Act::SuccessFalse { field }) => orders.unsuccessful = Some(field.clone()),
            Some(Act::NullEntity { field }) => orders.entity_null = Some(field.clone()),
            Some(Act::FieldError { field, refusal }) => {
                orders.unreadable = Some(Unreadable::new(field, refusal.clone()));
            }
            _ => {}
        }
        orders
    }

    /// Spends one request. Gives how many are left, `None` when there was none to spend.
    ///
    /// Without a set number the bucket refills as fast as it is emptied.
    pub(super) fn spend(&self) -> Option<u64> {
        match &mut self.state().remaining {
            None => Some(REQUESTS - 1),
            Some(remaining) => {
                *remaining = remaining.checked_sub(1)?;
                Some(*remaining)
            }
        }
    }

    pub(super) fn lag(&self) -> Option<Lag> {
        self.state().lag
    }

    pub(super) fn latency_set(&self) -> Duration {
        self.state().latency
    }

    pub(super) fn status_of_errors(&self) -> u16 {
        self.state().error_status.unwrap_or(200)
    }

    /// The present moment in milliseconds since the epoch.
    pub(super) fn now_ms(&self) -> u64 {
        let clock = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            since.map_or(0, |since| {
                u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
            })
        };
        self.state().wall_clock_ms.unwrap_or_else(clock)
    }

    /// The end of the window that is an hour (or `in_ms`) away.
    pub(super) fn reset_ms(&self, in_ms: Option<u64>) -> u64 {
        self.now_ms().saturating_add(in_ms.unwrap_or(HOUR_MS))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

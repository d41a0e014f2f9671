//! The script: how the next requests go wrong, switches that stay as they are set, and what both change about the
//! execution of one request ([`Overrides`]).

use std::cell::{Cell, OnceCell};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::exchange::Logged;
use super::lag::Lag;
use super::refusal::Refusal;
use super::reply::{HOUR_MS, REQUESTS};
use super::store::Record;

/// What goes wrong with one request.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// The request is not executed: `RATELIMITED` under this HTTP status, in a window that ends in `reset_in_ms`.
    RateLimited {
        /// The HTTP status: Linear has been seen to use 400, 200 and 429.
        status: u16,
        /// The time until the end of the window, as the reset headers tell it.
        reset_in_ms: u64,
        /// The `retry-after` header in seconds, which Linear rarely sends.
        retry_after: Option<u64>,
    },
    /// The request is not executed: 503 with a page of HTML, as a gateway sends it.
    ServiceUnavailableHtml,
    /// The request is not executed: 200 with a body that is not JSON.
    NotJson,
    /// The request is executed; the second half of the reply's body is missing.
    Truncated,
    /// The request is executed; the reply comes after this time.
    Slow(Duration),
    /// The request is not executed: the connection is dropped.
    Drop,
    /// The request is executed, and then the connection is dropped.
    DropAfterCommit,
    /// The request is executed, and then replied to with 503 and a page of HTML.
    UnavailableAfterCommit,
    /// The request is executed, and then replied to with `data: null` beside this error, which has no path.
    VoidedAfterCommit(Refusal),
    /// The request is not executed: 200 with an empty list of errors and no data.
    EmptyErrors,
    /// The request is not executed: an error with this message and without `extensions`.
    BareError(String),
    /// The request is executed; this error stands beside the data, without a path.
    ErrorsWithData(Refusal),
    /// This root field is refused: an error whose path is the root alone.
    ///
    /// In a mutation the root fields before this one are executed and the ones after it are not: they run one after the
    /// other, and as no root field may be null, the first error ends the document and the answer's `data` is null. In a
    /// query nothing else changes, except that `data` is null when this root field may not be null.
    Refuse {
        /// The root field's name, or its alias where several have that name, or [`Act::FIRST`].
        field: String,
        /// The error.
        refusal: Refusal,
    },
    /// The request is executed, but then this field below a root field cannot be read: an error with the path of the
    /// field.
    ///
    /// Null spreads as GraphQL says: the field is null, or else the nearest field around it that may be null
    /// (`IssuePayload.issue`, beside `success: true`), or else `data`. The mutation whose payload has the field was
    /// executed, as were the mutations before it; the ones after it are executed unless `data` is null. The field fails
    /// once per request: of the items of a list only the first.
    FieldError {
        /// The path from the root field on, joined by dots: `issueCreate.issue.title`. Each step is a field's name or
        /// alias, or [`Act::FIRST`]. A field that the document does not select fails nothing.
        field: String,
        /// The error.
        refusal: Refusal,
    },
    /// This mutation is executed and returns `success: true` with null in the place of its entity, where the schema
    /// allows that (`IssueArchivePayload.entity`, `IssuePayload.issue`). An entity that may not be null stays.
    NullEntity {
        /// The mutation's name, or its alias, or [`Act::FIRST`].
        field: String,
    },
    /// This mutation does nothing and returns `success: false`.
    SuccessFalse {
        /// The mutation's name, or its alias, or [`Act::FIRST`].
        field: String,
    },
    /// The request is executed as always, a moment after somebody else has set these fields of this record.
    Meanwhile {
        /// The record's type.
        kind: &'static str,
        /// The record's id.
        id: String,
        /// The fields with their new values. `updatedAt` need not be among them; it moves too.
        fields: Record,
    },
    /// The request is executed as always, a moment after somebody else, or an integration of Linear's, has added this
    /// record.
    MeanwhileAdded {
        /// The record's type.
        kind: &'static str,
        /// The record. The stand-in makes up an `id`, `createdAt` and `updatedAt` that are missing; an `issueId` may be an
        /// identifier. Nothing is checked.
        record: Record,
    },
    /// The request is not executed: `INTERNAL_SERVER_ERROR` under this HTTP status.
    InternalError {
        /// The HTTP status: 200 and 500 have been seen.
        status: u16,
    },
}

impl Act {
    /// In `field`, this name stands for the first root field of the document, whatever that field's name is. An act with
    /// it waits for a mutation. In the path of [`Act::FieldError`] it stands for the first field at that step, and before
    /// the end of the path for the first field that has fields itself: `*.*.*` is the first field of the first mutation's
    /// entity.
    pub const FIRST: &'static str = FIRST;

    /// Returns [`Act::Refuse`] for this root field.
    pub fn refuse(field: impl Into<String>, refusal: Refusal) -> Self {
        let field = field.into();
        Self::Refuse { field, refusal }
    }

    /// Returns [`Act::Refuse`] with the code `RATELIMITED`: this root field alone exceeds the limit.
    pub fn limit(field: impl Into<String>) -> Self {
        Self::refuse(field, Refusal::rate_limited(REQUESTS, HOUR_MS))
    }

    /// Returns [`Act::FieldError`] for the field at this path from a root field on.
    pub fn field_error(field: impl Into<String>, refusal: Refusal) -> Self {
        let field = field.into();
        Self::FieldError { field, refusal }
    }

    /// Returns [`Act::NullEntity`] for this mutation.
    pub fn null_entity(field: impl Into<String>) -> Self {
        let field = field.into();
        Self::NullEntity { field }
    }

    /// Returns [`Act::SuccessFalse`] for this mutation.
    pub fn success_false(field: impl Into<String>) -> Self {
        let field = field.into();
        Self::SuccessFalse { field }
    }

    /// Returns [`Act::Meanwhile`] in which somebody else renames this record (a state, label, project, user, team or
    /// milestone).
    pub fn renamed(kind: &'static str, id: impl Into<String>, name: &str) -> Self {
        Self::Meanwhile {
            kind,
            id: id.into(),
            fields: Record::from_iter([("name".to_owned(), name.into())]),
        }
    }

    /// Returns [`Act::MeanwhileAdded`] in which Linear's own GitHub integration attaches a pull request, as it does within
    /// seconds after the pull request is opened. `issue` is the id or identifier of the issue.
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

    /// The root field that the act waits for.
    fn target(&self) -> Option<&str> {
        match self {
            Self::Refuse { field, .. }
            | Self::SuccessFalse { field }
            | Self::NullEntity { field } => Some(field),
            Self::FieldError { field, .. } => field.split('.').next(),
            _ => None,
        }
    }
}

/// The acts to come and the switches. Each request takes at most one act; acts are taken in the order in which they were
/// added.
#[derive(Debug, Default)]
pub struct Script(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The acts to come, each with the operation or root field that it waits for.
    acts: VecDeque<(Option<String>, Act)>,
    error_status: Option<u16>,
    features_off: Vec<String>,
    remaining: Option<u64>,
    wall_clock_ms: Option<u64>,
    latency: Duration,
    lag: Option<Lag>,
}

impl Script {
    /// Applies the act to the next request. An act about a root field waits for a request that has that field.
    pub fn next(&self, act: Act) {
        let target = act.target().map(str::to_owned);
        self.state().acts.push_back((target, act));
    }

    /// Applies the act to the next request whose operation has this name, or that has this root field or alias.
    pub fn next_for(&self, operation_or_root: &str, act: Act) {
        let target = Some(operation_or_root.to_owned());
        self.state().acts.push_back((target, act));
    }

    /// Returns the number of acts that no request has taken yet.
    pub fn pending(&self) -> usize {
        self.state().acts.len()
    }

    /// Sets the HTTP status of answers whose execution ended in errors: 200 (the default) or 400; Linear uses both.
    pub fn error_status(&self, status: u16) {
        self.state().error_status = Some(status);
    }

    /// Removes a root field from the workspace's plan.
    pub fn feature_off(&self, root: &str) {
        self.state().features_off.push(root.to_owned());
    }

    /// Sets after how many more requests all requests are `RATELIMITED`; `None` (the default) means never.
    pub fn requests_remaining(&self, remaining: Option<u64>) {
        self.state().remaining = remaining;
    }

    /// Lets queries lag behind writes from now on: a query sees what a mutation has written only after a number of further
    /// requests (`reads_lag(3)`) or after some time (`reads_lag(Duration::from_millis(400))`).
    ///
    /// The answer of the mutation itself shows the write, and mutations see everything: an id that is taken is refused at
    /// once. Later writes stay hidden at least as long, whoever makes them.
    pub fn reads_lag(&self, lag: impl Into<Lag>) {
        self.state().lag = Some(lag.into());
    }

    /// Lets queries see every write at once, which is the default.
    pub fn reads_keep_up(&self) {
        self.state().lag = None;
    }

    /// Sets the time that every reply takes, on top of what [`Act::Slow`] adds to one of them. There is none by default.
    pub fn latency(&self, by: Duration) {
        self.state().latency = by;
    }

    /// Sets the moment that reset headers and [`Script::reads_lag`] count from, in milliseconds since the epoch; `None`
    /// (the default) means the machine's clock.
    pub fn wall_clock_ms(&self, now: Option<u64>) {
        self.state().wall_clock_ms = now;
    }

    /// Takes the act for this request out of the queue.
    pub(super) fn take(&self, request: &Logged) -> Option<Act> {
        let mut state = self.state();
        let is_for_request = |target: &Option<String>| match target {
            None => true,
            Some(name) if name == FIRST => request.mutation,
            Some(name) => {
                request.operation.as_ref() == Some(name)
                    || request.roots.contains(name)
                    || request.keys.contains(name)
            }
        };
        let index = state
            .acts
            .iter()
            .position(|(target, _)| is_for_request(target))?;
        state.acts.remove(index).map(|(_, act)| act)
    }

    /// Returns what the switches and this act change about an execution.
    pub(super) fn overrides(&self, act: Option<&Act>) -> Overrides {
        let mut overrides = Overrides {
            features_off: self.state().features_off.clone(),
            ..Overrides::default()
        };
        match act {
            Some(Act::Refuse { field, refusal }) => {
                overrides.refused = Some((field.clone(), refusal.clone()));
            }
            Some(Act::SuccessFalse { field }) => overrides.unsuccessful = Some(field.clone()),
            Some(Act::NullEntity { field }) => overrides.null_entity = Some(field.clone()),
            Some(Act::FieldError { field, refusal }) => {
                let mut steps = field.split('.').map(str::to_owned);
                overrides.failing_field = Some(FailingField {
                    root: steps.next().unwrap_or_default(),
                    path: steps.collect(),
                    refusal: refusal.clone(),
                    has_failed: Cell::new(false),
                });
            }
            _ => {}
        }
        overrides
    }

    /// Spends one request of the window. Returns how many requests are left, or `None` when there was none to spend.
    ///
    /// Where no number is set, the window is always full.
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
            let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
            since_epoch.map_or(0, |duration| {
                u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
            })
        };
        self.state().wall_clock_ms.unwrap_or_else(clock)
    }

    /// The moment that is `in_ms` away, in milliseconds since the epoch.
    pub(super) fn reset_ms(&self, in_ms: u64) -> u64 {
        self.now_ms().saturating_add(in_ms)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name that stands for the first field, as [`Act::FIRST`] says.
pub(super) const FIRST: &str = "*";

/// What the script changes about the execution of one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Overrides {
    /// The root field that is refused, with its refusal.
    refused: Option<(String, Refusal)>,
    /// The mutation that does nothing and returns `success: false`.
    unsuccessful: Option<String>,
    /// The mutation that is executed and returns null in the place of its entity.
    null_entity: Option<String>,
    /// The field below a root field that cannot be read.
    failing_field: Option<FailingField>,
    /// The root fields that the workspace's plan does not have.
    features_off: Vec<String>,
    /// The key of the root field that was executed first.
    first: OnceCell<String>,
}

/// A field below a root field whose reading fails once.
#[derive(Clone, Debug)]
struct FailingField {
    root: String,
    /// The fields below the root field that lead to it, itself last.
    path: Vec<String>,
    refusal: Refusal,
    has_failed: Cell<bool>,
}

impl Overrides {
    /// Notes that the root field that answers under this key is about to be executed.
    pub(super) fn begin(&self, key: &str) {
        self.first.get_or_init(|| key.to_owned());
    }

    /// Checks that the root field that answers under this key may run.
    ///
    /// # Errors
    /// The refusal that the script orders, or the refusal of a field that the plan does not have.
    pub(super) fn check_allowed(&self, field: &str, key: &str) -> Result<(), Refusal> {
        if let Some((refused, refusal)) = &self.refused
            && self.is_named(refused, field, key)
        {
            return Err(refusal.clone());
        }
        if self.features_off.iter().any(|feature| feature == field) {
            return Err(Refusal::feature_off(field));
        }
        Ok(())
    }

    /// Whether a mutation is to do nothing and return `success: false`.
    pub(super) fn is_unsuccessful(&self, field: &str, key: &str) -> bool {
        let ordered = self.unsuccessful.as_deref();
        ordered.is_some_and(|ordered| self.is_named(ordered, field, key))
    }

    /// Whether a mutation is to return null in the place of its entity.
    pub(super) fn nulls_entity(&self, field: &str, key: &str) -> bool {
        let ordered = self.null_entity.as_deref();
        ordered.is_some_and(|ordered| self.is_named(ordered, field, key))
    }

    /// The path from this root field to the field that cannot be read; empty when that field is not below this root
    /// field.
    pub(super) fn path_below(&self, field: &str, key: &str) -> &[String] {
        match &self.failing_field {
            Some(failing) if self.is_named(&failing.root, field, key) => &failing.path,
            _ => &[],
        }
    }

    /// Returns the refusal of the field that cannot be read, once: the field can be read afterwards.
    pub(super) fn fail_once(&self) -> Option<Refusal> {
        let failing = self.failing_field.as_ref()?;
        let has_failed = failing.has_failed.replace(true);
        (!has_failed).then(|| failing.refusal.clone())
    }

    /// Whether a name in the script means this root field: the name is the name or the key of the field, or it is
    /// [`FIRST`] and the field is executed first.
    fn is_named(&self, name: &str, field: &str, key: &str) -> bool {
        let is_first = || self.first.get().is_some_and(|first| first == key);
        name == field || name == key || (name == FIRST && is_first())
    }
}

//! One request at a time: sent, read, and sent again where that may help and is safe.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use serde::Deserialize as _;
use serde_json::{Map, Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::{Answers, RequestScope, RetryLimits, RetryPolicy};
use crate::clock::Clock;
use crate::linear::compose::{self, Composed, Part};
use crate::linear::failure::{Excess, Failure, GraphQlAnswer};
use crate::linear::lenient::{self, Unread};
use crate::linear::transport::{Reply, Transport};

/// The way to Linear, with room for so many requests at once.
pub(super) struct RetryingTransport {
    transport: Arc<dyn Transport>,
    retry_limits: RetryLimits,
    permits: Arc<Semaphore>,
    clock: Clock,
    /// Fires when nothing new is to be begun.
    pub(super) closing: CancellationToken,
    /// Whether a request failed because there is no key, or none that Linear accepts.
    pub(super) lacked_key: AtomicBool,
}

impl RetryingTransport {
    pub(super) fn new(
        transport: Arc<dyn Transport>,
        retry_limits: RetryLimits,
        clock: Clock,
    ) -> Self {
        Self {
            transport,
            retry_limits,
            permits: Arc::new(Semaphore::new(retry_limits.in_flight)),
            clock,
            closing: CancellationToken::new(),
            lacked_key: AtomicBool::new(false),
        }
    }

    /// Waits until nothing more may be sent on this errand, and returns why: its caller has cancelled it or no longer
    /// waits, or nothing new is to be begun and it does not find out what a write did.
    async fn stopped(&self, request_scope: &RequestScope) -> Failure {
        tokio::select! {
            biased;
            failure = request_scope.ended() => failure,
            () = self.closing.cancelled(), if !request_scope.settles() => Failure::Cancelled,
        }
    }

    /// Waits for room for one more request. `None` only where the line is closed, which it never is.
    pub(super) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// Sends reads until there is an answer, or no further sending would help or be allowed. The first sending uses
    /// the `permit` where there is one.
    ///
    /// # Errors
    /// What became of the last sending.
    pub(super) async fn read(
        &self,
        parts: &[Part],
        repeat: RetryPolicy,
        request_scope: &RequestScope,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<Answers, Failure> {
        self.send_with_retry(parts, repeat, request_scope, permit, Answer::complete)
            .await
    }

    /// Sends mutations in one document, once; again where nothing was executed.
    ///
    /// # Errors
    /// What became of the last sending as a whole.
    pub(super) async fn write(
        &self,
        parts: &[Part],
        request_scope: &RequestScope,
    ) -> Result<Answer, Failure> {
        self.send_with_retry(parts, RetryPolicy::NotAfterSend, request_scope, None, Ok)
            .await
    }

    async fn send_with_retry<T>(
        &self,
        parts: &[Part],
        repeat: RetryPolicy,
        request_scope: &RequestScope,
        permit: Option<OwnedSemaphorePermit>,
        read: impl Fn(Answer) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let composed = compose::compose(parts);
        let body = json!({"query": composed.query, "variables": composed.variables}).to_string();
        let reading = !parts.iter().any(Part::is_mutation);
        let mut permit = permit;
        let mut pauses = self.pauses();
        let mut earlier = None;
        loop {
            let exchange = self.exchange(&body, &composed, reading, request_scope, permit.take());
            let failure = match exchange.await.and_then(&read) {
                Ok(answer) => return Ok(answer),
                // Why the sending before it failed says more.
                Err(failure @ Failure::OutOfTime(_)) => return Err(earlier.unwrap_or(failure)),
                Err(failure) => failure,
            };
            if failure.lacks_key() {
                self.lacked_key.store(true, Ordering::Relaxed);
            }
            let Some(pause) = self.pause(&failure, repeat, &mut pauses) else {
                return Err(failure);
            };
            // Nobody would wait for the next sending: the failure of this one says more than that the time is over.
            if request_scope.left().is_some_and(|left| left <= pause) {
                return Err(failure);
            }
            tracing::debug!(%failure, ?pause, "sending again");
            if matches!(failure, Failure::RateLimited(_)) {
                let seconds = pause.as_secs_f64().ceil();
                request_scope.note(&format!("waiting {seconds} s for Linear's rate limit"));
            }
            tokio::select! {
                failure = self.stopped(request_scope) => return Err(failure),
                () = tokio::time::sleep(pause) => {}
            }
            earlier = Some(failure);
        }
    }

    fn pauses(&self) -> impl Iterator<Item = Duration> + use<> {
        ExponentialBuilder::default()
            .with_min_delay(self.retry_limits.pause)
            .with_max_times(self.retry_limits.attempts.saturating_sub(1))
            .with_jitter()
            .build()
    }

    /// How long to wait before the next sending; `None` when there is to be none.
    fn pause(
        &self,
        failure: &Failure,
        repeat: RetryPolicy,
        pauses: &mut impl Iterator<Item = Duration>,
    ) -> Option<Duration> {
        if repeat == RetryPolicy::Once {
            return None;
        }
        if let Failure::RateLimited(limit) = failure {
            let wait = limit.wait()?;
            return (wait <= self.retry_limits.max_wait && pauses.next().is_some()).then_some(wait);
        }
        let safe = repeat == RetryPolicy::Idempotent || !failure.is_ambiguous();
        (failure.is_transient() && safe)
            .then(|| pauses.next())
            .flatten()
    }

    /// One sending, and what its answer says.
    async fn exchange(
        &self,
        body: &str,
        composed: &Composed,
        reading: bool,
        request_scope: &RequestScope,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<Answer, Failure> {
        let room = async {
            match permit {
                Some(permit) => Some(permit),
                None => self.permit().await,
            }
        };
        let permit = tokio::select! {
            biased;
            failure = self.stopped(request_scope) => return Err(failure),
            permit = room => permit,
        };
        let limit = if reading {
            None
        } else {
            write_limit(request_scope)?
        };
        request_scope.sending(body.len());
        let sending = self.transport.send(body.as_bytes().to_vec(), limit);
        let outcome = if reading {
            tokio::select! {
                biased;
                failure = request_scope.ended() => return Err(failure),
                outcome = sending => outcome,
            }
        } else {
            sending.await
        };
        drop(permit);
        match outcome {
            Ok(reply) => {
                request_scope.received(reply.body.len());
                self.answer(&reply, composed)
            }
            Err(fault) => {
                let failure = Failure::of_fault(fault);
                if failure.is_unsent() {
                    request_scope.unsent(body.len());
                }
                Err(failure)
            }
        }
    }

    /// What a reply says.
    ///
    /// # Errors
    /// The failure of the whole request, where the reply has neither data nor an error of one of its parts.
    fn answer(&self, reply: &Reply, composed: &Composed) -> Result<Answer, Failure> {
        let now = self.clock.now_ms();
        let (body, replaced) = match lenient::read(&reply.body, lenient::MOST_VALUES) {
            Ok(read) => (read.value, read.replaced),
            Err(Unread::TooMany(most)) => return Err(Failure::TooLarge(Excess::Values(most))),
            Err(Unread::Malformed) => return Err(Failure::of_status(reply, now)),
        };
        let Ok(answer) = GraphQlAnswer::deserialize(body) else {
            return Err(Failure::of_status(reply, now));
        };
        let slot = |root: &str| composed.slot_of(root);
        let errors = answer.errors.unwrap_or_default();
        let errors: Vec<PartError> = errors
            .iter()
            .map(|error| PartError {
                slot: error.root().and_then(slot),
                field: error.field(),
                texts: error.texts(),
                reason: error.reason(),
                failure: Failure::of_error(error, reply, now, slot),
            })
            .collect();
        let data = match answer.data {
            Some(Value::Object(data)) => Some(composed.split(data)),
            voided => {
                let of_part = errors.iter().any(|error| error.slot.is_some());
                let refused = errors
                    .first()
                    .is_some_and(|error| error.failure.is_declined());
                // Without `data` nothing was executed; a null beside an error without a path says nothing.
                if !(of_part || voided.is_some() && refused) {
                    let none = || Failure::of_status(reply, now);
                    return Err(errors
                        .into_iter()
                        .next()
                        .map_or_else(none, |error| error.failure));
                }
                None
            }
        };
        Ok(Answer {
            data,
            errors,
            replaced,
        })
    }
}

/// The least time for which the answer to a write is waited for. A write that has less is not sent: most likely it would
/// be done without anybody learning of it.
const LEAST_FOR_A_WRITE: Duration = Duration::from_millis(250);

/// How long the answer to a write that is sent now is waited for: two thirds of the time that is left, so that the rest
/// is there to look up what became of it when no answer comes. `None` where the caller's time has no end.
///
/// # Errors
/// [`Failure::OutOfTime`] where that is too little for a write to be sent.
fn write_limit(request_scope: &RequestScope) -> Result<Option<Duration>, Failure> {
    let Some(limit) = request_scope.left().map(|left| left * 2 / 3) else {
        return Ok(None);
    };
    match request_scope
        .out_of_time()
        .filter(|_| limit < LEAST_FOR_A_WRITE)
    {
        Some(failure) => Err(failure),
        None => Ok(Some(limit)),
    }
}

/// An answer of Linear's, taken apart into the parts of the request.
#[derive(Debug)]
pub(super) struct Answer {
    /// The root fields of each part under their own names; `None` where an error voided them all.
    pub(super) data: Option<Vec<Map<String, Value>>>,
    /// What went wrong.
    pub(super) errors: Vec<PartError>,
    /// How many of its characters were broken and stand as U+FFFD.
    pub(super) replaced: usize,
}

/// An error of an answer.
#[derive(Debug)]
pub(super) struct PartError {
    /// The part that it is about, where Linear says so.
    pub(super) slot: Option<usize>,
    /// The field below the part's root that could not be answered; `None` where the root itself failed.
    field: Option<String>,
    /// Every text in which Linear may name what it is about.
    pub(super) texts: Vec<String>,
    /// Linear's sentence for people.
    reason: String,
    /// What it means.
    pub(super) failure: Failure,
}

impl PartError {
    /// Whether the root of a part failed: nothing of that part was executed.
    pub(super) fn is_at_root(&self) -> bool {
        self.slot.is_some() && self.field.is_none()
    }

    /// The error as a note beside an answer.
    fn note(self) -> String {
        self.unread().unwrap_or(self.reason)
    }

    /// The field that could not be answered, and why; nothing where the root itself failed.
    pub(super) fn unread(&self) -> Option<String> {
        let field = self.field.as_ref()?;
        let field = match field.strip_prefix("entity") {
            Some("") => "the result",
            Some(below) => below.trim_start_matches('.'),
            None => field,
        };
        Some(format!("{field}: {}", self.reason))
    }
}

impl Answer {
    /// What is said of the characters that were broken, if any were.
    pub(super) fn replacement_note(&self) -> Option<String> {
        let what = match self.replaced {
            0 => return None,
            1 => "a character in the answer was broken and is".to_owned(),
            count => format!("{count} characters in the answer were broken and are"),
        };
        Some(format!("{what} shown as U+FFFD"))
    }

    /// The answers to reads, where every root field is there. Errors beside them are notes: they are about something
    /// below that may be null.
    ///
    /// # Errors
    /// The failure that the first error means.
    fn complete(self) -> Result<Answers, Failure> {
        let is_whole = |root: &Map<String, Value>| {
            !root.is_empty() && root.values().all(|value| !value.is_null())
        };
        let replaced = self.replacement_note();
        match self.data {
            Some(data) if self.errors.is_empty() || data.iter().all(is_whole) => Ok(Answers {
                slots: data.into_iter().map(Arc::new).collect(),
                notes: self
                    .errors
                    .into_iter()
                    .map(PartError::note)
                    .chain(replaced)
                    .collect(),
            }),
            _ => {
                let first = self.errors.into_iter().next();
                let none = || Failure::Malformed("the answer has no data".to_owned());
                Err(first.map_or_else(none, |error| error.failure))
            }
        }
    }
}

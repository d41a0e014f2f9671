//! Sends one request, reads the answer, and sends the request again after a failure where that may help and is safe.

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
use crate::linear::lenient::{self, ParseError};
use crate::linear::transport::{Reply, Transport};

/// A transport that retries failed requests and limits how many requests are in flight at the same time.
pub(super) struct RetryingTransport {
    transport: Arc<dyn Transport>,
    retry_limits: RetryLimits,
    permits: Arc<Semaphore>,
    clock: Clock,
    /// Fires when the client closes, so that no new request is sent.
    pub(super) closing: CancellationToken,
    /// Whether a request failed because there is no API key, or because Linear does not accept the key.
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

    /// Waits until no more requests may be sent in this scope, and returns why: the caller has cancelled or is out of
    /// time, or the client is closing and the scope does not ignore that.
    async fn stopped(&self, request_scope: &RequestScope) -> Failure {
        tokio::select! {
            biased;
            failure = request_scope.ended() => failure,
            () = self.closing.cancelled(), if !request_scope.ignores_closing() => Failure::Cancelled,
        }
    }

    /// Waits for the permit to send one more request. Returns `None` only if the semaphore is closed, which never
    /// happens.
    pub(super) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// Sends reads in one document, and sends the document again after each failure for which the policy allows it. The
    /// first attempt uses the `permit` if there is one.
    ///
    /// # Errors
    /// Returns the [`Failure`] of the last attempt.
    pub(super) async fn read(
        &self,
        parts: &[Part],
        policy: RetryPolicy,
        request_scope: &RequestScope,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<Answers, Failure> {
        self.send_with_retry(parts, policy, request_scope, permit, Answer::into_answers)
            .await
    }

    /// Sends mutations in one document, and sends the document again only after a transient failure which proves that
    /// nothing was executed.
    ///
    /// # Errors
    /// Returns the [`Failure`] of the last attempt, when this failure concerns the document as a whole.
    pub(super) async fn write(
        &self,
        parts: &[Part],
        request_scope: &RequestScope,
    ) -> Result<Answer, Failure> {
        self.send_with_retry(parts, RetryPolicy::NotAfterSend, request_scope, None, Ok)
            .await
    }

    /// Sends the parts in one document until `convert` accepts an answer, or the policy, the limits or the scope allow
    /// no further attempt.
    ///
    /// # Errors
    /// Returns the [`Failure`] of the last attempt, or of the attempt before it when the time was over before the last
    /// attempt was sent.
    async fn send_with_retry<T>(
        &self,
        parts: &[Part],
        policy: RetryPolicy,
        request_scope: &RequestScope,
        permit: Option<OwnedSemaphorePermit>,
        convert: impl Fn(Answer) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let composed = compose::compose(parts);
        let body = json!({"query": composed.query, "variables": composed.variables}).to_string();
        let is_read = !parts.iter().any(Part::is_mutation);
        let mut permit = permit;
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(self.retry_limits.pause)
            .with_max_times(self.retry_limits.attempts.saturating_sub(1))
            .with_jitter()
            .build();
        let mut previous_failure = None;
        loop {
            let attempt = self.send_once(&body, &composed, is_read, request_scope, permit.take());
            let failure = match attempt.await.and_then(&convert) {
                Ok(answer) => return Ok(answer),
                // The failure of the previous attempt tells the caller more than a failure which says only that the
                // time is over.
                Err(failure @ Failure::OutOfTime(_)) => {
                    return Err(previous_failure.unwrap_or(failure));
                }
                Err(failure) => failure,
            };
            if failure.lacks_key() {
                self.lacked_key.store(true, Ordering::Relaxed);
            }
            let Some(pause) = self.pause(&failure, policy, &mut pauses) else {
                return Err(failure);
            };
            // The time would be over before the next attempt. This failure says more than `OutOfTime` would.
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
            previous_failure = Some(failure);
        }
    }

    /// Returns how long to wait before the next attempt, or `None` when there must not be another one.
    fn pause(
        &self,
        failure: &Failure,
        policy: RetryPolicy,
        pauses: &mut impl Iterator<Item = Duration>,
    ) -> Option<Duration> {
        if policy == RetryPolicy::Once {
            return None;
        }
        if let Failure::RateLimited(limit) = failure {
            let wait = limit.wait()?;
            return (wait <= self.retry_limits.max_wait && pauses.next().is_some()).then_some(wait);
        }
        let is_safe = policy == RetryPolicy::Idempotent || !failure.is_ambiguous();
        (failure.is_transient() && is_safe)
            .then(|| pauses.next())
            .flatten()
    }

    /// Sends the request once, and returns its answer.
    ///
    /// # Errors
    /// Returns the [`Failure`] of the request as a whole.
    async fn send_once(
        &self,
        body: &str,
        composed: &Composed,
        is_read: bool,
        request_scope: &RequestScope,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<Answer, Failure> {
        let permitted = async {
            match permit {
                Some(permit) => Some(permit),
                None => self.permit().await,
            }
        };
        let permit = tokio::select! {
            biased;
            failure = self.stopped(request_scope) => return Err(failure),
            permit = permitted => permit,
        };
        let limit = if is_read {
            None
        } else {
            write_limit(request_scope)?
        };
        request_scope.count_sent(body.len());
        let reply = self.transport.send(body.as_bytes().to_vec(), limit);
        let outcome = if is_read {
            tokio::select! {
                biased;
                failure = request_scope.ended() => return Err(failure),
                outcome = reply => outcome,
            }
        } else {
            reply.await
        };
        drop(permit);
        match outcome {
            Ok(reply) => {
                request_scope.count_received(reply.body.len());
                self.parse_reply(&reply, composed)
            }
            Err(fault) => {
                let failure = Failure::from_fault(fault);
                if failure.is_unsent() {
                    request_scope.take_back_sent(body.len());
                }
                Err(failure)
            }
        }
    }

    /// Parses the reply to a request into the answers and errors of its parts.
    ///
    /// # Errors
    /// Returns the [`Failure`] of the request as a whole, when the reply has neither data nor an error of a single
    /// part.
    fn parse_reply(&self, reply: &Reply, composed: &Composed) -> Result<Answer, Failure> {
        let now = self.clock.now_ms();
        let (body, replaced) = match lenient::parse(&reply.body, lenient::MOST_VALUES) {
            Ok(parsed) => (parsed.value, parsed.replaced),
            Err(ParseError::TooMany(most)) => return Err(Failure::TooLarge(Excess::Values(most))),
            Err(ParseError::Malformed) => return Err(Failure::from_status(reply, now)),
        };
        let Ok(answer) = GraphQlAnswer::deserialize(body) else {
            return Err(Failure::from_status(reply, now));
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
                failure: Failure::from_graphql_error(error, reply, now, slot),
            })
            .collect();
        let data = match answer.data {
            Some(Value::Object(data)) => Some(composed.split(data)),
            no_data => {
                let names_part = errors.iter().any(|error| error.slot.is_some());
                let is_rejected = errors
                    .first()
                    .is_some_and(|error| error.failure.is_declined());
                // Without the key `data` nothing was executed. With `data: null` and an error without a path, any part
                // may have been executed.
                if !(names_part || no_data.is_some() && is_rejected) {
                    let by_status = || Failure::from_status(reply, now);
                    return Err(errors
                        .into_iter()
                        .next()
                        .map_or_else(by_status, |error| error.failure));
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

/// The shortest time limit with which a write is sent. With less time, the write would probably be executed without the
/// caller learning of it.
const MIN_WRITE_LIMIT: Duration = Duration::from_millis(250);

/// Returns how long to wait for the answer to a write that is sent now, or `None` when the caller has no time limit. It
/// is two thirds of the time that is left; the rest is kept for the case that no answer comes: whether the write was
/// executed is then looked up.
///
/// # Errors
/// Returns [`Failure::OutOfTime`] when the time is too short for a write to be sent.
fn write_limit(request_scope: &RequestScope) -> Result<Option<Duration>, Failure> {
    let Some(limit) = request_scope.left().map(|left| left * 2 / 3) else {
        return Ok(None);
    };
    match request_scope
        .out_of_time()
        .filter(|_| limit < MIN_WRITE_LIMIT)
    {
        Some(failure) => Err(failure),
        None => Ok(Some(limit)),
    }
}

/// An answer from Linear, split into the parts of the request.
#[derive(Debug)]
pub(super) struct Answer {
    /// The root fields of each part under their own names; `None` when an error voided `data`.
    pub(super) data: Option<Vec<Map<String, Value>>>,
    /// The errors that the answer reports.
    pub(super) errors: Vec<PartError>,
    /// How many characters of the answer were invalid and were replaced by U+FFFD.
    pub(super) replaced: usize,
}

/// An error that an answer reports.
#[derive(Debug)]
pub(super) struct PartError {
    /// The part that the error is about, where Linear names it.
    pub(super) slot: Option<usize>,
    /// The path of the failed field below the part's root; `None` when the root itself failed.
    field: Option<String>,
    /// Every text in which Linear may name the entity that the error is about.
    pub(super) texts: Vec<String>,
    /// Linear's explanation of the error for people.
    reason: String,
    /// The failure that the error stands for.
    pub(super) failure: Failure,
}

impl PartError {
    /// Whether the root field of a part failed, so that nothing of this part was executed.
    pub(super) fn is_at_root(&self) -> bool {
        self.slot.is_some() && self.field.is_none()
    }

    /// Returns the name of the field that Linear could not return and the reason, or `None` when the root itself
    /// failed.
    pub(super) fn unread_field(&self) -> Option<String> {
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
    /// Returns the note about the characters that were replaced, if there were any.
    pub(super) fn replacement_note(&self) -> Option<String> {
        let what = match self.replaced {
            0 => return None,
            1 => "a character in the answer was broken and is".to_owned(),
            count => format!("{count} characters in the answer were broken and are"),
        };
        Some(format!("{what} shown as U+FFFD"))
    }

    /// Returns the answers to reads when every root field has a value. The errors that come with them become notes,
    /// because such errors are about nullable fields below the root fields.
    ///
    /// # Errors
    /// Returns the [`Failure`] of the first error.
    fn into_answers(self) -> Result<Answers, Failure> {
        let is_complete = |root: &Map<String, Value>| {
            !root.is_empty() && root.values().all(|value| !value.is_null())
        };
        let replaced = self.replacement_note();
        match self.data {
            Some(data) if self.errors.is_empty() || data.iter().all(is_complete) => Ok(Answers {
                slots: data.into_iter().map(Arc::new).collect(),
                unread: self
                    .errors
                    .iter()
                    .filter_map(|error| Some((error.slot?, error.field.clone()?)))
                    .collect(),
                notes: self
                    .errors
                    .into_iter()
                    .map(|error| error.unread_field().unwrap_or(error.reason))
                    .chain(replaced)
                    .collect(),
            }),
            _ => {
                let first = self.errors.into_iter().next();
                let no_data = || Failure::Malformed("the answer has no data".to_owned());
                Err(first.map_or_else(no_data, |error| error.failure))
            }
        }
    }
}

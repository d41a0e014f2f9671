//! The client for Linear's GraphQL endpoint. It sends several typed operations as the parts of one document, and gives
//! each part its own answer. Reads that are queued at the same moment share a document, whichever callers sent them
//! (`coalesce`); failed requests are sent again where that is safe (`retry`); and a write is sent again only when
//! Linear has rejected it or a look-up has not found its effect (`writes`).

mod coalesce;
mod retry;
mod writes;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use self::coalesce::Coalescer;
use self::retry::{Answer, RetryingTransport};
use self::writes::Visibility;
pub use self::writes::{
    BatchSlot, Done, Expected, Lookup, Outcome, Stage, Watch, Write, WriteBatcher,
};
use super::compose::Part;
use super::documents::Document;
use super::failure::Failure;
pub use super::request_scope::{Cost, RequestScope, Step, Steps};
use super::transport::Transport;
use crate::clock::{Clock, Stopwatch};

/// The policy that says after which failures a request may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryPolicy {
    /// The request only reads, so it may be sent again after any transient failure.
    Idempotent,
    /// The request writes, so it is sent again only when Linear cannot have executed it.
    NotAfterSend,
    /// The request is sent once whatever the outcome, because no caller waits for it.
    Once,
}

/// The limits on how often and how late a request is sent again, and on how many requests are in flight at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryLimits {
    /// The maximum number of times that one request is sent.
    pub attempts: usize,
    /// The first pause between two attempts. It doubles with each attempt, with jitter.
    pub pause: Duration,
    /// The longest time that the client waits until a rate limit is reset. When the reset is later, the caller gets
    /// [`Failure::RateLimited`].
    pub max_wait: Duration,
    /// The times after an ambiguous failure at which a write is looked up again before it counts as not executed,
    /// because reads may lag behind writes.
    pub looks: [Duration; writes::MAX_LOOKUPS - 1],
    /// The maximum number of requests in flight at the same time.
    pub in_flight: usize,
}

impl Default for RetryLimits {
    fn default() -> Self {
        Self {
            attempts: 3,
            pause: Duration::from_millis(200),
            max_wait: Duration::from_secs(2),
            looks: [250, 750, 1_500].map(Duration::from_millis),
            in_flight: 8,
        }
    }
}

/// A client for Linear's GraphQL endpoint.
pub struct Client {
    transport: Arc<RetryingTransport>,
    reads: Arc<Coalescer>,
    retry_limits: RetryLimits,
    visibility: Visibility,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

/// The answers to a request, one for each of its parts.
#[derive(Clone, Debug)]
pub struct Answers {
    /// The root fields of each part's answer, under their own names. Callers with the same part share its answer: it is
    /// copied only when one of them takes it while another still holds it.
    slots: Vec<Arc<Map<String, Value>>>,
    /// The errors that Linear reported although the answer is complete.
    pub notes: Vec<String>,
    /// The fields, each with the slot of its part, that are null because Linear could not return them. A field is a
    /// path below the part's root, such as `parent` or `parent.state`.
    unread: Vec<(usize, String)>,
}

impl Answers {
    /// Returns the root fields of all answers that have not been taken yet.
    pub fn roots(&self) -> impl Iterator<Item = &Value> {
        self.slots.iter().flat_map(|slot| slot.values())
    }

    /// Whether Linear could not return the field with this name, directly below the root of the part at `slot`, or a
    /// field inside it.
    pub(crate) fn is_unread(&self, slot: usize, field: &str) -> bool {
        let mut unread = self.unread.iter();
        unread.any(|(part, path)| *part == slot && path.split('.').next() == Some(field))
    }

    /// Takes the answer to the part at `slot`, and decodes it.
    ///
    /// # Errors
    /// Returns [`Failure::Malformed`] when the answer does not have the form that the document asks for.
    pub(crate) fn take<D: Document>(&mut self, slot: usize) -> Result<D::Answer, Failure> {
        fitting(Value::Object(self.take_raw(slot)))
    }

    /// Takes the answer to the part at `slot` as JSON: its root fields under their own names.
    pub(crate) fn take_raw(&mut self, slot: usize) -> Map<String, Value> {
        let answer = self.slots.get_mut(slot);
        Arc::unwrap_or_clone(answer.map(std::mem::take).unwrap_or_default())
    }

    /// Returns the answers to the parts at these slots, in this order.
    fn select(&self, slots: &[usize]) -> Self {
        let answer = |slot: &usize| self.slots.get(*slot).cloned().unwrap_or_default();
        let unread = self.unread.iter().filter_map(|(slot, field)| {
            let index = slots.iter().position(|selected| selected == slot)?;
            Some((index, field.clone()))
        });
        Self {
            slots: slots.iter().map(answer).collect(),
            notes: self.notes.clone(),
            unread: unread.collect(),
        }
    }
}

/// Decodes an answer into the type that the caller expects.
///
/// # Errors
/// Returns [`Failure::Malformed`] when the answer does not fit the type.
pub(crate) fn fitting<T: DeserializeOwned>(answer: Value) -> Result<T, Failure> {
    serde_json::from_value(answer).map_err(|error| {
        Failure::Malformed(format!("the answer does not fit the question: {error}"))
    })
}

impl Client {
    /// Returns a client that sends its requests over `transport`.
    pub fn new(transport: Arc<dyn Transport>, retry_limits: RetryLimits, clock: Clock) -> Self {
        Self {
            transport: Arc::new(RetryingTransport::new(transport, retry_limits, clock)),
            reads: Arc::default(),
            retry_limits,
            visibility: Visibility::default(),
        }
    }

    /// Returns the token that closes the client. Once it fires, requests that have not been sent fail as
    /// [`Failure::Cancelled`]. Requests in flight are finished, and the requests that find out whether a write was
    /// executed are still sent.
    pub fn closing(&self) -> CancellationToken {
        self.transport.closing.clone()
    }

    /// Whether a request failed because there is no API key, or because Linear does not accept the key.
    pub fn lacked_key(&self) -> bool {
        self.transport.lacked_key.load(Ordering::Relaxed)
    }

    /// Notes that the data at Linear may have changed, so that no later caller shares a read that is in flight now.
    pub fn invalidate_in_flight(&self) {
        self.reads.invalidate_in_flight();
    }

    /// Sends the parts as one request, and returns their answers. Reads with [`RetryPolicy::Idempotent`] may share the
    /// request with reads that are queued at the same moment, or with an identical read in flight.
    ///
    /// After a transient failure the request is sent again, up to [`RetryLimits::attempts`] times in all, as far as the
    /// policy allows; when a rate limit is reset soon, the client waits for the reset. A read that is cancelled is
    /// dropped. Writes are sent by [`Client::submit`].
    ///
    /// # Errors
    /// Returns the [`Failure`] of the last attempt.
    pub async fn send(
        &self,
        parts: &[Part],
        policy: RetryPolicy,
        request_scope: &RequestScope,
    ) -> Result<Answers, Failure> {
        let stopwatch = Stopwatch::start();
        let outcome = if policy != RetryPolicy::Idempotent {
            self.transport
                .read(parts, policy, request_scope, None)
                .await
        } else {
            self.reads.send(&self.transport, parts, request_scope).await
        };
        request_scope.add_time(true, stopwatch.elapsed());
        outcome
    }

    /// Sends mutations in one document. After a transient failure the document is sent again only when Linear cannot
    /// have executed it.
    ///
    /// # Errors
    /// Returns the [`Failure`] of the document as a whole. The errors of single mutations are in the answer.
    async fn write(&self, parts: &[Part], scope: &RequestScope) -> Result<Answer, Failure> {
        let stopwatch = Stopwatch::start();
        // A read that is sent before the write ends may not show the write, so later callers must not share the read.
        self.reads.invalidate_in_flight();
        let answer = self.transport.write(parts, scope).await;
        self.reads.invalidate_in_flight();
        scope.add_time(false, stopwatch.elapsed());
        answer
    }
}

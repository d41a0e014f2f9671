//! Sending: parts go out as one document, and each comes back with its own answer. Reads that wait at the same moment
//! travel together, whoever asked; a write is repeated where repeating is safe.

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

/// Whether a request may be sent again when it is not known if it was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryPolicy {
    /// Reads, which may be sent any number of times.
    Idempotent,
    /// Mutations, which are sent again only where Linear cannot have executed them.
    NotAfterSend,
    /// Requests that nobody waits for, which are sent once whatever the outcome.
    Once,
}

/// How patient the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryLimits {
    /// How often one request is sent at most.
    pub attempts: usize,
    /// The first pause between two attempts; it doubles, with jitter.
    pub pause: Duration,
    /// How long a rate limit's reset is waited for; a later one is answered to the caller.
    pub max_wait: Duration,
    /// How long after an ambiguous answer a write is looked up again, before it is called absent: reads may lag behind
    /// writes.
    pub looks: [Duration; writes::LOOKS - 1],
    /// How many requests are under way at once.
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

/// Linear's GraphQL endpoint.
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

/// The answers to a batch, one for each part.
#[derive(Clone, Debug)]
pub struct Answers {
    /// The root fields of each part's answer, under their own names. Those who share an answer copy it only when they
    /// take it while another still has it.
    slots: Vec<Arc<Map<String, Value>>>,
    /// What Linear said went wrong beside an answer that is complete all the same.
    pub notes: Vec<String>,
}

impl Answers {
    /// The root fields of all answers that have not been taken yet.
    pub fn roots(&self) -> impl Iterator<Item = &Value> {
        self.slots.iter().flat_map(|slot| slot.values())
    }

    /// The answer to the part at `slot`.
    ///
    /// # Errors
    /// [`Failure::Malformed`] when it is not what the document asks for.
    pub(crate) fn take<D: Document>(&mut self, slot: usize) -> Result<D::Answer, Failure> {
        fitting(Value::Object(self.take_raw(slot)))
    }

    /// The answer to the part at `slot` as it came: root fields under their own names.
    pub(crate) fn take_raw(&mut self, slot: usize) -> Map<String, Value> {
        let own = self.slots.get_mut(slot);
        let own = own.map(std::mem::take).unwrap_or_default();
        Arc::unwrap_or_clone(own)
    }

    /// The answers to some of the parts, in that order.
    fn of(&self, slots: &[usize]) -> Self {
        let own = |slot: &usize| self.slots.get(*slot).cloned().unwrap_or_default();
        Self {
            slots: slots.iter().map(own).collect(),
            notes: self.notes.clone(),
        }
    }
}

/// An answer as the type that was asked for.
///
/// # Errors
/// [`Failure::Malformed`] when it does not fit.
pub(crate) fn fitting<T: DeserializeOwned>(answer: Value) -> Result<T, Failure> {
    serde_json::from_value(answer).map_err(|error| {
        Failure::Malformed(format!("the answer does not fit the question: {error}"))
    })
}

impl Client {
    /// A client over that transport.
    pub fn new(transport: Arc<dyn Transport>, retry_limits: RetryLimits, clock: Clock) -> Self {
        Self {
            transport: Arc::new(RetryingTransport::new(transport, retry_limits, clock)),
            reads: Arc::default(),
            retry_limits,
            visibility: Visibility::default(),
        }
    }

    /// Once this is fired, nothing new is begun: what is not sent yet fails as cancelled. What is under way is finished,
    /// and what it takes to find out what a write did is still asked.
    pub fn closing(&self) -> CancellationToken {
        self.transport.closing.clone()
    }

    /// Whether a request failed because there is no key, or none that Linear accepts.
    pub fn lacked_key(&self) -> bool {
        self.transport.lacked_key.load(Ordering::Relaxed)
    }

    /// Lets nobody who asks from now on share a request that is under way: somebody knows of something newer.
    pub fn invalidate_in_flight(&self) {
        self.reads.invalidate_in_flight();
    }

    /// Sends the parts as one request and waits for the answer. Reads may share the request with others that are asked
    /// at the same moment, or with one that is under way and asks the same.
    ///
    /// Faults that may pass are met with up to `patience.attempts` sendings, as far as `repeat` allows; a rate
    /// limit that is reset soon is waited for. A read that is cancelled is dropped. Writes go by [`Client::submit`].
    ///
    /// # Errors
    /// What became of the last sending, see [`Failure`].
    pub async fn send(
        &self,
        parts: &[Part],
        repeat: RetryPolicy,
        request_scope: &RequestScope,
    ) -> Result<Answers, Failure> {
        let watch = Stopwatch::start();
        let outcome = if repeat != RetryPolicy::Idempotent {
            self.transport
                .read(parts, repeat, request_scope, None)
                .await
        } else {
            self.reads.send(&self.transport, parts, request_scope).await
        };
        request_scope.waited(true, watch.elapsed());
        outcome
    }

    /// Sends mutations in one document, once, or again where nothing was executed and that may pass.
    ///
    /// # Errors
    /// What became of the document as a whole. Errors of single mutations stand in the answer.
    async fn write(&self, parts: &[Part], scope: &RequestScope) -> Result<Answer, Failure> {
        let watch = Stopwatch::start();
        // A read that began before a write ends may not show it: nobody who asks later may share it.
        self.reads.invalidate_in_flight();
        let answer = self.transport.write(parts, scope).await;
        self.reads.invalidate_in_flight();
        scope.waited(false, watch.elapsed());
        answer
    }
}

//! Sending: one batch, one answer, repeated where repeating is safe.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;

use super::compose::{self, Composed, Part};
use super::documents::Document;
pub use super::errand::{Cost, Errand};
use super::failure::{Failure, GraphQlAnswer};
use super::transport::{Reply, Transport};
use crate::clock::{Clock, Stopwatch};

/// Whether a request may be sent again when it is not known if it was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Reads, and writes that set values: doing them twice is doing them once.
    Always,
    /// Creates: a second one is a second thing. Their answer is settled by reading the id back.
    UnlessSent,
}

/// How patient the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How often one request is sent at most.
    pub attempts: usize,
    /// The first pause between two attempts; it doubles, with jitter.
    pub pause: Duration,
    /// How long a rate limit's reset is waited for; a later one is answered to the caller.
    pub max_wait: Duration,
    /// How many requests are under way at once.
    pub in_flight: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempts: 3,
            pause: Duration::from_millis(200),
            max_wait: Duration::from_secs(2),
            in_flight: 8,
        }
    }
}

/// Linear's GraphQL endpoint.
pub struct Client {
    transport: Arc<dyn Transport>,
    patience: Patience,
    permits: Semaphore,
    clock: Clock,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

/// The answer to a batch, one part at a time.
#[derive(Debug)]
pub struct Answers {
    composed: Composed,
    data: Map<String, Value>,
    /// What Linear said went wrong beside an answer that is complete all the same.
    pub notes: Vec<String>,
    /// The failure of an earlier sending of the same write that may have been executed too.
    pub lost: Option<Failure>,
}

impl Answers {
    /// The root fields that have not been taken yet, under the names that they travelled by.
    pub fn data(&self) -> &Map<String, Value> {
        &self.data
    }

    /// The answer to the part at `slot`.
    ///
    /// # Errors
    /// [`Failure::Malformed`] when it is not what the document asks for.
    pub(crate) fn take<D: Document>(&mut self, slot: usize) -> Result<D::Answer, Failure> {
        let own = self.composed.take(slot, &mut self.data);
        serde_json::from_value(Value::Object(own)).map_err(|error| {
            Failure::Malformed(format!("the answer does not fit the question: {error}"))
        })
    }
}

impl Client {
    /// A client over that transport.
    pub fn new(transport: Arc<dyn Transport>, patience: Patience, clock: Clock) -> Self {
        Self {
            transport,
            patience,
            permits: Semaphore::new(patience.in_flight),
            clock,
        }
    }

    /// Sends the parts as one request and waits for the answer.
    ///
    /// Faults that may pass are met with up to `patience.attempts` sendings, as far as `repeat` allows; a rate
    /// limit that is reset soon is waited for. A read that is cancelled is dropped; a write that may have been
    /// executed is seen through, its repetitions included.
    ///
    /// # Errors
    /// What became of the last sending, see [`Failure`].
    pub async fn send(
        &self,
        parts: &[Part],
        repeat: Repeat,
        errand: &Errand,
    ) -> Result<Answers, Failure> {
        let composed = compose::compose(parts);
        let body = json!({"query": composed.query, "variables": composed.variables}).to_string();
        let reading = !parts.iter().any(Part::is_mutation);
        let watch = Stopwatch::start();
        let mut errand = errand.clone();
        let outcome = self.persist(&body, composed, reading, repeat, &mut errand);
        let outcome = outcome.await;
        errand.waited(reading, watch.elapsed());
        outcome
    }

    /// Sends until there is an answer, or no further sending would help or be safe.
    async fn persist(
        &self,
        body: &str,
        composed: Composed,
        reading: bool,
        repeat: Repeat,
        errand: &mut Errand,
    ) -> Result<Answers, Failure> {
        let mut pauses = self.pauses();
        // The failure after which a write may have been executed; whatever comes of repeating it does not undo that.
        let mut lost = None;
        loop {
            let failure = match self.exchange(body, &composed, reading, errand).await {
                Ok((data, notes)) => {
                    return Ok(Answers {
                        composed,
                        data,
                        notes,
                        lost,
                    });
                }
                Err(failure) => failure,
            };
            if !reading && failure.is_ambiguous() {
                *errand = errand.committed();
                lost.get_or_insert(failure.clone());
            }
            let Some(pause) = self.pause(&failure, repeat, &mut pauses) else {
                return Err(lost.unwrap_or(failure));
            };
            tracing::debug!(%failure, ?pause, "sending again");
            tokio::select! {
                () = errand.cancel.cancelled() => return Err(Failure::Cancelled),
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    fn pauses(&self) -> impl Iterator<Item = Duration> + use<> {
        ExponentialBuilder::default()
            .with_min_delay(self.patience.pause)
            .with_max_times(self.patience.attempts.saturating_sub(1))
            .with_jitter()
            .build()
    }

    /// How long to wait before the next sending; `None` when there is to be none.
    fn pause(
        &self,
        failure: &Failure,
        repeat: Repeat,
        pauses: &mut impl Iterator<Item = Duration>,
    ) -> Option<Duration> {
        if let Failure::RateLimited(limit) = failure {
            let wait = limit.wait()?;
            return (wait <= self.patience.max_wait && pauses.next().is_some()).then_some(wait);
        }
        let safe = repeat == Repeat::Always || !failure.is_ambiguous();
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
        errand: &Errand,
    ) -> Result<(Map<String, Value>, Vec<String>), Failure> {
        let permit = tokio::select! {
            biased;
            () = errand.cancel.cancelled() => return Err(Failure::Cancelled),
            permit = self.permits.acquire() => permit,
        };
        errand.sending(body.len());
        let sending = self.transport.send(body.as_bytes().to_vec());
        let outcome = if reading {
            tokio::select! {
                biased;
                () = errand.cancel.cancelled() => return Err(Failure::Cancelled),
                outcome = sending => outcome,
            }
        } else {
            sending.await
        };
        drop(permit);
        match outcome {
            Ok(reply) => {
                errand.received(reply.body.len());
                self.read(&reply, composed)
            }
            Err(fault) => {
                let failure = Failure::of_fault(fault);
                if failure.is_unsent() {
                    errand.unsent(body.len());
                }
                Err(failure)
            }
        }
    }

    /// The root fields of an answer, when it brings them all.
    fn read(
        &self,
        reply: &Reply,
        composed: &Composed,
    ) -> Result<(Map<String, Value>, Vec<String>), Failure> {
        let now = self.clock.now_ms();
        let Ok(answer) = serde_json::from_slice::<GraphQlAnswer>(&reply.body) else {
            return Err(Failure::of_status(reply, now));
        };
        let errors = answer.errors.unwrap_or_default();
        match answer.data {
            Some(data) if errors.is_empty() || complete(&data) => {
                let notes = errors.iter().map(|error| error.reason()).collect();
                Ok((data, notes))
            }
            _ => Err(Failure::of_errors(&errors, reply, now, |root| {
                composed.slot_of(root)
            })),
        }
    }
}

/// Whether every root field is there, so that an error beside them is about something below that may be null.
fn complete(data: &Map<String, Value>) -> bool {
    !data.is_empty() && data.values().all(|root| !root.is_null())
}

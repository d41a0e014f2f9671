//! One request at a time: sent, read, and sent again where that may help and is safe.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use serde_json::{Map, Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Answers, Errand, Patience, Repeat};
use crate::clock::Clock;
use crate::linear::compose::{self, Composed, Part};
use crate::linear::failure::{Failure, GraphQlAnswer};
use crate::linear::transport::{Reply, Transport};

/// The way to Linear, with room for so many requests at once.
pub(super) struct Line {
    transport: Arc<dyn Transport>,
    patience: Patience,
    permits: Arc<Semaphore>,
    clock: Clock,
}

impl Line {
    pub(super) fn new(transport: Arc<dyn Transport>, patience: Patience, clock: Clock) -> Self {
        Self {
            transport,
            patience,
            permits: Arc::new(Semaphore::new(patience.in_flight)),
            clock,
        }
    }

    /// Waits for room for one more request. `None` only where the line is closed, which it never is.
    pub(super) async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// Sends the parts until there is an answer, or no further sending would help or be safe. The first sending uses
    /// the `permit` where there is one.
    ///
    /// # Errors
    /// What became of the last sending; of a write that may have been executed, of that sending.
    pub(super) async fn persist(
        &self,
        parts: &[Part],
        repeat: Repeat,
        errand: &Errand,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<Answers, Failure> {
        let composed = compose::compose(parts);
        let body = json!({"query": composed.query, "variables": composed.variables}).to_string();
        let reading = !parts.iter().any(Part::is_mutation);
        let (mut errand, mut permit) = (errand.clone(), permit);
        let mut pauses = self.pauses();
        // The failure after which a write may have been executed; whatever comes of repeating it does not undo that.
        let mut lost = None;
        loop {
            let exchange = self.exchange(&body, &composed, reading, &errand, permit.take());
            let failure = match exchange.await {
                Ok((data, notes)) => {
                    let slots = composed.split(data).into_iter().map(Arc::new).collect();
                    return Ok(Answers { slots, notes, lost });
                }
                Err(failure) => failure,
            };
            if !reading && failure.is_ambiguous() {
                errand = errand.committed();
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
        if repeat == Repeat::Never {
            return None;
        }
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
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<(Map<String, Value>, Vec<String>), Failure> {
        let permit = match permit {
            Some(permit) => Some(permit),
            None => tokio::select! {
                biased;
                () = errand.cancel.cancelled() => return Err(Failure::Cancelled),
                permit = self.permit() => permit,
            },
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

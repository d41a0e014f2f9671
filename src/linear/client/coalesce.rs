//! Coalesces concurrent reads. The queries that are queued in one scheduler tick are sent as one document, which
//! contains equal queries only once. A query that is identical to a query in flight shares its response.
//!
//! One query that Linear rejects voids the answer to the whole document (`linear/api.md` §2). The callers that asked
//! for this query get the failure, and the queries of the other callers are sent again without the rejected query.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt as _;
use futures::future::join_all;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tracing::Instrument as _;

use super::retry::RetryingTransport;
use super::{Answers, RequestScope, RetryPolicy};
use crate::linear::compose::{MOST_POINTS, Part};
use crate::linear::failure::Failure;

/// The message of the panic that each caller gets when the task that sends their shared request has panicked.
const DEFECT: &str = "the work on a request to Linear panicked";

type Outcome = Result<Answers, Failure>;

/// The reads of one client that are queued or in flight.
#[derive(Default)]
pub(super) struct Coalescer(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiter>,
    /// Whether a task has been spawned that will send the waiting queries.
    is_scheduled: bool,
    in_flight: Vec<InFlight>,
    /// Grows whenever the data at Linear may have changed: when a write begins, when a write ends, and when a caller
    /// asks for fresh data. A request in flight is shared only within the epoch in which it was sent.
    epoch: u64,
    /// How many requests have been sent. This count gives each request its number.
    requests: u64,
}

/// A caller that waits for the answers to its queries.
struct Waiter {
    parts: Vec<Part>,
    request_scope: RequestScope,
    answer: oneshot::Sender<Outcome>,
}

/// A request that has been sent and not answered yet.
struct InFlight {
    number: u64,
    parts: Vec<Part>,
    request_scope: RequestScope,
    epoch: u64,
    late: Vec<LateWaiter>,
}

/// A caller that joined a request in flight.
struct LateWaiter {
    waiter: Waiter,
    /// How often the request had been sent when the caller joined it.
    sent_before: u32,
}

impl Coalescer {
    /// Notes that the data at Linear may have changed, so that no later caller shares a request that is in flight now.
    pub(super) fn invalidate_in_flight(&self) {
        self.queue().epoch += 1;
    }

    /// Sends the parts together with all other parts that are queued at the same moment, and returns their answers.
    ///
    /// # Errors
    /// Returns the [`Failure`] of the request, or [`Failure::Cancelled`] or [`Failure::OutOfTime`] when the caller
    /// stops waiting first. The request then goes on for the other callers that share it.
    pub(super) async fn send(
        self: &Arc<Self>,
        transport: &Arc<RetryingTransport>,
        parts: &[Part],
        request_scope: &RequestScope,
    ) -> Outcome {
        request_scope.check()?;
        let (answer, outcome) = oneshot::channel();
        let waiter = Waiter {
            parts: parts.to_vec(),
            request_scope: request_scope.clone(),
            answer,
        };
        let must_schedule = self.queue().add(waiter);
        if must_schedule {
            self.spawn_next_batch(transport);
        }
        tokio::select! {
            biased;
            failure = request_scope.ended() => Err(failure),
            // The sender is dropped without an answer only when the sending task has panicked. The caller then panics,
            // too.
            outcome = outcome => outcome.unwrap_or_else(|_| resume_unwind(Box::new(DEFECT))),
        }
    }

    /// Spawns a task that sends the waiting queries as soon as the limit of concurrent requests allows another one. The
    /// task yields once before it takes them, so that all queries that are queued in the same scheduler tick share the
    /// request.
    fn spawn_next_batch(self: &Arc<Self>, transport: &Arc<RetryingTransport>) {
        let (coalescer, transport) = (Arc::clone(self), Arc::clone(transport));
        let task = async move {
            tokio::task::yield_now().await;
            // While the client is closing, the batch does not wait for a permit: `RetryingTransport` fails it as
            // cancelled, or waits for a permit itself.
            let permit = tokio::select! {
                biased;
                () = transport.closing.cancelled() => None,
                permit = transport.permit() => permit,
            };
            let (batch, has_more) = coalescer.queue().take_batch();
            if has_more {
                coalescer.spawn_next_batch(&transport);
            }
            if !batch.is_empty() {
                coalescer.send_batch(&transport, batch, permit).await;
            }
        };
        tokio::spawn(task.in_current_span());
    }

    /// Sends the queries of a batch, and sends them again in smaller batches where that helps, until each waiter has
    /// its answer.
    async fn send_batch(
        &self,
        transport: &RetryingTransport,
        batch: Vec<Waiter>,
        mut permit: Option<OwnedSemaphorePermit>,
    ) {
        let mut batches = VecDeque::from([batch]);
        while let Some(mut waiters) = batches.pop_front() {
            let mut parts: Vec<Part> = Vec::new();
            for part in waiters.iter().flat_map(|waiter| &waiter.parts) {
                if !parts.contains(part) {
                    parts.push(part.clone());
                }
            }
            let request_scope =
                RequestScope::merge(waiters.iter().map(|waiter| &waiter.request_scope));
            let number = {
                let mut queue = self.queue();
                queue.requests += 1;
                let (number, epoch) = (queue.requests, queue.epoch);
                queue.in_flight.push(InFlight {
                    number,
                    parts: parts.clone(),
                    request_scope: request_scope.clone(),
                    epoch,
                    late: Vec::new(),
                });
                number
            };
            let request = transport.read(
                &parts,
                RetryPolicy::Idempotent,
                &request_scope,
                permit.take(),
            );
            // After a panic the request must not stay listed as in flight, where later callers would join it and wait
            // forever.
            let request = AssertUnwindSafe(request).catch_unwind();
            let mut late = Vec::new();
            let outcome = tokio::select! {
                outcome = request => outcome.ok(),
                () = self.abandoned(number, &mut waiters, &mut late) => None,
            };
            let late = self.queue().finish_request(number, late);
            match outcome {
                Some(outcome) => {
                    waiters.extend(late);
                    batches.extend(distribute(&parts, waiters, outcome));
                }
                // The request panicked or was abandoned. A caller may have joined it at the last moment.
                None => {
                    let open = late.into_iter().filter(|waiter| !waiter.answer.is_closed());
                    let open: Vec<Waiter> = open.collect();
                    if !open.is_empty() {
                        batches.push_back(open);
                    }
                }
            }
        }
    }

    /// Returns when no caller waits for the answer to a request any more: none of the `waiters` that it was sent for,
    /// and none that joined it later. The callers that joined it are moved into `late`.
    async fn abandoned(&self, number: u64, waiters: &mut [Waiter], late: &mut Vec<LateWaiter>) {
        join_all(waiters.iter_mut().map(|waiter| waiter.answer.closed())).await;
        loop {
            let joined = {
                let mut queue = self.queue();
                let mut requests = queue.in_flight.iter_mut();
                let request = requests.find(|request| request.number == number);
                request.map(|request| std::mem::take(&mut request.late))
            };
            let joined = joined.unwrap_or_default();
            if joined.is_empty() {
                return;
            }
            late.extend(joined);
            join_all(late.iter_mut().map(|late| late.waiter.answer.closed())).await;
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Lets the waiter join a request in flight that asks for all parts of the waiter, or else queues the waiter.
    /// Returns whether the caller has to spawn the task that sends the queue.
    fn add(&mut self, waiter: Waiter) -> bool {
        let epoch = self.epoch;
        let has_all_parts = |request: &&mut InFlight| {
            request.epoch == epoch && waiter.parts.iter().all(|part| request.parts.contains(part))
        };
        if let Some(request) = self.in_flight.iter_mut().find(has_all_parts) {
            let sent_before = waiter.request_scope.join(&request.request_scope);
            request.late.push(LateWaiter {
                waiter,
                sent_before,
            });
            return false;
        }
        self.waiting.push(waiter);
        !std::mem::replace(&mut self.is_scheduled, true)
    }

    /// Takes the waiters whose parts fit into one document, and returns them together with whether other waiters are
    /// left.
    fn take_batch(&mut self) -> (Vec<Waiter>, bool) {
        self.waiting.retain(|waiter| !waiter.answer.is_closed());
        let (mut parts, mut points) = (Vec::new(), 0);
        let fitting = self.waiting.iter().take_while(|waiter| {
            for part in &waiter.parts {
                if !parts.contains(&part) {
                    parts.push(part);
                    points += part.complexity();
                }
            }
            points <= MOST_POINTS
        });
        // A single waiter whose parts exceed the limit is sent all the same: Linear rejects it with its own reason.
        let count = fitting.count().max(1).min(self.waiting.len());
        let batch = self.waiting.drain(..count).collect();
        self.is_scheduled = !self.waiting.is_empty();
        (batch, self.is_scheduled)
    }

    /// Ends a request, and returns the waiters that joined it: those in `late`, and those that have joined since.
    fn finish_request(&mut self, number: u64, mut late: Vec<LateWaiter>) -> Vec<Waiter> {
        let mut requests = self.in_flight.iter();
        let index = requests.position(|request| request.number == number);
        let Some(request) = index.map(|index| self.in_flight.swap_remove(index)) else {
            return Vec::new();
        };
        late.extend(request.late);
        let waiters = late.into_iter().map(|late| {
            let scope = &late.waiter.request_scope;
            scope.count_sent_since_join(&request.request_scope, late.sent_before);
            late.waiter
        });
        waiters.collect()
    }
}

/// Gives each waiter its part of the outcome of a shared request, and returns the batches that have to be sent again.
///
/// When Linear rejected one part, the waiters that asked for this part get the failure, and the others form one new
/// batch. When the failure does not name the part, or the shared answer was too large, each waiter becomes a batch of
/// its own.
fn distribute(parts: &[Part], waiters: Vec<Waiter>, outcome: Outcome) -> Vec<Vec<Waiter>> {
    let is_shared = waiters.len() > 1;
    let rejected_slot = match &outcome {
        // The answer to one waiter alone may be small enough.
        Err(Failure::TooLarge(_)) if is_shared => Some(None),
        Err(failure) if is_shared && failure.is_declined() => Some(failure.slot()),
        _ => None,
    };
    if rejected_slot == Some(None) {
        return waiters.into_iter().map(|waiter| vec![waiter]).collect();
    }
    let mut next_batch = Vec::new();
    for waiter in waiters {
        let slot_of = |part: &Part| parts.iter().position(|sent| sent == part);
        let slots: Vec<usize> = waiter.parts.iter().filter_map(slot_of).collect();
        let index_of = |slot: Option<usize>| {
            let slot = slot?;
            slots.iter().position(|candidate| *candidate == slot)
        };
        let answer = match &outcome {
            Ok(answers) => Ok(answers.select(&slots)),
            Err(failure) => match rejected_slot {
                Some(slot) if index_of(slot).is_none() => {
                    next_batch.push(waiter);
                    continue;
                }
                _ => Err(failure.clone().with_slot(index_of(failure.slot()))),
            },
        };
        // Sending fails only when the caller has stopped waiting.
        let _ = waiter.answer.send(answer);
    }
    if next_batch.is_empty() {
        Vec::new()
    } else {
        vec![next_batch]
    }
}

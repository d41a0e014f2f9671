//! Lets several concurrent operations write in shared documents: their writes are collected until every operation waits
//! for its writes, and are then submitted together.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::{Outcome, Write};
use crate::linear::client::{Client, RequestScope};

/// A collector of the writes of several concurrent operations.
#[derive(Debug, Default)]
pub struct WriteBatcher {
    state: Mutex<State>,
    /// Fires when an operation begins to wait, or ends.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// How many operations are running, which means that they wait neither for their writes nor for a lock.
    running: usize,
    waiting: Vec<Submission>,
    /// How many slots have been given out.
    slots: usize,
    /// The slot number of the operation that creates an entity, and the entity's id, by a description of the entity.
    creators: HashMap<String, (usize, String)>,
}

/// The writes of one operation, and the channel for their outcomes.
#[derive(Debug)]
struct Submission {
    writes: Vec<Write>,
    outcomes: oneshot::Sender<Vec<Outcome>>,
}

impl WriteBatcher {
    /// Runs `work`, whose operations all have a slot in this batcher, and submits what they write.
    pub async fn run<T>(
        &self,
        client: &Client,
        scope: &RequestScope,
        work: impl Future<Output = T>,
    ) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = self.all_waiting() => self.submit(client, scope).await,
            }
        }
    }

    /// Returns the slot of one more operation, which counts as running from now on.
    pub fn slot(self: &Arc<Self>) -> BatchSlot {
        let mut state = self.state();
        state.running += 1;
        state.slots += 1;
        BatchSlot {
            batcher: Arc::clone(self),
            number: state.slots,
        }
    }

    /// Returns when there are writes to submit and no operation is running.
    async fn all_waiting(&self) {
        loop {
            let changed = self.changed.notified();
            {
                let state = self.state();
                if state.running == 0 && !state.waiting.is_empty() {
                    return;
                }
            }
            changed.await;
        }
    }

    /// Submits all waiting writes together, and sends each operation its outcomes.
    async fn submit(&self, client: &Client, scope: &RequestScope) {
        let waiting = std::mem::take(&mut self.state().waiting);
        let (mut all_writes, mut senders) = (Vec::new(), Vec::new());
        for (owner, submission) in waiting.into_iter().enumerate() {
            let first = all_writes.len();
            senders.push((submission.writes.len(), submission.outcomes));
            all_writes.extend(submission.writes.into_iter().map(|mut write| {
                write.owner = owner;
                write
                    .depends_on
                    .iter_mut()
                    .for_each(|index| *index += first);
                write
            }));
        }
        let mut outcomes = client.submit(all_writes, scope).await.into_iter();
        for (count, sender) in senders {
            // Sending fails only when the operation has been dropped.
            let _ = sender.send(outcomes.by_ref().take(count).collect());
        }
    }

    /// Notes that one operation has stopped running, because it waits or has ended.
    fn pause(&self) {
        self.state().running -= 1;
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The slot of one operation in a batcher.
#[derive(Debug)]
pub struct BatchSlot {
    batcher: Arc<WriteBatcher>,
    number: usize,
}

impl BatchSlot {
    /// Submits the writes together with the writes of the other operations, and returns their outcomes, or `None` when
    /// the batcher no longer runs.
    pub async fn submit(&self, writes: Vec<Write>) -> Option<Vec<Outcome>> {
        let (sender, outcomes) = oneshot::channel();
        self.batcher.state().waiting.push(Submission {
            writes,
            outcomes: sender,
        });
        self.wait(outcomes).await.ok()
    }

    /// Waits for an event that another operation may have to bring about. Meanwhile this operation does not count as
    /// running.
    pub async fn wait<T>(&self, event: impl Future<Output = T>) -> T {
        let paused = Paused(&self.batcher);
        self.batcher.pause();
        let value = event.await;
        drop(paused);
        value
    }

    /// Claims the creation of the entity that `entity` describes, under `id`. Returns `None` when this operation has to
    /// create the entity, or the id under which another operation creates it. A claim of the same operation replaces
    /// its earlier claim, whose creation has failed.
    pub fn claim(&self, entity: &str, id: &str) -> Option<String> {
        let mut state = self.batcher.state();
        match state.creators.get(entity) {
            Some((creator, other_id)) if *creator != self.number => Some(other_id.clone()),
            _ => {
                let creator = (self.number, id.to_owned());
                state.creators.insert(entity.to_owned(), creator);
                None
            }
        }
    }
}

impl Drop for BatchSlot {
    fn drop(&mut self) {
        self.batcher.pause();
    }
}

/// A guard for the time in which an operation waits. The operation counts as running again when the guard is dropped,
/// even if the whole operation is dropped, whose slot then counts it off again.
struct Paused<'b>(&'b WriteBatcher);

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        self.0.state().running += 1;
    }
}

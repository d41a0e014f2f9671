//! Several operations that run side by side and write together: what they write is collected until each of them waits
//! for it, and then submitted as one.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::{Outcome, Write};
use crate::linear::client::{Client, RequestScope};

/// Collects the writes of several operations.
#[derive(Debug, Default)]
pub struct WriteBatcher {
    state: Mutex<State>,
    /// Fires when an operation begins to wait, or ends.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// How many operations are running, and wait neither for their writes nor for a lock.
    running: usize,
    waiting: Vec<Waiting>,
    /// How many operations there have been.
    slots: usize,
    /// The operation that creates a thing, and the id under which it does, by a description of the thing.
    creators: HashMap<String, (usize, String)>,
}

/// The writes of one operation, and where their outcomes go.
#[derive(Debug)]
struct Waiting {
    writes: Vec<Write>,
    outcomes: oneshot::Sender<Vec<Outcome>>,
}

impl WriteBatcher {
    /// Runs `work`, all of whose operations have a slot here, and submits what they write.
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

    /// A slot for one more operation, which counts as running from now on.
    pub fn slot(self: &Arc<Self>) -> BatchSlot {
        let mut state = self.state();
        state.running += 1;
        state.slots += 1;
        BatchSlot {
            batcher: Arc::clone(self),
            number: state.slots,
        }
    }

    /// Returns when there is something to submit and no operation is running.
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

    /// Submits everything that waits, and gives each operation its outcomes.
    async fn submit(&self, client: &Client, scope: &RequestScope) {
        let waiting = std::mem::take(&mut self.state().waiting);
        let (mut all, mut receivers) = (Vec::new(), Vec::new());
        for (owner, operation) in waiting.into_iter().enumerate() {
            let first = all.len();
            receivers.push((operation.writes.len(), operation.outcomes));
            all.extend(operation.writes.into_iter().map(|mut write| {
                write.owner = owner;
                write
                    .depends_on
                    .iter_mut()
                    .for_each(|place| *place += first);
                write
            }));
        }
        let mut outcomes = client.submit(all, scope).await.into_iter();
        for (count, receiver) in receivers {
            // An operation that went away needs no outcomes.
            let _ = receiver.send(outcomes.by_ref().take(count).collect());
        }
    }

    fn pause(&self) {
        self.state().running -= 1;
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One operation's slot in a batcher.
#[derive(Debug)]
pub struct BatchSlot {
    batcher: Arc<WriteBatcher>,
    number: usize,
}

impl BatchSlot {
    /// Submits writes together with those of the other operations; `None` where the batcher has stopped.
    pub async fn submit(&self, writes: Vec<Write>) -> Option<Vec<Outcome>> {
        let (sender, outcomes) = oneshot::channel();
        self.batcher.state().waiting.push(Waiting {
            writes,
            outcomes: sender,
        });
        self.wait(outcomes).await.ok()
    }

    /// Waits for something that another operation may have to do first. Meanwhile this one does not count as running.
    pub async fn wait<T>(&self, event: impl Future<Output = T>) -> T {
        let paused = Paused(&self.batcher);
        self.batcher.pause();
        let value = event.await;
        drop(paused);
        value
    }

    /// Notes that this operation creates a thing under that id. Returns the id under which another operation creates
    /// it already. An operation that starts over does not share what it failed to create before.
    pub fn claim(&self, thing: &str, id: &str) -> Option<String> {
        let mut state = self.batcher.state();
        match state.creators.get(thing) {
            Some((creator, theirs)) if *creator != self.number => Some(theirs.clone()),
            _ => {
                let own = (self.number, id.to_owned());
                state.creators.insert(thing.to_owned(), own);
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

/// An operation that waits. It counts as running again when this is dropped, be it that the operation is dropped, too.
struct Paused<'b>(&'b WriteBatcher);

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        self.0.state().running += 1;
    }
}

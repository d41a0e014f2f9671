//! Operations that are done together: what they write waits until none of them can go on without it, and then goes out
//! in as few requests as possible.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::linear::client::{Answers, Client, Errand, Member, Repeat};
use crate::linear::compose::Part;
use crate::linear::failure::Failure;

type Outcome = Result<Answers, Failure>;

/// Several operations that are done together.
#[derive(Debug, Default)]
pub struct Lane {
    state: Mutex<State>,
    /// Fires when an operation begins to wait, or ends.
    stopped: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// How many operations are at work: neither waiting for what they write nor for their turn.
    busy: usize,
    waiting: Vec<Waiting>,
    /// How many berths there have been.
    berths: usize,
    /// Who makes a thing, and under which id.
    claims: HashMap<String, (usize, String)>,
}

#[derive(Debug)]
struct Waiting {
    writes: Member,
    answer: oneshot::Sender<Outcome>,
}

impl Lane {
    /// Does the `work`, all of whose operations have a berth here, and sends what they write.
    pub async fn drive<T>(
        &self,
        client: &Client,
        errand: &Errand,
        work: impl Future<Output = T>,
    ) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = self.all_waiting() => self.send(client, errand).await,
            }
        }
    }

    /// The place of one more operation, which is at work from now on.
    pub fn berth(self: &Arc<Self>) -> Berth {
        let mut state = self.state();
        state.busy += 1;
        state.berths += 1;
        Berth {
            lane: Arc::clone(self),
            number: state.berths,
            alone: AtomicBool::new(false),
        }
    }

    /// Comes when something is to be sent and nobody is at work.
    async fn all_waiting(&self) {
        loop {
            let stopped = self.stopped.notified();
            {
                let state = self.state();
                if state.busy == 0 && !state.waiting.is_empty() {
                    return;
                }
            }
            stopped.await;
        }
    }

    async fn send(&self, client: &Client, errand: &Errand) {
        let waiting = std::mem::take(&mut self.state().waiting);
        let (writes, answers): (Vec<Member>, Vec<_>) =
            waiting.into_iter().map(|of| (of.writes, of.answer)).unzip();
        let outcomes = client.send_together(&writes, errand).await;
        for (answer, outcome) in answers.into_iter().zip(outcomes) {
            // Whoever went away needs no answer.
            let _ = answer.send(outcome);
        }
    }

    fn stop(&self) {
        self.state().busy -= 1;
        self.stopped.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One operation's place in a lane.
#[derive(Debug)]
pub struct Berth {
    lane: Arc<Lane>,
    number: usize,
    /// Whether its writes go in requests of their own, since one in company did not come through.
    alone: AtomicBool,
}

impl Berth {
    /// Sends writes with those of the others.
    ///
    /// # Errors
    /// What became of them, see [`Client::send_together`].
    pub(super) async fn send(&self, parts: &[Part], repeat: Repeat) -> Outcome {
        let (answer, outcome) = oneshot::channel();
        let writes = Member {
            parts: parts.to_vec(),
            repeat,
            alone: self.alone.load(Ordering::Relaxed),
        };
        self.lane.state().waiting.push(Waiting { writes, answer });
        let outcome = self.wait(outcome).await;
        let outcome = outcome.unwrap_or(Err(Failure::Cancelled));
        if outcome.as_ref().is_err_and(Failure::is_ambiguous) {
            self.alone.store(true, Ordering::Relaxed);
        }
        outcome
    }

    /// Waits for something that another one may have to do first; meanwhile this operation is not at work.
    pub(super) async fn wait<T>(&self, event: impl Future<Output = T>) -> T {
        let resting = Resting(&self.lane);
        self.lane.stop();
        let value = event.await;
        drop(resting);
        value
    }

    /// Says that this operation makes a thing under that id; answers the id under which another one makes it already.
    /// One that starts over does not share what it failed to make before.
    pub(super) fn claim(&self, thing: &str, id: &str) -> Option<String> {
        let mut state = self.lane.state();
        match state.claims.get(thing) {
            Some((claimant, claimed)) if *claimant != self.number => Some(claimed.clone()),
            _ => {
                let own = (self.number, id.to_owned());
                state.claims.insert(thing.to_owned(), own);
                None
            }
        }
    }
}

impl Drop for Berth {
    fn drop(&mut self) {
        self.lane.stop();
    }
}

/// An operation that waits; at work again when this is dropped, be it that the operation is dropped, too.
struct Resting<'l>(&'l Lane);

impl Drop for Resting<'_> {
    fn drop(&mut self) {
        self.0.state().busy += 1;
    }
}

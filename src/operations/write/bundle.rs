//! Several writes of one operation: in one request where Linear takes them all, and each done once whatever happens.
//!
//! Linear runs them one after the other. One that it declines voids the whole answer and stops those behind it
//! (`linear/api.md` §2), so what was made is then found by the ids that were given to it here, and the rest is sent
//! again. The same when an answer is lost.
//!
//! Whether a write sees what one in front of it in the same request has made is not documented (`linear/api.md` §2). So
//! one that follows from others and is declined in their company is sent once more without them; where that succeeds,
//! the session sends such writes in a request after the one that makes what they need.

mod next;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::unsuccessful;
use crate::linear::client::{Answers, Repeat, fitting};
use crate::linear::compose::Part;
use crate::linear::documents::{Listing, Mutation};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::session::Cx;

/// Writes in the order in which they are to happen.
#[derive(Debug, Default)]
pub(in crate::operations) struct Bundle {
    writes: Vec<Write>,
    /// Those of which it is not known whether they were done.
    doubtful: Vec<usize>,
    /// Whether each goes in a request of its own, because Linear declined several without saying which.
    singly: bool,
    /// The failure of the first request that may have been executed although no answer says so. What it did may come to
    /// light as late as when something else of it is declined.
    lost: Option<Failure>,
}

#[derive(Debug)]
struct Write {
    part: Part,
    /// How to look for what it makes; what sets values is just sent again.
    find: Option<Part>,
    /// Whether it uses what creates in front of it make.
    follows: bool,
    /// Whether it was declined in their company, and is sent once more without them.
    again: bool,
    /// Whether it may be declined for itself, so that the company it is in is not the likelier reason.
    may_be_refused: bool,
    /// Whether it may have been done although it is not known to be.
    may_be_done: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    Waiting,
    /// Done, with what it answered.
    Done(Value),
    /// Declined, or left out.
    Declined,
}

/// A write that Linear declined: its place, and what Linear said.
type Declined = (usize, Failure);

impl Bundle {
    /// Adds the create of a thing with that new id; answers its place.
    pub(in crate::operations) fn create<M, L>(&mut self, part: Part, id: &str) -> usize
    where
        M: Mutation,
        L: Listing<Node = M::Made>,
    {
        self.add(part, Some(L::one(Filter::eq("id", id))), false)
    }

    /// As [`Bundle::create`], for a thing that uses what creates in front of it make.
    pub(in crate::operations) fn create_after<M, L>(&mut self, part: Part, id: &str) -> usize
    where
        M: Mutation,
        L: Listing<Node = M::Made>,
    {
        self.add(part, Some(L::one(Filter::eq("id", id))), true)
    }

    /// Adds a write that sets values, or an upsert, and may use what creates in front of it make; answers its place.
    pub(in crate::operations) fn change(&mut self, part: Part) -> usize {
        self.add(part, None, true)
    }

    fn add(&mut self, part: Part, find: Option<Part>, follows: bool) -> usize {
        self.writes.push(Write {
            part,
            find,
            follows,
            again: false,
            may_be_refused: false,
            may_be_done: false,
            state: State::Waiting,
        });
        self.writes.len() - 1
    }

    /// Puts another write in the place of one that is not done.
    pub(in crate::operations) fn replace(&mut self, place: usize, part: Part) {
        if let Some(write) = self.writes.get_mut(place)
            && !matches!(write.state, State::Done(_))
        {
            write.part = part;
            write.again = false;
            write.may_be_refused = false;
            write.state = State::Waiting;
        }
    }

    /// Notes that Linear may have a reason of its own to decline that one: it is not sent once more without the company of
    /// what it follows from, unless it is replaced.
    pub(in crate::operations) fn may_be_refused(&mut self, place: usize) {
        if let Some(write) = self.writes.get_mut(place) {
            write.may_be_refused = true;
        }
    }

    /// Leaves out one that is not to be done, unless it is put back by [`Bundle::replace`].
    pub(in crate::operations) fn leave_out(&mut self, place: usize) {
        self.set(place, State::Declined);
    }

    /// Whether that one was done.
    pub(in crate::operations) fn is_done(&self, place: usize) -> bool {
        let write = self.writes.get(place);
        write.is_some_and(|write| matches!(write.state, State::Done(_)))
    }

    /// What that one made, or changed; `None` where it was not done.
    ///
    /// # Errors
    /// [`Failure::Malformed`] when the answer is not what was asked for.
    pub(in crate::operations) fn made<T: DeserializeOwned>(
        &self,
        place: usize,
    ) -> Result<Option<T>, Failure> {
        let Some(State::Done(made)) = self.writes.get(place).map(|write| &write.state) else {
            return Ok(None);
        };
        fitting(made.clone()).map(Some)
    }

    /// Sends what is not done yet until all is, or until Linear declines one, which is answered: to be replaced or
    /// left out, before the rest is sent.
    ///
    /// # Errors
    /// What ended it before that; of an answer that was lost, when what was done could not be found out.
    pub(in crate::operations) async fn send(
        &mut self,
        cx: &Cx<'_>,
    ) -> Result<Option<Declined>, Failure> {
        loop {
            let settled = self.settle(cx).await;
            settled.map_err(|failure| self.unsettled(failure))?;
            let places = if cx.shape.dry_run {
                self.waiting()
            } else {
                self.next(cx.session.sees_own())
            };
            if places.is_empty() {
                return Ok(None);
            }
            let end = match cx.send(&self.parts(&places), self.repeat(&places)).await {
                Ok(answers) => match self.take_in(cx, &places, answers) {
                    Some((place, failure)) => self.ruled(cx, place, failure).await,
                    None => None,
                },
                Err(failure) => self.failed(cx, &places, failure).await,
            };
            if let Some(end) = end {
                return end.map(Some);
            }
        }
    }

    /// The failure to end with when it cannot be found out what was done.
    fn unsettled(&self, failure: Failure) -> Failure {
        let failure = self.lost.clone().unwrap_or(failure);
        if failure.is_ambiguous() {
            return failure;
        }
        Failure::Interrupted(format!("what was done could not be looked up: {failure}"))
    }

    /// What a request that failed means: `None` to go on with what waits, the write that Linear declined, or the end.
    async fn failed(
        &mut self,
        cx: &Cx<'_>,
        places: &[usize],
        failure: Failure,
    ) -> Option<Result<Declined, Failure>> {
        let declined = self.declined(places, &failure);
        if let (Failure::Refused(_), Some(place)) = (&failure, declined)
            && self.is_in_company(places, place)
        {
            self.set(place, State::Waiting);
            if self.settle(cx).await.is_ok() {
                return None;
            }
            self.set(place, State::Declined);
        }
        match (declined, self.lost.clone()) {
            (Some(place), _) => self.ruled(cx, place, failure).await,
            (None, _) if failure.is_declined() => {
                self.singly = true;
                None
            }
            // What only sets values has been sent as often as may be.
            (None, None) if failure.is_ambiguous() && self.repeat(places) == Repeat::UnlessSent => {
                self.doubt_changes(places);
                self.lost = Some(failure);
                None
            }
            (None, None) => Some(Err(failure)),
            (None, Some(lost)) => self.give_up(cx, lost, failure).await.map(Err),
        }
    }

    /// Whether that one may have been declined for the company of what it follows from; true once for each write.
    fn is_in_company(&mut self, places: &[usize], place: usize) -> bool {
        let in_front = places.iter().take_while(|other| **other != place);
        let company = in_front.copied().any(|other| self.makes(other));
        let write = self.writes.get_mut(place);
        write.is_some_and(|write| {
            let first = company && write.follows && !write.again && !write.may_be_refused;
            write.again |= first;
            first
        })
    }

    /// What it means that Linear declined that one: `None` where an earlier sending, whose answer was lost, has done it
    /// all the same.
    async fn ruled(
        &mut self,
        cx: &Cx<'_>,
        place: usize,
        failure: Failure,
    ) -> Option<Result<Declined, Failure>> {
        let Some(lost) = self.lost.clone() else {
            return Some(Ok((place, failure)));
        };
        match self.is_there(cx, place).await {
            Ok(true) => None,
            Ok(false) if self.may_be_done(place) => Some(Ok((place, lost))),
            Ok(false) => Some(Ok((place, failure))),
            Err(_) => Some(Err(lost)),
        }
    }

    /// The failure to end with when nothing more can be sent; `None` where it turns out that all is done.
    async fn give_up(&mut self, cx: &Cx<'_>, lost: Failure, last: Failure) -> Option<Failure> {
        if self.settle(cx).await.is_err() {
            return Some(lost);
        }
        let waiting = self.waiting();
        let doubtful = waiting.iter().any(|place| self.may_be_done(*place));
        match (waiting.is_empty(), doubtful) {
            (true, _) => None,
            (false, true) => Some(lost),
            (false, false) => Some(last),
        }
    }

    /// Notes of those that set values, or are upserts, that they may have been done: nothing can be looked for.
    fn doubt_changes(&mut self, places: &[usize]) {
        for place in places {
            if let Some(write) = self.writes.get_mut(*place) {
                write.may_be_done = write.find.is_none();
            }
        }
    }

    /// Whether a sending whose answer was lost, or brought nothing, may have done that one.
    pub(in crate::operations) fn may_be_done(&self, place: usize) -> bool {
        self.writes
            .get(place)
            .is_some_and(|write| write.may_be_done)
    }

    /// Finds out what was done of that which is in doubt.
    ///
    /// # Errors
    /// That of the request; the doubt remains.
    pub(in crate::operations) async fn settle(&mut self, cx: &Cx<'_>) -> Result<(), Failure> {
        let looked_for = |place: &usize| {
            let write = self.writes.get(*place)?;
            let waits = matches!(write.state, State::Waiting);
            Some((*place, write.find.clone().filter(|_| waits)?))
        };
        let (places, finds): (Vec<usize>, Vec<Part>) =
            self.doubtful.iter().filter_map(looked_for).unzip();
        if !finds.is_empty() {
            let mut answers = cx.settle(&finds).await?;
            for (slot, place) in places.into_iter().enumerate() {
                if let Some(found) = first_node(answers.take_raw(slot)) {
                    self.set(place, State::Done(found));
                }
            }
        }
        self.doubtful.clear();
        Ok(())
    }

    /// Whether a create that Linear declined was done all the same, by a sending whose answer was lost.
    async fn is_there(&mut self, cx: &Cx<'_>, place: usize) -> Result<bool, Failure> {
        self.set(place, State::Waiting);
        self.settle(cx).await?;
        let there = self.is_done(place);
        if !there {
            self.set(place, State::Declined);
        }
        Ok(there)
    }

    /// Takes in the answers; one that says `success: false` is answered as declined.
    fn take_in(&mut self, cx: &Cx<'_>, places: &[usize], mut answers: Answers) -> Option<Declined> {
        let mut declined = None;
        for (slot, place) in places.iter().enumerate() {
            match made(answers.take_raw(slot)) {
                Some(made) => {
                    if self.writes.get(*place).is_some_and(|write| write.again) {
                        cx.session.sees_own_no_longer();
                    }
                    self.set(*place, State::Done(made));
                }
                None if declined.is_none() => {
                    self.set(*place, State::Declined);
                    self.doubtful.push(*place);
                    declined = Some((*place, unsuccessful(answers.lost.clone())));
                }
                // It is sent again after the first, and declined again.
                None => {}
            }
        }
        declined
    }

    /// The place of the write that Linear declined. What else went out with it is in doubt, and all of it where none
    /// is named.
    fn declined(&mut self, places: &[usize], failure: &Failure) -> Option<usize> {
        let slot = failure.slot().or((places.len() == 1).then_some(0));
        let place = slot.filter(|_| failure.is_declined());
        let place = place.and_then(|slot| places.get(slot).copied());
        if let Some(place) = place {
            self.set(place, State::Declined);
        }
        if failure.is_declined() || failure.is_ambiguous() {
            self.doubtful = places.to_vec();
        }
        if failure.is_declined() {
            // Those in front of it were executed, and what sets values cannot be looked for.
            let before = places.get(..slot.unwrap_or(places.len()));
            self.doubt_changes(before.unwrap_or_default());
        }
        place
    }

    fn set(&mut self, place: usize, state: State) {
        if let Some(write) = self.writes.get_mut(place) {
            write.state = state;
        }
    }
}

/// What a mutation made, out of the root fields of its answer; `None` where it says that it did not succeed.
fn made(answer: Map<String, Value>) -> Option<Value> {
    let (_, mut payload) = answer.into_iter().next()?;
    let success = payload.get("success").and_then(Value::as_bool)?;
    let made = payload.get_mut("made").map(Value::take)?;
    (success && !made.is_null()).then_some(made)
}

/// The first entity of a list, out of the root fields of its answer.
fn first_node(answer: Map<String, Value>) -> Option<Value> {
    let (_, mut connection) = answer.into_iter().next()?;
    let nodes = connection.get_mut("nodes")?.as_array_mut()?;
    nodes.first_mut().map(Value::take)
}

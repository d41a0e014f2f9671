//! The write engine: it sends mutations, and finds out what became of each.
//!
//! Linear runs the mutations of one document one after the other. Every root field is non-null, so one that fails voids
//! `data` and ends the execution: those in front of it were executed, those behind it were not (`linear/api.md` §2, §4).
//! An answer may also be lost, or not be readable. The engine judges all of that here, and nothing else does:
//!
//! ```text
//!                       an answer with the entity
//!             ┌────────────────────────────────────────────▶ Done
//!             │                                               ▲
//!             │      no usable answer; a neighbour refused;   │ the look finds what the write was to do,
//!   Pending ──┼────▶ done, but the answer cannot be read ──▶ InDoubt    or Linear has said that it was done
//!    ▲        │                                             │ │  │
//!    │        │   refused, and never in doubt before        │ │  └──▶ Rejected   not there, and Linear refuses it
//!    │        ├────────────────────────────────────────────▶│ │
//!    │        │                                             │ └─────▶ Unknown    no look answers, or no sending is left
//!    │        └──▶ Withheld   a write that it needs was not done                
//!    └──────────────────────────────────────────────────────┘
//!               not there: it is sent again, a create under the same id
//! ```
//!
//! A create is looked up by the id that was made for it, a removal by the absence of the thing, a change by the values
//! that it sets, and an attachment by its URL. Reads may lag behind writes, so that one look proves presence, and only
//! [`LOOKS`] of them prove absence.

mod batcher;
mod compare;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Map, Value};

pub use self::batcher::{BatchSlot, WriteBatcher};
pub use self::compare::Expected;
use self::compare::Held;
use super::line::{Answer, PartError};
use super::{Client, Errand, Repeat};
use crate::clock::Stopwatch;
use crate::linear::compose::{MOST_MUTATIONS, MOST_POINTS, Part};
use crate::linear::failure::{Failure, Refusal};

/// How many times a write is looked up before it is called absent: at once, and after each of [`Patience::looks`].
///
/// [`Patience::looks`]: super::Patience::looks
pub const LOOKS: usize = 4;

/// How many refusals of one submission make the engine send the writes of each owner in a document of their own, side
/// by side: more of them would each end a document again.
const MOST_SHARED_REFUSALS: usize = 3;

/// A mutation to be executed once.
#[derive(Clone, Debug)]
pub struct Write {
    /// The mutation. Its document calls the entity in the payload `made`.
    pub mutation: Part,
    /// How to find out whether it was executed; `None` where only the caller can tell.
    pub lookup: Option<Lookup>,
    /// The places, in the same submission, of the writes that make what this one refers to.
    pub depends_on: Vec<usize>,
    /// The operation that it belongs to. Writes of one owner are executed in their order.
    pub owner: usize,
    /// Whether an entity has the shape that the caller reads.
    pub fits: fn(&Value) -> bool,
    /// Whether Linear may have a reason of its own to refuse it, so that a refusal is not put down to a write that it
    /// depends on and that went out in the same document.
    pub may_be_refused: bool,
}

/// How to find out whether a write was executed.
#[derive(Clone)]
pub struct Lookup {
    query: Part,
    proof: Proof,
    find: Option<Arc<Find>>,
}

/// Takes the entity out of a root field's value.
type Find = dyn Fn(&Value) -> Option<Value> + Send + Sync;

/// What proves that a write was executed.
#[derive(Clone, Debug)]
enum Proof {
    /// There is a thing of this id, which was made for it.
    Exists { id: String },
    /// The issue has an attachment with its URL.
    Attached {
        /// The title that the write sets.
        title: Option<String>,
        /// Whether a refusal may mean that it is there already.
        may_be_there: bool,
    },
    /// The thing is gone.
    Gone,
    /// The thing has these values.
    Holds(Expected),
}

/// What became of a write.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It was executed.
    Done(Done),
    /// It was not executed.
    Rejected {
        /// Why not.
        failure: Failure,
        /// Whether an earlier sending of it got no usable answer. It was looked for then, and was not there.
        was_in_doubt: bool,
    },
    /// It may have been executed or not: the failure of the first sending that got no usable answer.
    Unknown(Failure),
    /// It was not sent, because a write that it needs was not executed. The caller may submit it again.
    Withheld,
}

/// A write that was executed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    /// The entity as it is now; `None` where it could not be read.
    pub entity: Option<Value>,
    /// The fields below it that Linear could not answer, and why.
    pub unread: Vec<String>,
    /// Whether Linear refused it because the thing is there already, as it does with an attachment's URL.
    pub was_there: bool,
}

impl Lookup {
    /// A create under an id made for it; `query` asks for the thing of that id.
    pub fn created(id: &str, query: Part) -> Self {
        Self::new(query, Proof::Exists { id: id.to_owned() })
    }

    /// A link to a URL; `query` asks for the issue's attachment with that URL. `title` is the one that is set;
    /// `may_be_there` tells whether a refusal may mean that the URL is attached already.
    pub fn attached(title: Option<String>, may_be_there: bool, query: Part) -> Self {
        let proof = Proof::Attached {
            title,
            may_be_there,
        };
        Self::new(query, proof)
    }

    /// A removal; `query` asks for the thing.
    pub fn removed(query: Part) -> Self {
        Self::new(query, Proof::Gone)
    }

    /// A change; `query` asks for the thing.
    pub fn changed(query: Part, expected: Expected) -> Self {
        Self::new(query, Proof::Holds(expected))
    }

    fn new(query: Part, proof: Proof) -> Self {
        Self {
            query,
            proof,
            find: None,
        }
    }

    /// The same look-up, with the entity taken out of the root field's value in this way. By default it is the first
    /// of `nodes`, else the value itself.
    #[must_use]
    pub fn finding(self, find: impl Fn(&Value) -> Option<Value> + Send + Sync + 'static) -> Self {
        Self {
            find: Some(Arc::new(find)),
            ..self
        }
    }

    /// The entity in the answer to the query.
    fn entity(&self, answer: &Map<String, Value>) -> Option<Value> {
        let root = answer.values().next()?;
        match &self.find {
            Some(find) => find(root),
            None => match root.get("nodes") {
                Some(nodes) => nodes.get(0).cloned(),
                None => Some(root.clone()).filter(|root| !root.is_null()),
            },
        }
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lookup = f.debug_struct("Lookup");
        lookup.field("query", &self.query.name());
        lookup.field("proof", &self.proof).finish_non_exhaustive()
    }
}

/// Whether a mutation sees what one in front of it in the same document has made, which is not documented
/// (`linear/api.md` §2). It is taken to, until it is seen that it does not.
#[derive(Debug, Default)]
pub(super) struct Visibility {
    none: AtomicBool,
}

impl Client {
    /// Sends the writes in as few documents as their number and cost allow, until it is known of each what became of
    /// it, and returns the outcomes in the order of `writes`. After a write that was not done, the rest of its owner's
    /// is withheld if one of them needs it; the other owners' go on.
    ///
    /// A cancellation stops what has not been sent. What may have been executed is looked up all the same.
    pub async fn submit(&self, writes: Vec<Write>, scope: &Errand) -> Vec<Outcome> {
        let mut submission = Submission {
            client: self,
            scope,
            writes: writes.into_iter().map(Tracked::new).collect(),
            refusals: 0,
            separate: false,
            pause: None,
            end: None,
        };
        submission.run().await;
        let writes = submission.writes.into_iter();
        writes.map(Tracked::into_outcome).collect()
    }
}

/// Writes on their way.
struct Submission<'c> {
    client: &'c Client,
    scope: &'c Errand,
    writes: Vec<Tracked>,
    /// How many writes Linear has refused.
    refusals: usize,
    /// Whether each owner's writes go in a document of their own.
    separate: bool,
    /// How long to wait before the next sending.
    pause: Option<Duration>,
    /// Why nothing more can be sent.
    end: Option<Failure>,
}

/// A write with what is known of it.
struct Tracked {
    write: Write,
    state: State,
    /// How many sendings got no usable answer, or met a passing failure of Linear's.
    failures: usize,
    /// The failure of the first sending after which it may have been executed. A later refusal says nothing of that
    /// sending.
    lost: Option<Failure>,
    /// What Linear refused it with in one document with a write that it depends on; it is sent once more without that.
    refused_in_company: Option<Failure>,
    /// What Linear could not answer of it.
    unread: Vec<String>,
}

enum State {
    Pending,
    InDoubt {
        since: Stopwatch,
        /// Whether Linear has said that it was executed, so that the look is for its entity alone.
        executed: bool,
        /// What Linear refused it with, if it did: that is the outcome unless the look finds it done.
        refusal: Option<Failure>,
    },
    Done(Done),
    Rejected(Failure),
    Unknown(Failure),
    Withheld,
}

impl Tracked {
    fn new(write: Write) -> Self {
        Self {
            write,
            state: State::Pending,
            failures: 0,
            lost: None,
            refused_in_company: None,
            unread: Vec::new(),
        }
    }

    fn is_pending(&self) -> bool {
        matches!(self.state, State::Pending)
    }

    fn is_done(&self) -> bool {
        matches!(self.state, State::Done(_))
    }

    /// Whether the texts of an error name the id that was made for it: Linear has that thing already.
    fn is_named_in(&self, texts: &[String]) -> bool {
        let proof = self.write.lookup.as_ref().map(|lookup| &lookup.proof);
        let Some(Proof::Exists { id }) = proof else {
            return false;
        };
        let id = id.to_ascii_lowercase();
        texts
            .iter()
            .any(|text| text.to_ascii_lowercase().contains(&id))
    }

    fn into_outcome(self) -> Outcome {
        match self.state {
            State::Done(done) => Outcome::Done(done),
            State::Rejected(failure) => Outcome::Rejected {
                failure,
                was_in_doubt: self.lost.is_some(),
            },
            State::Unknown(failure) => Outcome::Unknown(failure),
            State::Withheld | State::Pending | State::InDoubt { .. } => Outcome::Withheld,
        }
    }
}

impl Submission<'_> {
    async fn run(&mut self) {
        loop {
            self.look_up().await;
            self.withhold();
            if let Some(end) = self.end.clone() {
                self.give_up(&end);
                return;
            }
            if let Some(pause) = self.pause.take() {
                tokio::time::sleep(pause).await;
            }
            let documents = self.next_documents();
            if documents.is_empty() {
                return;
            }
            let answers = join_all(documents.iter().map(|places| self.send(places))).await;
            for (places, answer) in documents.iter().zip(answers) {
                self.judge(places, answer);
            }
        }
    }

    /// Leaves out what needs a write that was not done, and with it the rest of its owner's: the caller decides.
    fn withhold(&mut self) {
        let failed = |tracked: &Tracked| {
            matches!(
                tracked.state,
                State::Rejected(_) | State::Unknown(_) | State::Withheld
            )
        };
        let mut owners: Vec<usize> = Vec::new();
        for tracked in self.writes.iter().filter(|tracked| tracked.is_pending()) {
            let mut needed = tracked.write.depends_on.iter();
            if needed.any(|place| self.writes.get(*place).is_some_and(failed)) {
                owners.push(tracked.write.owner);
            }
        }
        for tracked in &mut self.writes {
            if tracked.is_pending() && owners.contains(&tracked.write.owner) {
                tracked.state = match tracked.refused_in_company.take() {
                    Some(refusal) => State::Rejected(refusal),
                    None => State::Withheld,
                };
            }
        }
    }

    /// The places of the writes that go out next, a list for each document.
    fn next_documents(&self) -> Vec<Vec<usize>> {
        let mut owners: Vec<usize> = Vec::new();
        for tracked in self.writes.iter().filter(|tracked| tracked.is_pending()) {
            if !owners.contains(&tracked.write.owner) {
                owners.push(tracked.write.owner);
            }
        }
        if self.separate {
            let documents = owners.iter().map(|owner| self.document(&[*owner]));
            documents.filter(|places| !places.is_empty()).collect()
        } else {
            let places = self.document(&owners);
            Some(places)
                .filter(|places| !places.is_empty())
                .into_iter()
                .collect()
        }
    }

    /// As many pending writes of these owners as one document takes. One whose dependency is not done yet, and cannot
    /// go in front of it in the same document, waits, and what its owner has behind it waits with it.
    fn document(&self, owners: &[usize]) -> Vec<usize> {
        let (mut places, mut waiting) = (Vec::new(), Vec::new());
        let mut points = 0;
        for (place, tracked) in self.writes.iter().enumerate() {
            let owner = tracked.write.owner;
            if !tracked.is_pending() || !owners.contains(&owner) || waiting.contains(&owner) {
                continue;
            }
            let shares = tracked.refused_in_company.is_none() && self.client.visibility.is_given();
            let ready = tracked.write.depends_on.iter().all(|needed| {
                let done = self.writes.get(*needed).is_none_or(Tracked::is_done);
                done || (shares && places.contains(needed))
            });
            if !ready {
                waiting.push(owner);
                continue;
            }
            points += tracked.write.mutation.complexity();
            if !places.is_empty() && (places.len() == MOST_MUTATIONS || points > MOST_POINTS) {
                break;
            }
            places.push(place);
        }
        places
    }

    async fn send(&self, places: &[usize]) -> Result<Answer, Failure> {
        let of = |place: &usize| self.writes.get(*place);
        let tracked: Vec<&Tracked> = places.iter().filter_map(of).collect();
        let parts: Vec<Part> = tracked.iter().map(|of| of.write.mutation.clone()).collect();
        // What has been sent once is seen through.
        let sent_before = tracked.iter().any(|of| of.lost.is_some());
        if sent_before {
            self.client.write(&parts, &self.scope.committed()).await
        } else {
            self.client.write(&parts, self.scope).await
        }
    }

    /// Takes in what came of a document.
    fn judge(&mut self, places: &[usize], answer: Result<Answer, Failure>) {
        let failure = match answer {
            Ok(answer) => return self.judge_answer(places, answer),
            Err(failure) => failure,
        };
        if failure.is_declined() && places.len() == 1 {
            for place in places {
                self.refuse(places, *place, failure.clone(), &[]);
            }
        } else if failure.is_ambiguous() || failure.is_declined() {
            // A document that goes wrong twice, or is refused without a word which of it, goes in pieces.
            let again = |place: &usize| self.writes.get(*place).is_some_and(|of| of.lost.is_some());
            self.separate |= failure.is_declined() || places.iter().any(again);
            for place in places {
                self.count_failure(*place);
                self.doubt(*place, &failure, false);
            }
        } else {
            // Nothing was executed, and nothing more would be.
            self.end.get_or_insert(failure);
        }
    }

    fn judge_answer(&mut self, places: &[usize], answer: Answer) {
        let Answer { data, errors } = answer;
        let Some(data) = data else {
            return self.judge_void(places, &errors);
        };
        for (slot, (place, root)) in places.iter().zip(data).enumerate() {
            let own = errors.iter().filter(|error| error.slot == Some(slot));
            let unread: Vec<String> = own.filter_map(PartError::unread).collect();
            let general = errors.iter().filter(|error| error.slot.is_none());
            let general = general.map(|error| error.failure.to_string());
            if let Some(tracked) = self.writes.get_mut(*place) {
                tracked.unread.extend(unread.into_iter().chain(general));
            }
            let refusal = errors
                .iter()
                .find(|error| error.slot == Some(slot) && error.is_at_root());
            match refusal {
                Some(error) => self.refuse(places, *place, error.failure.clone(), &error.texts),
                None => self.judge_payload(places, *place, root),
            }
        }
    }

    /// Takes in the payload of one write.
    fn judge_payload(&mut self, places: &[usize], place: usize, root: Map<String, Value>) {
        let Some(tracked) = self.writes.get_mut(place) else {
            return;
        };
        let mut payload = root
            .into_iter()
            .next()
            .map_or(Value::Null, |(_, root)| root);
        let entity = payload.get_mut("made").map(Value::take);
        match payload.get("success").and_then(Value::as_bool) {
            Some(true) => match entity.filter(|entity| (tracked.write.fits)(entity)) {
                Some(entity) => {
                    if tracked.refused_in_company.is_some() {
                        self.client.visibility.note_missing();
                    }
                    tracked.state = State::Done(Done {
                        entity: Some(entity),
                        unread: std::mem::take(&mut tracked.unread),
                        was_there: false,
                    });
                }
                None => {
                    let failure =
                        Failure::Malformed("the answer has no readable entity".to_owned());
                    self.doubt(place, &failure, true);
                }
            },
            Some(false) => self.refuse(places, place, unsuccessful(), &[]),
            None => {
                let failure = Failure::Malformed("the answer has no payload".to_owned());
                self.count_failure(place);
                self.doubt(place, &failure, false);
            }
        }
    }

    /// Takes in an answer without `data`. An error at a root ends the execution there, and so does one below a root
    /// that voids it; the last root that an error names is the one.
    fn judge_void(&mut self, places: &[usize], errors: &[PartError]) {
        let at_root = errors.iter().find(|error| error.is_at_root());
        let below = errors.iter().filter(|error| error.slot.is_some());
        let end = at_root.or(below.max_by_key(|error| error.slot));
        let Some((end, slot)) = end.and_then(|end| Some((end, end.slot?))) else {
            let failure = errors.first().map_or_else(
                || Failure::Malformed("the answer has no data".to_owned()),
                |error| error.failure.clone(),
            );
            for place in places {
                self.count_failure(*place);
                self.doubt(*place, &failure, false);
            }
            return;
        };
        let neighbour = Failure::Interrupted(format!(
            "another write of the same request was refused: {}",
            end.failure
        ));
        for (index, place) in places.iter().enumerate() {
            if index < slot {
                self.doubt(*place, &neighbour, false);
            } else if index == slot && end.is_at_root() {
                self.refuse(places, *place, end.failure.clone(), &end.texts);
            } else if index == slot {
                if let Some(tracked) = self.writes.get_mut(*place) {
                    tracked.unread.extend(end.unread());
                }
                self.doubt(*place, &end.failure, true);
            }
        }
    }

    fn count_failure(&mut self, place: usize) {
        if let Some(tracked) = self.writes.get_mut(place) {
            tracked.failures += 1;
        }
    }

    /// Notes that a write may have been executed, or was, so that it is looked up.
    fn doubt(&mut self, place: usize, failure: &Failure, executed: bool) {
        let Some(tracked) = self.writes.get_mut(place) else {
            return;
        };
        tracked.lost.get_or_insert_with(|| ambiguous(failure));
        tracked.state = State::InDoubt {
            since: Stopwatch::start(),
            executed,
            refusal: None,
        };
    }

    /// Takes in that Linear refused a write, and with which texts.
    fn refuse(&mut self, places: &[usize], place: usize, failure: Failure, texts: &[String]) {
        let in_front: Vec<usize> = places
            .iter()
            .copied()
            .take_while(|other| *other != place)
            .collect();
        let most = self.client.patience.attempts;
        let wait = self.wait(&failure);
        let Some(tracked) = self.writes.get_mut(place) else {
            return;
        };
        let write = &tracked.write;
        let may_be_there = write.lookup.as_ref().is_some_and(Lookup::may_be_there);
        let in_company = write.depends_on.iter().any(|of| in_front.contains(of));
        let passes = failure.is_ambiguous() || wait.is_some();
        let refused = matches!(failure, Failure::Refused(_));
        tracked.state = if tracked.is_named_in(texts) {
            State::InDoubt {
                since: Stopwatch::start(),
                executed: true,
                refusal: None,
            }
        } else if refused
            && in_company
            && tracked.refused_in_company.is_none()
            && !write.may_be_refused
        {
            tracked.refused_in_company = Some(failure);
            State::Pending
        } else if passes && tracked.failures + 1 < most {
            tracked.failures += 1;
            self.pause = self.pause.max(wait.or(Some(self.client.patience.pause)));
            State::Pending
        } else if tracked.lost.is_some() || (refused && may_be_there) {
            State::InDoubt {
                since: Stopwatch::start(),
                executed: false,
                refusal: Some(definite(failure)),
            }
        } else {
            State::Rejected(definite(failure))
        };
        if !self.writes.get(place).is_some_and(Tracked::is_pending) {
            self.refusals += 1;
            self.separate |= self.refusals >= MOST_SHARED_REFUSALS;
        }
    }

    /// How long to wait for a limit of one mutation that ends soon.
    fn wait(&self, failure: &Failure) -> Option<Duration> {
        let Failure::RateLimited(limit) = failure else {
            return None;
        };
        limit
            .wait()
            .filter(|wait| *wait <= self.client.patience.max_wait)
    }

    /// Finds out what became of the writes in doubt.
    async fn look_up(&mut self) {
        for look in 0..LOOKS {
            let in_doubt: Vec<(usize, Stopwatch)> = self
                .writes
                .iter()
                .enumerate()
                .filter_map(|(place, tracked)| match tracked.state {
                    State::InDoubt { since, .. } => Some((place, since)),
                    _ => None,
                })
                .collect();
            let Some(waited) = in_doubt.iter().map(|(_, since)| since.elapsed()).min() else {
                return;
            };
            let looks = &self.client.patience.looks;
            if let Some(after) = look.checked_sub(1).and_then(|look| looks.get(look)) {
                tokio::time::sleep(after.saturating_sub(waited)).await;
            }
            let scope = self.scope.committed();
            let looks = in_doubt.iter().map(|(place, _)| {
                let lookup = self.writes.get(*place)?.write.lookup.clone()?;
                Some((lookup, &scope))
            });
            let looks: Vec<_> = looks.collect();
            let found = join_all(looks.into_iter().map(async |look| {
                let (lookup, scope) = look?;
                let query = std::slice::from_ref(&lookup.query);
                match self.client.send(query, Repeat::Always, scope).await {
                    Ok(mut answers) => Some(lookup.entity(&answers.take_raw(0))),
                    // Linear knows no such thing.
                    Err(failure) if failure.declines(0) && !lookup.may_be_there() => Some(None),
                    Err(_) => None,
                }
            }))
            .await;
            for ((place, _), found) in in_doubt.iter().zip(found) {
                if let Some(tracked) = self.writes.get_mut(*place) {
                    let most = self.client.patience.attempts;
                    tracked.weigh(found, look + 1 == LOOKS, most);
                }
            }
        }
    }

    /// Ends the writes that are left when nothing more can be sent.
    fn give_up(&mut self, end: &Failure) {
        for tracked in &mut self.writes {
            if tracked.is_pending() {
                tracked.state = match &tracked.lost {
                    Some(lost) => State::Unknown(lost.clone()),
                    None => State::Rejected(end.clone()),
                };
            }
        }
    }
}

impl Tracked {
    /// Takes in what a look found: `None` where there is no answer, else the entity if it is there.
    fn weigh(&mut self, found: Option<Option<Value>>, is_last: bool, most: usize) {
        let State::InDoubt {
            executed, refusal, ..
        } = &mut self.state
        else {
            return;
        };
        let (executed, refusal) = (*executed, refusal.clone());
        let lost = || {
            let none = || Failure::Interrupted("the answer was lost".to_owned());
            self.lost.clone().unwrap_or_else(none)
        };
        let (Some(found), Some(lookup)) = (found, &self.write.lookup) else {
            self.state = match (executed, refusal) {
                (true, _) => self.done(None, false),
                (false, Some(refusal)) if self.lost.is_none() => State::Rejected(refusal),
                (false, _) => State::Unknown(lost()),
            };
            return;
        };
        let held = match &lookup.proof {
            Proof::Exists { .. } => Held::from(found.is_some()),
            Proof::Gone => Held::from(found.is_none()),
            Proof::Attached { title, .. } => Held::from(found.as_ref().is_some_and(|attachment| {
                let own = attachment.get("title").and_then(Value::as_str);
                refusal.is_some() || title.is_none() || title.as_deref() == own
            })),
            Proof::Holds(expected) => match &found {
                Some(entity) => expected.held_by(entity, self.write.mutation.variables()),
                None => Held::Unsure,
            },
        };
        let repeatable = matches!(lookup.proof, Proof::Gone | Proof::Holds(_));
        if held == Held::Yes {
            let was_there = refusal.is_some() && lookup.may_be_there();
            self.state = self.done(found, was_there);
        } else if repeatable && !executed && refusal.is_none() {
            // Doing it twice is doing it once, so one look is enough.
            self.state = if self.failures < most {
                State::Pending
            } else {
                State::Unknown(lost())
            };
        } else if is_last {
            self.state = match (executed, refusal) {
                (true, _) => self.done(found, false),
                (false, Some(_)) if held == Held::Unsure => State::Unknown(lost()),
                (false, Some(refusal)) => State::Rejected(refusal),
                (false, None) if self.failures < most => State::Pending,
                (false, None) => State::Unknown(lost()),
            };
        }
    }

    /// It was executed, and is now as it was found.
    fn done(&self, found: Option<Value>, was_there: bool) -> State {
        State::Done(Done {
            entity: found.filter(|entity| (self.write.fits)(entity)),
            unread: self.unread.clone(),
            was_there,
        })
    }
}

impl Lookup {
    /// Whether a refusal may mean that the thing is there already.
    fn may_be_there(&self) -> bool {
        matches!(
            self.proof,
            Proof::Attached {
                may_be_there: true,
                ..
            }
        )
    }
}

impl Visibility {
    fn is_given(&self) -> bool {
        !self.none.load(Ordering::Relaxed)
    }

    /// Notes that a write, refused in one document with what it needs, was taken in a document after it.
    fn note_missing(&self) {
        self.none.store(true, Ordering::Relaxed);
    }
}

/// The failure of a sending that may have been executed, as it is told.
fn ambiguous(failure: &Failure) -> Failure {
    if failure.is_ambiguous() {
        failure.clone()
    } else {
        Failure::Interrupted(failure.to_string())
    }
}

/// The failure of a write that was not executed: an internal error at its root is Linear's reason.
fn definite(failure: Failure) -> Failure {
    match failure {
        Failure::Interrupted(reason) => Failure::Refused(Refusal {
            reason,
            ..Refusal::default()
        }),
        other => other,
    }
}

/// What a mutation means that answers `success: false` without an error.
fn unsuccessful() -> Failure {
    Failure::Refused(Refusal {
        reason: "Linear answered success: false and gave no reason".to_owned(),
        ..Refusal::default()
    })
}

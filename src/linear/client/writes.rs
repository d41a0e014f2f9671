//! The write engine: it sends mutations, and finds out whether Linear executed each of them.
//!
//! Linear runs the mutations of one document one after the other. Every root field is non-null, so a mutation that
//! fails voids `data` and ends the execution: the mutations in front of it were executed, the mutations behind it were
//! not (`linear/api.md` §2, §4). An answer may also be lost, or be unreadable. Only this module decides what that means
//! for a write. Each write is in one of these states:
//!
//! ```text
//!                    answered with the entity
//!    Pending ──────────────────────────────────────────────▶ Done
//!      ▲ │ │                                                  ▲
//!      │ │ │  no usable answer; executed, but unreadable;     │ its effect is found, or Linear has confirmed it
//!      │ │ └────────────────────────────────────────────▶ InDoubt ──▶ Unknown    the look-up fails, or the attempts
//!      │ │    in front of a write that is rejected         │  │                  are used up
//!      │ │                                                 │  └─────▶ Rejected   its effect is not found, and Linear
//!      │ │                                                 │                     has rejected it
//!      │ ├──▶ Rejected   rejected, and never in doubt      │
//!      │ └──▶ Withheld   a dependency was not executed     │
//!      │                                                   │
//!      └───────────────────────────────────────────────────┘
//!             its effect is not found: sent again, a create under the same id
//! ```
//!
//! All of this happens before the deadline of the operation that writes, which its [`RequestScope`] holds. Each attempt
//! gets at most two thirds of the time that is left, so that there is time for look-ups when no answer comes; the last
//! look-up gets all the rest. When the time is over, a write that was never sent is Rejected with
//! [`Failure::OutOfTime`], and a write in doubt is Unknown: it may have been executed.
//!
//! A create is looked up by the id that was generated for it, a removal by the absence of the entity, a change by the
//! values that it sets, and an attachment by its URL. Reads may lag behind writes: one look-up that finds the effect
//! proves that the write was executed, but only [`MAX_LOOKUPS`] look-ups that do not find it prove the opposite.

mod batcher;
mod compare;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Map, Value};

pub use self::batcher::{BatchSlot, WriteBatcher};
use self::compare::Applied;
pub use self::compare::Expected;
use super::retry::{Answer, PartError};
use super::{Client, RequestScope, RetryPolicy};
use crate::clock::Stopwatch;
use crate::linear::compose::{MOST_MUTATIONS, MOST_POINTS, Part};
use crate::linear::failure::{Failure, Refusal};

/// How many times a write is looked up before it counts as not executed: at once, and after each of the times in
/// [`RetryLimits::looks`].
///
/// [`RetryLimits::looks`]: super::RetryLimits::looks
pub const MAX_LOOKUPS: usize = 4;

/// After this many rejections in one submission, the writes of each owner get a document of their own, because each
/// further rejection would end the execution of a shared document again.
const MAX_SHARED_REJECTIONS: usize = 3;

/// A mutation to be executed, with the facts that the engine needs to find out whether the mutation was executed.
#[derive(Clone, Debug)]
pub struct Write {
    /// The mutation. Its document gives the entity in the payload the alias `entity`.
    pub mutation: Part,
    /// How to find out whether the mutation was executed; `None` when no query can tell.
    pub lookup: Option<Lookup>,
    /// The indices, in the same submission, of the writes that create the entities which this write refers to.
    pub depends_on: Vec<usize>,
    /// The number of the operation that the write belongs to, which is called the owner of the write. The writes of one
    /// owner are adjacent, and are executed in their order.
    pub owner: usize,
    /// Tells whether an entity has the form that the caller decodes.
    pub fits: fn(&Value) -> bool,
    /// Whether Linear is likely to reject this write because of its own content. A rejection is then final even when a
    /// dependency was in the same document.
    pub may_be_refused: bool,
    /// The place where the stage of the write is shown.
    pub watch: Watch,
}

/// How to find out whether a write was executed.
#[derive(Clone)]
pub struct Lookup {
    query: Part,
    proof: Proof,
    find: Option<Arc<Find>>,
}

/// A function that takes the entity out of the value of a root field.
type Find = dyn Fn(&Value) -> Option<Value> + Send + Sync;

/// The effect by which a look-up proves that a write was executed.
#[derive(Clone, Debug)]
enum Proof {
    /// An entity with this id exists; the id was generated for the write.
    Exists { id: String },
    /// The issue has an attachment with the URL of the write.
    Attached {
        /// The title that the write sets.
        title: Option<String>,
        /// Whether a rejection may mean that the URL is attached already.
        may_be_there: bool,
    },
    /// The entity no longer exists.
    Gone,
    /// The entity has these values.
    Holds(Expected),
}

/// The final outcome of a write.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Linear executed the write.
    Done(Done),
    /// Linear did not execute the write.
    Rejected {
        /// The reason.
        failure: Failure,
        /// Whether an earlier attempt got no usable answer. The write was looked up then, and its effect was not found.
        was_in_doubt: bool,
    },
    /// Linear may have executed the write or not. Holds the failure of the first attempt without a usable answer.
    Unknown(Failure),
    /// The write was not sent, because a write that it depends on was not executed. The caller may submit it again.
    Withheld,
}

impl Outcome {
    /// Whether the write never left this machine: the time was over or the operation was cancelled before the write was
    /// sent, Linear could not be reached, or a write that it depends on was not executed.
    pub fn is_unsent(&self) -> bool {
        match self {
            Self::Withheld => true,
            Self::Rejected {
                failure,
                was_in_doubt: false,
            } => {
                matches!(failure, Failure::Cancelled | Failure::OutOfTime(_)) || failure.is_unsent()
            }
            Self::Rejected { .. } | Self::Done(_) | Self::Unknown(_) => false,
        }
    }
}

/// A write that was executed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Done {
    /// The entity after the write; `None` when it could not be read.
    pub entity: Option<Value>,
    /// Notes about what is missing from the entity: the fields that Linear could not return, with reasons, and how many
    /// characters of the answer were replaced.
    pub unread: Vec<String>,
}

/// The stage of a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// The write was not executed: it was not sent yet, or was rejected.
    #[default]
    NotDone,
    /// The write was sent, and it is not known whether it was executed.
    Sent,
    /// The write was executed.
    Done,
}

/// The current stage of one write, shared by all clones of the watch.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<AtomicU8>);

impl Watch {
    /// Returns the current stage.
    pub fn stage(&self) -> Stage {
        let number = self.0.load(Ordering::Relaxed);
        let stages = [Stage::NotDone, Stage::Sent, Stage::Done];
        let stage = stages.into_iter().find(|stage| *stage as u8 == number);
        stage.unwrap_or_default()
    }

    /// Sets the stage.
    fn set(&self, stage: Stage) {
        self.0.store(stage as u8, Ordering::Relaxed);
    }
}

impl Lookup {
    /// Returns the look-up of a create. `id` was generated for the entity, and `query` asks for the entity by this id.
    pub fn created(id: &str, query: Part) -> Self {
        Self::new(query, Proof::Exists { id: id.to_owned() })
    }

    /// Returns the look-up of an attachment. `query` asks for the issue's attachment with the URL, and `title` is the
    /// title that the write sets. `may_be_there` says whether a rejection may mean that the URL is attached already.
    pub fn attached(title: Option<String>, may_be_there: bool, query: Part) -> Self {
        let proof = Proof::Attached {
            title,
            may_be_there,
        };
        Self::new(query, proof)
    }

    /// Returns the look-up of a removal. `query` asks for the entity.
    pub fn removed(query: Part) -> Self {
        Self::new(query, Proof::Gone)
    }

    /// Returns the look-up of a change. `query` asks for the entity.
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

    /// Returns the same look-up with `find` as the function that takes the entity out of the root field's value. By
    /// default the entity is the first of `nodes`, or else the value itself.
    #[must_use]
    pub fn finding(self, find: impl Fn(&Value) -> Option<Value> + Send + Sync + 'static) -> Self {
        Self {
            find: Some(Arc::new(find)),
            ..self
        }
    }

    /// Whether the entity that was found, or its absence, shows the effect of the mutation. When Linear has rejected an
    /// attachment because its URL is attached already, the existing attachment may have any title.
    fn applied(&self, found: Option<&Value>, mutation: &Part, was_rejected: bool) -> Applied {
        match &self.proof {
            Proof::Exists { .. } => found.is_some().into(),
            Proof::Gone => found.is_none().into(),
            Proof::Attached { title, .. } => {
                let has_title = |attachment: &Value| {
                    let found_title = attachment.get("title").and_then(Value::as_str);
                    was_rejected || title.is_none() || title.as_deref() == found_title
                };
                found.is_some_and(has_title).into()
            }
            Proof::Holds(expected) => found.map_or(Applied::Unsure, |entity| {
                expected.applied_to(entity, mutation.variables())
            }),
        }
    }

    /// Returns the entity from the answer to the query, if the entity exists.
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

/// Whether a mutation sees an entity that an earlier mutation of the same document creates. Linear does not document
/// this (`linear/api.md` §2), so the engine assumes that a mutation does see such an entity until the opposite is
/// observed.
#[derive(Debug, Default)]
pub(super) struct Visibility {
    /// Set when Linear rejected a write that references an entity created earlier in the same document, and accepted
    /// the write in a later document. From then on, each dependent write is sent in a later document than its
    /// dependencies.
    is_missing: AtomicBool,
}

impl Client {
    /// Executes the writes in as few documents as their number and cost allow, and returns their outcomes in the order
    /// of `writes`. When a write was not executed and another write of its owner depends on it, the remaining writes of
    /// this owner are withheld; the writes of other owners go on.
    ///
    /// After a cancellation, or when the scope's time is over, no further document is sent. Even after a cancellation,
    /// writes that may have been executed are looked up for as long as there is time.
    pub async fn submit(&self, writes: Vec<Write>, scope: &RequestScope) -> Vec<Outcome> {
        let mut submission = Submission {
            client: self,
            scope,
            writes: writes.into_iter().map(TrackedWrite::new).collect(),
            rejections: 0,
            grouping: Grouping::All,
            pause: None,
            end: None,
        };
        submission.run().await;
        let writes = submission.writes.into_iter();
        writes.map(TrackedWrite::into_outcome).collect()
    }
}

/// The writes of one call of [`Client::submit`], while they are being executed.
struct Submission<'c> {
    client: &'c Client,
    scope: &'c RequestScope,
    writes: Vec<TrackedWrite>,
    /// How many writes Linear has rejected.
    rejections: usize,
    grouping: Grouping,
    /// How long to wait before the next document is sent.
    pause: Option<Duration>,
    /// The failure after which nothing more can be sent.
    end: Option<Failure>,
}

/// Which writes share a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Grouping {
    /// The writes of all owners, as many as one document takes.
    All,
    /// The writes of one owner.
    Owner,
    /// Each write has a document of its own, because Linear rejected a document without naming the write.
    Single,
}

/// A write with its state and history.
struct TrackedWrite {
    write: Write,
    state: State,
    /// How many attempts got no usable answer or met a transient failure.
    failed_attempts: usize,
    /// The failure of the first attempt that may have executed the write. A later rejection says nothing about that
    /// attempt, so the write is then looked up before the rejection is reported.
    first_ambiguous_failure: Option<Failure>,
    /// The first rejection of the write when it was sent in the same document as one of its dependencies. Linear may
    /// have rejected the write only because it does not see entities created earlier in the same document, so the write
    /// is sent once more, in a document after its dependency.
    rejected_with_dependency: Option<Failure>,
    /// The fields that Linear could not return, with reasons.
    unread: Vec<String>,
}

/// The state of a write. The diagram at the top of this file shows the transitions.
enum State {
    Pending,
    InDoubt {
        since: Stopwatch,
        evidence: Evidence,
        /// Linear's rejection of the write, if there was one. It becomes the outcome unless a look-up finds the write
        /// executed.
        rejection: Option<Failure>,
    },
    Done(Done),
    Rejected(Failure),
    Unknown(Failure),
    Withheld,
}

/// The evidence that a write in doubt was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evidence {
    /// There is no evidence.
    None,
    /// The write stood in front of a write that Linear rejected. By GraphQL's rules the write in front was executed,
    /// but whether Linear keeps these rules has not been observed.
    BeforeRejected,
    /// Linear has said that the write was executed. The write is looked up only to read its entity.
    Confirmed,
}

/// The result of looking a write up once.
enum LookupResult {
    /// The query was answered, with the entity if it exists.
    Found(Option<Value>),
    /// Linear rejected the query, because the entity does not exist.
    NotFound,
    /// The query was not answered, or there is no query for this write.
    Failed,
}

impl TrackedWrite {
    fn new(write: Write) -> Self {
        Self {
            write,
            state: State::Pending,
            failed_attempts: 0,
            first_ambiguous_failure: None,
            rejected_with_dependency: None,
            unread: Vec::new(),
        }
    }

    fn is_pending(&self) -> bool {
        matches!(self.state, State::Pending)
    }

    /// Whether one of the texts of an error contains the id that was generated for the write. The error then says that
    /// the entity exists already.
    fn is_named_in<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> bool {
        let proof = self.write.lookup.as_ref().map(|lookup| &lookup.proof);
        let Some(Proof::Exists { id }) = proof else {
            return false;
        };
        let id = id.to_ascii_lowercase();
        let mut texts = texts.into_iter();
        texts.any(|text| text.to_ascii_lowercase().contains(&id))
    }

    /// Puts the write in doubt after a failure that leaves open whether the write was executed, so that it is looked
    /// up.
    fn put_in_doubt(&mut self, failure: &Failure, evidence: Evidence) {
        self.first_ambiguous_failure
            .get_or_insert_with(|| into_ambiguous(failure));
        self.state = State::InDoubt {
            since: Stopwatch::start(),
            evidence,
            rejection: None,
        };
    }

    /// Returns the state of a write whose look-ups could not determine whether it was executed.
    fn unknown(&self) -> State {
        let lost = || Failure::Interrupted("the answer was lost".to_owned());
        State::Unknown(self.first_ambiguous_failure.clone().unwrap_or_else(lost))
    }

    /// Returns the state of a write that was executed, with its entity if that can be read.
    fn done(&self, entity: Option<Value>) -> State {
        State::Done(Done {
            entity: entity.filter(|entity| (self.write.fits)(entity)),
            unread: self.unread.clone(),
        })
    }

    fn into_outcome(self) -> Outcome {
        match (self.state, self.first_ambiguous_failure) {
            (State::Done(done), _) => Outcome::Done(done),
            (State::Rejected(failure), ambiguous) => Outcome::Rejected {
                failure,
                was_in_doubt: ambiguous.is_some(),
            },
            (State::Unknown(failure), _) => Outcome::Unknown(failure),
            (State::Withheld | State::Pending | State::InDoubt { .. }, Some(ambiguous)) => {
                Outcome::Unknown(ambiguous)
            }
            (State::Withheld | State::Pending | State::InDoubt { .. }, None) => Outcome::Withheld,
        }
    }

    /// Moves a write in doubt to the state that follows from a look-up, or leaves it in doubt for the next look-up.
    /// `is_last` says that no other look-up follows. The write may be sent again while it has fewer than
    /// `max_attempts` failed attempts.
    fn apply_lookup(&mut self, result: LookupResult, is_last: bool, max_attempts: usize) {
        let State::InDoubt {
            evidence,
            rejection,
            ..
        } = &self.state
        else {
            return;
        };
        let (evidence, rejection) = (*evidence, rejection.clone());
        let (found, lookup) = match (result, &self.write.lookup) {
            (LookupResult::Found(found), Some(lookup)) => (found, lookup),
            (LookupResult::NotFound, Some(lookup)) => (None, lookup),
            (LookupResult::Failed, _) | (_, None) => {
                self.state = match evidence {
                    Evidence::Confirmed => self.done(None),
                    Evidence::None | Evidence::BeforeRejected => match rejection {
                        // The write itself was rejected, but an equal entity may exist.
                        Some(rejection) if self.first_ambiguous_failure.is_none() => {
                            State::Unknown(into_ambiguous(&rejection))
                        }
                        _ => self.unknown(),
                    },
                };
                return;
            }
        };
        let applied = lookup.applied(found.as_ref(), &self.write.mutation, rejection.is_some());
        // Executing a removal or a change twice has the same effect as executing it once. One look-up that does not
        // find the effect is therefore enough to send the write again, unless there is evidence that the write was
        // executed.
        let is_repeatable = matches!(lookup.proof, Proof::Gone | Proof::Holds(_));
        let can_be_sent = self.failed_attempts < max_attempts;
        let next_state = match (applied, evidence, rejection) {
            (Applied::Yes, ..) => Some(self.done(found)),
            (Applied::Unsure, Evidence::BeforeRejected, None) => Some(self.done(found)),
            (_, Evidence::None, None) if is_repeatable && can_be_sent => Some(State::Pending),
            (_, Evidence::None, None) if is_repeatable => Some(self.unknown()),
            _ if !is_last => None,
            (applied, Evidence::Confirmed, _) => {
                let is_current = applied != Applied::No && is_repeatable;
                Some(self.done(found.filter(|_| is_current)))
            }
            (Applied::Unsure, _, Some(_)) => Some(self.unknown()),
            (Applied::No, _, Some(rejection)) => Some(State::Rejected(rejection)),
            (_, _, None) if can_be_sent => Some(State::Pending),
            (_, _, None) => Some(self.unknown()),
        };
        if let Some(next_state) = next_state {
            self.state = next_state;
        }
    }
}

impl Submission<'_> {
    /// Sends documents and looks up writes until no write is pending or in doubt, or nothing more can be sent.
    async fn run(&mut self) {
        loop {
            self.look_up_in_doubt().await;
            self.withhold_dependents();
            self.update_watches();
            if let Err(failure) = self.scope.check() {
                self.end.get_or_insert(failure);
            }
            if let Some(end) = &self.end {
                for tracked in &mut self.writes {
                    if tracked.is_pending() {
                        tracked.state = match &tracked.first_ambiguous_failure {
                            Some(_) => tracked.unknown(),
                            None => State::Rejected(end.clone()),
                        };
                    }
                }
                self.update_watches();
                return;
            }
            let document = self.next_document();
            if document.is_empty() {
                return;
            }
            if let Some(pause) = self.pause.take() {
                self.scope.pause(pause).await;
            }
            let writes = document.iter().filter_map(|index| self.writes.get(*index));
            let mutations = writes.map(|tracked| {
                tracked.write.watch.set(Stage::Sent);
                tracked.write.mutation.clone()
            });
            let parts: Vec<Part> = mutations.collect();
            let answer = self.client.write(&parts, self.scope).await;
            self.record_answer(&document, answer);
        }
    }

    /// Shows the stage of each write in its [`Watch`].
    fn update_watches(&self) {
        for tracked in &self.writes {
            let is_ambiguous = tracked.first_ambiguous_failure.is_some();
            tracked.write.watch.set(match tracked.state {
                State::Done(_) => Stage::Done,
                State::Rejected(_) => Stage::NotDone,
                State::Pending | State::Withheld if !is_ambiguous => Stage::NotDone,
                // An earlier attempt may have executed the write.
                State::Pending | State::Withheld | State::InDoubt { .. } | State::Unknown(_) => {
                    Stage::Sent
                }
            });
        }
    }

    /// Withholds every pending write that depends on a write that was not executed, and all other pending writes of the
    /// same owner, so that the caller can replace or drop some of them before it submits the rest again.
    fn withhold_dependents(&mut self) {
        let has_failed = |tracked: &TrackedWrite| {
            matches!(
                tracked.state,
                State::Rejected(_) | State::Unknown(_) | State::Withheld
            )
        };
        let mut owners: HashSet<usize> = HashSet::new();
        for tracked in self.writes.iter().filter(|tracked| tracked.is_pending()) {
            let mut dependencies = tracked.write.depends_on.iter();
            if dependencies.any(|index| self.writes.get(*index).is_some_and(has_failed)) {
                owners.insert(tracked.write.owner);
            }
        }
        for tracked in &mut self.writes {
            if tracked.is_pending() && owners.contains(&tracked.write.owner) {
                tracked.state = match tracked.rejected_with_dependency.take() {
                    Some(rejection) => State::Rejected(rejection),
                    None => State::Withheld,
                };
            }
        }
    }

    /// Returns the indices of the writes that form the next document.
    fn next_document(&self) -> Vec<usize> {
        if self.grouping == Grouping::All {
            return self.document_of(None);
        }
        let pending = self.writes.iter().filter(|tracked| tracked.is_pending());
        let mut owners: Vec<usize> = pending.map(|tracked| tracked.write.owner).collect();
        // The writes of one owner are adjacent.
        owners.dedup();
        let mut documents = owners.iter().map(|owner| self.document_of(Some(*owner)));
        documents
            .find(|document| !document.is_empty())
            .unwrap_or_default()
    }

    /// Returns the indices of as many pending writes as one document takes, either of `only_owner` or of all owners. A
    /// write is not ready while a dependency is neither done nor allowed in front of the write in the same document;
    /// the owner's later writes then wait, too.
    fn document_of(&self, only_owner: Option<usize>) -> Vec<usize> {
        let max_mutations = match self.grouping {
            Grouping::Single => 1,
            Grouping::All | Grouping::Owner => MOST_MUTATIONS,
        };
        let is_visible = !self.client.visibility.is_missing.load(Ordering::Relaxed);
        let (mut document, mut waiting_owners) = (Vec::new(), HashSet::new());
        let mut points = 0;
        for (index, tracked) in self.writes.iter().enumerate() {
            let owner = tracked.write.owner;
            let is_wanted = only_owner.is_none_or(|only_owner| only_owner == owner);
            if !tracked.is_pending() || !is_wanted || waiting_owners.contains(&owner) {
                continue;
            }
            if document.len() >= max_mutations {
                break;
            }
            let can_share = tracked.rejected_with_dependency.is_none() && is_visible;
            let is_ready = tracked.write.depends_on.iter().all(|dependency| {
                let is_done = |tracked: &TrackedWrite| matches!(tracked.state, State::Done(_));
                self.writes.get(*dependency).is_none_or(is_done)
                    || (can_share && document.contains(dependency))
            });
            if !is_ready {
                waiting_owners.insert(owner);
                continue;
            }
            points += tracked.write.mutation.complexity();
            if !document.is_empty() && points > MOST_POINTS {
                break;
            }
            document.push(index);
        }
        document
    }

    /// Moves the writes of a document to the states that follow from the answer to it.
    fn record_answer(&mut self, document: &[usize], answer: Result<Answer, Failure>) {
        match answer {
            Ok(answer) => {
                let replaced = answer.replacement_note();
                let first = document
                    .first()
                    .and_then(|index| self.writes.get_mut(*index));
                if let Some(tracked) = first {
                    tracked.unread.extend(replaced);
                }
                match answer.data {
                    Some(data) => self.record_data(document, data, &answer.errors),
                    None => self.record_voided_data(document, &answer.errors),
                }
            }
            Err(failure) if failure.is_ambiguous() => {
                self.put_document_in_doubt(document, &failure);
            }
            Err(failure) if failure.is_refused() => match document {
                [index] => self.record_rejection(document, *index, failure, &[]),
                // Linear rejected the document before it executed any write, and did not name the write.
                _ => self.grouping = Grouping::Single,
            },
            // Nothing was executed, and any further document would fail in the same way.
            Err(failure) => self.end = Some(failure),
        }
    }

    /// Puts all writes of a document in doubt after a failure that leaves open whether each of them was executed.
    fn put_document_in_doubt(&mut self, document: &[usize], failure: &Failure) {
        for index in document {
            if let Some(tracked) = self.writes.get_mut(*index) {
                // After a second failure of the same writes, smaller documents are sent.
                if tracked.failed_attempts > 0 {
                    self.grouping = self.grouping.max(Grouping::Owner);
                }
                tracked.failed_attempts += 1;
                tracked.put_in_doubt(failure, Evidence::None);
            }
        }
    }

    /// Records an answer with `data`: each write has a payload, or an error at its root field.
    fn record_data(
        &mut self,
        document: &[usize],
        data: Vec<Map<String, Value>>,
        errors: &[PartError],
    ) {
        for (slot, (index, roots)) in document.iter().zip(data).enumerate() {
            let write_errors = || errors.iter().filter(|error| error.slot == Some(slot));
            // An error that names no part is noted once, at the first write.
            let general_errors = errors
                .iter()
                .filter(|error| error.slot.is_none() && slot == 0);
            let unread = write_errors().filter_map(PartError::unread_field);
            let unread = unread.chain(general_errors.map(|error| error.failure.to_string()));
            if let Some(tracked) = self.writes.get_mut(*index) {
                tracked.unread.extend(unread);
            }
            match write_errors().find(|error| error.is_at_root()) {
                Some(error) => {
                    self.record_rejection(document, *index, error.failure.clone(), &error.texts);
                }
                None => self.record_payload(document, *index, roots),
            }
        }
    }

    /// Records the payload of one write.
    fn record_payload(&mut self, document: &[usize], index: usize, roots: Map<String, Value>) {
        let Some(tracked) = self.writes.get_mut(index) else {
            return;
        };
        let root = roots.into_iter().next().map(|(_, root)| root);
        let mut payload = root.unwrap_or_default();
        let entity = payload.get_mut("entity").map(Value::take);
        match payload.get("success").and_then(Value::as_bool) {
            Some(true) => match entity.filter(|entity| (tracked.write.fits)(entity)) {
                Some(entity) => {
                    if tracked.rejected_with_dependency.is_some() {
                        let visibility = &self.client.visibility;
                        visibility.is_missing.store(true, Ordering::Relaxed);
                    }
                    tracked.state = tracked.done(Some(entity));
                }
                None => {
                    let failure =
                        Failure::Malformed("the answer has no readable entity".to_owned());
                    tracked.put_in_doubt(&failure, Evidence::Confirmed);
                }
            },
            Some(false) => {
                let failure = Failure::Refused(Refusal {
                    reason: "Linear answered success: false and gave no reason".to_owned(),
                    ..Refusal::default()
                });
                self.record_rejection(document, index, failure, &[]);
            }
            None => {
                let failure = Failure::Malformed("the answer has no payload".to_owned());
                self.put_document_in_doubt(&[index], &failure);
            }
        }
    }

    /// Records an answer without `data`. One error has voided `data` and has ended the execution. This is the error at
    /// a root field, or else the last error below a root field, because the errors of earlier writes were absorbed by
    /// nullable fields.
    fn record_voided_data(&mut self, document: &[usize], errors: &[PartError]) {
        let at_root = errors.iter().find(|error| error.is_at_root());
        let below_root = errors.iter().filter(|error| error.slot.is_some());
        let last_error = at_root.or(below_root.max_by_key(|error| error.slot));
        let Some((last_error, last_slot)) =
            last_error.and_then(|last_error| Some((last_error, last_error.slot?)))
        else {
            let no_data = || Failure::Malformed("the answer has no data".to_owned());
            let failure = errors.first().map(|error| error.failure.clone());
            let failure = failure.unwrap_or_else(no_data);
            let max_attempts = self.client.retry_limits.attempts;
            let is_last_attempt = |index: &usize| {
                let tracked = self.writes.get(*index);
                tracked.is_some_and(|tracked| tracked.failed_attempts + 1 >= max_attempts)
            };
            return match document {
                // Linear gives the same answer however often the write is sent.
                [index] if failure.is_declined() && is_last_attempt(index) => {
                    self.put_rejected_in_doubt(*index, failure);
                }
                _ => {
                    self.grouping = self.grouping.max(Grouping::Single);
                    self.put_document_in_doubt(document, &failure);
                }
            };
        };
        let later_rejection = Failure::Interrupted(format!(
            "another write of the same request was refused: {}",
            last_error.failure
        ));
        for (slot, index) in document.iter().enumerate() {
            let write_errors = || errors.iter().filter(|error| error.slot == Some(slot));
            let Some(tracked) = self.writes.get_mut(*index).filter(|_| slot <= last_slot) else {
                continue;
            };
            let unread = write_errors().filter_map(PartError::unread_field);
            tracked.unread.extend(unread);
            if slot == last_slot && last_error.is_at_root() {
                let failure = last_error.failure.clone();
                self.record_rejection(document, *index, failure, &last_error.texts);
            } else if write_errors().next().is_some() {
                tracked.put_in_doubt(&last_error.failure, Evidence::Confirmed);
            } else {
                tracked.put_in_doubt(&later_rejection, Evidence::BeforeRejected);
            }
        }
    }

    /// Records that Linear rejected a write with this failure and these texts. The write is sent again when the failure
    /// may pass or may come from a dependency in the same document, and the write is looked up when it may have been
    /// executed before. In all other cases the rejection is final.
    fn record_rejection(
        &mut self,
        document: &[usize],
        index: usize,
        failure: Failure,
        texts: &[String],
    ) {
        let max_attempts = self.client.retry_limits.attempts;
        let wait = self.rate_limit_wait(&failure);
        let Some(tracked) = self.writes.get_mut(index) else {
            return;
        };
        let reason = failure.to_string();
        let texts = texts.iter().map(String::as_str).chain([reason.as_str()]);
        if tracked.is_named_in(texts) {
            tracked.put_in_doubt(&failure, Evidence::Confirmed);
            return;
        }
        let write = &tracked.write;
        let is_refused = matches!(failure, Failure::Refused(_));
        let mut earlier = document.iter().take_while(|earlier| **earlier != index);
        let has_dependency = earlier.any(|earlier| write.depends_on.contains(earlier));
        let is_first = tracked.rejected_with_dependency.is_none() && !write.may_be_refused;
        if is_refused && has_dependency && is_first {
            tracked.rejected_with_dependency = Some(failure);
            return;
        }
        let may_pass = failure.is_ambiguous() || wait.is_some();
        if may_pass && tracked.failed_attempts + 1 < max_attempts {
            tracked.failed_attempts += 1;
            self.pause = self
                .pause
                .max(wait.or(Some(self.client.retry_limits.pause)));
            return;
        }
        let may_be_attached = write.lookup.as_ref().is_some_and(|lookup| {
            let proof = &lookup.proof;
            matches!(proof, Proof::Attached { may_be_there, .. } if *may_be_there)
        });
        if tracked.first_ambiguous_failure.is_some() || (is_refused && may_be_attached) {
            self.put_rejected_in_doubt(index, failure);
        } else {
            tracked.state = State::Rejected(into_definite(failure));
        }
        self.rejections += 1;
        if self.rejections >= MAX_SHARED_REJECTIONS {
            self.grouping = self.grouping.max(Grouping::Owner);
        }
    }

    /// Puts a rejected write in doubt, because an earlier attempt may have executed it or an equal entity may exist.
    fn put_rejected_in_doubt(&mut self, index: usize, failure: Failure) {
        if let Some(tracked) = self.writes.get_mut(index) {
            tracked.state = State::InDoubt {
                since: Stopwatch::start(),
                evidence: Evidence::None,
                rejection: Some(into_definite(failure)),
            };
        }
    }

    /// Returns how long to wait before a write that met a rate limit is sent again, or `None` when the failure is not a
    /// rate limit or the limit is not reset soon enough.
    fn rate_limit_wait(&self, failure: &Failure) -> Option<Duration> {
        let Failure::RateLimited(limit) = failure else {
            return None;
        };
        let wait = limit.wait()?;
        let max_wait = self.client.retry_limits.max_wait;
        let is_in_time = self.scope.left().is_none_or(|left| wait < left);
        (wait <= max_wait && is_in_time).then_some(wait)
    }

    /// Looks up the writes in doubt, at most [`MAX_LOOKUPS`] times, until no write is in doubt.
    async fn look_up_in_doubt(&mut self) {
        for number in 0..MAX_LOOKUPS {
            let in_doubt: Vec<(usize, Stopwatch)> = self
                .writes
                .iter()
                .enumerate()
                .filter_map(|(index, tracked)| match tracked.state {
                    State::InDoubt { since, .. } => Some((index, since)),
                    _ => None,
                })
                .collect();
            let Some(waited) = in_doubt.iter().map(|(_, since)| since.elapsed()).min() else {
                return;
            };
            let lookup_times = &self.client.retry_limits.looks;
            let lookup_time = number
                .checked_sub(1)
                .and_then(|place| lookup_times.get(place));
            if let Some(lookup_time) = lookup_time {
                self.scope.pause(lookup_time.saturating_sub(waited)).await;
            }
            let scope = self.scope.uncancellable();
            // Concurrent reads are sent as one document.
            let lookups = in_doubt
                .iter()
                .map(|(index, _)| self.look_up(*index, &scope));
            let results = join_all(lookups).await;
            for ((index, _), result) in in_doubt.iter().zip(results) {
                if let Some(tracked) = self.writes.get_mut(*index) {
                    let max_attempts = self.client.retry_limits.attempts;
                    tracked.apply_lookup(result, number + 1 == MAX_LOOKUPS, max_attempts);
                }
            }
        }
    }

    /// Looks up one write once.
    async fn look_up(&self, index: usize, scope: &RequestScope) -> LookupResult {
        let tracked = self.writes.get(index);
        let Some(lookup) = tracked.and_then(|tracked| tracked.write.lookup.as_ref()) else {
            return LookupResult::Failed;
        };
        let query = std::slice::from_ref(&lookup.query);
        match self
            .client
            .send(query, RetryPolicy::Idempotent, scope)
            .await
        {
            Ok(mut answers) => LookupResult::Found(lookup.entity(&answers.take_raw(0))),
            Err(failure) if failure.rejects(0) => LookupResult::NotFound,
            Err(_) => LookupResult::Failed,
        }
    }
}

/// Returns the failure that reports an attempt which may have executed the write: the failure itself where it is
/// ambiguous, else [`Failure::Interrupted`] with the same reason.
fn into_ambiguous(failure: &Failure) -> Failure {
    if failure.is_ambiguous() {
        failure.clone()
    } else {
        Failure::Interrupted(failure.to_string())
    }
}

/// Returns the failure that reports a write which was not executed. An internal error in Linear at the root field of a
/// write arrives as [`Failure::Interrupted`]; here it is Linear's reason to refuse the write.
fn into_definite(failure: Failure) -> Failure {
    match failure {
        Failure::Interrupted(reason) => Failure::Refused(Refusal {
            reason,
            ..Refusal::default()
        }),
        other => other,
    }
}

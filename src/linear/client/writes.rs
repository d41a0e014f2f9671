//! The write engine: it sends mutations, and finds out what became of each.
//!
//! Linear runs the mutations of one document one after the other. Every root field is non-null, so one that fails voids
//! `data` and ends the execution: those in front of it were executed, those behind it were not (`linear/api.md` §2, §4).
//! An answer may also be lost, or not be readable. The engine judges all of that, and nothing else does:
//!
//! ```text
//!                    answered with its entity
//!    Pending ──────────────────────────────────────────────▶ Done
//!      ▲ │ │                                                  ▲
//!      │ │ │  no usable answer; executed, but not readable;   │ found as it should be, or executed by Linear's word
//!      │ │ └────────────────────────────────────────────▶ InDoubt ──▶ Unknown    no look is answered, or it has been
//!      │ │    in front of a write that is refused          │  │                  sent as often as may be
//!      │ │                                                 │  └─────▶ Rejected   not found, and refused
//!      │ └──▶ Rejected   refused, and never in doubt       │
//!      │ └──▶ Withheld   a write that it needs was not     │
//!      │                 executed                          │
//!      └───────────────────────────────────────────────────┘
//!             not found: it is sent again, a create under the same id
//! ```
//!
//! All of it takes place in the time of the operation that writes (its [`RequestScope`]'s deadline). A sending gets at most two
//! thirds of what is left of it, so that there is time to look up what no answer came for; the last look gets what is
//! left. When the time is over, a write that was never sent is Rejected as [`Failure::OutOfTime`], and one in doubt is
//! Unknown: it may have been executed.
//!
//! A create is looked up by the id that was made for it, a removal by the absence of the thing, a change by the values
//! that it sets, and an attachment by its URL. Reads may lag behind writes, so that one look proves presence, and only
//! [`LOOKS`] of them prove absence.

mod batcher;
mod compare;
mod watch;

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use serde_json::{Map, Value};

pub use self::batcher::{BatchSlot, WriteBatcher};
pub use self::compare::Expected;
use self::compare::Held;
pub use self::watch::{Stage, Watch};
use super::retry::{Answer, PartError};
use super::{Client, RequestScope, RetryPolicy};
use crate::clock::Stopwatch;
use crate::linear::compose::{MOST_MUTATIONS, MOST_POINTS, Part};
use crate::linear::failure::{Failure, Refusal};

/// How many times a write is looked up before it is called absent: at once, and after each of [`RetryLimits::looks`].
///
/// [`RetryLimits::looks`]: super::RetryLimits::looks
pub const LOOKS: usize = 4;

/// How many refusals of one submission make the engine send the writes of each owner in a document of their own: more
/// of them would each end a document again.
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
    /// Whether Linear may refuse this write for its own content, so that a refusal is final even when a dependency was
    /// in the same document.
    pub may_be_refused: bool,
    /// Where others follow it.
    pub watch: Watch,
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

impl Outcome {
    /// Whether the write never left this machine: its time was over or it was cancelled before, Linear could not be
    /// reached, or a write that it needs was not executed.
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
    /// The entity as it is now; `None` where it could not be read.
    pub entity: Option<Value>,
    /// The fields below it that Linear could not answer, and why, and that characters in the answer were broken.
    pub unread: Vec<String>,
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

    /// Whether what was found is what the mutation was to do. After a refusal that may mean that the thing is there
    /// already, it keeps its own title.
    fn held(&self, found: Option<&Value>, mutation: &Part, refused: bool) -> Held {
        match &self.proof {
            Proof::Exists { .. } => found.is_some().into(),
            Proof::Gone => found.is_none().into(),
            Proof::Attached { title, .. } => {
                let has_title = |attachment: &Value| {
                    let own = attachment.get("title").and_then(Value::as_str);
                    refused || title.is_none() || title.as_deref() == own
                };
                found.is_some_and(has_title).into()
            }
            Proof::Holds(expected) => found.map_or(Held::Unsure, |entity| {
                expected.held_by(entity, mutation.variables())
            }),
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
    missing: AtomicBool,
}

impl Visibility {
    fn is_given(&self) -> bool {
        !self.missing.load(Ordering::Relaxed)
    }

    /// Notes that a write, refused in one document with its dependency, was accepted in a document after it.
    fn set_missing(&self) {
        self.missing.store(true, Ordering::Relaxed);
    }
}

impl Client {
    /// Sends the writes in as few documents as their number and cost allow, until it is known of each what became of
    /// it, and returns the outcomes in the order of `writes`. After a write that was not executed, the rest of its
    /// owner's is withheld if one of them needs it; the other owners' go on.
    ///
    /// A cancellation stops every sending that has not begun, and so does the end of the scope's time. What may have been
    /// executed is looked up after a cancellation all the same, for as long as there is time.
    pub async fn submit(&self, writes: Vec<Write>, scope: &RequestScope) -> Vec<Outcome> {
        let mut submission = Submission {
            client: self,
            scope,
            writes: writes.into_iter().map(Tracked::new).collect(),
            refusals: 0,
            grouping: Grouping::All,
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
    scope: &'c RequestScope,
    writes: Vec<Tracked>,
    /// How many writes Linear has refused.
    refusals: usize,
    grouping: Grouping,
    /// How long to wait before the next sending.
    pause: Option<Duration>,
    /// Why nothing more can be sent.
    end: Option<Failure>,
}

/// Which writes share a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Grouping {
    /// As many as one takes.
    All,
    /// Those of one owner.
    Owner,
    /// None: Linear refused a document and did not say which of its writes.
    Single,
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
    /// The refusal of a first sending that shared a document with one of its dependencies. The write is then sent once
    /// more, after the dependency, because Linear may not have seen it.
    refused_with_dependency: Option<Failure>,
    /// What Linear could not answer of it.
    unread: Vec<String>,
}

enum State {
    Pending,
    InDoubt {
        since: Stopwatch,
        evidence: Evidence,
        /// What Linear refused it with, if it did: that is the outcome unless the look finds it done.
        refusal: Option<Failure>,
    },
    Done(Done),
    Rejected(Failure),
    Unknown(Failure),
    Withheld,
}

/// What speaks for it that a write in doubt was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evidence {
    /// Nothing.
    None,
    /// It stood in front of a write that Linear refused, and so was executed by GraphQL's rules, which nobody has seen
    /// Linear break or keep.
    InFront,
    /// Linear has said so. The look is for its entity alone.
    Stated,
}

/// What a look brought.
enum Look {
    /// The entity, if it is there.
    Found(Option<Value>),
    /// Linear knows no such thing as was asked about.
    Refused,
    /// No answer.
    Failed,
}

impl Tracked {
    fn new(write: Write) -> Self {
        Self {
            write,
            state: State::Pending,
            failures: 0,
            lost: None,
            refused_with_dependency: None,
            unread: Vec::new(),
        }
    }

    fn is_pending(&self) -> bool {
        matches!(self.state, State::Pending)
    }

    fn is_done(&self) -> bool {
        matches!(self.state, State::Done(_))
    }

    /// Whether a text names the id that was made for the write: Linear has that thing already.
    fn is_named_in<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> bool {
        let proof = self.write.lookup.as_ref().map(|lookup| &lookup.proof);
        let Some(Proof::Exists { id }) = proof else {
            return false;
        };
        let id = id.to_ascii_lowercase();
        let mut texts = texts.into_iter();
        texts.any(|text| text.to_ascii_lowercase().contains(&id))
    }

    /// Notes that the write may have been executed, or was, so that it is looked up.
    fn invalidate_in_flight(&mut self, failure: &Failure, evidence: Evidence) {
        self.lost.get_or_insert_with(|| ambiguous(failure));
        self.state = State::InDoubt {
            since: Stopwatch::start(),
            evidence,
            refusal: None,
        };
    }

    /// The failure to tell where it is not known whether the write was executed.
    fn unknown(&self) -> State {
        let none = || Failure::Interrupted("the answer was lost".to_owned());
        State::Unknown(self.lost.clone().unwrap_or_else(none))
    }

    /// The write was executed, and its entity is now as it was found.
    fn done(&self, found: Option<Value>) -> State {
        State::Done(Done {
            entity: found.filter(|entity| (self.write.fits)(entity)),
            unread: self.unread.clone(),
        })
    }

    fn into_outcome(self) -> Outcome {
        match (self.state, self.lost) {
            (State::Done(done), _) => Outcome::Done(done),
            (State::Rejected(failure), lost) => Outcome::Rejected {
                failure,
                was_in_doubt: lost.is_some(),
            },
            (State::Unknown(failure), _) => Outcome::Unknown(failure),
            (State::Withheld | State::Pending | State::InDoubt { .. }, Some(lost)) => {
                Outcome::Unknown(lost)
            }
            (State::Withheld | State::Pending | State::InDoubt { .. }, None) => Outcome::Withheld,
        }
    }
}

impl Submission<'_> {
    async fn run(&mut self) {
        loop {
            self.lookup_only().await;
            self.withhold();
            self.show();
            if let Err(failure) = self.scope.check() {
                self.end.get_or_insert(failure);
            }
            if let Some(end) = self.end.clone() {
                self.give_up(&end);
                self.show();
                return;
            }
            let document = self.next_document();
            if document.is_empty() {
                return;
            }
            if let Some(pause) = self.pause.take() {
                self.scope.pause(pause).await;
            }
            let of = |index: &usize| self.writes.get(*index);
            let tracked = document.iter().filter_map(of);
            let sent = tracked.map(|of| {
                of.write.watch.set(Stage::Sent);
                of.write.mutation.clone()
            });
            let parts: Vec<Part> = sent.collect();
            let answer = self.client.write(&parts, self.scope).await;
            self.judge(&document, answer);
        }
    }

    /// Shows those who follow the writes how far each has come.
    fn show(&self) {
        for tracked in &self.writes {
            tracked.write.watch.set(match tracked.state {
                State::Done(_) => Stage::Done,
                State::Rejected(_) => Stage::NotDone,
                State::Pending | State::Withheld if tracked.lost.is_none() => Stage::NotDone,
                // What was lost once counts as open until it is settled.
                State::Pending | State::Withheld | State::InDoubt { .. } | State::Unknown(_) => {
                    Stage::Sent
                }
            });
        }
    }

    /// Withholds every pending write whose dependency was not executed, and all other pending writes of its owner, so
    /// that the caller can replace or drop some before submitting again.
    fn withhold(&mut self) {
        let failed = |tracked: &Tracked| {
            matches!(
                tracked.state,
                State::Rejected(_) | State::Unknown(_) | State::Withheld
            )
        };
        let mut owners: HashSet<usize> = HashSet::new();
        for tracked in self.writes.iter().filter(|tracked| tracked.is_pending()) {
            let mut needed = tracked.write.depends_on.iter();
            if needed.any(|index| self.writes.get(*index).is_some_and(failed)) {
                owners.insert(tracked.write.owner);
            }
        }
        for tracked in &mut self.writes {
            if tracked.is_pending() && owners.contains(&tracked.write.owner) {
                tracked.state = match tracked.refused_with_dependency.take() {
                    Some(refusal) => State::Rejected(refusal),
                    None => State::Withheld,
                };
            }
        }
    }

    /// The indices of the writes that go out next.
    fn next_document(&self) -> Vec<usize> {
        if self.grouping == Grouping::All {
            return self.document(None);
        }
        let pending = self.writes.iter().filter(|tracked| tracked.is_pending());
        let mut owners: Vec<usize> = pending.map(|tracked| tracked.write.owner).collect();
        // Those of one owner stand together.
        owners.dedup();
        let mut documents = owners.iter().map(|owner| self.document(Some(*owner)));
        documents
            .find(|document| !document.is_empty())
            .unwrap_or_default()
    }

    /// As many pending writes of that owner, or of all, as one document takes. One whose dependency is not done yet, and cannot
    /// go in front of it in the same document, waits, and what its owner has behind it waits with it.
    fn document(&self, of: Option<usize>) -> Vec<usize> {
        let most = match self.grouping {
            Grouping::Single => 1,
            Grouping::All | Grouping::Owner => MOST_MUTATIONS,
        };
        let (mut document, mut waiting) = (Vec::new(), HashSet::new());
        let mut points = 0;
        for (index, tracked) in self.writes.iter().enumerate() {
            let owner = tracked.write.owner;
            let is_meant = of.is_none_or(|of| of == owner);
            if !tracked.is_pending() || !is_meant || waiting.contains(&owner) {
                continue;
            }
            if document.len() >= most {
                break;
            }
            let shares =
                tracked.refused_with_dependency.is_none() && self.client.visibility.is_given();
            let ready = tracked.write.depends_on.iter().all(|needed| {
                let done = self.writes.get(*needed).is_none_or(Tracked::is_done);
                done || (shares && document.contains(needed))
            });
            if !ready {
                waiting.insert(owner);
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

    /// Takes in what came of a document.
    fn judge(&mut self, document: &[usize], answer: Result<Answer, Failure>) {
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
                    Some(data) => self.judge_data(document, data, &answer.errors),
                    None => self.judge_void(document, &answer.errors),
                }
            }
            Err(failure) if failure.is_ambiguous() => self.lose(document, &failure),
            Err(failure) if failure.is_refused() => match document {
                [index] => self.refuse(document, *index, failure, &[]),
                // It was refused before anything of it was executed, and which of its writes is the reason is not said.
                _ => self.grouping = Grouping::Single,
            },
            // Nothing was executed, and nothing more would be.
            Err(failure) => self.end = Some(failure),
        }
    }

    /// Takes in that all of a document may have been executed.
    fn lose(&mut self, document: &[usize], failure: &Failure) {
        for index in document {
            if let Some(tracked) = self.writes.get_mut(*index) {
                // A document that is lost twice goes in pieces.
                if tracked.failures > 0 {
                    self.grouping = self.grouping.max(Grouping::Owner);
                }
                tracked.failures += 1;
                tracked.invalidate_in_flight(failure, Evidence::None);
            }
        }
    }

    fn judge_data(
        &mut self,
        document: &[usize],
        data: Vec<Map<String, Value>>,
        errors: &[PartError],
    ) {
        for (slot, (index, roots)) in document.iter().zip(data).enumerate() {
            let own = || errors.iter().filter(|error| error.slot == Some(slot));
            // What is said of no part in particular is told once.
            let general = errors
                .iter()
                .filter(|error| error.slot.is_none() && slot == 0);
            let unread = own().filter_map(PartError::unread);
            let unread = unread.chain(general.map(|error| error.failure.to_string()));
            if let Some(tracked) = self.writes.get_mut(*index) {
                tracked.unread.extend(unread);
            }
            match own().find(|error| error.is_at_root()) {
                Some(error) => self.refuse(document, *index, error.failure.clone(), &error.texts),
                None => self.judge_payload(document, *index, roots),
            }
        }
    }

    /// Takes in the payload of one write.
    fn judge_payload(&mut self, document: &[usize], index: usize, roots: Map<String, Value>) {
        let Some(tracked) = self.writes.get_mut(index) else {
            return;
        };
        let root = roots.into_iter().next().map(|(_, root)| root);
        let mut payload = root.unwrap_or_default();
        let entity = payload.get_mut("entity").map(Value::take);
        match payload.get("success").and_then(Value::as_bool) {
            Some(true) => match entity.filter(|entity| (tracked.write.fits)(entity)) {
                Some(entity) => {
                    if tracked.refused_with_dependency.is_some() {
                        self.client.visibility.set_missing();
                    }
                    tracked.state = tracked.done(Some(entity));
                }
                None => {
                    let failure =
                        Failure::Malformed("the answer has no readable entity".to_owned());
                    tracked.invalidate_in_flight(&failure, Evidence::Stated);
                }
            },
            Some(false) => self.refuse(document, index, unsuccessful(), &[]),
            None => {
                let failure = Failure::Malformed("the answer has no payload".to_owned());
                self.lose(&[index], &failure);
            }
        }
    }

    /// Takes in an answer without `data`: an error at a root, or one below it that voids it, has ended the execution at
    /// that write. Of several errors below roots, the last is the one; those in front were absorbed by a field that may
    /// be null.
    fn judge_void(&mut self, document: &[usize], errors: &[PartError]) {
        let at_root = errors.iter().find(|error| error.is_at_root());
        let below = errors.iter().filter(|error| error.slot.is_some());
        let end = at_root.or(below.max_by_key(|error| error.slot));
        let Some((end, ended_at)) = end.and_then(|end| Some((end, end.slot?))) else {
            let none = || Failure::Malformed("the answer has no data".to_owned());
            let failure = errors.first().map(|error| error.failure.clone());
            let failure = failure.unwrap_or_else(none);
            let most = self.client.retry_limits.attempts;
            let last = |index: &usize| {
                let tracked = self.writes.get(*index);
                tracked.is_some_and(|tracked| tracked.failures + 1 >= most)
            };
            return match document {
                // Whatever is sent is answered so.
                [index] if failure.is_declined() && last(index) => {
                    self.doubt_refusal(*index, failure);
                }
                _ => {
                    self.grouping = self.grouping.max(Grouping::Single);
                    self.lose(document, &failure);
                }
            };
        };
        let neighbour = Failure::Interrupted(format!(
            "another write of the same request was refused: {}",
            end.failure
        ));
        for (slot, index) in document.iter().enumerate() {
            let own = || errors.iter().filter(|error| error.slot == Some(slot));
            let Some(tracked) = self.writes.get_mut(*index).filter(|_| slot <= ended_at) else {
                continue;
            };
            tracked.unread.extend(own().filter_map(PartError::unread));
            if slot == ended_at && end.is_at_root() {
                self.refuse(document, *index, end.failure.clone(), &end.texts);
            } else if own().next().is_some() {
                tracked.invalidate_in_flight(&end.failure, Evidence::Stated);
            } else {
                tracked.invalidate_in_flight(&neighbour, Evidence::InFront);
            }
        }
    }

    /// Takes in that Linear refused a write, and with which texts.
    fn refuse(&mut self, document: &[usize], index: usize, failure: Failure, texts: &[String]) {
        let most = self.client.retry_limits.attempts;
        let wait = self.wait(&failure);
        let Some(tracked) = self.writes.get_mut(index) else {
            return;
        };
        let write = &tracked.write;
        let mut in_front = document.iter().take_while(|other| **other != index);
        let with_dependency = in_front.any(|other| write.depends_on.contains(other));
        let may_be_there = write.lookup.as_ref().is_some_and(Lookup::may_be_there);
        let refused = matches!(failure, Failure::Refused(_));
        let passes = failure.is_ambiguous() || wait.is_some();
        let reason = failure.to_string();
        let said = texts.iter().map(String::as_str).chain([reason.as_str()]);
        if tracked.is_named_in(said) {
            tracked.invalidate_in_flight(&failure, Evidence::Stated);
            return;
        }
        let is_first = tracked.refused_with_dependency.is_none() && !write.may_be_refused;
        if refused && with_dependency && is_first {
            tracked.refused_with_dependency = Some(failure);
            return;
        }
        if passes && tracked.failures + 1 < most {
            tracked.failures += 1;
            self.pause = self
                .pause
                .max(wait.or(Some(self.client.retry_limits.pause)));
            return;
        }
        if tracked.lost.is_some() || (refused && may_be_there) {
            self.doubt_refusal(index, failure);
        } else {
            tracked.state = State::Rejected(definite(failure));
        }
        self.refusals += 1;
        if self.refusals >= MOST_SHARED_REFUSALS {
            self.grouping = self.grouping.max(Grouping::Owner);
        }
    }

    /// Notes that a refused write may have been executed all the same.
    fn doubt_refusal(&mut self, index: usize, failure: Failure) {
        if let Some(tracked) = self.writes.get_mut(index) {
            tracked.state = State::InDoubt {
                since: Stopwatch::start(),
                evidence: Evidence::None,
                refusal: Some(definite(failure)),
            };
        }
    }

    /// How long to wait for a limit of one mutation that ends soon.
    fn wait(&self, failure: &Failure) -> Option<Duration> {
        let Failure::RateLimited(limit) = failure else {
            return None;
        };
        let wait = limit.wait()?;
        let most = self.client.retry_limits.max_wait;
        let is_in_time = self.scope.left().is_none_or(|left| wait < left);
        (wait <= most && is_in_time).then_some(wait)
    }

    /// Finds out what became of the writes in doubt.
    async fn lookup_only(&mut self) {
        for look in 0..LOOKS {
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
            let looks = &self.client.retry_limits.looks;
            if let Some(after) = look.checked_sub(1).and_then(|look| looks.get(look)) {
                self.scope.pause(after.saturating_sub(waited)).await;
            }
            let scope = self.scope.committed();
            // Those that wait at the same moment are sent as one document.
            let brought = join_all(in_doubt.iter().map(|(index, _)| self.look(*index, &scope)));
            let brought = brought.await;
            for ((index, _), brought) in in_doubt.iter().zip(brought) {
                if let Some(tracked) = self.writes.get_mut(*index) {
                    let most = self.client.retry_limits.attempts;
                    tracked.apply(brought, look + 1 == LOOKS, most);
                }
            }
        }
    }

    /// Looks one write up.
    async fn look(&self, index: usize, scope: &RequestScope) -> Look {
        let tracked = self.writes.get(index);
        let Some(lookup) = tracked.and_then(|of| of.write.lookup.as_ref()) else {
            return Look::Failed;
        };
        let query = std::slice::from_ref(&lookup.query);
        match self
            .client
            .send(query, RetryPolicy::Idempotent, scope)
            .await
        {
            Ok(mut answers) => Look::Found(lookup.entity(&answers.take_raw(0))),
            Err(failure) if failure.declines(0) => Look::Refused,
            Err(_) => Look::Failed,
        }
    }

    /// Ends the writes that are left when nothing more can be sent.
    fn give_up(&mut self, end: &Failure) {
        for tracked in &mut self.writes {
            if tracked.is_pending() {
                tracked.state = match &tracked.lost {
                    Some(_) => tracked.unknown(),
                    None => State::Rejected(end.clone()),
                };
            }
        }
    }
}

impl Tracked {
    /// Takes in what a look brought. `is_last` tells that no further look follows, and `most` how often the write may
    /// be sent without a usable answer.
    fn apply(&mut self, look: Look, is_last: bool, most: usize) {
        let State::InDoubt {
            evidence, refusal, ..
        } = &self.state
        else {
            return;
        };
        let (evidence, refusal) = (*evidence, refusal.clone());
        let (found, lookup) = match (look, &self.write.lookup) {
            (Look::Found(found), Some(lookup)) => (found, lookup),
            (Look::Refused, Some(lookup)) => (None, lookup),
            (Look::Failed, _) | (_, None) => {
                self.state = match evidence {
                    Evidence::Stated => self.done(None),
                    // Whether the thing is there already is not known.
                    Evidence::None | Evidence::InFront => match refusal {
                        Some(refusal) if self.lost.is_none() => State::Unknown(ambiguous(&refusal)),
                        _ => self.unknown(),
                    },
                };
                return;
            }
        };
        let held = lookup.held(found.as_ref(), &self.write.mutation, refusal.is_some());
        // Doing these twice is doing them once, so one look is enough unless something speaks for it.
        let repeatable = matches!(lookup.proof, Proof::Gone | Proof::Holds(_));
        let can_be_sent = self.failures < most;
        let next = match (held, evidence, refusal) {
            (Held::Yes, ..) => Some(self.done(found)),
            (Held::Unsure, Evidence::InFront, None) => Some(self.done(found)),
            (_, Evidence::None, None) if repeatable && can_be_sent => Some(State::Pending),
            (_, Evidence::None, None) if repeatable => Some(self.unknown()),
            _ if !is_last => None,
            (held, Evidence::Stated, _) => {
                Some(self.done(found.filter(|_| held != Held::No && repeatable)))
            }
            (Held::Unsure, _, Some(_)) => Some(self.unknown()),
            (Held::No, _, Some(refusal)) => Some(State::Rejected(refusal)),
            (_, _, None) if can_be_sent => Some(State::Pending),
            (_, _, None) => Some(self.unknown()),
        };
        if let Some(next) = next {
            self.state = next;
        }
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

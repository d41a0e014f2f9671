//! The writes of one operation: what is to be executed, in order, and what became of each. How that is found out is the
//! write engine's business ([`crate::linear::client::Client::submit`]).

use std::collections::HashMap;

use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::linear::client::{Done, Expected, Lookup, Outcome, Watch, Write, fitting};
use crate::linear::compose::Part;
use crate::linear::documents::{AttachmentCreate, Listing, Mutation};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::session::Context;

/// The writes of one operation, in the order in which they are to be executed. Each is known by its place.
#[derive(Debug, Default)]
pub(super) struct WriteSet {
    entries: Vec<Entry>,
    /// The failure after which nothing more is sent: of a write that is unknown, or was not refused for what is in it.
    end: Option<Failure>,
    /// In front of this place no refused write is left that the caller has not been told of.
    told: usize,
}

#[derive(Debug)]
struct Entry {
    write: Write,
    state: State,
}

#[derive(Debug)]
enum State {
    /// To be submitted.
    Waiting,
    Done(Done),
    /// Refused; the caller has not been told yet.
    Refused(Failure),
    /// Refused, or not to be executed.
    LeftOut,
    /// It may have been executed, or not.
    Unknown(Failure),
}

/// A write that Linear refused: its place, and what Linear said.
type Refused = (usize, Failure);

impl WriteSet {
    /// Adds the create of a thing under that new id. Returns its place.
    pub(super) fn create<M, L>(&mut self, mutation: Part, id: &str) -> usize
    where
        M: Mutation,
        L: Listing<Node = M::Made>,
    {
        self.add::<M>(mutation, Some(created::<L>(id)), Vec::new())
    }

    /// As [`Self::create`], for a thing that refers to what the writes in front of it create.
    pub(super) fn create_after<M, L>(&mut self, mutation: Part, id: &str) -> usize
    where
        M: Mutation,
        L: Listing<Node = M::Made>,
    {
        let all = (0..self.entries.len()).collect();
        self.add::<M>(mutation, Some(created::<L>(id)), all)
    }

    /// Adds a change that refers to what the writes in front of it create, and is looked up in this way; without a way,
    /// the caller finds out itself what became of it. Returns its place.
    pub(super) fn change_after<M>(&mut self, mutation: Part, lookup: Option<Lookup>) -> usize
    where
        M: Mutation,
    {
        let all = (0..self.entries.len()).collect();
        self.add::<M>(mutation, lookup, all)
    }

    /// Adds a write that attaches a link, to what the write at that place creates where one is given. Returns its place.
    pub(super) fn attach(
        &mut self,
        to: Option<usize>,
        (mutation, lookup): (Part, Lookup),
    ) -> usize {
        self.add::<AttachmentCreate>(mutation, Some(lookup), to.into_iter().collect())
    }

    /// Puts another way to attach the link in the place of one that is not done.
    pub(super) fn attach_instead(&mut self, place: usize, (mutation, lookup): (Part, Lookup)) {
        self.replace(place, mutation);
        if let Some(entry) = self.entries.get_mut(place) {
            entry.write.lookup = Some(lookup);
        }
    }

    fn add<M>(&mut self, mutation: Part, lookup: Option<Lookup>, depends_on: Vec<usize>) -> usize
    where
        M: Mutation,
    {
        self.entries.push(Entry {
            write: write::<M>(mutation, lookup, depends_on),
            state: State::Waiting,
        });
        self.entries.len() - 1
    }

    /// Puts another mutation in the place of one that is not done.
    pub(super) fn replace(&mut self, place: usize, mutation: Part) {
        if let Some(entry) = self.entries.get_mut(place)
            && !matches!(entry.state, State::Done(_))
        {
            entry.write.mutation = mutation;
            entry.write.may_be_refused = false;
            entry.state = State::Waiting;
        }
    }

    /// Notes that Linear may refuse that write for its own content, so that a refusal is final even when a dependency was
    /// in the same document.
    pub(super) fn may_be_refused(&mut self, place: usize) {
        if let Some(entry) = self.entries.get_mut(place) {
            entry.write.may_be_refused = true;
        }
    }

    /// Leaves out a write, unless it is put back by [`Self::replace`].
    pub(super) fn leave_out(&mut self, place: usize) {
        if let Some(entry) = self.entries.get_mut(place) {
            entry.state = State::LeftOut;
        }
    }

    /// Whether that write was executed.
    pub(super) fn is_done(&self, place: usize) -> bool {
        self.done(place).is_some()
    }

    /// What came of that write, if it was executed.
    fn done(&self, place: usize) -> Option<&Done> {
        match self.entries.get(place).map(|entry| &entry.state) {
            Some(State::Done(done)) => Some(done),
            _ => None,
        }
    }

    /// The failure of that write, if it may have been executed although no answer says so.
    pub(super) fn unknown(&self, place: usize) -> Option<&Failure> {
        match self.entries.get(place).map(|entry| &entry.state) {
            Some(State::Unknown(failure)) => Some(failure),
            _ => None,
        }
    }

    /// The entity that was created or changed by that write; `None` where it was not executed or cannot be read.
    pub(super) fn entity<T: DeserializeOwned>(&self, place: usize) -> Option<T> {
        T::deserialize(self.done(place)?.entity.as_ref()?).ok()
    }

    /// Submits what is not done yet, and returns a write that Linear refused, to be replaced or left out before this is
    /// called again; `None` once there is none. What needs a refused write has not been sent. Refused writes are told
    /// before a failure.
    ///
    /// # Errors
    /// The failure after which nothing more can be sent, or of a write of which it is not known whether it was executed.
    pub(super) async fn submit(&mut self, cx: &Context<'_>) -> Result<Option<Refused>, Failure> {
        if let Some(refused) = self.next_refused() {
            return Ok(Some(refused));
        }
        if let Some(end) = &self.end {
            return Err(end.clone());
        }
        let waiting: Vec<usize> = self
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| matches!(entry.state, State::Waiting))
            .map(|(place, _)| place)
            .collect();
        if waiting.is_empty() {
            return Ok(None);
        }
        let positions: HashMap<usize, usize> = waiting
            .iter()
            .enumerate()
            .map(|(position, place)| (*place, position))
            .collect();
        let writes = waiting.iter().filter_map(|place| {
            let mut write = self.entries.get(*place)?.write.clone();
            let among = |needed: &usize| positions.get(needed).copied();
            write.depends_on = write.depends_on.iter().filter_map(among).collect();
            Some(write)
        });
        let outcomes = cx.submit(writes.collect()).await?;
        self.told = 0;
        for (place, outcome) in waiting.into_iter().zip(outcomes) {
            let Some(entry) = self.entries.get_mut(place) else {
                continue;
            };
            match outcome {
                Outcome::Done(done) => entry.state = State::Done(done),
                Outcome::Rejected { failure, .. } if failure.is_declined() => {
                    entry.state = State::Refused(failure);
                }
                Outcome::Rejected { failure, .. } => {
                    self.end.get_or_insert(failure);
                }
                Outcome::Unknown(failure) => {
                    self.end.get_or_insert(failure.clone());
                    entry.state = State::Unknown(failure);
                }
                Outcome::Withheld => {}
            }
        }
        match (self.next_refused(), &self.end) {
            (Some(refused), _) => Ok(Some(refused)),
            (None, Some(end)) => Err(end.clone()),
            (None, None) => Ok(None),
        }
    }

    /// The first refused write that the caller has not been told of.
    fn next_refused(&mut self) -> Option<Refused> {
        let untold = self.entries.iter_mut().enumerate().skip(self.told);
        for (place, entry) in untold {
            self.told = place + 1;
            if let State::Refused(failure) = &entry.state {
                let failure = failure.clone();
                entry.state = State::LeftOut;
                return Some((place, failure));
            }
        }
        None
    }
}

/// What a write was executed for.
#[derive(Debug)]
pub(super) enum Written<T> {
    /// The entity as it is now.
    Entity(T),
    /// It was executed, and what it was executed for cannot be read.
    Unread,
}

/// Executes one create, under that new id.
///
/// # Errors
/// What Linear said, or the ambiguous failure where it is not known whether it was executed.
pub(super) async fn create<M, L>(
    cx: &Context<'_>,
    mutation: Part,
    id: &str,
) -> Result<Written<M::Made>, Failure>
where
    M: Mutation,
    L: Listing<Node = M::Made>,
{
    one::<M>(cx, mutation, created::<L>(id)).await
}

/// Executes one change of a thing, which the query asks for.
///
/// # Errors
/// As [`create`].
pub(super) async fn change<M>(
    cx: &Context<'_>,
    mutation: Part,
    query: Part,
    expected: Expected,
) -> Result<Written<M::Made>, Failure>
where
    M: Mutation,
{
    one::<M>(cx, mutation, Lookup::changed(query, expected)).await
}

/// Executes one write that is looked up in this way.
///
/// # Errors
/// As [`create`].
pub(super) async fn one<M>(
    cx: &Context<'_>,
    mutation: Part,
    lookup: Lookup,
) -> Result<Written<M::Made>, Failure>
where
    M: Mutation,
{
    let write = write::<M>(mutation, Some(lookup), Vec::new());
    let outcome = cx.submit(vec![write]).await?.into_iter().next();
    match outcome {
        Some(Outcome::Done(done)) => {
            let entity = done.entity.and_then(|entity| fitting(entity).ok());
            Ok(entity.map_or(Written::Unread, Written::Entity))
        }
        Some(Outcome::Rejected { failure, .. } | Outcome::Unknown(failure)) => Err(failure),
        Some(Outcome::Withheld) | None => Err(Failure::Cancelled),
    }
}

/// The look-up of a create by its id.
fn created<L: Listing>(id: &str) -> Lookup {
    Lookup::created(id, L::one(Filter::eq("id", id)))
}

fn write<M>(mutation: Part, lookup: Option<Lookup>, depends_on: Vec<usize>) -> Write
where
    M: Mutation,
{
    Write {
        mutation,
        lookup,
        depends_on,
        owner: 0,
        fits: |entity| M::Made::deserialize(entity).is_ok(),
        may_be_refused: false,
        watch: Watch::default(),
    }
}

/// The answer of a write that was executed, and whose entity cannot be read: what is known of it, with a warning that
/// it must not be repeated. `see` is the operation that shows it.
pub(super) fn unread(cx: &Context<'_>, known: &[(&str, &str)], see: &str) -> Value {
    cx.warn(format!(
        "it was done, but Linear could not answer with the result; do not repeat it: {see}"
    ));
    let fields = known
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)));
    Value::Object(fields.collect())
}

//! The writes of one operation, in the order in which Linear is to execute them, and the state of each. The write
//! engine ([`crate::linear::client::Client::submit`]) sends them and finds out whether each was executed.

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

/// The writes of one operation, in the order in which they are to be executed. Callers refer to a write by its index.
#[derive(Debug, Default)]
pub(super) struct WriteSet {
    entries: Vec<Entry>,
    /// The first failure that leaves the outcome of a write unknown, or that is not a refusal of the content of a
    /// write. Nothing more is sent after it.
    final_failure: Option<Failure>,
    /// The refused writes before this index have been returned to the caller.
    next_to_report: usize,
}

#[derive(Debug)]
struct Entry {
    write: Write,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The write is to be submitted.
    Waiting,
    Done(Done),
    /// Linear refused the write, and the refusal has not been returned to the caller yet.
    Refused(Failure),
    /// The write is not to be executed: the caller left it out, or knows that it was refused.
    LeftOut,
    /// Linear may have executed the write or not.
    Unknown(Failure),
}

/// The index of a write that Linear refused, and the refusal.
type RefusedWrite = (usize, Failure);

impl WriteSet {
    /// Adds the creation of an entity under the new `id`. Returns the index of the write.
    pub(super) fn create<M, L>(&mut self, mutation: Part, id: &str) -> usize
    where
        M: Mutation,
        L: Listing<Node = M::Made>,
    {
        self.add::<M>(mutation, Some(lookup_by_id::<L>(id)), Vec::new())
    }

    /// Adds a creation, as [`Self::create`] does, of an entity that refers to the entities that all earlier writes
    /// create.
    pub(super) fn create_after<M, L>(&mut self, mutation: Part, id: &str) -> usize
    where
        M: Mutation,
        L: Listing<Node = M::Made>,
    {
        let earlier = (0..self.entries.len()).collect();
        self.add::<M>(mutation, Some(lookup_by_id::<L>(id)), earlier)
    }

    /// Adds a change that refers to the entities that all earlier writes create. When its answer is lost, the `lookup`
    /// shows whether it was executed; without a `lookup`, the caller has to find out whether it was executed. Returns
    /// the index of the write.
    pub(super) fn change_after<M>(&mut self, mutation: Part, lookup: Option<Lookup>) -> usize
    where
        M: Mutation,
    {
        let earlier = (0..self.entries.len()).collect();
        self.add::<M>(mutation, lookup, earlier)
    }

    /// Adds a change of the issue that the write `issue` of this set creates or changes; `None` where no write of this
    /// set does. When its answer is lost, the `lookup` shows whether it was executed; without a `lookup`, that stays
    /// unknown. Returns the index of the write.
    pub(super) fn change_of<M>(
        &mut self,
        issue: Option<usize>,
        mutation: Part,
        lookup: Option<Lookup>,
    ) -> usize
    where
        M: Mutation,
    {
        self.add::<M>(mutation, lookup, issue.into_iter().collect())
    }

    /// Adds a write that attaches a link. `issue` is the index of the write that creates the issue; `None` where no
    /// write of this set creates it. Returns the index of the write.
    pub(super) fn attach(
        &mut self,
        issue: Option<usize>,
        (mutation, lookup): (Part, Lookup),
    ) -> usize {
        self.add::<AttachmentCreate>(mutation, Some(lookup), issue.into_iter().collect())
    }

    /// Replaces the mutation and the look-up of a write that attaches a link, for a write that was not executed.
    pub(super) fn attach_instead(&mut self, index: usize, (mutation, lookup): (Part, Lookup)) {
        self.replace(index, mutation);
        if let Some(entry) = self.entries.get_mut(index) {
            entry.write.lookup = Some(lookup);
        }
    }

    /// Adds the creation of an entity under the new `id`, which refers to the entities that the writes with the indices
    /// `depends_on` create. Returns the index of the write.
    pub(super) fn create_on<M, L>(
        &mut self,
        mutation: Part,
        id: &str,
        depends_on: Vec<usize>,
    ) -> usize
    where
        M: Mutation,
        L: Listing<Node = M::Made>,
    {
        self.add::<M>(mutation, Some(lookup_by_id::<L>(id)), depends_on)
    }

    /// Adds a write that depends on the writes with the indices `depends_on`. Returns the index of the write.
    pub(super) fn add<M>(
        &mut self,
        mutation: Part,
        lookup: Option<Lookup>,
        depends_on: Vec<usize>,
    ) -> usize
    where
        M: Mutation,
    {
        self.entries.push(Entry {
            write: new_write::<M>(mutation, lookup, depends_on),
            state: State::Waiting,
        });
        self.entries.len() - 1
    }

    /// Replaces the mutation of a write, unless the write was executed.
    pub(super) fn replace(&mut self, index: usize, mutation: Part) {
        if let Some(entry) = self.entries.get_mut(index)
            && !matches!(entry.state, State::Done(_))
        {
            entry.write.mutation = mutation;
            entry.write.may_be_refused = false;
            entry.state = State::Waiting;
        }
    }

    /// Notes that Linear may refuse the content of a write. A refusal of the write is then final, even where the write
    /// depends on another write in the same GraphQL document.
    pub(super) fn may_be_refused(&mut self, index: usize) {
        if let Some(entry) = self.entries.get_mut(index) {
            entry.write.may_be_refused = true;
        }
    }

    /// Leaves out a write, so that it is not submitted. [`Self::replace`] can put another mutation in its place.
    pub(super) fn leave_out(&mut self, index: usize) {
        if let Some(entry) = self.entries.get_mut(index) {
            entry.state = State::LeftOut;
        }
    }

    /// Returns whether that write was executed.
    pub(super) fn is_done(&self, index: usize) -> bool {
        self.done(index).is_some()
    }

    /// Returns the result of that write; `None` where it was not executed.
    fn done(&self, index: usize) -> Option<&Done> {
        match self.entries.get(index).map(|entry| &entry.state) {
            Some(State::Done(done)) => Some(done),
            _ => None,
        }
    }

    /// Returns the failure of that write where it is not known whether Linear executed it; else `None`.
    pub(super) fn unknown(&self, index: usize) -> Option<&Failure> {
        match self.entries.get(index).map(|entry| &entry.state) {
            Some(State::Unknown(failure)) => Some(failure),
            _ => None,
        }
    }

    /// Returns the entity that the write created or changed; `None` where the write was not executed, or where the
    /// entity cannot be read.
    pub(super) fn entity<T: DeserializeOwned>(&self, index: usize) -> Option<T> {
        T::deserialize(self.done(index)?.entity.as_ref()?).ok()
    }

    /// Submits the writes that are waiting, and returns the first write that Linear refused, or `None` when all were
    /// executed. The caller replaces or leaves out the refused write, and calls this again. Writes that depend on a
    /// refused write were not sent. Where some writes were refused and there is also an error, the refusals are
    /// returned first.
    ///
    /// # Errors
    /// The failure after which nothing more can be sent, or the failure of a write of which it is not known whether
    /// Linear executed it.
    pub(super) async fn submit(
        &mut self,
        cx: &Context<'_>,
    ) -> Result<Option<RefusedWrite>, Failure> {
        if let Some(refused) = self.next_refused() {
            return Ok(Some(refused));
        }
        if let Some(failure) = &self.final_failure {
            return Err(failure.clone());
        }
        let waiting: Vec<usize> = self
            .entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| matches!(entry.state, State::Waiting))
            .map(|(index, _)| index)
            .collect();
        if waiting.is_empty() {
            return Ok(None);
        }
        let positions: HashMap<usize, usize> = waiting
            .iter()
            .enumerate()
            .map(|(position, index)| (*index, position))
            .collect();
        let writes = waiting.iter().filter_map(|index| {
            let mut write = self.entries.get(*index)?.write.clone();
            let position = |index: &usize| positions.get(index).copied();
            write.depends_on = write.depends_on.iter().filter_map(position).collect();
            Some(write)
        });
        let outcomes = cx.submit(writes.collect()).await?;
        self.next_to_report = 0;
        for (index, outcome) in waiting.into_iter().zip(outcomes) {
            let Some(entry) = self.entries.get_mut(index) else {
                continue;
            };
            match outcome {
                Outcome::Done(done) => entry.state = State::Done(done),
                Outcome::Rejected { failure, .. } if failure.is_declined() => {
                    entry.state = State::Refused(failure);
                }
                Outcome::Rejected { failure, .. } => {
                    self.final_failure.get_or_insert(failure);
                }
                Outcome::Unknown(failure) => {
                    self.final_failure.get_or_insert(failure.clone());
                    entry.state = State::Unknown(failure);
                }
                Outcome::Withheld => {}
            }
        }
        match (self.next_refused(), &self.final_failure) {
            (Some(refused), _) => Ok(Some(refused)),
            (None, Some(failure)) => Err(failure.clone()),
            (None, None) => Ok(None),
        }
    }

    /// Returns the first refused write that has not been returned to the caller yet, and leaves it out.
    fn next_refused(&mut self) -> Option<RefusedWrite> {
        let unreported = self
            .entries
            .iter_mut()
            .enumerate()
            .skip(self.next_to_report);
        for (index, entry) in unreported {
            self.next_to_report = index + 1;
            if let State::Refused(failure) = &entry.state {
                let failure = failure.clone();
                entry.state = State::LeftOut;
                return Some((index, failure));
            }
        }
        None
    }
}

/// The result of a write that Linear executed.
#[derive(Debug)]
pub(super) enum Written<T> {
    /// The entity after the write.
    Entity(T),
    /// Linear did not send the entity, or sent it in a form that cannot be read.
    Unread,
}

/// Creates one entity under the new `id`.
///
/// # Errors
/// The failure of the write: a refusal, or an ambiguous failure where it is not known whether Linear executed the
/// write.
pub(super) async fn create<M, L>(
    cx: &Context<'_>,
    mutation: Part,
    id: &str,
) -> Result<Written<M::Made>, Failure>
where
    M: Mutation,
    L: Listing<Node = M::Made>,
{
    one::<M>(cx, mutation, lookup_by_id::<L>(id)).await
}

/// Executes one change of an entity. When the answer is lost, the `query` reads the entity; where the entity is as
/// `expected`, the change was executed.
///
/// # Errors
/// Those of [`create`].
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

/// Executes one write. When the answer is lost, the `lookup` shows whether it was executed.
///
/// # Errors
/// Those of [`create`].
pub(super) async fn one<M>(
    cx: &Context<'_>,
    mutation: Part,
    lookup: Lookup,
) -> Result<Written<M::Made>, Failure>
where
    M: Mutation,
{
    let write = new_write::<M>(mutation, Some(lookup), Vec::new());
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

/// Returns the look-up that shows whether a creation was executed. It searches for the id of the new entity.
fn lookup_by_id<L: Listing>(id: &str) -> Lookup {
    Lookup::created(id, L::one(Filter::eq("id", id)))
}

/// Returns a write for the write engine. The engine accepts the entity in Linear's answer only where it can be read as
/// the type `M::Made`.
fn new_write<M>(mutation: Part, lookup: Option<Lookup>, depends_on: Vec<usize>) -> Write
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

/// Returns the data of the answer where a write was executed, but its entity cannot be read: the `known` fields of the
/// entity, by name. Adds a warning that the write must not be repeated. `see` is the end of this warning, which names
/// the operation that shows the entity.
pub(super) fn unread(cx: &Context<'_>, known: &[(&str, &str)], see: &str) -> Value {
    cx.warn(format!(
        "it was done, but Linear could not answer with the result; do not repeat it: {see}"
    ));
    let fields = known
        .iter()
        .map(|(name, value)| ((*name).to_owned(), json!(value)));
    Value::Object(fields.collect())
}

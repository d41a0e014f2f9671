//! Reads that are sent to Linear as one request, each with a typed slot for its answer.
//!
//! ```text
//! let mut request = ReadRequest::default();
//! let document = request.require::<DocumentGet>(variables, document_not_found);
//! let issue = request.require::<IssueGet>(variables, issue_not_found);
//! let mut responses = request.send(cx).await.map_err(ReadError::into_error)?;
//! let document = responses.get(document)?.document;
//! ```

use std::marker::PhantomData;

use crate::error::{Code, Error};
use crate::linear::client::{Answers, RetryPolicy};
use crate::linear::compose::{MOST_POINTS, Part};
use crate::linear::documents::{Document, IssueGet, Listing};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::resolve::issue::IssueRef;
use crate::resolve::{LookupRequest, Resolved, lookup};
use crate::session::Context;

/// Reads that are sent to Linear in one request, in the order in which they were added.
#[derive(Debug, Default)]
pub(crate) struct ReadRequest {
    parts: Vec<Part>,
    /// For each required entity: the index of its read, and the error to return where the entity does not exist.
    not_found: Vec<(usize, Error)>,
    /// The complexity points of the queries for names that are sent in the same document.
    lookup_points: u32,
}

/// The position of one read in a [`ReadRequest`]. [`Responses::get`] returns the answer to the read in a slot.
#[derive(Debug)]
pub(crate) struct Slot<D> {
    index: usize,
    document: PhantomData<fn() -> D>,
}

// Derived implementations would require that `D` is `Clone` and `Copy`.
impl<D> Clone for Slot<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for Slot<D> {}

impl ReadRequest {
    /// Adds a read with these variables.
    pub(crate) fn add<D: Document>(&mut self, variables: D::Variables) -> Slot<D> {
        self.add_part(Part::of::<D>(variables))
    }

    /// Adds the read of one entity. Linear rejects the read where the entity does not exist, and the request then fails
    /// with the error `not_found`.
    pub(crate) fn require<D: Document>(
        &mut self,
        variables: D::Variables,
        not_found: Error,
    ) -> Slot<D> {
        self.not_found.push((self.parts.len(), not_found));
        self.add(variables)
    }

    /// Adds the read of an issue, as [`Self::require`] does. `not_found` is the error for an issue that does not exist.
    pub(crate) fn require_issue(&mut self, issue: &IssueRef, not_found: Error) -> Slot<IssueGet> {
        self.require(IssueGet::variables(&issue.id(), None), not_found)
    }

    /// Adds the read of the first `size` entities that the filter matches.
    pub(crate) fn page<L: Listing>(&mut self, filter: Option<Filter>, size: i64) -> Slot<L> {
        self.add_part(L::page(filter, size, None))
    }

    /// Adds the read of a page by `add`, which takes the number of rows. The page has `rows` rows, or as many fewer as
    /// are too many for one document (`linear/api.md` §3).
    pub(crate) fn add_page<S>(&mut self, rows: usize, add: impl Fn(&mut Self, usize) -> S) -> S {
        let (parts, points) = (self.parts.len(), self.points());
        let slot = add(self, rows);
        let excess = self.points().saturating_sub(MOST_POINTS);
        if excess == 0 {
            return slot;
        }
        let page_points = usize::try_from(self.points() - points).unwrap_or(usize::MAX);
        let row_points = (page_points / rows.max(1)).max(1);
        let excess_rows = usize::try_from(excess)
            .unwrap_or(usize::MAX)
            .div_ceil(row_points);
        self.parts.truncate(parts);
        self.not_found.retain(|(index, _)| *index < parts);
        add(self, rows.saturating_sub(excess_rows).max(1))
    }

    /// Returns the complexity points of the document.
    fn points(&self) -> u32 {
        let points = self.parts.iter().map(Part::complexity);
        points.fold(self.lookup_points, u32::saturating_add)
    }

    fn add_part<D>(&mut self, part: Part) -> Slot<D> {
        self.parts.push(part);
        Slot {
            index: self.parts.len() - 1,
            document: PhantomData,
        }
    }

    /// Sends the reads and returns their answers.
    ///
    /// # Errors
    /// The error given for the first required entity that Linear does not have; else the [`Failure`] of the request.
    pub(crate) async fn send(self, cx: &Context<'_>) -> Result<Responses, ReadError> {
        match cx.send(&self.parts, RetryPolicy::Idempotent).await {
            Ok(answers) => Ok(Responses(Some(answers))),
            Err(failure) => Err(ReadError::new(failure, self.not_found)),
        }
    }
}

/// The answers to a [`ReadRequest`].
#[derive(Debug)]
pub(crate) struct Responses(Option<Answers>);

impl Responses {
    /// Takes the answer to the read in that slot.
    ///
    /// # Errors
    /// LINEAR_API_ERROR when the answer does not have the form that its document asks for; INTERNAL_ERROR when nothing
    /// was sent.
    pub(crate) fn get<D: Document>(&mut self, slot: Slot<D>) -> Result<D::Answer, Error> {
        let answers = self.0.as_mut().ok_or_else(|| {
            Error::new(
                Code::InternalError,
                "No answer to a question that was asked",
            )
            .suggest("Repeat the request")
        })?;
        answers
            .take::<D>(slot.index)
            .map_err(Failure::into_read_error)
    }

    /// Returns whether the entity in that slot lacks a field because Linear could not return it. The caller of the
    /// operation is warned of that already ([`Context::send`]).
    pub(crate) fn is_unread<D>(&self, slot: Slot<D>, field: &str) -> bool {
        let answers = self.0.as_ref();
        answers.is_some_and(|answers| answers.is_unread(slot.index, field))
    }

    /// Returns whether a request was sent.
    pub(crate) fn is_sent(&self) -> bool {
        self.0.is_some()
    }
}

/// The reason why a [`ReadRequest`] has no answers.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// The request to Linear failed.
    Failed(Error),
    /// Linear refused the request because a budget is used up.
    RateLimited(Error),
    /// The request to Linear failed because a required entity does not exist.
    NotFound {
        /// The error that was given to [`ReadRequest::require`] for that entity.
        error: Error,
        /// The error of the request to Linear.
        request: Error,
    },
    /// The caller's request is wrong: for example, it has a name that no entity has.
    Refused(Error),
}

impl ReadError {
    /// Returns the error for the failure of a request. `not_found` has, for each required entity, the index of its read
    /// and the error to return where the entity does not exist.
    fn new(failure: Failure, not_found: Vec<(usize, Error)>) -> Self {
        let mut not_found = not_found.into_iter();
        let missing = not_found.find(|(index, _)| failure.rejects(*index));
        let is_limited = matches!(failure, Failure::RateLimited(_));
        let request = failure.into_read_error();
        match missing {
            Some((_, error)) => Self::NotFound { error, request },
            None if is_limited => Self::RateLimited(request),
            None => Self::Failed(request),
        }
    }

    /// Returns the error for the caller.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Failed(error)
            | Self::RateLimited(error)
            | Self::NotFound { error, .. }
            | Self::Refused(error) => error,
        }
    }
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// Looks up what the names in a request mean, and sends further reads of the operation in the same request to Linear.
///
/// `build` adds these reads, and is called once: with the resolved names where the session cache has all of them, or
/// with `None` where some have to be looked up. This function returns the resolved names, the value that `build`
/// returned, which is usually the slots of its reads, and the responses. Nothing is sent where `build` adds no reads
/// and the cache has all names.
///
/// # Errors
/// The error given for the first required entity that Linear does not have; else the [`Failure`] of the request.
pub(crate) async fn look_up_with<S>(
    cx: &Context<'_>,
    lookup_request: &LookupRequest,
    build: impl FnOnce(&mut ReadRequest, Option<&Resolved>) -> S,
) -> Result<(Resolved, S, Responses), ReadError> {
    let mut not_found = Vec::new();
    let mut slots = None;
    let result = lookup(cx, lookup_request, |resolved, lookup_points| {
        let mut request = ReadRequest {
            lookup_points,
            ..ReadRequest::default()
        };
        slots = Some(build(&mut request, resolved));
        not_found = request.not_found;
        request.parts
    })
    .await;
    match (result, slots) {
        (Ok((resolved, answers)), Some(slots)) => Ok((resolved, slots, Responses(answers))),
        (Err(failure), _) => Err(ReadError::new(failure, not_found)),
        (Ok(_), None) => Err(ReadError::new(
            Failure::Malformed("the reads were not added".to_owned()),
            not_found,
        )),
    }
}

/// Reads one entity.
///
/// # Errors
/// `not_found` where Linear does not have the entity; else the [`Failure`] of the request.
pub(crate) async fn one<D: Document>(
    cx: &Context<'_>,
    variables: D::Variables,
    not_found: Error,
) -> Result<D::Answer, Error> {
    let mut request = ReadRequest::default();
    let slot = request.require::<D>(variables, not_found);
    let mut responses = request.send(cx).await.map_err(ReadError::into_error)?;
    responses.get(slot)
}

/// Returns the entity with that id as it is now, or `None` where Linear does not have it.
///
/// # Errors
/// The [`Failure`] of the request.
pub(crate) async fn by_id<L: Listing>(
    cx: &Context<'_>,
    id: &str,
) -> Result<Option<L::Node>, Failure> {
    let part = L::one(Filter::eq("id", id));
    let mut answers = cx.send(&[part], RetryPolicy::Idempotent).await?;
    Ok(L::first(answers.take::<L>(0)?))
}

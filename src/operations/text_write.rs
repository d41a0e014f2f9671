//! Writes a text of an entity, such as the description of an issue, without losing what somebody else writes at the same
//! moment.
//!
//! Linear has no conditional write (`linear/api.md` §6), and a request cannot contain both a query and a mutation. But
//! Linear executes the mutations of one request one after the other, so a mutation that sets nothing, the *probe*, goes
//! first: the response to the probe shows the text that the second mutation is about to overwrite. If this is not the
//! text from which the write was computed, somebody else has edited the text since. Then this edit is merged with all
//! edits of others that have been seen before ([`Merge`]), the change is applied to the merged text, and the result is
//! written in the same way. So every write shows the text that it replaces. After the last attempt, the operation gives
//! up the change, writes the merged edits of others without the change, and returns EDIT_CONFLICT.
//!
//! Three kinds of edits go unnoticed: an edit between the two mutations of one request, an edit at the time of a write
//! whose response is lost, and any edit if Linear rejects the probe. An overwritten edit is also lost if the process
//! dies before it has written the edit back. If more than two writers without a common lock write at the same moment, a
//! line that is missing while one of them writes it back may look to the others as if somebody had removed it. A box
//! that somebody unticks at the same moment is ticked again, with a warning, because a text in which the box is not
//! ticked may have been computed before the box was ticked. The processes of one machine exclude each other with a lock
//! ([`crate::session::Locks`]), so these cases occur only if several machines, or people, edit the text.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::marker::PhantomData;
use std::time::Duration;

use super::issue::error_line;
use super::write::{self, WriteSet};
use crate::error::{Code, Error, Retry};
use crate::linear::client::Answers;
use crate::linear::compose::Part;
use crate::linear::documents::{CommentCreate, Comments, Listing as _, Mutation, comment_create};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::scalars::CommentCreateInput;
use crate::session::Context;
use crate::text::checklist::{Merge, is_alike};
use crate::text::edit::Repeat;

/// The maximum number of attempts at the change.
const ATTEMPTS: usize = 12;
/// The maximum number of further attempts that write back overwritten edits, without the change.
const RESTORE_ATTEMPTS: usize = 4;
/// The maximum number of attempts whose response is lost.
const LOST_ATTEMPTS: usize = 3;
/// The maximum number of items that a warning names.
const NAMED_ITEMS: usize = 5;
/// The longest pause before the third attempt. It doubles with each further attempt, up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(50);
/// The longest pause before any attempt.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A mutation that can set a text of an entity and nothing else. The type of the mutation also stands for the text.
pub(super) trait SetsText: Mutation {
    /// The name of the text in requests and answers, such as `description`.
    const FIELD: &'static str;
    /// The code of the error when Linear refuses to set the text.
    const REFUSED: Code;

    /// Returns the mutation that sets the text of the entity with this id, or that sets nothing if `text` is `None`.
    fn set(id: &str, text: Option<String>) -> Part;

    /// Returns the query for the entity with this id.
    fn query(id: &str) -> Part;

    /// Takes the entity from the first answer, which is the answer to the query. Returns `None` if the entity does not
    /// exist or cannot be read.
    fn take(answers: &mut Answers) -> Option<Self::Made>;

    /// Returns the text of the entity.
    fn text(entity: &Self::Made) -> Dated;
}

/// A text, and the time at which its entity was last changed.
#[derive(Clone, Debug)]
pub(super) struct Dated {
    /// The text; `None` if there is none.
    pub text: Option<String>,
    /// The time as Linear writes it.
    pub updated_at: String,
}

impl Dated {
    /// Returns the text, which is empty if there is none.
    pub fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// Whether nobody has edited the text between two reads. The texts alone do not decide this, because Linear may
    /// format the same markdown differently in the response to a write and in a later response. The times alone do not
    /// either, because an update that sets nothing may count as a change, and two edits may have the same time.
    pub fn is_unedited(&self, earlier: &Self) -> bool {
        self.text == earlier.text
            || (self.updated_at == earlier.updated_at && is_alike(self.text(), earlier.text()))
    }
}

/// The entity whose text is edited, as requests and messages name it.
#[derive(Debug)]
pub(super) struct Subject {
    /// The id of the entity.
    pub id: String,
    /// The word for the entity, such as `issue`.
    pub noun: &'static str,
    /// The name of the entity in messages.
    pub name: String,
    /// What the caller knows the text as: `checklist`, or the name of the text.
    pub part: &'static str,
    /// The request that shows the text: `get_issue ENG-1`.
    pub look: String,
}

impl Subject {
    /// What the operation does: `update the checklist of issue 'ENG-1'`.
    fn action(&self) -> String {
        let Self {
            noun, name, part, ..
        } = self;
        format!("update the {part} of {noun} '{name}'")
    }

    /// How the caller can see the text: `Call get_issue ENG-1 to see the checklist`.
    pub fn hint(&self) -> String {
        format!("Call {} to see the {}", self.look, self.part)
    }
}

/// A change to a text that can be applied again to the text that somebody else has written meanwhile.
pub(super) trait TextChange {
    /// A text in which the change has been made.
    type Edit;

    /// Applies the change to a text. `repeat` says whether the text may already contain the change.
    ///
    /// # Errors
    /// The reason why the change cannot be made in this text.
    fn apply(&self, text: &str, repeat: Repeat) -> Result<Self::Edit, String>;

    /// Returns the text in which the change has been made.
    fn edited(edit: &Self::Edit) -> &str;

    /// Returns a text of somebody else without what this change may have done to it. `reference` is a text without the
    /// change.
    fn without_own(&self, theirs: &str, _reference: &str) -> String {
        theirs.to_owned()
    }

    /// Whether the change ticks boxes. Other writers are expected to do the same.
    fn ticks(&self) -> bool {
        true
    }
}

/// Writes a text that was edited, and applies the change again whenever somebody else has edited the text. `original`
/// is the text that was read, and `edit` the change applied to it. A `comment` is created in the request of the first
/// write. Returns the edit of the last attempt, and the text that Linear keeps.
///
/// # Errors
/// EDIT_CONFLICT, OUTCOME_UNKNOWN if responses were lost, or the error of a refused write.
pub(super) async fn write<T: SetsText, C: TextChange>(
    cx: &Context<'_>,
    subject: &Subject,
    original: Dated,
    change: &C,
    edit: C::Edit,
    comment: Option<CommentCreateInput>,
) -> Result<(C::Edit, Dated), Error> {
    let text = C::edited(&edit).to_owned();
    let state = TextWrite::<T>::new(cx, subject, original, (change.ticks(), text, comment));
    state.run(change, edit, None).await
}

/// Continues after a first write, in which the change was made, has replaced a text that somebody else had written.
/// `original` is the text that was read, `theirs` the text that was replaced, and `kept` the text that Linear keeps
/// after the write. Returns the edit of the last attempt, and the text that Linear keeps.
///
/// # Errors
/// As [`write`].
pub(super) async fn rewrite<T: SetsText, C: TextChange>(
    cx: &Context<'_>,
    subject: &Subject,
    original: Dated,
    (theirs, kept): (Option<String>, Dated),
    change: &C,
    edit: C::Edit,
) -> Result<(C::Edit, Dated), Error> {
    let text = C::edited(&edit).to_owned();
    let mut state = TextWrite::<T>::new(cx, subject, original, (change.ticks(), text, None));
    state.expected = kept;
    state.has_overwritten = true;
    state
        .run(change, edit, Some(Outcome::Overwrote(theirs)))
        .await
}

/// Waits for a random part of the longest pause before this attempt, so that concurrent writers do not meet again.
async fn pause(cx: &Context<'_>, attempt: usize) {
    let doublings = u32::try_from(attempt.saturating_sub(3)).unwrap_or(u32::MAX);
    let longest = PAUSE
        .saturating_mul(2_u32.saturating_pow(doublings))
        .min(LONGEST_PAUSE);
    let random = RandomState::new().build_hasher().finish() % 1000;
    let thousandths = u32::try_from(random).unwrap_or_default();
    cx.pause(longest * thousandths / 1000).await;
}

/// The outcome of one attempt.
#[derive(Debug)]
enum Outcome {
    /// Linear executed the write, which replaced the text from which it was computed.
    Written,
    /// Linear executed the write, which replaced this text, written by somebody else.
    Overwrote(Option<String>),
    /// The response was lost, and the text has changed since. Holds the text as it is now.
    Lost(Option<String>),
    /// The response was lost with this failure, and the text has not changed since.
    NotExecuted(Failure),
}

/// The outcome of one request.
#[derive(Debug)]
enum Sent {
    /// Linear executed the write. Holds the text before the write, if there was a probe, and the text that Linear
    /// keeps.
    Written { before: Option<Dated>, kept: Dated },
    /// Linear rejected the probe, and executed no write.
    ProbeRejected,
    /// Linear may have executed the write, because the response was lost.
    Lost(Failure),
}

/// The state of writing a text, over all attempts.
struct TextWrite<'a, T> {
    cx: &'a Context<'a>,
    subject: &'a Subject,
    /// The text that the next write is expected to replace.
    expected: Dated,
    /// The text that the next write sets.
    text: String,
    /// The original text with all edits of others that have been seen.
    merged: String,
    merge: Merge,
    /// Whether a write has overwritten an edit that has not been written back yet.
    has_overwritten: bool,
    /// Whether two others put other lines in place of the same lines, so that the text has both.
    doubled_lines: bool,
    /// The texts of the items whose box somebody else may have changed back.
    doubtful_items: Vec<String>,
    /// The comment, until it has been created.
    comment: Option<CommentCreateInput>,
    /// Whether the comment has been created.
    is_commented: bool,
    /// Whether a probe is sent in front of the write.
    probes: bool,
    /// The number of requests that have been sent.
    sent: usize,
    /// The failure of a request whose write was not found afterwards. Linear may have executed it nevertheless, because
    /// a read may return an older state.
    lost: Option<Failure>,
    /// The mutation that sets the text.
    mutation: PhantomData<T>,
}

impl<'a, T: SetsText> TextWrite<'a, T> {
    /// Returns the state before the first attempt.
    fn new(
        cx: &'a Context<'a>,
        subject: &'a Subject,
        original: Dated,
        (ticks, text, comment): (bool, String, Option<CommentCreateInput>),
    ) -> Self {
        let merged = original.text().to_owned();
        Self {
            cx,
            subject,
            merge: Merge::of(&merged, ticks),
            merged,
            expected: original,
            text,
            has_overwritten: false,
            doubled_lines: false,
            doubtful_items: Vec::new(),
            comment,
            is_commented: false,
            probes: true,
            sent: 0,
            lost: None,
            mutation: PhantomData,
        }
    }

    /// Makes the attempts. `first` is the outcome of an attempt that was made already.
    ///
    /// # Errors
    /// As [`write`].
    async fn run<C: TextChange>(
        mut self,
        change: &C,
        edit: C::Edit,
        mut first: Option<Outcome>,
    ) -> Result<(C::Edit, Dated), Error> {
        // An error once the change has been given up, when only the edits of others are written back: the reason why
        // the change could not be made in them, if that is why it was given up.
        let mut edit = Ok(edit);
        let (mut attempt, mut lost) = (0, 0);
        let mut outcome = Outcome::Written;
        // The error that kept the edits of others from being written back.
        let mut restore_error = None;
        loop {
            attempt += 1;
            let result = match first.take() {
                Some(outcome) => Ok(outcome),
                None => self.attempt().await,
            };
            outcome = match result {
                Ok(outcome) => outcome,
                Err(error) => {
                    // After an edit has been overwritten, an error that only says that the next write was not sent
                    // would hide the overwritten edit, so EDIT_CONFLICT is returned instead.
                    let is_unsent =
                        !error.code().is_refused_write() && error.code().retry() != Retry::Check;
                    if edit.is_err() || (self.has_overwritten && is_unsent) {
                        restore_error = Some(error);
                        break;
                    }
                    self.warn_of_comment();
                    return Err(error);
                }
            };
            let theirs = match &outcome {
                Outcome::Written => break,
                Outcome::NotExecuted(_) => {
                    lost += 1;
                    if lost == LOST_ATTEMPTS {
                        break;
                    }
                    continue;
                }
                Outcome::Lost(text) | Outcome::Overwrote(text) => text.clone().unwrap_or_default(),
            };
            // The text that the first write replaced was written before the change was made anywhere.
            let repeat = match (&outcome, attempt) {
                (Outcome::Overwrote(_), 1) => Repeat::First,
                _ => Repeat::Possible,
            };
            self.merge_edit(change, &theirs);
            // The second attempt follows at once. After it, a pause lets the other writers finish.
            if attempt > 1 && attempt < ATTEMPTS + RESTORE_ATTEMPTS {
                pause(self.cx, attempt + 1).await;
                self.reread(change).await;
            }
            // The change is given up after the last attempt, or earlier if it cannot be made in the merged text.
            edit = match edit {
                Ok(_) if attempt < ATTEMPTS => change.apply(&self.merged, repeat).map_err(Some),
                Ok(_) => Err(None),
                given_up => given_up,
            };
            self.text = match &edit {
                Ok(edit) => C::edited(edit).to_owned(),
                Err(_) => self.merged.clone(),
            };
            if is_alike(self.expected.text(), &self.text) {
                // The text already has the change and all edits of others.
                self.has_overwritten = false;
                outcome = Outcome::Written;
                break;
            }
            if attempt >= ATTEMPTS + RESTORE_ATTEMPTS {
                break;
            }
        }
        self.warn_of_merge();
        let reason = match (outcome, edit) {
            (Outcome::Written, Ok(edit)) if restore_error.is_none() => {
                self.add_comment().await;
                return Ok((edit, self.expected));
            }
            (Outcome::NotExecuted(failure), _) => {
                self.warn_of_comment();
                return Err(self.with_overwritten(self.update_error(failure)));
            }
            (_, Err(reason)) => reason,
            (_, Ok(_)) => None,
        };
        self.warn_of_comment();
        let reason = restore_error.map(|error| error_line(&error)).or(reason);
        let conflict = self.conflict();
        Err(match reason {
            Some(reason) => conflict.detail("reason", reason),
            None => conflict,
        })
    }

    /// Merges the edit of somebody else. What this change may have done to their text is left out of the merge.
    fn merge_edit<C: TextChange>(&mut self, change: &C, theirs: &str) {
        let theirs = change.without_own(theirs, &self.merged);
        let result = self.merge.add(&self.merged, &theirs);
        self.merged = result.text;
        self.doubled_lines |= result.doubled;
        self.doubtful_items.extend(result.doubtful);
    }

    /// Reads the text and merges it, so that the next write is expected to replace this text. If the read fails, the
    /// probe of the next write shows the text instead.
    async fn reread<C: TextChange>(&mut self, change: &C) {
        if let Ok(mut answers) = self.cx.settle(&[T::query(&self.subject.id)]).await
            && let Some(now) = T::take(&mut answers)
        {
            let now = T::text(&now);
            let doubled_lines = self.doubled_lines;
            self.merge_edit(change, now.text());
            // The writer of the current text has replaced the earlier lines, which is not a second change of them.
            self.doubled_lines = doubled_lines;
            self.expected = now;
        }
    }

    /// Makes one attempt to write the text.
    ///
    /// # Errors
    /// The error of the write if Linear rejected it or if it was not sent; OUTCOME_UNKNOWN if an earlier attempt was
    /// lost.
    async fn attempt(&mut self) -> Result<Outcome, Error> {
        let sent = match self.send().await {
            Ok(sent) => sent,
            Err(error) => {
                // The error says nothing of an earlier request whose response was lost.
                let lost = self.lost.take().map(|lost| self.update_error(lost));
                return Err(self.with_overwritten(lost.unwrap_or(error)));
            }
        };
        match sent {
            Sent::Written { before, kept } => {
                self.lost = None;
                let foreign = before.filter(|before| !before.is_unedited(&self.expected));
                self.has_overwritten = foreign.is_some();
                self.expected = kept;
                Ok(match foreign {
                    Some(foreign) => Outcome::Overwrote(foreign.text),
                    None => Outcome::Written,
                })
            }
            // The write may succeed without the probe.
            Sent::ProbeRejected => {
                self.probes = false;
                self.sent = 0;
                Box::pin(self.attempt()).await
            }
            Sent::Lost(failure) => self.settle(failure).await,
        }
    }

    /// Sends the write once, with the probe and, in the first request, the comment.
    ///
    /// # Errors
    /// The error of the write if Linear rejected it, or if it was not sent.
    async fn send(&mut self) -> Result<Sent, Error> {
        let unreadable = || {
            let text = format!("the answer has no readable {}", T::FIELD);
            Failure::Malformed(text)
        };
        let mut writes = WriteSet::default();
        let probe = self.probes.then(|| {
            let mutation = T::set(&self.subject.id, None);
            writes.change_after::<T>(mutation, None)
        });
        let mutation = T::set(&self.subject.id, Some(self.text.clone()));
        let text = writes.change_after::<T>(mutation, None);
        // A later request goes without the comment, which an earlier request may have created.
        let comment = self.comment.clone().filter(|_| self.sent == 0);
        self.sent += 1;
        let comment = comment.map(|input| {
            let mutation = Part::of::<CommentCreate>(comment_create::Variables { input });
            writes.change_after::<CommentCreate>(mutation, None)
        });
        let last_failure = loop {
            match writes.submit(self.cx).await {
                Ok(None) => break None,
                Ok(Some((place, _))) if Some(place) == probe => {
                    // If the probe fails with a GraphQL error, Linear does not execute the write that follows the
                    // probe. If the response to the probe says `success: false`, Linear still executes the write.
                    if !writes.is_done(text) && writes.unknown(text).is_none() {
                        return Ok(Sent::ProbeRejected);
                    }
                }
                Ok(Some((place, failure))) if Some(place) == comment => {
                    self.give_up_comment(failure);
                }
                Ok(Some((_, failure))) => return Err(self.update_error(failure)),
                Err(failure) => break Some(failure),
            }
        };
        if let Some(place) = comment {
            if writes.is_done(place) {
                self.is_commented = true;
                self.comment = None;
            } else if let (true, Some(failure)) = (writes.is_done(text), &last_failure) {
                self.give_up_comment(failure.clone());
            }
        }
        let dated = |place| Some(T::text(&writes.entity(place)?));
        match (writes.is_done(text), dated(text)) {
            (true, Some(kept)) => Ok(Sent::Written {
                before: probe.and_then(dated),
                kept,
            }),
            (true, None) => Ok(Sent::Lost(unreadable())),
            (false, _) => {
                let lost = writes.unknown(text).cloned();
                let lost_probe = probe.and_then(|probe| writes.unknown(probe)).cloned();
                match (lost.or(lost_probe), last_failure) {
                    (Some(lost), _) => Ok(Sent::Lost(lost)),
                    (None, failure) => Err(self.update_error(failure.unwrap_or_else(unreadable))),
                }
            }
        }
    }

    /// Reads the text and the comment after a response was lost, to find out whether Linear executed the writes. A read
    /// may return an older state, so a write that is not found may still have been executed.
    ///
    /// # Errors
    /// OUTCOME_UNKNOWN if the read fails.
    async fn settle(&mut self, lost: Failure) -> Result<Outcome, Error> {
        let mut queries = vec![T::query(&self.subject.id)];
        let comment = self.comment.as_ref();
        queries.extend(comment.map(|comment| Comments::one(Filter::eq("id", comment.id.as_str()))));
        let Ok(mut answers) = self.cx.settle(&queries).await else {
            return Err(self.with_overwritten(self.update_error(lost)));
        };
        let Some(now) = T::take(&mut answers) else {
            return Err(self.with_overwritten(self.update_error(lost)));
        };
        if self.comment.is_some()
            && let Ok(found) = answers.take::<Comments>(1)
            && Comments::first(found).is_some()
        {
            self.is_commented = true;
            self.comment = None;
        }
        self.lost = Some(lost.clone());
        let now = T::text(&now);
        let has_changed = now.updated_at != self.expected.updated_at;
        self.expected = now;
        Ok(if has_changed {
            Outcome::Lost(self.expected.text.clone())
        } else {
            Outcome::NotExecuted(lost)
        })
    }

    /// Warns of lines that two others changed, and of the boxes that somebody else may have changed back.
    fn warn_of_merge(&self) {
        if self.doubled_lines {
            self.cx.warn(format!(
                "others changed the same lines of the {} at the same moment; the lines of all of them stand",
                T::FIELD
            ));
        }
        if let Some(named) = self.doubtful_items.chunks(NAMED_ITEMS).next() {
            let more = self.doubtful_items.len() - named.len();
            self.cx.warn(format!(
                "somebody else may have changed these boxes back at the same moment, and they stay as they were: '{}'{}",
                named.join("', '"),
                if more > 0 { format!(" and {more} more") } else { String::new() },
            ));
        }
    }

    /// Creates the comment, unless it is known to exist. Every attempt uses the same id, so the comment cannot be
    /// created twice.
    async fn add_comment(&mut self) {
        let Some(input) = self.comment.clone() else {
            return;
        };
        let id = input.id.clone();
        let mutation = Part::of::<CommentCreate>(comment_create::Variables { input });
        match write::create::<CommentCreate, Comments>(self.cx, mutation, &id).await {
            Ok(_) => self.comment = None,
            Err(failure) => self.give_up_comment(failure),
        }
    }

    /// Warns that the comment was not created, and does not try again.
    fn give_up_comment(&mut self, failure: Failure) {
        self.comment = None;
        // The operation has two parts: the boxes, which have been set, and the comment, which has failed.
        self.cx.part(true);
        self.cx.part(false);
        let error = failure.into_write_error(Code::CommentCreationFailed, "comment on it", "");
        self.cx
            .warn(format!("comment not added: {}", error_line(&error)));
    }

    /// Warns that the comment was created although the edit has failed.
    fn warn_of_comment(&self) {
        if self.is_commented {
            self.cx
                .warn("the comment that tells of it was added all the same");
        }
    }

    /// Returns the error for a write that was not made, or whose response was lost.
    fn update_error(&self, failure: Failure) -> Error {
        failure.into_write_error(T::REFUSED, &self.subject.action(), &self.subject.hint())
    }

    /// Returns the error with the text that has been overwritten and not written back, if there is one.
    fn with_overwritten(&self, error: Error) -> Error {
        if !self.has_overwritten {
            return error;
        }
        error
            .detail("not_restored", self.merged.as_str())
            .suggest_first(format!(
                "Restore the {} from its history in Linear: an edit was overwritten",
                T::FIELD
            ))
    }

    /// Returns the EDIT_CONFLICT error.
    fn conflict(&self) -> Error {
        let name = self.subject.name.as_str();
        let end = match self.has_overwritten {
            true => "their text was overwritten",
            false => "their text stands",
        };
        let message = format!(
            "The {} of '{name}' was edited by somebody else at the same time; {end}",
            T::FIELD
        );
        let error = Error::new(Code::EditConflict, message)
            .detail("input", name)
            .suggest(format!(
                "{} as it is now, then repeat the request",
                self.subject.hint()
            ));
        self.with_overwritten(error)
    }
}

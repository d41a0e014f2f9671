//! Writes a description without losing what somebody else writes at the same moment.
//!
//! Linear has no conditional write (`linear/api.md` §6), and a request cannot contain both a query and a mutation. But
//! Linear executes the mutations of one request one after the other, so a mutation that sets nothing, the *probe*, goes
//! first: the response to the probe shows the description that the second mutation is about to overwrite. If this is
//! not the text from which the write was computed, somebody else has edited the description since. Then this edit is
//! merged with all edits of others that have been seen before ([`Merge`]), the change is applied to the merged text,
//! and the result is written in the same way. So every write shows the text that it replaces. After the last attempt,
//! the operation gives up the change, writes the merged edits of others without the change, and returns EDIT_CONFLICT.
//!
//! Three kinds of edits go unnoticed: an edit between the two mutations of one request, an edit at the time of a write
//! whose response is lost, and any edit if Linear rejects the probe. An overwritten edit is also lost if the process
//! dies before it has written the edit back. A box that somebody unticks at the same moment is ticked again, with a
//! warning, because a text in which the box is not ticked may have been computed before the box was ticked. The
//! processes of one machine exclude each other with a lock ([`crate::session::Locks`]), so these cases occur only if
//! several machines, or people, edit the description.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

use super::comment_body;
use super::edit::{ChecklistChange, Edit};
use crate::error::{Code, Error, Retry};
use crate::linear::compose::Part;
use crate::linear::documents::{
    CommentCreate, Comments, IssueDescribe, IssueText, Listing as _, comment_create, issue_text,
};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model;
use crate::linear::scalars::CommentCreateInput;
use crate::operations::issue::error_line;
use crate::operations::write::{self, WriteSet};
use crate::params::Patch;
use crate::session::Context;
use crate::text::checklist::{Merge, is_alike};

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

/// Writes the edit, and applies the change again whenever somebody else has edited the description. Returns the edit of
/// the last attempt, with the description that Linear keeps.
///
/// # Errors
/// EDIT_CONFLICT, OUTCOME_UNKNOWN if responses were lost, or ISSUE_UPDATE_FAILED.
pub(super) async fn write_edit(
    cx: &Context<'_>,
    issue: &model::IssueText,
    change: &ChecklistChange,
    edit: Edit,
) -> Result<(Edit, Option<String>), Error> {
    let original = issue.description.clone().unwrap_or_default();
    let comment = change.comment.then(|| CommentCreateInput {
        id: cx.session.clock.new_id(),
        issue_id: issue.id.clone(),
        body: comment_body(&edit),
        parent_id: None,
    });
    let mut state = DescriptionWrite {
        cx,
        issue,
        expected: issue.clone(),
        merge: Merge::of(&original, change.checked),
        merged: original,
        has_overwritten: false,
        dropped_lines: false,
        doubtful_items: Vec::new(),
        comment,
        is_commented: false,
        probes: true,
        sent: 0,
        lost: None,
        text: edit.text.clone(),
    };
    // `None` once the change has been given up, when only the edits of others are written back.
    let mut edit = Some(edit);
    let (mut attempt, mut lost) = (0, 0);
    let mut outcome = Outcome::Written(None);
    // The error that kept the edits of others from being written back.
    let mut restore_error = None;
    loop {
        attempt += 1;
        outcome = match state.attempt().await {
            Ok(outcome) => outcome,
            Err(error) => {
                // After an edit has been overwritten, an error that only says that the next write was not sent would
                // hide the overwritten edit, so EDIT_CONFLICT is returned instead.
                let is_unsent =
                    !error.code().is_refused_write() && error.code().retry() != Retry::Check;
                if edit.is_none() || (state.has_overwritten && is_unsent) {
                    restore_error = Some(error);
                    break;
                }
                state.warn_of_comment();
                return Err(error);
            }
        };
        let theirs = match &outcome {
            Outcome::Written(_) => break,
            Outcome::NotExecuted(_) => {
                lost += 1;
                if lost == LOST_ATTEMPTS {
                    break;
                }
                continue;
            }
            Outcome::Lost(text) | Outcome::Overwrote(text) => text.clone().unwrap_or_default(),
        };
        state.merge_edit(change, &theirs);
        // The second attempt follows at once. After it, a pause lets the other writers finish.
        if attempt > 1 && attempt < ATTEMPTS + RESTORE_ATTEMPTS {
            pause(cx, attempt + 1).await;
            state.reread(change).await;
        }
        // The change is given up after the last attempt, or earlier if its items are gone from the merged text.
        edit = edit
            .filter(|_| attempt < ATTEMPTS)
            .and_then(|_| change.apply(&state.merged));
        state.text = match &edit {
            Some(edit) => edit.text.clone(),
            None => state.merged.clone(),
        };
        let kept = state.expected.description.as_deref().unwrap_or_default();
        if is_alike(kept, &state.text) {
            // The description already has the change and all edits of others.
            state.has_overwritten = false;
            outcome = Outcome::Written(state.expected.description.clone());
            break;
        }
        if attempt >= ATTEMPTS + RESTORE_ATTEMPTS {
            break;
        }
    }
    state.warn_of_merge();
    match (outcome, edit) {
        (Outcome::Written(text), Some(edit)) if restore_error.is_none() => {
            state.add_comment().await;
            return Ok((edit, text));
        }
        (Outcome::NotExecuted(failure), _) => {
            state.warn_of_comment();
            return Err(state.with_overwritten(state.update_error(failure)));
        }
        _ => {}
    }
    state.warn_of_comment();
    let conflict = state.conflict();
    Err(match restore_error {
        Some(error) => conflict.detail("reason", error_line(&error)),
        None => conflict,
    })
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
    /// Linear executed the write, which replaced the text from which it was computed. Holds the text that Linear keeps.
    Written(Option<String>),
    /// Linear executed the write, which replaced this text, written by somebody else.
    Overwrote(Option<String>),
    /// The response was lost, and the description has changed since. Holds the description as it is now.
    Lost(Option<String>),
    /// The response was lost with this failure, and the description has not changed since.
    NotExecuted(Failure),
}

/// The outcome of one request.
#[derive(Debug)]
enum Sent {
    /// Linear executed the write. Holds the text before the write, if there was a probe, and the text that Linear
    /// keeps.
    Written {
        before: Option<model::IssueText>,
        kept: model::IssueText,
    },
    /// Linear rejected the probe, and executed no write.
    ProbeRejected,
    /// Linear may have executed the write, because the response was lost.
    Lost(Failure),
}

/// The state of writing a description, over all attempts.
struct DescriptionWrite<'a> {
    cx: &'a Context<'a>,
    issue: &'a model::IssueText,
    /// The description that the next write is expected to replace.
    expected: model::IssueText,
    /// The description that the next write sets.
    text: String,
    /// The original description with all edits of others that have been seen.
    merged: String,
    merge: Merge,
    /// Whether a write has overwritten an edit that has not been written back yet.
    has_overwritten: bool,
    /// Whether the merge dropped lines, because two others had changed the same lines.
    dropped_lines: bool,
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
}

impl DescriptionWrite<'_> {
    /// Merges the edit of somebody else. The boxes of the chosen items are left out of the merge, because this
    /// operation may have set them itself.
    fn merge_edit(&mut self, change: &ChecklistChange, theirs: &str) {
        let theirs = change.with_boxes_of(theirs, &self.merged);
        let result = self.merge.add(&self.merged, &theirs);
        self.merged = result.text;
        self.dropped_lines |= result.dropped;
        self.doubtful_items.extend(result.doubtful);
    }

    /// Reads the description and merges it, so that the next write is expected to replace this text. If the read fails,
    /// the probe of the next write shows the text instead.
    async fn reread(&mut self, change: &ChecklistChange) {
        let id = self.issue.id.clone();
        let query = [Part::of::<IssueText>(issue_text::Variables { id })];
        if let Ok(mut answers) = self.cx.settle(&query).await
            && let Ok(now) = answers.take::<IssueText>(0)
        {
            let dropped_lines = self.dropped_lines;
            self.merge_edit(change, now.issue.description.as_deref().unwrap_or_default());
            // The writer of the current description has replaced the earlier lines, so lines that this merge dropped do
            // not count.
            self.dropped_lines = dropped_lines;
            self.expected = now.issue;
        }
    }

    /// Makes one attempt to write the text.
    ///
    /// # Errors
    /// The error of the write if Linear rejected it or if it was not sent; OUTCOME_UNKNOWN if an earlier attempt was
    /// lost.
    async fn attempt(&mut self) -> Result<Outcome, Error> {
        fn dated(issue: &model::IssueText) -> super::DatedText<'_> {
            (issue.description.as_deref(), issue.updated_at.as_str())
        }
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
                let foreign = before
                    .filter(|before| !super::is_unedited(dated(before), dated(&self.expected)));
                self.has_overwritten = foreign.is_some();
                self.expected = kept;
                Ok(match foreign {
                    Some(foreign) => Outcome::Overwrote(foreign.description),
                    None => Outcome::Written(self.expected.description.clone()),
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
        let unreadable = || Failure::Malformed("the answer has no readable description".to_owned());
        let mut writes = WriteSet::default();
        let probe = self.probes.then(|| {
            let mutation = super::describe(&self.issue.id, Patch::Absent);
            writes.change_after::<IssueDescribe>(mutation, None)
        });
        let mutation = super::describe(&self.issue.id, Patch::Set(self.text.clone()));
        let description = writes.change_after::<IssueDescribe>(mutation, None);
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
                    if !writes.is_done(description) && writes.unknown(description).is_none() {
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
            } else if let (true, Some(failure)) = (writes.is_done(description), &last_failure) {
                self.give_up_comment(failure.clone());
            }
        }
        match (writes.is_done(description), writes.entity(description)) {
            (true, Some(kept)) => Ok(Sent::Written {
                before: probe.and_then(|probe| writes.entity(probe)),
                kept,
            }),
            (true, None) => Ok(Sent::Lost(unreadable())),
            (false, _) => {
                let lost = writes.unknown(description).cloned();
                let lost_probe = probe.and_then(|probe| writes.unknown(probe)).cloned();
                match (lost.or(lost_probe), last_failure) {
                    (Some(lost), _) => Ok(Sent::Lost(lost)),
                    (None, failure) => Err(self.update_error(failure.unwrap_or_else(unreadable))),
                }
            }
        }
    }

    /// Reads the description and the comment after a response was lost, to find out whether Linear executed the writes.
    /// A read may return an older state, so a write that is not found may still have been executed.
    ///
    /// # Errors
    /// OUTCOME_UNKNOWN if the read fails.
    async fn settle(&mut self, lost: Failure) -> Result<Outcome, Error> {
        let id = self.issue.id.clone();
        let mut queries = vec![Part::of::<IssueText>(issue_text::Variables { id })];
        let comment = self.comment.as_ref();
        queries.extend(comment.map(|comment| Comments::one(Filter::eq("id", comment.id.as_str()))));
        let Ok(mut answers) = self.cx.settle(&queries).await else {
            return Err(self.with_overwritten(self.update_error(lost)));
        };
        let Ok(now) = answers.take::<IssueText>(0) else {
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
        let has_changed = now.issue.updated_at != self.expected.updated_at;
        self.expected = now.issue;
        Ok(if has_changed {
            Outcome::Lost(self.expected.description.clone())
        } else {
            Outcome::NotExecuted(lost)
        })
    }

    /// Warns of the lines that the merge dropped, and of the boxes that somebody else may have changed back.
    fn warn_of_merge(&self) {
        if self.dropped_lines {
            self.cx
                .warn("somebody else changed the same lines of the description; theirs stand");
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
        let issue = self.issue.identifier.as_str();
        failure.into_write_error(
            Code::IssueUpdateFailed,
            &format!("update the checklist of issue '{issue}'"),
            &format!("Call get_issue {issue} to see its checklist"),
        )
    }

    /// Returns the error with the text that has been overwritten and not written back, if there is one.
    fn with_overwritten(&self, error: Error) -> Error {
        if !self.has_overwritten {
            return error;
        }
        error
            .detail("not_restored", self.merged.as_str())
            .suggest_first(
                "Restore the description from its history in Linear: an edit was overwritten",
            )
    }

    /// Returns the EDIT_CONFLICT error.
    fn conflict(&self) -> Error {
        let issue = self.issue.identifier.as_str();
        let end = match self.has_overwritten {
            true => "their text was overwritten",
            false => "their text stands",
        };
        let message = format!(
            "The description of '{issue}' was edited by somebody else at the same time; {end}"
        );
        let error = Error::new(Code::EditConflict, message)
            .detail("input", issue)
            .suggest(format!(
                "Call get_issue {issue} to see the checklist as it is now, then repeat the request"
            ));
        self.with_overwritten(error)
    }
}

//! Writing a description without losing what somebody else writes at the same moment.
//!
//! Linear has no conditional write (`linear/api.md` §6), and a query cannot travel with a mutation. But mutations in
//! one document run one after the other, so an update that sets nothing goes first: its answer shows the description
//! as it stood when the write came, a moment before it was overwritten. Where that is not the text that the write was
//! made from, somebody else has edited it since: their changes are put together with all that have been seen before
//! ([`Merge`]), the work is done again on that, and it is written in the same way. So no text is written without a look
//! at the one that it replaces. After the last attempt at the work, what others wrote is put back likewise, and the
//! caller is told EDIT_CONFLICT.
//!
//! What cannot be noticed is an edit between the two mutations of one request, an edit that falls into a write whose
//! answer is lost, and any edit at all should Linear refuse the update that sets nothing. What a process has overwritten
//! and not put back when it dies is lost, too. A box that somebody unticks in just that moment is ticked again, and told
//! of: a text that lacks a tick may have been made before it. Processes of one machine take turns by a lock
//! ([`crate::session::Locks`]), which leaves these cases to several machines and to people.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

use super::edit::{Edit, Job};
use super::words;
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

/// How often the work is done at most.
const ATTEMPTS: usize = 12;
/// How many items a warning names.
const NAMED: usize = 5;
/// How often it is sent at most without an answer.
const LOST: usize = 3;
/// How often it is tried at most to put back what was overwritten, without the work.
const RESTORES: usize = 4;
/// The longest pause before the third attempt; it doubles with each one behind it, up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(50);
/// The longest pause before any attempt.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Writes the edit; answers it as it was made in the end, with the text that Linear keeps.
///
/// # Errors
/// EDIT_CONFLICT, OUTCOME_UNKNOWN when an answer was lost for good, or ISSUE_UPDATE_FAILED.
pub(super) async fn write(
    cx: &Context<'_>,
    issue: &model::IssueText,
    job: &Job,
    edit: Edit,
) -> Result<(Edit, Option<String>), Error> {
    let first = issue.description.clone().unwrap_or_default();
    let mut writing = Writing {
        cx,
        issue,
        expected: issue.clone(),
        merge: Merge::of(&first, job.checked),
        others: first,
        owes: false,
        dropped: false,
        doubtful: Vec::new(),
        comment: job.comment.then(|| comment(cx, issue, &edit)),
        commented: false,
        probes: true,
        sendings: 0,
        lost: None,
        text: edit.text.clone(),
    };
    let mut edit = Some(edit);
    let (mut attempt, mut lost) = (0, 0);
    let mut last = Outcome::Written(None);
    // Why what others wrote could not be put back.
    let mut refusal = None;
    loop {
        attempt += 1;
        last = match writing.attempt().await {
            Ok(outcome) => outcome,
            // The work was given up before or, since what others wrote has been overwritten, ends unfinished: an error that
            // says no more than that something was not sent would hide that.
            Err(error) if edit.is_none() || (writing.owes && is_unsent(&error)) => {
                refusal = Some(error);
                break;
            }
            Err(error) => {
                writing.tell_of_comment();
                return Err(error);
            }
        };
        let theirs = match &last {
            Outcome::Written(_) => break,
            Outcome::NotExecuted(_) => {
                lost += 1;
                if lost == LOST {
                    break;
                }
                continue;
            }
            Outcome::Lost(text) | Outcome::Overwrote(text) => text.clone().unwrap_or_default(),
        };
        writing.add(job, &theirs);
        // The first repetition is made at once; if others come in between again, it is better to let them.
        if attempt > 1 && attempt < ATTEMPTS + RESTORES {
            pause(cx, attempt + 1).await;
            writing.look_again(job).await;
        }
        // Once it is given up, or cannot be done any more, only what others wrote is put back.
        edit = edit
            .filter(|_| attempt < ATTEMPTS)
            .and_then(|_| job.again(&writing.others));
        writing.text = match &edit {
            Some(edit) => edit.text.clone(),
            None => writing.others.clone(),
        };
        let kept = writing.expected.description.as_deref().unwrap_or_default();
        if is_alike(kept, &writing.text) {
            // It was executed, and nothing of what stood there is missing.
            writing.owes = false;
            last = Outcome::Written(writing.expected.description.clone());
            break;
        }
        if attempt >= ATTEMPTS + RESTORES {
            break;
        }
    }
    if writing.dropped {
        cx.warn("somebody else changed the same lines of the description; theirs stand");
    }
    if !writing.doubtful.is_empty() {
        let more = writing.doubtful.len().saturating_sub(NAMED);
        writing.doubtful.truncate(NAMED);
        cx.warn(format!(
            "somebody else may have changed these boxes back at the same moment, and they stay as they were: '{}'{}",
            writing.doubtful.join("', '"),
            if more > 0 { format!(" and {more} more") } else { String::new() },
        ));
    }
    match (last, edit) {
        (Outcome::Written(text), Some(edit)) if refusal.is_none() => {
            writing.add_comment().await;
            return Ok((edit, text));
        }
        (Outcome::NotExecuted(failure), _) => {
            writing.tell_of_comment();
            return Err(writing.owing(writing.failed(failure)));
        }
        _ => {}
    }
    writing.tell_of_comment();
    let conflict = writing.conflict();
    Err(match refusal {
        Some(error) => conflict.detail("reason", error_line(&error)),
        None => conflict,
    })
}

/// Whether an error of a write says that it was not sent.
fn is_unsent(error: &Error) -> bool {
    let code = error.code();
    !code.is_refused_write() && code.retry() != Retry::Check
}

/// Waits a part of the pause before an attempt, by chance, so that several writers get apart.
async fn pause(cx: &Context<'_>, attempt: usize) {
    let doubled = u32::try_from(attempt.saturating_sub(3)).unwrap_or(u32::MAX);
    let longest = PAUSE
        .saturating_mul(2_u32.saturating_pow(doubled))
        .min(LONGEST_PAUSE);
    let random = RandomState::new().build_hasher().finish() % 1000;
    let part = u32::try_from(random).unwrap_or_default();
    cx.pause(longest * part / 1000).await;
}

/// What became of one attempt.
#[derive(Debug)]
enum Outcome {
    /// It was written over the text that it was made from; this is what Linear keeps.
    Written(Option<String>),
    /// It was written over this text, which somebody else had written in between.
    Overwrote(Option<String>),
    /// Its answer was lost, and this text stands there now, which is not the one that it was made from.
    Lost(Option<String>),
    /// It came to this, and nothing has changed since.
    NotExecuted(Failure),
}

/// What became of one sending.
#[derive(Debug)]
enum Sent {
    /// It was written: the text that stood there before it, where that was asked for, and the one that Linear keeps.
    Written {
        before: Option<model::IssueText>,
        kept: model::IssueText,
    },
    /// Linear refused the update that sets nothing, and nothing was written.
    ProbeRefused,
    /// It may have been written, or not.
    Lost(Failure),
}

struct Writing<'a> {
    cx: &'a Context<'a>,
    issue: &'a model::IssueText,
    /// The text that the next write should find.
    expected: model::IssueText,
    /// What the next write sets.
    text: String,
    /// What others have made of the description, as far as it has been seen.
    others: String,
    merge: Merge,
    /// Whether something of what others wrote has been overwritten and is not put back yet.
    owes: bool,
    /// Whether somebody's lines were given up for somebody else's.
    dropped: bool,
    /// The items that somebody else may have unticked, or ticked where this operation unticks.
    doubtful: Vec<String>,
    /// The comment, as long as it has not been made.
    comment: Option<CommentCreateInput>,
    /// Whether it has been made.
    commented: bool,
    /// Whether an update that sets nothing goes first.
    probes: bool,
    /// How often it has been sent.
    sendings: usize,
    /// The failure of a sending that was not found executed, and may have been all the same: reads may lag.
    lost: Option<Failure>,
}

impl Writing<'_> {
    /// Takes in what somebody else has written. The boxes that this operation sets are no change of theirs: it may have
    /// set them itself.
    fn add(&mut self, job: &Job, theirs: &str) {
        let theirs = job.undone(theirs, &self.others);
        let merged = self.merge.add(&self.others, &theirs);
        self.others = merged.text;
        self.dropped |= merged.dropped;
        self.doubtful.extend(merged.doubtful);
    }

    /// Takes in what stands there now, so that the next write finds it. Where that cannot be read, the next write finds
    /// out by itself.
    async fn look_again(&mut self, job: &Job) {
        let id = self.issue.id.clone();
        let look = [Part::of::<IssueText>(issue_text::Variables { id })];
        if let Ok(mut answers) = self.cx.settle(&look).await
            && let Ok(now) = answers.take::<IssueText>(0)
        {
            let dropped = self.dropped;
            self.add(job, now.issue.description.as_deref().unwrap_or_default());
            // What stands there has been written over what was seen before, knowingly or not.
            self.dropped = dropped;
            self.expected = now.issue;
        }
    }

    async fn attempt(&mut self) -> Result<Outcome, Error> {
        let sent = match self.send().await {
            Ok(sent) => sent,
            Err(error) => {
                // What kept the last sending from success says nothing of the one before it.
                let lost = self.lost.take().map(|lost| self.failed(lost));
                return Err(self.owing(lost.unwrap_or(error)));
            }
        };
        match sent {
            Sent::Written { before, kept } => {
                self.lost = None;
                let seen = before.filter(|seen| !is_same(seen, &self.expected));
                self.owes = seen.is_some();
                self.expected = kept;
                Ok(match seen {
                    Some(seen) => Outcome::Overwrote(seen.description),
                    None => Outcome::Written(self.expected.description.clone()),
                })
            }
            // Nothing was written; without the probe it may be.
            Sent::ProbeRefused => {
                self.probes = false;
                self.sendings = 0;
                Box::pin(self.attempt()).await
            }
            Sent::Lost(failure) => self.settle(failure).await,
        }
    }

    /// Sends the write once, and sees to its comment.
    ///
    /// # Errors
    /// What Linear said of the write, or what kept it from being sent.
    async fn send(&mut self) -> Result<Sent, Error> {
        let mut writes = WriteSet::default();
        let probe = self.probes.then(|| {
            writes
                .change_after::<IssueDescribe>(super::describe(&self.issue.id, Patch::Absent), None)
        });
        let new = super::describe(&self.issue.id, Patch::Set(self.text.clone()));
        let description = writes.change_after::<IssueDescribe>(new, None);
        // A later sending goes without the comment, which may have been made by an earlier one.
        let rides = self.comment.clone().filter(|_| self.sendings == 0);
        self.sendings += 1;
        let comment = rides.map(|input| {
            let part = Part::of::<CommentCreate>(comment_create::Variables { input });
            writes.change_after::<CommentCreate>(part, None)
        });
        let ended = loop {
            match writes.submit(self.cx).await {
                Ok(None) => break None,
                Ok(Some((place, _))) if Some(place) == probe => {
                    // An error ends the document in front of the write; `success: false` does not.
                    if !writes.is_done(description) && writes.unknown(description).is_none() {
                        return Ok(Sent::ProbeRefused);
                    }
                }
                Ok(Some((place, failure))) if Some(place) == comment => self.no_comment(failure),
                Ok(Some((_, failure))) => return Err(self.failed(failure)),
                Err(failure) => break Some(failure),
            }
        };
        if let Some(place) = comment {
            if writes.is_done(place) {
                self.commented = true;
                self.comment = None;
            } else if let (true, Some(failure)) = (writes.is_done(description), &ended) {
                self.no_comment(failure.clone());
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
                let probe_lost = probe.and_then(|probe| writes.unknown(probe)).cloned();
                match (lost.or(probe_lost), ended) {
                    (Some(lost), _) => Ok(Sent::Lost(lost)),
                    (None, ended) => Err(self.failed(ended.unwrap_or_else(unreadable))),
                }
            }
        }
    }

    /// Looks what became of a write whose answer was lost, and whether its comment is there. One that is not found may
    /// still be there, since reads may lag.
    async fn settle(&mut self, lost: Failure) -> Result<Outcome, Error> {
        let id = self.issue.id.clone();
        let mut look = vec![Part::of::<IssueText>(issue_text::Variables { id })];
        let comment = self.comment.as_ref();
        look.extend(comment.map(|comment| Comments::one(Filter::eq("id", comment.id.as_str()))));
        let Ok(mut answers) = self.cx.settle(&look).await else {
            return Err(self.owing(self.failed(lost)));
        };
        let Ok(now) = answers.take::<IssueText>(0) else {
            return Err(self.owing(self.failed(lost)));
        };
        if self.comment.is_some()
            && let Ok(found) = answers.take::<Comments>(1)
            && Comments::first(found).is_some()
        {
            self.commented = true;
            self.comment = None;
        }
        self.lost = Some(lost.clone());
        let changed = now.issue.updated_at != self.expected.updated_at;
        self.expected = now.issue;
        Ok(if changed {
            Outcome::Lost(self.expected.description.clone())
        } else {
            Outcome::NotExecuted(lost)
        })
    }

    /// Adds the comment, as long as it is not known to be there. It has one id whatever becomes of it, so that it is
    /// never there twice.
    async fn add_comment(&mut self) {
        let Some(input) = self.comment.clone() else {
            return;
        };
        let id = input.id.clone();
        let part = Part::of::<CommentCreate>(comment_create::Variables { input });
        match write::create::<CommentCreate, Comments>(self.cx, part, &id).await {
            Ok(_) => self.comment = None,
            Err(failure) => self.no_comment(failure),
        }
    }

    fn no_comment(&mut self, failure: Failure) {
        self.comment = None;
        // The boxes are the other half.
        self.cx.part(true);
        self.cx.part(false);
        let error = failure.writing(Code::CommentCreationFailed, "comment on it", "");
        self.cx.warn(format!("comment not added: {}", error_line(&error)));
    }

    /// Warns of a comment that was added to an edit that then failed.
    fn tell_of_comment(&self) {
        if self.commented {
            self.cx
                .warn("the comment that tells of it was added all the same");
        }
    }

    fn failed(&self, failure: Failure) -> Error {
        let issue = self.issue.identifier.as_str();
        failure.writing(
            Code::IssueUpdateFailed,
            &format!("update the checklist of issue '{issue}'"),
            &format!("Call get_issue {issue} to see its checklist"),
        )
    }

    /// The error with what has been overwritten and is not put back, where that is so.
    fn owing(&self, error: Error) -> Error {
        if !self.owes {
            return error;
        }
        error
            .detail("not_restored", self.others.as_str())
            .suggest_first(
                "Restore the description from its history in Linear: an edit was overwritten",
            )
    }

    fn conflict(&self) -> Error {
        let issue = self.issue.identifier.as_str();
        let end = match self.owes {
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
        self.owing(error)
    }
}

fn unreadable() -> Failure {
    Failure::Malformed("the answer has no readable description".to_owned())
}

fn is_same(seen: &model::IssueText, expected: &model::IssueText) -> bool {
    fn dated(of: &model::IssueText) -> super::Dated<'_> {
        (of.description.as_deref(), of.updated_at.as_str())
    }
    super::is_unedited(dated(seen), dated(expected))
}

fn comment(cx: &Context<'_>, issue: &model::IssueText, edit: &Edit) -> CommentCreateInput {
    CommentCreateInput {
        id: cx.session.clock.new_id(),
        issue_id: issue.id.clone(),
        body: words(edit),
        parent_id: None,
    }
}

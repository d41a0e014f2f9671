//! Writing a description without losing what somebody else writes at the same moment.
//!
//! Linear has no conditional write (`linear/api.md` §6), and a query cannot travel with a mutation. But mutations in
//! one document run one after the other, so an update that sets nothing goes first: its answer shows the description
//! as it stood when the write came, a moment before it was overwritten. Where that is not the text that the write was
//! made from, somebody else has edited it since: the work is done again on their text, which so comes back with the
//! boxes set. After the last attempt their text is put back as it was, and the caller is told EDIT_CONFLICT.
//!
//! What cannot be noticed is an edit between the two mutations of one request, an edit that falls into a write whose
//! answer is lost, and any edit at all should Linear refuse the update that sets nothing.

use super::edit::{Edit, Job};
use super::words;
use crate::error::{Code, Error};
use crate::linear::client::{Expected, Lookup};
use crate::linear::compose::Part;
use crate::linear::documents::{
    CommentCreate, Comments, IssueDescribe, IssueText, Listing as _, comment_create,
    issue_describe, issue_text,
};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model;
use crate::linear::scalars::{CommentCreateInput, IssueUpdateInput};
use crate::operations::issue::labels::told;
use crate::operations::write::{self, WriteSet};
use crate::params::Patch;
use crate::session::Cx;

/// How often the work is done at most.
const ATTEMPTS: usize = 3;

/// Writes the edit; answers it as it was made in the end, with the text that Linear keeps.
///
/// # Errors
/// EDIT_CONFLICT, OUTCOME_UNKNOWN when an answer was lost for good, or ISSUE_UPDATE_FAILED.
pub(super) async fn write(
    cx: &Cx<'_>,
    issue: &model::IssueText,
    job: &Job,
    edit: Edit,
) -> Result<(Edit, Option<String>), Error> {
    let mut writing = Writing {
        cx,
        issue,
        expected: issue.clone(),
        comment: job.comment.then(|| comment(cx, issue, &edit)),
        commented: false,
        probes: true,
        sendings: 0,
        edit,
    };
    let mut last = Outcome::Written(None);
    for _ in 0..ATTEMPTS {
        last = writing.attempt().await?;
        let text = match &last {
            Outcome::Written(text) => {
                writing.add_comment().await;
                return Ok((writing.edit, text.clone()));
            }
            Outcome::NotExecuted(_) => continue,
            Outcome::Lost(text) | Outcome::Overwrote(text) => text,
        };
        let next = job.again(text.as_deref().unwrap_or_default());
        match (&last, next) {
            // It was executed; only its answer was lost.
            (Outcome::Lost(text), Some(next)) if next.changed.is_empty() => {
                writing.add_comment().await;
                return Ok((writing.edit, text.clone()));
            }
            // The boxes were set by an earlier sending, whose answer was lost.
            (_, Some(next)) if next.changed.is_empty() => writing.edit.text = next.text,
            (_, Some(next)) => writing.edit = next,
            (_, None) => break,
        }
    }
    if writing.commented {
        cx.warn("the comment that tells of it was added all the same");
    }
    Err(match last {
        Outcome::NotExecuted(failure) => writing.failed(failure),
        Outcome::Overwrote(theirs) => writing.put_back(theirs).await,
        Outcome::Lost(_) | Outcome::Written(_) => writing.conflict("their text stands"),
    })
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
    cx: &'a Cx<'a>,
    issue: &'a model::IssueText,
    /// The text that the next write should find.
    expected: model::IssueText,
    edit: Edit,
    /// The comment, as long as it has not been made.
    comment: Option<CommentCreateInput>,
    /// Whether it has been made.
    commented: bool,
    /// Whether an update that sets nothing goes first.
    probes: bool,
    /// How often it has been sent.
    sendings: usize,
}

impl Writing<'_> {
    async fn attempt(&mut self) -> Result<Outcome, Error> {
        match self.send().await? {
            Sent::Written { before, kept } => match before {
                Some(seen) if !is_same(&seen, &self.expected) => {
                    self.expected = kept;
                    Ok(Outcome::Overwrote(seen.description))
                }
                _ => Ok(Outcome::Written(kept.description)),
            },
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
        let probe = self
            .probes
            .then(|| writes.change_after::<IssueDescribe>(self.describe(Patch::Absent), None));
        let text = Patch::Set(self.edit.text.clone());
        let description = writes.change_after::<IssueDescribe>(self.describe(text), None);
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
                Ok(Some((place, _))) if Some(place) == probe => return Ok(Sent::ProbeRefused),
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

    fn describe(&self, description: Patch<String>) -> Part {
        Part::of::<IssueDescribe>(issue_describe::Variables {
            id: self.issue.id.clone(),
            input: IssueUpdateInput {
                description,
                ..IssueUpdateInput::default()
            },
        })
    }

    /// Looks what became of a write whose answer was lost, and whether its comment is there. One that is not found may
    /// still be there, since reads may lag.
    async fn settle(&mut self, lost: Failure) -> Result<Outcome, Error> {
        let id = self.issue.id.clone();
        let mut look = vec![Part::of::<IssueText>(issue_text::Variables { id })];
        let comment = self.comment.as_ref();
        look.extend(comment.map(|comment| Comments::one(Filter::eq("id", comment.id.as_str()))));
        let Ok(mut answers) = self.cx.settle(&look).await else {
            return Err(self.failed(lost));
        };
        let Ok(now) = answers.take::<IssueText>(0) else {
            return Err(self.failed(lost));
        };
        if self.comment.is_some()
            && let Ok(found) = answers.take::<Comments>(1)
            && Comments::first(found).is_some()
        {
            self.commented = true;
            self.comment = None;
        }
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
        self.cx.warn(format!("comment not added: {}", told(&error)));
    }

    fn failed(&self, failure: Failure) -> Error {
        let issue = self.issue.identifier.as_str();
        failure.writing(
            Code::IssueUpdateFailed,
            &format!("update the checklist of issue '{issue}'"),
            &format!("Call get_issue {issue} to see its checklist"),
        )
    }

    /// Puts back what was overwritten: better no box set than somebody's text lost.
    async fn put_back(&self, theirs: Option<String>) -> Error {
        let text = theirs.clone().map_or(Patch::Clear, Patch::Set);
        let mut writes = WriteSet::default();
        let id = self.issue.id.clone();
        let query = Part::of::<IssueText>(issue_text::Variables { id });
        let lookup = Lookup::changed(query, Expected::Input);
        writes.change_after::<IssueDescribe>(self.describe(text), Some(lookup));
        let back = match writes.submit(self.cx).await {
            Ok(Some((_, failure))) | Err(failure) => Err(failure),
            Ok(None) => Ok(()),
        };
        match back {
            Ok(()) => self.conflict("their text stands"),
            Err(failure) => self
                .conflict("their text was overwritten")
                .detail("not_restored", theirs)
                .detail("reason", failure.to_string())
                .suggest_first(
                    "Restore the description from its history in Linear: an edit was overwritten",
                ),
        }
    }

    fn conflict(&self, end: &str) -> Error {
        let issue = self.issue.identifier.as_str();
        let message = format!(
            "The description of '{issue}' was edited by somebody else at the same time; {end}"
        );
        Error::new(Code::EditConflict, message)
            .detail("input", issue)
            .suggest(format!(
                "Call get_issue {issue} to see the checklist as it is now, then repeat the request"
            ))
    }
}

fn unreadable() -> Failure {
    Failure::Malformed("the answer has no readable description".to_owned())
}

/// Whether nobody has edited the text in between. Either sign is enough: Linear may word the same markdown differently
/// in the answer to a write and later, and an update that sets nothing may count as a change.
fn is_same(seen: &model::IssueText, expected: &model::IssueText) -> bool {
    seen.description == expected.description || seen.updated_at == expected.updated_at
}

fn comment(cx: &Cx<'_>, issue: &model::IssueText, edit: &Edit) -> CommentCreateInput {
    CommentCreateInput {
        id: cx.session.clock.new_id(),
        issue_id: issue.id.clone(),
        body: words(edit),
        parent_id: None,
    }
}

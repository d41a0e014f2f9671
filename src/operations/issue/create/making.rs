//! What makes an issue, in one request: its new labels, the issue, its links.

use std::sync::Arc;

use super::super::labels::{Applied, applied};
use super::super::links::Links;
use super::no_parent;
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{IssueCreate, IssuesWhole, issue_create};
use crate::linear::failure::Failure;
use crate::linear::model::{Issue, Label, Team};
use crate::linear::scalars::IssueCreateInput;
use crate::operations::issue;
use crate::operations::label::{self, Ensured, Plan};
use crate::operations::write::{WriteSet, Written};
use crate::params::{LabelSpec, Link};
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// An issue that is about to be made.
#[derive(Debug)]
pub(super) struct Making<'p> {
    input: IssueCreateInput,
    parent: Option<&'p IssueRef>,
    among: Vec<Arc<Label>>,
    labels: Plan,
    /// The place of the issue.
    issue: usize,
    links: Links,
    /// Whether Linear has refused several labels of one group.
    one_of_group: bool,
    writes: WriteSet,
}

impl<'p> Making<'p> {
    /// Plans the issue with these labels, of which there are those `among`, and these links. Nothing is sent yet.
    ///
    /// # Errors
    /// INVALID_PARAM for more new labels than one call may make.
    pub(super) fn plan(
        cx: &Context<'_>,
        mut input: IssueCreateInput,
        parent: Option<&'p IssueRef>,
        (team, among): (&Arc<Team>, Vec<Arc<Label>>),
        (specs, links): (&[LabelSpec], &[Link]),
    ) -> Result<Self, Error> {
        let mut writes = WriteSet::default();
        let labels = Plan::make(cx, team, &among, specs, true, &mut writes)?;
        let applied = applied(&among, &labels.ensured, false);
        input.label_ids = applied.ids;
        let issue = writes.create_after::<IssueCreate, IssuesWhole>(part(&input), &input.id);
        if applied.has_siblings {
            writes.may_be_refused(issue);
        }
        let links = Links::plan(cx, (&input.id, issue), links, &mut writes);
        Ok(Self {
            input,
            parent,
            among,
            labels,
            issue,
            links,
            one_of_group: false,
            writes,
        })
    }

    /// The id that the issue gets.
    pub(super) fn id(&self) -> String {
        self.input.id.clone()
    }

    /// Makes it, and returns what became of its labels, too. A label or a link that fails is told of in a warning.
    ///
    /// # Errors
    /// ISSUE_NOT_FOUND for a parent that is not there, ISSUE_CREATION_FAILED, or what became of the request; with the
    /// labels that were made, which stay.
    pub(super) async fn send(
        mut self,
        cx: &Context<'_>,
    ) -> Result<(Written<Issue>, Vec<Ensured>), Error> {
        let ended = loop {
            match self.writes.submit(cx).await {
                Ok(None) => break None,
                Ok(Some((place, failure))) => self.declined(cx, place, failure).await?,
                Err(failure) if self.writes.is_done(self.issue) => break Some(failure),
                Err(failure) => return Err(self.failed(cx, failure)),
            }
        };
        if !self.writes.is_done(self.issue) {
            let failure = Failure::Malformed("the issue was not sent".to_owned());
            return Err(self.failed(cx, failure));
        }
        self.labels.take_in(cx, &self.writes);
        label::step(cx, &self.labels.ensured);
        self.applied().report(cx);
        cx.part(true);
        let issue = self.writes.entity::<Issue>(self.issue);
        let name = issue.as_ref().map_or(&self.input.id, |of| &of.identifier);
        cx.step(format!("create_issue: {name}"));
        let attachments = self.links.report(cx, &self.writes, ended.as_ref());
        let written = match issue {
            Some(issue) => Written::Entity(Issue {
                attachments,
                ..issue
            }),
            None => Written::Unread,
        };
        Ok((written, self.labels.ensured))
    }

    /// Sees to a write that Linear declined, so that the rest can be sent.
    async fn declined(
        &mut self,
        cx: &Context<'_>,
        place: usize,
        failure: Failure,
    ) -> Result<(), Error> {
        if place == self.issue {
            let refused = matches!(failure, Failure::Refused(_));
            if refused && !self.one_of_group && self.applied().has_siblings {
                self.one_of_group = true;
            } else if !self.labels.stand_alone(cx, &mut self.writes).await {
                return Err(self.refused(cx, failure).await);
            }
        } else {
            if !self.labels.declined(cx, place, &failure).await {
                self.links.declined(&mut self.writes, place, &failure);
                return Ok(());
            }
        }
        self.input.label_ids = self.applied().ids;
        self.writes.replace(self.issue, part(&self.input));
        Ok(())
    }

    fn applied(&self) -> Applied {
        applied(&self.among, &self.labels.ensured, self.one_of_group)
    }

    /// The error of an issue that Linear declined.
    async fn refused(&mut self, cx: &Context<'_>, failure: Failure) -> Error {
        let error = match (&failure, self.parent) {
            (Failure::Refused(_), Some(parent)) if issue::is_missing(cx, parent).await => {
                Some(no_parent(parent))
            }
            _ => None,
        };
        match error {
            Some(error) => self.with_created(cx, error),
            None => self.failed(cx, failure),
        }
    }

    /// The error of an issue that could not be sent, or whose answer was lost.
    fn failed(&mut self, cx: &Context<'_>, failure: Failure) -> Error {
        let error = failure.into_write_error(
            Code::IssueCreationFailed,
            &format!("create issue '{}'", self.input.title),
            &format!(
                "Call get_issue {} to see whether it is there",
                self.input.id
            ),
        );
        self.with_created(cx, error)
    }

    fn with_created(&mut self, cx: &Context<'_>, error: Error) -> Error {
        self.labels.take_in(cx, &self.writes);
        label::with_labels(error, &self.labels, &self.writes)
    }
}

fn part(input: &IssueCreateInput) -> Part {
    Part::of::<IssueCreate>(issue_create::Variables {
        input: input.clone(),
    })
}

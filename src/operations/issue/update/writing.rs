//! What changes an issue, in one request: its new labels, and the update.

use std::sync::Arc;

use super::super::checklist::{describe, is_unedited};
use super::super::labels::Change;
use crate::error::{Code, Error};
use crate::linear::client::{Expected, Lookup};
use crate::linear::compose::Part;
use crate::linear::documents::{IssueDescribe, IssueGet, IssueUpdate, issue_update};
use crate::linear::failure::Failure;
use crate::linear::model::{Issue, IssueText, Label, Team};
use crate::linear::scalars::IssueUpdateInput;
use crate::operations::label::{self, Ensured, Plan};
use crate::operations::write::{WriteSet, Written};
use crate::patch::Patch;
use crate::session::Context;

/// An update that is about to be sent.
#[derive(Debug)]
pub(super) struct Writing<'p> {
    /// The issue, by its UUID or identifier.
    id: &'p str,
    /// What callers know it by.
    name: &'p str,
    /// The issue as it was, where that was read.
    before: Option<&'p Issue>,
    change: Change<'p>,
    input: IssueUpdateInput,
    labels: Option<Plan>,
    /// The place of the update; none where there is nothing to set.
    update: Option<usize>,
    /// The place of the update that sets nothing, whose answer shows the text that is overwritten.
    look: Option<usize>,
    writes: WriteSet,
}

impl<'p> Writing<'p> {
    /// Plans the update of an issue, which goes by an id and a name, with the change of its labels in the team. Where it
    /// `looks`, it sees the description that it overwrites. Nothing is sent yet.
    ///
    /// # Errors
    /// That of a label that there is not, or that no issue can get.
    pub(super) fn plan(
        cx: &Context<'_>,
        (id, name): (&'p str, &'p str),
        before: Option<&'p Issue>,
        change: Change<'p>,
        (team, among): (Option<&Arc<Team>>, &[Arc<Label>]),
        (mut input, looks): (IssueUpdateInput, bool),
    ) -> Result<Self, Error> {
        let mut writes = WriteSet::default();
        change.take_off(cx, before, &mut input);
        let labels = change.plan(cx, before, among, team, &mut writes)?;
        if let Some(labels) = &labels {
            // A label that there cannot be is told before anything is sent.
            if let Some(error) = first_error(labels) {
                return Err(error);
            }
            change.put(labels, &mut input);
        }
        let look = looks.then(|| {
            let lookup = Lookup::changed(IssueGet::alone(id), Expected::Input);
            writes.change_after::<IssueDescribe>(describe(id, Patch::Absent), Some(lookup))
        });
        let update = (input != IssueUpdateInput::default()).then(|| {
            let lookup = Lookup::changed(IssueGet::alone(id), Expected::Input);
            writes.change_after::<IssueUpdate>(part(id, &input), Some(lookup))
        });
        Ok(Self {
            id,
            name,
            before,
            change,
            input,
            labels,
            update,
            look,
            writes,
        })
    }

    /// Sends it, and answers the issue as it is now; `None` where there was nothing to set.
    ///
    /// # Errors
    /// ISSUE_UPDATE_FAILED, or what became of the request, with the labels that were made, which stay. A label that could
    /// not be made is left out with a warning, and is the error only where nothing else is to be set.
    pub(super) async fn send(&mut self, cx: &Context<'_>) -> Result<Option<Written<Issue>>, Error> {
        loop {
            match self.writes.submit(cx).await {
                Ok(None) => break,
                Ok(Some((place, failure))) => self.declined(cx, place, failure).await?,
                Err(failure) => return Err(self.failed(cx, failure)),
            }
        }
        if let Some(update) = self.update.filter(|update| !self.writes.is_done(*update)) {
            let none = || Failure::Malformed("the update was not sent".to_owned());
            let failure = self.writes.unknown(update).cloned().unwrap_or_else(none);
            return Err(self.failed(cx, failure));
        }
        let after = self.update.map(|update| match self.writes.entity(update) {
            Some(issue) => Written::Entity(issue),
            None => Written::Unread,
        });
        if let Some(labels) = &mut self.labels {
            labels.take_in(cx, &self.writes);
            label::step(cx, &labels.ensured);
            if first_error(labels).is_some() {
                Change::report(labels, cx);
            }
        }
        Ok(after)
    }

    /// Sees to a write that Linear declined, so that the rest can be sent.
    async fn declined(
        &mut self,
        cx: &Context<'_>,
        place: usize,
        failure: Failure,
    ) -> Result<(), Error> {
        if self.look == Some(place) {
            // Without it, the update is as good as any.
            return Ok(());
        }
        let again = match &mut self.labels {
            Some(labels) if self.update == Some(place) => {
                labels.stand_alone(cx, &mut self.writes).await
            }
            Some(labels) => labels.declined(cx, place, &failure).await,
            None => false,
        };
        if !again {
            return Err(self.failed(cx, failure));
        }
        if let Some(labels) = &self.labels {
            self.change.put(labels, &mut self.input);
            if self.input == IssueUpdateInput::default()
                && let Some(error) = first_error(labels)
            {
                return Err(self.with_labels(cx, error));
            }
        }
        if let Some(update) = self.update {
            self.writes.replace(update, part(self.id, &self.input));
        }
        Ok(())
    }

    /// The description that stood there when the update came, where it is not the one that was read `before`: somebody
    /// else has written it in between. A look that came late sees what was written.
    pub(super) fn overwritten(&self, before: &Issue, after: &Issue) -> Option<Option<String>> {
        let seen: IssueText = self.writes.entity(self.look?)?;
        let is = |of: &Issue| {
            let (text, at) = (of.description.as_deref(), of.updated_at.as_str());
            is_unedited((seen.description.as_deref(), &seen.updated_at), (text, at))
        };
        let is_others = !is(before) && !is(after);
        is_others.then_some(seen.description)
    }

    /// What became of the labels that the issue was to have or to get.
    pub(super) fn ensured(&self) -> &[Ensured] {
        self.labels.as_ref().map_or(&[], |labels| &labels.ensured)
    }

    /// The error of an update that was refused, with what is known of the issue as it was: a label on it may stand in
    /// the way of one of the same group.
    pub(super) fn explained(&self, error: Error, before: Option<&Issue>) -> Error {
        match &self.labels {
            Some(labels) => self
                .change
                .explain_siblings(error, before, labels, &self.input),
            None => error,
        }
    }

    fn failed(&mut self, cx: &Context<'_>, failure: Failure) -> Error {
        let name = self.name;
        let refused = matches!(failure, Failure::Refused(_));
        let error = failure.into_write_error(
            Code::IssueUpdateFailed,
            &format!("update issue '{name}'"),
            &format!("Call get_issue {name} to see whether it was changed"),
        );
        let error = if refused {
            self.explained(error, self.before)
        } else {
            error
        };
        self.with_labels(cx, error)
    }

    /// The error with the labels that were made for the update, or may have been.
    fn with_labels(&mut self, cx: &Context<'_>, error: Error) -> Error {
        let Some(labels) = &mut self.labels else {
            return error;
        };
        labels.take_in(cx, &self.writes);
        label::with_labels(error, labels, &self.writes)
    }
}

/// The error of the first label that there is not.
fn first_error(labels: &Plan) -> Option<Error> {
    let mut outcomes = labels.ensured.iter().map(|of| &of.outcome);
    outcomes.find_map(|outcome| outcome.as_ref().err().cloned())
}

fn part(id: &str, input: &IssueUpdateInput) -> Part {
    Part::of::<IssueUpdate>(issue_update::Variables {
        id: id.to_owned(),
        input: input.clone(),
    })
}

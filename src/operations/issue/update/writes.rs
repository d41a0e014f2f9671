//! The writes of `update_issue`: the labels that it creates, and the update, all in one request.

use std::sync::Arc;

use super::super::labels::LabelChange;
use super::super::optional_writes::{OptionalChange, OptionalWrites};
use crate::error::{Code, Error};
use crate::linear::client::{Expected, Lookup};
use crate::linear::compose::Part;
use crate::linear::documents::{self, IssueDescribe, IssueGet, issue_update};
use crate::linear::failure::Failure;
use crate::linear::model::{Issue, Label, Team};
use crate::linear::scalars::IssueUpdateInput;
use crate::operations::label::{self, LabelOutcome, Plan};
use crate::operations::text_write::{Dated, SetsText as _};
use crate::operations::write::{WriteSet, Written};
use crate::session::Context;

/// The writes that update one issue.
#[derive(Debug)]
pub(super) struct IssueUpdate<'p> {
    /// The UUID or the identifier of the issue.
    id: &'p str,
    /// The name of the issue in error messages.
    name: &'p str,
    /// The issue before the update, if it was read.
    before: Option<&'p Issue>,
    label_change: LabelChange<'p>,
    input: IssueUpdateInput,
    label_plan: Option<Plan>,
    /// The place of the update among the writes, or `None` if it sets nothing.
    update_place: Option<usize>,
    /// The place of the probe among the writes: an update that sets nothing, in front of the real one. The response to
    /// the probe shows the description that the real update overwrites.
    probe_place: Option<usize>,
    optional_writes: OptionalWrites,
    /// The optional changes that were made.
    made_changes: Vec<OptionalChange>,
    writes: WriteSet,
}

impl<'p> IssueUpdate<'p> {
    /// Plans the writes for the issue with this id and name, and sends nothing yet. `team_labels` are the existing
    /// labels that the team can use. If `probes` is set, the overwritten description is read as well. The
    /// `optional_changes` are sent behind the update; the id has to be a UUID if there are any.
    ///
    /// # Errors
    /// The error of the first label that cannot be created or that no issue can have.
    pub(super) fn plan(
        cx: &Context<'_>,
        (id, name): (&'p str, &'p str),
        before: Option<&'p Issue>,
        label_change: LabelChange<'p>,
        (team, team_labels): (Option<&Arc<Team>>, &[Arc<Label>]),
        (mut input, probes): (IssueUpdateInput, bool),
        optional_changes: Vec<OptionalChange>,
    ) -> Result<Self, Error> {
        let mut writes = WriteSet::default();
        label_change.set_removed(cx, before, &mut input);
        let label_plan = label_change.plan(cx, before, team_labels, team, &mut writes)?;
        if let Some(plan) = &label_plan {
            if let Some(error) = first_label_error(plan) {
                return Err(error);
            }
            label_change.set_planned(plan, &mut input);
        }
        let lookup = || Some(Lookup::changed(IssueGet::alone(id), Expected::Input));
        let probe_place = probes
            .then(|| writes.change_after::<IssueDescribe>(IssueDescribe::set(id, None), lookup()));
        let update_place = (input != IssueUpdateInput::default())
            .then(|| writes.change_after::<documents::IssueUpdate>(mutation(id, &input), lookup()));
        let optional_writes =
            OptionalWrites::of_existing(optional_changes, (id, update_place), &mut writes);
        Ok(Self {
            id,
            name,
            before,
            label_change,
            input,
            label_plan,
            update_place,
            probe_place,
            optional_writes,
            made_changes: Vec::new(),
            writes,
        })
    }

    /// Sends the writes. Returns the issue after the update, or `None` if the update sets nothing. A label that could
    /// not be created is left out with a warning, and so is an optional change that fails.
    ///
    /// # Errors
    /// ISSUE_UPDATE_FAILED, or the [`Failure`] of the request; the error of a label if nothing else is left to set, or of
    /// the first optional change if the update consists of such changes and none was made. Each error lists the labels
    /// that were created, because they stay.
    pub(super) async fn send(&mut self, cx: &Context<'_>) -> Result<Option<Written<Issue>>, Error> {
        let is_updated = |update: &Self| match update.update_place {
            Some(place) => update.writes.is_done(place),
            None => !update.optional_writes.is_empty(),
        };
        let last_failure = loop {
            match self.writes.submit(cx).await {
                Ok(None) => break None,
                Ok(Some((place, failure))) => self.handle_rejection(cx, place, failure).await?,
                Err(failure) if is_updated(self) => break Some(failure),
                Err(failure) => return Err(self.update_error(cx, failure)),
            }
        };
        if let Some(place) = self
            .update_place
            .filter(|place| !self.writes.is_done(*place))
        {
            let not_sent = || Failure::Malformed("the update was not sent".to_owned());
            let failure = self.writes.unknown(place).cloned().unwrap_or_else(not_sent);
            return Err(self.update_error(cx, failure));
        }
        if self.update_place.is_none()
            && let Some(failure) =
                (self.optional_writes).failure_of_all(&self.writes, last_failure.as_ref())
        {
            return Err(self.update_error(cx, failure));
        }
        if self.update_place.is_some() && !self.optional_writes.is_empty() {
            cx.part(true);
        }
        self.made_changes = (self.optional_writes).report(cx, &self.writes, last_failure.as_ref());
        let after = self
            .update_place
            .map(|place| match self.writes.entity(place) {
                Some(issue) => Written::Entity(issue),
                None => Written::Unread,
            });
        if let Some(plan) = &mut self.label_plan {
            plan.take_in(cx, &self.writes);
            label::report(cx, &plan.ensured);
            if first_label_error(plan).is_some() {
                LabelChange::report(plan, cx);
            }
        }
        Ok(after)
    }

    /// Adjusts the writes after Linear has rejected the one at `place`, so that the remaining writes can be sent.
    ///
    /// # Errors
    /// The error of the update, if there is no other way to make it.
    async fn handle_rejection(
        &mut self,
        cx: &Context<'_>,
        place: usize,
        failure: Failure,
    ) -> Result<(), Error> {
        if self.probe_place == Some(place) {
            // The update works without the probe, but nobody then notices an edit of somebody else.
            return Ok(());
        }
        if self.optional_writes.handle_rejection(place, &failure) {
            return Ok(());
        }
        let can_retry = match &mut self.label_plan {
            Some(plan) if self.update_place == Some(place) => {
                plan.drop_shared(cx, &mut self.writes).await
            }
            Some(plan) => plan.declined(cx, place, &failure).await,
            None => false,
        };
        if !can_retry {
            return Err(self.update_error(cx, failure));
        }
        if let Some(plan) = &self.label_plan {
            self.label_change.set_planned(plan, &mut self.input);
            if self.input == IssueUpdateInput::default()
                && let Some(error) = first_label_error(plan)
            {
                return Err(self.with_created_labels(cx, error));
            }
        }
        if let Some(place) = self.update_place {
            self.writes.replace(place, mutation(self.id, &self.input));
        }
        Ok(())
    }

    /// Returns the description that the update replaced, as the response to the probe shows it.
    pub(super) fn replaced_description(&self) -> Option<Dated> {
        let seen = self.writes.entity(self.probe_place?)?;
        Some(IssueDescribe::text(&seen))
    }

    /// Returns the optional changes that were made.
    pub(super) fn made_changes(&self) -> &[OptionalChange] {
        &self.made_changes
    }

    /// Returns the outcome of each label that the update sets or adds.
    pub(super) fn label_outcomes(&self) -> &[LabelOutcome] {
        self.label_plan.as_ref().map_or(&[], |plan| &plan.ensured)
    }

    /// Returns the error of an update that Linear rejected, with the labels that may be the reason. `before` is the
    /// issue before the update: a label that it has may exclude another label of the same group.
    pub(super) fn explain_rejection(&self, error: Error, before: Option<&Issue>) -> Error {
        match &self.label_plan {
            Some(plan) => self
                .label_change
                .explain_siblings(error, before, plan, &self.input),
            None => error,
        }
    }

    /// Returns the error for an update that was not made, or whose response was lost.
    fn update_error(&mut self, cx: &Context<'_>, failure: Failure) -> Error {
        let name = self.name;
        let is_refused = matches!(failure, Failure::Refused(_));
        let error = failure.into_write_error(
            Code::IssueUpdateFailed,
            &format!("update issue '{name}'"),
            &format!("Call get_issue {name} to see whether it was changed"),
        );
        let error = if is_refused {
            self.explain_rejection(error, self.before)
        } else {
            error
        };
        self.with_created_labels(cx, error)
    }

    /// Returns the error with the labels that were created for the update, or may have been.
    fn with_created_labels(&mut self, cx: &Context<'_>, error: Error) -> Error {
        let Some(plan) = &mut self.label_plan else {
            return error;
        };
        plan.take_in(cx, &self.writes);
        label::with_labels(error, plan, &self.writes)
    }
}

/// Returns the error of the first planned label that has one.
fn first_label_error(plan: &Plan) -> Option<Error> {
    let mut outcomes = plan.ensured.iter().map(|label| &label.outcome);
    outcomes.find_map(|outcome| outcome.as_ref().err().cloned())
}

/// Returns the mutation that updates the issue.
pub(super) fn mutation(id: &str, input: &IssueUpdateInput) -> Part {
    Part::of::<documents::IssueUpdate>(issue_update::Variables {
        id: id.to_owned(),
        input: input.clone(),
    })
}

/// Returns the description of the issue.
pub(super) fn description(issue: &Issue) -> Dated {
    Dated {
        text: issue.description.clone(),
        updated_at: issue.updated_at.clone(),
    }
}

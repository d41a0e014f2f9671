//! The writes of `update_issue`: the labels that it creates, the update, and its links and relations, all in one request.

use std::sync::Arc;

use super::super::labels::LabelChange;
use super::super::links::LinkWrites;
use super::super::optional_writes::{OptionalChange, OptionalWrites};
use super::super::relations::{RelationChange, RelationWrites};
use crate::error::{Code, Error};
use crate::linear::client::{Expected, Lookup};
use crate::linear::compose::Part;
use crate::linear::documents::{self, IssueDescribe, IssueGet, issue_update};
use crate::linear::failure::Failure;
use crate::linear::model::{Attachment, Issue, Label, Related, Team};
use crate::linear::scalars::IssueUpdateInput;
use crate::operations::label::{self, LabelOutcome, Plan};
use crate::operations::text_write::{Dated, SetsText as _};
use crate::operations::write::{WriteSet, Written};
use crate::params;
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
    links: LinkWrites,
    relations: RelationWrites,
    /// One line for the links that were attached, and one for each kind of relation that changed.
    other_changes: Vec<String>,
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
            links: LinkWrites::default(),
            relations: RelationWrites::default(),
            other_changes: Vec::new(),
            optional_writes,
            made_changes: Vec::new(),
            writes,
        })
    }

    /// Adds links to the update, each with the attachment that the issue has under the same URL.
    pub(super) fn attach_links(
        &mut self,
        cx: &Context<'_>,
        links: Vec<(&params::Link, Option<Attachment>)>,
    ) {
        let after = self.update_place;
        self.links = LinkWrites::of_issue(cx, self.id, links, after, &mut self.writes);
    }

    /// Adds a change of the relations to the update. `before` is the issue with its relations before the update.
    pub(super) fn change_relations(
        &mut self,
        cx: &Context<'_>,
        before: &Related,
        change: &RelationChange,
    ) {
        let after = self.update_place;
        self.relations = RelationWrites::of_issue(cx, before, change, after, &mut self.writes);
    }

    /// Returns one line for the links that were attached, and one for each kind of relation that changed.
    pub(super) fn other_changes(&self) -> &[String] {
        &self.other_changes
    }

    /// Sends the writes. Returns the issue after the update, or `None` if the update sets nothing. A label that could
    /// not be created is left out with a warning, and so is a link, a relation or an optional change that fails, unless
    /// nothing else is to be done.
    ///
    /// # Errors
    /// ISSUE_UPDATE_FAILED, or the [`Failure`] of the request; the error of a label if nothing else is left to set, or of
    /// the first optional change if the update consists of such changes and none was made. Each error lists the labels
    /// that were created, because they stay.
    pub(super) async fn send(&mut self, cx: &Context<'_>) -> Result<Option<Written<Issue>>, Error> {
        let mut rejection = None;
        let last_failure = loop {
            match self.writes.submit(cx).await {
                Ok(None) => break None,
                Ok(Some((place, failure))) => {
                    rejection.get_or_insert_with(|| failure.clone());
                    self.handle_rejection(cx, place, failure).await?;
                }
                Err(failure) if self.is_any_done() => break Some(failure),
                Err(failure) => return Err(self.update_error(cx, failure)),
            }
        };
        if self.update_place.is_none() && self.has_others() && !self.is_any_done() {
            let unknown = self
                .other_places()
                .find_map(|place| self.writes.unknown(place).cloned());
            if let Some(failure) = unknown.or(rejection) {
                return Err(self.update_error(cx, failure));
            }
        }
        if let Some(place) = self
            .update_place
            .filter(|place| !self.writes.is_done(*place))
        {
            let not_sent = || Failure::Malformed("the update was not sent".to_owned());
            let failure = self.writes.unknown(place).cloned().unwrap_or_else(not_sent);
            return Err(self.update_error(cx, failure));
        }
        if self.has_others() && self.update_place.is_some() {
            cx.part(true);
        }
        let last_failure = last_failure.as_ref();
        self.links.report(cx, &self.writes, last_failure);
        self.other_changes = self.links.changes(&self.writes).into_iter().collect();
        let changes = self
            .relations
            .report(cx, self.name, &self.writes, last_failure);
        self.other_changes.extend(changes);
        self.made_changes = (self.optional_writes).report(cx, &self.writes, last_failure);
        let after = match self.relations.moved_issue(cx, &self.writes) {
            Some(moved) => Some(Written::Entity(moved)),
            None => self
                .update_place
                .map(|place| match self.writes.entity(place) {
                    Some(issue) => Written::Entity(issue),
                    None => Written::Unread,
                }),
        };
        if let Some(plan) = &mut self.label_plan {
            plan.take_in(cx, &self.writes);
            label::report(cx, &plan.ensured);
            if first_label_error(plan).is_some() {
                LabelChange::report(plan, cx);
            }
        }
        Ok(after)
    }

    /// Whether the update has links to attach, relations to change or optional changes.
    fn has_others(&self) -> bool {
        self.other_places().next().is_some()
    }

    /// Returns the places of the writes that attach links, change relations and make the optional changes.
    fn other_places(&self) -> impl Iterator<Item = usize> {
        let places = self.links.places().chain(self.relations.places());
        places.chain(self.optional_writes.places())
    }

    /// Whether the update was made or, where it sets nothing, any of its other writes.
    fn is_any_done(&self) -> bool {
        match self.update_place {
            Some(place) => self.writes.is_done(place),
            None => self.other_places().any(|place| self.writes.is_done(place)),
        }
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
        let is_other = self
            .links
            .handle_rejection(&mut self.writes, place, &failure)
            || self
                .relations
                .handle_rejection(&mut self.writes, place, &failure)
            || self.optional_writes.handle_rejection(place, &failure);
        if is_other {
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

//! The sub-issues that `create_issue` creates in the same request as their issue. A sub-issue that cannot be created
//! becomes a warning.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Value, json};

use super::labels::{ApplicableLabels, applicable_labels};
use super::verify::{ResolvedName, ResolvedNames};
use super::{check_estimate, labels, priority, why_not_done};
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{IssueCreate, IssuesWhole, issue_create};
use crate::linear::failure::Failure;
use crate::linear::model::{Issue, Label, Team};
use crate::linear::scalars::IssueCreateInput;
use crate::operations::label::LabelOutcome;
use crate::operations::view::View;
use crate::operations::write::WriteSet;
use crate::params::{Detail, Estimate, LabelSpec, Markdown, Priority, Ref, SubIssue};
use crate::patch::Patch;
use crate::resolve::{LookupRequest, Resolved, Trust};
use crate::session::Context;

/// Adds the names in the sub-issues to a look-up request.
pub(super) fn add_names(sub_issues: &[SubIssue], request: &mut LookupRequest) {
    for sub_issue in sub_issues {
        let text = |name: &Option<Ref>| name.as_ref().map(|name| name.as_str().to_owned());
        request.states.extend(text(&sub_issue.state));
        request.users.extend(text(&sub_issue.assignee));
        let labels = specs(sub_issue).iter();
        request.labels.extend(labels.map(|spec| spec.name.clone()));
        if sub_issue.estimate.is_some() {
            request.trust = Trust::Names;
        }
    }
}

/// Returns the labels of a sub-issue.
pub(super) fn specs(sub_issue: &SubIssue) -> &[LabelSpec] {
    sub_issue.labels.as_deref().unwrap_or_default()
}

/// Returns the input of each sub-issue with the ids of all names except those of the labels. A sub-issue belongs to the
/// team, the project, the milestone and the cycle of its `issue`.
///
/// # Errors
/// The not-found code of a name that matches nothing, or AMBIGUOUS_IDENTIFIER for a name that matches several entities,
/// with the place of the name as `param`.
pub(super) fn resolve(
    cx: &Context<'_>,
    sub_issues: &[SubIssue],
    issue: &IssueCreateInput,
    resolved: &Resolved,
    team: &Team,
) -> Result<Vec<IssueCreateInput>, Error> {
    let resolve_one = |(index, sub_issue): (usize, &SubIssue)| {
        let at = |error: Error, field: &str| {
            error.detail("param", format!("sub_issues[{index}].{field}"))
        };
        let mut input = IssueCreateInput {
            id: cx.session.clock.new_id(),
            team_id: issue.team_id.clone(),
            title: sub_issue.title.as_str().to_owned(),
            description: Patch::from(sub_issue.description.clone().map(Markdown::into_string)),
            project_id: issue.project_id.clone(),
            project_milestone_id: issue.project_milestone_id.clone(),
            cycle_id: issue.cycle_id.clone(),
            parent_id: Patch::Set(issue.id.clone()),
            priority: Patch::from(sub_issue.priority.map(Priority::number)),
            due_date: Patch::from(sub_issue.due_date.map(|day| day.to_string())),
            ..IssueCreateInput::default()
        };
        if let Some(state) = &sub_issue.state {
            let state = resolved.state(state.as_str(), team);
            let state = state.map_err(|error| at(error, "state"))?.item;
            input.state_id = Patch::Set(state.id.clone());
        }
        if let Some(assignee) = &sub_issue.assignee {
            let user = resolved.user(assignee.as_str());
            let user = user.map_err(|error| at(error, "assignee"))?.item;
            input.assignee_id = Patch::Set(user.id.clone());
        }
        if let Some(Estimate(points)) = sub_issue.estimate {
            check_estimate(cx, team, points);
            input.estimate = Patch::Set(points);
        }
        Ok(input)
    };
    sub_issues.iter().enumerate().map(resolve_one).collect()
}

/// Returns the names in a sub-issue with the ids to which they were resolved.
pub(super) fn resolved_names(sub_issue: &SubIssue, input: &IssueCreateInput) -> ResolvedNames {
    ResolvedNames {
        state: ResolvedName::new(sub_issue.state.as_ref(), &input.state_id),
        assignee: ResolvedName::new(sub_issue.assignee.as_ref(), &input.assignee_id),
        ..ResolvedNames::default()
    }
}

/// The write that creates one sub-issue.
#[derive(Debug)]
pub(super) struct SubIssueWrite {
    input: IssueCreateInput,
    /// The outcomes of the labels of the sub-issue, among those of all labels of the request.
    labels: Range<usize>,
    /// The place of the mutation among the writes.
    place: usize,
    /// Set after Linear has rejected several labels of one group.
    one_of_group: bool,
    /// The failure with which Linear rejected the sub-issue.
    failure: Option<Failure>,
}

impl SubIssueWrite {
    /// Adds the creation of a sub-issue to the writes. It depends on the write at `issue_place`, which creates its issue,
    /// and on the writes in front of that one, which create labels. `labels` are the places of the sub-issue's labels among the `outcomes`.
    pub(super) fn plan(
        mut input: IssueCreateInput,
        labels: Range<usize>,
        (team_labels, outcomes): (&[Arc<Label>], &[LabelOutcome]),
        issue_place: usize,
        writes: &mut WriteSet,
    ) -> Self {
        let own_outcomes = outcomes.get(labels.clone()).unwrap_or_default();
        let applicable = applicable_labels(team_labels, own_outcomes, false);
        input.label_ids = applicable.ids;
        let place = writes.create_on::<IssueCreate, IssuesWhole>(
            mutation(&input),
            &input.id,
            (0..=issue_place).collect(),
        );
        if applicable.has_siblings {
            writes.may_be_refused(place);
        }
        Self {
            input,
            labels,
            place,
            one_of_group: false,
            failure: None,
        }
    }

    /// Returns the place of the mutation among the writes.
    pub(super) fn place(&self) -> usize {
        self.place
    }

    /// Returns the places of the sub-issue's labels among the outcomes of all labels of the request.
    pub(super) fn labels(&self) -> Range<usize> {
        self.labels.clone()
    }

    /// Returns the labels that the sub-issue can have, according to the outcomes that are known so far.
    fn applicable(
        &self,
        team_labels: &[Arc<Label>],
        outcomes: &[LabelOutcome],
    ) -> ApplicableLabels {
        let own_outcomes = outcomes.get(self.labels.clone()).unwrap_or_default();
        applicable_labels(team_labels, own_outcomes, self.one_of_group)
    }

    /// Sends the sub-issue with one label of each group after Linear has rejected it with several. Returns whether that
    /// is possible.
    pub(super) fn take_one_of_group(
        &mut self,
        team_labels: &[Arc<Label>],
        outcomes: &[LabelOutcome],
        writes: &mut WriteSet,
    ) -> bool {
        if self.one_of_group || !self.applicable(team_labels, outcomes).has_siblings {
            return false;
        }
        self.one_of_group = true;
        self.update_labels(team_labels, outcomes, writes);
        true
    }

    /// Writes the labels that the sub-issue can have into its mutation, unless the sub-issue was rejected.
    pub(super) fn update_labels(
        &mut self,
        team_labels: &[Arc<Label>],
        outcomes: &[LabelOutcome],
        writes: &mut WriteSet,
    ) {
        if self.failure.is_none() {
            self.input.label_ids = self.applicable(team_labels, outcomes).ids;
            writes.replace(self.place, mutation(&self.input));
        }
    }

    /// Notes that Linear rejected the sub-issue.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.failure = Some(failure);
    }

    /// Reports the sub-issue, and returns it if it was created and can be read. Warns of a sub-issue that was not
    /// created, and of its labels that were left out. `last_failure` is the failure after which no more writes were sent.
    pub(super) fn report(
        &self,
        cx: &Context<'_>,
        (team_labels, outcomes): (&[Arc<Label>], &[LabelOutcome]),
        writes: &WriteSet,
        last_failure: Option<&Failure>,
    ) -> Option<Issue> {
        let title = &self.input.title;
        let is_done = writes.is_done(self.place);
        cx.part(is_done);
        if !is_done {
            let failure = self.failure.as_ref().or(last_failure);
            let words = (Code::IssueCreationFailed, "create", "created");
            let reason = why_not_done(writes, self.place, failure, words)?;
            let mut warning = format!("sub-issue '{title}' {reason}");
            if writes.unknown(self.place).is_some() {
                warning.push_str(&format!("; call get_issue {}", self.input.id));
            }
            cx.warn(warning);
            return None;
        }
        self.applicable(team_labels, outcomes).report(cx);
        let issue = writes.entity::<Issue>(self.place);
        let name = issue
            .as_ref()
            .map_or(&self.input.id, |issue| &issue.identifier);
        cx.step(format!("create_sub_issue: {name}"));
        if issue.is_none() {
            cx.warn(format!(
                "sub-issue '{title}' is created; Linear could not show it: call get_issue {name}"
            ));
        }
        issue
    }
}

/// Returns the sub-issues that were created as the answer shows them.
pub(super) fn rows(sub_issues: &[Issue], level: Detail) -> Value {
    let row = |issue: &Issue| {
        let state = json!({"name": issue.state.name, "type": issue.state.kind});
        let assignee = issue.assignee.as_ref();
        View::new(level)
            .full("id", issue.id.as_str())
            .brief("identifier", issue.identifier.as_str())
            .brief("title", issue.title.as_str())
            .brief("state", state)
            .brief("priority", priority(issue.priority, Detail::Brief))
            .brief("assignee", assignee.map(|user| json!({"name": user.name})))
            .brief("labels", labels(&issue.labels, Detail::Brief))
            .into_value()
    };
    sub_issues.iter().map(row).collect()
}

/// Returns the mutation that creates the sub-issue.
fn mutation(input: &IssueCreateInput) -> Part {
    Part::of::<IssueCreate>(issue_create::Variables {
        input: input.clone(),
    })
}

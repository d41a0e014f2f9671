//! `create_issue`: one look-up for all names that the session does not know yet, then the missing labels, the issue and
//! its links in one request.
//!
//! Nothing is written before the team, the state and all other names, except those of labels, are resolved. A label or
//! a link that cannot be created becomes a warning.

use std::sync::{Arc, Mutex};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::labels::{ApplicableLabels, applicable_labels};
use super::optional_writes::{OptionalChange, OptionalWrites};
use super::verify::{self, ExpectedNames, FreshLookup, ResolvedName, ResolvedNames};
use super::{check_estimate, error_line, snooze, subscribers};
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{IssueCreate, IssuesWhole, issue_create};
use crate::linear::failure::Failure;
use crate::linear::model::{Attachment, Connection, Issue, Label, Team};
use crate::linear::scalars::IssueCreateInput;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::attachment::{Form, Link};
use crate::operations::label::{LabelOutcome, Plan};
use crate::operations::reads::{ReadError, look_up_with};
use crate::operations::write::{self, WriteSet, Written};
use crate::operations::{label, view};
use crate::params::{
    self, CycleRef, Day, Detail, Estimate, FutureMoment, Identifier, LabelSpec, LabelSpecs, Links,
    Markdown, Priority, Ref, Refs, Title,
};
use crate::patch::Patch;
use crate::resolve::issue::IssueRef;
use crate::resolve::label::{Index, group};
use crate::resolve::{LookupRequest, MatchResult, Resolved, Trust, lookup_only, project};
use crate::session::Context;

/// The `create_issue` operation.
#[derive(Debug)]
pub struct CreateIssue;

/// Create an issue from names. Missing labels are created; a label or link that fails is a warning, any other name
/// that resolves to nothing creates nothing.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Team name, key or id.
    team: Ref,
    /// Title; required without a `template`.
    #[schemars(extend("null" = "refused"))]
    title: Option<Title>,
    /// Markdown.
    description: Option<Markdown>,
    /// State name, type, alias or id. Default: the team's own.
    state: Option<Ref>,
    /// Label names; missing ones are created.
    labels: Option<LabelSpecs>,
    /// User name, e-mail, id or `me`.
    #[schemars(extend("null" = "unset"))]
    assignee: Option<Ref>,
    /// Template of the team or the workspace, by name or id; what is given here wins over it.
    #[schemars(extend("null" = "unset"))]
    template: Option<Ref>,
    /// App user (an agent) to delegate the issue to, by name or id.
    #[schemars(extend("null" = "unset", "unlisted" = true))]
    delegate: Option<Ref>,
    /// Users who are told of changes: names, e-mails, ids or `me`.
    #[schemars(extend("unlisted" = true))]
    subscribers: Option<Refs>,
    /// Snooze the issue until a date (in UTC), a timestamp with offset, or a duration from now such as `P7D`.
    #[schemars(extend("null" = "unset", "unlisted" = true))]
    snooze_until: Option<FutureMoment>,
    /// Remind the owner of the key at a date (in UTC), a timestamp with offset, or a duration from now such as `PT4H`.
    #[schemars(extend("null" = "unset", "unlisted" = true))]
    reminder_at: Option<FutureMoment>,
    /// Project name, slug, id or URL.
    #[schemars(extend("null" = "unset"))]
    project: Option<Ref>,
    /// Milestone of the project, by name or id.
    #[schemars(extend("null" = "unset"))]
    milestone: Option<Ref>,
    /// Cycle number, name, `current` or `next`.
    #[schemars(extend("null" = "unset"))]
    cycle: Option<CycleRef>,
    /// 0-4 or none, urgent, high, medium, low.
    priority: Option<Priority>,
    /// Points on the team's scale.
    #[schemars(extend("null" = "unset"))]
    estimate: Option<Estimate>,
    /// Identifier, id or URL of the parent issue.
    #[schemars(extend("null" = "unset"))]
    parent_id: Option<Identifier>,
    /// YYYY-MM-DD.
    #[schemars(extend("null" = "unset"))]
    due_date: Option<Day>,
    /// Links to attach: `url` and `title`, or a URL alone.
    links: Option<Links>,
}

impl Operation for CreateIssue {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "create_issue",
        title: "Create issue",
        effect: Effect::Add,
        subject: None,
        aliases: &[],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        params.check_title()?;
        let optional_changes = params.optional_changes(cx)?;
        let parent = params.parent_id.as_ref();
        let parent = parent
            .map(|parent| IssueRef::parse("parent_id", parent.as_str()))
            .transpose()?;
        let resolved = params.look_up(cx, parent.as_ref()).await?;
        let team = resolved.team(params.team.as_str())?.item;
        cx.resolved("team", &team.name, resolved.teams.cached);
        let mut input = params.resolve(cx, &resolved, &team)?;
        input.parent_id = Patch::from(parent.as_ref().map(IssueRef::id));
        let labels = params.labels.clone().unwrap_or_default();
        let links = params.links.clone().unwrap_or_default();
        let mut team_labels = resolved.labels_of(&team);
        reject_invalid_label_names(&labels, &team_labels, &team)?;
        let _label_locks = label::locks(cx, &team, &mut team_labels, &labels).await?;
        let resolved_names = params.resolved_names(&input);
        let id = input.id.clone();
        let creation = IssueCreation::plan(
            cx,
            input,
            parent.as_ref(),
            (&team, team_labels),
            (&labels, &links),
            optional_changes,
        )?;
        let unread = || {
            let suggestion = format!("call get_issue {id}");
            Ok(write::unread(cx, &[("id", &id)], &suggestion))
        };
        let (written, label_outcomes) = creation.send(cx).await?;
        let Written::Entity(issue) = written else {
            return unread();
        };
        let expected_names = ExpectedNames::new(&resolved, &resolved_names, &label_outcomes);
        let issue = verify::verify_names(cx, issue, expected_names, &[], async || {
            let lookup_request = LookupRequest {
                fresh: true,
                ..params.lookup_request()
            };
            let resolved = lookup_only(cx, &lookup_request).await?;
            let team = resolved.team(params.team.as_str())?.item;
            // The names are resolved for the second time here, so the reports of this resolution are dropped.
            let dropped_report = Mutex::default();
            let input = params.resolve(&cx.reporting_to(&dropped_report), &resolved, &team)?;
            Ok(FreshLookup {
                resolved,
                team: Some(team),
                names: params.resolved_names(&input),
            })
        });
        let Written::Entity(issue) = issue.await else {
            return unread();
        };
        Ok(view::entity(
            cx,
            Detail::Standard,
            &["description", "checklist"],
            |level| super::view(&issue, level),
        ))
    }
}

impl Params {
    /// Checks that there is a title, or a template that may have one.
    ///
    /// # Errors
    /// MISSING_REQUIRED_PARAM.
    fn check_title(&self) -> Result<(), Error> {
        if self.title.is_some() || self.template.is_some() {
            return Ok(());
        }
        let message = "create_issue needs 'title'";
        Err(Error::new(Code::MissingRequiredParam, message)
            .detail("missing", vec!["title"])
            .detail("required", vec!["team", "title"])
            .suggest("Call help with operation: create_issue to see its parameters"))
    }

    /// Returns what is done to the issue after its creation, in the same request.
    ///
    /// # Errors
    /// INVALID_PARAM for a point in time that does not lie ahead.
    fn optional_changes(&self, cx: &Context<'_>) -> Result<Vec<OptionalChange>, Error> {
        let mut changes = Vec::new();
        if let Some(until) = &self.snooze_until {
            changes.push(OptionalChange::Snooze(snooze::ahead(
                cx,
                "snooze_until",
                until,
            )?));
        }
        if let Some(at) = &self.reminder_at {
            changes.push(OptionalChange::Remind(snooze::ahead(
                cx,
                "reminder_at",
                at,
            )?));
        }
        Ok(changes)
    }

    /// Returns the look-up request for all names in the parameters.
    fn lookup_request(&self) -> LookupRequest {
        let text = |name: &Option<Ref>| name.as_ref().map(|name| name.as_str().to_owned());
        let labels = self.labels.iter().flat_map(|specs| specs.iter());
        let users = self.assignee.iter().chain(&self.delegate);
        let users = users.chain(self.subscribers.iter().flat_map(|names| names.iter()));
        LookupRequest {
            team: Some(self.team.as_str().to_owned()),
            states: text(&self.state).into_iter().collect(),
            labels: labels.map(|spec| spec.name.clone()).collect(),
            new_labels: true,
            users: users.map(|name| name.as_str().to_owned()).collect(),
            template: text(&self.template),
            project: text(&self.project),
            milestone: text(&self.milestone),
            cycle: self.cycle.as_ref().map(|cycle| cycle.as_str().to_owned()),
            // The issue that Linear returns shows neither the team's scale of estimates nor the subscribers, so it
            // cannot tell whether these are out of date in the cache.
            trust: if self.estimate.is_none() && self.subscribers.is_none() {
                Trust::HeldWithKeys
            } else {
                Trust::Names
            },
            ..LookupRequest::default()
        }
    }

    /// Looks up the names. If a request is sent anyway, it also reads the parent issue. The parent is also read if a
    /// label is going to be created, because a missing parent must not leave a new label behind. Otherwise the
    /// operation finds out that the parent is missing when Linear rejects the issue.
    ///
    /// # Errors
    /// ISSUE_NOT_FOUND for a missing parent that is read; else the [`Failure`] of the request.
    async fn look_up(
        &self,
        cx: &Context<'_>,
        parent: Option<&IssueRef>,
    ) -> Result<Resolved, Error> {
        let misses_label = |resolved: &Resolved| {
            let Ok(team) = resolved.team(self.team.as_str()) else {
                return false;
            };
            let index = Index::new(&resolved.labels_of(&team.item), Some(&team.item));
            let mut specs = self.labels.iter().flat_map(|specs| specs.iter());
            specs.any(|spec| matches!(index.find(&spec.name), MatchResult::None))
        };
        let (resolved, ..) = look_up_with(cx, &self.lookup_request(), |request, resolved| {
            let is_read = resolved.is_none_or(misses_label);
            if let Some(parent) = parent.filter(|_| is_read) {
                request.require_issue(parent, parent_not_found(parent));
            }
        })
        .await
        .map_err(ReadError::into_error)?;
        Ok(resolved)
    }

    /// Returns the mutation's input with the ids of all names except those of the labels and the parent.
    ///
    /// # Errors
    /// The not-found code of a name that matches nothing, AMBIGUOUS_IDENTIFIER for a name that matches several
    /// entities, MISSING_REQUIRED_PARAM for a milestone without a project, or the error for a project that does not
    /// belong to the team.
    fn resolve(
        &self,
        cx: &Context<'_>,
        resolved: &Resolved,
        team: &Team,
    ) -> Result<IssueCreateInput, Error> {
        let mut input = IssueCreateInput {
            id: cx.session.clock.new_id(),
            team_id: team.id.clone(),
            title: self
                .title
                .clone()
                .map(Title::into_string)
                .unwrap_or_default(),
            description: Patch::from(self.description.clone().map(Markdown::into_string)),
            priority: Patch::from(self.priority.map(Priority::number)),
            due_date: Patch::from(self.due_date.map(|day| day.to_string())),
            ..IssueCreateInput::default()
        };
        if let Some(state) = &self.state {
            let state = resolved.state(state.as_str(), team)?.item;
            cx.resolved("state", &state.name, resolved.states.cached);
            input.state_id = Patch::Set(state.id.clone());
        }
        if let Some(assignee) = &self.assignee {
            let user = resolved.user(assignee.as_str())?.item;
            cx.resolved("user", &user.name, resolved.users.cached);
            input.assignee_id = Patch::Set(user.id.clone());
        }
        if let Some(delegate) = &self.delegate {
            let user = resolved.app_user(delegate.as_str())?.item;
            cx.resolved("delegate", &user.name, resolved.users.cached);
            input.delegate_id = Patch::Set(user.id.clone());
        }
        if let Some(names) = &self.subscribers {
            input.subscriber_ids = Patch::Set(subscribers::ids(cx, resolved, names)?);
        }
        if let Some(template) = &self.template {
            let template = resolved.template(template.as_str(), team)?.item;
            cx.resolved("template", &template.name, resolved.templates.cached);
            input.template_id = Patch::Set(template.id.clone());
        }
        if let Some(project) = &self.project {
            let project = resolved.project(project.as_str(), Some(team))?.item;
            project::check_team(&project, &team.id, &team.name)?;
            cx.resolved("project", &project.name, resolved.projects.cached);
            input.project_id = Patch::Set(project.id.clone());
            if let Some(milestone) = &self.milestone {
                let milestone =
                    resolved.milestone(milestone.as_str(), (&project.id, &project.name))?;
                input.project_milestone_id = Patch::Set(milestone.item.id.clone());
            }
        } else if self.milestone.is_some() {
            return Err(milestone_without_project());
        }
        if let Some(cycle) = &self.cycle {
            input.cycle_id = Patch::Set(resolved.cycle(cycle.as_str(), team)?.item.id.clone());
        }
        if let Some(Estimate(points)) = self.estimate {
            check_estimate(cx, team, points);
            input.estimate = Patch::Set(points);
        }
        Ok(input)
    }

    /// Returns the names in the parameters with the ids to which they were resolved.
    fn resolved_names(&self, input: &IssueCreateInput) -> ResolvedNames {
        let team_id = Patch::Set(input.team_id.clone());
        ResolvedNames {
            team: ResolvedName::new(Some(&self.team), &team_id),
            state: ResolvedName::new(self.state.as_ref(), &input.state_id),
            assignee: ResolvedName::new(self.assignee.as_ref(), &input.assignee_id),
            delegate: ResolvedName::new(self.delegate.as_ref(), &input.delegate_id),
            project: ResolvedName::new(self.project.as_ref(), &input.project_id),
            milestone: ResolvedName::new(self.milestone.as_ref(), &input.project_milestone_id),
        }
    }
}

/// Returns the error for a parent issue that does not exist.
pub(super) fn parent_not_found(parent: &IssueRef) -> Error {
    parent.not_found().detail("param", "parent_id")
}

/// Returns the error for a milestone whose project is not known.
pub(super) fn milestone_without_project() -> Error {
    Error::new(
        Code::MissingRequiredParam,
        "A milestone belongs to a project",
    )
    .detail("missing", vec!["project"])
    .suggest("Give the milestone's project in 'project'")
}

/// Rejects a label that does not exist and whose name no label can have. Such a name is a mistake in the request, so
/// the operation stops before it creates anything.
///
/// # Errors
/// INVALID_LABEL_NAME for the first such name.
fn reject_invalid_label_names(
    specs: &LabelSpecs,
    team_labels: &[Arc<Label>],
    team: &Team,
) -> Result<(), Error> {
    let index = Index::new(team_labels, Some(team));
    for spec in specs.iter() {
        if let MatchResult::None = index.find(&spec.name)
            && let Err(error) = group::place(&spec.name, &index, Some(team))
            && error.code() == Code::InvalidLabelName
        {
            return Err(error);
        }
    }
    Ok(())
}

/// The writes that create one issue: its missing labels, the issue, and its links.
#[derive(Debug)]
struct IssueCreation<'p> {
    input: IssueCreateInput,
    parent: Option<&'p IssueRef>,
    /// The labels that the team can use.
    team_labels: Vec<Arc<Label>>,
    label_plan: Plan,
    /// The place of the issue's mutation among the writes.
    issue_place: usize,
    links: Vec<LinkWrite>,
    optional_writes: OptionalWrites,
    /// Set after Linear has rejected several labels of one group.
    one_of_group: bool,
    writes: WriteSet,
}

impl<'p> IssueCreation<'p> {
    /// Plans the writes for the issue with its labels and links and with `optional_changes`, and sends nothing yet.
    /// `team_labels` are the existing labels that the team can use.
    ///
    /// # Errors
    /// INVALID_PARAM for more new labels than one call may create.
    fn plan(
        cx: &Context<'_>,
        mut input: IssueCreateInput,
        parent: Option<&'p IssueRef>,
        (team, team_labels): (&Arc<Team>, Vec<Arc<Label>>),
        (specs, links): (&[LabelSpec], &[params::Link]),
        optional_changes: Vec<OptionalChange>,
    ) -> Result<Self, Error> {
        let mut writes = WriteSet::default();
        let label_plan = Plan::make(cx, team, &team_labels, specs, true, &mut writes)?;
        let applicable = applicable_labels(&team_labels, &label_plan.ensured, false);
        input.label_ids = applicable.ids;
        let issue_place =
            writes.create_after::<IssueCreate, IssuesWhole>(mutation(&input), &input.id);
        if applicable.has_siblings {
            writes.may_be_refused(issue_place);
        }
        let links = links
            .iter()
            .map(|link| LinkWrite::plan(cx, (&input.id, issue_place), link, &mut writes))
            .collect();
        let new_issue = (input.id.as_str(), issue_place);
        let optional_writes = OptionalWrites::of_new(optional_changes, new_issue, &mut writes);
        Ok(Self {
            input,
            parent,
            team_labels,
            label_plan,
            issue_place,
            links,
            optional_writes,
            one_of_group: false,
            writes,
        })
    }

    /// Sends the writes. Returns the issue and the outcome of each label. A label or a link that fails becomes a
    /// warning.
    ///
    /// # Errors
    /// ISSUE_NOT_FOUND for a parent that does not exist, ISSUE_CREATION_FAILED, or the [`Failure`] of the request. Each
    /// error lists the labels that were created, because they stay.
    async fn send(
        mut self,
        cx: &Context<'_>,
    ) -> Result<(Written<Issue>, Vec<LabelOutcome>), Error> {
        let last_failure = loop {
            match self.writes.submit(cx).await {
                Ok(None) => break None,
                Ok(Some((place, failure))) => self.handle_rejection(cx, place, failure).await?,
                Err(failure) if self.writes.is_done(self.issue_place) => break Some(failure),
                Err(failure) => return Err(self.creation_error(cx, failure)),
            }
        };
        if !self.writes.is_done(self.issue_place) {
            let failure = Failure::Malformed("the issue was not sent".to_owned());
            return Err(self.creation_error(cx, failure));
        }
        self.label_plan.take_in(cx, &self.writes);
        label::report(cx, &self.label_plan.ensured);
        self.applicable_labels().report(cx);
        cx.part(true);
        let issue = self.writes.entity::<Issue>(self.issue_place);
        let name = issue
            .as_ref()
            .map_or(&self.input.id, |issue| &issue.identifier);
        cx.step(format!("create_issue: {name}"));
        let attachments = self.report_links(cx, last_failure.as_ref());
        let made = (self.optional_writes).report(cx, &self.writes, last_failure.as_ref());
        let snoozed_until = made.into_iter().find_map(|change| match change {
            OptionalChange::Snooze(until) => Some(until),
            _ => None,
        });
        let written = match issue {
            Some(issue) => Written::Entity(Issue {
                attachments,
                snoozed_until_at: snoozed_until.or(issue.snoozed_until_at),
                ..issue
            }),
            None => Written::Unread,
        };
        Ok((written, self.label_plan.ensured))
    }

    /// Adjusts the writes after Linear has rejected the one at `place`, so that the remaining writes can be sent.
    ///
    /// # Errors
    /// The error of the issue, if there is no other way to create it.
    async fn handle_rejection(
        &mut self,
        cx: &Context<'_>,
        place: usize,
        failure: Failure,
    ) -> Result<(), Error> {
        if place == self.issue_place {
            let is_refused = matches!(failure, Failure::Refused(_));
            if is_refused && !self.one_of_group && self.applicable_labels().has_siblings {
                self.one_of_group = true;
            } else if !self.label_plan.drop_shared(cx, &mut self.writes).await {
                // Linear does not say that the parent is the reason, so the parent is looked for.
                return Err(match self.parent {
                    Some(parent) if is_refused && super::is_missing(cx, parent).await => {
                        self.with_created_labels(cx, parent_not_found(parent))
                    }
                    _ => self.creation_error(cx, failure),
                });
            }
        } else if self.optional_writes.handle_rejection(place, &failure) {
            return Ok(());
        } else if !self.label_plan.declined(cx, place, &failure).await {
            let mut links = self.links.iter_mut();
            if let Some(link) = links.find(|link| link.place == place) {
                link.handle_rejection(&mut self.writes, failure);
            }
            return Ok(());
        }
        self.input.label_ids = self.applicable_labels().ids;
        self.writes.replace(self.issue_place, mutation(&self.input));
        Ok(())
    }

    /// Returns the labels that the issue can have, according to the outcomes that are known so far.
    fn applicable_labels(&self) -> ApplicableLabels {
        applicable_labels(
            &self.team_labels,
            &self.label_plan.ensured,
            self.one_of_group,
        )
    }

    /// Returns the error for an issue that was not created, or whose response was lost.
    fn creation_error(&mut self, cx: &Context<'_>, failure: Failure) -> Error {
        let title = &self.input.title;
        let is_refused = matches!(failure, Failure::Refused(_));
        let what = if title.is_empty() {
            "create an issue from the template".to_owned()
        } else {
            format!("create issue '{title}'")
        };
        let mut error = failure.into_write_error(
            Code::IssueCreationFailed,
            &what,
            &format!(
                "Call get_issue {} to see whether it is there",
                self.input.id
            ),
        );
        if title.is_empty() && is_refused {
            error = error.suggest("Give 'title', in case the template has none");
        }
        self.with_created_labels(cx, error)
    }

    /// Returns the error with the labels that were created for the issue, or may have been.
    fn with_created_labels(&mut self, cx: &Context<'_>, error: Error) -> Error {
        self.label_plan.take_in(cx, &self.writes);
        label::with_labels(error, &self.label_plan, &self.writes)
    }

    /// Returns the attachments that were created, and warns of each link that is not attached, or that is attached in
    /// another form. `last_failure` is the failure after which no more writes were sent.
    fn report_links(
        &self,
        cx: &Context<'_>,
        last_failure: Option<&Failure>,
    ) -> Option<Connection<Attachment>> {
        if self.links.is_empty() {
            return None;
        }
        let mut attachments = Connection::default();
        for link in &self.links {
            let url = &link.link.url;
            let is_done = self.writes.is_done(link.place);
            cx.part(is_done);
            if !is_done {
                let unknown = self.writes.unknown(link.place);
                if let Some(failure) = unknown.or(link.failure.as_ref()).or(last_failure) {
                    let verb = if unknown.is_some() {
                        "may not be attached, the answer was lost"
                    } else {
                        "not attached"
                    };
                    let error = failure.clone().into_write_error(
                        Code::AttachmentCreationFailed,
                        "attach it",
                        "",
                    );
                    cx.warn(format!("link '{url}' {verb}: {}", error_line(&error)));
                }
                continue;
            }
            if let Some(rejection) = &link.form_rejection {
                cx.warn(link.form.left(url, rejection));
            }
            match self.writes.entity(link.place) {
                Some(attachment) => attachments.nodes.push(attachment),
                None => cx.warn(format!(
                    "link '{url}' is attached; Linear could not show it"
                )),
            }
        }
        cx.step(format!("attach_links: {}", attachments.nodes.len()));
        Some(attachments)
    }
}

/// Returns the mutation that creates the issue.
fn mutation(input: &IssueCreateInput) -> Part {
    Part::of::<IssueCreate>(issue_create::Variables {
        input: input.clone(),
    })
}

/// The write that attaches one link to the new issue.
#[derive(Debug)]
struct LinkWrite {
    link: Link,
    /// The form of attachment that the address calls for, such as a pull request.
    form: Form,
    /// The place of the mutation among the writes.
    place: usize,
    /// The failure with which Linear rejected `form`; the link is then sent as a plain one.
    form_rejection: Option<Failure>,
    /// The failure with which Linear rejected the link.
    failure: Option<Failure>,
}

impl LinkWrite {
    /// Adds the link to the writes. `issue` is the id of the issue, which the write at `issue_place` creates.
    fn plan(
        cx: &Context<'_>,
        (issue, issue_place): (&str, usize),
        link: &params::Link,
        writes: &mut WriteSet,
    ) -> Self {
        let url = link.url.as_str();
        let form = Form::of(url);
        let link = Link::new(cx, issue, url, link.title.as_deref());
        let mutation = match form {
            Form::Plain => link.plain(),
            _ => link.attaching(&form, None, true),
        };
        Self {
            place: writes.attach(Some(issue_place), mutation),
            link,
            form,
            form_rejection: None,
            failure: None,
        }
    }

    /// Notes that Linear rejected the write. If the rejection is about the form, because the workspace lacks the
    /// integration, the link is sent once more as a plain one.
    fn handle_rejection(&mut self, writes: &mut WriteSet, failure: Failure) {
        if self.form.is_declined(&failure) && self.form_rejection.is_none() {
            writes.attach_instead(self.place, self.link.plain());
            self.form_rejection = Some(failure);
        } else {
            self.failure = Some(failure);
        }
    }
}

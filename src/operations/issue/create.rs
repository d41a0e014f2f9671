//! `create_issue`: one look-up for all names that the session does not know yet, then the missing labels, the issue, its
//! links, relations and sub-issues in one request.
//!
//! Nothing is written before the team, the state and all other names, except those of labels, are resolved. A label, a
//! link, a relation or a sub-issue that cannot be created becomes a warning.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::check_estimate;
use super::labels::{ApplicableLabels, applicable_labels};
use super::links::LinkWrites;
use super::optional_writes::{OptionalChange, OptionalWrites};
use super::order::{Order, OrderSlots};
use super::relations::{self, GivenRelations, RelationChange, RelationWrites};
use super::sub_issues::{self, SubIssueWrite};
use super::verify::{self, ExpectedNames, FreshLookup, ResolvedName, ResolvedNames};
use super::{snooze, subscribers};
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{IssueCreate, IssuesWhole, issue_create};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Issue, Label, Team};
use crate::linear::scalars::IssueCreateInput;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::label::{LabelOutcome, Plan};
use crate::operations::reads::{ReadError, ReadRequest, look_up_with};
use crate::operations::write::{self, WriteSet, Written};
use crate::operations::{label, view};
use crate::params::{
    self, CycleRef, Day, Detail, Estimate, FutureMoment, Identifier, Identifiers, LabelSpec,
    LabelSpecs, Links, Markdown, Priority, Ref, Refs, SortOrder, SubIssue, SubIssues, Title,
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
    /// Template name or id; what is given wins over it.
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
    /// Issues that this one blocks. A relation that fails is a warning.
    #[schemars(extend("unlisted" = true))]
    blocks: Option<Identifiers>,
    /// Issues that block this one.
    #[schemars(extend("unlisted" = true))]
    blocked_by: Option<Identifiers>,
    /// Issues that this one is related to.
    #[schemars(extend("unlisted" = true))]
    related_to: Option<Identifiers>,
    /// Issue that this one is a duplicate of; Linear moves this one to its team's Duplicate state.
    #[schemars(extend("unlisted" = true, "null" = "unset"))]
    duplicate_of: Option<Identifier>,
    /// At most 20 sub-issues to create with it: a title, or title, description, state, assignee, labels, priority, estimate and
    /// due_date. They are in the project, milestone and cycle of the issue. One that fails is a warning.
    #[schemars(extend("unlisted" = true))]
    sub_issues: Option<SubIssues>,
    /// Place in the manual order: top, bottom, before or after an issue (`before: ENG-1`), or Linear's number.
    #[schemars(extend("unlisted" = true))]
    sort_order: Option<SortOrder>,
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
        let mut relations = params.relations()?;
        let order = Order::parse(params.sort_order.as_ref(), None)?;
        let (resolved, sort_order) = params
            .look_up(cx, parent.as_ref(), &mut relations, order.as_ref())
            .await?;
        let team = resolved.team(params.team.as_str())?.item;
        cx.resolved("team", &team.name, resolved.teams.cached);
        let mut input = params.resolve(cx, &resolved, &team)?;
        input.parent_id = Patch::from(parent.as_ref().map(IssueRef::id));
        input.sort_order = Patch::from(sort_order);
        input.preserve_sort_order_on_create = Patch::from(sort_order.map(|_| true));
        let sub_inputs = sub_issues::resolve(cx, params.sub_issues(), &input, &resolved, &team)?;
        let sub_names = params.sub_issues().iter().zip(&sub_inputs);
        let sub_names: Vec<ResolvedNames> = sub_names
            .map(|(sub_issue, input)| sub_issues::resolved_names(sub_issue, input))
            .collect();
        // The labels of the issue come first, then those of each sub-issue.
        let labels: LabelSpecs = params.label_specs().cloned().collect::<Vec<_>>().into();
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
            (&params, &labels, sub_inputs),
            (&links, &relations, optional_changes),
        )?;
        let unread = || {
            let suggestion = format!("call get_issue {id}");
            Ok(write::unread(cx, &[("id", &id)], &suggestion))
        };
        let created = creation.send(cx).await?;
        let mut sub_issues: Vec<Issue> = Vec::new();
        for (index, sub_issue, labels) in created.sub_issues {
            let outcomes = created.labels.get(labels).unwrap_or_default();
            let names = sub_names.get(index).cloned().unwrap_or_default();
            let expected_names = ExpectedNames::new(&resolved, &names, outcomes);
            let look_up = || params.look_up_again(cx, Some(index));
            let verified = verify::verify_names(cx, sub_issue, expected_names, &[], look_up);
            match verified.await {
                Written::Entity(sub_issue) => sub_issues.push(sub_issue),
                Written::Unread => cx.warn("a sub-issue was corrected; Linear could not show it"),
            }
        }
        let Written::Entity(issue) = created.issue else {
            return unread();
        };
        let outcomes = created.labels.get(created.issue_labels).unwrap_or_default();
        let expected_names = ExpectedNames::new(&resolved, &resolved_names, outcomes);
        let issue = verify::verify_names(cx, issue, expected_names, &[], || {
            params.look_up_again(cx, None)
        });
        let Written::Entity(mut issue) = issue.await else {
            return unread();
        };
        created.relations.show(&mut issue, &created.writes);
        let has_sub_issues = !params.sub_issues().is_empty();
        Ok(view::entity(
            cx,
            Detail::Standard,
            &["description", "checklist"],
            |level| {
                let view = super::view(&issue, level);
                if !has_sub_issues {
                    return view;
                }
                let rows = sub_issues::rows(&sub_issues, level);
                view.hanging(Detail::Brief, "sub_issues", true, Some(rows))
            },
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
        let mut request = LookupRequest {
            team: Some(self.team.as_str().to_owned()),
            states: text(&self.state).into_iter().collect(),
            labels: labels.map(|spec| spec.name.clone()).collect(),
            new_labels: true,
            users: users.map(|name| name.as_str().to_owned()).collect(),
            template: text(&self.template),
            project: text(&self.project),
            milestone: text(&self.milestone),
            cycles: self
                .cycle
                .iter()
                .map(|cycle| cycle.as_str().to_owned())
                .collect(),
            // The issue that Linear returns shows neither the team's scale of estimates nor the subscribers, so it
            // cannot tell whether these are out of date in the cache.
            trust: if self.estimate.is_none() && self.subscribers.is_none() {
                Trust::HeldWithKeys
            } else {
                Trust::Names
            },
            ..LookupRequest::default()
        };
        sub_issues::add_names(self.sub_issues(), &mut request);
        request
    }

    /// Returns the sub-issues.
    fn sub_issues(&self) -> &[SubIssue] {
        self.sub_issues.as_deref().unwrap_or_default()
    }

    /// Returns the labels of the issue, followed by those of each sub-issue.
    fn label_specs(&self) -> impl Iterator<Item = &LabelSpec> {
        let own_labels = self.labels.iter().flat_map(|specs| specs.iter());
        let sub_issues = self.sub_issues().iter();
        own_labels.chain(sub_issues.flat_map(sub_issues::specs))
    }

    /// Parses the relations.
    ///
    /// # Errors
    /// As [`RelationChange::parse`].
    fn relations(&self) -> Result<RelationChange, Error> {
        let added = GivenRelations {
            blocks: self.blocks.as_ref(),
            blocked_by: self.blocked_by.as_ref(),
            related_to: self.related_to.as_ref(),
            duplicate_of: self.duplicate_of.as_ref(),
        };
        RelationChange::parse(None, added, GivenRelations::default(), false)
    }

    /// Looks up the names. Returns them with the number of the issue's place in the manual order.
    ///
    /// If a request is sent anyway, it also reads the parent issue and the issues of the relations. They are also read if
    /// a label is going to be created, because a missing issue must not leave a new label behind. Otherwise the operation
    /// finds out that one is missing when Linear rejects the issue or the relation.
    ///
    /// # Errors
    /// ISSUE_NOT_FOUND for a missing issue that is read; the error of [`Order::resolve`]; else the [`Failure`] of the
    /// request.
    async fn look_up(
        &self,
        cx: &Context<'_>,
        parent: Option<&IssueRef>,
        relations: &mut RelationChange,
        order: Option<&Order>,
    ) -> Result<(Resolved, Option<f64>), Error> {
        let misses_label = |resolved: &Resolved| {
            let Ok(team) = resolved.team(self.team.as_str()) else {
                return false;
            };
            let index = Index::new(&resolved.labels_of(&team.item), Some(&team.item));
            let mut specs = self.label_specs();
            specs.any(|spec| matches!(index.find(&spec.name), MatchResult::None))
        };
        let reads_order = order.is_some_and(Order::needs_read);
        let build = |request: &mut ReadRequest, resolved: Option<&Resolved>| {
            let mut head_slots = None;
            if reads_order || relations.has_both_names() || resolved.is_none_or(misses_label) {
                if let Some(parent) = parent {
                    request.require_issue(parent, parent_not_found(parent));
                }
                head_slots = Some(relations.ask(request));
            }
            let team = resolved.and_then(|resolved| resolved.team(self.team.as_str()).ok());
            let team = team.map(|team| Filter::eq("id", team.item.id.as_str()));
            let order_slots = order.map(|order| order.ask(request, team));
            (head_slots, order_slots.unwrap_or_default())
        };
        let (resolved, slots, mut responses) = look_up_with(cx, &self.lookup_request(), build)
            .await
            .map_err(ReadError::into_error)?;
        let (head_slots, order_slots): (_, OrderSlots) = slots;
        if let Some(slots) = head_slots {
            relations.identify(None, slots, &mut responses)?;
        }
        let sort_order = match order {
            Some(order) => order.resolve(cx, order_slots, &mut responses, None).await?,
            None => None,
        };
        Ok((resolved, sort_order))
    }

    /// Looks the names in the parameters up without the cache. Returns those of the issue, or those of the sub-issue at
    /// this `index`.
    ///
    /// # Errors
    /// As [`Self::look_up`] and [`Self::resolve`].
    async fn look_up_again(
        &self,
        cx: &Context<'_>,
        index: Option<usize>,
    ) -> Result<FreshLookup, Error> {
        let lookup_request = LookupRequest {
            fresh: true,
            ..self.lookup_request()
        };
        let resolved = lookup_only(cx, &lookup_request).await?;
        let team = resolved.team(self.team.as_str())?.item;
        // The names are resolved for the second time here, so the reports of this resolution are dropped.
        let dropped_report = Mutex::default();
        let silent = cx.reporting_to(&dropped_report);
        let input = self.resolve(&silent, &resolved, &team)?;
        let names = match index.and_then(|index| self.sub_issues().get(index..=index)) {
            Some(sub_issues) => {
                let inputs = sub_issues::resolve(&silent, sub_issues, &input, &resolved, &team)?;
                let names = sub_issues.iter().zip(&inputs).next();
                let names =
                    names.map(|(sub_issue, input)| sub_issues::resolved_names(sub_issue, input));
                names.unwrap_or_default()
            }
            None => self.resolved_names(&input),
        };
        Ok(FreshLookup {
            resolved,
            team: Some(team),
            names,
        })
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
            if self.duplicate_of.is_some() {
                relations::state_of_duplicate(&state.kind)?;
            }
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

/// The writes that create one issue: its missing labels, the issue, its links, its relations and its sub-issues.
#[derive(Debug)]
struct IssueCreation<'p> {
    input: IssueCreateInput,
    parent: Option<&'p IssueRef>,
    /// The labels that the team can use.
    team_labels: Vec<Arc<Label>>,
    label_plan: Plan,
    /// The place of the issue's mutation among the writes.
    issue_place: usize,
    links: LinkWrites,
    relations: RelationWrites,
    optional_writes: OptionalWrites,
    sub_issues: Vec<SubIssueWrite>,
    /// The places of the issue's labels among those of all labels of the request.
    issue_labels: Range<usize>,
    /// Set after Linear has rejected several labels of one group.
    one_of_group: bool,
    writes: WriteSet,
}

/// What became of the writes of an issue that was created.
#[derive(Debug)]
struct CreatedIssue {
    issue: Written<Issue>,
    /// The outcome of each label of the request.
    labels: Vec<LabelOutcome>,
    /// The places of the issue's labels among the outcomes.
    issue_labels: Range<usize>,
    /// The sub-issues that were created: the place of each in the request, and those of its labels among the outcomes.
    sub_issues: Vec<(usize, Issue, Range<usize>)>,
    relations: RelationWrites,
    writes: WriteSet,
}

impl<'p> IssueCreation<'p> {
    /// Plans the writes for the issue and for all that is created with it, and sends nothing yet. `team_labels` are the
    /// existing labels that the team can use, `specs` the labels of the issue and of the sub-issues.
    ///
    /// # Errors
    /// INVALID_PARAM for more new labels than one call may create.
    fn plan(
        cx: &Context<'_>,
        mut input: IssueCreateInput,
        parent: Option<&'p IssueRef>,
        (team, team_labels): (&Arc<Team>, Vec<Arc<Label>>),
        (params, specs, sub_inputs): (&Params, &[LabelSpec], Vec<IssueCreateInput>),
        (links, relations, optional_changes): (
            &[params::Link],
            &RelationChange,
            Vec<OptionalChange>,
        ),
    ) -> Result<Self, Error> {
        let mut writes = WriteSet::default();
        let label_plan = Plan::make(cx, team, &team_labels, specs, true, &mut writes)?;
        let outcomes = &label_plan.ensured;
        let issue_labels = 0..params.labels.as_deref().map_or(0, <[LabelSpec]>::len);
        let own_outcomes = outcomes.get(issue_labels.clone()).unwrap_or_default();
        let applicable = applicable_labels(&team_labels, own_outcomes, false);
        input.label_ids = applicable.ids;
        let issue_place =
            writes.create_after::<IssueCreate, IssuesWhole>(mutation(&input), &input.id);
        if applicable.has_siblings {
            writes.may_be_refused(issue_place);
        }
        let new_issue = (input.id.as_str(), issue_place);
        let links = LinkWrites::of_new_issue(cx, new_issue, links, &mut writes);
        let relations = RelationWrites::of_new_issue(cx, new_issue, relations, &mut writes);
        let optional_writes = OptionalWrites::of_new(optional_changes, new_issue, &mut writes);
        let mut sub_issues = Vec::new();
        let mut labels_end = issue_labels.end;
        for (sub_issue, input) in params.sub_issues().iter().zip(sub_inputs) {
            let labels = labels_end..labels_end + sub_issues::specs(sub_issue).len();
            labels_end = labels.end;
            let outcomes = (team_labels.as_slice(), outcomes.as_slice());
            sub_issues.push(SubIssueWrite::plan(
                input,
                labels,
                outcomes,
                issue_place,
                &mut writes,
            ));
        }
        Ok(Self {
            input,
            parent,
            team_labels,
            label_plan,
            issue_place,
            links,
            relations,
            optional_writes,
            sub_issues,
            issue_labels,
            one_of_group: false,
            writes,
        })
    }

    /// Sends the writes. Returns what became of them. A label, a link, a relation or a sub-issue that fails becomes a
    /// warning.
    ///
    /// # Errors
    /// ISSUE_NOT_FOUND for a parent that does not exist, ISSUE_CREATION_FAILED, or the [`Failure`] of the request. Each
    /// error lists the labels that were created, because they stay.
    async fn send(mut self, cx: &Context<'_>) -> Result<CreatedIssue, Error> {
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
        let last_failure = last_failure.as_ref();
        let attachments = self.links.report(cx, &self.writes, last_failure);
        self.relations.report(cx, name, &self.writes, last_failure);
        let made = (self.optional_writes).report(cx, &self.writes, last_failure);
        let snoozed_until = made.into_iter().find_map(|change| match change {
            OptionalChange::Snooze(until) => Some(until),
            _ => None,
        });
        let moved = self.relations.moved_issue(cx, &self.writes);
        let outcomes = (
            self.team_labels.as_slice(),
            self.label_plan.ensured.as_slice(),
        );
        let mut sub_issues = Vec::new();
        for (index, write) in self.sub_issues.iter().enumerate() {
            let created = write.report(cx, outcomes, &self.writes, last_failure);
            sub_issues.extend(created.map(|created| (index, created, write.labels())));
        }
        let issue = match moved.or(issue) {
            Some(issue) => Written::Entity(Issue {
                attachments,
                snoozed_until_at: snoozed_until.or(issue.snoozed_until_at),
                ..issue
            }),
            None => Written::Unread,
        };
        Ok(CreatedIssue {
            issue,
            labels: self.label_plan.ensured,
            issue_labels: self.issue_labels,
            sub_issues,
            relations: self.relations,
            writes: self.writes,
        })
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
            let writes = &mut self.writes;
            let mut sub_issues = self.sub_issues.iter_mut();
            let Some(sub_issue) = sub_issues.find(|sub_issue| sub_issue.place() == place) else {
                let is_link = self.links.handle_rejection(writes, place, &failure);
                if !is_link {
                    self.relations.handle_rejection(writes, place, &failure);
                }
                return Ok(());
            };
            let is_refused = matches!(failure, Failure::Refused(_));
            let (team_labels, outcomes) = (&self.team_labels, &self.label_plan.ensured);
            if is_refused && sub_issue.take_one_of_group(team_labels, outcomes, writes) {
                return Ok(());
            }
            if !self.label_plan.drop_shared(cx, writes).await {
                sub_issue.fail(failure);
                return Ok(());
            }
        }
        self.input.label_ids = self.applicable_labels().ids;
        self.writes.replace(self.issue_place, mutation(&self.input));
        for sub_issue in &mut self.sub_issues {
            let outcomes = &self.label_plan.ensured;
            sub_issue.update_labels(&self.team_labels, outcomes, &mut self.writes);
        }
        Ok(())
    }

    /// Returns the labels that the issue can have, according to the outcomes that are known so far.
    fn applicable_labels(&self) -> ApplicableLabels {
        let outcomes = self.label_plan.ensured.get(self.issue_labels.clone());
        applicable_labels(
            &self.team_labels,
            outcomes.unwrap_or_default(),
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
}

/// Returns the mutation that creates the issue.
fn mutation(input: &IssueCreateInput) -> Part {
    Part::of::<IssueCreate>(issue_create::Variables {
        input: input.clone(),
    })
}

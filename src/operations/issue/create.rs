//! `create_issue`: one look-up for all names that the session does not know yet, then the missing labels, the issue and
//! its links in one request. Nothing is written before every critical name means something; labels and links that fail
//! become warnings.

mod making;

use std::sync::{Arc, Mutex};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use self::making::Making;
use super::estimate;
use super::verify::{self, Fresh, Meaning, Meanings, Names};
use crate::error::{Code, Error};
use crate::linear::model::{Label, Team};
use crate::linear::scalars::IssueCreateInput;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::reads::{ReadError, look_up_with};
use crate::operations::write::{self, Written};
use crate::operations::{label, view};
use crate::params::{
    CycleRef, Day, Detail, Estimate, Identifier, LabelSpecs, Links, Markdown, Priority, Ref, Title,
};
use crate::patch::Patch;
use crate::resolve::issue::IssueRef;
use crate::resolve::label::{Index, group};
use crate::resolve::{LookupRequest, MatchResult, Resolved, Trust, lookup_only, project};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct CreateIssue;

/// Create an issue from names. Missing labels are created; a label or link that fails is a warning, any other name
/// that resolves to nothing creates nothing.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Team name, key or id.
    team: Ref,
    /// Title.
    title: Title,
    /// Markdown.
    description: Option<Markdown>,
    /// State name, type, alias or id. Default: the team's own.
    state: Option<Ref>,
    /// Label names; missing ones are created.
    labels: Option<LabelSpecs>,
    /// User name, e-mail, id or `me`.
    #[schemars(extend("null" = "unset"))]
    assignee: Option<Ref>,
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
        shared: &[Shared::Detail, Shared::Fields, Shared::RefreshCache],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let parent = params.parent_id.as_ref();
        let parent = parent
            .map(|parent| IssueRef::parse("parent_id", parent.as_str()))
            .transpose()?;
        let known = read(cx, &params, parent.as_ref()).await?;
        let team = known.team(params.team.as_str())?.item;
        cx.resolved("team", &team.name, known.teams.cached);
        let mut input = resolve(cx, &params, &known, &team)?;
        input.parent_id = Patch::from(parent.as_ref().map(IssueRef::id));
        let labels = params.labels.clone().unwrap_or_default();
        let links = params.links.clone().unwrap_or_default();
        let mut among = known.labels_of(&team);
        check_names(&labels, &among, &team)?;
        let _turns = label::locks(cx, &team, &mut among, &labels).await?;
        let within = (&team, among);
        let meanings = meanings(&params, &input);
        let making = Making::plan(cx, input, parent.as_ref(), within, (&labels, &links))?;
        let id = making.id();
        let unread = || {
            let see = format!("call get_issue {id}");
            Ok(write::unread(cx, &[("id", &id)], &see))
        };
        let (written, ensured) = making.send(cx).await?;
        let Written::Entity(issue) = written else {
            return unread();
        };
        let names = Names::of(&known, &meanings, &ensured);
        let issue = verify::verified(cx, issue, names, &[], async || {
            let lookup_request = LookupRequest {
                fresh: true,
                ..lookup_request(&params)
            };
            let known = lookup_only(cx, &lookup_request).await?;
            let team = known.team(params.team.as_str())?.item;
            let unread = Mutex::default();
            let input = resolve(&cx.reporting_to(&unread), &params, &known, &team)?;
            Ok(Fresh {
                known,
                team: Some(team),
                meanings: self::meanings(&params, &input),
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

/// The names of the request with the ids that they were taken for.
fn meanings(params: &Params, input: &IssueCreateInput) -> Meanings {
    Meanings {
        team: Meaning::of(Some(&params.team), &Patch::Set(input.team_id.clone())),
        state: Meaning::of(params.state.as_ref(), &input.state_id),
        assignee: Meaning::of(params.assignee.as_ref(), &input.assignee_id),
        project: Meaning::of(params.project.as_ref(), &input.project_id),
        milestone: Meaning::of(params.milestone.as_ref(), &input.project_milestone_id),
    }
}

fn lookup_request(params: &Params) -> LookupRequest {
    let text = |of: &Option<Ref>| of.as_ref().map(|of| of.as_str().to_owned());
    let labels = params.labels.iter().flat_map(|specs| specs.iter());
    LookupRequest {
        team: Some(params.team.as_str().to_owned()),
        states: text(&params.state).into_iter().collect(),
        labels: labels.map(|spec| spec.name.clone()).collect(),
        new_labels: true,
        users: text(&params.assignee).into_iter().collect(),
        project: text(&params.project),
        milestone: text(&params.milestone),
        cycle: params.cycle.as_ref().map(|of| of.as_str().to_owned()),
        // No answer tells the scale of the team.
        trust: match params.estimate {
            None => Trust::HeldWithKeys,
            Some(_) => Trust::Names,
        },
        ..LookupRequest::default()
    }
}

/// What the names mean. The parent is looked at in the same request where one is sent anyway, and where a label is
/// going to be created, because a parent that is not there must not leave a label behind; else Linear's own refusal
/// of the issue tells.
async fn read(
    cx: &Context<'_>,
    params: &Params,
    parent: Option<&IssueRef>,
) -> Result<Resolved, Error> {
    let (known, ..) = look_up_with(cx, &lookup_request(params), |request, known| {
        let is_wanted = known.is_none_or(|known| makes_labels(params, known));
        if let Some(parent) = parent.filter(|_| is_wanted) {
            request.require_issue(parent, no_parent(parent));
        }
    })
    .await
    .map_err(ReadError::into_error)?;
    Ok(known)
}

/// The error for a parent that Linear does not know.
pub(super) fn no_parent(parent: &IssueRef) -> Error {
    parent.not_found().detail("param", "parent_id")
}

/// Whether a label is missing, as far as the session knows.
fn makes_labels(params: &Params, known: &Resolved) -> bool {
    let Ok(team) = known.team(params.team.as_str()) else {
        return false;
    };
    let among = known.labels_of(&team.item);
    let among = Index::new(&among, Some(&team.item));
    let mut specs = params.labels.iter().flat_map(|specs| specs.iter());
    specs.any(|spec| matches!(among.find(&spec.name), MatchResult::None))
}

/// Says that a label which there is not has a name that no label can have: that is the request that is wrong, so that
/// nothing of it is done.
///
/// # Errors
/// INVALID_LABEL_NAME for the first such name.
fn check_names(specs: &LabelSpecs, among: &[Arc<Label>], team: &Team) -> Result<(), Error> {
    let among = Index::new(among, Some(team));
    for spec in specs.iter() {
        if let MatchResult::None = among.find(&spec.name)
            && let Err(error) = group::place(&spec.name, &among, Some(team))
            && error.code() == Code::InvalidLabelName
        {
            return Err(error);
        }
    }
    Ok(())
}

/// Every critical name as the id it means; nothing has been written yet.
fn resolve(
    cx: &Context<'_>,
    params: &Params,
    known: &Resolved,
    team: &Team,
) -> Result<IssueCreateInput, Error> {
    let mut input = IssueCreateInput {
        id: cx.session.clock.new_id(),
        team_id: team.id.clone(),
        title: params.title.as_str().to_owned(),
        description: Patch::from(params.description.clone().map(Markdown::into_string)),
        priority: Patch::from(params.priority.map(Priority::number)),
        due_date: Patch::from(params.due_date.map(|day| day.to_string())),
        ..IssueCreateInput::default()
    };
    if let Some(state) = &params.state {
        let found = known.state(state.as_str(), team)?.item;
        cx.resolved("state", &found.name, known.states.cached);
        input.state_id = Patch::Set(found.id.clone());
    }
    if let Some(user) = &params.assignee {
        let found = known.user(user.as_str())?.item;
        cx.resolved("user", &found.name, known.users.cached);
        input.assignee_id = Patch::Set(found.id.clone());
    }
    if let Some(project) = &params.project {
        let found = known.project(project.as_str(), Some(team))?.item;
        project::check_team(&found, &team.id, &team.name)?;
        cx.resolved("project", &found.name, known.projects.cached);
        input.project_id = Patch::Set(found.id.clone());
        if let Some(milestone) = &params.milestone {
            let of = known.milestone(milestone.as_str(), (&found.id, &found.name))?;
            input.project_milestone_id = Patch::Set(of.item.id.clone());
        }
    } else if params.milestone.is_some() {
        return Err(Error::new(
            Code::MissingRequiredParam,
            "A milestone belongs to a project",
        )
        .detail("missing", vec!["project"])
        .suggest("Give the milestone's project in 'project'"));
    }
    if let Some(cycle) = &params.cycle {
        input.cycle_id = Patch::Set(known.cycle(cycle.as_str(), team)?.item.id.clone());
    }
    if let Some(Estimate(points)) = params.estimate {
        estimate::check(cx, team, points);
        input.estimate = Patch::Set(points);
    }
    Ok(input)
}

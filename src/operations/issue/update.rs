//! `update_issue`: one request that reads the issue as it is and looks up the names that the session does not know
//! yet, then the missing labels and the update in one. What changed is told by comparing the issue before and after.

mod blind;
mod writing;

use std::sync::{Arc, Mutex};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use self::writing::Writing;
use super::create::no_parent;
use super::verify::{self, Fresh, Meaning, Meanings, Names};
use super::{diff, estimate, labels};
use crate::error::{Code, Error};
use crate::linear::failure::Failure;
use crate::linear::model::{Issue, Label, Team};
use crate::linear::scalars::IssueUpdateInput;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::reads::{ReadError, look_up_with};
use crate::operations::write;
use crate::operations::write::Written;
use crate::operations::{changes, label, view};
use crate::params::{
    CycleRef, Day, Detail, Estimate, Flag, Identifier, LabelNames, LabelSpecs, Markdown, Patch,
    Priority, Ref, SeenTimestamp, Title,
};
use crate::resolve::issue::IssueRef;
use crate::resolve::label::all as all_labels;
use crate::resolve::{LookupRequest, Resolved, Trust, lookup, lookup_only, project};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct UpdateIssue;

/// Change an issue; only what is given changes, `null` clears.
///
/// The answer's `changes` tells old and new. With `if_unchanged_since`, an issue of which anything was changed after that
/// time is left as it is, and the error is EDIT_CONFLICT: Linear tells no time for the description alone. A time without
/// a fraction, as answers tell it, means any moment of its second. Where somebody else writes the description between the
/// look and the write, theirs is in the error's `overwritten`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// Title.
    #[schemars(extend("null" = "refused"))]
    title: Option<Title>,
    /// Markdown; replaces the whole description.
    #[serde(default)]
    description: Patch<Markdown>,
    /// State name, type, alias or id.
    #[schemars(extend("null" = "refused"))]
    state: Option<Ref>,
    /// Replaces all labels; missing ones are created.
    #[serde(default)]
    labels: Patch<LabelSpecs>,
    /// Labels to add.
    add_labels: Option<LabelSpecs>,
    /// Labels to take off.
    remove_labels: Option<LabelNames>,
    /// User name, e-mail, id or `me`.
    #[serde(default)]
    assignee: Patch<Ref>,
    /// Team to move it to, by name, key or id.
    #[schemars(extend("null" = "refused"))]
    team: Option<Ref>,
    /// Project name, slug, id or URL.
    #[serde(default)]
    project: Patch<Ref>,
    /// Milestone of the project, by name or id.
    #[serde(default)]
    milestone: Patch<Ref>,
    /// Cycle number, name, `current` or `next`.
    #[serde(default)]
    cycle: Patch<CycleRef>,
    /// Identifier, id or URL of the parent issue.
    #[serde(default)]
    parent_id: Patch<Identifier>,
    /// 0-4 or none, urgent, high, medium, low.
    #[serde(default)]
    priority: Patch<Priority>,
    /// Points on the team's scale.
    #[serde(default)]
    estimate: Patch<Estimate>,
    /// YYYY-MM-DD.
    #[serde(default)]
    due_date: Patch<Day>,
    /// false: no `changes`, one request less.
    changes: Option<Flag>,
    /// `updated_at` as read; refused if the issue changed since.
    if_unchanged_since: Option<SeenTimestamp>,
}

impl Operation for UpdateIssue {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "update_issue",
        title: "Update issue",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &["edit_issue"],
        shared: &[Shared::Detail, Shared::Fields, Shared::RefreshCache],
        touches: Touches::FieldsGiven {
            except: &["issue_id", "changes", "if_unchanged_since"],
        },
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        params.check()?;
        let reference = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let parent = match &params.parent_id {
            Patch::Set(parent) => Patch::Set(IssueRef::parse("parent_id", parent.as_str())?),
            Patch::Clear => Patch::Clear,
            Patch::Absent => Patch::Absent,
        };
        // What is read now is what the write is made from.
        let describes = !params.description.is_absent();
        let (_turn, _edit);
        if describes && reference.team_key().is_some() {
            _edit = cx.turn_to_edit(&reference.id()).await?;
        } else {
            _turn = cx.lock_issue(&reference.id()).await?;
        }
        if let Some(team) = params.unread(&reference) {
            let written = blind::update(cx, &params, &reference, team).await?;
            let Written::Entity(after) = written else {
                let name = reference.id();
                let see = format!("call get_issue {name}");
                return Ok(write::unread(cx, &[("issue_id", &name)], &see));
            };
            cx.step(format!("update_issue: {}", after.identifier));
            return Ok(shown(cx, &after));
        }
        let (mut before, known, team) = read(cx, &params, &reference, parent.value()).await?;
        if let Some(since) = params.if_unchanged_since
            && since.is_before(&before.updated_at)
        {
            return Err(changed_since(&before));
        }
        let _edit_by_name;
        if describes && reference.team_key().is_none() {
            // Others know it by its identifier.
            _edit_by_name = cx.turn_to_edit(&before.identifier).await?;
        }
        let changes_labels = params.label_change().is_any();
        if changes_labels {
            labels::complete(cx, &mut before).await?;
        }
        super::warn_of_trash(cx, &before.identifier, before.trashed);
        let mut input = resolve(cx, &params, Some(&before), &known, team.as_deref())?;
        input.parent_id = parent.clone().map(|parent| parent.id());
        let (among, _turns) = params.labels_in_turn(cx, &known, team.as_ref()).await?;
        let meanings = params.meanings(&input);
        let mut writing = Writing::plan(
            cx,
            (&before.id, &before.identifier),
            Some(&before),
            params.label_change(),
            (team.as_ref(), &among),
            (input, describes && params.if_unchanged_since.is_some()),
        )?;
        params
            .check_removed(cx, &before, &known, team.as_deref())
            .await?;
        let unread = || {
            let known = [
                ("id", before.id.as_str()),
                ("identifier", &before.identifier),
            ];
            let see = format!("call get_issue {}", before.identifier);
            Ok(write::unread(cx, &known, &see))
        };
        let after = match writing.send(cx).await? {
            Some(Written::Entity(after)) => after,
            Some(Written::Unread) => return unread(),
            None => before.clone(),
        };
        if let Some(seen) = writing.overwritten(&before, &after) {
            return Err(overwrote(&before, seen));
        }
        let names = Names::of(&known, &meanings, writing.ensured());
        // A replaced set keeps none for having been there before.
        let kept = before.labels.nodes.iter().map(|of| of.id.clone());
        let kept: Vec<String> = kept.filter(|_| params.labels.is_absent()).collect();
        let after = verify::verified(cx, after, names, &kept, || {
            params.named_afresh(cx, &before, team.as_ref())
        });
        let Written::Entity(after) = after.await else {
            return unread();
        };
        cx.step(format!("update_issue: {}", after.identifier));
        let answer = shown(cx, &after);
        let mut whole = after;
        if changes_labels && labels::complete(cx, &mut whole).await.is_err() {
            cx.warn("not all labels of the issue could be read, so 'changes' may lack some");
        }
        let changed = diff::changes(&before, &whole);
        changes::report(cx, changed, "the issue had these values already");
        Ok(answer)
    }
}

/// The error of an update that was not sent, since the issue is not as the caller has seen it.
fn changed_since(issue: &Issue) -> Error {
    let name = issue.identifier.as_str();
    let at = view::moment(&issue.updated_at, Detail::Full);
    let message = format!("Issue '{name}' was changed at {at}; nothing was written");
    Error::new(Code::EditConflict, message)
        .detail("input", name)
        .detail("updated_at", at)
        .suggest(format!(
            "Call get_issue {name}, make the change on what it says now, and give its updated_at in 'if_unchanged_since'"
        ))
}

/// The error of an update that went over an edit which came between the look and the write.
fn overwrote(issue: &Issue, theirs: Option<String>) -> Error {
    let name = issue.identifier.as_str();
    let message = format!(
        "The update of issue '{name}' was made, and its description went over one that somebody else wrote at the same moment"
    );
    Error::new(Code::EditConflict, message)
        .detail("input", name)
        .detail("overwritten", theirs)
        .suggest("Put the overwritten text and the new one together, and set 'description' to both")
}

fn shown(cx: &Context<'_>, issue: &Issue) -> Value {
    view::entity(
        cx,
        Detail::Standard,
        &["description", "checklist"],
        |level| super::view(issue, level),
    )
}

impl Params {
    /// What can be told to be wrong before anything is asked.
    fn check(&self) -> Result<(), Error> {
        let labels = !self.labels.is_absent();
        if labels && (self.add_labels.is_some() || self.remove_labels.is_some()) {
            let message = "'labels' replaces all labels, so it cannot stand beside 'add_labels' or 'remove_labels'";
            return Err(Error::new(Code::InvalidParam, message)
                .detail("param", "labels")
                .suggest("Use 'add_labels' and 'remove_labels' to keep the other labels"));
        }
        if self.changes_nothing() {
            let fields = "title, description, state, labels, add_labels, assignee, …";
            return Err(changes::none_given("the issue", fields));
        }
        Ok(())
    }

    fn changes_nothing(&self) -> bool {
        self.title.is_none()
            && self.description.is_absent()
            && self.state.is_none()
            && self.labels.is_absent()
            && self.add_labels.is_none()
            && self.remove_labels.is_none()
            && self.assignee.is_absent()
            && self.team.is_none()
            && self.project.is_absent()
            && self.milestone.is_absent()
            && self.cycle.is_absent()
            && self.parent_id.is_absent()
            && self.priority.is_absent()
            && self.estimate.is_absent()
            && self.due_date.is_absent()
    }

    fn label_change(&self) -> labels::Change<'_> {
        labels::Change {
            replace: &self.labels,
            add: self.add_labels.as_ref(),
            remove: self.remove_labels.as_ref(),
        }
    }

    /// What has to be known when the team goes by that name, and when the issue is as it was `before`, if that is read.
    fn lookup_request(&self, team: Option<String>, before: Option<&Issue>) -> LookupRequest {
        let text = |of: &Ref| of.as_str().to_owned();
        LookupRequest {
            team: team.filter(|_| self.needs_team(before)),
            states: self.state.iter().map(text).collect(),
            labels: self.label_change().names(before),
            new_labels: true,
            users: self.assignee.value().map(text).into_iter().collect(),
            project: self.project.value().map(text),
            milestone: self.milestone.value().map(text),
            cycle: self.cycle.value().map(|cycle| text(cycle)),
            trust: Trust::Names,
            ..LookupRequest::default()
        }
    }

    /// The names of the request with the ids that they were taken for.
    fn meanings(&self, input: &IssueUpdateInput) -> Meanings {
        Meanings {
            team: Meaning::of(self.team.as_ref(), &input.team_id),
            state: Meaning::of(self.state.as_ref(), &input.state_id),
            assignee: Meaning::of(self.assignee.value(), &input.assignee_id),
            project: Meaning::of(self.project.value(), &input.project_id),
            milestone: Meaning::of(self.milestone.value(), &input.project_milestone_id),
        }
    }

    /// What the names mean when Linear is asked afresh; `team` is the one in which they mean something.
    async fn named_afresh(
        &self,
        cx: &Context<'_>,
        before: &Issue,
        team: Option<&Arc<Team>>,
    ) -> Result<Fresh, Error> {
        let named = self.team.as_ref().map(|team| team.as_str().to_owned());
        let lookup_request = LookupRequest {
            fresh: true,
            ..self.lookup_request(
                named.clone().or(team.map(|team| team.id.clone())),
                Some(before),
            )
        };
        let known = lookup_only(cx, &lookup_request).await?;
        let team = match (named, team) {
            (Some(name), _) => Some(known.team(&name)?.item),
            (None, team) => team.cloned(),
        };
        let unread = Mutex::default();
        let own = cx.reporting_to(&unread);
        let input = resolve(&own, self, Some(before), &known, team.as_deref())?;
        Ok(Fresh {
            meanings: self.meanings(&input),
            known,
            team,
        })
    }

    /// The labels that can be used in the team, with the turns to make those of the update that are missing.
    async fn labels_in_turn(
        &self,
        cx: &Context<'_>,
        known: &Resolved,
        team: Option<&Arc<Team>>,
    ) -> Result<(Vec<Arc<Label>>, label::LabelLocks), Error> {
        let Some(team) = team else {
            return Ok(Default::default());
        };
        let mut among = known.labels_of(team);
        let locks = match self.label_change().wanted() {
            Some(specs) => label::locks(cx, team, &mut among, specs).await?,
            None => label::LabelLocks::default(),
        };
        Ok((among, locks))
    }

    /// Checks that every label to take off means something. What the session does not know is asked for before it is
    /// called unknown.
    ///
    /// # Errors
    /// LABEL_NOT_FOUND, INVALID_LABEL_NAME for a group, or the failure of the request.
    async fn check_removed(
        &self,
        cx: &Context<'_>,
        before: &Issue,
        known: &Resolved,
        team: Option<&Team>,
    ) -> Result<(), Error> {
        let change = self.label_change();
        let mut among = known.labels.items.clone();
        let mut unknown = change.unknown(cx, before, &among)?;
        if !unknown.is_empty() && known.labels.cached {
            let lookup_request = LookupRequest {
                team: team.map(|team| team.id.clone()),
                labels: unknown.clone(),
                fresh: true,
                ..LookupRequest::default()
            };
            among = lookup_only(cx, &lookup_request).await?.labels.items;
            unknown.retain(|name| all_labels(name, &among).is_empty());
        }
        match unknown.first() {
            Some(name) => Err(labels::Change::unknown_error(name, before, &among, team)),
            None => Ok(()),
        }
    }

    /// The team in which names mean something, where the update can be sent without a look at the issue: its identifier
    /// tells. What is taken off, and what the issue's own project or a new parent decides, needs the look.
    fn unread(&self, reference: &IssueRef) -> Option<String> {
        let wanted = self.changes.is_some_and(|Flag(changes)| !changes);
        let needs_look = self.if_unchanged_since.is_some()
            || self.remove_labels.is_some()
            || self.parent_id.value().is_some()
            || (self.milestone.value().is_some() && self.project.is_absent());
        let named = self.team.as_ref().map(Ref::as_str);
        let team = named.or(reference.team_key());
        team.filter(|_| wanted && !needs_look).map(str::to_owned)
    }

    /// Whether any name means something only within a team.
    fn needs_team(&self, before: Option<&Issue>) -> bool {
        self.team.is_some()
            || self.state.is_some()
            || self.label_change().wanted().is_some()
            || !self.label_change().names(before).is_empty()
            || self.cycle.value().is_some()
            || self.estimate.value().is_some()
    }
}

/// The issue as it is, what the names mean, and the team that it will be in. The identifier tells the team's key, so
/// all of it travels in one request, unless the issue is given by its UUID or has moved since, or a milestone is
/// looked up in the project that it is in already. A new parent is asked for in the same request: one that is not
/// there must not cost a label that was created for nothing.
async fn read(
    cx: &Context<'_>,
    params: &Params,
    reference: &IssueRef,
    parent: Option<&IssueRef>,
) -> Result<(Issue, Resolved, Option<Arc<Team>>), Error> {
    let named = params.team.as_ref().map(|team| team.as_str().to_owned());
    let guess = named.clone().or(reference.team_key().map(str::to_owned));
    let lookup_request = match guess {
        Some(_) => params.lookup_request(guess, None),
        None => LookupRequest::default(),
    };
    let (mut known, before, mut responses) = look_up_with(cx, &lookup_request, |request, _| {
        let before = request.require_issue(reference, reference.not_found());
        if let Some(parent) = parent {
            request.require_issue(parent, no_parent(parent));
        }
        before
    })
    .await
    .map_err(ReadError::into_error)?;
    let before = responses.get(before)?.issue;
    let guessed_right = named.is_some() || reference.team_key() == Some(before.team.key.as_str());
    let by_id = reference.team_key().is_none();
    let in_old_project = params.milestone.value().is_some() && params.project.is_absent();
    if (params.needs_team(Some(&before)) && !guessed_right) || in_old_project || by_id {
        let team = named.clone().unwrap_or_else(|| before.team.id.clone());
        let mut lookup_request = params.lookup_request(Some(team), Some(&before));
        if in_old_project {
            lookup_request.project = before.project.as_ref().map(|project| project.id.clone());
        }
        (known, _) = lookup(cx, &lookup_request, |_| Vec::new())
            .await
            .map_err(Failure::into_read_error)?;
    }
    let team = match named {
        Some(name) => Some(known.team(&name)?.item),
        None => known.team_by_id(&before.team.id),
    };
    if team.is_none() && params.needs_team(Some(&before)) {
        // What means something only within a team must not be left out in silence.
        known.team(&before.team.name)?;
    }
    Ok((before, known, team))
}

/// Every name but the labels' as the id it means; nothing has been written yet.
fn resolve(
    cx: &Context<'_>,
    params: &Params,
    before: Option<&Issue>,
    known: &Resolved,
    team: Option<&Team>,
) -> Result<IssueUpdateInput, Error> {
    let mut input = IssueUpdateInput {
        title: Patch::from(params.title.as_ref().map(|text| text.as_str().to_owned())),
        description: params.description.clone().map(Markdown::into_string),
        priority: Priority::patched(params.priority),
        due_date: params.due_date.map(|day| day.to_string()),
        estimate: params.estimate.map(|Estimate(points)| points),
        assignee_id: params.assignee.try_map(|user| {
            let found = known.user(user.as_str())?.item;
            cx.resolved("user", &found.name, known.users.cached);
            Ok(found.id.clone())
        })?,
        project_id: params.project.try_map(|project| {
            let own = team.map(|team| team.id.as_str());
            let own = own.or(before.map(|before| before.team.id.as_str()));
            let found = known.project_in(project.as_str(), own)?.item;
            let stays = before.map(|before| (&before.team.id, &before.team.name));
            if let Some((id, name)) = team.map(|team| (&team.id, &team.name)).or(stays) {
                project::check_team(&found, id, name)?;
            }
            cx.resolved("project", &found.name, known.projects.cached);
            Ok(found.id.clone())
        })?,
        project_milestone_id: params
            .milestone
            .try_map(|milestone| find_milestone(params, milestone, before, known, team))?,
        ..IssueUpdateInput::default()
    };
    if params.cycle == Patch::Clear {
        input.cycle_id = Patch::Clear;
    }
    // Whatever means something only within a team has one.
    let Some(team) = team else {
        return Ok(input);
    };
    if params.team.is_some() {
        input.team_id = Patch::Set(team.id.clone());
    }
    if let Some(state) = &params.state {
        let found = known.state(state.as_str(), team)?.item;
        cx.resolved("state", &found.name, known.states.cached);
        input.state_id = Patch::Set(found.id.clone());
    }
    input.cycle_id = params
        .cycle
        .try_map(|cycle| Ok(known.cycle(cycle.as_str(), team)?.item.id.clone()))?;
    if let Patch::Set(points) = input.estimate {
        estimate::check(cx, team, points);
    }
    Ok(input)
}

fn find_milestone(
    params: &Params,
    milestone: &Ref,
    before: Option<&Issue>,
    known: &Resolved,
    team: Option<&Team>,
) -> Result<String, Error> {
    let own = before.and_then(|before| before.project.as_ref());
    let project = match (&params.project, own) {
        (Patch::Set(project), _) => {
            let own_team = team.map(|team| team.id.as_str());
            let own_team = own_team.or(before.map(|before| before.team.id.as_str()));
            let found = known.project_in(project.as_str(), own_team)?.item;
            (found.id.clone(), found.name.clone())
        }
        (Patch::Absent, Some(project)) => (project.id.clone(), project.name.clone()),
        _ => {
            return Err(Error::new(
                Code::MissingRequiredParam,
                "A milestone belongs to a project",
            )
            .detail("missing", vec!["project"])
            .suggest("Give the milestone's project in 'project'"));
        }
    };
    let found = known.milestone(milestone.as_str(), (&project.0, &project.1))?;
    Ok(found.item.id.clone())
}

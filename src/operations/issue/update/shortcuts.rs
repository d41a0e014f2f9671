//! The operations that do one thing that `update_issue` does, with the parameters for this thing alone: `add_label`,
//! `remove_label`, `assign_issue`, `move_issue`, `close_issue` and `reopen_issue`.
//!
//! Each sends one request where the session knows the names, because it leaves out the read by which `update_issue`
//! tells the old values.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::writes::mutation;
use super::{Params, UpdateIssue, changed_fields, data, warn_of_trash};
use crate::error::{Code, Error};
use crate::linear::client::{Expected, Lookup};
use crate::linear::documents::{self, IssueGet, IssueHead, issue_head};
use crate::linear::model::{Issue, Label, Team};
use crate::linear::scalars::IssueUpdateInput;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::write::{self, WriteSet, Written};
use crate::operations::{changes, reads};
use crate::params::{CycleRef, Flag, Identifier, LabelName, LabelNames, LabelSpecs, Patch, Ref};
use crate::resolve::issue::IssueRef;
use crate::resolve::label::Index;
use crate::resolve::{LookupRequest, MatchResult, Trust, Within, lookup_only, state};
use crate::session::Context;

/// The shared parameters of these operations.
const SHARED: &[CommonParam] = &[
    CommonParam::Detail,
    CommonParam::Fields,
    CommonParam::RefreshCache,
];

impl Params {
    /// Returns the parameters of `update_issue` for this issue, without a field to change.
    pub(super) fn unchanged(issue_id: Identifier) -> Self {
        Self {
            issue_id,
            title: None,
            description: Patch::Absent,
            patch: None,
            state: None,
            labels: Patch::Absent,
            add_labels: None,
            remove_labels: None,
            assignee: Patch::Absent,
            delegate: Patch::Absent,
            subscribers: Patch::Absent,
            add_subscribers: None,
            remove_subscribers: None,
            snooze_until: Patch::Absent,
            reminder_at: Patch::Absent,
            team: None,
            project: Patch::Absent,
            milestone: Patch::Absent,
            cycle: Patch::Absent,
            parent_id: Patch::Absent,
            priority: Patch::Absent,
            estimate: Patch::Absent,
            due_date: Patch::Absent,
            links: None,
            blocks: None,
            blocked_by: None,
            related_to: None,
            duplicate_of: Patch::Absent,
            remove_blocks: None,
            remove_blocked_by: None,
            remove_related_to: None,
            remove_duplicate_of: None,
            sort_order: None,
            changes: None,
            if_unchanged_since: None,
            expected_sha256: None,
            protect: None,
        }
    }
}

/// What one of these operations changes of an issue.
enum Change {
    Labels(LabelSpecs),
    Assignee(Patch<Ref>),
    Place {
        state: Option<Ref>,
        team: Option<Ref>,
        project: Patch<Ref>,
        cycle: Patch<CycleRef>,
    },
    /// The issue goes to its team's first state of this type.
    StateOfType(&'static str),
}

impl Change {
    /// Returns the parameters of `update_issue` that make the change of this issue.
    ///
    /// # Errors
    /// As [`first_state`].
    async fn params(&self, cx: &Context<'_>, issue_id: Identifier) -> Result<Params, Error> {
        let issue = IssueRef::parse("issue_id", issue_id.as_str())?;
        let mut params = Params::unchanged(issue_id);
        match self {
            Self::Labels(labels) => params.add_labels = Some(labels.clone()),
            Self::Assignee(assignee) => params.assignee = assignee.clone(),
            Self::Place {
                state,
                team,
                project,
                cycle,
            } => {
                params.state = state.clone();
                params.team = team.clone();
                params.project = project.clone();
                params.cycle = cycle.clone();
            }
            Self::StateOfType(kind) => params.state = Some(first_state(cx, &issue, kind).await?),
        }
        Ok(params)
    }

    /// Runs `update_issue` without reading the issue before. Where Linear refuses the update because the issue has moved
    /// to another team, in which other names hold, the update is run once more under the identifier that the issue has
    /// now.
    ///
    /// # Errors
    /// The error of `update_issue`.
    async fn make(self, cx: &Context<'_>, issue_id: Identifier) -> Result<Value, Error> {
        let issue = IssueRef::parse("issue_id", issue_id.as_str())?;
        let without_read = Params {
            changes: Some(Flag(false)),
            ..self.params(cx, issue_id).await?
        };
        let error = match UpdateIssue::run(without_read, cx).await {
            Err(error) if error.code().is_refused_write() && !cx.is_in_doubt() => error,
            outcome => return outcome,
        };
        match current_identifier(cx, &issue).await {
            Ok(current) if issue.team_key().is_some() && current.as_str() != issue.id() => {
                if let Some(Value::Array(labels)) = error.details().get("created_labels") {
                    let names: Vec<&str> = labels.iter().filter_map(Value::as_str).collect();
                    cx.warn(format!(
                        "created in the team that the issue has left, and not used: label '{}'",
                        names.join("', '")
                    ));
                }
                UpdateIssue::run(self.params(cx, current).await?, cx).await
            }
            // These operations have no parameter `changes`.
            _ => Err(error.retain_suggestions(|suggestion| !suggestion.contains("changes: false"))),
        }
    }
}

/// Reads the identifier that an issue has now.
///
/// # Errors
/// ISSUE_NOT_FOUND, or the failure of the request.
async fn current_identifier(cx: &Context<'_>, issue: &IssueRef) -> Result<Identifier, Error> {
    let variables = issue_head::Variables { id: issue.id() };
    let head = reads::one::<IssueHead>(cx, variables, issue.not_found()).await?;
    Identifier::new(&head.issue.identifier).ok_or_else(|| issue.not_found())
}

/// The operation `add_label`.
#[derive(Debug)]
pub struct AddLabel;

/// Add a label, or several, to an issue; missing ones are created.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct AddLabelParams {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// Labels to add.
    labels: LabelSpecs,
}

impl Operation for AddLabel {
    type Params = AddLabelParams;
    const SPEC: Spec = Spec {
        name: "add_label",
        title: "Add label",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &["add_labels", "add_issue_label", "label_issue"],
        shared: SHARED,
        touches: Touches::Fields(&["add_labels"]),
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        check_labels(params.labels.iter().next().is_some())?;
        let change = Change::Labels(params.labels);
        change.make(cx, params.issue_id).await.map_err(|error| {
            // What `update_issue` suggests is not a parameter of this operation.
            let given = "Give 'remove_labels:";
            let taken_off_first = "Call update_issue with 'add_labels' and 'remove_labels:";
            error.map_texts(|text| text.replace(given, taken_off_first))
        })
    }
}

/// Checks that there is a label to add or to take off.
///
/// # Errors
/// MISSING_REQUIRED_PARAM.
fn check_labels(is_given: bool) -> Result<(), Error> {
    if is_given {
        return Ok(());
    }
    Err(
        Error::new(Code::MissingRequiredParam, "'labels' has no label in it")
            .detail("missing", vec!["labels"])
            .suggest("Give a label, or several, in 'labels'"),
    )
}

/// The operation `remove_label`.
#[derive(Debug)]
pub struct RemoveLabel;

/// Take a label, or several, off an issue. A label that is not on the issue is a warning.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RemoveLabelParams {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// Labels to take off.
    labels: LabelNames,
}

impl Operation for RemoveLabel {
    type Params = RemoveLabelParams;
    const SPEC: Spec = Spec {
        name: "remove_label",
        title: "Remove label",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &["remove_labels", "remove_issue_label", "unlabel_issue"],
        shared: SHARED,
        touches: Touches::Fields(&["remove_labels"]),
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        check_labels(params.labels.iter().next().is_some())?;
        let issue = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        if let Some(team) = issue.team_key() {
            let _issue_lock = cx.lock_issue(&issue.id()).await?;
            if let Some(data) = remove_known(cx, &issue, team, &params.labels).await? {
                return Ok(data);
            }
        }
        let params = Params {
            remove_labels: Some(params.labels),
            ..Params::unchanged(params.issue_id)
        };
        UpdateIssue::run(params, cx).await
    }
}

/// Takes labels off the issue in one request, if each name means one label of the team. Returns `None`, and has changed
/// nothing, if that is not so or if Linear refuses the request; then the issue has to be read first.
///
/// In front of the update stands one that sets nothing. Its answer has the labels that the issue had before, which tell
/// the changes and the labels that were not on the issue.
///
/// # Errors
/// The failure of the look-up, or of the update where it was not refused, such as OUTCOME_UNKNOWN.
async fn remove_known(
    cx: &Context<'_>,
    issue: &IssueRef,
    team: &str,
    names: &LabelNames,
) -> Result<Option<Value>, Error> {
    let Some(removed) = known_labels(cx, team, names).await? else {
        return Ok(None);
    };
    let id = issue.id();
    let input = IssueUpdateInput {
        removed_label_ids: Patch::Set(removed.iter().map(|(_, label)| label.id.clone()).collect()),
        ..IssueUpdateInput::default()
    };
    let lookup = || Some(Lookup::changed(IssueGet::alone(&id), Expected::Input));
    let mut writes = WriteSet::default();
    let nothing = mutation(&id, &IssueUpdateInput::default());
    let probe = writes.change_after::<documents::IssueUpdate>(nothing, lookup());
    let update = writes.change_after::<documents::IssueUpdate>(mutation(&id, &input), lookup());
    match writes.submit(cx).await {
        Ok(Some(_)) if !writes.is_done(update) => return Ok(None),
        Ok(_) => {}
        Err(failure) => {
            return Err(failure.into_write_error(
                Code::IssueUpdateFailed,
                &format!("update issue '{id}'"),
                &format!("Call get_issue {id} to see whether it was changed"),
            ));
        }
    }
    let (before, after) = (
        writes.entity::<Issue>(probe),
        writes.entity::<Issue>(update),
    );
    let (Some(before), Some(after)) = (before, after) else {
        let suggestion = format!("call get_issue {id}");
        return Ok(Some(write::unread(cx, &[("issue_id", &id)], &suggestion)));
    };
    warn_of_trash(cx, &after.identifier, after.trashed);
    let after = match correct(cx, &before, after, &removed).await {
        Written::Entity(after) => after,
        Written::Unread => {
            let suggestion = format!("call get_issue {id}");
            return Ok(Some(write::unread(cx, &[("issue_id", &id)], &suggestion)));
        }
    };
    cx.step(format!("update_issue: {}", after.identifier));
    let changed = changed_fields(&before, &after);
    changes::report(cx, changed, "the issue had these values already");
    Ok(Some(data(cx, &after)))
}

/// The labels that names mean, each with its name in the request.
type NamedLabels<'n> = Vec<(&'n LabelName, Arc<Label>)>;

/// Returns the label of the team that each name means, or `None` if a name means none, several, or a group.
///
/// # Errors
/// The failure of the look-up.
async fn known_labels<'n>(
    cx: &Context<'_>,
    team: &str,
    names: &'n LabelNames,
) -> Result<Option<NamedLabels<'n>>, Error> {
    let lookup_request = LookupRequest {
        team: Some(team.to_owned()),
        labels: names.iter().cloned().collect(),
        ..LookupRequest::default()
    };
    let resolved = lookup_only(cx, &lookup_request).await?;
    let Ok(team) = resolved.team(team) else {
        return Ok(None);
    };
    let team_labels = resolved.labels_of(&team.item);
    let index = Index::new(&team_labels, Some(&team.item));
    let labels = names.iter().map(|name| match index.find(name) {
        MatchResult::One(found) if !found.item.is_group => Some((name, found.item)),
        _ => None,
    });
    Ok(labels.collect())
}

/// Compares the labels that were taken off with those that the issue had before, and warns of each label that was not
/// on the issue. A label that somebody has renamed since the session cached it may be another one than the request
/// meant; then the label is put back, and the one that is meant is taken off.
async fn correct(
    cx: &Context<'_>,
    before: &Issue,
    after: Issue,
    removed: &NamedLabels<'_>,
) -> Written<Issue> {
    let on_issue: Vec<Arc<Label>> = before
        .labels
        .nodes
        .iter()
        .map(|label| Arc::new(label.into()))
        .collect();
    let index = Index::new(&on_issue, None);
    let (mut put_back, mut meant, mut renamed) = (Vec::new(), Vec::new(), Vec::new());
    for (name, label) in removed {
        let current = on_issue.iter().find(|current| current.id == label.id);
        match (index.find(name), current) {
            (MatchResult::One(found), _) if found.item.id == label.id => {}
            (MatchResult::One(found), current) => {
                meant.push(found.item.id.clone());
                put_back.extend(current.map(|current| current.id.clone()));
                renamed.extend(current.map(|current| (label, current)));
            }
            (_, Some(current)) => {
                put_back.push(current.id.clone());
                renamed.push((label, current));
            }
            (_, None) if before.labels.page_info.has_next_page => {}
            (_, None) => cx.warn(format!("label '{name}' is not on the issue")),
        }
    }
    if put_back.is_empty() && meant.is_empty() {
        return Written::Entity(after);
    }
    let set = |ids: Vec<String>| Patch::from(Some(ids).filter(|ids| !ids.is_empty()));
    let input = IssueUpdateInput {
        added_label_ids: set(put_back),
        removed_label_ids: set(meant),
        ..IssueUpdateInput::default()
    };
    let id = after.id.clone();
    let correction = write::change::<documents::IssueUpdate>(
        cx,
        mutation(&id, &input),
        IssueGet::alone(&id),
        Expected::Input,
    );
    let (written, end) = changes::corrected("issue", after, correction.await);
    for (label, current) in renamed {
        changes::Renamed::new("label", &label.name, &current.name).warn(cx, &end);
    }
    written
}

/// The operation `assign_issue`.
#[derive(Debug)]
pub struct AssignIssue;

/// Assign an issue to a user, or to nobody.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct AssignIssueParams {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// User name, e-mail, id or `me`; `null` or `none` for nobody.
    #[serde(default)]
    assignee: Patch<Ref>,
}

impl Operation for AssignIssue {
    type Params = AssignIssueParams;
    const SPEC: Spec = Spec {
        name: "assign_issue",
        title: "Assign issue",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &["set_assignee"],
        shared: SHARED,
        touches: Touches::FieldsGiven {
            except: &["issue_id"],
        },
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        if params.assignee.is_absent() {
            return Err(
                Error::new(Code::MissingRequiredParam, "assign_issue needs 'assignee'")
                    .detail("missing", vec!["assignee"])
                    .suggest("Give the user in 'assignee', or null to assign the issue to nobody"),
            );
        }
        let change = Change::Assignee(params.assignee);
        change.make(cx, params.issue_id).await
    }
}

/// The operation `move_issue`.
#[derive(Debug)]
pub struct MoveIssue;

/// Move an issue to a state, team, project or cycle.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct MoveIssueParams {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// State name, type, alias or id.
    #[schemars(extend("null" = "refused"))]
    state: Option<Ref>,
    /// Team name, key or id.
    #[schemars(extend("null" = "refused"))]
    team: Option<Ref>,
    /// Project name, slug, id or URL.
    #[serde(default)]
    project: Patch<Ref>,
    /// Cycle number, name, `current` or `next`.
    #[serde(default)]
    cycle: Patch<CycleRef>,
}

impl Operation for MoveIssue {
    type Params = MoveIssueParams;
    const SPEC: Spec = Spec {
        name: "move_issue",
        title: "Move issue",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &[
            "update_issue_state",
            "update_issue_status",
            "set_issue_state",
        ],
        shared: SHARED,
        touches: Touches::FieldsGiven {
            except: &["issue_id"],
        },
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let stays = params.state.is_none()
            && params.team.is_none()
            && params.project.is_absent()
            && params.cycle.is_absent();
        if stays {
            return Err(changes::none_given(
                "the issue",
                "state, team, project or cycle",
            ));
        }
        let change = Change::Place {
            state: params.state,
            team: params.team,
            project: params.project,
            cycle: params.cycle,
        };
        change.make(cx, params.issue_id).await
    }
}

/// The operation `close_issue`.
#[derive(Debug)]
pub struct CloseIssue;

/// Close an issue: it goes to its team's first completed or canceled state.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CloseIssueParams {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// Default: completed.
    #[serde(rename = "as")]
    outcome: Option<ClosedAs>,
}

/// The type of the state of a closed issue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ClosedAs {
    #[default]
    #[serde(alias = "complete", alias = "done")]
    Completed,
    #[serde(alias = "cancelled")]
    Canceled,
}

impl Operation for CloseIssue {
    type Params = CloseIssueParams;
    const SPEC: Spec = Spec {
        name: "close_issue",
        title: "Close issue",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &["complete_issue"],
        shared: SHARED,
        touches: Touches::Fields(&["state"]),
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let kind = match params.outcome.unwrap_or_default() {
            ClosedAs::Completed => "completed",
            ClosedAs::Canceled => "canceled",
        };
        move_to_first(cx, params.issue_id, kind).await
    }
}

/// The operation `reopen_issue`.
#[derive(Debug)]
pub struct ReopenIssue;

/// Reopen an issue: it goes to its team's first unstarted state.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ReopenIssueParams {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
}

impl Operation for ReopenIssue {
    type Params = ReopenIssueParams;
    const SPEC: Spec = Spec {
        name: "reopen_issue",
        title: "Reopen issue",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &[],
        shared: SHARED,
        touches: Touches::Fields(&["state"]),
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        move_to_first(cx, params.issue_id, "unstarted").await
    }
}

/// Moves the issue to the state with the lowest position among the states of this type that its team has.
///
/// # Errors
/// ISSUE_NOT_FOUND; STATUS_NOT_FOUND if the team has no such state; else the error of `update_issue`.
async fn move_to_first(
    cx: &Context<'_>,
    issue_id: Identifier,
    kind: &'static str,
) -> Result<Value, Error> {
    let issue = IssueRef::parse("issue_id", issue_id.as_str())?;
    let issue_id = match issue.team_key() {
        Some(_) => issue_id,
        // Only the identifier says to which team the issue belongs.
        None => current_identifier(cx, &issue).await?,
    };
    Change::StateOfType(kind).make(cx, issue_id).await
}

/// Returns the id of the state with the lowest position among the states of this type in the team of the issue.
///
/// # Errors
/// As [`move_to_first`].
async fn first_state(cx: &Context<'_>, issue: &IssueRef, kind: &str) -> Result<Ref, Error> {
    let team_key = issue.team_key().unwrap_or_default();
    let lookup_request = LookupRequest {
        team: Some(team_key.to_owned()),
        states: vec![kind.to_owned()],
        trust: Trust::Names,
        ..LookupRequest::default()
    };
    let resolved = lookup_only(cx, &lookup_request).await?;
    let team: Arc<Team> = resolved.team(team_key)?.item;
    // An identifier contains the whole key of its team, so a partial match is another team.
    if !team.key.eq_ignore_ascii_case(team_key) {
        return Err(issue.not_found());
    }
    let states = resolved.states_of(&team);
    match states.iter().find(|state| state.kind == kind) {
        Some(state) => {
            cx.resolved("state", &state.name, resolved.states.cached);
            Ref::new(&state.id).ok_or_else(|| issue.not_found())
        }
        None => {
            let within = Some(Within {
                kind: "team",
                name: &team.name,
            });
            Err(state::missing(kind, &states, within))
        }
    }
}

//! Workflow states: how a state is shown, and the operations `get_valid_state_id` and `list_statuses`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::page;
use super::view::{View, entity};
use crate::error::{Code, Error};
use crate::linear::model::State;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::params::{Cursor, Detail, Ref};
use crate::resolve::{LookupRequest, lookup_only, resolution};
use crate::session::Context;
use crate::text::whole_number;

/// Returns the view of a workflow state.
fn view(state: &State, level: Detail) -> View {
    View::named(level, &state.id, &state.name)
        .brief("type", state.kind.as_str())
        .standard("color", state.color.as_str())
        .standard("position", whole_number(state.position))
        .full("description", state.description.clone())
}

/// The operation `get_valid_state_id`.
#[derive(Debug)]
pub struct GetValidStateId;

/// Resolve a workflow state of a team by name, type, alias ("todo", "done", "in review") or id, and say how it was
/// matched.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetValidStateIdParams {
    /// Team name, key or id.
    team: Ref,
    /// State name, type, alias or id.
    state: Ref,
}

impl Operation for GetValidStateId {
    type Params = GetValidStateIdParams;
    const SPEC: Spec = Spec {
        name: "get_valid_state_id",
        title: "Resolve state",
        effect: Effect::Read,
        subject: Some("state"),
        aliases: &["validate_state"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let team_name = params.team.into_string();
        let state_name = params.state.into_string();
        let lookup_request = LookupRequest {
            team: Some(team_name.clone()),
            states: vec![state_name.clone()],
            ..LookupRequest::default()
        };
        let resolved = lookup_only(cx, &lookup_request).await?;
        let team = resolved.team(&team_name)?.item;
        let state = resolved.state(&state_name, &team)?;
        cx.note(|report| report.resolution = Some(resolution(&state_name, state.method)));
        Ok(entity(cx, Detail::Standard, &[], |level| {
            view(&state.item, level)
        }))
    }
}

/// The operation `get_issue_status`.
#[derive(Debug)]
pub struct GetIssueStatus;

/// Get a workflow state of a team by its id or its name: get_valid_state_id, as other servers call it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetIssueStatusParams {
    /// Team name, key or id.
    team: Ref,
    /// State name, type, alias or id.
    state: Option<Ref>,
    /// Name of the state; beside `state`, both have to mean the same one.
    name: Option<Ref>,
}

impl Operation for GetIssueStatus {
    type Params = GetIssueStatusParams;
    const SPEC: Spec = Spec {
        name: "get_issue_status",
        title: "Get issue status",
        effect: Effect::Read,
        subject: Some("state"),
        aliases: &[],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let team_name = params.team.into_string();
        let names = params.state.into_iter().chain(params.name);
        let names: Vec<String> = names.map(Ref::into_string).collect();
        let lookup_request = LookupRequest {
            team: Some(team_name.clone()),
            states: names.clone(),
            ..LookupRequest::default()
        };
        let resolved = lookup_only(cx, &lookup_request).await?;
        let team = resolved.team(&team_name)?.item;
        let states: Vec<_> = names
            .iter()
            .map(|name| resolved.state(name, &team))
            .collect::<Result<_, Error>>()?;
        let (Some(first), Some(wanted)) = (states.first(), names.first()) else {
            return Err(
                Error::new(Code::MissingRequiredParam, "get_issue_status needs 'state'")
                    .detail("missing", vec!["state"])
                    .suggest("Give the state's id or name in 'state'"),
            );
        };
        if let Some(other) = states.iter().find(|other| other.item.id != first.item.id) {
            let (one, two) = (&first.item.name, &other.item.name);
            let message = format!("'state' and 'name' mean two states: '{one}' and '{two}'");
            return Err(Error::new(Code::InvalidParam, message)
                .detail("param", "name")
                .suggest("Give one of 'state' and 'name'"));
        }
        cx.note(|report| report.resolution = Some(resolution(wanted, first.method)));
        Ok(entity(cx, Detail::Standard, &[], |level| {
            view(&first.item, level)
        }))
    }
}

/// The operation `list_statuses`.
#[derive(Debug)]
pub struct ListStatuses;

/// List a team's workflow states, in its own order.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListStatusesParams {
    /// Team name, key or id.
    team: Ref,
    /// `cursor` of the answer before, for the next ones.
    cursor: Option<Cursor>,
}

impl Operation for ListStatuses {
    type Params = ListStatusesParams;
    const SPEC: Spec = Spec {
        name: "list_statuses",
        title: "List statuses",
        effect: Effect::Read,
        subject: Some("team"),
        aliases: &["list_states", "list_issue_statuses"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::Format,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let team_name = params.team.into_string();
        let lookup_request = LookupRequest {
            team: Some(team_name.clone()),
            all_states: true,
            ..LookupRequest::default()
        };
        let resolved = lookup_only(cx, &lookup_request).await?;
        let team = resolved.team(&team_name)?.item;
        let states = resolved.states_of(&team);
        page::whole_list(cx, "statuses", states, params.cursor.as_ref(), None, view)
    }
}

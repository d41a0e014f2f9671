//! Teams: how a team is shown, and the operations `get_team` and `list_teams`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::page;
use super::view::{View, entity};
use crate::error::Error;
use crate::linear::model::Team;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::params::{Cursor, Detail, Ref};
use crate::resolve::{LookupRequest, lookup_only, resolution};
use crate::session::Context;

/// Returns the view of a team.
fn view(team: &Team, level: Detail) -> View {
    View::named(level, &team.id, &team.name)
        .brief("key", team.key.as_str())
        .standard("description", team.description.clone())
        .full("triage_enabled", team.triage_enabled)
        .full("cycles_enabled", team.cycles_enabled)
        .full("estimation", team.issue_estimation_type.as_str())
}

/// The operation `get_team`.
#[derive(Debug)]
pub struct GetTeam;

/// Get a team by name, key or id.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct GetTeamParams {
    /// Team name, key or id.
    team: Ref,
}

impl Operation for GetTeam {
    type Params = GetTeamParams;
    const SPEC: Spec = Spec {
        name: "get_team",
        title: "Get team",
        effect: Effect::Read,
        subject: Some("team"),
        aliases: &[],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let name = params.team.into_string();
        let lookup_request = LookupRequest {
            team: Some(name.clone()),
            ..LookupRequest::default()
        };
        let team = lookup_only(cx, &lookup_request).await?.team(&name)?;
        cx.note(|report| report.resolution = Some(resolution(&name, team.method)));
        Ok(entity(cx, Detail::Standard, &[], |level| {
            view(&team.item, level)
        }))
    }
}

/// The operation `list_teams`.
#[derive(Debug)]
pub struct ListTeams;

/// List the workspace's teams.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListTeamsParams {
    /// `cursor` of the answer before, for the next ones.
    cursor: Option<Cursor>,
}

impl Operation for ListTeams {
    type Params = ListTeamsParams;
    const SPEC: Spec = Spec {
        name: "list_teams",
        title: "List teams",
        effect: Effect::Read,
        subject: None,
        aliases: &["get_teams"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::Format,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let lookup_request = LookupRequest {
            all_teams: true,
            ..LookupRequest::default()
        };
        let mut teams = lookup_only(cx, &lookup_request).await?.teams.items;
        teams.sort_by(|a, b| a.name.cmp(&b.name));
        page::whole_list(cx, "teams", teams, params.cursor.as_ref(), None, view)
    }
}

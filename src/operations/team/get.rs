//! `get_team`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::error::Error;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::view;
use crate::params::{Detail, Ref};
use crate::resolve::{LookupRequest, lookup_only, resolution};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct GetTeam;

/// Get a team by name, key or id.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Team name, key or id.
    team: Ref,
}

impl Operation for GetTeam {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "get_team",
        title: "Get team",
        effect: Effect::Read,
        subject: Some("team"),
        aliases: &[],
        shared: &[Shared::Detail, Shared::Fields, Shared::RefreshCache],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let team = params.team.into_string();
        let lookup_request = LookupRequest {
            team: Some(team.clone()),
            ..LookupRequest::default()
        };
        let found = lookup_only(cx, &lookup_request).await?.team(&team)?;
        cx.note(|report| report.resolution = Some(resolution(&team, found.method)));
        Ok(view::entity(cx, Detail::Standard, &[], |level| {
            super::view(&found.item, level)
        }))
    }
}

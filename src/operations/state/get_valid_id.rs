//! `get_valid_state_id`.

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
pub struct GetValidStateId;

/// Resolve a workflow state of a team by name, type, alias ("todo", "done", "in review") or id, and say how it was
/// matched.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Team name, key or id.
    team: Ref,
    /// State name, type, alias or id.
    state: Ref,
}

impl Operation for GetValidStateId {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "get_valid_state_id",
        title: "Resolve state",
        effect: Effect::Read,
        subject: Some("state"),
        aliases: &["validate_state", "get_issue_status"],
        shared: &[Shared::Detail, Shared::Fields, Shared::RefreshCache],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let team = params.team.into_string();
        let state = params.state.into_string();
        let lookup_request = LookupRequest {
            team: Some(team.clone()),
            states: vec![state.clone()],
            ..LookupRequest::default()
        };
        let known = lookup_only(cx, &lookup_request).await?;
        let team = known.team(&team)?.item;
        let found = known.state(&state, &team)?;
        cx.note(|report| report.resolution = Some(resolution(&state, found.method)));
        Ok(view::entity(cx, Detail::Standard, &[], |level| {
            super::view(&found.item, level)
        }))
    }
}

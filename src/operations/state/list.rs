//! `list_statuses`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::error::Error;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::{page, view};
use crate::params::{Cursor, Detail, Ref};
use crate::resolve::{LookupRequest, lookup_only};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct ListStatuses;

/// List a team's workflow states, in its own order.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Team name, key or id.
    team: Ref,
    /// `cursor` of the answer before, for the next ones.
    cursor: Option<Cursor>,
}

impl Operation for ListStatuses {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "list_statuses",
        title: "List statuses",
        effect: Effect::Read,
        subject: Some("team"),
        aliases: &["list_states", "list_issue_statuses"],
        shared: &[
            Shared::Detail,
            Shared::Fields,
            Shared::Format,
            Shared::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let team = params.team.into_string();
        let lookup_request = LookupRequest {
            team: Some(team.clone()),
            all_states: true,
            ..LookupRequest::default()
        };
        let known = lookup_only(cx, &lookup_request).await?;
        let team = known.team(&team)?.item;
        let mut states = known.states_of(&team);
        let total = states.len();
        page::go_on(&mut states, params.cursor.as_ref(), |state| &state.id)?;
        let mut data = view::list(cx, "statuses", Detail::Brief, &states, |state, level| {
            super::view(state, level)
        });
        let continued = params.cursor.is_some();
        page::whole(
            cx,
            "statuses",
            &states,
            |state| &state.id,
            &mut data,
            continued,
        );
        data.insert("total".to_owned(), total.into());
        Ok(Value::Object(data))
    }
}

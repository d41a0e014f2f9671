//! `list_teams`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::error::Error;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::{page, view};
use crate::params::{Cursor, Detail};
use crate::resolve::{LookupRequest, lookup_only};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct ListTeams;

/// List the workspace's teams.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// `cursor` of the answer before, for the next ones.
    cursor: Option<Cursor>,
}

impl Operation for ListTeams {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "list_teams",
        title: "List teams",
        effect: Effect::Read,
        subject: None,
        aliases: &["get_teams"],
        shared: &[
            Shared::Detail,
            Shared::Fields,
            Shared::Format,
            Shared::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let lookup_request = LookupRequest {
            all_teams: true,
            ..LookupRequest::default()
        };
        let mut teams = lookup_only(cx, &lookup_request).await?.teams.items;
        teams.sort_by(|a, b| a.name.cmp(&b.name));
        let total = teams.len();
        page::go_on(&mut teams, params.cursor.as_ref(), |team| &team.id)?;
        let mut data = view::list(cx, "teams", Detail::Brief, &teams, |team, level| {
            super::view(team, level)
        });
        let continued = params.cursor.is_some();
        page::whole(cx, "teams", &teams, |team| &team.id, &mut data, continued);
        data.insert("total".to_owned(), total.into());
        Ok(Value::Object(data))
    }
}

//! `list_teams`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::error::Error;
use crate::operation::{Effect, Operation, Shared, Spec};
use crate::operations::view;
use crate::params::Detail;
use crate::resolve::{Wants, look_up};
use crate::session::Cx;

/// The operation.
#[derive(Debug)]
pub struct ListTeams;

/// List the workspace's teams.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {}

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
    };

    async fn run(_: Params, cx: &Cx<'_>) -> Result<Value, Error> {
        let wants = Wants {
            all_teams: true,
            ..Wants::default()
        };
        let mut teams = look_up(cx, &wants).await?.teams.items;
        teams.sort_by(|a, b| a.name.cmp(&b.name));
        let mut data = view::list(cx, "teams", Detail::Brief, &teams, |team, level| {
            super::view(team, level)
        });
        data.insert("total".to_owned(), teams.len().into());
        Ok(Value::Object(data))
    }
}

//! `list_labels`: answers from the session cache where the cache has all labels of the team, or else with one request.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::view;
use crate::cache::fold;
use crate::error::Error;
use crate::linear::model::Label;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::page;
use crate::params::{Cursor, Ref};
use crate::resolve::label::full_name;
use crate::resolve::{LookupRequest, lookup_only};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct ListLabels;

/// List the labels that can be used in a team: its own, its parent teams' and the workspace's. Without a team, the
/// workspace's alone.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Team name, key or id.
    team: Option<Ref>,
    /// `cursor` of the answer before, for the next ones.
    cursor: Option<Cursor>,
}

impl Operation for ListLabels {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "list_labels",
        title: "List labels",
        effect: Effect::Read,
        subject: Some("team"),
        aliases: &["list_issue_labels", "get_labels"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::Format,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let team_name = params.team.map(Ref::into_string);
        let lookup_request = LookupRequest {
            team: team_name.clone(),
            all_labels: true,
            ..LookupRequest::default()
        };
        let resolved = lookup_only(cx, &lookup_request).await?;
        let mut labels: Vec<Arc<Label>> = match team_name {
            Some(team_name) => resolved.labels_of(&resolved.team(&team_name)?.item),
            None => resolved.labels.items,
        };
        labels.sort_by_key(|label| fold(&full_name(label)));
        page::whole_list(cx, "labels", labels, params.cursor.as_ref(), None, view)
    }
}

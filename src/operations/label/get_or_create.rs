//! `get_or_create_label`: one look-up of the label, and one write where no such label exists.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::plan::{Origin, ensure};
use super::view;
use crate::error::Error;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::view::entity;
use crate::params::{Color, Detail, LabelName, LabelSpec, Markdown, Ref};
use crate::resolve::label::applicable;
use crate::resolve::{LookupRequest, lookup_only};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct GetOrCreateLabel;

/// Get a label by name, in the team, its parent teams or the workspace; create it in the team if there is none.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Team name, key or id.
    team: Ref,
    /// Label name, or `group/name`.
    name: LabelName,
    /// Colour of a new label, `#rrggbb`. Default: by name.
    color: Option<Color>,
    /// Description of a new label.
    description: Option<Markdown>,
}

impl Operation for GetOrCreateLabel {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "get_or_create_label",
        title: "Get or create label",
        effect: Effect::Ensure,
        subject: Some("name"),
        aliases: &["ensure_label"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let team_name = params.team.into_string();
        let lookup_request = LookupRequest {
            team: Some(team_name.clone()),
            labels: vec![params.name.clone()],
            new_labels: true,
            ..LookupRequest::default()
        };
        let resolved = lookup_only(cx, &lookup_request).await?;
        let team = resolved.team(&team_name)?.item;
        let spec = LabelSpec {
            name: params.name,
            color: params.color,
            description: params.description.map(Markdown::into_string),
        };
        let candidates = resolved.labels_of(&team);
        let mut requested = ensure(cx, &team, candidates.clone(), &[spec]).await?;
        let Some(requested) = requested.pop() else {
            return Ok(Value::Null);
        };
        let (label, origin) = requested.outcome?;
        if let Err(error) = applicable(&label, &candidates) {
            cx.warn(error.message());
        }
        Ok(entity(cx, Detail::Standard, &[], |level| {
            view(&label, level).outcome("created", origin == Origin::Created)
        }))
    }
}

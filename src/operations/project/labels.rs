//! `list_project_labels`: answers from the session cache where the cache has all labels of projects, or else with one
//! request.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::cache::fold;
use crate::error::Error;
use crate::linear::model::ProjectLabel;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::page;
use crate::operations::view::View;
use crate::params::{Cursor, Text};
use crate::resolve::{LookupRequest, Resolvable as _, lookup_only};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct ListProjectLabels;

/// List the labels that projects can have. They are not those of issues, which list_labels lists.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Text that the name, or the name of the group, contains.
    query: Option<Text>,
    /// `cursor` of the answer before, for the next ones.
    cursor: Option<Cursor>,
}

impl Operation for ListProjectLabels {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "list_project_labels",
        title: "List project labels",
        effect: Effect::Read,
        subject: Some("query"),
        aliases: &["get_project_labels"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::Format,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let lookup_request = LookupRequest {
            all_project_labels: true,
            ..LookupRequest::default()
        };
        let resolved = lookup_only(cx, &lookup_request).await?;
        let mut labels: Vec<Arc<ProjectLabel>> = resolved.project_labels.items;
        if let Some(query) = &params.query {
            let wanted = fold(query.as_str());
            labels.retain(|label| fold(&label.full_name()).contains(&wanted));
        }
        labels.sort_by_key(|label| fold(&label.full_name()));
        let cursor = params.cursor.as_ref();
        page::whole_list(cx, "labels", labels, cursor, None, |label, level| {
            let group = label.parent.as_ref();
            View::named(level, &label.id, &label.name)
                .brief("group", group.map(|group| group.name.clone()))
                .brief("is_group", label.is_group.then_some(true))
                .brief("retired", label.retired_at.is_some().then_some(true))
        })
    }
}

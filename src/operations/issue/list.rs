//! `list_issues`: the issues that filters match, in one request (`find.rs` tells how).

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::filters;
use super::find::{self, Match, OrderBy, Page};
use crate::error::Error;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::page;
use crate::params::{
    Count, Cursor, CycleRef, Flag, Identifier, LabelNames, Moment, Patch, Priority, Ref, Text,
};
use crate::session::Cx;

/// The operation.
#[derive(Debug)]
pub struct ListIssues;

/// List issues by filters, all of which must match.
///
/// A name that means nothing is an error, never an empty list.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Team name, key or id.
    #[schemars(extend("null" = "refused"))]
    team: Option<Ref>,
    /// State name, type or alias.
    #[schemars(extend("null" = "refused"))]
    state: Option<Ref>,
    /// User name, e-mail, id or `me`; `null` or `none` for unassigned.
    #[serde(default)]
    assignee: Patch<Ref>,
    /// Labels it must all have; `null` for none.
    #[serde(default)]
    labels: Patch<LabelNames>,
    /// Project name, slug, id or URL; `null` for none.
    #[serde(default)]
    project: Patch<Ref>,
    /// Cycle number or name (with a team), `current`, `next`; `null` for none.
    #[serde(default)]
    cycle: Patch<CycleRef>,
    /// 0-4 or none, urgent, high, medium, low.
    #[serde(default)]
    priority: Patch<Priority>,
    /// Identifier, id or URL of the parent issue; `null` for none.
    #[serde(default)]
    parent_id: Patch<Identifier>,
    /// `true`: assigned to the key's owner.
    mine: Option<Flag>,
    /// `true`: changed in the last seven days.
    recent: Option<Flag>,
    /// Text to look for in title and description.
    query: Option<Text>,
    /// Changed since: date, timestamp or `-P7D`.
    updated_after: Option<Moment>,
    /// Made since: date, timestamp or `-P7D`.
    created_after: Option<Moment>,
    /// Default: 50, at most 250.
    limit: Option<Count>,
    /// `cursor` of the answer before, for the next ones.
    cursor: Option<Cursor>,
    /// By what, newest first. Default: `updatedAt`.
    order_by: Option<OrderBy>,
    /// Archived ones too.
    include_archived: Option<Flag>,
}

impl Operation for ListIssues {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "list_issues",
        title: "List issues",
        effect: Effect::Read,
        subject: None,
        aliases: &["get_issues"],
        shared: Shared::OF_A_LIST,
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Cx<'_>) -> Result<Value, Error> {
        let limit = page::limit(params.limit)?;
        let query = params.query.filter(|text| !text.as_str().trim().is_empty());
        let page = Page {
            text: query.map_or(Match::Any, |Text(text)| Match::Contains(text)),
            order_by: params.order_by,
            archived: params.include_archived.is_some_and(|Flag(on)| on),
            after: params.cursor.map(|Cursor(cursor)| cursor),
            limit,
        };
        let filters = filters::among!(params)?;
        let found = find::find(cx, &filters, &page, None).await;
        found.map(Value::Object).map_err(|trouble| trouble.error)
    }
}

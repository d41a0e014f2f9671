//! `search_issues`: Linear's ranked search, narrowed down by the filters of `list_issues`; a list where no text is
//! given. Linear allows few searches a minute (`linear/api.md` §1.2): when they are used up, the issues whose text
//! contains the query are listed, and the answer says so.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::filters;
use super::find::{self, Match, OrderBy, Page, Trouble};
use crate::error::Error;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::page;
use crate::params::{
    Count, Cursor, CycleRef, Flag, Identifier, LabelNames, Moment, Patch, Priority, Ref, Text,
};
use crate::resolve::address;
use crate::resolve::issue::IssueRef;
use crate::session::Cx;

/// The operation.
#[derive(Debug)]
pub struct SearchIssues;

/// Search issues by text, the best match first (`ranked: true`), narrowed down by filters. An identifier finds its
/// issue first. Without a query, the issues that match the filters, newest first.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// What to search for.
    query: Option<Text>,
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
    /// Changed since: date, timestamp or `-P7D`.
    updated_after: Option<Moment>,
    /// Made since: date, timestamp or `-P7D`.
    created_after: Option<Moment>,
    /// Default: 20, at most 250.
    limit: Option<Count>,
    /// `cursor` of the answer before, for the next ones.
    cursor: Option<Cursor>,
    /// By what, newest first. Default: by relevance; without a query `updatedAt`.
    order_by: Option<OrderBy>,
    /// Archived ones too.
    include_archived: Option<Flag>,
}

/// How many are given when nothing is said (`contract.md`, "Entities").
const USUAL: Count = Count(20);

impl Operation for SearchIssues {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "search_issues",
        title: "Search issues",
        effect: Effect::Read,
        subject: Some("query"),
        aliases: &["search", "find_issues", "search_issue"],
        shared: Shared::OF_A_LIST,
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Cx<'_>) -> Result<Value, Error> {
        let limit = page::limit(params.limit.or(Some(USUAL)))?;
        let query = params.query.map(|Text(text)| text.trim().to_owned());
        let query = query.filter(|text| !text.is_empty());
        let mut page = Page {
            text: query.clone().map_or(Match::Any, Match::Ranked),
            order_by: params.order_by,
            archived: params.include_archived.is_some_and(|Flag(on)| on),
            after: params.cursor.map(|Cursor(cursor)| cursor),
            limit,
        };
        let filters = filters::among!(params)?;
        let named = query
            .as_deref()
            .filter(|text| {
                !address::workspace(text).is_some_and(|of| cx.session.workspace.is_foreign(of))
            })
            .and_then(IssueRef::named);
        let mut ranked = query.is_some() && page.order_by.is_none();
        let mut found = find::find(cx, &filters, &page, named.as_ref()).await;
        // A cursor of the search leads nowhere in a list.
        let again = query.filter(|_| page.after.is_none());
        if let (Err(Trouble { limited: true, .. }), Some(text)) = (&found, again) {
            page.text = Match::Contains(text);
            ranked = false;
            found = find::find(cx, &filters, &page, named.as_ref()).await;
            if let Ok(data) = &mut found {
                // Where it leads, the next search would not go on.
                data.shift_remove("cursor");
                cx.note(|report| {
                    let lists = report.outline.lists.iter_mut();
                    lists.for_each(|list| list.cursors.clear());
                });
                cx.warn("Linear's searches of this minute are used up: these issues contain the query, newest first, not ranked");
            }
        }
        let mut data = found.map_err(|trouble| trouble.error)?;
        if ranked {
            data.insert("ranked".to_owned(), true.into());
        }
        Ok(Value::Object(data))
    }
}

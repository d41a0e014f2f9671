//! `search_issues`: Linear's ranked search, narrowed down by the filters of `list_issues`. Without a query, the issues
//! are listed as by `list_issues`.
//!
//! Linear allows few searches a minute (`linear/api.md` §1.2). When no search is left, the operation lists the issues
//! whose text contains the query, and the response has a warning.

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::Value;

use super::list::{self, Match, Order, find};
use crate::error::Error;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::reads::ReadError;
use crate::params::Count;
use crate::resolve::address;
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The `search_issues` operation.
#[derive(Debug)]
pub struct SearchIssues;

/// Search issues by text, the best match first (`ranked: true`), narrowed down by filters. An identifier finds its
/// issue first. Without a query, the issues that match the filters, newest first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transform = describe_for_search)]
pub struct Params(list::Params);

/// The filters of `list_issues` that the tool of the search does not list, because a search has a query instead.
const RARE_IN_SEARCH: [&str; 9] = [
    "any_labels",
    "exclude_labels",
    "cycle",
    "priority",
    "parent_id",
    "created_after",
    "due_before",
    "view",
    "group_by",
];

/// Replaces the descriptions of those parameters of `list_issues` that have another meaning in a search, takes the rare ones
/// out of the tool, and moves `query` to the front.
fn describe_for_search(schema: &mut Schema) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    let Some(properties) = properties else {
        return;
    };
    for (name, description) in [
        ("query", "What to search for."),
        ("limit", "Default: 20, at most 250."),
        (
            "order_by",
            "Default: by relevance. `createdAt`, `updatedAt`: newest first; others without a query only.",
        ),
    ] {
        if let Some(Value::Object(property)) = properties.get_mut(name) {
            property.insert("description".to_owned(), description.into());
        }
    }
    for name in RARE_IN_SEARCH {
        if let Some(Value::Object(property)) = properties.get_mut(name) {
            property.insert("unlisted".to_owned(), true.into());
        }
    }
    if let Some(query) = properties.shift_remove("query") {
        properties.shift_insert(0, "query".to_owned(), query);
    }
}

/// The limit that applies if the request gives none (`contract.md`, "Entities").
const DEFAULT_LIMIT: Count = Count(20);

impl Operation for SearchIssues {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "search_issues",
        title: "Search issues",
        effect: Effect::Read,
        subject: Some("query"),
        aliases: &["search", "find_issues", "search_issue"],
        shared: CommonParam::OF_A_LIST,
        touches: Touches::NoIssue,
    };

    async fn run(Params(params): Params, cx: &Context<'_>) -> Result<Value, Error> {
        let query = params.text().map(str::trim).filter(|text| !text.is_empty());
        let query = query.map(str::to_owned);
        let text = query.clone().map_or(Match::Any, Match::Ranked);
        let mut page = params.page(text, Some(DEFAULT_LIMIT))?;
        let params = params.expand_words()?;
        // The URL of an issue in another workspace does not name an issue of this workspace.
        let is_foreign = |text: &&str| {
            let workspace = address::workspace(text);
            workspace.is_some_and(|name| cx.session.workspace.is_foreign(name))
        };
        let named_issue = query.as_deref().filter(|text| !is_foreign(text));
        let named_issue = named_issue.and_then(IssueRef::named);
        let mut ranked = query.is_some() && page.order == Order::Default;
        let mut found = find(cx, &params, &page, named_issue.as_ref()).await;
        // A list cannot go on from the cursor of a search, so only a first page falls back to a list.
        let listed_text = query.filter(|_| page.after.is_none());
        if let (Err(ReadError::RateLimited(_)), Some(text)) = (&found, listed_text) {
            page.text = Match::Contains(text);
            ranked = false;
            found = find(cx, &params, &page, named_issue.as_ref()).await;
            if let Ok(data) = &mut found {
                // The next call would search again, and a search cannot go on from the cursor of a list, so the
                // response has no cursor.
                data.shift_remove("cursor");
                cx.note(|report| {
                    let lists = report.outline.lists.iter_mut();
                    lists.for_each(|list| list.cursors.clear());
                });
                cx.warn("Linear's searches of this minute are used up: these issues contain the query, newest first, not ranked");
            }
        }
        let mut data = found.map_err(ReadError::into_error)?;
        if ranked {
            data.insert("ranked".to_owned(), true.into());
        }
        Ok(Value::Object(data))
    }
}

//! The operation `list_comments`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{sort, view as comment_view};
use crate::error::Error;
use crate::linear::documents::{IssueComments, issue_comments};
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::reads::ReadRequest;
use crate::operations::{issue, page, view};
use crate::params::{Count, Cursor, Detail, Identifier};
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The operation `list_comments`.
#[derive(Debug)]
pub struct ListComments;

/// List the newest comments on an issue, oldest first.
///
/// An answer to another comment has its `parent_id`; the first comment of a resolved thread has `resolved_at`.
///
/// `text_offset` is about the newest comment of the page: the last one shown.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// How many of the newest. Default: 50, at most 250.
    limit: Option<Count>,
    /// `cursor` of the answer before, for older ones.
    cursor: Option<Cursor>,
}

impl Operation for ListComments {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "list_comments",
        title: "List comments",
        effect: Effect::Read,
        subject: Some("issue_id"),
        aliases: &["get_comments", "list_issue_comments"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::MaxDescriptionChars,
            CommonParam::TextOffset,
            CommonParam::Format,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let issue_ref = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let limit = page::size("limit", params.limit)
            .map_err(|error| error.suggest("Give the answer's 'cursor' for older ones"))?;
        let cursor = params.cursor.map(|cursor| cursor.0);
        let is_continued = cursor.is_some();
        let mut request = ReadRequest::default();
        let variables = issue_comments::Variables {
            id: issue_ref.id(),
            first: i64::try_from(limit).unwrap_or(i64::MAX),
            after: cursor,
        };
        let slot = request.require::<IssueComments>(variables, issue_ref.not_found());
        let mut comments = match request.send(cx).await {
            Ok(mut responses) => responses.get(slot)?.issue.comments,
            Err(error) => {
                return Err(issue::explain_list(cx, error, &issue_ref, is_continued).await);
            }
        };
        // Linear sends the newest comment first, and the answer shows it last.
        let mut cursors = comments.cursors();
        cursors.reverse();
        if let Some(newest) = comments.nodes.first_mut() {
            newest.body = view::text_from_offset(cx, "body", &newest.body).to_owned();
        }
        sort(&mut comments.nodes);
        page::may_cut_oldest(cx, "comments", cursors);
        let data = view::list(
            cx,
            "comments",
            Detail::Standard,
            &comments.nodes,
            comment_view,
        );
        Ok(Value::Object(page::with_counts(
            data,
            comments.page_info,
            comments.nodes.len(),
            is_continued,
        )))
    }
}

//! `resolve_comment`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{reference, refused, unread, view};
use crate::error::{Code, Error};
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::Comments;
use crate::linear::documents::Listing as _;
use crate::linear::documents::{
    CommentResolve, CommentUnresolve, comment_resolve, comment_unresolve,
};
use crate::linear::filter::Filter;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::view::entity;
use crate::operations::write;
use crate::operations::write::Written;
use crate::params::{Detail, Flag, Identifier};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct ResolveComment;

/// Resolve the thread that a comment begins, or open it again.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Id of the thread's first comment.
    comment_id: Identifier,
    /// `false` opens the thread again. Default: true.
    resolved: Option<Flag>,
}

impl Operation for ResolveComment {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "resolve_comment",
        title: "Resolve comment",
        effect: Effect::Change,
        subject: Some("comment_id"),
        aliases: &["resolve_comment_thread"],
        shared: &[Shared::Detail, Shared::Fields],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let id = reference("comment_id", &params.comment_id)?;
        let resolved = params.resolved.is_none_or(|Flag(on)| on);
        let _turn = cx.lock_issue(&id).await?;
        let query = Comments::one(Filter::eq("id", id.as_str()));
        let written = if resolved {
            let part = Part::of::<CommentResolve>(comment_resolve::Variables { id: id.clone() });
            let expected = Expected::Present("resolvedAt");
            write::change::<CommentResolve>(cx, part, query, expected).await
        } else {
            let part =
                Part::of::<CommentUnresolve>(comment_unresolve::Variables { id: id.clone() });
            let expected = Expected::Absent("resolvedAt");
            write::change::<CommentUnresolve>(cx, part, query, expected).await
        };
        let comment = match written {
            Ok(Written::Entity(comment)) => comment,
            Ok(Written::Unread) => return Ok(unread(cx, &id)),
            Err(failure) => {
                let root = refused(cx, &failure, &id).await?;
                let word = if resolved { "resolve" } else { "unresolve" };
                let error = failure.into_write_error(
                    Code::CommentUpdateFailed,
                    &format!("{word} comment '{id}'"),
                    "Call list_comments for its issue to see whether it is resolved",
                );
                return Err(match root {
                    Some(root) => error.detail("thread", root.as_str()).suggest_first(format!(
                        "Use the thread's first comment: '{root}'; '{id}' is an answer to it"
                    )),
                    None => error,
                });
            }
        };
        Ok(entity(cx, Detail::Standard, &["body"], |level| {
            view(&comment, level).brief("resolved", comment.resolved_at.is_some())
        }))
    }
}

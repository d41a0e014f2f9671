//! The operations that change a comment: `update_comment`, `resolve_comment` and `delete_comment`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{parse_id, thread_of_refused, view};
use crate::error::{Code, Error};
use crate::linear::client::{Expected, Lookup};
use crate::linear::compose::Part;
use crate::linear::documents::{
    CommentDelete, CommentResolve, CommentUnresolve, CommentUpdate, Comments, Listing as _,
    comment_delete, comment_resolve, comment_unresolve, comment_update,
};
use crate::linear::filter::Filter;
use crate::linear::scalars::CommentUpdateInput;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::view::{View, entity};
use crate::operations::write::{self, Written};
use crate::params::{Detail, Flag, Identifier, Markdown};
use crate::session::Context;

/// Returns the query for the comment with that id.
fn query(id: &str) -> Part {
    Comments::one(Filter::eq("id", id))
}

/// Returns the data of the answer where a change was executed, but Linear did not send the comment.
fn unread(cx: &Context<'_>, id: &str) -> Value {
    write::unread(cx, &[("id", id)], "call list_comments for its issue")
}

/// The operation `update_comment`.
#[derive(Debug)]
pub struct UpdateComment;

/// Replace the text of a comment.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct UpdateCommentParams {
    /// Comment id.
    comment_id: Identifier,
    /// Markdown; replaces the whole text.
    body: Markdown,
}

impl Operation for UpdateComment {
    type Params = UpdateCommentParams;
    const SPEC: Spec = Spec {
        name: "update_comment",
        title: "Update comment",
        effect: Effect::Change,
        subject: Some("comment_id"),
        aliases: &["edit_comment"],
        shared: &[CommonParam::Detail, CommonParam::Fields],
        touches: Touches::NoIssue,
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let id = parse_id("comment_id", &params.comment_id)?;
        let _lock = cx.lock_issue(&id).await?;
        let part = Part::of::<CommentUpdate>(comment_update::Variables {
            id: id.clone(),
            input: CommentUpdateInput {
                body: params.body.into_string(),
            },
        });
        let written = write::change::<CommentUpdate>(cx, part, query(&id), Expected::Input).await;
        let comment = match written {
            Ok(Written::Entity(comment)) => comment,
            Ok(Written::Unread) => return Ok(unread(cx, &id)),
            Err(failure) => {
                thread_of_refused(cx, &failure, &id).await?;
                return Err(failure.into_write_error(
                    Code::CommentUpdateFailed,
                    &format!("update comment '{id}'"),
                    "Call list_comments for its issue to see whether it was changed",
                ));
            }
        };
        Ok(entity(cx, Detail::Standard, &["body"], |level| {
            view(&comment, level)
        }))
    }
}

/// The operation `resolve_comment`.
#[derive(Debug)]
pub struct ResolveComment;

/// Resolve the thread that a comment begins, or open it again.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ResolveCommentParams {
    /// Id of the thread's first comment.
    comment_id: Identifier,
    /// `false` opens the thread again. Default: true.
    resolved: Option<Flag>,
}

impl Operation for ResolveComment {
    type Params = ResolveCommentParams;
    const SPEC: Spec = Spec {
        name: "resolve_comment",
        title: "Resolve comment",
        effect: Effect::Change,
        subject: Some("comment_id"),
        aliases: &["resolve_comment_thread"],
        shared: &[CommonParam::Detail, CommonParam::Fields],
        touches: Touches::NoIssue,
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let id = parse_id("comment_id", &params.comment_id)?;
        let resolved = params.resolved.is_none_or(|Flag(on)| on);
        let _lock = cx.lock_issue(&id).await?;
        let written = if resolved {
            let part = Part::of::<CommentResolve>(comment_resolve::Variables { id: id.clone() });
            let expected = Expected::Present("resolvedAt");
            write::change::<CommentResolve>(cx, part, query(&id), expected).await
        } else {
            let part =
                Part::of::<CommentUnresolve>(comment_unresolve::Variables { id: id.clone() });
            let expected = Expected::Absent("resolvedAt");
            write::change::<CommentUnresolve>(cx, part, query(&id), expected).await
        };
        let comment = match written {
            Ok(Written::Entity(comment)) => comment,
            Ok(Written::Unread) => return Ok(unread(cx, &id)),
            Err(failure) => {
                let root = thread_of_refused(cx, &failure, &id).await?;
                let verb = if resolved { "resolve" } else { "unresolve" };
                let error = failure.into_write_error(
                    Code::CommentUpdateFailed,
                    &format!("{verb} comment '{id}'"),
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
            view(&comment, level).outcome("resolved", comment.resolved_at.is_some())
        }))
    }
}

/// The operation `delete_comment`.
#[derive(Debug)]
pub struct DeleteComment;

/// Delete a comment for good, with the answers to it.
///
/// Refused unless the server allows deletions.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DeleteCommentParams {
    /// Comment id.
    comment_id: Identifier,
}

impl Operation for DeleteComment {
    type Params = DeleteCommentParams;
    const SPEC: Spec = Spec {
        name: "delete_comment",
        title: "Delete comment",
        effect: Effect::Delete,
        subject: Some("comment_id"),
        aliases: &["remove_comment"],
        shared: &[CommonParam::Detail],
        touches: Touches::NoIssue,
    };

    async fn run(params: Self::Params, cx: &Context<'_>) -> Result<Value, Error> {
        let id = parse_id("comment_id", &params.comment_id)?;
        let _lock = cx.lock_issue(&id).await?;
        let part = Part::of::<CommentDelete>(comment_delete::Variables { id: id.clone() });
        let lookup = Lookup::removed(query(&id));
        if let Err(failure) = write::one::<CommentDelete>(cx, part, lookup).await {
            thread_of_refused(cx, &failure, &id).await?;
            return Err(failure.into_write_error(
                Code::CommentUpdateFailed,
                &format!("delete comment '{id}'"),
                "Call list_comments for its issue to see whether it is gone",
            ));
        }
        Ok(entity(cx, Detail::Standard, &[], |level| {
            View::new(level)
                .standard("id", id.as_str())
                .outcome("deleted", true)
        }))
    }
}

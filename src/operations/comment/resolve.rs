//! `resolve_comment`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{reference, refused, view};
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{
    CommentResolve, CommentUnresolve, comment_resolve, comment_unresolve,
};
use crate::operation::{Effect, Operation, Shared, Spec};
use crate::operations::view::entity;
use crate::operations::write;
use crate::params::{Detail, Flag, Identifier};
use crate::session::Cx;

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
    };

    async fn run(params: Params, cx: &Cx<'_>) -> Result<Value, Error> {
        let id = reference("comment_id", &params.comment_id)?;
        let resolved = params.resolved.is_none_or(|Flag(on)| on);
        let _turn = cx.turn(&id).await?;
        let sent = if resolved {
            let wanted = comment_resolve::Variables { id: id.clone() };
            write::change::<CommentResolve>(cx, Part::of::<CommentResolve>(wanted)).await
        } else {
            let wanted = comment_unresolve::Variables { id: id.clone() };
            write::change::<CommentUnresolve>(cx, Part::of::<CommentUnresolve>(wanted)).await
        };
        let comment = match sent {
            Ok(comment) => comment,
            Err(failure) => {
                let root = refused(cx, &failure, &id).await?;
                let word = if resolved { "resolve" } else { "unresolve" };
                let error = failure.writing(
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

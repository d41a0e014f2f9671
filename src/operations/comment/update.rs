//! `update_comment`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{reference, refused, unread, view};
use crate::error::{Code, Error};
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::Comments;
use crate::linear::documents::Listing as _;
use crate::linear::documents::{CommentUpdate, comment_update};
use crate::linear::filter::Filter;
use crate::linear::scalars::CommentUpdateInput;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::view::entity;
use crate::operations::write;
use crate::operations::write::Written;
use crate::params::{Detail, Identifier, Markdown};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct UpdateComment;

/// Replace the text of a comment.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Comment id.
    comment_id: Identifier,
    /// Markdown; replaces the whole text.
    body: Markdown,
}

impl Operation for UpdateComment {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "update_comment",
        title: "Update comment",
        effect: Effect::Change,
        subject: Some("comment_id"),
        aliases: &["edit_comment"],
        shared: &[Shared::Detail, Shared::Fields],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let id = reference("comment_id", &params.comment_id)?;
        let _turn = cx.lock_issue(&id).await?;
        let part = Part::of::<CommentUpdate>(comment_update::Variables {
            id: id.clone(),
            input: CommentUpdateInput {
                body: params.body.into_string(),
            },
        });
        let query = Comments::one(Filter::eq("id", id.as_str()));
        let written = write::change::<CommentUpdate>(cx, part, query, Expected::Input).await;
        let comment = match written {
            Ok(Written::Entity(comment)) => comment,
            Ok(Written::Unread) => return Ok(unread(cx, &id)),
            Err(failure) => {
                refused(cx, &failure, &id).await?;
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

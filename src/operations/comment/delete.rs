//! `delete_comment`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{reference, refused};
use crate::error::{Code, Error};
use crate::linear::client::Lookup;
use crate::linear::compose::Part;
use crate::linear::documents::Listing as _;
use crate::linear::documents::{CommentDelete, Comments, comment_delete};
use crate::linear::filter::Filter;
use crate::operation::{Effect, Operation, Spec, Touches};
use crate::operations::write;
use crate::params::Identifier;
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct DeleteComment;

/// Delete a comment for good, with the answers to it.
///
/// Refused unless the server allows deletions.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Comment id.
    comment_id: Identifier,
}

impl Operation for DeleteComment {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "delete_comment",
        title: "Delete comment",
        effect: Effect::Delete,
        subject: Some("comment_id"),
        aliases: &["remove_comment"],
        shared: &[],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let id = reference("comment_id", &params.comment_id)?;
        let _turn = cx.lock_issue(&id).await?;
        let part = Part::of::<CommentDelete>(comment_delete::Variables { id: id.clone() });
        let lookup = Lookup::removed(Comments::one(Filter::eq("id", id.as_str())));
        if let Err(failure) = write::one::<CommentDelete>(cx, part, lookup).await {
            refused(cx, &failure, &id).await?;
            return Err(failure.into_write_error(
                Code::CommentUpdateFailed,
                &format!("delete comment '{id}'"),
                "Call list_comments for its issue to see whether it is gone",
            ));
        }
        Ok(json!({"id": id, "deleted": true}))
    }
}

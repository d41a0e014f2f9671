//! Comments: how they are shown, and what reading and changing them have in common.

pub mod create;
pub mod delete;
pub mod list;
pub mod resolve;
pub mod update;

use super::reads;
use super::view::{View, moment, moment_if};
use super::write;
use serde_json::Value;

use crate::error::{Code, Error};
use crate::linear::documents::Comments;
use crate::linear::failure::Failure;
use crate::linear::model::Comment;
use crate::params::{Detail, Ref};
use crate::resolve::is_uuid;
use crate::session::Context;

/// A comment's id, the only thing Linear takes for it (`linear/api.md` §1.2): its address ends in a hash, and what
/// that is made of is not documented.
///
/// # Errors
/// INVALID_PARAM that names `param`, for anything else.
fn reference(param: &str, given: &Ref) -> Result<String, Error> {
    let text = given.as_str();
    if is_uuid(text) {
        return Ok(text.to_ascii_lowercase());
    }
    let what = if text.contains("#comment-") {
        "is the address of a comment, and not its id"
    } else {
        "is no comment id"
    };
    Err(Error::new(Code::InvalidParam, format!("'{text}' {what}"))
        .detail("param", param)
        .detail("given", text)
        .detail("expected", "the UUID of a comment")
        .suggest("Call list_comments with the issue's id to see the comments' ids"))
}

fn not_found(id: &str) -> Error {
    Error::new(Code::CommentNotFound, format!("Comment '{id}' not found"))
        .detail("input", id)
        .suggest("Call list_comments with the issue's id to see the comments' ids")
}

/// Looks why Linear declined to change a comment. Answers the first comment of its thread where it is an answer.
///
/// # Errors
/// COMMENT_NOT_FOUND, when there is none of that id.
async fn refused(cx: &Context<'_>, failure: &Failure, id: &str) -> Result<Option<String>, Error> {
    if !matches!(failure, Failure::Refused(_)) {
        return Ok(None);
    }
    match reads::by_id::<Comments>(cx, id).await {
        Ok(None) => Err(not_found(id)),
        Ok(Some(comment)) => Ok(comment.parent.map(|of| of.id)),
        Err(_) => Ok(None),
    }
}

/// The answer of a change that was executed, and whose comment cannot be read.
fn unread(cx: &Context<'_>, id: &str) -> Value {
    write::unread(cx, &[("id", id)], "call list_comments for its issue")
}

/// Puts comments into the order in which they were written, the oldest first. Linear sends the newest first
/// (`linear/api.md` §6), and those of one moment stay in its order.
pub(super) fn sort(comments: &mut [Comment]) {
    comments.reverse();
    comments.sort_by(|one, other| one.created_at.cmp(&other.created_at));
}

/// A comment as it is shown. Its author is the integration that wrote it where no person did.
pub(super) fn view(comment: &Comment, level: Detail) -> View {
    let bot = || comment.bot_actor.as_ref().and_then(|bot| bot.name.clone());
    let user = match &comment.user {
        Some(user) => View::within(level, &user.id, &user.name),
        None => View::new(level).brief("name", bot()),
    };
    View::new(level)
        .standard("id", comment.id.as_str())
        .brief("body", comment.body.as_str())
        .brief("created_at", moment(&comment.created_at, level))
        .full("updated_at", moment(&comment.updated_at, level))
        .brief(
            "resolved_at",
            moment_if(comment.resolved_at.as_deref(), level),
        )
        .brief("user", user.into_value())
        .standard("parent_id", comment.parent.as_ref().map(|of| of.id.clone()))
        .full("url", comment.url.as_str())
}

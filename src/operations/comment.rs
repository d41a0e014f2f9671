//! Comments: how a comment is shown, and what the operations on comments share.

pub mod change;
pub mod create;
pub mod list;
pub mod upsert;

use super::reads;
use super::text_write::{Dated, SetsText};
use super::view::{View, moment, moment_if};

use crate::error::{Code, Error};
use crate::linear::client::Answers;
use crate::linear::compose::Part;
use crate::linear::documents::{CommentUpdate, Comments, Listing as _, comment_update};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::Comment;
use crate::linear::scalars::CommentUpdateInput;
use crate::params::{Detail, Ref};
use crate::resolve::is_uuid;
use crate::session::Context;

/// Parses the id of a comment from the parameter `param`. Linear accepts nothing but the id for a comment
/// (`linear/api.md` §1.2). The URL of a comment ends in a hash, and it is not documented how Linear makes this hash.
///
/// # Errors
/// INVALID_PARAM that names `param`, for anything other than a UUID.
pub(super) fn parse_id(param: &str, given: &Ref) -> Result<String, Error> {
    let text = given.as_str();
    if is_uuid(text) {
        return Ok(text.to_ascii_lowercase());
    }
    let problem = if text.contains("#comment-") {
        "is the address of a comment, and not its id"
    } else {
        "is no comment id"
    };
    Err(
        Error::new(Code::InvalidParam, format!("'{text}' {problem}"))
            .detail("param", param)
            .detail("given", text)
            .detail("expected", "the UUID of a comment")
            .suggest("Call list_comments with the issue's id to see the comments' ids"),
    )
}

impl SetsText for CommentUpdate {
    const FIELD: &'static str = "body";
    const REFUSED: Code = Code::CommentUpdateFailed;

    fn set(id: &str, text: Option<String>) -> Part {
        Part::of::<Self>(comment_update::Variables {
            id: id.to_owned(),
            input: CommentUpdateInput { body: text },
        })
    }

    fn query(id: &str) -> Part {
        Comments::one(Filter::eq("id", id))
    }

    fn take(answers: &mut Answers) -> Option<Comment> {
        Comments::first(answers.take::<Comments>(0).ok()?)
    }

    fn text(comment: &Comment) -> Dated {
        Dated {
            text: Some(comment.body.clone()),
            updated_at: comment.updated_at.clone(),
        }
    }
}

/// Returns the error for a comment that does not exist.
pub(super) fn not_found(id: &str) -> Error {
    Error::new(Code::CommentNotFound, format!("Comment '{id}' not found"))
        .detail("input", id)
        .suggest("Call list_comments with the issue's id to see the comments' ids")
}

/// Reads a comment that Linear refused to change, to find the reason. Returns the id of the first comment of its thread
/// where the comment is a reply; `None` where the comment begins a thread, cannot be read, or where the failure is not
/// a refusal.
///
/// # Errors
/// COMMENT_NOT_FOUND, when no comment has that id.
async fn thread_of_refused(
    cx: &Context<'_>,
    failure: &Failure,
    id: &str,
) -> Result<Option<String>, Error> {
    if !matches!(failure, Failure::Refused(_)) {
        return Ok(None);
    }
    match reads::by_id::<Comments>(cx, id).await {
        Ok(None) => Err(not_found(id)),
        Ok(Some(comment)) => Ok(comment.parent.map(|parent| parent.id)),
        Err(_) => Ok(None),
    }
}

/// Sorts comments by the time at which they were created, the oldest first. Linear sends the newest first
/// (`linear/api.md` §6); comments of the same moment keep Linear's order, reversed.
pub(super) fn sort(comments: &mut [Comment]) {
    comments.reverse();
    comments.sort_by(|a, b| a.created_at.cmp(&b.created_at));
}

/// Returns the view of a comment. Where no person wrote the comment, its author is the integration that did.
pub(super) fn view(comment: &Comment, level: Detail) -> View {
    let bot_name = || comment.bot_actor.as_ref().and_then(|bot| bot.name.clone());
    let user = match &comment.user {
        Some(user) => View::within(level, &user.id, &user.name),
        None => View::new(level).brief("name", bot_name()),
    };
    View::new(level)
        .standard("id", comment.id.as_str())
        .brief("body", comment.body.as_str())
        .fingerprint(Some(&comment.body))
        .brief("created_at", moment(&comment.created_at, level))
        .full("updated_at", moment(&comment.updated_at, level))
        .brief(
            "resolved_at",
            moment_if(comment.resolved_at.as_deref(), level),
        )
        .brief("user", user.into_value())
        .standard(
            "parent_id",
            comment.parent.as_ref().map(|parent| parent.id.clone()),
        )
        .full("url", comment.url.as_str())
}

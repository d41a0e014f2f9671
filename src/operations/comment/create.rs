//! The operation `create_comment`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{not_found, parse_id, view};
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{CommentCreate, Comments, comment_create};
use crate::linear::failure::Failure;
use crate::linear::model::Comment;
use crate::linear::scalars::CommentCreateInput;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::view::entity;
use crate::operations::write::Written;
use crate::operations::{issue, reads, write};
use crate::params::{Detail, Identifier, Markdown};
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The operation `create_comment`.
#[derive(Debug)]
pub struct CreateComment;

/// Add a comment to an issue, or answer one.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// Markdown.
    body: Markdown,
    /// Id of the comment to answer.
    #[schemars(extend("null" = "unset"))]
    parent_id: Option<Identifier>,
}

impl Operation for CreateComment {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "create_comment",
        title: "Create comment",
        effect: Effect::Add,
        subject: Some("issue_id"),
        aliases: &["add_comment"],
        shared: &[CommonParam::Detail, CommonParam::Fields],
        touches: Touches::Additions,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let issue = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let parent = params.parent_id.as_ref();
        let parent_id = parent
            .map(|given| parse_id("parent_id", given))
            .transpose()?;
        let _lock = cx.turn_to_add(&issue.id()).await?;
        let input = CommentCreateInput {
            id: cx.session.clock.new_id(),
            issue_id: issue.id(),
            body: params.body.into_string(),
            parent_id,
        };
        let id = input.id.clone();
        let written = match create(cx, &input).await {
            Ok(written) => written,
            Err(failure) => retry_refused(cx, failure, &issue, input).await?,
        };
        let Written::Entity(comment) = written else {
            let see = format!("call list_comments with issue_id: {}", issue.id());
            return Ok(write::unread(cx, &[("id", &id)], &see));
        };
        if let Some(issue) = &comment.issue {
            issue::warn_of_trash(cx, &issue.identifier, issue.trashed);
        }
        Ok(entity(cx, Detail::Standard, &["body"], |level| {
            view(&comment, level)
        }))
    }
}

/// Creates the comment.
///
/// # Errors
/// The [`Failure`] of the write.
async fn create(cx: &Context<'_>, input: &CommentCreateInput) -> Result<Written<Comment>, Failure> {
    let input = input.clone();
    let id = input.id.clone();
    let part = Part::of::<CommentCreate>(comment_create::Variables { input });
    write::create::<CommentCreate, Comments>(cx, part, &id).await
}

/// Finds out why Linear refused the comment. Threads have one level, so where the comment was to be a reply to a reply,
/// it is created as a reply to the first comment of the thread, with a warning. The reads are sent only after a
/// refusal, so that an ordinary comment takes one request.
///
/// # Errors
/// ISSUE_NOT_FOUND, COMMENT_NOT_FOUND, or the reason that Linear gave.
async fn retry_refused(
    cx: &Context<'_>,
    failure: Failure,
    issue: &IssueRef,
    mut input: CommentCreateInput,
) -> Result<Written<Comment>, Error> {
    let name = issue.id();
    let into_error = |failure: Failure| {
        failure.into_write_error(
            Code::CommentCreationFailed,
            &format!("comment on issue '{name}'"),
            &format!("Call list_comments with issue_id: {name} to see whether it is there"),
        )
    };
    if !matches!(failure, Failure::Refused(_)) {
        return Err(into_error(failure));
    }
    if issue::is_missing(cx, issue).await {
        return Err(issue.not_found());
    }
    let Some(parent) = input.parent_id.take() else {
        return Err(into_error(failure));
    };
    match reads::by_id::<Comments>(cx, &parent).await {
        Ok(None) => Err(not_found(&parent)),
        Ok(Some(Comment {
            parent: Some(root), ..
        })) => {
            cx.warn(format!(
                "comment '{parent}' is an answer itself, so this one answers the first of its thread"
            ));
            input.parent_id = Some(root.id);
            create(cx, &input).await.map_err(into_error)
        }
        _ => Err(into_error(failure)),
    }
}

//! `create_comment`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{not_found, reference, view};
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{CommentCreate, Comments, comment_create};
use crate::linear::failure::Failure;
use crate::linear::model::Comment;
use crate::linear::scalars::CommentCreateInput;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::view::entity;
use crate::operations::write::Written;
use crate::operations::{issue, reads, write};
use crate::params::{Detail, Identifier, Markdown};
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The operation.
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
        shared: &[Shared::Detail, Shared::Fields],
        touches: Touches::Additions,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let issue = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let parent = params.parent_id.as_ref();
        let parent_id = parent
            .map(|given| reference("parent_id", given))
            .transpose()?;
        let _turn = cx.turn_to_add(&issue.id()).await?;
        let input = CommentCreateInput {
            id: cx.session.clock.new_id(),
            issue_id: issue.id(),
            body: params.body.into_string(),
            parent_id,
        };
        let id = input.id.clone();
        let written = match create(cx, &input).await {
            Ok(written) => written,
            Err(failure) => after_refusal(cx, failure, &issue, input).await?,
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

async fn create(cx: &Context<'_>, input: &CommentCreateInput) -> Result<Written<Comment>, Failure> {
    let input = input.clone();
    let id = input.id.clone();
    let part = Part::of::<CommentCreate>(comment_create::Variables { input });
    write::create::<CommentCreate, Comments>(cx, part, &id).await
}

/// What to do about a refusal is told by looking. Threads have one level: an answer to an answer goes to the first
/// comment of its thread, and the caller is told. That costs no request where it does not come up.
///
/// # Errors
/// ISSUE_NOT_FOUND, COMMENT_NOT_FOUND, or what Linear said.
async fn after_refusal(
    cx: &Context<'_>,
    failure: Failure,
    issue: &IssueRef,
    mut input: CommentCreateInput,
) -> Result<Written<Comment>, Error> {
    if !matches!(failure, Failure::Refused(_)) {
        return Err(failed(failure, issue));
    }
    if issue::is_missing(cx, issue).await {
        return Err(issue.not_found());
    }
    let Some(parent) = input.parent_id.take() else {
        return Err(failed(failure, issue));
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
            let made = create(cx, &input).await;
            made.map_err(|failure| failed(failure, issue))
        }
        _ => Err(failed(failure, issue)),
    }
}

fn failed(failure: Failure, issue: &IssueRef) -> Error {
    let name = issue.id();
    failure.into_write_error(
        Code::CommentCreationFailed,
        &format!("comment on issue '{name}'"),
        &format!("Call list_comments with issue_id: {name} to see whether it is there"),
    )
}

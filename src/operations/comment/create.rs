//! `create_comment`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::view;
use crate::error::{Code, Error};
use crate::linear::client::Repeat;
use crate::linear::compose::Part;
use crate::linear::documents::{
    CommentCreate, CommentCreateAnswer, Comments, CommentsAnswer, IssueGet, Listing as _,
    comment_create,
};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::Comment;
use crate::linear::scalars::CommentCreateInput;
use crate::operation::{Effect, Operation, Shared, Spec};
use crate::operations::view::entity;
use crate::operations::write;
use crate::params::{Detail, Ref, Text};
use crate::resolve::is_uuid;
use crate::resolve::issue::IssueRef;
use crate::session::Cx;

/// The operation.
#[derive(Debug)]
pub struct CreateComment;

/// Add a comment to an issue, or answer one.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Ref,
    /// Markdown.
    body: Text,
    /// Id of the comment to answer.
    parent_id: Option<Ref>,
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
    };

    async fn run(params: Params, cx: &Cx<'_>) -> Result<Value, Error> {
        let issue = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let parent = params.parent_id.map(parent).transpose()?;
        if params.body.as_str().trim().is_empty() {
            return Err(Error::new(Code::InvalidParam, "A comment cannot be empty")
                .detail("param", "body")
                .suggest("Give the text in 'body'"));
        }
        let _turn = cx.turn(&issue.id()).await?;
        let id = cx.session.clock.new_id();
        let input = CommentCreateInput {
            id: id.clone(),
            issue_id: issue.id(),
            body: params.body.0,
            parent_id: parent.clone(),
        };
        let made = write::create::<CommentCreate, Comments, Comment>(
            cx,
            Part::of::<CommentCreate>(comment_create::Variables { input }),
            Comments::page(Some(Filter::eq("id", id)), 1, None),
            |answer: CommentCreateAnswer| {
                let payload = answer.comment_create;
                payload.success.then_some(payload.comment)
            },
            first,
        )
        .await;
        let comment = match made {
            Ok(comment) => comment,
            Err(failure) => return Err(explain(cx, failure, &issue, parent.as_deref()).await),
        };
        Ok(entity(cx, Detail::Standard, &["body"], |level| {
            view(&comment, level)
        }))
    }
}

/// A comment's id, the only thing Linear takes for a parent (`linear/api.md` §1.2).
fn parent(given: Ref) -> Result<String, Error> {
    if is_uuid(given.as_str()) {
        return Ok(given.into_string());
    }
    let message = format!("'{}' is no comment id", given.as_str());
    Err(Error::new(Code::InvalidParam, message)
        .detail("param", "parent_id")
        .detail("expected", "the UUID of a comment")
        .suggest("Call get_issue with include_comments: true to see the comments' ids"))
}

fn first(answer: CommentsAnswer) -> Option<Comment> {
    answer.comments.nodes.into_iter().next()
}

/// Why Linear declined, told by looking: at the issue, then at the comment that was to be answered.
async fn explain(cx: &Cx<'_>, failure: Failure, issue: &IssueRef, parent: Option<&str>) -> Error {
    if matches!(failure, Failure::Refused(_)) {
        let look = [IssueGet::alone(&issue.id())];
        if let Err(missing) = cx.send(&look, Repeat::Always).await
            && missing.declines(0)
        {
            return issue.not_found();
        }
        if let Some(parent) = parent {
            let look = [Comments::page(Some(Filter::eq("id", parent)), 1, None)];
            let answers = cx.send(&look, Repeat::Always).await;
            let found = answers.and_then(|mut answers| answers.take::<Comments>(0));
            if matches!(found.map(first), Ok(None)) {
                return Error::new(
                    Code::CommentNotFound,
                    format!("Comment '{parent}' not found"),
                )
                .detail("input", parent)
                .suggest("Call get_issue with include_comments: true to see the comments' ids");
            }
        }
    }
    let name = issue.id();
    failure.writing(
        Code::CommentCreationFailed,
        &format!("comment on issue '{name}'"),
        &format!("Call get_issue {name} with include_comments: true to see whether it is there"),
    )
}

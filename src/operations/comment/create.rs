//! `create_comment`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::view;
use crate::error::{Code, Error};
use crate::linear::client::Repeat;
use crate::linear::compose::Part;
use crate::linear::documents::{CommentCreate, Comments, Listing as _, comment_create};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::scalars::CommentCreateInput;
use crate::operation::{Effect, Operation, Shared, Spec};
use crate::operations::view::entity;
use crate::operations::{issue, write};
use crate::params::{Detail, Filled, Ref};
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
    body: Filled,
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
        let _turn = cx.turn(&issue.id()).await?;
        let id = cx.session.clock.new_id();
        let input = CommentCreateInput {
            id: id.clone(),
            issue_id: issue.id(),
            body: params.body.into_string(),
            parent_id: parent.clone(),
        };
        let part = Part::of::<CommentCreate>(comment_create::Variables { input });
        let made = write::create::<CommentCreate, Comments>(cx, part, &id).await;
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

/// Why Linear declined, told by looking: at the issue, then at the comment that was to be answered.
async fn explain(cx: &Cx<'_>, failure: Failure, to: &IssueRef, parent: Option<&str>) -> Error {
    if matches!(failure, Failure::Refused(_)) {
        if issue::is_missing(cx, to).await {
            return to.not_found();
        }
        if let Some(parent) = parent {
            let look = [Comments::one(Filter::eq("id", parent))];
            let answers = cx.send(&look, Repeat::Always).await;
            let found = answers.and_then(|mut answers| answers.take::<Comments>(0));
            if matches!(found.map(Comments::first), Ok(None)) {
                return Error::new(
                    Code::CommentNotFound,
                    format!("Comment '{parent}' not found"),
                )
                .detail("input", parent)
                .suggest("Call get_issue with include_comments: true to see the comments' ids");
            }
        }
    }
    let name = to.id();
    failure.writing(
        Code::CommentCreationFailed,
        &format!("comment on issue '{name}'"),
        &format!("Call get_issue {name} with include_comments: true to see whether it is there"),
    )
}

//! What is sent of comments.

use serde::Serialize;

/// A new comment on an issue.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommentCreateInput {
    /// A UUID v4.
    pub id: String,
    /// The issue's UUID or identifier.
    pub issue_id: String,
    /// Markdown.
    pub body: String,
    /// The comment it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
}

/// What an update sets on a comment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CommentUpdateInput {
    /// Markdown.
    pub body: String,
}

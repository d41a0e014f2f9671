//! Comments.

use serde::Deserialize;

use super::{Connection, Id, Person};

/// An issue, of which only the comments are asked for; Linear sends the newest first.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct IssueComments {
    /// A page of them.
    pub comments: Connection<Comment>,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Comment {
    /// The UUID.
    pub id: String,
    /// Markdown.
    pub body: String,
    /// When it was written.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// When its thread was resolved.
    pub resolved_at: Option<String>,
    /// Its place on the issue's page.
    pub url: String,
    /// Who wrote it.
    pub user: Option<Person>,
    /// The integration that wrote it.
    pub bot_actor: Option<BotActor>,
    /// The comment it answers.
    pub parent: Option<Id>,
    /// The issue it is on, where that is asked for.
    pub issue: Option<CommentIssue>,
}

/// The issue of a comment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CommentIssue {
    /// Team key and number.
    pub identifier: String,
    /// Whether it is in the trash; absent for no.
    pub trashed: Option<bool>,
}

/// An integration that acted in a person's stead.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BotActor {
    /// Its name.
    pub name: Option<String>,
}

//! What is sent of documents.

use serde::Serialize;

use crate::patch::Patch;

/// A new document. It belongs to exactly one thing (`linear/api.md` §1.2).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentCreateInput {
    /// A UUID v4.
    pub id: String,
    /// The title.
    pub title: String,
    /// Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// A project's UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// An issue's UUID or identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue_id: Option<String>,
    /// A team's UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
}

/// What an update sets on a document. A new place clears the old one (`linear/api.md` §1.2).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentUpdateInput {
    /// The title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Markdown.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub content: Patch<String>,
    /// A project's UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// An issue's UUID or identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issue_id: Option<String>,
    /// A team's UUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
}

//! Documents.

use serde::Deserialize;

use super::{Connection, IssueLink, Named, PageInfo, TeamRef};

/// An issue, of which only the documents are asked for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct IssueDocuments {
    /// A page of them.
    pub documents: Connection<Document>,
}

/// A page of what a search found, the best match first.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentsFound {
    /// What is on it.
    pub edges: Vec<DocumentFound>,
    /// Whether there is more.
    pub page_info: PageInfo,
}

/// One of them, and where the list goes on behind it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct DocumentFound {
    /// What to ask for those behind it with.
    pub cursor: String,
    /// The document.
    pub node: Document,
}

/// A document. It belongs to one thing: a project, an issue, a team, or something that is not shown.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// The UUID.
    pub id: String,
    /// The end of its page's address, by which it is found too.
    pub slug_id: String,
    /// The title.
    pub title: String,
    /// Markdown, where it is selected and there is any.
    pub content: Option<String>,
    /// Its page.
    pub url: String,
    /// When it was made.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// When it was archived.
    pub archived_at: Option<String>,
    /// Who made it.
    pub creator: Option<Named>,
    /// The project it belongs to.
    pub project: Option<Named>,
    /// The issue it belongs to.
    pub issue: Option<IssueLink>,
    /// The team it belongs to.
    pub team: Option<TeamRef>,
}

//! Projects with their statuses, labels, milestones and initiatives, and documents.

use serde::Deserialize;

use super::{Connection, IssueLink, Named, PageInfo, TeamRef};

/// A project. The fields from `content` on are present only where a document selects the whole project.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    /// The UUID.
    pub id: String,
    /// The name; several projects may share one.
    pub name: String,
    /// The slug: the last part of the URL.
    pub slug_id: String,
    /// One line about the project; empty where there is none.
    pub description: String,
    /// The address of the project's page.
    pub url: String,
    /// The day on which the project is to start.
    pub start_date: Option<String>,
    /// The day on which the project is to be completed.
    pub target_date: Option<String>,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    pub priority: u8,
    /// When the project was created. Lists are sorted by this time.
    pub created_at: String,
    /// When the project was archived.
    pub archived_at: Option<String>,
    /// The status of the project.
    pub status: ProjectStatus,
    /// The user who leads the project.
    pub lead: Option<Named>,
    /// The teams that work on the project.
    pub teams: Connection<TeamRef>,
    /// The labels of the project.
    pub labels: Connection<Named>,
    /// Markdown.
    #[serde(default)]
    pub content: Option<String>,
    /// The completed share of the project, from 0 to 1.
    #[serde(default)]
    pub progress: Option<f64>,
    /// The health that the last project update gives: `onTrack`, `atRisk` or `offTrack`.
    #[serde(default)]
    pub health: Option<String>,
    /// When the project last changed.
    #[serde(default)]
    pub updated_at: Option<String>,
    /// When the project was started.
    #[serde(default)]
    pub started_at: Option<String>,
    /// When the project was completed.
    #[serde(default)]
    pub completed_at: Option<String>,
    /// When the project was canceled.
    #[serde(default)]
    pub canceled_at: Option<String>,
    /// The user who created the project.
    #[serde(default)]
    pub creator: Option<Named>,
    /// The users who work on the project.
    #[serde(default)]
    pub members: Connection<Named>,
    /// The milestones of the project.
    #[serde(default)]
    pub project_milestones: Connection<ProjectMilestone>,
}

/// A project's status; the workspace defines them for all of its teams.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ProjectStatus {
    /// The UUID.
    pub id: String,
    /// The name that the workspace gives the status.
    pub name: String,
    /// `backlog`, `planned`, `started`, `paused`, `completed` or `canceled`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The position of the status among the statuses of its type.
    pub position: f64,
}

/// A milestone as its project names it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectMilestone {
    /// The UUID.
    pub id: String,
    /// The name.
    pub name: String,
    /// The day on which the milestone is due.
    pub target_date: Option<String>,
    /// The position of the milestone among the project's milestones.
    pub sort_order: f64,
}

/// A label of projects, which are not the labels of issues.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectLabel {
    /// The UUID.
    pub id: String,
    /// The leaf name.
    pub name: String,
    /// Whether the label is a group of labels, which no project can have.
    pub is_group: bool,
    /// When the label was retired. A retired label cannot be applied to further projects.
    pub retired_at: Option<String>,
    /// The group that the label belongs to.
    pub parent: Option<Named>,
}

/// An initiative: a goal that several projects work towards.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Initiative {
    /// The UUID.
    pub id: String,
    /// The name.
    pub name: String,
    /// The slug: the last part of the URL.
    pub slug_id: String,
    /// The address of the initiative's page.
    pub url: String,
}

/// An issue of which only the documents are selected.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct IssueDocuments {
    /// A page of the issue's documents.
    pub documents: Connection<Document>,
}

/// A page of the documents that a search found, the best match first.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentsFound {
    /// The documents on the page.
    pub edges: Vec<DocumentFound>,
    /// Whether another page follows.
    pub page_info: PageInfo,
}

/// A document that a search found, with its cursor.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct DocumentFound {
    /// The cursor that, as the `after` of a request, returns the documents that follow this document.
    pub cursor: String,
    /// The document.
    pub node: Document,
}

/// A document. It belongs to one entity: a project, an issue, a team, an initiative, or a kind of entity that is not read
/// here.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// The UUID.
    pub id: String,
    /// The slug: the end of the page's address, which identifies the document like the UUID.
    pub slug_id: String,
    /// The title.
    pub title: String,
    /// Markdown, where it is selected and not empty.
    pub content: Option<String>,
    /// The address of the document's page.
    pub url: String,
    /// When the document was created.
    pub created_at: String,
    /// When the document last changed.
    pub updated_at: String,
    /// When the document was archived.
    pub archived_at: Option<String>,
    /// The user who created the document.
    pub creator: Option<Named>,
    /// The project that the document belongs to.
    pub project: Option<Named>,
    /// The issue that the document belongs to.
    pub issue: Option<IssueLink>,
    /// The team that the document belongs to.
    pub team: Option<TeamRef>,
    /// The initiative that the document belongs to.
    pub initiative: Option<Named>,
}

/// A document with its comments.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct InlineComments {
    /// The first comments of the document.
    pub comments: Connection<QuotedText>,
}

/// A comment of a document.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotedText {
    /// The passage that the comment is about; `None` for a comment on the whole document.
    pub quoted_text: Option<String>,
}

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
    /// The last part of its URL.
    pub slug_id: String,
    /// One line on it; empty where there is none.
    pub description: String,
    /// Its page.
    pub url: String,
    /// The day it is to start.
    pub start_date: Option<String>,
    /// The day it is to be done.
    pub target_date: Option<String>,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    pub priority: u8,
    /// When it was made, by which lists are sorted.
    pub created_at: String,
    /// When it was archived.
    pub archived_at: Option<String>,
    /// Its status.
    pub status: ProjectStatus,
    /// Who leads it.
    pub lead: Option<Named>,
    /// The teams that work on it.
    pub teams: Connection<TeamRef>,
    /// Its labels.
    pub labels: Connection<Named>,
    /// Markdown.
    #[serde(default)]
    pub content: Option<String>,
    /// How much of it is done, 0 to 1.
    #[serde(default)]
    pub progress: Option<f64>,
    /// `onTrack`, `atRisk` or `offTrack`, as its last update says.
    #[serde(default)]
    pub health: Option<String>,
    /// When it was last changed.
    #[serde(default)]
    pub updated_at: Option<String>,
    /// When it was started.
    #[serde(default)]
    pub started_at: Option<String>,
    /// When it was completed.
    #[serde(default)]
    pub completed_at: Option<String>,
    /// When it was canceled.
    #[serde(default)]
    pub canceled_at: Option<String>,
    /// Who made it.
    #[serde(default)]
    pub creator: Option<Named>,
    /// Who works on it.
    #[serde(default)]
    pub members: Connection<Named>,
    /// Its milestones.
    #[serde(default)]
    pub project_milestones: Connection<ProjectMilestone>,
}

/// A project's status; the workspace defines them for all of its teams.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ProjectStatus {
    /// The UUID.
    pub id: String,
    /// The workspace's own name for it.
    pub name: String,
    /// `backlog`, `planned`, `started`, `paused`, `completed` or `canceled`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its place among those of its type.
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
    /// The day it is due.
    pub target_date: Option<String>,
    /// Its place among the project's.
    pub sort_order: f64,
}

/// A label of projects; issues have others.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectLabel {
    /// The UUID.
    pub id: String,
    /// The leaf name.
    pub name: String,
    /// Whether it is a group, which no project can have.
    pub is_group: bool,
    /// When it was retired; it can then not be applied anew.
    pub retired_at: Option<String>,
    /// The group it belongs to.
    pub parent: Option<Named>,
}

/// An initiative: what several projects are for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Initiative {
    /// The UUID.
    pub id: String,
    /// The name.
    pub name: String,
    /// The last part of its URL.
    pub slug_id: String,
    /// Its page.
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
    /// The `after` of a request for the documents behind this one.
    pub cursor: String,
    /// The document.
    pub node: Document,
}

/// A document. It belongs to one entity: a project, an issue, a team, or a kind of entity that is not read here.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// The UUID.
    pub id: String,
    /// The end of its page's address, which identifies it like the UUID.
    pub slug_id: String,
    /// The title.
    pub title: String,
    /// Markdown, where it is selected and not empty.
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

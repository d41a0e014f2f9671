//! The Rust types behind the scalars of `schema/client.graphql`: Linear's own scalars, and its input objects,
//! which that file declares as scalars so that each is one hand-written type here and not a copy per operation.

mod comment;
mod document;
mod project;
mod relation;

use serde::Serialize;

pub use self::comment::*;
pub use self::document::*;
pub use self::project::*;
pub use self::relation::*;
pub use super::filter::Filter;
use crate::patch::Patch;

/// A moment, ISO 8601 in UTC.
pub type DateTime = String;
/// A day, `YYYY-MM-DD`.
pub type TimelessDate = String;
/// A filter of issues.
pub type IssueFilter = Filter;
/// A filter of labels.
pub type IssueLabelFilter = Filter;
/// A filter of workflow states.
pub type WorkflowStateFilter = Filter;
/// A filter of teams.
pub type TeamFilter = Filter;
/// A filter of users.
pub type UserFilter = Filter;
/// A filter of projects.
pub type ProjectFilter = Filter;
/// A filter of project milestones.
pub type ProjectMilestoneFilter = Filter;
/// A filter of project labels.
pub type ProjectLabelFilter = Filter;
/// A filter of initiatives.
pub type InitiativeFilter = Filter;
/// A filter of cycles.
pub type CycleFilter = Filter;
/// A filter of comments.
pub type CommentFilter = Filter;
/// A filter of attachments.
pub type AttachmentFilter = Filter;
/// A filter of documents.
pub type DocumentFilter = Filter;

/// What a new issue gets; what is absent is Linear's choice. `id` is made here, so that a create whose answer is
/// lost can be settled.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueCreateInput {
    /// A UUID v4.
    pub id: String,
    /// The team's UUID.
    pub team_id: String,
    /// The title.
    pub title: String,
    /// Markdown.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub description: Patch<String>,
    /// A workflow state of the team.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub state_id: Patch<String>,
    /// Labels usable in the team.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub label_ids: Patch<Vec<String>>,
    /// A user's UUID.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub assignee_id: Patch<String>,
    /// A project of the team.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub project_id: Patch<String>,
    /// A milestone of the project.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub project_milestone_id: Patch<String>,
    /// A cycle of the team.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub cycle_id: Patch<String>,
    /// The parent's UUID or identifier.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub parent_id: Patch<String>,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub priority: Patch<u8>,
    /// Points on the team's scale.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub estimate: Patch<u32>,
    /// A day.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub due_date: Patch<String>,
}

/// What an update sets on an issue.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueUpdateInput {
    /// The team to move to.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub team_id: Patch<String>,
    /// The title.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub title: Patch<String>,
    /// Markdown.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub description: Patch<String>,
    /// A workflow state of the team.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub state_id: Patch<String>,
    /// The whole new set of labels.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub label_ids: Patch<Vec<String>>,
    /// Labels to add to those it has.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub added_label_ids: Patch<Vec<String>>,
    /// Labels to take off.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub removed_label_ids: Patch<Vec<String>>,
    /// A user's UUID.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub assignee_id: Patch<String>,
    /// A project of the team.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub project_id: Patch<String>,
    /// A milestone of the project.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub project_milestone_id: Patch<String>,
    /// A cycle of the team.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub cycle_id: Patch<String>,
    /// The parent's UUID or identifier.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub parent_id: Patch<String>,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub priority: Patch<u8>,
    /// Points on the team's scale.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub estimate: Patch<u32>,
    /// A day.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub due_date: Patch<String>,
}

/// A new label.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueLabelCreateInput {
    /// A UUID v4.
    pub id: String,
    /// The leaf name.
    pub name: String,
    /// `#rrggbb`.
    pub color: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The group it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// The team it belongs to; the workspace where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    /// Whether it is a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_group: Option<bool>,
}

/// What an update sets on a label. Its team stays (`linear/api.md` §1.2).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueLabelUpdateInput {
    /// The leaf name.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub name: Patch<String>,
    /// `#rrggbb`.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub color: Patch<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub description: Patch<String>,
    /// The group it belongs to.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub parent_id: Patch<String>,
}

/// A new attachment; Linear updates the one with the same URL on the same issue instead (`linear/api.md` §1.2).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentCreateInput {
    /// A UUID v4.
    pub id: String,
    /// The issue's UUID or identifier.
    pub issue_id: String,
    /// What is shown.
    pub title: String,
    /// Where it leads.
    pub url: String,
}

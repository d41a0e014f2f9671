//! The Rust types behind the scalars of `schema/client.graphql`: Linear's own scalars, and its input objects. The schema
//! declares the input objects as scalars so that all operations share one hand-written type for each, because
//! graphql_client would derive its own type for every operation.

use serde::Serialize;

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
/// A filter of custom views.
pub type CustomViewFilter = Filter;
/// A filter of comments.
pub type CommentFilter = Filter;
/// A filter of attachments.
pub type AttachmentFilter = Filter;
/// A filter of documents.
pub type DocumentFilter = Filter;

/// One thing that a list of issues is ordered by (`linear/api.md` §1.2). Issues without a value come last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum IssueSortInput {
    /// When the issues were created.
    CreatedAt(SortOrder),
    /// When the issues last changed.
    UpdatedAt(SortOrder),
    /// How important the issues are; descending is urgent to low.
    Priority(SortOrder),
    /// When the issues are due.
    DueDate(SortOrder),
    /// Where people have put the issues; ascending is the first to the last.
    Manual(SortOrder),
}

/// The direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "order")]
pub enum SortOrder {
    /// The least first: the oldest, the soonest.
    Ascending,
    /// The greatest first: the newest, the latest.
    Descending,
}

/// A new issue. Linear chooses the value of every absent field. The id is made by this crate, so that the issue can be
/// looked for when the answer to its creation is lost.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueCreateInput {
    /// A UUID v4.
    pub id: String,
    /// The team's UUID.
    pub team_id: String,
    /// The title; empty, and not sent, where a template gives it.
    #[serde(skip_serializing_if = "String::is_empty")]
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
    /// The UUID of an app user.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub delegate_id: Patch<String>,
    /// The UUIDs of the users who are told of changes.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub subscriber_ids: Patch<Vec<String>>,
    /// The template from which Linear takes the fields that are absent here.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub template_id: Patch<String>,
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
    /// The number by which Linear sorts manually; lower numbers come first.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub sort_order: Patch<f64>,
    /// Whether Linear is to keep `sort_order`.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub preserve_sort_order_on_create: Patch<bool>,
}

/// The fields that an update sets on an issue.
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
    /// Labels to add to the labels of the issue.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub added_label_ids: Patch<Vec<String>>,
    /// Labels to remove.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub removed_label_ids: Patch<Vec<String>>,
    /// A user's UUID.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub assignee_id: Patch<String>,
    /// The UUID of an app user.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub delegate_id: Patch<String>,
    /// The whole new set of users who are told of changes.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub subscriber_ids: Patch<Vec<String>>,
    /// The moment until which the issue is snoozed.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub snoozed_until_at: Patch<String>,
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
    /// The number by which Linear sorts manually; lower numbers come first.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub sort_order: Patch<f64>,
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
    /// The label's purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The group that the label belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// The team that the label belongs to; without a team, the label belongs to the workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<String>,
    /// Whether the label is a group of labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_group: Option<bool>,
}

/// The fields that an update sets on a label. A label's team cannot change (`linear/api.md` §1.2).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueLabelUpdateInput {
    /// The leaf name.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub name: Patch<String>,
    /// `#rrggbb`.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub color: Patch<String>,
    /// The label's purpose.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub description: Patch<String>,
    /// The group that the label belongs to.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub parent_id: Patch<String>,
}

/// A new attachment. Where the issue has an attachment with the same URL, Linear updates that attachment instead
/// (`linear/api.md` §1.2).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentCreateInput {
    /// A UUID v4.
    pub id: String,
    /// The issue's UUID or identifier.
    pub issue_id: String,
    /// The text of the link.
    pub title: String,
    /// The address that the link leads to.
    pub url: String,
}

/// A new relation. Two issues have at most one relation: a second relation replaces the first (`linear/api.md` §6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueRelationCreateInput {
    /// A UUID v4.
    pub id: String,
    /// The issue that blocks, duplicates or is related: UUID or identifier.
    pub issue_id: String,
    /// The other issue: UUID or identifier.
    pub related_issue_id: String,
    /// `blocks`, `duplicate` or `related`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

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
    /// The comment that this comment replies to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
}

/// The fields that an update sets on a comment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CommentUpdateInput {
    /// Markdown; absent in an update that changes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// A new document. It belongs to exactly one project, issue or team (`linear/api.md` §1.2).
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

/// The fields that an update sets on a document. A document belongs to one entity: a new project, issue or team replaces the former
/// one (`linear/api.md` §1.2).
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

/// A new project. Linear chooses the value of every absent field.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectCreateInput {
    /// A UUID v4.
    pub id: String,
    /// The name.
    pub name: String,
    /// The teams that work on the project, at least one.
    pub team_ids: Vec<String>,
    /// One line of text; null clears it.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub description: Patch<String>,
    /// Markdown.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub content: Patch<String>,
    /// A status of the workspace.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub status_id: Patch<String>,
    /// A user's UUID.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub lead_id: Patch<String>,
    /// The whole new set of members.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub member_ids: Patch<Vec<String>>,
    /// The whole new set of labels.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub label_ids: Patch<Vec<String>>,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub priority: Patch<u8>,
    /// A day.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub start_date: Patch<String>,
    /// A day.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub target_date: Patch<String>,
}

/// The fields that an update sets on a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectUpdateInput {
    /// The name.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub name: Patch<String>,
    /// The whole new set of teams, at least one.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub team_ids: Patch<Vec<String>>,
    /// One line of text; null clears it.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub description: Patch<String>,
    /// Markdown.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub content: Patch<String>,
    /// A status of the workspace.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub status_id: Patch<String>,
    /// A user's UUID.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub lead_id: Patch<String>,
    /// The whole new set of members.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub member_ids: Patch<Vec<String>>,
    /// The whole new set of labels.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub label_ids: Patch<Vec<String>>,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub priority: Patch<u8>,
    /// A day.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub start_date: Patch<String>,
    /// A day.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub target_date: Patch<String>,
}

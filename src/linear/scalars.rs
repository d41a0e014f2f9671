//! The Rust types behind the scalars of `schema/client.graphql`: Linear's own scalars, and its input objects,
//! which that file declares as scalars so that each is one hand-written type here and not a copy per operation.

use serde::{Serialize, Serializer};

pub use super::filter::Filter;

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
/// A filter of cycles.
pub type CycleFilter = Filter;
/// A filter of comments.
pub type CommentFilter = Filter;

/// A value of an update: left alone, cleared, or set. Linear clears on null and leaves alone what is absent
/// (`linear/api.md` §6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Set<T> {
    /// Absent: stays as it is.
    #[default]
    Keep,
    /// Null: is cleared.
    Clear,
    /// Gets this value.
    To(T),
}

impl<T> Set<T> {
    /// Whether nothing is asked of the field.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

impl<T> From<Option<T>> for Set<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Keep, Self::To)
    }
}

impl<T: Serialize> Serialize for Set<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep | Self::Clear => serializer.serialize_none(),
            Self::To(value) => value.serialize(serializer),
        }
    }
}

/// What a new issue gets; what is `Keep` is Linear's choice. `id` is made here, so that a create whose answer is
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
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub description: Set<String>,
    /// A workflow state of the team.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub state_id: Set<String>,
    /// Labels usable in the team.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub label_ids: Set<Vec<String>>,
    /// A user's UUID.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub assignee_id: Set<String>,
    /// A project of the team.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub project_id: Set<String>,
    /// A milestone of the project.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub project_milestone_id: Set<String>,
    /// A cycle of the team.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub cycle_id: Set<String>,
    /// The parent's UUID or identifier.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub parent_id: Set<String>,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub priority: Set<u8>,
    /// Points on the team's scale.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub estimate: Set<u32>,
    /// A day.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub due_date: Set<String>,
}

/// What an update sets on an issue.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IssueUpdateInput {
    /// The team to move to.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub team_id: Set<String>,
    /// The title.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub title: Set<String>,
    /// Markdown.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub description: Set<String>,
    /// A workflow state of the team.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub state_id: Set<String>,
    /// The whole new set of labels.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub label_ids: Set<Vec<String>>,
    /// Labels to add to those it has.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub added_label_ids: Set<Vec<String>>,
    /// Labels to take off.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub removed_label_ids: Set<Vec<String>>,
    /// A user's UUID.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub assignee_id: Set<String>,
    /// A project of the team.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub project_id: Set<String>,
    /// A milestone of the project.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub project_milestone_id: Set<String>,
    /// A cycle of the team.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub cycle_id: Set<String>,
    /// The parent's UUID or identifier.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub parent_id: Set<String>,
    /// 0 none, 1 urgent, 2 high, 3 medium, 4 low.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub priority: Set<u8>,
    /// Points on the team's scale.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub estimate: Set<u32>,
    /// A day.
    #[serde(skip_serializing_if = "Set::is_keep")]
    pub due_date: Set<String>,
}

/// A new label.
#[derive(Clone, Debug, PartialEq, Serialize)]
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
    /// The team it belongs to.
    pub team_id: String,
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
    /// The comment it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
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

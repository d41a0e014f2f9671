//! What projects are made and changed with.

use serde::Serialize;

use crate::patch::Patch;

/// What a new project gets; what is absent is Linear's choice.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectCreateInput {
    /// A UUID v4.
    pub id: String,
    /// The name.
    pub name: String,
    /// The teams that work on it, one at least.
    pub team_ids: Vec<String>,
    /// One line on it; null empties it.
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
    /// The whole set of users who work on it.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub member_ids: Patch<Vec<String>>,
    /// The whole set of its labels.
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

/// What an update sets on a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectUpdateInput {
    /// The name.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub name: Patch<String>,
    /// The whole set of its teams, one at least.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub team_ids: Patch<Vec<String>>,
    /// One line on it; null empties it.
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
    /// The whole set of users who work on it.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    pub member_ids: Patch<Vec<String>>,
    /// The whole set of its labels.
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

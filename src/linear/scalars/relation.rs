//! Inputs of relations between issues.

use serde::Serialize;

/// A new relation. Two issues have at most one: a second takes the place of the first (`linear/api.md` §6).
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

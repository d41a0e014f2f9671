//! Relations between issues (`linear/api.md` §6, "Relations").

use serde::Deserialize;

use super::{Connection, StateName};

/// An issue at one end of a relation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IssueEnd {
    /// The UUID.
    pub id: String,
    /// Team key and number.
    pub identifier: String,
    /// The title.
    pub title: String,
    /// Its workflow state.
    pub state: StateName,
}

/// A relation: `issue` blocks, duplicates or is related to `related_issue`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Relation {
    /// The UUID.
    pub id: String,
    /// `blocks`, `duplicate`, `related` or `similar`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whose `relations` it stands in.
    pub issue: IssueEnd,
    /// Whose `inverseRelations` it stands in.
    pub related_issue: IssueEnd,
}

/// An issue with its relations both ways.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Related {
    /// The UUID.
    pub id: String,
    /// Team key and number.
    pub identifier: String,
    /// The title.
    pub title: String,
    /// Its workflow state.
    pub state: StateName,
    /// Relations from it.
    pub relations: Connection<Relation>,
    /// Relations to it.
    pub inverse_relations: Connection<Relation>,
}

//! What the session remembers: the workspace's names, teams, states, labels, users, projects, cycles, milestones.

use serde::Deserialize;

use super::{Id, Named, TeamKey};

/// What the key's workspace goes by in addresses: `linear.app/<key>/…`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceKeys {
    /// What it goes by now.
    pub url_key: String,
    /// What it went by before; addresses with these lead to it still.
    pub previous_url_keys: Vec<String>,
}

impl WorkspaceKeys {
    /// Whether the workspace goes by that name, in any case.
    pub fn has(&self, name: &str) -> bool {
        let mut keys = self.previous_url_keys.iter().chain([&self.url_key]);
        keys.any(|key| key.eq_ignore_ascii_case(name))
    }
}

/// A team.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Team {
    /// The UUID.
    pub id: String,
    /// The prefix of its issues' identifiers.
    pub key: String,
    /// The name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether new issues wait in Triage.
    pub triage_enabled: bool,
    /// Whether it works in cycles.
    pub cycles_enabled: bool,
    /// `notUsed`, `exponential`, `fibonacci`, `linear` or `tShirt` (`linear/api.md` §1.2).
    pub issue_estimation_type: String,
    /// Whether 0 is an estimate.
    pub issue_estimation_allow_zero: bool,
    /// Whether the scale has its two larger values.
    pub issue_estimation_extended: bool,
    /// The teams above it, whose labels it inherits.
    #[serde(default)]
    pub ancestors: Vec<Id>,
}

/// A workflow state.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct State {
    /// The UUID.
    pub id: String,
    /// The name.
    pub name: String,
    /// `triage`, `backlog`, `unstarted`, `started`, `completed`, `canceled` or `duplicate`; others may come.
    #[serde(rename = "type")]
    pub kind: String,
    /// `#rrggbb`.
    pub color: String,
    /// Its place among the team's states.
    pub position: f64,
    /// What it means.
    pub description: Option<String>,
    /// The team it belongs to.
    pub team: Id,
}

/// A label.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Label {
    /// The UUID.
    pub id: String,
    /// The leaf name.
    pub name: String,
    /// `#rrggbb`.
    pub color: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it is a group, which no issue can have.
    pub is_group: bool,
    /// When it was retired; it can then not be applied anew.
    pub retired_at: Option<String>,
    /// The group it belongs to.
    pub parent: Option<Named>,
    /// The team it belongs to; the workspace's labels have none.
    pub team: Option<TeamKey>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The UUID.
    pub id: String,
    /// The full name.
    pub name: String,
    /// The short name shown in mentions.
    pub display_name: String,
    /// The e-mail address.
    pub email: String,
    /// Whether the account is active.
    pub active: bool,
    /// Whether it is an integration's or an agent's, and no person's.
    #[serde(default)]
    pub app: bool,
    /// Whether it is the key's owner.
    pub is_me: bool,
}

/// A cycle.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cycle {
    /// The UUID.
    pub id: String,
    /// Its number within the team.
    pub number: f64,
    /// The name, if somebody gave it one.
    pub name: Option<String>,
    /// Its first moment.
    pub starts_at: String,
    /// The moment after its last.
    pub ends_at: String,
    /// Whether it is running.
    pub is_active: bool,
    /// Whether it is the one after.
    pub is_next: bool,
    /// Whether it is the one before.
    pub is_previous: bool,
    /// Its team.
    pub team: Id,
}

/// A project milestone.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Milestone {
    /// The UUID.
    pub id: String,
    /// The name.
    pub name: String,
    /// The day it is due.
    pub target_date: Option<String>,
    /// Its project.
    pub project: Id,
}

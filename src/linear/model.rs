//! The types that Linear's answers are read into, with the fields that the documents in `linear/documents` select. All
//! documents share these types. This file holds pages, references, and the entities that the session caches: teams, states,
//! labels, users, cycles and milestones.

mod issue;
mod project;

use serde::Deserialize;

pub use self::issue::*;
pub use self::project::*;

/// A page of a list of entities.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection<T> {
    /// The entities on the page.
    pub nodes: Vec<T>,
    /// One cursor for each entity; empty where the document does not select them.
    #[serde(default)]
    pub edges: Vec<Edge>,
    /// Whether another page follows; the default where the document does not select this field.
    #[serde(default)]
    pub page_info: PageInfo,
}

/// The cursor of one row of a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Edge {
    /// The cursor that, as the `after` of a request, returns the rows that follow this row.
    pub cursor: String,
}

/// One row of a list with its cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<T> {
    /// The entity on the row.
    pub node: T,
    /// The cursor that, as the `after` of a request, returns the rows that follow this row; `None` where it is not known.
    pub cursor: Option<String>,
}

/// Pairs the entities on a page with their cursors. No row gets a cursor where there are more or fewer cursors than entities.
fn rows<T>(nodes: Vec<T>, edges: Vec<Edge>) -> Vec<Row<T>> {
    let are_as_many = edges.len() == nodes.len();
    let edges = edges.into_iter().filter(|_| are_as_many);
    let mut cursors = edges.map(|edge| edge.cursor);
    let row = |node| Row {
        node,
        cursor: cursors.next(),
    };
    nodes.into_iter().map(row).collect()
}

impl<T> Connection<T> {
    /// The rows of the page, each with its cursor.
    pub fn into_rows(self) -> Vec<Row<T>> {
        rows(self.nodes, self.edges)
    }

    /// The cursors of the rows, as far as they are known.
    pub fn cursors(&self) -> Vec<Option<String>> {
        let cursors = self.edges.iter().map(|edge| Some(edge.cursor.clone()));
        cursors.collect()
    }
}

impl<T> Hits<T> {
    /// The rows of the page, each with its cursor.
    pub fn into_rows(self) -> Vec<Row<T>> {
        rows(self.nodes, self.edges)
    }
}

impl<T> Default for Connection<T> {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            edges: Vec::new(),
            page_info: PageInfo::default(),
        }
    }
}

/// A page of the results of a search.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hits<T> {
    /// The entities on the page.
    pub nodes: Vec<T>,
    /// One cursor for each entity.
    #[serde(default)]
    pub edges: Vec<Edge>,
    /// Whether another page follows.
    pub page_info: PageInfo,
    /// How many entities match, on this page and all others.
    pub total_count: f64,
}

/// Whether another page follows, and from where. A page that claims a successor but has no cursor counts as the last
/// page, because nothing leads on from it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "PageEnd")]
pub struct PageInfo {
    /// Whether another page follows.
    pub has_next_page: bool,
    /// The cursor that, as the `after` of a request, returns the next page.
    pub end_cursor: Option<String>,
}

/// [`PageInfo`] as Linear sends it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PageEnd {
    has_next_page: bool,
    end_cursor: Option<String>,
}

impl From<PageEnd> for PageInfo {
    fn from(end: PageEnd) -> Self {
        Self {
            has_next_page: end.has_next_page && end.end_cursor.is_some(),
            end_cursor: end.end_cursor,
        }
    }
}

/// A reference by id alone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Id {
    /// The UUID.
    pub id: String,
}

/// A team by id and key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TeamKey {
    /// The UUID.
    pub id: String,
    /// The key of the team, with which the identifiers of its issues begin.
    pub key: String,
}

/// A reference by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Named {
    /// The UUID.
    pub id: String,
    /// The name.
    pub name: String,
}

/// A name alone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct NameOnly {
    /// The name.
    pub name: String,
}

/// The names of the key's workspace in addresses: `linear.app/<name>/…`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceKeys {
    /// The current name.
    pub url_key: String,
    /// Earlier names; addresses with these still lead to the workspace.
    pub previous_url_keys: Vec<String>,
}

impl WorkspaceKeys {
    /// Whether `name` is the current or an earlier name of the workspace. Upper and lower case count as equal.
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
    /// The key of the team, with which the identifiers of its issues begin.
    pub key: String,
    /// The name.
    pub name: String,
    /// The purpose of the team.
    pub description: Option<String>,
    /// Whether new issues wait in Triage.
    pub triage_enabled: bool,
    /// Whether the team works in cycles.
    pub cycles_enabled: bool,
    /// `notUsed`, `exponential`, `fibonacci`, `linear` or `tShirt` (`linear/api.md` §1.2).
    pub issue_estimation_type: String,
    /// Whether 0 is an estimate.
    pub issue_estimation_allow_zero: bool,
    /// Whether the scale of estimates has its two larger values.
    pub issue_estimation_extended: bool,
    /// The teams above this team, whose labels it inherits.
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
    /// The position of the state among the team's states.
    pub position: f64,
    /// The meaning of the state.
    pub description: Option<String>,
    /// The team that the state belongs to.
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
    /// The purpose of the label.
    pub description: Option<String>,
    /// Whether the label is a group of labels, which no issue can have.
    pub is_group: bool,
    /// When the label was retired. A retired label cannot be applied to further issues.
    pub retired_at: Option<String>,
    /// The group that the label belongs to.
    pub parent: Option<Named>,
    /// The team that the label belongs to; `None` for a label of the workspace.
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
    /// Whether the account belongs to an integration or an agent, not to a person.
    #[serde(default)]
    pub app: bool,
    /// Whether the user is the owner of the key.
    pub is_me: bool,
}

/// A custom view: a filter that somebody saved.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomView {
    /// The UUID.
    pub id: String,
    /// The name.
    pub name: String,
    /// The slug in the address of the view's page.
    pub slug_id: String,
    /// The type of the entities that the view lists: `Issue`, `Project`, `Initiative` or `FeedItem`.
    pub model_name: String,
    /// The user who maintains the view.
    pub owner: NameOnly,
    /// The team of the view; `None` for a view of the workspace.
    pub team: Option<KeyOnly>,
}

/// A team by its key alone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct KeyOnly {
    /// The key of the team, with which the identifiers of its issues begin.
    pub key: String,
}

/// A cycle.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cycle {
    /// The UUID.
    pub id: String,
    /// The number of the cycle within the team.
    pub number: f64,
    /// The name, if somebody gave it one.
    pub name: Option<String>,
    /// When the cycle begins.
    pub starts_at: String,
    /// When the cycle ends.
    pub ends_at: String,
    /// Whether the cycle is running now.
    pub is_active: bool,
    /// Whether the cycle follows the running cycle.
    pub is_next: bool,
    /// Whether the cycle precedes the running cycle.
    pub is_previous: bool,
    /// The team of the cycle.
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
    /// The day on which the milestone is due.
    pub target_date: Option<String>,
    /// The project of the milestone.
    pub project: Id,
}

/// A template.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Template {
    /// The UUID.
    pub id: String,
    /// The name.
    pub name: String,
    /// What is created from the template: `issue`, `project` or `document`; others may come.
    #[serde(rename = "type")]
    pub kind: String,
    /// The team that the template belongs to; `None` for a template of the workspace.
    pub team: Option<Named>,
}

/// The owner of the key, as `doctor` asks for it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Viewer {
    /// The full name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// Whether the user administers the workspace.
    pub admin: bool,
    /// Whether the user sees only the teams that they were invited to.
    pub guest: bool,
}

/// The ids of the owner of the key and of the key's workspace.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ViewerIds {
    /// The UUID of the user.
    pub id: String,
    /// The workspace.
    pub organization: Id,
}

/// The one workspace of a key (`linear/api.md` §5), as `doctor` asks for it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workspace {
    /// The name.
    pub name: String,
    /// The name of the workspace in URLs: `linear.app/<url_key>`.
    pub url_key: String,
}

/// The payload of `doctor`'s change of a relation that does not exist. Linear never sends it, because it declines the
/// change.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Probed {
    /// Whether Linear claims to have made the change.
    pub success: bool,
}

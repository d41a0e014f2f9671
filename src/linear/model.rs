//! What Linear answers, as the documents in `linear/documents` select it: one type per entity, shared by all of them.

mod comment;
mod doctor;
mod document;
mod issue;
mod project;
mod relation;
mod workspace;

use serde::Deserialize;

pub use self::comment::*;
pub use self::doctor::*;
pub use self::document::*;
pub use self::issue::*;
pub use self::project::*;
pub use self::relation::*;
pub use self::workspace::*;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connection<T> {
    /// What is on it.
    pub nodes: Vec<T>,
    /// Where the list goes on behind each of them; nothing where the document does not ask.
    #[serde(default)]
    pub edges: Vec<Edge>,
    /// Whether there is more; absent where the document does not ask.
    #[serde(default)]
    pub page_info: PageInfo,
}

/// Where a list goes on behind one of its rows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Edge {
    /// What to ask for the rows behind it with.
    pub cursor: String,
}

/// One of the rows of a list, and the cursor that leads on behind it where that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<T> {
    /// What is on the row.
    pub node: T,
    /// What to ask for the rows behind it with.
    pub cursor: Option<String>,
}

/// Pairs what is on a page with its cursors. None has one where there are not as many.
fn rows<T>(nodes: Vec<T>, edges: Vec<Edge>) -> Vec<Row<T>> {
    let all = edges.len() == nodes.len();
    let mut cursors = edges.into_iter().filter(|_| all).map(|edge| edge.cursor);
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

/// A page of what a search found.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hits<T> {
    /// What is on it.
    pub nodes: Vec<T>,
    /// Where the list goes on behind each of them.
    #[serde(default)]
    pub edges: Vec<Edge>,
    /// Whether there is more.
    pub page_info: PageInfo,
    /// How many match, this page and all others.
    pub total_count: f64,
}

/// Where a page ends. One that says that another follows, and not where it begins, is the last: nothing leads on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "PageEnd")]
pub struct PageInfo {
    /// Whether another page follows.
    pub has_next_page: bool,
    /// What to ask the next page with.
    pub end_cursor: Option<String>,
}

/// What Linear says of it.
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
    /// The prefix of its issues' identifiers.
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

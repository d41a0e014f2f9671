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
    /// Whether there is more; absent where the document does not ask.
    #[serde(default)]
    pub page_info: PageInfo,
}

impl<T> Default for Connection<T> {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
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

//! Every operation, one line each: what the MCP server lists, `run` dispatches, `help` explains, the README shows
//! and the tests run through.

mod attachment;
pub mod comment;
pub mod issue;
pub mod label;
mod page;
pub mod server;
pub mod state;
pub mod team;
mod view;
mod write;

use std::sync::LazyLock;

use crate::error::{Code, Error};
use crate::operation::Entry;
use crate::text::nearest;

/// A row of the table: the operation, whose module is its category, and the request in `examples/` that shows it.
macro_rules! row {
    ($category:ident :: $module:ident :: $operation:ident, $example:literal) => {
        Entry::of::<$category::$module::$operation>(
            stringify!($category),
            include_str!(concat!("../examples/", $example, ".yaml")),
        )
    };
}

/// The table, by category. Names are unique, aliases included.
pub static TABLE: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    vec![
        row!(issue::get::GetIssue, "get_issue"),
        row!(issue::create::CreateIssue, "create_issue"),
        row!(issue::update::UpdateIssue, "update_issue"),
        row!(issue::list::ListIssues, "list_issues"),
        row!(
            label::get_or_create::GetOrCreateLabel,
            "get_or_create_label"
        ),
        row!(label::ensure::EnsureLabelsExist, "ensure_labels_exist"),
        row!(label::list::ListLabels, "list_labels"),
        row!(state::get_valid_id::GetValidStateId, "get_valid_state_id"),
        row!(state::list::ListStatuses, "list_statuses"),
        row!(team::get::GetTeam, "get_team"),
        row!(team::list::ListTeams, "list_teams"),
        row!(comment::create::CreateComment, "create_comment"),
        row!(server::help::Help, "help"),
        row!(server::cache_status::CacheStatus, "cache_status"),
    ]
});

/// The operation of that name or alias, if there is one.
pub fn get(name: &str) -> Option<&'static Entry> {
    let wanted = name.trim();
    let known = |entry: &&Entry| entry.spec.name == wanted || entry.spec.aliases.contains(&wanted);
    TABLE.iter().find(known)
}

/// The operation of that name or alias.
///
/// # Errors
/// UNKNOWN_OPERATION with the nearest names.
pub fn find(name: &str) -> Result<&'static Entry, Error> {
    get(name).ok_or_else(|| unknown(name.trim()))
}

fn unknown(wanted: &str) -> Error {
    let names: Vec<&str> = TABLE.iter().map(|entry| entry.spec.name).collect();
    let mut error = Error::new(
        Code::UnknownOperation,
        format!("There is no operation '{wanted}'"),
    )
    .detail("input", wanted);
    for near in nearest::nearest(wanted, &names, 3) {
        error = error.suggest(format!("Use '{near}'"));
    }
    if error.suggestions().is_empty() {
        error = error.suggest("Use one of the available_operations above");
    }
    error.detail("available_operations", names)
}

/// The rows of each category under its name, in the table's order.
pub fn by_category() -> impl Iterator<Item = (&'static str, &'static [Entry])> {
    let categories = TABLE.chunk_by(|a, b| a.category == b.category);
    categories.filter_map(|rows| Some((rows.first()?.category, rows)))
}

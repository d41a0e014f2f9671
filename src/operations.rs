//! Every operation, one line each: what the MCP server lists, `run` dispatches, `help` explains, the README shows
//! and the tests run through.

mod attachment;
pub mod comment;
pub mod issue;
pub mod label;
mod page;
pub mod state;
pub mod team;
mod view;
mod write;

use std::sync::LazyLock;

use crate::operation::Entry;

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
        row!(label::create::CreateIssueLabel, "create_issue_label"),
        row!(label::update::UpdateLabel, "update_label"),
        row!(label::retire::RetireLabel, "retire_label"),
        row!(state::get_valid_id::GetValidStateId, "get_valid_state_id"),
        row!(state::list::ListStatuses, "list_statuses"),
        row!(team::get::GetTeam, "get_team"),
        row!(team::list::ListTeams, "list_teams"),
        row!(comment::create::CreateComment, "create_comment"),
    ]
});

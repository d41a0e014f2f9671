//! The operations on Linear, one line each in [`table`]. Each file below holds one operation's whole story: its parameters,
//! what it looks up, what it sends, and what it returns.

pub mod attachment;
pub mod changes;
pub mod comment;
pub mod document;
mod filters;
pub mod issue;
pub mod label;
mod page;
mod patch;
pub mod project;
pub(crate) mod reads;
pub mod relation;
pub mod state;
pub mod team;
pub mod user;
mod view;
mod write;

use crate::operation::Entry;

/// A row of the table: the operation, whose module is its category, and the request in `examples/` that shows it.
macro_rules! row {
    ($category:ident $(:: $path:ident)+, $example:literal) => {
        Entry::new::<$category $(:: $path)+>(
            stringify!($category),
            include_str!(concat!("../examples/", $example, ".yaml")),
        )
    };
}

/// The operations on Linear, ordered by category. The engine adds its own three to them
/// ([`crate::engine::catalog::TABLE`]).
pub fn table() -> Vec<Entry> {
    vec![
        row!(issue::get::GetIssue, "get_issue"),
        row!(issue::create::CreateIssue, "create_issue"),
        row!(issue::update::UpdateIssue, "update_issue"),
        row!(issue::list::ListIssues, "list_issues"),
        row!(issue::search::SearchIssues, "search_issues"),
        row!(issue::archive::ArchiveIssue, "archive_issue"),
        row!(issue::archive::UnarchiveIssue, "unarchive_issue"),
        row!(issue::archive::DeleteIssue, "delete_issue"),
        row!(
            issue::checklist::UpdateChecklistItems,
            "update_checklist_items"
        ),
        row!(attachment::link::LinkUrl, "link_url"),
        row!(relation::create::CreateRelation, "create_relation"),
        row!(relation::delete::DeleteRelation, "delete_relation"),
        row!(
            label::get_or_create::GetOrCreateLabel,
            "get_or_create_label"
        ),
        row!(label::ensure::EnsureLabelsExist, "ensure_labels_exist"),
        row!(label::list::ListLabels, "list_labels"),
        row!(label::create::CreateIssueLabel, "create_issue_label"),
        row!(label::update::UpdateLabel, "update_label"),
        row!(label::retire::RetireLabel, "retire_label"),
        row!(state::GetValidStateId, "get_valid_state_id"),
        row!(state::ListStatuses, "list_statuses"),
        row!(team::GetTeam, "get_team"),
        row!(team::ListTeams, "list_teams"),
        row!(project::get::GetProject, "get_project"),
        row!(project::list::ListProjects, "list_projects"),
        row!(project::create::CreateProject, "create_project"),
        row!(project::update::UpdateProject, "update_project"),
        row!(user::GetUser, "get_user"),
        row!(user::ListUsers, "list_users"),
        row!(comment::list::ListComments, "list_comments"),
        row!(comment::create::CreateComment, "create_comment"),
        row!(comment::change::UpdateComment, "update_comment"),
        row!(comment::change::DeleteComment, "delete_comment"),
        row!(comment::change::ResolveComment, "resolve_comment"),
        row!(document::get::GetDocument, "get_document"),
        row!(document::list::ListDocuments, "list_documents"),
        row!(document::create::CreateDocument, "create_document"),
        row!(document::update::UpdateDocument, "update_document"),
        row!(document::link::LinkDocument, "link_document"),
    ]
}

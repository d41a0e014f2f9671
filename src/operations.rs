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
pub mod save;
pub mod state;
pub mod team;
mod text_update;
mod text_write;
pub mod user;
mod view;
mod write;

use crate::operation::Entry;

/// A row of the table: the operation, whose module is its category unless another one stands in front, and the request in `examples/` that shows it.
macro_rules! row {
    ($category:ident $(:: $path:ident)+, $example:literal) => {
        row!($category: $category $(:: $path)+, $example)
    };
    ($category:ident: $operation:path, $example:literal) => {
        Entry::new::<$operation>(
            stringify!($category),
            include_str!(concat!("../examples/", $example, ".yaml")),
        )
    };
}

/// The operation of which the short operations on an issue do a part.
const UPDATE_ISSUE: &[&str] = &["update_issue"];

/// The operations on Linear, ordered by category. Those that no toolset lists are the last of their category. The engine adds its own three to them
/// ([`crate::engine::catalog::TABLE`]).
pub fn table() -> Vec<Entry> {
    vec![
        row!(issue::get::GetIssue, "get_issue").core(),
        row!(issue::hierarchy::GetIssueHierarchy, "get_issue_hierarchy"),
        row!(issue::history::GetIssueHistory, "get_issue_history"),
        row!(issue::create::CreateIssue, "create_issue").core(),
        row!(issue::update::UpdateIssue, "update_issue").core(),
        row!(issue::list::ListIssues, "list_issues").core(),
        row!(issue::search::SearchIssues, "search_issues").core(),
        row!(issue::archive::ArchiveIssue, "archive_issue"),
        row!(issue::archive::UnarchiveIssue, "unarchive_issue"),
        row!(issue::archive::DeleteIssue, "delete_issue"),
        row!(
            issue::checklist::UpdateChecklistItems,
            "update_checklist_items"
        )
        .core(),
        row!(
            issue::update::description::UpdateIssueDescription,
            "update_issue_description"
        )
        .carried_out_by(UPDATE_ISSUE),
        row!(issue::update::shortcuts::AddLabel, "add_label").carried_out_by(UPDATE_ISSUE),
        row!(issue::update::shortcuts::RemoveLabel, "remove_label").carried_out_by(UPDATE_ISSUE),
        row!(issue::update::shortcuts::AssignIssue, "assign_issue").carried_out_by(UPDATE_ISSUE),
        row!(issue::update::shortcuts::MoveIssue, "move_issue").carried_out_by(UPDATE_ISSUE),
        row!(issue::update::shortcuts::CloseIssue, "close_issue").carried_out_by(UPDATE_ISSUE),
        row!(issue::update::shortcuts::ReopenIssue, "reopen_issue").carried_out_by(UPDATE_ISSUE),
        row!(issue: save::SaveIssue, "save_issue")
            .carried_out_by(&["create_issue", "update_issue"]),
        row!(attachment::link::LinkUrl, "link_url").core(),
        row!(relation::create::CreateRelation, "create_relation").core(),
        row!(relation::delete::DeleteRelation, "delete_relation"),
        row!(
            label::get_or_create::GetOrCreateLabel,
            "get_or_create_label"
        )
        .core(),
        row!(label::ensure::EnsureLabelsExist, "ensure_labels_exist").core(),
        row!(label::list::ListLabels, "list_labels").core(),
        row!(label::create::CreateIssueLabel, "create_issue_label"),
        row!(label::update::UpdateLabel, "update_label"),
        row!(label::retire::RetireLabel, "retire_label"),
        row!(state::GetValidStateId, "get_valid_state_id").core(),
        row!(state::ListStatuses, "list_statuses").core(),
        row!(state::GetIssueStatus, "get_issue_status").carried_out_by(&["get_valid_state_id"]),
        row!(team::GetTeam, "get_team").core(),
        row!(team::ListTeams, "list_teams"),
        row!(project::get::GetProject, "get_project").core(),
        row!(project::list::ListProjects, "list_projects").core(),
        row!(project::create::CreateProject, "create_project"),
        row!(project::update::UpdateProject, "update_project"),
        row!(project::labels::ListProjectLabels, "list_project_labels").unlisted(),
        row!(project: save::SaveProject, "save_project")
            .carried_out_by(&["create_project", "update_project"]),
        row!(user::GetUser, "get_user"),
        row!(user::ListUsers, "list_users"),
        row!(comment::list::ListComments, "list_comments").core(),
        row!(comment::create::CreateComment, "create_comment").core(),
        row!(comment::change::UpdateComment, "update_comment"),
        row!(comment::upsert::UpsertComment, "upsert_comment"),
        row!(comment::change::DeleteComment, "delete_comment"),
        row!(comment::change::ResolveComment, "resolve_comment"),
        row!(comment: save::SaveComment, "save_comment")
            .carried_out_by(&["create_comment", "update_comment"]),
        row!(document::get::GetDocument, "get_document").core(),
        row!(document::list::ListDocuments, "list_documents").core(),
        row!(document::create::CreateDocument, "create_document"),
        row!(document::update::UpdateDocument, "update_document"),
        row!(document::link::LinkDocument, "link_document").core(),
        row!(document: save::SaveDocument, "save_document")
            .carried_out_by(&["create_document", "update_document"]),
    ]
}

//! Every operation, one line each: what the MCP server lists, `run` dispatches, `help` explains, the README shows
//! and the tests run through.

pub mod attachment;
mod changes;
pub mod comment;
pub mod document;
mod filters;
pub mod issue;
pub mod label;

mod page;
pub mod perform;
pub mod project;
mod reads;
pub mod relation;
pub mod server;
pub mod state;
pub mod team;
pub mod user;
mod view;
mod write;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::error::{Code, Error};
use crate::operation::Entry;
use crate::params::plain_name;
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
        row!(issue::search::SearchIssues, "search_issues"),
        row!(issue::archive::ArchiveIssue, "archive_issue"),
        row!(issue::unarchive::UnarchiveIssue, "unarchive_issue"),
        row!(issue::delete::DeleteIssue, "delete_issue"),
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
        row!(state::get_valid_id::GetValidStateId, "get_valid_state_id"),
        row!(state::list::ListStatuses, "list_statuses"),
        row!(team::get::GetTeam, "get_team"),
        row!(team::list::ListTeams, "list_teams"),
        row!(project::get::GetProject, "get_project"),
        row!(project::list::ListProjects, "list_projects"),
        row!(project::create::CreateProject, "create_project"),
        row!(project::update::UpdateProject, "update_project"),
        row!(user::get::GetUser, "get_user"),
        row!(user::list::ListUsers, "list_users"),
        row!(comment::list::ListComments, "list_comments"),
        row!(comment::create::CreateComment, "create_comment"),
        row!(comment::update::UpdateComment, "update_comment"),
        row!(comment::delete::DeleteComment, "delete_comment"),
        row!(comment::resolve::ResolveComment, "resolve_comment"),
        row!(document::get::GetDocument, "get_document"),
        row!(document::list::ListDocuments, "list_documents"),
        row!(document::create::CreateDocument, "create_document"),
        row!(document::update::UpdateDocument, "update_document"),
        row!(document::link::LinkDocument, "link_document"),
        row!(server::batch::Batch, "batch"),
        row!(server::help::Help, "help"),
        row!(server::cache_status::CacheStatus, "cache_status"),
    ]
});

/// The operation of that name or alias, if there is one. Case and separators do not matter, as in the names of
/// parameters, nor does a `linear_` before it, which other servers' tools have.
pub fn get(name: &str) -> Option<&'static Entry> {
    let wanted = plain_name(name);
    let wanted = wanted.strip_prefix("linear").unwrap_or(&wanted);
    TABLE.iter().find(|entry| {
        let mut names = std::iter::once(&entry.spec.name).chain(entry.spec.aliases);
        names.any(|known| plain_name(known) == wanted)
    })
}

/// The operation of that name or alias.
///
/// # Errors
/// UNKNOWN_OPERATION with the nearest names, or with all of them where none is near.
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
        return error
            .suggest("Use one of the available_operations above")
            .detail("available_operations", names);
    }
    error.suggest("Call help to see all of them")
}

/// The names of the operations that may run: those of `allow`, or all where it is empty, without those of `deny`. Both
/// hold names, aliases and categories, in any spelling. None where all may run.
///
/// # Errors
/// What is none of these, with the setting that holds it.
pub fn selection(
    allow: &[String],
    deny: &[String],
) -> Result<Option<BTreeSet<&'static str>>, Unselectable> {
    if allow.is_empty() && deny.is_empty() {
        return Ok(None);
    }
    let mut selected = read("LINEAR_OPS_OPERATIONS", allow)?;
    if allow.is_empty() {
        selected.extend(TABLE.iter().map(|entry| entry.spec.name));
    }
    for denied in denied(deny)? {
        selected.remove(denied);
    }
    Ok(Some(selected))
}

/// The names of the operations that `LINEAR_OPS_DENY` keeps back, of the names, aliases and categories in it.
///
/// # Errors
/// What is none of these.
pub fn denied(deny: &[String]) -> Result<BTreeSet<&'static str>, Unselectable> {
    read("LINEAR_OPS_DENY", deny)
}

fn read(setting: &'static str, names: &[String]) -> Result<BTreeSet<&'static str>, Unselectable> {
    let mut selected = BTreeSet::new();
    for name in names {
        selected.extend(named(name).ok_or_else(|| Unselectable::new(setting, name))?);
    }
    Ok(selected)
}

/// The operations of a category, or the one of that name.
fn named(name: &str) -> Option<Vec<&'static str>> {
    let plain = plain_name(name);
    let category = by_category().find(|(category, _)| *category == plain);
    match category {
        Some((_, rows)) => Some(rows.iter().map(|entry| entry.spec.name).collect()),
        None => get(name).map(|entry| vec![entry.spec.name]),
    }
}

/// A text in a setting that is neither an operation nor a category.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: there is no operation or category '{name}'{}", near.map(|near| format!("; the nearest is '{near}'")).unwrap_or_default())]
pub struct Unselectable {
    setting: &'static str,
    name: String,
    near: Option<&'static str>,
}

impl Unselectable {
    fn new(setting: &'static str, name: &str) -> Self {
        let categories = by_category().map(|(category, _)| category);
        let names = TABLE.iter().map(|entry| entry.spec.name).chain(categories);
        let near = nearest::nearest(name, names, 1).first().copied();
        Self {
            setting,
            name: name.chars().take(LONGEST_SHOWN).collect(),
            near,
        }
    }
}

/// How much of an unknown name is repeated, in characters.
const LONGEST_SHOWN: usize = 60;

/// The rows of each category under its name, in the table's order.
pub fn by_category() -> impl Iterator<Item = (&'static str, &'static [Entry])> {
    let categories = TABLE.chunk_by(|a, b| a.category == b.category);
    categories.filter_map(|rows| Some((rows.first()?.category, rows)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn an_operation_is_found_however_its_name_is_spelt() {
        for name in ["get_issue", "getIssue", " Get-Issue ", "linear_get_issue"] {
            let found = get(name).map(|entry| entry.spec.name);
            assert_eq!(found, Some("get_issue"), "{name}");
        }
        for name in ["", "_", "linear", "get", "get_issues_of"] {
            assert!(get(name).is_none(), "{name}");
        }
    }

    #[test]
    fn no_name_means_two_operations() {
        let mut owners = BTreeMap::new();
        for entry in TABLE.iter() {
            for name in std::iter::once(&entry.spec.name).chain(entry.spec.aliases) {
                let plain = plain_name(name);
                assert!(!plain.starts_with("linear"), "{name}");
                assert_eq!(owners.insert(plain, entry.spec.name), None, "{name}");
            }
        }
        for (category, _) in by_category() {
            assert!(!owners.contains_key(category), "{category}");
        }
    }

    #[test]
    fn operations_are_selected_by_any_name_and_by_category() {
        let of = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let select = |allow: &[&str], deny: &[&str]| selection(&of(allow), &of(deny));
        assert_eq!(select(&[], &[]), Ok(None));
        let some = select(&["getIssue", "trash_issue", "Label"], &["retire-label"]).unwrap();
        let expected = [
            "create_issue_label",
            "delete_issue",
            "ensure_labels_exist",
            "get_issue",
            "get_or_create_label",
            "list_labels",
            "update_label",
        ];
        assert_eq!(some, Some(BTreeSet::from(expected)));
        let most = select(&[], &["issue"]).unwrap().unwrap();
        assert!(!most.contains("get_issue") && most.contains("get_team"));
        let wrong = select(&[], &["delete_isue"]).unwrap_err().to_string();
        assert!(
            wrong.contains("LINEAR_OPS_DENY") && wrong.contains("'delete_issue'"),
            "{wrong}"
        );
        assert!(select(&["*"], &[]).is_err());
    }
}

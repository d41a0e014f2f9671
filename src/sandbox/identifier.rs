//! The names Linear makes for things: issue identifiers, URL slugs, branch names; and finding things by them.

use serde_json::{Value, json};

use super::store::{Record, Store, text};

/// Where the workspace's URLs begin.
const WORKSPACE_URL: &str = "https://linear.app/acme";

/// The issue with this id or identifier; an identifier from before a move to another team counts too.
///
/// Whether Linear takes `eng-12` or `ENG-012` is not known, so only `ENG-12` as it is written is taken.
pub(super) fn issue<'s>(store: &'s Store, id: &str) -> Option<&'s Record> {
    if let Some(found) = store.get("Issue", id) {
        return Some(found);
    }
    store
        .find("Issue", "identifier", id)
        .or_else(|| store.all("Issue").find(|issue| had(issue, id)))
}

fn had(issue: &Record, identifier: &str) -> bool {
    issue
        .get("previousIdentifiers")
        .and_then(Value::as_array)
        .is_some_and(|all| all.iter().any(|one| one == identifier))
}

/// The record of a type with this id, or with this slug at the end of its URL (`auth-system-0123456789ab`).
pub(super) fn slugged<'s>(store: &'s Store, kind: &str, id: &str) -> Option<&'s Record> {
    store.get(kind, id).or_else(|| {
        let slug = id.rsplit('-').next().unwrap_or(id);
        store.find(kind, "slugId", slug)
    })
}

/// A title in the form it takes in URLs and branches: lower case, words joined by `-`.
pub(super) fn slug(title: &str) -> String {
    let mut out = String::with_capacity(title.len());
    for c in title.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') && c != '\'' {
            out.push('-');
        }
    }
    out.trim_end_matches('-').to_owned()
}

/// The twelve hexadecimal digits that end a project's or document's URL, made of its id.
pub(super) fn slug_id(id: &str) -> String {
    id.chars()
        .rev()
        .filter(char::is_ascii_hexdigit)
        .take(12)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect()
}

/// The URL of a page of the workspace, for instance of `project` with this title and slug.
pub(super) fn page_url(kind: &str, title: &str, slug_id: &str) -> String {
    format!("{WORKSPACE_URL}/{kind}/{}-{slug_id}", slug(title))
}

/// A team's next issue number. Numbers are never used twice, not even after a deletion (`linear/api.md` §6).
pub(super) fn next_number(store: &mut Store, team_id: &str) -> u32 {
    let last = store
        .get("Team", team_id)
        .and_then(|team| team.get(LAST_NUMBER))
        .and_then(Value::as_u64)
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or_default();
    if let Some(team) = store.get_mut("Team", team_id) {
        team.insert(LAST_NUMBER.to_owned(), json!(last + 1));
    }
    last + 1
}

/// Where a team's record keeps the number of its newest issue; no field of the schema.
pub(super) const LAST_NUMBER: &str = "lastIssueNumber";

/// Writes what follows from an issue's team and number: identifier, URL and branch name.
pub(super) fn number_issue(store: &Store, issue: &mut Record, number: u32) {
    let key = text(issue, "teamId")
        .and_then(|id| store.get("Team", id))
        .and_then(|team| text(team, "key"))
        .unwrap_or_default();
    let identifier = format!("{key}-{number}");
    issue.insert("number".into(), json!(f64::from(number)));
    issue.insert("identifier".into(), identifier.into());
    entitle(store, issue);
}

/// Writes what follows from an issue's identifier and title: URL and branch name.
pub(super) fn entitle(store: &Store, issue: &mut Record) {
    let identifier = text(issue, "identifier").unwrap_or_default();
    let title = slug(text(issue, "title").unwrap_or_default());
    let viewer = viewer(store)
        .and_then(|user| text(user, "displayName"))
        .unwrap_or_default();
    let branch = format!("{viewer}/{}-{title}", identifier.to_ascii_lowercase());
    let url = format!("{WORKSPACE_URL}/issue/{identifier}/{title}");
    issue.insert("url".into(), url.trim_end_matches('/').into());
    issue.insert("branchName".into(), branch.trim_end_matches('-').into());
}

/// The user whose key every request carries.
pub(super) fn viewer(store: &Store) -> Option<&Record> {
    store
        .all("User")
        .find(|user| user.get("isMe") == Some(&Value::Bool(true)))
}

/// The viewer's id, or nothing that any record has when the workspace is empty.
pub(super) fn viewer_id(store: &Store) -> String {
    viewer(store)
        .and_then(|user| text(user, "id"))
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::seed::{self, Size};
    use super::{issue, slug, slug_id};

    #[test]
    fn identifiers_are_taken_as_they_are_written_and_no_other_way() {
        let store = seed::workspace(Size::STANDARD);
        assert!(issue(&store, "ENG-233").is_some());
        for other in ["eng-233", "ENG-0233", "ENG-", "-233", " ENG-233", "ENG233"] {
            assert!(issue(&store, other).is_none(), "{other}");
        }
    }

    #[test]
    fn slugs_are_lower_case_words() {
        assert_eq!(slug("It's \"done\": 100% ✅"), "its-done-100");
        assert_eq!(
            slug_id("5eed0000-0000-4000-8000-0000000000ab"),
            "0000000000ab"
        );
    }
}

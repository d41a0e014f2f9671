//! What names an entity: ids, issue identifiers, URL slugs and branch names, how Linear makes them, and how an entity is
//! found by them.

use serde_json::{Value, json};

use super::custom_view;
use super::input::is_uuid;
use super::refusal::Refusal;
use super::store::{Record, Store, text};

/// The start of every URL of the workspace.
const WORKSPACE_URL: &str = "https://linear.app/acme";

/// The field of a team's record that keeps the number of the team's newest issue. The schema has no such field.
pub(super) const LAST_NUMBER: &str = "lastIssueNumber";

/// Returns the entity of type `kind` that the `id` argument of a root field names: by its id, or by what Linear takes in
/// the place of an id (`linear/api.md` §1.2). Archived and trashed entities are found too.
///
/// # Errors
/// "Entity not found", or "id must be a UUID" where nothing but a UUID is taken.
pub(super) fn find_entity<'s>(
    store: &'s Store,
    kind: &str,
    id: &str,
) -> Result<&'s Record, Refusal> {
    let record = match kind {
        "Issue" => issue(store, id),
        "Project" | "Initiative" | "Document" | "Cycle" | "ProjectUpdate" | "InitiativeUpdate" => {
            by_id_or_slug(store, kind, id)
        }
        "CustomView" => {
            by_id_or_slug(store, kind, id).filter(|view| custom_view::is_visible(store, view))
        }
        "Team" => store.get(kind, id).or_else(|| store.find(kind, "key", id)),
        "User" if id == "me" => viewer(store),
        _ if !is_uuid(id) => return Err(Refusal::not_uuid("id")),
        _ => store.get(kind, id),
    };
    record.ok_or_else(|| Refusal::not_found(kind))
}

/// Returns the issue with this id or identifier. An identifier from before a move to another team counts too.
///
/// Whether Linear takes `eng-12` or `ENG-012` is not known, so only the exact spelling `ENG-12` is taken.
pub(super) fn issue<'s>(store: &'s Store, id: &str) -> Option<&'s Record> {
    let had_identifier = |issue: &&Record| {
        let previous = issue.get("previousIdentifiers").and_then(Value::as_array);
        previous.is_some_and(|identifiers| identifiers.iter().any(|identifier| identifier == id))
    };
    store
        .get("Issue", id)
        .or_else(|| store.find("Issue", "identifier", id))
        .or_else(|| store.all("Issue").find(had_identifier))
}

/// Returns the issue that a branch belongs to: by the whole branch name, or by the identifier at the start of its last
/// part.
pub(super) fn issue_of_branch<'s>(store: &'s Store, branch: &str) -> Option<&'s Record> {
    store.find("Issue", "branchName", branch).or_else(|| {
        let last = branch.rsplit('/').next().unwrap_or(branch);
        let mut words = last.split('-');
        let (key, number) = (words.next()?, words.next()?);
        issue(store, &format!("{}-{number}", key.to_ascii_uppercase()))
    })
}

/// Returns the record of a type with this id, or with this slug at the end of its URL (`auth-system-0123456789ab`). The
/// end of a UUID is not taken for a slug, although slugs are made of ids.
pub(super) fn by_id_or_slug<'s>(store: &'s Store, kind: &str, id: &str) -> Option<&'s Record> {
    if is_uuid(id) {
        return store.get(kind, id);
    }
    let slug = id.rsplit('-').next().unwrap_or(id);
    store.find(kind, "slugId", slug)
}

/// Returns a title in the form that it takes in URLs and branch names: lower case, words joined by `-`.
fn slug(title: &str) -> String {
    let mut slug = String::with_capacity(title.len());
    for letter in title.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') && letter != '\'' {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// Returns the twelve hexadecimal digits that end the URL of a project or document: the last digits of its id.
pub(super) fn slug_id(id: &str) -> String {
    let digits: Vec<char> = id.chars().filter(char::is_ascii_hexdigit).collect();
    let start = digits.len().saturating_sub(12);
    digits.into_iter().skip(start).collect()
}

/// Returns the URL of a page of the workspace, for instance of the `project` with this title and slug.
pub(super) fn page_url(kind: &str, title: &str, slug_id: &str) -> String {
    format!("{WORKSPACE_URL}/{kind}/{}-{slug_id}", slug(title))
}

/// Takes a team's next issue number. Numbers are never used twice, not even after a deletion (`linear/api.md` §6).
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

/// Writes what follows from the team and the number of an issue: its identifier, URL and branch name.
pub(super) fn number_issue(store: &Store, issue: &mut Record, number: u32) {
    let key = text(issue, "teamId")
        .and_then(|id| store.get("Team", id))
        .and_then(|team| text(team, "key"))
        .unwrap_or_default();
    let identifier = format!("{key}-{number}");
    issue.insert("number".into(), json!(f64::from(number)));
    issue.insert("identifier".into(), identifier.into());
    set_url_and_branch(store, issue);
}

/// Writes what follows from the identifier and the title of an issue: its URL and branch name.
pub(super) fn set_url_and_branch(store: &Store, issue: &mut Record) {
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

/// Returns the user whose key every request carries.
pub(super) fn viewer(store: &Store) -> Option<&Record> {
    store
        .all("User")
        .find(|user| user.get("isMe") == Some(&Value::Bool(true)))
}

/// Returns the id of the viewer. In an empty workspace it is empty, which is the id of no record.
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
    fn identifiers_are_taken_in_their_exact_spelling_only() {
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

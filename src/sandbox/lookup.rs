//! Single entities by id, and by what Linear takes in an id's place (`linear/api.md` §1.2).

use super::identifier;
use super::input::is_uuid;
use super::refusal::Refusal;
use super::store::{Record, Store};

/// The entity of type `kind` that a root's `id` argument names.
///
/// Errors with "Entity not found", or, where nothing but a UUID is taken, with "id must be a UUID". Archived and
/// trashed entities are found.
pub(super) fn find<'s>(store: &'s Store, kind: &str, id: &str) -> Result<&'s Record, Refusal> {
    let found = match kind {
        "Issue" => identifier::issue(store, id),
        "Project" | "Initiative" | "Document" | "CustomView" | "Cycle" | "ProjectUpdate"
        | "InitiativeUpdate" => identifier::slugged(store, kind, id),
        "Team" => store.get(kind, id).or_else(|| store.find(kind, "key", id)),
        "User" if id == "me" => identifier::viewer(store),
        _ if !is_uuid(id) => return Err(Refusal::not_uuid("id")),
        _ => store.get(kind, id),
    };
    found.ok_or_else(|| Refusal::not_found(kind))
}

/// The issue whose branch this is: its own branch name, or one that has its identifier as a part.
pub(super) fn by_branch<'s>(store: &'s Store, branch: &str) -> Option<&'s Record> {
    store.find("Issue", "branchName", branch).or_else(|| {
        let last = branch.rsplit('/').next().unwrap_or(branch);
        let mut parts = last.split('-');
        let (key, number) = (parts.next()?, parts.next()?);
        identifier::issue(store, &format!("{}-{number}", key.to_ascii_uppercase()))
    })
}

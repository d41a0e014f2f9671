//! Custom views.

use serde_json::{Value, json};

use crate::sandbox::identifier;

use super::SeedBuilder;

/// Adds a shared view of issues of all teams, a personal one of a team's issues, and a view of projects. Their ids are
/// not taken from the ids that the store makes, so that those of other records do not depend on them.
pub(super) fn add_all(seed: &mut SeedBuilder) {
    let open_bugs = json!({
        "filterData": { "and": [
            { "labels": { "some": { "name": { "eq": "bug" } } } },
            { "state": { "type": { "nin": ["completed", "canceled", "duplicate"] } } },
        ] },
        "shared": true,
    });
    add_view(seed, 1, "Open bugs", "jane", open_bugs);
    let mine = json!({
        "filterData": { "assignee": { "isMe": { "eq": true } } },
        "shared": false, "teamId": seed.id("Team", "ENG"),
    });
    add_view(seed, 2, "My Engineering issues", "john", mine);
    let projects = json!({
        "filterData": {}, "projectFilterData": { "status": { "type": { "eq": "started" } } },
        "shared": true,
    });
    add_view(seed, 3, "Running projects", "john", projects);
}

/// Adds the view with this number and these further fields. Its handle is its name.
fn add_view(seed: &mut SeedBuilder, number: u8, name: &str, owner: &str, fields: Value) {
    let owner = seed.id("User", owner);
    let common = json!({
        "name": name, "description": null, "icon": null, "color": null,
        "ownerId": owner, "creatorId": owner, "updatedById": owner,
        "organizationId": seed.id("Organization", "acme"),
    });
    let id = format!("5eed0000-0000-4000-8000-000000c0de{number:02x}");
    seed.add_with_id("CustomView", name, &id, 14, common);
    seed.amend("CustomView", name, fields);
    let slug = identifier::slug_id(&id);
    seed.amend("CustomView", name, json!({ "slugId": slug }));
}

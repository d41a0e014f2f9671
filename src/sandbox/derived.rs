//! Scalars that are worked out when they are read, because nobody needs them stored.

use serde_json::{Value, json};

use super::search;
use super::store::{Record, text};
use super::world::{World, is_hidden};

/// The value of a derived scalar; `None` when the field is a stored one.
pub(super) fn leaf(world: &World<'_>, kind: &str, record: &Record, field: &str) -> Option<Value> {
    match (kind, field) {
        ("User", "createdIssueCount") => Some(count(world, kind, record, "createdIssues").into()),
        ("Team", "displayName" | "visibility") if !record.contains_key(field) => {
            Some(team(record, field))
        }
        ("Issue" | "Project" | "Document", "searchableContent") => {
            Some(search::content(world, kind, record, true).into())
        }
        ("Issue", _) if field.starts_with("has") => has_relations(world, record, field),
        _ => None,
    }
}

/// Whether filters may ask for this although the entity has no field of that name.
pub(super) fn is_filtered_by(kind: &str, field: &str) -> bool {
    match (kind, field) {
        ("Issue" | "Project" | "Document", "searchableContent") | ("Project", "state") => true,
        ("Issue", _) => field.starts_with("has"),
        _ => false,
    }
}

fn team(record: &Record, field: &str) -> Value {
    match field {
        "displayName" => text(record, "name").unwrap_or_default().into(),
        _ => "public".into(),
    }
}

/// How many entities that lists show stand behind a field.
fn count(world: &World<'_>, kind: &str, record: &Record, field: &str) -> usize {
    let all = world.many(kind, record, field);
    all.into_iter().filter(|other| !is_hidden(other)).count()
}

/// What `IssueFilter`'s `has…Relations` compare with. Blockers count while they are open (`linear/api.md` §6).
fn has_relations(world: &World<'_>, issue: &Record, field: &str) -> Option<Value> {
    let out = world.many("Issue", issue, "relations");
    let incoming = world.many("Issue", issue, "inverseRelations");
    let of_type = |relations: &[&Record], kind: &str| {
        relations
            .iter()
            .any(|relation| text(relation, "type") == Some(kind))
    };
    let found = match field {
        "hasBlockingRelations" => of_type(&out, "blocks"),
        "hasBlockedByRelations" => incoming
            .iter()
            .any(|relation| text(relation, "type") == Some("blocks") && is_open(world, relation)),
        "hasDuplicateRelations" => of_type(&out, "duplicate") || of_type(&incoming, "duplicate"),
        "hasRelatedRelations" => of_type(&out, "related") || of_type(&incoming, "related"),
        _ => return Some(json!(false)),
    };
    Some(found.into())
}

/// Whether the issue that a relation starts from is not closed.
fn is_open(world: &World<'_>, relation: &Record) -> bool {
    let blocker = world.one("IssueRelation", relation, "issue");
    let state = blocker.and_then(|issue| state_type(world, issue));
    !matches!(
        state.as_deref(),
        Some("completed" | "canceled" | "duplicate")
    )
}

fn state_type(world: &World<'_>, issue: &Record) -> Option<String> {
    let state = world.one("Issue", issue, "state")?;
    text(state, "type").map(str::to_owned)
}

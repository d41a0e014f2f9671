//! Relations between issues: at most one per pair (`linear/api.md` §6, "Relations").

use serde_json::{Map, json};

use crate::sandbox::input::{Input, InputValue};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::{Arguments, Mutation, issue, reference};
use super::{create_record, delete_record, id_of, save, set, touch};

/// The mutations of relations.
pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation::new("issueRelationCreate", None, create),
    Mutation::new("issueRelationUpdate", None, update),
    Mutation::new("issueRelationDelete", None, |store, arguments| {
        delete_record(store, "IssueRelation", arguments, |_, _| {})
    }),
];

/// The types a relation may have.
const TYPES: [&str; 4] = ["blocks", "duplicate", "related", "similar"];

/// Creates a relation, or changes the relation that the two issues have already.
fn create(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let input = arguments.input;
    // The client's id is checked even where the relation of the pair keeps its own.
    let created = create_record(store, "IssueRelation", input, |_, _| Ok(()))?;
    let (issue_id, related_id) = read_pair(store, input)?;
    let known = find_of_pair(store, &issue_id, &related_id);
    let mut relation = match known.and_then(|id| store.get("IssueRelation", &id).cloned()) {
        Some(mut relation) => {
            let now = created.get("updatedAt").cloned().unwrap_or_default();
            set(&mut relation, [("updatedAt", now)]);
            relation
        }
        None => created,
    };
    if let InputValue::Value(moment) = arguments.root.instant("overrideCreatedAt")? {
        set(&mut relation, [("createdAt", time::iso(moment).into())]);
    }
    set(
        &mut relation,
        [
            ("issueId", json!(issue_id)),
            ("relatedIssueId", json!(related_id)),
        ],
    );
    set_type(&mut relation, input)?;
    Ok(store_relation(store, relation))
}

/// Returns the ids of the two issues that the input names by UUID or identifier.
///
/// # Errors
/// An issue that does not exist, or the same issue twice.
fn read_pair(store: &Store, input: Input<'_>) -> Result<(String, String), Refusal> {
    let issue = reference::issue(store, input, "issueId")?.value();
    let related = reference::issue(store, input, "relatedIssueId")?.value();
    match (issue, related) {
        (Some(issue), Some(related)) if issue == related => {
            Err(Refusal::invalid("an issue cannot be related to itself"))
        }
        (Some(issue), Some(related)) => Ok((issue, related)),
        (None, _) => Err(Refusal::bad_reference("Issue", "issueId")),
        (_, None) => Err(Refusal::bad_reference("Issue", "relatedIssueId")),
    }
}

/// Returns the id of the relation between two issues, in either direction.
fn find_of_pair(store: &Store, one: &str, other: &str) -> Option<String> {
    store
        .all("IssueRelation")
        .find(|relation| {
            let ends = (text(relation, "issueId"), text(relation, "relatedIssueId"));
            ends == (Some(one), Some(other)) || ends == (Some(other), Some(one))
        })
        .map(id_of)
}

fn set_type(relation: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let Some(kind) = input.text("type") else {
        return Ok(());
    };
    if !TYPES.contains(&kind) {
        let message = format!(
            "type must be one of the following values: {}",
            TYPES.join(", ")
        );
        return Err(Refusal::validation("type", "isEnum", message));
    }
    set(relation, [("type", kind.into())]);
    Ok(())
}

fn update(store: &mut Store, arguments: Arguments<'_>) -> Result<Record, Refusal> {
    let input = arguments.input;
    let mut relation = reference::root(store, "IssueRelation", arguments)?;
    let ends = Map::from_iter(["issueId", "relatedIssueId"].map(|field| {
        let given = input.get(field).value().or_else(|| relation.get(field));
        (field.to_owned(), given.cloned().unwrap_or_default())
    }));
    let (issue_id, related_id) = read_pair(store, Input(&ends))?;
    let known = find_of_pair(store, &issue_id, &related_id);
    if known.is_some_and(|id| Some(id.as_str()) != text(&relation, "id")) {
        return Err(Refusal::invalid("these issues are related already"));
    }
    set(
        &mut relation,
        [
            ("issueId", json!(issue_id)),
            ("relatedIssueId", json!(related_id)),
        ],
    );
    set_type(&mut relation, input)?;
    touch(store, &mut relation);
    Ok(store_relation(store, relation))
}

/// Stores a relation and returns the payload. A relation of type `duplicate` puts its issue into the Duplicate state of
/// the issue's team.
fn store_relation(store: &mut Store, relation: Record) -> Record {
    if text(&relation, "type") == Some("duplicate") {
        let issue = text(&relation, "issueId").unwrap_or_default();
        issue::mark_duplicate(store, issue);
    }
    save(store, "IssueRelation", relation)
}

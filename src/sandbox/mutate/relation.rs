//! Relations between issues: at most one per pair (`linear/api.md` §6, "Relations").

use serde_json::{Map, json};

use crate::sandbox::input::{Given, Input};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store, text};
use crate::sandbox::time;

use super::record::{fresh, id_of, input_of, new_id, payload, set, touch};
use super::{issue, reference};

/// The types a relation may have.
const TYPES: [&str; 4] = ["blocks", "duplicate", "related", "similar"];

/// Runs the mutation when it is one of this module's.
pub(super) fn run(
    store: &mut Store,
    field: &str,
    args: Input<'_>,
) -> Option<Result<Record, Refusal>> {
    Some(match field {
        "issueRelationCreate" => create(store, args),
        "issueRelationUpdate" => update(store, args),
        "issueRelationDelete" => delete(store, args),
        _ => return None,
    })
}

fn create(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    let id = new_id(store, "IssueRelation", input)?;
    let (one, other) = pair(store, input)?;
    let known =
        of_pair(store, &one, &other).and_then(|id| store.get("IssueRelation", &id).cloned());
    let mut relation = match known {
        Some(mut relation) => {
            touch(store, &mut relation);
            relation
        }
        None => fresh(store, id),
    };
    if let Given::Value(moment) = args.instant("overrideCreatedAt")? {
        set(&mut relation, [("createdAt", time::iso(moment).into())]);
    }
    set(
        &mut relation,
        [("issueId", json!(one)), ("relatedIssueId", json!(other))],
    );
    retype(&mut relation, input)?;
    Ok(finish(store, relation))
}

/// The two issues of the input, by UUID or identifier.
fn pair(store: &Store, input: Input<'_>) -> Result<(String, String), Refusal> {
    let one = reference::issue(store, input, "issueId")?.value();
    let other = reference::issue(store, input, "relatedIssueId")?.value();
    match (one, other) {
        (Some(one), Some(other)) if one == other => {
            Err(Refusal::invalid("an issue cannot be related to itself"))
        }
        (Some(one), Some(other)) => Ok((one, other)),
        (None, _) => Err(Refusal::bad_reference("Issue", "issueId")),
        (_, None) => Err(Refusal::bad_reference("Issue", "relatedIssueId")),
    }
}

/// The relation between two issues, in either direction.
fn of_pair(store: &Store, one: &str, other: &str) -> Option<String> {
    store
        .all("IssueRelation")
        .find(|relation| {
            let ends = (text(relation, "issueId"), text(relation, "relatedIssueId"));
            ends == (Some(one), Some(other)) || ends == (Some(other), Some(one))
        })
        .map(id_of)
}

fn retype(relation: &mut Record, input: Input<'_>) -> Result<(), Refusal> {
    let Some(kind) = input.text("type") else {
        return Ok(());
    };
    if !TYPES.contains(&kind) {
        let text = format!(
            "type must be one of the following values: {}",
            TYPES.join(", ")
        );
        return Err(Refusal::validation("type", "isEnum", text));
    }
    set(relation, [("type", kind.into())]);
    Ok(())
}

fn update(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    let mut relation = reference::root(store, "IssueRelation", args)?;
    let ends = Map::from_iter(["issueId", "relatedIssueId"].map(|field| {
        let given = input.get(field).value().or_else(|| relation.get(field));
        (field.to_owned(), given.cloned().unwrap_or_default())
    }));
    let (one, other) = pair(store, Input(&ends))?;
    let taken = of_pair(store, &one, &other);
    if taken.is_some_and(|id| Some(id.as_str()) != text(&relation, "id")) {
        return Err(Refusal::invalid("these issues are related already"));
    }
    set(
        &mut relation,
        [("issueId", json!(one)), ("relatedIssueId", json!(other))],
    );
    retype(&mut relation, input)?;
    touch(store, &mut relation);
    Ok(finish(store, relation))
}

fn delete(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let id = id_of(&reference::root(store, "IssueRelation", args)?);
    store.remove("IssueRelation", &id);
    Ok(payload(store, "entityId", id))
}

/// Stores a relation; one of type `duplicate` puts the issue into its team's Duplicate state.
fn finish(store: &mut Store, relation: Record) -> Record {
    if text(&relation, "type") == Some("duplicate") {
        let issue = text(&relation, "issueId").unwrap_or_default();
        issue::mark_duplicate(store, issue);
    }
    let id = id_of(&relation);
    store.put("IssueRelation", relation);
    payload(store, "issueRelationId", id)
}

//! Relations between issues: at most one per pair (`linear/api.md` §6, "Relations").

use serde_json::{Map, Value, json};

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
        delete_record(store, "IssueRelation", arguments, |store, id| {
            let relation = store.get("IssueRelation", id).cloned();
            record_changes(store, relation.as_ref(), None);
        })
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
    let before = known.and_then(|id| store.get("IssueRelation", &id).cloned());
    let mut relation = match before.clone() {
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
    record_changes(store, before.as_ref(), Some(&relation));
    Ok(save(store, "IssueRelation", relation))
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
    let before = reference::root(store, "IssueRelation", arguments)?;
    let mut relation = before.clone();
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
    record_changes(store, Some(&before), Some(&relation));
    Ok(save(store, "IssueRelation", relation))
}

/// Tells both issues of a relation in their history what has become of it, and puts an issue that is a duplicate now
/// into the Duplicate state of its team. A relation that becomes another one is removed and added.
fn record_changes(store: &mut Store, before: Option<&Record>, after: Option<&Record>) {
    let key = |relation: Option<&Record>| {
        ["type", "issueId", "relatedIssueId"]
            .map(|field| relation.and_then(|relation| text(relation, field).map(str::to_owned)))
    };
    let is_same = key(before) == key(after);
    let duplicate = after
        .filter(|relation| text(relation, "type") == Some("duplicate"))
        .and_then(|relation| text(relation, "issueId"));
    let mut issues: Vec<&str> = Vec::new();
    for relation in [after, before].into_iter().flatten() {
        for end in ["issueId", "relatedIssueId"] {
            let id = text(relation, end).unwrap_or_default();
            if !issues.contains(&id) {
                issues.push(id);
            }
        }
    }
    for issue in issues {
        let mut differences = Record::new();
        if !is_same {
            let removed = before.and_then(|relation| change_seen_from(store, issue, relation, 'r'));
            let added = after.and_then(|relation| change_seen_from(store, issue, relation, 'a'));
            let changes: Vec<Value> = [removed, added].into_iter().flatten().collect();
            set(&mut differences, [("relationChanges", changes.into())]);
        }
        if duplicate == Some(issue) {
            issue::mark_duplicate(store, issue, differences);
        } else {
            issue::record_change(store, issue, differences);
        }
    }
}

/// Returns the `IssueRelationHistoryPayload` of a relation that is added (`a`) or removed (`r`), as the history of one of
/// its issues has it; `None` for an issue that is not one of them. The codes are those that have been seen
/// (`linear/api.md` §6, "History"); that a duplicate has the same code on both sides is a guess.
fn change_seen_from(store: &Store, issue: &str, relation: &Record, action: char) -> Option<Value> {
    let ends = [
        text(relation, "issueId")?,
        text(relation, "relatedIssueId")?,
    ];
    let other = match ends {
        [from, to] if from == issue => to,
        [from, to] if to == issue => from,
        _ => return None,
    };
    let is_source = ends.first() == Some(&issue);
    let kind = match text(relation, "type")? {
        "blocks" if is_source => 'x',
        "blocks" => 'b',
        "duplicate" => 'd',
        "similar" => 's',
        _ => 'r',
    };
    let identifier = store
        .get("Issue", other)
        .map(|issue| text(issue, "identifier"));
    Some(json!({ "identifier": identifier.flatten(), "type": format!("{action}{kind}") }))
}

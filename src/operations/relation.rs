//! Relations between issues: how they are shown, and what the operations on them share. Linear keeps one relation for a
//! pair of issues, with a direction (`linear/api.md` §6, "Relations"); requests and answers describe it as seen from
//! one of the two issues.

pub mod create;
pub mod delete;

use serde_json::{Map, Value, json};
use tokio::sync::OwnedMutexGuard;

use super::reads::{ReadError, ReadRequest};
use super::view::View;
use crate::error::{Code, Error};
use crate::linear::documents::{IssueHead, IssueRelations, issue_head, issue_relations};
use crate::linear::model::{IssueEnd, Related, Relation};
use crate::params::{Detail, RelationKind};
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// A relation as seen from one of its issues.
#[derive(Clone, Copy, Debug)]
pub(super) struct RelationEdge<'r> {
    /// The UUID of the relation.
    pub id: &'r str,
    /// What the issue is to the other issue; `None` for a kind that only Linear itself creates (`similar`).
    pub kind: Option<RelationKind>,
    /// The issue at the other end.
    pub other: &'r IssueEnd,
}

/// Returns the relations of an issue, as seen from that issue: those that lead from it (`outgoing`) and those that lead
/// to it (`incoming`).
pub(super) fn edges<'r>(
    outgoing: &'r [Relation],
    incoming: &'r [Relation],
) -> impl Iterator<Item = RelationEdge<'r>> + use<'r> {
    let outgoing = outgoing.iter().map(|relation| RelationEdge {
        id: &relation.id,
        kind: relation_kind(&relation.kind, true),
        other: &relation.related_issue,
    });
    let incoming = incoming.iter().map(|relation| RelationEdge {
        id: &relation.id,
        kind: relation_kind(&relation.kind, false),
        other: &relation.issue,
    });
    outgoing.chain(incoming)
}

/// Returns the relations of the issue to the issue with the UUID `other_id`.
fn edges_between<'r>(issue: &'r Related, other_id: &str) -> impl Iterator<Item = RelationEdge<'r>> {
    edges(&issue.relations.nodes, &issue.inverse_relations.nodes)
        .filter(move |edge| edge.other.id == other_id)
}

/// Returns the kind of a relation of the type `linear_type`, as seen from the issue that the relation leads from
/// (`is_outgoing`) or from the other issue; `None` for a type that callers cannot create.
fn relation_kind(linear_type: &str, is_outgoing: bool) -> Option<RelationKind> {
    Some(match (linear_type, is_outgoing) {
        ("blocks", true) => RelationKind::Blocks,
        ("blocks", false) => RelationKind::BlockedBy,
        ("duplicate", true) => RelationKind::Duplicate,
        ("duplicate", false) => RelationKind::DuplicatedBy,
        ("related", _) => RelationKind::Related,
        _ => return None,
    })
}

/// Returns Linear's type for a relation that has this kind as seen from one of its issues, and whether the relation
/// leads from that issue to the other one. This is the inverse of [`relation_kind`].
fn linear_type(kind: RelationKind) -> (&'static str, bool) {
    match kind {
        RelationKind::Blocks => ("blocks", true),
        RelationKind::BlockedBy => ("blocks", false),
        RelationKind::Duplicate => ("duplicate", true),
        RelationKind::DuplicatedBy => ("duplicate", false),
        RelationKind::Related => ("related", true),
    }
}

/// Returns an object that has, for each kind of relation of an issue, the list of the issues at the other end.
pub(super) fn grouped<'r>(edges: impl Iterator<Item = RelationEdge<'r>>) -> Value {
    let edges: Vec<RelationEdge<'_>> = edges.collect();
    let mut groups = Map::new();
    for kind in RelationKind::ALL {
        let others: Vec<Value> = edges
            .iter()
            .filter(|edge| edge.kind == Some(kind))
            .map(|edge| issue_value(edge.other))
            .collect();
        if !others.is_empty() {
            groups.insert(kind.word().to_owned(), others.into());
        }
    }
    groups.into()
}

/// Returns an issue of a relation as answers show it.
fn issue_value(issue: &IssueEnd) -> Value {
    json!({
        "identifier": issue.identifier,
        "title": issue.title,
        "state": {"name": issue.state.name, "type": issue.state.kind},
    })
}

/// Returns the view of a relation between two issues. `outcome` is the name and the value of the field that says
/// whether the operation changed anything, such as `created`.
fn view(
    id: Option<&str>,
    kind: Option<RelationKind>,
    (issue, related_issue): (&IssueEnd, &IssueEnd),
    outcome: (&str, bool),
    level: Detail,
) -> View {
    View::new(level)
        .standard("id", id)
        .brief("type", kind.map(RelationKind::word))
        .brief("issue", issue_value(issue))
        .brief("related_issue", issue_value(related_issue))
        .outcome(outcome.0, outcome.1)
}

/// Returns the issue without its relations.
fn without_relations(issue: &Related) -> IssueEnd {
    IssueEnd {
        id: issue.id.clone(),
        identifier: issue.identifier.clone(),
        title: issue.title.clone(),
        state: issue.state.clone(),
    }
}

/// Parses the parameters `issue_id` and `related_issue_id`.
///
/// # Errors
/// INVALID_PARAM for a value that does not refer to an issue, or when both refer to the same issue.
fn parse_pair(issue: &str, other: &str) -> Result<(IssueRef, IssueRef), Error> {
    let issue = IssueRef::parse("issue_id", issue)?;
    let other = IssueRef::parse("related_issue_id", other)?;
    if issue == other {
        return Err(self_relation(&issue.id()));
    }
    Ok((issue, other))
}

/// Locks both issues for a write. All callers lock two issues in the same order, so that no two callers wait for each
/// other.
///
/// # Errors
/// The error of a cancelled request.
async fn lock_both(
    cx: &Context<'_>,
    issue: &str,
    other: &str,
) -> Result<[OwnedMutexGuard<()>; 2], Error> {
    let (first, second) = if issue < other {
        (issue, other)
    } else {
        (other, issue)
    };
    Ok([cx.lock_issue(first).await?, cx.lock_issue(second).await?])
}

/// Reads both issues in one request, the first with its relations.
///
/// # Errors
/// ISSUE_NOT_FOUND, with the name of the parameter; INVALID_PARAM when both parameters refer to the same issue; else
/// the [`crate::linear::failure::Failure`] of the request.
async fn read_pair(
    cx: &Context<'_>,
    issue: &IssueRef,
    other: &IssueRef,
) -> Result<(Related, IssueEnd), Error> {
    let not_found = |issue: &IssueRef, param| issue.not_found().detail("param", param);
    let mut request = ReadRequest::default();
    let issue = request.require::<IssueRelations>(
        issue_relations::Variables { id: issue.id() },
        not_found(issue, "issue_id"),
    );
    let other = request.require::<IssueHead>(
        issue_head::Variables { id: other.id() },
        not_found(other, "related_issue_id"),
    );
    let mut responses = request.send(cx).await.map_err(ReadError::into_error)?;
    let issue = responses.get(issue)?.issue;
    let other = responses.get(other)?.issue;
    if issue.id == other.id {
        return Err(self_relation(&other.identifier));
    }
    Ok((issue, other))
}

/// Returns the error for a relation of an issue to itself.
fn self_relation(name: &str) -> Error {
    let message = format!("Issue '{name}' cannot be related to itself");
    Error::new(Code::InvalidParam, message)
        .detail("param", "related_issue_id")
        .detail("given", name)
        .suggest("Give another issue in 'related_issue_id'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_becomes_a_type_and_back_and_is_inverted_from_the_other_end() {
        let inverted = [
            RelationKind::BlockedBy,
            RelationKind::Blocks,
            RelationKind::DuplicatedBy,
            RelationKind::Duplicate,
            RelationKind::Related,
        ];
        for (kind, inverse) in RelationKind::ALL.into_iter().zip(inverted) {
            let (linear_type, is_outgoing) = linear_type(kind);
            assert_eq!(relation_kind(linear_type, is_outgoing), Some(kind));
            assert_eq!(relation_kind(linear_type, !is_outgoing), Some(inverse));
        }
    }
}

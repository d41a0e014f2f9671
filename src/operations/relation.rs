//! Relations between issues. Linear keeps one per pair, with a direction (`linear/api.md` §6, "Relations"); here it is
//! told as seen from one of the two.

pub mod create;
pub mod delete;

use serde_json::{Map, Value, json};
use tokio::sync::OwnedMutexGuard;

use super::view::View;
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{IssueRelations, issue_relations};
use crate::linear::model::{IssueEnd, Related, Relation};
use crate::params::{Detail, RelationKind};
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// A relation as seen from one of its issues.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tie<'r> {
    /// The relation's UUID.
    pub id: &'r str,
    /// What it is; `None` for a kind that only Linear itself makes (`similar`).
    pub kind: Option<RelationKind>,
    /// The issue at the other end.
    pub other: &'r IssueEnd,
}

/// The relations from an issue and to it, as seen from it.
pub(super) fn ties<'r>(
    from: &'r [Relation],
    to: &'r [Relation],
) -> impl Iterator<Item = Tie<'r>> + use<'r> {
    let from = from.iter().map(|relation| Tie {
        id: &relation.id,
        kind: kind(&relation.kind, true),
        other: &relation.related_issue,
    });
    let to = to.iter().map(|relation| Tie {
        id: &relation.id,
        kind: kind(&relation.kind, false),
        other: &relation.issue,
    });
    from.chain(to)
}

fn kind(linear: &str, from: bool) -> Option<RelationKind> {
    Some(match (linear, from) {
        ("blocks", true) => RelationKind::Blocks,
        ("blocks", false) => RelationKind::BlockedBy,
        ("duplicate", true) => RelationKind::Duplicate,
        ("duplicate", false) => RelationKind::DuplicatedBy,
        ("related", _) => RelationKind::Related,
        _ => return None,
    })
}

/// Linear's type of relation, and whether it leads from the issue that it is told of.
fn linear(kind: RelationKind) -> (&'static str, bool) {
    match kind {
        RelationKind::Blocks => ("blocks", true),
        RelationKind::BlockedBy => ("blocks", false),
        RelationKind::Duplicate => ("duplicate", true),
        RelationKind::DuplicatedBy => ("duplicate", false),
        RelationKind::Related => ("related", true),
    }
}

/// An issue's relations by their kind, those that it has.
pub(super) fn grouped<'r>(ties: impl Iterator<Item = Tie<'r>>) -> Value {
    let ties: Vec<Tie<'_>> = ties.collect();
    let mut groups = Map::new();
    for kind in RelationKind::ALL {
        let others: Vec<Value> = ties
            .iter()
            .filter(|tie| tie.kind == Some(kind))
            .map(|tie| end(tie.other))
            .collect();
        if !others.is_empty() {
            groups.insert(kind.word().to_owned(), others.into());
        }
    }
    groups.into()
}

fn end(issue: &IssueEnd) -> Value {
    json!({
        "identifier": issue.identifier,
        "title": issue.title,
        "state": {"name": issue.state.name, "type": issue.state.kind},
    })
}

/// A relation as it is shown, with what was done about it.
fn view(
    id: Option<&str>,
    kind: Option<RelationKind>,
    ends: (&IssueEnd, &IssueEnd),
    done: (&str, bool),
    level: Detail,
) -> View {
    View::new(level)
        .standard("id", id)
        .brief("type", kind.map(RelationKind::word))
        .brief("issue", end(ends.0))
        .brief("related_issue", end(ends.1))
        .brief(done.0, done.1)
}

/// The issue without its relations.
fn head(issue: &Related) -> IssueEnd {
    IssueEnd {
        id: issue.id.clone(),
        identifier: issue.identifier.clone(),
        title: issue.title.clone(),
        state: issue.state.clone(),
    }
}

fn relations_of(id: String) -> Part {
    Part::of::<IssueRelations>(issue_relations::Variables { id })
}

/// Reads the two issues' references.
///
/// # Errors
/// INVALID_PARAM for one that is none, or for twice the same issue.
fn pair(issue: &str, other: &str) -> Result<(IssueRef, IssueRef), Error> {
    let issue = IssueRef::parse("issue_id", issue)?;
    let other = IssueRef::parse("related_issue_id", other)?;
    if issue == other {
        return Err(itself(&issue.id()));
    }
    Ok((issue, other))
}

/// The turns to write to both issues, taken in one order, so that nobody waits for somebody who waits for him.
async fn locks(
    cx: &Context<'_>,
    one: &str,
    other: &str,
) -> Result<[OwnedMutexGuard<()>; 2], Error> {
    let (first, second) = if one < other {
        (one, other)
    } else {
        (other, one)
    };
    Ok([cx.lock_issue(first).await?, cx.lock_issue(second).await?])
}

fn itself(name: &str) -> Error {
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
    fn a_kind_is_told_as_it_was_made_and_turned_round_from_the_other_end() {
        let turned = [
            RelationKind::BlockedBy,
            RelationKind::Blocks,
            RelationKind::DuplicatedBy,
            RelationKind::Duplicate,
            RelationKind::Related,
        ];
        for (made, other) in RelationKind::ALL.into_iter().zip(turned) {
            let (word, forth) = linear(made);
            assert_eq!(kind(word, forth), Some(made));
            assert_eq!(kind(word, !forth), Some(other));
        }
    }
}

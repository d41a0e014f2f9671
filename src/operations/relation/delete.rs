//! `delete_relation`: by its id or by the two issues.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::create::{between, read};
use super::{Tie, head, kind, locks, pair, view};
use crate::error::{Code, Error};
use crate::linear::client::Lookup;
use crate::linear::compose::Part;
use crate::linear::documents::{RelationDelete, RelationGet, relation_delete, relation_get};
use crate::linear::model::IssueEnd;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::view::entity;
use crate::operations::{reads, write};
use crate::params::{Detail, Identifier, RelationKind};
use crate::resolve::is_uuid;
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct DeleteRelation;

/// Take the relation between two issues away, if there is one (`deleted`). The issues stay as they are.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Option<Identifier>,
    /// Identifier, id or URL of the other issue.
    related_issue_id: Option<Identifier>,
    /// Only a relation of this kind, as seen from the issue.
    #[serde(rename = "type")]
    kind: Option<RelationKind>,
    /// Id of the relation, in place of the two issues.
    relation_id: Option<Identifier>,
}

impl Operation for DeleteRelation {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "delete_relation",
        title: "Delete relation",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &["remove_relation", "delete_issue_relation"],
        shared: &[Shared::Detail, Shared::Fields],
        touches: Touches::Additions,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let ends = (&params.issue_id, &params.related_issue_id);
        let (found, _turns) = match (&params.relation_id, ends) {
            (Some(id), _) => {
                let found = by_id(cx, id.as_str(), &Said::of(&params)?).await?;
                let (one, other) = (&found.ends.0.identifier, &found.ends.1.identifier);
                let locks = locks(cx, one, other).await?;
                (found, locks)
            }
            (None, (Some(issue), Some(other))) => {
                let (issue, other) = pair(issue.as_str(), other.as_str())?;
                let locks = locks(cx, &issue.id(), &other.id()).await?;
                (by_pair(cx, &issue, &other, params.kind).await?, locks)
            }
            _ => return Err(missing()),
        };
        match &found.id {
            Some(id) => delete(cx, id, &found).await?,
            None => cx.warn("nothing changed: the issues are not related so"),
        }
        let done = ("deleted", found.id.is_some());
        Ok(entity(cx, Detail::Standard, &[], |level| {
            let ends = (&found.ends.0, &found.ends.1);
            view(found.id.as_deref(), found.kind, ends, done, level)
        }))
    }
}

/// The relation, and the two issues in any case.
struct Found {
    id: Option<String>,
    kind: Option<RelationKind>,
    ends: (IssueEnd, IssueEnd),
}

async fn by_pair(
    cx: &Context<'_>,
    issue: &IssueRef,
    other: &IssueRef,
    kind: Option<RelationKind>,
) -> Result<Found, Error> {
    let (issue, other) = read(cx, issue, other).await?;
    let ties: Vec<Tie<'_>> = between(&issue, &other.id)
        .filter(|tie| kind.is_none_or(|kind| tie.kind == Some(kind)))
        .collect();
    let (id, kind) = match ties.as_slice() {
        [] => (None, kind),
        [tie] => (Some(tie.id.to_owned()), tie.kind),
        several => return Err(ambiguous(several)),
    };
    Ok(Found {
        id,
        kind,
        ends: (head(&issue), other),
    })
}

fn missing() -> Error {
    let message = "delete_relation needs 'issue_id' and 'related_issue_id', or 'relation_id'";
    Error::new(Code::MissingRequiredParam, message)
        .detail("missing", vec!["issue_id", "related_issue_id"])
        .suggest("Give both issues in 'issue_id' and 'related_issue_id', or 'relation_id'")
}

fn ambiguous(ties: &[Tie<'_>]) -> Error {
    let candidates: Vec<Value> = ties
        .iter()
        .map(|tie| json!({"relation_id": tie.id, "type": tie.kind.map(RelationKind::word)}))
        .collect();
    let message = format!("The issues have {} relations", ties.len());
    Error::new(Code::AmbiguousIdentifier, message)
        .detail("candidates", candidates)
        .suggest("Give one of them in 'relation_id', or its 'type'")
}

/// What is said of a relation beside its id.
struct Said {
    issue: Option<IssueRef>,
    other: Option<IssueRef>,
    kind: Option<RelationKind>,
}

impl Said {
    fn of(params: &Params) -> Result<Self, Error> {
        let read = |param: &str, given: &Option<Identifier>| {
            let given = given.as_ref();
            given
                .map(|given| IssueRef::parse(param, given.as_str()))
                .transpose()
        };
        Ok(Self {
            issue: read("issue_id", &params.issue_id)?,
            other: read("related_issue_id", &params.related_issue_id)?,
            kind: params.kind,
        })
    }

    fn fits(&self, found: &Found) -> bool {
        let is = |end: &IssueEnd, said: &Option<IssueRef>| {
            let said = said.as_ref().map(IssueRef::id);
            said.is_none_or(|said| said == end.id || said == end.identifier)
        };
        is(&found.ends.0, &self.issue)
            && is(&found.ends.1, &self.other)
            && self.kind.is_none_or(|kind| found.kind == Some(kind))
    }
}

/// The relation with that id, as seen from the issue of which the rest is said.
async fn by_id(cx: &Context<'_>, id: &str, said: &Said) -> Result<Found, Error> {
    let unknown = |message: String| {
        Error::new(Code::InvalidParam, message)
            .detail("param", "relation_id")
            .detail("given", id)
            .detail(
                "expected",
                "the UUID of a relation, as create_relation answers it",
            )
            .suggest("Give the two issues in 'issue_id' and 'related_issue_id' instead")
    };
    if !is_uuid(id) {
        return Err(unknown(format!("'{id}' is no relation id")));
    }
    let variables = relation_get::Variables {
        id: id.to_ascii_lowercase(),
    };
    let not_found = unknown(format!("No relation has the id '{id}'"));
    let answer = reads::one::<RelationGet>(cx, variables, not_found).await?;
    let relation = answer.issue_relation;
    let (one, other) = (relation.issue, relation.related_issue);
    let seen = |forth: bool, ends| Found {
        id: Some(relation.id.clone()),
        kind: kind(&relation.kind, forth),
        ends,
    };
    let from_one = seen(true, (one.clone(), other.clone()));
    if said.fits(&from_one) {
        return Ok(from_one);
    }
    let from_other = seen(false, (other, one));
    if said.fits(&from_other) {
        return Ok(from_other);
    }
    let (one, other) = &from_one.ends;
    let word = from_one.kind.map_or("similar", RelationKind::word);
    let message = format!(
        "Relation '{id}' is '{} {word} {}', and not what is said of it beside 'relation_id'",
        one.identifier, other.identifier
    );
    Err(Error::new(Code::InvalidParam, message)
        .detail("param", "relation_id")
        .detail("given", id)
        .suggest("Give 'relation_id' alone, or the two issues without it"))
}

/// Deletes it. When the answer is lost, the issue's relations are looked at: gone is done.
async fn delete(cx: &Context<'_>, id: &str, found: &Found) -> Result<(), Error> {
    let part = Part::of::<RelationDelete>(relation_delete::Variables { id: id.to_owned() });
    let (issue, other) = &found.ends;
    let query = Part::of::<RelationGet>(relation_get::Variables { id: id.to_owned() });
    let lookup = Lookup::removed(query);
    let outcome = write::one::<RelationDelete>(cx, part, lookup).await;
    outcome.map_err(|failure| {
        let (name, other) = (&issue.identifier, &other.identifier);
        failure.into_write_error(
            Code::IssueUpdateFailed,
            &format!("delete the relation of issue '{name}' to '{other}'"),
            &format!(
                "Call get_issue {name} with include_relations: true to see whether it is gone"
            ),
        )
    })?;
    cx.step(format!(
        "delete_relation: {} {}",
        issue.identifier, other.identifier
    ));
    Ok(())
}

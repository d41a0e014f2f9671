//! The operation `delete_relation`. A request refers to the relation by its id or by the two issues.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    RelationEdge, edges_between, lock_both, parse_pair, read_pair, relation_kind, view,
    without_relations,
};
use crate::error::{Code, Error};
use crate::linear::client::Lookup;
use crate::linear::compose::Part;
use crate::linear::documents::{RelationDelete, RelationGet, relation_delete, relation_get};
use crate::linear::model::IssueEnd;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::view::entity;
use crate::operations::{reads, write};
use crate::params::{Detail, Identifier, RelationKind};
use crate::resolve::is_uuid;
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The operation `delete_relation`.
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
    #[schemars(extend("unlisted" = true))]
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
        shared: &[CommonParam::Detail, CommonParam::Fields],
        touches: Touches::Additions,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let (relation, _locks) = match (
            &params.relation_id,
            &params.issue_id,
            &params.related_issue_id,
        ) {
            (Some(id), ..) => {
                let relation = find_by_id(cx, id.as_str(), &Expectation::read(&params)?).await?;
                let (issue, other) = (&relation.ends.0.identifier, &relation.ends.1.identifier);
                let locks = lock_both(cx, issue, other).await?;
                (relation, locks)
            }
            (None, Some(issue), Some(other)) => {
                let (issue, other) = parse_pair(issue.as_str(), other.as_str())?;
                let locks = lock_both(cx, &issue.id(), &other.id()).await?;
                (find_by_pair(cx, &issue, &other, params.kind).await?, locks)
            }
            _ => {
                let message =
                    "delete_relation needs 'issue_id' and 'related_issue_id', or 'relation_id'";
                return Err(Error::new(Code::MissingRequiredParam, message)
                    .detail("missing", vec!["issue_id", "related_issue_id"])
                    .suggest(
                        "Give both issues in 'issue_id' and 'related_issue_id', or 'relation_id'",
                    ));
            }
        };
        match &relation.id {
            Some(id) => delete(cx, id, &relation.ends).await?,
            None => cx.warn("nothing changed: the issues are not related so"),
        }
        let outcome = ("deleted", relation.id.is_some());
        Ok(entity(cx, Detail::Standard, &[], |level| {
            let ends = (&relation.ends.0, &relation.ends.1);
            view(relation.id.as_deref(), relation.kind, ends, outcome, level)
        }))
    }
}

/// The relation that a request refers to, as seen from its first issue.
struct MatchedRelation {
    /// `None` where the two issues have no such relation.
    id: Option<String>,
    kind: Option<RelationKind>,
    ends: (IssueEnd, IssueEnd),
}

/// Returns the relation between two issues, of that kind where one is given.
///
/// # Errors
/// Those of [`read_pair`]; AMBIGUOUS_IDENTIFIER where the issues have several such relations.
async fn find_by_pair(
    cx: &Context<'_>,
    issue: &IssueRef,
    other: &IssueRef,
    kind: Option<RelationKind>,
) -> Result<MatchedRelation, Error> {
    let (issue, other) = read_pair(cx, issue, other).await?;
    let edges: Vec<RelationEdge<'_>> = edges_between(&issue, &other.id)
        .filter(|edge| kind.is_none_or(|kind| edge.kind == Some(kind)))
        .collect();
    let (id, kind) = match edges.as_slice() {
        [] => (None, kind),
        [edge] => (Some(edge.id.to_owned()), edge.kind),
        several => {
            let candidates: Vec<Value> = several
                .iter()
                .map(|edge| {
                    json!({"relation_id": edge.id, "type": edge.kind.map(RelationKind::word)})
                })
                .collect();
            let message = format!("The issues have {} relations", several.len());
            return Err(Error::new(Code::AmbiguousIdentifier, message)
                .detail("candidates", candidates)
                .suggest("Give one of them in 'relation_id', or its 'type'"));
        }
    };
    Ok(MatchedRelation {
        id,
        kind,
        ends: (without_relations(&issue), other),
    })
}

/// What a request with the id of a relation says of the relation in addition. The relation with that id has to agree
/// with it.
struct Expectation {
    issue: Option<IssueRef>,
    other: Option<IssueRef>,
    kind: Option<RelationKind>,
}

impl Expectation {
    /// Reads the parameters that describe the relation.
    ///
    /// # Errors
    /// INVALID_PARAM for a value that does not refer to an issue.
    fn read(params: &Params) -> Result<Self, Error> {
        let parse = |param: &str, given: &Option<Identifier>| {
            given
                .as_ref()
                .map(|given| IssueRef::parse(param, given.as_str()))
                .transpose()
        };
        Ok(Self {
            issue: parse("issue_id", &params.issue_id)?,
            other: parse("related_issue_id", &params.related_issue_id)?,
            kind: params.kind,
        })
    }

    /// Returns whether the relation agrees with everything that the request says of it.
    fn is_met_by(&self, relation: &MatchedRelation) -> bool {
        let is_same = |end: &IssueEnd, expected: &Option<IssueRef>| {
            let expected = expected.as_ref().map(IssueRef::id);
            expected.is_none_or(|expected| expected == end.id || expected == end.identifier)
        };
        is_same(&relation.ends.0, &self.issue)
            && is_same(&relation.ends.1, &self.other)
            && self.kind.is_none_or(|kind| relation.kind == Some(kind))
    }
}

/// Returns the relation with that id, as seen from that one of its two issues that makes it agree with the rest of the
/// request.
///
/// # Errors
/// INVALID_PARAM where `id` is not the id of a relation, or where the relation does not agree with the rest of the
/// request; else the [`crate::linear::failure::Failure`] of the request to Linear.
async fn find_by_id(
    cx: &Context<'_>,
    id: &str,
    expectation: &Expectation,
) -> Result<MatchedRelation, Error> {
    let not_an_id = |message: String| {
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
        return Err(not_an_id(format!("'{id}' is no relation id")));
    }
    let variables = relation_get::Variables {
        id: id.to_ascii_lowercase(),
    };
    let not_found = not_an_id(format!("No relation has the id '{id}'"));
    let answer = reads::one::<RelationGet>(cx, variables, not_found).await?;
    let relation = answer.issue_relation;
    let (issue, related_issue) = (relation.issue, relation.related_issue);
    let seen_from = |is_outgoing: bool, ends| MatchedRelation {
        id: Some(relation.id.clone()),
        kind: relation_kind(&relation.kind, is_outgoing),
        ends,
    };
    let outgoing = seen_from(true, (issue.clone(), related_issue.clone()));
    if expectation.is_met_by(&outgoing) {
        return Ok(outgoing);
    }
    let incoming = seen_from(false, (related_issue, issue));
    if expectation.is_met_by(&incoming) {
        return Ok(incoming);
    }
    let (issue, related_issue) = &outgoing.ends;
    let word = outgoing.kind.map_or("similar", RelationKind::word);
    let message = format!(
        "Relation '{id}' is '{} {word} {}', and not what is said of it beside 'relation_id'",
        issue.identifier, related_issue.identifier
    );
    Err(Error::new(Code::InvalidParam, message)
        .detail("param", "relation_id")
        .detail("given", id)
        .suggest("Give 'relation_id' alone, or the two issues without it"))
}

/// Deletes the relation.
///
/// # Errors
/// The [`crate::linear::failure::Failure`] of the write, with the code ISSUE_UPDATE_FAILED for a refusal.
async fn delete(
    cx: &Context<'_>,
    id: &str,
    (issue, other): &(IssueEnd, IssueEnd),
) -> Result<(), Error> {
    let (name, other_name) = (&issue.identifier, &other.identifier);
    let (part, lookup) = deletion(id);
    let written = write::one::<RelationDelete>(cx, part, lookup).await;
    written.map_err(|failure| {
        failure.into_write_error(
            Code::IssueUpdateFailed,
            &format!("delete the relation of issue '{name}' to '{other_name}'"),
            &format!(
                "Call get_issue {name} with include_relations: true to see whether it is gone"
            ),
        )
    })?;
    cx.step(format!("delete_relation: {name} {other_name}"));
    Ok(())
}

/// Returns the mutation that deletes the relation with that UUID, and the look-up that shows whether the mutation was
/// executed: where the relation no longer exists, it was deleted.
pub(in crate::operations) fn deletion(id: &str) -> (Part, Lookup) {
    let part = Part::of::<RelationDelete>(relation_delete::Variables { id: id.to_owned() });
    let query = Part::of::<RelationGet>(relation_get::Variables { id: id.to_owned() });
    (part, Lookup::removed(query))
}

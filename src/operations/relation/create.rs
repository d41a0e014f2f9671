//! The operation `create_relation`. It reads both issues and their relation in one request, and then sends one write.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{
    RelationEdge, edges_between, linear_type, lock_both, parse_pair, read_pair, view,
    without_relations,
};
use crate::error::{Code, Error};
use crate::linear::client::Lookup;
use crate::linear::compose::Part;
use crate::linear::documents::{IssueRelations, RelationCreate, issue_relations, relation_create};
use crate::linear::model::{IssueEnd, Related, Relation};
use crate::linear::scalars::IssueRelationCreateInput;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::view::entity;
use crate::operations::write::{self, Written};
use crate::params::{Detail, Identifier, RelationKind};
use crate::session::Context;

/// The operation `create_relation`.
#[derive(Debug)]
pub struct CreateRelation;

/// Relate an issue to another one, unless it is (`created`). Two issues have one relation: another kind takes the
/// place of the one there is. Linear moves a duplicate to its team's Duplicate state.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// Identifier, id or URL of the other issue.
    related_issue_id: Identifier,
    /// What the issue is to the other one.
    #[serde(rename = "type")]
    kind: RelationKind,
}

impl Operation for CreateRelation {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "create_relation",
        title: "Create relation",
        effect: Effect::Ensure,
        subject: Some("issue_id"),
        aliases: &["relate_issues", "create_issue_relation", "add_relation"],
        shared: &[CommonParam::Detail, CommonParam::Fields],
        touches: Touches::Additions,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let kind = params.kind;
        let (issue, other) =
            parse_pair(params.issue_id.as_str(), params.related_issue_id.as_str())?;
        let _locks = lock_both(cx, &issue.id(), &other.id()).await?;
        let (issue, other) = read_pair(cx, &issue, &other).await?;
        let edges: Vec<RelationEdge<'_>> = edges_between(&issue, &other.id).collect();
        let existing = edges.iter().find(|edge| edge.kind == Some(kind));
        let (id, ends, is_created) = match existing {
            Some(edge) => {
                let ends = (without_relations(&issue), other.clone());
                (edge.id.to_owned(), ends, false)
            }
            None => {
                let Written::Entity(relation) = create(cx, &issue, &other, kind).await? else {
                    let name = &issue.identifier;
                    let see = format!("call get_issue {name} with include_relations: true");
                    return Ok(write::unread(cx, &[("issue", name)], &see));
                };
                // Linear moves a duplicate to another state, so the answer shows the issues as the write returned them.
                let ends = if linear_type(kind).1 {
                    (relation.issue, relation.related_issue)
                } else {
                    (relation.related_issue, relation.issue)
                };
                (relation.id, ends, true)
            }
        };
        if is_created {
            let (name, other_name, word) = (&issue.identifier, &other.identifier, kind.word());
            cx.step(format!("create_relation: {name} {word} {other_name}"));
            if let Some(old) = edges.iter().find_map(|edge| edge.kind) {
                let old = old.word();
                let change = format!("relation to {other_name}: {old} → {word}");
                cx.note(|report| report.changes = vec![change]);
                cx.warn(format!(
                    "'{word}' took the place of '{old}': two issues have one relation"
                ));
            }
        }
        Ok(entity(cx, Detail::Standard, &[], |level| {
            let ends = (&ends.0, &ends.1);
            view(Some(&id), Some(kind), ends, ("created", is_created), level)
        }))
    }
}

/// Creates the relation.
///
/// # Errors
/// The [`crate::linear::failure::Failure`] of the write, with the code ISSUE_UPDATE_FAILED for a refusal.
async fn create(
    cx: &Context<'_>,
    issue: &Related,
    other: &IssueEnd,
    kind: RelationKind,
) -> Result<Written<Relation>, Error> {
    let (part, lookup) = creation(cx, &issue.id, &other.id, kind);
    let written = write::one::<RelationCreate>(cx, part, lookup).await;
    written.map_err(|failure| {
        let name = &issue.identifier;
        failure.into_write_error(
            Code::IssueUpdateFailed,
            &format!("relate issue '{name}' to '{}'", other.identifier),
            &format!("Call get_issue {name} with include_relations: true to see whether it is"),
        )
    })
}

/// Returns the mutation that relates the issue to the other one, each given by its UUID or identifier, and the look-up
/// that shows whether the mutation was executed. The look-up reads all relations of the issue, because Linear has no
/// filter for relations (`linear/api.md` §1.1).
pub(in crate::operations) fn creation(
    cx: &Context<'_>,
    issue: &str,
    other: &str,
    kind: RelationKind,
) -> (Part, Lookup) {
    let (linear_type, is_outgoing) = linear_type(kind);
    let (from, to) = if is_outgoing {
        (issue.to_owned(), other.to_owned())
    } else {
        (other.to_owned(), issue.to_owned())
    };
    let id = cx.session.clock.new_id();
    let input = IssueRelationCreateInput {
        id: id.clone(),
        issue_id: from.clone(),
        related_issue_id: to.clone(),
        kind: linear_type,
    };
    let part = Part::of::<RelationCreate>(relation_create::Variables { input });
    let query = Part::of::<IssueRelations>(issue_relations::Variables {
        id: issue.to_owned(),
    });
    let lookup = Lookup::created(&id, query).finding(move |issue| {
        let is_end = |relation: &Value, end: &str, name: &str| {
            let names = ["id", "identifier"]
                .into_iter()
                .filter_map(|key| relation.get(end)?.get(key)?.as_str());
            names
                .into_iter()
                .any(|other| other.eq_ignore_ascii_case(name))
        };
        let is_created = |relation: &&Value| {
            relation.get("type").and_then(Value::as_str) == Some(linear_type)
                && is_end(relation, "issue", &from)
                && is_end(relation, "relatedIssue", &to)
        };
        let lists = ["/relations/nodes", "/inverseRelations/nodes"];
        let lists = lists
            .iter()
            .filter_map(|list| issue.pointer(list)?.as_array());
        lists.flatten().find(is_created).cloned()
    });
    (part, lookup)
}

//! `create_relation`: both issues and what they are to each other are read in one request, then one write.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Tie, head, itself, linear, locks, pair, relations_of, ties, view};
use crate::error::{Code, Error};
use crate::linear::client::Lookup;
use crate::linear::compose::Part;
use crate::linear::documents::{
    IssueHead, IssueRelations, RelationCreate, issue_head, issue_relations, relation_create,
};
use crate::linear::model::{IssueEnd, Related, Relation};
use crate::linear::scalars::IssueRelationCreateInput;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::reads::{ReadError, ReadRequest};
use crate::operations::view::entity;
use crate::operations::write;
use crate::operations::write::Written;
use crate::params::{Detail, Identifier, RelationKind};
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The operation.
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
        shared: &[Shared::Detail, Shared::Fields],
        touches: Touches::Additions,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let kind = params.kind;
        let (issue, other) = pair(params.issue_id.as_str(), params.related_issue_id.as_str())?;
        let _turns = locks(cx, &issue.id(), &other.id()).await?;
        let (issue, other) = read(cx, &issue, &other).await?;
        let known: Vec<Tie<'_>> = between(&issue, &other.id).collect();
        let same = known.iter().find(|tie| tie.kind == Some(kind));
        let (id, ends, created) = match same {
            Some(tie) => (tie.id.to_owned(), (head(&issue), other.clone()), false),
            None => {
                // Linear moves a duplicate, so the issues are shown as they are now.
                let Written::Entity(made) = create(cx, &issue, &other, kind).await? else {
                    let name = &issue.identifier;
                    let see = format!("call get_issue {name} with include_relations: true");
                    return Ok(write::unread(cx, &[("issue", name)], &see));
                };
                let ends = if linear(kind).1 {
                    (made.issue, made.related_issue)
                } else {
                    (made.related_issue, made.issue)
                };
                (made.id, ends, true)
            }
        };
        if created {
            report(cx, &issue, &other, kind, &known);
        }
        Ok(entity(cx, Detail::Standard, &[], |level| {
            let ends = (&ends.0, &ends.1);
            view(Some(&id), Some(kind), ends, ("created", created), level)
        }))
    }
}

/// Both issues, the first with its relations.
pub(super) async fn read(
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
    let issue = responses.get(issue)?;
    let other = responses.get(other)?;
    if issue.issue.id == other.issue.id {
        return Err(itself(&other.issue.identifier));
    }
    Ok((issue.issue, other.issue))
}

/// What the issue is to the one with that UUID.
pub(super) fn between<'r>(issue: &'r Related, other: &str) -> impl Iterator<Item = Tie<'r>> {
    ties(&issue.relations.nodes, &issue.inverse_relations.nodes)
        .filter(move |tie| tie.other.id == other)
}

/// Makes the relation, and answers it. A lost answer is settled by looking at the issue's relations: those have no
/// filter (`linear/api.md` §1.1).
async fn create(
    cx: &Context<'_>,
    issue: &Related,
    other: &IssueEnd,
    kind: RelationKind,
) -> Result<Written<Relation>, Error> {
    let (linear_kind, forth) = linear(kind);
    let (from, to) = if forth {
        (&issue.id, &other.id)
    } else {
        (&other.id, &issue.id)
    };
    let id = cx.session.clock.new_id();
    let input = IssueRelationCreateInput {
        id: id.clone(),
        issue_id: from.clone(),
        related_issue_id: to.clone(),
        kind: linear_kind,
    };
    let part = Part::of::<RelationCreate>(relation_create::Variables { input });
    let (from, to) = (from.clone(), to.clone());
    let query = relations_of(issue.id.clone());
    let lookup = Lookup::created(&id, query).finding(move |issue| {
        let ends = |relation: &&Value| {
            let end = |name: &str| relation.get(name).and_then(|of| of.get("id")?.as_str());
            relation.get("type").and_then(Value::as_str) == Some(linear_kind)
                && end("issue") == Some(&from)
                && end("relatedIssue") == Some(&to)
        };
        let lists = ["/relations/nodes", "/inverseRelations/nodes"];
        let lists = lists
            .iter()
            .filter_map(|list| issue.pointer(list)?.as_array());
        lists.flatten().find(ends).cloned()
    });
    let made = write::one::<RelationCreate>(cx, part, lookup).await;
    made.map_err(|failure| {
        let name = &issue.identifier;
        failure.into_write_error(
            Code::IssueUpdateFailed,
            &format!("relate issue '{name}' to '{}'", other.identifier),
            &format!("Call get_issue {name} with include_relations: true to see whether it is"),
        )
    })
}

fn report(
    cx: &Context<'_>,
    issue: &Related,
    other: &IssueEnd,
    kind: RelationKind,
    before: &[Tie<'_>],
) {
    let (one, two, word) = (&issue.identifier, &other.identifier, kind.word());
    cx.step(format!("create_relation: {one} {word} {two}"));
    if let Some(old) = before.iter().find_map(|tie| tie.kind) {
        let old = old.word();
        let change = format!("relation to {two}: {old} → {word}");
        cx.note(|report| report.changes = vec![change]);
        cx.warn(format!(
            "'{word}' took the place of '{old}': two issues have one relation"
        ));
    }
}

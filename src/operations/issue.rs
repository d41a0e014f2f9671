//! Issues: how they are shown, and what creating, changing and filtering them have in common.

pub mod archive;
pub mod checklist;
pub mod create;
mod criteria;
pub mod delete;
mod diff;
mod estimate;
mod filters;
mod find;
pub mod get;
mod labels;
mod links;
pub mod list;
pub mod search;
mod shelf;
pub mod unarchive;
pub mod update;

use serde_json::{Map, Value, json};

use super::view::View;
use super::{comment, relation};
use crate::error::Error;
use crate::linear::client::Repeat;
use crate::linear::documents::IssueGet;
use crate::linear::failure::Failure;
use crate::linear::model::{Connection, Issue, IssueRow, LabelRef, Person};
use crate::params::Detail;
use crate::resolve::issue::IssueRef;
use crate::resolve::label::in_group;
use crate::session::Cx;
use crate::text::checklist::Checklist;
use crate::text::number::whole;

/// Whether Linear knows no such issue; asked only to explain a refusal.
pub(super) async fn is_missing(cx: &Cx<'_>, issue: &IssueRef) -> bool {
    let look = [IssueGet::alone(&issue.id())];
    let answer = cx.send(&look, Repeat::Always).await;
    answer.is_err_and(|failure| failure.declines(0))
}

/// What it means that Linear did not give the list that hangs on an issue, asked for in that `part` of a request: a
/// cursor, too, may be what it declined.
pub(super) async fn explain_list(
    cx: &Cx<'_>,
    failure: Failure,
    part: usize,
    issue: &IssueRef,
    continued: bool,
) -> Error {
    if failure.declines(part) && (!continued || is_missing(cx, issue).await) {
        issue.not_found()
    } else {
        failure.reading()
    }
}

/// An issue as it is shown (contract §2.1).
fn view(issue: &Issue, level: Detail) -> View {
    View::new(level)
        .standard("id", issue.id.as_str())
        .brief("identifier", issue.identifier.as_str())
        .brief("title", issue.title.as_str())
        .standard("url", issue.url.as_str())
        .standard("description", issue.description.clone())
        .standard(
            "checklist",
            issue.description.as_deref().and_then(checklist),
        )
        .brief("state", state(issue, level))
        .standard(
            "team",
            json!({"id": issue.team.id, "name": issue.team.name, "key": issue.team.key}),
        )
        .standard("project", named(&issue.project))
        .standard("milestone", named(&issue.project_milestone))
        .standard("cycle", cycle(issue))
        .standard("parent", parent(issue))
        .brief("labels", labels(&issue.labels, level))
        .brief(
            "more_labels",
            issue.labels.page_info.has_next_page.then_some(true),
        )
        .brief(
            "assignee",
            issue.assignee.as_ref().map(|of| person(of, level)),
        )
        .full(
            "creator",
            issue
                .creator
                .as_ref()
                .map(|of| person(of, Detail::Standard)),
        )
        .brief("priority", whole(issue.priority))
        .full("priority_label", issue.priority_label.as_str())
        .standard("estimate", issue.estimate.map(whole))
        .standard("due_date", issue.due_date.clone())
        .standard("created_at", issue.created_at.as_str())
        .brief("updated_at", issue.updated_at.as_str())
        .standard("archived_at", issue.archived_at.clone())
        .standard("branch_name", issue.branch_name.as_str())
        .standard("attachments", attachments(issue, level))
        .brief("children", children(issue, level))
        .brief("relations", relations(issue))
        .brief("comments", comments(issue, level))
}

/// An issue as a brief list shows it.
fn row(issue: &IssueRow, level: Detail) -> View {
    let names: Vec<Value> = issue
        .labels
        .nodes
        .iter()
        .map(|label| json!({"name": label.name}))
        .collect();
    View::new(level)
        .brief("identifier", issue.identifier.as_str())
        .brief("title", issue.title.as_str())
        .brief(
            "state",
            json!({"name": issue.state.name, "type": issue.state.kind}),
        )
        .brief("priority", whole(issue.priority))
        .brief(
            "assignee",
            issue.assignee.as_ref().map(|of| json!({"name": of.name})),
        )
        .brief("labels", some(names))
        .brief(
            "more_labels",
            issue.labels.page_info.has_next_page.then_some(true),
        )
        .brief("updated_at", issue.updated_at.as_str())
}

fn state(issue: &Issue, level: Detail) -> Value {
    View::named(level, &issue.state.id, &issue.state.name)
        .brief("type", issue.state.kind.as_str())
        .into_value()
}

fn person(person: &Person, level: Detail) -> Value {
    View::named(level, &person.id, &person.name)
        .standard("email", person.email.clone())
        .into_value()
}

fn named(entity: &Option<crate::linear::model::Named>) -> Option<Value> {
    entity
        .as_ref()
        .map(|of| json!({"id": of.id, "name": of.name}))
}

fn cycle(issue: &Issue) -> Option<Value> {
    let cycle = issue.cycle.as_ref()?;
    let view = View::new(Detail::Standard)
        .standard("id", cycle.id.as_str())
        .standard("number", whole(cycle.number))
        .standard("name", cycle.name.clone());
    Some(view.into_value())
}

fn parent(issue: &Issue) -> Option<Value> {
    let parent = issue.parent.as_ref()?;
    Some(json!({"id": parent.id, "identifier": parent.identifier, "title": parent.title}))
}

/// A list, when there is something in it.
fn some(items: Vec<Value>) -> Option<Value> {
    (!items.is_empty()).then_some(Value::Array(items))
}

fn labels(labels: &Connection<LabelRef>, level: Detail) -> Option<Value> {
    let row = |label: &LabelRef| {
        View::named(level, &label.id, &label.name)
            .standard("group", label.parent.as_ref().map(|of| of.name.clone()))
            .standard("color", label.color.as_str())
            .into_value()
    };
    some(labels.nodes.iter().map(row).collect())
}

/// `group/name`, or the name of a label that belongs to no group.
fn full_name(label: &LabelRef) -> String {
    let group = label.parent.as_ref().map(|group| group.name.as_str());
    in_group(group, &label.name)
}

fn attachments(issue: &Issue, level: Detail) -> Option<Value> {
    let attachments = issue.attachments.as_ref()?;
    let rows = attachments.nodes.iter().map(|attachment| {
        View::new(level)
            .full("id", attachment.id.as_str())
            .standard("title", attachment.title.as_str())
            .full("subtitle", attachment.subtitle.clone())
            .standard("url", attachment.url.as_str())
            .into_value()
    });
    some(rows.collect())
}

fn children(issue: &Issue, level: Detail) -> Option<Value> {
    let children = issue.children.as_ref()?;
    let rows = children.nodes.iter().map(|child| {
        let state = json!({"name": child.state.name, "type": child.state.kind});
        View::new(level)
            .full("id", child.id.as_str())
            .brief("identifier", child.identifier.as_str())
            .brief("title", child.title.as_str())
            .brief("state", state)
            .brief("priority", whole(child.priority))
            .brief(
                "assignee",
                child.assignee.as_ref().map(|of| json!({"name": of.name})),
            )
            .into_value()
    });
    Some(Value::Array(rows.collect()))
}

/// By kind: `blocks`, `blocked_by`, `duplicate` (it is one of these), `duplicated_by`, `related`.
fn relations(issue: &Issue) -> Option<Value> {
    let (from, to) = (issue.relations.as_ref()?, issue.inverse_relations.as_ref()?);
    Some(relation::grouped(relation::ties(&from.nodes, &to.nodes)))
}

/// Oldest first; Linear sends the newest first (`linear/api.md` §6).
fn comments(issue: &Issue, level: Detail) -> Option<Value> {
    let comments = issue.comments.as_ref()?;
    // Inside an issue they are brief unless everything is wanted.
    let level = match level {
        Detail::Full => Detail::Full,
        Detail::Brief | Detail::Standard => Detail::Brief,
    };
    let oldest_first = comments.nodes.iter().rev();
    let rows = oldest_first.map(|comment| comment::view(comment, level).into_value());
    Some(Value::Array(rows.collect()))
}

/// The checklist of a description, parsed, so that no caller has to.
fn checklist(description: &str) -> Option<Value> {
    let checklist = Checklist::parse(description)?;
    let items: Vec<Value> = checklist
        .items
        .iter()
        .enumerate()
        .map(|(index, item)| json!({"index": index, "checked": item.checked, "content": item.text}))
        .collect();
    let mut fields = Map::new();
    fields.insert("completed".to_owned(), checklist.completed().into());
    fields.insert("total".to_owned(), checklist.total().into());
    fields.insert("progress".to_owned(), checklist.progress().into());
    fields.insert("items".to_owned(), Value::Array(items));
    Some(Value::Object(fields))
}

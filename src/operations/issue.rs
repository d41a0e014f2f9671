//! Issues: how they are shown, and what creating, changing and filtering them have in common.

pub mod archive;
pub mod checklist;
pub mod create;
pub mod delete;
mod diff;
mod estimate;
pub mod get;
mod labels;
mod links;
pub mod list;
pub mod search;
mod shelf;
pub mod unarchive;
pub mod update;
mod verify;

use serde_json::{Value, json};

use super::reads::ReadError;
use super::view::{View, moment, moment_if};
use super::{comment, relation};
use crate::error::Error;
use crate::linear::client::RetryPolicy;
use crate::linear::documents::IssueGet;
use crate::linear::model::{Connection, Issue, IssueRow, LabelRef, Named, Person};
use crate::params::Detail;
use crate::resolve::issue::IssueRef;
use crate::resolve::label::in_group;
use crate::session::Context;
use crate::text::checklist::{Checklist, Item};
use crate::text::whole_number;

/// Whether Linear knows no such issue; asked only to explain a refusal.
pub(super) async fn is_missing(cx: &Context<'_>, issue: &IssueRef) -> bool {
    let look = [IssueGet::alone(&issue.id())];
    let answer = cx.send(&look, RetryPolicy::Idempotent).await;
    answer.is_err_and(|failure| failure.rejects(0))
}

/// Warns that an issue which is written to is in the trash.
pub(super) fn warn_of_trash(cx: &Context<'_>, identifier: &str, trashed: Option<bool>) {
    if trashed == Some(true) {
        cx.warn(format!(
            "issue '{identifier}' is in the trash; call unarchive_issue to bring it back"
        ));
    }
}

/// Returns the error for a page of a list that belongs to an issue, where Linear did not answer the read that requires
/// the issue. The cursor may be what Linear rejected, so the issue is looked up before an error about a page that is
/// `continued` says that the issue does not exist.
pub(super) async fn explain_list(
    cx: &Context<'_>,
    error: ReadError,
    issue: &IssueRef,
    continued: bool,
) -> Error {
    match error {
        ReadError::NotFound { request, .. } if continued && !is_missing(cx, issue).await => request,
        error => error.into_error(),
    }
}

/// An issue as it is shown (`contract.md`, "Entities").
fn view(issue: &Issue, level: Detail) -> View {
    View::new(level)
        .standard("id", issue.id.as_str())
        .brief("identifier", issue.identifier.as_str())
        .brief("title", issue.title.as_str())
        .standard("url", issue.url.as_str())
        .standard("description", issue.description.clone())
        .hanging(
            Detail::Standard,
            "checklist",
            true,
            issue
                .description
                .as_deref()
                .and_then(|text| checklist(text, level)),
        )
        .brief("state", state(issue, level))
        .standard("team", team(issue, level))
        .standard("project", named(&issue.project, level))
        .standard("milestone", named(&issue.project_milestone, level))
        .standard("cycle", cycle(issue, level))
        .standard("parent", parent(issue, level))
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
            issue.creator.as_ref().map(|of| person(of, level)),
        )
        .brief("priority", priority(issue.priority, level))
        .full("priority_label", issue.priority_label.as_str())
        .standard("estimate", issue.estimate.map(whole_number))
        .standard("due_date", issue.due_date.clone())
        .standard("created_at", moment(&issue.created_at, level))
        .standard("updated_at", moment(&issue.updated_at, level))
        .standard(
            "archived_at",
            moment_if(issue.archived_at.as_deref(), level),
        )
        .brief("trashed", issue.trashed.filter(|trashed| *trashed))
        .standard("branch_name", issue.branch_name.as_str())
        .hanging(
            Detail::Standard,
            "attachments",
            issue.attachments.is_some(),
            attachments(issue, level),
        )
        .hanging(
            Detail::Brief,
            "children",
            issue.children.is_some(),
            children(issue, level),
        )
        .hanging(
            Detail::Brief,
            "relations",
            issue.relations.is_some(),
            relations(issue),
        )
        .hanging(
            Detail::Brief,
            "comments",
            issue.comments.is_some(),
            comments(issue, level),
        )
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
        .brief("priority", priority(issue.priority, level))
        .brief(
            "assignee",
            issue.assignee.as_ref().map(|of| json!({"name": of.name})),
        )
        .brief("labels", some(names))
        .brief(
            "more_labels",
            issue.labels.page_info.has_next_page.then_some(true),
        )
        .brief("trashed", issue.trashed.filter(|trashed| *trashed))
        .standard("updated_at", moment(&issue.updated_at, level))
}

fn state(issue: &Issue, level: Detail) -> Value {
    View::within(level, &issue.state.id, &issue.state.name)
        .brief("type", issue.state.kind.as_str())
        .into_value()
}

/// A brief view is silent about an issue that has no priority.
fn priority(number: f64, level: Detail) -> Option<Value> {
    (number > 0.0 || level > Detail::Brief).then(|| whole_number(number))
}

fn person(person: &Person, level: Detail) -> Value {
    View::within(level, &person.id, &person.name)
        .standard("email", person.email.clone())
        .into_value()
}

fn team(issue: &Issue, level: Detail) -> Value {
    View::within(level, &issue.team.id, &issue.team.name)
        .standard("key", issue.team.key.as_str())
        .into_value()
}

fn named(entity: &Option<Named>, level: Detail) -> Option<Value> {
    let of = entity.as_ref()?;
    Some(View::within(level, &of.id, &of.name).into_value())
}

fn cycle(issue: &Issue, level: Detail) -> Option<Value> {
    let cycle = issue.cycle.as_ref()?;
    let view = View::new(level)
        .full("id", cycle.id.as_str())
        .standard("number", whole_number(cycle.number))
        .standard("name", cycle.name.clone());
    Some(view.into_value())
}

fn parent(issue: &Issue, level: Detail) -> Option<Value> {
    let parent = issue.parent.as_ref()?;
    let view = View::new(level)
        .full("id", parent.id.as_str())
        .standard("identifier", parent.identifier.as_str())
        .standard("title", parent.title.as_str());
    Some(view.into_value())
}

/// A list, when there is something in it.
fn some(items: Vec<Value>) -> Option<Value> {
    (!items.is_empty()).then_some(Value::Array(items))
}

fn labels(labels: &Connection<LabelRef>, level: Detail) -> Option<Value> {
    let row = |label: &LabelRef| {
        View::within(level, &label.id, &label.name)
            .standard("group", label.parent.as_ref().map(|of| of.name.clone()))
            .full("color", label.color.as_str())
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
            .brief("priority", priority(child.priority, level))
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
    Some(relation::grouped(relation::edges(&from.nodes, &to.nodes)))
}

/// Oldest first; Linear sends the newest first (`linear/api.md` §6).
fn comments(issue: &Issue, level: Detail) -> Option<Value> {
    let comments = issue.comments.as_ref()?;
    // Inside an issue they are brief unless everything is wanted: their ids serve only those who change them, and
    // `list_comments` has them.
    let level = match level {
        Detail::Full => Detail::Full,
        Detail::Brief | Detail::Standard => Detail::Brief,
    };
    let mut oldest_first = comments.nodes.clone();
    comment::sort(&mut oldest_first);
    let oldest_first = oldest_first.iter();
    let rows = oldest_first.map(|comment| comment::view(comment, level).into_value());
    Some(Value::Array(rows.collect()))
}

/// How far the checklist of a description is, parsed so that no caller has to. The items stand in the description, so
/// only the whole issue repeats them.
fn checklist(description: &str, level: Detail) -> Option<Value> {
    let checklist = Checklist::parse(description)?;
    let item = |(index, item): (usize, &Item)| json!({"index": index, "checked": item.checked, "content": item.text});
    let items: Vec<Value> = checklist.items.iter().enumerate().map(item).collect();
    let view = View::new(level)
        .standard("completed", checklist.completed())
        .standard("total", checklist.total())
        .standard("progress", checklist.progress())
        .full("items", items);
    Some(view.into_value())
}

//! Issues: the views of an issue in responses, and what the operations on issues have in common.

pub mod archive;
pub mod checklist;
pub mod create;
pub mod get;
pub mod hierarchy;
pub mod history;
mod labels;
mod links;
pub mod list;
mod optional_writes;
mod order;
mod relations;
pub mod search;
mod snooze;
mod sub_issues;
mod subscribers;
pub mod update;
mod verify;

use serde_json::{Value, json};

use super::reads::ReadError;
use super::text_write::{Dated, SetsText};
use super::view::{View, moment, moment_if};
use super::write::WriteSet;
use super::{comment, relation};
use crate::error::{Code, Error};
use crate::linear::client::{Answers, RetryPolicy};
use crate::linear::compose::Part;
use crate::linear::documents::{self, IssueDescribe, IssueGet, issue_describe, issue_text};
use crate::linear::failure::Failure;
use crate::linear::model::{
    Attachment, Connection, Issue, IssueRow, IssueText, LabelRef, Named, Person, Team,
};
use crate::linear::scalars::IssueUpdateInput;
use crate::params::Detail;
use crate::resolve::issue::IssueRef;
use crate::resolve::label::in_group;
use crate::session::Context;
use crate::text::checklist::{Checklist, Item};
use crate::text::whole_number;

/// Whether the issue does not exist in Linear. The check sends a request, so it is made only to explain why Linear
/// rejected another request.
pub(super) async fn is_missing(cx: &Context<'_>, issue: &IssueRef) -> bool {
    let query = [IssueGet::alone(&issue.id())];
    let response = cx.send(&query, RetryPolicy::Idempotent).await;
    response.is_err_and(|failure| failure.rejects(0))
}

/// Warns that the issue which the operation writes to is in the trash.
pub(super) fn warn_of_trash(cx: &Context<'_>, identifier: &str, trashed: Option<bool>) {
    if trashed == Some(true) {
        cx.warn(format!(
            "issue '{identifier}' is in the trash; call unarchive_issue to bring it back"
        ));
    }
}

/// Returns the error for a list that belongs to an issue, such as its comments, when Linear has rejected the read. The
/// rejection looks the same for a missing issue and for a wrong cursor. So if the request has a cursor (`continued`),
/// another request looks for the issue before the error says that the issue does not exist.
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

/// Returns the error in one line, for a warning: Linear's reason, or else the message, and the code.
pub(super) fn error_line(error: &Error) -> String {
    let reason = error.details().get("reason").and_then(Value::as_str);
    format!(
        "{} ({})",
        reason.unwrap_or(error.message()),
        error.code().name()
    )
}

/// Returns why a write was not done, without which the issue stands, as the end of a warning: `not attached: …`, or `may not be
/// attached, the answer was lost: …`. `failure` is the failure with which Linear rejected the write, or after which no more
/// writes were sent. The words are the code of the failure, and the verb for the write with its participle. Returns `None`
/// where the write was not necessary.
fn why_not_done(
    writes: &WriteSet,
    place: usize,
    failure: Option<&Failure>,
    (code, verb, participle): (Code, &str, &str),
) -> Option<String> {
    let unknown = writes.unknown(place);
    let failure = unknown.or(failure)?.clone();
    let error = failure.into_write_error(code, &format!("{verb} it"), "");
    let reason = error_line(&error);
    Some(match unknown {
        Some(_) => format!("may not be {participle}, the answer was lost: {reason}"),
        None => format!("not {participle}: {reason}"),
    })
}

impl SetsText for IssueDescribe {
    const FIELD: &'static str = "description";
    const REFUSED: Code = Code::IssueUpdateFailed;

    fn set(id: &str, text: Option<String>) -> Part {
        Part::of::<Self>(issue_describe::Variables {
            id: id.to_owned(),
            input: IssueUpdateInput {
                description: text.into(),
                ..IssueUpdateInput::default()
            },
        })
    }

    fn query(id: &str) -> Part {
        Part::of::<documents::IssueText>(issue_text::Variables { id: id.to_owned() })
    }

    fn take(answers: &mut Answers) -> Option<IssueText> {
        Some(answers.take::<documents::IssueText>(0).ok()?.issue)
    }

    fn text(issue: &IssueText) -> Dated {
        Dated {
            text: issue.description.clone(),
            updated_at: issue.updated_at.clone(),
        }
    }
}

/// The view of an issue (`contract.md`, "Entities").
fn view(issue: &Issue, level: Detail) -> View {
    View::new(level)
        .standard("id", issue.id.as_str())
        .brief("identifier", issue.identifier.as_str())
        .brief("title", issue.title.as_str())
        .standard("url", issue.url.as_str())
        .standard("description", issue.description.clone())
        .fingerprint(issue.description.as_deref())
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
            issue.assignee.as_ref().map(|user| person(user, level)),
        )
        .standard(
            "delegate",
            issue.delegate.as_ref().map(|user| person(user, level)),
        )
        .full(
            "creator",
            issue.creator.as_ref().map(|user| person(user, level)),
        )
        .brief("priority", priority(issue.priority, level))
        .full("priority_label", issue.priority_label.as_str())
        .standard("estimate", issue.estimate.map(whole_number))
        .standard("due_date", issue.due_date.clone())
        .standard(
            "snooze_until",
            moment_if(issue.snoozed_until_at.as_deref(), level),
        )
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
            attachments(issue.attachments.as_ref(), level),
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

/// The view of an issue in a brief list.
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
            issue
                .assignee
                .as_ref()
                .map(|user| json!({"name": user.name})),
        )
        .brief("labels", non_empty(names))
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

/// Returns the priority, or `None` in a brief view of an issue without a priority.
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
    let entity = entity.as_ref()?;
    Some(View::within(level, &entity.id, &entity.name).into_value())
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

/// The list, or `None` if it is empty.
fn non_empty(items: Vec<Value>) -> Option<Value> {
    (!items.is_empty()).then_some(Value::Array(items))
}

fn labels(labels: &Connection<LabelRef>, level: Detail) -> Option<Value> {
    let row = |label: &LabelRef| {
        View::within(level, &label.id, &label.name)
            .standard(
                "group",
                label.parent.as_ref().map(|group| group.name.clone()),
            )
            .full("color", label.color.as_str())
            .into_value()
    };
    non_empty(labels.nodes.iter().map(row).collect())
}

/// Returns the label's name after the name of its group, `group/name`, or the name alone if the label has no group.
fn full_name(label: &LabelRef) -> String {
    let group = label.parent.as_ref().map(|group| group.name.as_str());
    in_group(group, &label.name)
}

fn attachments(attachments: Option<&Connection<Attachment>>, level: Detail) -> Option<Value> {
    let rows = attachments?.nodes.iter().map(|attachment| {
        View::new(level)
            .full("id", attachment.id.as_str())
            .standard("title", attachment.title.as_str())
            .full("subtitle", attachment.subtitle.clone())
            .standard("url", attachment.url.as_str())
            .into_value()
    });
    non_empty(rows.collect())
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
                child
                    .assignee
                    .as_ref()
                    .map(|user| json!({"name": user.name})),
            )
            .into_value()
    });
    Some(Value::Array(rows.collect()))
}

/// The relations by their kind: `blocks`, `blocked_by`, `duplicate` (the issue is a duplicate of these),
/// `duplicated_by`, `related`.
fn relations(issue: &Issue) -> Option<Value> {
    let outgoing = issue.relations.as_ref()?;
    let incoming = issue.inverse_relations.as_ref()?;
    let edges = relation::edges(&outgoing.nodes, &incoming.nodes);
    Some(relation::grouped(edges))
}

/// The comments, the oldest first; Linear sends the newest first (`linear/api.md` §6).
fn comments(issue: &Issue, level: Detail) -> Option<Value> {
    let comments = issue.comments.as_ref()?;
    // The view of an issue shows brief comments unless the caller wants everything: the id of a comment serves only to
    // change the comment, and `list_comments` shows it.
    let level = match level {
        Detail::Full => Detail::Full,
        Detail::Ack | Detail::Brief | Detail::Standard => Detail::Brief,
    };
    let mut oldest_first = comments.nodes.clone();
    comment::sort(&mut oldest_first);
    let oldest_first = oldest_first.iter();
    let rows = oldest_first.map(|comment| comment::view(comment, level).into_value());
    Some(Value::Array(rows.collect()))
}

/// The progress of the checklist in the description. Only a full view lists the items, because the description already
/// shows them.
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

/// Linear's estimate scales: the name of each, its values, and the two further values of an extended scale. T-shirt
/// sizes are numbers, too: XS is 1, XL is 8, and XXL and XXXL extend the scale (`linear/api.md` §1.2).
const ESTIMATE_SCALES: &[(&str, &[u32], &[u32])] = &[
    ("exponential", &[1, 2, 4, 8, 16], &[32, 64]),
    ("fibonacci", &[1, 2, 3, 5, 8], &[13, 21]),
    ("linear", &[1, 2, 3, 4, 5], &[6, 7]),
    ("tShirt", &[1, 2, 3, 5, 8], &[13, 21]),
];

/// The values of the team's estimate scale, or `None` if the team uses no scale or a scale that is not in
/// [`ESTIMATE_SCALES`].
fn estimate_scale(team: &Team) -> Option<Vec<u32>> {
    let (_, usual, extended) = ESTIMATE_SCALES
        .iter()
        .find(|(name, _, _)| *name == team.issue_estimation_type)?;
    let mut values = Vec::new();
    if team.issue_estimation_allow_zero {
        values.push(0);
    }
    values.extend_from_slice(usual);
    if team.issue_estimation_extended {
        values.extend_from_slice(extended);
    }
    Some(values)
}

/// Warns of an estimate that is not on the team's scale, and names the nearest value of the scale. Also warns of any
/// estimate in a team that uses no estimates, because Linear stores such a value but shows it nowhere. The operation
/// sends the estimate in either case, because Linear decides which values it accepts.
fn check_estimate(cx: &Context<'_>, team: &Team, points: u32) {
    if team.issue_estimation_type == "notUsed" {
        cx.warn(format!(
            "Team '{}' uses no estimates; Linear shows this one nowhere",
            team.name
        ));
        return;
    }
    let values = estimate_scale(team).unwrap_or_default();
    if values.contains(&points) {
        return;
    }
    if let Some(nearest) = values.iter().min_by_key(|value| value.abs_diff(points)) {
        cx.warn(format!(
            "Estimate {points} is not on the scale of team '{}' ({}); the nearest value is {nearest}",
            team.name, team.issue_estimation_type
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(kind: &str, zero: bool, extended: bool) -> Team {
        serde_json::from_value(serde_json::json!({
            "id": "t", "key": "ENG", "name": "Engineering", "description": null,
            "triageEnabled": false, "cyclesEnabled": true, "issueEstimationType": kind,
            "issueEstimationAllowZero": zero, "issueEstimationExtended": extended,
        }))
        .unwrap()
    }

    #[test]
    fn a_scale_has_its_zero_and_its_extension_when_they_are_on() {
        assert_eq!(
            estimate_scale(&team("fibonacci", false, false)).unwrap(),
            [1, 2, 3, 5, 8]
        );
        assert_eq!(
            estimate_scale(&team("exponential", true, true)).unwrap(),
            [0, 1, 2, 4, 8, 16, 32, 64]
        );
        assert_eq!(estimate_scale(&team("notUsed", true, true)), None);
    }
}

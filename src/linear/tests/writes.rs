//! Strategies for every mutation of this crate, on the seeded entities of the workspace.

mod links;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use self::links::{attachment_create, attachments, relation_create, relations, url};
use super::super::compose::Part;
use super::super::documents::*;
use super::super::scalars::*;
use super::reads::{MISSING, issue};
use super::stand_in::{column, ids};
use crate::patch::Patch;
use crate::sandbox::store::text;

/// An id that the client generates.
fn uuid() -> impl Strategy<Value = String> {
    any::<[u8; 16]>().prop_map(|bytes| {
        uuid::Builder::from_random_bytes(bytes)
            .into_uuid()
            .to_string()
    })
}

/// Text with all characters that have a meaning in GraphQL or JSON.
fn words() -> impl Strategy<Value = String> {
    "[A-Z][a-z$:{}()#@\"\\\\ äß😀]{0,20}[a-z]"
}

fn colour() -> impl Strategy<Value = String> {
    "#[0-9a-f]{6}"
}

fn patch<T: std::fmt::Debug + Clone>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Patch<T>> {
    proptest::option::of(value).prop_map(Patch::from)
}

/// A patch that leaves the field, sets it, or sometimes clears it.
fn clearable<T: std::fmt::Debug + Clone>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Patch<T>> {
    prop_oneof![4 => patch(value), 1 => Just(Patch::Clear)]
}

/// Returns the labels that belong to no team, which any issue may have.
fn common_labels() -> Vec<String> {
    let is_common = |label: &_| text(label, "teamId").is_none();
    column("IssueLabel", "id", is_common)
}

fn people() -> Vec<String> {
    column("User", "id", |user| {
        user.get("active") == Some(&Value::Bool(true))
            && user.get("app") != Some(&Value::Bool(true))
    })
}

fn new_issue() -> impl Strategy<Value = IssueCreateInput> {
    (
        uuid(),
        select(ids("Team")),
        words(),
        clearable(words()),
        patch(select(people())),
        patch(0_u8..=4),
        patch(select(common_labels()).prop_map(|label| vec![label])),
    )
        .prop_map(
            |(id, team_id, title, description, assignee_id, priority, label_ids)| {
                IssueCreateInput {
                    id,
                    team_id,
                    title,
                    description,
                    assignee_id,
                    priority,
                    label_ids,
                    ..IssueCreateInput::default()
                }
            },
        )
}

fn issue_change() -> impl Strategy<Value = IssueUpdateInput> {
    (
        patch(words()),
        clearable(words()),
        clearable(select(people())),
        patch(0_u8..=4),
        patch(select(common_labels()).prop_map(|label| vec![label])),
        clearable("2025-0[1-9]-1[0-9]"),
    )
        .prop_map(
            |(title, description, assignee_id, priority, added_label_ids, due_date)| {
                IssueUpdateInput {
                    title,
                    description,
                    assignee_id,
                    priority,
                    added_label_ids,
                    due_date,
                    ..IssueUpdateInput::default()
                }
            },
        )
}

fn issues() -> Vec<BoxedStrategy<Part>> {
    // The mutations of archival take no identifier (`linear/api.md` §1.2).
    let archival = |part: fn(String) -> Part| select(ids("Issue")).prop_map(part).boxed();
    vec![
        new_issue()
            .prop_map(|input| Part::of::<IssueCreate>(issue_create::Variables { input }))
            .boxed(),
        (issue(), issue_change())
            .prop_map(|(id, input)| Part::of::<IssueUpdate>(issue_update::Variables { id, input }))
            .boxed(),
        (issue(), clearable(words()))
            .prop_map(|(id, description)| {
                let input = IssueUpdateInput {
                    description,
                    ..IssueUpdateInput::default()
                };
                Part::of::<IssueDescribe>(issue_describe::Variables { id, input })
            })
            .boxed(),
        (select(ids("Issue")), select(people()))
            .prop_map(|(id, user_id)| {
                Part::of::<IssueSubscribe>(issue_subscribe::Variables { id, user_id })
            })
            .boxed(),
        (select(ids("Issue")), select(people()))
            .prop_map(|(id, user_id)| {
                Part::of::<IssueUnsubscribe>(issue_unsubscribe::Variables { id, user_id })
            })
            .boxed(),
        (select(ids("Issue")), "2[1-9]00-01-0[1-9]T00:00:00.000Z")
            .prop_map(|(id, reminder_at)| {
                Part::of::<IssueReminder>(issue_reminder::Variables { id, reminder_at })
            })
            .boxed(),
        archival(|id| Part::of::<IssueArchive>(issue_archive::Variables { id })),
        archival(|id| Part::of::<IssueUnarchive>(issue_unarchive::Variables { id })),
        archival(|id| Part::of::<IssueDelete>(issue_delete::Variables { id })),
    ]
}

fn new_label() -> impl Strategy<Value = IssueLabelCreateInput> {
    let team = proptest::option::of(select(ids("Team")));
    (uuid(), colour(), proptest::option::of(words()), team).prop_map(
        |(id, color, description, team_id)| IssueLabelCreateInput {
            name: format!("label {id}"),
            id,
            color,
            description,
            team_id,
            ..IssueLabelCreateInput::default()
        },
    )
}

fn label_create(input: IssueLabelCreateInput) -> Part {
    Part::of::<LabelCreate>(label_create::Variables { input })
}

fn labels() -> Vec<BoxedStrategy<Part>> {
    let label = || select(ids("IssueLabel"));
    let plain = |part: fn(String) -> Part| label().prop_map(part).boxed();
    vec![
        new_label().prop_map(label_create).boxed(),
        (label(), patch(colour()), clearable(words()))
            .prop_map(|(id, color, description)| {
                let input = IssueLabelUpdateInput {
                    color,
                    description,
                    ..IssueLabelUpdateInput::default()
                };
                Part::of::<LabelUpdate>(label_update::Variables { id, input })
            })
            .boxed(),
        plain(|id| Part::of::<LabelRetire>(label_retire::Variables { id })),
        plain(|id| Part::of::<LabelRestore>(label_restore::Variables { id })),
    ]
}

fn comment_create(id: String, issue_id: String, body: String) -> Part {
    let input = CommentCreateInput {
        id,
        issue_id,
        body,
        parent_id: None,
    };
    Part::of::<CommentCreate>(comment_create::Variables { input })
}

fn comments() -> Vec<BoxedStrategy<Part>> {
    let comment = || select(ids("Comment"));
    let thread = || {
        let is_root = |comment: &_| text(comment, "parentId").is_none();
        select(column("Comment", "id", is_root))
    };
    vec![
        (uuid(), issue(), words())
            .prop_map(|(id, issue, body)| comment_create(id, issue, body))
            .boxed(),
        (comment(), words())
            .prop_map(|(id, body)| {
                let input = CommentUpdateInput { body: Some(body) };
                Part::of::<CommentUpdate>(comment_update::Variables { id, input })
            })
            .boxed(),
        comment()
            .prop_map(|id| Part::of::<CommentDelete>(comment_delete::Variables { id }))
            .boxed(),
        thread()
            .prop_map(|id| Part::of::<CommentResolve>(comment_resolve::Variables { id }))
            .boxed(),
        thread()
            .prop_map(|id| Part::of::<CommentUnresolve>(comment_unresolve::Variables { id }))
            .boxed(),
    ]
}

fn documents() -> Vec<BoxedStrategy<Part>> {
    let project = || select(ids("Project"));
    vec![
        (uuid(), words(), proptest::option::of(words()), project())
            .prop_map(|(id, title, content, project)| {
                let input = DocumentCreateInput {
                    id,
                    title,
                    content,
                    project_id: Some(project),
                    ..DocumentCreateInput::default()
                };
                Part::of::<DocumentCreate>(document_create::Variables { input })
            })
            .boxed(),
        (select(ids("Document")), clearable(words()), issue())
            .prop_map(|(id, content, issue)| {
                let input = DocumentUpdateInput {
                    content,
                    issue_id: Some(issue),
                    ..DocumentUpdateInput::default()
                };
                Part::of::<DocumentUpdate>(document_update::Variables { id, input })
            })
            .boxed(),
    ]
}

fn projects() -> Vec<BoxedStrategy<Part>> {
    vec![
        (uuid(), words(), select(ids("Team")), clearable(words()))
            .prop_map(|(id, name, team, content)| {
                let input = ProjectCreateInput {
                    id,
                    name,
                    team_ids: vec![team],
                    content,
                    ..ProjectCreateInput::default()
                };
                Part::of::<ProjectCreate>(project_create::Variables { input })
            })
            .boxed(),
        (
            select(ids("Project")),
            patch(words()),
            patch(select(ids("ProjectStatus"))),
            clearable(words()),
        )
            .prop_map(|(id, name, status_id, description)| {
                let input = ProjectUpdateInput {
                    name,
                    status_id,
                    description,
                    ..ProjectUpdateInput::default()
                };
                Part::of::<ProjectUpdate>(project_update::Variables { id, input })
            })
            .boxed(),
    ]
}

/// Returns a strategy for each mutation. Few are rejected on a fresh workspace; a mutation may be when another has
/// removed its entity.
pub(super) fn pool() -> Vec<BoxedStrategy<Part>> {
    [
        issues(),
        labels(),
        comments(),
        documents(),
        projects(),
        attachments(),
        relations(),
    ]
    .concat()
}

/// Returns a mutation that Linear rejects, because its entity does not exist.
pub(super) fn declined() -> Part {
    let id = MISSING.to_owned();
    Part::of::<RelationDelete>(relation_delete::Variables { id })
}

/// A label, an issue with this label, and an attachment, a comment and a relation of this issue. Each of them refers to an
/// entity that is created before it.
pub(super) fn family() -> impl Strategy<Value = Vec<Part>> {
    let new_ids = (uuid(), uuid(), uuid());
    (new_label(), new_issue(), new_ids, url(), words(), issue()).prop_map(
        |(label, issue, new_ids, url, body, other_issue)| {
            let label = IssueLabelCreateInput {
                team_id: None,
                ..label
            };
            let issue = IssueCreateInput {
                label_ids: Patch::Set(vec![label.id.clone()]),
                ..issue
            };
            let id = || issue.id.clone();
            let dependents = [
                attachment_create(new_ids.0, id(), url),
                comment_create(new_ids.1, id(), body),
                relation_create(new_ids.2, id(), other_issue),
            ];
            let mut parts = vec![
                label_create(label),
                Part::of::<IssueCreate>(issue_create::Variables {
                    input: issue.clone(),
                }),
            ];
            parts.extend(dependents);
            parts
        },
    )
}

//! `update_checklist_items`: reads the description of an issue, sets the boxes of the chosen items in it and changes
//! nothing else, and writes it back. [`text_write`] explains how the operation notices and keeps an edit that somebody
//! else makes in between.

mod edit;

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use self::edit::{ChecklistChange, Edit};
use crate::error::{Code, Error};
use crate::linear::documents::{IssueDescribe, IssueText, issue_text};
use crate::linear::model;
use crate::linear::scalars::CommentCreateInput;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::reads;
use crate::operations::text_write::{self, SetsText as _, Subject};
use crate::operations::view::{self, View};
use crate::params::{Detail, Flag, Identifier, Indices, List, Text};
use crate::resolve::issue::IssueRef;
use crate::session::Context;
use crate::text::checklist::Checklist;

/// The `update_checklist_items` operation.
#[derive(Debug)]
pub struct UpdateChecklistItems;

/// Tick or untick items of the checklist in an issue's description.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// Positions from 0 in the checklist.
    indices: Option<Indices>,
    /// Items by their text.
    items: Option<List<Text>>,
    /// `false` unticks. Default: true.
    mark_complete: Option<Flag>,
    /// Comment on what changed. Default: false.
    add_comment: Option<Flag>,
    /// Write the time below the checklist. Default: true.
    update_timestamp: Option<Flag>,
}

impl Operation for UpdateChecklistItems {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "update_checklist_items",
        title: "Update checklist items",
        effect: Effect::Change,
        subject: Some("issue_id"),
        aliases: &["update_checklist_item", "update_checklist"],
        shared: &[CommonParam::Detail, CommonParam::Fields],
        touches: Touches::DescriptionItems,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let indices = params.indices.as_deref().unwrap_or_default();
        let texts = params.items.as_deref().unwrap_or_default();
        if indices.is_empty() && texts.is_empty() {
            let message = "No item is given: 'indices' and 'items' are both absent or empty";
            return Err(Error::new(Code::MissingRequiredParam, message)
                .detail("missing", vec!["indices"])
                .suggest(
                    "Give the items' positions in 'indices', from 0, or their texts in 'items'",
                )
                .suggest(
                    "Call get_issue with fields: [checklist] to see the items with their indices",
                ));
        }
        let reference = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        // The lock comes before the read, because the write is computed from what the read returns.
        let (_issue_lock, _edit_lock);
        let issue = if reference.team_key().is_some() {
            _edit_lock = cx.turn_to_edit(&reference.id()).await?;
            read(cx, &reference).await?
        } else {
            _issue_lock = cx.lock_issue(&reference.id()).await?;
            let issue = read(cx, &reference).await?;
            // The request names the issue by its UUID, but other requests may lock the issue by its identifier, so this
            // lock is necessary, too. If other requests write before this lock is acquired, this operation notices it
            // when it writes the description.
            _edit_lock = cx.turn_to_edit(&issue.identifier).await?;
            issue
        };
        super::warn_of_trash(cx, &issue.identifier, issue.trashed);
        let text = issue.description.as_deref().unwrap_or_default();
        let list = Checklist::parse(text).ok_or_else(|| no_checklist(&issue.identifier))?;
        let is_on = |flag: Option<Flag>, default| flag.map_or(default, |Flag(on)| on);
        let change = ChecklistChange {
            items: edit::choose(&list, indices, texts, &issue.identifier)?,
            checked: is_on(params.mark_complete, true),
            stamp: is_on(params.update_timestamp, true).then(|| {
                let now = jiff::Timestamp::from_millisecond(cx.session.clock.now_ms());
                let now = now.unwrap_or_default();
                format!("Last updated: {}", now.strftime("%Y-%m-%d %H:%M UTC"))
            }),
            comment: is_on(params.add_comment, false),
        };
        let (edit, text) = match change.apply(text) {
            Some(edit) if !edit.changed.is_empty() => {
                let comment = change.comment.then(|| CommentCreateInput {
                    id: cx.session.clock.new_id(),
                    issue_id: issue.id.clone(),
                    body: comment_body(&edit),
                    parent_id: None,
                });
                let name = issue.identifier.clone();
                let subject = Subject {
                    id: issue.id.clone(),
                    noun: "issue",
                    part: "checklist",
                    look: format!("get_issue {name}"),
                    name,
                };
                let original = IssueDescribe::text(&issue);
                let (edit, kept) = text_write::write::<IssueDescribe, _>(
                    cx, &subject, original, &change, edit, comment,
                )
                .await?;
                (edit, kept.text)
            }
            Some(edit) => (edit, issue.description.clone()),
            // The items were chosen from this text, so `apply` finds them.
            None => return Err(no_checklist(&issue.identifier)),
        };
        if !edit.changed.is_empty() {
            cx.step(format!("update_checklist_items: {}", issue.identifier));
            let (before, after) = (edit.before.completed(), edit.completed());
            let line = format!(
                "checklist: {before} → {after} of {} completed",
                edit.total()
            );
            cx.note(|report| report.changes = vec![line]);
        }
        Ok(view::entity(cx, Detail::Standard, &[], |level| {
            edit_view(&issue, &edit, text.as_deref(), level)
        }))
    }
}

/// Reads the description of the issue.
///
/// # Errors
/// ISSUE_NOT_FOUND, or the failure of the request.
async fn read(cx: &Context<'_>, issue: &IssueRef) -> Result<model::IssueText, Error> {
    let variables = issue_text::Variables { id: issue.id() };
    let answer = reads::one::<IssueText>(cx, variables, issue.not_found()).await?;
    Ok(answer.issue)
}

/// Returns the error for an issue whose description has no checklist.
fn no_checklist(issue: &str) -> Error {
    let message = format!("The description of '{issue}' has no checklist");
    Error::new(Code::NoChecklist, message)
        .detail("input", issue)
        .suggest("Add items as lines '- [ ] …' under '## Checklist' with update_issue")
}

/// The view of the edit in the response; `text` is the description after the edit.
fn edit_view(issue: &model::IssueText, edit: &Edit, text: Option<&str>, level: Detail) -> View {
    let summary = json!({
        "items_updated": edit.changed.len(),
        "items_already_correct": edit.correct,
        "previous_progress": edit.before.progress(),
        "new_progress": edit.progress(),
        "completed": edit.completed(),
        "total": edit.total(),
    });
    let word = |checked: bool| if checked { "checked" } else { "unchecked" };
    let changed: Vec<Value> = edit
        .changed_items()
        .map(|(index, item)| {
            json!({
                "index": index,
                "content": item.text,
                "previous_state": word(item.checked),
                "new_state": word(!item.checked),
            })
        })
        .collect();
    View::new(level)
        .standard("id", issue.id.as_str())
        .brief("identifier", issue.identifier.as_str())
        .brief("checklist_summary", summary)
        .brief("changed_items", changed)
        .full("description", text)
}

/// Returns the text of the comment on the edit.
fn comment_body(edit: &Edit) -> String {
    let mut body = format!(
        "**Checklist:** {}% → {}% ({}/{} completed)\n",
        edit.before.progress(),
        edit.progress(),
        edit.completed(),
        edit.total()
    );
    for (_, item) in edit.changed_items() {
        let verb = if item.checked { "unticked" } else { "ticked" };
        // Writing to a `String` cannot fail.
        let _ = write!(body, "\n* {verb}: {}", item.text);
    }
    body
}

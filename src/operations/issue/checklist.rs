//! `update_checklist_items`: the description is read, the boxes are set in it and nothing else is touched, and it is
//! written back. [`write`] tells how an edit that comes in between is noticed and kept.

mod edit;
mod write;

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use self::edit::{Edit, Job};
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{IssueDescribe, IssueText, issue_describe, issue_text};
use crate::linear::model;
use crate::linear::scalars::IssueUpdateInput;
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::reads;
use crate::operations::view::{self, View};
use crate::params::{Detail, Flag, Identifier, Indices, List, Text};
use crate::patch::Patch;
use crate::resolve::issue::IssueRef;
use crate::session::Context;
use crate::text::checklist::{Checklist, is_alike};

/// The operation.
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
        shared: &[Shared::Detail, Shared::Fields],
        touches: Touches::DescriptionItems,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        params.check()?;
        let reference = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        // What is read now is what the write is made from.
        let (_turn, _edit);
        let issue = if reference.team_key().is_some() {
            _edit = cx.turn_to_edit(&reference.id()).await?;
            read(cx, &reference).await?
        } else {
            _turn = cx.lock_issue(&reference.id()).await?;
            let issue = read(cx, &reference).await?;
            // Others know it by its identifier. What they write until it is this one's turn is noticed.
            _edit = cx.turn_to_edit(&issue.identifier).await?;
            issue
        };
        super::warn_of_trash(cx, &issue.identifier, issue.trashed);
        let text = issue.description.as_deref().unwrap_or_default();
        let list = Checklist::parse(text).ok_or_else(|| no_checklist(&issue.identifier))?;
        let chosen = edit::choose(
            &list,
            params.indices.as_deref().unwrap_or_default(),
            params.items.as_deref().unwrap_or_default(),
            &issue.identifier,
        )?;
        let job = params.job(cx, &list, chosen);
        let (edit, text) = match job.again(text) {
            Some(edit) if !edit.changed.is_empty() => write::write(cx, &issue, &job, edit).await?,
            Some(edit) => (edit, issue.description.clone()),
            // The items were chosen from this very text.
            None => return Err(no_checklist(&issue.identifier)),
        };
        report(cx, &issue, &edit);
        Ok(view::entity(cx, Detail::Standard, &[], |level| {
            shown(&issue, &edit, text.as_deref(), level)
        }))
    }
}

impl Params {
    fn check(&self) -> Result<(), Error> {
        let given = self.indices.as_ref().is_some_and(|of| !of.is_empty())
            || self.items.as_ref().is_some_and(|of| !of.is_empty());
        if given {
            return Ok(());
        }
        let message = "No item is given: 'indices' and 'items' are both absent or empty";
        Err(Error::new(Code::MissingRequiredParam, message)
            .detail("missing", vec!["indices"])
            .suggest("Give the items' positions in 'indices', from 0, or their texts in 'items'")
            .suggest("Call get_issue with fields: [checklist] to see the items with their indices"))
    }

    fn job(&self, cx: &Context<'_>, list: &Checklist, chosen: Vec<usize>) -> Job {
        let on = |flag: Option<Flag>, default| flag.map_or(default, |Flag(on)| on);
        Job {
            wanted: edit::named(list, chosen),
            checked: on(self.mark_complete, true),
            stamp: on(self.update_timestamp, true).then(|| stamp(cx.session.clock.now_ms())),
            comment: on(self.add_comment, false),
        }
    }
}

/// `Last updated: 2025-01-16 14:30 UTC`.
fn stamp(now_ms: i64) -> String {
    let now = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default();
    format!("Last updated: {}", now.strftime("%Y-%m-%d %H:%M UTC"))
}

async fn read(cx: &Context<'_>, issue: &IssueRef) -> Result<model::IssueText, Error> {
    let variables = issue_text::Variables { id: issue.id() };
    let answer = reads::one::<IssueText>(cx, variables, issue.not_found()).await?;
    Ok(answer.issue)
}

/// Returns the update of an issue's description. The answer to one that sets nothing shows the text that a later mutation
/// of the same document overwrites.
pub(super) fn describe(id: &str, description: Patch<String>) -> Part {
    Part::of::<IssueDescribe>(issue_describe::Variables {
        id: id.to_owned(),
        input: IssueUpdateInput {
            description,
            ..IssueUpdateInput::default()
        },
    })
}

/// A description and the time at which its issue was changed last.
pub(super) type Dated<'t> = (Option<&'t str>, &'t str);

/// Whether nobody has edited a description between two reads of it. Linear may word the same markdown differently in the answer to a write
/// and later, and an update that sets nothing may count as a change; two edits may fall into one moment.
pub(super) fn is_unedited((seen, at): Dated<'_>, (expected, before): Dated<'_>) -> bool {
    seen == expected
        || (at == before && is_alike(seen.unwrap_or_default(), expected.unwrap_or_default()))
}

fn no_checklist(issue: &str) -> Error {
    let message = format!("The description of '{issue}' has no checklist");
    Error::new(Code::NoChecklist, message)
        .detail("input", issue)
        .suggest("Add items as lines '- [ ] …' under '## Checklist' with update_issue")
}

fn report(cx: &Context<'_>, issue: &model::IssueText, edit: &Edit) {
    if edit.changed.is_empty() {
        return;
    }
    cx.step(format!("update_checklist_items: {}", issue.identifier));
    let (before, after) = (edit.before.completed(), edit.completed());
    let change = format!(
        "checklist: {before} → {after} of {} completed",
        edit.total()
    );
    cx.note(|report| report.changes = vec![change]);
}

fn shown(issue: &model::IssueText, edit: &Edit, text: Option<&str>, level: Detail) -> View {
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
        .items()
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

/// What a comment says of the change.
fn words(edit: &Edit) -> String {
    let mut body = format!(
        "**Checklist:** {}% → {}% ({}/{} completed)\n",
        edit.before.progress(),
        edit.progress(),
        edit.completed(),
        edit.total()
    );
    for (_, item) in edit.items() {
        let verb = if item.checked { "unticked" } else { "ticked" };
        // A String takes any text, so writing cannot fail.
        let _ = write!(body, "\n* {verb}: {}", item.text);
    }
    body
}

//! `update_checklist_items`: reads the description of an issue, ticks, unticks, adds and removes items of the checklist in
//! it and changes nothing else, and writes it back. `operations/text_write.rs` explains how the operation notices and keeps an edit
//! that somebody else makes in between.

mod edit;

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use self::edit::{ChecklistChange, Edit, Fate, ItemRef, Selection};
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
use crate::text::abbreviate;
use crate::text::checklist::{Checklist, is_item};

/// The `update_checklist_items` operation.
#[derive(Debug)]
pub struct UpdateChecklistItems;

/// Tick, untick, add or remove items of the checklist in an issue's description.
///
/// Several of these go in one call. `check`, `uncheck` and `remove_items` take positions and texts; positions are those
/// before the call. `mark_complete: false` is about `indices`, `items` and `all`. An item is removed with the indented lines below it, but nested items only where they are named too.
/// An item that the checklist has already is not added again. Without a checklist, `add_items` makes one under
/// `## Checklist`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// Positions from 0 in the checklist.
    indices: Option<Indices>,
    /// Items by their text.
    #[schemars(extend("unlisted" = true))]
    items: Option<List<Text>>,
    /// `false` unticks. Default: true.
    mark_complete: Option<Flag>,
    /// Items to tick, by position or text.
    check: Option<List<Text>>,
    /// Items to untick.
    uncheck: Option<List<Text>>,
    /// Tick every item.
    #[schemars(extend("unlisted" = true))]
    all: Option<Flag>,
    /// Texts to append.
    add_items: Option<List<Text>>,
    /// Items to remove.
    remove_items: Option<List<Text>>,
    /// Comment on what changed. Default: false.
    #[schemars(extend("unlisted" = true))]
    add_comment: Option<Flag>,
    /// Write the time below the checklist. Default: true.
    #[schemars(extend("unlisted" = true))]
    update_timestamp: Option<Flag>,
}

/// The most items that one call adds.
const MOST_ADDED: usize = 100;

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
        let selections = params.selections()?;
        let added = params.added()?;
        let is_all = params.is_all(&selections)?;
        if selections.is_empty() && added.is_empty() && !is_all {
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
        let is_on = |flag: Option<Flag>, default| flag.map_or(default, |Flag(on)| on);
        let list = Checklist::locate(text);
        if list.items.is_empty() && (is_all || !selections.is_empty()) {
            return Err(no_checklist(&issue.identifier));
        }
        let mut chosen = Vec::new();
        for selection in &selections {
            chosen.push((selection, selection.choose(&list, &issue.identifier)?));
        }
        edit::check_chosen(&chosen)?;
        let items_of = |fate| {
            let chosen = chosen
                .iter()
                .filter(|(selection, _)| selection.fate == fate);
            let mut items: Vec<ItemRef> = chosen.flat_map(|(_, items)| items.clone()).collect();
            items.sort_unstable();
            items.dedup();
            items
        };
        let (mut ticked, mut unticked) = (items_of(Fate::Ticked), items_of(Fate::Unticked));
        if is_all {
            let texts = list.items.iter().map(|item| item.text.clone());
            let every_item = texts.enumerate().collect();
            match is_on(params.mark_complete, true) {
                true => ticked = every_item,
                false => unticked = every_item,
            }
        }
        let removed = items_of(Fate::Removed);
        let lines: Vec<&str> = text.split('\n').collect();
        edit::check_nesting(&list, &lines, &removed)?;
        let change = ChecklistChange {
            checked: !ticked.is_empty() || unticked.is_empty(),
            ticked,
            unticked,
            removed,
            added,
            stamp: is_on(params.update_timestamp, true).then(|| {
                let now = jiff::Timestamp::from_millisecond(cx.session.clock.now_ms());
                let now = now.unwrap_or_default();
                format!("Last updated: {}", now.strftime("%Y-%m-%d %H:%M UTC"))
            }),
            comment: is_on(params.add_comment, false),
        };
        let (edit, text) = match change.apply(text) {
            Some(edit) if !edit.is_empty() => {
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
            None => return Err(no_place(&issue.identifier)),
        };
        for text in &edit.present {
            cx.warn(format!(
                "add_items: the checklist has '{text}' already, so it was not added again"
            ));
        }
        if !edit.is_empty() {
            cx.step(format!("update_checklist_items: {}", issue.identifier));
            cx.note(|report| report.changes = vec![change_line(&edit)]);
        }
        Ok(view::entity(cx, Detail::Standard, &[], |level| {
            edit_view(&issue, &change, &edit, text.as_deref(), level)
        }))
    }
}

impl Params {
    /// Returns the items that each parameter names, but for parameters that name none.
    ///
    /// # Errors
    /// INVALID_PARAM where two parameters want different things for an item, and where `mark_complete` unticks nothing.
    fn selections(&self) -> Result<Vec<Selection<'_>>, Error> {
        let unticks = self.mark_complete.is_some_and(|Flag(on)| !on);
        let fate = if unticks {
            Fate::Unticked
        } else {
            Fate::Ticked
        };
        let texts = self.items.iter().flatten();
        let mut selections = vec![
            Selection {
                param: "indices",
                fate,
                indices: self.indices.as_deref().unwrap_or_default().to_vec(),
                texts: texts.map(Text::as_str).collect(),
            },
            Selection::mixed("check", Fate::Ticked, self.check.as_ref()),
            Selection::mixed("uncheck", Fate::Unticked, self.uncheck.as_ref()),
            Selection::mixed("remove_items", Fate::Removed, self.remove_items.as_ref()),
        ];
        selections.retain(|selection| !selection.indices.is_empty() || !selection.texts.is_empty());
        let is_used = |selection: &Selection<'_>| selection.param == "indices";
        let has_all = self.all.is_some_and(|Flag(on)| on);
        if unticks && !selections.is_empty() && !has_all && !selections.iter().any(is_used) {
            let message = "'mark_complete: false' is about 'indices', 'items' and 'all', and none of them is given";
            return Err(Error::new(Code::InvalidParam, message)
                .detail("param", "mark_complete")
                .suggest("Leave 'mark_complete' out: 'check' ticks, and 'uncheck' unticks"));
        }
        edit::check_selections(&selections)?;
        Ok(selections)
    }

    /// Returns the texts of the items to add, trimmed.
    ///
    /// # Errors
    /// INVALID_PARAM for a text that cannot be one item, and for too many texts.
    fn added(&self) -> Result<Vec<String>, Error> {
        let texts = self.add_items.as_deref().unwrap_or_default();
        let refuse = |message: String, hint: String| {
            Error::new(Code::InvalidParam, message)
                .detail("param", "add_items")
                .suggest(hint)
        };
        if texts.len() > MOST_ADDED {
            let message = format!("'add_items' has {} items", texts.len());
            let hint = format!("Add at most {MOST_ADDED} items in one call");
            return Err(refuse(message, hint));
        }
        let trimmed = texts.iter().map(|text| text.as_str().trim());
        let trimmed: Vec<String> = trimmed.map(str::to_owned).collect();
        for text in &trimmed {
            let reason = if text.is_empty() {
                "is empty"
            } else if text.contains(['\n', '\r']) {
                "has several lines"
            } else if is_item(text) {
                "begins with a box"
            } else {
                continue;
            };
            let message = format!("'{}' in 'add_items' {reason}", abbreviate(text, 60));
            let hint = "Give the text of each item, on one line and without '- [ ]'".to_owned();
            return Err(refuse(message, hint));
        }
        Ok(trimmed)
    }

    /// Returns whether every item is ticked or unticked.
    ///
    /// # Errors
    /// INVALID_PARAM where single items are named, too.
    fn is_all(&self, selections: &[Selection<'_>]) -> Result<bool, Error> {
        let is_all = self.all.is_some_and(|Flag(on)| on);
        let Some(selection) = selections.first().filter(|_| is_all) else {
            return Ok(is_all);
        };
        let message = format!(
            "'all' means every item, and '{}' names some",
            selection.param
        );
        Err(Error::new(Code::InvalidParam, message)
            .detail("param", "all")
            .suggest(format!("Give either 'all' or '{}'", selection.param)))
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

/// Returns the error for a description in which an added line would not be an item of the checklist.
fn no_place(issue: &str) -> Error {
    let message = format!(
        "The checklist of '{issue}' cannot be changed so: a code block of the description has no end"
    );
    Error::new(Code::NoChecklist, message)
        .detail("input", issue)
        .suggest("End the code block with update_issue")
}

/// Returns the line of the report that says how far the checklist has come.
fn change_line(edit: &Edit) -> String {
    let (done_before, all_before) = (edit.before.completed(), edit.before.total());
    let (done, all) = (edit.completed(), edit.total());
    if all_before == all {
        format!("checklist: {done_before} → {done} of {all} completed")
    } else {
        format!("checklist: {done_before} of {all_before} → {done} of {all} completed")
    }
}

/// The view of the edit in the response; `text` is the description after the edit.
fn edit_view(
    issue: &model::IssueText,
    change: &ChecklistChange,
    edit: &Edit,
    text: Option<&str>,
    level: Detail,
) -> View {
    let (adds, removes) = (!change.added.is_empty(), !change.removed.is_empty());
    let summary = View::new(level)
        .brief("items_updated", edit.changed.len())
        .brief("items_already_correct", edit.correct)
        .brief("items_added", adds.then_some(edit.added.len()))
        .brief("items_removed", removes.then_some(edit.removed.len()))
        .brief("previous_progress", edit.before.progress())
        .brief("new_progress", edit.progress())
        .brief("completed", edit.completed())
        .brief("total", edit.total())
        .into_value();
    let word = |checked: bool| if checked { "checked" } else { "unchecked" };
    let row = |index: usize, content: &str, previous: &str, new: &str| {
        json!({
            "index": index,
            "content": content,
            "previous_state": previous,
            "new_state": new,
        })
    };
    let changed = edit
        .changed_items()
        .map(|(index, item)| row(index, &item.text, word(item.checked), word(!item.checked)));
    let removed = edit
        .removed_items()
        .map(|(index, item)| row(index, &item.text, word(item.checked), "removed"));
    let added = edit.added.iter();
    let added = added.map(|(index, text)| row(*index, text, "absent", "unchecked"));
    let changed: Vec<Value> = changed.chain(removed).chain(added).collect();
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
    let changed = edit.changed_items().map(|(_, item)| {
        let verb = if item.checked { "unticked" } else { "ticked" };
        (verb, item.text.as_str())
    });
    let removed = edit.removed_items();
    let removed = removed.map(|(_, item)| ("removed", item.text.as_str()));
    let added = edit.added.iter().map(|(_, text)| ("added", text.as_str()));
    for (verb, text) in changed.chain(removed).chain(added) {
        // Writing to a `String` cannot fail.
        let _ = write!(body, "\n* {verb}: {text}");
    }
    body
}

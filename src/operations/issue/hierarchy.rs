//! `get_issue_hierarchy`: reads an issue with its parent, its siblings and its sub-issues, in one request.
//!
//! CCPM reads the object `hierarchy` by the keys that it has here (`contract.md`, "CCPM"). What is null in it, as the
//! position of an issue without a parent, is left out, as in every answer (`contract.md`, "Envelope").

use std::cmp::Ordering;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Error;
use crate::linear::documents::{IssueHierarchy, issue_hierarchy};
use crate::linear::model::{self, IssueInHierarchy, ParentIssue};
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::page;
use crate::operations::reads::{ReadError, ReadRequest};
use crate::operations::view::{self, View, asks_for, moment_if};
use crate::params::{Count, Detail, Flag, Identifier};
use crate::resolve::issue::IssueRef;
use crate::session::{Context, List, Onward};
use crate::text::checklist::Checklist;
use crate::text::cut;

/// The `get_issue_hierarchy` operation.
#[derive(Debug)]
pub struct GetIssueHierarchy;

/// Get an issue's parent, siblings and sub-issues with their checklists, and its place among the siblings.
///
/// Of siblings and sub-issues the newest are shown, `sibling_limit` of each, the oldest of them first. `hierarchy` has
/// `isSubissue`, `parentIdentifier`, `siblingCount` (without the issue itself) and `position` (from 1, by creation); a
/// value that is missing there is none, or not known.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// `false` leaves the parent out.
    #[schemars(extend("unlisted" = true))]
    include_parent: Option<Flag>,
    /// `false` leaves the siblings out.
    #[schemars(extend("unlisted" = true))]
    include_siblings: Option<Flag>,
    /// `false` leaves the sub-issues out.
    #[schemars(extend("unlisted" = true))]
    include_children: Option<Flag>,
    /// Default: 10, at most 50.
    sibling_limit: Option<Count>,
    /// `false` leaves out the beginnings of the descriptions, as `detail: brief` does.
    #[schemars(extend("unlisted" = true))]
    include_descriptions: Option<Flag>,
}

/// The number of siblings and of sub-issues that are listed where the caller gives none, and the greatest such number.
const DEFAULT_LIMIT: Count = Count(10);
const MAX_LIMIT: u32 = 50;
/// The number of attachments of the parent that are shown.
const ATTACHMENTS: i64 = 50;
/// The number of characters that are shown of the description of a parent, and of any other issue.
const PARENT_CHARS: usize = 800;
const OTHER_CHARS: usize = 200;
/// The number of items that are shown of a checklist.
const ITEMS: usize = 10;

impl Operation for GetIssueHierarchy {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "get_issue_hierarchy",
        title: "Get issue hierarchy",
        effect: Effect::Read,
        subject: Some("issue_id"),
        aliases: &["get_hierarchy"],
        shared: &[CommonParam::Detail, CommonParam::Fields],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let reference = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let limit = params.sibling_limit.unwrap_or(DEFAULT_LIMIT);
        let limit = page::size_up_to(MAX_LIMIT, "sibling_limit", limit)?;
        let includes =
            |flag: Option<Flag>, field| flag.is_none_or(|Flag(on)| on) || asks_for(cx, field);
        let has_parent = includes(params.include_parent, "parent");
        let has_siblings = includes(params.include_siblings, "siblings");
        let has_children = includes(params.include_children, "children");
        let rows = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut request = ReadRequest::default();
        let slot = request.require::<IssueHierarchy>(
            issue_hierarchy::Variables {
                id: reference.id(),
                with_attachments: has_parent,
                attachments: ATTACHMENTS,
                with_siblings: has_siblings,
                // The issue itself may be among them.
                siblings: rows + 1,
                with_children: has_children,
                children: rows,
            },
            reference.not_found(),
        );
        let mut responses = request.send(cx).await.map_err(ReadError::into_error)?;
        let is_parent_unread = responses.is_unread(slot, "parent");
        let answer = responses.get(slot)?.issue;
        super::warn_of_trash(cx, &answer.issue.identifier, answer.issue.trashed);

        let place = Place::of(&answer, is_parent_unread);
        let siblings = has_siblings.then(|| siblings(&answer, limit));
        let children = answer.children.as_ref().map(|children| {
            let newest_first = children.nodes.iter().take(limit);
            newest_first.rev().collect::<Vec<_>>()
        });
        if let Some(parent) = &answer.parent {
            let shown = siblings.as_ref().map(Vec::len);
            warn_of_siblings(cx, &parent.issue, shown, place.siblings);
        }
        let attachments = answer
            .parent
            .as_ref()
            .and_then(|parent| parent.attachments.as_ref());
        if attachments.is_some_and(|list| list.page_info.has_next_page) {
            cx.warn(format!(
                "parent: only the first {ATTACHMENTS} attachments are shown"
            ));
        }
        let is_cut = |list: &model::Connection<_>| list.page_info.has_next_page;
        if answer.children.as_ref().is_some_and(is_cut) {
            cx.warn(format!(
                "Showing {limit} sub-issues (most recent); list_issues with parent_id: {} lists all",
                answer.issue.identifier
            ));
        }
        note_lists(cx);
        let has_descriptions = |level| match params.include_descriptions {
            Some(Flag(on)) => on,
            None => level > Detail::Brief,
        };
        Ok(view::entity(cx, Detail::Standard, &[], |level| {
            let row = |issue: &&IssueInHierarchy| {
                let chars = has_descriptions(level).then_some(OTHER_CHARS);
                row(issue, level, chars, Detail::Full).into_value()
            };
            let rows = |issues: &Vec<&IssueInHierarchy>| issues.iter().map(row).collect::<Value>();
            let parent = answer.parent.as_ref().filter(|_| has_parent);
            View::new(level)
                .brief("issue", head(&answer.issue, level).into_value())
                .brief(
                    "parent",
                    parent.map(|parent| parent_view(parent, level, has_descriptions(level))),
                )
                .brief("siblings", siblings.as_ref().map(rows))
                .brief("children", children.as_ref().map(rows))
                .brief("hierarchy", place.view())
        }))
    }
}

/// The place of an issue among the sub-issues of its parent.
#[derive(Debug)]
struct Place<'a> {
    /// Whether the issue has a parent.
    is_subissue: bool,
    /// The identifier of the parent; `None` where there is no parent, or where Linear could not return it.
    parent: Option<&'a str>,
    /// The number of siblings; `None` where it is not known.
    siblings: Option<usize>,
    /// The position of the issue by time of creation, from 1; `None` where it is not known, or where there is no
    /// parent.
    position: Option<usize>,
}

impl<'a> Place<'a> {
    /// Returns the place of the issue. An archived issue is not among the sub-issues of its parent, and has the place
    /// that it would have there.
    fn of(answer: &'a model::IssueHierarchy, is_parent_unread: bool) -> Self {
        let Some(parent) = &answer.parent else {
            return Self {
                is_subissue: is_parent_unread,
                parent: None,
                siblings: (!is_parent_unread).then_some(0),
                position: None,
            };
        };
        let is_before = |created_at: &str, number: f64| {
            let by_time = created_at.cmp(&answer.created_at);
            by_time.then(number.total_cmp(&answer.number)) == Ordering::Less
        };
        let siblings = parent.order.nodes.iter();
        let siblings: Vec<_> = siblings
            .filter(|sibling| sibling.id != answer.issue.id)
            .collect();
        let before = siblings
            .iter()
            .filter(|sibling| is_before(&sibling.created_at, sibling.number));
        let position = before.count() + 1;
        // Linear returns at most 250 sub-issues on a page, and what a further page holds is not known.
        let is_known = !parent.order.page_info.has_next_page;
        Self {
            is_subissue: true,
            parent: Some(&parent.issue.identifier),
            siblings: is_known.then_some(siblings.len()),
            position: is_known.then_some(position),
        }
    }

    /// The view of the place, in the spelling of CCPM.
    fn view(&self) -> Value {
        json!({
            "isSubissue": self.is_subissue,
            "parentIdentifier": self.parent,
            "siblingCount": self.siblings,
            "position": self.position,
        })
    }
}

/// Returns the newest siblings of the issue, at most `limit` of them, the oldest first.
fn siblings(answer: &model::IssueHierarchy, limit: usize) -> Vec<&IssueInHierarchy> {
    let newest = answer
        .parent
        .as_ref()
        .and_then(|parent| parent.newest.as_ref());
    let newest_first = newest.into_iter().flat_map(|newest| &newest.nodes);
    let others = newest_first.filter(|sibling| sibling.id != answer.issue.id);
    let mut siblings: Vec<_> = others.take(limit).collect();
    siblings.reverse();
    siblings
}

/// Warns where not all siblings are shown, and where their number, `total`, is not known. `shown` is the number of
/// siblings in the answer; `None` where the caller wants none.
fn warn_of_siblings(
    cx: &Context<'_>,
    parent: &IssueInHierarchy,
    shown: Option<usize>,
    total: Option<usize>,
) {
    let identifier = &parent.identifier;
    let unknown = format!(
        "{identifier} has more than 250 sub-issues, so siblingCount and position are not known"
    );
    match (shown, total) {
        (Some(shown), Some(total)) if shown < total => cx.warn(format!(
            "Showing {shown} of {total} siblings (most recent); list_issues with parent_id: {identifier} lists all"
        )),
        (_, Some(_)) => {}
        (Some(shown), None) => {
            cx.warn(format!("Showing {shown} siblings (most recent); {unknown}"));
        }
        (None, None) => cx.warn(unknown),
    }
}

/// Notes the lists from which rows are left out where the answer is too long.
fn note_lists(cx: &Context<'_>) {
    for key in ["siblings", "children"] {
        let list = List {
            key,
            cursors: Vec::new(),
            goes_on_before: true,
            onward: Onward::Operation("list_issues with parent_id"),
            groups: None,
        };
        cx.note(|report| report.outline.put(list));
    }
}

/// The view of an issue without its texts.
fn head(issue: &IssueInHierarchy, level: Detail) -> View {
    View::new(level)
        .full("id", issue.id.as_str())
        .brief("identifier", issue.identifier.as_str())
        .brief("title", issue.title.as_str())
        .brief(
            "state",
            json!({"name": issue.state.name, "type": issue.state.kind}),
        )
        .standard(
            "archived_at",
            moment_if(issue.archived_at.as_deref(), level),
        )
        .brief("trashed", issue.trashed.filter(|trashed| *trashed))
}

/// The view of an issue with at most `chars` characters of its description, if it is to be shown, and with the items of
/// its checklist from the level `items` on.
fn row(issue: &IssueInHierarchy, level: Detail, chars: Option<usize>, items: Detail) -> View {
    let description = issue.description.as_deref();
    let shown = description.filter(|text| !text.trim().is_empty());
    let shown = chars.and_then(|chars| Some(cut(shown?.to_owned(), chars)));
    let checklist = description.and_then(Checklist::parse);
    head(issue, level).brief("description", shown).brief(
        "checklist",
        checklist.map(|checklist| checklist_view(&checklist, level >= items)),
    )
}

/// The view of the parent.
fn parent_view(parent: &ParentIssue, level: Detail, has_description: bool) -> Value {
    let chars = has_description.then_some(PARENT_CHARS);
    row(&parent.issue, level, chars, Detail::Standard)
        .standard(
            "attachments",
            super::attachments(parent.attachments.as_ref(), level),
        )
        .into_value()
}

/// The progress of a checklist, with its first items where these are wanted.
fn checklist_view(checklist: &Checklist, has_items: bool) -> Value {
    let items = checklist.items.iter().take(ITEMS);
    let items: Vec<Value> = items
        .map(|item| json!({"checked": item.checked, "content": item.text}))
        .collect();
    let left_out = checklist.total() - items.len();
    View::new(Detail::Full)
        .brief("progress", checklist.progress())
        .brief("completed", checklist.completed())
        .brief("total", checklist.total())
        .brief("items", has_items.then_some(items))
        .brief(
            "more_items",
            (has_items && left_out > 0).then_some(left_out),
        )
        .into_value()
}

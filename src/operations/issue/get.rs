//! `get_issue`: reads one issue with its attachments and, on request, its comments, sub-issues and relations, in one
//! request.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::error::Error;
use crate::linear::documents::{IssueGet, issue_get};
use crate::linear::model::Issue;
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::view::asks_for;
use crate::operations::{page, reads, view};
use crate::params::{Count, Detail, Flag, Identifier};
use crate::resolve::issue::IssueRef;
use crate::session::{Context, List, Onward};

/// The `get_issue` operation.
#[derive(Debug)]
pub struct GetIssue;

/// Get an issue by identifier, id or URL, with its attachments and, on request, its comments, sub-issues and
/// relations. `fields` brings these too, by name. A checklist in it is counted; `fields: [checklist]` lists it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Issue identifier, id or URL.
    issue_id: Identifier,
    /// Add the comments, oldest first.
    include_comments: Option<Flag>,
    /// How many of the newest comments. Default: 50, at most 250.
    comment_limit: Option<Count>,
    /// `false` leaves the attachments out.
    include_attachments: Option<Flag>,
    /// Add the sub-issues.
    include_children: Option<Flag>,
    /// Add the issues that it blocks, that block it, its duplicates and its related ones.
    include_relations: Option<Flag>,
}

/// The number of attachments, of sub-issues, and of relations in each direction that the response shows.
const LIST_SIZE: i64 = 50;

impl Operation for GetIssue {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "get_issue",
        title: "Get issue",
        effect: Effect::Read,
        subject: Some("issue_id"),
        aliases: &["fetch_issue"],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::MaxDescriptionChars,
            CommonParam::TextOffset,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let reference = IssueRef::parse("issue_id", params.issue_id.as_str())?;
        let comments = page::size("comment_limit", params.comment_limit)?;
        let is_on = |flag: Option<Flag>| flag.is_some_and(|Flag(on)| on);
        let variables = issue_get::Variables {
            id: reference.id(),
            with_attachments: params.include_attachments.is_none_or(|Flag(on)| on)
                || asks_for(cx, "attachments"),
            attachments: LIST_SIZE,
            with_comments: is_on(params.include_comments) || asks_for(cx, "comments"),
            comments: i64::try_from(comments).unwrap_or(i64::MAX),
            with_children: is_on(params.include_children) || asks_for(cx, "children"),
            children: LIST_SIZE,
            with_relations: is_on(params.include_relations) || asks_for(cx, "relations"),
            relations: LIST_SIZE,
        };
        let answer = reads::one::<IssueGet>(cx, variables, reference.not_found()).await?;
        let issue = answer.issue;
        warn_of_cut_lists(cx, &issue);
        cx.note(|report| lists(&issue).for_each(|list| report.outline.put(list)));
        Ok(view::entity(cx, Detail::Standard, &[], |level| {
            super::view(&issue, level)
        }))
    }
}

/// Returns the lists of the issue that are cut if the response gets too long, each with the operation that reads the
/// rest of the list.
fn lists(issue: &Issue) -> impl Iterator<Item = List> {
    let comments = issue.comments.as_ref().map(|comments| List {
        key: "comments",
        cursors: comments.cursors().into_iter().rev().collect(),
        goes_on_before: true,
        onward: Onward::Operation("list_comments"),
        groups: None,
    });
    let children = issue.children.as_ref().map(|_| List {
        key: "children",
        cursors: Vec::new(),
        goes_on_before: false,
        onward: Onward::Operation("list_issues with parent_id"),
        groups: None,
    });
    let attachments = issue.attachments.as_ref().map(|_| List {
        key: "attachments",
        cursors: Vec::new(),
        goes_on_before: false,
        onward: Onward::Operation("get_issue with fields: [attachments]"),
        groups: None,
    });
    [comments, children, attachments].into_iter().flatten()
}

/// Warns of each list that Linear did not return in full.
fn warn_of_cut_lists(cx: &Context<'_>, issue: &Issue) {
    let lists = [
        (
            "comments: only the newest are shown; raise comment_limit",
            issue.comments.as_ref().map(|list| &list.page_info),
        ),
        (
            "attachments: only the first 50 are shown",
            issue.attachments.as_ref().map(|list| &list.page_info),
        ),
        (
            "children: only the newest 50 are shown; call list_issues with parent_id for all",
            issue.children.as_ref().map(|list| &list.page_info),
        ),
        (
            "relations: only 50 from it are shown",
            issue.relations.as_ref().map(|list| &list.page_info),
        ),
        (
            "relations: only 50 to it are shown",
            issue.inverse_relations.as_ref().map(|list| &list.page_info),
        ),
    ];
    for (warning, page) in lists {
        if page.is_some_and(|page| page.has_next_page) {
            cx.warn(warning);
        }
    }
}

//! `list_issues`: one request, cold or warm. What the session knows becomes ids; what it does not know is filtered by
//! name and looked up in the same request, so that a name that means nothing is told from an empty result. Only when
//! the look-up says that a name means something else than itself (an alias, a part of a name) is the list asked for
//! once more.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{row, view};
use crate::error::Error;
use crate::linear::client::{Answers, Repeat};
use crate::linear::compose::Part;
use crate::linear::documents::{
    IssueGet, Issues, IssuesFull, Listing as _, ProjectNamesakes, issues, issues_full,
};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Connection, Issue, IssueRow, PageInfo};
use crate::operation::{Effect, Operation, Shared, Spec};
use crate::operations::page;
use crate::operations::view::{level, list};
use crate::params::{Count, Detail, Flag, Moment, Patch, Priority, Ref, Refs, Text};
use crate::resolve::gather;
use crate::session::Cx;

use self::criteria::Criteria;

mod criteria;

/// The operation.
#[derive(Debug)]
pub struct ListIssues;

/// List issues by filters, all of which must match. A name that means nothing is an error, never an empty list.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Team name, key or id.
    team: Option<Ref>,
    /// State name, type or alias.
    state: Option<Ref>,
    /// User name, e-mail, id or `me`; `null` or `none` for unassigned.
    #[serde(default)]
    assignee: Patch<Ref>,
    /// Labels it must all have.
    labels: Option<Refs>,
    /// Project name, slug or id.
    project: Option<Ref>,
    /// Cycle number or name (with a team), `current`, `next`.
    cycle: Option<Ref>,
    /// 0-4 or none, urgent, high, medium, low.
    priority: Option<Priority>,
    /// Identifier, id or URL of the parent issue.
    parent_id: Option<Ref>,
    /// Text to look for in title and description.
    query: Option<Text>,
    /// Changed since: date, timestamp or `-P7D`.
    updated_after: Option<Moment>,
    /// Made since: date, timestamp or `-P7D`.
    created_after: Option<Moment>,
    /// Default 50, at most 250.
    limit: Option<Count>,
    /// `cursor` of the answer before, for the next ones.
    cursor: Option<Text>,
    /// `updatedAt` (default) or `createdAt`, newest first.
    order_by: Option<OrderBy>,
    /// Archived ones too.
    include_archived: Option<Flag>,
}

/// What a list is sorted by, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum OrderBy {
    CreatedAt,
    UpdatedAt,
}

/// How many whole issues one request may ask for: each is some 40 complexity points of 10,000, of which the look-ups
/// of every filter at once take nearly six tenths (`linear/api.md` §3).
const WHOLE_PAGE: usize = 100;
/// How many labels of an issue a list shows; its documents ask for one more, to tell whether there are. Asking where
/// the page ends would double the points of each.
const LABELS: usize = 10;

/// What hangs on an issue and is only fetched with the one: `get_issue` shows it.
const GET_ONLY: &[&str] = &["attachments", "children", "comments"];

impl Operation for ListIssues {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "list_issues",
        title: "List issues",
        effect: Effect::Read,
        subject: None,
        aliases: &["get_issues"],
        shared: &[
            Shared::Detail,
            Shared::Fields,
            Shared::MaxDescriptionChars,
            Shared::Format,
            Shared::RefreshCache,
        ],
    };

    async fn run(params: Params, cx: &Cx<'_>) -> Result<Value, Error> {
        let limit = page::size("limit", params.limit)
            .map_err(|error| error.suggest("Give the answer's 'cursor' for the next ones"))?;
        let part = Page {
            order_by: params.order_by.unwrap_or(OrderBy::UpdatedAt),
            archived: params.include_archived.is_some_and(|Flag(on)| on),
            after: params.cursor.as_ref().map(|cursor| cursor.0.clone()),
        };
        let (data, info, shown) = if level(cx, Detail::Brief) == Detail::Brief {
            let (issues, info) = fetch::<IssueRow>(cx, &params, part, limit).await?;
            let data = list(cx, "issues", Detail::Brief, &issues, row);
            (data, info, issues.len())
        } else {
            let (issues, info) = fetch::<Issue>(cx, &params, part, limit).await?;
            let data = list(cx, "issues", Detail::Brief, &issues, |issue, level| {
                view(issue, level).without(GET_ONLY)
            });
            (data, info, issues.len())
        };
        Ok(Value::Object(page::with_counts(
            data,
            info,
            shown,
            params.cursor.is_some(),
        )))
    }
}

/// Which part of the list.
#[derive(Clone, Debug)]
struct Page {
    order_by: OrderBy,
    archived: bool,
    after: Option<String>,
}

/// An issue that can be listed: as a brief row or whole.
trait Listed: Sized {
    /// The most that one request may ask for.
    const PAGE: usize;

    fn part(filter: &Filter, page: &Page, first: usize) -> Part;

    fn take(answers: &mut Answers) -> Result<Connection<Self>, Failure>;
}

macro_rules! listed {
    ($entity:ty, $document:ident, $module:ident, $page:expr) => {
        impl Listed for $entity {
            const PAGE: usize = $page;

            fn part(filter: &Filter, page: &Page, first: usize) -> Part {
                Part::of::<$document>($module::Variables {
                    filter: Some(filter.clone()),
                    first: i64::try_from(first).unwrap_or(i64::MAX),
                    after: page.after.clone(),
                    order_by: Some(match page.order_by {
                        OrderBy::CreatedAt => $module::PaginationOrderBy::createdAt,
                        OrderBy::UpdatedAt => $module::PaginationOrderBy::updatedAt,
                    }),
                    include_archived: Some(page.archived),
                })
            }

            fn take(answers: &mut Answers) -> Result<Connection<Self>, Failure> {
                let mut list = answers.take::<$document>(0)?.issues;
                for issue in &mut list.nodes {
                    issue.labels.page_info.has_next_page = issue.labels.nodes.len() > LABELS;
                    issue.labels.nodes.truncate(LABELS);
                }
                Ok(list)
            }
        }
    };
}

listed!(IssueRow, Issues, issues, 250);
listed!(Issue, IssuesFull, issues_full, WHOLE_PAGE);

/// The issues, with where they end.
async fn fetch<T: Listed>(
    cx: &Cx<'_>,
    params: &Params,
    mut page: Page,
    limit: usize,
) -> Result<(Vec<T>, PageInfo), Error> {
    let size = |left: usize| left.min(T::PAGE);
    let mut riders = Vec::new();
    if let Some(parent) = criteria::parent(params)? {
        riders.push(IssuesFull::one(criteria::issue_filter(&parent)));
    }
    let by_name = criteria::by_name(params)?;
    let wants = criteria::wants(params);
    let mut settled = false;
    let (known, answers) = gather(cx, &wants, |known| {
        let filter = match known.map(|known| criteria::resolved(params, known)) {
            Some(Ok(criteria)) => {
                settled = true;
                criteria.filter
            }
            // Nothing need be sent for a request that cannot be answered.
            Some(Err(_)) => return Vec::new(),
            None => {
                let project = criteria::project_by_name(params);
                riders.extend(project.map(|of| ProjectNamesakes::page(Some(of), NAMESAKES, None)));
                by_name.clone()
            }
        };
        let mut parts = vec![T::part(&filter, &page, size(limit))];
        parts.append(&mut riders);
        parts
    })
    .await
    .map_err(Failure::reading)?;
    let criteria = criteria::resolved(params, &known)?;
    let mut found: Vec<T> = Vec::new();
    if let Some(mut answers) = answers {
        check_parent(cx, params, &mut answers).await?;
        if settled || (criteria.by_name && is_alone(params, &criteria, &mut answers)?) {
            let list = T::take(&mut answers).map_err(Failure::reading)?;
            found = list.nodes;
            if found.len() >= limit || !list.page_info.has_next_page {
                return Ok((found, list.page_info));
            }
            page.after = list.page_info.end_cursor;
        }
    }
    loop {
        let part = T::part(&criteria.filter, &page, size(limit - found.len()));
        let mut answers = cx.read(&[part]).await?;
        let list = T::take(&mut answers).map_err(Failure::reading)?;
        found.extend(list.nodes);
        if found.len() >= limit || !list.page_info.has_next_page {
            return Ok((found, list.page_info));
        }
        page.after = list.page_info.end_cursor;
    }
}

/// How many projects of one name are looked at.
const NAMESAKES: i64 = 2;

/// Whether the project is the only one of its name: else the list that was asked for by the name has the issues of the
/// others, too.
fn is_alone(params: &Params, criteria: &Criteria, answers: &mut Answers) -> Result<bool, Error> {
    let Some(project) = &criteria.project else {
        return Ok(true);
    };
    let slot = 1 + usize::from(params.parent_id.is_some());
    let found = answers.take::<ProjectNamesakes>(slot);
    let found = found.map_err(Failure::reading)?.projects.nodes;
    Ok(found.iter().all(|namesake| namesake.id == *project))
}

/// A parent that does not exist is told from one without sub-issues. Filters know identifiers of today only, so one
/// that the parent had before a move is told, too, with the one it has now.
async fn check_parent(cx: &Cx<'_>, params: &Params, answers: &mut Answers) -> Result<(), Error> {
    let Some(parent) = criteria::parent(params)? else {
        return Ok(());
    };
    let found = answers.take::<IssuesFull>(1).map_err(Failure::reading)?;
    if !found.issues.nodes.is_empty() {
        return Ok(());
    }
    let missing = parent.not_found().detail("param", "parent_id");
    let look = cx
        .send(&[IssueGet::alone(&parent.id())], Repeat::Always)
        .await;
    let moved = look.and_then(|mut answers| answers.take::<IssueGet>(0));
    Err(match moved {
        Ok(answer) => {
            missing.suggest_first(format!("It has moved: use '{}'", answer.issue.identifier))
        }
        Err(_) => missing,
    })
}

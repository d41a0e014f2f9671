//! A page of issues as brief rows or as whole issues, listed by a filter or found by Linear's search: what is sent for
//! it, and what is read from the answer.

use super::{Match, OrderBy, Page};
use crate::linear::client::Answers;
use crate::linear::compose::Part;
use crate::linear::documents::{
    Issues, IssuesFull, SearchIssues, SearchIssuesFull, issues, issues_full, search_issues,
    search_issues_full,
};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Issue, IssueRow, PageInfo, Row};

/// What was found.
#[derive(Debug)]
pub(super) struct Found<T> {
    /// On this page, each with the cursor that leads on behind it.
    pub issues: Vec<Row<T>>,
    /// Whether there are more.
    pub info: PageInfo,
    /// How many there are in all, where Linear says so.
    pub total: Option<usize>,
}

/// How many whole issues one request may ask for: each is some 40 complexity points of 10,000, of which the look-ups
/// of every filter at once take nearly six tenths (`linear/api.md` §3).
const WHOLE_PAGE: usize = 100;
/// How many labels of an issue a list shows; its documents ask for one more, to tell whether there are. Asking where
/// the page ends would double the points of each.
const LABELS: usize = 10;

/// An issue that can be listed: as a brief row or whole.
pub(super) trait Listed: Sized {
    /// The most that one request may ask for.
    const PAGE: usize;

    fn id(&self) -> &str;

    fn part(filter: &Filter, page: &Page, first: usize) -> Part;

    fn take(answers: &mut Answers, slot: usize, text: &Match) -> Result<Found<Self>, Failure>;
}

macro_rules! listed {
    ($entity:ty, $page:expr, $list:ident $of_list:ident, $search:ident $of_search:ident) => {
        impl Listed for $entity {
            const PAGE: usize = $page;

            fn id(&self) -> &str {
                &self.id
            }

            fn part(filter: &Filter, page: &Page, first: usize) -> Part {
                let first = i64::try_from(first).unwrap_or(i64::MAX);
                let (after, include_archived) = (page.after.clone(), Some(page.archived));
                if let Match::Ranked(term) = &page.text {
                    return Part::of::<$search>($of_search::Variables {
                        term: term.clone(),
                        filter: Some(filter.clone()),
                        first,
                        after,
                        order_by: page.order_by.map(|order| match order {
                            OrderBy::CreatedAt => $of_search::PaginationOrderBy::createdAt,
                            OrderBy::UpdatedAt => $of_search::PaginationOrderBy::updatedAt,
                        }),
                        include_archived,
                    });
                }
                Part::of::<$list>($of_list::Variables {
                    filter: Some(containing(filter, &page.text)),
                    first,
                    after,
                    order_by: Some(match page.order_by {
                        Some(OrderBy::CreatedAt) => $of_list::PaginationOrderBy::createdAt,
                        _ => $of_list::PaginationOrderBy::updatedAt,
                    }),
                    include_archived,
                })
            }

            fn take(
                answers: &mut Answers,
                slot: usize,
                text: &Match,
            ) -> Result<Found<Self>, Failure> {
                let (mut issues, info, total) = if matches!(text, Match::Ranked(_)) {
                    let hits = answers.take::<$search>(slot)?.search_issues;
                    let (info, total) = (hits.page_info.clone(), count(hits.total_count));
                    (hits.into_rows(), info, total)
                } else {
                    let list = answers.take::<$list>(slot)?.issues;
                    let info = list.page_info.clone();
                    (list.into_rows(), info, None)
                };
                for Row { node: issue, .. } in &mut issues {
                    issue.labels.page_info.has_next_page = issue.labels.nodes.len() > LABELS;
                    issue.labels.nodes.truncate(LABELS);
                }
                Ok(Found {
                    issues,
                    info,
                    total,
                })
            }
        }
    };
}

listed!(IssueRow, 250, Issues issues, SearchIssues search_issues);
listed!(Issue, WHOLE_PAGE, IssuesFull issues_full, SearchIssuesFull search_issues_full);

fn containing(filter: &Filter, text: &Match) -> Filter {
    let Match::Contains(text) = text else {
        return filter.clone();
    };
    let contains = Filter::compare("searchableContent", "contains", text.as_str());
    Filter::all(vec![filter.clone(), contains])
}

/// A whole number that Linear writes as a float (`linear/api.md` §1.2).
fn count(total: f64) -> Option<usize> {
    format!("{total:.0}").parse().ok()
}

//! Finding issues, by filter or by Linear's search: one request, cold or warm. What the session knows becomes ids; what
//! it does not know is filtered by name and looked up in the same request, so that a name that means nothing is told
//! from an empty result. Only when the look-up says that a name means something else than itself (an alias, a part of
//! a name) is the list asked for once more.

mod listed;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use self::listed::{Found, Listed};
use super::criteria::Criteria;
use super::filters::Filters;
use super::{criteria, row, view};
use crate::error::Error;
use crate::linear::client::{Answers, Repeat};
use crate::linear::compose::Part;
use crate::linear::documents::{IssueGet, IssuesFull, Listing as _, ProjectNamesakes};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Issue, IssueRow, Row};
use crate::operations::page::{may_cut, with_counts};
use crate::operations::view::{level, list};
use crate::params::Detail;
use crate::resolve::gather;
use crate::resolve::issue::IssueRef;
use crate::session::Cx;

/// What a list is sorted by, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum OrderBy {
    CreatedAt,
    UpdatedAt,
}

/// How issues are looked for by a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// Any text.
    Any,
    /// Title or description contain it.
    Contains(String),
    /// Linear's search finds it, the best first.
    Ranked(String),
}

/// Which part of which list.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// What is searched for.
    pub text: Match,
    /// What is sorted by; a search without it is ranked.
    pub order_by: Option<OrderBy>,
    /// Whether archived issues are on it.
    pub archived: bool,
    /// The cursor that it begins after.
    pub after: Option<String>,
    /// How many at most.
    pub limit: usize,
}

/// The data of a list of issues, brief unless the caller wants more; the issue `first` stands first on it, when it
/// matches the filters.
///
/// # Errors
/// What the names do not mean, or what became of the request.
pub(super) async fn find(
    cx: &Cx<'_>,
    filters: &Filters,
    page: &Page,
    first: Option<&IssueRef>,
) -> Result<Map<String, Value>, Trouble> {
    let question = Question {
        cx,
        filters,
        page,
        first,
    };
    if level(cx, Detail::Brief) == Detail::Brief {
        let found = question.ask::<IssueRow>().await?;
        let data = list(cx, "issues", Detail::Brief, &found.issues, |of, level| {
            row(&of.node, level)
        });
        Ok(found.counted(cx, data, page))
    } else {
        let found = question.ask::<Issue>().await?;
        let data = list(cx, "issues", Detail::Brief, &found.issues, |of, level| {
            view(&of.node, level)
        });
        Ok(found.counted(cx, data, page))
    }
}

impl<T> Found<T> {
    fn counted(self, cx: &Cx<'_>, data: Map<String, Value>, page: &Page) -> Map<String, Value> {
        let more = self.info.has_next_page;
        let shown = self.issues.len();
        let cursors = self.issues.into_iter().map(|row| row.cursor);
        may_cut(cx, "issues", cursors.collect());
        let mut data = with_counts(data, self.info, shown, page.after.is_some());
        if let (true, Some(total)) = (more, self.total.filter(|total| *total > shown)) {
            data.insert("total".to_owned(), total.into());
        }
        data
    }
}

/// Why nothing was found out.
#[derive(Debug)]
pub(super) struct Trouble {
    /// The error as the caller is told it.
    pub error: Error,
    /// Whether Linear refused because a budget is used up.
    pub limited: bool,
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self {
            error,
            limited: false,
        }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self {
            limited: matches!(failure, Failure::RateLimited(_)),
            error: failure.reading(),
        }
    }
}

/// What is asked, whatever of the issues is shown.
#[derive(Clone, Copy)]
struct Question<'q> {
    cx: &'q Cx<'q>,
    filters: &'q Filters,
    page: &'q Page,
    first: Option<&'q IssueRef>,
}

impl Question<'_> {
    async fn ask<T: Listed>(self) -> Result<Found<T>, Trouble> {
        let parent = criteria::parent(self.filters)?;
        let by_name = criteria::by_name(self.filters)?;
        let wants = criteria::wants(self.filters);
        let namesakes = criteria::project_by_name(self.filters);
        let mut settled = false;
        let (known, answers) = gather(self.cx, &wants, |known| {
            let filter = match known.map(|known| criteria::resolved(self.filters, known)) {
                Some(Ok(criteria)) => {
                    settled = true;
                    criteria.filter
                }
                // Nothing need be sent for a request that cannot be answered.
                Some(Err(_)) => return Vec::new(),
                None => by_name,
            };
            let mut parts = self.parts::<T>(&filter);
            let parent = parent.as_ref().map(criteria::issue_filter);
            parts.extend(parent.map(IssuesFull::one));
            let namesakes = namesakes.filter(|_| !settled);
            parts.extend(namesakes.map(|of| ProjectNamesakes::page(Some(of), NAMESAKES, None)));
            parts
        })
        .await?;
        let criteria = criteria::resolved(self.filters, &known)?;
        let filter = &criteria.filter;
        if let Some(mut answers) = answers {
            if let Some(parent) = &parent {
                check_parent(self.cx, parent, &mut answers, 1 + self.extra()).await?;
            }
            let slot = 1 + self.extra() + usize::from(parent.is_some());
            if settled || (criteria.by_name && is_alone(&criteria, &mut answers, slot)?) {
                let found = self.read(&mut answers)?;
                return self.fill(filter, found).await;
            }
        }
        let mut answers = self
            .cx
            .send(&self.parts::<T>(filter), Repeat::Always)
            .await?;
        let found = self.read(&mut answers)?;
        self.fill(filter, found).await
    }

    /// How many requests for single issues travel behind the list.
    fn extra(self) -> usize {
        usize::from(self.first.is_some())
    }

    /// The first page, and the issue that is to stand first.
    fn parts<T: Listed>(self, filter: &Filter) -> Vec<Part> {
        let room = (self.page.limit - self.extra().min(self.page.limit - 1)).min(T::PAGE);
        let mut parts = vec![T::part(filter, self.page, room)];
        parts.extend(self.first.map(|issue| {
            let filter = Filter::all(vec![filter.clone(), criteria::issue_filter(issue)]);
            let alone = Page {
                text: Match::Any,
                after: None,
                ..self.page.clone()
            };
            T::part(&filter, &alone, 1)
        }));
        parts
    }

    /// The answer to them. Whether Linear's search finds an identifier is not known (`linear/api.md` §1.2), so that the
    /// issue may be there twice, and on any page.
    fn read<T: Listed>(self, answers: &mut Answers) -> Result<Found<T>, Failure> {
        let mut found = T::take(answers, 0, &self.page.text)?;
        if self.first.is_none() {
            return Ok(found);
        }
        let Some(first) = T::take(answers, 1, &Match::Any)?.issues.pop() else {
            return Ok(found);
        };
        found.issues.retain(|row| row.node.id() != first.node.id());
        found.total = None;
        if self.page.after.is_none() {
            // Its cursor is that of another list.
            found.issues.insert(
                0,
                Row {
                    cursor: None,
                    ..first
                },
            );
        }
        if found.issues.len() > self.page.limit {
            // What is left out comes before the page's cursor, which would skip it.
            found.issues.truncate(self.page.limit);
            found.info.end_cursor = found.issues.last().and_then(|row| row.cursor.clone());
            found.info.has_next_page = true;
        }
        Ok(found)
    }

    /// With the pages that follow, as far as more is wanted than one page has.
    async fn fill<T: Listed>(
        self,
        filter: &Filter,
        mut found: Found<T>,
    ) -> Result<Found<T>, Trouble> {
        let mut page = self.page.clone();
        for number in 2.. {
            if !found.info.has_next_page || found.issues.len() >= page.limit {
                break;
            }
            self.cx.next_page(number, found.issues.len());
            page.after = found.info.end_cursor.take();
            let left = page.limit - found.issues.len();
            let part = T::part(filter, &page, left.min(T::PAGE));
            let mut answers = self.cx.send(&[part], Repeat::Always).await?;
            let mut next = T::take(&mut answers, 0, &page.text)?;
            let known = |row: &Row<T>| {
                let mut issues = found.issues.iter();
                issues.any(|known| known.node.id() == row.node.id())
            };
            next.issues.retain(|row| !known(row));
            found.issues.append(&mut next.issues);
            found.info = next.info;
        }
        Ok(found)
    }
}

/// How many projects of one name are looked at.
const NAMESAKES: i64 = 2;

/// Whether the project is the only one of its name: else the list that was asked for by the name has the issues of the
/// others, too.
fn is_alone(criteria: &Criteria, answers: &mut Answers, slot: usize) -> Result<bool, Error> {
    let Some(project) = &criteria.project else {
        return Ok(true);
    };
    let found = answers.take::<ProjectNamesakes>(slot);
    let found = found.map_err(Failure::reading)?.projects.nodes;
    Ok(found.iter().all(|namesake| namesake.id == *project))
}

/// A parent that does not exist is told from one without sub-issues. Filters know identifiers of today only, so one
/// that the parent had before a move is told, too, with the one it has now.
async fn check_parent(
    cx: &Cx<'_>,
    parent: &IssueRef,
    answers: &mut Answers,
    slot: usize,
) -> Result<(), Error> {
    let found = answers.take::<IssuesFull>(slot).map_err(Failure::reading)?;
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

//! `list_issues`: lists the issues that match the filters, in one request. `search_issues` uses the same filters and
//! pages.
//!
//! To add a filter, add a field to [`Params`] and a line to `Params::filters`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{row, view};
use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::documents::{
    Issues, IssuesFull, SearchIssues, SearchIssuesFull, issues, issues_full, search_issues,
    search_issues_full,
};
use crate::linear::filter::Filter;
use crate::linear::model::{Issue, IssueRow, PageInfo, Row};
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::filters::{Filters, Relation, issue_filter, read_first_page};
use crate::operations::page::{self, may_cut, with_counts};
use crate::operations::reads::{ReadError, ReadRequest, Responses, Slot};
use crate::operations::view::{level, list};
use crate::params::{
    Count, Cursor, CycleRef, Detail, Flag, Identifier, LabelNames, Moment, Patch, Priority, Ref,
    Text,
};
use crate::resolve::filter::{CYCLE, LABEL, PROJECT, STATE, TEAM, USER, cycle_of_any_team};
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The `list_issues` operation.
#[derive(Debug)]
pub struct ListIssues;

/// List issues by filters, all of which must match.
///
/// A name that means nothing is an error, never an empty list.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Team name, key or id.
    #[schemars(extend("null" = "refused"))]
    team: Option<Ref>,
    /// State name, type or alias.
    #[schemars(extend("null" = "refused"))]
    state: Option<Ref>,
    /// User name, e-mail, id or `me`; `null` or `none` for unassigned.
    #[serde(default)]
    assignee: Patch<Ref>,
    /// Labels it must all have; `null` for none.
    #[serde(default)]
    labels: Patch<LabelNames>,
    /// Project name, slug, id or URL; `null` for none.
    #[serde(default)]
    project: Patch<Ref>,
    /// Cycle number or name (with a team), `current`, `next`; `null` for none.
    #[serde(default)]
    cycle: Patch<CycleRef>,
    /// 0-4 or none, urgent, high, medium, low.
    #[serde(default)]
    priority: Patch<Priority>,
    /// Identifier, id or URL of the parent issue; `null` for none.
    #[serde(default)]
    parent_id: Patch<Identifier>,
    /// `true`: assigned to the key's owner.
    mine: Option<Flag>,
    /// `true`: changed in the last seven days.
    recent: Option<Flag>,
    /// Text to look for in title and description.
    pub(super) query: Option<Text>,
    /// Changed since: date, timestamp or `-P7D`.
    updated_after: Option<Moment>,
    /// Made since: date, timestamp or `-P7D`.
    created_after: Option<Moment>,
    /// Default: 50, at most 250.
    pub(super) limit: Option<Count>,
    /// `cursor` of the answer before, for the next ones.
    cursor: Option<Cursor>,
    /// By what, newest first. Default: `updatedAt`.
    order_by: Option<OrderBy>,
    /// Archived ones too.
    include_archived: Option<Flag>,
}

impl Operation for ListIssues {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "list_issues",
        title: "List issues",
        effect: Effect::Read,
        subject: None,
        aliases: &["get_issues"],
        shared: CommonParam::OF_A_LIST,
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let mut page = params.page(page::limit(params.limit)?);
        if let Some(text) = params.text().filter(|text| !text.trim().is_empty()) {
            page.text = Match::Contains(text.to_owned());
        }
        let params = params.expand_words()?;
        let data = find(cx, &params, &page, None).await;
        data.map(Value::Object).map_err(ReadError::into_error)
    }
}

/// The words that stand for no assignee.
const UNASSIGNED_WORDS: &[&str] = &["none", "unassigned", "nobody"];
/// The period of `recent` (`contract.md`, "CCPM").
const RECENT_PERIOD: &str = "-P7D";

impl Params {
    /// Returns the filters that the parameters set.
    ///
    /// # Errors
    /// INVALID_PARAM for a parent that does not refer to an issue, MISSING_REQUIRED_PARAM for the name of a cycle
    /// without its team.
    fn filters(&self) -> Result<Filters<'_>, Error> {
        let mut filters = Filters::new(self.team.as_ref());
        match self.priority {
            Patch::Absent => {}
            Patch::Clear => {
                filters.condition(Filter::eq("priority", 0));
            }
            Patch::Set(priority) => {
                filters.condition(Filter::eq("priority", priority.number()));
            }
        }
        filters.issue("parent_id", &self.parent_id, Relation::One("parent"))?;
        for (field, since) in [
            ("updatedAt", &self.updated_after),
            ("createdAt", &self.created_after),
        ] {
            if let Some(since) = since {
                filters.condition(Filter::compare(field, "gte", since.as_str()));
            }
        }
        filters.named(&TEAM, &self.team, Relation::One("team"));
        filters.named(&STATE, &self.state, Relation::One("state"));
        filters.named(&LABEL, &self.labels, Relation::Many("labels"));
        filters.named(&USER, &self.assignee, Relation::One("assignee"));
        filters.named(&PROJECT, &self.project, Relation::One("project"));
        match (&self.cycle, &self.team) {
            (Patch::Set(name), None) => {
                filters.condition(Filter::of("cycle", cycle_of_any_team(name.as_str())?));
            }
            (cycle, _) => {
                filters.named(&CYCLE, cycle, Relation::One("cycle"));
            }
        }
        Ok(filters)
    }

    /// Returns the parameters with each short word replaced by the filter for which it stands: `mine` by the assignee
    /// `me`, `recent` by `updated_after`, and an assignee such as `nobody` by no assignee.
    ///
    /// # Errors
    /// INVALID_PARAM if the parameters also set the filter to another value.
    pub(super) fn expand_words(mut self) -> Result<Self, Error> {
        let is_on = |flag: Option<Flag>| flag.is_some_and(|Flag(on)| on);
        if is_on(self.mine) {
            if self.assignee == Patch::Clear {
                return Err(contradiction("mine", "assignee", "null"));
            }
            let other = self.assignee.value().map(Ref::as_str);
            if let Some(other) = other.filter(|name| fold(name) != "me") {
                return Err(contradiction("mine", "assignee", other));
            }
            self.assignee = Ref::new("me").map_or(Patch::Absent, Patch::Set);
        }
        if is_on(self.recent) {
            if let Some(other) = &self.updated_after {
                return Err(contradiction("recent", "updated_after", other.as_str()));
            }
            self.updated_after = Moment::new(RECENT_PERIOD);
        }
        let assignee = self.assignee.value().map(|name| fold(name.as_str()));
        if assignee.is_some_and(|name| UNASSIGNED_WORDS.contains(&name.as_str())) {
            self.assignee = Patch::Clear;
        }
        Ok(self)
    }

    /// Returns the page of the list that the parameters ask for, of at most `limit` issues. The page does not match
    /// issues by a text; the operation adds the text.
    pub(super) fn page(&self, limit: usize) -> Page {
        Page {
            text: Match::Any,
            order_by: self.order_by,
            archived: self.include_archived.is_some_and(|Flag(on)| on),
            after: self.cursor.as_ref().map(|Cursor(cursor)| cursor.clone()),
            limit,
        }
    }

    /// Returns the text of `query` as the caller wrote it.
    pub(super) fn text(&self) -> Option<&str> {
        self.query.as_ref().map(Text::as_str)
    }
}

/// Returns the error for parameters that contain a short word and also set its filter to another value.
fn contradiction(word: &str, param: &str, given: &str) -> Error {
    let message = format!("'{word}' and '{param}: {given}' cannot both be meant");
    Error::new(Code::InvalidParam, message)
        .detail("param", word)
        .suggest(format!("Give '{word}' or '{param}'"))
}

/// What a list is sorted by, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum OrderBy {
    CreatedAt,
    UpdatedAt,
}

/// The way in which issues are matched by a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// The text of the issues does not matter.
    Any,
    /// Their title or description contains the text.
    Contains(String),
    /// Linear's search finds the issues for the text, the best match first.
    Ranked(String),
}

/// The page of a list of issues that an operation reads.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// The text by which the issues are matched.
    pub text: Match,
    /// The order of the list. A search without an order returns the best match first.
    pub order_by: Option<OrderBy>,
    /// Whether archived issues are included.
    pub archived: bool,
    /// The cursor after which the page begins.
    pub after: Option<String>,
    /// The maximum number of issues.
    pub limit: usize,
}

/// Returns the data of a list of issues, in a brief view unless the caller asks for more. If the issue `first` matches
/// the filters, it is the first of the list.
///
/// # Errors
/// As [`Params::filters`]; the not-found code of a name that matches nothing, or AMBIGUOUS_IDENTIFIER; the failure of
/// the request.
pub(super) async fn find(
    cx: &Context<'_>,
    params: &Params,
    page: &Page,
    first: Option<&IssueRef>,
) -> Result<Map<String, Value>, ReadError> {
    let filters = params.filters()?;
    let list_request = ListRequest {
        cx,
        filters: &filters,
        page,
        first,
    };
    if level(cx, Detail::Brief) == Detail::Brief {
        let found = list_request.read::<IssueRow>().await?;
        let data = list(
            cx,
            "issues",
            Detail::Brief,
            &found.issues,
            |issue, level| row(&issue.node, level),
        );
        Ok(found.counted(cx, data, page))
    } else {
        let found = list_request.read::<Issue>().await?;
        let data = list(
            cx,
            "issues",
            Detail::Brief,
            &found.issues,
            |issue, level| view(&issue.node, level),
        );
        Ok(found.counted(cx, data, page))
    }
}

/// The issues that a request has found.
#[derive(Debug)]
struct ListedIssues<T> {
    /// The issues of this page, each with the cursor after which the next page begins.
    issues: Vec<Row<T>>,
    /// Whether Linear has more issues, and the cursor of the page.
    info: PageInfo,
    /// The number of all matching issues, if Linear returns it.
    total: Option<usize>,
}

impl<T> ListedIssues<T> {
    /// Returns the data of the list with the counts and the cursor.
    fn counted(
        self,
        cx: &Context<'_>,
        data: Map<String, Value>,
        page: &Page,
    ) -> Map<String, Value> {
        let has_more = self.info.has_next_page;
        let shown = self.issues.len();
        let cursors = self.issues.into_iter().map(|row| row.cursor);
        may_cut(cx, "issues", cursors.collect());
        let mut data = with_counts(data, self.info, shown, page.after.is_some());
        if let (true, Some(total)) = (has_more, self.total.filter(|total| *total > shown)) {
            data.insert("total".to_owned(), total.into());
        }
        data
    }
}

/// A request for a list of issues, independent of the level of detail.
#[derive(Clone, Copy)]
struct ListRequest<'q> {
    cx: &'q Context<'q>,
    filters: &'q Filters<'q>,
    page: &'q Page,
    first: Option<&'q IssueRef>,
}

/// The slots of two reads in the responses: that of a page, and that of the issue that comes first if it matches.
type Slots<T> = (<T as Listed>::Slot, Option<<T as Listed>::Slot>);

impl ListRequest<'_> {
    /// Reads the issues, as many pages as the limit needs.
    ///
    /// # Errors
    /// As [`find`].
    async fn read<T: Listed>(self) -> Result<ListedIssues<T>, ReadError> {
        let first_page = read_first_page(self.cx, self.filters, |request, filter, _| {
            self.add::<T>(request, filter)
        });
        let first_page = first_page.await?;
        let corrected =
            first_page.corrected(self.cx, |request, filter| self.add::<T>(request, filter));
        let (resolved, slots, mut responses) = corrected.await?;
        let mut found = self.take_issues::<T>(&mut responses, slots)?;
        let mut page = self.page.clone();
        for number in 2.. {
            if !found.info.has_next_page || found.issues.len() >= page.limit {
                break;
            }
            self.cx.next_page(number, found.issues.len());
            page.after = found.info.end_cursor.take();
            let left = page.limit - found.issues.len();
            let mut request = ReadRequest::default();
            let slot = T::add(&mut request, &resolved.filter, &page, left.min(T::PAGE));
            let mut next = T::get(&mut request.send(self.cx).await?, slot)?;
            let is_listed = |row: &Row<T>| {
                let mut issues = found.issues.iter();
                issues.any(|listed| listed.node.id() == row.node.id())
            };
            next.issues.retain(|row| !is_listed(row));
            found.issues.append(&mut next.issues);
            found.info = next.info;
        }
        Ok(found)
    }

    /// Adds the reads of the first page, and of the issue that comes first if it matches.
    fn add<T: Listed>(self, request: &mut ReadRequest, filter: &Filter) -> Slots<T> {
        let extra = usize::from(self.first.is_some());
        let size = (self.page.limit - extra.min(self.page.limit - 1)).min(T::PAGE);
        let page = T::add(request, filter, self.page, size);
        let first = self.first.map(|issue| {
            let filter = Filter::all(vec![filter.clone(), issue_filter(issue)]);
            let alone = Page {
                text: Match::Any,
                after: None,
                ..self.page.clone()
            };
            T::add(request, &filter, &alone, 1)
        });
        (page, first)
    }

    /// Returns the issues in the responses, with the issue of `first` in front. It is not known whether Linear's search
    /// finds an identifier (`linear/api.md` §1.2), so this issue may also be in any page of the search, and is removed
    /// from the page.
    ///
    /// # Errors
    /// As [`Responses::get`].
    fn take_issues<T: Listed>(
        self,
        responses: &mut Responses,
        (page, first): Slots<T>,
    ) -> Result<ListedIssues<T>, Error> {
        let mut found = T::get(responses, page)?;
        let first = match first {
            Some(slot) => T::get(responses, slot)?.issues.pop(),
            None => None,
        };
        let Some(first) = first else {
            return Ok(found);
        };
        found.issues.retain(|row| row.node.id() != first.node.id());
        found.total = None;
        if self.page.after.is_none() {
            // The cursor of this issue belongs to another list, so it is dropped.
            found.issues.insert(
                0,
                Row {
                    cursor: None,
                    ..first
                },
            );
        }
        if found.issues.len() > self.page.limit {
            // The next page would skip the issues that are cut off here if it began after the cursor of this page, so
            // the cursor of the last remaining issue is returned instead.
            found.issues.truncate(self.page.limit);
            found.info.end_cursor = found.issues.last().and_then(|row| row.cursor.clone());
            found.info.has_next_page = true;
        }
        Ok(found)
    }
}

/// The maximum number of whole issues in one request. A whole issue costs about 40 of the 10,000 complexity points that
/// a request may cost, and the look-ups of all filters together cost nearly 6,000 (`linear/api.md` §3).
const WHOLE_PAGE: usize = 100;
/// The number of labels of an issue that a list shows. The documents read one label more, to find out whether the issue
/// has more: reading the `pageInfo` of the labels would double the complexity points of each issue.
const LABELS: usize = 10;

/// A form in which a list shows an issue: a brief row, or the whole issue.
trait Listed: Sized {
    /// The maximum number of issues in one request.
    const PAGE: usize;
    /// The slot of a page.
    type Slot: Copy;

    /// The id of the issue.
    fn id(&self) -> &str;

    /// Adds the read of a page of `first` issues.
    fn add(request: &mut ReadRequest, filter: &Filter, page: &Page, first: usize) -> Self::Slot;

    /// Returns the issues of the page in that slot.
    ///
    /// # Errors
    /// As [`Responses::get`].
    fn get(responses: &mut Responses, slot: Self::Slot) -> Result<ListedIssues<Self>, Error>;
}

/// The slot of a page, which comes from a list or from Linear's search.
#[derive(Debug)]
enum PageSlot<L, S> {
    List(Slot<L>),
    Search(Slot<S>),
}

// A derived `Clone` or `Copy` would require that `L` and `S` implement the same trait.
impl<L, S> Clone for PageSlot<L, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L, S> Copy for PageSlot<L, S> {}

/// Implements [`Listed`] for a form, from the number of issues in one request and its two documents.
macro_rules! listed {
    ($entity:ty, $page:expr, $list:ident $list_module:ident, $search:ident $search_module:ident) => {
        impl Listed for $entity {
            const PAGE: usize = $page;
            type Slot = PageSlot<$list, $search>;

            fn id(&self) -> &str {
                &self.id
            }

            fn add(
                request: &mut ReadRequest,
                filter: &Filter,
                page: &Page,
                first: usize,
            ) -> Self::Slot {
                let first = i64::try_from(first).unwrap_or(i64::MAX);
                let (after, include_archived) = (page.after.clone(), Some(page.archived));
                if let Match::Ranked(term) = &page.text {
                    return PageSlot::Search(request.add::<$search>($search_module::Variables {
                        term: term.clone(),
                        filter: Some(filter.clone()),
                        first,
                        after,
                        order_by: page.order_by.map(|order| match order {
                            OrderBy::CreatedAt => $search_module::PaginationOrderBy::createdAt,
                            OrderBy::UpdatedAt => $search_module::PaginationOrderBy::updatedAt,
                        }),
                        include_archived,
                    }));
                }
                let filter = match &page.text {
                    Match::Contains(text) => {
                        let text = text.as_str();
                        let contains = Filter::compare("searchableContent", "contains", text);
                        Filter::all(vec![filter.clone(), contains])
                    }
                    Match::Any | Match::Ranked(_) => filter.clone(),
                };
                PageSlot::List(request.add::<$list>($list_module::Variables {
                    filter: Some(filter),
                    first,
                    after,
                    order_by: Some(match page.order_by {
                        Some(OrderBy::CreatedAt) => $list_module::PaginationOrderBy::createdAt,
                        _ => $list_module::PaginationOrderBy::updatedAt,
                    }),
                    include_archived,
                }))
            }

            fn get(
                responses: &mut Responses,
                slot: Self::Slot,
            ) -> Result<ListedIssues<Self>, Error> {
                let (mut issues, info, total) = match slot {
                    PageSlot::Search(slot) => {
                        let hits = responses.get(slot)?.search_issues;
                        let info = hits.page_info.clone();
                        // Linear returns this whole number as a float (`linear/api.md` §1.2).
                        let total = format!("{:.0}", hits.total_count).parse().ok();
                        (hits.into_rows(), info, total)
                    }
                    PageSlot::List(slot) => {
                        let list = responses.get(slot)?.issues;
                        let info = list.page_info.clone();
                        (list.into_rows(), info, None)
                    }
                };
                for Row { node: issue, .. } in &mut issues {
                    issue.labels.page_info.has_next_page = issue.labels.nodes.len() > LABELS;
                    issue.labels.nodes.truncate(LABELS);
                }
                Ok(ListedIssues {
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

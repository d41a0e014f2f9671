//! `list_issues`: lists the issues that match the filters, in one request. `search_issues` uses the same filters and
//! pages.
//!
//! To add a filter, add a field to [`Params`] and a line to `Params::filters`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::create::milestone_without_project;
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
use crate::operations::filters::{
    FilterValue, Filters, Relation, empty_list, issue_filter, read_first_page,
};
use crate::operations::page::{self, may_cut, with_counts};
use crate::operations::reads::{ReadError, ReadRequest, Responses, Slot};
use crate::operations::view::{level, list};
use crate::params::{
    Count, Cursor, CycleRefs, DayOrDuration, Detail, Estimate, Flag, Identifier, LabelNames, List,
    Moment, Patch, Priority, Ref, Refs, Text,
};
use crate::resolve::filter::{
    CYCLE, INITIATIVE, LABEL, MILESTONE, PROJECT, STATE, TEAM, TEAMS, TEAMS_WITH_SUB_TEAMS, USER,
    cycle_of_any_team,
};
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
    /// Team names, keys or ids.
    #[schemars(extend("null" = "refused"))]
    team: Option<Refs>,
    /// true: the teams' sub-teams, too.
    #[schemars(extend("unlisted" = true))]
    include_sub_teams: Option<Flag>,
    /// State names, types or aliases.
    #[schemars(extend("null" = "refused"))]
    state: Option<Refs>,
    /// true: neither completed, canceled nor duplicate; false: one of these.
    open: Option<Flag>,
    /// States that it must not have.
    #[schemars(extend("unlisted" = true, "null" = "refused"))]
    exclude_states: Option<Refs>,
    /// User names, e-mails, ids or `me`; `null` or `none` for unassigned.
    #[serde(default)]
    assignee: Patch<Refs>,
    /// Who made it.
    #[schemars(extend("unlisted" = true, "null" = "refused"))]
    creator: Option<Refs>,
    /// App users that it is delegated to; `null` or `none` for no one.
    #[serde(default)]
    #[schemars(extend("unlisted" = true))]
    delegate: Patch<Refs>,
    /// Users of whom one is subscribed to it.
    #[schemars(extend("unlisted" = true, "null" = "refused"))]
    subscriber: Option<Refs>,
    /// Labels it must all have; `null` for none.
    #[serde(default)]
    labels: Patch<LabelNames>,
    /// Labels of which it must have one.
    #[schemars(extend("null" = "refused"))]
    any_labels: Option<LabelNames>,
    /// Labels that it must not have.
    #[schemars(extend("null" = "refused"))]
    exclude_labels: Option<LabelNames>,
    /// true: without labels; false: with some.
    #[schemars(extend("unlisted" = true))]
    no_labels: Option<Flag>,
    /// Project name, slug, id or URL; `null` for none.
    #[serde(default)]
    project: Patch<Ref>,
    /// Milestone of the project, by name or id; `null` for none.
    #[serde(default)]
    #[schemars(extend("unlisted" = true))]
    milestone: Patch<Ref>,
    /// Initiative of its project, by name, slug or id; `null` for none.
    #[serde(default)]
    #[schemars(extend("unlisted" = true))]
    initiative: Patch<Ref>,
    /// Cycle numbers or names (with a team), `current`, `next`, `previous`; `null` for none.
    #[serde(default)]
    cycle: Patch<CycleRefs>,
    /// 0-4 or none, urgent, high, medium, low; also several.
    #[serde(default)]
    priority: Patch<List<Priority>>,
    /// Points, also several; `null` for none.
    #[serde(default)]
    #[schemars(extend("unlisted" = true))]
    estimate: Patch<List<Estimate>>,
    /// Identifier, id or URL of the parent issue; `null` for none.
    #[serde(default)]
    parent_id: Patch<Identifier>,
    /// true: sub-issues; false: issues without a parent.
    #[schemars(extend("unlisted" = true))]
    has_parent: Option<Flag>,
    /// true: issues with sub-issues; false: without.
    #[schemars(extend("unlisted" = true))]
    has_children: Option<Flag>,
    /// true: blocked by an issue; false: by none.
    #[schemars(extend("unlisted" = true))]
    blocked: Option<Flag>,
    /// true: blocks an issue; false: none.
    #[schemars(extend("unlisted" = true))]
    blocking: Option<Flag>,
    /// `true`: assigned to the key's owner.
    mine: Option<Flag>,
    /// `true`: changed in the last seven days.
    #[schemars(extend("unlisted" = true))]
    recent: Option<Flag>,
    /// Text to look for in title and description.
    pub(super) query: Option<Text>,
    /// Changed since: date, timestamp or `-P7D`.
    updated_after: Option<Moment>,
    /// Changed last before: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    updated_before: Option<Moment>,
    /// Made since: date, timestamp or `-P7D`.
    created_after: Option<Moment>,
    /// Made before: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    created_before: Option<Moment>,
    /// Completed since: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    completed_after: Option<Moment>,
    /// Completed before: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    completed_before: Option<Moment>,
    /// Started since: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    started_after: Option<Moment>,
    /// Started before: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    started_before: Option<Moment>,
    /// Due on or after: date, `P7D` (a week ahead) or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    due_after: Option<DayOrDuration>,
    /// Due before: date, `P7D` (a week ahead) or `-P7D`.
    due_before: Option<DayOrDuration>,
    /// true: due before today (UTC) and open; false: all others.
    #[schemars(extend("unlisted" = true))]
    overdue: Option<Flag>,
    /// Default: 50, at most 250.
    pub(super) limit: Option<Count>,
    /// `cursor` of the answer before, for the next ones.
    cursor: Option<Cursor>,
    /// By what, newest first. Default: `updatedAt`.
    order_by: Option<OrderBy>,
    /// Archived ones too.
    #[schemars(extend("unlisted" = true))]
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

/// The period of `recent` (`contract.md`, "CCPM").
const RECENT_PERIOD: &str = "-P7D";
/// The types of the states of an issue that is not open.
const CLOSED_TYPES: [&str; 3] = ["completed", "canceled", "duplicate"];

impl Params {
    /// Returns the filters that the parameters set. `today` is the current day, as `YYYY-MM-DD`.
    ///
    /// # Errors
    /// INVALID_PARAM for a list without items and for a parent that does not refer to an issue;
    /// MISSING_REQUIRED_PARAM for the name of a cycle without its team, a milestone without its project, and sub-teams
    /// without a team.
    fn filters(&self, today: &str) -> Result<Filters<'_>, Error> {
        self.check_lists()?;
        let is_on = |flag: Option<Flag>| flag.is_some_and(|Flag(on)| on);
        let with_sub_teams = is_on(self.include_sub_teams);
        let team = match self.team.as_deref() {
            Some([team]) if !with_sub_teams => Some(team),
            _ => None,
        };
        let mut filters = Filters::new(team);
        let team_kind = match team {
            Some(_) => &TEAM,
            None if with_sub_teams => &TEAMS_WITH_SUB_TEAMS,
            None => &TEAMS,
        };
        filters.named(team_kind, &self.team, Relation::One("team"));
        filters.named(&STATE, &self.state, Relation::One("state"));
        if let Some(names) = &self.exclude_states {
            let names = names.iter().map(Ref::as_str).collect();
            filters.named(&STATE, FilterValue::Without(names), Relation::One("state"));
        }
        if let Some(Flag(open)) = self.open {
            filters.condition(is_open(open));
        }
        for (field, users) in [("assignee", &self.assignee), ("delegate", &self.delegate)] {
            filters.named(
                &USER,
                FilterValue::users_or_none(users),
                Relation::One(field),
            );
        }
        filters.named(&USER, &self.creator, Relation::One("creator"));
        filters.named(&USER, &self.subscriber, Relation::Many("subscribers"));
        let labels = Relation::Many("labels");
        filters.named(&LABEL, &self.labels, labels);
        if let Some(names) = &self.any_labels {
            filters.named(&LABEL, FilterValue::Any(names.iter().collect()), labels);
        }
        if let Some(names) = &self.exclude_labels {
            filters.named(&LABEL, FilterValue::Without(names.iter().collect()), labels);
        }
        if let Some(Flag(none)) = self.no_labels {
            filters.condition(Filter::of("labels", has_any(!none)));
        }
        filters.named(&PROJECT, &self.project, Relation::One("project"));
        if let (Patch::Set(_), Patch::Absent | Patch::Clear) = (&self.milestone, &self.project) {
            return Err(milestone_without_project());
        }
        filters.named(
            &MILESTONE,
            &self.milestone,
            Relation::One("projectMilestone"),
        );
        let initiatives = Relation::ManyOfOne("project", "initiatives");
        filters.named(&INITIATIVE, &self.initiative, initiatives);
        match (&self.cycle, team) {
            (Patch::Set(names), None) => {
                let names = names.iter();
                let cycles = names.map(|name| cycle_of_any_team(name.as_str()));
                let cycles = cycles.collect::<Result<_, _>>()?;
                filters.condition(Filter::of("cycle", Filter::any(cycles)));
            }
            (cycle, _) => {
                filters.named(&CYCLE, cycle, Relation::One("cycle"));
            }
        }
        match &self.priority {
            Patch::Absent => {}
            Patch::Clear => {
                filters.condition(Filter::eq("priority", 0));
            }
            Patch::Set(priorities) => {
                let numbers = priorities.iter().map(|priority| priority.number());
                filters.condition(number_in("priority", numbers));
            }
        }
        match &self.estimate {
            Patch::Absent => {}
            Patch::Clear => {
                filters.condition(Filter::absent("estimate"));
            }
            Patch::Set(estimates) => {
                let points = estimates.iter().map(|Estimate(points)| *points);
                filters.condition(number_in("estimate", points));
            }
        }
        filters.issue("parent_id", &self.parent_id, Relation::One("parent"))?;
        if let Some(Flag(has_parent)) = self.has_parent {
            filters.condition(Filter::of("parent", Filter::is_empty(!has_parent)));
        }
        if let Some(Flag(has_children)) = self.has_children {
            filters.condition(Filter::of("children", has_any(has_children)));
        }
        for (field, flag) in [
            ("hasBlockedByRelations", self.blocked),
            ("hasBlockingRelations", self.blocking),
        ] {
            if let Some(Flag(has_relation)) = flag {
                filters.condition(Filter::eq(field, has_relation));
            }
        }
        for (field, after, before) in [
            ("updatedAt", &self.updated_after, &self.updated_before),
            ("createdAt", &self.created_after, &self.created_before),
            ("completedAt", &self.completed_after, &self.completed_before),
            ("startedAt", &self.started_after, &self.started_before),
        ] {
            filters.window(field, after.as_ref(), before.as_ref());
        }
        filters.window("dueDate", self.due_after.as_ref(), self.due_before.as_ref());
        if let Some(Flag(overdue)) = self.overdue {
            filters.condition(if overdue {
                Filter::all(vec![Filter::compare("dueDate", "lt", today), is_open(true)])
            } else {
                Filter::any(vec![
                    Filter::absent("dueDate"),
                    Filter::compare("dueDate", "gte", today),
                    is_open(false),
                ])
            });
        }
        Ok(filters)
    }

    /// Checks that no list of names or numbers is empty, since it would be unclear whether it means all issues or none.
    /// An empty list of labels that an issue must have is taken for all issues.
    ///
    /// # Errors
    /// INVALID_PARAM for the first such list.
    fn check_lists(&self) -> Result<(), Error> {
        fn is_empty<T>(list: Option<&List<T>>) -> bool {
            list.is_some_and(|list| list.is_empty())
        }
        let lists = [
            ("team", is_empty(self.team.as_ref())),
            ("state", is_empty(self.state.as_ref())),
            ("exclude_states", is_empty(self.exclude_states.as_ref())),
            ("assignee", is_empty(self.assignee.value())),
            ("creator", is_empty(self.creator.as_ref())),
            ("delegate", is_empty(self.delegate.value())),
            ("subscriber", is_empty(self.subscriber.as_ref())),
            ("any_labels", is_empty(self.any_labels.as_ref())),
            ("exclude_labels", is_empty(self.exclude_labels.as_ref())),
            ("cycle", is_empty(self.cycle.value())),
            ("priority", is_empty(self.priority.value())),
            ("estimate", is_empty(self.estimate.value())),
        ];
        let mut empty = lists.into_iter().filter(|(_, is_empty)| *is_empty);
        match empty.next() {
            Some((param, _)) => Err(empty_list(param)),
            None if self.include_sub_teams.is_some() && self.team.is_none() => Err(Error::new(
                Code::MissingRequiredParam,
                "Which team's sub-teams?",
            )
            .detail("missing", vec!["team"])
            .suggest("Give the team in 'team'")),
            None => Ok(()),
        }
    }

    /// Returns the parameters with each short word replaced by the filter for which it stands: `mine` by the assignee
    /// `me`, and `recent` by `updated_after`.
    ///
    /// # Errors
    /// INVALID_PARAM if the parameters also set the filter to another value.
    pub(super) fn expand_words(mut self) -> Result<Self, Error> {
        let is_on = |flag: Option<Flag>| flag.is_some_and(|Flag(on)| on);
        if is_on(self.mine) {
            if self.assignee == Patch::Clear {
                return Err(contradiction("mine", "assignee", "null"));
            }
            let mut names = self.assignee.value().into_iter().flatten();
            if let Some(other) = names.find(|name| fold(name.as_str()) != "me") {
                return Err(contradiction("mine", "assignee", other.as_str()));
            }
            self.assignee = Patch::from(Ref::new("me").map(|me| Refs::from(vec![me])));
        }
        if is_on(self.recent) {
            if let Some(other) = &self.updated_after {
                return Err(contradiction("recent", "updated_after", other.as_str()));
            }
            self.updated_after = Moment::new(RECENT_PERIOD);
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

/// Returns the filter for issues that are open, or for those that are not.
fn is_open(open: bool) -> Filter {
    let types = CLOSED_TYPES.map(str::to_owned);
    let filter = if open {
        Filter::none_of("type", types)
    } else {
        Filter::one_of("type", types)
    };
    Filter::of("state", filter)
}

/// Returns the filter for collections that have a member, or for those that have none.
fn has_any(any: bool) -> Filter {
    Filter::compare("length", if any { "gt" } else { "eq" }, 0)
}

/// Returns the filter for issues whose field has one of the numbers.
fn number_in(field: &str, numbers: impl Iterator<Item = impl Into<Value>>) -> Filter {
    let numbers: Vec<Value> = numbers.map(Into::into).collect();
    match numbers.as_slice() {
        [number] => Filter::eq(field, number.clone()),
        _ => Filter::compare(field, "in", numbers),
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
    let filters = params.filters(&cx.session.clock.today())?;
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
        let first = self.first.map(|issue| {
            let filter = Filter::all(vec![filter.clone(), issue_filter(issue)]);
            let alone = Page {
                text: Match::Any,
                after: None,
                ..self.page.clone()
            };
            T::add(request, &filter, &alone, 1)
        });
        (T::add(request, filter, self.page, size), first)
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
                let first = request.rows_that_fit::<$search>(first);
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

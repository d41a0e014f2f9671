//! `list_issues`: lists the issues that match the filters, in one request. `search_issues` uses the same filters and
//! pages.
//!
//! To add a filter, add a field to [`Params`] and a line to `Params::filters`.

mod count;
mod groups;
mod order;

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use self::count::{COUNTED, EXACTLY_COUNTED, count_of};
use self::groups::{GroupBy, Groupable, Groups};
pub(super) use self::order::Order;
use self::order::OrderBy;
use super::create::milestone_without_project;
use super::{row, view};
use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::documents::{
    IssueKeys, Issues, IssuesFull, NamedViewIssueKeys, NamedViewIssues, NamedViewIssuesFull,
    SearchIssueKeys, SearchIssues, SearchIssuesFull, ViewIssueKeys, ViewIssues, ViewIssuesFull,
    issue_keys, issues, issues_full, named_view_issue_keys, named_view_issues,
    named_view_issues_full, search_issue_keys, search_issues, search_issues_full, view_issue_keys,
    view_issues, view_issues_full,
};
use crate::linear::filter::Filter;
use crate::linear::model::{Issue, IssueKey, IssueRow, IssueView, PageInfo, Row};
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::filters::{
    FilterValue, Filters, Relation, ResolvedFilters, check_not_empty, is_none_word, issue_filter,
    read_first_page,
};
use crate::operations::page::{self, may_cut, may_cut_groups, with_counts};
use crate::operations::reads::{ReadError, ReadRequest, Responses, Slot};
use crate::operations::view::{View, level, list};
use crate::params::{
    Count, Cursor, CycleRefs, DayOrDuration, Detail, Estimate, Flag, Identifier, LabelNames, List,
    Moment, Patch, Priority, Ref, Refs, Text,
};
use crate::resolve::custom_view::{self, ViewRef};
use crate::resolve::filter::{
    CYCLE, INITIATIVE, LABEL, MILESTONE, PROJECT, STATE, TEAM, TEAM_WITH_SUB_TEAMS, TEAMS,
    TEAMS_WITH_SUB_TEAMS, USER, cycle_of_any_team,
};
use crate::resolve::issue::IssueRef;
use crate::resolve::state::CLOSED_TYPES;
use crate::session::{Context, GROUPS};

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
    #[schemars(extend("unlisted" = true))]
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
    /// Newest first; `priority` urgent first, `due_date` soonest, `manual` as on the board. Default: `updatedAt`.
    order_by: Option<OrderBy>,
    /// Archived ones too.
    #[schemars(extend("unlisted" = true))]
    include_archived: Option<Flag>,
    /// Custom view as a filter: name, slug, id or URL.
    #[schemars(extend("null" = "refused"))]
    view: Option<Ref>,
    /// `groups` with `count` and `issues`; an issue is in the group of each of its labels.
    group_by: Option<GroupBy>,
    /// Direction of `order_by`: `true` newest, most urgent, latest due or last on the board first; `false` the other end.
    #[schemars(extend("unlisted" = true))]
    descending: Option<Flag>,
    /// `true`: only the `count`, with `group_by` of each group; `250+` where there are more.
    #[schemars(extend("unlisted" = true))]
    count_only: Option<Flag>,
    /// `true`: `count_only` counts on, up to 10,000.
    #[schemars(extend("unlisted" = true))]
    exact: Option<Flag>,
    /// `true`: all of them, up to 2,500 (1,000 with more than `detail: brief`), by default the newest first.
    #[schemars(extend("unlisted" = true))]
    all: Option<Flag>,
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
        let text = params.text().filter(|text| !text.trim().is_empty());
        let text = text.map_or(Match::Any, |text| Match::Contains(text.to_owned()));
        let page = params.page(text, None)?;
        let params = params.expand_words()?;
        let data = find(cx, &params, &page, None).await;
        data.map(Value::Object).map_err(ReadError::into_error)
    }
}

/// The period of `recent` (`contract.md`, "CCPM").
const RECENT_PERIOD: &str = "-P7D";

impl Params {
    /// Returns the filters that the parameters set. `today` is the current day, as `YYYY-MM-DD`.
    ///
    /// # Errors
    /// INVALID_PARAM for a list without items and for a parent that does not refer to an issue;
    /// MISSING_REQUIRED_PARAM for the name of a cycle without its team, a milestone without its project, and sub-teams
    /// without a team.
    fn filters(&self, today: &str) -> Result<Filters<'_>, Error> {
        self.check_lists()?;
        let with_sub_teams = is_on(self.include_sub_teams);
        let team = match self.team.as_deref() {
            Some([team]) => Some(team),
            _ => None,
        };
        let mut filters = Filters::new(team);
        let team_kind = match (team, with_sub_teams) {
            (Some(_), false) => &TEAM,
            (Some(_), true) => &TEAM_WITH_SUB_TEAMS,
            (None, false) => &TEAMS,
            (None, true) => &TEAMS_WITH_SUB_TEAMS,
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
                FilterValue::or_none(users, Ref::as_str),
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
                let mut wanted = Vec::new();
                for name in names {
                    wanted.push(if is_none_word(name.as_str()) {
                        Filter::absent("cycle")
                    } else {
                        Filter::of("cycle", cycle_of_any_team(name.as_str())?)
                    });
                }
                filters.condition(Filter::any(wanted));
            }
            (cycle, _) => {
                let cycles = FilterValue::or_none(cycle, |cycle| cycle.as_str());
                filters.named(&CYCLE, cycles, Relation::One("cycle"));
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

    /// Checks that no list of names is empty, since it would be unclear whether it means all issues or none. An empty list for a
    /// parameter that can be `null` is refused before the operation begins.
    ///
    /// # Errors
    /// INVALID_PARAM for the first such list; MISSING_REQUIRED_PARAM for sub-teams without a team.
    fn check_lists(&self) -> Result<(), Error> {
        check_not_empty("team", self.team.as_ref())?;
        check_not_empty("state", self.state.as_ref())?;
        check_not_empty("exclude_states", self.exclude_states.as_ref())?;
        check_not_empty("creator", self.creator.as_ref())?;
        check_not_empty("subscriber", self.subscriber.as_ref())?;
        check_not_empty("any_labels", self.any_labels.as_ref())?;
        check_not_empty("exclude_labels", self.exclude_labels.as_ref())?;
        if is_on(self.include_sub_teams) && self.team.is_none() {
            let message = "Which team's sub-teams?";
            return Err(Error::new(Code::MissingRequiredParam, message)
                .detail("missing", vec!["team"])
                .suggest("Give the team in 'team'"));
        }
        Ok(())
    }

    /// Returns the parameters with each short word replaced by the filter for which it stands: `mine` by the assignee
    /// `me`, and `recent` by `updated_after`.
    ///
    /// # Errors
    /// INVALID_PARAM if the parameters also set the filter to another value.
    pub(super) fn expand_words(mut self) -> Result<Self, Error> {
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

    /// Returns the page of the list that the parameters ask for, of issues that match the text. Without a limit among
    /// the parameters, the page has at most `default_limit` issues.
    ///
    /// # Errors
    /// INVALID_PARAM for parameters that contradict each other, and for what Linear's search cannot do.
    pub(super) fn page(&self, text: Match, default_limit: Option<Count>) -> Result<Page, Error> {
        let (is_all, is_exact) = (is_on(self.all), is_on(self.exact));
        let is_count = is_on(self.count_only);
        let bounds = [
            ("limit", self.limit.is_some()),
            ("cursor", self.cursor.is_some()),
        ];
        for (param, is_given) in bounds {
            if is_given && is_count {
                return Err(exclusive("count_only", param));
            }
        }
        if is_all && self.limit.is_some() {
            return Err(exclusive("all", "limit"));
        }
        if is_exact && !is_count {
            return Err(
                Error::new(Code::InvalidParam, "'exact' is about the count of issues")
                    .detail("param", "exact")
                    .suggest(
                        "Give count_only: true, too, or use all: true for the issues themselves",
                    ),
            );
        }
        let descending = self.descending.map(|Flag(on)| on);
        let order = Order::new(self.order_by, descending);
        if matches!(text, Match::Ranked(_)) {
            order.check_search(self.order_by, descending)?;
            if self.view.is_some() {
                let message = "Linear cannot search within a view";
                return Err(Error::new(Code::InvalidParam, message)
                    .detail("param", "view")
                    .suggest("Call list_issues with the same 'query' and 'view': it lists the issues of the view that contain the text"));
            }
        }
        let length = if is_count && (is_exact || is_all) {
            Length::UpTo(EXACTLY_COUNTED)
        } else if is_count {
            Length::UpTo(COUNTED)
        } else if is_all {
            Length::Whole
        } else {
            Length::UpTo(page::limit(self.limit.or(default_limit))?)
        };
        let is_search = matches!(text, Match::Ranked(_));
        Ok(Page {
            text,
            // An issue that changes while it is counted, or while all issues are read, keeps its place in this order.
            order: match order {
                _ if is_count => Order::LastCreated,
                Order::Default if is_all && !is_search => Order::LastCreated,
                order => order,
            },
            archived: is_on(self.include_archived),
            after: self.cursor.as_ref().map(|Cursor(cursor)| cursor.clone()),
            length,
            view: self.view.as_ref().map(|view| ViewRef::new(view.as_str())),
            group_by: self.group_by,
            is_count,
        })
    }

    /// Returns the text of `query` as the caller wrote it.
    pub(super) fn text(&self) -> Option<&str> {
        self.query.as_ref().map(Text::as_str)
    }
}

/// Whether the switch is on.
fn is_on(switch: Option<Flag>) -> bool {
    switch.is_some_and(|Flag(on)| on)
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

/// Returns the error for two parameters of which one says what the other one bounds.
fn exclusive(param: &str, other: &str) -> Error {
    let message = format!("'{param}: true' and '{other}' cannot both be meant");
    Error::new(Code::InvalidParam, message)
        .detail("param", other)
        .suggest(format!("Give '{param}' or '{other}'"))
}

/// How many issues a list has at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// This many.
    UpTo(usize),
    /// As many as [`MOST_PAGES`] of Linear's pages hold (`all: true`).
    Whole,
}

/// The largest number of pages that `all: true` reads.
const MOST_PAGES: usize = 10;

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
    /// The order of the list.
    pub order: Order,
    /// Whether archived issues are included.
    pub archived: bool,
    /// The cursor after which the page begins.
    pub after: Option<String>,
    /// The maximum number of issues.
    pub length: Length,
    /// The custom view whose issues are listed.
    pub view: Option<ViewRef>,
    /// The field by which the issues are grouped.
    pub group_by: Option<GroupBy>,
    /// Whether only the number of issues is asked for.
    pub is_count: bool,
}

impl Page {
    /// Whether the fields by which issues are grouped are read.
    fn is_grouped(&self) -> bool {
        self.group_by.is_some()
    }
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
    let mut filters = params.filters(&cx.session.clock.today())?;
    if let Some(ViewRef::Name(name)) = &page.view {
        filters.look_up_view(name);
    }
    let list_request = ListRequest {
        cx,
        filters: &filters,
        page,
        first,
    };
    if page.is_count {
        list_request.count().await
    } else if level(cx, Detail::Brief) == Detail::Brief {
        list_request.list(row).await
    } else {
        list_request.list(view).await
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
    /// The id of the issue that a search names, which comes first and is left out of the pages.
    named_issue: Option<String>,
}

impl<T: Listed> ListedIssues<T> {
    /// Returns the ids of the issues.
    fn ids(&self) -> HashSet<String> {
        let ids = self.issues.iter().map(|row| row.node.id().to_owned());
        ids.collect()
    }
}

/// Where the issues of a list come from.
#[derive(Clone, Debug)]
enum Source {
    /// The whole workspace, or Linear's search.
    Workspace,
    /// The custom view with this id or slug. The error is for a view that does not exist.
    View { id: String, not_found: Error },
    /// The custom view that this filter finds.
    NamedView(Filter),
}

impl Source {
    /// Returns where the issues of the page come from. `view_id` is the id of the view, where the page names a view whose
    /// name is looked up already.
    fn new(page: &Page, view_id: Option<&str>) -> Self {
        let view = |id: &str, wanted: &str| Self::View {
            id: id.to_owned(),
            not_found: custom_view::not_found(wanted),
        };
        match (&page.view, view_id) {
            (None, _) => Self::Workspace,
            (Some(ViewRef::Handle { handle, given }), _) => view(handle, given),
            (Some(ViewRef::Name(name)), Some(id)) => view(id, name),
            (Some(ViewRef::Name(name)), None) => Self::NamedView(custom_view::exact(name)),
        }
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
    /// Returns the data of the list, or of its groups, with the counts and the cursor. `view` returns the view of an
    /// issue.
    ///
    /// # Errors
    /// As [`find`].
    async fn list<T: Listed + Groupable>(
        self,
        view: fn(&T, Detail) -> View,
    ) -> Result<Map<String, Value>, ReadError> {
        let (cx, page) = (self.cx, self.page);
        let ListedIssues {
            issues,
            info,
            total,
            ..
        } = self.read::<T>().await?;
        let left_out = match page.group_by {
            // Fields that the caller asks for by name are shown.
            Some(by) if cx.common.fields.is_none() => by.told_by_group(),
            _ => &[],
        };
        let mut data = list(cx, "issues", Detail::Brief, &issues, |issue, level| {
            view(&issue.node, level).without(left_out)
        });
        let shown = issues.len();
        let has_more = info.has_next_page;
        let is_continued = page.after.is_some();
        let groups = page.group_by.map(|by| {
            let groups = Groups::of(issues.iter().map(|row| &row.node), by);
            groups.warn_of_more_labels(cx);
            groups.groups
        });
        let cursors = issues.into_iter().map(|row| row.cursor).collect();
        if let Some(groups) = groups {
            let places = groups.iter().map(|group| group.places.clone());
            may_cut_groups(cx, "issues", cursors, places.collect());
            let key = if cx.common.table { "rows" } else { "issues" };
            let rows = data.shift_remove(key);
            let rows = rows.as_ref().and_then(Value::as_array);
            let groups = groups.into_iter().map(|group| {
                let rows = group.places.iter().map(|place| rows?.get(*place).cloned());
                let rows: Option<Value> = rows.collect();
                let count = count_of(group.places.len(), !has_more && !is_continued);
                let mut group = group.into_data(count);
                group.insert(key.to_owned(), rows.unwrap_or_default());
                Value::Object(group)
            });
            data.insert(GROUPS.to_owned(), groups.collect());
        } else {
            may_cut(cx, "issues", cursors);
        }
        if page.length == Length::Whole && has_more {
            cx.warn(format!(
                "all: true reads {shown} issues at most; give the cursor for the others"
            ));
        }
        let mut data = with_counts(data, info, shown, is_continued);
        if let (true, Some(total)) = (has_more, total.filter(|total| *total > shown)) {
            data.insert("total".to_owned(), total.into());
        }
        Ok(data)
    }

    /// Returns the maximum number of issues in the list.
    fn limit<T: Listed>(self) -> usize {
        match self.page.length {
            Length::UpTo(limit) => limit,
            Length::Whole => MOST_PAGES * T::PAGE,
        }
    }

    /// Reads the issues, as many pages as the limit needs.
    ///
    /// # Errors
    /// As [`find`].
    async fn read<T: Listed>(self) -> Result<ListedIssues<T>, ReadError> {
        let mut cached_view = None;
        let mut first_page = self.first_page::<T>(&mut cached_view).await;
        if let (Err(ReadError::NotFound { .. }), Some(id)) = (&first_page, cached_view) {
            // The view was deleted since it was cached. Another view may have the name by now.
            self.cx.session.cache.custom_views.forget(&id);
            first_page = self.first_page::<T>(&mut None).await;
        }
        let (resolved, source, mut found) = first_page?;
        let limit = self.limit::<T>();
        let mut ids: HashSet<String> = found.ids();
        ids.extend(found.named_issue.take());
        let mut page = self.page.clone();
        for number in 2.. {
            let is_counted = self.page.is_count && found.total.is_some();
            let is_enough = found.issues.len() >= limit || (is_counted && !self.page.is_grouped());
            if !found.info.has_next_page || is_enough {
                break;
            }
            self.cx.next_page(number, found.issues.len());
            page.after = found.info.end_cursor.take();
            let size = (limit - found.issues.len()).min(T::PAGE);
            let mut request = ReadRequest::default();
            let slot = T::add(&mut request, &source, &resolved.filter, &page, size);
            let mut next = T::get(&mut request.send(self.cx).await?, slot)?;
            next.issues
                .retain(|row| ids.insert(row.node.id().to_owned()));
            found.issues.append(&mut next.issues);
            found.info = next.info;
        }
        Ok(found)
    }

    /// Reads the first page. Returns the resolved filters, and where the issues come from. Sets `cached_view` to the id
    /// of the view where the session cache had its name.
    ///
    /// # Errors
    /// As [`find`].
    async fn first_page<T: Listed>(
        self,
        cached_view: &mut Option<String>,
    ) -> Result<(ResolvedFilters, Source, ListedIssues<T>), ReadError> {
        let first_page = read_first_page(self.cx, self.filters, |request, filter, resolved| {
            let view = resolved.and_then(|resolved| resolved.view.as_ref());
            *cached_view = view.map(|view| view.id.clone());
            let source = Source::new(self.page, view.map(|view| view.id.as_str()));
            self.add::<T>(request, &source, filter)
        });
        let first_page = first_page.await?;
        let view = first_page.resolved.view.as_ref();
        let source = Source::new(self.page, view.map(|view| view.id.as_str()));
        let corrected = first_page.corrected(self.cx, |request, filter| {
            self.add::<T>(request, &source, filter)
        });
        let (resolved, slots, mut responses) = corrected.await?;
        let found = self.take_issues::<T>(&mut responses, slots)?;
        Ok((resolved, source, found))
    }

    /// Adds the reads of the first page, and of the issue that comes first if it matches.
    fn add<T: Listed>(
        self,
        request: &mut ReadRequest,
        source: &Source,
        filter: &Filter,
    ) -> Slots<T> {
        let size = self.limit::<T>().min(T::PAGE);
        let first = self.first.map(|issue| {
            let filter = Filter::all(vec![filter.clone(), issue_filter(issue)]);
            let alone = Page {
                text: Match::Any,
                after: None,
                ..self.page.clone()
            };
            T::add(request, &Source::Workspace, &filter, &alone, 1)
        });
        let page = request.add_page(size, |request, size| {
            T::add(request, source, filter, self.page, size)
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
        found.named_issue = Some(first.node.id().to_owned());
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
        let limit = self.limit::<T>();
        if found.issues.len() > limit {
            // The next page would skip the issues that are cut off here if it began after the cursor of this page, so
            // the cursor of the last remaining issue is returned instead.
            found.issues.truncate(limit);
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
    fn add(
        request: &mut ReadRequest,
        source: &Source,
        filter: &Filter,
        page: &Page,
        first: usize,
    ) -> Self::Slot;

    /// Returns the issues of the page in that slot.
    ///
    /// # Errors
    /// INVALID_PARAM for a custom view that does not list issues; else as [`Responses::get`].
    fn get(responses: &mut Responses, slot: Self::Slot) -> Result<ListedIssues<Self>, Error>;
}

/// The slot of a page, which comes from a list, from Linear's search, or from a custom view.
#[derive(Debug)]
enum PageSlot<L, S, V, N> {
    List(Slot<L>),
    Search(Slot<S>),
    View(Slot<V>),
    NamedView(Slot<N>),
}

// A derived `Clone` or `Copy` would require that the types implement the same trait.
impl<L, S, V, N> Clone for PageSlot<L, S, V, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L, S, V, N> Copy for PageSlot<L, S, V, N> {}

/// Returns the rows of the page of a custom view, and whether another page follows.
///
/// # Errors
/// INVALID_PARAM for a view that does not list issues.
fn issues_of_view<T>(view: IssueView<T>) -> Result<(Vec<Row<T>>, PageInfo), Error> {
    custom_view::check_lists_issues(&view.name, &view.model_name)?;
    let info = view.issues.page_info.clone();
    Ok((view.issues.into_rows(), info))
}

/// Makes the variables of a document that lists issues, from the module of the document. The variables in braces are
/// those that the document has besides the common ones.
macro_rules! list_variables {
    ($module:ident, $page:ident, $filter:expr, $first:expr, { $($name:ident: $value:expr),* $(,)? }) => {
        $module::Variables {
            filter: Some($filter),
            first: $first,
            after: $page.after.clone(),
            order_by: match $page.order {
                Order::Sorted(_) => None,
                Order::LastCreated => Some($module::PaginationOrderBy::createdAt),
                Order::Default | Order::LastUpdated => Some($module::PaginationOrderBy::updatedAt),
            },
            include_archived: Some($page.archived),
            $($name: $value,)*
        }
    };
}

/// Implements [`Listed`] for a form, from the number of issues in one request and the documents: for a list, for the
/// custom view with an id, for the custom view with a name, and for a search. The variables in braces are those that the
/// documents have besides the common ones; `page` names the page in them.
macro_rules! listed {
    (
        $entity:ty, $size:expr, $page:ident,
        $list:ident $list_module:ident, $view:ident $view_module:ident, $named:ident $named_module:ident
        { $($name:ident: $value:expr),* },
        $search:ident $search_module:ident { $($search_name:ident: $search_value:expr),* }
    ) => {
        impl Listed for $entity {
            const PAGE: usize = $size;
            type Slot = PageSlot<$list, $search, $view, $named>;

            fn id(&self) -> &str {
                &self.id
            }

            fn add(
                request: &mut ReadRequest,
                source: &Source,
                filter: &Filter,
                $page: &Page,
                first: usize,
            ) -> Self::Slot {
                let first = i64::try_from(first).unwrap_or(i64::MAX);
                let filter = filter.clone();
                let filter = match &$page.text {
                    Match::Ranked(term) => {
                        return PageSlot::Search(request.add::<$search>(
                            $search_module::Variables {
                                term: term.clone(),
                                filter: Some(filter),
                                first,
                                after: $page.after.clone(),
                                order_by: match $page.order {
                                    Order::LastCreated => {
                                        Some($search_module::PaginationOrderBy::createdAt)
                                    }
                                    Order::LastUpdated => {
                                        Some($search_module::PaginationOrderBy::updatedAt)
                                    }
                                    Order::Default | Order::Sorted(_) => None,
                                },
                                include_archived: Some($page.archived),
                                $($search_name: $search_value,)*
                            },
                        ));
                    }
                    Match::Contains(text) => {
                        let text = text.as_str();
                        let contains = Filter::compare("searchableContent", "contains", text);
                        Filter::all(vec![filter, contains])
                    }
                    Match::Any => filter,
                };
                match source {
                    Source::Workspace => PageSlot::List(request.add::<$list>(list_variables!(
                        $list_module, $page, filter, first, { $($name: $value),* }
                    ))),
                    Source::View { id, not_found } => {
                        let variables = list_variables!(
                            $view_module, $page, filter, first, { id: id.clone(), $($name: $value),* }
                        );
                        PageSlot::View(request.require::<$view>(variables, not_found.clone()))
                    }
                    Source::NamedView(view) => {
                        PageSlot::NamedView(request.add::<$named>(list_variables!(
                            $named_module, $page, filter, first,
                            { view: Some(view.clone()), $($name: $value),* }
                        )))
                    }
                }
            }

            fn get(
                responses: &mut Responses,
                slot: Self::Slot,
            ) -> Result<ListedIssues<Self>, Error> {
                let mut total = None;
                let (mut issues, info) = match slot {
                    PageSlot::Search(slot) => {
                        let hits = responses.get(slot)?.search_issues;
                        let info = hits.page_info.clone();
                        // Linear returns this whole number as a float (`linear/api.md` §1.2).
                        total = format!("{:.0}", hits.total_count).parse().ok();
                        (hits.into_rows(), info)
                    }
                    PageSlot::List(slot) => {
                        let list = responses.get(slot)?.issues;
                        let info = list.page_info.clone();
                        (list.into_rows(), info)
                    }
                    PageSlot::View(slot) => issues_of_view(responses.get(slot)?.custom_view)?,
                    PageSlot::NamedView(slot) => {
                        let view = responses.get(slot)?.custom_views.nodes.into_iter().next();
                        issues_of_view(view.ok_or_else(custom_view::unread)?)?
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
                    named_issue: None,
                })
            }
        }
    };
}

listed!(
    IssueRow, 250, page,
    Issues issues, ViewIssues view_issues, NamedViewIssues named_view_issues
    { sort: page.order.sort(), grouped: page.is_grouped() },
    SearchIssues search_issues { grouped: page.is_grouped() }
);
listed!(
    Issue, WHOLE_PAGE, page,
    IssuesFull issues_full, ViewIssuesFull view_issues_full,
    NamedViewIssuesFull named_view_issues_full
    { sort: page.order.sort() },
    SearchIssuesFull search_issues_full {}
);
listed!(
    IssueKey, COUNTED, page,
    IssueKeys issue_keys, ViewIssueKeys view_issue_keys, NamedViewIssueKeys named_view_issue_keys
    { grouped: page.is_grouped(), labelled: page.group_by == Some(GroupBy::Label) },
    SearchIssueKeys search_issue_keys
    { grouped: page.is_grouped(), labelled: page.group_by == Some(GroupBy::Label) }
);

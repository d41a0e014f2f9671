//! `list_projects`: answers from the session cache where the cache has all projects and can apply the filters, or else
//! from Linear. The first request to Linear also looks up the names in the filters. Where the session cache does not
//! have all projects, the request reads these, too, and the cache keeps them if they fit on one page, so that the next
//! `list_projects` may need no request.
//!
//! To add a filter, add a field to [`Params`] and its declaration to `Params::filters`.

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{view, wants_whole};
use crate::cache::{CacheLookup, Epoch, fold};
use crate::error::Error;
use crate::linear::documents::{ProjectPage, Projects, project_page};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Connection, PageInfo, Project};
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::filters::{
    FilterValue, Filters, Relation, ResolvedFilters, check_not_empty, read_first_page,
};
use crate::operations::page;
use crate::operations::reads::{ReadError, ReadRequest, Responses, Slot};
use crate::operations::view::list;
use crate::params::{
    Count, Cursor, DayOrDuration, Detail, Flag, LabelNames, List, Moment, Patch, ProjectHealth,
    Ref, Refs, Text,
};
use crate::resolve::filter::{INITIATIVE, PROJECT_LABEL, PROJECT_STATUS, TEAM, TEAMS, USER};
use crate::resolve::project::{MAX_LABELS, MAX_TEAMS};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct ListProjects;

/// List projects by filters, all of which must match, the newest first.
///
/// A name that means nothing is an error, never an empty list.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Team names, keys or ids.
    #[schemars(extend("null" = "refused"))]
    team: Option<Refs>,
    /// Status names or types.
    #[schemars(extend("null" = "refused"))]
    state: Option<Refs>,
    /// Users; `null` or `none` for no lead.
    #[serde(default)]
    lead: Patch<Refs>,
    /// Users of whom one is a member.
    #[schemars(extend("unlisted" = true, "null" = "refused"))]
    member: Option<Refs>,
    /// Labels it must all have; `null` for none.
    #[serde(default)]
    labels: Patch<LabelNames>,
    /// Initiative names, slugs or ids.
    #[schemars(extend("null" = "refused"))]
    initiative: Option<Refs>,
    /// onTrack, atRisk or offTrack; `null` for no update.
    #[serde(default)]
    health: Patch<List<ProjectHealth>>,
    /// Text to look for in the name.
    query: Option<Text>,
    /// Made since: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    created_after: Option<Moment>,
    /// Made before: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    created_before: Option<Moment>,
    /// Changed since: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    updated_after: Option<Moment>,
    /// Changed last before: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    updated_before: Option<Moment>,
    /// Started since: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    started_after: Option<Moment>,
    /// Started before: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    started_before: Option<Moment>,
    /// Completed since: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    completed_after: Option<Moment>,
    /// Completed before: date, timestamp or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    completed_before: Option<Moment>,
    /// Target date on or after: date, `P7D` (a week ahead) or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    due_after: Option<DayOrDuration>,
    /// Target date before: date, `P7D` (a week ahead) or `-P7D`.
    #[schemars(extend("unlisted" = true))]
    due_before: Option<DayOrDuration>,
    /// Default: 50, at most 250.
    limit: Option<Count>,
    /// `cursor` of the answer before, for the next ones.
    cursor: Option<Cursor>,
    /// Archived ones too.
    #[schemars(extend("unlisted" = true))]
    include_archived: Option<Flag>,
}

impl Params {
    /// Returns the filters: for each, its form in a request to Linear, and its form for cached projects where these have
    /// what it is about. Durations count from `now`.
    ///
    /// # Errors
    /// INVALID_PARAM for a list without items. An empty list of labels is taken for all projects.
    fn filters(&self, now: Timestamp) -> Result<Filters<'_, Project>, Error> {
        check_not_empty("team", self.team.as_ref())?;
        check_not_empty("state", self.state.as_ref())?;
        check_not_empty("lead", self.lead.value())?;
        check_not_empty("member", self.member.as_ref())?;
        check_not_empty("initiative", self.initiative.as_ref())?;
        check_not_empty("health", self.health.value())?;
        let team = match self.team.as_deref() {
            Some([team]) => Some(team),
            _ => None,
        };
        let mut filters: Filters<'_, Project> = Filters::new(team);
        let team_kind = if team.is_some() { &TEAM } else { &TEAMS };
        filters
            .named(team_kind, &self.team, Relation::Many("accessibleTeams"))
            .in_rows(|project| {
                let teams = &project.teams.nodes;
                let ids = teams.iter().map(|team| team.id.as_str());
                (teams.len() < MAX_TEAMS).then(|| ids.collect())
            });
        filters
            .named(
                &USER,
                FilterValue::or_none(&self.lead, Ref::as_str),
                Relation::One("lead"),
            )
            .in_rows(|project| {
                let lead = project.lead.iter();
                Some(lead.map(|lead| lead.id.as_str()).collect())
            });
        filters
            .named(&PROJECT_LABEL, &self.labels, Relation::Many("labels"))
            .in_rows(|project| {
                let labels = &project.labels.nodes;
                let ids = labels.iter().map(|label| label.id.as_str());
                (labels.len() < MAX_LABELS).then(|| ids.collect())
            });
        // A cached project has neither its members and initiatives nor its health, so that these filters have no form for
        // cached projects.
        filters.named(&USER, &self.member, Relation::Many("members"));
        filters.named(&INITIATIVE, &self.initiative, Relation::Many("initiatives"));
        let healths: &[ProjectHealth] = match &self.health {
            Patch::Absent => &[],
            Patch::Clear => &[ProjectHealth::Unreported],
            Patch::Set(healths) => healths,
        };
        if !healths.is_empty() {
            filters.condition(health_filter(healths));
        }
        filters
            .named(&PROJECT_STATUS, &self.state, Relation::One("status"))
            .in_rows(|project| Some(vec![project.status.id.as_str()]));
        let text = self.query.as_ref().map(|text| text.as_str().trim());
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            let folded = fold(text);
            filters
                .condition(Filter::contains("name", text))
                .matching(move |project| fold(&project.name).contains(&folded));
        }
        let at = |bound: &Option<Moment>| Some(bound.as_ref()?.at(now));
        let (after, before) = (at(&self.created_after), at(&self.created_before));
        filters.window_in_rows("createdAt", after, before, |project| {
            Some(&project.created_at)
        });
        let on = |bound: &Option<DayOrDuration>| Some(bound.as_ref()?.at(now));
        let (after, before) = (on(&self.due_after), on(&self.due_before));
        filters.window_in_rows("targetDate", after, before, |project| {
            project.target_date.as_deref()
        });
        for (field, after, before) in [
            ("updatedAt", &self.updated_after, &self.updated_before),
            ("startedAt", &self.started_after, &self.started_before),
            ("completedAt", &self.completed_after, &self.completed_before),
        ] {
            filters.window(field, after.as_ref(), before.as_ref());
        }
        Ok(filters)
    }
}

/// Returns the filter for projects that have one of the healths. Linear has no comparator for an empty health, but says
/// `noUpdate` of it where the age of the health counts, too.
fn health_filter(healths: &[ProjectHealth]) -> Filter {
    let words = healths.iter().filter_map(|health| health.word());
    let words: Vec<String> = words.map(str::to_owned).collect();
    let mut filters = Vec::new();
    if healths.contains(&ProjectHealth::Unreported) {
        filters.push(Filter::eq("healthWithAge", "noUpdate"));
    }
    if !words.is_empty() {
        filters.push(Filter::one_of("health", words));
    }
    Filter::any(filters)
}

/// How many projects one request may read. A request may cost 10,000 complexity points at most: a project costs some 34
/// of them, the look-ups of all filters together some 2,100, and the list of all projects 1,540 (`linear/api.md` §3).
const MAX_PAGE_SIZE: usize = 100;

/// How many projects there may be at most for the session cache to keep the list of all projects.
const MAX_CACHED_LIST: i64 = 50;

/// The fields that only `get_project` reads.
const GET_ONLY: &[&str] = &["members", "more_members", "milestones", "more_milestones"];

impl Operation for ListProjects {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "list_projects",
        title: "List projects",
        effect: Effect::Read,
        subject: None,
        aliases: &["get_projects"],
        shared: CommonParam::OF_A_LIST,
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let limit = page::limit(params.limit)?;
        let query = Query {
            include_archived: params.include_archived.is_some_and(|Flag(on)| on),
            whole: wants_whole(cx, Detail::Brief),
            after: params.cursor.as_ref().map(|cursor| cursor.0.clone()),
            limit,
        };
        let filters = params.filters(cx.session.clock.now())?;
        let found = fetch(cx, &filters, query).await?;
        let team_id = found.team_id.as_deref();
        page::may_cut(cx, "projects", found.cursors);
        let data = list(
            cx,
            "projects",
            Detail::Brief,
            &found.projects,
            |project, level| view(project, team_id, level).without(GET_ONLY),
        );
        Ok(Value::Object(page::with_counts(
            data,
            found.info,
            found.projects.len(),
            params.cursor.is_some(),
        )))
    }
}

/// Which part of the list is to be read, and how much of each project.
#[derive(Clone, Debug)]
struct Query {
    include_archived: bool,
    /// Whether fields are needed that the session cache does not keep.
    whole: bool,
    /// The cursor after which the next page starts.
    after: Option<String>,
    limit: usize,
}

impl Query {
    /// Adds the read of a page of the projects that match the filter. `left` is how many of them are still to be read.
    fn add(&self, request: &mut ReadRequest, filter: &Filter, left: usize) -> Slot<ProjectPage> {
        request.add::<ProjectPage>(project_page::Variables {
            filter: Some(filter.clone()),
            first: i64::try_from(left.min(MAX_PAGE_SIZE)).unwrap_or(i64::MAX),
            after: self.after.clone(),
            include_archived: self.include_archived,
            full: self.whole,
        })
    }
}

/// The projects that were found.
#[derive(Debug, Default)]
struct Listed {
    projects: Vec<Arc<Project>>,
    /// The cursor of each project; empty where the projects are from the session cache.
    cursors: Vec<Option<String>>,
    info: PageInfo,
    /// The id of the team to which the list is limited.
    team_id: Option<String>,
}

/// Where the list comes from.
enum Source {
    /// The list consists of these projects from the session cache.
    Cache(Vec<Arc<Project>>),
    /// The list is read from Linear: the slot of the first page and, where the session cache does not have the list of
    /// all projects, the slot of that list.
    Linear(Slot<ProjectPage>, Option<Slot<Projects>>),
}

/// Returns the projects that match the filters, from the session cache or from Linear, as many as the query's limit.
///
/// # Errors
/// The error of a name in a filter that cannot be used; the error of a request that failed.
async fn fetch(
    cx: &Context<'_>,
    filters: &Filters<'_, Project>,
    mut query: Query,
) -> Result<Listed, Error> {
    let cache = &cx.session.cache.projects;
    if cx.common.refresh_cache {
        cache.invalidate_in_flight();
    } else if cache.list("").is_none() {
        cx.warmed().await.map_err(Failure::into_read_error)?;
    }
    let asked_at = cache.mark();
    let has_all = !cx.common.refresh_cache && cache.list("").is_some();
    let mut is_hit = false;
    let first_page = read_first_page(cx, filters, |request, filter, resolved| {
        let cached = resolved
            .filter(|_| has_all)
            .and_then(|resolved| cached_matches(cx, filters, resolved, &query));
        if let Some(projects) = cached {
            is_hit = true;
            return Source::Cache(projects);
        }
        let page = query.add(request, filter, query.limit);
        let all = (!has_all).then(|| request.page(None, MAX_CACHED_LIST));
        Source::Linear(page, all)
    })
    .await;
    let is_answered = !matches!(
        first_page,
        Err(ReadError::Failed(_) | ReadError::RateLimited(_))
    );
    if is_answered {
        cx.looked(cache, CacheLookup::of(is_hit, cx.common.refresh_cache), 0);
    }
    let first_page = first_page.map_err(ReadError::into_error)?;
    let (resolved, mut responses) = (first_page.resolved, first_page.responses);
    let mut found = Listed {
        team_id: resolved.team.as_ref().map(|team| team.id.clone()),
        ..Listed::default()
    };
    let (page, all) = match first_page.slots {
        Source::Cache(projects) => {
            found.projects = projects;
            return Ok(found);
        }
        Source::Linear(page, all) => (page, all),
    };
    let page = take_page(cx, &mut responses, page, &query, asked_at)?;
    if let Some(all) = all {
        let page = responses.get(all)?.projects;
        if !page.page_info.has_next_page {
            let all: Vec<Arc<Project>> = page.nodes.into_iter().map(Arc::new).collect();
            cache.put_list("", &all, asked_at);
        }
    }
    if first_page.is_right {
        if found.add(page, &mut query) {
            return Ok(found);
        }
    } else if let Some(projects) = cached_matches(cx, filters, &resolved, &query) {
        // The first page was read with a filter that turned out to be wrong, but by now the cache has all projects.
        found.projects = projects;
        return Ok(found);
    }
    read_further_pages(cx, &resolved, query, found).await
}

/// Reads further pages until the query's limit is reached or the list ends. Returns the projects that were `found`
/// already, followed by the projects of these pages.
///
/// # Errors
/// The error of a request that failed.
async fn read_further_pages(
    cx: &Context<'_>,
    resolved: &ResolvedFilters,
    mut query: Query,
    mut found: Listed,
) -> Result<Listed, Error> {
    for number in 1.. {
        if number > 1 {
            cx.next_page(number, found.projects.len());
        }
        let left = query.limit - found.projects.len();
        let mut request = ReadRequest::default();
        let slot = query.add(&mut request, &resolved.filter, left);
        let asked_at = cx.session.cache.projects.mark();
        let responses = request.send(cx).await;
        let mut responses = responses.map_err(ReadError::into_error)?;
        let page = take_page(cx, &mut responses, slot, &query, asked_at)?;
        if found.add(page, &mut query) {
            break;
        }
    }
    Ok(found)
}

/// An upper bound for the number of characters that one project takes in an answer.
const MAX_ROW_CHARS: usize = 1_000;

/// Returns the projects in the session cache that match the filters, the newest first. Returns `None` where Linear has
/// to be asked, in one of these cases:
///
/// - the cache does not have all projects, or cannot apply a filter;
/// - the query asks for archived projects or for fields that the cache does not keep;
/// - the list starts after a cursor, or may be cut because of the limit or the size of the answer: a list that was cut
///   needs a cursor, and only Linear has cursors.
fn cached_matches(
    cx: &Context<'_>,
    filters: &Filters<'_, Project>,
    resolved: &ResolvedFilters,
    query: &Query,
) -> Option<Vec<Arc<Project>>> {
    let all = cx.session.cache.projects.list("")?;
    if query.include_archived || query.whole || query.after.is_some() {
        return None;
    }
    let mut matching = filters.matching(resolved, &all)?;
    matching.sort_by_key(|project| Reverse((project.created_at.clone(), project.id.clone())));
    let most_rows = cx.session.answer_chars.unwrap_or(usize::MAX) / MAX_ROW_CHARS;
    (matching.len() <= query.limit.min(most_rows)).then_some(matching)
}

impl Listed {
    /// Adds the projects of a page, and sets the query to the next page. Returns whether no further page has to be
    /// read.
    fn add(&mut self, page: Connection<Arc<Project>>, query: &mut Query) -> bool {
        self.cursors.extend(page.cursors());
        self.projects.extend(page.nodes);
        self.info = page.page_info;
        query.after = self.info.end_cursor.clone();
        self.projects.len() >= query.limit || !self.info.has_next_page
    }
}

/// Takes a page out of the responses, and keeps its projects in the session cache. A page with archived projects is not
/// kept, because a name must never be resolved to an archived project.
///
/// # Errors
/// The error of a response that cannot be read.
fn take_page(
    cx: &Context<'_>,
    responses: &mut Responses,
    slot: Slot<ProjectPage>,
    query: &Query,
    asked_at: Epoch,
) -> Result<Connection<Arc<Project>>, Error> {
    let page = responses.get(slot)?.projects;
    let projects: Vec<Arc<Project>> = page.nodes.into_iter().map(Arc::new).collect();
    if !query.include_archived {
        cx.session.cache.projects.put(&projects, asked_at);
    }
    Ok(Connection {
        nodes: projects,
        edges: page.edges,
        page_info: page.page_info,
    })
}

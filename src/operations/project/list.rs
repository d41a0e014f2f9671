//! `list_projects`: from the session cache where that has all projects and tells which of them match the filters; else
//! one request, which also reads the names in the filters and the first page of all projects, so that the next list may
//! need no request.
//!
//! One more filter is a field of [`Params`] and a line in [`Params::filters`].

use std::cmp::Reverse;
use std::sync::Arc;

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
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::filters::{Filters, Relation, ResolvedFilters, read_first_page};
use crate::operations::page;
use crate::operations::reads::{ReadError, ReadRequest, Responses, Slot};
use crate::operations::view::list;
use crate::params::{Count, Cursor, Detail, Flag, Patch, Ref, Text};
use crate::resolve::filter::{INITIATIVE, PROJECT_STATUS, TEAM, USER};
use crate::resolve::project::TEAMS;
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct ListProjects;

/// List projects by filters, all of which must match, the newest first.
///
/// A name that means nothing is an error, never an empty list.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Team name, key or id.
    #[schemars(extend("null" = "refused"))]
    team: Option<Ref>,
    /// Status name or type.
    #[schemars(extend("null" = "refused"))]
    state: Option<Ref>,
    /// User name, e-mail, id or `me`; `null` for none.
    #[serde(default)]
    lead: Patch<Ref>,
    /// Initiative name, slug or id.
    #[schemars(extend("null" = "refused"))]
    initiative: Option<Ref>,
    /// Text to look for in the name.
    query: Option<Text>,
    /// Default: 50, at most 250.
    limit: Option<Count>,
    /// `cursor` of the answer before, for the next ones.
    cursor: Option<Cursor>,
    /// Archived ones too.
    include_archived: Option<Flag>,
}

impl Params {
    /// Returns the filters, each declared once.
    fn filters(&self) -> Filters<'_, Project> {
        let mut filters: Filters<'_, Project> = Filters::new(self.team.as_ref());
        filters
            .named(&TEAM, &self.team, Relation::Many("accessibleTeams"))
            .in_rows(|project| {
                let teams = &project.teams.nodes;
                let ids = teams.iter().map(|team| team.id.as_str());
                (teams.len() < TEAMS).then(|| ids.collect())
            });
        filters
            .named(&USER, &self.lead, Relation::One("lead"))
            .in_rows(|project| {
                let lead = project.lead.iter();
                Some(lead.map(|lead| lead.id.as_str()).collect())
            });
        // The cached projects do not have their initiatives.
        filters.named(&INITIATIVE, &self.initiative, Relation::Many("initiatives"));
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
        filters
    }
}

/// How many projects one request may ask for: each is some 30 complexity points of 10,000, and the look-ups of every
/// filter at once take half (`linear/api.md` §3).
const PAGE: usize = 100;
/// How many make the list of all projects that rides along.
const ALL: i64 = 50;

/// What is only fetched with the one project: `get_project` shows it.
const GET_ONLY: &[&str] = &["members", "more_members", "milestones", "more_milestones"];

impl Operation for ListProjects {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "list_projects",
        title: "List projects",
        effect: Effect::Read,
        subject: None,
        aliases: &["get_projects"],
        shared: Shared::OF_A_LIST,
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let limit = page::limit(params.limit)?;
        let query = Query {
            archived: params.include_archived.is_some_and(|Flag(on)| on),
            whole: wants_whole(cx, Detail::Brief),
            after: params.cursor.as_ref().map(|cursor| cursor.0.clone()),
            limit,
        };
        let found = fetch(cx, &params.filters(), query).await?;
        let team = found.team.as_deref();
        page::may_cut(cx, "projects", found.cursors);
        let data = list(
            cx,
            "projects",
            Detail::Brief,
            &found.projects,
            |project, level| view(project, team, level).without(GET_ONLY),
        );
        Ok(Value::Object(page::with_counts(
            data,
            found.info,
            found.projects.len(),
            params.cursor.is_some(),
        )))
    }
}

/// Which part of the list is wanted, and how much of each project.
#[derive(Clone, Debug)]
struct Query {
    archived: bool,
    whole: bool,
    after: Option<String>,
    limit: usize,
}

impl Query {
    /// Adds the read of a page with as many of the projects that the filter matches as are `left` to read.
    fn add(&self, request: &mut ReadRequest, filter: &Filter, left: usize) -> Slot<ProjectPage> {
        request.add::<ProjectPage>(project_page::Variables {
            filter: Some(filter.clone()),
            first: i64::try_from(left.min(PAGE)).unwrap_or(i64::MAX),
            after: self.after.clone(),
            include_archived: self.archived,
            full: self.whole,
        })
    }

    /// Whether the session cache could answer: it has no archived projects, no cursors, and not all of a project.
    fn is_ordinary(&self) -> bool {
        !self.archived && !self.whole && self.after.is_none()
    }
}

/// The projects that were found.
#[derive(Debug, Default)]
struct Listed {
    projects: Vec<Arc<Project>>,
    /// The cursor that leads on behind each; none where they are out of the session cache.
    cursors: Vec<Option<String>>,
    info: PageInfo,
    /// The id of the team whose projects they are.
    team: Option<String>,
}

/// Where the list comes from.
enum Source {
    /// From the session cache: these projects.
    Cache(Vec<Arc<Project>>),
    /// From Linear: the page, and the list of all projects where the session cache does not have it.
    Linear(Slot<ProjectPage>, Option<Slot<Projects>>),
}

async fn fetch(
    cx: &Context<'_>,
    filters: &Filters<'_, Project>,
    mut query: Query,
) -> Result<Listed, Error> {
    let table = &cx.session.cache.projects;
    if cx.common.refresh_cache {
        table.invalidate_in_flight();
    } else if table.list("").is_none() {
        cx.warmed().await.map_err(Failure::into_read_error)?;
    }
    let asked = table.mark();
    let all = table.list("").filter(|_| !cx.common.refresh_cache);
    let mut is_hit = false;
    let first_page = read_first_page(cx, filters, |request, filter, resolved| {
        let cached = resolved.filter(|_| all.is_some());
        if let Some(projects) = cached.and_then(|it| recall(cx, filters, it, &query)) {
            is_hit = true;
            return Source::Cache(projects);
        }
        let page = query.add(request, filter, query.limit);
        let whole = all.is_none().then(|| request.page(None, ALL));
        Source::Linear(page, whole)
    })
    .await;
    let is_answered = !matches!(
        first_page,
        Err(ReadError::Failed(_) | ReadError::RateLimited(_))
    );
    if is_answered {
        cx.looked(table, CacheLookup::of(is_hit, cx.common.refresh_cache), 0);
    }
    let first_page = first_page.map_err(ReadError::into_error)?;
    let (resolved, mut responses) = (first_page.resolved, first_page.responses);
    let mut found = Listed {
        team: resolved.team.as_ref().map(|team| team.id.clone()),
        ..Listed::default()
    };
    let (page, whole) = match first_page.slots {
        Source::Cache(projects) => {
            found.projects = projects;
            return Ok(found);
        }
        Source::Linear(page, whole) => (page, whole),
    };
    let page = keep_page(cx, &mut responses, page, &query, asked)?;
    if let Some(whole) = whole {
        keep_all(cx, &mut responses, whole, asked)?;
    }
    if first_page.is_right {
        if found.add(page, &mut query) {
            return Ok(found);
        }
    } else if let Some(projects) = recall(cx, filters, &resolved, &query) {
        found.projects = projects;
        return Ok(found);
    }
    fill(cx, &resolved, query, found).await
}

/// Returns the projects found so far with those of the pages that follow, as far as more are wanted.
async fn fill(
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
        let asked = cx.session.cache.projects.mark();
        let responses = request.send(cx).await;
        let mut responses = responses.map_err(ReadError::into_error)?;
        let page = keep_page(cx, &mut responses, slot, &query, asked)?;
        if found.add(page, &mut query) {
            break;
        }
    }
    Ok(found)
}

/// How long a row may be, in characters: a list of more of them than an answer has room for may be cut.
const LONGEST_ROW: usize = 1_000;

/// Returns the projects out of the session cache, the newest first; `None` where the cache does not have all projects
/// or does not tell which of them match the filters. So it is where more match than are wanted or may have room in the
/// answer: only Linear has cursors.
fn recall(
    cx: &Context<'_>,
    filters: &Filters<'_, Project>,
    resolved: &ResolvedFilters,
    query: &Query,
) -> Option<Vec<Arc<Project>>> {
    let all = cx.session.cache.projects.list("")?;
    if !query.is_ordinary() {
        return None;
    }
    let mut matching = filters.matching(resolved, &all)?;
    matching.sort_by_key(|project| Reverse((project.created_at.clone(), project.id.clone())));
    let longest = cx.session.answer_chars.unwrap_or(usize::MAX) / LONGEST_ROW;
    (matching.len() <= query.limit.min(longest)).then_some(matching)
}

impl Listed {
    /// Adds the projects of a page. Returns whether no further page is needed.
    fn add(&mut self, page: Connection<Arc<Project>>, query: &mut Query) -> bool {
        self.cursors.extend(page.cursors());
        self.projects.extend(page.nodes);
        self.info = page.page_info;
        query.after = self.info.end_cursor.clone();
        self.projects.len() >= query.limit || !self.info.has_next_page
    }
}

/// Returns the page in that slot. Its projects are kept in the session cache by their ids; archived ones are not, since
/// no name means them.
fn keep_page(
    cx: &Context<'_>,
    responses: &mut Responses,
    slot: Slot<ProjectPage>,
    query: &Query,
    asked: Epoch,
) -> Result<Connection<Arc<Project>>, Error> {
    let page = responses.get(slot)?.projects;
    let projects: Vec<Arc<Project>> = page.nodes.into_iter().map(Arc::new).collect();
    if !query.archived {
        cx.session.cache.projects.put(&projects, asked);
    }
    Ok(Connection {
        nodes: projects,
        edges: page.edges,
        page_info: page.page_info,
    })
}

/// Keeps the list of all projects in the session cache, where it is whole.
fn keep_all(
    cx: &Context<'_>,
    responses: &mut Responses,
    slot: Slot<Projects>,
    asked: Epoch,
) -> Result<(), Error> {
    let page = responses.get(slot)?.projects;
    if !page.page_info.has_next_page {
        let all: Vec<Arc<Project>> = page.nodes.into_iter().map(Arc::new).collect();
        cx.session.cache.projects.put_list("", &all, asked);
    }
    Ok(())
}

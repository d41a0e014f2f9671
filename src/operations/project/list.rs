//! `list_projects`: from the session cache where that has all projects and can judge the filters; else one request,
//! with the look-ups and the first page of all projects riding along, so that the next one may need none.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use self::criteria::Chosen;
use super::{view, wants_whole};
use crate::directory::{Look, Mark};
use crate::error::Error;
use crate::linear::client::Answers;
use crate::linear::compose::Part;
use crate::linear::documents::{Listing as _, ProjectPage, Projects, project_page};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Connection, PageInfo, Project};
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
use crate::operations::page;
use crate::operations::view::list;
use crate::params::{Count, Cursor, Detail, Flag, Patch, Ref, Text};
use crate::resolve::gather;
use crate::session::Cx;

mod criteria;

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

    async fn run(params: Params, cx: &Cx<'_>) -> Result<Value, Error> {
        let limit = page::limit(params.limit)?;
        let query = Query {
            archived: params.include_archived.is_some_and(|Flag(on)| on),
            whole: wants_whole(cx, Detail::Brief),
            after: params.cursor.as_ref().map(|cursor| cursor.0.clone()),
            limit,
        };
        let found = fetch(cx, &params, query).await?;
        let team = found.team.as_deref();
        page::may_cut(cx, "projects", found.cursors);
        let data = list(
            cx,
            "projects",
            Detail::Brief,
            &found.projects,
            |of, level| view(of, team, level).without(GET_ONLY),
        );
        Ok(Value::Object(page::with_counts(
            data,
            found.info,
            found.projects.len(),
            params.cursor.is_some(),
        )))
    }
}

/// Which part of the list, and how much of each project.
#[derive(Clone, Debug)]
struct Query {
    archived: bool,
    whole: bool,
    after: Option<String>,
    limit: usize,
}

impl Query {
    /// The request for so many of the projects that the filter matches.
    fn part(&self, filter: Filter, left: usize) -> Part {
        Part::of::<ProjectPage>(project_page::Variables {
            filter: Some(filter),
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

/// What was found.
#[derive(Debug)]
struct Listed {
    projects: Vec<Arc<Project>>,
    /// The cursor that leads on behind each; none where they are out of the session cache.
    cursors: Vec<Option<String>>,
    info: PageInfo,
    /// The id of the team whose projects they are.
    team: Option<String>,
}

async fn fetch(cx: &Cx<'_>, params: &Params, mut query: Query) -> Result<Listed, Error> {
    let table = &cx.session.directory.projects;
    if cx.shape.refresh_cache {
        table.doubt();
    } else if table.list("").is_none() {
        cx.warmed().await.map_err(Failure::reading)?;
    }
    let asked = table.mark();
    let all = table.list("").filter(|_| !cx.shape.refresh_cache);
    let mut remembered = None;
    let mut settled = false;
    let (known, answers) = gather(cx, &criteria::wants(params), |known| {
        let filter = match known.map(|known| Chosen::read(params, known)) {
            // Nothing need be sent for a request that cannot be answered.
            Some(Err(_)) => return Vec::new(),
            Some(Ok(chosen)) => {
                remembered = all.as_ref().and_then(|_| recall(cx, &chosen, &query));
                if remembered.is_some() {
                    return Vec::new();
                }
                settled = true;
                chosen.filter()
            }
            None => criteria::by_name(params),
        };
        let mut parts = vec![query.part(filter, query.limit)];
        if all.is_none() {
            parts.push(Projects::page(None, ALL, None));
        }
        parts
    })
    .await
    .map_err(Failure::reading)?;
    cx.looked(
        table,
        Look::of(remembered.is_some(), cx.shape.refresh_cache),
        0,
    );
    let chosen = Chosen::read(params, &known)?;
    let mut found = Listed {
        projects: Vec::new(),
        cursors: Vec::new(),
        info: PageInfo::default(),
        team: chosen.team_id(),
    };
    if let Some(projects) = remembered {
        found.projects = projects;
        return Ok(found);
    }
    if let Some(mut answers) = answers {
        let page = take(cx, &mut answers, &query, asked)?;
        if all.is_none() {
            keep_all(cx, &mut answers, asked)?;
        }
        if settled || chosen.by_name {
            if found.takes(page, &mut query) {
                return Ok(found);
            }
        } else if let Some(projects) = recall(cx, &chosen, &query) {
            found.projects = projects;
            return Ok(found);
        }
    }
    fill(cx, &chosen, query, found).await
}

/// The pages that follow, as far as more is wanted.
async fn fill(
    cx: &Cx<'_>,
    chosen: &Chosen,
    mut query: Query,
    mut found: Listed,
) -> Result<Listed, Error> {
    for number in 1.. {
        if number > 1 {
            cx.next_page(number, found.projects.len());
        }
        let part = query.part(chosen.filter(), query.limit - found.projects.len());
        let asked = cx.session.directory.projects.mark();
        let mut answers = cx.read(&[part]).await?;
        let page = take(cx, &mut answers, &query, asked)?;
        if found.takes(page, &mut query) {
            break;
        }
    }
    Ok(found)
}

/// How long a row may be, in characters: a list of more of them than an answer has room for may be cut.
const LONGEST_ROW: usize = 1_000;

/// The projects out of the session cache, where it has all of them and can judge. Where the answer may be too long to
/// have them all, Linear is asked, because the cache has no cursors.
fn recall(cx: &Cx<'_>, chosen: &Chosen, query: &Query) -> Option<Vec<Arc<Project>>> {
    let all = cx.session.directory.projects.list("")?;
    if !query.is_ordinary() {
        return None;
    }
    let found = chosen.among(&all, query.limit)?;
    let most = cx.session.answer_chars.unwrap_or(usize::MAX);
    (found.len() <= most / LONGEST_ROW).then_some(found)
}

impl Listed {
    /// Takes a page in; answers whether that was all.
    fn takes(&mut self, page: Connection<Arc<Project>>, query: &mut Query) -> bool {
        self.cursors.extend(page.cursors());
        self.projects.extend(page.nodes);
        self.info = page.page_info;
        query.after = self.info.end_cursor.clone();
        self.projects.len() >= query.limit || !self.info.has_next_page
    }
}

/// The page in the answer. What is on it is kept by id; archived projects are not, since no name means them.
fn take(
    cx: &Cx<'_>,
    answers: &mut Answers,
    query: &Query,
    asked: Mark,
) -> Result<Connection<Arc<Project>>, Error> {
    let page = answers.take::<ProjectPage>(0).map_err(Failure::reading)?;
    let page = page.projects;
    let projects: Vec<Arc<Project>> = page.nodes.into_iter().map(Arc::new).collect();
    if !query.archived {
        cx.session.directory.projects.put(&projects, asked);
    }
    Ok(Connection {
        nodes: projects,
        edges: page.edges,
        page_info: page.page_info,
    })
}

/// Keeps the list of all projects, where it is whole.
fn keep_all(cx: &Cx<'_>, answers: &mut Answers, asked: Mark) -> Result<(), Error> {
    let page = answers.take::<Projects>(1).map_err(Failure::reading)?;
    if !page.projects.page_info.has_next_page {
        let all: Vec<Arc<Project>> = page.projects.nodes.into_iter().map(Arc::new).collect();
        cx.session.directory.projects.put_list("", &all, asked);
    }
    Ok(())
}

//! `get_project`: answers from the session cache where the cache has the project. Where the whole project is needed, it
//! is always read from Linear, in the same request that looks up its name.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{view, wants_whole};
use crate::error::{Code, Error};
use crate::linear::documents::ProjectsWhole;
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Project, Team};
use crate::operation::{CommonParam, Effect, Operation, Spec, Touches};
use crate::operations::reads::{self, ReadError, Responses, Slot, look_up_with};
use crate::operations::view::entity;
use crate::params::{Detail, Ref};
use crate::resolve::{LookupRequest, Match, Method, Resolved, not_found, project, resolution};
use crate::session::Context;

/// The operation.
#[derive(Debug)]
pub struct GetProject;

/// Get a project by name, slug, id or URL. `state` is the type of its status, `status` the workspace's name for it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Params {
    /// Project name, slug, id or URL.
    project: Ref,
    /// Team to look in, where several teams' projects share the name.
    team: Option<Ref>,
}

impl Operation for GetProject {
    type Params = Params;
    const SPEC: Spec = Spec {
        name: "get_project",
        title: "Get project",
        effect: Effect::Read,
        subject: Some("project"),
        aliases: &[],
        shared: &[
            CommonParam::Detail,
            CommonParam::Fields,
            CommonParam::MaxDescriptionChars,
            CommonParam::TextOffset,
            CommonParam::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let name = params.project.as_str();
        let team = params.team.as_ref().map(Ref::as_str);
        let whole = wants_whole(cx, Detail::Standard);
        let read = read(cx, &lookup_request(name, team), name, team, whole).await?;
        cx.note(|report| report.resolution = Some(resolution(name, read.found.method)));
        let team_id = read.team.as_ref().map(|team| team.id.as_str());
        Ok(entity(cx, Detail::Standard, &[], |level| {
            view(&read.project, team_id, level)
        }))
    }
}

/// A project that a request names, with everything else that was looked up with it.
pub(super) struct Read {
    /// Everything that the look-up found.
    pub resolved: Resolved,
    /// The project that the name was resolved to. It may be from the session cache.
    pub found: Match<Project>,
    /// The team in which the project was looked for.
    pub team: Option<Arc<Team>>,
    /// Where the whole project was read, the project with all its fields, as Linear has it now; otherwise the project
    /// in `found`.
    pub project: Arc<Project>,
}

/// Looks up all names of the `lookup_request`, and finds the project `name` among the results. With `whole`, the whole
/// project is read from Linear in the same request. This read may show that the session cache was out of date: Linear
/// has no project with the cached id, or the project has another name now. In that case all names are looked up once
/// more in Linear, because `name` may mean another project by now.
///
/// # Errors
/// PROJECT_NOT_FOUND or AMBIGUOUS_IDENTIFIER; TEAM_NOT_FOUND for the team; the error of a request that failed.
pub(super) async fn read(
    cx: &Context<'_>,
    lookup_request: &LookupRequest,
    name: &str,
    team: Option<&str>,
    whole: bool,
) -> Result<Read, Error> {
    let projects = &cx.session.cache.projects;
    let mut lookup_request = lookup_request.clone();
    loop {
        let asked_at = projects.mark();
        let (resolved, sent, responses) = look_up_with(cx, &lookup_request, |request, cached| {
            let (filter, by_id) = match cached.map(|cached| find(cached, name, team)) {
                Some(Ok((found, _))) => (Filter::eq("id", found.item.id.as_str()), true),
                // The look-up will end with this error, so nothing else has to be read.
                Some(Err(_)) => return None,
                None => (project::exact(name), false),
            };
            whole.then(|| {
                let slot = request.page::<ProjectsWhole>(Some(filter), MAX_SAME_NAMED);
                (slot, by_id)
            })
        })
        .await
        .map_err(ReadError::into_error)?;
        let (found, found_in_team) = find(&resolved, name, team)?;
        let project = match sent {
            Some((slot, by_id)) => {
                let whole = whole_project(cx, &found.item, responses, slot, by_id).await?;
                projects.put(whole.as_slice(), asked_at);
                whole
            }
            None => Some(Arc::clone(&found.item)),
        };
        match project {
            Some(project)
                if lookup_request.fresh
                    || found.method == Method::Id
                    || project.name == found.item.name =>
            {
                return Ok(Read {
                    resolved,
                    found,
                    team: found_in_team,
                    project,
                });
            }
            // Linear was just asked, and does not have the project any more.
            None if lookup_request.fresh => {
                projects.forget(&found.item.id);
                return Err(not_found::<Project>(&found.item.name, &[], None));
            }
            _ => lookup_request.fresh = true,
        }
    }
}

/// The most projects of the same name that are read whole in the request that looks up the name, before it is known
/// which of them is meant.
const MAX_SAME_NAMED: i64 = 5;

/// Returns the look-up request for a project of this name and, where a team is given, for the team.
pub(super) fn lookup_request(name: &str, team: Option<&str>) -> LookupRequest {
    LookupRequest {
        project: Some(name.to_owned()),
        team: team.map(str::to_owned),
        ..LookupRequest::default()
    }
}

/// Finds the project of this name among the results of a look-up; where a team is given, only in this team. Returns the
/// project and the team.
///
/// # Errors
/// PROJECT_NOT_FOUND or AMBIGUOUS_IDENTIFIER; TEAM_NOT_FOUND for the team.
fn find(
    resolved: &Resolved,
    name: &str,
    team: Option<&str>,
) -> Result<(Match<Project>, Option<Arc<Team>>), Error> {
    let Some(team) = team else {
        let found = resolved.project(name, None).map_err(|error| {
            if error.code() == Code::AmbiguousIdentifier {
                error.suggest_first("Give the project's team in 'team'")
            } else {
                error
            }
        })?;
        return Ok((found, None));
    };
    let team = resolved.team(team)?.item;
    Ok((resolved.project_of(name, &team)?, Some(team)))
}

/// Returns the project with all its fields. The project is taken from the `slot` of the response; where the slot was
/// read by name and does not have the project, another request reads the project by its id. Returns `None` where Linear
/// does not have the project.
///
/// # Errors
/// The error of a request that failed.
async fn whole_project(
    cx: &Context<'_>,
    found: &Project,
    mut responses: Responses,
    slot: Slot<ProjectsWhole>,
    by_id: bool,
) -> Result<Option<Arc<Project>>, Error> {
    let mut projects = responses.get(slot)?.projects.nodes.into_iter();
    let whole = match projects.find(|project| project.id == found.id) {
        None if !by_id => reads::by_id::<ProjectsWhole>(cx, &found.id)
            .await
            .map_err(Failure::into_read_error)?,
        whole => whole,
    };
    Ok(whole.map(Arc::new))
}

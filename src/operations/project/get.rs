//! `get_project`: from the session cache where it is known. The whole of it is always asked for afresh, in the same
//! request as its name.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{by_team, view, wants_whole};
use crate::cache::Epoch;
use crate::error::Error;
use crate::linear::documents::ProjectsWhole;
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Project, Team};
use crate::operation::{Effect, Operation, Shared, Spec, Touches};
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
            Shared::Detail,
            Shared::Fields,
            Shared::MaxDescriptionChars,
            Shared::TextOffset,
            Shared::RefreshCache,
        ],
        touches: Touches::NoIssue,
    };

    async fn run(params: Params, cx: &Context<'_>) -> Result<Value, Error> {
        let called = params.project.as_str();
        let team = params.team.as_ref().map(Ref::as_str);
        let whole = wants_whole(cx, Detail::Standard);
        let read = read(cx, &lookup_request(called, team), called, team, whole).await?;
        cx.note(|report| report.resolution = Some(resolution(called, read.found.method)));
        let team = read.team.as_ref().map(|team| team.id.as_str());
        Ok(entity(cx, Detail::Standard, &[], |level| {
            view(&read.project, team, level)
        }))
    }
}

/// A project that a request names, with what was looked up on the way.
pub(super) struct Read {
    /// Everything that is known.
    pub known: Resolved,
    /// The project as the name found it, which may be from the session cache.
    pub found: Match<Project>,
    /// The team in which it was looked for.
    pub team: Option<Arc<Team>>,
    /// The project: with all its fields and as Linear has it now, where it was read whole; else as it was found.
    pub project: Arc<Project>,
}

/// Looks up what is wanted, and the project that is called so among it. A project that is wanted `whole` is read from
/// Linear in the same request. Where Linear has no project with the id that the session knew, or calls it otherwise, the
/// name is looked up once more: it may mean another project by now.
///
/// # Errors
/// PROJECT_NOT_FOUND, AMBIGUOUS_IDENTIFIER, what the team's name says, or the failure of the request.
pub(super) async fn read(
    cx: &Context<'_>,
    lookup_request: &LookupRequest,
    called: &str,
    team: Option<&str>,
    whole: bool,
) -> Result<Read, Error> {
    let mut lookup_request = lookup_request.clone();
    loop {
        let asked = cx.session.cache.projects.mark();
        let (known, sent, responses) = look_up_with(cx, &lookup_request, |request, known| {
            let (filter, by_id) = match known.map(|known| find(known, called, team)) {
                Some(Ok((found, _))) => (Filter::eq("id", found.item.id.as_str()), true),
                // Nothing need be sent for a name that means nothing.
                Some(Err(_)) => return None,
                None => (project::exact(called), false),
            };
            whole.then(|| {
                (
                    request.page::<ProjectsWhole>(Some(filter), NAMESAKES),
                    by_id,
                )
            })
        })
        .await
        .map_err(ReadError::into_error)?;
        let (found, own_team) = find(&known, called, team)?;
        let project = match sent {
            Some((slot, by_id)) => in_whole(cx, &found.item, responses, slot, asked, by_id).await?,
            None => Some(Arc::clone(&found.item)),
        };
        match project {
            Some(project)
                if lookup_request.fresh
                    || found.method == Method::Id
                    || project.name == found.item.name =>
            {
                return Ok(Read {
                    known,
                    found,
                    team: own_team,
                    project,
                });
            }
            None if lookup_request.fresh => return Err(gone(cx, &found.item)),
            _ => lookup_request.fresh = true,
        }
    }
}

/// How many projects of one name are asked for in whole, before it is known which of them is meant.
const NAMESAKES: i64 = 5;

/// What has to be known to find a project, within a team where one is given.
pub(super) fn lookup_request(called: &str, team: Option<&str>) -> LookupRequest {
    LookupRequest {
        project: Some(called.to_owned()),
        team: team.map(str::to_owned),
        ..LookupRequest::default()
    }
}

/// The project that is meant, and the team that it was looked for in.
///
/// # Errors
/// PROJECT_NOT_FOUND, AMBIGUOUS_IDENTIFIER, or what the team's name says.
pub(super) fn find(
    known: &Resolved,
    called: &str,
    team: Option<&str>,
) -> Result<(Match<Project>, Option<Arc<Team>>), Error> {
    let Some(team) = team else {
        let found = known.project(called, None).map_err(by_team)?;
        return Ok((found, None));
    };
    let team = known.team(team)?.item;
    Ok((known.project_of(called, &team)?, Some(team)))
}

/// The project with all its fields: out of the answer, or asked for where that was made by a name and has others. `None`
/// where Linear does not have it.
async fn in_whole(
    cx: &Context<'_>,
    found: &Project,
    mut responses: Responses,
    slot: Slot<ProjectsWhole>,
    asked: Epoch,
    asked_by_id: bool,
) -> Result<Option<Arc<Project>>, Error> {
    let among = responses.get(slot)?.projects.nodes;
    let own = |project: &Project| project.id == found.id;
    let whole = match among.into_iter().find(own) {
        None if !asked_by_id => reads::by_id::<ProjectsWhole>(cx, &found.id)
            .await
            .map_err(Failure::into_read_error)?,
        whole => whole,
    };
    let whole = whole.map(Arc::new);
    cx.session.cache.projects.put(whole.as_slice(), asked);
    Ok(whole)
}

/// The error for a project that has been deleted since the session remembered it.
fn gone(cx: &Context<'_>, project: &Project) -> Error {
    cx.session.cache.projects.forget(&project.id);
    not_found::<Project>(&project.name, &[], None)
}

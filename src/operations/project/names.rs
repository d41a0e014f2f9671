//! The names in the parameters of `create_project` and `update_project`: which ids the names mean, and a check after
//! the write whether the session cache had resolved the names to the wrong ids.

use std::sync::{Arc, Mutex};

use crate::error::{Code, Error};
use crate::linear::client::Expected;
use crate::linear::compose::Part;
use crate::linear::documents::{Listing as _, ProjectUpdate, ProjectsWhole, project_update};
use crate::linear::filter::Filter;
use crate::linear::model::{Project, ProjectStatus, Team, User};
use crate::linear::scalars::ProjectUpdateInput;
use crate::operations::changes::{self, Renamed};
use crate::operations::write::{self, Written};
use crate::params::{LabelNames, Ref, Refs};
use crate::patch::Patch;
use crate::resolve::{LookupRequest, Resolved, lookup_only};
use crate::session::Context;

/// Returns the names as texts, each text once.
pub(super) fn texts(names: Option<&Refs>) -> Vec<String> {
    let names = names.iter().flat_map(|names| names.iter());
    unique(names.map(Ref::as_str))
}

/// Returns the ids of the teams of a project.
///
/// # Errors
/// TEAM_NOT_FOUND or AMBIGUOUS_IDENTIFIER; MISSING_REQUIRED_PARAM for an empty list, because Linear requires a team.
pub(super) fn team_ids(
    cx: &Context<'_>,
    resolved: &Resolved,
    names: &Refs,
) -> Result<Vec<String>, Error> {
    let teams: Vec<Arc<Team>> = texts(Some(names))
        .iter()
        .map(|name| Ok(resolved.team(name)?.item))
        .collect::<Result<_, Error>>()?;
    if teams.is_empty() {
        return Err(
            Error::new(Code::MissingRequiredParam, "A project belongs to a team")
                .detail("missing", vec!["teams"])
                .suggest("Give one team or more in 'teams'"),
        );
    }
    for team in &teams {
        cx.resolved("team", &team.name, resolved.teams.cached);
    }
    Ok(unique(teams.iter().map(|team| team.id.as_str())))
}

/// Returns the id of a project status.
///
/// # Errors
/// STATUS_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
pub(super) fn status_id(
    cx: &Context<'_>,
    resolved: &Resolved,
    name: &Ref,
) -> Result<String, Error> {
    let status: Arc<ProjectStatus> = resolved.project_status(name.as_str())?.item;
    cx.resolved("status", &status.name, resolved.project_statuses.cached);
    Ok(status.id.clone())
}

/// Returns the id of a user. The `role` is what the user is in the project, such as `lead`.
///
/// # Errors
/// USER_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
pub(super) fn user_id(
    cx: &Context<'_>,
    resolved: &Resolved,
    role: &str,
    name: &str,
) -> Result<String, Error> {
    let user: Arc<User> = resolved.user(name)?.item;
    cx.resolved(role, &user.name, resolved.users.cached);
    Ok(user.id.clone())
}

/// Returns the ids of the members of a project.
///
/// # Errors
/// The error of [`user_id`] for the first name that means nobody.
pub(super) fn member_ids(
    cx: &Context<'_>,
    resolved: &Resolved,
    names: &Refs,
) -> Result<Vec<String>, Error> {
    let ids: Vec<String> = texts(Some(names))
        .iter()
        .map(|name| user_id(cx, resolved, "member", name))
        .collect::<Result<_, Error>>()?;
    Ok(unique(ids.iter().map(String::as_str)))
}

/// Returns the ids of project labels. A missing project label is not created: project labels belong to the whole
/// workspace.
///
/// # Errors
/// LABEL_NOT_FOUND, AMBIGUOUS_IDENTIFIER or INVALID_LABEL_NAME, for the first label that cannot be used.
pub(super) fn label_ids(resolved: &Resolved, names: &LabelNames) -> Result<Vec<String>, Error> {
    let ids: Vec<String> = names
        .iter()
        .map(|name| Ok(resolved.project_label(name)?.item.id.clone()))
        .collect::<Result<_, Error>>()?;
    Ok(unique(ids.iter().map(String::as_str)))
}

/// Returns each text once, in the order of the first appearances. Two names may mean the same entity.
fn unique<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for text in texts {
        if unique.iter().all(|earlier| earlier != text) {
            unique.push(text.to_owned());
        }
    }
    unique
}

/// Compares a project that Linear returned from a write with the names of the request. Where a name means another
/// entity by now, the project is corrected by one further write.
///
/// The session cache may be out of date, because somebody may have renamed a team, a status, a user or a label. Then
/// the entity that the write set has another name in Linear's response than in the request. In that case all names of
/// the request are looked up afresh, and where they mean other ids, a second write sets the other ids. The caller is
/// warned of each new name in either case. Where no name differs, the check sends nothing.
///
/// The `lookup_request` has the names of the request, `resolved` has the entities that the names meant before the
/// write, and `sent` has the ids that the write set. The function `resolve` returns the ids that the names mean in a
/// fresh look-up. Where the correction was executed, but the project cannot be read afterwards, the result is
/// [`Written::Unread`].
pub(super) async fn verify(
    cx: &Context<'_>,
    project: Project,
    lookup_request: &LookupRequest,
    resolved: &Resolved,
    sent: &ProjectUpdateInput,
    resolve: impl FnOnce(&Context<'_>, &Resolved) -> Result<ProjectUpdateInput, Error>,
) -> Written<Project> {
    let renamed = renamed(lookup_request, resolved, &project);
    if renamed.is_empty() {
        return Written::Entity(project);
    }
    let lookup_request = LookupRequest {
        fresh: true,
        ..lookup_request.clone()
    };
    // The answer has the steps of the first look-up already, so the steps of this look-up are discarded.
    let discarded = Mutex::default();
    let silent_cx = cx.reporting_to(&discarded);
    let fresh = lookup_only(cx, &lookup_request).await;
    let fresh = fresh.and_then(|resolved| resolve(&silent_cx, &resolved));
    let correction = fresh.ok().map(|fresh| correction(sent, fresh));
    let (written, end) = match correction.filter(|input| *input != ProjectUpdateInput::default()) {
        None => (Written::Entity(project), String::new()),
        Some(input) => {
            let id = project.id.clone();
            let query = ProjectsWhole::one(Filter::eq("id", id.as_str()));
            let part = Part::of::<ProjectUpdate>(project_update::Variables { id, input });
            let correction = write::change::<ProjectUpdate>(cx, part, query, Expected::Input);
            changes::corrected("project", project, correction.await)
        }
    };
    for renamed in &renamed {
        renamed.warn(cx, &end);
    }
    written
}

/// Returns the entities of the project that the request named and that have another name in Linear now.
fn renamed(lookup_request: &LookupRequest, resolved: &Resolved, project: &Project) -> Vec<Renamed> {
    let teams = project.teams.nodes.iter();
    let teams = teams.map(|team| (team.id.as_str(), team.name.as_str()));
    let status = [(project.status.id.as_str(), project.status.name.as_str())];
    let users = project.lead.iter().chain(&project.members.nodes);
    let users = users.map(|user| (user.id.as_str(), user.name.as_str()));
    let labels = project.labels.nodes.iter();
    let labels = labels.map(|label| (label.id.as_str(), label.name.as_str()));
    let label_names = lookup_request.project_labels.iter();
    let label_names: Vec<String> = label_names.map(|name| name.as_str().to_owned()).collect();
    let mut renamed = Renamed::among("team", &lookup_request.teams, &resolved.teams.items, teams);
    let statuses = &resolved.project_statuses.items;
    renamed.extend(Renamed::among(
        "status",
        &lookup_request.project_statuses,
        statuses,
        status,
    ));
    for user in Renamed::among("user", &lookup_request.users, &resolved.users.items, users) {
        // The lead may be a member, too.
        if !renamed.contains(&user) {
            renamed.push(user);
        }
    }
    let project_labels = &resolved.project_labels.items;
    renamed.extend(Renamed::among(
        "label",
        &label_names,
        project_labels,
        labels,
    ));
    renamed
}

/// Returns the update that sets each of the `fresh` ids that differs from the id that was `sent`.
fn correction(sent: &ProjectUpdateInput, fresh: ProjectUpdateInput) -> ProjectUpdateInput {
    fn if_changed<T: PartialEq>(fresh: Patch<T>, sent: &Patch<T>) -> Patch<T> {
        if fresh == *sent { Patch::Absent } else { fresh }
    }
    ProjectUpdateInput {
        team_ids: if_changed(fresh.team_ids, &sent.team_ids),
        status_id: if_changed(fresh.status_id, &sent.status_id),
        lead_id: if_changed(fresh.lead_id, &sent.lead_id),
        member_ids: if_changed(fresh.member_ids, &sent.member_ids),
        label_ids: if_changed(fresh.label_ids, &sent.label_ids),
        ..ProjectUpdateInput::default()
    }
}

//! What the names mean that a project is made or changed with.

use std::sync::Arc;

use crate::error::{Code, Error};
use crate::linear::model::{ProjectStatus, Team, User};
use crate::params::{LabelNames, Ref, Refs};
use crate::resolve::Resolved;
use crate::session::Context;

/// The names as texts, each once.
pub(super) fn texts(names: Option<&Refs>) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for name in names.iter().flat_map(|names| names.iter()) {
        if texts.iter().all(|text| text != name.as_str()) {
            texts.push(name.as_str().to_owned());
        }
    }
    texts
}

/// The teams, one at least.
///
/// # Errors
/// TEAM_NOT_FOUND, AMBIGUOUS_IDENTIFIER, or MISSING_REQUIRED_PARAM for none.
pub(super) fn teams(
    cx: &Context<'_>,
    known: &Resolved,
    names: &Refs,
) -> Result<Vec<String>, Error> {
    let found: Vec<Arc<Team>> = texts(Some(names))
        .iter()
        .map(|name| Ok(known.team(name)?.item))
        .collect::<Result<_, Error>>()?;
    if found.is_empty() {
        return Err(
            Error::new(Code::MissingRequiredParam, "A project belongs to a team")
                .detail("missing", vec!["teams"])
                .suggest("Give one team or more in 'teams'"),
        );
    }
    for team in &found {
        cx.resolved("team", &team.name, known.teams.cached);
    }
    Ok(ids(found.iter().map(|team| team.id.as_str())))
}

/// The status.
///
/// # Errors
/// STATUS_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
pub(super) fn status(cx: &Context<'_>, known: &Resolved, name: &Ref) -> Result<String, Error> {
    let found: Arc<ProjectStatus> = known.project_status(name.as_str())?.item;
    cx.resolved("status", &found.name, known.project_statuses.cached);
    Ok(found.id.clone())
}

/// A user, who is the project's `role`.
///
/// # Errors
/// USER_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
pub(super) fn user(
    cx: &Context<'_>,
    known: &Resolved,
    role: &str,
    name: &str,
) -> Result<String, Error> {
    let found: Arc<User> = known.user(name)?.item;
    cx.resolved(role, &found.name, known.users.cached);
    Ok(found.id.clone())
}

/// The members.
///
/// # Errors
/// As [`user`], for the first that means nothing.
pub(super) fn members(
    cx: &Context<'_>,
    known: &Resolved,
    names: &Refs,
) -> Result<Vec<String>, Error> {
    let found: Vec<String> = texts(Some(names))
        .iter()
        .map(|name| user(cx, known, "member", name))
        .collect::<Result<_, Error>>()?;
    Ok(ids(found.iter().map(String::as_str)))
}

/// Labels of projects; none is created, since none has a place to be created in.
///
/// # Errors
/// LABEL_NOT_FOUND, AMBIGUOUS_IDENTIFIER or INVALID_LABEL_NAME, for the first that cannot be used.
pub(super) fn labels(known: &Resolved, names: &LabelNames) -> Result<Vec<String>, Error> {
    let found: Vec<String> = names
        .iter()
        .map(|name| Ok(known.project_label(name)?.item.id.clone()))
        .collect::<Result<_, Error>>()?;
    Ok(ids(found.iter().map(String::as_str)))
}

/// Ids, each once: two names may mean one thing.
fn ids<'i>(ids: impl Iterator<Item = &'i str>) -> Vec<String> {
    let mut unique: Vec<String> = Vec::new();
    for id in ids {
        if unique.iter().all(|known| known != id) {
            unique.push(id.to_owned());
        }
    }
    unique
}

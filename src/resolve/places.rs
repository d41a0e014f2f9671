//! The teams and projects that the server's settings allow to be written to: from the names in the settings to ids, once
//! a session. A name in a setting is a whole name, a key, a slug, an id or an address, and means one thing or nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{MatchResult, Resolvable, match_exactly, project, team};
use crate::cache::KindCache;
use crate::error::{Code, Error};
use crate::linear::client::Answers;
use crate::linear::compose::Part;
use crate::linear::documents::{Listing as _, Projects, Teams};
use crate::linear::failure::Failure;
use crate::linear::model::{Project, Team};
use crate::session::Context;
use crate::session::guards::{PROJECTS, Places, TEAMS};

/// How many entities of the same name are asked for.
const SAME_NAMED: i64 = 50;

/// Finds out which teams and projects the settings name, unless that is known. What is in the session cache costs no
/// request, and all else one.
///
/// # Errors
/// CONFIG_ERROR for a name that means nothing, or several things; the failure of the request.
pub(crate) async fn pin(cx: &Context<'_>) -> Result<(), Error> {
    let places = &cx.session.guards.places;
    if places.is_everywhere() || places.is_pinned() {
        return Ok(());
    }
    cx.warmed().await.map_err(Failure::into_read_error)?;
    let cache = &cx.session.cache;
    let cached = listed(TEAMS, places.teams(), &cache.teams).zip(listed(
        PROJECTS,
        places.projects(),
        &cache.projects,
    ));
    let (teams, projects) = match cached {
        Some(known) => known,
        None => {
            let mut answers = cx.read(&questions(places)).await?;
            found(places, &mut answers)?
        }
    };
    places.pin(teams, projects);
    Ok(())
}

/// The queries for the teams, then for the projects, that the settings name.
pub(crate) fn questions(places: &Places) -> Vec<Part> {
    let teams = places.teams().iter();
    let teams = teams.map(|name| Teams::page(Some(team::exact(name)), SAME_NAMED, None));
    let projects = places.projects().iter();
    let projects =
        projects.map(|name| Projects::page(Some(project::exact(name)), SAME_NAMED, None));
    teams.chain(projects).collect()
}

/// The ids of the teams and of the projects that the settings name, read from the answers to their [`questions`].
///
/// # Errors
/// CONFIG_ERROR for a name that means nothing, or several things; the failure of a part of the request.
pub(crate) fn found(
    places: &Places,
    answers: &mut Answers,
) -> Result<(BTreeSet<String>, BTreeSet<String>), Error> {
    let mut slots = 0..;
    let mut teams = BTreeSet::new();
    for (name, slot) in places.teams().iter().zip(&mut slots) {
        let answer = answers
            .take::<Teams>(slot)
            .map_err(Failure::into_read_error)?;
        let all = Teams::connection(answer).nodes.into_iter().map(Arc::new);
        teams.insert(one::<Team>(TEAMS, name, &all.collect::<Vec<_>>())?);
    }
    let mut projects = BTreeSet::new();
    for (name, slot) in places.projects().iter().zip(&mut slots) {
        let answer = answers
            .take::<Projects>(slot)
            .map_err(Failure::into_read_error)?;
        let all = Projects::connection(answer).nodes.into_iter().map(Arc::new);
        projects.insert(one::<Project>(PROJECTS, name, &all.collect::<Vec<_>>())?);
    }
    Ok((teams, projects))
}

/// The ids of what these names of a setting mean, where the session cache knows all there is and each means one thing.
fn listed<T: Resolvable>(
    setting: &str,
    names: &[String],
    table: &KindCache<T>,
) -> Option<BTreeSet<String>> {
    if names.is_empty() {
        return Some(BTreeSet::new());
    }
    let all = table.list("")?;
    let ids = names.iter().map(|name| one(setting, name, &all).ok());
    ids.collect()
}

/// The id of the one that a name of a setting means.
///
/// # Errors
/// CONFIG_ERROR where there is none, or several.
fn one<T: Resolvable>(setting: &str, name: &str, all: &[Arc<T>]) -> Result<String, Error> {
    let (kind, kinds) = (T::NOUN.to_ascii_lowercase(), T::NOUNS);
    let message = match match_exactly(name, all) {
        MatchResult::One(only) => return Ok(only.item.id().to_ascii_lowercase()),
        MatchResult::None => format!("{setting} names '{name}', and there is no such {kind}"),
        MatchResult::Many(_) => {
            format!("{setting} names '{name}', and several {kinds} are called that")
        }
    };
    let message = format!("{message}; nothing is written until that is put right");
    Err(Error::new(Code::ConfigError, message)
        .detail("setting", setting)
        .suggest(format!(
            "Name the {kind} by its id in {setting}, then restart the server"
        )))
}

//! The teams and projects to which the server's settings allow writes: their names are resolved to ids once a session. A name
//! in a setting is a whole name, a key, a slug, an id or an address, and has to mean exactly one entity.

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

/// The largest number of entities with the same name that are read.
const MOST_SAME_NAMED: i64 = 50;

/// Resolves the teams and projects that the settings name, unless this session has done so: from the session cache, or else in
/// one request.
///
/// # Errors
/// CONFIG_ERROR for a name that means no entity or several; the failure of the request.
pub(crate) async fn pin(cx: &Context<'_>) -> Result<(), Error> {
    let places = &cx.session.guards.places;
    if places.is_everywhere() || places.is_pinned() {
        return Ok(());
    }
    cx.warmed().await.map_err(Failure::into_read_error)?;
    let cache = &cx.session.cache;
    let teams = cached_ids(TEAMS, places.teams(), &cache.teams);
    let projects = cached_ids(PROJECTS, places.projects(), &cache.projects);
    let (teams, projects) = match teams.zip(projects) {
        Some(ids) => ids,
        None => {
            let mut answers = cx.read(&questions(places)).await?;
            found(places, &mut answers)?
        }
    };
    places.pin(teams, projects);
    Ok(())
}

/// Returns the queries for the teams and then for the projects that the settings name.
pub(crate) fn questions(places: &Places) -> Vec<Part> {
    let teams = places.teams().iter();
    let teams = teams.map(|name| Teams::page(Some(team::exact(name)), MOST_SAME_NAMED, None));
    let projects = places.projects().iter();
    let projects =
        projects.map(|name| Projects::page(Some(project::exact(name)), MOST_SAME_NAMED, None));
    teams.chain(projects).collect()
}

/// Returns the ids of the teams and of the projects that the settings name, from the answers to their [`questions`].
///
/// # Errors
/// CONFIG_ERROR for a name that means no entity or several; the failure of a part of the request.
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
        teams.insert(id_of::<Team>(TEAMS, name, &all.collect::<Vec<_>>())?);
    }
    let mut projects = BTreeSet::new();
    for (name, slot) in places.projects().iter().zip(&mut slots) {
        let answer = answers
            .take::<Projects>(slot)
            .map_err(Failure::into_read_error)?;
        let all = Projects::connection(answer).nodes.into_iter().map(Arc::new);
        projects.insert(id_of::<Project>(PROJECTS, name, &all.collect::<Vec<_>>())?);
    }
    Ok((teams, projects))
}

/// Returns the ids of the entities that a setting names, where the session cache has the list of all entities and each name means
/// one of them.
fn cached_ids<T: Resolvable>(
    setting: &str,
    names: &[String],
    cache: &KindCache<T>,
) -> Option<BTreeSet<String>> {
    if names.is_empty() {
        return Some(BTreeSet::new());
    }
    let all = cache.list("")?;
    let ids = names.iter().map(|name| id_of(setting, name, &all).ok());
    ids.collect()
}

/// Returns the id of the entity that a name in a setting means.
///
/// # Errors
/// CONFIG_ERROR where there is no such entity, or several.
fn id_of<T: Resolvable>(setting: &str, name: &str, all: &[Arc<T>]) -> Result<String, Error> {
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

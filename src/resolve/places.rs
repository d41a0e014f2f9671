//! The teams and projects that the server's settings allow to be written to: from the names in the settings to ids, once
//! a session. A name in a setting is a whole name, and means one thing or nothing.

use std::borrow::Borrow;
use std::collections::BTreeSet;

use super::is_uuid;
use crate::directory::{Entity, Table, fold};
use crate::error::{Code, Error};
use crate::linear::client::Answers;
use crate::linear::compose::Part;
use crate::linear::documents::{Listing, Projects, Teams};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Project, Team};
use crate::session::Cx;
use crate::session::guards::Places;

/// How many namesakes are asked for.
const NAMESAKES: i64 = 50;

/// Finds out which teams and projects the settings name, unless that is known. What is in the session cache costs no
/// request, and all else one.
///
/// # Errors
/// CONFIG_ERROR for a name that means nothing, or several things; what became of the request.
pub(crate) async fn pin(cx: &Cx<'_>) -> Result<(), Error> {
    let places = &cx.session.guards.places;
    if places.is_everywhere() || places.is_pinned() {
        return Ok(());
    }
    cx.warmed().await.map_err(Failure::reading)?;
    let directory = &cx.session.directory;
    let cached = listed(places.teams(), &directory.teams)
        .zip(listed(places.projects(), &directory.projects));
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

/// The questions for the teams, then for the projects, that the settings name.
pub(crate) fn questions(places: &Places) -> Vec<Part> {
    let teams = places.teams().iter();
    let teams = teams.map(|name| question::<Teams, Team>(name));
    let projects = places.projects().iter();
    let projects = projects.map(|name| question::<Projects, Project>(name));
    teams.chain(projects).collect()
}

/// The ids of the teams and of the projects that the settings name, of the answers to their [`questions`].
///
/// # Errors
/// CONFIG_ERROR for a name that means nothing, or several things; what became of a part of the request.
pub(crate) fn found(
    places: &Places,
    answers: &mut Answers,
) -> Result<(BTreeSet<String>, BTreeSet<String>), Error> {
    let mut slots = 0..;
    let mut teams = BTreeSet::new();
    for (name, slot) in places.teams().iter().zip(&mut slots) {
        let answer = answers.take::<Teams>(slot).map_err(Failure::reading)?;
        teams.insert(one::<Team>(name, &Teams::connection(answer).nodes)?);
    }
    let mut projects = BTreeSet::new();
    for (name, slot) in places.projects().iter().zip(&mut slots) {
        let answer = answers.take::<Projects>(slot).map_err(Failure::reading)?;
        projects.insert(one::<Project>(name, &Projects::connection(answer).nodes)?);
    }
    Ok((teams, projects))
}

/// What a setting can name.
trait Nameable: Entity {
    /// The setting that names it.
    const SETTING: &'static str;
    /// What it is.
    const KIND: &'static str;

    /// The filter of what may go by that name.
    fn filters(name: &str) -> Vec<Filter>;

    /// Whether that name is its own, whole.
    fn goes_by(&self, name: &str) -> bool;
}

impl Nameable for Team {
    const SETTING: &'static str = "LINEAR_OPS_TEAMS";
    const KIND: &'static str = "team";

    fn filters(name: &str) -> Vec<Filter> {
        vec![
            Filter::same_text("name", name),
            Filter::same_text("key", name),
        ]
    }

    fn goes_by(&self, name: &str) -> bool {
        let wanted = fold(name);
        [&self.id, &self.key, &self.name]
            .into_iter()
            .any(|of| fold(of) == wanted)
    }
}

impl Nameable for Project {
    const SETTING: &'static str = "LINEAR_OPS_PROJECTS";
    const KIND: &'static str = "project";

    fn filters(name: &str) -> Vec<Filter> {
        vec![
            Filter::same_text("name", name),
            Filter::eq("slugId", slug(name)),
        ]
    }

    fn goes_by(&self, name: &str) -> bool {
        let wanted = fold(name);
        let own = [&self.id, &self.slug_id, &self.name];
        own.into_iter().any(|of| fold(of) == wanted) || slug(name) == self.slug_id
    }
}

/// The slug in a project's address, or the text itself.
fn slug(name: &str) -> &str {
    match name.split_once("/project/") {
        Some((_, rest)) => {
            let page = rest.split(['/', '?', '#']).next().unwrap_or_default();
            page.rsplit_once('-').map_or(page, |(_, slug)| slug)
        }
        None => name,
    }
}

/// The ids of what goes by these names, where the session cache knows all there is and each name means one thing.
fn listed<T: Nameable>(names: &[String], table: &Table<T>) -> Option<BTreeSet<String>> {
    if names.is_empty() {
        return Some(BTreeSet::new());
    }
    let all = table.list("")?;
    names.iter().map(|name| one::<T>(name, &all).ok()).collect()
}

fn question<L: Listing<Node = T>, T: Nameable>(name: &str) -> Part {
    let mut filters = T::filters(name);
    filters.extend(is_uuid(name).then(|| Filter::eq("id", name)));
    L::page(Some(Filter::any(filters)), NAMESAKES, None)
}

/// The id of the one that goes by that name.
///
/// # Errors
/// CONFIG_ERROR where there is none, or several.
fn one<T: Nameable>(name: &str, all: &[impl Borrow<T>]) -> Result<String, Error> {
    let mut found = all
        .iter()
        .map(Borrow::borrow)
        .filter(|of: &&T| of.goes_by(name));
    let (setting, kind) = (T::SETTING, T::KIND);
    let message = match (found.next(), found.next()) {
        (Some(only), None) => return Ok(only.id().to_ascii_lowercase()),
        (None, _) => format!("{setting} names '{name}', and there is no such {kind}"),
        (Some(_), Some(_)) => {
            format!("{setting} names '{name}', and several {kind}s are called that")
        }
    };
    let message = format!("{message}; nothing is written until that is put right");
    Err(Error::new(Code::ConfigError, message)
        .detail("setting", setting)
        .suggest(format!(
            "Name the {kind} by its id in {setting}, then restart the server"
        )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_has_its_slug_in_its_address() {
        for (name, expected) in [
            (
                "https://linear.app/acme/project/auth-system-0a1b2c/overview",
                "0a1b2c",
            ),
            ("https://linear.app/acme/project/0a1b2c", "0a1b2c"),
            ("Auth System", "Auth System"),
        ] {
            assert_eq!(slug(name), expected);
        }
    }
}

//! What a larger workspace has beside the standard one: plain teams, users, labels, projects and issues, numbered, and
//! newer than those of the standard workspace, as what is added to a workspace is.

use crate::sandbox::identifier;
use crate::sandbox::store::Store;

use super::builder::Seed;
use super::issues::Issue;
use super::people::Person;
use super::projects::Project;
use super::size::Size;
use super::teams::{STATES, Team};
use super::{issues, labels, people, projects, teams};

/// How many days ago the first of it was made; teams have their states ten days later.
const BEGUN: i64 = 50;

/// Of so many labels, one belongs to the workspace and the others to teams.
const LABELS_OF_TEAMS: usize = 4;

/// Fills the planted workspace up to this size. What it has more of stays.
pub(super) fn plant(seed: &mut Seed, size: Size) {
    let standard = size_of(seed.store());
    let people = named("person", standard.users..size.users);
    let keys: Vec<String> = (standard.teams..size.teams)
        .map(|number| format!("T{:03}", number + 1))
        .collect();
    let labels = named("label", standard.labels..size.labels);
    let projects = named("Project ", standard.projects..size.projects);
    for (place, name) in people.iter().enumerate() {
        plant_person(seed, name, place);
    }
    for (place, key) in keys.iter().enumerate() {
        plant_team(seed, key, nth(&people, place));
    }
    for (place, name) in labels.iter().enumerate() {
        let of_workspace = place.is_multiple_of(LABELS_OF_TEAMS);
        let team = nth(&keys, place).filter(|_| !of_workspace);
        labels::plant_label(seed, team, name, ("#bec2c8", None), BEGUN - 20);
    }
    for (place, name) in projects.iter().enumerate() {
        plant_project(seed, name, nth(&keys, place), nth(&people, place));
    }
    for place in 0..size.issues.saturating_sub(standard.issues) {
        // In step with the projects, so that an issue's project is one of its team's.
        let turn = place.checked_rem(projects.len()).unwrap_or(place);
        let words = [&keys, &people, &projects].map(|names| nth(names, turn));
        plant_issue(seed, place, words);
    }
    let users = seed.store().all("User").count();
    seed.amend(
        "Organization",
        "acme",
        serde_json::json!({ "userCount": users }),
    );
}

/// How large a workspace is.
pub(super) fn size_of(store: &Store) -> Size {
    let count = |kind| store.all(kind).count();
    Size {
        teams: count("Team"),
        labels: count("IssueLabel"),
        users: count("User"),
        projects: count("Project"),
        issues: count("Issue"),
    }
}

/// `word0006`, `word0007`, …: a name for each place from the first one that is free.
fn named(word: &str, places: std::ops::Range<usize>) -> Vec<String> {
    places
        .map(|place| format!("{word}{:04}", place + 1))
        .collect()
}

/// The names in turn, over and over; none where there are none.
fn nth(names: &[String], place: usize) -> Option<&str> {
    names
        .iter()
        .cycle()
        .nth(place % names.len().max(1))
        .map(String::as_str)
}

fn plant_person(seed: &mut Seed, handle: &str, place: usize) {
    let name = format!("Pat Number{place:04}");
    let email = format!("{handle}@example.com");
    let person = Person {
        handle,
        name: &name,
        display_name: handle,
        email: &email,
        initials: "PN",
        ..people::PLAIN
    };
    people::plant_person(seed, &person, BEGUN);
}

fn plant_team(seed: &mut Seed, key: &str, member: Option<&str>) {
    let name = format!("Team {key}");
    let members: Vec<&str> = member.into_iter().chain(["john"]).collect();
    let team = Team {
        name: &name,
        key,
        parent: None,
        estimates: "notUsed",
        triage: false,
        cycles: false,
        members: &members,
        last_number: 0,
    };
    teams::plant_team(seed, &team, BEGUN);
}

fn plant_project(seed: &mut Seed, name: &str, team: Option<&str>, lead: Option<&str>) {
    let project = Project {
        handle: name,
        name,
        team: team.unwrap_or("ENG"),
        status: "Planned",
        lead,
        description: "One of many",
    };
    projects::plant_project(seed, &project, BEGUN - 20);
}

/// Plants an issue in this team, for this assignee, in this project.
fn plant_issue(seed: &mut Seed, place: usize, [team, assignee, project]: [Option<&str>; 3]) {
    let team = team.unwrap_or("ENG");
    let title = format!("Piece of work {place:05}");
    let id = seed.id("Team", team);
    let number = identifier::next_number(seed.store(), &id);
    let (state, ..) = STATES
        .get(place % STATES.len())
        .copied()
        .unwrap_or_default();
    let issue = Issue {
        team,
        number,
        title: &title,
        days_ago: 4,
        state,
        labels: &["bug"],
        assignee,
        project,
        ..issues::PLAIN
    };
    issues::plant_issue(seed, &issue);
}

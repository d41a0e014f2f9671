//! The workspace that every stand-in starts with. It has awkward cases on purpose: two Johns, a label name in two teams,
//! a label group, a retired label, more labels than one page holds, two projects of one name, an archived project, texts
//! full of quotes and fences.
//!
//! A larger workspace has plain teams, users, labels, projects and issues besides, numbered, and newer than those of the
//! standard workspace, as whatever is added to a workspace is.

mod custom_views;
mod issues;
mod projects;
mod teams;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::store::{Store, text};
use super::{derived, identifier, time};
use issues::Issue;
use projects::Project;
use teams::{Person, STATES, Team};

/// Returns the seeded workspace, filled up to this size: the same ids, timestamps and texts in every run.
pub(super) fn workspace(size: Size) -> Store {
    let mut seed = SeedBuilder {
        store: Store::new(),
        ids: BTreeMap::new(),
        record_count: 0,
    };
    teams::add_all(&mut seed);
    projects::add_all(&mut seed);
    issues::add_all(&mut seed);
    fill_up(&mut seed, size);
    issues::add_further_history(&mut seed);
    custom_views::add_all(&mut seed);
    projects::add_further_templates(&mut seed);
    let mut store = seed.store;
    derived::refresh(&mut store);
    store
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The moment of the seed, 2025-01-16T10:00:00Z, at which the clock of a new store stands.
const SEED_MS: i64 = 1_737_021_600_000;

/// The workspace while it is seeded. Records refer to each other by readable handles, for instance `ENG` for a team
/// and `ENG/Todo` for a state.
struct SeedBuilder {
    store: Store,
    /// The ids of the records, by type and handle.
    ids: BTreeMap<String, String>,
    record_count: i64,
}

impl SeedBuilder {
    /// Adds a record of this type that was created so many days ago, with these fields (a JSON object), which may name
    /// the timestamps too. Returns the id of the record, which its handle stands for from now on.
    fn add(&mut self, kind: &'static str, handle: &str, days_ago: i64, fields: Value) -> String {
        let id = self.store.new_id();
        self.add_with_id(kind, handle, &id, days_ago, fields);
        id
    }

    /// Adds a record as [`SeedBuilder::add`] does, with this id, which is not one of the ids that the store makes.
    fn add_with_id(
        &mut self,
        kind: &'static str,
        handle: &str,
        id: &str,
        days_ago: i64,
        fields: Value,
    ) {
        self.record_count += 1;
        // A second apart, so that records of one day are ordered as they were added.
        let age_ms = days_ago * DAY_MS;
        let created = time::iso(SEED_MS - age_ms + (self.record_count - 1000) * 1000);
        let mut record = serde_json::Map::from_iter([
            ("id".to_owned(), json!(id)),
            ("createdAt".to_owned(), json!(created)),
            ("updatedAt".to_owned(), json!(created)),
            ("archivedAt".to_owned(), Value::Null),
        ]);
        if let Value::Object(fields) = fields {
            record.extend(fields);
        }
        self.store.put(kind, record);
        self.ids.insert(format!("{kind} {handle}"), id.to_owned());
    }

    /// The id of the record of this type with this handle. An unknown handle has an empty id, which the seed's own test
    /// reports.
    fn id(&self, kind: &str, handle: &str) -> String {
        let id = self.ids.get(&format!("{kind} {handle}"));
        id.cloned().unwrap_or_default()
    }

    /// The ids of several records of one type.
    fn ids(&self, kind: &str, handles: &[&str]) -> Vec<String> {
        handles.iter().map(|handle| self.id(kind, handle)).collect()
    }

    /// The id of the record with this handle, or null when there is no handle.
    fn id_or_null(&self, kind: &str, handle: Option<&str>) -> Value {
        handle.map_or(Value::Null, |handle| self.id(kind, handle).into())
    }

    /// Writes more fields into a record.
    fn amend(&mut self, kind: &str, handle: &str, fields: Value) {
        let id = self.id(kind, handle);
        if let (Some(record), Value::Object(fields)) = (self.store.get_mut(kind, &id), fields) {
            record.extend(fields);
        }
    }

    /// Writes the slug and the URL that follow from the id of a record and from this title.
    fn set_page_url(&mut self, kind: &str, handle: &str, page: &str, title: &str) {
        let slug = identifier::slug_id(&self.id(kind, handle));
        let url = identifier::page_url(page, title, &slug);
        self.amend(kind, handle, json!({ "slugId": slug, "url": url }));
    }

    /// The URL of a record.
    fn url(&self, kind: &str, handle: &str) -> String {
        let record = self.store.get(kind, &self.id(kind, handle));
        let url = record.and_then(|record| text(record, "url"));
        url.unwrap_or_default().to_owned()
    }
}

/// Returns the moment so many days before the seed, at the same hour.
fn day(days_ago: i64) -> String {
    time::iso(SEED_MS - days_ago * DAY_MS)
}

/// The number of records of each kind that a workspace has in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Teams, each with its seven workflow states.
    pub teams: usize,
    /// Issue labels, groups and retired ones included.
    pub labels: usize,
    /// Users, deactivated ones and apps included.
    pub users: usize,
    /// Projects, archived ones included.
    pub projects: usize,
    /// Issues, archived and trashed ones included.
    pub issues: usize,
}

impl Size {
    /// The size of the workspace that every stand-in starts with.
    pub const STANDARD: Self = Self {
        teams: 6,
        labels: 311,
        users: 5,
        projects: 5,
        issues: 17,
    };

    /// Returns a size with `factor` times as many of everything.
    pub fn times(self, factor: usize) -> Self {
        let more = |count: usize| count.saturating_mul(factor);
        Self {
            teams: more(self.teams),
            labels: more(self.labels),
            users: more(self.users),
            projects: more(self.projects),
            issues: more(self.issues),
        }
    }
}

/// How many days ago the first records beyond the standard workspace were created. Teams get their states ten days later.
const FILLING_DAYS_AGO: i64 = 50;

/// Of this many labels, one belongs to the workspace and the others belong to teams.
const LABELS_PER_WORKSPACE_LABEL: usize = 4;

/// Fills the workspace up to this size. Whatever it has more of stays.
fn fill_up(seed: &mut SeedBuilder, size: Size) {
    let standard = measure_size(&seed.store);
    let people = number_names("person", standard.users..size.users);
    let keys: Vec<String> = (standard.teams..size.teams)
        .map(|number| format!("T{:03}", number + 1))
        .collect();
    let labels = number_names("label", standard.labels..size.labels);
    let projects = number_names("Project ", standard.projects..size.projects);
    for (index, handle) in people.iter().enumerate() {
        let person = Person {
            handle,
            name: &format!("Pat Number{index:04}"),
            display_name: handle,
            email: &format!("{handle}@example.com"),
            initials: "PN",
            ..teams::PLAIN_PERSON
        };
        teams::add_person(seed, &person, FILLING_DAYS_AGO);
    }
    for (index, key) in keys.iter().enumerate() {
        let members: Vec<&str> = nth(&people, index).into_iter().chain(["john"]).collect();
        let team = Team {
            name: &format!("Team {key}"),
            key,
            members: &members,
            ..teams::PLAIN_TEAM
        };
        teams::add_team(seed, &team, FILLING_DAYS_AGO);
    }
    for (index, name) in labels.iter().enumerate() {
        let is_of_workspace = index.is_multiple_of(LABELS_PER_WORKSPACE_LABEL);
        let team = nth(&keys, index).filter(|_| !is_of_workspace);
        teams::add_label(seed, (team, name, "#bec2c8", None), FILLING_DAYS_AGO - 20);
    }
    for (index, name) in projects.iter().enumerate() {
        let project = Project {
            handle: name,
            name,
            team: nth(&keys, index).unwrap_or("ENG"),
            status: "Planned",
            lead: nth(&people, index),
            description: "One of many",
        };
        projects::add_project(seed, &project, FILLING_DAYS_AGO - 20);
    }
    for index in 0..size.issues.saturating_sub(standard.issues) {
        // In step with the projects, so that the project of an issue belongs to the issue's team.
        let turn = index.checked_rem(projects.len()).unwrap_or(index);
        let team = nth(&keys, turn).unwrap_or("ENG");
        let team_id = seed.id("Team", team);
        let (state, ..) = STATES
            .get(index % STATES.len())
            .copied()
            .unwrap_or_default();
        let issue = Issue {
            team,
            number: identifier::next_number(&mut seed.store, &team_id),
            title: &format!("Piece of work {index:05}"),
            days_ago: 4,
            state,
            labels: &["bug"],
            assignee: nth(&people, turn),
            project: nth(&projects, turn),
            ..issues::PLAIN_ISSUE
        };
        issues::add_issue(seed, &issue);
    }
    let users = seed.store.all("User").count();
    seed.amend("Organization", "acme", json!({ "userCount": users }));
}

/// Returns how large a workspace is.
fn measure_size(store: &Store) -> Size {
    let count = |kind| store.all(kind).count();
    Size {
        teams: count("Team"),
        labels: count("IssueLabel"),
        users: count("User"),
        projects: count("Project"),
        issues: count("Issue"),
    }
}

/// Returns a name for each index of the range: `word0006`, `word0007`, ….
fn number_names(word: &str, indexes: std::ops::Range<usize>) -> Vec<String> {
    indexes
        .map(|index| format!("{word}{:04}", index + 1))
        .collect()
}

/// Returns the name at this index of the names repeated without end; `None` where there are no names.
fn nth(names: &[String], index: usize) -> Option<&str> {
    let index = index.checked_rem(names.len())?;
    names.get(index).map(String::as_str)
}

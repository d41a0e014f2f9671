//! The check that writes go to the teams and projects of `LINEAR_OPS_TEAMS` and `LINEAR_OPS_PROJECTS`.
//!
//! A write is checked by the ids in its mutation: each id belongs to an entity, and each entity has a place, which is
//! its team and project. The place is taken from what the operation has read (an issue with its team and project) or
//! from the session cache (projects, labels); otherwise it is queried, with one request for all mutations that are
//! submitted together. If a mutation has the identifier of an issue, the identifier is then replaced by the id of the
//! issue, so that the write goes to the issue that was checked. A mutation that this file has no rule for is refused.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::cache::Cache;
use crate::error::{Code, Error};
use crate::linear::client::Answers;
use crate::linear::compose::Part;
use crate::linear::documents::{
    CommentPlace, DocumentPlace, IssuePlace, LabelPlace, ProjectPlace, RelationPlace,
    comment_place, document_place, issue_place, label_place, project_place, relation_place,
};
use crate::linear::filter::Filter;

/// The name of the setting for the teams.
pub const TEAMS: &str = "LINEAR_OPS_TEAMS";
/// The name of the setting for the projects.
pub const PROJECTS: &str = "LINEAR_OPS_PROJECTS";

/// How many teams of a project the queries of the operations ask for. A project for which this number of teams was read
/// may have more teams.
const PAGE: usize = 10;

/// The teams and projects in which a session may write. The names in the settings are resolved to ids once
/// ([`Places::pin`]), so a later change of a name in Linear has no effect.
#[derive(Debug, Default)]
pub struct Places {
    /// The teams as they are written in the setting.
    teams: Vec<String>,
    /// The projects as they are written in the setting.
    projects: Vec<String>,
    pinned: Mutex<Option<Arc<Pinned>>>,
}

/// The ids of the teams and projects in the settings.
#[derive(Debug, Default)]
struct Pinned {
    teams: BTreeSet<String>,
    projects: BTreeSet<String>,
}

/// The place of an entity: the teams and the project to which it belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The team of an issue, or all teams of a project. This is empty for an entity that belongs to the whole
    /// workspace.
    teams: Vec<NamedId>,
    /// The project, if there is one.
    project: Option<NamedId>,
}

/// The id of a team or project, with its name if the name is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct NamedId {
    id: String,
    name: Option<String>,
}

/// The places that an operation has learnt from the answers of Linear, by the ids of the entities, and for issues also
/// by their identifiers. All keys are in lower case.
#[derive(Debug, Default)]
pub(in crate::session) struct KnownPlaces {
    places: HashMap<String, Place>,
    /// The ids of issues, by their identifiers.
    issue_ids: HashMap<String, String>,
    /// The ids of the issues or projects that a comment, relation or document belongs to, by the id of the comment,
    /// relation or document. A comment, relation or document that belongs to something else has no entry.
    owners: HashMap<String, Vec<String>>,
}

/// An entity that a mutation writes to, by its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Target {
    /// The UUID or the identifier of the issue.
    Issue(String),
    Comment(String),
    Document(String),
    Project(String),
    Label(String),
    Relation(String),
}

/// A destination of a write, which has to be within the allowed places.
#[derive(Debug)]
enum Destination {
    /// The present place of the entity.
    PlaceOf(Target),
    /// This place.
    At(Place),
    /// The present place of the issue, and the place to which the mutation moves the issue.
    Moved {
        issue: Target,
        team: Option<NamedId>,
        /// `None` if the issue stays in its project, `Some(None)` if it is removed from its project.
        project: Option<Option<NamedId>>,
    },
}

/// The check of the mutations that are submitted together.
pub(in crate::session) struct PlaceCheck<'g> {
    places: &'g Places,
    destinations: Vec<Destination>,
    /// The entities whose place has to be queried.
    unknown: Vec<Target>,
}

impl Places {
    /// Creates the limits for these teams (names, keys or ids) and projects (names, slugs, addresses or ids). An empty
    /// list sets no limit.
    pub fn new(teams: Vec<String>, projects: Vec<String>) -> Self {
        Self {
            teams,
            projects,
            pinned: Mutex::default(),
        }
    }

    /// Whether writes may go to all teams and projects.
    pub fn is_everywhere(&self) -> bool {
        self.teams.is_empty() && self.projects.is_empty()
    }

    /// Begins the check of mutations. If one of the mutations creates an entity, the place of this entity is known for
    /// the other mutations.
    ///
    /// # Errors
    /// NOT_ALLOWED for a mutation whose place cannot be determined.
    pub(in crate::session) fn begin_check<'p>(
        &self,
        mutations: impl Iterator<Item = &'p Part>,
        known_places: &mut KnownPlaces,
        cache: &Cache,
    ) -> Result<PlaceCheck<'_>, Error> {
        let mut destinations = Vec::new();
        for mutation in mutations {
            let found =
                destinations_of(mutation).ok_or_else(|| unknown_place(mutation.root(), None))?;
            let input = mutation.variables().get("input");
            let created = input
                .and_then(|input| input.get("id")?.as_str())
                .filter(|_| matches!(mutation.root(), "issueCreate" | "issueLabelCreate"));
            for destination in &found {
                if let (Destination::At(place), Some(id)) = (destination, created) {
                    let places = &mut known_places.places;
                    places.insert(id.to_ascii_lowercase(), place.clone());
                }
            }
            destinations.extend(found);
        }
        let mut unknown: Vec<Target> = Vec::new();
        for destination in &destinations {
            let target = match destination {
                Destination::PlaceOf(target) | Destination::Moved { issue: target, .. } => target,
                Destination::At(_) => continue,
            };
            if known_places.places_of(target, cache).is_none() && !unknown.contains(target) {
                unknown.push(target.clone());
            }
        }
        Ok(PlaceCheck {
            places: self,
            destinations,
            unknown,
        })
    }

    /// Returns the teams as they are written in the setting.
    pub fn teams(&self) -> &[String] {
        &self.teams
    }

    /// Returns the projects as they are written in the setting.
    pub fn projects(&self) -> &[String] {
        &self.projects
    }

    /// Whether the ids of the teams and projects are known. Nothing is written before they are known.
    pub fn is_pinned(&self) -> bool {
        self.pinned().is_some()
    }

    /// Sets the ids of the teams and projects for the rest of the session.
    pub fn pin(&self, teams: BTreeSet<String>, projects: BTreeSet<String>) {
        let pinned = Arc::new(Pinned { teams, projects });
        *self.pinned.lock().unwrap_or_else(PoisonError::into_inner) = Some(pinned);
    }

    fn pinned(&self) -> Option<Arc<Pinned>> {
        self.pinned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Checks that a place is within the allowed teams and projects.
    fn check(&self, place: &Place, pinned: &Pinned, cache: &Cache) -> Result<(), Error> {
        if !self.teams.is_empty() {
            let is_outside =
                |team: &&NamedId| !pinned.teams.contains(&team.id.to_ascii_lowercase());
            match place.teams.iter().find(is_outside) {
                Some(team) => {
                    let cached = || cache.teams.get(&team.id).map(|team| team.name.clone());
                    let what = match team.name.clone().or_else(cached) {
                        Some(name) => format!("the team '{name}'"),
                        None => "another team".to_owned(),
                    };
                    return Err(outside_error(&what, TEAMS, &self.teams));
                }
                None if place.teams.is_empty() => {
                    let what = "the workspace, and not to one team";
                    return Err(outside_error(what, TEAMS, &self.teams));
                }
                None => {}
            }
        }
        if !self.projects.is_empty() {
            let project = place.project.as_ref();
            if !project
                .is_some_and(|project| pinned.projects.contains(&project.id.to_ascii_lowercase()))
            {
                let name = project.and_then(|project| {
                    let cached = || {
                        let cached = cache.projects.get(&project.id)?;
                        Some(cached.name.clone())
                    };
                    project.name.clone().or_else(cached)
                });
                let what = match (project, name) {
                    (None, _) => "no project".to_owned(),
                    (Some(_), Some(name)) => format!("the project '{name}'"),
                    (Some(_), None) => "another project".to_owned(),
                };
                return Err(outside_error(&what, PROJECTS, &self.projects));
            }
        }
        Ok(())
    }
}

impl PlaceCheck<'_> {
    /// Returns the queries for the places that are not known yet.
    pub(in crate::session) fn queries(&self) -> Vec<Part> {
        self.unknown.iter().map(Target::query).collect()
    }

    /// Adds the places in the answers to the queries of [`Self::queries`].
    pub(in crate::session) fn learn(&self, mut answers: Answers, known_places: &mut KnownPlaces) {
        for (slot, target) in self.unknown.iter().enumerate() {
            let root = answers.take_raw(slot);
            if let Some(value) = root.values().next() {
                known_places.learn_of(target, value);
            }
        }
    }

    /// Ends the check, once the answers to the queries have been added.
    ///
    /// # Errors
    /// NOT_ALLOWED for a place outside the allowed places, and for a place that cannot be determined.
    pub(in crate::session) fn finish(
        self,
        known_places: &KnownPlaces,
        cache: &Cache,
    ) -> Result<(), Error> {
        let Some(pinned) = self.places.pinned() else {
            return Err(unknown_place("what the settings name", None));
        };
        for destination in self.destinations {
            let mut places = match &destination {
                Destination::At(place) => vec![place.clone()],
                Destination::PlaceOf(target) | Destination::Moved { issue: target, .. } => {
                    known_places
                        .places_of(target, cache)
                        .ok_or_else(|| unknown_place(target.kind(), None))?
                }
            };
            if let Destination::Moved { team, project, .. } = destination {
                let new_places: Vec<Place> = places
                    .iter()
                    .map(|present| Place {
                        teams: match &team {
                            Some(team) => vec![team.clone()],
                            None => present.teams.clone(),
                        },
                        project: project.clone().unwrap_or_else(|| present.project.clone()),
                    })
                    .collect();
                places.extend(new_places);
            }
            for place in &places {
                self.places.check(place, &pinned, cache)?;
            }
        }
        Ok(())
    }
}

impl KnownPlaces {
    /// Adds the places of all entities at every depth of an answer.
    pub(in crate::session) fn learn(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                self.learn_entity(fields);
                fields.values().for_each(|value| self.learn(value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            _ => {}
        }
    }

    /// Adds the place of one object in an answer, if the object is an entity with all the fields that are needed to
    /// know its place.
    fn learn_entity(&mut self, fields: &Map<String, Value>) {
        let Some(id) = text(fields, "id") else {
            return;
        };
        let id = id.to_ascii_lowercase();
        let team = fields.get("team");
        if let (Some(identifier), Some(team), Some(project)) = (
            text(fields, "identifier"),
            team.and_then(NamedId::read),
            fields.get("project"),
        ) {
            let place = Place {
                teams: vec![team],
                project: NamedId::read(project),
            };
            let identifier = identifier.to_ascii_lowercase();
            self.issue_ids.insert(identifier.clone(), id.clone());
            self.places.insert(identifier, place.clone());
            self.places.insert(id, place);
        } else if let (true, Some(team)) = (fields.contains_key("isGroup"), team) {
            let place = Place {
                teams: NamedId::read(team).into_iter().collect(),
                project: None,
            };
            self.places.insert(id, place);
        } else if let Some(teams) = fields.get("teams").filter(|teams| is_complete(teams)) {
            let place = Place {
                teams: nodes(Some(teams)).filter_map(NamedId::read).collect(),
                project: NamedId::read(&Value::Object(fields.clone())),
            };
            self.places.insert(id, place);
        }
    }

    /// Adds the answer to the query for the place of an entity. The answer has either the place itself or the entities
    /// to which the entity belongs.
    fn learn_of(&mut self, target: &Target, root: &Value) {
        self.learn(root);
        let node = match root.get("nodes") {
            Some(nodes) => nodes.get(0),
            None => Some(root),
        };
        let Some(node) = node.and_then(Value::as_object) else {
            return;
        };
        let id_of = |key: &str| node.get(key).and_then(|entity| entity.get("id")?.as_str());
        let owners = match target {
            Target::Issue(name) => {
                // The mutation may have an older identifier of the issue, from before the issue moved to another team.
                let id = text(node, "id").map(str::to_ascii_lowercase);
                if let Some((id, place)) =
                    id.and_then(|id| Some((id.clone(), self.places.get(&id)?.clone())))
                {
                    self.issue_ids.insert(name.to_ascii_lowercase(), id);
                    self.places.insert(name.to_ascii_lowercase(), place);
                }
                return;
            }
            Target::Comment(_) => vec![id_of("issue")],
            Target::Relation(_) => vec![id_of("issue"), id_of("relatedIssue")],
            Target::Document(_) => {
                let owner = ["issue", "project"].into_iter().find_map(id_of);
                if owner.is_none()
                    && let (Some(id), Some(team)) =
                        (text(node, "id"), node.get("team").and_then(NamedId::read))
                {
                    let place = Place {
                        teams: vec![team],
                        project: None,
                    };
                    self.places.insert(id.to_ascii_lowercase(), place);
                    return;
                }
                vec![owner]
            }
            Target::Project(_) | Target::Label(_) => return,
        };
        let owners: Option<Vec<String>> = owners
            .into_iter()
            .map(|owner| owner.map(str::to_ascii_lowercase))
            .collect();
        if let (Some(id), Some(owners)) = (text(node, "id"), owners) {
            self.owners.insert(id.to_ascii_lowercase(), owners);
        }
    }

    /// Returns the places of an entity, or `None` if they are not known. A relation is in the places of both of its
    /// issues.
    fn places_of(&self, target: &Target, cache: &Cache) -> Option<Vec<Place>> {
        let id = target.id().to_ascii_lowercase();
        if let Some(owners) = self.owners.get(&id) {
            let places = owners.iter().map(|owner| self.places.get(owner).cloned());
            return places.collect();
        }
        if let Some(place) = self.places.get(&id) {
            return Some(vec![place.clone()]);
        }
        match target {
            Target::Project(_) => {
                let project = cache.projects.get(&id)?;
                let teams = &project.teams.nodes;
                let place = Place {
                    teams: teams
                        .iter()
                        .map(|team| NamedId::new(&team.id, &team.name))
                        .collect(),
                    project: Some(NamedId::new(&project.id, &project.name)),
                };
                (teams.len() < PAGE).then(|| vec![place])
            }
            Target::Label(_) => {
                // A label never moves to another team. A cached label without a team may still have one, because not
                // every query asks for the team.
                let team = cache
                    .labels
                    .get(&id)?
                    .team
                    .as_ref()
                    .map(|team| NamedId::unnamed(&team.id))?;
                Some(vec![Place {
                    teams: vec![team],
                    project: None,
                }])
            }
            _ => None,
        }
    }

    /// Returns the id of the issue with this identifier, if the id is known.
    pub(in crate::session) fn issue_id(&self, identifier: &str) -> Option<String> {
        self.issue_ids
            .get(&identifier.to_ascii_lowercase())
            .cloned()
    }
}

impl Target {
    fn id(&self) -> &str {
        match self {
            Self::Issue(id)
            | Self::Comment(id)
            | Self::Document(id)
            | Self::Project(id)
            | Self::Label(id)
            | Self::Relation(id) => id,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Issue(_) => "the issue",
            Self::Comment(_) => "the comment",
            Self::Document(_) => "the document",
            Self::Project(_) => "the project",
            Self::Label(_) => "the label",
            Self::Relation(_) => "the relation",
        }
    }

    /// Returns the query for the place of the entity.
    fn query(&self) -> Part {
        let filter = || Some(Filter::eq("id", self.id()));
        let id = || self.id().to_owned();
        match self {
            Self::Issue(_) => Part::of::<IssuePlace>(issue_place::Variables { id: id() }),
            Self::Comment(_) => {
                Part::of::<CommentPlace>(comment_place::Variables { filter: filter() })
            }
            Self::Document(_) => {
                Part::of::<DocumentPlace>(document_place::Variables { filter: filter() })
            }
            Self::Project(_) => {
                Part::of::<ProjectPlace>(project_place::Variables { filter: filter() })
            }
            Self::Label(_) => Part::of::<LabelPlace>(label_place::Variables { filter: filter() }),
            Self::Relation(_) => Part::of::<RelationPlace>(relation_place::Variables { id: id() }),
        }
    }
}

impl NamedId {
    fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: Some(name.to_owned()),
        }
    }

    /// Creates an id whose name is not known.
    fn unnamed(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: None,
        }
    }

    fn read(value: &Value) -> Option<Self> {
        let fields = value.as_object()?;
        Some(Self {
            id: text(fields, "id")?.to_owned(),
            name: text(fields, "name").map(str::to_owned),
        })
    }
}

/// Returns the destinations of a mutation, or `None` if they cannot be determined.
fn destinations_of(mutation: &Part) -> Option<Vec<Destination>> {
    let variables = mutation.variables().as_object()?;
    let empty = Map::new();
    let input = variables.get("input").and_then(Value::as_object);
    let input = input.unwrap_or(&empty);
    let id = || text(variables, "id").map(str::to_owned);
    let issue = |fields: &Map<String, Value>, key: &str| {
        Some(Destination::PlaceOf(Target::Issue(
            text(fields, key)?.to_owned(),
        )))
    };
    let parent = issue(input, "parentId");
    let teams = || -> Option<Vec<NamedId>> {
        let ids = input.get("teamIds")?.as_array()?;
        ids.iter()
            .map(|id| id.as_str().map(NamedId::unnamed))
            .collect()
    };
    let single = |destination: Destination| Some(vec![destination]);
    match mutation.root() {
        "issueCreate" => {
            let place = Place {
                teams: vec![NamedId::unnamed(text(input, "teamId")?)],
                project: text(input, "projectId").map(NamedId::unnamed),
            };
            Some(
                std::iter::once(Destination::At(place))
                    .chain(parent)
                    .collect(),
            )
        }
        "issueUpdate" => {
            let moved = Destination::Moved {
                issue: Target::Issue(id()?),
                team: text(input, "teamId").map(NamedId::unnamed),
                project: input
                    .get("projectId")
                    .map(|id| id.as_str().map(NamedId::unnamed)),
            };
            Some(std::iter::once(moved).chain(parent).collect())
        }
        "issueArchive" | "issueUnarchive" | "issueDelete" | "issueSubscribe"
        | "issueUnsubscribe" | "issueReminder" => {
            single(Destination::PlaceOf(Target::Issue(id()?)))
        }
        "issueRelationCreate" => Some(vec![
            issue(input, "issueId")?,
            issue(input, "relatedIssueId")?,
        ]),
        "issueRelationDelete" => single(Destination::PlaceOf(Target::Relation(id()?))),
        "commentCreate" | "attachmentCreate" => single(issue(input, "issueId")?),
        "attachmentLinkGitHubPR"
        | "attachmentLinkGitHubIssue"
        | "attachmentLinkGitLabMR"
        | "attachmentLinkSlack" => single(issue(variables, "issueId")?),
        "commentUpdate" | "commentDelete" | "commentResolve" | "commentUnresolve" => {
            single(Destination::PlaceOf(Target::Comment(id()?)))
        }
        "documentCreate" => single(document_destination(input)?),
        "documentUpdate" => {
            let present = Destination::PlaceOf(Target::Document(id()?));
            Some(
                std::iter::once(present)
                    .chain(document_destination(input))
                    .collect(),
            )
        }
        "projectCreate" => single(Destination::At(Place {
            teams: teams()?,
            project: None,
        })),
        "projectUpdate" => {
            let id = id()?;
            let new_place = teams().map(|teams| {
                Destination::At(Place {
                    teams,
                    project: Some(NamedId::unnamed(&id)),
                })
            });
            Some(
                std::iter::once(Destination::PlaceOf(Target::Project(id.clone())))
                    .chain(new_place)
                    .collect(),
            )
        }
        "issueLabelCreate" => single(Destination::At(Place {
            teams: text(input, "teamId")
                .map(NamedId::unnamed)
                .into_iter()
                .collect(),
            project: None,
        })),
        "issueLabelUpdate" | "issueLabelRetire" | "issueLabelRestore" => {
            single(Destination::PlaceOf(Target::Label(id()?)))
        }
        _ => None,
    }
}

/// Returns the destination of a document, if the input has one.
fn document_destination(input: &Map<String, Value>) -> Option<Destination> {
    if let Some(issue) = text(input, "issueId") {
        return Some(Destination::PlaceOf(Target::Issue(issue.to_owned())));
    }
    if let Some(project) = text(input, "projectId") {
        return Some(Destination::PlaceOf(Target::Project(project.to_owned())));
    }
    let team = text(input, "teamId")?;
    Some(Destination::At(Place {
        teams: vec![NamedId::unnamed(team)],
        project: None,
    }))
}

fn text<'v>(fields: &'v Map<String, Value>, key: &str) -> Option<&'v str> {
    fields.get(key)?.as_str()
}

/// Returns the entities on a page.
fn nodes(connection: Option<&Value>) -> impl Iterator<Item = &Value> {
    let nodes = connection.and_then(|page| page.get("nodes")?.as_array());
    nodes.into_iter().flatten()
}

/// Whether a page has all entities of its list.
fn is_complete(connection: &Value) -> bool {
    let more = connection
        .pointer("/pageInfo/hasNextPage")
        .and_then(Value::as_bool);
    match more {
        Some(more) => !more,
        None => connection.get("nodes").is_some() && nodes(Some(connection)).count() < PAGE,
    }
}

/// Returns the error of a write to a place that the setting does not allow.
fn outside_error(what: &str, setting: &str, allowed: &[String]) -> Error {
    let message =
        format!("This would write to what belongs to {what}, and {setting} does not allow that");
    Error::new(Code::NotAllowed, message)
        .detail("setting", setting)
        .detail("allowed", allowed.to_vec())
        .suggest(format!(
            "Write to what belongs to one of: {}",
            allowed.join(", ")
        ))
}

/// Returns the error of a write whose place cannot be determined.
pub(in crate::session) fn unknown_place(what: &str, why: Option<&str>) -> Error {
    let message = format!(
        "Where this would write cannot be told ({what}), and the settings allow some places alone"
    );
    let error = Error::new(Code::NotAllowed, message)
        .detail("setting", format!("{TEAMS}, {PROJECTS}"))
        .suggest("Check that what it is to be written to exists, and belongs to a team");
    match why {
        Some(why) => error.detail("reason", why),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_told_in_full_is_remembered_and_nothing_else() {
        let mut known = KnownPlaces::default();
        known.learn(&json!({"issue": {
            "id": "I", "identifier": "ENG-1", "team": {"id": "t"}, "project": null,
            "parent": {"id": "p", "identifier": "ENG-2", "title": "no team is told"},
            "labels": {"nodes": [{"id": "l", "isGroup": false, "team": null}]},
        }}));
        known.learn(
            &json!({"project": {"id": "j", "teams": {"nodes": [{"id": "t"}, {"id": "u"}]}}}),
        );
        let full: Vec<Value> = (0..10).map(|id| json!({"id": id.to_string()})).collect();
        known.learn(&json!({"id": "k", "teams": {"nodes": full}}));
        let teams = |id: &str| {
            let place = known.places.get(id)?;
            Some(
                place
                    .teams
                    .iter()
                    .map(|team| team.id.clone())
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(teams("i"), Some(vec!["t".to_owned()]));
        assert_eq!(teams("eng-1"), teams("i"));
        assert_eq!(teams("l"), Some(Vec::new()));
        assert_eq!(teams("j"), Some(vec!["t".to_owned(), "u".to_owned()]));
        assert_eq!(teams("p"), None);
        assert_eq!(teams("k"), None);
        assert_eq!(known.issue_id("eng-1"), Some("i".to_owned()));
    }
}

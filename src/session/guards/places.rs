//! Where writes may go: the teams and projects of `LINEAR_OPS_TEAMS` and `LINEAR_OPS_PROJECTS`.
//!
//! A write is judged by its mutation: by the ids in it, and by what Linear says of the place of each. The place is taken
//! from what the operation has read (an issue with its team and project), from the session cache (projects, labels), or
//! asked for, everything of one submission in one request. An issue that a mutation names by its identifier is given its
//! id then, so that what was judged is what is written. A mutation that is not known here is refused.

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

/// The setting of the teams.
pub const TEAMS: &str = "LINEAR_OPS_TEAMS";
/// The setting of the projects.
pub const PROJECTS: &str = "LINEAR_OPS_PROJECTS";

/// How many teams of a project the operations' own documents ask for: a full page may not be all of them.
const PAGE: usize = 10;

/// Where a session may write. The names are given their ids once ([`Places::pin`]); what is renamed later stays what it
/// was.
#[derive(Debug, Default)]
pub struct Places {
    /// The teams, as the setting has them.
    teams: Vec<String>,
    /// The projects, as the setting has them.
    projects: Vec<String>,
    pinned: Mutex<Option<Arc<Pinned>>>,
}

/// The ids of the teams and projects.
#[derive(Debug, Default)]
struct Pinned {
    teams: BTreeSet<String>,
    projects: BTreeSet<String>,
}

/// Where something belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its teams: one of an issue, all of a project. Empty for what belongs to the whole workspace.
    teams: Vec<Named>,
    /// Its project.
    project: Option<Named>,
}

/// A team or a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Named {
    id: String,
    /// Its name, where that is known.
    name: Option<String>,
}

/// What an operation has learnt of the places of things: by their ids, and of issues by their identifiers too, all in
/// lower case.
#[derive(Debug, Default)]
pub(in crate::session) struct Seen {
    places: HashMap<String, Place>,
    /// The ids of issues by their identifiers.
    ids: HashMap<String, String>,
    /// The ids of the issues or projects that a comment, a relation or a document belongs to, by its own id. What belongs
    /// to something else is not in it.
    hosts: HashMap<String, Vec<String>>,
}

/// A thing that a mutation touches and that has a place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Thing {
    /// By UUID or identifier.
    Issue(String),
    Comment(String),
    Document(String),
    Project(String),
    Label(String),
    Relation(String),
}

/// What has to be within the places that are allowed.
#[derive(Debug)]
enum Target {
    /// The thing, where it is now.
    Now(Thing),
    /// A place.
    At(Place),
    /// The thing, where a change puts it.
    Moved {
        issue: Thing,
        team: Option<Named>,
        /// Absent where it stays in its project.
        project: Option<Option<Named>>,
    },
}

/// The judgement of one submission, as far as it has come.
pub(in crate::session) struct Judgement<'g> {
    places: &'g Places,
    targets: Vec<Target>,
    unknown: Vec<Thing>,
}

impl Places {
    /// These teams (names, keys or ids) and projects (names, slugs, addresses or ids). An empty list allows all.
    pub fn new(teams: Vec<String>, projects: Vec<String>) -> Self {
        Self {
            teams,
            projects,
            pinned: Mutex::default(),
        }
    }

    /// Whether writes may go anywhere.
    pub fn is_everywhere(&self) -> bool {
        self.teams.is_empty() && self.projects.is_empty()
    }

    /// Begins to judge mutations. What is made by one of them is in its place for the others.
    ///
    /// # Errors
    /// NOT_ALLOWED for a mutation whose place cannot be told.
    pub(in crate::session) fn begin<'p>(
        &self,
        mutations: impl Iterator<Item = &'p Part>,
        seen: &mut Seen,
        cache: &Cache,
    ) -> Result<Judgement<'_>, Error> {
        let mut targets = Vec::new();
        for part in mutations {
            let found = targets_of(part).ok_or_else(|| untold(part.root(), None))?;
            for target in &found {
                if let (Target::At(place), Some(id)) = (target, made(part)) {
                    seen.places.insert(id.to_ascii_lowercase(), place.clone());
                }
            }
            targets.extend(found);
        }
        let mut unknown: Vec<Thing> = Vec::new();
        for target in &targets {
            let thing = match target {
                Target::Now(thing) | Target::Moved { issue: thing, .. } => thing.clone(),
                Target::At(_) => continue,
            };
            if seen.places_of(&thing, cache).is_none() && !unknown.contains(&thing) {
                unknown.push(thing);
            }
        }
        Ok(Judgement {
            places: self,
            targets,
            unknown,
        })
    }

    /// The teams as the setting has them.
    pub fn teams(&self) -> &[String] {
        &self.teams
    }

    /// The projects as the setting has them.
    pub fn projects(&self) -> &[String] {
        &self.projects
    }

    /// Whether the ids of the teams and projects are known. Nothing is written before that.
    pub fn is_pinned(&self) -> bool {
        self.pinned().is_some()
    }

    /// Keeps the ids of the teams and projects for the rest of the session.
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

    /// Checks that a place is one of those that are allowed.
    fn check(&self, place: &Place, pinned: &Pinned, cache: &Cache) -> Result<(), Error> {
        if !self.teams.is_empty() {
            let outside = |team: &&Named| !pinned.teams.contains(&team.id.to_ascii_lowercase());
            match place.teams.iter().find(outside) {
                Some(team) => {
                    let name = team.name.clone();
                    let known = || cache.teams.get(&team.id).map(|team| team.name.clone());
                    let what = match name.or_else(known) {
                        Some(name) => format!("the team '{name}'"),
                        None => "another team".to_owned(),
                    };
                    return Err(outside_of(&what, TEAMS, &self.teams));
                }
                None if place.teams.is_empty() => {
                    let what = "the workspace, and not to one team";
                    return Err(outside_of(what, TEAMS, &self.teams));
                }
                None => {}
            }
        }
        if !self.projects.is_empty() {
            let project = place.project.as_ref();
            if !project.is_some_and(|of| pinned.projects.contains(&of.id.to_ascii_lowercase())) {
                let known = |of: &Named| {
                    let cached = || cache.projects.get(&of.id).map(|of| of.name.clone());
                    of.name.clone().or_else(cached)
                };
                let what = match (project, project.and_then(known)) {
                    (None, _) => "no project".to_owned(),
                    (Some(_), Some(name)) => format!("the project '{name}'"),
                    (Some(_), None) => "another project".to_owned(),
                };
                return Err(outside_of(&what, PROJECTS, &self.projects));
            }
        }
        Ok(())
    }
}

impl Judgement<'_> {
    /// What has to be asked before the judgement can be passed; nothing where all is known.
    pub(in crate::session) fn questions(&self) -> Vec<Part> {
        self.unknown.iter().map(Thing::question).collect()
    }

    /// Takes in the answers.
    pub(in crate::session) fn learn(&self, mut answers: Answers, seen: &mut Seen) {
        for (slot, thing) in self.unknown.iter().enumerate() {
            let root = answers.take_raw(slot);
            if let Some(value) = root.values().next() {
                seen.host(thing, value);
            }
        }
    }

    /// Passes the judgement.
    ///
    /// # Errors
    /// NOT_ALLOWED for what is outside of the places that are allowed, and for what cannot be told.
    pub(in crate::session) fn pass(self, seen: &Seen, cache: &Cache) -> Result<(), Error> {
        let Some(pinned) = self.places.pinned() else {
            return Err(untold("what the settings name", None));
        };
        for target in self.targets {
            let mut places = match &target {
                Target::At(place) => vec![place.clone()],
                Target::Now(thing) | Target::Moved { issue: thing, .. } => seen
                    .places_of(thing, cache)
                    .ok_or_else(|| untold(thing.kind(), None))?,
            };
            if let Target::Moved { team, project, .. } = target {
                let to: Vec<Place> = places
                    .iter()
                    .map(|now| Place {
                        teams: team
                            .clone()
                            .map_or_else(|| now.teams.clone(), |team| vec![team]),
                        project: project.clone().unwrap_or_else(|| now.project.clone()),
                    })
                    .collect();
                places.extend(to);
            }
            for place in &places {
                self.places.check(place, &pinned, cache)?;
            }
        }
        Ok(())
    }
}

impl Seen {
    /// Remembers the places of everything that an answer tells of, at every depth.
    pub(in crate::session) fn see(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                self.see_fields(fields);
                fields.values().for_each(|value| self.see(value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.see(item)),
            _ => {}
        }
    }

    fn see_fields(&mut self, fields: &Map<String, Value>) {
        let Some(id) = text(fields, "id") else {
            return;
        };
        let id = id.to_ascii_lowercase();
        let team = fields.get("team");
        if let (Some(identifier), Some(team), Some(project)) = (
            text(fields, "identifier"),
            team.and_then(Named::read),
            fields.get("project"),
        ) {
            let place = Place {
                teams: vec![team],
                project: Named::read(project),
            };
            let identifier = identifier.to_ascii_lowercase();
            self.ids.insert(identifier.clone(), id.clone());
            self.places.insert(identifier, place.clone());
            self.places.insert(id, place);
        } else if let (true, Some(team)) = (fields.contains_key("isGroup"), team) {
            let place = Place {
                teams: Named::read(team).into_iter().collect(),
                project: None,
            };
            self.places.insert(id, place);
        } else if let Some(teams) = fields.get("teams").filter(|teams| is_whole(teams)) {
            let place = Place {
                teams: nodes(Some(teams)).filter_map(Named::read).collect(),
                project: Named::read(&Value::Object(fields.clone())),
            };
            self.places.insert(id, place);
        }
    }

    /// Remembers what the answer to the question about a thing says of it.
    fn host(&mut self, thing: &Thing, root: &Value) {
        self.see(root);
        let node = match root.get("nodes") {
            Some(nodes) => nodes.get(0),
            None => Some(root),
        };
        let Some(node) = node.and_then(Value::as_object) else {
            return;
        };
        let issue = |key: &str| node.get(key).and_then(|of| of.get("id")?.as_str());
        let hosts = match thing {
            Thing::Issue(name) => {
                // An issue goes by the identifiers that it had before it moved, too.
                let id = text(node, "id").map(str::to_ascii_lowercase);
                if let Some((id, place)) =
                    id.and_then(|id| Some((id.clone(), self.places.get(&id)?.clone())))
                {
                    self.ids.insert(name.to_ascii_lowercase(), id);
                    self.places.insert(name.to_ascii_lowercase(), place);
                }
                return;
            }
            Thing::Comment(_) => vec![issue("issue")],
            Thing::Relation(_) => vec![issue("issue"), issue("relatedIssue")],
            Thing::Document(_) => {
                let of = ["issue", "project"].into_iter().find_map(issue);
                if of.is_none()
                    && let (Some(id), Some(team)) =
                        (text(node, "id"), node.get("team").and_then(Named::read))
                {
                    let place = Place {
                        teams: vec![team],
                        project: None,
                    };
                    self.places.insert(id.to_ascii_lowercase(), place);
                    return;
                }
                vec![of]
            }
            Thing::Project(_) | Thing::Label(_) => return,
        };
        let hosts: Option<Vec<String>> = hosts
            .into_iter()
            .map(|host| host.map(str::to_ascii_lowercase))
            .collect();
        if let (Some(id), Some(hosts)) = (text(node, "id"), hosts) {
            self.hosts.insert(id.to_ascii_lowercase(), hosts);
        }
    }

    /// The places of a thing; none where they cannot be told.
    fn places_of(&self, thing: &Thing, cache: &Cache) -> Option<Vec<Place>> {
        let id = thing.id().to_ascii_lowercase();
        if let Some(hosts) = self.hosts.get(&id) {
            let places = hosts.iter().map(|host| self.places.get(host).cloned());
            return places.collect();
        }
        if let Some(place) = self.places.get(&id) {
            return Some(vec![place.clone()]);
        }
        match thing {
            Thing::Project(_) => {
                let project = cache.projects.get(&id)?;
                let teams = &project.teams.nodes;
                let place = Place {
                    teams: teams
                        .iter()
                        .map(|team| Named::new(&team.id, &team.name))
                        .collect(),
                    project: Some(Named::new(&project.id, &project.name)),
                };
                (teams.len() < PAGE).then(|| vec![place])
            }
            Thing::Label(_) => {
                // A label stays in its team; whether one without a team is the workspace's is not told everywhere.
                let team = cache
                    .labels
                    .get(&id)?
                    .team
                    .as_ref()
                    .map(|team| Named::id(&team.id))?;
                Some(vec![Place {
                    teams: vec![team],
                    project: None,
                }])
            }
            _ => None,
        }
    }

    /// The id of the issue of that identifier.
    pub(in crate::session) fn id(&self, identifier: &str) -> Option<String> {
        self.ids.get(&identifier.to_ascii_lowercase()).cloned()
    }
}

impl Thing {
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

    /// The question where it belongs.
    fn question(&self) -> Part {
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

impl Named {
    fn new(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: Some(name.to_owned()),
        }
    }

    /// What has that id, whatever its name.
    fn id(id: &str) -> Self {
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

/// What a mutation touches; none where that cannot be told.
fn targets_of(part: &Part) -> Option<Vec<Target>> {
    let variables = part.variables().as_object()?;
    let empty = Map::new();
    let input = variables.get("input").and_then(Value::as_object);
    let input = input.unwrap_or(&empty);
    let id = || text(variables, "id").map(str::to_owned);
    let issue = |fields: &Map<String, Value>, key: &str| {
        Some(Target::Now(Thing::Issue(text(fields, key)?.to_owned())))
    };
    let parent = issue(input, "parentId");
    let teams = || -> Option<Vec<Named>> {
        let ids = input.get("teamIds")?.as_array()?;
        ids.iter().map(|id| id.as_str().map(Named::id)).collect()
    };
    let one = |target: Target| Some(vec![target]);
    match part.root() {
        "issueCreate" => {
            let place = Place {
                teams: vec![Named::id(text(input, "teamId")?)],
                project: text(input, "projectId").map(Named::id),
            };
            Some(std::iter::once(Target::At(place)).chain(parent).collect())
        }
        "issueUpdate" => {
            let moved = Target::Moved {
                issue: Thing::Issue(id()?),
                team: text(input, "teamId").map(Named::id),
                project: input.get("projectId").map(|id| id.as_str().map(Named::id)),
            };
            Some(std::iter::once(moved).chain(parent).collect())
        }
        "issueArchive" | "issueUnarchive" | "issueDelete" => one(Target::Now(Thing::Issue(id()?))),
        "issueRelationCreate" => Some(vec![
            issue(input, "issueId")?,
            issue(input, "relatedIssueId")?,
        ]),
        "issueRelationDelete" => one(Target::Now(Thing::Relation(id()?))),
        "commentCreate" | "attachmentCreate" => one(issue(input, "issueId")?),
        "attachmentLinkGitHubPR"
        | "attachmentLinkGitHubIssue"
        | "attachmentLinkGitLabMR"
        | "attachmentLinkSlack" => one(issue(variables, "issueId")?),
        "commentUpdate" | "commentDelete" | "commentResolve" | "commentUnresolve" => {
            one(Target::Now(Thing::Comment(id()?)))
        }
        "documentCreate" => one(document_place(input)?),
        "documentUpdate" => {
            let now = Target::Now(Thing::Document(id()?));
            Some(std::iter::once(now).chain(document_place(input)).collect())
        }
        "projectCreate" => one(Target::At(Place {
            teams: teams()?,
            project: None,
        })),
        "projectUpdate" => {
            let id = id()?;
            let to = teams().map(|teams| {
                Target::At(Place {
                    teams,
                    project: Some(Named::id(&id)),
                })
            });
            Some(
                std::iter::once(Target::Now(Thing::Project(id.clone())))
                    .chain(to)
                    .collect(),
            )
        }
        "issueLabelCreate" => one(Target::At(Place {
            teams: text(input, "teamId").map(Named::id).into_iter().collect(),
            project: None,
        })),
        "issueLabelUpdate" | "issueLabelRetire" | "issueLabelRestore" => {
            one(Target::Now(Thing::Label(id()?)))
        }
        _ => None,
    }
}

/// Where a document is put, where the input says so.
fn document_place(input: &Map<String, Value>) -> Option<Target> {
    if let Some(issue) = text(input, "issueId") {
        return Some(Target::Now(Thing::Issue(issue.to_owned())));
    }
    if let Some(project) = text(input, "projectId") {
        return Some(Target::Now(Thing::Project(project.to_owned())));
    }
    let team = text(input, "teamId")?;
    Some(Target::At(Place {
        teams: vec![Named::id(team)],
        project: None,
    }))
}

/// The id of what a mutation makes and others may refer to.
fn made(part: &Part) -> Option<&str> {
    let is_referred_to = matches!(part.root(), "issueCreate" | "issueLabelCreate");
    let id = part.variables().get("input")?.get("id")?.as_str()?;
    is_referred_to.then_some(id)
}

fn text<'v>(fields: &'v Map<String, Value>, key: &str) -> Option<&'v str> {
    fields.get(key)?.as_str()
}

/// The entities on a page.
fn nodes(connection: Option<&Value>) -> impl Iterator<Item = &Value> {
    let nodes = connection.and_then(|of| of.get("nodes")?.as_array());
    nodes.into_iter().flatten()
}

/// Whether a page has all there is.
fn is_whole(connection: &Value) -> bool {
    let more = connection
        .pointer("/pageInfo/hasNextPage")
        .and_then(Value::as_bool);
    match more {
        Some(more) => !more,
        None => connection.get("nodes").is_some() && nodes(Some(connection)).count() < PAGE,
    }
}

/// The error of a write that would go elsewhere.
fn outside_of(what: &str, setting: &str, allowed: &[String]) -> Error {
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

/// The error of a write of which it cannot be told where it goes.
pub(in crate::session) fn untold(what: &str, why: Option<&str>) -> Error {
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
        let mut seen = Seen::default();
        seen.see(&json!({"issue": {
            "id": "I", "identifier": "ENG-1", "team": {"id": "t"}, "project": null,
            "parent": {"id": "p", "identifier": "ENG-2", "title": "no team is told"},
            "labels": {"nodes": [{"id": "l", "isGroup": false, "team": null}]},
        }}));
        seen.see(&json!({"project": {"id": "j", "teams": {"nodes": [{"id": "t"}, {"id": "u"}]}}}));
        let full: Vec<Value> = (0..10).map(|id| json!({"id": id.to_string()})).collect();
        seen.see(&json!({"id": "k", "teams": {"nodes": full}}));
        let teams = |id: &str| {
            let place = seen.places.get(id)?;
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
        assert_eq!(seen.id("eng-1"), Some("i".to_owned()));
    }
}

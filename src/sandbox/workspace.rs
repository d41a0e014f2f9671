//! Reading the workspace by the schema: the scalars and the relations of a record.
//!
//! A to-one relation `team` is stored as `teamId`. A to-many relation is stored as a list of ids, or not at all: then
//! its entities are found by their foreign keys. The schema does not say which foreign key belongs to which to-many
//! field, but its types nearly always tell; the few cases that they do not tell are listed in [`FOREIGN_KEYS`].

use apollo_compiler::schema::Type;
use serde_json::Value;

use super::schema::{LinearSchema, TypeShape, lower_first, table};
use super::store::{Record, Store, text};
use super::{derived, identifier};

/// The types of entities that the stand-in stores. Fields of any other type are answered with defaults.
const STORED_TYPES: [&str; 20] = [
    "Attachment",
    "Comment",
    "CustomView",
    "Cycle",
    "Document",
    "Initiative",
    "Issue",
    "IssueHistory",
    "IssueLabel",
    "IssueRelation",
    "Organization",
    "Project",
    "ProjectLabel",
    "ProjectMilestone",
    "ProjectStatus",
    "ProjectUpdate",
    "Team",
    "Template",
    "User",
    "WorkflowState",
];

/// The to-many fields whose foreign key the types do not tell: the type that has the field, the field, and the foreign
/// key of the entities behind it.
const FOREIGN_KEYS: [(&str, &str, &str); 8] = [
    ("Issue", "relations", "issueId"),
    ("Issue", "inverseRelations", "relatedIssueId"),
    ("Issue", "formerAttachments", "originalIssueId"),
    ("User", "assignedIssues", "assigneeId"),
    ("User", "createdIssues", "creatorId"),
    ("User", "delegatedIssues", "delegateId"),
    ("Comment", "createdIssues", "sourceCommentId"),
    ("Project", "externalLinks", "projectId"),
];

/// Where the entities of a to-many field are found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum RelationSource<'r> {
    /// The stand-in stores no such entities.
    Nothing,
    /// All entities of the type: the field belongs to the organization.
    Everything,
    /// All entities of the type that belong to no team.
    WithoutTeam,
    /// The entities with these ids, which the record lists.
    Ids(&'r [Value]),
    /// The entities whose field of this name is the id of the record.
    ForeignKey(String),
    /// The target and the record have the same value under this key.
    SameValue(&'static str),
    /// The entities whose list of this name contains the id of the record.
    ListedIn(String),
    /// The parents of the record.
    Ancestors,
    /// The labels of the team and of the teams above it.
    TeamLabels,
}

/// The workspace as one request sees it.
#[derive(Clone, Copy)]
pub(super) struct Workspace<'a> {
    pub(super) schema: &'a LinearSchema,
    pub(super) store: &'a Store,
}

impl<'a> Workspace<'a> {
    /// The value of a scalar or enum field of a record; `Null` when it is neither stored nor derived.
    pub(super) fn scalar(&self, kind: &str, record: &Record, field: &str) -> Value {
        if let Some(value) = derived::computed_scalar(self, kind, record, field) {
            return value;
        }
        record.get(field).cloned().unwrap_or(Value::Null)
    }

    /// The entity at the other end of a to-one relation.
    pub(super) fn related_entity(
        &self,
        kind: &str,
        record: &Record,
        field: &str,
    ) -> Option<&'a Record> {
        let definition = self.schema.field(kind, field)?;
        let target = table(definition.ty.inner_named_type().as_str());
        match text(record, &format!("{field}Id")) {
            Some(id) => self.store.get(target, id),
            // There is one organization, and no record needs to say that it belongs to it.
            None if target == "Organization" => self.store.all(target).next(),
            // An object that is not stored, made up of defaults, belongs to the viewer.
            None if target == "User" && record.is_empty() => identifier::viewer(self.store),
            None => None,
        }
    }

    /// The entities at the other end of a to-many relation, oldest first.
    pub(super) fn related_entities(
        &self,
        kind: &str,
        record: &Record,
        field: &str,
    ) -> Vec<&'a Record> {
        let Some(definition) = self.schema.field(kind, field) else {
            return Vec::new();
        };
        let named = definition.ty.inner_named_type().as_str();
        let target = match self.schema.shape(named) {
            TypeShape::Page(node) => table(node),
            TypeShape::Object => table(named),
            TypeShape::Leaf | TypeShape::Abstract => return Vec::new(),
        };
        let id = text(record, "id").unwrap_or_default();
        match find_source(self.schema, kind, field, target, record) {
            RelationSource::Nothing => Vec::new(),
            RelationSource::Everything => self.store.all(target).collect(),
            RelationSource::WithoutTeam => {
                let belongs_to_no_team = |other: &&Record| text(other, "teamId").is_none();
                self.store.all(target).filter(belongs_to_no_team).collect()
            }
            RelationSource::Ids(ids) => ids
                .iter()
                .filter_map(|id| self.store.get(target, id.as_str()?))
                .collect(),
            RelationSource::ForeignKey(key) => self
                .store
                .all(target)
                .filter(|other| text(other, &key) == Some(id))
                .collect(),
            RelationSource::SameValue(key) => self
                .store
                .all(target)
                .filter(|other| text(other, key).is_some() && text(other, key) == text(record, key))
                .collect(),
            RelationSource::ListedIn(key) => self
                .store
                .all(target)
                .filter(|other| lists_id(other, &key, id))
                .collect(),
            RelationSource::Ancestors => self.ancestors(kind, record),
            RelationSource::TeamLabels => self.team_labels(record),
        }
    }

    /// The parents of a record, nearest first.
    fn ancestors(&self, kind: &str, record: &Record) -> Vec<&'a Record> {
        let mut ancestors: Vec<&Record> = Vec::new();
        let mut next = text(record, "parentId").and_then(|id| self.store.get(kind, id));
        while let Some(parent) = next {
            // A chain of parents that runs in a circle would never end.
            if ancestors
                .iter()
                .any(|known| known.get("id") == parent.get("id"))
            {
                break;
            }
            ancestors.push(parent);
            next = text(parent, "parentId").and_then(|id| self.store.get(kind, id));
        }
        ancestors
    }

    /// The labels of a team and of the teams above it (`linear/api.md` §2).
    fn team_labels(&self, team: &Record) -> Vec<&'a Record> {
        let ancestors = self.ancestors("Team", team);
        let teams: Vec<&str> = ancestors
            .iter()
            .filter_map(|team| text(team, "id"))
            .chain(text(team, "id"))
            .collect();
        self.store
            .all("IssueLabel")
            .filter(|label| text(label, "teamId").is_some_and(|id| teams.contains(&id)))
            .collect()
    }
}

/// Returns where the entities of `kind.field`, which are of type `target`, are found for this record.
fn find_source<'r>(
    schema: &LinearSchema,
    kind: &str,
    field: &str,
    target: &str,
    record: &'r Record,
) -> RelationSource<'r> {
    let listed = FOREIGN_KEYS
        .iter()
        .find(|(owner, name, _)| *owner == kind && *name == field);
    if let Some((_, _, key)) = listed {
        return RelationSource::ForeignKey((*key).to_owned());
    }
    match (kind, field) {
        (_, "ancestors") => return RelationSource::Ancestors,
        (_, "children") => return RelationSource::ForeignKey("parentId".into()),
        ("Team", "labels") => return RelationSource::TeamLabels,
        ("Organization", "labels" | "templates") => return RelationSource::WithoutTeam,
        ("Organization", _) => return RelationSource::Everything,
        // Linear returns an empty list here; the comments of a project are read through the root field (§6).
        ("Project", "comments") => return RelationSource::Nothing,
        // A comment belongs to the content of a document, which has an id of its own.
        ("Document", "comments") => return RelationSource::SameValue("documentContentId"),
        _ => {}
    }
    if let Some(ids) = record.get(&ids_key(field)).and_then(Value::as_array) {
        return RelationSource::Ids(ids);
    }
    if let Some(key) = find_foreign_key(schema, kind, target) {
        return RelationSource::ForeignKey(key);
    }
    // The list of ids that the target keeps of the records of this type.
    let mut fields = schema.fields(target);
    let list = fields.find(
        |(_, ty)| match schema.shape(ty.inner_named_type().as_str()) {
            TypeShape::Page(node) => table(node) == kind,
            _ => ty.is_list() && ty.inner_named_type().as_str() == kind,
        },
    );
    match list {
        Some((name, _)) => RelationSource::ListedIn(ids_key(name)),
        None => RelationSource::Nothing,
    }
}

/// Returns the foreign key of `target` for a record of type `kind`: the key of the field that is named after the type,
/// else of the only field of that type.
fn find_foreign_key(schema: &LinearSchema, kind: &str, target: &str) -> Option<String> {
    let refers_to_kind = |ty: &Type| !ty.is_list() && ty.inner_named_type().as_str() == kind;
    let candidates: Vec<&str> = schema
        .fields(target)
        .filter(|(_, ty)| refers_to_kind(ty))
        .map(|(name, _)| name)
        .collect();
    let named = lower_first(kind);
    match candidates.as_slice() {
        several if several.contains(&named.as_str()) => Some(format!("{named}Id")),
        [only] => Some(format!("{only}Id")),
        _ => None,
    }
}

/// Returns the name under which the ids of a to-many field are stored: `labelIds` for `labels`.
fn ids_key(field: &str) -> String {
    format!("{}Ids", field.strip_suffix('s').unwrap_or(field))
}

fn lists_id(record: &Record, key: &str, id: &str) -> bool {
    record
        .get(key)
        .and_then(Value::as_array)
        .is_some_and(|ids| ids.iter().any(|entry| entry.as_str() == Some(id)))
}

/// Whether the stand-in stores entities of this type.
pub(super) fn is_stored(kind: &str) -> bool {
    STORED_TYPES.contains(&kind)
}

/// Whether lists leave the record out unless `includeArchived` is given.
pub(super) fn is_hidden(record: &Record) -> bool {
    let is_archived = record.get("archivedAt").is_some_and(|at| !at.is_null());
    is_archived || record.get("trashed").and_then(Value::as_bool) == Some(true)
}

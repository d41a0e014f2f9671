//! Which to-many field is the other end of which foreign key. The schema does not say; its types nearly always do.

use apollo_compiler::schema::Type;
use serde_json::Value;

use super::api::{Api, Shape, table};
use super::store::Record;

/// Where the entities of a to-many field are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Inverse<'r> {
    /// The stand-in keeps no such entities.
    Nothing,
    /// All there are: the field belongs to the workspace.
    Everything,
    /// The record lists their ids.
    Ids(&'r [Value]),
    /// Those whose field of this name is the record's id.
    Key(String),
    /// Those whose list of this name has the record's id.
    ListedIn(String),
    /// The record's parents.
    Ancestors,
    /// The labels of a team and of the teams above it.
    TeamLabels,
}

/// The cases that the types do not tell: the field's owner, the field, the foreign key on the other side.
const KEYS: [(&str, &str, &str); 8] = [
    ("Issue", "relations", "issueId"),
    ("Issue", "inverseRelations", "relatedIssueId"),
    ("Issue", "formerAttachments", "originalIssueId"),
    ("User", "assignedIssues", "assigneeId"),
    ("User", "createdIssues", "creatorId"),
    ("User", "delegatedIssues", "delegateId"),
    ("Comment", "createdIssues", "sourceCommentId"),
    ("Project", "externalLinks", "projectId"),
];

/// Finds the other end of `kind.field`, whose entities are of type `target`.
pub(super) fn inverse<'r>(
    api: &Api,
    kind: &str,
    field: &str,
    target: &str,
    record: &'r Record,
) -> Inverse<'r> {
    if let Some(special) = special(kind, field) {
        return special;
    }
    if let Some(ids) = record.get(&ids_key(field)).and_then(Value::as_array) {
        return Inverse::Ids(ids);
    }
    if let Some(key) = foreign_key(api, kind, target) {
        return Inverse::Key(key);
    }
    match owning_list(api, kind, target) {
        Some(key) => Inverse::ListedIn(key),
        None => Inverse::Nothing,
    }
}

fn special(kind: &str, field: &str) -> Option<Inverse<'static>> {
    let known = KEYS
        .iter()
        .find(|(owner, name, _)| *owner == kind && *name == field);
    if let Some((_, _, key)) = known {
        return Some(Inverse::Key((*key).to_owned()));
    }
    match (kind, field) {
        (_, "ancestors") => Some(Inverse::Ancestors),
        (_, "children") => Some(Inverse::Key("parentId".into())),
        ("Team", "labels") => Some(Inverse::TeamLabels),
        ("Organization", _) => Some(Inverse::Everything),
        // Linear answers with an empty list here; comments on projects are read through the root (§6).
        ("Project", "comments") => Some(Inverse::Nothing),
        _ => None,
    }
}

/// The field of `target` that points at a `kind`: the one named after the type, else the only one of that type.
fn foreign_key(api: &Api, kind: &str, target: &str) -> Option<String> {
    let points_here = |ty: &Type| !ty.is_list() && ty.inner_named_type().as_str() == kind;
    let candidates: Vec<&str> = api
        .fields(target)
        .filter(|(_, ty)| points_here(ty))
        .map(|(name, _)| name)
        .collect();
    let named = lower_first(kind);
    match candidates.as_slice() {
        many if many.contains(&named.as_str()) => Some(format!("{named}Id")),
        [only] => Some(format!("{only}Id")),
        _ => None,
    }
}

/// The list of ids that `target` keeps of the `kind`s it has.
fn owning_list(api: &Api, kind: &str, target: &str) -> Option<String> {
    api.fields(target)
        .find(|(_, ty)| match api.shape(ty.inner_named_type().as_str()) {
            Shape::Page(node) => table(node) == kind,
            _ => ty.is_list() && ty.inner_named_type().as_str() == kind,
        })
        .map(|(name, _)| ids_key(name))
}

/// `labels` is stored as `labelIds`.
fn ids_key(field: &str) -> String {
    format!("{}Ids", field.strip_suffix('s').unwrap_or(field))
}

/// `ProjectMilestone` as a field's name: `projectMilestone`.
fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// The entities the stand-in keeps. What is not among them is answered with defaults.
const KEPT: [&str; 19] = [
    "Attachment",
    "Comment",
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

/// Whether the stand-in keeps entities of this type.
pub(super) fn is_kept(kind: &str) -> bool {
    KEPT.contains(&kind)
}

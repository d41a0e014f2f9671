//! Reading the workspace by the schema: scalars and relations of a record, stored or derived.

use serde_json::Value;

use super::api::{Api, Shape, table};
use super::relations::{self, Inverse};
use super::store::{Record, Store, text};
use super::{derived, identifier};

/// The workspace as one request sees it.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub(super) api: &'a Api,
    pub(super) store: &'a Store,
}

impl<'a> World<'a> {
    /// A scalar or enum field of a record, `Null` when it is neither stored nor derived.
    pub(super) fn leaf(&self, kind: &str, record: &Record, field: &str) -> Value {
        if let Some(value) = derived::leaf(self, kind, record, field) {
            return value;
        }
        record.get(field).cloned().unwrap_or(Value::Null)
    }

    /// The entity at the other end of a to-one relation.
    pub(super) fn one(&self, kind: &str, record: &Record, field: &str) -> Option<&'a Record> {
        let target = self.api.field(kind, field)?.ty.inner_named_type().as_str();
        let target = table(target);
        match text(record, &format!("{field}Id")) {
            Some(id) => self.store.get(target, id),
            // There is one workspace, and no record needs to say that it belongs to it.
            None if target == "Organization" => self.store.all(target).next(),
            // An object that nobody keeps, made up of defaults, belongs to the one who asks for it.
            None if target == "User" && record.is_empty() => identifier::viewer(self.store),
            None => None,
        }
    }

    /// The entities at the other end of a to-many relation, oldest first.
    pub(super) fn many(&self, kind: &str, record: &Record, field: &str) -> Vec<&'a Record> {
        let Some(target) = self.target(kind, field) else {
            return Vec::new();
        };
        let id = text(record, "id").unwrap_or_default();
        match relations::inverse(self.api, kind, field, target, record) {
            Inverse::Nothing => Vec::new(),
            Inverse::Everything => self.store.all(target).collect(),
            Inverse::Ids(ids) => ids
                .iter()
                .filter_map(|id| self.store.get(target, id.as_str()?))
                .collect(),
            Inverse::Key(key) => self
                .store
                .all(target)
                .filter(|other| text(other, &key) == Some(id))
                .collect(),
            Inverse::ListedIn(key) => self
                .store
                .all(target)
                .filter(|other| lists(other, &key, id))
                .collect(),
            Inverse::Ancestors => self.ancestors(kind, record),
            Inverse::TeamLabels => self.team_labels(record),
        }
    }

    /// The table of the entities behind a to-many field, whether it is a connection or a plain list.
    fn target(&self, kind: &str, field: &str) -> Option<&'a str> {
        let named = self.api.field(kind, field)?.ty.inner_named_type().as_str();
        match self.api.shape(named) {
            Shape::Page(node) => Some(table(node)),
            Shape::Object => Some(table(named)),
            Shape::Leaf | Shape::Abstract => None,
        }
    }

    /// The record's parents, nearest first.
    pub(super) fn ancestors(&self, kind: &str, record: &Record) -> Vec<&'a Record> {
        let mut found: Vec<&Record> = Vec::new();
        let mut next = text(record, "parentId").and_then(|id| self.store.get(kind, id));
        while let Some(parent) = next {
            // A parent chain that runs in a circle would never end.
            if found
                .iter()
                .any(|known| known.get("id") == parent.get("id"))
            {
                break;
            }
            found.push(parent);
            next = text(parent, "parentId").and_then(|id| self.store.get(kind, id));
        }
        found
    }

    /// A team's own labels and those of the teams above it (`linear/api.md` §2).
    fn team_labels(&self, team: &Record) -> Vec<&'a Record> {
        let above = self.ancestors("Team", team);
        let teams: Vec<&str> = above
            .iter()
            .filter_map(|team| text(team, "id"))
            .chain(text(team, "id"))
            .collect();
        let of_these =
            |label: &&Record| text(label, "teamId").is_some_and(|id| teams.contains(&id));
        self.store.all("IssueLabel").filter(of_these).collect()
    }
}

/// Whether a record's list of ids has this one.
pub(super) fn lists(record: &Record, key: &str, id: &str) -> bool {
    record
        .get(key)
        .and_then(Value::as_array)
        .is_some_and(|ids| ids.iter().any(|entry| entry.as_str() == Some(id)))
}

/// Whether lists leave the record out unless `includeArchived` is given.
pub(super) fn is_hidden(record: &Record) -> bool {
    let archived = record.get("archivedAt").is_some_and(|at| !at.is_null());
    archived || record.get("trashed").and_then(Value::as_bool) == Some(true)
}

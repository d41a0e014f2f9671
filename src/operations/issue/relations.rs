//! The relations that `create_issue` and `update_issue` create and delete, in the same request as the issue itself. A
//! relation that cannot be created or deleted becomes a warning.
//!
//! Linear keeps one relation for a pair of issues (`linear/api.md` §6, "Relations"). A request that gives one pair two
//! relations is therefore refused before anything is sent.

use super::why_not_done;
use crate::error::{Code, Error};
use crate::linear::client::{Expected, Lookup};
use crate::linear::compose::Part;
use crate::linear::documents::{
    IssueGet, IssueHead, IssueUpdate, RelationCreate, RelationDelete, issue_head, issue_update,
};
use crate::linear::failure::Failure;
use crate::linear::model::{Connection, Issue, IssueEnd, Related, Relation};
use crate::linear::scalars::IssueUpdateInput;
use crate::operations::reads::{ReadRequest, Responses, Slot};
use crate::operations::relation::{create, delete, edges};
use crate::operations::write::WriteSet;
use crate::params::{Identifier, Identifiers, RelationKind};
use crate::resolve::issue::IssueRef;
use crate::session::Context;

/// The kinds of relations that parameters name, each with the name of its parameter.
const KINDS: [(RelationKind, &str); 4] = [
    (RelationKind::Blocks, "blocks"),
    (RelationKind::BlockedBy, "blocked_by"),
    (RelationKind::Related, "related_to"),
    (RelationKind::Duplicate, "duplicate_of"),
];

/// Returns the name of the parameter for relations of this kind. The parameters name no issue that is a duplicate of the
/// issue; such a relation can only be replaced.
fn param_of(kind: RelationKind) -> &'static str {
    let known = KINDS.iter().find(|(known, _)| *known == kind);
    known.map_or("duplicated_by", |(_, param)| param)
}

/// The parameters that name the issues at the other ends of the relations.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GivenRelations<'p> {
    /// The issues that the issue blocks.
    pub blocks: Option<&'p Identifiers>,
    /// The issues that block the issue.
    pub blocked_by: Option<&'p Identifiers>,
    /// The issues that the issue is related to.
    pub related_to: Option<&'p Identifiers>,
    /// The issue that the issue is a duplicate of.
    pub duplicate_of: Option<&'p Identifier>,
}

impl GivenRelations<'_> {
    /// Parses the parameters, whose names begin with the `prefix`.
    ///
    /// # Errors
    /// INVALID_PARAM for a value that does not refer to an issue.
    fn parse(&self, prefix: &str) -> Result<Vec<NamedRelation>, Error> {
        let mut relations = Vec::new();
        for (kind, param) in KINDS {
            let (list, single) = match kind {
                RelationKind::Blocks => (self.blocks, None),
                RelationKind::BlockedBy => (self.blocked_by, None),
                RelationKind::Related => (self.related_to, None),
                RelationKind::Duplicate | RelationKind::DuplicatedBy => (None, self.duplicate_of),
            };
            let param = format!("{prefix}{param}");
            let names = list.into_iter().flat_map(|list| list.iter()).chain(single);
            for name in names {
                relations.push(NamedRelation {
                    other: IssueRef::parse(&param, name.as_str())?,
                    param: param.clone(),
                    kind,
                    end: None,
                });
            }
        }
        Ok(relations)
    }
}

/// A relation that the parameters name.
#[derive(Clone, Debug)]
struct NamedRelation {
    param: String,
    /// What the issue is to the other issue.
    kind: RelationKind,
    other: IssueRef,
    /// The other issue, if it was read.
    end: Option<IssueEnd>,
}

impl NamedRelation {
    /// Returns the UUID of the other issue if it was read, or else the UUID or identifier that the request gives.
    fn other_id(&self) -> String {
        let end = self.end.as_ref().map(|end| end.id.clone());
        end.unwrap_or_else(|| self.other.id())
    }

    /// Returns the other issue as messages name it.
    fn other_name(&self) -> String {
        let end = self.end.as_ref().map(|end| end.identifier.clone());
        end.unwrap_or_else(|| self.other.id())
    }
}

/// The change that a write makes to the relations of an issue.
#[derive(Clone, Debug, Default)]
pub(super) struct RelationChange {
    added: Vec<NamedRelation>,
    removed: Vec<NamedRelation>,
    /// Whether the issue is to be a duplicate of no issue any more.
    clears_duplicate: bool,
}

impl RelationChange {
    /// Parses the relations to add and to remove. `issue` is the issue that they belong to, if it exists already.
    ///
    /// # Errors
    /// INVALID_PARAM for a value that does not refer to an issue, for a relation of the issue to itself, and for two
    /// relations of one pair.
    pub(super) fn parse(
        issue: Option<&IssueRef>,
        added: GivenRelations<'_>,
        removed: GivenRelations<'_>,
        clears_duplicate: bool,
    ) -> Result<Self, Error> {
        let mut change = Self {
            added: added.parse("")?,
            removed: removed.parse("remove_")?,
            clears_duplicate,
        };
        change.check(issue.map(IssueRef::id).as_deref())?;
        Ok(change)
    }

    /// Whether nothing is to change.
    pub(super) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && !self.clears_duplicate
    }

    /// Drops relations that are named twice, and checks the others. `issue` is the UUID or identifier of the issue.
    ///
    /// # Errors
    /// INVALID_PARAM for a relation of the issue to itself, for two kinds of relations to one issue, and for a relation
    /// that is to be added and removed.
    fn check(&mut self, issue: Option<&str>) -> Result<(), Error> {
        let invalid = |relation: &NamedRelation, message: String| {
            Error::new(Code::InvalidParam, message)
                .detail("param", relation.param.as_str())
                .detail("given", relation.other.id())
        };
        let mut kept: Vec<NamedRelation> = Vec::new();
        for relation in std::mem::take(&mut self.added) {
            let id = relation.other_id();
            if issue == Some(id.as_str()) {
                let message = format!("Issue '{id}' cannot be related to itself");
                let error = invalid(&relation, message);
                return Err(error.suggest(format!("Give another issue in '{}'", relation.param)));
            }
            match kept.iter().find(|other| other.other_id() == id) {
                None => kept.push(relation),
                Some(other) if other.kind == relation.kind => {}
                Some(other) => {
                    let (one, two) = (&other.param, &relation.param);
                    let name = relation.other_name();
                    let message = format!(
                        "'{name}' is in '{one}' and in '{two}', and two issues have one relation"
                    );
                    let error = invalid(&relation, message);
                    return Err(error.suggest(format!("Leave it out of '{one}' or of '{two}'")));
                }
            }
        }
        self.added = kept;
        for relation in &self.removed {
            let is_added = |added: &&NamedRelation| {
                added.kind == relation.kind && added.other_id() == relation.other_id()
            };
            if let Some(added) = self.added.iter().find(is_added) {
                let (one, two) = (&added.param, &relation.param);
                let message = format!(
                    "'{}' is in '{one}' and in '{two}', so it would be added and taken away",
                    relation.other_name()
                );
                let error = invalid(relation, message);
                return Err(error.suggest(format!("Leave it out of '{one}' or of '{two}'")));
            }
        }
        Ok(())
    }

    /// Whether some issues are named by their UUIDs and others by their identifiers, so that only a read shows whether two of
    /// the names mean one issue.
    pub(super) fn has_both_names(&self) -> bool {
        let mut names = self.added.iter().map(|relation| relation.other.team_key());
        let first = names.next().map(|key| key.is_some());
        names.any(|key| Some(key.is_some()) != first)
    }

    /// Adds to the request a read of each issue that the parameters name. An issue that does not exist lets the request
    /// fail with ISSUE_NOT_FOUND.
    pub(super) fn ask(&self, request: &mut ReadRequest) -> Vec<Slot<IssueHead>> {
        let relations = self.added.iter().chain(&self.removed);
        let query = |relation: &NamedRelation| {
            let not_found = relation.other.not_found();
            let not_found = not_found.detail("param", relation.param.as_str());
            let variables = issue_head::Variables {
                id: relation.other.id(),
            };
            request.require::<IssueHead>(variables, not_found)
        };
        relations.map(query).collect()
    }

    /// Takes the issues that were read, and checks the relations once more by the UUIDs of the issues. `issue` is the
    /// UUID of the issue that the relations belong to, if it exists already.
    ///
    /// # Errors
    /// As [`Self::parse`]; LINEAR_API_ERROR for an answer that cannot be read.
    pub(super) fn identify(
        &mut self,
        issue: Option<&str>,
        slots: Vec<Slot<IssueHead>>,
        responses: &mut Responses,
    ) -> Result<(), Error> {
        let relations = self.added.iter_mut().chain(&mut self.removed);
        for (relation, slot) in relations.zip(slots) {
            relation.end = Some(responses.get(slot)?.issue);
        }
        self.check(issue)
    }
}

/// What a write does to a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Create,
    Delete,
}

/// The write that creates or deletes one relation.
#[derive(Debug)]
struct RelationWrite {
    action: Action,
    kind: RelationKind,
    /// The name of the other issue.
    other: String,
    /// The place of the mutation among the writes.
    place: usize,
    /// The kind of the relation that this one takes the place of, if the request does not remove that relation.
    replaced: Option<RelationKind>,
    /// The failure with which Linear rejected the write.
    failure: Option<Failure>,
}

/// The writes that change the relations of one issue.
#[derive(Debug, Default)]
pub(super) struct RelationWrites {
    writes: Vec<RelationWrite>,
    /// The place of the write that sets nothing and reads the issue once more, because Linear has moved it to the state
    /// for duplicates.
    reread_place: Option<usize>,
}

impl RelationWrites {
    /// Adds the relations of a new issue to the writes. `issue` is the id of the issue, which the write at `issue_place`
    /// creates.
    pub(super) fn of_new_issue(
        cx: &Context<'_>,
        (issue, issue_place): (&str, usize),
        change: &RelationChange,
        writes: &mut WriteSet,
    ) -> Self {
        let mut planned = Self::default();
        for relation in &change.added {
            planned.create(cx, (issue, Some(issue_place)), relation, None, writes);
        }
        planned
    }

    /// Adds the change of the relations of an existing issue to the writes. `before` is the issue with its relations
    /// before the change. A relation that is there already is not created again, and a relation to remove that is not
    /// there becomes a warning. `after` is the write behind which the relations are to be changed.
    pub(super) fn of_issue(
        cx: &Context<'_>,
        before: &Related,
        change: &RelationChange,
        after: Option<usize>,
        writes: &mut WriteSet,
    ) -> Self {
        let mut planned = Self::default();
        let name = &before.identifier;
        let (outgoing, incoming) = (&before.relations, &before.inverse_relations);
        let existing = || edges(&outgoing.nodes, &incoming.nodes);
        let is_cut = outgoing.page_info.has_next_page || incoming.page_info.has_next_page;
        let mut deleted: Vec<&str> = Vec::new();
        let mut removals = Vec::new();
        for relation in &change.removed {
            let other = relation.other_id();
            let mut matching = existing()
                .filter(|edge| edge.kind == Some(relation.kind) && edge.other.id == other);
            match matching.next() {
                Some(edge) => removals.push((edge.id, relation.kind, &edge.other.identifier)),
                None => {
                    let param = param_of(relation.kind);
                    let reason = if is_cut {
                        "not all relations of the issue could be read"
                    } else {
                        "the issue has no such relation"
                    };
                    let other = relation.other_name();
                    cx.warn(format!("'{param} {other}' not taken away: {reason}"));
                }
            }
        }
        // An issue is a duplicate of one issue, so that a new one takes the place of the others.
        let is_duplicate = |relation: &&NamedRelation| relation.kind == RelationKind::Duplicate;
        if let Some(original) = change.added.iter().find(is_duplicate) {
            let other = original.other_id();
            let others = existing().filter(|edge| edge.kind == Some(RelationKind::Duplicate));
            let others = others.filter(|edge| edge.other.id != other);
            removals.extend(
                others.map(|edge| (edge.id, RelationKind::Duplicate, &edge.other.identifier)),
            );
        }
        if change.clears_duplicate {
            let kind = RelationKind::Duplicate;
            let known = removals.len();
            let duplicates = existing().filter(|edge| edge.kind == Some(kind));
            removals.extend(duplicates.map(|edge| (edge.id, kind, &edge.other.identifier)));
            if removals.len() == known {
                cx.warn("the issue is no duplicate, so 'duplicate_of: null' changes nothing");
            }
        }
        for (id, kind, other) in removals {
            if deleted.contains(&id) {
                continue;
            }
            deleted.push(id);
            let (mutation, lookup) = delete::deletion(id);
            let place =
                writes.add::<RelationDelete>(mutation, Some(lookup), after.into_iter().collect());
            writes.may_be_refused(place);
            planned.writes.push(RelationWrite {
                action: Action::Delete,
                kind,
                other: other.clone(),
                place,
                replaced: None,
                failure: None,
            });
        }
        for relation in &change.added {
            let other = relation.other_id();
            let mut same_pair = existing().filter(|edge| edge.other.id == other);
            if same_pair.any(|edge| edge.kind == Some(relation.kind)) {
                let (word, other) = (relation.kind.word(), relation.other_name());
                cx.step(format!(
                    "create_relation: {name} {word} {other} (already there)"
                ));
                continue;
            }
            let mut same_pair = existing().filter(|edge| edge.other.id == other);
            let replaced = same_pair
                .find(|edge| !deleted.contains(&edge.id))
                .and_then(|edge| edge.kind);
            planned.create(cx, (&before.id, after), relation, replaced, writes);
            // The issue exists, so a refusal is about the relation itself.
            if let Some(created) = planned.writes.last() {
                writes.may_be_refused(created.place);
            }
        }
        planned
    }

    /// Adds the creation of one relation to the writes. The issue is given by its id and by the write behind which the
    /// relation is to be created.
    fn create(
        &mut self,
        cx: &Context<'_>,
        (issue, after): (&str, Option<usize>),
        relation: &NamedRelation,
        replaced: Option<RelationKind>,
        writes: &mut WriteSet,
    ) {
        let (mutation, lookup) = create::creation(cx, issue, &relation.other_id(), relation.kind);
        let place =
            writes.add::<RelationCreate>(mutation, Some(lookup), after.into_iter().collect());
        if relation.kind == RelationKind::Duplicate {
            let mutation = Part::of::<IssueUpdate>(issue_update::Variables {
                id: issue.to_owned(),
                input: IssueUpdateInput::default(),
            });
            let lookup = Lookup::changed(IssueGet::alone(issue), Expected::Input);
            self.reread_place =
                Some(writes.add::<IssueUpdate>(mutation, Some(lookup), vec![place]));
        }
        self.writes.push(RelationWrite {
            action: Action::Create,
            kind: relation.kind,
            other: relation.other_name(),
            place,
            replaced,
            failure: None,
        });
    }

    /// Notes that Linear rejected the write at `place`. Returns whether the write is one of these.
    pub(super) fn handle_rejection(
        &mut self,
        writes: &mut WriteSet,
        place: usize,
        failure: &Failure,
    ) -> bool {
        if self.reread_place == Some(place) {
            return true;
        }
        let mut relations = self.writes.iter_mut();
        let Some(relation) = relations.find(|relation| relation.place == place) else {
            return false;
        };
        relation.failure = Some(failure.clone());
        if relation.action == Action::Create && relation.kind == RelationKind::Duplicate {
            self.reread_place
                .into_iter()
                .for_each(|reread| writes.leave_out(reread));
        }
        true
    }

    /// Returns the places of the writes that create and delete relations.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.writes.iter().map(|relation| relation.place)
    }

    /// Returns the issue as it is after Linear has moved it to the state for duplicates; `None` where Linear has not
    /// moved it. Warns where Linear has moved it and the issue could not be read.
    pub(super) fn moved_issue(&self, cx: &Context<'_>, writes: &WriteSet) -> Option<Issue> {
        let is_moved = self.writes.iter().any(|relation| {
            let is_duplicate = relation.kind == RelationKind::Duplicate;
            is_duplicate && relation.action == Action::Create && writes.is_done(relation.place)
        });
        let moved = writes.entity(self.reread_place.filter(|_| is_moved)?);
        if moved.is_none() {
            cx.warn("Linear has moved the duplicate to another state, which could not be read");
        }
        moved
    }

    /// Reports each relation that was created or deleted, and warns of each that was not. `name` is the name of the
    /// issue, and `last_failure` the failure after which no more writes were sent. Returns one line for each kind of
    /// relation that changed, such as `blocks: +ENG-2 -ENG-3`.
    pub(super) fn report(
        &self,
        cx: &Context<'_>,
        name: &str,
        writes: &WriteSet,
        last_failure: Option<&Failure>,
    ) -> Vec<String> {
        let mut changes: Vec<(RelationKind, char, &str)> = Vec::new();
        for relation in &self.writes {
            let (word, other) = (relation.kind.word(), relation.other.as_str());
            let is_done = writes.is_done(relation.place);
            cx.part(is_done);
            if !is_done {
                let failure = relation.failure.as_ref().or(last_failure);
                let words = match relation.action {
                    Action::Create => (Code::IssueUpdateFailed, "create", "created"),
                    Action::Delete => (Code::IssueUpdateFailed, "delete", "deleted"),
                };
                if let Some(reason) = why_not_done(writes, relation.place, failure, words) {
                    cx.warn(format!("relation '{word} {other}' {reason}"));
                }
                continue;
            }
            match relation.action {
                Action::Create => {
                    cx.step(format!("create_relation: {name} {word} {other}"));
                    changes.push((relation.kind, '+', other));
                }
                Action::Delete => {
                    cx.step(format!("delete_relation: {name} {word} {other}"));
                    changes.push((relation.kind, '-', other));
                }
            }
            if let Some(old) = relation.replaced {
                changes.push((old, '-', other));
                cx.warn(format!(
                    "'{word} {other}' took the place of '{} {other}': two issues have one relation",
                    old.word()
                ));
            }
        }
        let line = |kind: RelationKind| {
            let changed = changes.iter().filter(|(changed, ..)| *changed == kind);
            let words: Vec<String> = changed
                .map(|(_, sign, other)| format!("{sign}{other}"))
                .collect();
            (!words.is_empty()).then(|| format!("{}: {}", param_of(kind), words.join(" ")))
        };
        RelationKind::ALL.into_iter().filter_map(line).collect()
    }

    /// Puts the relations that were created into the new issue, so that its view shows them.
    pub(super) fn show(&self, issue: &mut Issue, writes: &WriteSet) {
        if self.writes.is_empty() {
            return;
        }
        let created = self.writes.iter();
        let created = created.filter_map(|relation| writes.entity::<Relation>(relation.place));
        let (outgoing, incoming) = created.partition(|relation| relation.issue.id == issue.id);
        let list = |nodes: Vec<Relation>| {
            Some(Connection {
                nodes,
                ..Connection::default()
            })
        };
        issue.relations = list(outgoing);
        issue.inverse_relations = list(incoming);
    }
}

/// Returns the error for a state that is given beside the issue that the issue is a duplicate of.
pub(super) fn state_of_duplicate(kind: &str) -> Result<(), Error> {
    if kind == "duplicate" {
        return Ok(());
    }
    let message = "'duplicate_of' moves the issue to its team's state for duplicates, so it cannot go to 'state', too";
    Err(Error::new(Code::InvalidParam, message)
        .detail("param", "state")
        .suggest("Leave out 'state' or 'duplicate_of'"))
}

//! The session cache: what is known of teams, projects, their statuses and labels, issue labels, workflow states,
//! users, cycles, milestones and initiatives.
//! Issues are never in it. Bounded in entries and in age; an eviction costs a request, never a wrong answer.
//!
//! Each table has the contract's keys (§4.3): an entity by its id, and ids by the name that was asked for within a
//! scope (the team of a state). A name is only answered from here when it was itself looked up, or when the
//! scope's list is known whole: an entity that happens to be here says nothing about others of the same name.

mod usage;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use self::usage::Counters;
pub use self::usage::{Look, Usage};
use crate::clock::Stopwatch;
use crate::linear::model::{
    Cycle, Initiative, Label, Milestone, Project, ProjectLabel, ProjectStatus, State, Team, User,
};
pub use crate::text::name::fold;

/// Something the directory holds.
pub trait Entity: Send + Sync + 'static {
    /// The UUID.
    fn id(&self) -> &str;
}

macro_rules! entities {
    ($($type:ident)*) => {
        $(impl Entity for $type {
            fn id(&self) -> &str {
                &self.id
            }
        })*
    };
}

entities!(Team State Label User Project ProjectStatus ProjectLabel Initiative Cycle Milestone);

/// The scope of a label's name that is looked for in every team, and of the users who have left, too.
pub const ANYWHERE: &str = "*";

/// The session cache.
#[derive(Debug)]
pub struct Directory {
    /// Teams; one scope, `""`.
    pub teams: Table<Team>,
    /// Workflow states, by team id; those of all teams under `""`.
    pub states: Table<State>,
    /// Labels usable in a team, by its id; the workspace's own under `""`; names in whatever team under [`ANYWHERE`].
    pub labels: Table<Label>,
    /// Users; the active ones under `""`, all there ever were under [`ANYWHERE`].
    pub users: Table<User>,
    /// Projects; one scope, `""`.
    pub projects: Table<Project>,
    /// Project statuses; one scope, `""`.
    pub project_statuses: Table<ProjectStatus>,
    /// Project labels; one scope, `""`.
    pub project_labels: Table<ProjectLabel>,
    /// Initiatives; one scope, `""`.
    pub initiatives: Table<Initiative>,
    /// Cycles, by team id.
    pub cycles: Table<Cycle>,
    /// Milestones, by project id.
    pub milestones: Table<Milestone>,
}

impl Directory {
    /// An empty directory whose entries live for `age`, and which holds about `entries` of each kind at most.
    pub fn new(age: Duration, entries: u64) -> Self {
        Self {
            teams: Table::new(age, entries),
            states: Table::new(age, entries),
            labels: Table::new(age, entries),
            users: Table::new(age, entries),
            projects: Table::new(age, entries),
            project_statuses: Table::new(age, entries),
            project_labels: Table::new(age, entries),
            initiatives: Table::new(age, entries),
            // Which cycle is the current one changes by itself.
            cycles: Table::new(age.min(MOST_CYCLES_AGE), entries),
            milestones: Table::new(age, entries),
        }
    }

    /// How each kind has been used, by the word that callers know it by.
    pub fn usage(&self) -> [(&'static str, Usage); 10] {
        [
            ("team", self.teams.usage()),
            ("status", self.states.usage()),
            ("label", self.labels.usage()),
            ("user", self.users.usage()),
            ("project", self.projects.usage()),
            ("project_status", self.project_statuses.usage()),
            ("project_label", self.project_labels.usage()),
            ("initiative", self.initiatives.usage()),
            ("cycle", self.cycles.usage()),
            ("milestone", self.milestones.usage()),
        ]
    }
}

/// How long it is believed which cycle is the current one.
const MOST_CYCLES_AGE: Duration = Duration::from_secs(60);

/// What an entry is found by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// `team:id:<id>`
    Id(String),
    /// `team:name:<scope>:<name>`, the name folded.
    Name(String, String),
    /// All of a scope.
    List(String),
}

/// What an entry holds: the entity, or the ids that a name or a list stands for.
enum Cell<T> {
    One(Arc<T>, Stopwatch),
    Ids(Arc<[String]>),
}

// Derived `Clone` would ask for `T: Clone`, which an `Arc` does not need.
impl<T> Clone for Cell<T> {
    fn clone(&self) -> Self {
        match self {
            Self::One(entity, kept) => Self::One(Arc::clone(entity), *kept),
            Self::Ids(ids) => Self::Ids(Arc::clone(ids)),
        }
    }
}

/// One kind of entity.
pub struct Table<T> {
    cells: Cache<Key, Cell<T>>,
    /// How many writes this session has made to this kind, and how often it was not believed. A list that was asked for before a write and answered
    /// after it may lack what was written, so it is not kept: moka's own invalidation does not reach a load that
    /// is under way.
    writes: AtomicU64,
    counters: Counters,
}

impl<T> fmt::Debug for Table<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}

/// The state of a table when a question was sent.
#[derive(Clone, Copy, Debug)]
pub struct Mark(u64);

impl<T: Entity> Table<T> {
    fn new(age: Duration, entries: u64) -> Self {
        Self {
            cells: Cache::builder()
                .max_capacity(entries)
                .time_to_live(age)
                // moka's default may decline to admit an entry; the least recently used one leaves instead.
                .eviction_policy(EvictionPolicy::lru())
                .build(),
            writes: AtomicU64::new(0),
            counters: Counters::default(),
        }
    }

    /// The entity with that id.
    pub fn get(&self, id: &str) -> Option<Arc<T>> {
        match self.cells.get(&Key::Id(id.to_ascii_lowercase())) {
            Some(Cell::One(entity, _)) => Some(entity),
            _ => None,
        }
    }

    /// All of a scope, when that is known.
    pub fn list(&self, scope: &str) -> Option<Vec<Arc<T>>> {
        self.ids(&Key::List(scope.to_owned()))
    }

    /// Everything that a name could mean in a scope, when it was looked up there; an id means its entity anywhere.
    pub fn candidates(&self, scope: &str, name: &str) -> Option<Vec<Arc<T>>> {
        let by_id = self.get(name.trim()).map(|entity| vec![entity]);
        by_id.or_else(|| self.ids(&Key::Name(scope.to_owned(), fold(name))))
    }

    /// The entities behind ids; `None` when one of them has left the cache.
    fn ids(&self, key: &Key) -> Option<Vec<Arc<T>>> {
        match self.cells.get(key)? {
            Cell::Ids(ids) => ids.iter().map(|id| self.get(id)).collect(),
            Cell::One(..) => None,
        }
    }

    /// The table's state, to be taken before a question is sent and given back with its answer.
    pub fn mark(&self) -> Mark {
        Mark(self.writes.load(Ordering::Acquire))
    }

    /// Keeps entities, to be found by id, unless something was written since `asked`: they may be older than what
    /// is here.
    pub fn put(&self, entities: &[Arc<T>], asked: Mark) {
        if self.is_current(asked) {
            self.keep(entities);
        }
    }

    fn is_current(&self, asked: Mark) -> bool {
        asked.0 == self.writes.load(Ordering::Acquire)
    }

    fn keep(&self, entities: &[Arc<T>]) {
        for entity in entities {
            let key = Key::Id(entity.id().to_ascii_lowercase());
            self.cells
                .insert(key, Cell::One(Arc::clone(entity), Stopwatch::start()));
        }
    }

    /// Keeps all of a scope, unless something was written since `asked`.
    pub fn put_list(&self, scope: &str, entities: &[Arc<T>], asked: Mark) {
        self.put_ids(Key::List(scope.to_owned()), entities, asked);
    }

    /// Keeps everything that a name could mean in a scope, unless something was written since `asked`.
    pub fn put_name(&self, scope: &str, name: &str, entities: &[Arc<T>], asked: Mark) {
        self.put_ids(Key::Name(scope.to_owned(), fold(name)), entities, asked);
    }

    fn put_ids(&self, key: Key, entities: &[Arc<T>], asked: Mark) {
        if self.is_current(asked) {
            self.keep(entities);
            let ids = entities.iter().map(|entity| entity.id().to_owned());
            self.cells.insert(key, Cell::Ids(ids.collect()));
        }
    }

    /// Takes in what this session has just created, in every scope where it can be used: lists that are known
    /// whole stay whole. In its own scope, the first, the name means it from now on; in the others, what the name
    /// meant before is forgotten.
    pub fn created(&self, scopes: &[String], name: &str, entity: &Arc<T>) {
        self.writes.fetch_add(1, Ordering::AcqRel);
        let own = std::slice::from_ref(entity);
        self.keep(own);
        for (place, scope) in scopes.iter().enumerate() {
            if place == 0 {
                self.put_name(scope, name, own, self.mark());
            } else {
                self.cells.invalidate(&Key::Name(scope.clone(), fold(name)));
            }
            if let Some(mut list) = self.list(scope) {
                list.retain(|known| known.id() != entity.id());
                list.push(Arc::clone(entity));
                self.put_list(scope, &list, self.mark());
            }
        }
    }

    /// Takes in how this session has just changed an entity. Lists hold ids, so each that has it shows it as it is
    /// now. What names meant is forgotten in every scope: the old name no longer means it, and the new one may be
    /// what others were found by.
    pub fn changed(&self, entity: &Arc<T>) {
        self.writes.fetch_add(1, Ordering::AcqRel);
        self.keep(std::slice::from_ref(entity));
        self.drop_cells(|key| matches!(key, Key::Name(..)));
    }

    /// Takes in what this session has just created, where a name may be several entities': as [`Table::changed`], and
    /// a list of the scope that is known whole stays whole.
    pub fn added(&self, scope: &str, entity: &Arc<T>) {
        self.changed(entity);
        if let Some(mut list) = self.list(scope) {
            list.push(Arc::clone(entity));
            self.put_list(scope, &list, self.mark());
        }
    }

    /// Takes no answer to a question that is under way: whoever asks for a fresh one now knows of something newer.
    pub fn doubt(&self) {
        self.writes.fetch_add(1, Ordering::AcqRel);
    }

    /// Forgets what turned out to be gone, and with it every list and name that it stood in.
    pub fn forget(&self, id: &str) {
        self.writes.fetch_add(1, Ordering::AcqRel);
        self.cells.invalidate(&Key::Id(id.to_ascii_lowercase()));
    }

    /// Forgets everything, after a change that other entities show, too.
    pub fn forget_all(&self) {
        self.writes.fetch_add(1, Ordering::AcqRel);
        self.drop_cells(|_| true);
    }

    /// One by one: moka's own way of invalidating many goes by the time, and spares what came in the same tick.
    fn drop_cells(&self, stale: impl Fn(&Key) -> bool) {
        for (key, _) in self.cells.iter().filter(|(key, _)| stale(key)) {
            self.cells.invalidate(&*key);
        }
    }

    /// The scopes of which anything is known: a list, or what a name means.
    pub fn scopes(&self) -> BTreeSet<String> {
        let scope = |key: &Key| match key {
            Key::Name(scope, _) | Key::List(scope) => Some(scope.clone()),
            Key::Id(_) => None,
        };
        self.cells
            .iter()
            .filter_map(|(key, _)| scope(&key))
            .collect()
    }

    /// Counts look-ups: one for each name, or one for a whole list.
    pub fn count(&self, look: Look, lookups: u64) {
        self.counters.add(look, lookups);
    }

    /// How it has been used so far. Walks through everything that is known.
    pub fn usage(&self) -> Usage {
        let mut usage = self.counters.read();
        for (key, cell) in &self.cells {
            match (key.as_ref(), cell) {
                (_, Cell::One(_, kept)) => usage.add_entity(kept.elapsed()),
                (Key::List(_), Cell::Ids(_)) => usage.lists += 1,
                (_, Cell::Ids(_)) => {}
            }
        }
        usage
    }
}

#[cfg(test)]
mod tests;

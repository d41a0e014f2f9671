//! The session cache: what is known of teams, projects, labels, workflow states, users, cycles and milestones.
//! Issues are never in it. Bounded in entries and in age; an eviction costs a request, never a wrong answer.
//!
//! Each table has the contract's keys (§4.3): an entity by its id, and ids by the name that was asked for within a
//! scope (the team of a state). A name is only answered from here when it was itself looked up, or when the
//! scope's list is known whole: an entity that happens to be here says nothing about others of the same name.

mod usage;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use self::usage::Counters;
pub use self::usage::{Look, Usage};
use crate::clock::Stopwatch;
use crate::linear::model::{Cycle, Label, Milestone, Project, State, Team, User};

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

entities!(Team State Label User Project Cycle Milestone);

/// The scope of a label's name that is looked for in every team.
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
    /// Users; one scope, `""`.
    pub users: Table<User>,
    /// Projects; one scope, `""`.
    pub projects: Table<Project>,
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
            // Which cycle is the current one changes by itself.
            cycles: Table::new(age.min(MOST_CYCLES_AGE), entries),
            milestones: Table::new(age, entries),
        }
    }

    /// How each kind has been used, by the word that callers know it by.
    pub fn usage(&self) -> [(&'static str, Usage); 7] {
        [
            ("team", self.teams.usage()),
            ("status", self.states.usage()),
            ("label", self.labels.usage()),
            ("user", self.users.usage()),
            ("project", self.projects.usage()),
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
    /// `team:name:<scope>:<name>`, the name in lower case.
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
    /// How many writes this session has made to this kind. A list that was asked for before a write and answered
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

    /// Keeps entities, to be found by id.
    pub fn put(&self, entities: &[Arc<T>]) {
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
        self.put(entities);
        if asked.0 == self.writes.load(Ordering::Acquire) {
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
        self.put(own);
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

/// A name as it is compared: trimmed, in lower case.
pub fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failing test may panic")]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Thing(&'static str);

    impl Entity for Thing {
        fn id(&self) -> &str {
            self.0
        }
    }

    fn table() -> Table<Thing> {
        Table::new(Duration::from_secs(60), 100)
    }

    fn things(ids: &[&'static str]) -> Vec<Arc<Thing>> {
        ids.iter().map(|id| Arc::new(Thing(id))).collect()
    }

    #[test]
    fn one_entity_does_not_answer_for_a_name() {
        let table = table();
        table.put(&things(&["a"]));
        assert!(table.candidates("", "Alice").is_none());
        assert_eq!(table.candidates("", "A").unwrap(), things(&["a"]));
    }

    #[test]
    fn a_name_is_known_in_any_case_within_its_scope_only() {
        let table = table();
        table.put_name("eng", "In Progress", &things(&["s"]), table.mark());
        assert_eq!(
            table.candidates("eng", " in progress").unwrap(),
            things(&["s"])
        );
        assert!(table.candidates("des", "in progress").is_none());
    }

    #[test]
    fn a_list_answered_after_a_write_is_not_kept() {
        let table = table();
        let asked = table.mark();
        table.created(&["eng".to_owned()], "new", &Arc::new(Thing("new")));
        table.put_list("eng", &things(&["old"]), asked);
        assert!(table.list("eng").is_none());
    }

    #[test]
    fn a_whole_list_stays_whole_when_something_is_created() {
        let table = table();
        table.put_list("eng", &things(&["old"]), table.mark());
        table.put_name("eng", "new", &[], table.mark());
        table.created(&["eng".to_owned()], "New", &Arc::new(Thing("new")));
        assert_eq!(table.list("eng").unwrap(), things(&["old", "new"]));
    }

    #[test]
    fn a_new_name_means_the_new_entity_in_its_own_scope() {
        let table = table();
        let scopes = ["eng", "plt"].map(str::to_owned);
        for scope in &scopes {
            table.put_name(scope, "new", &[], table.mark());
        }
        table.created(&scopes, "New", &Arc::new(Thing("id")));
        assert_eq!(table.candidates("eng", "new").unwrap(), things(&["id"]));
        assert!(table.candidates("plt", "new").is_none());
    }

    #[test]
    fn usage_counts_look_ups_entities_and_whole_lists() {
        let table = table();
        assert_eq!(table.usage(), Usage::default());
        table.put_list("eng", &things(&["a", "b"]), table.mark());
        table.put_name("eng", "alice", &things(&["a"]), table.mark());
        table.count(Look::Hit, 3);
        table.count(Look::Miss, 1);
        table.count(Look::Passed, 2);
        let usage = table.usage();
        assert_eq!((usage.hits, usage.misses, usage.refreshes), (3, 1, 2));
        assert_eq!((usage.entries, usage.lists), (2, 1));
        let (oldest, newest) = usage.ages.unwrap();
        assert!(oldest >= newest && oldest < Duration::from_secs(60));
    }

    #[test]
    fn an_evicted_entity_makes_its_list_unknown() {
        let table: Table<Thing> = Table::new(Duration::from_secs(60), 3);
        table.put_list("", &things(&["a", "b", "c", "d", "e"]), table.mark());
        table.cells.run_pending_tasks();
        assert!(table.list("").is_none());
    }
}

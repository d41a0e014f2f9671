//! The session cache: what is known of each kind of entity in the table of `cache/kinds.rs`. Issues are never in it.
//! The cache is bounded in entries and in age; an eviction costs a request, never a wrong answer.
//!
//! Between processes, the names in the cache are kept in a snapshot on disk ([`Disk`]). An entry from the snapshot has no
//! texts, and may be past the usual age: [`Reach`] says which entries a look-up takes.
//!
//! Each table has the contract's keys (§4.3): an entity by its id, and ids by the name that was asked for within a
//! scope (the team of a state). The cache only answers a name that was itself looked up, or whose
//! scope's list is known whole: an entity that happens to be cached says nothing about others of the same name.

mod disk;
mod kinds;
mod snapshot;
mod usage;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache as BoundedCache;

pub use self::disk::{Disk, DiskStatus, Found, LONGEST_AGE};
pub(crate) use self::kinds::kinds;
pub use self::snapshot::Identity;
use self::usage::Counters;
pub use self::usage::{CacheLookup, Usage};
use crate::clock::Stopwatch;
use crate::linear::model;
pub use crate::text::name::fold;

/// An entity that the cache holds.
pub trait Entity: Send + Sync + 'static {
    /// The entity's UUID.
    fn id(&self) -> &str;
}

/// The scope of labels that were looked up by name in every team, and of all users including those who have left.
pub const ANYWHERE: &str = "*";

/// Which entries of the cache a look-up takes. Each variant takes what the variants above it take, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// What this session has read itself, up to the usual age.
    #[default]
    Session,
    /// What the snapshot has, up to the usual age: names without texts.
    Recent,
    /// What is past the usual age, up to the longest age. The entity may have been renamed since, so whoever takes the
    /// entry compares it with Linear's answer.
    Old,
}

/// Up to which age entries are taken by look-ups of most reaches (`usual`), and by those of [`Reach::Old`] (`longest`).
#[derive(Clone, Copy)]
struct Ages {
    usual: Duration,
    longest: Duration,
}

/// The ages for each word that the column `kept` of the table of kinds may have.
struct AgesOfKinds {
    lasting: Ages,
    usual: Ages,
    brief: Ages,
}

impl AgesOfKinds {
    fn new(age: Duration, longest: Duration) -> Self {
        let alike = |age| Ages {
            usual: age,
            longest: age,
        };
        Self {
            lasting: Ages {
                usual: age,
                longest: longest.max(age),
            },
            usual: alike(age),
            brief: alike(age.min(LONGEST_BRIEF)),
        }
    }
}

macro_rules! cache {
    ($($entity:ident {
        $(#[$doc:meta])*
        cache: $cache:ident,
        usage: $word:literal,
        kept: $kept:ident $(as $row:ident)?,
        $($rest:tt)*
    })*) => {
        $(impl Entity for model::$entity {
            fn id(&self) -> &str {
                &self.id
            }
        })*

        /// The session cache.
        #[derive(Debug)]
        pub struct Cache {
            $($(#[$doc])* pub $cache: KindCache<model::$entity>,)*
            /// When the last prefetch was made, by this session or by the one that wrote the snapshot.
            prefetched: Mutex<Option<Stopwatch>>,
            /// The usual age.
            age: Duration,
        }

        impl Cache {
            /// An empty directory as [`Cache::new`] makes it, which has entries past their usual `age`, too, up to
            /// the `longest`, for look-ups of [`Reach::Old`].
            pub fn lasting(age: Duration, longest: Duration, entries: u64) -> Self {
                let ages = AgesOfKinds::new(age, longest);
                Self {
                    $($cache: KindCache::new(ages.$kept, entries),)*
                    prefetched: Mutex::default(),
                    age,
                }
            }

            /// How each kind has been used, by the word that callers know it by.
            pub fn usage(&self) -> Vec<(&'static str, Usage)> {
                vec![$(($word, self.$cache.usage()),)*]
            }
        }
    };
}

kinds!(cache);

impl Cache {
    /// An empty directory whose entries live for `age`, and which holds about `entries` of each kind at most.
    pub fn new(age: Duration, entries: u64) -> Self {
        Self::lasting(age, age, entries)
    }

    /// Notes that a prefetch has just filled the directory.
    pub fn prefetched(&self) {
        self.set_prefetched(Stopwatch::start());
    }

    /// Whether a prefetch was made within the usual age.
    pub fn is_prefetched(&self) -> bool {
        self.last_prefetch()
            .is_some_and(|last| last.elapsed() <= self.age)
    }

    fn last_prefetch(&self) -> Option<Stopwatch> {
        *self
            .prefetched
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn set_prefetched(&self, at: Stopwatch) {
        *self
            .prefetched
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(at);
    }
}

/// The most for which a kind is kept whose entities change without anybody writing to them.
const LONGEST_BRIEF: Duration = Duration::from_secs(60);

/// The key of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// `team:id:<id>`
    Id(Arc<str>),
    /// `team:name:<scope>:<name>`, the name folded.
    Name(String, String),
    /// All of a scope.
    List(String),
}

impl Key {
    fn of_id(id: &str) -> Self {
        Self::Id(Self::folded_id(id))
    }

    /// The id in lower case, as nearly all ids are.
    fn folded_id(id: &str) -> Arc<str> {
        if id.bytes().any(|byte| byte.is_ascii_uppercase()) {
            id.to_ascii_lowercase().into()
        } else {
            id.into()
        }
    }
}

/// An entry: what it holds, and when it was read.
enum CacheEntry<T> {
    /// The entity.
    One(Arc<T>, Kept),
    /// The ids, in lower case, that a name or a list stands for.
    Ids(Arc<[Arc<str>]>, Kept),
}

/// When an entry was read from Linear, and by which process.
#[derive(Clone, Copy, Debug)]
struct Kept {
    since: Stopwatch,
    /// Whether the entry came from the snapshot, and has names and no texts.
    from_snapshot: bool,
}

impl Kept {
    fn now() -> Self {
        Self {
            since: Stopwatch::start(),
            from_snapshot: false,
        }
    }
}

// Derived `Clone` would ask for `T: Clone`, which an `Arc` does not need.
impl<T> Clone for CacheEntry<T> {
    fn clone(&self) -> Self {
        match self {
            Self::One(entity, kept) => Self::One(Arc::clone(entity), *kept),
            Self::Ids(ids, kept) => Self::Ids(Arc::clone(ids), *kept),
        }
    }
}

impl<T> CacheEntry<T> {
    fn kept(&self) -> Kept {
        match self {
            Self::One(_, kept) | Self::Ids(_, kept) => *kept,
        }
    }
}

/// The cached entities of one kind.
pub struct KindCache<T> {
    cells: BoundedCache<Key, CacheEntry<T>>,
    ages: Ages,
    /// How many writes this session has made to this kind, and how often a caller asked for a fresh answer. A list that
    /// was asked for before a write and answered after it may lack what was written, so it is not kept: moka's own
    /// invalidation does not reach a load that is under way.
    writes: AtomicU64,
    /// How often the entries have changed, by reads and by writes.
    revision: AtomicU64,
    /// When something was last forgotten: entries of a snapshot that are older are not taken in any more.
    forgot: Mutex<Option<Stopwatch>>,
    counters: Counters,
}

impl<T> fmt::Debug for KindCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}

/// The state of a table when a query was sent.
#[derive(Clone, Copy, Debug)]
pub struct Epoch(u64);

impl<T: Entity> KindCache<T> {
    fn new(ages: Ages, entries: u64) -> Self {
        Self {
            cells: BoundedCache::builder()
                .max_capacity(entries)
                .time_to_live(ages.longest)
                // moka's default may decline to admit an entry; the least recently used one leaves instead.
                .eviction_policy(EvictionPolicy::lru())
                .build(),
            ages,
            writes: AtomicU64::new(0),
            revision: AtomicU64::new(0),
            forgot: Mutex::default(),
            counters: Counters::default(),
        }
    }

    /// Whether a look-up of that reach takes an entry of that age and origin.
    fn takes(&self, kept: Kept, reach: Reach) -> bool {
        let Ages { usual, longest } = self.ages;
        match reach {
            Reach::Session => !kept.from_snapshot && kept.since.elapsed() <= usual,
            Reach::Recent => kept.since.elapsed() <= usual,
            Reach::Old => kept.since.elapsed() <= longest,
        }
    }

    fn cell(&self, key: &Key, reach: Reach) -> Option<CacheEntry<T>> {
        let cell = self.cells.get(key)?;
        self.takes(cell.kept(), reach).then_some(cell)
    }

    /// The entity with that id, as this session has read it.
    pub fn get(&self, id: &str) -> Option<Arc<T>> {
        self.get_within(id, Reach::Session)
    }

    /// The entity with that id, within a reach.
    pub fn get_within(&self, id: &str, reach: Reach) -> Option<Arc<T>> {
        self.one(&Key::of_id(id), reach)
    }

    fn one(&self, key: &Key, reach: Reach) -> Option<Arc<T>> {
        match self.cell(key, reach) {
            Some(CacheEntry::One(entity, _)) => Some(entity),
            _ => None,
        }
    }

    /// All of a scope, when this session has read it.
    pub fn list(&self, scope: &str) -> Option<Vec<Arc<T>>> {
        self.ids(&Key::List(scope.to_owned()), Reach::Session)
    }

    /// Everything that a name could mean in a scope, when it was looked up there; an id means its entity anywhere.
    pub fn candidates(&self, scope: &str, name: &str) -> Option<Vec<Arc<T>>> {
        let by_id = self.get(name.trim()).map(|entity| vec![entity]);
        let key = || Key::Name(scope.to_owned(), fold(name));
        by_id.or_else(|| self.ids(&key(), Reach::Session))
    }

    /// Everything that a name could mean in a scope, within a reach, by what was learnt last: what the name meant when it
    /// was looked up, or the whole list. An id means its entity anywhere.
    pub fn latest(&self, scope: &str, name: &str, reach: Reach) -> Option<Vec<Arc<T>>> {
        if let Some(entity) = self.get_within(name.trim(), reach) {
            return Some(vec![entity]);
        }
        let keys = [
            Key::List(scope.to_owned()),
            Key::Name(scope.to_owned(), fold(name)),
        ];
        let known = keys.iter().filter_map(|key| {
            let age = self.cell(key, reach)?.kept().since.elapsed();
            Some((age, key))
        });
        let (_, key) = known.min_by_key(|(age, _)| *age)?;
        self.ids(key, reach)
    }

    /// The entities behind ids; `None` when one of them is not known within the reach.
    fn ids(&self, key: &Key, reach: Reach) -> Option<Vec<Arc<T>>> {
        match self.cell(key, reach)? {
            CacheEntry::Ids(ids, _) => ids
                .iter()
                .map(|id| self.one(&Key::Id(Arc::clone(id)), reach))
                .collect(),
            CacheEntry::One(..) => None,
        }
    }

    /// The table's state, to be taken before a query is sent and given back with its answer.
    pub fn mark(&self) -> Epoch {
        Epoch(self.writes.load(Ordering::Acquire))
    }

    /// Keeps entities, to be found by id, unless something was written since `asked`: they may be older than the cached
    /// entries then.
    pub fn put(&self, entities: &[Arc<T>], asked: Epoch) {
        if self.is_current(asked) {
            self.keep(entities);
        }
    }

    fn is_current(&self, asked: Epoch) -> bool {
        asked.0 == self.writes.load(Ordering::Acquire)
    }

    fn keep(&self, entities: &[Arc<T>]) {
        let kept = Kept::now();
        for entity in entities {
            self.set(
                Key::of_id(entity.id()),
                CacheEntry::One(Arc::clone(entity), kept),
            );
        }
    }

    fn set(&self, key: Key, cell: CacheEntry<T>) {
        self.revision.fetch_add(1, Ordering::AcqRel);
        self.cells.insert(key, cell);
    }

    /// Keeps all of a scope, unless something was written since `asked`.
    pub fn put_list(&self, scope: &str, entities: &[Arc<T>], asked: Epoch) {
        self.put_ids(Key::List(scope.to_owned()), entities, asked);
    }

    /// Keeps everything that a name could mean in a scope, unless something was written since `asked`.
    pub fn put_name(&self, scope: &str, name: &str, entities: &[Arc<T>], asked: Epoch) {
        self.put_ids(Key::Name(scope.to_owned(), fold(name)), entities, asked);
    }

    fn put_ids(&self, key: Key, entities: &[Arc<T>], asked: Epoch) {
        if self.is_current(asked) {
            self.keep(entities);
            let ids = entities
                .iter()
                .map(|of| of.id().to_ascii_lowercase().into());
            self.set(key, CacheEntry::Ids(ids.collect(), Kept::now()));
        }
    }

    /// Takes in what this session has just created, in every scope where it can be used: lists that are known
    /// whole stay whole. In its own scope, the first, the name means it from now on; in the others, what the name
    /// meant before is forgotten.
    pub fn created(&self, scopes: &[String], name: &str, entity: &Arc<T>) {
        self.writes.fetch_add(1, Ordering::AcqRel);
        self.note_forgotten();
        let own = std::slice::from_ref(entity);
        self.keep(own);
        for (place, scope) in scopes.iter().enumerate() {
            if place == 0 {
                self.put_name(scope, name, own, self.mark());
            } else {
                self.cells.invalidate(&Key::Name(scope.clone(), fold(name)));
            }
            self.add_to_list(scope, entity);
        }
    }

    /// Adds an entity to the list of a scope, where that is known whole. The list stays as old as it is.
    fn add_to_list(&self, scope: &str, entity: &Arc<T>) {
        let key = Key::List(scope.to_owned());
        let Some(CacheEntry::Ids(ids, kept)) = self.cells.get(&key) else {
            return;
        };
        let own = Key::folded_id(entity.id());
        let others = ids.iter().filter(|id| **id != own).map(Arc::clone);
        let ids = others.chain([Arc::clone(&own)]).collect();
        self.set(key, CacheEntry::Ids(ids, kept));
    }

    /// Takes in how this session has just changed an entity. Lists hold ids, so each list that has the entity shows its
    /// new state. What names meant is forgotten in every scope: the old name no longer means it, and the new one may be
    /// what others were found by.
    pub fn changed(&self, entity: &Arc<T>) {
        self.writes.fetch_add(1, Ordering::AcqRel);
        self.keep(std::slice::from_ref(entity));
        self.drop_cells(|key| matches!(key, Key::Name(..)));
    }

    /// Takes in what this session has just created, where a name may be several entities': as [`KindCache::changed`], and
    /// a list of the scope that is known whole stays whole.
    pub fn added(&self, scope: &str, entity: &Arc<T>) {
        self.changed(entity);
        self.add_to_list(scope, entity);
    }

    /// Makes the table refuse the answers to queries that are under way: a caller who asks for a fresh answer now knows of
    /// something newer.
    pub fn invalidate_in_flight(&self) {
        self.writes.fetch_add(1, Ordering::AcqRel);
    }

    /// Forgets an entity that turned out to be gone, and every list and name that it stood in.
    pub fn forget(&self, id: &str) {
        self.writes.fetch_add(1, Ordering::AcqRel);
        self.note_forgotten();
        self.cells.invalidate(&Key::of_id(id));
    }

    /// Forgets all entries, after a change that other entities show, too.
    pub fn forget_all(&self) {
        self.writes.fetch_add(1, Ordering::AcqRel);
        self.drop_cells(|_| true);
    }

    /// One by one: moka's own way of invalidating many goes by the time, and spares what came in the same tick.
    fn drop_cells(&self, stale: impl Fn(&Key) -> bool) {
        self.note_forgotten();
        for (key, _) in self.cells.iter().filter(|(key, _)| stale(key)) {
            self.cells.invalidate(&*key);
        }
    }

    fn note_forgotten(&self) {
        self.revision.fetch_add(1, Ordering::AcqRel);
        *self.forgot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Stopwatch::start());
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
    pub fn count(&self, look: CacheLookup, lookups: u64) {
        self.counters.add(look, lookups);
    }

    /// How the kind has been used so far. Walks through all entries.
    pub fn usage(&self) -> Usage {
        let mut usage = self.counters.read();
        for (key, cell) in &self.cells {
            if !self.takes(cell.kept(), Reach::Old) {
                continue;
            }
            match (key.as_ref(), cell) {
                (_, CacheEntry::One(_, kept)) => usage.add_entity(kept.since.elapsed()),
                (Key::List(_), CacheEntry::Ids(..)) => usage.lists += 1,
                (_, CacheEntry::Ids(..)) => {}
            }
        }
        usage
    }
}

#[cfg(test)]
mod tests;

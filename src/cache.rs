//! The session cache: the entities of each kind in the table of `cache/kinds.rs`, by id and by name. It never holds
//! issues. The number and the age of its entries are bounded. An evicted entry costs a request and never causes a wrong
//! answer.
//!
//! Between processes, the names in the cache are kept in a snapshot on disk ([`Disk`]). An entry from the snapshot has
//! no texts such as descriptions, and may be past the usual age: [`Reach`] says which entries a look-up accepts.
//!
//! The cache of a kind has three sorts of keys (contract, §4.3): the id of an entity; a scope (such as the team of a
//! workflow state) with a name that was looked up in it; and a scope alone, for the list of all entities in the scope.
//! The cache answers a look-up of a name only if the same name was looked up before, or if the cache has the complete
//! list of the scope. It is not enough that an entity of this name is cached, because other entities may have the same
//! name.

mod disk;
mod kinds;
mod snapshot;

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
use crate::clock::Stopwatch;
use crate::linear::model;
pub use crate::text::name::fold;

/// An entity that the cache holds.
pub trait Entity: Send + Sync + 'static {
    /// Returns the UUID of the entity.
    fn id(&self) -> &str;
}

/// The scope for labels that were looked up by name in all teams, and for all users including those who left the
/// workspace.
pub const ANYWHERE: &str = "*";

/// Which entries of the cache a look-up accepts. Each variant also accepts what the variants above it accept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Entries that this session has read from Linear itself, up to the usual age.
    #[default]
    Session,
    /// Entries of the snapshot up to the usual age, which have names and no texts.
    Recent,
    /// Entries past the usual age, up to the longest age. The entity may have been renamed since, so the caller has to
    /// compare the entry with Linear's answer.
    Old,
}

/// The age up to which look-ups of [`Reach::Session`] and [`Reach::Recent`] accept entries (`usual`), and the age up to
/// which look-ups of [`Reach::Old`] do (`longest`).
#[derive(Clone, Copy)]
struct Ages {
    usual: Duration,
    longest: Duration,
}

/// The ages that each word in the column `kept` of the table of kinds stands for.
struct AgesOfKinds {
    lasting: Ages,
    usual: Ages,
    brief: Ages,
}

/// The longest age of entries of a kind whose entities change without a write, such as the current cycle.
const LONGEST_BRIEF: Duration = Duration::from_secs(60);

impl AgesOfKinds {
    fn new(age: Duration, longest: Duration) -> Self {
        let both = |age| Ages {
            usual: age,
            longest: age,
        };
        Self {
            lasting: Ages {
                usual: age,
                longest: longest.max(age),
            },
            usual: both(age),
            brief: both(age.min(LONGEST_BRIEF)),
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
            /// The time of the last prefetch, by this session or by the session that wrote the snapshot.
            prefetched: Mutex<Option<Stopwatch>>,
            /// The usual age of entries.
            age: Duration,
        }

        impl Cache {
            /// Creates an empty cache that holds at most about `entries` entries of each kind. The usual age of entries
            /// is `age`. Entries of kinds that change rarely are kept up to the age `longest`, for look-ups with
            /// [`Reach::Old`].
            pub fn lasting(age: Duration, longest: Duration, entries: u64) -> Self {
                let ages = AgesOfKinds::new(age, longest);
                Self {
                    $($cache: KindCache::new(ages.$kept, entries),)*
                    prefetched: Mutex::default(),
                    age,
                }
            }

            /// Returns the word for each kind in answers, with how the kind has been used.
            pub fn usage(&self) -> Vec<(&'static str, Usage)> {
                vec![$(($word, self.$cache.usage()),)*]
            }
        }
    };
}

kinds!(cache);

impl Cache {
    /// Creates an empty cache that holds at most about `entries` entries of each kind, and keeps no entry longer than
    /// `age`.
    pub fn new(age: Duration, entries: u64) -> Self {
        Self::lasting(age, age, entries)
    }

    /// Notes that a prefetch has just filled the cache.
    pub fn prefetched(&self) {
        self.set_prefetched(Stopwatch::start());
    }

    /// Whether there was a prefetch that is not older than the usual age of entries.
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

/// The key of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// The id of an entity, in lower case.
    Id(Arc<str>),
    /// A scope, and the folded form of a name that was looked up in it.
    Name(String, String),
    /// The scope of a complete list.
    List(String),
}

impl Key {
    fn of_id(id: &str) -> Self {
        Self::Id(Self::folded_id(id))
    }

    /// Returns the id in lower case. Nearly all ids are in lower case already.
    fn folded_id(id: &str) -> Arc<str> {
        if id.bytes().any(|byte| byte.is_ascii_uppercase()) {
            id.to_ascii_lowercase().into()
        } else {
            id.into()
        }
    }
}

/// An entry of the cache, with the record of when and by which process it was read.
enum CacheEntry<T> {
    /// The entity that an id belongs to.
    Entity(Arc<T>, Provenance),
    /// The ids, in lower case, of the entities that a name can mean or that a list has.
    Ids(Arc<[Arc<str>]>, Provenance),
}

/// When an entry was read from Linear, and by which process.
#[derive(Clone, Copy, Debug)]
struct Provenance {
    read_at: Stopwatch,
    /// Whether the entry came from the snapshot, so that it has no texts such as descriptions.
    from_snapshot: bool,
}

impl Provenance {
    fn now() -> Self {
        Self {
            read_at: Stopwatch::start(),
            from_snapshot: false,
        }
    }

    fn age(self) -> Duration {
        self.read_at.elapsed()
    }
}

// A derived `Clone` would require `T: Clone`, which an `Arc` does not need.
impl<T> Clone for CacheEntry<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Entity(entity, provenance) => Self::Entity(Arc::clone(entity), *provenance),
            Self::Ids(ids, provenance) => Self::Ids(Arc::clone(ids), *provenance),
        }
    }
}

impl<T> CacheEntry<T> {
    fn provenance(&self) -> Provenance {
        match self {
            Self::Entity(_, provenance) | Self::Ids(_, provenance) => *provenance,
        }
    }
}

/// The cached entities of one kind.
pub struct KindCache<T> {
    entries: BoundedCache<Key, CacheEntry<T>>,
    ages: Ages,
    /// The present [`Epoch`]: how many writes this session has made to entities of this kind, plus how often a caller
    /// asked for a fresh answer. A list that was queried before a write and answered after it may lack what was
    /// written, so it must not be kept. The invalidation of the crate `moka` does not cover queries that have not been
    /// answered yet.
    epoch: AtomicU64,
    /// How often the entries have changed, by reads and by writes.
    revision: AtomicU64,
    /// When an entry was last removed because it was out of date. Older entries of a snapshot are not loaded any more.
    last_removal: Mutex<Option<Stopwatch>>,
    counters: Counters,
}

impl<T> fmt::Debug for KindCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KindCache")
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}

/// The epoch of a [`KindCache`] at the time of a query. An answer is kept only if the epoch is still the same.
#[derive(Clone, Copy, Debug)]
pub struct Epoch(u64);

impl<T: Entity> KindCache<T> {
    fn new(ages: Ages, max_entries: u64) -> Self {
        Self {
            entries: BoundedCache::builder()
                .max_capacity(max_entries)
                .time_to_live(ages.longest)
                // The default policy of moka may refuse a new entry; with this policy, the least recently used entry is
                // evicted instead.
                .eviction_policy(EvictionPolicy::lru())
                .build(),
            ages,
            epoch: AtomicU64::new(0),
            revision: AtomicU64::new(0),
            last_removal: Mutex::default(),
            counters: Counters::default(),
        }
    }

    /// Whether a look-up with this reach accepts an entry with this provenance.
    fn accepts(&self, provenance: Provenance, reach: Reach) -> bool {
        let Ages { usual, longest } = self.ages;
        match reach {
            Reach::Session => !provenance.from_snapshot && provenance.age() <= usual,
            Reach::Recent => provenance.age() <= usual,
            Reach::Old => provenance.age() <= longest,
        }
    }

    fn entry(&self, key: &Key, reach: Reach) -> Option<CacheEntry<T>> {
        let entry = self.entries.get(key)?;
        self.accepts(entry.provenance(), reach).then_some(entry)
    }

    /// Returns the entity with this id, if this session has read it from Linear.
    pub fn get(&self, id: &str) -> Option<Arc<T>> {
        self.get_within(id, Reach::Session)
    }

    /// Returns the entity with this id, if the cache has an entry for it that `reach` accepts.
    pub fn get_within(&self, id: &str, reach: Reach) -> Option<Arc<T>> {
        self.entity(&Key::of_id(id), reach)
    }

    fn entity(&self, key: &Key, reach: Reach) -> Option<Arc<T>> {
        match self.entry(key, reach) {
            Some(CacheEntry::Entity(entity, _)) => Some(entity),
            _ => None,
        }
    }

    /// Returns all entities of a scope, if this session has read their complete list.
    pub fn list(&self, scope: &str) -> Option<Vec<Arc<T>>> {
        self.entities(&Key::List(scope.to_owned()), Reach::Session)
    }

    /// Returns all entities that a name can mean in a scope, if this session has looked the name up there. A name that
    /// is the id of a cached entity means that entity in every scope.
    pub fn candidates(&self, scope: &str, name: &str) -> Option<Vec<Arc<T>>> {
        let by_id = self.get(name.trim()).map(|entity| vec![entity]);
        let key = || Key::Name(scope.to_owned(), fold(name));
        by_id.or_else(|| self.entities(&key(), Reach::Session))
    }

    /// Returns all entities that a name can mean in a scope, within `reach`: from the last look-up of the name, or all
    /// entities from the list of the scope, whichever is newer. A name that is the id of a cached entity means that
    /// entity in every scope.
    pub fn latest(&self, scope: &str, name: &str, reach: Reach) -> Option<Vec<Arc<T>>> {
        if let Some(entity) = self.get_within(name.trim(), reach) {
            return Some(vec![entity]);
        }
        let keys = [
            Key::List(scope.to_owned()),
            Key::Name(scope.to_owned(), fold(name)),
        ];
        let cached = keys.iter().filter_map(|key| {
            let age = self.entry(key, reach)?.provenance().age();
            Some((age, key))
        });
        let (_, key) = cached.min_by_key(|(age, _)| *age)?;
        self.entities(key, reach)
    }

    /// Returns the entities of a name or a list. Returns `None` if the cache does not have all of them within `reach`.
    fn entities(&self, key: &Key, reach: Reach) -> Option<Vec<Arc<T>>> {
        match self.entry(key, reach)? {
            CacheEntry::Ids(ids, _) => ids
                .iter()
                .map(|id| self.entity(&Key::Id(Arc::clone(id)), reach))
                .collect(),
            CacheEntry::Entity(..) => None,
        }
    }

    /// Returns the present epoch. A caller takes the epoch before it sends a query, and passes the epoch to the cache
    /// together with the answer.
    pub fn mark(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::Acquire))
    }

    /// Keeps entities by their ids, unless something was written since the epoch `asked`. After a write, the answer may
    /// be older than the cached entries.
    pub fn put(&self, entities: &[Arc<T>], asked: Epoch) {
        if self.is_current(asked) {
            self.insert_entities(entities);
        }
    }

    fn is_current(&self, asked: Epoch) -> bool {
        asked.0 == self.epoch.load(Ordering::Acquire)
    }

    fn insert_entities(&self, entities: &[Arc<T>]) {
        let provenance = Provenance::now();
        for entity in entities {
            self.insert(
                Key::of_id(entity.id()),
                CacheEntry::Entity(Arc::clone(entity), provenance),
            );
        }
    }

    fn insert(&self, key: Key, entry: CacheEntry<T>) {
        self.revision.fetch_add(1, Ordering::AcqRel);
        self.entries.insert(key, entry);
    }

    /// Keeps the complete list of a scope, unless something was written since the epoch `asked`.
    pub fn put_list(&self, scope: &str, entities: &[Arc<T>], asked: Epoch) {
        self.put_ids(Key::List(scope.to_owned()), entities, asked);
    }

    /// Keeps all entities that a name can mean in a scope, unless something was written since the epoch `asked`.
    pub fn put_name(&self, scope: &str, name: &str, entities: &[Arc<T>], asked: Epoch) {
        self.put_ids(Key::Name(scope.to_owned(), fold(name)), entities, asked);
    }

    fn put_ids(&self, key: Key, entities: &[Arc<T>], asked: Epoch) {
        if self.is_current(asked) {
            self.insert_entities(entities);
            let ids = entities
                .iter()
                .map(|entity| entity.id().to_ascii_lowercase().into());
            self.insert(key, CacheEntry::Ids(ids.collect(), Provenance::now()));
        }
    }

    /// Adds an entity that this session has just created and that can be used in all `scopes`. The complete lists of
    /// these scopes stay complete. The first scope is the scope to which the entity itself belongs: there the name now
    /// means the new entity. In the other scopes, the cached meaning of the name is removed.
    pub fn created(&self, scopes: &[String], name: &str, entity: &Arc<T>) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.note_removal();
        let created = std::slice::from_ref(entity);
        self.insert_entities(created);
        for (index, scope) in scopes.iter().enumerate() {
            if index == 0 {
                self.put_name(scope, name, created, self.mark());
            } else {
                self.entries
                    .invalidate(&Key::Name(scope.clone(), fold(name)));
            }
            self.add_to_list(scope, entity);
        }
    }

    /// Adds an entity to the complete list of a scope, if the cache has that list. The list keeps its age.
    fn add_to_list(&self, scope: &str, entity: &Arc<T>) {
        let key = Key::List(scope.to_owned());
        let Some(CacheEntry::Ids(ids, provenance)) = self.entries.get(&key) else {
            return;
        };
        let added = Key::folded_id(entity.id());
        let others = ids.iter().filter(|id| **id != added).map(Arc::clone);
        let ids = others.chain([Arc::clone(&added)]).collect();
        self.insert(key, CacheEntry::Ids(ids, provenance));
    }

    /// Replaces an entity that this session has just changed. Lists hold ids, so each list with the entity now has its
    /// new state. The cached meanings of names are removed in every scope, because the old name no longer means the
    /// entity, and the new name may be the name of other entities.
    pub fn changed(&self, entity: &Arc<T>) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.insert_entities(std::slice::from_ref(entity));
        self.remove_where(|key| matches!(key, Key::Name(..)));
    }

    /// Adds an entity that this session has just created, of a kind in which several entities may have one name. The
    /// cached meanings of names are removed as in [`KindCache::changed`], and a complete list of the scope stays
    /// complete.
    pub fn added(&self, scope: &str, entity: &Arc<T>) {
        self.changed(entity);
        self.add_to_list(scope, entity);
    }

    /// Starts a new epoch, so that the answers to queries which were sent before are not kept. This is for a caller who
    /// asks for a fresh answer: the caller knows of a change that those answers may lack.
    pub fn invalidate_in_flight(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    /// Removes an entity that no longer exists. The cache then no longer answers any list or name that has this entity.
    pub fn forget(&self, id: &str) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.note_removal();
        self.entries.invalidate(&Key::of_id(id));
    }

    /// Removes all entries of the kind, after a change that other entities of the kind show, too.
    pub fn forget_all(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
        self.remove_where(|_| true);
    }

    /// Removes the entries whose keys are stale, one by one. The bulk invalidation of the crate `moka` goes by time and
    /// misses entries that were inserted in the same tick of the clock.
    fn remove_where(&self, is_stale: impl Fn(&Key) -> bool) {
        self.note_removal();
        for (key, _) in self.entries.iter().filter(|(key, _)| is_stale(key)) {
            self.entries.invalidate(&*key);
        }
    }

    fn note_removal(&self) {
        self.revision.fetch_add(1, Ordering::AcqRel);
        *self
            .last_removal
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(Stopwatch::start());
    }

    /// Returns the scopes for which the cache has a list or a name.
    pub fn scopes(&self) -> BTreeSet<String> {
        let scope = |key: &Key| match key {
            Key::Name(scope, _) | Key::List(scope) => Some(scope.clone()),
            Key::Id(_) => None,
        };
        self.entries
            .iter()
            .filter_map(|(key, _)| scope(&key))
            .collect()
    }

    /// Counts look-ups: one for each name, or one for a whole list.
    pub fn count(&self, outcome: CacheLookup, lookups: u64) {
        let counter = match outcome {
            CacheLookup::Hit => &self.counters.hits,
            CacheLookup::Miss => &self.counters.misses,
            CacheLookup::Bypassed => &self.counters.refreshes,
        };
        counter.fetch_add(lookups, Ordering::Relaxed);
    }

    /// Returns how the kind has been used so far. Iterates over all entries.
    pub fn usage(&self) -> Usage {
        let mut usage = Usage {
            hits: self.counters.hits.load(Ordering::Relaxed),
            misses: self.counters.misses.load(Ordering::Relaxed),
            refreshes: self.counters.refreshes.load(Ordering::Relaxed),
            ..Usage::default()
        };
        for (key, entry) in &self.entries {
            if !self.accepts(entry.provenance(), Reach::Old) {
                continue;
            }
            match (key.as_ref(), entry) {
                (_, CacheEntry::Entity(_, provenance)) => {
                    let age = provenance.age();
                    let (oldest, newest) = usage.ages.unwrap_or((age, age));
                    usage.ages = Some((oldest.max(age), newest.min(age)));
                    usage.entries += 1;
                }
                (Key::List(_), CacheEntry::Ids(..)) => usage.lists += 1,
                (_, CacheEntry::Ids(..)) => {}
            }
        }
        usage
    }
}

/// How one kind of entity has been used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many look-ups, of a name or of a whole list, the cache answered.
    pub hits: u64,
    /// How many look-ups needed a query to Linear.
    pub misses: u64,
    /// How many look-ups bypassed the cache, because the caller wanted a fresh answer.
    pub refreshes: u64,
    /// The number of cached entities.
    pub entries: u64,
    /// The number of scopes with a complete list.
    pub lists: u64,
    /// The ages of the oldest and of the newest cached entity. `None` when there are no entities.
    pub ages: Option<(Duration, Duration)>,
}

/// How often each outcome of a look-up occurred.
#[derive(Debug, Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    refreshes: AtomicU64,
}

/// The outcome of a look-up in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheLookup {
    /// The cache answered.
    Hit,
    /// The cache had no answer, and Linear is asked.
    Miss,
    /// The cache was bypassed, because the caller wanted a fresh answer.
    Bypassed,
}

impl CacheLookup {
    /// Returns the outcome of a look-up. `found` says whether the cache answered, and `bypassed` says whether the
    /// caller wanted a fresh answer.
    pub fn of(found: bool, bypassed: bool) -> Self {
        match (found, bypassed) {
            (true, _) => Self::Hit,
            (false, true) => Self::Bypassed,
            (false, false) => Self::Miss,
        }
    }
}

#[cfg(test)]
mod tests;

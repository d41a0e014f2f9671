//! The format of the snapshot on disk, and how the entries of the cache are written to it and read from it.
//!
//! A snapshot has what the resolution of names needs: ids, names, keys, e-mail addresses, types, label groups and
//! estimate scales. It has no descriptions and no contents. The header has the version and a message authentication
//! code of the rest, whose key is derived from the API key, so a file that was truncated, altered, or written under
//! another key is rejected.

mod rows;

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use ring::{digest, hmac};
use serde::{Deserialize, Serialize};

use self::rows::{
    LONGEST_TEXT, LabelRow, MilestoneRow, ProjectLabelRow, ProjectRow, ProjectStatusRow, StateRow,
    Stored, TeamRow, UserRow, is_id, is_text,
};
use super::{ANYWHERE, Cache, CacheEntry, Entity, Key, KindCache, Provenance, Reach, kinds};
use crate::clock::Stopwatch;
use crate::linear::model::{
    Label, Milestone, Project, ProjectLabel, ProjectStatus, State, Team, User,
};

/// The largest snapshot that is written or read, in bytes.
pub(super) const LARGEST: usize = 4 * 1024 * 1024;
/// The beginning of the first line of a snapshot, which is the same in every version of the format.
const MAGIC: &str = "linear-ops-names";
/// The version of the format. A snapshot of another version is not read, and is replaced when a snapshot is saved.
const VERSION: &str = "1";
/// How many milliseconds in the future the time of a snapshot may be. The clock of the machine may have been set back
/// after the snapshot was written.
const MAX_AHEAD_MS: i64 = 60_000;

/// The file name of the snapshot of an API address and an API key, and the key of its authentication code. Both are
/// digests that do not reveal the API key.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The name of the file without its extension: 64 hexadecimal digits.
    pub(super) name: String,
    key: hmac::Key,
}

impl Identity {
    /// Returns the identity for an API address and the value of the `Authorization` header that is sent to it.
    pub fn of(address: &str, authorization: &str) -> Self {
        let digest = |purpose: &str| {
            let mut context = digest::Context::new(&digest::SHA256);
            for part in [
                "linear-ops snapshot of names",
                purpose,
                address,
                authorization,
            ] {
                context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                context.update(part.as_bytes());
            }
            context.finish()
        };
        Self {
            name: hex(digest("file").as_ref()),
            key: hmac::Key::new(hmac::HMAC_SHA256, digest("content").as_ref()),
        }
    }

    /// Returns the bytes of a file with these contents, or `None` if the file would be larger than [`LARGEST`].
    pub(super) fn seal(&self, contents: &Contents) -> Option<Vec<u8>> {
        let body = serde_json::to_vec(contents).ok()?;
        let code = hex(hmac::sign(&self.key, &body).as_ref());
        let mut bytes = format!("{MAGIC} {VERSION} {code}\n").into_bytes();
        bytes.extend(body);
        (bytes.len() <= LARGEST).then_some(bytes)
    }

    /// Returns the contents of a file from its bytes, or `None` for a file of another version.
    ///
    /// # Errors
    /// The reason why the bytes are not a file that was written under this identity.
    pub(super) fn open(&self, bytes: &[u8]) -> Result<Option<Contents>, &'static str> {
        const NOT_A_SNAPSHOT: &str = "it is not a snapshot of names";
        let end = bytes
            .iter()
            .position(|byte| *byte == b'\n')
            .ok_or(NOT_A_SNAPSHOT)?;
        let (header, body) = bytes.split_at_checked(end).ok_or(NOT_A_SNAPSHOT)?;
        let body = body.get(1..).ok_or(NOT_A_SNAPSHOT)?;
        let header = std::str::from_utf8(header).map_err(|_| NOT_A_SNAPSHOT)?;
        let mut words = header.split(' ');
        if words.next() != Some(MAGIC) {
            return Err(NOT_A_SNAPSHOT);
        }
        if words.next() != Some(VERSION) {
            return Ok(None);
        }
        let code = words.next().and_then(decode_hex).ok_or(NOT_A_SNAPSHOT)?;
        if words.next().is_some() {
            return Err(NOT_A_SNAPSHOT);
        }
        hmac::verify(&self.key, body, &code)
            .map_err(|_| "it was cut off or altered since it was written")?;
        let contents = serde_json::from_slice(body);
        contents
            .map(Some)
            .map_err(|_| "it does not have the form of its version")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Decodes lower-case hexadecimal digits. Returns `None` for other characters.
fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: char| {
        let value = digit.to_digit(16).filter(|_| !digit.is_ascii_uppercase())?;
        u8::try_from(value).ok()
    };
    let digits: Vec<u8> = text.chars().map(digit).collect::<Option<_>>()?;
    let bytes = digits.chunks_exact(2).map(|pair| match pair {
        [high, low] => high << 4 | low,
        _ => 0,
    });
    Some(bytes.collect())
}

/// Passes some rows of the table of kinds to the macro `snapshot`: the rows of the kinds that are kept in a snapshot.
/// These kinds have a row type in the column `kept`.
macro_rules! kinds_with_rows {
    ($($entity:ident {
        $(#[$doc:meta])*
        cache: $cache:ident,
        usage: $word:literal,
        kept: $kept:ident $(as $row:ident)?,
        $($rest:tt)*
    })*) => {
        snapshot! { $($($entity $cache $row)?)* }
    };
}

macro_rules! snapshot {
    ($($entity:ident $cache:ident $row:ident)*) => {
        /// The contents of a snapshot: the kinds whose entries are kept past the usual age.
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct Contents {
            /// The time of writing, in milliseconds since the Unix epoch. All ages are in seconds and are counted back
            /// from this time.
            written: i64,
            /// The age of the last prefetch.
            prefetched: Option<u32>,
            $($cache: Rows<$row>,)*
        }

        /// A copy of the entries of the cache.
        pub(super) struct Captured {
            prefetched: Option<Stopwatch>,
            $($cache: Entries<$entity>,)*
        }

        impl Captured {
            pub(super) fn of(cache: &Cache) -> Self {
                Self {
                    prefetched: cache.last_prefetch(),
                    $($cache: cache.$cache.snapshot_entries(),)*
                }
            }

            /// Returns the contents of a snapshot that is written at `now`, in milliseconds since the Unix epoch.
            /// `slept` is the time that the monotonic clock may have missed while the machine slept. It is added to all
            /// ages.
            pub(super) fn contents(self, now: i64, slept: Duration) -> Contents {
                let seconds = |start: Stopwatch| {
                    let age = start.elapsed().saturating_add(slept);
                    // Ages are rounded up, so that no entry has a lower age after it is written.
                    u32::try_from(age.as_secs().saturating_add(1)).unwrap_or(u32::MAX)
                };
                Contents {
                    written: now,
                    prefetched: self.prefetched.map(seconds),
                    $($cache: to_rows(self.$cache, seconds),)*
                }
            }
        }

        /// The checked entries of a snapshot.
        struct CheckedContents {
            prefetched: Option<Duration>,
            $($cache: CheckedRows<$entity>,)*
        }

        impl Contents {
            /// Checks all values. Returns `None` if one of them is invalid.
            fn checked(self, snapshot_age: Duration) -> Option<CheckedContents> {
                let age =
                    |seconds: u32| snapshot_age.saturating_add(Duration::from_secs(seconds.into()));
                Some(CheckedContents {
                    prefetched: self.prefetched.map(age),
                    $($cache: check_rows(self.$cache, age)?,)*
                })
            }
        }

        impl Cache {
            /// Returns a number that changes whenever an entry is added or removed whose kind is kept in a snapshot.
            pub(super) fn revision(&self) -> u64 {
                let revisions = [$(&self.$cache.revision),*];
                revisions.iter().map(|revision| revision.load(Ordering::Acquire)).sum()
            }

            /// Adds the entries of a snapshot, except those that are too old and those for which the cache has a better
            /// entry.
            fn add_checked(&self, contents: CheckedContents) {
                $(self.$cache.add_checked(contents.$cache);)*
            }
        }
    };
}

kinds!(kinds_with_rows);

/// The entries of one kind in a snapshot. Lists and names refer to entities by their index in `entities`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows<R> {
    /// The age and the row of each entity.
    entities: Vec<(u32, R)>,
    /// The scope, age and entities of each complete list.
    lists: Vec<(String, u32, Vec<u32>)>,
    /// The scope, folded name, age and entities of each name that was looked up.
    names: Vec<(String, String, u32, Vec<u32>)>,
}

/// A copy of the entries of one kind. They are converted into [`Rows`] on a thread that does not answer requests.
type Entries<T> = Vec<(Arc<Key>, CacheEntry<T>)>;

/// Converts the entries of one kind into rows. Lists and names are left out if one of their entities has no row. Names
/// for which no entity was found are left out, too, because such a name is always queried again.
fn to_rows<T: Stored>(entries: Entries<T>, seconds: impl Fn(Stopwatch) -> u32) -> Rows<T::Row> {
    let mut indices: HashMap<&str, u32> = HashMap::new();
    let mut entities = Vec::new();
    for (key, entry) in &entries {
        if let (Key::Id(id), CacheEntry::Entity(entity, provenance)) = (key.as_ref(), entry)
            && let Some(row) = entity.to_row()
            && let Ok(index) = u32::try_from(entities.len())
        {
            indices.insert(id, index);
            entities.push((seconds(provenance.read_at), row));
        }
    }
    let (mut lists, mut names) = (Vec::new(), Vec::new());
    for (key, entry) in &entries {
        let CacheEntry::Ids(ids, provenance) = entry else {
            continue;
        };
        let members = ids.iter().map(|id| indices.get(id.as_ref()).copied());
        let Some(members) = members.collect::<Option<Vec<u32>>>() else {
            continue;
        };
        let age = seconds(provenance.read_at);
        match key.as_ref() {
            Key::List(scope) => lists.push((scope.clone(), age, members)),
            Key::Name(scope, name) if !members.is_empty() && name.len() <= LONGEST_TEXT => {
                names.push((scope.clone(), name.clone(), age, members));
            }
            Key::Name(..) | Key::Id(_) => {}
        }
    }
    Rows {
        entities,
        lists,
        names,
    }
}

/// The ids of the entities of a list or a name.
type Ids = Arc<[Arc<str>]>;

/// The checked entries of one kind of a snapshot, with their ages.
struct CheckedRows<T> {
    entities: Vec<(Duration, Arc<str>, Arc<T>)>,
    lists_and_names: Vec<(Duration, Key, Ids)>,
}

impl Contents {
    /// Adds the entries to the cache, except those that are too old and those for which the cache has a better entry.
    /// `now` is in milliseconds since the Unix epoch. Returns the age of the snapshot.
    ///
    /// # Errors
    /// The reason why the contents are invalid. In this case the cache is unchanged.
    pub(super) fn restore(self, cache: &Cache, now: i64) -> Result<Duration, &'static str> {
        let age = now.saturating_sub(self.written);
        if age < -MAX_AHEAD_MS {
            return Err("it was written in the future, by this machine's clock");
        }
        let age = Duration::from_millis(u64::try_from(age).unwrap_or_default());
        let checked = self.checked(age).ok_or("it holds a value that cannot be")?;
        if let Some(prefetch_age) = checked.prefetched
            && cache
                .last_prefetch()
                .is_none_or(|last| last.elapsed() > prefetch_age)
        {
            cache.set_prefetched(Stopwatch::started_ago(prefetch_age));
        }
        cache.add_checked(checked);
        Ok(age)
    }
}

/// Checks all values of a kind. Returns `None` if one of them is invalid.
fn check_rows<T: Stored>(
    rows: Rows<T::Row>,
    age: impl Fn(u32) -> Duration,
) -> Option<CheckedRows<T>> {
    let mut entities = Vec::with_capacity(rows.entities.len());
    for (seconds, row) in rows.entities {
        let entity = T::from_row(row)?;
        let id = is_id(entity.id()).then(|| Key::folded_id(entity.id()))?;
        entities.push((age(seconds), id, Arc::new(entity)));
    }
    let ids = |members: Vec<u32>| -> Option<Ids> {
        let ids = members.into_iter().map(|index| {
            let (_, id, _) = entities.get(usize::try_from(index).ok()?)?;
            Some(Arc::clone(id))
        });
        ids.collect()
    };
    let mut lists_and_names = Vec::with_capacity(rows.lists.len() + rows.names.len());
    for (scope, seconds, members) in rows.lists {
        lists_and_names.push((
            age(seconds),
            Key::List(is_scope(&scope).then_some(scope)?),
            ids(members)?,
        ));
    }
    for (scope, name, seconds, members) in rows.names {
        let is_valid = is_scope(&scope) && is_text(&name) && !members.is_empty();
        let key = is_valid.then_some(Key::Name(scope, name))?;
        lists_and_names.push((age(seconds), key, ids(members)?));
    }
    Some(CheckedRows {
        entities,
        lists_and_names,
    })
}

impl<T: Entity> KindCache<T> {
    fn snapshot_entries(&self) -> Entries<T> {
        let entries = self.entries.iter();
        let entries = entries.filter(|(_, entry)| self.accepts(entry.provenance(), Reach::Old));
        entries.collect()
    }

    /// Adds the entries of a snapshot, except those that are past the longest age or older than the last removal, and
    /// those for which the cache has a newer entry or one that this session has read itself.
    fn add_checked(&self, checked: CheckedRows<T>) {
        let is_new = self.revision.fetch_add(1, Ordering::AcqRel) == 0;
        let last_removal = *self
            .last_removal
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let longest = self.ages.longest;
        let is_usable = |age: Duration| {
            age <= longest && last_removal.is_none_or(|removal| age < removal.elapsed())
        };
        let add = |key: Key, age: Duration, entry: &dyn Fn(Provenance) -> CacheEntry<T>| {
            let cached = (!is_new).then(|| self.entries.get(&key)).flatten();
            let has_better = cached.is_some_and(|cached| {
                let cached = cached.provenance();
                self.accepts(cached, Reach::Session) || cached.age() <= age
            });
            if is_usable(age) && !has_better {
                let provenance = Provenance {
                    read_at: Stopwatch::started_ago(age),
                    from_snapshot: true,
                };
                self.entries.insert(key, entry(provenance));
            }
        };
        for (age, id, entity) in checked.entities {
            add(Key::Id(id), age, &|provenance| {
                CacheEntry::Entity(Arc::clone(&entity), provenance)
            });
        }
        for (age, key, ids) in checked.lists_and_names {
            add(key, age, &|provenance| {
                CacheEntry::Ids(Arc::clone(&ids), provenance)
            });
        }
    }
}

/// Whether a text is a scope: the id of an entity, `""` (the whole workspace), or [`ANYWHERE`].
fn is_scope(text: &str) -> bool {
    matches!(text, "" | ANYWHERE) || is_id(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const TEAM: &str = "5eed0000-0000-4000-8000-000000000001";
    const STATE: &str = "5eed0000-0000-4000-8000-000000000002";

    /// The contents of a snapshot with a team and a state, which is known by name.
    fn contents() -> Value {
        let none = json!({"entities": [], "lists": [], "names": []});
        json!({
            "written": 1_000_000, "prefetched": 5,
            "teams": {"entities": [[5, {
                "id": TEAM, "key": "ENG", "name": "Engineering", "triage": false, "cycles": true,
                "scale": "fibonacci", "zero": false, "extended": false, "above": [],
            }]], "lists": [["", 5, [0]]], "names": []},
            "states": {"entities": [[5, {
                "id": STATE, "name": "Done", "kind": "completed", "position": 1.0, "team": TEAM,
            }]], "lists": [], "names": [[TEAM, "done", 5, [0]]]},
            "labels": none, "users": none, "projects": none, "project_statuses": none,
            "project_labels": none, "milestones": none,
        })
    }

    fn cache() -> Cache {
        let hour = Duration::from_secs(60 * 60);
        Cache::lasting(hour, hour * 24, 100)
    }

    /// Restores these contents in an empty cache. Returns the outcome, and whether the cache then has entries.
    fn restored(contents: Value) -> (Result<Duration, &'static str>, bool) {
        let cache = cache();
        let contents: Contents = serde_json::from_value(contents).unwrap();
        let outcome = contents.restore(&cache, 1_000_000);
        let entries = cache.usage().iter().any(|(_, usage)| usage.entries > 0);
        (outcome, entries)
    }

    #[test]
    fn what_was_written_is_known_by_name_and_as_old_as_it_is() {
        let cache = cache();
        let contents: Contents = serde_json::from_value(contents()).unwrap();
        contents.restore(&cache, 1_000_000).unwrap();
        let found = cache.states.latest(TEAM, "Done", Reach::Recent);
        assert_eq!(found.unwrap()[0].id, STATE);
        assert!(cache.states.candidates(TEAM, "Done").is_none());
        let ages = cache.teams.usage().ages.unwrap();
        assert!(ages.0 >= Duration::from_secs(5));
        assert!(cache.is_prefetched());
    }

    #[test]
    fn one_value_that_cannot_be_spoils_all() {
        let long = "x".repeat(LONGEST_TEXT + 1);
        for (place, value) in [
            ("/teams/entities/0/1/id", json!("ENG")),
            ("/teams/entities/0/1/name", json!(long)),
            ("/teams/entities/0/1/above", json!(["../../etc"])),
            ("/states/entities/0/1/team", json!("")),
            ("/states/entities/0/1/kind", json!(long)),
            ("/states/names/0/0", json!("no scope")),
            ("/states/names/0/1", json!(long)),
            ("/states/names/0/3", json!([1])),
            ("/states/names/0/3", json!([])),
            ("/teams/lists/0/2", json!([0, 4_294_967_295_u32])),
        ] {
            let mut contents = contents();
            *contents.pointer_mut(place).unwrap() = value;
            let (outcome, has_entries) = restored(contents);
            assert!(outcome.is_err() && !has_entries, "{place}");
        }
    }

    #[test]
    fn what_is_past_the_longest_age_is_not_taken_in() {
        let mut contents = contents();
        *contents.pointer_mut("/teams/entities/0/0").unwrap() = json!(u32::MAX);
        let cache = cache();
        let contents: Contents = serde_json::from_value(contents).unwrap();
        contents.restore(&cache, 1_000_000).unwrap();
        assert!(cache.teams.latest("", "Engineering", Reach::Old).is_none());
        assert!(cache.states.latest(TEAM, "Done", Reach::Old).is_some());
    }

    #[test]
    fn an_identity_is_that_of_an_address_and_a_key() {
        let names = [("a", "bc"), ("ab", "c"), ("a", "Bearer bc"), ("b", "bc")];
        let names = names.map(|(address, key)| Identity::of(address, key).name);
        let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        assert_eq!(names[0], Identity::of("a", "bc").name);
        assert!(!format!("{:?}", Identity::of("a", "secret")).contains("secret"));
    }

    proptest! {
        #[test]
        fn bytes_that_were_not_written_are_never_opened(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let identity = Identity::of("address", "key");
            prop_assert!(!matches!(identity.open(&bytes), Ok(Some(_))));
            let mut framed = format!("{MAGIC} {VERSION} {}\n", "0".repeat(64)).into_bytes();
            framed.extend(bytes);
            prop_assert!(identity.open(&framed).is_err());
        }

        #[test]
        fn a_changed_byte_is_noticed(place in 0_usize..2000, bit in 0_u8..8) {
            let identity = Identity::of("address", "key");
            let contents: Contents = serde_json::from_value(contents()).unwrap();
            let mut bytes = identity.seal(&contents).unwrap();
            prop_assert!(matches!(identity.open(&bytes), Ok(Some(_))));
            let place = place % bytes.len();
            bytes[place] ^= 1 << bit;
            prop_assert!(!matches!(identity.open(&bytes), Ok(Some(_))));
        }
    }
}

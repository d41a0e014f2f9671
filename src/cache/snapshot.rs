//! The form of the snapshot on disk, and what of the cache it has.
//!
//! A snapshot has what resolution needs: ids, names, keys, e-mail addresses, types, groups and scales; no descriptions and no
//! contents. A header names the version and holds a message authentication code over the rest, under a key that is made
//! from the API key: what was cut off, altered, or written under another key does not pass.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use ring::{digest, hmac};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};

use super::{Cache, CacheEntry, Entity, Kept, Key, KindCache, Reach, kinds};
use crate::clock::Stopwatch;
use crate::linear::model::{
    Connection, Id, Label, Milestone, Named, Project, ProjectLabel, ProjectStatus, State, Team,
    TeamKey, TeamRef, User,
};

/// The largest snapshot that is written or read, in bytes.
pub(super) const LARGEST: usize = 4 * 1024 * 1024;
/// What the first line begins with, whatever the version.
const MAGIC: &str = "linear-ops-names";
/// The version of the form. A snapshot of another version is not read, and is replaced by the next one written.
const VERSION: &str = "1";
/// The longest text of a snapshot, in bytes.
const LONGEST_TEXT: usize = 1024;
/// How far in the future a snapshot may have been written: clocks are set.
const MOST_AHEAD_MS: i64 = 60_000;

/// Under which name the snapshot of an API address and a key is kept, and the key of its authentication code. Both are
/// digests, from which the API key cannot be told.
#[derive(Clone, Debug)]
pub struct Identity {
    /// 64 hexadecimal digits.
    pub(super) name: String,
    key: hmac::Key,
}

impl Identity {
    /// The identity for an address of the API and the value of the `Authorization` header that is sent there.
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

    /// The bytes of the file that holds these contents; `None` where they would be too many.
    pub(super) fn seal(&self, contents: &Contents) -> Option<Vec<u8>> {
        let body = serde_json::to_vec(contents).ok()?;
        let code = hex(hmac::sign(&self.key, &body).as_ref());
        let mut bytes = format!("{MAGIC} {VERSION} {code}\n").into_bytes();
        bytes.extend(body);
        (bytes.len() <= LARGEST).then_some(bytes)
    }

    /// The contents of a file's bytes; `None` for those of another version.
    ///
    /// # Errors
    /// The reason why the bytes are not what was written under this identity.
    pub(super) fn open(&self, bytes: &[u8]) -> Result<Option<Contents>, &'static str> {
        const NONE: &str = "it is not a snapshot of names";
        let end = bytes.iter().position(|byte| *byte == b'\n').ok_or(NONE)?;
        let (header, body) = bytes.split_at_checked(end).ok_or(NONE)?;
        let body = body.get(1..).ok_or(NONE)?;
        let header = std::str::from_utf8(header).map_err(|_| NONE)?;
        let mut words = header.split(' ');
        if words.next() != Some(MAGIC) {
            return Err(NONE);
        }
        if words.next() != Some(VERSION) {
            return Ok(None);
        }
        let code = words.next().and_then(unhex).ok_or(NONE)?;
        if words.next().is_some() {
            return Err(NONE);
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

/// The bytes that lower-case hexadecimal digits stand for.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: char| {
        let value = digit.to_digit(16).filter(|_| !digit.is_ascii_uppercase())?;
        u8::try_from(value).ok()
    };
    let digits: Option<Vec<u8>> = text.chars().map(digit).collect();
    let pairs = digits?;
    let bytes = pairs.chunks_exact(2).map(|pair| match pair {
        [high, low] => high << 4 | low,
        _ => 0,
    });
    Some(bytes.collect())
}

/// Hands on those rows of the table of kinds that say how the kind is kept in a snapshot.
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
        /// What a snapshot holds: the kinds that are kept past the usual age.
        #[derive(Debug, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct Contents {
            /// When it was written, in milliseconds since the epoch. All ages are seconds before that.
            written: i64,
            /// How long before that the last prefetch was.
            prefetched: Option<u32>,
            $($cache: Rows<$row>,)*
        }

        /// What the directory holds at a moment.
        pub(super) struct Captured {
            prefetched: Option<Stopwatch>,
            $($cache: Cells<$entity>,)*
        }

        impl Captured {
            pub(super) fn of(cache: &Cache) -> Self {
                Self {
                    prefetched: cache.last_prefetch(),
                    $($cache: cache.$cache.cells(),)*
                }
            }

            /// The contents of a snapshot that is written `now`, in milliseconds since the epoch. Everything is taken to
            /// be older by `slept`, the time for which the machine may not have measured.
            pub(super) fn contents(self, now: i64, slept: Duration) -> Contents {
                let seconds = |since: Stopwatch| {
                    let age = since.elapsed().saturating_add(slept);
                    // Rounded up: nothing gets younger by being written.
                    u32::try_from(age.as_secs().saturating_add(1)).unwrap_or(u32::MAX)
                };
                Contents {
                    written: now,
                    prefetched: self.prefetched.map(seconds),
                    $($cache: rows(self.$cache, seconds),)*
                }
            }
        }

        /// A snapshot's contents, checked, before they are in the directory.
        struct All {
            prefetched: Option<Duration>,
            $($cache: Restored<$entity>,)*
        }

        impl All {
            fn put_into(self, cache: &Cache) {
                $(cache.$cache.restore(self.$cache);)*
            }
        }

        impl Contents {
            fn checked(self, ago: Duration) -> Option<All> {
                let age = |seconds: u32| ago.saturating_add(Duration::from_secs(seconds.into()));
                Some(All {
                    prefetched: self.prefetched.map(age),
                    $($cache: checked(self.$cache, age)?,)*
                })
            }
        }

        impl Cache {
            /// A number that changes whenever something that a snapshot holds was read from Linear or forgotten.
            pub(super) fn revision(&self) -> u64 {
                let revisions = [$(&self.$cache.revision),*];
                revisions.iter().map(|revision| revision.load(Ordering::Acquire)).sum()
            }
        }
    };
}

kinds!(kinds_with_rows);

/// What a snapshot holds of one kind. Lists and names hold the places of their entities.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows<R> {
    /// Each entity with its age.
    entities: Vec<(u32, R)>,
    /// Scope, age, places.
    lists: Vec<(String, u32, Vec<u32>)>,
    /// Scope, folded name, age, places.
    names: Vec<(String, String, u32, Vec<u32>)>,
}

/// What a table holds, to be made into [`Rows`] elsewhere than on the thread that answers.
type Cells<T> = Vec<(Arc<Key>, CacheEntry<T>)>;

/// What is kept of one kind: entities, and the lists and names whose entities are all kept. That a name meant nothing is
/// not kept: what is missing is asked for.
fn rows<T: Stored>(cells: Cells<T>, seconds: impl Fn(Stopwatch) -> u32) -> Rows<T::Row> {
    let mut places: HashMap<&str, u32> = HashMap::new();
    let mut entities = Vec::new();
    for (key, cell) in &cells {
        if let (Key::Id(id), CacheEntry::One(entity, kept)) = (key.as_ref(), cell)
            && let Some(row) = entity.row()
            && let Ok(place) = u32::try_from(entities.len())
        {
            places.insert(id, place);
            entities.push((seconds(kept.since), row));
        }
    }
    let (mut lists, mut names) = (Vec::new(), Vec::new());
    for (key, cell) in &cells {
        let CacheEntry::Ids(ids, kept) = cell else {
            continue;
        };
        let of_ids = ids.iter().map(|id| places.get(id.as_ref()).copied());
        let Some(of_ids) = of_ids.collect::<Option<Vec<u32>>>() else {
            continue;
        };
        let age = seconds(kept.since);
        match key.as_ref() {
            Key::List(scope) => lists.push((scope.clone(), age, of_ids)),
            Key::Name(scope, name) if !of_ids.is_empty() && name.len() <= LONGEST_TEXT => {
                names.push((scope.clone(), name.clone(), age, of_ids));
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

/// The ids that a list or a name stands for.
type Ids = Arc<[Arc<str>]>;

/// One kind out of a snapshot, checked.
struct Restored<T> {
    entities: Vec<(Duration, Arc<str>, Arc<T>)>,
    others: Vec<(Duration, Key, Ids)>,
}

impl Contents {
    /// Takes into the directory what it does not know better itself. Returns how old the snapshot is.
    ///
    /// # Errors
    /// The reason why the contents are not to be believed. Nothing has been taken in then.
    pub(super) fn restore(self, cache: &Cache, now: i64) -> Result<Duration, &'static str> {
        let ago = now.saturating_sub(self.written);
        if ago < -MOST_AHEAD_MS {
            return Err("it was written in the future, by this machine's clock");
        }
        let ago = Duration::from_millis(u64::try_from(ago).unwrap_or_default());
        let all = self.checked(ago).ok_or("it holds a value that cannot be")?;
        if let Some(before) = all.prefetched
            && cache
                .last_prefetch()
                .is_none_or(|own| own.elapsed() > before)
        {
            cache.set_prefetched(Stopwatch::started_ago(before));
        }
        all.put_into(cache);
        Ok(ago)
    }
}

/// Checks every value of a kind; `None` where one cannot be.
fn checked<T: Stored>(rows: Rows<T::Row>, age: impl Fn(u32) -> Duration) -> Option<Restored<T>> {
    let mut entities = Vec::with_capacity(rows.entities.len());
    for (seconds, row) in rows.entities {
        let entity = T::of_row(row)?;
        let id = is_id(entity.id()).then(|| Key::folded_id(entity.id()))?;
        entities.push((age(seconds), id, Arc::new(entity)));
    }
    let ids = |places: Vec<u32>| -> Option<Ids> {
        let ids = places.into_iter().map(|place| {
            let (_, id, _) = entities.get(usize::try_from(place).ok()?)?;
            Some(Arc::clone(id))
        });
        ids.collect()
    };
    let mut others = Vec::with_capacity(rows.lists.len() + rows.names.len());
    for (scope, seconds, places) in rows.lists {
        others.push((
            age(seconds),
            Key::List(is_scope(&scope).then_some(scope)?),
            ids(places)?,
        ));
    }
    for (scope, name, seconds, places) in rows.names {
        let fits = is_scope(&scope) && is_text(&name) && !places.is_empty();
        let key = fits.then_some(Key::Name(scope, name))?;
        others.push((age(seconds), key, ids(places)?));
    }
    Some(Restored { entities, others })
}

impl<T: Entity> KindCache<T> {
    fn cells(&self) -> Cells<T> {
        let cells = self.cells.iter();
        let cells = cells.filter(|(_, cell)| self.takes(cell.kept(), Reach::Old));
        cells.collect()
    }

    /// Takes in what is neither past the longest age nor from before something was forgotten here, where this session
    /// does not know better.
    fn restore(&self, restored: Restored<T>) {
        let is_new = self.revision.fetch_add(1, Ordering::AcqRel) == 0;
        let forgot = *self.forgot.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = self.ages.longest;
        let fits =
            |age: Duration| age <= longest && forgot.is_none_or(|forgot| age < forgot.elapsed());
        let put = |key: Key, age: Duration, cell: &dyn Fn(Kept) -> CacheEntry<T>| {
            let known = (!is_new).then(|| self.cells.get(&key)).flatten();
            let is_better = known.map(|known| known.kept()).is_some_and(|known| {
                self.takes(known, Reach::Session) || known.since.elapsed() <= age
            });
            if fits(age) && !is_better {
                let kept = Kept {
                    since: Stopwatch::started_ago(age),
                    from_snapshot: true,
                };
                self.cells.insert(key, cell(kept));
            }
        };
        for (age, id, entity) in restored.entities {
            put(Key::Id(id), age, &|kept| {
                CacheEntry::One(Arc::clone(&entity), kept)
            });
        }
        for (age, key, ids) in restored.others {
            put(key, age, &|kept| CacheEntry::Ids(Arc::clone(&ids), kept));
        }
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

fn is_text(text: &str) -> bool {
    text.len() <= LONGEST_TEXT
}

/// A scope is a thing's id, the whole workspace, or everywhere.
fn is_scope(text: &str) -> bool {
    matches!(text, "" | super::ANYWHERE) || is_id(text)
}

/// A kind of entity that a snapshot has.
trait Stored: Entity + Sized {
    /// The form in which an entity is stored.
    type Row: Serialize + DeserializeOwned;

    /// The row of the entity; `None` where something of it does not fit into a snapshot.
    fn row(&self) -> Option<Self::Row>;

    /// The entity of a row, without its texts; `None` where a value cannot be.
    fn of_row(row: Self::Row) -> Option<Self>;
}

/// The value where these are ids and those are texts of a bearable length.
fn valid<T>(value: T, ids: &[&str], texts: &[&str]) -> Option<T> {
    let fits = ids.iter().all(|id| is_id(id)) && texts.iter().all(|text| is_text(text));
    fits.then_some(value)
}

/// A row, which is written as the list of its values: half as long as with their names, and read in less time.
macro_rules! row {
    (struct $row:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* }) => {
        #[derive(Debug, Deserialize)]
        struct $row {
            $($(#[$doc])* $field: $type,)*
        }

        impl Serialize for $row {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                ($(&self.$field,)*).serialize(serializer)
            }
        }
    };
}

/// An id and a name, or an id and a key.
type Pair = (String, String);

row! {
    struct TeamRow {
        id: String,
        key: String,
        name: String,
        triage: bool,
        cycles: bool,
        scale: String,
        zero: bool,
        extended: bool,
        above: Vec<String>,
    }
}

impl TeamRow {
    fn valid(self) -> Option<Self> {
        let above = self.above.iter().all(|id| is_id(id));
        let fits = above && valid((), &[&self.id], &[&self.key, &self.name, &self.scale]).is_some();
        fits.then_some(self)
    }
}

impl Stored for Team {
    type Row = TeamRow;

    fn row(&self) -> Option<TeamRow> {
        let row = TeamRow {
            id: self.id.clone(),
            key: self.key.clone(),
            name: self.name.clone(),
            triage: self.triage_enabled,
            cycles: self.cycles_enabled,
            scale: self.issue_estimation_type.clone(),
            zero: self.issue_estimation_allow_zero,
            extended: self.issue_estimation_extended,
            above: self.ancestors.iter().map(|team| team.id.clone()).collect(),
        };
        row.valid()
    }

    fn of_row(row: TeamRow) -> Option<Self> {
        let row = row.valid()?;
        Some(Self {
            id: row.id,
            key: row.key,
            name: row.name,
            description: None,
            triage_enabled: row.triage,
            cycles_enabled: row.cycles,
            issue_estimation_type: row.scale,
            issue_estimation_allow_zero: row.zero,
            issue_estimation_extended: row.extended,
            ancestors: row.above.into_iter().map(|id| Id { id }).collect(),
        })
    }
}

row! {
    struct StateRow {
        id: String,
        name: String,
        kind: String,
        position: f64,
        team: String,
    }
}

impl Stored for State {
    type Row = StateRow;

    fn row(&self) -> Option<StateRow> {
        let row = StateRow {
            id: self.id.clone(),
            name: self.name.clone(),
            kind: self.kind.clone(),
            position: self.position,
            team: self.team.id.clone(),
        };
        let fits = self.position.is_finite();
        valid(row, &[&self.id, &self.team.id], &[&self.name, &self.kind]).filter(|_| fits)
    }

    fn of_row(row: StateRow) -> Option<Self> {
        valid((), &[&row.id, &row.team], &[&row.name, &row.kind])?;
        Some(Self {
            id: row.id,
            name: row.name,
            kind: row.kind,
            color: String::new(),
            position: row.position,
            description: None,
            team: Id { id: row.team },
        })
    }
}

row! {
    struct LabelRow {
        id: String,
        name: String,
        group: bool,
        retired: Option<String>,
        parent: Option<Pair>,
        team: Option<Pair>,
    }
}

impl LabelRow {
    fn valid(self) -> Option<Self> {
        let pairs = [&self.parent, &self.team];
        let pair = |(id, text): &Pair| is_id(id) && is_text(text);
        let fits = pairs.into_iter().flatten().all(pair)
            && self.retired.as_deref().is_none_or(is_text)
            && valid((), &[&self.id], &[&self.name]).is_some();
        fits.then_some(self)
    }
}

fn pair_of(named: &Named) -> Pair {
    (named.id.clone(), named.name.clone())
}

fn named((id, name): Pair) -> Named {
    Named { id, name }
}

impl Stored for Label {
    type Row = LabelRow;

    fn row(&self) -> Option<LabelRow> {
        let row = LabelRow {
            id: self.id.clone(),
            name: self.name.clone(),
            group: self.is_group,
            retired: self.retired_at.clone(),
            parent: self.parent.as_ref().map(pair_of),
            team: self.team.as_ref().map(|of| (of.id.clone(), of.key.clone())),
        };
        row.valid()
    }

    fn of_row(row: LabelRow) -> Option<Self> {
        let row = row.valid()?;
        Some(Self {
            id: row.id,
            name: row.name,
            color: String::new(),
            description: None,
            is_group: row.group,
            retired_at: row.retired,
            parent: row.parent.map(named),
            team: row.team.map(|(id, key)| TeamKey { id, key }),
        })
    }
}

row! {
    struct UserRow {
        id: String,
        name: String,
        display_name: String,
        email: String,
        active: bool,
        app: bool,
        me: bool,
    }
}

impl Stored for User {
    type Row = UserRow;

    fn row(&self) -> Option<UserRow> {
        let row = UserRow {
            id: self.id.clone(),
            name: self.name.clone(),
            display_name: self.display_name.clone(),
            email: self.email.clone(),
            active: self.active,
            app: self.app,
            me: self.is_me,
        };
        valid(
            row,
            &[&self.id],
            &[&self.name, &self.display_name, &self.email],
        )
    }

    fn of_row(row: UserRow) -> Option<Self> {
        valid((), &[&row.id], &[&row.name, &row.display_name, &row.email])?;
        Some(Self {
            id: row.id,
            name: row.name,
            display_name: row.display_name,
            email: row.email,
            active: row.active,
            app: row.app,
            is_me: row.me,
        })
    }
}

row! {
    struct ProjectRow {
        id: String,
        name: String,
        slug: String,
        archived: Option<String>,
        /// Id, key and name of each.
        teams: Vec<(String, String, String)>,
    }
}

impl ProjectRow {
    fn valid(self) -> Option<Self> {
        let mut teams = self.teams.iter();
        let fits = teams.all(|(id, key, name)| is_id(id) && is_text(key) && is_text(name))
            && self.archived.as_deref().is_none_or(is_text)
            && valid((), &[&self.id], &[&self.name, &self.slug]).is_some();
        fits.then_some(self)
    }
}

impl Stored for Project {
    type Row = ProjectRow;

    fn row(&self) -> Option<ProjectRow> {
        // One with more teams than are read at once cannot be told from one with these alone.
        if self.teams.page_info.has_next_page {
            return None;
        }
        let teams = self.teams.nodes.iter();
        let teams = teams.map(|of| (of.id.clone(), of.key.clone(), of.name.clone()));
        let row = ProjectRow {
            id: self.id.clone(),
            name: self.name.clone(),
            slug: self.slug_id.clone(),
            archived: self.archived_at.clone(),
            teams: teams.collect(),
        };
        row.valid()
    }

    fn of_row(row: ProjectRow) -> Option<Self> {
        let row = row.valid()?;
        let teams = row.teams.into_iter();
        let teams = teams.map(|(id, key, name)| TeamRef { id, key, name });
        Some(Self {
            id: row.id,
            name: row.name,
            slug_id: row.slug,
            description: String::new(),
            url: String::new(),
            start_date: None,
            target_date: None,
            priority: 0,
            created_at: String::new(),
            archived_at: row.archived,
            status: ProjectStatus {
                id: String::new(),
                name: String::new(),
                kind: String::new(),
                position: 0.0,
            },
            lead: None,
            teams: Connection {
                nodes: teams.collect(),
                ..Connection::default()
            },
            labels: Connection::default(),
            content: None,
            progress: None,
            health: None,
            updated_at: None,
            started_at: None,
            completed_at: None,
            canceled_at: None,
            creator: None,
            members: Connection::default(),
            project_milestones: Connection::default(),
        })
    }
}

row! {
    struct ProjectStatusRow {
        id: String,
        name: String,
        kind: String,
        position: f64,
    }
}

impl Stored for ProjectStatus {
    type Row = ProjectStatusRow;

    fn row(&self) -> Option<ProjectStatusRow> {
        let row = ProjectStatusRow {
            id: self.id.clone(),
            name: self.name.clone(),
            kind: self.kind.clone(),
            position: self.position,
        };
        let fits = self.position.is_finite();
        valid(row, &[&self.id], &[&self.name, &self.kind]).filter(|_| fits)
    }

    fn of_row(row: ProjectStatusRow) -> Option<Self> {
        valid((), &[&row.id], &[&row.name, &row.kind])?;
        Some(Self {
            id: row.id,
            name: row.name,
            kind: row.kind,
            position: row.position,
        })
    }
}

row! {
    struct ProjectLabelRow {
        id: String,
        name: String,
        group: bool,
        retired: Option<String>,
        parent: Option<Pair>,
    }
}

impl ProjectLabelRow {
    fn valid(self) -> Option<Self> {
        let parent = self.parent.iter();
        let fits = parent.clone().all(|(id, name)| is_id(id) && is_text(name))
            && self.retired.as_deref().is_none_or(is_text)
            && valid((), &[&self.id], &[&self.name]).is_some();
        fits.then_some(self)
    }
}

impl Stored for ProjectLabel {
    type Row = ProjectLabelRow;

    fn row(&self) -> Option<ProjectLabelRow> {
        let row = ProjectLabelRow {
            id: self.id.clone(),
            name: self.name.clone(),
            group: self.is_group,
            retired: self.retired_at.clone(),
            parent: self.parent.as_ref().map(pair_of),
        };
        row.valid()
    }

    fn of_row(row: ProjectLabelRow) -> Option<Self> {
        let row = row.valid()?;
        Some(Self {
            id: row.id,
            name: row.name,
            is_group: row.group,
            retired_at: row.retired,
            parent: row.parent.map(named),
        })
    }
}

row! {
    struct MilestoneRow {
        id: String,
        name: String,
        project: String,
    }
}

impl Stored for Milestone {
    type Row = MilestoneRow;

    fn row(&self) -> Option<MilestoneRow> {
        let row = MilestoneRow {
            id: self.id.clone(),
            name: self.name.clone(),
            project: self.project.id.clone(),
        };
        valid(row, &[&self.id, &self.project.id], &[&self.name])
    }

    fn of_row(row: MilestoneRow) -> Option<Self> {
        valid((), &[&row.id, &row.project], &[&row.name])?;
        Some(Self {
            id: row.id,
            name: row.name,
            target_date: None,
            project: Id { id: row.project },
        })
    }
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

    /// What comes of restoring these contents, and whether the directory has anything then.
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

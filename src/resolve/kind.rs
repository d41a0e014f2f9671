//! What a kind of entity says of its look-up ([`Kind`]), and the look-up itself: what the session cache has of the kind,
//! or else the two queries that bring it, for the first page of the scope's list and for the names.

use std::collections::HashSet;
use std::sync::Arc;

use super::address::PageKind;
use super::{
    Candidates, LookupRequest, MatchResult, Method, Mode, Resolvable, Resolved, TOTAL, Trust,
    is_contradicted, match_name,
};
use crate::cache::{Cache, CacheLookup, Epoch, KindCache, Reach};
use crate::error::Error;
use crate::linear::client::{Answers, RetryPolicy};
use crate::linear::compose::Part;
use crate::linear::documents::Listing;
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Connection, Project, Team};
use crate::session::Context;

/// How many pages of one list are followed at most: 10,000 labels.
const MOST_PAGES: usize = 40;
/// How many pages of matches of names are followed at most: a name that more have a part in means none of them.
const MOST_MATCHES: usize = 4;
/// How many entities are asked for at once behind a first page, which is the most that Linear gives.
const NEXT_PAGE: i64 = 250;

/// A kind of entity that is looked up by name. The table of `cache/kinds.rs` has a row for each.
///
/// The defaults are those of a kind that has the workspace for its only scope, and of which the caller names some.
pub(super) trait Kind: Resolvable + Sized {
    /// How many entities a first page holds: what an ordinary workspace has, at a few hundred complexity points
    /// (`linear/api.md` §3).
    const FIRST_PAGE: i64;
    /// How many matches of names are asked for at once.
    const NAME_MATCHES: i64;
    /// Whether other kinds are looked up within this one, so that it comes before them.
    const IS_OWNER: bool = false;
    /// Whether the team decides what a name of this kind means.
    const IS_IN_TEAM: bool = false;
    /// The page of Linear whose address may stand for the name, where there is one.
    const PAGE: Option<PageKind> = None;

    /// The kind's table in the session cache.
    fn cache(cache: &Cache) -> &KindCache<Self>;

    /// The entities of the kind that a look-up found.
    fn pool(known: &Resolved) -> &Candidates<Self>;

    /// The document that lists the kind.
    fn list(request: &LookupRequest) -> List<Self>;

    /// The names of the kind that are wanted, as the caller wrote them.
    fn names(request: &LookupRequest) -> Vec<String>;

    /// Whether all entities of the scope are wanted.
    fn is_all_wanted(_wants: &LookupRequest) -> bool {
        false
    }

    /// The filter that finds what the caller may mean by a name; `None` where Linear takes no filter for the kind, so
    /// that the list has to answer for every name.
    fn filter(name: &str) -> Option<Filter>;

    /// How these names, which are all that are wanted of the kind, are looked up.
    fn spec<'l>(lookup: &'l Lookup<'_>, names: &'l [String]) -> LookupSpec<'l, Self> {
        lookup.in_workspace(names)
    }

    /// Notes in the look-up the team or project within which other kinds are looked up, for a kind that is one of these
    /// two. `found` are the entities that are known; it is `None` where Linear has yet to be asked.
    fn narrow(_lookup: &mut Lookup<'_>, _found: Option<&[Arc<Self>]>) {}

    /// The filter by which the list is asked for a second time, where the first query was made before the team was known
    /// and did not bring all entities of the team. `is_cut` says that the list went on behind the last page that was read.
    fn second_query(_lookup: &Lookup<'_>, _is_cut: bool) -> Option<Filter> {
        None
    }

    /// The scope of the cache under which the answers are kept.
    fn placement<'l>(_lookup: &'l Lookup<'_>) -> Placement<'l, Self> {
        Placement::whole("")
    }

    /// The entities that a name which the caller gave could mean.
    fn candidates(known: &Resolved, _team: Option<&Team>, _name: &str) -> Vec<Arc<Self>> {
        Self::pool(known).items.clone()
    }

    /// The entity that each wanted name means, in the order of the names, so that two look-ups can be compared.
    fn meanings(known: &Resolved, request: &LookupRequest) -> Vec<Option<Arc<Self>>> {
        let names = Self::names(request);
        let meanings = names.iter().map(|name| known.find::<Self>(name).ok());
        meanings
            .map(|found| found.map(|found| found.item))
            .collect()
    }

    /// Whether the facts that decide what the entity can be used for are the same in its present state, `now`.
    fn is_unchanged(&self, _now: &Self) -> bool {
        true
    }

    /// The text that stands for the entity's id in a dry run.
    fn dry_run_name(&self) -> String {
        self.name().to_owned()
    }
}

/// Calls a generic function for each kind: `for_each_kind!(f)` is `[f::<Team>, f::<State>, …]`.
macro_rules! for_each_kind {
    ($function:ident) => {
        $crate::cache::kinds!(functions_of_kinds $function)
    };
}

macro_rules! functions_of_kinds {
    ($function:ident $($entity:ident { $($row:tt)* })*) => {
        [$($function::<$crate::linear::model::$entity>),*]
    };
}

pub(super) use {for_each_kind, functions_of_kinds};

/// The name of the entity of any kind that has that id, as far as the session cache has it.
pub fn name_of_id(cache: &Cache, id: &str) -> Option<String> {
    fn name<K: Kind>(cache: &Cache, id: &str) -> Option<String> {
        let entity = K::cache(cache).get_within(id, Reach::Recent)?;
        Some(entity.dry_run_name())
    }
    let names: &[fn(&Cache, &str) -> Option<String>] = &for_each_kind!(name);
    names.iter().find_map(|name| name(cache, id))
}

/// The page of Linear whose address a parameter takes, where it names an entity of a kind that has one.
pub fn page_of_param(param: &str) -> Option<PageKind> {
    fn page<K: Kind>(param: &str) -> Option<PageKind> {
        K::PAGE.filter(|_| K::PARAMS.contains(&param))
    }
    let pages: &[fn(&str) -> Option<PageKind>] = &for_each_kind!(page);
    pages.iter().find_map(|page| page(param))
}

impl<T> Candidates<T> {
    /// The error of a miss among these entities: where not all were read, it does not claim to have counted them.
    pub fn counted(&self, error: Error) -> Error {
        let total = error
            .details()
            .get(TOTAL)
            .and_then(serde_json::Value::as_u64);
        match total {
            Some(total) if self.more => error.detail(TOTAL, format!("more than {total}")),
            _ => error,
        }
    }
}

/// The document that lists a kind, by what it is asked and read with.
pub(super) struct List<T> {
    page: fn(Option<Filter>, i64, Option<String>) -> Part,
    read: fn(&mut Answers, usize) -> Result<Connection<T>, Failure>,
}

// Derived, these would ask for `T: Copy`.
impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<T> {}

impl<T> List<T> {
    /// The list that document `D` returns.
    pub(super) fn of<D: Listing<Node = T>>() -> Self {
        Self {
            page: D::page,
            read: |answers, slot| Ok(D::connection(answers.take::<D>(slot)?)),
        }
    }
}

/// The team or the project in which other entities are looked up.
#[derive(Clone, Debug)]
pub(super) enum Owner<T> {
    /// It is known.
    Resolved(Arc<T>),
    /// All there is yet is what the caller calls it.
    Called(String),
}

impl<T: Kind> Owner<T> {
    /// What a name means among these entities, where they are known and it means one of them.
    pub(super) fn new(cx: &Context<'_>, name: &str, found: Option<&[Arc<T>]>) -> Self {
        match found.map(|items| match_name(name, items, Mode::of(cx.effect))) {
            Some(MatchResult::One(found)) => Self::Resolved(found.item),
            _ => Self::Called(name.to_owned()),
        }
    }

    /// The filter that finds it.
    pub(super) fn filter(&self) -> Filter {
        match self {
            Self::Resolved(owner) => Filter::eq("id", owner.id()),
            Self::Called(name) => T::filter(name).unwrap_or_else(|| Filter::any(Vec::new())),
        }
    }
}

impl<T> Owner<T> {
    /// The entity, when it is known.
    pub(super) fn known(&self) -> Option<&Arc<T>> {
        match self {
            Self::Resolved(owner) => Some(owner),
            Self::Called(_) => None,
        }
    }
}

/// A look-up under way: what is wanted, within which team and project, and the queries for what the cache does not have.
pub(super) struct Lookup<'l> {
    /// The operation that runs.
    pub cx: &'l Context<'l>,
    /// What is wanted.
    pub request: &'l LookupRequest,
    /// The team, where one is given.
    pub team: Option<Owner<Team>>,
    /// Whether the team was known when the queries about what is in it were made.
    pub is_team_known: bool,
    /// The project, where one is given.
    pub project: Option<Owner<Project>>,
    /// The queries.
    pub parts: Vec<Part>,
    /// Where among the queries the one stands for projects that have the name of the team.
    pub same_named_projects: Option<usize>,
}

impl<'l> Lookup<'l> {
    /// A look-up without queries yet.
    pub(super) fn new(cx: &'l Context<'l>, request: &'l LookupRequest) -> Self {
        Self {
            cx,
            request,
            team: None,
            is_team_known: true,
            project: None,
            parts: Vec::new(),
            same_named_projects: None,
        }
    }

    /// The id of the team, when it is known.
    pub(super) fn team_id(&self) -> Option<&str> {
        let team = self.team.as_ref()?.known()?;
        Some(&team.id)
    }

    /// The filter for what belongs to the team, where one is given.
    pub(super) fn team_filter(&self) -> Option<Filter> {
        let team = self.team.as_ref()?;
        Some(Filter::of("team", team.filter()))
    }

    /// The id of the project, when it is known.
    pub(super) fn project_id(&self) -> Option<&str> {
        let project = self.project.as_ref()?.known()?;
        Some(&project.id)
    }

    /// How names are looked up that have the workspace for their only scope.
    pub(super) fn in_workspace<'s, K: Kind>(&'s self, names: &'s [String]) -> LookupSpec<'s, K> {
        let filters: Option<Vec<Filter>> = names.iter().map(|name| K::filter(name)).collect();
        let filters = filters.filter(|filters| !filters.is_empty());
        LookupSpec {
            scopes: vec![""],
            names,
            may_be_new: false,
            within: None,
            named: filters.map(Filter::any),
            belongs: Box::new(|_| true),
            means: Box::new(move |name, among| self.means_something(name, among)),
            is_sure: Box::new(move |name, among, reach| self.is_sure(name, among, reach)),
        }
    }

    /// Whether a name means one thing or several among these to the operation that runs: either way it needs no other
    /// look-up.
    pub(super) fn means_something<T: Resolvable>(&self, name: &str, among: &[Arc<T>]) -> bool {
        let picked = match_name(name, among, Mode::of(self.cx.effect));
        !matches!(picked, MatchResult::None)
    }

    /// Whether a name means one thing to the operation that runs, among what the session cache has beyond the session's
    /// own. What is past the usual age has to be the thing with that id, or to go by that name in the answer of the write.
    pub(super) fn is_sure<T: Resolvable>(
        &self,
        name: &str,
        among: &[Arc<T>],
        reach: Reach,
    ) -> bool {
        let picked = match_name(name, among, Mode::of(self.cx.effect));
        let MatchResult::One(found) = T::unshared(name, picked, among) else {
            return false;
        };
        let by_id = found.method == Method::Id;
        let is_shown = || {
            let shows_keys = self.request.trust == Trust::HeldWithKeys;
            found.item.is_shown_as(T::query_name(name), shows_keys)
        };
        reach < Reach::Old || (found.item.is_usable() && (by_id || is_shown()))
    }

    /// Looks for a kind in the cache, and adds the queries for it where the cache does not answer.
    pub(super) fn look_for<K: Kind>(&mut self) -> LookupState<K> {
        let names = K::names(self.request);
        let is_all_wanted = K::is_all_wanted(self.request);
        let mut parts = Vec::new();
        let state = if names.is_empty() && !is_all_wanted {
            LookupState::default()
        } else {
            let spec = K::spec(self, &names);
            match self.in_cache(&spec, is_all_wanted) {
                Some(pool) => LookupState::Resolved(pool),
                None => LookupState::Asked(self.ask(spec, is_all_wanted, &mut parts)),
            }
        };
        self.parts.append(&mut parts);
        let found = match &state {
            LookupState::Resolved(pool) => Some(pool.items.as_slice()),
            LookupState::Asked(_) => None,
        };
        K::narrow(self, found);
        state
    }

    /// What the cache has, where that is enough.
    fn in_cache<K: Kind>(
        &self,
        spec: &LookupSpec<'_, K>,
        is_all_wanted: bool,
    ) -> Option<Candidates<K>> {
        let (cx, cache) = (self.cx, K::cache(&self.cx.session.cache));
        let bypassed = self.request.fresh || cx.common.refresh_cache;
        let found = if bypassed {
            cache.invalidate_in_flight();
            None
        } else {
            let scopes = || spec.scopes.iter().copied();
            let session = scopes().find_map(|scope| spec.in_session(cache, scope, is_all_wanted));
            let most = self.request.trust.reach(cx);
            let beyond = |reach| {
                // The snapshot has no texts, so that all of a scope is not taken from there.
                let mut scopes = scopes().filter(|_| reach <= most && !is_all_wanted);
                let items = scopes.find_map(|scope| spec.beyond_session(cache, scope, reach));
                items.map(|items| (items, reach))
            };
            let found = session.map(|items| (items, Reach::Session));
            let found = found.or_else(|| beyond(Reach::Recent));
            let found = found.or_else(|| beyond(Reach::Old));
            // What contradicts an object of the request may have been renamed since: that is for Linear to say.
            found.filter(|(items, _)| {
                let mut names = spec.names.iter();
                !names.any(|name| is_contradicted(cx, name, items))
            })
        };
        let look = CacheLookup::of(found.is_some(), bypassed);
        cx.looked(cache, look, spec.names.len());
        found.map(|(items, reach)| Candidates {
            items,
            cached: true,
            more: false,
            old: reach == Reach::Old,
        })
    }

    /// Makes the queries: one for the list, and one for the names where a filter finds them.
    fn ask<K: Kind>(
        &self,
        spec: LookupSpec<'_, K>,
        is_all_wanted: bool,
        parts: &mut Vec<Part>,
    ) -> PendingQuery<K> {
        let list = K::list(self.request);
        let page_slot = self.parts.len();
        parts.push((list.page)(spec.within.clone(), K::FIRST_PAGE, None));
        let name_slot = spec.named.clone().map(|filter| {
            parts.push((list.page)(Some(filter), K::NAME_MATCHES, None));
            page_slot + 1
        });
        PendingQuery {
            list,
            page_slot,
            name_slot,
            within: spec.within,
            named: spec.named,
            is_all_wanted,
            asked: K::cache(&self.cx.session.cache).mark(),
        }
    }

    /// Reads the answers of a kind, which stand behind those of the `riders`, following pages where all of the scope is
    /// wanted or the names had too many matches, and keeps them in the cache.
    ///
    /// # Errors
    /// The failure of the kind's part of the request, or of a request for another page.
    pub(super) async fn settle<K: Kind>(
        &mut self,
        state: LookupState<K>,
        answers: &mut Answers,
        riders: usize,
    ) -> Result<Candidates<K>, Failure> {
        let pool = match state {
            LookupState::Resolved(pool) => pool,
            LookupState::Asked(query) => {
                let list = query.list;
                let mut result = query.read(self.cx, answers, riders).await?;
                if let Some(filter) = K::second_query(self, !result.is_whole) {
                    result = whole::<K>(self.cx, list, filter).await?;
                }
                let names = K::names(self.request);
                let placement = K::placement(self);
                result.keep(K::cache(&self.cx.session.cache), placement, &names)
            }
        };
        K::narrow(self, Some(&pool.items));
        Ok(pool)
    }
}

/// Whether a name means something among entities.
type Means<'s, T> = dyn Fn(&str, &[Arc<T>]) -> bool + 's;
/// Whether a name means one thing among entities that are known within a reach.
type IsSure<'s, T> = dyn Fn(&str, &[Arc<T>], Reach) -> bool + 's;

/// How names of one kind are looked up.
pub(super) struct LookupSpec<'s, T> {
    /// The keys in the cache of the scopes that can answer, the first that does; none where that is not known yet.
    pub scopes: Vec<&'s str>,
    /// The names, as the caller wrote them.
    pub names: &'s [String],
    /// Whether a name that a whole list lacks is good news.
    pub may_be_new: bool,
    /// The filter for the scope.
    pub within: Option<Filter>,
    /// The filter for the names, the scope's included where it applies.
    pub named: Option<Filter>,
    /// Whether an entity is the scope's: an id is found in the cache whatever its scope.
    pub belongs: Box<dyn Fn(&T) -> bool + 's>,
    /// Whether a name means something among these.
    pub means: Box<Means<'s, T>>,
    /// Whether a name means one thing among these, which another process or this one knew when they were as old as that
    /// reach takes.
    pub is_sure: Box<IsSure<'s, T>>,
}

impl<T: Resolvable> LookupSpec<'_, T> {
    /// The same look-up within what a filter finds, if there is one: of the list and of the names.
    pub(super) fn within(self, filter: Option<Filter>) -> Self {
        let both = |named| Filter::all(filter.iter().cloned().chain([named]).collect());
        Self {
            named: self.named.map(both),
            within: filter,
            ..self
        }
    }

    /// What this session has read of a scope, when that is enough.
    fn in_session(
        &self,
        cache: &KindCache<T>,
        scope: &str,
        is_all_wanted: bool,
    ) -> Option<Vec<Arc<T>>> {
        if let Some(list) = cache.list(scope) {
            // What a whole list lacks may be newer than the list, and an older look-up of the name older still.
            let enough = self.may_be_new || self.names.iter().all(|name| (self.means)(name, &list));
            return enough.then_some(list);
        }
        if is_all_wanted {
            return None;
        }
        let mut items = Vec::new();
        for name in self.names {
            let mut candidates = cache.candidates(scope, T::query_name(name))?;
            candidates.retain(|candidate| (self.belongs)(candidate));
            if !(self.means)(name, &candidates) {
                return None;
            }
            items.extend(candidates);
        }
        Some(items)
    }

    /// What the cache has within a reach beyond the session's own, where that makes sure what each name means. What is
    /// missing there is asked for.
    fn beyond_session(
        &self,
        cache: &KindCache<T>,
        scope: &str,
        reach: Reach,
    ) -> Option<Vec<Arc<T>>> {
        let mut ids = HashSet::new();
        let mut items = Vec::new();
        for name in self.names {
            let name_in_cache = T::query_name(name);
            // Of what was learnt within the usual age, what is older is no remedy.
            let recent = cache.latest(scope, name_in_cache, Reach::Recent);
            let mut among = recent.or_else(|| cache.latest(scope, name_in_cache, reach))?;
            among.retain(|entity| (self.belongs)(entity));
            if !(self.is_sure)(name, &among, reach) {
                return None;
            }
            let new = among
                .into_iter()
                .filter(|entity| ids.insert(entity.id().to_owned()));
            items.extend(new);
        }
        Some(items)
    }
}

/// What the cache had of a kind, or where in the request the queries for it stand.
pub(super) enum LookupState<T> {
    Resolved(Candidates<T>),
    Asked(PendingQuery<T>),
}

impl<T> Default for LookupState<T> {
    fn default() -> Self {
        Self::Resolved(Candidates::default())
    }
}

impl<T> LookupState<T> {
    /// What the cache had; nothing where Linear is asked.
    pub(super) fn known(&self) -> Candidates<T> {
        match self {
            Self::Resolved(pool) => pool.clone(),
            Self::Asked(_) => Candidates::default(),
        }
    }
}

/// The queries for one kind that are in a request.
pub(super) struct PendingQuery<T> {
    list: List<T>,
    /// Where in the request the first page of the list stands.
    page_slot: usize,
    /// Where the matches of the names stand.
    name_slot: Option<usize>,
    /// The filter of the list.
    within: Option<Filter>,
    /// The filter of the names.
    named: Option<Filter>,
    is_all_wanted: bool,
    /// The state of the cache when the queries were made.
    asked: Epoch,
}

impl<T: Resolvable> PendingQuery<T> {
    async fn read(
        self,
        cx: &Context<'_>,
        answers: &mut Answers,
        riders: usize,
    ) -> Result<QueryResult<T>, Failure> {
        let page = (self.list.read)(answers, riders + self.page_slot)?;
        let most = if self.is_all_wanted { MOST_PAGES } else { 0 };
        let (mut items, is_whole) = follow(cx, self.list, page, self.within, most).await?;
        let listed = items.len();
        let mut has_all_matches = true;
        if let Some(slot) = self.name_slot {
            let page = (self.list.read)(answers, riders + slot)?;
            let (matches, all) = follow(cx, self.list, page, self.named, MOST_MATCHES).await?;
            has_all_matches = all;
            let mut ids: HashSet<String> = items.iter().map(|item| item.id().to_owned()).collect();
            let new = matches
                .into_iter()
                .filter(|item| ids.insert(item.id().to_owned()));
            items.extend(new);
        }
        Ok(QueryResult {
            items,
            listed,
            is_whole,
            has_all_matches,
            asked: self.asked,
        })
    }
}

/// The page and those after it, up to `most` of them, and whether that was the end.
async fn follow<T>(
    cx: &Context<'_>,
    list: List<T>,
    mut page: Connection<T>,
    filter: Option<Filter>,
    most: usize,
) -> Result<(Vec<Arc<T>>, bool), Failure> {
    let mut items: Vec<Arc<T>> = page.nodes.drain(..).map(Arc::new).collect();
    let mut followed = 0;
    while page.page_info.has_next_page && followed < most {
        cx.next_page(followed + 2, items.len());
        let next = (list.page)(filter.clone(), NEXT_PAGE, page.page_info.end_cursor.take());
        let mut answers = cx.send(&[next], RetryPolicy::Idempotent).await?;
        page = (list.read)(&mut answers, 0)?;
        items.extend(page.nodes.drain(..).map(Arc::new));
        followed += 1;
    }
    Ok((items, !page.page_info.has_next_page))
}

/// All of a list, asked for by itself.
async fn whole<K: Kind>(
    cx: &Context<'_>,
    list: List<K>,
    filter: Filter,
) -> Result<QueryResult<K>, Failure> {
    let asked = K::cache(&cx.session.cache).mark();
    let first = (list.page)(Some(filter.clone()), NEXT_PAGE, None);
    let mut answers = cx.send(&[first], RetryPolicy::Idempotent).await?;
    let page = (list.read)(&mut answers, 0)?;
    let (items, is_whole) = follow(cx, list, page, Some(filter), MOST_PAGES).await?;
    Ok(QueryResult {
        listed: items.len(),
        items,
        is_whole,
        has_all_matches: true,
        asked,
    })
}

/// The scope of the cache under which an answer is kept.
pub(super) struct Placement<'l, T> {
    /// The key of the scope; `None` where the entities are kept by their ids alone.
    pub scope: Option<&'l str>,
    /// Whether the query's own filter covers all of the scope.
    pub covers: bool,
    /// Whether an entity is the scope's.
    pub belongs: Box<dyn Fn(&T) -> bool + 'l>,
}

impl<'l, T: 'l> Placement<'l, T> {
    /// A scope that every entity of the kind belongs to.
    pub(super) fn whole(scope: &'l str) -> Self {
        Self {
            scope: Some(scope),
            covers: true,
            belongs: Box::new(|_| true),
        }
    }

    /// The scope of one team or project, where that is known: `owner_of` gives the id of the owner of an entity.
    pub(super) fn owned(owner: Option<&'l str>, owner_of: fn(&T) -> &str) -> Self {
        Self {
            scope: owner,
            covers: true,
            belongs: Box::new(move |entity| Some(owner_of(entity)) == owner),
        }
    }
}

/// What Linear answered to the queries for one kind.
struct QueryResult<T> {
    /// What was found, each once.
    items: Vec<Arc<T>>,
    /// How many of them are the scope's list, from the start.
    listed: usize,
    /// Whether that list is whole.
    is_whole: bool,
    /// Whether every match of the names is among them.
    has_all_matches: bool,
    asked: Epoch,
}

impl<T: Resolvable> QueryResult<T> {
    /// Keeps the entities in the cache, and returns them.
    fn keep(
        self,
        cache: &KindCache<T>,
        placement: Placement<'_, T>,
        names: &[String],
    ) -> Candidates<T> {
        cache.put(&self.items, self.asked);
        if let Some(scope) = placement.scope {
            let in_scope = |items: &[Arc<T>]| -> Vec<Arc<T>> {
                let items = items.iter().filter(|item| (placement.belongs)(item));
                items.map(Arc::clone).collect()
            };
            if self.is_whole && placement.covers {
                let list = self.items.get(..self.listed).unwrap_or_default();
                cache.put_list(scope, &in_scope(list), self.asked);
            }
            if self.has_all_matches {
                let candidates = in_scope(&self.items);
                for name in names {
                    cache.put_name(scope, T::query_name(name), &candidates, self.asked);
                }
            }
        }
        Candidates {
            items: self.items,
            cached: false,
            more: !self.is_whole,
            old: false,
        }
    }
}

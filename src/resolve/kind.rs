//! The look-up of the entities of one kind: from the session cache, or else by two queries, one for the first page of the
//! list of all entities in scope and one for the wanted names. [`Kind`] has what differs between the kinds.
//!
//! A *scope* is a set of entities that the cache keeps a list for: the whole workspace (`""`), one team or one project.

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

/// The largest number of pages of one list that are read after the first: 10,000 labels.
const MOST_PAGES: usize = 40;
/// The largest number of pages of matches of names that are read after the first. A part of a name that more entities have in
/// common means none of them.
const MOST_MATCH_PAGES: usize = 4;
/// The number of entities on each page after the first, which is the largest that Linear returns.
const NEXT_PAGE: i64 = 250;

/// A kind of entity that is looked up by name. The table in `cache/kinds.rs` has a row for each kind.
///
/// The default methods suit a kind whose only scope is the workspace and which is looked up only by name.
pub(super) trait Kind: Resolvable + Sized {
    /// The number of entities on the first page: enough for an ordinary workspace, at a few hundred complexity points
    /// (`linear/api.md` §3).
    const FIRST_PAGE: i64;
    /// The number of matches of names on the first page.
    const NAME_MATCHES: i64;
    /// Whether entities of other kinds are looked up within one of this kind, which is therefore looked up first.
    const IS_OWNER: bool = false;
    /// Whether a name of this kind may mean different entities in different teams.
    const IS_IN_TEAM: bool = false;
    /// The page at Linear whose address a caller may give in place of a name.
    const PAGE: Option<PageKind> = None;

    /// Returns the kind's part of the session cache.
    fn cache(cache: &Cache) -> &KindCache<Self>;

    /// Returns the entities of the kind that a look-up found.
    fn all_candidates(known: &Resolved) -> &Candidates<Self>;

    /// Returns the document that lists the kind.
    fn list(request: &LookupRequest) -> List<Self>;

    /// Returns the wanted names of the kind, as the caller wrote them.
    fn names(request: &LookupRequest) -> Vec<String>;

    /// Whether all entities in scope are wanted.
    fn is_all_wanted(_request: &LookupRequest) -> bool {
        false
    }

    /// Returns the filter that finds every entity which a name could mean; `None` where Linear has no filter for the kind, so
    /// that names are only looked up in the list.
    fn filter(name: &str) -> Option<Filter>;

    /// Returns where and how the kind's wanted `names` are looked up.
    fn spec<'l>(lookup: &'l Lookup<'_>, names: &'l [String]) -> LookupSpec<'l, Self> {
        lookup.workspace_spec(names)
    }

    /// Sets the team or the project of the look-up, within which other kinds are looked up; only these two kinds do so. `found`
    /// are the entities that were found, or `None` before Linear's answer.
    fn set_owner(_lookup: &mut Lookup<'_>, _found: Option<&[Arc<Self>]>) {}

    /// Returns the filter for reading the list a second time, where the first query was made before the team was known and did
    /// not return all entities of the team. `is_cut` says that the list has more pages than were read.
    fn second_query(_lookup: &Lookup<'_>, _is_cut: bool) -> Option<Filter> {
        None
    }

    /// Returns the scope of the cache in which the answers are kept.
    fn placement<'l>(_lookup: &'l Lookup<'_>) -> Placement<'l, Self> {
        Placement::all("")
    }

    /// Returns the entities that a name could mean, in the team where one is given.
    fn candidates(known: &Resolved, _team: Option<&Team>, _name: &str) -> Vec<Arc<Self>> {
        Self::all_candidates(known).items.clone()
    }

    /// Returns the entity that each wanted name means, in the order of the names, so that two look-ups can be compared.
    fn meanings(known: &Resolved, request: &LookupRequest) -> Vec<Option<Arc<Self>>> {
        let names = Self::names(request);
        let meanings = names.iter().map(|name| known.find::<Self>(name).ok());
        meanings
            .map(|found| found.map(|found| found.item))
            .collect()
    }

    /// Whether the entity and its present state, `now`, are equal in the fields that decide what a write can use it for.
    fn is_unchanged(&self, _now: &Self) -> bool {
        true
    }

    /// Returns the text that a dry run shows in place of the entity's id.
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

/// Returns the name of the entity with that id, of any kind, if the session cache has the entity.
pub fn name_of_id(cache: &Cache, id: &str) -> Option<String> {
    fn name<K: Kind>(cache: &Cache, id: &str) -> Option<String> {
        let entity = K::cache(cache).get_within(id, Reach::Recent)?;
        Some(entity.dry_run_name())
    }
    let names: &[fn(&Cache, &str) -> Option<String>] = &for_each_kind!(name);
    names.iter().find_map(|name| name(cache, id))
}

/// Returns the page at Linear whose address a parameter accepts, if the parameter names an entity that has a page.
pub fn page_of_param(param: &str) -> Option<PageKind> {
    fn page<K: Kind>(param: &str) -> Option<PageKind> {
        K::PAGE.filter(|_| K::PARAMS.contains(&param))
    }
    let pages: &[fn(&str) -> Option<PageKind>] = &for_each_kind!(page);
    pages.iter().find_map(|page| page(param))
}

impl<T> Candidates<T> {
    /// Returns the not-found error with an honest total: where not all entities were read, the error says `more than …`.
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

/// The document that lists a kind: the functions that make its query and read its answer.
pub(super) struct List<T> {
    page: fn(Option<Filter>, i64, Option<String>) -> Part,
    read: fn(&mut Answers, usize) -> Result<Connection<T>, Failure>,
}

// Implemented by hand, because `derive` would require `T: Copy`.
impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<T> {}

impl<T> List<T> {
    /// Returns the list of the document `D`.
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
    /// The owner itself.
    Resolved(Arc<T>),
    /// The caller's name for the owner, which is not looked up yet.
    Named(String),
}

impl<T: Kind> Owner<T> {
    /// Returns the entity in `found` that the name means, or else the name itself.
    pub(super) fn new(cx: &Context<'_>, name: &str, found: Option<&[Arc<T>]>) -> Self {
        match found.map(|items| match_name(name, items, Mode::of(cx.effect))) {
            Some(MatchResult::One(found)) => Self::Resolved(found.item),
            _ => Self::Named(name.to_owned()),
        }
    }

    /// Returns the filter that finds the owner.
    pub(super) fn filter(&self) -> Filter {
        match self {
            Self::Resolved(owner) => Filter::eq("id", owner.id()),
            Self::Named(name) => T::filter(name).unwrap_or_else(|| Filter::any(Vec::new())),
        }
    }
}

impl<T> Owner<T> {
    /// Returns the owner, if it is resolved.
    pub(super) fn resolved(&self) -> Option<&Arc<T>> {
        match self {
            Self::Resolved(owner) => Some(owner),
            Self::Named(_) => None,
        }
    }
}

/// A look-up in progress: the request, the team and the project, and the queries for the names that the cache does not have.
pub(super) struct Lookup<'l> {
    /// The context of the operation.
    pub cx: &'l Context<'l>,
    /// The wanted names.
    pub request: &'l LookupRequest,
    /// The team, where one is given.
    pub team: Option<Owner<Team>>,
    /// Whether the team was resolved before the queries for the entities in the team were made.
    pub is_team_known: bool,
    /// The project, where one is given.
    pub project: Option<Owner<Project>>,
    /// The queries.
    pub parts: Vec<Part>,
    /// The slot of the query for projects with the name of the team, and the epoch of the cache when it was made.
    pub same_named_projects: Option<(usize, Epoch)>,
}

impl<'l> Lookup<'l> {
    /// Returns a look-up without queries.
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

    /// Returns the id of the team, if it is resolved.
    pub(super) fn team_id(&self) -> Option<&str> {
        let team = self.team.as_ref()?.resolved()?;
        Some(&team.id)
    }

    /// Returns the filter for entities of the team, where one is given.
    pub(super) fn team_filter(&self) -> Option<Filter> {
        let team = self.team.as_ref()?;
        Some(Filter::of("team", team.filter()))
    }

    /// Returns the id of the project, if it is resolved.
    pub(super) fn project_id(&self) -> Option<&str> {
        let project = self.project.as_ref()?.resolved()?;
        Some(&project.id)
    }

    /// Returns the look-up of names whose only scope is the workspace.
    pub(super) fn workspace_spec<'s, K: Kind>(&'s self, names: &'s [String]) -> LookupSpec<'s, K> {
        let filters: Option<Vec<Filter>> = names.iter().map(|name| K::filter(name)).collect();
        let filters = filters.filter(|filters| !filters.is_empty());
        LookupSpec {
            scopes: vec![""],
            names,
            may_be_new: false,
            scope_filter: None,
            name_filter: filters.map(Filter::any),
            is_in_scope: Box::new(|_| true),
            has_match: Box::new(move |name, candidates| self.has_match(name, candidates)),
            has_reliable_match: Box::new(move |name, candidates, reach| {
                self.has_reliable_match(name, candidates, reach)
            }),
        }
    }

    /// Whether a name means one candidate or several to the operation. In both cases the name needs no further look-up.
    pub(super) fn has_match<T: Resolvable>(&self, name: &str, candidates: &[Arc<T>]) -> bool {
        let matched = match_name(name, candidates, Mode::of(self.cx.effect));
        !matches!(matched, MatchResult::None)
    }

    /// Whether a name means exactly one candidate to the operation, where the candidates are cache entries that this session
    /// has not read itself. An entry past the usual age must have the name as its id, or as a name that Linear's answer to the
    /// write will contain, because that answer shows whether the entity was renamed.
    pub(super) fn has_reliable_match<T: Resolvable>(
        &self,
        name: &str,
        candidates: &[Arc<T>],
        reach: Reach,
    ) -> bool {
        let matched = match_name(name, candidates, Mode::of(self.cx.effect));
        let MatchResult::One(found) = T::check_ambiguity(name, matched, candidates) else {
            return false;
        };
        let is_by_id = found.method == Method::Id;
        let is_shown = || {
            let has_keys = self.request.trust == Trust::HeldWithKeys;
            found.item.is_shown_as(T::query_name(name), has_keys)
        };
        reach < Reach::Old || (found.item.is_usable() && (is_by_id || is_shown()))
    }

    /// Looks the kind's names up in the cache, and adds the queries for them where the cache cannot answer.
    pub(super) fn start<K: Kind>(&mut self) -> LookupState<K> {
        let names = K::names(self.request);
        let is_all_wanted = K::is_all_wanted(self.request);
        let mut parts = Vec::new();
        let state = if names.is_empty() && !is_all_wanted {
            LookupState::default()
        } else {
            let spec = K::spec(self, &names);
            match self.cached_candidates(&spec, is_all_wanted) {
                Some(candidates) => LookupState::Resolved(candidates),
                None => {
                    let list = K::list(self.request);
                    let page_slot = self.parts.len();
                    let first_page = |filter, size| (list.page)(filter, size, None);
                    parts.push(first_page(spec.scope_filter.clone(), K::FIRST_PAGE));
                    let name_slot = spec.name_filter.clone().map(|filter| {
                        parts.push(first_page(Some(filter), K::NAME_MATCHES));
                        page_slot + 1
                    });
                    LookupState::Pending(PendingQuery {
                        list,
                        page_slot,
                        name_slot,
                        scope_filter: spec.scope_filter,
                        name_filter: spec.name_filter,
                        is_all_wanted,
                        epoch: K::cache(&self.cx.session.cache).mark(),
                    })
                }
            }
        };
        self.parts.append(&mut parts);
        let found = match &state {
            LookupState::Resolved(candidates) => Some(candidates.items.as_slice()),
            LookupState::Pending(_) => None,
        };
        K::set_owner(self, found);
        state
    }

    /// Returns the entities in the cache, where they are enough for all wanted names.
    fn cached_candidates<K: Kind>(
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
            let session_entities =
                scopes().find_map(|scope| spec.session_entities(cache, scope, is_all_wanted));
            let largest_reach = self.request.trust.reach(cx);
            let older_entities = |reach| {
                // Entries of the snapshot lack texts, so a list of all entities is never taken from there.
                let mut scopes = scopes().filter(|_| reach <= largest_reach && !is_all_wanted);
                let items = scopes.find_map(|scope| spec.older_entities(cache, scope, reach));
                items.map(|items| (items, reach))
            };
            let found = session_entities.map(|items| (items, Reach::Session));
            let found = found.or_else(|| older_entities(Reach::Recent));
            let found = found.or_else(|| older_entities(Reach::Old));
            // An entity that contradicts an object among the parameters may have been renamed since it was cached, so Linear
            // is asked.
            found.filter(|(items, _)| {
                let mut names = spec.names.iter();
                !names.any(|name| is_contradicted(cx, name, items))
            })
        };
        let cache_lookup = CacheLookup::of(found.is_some(), bypassed);
        cx.looked(cache, cache_lookup, spec.names.len());
        found.map(|(items, reach)| Candidates {
            items,
            cached: true,
            more: false,
            old: reach == Reach::Old,
        })
    }

    /// Reads the answers to a kind's queries, reads further pages where all entities in scope are wanted or a name has too many
    /// matches, and keeps the entities in the cache. The answers to the look-up begin at the slot `offset`.
    ///
    /// # Errors
    /// The failure of the kind's part of the request, or of a request for another page.
    pub(super) async fn settle<K: Kind>(
        &mut self,
        state: LookupState<K>,
        answers: &mut Answers,
        offset: usize,
    ) -> Result<Candidates<K>, Failure> {
        let candidates = match state {
            LookupState::Resolved(candidates) => candidates,
            LookupState::Pending(query) => {
                let list = query.list;
                let mut result = query.read(self.cx, answers, offset).await?;
                if let Some(filter) = K::second_query(self, !result.is_whole) {
                    result = read_whole_list::<K>(self.cx, list, filter).await?;
                }
                let names = K::names(self.request);
                let placement = K::placement(self);
                result.keep(K::cache(&self.cx.session.cache), placement, &names)
            }
        };
        K::set_owner(self, Some(&candidates.items));
        Ok(candidates)
    }
}

/// Whether a name means at least one of the candidates.
type HasMatch<'s, T> = dyn Fn(&str, &[Arc<T>]) -> bool + 's;
/// Whether a name means exactly one of the candidates, which are cache entries within a reach.
type HasReliableMatch<'s, T> = dyn Fn(&str, &[Arc<T>], Reach) -> bool + 's;

/// Where and how the wanted names of one kind are looked up.
pub(super) struct LookupSpec<'s, T> {
    /// The keys of the scopes in the cache, tried in this order; empty while the team or project is not resolved.
    pub scopes: Vec<&'s str>,
    /// The names, as the caller wrote them.
    pub names: &'s [String],
    /// Whether a complete list suffices even if it lacks a name, because the operation creates entities for missing names.
    pub may_be_new: bool,
    /// The filter for all entities in scope.
    pub scope_filter: Option<Filter>,
    /// The filter for the names, within the scope where that is possible.
    pub name_filter: Option<Filter>,
    /// Whether an entity is in scope. The cache finds an id in any scope.
    pub is_in_scope: Box<dyn Fn(&T) -> bool + 's>,
    /// Whether a name means at least one of the candidates.
    pub has_match: Box<HasMatch<'s, T>>,
    /// Whether a name means exactly one of the candidates, and the answer to the write would show it if the cache entry were out
    /// of date.
    pub has_reliable_match: Box<HasReliableMatch<'s, T>>,
}

impl<T: Resolvable> LookupSpec<'_, T> {
    /// Returns the look-up with its list and its names restricted to the entities that the filter finds, if there is one.
    pub(super) fn restricted_to(self, filter: Option<Filter>) -> Self {
        let both = |named| Filter::all(filter.iter().cloned().chain([named]).collect());
        Self {
            name_filter: self.name_filter.map(both),
            scope_filter: filter,
            ..self
        }
    }

    /// Returns the entities that this session has read in a scope, where they are enough for all names.
    fn session_entities(
        &self,
        cache: &KindCache<T>,
        scope: &str,
        is_all_wanted: bool,
    ) -> Option<Vec<Arc<T>>> {
        if let Some(list) = cache.list(scope) {
            // A name that the list lacks may be newer than the list, so Linear is asked.
            let is_enough =
                self.may_be_new || self.names.iter().all(|name| (self.has_match)(name, &list));
            return is_enough.then_some(list);
        }
        if is_all_wanted {
            return None;
        }
        let mut items = Vec::new();
        for name in self.names {
            let mut candidates = cache.candidates(scope, T::query_name(name))?;
            candidates.retain(|candidate| (self.is_in_scope)(candidate));
            if !(self.has_match)(name, &candidates) {
                return None;
            }
            items.extend(candidates);
        }
        Some(items)
    }

    /// Returns the entities in the cache within a reach beyond this session's own reads, where each name reliably means one of
    /// them.
    fn older_entities(
        &self,
        cache: &KindCache<T>,
        scope: &str,
        reach: Reach,
    ) -> Option<Vec<Arc<T>>> {
        let mut ids = HashSet::new();
        let mut items = Vec::new();
        for name in self.names {
            let name_in_cache = T::query_name(name);
            // An entry past the usual age cannot correct a recent one.
            let recent = cache.latest(scope, name_in_cache, Reach::Recent);
            let mut candidates = recent.or_else(|| cache.latest(scope, name_in_cache, reach))?;
            candidates.retain(|entity| (self.is_in_scope)(entity));
            if !(self.has_reliable_match)(name, &candidates, reach) {
                return None;
            }
            let new = candidates
                .into_iter()
                .filter(|entity| ids.insert(entity.id().to_owned()));
            items.extend(new);
        }
        Some(items)
    }
}

/// The look-up of one kind before the request is sent.
pub(super) enum LookupState<T> {
    /// The cache had everything that is wanted.
    Resolved(Candidates<T>),
    /// Linear has to be asked.
    Pending(PendingQuery<T>),
}

impl<T> Default for LookupState<T> {
    fn default() -> Self {
        Self::Resolved(Candidates::default())
    }
}

impl<T> LookupState<T> {
    /// Returns the entities that the cache had; none where Linear has to be asked.
    pub(super) fn cached(&self) -> Candidates<T> {
        match self {
            Self::Resolved(candidates) => candidates.clone(),
            Self::Pending(_) => Candidates::default(),
        }
    }
}

/// The queries for one kind in a request that is not answered yet.
pub(super) struct PendingQuery<T> {
    list: List<T>,
    /// The slot of the first page of the list, counted from the look-up's first query.
    page_slot: usize,
    /// The slot of the matches of the names, counted likewise.
    name_slot: Option<usize>,
    /// The filter of the list.
    scope_filter: Option<Filter>,
    /// The filter of the names.
    name_filter: Option<Filter>,
    is_all_wanted: bool,
    /// The epoch of the cache when the queries were made: answers older than an own write are not kept.
    epoch: Epoch,
}

impl<T: Resolvable> PendingQuery<T> {
    /// Reads the answers to the queries, and further pages where these are needed.
    async fn read(
        self,
        cx: &Context<'_>,
        answers: &mut Answers,
        offset: usize,
    ) -> Result<QueryResult<T>, Failure> {
        let page = (self.list.read)(answers, offset + self.page_slot)?;
        let most = if self.is_all_wanted { MOST_PAGES } else { 0 };
        let (mut items, is_whole) =
            follow_pages(cx, self.list, page, self.scope_filter, most).await?;
        let listed = items.len();
        let mut has_all_matches = true;
        if let Some(slot) = self.name_slot {
            let page = (self.list.read)(answers, offset + slot)?;
            let (matches, all) =
                follow_pages(cx, self.list, page, self.name_filter, MOST_MATCH_PAGES).await?;
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
            epoch: self.epoch,
        })
    }
}

/// Returns the entities of a page and of at most `most` pages after it, and whether the last page of the list was read.
async fn follow_pages<T>(
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

/// Reads a whole list in requests of its own.
async fn read_whole_list<K: Kind>(
    cx: &Context<'_>,
    list: List<K>,
    filter: Filter,
) -> Result<QueryResult<K>, Failure> {
    let epoch = K::cache(&cx.session.cache).mark();
    let first = (list.page)(Some(filter.clone()), NEXT_PAGE, None);
    let mut answers = cx.send(&[first], RetryPolicy::Idempotent).await?;
    let page = (list.read)(&mut answers, 0)?;
    let (items, is_whole) = follow_pages(cx, list, page, Some(filter), MOST_PAGES).await?;
    Ok(QueryResult {
        listed: items.len(),
        items,
        is_whole,
        has_all_matches: true,
        epoch,
    })
}

/// The scope of the cache in which an answer is kept.
pub(super) struct Placement<'l, T> {
    /// The key of the scope; `None` where the entities are kept only by their ids.
    pub scope: Option<&'l str>,
    /// Whether the query's filter finds all entities in scope.
    pub covers_scope: bool,
    /// Whether an entity is in scope.
    pub is_in_scope: Box<dyn Fn(&T) -> bool + 'l>,
}

impl<'l, T: 'l> Placement<'l, T> {
    /// Returns a scope that contains every entity of the kind.
    pub(super) fn all(scope: &'l str) -> Self {
        Self {
            scope: Some(scope),
            covers_scope: true,
            is_in_scope: Box::new(|_| true),
        }
    }

    /// Returns the scope of the team or project with the id `owner`; `owner_of` returns the id of an entity's owner.
    pub(super) fn owned(owner: Option<&'l str>, owner_of: fn(&T) -> &str) -> Self {
        Self {
            scope: owner,
            covers_scope: true,
            is_in_scope: Box::new(move |entity| Some(owner_of(entity)) == owner),
        }
    }
}

/// Linear's answers to the queries for one kind.
struct QueryResult<T> {
    /// The entities of the list, followed by the matches of the names that are not in the list.
    items: Vec<Arc<T>>,
    /// The number of entities from the list.
    listed: usize,
    /// Whether the list is complete.
    is_whole: bool,
    /// Whether `items` contains every match of the names.
    has_all_matches: bool,
    epoch: Epoch,
}

impl<T: Resolvable> QueryResult<T> {
    /// Keeps the entities in the cache, and returns them.
    fn keep(
        self,
        cache: &KindCache<T>,
        placement: Placement<'_, T>,
        names: &[String],
    ) -> Candidates<T> {
        cache.put(&self.items, self.epoch);
        if let Some(scope) = placement.scope {
            let in_scope = |items: &[Arc<T>]| -> Vec<Arc<T>> {
                let items = items.iter().filter(|item| (placement.is_in_scope)(item));
                items.map(Arc::clone).collect()
            };
            if self.is_whole && placement.covers_scope {
                let list = self.items.get(..self.listed).unwrap_or_default();
                cache.put_list(scope, &in_scope(list), self.epoch);
            }
            if self.has_all_matches {
                let candidates = in_scope(&self.items);
                for name in names {
                    cache.put_name(scope, T::query_name(name), &candidates, self.epoch);
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

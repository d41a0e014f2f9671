//! One kind of entity: what the session cache has of it, or the two questions that bring it: the first page of the
//! scope's list, and the names that were asked for.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use super::gather::Trust;
use super::{Known, Method, Mode, Picked, Resolvable, TOTAL, contradiction, pick};
use crate::directory::{Directory, Look, Mark, Reach, Table};
use crate::error::Error;
use crate::linear::client::{Answers, Repeat};
use crate::linear::compose::Part;
use crate::linear::documents::{
    Cycles, Initiatives, Labels, Listing, Milestones, ProjectLabels, ProjectStatuses, Projects,
    States, Teams, Users, UsersAll,
};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::Connection;
use crate::session::Cx;

/// How many pages of one list are followed at most: 10,000 labels.
const MOST_PAGES: usize = 40;
/// How many pages of matches of names are followed at most: a name that more have a part in means none of them.
const MOST_MATCHES: usize = 4;

/// A kind of entity that can be sought.
pub(super) trait Kind: Listing<Node: Resolvable> {
    /// How many a first page holds: what an ordinary workspace has, at a few hundred complexity points
    /// (`linear/api.md` §3).
    const PAGE: i64;
    /// How many matches of names are asked for at once.
    const NAMED: i64;

    /// Where the session keeps it.
    fn table(directory: &Directory) -> &Table<Self::Node>;

    /// Where it stands among what was found out.
    fn pool(known: &Known) -> &Pool<Self::Node>;
}

macro_rules! kinds {
    ($($document:ident $table:ident $page:literal $named:literal)*) => {
        $(impl Kind for $document {
            const PAGE: i64 = $page;
            const NAMED: i64 = $named;

            fn table(directory: &Directory) -> &Table<Self::Node> {
                &directory.$table
            }

            fn pool(known: &Known) -> &Pool<Self::Node> {
                &known.$table
            }
        })*
    };
}

kinds! {
    Teams teams 100 50
    States states 100 50
    Labels labels 250 50
    Users users 100 50
    UsersAll users 100 50
    Projects projects 40 20
    ProjectStatuses project_statuses 50 50
    ProjectLabels project_labels 100 50
    Initiatives initiatives 50 50
    Milestones milestones 50 50
    Cycles cycles 50 50
}

/// Entities of one kind that names are matched against.
#[derive(Debug)]
pub struct Pool<T> {
    /// The entities.
    pub items: Vec<Arc<T>>,
    /// Whether they came from the session cache.
    pub cached: bool,
    /// Whether there are more of them than were read.
    pub more: bool,
    /// Whether they are past the usual age of the session cache.
    pub old: bool,
}

impl<T> Pool<T> {
    /// Whether anything in it came from the session cache.
    pub fn remembered(&self) -> bool {
        self.cached && !self.items.is_empty()
    }

    /// The error of a miss among these: where not all were read, it does not claim to have counted them.
    pub fn counted(&self, error: Error) -> Error {
        let total = error.details().get(TOTAL).and_then(Value::as_u64);
        match total {
            Some(total) if self.more => error.detail(TOTAL, format!("more than {total}")),
            _ => error,
        }
    }
}

// Derived `Clone` would ask for `T: Clone`, which an `Arc` does not need.
impl<T> Clone for Pool<T> {
    fn clone(&self) -> Self {
        Self {
            items: self.items.clone(),
            cached: self.cached,
            more: self.more,
            old: self.old,
        }
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            cached: true,
            more: false,
            old: false,
        }
    }
}

/// Whether a name means one thing among entities that are known within a reach.
type IsSure<'w, T> = dyn Fn(&str, &[Arc<T>], Reach) -> bool + 'w;

/// What is wanted of one kind.
pub(super) struct Want<'w, T> {
    /// The keys in the directory of the scopes that can answer, the first that does; none where that is not known yet.
    pub scopes: Vec<&'w str>,
    /// The names, as the caller wrote them.
    pub names: &'w [String],
    /// Whether all of the scope is wanted.
    pub whole: bool,
    /// Whether a name that a whole list lacks is good news.
    pub may_be_new: bool,
    /// Whether the cache is not to be believed.
    pub fresh: bool,
    /// The filter for the scope.
    pub within: Option<Filter>,
    /// The filter for the names, the scope's included where it applies.
    pub named: Option<Filter>,
    /// Whether an entity is the scope's: an id is found in the cache whatever its scope.
    pub belongs: &'w dyn Fn(&T) -> bool,
    /// Whether a name means something among these.
    pub fits: &'w dyn Fn(&str, &[Arc<T>]) -> bool,
    /// Whether a name means one thing among these, which another process or this one knew when they were as old as that
    /// reach takes.
    pub is_sure: &'w IsSure<'w, T>,
    /// Up to which reach the session cache is taken.
    pub reach: Reach,
}

/// Whether a name means one thing or several among these to the operation that runs: either way it needs no other look.
pub(super) fn means_something<T: Resolvable>(cx: &Cx<'_>) -> impl Fn(&str, &[Arc<T>]) -> bool {
    let mode = Mode::of(cx.effect);
    move |name, among| !matches!(pick(name, among, mode), Picked::None)
}

/// Whether a name means one thing to the operation that runs, among what the session cache has beyond the session's own.
/// What is past the usual age has to be the thing with that id, or to go by that name in the answers of a write that
/// goes by [`Trust`].
pub(super) fn is_sure<T: Resolvable>(
    cx: &Cx<'_>,
    trust: Trust,
) -> impl Fn(&str, &[Arc<T>], Reach) -> bool {
    let mode = Mode::of(cx.effect);
    move |name, among, reach| {
        let picked = T::unshared(name, pick(name, among, mode), among);
        let Picked::One(found) = picked else {
            return false;
        };
        let by_id = found.method == Method::Id;
        let is_shown = || {
            found
                .item
                .is_shown_as(T::called(name), trust == Trust::HeldWithKeys)
        };
        reach < Reach::Old || (found.item.is_usable() && (by_id || is_shown()))
    }
}

/// What the cache had, or where in the request the questions stand.
#[derive(Debug)]
pub(super) enum Sought<T> {
    Known(Pool<T>),
    Asked(Question),
}

#[derive(Debug)]
pub(super) struct Question {
    page: usize,
    named: Option<usize>,
    within: Option<Filter>,
    named_filter: Option<Filter>,
    whole: bool,
    asked: Mark,
}

/// Looks into the cache, and puts the questions into the request where it does not answer.
pub(super) fn seek<K: Kind>(
    cx: &Cx<'_>,
    parts: &mut Vec<Part>,
    want: Want<'_, K::Node>,
) -> Sought<K::Node> {
    if want.names.is_empty() && !want.whole {
        return Sought::Known(Pool::default());
    }
    let table = K::table(&cx.session.directory);
    let passed = want.fresh || cx.shape.refresh_cache;
    let known = if passed {
        table.doubt();
        None
    } else {
        let scopes = || want.scopes.iter().copied();
        let known = scopes().find_map(|scope| cached(table, &want, scope));
        let known = known.map(|items| (items, Reach::Session));
        let beyond = |reach| {
            let mut scopes = scopes().filter(|_| reach <= want.reach);
            let items = scopes.find_map(|scope| remembered(table, &want, scope, reach));
            items.map(|items| (items, reach))
        };
        let known = known.or_else(|| beyond(Reach::Recent));
        let known = known.or_else(|| beyond(Reach::Old));
        // What contradicts an object of the request may have been renamed since: that is for Linear to say.
        known.filter(|(items, _)| {
            let mut names = want.names.iter();
            !names.any(|name| contradiction::is_contradicted(cx, name, items))
        })
    };
    cx.looked(table, Look::of(known.is_some(), passed), want.names.len());
    if let Some((items, reach)) = known {
        return Sought::Known(Pool {
            items,
            cached: true,
            more: false,
            old: reach == Reach::Old,
        });
    }
    let page = parts.len();
    parts.push(K::page(want.within.clone(), K::PAGE, None));
    let named = want.named.clone().map(|filter| {
        parts.push(K::page(Some(filter), K::NAMED, None));
        page + 1
    });
    Sought::Asked(Question {
        page,
        named,
        within: want.within,
        named_filter: want.named,
        whole: want.whole,
        asked: table.mark(),
    })
}

/// What the cache knows of a scope, when that is enough.
fn cached<T: Resolvable>(table: &Table<T>, want: &Want<'_, T>, scope: &str) -> Option<Vec<Arc<T>>> {
    if let Some(list) = table.list(scope) {
        // What a whole list lacks may be newer than the list, and an older look-up of the name older still.
        let enough = want.may_be_new || want.names.iter().all(|name| (want.fits)(name, &list));
        return enough.then_some(list);
    }
    if want.whole {
        return None;
    }
    let mut items = Vec::new();
    for name in want.names {
        let mut candidates = table.candidates(scope, T::called(name))?;
        candidates.retain(|candidate| (want.belongs)(candidate));
        if !(want.fits)(name, &candidates) {
            return None;
        }
        items.extend(candidates);
    }
    Some(items)
}

/// What the cache knows within a reach beyond the session's own, where that makes sure what each name means. What is
/// missing there is asked for, and so is all of a scope: the snapshot has no texts.
fn remembered<T: Resolvable>(
    table: &Table<T>,
    want: &Want<'_, T>,
    scope: &str,
    reach: Reach,
) -> Option<Vec<Arc<T>>> {
    if want.whole {
        return None;
    }
    let mut ids = HashSet::new();
    let mut items = Vec::new();
    for name in want.names {
        let called = T::called(name);
        // Of what was learnt within the usual age, what is older is no remedy.
        let recent = table.latest(scope, called, Reach::Recent);
        let mut among = recent.or_else(|| table.latest(scope, called, reach))?;
        among.retain(|entity| (want.belongs)(entity));
        if !(want.is_sure)(name, &among, reach) {
            return None;
        }
        items.extend(
            among
                .into_iter()
                .filter(|of| ids.insert(of.id().to_owned())),
        );
    }
    Some(items)
}

/// An answer, before it is known what scope it belongs to.
pub(super) struct Found<T> {
    /// What was found, each once.
    pub pool: Pool<T>,
    /// How many of them are the scope's list, from the start.
    listed: usize,
    /// Whether that list is whole.
    whole: bool,
    /// Whether every match of the names is among them.
    all_named: bool,
    asked: Option<Mark>,
}

impl<T> Sought<T> {
    /// What the cache had; nothing where it was asked for.
    pub(super) fn known(&self) -> Pool<T> {
        match self {
            Self::Known(pool) => pool.clone(),
            Self::Asked(_) => Pool::default(),
        }
    }

    /// Reads the answers, which stand behind those of the `riders`, following pages where all of the scope is wanted
    /// or the names had too many matches.
    pub(super) async fn settle<K: Kind<Node = T>>(
        self,
        cx: &Cx<'_>,
        answers: &mut Answers,
        riders: usize,
    ) -> Result<Found<T>, Failure>
    where
        T: Resolvable,
    {
        let question = match self {
            Self::Known(pool) => return Ok(Found::known(pool)),
            Self::Asked(question) => question,
        };
        let page = K::connection(answers.take::<K>(riders + question.page)?);
        let most = if question.whole { MOST_PAGES } else { 0 };
        let (mut items, whole) = follow::<K>(cx, page, question.within, most).await?;
        let listed = items.len();
        let mut all_named = true;
        if let Some(slot) = question.named {
            let page = K::connection(answers.take::<K>(riders + slot)?);
            let (named, all) = follow::<K>(cx, page, question.named_filter, MOST_MATCHES).await?;
            all_named = all;
            let mut ids: HashSet<String> = items.iter().map(|of| of.id().to_owned()).collect();
            items.extend(
                named
                    .into_iter()
                    .filter(|of| ids.insert(of.id().to_owned())),
            );
        }
        Ok(Found {
            pool: Pool {
                items,
                cached: false,
                more: !whole,
                old: false,
            },
            listed,
            whole,
            all_named,
            asked: Some(question.asked),
        })
    }
}

/// The page and those after it, up to `most` of them, and whether that was the end.
async fn follow<K: Kind>(
    cx: &Cx<'_>,
    mut page: Connection<K::Node>,
    filter: Option<Filter>,
    most: usize,
) -> Result<(Vec<Arc<K::Node>>, bool), Failure> {
    let mut items: Vec<Arc<K::Node>> = page.nodes.drain(..).map(Arc::new).collect();
    let mut followed = 0;
    while page.page_info.has_next_page && followed < most {
        cx.next_page(followed + 2, items.len());
        let next = K::page(filter.clone(), 250, page.page_info.end_cursor.take());
        let mut answers = cx.send(&[next], Repeat::Always).await?;
        page = K::connection(answers.take::<K>(0)?);
        items.extend(page.nodes.drain(..).map(Arc::new));
        followed += 1;
    }
    Ok((items, !page.page_info.has_next_page))
}

/// All of a list, asked for on its own.
pub(super) async fn whole<K: Kind>(cx: &Cx<'_>, filter: Filter) -> Result<Found<K::Node>, Failure> {
    let asked = K::table(&cx.session.directory).mark();
    let first = K::page(Some(filter.clone()), 250, None);
    let mut answers = cx.send(&[first], Repeat::Always).await?;
    let page = K::connection(answers.take::<K>(0)?);
    let (items, whole) = follow::<K>(cx, page, Some(filter), MOST_PAGES).await?;
    Ok(Found {
        listed: items.len(),
        pool: Pool {
            items,
            cached: false,
            more: !whole,
            old: false,
        },
        whole,
        all_named: true,
        asked: Some(asked),
    })
}

impl<T: Resolvable> Found<T> {
    fn known(pool: Pool<T>) -> Self {
        Self {
            pool,
            listed: 0,
            whole: false,
            all_named: false,
            asked: None,
        }
    }

    /// Whether the list was asked for and goes on beyond what was read.
    pub(super) fn is_cut(&self) -> bool {
        self.asked.is_some() && !self.whole
    }

    /// Keeps what was found in the directory under its scope, now that that is known, and gives it out. `belongs`
    /// tells what is the scope's; `covers` whether the question's own filter covers all of it.
    pub(super) fn keep(
        self,
        table: &Table<T>,
        scope: Option<&str>,
        names: &[String],
        covers: bool,
        belongs: impl Fn(&T) -> bool,
    ) -> Pool<T> {
        let Some(asked) = self.asked else {
            return self.pool;
        };
        table.put(&self.pool.items, asked);
        let Some(scope) = scope else {
            return self.pool;
        };
        let own = |items: &[Arc<T>]| -> Vec<Arc<T>> {
            items
                .iter()
                .filter(|item| belongs(item))
                .map(Arc::clone)
                .collect()
        };
        if self.whole && covers {
            let list = self.pool.items.get(..self.listed).unwrap_or_default();
            table.put_list(scope, &own(list), asked);
        }
        if self.all_named {
            let candidates = own(&self.pool.items);
            for name in names {
                table.put_name(scope, T::called(name), &candidates, asked);
            }
        }
        self.pool
    }
}

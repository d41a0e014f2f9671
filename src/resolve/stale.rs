//! Whether names still mean the same entities as in the session cache. A write that Linear refused is run again only where one
//! does not.

use std::sync::Arc;

use super::kind::{Kind, for_each_kind, functions_of_kinds};
use super::{LookupRequest, Resolved, Trust, lookup};
use crate::linear::failure::Failure;
use crate::session::{CachedLookup, Context};

/// Looks all names of a cached look-up up in Linear again, in one request where no list has more than one page, and keeps the
/// answer in the session cache. Returns a step for each name that no longer means the same entity.
///
/// # Errors
/// The failure of the request.
pub async fn recheck(cx: &Context<'_>, cached: &CachedLookup) -> Result<Vec<String>, Failure> {
    let request = LookupRequest {
        fresh: true,
        ..cached.request.clone()
    };
    changes(cx, cached, &request).await
}

/// As [`recheck`], but only for names whose cache entries are past the usual age.
///
/// # Errors
/// The failure of the request.
pub async fn refresh(cx: &Context<'_>, cached: &CachedLookup) -> Result<Vec<String>, Failure> {
    let request = LookupRequest {
        trust: Trust::Names,
        ..cached.request.clone()
    };
    changes(cx, cached, &request).await
}

/// Looks the names of a request up, and compares the entities that they mean with the entities that the cache had.
async fn changes(
    cx: &Context<'_>,
    cached: &CachedLookup,
    request: &LookupRequest,
) -> Result<Vec<String>, Failure> {
    let (now, _) = lookup(cx, request, |_, _| Vec::new()).await?;
    let comparison = Comparison {
        cx,
        request,
        then: &cached.known,
        now: &now,
    };
    // If the team is gone, so is everything in it; the step about the team is enough.
    let has_team = request.team.is_none() || now.team_of_lookup(request).is_some();
    let mut steps: Vec<String> = Vec::new();
    for in_team in [false, true] {
        let compare: &[fn(&Comparison<'_>, bool) -> Vec<String>] = &for_each_kind!(compare);
        let compare = compare.iter().filter(|_| !in_team || has_team);
        for step in compare.flat_map(|compare| compare(&comparison, in_team)) {
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
    }
    Ok(steps)
}

/// Two results of looking the same names up: from the cache (`then`), and again (`now`).
struct Comparison<'c> {
    cx: &'c Context<'c>,
    request: &'c LookupRequest,
    then: &'c Resolved,
    now: &'c Resolved,
}

/// Returns a step for each name of a kind that no longer means the same entity, and removes these entities from the session
/// cache. Does nothing for a kind whose [`Kind::IS_IN_TEAM`] is not `in_team`.
fn compare<K: Kind>(comparison: &Comparison<'_>, in_team: bool) -> Vec<String> {
    if K::IS_IN_TEAM != in_team {
        return Vec::new();
    }
    let then = K::meanings(comparison.then, comparison.request);
    let now = K::meanings(comparison.now, comparison.request);
    let pairs = then.into_iter().zip(now);
    let pairs = pairs.filter_map(|(then, now)| Some((then?, now)));
    let changed = pairs.filter(|(then, now)| {
        !now.as_ref()
            .is_some_and(|now| now.id() == then.id() && then.is_unchanged(now))
    });
    changed.map(|(then, _)| forget(comparison, &then)).collect()
}

/// Removes the outdated state `then` of an entity from the session cache, unless the answer has replaced it already. Returns the
/// step that says so.
fn forget<K: Kind>(comparison: &Comparison<'_>, then: &Arc<K>) -> String {
    let mut entities = K::all_candidates(comparison.now).items.iter();
    let answered = entities.find(|entity| entity.id() == then.id());
    let cache = K::cache(&comparison.cx.session.cache);
    let cached = cache.get(then.id());
    // The cache does not keep the answer where this session has written to the kind since the query was made.
    let is_answer_cached = matches!(
        (answered, &cached),
        (Some(answered), Some(cached)) if Arc::ptr_eq(answered, cached)
    );
    if !is_answer_cached {
        cache.forget(then.id());
    }
    let what = if answered.is_some() {
        "changed in"
    } else {
        "gone from"
    };
    let noun = K::NOUN.to_lowercase();
    let entity = match then.name() {
        // Most cycles have no name.
        "" => format!("a {noun} without a name"),
        name => format!("{noun} '{name}'"),
    };
    format!("healed: {entity} had {what} Linear; looked up anew")
}

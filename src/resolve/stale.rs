//! Whether names still mean what the session cache said they mean, which decides whether a write that Linear refused is
//! run again.

use std::sync::Arc;

use super::kind::{Kind, for_each_kind, functions_of_kinds};
use super::{LookupRequest, Resolved, Trust, lookup};
use crate::linear::failure::Failure;
use crate::session::{CachedLookup, Context};

/// Asks Linear anew about everything in a look-up, in one request where no list runs over its first page, and keeps the
/// answer in the session cache. Returns a step for each name that no longer means what the cache said; none where all of
/// them still do.
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

/// As [`recheck`], but asks only about names that the session does not know within the usual age.
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

/// Looks the names up, and compares what they mean with what the cache said.
async fn changes(
    cx: &Context<'_>,
    cached: &CachedLookup,
    request: &LookupRequest,
) -> Result<Vec<String>, Failure> {
    let (now, _) = lookup(cx, request, |_| Vec::new()).await?;
    let comparison = Comparison {
        cx,
        request,
        then: &cached.known,
        now: &now,
    };
    // What is in a team is gone with the team, which is step enough.
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

/// The same names, as they were understood and as they would be now.
struct Comparison<'c> {
    cx: &'c Context<'c>,
    request: &'c LookupRequest,
    then: &'c Resolved,
    now: &'c Resolved,
}

/// Compares what the names of a kind meant with what they mean, if the kind is one `in_team` or not. Where that has
/// changed, what the session cache has is forgotten, unless the answer has taken its place already.
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

/// Forgets an entity that a name no longer means. Returns the step that says so.
fn forget<K: Kind>(comparison: &Comparison<'_>, then: &Arc<K>) -> String {
    let mut found = K::pool(comparison.now).items.iter();
    let there = found.find(|entity| entity.id() == then.id());
    let cache = K::cache(&comparison.cx.session.cache);
    let kept = cache.get(then.id());
    // The answer is not kept where this session wrote to the kind meanwhile.
    if !matches!((there, &kept), (Some(there), Some(kept)) if Arc::ptr_eq(there, kept)) {
        cache.forget(then.id());
    }
    let what = if there.is_some() {
        "changed in"
    } else {
        "gone from"
    };
    let noun = K::NOUN.to_lowercase();
    let thing = match then.name() {
        // As most cycles are.
        "" => format!("a {noun} without a name"),
        name => format!("{noun} '{name}'"),
    };
    format!("healed: {thing} had {what} Linear; looked up anew")
}

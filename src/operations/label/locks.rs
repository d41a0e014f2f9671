//! New labels in turn: of operations that want the same new label at the same moment, the first makes it, and the others
//! use it.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use super::making;
use crate::error::Error;
use crate::linear::model::{Label, Team};
use crate::params::{LabelName, LabelSpec};
use crate::resolve::label::{Index, group};
use crate::resolve::{MatchResult, is_uuid};
use crate::session::Context;

/// The turns to make labels, which last until this is dropped.
#[derive(Debug, Default)]
pub(in crate::operations) struct LabelLocks(
    #[expect(dead_code, reason = "held")] Vec<OwnedMutexGuard<()>>,
);

/// Waits for the turn to make those labels that are not `among` the team's, and adds to these what others have made
/// meanwhile. Operations that are done together need no turns: they tell one another what they make.
///
/// # Errors
/// CANCELLED, when that comes before the turn.
pub(in crate::operations) async fn locks(
    cx: &Context<'_>,
    team: &Team,
    among: &mut Vec<Arc<Label>>,
    specs: &[LabelSpec],
) -> Result<LabelLocks, Error> {
    let index = Index::new(among, Some(team));
    let missing = |name: &&LabelName| {
        matches!(index.find(name), MatchResult::None) && !is_uuid(name.as_str())
    };
    let places = specs.iter().map(|spec| &spec.name).filter(missing);
    // What has no place is not made.
    let places = places.filter_map(|name| group::place(name, &index, Some(team)).ok());
    let mut names: Vec<(String, Option<String>, String)> = places
        .map(|place| {
            let owner = place.owner(Some(team)).map(|owner| owner.id);
            (making(&place, Some(team)), owner, place.name.to_owned())
        })
        .collect();
    // In one order for all, so that no two wait for each other.
    names.sort_unstable();
    names.dedup_by(|one, other| one.0 == other.0);
    let mut known: HashSet<String> = among.iter().map(|label| label.id.clone()).collect();
    let mut locks = Vec::new();
    for (making, owner, name) in names {
        locks.extend(cx.turn_to_add(&making).await?);
        let labels = &cx.session.cache.labels;
        let made = labels.candidates(owner.as_deref().unwrap_or_default(), &name);
        let made = made.into_iter().flatten();
        among.extend(made.filter(|label| known.insert(label.id.clone())));
    }
    Ok(LabelLocks(locks))
}

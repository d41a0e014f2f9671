//! Objects that contradict themselves: `team: {name: Engineering, key: DES}` names two teams, and neither is taken.

use std::sync::Arc;

use super::kind::{Kind, for_each_kind, functions_of_kinds};
use super::{Known, Mode, Picked, Resolvable, Wants, pick};
use crate::error::{Code, Error};
use crate::linear::failure::Failure;
use crate::linear::model::Team;
use crate::session::{Claim, Cx};

/// Whether any object of the operation that names the entity `wanted` says something of it that is not so, as far as
/// these entities show.
pub(super) fn is_contradicted<T: Resolvable>(cx: &Cx<'_>, wanted: &str, among: &[Arc<T>]) -> bool {
    let mode = Mode::of(cx.effect);
    let of_name = cx.claims().iter().filter(|claim| claim.wanted == wanted);
    of_name
        .into_iter()
        .any(|claim| untrue(claim, among, mode).is_some())
}

/// Refuses the operation where an object names one entity and describes another.
///
/// # Errors
/// The failure that ends the operation; [`Cx::refused`] has the reason.
pub(super) fn refuse(cx: &Cx<'_>, wants: &Wants, known: &Known) -> Result<(), Failure> {
    for claim in cx.claims() {
        if let Some(error) = error(claim, wants, known) {
            cx.refuse(error)?;
        }
    }
    Ok(())
}

/// The error of an object that contradicts itself, whatever it names.
fn error(claim: &Claim, wants: &Wants, known: &Known) -> Option<Error> {
    let team = wants.team.as_deref();
    let team = team.and_then(|name| match pick(name, &known.teams.items, known.mode()) {
        Picked::One(found) => Some(found.item),
        _ => None,
    });
    let errors: &[fn(&Claim, &Known, Option<&Team>) -> Option<Error>] = &for_each_kind!(error_of);
    let mut errors = errors.iter();
    errors.find_map(|error_of| error_of(claim, known, team.as_deref()))
}

/// The entity that the object names among these, and the first entry of the object that is not true of it.
fn untrue<'c, T: Resolvable>(
    claim: &'c Claim,
    among: &[Arc<T>],
    mode: Mode,
) -> Option<(Arc<T>, &'c (String, String))> {
    if !T::PARAMS.contains(&claim.param.as_str()) {
        return None;
    }
    let Picked::One(found) = pick(&claim.wanted, among, mode) else {
        return None;
    };
    let mut entries = claim.entries.iter();
    let untrue =
        entries.find(|(key, text)| found.item.is_described_by(key, text) == Some(false))?;
    Some((found.item, untrue))
}

/// The error of an object that names an entity of the kind and describes another.
fn error_of<K: Kind>(claim: &Claim, known: &Known, team: Option<&Team>) -> Option<Error> {
    let mode = known.mode();
    let among = K::candidates(known, team, &claim.wanted);
    let (found, (key, text)) = untrue(claim, &among, mode)?;
    let (param, wanted) = (&claim.param, &claim.wanted);
    let noun = K::NOUN.to_lowercase();
    let message = format!(
        "'{param}' describes two things: '{wanted}' is the {noun} '{}', and its {key} is given as '{text}'",
        found.full_name(),
    );
    let error = Error::new(Code::InvalidParam, message)
        .detail("param", param.as_str())
        .detail("given", wanted.as_str())
        .detail("found", found.disambiguation())
        .detail("contradicted_by", format!("{key}: {text}"))
        .suggest(format!("Use '{wanted}'"));
    let is_group = matches!(key.as_str(), "group" | "parent");
    Some(match K::unshared(text, pick(text, &among, mode), &among) {
        Picked::One(other) if !is_group && other.item.id() != found.id() => {
            error.suggest(format!("Use '{text}'"))
        }
        _ => error,
    })
}

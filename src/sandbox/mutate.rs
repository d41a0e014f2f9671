//! The mutations: what Linear checks and changes for each, one module per kind of entity.

mod attachment;
mod comment;
mod cycle;
mod document;
mod issue;
mod label;
mod milestone;
mod project;
mod project_update;
mod record;
mod reference;
mod relation;
mod shelf;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::input::Input;
use super::refresh;
use super::refusal::Refusal;
use super::store::{Record, Store};

/// Runs the mutation `field` with its coerced arguments on the workspace.
///
/// The record is the payload: scalars as they are, an entity under its foreign key (`issueId`, `issueIds`; `entityId` with
/// the type's name under `__entity` where the payload has `entity`). `None`: this mutation is not modelled. A refused
/// mutation changes nothing at all, so a batch is one transaction.
pub(super) fn run(
    store: &mut Store,
    field: &str,
    args: &Map<String, Value>,
) -> Option<Result<Record, Refusal>> {
    let mut draft = store.clone();
    let outcome = dispatch(&mut draft, field, Input(args))?;
    if outcome.is_ok() {
        refresh::run(&mut draft);
        *store = draft;
    }
    Some(outcome)
}

fn dispatch(store: &mut Store, field: &str, args: Input<'_>) -> Option<Result<Record, Refusal>> {
    [
        issue::run,
        label::run,
        comment::run,
        project::run,
        milestone::run,
        project_update::run,
        document::run,
        attachment::run,
        relation::run,
        cycle::run,
    ]
    .into_iter()
    .find_map(|run| run(store, field, args))
}

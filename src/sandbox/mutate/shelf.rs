//! What is deleted is put away and can be brought back: documents and projects alike (`linear/api.md` §1.2).

use serde_json::{Value, json};

use crate::sandbox::input::Input;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store};
use crate::sandbox::time;

use super::record::{archive_payload, id_of, set, touch};
use super::reference;

/// Marks an entity as put away.
pub(super) fn hide(store: &mut Store, entity: &mut Record) {
    let now = time::now(store);
    set(
        entity,
        [("archivedAt", json!(now)), ("trashed", json!(true))],
    );
}

/// Marks an entity as there.
pub(super) fn show(entity: &mut Record) {
    set(
        entity,
        [("archivedAt", Value::Null), ("trashed", Value::Null)],
    );
}

/// Puts the entity of that type away that the arguments name.
pub(super) fn put_away(
    store: &mut Store,
    kind: &'static str,
    args: Input<'_>,
) -> Result<Record, Refusal> {
    let mut entity = reference::root(store, kind, args)?;
    hide(store, &mut entity);
    Ok(file(store, kind, entity))
}

/// Brings the entity of that type back that the arguments name.
pub(super) fn bring_back(
    store: &mut Store,
    kind: &'static str,
    args: Input<'_>,
) -> Result<Record, Refusal> {
    let mut entity = reference::root(store, kind, args)?;
    show(&mut entity);
    Ok(file(store, kind, entity))
}

fn file(store: &mut Store, kind: &'static str, mut entity: Record) -> Record {
    touch(store, &mut entity);
    let id = id_of(&entity);
    store.put(kind, entity);
    archive_payload(store, kind, Some(id))
}

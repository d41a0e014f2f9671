//! Cycles: Linear makes them itself, only their particulars can be changed.

use serde_json::{Map, Value};

use crate::sandbox::input::{Given, Input};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::store::{Record, Store};
use crate::sandbox::time;

use super::record::{differs, id_of, input_of, payload, set, set_given, touch};
use super::reference;

/// Runs the mutation when it is this module's.
pub(super) fn run(
    store: &mut Store,
    field: &str,
    args: Input<'_>,
) -> Option<Result<Record, Refusal>> {
    (field == "cycleUpdate").then(|| update(store, args))
}

fn update(store: &mut Store, args: Input<'_>) -> Result<Record, Refusal> {
    let empty = Map::new();
    let input = input_of(args, &empty);
    input.only(&[&["name", "description", "startsAt", "endsAt", "completedAt"]])?;
    let before = reference::root(store, "Cycle", args)?;
    let mut cycle = before.clone();
    input.copy(&mut cycle, &["name", "description"]);
    for field in ["startsAt", "endsAt"] {
        match input.instant(field)? {
            Given::Absent => {}
            Given::Null => {
                let text = format!("{field} must be a Date instance");
                return Err(Refusal::validation(field, "isDate", text));
            }
            Given::Value(moment) => set(&mut cycle, [(field, Value::from(time::iso(moment)))]),
        }
    }
    set_given(
        &mut cycle,
        "completedAt",
        input.instant("completedAt")?.map(time::iso),
    );
    let moment = |field: &str| time::field_ms(cycle.get(field)).unwrap_or_default();
    if moment("startsAt") >= moment("endsAt") {
        return Err(Refusal::invalid_input("a cycle must start before it ends"));
    }
    if differs(&before, &cycle) {
        touch(store, &mut cycle);
    }
    let id = id_of(&cycle);
    store.put("Cycle", cycle);
    Ok(payload(store, "cycleId", id))
}

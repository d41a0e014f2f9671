//! The checks on a filter before anything is compared: ids are UUIDs and dates are dates, as Linear wants them, and
//! every key is one the stand-in can answer, because a wrong list would be worse than a refusal.

use serde_json::Value;

use super::super::derived;
use super::super::input::is_uuid;
use super::super::refusal::Refusal;
use super::super::world::World;
use super::{element, field_behind, moment};

/// Checks a value of the input type `name`, however deep.
pub(super) fn input(world: &World<'_>, name: &str, value: &Value) -> Result<(), Refusal> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| input(world, name, item)),
        Value::Object(fields) if world.api.is_input(name) => {
            fields.iter().try_for_each(|(field, value)| {
                let Some(ty) = world.api.input_type(name, field) else {
                    return Ok(());
                };
                let inner = ty.inner_named_type().as_str();
                if !value.is_null() && !is_answered(world, name, field) {
                    return Err(Refusal::not_modelled(&format!("{name}.{field}")));
                }
                if world.api.is_input(inner) {
                    input(world, inner, value)
                } else {
                    operand(world, inner, field, value)
                }
            })
        }
        _ => Ok(()),
    }
}

/// Whether a key of an entity's filter is about something the entity has.
fn is_answered(world: &World<'_>, input: &str, key: &str) -> bool {
    if !input.ends_with("Filter") || OF_FILTERS.contains(&key) {
        return true;
    }
    let kind = element(input);
    let field = field_behind(kind, key);
    world.api.field(kind, field).is_some() || derived::is_filtered_by(kind, field)
}

/// The keys of filters themselves.
const OF_FILTERS: [&str; 6] = ["and", "or", "null", "some", "every", "length"];

/// Checks what a comparator compares with: a scalar, a list of scalars or null.
fn operand(world: &World<'_>, scalar: &str, field: &str, value: &Value) -> Result<(), Refusal> {
    let now = world.store.clock_ms();
    match (scalar, value) {
        ("ID", Value::Array(ids)) => {
            let good = ids.iter().all(|id| id.as_str().is_some_and(is_uuid));
            good.then_some(()).ok_or_else(|| Refusal::not_uuids(field))
        }
        ("ID", id) if !id.is_null() && !id.as_str().is_some_and(is_uuid) => {
            Err(Refusal::not_uuid(field))
        }
        (_, Value::Array(items)) => items
            .iter()
            .try_for_each(|item| operand(world, scalar, field, item)),
        ("DateTimeOrDuration" | "TimelessDateOrDuration", value) if !value.is_null() => {
            let words = format!("{field} must be a date or an ISO 8601 duration");
            let found = value.as_str().and_then(|text| moment::read(text, now));
            found
                .map(|_| ())
                .ok_or_else(|| Refusal::validation(field, "isDateOrDuration", words))
        }
        _ => Ok(()),
    }
}

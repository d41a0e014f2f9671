//! Values in the type the schema asks for, and an answer of the right type for fields nobody keeps.

use apollo_compiler::schema::Type;
use serde_json::{Map, Value};

use super::api::Api;

/// A stored value (or `Null`, when nothing is stored) as the field's type wants it.
///
/// Nothing stored gives null where the type allows it, else 0, "", false, [], {} or the enum's first value.
pub(super) fn fit(api: &Api, ty: &Type, value: Value) -> Value {
    if value.is_null() {
        return if ty.is_non_null() {
            zero(api, ty)
        } else {
            Value::Null
        };
    }
    match value {
        Value::Array(items) if ty.is_list() => {
            let item = ty.item_type();
            Value::Array(
                items
                    .into_iter()
                    .map(|value| fit(api, item, value))
                    .collect(),
            )
        }
        value => number(ty.inner_named_type().as_str(), value),
    }
}

/// A `Float` needs a JSON number with a fraction and an `Int` one without, whichever way it was stored.
fn number(named: &str, value: Value) -> Value {
    match named {
        "Float" => value.as_f64().map_or(value, Value::from),
        "Int" => value.as_f64().map_or(value, whole),
        _ => value,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "an Int is within 32 bits, and the fraction is what is to be dropped"
)]
fn whole(float: f64) -> Value {
    Value::from(float as i64)
}

fn zero(api: &Api, ty: &Type) -> Value {
    if ty.is_list() {
        return Value::Array(Vec::new());
    }
    let named = ty.inner_named_type().as_str();
    if let Some(first) = api.first_enum_value(named) {
        return first.into();
    }
    match named {
        "Int" => 0.into(),
        "Float" => 0.0.into(),
        "Boolean" => false.into(),
        "DateTime" => "1970-01-01T00:00:00.000Z".into(),
        "TimelessDate" => "1970-01-01".into(),
        "ID" | "UUID" => "00000000-0000-4000-8000-000000000000".into(),
        "JSON" | "JSONObject" => Value::Object(Map::new()),
        _ => "".into(),
    }
}

/// Numbers as JavaScript writes them: 2.0 becomes 2, everywhere in the answer.
pub(super) fn as_javascript(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                whole(float)
            }
            _ => Value::Number(number),
        },
        Value::Array(items) => Value::Array(items.into_iter().map(as_javascript).collect()),
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| (key, as_javascript(value)))
                .collect(),
        ),
        other => other,
    }
}

//! `clear: [field, …]`, which means the same as `null` for each of the fields.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::canonical::short;
use super::names::Names;
use super::{Field, Signature};
use crate::error::{Code, Error};
use crate::params::{Form, Null, plain_name};

/// The parameter's name.
pub(super) const CLEAR: &str = "clear";

/// The parameter of an operation that can empty fields.
pub(super) static FIELD: LazyLock<Field> = LazyLock::new(|| Field {
    name: CLEAR.to_owned(),
    required: false,
    description: "Fields to clear, the same as `null` for each.".to_owned(),
    schema: json!({"type": "array", "items": {"type": "string"}}),
    form: Form::Word,
    null: Null::Absent,
    irreplaceable: false,
    reads: false,
    shared: false,
});

/// Takes `clear` out of canonical parameters, and gives each of the fields that it names `null`.
///
/// # Errors
/// INVALID_PARAM for what is no field that can be cleared, and for a field that has a value as well.
pub(super) fn expand(
    signature: &Signature,
    names: &Names<'_>,
    params: &mut Map<String, Value>,
) -> Result<(), Error> {
    if signature.field(CLEAR) != Some(&*FIELD) {
        return Ok(());
    }
    let items = match params.shift_remove(CLEAR) {
        None => return Ok(()),
        Some(Value::Array(items)) => items,
        Some(one) => vec![one],
    };
    for item in items {
        let named = item
            .as_str()
            .and_then(|name| names.meaning(&plain_name(name), &HashSet::new()));
        let Some(field) = named.filter(|field| field.clearable()) else {
            return Err(not_clearable(signature, named, &item));
        };
        match params.get(&field.name) {
            None | Some(Value::Null) => params.insert(field.name.clone(), Value::Null),
            Some(_) => {
                let name = &field.name;
                let message = format!("'{name}' is both set and named in 'clear'");
                return Err(Error::new(Code::InvalidParam, message)
                    .detail("param", CLEAR)
                    .suggest(format!("Leave '{name}' out of 'clear' to set it"))
                    .suggest(format!("Leave '{name}' out to clear it")));
            }
        };
    }
    Ok(())
}

fn not_clearable(signature: &Signature, named: Option<&Field>, item: &Value) -> Error {
    let clearable: Vec<&str> = signature
        .fields
        .iter()
        .filter(|field| field.clearable())
        .map(|field| field.name.as_str())
        .collect();
    let message = match (named, item.as_str()) {
        (Some(field), _) => format!("'{}' cannot be cleared", field.name),
        (None, Some(name)) => format!("There is no field '{}' to clear", short(name)),
        (None, None) => "'clear' takes names of fields".to_owned(),
    };
    Error::new(Code::InvalidParam, message)
        .detail("param", CLEAR)
        .detail("clearable", clearable.clone())
        .suggest(format!(
            "Name only fields that can be cleared: {}",
            clearable.join(", ")
        ))
}

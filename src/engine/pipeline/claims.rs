//! Objects in an operation's parameters that say more of an entity than what it is looked up by. What else they say is
//! compared with the entity where the names are resolved.

use serde::Deserialize as _;
use serde_json::{Map, Value};

use crate::operation::Entry;
use crate::params::{Form, LabelName, Ref};
use crate::session::Claim;

/// Reads the objects among an operation's canonical parameters.
pub(super) fn read(entry: &Entry, params: &Map<String, Value>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for field in &entry.signature().fields {
        let Some(value) = params.get(&field.name) else {
            continue;
        };
        let items = match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        let objects = items.iter().filter_map(Value::as_object);
        claims.extend(objects.filter_map(|object| claim(&field.name, field.form, object)));
    }
    claims
}

/// What an object says besides the text that names its entity; `None` where it says no more, or names nothing.
fn claim(param: &str, form: Form, object: &Map<String, Value>) -> Option<Claim> {
    let value = Value::Object(object.clone());
    let wanted = match form {
        Form::Name | Form::Cycle => Ref::deserialize(value).ok()?.into_string(),
        // Without an id a label is looked up by all that its object says.
        Form::Label if object.get("id").is_some_and(|id| !id.is_null()) => {
            LabelName::deserialize(value).ok()?.as_str().to_owned()
        }
        _ => return None,
    };
    let entries = object.iter().filter_map(|(key, value)| {
        let text = text(value)?;
        (text != wanted).then(|| (key.clone(), text))
    });
    let entries: Vec<(String, String)> = entries.collect();
    (!entries.is_empty()).then(|| Claim {
        param: param.to_owned(),
        wanted,
        entries,
    })
}

/// The value of an entry as text: a text, a number, or an object such as a label's group, by what names it.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(_) | Value::Number(_) | Value::Object(_) => {
            Ref::deserialize(value).ok().map(Ref::into_string)
        }
        _ => None,
    }
}

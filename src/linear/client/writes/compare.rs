//! Whether an entity has the values that a change was to give it.

use serde_json::{Map, Value};

/// The fields whose text is Markdown.
const MARKDOWN: &[&str] = &["description", "content", "body"];

/// What a change leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The values of the mutation's variable `input`.
    Input,
    /// This field has a value.
    Present(&'static str),
    /// This field is null.
    Absent(&'static str),
    /// This field is true.
    True(&'static str),
}

/// Whether values are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    /// At least one is not.
    No,
    /// Some cannot be compared: the entity was read without them, or Linear may have worded them anew.
    Unsure,
    /// All are.
    Yes,
}

impl From<bool> for Held {
    fn from(held: bool) -> Self {
        if held { Self::Yes } else { Self::No }
    }
}

impl Expected {
    /// Whether the entity has the values that the mutation with these variables was to set.
    pub(super) fn held_by(self, entity: &Value, variables: &Value) -> Held {
        let has = |field: &str| entity.get(field).is_some_and(|value| !value.is_null());
        match self {
            Self::Present(field) => has(field).into(),
            Self::Absent(field) => (!has(field)).into(),
            Self::True(field) => (entity.get(field) == Some(&Value::Bool(true))).into(),
            Self::Input => {
                let input = variables.get("input").and_then(Value::as_object);
                let values = input.into_iter().flat_map(Map::iter);
                let held = values.map(|(key, value)| is_held(key, value, entity));
                held.min().unwrap_or(Held::Unsure)
            }
        }
    }
}

/// Whether one key of an input is held: `stateId` by `state.id`, `labelIds` by the ids of `labels`, another one by the
/// field of its own name.
fn is_held(key: &str, value: &Value, entity: &Value) -> Held {
    match key {
        "addedLabelIds" => related(entity, "labels", value, |ids, wanted| {
            wanted.iter().all(|id| ids.contains(id))
        }),
        "removedLabelIds" => related(entity, "labels", value, |ids, wanted| {
            wanted.iter().all(|id| !ids.contains(id))
        }),
        _ => match (key.strip_suffix("Ids"), key.strip_suffix("Id")) {
            (Some(name), _) => related(entity, &format!("{name}s"), value, |ids, wanted| {
                ids.len() == wanted.len() && wanted.iter().all(|id| ids.contains(id))
            }),
            (None, Some(name)) => match entity.get(name) {
                Some(related) => is_reference(related, value).into(),
                None => Held::Unsure,
            },
            (None, None) => entity
                .get(key)
                .map_or(Held::Unsure, |own| is_same(key, own, value)),
        },
    }
}

/// Whether a related entity is the one that a value refers to, by its id or its identifier; null refers to none.
fn is_reference(related: &Value, value: &Value) -> bool {
    let is = |field: &str| match (related.get(field), value) {
        (Some(Value::String(own)), Value::String(wanted)) => own.eq_ignore_ascii_case(wanted),
        _ => false,
    };
    (related.is_null() && value.is_null()) || is("id") || is("identifier")
}

/// The size of the smallest page that a document asks for without asking whether there is more.
const SMALLEST_PAGE: usize = 10;

/// Whether the ids of a list of entities are as wanted; unsure where there may be more than were read.
fn related(
    entity: &Value,
    field: &str,
    wanted: &Value,
    holds: impl Fn(&[&str], &[&str]) -> bool,
) -> Held {
    let Some(nodes) = entity.get(field).and_then(|list| list.get("nodes")) else {
        return Held::Unsure;
    };
    let ids: Vec<&str> = nodes
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|node| node.get("id")?.as_str())
        .collect();
    let wanted: Vec<&str> = wanted
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let page = entity.get(field).and_then(|list| list.get("pageInfo"));
    let more = page.and_then(|page| page.get("hasNextPage"));
    let may_be_cut = more.map_or(ids.len() >= SMALLEST_PAGE, |more| {
        *more == Value::Bool(true)
    });
    if may_be_cut {
        Held::Unsure
    } else {
        holds(&ids, &wanted).into()
    }
}

/// Whether a field has a value. Linear words Markdown anew when it stores it (`linear/api.md` §6), so that another text
/// may be the same one.
fn is_same(key: &str, own: &Value, value: &Value) -> Held {
    match (own, value) {
        (Value::String(own), Value::String(value)) if own.trim_end() != value.trim_end() => {
            // Linear has been seen to escape `&` in names (`linear/api.md` §6).
            if MARKDOWN.contains(&key) || value.contains('&') {
                Held::Unsure
            } else {
                Held::No
            }
        }
        (Value::String(_), Value::String(_)) => Held::Yes,
        (Value::Number(own), Value::Number(value)) => (own.as_f64() == value.as_f64()).into(),
        (Value::Null, Value::String(text)) | (Value::String(text), Value::Null) => {
            text.is_empty().into()
        }
        _ => (own == value).into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn held(input: Value, entity: Value) -> Held {
        Expected::Input.held_by(&entity, &json!({ "id": "x", "input": input }))
    }

    #[test]
    fn every_kind_of_value_is_compared_with_what_is_there() {
        let issue = json!({
            "title": "Fix login", "description": "* [X] one", "priority": 2.0, "estimate": null,
            "state": {"id": "s", "name": "Done"}, "assignee": null, "projectMilestone": {"id": "m"},
            "labels": {"nodes": [{"id": "a"}, {"id": "b"}]},
        });
        for (input, expected) in [
            (json!({"title": "Fix login"}), Held::Yes),
            (json!({"title": "Fix login!"}), Held::No),
            (json!({"description": "* [X] one\n"}), Held::Yes),
            (json!({"description": "- [x] one"}), Held::Unsure),
            (json!({"priority": 2, "estimate": null}), Held::Yes),
            (json!({"priority": 3}), Held::No),
            (json!({"stateId": "s", "assigneeId": null}), Held::Yes),
            (json!({"stateId": "t"}), Held::No),
            (json!({"projectMilestoneId": "m"}), Held::Yes),
            (json!({"cycleId": "c"}), Held::Unsure),
            (json!({"labelIds": ["b", "a"]}), Held::Yes),
            (json!({"labelIds": ["a"]}), Held::No),
            (
                json!({"addedLabelIds": ["a"], "removedLabelIds": ["c"]}),
                Held::Yes,
            ),
            (json!({"addedLabelIds": ["c"]}), Held::No),
            (json!({"removedLabelIds": ["a"]}), Held::No),
            (json!({"title": "Fix login", "cycleId": "c"}), Held::Unsure),
            (json!({"title": "other", "cycleId": "c"}), Held::No),
            (json!({}), Held::Unsure),
        ] {
            assert_eq!(held(input.clone(), issue.clone()), expected, "{input}");
        }
    }

    #[test]
    fn a_list_that_was_cut_proves_nothing() {
        let labels = json!({"nodes": [{"id": "a"}], "pageInfo": {"hasNextPage": true}});
        let issue = json!({ "labels": labels });
        assert_eq!(held(json!({"labelIds": ["a"]}), issue), Held::Unsure);
    }

    #[test]
    fn a_field_is_present_or_absent() {
        let comment = json!({"resolvedAt": null});
        let held = |expected: Expected| expected.held_by(&comment, &Value::Null);
        assert_eq!(held(Expected::Present("resolvedAt")), Held::No);
        assert_eq!(held(Expected::Absent("resolvedAt")), Held::Yes);
    }
}

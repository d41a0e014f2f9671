//! Compares an entity with the values that a change sets, to find out whether Linear executed the change.

use serde_json::{Map, Value};

/// The fields whose text is Markdown.
const MARKDOWN: &[&str] = &["description", "content", "body"];

/// The values by which an executed change is recognized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// All values of the mutation's variable `input`.
    Input,
    /// This field has a value.
    Present(&'static str),
    /// This field is null.
    Absent(&'static str),
    /// This field is true.
    True(&'static str),
}

/// Whether an entity shows the effect of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Applied {
    /// At least one value differs.
    No,
    /// No value differs, but some cannot be compared: the entity was read without them, or Linear may have reworded them.
    Unsure,
    /// All values are equal.
    Yes,
}

impl From<bool> for Applied {
    fn from(is_applied: bool) -> Self {
        if is_applied { Self::Yes } else { Self::No }
    }
}

impl Expected {
    /// Whether the entity has the values that the mutation with these variables sets.
    pub(super) fn applied_to(self, entity: &Value, variables: &Value) -> Applied {
        let has_value = |field: &str| entity.get(field).is_some_and(|value| !value.is_null());
        match self {
            Self::Present(field) => has_value(field).into(),
            Self::Absent(field) => (!has_value(field)).into(),
            Self::True(field) => (entity.get(field) == Some(&Value::Bool(true))).into(),
            Self::Input => {
                let input = variables.get("input").and_then(Value::as_object);
                let values = input.into_iter().flat_map(Map::iter);
                let applied = values.map(|(key, value)| value_applied(key, value, entity));
                applied.min().unwrap_or(Applied::Unsure)
            }
        }
    }
}

/// Whether the entity has the value of one key of an input. `stateId` is compared with `state.id`, `labelIds` with the
/// ids of `labels`, and any other key with the field of the same name.
fn value_applied(key: &str, value: &Value, entity: &Value) -> Applied {
    match key {
        "addedLabelIds" => related_applied(entity, "labels", value, |ids, wanted| {
            wanted.iter().all(|id| ids.contains(id))
        }),
        "removedLabelIds" => related_applied(entity, "labels", value, |ids, wanted| {
            wanted.iter().all(|id| !ids.contains(id))
        }),
        _ => match (key.strip_suffix("Ids"), key.strip_suffix("Id")) {
            (Some(name), _) => {
                related_applied(entity, &format!("{name}s"), value, |ids, wanted| {
                    ids.len() == wanted.len() && wanted.iter().all(|id| ids.contains(id))
                })
            }
            (None, Some(name)) => match entity.get(name) {
                Some(related) => refers_to(related, value).into(),
                None => Applied::Unsure,
            },
            (None, None) => entity.get(key).map_or(Applied::Unsure, |current| {
                field_applied(key, current, value)
            }),
        },
    }
}

/// Whether a value refers to the related entity, by its id or its identifier. Null refers to no entity.
fn refers_to(related: &Value, value: &Value) -> bool {
    let matches = |field: &str| match (related.get(field), value) {
        (Some(Value::String(id)), Value::String(wanted)) => id.eq_ignore_ascii_case(wanted),
        _ => false,
    };
    (related.is_null() && value.is_null()) || matches("id") || matches("identifier")
}

/// The size of the smallest page that a document requests without `pageInfo`. A shorter list is known to be complete.
const SMALLEST_PAGE: usize = 10;

/// Whether the ids of a list of related entities fulfil a condition on the ids and the wanted ids. The result is unsure
/// when the list may have more entities than were read.
fn related_applied(
    entity: &Value,
    field: &str,
    wanted: &Value,
    holds: impl Fn(&[&str], &[&str]) -> bool,
) -> Applied {
    let Some(nodes) = entity.get(field).and_then(|list| list.get("nodes")) else {
        return Applied::Unsure;
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
        Applied::Unsure
    } else {
        holds(&ids, &wanted).into()
    }
}

/// Whether the current value of a field is the value that was set. Linear reformats Markdown when it stores it
/// (`linear/api.md` §6), so that a different text may still come from the same value.
fn field_applied(key: &str, current: &Value, value: &Value) -> Applied {
    match (current, value) {
        (Value::String(current), Value::String(value))
            if current.trim_end() != value.trim_end() =>
        {
            // Linear was observed to escape `&` in names (`linear/api.md` §6).
            if MARKDOWN.contains(&key) || value.contains('&') {
                Applied::Unsure
            } else {
                Applied::No
            }
        }
        (Value::String(_), Value::String(_)) => Applied::Yes,
        (Value::Number(current), Value::Number(value)) => {
            (current.as_f64() == value.as_f64()).into()
        }
        (Value::Null, Value::String(text)) | (Value::String(text), Value::Null) => {
            text.is_empty().into()
        }
        _ => (current == value).into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn held(input: Value, entity: Value) -> Applied {
        Expected::Input.applied_to(&entity, &json!({ "id": "x", "input": input }))
    }

    #[test]
    fn every_kind_of_value_is_compared_with_what_is_there() {
        let issue = json!({
            "title": "Fix login", "description": "* [X] one", "priority": 2.0, "estimate": null,
            "state": {"id": "s", "name": "Done"}, "assignee": null, "projectMilestone": {"id": "m"},
            "labels": {"nodes": [{"id": "a"}, {"id": "b"}]},
        });
        for (input, expected) in [
            (json!({"title": "Fix login"}), Applied::Yes),
            (json!({"title": "Fix login!"}), Applied::No),
            (json!({"description": "* [X] one\n"}), Applied::Yes),
            (json!({"description": "- [x] one"}), Applied::Unsure),
            (json!({"priority": 2, "estimate": null}), Applied::Yes),
            (json!({"priority": 3}), Applied::No),
            (json!({"stateId": "s", "assigneeId": null}), Applied::Yes),
            (json!({"stateId": "t"}), Applied::No),
            (json!({"projectMilestoneId": "m"}), Applied::Yes),
            (json!({"cycleId": "c"}), Applied::Unsure),
            (json!({"labelIds": ["b", "a"]}), Applied::Yes),
            (json!({"labelIds": ["a"]}), Applied::No),
            (
                json!({"addedLabelIds": ["a"], "removedLabelIds": ["c"]}),
                Applied::Yes,
            ),
            (json!({"addedLabelIds": ["c"]}), Applied::No),
            (json!({"removedLabelIds": ["a"]}), Applied::No),
            (
                json!({"title": "Fix login", "cycleId": "c"}),
                Applied::Unsure,
            ),
            (json!({"title": "other", "cycleId": "c"}), Applied::No),
            (json!({}), Applied::Unsure),
        ] {
            assert_eq!(held(input.clone(), issue.clone()), expected, "{input}");
        }
    }

    #[test]
    fn a_list_that_was_cut_proves_nothing() {
        let labels = json!({"nodes": [{"id": "a"}], "pageInfo": {"hasNextPage": true}});
        let issue = json!({ "labels": labels });
        assert_eq!(held(json!({"labelIds": ["a"]}), issue), Applied::Unsure);
    }

    #[test]
    fn a_field_is_present_or_absent() {
        let comment = json!({"resolvedAt": null});
        let held = |expected: Expected| expected.applied_to(&comment, &Value::Null);
        assert_eq!(held(Expected::Present("resolvedAt")), Applied::No);
        assert_eq!(held(Expected::Absent("resolvedAt")), Applied::Yes);
    }
}

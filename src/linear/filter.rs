//! Builds Linear's filter inputs: comparisons of fields, and their combinations (`linear/api.md` §2).

use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Value, json};

/// A filter of entities of any kind. The type does not say which fields the kind has; instead, the stand-in checks every filter that
/// a test sends against the schema.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Filter(Value);

/// The comparators that match exactly the values which the other one of the pair does not match.
const OPPOSITES: &[(&str, &str)] = &[
    ("eq", "neq"),
    ("in", "nin"),
    ("eqIgnoreCase", "neqIgnoreCase"),
];

impl Filter {
    /// The field equals the value, case included. This is for ids, keys and types.
    pub fn eq(field: &str, value: impl Into<Value>) -> Self {
        Self::compare(field, "eq", value)
    }

    /// The field equals the text in any case. This is for names, e-mail addresses and keys.
    pub fn same_text(field: &str, value: &str) -> Self {
        Self::compare(field, "eqIgnoreCase", value)
    }

    /// The field contains the text in any case.
    pub fn contains(field: &str, value: &str) -> Self {
        Self::compare(field, "containsIgnoreCase", value)
    }

    /// The field is one of the values, case included.
    pub fn one_of(field: &str, values: impl IntoIterator<Item = String>) -> Self {
        Self::compare(field, "in", values.into_iter().collect::<Vec<_>>())
    }

    /// The field is none of the values, case included.
    pub fn none_of(field: &str, values: impl IntoIterator<Item = String>) -> Self {
        Self::compare(field, "nin", values.into_iter().collect::<Vec<_>>())
    }

    /// The relation is absent.
    pub fn absent(relation: &str) -> Self {
        Self(json!({ relation: { "null": true } }))
    }

    /// The relation that the filter stands in is empty, or it is not.
    pub fn is_empty(is_empty: bool) -> Self {
        Self(json!({ "null": is_empty }))
    }

    /// The field compares with the value by this comparator of Linear's, such as `in`.
    pub fn compare(field: &str, comparator: &str, value: impl Into<Value>) -> Self {
        Self(json!({ field: { comparator: value.into() } }))
    }

    /// The related entity matches the filter.
    pub fn of(relation: &str, filter: Self) -> Self {
        Self(json!({ relation: filter.0 }))
    }

    /// At least one of the filters matches. A single filter is returned as it is; without any, everything matches. Nested
    /// alternatives are flattened, and each is kept once.
    pub fn any(filters: Vec<Self>) -> Self {
        let mut seen: HashSet<Value> = HashSet::new();
        let mut all: Vec<Self> = filters.into_iter().flat_map(Self::alternatives).collect();
        all.retain(|filter| seen.insert(filter.0.clone()));
        Self::combine("or", all)
    }

    /// Returns the alternatives that the filter consists of; the filter itself where it is not an `or`.
    fn alternatives(self) -> Vec<Self> {
        match self.only_entry() {
            Some((key, Value::Array(alternatives))) if key == "or" => {
                alternatives.iter().cloned().map(Self).collect()
            }
            _ => vec![self],
        }
    }

    /// Returns the filter that matches exactly the entities which this filter does not match, provided that none of the compared
    /// fields is empty. `None` for a filter that has no such counterpart: it looks at related entities, or compares otherwise
    /// than by one of these comparators: `eq`, `in`, `eqIgnoreCase` and their opposites.
    pub fn negated(&self) -> Option<Self> {
        let (key, value) = self.only_entry()?;
        let negate_each = |filters: &Value| -> Option<Vec<Self>> {
            let filters = filters.as_array()?.iter().cloned();
            filters.map(|filter| Self(filter).negated()).collect()
        };
        match key.as_str() {
            "and" => Some(Self::any(negate_each(value)?)),
            "or" => Some(Self::all(negate_each(value)?)),
            field => {
                let comparison = Self(value.clone());
                let (comparator, compared) = comparison.only_entry()?;
                let mut pairs = OPPOSITES.iter();
                let opposite = pairs.find_map(|(one, other)| match comparator.as_str() {
                    word if word == *one => Some(*other),
                    word if word == *other => Some(*one),
                    _ => None,
                })?;
                Some(Self::compare(field, opposite, compared.clone()))
            }
        }
    }

    /// Returns the key and the value of a filter that has one key.
    fn only_entry(&self) -> Option<(&String, &Value)> {
        let entries = self.0.as_object().filter(|entries| entries.len() == 1)?;
        entries.iter().next()
    }

    /// All of the filters match. A single filter is returned as it is; without any, everything matches.
    pub fn all(mut filters: Vec<Self>) -> Self {
        filters.retain(|filter| filter.0 != json!({}));
        Self::combine("and", filters)
    }

    /// Combines filters by `and` or `or`.
    fn combine(word: &str, mut filters: Vec<Self>) -> Self {
        match filters.len() {
            // An empty `or` is undocumented (`linear/api.md` §2), so it is never sent.
            0 => Self(json!({})),
            1 => filters.remove(0),
            _ => Self(json!({ word: filters })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combinations_never_stand_empty_or_alone() {
        let name = || Filter::same_text("name", "a");
        assert_eq!(Filter::any(vec![]).0, json!({}));
        let nested = Filter::any(vec![
            Filter::any(vec![name(), Filter::eq("id", "x")]),
            name(),
        ]);
        assert_eq!(nested, Filter::any(vec![name(), Filter::eq("id", "x")]));
        let everything = Filter::all(vec![]);
        assert_eq!(Filter::all(vec![everything, name()]), name());
        assert_eq!(
            Filter::any(vec![name()]).0,
            json!({"name": {"eqIgnoreCase": "a"}})
        );
        assert_eq!(
            Filter::all(vec![name(), Filter::of("team", Filter::eq("id", "x"))]).0,
            json!({"and": [{"name": {"eqIgnoreCase": "a"}}, {"team": {"id": {"eq": "x"}}}]})
        );
    }

    #[test]
    fn a_negated_filter_matches_what_the_filter_does_not() {
        let filter = Filter::any(vec![
            Filter::same_text("name", "a"),
            Filter::all(vec![
                Filter::eq("type", "started"),
                Filter::one_of("id", ["x".to_owned()]),
            ]),
        ]);
        let negated = filter.negated().expect("the filter can be negated");
        let expected = json!({"and": [
            {"name": {"neqIgnoreCase": "a"}},
            {"or": [{"type": {"neq": "started"}}, {"id": {"nin": ["x"]}}]},
        ]});
        assert_eq!(negated.0, expected);
        assert_eq!(negated.negated(), Some(filter));
        for filter in [
            Filter::of("parent", Filter::eq("id", "x")),
            Filter::absent("parent"),
            Filter::contains("name", "a"),
            Filter::all(vec![]),
        ] {
            assert_eq!(filter.negated(), None, "{filter:?}");
        }
    }
}

//! Filters, evaluated by the schema's input types: any filter the schema allows works, whatever the entity.
//!
//! Choices where Linear's behaviour is not known: an empty `or` or `and` filters nothing; a key whose value is null
//! counts as absent; a missing value satisfies no comparison but `null: true`, not even `neq` (as in SQL).

mod check;
mod comparator;
mod moment;

use serde_json::{Map, Value};

use super::api::table;
use super::refusal::Refusal;
use super::store::Record;
use super::world::World;
use comparator::Comparator;

/// A filter argument whose ids and dates have been found well-formed.
#[derive(Clone, Copy)]
pub(super) struct Filter<'a> {
    world: World<'a>,
    input: &'a str,
    given: Option<&'a Map<String, Value>>,
}

impl<'a> Filter<'a> {
    /// Takes a field's `filter` argument, of the input type `input`.
    ///
    /// Errors with `Argument Validation Error` when an id in it is not a UUID or a date is not a date.
    pub(super) fn new(
        world: World<'a>,
        input: &'a str,
        given: Option<&'a Value>,
    ) -> Result<Self, Refusal> {
        if let Some(given) = given {
            check::input(&world, input, given)?;
        }
        Ok(Self {
            world,
            input,
            given: given.and_then(Value::as_object),
        })
    }

    /// Whether an entity of type `kind` passes. No filter lets everything pass.
    pub(super) fn admits(&self, kind: &str, record: &Record) -> bool {
        self.given
            .is_none_or(|filter| self.entity(self.input, filter, kind, Some(record)))
    }

    /// A filter on one entity, or on a to-one relation that may be missing.
    fn entity(
        &self,
        input: &str,
        filter: &Map<String, Value>,
        kind: &str,
        subject: Option<&Record>,
    ) -> bool {
        let branch = |part: &Value| {
            part.as_object()
                .is_none_or(|part| self.entity(input, part, kind, subject))
        };
        filter.iter().all(|(key, value)| match key.as_str() {
            _ if value.is_null() => true,
            "and" => all(value, branch),
            "or" => any(value, branch),
            "null" => value.as_bool() == Some(subject.is_none()),
            _ => subject.is_some_and(|record| self.field(input, key, value, kind, record)),
        })
    }

    /// One key of a filter: a relation to one or to many, or a comparison.
    fn field(&self, input: &str, key: &str, value: &Value, kind: &str, record: &Record) -> bool {
        let (Some(ty), Some(given)) = (self.world.api.input_type(input, key), value.as_object())
        else {
            return true;
        };
        let inner = ty.inner_named_type().as_str();
        let field = field_behind(kind, key);
        if inner.ends_with("CollectionFilter") {
            let others = self.world.many(kind, record, field);
            self.collection(inner, given, element(inner), &others)
        } else if inner.ends_with("Filter") {
            let other = self.world.one(kind, record, field);
            self.entity(inner, given, element(inner), other)
        } else {
            let value = self.world.leaf(kind, record, field);
            let now = self.world.store.clock_ms();
            Comparator::new(inner, now).admits(&value, given)
        }
    }

    /// A filter on a to-many relation. Keys that are not of the collection itself mean: some one entity has them all.
    fn collection(
        &self,
        input: &str,
        filter: &Map<String, Value>,
        kind: &str,
        others: &[&Record],
    ) -> bool {
        let branch = |part: &Value| {
            part.as_object()
                .is_none_or(|part| self.collection(input, part, kind, others))
        };
        let mut of_element = Vec::new();
        let of_collection = filter.iter().all(|(key, value)| match key.as_str() {
            _ if value.is_null() => true,
            "and" => all(value, branch),
            "or" => any(value, branch),
            "null" => value.as_bool() == Some(others.is_empty()),
            "some" => others
                .iter()
                .any(|other| self.nested(input, key, value, kind, other)),
            "every" => others
                .iter()
                .all(|other| self.nested(input, key, value, kind, other)),
            "length" => {
                let length = Value::from(others.len());
                let now = self.world.store.clock_ms();
                value
                    .as_object()
                    .is_none_or(|ops| Comparator::new("NumberComparator", now).admits(&length, ops))
            }
            _ => {
                of_element.push((key, value));
                true
            }
        });
        let fits = |other: &&Record| {
            let mut keys = of_element.iter();
            keys.all(|(key, value)| self.field(input, key, value, kind, other))
        };
        of_collection && (of_element.is_empty() || others.iter().any(fits))
    }

    /// `some` and `every`: a filter on the element.
    fn nested(&self, input: &str, key: &str, value: &Value, kind: &str, other: &Record) -> bool {
        let (Some(ty), Some(given)) = (self.world.api.input_type(input, key), value.as_object())
        else {
            return true;
        };
        self.entity(ty.inner_named_type().as_str(), given, kind, Some(other))
    }
}

fn all(parts: &Value, holds: impl Fn(&Value) -> bool) -> bool {
    parts.as_array().is_none_or(|parts| parts.iter().all(holds))
}

fn any(parts: &Value, holds: impl Fn(&Value) -> bool) -> bool {
    parts
        .as_array()
        .is_none_or(|parts| parts.is_empty() || parts.iter().any(holds))
}

/// The entity a filter type is about: `NullableUserFilter` and `UserCollectionFilter` are about `User`.
fn element(input: &str) -> &str {
    let name = input.strip_prefix("Nullable").unwrap_or(input);
    let name = name
        .strip_suffix("CollectionFilter")
        .or(name.strip_suffix("Filter"))
        .unwrap_or(name);
    match name {
        "ProjectUpdates" => "ProjectUpdate",
        "InitiativeUpdates" => "InitiativeUpdate",
        other => table(other),
    }
}

/// The entity's field that a filter key is about, where the two have different names.
fn field_behind<'k>(kind: &str, key: &'k str) -> &'k str {
    match (kind, key) {
        ("Project", "accessibleTeams") => "teams",
        ("Team", "users") => "members",
        _ => key,
    }
}

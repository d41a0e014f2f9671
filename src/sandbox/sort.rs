//! The `sort` argument of lists: which values a record is ordered by, as one text that pages and cursors compare.
//!
//! Choices where Linear's behaviour is not known: a sort without `order` is ascending; texts are compared without regard
//! to case; issues that all sorts find equal come newest first; one entry of the list names one field, because the fields
//! of an input object have no order.
//!
//! A new sort needs a row in [`SORTED_FIELDS`]. A sort that the stand-in does not model is refused by its name.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::store::Record;
use super::workspace::Workspace;

/// The sorts by a stored value: the type that is listed, the key of the sort, the to-one relation that has the value
/// (empty when the listed entity has the value itself), and the field of the value.
const SORTED_FIELDS: [(&str, &str, &str, &str); 18] = [
    ("Issue", "assignee", "assignee", "name"),
    ("Issue", "completedAt", "", "completedAt"),
    ("Issue", "createdAt", "", "createdAt"),
    ("Issue", "cycle", "cycle", "startsAt"),
    ("Issue", "delegate", "delegate", "name"),
    ("Issue", "dueDate", "", "dueDate"),
    ("Issue", "estimate", "", "estimate"),
    ("Issue", "manual", "", "sortOrder"),
    ("Issue", "milestone", "projectMilestone", "targetDate"),
    ("Issue", "project", "project", "name"),
    ("Issue", "team", "team", "name"),
    ("Issue", "title", "", "title"),
    ("Issue", "updatedAt", "", "updatedAt"),
    ("Issue", "workflowState", "state", "type"),
    ("CustomView", "createdAt", "", "createdAt"),
    ("CustomView", "name", "", "name"),
    ("CustomView", "shared", "", "shared"),
    ("CustomView", "updatedAt", "", "updatedAt"),
];

/// The types of workflow states in ascending order. That ascending starts with started states was observed by clients of
/// Linear; the places of the other types are those of Linear's own lists.
const STATE_TYPES: [&str; 7] = [
    "triage",
    "started",
    "unstarted",
    "backlog",
    "completed",
    "canceled",
    "duplicate",
];

/// The options of sorts that the stand-in models. Other options must be false.
const MODELLED_OPTIONS: [&str; 4] = [
    "noPriorityFirst",
    "nulls",
    "order",
    "usePrioritySortOrderTiebreaker",
];

/// One thing that a list is ordered by.
struct Criterion {
    value: SortValue,
    is_ascending: bool,
    has_nulls_first: bool,
}

/// The value of a record that a criterion compares.
enum SortValue {
    /// A field of the record, or of the entity behind one of its to-one relations.
    Field(&'static str, &'static str),
    /// The importance of an issue, from low to urgent. No priority is less than low, or more than urgent.
    Priority { is_none_highest: bool },
}

/// The order that a `sort` argument asks for. Without criteria all records are equal.
pub(super) struct SortOrder<'a> {
    workspace: Workspace<'a>,
    kind: &'a str,
    criteria: Vec<Criterion>,
}

impl<'a> SortOrder<'a> {
    /// Reads the `sort` argument of a list of entities of type `kind`.
    ///
    /// # Errors
    /// An entry that names no field or several, and a sort that the stand-in does not model.
    pub(super) fn read(
        workspace: Workspace<'a>,
        kind: &'a str,
        sort: Option<&Value>,
    ) -> Result<Self, Refusal> {
        let entries = sort.and_then(Value::as_array).into_iter().flatten();
        let criteria: Result<Vec<Vec<Criterion>>, Refusal> =
            entries.map(|entry| read_entry(kind, entry)).collect();
        Ok(Self {
            workspace,
            kind,
            criteria: criteria?.into_iter().flatten().collect(),
        })
    }

    /// Returns the place of a record in the order as a text. The record with the greatest text comes first.
    pub(super) fn key(&self, record: &Record) -> String {
        let values = self.criteria.iter().map(|criterion| {
            let value = self.value(&criterion.value, record);
            criterion.encode(&value)
        });
        values.collect()
    }

    fn value(&self, sorted: &SortValue, record: &Record) -> Value {
        match sorted {
            SortValue::Priority { is_none_highest } => {
                let priority = record.get("priority").and_then(Value::as_f64);
                let importance = match priority.unwrap_or_default() {
                    0.0 if *is_none_highest => 5.0,
                    0.0 => 0.0,
                    priority => 5.0 - priority,
                };
                importance.into()
            }
            SortValue::Field("", field) => self.workspace.scalar(self.kind, record, field),
            SortValue::Field(relation, field) => {
                let entity = self.workspace.related_entity(self.kind, record, relation);
                let value = entity.and_then(|entity| entity.get(*field)).cloned();
                match (*relation, value) {
                    ("state", Some(value)) => {
                        let mut types = STATE_TYPES.iter();
                        types.position(|name| value == *name).into()
                    }
                    (_, value) => value.unwrap_or_default(),
                }
            }
        }
    }
}

impl Criterion {
    /// Returns a value as a text that orders as the criterion says, greatest text first: whether the value is null, then
    /// its bytes in hexadecimal, inverted for an ascending order. The mark at the end puts a text before or after the
    /// texts that it is the beginning of.
    fn encode(&self, value: &Value) -> String {
        let bytes = match value {
            Value::Null if self.has_nulls_first => return "2".to_owned(),
            Value::Null => return "0".to_owned(),
            Value::String(text) => text.to_lowercase().into_bytes(),
            Value::Bool(flag) => vec![u8::from(*flag)],
            other => number_bytes(other.as_f64().unwrap_or_default()).to_vec(),
        };
        let mut key = "1".to_owned();
        for byte in bytes {
            let byte = if self.is_ascending { !byte } else { byte };
            // Writing to a string cannot fail.
            let _ = write!(key, "{byte:02x}");
        }
        key.push(if self.is_ascending { '~' } else { '!' });
        key
    }
}

/// Returns a number as bytes that are ordered as numbers are.
fn number_bytes(number: f64) -> [u8; 8] {
    // The sum turns the negative zero into zero.
    let bits = (number + 0.0).to_bits();
    let is_negative = bits >> 63 == 1;
    let ordered = if is_negative { !bits } else { bits | (1 << 63) };
    ordered.to_be_bytes()
}

/// Reads one entry of a `sort` argument: an object with one key, whose value has the options.
fn read_entry(kind: &str, entry: &Value) -> Result<Vec<Criterion>, Refusal> {
    let keys: Vec<(&str, &Map<String, Value>)> = entry
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(key, options)| Some((key.as_str(), options.as_object()?)))
        .collect();
    let [(key, options)] = keys.as_slice() else {
        return Err(Refusal::invalid(
            "each entry of sort must name exactly one field",
        ));
    };
    let mut unmodelled = options
        .iter()
        .filter(|(option, _)| !MODELLED_OPTIONS.contains(&option.as_str()))
        .filter(|(_, value)| !value.is_null() && value.as_bool() != Some(false));
    if let Some((option, _)) = unmodelled.next() {
        return Err(Refusal::not_modelled(&format!("sort.{key}.{option}")));
    }
    let option = |name: &str| options.get(name);
    let flag = |name: &str, default: bool| option(name).and_then(Value::as_bool).unwrap_or(default);
    let criterion = |value: SortValue| Criterion {
        value,
        is_ascending: option("order").and_then(Value::as_str) != Some("Descending"),
        has_nulls_first: option("nulls").and_then(Value::as_str) == Some("first"),
    };
    if (kind, *key) == ("Issue", "priority") {
        let mut criteria = vec![criterion(SortValue::Priority {
            is_none_highest: flag("noPriorityFirst", false),
        })];
        if flag("usePrioritySortOrderTiebreaker", true) {
            criteria.push(Criterion {
                value: SortValue::Field("", "prioritySortOrder"),
                is_ascending: true,
                has_nulls_first: false,
            });
        }
        return Ok(criteria);
    }
    let mut fields = SORTED_FIELDS.iter();
    match fields.find(|(listed, name, ..)| *listed == kind && name == key) {
        Some((_, _, relation, field)) => Ok(vec![criterion(SortValue::Field(relation, field))]),
        None => Err(Refusal::not_modelled(&format!("sort.{key}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Criterion, SortValue};

    /// Returns the values in the order of a criterion.
    fn sorted(is_ascending: bool, has_nulls_first: bool, mut values: Vec<Value>) -> Vec<Value> {
        let criterion = Criterion {
            value: SortValue::Field("", ""),
            is_ascending,
            has_nulls_first,
        };
        values.sort_by_key(|value| std::cmp::Reverse(criterion.encode(value)));
        values
    }

    #[test]
    fn numbers_are_ordered_by_their_size_and_sign() {
        let numbers = vec![json!(2), json!(-1.5), json!(null), json!(10), json!(0)];
        assert_eq!(
            sorted(true, false, numbers.clone()),
            [json!(-1.5), json!(0), json!(2), json!(10), json!(null)]
        );
        assert_eq!(
            sorted(false, true, numbers),
            [json!(null), json!(10), json!(2), json!(0), json!(-1.5)]
        );
    }

    #[test]
    fn a_text_is_before_the_texts_that_it_begins() {
        let texts = vec![json!("ab"), json!("B"), json!("a"), json!("")];
        assert_eq!(sorted(true, false, texts.clone()), ["", "a", "ab", "B"]);
        assert_eq!(sorted(false, false, texts), ["B", "ab", "a", ""]);
    }
}

//! Filters, evaluated by the schema's input types: any filter the schema allows works, whatever the entity.
//!
//! Choices where Linear's behaviour is not known: an empty `or` or `and` filters nothing; a key whose value is null
//! counts as absent; a missing value satisfies no comparison but `null: true`, not even `neq` (as in SQL).
//!
//! A new filter of an entity needs nothing here when the entity has a field of that name. Otherwise it needs its field in
//! [`field_of_key`], or in `derived` where its value is computed. A new operator belongs in [`compare_texts`] or
//! [`compare_ordered`].

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::{Map, Value};

use super::input::is_uuid;
use super::page::contains_words;
use super::refusal::Refusal;
use super::schema::table;
use super::store::Record;
use super::workspace::Workspace;
use super::{derived, time};

/// The keys that filters have whatever their entity is.
const COMMON_KEYS: [&str; 6] = ["and", "or", "null", "some", "every", "length"];

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A filter argument whose ids and dates have been found well-formed.
#[derive(Clone, Copy)]
pub(super) struct Filter<'a> {
    workspace: Workspace<'a>,
    /// The input type of the filter.
    input: &'a str,
    given: Option<&'a Map<String, Value>>,
}

impl<'a> Filter<'a> {
    /// Takes the `filter` argument of a field, which is of the input type `input`.
    ///
    /// # Errors
    /// `Argument Validation Error` when an id in the filter is not a UUID or a date is not a date, and the refusal of a
    /// key that the stand-in does not model.
    pub(super) fn new(
        workspace: Workspace<'a>,
        input: &'a str,
        given: Option<&'a Value>,
    ) -> Result<Self, Refusal> {
        if let Some(given) = given {
            check_input(&workspace, input, given)?;
        }
        Ok(Self {
            workspace,
            input,
            given: given.and_then(Value::as_object),
        })
    }

    /// Whether an entity of type `kind` passes. Everything passes where there is no filter.
    pub(super) fn admits(&self, kind: &str, record: &Record) -> bool {
        self.given
            .is_none_or(|filter| self.entity(self.input, filter, kind, Some(record)))
    }

    /// Evaluates a filter on one entity, or on a to-one relation that may be missing.
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
            "and" => all_hold(value, branch),
            "or" => any_holds(value, branch),
            "null" => value.as_bool() == Some(subject.is_none()),
            _ => subject.is_some_and(|record| self.field(input, key, value, kind, record)),
        })
    }

    /// Evaluates one key of a filter: a to-one relation, a to-many relation, or a comparison.
    fn field(&self, input: &str, key: &str, value: &Value, kind: &str, record: &Record) -> bool {
        let (Some(ty), Some(given)) = (
            self.workspace.schema.input_type(input, key),
            value.as_object(),
        ) else {
            return true;
        };
        let inner = ty.inner_named_type().as_str();
        let field = field_of_key(kind, key);
        if inner.ends_with("CollectionFilter") {
            let entities = self.workspace.related_entities(kind, record, field);
            self.collection(inner, given, filtered_type(inner), &entities)
        } else if inner.ends_with("Filter") {
            let entity = self.workspace.related_entity(kind, record, field);
            self.entity(inner, given, filtered_type(inner), entity)
        } else {
            let value = self.workspace.scalar(kind, record, field);
            self.comparator(inner).admits(&value, given)
        }
    }

    /// Evaluates a filter on a to-many relation. Keys that are not about the collection itself mean that one entity of
    /// the collection satisfies all of them.
    fn collection(
        &self,
        input: &str,
        filter: &Map<String, Value>,
        kind: &str,
        entities: &[&Record],
    ) -> bool {
        let branch = |part: &Value| {
            part.as_object()
                .is_none_or(|part| self.collection(input, part, kind, entities))
        };
        // `some` and `every` have a filter on the entity as their value.
        let satisfies = |entity: &Record, key: &str, value: &Value| {
            let ty = self.workspace.schema.input_type(input, key);
            let (Some(ty), Some(given)) = (ty, value.as_object()) else {
                return true;
            };
            self.entity(ty.inner_named_type().as_str(), given, kind, Some(entity))
        };
        let mut entity_keys = Vec::new();
        let collection_holds = filter.iter().all(|(key, value)| match key.as_str() {
            _ if value.is_null() => true,
            "and" => all_hold(value, branch),
            "or" => any_holds(value, branch),
            "null" => value.as_bool() == Some(entities.is_empty()),
            "some" => entities.iter().any(|entity| satisfies(entity, key, value)),
            "every" => entities.iter().all(|entity| satisfies(entity, key, value)),
            "length" => {
                let length = Value::from(entities.len());
                let comparator = self.comparator("NumberComparator");
                value
                    .as_object()
                    .is_none_or(|operands| comparator.admits(&length, operands))
            }
            _ => {
                entity_keys.push((key, value));
                true
            }
        });
        let has_all_keys = |entity: &&Record| {
            let mut keys = entity_keys.iter();
            keys.all(|(key, value)| self.field(input, key, value, kind, entity))
        };
        collection_holds && (entity_keys.is_empty() || entities.iter().any(has_all_keys))
    }

    fn comparator(&self, input: &str) -> Comparator {
        let kind = match input {
            "ContentComparator" => ValueKind::Content,
            _ if input.contains("TimelessDate") => ValueKind::Day,
            _ if input.contains("Date") => ValueKind::Date,
            _ => ValueKind::Plain,
        };
        let now_ms = self.workspace.store.clock_ms();
        Comparator { kind, now_ms }
    }
}

fn all_hold(parts: &Value, holds: impl Fn(&Value) -> bool) -> bool {
    parts.as_array().is_none_or(|parts| parts.iter().all(holds))
}

fn any_holds(parts: &Value, holds: impl Fn(&Value) -> bool) -> bool {
    parts
        .as_array()
        .is_none_or(|parts| parts.is_empty() || parts.iter().any(holds))
}

/// Returns the type of the entities that a filter type is about: `User` for `NullableUserFilter` and for
/// `UserCollectionFilter`.
fn filtered_type(input: &str) -> &str {
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

/// Returns the field of the entity that a filter key is about. The two have different names in a few cases.
fn field_of_key<'k>(kind: &str, key: &'k str) -> &'k str {
    match (kind, key) {
        ("Project", "accessibleTeams") => "teams",
        ("Team", "users") => "members",
        _ => key,
    }
}

/// Checks a value of the input type `name`, at any depth, before anything is compared: ids are UUIDs and dates are dates,
/// as Linear wants them, and the stand-in models every key, because a wrong list would be worse than a refusal.
fn check_input(workspace: &Workspace<'_>, name: &str, value: &Value) -> Result<(), Refusal> {
    match value {
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| check_input(workspace, name, item)),
        Value::Object(fields) if workspace.schema.is_input(name) => {
            fields.iter().try_for_each(|(field, value)| {
                // The filter of a request has been validated, but the one that a custom view stores has not.
                let Some(ty) = workspace.schema.input_type(name, field) else {
                    return Err(Refusal::not_modelled(&format!("{name}.{field}")));
                };
                let inner = ty.inner_named_type().as_str();
                if !value.is_null() && !is_modelled(workspace, name, field) {
                    return Err(Refusal::not_modelled(&format!("{name}.{field}")));
                }
                if field == "healthWithAge" && mentions(value, "outdated") {
                    return Err(Refusal::not_modelled(&format!("{name}.{field}: outdated")));
                }
                if workspace.schema.is_input(inner) {
                    check_input(workspace, inner, value)
                } else {
                    check_operand(workspace, inner, field, value)
                }
            })
        }
        _ => Ok(()),
    }
}

/// Whether the operands of a comparator have the text among them.
fn mentions(operands: &Value, text: &str) -> bool {
    match operands {
        Value::Object(fields) => fields.values().any(|value| mentions(value, text)),
        Value::Array(items) => items.iter().any(|item| mentions(item, text)),
        operand => operand.as_str() == Some(text),
    }
}

/// Whether a key of an entity's filter is about a field that the entity has.
fn is_modelled(workspace: &Workspace<'_>, input: &str, key: &str) -> bool {
    if !input.ends_with("Filter") || COMMON_KEYS.contains(&key) {
        return true;
    }
    let kind = filtered_type(input);
    let field = field_of_key(kind, key);
    workspace.schema.field(kind, field).is_some() || derived::is_filtered_by(kind, field)
}

/// Checks an operand of a comparator: a scalar, a list of scalars, or null.
fn check_operand(
    workspace: &Workspace<'_>,
    scalar: &str,
    field: &str,
    value: &Value,
) -> Result<(), Refusal> {
    match (scalar, value) {
        ("ID", Value::Array(ids)) => {
            let are_uuids = ids.iter().all(|id| id.as_str().is_some_and(is_uuid));
            are_uuids
                .then_some(())
                .ok_or_else(|| Refusal::not_uuids(field))
        }
        ("ID", id) if !id.is_null() && !id.as_str().is_some_and(is_uuid) => {
            Err(Refusal::not_uuid(field))
        }
        (_, Value::Array(items)) => items
            .iter()
            .try_for_each(|item| check_operand(workspace, scalar, field, item)),
        ("DateTimeOrDuration" | "TimelessDateOrDuration", value) if !value.is_null() => {
            let now = workspace.store.clock_ms();
            let moment = value.as_str().and_then(|text| parse_moment(text, now));
            let message = format!("{field} must be a date or an ISO 8601 duration");
            moment
                .map(|_| ())
                .ok_or_else(|| Refusal::validation(field, "isDateOrDuration", message))
        }
        _ => Ok(()),
    }
}

/// How the values of one comparator type are compared (`linear/api.md` §2).
#[derive(Clone, Copy)]
struct Comparator {
    kind: ValueKind,
    /// The moment that durations count from.
    now_ms: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ValueKind {
    /// Texts, numbers, booleans, ids and enums. The values themselves tell which.
    Plain,
    /// Dates, whose operands may be durations.
    Date,
    /// Dates without a time. A duration leads to the day in UTC that it ends on; whether Linear takes the days of another
    /// time zone is not known.
    Day,
    /// Content, which is searched for words.
    Content,
}

impl Comparator {
    /// Whether the value satisfies every operand.
    fn admits(self, value: &Value, operands: &Map<String, Value>) -> bool {
        let branch = |part: &Value| {
            part.as_object()
                .is_none_or(|operands| self.admits(value, operands))
        };
        let is_in = |list: &Value| {
            list.as_array()
                .is_some_and(|list| list.iter().any(|item| self.holds("eq", value, item)))
        };
        operands
            .iter()
            .all(|(operator, operand)| match operator.as_str() {
                _ if operand.is_null() => true,
                "null" => operand.as_bool() == Some(value.is_null()),
                "and" => all_hold(operand, branch),
                "or" => any_holds(operand, branch),
                _ if value.is_null() => false,
                "in" => is_in(operand),
                "nin" => !is_in(operand),
                operator => self.holds(operator, value, operand),
            })
    }

    fn holds(self, operator: &str, value: &Value, operand: &Value) -> bool {
        if matches!(self.kind, ValueKind::Date | ValueKind::Day) {
            let unit_ms = if self.kind == ValueKind::Day {
                DAY_MS
            } else {
                1
            };
            let moment = |text: &Value| {
                let moment = parse_moment(text.as_str()?, self.now_ms);
                moment.map(|ms| ms.div_euclid(unit_ms))
            };
            return match (moment(value), moment(operand)) {
                (Some(left), Some(right)) => compare_ordered(operator, &left, &right),
                _ => false,
            };
        }
        match (value, operand) {
            (Value::String(left), Value::String(right)) if self.kind == ValueKind::Content => {
                contains_words(left, right) == (operator == "contains")
            }
            (Value::String(left), Value::String(right)) => compare_texts(operator, left, right),
            _ => match (value.as_f64(), operand.as_f64()) {
                (Some(left), Some(right)) => compare_ordered(operator, &left, &right),
                _ => (operator == "eq") == (value == operand),
            },
        }
    }
}

fn compare_ordered<T: PartialOrd>(operator: &str, left: &T, right: &T) -> bool {
    match operator {
        "eq" => left == right,
        "neq" => left != right,
        "lt" => left < right,
        "lte" => left <= right,
        "gt" => left > right,
        "gte" => left >= right,
        _ => false,
    }
}

/// Compares texts. `eq` and `in` tell upper from lower case; only the operators that say so in their names do not.
fn compare_texts(operator: &str, left: &str, right: &str) -> bool {
    let lower = |text: &str| text.to_lowercase();
    match operator {
        "eq" => left == right,
        "neq" => left != right,
        "eqIgnoreCase" => lower(left) == lower(right),
        "neqIgnoreCase" => lower(left) != lower(right),
        "startsWith" => left.starts_with(right),
        "startsWithIgnoreCase" => lower(left).starts_with(&lower(right)),
        "notStartsWith" => !left.starts_with(right),
        "endsWith" => left.ends_with(right),
        "notEndsWith" => !left.ends_with(right),
        "contains" => left.contains(right),
        "containsIgnoreCase" => lower(left).contains(&lower(right)),
        "containsIgnoreCaseAndAccent" => without_accents(left).contains(&without_accents(right)),
        "notContains" => !left.contains(right),
        "notContainsIgnoreCase" => !lower(left).contains(&lower(right)),
        _ => false,
    }
}

/// Returns a text in lower case and without the accents of the Latin letters.
fn without_accents(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .map(|letter| match letter {
            'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
            'ç' | 'ć' | 'č' => 'c',
            'ď' | 'đ' => 'd',
            'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
            'ì'..='ï' | 'ī' => 'i',
            'ł' => 'l',
            'ñ' | 'ń' | 'ň' => 'n',
            'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
            'ř' => 'r',
            'ś' | 'š' => 's',
            'ť' => 't',
            'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
            'ý' | 'ÿ' => 'y',
            'ź' | 'ż' | 'ž' => 'z',
            other => other,
        })
        .collect()
}

/// Parses a date of a filter: a date, a date with time, or an ISO 8601 duration from now (`-P2W`). Returns the moment in
/// milliseconds since the epoch, for a bare date its midnight in UTC; `None` when the text is not a date.
fn parse_moment(text: &str, now_ms: i64) -> Option<i64> {
    if let Some(moment) = time::instant(text) {
        return Some(moment);
    }
    // `Span` also parses words such as `2w` and `7 days ago`, which are not durations to Linear.
    if !text.strip_prefix('-').unwrap_or(text).starts_with('P') {
        return None;
    }
    let span: Span = text.parse().ok()?;
    let now = Timestamp::from_millisecond(now_ms).ok()?;
    let then = now.to_zoned(TimeZone::UTC).checked_add(span).ok()?;
    Some(then.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::parse_moment;

    const NOON: i64 = 1_737_028_800_000; // 2025-01-16T12:00:00Z

    #[test]
    fn durations_count_from_now() {
        assert_eq!(
            parse_moment("-P1D", NOON),
            parse_moment("2025-01-15T12:00:00Z", NOON)
        );
        assert_eq!(
            parse_moment("P2W", NOON),
            parse_moment("2025-01-30T12:00:00.000Z", NOON)
        );
        assert_eq!(
            parse_moment("-P1M", NOON),
            parse_moment("2024-12-16T12:00:00Z", NOON)
        );
        assert_eq!(
            parse_moment("-PT3H", NOON),
            parse_moment("2025-01-16T09:00:00Z", NOON)
        );
    }

    #[test]
    fn a_bare_date_is_its_midnight() {
        assert_eq!(
            parse_moment("2025-01-16", NOON),
            Some(NOON - 12 * 3_600_000)
        );
    }

    #[test]
    fn anything_else_is_not_a_date() {
        for text in [
            "",
            "yesterday",
            "2025-13-01",
            "-2W",
            "2w",
            "7 days ago",
            "+P1D",
            "p1d",
        ] {
            assert_eq!(parse_moment(text, NOON), None, "{text}");
        }
    }
}

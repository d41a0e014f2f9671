//! A JSON object for each line of the log; that of a request in the words of `contract.md`, "Metrics".
//!
//! Everything a caller wrote goes through `serde_json`, so no line break in it begins a line of its own.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use crate::clock::Clock;

/// Where the metrics log of the contract has what dispatch counts of a request.
const PLACES: &[(&str, &[&str])] = &[
    ("duration_ms", &["metrics", "total_duration_ms"]),
    ("cache_hits", &["metrics", "cache_hits"]),
    ("cache_misses", &["metrics", "cache_misses"]),
    ("requests", &["metrics", "mcp_calls"]),
    ("cache_hit_rate", &["metrics", "cache_hit_rate"]),
    (
        "read_requests_ms",
        &["metrics", "breakdown", "read_requests_ms"],
    ),
    (
        "write_requests_ms",
        &["metrics", "breakdown", "write_requests_ms"],
    ),
    ("own_ms", &["metrics", "breakdown", "own_ms"]),
];

/// Fields as a JSON object.
pub(super) struct JsonFields;

impl<'w> FormatFields<'w> for JsonFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut object = Object::default();
        fields.record(&mut object);
        writer.write_str(&Value::Object(object.0).to_string())
    }
}

/// Lines of JSON: time, level, where it comes from, the spans' fields, the event's own.
pub(super) struct JsonLines;

impl<S> FormatEvent<S, JsonFields> for JsonLines
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Map::new();
        line.insert("timestamp".to_owned(), now().into());
        let (level, target) = (event.metadata().level(), event.metadata().target());
        line.insert("level".to_owned(), level.as_str().into());
        line.insert("target".to_owned(), target.into());
        for span in context
            .event_scope()
            .into_iter()
            .flat_map(|scope| scope.from_root())
        {
            let extensions = span.extensions();
            if let Some(fields) = extensions.get::<FormattedFields<JsonFields>>() {
                line.extend(objects(&fields.fields));
            }
        }
        let mut object = Object::default();
        event.record(&mut object);
        line.extend(placed(object.0));
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// The moment, ISO 8601.
fn now() -> String {
    let now = jiff::Timestamp::from_millisecond(Clock::system().now_ms());
    now.map_or_else(|_| String::new(), |now| now.to_string())
}

/// The entries of objects that stand one after the other: fields recorded later are a second one.
fn objects(text: &str) -> Vec<(String, Value)> {
    serde_json::Deserializer::from_str(text)
        .into_iter::<Map<String, Value>>()
        .flatten()
        .flatten()
        .collect()
}

/// The fields, with those of a request where the contract has them.
fn placed(fields: Map<String, Value>) -> Map<String, Value> {
    let mut placed = Map::new();
    for (name, value) in fields {
        let known = PLACES.iter().find(|(field, _)| *field == name);
        match known {
            Some((_, path)) => put(&mut placed, path, value),
            None => put(&mut placed, &[&name], value),
        }
    }
    placed
}

fn put(object: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [name] => {
            object.insert((*name).to_owned(), value);
        }
        [name, rest @ ..] => {
            let inner = object
                .entry(*name)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// Collects fields.
#[derive(Default)]
struct Object(Map<String, Value>);

impl Object {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Object {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_counted_of_a_request_stands_where_the_contract_has_it() {
        let Value::Object(fields) = json!({
            "message": "answered", "outcome": "OK", "requests": 1, "duration_ms": 680, "own_ms": 3,
            "cache_hit_rate": "100%", "cache_hits": 4,
        }) else {
            unreachable!("an object")
        };
        let expected = json!({
            "message": "answered", "outcome": "OK",
            "metrics": {
                "mcp_calls": 1, "total_duration_ms": 680, "breakdown": {"own_ms": 3},
                "cache_hit_rate": "100%", "cache_hits": 4,
            },
        });
        assert_eq!(Value::Object(placed(fields)), expected);
    }

    #[test]
    fn fields_recorded_later_come_on_top() {
        let fields = objects(r#"{"a": 1, "b": 2} {"b": 3}"#);
        let last: Map<String, Value> = fields.into_iter().collect();
        assert_eq!(Value::Object(last), json!({"a": 1, "b": 3}));
    }
}

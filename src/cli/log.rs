//! Logging to standard error, because the protocol uses standard output.
//!
//! A pipe that nobody reads is full after 64 KiB, and a further write to it would block the whole server. So lines are put into a
//! queue, and a thread of its own writes them: whoever logs does not wait for the reader of standard error.
//!
//! In the JSON format a line is an object, and the line of a request has the field names of `contract.md`, "Metrics". Everything that
//! a caller wrote goes through `serde_json`, so that a line break in a caller's text does not begin a new line of the log.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use crate::clock::Clock;
use crate::settings::LogFormat;
use crate::text::escape;
use crate::text::secret::Secrets;

/// Begins to log the events that the filter (directives of `EnvFilter`) selects. The secrets are hidden in every line, because
/// libraries log values such as the address of a request.
pub(super) fn begin(filter: &str, format: LogFormat, secrets: Secrets) {
    let secrets = Arc::new(secrets);
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(move || SafeWriter {
            out: &STDERR,
            secrets: Arc::clone(&secrets),
        })
        .with_ansi(false);
    let begun = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log
            .fmt_fields(JsonFields)
            .event_format(JsonLines)
            .try_init(),
    };
    // A second logger in one process is refused, and the first one stays in use.
    drop(begun);
}

/// A writer that hides secrets and escapes every hidden character. The bytes of each call must be whole characters. They are,
/// because the subscriber writes a whole line at once.
struct SafeWriter<W> {
    out: W,
    secrets: Arc<Secrets>,
}

impl<W: Write> Write for SafeWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = self.secrets.hide(&String::from_utf8_lossy(line));
        self.out.write_all(escape::visible(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// How many bytes may wait in the queue. A line that does not fit is dropped and counted.
const MOST_BYTES: usize = 1024 * 1024;

/// How long the end of the process waits until the lines in the queue are written.
const LONGEST_FLUSH: Duration = Duration::from_secs(1);

/// The queue of lines for the process's standard error.
static STDERR: Queue = Queue::new();

/// Queues a text of whole lines for standard error, and returns before it is written.
pub(super) fn write(text: &str) {
    STDERR.push(text.as_bytes());
}

/// Returns when all lines in the queue are written to standard error, or after [`LONGEST_FLUSH`].
pub(super) fn finish() {
    STDERR.finish(LONGEST_FLUSH);
}

/// Lines that wait to be written, in order.
struct Queue {
    state: Mutex<QueueState>,
    /// Notified whenever the state changes.
    changed: Condvar,
    /// Done once the thread that writes has been started.
    writer: Once,
}

struct QueueState {
    waiting: VecDeque<Vec<u8>>,
    /// How many bytes wait or are being written.
    bytes: usize,
    /// How many lines were dropped since a line last reported that.
    dropped: usize,
}

impl QueueState {
    fn add(&mut self, line: Vec<u8>) {
        self.bytes += line.len();
        self.waiting.push_back(line);
    }

    /// Adds a line that reports how many lines were dropped, if any were.
    fn report_dropped(&mut self) {
        let dropped = std::mem::take(&mut self.dropped);
        if dropped > 0 {
            let lines = if dropped == 1 {
                "line was"
            } else {
                "lines were"
            };
            let report = format!(
                "linear-ops: {dropped} {lines} dropped here, because standard error was not read\n"
            );
            self.add(report.into_bytes());
        }
    }
}

impl Queue {
    const fn new() -> Self {
        Self {
            state: Mutex::new(QueueState {
                waiting: VecDeque::new(),
                bytes: 0,
                dropped: 0,
            }),
            changed: Condvar::new(),
            writer: Once::new(),
        }
    }

    /// Adds whole lines like [`Queue::add`], and starts the thread that writes them. A line that is longer than the queue is
    /// added when nothing else waits.
    fn push(&'static self, text: &[u8]) {
        self.writer.call_once(|| {
            // A failure is not reported: a process without this thread cannot start the thread that reads standard input either.
            let writer = thread::Builder::new().name("stderr".to_owned());
            drop(writer.spawn(|| self.write_to(&mut io::stderr())));
        });
        self.add(text);
    }

    /// Adds whole lines, or counts them as dropped where they do not fit.
    fn add(&self, text: &[u8]) {
        let mut state = self.state();
        if state.bytes > 0 && state.bytes + text.len() > MOST_BYTES {
            state.dropped += 1;
        } else {
            state.report_dropped();
            state.add(text.to_vec());
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Writes lines as they come, without end.
    fn write_to(&self, out: &mut impl Write) {
        loop {
            let mut state = self.state();
            let line = loop {
                if let Some(line) = state.waiting.pop_front() {
                    break line;
                }
                let woken = self.changed.wait(state);
                state = woken.unwrap_or_else(PoisonError::into_inner);
            };
            drop(state);
            // Nobody reads a closed standard error, so that its failure is not reported anywhere.
            let _ = out.write_all(&line);
            self.state().bytes -= line.len();
            self.changed.notify_all();
        }
    }

    /// Returns when every line is written, or after `limit`.
    fn finish(&self, limit: Duration) {
        let mut state = self.state();
        state.report_dropped();
        self.changed.notify_all();
        drop(
            self.changed
                .wait_timeout_while(state, limit, |state| state.bytes > 0),
        );
    }

    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for &'static Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The measurements of a request: the name of the field in which `engine` logs each, and its path in the metrics of the contract.
const METRIC_PATHS: &[(&str, &[&str])] = &[
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

/// Writes fields as a JSON object.
struct JsonFields;

impl<'w> FormatFields<'w> for JsonFields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut collector = FieldCollector::default();
        fields.record(&mut collector);
        writer.write_str(&Value::Object(collector.0).to_string())
    }
}

/// Writes an event as a line of JSON: its time, level and module, the fields of its spans, and its own fields.
struct JsonLines;

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
        let now = jiff::Timestamp::from_millisecond(Clock::system().now_ms());
        let now = now.map_or_else(|_| String::new(), |now| now.to_string());
        line.insert("timestamp".to_owned(), now.into());
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
                line.extend(entries(&fields.fields));
            }
        }
        let mut collector = FieldCollector::default();
        event.record(&mut collector);
        line.extend(with_metric_paths(collector.0));
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// Reads the entries of JSON objects that follow one another in a text. There are several, because `tracing_subscriber` writes the
/// fields that a span records later as a further object.
fn entries(text: &str) -> Vec<(String, Value)> {
    serde_json::Deserializer::from_str(text)
        .into_iter::<Map<String, Value>>()
        .flatten()
        .flatten()
        .collect()
}

/// Moves the fields that are metrics of a request to their paths; the other fields keep their names.
fn with_metric_paths(fields: Map<String, Value>) -> Map<String, Value> {
    let mut object = Map::new();
    for (name, value) in fields {
        match METRIC_PATHS.iter().find(|(field, _)| *field == name) {
            Some((_, path)) => insert_at(&mut object, path, value),
            None => insert_at(&mut object, &[&name], value),
        }
    }
    object
}

/// Inserts a value at a path of keys. Missing objects on the path are inserted, too.
fn insert_at(object: &mut Map<String, Value>, path: &[&str], value: Value) {
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
                insert_at(inner, rest, value);
            }
        }
    }
}

/// Collects the fields of an event or a span.
#[derive(Default)]
struct FieldCollector(Map<String, Value>);

impl FieldCollector {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for FieldCollector {
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
    fn a_line_shows_what_is_hidden_in_it() {
        let mut written = SafeWriter {
            out: Vec::new(),
            secrets: Arc::default(),
        };
        written
            .write_all("{\"a\":\"b\u{202e}\u{e0041}é\"}\n".as_bytes())
            .unwrap();
        let text = String::from_utf8(written.out).unwrap();
        assert_eq!(text, "{\"a\":\"b\\u202e\\udb40\\udc41é\"}\n");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value.get("a").unwrap(), "b\u{202e}\u{e0041}é");
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_counted_before_the_next_line_that_does() {
        let queue = Queue::new();
        queue.add(&vec![b'x'; MOST_BYTES + 1]);
        for _ in 0..3 {
            queue.add(b"dropped\n");
        }
        let mut state = queue.state();
        state.waiting.clear();
        state.bytes = 0;
        drop(state);
        queue.add(b"next\n");
        let waiting: Vec<String> = queue
            .state()
            .waiting
            .iter()
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        let report = "linear-ops: 3 lines were dropped here, because standard error was not read\n";
        assert_eq!(waiting, [report, "next\n"]);
    }

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
        assert_eq!(Value::Object(with_metric_paths(fields)), expected);
    }

    #[test]
    fn fields_recorded_later_come_on_top() {
        let fields = entries(r#"{"a": 1, "b": 2} {"b": 3}"#);
        let last: Map<String, Value> = fields.into_iter().collect();
        assert_eq!(Value::Object(last), json!({"a": 1, "b": 3}));
    }
}

//! Logging to standard error: the protocol has standard output.

mod json;

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;

use self::json::{JsonFields, JsonLines};
use crate::settings::LogFormat;
use crate::text::escape;

/// Begins logging what the filter (directives of `EnvFilter`) lets through.
pub(super) fn begin(filter: &str, format: LogFormat) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(|| Visible(io::stderr()))
        .with_ansi(false);
    let begun = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log
            .fmt_fields(JsonFields)
            .event_format(JsonLines)
            .try_init(),
    };
    // Only a second beginning in one process fails, which leaves the first in force.
    drop(begun);
}

/// Writes lines with every hidden character in them escaped. Each call is to bring whole characters: the subscriber
/// writes a whole line at once.
struct Visible<W>(W);

impl<W: Write> Write for Visible<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        self.0.write_all(escape::visible(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test may panic")]

    use super::*;

    #[test]
    fn a_line_shows_what_is_hidden_in_it() {
        let mut written = Visible(Vec::new());
        written
            .write_all("{\"a\":\"b\u{202e}\u{e0041}é\"}\n".as_bytes())
            .unwrap();
        let text = String::from_utf8(written.0).unwrap();
        assert_eq!(text, "{\"a\":\"b\\u202e\\udb40\\udc41é\"}\n");
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value.get("a").unwrap(), "b\u{202e}\u{e0041}é");
    }
}

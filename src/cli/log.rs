//! Logging to standard error: the protocol has standard output.

mod json;
mod queue;

use std::io::{self, Write};
use std::sync::Arc;

use tracing_subscriber::EnvFilter;

use self::json::{JsonFields, JsonLines};
use self::queue::STDERR;
pub(super) use self::queue::{finish, write};
use crate::settings::LogFormat;
use crate::text::escape;
use crate::text::secret::Secrets;

/// Begins logging what the filter (directives of `EnvFilter`) lets through, without these secrets: the libraries below
/// log what they are given, such as the address that a request goes to.
pub(super) fn begin(filter: &str, format: LogFormat, secrets: Secrets) {
    let secrets = Arc::new(secrets);
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(move || Shown {
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
    // Only a second beginning in one process fails, which leaves the first in force.
    drop(begun);
}

/// Writes lines without secrets and with every hidden character in them escaped. Each call is to bring whole characters:
/// the subscriber writes a whole line at once.
struct Shown<W> {
    out: W,
    secrets: Arc<Secrets>,
}

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = self.secrets.hide(&String::from_utf8_lossy(line));
        self.out.write_all(escape::visible(&text).as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_what_is_hidden_in_it() {
        let mut written = Shown {
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
}

//! Logging to standard error: the protocol has standard output.

mod json;

use std::io::{self, Write};
use std::sync::Arc;

use tracing_subscriber::EnvFilter;

use self::json::{JsonFields, JsonLines};
use crate::settings::LogFormat;
use crate::text::secret::Secrets;

/// Begins logging what the filter (directives of `EnvFilter`) lets through, without these secrets: the libraries below
/// log what they are given, such as the address that a request goes to.
pub(super) fn begin(filter: &str, format: LogFormat, secrets: Secrets) {
    let secrets = Arc::new(secrets);
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(move || Hiding(Arc::clone(&secrets)))
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

/// Standard error without secrets. A line comes in one piece.
struct Hiding(Arc<Secrets>);

impl Write for Hiding {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = self.0.hide(&String::from_utf8_lossy(bytes));
        io::stderr().lock().write_all(text.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

//! Logging to standard error: the protocol has standard output.

mod json;

use tracing_subscriber::EnvFilter;

use self::json::{JsonFields, JsonLines};
use crate::settings::LogFormat;

/// Begins logging what the filter (directives of `EnvFilter`) lets through.
pub(super) fn begin(filter: &str, format: LogFormat) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
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

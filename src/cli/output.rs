//! Standard output, whose reader may go away at any time: `linear-ops help | head -1` is no failure.

use std::io::{self, ErrorKind, Write as _};

use super::Wrong;
use crate::text::escape;

/// Whether anybody still reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// As far as is known.
    Here,
    /// It closed its end.
    Gone,
}

/// Prints a text, every hidden character in it escaped, and flushes it.
///
/// # Errors
/// When it cannot be written for another reason than that nobody reads.
pub(super) fn print(text: &str) -> Result<Reader, Wrong> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(escape::visible(text).as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => Ok(Reader::Here),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(Wrong::new(format!(
            "Standard output cannot be written: {error}"
        ))),
    }
}

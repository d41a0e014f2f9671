//! Dates and points in time.

use std::fmt;

use jiff::civil::Date;
use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::de::{Error, Unexpected};

use super::lenient::{Lenient, Scalar, parameter};

/// A calendar day that exists: `YYYY-MM-DD`, or an ISO timestamp. The day of a timestamp is taken as written, in its
/// own time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(Date);

impl Day {
    /// The day.
    pub fn date(self) -> Date {
        self.0
    }
}

impl fmt::Display for Day {
    /// `YYYY-MM-DD`, which is Linear's `TimelessDate`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Lenient for Day {
    const EXPECTED: &'static str = "a date that exists, as YYYY-MM-DD";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        parse_iso(text.trim()).map(|pieces| Self(pieces.date()))
    }
}

parameter!(Day, Word, { "type": "string" });

/// A point in time to filter by, as the text that Linear's `DateTimeOrDuration` takes: a day (`2025-02-01`), a
/// timestamp in UTC (one without an offset is taken as UTC), or an ISO duration back from now (`-P7D` is a week ago).
/// A duration into the future is refused: nothing has changed after a future time, so the minus was forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment(String);

impl Moment {
    /// The point in time that a text means; `None` where it means none.
    pub fn new(text: &str) -> Option<Self> {
        Self::from_scalar(&Scalar::from_text(text))
    }

    /// The text to send to Linear.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Lenient for Moment {
    const EXPECTED: &'static str =
        "YYYY-MM-DD, an ISO timestamp, or an ISO duration such as -P7D (a week ago)";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let text = text.trim();
        match duration(text) {
            Some(span) => span.starts_with('-').then_some(Self(span)),
            None => instant(text).map(Self),
        }
    }

    fn refuse<E: Error>(given: &Scalar<'_>) -> E {
        match duration(given.text().trim()) {
            Some(ahead) => E::custom(format!("it lies ahead; did you mean -{ahead}?")),
            None => E::invalid_value(Unexpected::Str(&given.text()), &Self::EXPECTED),
        }
    }
}

parameter!(Moment, Word, { "type": "string" });

/// A timestamp with a time of day that the caller has seen in an answer: when an entity was last changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenTimestamp {
    at: Timestamp,
    /// Whether the timestamp has no fraction of a second, as answers show it. It then stands for the whole second.
    to_the_second: bool,
}

impl SeenTimestamp {
    /// Whether an entity whose last change is `changed`, as Linear writes it, was changed after this timestamp.
    /// Returns true for a time that cannot be parsed.
    pub fn is_before(self, changed: &str) -> bool {
        match changed.parse::<Timestamp>() {
            Ok(changed) if self.to_the_second => changed.as_second() > self.at.as_second(),
            Ok(changed) => changed > self.at,
            Err(_) => true,
        }
    }
}

impl Lenient for SeenTimestamp {
    const EXPECTED: &'static str =
        "a timestamp with its time of day such as 2025-01-16T14:30:05Z, as updated_at tells it";

    fn from_scalar(given: &Scalar<'_>) -> Option<Self> {
        let text = given.text();
        let text = text.trim();
        let at = parse_iso(text).filter(|pieces| pieces.time().is_some());
        let at: Timestamp = at.and_then(|_| instant(text))?.parse().ok()?;
        Some(Self {
            at,
            to_the_second: !text.contains('.'),
        })
    }
}

parameter!(SeenTimestamp, Word, { "type": "string" });

/// Parses an ISO date or timestamp with hyphens. The parser would also take `20250201`, which may be a plain number.
fn parse_iso(text: &str) -> Option<Pieces<'_>> {
    let dashed = text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    if !dashed || !digits {
        return None;
    }
    Pieces::parse(text).ok()
}

fn instant(text: &str) -> Option<String> {
    let pieces = parse_iso(text)?;
    let Some(time) = pieces.time() else {
        return Some(pieces.date().to_string());
    };
    let zone = match pieces.to_numeric_offset() {
        Some(offset) => TimeZone::fixed(offset),
        None => TimeZone::UTC,
    };
    let instant: Timestamp = zone.to_timestamp(pieces.date().to_datetime(time)).ok()?;
    Some(instant.to_string())
}

/// An ISO duration in capitals and without a plus. The parser alone would also take `7 days ago`, which Linear does
/// not.
fn duration(text: &str) -> Option<String> {
    let text = text.strip_prefix('+').unwrap_or(text).to_ascii_uppercase();
    if !text.strip_prefix('-').unwrap_or(&text).starts_with('P') {
        return None;
    }
    text.parse::<Span>().ok().map(|_| text)
}

//! Dates as filters give them: a date, a date with time, or an ISO 8601 duration from now (`-P2W`).

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::super::time;

/// The moment in milliseconds since the epoch; a bare date is its midnight in UTC. `None` when it is no date.
pub(super) fn read(text: &str, now_ms: i64) -> Option<i64> {
    if let Some(at) = time::instant(text) {
        return Some(at);
    }
    // `Span` also reads words such as `2w` and `7 days ago`, which are no durations to Linear.
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
    use super::read;

    const NOON: i64 = 1_737_028_800_000; // 2025-01-16T12:00:00Z

    #[test]
    fn durations_count_from_now() {
        assert_eq!(read("-P1D", NOON), read("2025-01-15T12:00:00Z", NOON));
        assert_eq!(read("P2W", NOON), read("2025-01-30T12:00:00.000Z", NOON));
        assert_eq!(read("-P1M", NOON), read("2024-12-16T12:00:00Z", NOON));
        assert_eq!(read("-PT3H", NOON), read("2025-01-16T09:00:00Z", NOON));
    }

    #[test]
    fn a_bare_date_is_its_midnight() {
        assert_eq!(read("2025-01-16", NOON), Some(NOON - 12 * 3_600_000));
    }

    #[test]
    fn anything_else_is_no_date() {
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
            assert_eq!(read(text, NOON), None, "{text}");
        }
    }
}

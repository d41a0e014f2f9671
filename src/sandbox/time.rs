//! Timestamps and dates as Linear writes them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::store::Store;

/// Returns milliseconds since the epoch as a `DateTime`: `2025-01-16T10:00:00.001Z`.
pub(super) fn iso(ms: i64) -> String {
    Timestamp::from_millisecond(ms)
        .unwrap_or_default()
        .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
        .to_string()
}

/// Returns milliseconds since the epoch as the `Date` header has them: `Thu, 16 Jan 2025 10:00:00 GMT`.
pub(super) fn http_date(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms)
        .unwrap_or_default()
        .strftime("%a, %d %b %Y %H:%M:%S GMT")
        .to_string()
}

/// The present moment of the store's clock as a `DateTime`, later than every earlier one.
pub(super) fn now(store: &mut Store) -> String {
    let ms = store.now_ms();
    iso(ms)
}

/// Parses a `DateTime` (RFC 3339, or a date alone at midnight UTC) and returns it in milliseconds since the epoch.
pub(super) fn instant(text: &str) -> Option<i64> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let midnight = format!("{}T00:00:00Z", date(text)?);
    midnight
        .parse::<Timestamp>()
        .ok()
        .map(Timestamp::as_millisecond)
}

/// Parses a `TimelessDate`: exactly `YYYY-MM-DD`.
pub(super) fn date(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|_| text.len() == 10)
}

/// The timestamp in a field of a record, in milliseconds since the epoch.
pub(super) fn field_ms(value: Option<&Value>) -> Option<i64> {
    value.and_then(Value::as_str).and_then(instant)
}

#[cfg(test)]
mod tests {
    use super::{date, instant, iso};

    #[test]
    fn timestamps_carry_milliseconds_and_come_back() {
        assert_eq!(iso(1_737_021_600_001), "2025-01-16T10:00:00.001Z");
        assert_eq!(instant("2025-01-16T10:00:00.001Z"), Some(1_737_021_600_001));
        assert_eq!(instant("2025-01-16"), Some(1_736_985_600_000));
        assert_eq!(instant("yesterday"), None);
    }

    #[test]
    fn dates_are_whole_days() {
        assert!(date("2025-02-28").is_some());
        assert!(date("2025-02-30").is_none());
        assert!(date("2025-02-28T10:00:00").is_none());
    }
}

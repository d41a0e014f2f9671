//! This machine's clock against Linear's. Times in filters (`-P7D`) count on it.

use jiff::fmt::rfc2822;

use super::finding::Finding;
use super::witness::Exchange;

/// How many seconds the clocks may differ before it is worth a word.
const TOLERATED_S: i64 = 5;

/// The clock, as the `Date` header of an answer shows it.
pub(super) fn check(exchange: &Exchange) -> Finding {
    let Some(theirs) = exchange.reply.header("date").and_then(read) else {
        let text = "not compared: the answer does not say when it was written";
        return Finding::ok("clock", text);
    };
    let off = off_by_s(exchange.sent_ms, exchange.received_ms, theirs);
    if off.abs() <= TOLERATED_S {
        let text = format!("within {TOLERATED_S} s of the server's");
        return Finding::ok("clock", text);
    }
    let (by, which) = (off.abs(), if off > 0 { "ahead of" } else { "behind" });
    let text = format!(
        "{by} s {which} the server's, so times in filters are wrong by as much. \
         Set this machine's clock, best by a time service"
    );
    Finding::warning("clock", text)
}

/// An HTTP date, in milliseconds since the epoch.
fn read(header: &str) -> Option<i64> {
    let moment = rfc2822::DateTimeParser::new().parse_timestamp(header);
    moment.ok().map(|moment| moment.as_millisecond())
}

/// By how many whole seconds this clock is ahead at least. The date is cut to a second, and was written at some moment
/// between sending and receiving.
fn off_by_s(sent_ms: i64, received_ms: i64, theirs_ms: i64) -> i64 {
    let latest = theirs_ms + 999;
    let off = if latest < sent_ms {
        sent_ms - latest
    } else {
        (received_ms - theirs_ms).min(0)
    };
    off / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_within_the_exchange_is_no_difference() {
        for (sent, received, theirs) in [(10_500, 10_600, 10_000), (10_900, 11_100, 11_000)] {
            assert_eq!(off_by_s(sent, received, theirs), 0);
        }
        // A slow answer says little: the date may have been written at any moment of it.
        assert_eq!(off_by_s(10_000, 40_000, 38_000), 0);
    }

    #[test]
    fn clocks_that_differ_are_told_apart() {
        assert_eq!(off_by_s(70_000, 70_100, 9_000), 60);
        assert_eq!(off_by_s(9_000, 9_100, 70_000), -60);
    }

    #[test]
    fn http_dates_are_read() {
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
        assert_eq!(read("yesterday"), None);
    }
}

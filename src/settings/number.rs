//! Numbers within bounds.

use std::ops::RangeInclusive;
use std::str::FromStr;

use super::shown;

/// A whole number within the range.
///
/// # Errors
/// What the value is, when it is none.
pub(super) fn number<T: FromStr + PartialOrd>(
    value: &str,
    range: RangeInclusive<T>,
) -> Result<T, String> {
    match value.parse::<T>() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(shown(value)),
    }
}

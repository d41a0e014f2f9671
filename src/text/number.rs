//! Numbers as they are written in an answer.

use serde_json::Value;

/// A count that Linear sends as a float, as the whole number it is.
pub fn whole(number: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "numbers of issues, cycles and points are far below 2^53; a fraction stays a float"
    )]
    let integer = number as i64;
    if (number - number.trunc()).abs() < f64::EPSILON {
        Value::from(integer)
    } else {
        Value::from(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_lose_their_point_and_fractions_keep_it() {
        assert_eq!(whole(12.0).to_string(), "12");
        assert_eq!(whole(-3.0).to_string(), "-3");
        assert_eq!(whole(1.5).to_string(), "1.5");
    }
}

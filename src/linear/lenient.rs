//! Parses Linear's answers as JSON. Invalid characters are replaced, and the number of values is limited.
//!
//! Other people and integrations write texts into Linear in many ways, and such a text may end in half of a surrogate
//! pair. This must not make a whole list or the outcome of a write unreadable, so invalid characters are replaced by
//! U+FFFD.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::text::escape;

/// The maximum number of values in one answer. Even the answer to a document of 10,000 complexity points, which is
/// Linear's limit, has far fewer values. A limit on the bytes of the answer alone would not bound the memory, because
/// even the shortest value can take some hundred bytes of memory.
pub(super) const MOST_VALUES: usize = 200_000;

/// The character that replaces an invalid one.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The result of parsing a JSON text.
#[derive(Debug, PartialEq)]
pub(super) struct Parsed {
    /// The parsed value.
    pub value: Value,
    /// How many invalid characters were replaced by U+FFFD in the value.
    pub replaced: usize,
}

/// The reason why a text could not be parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ParseError {
    /// The text is not JSON.
    Malformed,
    /// The text has more values than this limit.
    TooMany(usize),
}

/// Parses JSON with at most `most` values. Lists, objects and their entries all count as values. A byte order mark at
/// the start is skipped.
///
/// # Errors
/// Returns [`ParseError`] when the text is not JSON or has more values than `most`. No more than `most` values are
/// built in any case.
pub(super) fn parse(bytes: &[u8], most: usize) -> Result<Parsed, ParseError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let (text, replaced_bytes) = decode_utf8(bytes);
    let repaired = escape::replace_lone_surrogates(text.as_bytes());
    let (json, replaced_surrogates) = match &repaired {
        Some((repaired, count)) => (repaired.as_slice(), *count),
        None => (text.as_bytes(), 0),
    };
    let seed = CountedValue {
        left: &Cell::new(most),
        is_over: &Cell::new(false),
    };
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let value = seed.deserialize(&mut deserializer);
    let value = value.and_then(|value| deserializer.end().map(|()| value));
    match value {
        Ok(value) => Ok(Parsed {
            value,
            replaced: replaced_bytes + replaced_surrogates,
        }),
        Err(_) if seed.is_over.get() => Err(ParseError::TooMany(most)),
        Err(_) => Err(ParseError::Malformed),
    }
}

/// Returns the bytes as text, and how many invalid UTF-8 sequences were replaced.
fn decode_utf8(bytes: &[u8]) -> (Cow<'_, str>, usize) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (Cow::Borrowed(text), 0);
    }
    let (mut text, mut replaced) = (String::with_capacity(bytes.len()), 0);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(REPLACEMENT);
            replaced += 1;
        }
    }
    (Cow::Owned(text), replaced)
}

/// A deserializer seed that builds a value, and fails as soon as the number of values exceeds the limit.
#[derive(Clone, Copy)]
struct CountedValue<'c> {
    /// How many more values may be built.
    left: &'c Cell<usize>,
    is_over: &'c Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for CountedValue<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let Some(left) = self.left.get().checked_sub(1) else {
            self.is_over.set(true);
            return Err(D::Error::custom("too many values"));
        };
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for CountedValue<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            object.insert(key, entries.next_value_seed(self)?);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn replaced(bytes: &[u8]) -> (Value, usize) {
        let parsed = parse(bytes, MOST_VALUES).unwrap();
        (parsed.value, parsed.replaced)
    }

    #[test]
    fn half_an_emoji_is_one_replaced_character() {
        for (text, read, count) in [
            (r#""a\ud83d""#, "a\u{fffd}", 1),
            (r#""\uD83Db""#, "\u{fffd}b", 1),
            (r#""\ude80\ud83d""#, "\u{fffd}\u{fffd}", 2),
            (r#""\ud83d\ud83d\ude80""#, "\u{fffd}🚀", 1),
            (r#""\ud83d\n""#, "\u{fffd}\n", 1),
            (r#""\ud83d\u0041""#, "\u{fffd}A", 1),
            // These are complete surrogate pairs, or no escapes at all.
            (r#""\ud83d\ude80""#, "🚀", 0),
            (r#""\\ud83d""#, "\\ud83d", 0),
            (r#""\\\\ud83d\\""#, "\\\\ud83d\\", 0),
        ] {
            assert_eq!(replaced(text.as_bytes()), (json!(read), count), "{text}");
        }
        assert_eq!(replaced(br#"{"\ud83d": 1}"#), (json!({"\u{fffd}": 1}), 1));
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        assert_eq!(
            replaced(b"\"a\xFFb\xF0\x9F\""),
            (json!("a\u{fffd}b\u{fffd}"), 2)
        );
        assert_eq!(replaced(b"\xEF\xBB\xBF {\"a\": 1}"), (json!({"a": 1}), 0));
        // A second byte order mark is not JSON.
        let twice = b"\xEF\xBB\xBF\xEF\xBB\xBF1";
        assert_eq!(parse(twice, 9), Err(ParseError::Malformed));
    }

    #[test]
    fn values_are_counted_while_they_are_read() {
        let text = br#"{"a": [1, 2, {"b": null}], "c": "d"}"#;
        assert!(parse(text, 7).is_ok());
        assert_eq!(parse(text, 6), Err(ParseError::TooMany(6)));
        // The text after the limit is not read, so it may have any length and need not be JSON.
        assert_eq!(parse(b"[1, 2, 3, oops", 3), Err(ParseError::TooMany(3)));
        let bomb = "[".repeat(100_000);
        assert_eq!(
            parse(bomb.as_bytes(), MOST_VALUES),
            Err(ParseError::Malformed)
        );
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for text in [
            "",
            "<html>",
            "{\"a\": 1",
            "1 2",
            "\"\\u12\"",
            "\"\\",
            "\\",
            "\"\\é\"",
        ] {
            assert_eq!(
                parse(text.as_bytes(), 9),
                Err(ParseError::Malformed),
                "{text}"
            );
        }
    }

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\\\\u🚀d8\"]{0,9}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                proptest::collection::vec((any::<String>(), inner), 0..8)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    /// Returns the JSON text with every non-ASCII character of its strings written as an escape.
    fn escaped(text: &str) -> String {
        let mut escaped = String::new();
        for char in text.chars() {
            if char.is_ascii() {
                escaped.push(char);
            } else {
                let mut units = [0; 2];
                for unit in char.encode_utf16(&mut units) {
                    escaped.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
        escaped
    }

    proptest! {
        #[test]
        fn good_json_is_read_as_serde_json_reads_it(value in json_value(), is_pretty: bool) {
            let text = if is_pretty {
                serde_json::to_string_pretty(&value).unwrap()
            } else {
                value.to_string()
            };
            for text in [escaped(&text), text] {
                let theirs: Value = serde_json::from_str(&text).unwrap();
                prop_assert_eq!(replaced(text.as_bytes()), (theirs, 0));
            }
        }

        #[test]
        fn whatever_serde_json_reads_is_read_the_same(text in "[\\[\\]{}\":, \\\\u0dD8cé🚀aetrufls.-]{0,24}") {
            if let Ok(theirs) = serde_json::from_str::<Value>(&text) {
                prop_assert_eq!(replaced(text.as_bytes()), (theirs, 0));
            }
        }

        #[test]
        fn no_bytes_are_too_much(bytes: Vec<u8>) {
            let _ = parse(&bytes, 9);
        }
    }
}

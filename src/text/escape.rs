//! Characters that are not shown, and halves of characters.
//!
//! Directional controls, zero-width characters, tags and control characters can make a text look different to a person
//! from what a model or a terminal reads. [`visible`] writes them as escapes. JavaScript can cut a text between the two
//! halves (surrogates) of an emoji; [`replace_lone_surrogates`] repairs the JSON that it writes then.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::name::is_invisible;

/// The zero-width joiner, which combines two emoji.
const JOINER: char = '\u{200d}';

/// The characters of a text, each with whether it is hidden: a control character other than a line break or a tab, or
/// a character that shows nothing. A joiner between emoji, and a presentation selector after an emoji, are not hidden.
pub fn characters(text: &str) -> impl Iterator<Item = (char, bool)> + '_ {
    let mut rest = text.chars().peekable();
    // The emoji before the next character, if there is one, and whether a selector stands between them.
    let mut emoji = None;
    std::iter::from_fn(move || {
        let c = rest.next()?;
        let (hidden, next) = match (c, emoji) {
            (JOINER, Some((before, _))) => {
                let joins =
                    is_pictograph(before) && rest.peek().copied().is_some_and(is_pictograph);
                (!joins, None)
            }
            ('\u{fe0e}' | '\u{fe0f}', Some((before, false))) => (false, Some((before, true))),
            _ => {
                // A selector may follow the characters of keycaps, too.
                let takes_selector = is_pictograph(c) || matches!(c, '0'..='9' | '#' | '*');
                let is_hidden = match c {
                    '\n' | '\t' => false,
                    '\u{2028}' | '\u{2029}' | '\u{1d173}'..='\u{1d17a}' => true,
                    c => c.is_control() || is_invisible(c),
                };
                (is_hidden, takes_selector.then_some((c, false)))
            }
        };
        emoji = next;
        Some((c, hidden))
    })
}

/// Whether a text has no hidden character.
pub fn is_fully_visible(text: &str) -> bool {
    characters(text).all(|(_, hidden)| !hidden)
}

/// A text for a log line or a terminal: every hidden character is replaced by its JSON escape, `\u202e`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_fully_visible(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for (c, hidden) in characters(text) {
        if hidden {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// Whether a character is in a Unicode block that contains emoji. The other characters in these blocks are symbols.
fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21ff}'
        | '\u{2300}'..='\u{23ff}' | '\u{24c2}' | '\u{25a0}'..='\u{27bf}' | '\u{2934}' | '\u{2935}'
        | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

/// JSON with every escape of a lone surrogate replaced by that of U+FFFD, and the number of them; `None` where there
/// are none. A backslash in JSON is always inside a string, so that the text need not be parsed further.
pub fn replace_lone_surrogates(json: &[u8]) -> Option<(Vec<u8>, usize)> {
    // The byte offsets of the escapes of lone surrogates.
    let mut surrogates = Vec::new();
    let mut place = 0;
    while let Some(before) = json
        .get(place..)
        .unwrap_or_default()
        .iter()
        .position(|byte| *byte == b'\\')
    {
        place += before;
        let escape = json.get(place..).unwrap_or_default();
        let (is_lone, length) = match code_unit(escape) {
            Some(0xd800..=0xdbff) => match escape.get(6..).and_then(code_unit) {
                Some(0xdc00..=0xdfff) => (false, 12),
                _ => (true, 6),
            },
            Some(0xdc00..=0xdfff) => (true, 6),
            // The character after the backslash may be a backslash itself.
            _ => (false, 2),
        };
        if is_lone {
            surrogates.push(place);
        }
        place += length;
    }
    if surrogates.is_empty() {
        return None;
    }
    let mut repaired = json.to_vec();
    for place in &surrogates {
        if let Some(escape) = repaired.get_mut(*place..*place + 6) {
            escape.copy_from_slice(b"\\ufffd");
        }
    }
    Some((repaired, surrogates.len()))
}

/// The UTF-16 code unit whose escape the JSON begins with.
fn code_unit(json: &[u8]) -> Option<u16> {
    let digits = json.strip_prefix(b"\\u")?.get(..4)?;
    let digits = std::str::from_utf8(digits).ok()?;
    let hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_is_hidden_is_written_out() {
        for (text, seen) in [
            ("a\u{202e}b", "a\\u202eb"),
            ("\u{2066}x\u{2069}", "\\u2066x\\u2069"),
            ("\u{200e}\u{200f}\u{61c}", "\\u200e\\u200f\\u061c"),
            ("\u{e0041}\u{e007f}", "\\udb40\\udc41\\udb40\\udc7f"),
            (
                "a\u{200b}\u{200c}\u{2060}\u{feff}\u{ad}\u{180e}",
                "a\\u200b\\u200c\\u2060\\ufeff\\u00ad\\u180e",
            ),
            ("\u{9b}31m\u{1b}[0m\r", "\\u009b31m\\u001b[0m\\u000d"),
            ("a\u{200d}b 1\u{200d}2", "a\\u200db 1\\u200d2"),
            ("👩\u{200d}", "👩\\u200d"),
            ("👩\u{200d}\u{200d}👩", "👩\\u200d\\u200d👩"),
            (
                "a\u{fe0f} \u{2764}\u{fe0f}\u{fe0f} ⚙\u{fe00}",
                "a\\ufe0f \u{2764}\u{fe0f}\\ufe0f ⚙\\ufe00",
            ),
        ] {
            assert_eq!(visible(text), seen);
        }
    }

    #[test]
    fn what_is_seen_stays_as_it_is() {
        for text in [
            "",
            "plain\n\ttext",
            "日本語 é ﬁ",
            "👩\u{200d}👩\u{200d}👧",
            "🏳\u{fe0f}\u{200d}🌈 \u{2764}\u{fe0f}\u{200d}🔥 👩🏽\u{200d}\u{2695}\u{fe0f}",
            "1\u{fe0f}\u{20e3} \u{a9}\u{fe0e}",
        ] {
            assert!(matches!(visible(text), Cow::Borrowed(_)), "{text:?}");
        }
    }

    #[test]
    fn halves_alone_are_replaced() {
        for (json, expected, halves) in [
            (r#""a\ud83d""#, r#""a\ufffd""#, 1),
            (r#""\ude80 b""#, r#""\ufffd b""#, 1),
            (r#""\ud83d\ud83d\ude80""#, r#""\ufffd\ud83d\ude80""#, 1),
            (r#""\ude80\uD83D""#, r#""\ufffd\ufffd""#, 2),
            (r#""\\\ud83d""#, r#""\\\ufffd""#, 1),
        ] {
            let (mended, count) = replace_lone_surrogates(json.as_bytes()).unwrap_or_default();
            assert_eq!((mended.as_slice(), count), (expected.as_bytes(), halves));
        }
        for json in [
            r#""\ud83d\ude80""#,
            r#""\\ud83d""#,
            r#""\u00e9""#,
            r#""\ud8"#,
            "\\",
            "",
        ] {
            assert_eq!(replace_lone_surrogates(json.as_bytes()), None, "{json}");
        }
    }

    proptest! {
        /// Decoded as JavaScript does, and then as UTF-16 with replacements, it is the same text.
        #[test]
        fn what_is_mended_reads_as_the_units_do(units in proptest::collection::vec(
            prop_oneof![Just(0xd83d_u16), Just(0xde80), Just(0x5c), Just(0x61), any::<u16>()], 0..12,
        )) {
            let escapes: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let json = format!("\"{escapes}\"").into_bytes();
            let mended = replace_lone_surrogates(&json).map_or(json, |(mended, _)| mended);
            let text: Value = serde_json::from_slice(&mended).unwrap_or_default();
            prop_assert_eq!(text, Value::from(String::from_utf16_lossy(&units)));
        }
    }
}

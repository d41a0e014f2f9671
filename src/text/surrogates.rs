//! Halves of characters: JavaScript cuts a text between the two halves of an emoji, and writes the half as an escape
//! that no Unicode text can hold.

/// JSON with every escape of a half replaced by that of U+FFFD, and how many there were; `None` where there are none. In
/// JSON a backslash stands in strings only, so that no more of the text has to be understood.
pub fn mended(json: &[u8]) -> Option<(Vec<u8>, usize)> {
    let halves = halves(json);
    if halves.is_empty() {
        return None;
    }
    let mut mended = json.to_vec();
    for place in &halves {
        if let Some(escape) = mended.get_mut(*place..*place + 6) {
            escape.copy_from_slice(b"\\ufffd");
        }
    }
    Some((mended, halves.len()))
}

/// Where the escapes of halves stand.
fn halves(json: &[u8]) -> Vec<usize> {
    let mut halves = Vec::new();
    let mut place = 0;
    loop {
        let rest = json.get(place..).unwrap_or_default();
        let Some(before) = rest.iter().position(|byte| *byte == b'\\') else {
            return halves;
        };
        place += before;
        let escape = rest.get(before..).unwrap_or_default();
        let (is_half, length) = match unit(escape) {
            Some(0xd800..=0xdbff) => match escape.get(6..).and_then(unit) {
                Some(0xdc00..=0xdfff) => (false, 12),
                _ => (true, 6),
            },
            Some(0xdc00..=0xdfff) => (true, 6),
            // The character behind the backslash may be one itself.
            _ => (false, 2),
        };
        if is_half {
            halves.push(place);
        }
        place += length;
    }
}

/// The code unit whose escape stands at the beginning.
fn unit(json: &[u8]) -> Option<u16> {
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
    fn halves_alone_are_replaced() {
        for (json, expected, halves) in [
            (r#""a\ud83d""#, r#""a\ufffd""#, 1),
            (r#""\ude80 b""#, r#""\ufffd b""#, 1),
            (r#""\ud83d\ud83d\ude80""#, r#""\ufffd\ud83d\ude80""#, 1),
            (r#""\ude80\uD83D""#, r#""\ufffd\ufffd""#, 2),
            (r#""\\\ud83d""#, r#""\\\ufffd""#, 1),
        ] {
            let (mended, count) = mended(json.as_bytes()).unwrap_or_default();
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
            assert_eq!(mended(json.as_bytes()), None, "{json}");
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
            let mended = mended(&json).map_or(json, |(mended, _)| mended);
            let text: Value = serde_json::from_slice(&mended).unwrap_or_default();
            prop_assert_eq!(text, Value::from(String::from_utf16_lossy(&units)));
        }
    }
}

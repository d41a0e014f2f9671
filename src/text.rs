//! Pure functions on text.

pub mod checklist;
pub mod edit;
pub mod escape;
mod markdown;
pub mod name;
pub mod nearest;
pub mod secret;

use serde_json::Value;

/// A text of at most `max_chars` characters. A longer text is cut, with a note that says how many of
/// its characters are shown.
pub fn cut(mut text: String, max_chars: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(max_chars) else {
        return text;
    };
    let total = text.chars().count();
    text.truncate(end);
    text.push_str(&format!("… [cut: {max_chars} of {total} characters]"));
    text
}

/// The beginning of a text, of at most `max_chars` characters, and its length in characters. It ends after the last
/// line break within that length, otherwise after the last white space, otherwise between two characters. The rest of
/// the text begins exactly where the beginning ends.
pub fn head(text: &str, max_chars: usize) -> (&str, usize) {
    let Some((end, _)) = text.char_indices().nth(max_chars) else {
        return (text, text.chars().count());
    };
    let within = text.get(..end).unwrap_or_default();
    let line = within.rfind('\n').map(|at| at + 1);
    let word = || {
        let (at, space) = within.char_indices().rfind(|(_, c)| c.is_whitespace())?;
        Some(at + space.len_utf8())
    };
    let end = line.or_else(word).unwrap_or(end);
    let head = text.get(..end).unwrap_or_default();
    (head, head.chars().count())
}

/// The rest of a text after its first `characters`.
pub fn tail(text: &str, characters: usize) -> &str {
    let start = text.char_indices().nth(characters);
    start.map_or("", |(start, _)| text.get(start..).unwrap_or_default())
}

/// The beginning of a text, with an ellipsis where the text has more than `max_chars` characters.
pub fn abbreviate(text: &str, max_chars: usize) -> String {
    match text.char_indices().nth(max_chars) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A number that Linear sends as a float, without its decimal point where it is whole.
pub fn whole_number(number: f64) -> Value {
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
    fn a_longer_text_is_cut_between_characters_and_says_so() {
        for short in ["", "äöü"] {
            assert_eq!(cut(short.to_owned(), 3), short);
        }
        assert_eq!(cut("äöüß".to_owned(), 3), "äöü… [cut: 3 of 4 characters]");
    }

    #[test]
    fn a_head_ends_at_a_line_or_a_word_and_the_tail_is_the_rest() {
        for (text, most, expected) in [
            ("one\ntwo\nthree", 9, "one\ntwo\n"),
            ("one two three", 9, "one two "),
            ("äöüß", 3, "äöü"),
            ("\nlong", 3, "\n"),
            ("all", 3, "all"),
            ("", 0, ""),
        ] {
            let (head, characters) = head(text, most);
            assert_eq!((head, characters), (expected, expected.chars().count()));
            assert_eq!(format!("{head}{}", tail(text, characters)), text);
        }
    }

    #[test]
    fn whole_numbers_lose_their_point_and_fractions_keep_it() {
        assert_eq!(whole_number(12.0).to_string(), "12");
        assert_eq!(whole_number(-3.0).to_string(), "-3");
        assert_eq!(whole_number(1.5).to_string(), "1.5");
    }
}

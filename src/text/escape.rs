//! Characters that nobody sees, written so that they are seen: directional controls, zero-width characters, tags and
//! control characters can make a text say something else than it shows, to a model or on a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::name::is_invisible;

/// Joins two emoji to one.
const JOINER: char = '\u{200d}';

/// The characters of a text, each with whether it is hidden: a control character other than a line break or a tab, or
/// a character that shows nothing. A joiner between emoji, and the selector of an emoji's presentation behind one, are
/// part of what is seen.
pub fn characters(text: &str) -> impl Iterator<Item = (char, bool)> + '_ {
    let mut rest = text.chars().peekable();
    // The emoji that the next character follows, if it does, and whether a selector stands between.
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
            _ => (is_hidden(c), takes_selector(c).then_some((c, false))),
        };
        emoji = next;
        Some((c, hidden))
    })
}

/// Whether a text has no hidden character.
pub fn is_seen_whole(text: &str) -> bool {
    characters(text).all(|(_, hidden)| !hidden)
}

/// A text for a log line or a terminal: every hidden character is written as its escape in JSON, `\u202e`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_seen_whole(text) {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len() + 8);
    for (c, hidden) in characters(text) {
        if hidden {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(seen, "\\u{unit:04x}");
            }
        } else {
            seen.push(c);
        }
    }
    Cow::Owned(seen)
}

fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{2028}' | '\u{2029}' | '\u{1d173}'..='\u{1d17a}' => true,
        c => c.is_control() || is_invisible(c),
    }
}

/// Whether a character may have a presentation of its own as emoji: those of keycaps, too.
fn takes_selector(c: char) -> bool {
    is_pictograph(c) || matches!(c, '0'..='9' | '#' | '*')
}

/// Whether a character lies in the blocks that have the emoji; their other characters are symbols.
fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21ff}'
        | '\u{2300}'..='\u{23ff}' | '\u{24c2}' | '\u{25a0}'..='\u{27bf}' | '\u{2934}' | '\u{2935}'
        | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
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
}

//! Long texts, cut where the reader sees it.

/// A text of at most `most` characters, and behind it how much of it this is, where it was longer.
pub fn cut(mut text: String, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else {
        return text;
    };
    let total = text.chars().count();
    text.truncate(end);
    text.push_str(&format!("… [cut: {most} of {total} characters]"));
    text
}

/// The beginning of a text that has at most `most` characters, and how many it has. It ends behind a line break where
/// one is in it, else behind white space, else between two characters, so that whatever follows is the rest of the text
/// and nothing of either is lost.
pub fn head(text: &str, most: usize) -> (&str, usize) {
    let Some((end, _)) = text.char_indices().nth(most) else {
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

/// What of a text stands behind its first `characters`.
pub fn tail(text: &str, characters: usize) -> &str {
    let start = text.char_indices().nth(characters);
    start.map_or("", |(start, _)| text.get(start..).unwrap_or_default())
}

/// The start of a text, with an ellipsis where it goes on beyond `most` characters.
pub fn start(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
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
}

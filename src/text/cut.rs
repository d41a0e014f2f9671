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
}

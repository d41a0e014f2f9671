//! GraphQL's tokens, as much of them as merging documents needs (GraphQL specification, §2.1).

use std::iter::Peekable;

/// One token, as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'t>(&'t str);

impl<'t> Token<'t> {
    /// The token's text.
    pub fn text(&self) -> &'t str {
        self.0
    }

    /// Whether it is a name or a keyword.
    pub fn is_name(&self) -> bool {
        self.0
            .starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
    }
}

/// The tokens of a document without what means nothing: white space, commas and comments.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut rest = text;
    let mut tokens = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',' || c == '\u{feff}');
        if rest.is_empty() {
            return tokens;
        }
        if rest.starts_with('#') {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
            continue;
        }
        let (token, after) = rest.split_at(length(rest));
        tokens.push(Token(token));
        rest = after;
    }
}

/// How many bytes the token at the start of `rest` has.
fn length(rest: &str) -> usize {
    if rest.starts_with("...") {
        3
    } else if let Some(block) = rest.strip_prefix("\"\"\"") {
        block.find("\"\"\"").map_or(rest.len(), |end| end + 6)
    } else if let Some(string) = rest.strip_prefix('"') {
        string_length(string) + 1
    } else if rest.starts_with(is_word) {
        rest.find(|c| !is_word(c)).unwrap_or(rest.len())
    } else {
        rest.chars().next().map_or(1, char::len_utf8)
    }
}

/// How many bytes of `string` go by up to and with its closing quote.
fn string_length(string: &str) -> usize {
    let mut escaped = false;
    for (index, c) in string.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    string.len()
}

/// Names and numbers alike: what must not touch another of its kind.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '.')
}

/// The tokens up to the end of the group that the next `open` starts, that group included.
pub fn through_group<'t>(
    rest: &mut Peekable<impl Iterator<Item = Token<'t>>>,
    open: &str,
) -> Vec<Token<'t>> {
    let mut taken = Vec::new();
    let mut depth = 0_usize;
    for token in rest {
        taken.push(token);
        match token.text() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth = depth.saturating_sub(1);
                if depth == 0 && closes(open, token.text()) {
                    break;
                }
            }
            _ => {}
        }
    }
    taken
}

fn closes(open: &str, close: &str) -> bool {
    matches!((open, close), ("{", "}") | ("(", ")") | ("[", "]"))
}

/// The tokens up to the end of the group whose opening token has just gone by, its closing token dropped.
pub fn inside_group<'t>(rest: &mut Peekable<impl Iterator<Item = Token<'t>>>) -> Vec<Token<'t>> {
    let mut taken = Vec::new();
    let mut depth = 1_usize;
    for token in rest {
        match token.text() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        taken.push(token);
    }
    taken
}

/// Tokens as text again, with a space only where two would otherwise become one.
pub fn join_text<'t>(tokens: impl Iterator<Item = &'t str>) -> String {
    let mut text = String::new();
    for token in tokens {
        let touches = text.ends_with(is_word) && token.starts_with(|c| is_word(c) && c != '.');
        let number_before_spread = text.ends_with(|c: char| c.is_ascii_digit()) && token == "...";
        if touches && !text.ends_with("...") || number_before_spread {
            text.push(' ');
        }
        text.push_str(token);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_comments_and_spreads_are_whole() {
        let text = r#"{ a(x: "q\"}{", y: """b "} c""", n: -1.5e3) # } no
            ...F ...on T { b } }"#;
        let texts: Vec<&str> = tokens(text).iter().map(Token::text).collect();
        assert_eq!(
            texts,
            [
                "{",
                "a",
                "(",
                "x",
                ":",
                r#""q\"}{""#,
                "y",
                ":",
                r#""""b "} c""""#,
                "n",
                ":",
                "-1.5e3",
                ")",
                "...",
                "F",
                "...",
                "on",
                "T",
                "{",
                "b",
                "}",
                "}"
            ]
        );
    }

    #[test]
    fn joining_puts_no_two_words_together() {
        let text = "query Q($a: [Int!]! = 1, $b: T) { f(a: $a) { ...F x } }";
        let joined = join_text(tokens(text).iter().map(Token::text));
        assert_eq!(joined, "query Q($a:[Int!]!=1$b:T){f(a:$a){...F x}}");
        assert_eq!(tokens(&joined), tokens(text));
    }
}

//! How one text is written in YAML so that every reader, of YAML 1.1 or 1.2, takes it for that text.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::text::escape;

/// Writes a text on one line: plain when no reader can take it for anything else, else quoted. `flow` says that it
/// stands inside `{…}` or `[…]`, or is a key, where fewer texts can be plain.
pub fn inline(text: &str, flow: bool) -> Cow<'_, str> {
    if is_plain(text, flow) {
        Cow::Borrowed(text)
    } else if text.contains(['"', '\\']) && !text.contains('\'') && is_printable(text) {
        Cow::Owned(format!("'{text}'"))
    } else {
        Cow::Owned(double_quoted(text))
    }
}

/// The lines of a block literal that carries a text exactly, when one can.
#[derive(Debug, PartialEq, Eq)]
pub struct Literal<'t> {
    /// `|`, with the indentation of one written out where it could not be seen, and the rule for the end.
    pub header: &'static str,
    /// The text without the line break that ends it; lines that are empty are written without indentation.
    pub text: &'t str,
}

/// A text of several lines as a block literal. `None` when it has one line, or holds what a literal cannot carry.
pub fn literal(text: &str) -> Option<Literal<'_>> {
    let first = text.lines().next()?;
    let body = text.trim_end_matches('\n');
    let last = body.rsplit('\n').next()?;
    // Readers disagree about lines of nothing but spaces at either end.
    if !text.contains('\n') || !is_carried(text) || last.trim().is_empty() || is_blank(first) {
        return None;
    }
    let shown = !(first.is_empty() || first.starts_with([' ', '\t']));
    let header = match (text.len() - body.len(), shown) {
        (0, true) => "|-",
        (0, false) => "|1-",
        (1, true) => "|",
        (1, false) => "|1",
        (_, true) => "|+",
        (_, false) => "|1+",
    };
    Some(Literal {
        header,
        text: text.strip_suffix('\n').unwrap_or(text),
    })
}

fn is_blank(line: &str) -> bool {
    !line.is_empty() && line.trim().is_empty()
}

/// Whether a text can stand on one line as it is: all of it is seen, and YAML has no escape for any of it.
fn is_printable(text: &str) -> bool {
    is_carried(text) && !text.contains(['\n', '\t'])
}

/// Whether a text can stand on several lines as it is.
fn is_carried(text: &str) -> bool {
    escape::is_seen_whole(text) && !text.contains(is_nonprintable)
}

/// What no document in YAML may hold as it is, besides what is hidden.
fn is_nonprintable(c: char) -> bool {
    matches!(c, '\u{fffe}' | '\u{ffff}')
}

fn is_plain(text: &str, flow: bool) -> bool {
    let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else {
        return false;
    };
    // `.`, `+`, `-`, `=`, `<` and `~` start nothing but words that a reader may resolve.
    let starts = !(first.is_whitespace() || "-?:,[]{}#&*!|>'\"%@`.+=<~".contains(first));
    let ends = !(last.is_whitespace() || last == ':');
    // Our own reader leaves out or refuses `// comments`.
    let inner = !(text.contains(": ")
        || text.contains(" #")
        || text.contains(" //")
        || text.starts_with("//"));
    starts
        && ends
        && inner
        && is_printable(text)
        && !(flow && has_flow_marks(text))
        && !is_resolved(text)
}

/// Whether a text holds what ends a plain scalar inside brackets, for PyYAML a question mark too. A colon is one unless a letter, a digit or a slash
/// follows.
fn has_flow_marks(text: &str) -> bool {
    let after_colon =
        |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
    text.contains([',', '[', ']', '{', '}', '?'])
        || text.split(':').skip(1).any(|rest| !after_colon(rest))
}

/// Whether a reader may take a plain text for null, a boolean, a number, a date or a time.
fn is_resolved(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity",
    ];
    if WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return true;
    }
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let bytes = text.as_bytes();
    let based = bytes.len() > 2
        && bytes.starts_with(b"0")
        && matches!(bytes.get(1), Some(b'x' | b'X' | b'o' | b'O' | b'b' | b'B'));
    let dated = bytes.get(4) == Some(&b'-') && text.chars().take(4).all(|c| c.is_ascii_digit());
    based
        || dated
        || text
            .chars()
            .all(|c| c.is_ascii_digit() || "_.:,+-eE".contains(c))
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for (c, hidden) in escape::characters(text) {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if !hidden && !is_nonprintable(c) => out.push(c),
            // Writing to a String cannot fail.
            c if c <= '\u{ffff}' => drop(write!(out, "\\u{:04x}", u32::from(c))),
            c => drop(write!(out, "\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

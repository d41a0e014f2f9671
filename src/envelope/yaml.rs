//! Writes JSON values as YAML text that takes few tokens, is easy to read, and that every YAML reader reads back as the
//! same value.
//!
//! The whole value and the objects directly in it are blocks. A deeper object is one line (`state: {name: Todo, type:
//! unstarted}`) where it is short. Texts of several lines are block literals, and long lines are never folded. A list
//! of short scalars or small objects is one line; a longer list has one line for each item (`- {identifier: PSN-1,
//! title: …}`), unless an item holds a text of several lines.
//!
//! Each level is indented by one space, and the dashes of a list stand in the column of its key: most vocabularies have
//! a token for a word with one space before it, and take two tokens for a word with more.
//!
//! # Why not the serializer of the YAML library
//!
//! It has wrappers for flow style, quotes and literals, but it does not keep this form (a test shows each point):
//!
//! - With an indentation of one space, it indents dashes, and breaks the line between a dash and the object behind it.
//!   Answers with whole issues grow by 8 % in bytes, and take 1.7 times as long to write.
//! - It does not escape characters that cannot be seen, such as directional controls, not even between double quotes.
//! - The style of a key cannot be chosen. It writes `{why?: 1}`, which PyYAML refuses, and `{?x: 1}`, which PyYAML reads as
//!   the key `x`.
//! - It leaves `// comments` unquoted, which our reader of requests drops or refuses.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::text::escape;

/// The longest object or list that is written on one line behind its key, in characters.
const LINE: usize = 120;

/// Returns a value as one YAML document that ends with a line break.
///
/// YAML readers refuse keys of more than 1000 characters; no field has such a name.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => mapping(&mut out, map, 0),
        Value::Array(items) if !fits(value) => sequence(&mut out, items, 0),
        other => {
            flow(&mut out, other);
            out.push('\n');
        }
    }
    out
}

/// Writes the entries of a mapping: the first at the end of `out`, the others on lines of their own at `column`.
fn mapping(out: &mut String, map: &Map<String, Value>, column: usize) {
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 {
            indent(out, column);
        }
        out.push_str(&inline(key, true));
        out.push(':');
        match value {
            Value::Object(entries) if is_block(value, column) => {
                out.push('\n');
                indent(out, column + 1);
                mapping(out, entries, column + 1);
            }
            Value::Array(items) if is_block(value, column) => {
                out.push('\n');
                indent(out, column);
                sequence(out, items, column);
            }
            other => {
                out.push(' ');
                leaf(out, other, column);
            }
        }
    }
}

/// Writes the items of a list: the first at the end of `out`, the others on lines of their own at `column`.
fn sequence(out: &mut String, items: &[Value], column: usize) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            indent(out, column);
        }
        out.push_str("- ");
        match item {
            Value::Object(map) if has_text(item) => mapping(out, map, column + 2),
            Value::Array(items) if has_text(item) => sequence(out, items, column + 2),
            Value::Object(_) | Value::Array(_) => {
                flow(out, item);
                out.push('\n');
            }
            scalar => leaf(out, scalar, column),
        }
    }
}

/// Writes a value behind a key or dash at `column`: a text of several lines as a block literal, anything else on the
/// current line. Ends with a line break.
fn leaf(out: &mut String, value: &Value, column: usize) {
    let Some((header, text)) = value.as_str().and_then(literal) else {
        match value {
            Value::String(text) => out.push_str(&inline(text, false)),
            other => flow(out, other),
        }
        out.push('\n');
        return;
    };
    out.push_str(header);
    out.push('\n');
    for line in text.split('\n') {
        if !line.is_empty() {
            indent(out, column + 1);
        }
        out.push_str(line);
        out.push('\n');
    }
}

/// Writes a value on the current line.
fn flow(out: &mut String, value: &Value) {
    match value {
        Value::Object(map) => {
            out.push('{');
            for (index, (key, value)) in map.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                out.push_str(&inline(key, true));
                out.push_str(": ");
                flow(out, value);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                flow(out, item);
            }
            out.push(']');
        }
        Value::String(text) => out.push_str(&inline(text, true)),
        other => out.push_str(&other.to_string()),
    }
}

fn indent(out: &mut String, column: usize) {
    out.extend(std::iter::repeat_n(' ', column));
}

/// Whether a value behind a key at `column` starts on the line below the key.
fn is_block(value: &Value, column: usize) -> bool {
    match value {
        Value::Object(map) => !map.is_empty() && (column == 0 || !fits(value)),
        Value::Array(_) => !fits(value),
        _ => false,
    }
}

/// Whether a value is short enough for one line, and holds no text of several lines.
fn fits(value: &Value) -> bool {
    if has_text(value) {
        return false;
    }
    let mut line = String::new();
    flow(&mut line, value);
    line.chars().count() < LINE
}

/// Whether a value holds a text that is written as a block literal.
fn has_text(value: &Value) -> bool {
    match value {
        Value::String(text) => literal(text).is_some(),
        Value::Array(items) => items.iter().any(has_text),
        Value::Object(map) => map.values().any(has_text),
        _ => false,
    }
}

/// Returns a text for one line: plain when every reader, of YAML 1.1 or 1.2, reads it as the same text, and quoted
/// otherwise. With `in_flow`, the text stands inside `{…}` or `[…]` or is a key, where fewer texts can be plain.
fn inline(text: &str, in_flow: bool) -> Cow<'_, str> {
    let is_printable = is_literal_content(text) && !text.contains(['\n', '\t']);
    if is_printable && is_plain(text, in_flow) {
        Cow::Borrowed(text)
    } else if is_printable && text.contains(['"', '\\']) && !text.contains('\'') {
        Cow::Owned(format!("'{text}'"))
    } else {
        Cow::Owned(double_quoted(text))
    }
}

/// Returns the header and the lines of the block literal for a text of several lines. `None` for a text of one line,
/// and for a text that no literal can hold.
///
/// The header is `|`, with the indentation of 1 where readers could not tell it from the first line, and with the rule
/// for the line breaks at the end. The lines are without the last line break.
fn literal(text: &str) -> Option<(&'static str, &str)> {
    let first = text.lines().next()?;
    let body = text.trim_end_matches('\n');
    let last = body.rsplit('\n').next()?;
    // Readers disagree about lines of nothing but white space at either end.
    let is_blank = |line: &str| !line.is_empty() && line.trim().is_empty();
    if !text.contains('\n')
        || !is_literal_content(text)
        || last.trim().is_empty()
        || is_blank(first)
    {
        return None;
    }
    let shows_indent = !(first.is_empty() || first.starts_with([' ', '\t']));
    let header = match (text.len() - body.len(), shows_indent) {
        (0, true) => "|-",
        (0, false) => "|1-",
        (1, true) => "|",
        (1, false) => "|1",
        (_, true) => "|+",
        (_, false) => "|1+",
    };
    Some((header, text.strip_suffix('\n').unwrap_or(text)))
}

/// Whether no character of a text needs an escape in a block literal.
fn is_literal_content(text: &str) -> bool {
    escape::is_fully_visible(text) && !text.contains(is_nonprintable)
}

/// Whether YAML forbids a character outside of escapes although it is not hidden.
fn is_nonprintable(c: char) -> bool {
    matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// Whether every reader takes a printable text without quotes for that text.
fn is_plain(text: &str, in_flow: bool) -> bool {
    let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else {
        return false;
    };
    // Words that start with `.`, `+`, `-`, `=`, `<` or `~` are the ones that a reader may take for something else.
    let has_safe_start = !(first.is_whitespace() || "-?:,[]{}#&*!|>'\"%@`.+=<~".contains(first));
    let has_safe_end = !(last.is_whitespace() || last == ':');
    // Our own reader drops or refuses `// comments`.
    let has_marks = [": ", " #", " //"].iter().any(|mark| text.contains(mark));
    // A colon ends a plain scalar inside brackets unless a letter, a digit or a slash follows. PyYAML also ends it at a
    // question mark.
    let is_split_in_flow = || {
        let continues =
            |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
        text.contains([',', '[', ']', '{', '}', '?'])
            || text.split(':').skip(1).any(|rest| !continues(rest))
    };
    let is_misread =
        has_marks || text.starts_with("//") || is_resolved(text) || (in_flow && is_split_in_flow());
    has_safe_start && has_safe_end && !is_misread
}

/// Whether a reader may take a plain text for null, a boolean, a number, a date or a time.
fn is_resolved(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity",
    ];
    if WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return true;
    }
    let is_number = |c: char| c.is_ascii_digit() || "_.:,+-eE".contains(c);
    match text.as_bytes() {
        [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', _, ..] => true,
        [a, b, c, d, b'-', ..] if [a, b, c, d].iter().all(|c| c.is_ascii_digit()) => true,
        [first, ..] if first.is_ascii_digit() => text.chars().all(is_number),
        _ => false,
    }
}

/// Returns a text between double quotes, with escapes for all that is hidden or not printable.
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

#[cfg(test)]
mod tests;

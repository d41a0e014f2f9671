//! JSON values → YAML text: few tokens, easy to read, and read back as the same value by every YAML reader.
//!
//! The whole value and the objects in it are blocks; an object further down is one line (`state: {name: Todo, type:
//! unstarted}`) where that is short. Texts of several lines are block literals, long lines are never folded. A list of
//! short scalars or small objects is one line; a longer one has one line per item (`- {identifier: PSN-1, title: …}`),
//! unless a text of several lines stands in it.
//!
//! A level is one space, and the dashes of a list stand below its key: most vocabularies have a token for a word with
//! one space before it, and take two tokens for a word with more.

use serde_json::{Map, Value};

use super::scalar::{inline, literal};

/// The longest object or list that is written on one line behind its key, in characters.
const LINE: usize = 120;

/// Writes a value as one YAML document that ends with a line break.
///
/// Keys of more than 1000 characters make a document that YAML readers refuse; no field is called so.
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

/// Writes the entries of a mapping, the first where `out` stands, the others at `column`.
fn mapping(out: &mut String, map: &Map<String, Value>, column: usize) {
    for (at, (key, value)) in map.iter().enumerate() {
        if at > 0 {
            indent(out, column);
        }
        out.push_str(&inline(key, true));
        out.push(':');
        match value {
            Value::Object(below) if is_block(value, column) => {
                out.push('\n');
                indent(out, column + 1);
                mapping(out, below, column + 1);
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

/// Writes the items of a list, the first where `out` stands, the others at `column`.
fn sequence(out: &mut String, items: &[Value], column: usize) {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
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

/// Writes what stands behind a key or dash at `column`, with its line break.
fn leaf(out: &mut String, value: &Value, column: usize) {
    match value {
        Value::String(text) => match literal(text) {
            Some(literal) => {
                out.push_str(literal.header);
                out.push('\n');
                for line in literal.text.split('\n') {
                    if !line.is_empty() {
                        indent(out, column + 1);
                    }
                    out.push_str(line);
                    out.push('\n');
                }
                return;
            }
            None => out.push_str(&inline(text, false)),
        },
        other => flow(out, other),
    }
    out.push('\n');
}

/// Writes a value on the current line.
fn flow(out: &mut String, value: &Value) {
    match value {
        Value::Object(map) => {
            out.push('{');
            for (at, (key, value)) in map.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                out.push_str(&inline(key, true));
                out.push_str(": ");
                flow(out, value);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
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

/// Whether a value behind a key at `column` stands below it, and not on its line.
fn is_block(value: &Value, column: usize) -> bool {
    match value {
        Value::Object(map) => !map.is_empty() && (column == 0 || !fits(value)),
        Value::Array(_) => !fits(value),
        _ => false,
    }
}

/// Whether a value is short on one line.
fn fits(value: &Value) -> bool {
    if has_text(value) {
        return false;
    }
    let mut line = String::new();
    flow(&mut line, value);
    line.chars().count() < LINE
}

/// Whether a text in a value is to be written as a block literal.
fn has_text(value: &Value) -> bool {
    match value {
        Value::String(text) => literal(text).is_some(),
        Value::Array(items) => items.iter().any(has_text),
        Value::Object(map) => map.values().any(has_text),
        _ => false,
    }
}

#[cfg(test)]
mod tests;

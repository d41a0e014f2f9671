//! JSON values → YAML text: few tokens, easy to read, and read back as the same value by every YAML reader.
//!
//! Mappings are blocks. Texts of several lines are block literals, long lines are never folded. A list of short
//! scalars is one line. A list of objects has one line per object (`- {identifier: PSN-1, title: …}`), unless a text
//! of several lines stands in it.

use serde_json::{Map, Value};

use super::scalar::{inline, literal};

/// The longest list of scalars that is written on one line, in characters.
const LINE: usize = 120;

/// Writes a value as one YAML document that ends with a line break.
///
/// Keys of more than 1000 characters make a document that YAML readers refuse; no field is called so.
pub fn write(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => mapping(&mut out, map, 0),
        Value::Array(items) if !is_flow(items) => sequence(&mut out, items, 0),
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
            Value::Object(map) if !map.is_empty() => {
                out.push('\n');
                indent(out, column + 2);
                mapping(out, map, column + 2);
            }
            Value::Array(items) if !is_flow(items) => {
                out.push('\n');
                indent(out, column + 2);
                sequence(out, items, column + 2);
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
                        indent(out, column + 2);
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

/// Whether a list fits on one line: short scalars only.
fn is_flow(items: &[Value]) -> bool {
    let mut length = 0;
    items.iter().all(|item| {
        length += match item {
            Value::Object(_) | Value::Array(_) => LINE,
            Value::String(text) if literal(text).is_some() => LINE,
            Value::String(text) => text.chars().count() + 2,
            _ => 6,
        };
        length < LINE
    })
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

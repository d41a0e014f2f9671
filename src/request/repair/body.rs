//! Texts that lost their indentation. A template puts a text of several lines behind `body: |`, and only its first
//! line gets the template's indentation:
//!
//! ```yaml
//! params:
//!   body: |
//!     ## Done
//! - all of it
//! ---
//! context:
//! ```

use std::collections::BTreeSet;

use super::lines::{self, Entry, cut, entry, indent};

/// The keys whose values are texts.
const TEXTS: &[&str] = &["body", "content", "description", "text"];

/// Indents every text whose lines do not all stand deeper than its key. The text ends before a line that continues
/// the request: `operation:`, `params:` or `context:` at the margin, or a key where keys stood before.
pub fn reindent(text: &str) -> Option<String> {
    let (out, lost) = restored(text);
    (!lost.is_empty()).then(|| super::joined(&out))
}

/// Whether a text lost nothing but headings. To YAML they are comments, so the request parses without them; but a
/// comment stands where the keys do, and a heading that lost its indentation stands at the margin.
pub fn lost_headings(text: &str) -> bool {
    let (_, lost) = restored(text);
    let is_heading = |line: &Lost<'_>| line.column > 0 && line.text.starts_with('#');
    !lost.is_empty() && lost.iter().all(is_heading)
}

/// A line of a text that does not stand deeper than the text's key, which stands at `column`.
struct Lost<'t> {
    column: usize,
    text: &'t str,
}

/// The lines with every text indented, and those that had lost their indentation.
fn restored(text: &str) -> (Vec<String>, Vec<Lost<'_>>) {
    let lines: Vec<&str> = text.lines().collect();
    let mut shape = Shape::default();
    let mut out: Vec<String> = Vec::new();
    let mut lost = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let Some(entry) = entry(line).filter(|entry| !entry.key.is_empty()) else {
            out.push((*line).to_owned());
            continue;
        };
        shape.learn(&entry);
        let opens = lines::opens_text(entry.value);
        let has_text = TEXTS.contains(&entry.key) && (opens || !is_complete(entry.value));
        let rest = lines.get(at..).filter(|_| has_text).unwrap_or_default();
        let (content, _) = rest.split_at(shape.length(rest, entry.column));
        at += content.len();
        let before = lost.len();
        let is_lost = |line: &&&str| !line.trim().is_empty() && indent(line) <= entry.column;
        lost.extend(content.iter().filter(is_lost).map(|line| Lost {
            column: entry.column,
            text: line,
        }));
        if lost.len() > before {
            restore(&entry, opens, content, &mut out);
        } else {
            out.push((*line).to_owned());
            out.extend(content.iter().map(|line| (*line).to_owned()));
        }
    }
    (out, lost)
}

/// Where keys and dashes have stood so far.
#[derive(Default)]
struct Shape {
    columns: BTreeSet<usize>,
    dashes: BTreeSet<usize>,
}

impl Shape {
    fn learn(&mut self, entry: &Entry<'_>) {
        self.columns.insert(entry.column);
        self.dashes.extend(entry.dash);
    }

    /// The number of lines of a text that belongs to a key at `column`.
    fn length(&self, lines: &[&str], column: usize) -> usize {
        lines
            .iter()
            .position(|line| entry(line).is_some_and(|entry| self.goes_on(&entry, column)))
            .unwrap_or(lines.len())
    }

    /// Whether a line continues the request rather than the text. Markdown has lines such as `Note: this` and
    /// `- like: this`, so the column must be one where keys (and dashes) stood, and the key must look like one.
    fn goes_on(&self, entry: &Entry<'_>, column: usize) -> bool {
        if entry.dash.is_none() && entry.column == 0 && is_top_key(entry.key) {
            return true;
        }
        let margin = entry.column == 0 && column > 0;
        entry.column <= column
            && !margin
            && entry.key.starts_with(|c: char| c.is_ascii_lowercase())
            && self.columns.contains(&entry.column)
            && entry.dash.is_none_or(|dash| self.dashes.contains(&dash))
    }
}

fn is_top_key(key: &str) -> bool {
    matches!(key, "operation" | "params" | "context")
}

/// Whether a value ends on its line: it is absent, or quotes or brackets close it.
fn is_complete(value: &str) -> bool {
    match value.chars().next() {
        None => true,
        Some(open @ ('"' | '\'')) => value.len() > 1 && value.ends_with(open),
        Some('{') => value.ends_with('}'),
        Some('[') => value.ends_with(']'),
        Some(_) => false,
    }
}

/// Writes the key and its text as a block scalar.
fn restore(entry: &Entry<'_>, opens: bool, content: &[&str], out: &mut Vec<String>) {
    let head = entry.head.trim_end();
    let margin = " ".repeat(entry.column + 2);
    let mut texts = Vec::with_capacity(content.len() + 1);
    if opens {
        let style: String = entry
            .value
            .chars()
            .take_while(|c| "|>+-".contains(*c))
            .collect();
        let (style, chomp) = style.split_at(1);
        out.push(format!("{head} {style}2{chomp}"));
    } else {
        out.push(format!("{head} |2-"));
        texts.push(entry.value);
    }
    texts.extend(dedented(content, entry.column));
    if !opens {
        unquote(&mut texts);
    }
    out.extend(texts.into_iter().map(|text| match text {
        "" => String::new(),
        _ => format!("{margin}{text}"),
    }));
}

/// Takes off the quotes of a quoted value of several lines, which carries no escapes when a template wrote it.
fn unquote(texts: &mut Vec<&str>) {
    while texts.last().is_some_and(|line| line.trim().is_empty()) {
        texts.pop();
    }
    let first = texts.first().copied().unwrap_or_default();
    let last = texts.last().copied().unwrap_or_default();
    for quote in ['"', '\''] {
        if let (Some(first), Some(last)) = (
            first.strip_prefix(quote),
            last.trim_end().strip_suffix(quote),
        ) {
            if let Some(line) = texts.first_mut() {
                *line = first;
            }
            if let Some(line) = texts.last_mut() {
                *line = last;
            }
            return;
        }
    }
}

/// The lines of a text without the template's indentation, which is that of the first line when that stands deeper
/// than the key. A line as deep as that is the template's, unless it follows a line of the text's own as code or as
/// a nested list item does.
fn dedented<'t>(content: &[&'t str], column: usize) -> Vec<&'t str> {
    let first = content.iter().find(|line| !line.trim().is_empty());
    let depth = first
        .map(|line| indent(line))
        .filter(|depth| *depth > column);
    let Some(depth) = depth else {
        return content.to_vec();
    };
    let (mut in_code, mut after_item) = (false, false);
    content
        .iter()
        .map(|line| {
            let own = indent(line) < depth || in_code || after_item;
            let text = line.trim_start();
            if own && (text.starts_with("```") || text.starts_with("~~~")) {
                in_code = !in_code;
            }
            after_item = own && !text.is_empty() && (after_item || is_item(text));
            if own { line } else { cut(line, depth) }
        })
        .collect()
}

fn is_item(text: &str) -> bool {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    text.starts_with(['-', '*', '+'])
        || (digits.len() < text.len() && digits.starts_with(['.', ')']))
}

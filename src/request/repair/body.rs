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

use super::lines::{self, Entry, Values, cut, entry, indent, is_item, is_part};
use crate::request::grammar::Texts;

/// Indents every text whose lines do not all stand deeper than its key. The text ends before a line that continues
/// the request: `operation:`, `params:` or `context:` at the margin, or a key where keys stood before.
pub fn reindent(text: &str, texts: &Texts, _: &mut Vec<String>) -> Option<String> {
    let (out, lost) = restored(text, texts)?;
    (!lost.is_empty()).then(|| super::joined(&out))
}

/// Whether a text lost nothing but headings. To YAML they are comments, so the request parses without them; but a
/// comment stands where the keys do, and a heading that lost its indentation stands at the margin.
pub fn lost_headings(text: &str, texts: &Texts) -> bool {
    let Some((_, lost)) = restored(text, texts) else {
        return false;
    };
    let is_heading = |line: &Lost<'_>| line.column > 0 && line.text.starts_with('#');
    !lost.is_empty() && lost.iter().all(is_heading)
}

/// A line of a text that does not stand deeper than the text's key, which stands at `column`.
struct Lost<'t> {
    column: usize,
    text: &'t str,
}

/// Whether a line stands where the keys do, at that column, and looks like a comment between them.
pub(in super::super) fn is_comment(line: &str, column: usize) -> bool {
    let text = line.trim_start();
    indent(line) == column && (text.starts_with('#') || text.starts_with("//"))
}

/// Writes every Markdown value of several lines that is no block text as one, where its lines are more than prose:
/// YAML would take a heading for a comment, and cannot read what stands behind it.
pub fn keep_lines(text: &str, texts: &Texts, _: &mut Vec<String>) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    if !has_text(&lines, texts) {
        return None;
    }
    let mut values = Values::default();
    let lengths = lengths_below(&lines);
    let marked = lines.iter().enumerate();
    let marked = marked.filter(|(_, line)| lines::is_markdown(line));
    let marked: Vec<usize> = marked.map(|(at, _)| at).collect();
    let mut out: Vec<String> = Vec::new();
    let mut kept = false;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let length = lengths.get(at).copied().unwrap_or_default();
        at += 1;
        let whole = continued(&mut values, &lines, at, texts);
        if !whole.is_empty() {
            out.extend(whole.iter().map(|line| (*line).to_owned()));
            at += whole.len() - 1;
            continue;
        }
        let found = entry(line).filter(|entry| !entry.key.is_empty());
        let Some(entry) = found else {
            out.push((*line).to_owned());
            continue;
        };
        let block = lines::opens_text(entry.value);
        let content = lines.get(at..at + length).unwrap_or_default();
        let first = match entry.value.is_empty() {
            true => content
                .iter()
                .map(|line| line.trim())
                .find(|line| !line.is_empty()),
            false => Some(entry.value),
        };
        let quoted = first.is_some_and(|first| first.starts_with(['"', '\'']));
        let next = marked.partition_point(|line| *line < at);
        let more = marked.get(next).is_some_and(|line| *line < at + length);
        if !block && !quoted && more && texts.has(entry.key) {
            kept = true;
            // Where the text begins below the key, what stands behind the key is a comment.
            let first = match entry.value.is_empty() || entry.value.starts_with('#') {
                true => First::Comment,
                false => First::Text,
            };
            restore(&entry, first, content, &mut out);
            at += length;
        } else {
            out.push((*line).to_owned());
            let below = lines.get(at..).unwrap_or_default();
            let own = match block {
                true => length,
                false if quoted => lines::continued(entry.value, below).len(),
                false => 0,
            };
            out.extend(below.iter().take(own).map(|line| (*line).to_owned()));
            at += own;
        }
    }
    kept.then(|| super::joined(&out))
}

/// The line in front of `at` with those from `at` on that go on with the quoted value, the list or the mapping that it
/// begins; no line where it begins none. The text of a Markdown parameter may have lost its quotes with its indentation,
/// so it is for the caller to judge.
fn continued<'l, 't>(
    values: &mut Values,
    lines: &'l [&'t str],
    at: usize,
    texts: &Texts,
) -> &'l [&'t str] {
    let Some((line, below)) = at
        .checked_sub(1)
        .and_then(|begin| lines.get(begin..)?.split_first())
    else {
        return &[];
    };
    let value = values.begin(line);
    let markdown = entry(line).is_some_and(|entry| texts.has(entry.key));
    let length = match value {
        Some(value) if !markdown => lines::continued(value, below).len(),
        _ => 0,
    };
    if length == 0 {
        return &[];
    }
    lines.get(at - 1..at + length).unwrap_or_default()
}

/// Whether any line has the key of a Markdown text. Most requests have none, and then their lines are not gone through
/// one by one: a hostile one has half a million.
fn has_text(lines: &[&str], texts: &Texts) -> bool {
    let mut entries = lines.iter().filter_map(|line| entry(line));
    entries.any(|entry| texts.has(entry.key))
}

/// The lines with every text indented, and those that had lost their indentation; `None` where there is no text.
fn restored<'t>(text: &'t str, texts: &Texts) -> Option<(Vec<String>, Vec<Lost<'t>>)> {
    let lines: Vec<&str> = text.lines().collect();
    if !has_text(&lines, texts) {
        return None;
    }
    let mut shape = Shape::default();
    let mut out: Vec<String> = Vec::new();
    let mut lost = Vec::new();
    let mut values = Values::default();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let whole = continued(&mut values, &lines, at, texts);
        if !whole.is_empty() {
            out.extend(whole.iter().map(|line| (*line).to_owned()));
            at += whole.len() - 1;
            continue;
        }
        let Some(entry) = entry(line).filter(|entry| !entry.key.is_empty()) else {
            out.push((*line).to_owned());
            continue;
        };
        shape.learn(&entry);
        let opens = lines::opens_text(entry.value);
        let has_text = may_lose_indentation(&entry, texts);
        let rest = lines.get(at..).filter(|_| has_text).unwrap_or_default();
        let (content, _) = rest.split_at(shape.length(rest, entry.column));
        at += content.len();
        let is_lost = |line: &&&str| !line.trim().is_empty() && indent(line) <= entry.column;
        let own: Vec<Lost<'_>> = content
            .iter()
            .filter(is_lost)
            .map(|line| Lost {
                column: entry.column,
                text: line,
            })
            .collect();
        if own.iter().any(|line| !is_comment(line.text, line.column)) {
            lost.extend(own);
            let first = if opens { First::Header } else { First::Text };
            restore(&entry, first, content, &mut out);
        } else {
            out.push((*line).to_owned());
            out.extend(content.iter().map(|line| (*line).to_owned()));
        }
    }
    Some((out, lost))
}

/// For each line, how many lines below it stand deeper than its key; blank ones count where deeper ones follow or end
/// the text. Linear, since each line is put aside and taken up once.
fn lengths_below(lines: &[&str]) -> Vec<usize> {
    // The lines below that may end a block, the nearest last; each stands deeper than those before it.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut lengths: Vec<usize> = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate().rev() {
        let column = entry(line).map_or_else(|| indent(line), |entry| entry.column);
        let nearest = ends.partition_point(|(depth, _)| *depth <= column);
        let end = nearest.checked_sub(1).and_then(|place| ends.get(place));
        lengths.push(end.map_or(lines.len(), |(_, end)| *end) - at - 1);
        if !line.trim().is_empty() {
            let depth = indent(line);
            while ends.last().is_some_and(|(other, _)| *other >= depth) {
                ends.pop();
            }
            ends.push((depth, at));
        }
    }
    lengths.reverse();
    lengths
}

/// Where keys and dashes have stood so far.
#[derive(Debug, Default)]
pub(in super::super) struct Shape {
    columns: BTreeSet<usize>,
    dashes: BTreeSet<usize>,
}

impl Shape {
    pub fn learn(&mut self, entry: &Entry<'_>) {
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
    pub fn goes_on(&self, entry: &Entry<'_>, column: usize) -> bool {
        if entry.dash.is_none() && entry.column == 0 && is_part(entry.key) {
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

/// Whether lines that do not stand deeper than a key can belong to its value: it is a text that does not end on its line.
pub(in super::super) fn may_lose_indentation(entry: &Entry<'_>, texts: &Texts) -> bool {
    texts.has(entry.key) && (lines::opens_text(entry.value) || !is_complete(entry.value))
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

/// What stands behind the key of a text on its line.
#[derive(Clone, Copy, PartialEq)]
enum First {
    /// The header of a block scalar.
    Header,
    /// The first line of the text.
    Text,
    /// A comment, or nothing.
    Comment,
}

/// Writes the key and its text as a block scalar.
fn restore(entry: &Entry<'_>, first: First, content: &[&str], out: &mut Vec<String>) {
    let head = entry.head.trim_end();
    let margin = " ".repeat(entry.column + 2);
    let mut texts = Vec::with_capacity(content.len() + 1);
    match first {
        First::Header => {
            let style: String = entry
                .value
                .chars()
                .take_while(|c| "|>+-".contains(*c))
                .collect();
            let (style, chomp) = style.split_at(1);
            out.push(format!("{head} {style}2{chomp}"));
        }
        First::Text => {
            out.push(format!("{head} |2-"));
            texts.push(entry.value);
        }
        First::Comment => out.push(format!("{head} |2- {}", entry.value).trim_end().to_owned()),
    }
    texts.extend(dedented(content, entry.column));
    if first != First::Header {
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

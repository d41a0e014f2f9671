//! Repairs of texts that lost their indentation. A template inserts a text of several lines after `body: |`, and only
//! the first of these lines gets the template's indentation:
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

use super::lines::{
    self, Entry, ValueStarts, indent, is_item, is_part, parse_entry, without_indent,
};
use crate::request::MarkdownKeys;

/// Indents every text whose lines do not all stand deeper than its key. The text ends before a line that continues the
/// request: `operation:`, `params:` or `context:` at the margin, or a key in a column where keys stood before.
pub fn reindent(text: &str, markdown_keys: &MarkdownKeys, _: &mut Vec<String>) -> Option<String> {
    let (out, lost) = reindent_texts(text, markdown_keys)?;
    (!lost.is_empty()).then(|| super::join_lines(&out))
}

/// Whether headings are all that lost their indentation. YAML takes them for comments, so the request parses without
/// them. A real comment stands in the column of the keys, whereas such a heading stands at the margin.
pub fn lost_headings(text: &str, markdown_keys: &MarkdownKeys) -> bool {
    let Some((_, lost)) = reindent_texts(text, markdown_keys) else {
        return false;
    };
    let is_heading = |line: &LostLine<'_>| line.column > 0 && line.text.starts_with('#');
    !lost.is_empty() && lost.iter().all(is_heading)
}

/// A line of a text that does not stand deeper than the text's key, whose column is `column`.
struct LostLine<'t> {
    column: usize,
    text: &'t str,
}

/// Whether a line looks like a comment between keys that stand in the column `column`.
pub(in super::super) fn is_comment(line: &str, column: usize) -> bool {
    let text = line.trim_start();
    indent(line) == column && (text.starts_with('#') || text.starts_with("//"))
}

/// Writes every Markdown value of several lines as block text, where its lines are more than prose. Otherwise YAML
/// would take a heading for a comment, and fail on what follows it.
pub fn keep_lines(text: &str, markdown_keys: &MarkdownKeys, _: &mut Vec<String>) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    if !has_markdown_key(&lines, markdown_keys) {
        return None;
    }
    let mut values = ValueStarts::default();
    let lengths = lengths_below(&lines);
    let markdown_lines = lines.iter().enumerate();
    let markdown_lines = markdown_lines.filter(|(_, line)| lines::is_markdown(line));
    let markdown_lines: Vec<usize> = markdown_lines.map(|(at, _)| at).collect();
    let mut out: Vec<String> = Vec::new();
    let mut kept = false;
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let length = lengths.get(at).copied().unwrap_or_default();
        at += 1;
        let continued = continuation_lines(&mut values, &lines, at, markdown_keys);
        if !continued.is_empty() {
            out.extend(continued.iter().map(|line| (*line).to_owned()));
            at += continued.len() - 1;
            continue;
        }
        let entry = parse_entry(line).filter(|entry| !entry.key.is_empty());
        let Some(entry) = entry else {
            out.push((*line).to_owned());
            continue;
        };
        let is_block = lines::opens_block_text(entry.value);
        let content = lines.get(at..at + length).unwrap_or_default();
        let first = match entry.value.is_empty() {
            true => content
                .iter()
                .map(|line| line.trim())
                .find(|line| !line.is_empty()),
            false => Some(entry.value),
        };
        let is_quoted = first.is_some_and(|first| first.starts_with(['"', '\'']));
        let next = markdown_lines.partition_point(|line| *line < at);
        let has_markdown_below = markdown_lines
            .get(next)
            .is_some_and(|line| *line < at + length);
        if !is_block && !is_quoted && has_markdown_below && markdown_keys.contains(entry.key) {
            kept = true;
            // Where the text begins below the key, the rest of the key's line is a comment.
            let first = match entry.value.is_empty() || entry.value.starts_with('#') {
                true => FirstLine::Comment,
                false => FirstLine::Text,
            };
            write_block(&entry, first, content, &mut out);
            at += length;
        } else {
            out.push((*line).to_owned());
            let below = lines.get(at..).unwrap_or_default();
            let value_length = match is_block {
                true => length,
                false if is_quoted => lines::continuation(entry.value, below).len(),
                false => 0,
            };
            out.extend(
                below
                    .iter()
                    .take(value_length)
                    .map(|line| (*line).to_owned()),
            );
            at += value_length;
        }
    }
    kept.then(|| super::join_lines(&out))
}

/// The line before `at` with the following lines that continue its quoted value, list or mapping; empty where the line
/// begins none of these. The text of a Markdown parameter may have lost its quotes with its indentation, so that its
/// lines are never returned.
fn continuation_lines<'l, 't>(
    values: &mut ValueStarts,
    lines: &'l [&'t str],
    at: usize,
    markdown_keys: &MarkdownKeys,
) -> &'l [&'t str] {
    let Some((line, below)) = at
        .checked_sub(1)
        .and_then(|begin| lines.get(begin..)?.split_first())
    else {
        return &[];
    };
    let value = values.begin(line);
    let markdown = parse_entry(line).is_some_and(|entry| markdown_keys.contains(entry.key));
    let length = match value {
        Some(value) if !markdown => lines::continuation(value, below).len(),
        _ => 0,
    };
    if length == 0 {
        return &[];
    }
    lines.get(at - 1..at + length).unwrap_or_default()
}

/// Whether any line has the key of a Markdown text. Most requests have none, and then their lines need no closer look:
/// a hostile request has half a million.
fn has_markdown_key(lines: &[&str], markdown_keys: &MarkdownKeys) -> bool {
    let mut entries = lines.iter().filter_map(|line| parse_entry(line));
    entries.any(|entry| markdown_keys.contains(entry.key))
}

/// The lines with every text indented, and the lines that had lost their indentation; `None` where there is no text.
fn reindent_texts<'t>(
    text: &'t str,
    markdown_keys: &MarkdownKeys,
) -> Option<(Vec<String>, Vec<LostLine<'t>>)> {
    let lines: Vec<&str> = text.lines().collect();
    if !has_markdown_key(&lines, markdown_keys) {
        return None;
    }
    let mut columns = SeenColumns::default();
    let mut out: Vec<String> = Vec::new();
    let mut lost = Vec::new();
    let mut values = ValueStarts::default();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let continued = continuation_lines(&mut values, &lines, at, markdown_keys);
        if !continued.is_empty() {
            out.extend(continued.iter().map(|line| (*line).to_owned()));
            at += continued.len() - 1;
            continue;
        }
        let Some(entry) = parse_entry(line).filter(|entry| !entry.key.is_empty()) else {
            out.push((*line).to_owned());
            continue;
        };
        columns.add(&entry);
        let opens = lines::opens_block_text(entry.value);
        let is_open_text = may_lose_indentation(&entry, markdown_keys);
        let rest = lines.get(at..).filter(|_| is_open_text).unwrap_or_default();
        let end = rest.iter().position(|line| {
            let next = parse_entry(line);
            next.is_some_and(|next| columns.continues_request(&next, entry.column))
        });
        let (content, _) = rest.split_at(end.unwrap_or(rest.len()));
        at += content.len();
        let is_lost = |line: &&&str| !line.trim().is_empty() && indent(line) <= entry.column;
        let lost_lines: Vec<LostLine<'_>> = content
            .iter()
            .filter(is_lost)
            .map(|line| LostLine {
                column: entry.column,
                text: line,
            })
            .collect();
        if lost_lines
            .iter()
            .any(|line| !is_comment(line.text, line.column))
        {
            lost.extend(lost_lines);
            let first = if opens {
                FirstLine::Header
            } else {
                FirstLine::Text
            };
            write_block(&entry, first, content, &mut out);
        } else {
            out.push((*line).to_owned());
            out.extend(content.iter().map(|line| (*line).to_owned()));
        }
    }
    Some((out, lost))
}

/// For each line, how many lines below it stand deeper than its key. Blank lines count where deeper lines or the end
/// follow. Takes linear time, because each line is pushed and popped once.
fn lengths_below(lines: &[&str]) -> Vec<usize> {
    // The lines below that may end a block, the nearest last; each stands deeper than the ones before it.
    let mut ends: Vec<(usize, usize)> = Vec::new();
    let mut lengths: Vec<usize> = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate().rev() {
        let column = parse_entry(line).map_or_else(|| indent(line), |entry| entry.column);
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

/// The columns in which keys and dashes have stood so far.
#[derive(Debug, Default)]
pub(in super::super) struct SeenColumns {
    columns: BTreeSet<usize>,
    dashes: BTreeSet<usize>,
}

impl SeenColumns {
    pub fn add(&mut self, entry: &Entry<'_>) {
        self.columns.insert(entry.column);
        self.dashes.extend(entry.dash);
    }

    /// Whether a line continues the request and not the text. Markdown has lines such as `Note: this` and `- like:
    /// this`, so the column must be one where keys (and dashes) stood, and the key must be lower case.
    pub fn continues_request(&self, entry: &Entry<'_>, column: usize) -> bool {
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

/// Whether lines that do not stand deeper than the key can belong to its value, because the value is a text that does
/// not end on its line.
pub(in super::super) fn may_lose_indentation(
    entry: &Entry<'_>,
    markdown_keys: &MarkdownKeys,
) -> bool {
    // A value ends on its line where it is absent, or its quotes or brackets are closed.
    let ends_on_line = match entry.value.chars().next() {
        None => true,
        Some(open @ ('"' | '\'')) => entry.value.len() > 1 && entry.value.ends_with(open),
        Some('{') => entry.value.ends_with('}'),
        Some('[') => entry.value.ends_with(']'),
        Some(_) => false,
    };
    markdown_keys.contains(entry.key) && (lines::opens_block_text(entry.value) || !ends_on_line)
}

/// What follows the key of a text on its line.
#[derive(Clone, Copy, PartialEq)]
enum FirstLine {
    /// The header of a block scalar.
    Header,
    /// The first line of the text.
    Text,
    /// A comment, or nothing.
    Comment,
}

/// Writes the key and its text as a block scalar.
fn write_block(entry: &Entry<'_>, first: FirstLine, content: &[&str], out: &mut Vec<String>) {
    let head = entry.head.trim_end();
    let margin = " ".repeat(entry.column + 2);
    let mut lines = Vec::with_capacity(content.len() + 1);
    match first {
        FirstLine::Header => {
            let style: String = entry
                .value
                .chars()
                .take_while(|c| "|>+-".contains(*c))
                .collect();
            let (style, chomp) = style.split_at(1);
            out.push(format!("{head} {style}2{chomp}"));
        }
        FirstLine::Text => {
            out.push(format!("{head} |2-"));
            lines.push(entry.value);
        }
        FirstLine::Comment => out.push(format!("{head} |2- {}", entry.value).trim_end().to_owned()),
    }
    lines.extend(dedented(content, entry.column));
    if first != FirstLine::Header {
        // A template writes quotes around a value of several lines, without escapes in it.
        while lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        let first_line = lines.first().copied().unwrap_or_default();
        let last_line = lines.last().copied().unwrap_or_default();
        let unquoted = ['"', '\''].into_iter().find_map(|quote| {
            let first_line = first_line.strip_prefix(quote)?;
            Some((first_line, last_line.trim_end().strip_suffix(quote)?))
        });
        if let Some((first_line, last_line)) = unquoted {
            if let Some(line) = lines.first_mut() {
                *line = first_line;
            }
            if let Some(line) = lines.last_mut() {
                *line = last_line;
            }
        }
    }
    out.extend(lines.into_iter().map(|text| match text {
        "" => String::new(),
        _ => format!("{margin}{text}"),
    }));
}

/// The lines of a text without the template's indentation, which is that of the first line where that stands deeper
/// than the key. A deeper line is indented by the template, unless it follows an unindented line as code or as a
/// nested list item.
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
            let belongs_to_text = indent(line) < depth || in_code || after_item;
            let text = line.trim_start();
            if belongs_to_text && (text.starts_with("```") || text.starts_with("~~~")) {
                in_code = !in_code;
            }
            after_item = belongs_to_text && !text.is_empty() && (after_item || is_item(text));
            if belongs_to_text {
                line
            } else {
                without_indent(line, depth)
            }
        })
        .collect()
}

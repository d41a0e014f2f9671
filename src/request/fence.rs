//! The code fence round a request, or the backticks. A fence closes as CommonMark says: by a line of the same
//! character, at least as long, with nothing behind it; one that is never closed runs to the end. What belongs to a text
//! of the request closes nothing: a fence as deep as the block text that it stands in, and one within a text that lost
//! its indentation, where the last such line closes. Of several fences, the request is in the one that names an operation.

use super::grammar::Texts;
use super::repair::body::{Shape, is_comment, may_lose_indentation};
use super::repair::lines::{self, Entry, entry, indent, is_part};
use super::{SHOWN, failure};
use crate::error::Error;
use crate::text::cut::start;

/// A request taken out of its fence.
#[derive(Debug, PartialEq)]
pub(super) struct Unfenced {
    /// What stands within the fence.
    pub text: String,
    /// That there was a fence, and what stands outside of it.
    pub warnings: Vec<String>,
}

/// Takes a text out of the code fence, or out of the backticks, that it stands in; `None` where it stands in neither,
/// which is so too where something that looks like a request stands in front of the first fence. Of several fences, the
/// one that holds a request is taken.
///
/// # Errors
/// INVALID_REQUEST where a second request stands outside of the fence: it would be left out in silence.
pub(super) fn take_out(text: &str, texts: &Texts) -> Result<Option<Unfenced>, Error> {
    let trimmed = text.trim();
    let inner = trimmed.trim_matches('`');
    if trimmed.starts_with('`') && !trimmed.starts_with("```") && !inner.contains('`') {
        return Ok(Some(unfenced(inner.trim().to_owned(), Vec::new())));
    }
    let lines: Vec<&str> = text.lines().collect();
    let blocks = fenced(&lines, texts);
    let Some(first) = blocks.first() else {
        return Ok(None);
    };
    let before = lines.get(..first.open).unwrap_or_default();
    let begins = |line: &&str| begins_a_request(line);
    if before.iter().any(begins) {
        return Ok(None);
    }
    let mut requests = blocks
        .iter()
        .filter(|block| holds_a_request(&block.within(&lines)));
    let block = match (requests.next(), requests.next()) {
        (Some(_), Some(_)) => return Err(failure::second_request()),
        (Some(block), None) => block,
        // What stands in front of it may be the request.
        (None, _) if before.iter().any(|line| entry(line).is_some()) => return Ok(None),
        (None, _) => first,
    };
    let behind = lines.get(block.end()..).unwrap_or_default();
    let before = lines.get(..block.open).unwrap_or_default();
    let outside = || before.iter().chain(behind).copied();
    if outside().any(names_an_operation) {
        return Err(failure::second_request());
    }
    let outside: Vec<&str> = outside()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let mut text = block.within(&lines).join("\n");
    text.push('\n');
    Ok(Some(unfenced(text, outside)))
}

/// How many fences of one text are looked at.
const MOST_FENCES: usize = 20;

/// A fence with the lines in it.
struct Block {
    /// The line of the opening fence.
    open: usize,
    /// The line of the closing one, or the end of the text.
    close: usize,
}

impl Block {
    /// The lines between the two.
    fn within<'t>(&self, lines: &[&'t str]) -> Vec<&'t str> {
        lines
            .get(self.open + 1..self.close)
            .unwrap_or_default()
            .to_vec()
    }

    /// The first line behind it.
    fn end(&self) -> usize {
        self.close + 1
    }
}

/// The first fences of a text, in their order.
fn fenced(lines: &[&str], texts: &Texts) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut at = 0;
    while blocks.len() < MOST_FENCES {
        let rest = lines.get(at..).unwrap_or_default();
        let found = rest.iter().enumerate();
        let mut found = found.filter_map(|(skip, line)| Some((at + skip, Fence::of(line)?)));
        let Some((open, fence)) = found.next() else {
            break;
        };
        let inside = lines.get(open + 1..).unwrap_or_default();
        let close = fence.close(inside, texts).unwrap_or(inside.len());
        blocks.push(Block {
            open,
            close: open + 1 + close,
        });
        at = open + close + 2;
    }
    blocks
}

/// Whether a line in front of the first fence begins a request: it names an operation or a part of a request, is the
/// brace of JSON, or has a key with block text.
fn begins_a_request(line: &str) -> bool {
    let part = |entry: Entry<'_>| {
        let names = entry.column == 0 && is_part(entry.key) && entry.key != "as";
        names || lines::opens_text(entry.value)
    };
    line.starts_with('{') || entry(line).is_some_and(part)
}

/// Whether these lines hold a request: one of them names an operation, or they are nothing but its name.
fn holds_a_request(lines: &[&str]) -> bool {
    let mut filled = lines
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty());
    let json = filled
        .clone()
        .next()
        .is_some_and(|line| line.starts_with('{'));
    let names = |line: &&str| match json {
        true => line.contains("operation"),
        false => entry(line).is_some_and(|entry| entry.column == 0 && entry.key == "operation"),
    };
    let name = match (filled.next(), filled.next()) {
        (Some(only), None) => only.contains('_') && super::is_name(only),
        _ => false,
    };
    name || lines.iter().any(names)
}

fn unfenced(text: String, outside: Vec<&str>) -> Unfenced {
    let mut warnings = vec!["yaml_repaired: took the request out of its code fence".to_owned()];
    if !outside.is_empty() {
        let shown = start(&outside.join(" "), SHOWN);
        warnings.push(format!(
            "left out what stands outside of the code fence: '{shown}'"
        ));
    }
    Unfenced { text, warnings }
}

/// Whether a line names the operation of a request that stands at the margin, and does not only begin a sentence with
/// that word.
fn names_an_operation(line: &str) -> bool {
    let json = line.trim_start_matches(['{', ' ']).trim_start();
    let found = entry(line).or_else(|| entry(json));
    let Some(entry) = found.filter(|entry| entry.key == "operation" && entry.column == 0) else {
        return false;
    };
    let name = entry.value.trim_start_matches(['"', '\'']);
    let rest = name.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let behind = rest.trim_start_matches(['"', '\'']).trim_start();
    let ends = behind.is_empty() || behind.starts_with([',', '}', '#']) || behind.starts_with("//");
    ends && rest.len() < name.len()
}

/// The characters that a fence is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fence {
    mark: char,
    length: usize,
    /// How deep it stands.
    depth: usize,
    /// Whether nothing stands behind them.
    bare: bool,
}

impl Fence {
    fn of(line: &str) -> Option<Self> {
        let text = line.trim();
        let mark = text
            .chars()
            .next()
            .filter(|mark| matches!(mark, '`' | '~'))?;
        let rest = text.trim_start_matches(mark);
        let length = text.len() - rest.len();
        // The word behind backticks has none itself, or it is code within a line.
        let word = mark == '~' || !rest.contains('`');
        (length >= 3 && word).then_some(Self {
            mark,
            length,
            depth: indent(line),
            bare: rest.is_empty(),
        })
    }

    fn closes(self, line: &str) -> bool {
        let found = Self::of(line);
        found.is_some_and(|other| {
            let shallow = other.depth <= self.depth + 3;
            other.bare && shallow && other.mark == self.mark && other.length >= self.length
        })
    }

    /// The line that closes the fence, among those behind the opening one.
    fn close(self, lines: &[&str], texts: &Texts) -> Option<usize> {
        let mut shape = Shape::default();
        let mut text: Option<Text> = None;
        let mut last = None;
        for (at, line) in lines.iter().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let found = entry(line).filter(|entry| !entry.key.is_empty());
            if let Some(open) = &mut text {
                let ends = found
                    .as_ref()
                    .is_some_and(|entry| shape.goes_on(entry, open.column));
                if !ends {
                    if !self.closes(line) {
                        open.take(line);
                    } else if open.lost {
                        last = Some(at);
                    } else if !open.holds(line) {
                        return Some(at);
                    }
                    continue;
                }
                text = None;
                last = None;
            }
            if self.closes(line) {
                return Some(at);
            }
            if let Some(entry) = found {
                shape.learn(&entry);
                let is_text = lines::opens_text(entry.value) || texts.has(entry.key);
                text = is_text.then_some(Text {
                    column: entry.column,
                    depth: None,
                    may_be_lost: may_lose_indentation(&entry, texts),
                    lost: false,
                });
            }
        }
        last
    }
}

/// A text of the request, as far as its lines have been seen.
struct Text {
    /// The column of its key.
    column: usize,
    /// How deep its first line stands.
    depth: Option<usize>,
    /// Whether lines that do not stand deeper than the key can be its own.
    may_be_lost: bool,
    /// Whether there was such a line.
    lost: bool,
}

impl Text {
    fn take(&mut self, line: &str) {
        if indent(line) > self.column {
            self.depth.get_or_insert(indent(line));
        } else {
            self.lost |= self.may_be_lost && !is_comment(line, self.column);
        }
    }

    /// Whether a fence belongs to it by its depth.
    fn holds(&mut self, line: &str) -> bool {
        let depth = indent(line);
        let deep = depth > self.column && self.depth.is_none_or(|least| depth >= least);
        if deep {
            self.depth.get_or_insert(depth);
        }
        deep
    }
}

//! The code fence round a request, or the backticks. A fence closes as CommonMark says: by a line of the same
//! character, at least as long, with nothing behind it; one that is never closed runs to the end. What belongs to a text
//! of the request closes nothing: a fence as deep as the block text that it stands in, and one within a text that lost
//! its indentation, where the last such line closes.

use super::grammar::Texts;
use super::repair::body::{Shape, is_comment, may_lose_indentation};
use super::repair::lines::{self, entry, indent};
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
/// which is so too where something that looks like a request stands in front of the first fence.
///
/// # Errors
/// INVALID_REQUEST where a second request stands behind the fence: it would be left out in silence.
pub(super) fn take_out(text: &str, texts: &Texts) -> Result<Option<Unfenced>, Error> {
    let trimmed = text.trim();
    let inner = trimmed.trim_matches('`');
    if trimmed.starts_with('`') && !trimmed.starts_with("```") && !inner.contains('`') {
        return Ok(Some(unfenced(inner.trim().to_owned(), Vec::new())));
    }
    let lines: Vec<&str> = text.lines().collect();
    let Some((open, fence)) = opening(&lines) else {
        return Ok(None);
    };
    let inside = lines.get(open + 1..).unwrap_or_default();
    let close = fence.close(inside, texts);
    let (within, behind) = inside.split_at(close.unwrap_or(inside.len()));
    let behind = behind.get(1..).unwrap_or_default();
    if behind.iter().any(|line| names_an_operation(line)) {
        return Err(failure::second_request());
    }
    let before = lines.get(..open).unwrap_or_default();
    let outside = before.iter().chain(behind).copied();
    let outside: Vec<&str> = outside
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let mut text = within.join("\n");
    text.push('\n');
    Ok(Some(unfenced(text, outside)))
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

/// The line of the opening fence, unless something that looks like a request stands in front of it.
fn opening(lines: &[&str]) -> Option<(usize, Fence)> {
    let mut found = lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| Some((at, Fence::of(line)?)));
    let (open, fence) = found.next()?;
    let before = lines.get(..open)?;
    let is_request = |line: &&str| entry(line).is_some() || line.starts_with('{');
    (!before.iter().any(is_request)).then_some((open, fence))
}

/// Whether a line names the operation of a request that stands at the margin.
fn names_an_operation(line: &str) -> bool {
    let json = line.trim_start_matches(['{', ' ']).trim_start();
    let found = entry(line).or_else(|| entry(json));
    found.is_some_and(|entry| {
        entry.key == "operation" && entry.column == 0 && !entry.value.is_empty()
    })
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

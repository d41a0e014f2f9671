//! Checklists in an issue's description.
//!
//! The rules are CCPM's (`contract.md`, "CCPM"), but every bullet and `[X]` count, because Linear rewrites
//! markdown when it saves (`contract.md`, "Documents and texts"): `- [x]` comes back as `* [X]`.

mod merge;
mod progress;

use std::ops::Range;

pub use merge::{Merge, is_alike};
pub use progress::with_progress;

/// The line before the items, where a checklist is marked.
const START: &str = "<!-- ccpm-checklist-start -->";
/// The line after the items, where a checklist is marked.
const END: &str = "<!-- ccpm-checklist-end -->";
/// Beginnings of the headings under which a checklist stands when it is not marked.
const HEADINGS: [&str; 4] = [
    "## ✅ Implementation Checklist",
    "## Implementation Checklist",
    "## ✅ Checklist",
    "## Checklist",
];

/// How the checklist was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Between the two marker comments.
    Marker,
    /// Under one of the four headings, to the next heading of that level or above.
    Heading,
    /// Nowhere in particular: every task item of the description counts.
    Anywhere,
}

/// One task item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The text after the box, trimmed, never empty.
    pub text: String,
    /// Whether the box is ticked.
    pub checked: bool,
    /// How many task items it is nested in.
    pub level: usize,
    /// The line that it stands on, from 0.
    pub line: usize,
    /// The byte between the brackets.
    mark: usize,
}

/// The checklist of a description; it has at least one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checklist {
    /// How it was found.
    pub place: Place,
    /// The lines in which it stands, from 0, without the markers or the heading.
    pub lines: Range<usize>,
    /// The items in their order; an item's index is its position here.
    pub items: Vec<Item>,
}

impl Checklist {
    /// Finds the checklist: the marked one, else the first under one of the headings, else all task items of the
    /// description. Nothing inside a code fence counts. Without an item in the place, there is none.
    pub fn parse(description: &str) -> Option<Self> {
        let lines = prose(description);
        let end = lines.last().map_or(0, |line| line.number + 1);
        let (place, range) = marked(&lines)
            .map(|range| (Place::Marker, range))
            .or_else(|| headed(&lines, end).map(|range| (Place::Heading, range)))
            .unwrap_or((Place::Anywhere, 0..end));
        let items = items(lines.iter().filter(|line| range.contains(&line.number)));
        (!items.is_empty()).then_some(Self {
            place,
            lines: range,
            items,
        })
    }

    /// How many items are ticked.
    pub fn completed(&self) -> usize {
        self.items.iter().filter(|item| item.checked).count()
    }

    /// How many items there are.
    pub fn total(&self) -> usize {
        self.items.len()
    }

    /// The ticked share in percent, rounded half up; 0 without items.
    pub fn progress(&self) -> usize {
        share(self.completed(), self.total())
    }

    /// The description with the boxes of these items ticked or not; every other byte stays. `description` is the
    /// text that was parsed; an index without an item changes nothing.
    pub fn with_marks(&self, description: &str, indices: &[usize], checked: bool) -> String {
        let mut marks: Vec<usize> = indices
            .iter()
            .filter_map(|index| self.items.get(*index))
            .filter(|item| item.checked != checked)
            .map(|item| item.mark)
            .collect();
        marks.sort_unstable();
        marks.dedup();
        with_marks(description, marks.into_iter().map(|mark| (mark, checked)))
    }
}

/// A text with these boxes ticked or not, each by the byte between its brackets, in their order.
fn with_marks(text: &str, marks: impl IntoIterator<Item = (usize, bool)>) -> String {
    let mut marked = String::with_capacity(text.len());
    let mut rest = 0;
    for (mark, checked) in marks {
        marked.push_str(text.get(rest..mark).unwrap_or_default());
        marked.push(if checked { 'x' } else { ' ' });
        rest = mark + 1;
    }
    marked.push_str(text.get(rest..).unwrap_or_default());
    marked
}

/// How much of the total that is in percent, rounded half up; 0 of nothing.
pub fn share(completed: usize, total: usize) -> usize {
    (completed * 200 + total)
        .checked_div(total * 2)
        .unwrap_or(0)
}

/// A line outside code fences.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    number: usize,
    /// Where it begins, in bytes.
    start: usize,
    text: &'a str,
}

/// The lines that are not code. A fence that is never closed runs to the end, as in CommonMark.
fn prose(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut fence = None;
    let mut start = 0;
    for (number, whole) in text.split_inclusive('\n').enumerate() {
        let text = whole.trim_end_matches(['\n', '\r']);
        match (fence, fence_of(text)) {
            (None, None) => lines.push(Line {
                number,
                start,
                text,
            }),
            (None, opened) => fence = opened.map(|(mark, length, _)| (mark, length)),
            (Some((mark, length)), Some((other, more, true)))
                if mark == other && more >= length =>
            {
                fence = None;
            }
            (Some(_), _) => {}
        }
        start += whole.len();
    }
    lines
}

/// The fence that a line is: its character, its length, and whether nothing follows, as at the end of a block.
fn fence_of(line: &str) -> Option<(char, usize, bool)> {
    let line = line.trim();
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    let length = line.len() - rest.len();
    // "```code``` in a line" is no fence.
    let inline = mark == '`' && rest.contains('`');
    (length >= 3 && !inline).then_some((mark, length, rest.is_empty()))
}

fn marked(lines: &[Line<'_>]) -> Option<Range<usize>> {
    let start = lines.iter().find(|line| line.text.trim() == START)?.number;
    let end = lines
        .iter()
        .find(|line| line.number > start && line.text.trim() == END)?;
    Some(start + 1..end.number)
}

fn headed(lines: &[Line<'_>], end: usize) -> Option<Range<usize>> {
    let heading = lines.iter().find(|line| {
        // An emoji may carry an invisible variation selector.
        let text = line.text.replace('\u{fe0f}', "");
        HEADINGS.iter().any(|heading| text.starts_with(heading))
    })?;
    let next = lines
        .iter()
        .find(|line| line.number > heading.number && is_section(line.text));
    Some(heading.number + 1..next.map_or(end, |line| line.number))
}

/// Whether a line is a heading of the second level or above.
fn is_section(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    matches!(line.len() - rest.len(), 1 | 2) && rest.starts_with(char::is_whitespace)
}

fn items<'a>(lines: impl Iterator<Item = &'a Line<'a>>) -> Vec<Item> {
    let mut open: Vec<usize> = Vec::new();
    lines
        .filter_map(|line| {
            let (indent, mut item) = item(line)?;
            while open.last().is_some_and(|outer| *outer >= indent) {
                open.pop();
            }
            item.level = open.len();
            open.push(indent);
            Some(item)
        })
        .collect()
}

/// The task item of a line, and the column of its bullet.
fn item(line: &Line<'_>) -> Option<(usize, Item)> {
    let bullet = line.text.trim_start();
    let indent = line.text.len() - bullet.len();
    let after = after_bullet(bullet)?.trim_start();
    let boxed = after.strip_prefix('[')?;
    let (mark, text) = boxed.split_once(']')?;
    let checked = match mark {
        "x" | "X" => true,
        " " => false,
        _ => return None,
    };
    let text = text.strip_prefix(char::is_whitespace)?.trim();
    if text.is_empty() {
        return None;
    }
    let item = Item {
        text: text.to_owned(),
        checked,
        level: 0,
        line: line.number,
        mark: line.start + line.text.len() - boxed.len(),
    };
    let column = line.text.get(..indent).map_or(0, columns);
    Some((column, item))
}

/// What follows a bullet or a number, beginning with a blank.
fn after_bullet(line: &str) -> Option<&str> {
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let rest = match line.len() - digits.len() {
        0 => line.strip_prefix(['-', '*', '+']),
        1..=9 => digits.strip_prefix(['.', ')']),
        _ => None,
    }?;
    rest.starts_with([' ', '\t']).then_some(rest)
}

/// How wide a blank is; a tab goes to the next multiple of four.
fn columns(blank: &str) -> usize {
    blank.chars().fold(0, |column, c| match c {
        '\t' => (column / 4 + 1) * 4,
        _ => column + 1,
    })
}

#[cfg(test)]
mod tests;

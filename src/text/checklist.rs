//! Checklists in an issue's description.
//!
//! The rules are CCPM's (`contract.md`, "CCPM"), but every bullet and `[X]` count, because Linear rewrites
//! markdown when it saves (`contract.md`, "Documents and texts"): `- [x]` comes back as `* [X]`.

mod changes;
mod merge;

use std::ops::Range;

pub use changes::{ItemChanges, is_item, with_changes};
pub use merge::{Merge, is_alike};

use super::markdown::{Line, lines_outside_code};

/// The line before the items of a marked checklist.
const START: &str = "<!-- ccpm-checklist-start -->";
/// The line after the items of a marked checklist.
const END: &str = "<!-- ccpm-checklist-end -->";
/// Beginnings of the headings that a checklist without marks stands under.
const HEADINGS: [&str; 4] = [
    "## ✅ Implementation Checklist",
    "## Implementation Checklist",
    "## ✅ Checklist",
    "## Checklist",
];

/// How the checklist was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The list stands between the two marker comments.
    Marker,
    /// The list stands under one of the four headings, and ends at the next heading of that level or above.
    Heading,
    /// There are neither markers nor a heading: every task item of the description counts.
    Anywhere,
}

/// One task item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The text after the box, trimmed and never empty.
    pub text: String,
    /// Whether the box is ticked.
    pub checked: bool,
    /// The number of task items around this one.
    pub level: usize,
    /// The number of the item's line, from 0.
    pub line: usize,
    /// The byte offset of the character between the brackets.
    mark: usize,
}

/// The checklist of a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checklist {
    /// How the checklist was found.
    pub place: Place,
    /// The lines of the checklist, from 0, without the markers or the heading.
    pub lines: Range<usize>,
    /// The items in their order. The index of an item is its position here.
    pub items: Vec<Item>,
}

impl Checklist {
    /// Finds the checklist of a description: the marked one, otherwise the first under one of the headings, otherwise
    /// all task items of the description. Nothing inside a code fence counts. Returns `None` where that place has no
    /// items.
    pub fn parse(description: &str) -> Option<Self> {
        Some(Self::locate(description)).filter(|list| !list.items.is_empty())
    }

    /// Finds the checklist of a description as [`Self::parse`] does. Where the place of the checklist has no items, the
    /// returned checklist has none.
    pub fn locate(description: &str) -> Self {
        let lines = lines_outside_code(description);
        let end = lines.last().map_or(0, |line| line.number + 1);
        let (place, range) = marked_range(&lines)
            .map(|range| (Place::Marker, range))
            .or_else(|| headed_range(&lines, end).map(|range| (Place::Heading, range)))
            .unwrap_or((Place::Anywhere, 0..end));
        let items = parse_items(lines.iter().filter(|line| range.contains(&line.number)));
        Self {
            place,
            lines: range,
            items,
        }
    }

    /// The number of ticked items.
    pub fn completed(&self) -> usize {
        self.items.iter().filter(|item| item.checked).count()
    }

    /// The number of items.
    pub fn total(&self) -> usize {
        self.items.len()
    }

    /// The share of ticked items in percent, rounded half up; 0 without items.
    pub fn progress(&self) -> usize {
        share(self.completed(), self.total())
    }

    /// The description with the boxes of these items ticked or unticked, and every other byte unchanged. `description`
    /// has to be the text that was parsed. An index without an item is ignored.
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

/// A text with these boxes ticked or unticked. Each box is given by the byte offset between its brackets, in the order
/// of the text.
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

/// `completed` of `total` in percent, rounded half up; 0 where the total is 0.
pub fn share(completed: usize, total: usize) -> usize {
    (completed * 200 + total)
        .checked_div(total * 2)
        .unwrap_or(0)
}

/// The lines between the two marker comments.
fn marked_range(lines: &[Line<'_>]) -> Option<Range<usize>> {
    let start = lines.iter().find(|line| line.text.trim() == START)?.number;
    let end = lines
        .iter()
        .find(|line| line.number > start && line.text.trim() == END)?;
    Some(start + 1..end.number)
}

/// The lines under the first of the headings; `end` is the number of lines of the text.
fn headed_range(lines: &[Line<'_>], end: usize) -> Option<Range<usize>> {
    let heading = lines.iter().find(|line| {
        // An emoji may carry an invisible variation selector.
        let text = line.text.replace('\u{fe0f}', "");
        HEADINGS.iter().any(|heading| text.starts_with(heading))
    })?;
    let is_section = |line: &str| {
        let rest = line.trim_start_matches('#');
        matches!(line.len() - rest.len(), 1 | 2) && rest.starts_with(char::is_whitespace)
    };
    let next = lines
        .iter()
        .find(|line| line.number > heading.number && is_section(line.text));
    Some(heading.number + 1..next.map_or(end, |line| line.number))
}

/// Every task item of a text outside code.
pub fn all_items(text: &str) -> Vec<Item> {
    parse_items(lines_outside_code(text).iter())
}

/// The task items on these lines, each with its level.
fn parse_items<'a>(lines: impl Iterator<Item = &'a Line<'a>>) -> Vec<Item> {
    let mut open: Vec<usize> = Vec::new();
    lines
        .filter_map(|line| {
            let (indent, mut item) = parse_item(line)?;
            while open.last().is_some_and(|outer| *outer >= indent) {
                open.pop();
            }
            item.level = open.len();
            open.push(indent);
            Some(item)
        })
        .collect()
}

/// The task item on a line, and the column of its bullet.
fn parse_item(line: &Line<'_>) -> Option<(usize, Item)> {
    let bullet = line.text.trim_start();
    let unnumbered = bullet.trim_start_matches(|c: char| c.is_ascii_digit());
    let after = match bullet.len() - unnumbered.len() {
        0 => bullet.strip_prefix(['-', '*', '+']),
        1..=9 => unnumbered.strip_prefix(['.', ')']),
        _ => None,
    }?;
    let after = after.starts_with([' ', '\t']).then_some(after)?;
    let boxed = after.trim_start().strip_prefix('[')?;
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
    Some((column(line.text), item))
}

/// The column at which the text of a line begins. A tab goes to the next multiple of four.
fn column(line: &str) -> usize {
    let blank = line.chars().take_while(|c| c.is_whitespace());
    blank.fold(0, |column, c| match c {
        '\t' => (column / 4 + 1) * 4,
        _ => column + 1,
    })
}

/// How many lines below the end marker the progress line may stand.
const BELOW_MARKER: usize = 3;

/// The description with an up-to-date progress line (`Progress: 50% (2/4 completed)`), followed by the line `updated`
/// where that is given (`Last updated: 2025-01-16 14:30 UTC`; see `contract.md`, "CCPM"). Missing lines are inserted
/// below the end marker, or at the end of the section; present ones are replaced, so that each stands there once. A
/// description without markers and heading has no such lines, and stays unchanged. Where the checklist has no items,
/// nothing is inserted.
pub fn with_progress(description: &str, updated: Option<&str>) -> String {
    let checklist = Checklist::locate(description);
    let place = match checklist.place {
        Place::Marker => checklist.lines.end + 1..checklist.lines.end + 1 + BELOW_MARKER,
        Place::Heading => checklist.lines.clone(),
        Place::Anywhere => return description.to_owned(),
    };
    let progress = format!(
        "Progress: {}% ({}/{} completed)",
        checklist.progress(),
        checklist.completed(),
        checklist.total()
    );
    let progress_line = lines_outside_code(description)
        .into_iter()
        .find(|line| place.contains(&line.number) && is_progress(line.text))
        .map(|line| line.number);
    let mut lines: Vec<&str> = description.split('\n').collect();
    match progress_line {
        Some(at) => {
            if let Some(line) = lines.get_mut(at) {
                *line = &progress;
            }
            if let Some(updated) = updated {
                // Linear may put a blank line between the two lines, because it reads them as paragraphs.
                let old = (at + 1..at + 3)
                    .find(|next| lines.get(*next).is_some_and(|line| is_updated(line)));
                match old.and_then(|old| lines.get_mut(old)) {
                    Some(line) => *line = updated,
                    None => lines.insert(at + 1, updated),
                }
            }
        }
        None if checklist.items.is_empty() => {}
        None => insert(&mut lines, &checklist, &progress, updated),
    }
    lines.join("\n")
}

/// Inserts the new lines, with a blank line before and after them.
fn insert<'t>(
    lines: &mut Vec<&'t str>,
    checklist: &Checklist,
    progress: &'t str,
    updated: Option<&'t str>,
) {
    let at = match checklist.place {
        Place::Marker => checklist.lines.end + 1,
        // The place behind the last line of the section that is not blank.
        Place::Heading | Place::Anywhere => {
            let is_filled = |number: &usize| {
                let line = lines.get(*number);
                line.is_some_and(|line| !line.trim().is_empty())
            };
            let last = checklist.lines.clone().rev().find(is_filled);
            last.map_or(checklist.lines.start, |last| last + 1)
        }
    };
    let at = at.min(lines.len());
    let mut inserted = vec!["", progress];
    inserted.extend(updated);
    if lines.get(at).is_some_and(|next| !next.trim().is_empty()) {
        inserted.push("");
    }
    lines.splice(at..at, inserted);
}

/// Whether a line is a progress line or the line of the last update.
fn is_counter(line: &str) -> bool {
    is_progress(line) || is_updated(line)
}

/// Whether a line is a progress line.
fn is_progress(line: &str) -> bool {
    let percent = |rest: &str| {
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        digits.len() < rest.len() && digits.starts_with('%')
    };
    line.trim().strip_prefix("Progress: ").is_some_and(percent)
}

/// Whether a line is the line of the last update.
fn is_updated(line: &str) -> bool {
    line.trim().starts_with("Last updated:")
}

#[cfg(test)]
mod tests;

//! Changes the items of a checklist within its description: ticks, unticks, removes and adds items.

use std::ops::Range;

use super::super::markdown::parse_fence;
use super::{Checklist, Place, column, is_counter, lines_outside_code, parse_items};

/// The heading of a checklist that is made.
const NEW_HEADING: &str = "## Checklist";

/// The changes to a checklist. Items are given by their indices in the checklist before all changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemChanges {
    /// The items whose box is ticked.
    pub ticked: Vec<usize>,
    /// The items whose box is unticked.
    pub unticked: Vec<usize>,
    /// The items that are removed, together with the lines that belong to them. The items that are nested in a removed
    /// item are to be among these.
    pub removed: Vec<usize>,
    /// The texts of the items that are added at the end, unticked.
    pub added: Vec<String>,
}

/// Returns the description with the changes, and every other line unchanged. An index without an item is ignored.
///
/// Items are added behind the last item of the top level, with the bullet and the indentation of that item. Where the
/// place of the checklist has no items, they are added there, and where there is no such place, a section
/// `## Checklist` is made at the end.
///
/// Returns `None` where the description is such that an added line is not an item of the checklist: where a code block
/// at its end is never closed.
pub fn with_changes(description: &str, changes: &ItemChanges) -> Option<String> {
    let list = Checklist::locate(description);
    let marked = list.with_marks(description, &changes.ticked, true);
    // Both marks are one byte long, so the positions in `list` stay valid.
    let marked = list.with_marks(&marked, &changes.unticked, false);
    if changes.removed.is_empty() && changes.added.is_empty() {
        return Some(marked);
    }
    let lines: Vec<&str> = marked.split('\n').collect();
    let mut removed = vec![false; lines.len()];
    let mut removed_items = vec![false; list.items.len()];
    for index in &changes.removed {
        let Some(item) = list.items.get(*index) else {
            continue;
        };
        removed_items
            .iter_mut()
            .skip(*index)
            .take(1)
            .for_each(|is| *is = true);
        let block = list.block(&lines, item.line);
        removed
            .iter_mut()
            .take(block.end)
            .skip(block.start)
            .for_each(|is| *is = true);
    }
    let is_emptied = list.place == Place::Anywhere && removed_items.iter().all(|is| *is);
    let added = match changes.added.as_slice() {
        [] => Added::default(),
        added if is_emptied => Added::new_section(added),
        added => Added::new(&list, &lines, added),
    };
    let mut result: Vec<&str> = Vec::with_capacity(lines.len() + added.lines.len());
    let is_blank = |line: Option<&&str>| line.is_none_or(|line| line.trim().is_empty());
    let mut is_behind_removed = false;
    for (number, line) in lines.iter().enumerate() {
        if added.at == Some(number) {
            result.extend(added.lines.iter().map(String::as_str));
        }
        if removed.get(number) == Some(&true) {
            is_behind_removed = true;
            continue;
        }
        // Of the blank lines on both sides of what is removed, one stays.
        if is_behind_removed && is_blank(Some(line)) && is_blank(result.last()) {
            continue;
        }
        is_behind_removed = false;
        result.push(line);
    }
    if added.at.is_none_or(|at| at >= lines.len()) {
        if added.at.is_none() && !added.lines.is_empty() {
            while result.last().is_some_and(|line| line.trim().is_empty()) {
                result.pop();
            }
            if !result.is_empty() {
                result.push("");
            }
        }
        result.extend(added.lines.iter().map(String::as_str));
    }
    let text = result.join("\n");
    let left = removed_items.iter().filter(|is| !**is).count();
    let is_right = Checklist::locate(&text).items.len() == left + changes.added.len();
    is_right.then_some(text)
}

/// Whether a text begins as a task item does, so that it cannot be the text of one.
pub fn is_item(text: &str) -> bool {
    let text = text.trim();
    let boxed = ["[ ]", "[x]", "[X]"];
    !parse_items(lines_outside_code(text).iter()).is_empty()
        || boxed.iter().any(|prefix| text.starts_with(prefix))
}

/// The lines that are added to a description.
#[derive(Debug, Default)]
struct Added {
    /// The number of the line in front of which they are added; `None` for a section at the end.
    at: Option<usize>,
    lines: Vec<String>,
}

impl Added {
    /// Returns a new section with these items.
    fn new_section(added: &[String]) -> Self {
        let items = added.iter().map(|text| format!("- [ ] {text}"));
        let heading = [NEW_HEADING.to_owned(), String::new()];
        Self {
            at: None,
            lines: heading.into_iter().chain(items).collect(),
        }
    }

    /// Returns the items behind those of the checklist, or in its place where it has none.
    fn new(list: &Checklist, lines: &[&str], added: &[String]) -> Self {
        let Some(last) = list.items.last() else {
            return Self::in_empty_place(list, lines, added);
        };
        // The outermost item that the last item is nested in.
        let (mut outermost, mut block) = (last, list.block(lines, last.line));
        for item in list
            .items
            .iter()
            .rev()
            .filter(|item| item.level < last.level)
        {
            if item.level < outermost.level {
                let outer_block = list.block(lines, item.line);
                if outer_block.contains(&last.line) {
                    (outermost, block) = (item, outer_block);
                }
            }
        }
        let line = lines.get(outermost.line).copied().unwrap_or_default();
        let end = if line.ends_with('\r') { "\r" } else { "" };
        let bullet = line.split_once('[').map_or("- ", |(bullet, _)| bullet);
        let items = added.iter().zip(1..);
        let items =
            items.map(|(text, number)| format!("{}[ ] {text}{end}", nth_bullet(bullet, number)));
        Self {
            at: Some(block.end),
            lines: items.collect(),
        }
    }

    /// Returns the items in the place of a checklist that has no items.
    fn in_empty_place(list: &Checklist, lines: &[&str], added: &[String]) -> Self {
        let items = added.iter().map(|text| format!("- [ ] {text}"));
        match list.place {
            Place::Anywhere => Self::new_section(added),
            Place::Marker => Self {
                at: Some(list.lines.end),
                lines: items.collect(),
            },
            Place::Heading => {
                let section = list.lines.start..list.lines.end.min(lines.len());
                let is_filled = |number: &usize| {
                    let line = lines.get(*number);
                    line.is_some_and(|line| !line.trim().is_empty())
                };
                let is_counter =
                    |number: &usize| lines.get(*number).is_some_and(|line| is_counter(line));
                let counter = section.clone().find(is_counter);
                let last = section.rev().find(is_filled);
                let at = counter
                    .or(last.map(|last| last + 1))
                    .unwrap_or(list.lines.start);
                let blank = |number: Option<usize>| number.filter(is_filled).map(|_| String::new());
                let (before, after) = (blank(at.checked_sub(1)), blank(Some(at)));
                Self {
                    at: Some(at),
                    lines: before.into_iter().chain(items).chain(after).collect(),
                }
            }
        }
    }
}

/// The bullet of the item that stands `number` items behind the one with this bullet. Numbered lists count on.
fn nth_bullet(bullet: &str, number: u64) -> String {
    let indented = bullet.trim_start();
    let rest = indented.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = indented.len() - rest.len();
    match indented.get(..digits).map(str::parse::<u64>) {
        Some(Ok(first)) if first + number < 1_000_000_000 => {
            let blank = bullet
                .get(..bullet.len() - indented.len())
                .unwrap_or_default();
            format!("{blank}{}{rest}", first + number)
        }
        _ => bullet.to_owned(),
    }
}

impl Checklist {
    /// The indices of the items that are nested in the item with this index, at any depth. `lines` are the lines of the
    /// description.
    pub fn sub_items(&self, lines: &[&str], index: usize) -> Range<usize> {
        let block = self
            .items
            .get(index)
            .map(|item| self.block(lines, item.line));
        let below = self.items.iter().skip(index + 1);
        let is_inside = |number: usize| block.as_ref().is_some_and(|block| block.contains(&number));
        let count = below.take_while(|item| is_inside(item.line)).count();
        index + 1..index + 1 + count
    }

    /// The numbers of the lines that belong to the item on the line with the number `start`: the line itself, the lines
    /// that are indented more, with what is nested in the item, and the lines that go on with its paragraph. Blank lines
    /// at the end do not belong to it. `lines` are the lines of the description.
    fn block(&self, lines: &[&str], start: usize) -> Range<usize> {
        let bullet = lines.get(start).map_or(0, |line| column(line));
        let end = match self.place {
            Place::Marker => self.lines.end,
            Place::Heading | Place::Anywhere => lines.len(),
        };
        let mut fence: Option<(char, usize)> = None;
        let (mut last, mut is_paragraph) = (start, true);
        for number in start + 1..end.min(lines.len()) {
            let line = lines.get(number).copied().unwrap_or_default();
            if let Some((mark, length)) = fence {
                last = number;
                let closes = |(other, more, is_end): (char, usize, bool)| {
                    is_end && mark == other && more >= length
                };
                if parse_fence(line).is_some_and(closes) {
                    fence = None;
                }
                continue;
            }
            if line.trim().is_empty() {
                is_paragraph = false;
                continue;
            }
            if !(column(line) > bullet || is_paragraph && goes_on(line)) {
                break;
            }
            last = number;
            fence = parse_fence(line).map(|(mark, length, _)| (mark, length));
            is_paragraph = fence.is_none();
        }
        start..last + 1
    }
}

/// Whether a line without indentation goes on with the paragraph above it (CommonMark, "Lazy continuation line").
fn goes_on(line: &str) -> bool {
    let text = line.trim_start();
    let unnumbered = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered = unnumbered.len() < text.len() && unnumbered.starts_with(['.', ')']);
    text.starts_with(char::is_alphanumeric) && !is_numbered && !is_counter(line)
}

//! Puts blocks of lines into a text and takes lines out of it, so that what stands around them keeps its meaning.

use std::ops::Range;

use super::super::markdown::{Code, Kind, kinds, lines, underline_level};
use super::{Document, Side};

impl Document<'_> {
    pub(super) fn is_blank(&self, index: usize) -> bool {
        self.kinds.get(index) == Some(&Kind::Blank)
    }

    pub(super) fn is_blank_or_end(&self, index: usize) -> bool {
        self.is_blank(index) || index >= self.lines.len()
    }

    pub(super) fn first_filled(&self, mut range: Range<usize>) -> Option<usize> {
        range.find(|index| !self.is_blank(*index))
    }

    pub(super) fn last_filled(&self, range: Range<usize>) -> Option<usize> {
        range.rev().find(|index| !self.is_blank(*index))
    }

    /// The byte at which a line begins, or the end of the text.
    fn start_of(&self, line: usize) -> usize {
        self.lines
            .get(line)
            .map_or(self.text.len(), |line| line.start)
    }

    /// The text with other bytes in the place of these.
    pub(super) fn splice(&self, range: Range<usize>, text: &str) -> String {
        let before = self.text.get(..range.start).unwrap_or_default();
        let after = self.text.get(range.end..).unwrap_or_default();
        [before, text, after].concat()
    }

    /// Another text with the line breaks of this one.
    pub(super) fn with_line_breaks(&self, text: &str) -> String {
        text.replace("\r\n", "\n").replace('\n', self.line_break)
    }

    /// The text with a block of lines in the place of these lines. Blank lines separate the block from its neighbours
    /// where it would become a part of them, and on a `loose` side also where it does not belong to them.
    pub(super) fn put(&self, lines: Range<usize>, block: &str, loose: [bool; 2]) -> String {
        let block = trim_block(block);
        if block.is_empty() {
            return self.text.to_owned();
        }
        let [first, last] = end_kinds(block);
        let first_line = block.lines().next().unwrap_or_default();
        let above = lines.start.checked_sub(1).and_then(|at| self.kinds.get(at));
        let below = self.kinds.get(lines.end);
        let below_text = self.lines.get(lines.end).map_or("", |line| line.text);
        let gap = |above: Kind, below: Kind, below_text: &str, loose: bool| {
            loose && !belong_together(above, below) || would_merge(above, below, below_text)
        };
        let gap_above = |loose| above.is_some_and(|above| gap(*above, first, first_line, loose));
        let gap_below = |loose| below.is_some_and(|below| gap(last, *below, below_text, loose));
        let [loose_above, loose_below] = loose;
        let gaps = [
            gap_above(loose_above)
                || loose_below && !loose_above && gap_below(true) && gap_above(true),
            gap_below(loose_below)
                || loose_above && !loose_below && gap_above(true) && gap_below(true),
        ];
        let [gap_above, gap_below] = gaps;
        let mut new = self
            .text
            .get(..self.start_of(lines.start))
            .unwrap_or_default()
            .to_owned();
        if !new.is_empty() && !new.ends_with('\n') {
            new.push_str(self.line_break);
        }
        if gap_above {
            new.push_str(self.line_break);
        }
        new.push_str(&self.with_line_breaks(block));
        if below.is_some() || self.text.ends_with('\n') {
            new.push_str(self.line_break);
        }
        if gap_below {
            new.push_str(self.line_break);
        }
        new.push_str(
            self.text
                .get(self.start_of(lines.end)..)
                .unwrap_or_default(),
        );
        new
    }

    /// Puts lines in front of or behind these lines.
    pub(super) fn put_beside(&self, lines: &Range<usize>, block: &str, side: Side) -> String {
        let [first, last] = end_kinds(block);
        match side {
            Side::After => {
                let next = self.first_filled(lines.end..self.lines.len());
                let is_loose = self.is_blank_or_end(lines.end);
                let before = lines.end.checked_sub(1).and_then(|at| self.kinds.get(at));
                // An item behind a heading begins the list that follows after a blank line.
                let at = match (next, before) {
                    (Some(next), Some(before))
                        if next > lines.end
                            && !belong_together(*before, first)
                            && self
                                .kinds
                                .get(next)
                                .is_some_and(|next| belong_together(last, *next)) =>
                    {
                        next
                    }
                    _ => lines.end,
                };
                self.put(at..at, block, [is_loose, false])
            }
            Side::Before => {
                let above = self.last_filled(0..lines.start);
                let is_loose = match lines.start.checked_sub(1) {
                    None => true,
                    Some(above) => self.is_blank(above),
                };
                let at = match (above, self.kinds.get(lines.start)) {
                    (Some(above), Some(after))
                        if above + 1 < lines.start
                            && !belong_together(last, *after)
                            && self
                                .kinds
                                .get(above)
                                .is_some_and(|above| belong_together(*above, first)) =>
                    {
                        above + 1
                    }
                    _ => lines.start,
                };
                self.put(at..at, block, [false, is_loose])
            }
        }
    }

    /// The text without these lines, and without the blank lines that separated them from others.
    pub(super) fn remove_lines(&self, mut lines: Range<usize>) -> String {
        let is_blank_above = match lines.start.checked_sub(1) {
            None => true,
            Some(above) => self.is_blank(above),
        };
        if is_blank_above {
            while self.is_blank(lines.end) {
                lines.end += 1;
            }
        }
        if lines.end >= self.lines.len() {
            lines.start = self.last_filled(0..lines.start).map_or(0, |last| last + 1);
        }
        let above = lines.start.checked_sub(1).and_then(|at| self.kinds.get(at));
        let below = self.lines.get(lines.end).zip(self.kinds.get(lines.end));
        let before = self
            .text
            .get(..self.start_of(lines.start))
            .unwrap_or_default();
        let Some((line, kind)) = below else {
            let new = if self.text.ends_with('\n') {
                before
            } else {
                before.trim_end_matches(['\n', '\r'])
            };
            return new.to_owned();
        };
        let gap = match above {
            Some(above) if would_merge(*above, *kind, line.text) => self.line_break,
            _ => "",
        };
        let after = self
            .text
            .get(self.start_of(lines.end)..)
            .unwrap_or_default();
        [before, gap, after].concat()
    }
}

/// The kinds of the first and of the last line of a block.
fn end_kinds(block: &str) -> [Kind; 2] {
    let kinds = kinds(&lines(trim_block(block)));
    let [first, last] = [kinds.first(), kinds.last()];
    [first, last].map(|kind| kind.copied().unwrap_or(Kind::Blank))
}

/// Whether a line belongs to the block of the line above, so that no blank line separates them.
fn belong_together(above: Kind, below: Kind) -> bool {
    use Kind::{Indented, Item, Marker, Quote, Table};
    matches!(
        (above, below),
        (Kind::Blank, _)
            | (_, Kind::Blank)
            | (Kind::Code(Code::Opening | Code::Inside), _)
            | (_, Kind::Code(Code::Inside | Code::Closing))
            | (Item | Indented, Item | Indented)
            | (Table, Table)
            | (Quote, Quote)
            | (Item, Marker)
            | (Marker, Item)
    )
}

/// Whether a line would become a part of the block above, or change what that block is.
fn would_merge(above: Kind, below: Kind, below_text: &str) -> bool {
    if matches!(above, Kind::Code(Code::Opening | Code::Inside)) {
        return false;
    }
    let is_text = matches!(
        above,
        Kind::Paragraph | Kind::Indented | Kind::Item | Kind::Quote | Kind::Table
    );
    let continues = match below {
        Kind::UnderlinedHeading(_) => true,
        Kind::Paragraph | Kind::Indented if above != Kind::Paragraph && above != Kind::Indented => {
            below == Kind::Paragraph || above != Kind::Item
        }
        _ => false,
    };
    is_text && (continues || below == Kind::Rule || underline_level(below_text).is_some())
}

/// A text without the blank lines at its ends and the white space at its end.
pub(super) fn trim_block(text: &str) -> &str {
    let text = text.trim_end();
    let start = text.len() - text.trim_start().len();
    let line = text.get(..start).and_then(|blank| blank.rfind('\n'));
    text.get(line.map_or(0, |at| at + 1)..).unwrap_or_default()
}

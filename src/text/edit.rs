//! Changes parts of a Markdown text that are named by an anchor or a heading, and nothing else.
//!
//! An anchor is text that must stand in the text exactly once. Anchors and headings are compared in a form that does not
//! depend on how Linear spells Markdown (the module `canonical`); what is changed is the text itself.

mod blocks;
mod canonical;
mod search;

use std::ops::Range;

use self::blocks::trim_block;
use self::canonical::{Canonical, inline};
use self::search::{Match, Matches, occurrences};
use super::markdown::{Code, Kind, Line, kinds, lines, parse_heading};

/// The level of a heading that is made without a level.
const DEFAULT_LEVEL: usize = 2;

/// What one edit does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Adds a text at the end.
    Append {
        /// The text to add.
        text: String,
    },
    /// Adds a text at the beginning.
    Prepend {
        /// The text to add.
        text: String,
    },
    /// Adds a text behind an anchor: as lines of its own behind whole lines, right there behind a part of a line.
    InsertAfter {
        /// The text to find.
        anchor: String,
        /// The text to add.
        text: String,
    },
    /// Adds a text in front of an anchor: as lines of its own in front of whole lines, right there in front of a part of
    /// a line.
    InsertBefore {
        /// The text to find.
        anchor: String,
        /// The text to add.
        text: String,
    },
    /// Puts a text in the place of an anchor.
    Replace {
        /// The text to find.
        anchor: String,
        /// The text to put in its place.
        text: String,
    },
    /// Replaces what stands below a heading, up to the next heading of the same or a higher level. A missing heading is
    /// made at the end.
    ReplaceSection {
        /// The heading, with or without its `#`s.
        heading: String,
        /// The text to put below the heading.
        text: String,
    },
    /// Adds a text at the end of what stands below a heading. A missing heading is made at the end.
    AppendToSection {
        /// The heading, with or without its `#`s.
        heading: String,
        /// The text to add.
        text: String,
    },
    /// Removes a heading and what stands below it.
    RemoveSection {
        /// The heading, with or without its `#`s.
        heading: String,
    },
    /// Removes an anchor: its lines, or the part of a line.
    Remove {
        /// The text to find.
        anchor: String,
    },
}

impl Action {
    /// The name of the action in a request.
    pub fn op(&self) -> &'static str {
        match self {
            Self::Append { .. } => "append",
            Self::Prepend { .. } => "prepend",
            Self::InsertAfter { .. } => "insert_after",
            Self::InsertBefore { .. } => "insert_before",
            Self::Replace { .. } => "replace",
            Self::ReplaceSection { .. } => "replace_section",
            Self::AppendToSection { .. } => "append_to_section",
            Self::RemoveSection { .. } => "remove_section",
            Self::Remove { .. } => "remove",
        }
    }
}

/// One edit of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What the edit does.
    pub action: Action,
    /// Whether the edit is left out where its effect stands in the text already.
    pub once: bool,
}

/// Whether the text may already contain the effect of the same edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// The edits are applied for the first time.
    First,
    /// The edits have been applied before, and somebody else may have overwritten the text since. Every edit is treated
    /// as one with `once`.
    Possible,
}

/// A text to which all edits have been applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The new text.
    pub text: String,
    /// The indices of the edits whose text stood there already, whether they were left out or not.
    pub already_there: Vec<usize>,
}

/// Why an edit could not be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditFailure {
    /// The index of the edit, from 0.
    pub index: usize,
    /// The name of the edit's action.
    pub op: &'static str,
    /// What is wrong with the anchor or the heading.
    pub problem: Problem,
    /// The lines that were found, or the most similar ones where none was found.
    pub nearest: Vec<NearLine>,
}

/// What is wrong with the anchor or the heading of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The anchor or the heading is not in the text.
    NotFound,
    /// The anchor or the heading is in the text this many times.
    Several(usize),
    /// The heading is not in the text, but one that differs only in case or in its level is.
    OtherHeading,
}

/// A line of the text that the edits before have made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearLine {
    /// The number of the line, from 1.
    pub line: usize,
    /// The beginning of the line.
    pub text: String,
}

/// Applies edits to a text in their order.
///
/// # Errors
/// The first edit that cannot be applied. No edit is applied then.
pub fn apply(text: &str, edits: &[Edit], repeat: Repeat) -> Result<Edited, EditFailure> {
    let mut edited = Edited {
        text: text.to_owned(),
        already_there: Vec::new(),
    };
    for (index, edit) in edits.iter().enumerate() {
        let once = edit.once || repeat == Repeat::Possible;
        let document = Document::new(&edited.text);
        let outcome = document
            .apply(&edit.action, once, edits)
            .map_err(|refusal| EditFailure {
                index,
                op: edit.action.op(),
                problem: refusal.problem,
                nearest: refusal.nearest,
            })?;
        if outcome.stood_there {
            edited.already_there.push(index);
        }
        if let Some(text) = outcome.text {
            edited.text = text;
        }
    }
    Ok(edited)
}

/// What one edit has made.
struct Outcome {
    /// The new text; `None` where the edit changes nothing.
    text: Option<String>,
    /// Whether the text of the edit stood there already.
    stood_there: bool,
}

impl Outcome {
    /// The edit was left out because its effect stands there already.
    const LEFT_OUT: Self = Self {
        text: None,
        stood_there: true,
    };

    fn changed(text: String) -> Self {
        Self {
            text: Some(text),
            stood_there: false,
        }
    }
}

/// Why one edit cannot be applied.
struct Refusal {
    problem: Problem,
    nearest: Vec<NearLine>,
}

/// The side of an anchor.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// A text, with what its lines are and the form in which it is compared.
struct Document<'t> {
    text: &'t str,
    lines: Vec<Line<'t>>,
    kinds: Vec<Kind>,
    canonical: Canonical,
    /// The line break of the text.
    line_break: &'static str,
}

/// A heading of a text.
struct Heading {
    /// The index of the heading's first line.
    line: usize,
    /// The index of the first line below the heading.
    below: usize,
    level: usize,
    /// The title in the form in which headings are compared.
    title: String,
}

impl<'t> Document<'t> {
    fn new(text: &'t str) -> Self {
        let lines = lines(text);
        let kinds = kinds(&lines);
        let canonical = Canonical::of_lines(&lines, &kinds);
        let line_break = match text.find('\n') {
            Some(at) if text.get(..at).is_some_and(|before| before.ends_with('\r')) => "\r\n",
            _ => "\n",
        };
        Self {
            text,
            lines,
            kinds,
            canonical,
            line_break,
        }
    }

    /// Applies one edit. With `once` it is left out where its effect stands there already; `edits` are all edits of the
    /// request, among them those that were applied at the same anchor before.
    fn apply(&self, action: &Action, once: bool, edits: &[Edit]) -> Result<Outcome, Refusal> {
        match action {
            Action::Append { text } => Ok(self.add(text, once, Side::After)),
            Action::Prepend { text } => Ok(self.add(text, once, Side::Before)),
            Action::InsertAfter { anchor, text } => {
                let siblings = edits.iter().filter_map(|edit| match &edit.action {
                    Action::InsertAfter {
                        anchor: other,
                        text,
                    } if other == anchor => Some(text),
                    _ => None,
                });
                self.insert(anchor, text, once, Side::After, siblings)
            }
            Action::InsertBefore { anchor, text } => {
                let siblings = edits.iter().filter_map(|edit| match &edit.action {
                    Action::InsertBefore {
                        anchor: other,
                        text,
                    } if other == anchor => Some(text),
                    _ => None,
                });
                self.insert(anchor, text, once, Side::Before, siblings)
            }
            Action::Replace { anchor, text } => self.replace(anchor, text, once),
            Action::Remove { anchor } => self.remove(anchor, once),
            Action::ReplaceSection { heading, text } => self.replace_section(heading, text, once),
            Action::AppendToSection { heading, text } => {
                self.append_to_section(heading, text, once)
            }
            Action::RemoveSection { heading } => self.remove_section(heading, once),
        }
    }

    /// Adds lines at the beginning or at the end of the text.
    fn add(&self, text: &str, once: bool, side: Side) -> Outcome {
        let stood_there = self.has_lines(text, 0..self.lines.len());
        if stood_there && once {
            return Outcome::LEFT_OUT;
        }
        let mut filled = (0..self.lines.len()).filter(|index| !self.is_blank(*index));
        let at = match side {
            Side::Before => filled.next().unwrap_or(0),
            Side::After => filled.next_back().map_or(0, |last| last + 1),
        };
        Outcome {
            text: Some(self.put(at..at, text, [true; 2])),
            stood_there,
        }
    }

    /// Adds a text beside an anchor.
    fn insert<'e>(
        &self,
        anchor: &str,
        text: &'e str,
        once: bool,
        side: Side,
        siblings: impl Iterator<Item = &'e String>,
    ) -> Result<Outcome, Refusal> {
        let matches = self.find(anchor);
        let pieces = Pieces::new(self, [text].into_iter().chain(siblings.map(String::as_str)));
        let stands_at = |found: &Match| {
            let block = self.reindent(text, anchor, found);
            found.whole && self.has_lines(&block, self.section_beside(found, text, side))
                || self.stands_beside(found, &pieces, side)
        };
        let found = match self.only(anchor, &matches) {
            Ok(found) => found,
            // The text may have the anchor in it, or have made a place of it that looks like another one.
            Err(_) if once && matches.whole.iter().chain(&matches.part).any(stands_at) => {
                return Ok(Outcome::LEFT_OUT);
            }
            Err(refusal) => return Err(refusal),
        };
        // A text with several lines can make a whole line of an anchor that was a part of one.
        let stood_there =
            stands_at(found) || once && text.contains('\n') && matches.part.iter().any(stands_at);
        if stood_there && once {
            return Ok(Outcome::LEFT_OUT);
        }
        let new = if found.whole {
            let block = self.reindent(text, anchor, found);
            self.put_beside(&found.lines, &block, side)
        } else {
            let at = match side {
                Side::Before => found.range.start,
                Side::After => found.range.end,
            };
            self.splice(at..at, &self.with_line_breaks(trim_end_of_block(text)))
        };
        Ok(Outcome {
            text: Some(new),
            stood_there,
        })
    }

    /// Puts a text in the place of an anchor.
    fn replace(&self, anchor: &str, text: &str, once: bool) -> Result<Outcome, Refusal> {
        if text.trim().is_empty() {
            return self.remove(anchor, once);
        }
        let matches = self.find(anchor);
        if once && self.has_replaced(&matches, text) {
            return Ok(Outcome::LEFT_OUT);
        }
        let found = self.only(anchor, &matches)?;
        let new = if found.whole {
            let block = self.reindent(text, anchor, found);
            self.put(found.lines.clone(), &block, [false; 2])
        } else {
            let text = self.with_line_breaks(trim_end_of_block(text));
            self.splice(found.range.clone(), &text)
        };
        Ok(Outcome::changed(new))
    }

    /// Whether a replacement has been made already: its text stands there once, and the anchor nowhere but within it.
    fn has_replaced(&self, matches: &Matches, text: &str) -> bool {
        let replacements = self.find(text);
        let Ok(replacement) = self.only(text, &replacements) else {
            return false;
        };
        let (selected, count) = matches.selected();
        selected.len() == count
            && selected.iter().all(|found| {
                replacement.range.start <= found.range.start
                    && found.range.end <= replacement.range.end
            })
    }

    /// Removes an anchor.
    fn remove(&self, anchor: &str, once: bool) -> Result<Outcome, Refusal> {
        let matches = self.find(anchor);
        if once && matches.is_empty() {
            return Ok(Outcome::LEFT_OUT);
        }
        let found = self.only(anchor, &matches)?;
        Ok(Outcome::changed(if found.whole {
            self.remove_lines(found.lines.clone())
        } else {
            self.splice(found.range.clone(), "")
        }))
    }

    /// Replaces what stands below a heading.
    fn replace_section(&self, name: &str, text: &str, once: bool) -> Result<Outcome, Refusal> {
        let name = HeadingName::new(name);
        let block = name.without_heading(text);
        let Some((heading, end)) = self.section(&name)? else {
            return Ok(Outcome::changed(self.with_new_section(&name, block)));
        };
        let new = Canonical::new(block);
        let old = self.canonical_lines(heading.below..end);
        let is_same = old.len() == new.lines.len() && self.begins_with(&old, &new);
        // A text with a heading of this level or above ends the section, so the rest of the text is not in the section.
        let is_beginning = || {
            let below = self.canonical_lines(heading.below..self.lines.len());
            once && has_heading_above(block, heading.level + 1) && self.begins_with(&below, &new)
        };
        if is_same || is_beginning() {
            return Ok(Outcome::LEFT_OUT);
        }
        let body = heading.below..end;
        let first = self.first_filled(body.clone());
        let lines = match (first, self.last_filled(body)) {
            (Some(first), Some(last)) => first..last + 1,
            _ => heading.below..heading.below,
        };
        Ok(Outcome::changed(if block.trim().is_empty() {
            self.remove_lines(lines)
        } else {
            self.put(lines, block, [true; 2])
        }))
    }

    /// Adds lines at the end of what stands below a heading.
    fn append_to_section(&self, name: &str, text: &str, once: bool) -> Result<Outcome, Refusal> {
        let name = HeadingName::new(name);
        let block = name.without_heading(text);
        let Some((heading, end)) = self.section(&name)? else {
            return Ok(Outcome::changed(self.with_new_section(&name, block)));
        };
        if block.trim().is_empty() {
            return Ok(Outcome::LEFT_OUT);
        }
        let searched_end = if has_heading_above(block, heading.level + 1) {
            self.lines.len()
        } else {
            end
        };
        let stood_there = self.has_lines(block, heading.below..searched_end);
        if stood_there && once {
            return Ok(Outcome::LEFT_OUT);
        }
        let last = self.last_filled(heading.below..end);
        let at = last.map_or(heading.below, |last| last + 1);
        Ok(Outcome {
            text: Some(self.put(at..at, block, [true; 2])),
            stood_there,
        })
    }

    /// Removes a heading and what stands below it.
    fn remove_section(&self, name: &str, once: bool) -> Result<Outcome, Refusal> {
        let name = HeadingName::new(name);
        match self.section(&name)? {
            Some((heading, end)) => {
                let new = self.remove_lines(heading.line..end);
                Ok(Outcome::changed(new))
            }
            None if once => Ok(Outcome::LEFT_OUT),
            None => Err(Refusal {
                problem: Problem::NotFound,
                nearest: self.near_lines(&name.title, |kind| is_heading(*kind)),
            }),
        }
    }

    /// The text with a new section at its end.
    fn with_new_section(&self, name: &HeadingName<'_>, block: &str) -> String {
        let level = name.level.unwrap_or(DEFAULT_LEVEL);
        let block = format!("{} {}\n\n{block}", "#".repeat(level), name.text);
        self.add(&block, false, Side::After)
            .text
            .unwrap_or_default()
    }

    /// The only section with this heading, and the index of the line at which it ends. `None` where there is none.
    ///
    /// # Errors
    /// There are several such headings, or there is one that differs only in case or in its level.
    fn section(&self, name: &HeadingName<'_>) -> Result<Option<(Heading, usize)>, Refusal> {
        let headings = self.headings();
        let folded = fold(&name.title);
        let same: Vec<usize> = indices(&headings, |heading| {
            heading.title == name.title && name.level.is_none_or(|level| level == heading.level)
        });
        let refusal = |problem, found: &[usize]| {
            let found = found.iter().filter_map(|index| headings.get(*index));
            Refusal {
                problem,
                nearest: self.listed_lines(found.map(|heading| heading.line)),
            }
        };
        let index = match same.as_slice() {
            [] => {
                let similar = indices(&headings, |heading| fold(&heading.title) == folded);
                if similar.is_empty() {
                    return Ok(None);
                }
                return Err(refusal(Problem::OtherHeading, &similar));
            }
            [only] => *only,
            several => return Err(refusal(Problem::Several(several.len()), several)),
        };
        let mut rest = headings.into_iter().skip(index);
        Ok(rest.next().map(|heading| {
            let next = rest.find(|next| next.level <= heading.level);
            let end = next.map_or(self.lines.len(), |next| next.line);
            (heading, end)
        }))
    }

    /// The headings of the text.
    fn headings(&self) -> Vec<Heading> {
        let lines = self.lines.iter().zip(&self.kinds).enumerate();
        let heading = |(index, (line, kind)): (usize, (&Line<'_>, &Kind))| {
            let (level, title, lines) = match kind {
                Kind::Heading(_) => {
                    let (level, title) = parse_heading(line.text)?;
                    (level, title, 1)
                }
                Kind::UnderlinedHeading(level) => (*level, line.text.trim(), 2),
                _ => return None,
            };
            Some(Heading {
                line: index,
                below: index + lines,
                level,
                title: inline(title),
            })
        };
        lines.filter_map(heading).collect()
    }

    /// The indentation of the first line of a match.
    fn indent(&self, found: &Match) -> &'t str {
        let line = self.lines.get(found.lines.start);
        line.map_or("", |line| leading_blank(line.text))
    }

    /// A text in whose lines the indentation of the anchor is replaced by the indentation with which it was found.
    fn reindent(&self, text: &str, anchor: &str, found: &Match) -> String {
        let (given, stored) = (leading_blank(anchor), self.indent(found));
        if given == stored {
            return text.to_owned();
        }
        let lines = text.split('\n').map(|line| match line.strip_prefix(given) {
            Some(rest) if !line.trim().is_empty() => format!("{stored}{rest}"),
            _ => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Whether the first of these pieces stands on this side of a match already.
    fn stands_beside(&self, found: &Match, pieces: &Pieces, side: Side) -> bool {
        let beside = |text: &str, range: &Range<usize>, pieces: &[String]| {
            let rest = match side {
                Side::Before => text.get(..range.start),
                Side::After => text.get(range.end..).map(|rest| {
                    // The match of a whole line has not the white space at its end.
                    let behind_line = rest.trim_start_matches([' ', '\t']);
                    if found.whole { behind_line } else { rest }
                }),
            };
            rest.is_some_and(|rest| has_beside(rest, pieces, side))
        };
        let range = found.canonical.as_ref();
        range.is_some_and(|range| beside(&self.canonical.text, range, &pieces.canonical))
            || beside(self.text, &found.range, &pieces.stored)
    }

    /// The lines on one side of a match, up to a heading that does not belong to a text like this: any heading for a text
    /// without headings, otherwise a heading of a higher level than all of the text.
    fn section_beside(&self, found: &Match, text: &str, side: Side) -> Range<usize> {
        let level = top_level(text);
        let is_end = |index: &usize| {
            self.kinds.get(*index).is_some_and(|kind| match kind {
                Kind::Heading(other) | Kind::UnderlinedHeading(other) => {
                    level.is_none_or(|level| *other < level)
                }
                _ => false,
            })
        };
        match side {
            Side::After => {
                let mut below = found.lines.end..self.lines.len();
                let end = below.find(is_end).unwrap_or(self.lines.len());
                found.lines.end..end
            }
            Side::Before => {
                let above = (0..found.lines.start).rev().find(is_end);
                above.map_or(0, |above| above + 1)..found.lines.start
            }
        }
    }

    /// Whether these lines have the lines of a text whole and in a row.
    fn has_lines(&self, text: &str, within: Range<usize>) -> bool {
        let has = |form: &Canonical, wanted: &str| {
            occurrences(&form.text, wanted).any(|at| {
                let end = at + wanted.len();
                let first = form.lines.get(form.line_at(at));
                let last = form.lines.get(form.line_at(end));
                first.zip(last).is_some_and(|(first, last)| {
                    first.range.start == at
                        && last.range.end == end
                        && within.start <= first.lines.start
                        && last.lines.end <= within.end
                })
            })
        };
        let kinds = self.kinds.get(within.clone()).unwrap_or_default();
        let is_code = |kind: &Kind| matches!(kind, Kind::Code(Code::Inside));
        let block = lines(trim_block(text));
        has(&self.canonical, &Canonical::new(text).text)
            || kinds.iter().any(is_code)
                && has(
                    &Canonical::verbatim(&self.lines),
                    &Canonical::verbatim(&block).text,
                )
    }

    /// The lines of the canonical form that stand for these lines.
    fn canonical_lines(&self, lines: Range<usize>) -> Vec<&canonical::CanonicalLine> {
        let all = self.canonical.lines.iter();
        all.filter(|line| lines.contains(&line.lines.start))
            .collect()
    }

    /// Whether these lines of the text begin with the lines of another one, with the same indentation.
    fn begins_with(&self, lines: &[&canonical::CanonicalLine], other: &Canonical) -> bool {
        lines.len() >= other.lines.len()
            && lines.iter().zip(&other.lines).all(|(line, other_line)| {
                line.indent == other_line.indent
                    && self.canonical.text.get(line.range.clone())
                        == other.text.get(other_line.range.clone())
            })
    }
}

/// A heading as a request names it.
struct HeadingName<'a> {
    /// The level, where the heading is given with its `#`s.
    level: Option<usize>,
    /// The title as it is given.
    text: &'a str,
    /// The title in the form in which headings are compared.
    title: String,
}

impl<'a> HeadingName<'a> {
    fn new(heading: &'a str) -> Self {
        let heading = heading.trim();
        let (level, text) = match parse_heading(heading) {
            Some((level, title)) => (Some(level), title),
            None => (None, heading),
        };
        Self {
            level,
            text,
            title: inline(text),
        }
    }

    /// A text without the heading, where the text begins with it.
    fn without_heading<'x>(&self, text: &'x str) -> &'x str {
        let block = trim_block(text);
        let (first, rest) = block.split_once('\n').unwrap_or((block, ""));
        match parse_heading(first) {
            Some((level, title))
                if inline(title) == self.title && self.level.is_none_or(|given| given == level) =>
            {
                rest
            }
            _ => block,
        }
    }
}

/// A title without case and variation selectors.
fn fold(title: &str) -> String {
    title.to_lowercase().replace('\u{fe0f}', "")
}

fn indices<T>(items: &[T], condition: impl Fn(&T) -> bool) -> Vec<usize> {
    let items = items.iter().enumerate();
    items
        .filter(|(_, item)| condition(item))
        .map(|(index, _)| index)
        .collect()
}

fn is_heading(kind: Kind) -> bool {
    matches!(kind, Kind::Heading(_) | Kind::UnderlinedHeading(_))
}

/// The highest level of the headings in a text.
fn top_level(text: &str) -> Option<usize> {
    let kinds = kinds(&lines(text));
    let levels = kinds.iter().filter_map(|kind| match kind {
        Kind::Heading(level) | Kind::UnderlinedHeading(level) => Some(*level),
        _ => None,
    });
    levels.min()
}

/// Whether a text has a heading of a higher level than this one.
fn has_heading_above(text: &str, level: usize) -> bool {
    top_level(text).is_some_and(|top| top < level)
}

/// A text without the line breaks at its end, which come from the block of a YAML request.
fn trim_end_of_block(text: &str) -> &str {
    text.trim_end_matches(['\n', '\r'])
}

/// The white space at the start of a text's first line.
fn leading_blank(text: &str) -> &str {
    let text = text.trim_start_matches(['\n', '\r']);
    let end = text.len() - text.trim_start().len();
    text.get(..end).unwrap_or_default()
}

/// The white space at the end of a text's last line.
fn trailing_blank(text: &str) -> &str {
    let text = trim_end_of_block(text);
    text.get(text.trim_end().len()..).unwrap_or_default()
}

/// The form in which texts are compared of a part of a line, with the white space at its ends.
fn fragment(text: &str) -> String {
    let form = Canonical::new(text).text;
    if form.is_empty() {
        return text.to_owned();
    }
    let before = if text.starts_with(['\n', '\r']) {
        "\n"
    } else {
        leading_blank(text)
    };
    [before, &form, trailing_blank(text)].concat()
}

/// Texts that are put beside the same anchor: the text of one edit, and then those of all such edits.
struct Pieces {
    /// The texts in the form in which texts are compared.
    canonical: Vec<String>,
    /// The texts as they are put into the text.
    stored: Vec<String>,
}

impl Pieces {
    fn new<'e>(document: &Document<'_>, texts: impl Iterator<Item = &'e str>) -> Self {
        let texts: Vec<&str> = texts.map(trim_end_of_block).collect();
        let stored = texts.iter().map(|text| document.with_line_breaks(text));
        Self {
            canonical: texts.iter().map(|text| fragment(text)).collect(),
            stored: stored.collect(),
        }
    }
}

/// Whether a text begins or ends with the first piece, perhaps behind other pieces, each of which was put there once.
fn has_beside(mut text: &str, pieces: &[String], side: Side) -> bool {
    let strip = |text, piece: &str| -> Option<&str> {
        match side {
            Side::Before => str::strip_suffix(text, piece),
            Side::After => str::strip_prefix(text, piece),
        }
    };
    let Some(wanted) = pieces.first().filter(|piece| !piece.is_empty()) else {
        return false;
    };
    for _ in pieces {
        if strip(text, wanted).is_some() {
            return true;
        }
        let mut others = pieces.iter().filter(|piece| !piece.is_empty());
        match others.find_map(|other| strip(text, other)) {
            Some(rest) => text = rest,
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests;

//! Changes parts of a Markdown text that are named by an anchor or a heading, and nothing else.
//!
//! An anchor is text that must stand in the text exactly once. Anchors and headings are compared in a form that does not
//! depend on how Linear spells Markdown ([`canonical`]); what is changed is the text itself.

mod canonical;

use std::ops::Range;

use self::canonical::{Canonical, inline};
use super::abbreviate;
use super::markdown::{Code, Kind, Line, kinds, lines, parse_heading, underline_level};

/// The most matches of one kind that are looked at one by one; more are only counted.
const MAX_MATCHES: usize = 20;
/// The most similar lines that a failure lists.
const MAX_NEAR_LINES: usize = 3;
/// The most characters of a line that a failure lists.
const MAX_LINE_CHARS: usize = 120;
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

/// A place in a text where an anchor stands.
#[derive(Clone, Debug)]
struct Match {
    /// The bytes of the text, without the indentation of a whole line.
    range: Range<usize>,
    /// The lines that the match touches.
    lines: Range<usize>,
    /// Whether the match has these lines whole, but for white space around them.
    whole: bool,
    /// Where the match stands in the canonical form of the text; `None` for a match of the text itself.
    canonical: Option<Range<usize>>,
}

/// The places where an anchor stands.
#[derive(Default)]
struct Matches {
    whole: Vec<Match>,
    part: Vec<Match>,
    /// How many whole and how many part matches there are. The lists are cut at [`MAX_MATCHES`].
    counts: (usize, usize),
}

impl Matches {
    fn push(&mut self, found: Match) {
        let (list, count) = if found.whole {
            (&mut self.whole, &mut self.counts.0)
        } else {
            (&mut self.part, &mut self.counts.1)
        };
        if list
            .iter()
            .rev()
            .take(2)
            .any(|other| other.range == found.range)
        {
            return;
        }
        *count += 1;
        if list.len() < MAX_MATCHES {
            list.push(found);
        }
    }

    fn is_empty(&self) -> bool {
        self.counts == (0, 0)
    }

    /// The matches that count, and how many there are: those of whole lines where there are some.
    fn selected(&self) -> (&[Match], usize) {
        match self.counts {
            (0, count) => (&self.part, count),
            (count, _) => (&self.whole, count),
        }
    }
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

    /// Puts lines in front of or behind these lines.
    fn put_beside(&self, lines: &Range<usize>, block: &str, side: Side) -> String {
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

    /// Finds every place where an anchor stands.
    fn find(&self, anchor: &str) -> Matches {
        let mut matches = Matches::default();
        let anchor_lines = lines(anchor);
        let form = Canonical::new(anchor);
        if form.text.trim().is_empty() {
            return matches;
        }
        let blank_before = leading_blank(anchor);
        let blank_after = trailing_blank(anchor);
        for at in occurrences(&self.canonical.text, &form.text) {
            let found = self.match_at(&self.canonical, at..at + form.text.len());
            let Some(mut found) = found else { continue };
            if !found.whole && !self.extend(&mut found, blank_before, blank_after) {
                continue;
            }
            matches.push(found);
        }
        // In code, and where nothing else is found, the anchor is compared as it is.
        let verbatim_anchor = Canonical::verbatim(&anchor_lines).text;
        let verbatim_anchor = verbatim_anchor.trim_matches('\n');
        let has_code = self.kinds.iter().any(|kind| matches!(kind, Kind::Code(_)));
        if matches.is_empty() || has_code && verbatim_anchor != form.text {
            let verbatim = Canonical::verbatim(&self.lines);
            let is_alone = matches.is_empty();
            for at in occurrences(&verbatim.text, verbatim_anchor) {
                let found = self.match_at(&verbatim, at..at + verbatim_anchor.len());
                let Some(mut found) = found else { continue };
                let kinds = self.kinds.get(found.lines.clone()).unwrap_or_default();
                let is_code = kinds.iter().all(|kind| matches!(kind, Kind::Code(_)));
                // A part of the marks of a heading is not a heading of another level.
                let before = self.text.get(..found.range.start).unwrap_or_default();
                let is_cut = verbatim_anchor.starts_with('#') && before.ends_with('#');
                let is_safe = is_alone && !is_cut && !kinds.contains(&Kind::Underline);
                if !is_code && !is_safe {
                    continue;
                }
                found.canonical = None;
                if !found.whole && !self.extend(&mut found, "", blank_after) {
                    continue;
                }
                matches.push(found);
            }
        }
        matches
    }

    /// The match of these bytes of a form of the text. `None` where it begins or ends within a part that has no place
    /// of its own in the text.
    fn match_at(&self, form: &Canonical, range: Range<usize>) -> Option<Match> {
        let first = form.lines.get(form.line_at(range.start))?;
        let last = form.lines.get(form.line_at(range.end))?;
        let before = form.text.get(first.range.start..range.start)?;
        let whole = before.trim().is_empty() && range.end == last.range.end;
        Some(Match {
            range: form.position(range.start)?..form.position(range.end)?,
            lines: first.lines.start..last.lines.end,
            whole,
            canonical: Some(range),
        })
    }

    /// Extends a match in a line by the white space at the ends of its anchor. Returns whether that stands there; behind
    /// the end of a line none is needed.
    fn extend(&self, found: &mut Match, before: &str, after: &str) -> bool {
        let (Some(head), Some(tail)) = (
            self.text.get(..found.range.start),
            self.text.get(found.range.end..),
        ) else {
            return false;
        };
        let behind = tail.trim_start_matches([' ', '\t', '\r']);
        let ends_line = behind.is_empty() || behind.starts_with('\n');
        if !head.ends_with(before) || !tail.starts_with(after) && !ends_line {
            return false;
        }
        if let Some(range) = &mut found.canonical {
            extend_in(&self.canonical.text, range, before, after);
        }
        extend_in(self.text, &mut found.range, before, after);
        true
    }

    /// The only match: of the whole lines where there are some, of the whole lines with the anchor's indentation where
    /// there are several, otherwise of the parts of lines.
    ///
    /// # Errors
    /// There is no match, or there are several.
    fn only<'m>(&self, anchor: &str, matches: &'m Matches) -> Result<&'m Match, Refusal> {
        let (list, count) = matches.selected();
        match list {
            [only] => Ok(only),
            [] => Err(Refusal {
                problem: Problem::NotFound,
                nearest: self.near_lines(anchor, |_| true),
            }),
            several => {
                let indent = leading_blank(anchor);
                let mut exact = several.iter().filter(|found| {
                    found.whole && count <= MAX_MATCHES && self.indent(found) == indent
                });
                if let (Some(only), None) = (exact.next(), exact.next()) {
                    return Ok(only);
                }
                Err(Refusal {
                    problem: Problem::Several(count),
                    nearest: self.listed_lines(several.iter().map(|found| found.lines.start)),
                })
            }
        }
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

    fn is_blank(&self, index: usize) -> bool {
        self.kinds.get(index) == Some(&Kind::Blank)
    }

    fn is_blank_or_end(&self, index: usize) -> bool {
        self.is_blank(index) || index >= self.lines.len()
    }

    fn first_filled(&self, mut range: Range<usize>) -> Option<usize> {
        range.find(|index| !self.is_blank(*index))
    }

    fn last_filled(&self, range: Range<usize>) -> Option<usize> {
        range.rev().find(|index| !self.is_blank(*index))
    }

    /// The byte at which a line begins, or the end of the text.
    fn start_of(&self, line: usize) -> usize {
        self.lines
            .get(line)
            .map_or(self.text.len(), |line| line.start)
    }

    /// The text with other bytes in the place of these.
    fn splice(&self, range: Range<usize>, text: &str) -> String {
        let before = self.text.get(..range.start).unwrap_or_default();
        let after = self.text.get(range.end..).unwrap_or_default();
        [before, text, after].concat()
    }

    /// Another text with the line breaks of this one.
    fn with_line_breaks(&self, text: &str) -> String {
        text.replace("\r\n", "\n").replace('\n', self.line_break)
    }

    /// The text with a block of lines in the place of these lines. Blank lines separate the block from its neighbours
    /// where it would become a part of them, and on a `loose` side also where it does not belong to them.
    fn put(&self, lines: Range<usize>, block: &str, loose: [bool; 2]) -> String {
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

    /// The text without these lines, and without the blank lines that separated them from others.
    fn remove_lines(&self, mut lines: Range<usize>) -> String {
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

    /// Lines with these indices, as a failure lists them.
    fn listed_lines(&self, indices: impl Iterator<Item = usize>) -> Vec<NearLine> {
        let line = |index: usize| {
            let line = self.lines.get(index)?;
            Some(NearLine {
                line: index + 1,
                text: abbreviate(line.text.trim(), MAX_LINE_CHARS),
            })
        };
        indices.filter_map(line).take(MAX_NEAR_LINES).collect()
    }

    /// The lines of certain kinds that are most similar to the first line of a text, the most similar first.
    fn near_lines(&self, text: &str, is_listed: impl Fn(&Kind) -> bool) -> Vec<NearLine> {
        let wanted = text.trim().lines().next().unwrap_or_default();
        let wanted = trigrams(wanted);
        let mut scored: Vec<(usize, usize)> = Vec::new();
        for (index, (line, kind)) in self.lines.iter().zip(&self.kinds).enumerate() {
            if !is_listed(kind) || line.text.trim().is_empty() {
                continue;
            }
            let trigrams = trigrams(line.text);
            let shared = trigrams.intersection(&wanted).count();
            let score = 200 * shared / (trigrams.len() + wanted.len()).max(1);
            // A text that is a part of a long line is near to that line.
            let is_near = score >= MIN_LIKENESS || shared * 10 >= wanted.len() * 7;
            if shared > 0 && is_near {
                scored.push((score, index));
            }
        }
        scored.sort_by_key(|(score, index)| (std::cmp::Reverse(*score), *index));
        self.listed_lines(scored.into_iter().map(|(_, index)| index))
    }
}

/// The percentage of common groups of letters from which two lines are similar.
const MIN_LIKENESS: usize = 30;

/// The groups of three characters in the beginning of a line, without case and white space.
fn trigrams(line: &str) -> std::collections::BTreeSet<[char; 3]> {
    let chars: Vec<char> = line
        .chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .take(MAX_LINE_CHARS)
        .collect();
    let padded: Vec<char> = [' '].into_iter().chain(chars).chain([' ']).collect();
    padded
        .windows(3)
        .filter_map(|window| window.try_into().ok())
        .collect()
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
                if inline(title) == self.title && self.level.is_none_or(|own| own == level) =>
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
fn trim_block(text: &str) -> &str {
    let text = text.trim_end();
    let start = text.len() - text.trim_start().len();
    let line = text.get(..start).and_then(|blank| blank.rfind('\n'));
    text.get(line.map_or(0, |at| at + 1)..).unwrap_or_default()
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

/// Extends a range of a text by what stands in front of it and behind it, where that is there.
fn extend_in(text: &str, range: &mut Range<usize>, before: &str, after: &str) {
    if text
        .get(..range.start)
        .is_some_and(|head| head.ends_with(before))
    {
        range.start -= before.len();
    }
    if text
        .get(range.end..)
        .is_some_and(|tail| tail.starts_with(after))
    {
        range.end += after.len();
    }
}

/// The positions at which a piece stands in a text, also where they overlap.
///
/// This is the algorithm of Knuth, Morris and Pratt: no input makes it look at a byte more than twice.
fn occurrences<'a>(text: &'a str, piece: &'a str) -> impl Iterator<Item = usize> + 'a {
    let wanted = piece.as_bytes();
    // Most pieces stand in the text once or not at all, which the search of the standard library finds faster.
    let first = text.find(piece).filter(|_| !piece.is_empty());
    let failures = if first.is_some() {
        failure_table(wanted)
    } else {
        Vec::new()
    };
    let rest = first.and_then(|first| text.as_bytes().get(first..));
    let mut matched = 0;
    let bytes = rest.unwrap_or_default().iter().enumerate();
    bytes.filter_map(move |(index, byte)| {
        while matched > 0 && wanted.get(matched) != Some(byte) {
            matched = failures.get(matched - 1).copied().unwrap_or(0);
        }
        if wanted.get(matched) == Some(byte) {
            matched += 1;
        }
        if matched < wanted.len() {
            return None;
        }
        matched = failures.get(matched - 1).copied().unwrap_or(0);
        Some(first.unwrap_or(0) + index + 1 - wanted.len())
    })
}

/// For each beginning of a piece the length of its longest proper beginning that is also its end.
fn failure_table(piece: &[u8]) -> Vec<usize> {
    let mut table = vec![0; piece.len()];
    let mut matched: usize = 0;
    for (index, byte) in piece.iter().enumerate().skip(1) {
        while matched > 0 && piece.get(matched) != Some(byte) {
            matched = table.get(matched - 1).copied().unwrap_or(0);
        }
        if piece.get(matched) == Some(byte) {
            matched += 1;
        }
        if let Some(entry) = table.get_mut(index) {
            *entry = matched;
        }
    }
    table
}

#[cfg(test)]
mod tests;

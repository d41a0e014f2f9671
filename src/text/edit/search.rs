//! Finds the places of a text where an anchor stands, and the lines that a failure lists.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use super::super::abbreviate;
use super::super::markdown::{Kind, lines};
use super::canonical::Canonical;
use super::{Document, NearLine, Problem, Refusal, leading_blank, trailing_blank};

/// The most matches of one kind that are looked at one by one; more are only counted.
const MAX_MATCHES: usize = 20;
/// The most similar lines that a failure lists.
const MAX_NEAR_LINES: usize = 3;
/// The most characters of a line that a failure lists.
const MAX_LINE_CHARS: usize = 120;
/// The percentage of common groups of letters from which two lines are similar.
const MIN_LIKENESS: usize = 30;

/// A place in a text where an anchor stands.
#[derive(Clone, Debug)]
pub(super) struct Match {
    /// The bytes of the text, without the indentation of a whole line.
    pub(super) range: Range<usize>,
    /// The lines that the match touches.
    pub(super) lines: Range<usize>,
    /// Whether the match has these lines whole, but for white space around them.
    pub(super) whole: bool,
    /// Where the match stands in the canonical form of the text; `None` for a match of the text itself.
    pub(super) canonical: Option<Range<usize>>,
}

/// The places where an anchor stands.
#[derive(Default)]
pub(super) struct Matches {
    pub(super) whole: Vec<Match>,
    pub(super) part: Vec<Match>,
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
        *count += 1;
        if list.len() < MAX_MATCHES {
            list.push(found);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.counts == (0, 0)
    }

    /// The matches that count, and how many there are: those of whole lines where there are some.
    pub(super) fn selected(&self) -> (&[Match], usize) {
        match self.counts {
            (0, count) => (&self.part, count),
            (count, _) => (&self.whole, count),
        }
    }
}

impl Document<'_> {
    /// Finds every place where an anchor stands.
    pub(super) fn find(&self, anchor: &str) -> Matches {
        let mut matches = Matches::default();
        let anchor_lines = lines(anchor);
        let form = Canonical::new(anchor);
        if form.text.trim().is_empty() {
            return matches;
        }
        let blank_before = leading_blank(anchor);
        let blank_after = trailing_blank(anchor);
        let mut ends = HashSet::new();
        for at in occurrences(&self.canonical.text, &form.text) {
            let found = self.match_at(&self.canonical, at..at + form.text.len());
            let Some(mut found) = found else { continue };
            if !found.whole && !self.extend(&mut found, blank_before, blank_after) {
                continue;
            }
            ends.insert(found.range.end);
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
                let first = self.kinds.get(found.lines.start);
                let last = found.lines.end.checked_sub(1);
                let last = last.and_then(|last| self.kinds.get(last));
                let is_code = |kind: Option<&Kind>| matches!(kind, Some(Kind::Code(_)));
                // A part of the marks of a heading is not a heading of another level, and of an underlined heading
                // neither line is one without the other.
                let before = self.text.get(..found.range.start).unwrap_or_default();
                let is_cut = verbatim_anchor.starts_with('#') && before.ends_with('#')
                    || first == Some(&Kind::Underline)
                    || matches!(last, Some(Kind::UnderlinedHeading(_)));
                if !(is_code(first) && is_code(last) || is_alone && !is_cut) {
                    continue;
                }
                found.canonical = None;
                if !found.whole && !self.extend(&mut found, "", blank_after) {
                    continue;
                }
                if !ends.contains(&found.range.end) {
                    matches.push(found);
                }
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
    pub(super) fn only<'m>(
        &self,
        anchor: &str,
        matches: &'m Matches,
    ) -> Result<&'m Match, Refusal> {
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

    /// Lines with these indices, as a failure lists them.
    pub(super) fn listed_lines(&self, indices: impl Iterator<Item = usize>) -> Vec<NearLine> {
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
    pub(super) fn near_lines(
        &self,
        text: &str,
        is_listed: impl Fn(&Kind) -> bool,
    ) -> Vec<NearLine> {
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
        scored.sort_by_key(|(score, index)| (Reverse(*score), *index));
        self.listed_lines(scored.into_iter().map(|(_, index)| index))
    }
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
pub(super) fn occurrences<'a>(text: &'a str, piece: &'a str) -> impl Iterator<Item = usize> + 'a {
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

/// The groups of three characters in the beginning of a line, without case and white space.
fn trigrams(line: &str) -> BTreeSet<[char; 3]> {
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

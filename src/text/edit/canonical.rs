//! The form in which texts are compared, so that an anchor is found although Linear has rewritten the Markdown
//! (`linear/api.md` §6).
//!
//! In this form bullets are `*`, ticked boxes `[x]`, `_` around words is `*`, links have no `<>`, tables and rules have one
//! spelling, and there are no blank lines, no indentation and no white space at the ends of lines. Code is not changed.
//! Every position in the form leads back to a position in the text.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::markdown::{Kind, Line, is_table_delimiter, item_marker, kinds, lines};

/// The position of a character boundary that a match cannot begin or end at.
const NO_BOUNDARY: usize = usize::MAX;

/// What addresses begin with.
const SCHEMES: [&str; 2] = ["https://", "http://"];

/// A text in the form in which texts are compared.
pub(super) struct Canonical {
    /// The lines of the form, each but the last followed by `\n`.
    pub text: String,
    /// The lines of the form.
    pub lines: Vec<CanonicalLine>,
    /// For each byte of the form the position in the original text at which its character begins, and at last the end.
    positions: Vec<usize>,
}

/// A line of the form, which is one line of the original text, or the two lines of an underlined heading.
pub(super) struct CanonicalLine {
    /// The bytes of the form that the line has.
    pub range: Range<usize>,
    /// The numbers of the lines in the original text.
    pub lines: Range<usize>,
    /// The length of the indentation in the original text.
    pub indent: usize,
}

impl Canonical {
    /// Brings a text into the form.
    pub(super) fn new(text: &str) -> Self {
        let lines = lines(text);
        Self::of_lines(&lines, &kinds(&lines))
    }

    /// Brings lines of these kinds into the form.
    pub(super) fn of_lines(lines: &[Line<'_>], kinds: &[Kind]) -> Self {
        let mut writer = Writer::new(lines);
        for (line, kind) in lines.iter().zip(kinds) {
            match kind {
                Kind::Blank | Kind::Underline => {}
                Kind::Code(_) => writer.push_line(line, 1, 0, |writer, at| {
                    writer.copy(line.text.trim_end(), at);
                }),
                Kind::UnderlinedHeading(level) => {
                    writer.push_line(line, 2, indent(line.text), |writer, at| {
                        writer.unit(&format!("{} ", "#".repeat(*level)), at);
                        writer.inline(line.text.trim(), at);
                    });
                }
                kind => writer.push_line(line, 1, indent(line.text), |writer, at| {
                    writer.prose(line.text.trim(), at, *kind);
                }),
            }
        }
        writer.finish()
    }

    /// The lines as they are, without the white space at their ends: what can be found although the form has changed
    /// it, because a part of a link or of emphasis does not show what it is a part of.
    pub(super) fn verbatim(lines: &[Line<'_>]) -> Self {
        let mut writer = Writer::new(lines);
        for line in lines {
            writer.push_line(line, 1, 0, |writer, at| {
                writer.copy(line.text.trim_end(), at);
            });
        }
        writer.finish()
    }

    /// The position in the original text of a position in the form. `None` within what can only be matched as a whole.
    pub(super) fn position(&self, at: usize) -> Option<usize> {
        let position = self.positions.get(at).copied();
        position.filter(|position| *position != NO_BOUNDARY)
    }

    /// The index of the line of the form that this position is in.
    pub(super) fn line_at(&self, at: usize) -> usize {
        let after = self.lines.partition_point(|line| line.range.start <= at);
        after.saturating_sub(1)
    }
}

/// The form of one line of text, without what its beginning means: the title of a heading.
pub(super) fn inline(text: &str) -> String {
    let mut writer = Writer::default();
    writer.inline(text, 0);
    writer.text
}

/// The length of the white space at the start of a line.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Writes the form.
#[derive(Default)]
struct Writer {
    text: String,
    positions: Vec<usize>,
    lines: Vec<CanonicalLine>,
    /// The position of the end of the line in the original text that was written last.
    end: usize,
}

impl Writer {
    fn new(lines: &[Line<'_>]) -> Self {
        let length = lines.last().map_or(0, Line::end);
        Self {
            text: String::with_capacity(length),
            positions: Vec::with_capacity(length + 1),
            ..Self::default()
        }
    }

    /// Writes a line that is made of this many lines of the original text. `write` gets the position at which to begin,
    /// behind the `indent`.
    fn push_line(
        &mut self,
        line: &Line<'_>,
        count: usize,
        indent: usize,
        write: impl FnOnce(&mut Self, usize),
    ) {
        if !self.lines.is_empty() {
            self.unit("\n", self.end);
        }
        let start = self.text.len();
        write(self, line.start + indent);
        self.end = line.start + line.text.trim_end().len();
        self.lines.push(CanonicalLine {
            range: start..self.text.len(),
            lines: line.number..line.number + count,
            indent: self::indent(line.text),
        });
    }

    fn finish(mut self) -> Canonical {
        self.positions.push(self.end);
        Canonical {
            text: self.text,
            lines: self.lines,
            positions: self.positions,
        }
    }

    /// Writes text for what begins at this position of the original text. It can be matched only as a whole.
    fn unit(&mut self, text: &str, at: usize) {
        for index in 0..text.len() {
            self.positions
                .push(if index == 0 { at } else { NO_BOUNDARY });
        }
        self.text.push_str(text);
    }

    /// Writes the text that stands at this position, unchanged.
    fn copy(&mut self, text: &str, at: usize) {
        for (index, c) in text.char_indices() {
            self.positions.push(at + index);
            for _ in 1..c.len_utf8() {
                self.positions.push(NO_BOUNDARY);
            }
        }
        self.text.push_str(text);
    }

    /// Writes a line that is not code, without the white space around it.
    fn prose(&mut self, line: &str, at: usize, kind: Kind) {
        match kind {
            Kind::Rule => self.unit("---", at),
            Kind::Heading(level) => {
                self.unit(line.get(..level).unwrap_or_default(), at);
                self.inline(line.get(level..).unwrap_or_default(), at + level);
            }
            Kind::Table if is_table_delimiter(line) => {
                let columns = line.trim_matches('|').split('|').count();
                self.unit(&format!("|{}", " -- |".repeat(columns)), at);
            }
            Kind::Item => {
                let marker = item_marker(line).unwrap_or(0);
                let (mark, rest) = line.split_at_checked(marker).unwrap_or((line, ""));
                if mark.len() == 1 {
                    self.unit("*", at);
                } else {
                    self.copy(mark, at);
                }
                let boxed = rest.trim_start();
                if box_length(boxed) > 0 {
                    self.unit(" ", at + marker);
                    self.boxed(boxed, at + line.len() - boxed.len());
                } else {
                    self.inline(rest, at + marker);
                }
            }
            // A box without a bullet is part of a line of which the caller gave only the rest.
            _ if box_length(line) > 0 => self.boxed(line, at),
            _ => self.inline(line, at),
        }
    }

    /// Writes a text that begins with the box of a task.
    fn boxed(&mut self, text: &str, at: usize) {
        let length = box_length(text);
        let (mark, rest) = text.split_at_checked(length).unwrap_or((text, ""));
        self.copy(&mark.to_ascii_lowercase(), at);
        self.inline(rest, at + length);
    }

    /// Writes text within a line.
    fn inline(&mut self, text: &str, at: usize) {
        let mut index = LineIndex::new(text);
        let mut before = None;
        let mut done = 0;
        while let Some(rest) = text.get(done..).filter(|rest| !rest.is_empty()) {
            let length = self.step(rest, done, at, before, &mut index);
            before = rest.get(..length).and_then(|step| step.chars().next_back());
            done += length;
        }
    }

    /// Writes the beginning of the rest of a line. `done` is where the rest begins in the line, and `at` where the line
    /// begins in the original text. Returns the length of what was written.
    fn step(
        &mut self,
        rest: &str,
        done: usize,
        at: usize,
        before: Option<char>,
        index: &mut LineIndex,
    ) -> usize {
        let Some(first) = rest.chars().next() else {
            return rest.len();
        };
        let at = at + done;
        let keep = match first {
            '`' => index.code_span(done, run(rest, '`')),
            '\\' => {
                let escaped = rest.chars().nth(1);
                if let Some(escaped) = escaped.filter(|c| matches!(c, '_' | '[' | ']')) {
                    // Linear puts a backslash in front of some of these.
                    self.unit(escaped.encode_utf8(&mut [0; 4]), at);
                    return 2;
                }
                1 + escaped.map_or(0, char::len_utf8)
            }
            '<' => index.angle(rest, done).unwrap_or(1),
            '[' => match index.link(rest, done) {
                Some(link) => {
                    self.link(&link, at);
                    return link.length;
                }
                None => 1,
            },
            'h' if !before.is_some_and(is_part_of_word) => address_length(rest).unwrap_or(1),
            '_' => {
                let length = run(rest, '_');
                let after = rest.get(length..).and_then(|rest| rest.chars().next());
                let within_word = before.is_some_and(char::is_alphanumeric)
                    && after.is_some_and(char::is_alphanumeric);
                if length <= 2 && !within_word {
                    for offset in 0..length {
                        self.unit("*", at + offset);
                    }
                    return length;
                }
                length
            }
            other => other.len_utf8(),
        };
        self.copy(rest.get(..keep).unwrap_or_default(), at);
        keep
    }

    /// Writes a link. One whose text is its address is written as the address alone, as Linear makes links of addresses.
    fn link(&mut self, link: &Link<'_>, at: usize) {
        let target_at = at + 1 + link.label.len() + 2;
        if link.title.is_empty()
            && (link.address == link.label
                || SCHEMES
                    .iter()
                    .any(|scheme| link.address.strip_prefix(scheme) == Some(link.label)))
        {
            self.unit(link.label, at);
            return;
        }
        self.copy("[", at);
        self.copy(link.label, at + 1);
        self.unit("]", target_at - 2);
        self.unit("(", target_at - 1);
        self.copy(link.address, target_at + link.address_offset);
        if !link.title.is_empty() {
            let title_end = at + link.length - 1;
            self.unit(" ", target_at + link.address_offset + link.address.len());
            self.unit(link.title, title_end - link.title.len());
        }
        let closing = target_at + link.address_offset + link.address.len();
        self.unit(
            ")",
            if link.title.is_empty() {
                closing
            } else {
                at + link.length - 1
            },
        );
    }
}

/// The length of the box of a task at the start of a text, with the space after it; 0 where there is none.
fn box_length(text: &str) -> usize {
    let boxes = ["[ ]", "[x]", "[X]"];
    match boxes.iter().find_map(|mark| text.strip_prefix(mark)) {
        Some("") => 3,
        Some(rest) if rest.starts_with(' ') => 4,
        _ => 0,
    }
}

/// The length of the run of this ASCII character at the start of a text.
fn run(text: &str, mark: char) -> usize {
    text.len() - text.trim_start_matches(mark).len()
}

/// Whether an address cannot begin behind this character.
fn is_part_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '/' | '.' | '@' | '_' | '-')
}

/// Whether an address ends before this character.
fn ends_address(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`' | '[' | ')' | ']' | '*' | '|')
}

/// The length of the address at the start of a text.
fn address_length(text: &str) -> Option<usize> {
    let scheme = SCHEMES.iter().find(|scheme| text.starts_with(*scheme))?;
    let end = text.find(ends_address).unwrap_or(text.len());
    let word = text.get(..end)?;
    let word = word.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
    (word.len() > scheme.len()).then_some(word.len())
}

/// A link within a line: `[label](<address> "title")`.
struct Link<'t> {
    label: &'t str,
    address: &'t str,
    /// The bytes between the `(` and the address.
    address_offset: usize,
    title: &'t str,
    /// The length of the whole link.
    length: usize,
}

/// Where the code spans and brackets of one line end, found once for the whole line: searched anew at every beginning,
/// the ends would cost the square of the line's length.
struct LineIndex {
    /// Each `[` and `(` with the bracket that closes it.
    brackets: BTreeMap<usize, usize>,
    /// Each run of backticks that is closed by an equal one, with the end of that one.
    spans: BTreeMap<usize, usize>,
    last_angle: Option<usize>,
}

impl LineIndex {
    fn new(line: &str) -> Self {
        let mut brackets = BTreeMap::new();
        pair_brackets(line, '[', ']', &mut brackets);
        if !brackets.is_empty() {
            pair_brackets(line, '(', ')', &mut brackets);
        }
        Self {
            brackets,
            spans: pair_backticks(line),
            last_angle: line.rfind('>'),
        }
    }

    /// The length of the code span that begins here, or of the backticks where they begin no span.
    fn code_span(&self, at: usize, ticks: usize) -> usize {
        self.spans.get(&at).map_or(ticks, |end| end - at)
    }

    /// The length of the address in angle brackets or the HTML tag at the start of `rest`.
    fn angle(&self, rest: &str, at: usize) -> Option<usize> {
        let inside = rest.strip_prefix('<')?;
        let starts_tag = inside
            .chars()
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
        let is_closed = self.last_angle.is_some_and(|last| last > at);
        let end = (starts_tag && is_closed).then(|| inside.find('>'))??;
        Some(end + 2)
    }

    /// The link at the start of `rest`.
    fn link<'t>(&self, rest: &'t str, at: usize) -> Option<Link<'t>> {
        let label_end = self.brackets.get(&at)? - at;
        let label = rest.get(1..label_end)?;
        let target_end = self.brackets.get(&(at + label_end + 1))? - at;
        rest.get(label_end + 1..)?.strip_prefix('(')?;
        let target = rest.get(label_end + 2..target_end)?;
        let trimmed = target.trim_start();
        let blank = target.len() - trimmed.len();
        let (angle, address, title) =
            match trimmed.strip_prefix('<').and_then(|t| t.split_once('>')) {
                Some((address, title)) => (1, address, title),
                None => {
                    let end = trimmed.find(' ').unwrap_or(trimmed.len());
                    let (address, title) = trimmed.split_at_checked(end)?;
                    (0, address.trim_end(), title)
                }
            };
        Some(Link {
            label,
            address,
            address_offset: blank + angle,
            title: title.trim(),
            length: target_end + 1,
        })
    }
}

/// Notes for each opening bracket where the bracket is that closes it.
fn pair_brackets(line: &str, open: char, close: char, pairs: &mut BTreeMap<usize, usize>) {
    let mut opened = Vec::new();
    for (at, found) in line.match_indices([open, close]) {
        if found.starts_with(open) {
            opened.push(at);
        } else if let Some(start) = opened.pop() {
            pairs.insert(start, at);
        }
    }
}

/// Each run of backticks that is followed by one of the same length, with the end of that one.
fn pair_backticks(line: &str) -> BTreeMap<usize, usize> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (at, _) in line.match_indices('`') {
        match runs.last_mut() {
            Some(run) if run.end == at => run.end = at + 1,
            _ => runs.push(at..at + 1),
        }
    }
    let mut next_ends: BTreeMap<usize, usize> = BTreeMap::new();
    let mut pairs = BTreeMap::new();
    for run in runs.into_iter().rev() {
        if let Some(end) = next_ends.insert(run.len(), run.end) {
            pairs.insert(run.start, end);
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> String {
        Canonical::new(text).text
    }

    #[test]
    fn the_two_spellings_of_a_construct_have_one_form() {
        for (one, other) in [
            ("- [X] a", "* [x] a"),
            ("+   [x] a  ", "* [X] a"),
            ("_a_ __b c__", "*a* **b c**"),
            ("[a_b](u_v)", "[a_b](<u_v>)"),
            ("[a](u \"t\")", "[a](<u> \"t\")"),
            (
                "see https://a.example/x_y.",
                "see [https://a.example/x_y](<https://a.example/x_y>).",
            ),
            ("at example.com", "at [example.com](<http://example.com>)"),
            ("|:-|-:|", "| -- | -- |"),
            ("***", "---"),
            ("Title\n---", "## Title"),
            ("a\n\n\nb", "a\nb"),
            ("a\r\nb \r\n", "a\nb"),
            ("snake\\_case \\[x\\]", "snake_case [x]"),
        ] {
            assert_eq!(form(one), form(other), "{one:?}");
        }
    }

    #[test]
    fn what_differs_in_meaning_keeps_its_difference() {
        for (one, other) in [
            ("a_b", "a*b"),
            ("`_a_`", "`*a*`"),
            ("```\n- a\n```", "```\n* a\n```"),
            ("[a](u)", "[a](v)"),
            ("# a", "## a"),
            ("- [ ] a", "- [x] a"),
            ("A", "a"),
        ] {
            assert_ne!(form(one), form(other), "{one:?}");
        }
    }
}

//! The lines of a Markdown text and what each of them is: code, a heading, an item of a list, a table row. Just enough
//! of CommonMark to edit texts safely.

/// A line of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// The number of the line, from 0.
    pub number: usize,
    /// The byte offset at which the line begins.
    pub start: usize,
    /// The line without its line break.
    pub text: &'a str,
    /// Whether the line belongs to a code fence.
    pub code: Code,
}

impl Line<'_> {
    /// The byte offset of the end of the line, before its line break.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The part of a fenced code block that a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// The line is not part of a code block.
    No,
    /// The line opens a code block.
    Opening,
    /// The line is code.
    Inside,
    /// The line closes a code block.
    Closing,
}

/// The lines of a text. A fence that is never closed runs to the end, as in CommonMark.
pub(super) fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut fence = None;
    let mut start = 0;
    for (number, whole) in text.split_inclusive('\n').enumerate() {
        let text = whole.trim_end_matches(['\n', '\r']);
        let code = match (fence, parse_fence(text)) {
            (None, None) => Code::No,
            (None, opened) => {
                fence = opened.map(|(mark, length, _)| (mark, length));
                Code::Opening
            }
            (Some((mark, length)), Some((other, more, true)))
                if mark == other && more >= length =>
            {
                fence = None;
                Code::Closing
            }
            (Some(_), _) => Code::Inside,
        };
        lines.push(Line {
            number,
            start,
            text,
            code,
        });
        start += whole.len();
    }
    lines
}

/// The lines of a text that are not part of a code fence.
pub(super) fn lines_outside_code(text: &str) -> Vec<Line<'_>> {
    let mut lines = lines(text);
    lines.retain(|line| line.code == Code::No);
    lines
}

/// The fence on a line: its character, its length, and whether nothing follows it, as at the end of a block.
pub(super) fn parse_fence(line: &str) -> Option<(char, usize, bool)> {
    let line = line.trim();
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    let length = line.len() - rest.len();
    // "```code``` in a sentence" is not a fence.
    let inline = mark == '`' && rest.contains('`');
    (length >= 3 && !inline).then_some((mark, length, rest.is_empty()))
}

/// The part of a block that a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The line is empty, and not part of a code block.
    Blank,
    /// A heading of this level: `## Title`.
    Heading(usize),
    /// The title of a heading of this level whose underline is the next line.
    UnderlinedHeading(usize),
    /// The underline of a heading: `---` or `===`.
    Underline,
    /// A bullet or a numbered item of a list.
    Item,
    /// An indented line, which may continue an item of a list.
    Indented,
    /// A row of a table.
    Table,
    /// A line of a quotation.
    Quote,
    /// A thematic break: `---`, `***` or `___`.
    Rule,
    /// A comment or an HTML tag, or the beginning or the end of a collapsible section (`+++`).
    Marker,
    /// Any other text.
    Paragraph,
    /// A line of a code block.
    Code(Code),
}

/// The kind of each line. Returns one kind for each of the lines.
pub(super) fn kinds(lines: &[Line<'_>]) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::with_capacity(lines.len());
    for line in lines {
        let before = kinds.last_mut();
        let kind = match (underline_level(line.text), before) {
            (Some(level), Some(before @ (Kind::Paragraph | Kind::Indented)))
                if line.code == Code::No =>
            {
                *before = Kind::UnderlinedHeading(level);
                Kind::Underline
            }
            _ => kind(line),
        };
        kinds.push(kind);
    }
    kinds
}

/// The kind of a line that is not the underline of a heading.
fn kind(line: &Line<'_>) -> Kind {
    if line.code != Code::No {
        return Kind::Code(line.code);
    }
    let text = line.text.trim();
    if text.is_empty() {
        Kind::Blank
    } else if let Some((level, _)) = parse_heading(line.text) {
        Kind::Heading(level)
    } else if is_rule(text) {
        Kind::Rule
    } else if item_marker(text).is_some() {
        Kind::Item
    } else if text.starts_with('|') {
        Kind::Table
    } else if text.starts_with('>') {
        Kind::Quote
    } else if text.starts_with('<') || text.starts_with("+++") {
        Kind::Marker
    } else if line.text.starts_with([' ', '\t']) {
        Kind::Indented
    } else {
        Kind::Paragraph
    }
}

/// The level and the title of a heading that is marked by `#`s. The title has no closing `#`s.
pub(super) fn parse_heading(line: &str) -> Option<(usize, &str)> {
    let marked = line.trim_start_matches(' ');
    if line.len() - marked.len() > 3 {
        return None;
    }
    let title = marked.trim_start_matches('#');
    let level = marked.len() - title.len();
    let is_heading =
        (1..=6).contains(&level) && title.chars().next().is_none_or(|next| next.is_whitespace());
    is_heading.then(|| (level, trim_closing_marks(title.trim())))
}

/// The title without the `#`s that may close a heading.
fn trim_closing_marks(title: &str) -> &str {
    let without = title.trim_end_matches('#');
    if without.is_empty() || without.ends_with(char::is_whitespace) {
        without.trim_end()
    } else {
        title
    }
}

/// The level of the heading that this line makes of the paragraph above: 1 for `===`, 2 for `---`.
pub(super) fn underline_level(line: &str) -> Option<usize> {
    let line = line.trim();
    match line.chars().next() {
        Some('=') if line.chars().all(|c| c == '=') => Some(1),
        Some('-') if line.chars().all(|c| c == '-') => Some(2),
        _ => None,
    }
}

/// Whether a line is a thematic break.
pub(super) fn is_rule(line: &str) -> bool {
    let mut marks = line.chars().filter(|c| !c.is_whitespace());
    let Some(mark) = marks.next().filter(|c| matches!(c, '-' | '*' | '_')) else {
        return false;
    };
    let mut count = 1;
    marks.all(|c| {
        count += 1;
        c == mark
    }) && count >= 3
}

/// Whether a line is the row below the head of a table: `|---|:-:|`.
pub(super) fn is_table_delimiter(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('|')
        && line.contains('-')
        && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

/// The length of the marker at the start of an item of a list, without the space after it: `-`, `12.`.
pub(super) fn item_marker(text: &str) -> Option<usize> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.len() - rest.len();
    let after = match digits {
        0 => rest.strip_prefix(['-', '*', '+']),
        1..=9 => rest.strip_prefix(['.', ')']),
        _ => None,
    }?;
    (after.is_empty() || after.starts_with([' ', '\t'])).then_some(digits + 1)
}

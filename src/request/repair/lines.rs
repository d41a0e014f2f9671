//! A rough view of a YAML text by lines, for repairs: it must make sense of texts that do not parse.

use std::borrow::Cow;

use crate::yaml::without_mark;

/// A line that holds `key: value`, `- key: value` or `- value`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry<'t> {
    /// The column of the last dash before the key, if there is one.
    pub dash: Option<usize>,
    /// The column of the key, or of the dash when there is no key.
    pub column: usize,
    /// The key without quotes; empty for `- value`.
    pub key: &'t str,
    /// Everything up to the value, with the space before it.
    pub head: &'t str,
    /// The rest of the line, trimmed.
    pub value: &'t str,
}

/// What a line is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The mappings and lists of the document.
    Block,
    /// A `{…}` or `[…]` that an earlier line opened.
    Flow,
    /// The text of a block scalar whose key stands at this column.
    Text(usize),
    /// A quoted text that an earlier line opened: behind that many bytes it ends, if it does on this line.
    Quoted(Option<usize>),
}

/// Follows the quoted texts of a line, character by character. A quote opens one where a value can begin: in front of
/// everything, or behind a bracket, a brace, a comma or a colon.
#[derive(Clone, Copy, Debug)]
pub struct Quotes {
    /// The quote that is open.
    open: Option<char>,
    /// Whether the next character is escaped by a backslash.
    escaped: bool,
    /// The last character that is no white space.
    mark: char,
    /// Whether the last character was a single quote that closed a text: another one right behind it goes on with it.
    closed_by_single: bool,
}

impl Quotes {
    /// The state in front of a value, or within the text that this quote opened.
    pub fn new(open: Option<char>) -> Self {
        Self {
            open,
            escaped: false,
            mark: '{',
            closed_by_single: false,
        }
    }

    /// Takes the next character. Returns whether it belongs to a quoted text, the quotes themselves included.
    pub fn take(&mut self, c: char) -> bool {
        let goes_on = std::mem::take(&mut self.closed_by_single) && c == '\'';
        match self.open {
            Some(_) if self.escaped => self.escaped = false,
            Some('"') if c == '\\' => self.escaped = true,
            Some(quote) if c == quote => {
                self.open = None;
                self.closed_by_single = c == '\'';
                self.mark = c;
            }
            Some(_) => {}
            None if matches!(c, '"' | '\'') && (goes_on || "{}[],:".contains(self.mark)) => {
                self.open = Some(c);
            }
            None => {
                if !c.is_whitespace() {
                    self.mark = c;
                }
                return false;
            }
        }
        true
    }

    /// The quote that is open behind what was taken.
    pub fn open(&self) -> Option<char> {
        self.open
    }
}

/// Where in a line the text ends that this quote opened in an earlier one: behind its closing quote.
fn closing(line: &str, quote: char) -> Option<usize> {
    let mut quotes = Quotes::new(Some(quote));
    let mut end = None;
    for (at, c) in line.char_indices() {
        if !quotes.take(c) && quotes.open.is_none() {
            break;
        }
        end = quotes.open.is_none().then(|| at + c.len_utf8());
        if end.is_some() && c != '\'' {
            break;
        }
    }
    end
}

/// Whether the value of a key or of an item can begin on a line, by the lines before it.
#[derive(Debug)]
pub struct Values {
    expected: bool,
}

impl Default for Values {
    fn default() -> Self {
        Self { expected: true }
    }
}

impl Values {
    /// The value that begins on the next line, if one does: behind its key or dash, or below it.
    pub fn begin<'t>(&mut self, line: &'t str) -> Option<&'t str> {
        let text = line.trim();
        if text.is_empty() {
            return None;
        }
        let found = entry(line);
        let begins = found.is_some() || self.expected;
        let value = found.map_or(line.trim_start(), |entry| entry.value);
        self.expected = (begins && is_remark(value)) || matches!(text, "-" | "---");
        self.expected |= value.is_empty();
        begins.then_some(value)
    }
}

/// The places of the lines below that go on with a value that begins with a quote or a bracket. A quoted text that does
/// not end in them is broken and has none; a list or mapping that does not has all of them.
pub fn continued(value: &str, below: &[&str]) -> Vec<Place> {
    let mut places = Vec::new();
    // The line on which the quoted text ends that is open, if it does end.
    let quoted = |quote: char, places: &mut Vec<Place>| {
        let from = places.len();
        let rest = below.get(from..).unwrap_or_default();
        let last = rest.iter().position(|line| closing(line, quote).is_some());
        let within = rest.iter().take(last.map_or(0, |last| last + 1));
        places.extend(within.map(|line| Place::Quoted(closing(line, quote))));
    };
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let rest = value.get(1..).unwrap_or_default();
            if closing(rest, quote).is_none() {
                quoted(quote, &mut places);
            }
        }
        Some('{' | '[') => {
            let (mut rest, mut open) = (value, 0);
            loop {
                let quote;
                (open, quote) = opened(rest, open);
                let before = places.len();
                if let Some(quote) = quote {
                    quoted(quote, &mut places);
                }
                let last = places.last().copied().filter(|_| places.len() > before);
                let from = match last {
                    Some(Place::Quoted(end)) => end.unwrap_or_default(),
                    _ if open > 0 && places.len() < below.len() => {
                        places.push(Place::Flow);
                        0
                    }
                    _ => break,
                };
                let line = places.len().checked_sub(1).and_then(|at| below.get(at));
                rest = line.and_then(|line| line.get(from..)).unwrap_or_default();
            }
        }
        _ => {}
    }
    places
}

/// The text without a byte order mark, and with every line break as YAML reads it: one `\n`.
pub fn normalized(text: &str) -> Cow<'_, str> {
    let text = without_mark(text);
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The column of the first character that is no space; a tab counts as two.
pub fn indent(line: &str) -> usize {
    line.bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .map(|byte| if byte == b'\t' { 2 } else { 1 })
        .sum()
}

/// A line without its first `depth` columns.
pub fn cut(line: &str, depth: usize) -> &str {
    let mut column = 0;
    for (at, c) in line.char_indices() {
        if column >= depth {
            return line.get(at..).unwrap_or_default();
        }
        column += if c == '\t' { 2 } else { 1 };
    }
    ""
}

/// Takes a line apart.
pub fn entry(line: &str) -> Option<Entry<'_>> {
    let begin = line.bytes().position(|byte| !matches!(byte, b' ' | b'\t'));
    let mut rest = line.get(begin.unwrap_or(line.len())..)?;
    let mut column = indent(line);
    let mut dash = None;
    while let Some(after) = rest.strip_prefix("- ") {
        dash = Some(column);
        let next = after.trim_start_matches(' ');
        column += 2 + after.len() - next.len();
        rest = next;
    }
    let (key, after) = match key(rest) {
        Some(found) => found,
        None => ("", rest),
    };
    if key.is_empty() {
        column = dash?;
    }
    let value = after.trim_start_matches([' ', '\t']);
    let head = line.get(..line.len() - value.len())?;
    Some(Entry {
        dash,
        column,
        key,
        head,
        value: value.trim_end(),
    })
}

/// A key and what follows its colon.
fn key(text: &str) -> Option<(&str, &str)> {
    let (key, rest) = match text.chars().next()? {
        quote @ ('"' | '\'') => text.get(1..)?.split_once(quote)?,
        _ => text.split_at(text.bytes().position(|byte| !is_key_byte(byte))?),
    };
    let after = rest.trim_start_matches(' ').strip_prefix(':')?;
    let ends = after.is_empty() || after.starts_with([' ', '\t']);
    (ends && !key.is_empty() && key.bytes().all(is_key_byte)).then_some((key, after))
}

fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Whether a value opens a block scalar: `|`, `>-`, `|2+`, perhaps with a comment behind.
pub fn opens_text(value: &str) -> bool {
    let Some(rest) = value.strip_prefix(['|', '>']) else {
        return false;
    };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '+' || c == '-');
    let comment = rest.trim_start();
    rest.is_empty()
        || (comment.len() < rest.len()
            && (comment.is_empty() || comment.starts_with('#') || comment.starts_with("//")))
}

/// Whether a request has a part of this name, beside which a key is a parameter.
pub fn is_part(key: &str) -> bool {
    matches!(key, "operation" | "params" | "context" | "as")
}

/// What begins with a `#` behind a text on its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashMeaning {
    /// A comment: two spaces or more stand in front of it.
    Comment,
    /// A part of the text, as in `PR #12`: one space in front of it, and a letter or digit right behind the `#`.
    Text,
    /// Either.
    Unclear,
}

impl HashMeaning {
    /// The meaning of what begins with that `#`, so many columns behind a text.
    pub fn of(gap: usize, hash: &str) -> Self {
        match gap {
            2.. => Self::Comment,
            _ if begins_word(hash) => Self::Text,
            _ => Self::Unclear,
        }
    }
}

/// Whether what begins with a `#` has a letter or digit right behind it.
pub fn begins_word(hash: &str) -> bool {
    hash.chars().nth(1).is_some_and(char::is_alphanumeric)
}

/// A text in double quotes, as JSON and YAML both write it.
pub fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether a line has a form that Markdown gives a meaning and that is lost when lines are joined: a list item, a
/// heading or a tag (`#`), a quote, a row of a table, a fence, a rule, or what another language takes for a comment.
pub fn is_markdown(line: &str) -> bool {
    let text = line.trim();
    let rule = text.len() >= 3
        && ["-", "*", "_", "="]
            .iter()
            .any(|mark| text.trim_matches(|c| mark.starts_with(c)).is_empty());
    rule || text.starts_with(['#', '>', '|'])
        || text.starts_with("```")
        || text.starts_with("~~~")
        || text.starts_with("//")
        || is_item(text)
}

/// Whether a trimmed line begins as the item of a list does.
pub fn is_item(text: &str) -> bool {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let (mark, rest) = match text.chars().next() {
        Some('-' | '*' | '+') => (true, text.get(1..).unwrap_or_default()),
        _ => {
            let mark = digits.len() < text.len() && digits.starts_with(['.', ')']);
            (mark, digits.get(1..).unwrap_or_default())
        }
    };
    mark && (rest.is_empty() || rest.starts_with(' '))
}

/// Every line with its place. Rough: brackets count wherever they stand outside quotes.
pub fn places(text: &str) -> Vec<(&str, Place)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut places = Vec::with_capacity(lines.len());
    let mut values = Values::default();
    let mut block: Option<usize> = None;
    while let Some(line) = lines.get(places.len()).copied() {
        if let Some(column) = block {
            if line.trim().is_empty() || indent(line) > column {
                places.push((line, Place::Text(column)));
                continue;
            }
            block = None;
        }
        places.push((line, Place::Block));
        let Some(value) = values.begin(line) else {
            continue;
        };
        if opens_text(value) {
            block = entry(line).map(|entry| entry.column);
        } else {
            let below = lines.get(places.len()..).unwrap_or_default();
            let own = continued(value, below).into_iter();
            places.extend(below.iter().copied().zip(own));
        }
    }
    places
}

/// Whether nothing but a comment stands there, of YAML or of another language.
fn is_remark(text: &str) -> bool {
    text.starts_with('#') || text.starts_with("//")
}

/// How many brackets are open after a line, when `open` were before it, and the quote that is open there.
fn opened(value: &str, mut open: usize) -> (usize, Option<char>) {
    let mut quotes = Quotes::new(None);
    // A quote in a comment opens nothing that goes on in the next line.
    let mut comment = false;
    let mut before = ' ';
    for (at, c) in value.char_indices() {
        if !quotes.take(c) {
            let rest = value.get(at..).unwrap_or_default();
            comment |= before.is_whitespace() && is_remark(rest);
            match c {
                '{' | '[' => open += 1,
                '}' | ']' => open = open.saturating_sub(1),
                _ => {}
            }
        }
        before = c;
    }
    (open, quotes.open().filter(|_| !comment))
}

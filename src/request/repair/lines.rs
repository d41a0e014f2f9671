//! A rough view of YAML text line by line, for repairs: it has to work on text that does not parse.

use std::borrow::Cow;

use crate::yaml::without_mark;

/// A line that holds `key: value`, `- key: value` or `- value`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry<'t> {
    /// The column of the last dash before the key, if there is one.
    pub dash: Option<usize>,
    /// The column of the key, or of the dash where there is no key.
    pub column: usize,
    /// The key without quotes; empty for `- value`.
    pub key: &'t str,
    /// Everything before the value, including the space.
    pub head: &'t str,
    /// The rest of the line, trimmed.
    pub value: &'t str,
}

/// What a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineContext {
    /// A mapping or list of the document.
    Block,
    /// A `{…}` or `[…]` that an earlier line opened.
    Flow,
    /// A block scalar whose key stands in this column.
    BlockText(usize),
    /// A quoted text that an earlier line opened, with the byte offset at which it ends; `None` where it does not end
    /// on this line.
    Quoted(Option<usize>),
}

/// Tracks quoted texts while a line is read character by character. A quote opens a text where a value can begin: at
/// the start, or after a bracket, a brace, a comma or a colon.
#[derive(Clone, Copy, Debug)]
pub struct Quotes {
    /// The quote that is open.
    open: Option<char>,
    /// Whether the next character is escaped by a backslash.
    escaped: bool,
    /// The last character that is not white space.
    mark: char,
    /// Whether the last character was a single quote that closed a text. Another single quote right after it continues
    /// the text.
    closed_by_single: bool,
}

impl Quotes {
    /// The state before a value, or inside the text that the quote `open` began.
    pub fn new(open: Option<char>) -> Self {
        Self {
            open,
            escaped: false,
            mark: '{',
            closed_by_single: false,
        }
    }

    /// Takes the next character. Returns whether it belongs to a quoted text, including its quotes.
    pub fn take(&mut self, c: char) -> bool {
        let continues = std::mem::take(&mut self.closed_by_single) && c == '\'';
        match self.open {
            Some(_) if self.escaped => self.escaped = false,
            Some('"') if c == '\\' => self.escaped = true,
            Some(quote) if c == quote => {
                self.open = None;
                self.closed_by_single = c == '\'';
                self.mark = c;
            }
            Some(_) => {}
            None if matches!(c, '"' | '\'') && (continues || "{}[],:".contains(self.mark)) => {
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

    /// The quote that is open after the characters taken.
    pub fn open(&self) -> Option<char> {
        self.open
    }
}

/// The byte offset after the closing quote, in a line that continues a quoted text; `None` where the text does not end
/// there.
fn closing_quote_end(line: &str, quote: char) -> Option<usize> {
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

/// Tracks whether the value of a key or an item can begin on the next line.
#[derive(Debug)]
pub struct ValueStarts {
    expected: bool,
}

impl Default for ValueStarts {
    fn default() -> Self {
        Self { expected: true }
    }
}

impl ValueStarts {
    /// The value that begins on this line, if one does: after its key or dash, or below it.
    pub fn begin<'t>(&mut self, line: &'t str) -> Option<&'t str> {
        let text = line.trim();
        if text.is_empty() {
            return None;
        }
        let entry = parse_entry(line);
        let begins = entry.is_some() || self.expected;
        let value = entry.map_or(line.trim_start(), |entry| entry.value);
        self.expected = (begins && is_comment(value)) || matches!(text, "-" | "---");
        self.expected |= value.is_empty();
        begins.then_some(value)
    }
}

/// The contexts of the lines below that continue a value beginning with a quote or a bracket. A quoted text that never
/// ends is malformed and continues on no line; a list or mapping that never ends continues on all of them.
pub fn continuation(value: &str, below: &[&str]) -> Vec<LineContext> {
    let mut contexts = Vec::new();
    // Adds the lines up to the one that closes the quote; none where it is never closed.
    let quoted = |quote: char, contexts: &mut Vec<LineContext>| {
        let from = contexts.len();
        let rest = below.get(from..).unwrap_or_default();
        let last = rest
            .iter()
            .position(|line| closing_quote_end(line, quote).is_some());
        let within = rest.iter().take(last.map_or(0, |last| last + 1));
        contexts.extend(within.map(|line| LineContext::Quoted(closing_quote_end(line, quote))));
    };
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => {
            let rest = value.get(1..).unwrap_or_default();
            if closing_quote_end(rest, quote).is_none() {
                quoted(quote, &mut contexts);
            }
        }
        Some('{' | '[') => {
            let (mut rest, mut open) = (value, 0);
            loop {
                let quote;
                (open, quote) = open_brackets(rest, open);
                let before = contexts.len();
                if let Some(quote) = quote {
                    quoted(quote, &mut contexts);
                }
                let last = contexts.last().copied().filter(|_| contexts.len() > before);
                let from = match last {
                    Some(LineContext::Quoted(end)) => end.unwrap_or_default(),
                    _ if open > 0 && contexts.len() < below.len() => {
                        contexts.push(LineContext::Flow);
                        0
                    }
                    _ => break,
                };
                let line = contexts.len().checked_sub(1).and_then(|at| below.get(at));
                rest = line.and_then(|line| line.get(from..)).unwrap_or_default();
            }
        }
        _ => {}
    }
    contexts
}

/// The text without a byte order mark, and with every line break as `\n`.
pub fn normalized(text: &str) -> Cow<'_, str> {
    let text = without_mark(text);
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The column of the first character that is not a space; a tab counts as two.
pub fn indent(line: &str) -> usize {
    line.bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .map(|byte| if byte == b'\t' { 2 } else { 1 })
        .sum()
}

/// A line without its first `depth` columns.
pub fn without_indent(line: &str, depth: usize) -> &str {
    let mut column = 0;
    for (at, c) in line.char_indices() {
        if column >= depth {
            return line.get(at..).unwrap_or_default();
        }
        column += if c == '\t' { 2 } else { 1 };
    }
    ""
}

/// Splits a line into dash, key and value; `None` where it has neither key nor dash.
pub fn parse_entry(line: &str) -> Option<Entry<'_>> {
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
    let (key, after) = match split_key(rest) {
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

/// Splits a text into its key and what follows the colon; `None` where it begins with no key.
fn split_key(text: &str) -> Option<(&str, &str)> {
    let (key, rest) = match text.chars().next()? {
        quote @ ('"' | '\'') => text.get(1..)?.split_once(quote)?,
        _ => text.split_at(text.bytes().position(|byte| !is_key_byte(byte))?),
    };
    let after = rest.trim_start_matches(' ').strip_prefix(':')?;
    let ends = after.is_empty() || after.starts_with([' ', '\t']);
    (ends && !key.is_empty() && key.bytes().all(is_key_byte)).then_some((key, after))
}

/// Whether a byte may be part of a key.
fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Whether a value opens a block scalar: `|`, `>-`, `|2+`, perhaps with a comment after it.
pub fn opens_block_text(value: &str) -> bool {
    let Some(rest) = value.strip_prefix(['|', '>']) else {
        return false;
    };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '+' || c == '-');
    let comment = rest.trim_start();
    rest.is_empty()
        || (comment.len() < rest.len()
            && (comment.is_empty() || comment.starts_with('#') || comment.starts_with("//")))
}

/// Whether a key is the name of a part of a request; a key beside the parts is a parameter.
pub fn is_part(key: &str) -> bool {
    matches!(key, "operation" | "params" | "context" | "as")
}

/// What a `#` after a text on the same line means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashKind {
    /// A comment: at least two spaces stand before it.
    Comment,
    /// Part of the text, as in `PR #12`: one space before it, and a letter or digit right after it.
    Text,
    /// A comment or part of the text.
    Unclear,
}

impl HashKind {
    /// The meaning of the `#` that begins `hash`, `gap` columns after a text.
    pub fn new(gap: usize, hash: &str) -> Self {
        match gap {
            2.. => Self::Comment,
            _ if begins_word(hash) => Self::Text,
            _ => Self::Unclear,
        }
    }
}

/// Whether a letter or digit follows the `#` directly.
pub fn begins_word(hash: &str) -> bool {
    hash.chars().nth(1).is_some_and(char::is_alphanumeric)
}

/// A text in double quotes, which is valid JSON and YAML.
pub fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Whether a line has a form that means something in Markdown and is lost when lines are joined: a list item, a
/// heading or tag (`#`), a quote, a row of a table, a fence, a rule, or a comment of another language.
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

/// Whether a trimmed line begins like the item of a list.
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

/// Every line with its context. This is an approximation: brackets count wherever they stand outside quotes.
pub fn line_contexts(text: &str) -> Vec<(&str, LineContext)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut contexts = Vec::with_capacity(lines.len());
    let mut values = ValueStarts::default();
    let mut block: Option<usize> = None;
    while let Some(line) = lines.get(contexts.len()).copied() {
        if let Some(column) = block {
            if line.trim().is_empty() || indent(line) > column {
                contexts.push((line, LineContext::BlockText(column)));
                continue;
            }
            block = None;
        }
        contexts.push((line, LineContext::Block));
        let Some(value) = values.begin(line) else {
            continue;
        };
        if opens_block_text(value) {
            block = parse_entry(line).map(|entry| entry.column);
        } else {
            let below = lines.get(contexts.len()..).unwrap_or_default();
            let continued = continuation(value, below).into_iter();
            contexts.extend(below.iter().copied().zip(continued));
        }
    }
    contexts
}

/// Whether a text is a comment, of YAML or of another language.
fn is_comment(text: &str) -> bool {
    text.starts_with('#') || text.starts_with("//")
}

/// How many brackets are open after a line that began with `open` of them, and the quote that is open then.
fn open_brackets(value: &str, mut open: usize) -> (usize, Option<char>) {
    let mut quotes = Quotes::new(None);
    // A quote inside a comment opens no text.
    let mut comment = false;
    let mut before = ' ';
    for (at, c) in value.char_indices() {
        if !quotes.take(c) {
            let rest = value.get(at..).unwrap_or_default();
            comment |= before.is_whitespace() && is_comment(rest);
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

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
    line.chars()
        .take_while(|c| matches!(c, ' ' | '\t'))
        .map(|c| if c == '\t' { 2 } else { 1 })
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
    let mut rest = line.trim_start_matches([' ', '\t']);
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
        _ => text.split_at(text.find(|c: char| !is_key_char(c))?),
    };
    let after = rest.trim_start_matches(' ').strip_prefix(':')?;
    let ends = after.is_empty() || after.starts_with([' ', '\t']);
    (ends && !key.is_empty() && key.chars().all(is_key_char)).then_some((key, after))
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
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

/// Whether what begins with a `#` has a letter or digit right behind it: one space behind a word it is a part of the
/// text then, as in `PR #12`.
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
pub fn places(text: &str) -> impl Iterator<Item = (&str, Place)> {
    let mut block: Option<usize> = None;
    let mut open = 0usize;
    text.lines().map(move |line| {
        if let Some(column) = block {
            if line.trim().is_empty() || indent(line) > column {
                return (line, Place::Text(column));
            }
            block = None;
        }
        let place = if open > 0 { Place::Flow } else { Place::Block };
        match entry(line) {
            Some(entry) if place == Place::Block && opens_text(entry.value) => {
                block = Some(entry.column);
            }
            found => {
                // In a block, a bracket inside a plain value opens nothing.
                let value = found.map_or(line.trim_start(), |entry| entry.value);
                if open > 0 || value.starts_with(['{', '[']) {
                    open = opened(value, open);
                }
            }
        }
        (line, place)
    })
}

/// How many brackets are open after a line, when `open` were before it.
fn opened(value: &str, mut open: usize) -> usize {
    let mut quote = None;
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some('"'), '\\') => {
                chars.next();
            }
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{' | '[') => open += 1,
            (None, '}' | ']') => open = open.saturating_sub(1),
            _ => {}
        }
    }
    open
}

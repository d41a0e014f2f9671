//! Values of one line that YAML cannot read or would misread, comments of another language, and tabs.

use super::lines::{self, Entry, Place, cut, entry, indent, places};
use crate::yaml::hex_color;

/// Applies a change to every line outside of block texts.
fn each(text: &str, change: impl Fn(&str, Place) -> Option<String>) -> Option<String> {
    let outside = |line: &str, place| match place {
        Place::Text(_) => None,
        place => change(line, place),
    };
    all(text, outside)
}

/// Applies a change to every line; `None` when it changes none.
fn all(text: &str, change: impl Fn(&str, Place) -> Option<String>) -> Option<String> {
    let mut changed = false;
    let lines: Vec<String> = places(text)
        .map(|(line, place)| {
            let new = change(line, place);
            changed |= new.is_some();
            new.unwrap_or_else(|| line.to_owned())
        })
        .collect();
    changed.then(|| super::joined(&lines))
}

/// Leaves out lines of `// comment`, and such comments behind quotes, brackets, colons, and commas between brackets,
/// where no text can have them. Behind a plain value the reader leaves them out.
pub fn comments(text: &str) -> Option<String> {
    each(text, |line, place| {
        if line.trim_start().starts_with("//") {
            return Some(String::new());
        }
        let (head, value) = match entry(line) {
            Some(entry) => (entry.head, entry.value),
            None => ("", line),
        };
        let length = if value.starts_with("//") {
            0
        } else if place == Place::Flow || value.starts_with(['{', '[']) {
            comment_in_flow(value)?
        } else {
            let length = closed(value)?;
            let rest = value.get(length..)?;
            rest.trim_start().starts_with("//").then_some(length)?
        };
        Some(
            format!("{head}{}", value.get(..length)?)
                .trim_end()
                .to_owned(),
        )
    })
}

/// Where a comment starts among brackets: behind a bracket, a comma or a quoted text, and a space.
fn comment_in_flow(value: &str) -> Option<usize> {
    let mut quote = None;
    // The last two characters, and the last one that is no space.
    let (mut before, mut last, mut mark) = (' ', ' ', '{');
    let mut skip = false;
    for (at, c) in value.char_indices() {
        if c == '/' && last == '/' && before == ' ' && quote.is_none() && "{}[],\"'".contains(mark)
        {
            return Some(at - 1);
        }
        match quote {
            _ if skip => skip = false,
            Some('"') if c == '\\' => skip = true,
            Some(end) if c == end => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') && "{}[],:".contains(mark) => quote = Some(c),
            None => {}
        }
        let opens_comment = c == '/' && last == ' ';
        if !(c.is_whitespace() || opens_comment) {
            mark = c;
        }
        (before, last) = (last, c);
    }
    None
}

/// Quotes the values that cannot be meant as the YAML that they look like: a quote inside quotes, a text after a
/// closing bracket or quote, a first character that YAML reserves, `: ` in a plain value, and colours in `{…}`.
pub fn quotes(text: &str) -> Option<String> {
    each(text, |line, place| {
        let colored = colors(line);
        let line = colored.as_deref().unwrap_or(line);
        let quoted = entry(line).and_then(|entry| quoted(&entry, place));
        quoted.or(colored.clone())
    })
}

fn quoted(entry: &Entry<'_>, place: Place) -> Option<String> {
    let (value, comma) = match entry.value.strip_suffix(',') {
        Some(value) if place == Place::Flow => (value, ","),
        _ => (entry.value, ""),
    };
    let first = value.chars().next()?;
    let text = match first {
        '"' | '\'' => unreadable_quoted(value, first)?,
        _ if place == Place::Flow || entry.key == "operation" => return None,
        '[' | '{' => {
            let (_, rest) = value.split_at_checked(closed(value)?)?;
            let rest = rest.trim_start();
            (!rest.is_empty() && !rest.starts_with('#')).then(|| value.to_owned())?
        }
        '|' | '>' if lines::opens_text(value) => return None,
        '*' | '&' | '!' if is_property(value) => return None,
        '`' | '@' | '%' | '*' | '&' | '!' | '|' | '>' => value.to_owned(),
        '-' | '?' if !entry.key.is_empty() && value.get(1..)?.starts_with(' ') => value.to_owned(),
        _ if !entry.key.is_empty() && (value.contains(": ") || value.ends_with(':')) => {
            value.to_owned()
        }
        _ => return None,
    };
    Some(format!("{}{}{comma}", entry.head, literal(&text)))
}

/// Whether a value is an alias, or an anchor or tag in front of something: refused YAML, and no text.
fn is_property(value: &str) -> bool {
    match value.split_once(' ') {
        Some((_, rest)) => {
            !value.starts_with('*') && rest.trim_start().starts_with(['[', '{', '"', '\''])
        }
        None => value.starts_with('*') && !value.ends_with('*'),
    }
}

/// The text meant by a quoted value that breaks: `"say "hi" now"`, `'it's'`, `"part" of it`.
fn unreadable_quoted(value: &str, quote: char) -> Option<String> {
    let rest = value.get(closed(value)?..)?;
    let after = rest.trim_start();
    // What may follow: nothing, a comment, or the rest of a flow collection.
    let fine = after.is_empty() || after.starts_with([',', '}', ']', ':']);
    if fine || (after.starts_with('#') && after.len() < rest.len()) {
        return None;
    }
    let inner = value.strip_prefix(quote)?.strip_suffix(quote);
    Some(match (inner, quote) {
        (Some(inner), '"') => unescaped(inner),
        (Some(inner), _) => inner.replace("''", "'"),
        (None, _) => value.to_owned(),
    })
}

/// Takes back the escapes that the writer did make.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = match (c, chars.peek()) {
            ('\\', Some('"')) => Some('"'),
            ('\\', Some('\\')) => Some('\\'),
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some('t')) => Some('\t'),
            _ => None,
        };
        if escaped.is_some() {
            chars.next();
        }
        out.push(escaped.unwrap_or(c));
    }
    out
}

/// A text in double quotes, as JSON and YAML both write it.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The length of the quoted text or bracketed collection that a value starts with; `None` when it starts with neither
/// or does not end on this line.
fn closed(value: &str) -> Option<usize> {
    let open = value.chars().next().filter(|c| "\"'[{".contains(*c))?;
    let mut quote = matches!(open, '"' | '\'').then_some(open);
    let mut depth = usize::from(quote.is_none());
    let mut chars = value.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some('"'), '\\') => {
                chars.next();
            }
            (Some('\''), '\'') if chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                chars.next();
            }
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => continue,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, _) => continue,
        }
        if quote.is_none() && depth == 0 {
            return Some(at + c.len_utf8());
        }
    }
    None
}

/// Quotes the unquoted colours of a line, which are comments for YAML.
fn colors(line: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('#') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let key = before
            .trim_end()
            .strip_suffix(':')
            .map(|key| key.trim_end_matches([' ', '"', '\'']));
        let color = hex_color(after)
            .filter(|_| key.is_some_and(|key| key.ends_with("color") || key.ends_with("colour")));
        let length = match color {
            Some(color) => {
                out.push_str(&literal(color));
                color.len()
            }
            None => {
                out.push('#');
                1
            }
        };
        rest = after.get(length..)?;
    }
    out.push_str(rest);
    (out != line).then_some(out)
}

/// Indents with two spaces for each tab; in a block text, as far as the indentation is YAML's and not the text's.
pub fn tabs(text: &str) -> Option<String> {
    all(text, |line, place| {
        let depth = match place {
            Place::Text(column) => column + 2,
            _ => indent(line),
        };
        let content = cut(line, depth);
        let margin = line.get(..line.len() - content.len())?;
        margin
            .contains('\t')
            .then(|| format!("{}{content}", margin.replace('\t', "  ")))
    })
}

//! Values of one line that YAML cannot read or would misread, comments of another language, and tabs.

use std::borrow::Cow;

use super::lines::{
    self, Entry, HashMeaning, Place, Quotes, begins_word, cut, entry, indent, literal, places,
};
use crate::params::{is_context, plain_name};
use crate::request::grammar::Texts;
use crate::request::{SHOWN, shown};
use crate::text::cut::start;
use crate::yaml::hex_color;

/// Applies a change to every line outside of block texts and quoted texts. It is given the number of the line, from 0.
fn each(
    text: &str,
    mut change: impl FnMut(usize, &str, Place) -> Option<String>,
) -> Option<String> {
    all(text, |at, line, place| match place {
        Place::Text(_) | Place::Quoted(_) => None,
        place => change(at, line, place),
    })
}

/// Applies a change to every line; `None` when it changes none.
fn all(text: &str, mut change: impl FnMut(usize, &str, Place) -> Option<String>) -> Option<String> {
    let mut changed = false;
    let lines: Vec<Cow<'_, str>> = places(text)
        .into_iter()
        .enumerate()
        .map(|(at, (line, place))| {
            let new = change(at, line, place);
            changed |= new.is_some();
            new.map_or(Cow::Borrowed(line), Cow::Owned)
        })
        .collect();
    changed.then(|| super::joined(&lines))
}

/// For each line, whether it says who asks: it stands in the `context`, or is one of its entries beside `params`.
fn context_lines(text: &str) -> Vec<bool> {
    let mut context: Option<usize> = None;
    let inside = text.lines().map(|line| {
        if context.is_some_and(|column| !line.trim().is_empty() && indent(line) <= column) {
            context = None;
        }
        if context.is_some() {
            return true;
        }
        let found = entry(line);
        context = found
            .as_ref()
            .filter(|entry| entry.key == "context")
            .map(|entry| entry.column);
        found.is_some_and(|entry| entry.column == 0 && is_context(&plain_name(entry.key)))
    });
    inside.collect()
}

/// For each line, whether the next one that is not blank stands deeper.
fn deeper_below(text: &str) -> Vec<bool> {
    let mut next = 0;
    let mut deeper: Vec<bool> = text
        .lines()
        .rev()
        .map(|line| {
            let below = next > indent(line);
            if !line.trim().is_empty() {
                next = indent(line);
            }
            below
        })
        .collect();
    deeper.reverse();
    deeper
}

/// Makes YAML comments of lines of `// comment`, and of such comments behind quotes, brackets, and commas between
/// brackets, where no text can have them; behind a colon, where the value stands below. Behind a plain value the reader
/// leaves them out. They are made comments and not cut off, so that a value that is hidden in one is noticed.
pub fn comments(text: &str, texts: &Texts, _: &mut Vec<String>) -> Option<String> {
    if !text.contains("//") {
        return None;
    }
    let below = deeper_below(text);
    all(text, |at, line, place| {
        if let Place::Quoted(end) = place {
            let rest = line.get(end?..)?;
            let at = match rest.trim_start().starts_with("//") {
                true => 0,
                false => comment_in_flow(rest)?,
            };
            let (kept, comment) = line.split_at_checked(end? + at)?;
            let comment = comment.trim_start().trim_start_matches('/');
            return Some(format!("{} #{comment}", kept.trim_end()));
        }
        if matches!(place, Place::Text(_)) {
            return None;
        }
        let hidden = line.trim_start();
        if let Some(rest) = hidden.strip_prefix("//") {
            let margin = line.get(..line.len() - hidden.len())?;
            return Some(format!("{margin}#{rest}"));
        }
        let (head, value) = match entry(line) {
            Some(entry) => (entry.head, entry.value),
            None => ("", line),
        };
        let length = if value.starts_with("//") {
            let key = entry(line).map_or("", |entry| entry.key);
            let above = below.get(at).is_some_and(|below| *below) && !texts.has(key);
            (place == Place::Flow || above).then_some(0)?
        } else if place == Place::Flow || value.starts_with(['{', '[']) {
            comment_in_flow(value)?
        } else {
            let length = closed(value)?;
            let rest = value.get(length..)?;
            rest.trim_start().starts_with("//").then_some(length)?
        };
        let (kept, comment) = value.split_at_checked(length)?;
        let comment = comment.trim_start().trim_start_matches('/');
        Some(format!("{head}{} #{comment}", kept.trim_end()))
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
pub fn quotes(text: &str, _: &Texts, warnings: &mut Vec<String>) -> Option<String> {
    let context = context_lines(text);
    each(text, |at, line, place| {
        let whole = context.get(at).is_some_and(|inside| *inside);
        let value = entry(line).map_or(line.trim_start(), |entry| entry.value);
        let in_flow = place == Place::Flow || value.starts_with(['{', '[']);
        let colored = in_flow.then(|| colors(line)).flatten();
        let line = colored.as_deref().unwrap_or(line);
        let hashed = hashes(line, place, false);
        let line = hashed.as_deref().unwrap_or(line);
        let quoted = entry(line).and_then(|entry| quoted(&entry, place, whole, warnings));
        quoted.or(hashed.clone()).or(colored.clone())
    })
}

/// Quotes the value of an entry, where it has to be. With `whole`, a ` #` in it is no reason to leave it.
fn quoted(
    entry: &Entry<'_>,
    place: Place,
    whole: bool,
    warnings: &mut Vec<String>,
) -> Option<String> {
    let (value, comma) = match entry.value.strip_suffix(',') {
        Some(value) if place == Place::Flow => (value, ","),
        _ => (entry.value, ""),
    };
    let (value, comment) = match (place, value.find(" #")) {
        (Place::Block, Some(at)) if !whole && !value.starts_with(['"', '\'']) => {
            split_comment(value, at)?
        }
        _ => (value, ""),
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
    if !comment.is_empty() {
        warnings.push(format!(
            "left out the YAML comment behind '{}': '{}'; quote the value to keep it",
            shown(entry.key),
            start(comment, SHOWN)
        ));
    }
    Some(format!("{}{}{comma}", entry.head, literal(&text)))
}

/// A value with a ` #` at that place, and the comment behind it; `None` where it can be read in two ways.
fn split_comment(value: &str, at: usize) -> Option<(&str, &str)> {
    let (before, hash) = value.split_at_checked(at + 1)?;
    let text = before.trim_end();
    match HashMeaning::of(before.len() - text.len(), hash) {
        HashMeaning::Comment => Some((text, hash)),
        HashMeaning::Text => Some((value, "")),
        HashMeaning::Unclear => None,
    }
}

/// Quotes the items of a list or mapping on one line in which a `#` with a letter or digit behind it stands one space
/// behind a word: `[sprint #12, api]`. YAML would take the rest of the line for a comment. With `any`, the items with any
/// other `#` behind a space are quoted too.
pub fn hashes(line: &str, place: Place, any: bool) -> Option<String> {
    let from = match (place, entry(line)) {
        (Place::Block, Some(entry)) if entry.value.starts_with(['[', '{']) => entry.head.len(),
        (Place::Block, None) if line.trim_start().starts_with(['[', '{']) => 0,
        (Place::Flow, _) => 0,
        _ => return None,
    };
    let (head, rest) = line.split_at_checked(from)?;
    let mut out = head.to_owned();
    let mut quotes = Quotes::new(None);
    let (mut begin, mut hash) = (0, false);
    let mut before = [' '; 2];
    let mut ended = 0;
    for (at, c) in rest.char_indices() {
        match quotes.take(c) {
            true => {}
            false if c == '#' && before[1] == ' ' => {
                let word = before[0].is_alphanumeric() && begins_word(rest.get(at..)?);
                if !word && !any {
                    break;
                }
                hash = true;
            }
            false if matches!(c, '[' | ']' | '{' | '}' | ',') || (c == ' ' && before[1] == ':') => {
                let item = rest.get(begin..at)?;
                if hash && matches!(c, ',' | ']' | '}') {
                    let text = item.trim();
                    let margin = item.get(..item.len() - item.trim_start().len())?;
                    out.push_str(margin);
                    out.push_str(&literal(text));
                } else {
                    out.push_str(item);
                }
                out.push(c);
                begin = at + c.len_utf8();
                ended = begin;
                hash = false;
            }
            false => {}
        }
        before = [before[1], c];
    }
    out.push_str(rest.get(ended..)?);
    (out != line).then_some(out)
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
    let mut quotes = Quotes::new(None);
    let mut out = String::new();
    let mut written = 0;
    for (at, c) in line.char_indices() {
        if quotes.take(c) || c != '#' || at < written {
            continue;
        }
        let before = line.get(..at)?.trim_end().strip_suffix(':');
        let key = before.map(|key| key.trim_end_matches([' ', '"', '\'']));
        let is_color = key.is_some_and(|key| key.ends_with("color") || key.ends_with("colour"));
        if let Some(color) = hex_color(line.get(at..)?).filter(|_| is_color) {
            out.push_str(line.get(written..at)?);
            out.push_str(&literal(color));
            written = at + color.len();
        }
    }
    out.push_str(line.get(written..)?);
    (out != line).then_some(out)
}

/// Indents with two spaces for each tab; in a block text, as far as the indentation is YAML's and not the text's.
pub fn tabs(text: &str, _: &Texts, _: &mut Vec<String>) -> Option<String> {
    if !text.contains('\t') {
        return None;
    }
    all(text, |_, line, place| {
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

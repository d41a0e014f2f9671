//! Repairs of single lines: values that YAML cannot read or would misread, comments of another language, and tabs.

use std::borrow::Cow;

use super::lines::{
    self, Entry, HashKind, LineContext, Quotes, begins_word, indent, line_contexts, literal,
    parse_entry, without_indent,
};
use crate::params::{is_context_key, plain_name};
use crate::request::{MAX_SHOWN_CHARS, MarkdownKeys, shown};
use crate::text::abbreviate;
use crate::yaml::hex_color;

/// Changes every line. `change` is given the number of the line, from 0; returns `None` when no line changes.
fn change_lines(
    text: &str,
    mut change: impl FnMut(usize, &str, LineContext) -> Option<String>,
) -> Option<String> {
    let mut changed = false;
    let lines: Vec<Cow<'_, str>> = line_contexts(text)
        .into_iter()
        .enumerate()
        .map(|(at, (line, place))| {
            let changed_line = change(at, line, place);
            changed |= changed_line.is_some();
            changed_line.map_or(Cow::Borrowed(line), Cow::Owned)
        })
        .collect();
    changed.then(|| super::join_lines(&lines))
}

/// For each line, whether it belongs to the context: it stands in the `context`, or is a context key beside `params`.
fn context_lines(text: &str) -> Vec<bool> {
    let mut context: Option<usize> = None;
    let inside = text.lines().map(|line| {
        if context.is_some_and(|column| !line.trim().is_empty() && indent(line) <= column) {
            context = None;
        }
        if context.is_some() {
            return true;
        }
        let entry = parse_entry(line);
        context = entry
            .as_ref()
            .filter(|entry| entry.key == "context")
            .map(|entry| entry.column);
        entry.is_some_and(|entry| entry.column == 0 && is_context_key(&plain_name(entry.key)))
    });
    inside.collect()
}

/// Turns `// comment` into a YAML comment where no text can contain it: on a line of its own, after quotes and
/// brackets, after commas between brackets, and after a colon whose value stands below. (After a plain value, the
/// interpreter leaves the comment out.) The comment is kept, so that a value hidden in it is noticed.
pub fn slash_comments(
    text: &str,
    markdown_keys: &MarkdownKeys,
    _: &mut Vec<String>,
) -> Option<String> {
    if !text.contains("//") {
        return None;
    }
    // For each line, whether the next line that is not blank stands deeper.
    let mut next_depth = 0;
    let mut deeper_below: Vec<bool> = text
        .lines()
        .rev()
        .map(|line| {
            let is_deeper = next_depth > indent(line);
            if !line.trim().is_empty() {
                next_depth = indent(line);
            }
            is_deeper
        })
        .collect();
    deeper_below.reverse();
    change_lines(text, |at, line, place| {
        if let LineContext::Quoted(end) = place {
            let rest = line.get(end?..)?;
            let at = match rest.trim_start().starts_with("//") {
                true => 0,
                false => comment_in_flow(rest)?,
            };
            let (kept, comment) = line.split_at_checked(end? + at)?;
            let comment = comment.trim_start().trim_start_matches('/');
            return Some(format!("{} #{comment}", kept.trim_end()));
        }
        if matches!(place, LineContext::BlockText(_)) {
            return None;
        }
        let hidden = line.trim_start();
        if let Some(rest) = hidden.strip_prefix("//") {
            let margin = line.get(..line.len() - hidden.len())?;
            return Some(format!("{margin}#{rest}"));
        }
        let (head, value) = match parse_entry(line) {
            Some(entry) => (entry.head, entry.value),
            None => ("", line),
        };
        let length = if value.starts_with("//") {
            let key = parse_entry(line).map_or("", |entry| entry.key);
            let value_is_below =
                deeper_below.get(at) == Some(&true) && !markdown_keys.contains(key);
            (place == LineContext::Flow || value_is_below).then_some(0)?
        } else if place == LineContext::Flow || value.starts_with(['{', '[']) {
            comment_in_flow(value)?
        } else {
            let length = closed_length(value)?;
            let rest = value.get(length..)?;
            rest.trim_start().starts_with("//").then_some(length)?
        };
        let (kept, comment) = value.split_at_checked(length)?;
        let comment = comment.trim_start().trim_start_matches('/');
        Some(format!("{head}{} #{comment}", kept.trim_end()))
    })
}

/// The offset of a comment between brackets: after a bracket, a comma or a quoted text, and a space.
fn comment_in_flow(value: &str) -> Option<usize> {
    let mut quote = None;
    // The last two characters, and the last one that is not a space.
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

/// Quotes values that cannot be meant as the YAML that they look like: a quote inside quotes, text after a closing
/// bracket or quote, a first character that YAML reserves, `: ` in a plain value, and colours in `{…}`.
pub fn quote_values(text: &str, _: &MarkdownKeys, warnings: &mut Vec<String>) -> Option<String> {
    let context = context_lines(text);
    change_lines(text, |at, line, place| {
        if matches!(place, LineContext::BlockText(_) | LineContext::Quoted(_)) {
            return None;
        }
        let hash_is_text = context.get(at).is_some_and(|inside| *inside);
        let value = parse_entry(line).map_or(line.trim_start(), |entry| entry.value);
        let in_flow = place == LineContext::Flow || value.starts_with(['{', '[']);
        let colored = in_flow.then(|| quote_colors(line)).flatten();
        let line = colored.as_deref().unwrap_or(line);
        let hashed = quote_hashes(line, place, false);
        let line = hashed.as_deref().unwrap_or(line);
        let quoted =
            parse_entry(line).and_then(|entry| quote_entry(&entry, place, hash_is_text, warnings));
        quoted.or(hashed.clone()).or(colored.clone())
    })
}

/// Quotes the value of an entry where it needs quotes. With `hash_is_text`, a ` #` belongs to the value.
fn quote_entry(
    entry: &Entry<'_>,
    place: LineContext,
    hash_is_text: bool,
    warnings: &mut Vec<String>,
) -> Option<String> {
    let (value, comma) = match entry.value.strip_suffix(',') {
        Some(value) if place == LineContext::Flow => (value, ","),
        _ => (entry.value, ""),
    };
    let (value, comment) = match (place, value.find(" #")) {
        (LineContext::Block, Some(at)) if !hash_is_text && !value.starts_with(['"', '\'']) => {
            let (before, hash) = value.split_at_checked(at + 1)?;
            let text = before.trim_end();
            match HashKind::new(before.len() - text.len(), hash) {
                HashKind::Comment => (text, hash),
                HashKind::Text => (value, ""),
                HashKind::Unclear => return None,
            }
        }
        _ => (value, ""),
    };
    let first = value.chars().next()?;
    let text = match first {
        '"' | '\'' => unreadable_quoted(value, first)?,
        _ if place == LineContext::Flow || entry.key == "operation" => return None,
        '[' | '{' => {
            let (_, rest) = value.split_at_checked(closed_length(value)?)?;
            let rest = rest.trim_start();
            (!rest.is_empty() && !rest.starts_with('#')).then(|| value.to_owned())?
        }
        '|' | '>' if lines::opens_block_text(value) => return None,
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
            abbreviate(comment, MAX_SHOWN_CHARS)
        ));
    }
    Some(format!("{}{}{comma}", entry.head, literal(&text)))
}

/// Quotes the items of a list or mapping on one line that contain a `#` one space after a word, with a letter or digit
/// after it: `[sprint #12, api]`. YAML would take the rest of the line for a comment. With `any`, items with any other
/// `#` after a space are quoted, too.
pub fn quote_hashes(line: &str, place: LineContext, any: bool) -> Option<String> {
    let from = match (place, parse_entry(line)) {
        (LineContext::Block, Some(entry)) if entry.value.starts_with(['[', '{']) => {
            entry.head.len()
        }
        (LineContext::Block, None) if line.trim_start().starts_with(['[', '{']) => 0,
        (LineContext::Flow, _) => 0,
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

/// Whether a value is an alias, or an anchor or tag before another value. The request is then refused, because such a
/// value is YAML and not text.
fn is_property(value: &str) -> bool {
    match value.split_once(' ') {
        Some((_, rest)) => {
            !value.starts_with('*') && rest.trim_start().starts_with(['[', '{', '"', '\''])
        }
        None => value.starts_with('*') && !value.ends_with('*'),
    }
}

/// The text meant by a malformed quoted value: `"say "hi" now"`, `'it's'`, `"part" of it`.
fn unreadable_quoted(value: &str, quote: char) -> Option<String> {
    let rest = value.get(closed_length(value)?..)?;
    let after = rest.trim_start();
    // Allowed after the quote: nothing, a comment, or the rest of a flow collection.
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

/// Resolves the escapes in a quoted text whose other quotes are not escaped.
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

/// The length of the quoted text or the brackets that a value begins with; `None` where it begins with neither, or
/// they do not end on this line.
fn closed_length(value: &str) -> Option<usize> {
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

/// Quotes the unquoted colours of a line, which are comments in YAML.
fn quote_colors(line: &str) -> Option<String> {
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

/// Indents with two spaces in place of each tab. In a block text, only YAML's part of the indentation is changed.
pub fn expand_tabs(text: &str, _: &MarkdownKeys, _: &mut Vec<String>) -> Option<String> {
    if !text.contains('\t') {
        return None;
    }
    change_lines(text, |_, line, place| {
        let depth = match place {
            LineContext::BlockText(column) => column + 2,
            _ => indent(line),
        };
        let content = without_indent(line, depth);
        let margin = line.get(..line.len() - content.len())?;
        margin
            .contains('\t')
            .then(|| format!("{}{content}", margin.replace('\t', "  ")))
    })
}

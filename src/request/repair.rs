//! Loads the text of a request, and repairs texts that break in the ways of handwriting and templates.
//!
//! Each repair is a pure function on text that returns `None` when it has nothing to change. The repairs are tried in
//! order, each on the result of the one before, and only when the unchanged text is not a request, or lost headings
//! that YAML takes for comments. The first result that is a request is used, and every repair on the way to it becomes
//! a warning. Repairs change only text that can hardly be meant differently, and take linear time.
//!
//! Text that parses, but may mean something else than YAML says, is the concern of `interpret`.

pub(super) mod body;
pub(super) mod lines;
mod values;

use std::ops::Range;

use self::lines::{HashKind, LineContext, indent, literal, parse_entry};
use super::interpret::Ambiguity;
use super::{Error, Grammar, MarkdownKeys, bounded, failure, fence, shown};
use crate::yaml::{self, Node, YamlError};

/// Whether a document is what the caller of [`load`] expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentFit {
    /// The document is something else.
    No,
    /// The document fits, but part of it suggests that it was meant differently.
    Doubtful,
    /// The document fits.
    Yes,
}

/// A repair: what it does, in the words of the warning, and its function. The function takes the text and the keys
/// that mean Markdown, returns the repaired text, and may add warnings.
type Repair = (
    &'static str,
    fn(&str, &MarkdownKeys, &mut Vec<String>) -> Option<String>,
);

/// The repair after which the end of a text is uncertain.
const REINDENTED: &str = "indented text that had lost its indentation";

/// The repairs in the order in which they are tried. Later ones rely on the earlier ones.
const REPAIRS: &[Repair] = &[
    ("read the one-line form", braces_around_one_line),
    (REINDENTED, body::reindent),
    (
        "kept the lines of a text that is no block ('|')",
        body::keep_lines,
    ),
    ("left out // comments", values::slash_comments),
    (
        "quoted values that YAML would misread",
        values::quote_values,
    ),
    ("indented with spaces instead of tabs", values::expand_tabs),
];

/// A text that holds one document that fits, perhaps repaired.
#[derive(Debug)]
pub struct LoadedDocument {
    /// The text that was parsed; the spans of the nodes refer to it.
    pub text: String,
    /// The document.
    pub node: Node,
    /// Warnings about the repairs.
    pub warnings: Vec<String>,
    /// Whether the end of a text was guessed, so that the text may continue after it.
    pub guessed_end: bool,
    /// Values that YAML cannot read and that have two possible readings. The text contains the first reading of each.
    pub ambiguities: Vec<Ambiguity>,
}

/// Reads a text that holds exactly one document that fits: unchanged if possible, otherwise repaired.
///
/// # Errors
/// INVALID_REQUEST with the error of the unchanged text, or saying that it holds no document or several. A single
/// document that does not fit is returned, because the caller knows better what is missing.
pub fn load(
    text: &str,
    fit: fn(&Node) -> DocumentFit,
    grammar: &dyn Grammar,
) -> Result<LoadedDocument, Error> {
    if text.trim().is_empty() {
        return Err(failure::not_a_request("it is empty"));
    }
    let text = lines::normalized(text);
    let markdown_keys = MarkdownKeys::find(&text, grammar);
    let (text, mut warnings) = match fence::extract(&text, &markdown_keys)? {
        Some(fenced) => (fenced.text, fenced.warnings),
        None => (text.into_owned(), Vec::new()),
    };
    let mut loaded = load_bare(text, fit, &markdown_keys)?;
    warnings.append(&mut loaded.warnings);
    loaded.warnings = warnings;
    Ok(loaded)
}

/// Reads a text without a fence, as [`load`] does.
fn load_bare(
    text: String,
    fit: fn(&Node) -> DocumentFit,
    markdown_keys: &MarkdownKeys,
) -> Result<LoadedDocument, Error> {
    let nodes = match yaml::parse(&text) {
        Ok(found) => found,
        Err(error) => {
            let repaired = if error.bound {
                None
            } else {
                repair_text(&text, fit, markdown_keys)
                    .or_else(|| read_ambiguous(&text, &error, fit, markdown_keys))
            };
            return repaired.ok_or_else(|| failure::unreadable(&text, &error));
        }
    };
    let fits = matches!(nodes.as_slice(), [node] if fit(node) == DocumentFit::Yes);
    if (!fits || body::lost_headings(&text, markdown_keys))
        && let Some(repaired) = repair_text(&text, fit, markdown_keys)
    {
        return Ok(repaired);
    }
    let count = nodes.len();
    let mut nodes = nodes.into_iter();
    match (nodes.next(), nodes.next()) {
        (Some(node), None) => Ok(LoadedDocument {
            text,
            node,
            warnings: Vec::new(),
            guessed_end: false,
            ambiguities: Vec::new(),
        }),
        (None, _) => Err(failure::not_a_request("it is empty")),
        _ => Err(failure::not_a_request(&format!(
            "it holds {count} documents; send one request at a time"
        ))),
    }
}

/// The first repaired text that holds exactly one document that certainly fits.
fn repair_text(
    text: &str,
    fit: fn(&Node) -> DocumentFit,
    markdown_keys: &MarkdownKeys,
) -> Option<LoadedDocument> {
    let mut text = text.to_owned();
    let mut warnings = Vec::new();
    let mut guessed_end = false;
    for (what, repair) in REPAIRS {
        let mut repair_warnings = Vec::new();
        let Some(repaired) = repair(&text, markdown_keys, &mut repair_warnings) else {
            continue;
        };
        text = repaired;
        guessed_end |= *what == REINDENTED;
        warnings.push(format!("yaml_repaired: {what}"));
        warnings.extend(bounded(repair_warnings, "warnings of this kind"));
        match yaml::parse(&text) {
            Ok(mut nodes) => {
                if matches!(nodes.as_slice(), [node] if fit(node) == DocumentFit::Yes)
                    && let Some(node) = nodes.pop()
                {
                    return Some(LoadedDocument {
                        text,
                        node,
                        warnings,
                        guessed_end,
                        ambiguities: Vec::new(),
                    });
                }
            }
            Err(YamlError { bound: true, .. }) => return None,
            Err(_) => {}
        }
    }
    None
}

/// Splits a stream at its lines of `---`, but not at one inside a text that lost its indentation: a part that does not
/// look like a request belongs to the request before it. Parts without a document are left out.
pub fn split(text: &str) -> Vec<&str> {
    let mut requests: Vec<Range<usize>> = Vec::new();
    for part in parts(text) {
        let lines = text.get(part.clone()).unwrap_or_default();
        match requests.last_mut() {
            Some(before) if !is_request(lines) => {
                // A heading of a text that lost its indentation looks like a comment.
                if !lines.trim().is_empty() {
                    before.end = part.end;
                }
            }
            None if !lines.lines().any(is_significant) => {}
            _ => requests.push(part),
        }
    }
    let requests = requests.into_iter();
    requests.filter_map(|request| text.get(request)).collect()
}

/// The parts of a text between lines of `---`.
fn parts(text: &str) -> Vec<Range<usize>> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    for line in text.split_inclusive('\n') {
        if is_separator(line) {
            parts.push(start..at);
            start = at + line.len();
        }
        at += line.len();
    }
    parts.push(start..at);
    parts
}

/// Whether a line separates two documents, perhaps with a comment behind the mark.
fn is_separator(line: &str) -> bool {
    line.strip_prefix("---")
        .map(str::trim)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
}

/// Whether a line is neither blank, nor a comment, nor a mark between documents.
fn is_significant(line: &str) -> bool {
    let text = line.trim();
    !(text.is_empty() || text.starts_with('#') || text == "..." || is_separator(line))
}

/// Whether a part of a stream looks like a request: it has the key `operation` at the margin, begins with a brace, or
/// is the name of an operation and nothing else. The names of operations contain a `_`, which an ordinary word hardly
/// does.
fn is_request(part: &str) -> bool {
    let mut lines = part.lines().filter(|line| is_significant(line));
    let Some(first) = lines.next() else {
        return false;
    };
    let name = first.trim();
    let names = |line: &str| {
        parse_entry(line).is_some_and(|entry| entry.column == 0 && entry.key == "operation")
    };
    first.starts_with('{')
        || names(first)
        || match lines.next() {
            None => name.contains('_') && super::is_param_name(name),
            Some(second) => names(second) || lines.any(names),
        }
}

/// Puts braces around `operation: x, params: {…}`, which makes it a flow mapping.
fn braces_around_one_line(text: &str, _: &MarkdownKeys, _: &mut Vec<String>) -> Option<String> {
    let text = text.trim();
    let value = parse_entry(text.lines().next()?)
        .filter(|entry| entry.key == "operation")?
        .value;
    let (name, rest) = value.split_once(',')?;
    let next = parse_entry(rest.trim_start())?;
    let is_part = matches!(next.key, "params" | "context");
    (is_part && super::is_operation_name(name.trim().trim_matches(['"', '\''])))
        .then(|| format!("{{{text}}}"))
}

/// The lines as one text, each with a line break at its end.
fn join_lines<S: AsRef<str>>(lines: &[S]) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.as_ref());
        text.push('\n');
    }
    text
}

/// The most ambiguous values of one request that are collected: each takes one more parse of the text.
const MAX_AMBIGUOUS: usize = 10;

/// Reads a text with values that YAML cannot parse because a `#` in them may begin a comment or belong to the text.
/// Each value is replaced by its first reading before the text is parsed again, so that one error can name all
/// ambiguous values. Returns `None` where there is no such value, or where the text still cannot be parsed.
fn read_ambiguous(
    text: &str,
    error: &YamlError,
    fit: fn(&Node) -> DocumentFit,
    markdown_keys: &MarkdownKeys,
) -> Option<LoadedDocument> {
    let mut text = text.to_owned();
    let mut error = error.clone();
    let mut ambiguities = Vec::new();
    for _ in 0..MAX_AMBIGUOUS {
        let value = AmbiguousValue::find(&text, &error)?;
        let line = text.lines().nth(value.lines.start).unwrap_or_default();
        let line = Some(line.to_owned());
        // The first reading takes one line. The value's other lines become blank, so that every line keeps its number.
        let mut replaced = String::with_capacity(text.len() + 16);
        for (at, line) in text.lines().enumerate() {
            if at == value.lines.start {
                replaced.push_str(&" ".repeat(value.margin));
                replaced.push_str(value.ambiguity.kept.as_deref().unwrap_or_default());
            } else if !value.lines.contains(&at) {
                replaced.push_str(line);
            }
            replaced.push('\n');
        }
        text = replaced;
        ambiguities.push(AmbiguousValue {
            ambiguity: Ambiguity {
                line,
                ..value.ambiguity
            },
            ..value
        });
        let loaded = match yaml::parse(&text) {
            Ok(nodes) => match <[Node; 1]>::try_from(nodes) {
                Ok([node]) if fit(&node) == DocumentFit::Yes => Some(LoadedDocument {
                    text: text.clone(),
                    node,
                    warnings: Vec::new(),
                    guessed_end: false,
                    ambiguities: Vec::new(),
                }),
                _ => repair_text(&text, fit, markdown_keys),
            },
            Err(next) if next.bound => return None,
            Err(next) => {
                error = next;
                repair_text(&text, fit, markdown_keys)
            }
        };
        if let Some(loaded) = loaded {
            let ends = loaded.text.match_indices('\n').map(|(at, _)| at + 1);
            let starts: Vec<usize> = std::iter::once(0).chain(ends).collect();
            let ambiguities = ambiguities.into_iter().map(|value| Ambiguity {
                offset: starts.get(value.lines.start).copied().unwrap_or_default(),
                ..value.ambiguity
            });
            let ambiguities = ambiguities.collect();
            return Some(LoadedDocument {
                ambiguities,
                ..loaded
            });
        }
    }
    None
}

/// A value that YAML cannot parse and that has two readings, with the lines that it takes.
struct AmbiguousValue {
    ambiguity: Ambiguity,
    lines: Range<usize>,
    /// The column of the value's key.
    margin: usize,
}

impl AmbiguousValue {
    /// Finds an ambiguous value in the line of the parser's error, or in the lines that the line continues.
    fn find(text: &str, error: &YamlError) -> Option<Self> {
        let lines: Vec<&str> = text.lines().collect();
        let at = error.line.checked_sub(1)?;
        let key_line = (0..=at).rev().find(|at| {
            let entry = lines.get(*at).and_then(|line| parse_entry(line));
            entry.is_some_and(|entry| !entry.key.is_empty())
        })?;
        // The parser may report the error in the line after the value.
        let above = at.checked_sub(1).filter(|_| key_line == at);
        let on_key_line = Self::on_one_line(&lines, key_line);
        on_key_line
            .or_else(|| Self::on_one_line(&lines, above?))
            .or_else(|| Self::on_several_lines(&lines, key_line, at))
    }

    fn new(
        lines: Range<usize>,
        key: &str,
        margin: usize,
        kept: String,
        dropped: Option<String>,
    ) -> Self {
        let ambiguity = Ambiguity {
            name: shown(key),
            offset: 0,
            line: None,
            kept: Some(kept),
            dropped,
            clears: false,
        };
        Self {
            ambiguity,
            lines,
            margin,
        }
    }

    /// A value on one line.
    fn on_one_line(lines: &[&str], at: usize) -> Option<Self> {
        let line = lines.get(at)?;
        let entry = parse_entry(line).filter(|entry| !entry.key.is_empty())?;
        let head = entry.head.trim_start();
        let margin = indent(line);
        if entry.value.starts_with(['[', '{']) && !entry.value.contains("] ") {
            let kept = values::quote_hashes(line, LineContext::Block, true)?;
            return Some(Self::new(
                at..at + 1,
                entry.key,
                margin,
                kept.trim().to_owned(),
                None,
            ));
        }
        if entry.value.starts_with(['"', '\'', '{']) {
            return None;
        }
        let (text, unclear) = unclear_comment(entry.value)?;
        unclear.then(|| {
            let kept = format!("{head}{}", literal(entry.value));
            let dropped = format!("{head}{}", literal(text));
            Self::new(at..at + 1, entry.key, margin, kept, Some(dropped))
        })
    }

    /// A plain text of several lines, which a comment in it would end.
    fn on_several_lines(lines: &[&str], key_line: usize, at: usize) -> Option<Self> {
        let line = lines.get(key_line)?;
        let entry = parse_entry(line)?;
        let is_plain =
            |text: &str| !text.starts_with(['"', '\'', '[', '{', '|', '>', '&', '*', '!']);
        let below = lines.get(key_line + 1..)?;
        let deeper = |line: &&&str| line.trim().is_empty() || indent(line) > entry.column;
        let length = below.iter().take_while(deeper).count();
        let value = below.get(..length)?.iter().map(|line| line.trim());
        let value: Vec<&str> = std::iter::once(entry.value).chain(value).collect();
        let value: Vec<&str> = value.into_iter().filter(|line| !line.is_empty()).collect();
        let plain = value.first().is_some_and(|first| is_plain(first));
        if !plain || at <= key_line || at > key_line + length || entry.value.starts_with('#') {
            return None;
        }
        let is_hash = |line: &&str| line.starts_with('#') || line.contains(" #");
        if !value.iter().any(is_hash) {
            return None;
        }
        let without: Vec<&str> = value
            .iter()
            .map(|line| unclear_comment(line).map_or(*line, |(text, _)| text))
            .filter(|line| !line.is_empty())
            .collect();
        let head = entry.head.trim();
        let kept = format!("{head} {}", literal(&value.join(" ")));
        let dropped = format!("{head} {}", literal(&without.join(" ")));
        let lines = key_line..key_line + 1 + length;
        Some(Self::new(
            lines,
            entry.key,
            indent(line),
            kept,
            Some(dropped),
        ))
    }
}

/// The text before a possible comment on a line, and whether it is unclear that this is a comment.
fn unclear_comment(line: &str) -> Option<(&str, bool)> {
    if line.starts_with('#') {
        return Some(("", true));
    }
    let at = line.find(" #")?;
    let (before, hash) = line.split_at_checked(at + 1)?;
    let text = before.trim_end();
    let meaning = HashKind::new(before.len() - text.len(), hash);
    Some((text, meaning == HashKind::Unclear))
}

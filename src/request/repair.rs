//! Repairs of requests that were written by hand or by a template, in the ways that these break.
//!
//! Each repair is a pure function on text that answers `None` when it has nothing to mend. They are tried one after
//! the other, each on what the one before it left, and only when the text as it stands is no request, or has lost
//! headings that YAML takes for comments. The first text that is a request wins, and every repair that was needed on
//! the way becomes a warning. They change only what is hardly meant otherwise. All are linear in the text.
//!
//! What parses, and may mean something else than YAML says, is for `interpret` to tell.

pub(super) mod body;
mod doubts;
pub(super) mod lines;
mod values;

use std::ops::Range;

use super::grammar::{Grammar, Texts};
use super::interpret::Doubt;
use super::{Error, bounded, failure, fence};
use crate::yaml::{self, Fault, Node};

/// Whether a document is what is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It is not.
    No,
    /// It is, but something in it makes it likely that it was meant otherwise.
    Doubtful,
    /// It is.
    Yes,
}

/// A way to mend a text: what it does, in the words of the warning, and the function. That takes the text and the keys
/// that mean Markdown, and may have more to warn of.
type Repair = (
    &'static str,
    fn(&str, &Texts, &mut Vec<String>) -> Option<String>,
);

/// The repair after which it is not certain where a text ends.
const REINDENTED: &str = "indented text that had lost its indentation";

/// In this order: later ones rely on what the earlier ones made sure of.
const REPAIRS: &[Repair] = &[
    ("read the one-line form", one_line),
    (REINDENTED, body::reindent),
    (
        "kept the lines of a text that is no block ('|')",
        body::keep_lines,
    ),
    ("left out // comments", values::comments),
    ("quoted values that YAML would misread", values::quotes),
    ("indented with spaces instead of tabs", values::tabs),
];

/// A text that holds one document that fits, perhaps repaired.
#[derive(Debug)]
pub struct Loaded {
    /// The text as it was read, to which the places of the nodes belong.
    pub text: String,
    /// The document.
    pub node: Node,
    /// What was repaired.
    pub warnings: Vec<String>,
    /// Whether the end of a text was guessed, so that what stands behind it may belong to it.
    pub guessed_end: bool,
    /// Values that YAML cannot read and that can be meant in two ways; the text has the first reading of each.
    pub doubts: Vec<Doubt>,
}

/// Reads a text that holds exactly one document that fits: as it stands, else repaired.
///
/// # Errors
/// INVALID_REQUEST with the fault of the text as it stands, or saying that there are no or several documents. One
/// document that does not fit is no error here: the caller knows better what is missing.
pub fn load(text: &str, fit: fn(&Node) -> Fit, grammar: &dyn Grammar) -> Result<Loaded, Error> {
    if text.trim().is_empty() {
        return Err(failure::not_a_request("it is empty"));
    }
    let text = lines::normalized(text);
    let texts = Texts::of(&text, grammar);
    let (text, mut warnings) = match fence::take_out(&text, &texts)? {
        Some(unfenced) => (unfenced.text, unfenced.warnings),
        None => (text.into_owned(), Vec::new()),
    };
    let mut loaded = load_bare(text, fit, &texts)?;
    warnings.append(&mut loaded.warnings);
    loaded.warnings = warnings;
    Ok(loaded)
}

/// As [`load`], for a text without a fence.
fn load_bare(text: String, fit: fn(&Node) -> Fit, texts: &Texts) -> Result<Loaded, Error> {
    let nodes = match yaml::parse(&text) {
        Ok(found) => found,
        Err(fault) => {
            let mended = if fault.bound {
                None
            } else {
                mend(&text, fit, texts).or_else(|| doubts::read(&text, &fault, fit, texts))
            };
            return mended.ok_or_else(|| failure::unreadable(&text, &fault));
        }
    };
    let fits = matches!(nodes.as_slice(), [node] if fit(node) == Fit::Yes);
    if (!fits || body::lost_headings(&text, texts))
        && let Some(mended) = mend(&text, fit, texts)
    {
        return Ok(mended);
    }
    let count = nodes.len();
    let mut nodes = nodes.into_iter();
    match (nodes.next(), nodes.next()) {
        (Some(node), None) => Ok(Loaded {
            text,
            node,
            warnings: Vec::new(),
            guessed_end: false,
            doubts: Vec::new(),
        }),
        (None, _) => Err(failure::not_a_request("it is empty")),
        _ => Err(failure::not_a_request(&format!(
            "it holds {count} documents; send one request at a time"
        ))),
    }
}

/// The first repaired text that holds exactly one document that fits without doubt.
fn mend(text: &str, fit: fn(&Node) -> Fit, texts: &Texts) -> Option<Loaded> {
    let mut text = text.to_owned();
    let mut warnings = Vec::new();
    let mut guessed_end = false;
    for (what, repair) in REPAIRS {
        let mut more = Vec::new();
        let Some(repaired) = repair(&text, texts, &mut more) else {
            continue;
        };
        text = repaired;
        guessed_end |= *what == REINDENTED;
        warnings.push(format!("yaml_repaired: {what}"));
        warnings.extend(bounded(more, "warnings of this kind"));
        match yaml::parse(&text) {
            Ok(mut nodes) => {
                if matches!(nodes.as_slice(), [node] if fit(node) == Fit::Yes)
                    && let Some(node) = nodes.pop()
                {
                    return Some(Loaded {
                        text,
                        node,
                        warnings,
                        guessed_end,
                        doubts: Vec::new(),
                    });
                }
            }
            Err(Fault { bound: true, .. }) => return None,
            Err(_) => {}
        }
    }
    None
}

/// Parts a stream at its lines of `---`, but not at one inside a text that lost its indentation: only what looks like
/// a request begins one, and everything else belongs to the request before it. Parts without a document are left out.
pub fn split(text: &str) -> Vec<&str> {
    let mut requests: Vec<Range<usize>> = Vec::new();
    for part in parts(text) {
        let lines = text.get(part.clone()).unwrap_or_default();
        match requests.last_mut() {
            Some(before) if !is_request(lines) => {
                // A heading of such a text looks like a comment.
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

/// What stands between lines of `---`.
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
/// is the name of an operation and nothing else. All of these have a `_`, which a word of a text hardly has.
fn is_request(part: &str) -> bool {
    let mut lines = part.lines().filter(|line| is_significant(line));
    let Some(first) = lines.next() else {
        return false;
    };
    let name = first.trim();
    let names = |line: &str| {
        lines::entry(line).is_some_and(|entry| entry.column == 0 && entry.key == "operation")
    };
    first.starts_with('{')
        || names(first)
        || match lines.next() {
            None => name.contains('_') && super::is_param_name(name),
            Some(second) => names(second) || lines.any(names),
        }
}

/// Reads `operation: x, params: {…}` as the flow mapping that it nearly is.
fn one_line(text: &str, _: &Texts, _: &mut Vec<String>) -> Option<String> {
    let text = text.trim();
    let value = lines::entry(text.lines().next()?)
        .filter(|entry| entry.key == "operation")?
        .value;
    let (name, rest) = value.split_once(',')?;
    let next = lines::entry(rest.trim_start())?;
    let known = matches!(next.key, "params" | "context");
    (known && super::is_name(name.trim().trim_matches(['"', '\'']))).then(|| format!("{{{text}}}"))
}

fn joined<S: AsRef<str>>(lines: &[S]) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.as_ref());
        text.push('\n');
    }
    text
}

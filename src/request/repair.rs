//! Repairs of requests that were written by hand or by a template, in the ways that these break.
//!
//! Each repair is a pure function on text that answers `None` when it has nothing to mend. They are tried one after
//! the other, each on what the one before it left, and only when the text as it stands is no request, or has lost
//! headings that YAML takes for comments. The first text that is a request wins, and every repair that was needed on
//! the way becomes a warning. They change only what is hardly meant otherwise. All are linear in the text.
//!
//! Two things that do parse, and mean something else than their writer thinks, are mended by the reader itself
//! ([`crate::yaml`]): `color: #f2994a` and `issue_id: PSN-1 // comment`.

mod body;
mod lines;
mod values;

use std::ops::Range;

use serde_json::Value;

use super::{Error, failure};
use crate::yaml::{self, Documents, Fault};

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

/// A way to mend a text: what it does, in the words of the warning, and the function.
type Repair = (&'static str, fn(&str) -> Option<String>);

/// The repair after which it is not certain where a text ends.
const REINDENTED: &str = "indented text that had lost its indentation";

/// Whether one of these warnings tells of a text whose end was guessed.
pub fn guessed_an_end(warnings: &[String]) -> bool {
    warnings.iter().any(|warning| warning.ends_with(REINDENTED))
}

/// In this order: later ones rely on what the earlier ones made sure of.
const REPAIRS: &[Repair] = &[
    ("took the request out of its code fence", fences),
    ("read the one-line form", one_line),
    (REINDENTED, body::reindent),
    ("left out // comments", values::comments),
    ("quoted values that YAML would misread", values::quotes),
    ("indented with spaces instead of tabs", values::tabs),
];

/// Reads a text that holds exactly one document that fits: as it stands, else repaired. Answers it with the warnings.
///
/// # Errors
/// INVALID_REQUEST with the fault of the text as it stands, or saying that there are no or several documents. One
/// document that does not fit is no error here: the caller knows better what is missing.
pub fn load(text: &str, fit: fn(&Value) -> Fit) -> Result<(Value, Vec<String>), Error> {
    let plain = match yaml::parse(text) {
        Ok(found) => found,
        Err(fault) => {
            let mended = if fault.bound { None } else { mend(text, fit) };
            return mended.ok_or_else(|| failure::unreadable(text, &fault));
        }
    };
    let fits = matches!(plain.values.as_slice(), [value] if fit(value) == Fit::Yes);
    if (!fits || body::lost_headings(text))
        && let Some(mended) = mend(text, fit)
    {
        return Ok(mended);
    }
    single(plain)
}

fn single(found: Documents) -> Result<(Value, Vec<String>), Error> {
    let count = found.values.len();
    let mut values = found.values.into_iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok((value, found.warnings)),
        (None, _) => Err(failure::not_a_request("it is empty")),
        _ => Err(failure::not_a_request(&format!(
            "it holds {count} documents; send one request at a time"
        ))),
    }
}

/// The first repaired text that holds exactly one document that fits without doubt.
fn mend(text: &str, fit: fn(&Value) -> Fit) -> Option<(Value, Vec<String>)> {
    let mut text = text.to_owned();
    let mut warnings = Vec::new();
    for (what, repair) in REPAIRS {
        let Some(repaired) = repair(&text) else {
            continue;
        };
        text = repaired;
        warnings.push(format!("yaml_repaired: {what}"));
        match yaml::parse(&text) {
            Ok(mut found) => {
                if let [value] = found.values.as_mut_slice()
                    && fit(value) == Fit::Yes
                {
                    warnings.append(&mut found.warnings);
                    return Some((value.take(), warnings));
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

/// Takes the text out of a code fence, or out of backticks.
fn fences(text: &str) -> Option<String> {
    let trimmed = text.trim();
    let inner = trimmed.trim_matches('`');
    if trimmed.starts_with('`') && !trimmed.starts_with("```") && !inner.contains('`') {
        return Some(inner.trim().to_owned());
    }
    let is_fence = |line: &&str| line.starts_with("```") || line.starts_with("~~~");
    let lines: Vec<&str> = text.lines().collect();
    let request = lines
        .iter()
        .position(|line| lines::entry(line).is_some() || line.starts_with('{'));
    let open = lines.iter().position(|line| is_fence(&line.trim_start()))?;
    if request.is_some_and(|first| first < open) {
        return None;
    }
    let closes = |line: &&str| matches!(line.trim(), "```" | "~~~");
    let rest = lines.get(open + 1..)?;
    let close = rest.iter().rposition(closes).unwrap_or(rest.len());
    Some(joined(rest.get(..close)?))
}

/// Reads `operation: x, params: {…}` as the flow mapping that it nearly is.
fn one_line(text: &str) -> Option<String> {
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

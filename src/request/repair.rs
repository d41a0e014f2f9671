//! Repairs of requests that were written by hand or by a template, in the ways that these break.
//!
//! Each repair is a pure function on text that answers `None` when it has nothing to mend. They are tried one after
//! the other, each on what the one before it left, and only when the text as it stands is no request; the first text
//! that is one wins, and every repair that was needed on the way becomes a warning. They change only what cannot be
//! meant otherwise, so a repair that was not needed does no harm. All are linear in the text.
//!
//! Two things that do parse, and mean something else than their writer thinks, are mended by the reader itself
//! ([`super::yaml`]): `color: #f2994a` and `issue_id: PSN-1 // comment`.

mod body;
mod lines;
mod values;

use serde_json::Value;

use super::yaml::{self, Documents, Fault};
use super::{Error, failure};

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

/// In this order: later ones rely on what the earlier ones made sure of.
const REPAIRS: &[Repair] = &[
    ("took the request out of its code fence", fences),
    ("read the one-line form", one_line),
    (
        "indented text that had lost its indentation",
        body::reindent,
    ),
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
    let all_fit =
        !plain.values.is_empty() && plain.values.iter().all(|value| fit(value) == Fit::Yes);
    if !all_fit && let Some(mended) = mend(text, fit) {
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

/// Parts a stream at its lines of `---`, but not at one inside a text that lost its indentation: what follows a real
/// one looks like the start of a request, or like the end. Parts without a document are left out.
pub fn split(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut parts = Vec::new();
    // From the end, so that one pass knows what follows each line.
    let (mut next, mut end, mut at) = (None, text.len(), text.len());
    for line in lines.into_iter().rev() {
        let start = at - line.len();
        if is_separator(line) && next.is_none_or(starts_request) {
            parts.extend(next.and_then(|_| text.get(at..end)));
            (next, end) = (None, start);
        } else if is_significant(line) {
            next = Some(line);
        }
        at = start;
    }
    parts.extend(next.and_then(|_| text.get(..end)));
    parts.reverse();
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

/// Whether a line looks like the first of a request.
fn starts_request(line: &str) -> bool {
    let key = line.split(':').next().unwrap_or_default();
    line.starts_with('{')
        || super::is_name(line.trim())
        || matches!(
            key.trim_matches(['"', '\'']),
            "operation" | "params" | "context"
        )
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

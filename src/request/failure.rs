//! The errors INVALID_REQUEST: what is wrong with a text, where, and what would be right.

use super::interpret::Ambiguity;
use crate::error::{Code, Error};
use crate::text::abbreviate;
use crate::yaml::YamlError;

/// An example request, for callers who have never seen one.
const EXAMPLE: &str =
    "A request looks like this: {operation: get_issue, params: {issue_id: PSN-123}}";
/// The most characters of a caller's text that an error repeats.
const MAX_SHOWN_CHARS: usize = 120;

/// The error for a text that cannot be parsed: where it breaks, and a hint that fits.
pub fn unreadable(text: &str, error: &YamlError) -> Error {
    let refusal = if error.line == 0 {
        Error::new(
            Code::InvalidRequest,
            format!("The request is not readable: {}", error.reason),
        )
    } else {
        // The part of the line around the error, with an ellipsis at each end that was cut.
        let line = text.lines().nth(error.line - 1).unwrap_or_default();
        let skip = error.column.saturating_sub(MAX_SHOWN_CHARS / 2 + 1);
        let mut rest = line.trim_end().chars().skip(skip);
        let mut excerpt: String = rest.by_ref().take(MAX_SHOWN_CHARS).collect();
        if skip > 0 {
            excerpt.insert(0, '…');
        }
        if rest.next().is_some() {
            excerpt.push('…');
        }
        Error::new(
            Code::InvalidRequest,
            format!(
                "The request is not readable as YAML or JSON at line {}, column {}: {}",
                error.line, error.column, error.reason
            ),
        )
        .detail("line", error.line)
        .detail("column", error.column)
        .detail("text", excerpt)
    };
    refusal.suggest(hint(text, error))
}

/// The error for a text that can be parsed but is not a request.
pub fn not_a_request(why: &str) -> Error {
    Error::new(
        Code::InvalidRequest,
        format!("This is not a request: {why}"),
    )
    .suggest(EXAMPLE)
}

/// The error for several requests where only one is accepted.
pub fn second_request() -> Error {
    let message = "A second request stands behind the code fence of the first";
    Error::new(Code::InvalidRequest, message)
        .suggest("Send them as a stream, parted by lines of '---', or as a batch")
}

/// The error for a key that stands in `params` and beside it with different values.
pub fn two_values(key: &str) -> Error {
    let message = format!("'{key}' stands in 'params' and beside it with two values");
    Error::new(Code::InvalidRequest, message).suggest(format!("Give '{key}' once, in 'params'"))
}

/// The most ambiguous values that one error names.
const MAX_AMBIGUITIES: usize = 20;
/// The longest corrected YAML that an error suggests, in bytes. Shortened YAML would not be accepted, so longer YAML
/// is not suggested.
const MAX_YAML_BYTES: usize = 8_000;

/// The error for parameters that can be read in two ways, with their names and both readings as YAML. Returns `None`
/// where there are no ambiguities.
pub fn ambiguous(text: &str, ambiguities: &[Ambiguity]) -> Option<Error> {
    let first = ambiguities.first()?;
    let all_listed = ambiguities.len() <= MAX_AMBIGUITIES;
    let ambiguities = ambiguities.get(..MAX_AMBIGUITIES).unwrap_or(ambiguities);
    let names: Vec<String> = ambiguities
        .iter()
        .map(|ambiguity| format!("'{}'", ambiguity.name))
        .collect();
    let reason = "what YAML takes for a comment, or for an empty block, may be meant as the value";
    let message = format!("{} can be read in two ways: {reason}", names.join(", "));
    let line = text
        .get(..first.offset)
        .unwrap_or_default()
        .matches('\n')
        .count();
    let written_line = first.line.as_deref();
    let shown = written_line
        .or_else(|| text.lines().nth(line))
        .unwrap_or_default();
    let error = Error::new(Code::InvalidRequest, message)
        .detail("param", first.name.as_str())
        .detail("line", line + 1)
        .detail("text", shorten(shown.trim()));
    let clears = ambiguities.iter().any(|ambiguity| ambiguity.clears);
    let drops = ambiguities
        .iter()
        .any(|ambiguity| ambiguity.dropped.is_some() && !ambiguity.clears);
    let drop_intro = match (clears, drops) {
        (true, true) => "To set it to none or leave it out, write: ",
        (true, false) => "To set it to none, write: ",
        (false, _) => "To leave it out, write: ",
    };
    let keep_intro = match ambiguities.iter().all(|ambiguity| ambiguity.kept.is_some()) {
        true => "To keep it, write: ",
        false => "To keep what can be kept, and leave out or set to none what cannot, write: ",
    };
    // A value with only one reading has that reading in both suggestions, so that the caller can send either
    // suggestion unchanged.
    let join_readings = |first: fn(&Ambiguity) -> &Option<String>,
                         second: fn(&Ambiguity) -> &Option<String>| {
        let any = ambiguities
            .iter()
            .any(|ambiguity| first(ambiguity).is_some());
        let lines = ambiguities
            .iter()
            .filter_map(|ambiguity| first(ambiguity).as_ref().or(second(ambiguity).as_ref()));
        let lines: Vec<&str> = lines.map(String::as_str).collect();
        let complete = any && all_listed && lines.len() == ambiguities.len();
        complete
            .then(|| lines.join("\n"))
            .filter(|yaml| yaml.len() <= MAX_YAML_BYTES)
    };
    let readings = [
        (
            keep_intro,
            join_readings(|ambiguity| &ambiguity.kept, |ambiguity| &ambiguity.dropped),
        ),
        (
            drop_intro,
            join_readings(|ambiguity| &ambiguity.dropped, |ambiguity| &ambiguity.kept),
        ),
    ];
    let error = readings
        .into_iter()
        .fold(error, |error, (intro, yaml)| match yaml {
            Some(yaml) => error.suggest(format!("{intro}{yaml}")),
            None => error,
        });
    let error = match error.suggestions().is_empty() {
        true => error.suggest(format!(
            "Put the whole value in double quotes to keep it: {}",
            names.join(", ")
        )),
        false => error,
    };
    let only_kept: Vec<&str> = ambiguities
        .iter()
        .filter(|ambiguity| ambiguity.dropped.is_none())
        .map(|ambiguity| ambiguity.name.as_str())
        .collect();
    Some(match only_kept.as_slice() {
        [] => error,
        names => error.suggest(format!("Or leave out {}", names.join(", "))),
    })
}

/// The beginning of a text that may be long.
pub fn shorten(text: &str) -> String {
    abbreviate(text.trim_end(), MAX_SHOWN_CHARS)
}

/// What to change in a text that cannot be parsed.
fn hint(text: &str, error: &YamlError) -> String {
    if error.bound {
        return "Send less at once: 1 MiB of text, 64 levels and 100,000 values are the most"
            .to_owned();
    }
    if error.reason.contains("twice") {
        return "Give each key once, or send a list".to_owned();
    }
    if error.reason.contains("anchor") {
        return "Take the anchor out, or put a value that begins with & in quotes".to_owned();
    }
    if error.reason.contains("tab") {
        return "Indent with spaces, not with tabs".to_owned();
    }
    let line = error
        .line
        .checked_sub(1)
        .and_then(|skip| text.lines().nth(skip))
        .unwrap_or_default()
        .trim_start();
    let value = line
        .split_once(": ")
        .map_or(line, |(_, value)| value.trim_start());
    match value.chars().next() {
        Some('"' | '\'') => {
            "Write a quote inside a quoted value as \\\" (or give the value as a block: 'key: |')".to_owned()
        }
        Some('[' | '{' | '`' | '@' | '*' | '&' | '!' | '%' | '|' | '>') => {
            format!("Quote the value: \"{}\"", shorten(value.trim_end()).replace('"', "\\\""))
        }
        _ if value.contains(": ") => "Quote a value that contains ': '".to_owned(),
        _ => "Indent every line of a block ('key: |') deeper than its key, or send the request as JSON".to_owned(),
    }
}

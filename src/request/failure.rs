//! INVALID_REQUEST: what is wrong with a text, where, and what would be right.

use super::interpret::Doubt;
use crate::error::{Code, Error};
use crate::text::cut::start;
use crate::yaml::Fault;

/// What a request looks like, for those who have never seen one.
const SHAPE: &str =
    "A request looks like this: {operation: get_issue, params: {issue_id: PSN-123}}";
/// The longest piece of a caller's text that an error repeats, in characters.
const SHOWN: usize = 120;

/// The text cannot be read: where it breaks, and a hint that fits.
pub fn unreadable(text: &str, fault: &Fault) -> Error {
    let error = if fault.line == 0 {
        Error::new(
            Code::InvalidRequest,
            format!("The request is not readable: {}", fault.reason),
        )
    } else {
        let line = text.lines().nth(fault.line - 1).unwrap_or_default();
        Error::new(
            Code::InvalidRequest,
            format!(
                "The request is not readable as YAML or JSON at line {}, column {}: {}",
                fault.line, fault.column, fault.reason
            ),
        )
        .detail("line", fault.line)
        .detail("column", fault.column)
        .detail("text", around(line, fault.column))
    };
    error.suggest(hint(text, fault))
}

/// The text is readable, and is no request.
pub fn not_a_request(why: &str) -> Error {
    Error::new(
        Code::InvalidRequest,
        format!("This is not a request: {why}"),
    )
    .suggest(SHAPE)
}

/// Several requests where one can be taken.
pub fn second_request() -> Error {
    let message = "A second request stands behind the code fence of the first";
    Error::new(Code::InvalidRequest, message)
        .suggest("Send them as a stream, parted by lines of '---', or as a batch")
}

/// A key stands in `params` and beside it with two values.
pub fn two_values(key: &str) -> Error {
    let message = format!("'{key}' stands in 'params' and beside it with two values");
    Error::new(Code::InvalidRequest, message).suggest(format!("Give '{key}' once, in 'params'"))
}

/// How many values that can be read in two ways one refusal tells of.
const MOST_DOUBTS: usize = 20;
/// The longest reading that a refusal writes out, in bytes: one that is cut would not be accepted.
const LONGEST: usize = 8_000;

/// Parameters that can be read in two ways, where there are some: which, and both readings as YAML.
pub fn doubtful(text: &str, doubts: &[Doubt]) -> Option<Error> {
    let first = doubts.first()?;
    let all_told = doubts.len() <= MOST_DOUBTS;
    let doubts = doubts.get(..MOST_DOUBTS).unwrap_or(doubts);
    let names: Vec<String> = doubts
        .iter()
        .map(|doubt| format!("'{}'", doubt.name))
        .collect();
    let what = "what YAML takes for a comment, or for an empty block, may be meant as the value";
    let message = format!("{} can be read in two ways: {what}", names.join(", "));
    let line = text
        .get(..first.at)
        .unwrap_or_default()
        .matches('\n')
        .count();
    let own = first.line.as_deref();
    let shown = own.or_else(|| text.lines().nth(line)).unwrap_or_default();
    let error = Error::new(Code::InvalidRequest, message)
        .detail("param", first.name.as_str())
        .detail("line", line + 1)
        .detail("text", shorten(shown.trim()));
    let clears = doubts.iter().any(|doubt| doubt.clears);
    let drops = doubts
        .iter()
        .any(|doubt| doubt.dropped.is_some() && !doubt.clears);
    let without = match (clears, drops) {
        (true, true) => "To set it to none or leave it out, write: ",
        (true, false) => "To set it to none, write: ",
        (false, _) => "To leave it out, write: ",
    };
    let keeps = match doubts.iter().all(|doubt| doubt.kept.is_some()) {
        true => "To keep it, write: ",
        false => "To keep what can be kept, and leave out or set to none what cannot, write: ",
    };
    // Where a value has one of the readings only, both have that one: each suggestion is accepted as it stands.
    let all = |first: fn(&Doubt) -> &Option<String>, second: fn(&Doubt) -> &Option<String>| {
        let any = doubts.iter().any(|doubt| first(doubt).is_some());
        let lines = doubts
            .iter()
            .filter_map(|doubt| first(doubt).as_ref().or(second(doubt).as_ref()));
        let lines: Vec<&str> = lines.map(String::as_str).collect();
        let complete = any && all_told && lines.len() == doubts.len();
        complete
            .then(|| lines.join("\n"))
            .filter(|yaml| yaml.len() <= LONGEST)
    };
    let readings = [
        (keeps, all(|doubt| &doubt.kept, |doubt| &doubt.dropped)),
        (without, all(|doubt| &doubt.dropped, |doubt| &doubt.kept)),
    ];
    let error = readings
        .into_iter()
        .fold(error, |error, (what, yaml)| match yaml {
            Some(yaml) => error.suggest(format!("{what}{yaml}")),
            None => error,
        });
    let error = match error.suggestions().is_empty() {
        true => error.suggest(format!(
            "Put the whole value in double quotes to keep it: {}",
            names.join(", ")
        )),
        false => error,
    };
    let left: Vec<&str> = doubts
        .iter()
        .filter(|doubt| doubt.dropped.is_none())
        .map(|doubt| doubt.name.as_str())
        .collect();
    Some(match left.as_slice() {
        [] => error,
        left => error.suggest(format!("Or leave out {}", left.join(", "))),
    })
}

/// The start of a text that may be long.
pub fn shorten(text: &str) -> String {
    start(text.trim_end(), SHOWN)
}

/// The part of a line about a column, with an ellipsis where something is left out.
fn around(line: &str, column: usize) -> String {
    let line = line.trim_end();
    let skip = column.saturating_sub(SHOWN / 2 + 1);
    let mut rest = line.chars().skip(skip);
    let mut shown: String = rest.by_ref().take(SHOWN).collect();
    if skip > 0 {
        shown.insert(0, '…');
    }
    if rest.next().is_some() {
        shown.push('…');
    }
    shown
}

fn hint(text: &str, fault: &Fault) -> String {
    if fault.bound {
        return "Send less at once: 1 MiB of text, 64 levels and 100,000 values are the most"
            .to_owned();
    }
    if fault.reason.contains("twice") {
        return "Give each key once, or send a list".to_owned();
    }
    if fault.reason.contains("anchor") {
        return "Take the anchor out, or put a value that begins with & in quotes".to_owned();
    }
    if fault.reason.contains("tab") {
        return "Indent with spaces, not with tabs".to_owned();
    }
    let line = fault
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

//! Values that YAML cannot read, and in which a `#` may begin a comment or belong to the text. The text is read on with
//! the first reading of each, so that all of them are told at once, with what else in the request is doubtful.

use std::ops::Range;

use super::lines::{HashMeaning, Place, entry, indent, literal};
use super::{Fit, Loaded, Texts, mend, values};
use crate::request::interpret::Doubt;
use crate::request::shown;
use crate::yaml::{self, Fault, Node};

/// How many such values of one request are told: each takes one more reading of the text.
const MOST: usize = 10;

/// Reads a text in which such values are written as they are kept; `None` where it has none, or where it cannot be read
/// all the same.
pub fn read(text: &str, fault: &Fault, fit: fn(&Node) -> Fit, texts: &Texts) -> Option<Loaded> {
    let mut text = text.to_owned();
    let mut fault = fault.clone();
    let mut doubts = Vec::new();
    for _ in 0..MOST {
        let found = Found::at(&text, &fault)?;
        let line = text.lines().nth(found.lines.start).unwrap_or_default();
        let line = Some(line.to_owned());
        text = found.written_into(&text);
        doubts.push(Found {
            doubt: Doubt {
                line,
                ..found.doubt
            },
            ..found
        });
        let loaded = match yaml::parse(&text) {
            Ok(nodes) => match <[Node; 1]>::try_from(nodes) {
                Ok([node]) if fit(&node) == Fit::Yes => Some(Loaded {
                    text: text.clone(),
                    node,
                    warnings: Vec::new(),
                    guessed_end: false,
                    doubts: Vec::new(),
                }),
                _ => mend(&text, fit, texts),
            },
            Err(next) if next.bound => return None,
            Err(next) => {
                fault = next;
                mend(&text, fit, texts)
            }
        };
        if let Some(loaded) = loaded {
            let doubts = placed(doubts, &loaded.text);
            return Some(Loaded { doubts, ..loaded });
        }
    }
    None
}

/// The values with the places of their lines in a text.
fn placed(found: Vec<Found>, text: &str) -> Vec<Doubt> {
    let ends = text.match_indices('\n').map(|(at, _)| at + 1);
    let starts: Vec<usize> = std::iter::once(0).chain(ends).collect();
    let doubts = found.into_iter().map(|found| {
        let at = starts.get(found.lines.start).copied().unwrap_or_default();
        Doubt { at, ..found.doubt }
    });
    doubts.collect()
}

/// Such a value, and the lines that it takes.
struct Found {
    doubt: Doubt,
    lines: Range<usize>,
    margin: usize,
}

impl Found {
    /// The value at the fault, or the one that the line of the fault goes on with.
    fn at(text: &str, fault: &Fault) -> Option<Self> {
        let lines: Vec<&str> = text.lines().collect();
        let at = fault.line.checked_sub(1)?;
        let own = (0..=at).rev().find(|at| {
            let found = lines.get(*at).and_then(|line| entry(line));
            found.is_some_and(|entry| !entry.key.is_empty())
        })?;
        // The fault may be told of the line behind the value.
        let above = at.checked_sub(1).filter(|_| own == at);
        let one = Self::on_one_line(&lines, own);
        one.or_else(|| Self::on_one_line(&lines, above?))
            .or_else(|| Self::on_several_lines(&lines, own, at))
    }

    fn new(
        lines: Range<usize>,
        key: &str,
        margin: usize,
        kept: String,
        dropped: Option<String>,
    ) -> Self {
        let doubt = Doubt {
            name: shown(key),
            at: 0,
            line: None,
            kept: Some(kept),
            dropped,
            clears: false,
        };
        Self {
            doubt,
            lines,
            margin,
        }
    }

    fn on_one_line(lines: &[&str], at: usize) -> Option<Self> {
        let line = lines.get(at)?;
        let entry = entry(line).filter(|entry| !entry.key.is_empty())?;
        let head = entry.head.trim_start();
        let margin = indent(line);
        if entry.value.starts_with(['[', '{']) && !entry.value.contains("] ") {
            let kept = values::hashes(line, Place::Block, true)?;
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

    /// A plain text of several lines, within which a comment would end it.
    fn on_several_lines(lines: &[&str], own: usize, at: usize) -> Option<Self> {
        let line = lines.get(own)?;
        let entry = entry(line)?;
        let is_plain =
            |text: &str| !text.starts_with(['"', '\'', '[', '{', '|', '>', '&', '*', '!']);
        let below = lines.get(own + 1..)?;
        let deeper = |line: &&&str| line.trim().is_empty() || indent(line) > entry.column;
        let length = below.iter().take_while(deeper).count();
        let value = below.get(..length)?.iter().map(|line| line.trim());
        let value: Vec<&str> = std::iter::once(entry.value).chain(value).collect();
        let value: Vec<&str> = value.into_iter().filter(|line| !line.is_empty()).collect();
        let plain = value.first().is_some_and(|first| is_plain(first));
        if !plain || at <= own || at > own + length || entry.value.starts_with('#') {
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
        let lines = own..own + 1 + length;
        Some(Self::new(
            lines,
            entry.key,
            indent(line),
            kept,
            Some(dropped),
        ))
    }

    /// The text with the value as it is kept, on one line; the others are left blank, so that each line keeps its number.
    fn written_into(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 16);
        for (at, line) in text.lines().enumerate() {
            if at == self.lines.start {
                out.push_str(&" ".repeat(self.margin));
                out.push_str(self.doubt.kept.as_deref().unwrap_or_default());
            } else if !self.lines.contains(&at) {
                out.push_str(line);
            }
            out.push('\n');
        }
        out
    }
}

/// The text in front of what may be a comment on a line, and whether that is not clear.
fn unclear_comment(line: &str) -> Option<(&str, bool)> {
    if line.starts_with('#') {
        return Some(("", true));
    }
    let at = line.find(" #")?;
    let (before, hash) = line.split_at_checked(at + 1)?;
    let text = before.trim_end();
    let meaning = HashMeaning::of(before.len() - text.len(), hash);
    Some((text, meaning == HashMeaning::Unclear))
}

//! `help`: the operations and the codes, told from their tables.

use std::fmt::Write as _;

use super::{Wrong, arguments};
use crate::error::{Code, Error};
use crate::operation::Entry;
use crate::operation::Field;
use crate::operations;

/// The help on a topic: an operation, a command of the command line, `codes`, or everything.
///
/// # Errors
/// When there is no such topic.
pub(super) fn text(topic: Option<&str>) -> Result<String, Wrong> {
    let Some(topic) = topic else {
        return Ok(overview());
    };
    if topic == "codes" {
        return Ok(codes());
    }
    match (arguments::help_of(topic), operations::find(topic)) {
        // `help` is a command and an operation.
        (Some(command), Ok(entry)) => Ok(format!(
            "{command}\nAs an operation\n\n{}",
            operation(entry)
        )),
        (Some(command), Err(_)) => Ok(command),
        (None, Ok(entry)) => Ok(operation(entry)),
        (None, Err(error)) => Err(unknown(&error)),
    }
}

/// There is no such topic: the nearest operations, and where all of them are.
fn unknown(error: &Error) -> Wrong {
    let mut why = error.message().to_owned();
    // The other suggestions are about an envelope, and there is none here.
    let nearest = |suggestion: &&String| suggestion.starts_with("Use '");
    for suggestion in error.suggestions().iter().filter(nearest) {
        let _ = write!(why, ". {suggestion}");
    }
    Wrong(format!("{why}. linear-ops help lists them all"))
}

/// All operations by category, a line each.
fn overview() -> String {
    let width = longest(operations::TABLE.iter().map(|entry| entry.spec.name));
    let mut text =
        "Operations; linear-ops help NAME explains one, linear-ops help codes the error codes\n"
            .to_owned();
    for (heading, rows) in operations::by_category() {
        let _ = writeln!(text, "\n{heading}");
        for entry in rows {
            let sentence = entry.signature().summary();
            let _ = writeln!(text, "  {:width$}  {sentence}", entry.spec.name);
        }
    }
    text
}

/// The contract of one operation.
fn operation(entry: &Entry) -> String {
    let (spec, signature) = (&entry.spec, entry.signature());
    let mut text = format!(
        "{}: {}\n\n{}\n",
        spec.name, spec.title, signature.description
    );
    let _ = writeln!(text, "\nEffect: {}", spec.effect.meaning());
    if !spec.aliases.is_empty() {
        let _ = writeln!(text, "Also called: {}", spec.aliases.join(", "));
    }
    text.push_str("\nParameters\n");
    if signature.fields.is_empty() {
        text.push_str("  none\n");
    }
    let width = longest(signature.fields.iter().map(|field| field.name.as_str()));
    for field in &signature.fields {
        text.push_str(&parameter(entry, field, width));
    }
    text.push_str("\nExample\n");
    for line in entry.example.lines() {
        let _ = writeln!(text, "{}", format!("  {line}").trim_end());
    }
    text
}

/// A parameter's line, and one for the other names by which it is accepted.
fn parameter(entry: &Entry, field: &Field, width: usize) -> String {
    let need = if field.required { ", required" } else { "" };
    let null = field.null_rule().map(|rule| format!(", {rule}"));
    let null = null.unwrap_or_default();
    let mut text = format!("  {:width$}  ({}{need}{null})", field.name, field.kind());
    if !field.description.is_empty() {
        text.push(' ');
        text.push_str(&field.description);
    }
    text.push('\n');
    let others = entry.signature().spellings(&entry.spec, field);
    if !others.is_empty() {
        let _ = writeln!(text, "  {:width$}    also: {}", "", others.join(", "));
    }
    text
}

/// The table of codes.
fn codes() -> String {
    let width = longest(Code::ALL.iter().map(|code| code.name()));
    let mut text = format!("No.   {:width$}  {:11}  Meaning\n", "Code", "Repeat?");
    for code in Code::ALL {
        let (name, again) = (code.name(), code.retry().word());
        let _ = writeln!(
            text,
            "{}  {name:width$}  {again:11}  {}",
            code.number(),
            code.meaning()
        );
    }
    text
}

fn longest<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        reason = "a test that cannot go on should say where"
    )]

    use super::*;

    #[test]
    fn the_list_has_every_operation_once_under_a_heading() {
        let text = text(None).unwrap();
        for entry in operations::TABLE.iter() {
            let begins = format!("  {} ", entry.spec.name);
            let lines = text.lines().filter(|line| line.starts_with(&begins));
            assert_eq!(lines.count(), 1, "{}", entry.spec.name);
        }
    }

    #[test]
    fn an_operation_is_told_with_all_its_parameters_and_its_example() {
        for entry in operations::TABLE.iter() {
            let text = text(Some(entry.spec.name)).unwrap();
            for field in &entry.signature().fields {
                assert!(text.contains(&format!("\n  {} ", field.name)), "{text}");
                assert!(text.contains(&field.description), "{text}");
            }
            assert!(
                text.contains(&format!("operation: {}", entry.spec.name)),
                "{text}"
            );
        }
    }

    #[test]
    fn codes_are_told_with_number_and_meaning() {
        let text = text(Some("codes")).unwrap();
        assert_eq!(text.lines().count(), Code::ALL.len() + 1);
        assert!(text.contains("1005  ISSUE_NOT_FOUND"));
    }

    #[test]
    fn a_command_has_its_help_and_a_stranger_the_nearest() {
        assert!(text(Some("sandbox")).unwrap().contains("--listen"));
        let wrong = text(Some("get_isue")).unwrap_err().to_string();
        assert!(wrong.contains(". Use 'get_issue'. "), "{wrong}");
        let wrong = text(Some("zzzzzzzzzz")).unwrap_err().to_string();
        assert_eq!(
            wrong,
            "There is no operation 'zzzzzzzzzz'. linear-ops help lists them all"
        );
    }
}

//! `help`: the operations and the codes, told from their tables.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Wrong, arguments};
use crate::dispatch;
use crate::error::Code;
use crate::operation::{Effect, Entry};
use crate::operations;
use crate::signature::Field;

/// The headings of the list of operations, with the words in an operation's name that put it under one. The first
/// that fits counts.
const CATEGORIES: &[(&str, &[&str])] = &[
    ("Comments", &["comment"]),
    ("Documents", &["document"]),
    ("Labels", &["label"]),
    ("Workflow states", &["state", "status"]),
    ("Issues", &["issue", "checklist", "relation", "attachment"]),
    (
        "Teams, projects and people",
        &[
            "team",
            "project",
            "cycle",
            "milestone",
            "initiative",
            "user",
        ],
    ),
];

/// Where what is under no other heading stands.
const OTHERS: &str = "Others";

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
    if let Some(help) = arguments::help_of(topic) {
        return Ok(help);
    }
    dispatch::find(topic).map(operation).map_err(|error| {
        let mut why = error.message().to_owned();
        for suggestion in error.suggestions() {
            let _ = write!(why, ". {suggestion}");
        }
        Wrong(format!("{why}. linear-ops help lists them all"))
    })
}

/// All operations by category, a line each.
fn overview() -> String {
    let width = longest(operations::TABLE.iter().map(|entry| entry.spec.name));
    let mut text =
        "Operations; linear-ops help NAME explains one, linear-ops help codes the error codes\n"
            .to_owned();
    let headings = CATEGORIES.iter().map(|(heading, _)| *heading);
    for heading in headings.chain([OTHERS]) {
        let mut rows = operations::TABLE
            .iter()
            .filter(|entry| category(entry.spec.name) == heading)
            .peekable();
        if rows.peek().is_none() {
            continue;
        }
        let _ = writeln!(text, "\n{heading}");
        for entry in rows {
            let sentence = first_sentence(&entry.signature().description);
            let _ = writeln!(text, "  {:width$}  {sentence}", entry.spec.name);
        }
    }
    text
}

fn category(name: &str) -> &'static str {
    CATEGORIES
        .iter()
        .find(|(_, words)| words.iter().any(|word| name.contains(word)))
        .map_or(OTHERS, |(heading, _)| heading)
}

/// The contract of one operation.
fn operation(entry: &Entry) -> String {
    let (spec, signature) = (&entry.spec, entry.signature());
    let mut text = format!(
        "{}: {}\n\n{}\n",
        spec.name, spec.title, signature.description
    );
    let _ = writeln!(text, "\nEffect: {}", effect(spec.effect));
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
        let _ = writeln!(text, "  {line}");
    }
    text
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "reads only",
        Effect::Add => "writes: adds something; doing it twice adds two",
        Effect::Ensure => "writes: adds what is missing; doing it twice changes nothing more",
        Effect::Change => {
            "writes: sets values over older ones; doing it twice changes nothing more"
        }
    }
}

/// A parameter's line, and one for the other names by which it is accepted.
fn parameter(entry: &Entry, field: &Field, width: usize) -> String {
    let need = if field.required { ", required" } else { "" };
    let null = if field.clearable() {
        ", null clears it"
    } else {
        ""
    };
    let mut text = format!(
        "  {:width$}  ({}{need}{null})",
        field.name,
        kind(&field.schema)
    );
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

/// The type of a value in words, from its schema.
fn kind(schema: &Value) -> String {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let words = values.iter().filter(|value| !value.is_null());
        let words: Vec<String> = words.map(word).collect();
        return words.join(" | ");
    }
    if let Some(Value::Array(among)) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
        let mut kinds: Vec<String> = among
            .iter()
            .map(kind)
            .filter(|kind| kind != "null")
            .collect();
        kinds.dedup();
        return kinds.join(" or ");
    }
    let names: Vec<&str> = match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let names = names
        .into_iter()
        .filter(|name| *name != "null" || schema.get("type") == Some(&Value::from("null")));
    let words: Vec<String> = names
        .map(|name| match (name, schema.get("items")) {
            ("array", Some(items)) => format!("list of {}", kind(items)),
            ("array", None) => "list".to_owned(),
            (name, _) => name.to_owned(),
        })
        .collect();
    if words.is_empty() {
        "any value".to_owned()
    } else {
        words.join(" or ")
    }
}

/// A value of an enumeration as it is written in YAML.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The table of codes.
fn codes() -> String {
    let width = longest(Code::ALL.iter().map(|code| code.name()));
    let mut text = format!("No.   {:width$}  {:11}  Meaning\n", "Code", "Ask again?");
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

/// The first sentence of a description.
fn first_sentence(description: &str) -> &str {
    let paragraph = description.lines().next().unwrap_or_default();
    paragraph
        .split_once(". ")
        .map_or(paragraph, |(sentence, _)| sentence)
        .trim_end_matches('.')
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

    use serde_json::json;

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
        assert!(wrong.contains("get_issue"), "{wrong}");
    }

    #[test]
    fn types_are_told_in_words() {
        for (schema, words) in [
            (json!({"type": "string"}), "string"),
            (json!({"type": ["integer", "null"]}), "integer"),
            (
                json!({"type": "array", "items": {"type": "string"}}),
                "list of string",
            ),
            (json!({"enum": ["brief", "full"]}), "brief | full"),
            (
                json!({"anyOf": [{"type": "string"}, {"type": "object"}]}),
                "string or object",
            ),
            (json!({}), "any value"),
        ] {
            assert_eq!(kind(&schema), words, "{schema}");
        }
    }

    #[test]
    fn the_first_sentence_is_cut_at_its_end() {
        assert_eq!(first_sentence("Gets an issue. And more."), "Gets an issue");
        assert_eq!(
            first_sentence("Gets PSN-1.5 now.\nMore"),
            "Gets PSN-1.5 now"
        );
    }
}

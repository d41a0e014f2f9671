//! `help` and `man`: the operations, the error codes, the commands and the settings, written from their tables.

use std::fmt::Write as _;

use clap::CommandFactory as _;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::UsageError;
use super::arguments::{self, Arguments, EXAMPLES, EXIT_CODES};
use crate::engine::catalog::{self, Toolset};
use crate::error::Code;
use crate::operation::Entry;
use crate::settings::TABLE;

/// Returns the help on a topic: an operation, a toolset, a command of the command line or `codes`; without a topic, a list of all
/// operations.
///
/// # Errors
/// When there is no such topic.
pub(super) fn text(topic: Option<&str>) -> Result<String, UsageError> {
    let Some(topic) = topic else {
        return Ok(overview(Toolset::All));
    };
    if topic == "codes" {
        return Ok(codes());
    }
    if let Some(toolset) = Toolset::find(topic) {
        return Ok(overview(toolset));
    }
    match (arguments::command_help(topic), catalog::find(topic)) {
        // `help` is a command and an operation.
        (Some(command), Ok(entry)) => Ok(format!(
            "{command}\nAs an operation\n\n{}",
            operation_help(entry)
        )),
        (Some(command), Err(_)) => Ok(command),
        (None, Ok(entry)) => Ok(operation_help(entry)),
        (None, Err(error)) => {
            let mut message = error.message().to_owned();
            // The other suggestions are about requests, and this command takes no request.
            let names_operation = |suggestion: &&String| suggestion.starts_with("Use '");
            for suggestion in error.suggestions().iter().filter(names_operation) {
                let _ = write!(message, ". {suggestion}");
            }
            Err(UsageError(format!(
                "{message}. linear-ops help lists them all"
            )))
        }
    }
}

/// Lists the operations of a toolset by category, one line each.
fn overview(toolset: Toolset) -> String {
    let categories: Vec<_> = toolset.by_category().collect();
    let names = categories.iter().flat_map(|(_, entries)| entries);
    let width = max_width(names.map(|entry| entry.spec.name));
    let mut text =
        "Operations by toolset; linear-ops help NAME explains an operation or lists a toolset, linear-ops help codes the error codes\n"
            .to_owned();
    for (category, entries) in categories {
        let _ = writeln!(text, "\n{}", category.toolset);
        for entry in entries {
            let summary = entry.signature().summary();
            let _ = writeln!(text, "  {:width$}  {summary}", entry.spec.name);
        }
    }
    text
}

/// Explains one operation: its effect, its names, its parameters with the other names that they are accepted under, and an example.
fn operation_help(entry: &Entry) -> String {
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
    let width = max_width(signature.fields.iter().map(|field| field.name.as_str()));
    for field in &signature.fields {
        let required = if field.required { ", required" } else { "" };
        let null_rule = field.null_rule().map(|rule| format!(", {rule}"));
        let null_rule = null_rule.unwrap_or_default();
        let (name, kind) = (&field.name, field.kind());
        let _ = write!(text, "  {name:width$}  ({kind}{required}{null_rule})");
        if !field.description.is_empty() {
            text.push(' ');
            text.push_str(&field.description);
        }
        text.push('\n');
        let aliases = signature.spellings(spec, field);
        if !aliases.is_empty() {
            let _ = writeln!(text, "  {:width$}    also: {}", "", aliases.join(", "));
        }
    }
    text.push_str("\nExample\n");
    for line in entry.example.lines() {
        let _ = writeln!(text, "{}", format!("  {line}").trim_end());
    }
    text
}

/// Lists all error codes.
fn codes() -> String {
    let width = max_width(Code::ALL.iter().map(|code| code.name()));
    let mut text = format!("No.   {:width$}  {:11}  Meaning\n", "Code", "Repeat?");
    for code in Code::ALL {
        let (name, retry) = (code.name(), code.retry().word());
        let _ = writeln!(
            text,
            "{}  {name:width$}  {retry:11}  {}",
            code.number(),
            code.meaning()
        );
    }
    text
}

/// The length of the longest name.
fn max_width<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.map(str::len).max().unwrap_or_default()
}

/// Returns the manual page of the program, in roff.
///
/// # Errors
/// When the page cannot be written as text.
pub(super) fn manual_page() -> Result<String, UsageError> {
    let mut command = Arguments::command();
    command.build();
    let mut page = Vec::new();
    let man = Man::new(command.clone());
    man.render_title(&mut page)
        .and_then(|()| man.render_name_section(&mut page))
        .and_then(|()| man.render_synopsis_section(&mut page))
        .and_then(|()| man.render_description_section(&mut page))
        .and_then(|()| man.render_options_section(&mut page))
        .and_then(|()| further_sections(&mut command).to_writer(&mut page))
        .map_err(|error| UsageError(error.to_string()))?;
    String::from_utf8(page).map_err(|error| UsageError(error.to_string()))
}

/// The sections of the manual page that clap does not write: the commands, which have no pages of their own, the settings, the
/// exit codes and the examples.
fn further_sections(command: &mut clap::Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    for command in command.get_subcommands_mut() {
        let usage = command.render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ").to_owned();
        let about = command.get_about().map(ToString::to_string);
        roff.control("TP", []);
        roff.text([bold(usage)]);
        roff.text([roman(about.unwrap_or_default())]);
    }
    roff.text([roman(
        "linear-ops COMMAND --help tells the options of each.",
    )]);
    roff.control("SH", ["ENVIRONMENT"]);
    for setting in TABLE {
        roff.control("TP", []);
        let default = match setting.default {
            "" => String::new(),
            default => format!(" (default {default})"),
        };
        roff.text([bold(setting.name), roman(default)]);
        roff.text([roman(format!(
            "{} Takes {}.",
            setting.meaning, setting.takes
        ))]);
    }
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_CODES {
        roff.control("TP", []);
        roff.text([bold(code.to_string())]);
        roff.text([roman(meaning)]);
    }
    roff.control("SH", ["EXAMPLES"]);
    roff.control("nf", []);
    for line in EXAMPLES.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn the_list_has_every_operation_once() {
        let text = text(None).unwrap();
        for entry in catalog::TABLE.iter() {
            let begins = format!("  {} ", entry.spec.name);
            let lines = text.lines().filter(|line| line.starts_with(&begins));
            assert_eq!(lines.count(), 1, "{}", entry.spec.name);
        }
    }

    #[test]
    fn an_operation_is_told_with_all_its_parameters_and_its_example() {
        for entry in catalog::TABLE.iter() {
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

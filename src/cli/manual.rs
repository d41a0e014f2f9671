//! The manual page, from the same tables as `--help`.

use clap::CommandFactory as _;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::Wrong;
use super::arguments::{Arguments, EXAMPLES, EXIT_CODES};
use crate::settings::TABLE;

/// Returns the manual page, in roff.
///
/// # Errors
/// When it cannot be written as text.
pub(super) fn page() -> Result<String, Wrong> {
    let mut command = Arguments::command();
    command.build();
    let mut page = Vec::new();
    let man = Man::new(command.clone());
    man.render_title(&mut page)
        .and_then(|()| man.render_name_section(&mut page))
        .and_then(|()| man.render_synopsis_section(&mut page))
        .and_then(|()| man.render_description_section(&mut page))
        .and_then(|()| man.render_options_section(&mut page))
        .and_then(|()| sections(&mut command).to_writer(&mut page))
        .map_err(|error| Wrong(error.to_string()))?;
    String::from_utf8(page).map_err(|error| Wrong(error.to_string()))
}

/// What clap does not know as sections, and the commands, which have no pages of their own.
fn sections(command: &mut clap::Command) -> Roff {
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

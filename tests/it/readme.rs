//! The README: its tables, made from the tables in the code, and its examples. `UPDATE_DOCS=1` rewrites them.

pub mod examples;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use linear_ops::error::Code;
use linear_ops::operation::Field;
use linear_ops::operation::{Effect, Entry};
use linear_ops::{operations, settings};

fn operations_table() -> String {
    let mut table = "| operation | what it does | required |\n|---|---|---|\n".to_owned();
    for entry in operations::TABLE.iter() {
        let signature = entry.signature();
        let sentence = cell(&signature.description);
        let required = signature.fields.iter().filter(|field| field.required);
        let names: Vec<&str> = required.map(|field| field.name.as_str()).collect();
        let writes = if entry.spec.effect == Effect::Read {
            ""
        } else {
            " *(writes)*"
        };
        let _ = writeln!(
            table,
            "| `{}` | {sentence}{writes} | {} |",
            entry.spec.name,
            names.join(", ")
        );
    }
    table
}

/// Each operation with all its parameters, folded away.
fn reference() -> String {
    let mut text = String::new();
    for entry in operations::TABLE.iter() {
        let (spec, signature) = (&entry.spec, entry.signature());
        let _ = writeln!(
            text,
            "<details>\n<summary><code>{}</code></summary>\n",
            spec.name
        );
        if !spec.aliases.is_empty() {
            let _ = writeln!(text, "Also called `{}`.\n", spec.aliases.join("`, `"));
        }
        if signature.fields.is_empty() {
            text.push_str("It takes no parameters.\n");
        } else {
            text.push_str("| parameter | type | meaning | also |\n|---|---|---|---|\n");
        }
        for field in &signature.fields {
            text.push_str(&parameter(entry, field));
        }
        text.push_str("\n</details>\n\n");
    }
    text
}

fn parameter(entry: &Entry, field: &Field) -> String {
    let name = if field.required {
        format!("**{}**", field.name)
    } else {
        field.name.clone()
    };
    let rule = field.null_rule().map(|rule| format!(" *{}.*", cell(rule)));
    let clears = rule.unwrap_or_default();
    format!(
        "| {name} | {} | {}{clears} | {} |\n",
        cell(&field.kind()),
        cell(&field.description),
        entry.signature().spellings(&entry.spec, field).join(", ")
    )
}

/// A text as it stands in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace("\n\n", "<br>")
        .replace('\n', " ")
}

fn codes_table() -> String {
    let mut table = "| number | code | meaning | repeat? |\n|---|---|---|---|\n".to_owned();
    for code in Code::ALL {
        let (number, name) = (code.number(), code.name());
        let _ = writeln!(
            table,
            "| {number} | `{name}` | {} | {} |",
            code.meaning(),
            code.retry().word()
        );
    }
    table
}

fn settings_table() -> String {
    let mut table = "| variable | default | meaning |\n|---|---|---|\n".to_owned();
    for row in settings::TABLE {
        let default = if row.default.is_empty() {
            String::new()
        } else {
            format!("`{}`", row.default)
        };
        let _ = writeln!(table, "| `{}` | {default} | {} |", row.name, row.meaning);
    }
    table
}

/// The text with everything between a marker's two comments replaced.
fn replaced(text: &str, marker: &str, table: &str) -> String {
    let (start, end) = (
        format!("<!-- {marker}:start -->\n"),
        format!("<!-- {marker}:end -->"),
    );
    let (before, rest) = text.split_once(&start).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    format!("{before}{start}{table}{end}{after}")
}

#[test]
fn the_readmes_tables_are_those_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let mut current = replaced(&text, "operations", &operations_table());
    current = replaced(&current, "codes", &codes_table());
    current = replaced(&current, "settings", &settings_table());
    current = replaced(&current, "reference", &reference());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &current).unwrap();
    }
    let now = fs::read_to_string(&path).unwrap();
    // Printing both would bury what to do.
    assert!(
        now == current,
        "the tables are stale: run UPDATE_DOCS=1 cargo test --test it readme"
    );
}

/// Variables of other programs that the README names.
const FOREIGN: [&str; 5] = [
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS",
    "UPDATE_DOCS",
    "INSTA_UPDATE",
    "XDG_CACHE_HOME",
    "LINEAR_WORK_API_KEY",
];

#[test]
fn every_code_and_every_setting_that_the_readme_names_exists() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(path).unwrap();
    let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_' && !c.is_ascii_digit());
    let names = words.filter(|word| word.contains('_') && word.len() > 3);
    let mut codes = 0;
    for name in names.filter(|name| !FOREIGN.contains(name)) {
        let is_code = Code::ALL.iter().any(|code| code.name() == name);
        let is_setting = settings::TABLE.iter().any(|row| row.name == name);
        assert!(is_code || is_setting || name == "LINEAR_OPS_", "{name}");
        codes += usize::from(is_code);
    }
    assert!(codes > Code::ALL.len());
}

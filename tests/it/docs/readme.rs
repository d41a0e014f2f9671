//! The pages for users: the README and those in `examples`, with the tables that are made from the code, the examples that
//! are run, and the links. `UPDATE_DOCS=1` rewrites the tables.

pub mod examples;
mod links;
#[cfg(unix)]
mod rewrites;
#[cfg(unix)]
mod tokens;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use linear_ops::engine::catalog::{self, Toolset};
use linear_ops::error::Code;
use linear_ops::operation::Field;
use linear_ops::operation::{Effect, Entry};
use linear_ops::settings;

/// The text of a page, by its path below the repository's root.
pub fn page(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The pages that are written for users: the README, and all Markdown files that lie directly in `examples`.
fn pages() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let names = fs::read_dir(folder).unwrap().map(|file| {
        let name = file.unwrap().file_name();
        format!("examples/{}", name.to_str().unwrap())
    });
    let mut pages: Vec<String> = names.filter(|name| name.ends_with(".md")).collect();
    pages.sort();
    pages.insert(0, "README.md".to_owned());
    assert!(pages.len() > 5);
    pages
}

/// The names of the operations of each toolset, and in the last row of those that no toolset lists; those that write are bold.
fn names_table() -> String {
    let shown = |entry: &Entry| {
        if entry.spec.effect == Effect::Read {
            format!("`{}`", entry.spec.name)
        } else {
            format!("**`{}`**", entry.spec.name)
        }
    };
    let mut table = "| toolset | operations (those that write are bold) |\n|---|---|\n".to_owned();
    for name in Toolset::names().filter(|name| *name != Toolset::ALL) {
        let toolset = Toolset::find(name).unwrap();
        let operations = catalog::listed().filter(|entry| toolset.has(entry));
        let names: Vec<String> = operations.map(shown).collect();
        let _ = writeln!(table, "| `{name}` | {} |", names.join(", "));
    }
    let unlisted: Vec<String> = catalog::unlisted().map(shown).collect();
    let _ = writeln!(table, "| by name alone | {} |", unlisted.join(", "));
    table
}

/// The operations that toolsets list, and then those that none lists.
fn operations_table() -> String {
    let listed = operations_rows(catalog::listed());
    let unlisted = operations_rows(catalog::unlisted());
    format!(
        "{listed}\nNo toolset lists these: they are tools where `--tools` or `LINEAR_OPS_TOOLS` names them, and run all the same.\n\n{unlisted}"
    )
}

fn operations_rows(entries: impl Iterator<Item = &'static Entry>) -> String {
    let mut table = "| operation | what it does | required |\n|---|---|---|\n".to_owned();
    for entry in entries {
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
    for entry in catalog::TABLE.iter() {
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
fn the_tables_of_the_pages_are_those_of_the_code() {
    let tables = [
        ("README.md", "names", names_table()),
        ("examples/REFERENCE.md", "operations", operations_table()),
        ("examples/REFERENCE.md", "reference", reference()),
        ("examples/REFERENCE.md", "settings", settings_table()),
        ("examples/REFERENCE.md", "codes", codes_table()),
    ];
    for (name, marker, table) in tables {
        check_table(name, marker, &table);
    }
}

/// Asserts that a page has this table between the comments of a marker. With `UPDATE_DOCS`, puts it there.
#[track_caller]
fn check_table(name: &str, marker: &str, table: &str) {
    let text = page(name);
    let current = replaced(&text, marker, table);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        fs::write(path, &current).unwrap();
        return;
    }
    // Printing both texts would hide the instruction.
    assert!(
        text == current,
        "the table {marker} in {name} is stale: run UPDATE_DOCS=1 cargo test --test it -- readme"
    );
}

#[test]
fn the_readme_is_short_enough_to_be_read() {
    let bytes = page("README.md").len();
    assert!(bytes <= 30 * 1024, "{bytes}: move a section to examples/");
}

/// Variables of other programs that the pages name, and beginnings of names.
const FOREIGN: [&str; 7] = [
    "CLAUDE_CODE_DISABLE_BACKGROUND_TASKS",
    "UPDATE_DOCS",
    "INSTA_UPDATE",
    "XDG_CACHE_HOME",
    "LINEAR_WORK_API_KEY",
    "LINEAR_OPS_",
    "LINEAR_API_",
];

#[test]
fn every_code_and_every_setting_that_a_page_names_exists() {
    let mut codes = 0;
    for path in pages() {
        let text = page(&path);
        let words =
            text.split(|c: char| !c.is_ascii_uppercase() && c != '_' && !c.is_ascii_digit());
        let names = words.filter(|word| word.contains('_') && word.len() > 3);
        for name in names.filter(|name| !FOREIGN.contains(name)) {
            // `…_FAILED` and `INVALID_…` stand for several codes.
            let is_code = Code::ALL.iter().any(|code| {
                code.name() == name
                    || name.starts_with('_') && code.name().ends_with(name)
                    || name.ends_with('_') && code.name().starts_with(name)
            });
            let is_setting = settings::TABLE.iter().any(|row| row.name == name);
            assert!(is_code || is_setting, "{path}: {name}");
            codes += usize::from(is_code);
        }
    }
    assert!(codes > Code::ALL.len());
}

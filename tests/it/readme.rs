//! The README's tables, made from the tables in the code. `UPDATE_DOCS=1` rewrites them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use linear_ops::error::Code;
use linear_ops::operation::Effect;
use linear_ops::{operations, settings};

fn operations_table() -> String {
    let mut table =
        "| operation | what it does | parameters (required first) |\n|---|---|---|\n".to_owned();
    for entry in operations::TABLE.iter() {
        let signature = entry.signature();
        let sentence = signature.description.replace('|', "\\|");
        let mut fields: Vec<_> = signature.fields.iter().collect();
        fields.sort_by_key(|field| !field.required);
        let names = fields.iter().map(|field| {
            if field.required {
                format!("**{}**", field.name)
            } else {
                field.name.clone()
            }
        });
        let writes = if entry.spec.effect == Effect::Read {
            ""
        } else {
            " *(writes)*"
        };
        let names: Vec<String> = names.collect();
        let _ = writeln!(
            table,
            "| `{}` | {sentence}{writes} | {} |",
            entry.spec.name,
            names.join(", ")
        );
    }
    table
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

//! Keeps the schema files under `schema/` true to Linear's published schema.
//!
//! `linear.graphql` is the part of the published schema that `keep.txt` lists, `client.graphql` is the same with input
//! objects as scalars. `cargo run --example schema -- <published schema>` writes both; with `--check` nothing is
//! written, and each claim made about the files is proved or its breach named.

#![expect(
    clippy::print_stdout,
    reason = "a tool for developers: its report is its output"
)]

mod ast;
mod client;
mod documents;
mod keep;
mod proof;
mod subset;
mod trim;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use apollo_compiler::ast::Document;
use clap::Parser;

use crate::keep::KeepList;

/// Writes or checks schema/linear.graphql and schema/client.graphql.
#[derive(Parser)]
#[command(name = "schema")]
struct Arguments {
    /// Linear's published schema, in SDL
    published: PathBuf,
    /// Prove that the files are current and true, and write nothing
    #[arg(long)]
    check: bool,
}

/// The package's folder: the tool works from wherever it is called.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    let root = Path::new(ROOT);
    if arguments.check {
        let published = if arguments.published.exists() {
            Some(fs::read_to_string(&arguments.published)?)
        } else {
            println!(
                "no published schema at {}: only what can be proved without it",
                arguments.published.display()
            );
            None
        };
        let proofs = proof::all(root, published.as_deref())?;
        return Ok(report(&proofs));
    }
    write(root, &fs::read_to_string(&arguments.published)?)
}

/// Writes both files. A keep list that cannot be met, or a result that would not be valid, is reported and nothing is
/// written.
fn write(root: &Path, published: &str) -> Result<ExitCode, Box<dyn Error>> {
    let folder = root.join("schema");
    let files = fs::read_to_string(folder.join("keep.txt"))
        .map_err(|error| format!("schema/keep.txt: {error}"))
        .map(|list| generate(&list, published))?;
    let files = match files {
        Ok(files) => files,
        Err(errors) => {
            return Ok(report(&[proof::Proof::new(
                "the keep list can be met",
                errors,
            )]));
        }
    };
    for (name, text) in [
        ("linear.graphql", files.linear),
        ("client.graphql", files.client),
    ] {
        println!("schema/{name}: {} bytes", text.len());
        fs::write(folder.join(name), text)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The texts of the two files.
struct Files {
    linear: String,
    client: String,
}

/// What the files must hold, from the texts of the keep list and the published schema.
///
/// Errors name the rules that cannot be met, and what would make the result no valid part of the published schema.
fn generate(list: &str, published: &str) -> Result<Files, Vec<String>> {
    let published = parse(published, "published schema").map_err(|error| vec![error])?;
    let part = trim::trim(&published, &KeepList::parse(list)?)?;
    let mut errors = subset::differences(&part, &published);
    let client = client::client(&part);
    for schema in [&part, &client] {
        if let Err(invalid) = schema.to_schema_validate() {
            errors.push(invalid.errors.to_string());
        }
    }
    if errors.is_empty() {
        Ok(Files {
            linear: linear_text(&part),
            client: client_text(&client),
        })
    } else {
        Err(errors)
    }
}

/// Parses SDL. The error is the parser's report.
fn parse(text: &str, name: &str) -> Result<Document, String> {
    Document::parse(text, name).map_err(|invalid| invalid.errors.to_string())
}

/// The text of `linear.graphql`.
fn linear_text(schema: &Document) -> String {
    format!(
        "# The part of Linear's published schema that keep.txt lists; Linear's licence for it is in LICENSE.\n\
         # Written by `cargo run --example schema`.\n\n{schema}"
    )
}

/// The text of `client.graphql`.
fn client_text(schema: &Document) -> String {
    format!(
        "# linear.graphql with its input objects as scalars: the client's types are derived from this one.\n\
         # Written by `cargo run --example schema`.\n\n{schema}"
    )
}

/// Prints one line per proof, the breaches under it, and fails when there is one.
fn report(proofs: &[proof::Proof]) -> ExitCode {
    for proof in proofs {
        println!("{proof}");
    }
    if proofs.iter().all(proof::Proof::holds) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

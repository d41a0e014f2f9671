//! Generates and checks the schema files under `schema/`, which are parts of Linear's published schema.
//!
//! `linear.graphql` is the part of the published schema that `keep.txt` lists, `client.graphql` is the same with input
//! objects as scalars. `cargo run --example schema -- <published schema>` writes both; with `--check` nothing is
//! written, and the claims about the files are checked.

#![expect(
    clippy::print_stdout,
    reason = "a tool for developers: its report is its output"
)]

mod ast;
mod generate;
mod keep;
mod proof;
mod subset;
mod trim;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use crate::proof::Proof;

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

/// The folder of the package, so that the tool works from any working directory.
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
    let published = fs::read_to_string(&arguments.published)
        .map_err(|error| format!("{}: {error}", arguments.published.display()))?;
    write(root, &published)
}

/// Writes both files. Where a rule of the keep list cannot be met or the result is not valid, reports that and writes
/// nothing.
fn write(root: &Path, published: &str) -> Result<ExitCode, Box<dyn Error>> {
    let folder = root.join("schema");
    let list = fs::read_to_string(folder.join("keep.txt"))?;
    let files = match generate::files(&list, published) {
        Ok(files) => files,
        Err(errors) => return Ok(report(&[Proof::new("schema/keep.txt can be met", errors)])),
    };
    for (name, text) in [
        ("linear.graphql", files.linear),
        ("client.graphql", files.client),
    ] {
        fs::write(folder.join(name), &text)?;
        println!("schema/{name}: {} bytes", text.len());
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints one line for each proof, with its breaches below, and returns the exit code, which is a failure when there is
/// a breach.
fn report(proofs: &[Proof]) -> ExitCode {
    for proof in proofs {
        println!("{proof}");
    }
    if proofs.iter().all(Proof::holds) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

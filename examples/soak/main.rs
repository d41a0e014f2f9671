//! A test of reliability when Linear fails: every operation with every fault, and a long run with random faults.
//!
//! `cargo run --release --example soak` prints both tables and writes them to `examples/RELIABILITY.md`. It exits with
//! 1 when an answer was untrue, a change was made twice or lost, or a call was not answered. `--help` lists the
//! options.

#![expect(
    clippy::print_stdout,
    reason = "a tool for developers: its report is its output"
)]

#[path = "../bench/build.rs"]
mod build;
mod effect;
mod faults;
mod matrix;
#[path = "../bench/memory.rs"]
mod memory;
mod run;
#[path = "../bench/table.rs"]
#[expect(
    dead_code,
    reason = "the benchmark writes figures that this tool does not"
)]
mod table;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

/// Runs every operation against every fault of the stand-in for Linear, and then many operations with faults at random
/// through the real binary; holds every answer against what the workspace has.
#[derive(Parser)]
#[command(name = "soak")]
struct Arguments {
    /// A part of the matrix and a short run, to see that they work; writes nothing
    #[arg(long)]
    quick: bool,
    /// Print only: leave examples/RELIABILITY.md as it is
    #[arg(long)]
    dry: bool,
    /// Only the matrix, and of it only the faults whose name has this in it; writes nothing
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// How many operations the long run has
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    operations: usize,
    /// In how many of a hundred operations a fault is put
    #[arg(long, value_name = "PERCENT", default_value_t = 5, value_parser = clap::value_parser!(u8).range(0..=100))]
    faults: u8,
    /// The seed of the faults at random
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Run this binary of linear-ops instead of building one
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
}

/// The error of the program.
type Failure = Box<dyn Error>;

/// With `--quick`, one of this many cells of the matrix is run.
const QUICK_STRIDE: usize = 43;
/// The number of operations of the long run with `--quick`.
const QUICK_OPERATIONS: usize = 200;

fn main() -> Result<ExitCode, Failure> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let stride = if arguments.quick { QUICK_STRIDE } else { 1 };
    let only = arguments.only.as_deref().unwrap_or_default();
    let matrix = runtime.block_on(matrix::run(stride, only));
    println!("{}", matrix.report());
    print_errors(&matrix.errors);
    if arguments.only.is_some() {
        return Ok(exit_code(&matrix.errors));
    }
    let binary = match arguments.binary {
        Some(path) => path,
        None => build::binary()?,
    };
    let plan = run::Plan {
        operations: if arguments.quick {
            QUICK_OPERATIONS
        } else {
            arguments.operations
        },
        faults: arguments.faults,
        seed: arguments.seed,
    };
    let run = runtime.block_on(run::run(&binary, &plan))?;
    println!("{}", run.report());
    print_errors(&run.errors);
    let errors = [matrix.errors.as_slice(), &run.errors].concat();
    if !errors.is_empty() {
        return Ok(exit_code(&errors));
    }
    if !cfg!(debug_assertions) && !arguments.quick && !arguments.dry {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/RELIABILITY.md");
        fs::write(
            &page,
            format!("{HEAD}\n{}\n{}", matrix.report(), run.report()),
        )?;
        println!("examples/RELIABILITY.md is written.");
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the errors, one on each line.
fn print_errors(errors: &[String]) {
    for error in errors {
        println!("WRONG: {error}");
    }
}

/// Returns the exit code of a run with these errors.
fn exit_code(errors: &[String]) -> ExitCode {
    if errors.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The beginning of the page, before the tables.
const HEAD: &str = "\
# What holds when Linear fails

Written by `cargo run --release --example soak`, which plays both parts against the stand-in for Linear and fails when an
answer is untrue, something is done twice or lost, or a call is not answered.
";

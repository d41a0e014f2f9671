//! The cost of linear-ops in requests, time, bytes, tokens and memory, measured against the stand-in for Linear over
//! HTTP on loopback.
//!
//! `cargo run --release --example bench` prints the figures, and writes them into `examples/bench/README.md` between
//! its markers, and the plot `examples/bench.svg`. Every operation of the table is measured with its own example, so a
//! new operation is measured without further work. `--help` lists the options.

#![expect(
    clippy::print_stdout,
    reason = "a tool for developers: its report is its output"
)]

mod build;
mod creates;
mod figures;
mod job;
mod large;
mod memory;
mod operations;
mod peers;
mod plot;
mod process;
mod report;
mod session;
mod stats;
mod table;
mod targets;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

use crate::figures::Rounds;

/// Measures linear-ops against the stand-in for Linear, over HTTP on loopback.
///
/// Prints the figures. A whole run of a release build also writes them into examples/bench/README.md, between its
/// markers, and draws examples/bench.svg.
#[derive(Parser)]
#[command(name = "bench")]
struct Arguments {
    /// A few rounds of everything, in seconds, to see that it runs; writes nothing
    #[arg(long)]
    quick: bool,
    /// Print only: leave the page and the plot as they are
    #[arg(long)]
    dry: bool,
    /// Measure this binary of linear-ops instead of building one
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
}

/// The error of the program.
type Failure = Box<dyn Error>;

fn main() -> Result<ExitCode, Failure> {
    let arguments = Arguments::parse();
    let begun = Instant::now();
    let rounds = if arguments.quick {
        Rounds::QUICK
    } else {
        Rounds::WHOLE
    };
    let binary = match arguments.binary {
        Some(path) => path,
        None => build::binary()?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let figures = figures::measure(&runtime, &binary, rounds)?;
    let report = report::text(&figures);
    println!("{report}");
    println!("Measured in {} s.", begun.elapsed().as_secs());
    if !cfg!(debug_assertions) && !arguments.quick && !arguments.dry {
        write(&report, &figures)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the report into its page, and draws the plot.
fn write(report: &str, figures: &figures::Figures) -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = root.join("examples/bench/README.md");
    let text = fs::read_to_string(&page)?;
    let text = report::insert(&text, report)
        .ok_or("examples/bench/README.md has no markers bench:start, bench:end")?;
    fs::write(&page, text)?;
    plot::draw(&root.join("examples/bench.svg"), figures)?;
    println!("examples/bench/README.md and examples/bench.svg are written.");
    Ok(())
}

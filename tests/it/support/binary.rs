//! Runs of the program as a process.

use std::process::{Command, Output};

/// Returns the command that runs the program. Its environment is empty except for the variable that an instrumented
/// build needs, a state folder of the tests, and a home folder that does not exist. The cache is kept in memory only,
/// unless a test sets `LINEAR_OPS_CACHE`.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_linear-ops"));
    let counts = ["LLVM_PROFILE_FILE"].map(|name| (name, std::env::var_os(name)));
    let counts = counts
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    command.env_clear().envs(counts);
    command.env(
        "LINEAR_OPS_STATE_DIR",
        concat!(env!("CARGO_TARGET_TMPDIR"), "/state"),
    );
    command.env("LINEAR_OPS_CACHE", "memory");
    let home = concat!(env!("CARGO_TARGET_TMPDIR"), "/no-home");
    command.env("HOME", home).env("USERPROFILE", home);
    command
}

/// How a run of the program ended, and what it printed.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

//! The program itself, as a process.

use std::process::{Command, Output};

/// The program over an environment that is empty, but for what tells an instrumented build where to count, and with a
/// state folder of the tests and a home folder that is not there. It keeps no names on disk, where a test does not say
/// otherwise.
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

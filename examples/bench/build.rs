//! The build of the binary of linear-ops that is run as a process.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Failure;

/// Builds the binary in the profile of this program, debug or release, and returns its path.
pub fn binary() -> Result<PathBuf, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--bin", "linear-ops"])
        .args(["--message-format", "json"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit());
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command.output()?;
    if !output.status.success() {
        return Err("linear-ops could not be built".into());
    }
    let messages = String::from_utf8(output.stdout)?;
    executable(&messages).ok_or_else(|| "cargo did not say where the binary is".into())
}

/// Returns the last executable among the messages of cargo, which are lines of JSON.
fn executable(messages: &str) -> Option<PathBuf> {
    messages.lines().rev().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message.get("executable")?.as_str()?))
    })
}

#[cfg(test)]
mod tests {
    use super::executable;

    #[test]
    fn the_executable_is_found_among_the_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":null}\n\
                        {\"reason\":\"compiler-artifact\",\"executable\":\"target/release/linear-ops\"}\n\
                        {\"reason\":\"build-finished\",\"success\":true}\n";
        let found = executable(messages);
        assert_eq!(found.as_deref(), Some("target/release/linear-ops".as_ref()));
        assert_eq!(executable("no JSON\n"), None);
    }
}

//! A key that a command prints, such as a password manager's.
//!
//! The command is given to a shell, as git, mbsync and msmtp do with theirs: quotes, pipes and variables then mean what
//! they mean where the user tried the command out.

use std::process::{ExitStatus, Stdio};

use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use super::{LONGEST, only_line};

/// Runs a command and returns the line that it prints. The command gets no input, and what it writes to standard error is
/// dropped. It is killed, with the processes that it started, when the returned future is dropped or when it prints more
/// than a key.
///
/// # Errors
/// When it cannot be started, fails, or does not print one line. The error is to follow the name of the setting and repeats
/// nothing of the command or its output.
pub(super) async fn run(command: &str) -> Result<String, String> {
    let child = shell(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("cannot be run: {error}"))?;
    let mut running = Running {
        child,
        ended: false,
    };
    let unreadable = |error: std::io::Error| format!("cannot be read from: {error}");
    let mut bytes = Vec::with_capacity(LONGEST + 1);
    if let Some(output) = running.child.stdout.take() {
        let most = u64::try_from(LONGEST + 1).unwrap_or(u64::MAX);
        let mut output = output.take(most);
        output.read_to_end(&mut bytes).await.map_err(unreadable)?;
    }
    if bytes.len() <= LONGEST {
        let status = running.child.wait().await.map_err(unreadable)?;
        running.ended = true;
        if !status.success() {
            return Err(format!("failed: the command {}", ending(status)));
        }
    }
    only_line(bytes, "cannot be used: the command printed")
}

fn ending(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("ended with exit code {code}"),
        None => "was ended by a signal".to_owned(),
    }
}

/// The shell that runs a command, in a group of processes of its own, so that all of them can be killed.
#[cfg(unix)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).process_group(0);
    shell
}

/// The shell that runs a command. It parses the text by rules of its own, so nothing in it is escaped.
#[cfg(windows)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.arg("/C").raw_arg(command);
    shell
}

/// A running command. Where it has not ended when this is dropped, it is killed with the processes that it started.
struct Running {
    child: Child,
    ended: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // Without a group, or when that cannot be killed, tokio kills the shell alone.
        #[cfg(unix)]
        if let Some(group) = self
            .child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

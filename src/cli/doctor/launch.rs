//! Starts a server as a client does, asks it for its tools, and ends it. The time that the server may take and the output that is
//! read from it are bounded.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

/// How long a server may take to list its tools. A server that has to be downloaded first takes seconds.
pub(super) const LONGEST_START: Duration = Duration::from_secs(10);

/// The most that is read of a server's standard output, in bytes.
const MOST_OUTPUT: u64 = 4 << 20;
/// The most that is kept of a server's standard error, in bytes.
const MOST_ERROR_OUTPUT: u64 = 4 << 10;

/// How a server is started.
#[derive(Clone, Debug)]
pub(super) struct Launch {
    /// The program's file.
    pub program: PathBuf,
    pub args: Vec<String>,
    /// The whole environment of the server.
    pub environment: Vec<(String, String)>,
}

impl Launch {
    /// Starts the server and returns the names of the tools that it lists.
    ///
    /// # Errors
    /// When the server does not start, ends, refuses, or does not answer within `limit`. The error follows the server's name.
    pub fn tools(&self, limit: Duration) -> Result<Vec<String>, String> {
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("does not start: {error}"))?;
        let tools = list_tools(&mut child, limit);
        // Killing fails where the server has ended by itself; the error below reports that.
        let _ = child.kill();
        let status = child.wait();
        tools.map_err(|failure| match (failure, status) {
            (ListFailure::TimedOut, _) => {
                format!("listed no tools within {} s", limit.as_secs_f32())
            }
            (ListFailure::Refused(why), _) => format!("answered with an error: {why}"),
            (ListFailure::Ended(error_line), Ok(status)) => {
                format!("ended without listing its tools ({status}): {error_line}")
            }
            (ListFailure::Ended(error_line), Err(_)) => {
                format!("ended without listing its tools: {error_line}")
            }
        })
    }
}

/// Why a server did not list its tools.
enum ListFailure {
    /// The server did not answer in time.
    TimedOut,
    /// The server answered with this error.
    Refused(String),
    /// The server closed its standard output. The text is the first line of its standard error.
    Ended(String),
}

/// Asks a server that was started for the names of its tools.
fn list_tools(child: &mut Child, limit: Duration) -> Result<Vec<String>, ListFailure> {
    let (Some(mut input), Some(output), Some(errors)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(ListFailure::Ended(String::new()));
    };
    let (error_sender, error_receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let error_line = first_error_line(errors);
        let _ = error_line.map(|line| error_sender.send(line));
    });
    let (list_sender, list_receiver) = mpsc::channel();
    std::thread::spawn(move || {
        // Sending fails once the time is over, because nobody receives the list any more.
        let _ = list_sender.send(read_tool_list(output));
    });
    let messages = [
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "linear-ops doctor", "version": env!("CARGO_PKG_VERSION")},
        }}),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}),
    ];
    for message in messages {
        // A server that has ended already closes its output, which is noticed below.
        let _ = writeln!(input, "{message}").and_then(|()| input.flush());
    }
    match list_receiver.recv_timeout(limit) {
        Ok(Some(list)) => list.map_err(ListFailure::Refused),
        Ok(None) => {
            let error_line = error_receiver.recv_timeout(Duration::from_secs(1));
            Err(ListFailure::Ended(error_line.unwrap_or_default()))
        }
        Err(_) => Err(ListFailure::TimedOut),
    }
    // The server's input is closed here and not before, because a server ends when its input is closed.
}

/// Reads the names of the tools, or the error, in a server's answers; `None` where the server closes its output before it answers.
fn read_tool_list(output: impl Read) -> Option<Result<Vec<String>, String>> {
    let lines = BufReader::new(output.take(MOST_OUTPUT)).lines();
    for line in lines {
        let Ok(message) = serde_json::from_str::<Value>(&line.ok()?) else {
            continue;
        };
        if let Some(error) = message.get("error") {
            let why = error.get("message").and_then(Value::as_str);
            return Some(Err(why.unwrap_or("of no known kind").to_owned()));
        }
        if message.get("id") == Some(&Value::from(2)) {
            let tools = message.pointer("/result/tools").and_then(Value::as_array);
            let names = tools.into_iter().flatten();
            let names = names.filter_map(|tool| tool.get("name")?.as_str());
            return Some(Ok(names.map(str::to_owned).collect()));
        }
    }
    None
}

/// Reads the first line of a server's standard error. The rest is read and dropped, so that the server does not wait for a reader.
fn first_error_line(mut errors: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    errors
        .by_ref()
        .take(MOST_ERROR_OUTPUT)
        .read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().next().unwrap_or_default().to_owned();
    if bytes.len() as u64 == MOST_ERROR_OUTPUT {
        io::copy(&mut errors, &mut io::sink())?;
    }
    Ok(line)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn run(script: &str, limit: Duration) -> Result<Vec<String>, String> {
        let launch = Launch {
            program: PathBuf::from("/bin/sh"),
            args: vec!["-c".to_owned(), script.to_owned()],
            environment: vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())],
        };
        launch.tools(limit)
    }

    #[test]
    fn tools_are_read_and_the_server_is_ended() {
        let script =
            r#"echo noise; echo '{"id": 2, "result": {"tools": [{"name": "linear"}]}}'; sleep 60"#;
        assert_eq!(run(script, LONGEST_START), Ok(vec!["linear".to_owned()]));
    }

    #[test]
    fn a_server_that_ends_refuses_or_is_silent_is_told() {
        let error = |script, limit| run(script, limit).err().unwrap_or_default();
        let ended = error("echo 'no such setting' >&2; exit 2", LONGEST_START);
        assert!(
            ended.contains("exit status: 2): no such setting"),
            "{ended}"
        );
        let refused = error(
            r#"echo '{"id": 1, "error": {"message": "not today"}}'; cat"#,
            LONGEST_START,
        );
        assert_eq!(refused, "answered with an error: not today");
        let late = error("sleep 60", Duration::from_millis(100));
        assert_eq!(late, "listed no tools within 0.1 s");
        let loud = error("yes", LONGEST_START);
        assert!(loud.starts_with("ended without listing"), "{loud}");
        let missing = Launch {
            program: PathBuf::from("/nowhere/at/all"),
            args: Vec::new(),
            environment: Vec::new(),
        };
        let why = missing.tools(LONGEST_START).err().unwrap_or_default();
        assert!(why.starts_with("does not start"), "{why}");
    }
}

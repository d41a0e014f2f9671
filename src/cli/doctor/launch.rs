//! Starts a server as a client would, asks it for its tools, and ends it: within bounds, whatever it does.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};

/// How long a server may take to list its tools. One that has to be downloaded first takes seconds.
pub(super) const LONGEST: Duration = Duration::from_secs(10);

/// The most that is read of what a server writes, in bytes.
const MOST_OUTPUT: u64 = 4 << 20;
/// The most that is kept of what it complains, in bytes.
const MOST_COMPLAINT: u64 = 4 << 10;

/// How a server is started.
#[derive(Clone, Debug)]
pub(super) struct Launch {
    /// The program's file.
    pub program: PathBuf,
    pub args: Vec<String>,
    /// The whole environment.
    pub environment: Vec<(String, String)>,
}

impl Launch {
    /// The names of the tools that the server lists.
    ///
    /// # Errors
    /// In words that go on from the name of the server: it does not start, ends or does not answer in time.
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
        let answer = ask(&mut child, limit);
        // It may have ended by itself, which is told below.
        let _ = child.kill();
        let ended = child.wait();
        answer.map_err(|failed| match (failed, ended) {
            (Failed::Late, _) => format!("listed no tools within {} s", limit.as_secs_f32()),
            (Failed::Refused(why), _) => format!("answered with an error: {why}"),
            (Failed::Ended(complaint), Ok(status)) => {
                format!("ended without listing its tools ({status}): {complaint}")
            }
            (Failed::Ended(complaint), Err(_)) => {
                format!("ended without listing its tools: {complaint}")
            }
        })
    }
}

/// Why there is no list.
enum Failed {
    Late,
    Refused(String),
    /// It closed its output, and complained so.
    Ended(String),
}

fn ask(child: &mut Child, limit: Duration) -> Result<Vec<String>, Failed> {
    let ended = || Failed::Ended(String::new());
    let (Some(mut input), Some(output), Some(errors)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(ended());
    };
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let complaint = complaint(errors);
        let _ = complaint.map(|complaint| send.send(complaint));
    });
    let (send_list, receive_list) = mpsc::channel();
    std::thread::spawn(move || {
        // Nobody listens any more when it is too late.
        let _ = send_list.send(list(output));
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
        // One that has ended already is told by its output.
        let _ = writeln!(input, "{message}").and_then(|()| input.flush());
    }
    match receive_list.recv_timeout(limit) {
        Ok(Some(answer)) => answer.map_err(Failed::Refused),
        Ok(None) => {
            let complaint = receive.recv_timeout(Duration::from_secs(1));
            Err(Failed::Ended(complaint.unwrap_or_default()))
        }
        Err(_) => Err(Failed::Late),
    }
    // Its input is closed here, not before: a server ends with it.
}

/// What the server answers to the request for its tools; `None` where it closes its output before.
fn list(output: impl Read) -> Option<Result<Vec<String>, String>> {
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

/// The first line of what the server complains. What comes behind it is read, so that the server is not held up.
fn complaint(mut errors: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    errors
        .by_ref()
        .take(MOST_COMPLAINT)
        .read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let line = text.lines().next().unwrap_or_default().to_owned();
    if bytes.len() as u64 == MOST_COMPLAINT {
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
        assert_eq!(run(script, LONGEST), Ok(vec!["linear".to_owned()]));
    }

    #[test]
    fn a_server_that_ends_refuses_or_is_silent_is_told() {
        let told = |script, limit| run(script, limit).err().unwrap_or_default();
        let ended = told("echo 'no such setting' >&2; exit 2", LONGEST);
        assert!(
            ended.contains("exit status: 2): no such setting"),
            "{ended}"
        );
        let refused = told(
            r#"echo '{"id": 1, "error": {"message": "not today"}}'; cat"#,
            LONGEST,
        );
        assert_eq!(refused, "answered with an error: not today");
        let late = told("sleep 60", Duration::from_millis(100));
        assert_eq!(late, "listed no tools within 0.1 s");
        let loud = told("yes", LONGEST);
        assert!(loud.starts_with("ended without listing"), "{loud}");
        let missing = Launch {
            program: PathBuf::from("/nowhere/at/all"),
            args: Vec::new(),
            environment: Vec::new(),
        };
        let why = missing.tools(LONGEST).err().unwrap_or_default();
        assert!(why.starts_with("does not start"), "{why}");
    }
}

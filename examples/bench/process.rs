//! The binary as a client starts it: over stdio, with a stand-in on loopback in place of Linear.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use linear_ops::sandbox::Size;
use serde_json::{Value, json};

use crate::figures::Rounds;
use crate::session::SandboxThread;
use crate::session::millis;
use crate::stats::{Spread, count_tokens};
use crate::{Failure, memory};

/// The figures of the server as a process. Times are in milliseconds.
pub struct Process {
    /// The time from its start to the answer to `initialize`.
    pub initialized: Spread,
    /// The time from its start to the list of tools.
    pub tools_listed: Spread,
    /// The time of a tool call that returns a team from the session cache.
    pub cached_lookup: Spread,
    /// The memory after a smaller and after a larger number of operations.
    pub memory: [Memory; 2],
    /// The size of the binary in bytes.
    pub size: u64,
    /// The tokens of the list of all tools.
    pub all_tools: usize,
    /// The tokens of the list of tools with `--tools yaml`.
    pub yaml_tools: usize,
}

/// The memory of a process after a number of operations.
#[derive(Clone, Copy)]
pub struct Memory {
    /// The number of operations.
    pub operations: usize,
    /// The resident memory in bytes; `None` where it cannot be measured.
    pub resident: Option<u64>,
}

/// The tool calls that are repeated for the measurement of memory.
const CALLS: [(&str, &str); 10] = [
    ("get_team", r#"{"team": "Engineering"}"#),
    (
        "get_issue",
        r#"{"issue_id": "PSN-123", "include_comments": true}"#,
    ),
    ("list_labels", r#"{"team": "Engineering"}"#),
    ("list_issues", r#"{"team": "Engineering", "limit": 50}"#),
    ("get_user", r#"{"user": "jane@example.com"}"#),
    (
        "update_issue",
        r#"{"issue_id": "ENG-232", "state": "In Review"}"#,
    ),
    (
        "get_valid_state_id",
        r#"{"team": "Engineering", "state": "todo"}"#,
    ),
    (
        "update_issue",
        r#"{"issue_id": "ENG-232", "state": "In Progress"}"#,
    ),
    ("search_issues", r#"{"query": "signing keys"}"#),
    (
        "get_project",
        r#"{"project": "Auth System", "team": "ENG"}"#,
    ),
];

/// Measures the process.
pub fn measure(
    sandboxes: &SandboxThread,
    binary: &Path,
    rounds: &Rounds,
) -> Result<Process, Failure> {
    let (mut initialized, mut tools_listed) = (Vec::new(), Vec::new());
    let sandbox = sandboxes.open(Size::STANDARD, Duration::ZERO)?;
    let url = &sandbox.endpoint.url;
    for _ in 0..rounds.starts {
        let begun = Instant::now();
        let mut server = Server::start(binary, url, "all")?;
        initialized.push(millis(begun.elapsed()));
        server.ask("tools/list", &json!({}))?;
        tools_listed.push(millis(begun.elapsed()));
    }
    Ok(Process {
        initialized: Spread::of(initialized),
        tools_listed: Spread::of(tools_listed),
        cached_lookup: cached_lookup(binary, url, rounds.look_ups)?,
        memory: memory(binary, url, rounds.operations)?,
        size: fs::metadata(binary)?.len(),
        all_tools: tool_tokens(binary, url, "all")?,
        yaml_tools: tool_tokens(binary, url, "yaml")?,
    })
}

/// Measures the tool call that returns a cached team.
fn cached_lookup(binary: &Path, url: &str, rounds: usize) -> Result<Spread, Failure> {
    let mut server = Server::start(binary, url, "all")?;
    let team = json!({"team": "Engineering"});
    server.call("get_team", &team)?;
    let mut times = Vec::new();
    for _ in 0..rounds {
        let begun = Instant::now();
        server.call("get_team", &team)?;
        times.push(millis(begun.elapsed()));
    }
    Ok(Spread::of(times))
}

/// Returns the memory of one process after each of these numbers of operations, which rise.
fn memory(binary: &Path, url: &str, counts: [usize; 2]) -> Result<[Memory; 2], Failure> {
    let mut server = Server::start(binary, url, "all")?;
    let mut calls = Vec::new();
    for (tool, arguments) in CALLS {
        calls.push((tool, serde_json::from_str::<Value>(arguments)?));
    }
    let mut calls = calls.iter().cycle();
    let mut done = 0;
    let mut memory_after = |operations| -> Result<Memory, Failure> {
        for (tool, arguments) in calls.by_ref().take(operations - done) {
            server.call(tool, arguments)?;
        }
        done = operations;
        Ok(Memory {
            operations,
            resident: memory::resident(server.child.id()),
        })
    };
    let [early, late] = counts;
    Ok([memory_after(early)?, memory_after(late)?])
}

/// Returns the number of tokens of the names, descriptions and input schemas of the tools that the server lists.
fn tool_tokens(binary: &Path, url: &str, which: &str) -> Result<usize, Failure> {
    let mut server = Server::start(binary, url, which)?;
    let listed = server.ask("tools/list", &json!({}))?;
    let tools = listed.pointer("/result/tools").and_then(Value::as_array);
    let descriptions = tools.ok_or("no tools were listed")?.iter().map(|tool| {
        let field = |key| tool.get(key).cloned().unwrap_or_default();
        json!({
            "name": field("name"), "description": field("description"), "inputSchema": field("inputSchema"),
        })
    });
    count_tokens(&Value::Array(descriptions.collect()).to_string())
}

/// A running server after `initialize`. The server is ended when this value is dropped.
struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    last_id: u64,
}

impl Server {
    /// Starts the server and waits for the answer to `initialize`. The server does not get the variables of the
    /// environment that configure it.
    fn start(binary: &Path, url: &str, tools: &str) -> Result<Self, Failure> {
        let mut command = Command::new(binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LINEAR_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .args(["--tools", tools])
            .env("LINEAR_API_URL", url)
            .env("LINEAR_API_KEY", "lin_api_sandbox")
            .env("LINEAR_OPS_CACHE", "memory")
            // Keeps the server away from the state of a server that the user runs.
            .env(
                "LINEAR_OPS_STATE_DIR",
                std::env::temp_dir().join("linear-ops-bench"),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()?;
        let input = child.stdin.take().ok_or("the server has no input")?;
        let output = child.stdout.take().ok_or("the server has no output")?;
        let mut server = Self {
            child,
            input,
            output: BufReader::new(output),
            last_id: 0,
        };
        server.ask(
            "initialize",
            &json!({"protocolVersion": "2025-06-18", "capabilities": {},
                    "clientInfo": {"name": "bench", "version": "1"}}),
        )?;
        server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))?;
        Ok(server)
    }

    /// Calls a tool.
    ///
    /// Errors when the call fails.
    fn call(&mut self, tool: &str, arguments: &Value) -> Result<(), Failure> {
        let params = json!({"name": tool, "arguments": arguments});
        let answer = self.ask("tools/call", &params)?;
        let is_error = answer.pointer("/result/isError") == Some(&Value::Bool(true));
        if is_error || answer.get("result").is_none() {
            return Err(format!("{tool} {arguments} was answered {answer}").into());
        }
        Ok(())
    }

    /// Sends a request and waits for its answer.
    fn ask(&mut self, method: &str, params: &Value) -> Result<Value, Failure> {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        let mut line = String::new();
        loop {
            line.clear();
            if self.output.read_line(&mut line)? == 0 {
                return Err(format!("the server ended before it answered {method}").into());
            }
            let message: Value = serde_json::from_str(&line)?;
            if message.get("id").and_then(Value::as_u64) == Some(id) {
                return Ok(message);
            }
        }
    }

    /// Sends a message.
    fn send(&mut self, message: &Value) -> Result<(), Failure> {
        self.input.write_all(format!("{message}\n").as_bytes())?;
        Ok(self.input.flush()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both calls fail where the server has already ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

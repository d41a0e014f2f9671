//! The binary as a client starts it: over stdio, its way to Linear leading to a stand-in on loopback.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use linear_ops::sandbox::Size;
use serde_json::{Value, json};

use crate::figures::Rounds;
use crate::rig::millis;
use crate::stand::Stands;
use crate::stats::Spread;
use crate::{Failure, memory, tokens};

/// The figures of the process. Times are in milliseconds.
pub struct Process {
    /// From its start to the answer to `initialize`.
    pub initialized: Spread,
    /// From its start to the list of tools.
    pub listed: Spread,
    /// A team that the session knows, asked for by a tool call.
    pub lookup_only: Spread,
    /// Its memory after some operations, and after more.
    pub memory: [Memory; 2],
    /// Bytes of the binary.
    pub size: u64,
    /// Tokens of the list of tools, all of them.
    pub all_tools: usize,
    /// Tokens of the list of tools under `--tools yaml`.
    pub yaml_tools: usize,
}

/// The memory of a process that has done so many operations.
#[derive(Clone, Copy)]
pub struct Memory {
    /// How many.
    pub operations: usize,
    /// What of it is resident, in bytes; none where the system does not tell.
    pub resident: Option<u64>,
}

/// Work of every kind, of which the same amount is to be done over and over.
const WORK: [(&str, &str); 10] = [
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
pub fn measure(stands: &Stands, binary: &Path, rounds: &Rounds) -> Result<Process, Failure> {
    let (mut initialized, mut listed) = (Vec::new(), Vec::new());
    let stand = stands.open(Size::STANDARD, Duration::ZERO)?;
    let url = &stand.endpoint.url;
    for _ in 0..rounds.starts {
        let begun = Instant::now();
        let mut server = Server::start(binary, url, "all")?;
        initialized.push(millis(begun.elapsed()));
        server.ask("tools/list", &json!({}))?;
        listed.push(millis(begun.elapsed()));
    }
    Ok(Process {
        initialized: Spread::of(initialized),
        listed: Spread::of(listed),
        lookup_only: lookup_only(binary, url, rounds.look_ups)?,
        memory: memory(binary, url, rounds.operations)?,
        size: fs::metadata(binary)?.len(),
        all_tools: tools(binary, url, "all")?,
        yaml_tools: tools(binary, url, "yaml")?,
    })
}

fn lookup_only(binary: &Path, url: &str, rounds: usize) -> Result<Spread, Failure> {
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

/// The memory of one process after each of these counts of operations, the counts rising.
fn memory(binary: &Path, url: &str, counts: [usize; 2]) -> Result<[Memory; 2], Failure> {
    let mut server = Server::start(binary, url, "all")?;
    let mut work = Vec::new();
    for (tool, arguments) in WORK {
        work.push((tool, serde_json::from_str::<Value>(arguments)?));
    }
    let mut work = work.iter().cycle();
    let mut done = 0;
    let mut after = |operations| -> Result<Memory, Failure> {
        for (tool, arguments) in work.by_ref().take(operations - done) {
            server.call(tool, arguments)?;
        }
        done = operations;
        Ok(Memory {
            operations,
            resident: memory::resident(server.child.id()),
        })
    };
    let [early, late] = counts;
    Ok([after(early)?, after(late)?])
}

/// Tokens of the names, descriptions and input schemas of the listed tools.
fn tools(binary: &Path, url: &str, which: &str) -> Result<usize, Failure> {
    let mut server = Server::start(binary, url, which)?;
    let listed = server.ask("tools/list", &json!({}))?;
    let tools = listed.pointer("/result/tools").and_then(Value::as_array);
    let told = tools.ok_or("no tools were listed")?.iter().map(|tool| {
        let part = |key| tool.get(key).cloned().unwrap_or_default();
        json!({
            "name": part("name"), "description": part("description"), "inputSchema": part("inputSchema"),
        })
    });
    tokens::count(&Value::Array(told.collect()).to_string())
}

/// A running server, initialised. It is ended when this is dropped.
struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    asked: u64,
}

impl Server {
    /// Starts it and waits for the answer to `initialize`. What the environment says of Linear does not reach it.
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
            // Not among the locks of whoever measures.
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
            asked: 0,
        };
        server.ask(
            "initialize",
            &json!({"protocolVersion": "2025-06-18", "capabilities": {},
                    "clientInfo": {"name": "bench", "version": "1"}}),
        )?;
        server.tell(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))?;
        Ok(server)
    }

    /// Calls a tool, which has to succeed.
    fn call(&mut self, tool: &str, arguments: &Value) -> Result<(), Failure> {
        let params = json!({"name": tool, "arguments": arguments});
        let answer = self.ask("tools/call", &params)?;
        let failed = answer.pointer("/result/isError") == Some(&Value::Bool(true));
        if failed || answer.get("result").is_none() {
            return Err(format!("{tool} {arguments} was answered {answer}").into());
        }
        Ok(())
    }

    /// Sends a request and waits for its answer.
    fn ask(&mut self, method: &str, params: &Value) -> Result<Value, Failure> {
        self.asked += 1;
        let id = self.asked;
        self.tell(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
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

    fn tell(&mut self, message: &Value) -> Result<(), Failure> {
        self.input.write_all(format!("{message}\n").as_bytes())?;
        Ok(self.input.flush()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

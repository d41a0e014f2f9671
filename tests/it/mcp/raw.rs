//! A raw client of the binary, for what no well-behaved client does: lines in, lines out, signals.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use linear_ops::sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use wiremock::MockServer;

use crate::support::{self, binary};

/// Far above what anything takes. A test that waits this long has failed.
pub const LONG: Duration = Duration::from_secs(60);

/// Returns the command that runs the binary with these arguments, in an environment that has only these variables.
pub fn command(args: &[&str], vars: &[(&str, &str)]) -> Command {
    let mut command = Command::from(binary::command());
    command
        .args(args)
        .envs(vars.iter().copied())
        .kill_on_drop(true);
    command
}

/// A running server whose standard streams are pipes.
pub struct Server {
    pub child: Child,
    pub input: Option<ChildStdin>,
    output: Option<Lines<BufReader<ChildStdout>>>,
    errors: BufReader<ChildStderr>,
}

impl Server {
    /// Starts the server over its own stand-in.
    pub fn sandboxed() -> Self {
        Self::start(command(&["--sandbox"], &[]))
    }

    /// Starts a server that uses this stand-in, which the test can script, and performs the handshake. The server sends no
    /// prefetch. Returns the server, and the HTTP server in front of the stand-in, which must live as long as the server.
    pub async fn with_sandbox(sandbox: &Sandbox, key: &str, log: &str) -> (Self, MockServer) {
        let linear = support::serve(sandbox).await;
        let server = Self::at(&format!("{}/graphql", linear.uri()), key, log).await;
        (server, linear)
    }

    /// Starts a server that uses this URL and key and logs these events, and performs the handshake. The server sends no
    /// prefetch.
    pub async fn at(url: &str, key: &str, log: &str) -> Self {
        let vars = [
            ("LINEAR_API_URL", url),
            ("LINEAR_API_KEY", key),
            ("LINEAR_OPS_LOG", log),
            ("LINEAR_OPS_PREFETCH", "off"),
        ];
        let mut server = Self::start(command(&[], &vars));
        server.initialize().await;
        server
    }

    /// Starts the server without the handshake.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take(),
            output: child
                .stdout
                .take()
                .map(|output| BufReader::new(output).lines()),
            errors: BufReader::new(child.stderr.take().unwrap()),
            child,
        }
    }

    /// Performs the handshake of the protocol.
    pub async fn initialize(&mut self) {
        self.send(&initialize()).await;
        let answer = self.next().await.unwrap();
        assert_eq!(
            answer["result"]["serverInfo"]["name"], "linear-ops",
            "{answer}"
        );
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        self.send(&initialized).await;
    }

    pub async fn send(&mut self, message: &Value) {
        self.write(format!("{message}\n").as_bytes()).await;
    }

    pub async fn call(&mut self, id: u64, tool: &str, arguments: Value) {
        self.send(&json!({
            "jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": {"name": tool, "arguments": arguments},
        }))
        .await;
    }

    pub async fn ping(&mut self, id: u64) {
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": "ping"}))
            .await;
    }

    pub async fn write(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).await.unwrap();
        input.flush().await.unwrap();
    }

    /// Returns the next message, which has to be a JSON-RPC message, or `None` at the end of the output.
    pub async fn next(&mut self) -> Option<Value> {
        let line = tokio::time::timeout(LONG, self.output.as_mut()?.next_line()).await;
        let message: Value = serde_json::from_str(&line.unwrap().unwrap()?).unwrap();
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        Some(message)
    }

    /// Returns the messages of the next line, which has to be a list.
    pub async fn batch(&mut self) -> Vec<Value> {
        let line = tokio::time::timeout(LONG, self.output.as_mut().unwrap().next_line()).await;
        serde_json::from_str(&line.unwrap().unwrap().unwrap()).unwrap()
    }

    /// Returns the answer with this id, and skips the messages before it.
    pub async fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.next().await.unwrap();
            if message["id"] == id {
                return message;
            }
        }
    }

    /// Waits for a line on standard error that contains this text.
    pub async fn logged(&mut self, part: &str) {
        let mut line = String::new();
        while !line.contains(part) {
            line.clear();
            let read = self.errors.read_line(&mut line);
            let read = tokio::time::timeout(LONG, read).await;
            assert_ne!(read.unwrap().unwrap(), 0, "the log ended without {part}");
        }
    }

    /// Takes the reader of standard output, as a client does that closes it.
    pub fn output(&mut self) -> Option<Lines<BufReader<ChildStdout>>> {
        self.output.take()
    }

    /// Sends a signal, by its name without SIG.
    pub async fn signal(&self, name: &str) {
        signal(&self.child, name).await;
    }

    /// Waits for the server to exit, and returns its status and what it wrote to standard output and standard error
    /// until then.
    pub async fn end(mut self) -> (ExitStatus, Vec<Value>, String) {
        let mut rest = Vec::new();
        while let Some(message) = self.next().await {
            rest.push(message);
        }
        let mut errors = String::new();
        let read = self.errors.read_to_string(&mut errors);
        tokio::time::timeout(LONG, read).await.unwrap().unwrap();
        (ended(&mut self.child).await, rest, errors)
    }
}

pub fn initialize() -> Value {
    json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    })
}

/// Waits for a process to end.
pub async fn ended(child: &mut Child) -> ExitStatus {
    tokio::time::timeout(LONG, child.wait())
        .await
        .unwrap()
        .unwrap()
}

pub async fn signal(child: &Child, name: &str) {
    let kill = format!("kill -{name} {}", child.id().unwrap());
    let sent = Command::new("sh").args(["-c", &kill]).status().await;
    assert!(sent.unwrap().success());
}

/// Returns the envelope in the answer of a tool.
pub fn envelope(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap()
}

//! What it costs to keep a plan of 20 kB up to date: with patches (`examples/sessions/ccpm_day.yaml`), and as CCPM does it,
//! by reading the description and writing all of it anew (`examples/sessions/ccpm_day_rewrites.yaml`).
//!
//! The figures are a table in `examples/MIGRATION.md`. `UPDATE_DOCS=1 cargo test --test it -- readme` writes it, and the
//! session with the rewrites.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use super::check_table;
use crate::budgets::tokens::{tokens, typical};
use crate::mcp::ccpm_session::requests;
use crate::support::TestWorkspace;

/// The parameters that change a part of a description.
const PARTS: [&str; 4] = ["patch", "append", "prepend", "replace_section"];

/// What a caller sends and reads.
#[derive(Debug, Default)]
struct Cost {
    calls: usize,
    requests: u64,
    sent: usize,
    received: usize,
    tokens_sent: usize,
    tokens_received: usize,
}

impl Cost {
    /// Runs a request, which has to succeed without warnings, and adds what it costs.
    async fn run(&mut self, workspace: &TestWorkspace, request: &str) {
        let envelope = workspace.run(request).await;
        let value = envelope.to_value();
        assert_eq!(value["success"], true, "{request}\n{value:#}");
        assert_eq!(value.get("warnings"), None, "{request}\n{value:#}");
        let answer = typical(envelope);
        self.calls += 1;
        self.requests += value["metadata"]["mcp_calls"].as_u64().unwrap();
        self.sent += request.len();
        self.received += answer.len();
        self.tokens_sent += tokens(request);
        self.tokens_received += tokens(&answer);
    }

    fn row(&self, name: &str) -> String {
        format!(
            "| {name} | {} | {} | {} | {} | {} | {} |\n",
            self.calls,
            self.requests,
            self.sent,
            self.received,
            self.tokens_sent,
            self.tokens_received
        )
    }
}

/// The parameters of a request, and whether they change a part of a description.
fn params(request: &str) -> (Map<String, Value>, bool) {
    let read: Value = serde_yaml::from_str(request).unwrap();
    let params = read.get("params").and_then(Value::as_object).cloned();
    let params = params.unwrap_or_default();
    let changes_part = PARTS.iter().any(|part| params.contains_key(*part));
    (params, changes_part)
}

/// The requests that leave this description by writing it whole, in place of a request that changes a part of it.
fn rewriting(request: &str, description: &str) -> [String; 2] {
    let (mut params, _) = params(request);
    params.retain(|name, _| !PARTS.contains(&name.as_str()));
    let context = request.lines().last().unwrap();
    let operation = request
        .lines()
        .find(|line| line.starts_with("operation: "))
        .unwrap();
    let read = format!(
        "operation: get_issue\nparams: {{issueId: {}}}\n{context}",
        params["issueId"].as_str().unwrap()
    );
    let mut write = format!("{operation}\nparams:\n");
    for (name, value) in params {
        writeln!(write, "  {name}: {value}").unwrap();
    }
    write.push_str("  description: |\n");
    for line in description.lines() {
        writeln!(write, "{}", format!("    {line}").trim_end()).unwrap();
    }
    write.push_str(context);
    [read, write]
}

fn description(workspace: &TestWorkspace, identifier: &str) -> String {
    let id = workspace.id("Issue", "identifier", identifier);
    workspace.stored("Issue", &id, "description").unwrap()
}

#[tokio::test]
async fn a_patch_costs_a_fraction_of_a_rewrite() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sessions");
    let day = fs::read_to_string(folder.join("ccpm_day.yaml")).unwrap();
    let (workspace, other) = (TestWorkspace::new().await, TestWorkspace::new().await);
    let [mut patched, mut rewritten, mut rest] = [(); 3].map(|()| Cost::default());
    let mut session = "# ccpm_day.yaml, but descriptions are read and written whole, as CCPM does, and not patched. Made by\n\
        # UPDATE_DOCS=1 cargo test --test it -- readme\n"
        .to_owned();
    for request in requests(&day) {
        let (params, changes_part) = params(request);
        let requests = if changes_part {
            patched.run(&workspace, request).await;
            let issue = params["issueId"].as_str().unwrap();
            let description = description(&workspace, issue);
            assert!((19_000..22_000).contains(&description.len()));
            let requests = rewriting(request, &description);
            for request in &requests {
                rewritten.run(&other, request).await;
            }
            requests.join("\n---\n")
        } else {
            // How long the figures of a session are is a matter of its durations.
            let is_timed = request.contains("operation: cache_status");
            let mut uncounted = Cost::default();
            let cost = if is_timed { &mut uncounted } else { &mut rest };
            cost.run(&workspace, request).await;
            Cost::default().run(&other, request).await;
            request.to_owned()
        };
        write!(session, "---\n{requests}\n").unwrap();
    }
    let issue = "ENG-236";
    assert_eq!(description(&workspace, issue), description(&other, issue));
    let path = folder.join("ccpm_day_rewrites.yaml");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &session).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap();
    assert!(stored == session, "{} is not up to date", path.display());

    let mut table =
        "| | calls | requests to Linear | bytes sent | bytes read | tokens sent | tokens read |\n\
        |---|---|---|---|---|---|---|\n"
            .to_owned();
    table += &patched.row("changes of the plan, patched");
    table += &rewritten.row("the same, rewritten");
    table += &rest.row("all else of the day");
    check_table("examples/MIGRATION.md", "rewrites", &table);
    // A change of one section is one call of two requests, whatever the size of the text.
    assert_eq!(patched.requests, 2 * patched.calls as u64);
    assert!(patched.tokens_sent < 120 * patched.calls, "{table}");
    assert!(rewritten.tokens_sent > 20 * patched.tokens_sent, "{table}");
}

//! A long run of the real binary: many concurrent operations with random faults. Each answer is compared with the
//! records in the workspace.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt as _};
use linear_ops::sandbox::store::text;
use linear_ops::sandbox::{Sandbox, http};
use rmcp::ServiceExt as _;
use rmcp::model::{CallToolRequestParams, JsonObject};
use rmcp::service::{Peer, RoleClient};
use rmcp::transport::TokioChildProcess;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;

use crate::table::{Table, ms};
use crate::{Failure, faults, memory};

/// The parameters of the run.
pub struct Plan {
    /// The number of operations.
    pub operations: usize,
    /// The percentage of operations with a fault.
    pub faults: u8,
    /// The seed of the random numbers.
    pub seed: u64,
}

/// The number of concurrent operations.
const CONCURRENCY: usize = 8;

/// The results of the run.
#[derive(Default)]
pub struct Run {
    operations: usize,
    faults: usize,
    /// The number of answers by the outcome that they state.
    outcomes: BTreeMap<&'static str, usize>,
    took: Duration,
    slowest: Duration,
    memory: [Option<u64>; 2],
    /// A description of each answer that was untrue.
    pub errors: Vec<String>,
}

/// A generator of pseudo-random numbers (xorshift), which are the same for the same seed.
struct Random(u64);

impl Random {
    /// Returns a number below the `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) % limit.max(1)
    }
}

/// One operation, and the record that it creates.
struct Step {
    yaml: String,
    creates: Option<CreatedRecord>,
}

/// A record that an operation creates: its type, the field that identifies it, and the value of that field.
struct CreatedRecord {
    kind: &'static str,
    field: &'static str,
    value: String,
}

/// Returns the operation with this number, from a mixture of reads and writes.
fn step(number: usize) -> Step {
    let (yaml, creates) = match number % 10 {
        0 | 1 => {
            let title = format!("Soak {number}");
            let label = format!("soak-{}", number % 50);
            (
                format!(
                    "operation: create_issue\nparams: {{team: Engineering, title: {title}, labels: [{label}], \
                     links: [{{url: 'https://soak.example/{number}', title: Spec}}]}}"
                ),
                Some(("Issue", "title", title)),
            )
        }
        2 | 3 => {
            let body = format!("Soak {number}");
            (
                format!("operation: create_comment\nparams: {{issue_id: ENG-231, body: {body}}}"),
                Some(("Comment", "body", body)),
            )
        }
        4 => {
            let name = format!("soak-own-{number}");
            (
                format!("operation: get_or_create_label\nparams: {{team: ENG, name: {name}}}"),
                Some(("IssueLabel", "name", name)),
            )
        }
        5 => {
            let url = format!("https://soak.example/{number}");
            (
                format!(
                    "operation: link_url\nparams: {{issue_id: ENG-231, url: '{url}', title: Soak}}"
                ),
                Some(("Attachment", "url", url)),
            )
        }
        6 => (
            format!(
                "operation: update_issue\nparams: {{issue_id: ENG-232, priority: {}}}",
                number % 5
            ),
            None,
        ),
        7 => (
            "operation: list_issues\nparams: {team: ENG, limit: 20}".to_owned(),
            None,
        ),
        8 => (
            "operation: get_issue\nparams: {issue_id: ENG-231}".to_owned(),
            None,
        ),
        _ => (
            "operation: get_valid_state_id\nparams: {team: ENG, state: done}".to_owned(),
            None,
        ),
    };
    Step {
        yaml,
        creates: creates.map(|(kind, field, value)| CreatedRecord { kind, field, value }),
    }
}

/// Starts the binary as a client does, with a stand-in that this process serves, and runs the plan.
pub async fn run(binary: &Path, plan: &Plan) -> Result<Run, Failure> {
    let sandbox = Sandbox::new();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/graphql", listener.local_addr()?);
    let stop = CancellationToken::new();
    tokio::spawn(http::serve(
        sandbox.clone(),
        listener,
        stop.clone().cancelled_owned(),
    ));
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LINEAR_") {
            command.env_remove(name);
        }
    }
    command
        .args(["--tools", "yaml"])
        .env("LINEAR_API_URL", url)
        .env("LINEAR_API_KEY", "lin_api_sandbox")
        .env("LINEAR_OPS_CACHE", "memory")
        .env("LINEAR_OPS_LOG", "error");
    let process = TokioChildProcess::new(command)?;
    let id = process.id();
    let client = ().serve(process).await?;
    let mut run = Run {
        operations: plan.operations,
        ..Run::default()
    };
    let begun = Instant::now();
    let tenth = plan.operations.div_ceil(10);
    let mut random = Random(
        plan.seed
            .wrapping_add(1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15),
    );
    for (first, last) in [(0, tenth), (tenth, plan.operations)] {
        let peer = client.peer();
        let (sandbox, random, faults) = (&sandbox, &mut random, &mut run.faults);
        let calls = stream::iter(first..last).map(|number| {
            if random.below(100) < u64::from(plan.faults) {
                *faults += 1;
                let acts: Vec<_> = faults::of_requests()
                    .into_iter()
                    .chain(faults::of_mutations())
                    .collect();
                let index = usize::try_from(random.below(acts.len() as u64)).unwrap_or_default();
                if let Some((_, act)) = acts.into_iter().nth(index) {
                    sandbox.script().next(act);
                }
            }
            let step = step(number);
            async move {
                let begun = Instant::now();
                let answer = call(peer, &step.yaml).await;
                (step, answer, begun.elapsed())
            }
        });
        let answers: Vec<_> = calls.buffer_unordered(CONCURRENCY).collect().await;
        for (step, answer, took) in answers {
            run.slowest = run.slowest.max(took);
            run.judge(sandbox, &step, answer);
        }
        let index = usize::from(first > 0);
        if let Some(memory) = run.memory.get_mut(index) {
            *memory = id.and_then(memory::resident);
        }
    }
    run.took = begun.elapsed();
    client.cancel().await?;
    stop.cancel();
    Ok(run)
}

/// Sends a request to the server, and returns the text of its answer.
async fn call(peer: &Peer<RoleClient>, yaml: &str) -> Result<String, String> {
    let mut arguments = JsonObject::new();
    arguments.insert("request".to_owned(), Value::from(yaml));
    let params = CallToolRequestParams::new("linear").with_arguments(arguments);
    let result = tokio::time::timeout(TIME_LIMIT, peer.call_tool(params)).await;
    let answer = result
        .map_err(|_| "it was not answered".to_owned())?
        .map_err(|error| error.to_string())?;
    let text = answer.content.first().and_then(|content| content.as_text());
    Ok(text.map(|text| text.text.clone()).unwrap_or_default())
}

/// The time after which a call counts as not answered.
const TIME_LIMIT: Duration = Duration::from_secs(60);

impl Run {
    /// Counts the outcome that the answer states, and compares it with the workspace.
    fn judge(&mut self, sandbox: &Sandbox, step: &Step, answer: Result<String, String>) {
        let yaml = &step.yaml;
        let answer = match answer {
            Ok(answer) => answer,
            Err(reason) => {
                self.errors.push(format!("{yaml}: {reason}"));
                return;
            }
        };
        let outcome = if answer.starts_with("success: true") {
            "done"
        } else if answer.contains("OUTCOME_UNKNOWN") {
            "unknown"
        } else {
            "failed"
        };
        *self.outcomes.entry(outcome).or_default() += 1;
        let Some(record) = &step.creates else {
            return;
        };
        let mut count = 0;
        sandbox.edit(|store| {
            let records = store.all(record.kind);
            count = records
                .filter(|stored| text(stored, record.field) == Some(&record.value))
                .count();
        });
        let is_true = match outcome {
            "done" => count == 1,
            "failed" => count == 0,
            _ => count <= 1,
        };
        if !is_true {
            self.errors.push(format!(
                "{yaml}: there are {count}, and it was answered\n{answer}"
            ));
        }
    }

    /// Returns the table of the results, with an introduction.
    pub fn report(&self) -> String {
        let count = |outcome: &str| {
            self.outcomes
                .get(outcome)
                .copied()
                .unwrap_or_default()
                .to_string()
        };
        let memory = |bytes: Option<u64>| {
            bytes.map_or_else(
                || "not measured".to_owned(),
                |bytes| format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
            )
        };
        let mut table = Table::new(&["figure", " value"]);
        let [early, late] = self.memory;
        for (figure, value) in [
            ("operations", self.operations.to_string()),
            ("faults put in", self.faults.to_string()),
            ("told as done", count("done")),
            ("told as failed", count("failed")),
            ("told as unknown", count("unknown")),
            (
                "untrue, lost, done twice or not answered",
                self.errors.len().to_string(),
            ),
            (
                "slowest answer",
                format!("{} ms", ms(self.slowest.as_secs_f64() * 1000.0)),
            ),
            ("memory (RSS) after a tenth of them", memory(early)),
            ("memory (RSS) after all of them", memory(late)),
            ("all of it", format!("{} s", self.took.as_secs())),
        ] {
            table.row([figure.to_owned(), value]);
        }
        format!(
            "## A long run\n\n\
             Creates with labels and links, comments, labels, links, updates and reads, {CONCURRENCY} at once, through the \
             binary over its standard\ninput and output. A fault meets whatever request comes next. Each thing that was \
             asked for is counted in the workspace.\n\n{}",
            table.text()
        )
    }
}

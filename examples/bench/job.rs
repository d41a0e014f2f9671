//! The job at which other servers were measured, too: an issue is created by names, read, moved to another state and
//! commented on; fifty issues are listed, and twenty are found by a search.

use std::time::Duration;

use linear_ops::sandbox::Size;
use serde_json::Value;

use crate::Failure;
use crate::session::SandboxThread;
use crate::session::{MeasuredSession, Sample};
use crate::stats::count_tokens;

/// The request that creates an issue by the names of its team, state, labels, assignee and project.
pub const CREATE: &str = "operation: create_issue
params:
  team: Engineering
  title: Rotate the signing keys
  description: Keys older than ninety days are to be replaced, and the old ones kept for a week.
  state: In Progress
  labels: [planning, backend]
  assignee: john@example.com
  project: Auth System
";

/// A workspace with enough issues for a list of fifty, and with people and projects on them.
const SIZE: Size = Size {
    users: 25,
    projects: 25,
    issues: 120,
    ..Size::STANDARD
};

/// The figures of the job, step by step.
pub struct Job {
    /// An issue is created by names.
    pub create: Step,
    /// The issue is read.
    pub read: Step,
    /// The issue is moved to another state.
    pub change_state: Step,
    /// The issue is commented on.
    pub comment: Step,
    /// Fifty issues are listed.
    pub list: Step,
    /// The same list as a table.
    pub list_table: Step,
    /// Twenty issues are searched for.
    pub search: Step,
    /// The same list as a table.
    pub search_table: Step,
}

impl Job {
    /// Returns the steps in their order, each with its name.
    pub fn steps(&self) -> [(&'static str, &Step); 8] {
        [
            ("create by names", &self.create),
            ("read it", &self.read),
            ("move it", &self.change_state),
            ("comment", &self.comment),
            ("list 50", &self.list),
            ("list 50, as a table", &self.list_table),
            ("search 20", &self.search),
            ("search 20, as a table", &self.search_table),
        ]
    }
}

/// The figures of one step of the job.
pub struct Step {
    /// The cost in a new session.
    pub cold: StepCost,
    /// The cost when the job is repeated in the same session.
    pub warm: StepCost,
    /// The tokens of the request.
    pub request_tokens: usize,
    /// The tokens of the answer.
    pub answer_tokens: usize,
}

/// The cost of a step.
pub struct StepCost {
    /// The number of requests to Linear.
    pub requests: usize,
    /// The time in milliseconds.
    pub ms: f64,
}

/// The request of a step, and its measurement.
type StepRun = (String, Sample);

/// Does the job twice in one session, with that latency of each request.
pub async fn measure(sandboxes: &SandboxThread, latency: Duration) -> Result<Job, Failure> {
    let session = MeasuredSession::without_twin(sandboxes, SIZE, latency)?;
    let cold = run_steps(&session).await?;
    let warm = run_steps(&session).await?;
    let mut steps = cold.iter().zip(&warm);
    let cost = |sample: &Sample| StepCost {
        requests: sample.requests,
        ms: sample.took,
    };
    let mut next = || -> Result<Step, Failure> {
        let ((request, cold), (_, warm)) = steps.next().ok_or("the job ended early")?;
        Ok(Step {
            request_tokens: count_tokens(request)?,
            answer_tokens: count_tokens(&cold.answer)?,
            cold: cost(cold),
            warm: cost(warm),
        })
    };
    Ok(Job {
        create: next()?,
        read: next()?,
        change_state: next()?,
        comment: next()?,
        list: next()?,
        list_table: next()?,
        search: next()?,
        search_table: next()?,
    })
}

/// Does the job once, and returns its steps in the order of [`Job::steps`].
async fn run_steps(session: &MeasuredSession) -> Result<Vec<StepRun>, Failure> {
    let created = session.run(CREATE).await?;
    let issue = identifier(&created.answer)?;
    let mut steps = vec![(CREATE.to_owned(), created)];
    for (operation, params) in [
        ("get_issue", format!("issue_id: {issue}")),
        (
            "update_issue",
            format!("issue_id: {issue}, state: In Review"),
        ),
        (
            "create_comment",
            format!("issue_id: {issue}, body: The new keys are in place."),
        ),
        ("list_issues", LIST.to_owned()),
        ("list_issues", format!("{LIST}, format: table")),
        ("search_issues", SEARCH.to_owned()),
        ("search_issues", format!("{SEARCH}, format: table")),
    ] {
        let request = format!("operation: {operation}\nparams: {{{params}}}\n");
        let sample = session.run(&request).await?;
        steps.push((request, sample));
    }
    Ok(steps)
}

const LIST: &str = "team: Engineering, limit: 50";
const SEARCH: &str = "query: piece of work, limit: 20";

/// Returns the identifier of the issue in an answer.
fn identifier(answer: &str) -> Result<String, Failure> {
    let answer: Value = serde_yaml::from_str(answer)?;
    let identifier = answer.pointer("/data/identifier").and_then(Value::as_str);
    Ok(identifier.ok_or("the answer names no issue")?.to_owned())
}

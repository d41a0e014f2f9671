//! The job that other servers were measured at: an issue is created by names, read, moved and commented; fifty are
//! listed, twenty searched for.

use std::time::Duration;

use linear_ops::sandbox::Size;
use serde_json::Value;

use crate::rig::{Rig, Sample};
use crate::stand::Stands;
use crate::{Failure, tokens};

/// An issue created by names: team, state, two labels, assignee, project.
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

/// Enough issues for a list of fifty, with people and projects on them.
const SIZE: Size = Size {
    users: 25,
    projects: 25,
    issues: 120,
    ..Size::STANDARD
};

/// One step of the job.
pub struct Step {
    /// What is done.
    pub name: &'static str,
    /// In a new session.
    pub cold: Done,
    /// When the job is done once more in the same session.
    pub warm: Done,
    /// Tokens of the request.
    pub asked: usize,
    /// Tokens of the answer.
    pub answered: usize,
}

/// What a step took.
pub struct Done {
    /// Requests to Linear.
    pub requests: usize,
    /// Milliseconds.
    pub ms: f64,
}

/// Does the job twice in one session, every request taking so long on its way.
pub async fn measure(stands: &Stands, latency: Duration) -> Result<Vec<Step>, Failure> {
    let rig = Rig::alone(stands, SIZE, latency)?;
    let cold = steps(&rig).await?;
    let warm = steps(&rig).await?;
    cold.into_iter()
        .zip(warm)
        .map(|((name, request, cold), (_, _, warm))| {
            Ok(Step {
                name,
                asked: tokens::count(&request)?,
                answered: tokens::count(&cold.answer)?,
                cold: done(&cold),
                warm: done(&warm),
            })
        })
        .collect()
}

fn done(sample: &Sample) -> Done {
    Done {
        requests: sample.requests,
        ms: sample.took,
    }
}

/// The steps as they went: what is done, the request, the outcome.
async fn steps(rig: &Rig) -> Result<Vec<(&'static str, String, Sample)>, Failure> {
    let created = rig.run(CREATE).await?;
    let issue = identifier(&created.answer)?;
    let mut steps = vec![("create by names", CREATE.to_owned(), created)];
    for (name, request) in [
        (
            "read it",
            format!("operation: get_issue\nparams: {{issue_id: {issue}}}\n"),
        ),
        (
            "move it",
            format!("operation: update_issue\nparams: {{issue_id: {issue}, state: In Review}}\n"),
        ),
        (
            "comment",
            format!(
                "operation: create_comment\nparams: {{issue_id: {issue}, body: The new keys are in place.}}\n"
            ),
        ),
        (
            "list 50",
            "operation: list_issues\nparams: {team: Engineering, limit: 50}\n".to_owned(),
        ),
        (
            "list 50, as a table",
            "operation: list_issues\nparams: {team: Engineering, limit: 50, format: table}\n"
                .to_owned(),
        ),
        (
            "search 20",
            "operation: search_issues\nparams: {query: piece of work, limit: 20}\n".to_owned(),
        ),
        (
            "search 20, as a table",
            "operation: search_issues\nparams: {query: piece of work, limit: 20, format: table}\n"
                .to_owned(),
        ),
    ] {
        let sample = rig.run(&request).await?;
        steps.push((name, request, sample));
    }
    Ok(steps)
}

/// The identifier of the issue that an answer tells of.
fn identifier(answer: &str) -> Result<String, Failure> {
    let answer: Value = serde_yaml::from_str(answer)?;
    let identifier = answer.pointer("/data/identifier").and_then(Value::as_str);
    Ok(identifier.ok_or("the answer names no issue")?.to_owned())
}

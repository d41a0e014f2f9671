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

/// The job, step by step.
pub struct Job {
    /// An issue is created by names.
    pub create: Step,
    /// It is read.
    pub read: Step,
    /// It is moved to another state.
    pub move_on: Step,
    /// It is commented on.
    pub comment: Step,
    /// Fifty issues are listed.
    pub list: Step,
    /// The same as a table.
    pub list_table: Step,
    /// Twenty issues are searched for.
    pub search: Step,
    /// The same as a table.
    pub search_table: Step,
}

impl Job {
    /// The steps in their order, each with what it is called.
    pub fn steps(&self) -> [(&'static str, &Step); 8] {
        [
            ("create by names", &self.create),
            ("read it", &self.read),
            ("move it", &self.move_on),
            ("comment", &self.comment),
            ("list 50", &self.list),
            ("list 50, as a table", &self.list_table),
            ("search 20", &self.search),
            ("search 20, as a table", &self.search_table),
        ]
    }
}

/// One step of the job.
pub struct Step {
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

/// A step's request, and how it went.
type Went = (String, Sample);

/// Does the job twice in one session, every request taking so long on its way.
pub async fn measure(stands: &Stands, latency: Duration) -> Result<Job, Failure> {
    let rig = Rig::alone(stands, SIZE, latency)?;
    let cold = once(&rig).await?;
    let warm = once(&rig).await?;
    let mut steps = cold.iter().zip(&warm);
    let mut next = || -> Result<Step, Failure> {
        let ((request, cold), (_, warm)) = steps.next().ok_or("the job ended early")?;
        Ok(Step {
            asked: tokens::count(request)?,
            answered: tokens::count(&cold.answer)?,
            cold: done(cold),
            warm: done(warm),
        })
    };
    Ok(Job {
        create: next()?,
        read: next()?,
        move_on: next()?,
        comment: next()?,
        list: next()?,
        list_table: next()?,
        search: next()?,
        search_table: next()?,
    })
}

fn done(sample: &Sample) -> Done {
    Done {
        requests: sample.requests,
        ms: sample.took,
    }
}

/// The steps as they went, in the order of [`Job::steps`].
async fn once(rig: &Rig) -> Result<Vec<Went>, Failure> {
    let created = rig.run(CREATE).await?;
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
        let sample = rig.run(&request).await?;
        steps.push((request, sample));
    }
    Ok(steps)
}

const LIST: &str = "team: Engineering, limit: 50";
const SEARCH: &str = "query: piece of work, limit: 20";

/// The identifier of the issue that an answer tells of.
fn identifier(answer: &str) -> Result<String, Failure> {
    let answer: Value = serde_yaml::from_str(answer)?;
    let identifier = answer.pointer("/data/identifier").and_then(Value::as_str);
    Ok(identifier.ok_or("the answer names no issue")?.to_owned())
}

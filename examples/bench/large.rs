//! The same requests in a workspace that is ten times as large.

use std::time::Duration;

use linear_ops::sandbox::Size;

use crate::Failure;
use crate::job::CREATE;
use crate::session::SandboxThread;
use crate::session::{MeasuredSession, Sample};
use crate::stats::Spread;

/// How many times the large workspace is as large as the standard one.
pub const FACTOR: usize = 10;

/// The requests that are measured in both workspaces, each with its name.
const REQUESTS: [(&str, &str); 5] = [
    ("create by names", CREATE),
    ("list 50", "operation: list_issues\nparams: {limit: 50}\n"),
    (
        "a team",
        "operation: get_team\nparams: {team: Engineering}\n",
    ),
    (
        "a user by e-mail",
        "operation: get_user\nparams: {user: jane@example.com}\n",
    ),
    (
        "a team's labels",
        "operation: list_labels\nparams: {team: Engineering}\n",
    ),
];

/// The figures of one request in both workspaces.
pub struct Row {
    /// The name of the request.
    pub name: &'static str,
    /// The cost in the standard workspace.
    pub standard: Cost,
    /// The cost in the large workspace.
    pub large: Cost,
}

/// The cost of a request in one workspace.
pub struct Cost {
    /// The number of requests to Linear, in a new session and when repeated in the same session.
    pub requests: [usize; 2],
    /// The bytes received from Linear in a new session.
    pub received: usize,
    /// The median of the own time in milliseconds, in a new session and when repeated in the same session.
    pub own: [f64; 2],
}

/// Measures each request `rounds` times in both workspaces.
pub async fn measure(sandboxes: &SandboxThread, rounds: usize) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for (name, request) in REQUESTS {
        rows.push(Row {
            name,
            standard: cost(sandboxes, request, Size::STANDARD, rounds).await?,
            large: cost(sandboxes, request, Size::STANDARD.times(FACTOR), rounds).await?,
        });
    }
    Ok(rows)
}

/// Measures one request in new sessions over workspaces of that size.
async fn cost(
    sandboxes: &SandboxThread,
    request: &str,
    size: Size,
    rounds: usize,
) -> Result<Cost, Failure> {
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(1) {
        let session = MeasuredSession::with_twin(sandboxes, size, Duration::ZERO)?;
        cold.push(session.run(request).await?);
        warm.push(session.run(request).await?);
    }
    let requests =
        [&cold, &warm].map(|samples| samples.first().map_or(0, |sample| sample.requests));
    let own =
        [&cold, &warm].map(|samples| Spread::of(samples.iter().filter_map(Sample::own_time)).p50);
    Ok(Cost {
        requests,
        received: cold.first().map_or(0, |sample| sample.received),
        own,
    })
}

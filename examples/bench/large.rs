//! A workspace ten times as large: how cost grows.

use std::time::Duration;

use linear_ops::sandbox::Size;

use crate::Failure;
use crate::job::CREATE;
use crate::rig::{Rig, Sample};
use crate::stand::Stands;
use crate::stats::Spread;

/// How many times as large.
pub const FACTOR: usize = 10;

/// What is asked of both workspaces, each in a new session and once more.
const ASKED: [(&str, &str); 5] = [
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

/// One request's figures in both workspaces.
pub struct Row {
    /// What is asked.
    pub name: &'static str,
    /// In the standard workspace.
    pub standard: Figures,
    /// In the large one.
    pub large: Figures,
}

/// What a request costs in one workspace.
pub struct Figures {
    /// Requests to Linear, in a new session and once more.
    pub requests: [usize; 2],
    /// Bytes from Linear in a new session.
    pub received: usize,
    /// Milliseconds over the bare requests (the median), in a new session and once more.
    pub own: [f64; 2],
}

/// Asks everything so often in both workspaces.
pub async fn measure(stands: &Stands, rounds: usize) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for (name, request) in ASKED {
        rows.push(Row {
            name,
            standard: figures(stands, request, Size::STANDARD, rounds).await?,
            large: figures(stands, request, Size::STANDARD.times(FACTOR), rounds).await?,
        });
    }
    Ok(rows)
}

async fn figures(
    stands: &Stands,
    request: &str,
    size: Size,
    rounds: usize,
) -> Result<Figures, Failure> {
    let (mut cold, mut warm) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(1) {
        let rig = Rig::twinned(stands, size, Duration::ZERO)?;
        cold.push(rig.run(request).await?);
        warm.push(rig.run(request).await?);
    }
    let requests = [&cold, &warm].map(|samples| samples.first().map_or(0, |one| one.requests));
    let own = [&cold, &warm].map(|samples| Spread::of(samples.iter().filter_map(Sample::own)).p50);
    Ok(Figures {
        requests,
        received: cold.first().map_or(0, |one| one.received),
        own,
    })
}

//! Every operation of the table, measured with its own example in a new session, and once more in the same session.

use std::time::Duration;

use linear_ops::engine::catalog::TABLE;
use linear_ops::operation::Entry;
use linear_ops::sandbox::Size;

use crate::Failure;
use crate::figures::Rounds;
use crate::session::SandboxThread;
use crate::session::{MeasuredSession, Sample};
use crate::stats::Spread;

/// The figures of one operation.
pub struct Row {
    /// The name of the operation.
    pub name: &'static str,
    /// The cost of the first run, in a new session.
    pub cold: Cost,
    /// The cost of the second run: the session has the names in its cache, and the change of the first run is already
    /// made.
    pub warm: Cost,
    /// Whether the second run is refused, because the change is already made.
    pub refused: bool,
}

/// The cost of one run of an operation. Times are in milliseconds.
#[derive(Default)]
pub struct Cost {
    /// The number of requests to Linear.
    pub requests: usize,
    /// The time without latency.
    pub near: Spread,
    /// The own time, which is a part of `near`.
    pub own: Spread,
    /// The time with latency.
    pub far: Spread,
    /// The bytes sent to Linear.
    pub sent: usize,
    /// The bytes received from Linear.
    pub received: usize,
}

/// The first and the second run of each round.
type Pairs = Vec<[Sample; 2]>;

/// Measures all operations.
pub async fn measure(sandboxes: &SandboxThread, rounds: &Rounds) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for entry in TABLE.iter() {
        let near = run_pairs(sandboxes, entry, rounds.near, Duration::ZERO).await?;
        let far = run_pairs(sandboxes, entry, rounds.far, rounds.latency).await?;
        rows.push(Row {
            name: entry.spec.name,
            refused: near.iter().any(|[_, warm]| !warm.success),
            cold: cost(&near, &far, |[cold, _]| cold),
            warm: cost(&near, &far, |[_, warm]| warm),
        });
    }
    Ok(rows)
}

/// Runs the operation twice in a new session, `rounds` times.
async fn run_pairs(
    sandboxes: &SandboxThread,
    entry: &Entry,
    rounds: usize,
    latency: Duration,
) -> Result<Pairs, Failure> {
    let mut pairs = Vec::new();
    for _ in 0..rounds {
        let session = if latency.is_zero() {
            MeasuredSession::with_twin(sandboxes, Size::STANDARD, latency)?
        } else {
            MeasuredSession::without_twin(sandboxes, Size::STANDARD, latency)?
        };
        let cold = session.run(entry.example).await?;
        pairs.push([cold, session.try_run(entry.example).await?]);
    }
    Ok(pairs)
}

/// Returns the cost of the cold or of the warm samples, which `select` picks from each pair.
fn cost(near: &Pairs, far: &Pairs, select: fn(&[Sample; 2]) -> &Sample) -> Cost {
    let Some(first) = near.first().map(select) else {
        return Cost::default();
    };
    Cost {
        requests: first.requests,
        near: Spread::of(near.iter().map(|pair| select(pair).took)),
        own: Spread::of(near.iter().filter_map(|pair| select(pair).own_time())),
        far: Spread::of(far.iter().map(|pair| select(pair).took)),
        sent: first.sent,
        received: first.received,
    }
}

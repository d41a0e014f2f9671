//! Every operation of the table with its own example, in a new session and once more.

use std::time::Duration;

use linear_ops::engine::catalog::TABLE;
use linear_ops::operation::Entry;
use linear_ops::sandbox::Size;

use crate::figures::Rounds;
use crate::rig::{Rig, Sample};
use crate::stand::Stands;
use crate::stats::Spread;
use crate::{Failure, tokens};

/// One operation's figures.
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// Tokens of the request.
    pub asked: usize,
    /// As the first thing a session does.
    pub cold: Cost,
    /// The same once more: names are known, and what was created, set or archived is there already.
    pub warm: Cost,
    /// Whether that is refused, because it is there already.
    pub refused: bool,
}

/// What one operation costs, cold or warm. Times are in milliseconds.
#[derive(Default)]
pub struct Cost {
    /// Requests to Linear.
    pub requests: usize,
    /// Its time where requests take no time on their way.
    pub near: Spread,
    /// Of that, what the bare requests do not account for.
    pub own: Spread,
    /// Its time where every request takes 100 ms.
    pub far: Spread,
    /// Bytes sent to Linear.
    pub sent: usize,
    /// Bytes from Linear.
    pub received: usize,
    /// Tokens of the answer.
    pub answered: usize,
}

/// A cold and a warm sample of each round.
type Pairs = Vec<[Sample; 2]>;

/// Measures all operations.
pub async fn measure(stands: &Stands, rounds: &Rounds) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for entry in TABLE.iter() {
        let near = pairs(stands, entry, rounds.near, Duration::ZERO).await?;
        let far = pairs(stands, entry, rounds.far, rounds.latency).await?;
        rows.push(Row {
            name: entry.spec.name,
            asked: tokens::count(entry.example)?,
            refused: near.iter().any(|[_, warm]| !warm.success),
            cold: cost(&near, &far, |[cold, _]| cold)?,
            warm: cost(&near, &far, |[_, warm]| warm)?,
        });
    }
    Ok(rows)
}

async fn pairs(
    stands: &Stands,
    entry: &Entry,
    rounds: usize,
    latency: Duration,
) -> Result<Pairs, Failure> {
    let mut pairs = Vec::new();
    for _ in 0..rounds {
        let rig = if latency.is_zero() {
            Rig::twinned(stands, Size::STANDARD, latency)?
        } else {
            Rig::alone(stands, Size::STANDARD, latency)?
        };
        let cold = rig.run(entry.example).await?;
        pairs.push([cold, rig.try_run(entry.example).await?]);
    }
    Ok(pairs)
}

/// The figures of the cold or of the warm samples.
fn cost(
    near: &Pairs,
    far: &Pairs,
    match_name: fn(&[Sample; 2]) -> &Sample,
) -> Result<Cost, Failure> {
    let Some(one) = near.first().map(match_name) else {
        return Ok(Cost::default());
    };
    Ok(Cost {
        requests: one.requests,
        near: Spread::of(near.iter().map(|pair| match_name(pair).took)),
        own: Spread::of(near.iter().filter_map(|pair| match_name(pair).own())),
        far: Spread::of(far.iter().map(|pair| match_name(pair).took)),
        sent: one.sent,
        received: one.received,
        answered: tokens::count(&one.answer)?,
    })
}

//! The main job, over and over: an issue created by names in a session that knows them.

use std::time::Duration;

use linear_ops::sandbox::Size;

use crate::Failure;
use crate::job::CREATE;
use crate::rig::Rig;
use crate::stand::Stands;
use crate::stats::Spread;

/// What a warm create costs, in milliseconds.
pub struct Create {
    /// The whole of it, where requests take no time on their way.
    pub whole: Spread,
    /// What the bare request does not account for.
    pub own: Spread,
}

/// Creates so many issues, one after the other.
pub async fn measure(stands: &Stands, rounds: usize) -> Result<Create, Failure> {
    let rig = Rig::twinned(stands, Size::STANDARD, Duration::ZERO)?;
    rig.run(CREATE).await?;
    let mut samples = Vec::new();
    for _ in 0..rounds {
        samples.push(rig.run(CREATE).await?);
    }
    Ok(Create {
        whole: Spread::of(samples.iter().map(|sample| sample.took)),
        own: Spread::of(samples.iter().filter_map(crate::rig::Sample::own)),
    })
}

//! Many creates at the same time, in one session.

use std::time::{Duration, Instant};

use futures::future::join_all;
use linear_ops::sandbox::Size;
use linear_ops::{dispatch, request};
use tokio_util::sync::CancellationToken;

use crate::Failure;
use crate::job::CREATE;
use crate::rig::{Rig, millis};
use crate::stand::Stands;

/// How many issues are created.
pub const CREATES: usize = 50;

/// What all of them took.
pub struct Many {
    /// Milliseconds on each request's way.
    pub latency: Duration,
    /// Requests to Linear.
    pub requests: usize,
    /// Milliseconds, from the first request to the last answer.
    pub ms: f64,
}

impl Many {
    /// Creates a second.
    pub fn rate(&self) -> f64 {
        let creates = u32::try_from(CREATES).unwrap_or(u32::MAX);
        f64::from(creates) * 1000.0 / self.ms
    }
}

/// Creates [`CREATES`] issues at once in a session that knows the names.
pub async fn measure(stands: &Stands, latency: Duration) -> Result<Many, Failure> {
    let rig = Rig::alone(stands, Size::STANDARD, latency)?;
    rig.run(CREATE).await?;
    let begun = Instant::now();
    let creates = (0..CREATES).map(|_| {
        let asked = request::read(CREATE);
        dispatch::answer(&rig.session, asked, CancellationToken::new())
    });
    let answers = join_all(creates).await;
    let ms = millis(begun.elapsed());
    if let Some(failed) = answers.iter().find(|answer| !answer.success) {
        return Err(format!("a create failed:\n{}", failed.text).into());
    }
    Ok(Many {
        latency,
        requests: rig.sent(),
        ms,
    })
}

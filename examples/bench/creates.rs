//! Issues created by names in a session that has the names in its cache: one after the other, and many at the same
//! time.

use std::time::{Duration, Instant};

use futures::future::join_all;
use linear_ops::sandbox::Size;
use linear_ops::{engine, request};
use tokio_util::sync::CancellationToken;

use crate::Failure;
use crate::job::CREATE;
use crate::session::{MeasuredSession, Sample, SandboxThread, millis};
use crate::stats::Spread;

/// The cost of a warm create, in milliseconds.
pub struct Create {
    /// The whole time, where requests have no latency.
    pub whole: Spread,
    /// The own time.
    pub own: Spread,
}

/// Creates `count` issues one after the other.
pub async fn measure(sandboxes: &SandboxThread, count: usize) -> Result<Create, Failure> {
    let session = MeasuredSession::with_twin(sandboxes, Size::STANDARD, Duration::ZERO)?;
    session.run(CREATE).await?;
    let mut samples = Vec::new();
    for _ in 0..count {
        samples.push(session.run(CREATE).await?);
    }
    Ok(Create {
        whole: Spread::of(samples.iter().map(|sample| sample.took)),
        own: Spread::of(samples.iter().filter_map(Sample::own_time)),
    })
}

/// The number of issues that are created at the same time.
pub const CREATES: usize = 50;

/// The cost of [`CREATES`] creates at the same time.
pub struct BulkCreate {
    /// How the creates were requested, in words.
    pub method: &'static str,
    /// The latency of each request to Linear.
    pub latency: Duration,
    /// The number of requests to Linear.
    pub requests: usize,
    /// The time from the first request to the last answer, in milliseconds.
    pub ms: f64,
}

impl BulkCreate {
    /// Returns the number of creates in a second.
    pub fn rate(&self) -> f64 {
        let creates = u32::try_from(CREATES).unwrap_or(u32::MAX);
        f64::from(creates) * 1000.0 / self.ms
    }
}

/// Creates [`CREATES`] issues at the same time, first as concurrent requests and then as one batch.
pub async fn measure_bulk(
    sandboxes: &SandboxThread,
    latency: Duration,
) -> Result<[BulkCreate; 2], Failure> {
    let item = format!("  - {}\n", CREATE.trim_end().replace('\n', "\n    "));
    let batch = format!(
        "operation: batch\nparams:\n  operations:\n{}",
        item.repeat(CREATES)
    );
    let requests = vec![CREATE.to_owned(); CREATES];
    Ok([
        run_requests(sandboxes, latency, "side by side", &requests).await?,
        run_requests(sandboxes, latency, "one batch", &[batch]).await?,
    ])
}

/// Runs the requests concurrently in a new session that has the names in its cache.
async fn run_requests(
    sandboxes: &SandboxThread,
    latency: Duration,
    method: &'static str,
    requests: &[String],
) -> Result<BulkCreate, Failure> {
    let session = MeasuredSession::without_twin(sandboxes, Size::STANDARD, latency)?;
    session.run(CREATE).await?;
    session.take_request_count();
    let begun = Instant::now();
    let answers = requests.iter().map(|text| {
        let request = request::read(text, &linear_ops::engine::Catalog);
        engine::answer(&session.session, request, CancellationToken::new())
    });
    let answers = join_all(answers).await;
    let ms = millis(begun.elapsed());
    let is_failure =
        |text: &str| text.starts_with("success: false") || text.contains("success_rate");
    if let Some(answer) = answers.iter().find(|answer| is_failure(&answer.text)) {
        return Err(format!("a create failed:\n{}", answer.text).into());
    }
    Ok(BulkCreate {
        method,
        latency,
        requests: session.take_request_count(),
        ms,
    })
}

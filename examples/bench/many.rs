//! Many creates at the same time, in one session: each as a request of its own, and all as one batch.

use std::time::{Duration, Instant};

use futures::future::join_all;
use linear_ops::sandbox::Size;
use linear_ops::{engine, request};
use tokio_util::sync::CancellationToken;

use crate::Failure;
use crate::job::CREATE;
use crate::rig::{Rig, millis};
use crate::stand::Stands;

/// How many issues are created.
pub const CREATES: usize = 50;

/// What all of them took.
pub struct Many {
    /// How they were asked for.
    pub way: &'static str,
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

/// Creates [`CREATES`] issues at once in a session that knows the names: side by side, then in one batch.
pub async fn measure(stands: &Stands, latency: Duration) -> Result<[Many; 2], Failure> {
    Ok([
        ask(
            stands,
            latency,
            "side by side",
            &vec![CREATE.to_owned(); CREATES],
        )
        .await?,
        ask(stands, latency, "one batch", &[batch()]).await?,
    ])
}

/// All creates as one request.
fn batch() -> String {
    let item = format!("  - {}\n", CREATE.trim_end().replace('\n', "\n    "));
    format!(
        "operation: batch\nparams:\n  operations:\n{}",
        item.repeat(CREATES)
    )
}

async fn ask(
    stands: &Stands,
    latency: Duration,
    way: &'static str,
    requests: &[String],
) -> Result<Many, Failure> {
    let rig = Rig::alone(stands, Size::STANDARD, latency)?;
    rig.run(CREATE).await?;
    // Those of the create that made the session know the names.
    rig.sent();
    let begun = Instant::now();
    let answers = requests.iter().map(|asked| {
        let asked = request::read(asked, &linear_ops::engine::Catalog);
        engine::answer(&rig.session, asked, CancellationToken::new())
    });
    let answers = join_all(answers).await;
    let ms = millis(begun.elapsed());
    let failed = |text: &str| text.starts_with("success: false") || text.contains("success_rate");
    if let Some(answer) = answers.iter().find(|answer| failed(&answer.text)) {
        return Err(format!("a create failed:\n{}", answer.text).into());
    }
    Ok(Many {
        way,
        latency,
        requests: rig.sent(),
        ms,
    })
}

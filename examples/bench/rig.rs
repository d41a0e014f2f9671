//! A session over a stand-in, and beside it an equal stand-in that gets the same bodies bare.
//!
//! What the server costs over a bare request is the time of the whole operation less the time that the bodies it sent
//! take when they are sent once more by a client of the same kind, right afterwards, to a stand-in that has seen the
//! same requests. Requests that were under way together are sent together.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use linear_ops::cache::Cache;
use linear_ops::clock::Clock;
use linear_ops::effect::Allowed;
use linear_ops::engine;
use linear_ops::linear::client::{Client, RetryLimits};
use linear_ops::linear::http::Http;
use linear_ops::linear::transport::Transport as _;
use linear_ops::request;
use linear_ops::sandbox::Size;
use linear_ops::session::Session;
use tokio_util::sync::CancellationToken;

use crate::Failure;
use crate::recorder::{Exchange, Recorder, waves};
use crate::stand::{Stand, Stands};

/// A new session over a new stand-in.
pub struct Rig {
    /// The session.
    pub session: Session,
    recorder: Recorder,
    twin: Option<Twin>,
    _stand: Stand,
}

/// The equal stand-in, and the client that sends it what the session sent to its own.
struct Twin {
    http: Http,
    _stand: Stand,
}

/// One operation, as it went.
pub struct Sample {
    /// Requests sent to Linear.
    pub requests: usize,
    /// From the request's text to the answer's text, in milliseconds.
    pub took: f64,
    /// What the same bodies took when sent bare, in milliseconds; none where that was not asked for.
    pub bare: Option<f64>,
    /// Bytes of the bodies sent to Linear.
    pub sent: usize,
    /// Bytes of the bodies that came from Linear.
    pub received: usize,
    /// The answer's text.
    pub answer: String,
    /// Whether the operation succeeded.
    pub success: bool,
}

impl Sample {
    /// What the server cost over the bare requests, in milliseconds.
    pub fn own(&self) -> Option<f64> {
        self.bare.map(|bare| self.took - bare)
    }
}

impl Rig {
    /// A session that measures no more than times: nothing is sent twice.
    pub fn alone(stands: &Stands, size: Size, latency: Duration) -> io::Result<Self> {
        let stand = stands.open(size, latency)?;
        let recorder = Recorder::new(stand.endpoint.clone());
        let clock = Clock::system();
        let transport = Arc::new(recorder.clone());
        let client = Client::new(transport, RetryLimits::default(), clock.clone());
        let cache = Cache::new(Duration::from_secs(600), 20_000);
        Ok(Self {
            session: Session::new(client, cache, clock, Allowed::Deleting),
            recorder,
            twin: None,
            _stand: stand,
        })
    }

    /// A session with a twin, which shows what bare requests cost.
    pub fn twinned(stands: &Stands, size: Size, latency: Duration) -> io::Result<Self> {
        let stand = stands.open(size, latency)?;
        let mut rig = Self::alone(stands, size, latency)?;
        rig.twin = Some(Twin {
            http: Http::new(stand.endpoint.clone()),
            _stand: stand,
        });
        Ok(rig)
    }

    /// Runs a request, which has to succeed.
    pub async fn run(&self, yaml: &str) -> Result<Sample, Failure> {
        let sample = self.try_run(yaml).await?;
        if !sample.success {
            return Err(format!("{yaml}\nwas answered\n{}", sample.answer).into());
        }
        Ok(sample)
    }

    /// Runs a request, which may be refused.
    pub async fn try_run(&self, yaml: &str) -> Result<Sample, Failure> {
        let begun = Instant::now();
        let asked = request::read(yaml, &linear_ops::engine::Catalog);
        let answer = engine::answer(&self.session, asked, CancellationToken::new()).await;
        let took = millis(begun.elapsed());
        let exchanges = self.recorder.take();
        let answers = exchanges.iter().filter_map(|one| one.answer.as_ref());
        let mut sample = Sample {
            requests: exchanges.len(),
            took,
            bare: None,
            sent: exchanges.iter().map(|one| one.body.len()).sum(),
            received: answers.map(Vec::len).sum(),
            answer: answer.text,
            success: answer.success,
        };
        if let Some(twin) = &self.twin {
            sample.bare = Some(twin.replay(exchanges).await?);
        }
        Ok(sample)
    }

    /// Requests sent since the last sample or the last time this was asked.
    pub fn sent(&self) -> usize {
        self.recorder.take().len()
    }
}

impl Twin {
    /// Sends the same bodies, waits for the same answers, and says how long that took, in milliseconds.
    async fn replay(&self, exchanges: Vec<Exchange>) -> Result<f64, Failure> {
        let mut took = Duration::ZERO;
        for wave in waves(exchanges) {
            let bodies: Vec<Vec<u8>> = wave.iter().map(|one| one.body.clone()).collect();
            let begun = Instant::now();
            let sends = bodies.into_iter().map(|body| self.http.send(body, None));
            let replies = join_all(sends).await;
            took += begun.elapsed();
            let equal = wave.iter().zip(&replies).all(|(one, reply)| {
                let again = reply.as_ref().ok().map(|reply| &reply.body);
                again == one.answer.as_ref()
            });
            if !equal {
                return Err("the twin answered otherwise than the stand-in".into());
            }
        }
        Ok(millis(took))
    }
}

/// A time in milliseconds.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

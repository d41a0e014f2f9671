//! A session over a stand-in for Linear, and the measurement of its operations.
//!
//! The *own* time of an operation is its whole time minus the time that its requests take by themselves. For the
//! latter, the bodies that the session sent are sent again, right afterwards, by an HTTP client of the same kind to a
//! second stand-in, which has seen the same requests. Requests that ran concurrently are sent again concurrently.

use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use linear_ops::cache::Cache;
use linear_ops::clock::Clock;
use linear_ops::effect::Allowed;
use linear_ops::engine;
use linear_ops::linear::client::{Client, RetryLimits};
use linear_ops::linear::http::{Endpoint, Http};
use linear_ops::linear::transport::{Fault, Reply, Transport};
use linear_ops::request;
use linear_ops::sandbox::{Sandbox, Size, http};
use linear_ops::session::Session;
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::Failure;

/// A new session over a new stand-in, whose operations are measured.
pub struct MeasuredSession {
    /// The session.
    pub session: Session,
    recorder: Recorder,
    twin: Option<Twin>,
    _server: SandboxServer,
}

/// The second stand-in, and the client that sends the bodies of the session to it again.
struct Twin {
    http: Http,
    _server: SandboxServer,
}

/// The measurement of one operation.
pub struct Sample {
    /// The number of requests sent to Linear.
    pub requests: usize,
    /// The time from the text of the request to the text of the answer, in milliseconds.
    pub took: f64,
    /// The time that the same bodies took when they were sent again, in milliseconds; `None` without a twin.
    pub replay_time: Option<f64>,
    /// The bytes of the bodies sent to Linear.
    pub sent: usize,
    /// The bytes of the bodies received from Linear.
    pub received: usize,
    /// The text of the answer.
    pub answer: String,
    /// Whether the operation succeeded.
    pub success: bool,
}

impl Sample {
    /// Returns the own time of the operation, in milliseconds; `None` without a twin.
    pub fn own_time(&self) -> Option<f64> {
        self.replay_time.map(|replay_time| self.took - replay_time)
    }
}

impl MeasuredSession {
    /// Returns a session without a twin, which does not measure the own time.
    pub fn without_twin(
        sandboxes: &SandboxThread,
        size: Size,
        latency: Duration,
    ) -> io::Result<Self> {
        let server = sandboxes.open(size, latency)?;
        let recorder = Recorder::new(server.endpoint.clone());
        let clock = Clock::system();
        let transport = Arc::new(recorder.clone());
        let client = Client::new(transport, RetryLimits::default(), clock.clone());
        let cache = Cache::new(Duration::from_secs(600), 20_000);
        Ok(Self {
            session: Session::new(client, cache, clock, Allowed::Deleting),
            recorder,
            twin: None,
            _server: server,
        })
    }

    /// Returns a session with a twin, which measures the own time.
    pub fn with_twin(sandboxes: &SandboxThread, size: Size, latency: Duration) -> io::Result<Self> {
        let server = sandboxes.open(size, latency)?;
        let mut session = Self::without_twin(sandboxes, size, latency)?;
        session.twin = Some(Twin {
            http: Http::new(server.endpoint.clone()),
            _server: server,
        });
        Ok(session)
    }

    /// Runs a request.
    ///
    /// Errors when the operation fails.
    pub async fn run(&self, yaml: &str) -> Result<Sample, Failure> {
        let sample = self.try_run(yaml).await?;
        if !sample.success {
            return Err(format!("{yaml}\nwas answered\n{}", sample.answer).into());
        }
        Ok(sample)
    }

    /// Runs a request, whose operation may fail.
    ///
    /// Errors when the twin does not return the same answers.
    pub async fn try_run(&self, yaml: &str) -> Result<Sample, Failure> {
        let begun = Instant::now();
        let request = request::read(yaml, &linear_ops::engine::Catalog);
        let answer = engine::answer(&self.session, request, CancellationToken::new()).await;
        let took = millis(begun.elapsed());
        let exchanges = self.recorder.take();
        let answers = exchanges
            .iter()
            .filter_map(|exchange| exchange.answer.as_ref());
        let mut sample = Sample {
            requests: exchanges.len(),
            took,
            replay_time: None,
            sent: exchanges.iter().map(|exchange| exchange.body.len()).sum(),
            received: answers.map(Vec::len).sum(),
            answer: answer.text,
            success: answer.success,
        };
        if let Some(twin) = &self.twin {
            sample.replay_time = Some(twin.replay(exchanges).await?);
        }
        Ok(sample)
    }

    /// Returns the number of requests sent since the last operation, or since the last call of this function.
    pub fn take_request_count(&self) -> usize {
        self.recorder.take().len()
    }
}

impl Twin {
    /// Sends the same bodies, and returns the time until all answers were received, in milliseconds.
    ///
    /// Errors when an answer differs from the first one.
    async fn replay(&self, exchanges: Vec<Exchange>) -> Result<f64, Failure> {
        let mut took = Duration::ZERO;
        for group in concurrent_groups(exchanges, |exchange| (exchange.begun, exchange.ended)) {
            let bodies: Vec<Vec<u8>> = group.iter().map(|exchange| exchange.body.clone()).collect();
            let begun = Instant::now();
            let sends = bodies.into_iter().map(|body| self.http.send(body, None));
            let replies = join_all(sends).await;
            took += begun.elapsed();
            let is_equal = group.iter().zip(&replies).all(|(exchange, reply)| {
                let answer = reply.as_ref().ok().map(|reply| &reply.body);
                answer == exchange.answer.as_ref()
            });
            if !is_equal {
                return Err("the twin answered otherwise than the stand-in".into());
            }
        }
        Ok(millis(took))
    }
}

/// Returns a time in milliseconds.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// One request and its answer.
struct Exchange {
    /// The body of the request.
    body: Vec<u8>,
    /// The body of the answer; `None` where no answer was received.
    answer: Option<Vec<u8>>,
    begun: Instant,
    ended: Instant,
}

/// The HTTP transport of a session, which records what it sends and receives.
#[derive(Clone)]
struct Recorder(Arc<Recording>);

/// The HTTP client of a recorder, and the exchanges since the last call of [`Recorder::take`].
struct Recording {
    http: Http,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Recorder {
    /// Returns a recorder of the requests to that endpoint.
    fn new(endpoint: Endpoint) -> Self {
        Self(Arc::new(Recording {
            http: Http::new(endpoint),
            exchanges: Mutex::default(),
        }))
    }

    /// Returns the exchanges since the last call, in the order in which they began.
    fn take(&self) -> Vec<Exchange> {
        let mut exchanges = std::mem::take(&mut *self.lock());
        exchanges.sort_by_key(|exchange| exchange.begun);
        exchanges
    }

    /// Locks the recorded exchanges.
    fn lock(&self) -> MutexGuard<'_, Vec<Exchange>> {
        self.0
            .exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Recorder {
    fn send(&self, body: Vec<u8>, limit: Option<Duration>) -> BoxFuture<'_, Result<Reply, Fault>> {
        async move {
            let begun = Instant::now();
            let reply = self.0.http.send(body.clone(), limit).await;
            let ended = Instant::now();
            let answer = reply.as_ref().ok().map(|reply| reply.body.clone());
            self.lock().push(Exchange {
                body,
                answer,
                begun,
                ended,
            });
            reply
        }
        .boxed()
    }
}

/// Splits items into groups whose spans overlap. The items are ordered by the beginnings of their spans.
fn concurrent_groups<T, M: Ord + Copy>(items: Vec<T>, span: impl Fn(&T) -> (M, M)) -> Vec<Vec<T>> {
    let mut groups: Vec<(M, Vec<T>)> = Vec::new();
    for item in items {
        let (begun, ended) = span(&item);
        match groups.last_mut() {
            Some((until, group)) if begun < *until => {
                *until = ended.max(*until);
                group.push(item);
            }
            _ => groups.push((ended, vec![item])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// The thread that runs stand-ins for Linear, so that their work does not take time of the measured session. The thread
/// ends when this value is dropped.
pub struct SandboxThread {
    runtime: Handle,
    _end: DropGuard,
}

/// One stand-in on loopback, which is served until this value is dropped.
pub struct SandboxServer {
    /// The endpoint of the stand-in.
    pub endpoint: Endpoint,
    _stop: DropGuard,
}

impl SandboxThread {
    /// Starts the thread.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let end = CancellationToken::new();
        let ended = end.clone();
        thread::spawn(move || runtime.block_on(ended.cancelled()));
        Ok(Self {
            runtime: handle,
            _end: end.drop_guard(),
        })
    }

    /// Starts a stand-in with a workspace of that size, which delays every answer by the `latency`. Two stand-ins of
    /// the same size give the same answers to the same requests.
    pub fn open(&self, size: Size, latency: Duration) -> io::Result<SandboxServer> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let url = format!("http://{}/graphql", listener.local_addr()?);
        let sandbox = Sandbox::with_workspace(size);
        sandbox.script().latency(latency);
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let entered = self.runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener)?;
        drop(entered);
        self.runtime.spawn(http::serve(sandbox, listener, stopped));
        Ok(SandboxServer {
            endpoint: Endpoint {
                url,
                authorization: Ok("lin_api_sandbox".into()),
                timeout: Duration::from_secs(30),
                loopback: true,
                proxy: Ok(()),
            },
            _stop: stop.drop_guard(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::concurrent_groups;

    #[test]
    fn overlapping_spans_are_one_group() {
        let spans = vec![(0, 5), (1, 2), (4, 9), (9, 10), (11, 12)];
        let groups = concurrent_groups(spans, |span| *span);
        assert_eq!(
            groups,
            [vec![(0, 5), (1, 2), (4, 9)], vec![(9, 10)], vec![(11, 12)]]
        );
        assert!(concurrent_groups(Vec::<(u8, u8)>::new(), |span| *span).is_empty());
    }
}

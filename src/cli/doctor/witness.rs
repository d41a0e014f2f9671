//! Sees every exchange with Linear: how long it took, and the headers of its answer, which nobody above the client
//! needs but for this.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use crate::clock::Clock;
use crate::linear::transport::{Fault, Reply, Transport};

/// An exchange that brought an answer.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    /// When the request was sent, in milliseconds since the epoch by this machine's clock.
    pub sent_ms: i64,
    /// When the answer was there.
    pub received_ms: i64,
    /// The answer.
    pub reply: Reply,
}

/// A transport that remembers what went through it.
pub(super) struct Witness {
    inner: Arc<dyn Transport>,
    clock: Clock,
    seen: Mutex<Vec<Exchange>>,
}

impl Witness {
    /// A transport that sends as `inner` does.
    pub fn new(inner: Arc<dyn Transport>, clock: Clock) -> Self {
        Self {
            inner,
            clock,
            seen: Mutex::default(),
        }
    }

    /// The answers so far, oldest first.
    pub fn seen(&self) -> Vec<Exchange> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }

    async fn exchange(&self, body: Vec<u8>, limit: Option<Duration>) -> Result<Reply, Fault> {
        let sent_ms = self.clock.now_ms();
        let reply = self.inner.send(body, limit).await?;
        let exchange = Exchange {
            sent_ms,
            received_ms: self.clock.now_ms(),
            reply: reply.clone(),
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(exchange);
        Ok(reply)
    }
}

impl Transport for Witness {
    fn send(&self, body: Vec<u8>, limit: Option<Duration>) -> BoxFuture<'_, Result<Reply, Fault>> {
        self.exchange(body, limit).boxed()
    }
}

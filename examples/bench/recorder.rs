//! The HTTP client of the server, which keeps what it sent, so that the same can be sent bare.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use linear_ops::linear::http::{Endpoint, Http};
use linear_ops::linear::transport::{Fault, Reply, Transport};

/// One request and its answer.
pub struct Exchange {
    /// The request's body.
    pub body: Vec<u8>,
    /// The answer's body; none where no answer came.
    pub answer: Option<Vec<u8>>,
    begun: Instant,
    ended: Instant,
}

/// Carries requests as [`Http`] does, and keeps them.
#[derive(Clone)]
pub struct Recorder(Arc<Inner>);

struct Inner {
    http: Http,
    exchanges: Mutex<Vec<Exchange>>,
}

impl Recorder {
    /// A recorder in front of that endpoint.
    pub fn new(endpoint: Endpoint) -> Self {
        Self(Arc::new(Inner {
            http: Http::new(endpoint),
            exchanges: Mutex::default(),
        }))
    }

    /// What has been sent since the last time this was asked, in the order in which it began.
    pub fn take(&self) -> Vec<Exchange> {
        let mut kept = self.kept();
        let mut exchanges = std::mem::take(&mut *kept);
        exchanges.sort_by_key(|exchange| exchange.begun);
        exchanges
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<Exchange>> {
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
            self.kept().push(Exchange {
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

/// The exchanges in groups that were under way at the same time, groups in their order.
pub fn waves(exchanges: Vec<Exchange>) -> Vec<Vec<Exchange>> {
    grouped(exchanges, |exchange| (exchange.begun, exchange.ended))
}

/// Items in groups whose spans overlap, one group after the other. The items come in the order of their beginnings.
fn grouped<T, M: Ord + Copy>(items: Vec<T>, span: impl Fn(&T) -> (M, M)) -> Vec<Vec<T>> {
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

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn what_overlaps_is_one_group() {
        let spans = vec![(0, 5), (1, 2), (4, 9), (9, 10), (11, 12)];
        let groups = grouped(spans, |span| *span);
        assert_eq!(
            groups,
            [vec![(0, 5), (1, 2), (4, 9)], vec![(9, 10)], vec![(11, 12)]]
        );
        assert!(grouped(Vec::<(u8, u8)>::new(), |span| *span).is_empty());
    }
}

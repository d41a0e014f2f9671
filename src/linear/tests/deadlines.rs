//! Tests of reads that callers with different time limits share.

use std::sync::Arc;
use std::time::Duration;

use super::super::client::{Client, RequestScope, RetryLimits, RetryPolicy};
use super::super::documents::{Listing as _, Teams};
use super::super::failure::Failure;
use crate::clock::Clock;
use crate::sandbox::{Act, InProcess, Sandbox};

const SHORT: Duration = Duration::from_millis(50);
/// A delay that is longer than [`SHORT`] by enough for a slow machine.
const LATE: Duration = Duration::from_millis(400);
const LONG: Duration = Duration::from_secs(600);

fn client(sandbox: &Sandbox) -> Client {
    let transport = Arc::new(InProcess::new(sandbox.clone()));
    Client::new(transport, RetryLimits::default(), Clock::system())
}

/// Asks for the teams in a request scope.
async fn ask(client: &Client, request_scope: &RequestScope) -> Result<(), Failure> {
    let parts = [Teams::page(None, 50, None)];
    let answers = client
        .send(&parts, RetryPolicy::Idempotent, request_scope)
        .await;
    answers.map(|_| ())
}

#[tokio::test]
async fn a_shared_read_goes_on_for_those_who_have_more_time() {
    for joins_late in [false, true] {
        let sandbox = Sandbox::new();
        sandbox.script().next(Act::Slow(LATE));
        let client = client(&sandbox);
        let (short, long) = (
            RequestScope::default().within(SHORT),
            RequestScope::default().within(LONG),
        );
        let patient = async {
            if joins_late {
                // On a machine so slow that the first scope ends unsent, nothing is sent before the second asks.
                let sent = async {
                    while sandbox.requests().is_empty() {
                        tokio::task::yield_now().await;
                    }
                };
                let _ = tokio::time::timeout(LATE, sent).await;
            }
            ask(&client, &long).await
        };
        let (impatient, patient) = tokio::join!(ask(&client, &short), patient);
        assert_eq!(impatient, Err(Failure::OutOfTime(SHORT)));
        assert_eq!(patient, Ok(()));
        assert_eq!(sandbox.requests().len(), 1);
        assert_eq!((short.cost().requests, long.cost().requests), (1, 1));
    }
}

#[tokio::test]
async fn a_read_that_all_have_left_is_dropped() {
    let sandbox = Sandbox::new();
    sandbox.script().latency(LONG);
    let client = client(&sandbox);
    let (short, longer) = (
        RequestScope::default().within(SHORT),
        RequestScope::default().within(2 * SHORT),
    );
    let (first, second) = tokio::join!(ask(&client, &short), ask(&client, &longer));
    assert_eq!(first, Err(Failure::OutOfTime(SHORT)));
    assert_eq!(second, Err(Failure::OutOfTime(2 * SHORT)));
    // The task that sends the request drops it only after a moment. The next caller then gets a request of its own.
    tokio::time::sleep(SHORT).await;
    sandbox.script().latency(Duration::ZERO);
    assert_eq!(
        ask(&client, &RequestScope::default().within(LONG)).await,
        Ok(())
    );
    assert_eq!(sandbox.requests().len(), 2);
}

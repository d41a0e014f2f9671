//! The stand-in as a transport within the process: no key, no network.

use std::time::Duration;

use futures::future::BoxFuture;

use super::{Request, Sandbox};
use crate::linear::transport::{Fault, Reply, Transport};

/// The key that requests carry: a key of the viewer's with full scope.
const KEY: &str = "lin_api_sandbox";

/// A transport to a stand-in in the same process.
#[derive(Clone)]
pub struct InProcess {
    sandbox: Sandbox,
    authorization: String,
}

impl InProcess {
    /// Creates a transport to this stand-in, with a key of full scope.
    pub fn new(sandbox: Sandbox) -> Self {
        Self::with_authorization(sandbox, KEY)
    }

    /// Creates a transport to this stand-in, with this Authorization header.
    pub fn with_authorization(sandbox: Sandbox, authorization: impl Into<String>) -> Self {
        Self {
            sandbox,
            authorization: authorization.into(),
        }
    }
}

impl Transport for InProcess {
    fn send(&self, body: Vec<u8>, limit: Option<Duration>) -> BoxFuture<'_, Result<Reply, Fault>> {
        Box::pin(async move {
            let request = Request {
                authorization: Some(self.authorization.clone()),
                body,
            };
            // Linear would not use this process's time to answer, so other work of the process goes on meanwhile.
            let sandbox = self.sandbox.clone();
            let handled = tokio::task::spawn_blocking(move || sandbox.handle(request)).await;
            let outcome = match handled {
                Ok(outcome) => outcome,
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(ended) => return Err(Fault::Interrupted(ended.to_string())),
                },
            };
            match limit.filter(|limit| *limit < outcome.delay) {
                Some(limit) => {
                    tokio::time::sleep(limit).await;
                    Err(Fault::Timeout(limit))
                }
                None => {
                    if !outcome.delay.is_zero() {
                        tokio::time::sleep(outcome.delay).await;
                    }
                    outcome.reply
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Act, Sandbox};
    use super::InProcess;
    use crate::linear::transport::{Fault, Transport};

    const BODY: &[u8] = br#"{"query": "{ viewer { id } }"}"#;

    #[tokio::test]
    async fn requests_carry_the_key_of_the_transport() {
        let transport = InProcess::new(Sandbox::new());
        assert_eq!(
            transport.send(BODY.to_vec(), None).await.unwrap().status,
            200
        );
        let stranger = InProcess::with_authorization(Sandbox::new(), "nobody");
        assert_eq!(
            stranger.send(BODY.to_vec(), None).await.unwrap().status,
            401
        );
    }

    #[tokio::test]
    async fn faults_and_delays_reach_the_caller() {
        let sandbox = Sandbox::new();
        let transport = InProcess::new(sandbox.clone());
        sandbox.script().next(Act::Slow(Duration::from_millis(30)));
        sandbox.script().next(Act::Drop);
        let before = std::time::Instant::now();
        assert_eq!(
            transport.send(BODY.to_vec(), None).await.unwrap().status,
            200
        );
        assert!(before.elapsed() >= Duration::from_millis(30));
        let dropped = transport.send(BODY.to_vec(), None).await;
        assert!(matches!(dropped, Err(Fault::Interrupted(_))), "{dropped:?}");
    }
}

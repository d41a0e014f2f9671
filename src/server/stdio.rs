//! Serves MCP on standard input and output.

use std::time::Duration;

use rmcp::ServiceExt as _;
use rmcp::service::ServerInitializeError;
use rmcp::transport::stdio_pipes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::Server;
use super::lines::{LineTransport, Shutdown};

/// How long the server still waits, once the grace is over, for a client that does not read its answers.
const LONGEST_END: Duration = Duration::from_millis(500);

/// Serves standard input and output until the client closes either of them or `stop` is cancelled; see [`serve_over`].
///
/// The caller has to end the process by `exit`: where standard input is not a pipe (clients on Node pass sockets), a thread is
/// left that waits for input and cannot be interrupted.
///
/// # Errors
/// Fails where [`serve_over`] fails.
pub async fn serve(
    server: Server,
    stop: CancellationToken,
    grace: Duration,
) -> Result<Vec<String>, String> {
    let (input, output) = stdio_pipes();
    let output_gone = CancellationToken::new();
    let to_cancel = output_gone.clone();
    let watcher = tokio::spawn(async move {
        output_closed().await;
        to_cancel.cancel();
    });
    let served = serve_until(server, input, output, stop, output_gone, grace).await;
    watcher.abort();
    served
}

/// Serves a client over two streams until the client closes one of them or `stop` is cancelled. From then on nothing new is begun,
/// and requests under way have `grace` to be finished and answered. Returns a line on the outcome of each request that could not
/// be answered; for a `batch`, a line for each item.
///
/// # Errors
/// When the client does not begin as the protocol demands; the error is one sentence. A client that leaves before it begins is not
/// an error.
pub async fn serve_over(
    server: Server,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
    stop: CancellationToken,
    grace: Duration,
) -> Result<Vec<String>, String> {
    let output_gone = CancellationToken::new();
    serve_until(server, input, output, stop, output_gone, grace).await
}

/// Serves as [`serve_over`] does, but also ends when `output_gone` is cancelled.
async fn serve_until(
    server: Server,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
    stop: CancellationToken,
    output_gone: CancellationToken,
    grace: Duration,
) -> Result<Vec<String>, String> {
    let closing = server.closing();
    let shutdown = Shutdown {
        stop,
        closing: closing.clone(),
        output_gone,
        grace,
    };
    let (transport, unanswered) = LineTransport::new(input, output, shutdown);
    let time_over = async {
        closing.cancelled().await;
        tokio::time::sleep(grace + LONGEST_END).await;
    };
    let served = async {
        let service = match server.serve(transport).await {
            Ok(service) => service,
            Err(ServerInitializeError::Cancelled | ServerInitializeError::ConnectionClosed(_)) => {
                return Ok(());
            }
            // The message of this error shows Rust types of rmcp, which mean nothing to a user.
            Err(ServerInitializeError::ExpectedInitializeRequest(_)) => {
                return Err("The client did not begin with initialize".to_owned());
            }
            Err(error) => {
                return Err(format!("The client did not begin with initialize: {error}"));
            }
        };
        if let Err(error) = service.waiting().await {
            tracing::error!(%error, "the protocol's task failed");
        }
        Ok(())
    };
    tokio::select! {
        served = served => served?,
        () = time_over => {}
    }
    let requests = unanswered.take().into_iter();
    Ok(requests.flat_map(|progress| progress.lines()).collect())
}

/// Returns when nobody can read standard output any more: when the other end of a pipe or socket is closed. Never returns for other
/// kinds of output, because the system does not report this for them.
#[cfg(unix)]
async fn output_closed() {
    use std::os::fd::AsFd as _;

    use tokio::io::unix::AsyncFd;
    use tokio::io::{Interest, Ready};

    let copy = std::io::stdout().as_fd().try_clone_to_owned();
    // A file cannot be watched, and has no reader that could leave.
    #[expect(
        deprecated,
        reason = "an owned descriptor keeps what the new constructor demands, which only unsafe code may call"
    )]
    let watched = copy.and_then(|copy| AsyncFd::with_interest(copy, Interest::WRITABLE));
    if let Ok(output) = watched {
        while let Ok(mut guard) = output.ready(Interest::WRITABLE).await {
            if guard.ready().is_write_closed() {
                return;
            }
            guard.clear_ready_matching(Ready::WRITABLE);
        }
    }
    std::future::pending().await
}

#[cfg(not(unix))]
async fn output_closed() {
    std::future::pending().await
}

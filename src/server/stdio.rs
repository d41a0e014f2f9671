//! The server on standard input and output.

use std::time::Duration;

use rmcp::ServiceExt as _;
use rmcp::service::ServerInitializeError;
use rmcp::transport::stdio_pipes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use super::Server;
use super::lines::{Ending, Lines};

/// How long the protocol's end may take after the grace: it waits for a client that does not read its answers.
const END: Duration = Duration::from_millis(500);

/// Serves standard input and output until the client closes either of them or `stop` fires; see [`serve_over`].
///
/// Whoever called this ends the process by `exit`: where standard input is no pipe (clients on Node hand over sockets),
/// a thread is left that waits for it and cannot be interrupted.
///
/// # Errors
/// As for [`serve_over`].
pub async fn serve(
    server: Server,
    stop: CancellationToken,
    grace: Duration,
) -> Result<Vec<String>, String> {
    let (input, output) = stdio_pipes();
    let gone = CancellationToken::new();
    let watch = gone.clone();
    let watching = tokio::spawn(async move {
        output_closed().await;
        watch.cancel();
    });
    let served = over(server, input, output, stop, gone, grace).await;
    watching.abort();
    served
}

/// Serves a client over two streams until it closes one of them or `stop` fires. From then on nothing new is begun; what
/// is under way has `grace` to be finished and answered. Returns what has become of the requests that could not be
/// answered, a line each, and of a batch a line for each item.
///
/// # Errors
/// When the client does not begin as the protocol wants, in one sentence. Its going away before that is no error.
pub async fn serve_over(
    server: Server,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
    stop: CancellationToken,
    grace: Duration,
) -> Result<Vec<String>, String> {
    over(server, input, output, stop, CancellationToken::new(), grace).await
}

async fn over(
    server: Server,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
    stop: CancellationToken,
    gone: CancellationToken,
    grace: Duration,
) -> Result<Vec<String>, String> {
    let begun = server.closing();
    let ending = Ending {
        stop,
        begun: begun.clone(),
        gone: gone.clone(),
        grace,
    };
    let (lines, unanswered) = Lines::new(input, output, ending);
    let late = async {
        begun.cancelled().await;
        tokio::time::sleep(grace + END).await;
    };
    let served = async {
        let service = match server.serve(lines).await {
            Ok(service) => service,
            Err(ServerInitializeError::Cancelled | ServerInitializeError::ConnectionClosed(_)) => {
                return Ok(());
            }
            // A message in it would be shown as it is inside of this program.
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
        () = late => {}
    }
    let lines = unanswered.take().into_iter().flat_map(|of| of.lines());
    Ok(lines.collect())
}

/// Returns when nobody can read standard output any more, where the system tells that: of a pipe or a socket whose other
/// end is closed.
#[cfg(unix)]
async fn output_closed() {
    use std::os::fd::AsFd as _;

    use tokio::io::unix::AsyncFd;
    use tokio::io::{Interest, Ready};

    let copy = std::io::stdout().as_fd().try_clone_to_owned();
    // A file cannot be watched, and does not close.
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

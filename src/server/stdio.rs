//! The server on standard input and output.

use std::time::Duration;

use rmcp::service::ServerInitializeError;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::stdio_pipes;
use rmcp::{RoleServer, ServiceExt as _};
use tokio_util::sync::CancellationToken;

use super::Server;

/// The longest line that is read. A request is a mebibyte at most, and escapes can make a few of it; longer lines are
/// passed over and logged.
const LONGEST_LINE: usize = 4 * 1024 * 1024;

/// How long calls under way may take to finish, once rmcp has stopped waiting for their answers: what is sent is seen
/// through, what is not sent was stopped before.
const GRACE: Duration = Duration::from_secs(3);

/// How long rmcp may take over the end itself. It waits 2 s for answers by its own account, but for ever for a client
/// that no longer reads them.
const END: Duration = Duration::from_secs(3);

/// Serves until the client closes standard input or `stop` fires, then lets running calls finish within bounds.
///
/// Whoever called this ends the process by `exit`: where standard input is no pipe (clients on Node hand over sockets),
/// a thread is left that waits for it and cannot be interrupted.
///
/// # Errors
/// When the client does not begin as the protocol wants, in one sentence. Its going away before that is no error.
pub async fn serve(server: Server, stop: CancellationToken) -> Result<(), String> {
    let running = server.running();
    let (input, output) = stdio_pipes();
    let transport = AsyncRwTransport::<RoleServer, _, _>::new_server(input, output)
        .with_max_line_length(LONGEST_LINE);
    let service = match server.serve_with_ct(transport, stop.clone()).await {
        Ok(service) => service,
        Err(ServerInitializeError::Cancelled | ServerInitializeError::ConnectionClosed(_)) => {
            return Ok(());
        }
        Err(error) => return Err(format!("The client did not begin with initialize: {error}")),
    };
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(END).await;
    };
    tokio::select! {
        ended = service.waiting() => {
            if let Err(error) = ended {
                tracing::error!(%error, "the protocol's task failed");
            }
        }
        () = late => tracing::warn!("the client does not read its answers"),
    }
    if tokio::time::timeout(GRACE, running.write()).await.is_err() {
        tracing::warn!("calls were still under way when the server ended");
    }
    Ok(())
}

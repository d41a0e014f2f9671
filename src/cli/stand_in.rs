//! The command `sandbox`, and `--sandbox`: the stand-in for Linear, where the feature is built in.

#[cfg(not(feature = "sandbox"))]
pub(super) use absent::{serve, transport};
#[cfg(feature = "sandbox")]
pub(super) use built_in::{serve, transport};

#[cfg(feature = "sandbox")]
mod built_in {
    use std::net::SocketAddr;
    use std::path::Path;
    use std::sync::Arc;

    use tokio::net::TcpListener;

    use super::super::{DONE, UsageError, print, start};
    use crate::linear::transport::Transport;
    use crate::sandbox::{InProcess, Sandbox, http};

    /// Makes a transport to a new stand-in within this process.
    pub fn transport() -> Result<Arc<dyn Transport>, UsageError> {
        Ok(Arc::new(InProcess::new(Sandbox::new())))
    }

    /// Serves a stand-in at the address `listen` until the process is asked to end, and prints the settings with which this program
    /// uses the stand-in. `schema` is the file of a GraphQL schema that replaces the built-in schema.
    ///
    /// # Errors
    /// When the address does not belong to this machine or is in use, or the schema cannot be used.
    pub fn serve(listen: &str, schema: Option<&Path>) -> Result<u8, UsageError> {
        let address = loopback(listen)?;
        let sandbox = match schema {
            None => Sandbox::new(),
            Some(file) => {
                let sdl = std::fs::read_to_string(file).map_err(|error| {
                    UsageError(format!("{} cannot be read: {error}", file.display()))
                })?;
                Sandbox::with_schema(&sdl).map_err(|error| {
                    UsageError(format!("{} cannot be used: {error}", file.display()))
                })?
            }
        };
        start::block_on(async {
            let cannot_listen = |error| {
                UsageError(format!(
                    "{address} cannot be listened at: {error}; choose another port with --listen"
                ))
            };
            let listener = TcpListener::bind(address).await.map_err(cannot_listen)?;
            let stop = start::stop_signal()?;
            let address = listener.local_addr().map_err(cannot_listen)?;
            print(&format!(
                "A stand-in for Linear listens at http://{address}/graphql\n\
                 LINEAR_API_URL=http://{address}/graphql\nLINEAR_API_KEY=lin_api_sandbox\n"
            ))?;
            let served = http::serve(sandbox, listener, stop.cancelled_owned()).await;
            served.map_err(|error| UsageError(format!("The stand-in ended: {error}")))?;
            Ok(DONE)
        })?
    }

    /// Parses an address of this machine. Other addresses are refused, because the stand-in accepts any key and must not be reachable
    /// from other machines.
    fn loopback(listen: &str) -> Result<SocketAddr, UsageError> {
        let numeric = listen.replacen("localhost:", "127.0.0.1:", 1);
        match numeric.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => Ok(address),
            Ok(_) => Err(UsageError(format!(
                "{listen} is not this machine's own address; give one such as 127.0.0.1:8686"
            ))),
            Err(_) => Err(UsageError(format!(
                "{listen} is no address with a port; give one such as 127.0.0.1:8686"
            ))),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn only_this_machine_is_listened_at() {
            for listen in ["127.0.0.1:0", "[::1]:8686", "localhost:80", "127.8.8.8:1"] {
                assert!(loopback(listen).is_ok(), "{listen}");
            }
            for listen in [
                "0.0.0.0:8686",
                "[::]:1",
                "192.168.0.1:1",
                "127.0.0.1",
                "here:1",
            ] {
                assert!(loopback(listen).is_err(), "{listen}");
            }
        }
    }
}

#[cfg(not(feature = "sandbox"))]
mod absent {
    use std::path::Path;
    use std::sync::Arc;

    use super::super::UsageError;
    use crate::linear::transport::Transport;

    /// Returns the error that no stand-in is built in.
    pub fn transport() -> Result<Arc<dyn Transport>, UsageError> {
        Err(not_built_in())
    }

    /// Returns the error that no stand-in is built in.
    pub fn serve(_listen: &str, _schema: Option<&Path>) -> Result<u8, UsageError> {
        Err(not_built_in())
    }

    fn not_built_in() -> UsageError {
        UsageError::new(
            "This linear-ops was built without the stand-in; build it with the feature 'sandbox'",
        )
    }
}

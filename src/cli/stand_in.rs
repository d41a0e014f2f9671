//! The stand-in for Linear, where it is built in.

#[cfg(feature = "sandbox")]
pub(super) use with::{serve, transport};
#[cfg(not(feature = "sandbox"))]
pub(super) use without::{serve, transport};

#[cfg(feature = "sandbox")]
mod with {
    use std::net::SocketAddr;
    use std::path::Path;
    use std::sync::Arc;

    use tokio::net::TcpListener;

    use super::super::{DONE, Wrong, output, start};
    use crate::linear::transport::Transport;
    use crate::sandbox::{InProcess, Sandbox, http};

    /// A transport to a new stand-in inside this process.
    pub fn transport() -> Result<Arc<dyn Transport>, Wrong> {
        Ok(Arc::new(InProcess::new(Sandbox::new())))
    }

    /// Serves a stand-in at `listen` until the process is asked to end, and prints how to reach it.
    ///
    /// # Errors
    /// When the address is not this machine's own or is taken, or the schema cannot be used.
    pub fn serve(listen: &str, schema: Option<&Path>) -> Result<u8, Wrong> {
        let address = loopback(listen)?;
        let sandbox = sandbox(schema)?;
        start::block_on(async {
            let taken = |error| {
                Wrong(format!(
                    "{address} cannot be listened at: {error}; choose another port with --listen"
                ))
            };
            let listener = TcpListener::bind(address).await.map_err(taken)?;
            let stop = start::stop_signal()?;
            let here = listener.local_addr().map_err(taken)?;
            output::print(&format!(
                "A stand-in for Linear listens at http://{here}/graphql\n\
                 LINEAR_API_URL=http://{here}/graphql\nLINEAR_API_KEY=lin_api_sandbox\n"
            ))?;
            let served = http::serve(sandbox, listener, stop.cancelled_owned()).await;
            served.map_err(|error| Wrong(format!("The stand-in ended: {error}")))?;
            Ok(DONE)
        })?
    }

    /// An address of this machine's own. The stand-in takes any key, so nobody else is let in.
    fn loopback(listen: &str) -> Result<SocketAddr, Wrong> {
        let numeric = listen.replacen("localhost:", "127.0.0.1:", 1);
        match numeric.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => Ok(address),
            Ok(_) => Err(Wrong(format!(
                "{listen} is not this machine's own address; give one such as 127.0.0.1:8686"
            ))),
            Err(_) => Err(Wrong(format!(
                "{listen} is no address with a port; give one such as 127.0.0.1:8686"
            ))),
        }
    }

    fn sandbox(schema: Option<&Path>) -> Result<Sandbox, Wrong> {
        let Some(file) = schema else {
            return Ok(Sandbox::new());
        };
        let sdl = std::fs::read_to_string(file)
            .map_err(|error| Wrong(format!("{} cannot be read: {error}", file.display())))?;
        Sandbox::with_schema(&sdl)
            .map_err(|error| Wrong(format!("{} cannot be used: {error}", file.display())))
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
mod without {
    use std::path::Path;
    use std::sync::Arc;

    use super::super::Wrong;
    use crate::linear::transport::Transport;

    /// There is none.
    pub fn transport() -> Result<Arc<dyn Transport>, Wrong> {
        Err(absent())
    }

    /// There is none.
    pub fn serve(_listen: &str, _schema: Option<&Path>) -> Result<u8, Wrong> {
        Err(absent())
    }

    fn absent() -> Wrong {
        Wrong::new(
            "This linear-ops was built without the stand-in; build it with the feature 'sandbox'",
        )
    }
}

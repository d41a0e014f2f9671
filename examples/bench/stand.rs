//! Stand-ins for Linear on loopback, in a thread of their own, so that their work is not done in the server's.

use std::io;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use linear_ops::linear::http::Endpoint;
use linear_ops::sandbox::{Sandbox, Size, http};
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};

/// The thread that stand-ins live in. It ends when this is dropped.
pub struct Stands {
    runtime: Handle,
    _end: DropGuard,
}

/// One stand-in, served until it is dropped.
pub struct Stand {
    /// How it is reached.
    pub endpoint: Endpoint,
    _stop: DropGuard,
}

impl Stands {
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

    /// A new stand-in of this size, whose every answer takes this long on its way. Two of one size are equal: the same
    /// requests get the same answers.
    pub fn open(&self, size: Size, latency: Duration) -> io::Result<Stand> {
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
        Ok(Stand {
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

//! One exchange with Linear's GraphQL endpoint, whoever answers it: HTTP or the stand-in.

use std::time::Duration;

use futures::future::BoxFuture;

/// An answer as it came, before anybody read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status. Linear's statuses are not dependable (`linear/api.md` §4), so the body decides.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body's bytes, complete.
    pub body: Vec<u8>,
    /// The setting that gave the key which the request was sent with, where there is one.
    pub key: Option<&'static str>,
}

impl Reply {
    /// The value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Why no complete answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No connection could be made, so the request was not executed.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The connection broke after the request was sent, so it may or may not have been executed.
    #[error("the connection broke before the answer was complete: {0}")]
    Interrupted(String),
    /// No complete answer within this time; the request may or may not have been executed.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The answer was larger than this many bytes and was not read to its end.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The request could not be built or sent for a reason of our own making (a bad address, no TLS roots).
    #[error("{0}")]
    Unusable(String),
    /// There is no key, so nothing was sent.
    #[error("{}", .0.why)]
    NoKey(WrongSetting),
    /// A setting keeps the request from reaching Linear; nothing was executed.
    #[error("{}", .0.why)]
    WrongSetting(WrongSetting),
}

/// A setting that leads elsewhere than to Linear, or nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongSetting {
    /// Which setting it is, and what is wrong with it.
    pub why: String,
    /// What would be right.
    pub remedy: String,
    /// Whether the request went out before that was seen.
    pub sent: bool,
}

impl WrongSetting {
    /// There is no key, for this reason, where setting `LINEAR_API_KEY` is the way out.
    pub fn no_key(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            remedy: "Make a key in Linear under Settings > Account > Security & access, export it as LINEAR_API_KEY in the shell that starts the client, or have LINEAR_API_KEY_FILE or LINEAR_API_KEY_COMMAND say where it is, then restart this server".to_owned(),
            sent: false,
        }
    }
}

/// Carries one GraphQL request body (`{"query", "variables", "operationName"}` as JSON) and brings its answer.
pub trait Transport: Send + Sync + 'static {
    /// Sends `body` once, and waits for the answer for as long as `limit` allows and no longer than the transport's own
    /// limit. No retries, no reading of the answer: `linear::client` does both.
    fn send(&self, body: Vec<u8>, limit: Option<Duration>) -> BoxFuture<'_, Result<Reply, Fault>>;
}

//! The interface between the client and Linear's GraphQL endpoint, which is reached over HTTP or is the stand-in.

use std::time::Duration;

use futures::future::BoxFuture;

/// An HTTP answer whose body has not been parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status. Linear's statuses are not dependable (`linear/api.md` §4), so the body decides.
    pub status: u16,
    /// The headers: names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The bytes of the whole body.
    pub body: Vec<u8>,
    /// The setting that the request's API key came from, if it has one.
    pub key: Option<&'static str>,
}

impl Reply {
    /// Returns the value of a header by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The reason why a request got no complete answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No connection could be made, so the request was not executed.
    #[error("no connection: {0}")]
    Unreachable(String),
    /// The connection broke after the request was sent, so the request may or may not have been executed.
    #[error("the connection broke before the answer was complete: {0}")]
    Interrupted(String),
    /// No complete answer came within this time; the request may or may not have been executed.
    #[error("no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// The answer was larger than this many bytes and was not read to its end.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The request could not be built or sent for a local reason, such as a bad address or missing TLS roots.
    #[error("{0}")]
    Unusable(String),
    /// There is no API key, so nothing was sent.
    #[error("{}", .0.why)]
    NoKey(WrongSetting),
    /// A setting keeps the request from reaching Linear; nothing was executed.
    #[error("{}", .0.why)]
    WrongSetting(WrongSetting),
}

/// A setting with which requests do not reach Linear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongSetting {
    /// The name of the setting, and what is wrong with its value.
    pub why: String,
    /// The suggestion that corrects the setting.
    pub remedy: String,
    /// Whether a request was sent before the mistake was noticed.
    pub sent: bool,
}

impl WrongSetting {
    /// Returns the error that there is no API key for the reason `why`, with the suggestion to set `LINEAR_API_KEY`.
    pub fn no_key(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            remedy: "Make a key in Linear under Settings > Account > Security & access, export it as LINEAR_API_KEY in the shell that starts the client, or have LINEAR_API_KEY_FILE or LINEAR_API_KEY_COMMAND say where it is, then restart this server".to_owned(),
            sent: false,
        }
    }
}

/// Sends the body of a GraphQL request (`{"query", "variables", "operationName"}` as JSON) and returns the answer.
pub trait Transport: Send + Sync + 'static {
    /// Sends `body` once, and waits for the answer no longer than `limit` and the transport's own limit allow.
    /// Implementations neither retry nor parse the answer; `linear::client` does both.
    fn send(&self, body: Vec<u8>, limit: Option<Duration>) -> BoxFuture<'_, Result<Reply, Fault>>;
}

//! The transport to Linear over HTTPS. The HTTP client is built at the first request, because reading the system's
//! certificates takes some milliseconds, and the answer to `initialize` should not wait for them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http_body::{Body, Frame, SizeHint};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use reqwest::{Response, StatusCode, Url};
use secrecy::ExposeSecret as _;
use serde::de::IgnoredAny;

use super::address;
use super::key::Key;
use super::transport::{Fault, Reply, Transport, WrongSetting};
use crate::clock::Stopwatch;

/// The maximum size of an answer in bytes. Even the answer to a document of 10,000 complexity points, which is Linear's
/// limit, is far smaller.
const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// The longest interval between two tests of an HTTP/2 connection, however long a request may take.
const MAX_PING_INTERVAL: Duration = Duration::from_secs(10);
/// The longest time that such a test may take, however long a request may take.
const MAX_PING_TIMEOUT: Duration = Duration::from_secs(5);

/// The settings for reaching Linear.
#[derive(Clone)]
pub struct Endpoint {
    /// The URL of the GraphQL endpoint: https, or http on loopback.
    pub url: String,
    /// The API key, or an error when there is no key. In that case every request fails with this error as
    /// [`Fault::NoKey`].
    pub authorization: Result<Key, WrongSetting>,
    /// How long one request may take.
    pub timeout: Duration,
    /// Whether the URL is on loopback, where no proxy is used.
    pub loopback: bool,
    /// Whether the proxy settings of the environment are valid. If they are not, every request fails with this error as
    /// [`Fault::WrongSetting`].
    pub proxy: Result<(), WrongSetting>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &address::shown(&self.url))
            .field("authorization", &self.authorization)
            .field("timeout", &self.timeout)
            .field("loopback", &self.loopback)
            .field("proxy", &self.proxy)
            .finish()
    }
}

/// A transport over HTTP.
#[derive(Debug)]
pub struct Http {
    endpoint: Endpoint,
    client: OnceLock<Result<reqwest::Client, String>>,
}

impl Http {
    /// Returns a transport to the endpoint. It opens no connection yet.
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            client: OnceLock::new(),
        }
    }

    fn client(&self) -> Result<&reqwest::Client, Fault> {
        self.client
            .get_or_init(|| build(&self.endpoint))
            .as_ref()
            .map_err(|why| Fault::Unusable(why.clone()))
    }

    /// Returns the `Authorization` header. When the key has to be fetched first, `limit` is shortened by the time that
    /// this takes.
    ///
    /// # Errors
    /// Returns an error when the key cannot be fetched, or is not a valid header value.
    async fn authorization(
        &self,
        key: &Key,
        limit: &mut Duration,
    ) -> Result<HeaderValue, WrongSetting> {
        let header = match key.header() {
            Some(header) => header.clone(),
            None => {
                let stopwatch = Stopwatch::start();
                let header = key.fetch(*limit).await?;
                *limit = limit.saturating_sub(stopwatch.elapsed());
                header
            }
        };
        let value = HeaderValue::from_str(header.expose_secret());
        let mut value = value.map_err(|_| key.wrong("holds characters that no key has"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Sends the body once, and returns the answer.
    ///
    /// # Errors
    /// Returns the [`Fault`] when no complete answer came.
    async fn send_once(&self, body: Vec<u8>, limit: Option<Duration>) -> Result<Reply, Fault> {
        let timeout = self.endpoint.timeout;
        let mut limit = limit.map_or(timeout, |limit| limit.min(timeout));
        // The key is read before the HTTP client is built, because no client is needed without a key.
        let key = self.endpoint.authorization.as_ref();
        let key = key.map_err(|wrong| Fault::NoKey(wrong.clone()))?;
        let authorization = self.authorization(key, &mut limit).await;
        let authorization = authorization.map_err(Fault::NoKey)?;
        if !self.endpoint.loopback {
            self.endpoint.proxy.clone().map_err(Fault::WrongSetting)?;
        }
        let (body, is_taken) = TrackedBody::new(body);
        let attempt = Attempt {
            limit,
            stopwatch: Stopwatch::start(),
            is_taken,
        };
        let request = self
            .client()?
            .post(&self.endpoint.url)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/json")
            .timeout(limit)
            .body(reqwest::Body::wrap(body));
        let response = request.send().await;
        let mut response = response.map_err(|error| attempt.fault(error))?;
        let status = response.status();
        if status.is_redirection() {
            return Err(self.wrong_address(&response));
        }
        let mut reply = Reply {
            status: status.as_u16(),
            headers: response
                .headers()
                .iter()
                .filter_map(|(name, value)| {
                    Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
                })
                .collect(),
            body: Vec::new(),
            key: Some(key.setting()),
        };
        loop {
            let chunk = response.chunk().await;
            let Some(chunk) = chunk.map_err(|error| attempt.fault(error))? else {
                break;
            };
            if reply.body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(Fault::TooLarge(MAX_ANSWER_BYTES));
            }
            reply.body.extend_from_slice(&chunk);
        }
        if status == StatusCode::NOT_FOUND {
            // Linear's statuses are not dependable (`linear/api.md` §4), so the body tells whether Linear has answered.
            let keys = serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(&reply.body);
            let is_graphql =
                keys.is_ok_and(|keys| keys.contains_key("data") || keys.contains_key("errors"));
            if !is_graphql {
                return Err(self.wrong_address(&response));
            }
        }
        Ok(reply)
    }

    /// Returns the fault for a response which shows that `LINEAR_API_URL` is not Linear's endpoint.
    fn wrong_address(&self, response: &Response) -> Fault {
        let status = response.status().as_u16();
        let url = Url::parse(&self.endpoint.url).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or("?");
        let location = response.headers().get(LOCATION);
        let location = location.and_then(|path| url.as_ref()?.join(path.to_str().ok()?).ok());
        let location = location.map_or_else(String::new, |location| {
            format!(" and points to '{}'", address::shown(location.as_str()))
        });
        Fault::WrongSetting(WrongSetting {
            why: format!(
                "LINEAR_API_URL is not the address of Linear's GraphQL endpoint: '{host}' answered {status}{location}"
            ),
            remedy: format!(
                "Set LINEAR_API_URL to {}, or leave it out, then restart this server",
                address::LINEAR
            ),
            sent: true,
        })
    }
}

impl Transport for Http {
    fn send(&self, body: Vec<u8>, limit: Option<Duration>) -> BoxFuture<'_, Result<Reply, Fault>> {
        self.send_once(body, limit).boxed()
    }
}

/// A request that is being sent.
struct Attempt {
    limit: Duration,
    stopwatch: Stopwatch,
    /// Whether a connection has taken the body.
    is_taken: Arc<AtomicBool>,
}

impl Attempt {
    /// Returns the fault that an error of the HTTP client stands for. The fault's text contains neither the key, which
    /// is sent as a header, nor the URL.
    fn fault(&self, error: reqwest::Error) -> Fault {
        let error = error.without_url();
        if error.is_builder() {
            return Fault::Unusable(causes(&error));
        }
        let is_late = error.is_timeout() && self.stopwatch.elapsed() >= self.limit;
        if !self.is_taken.load(Ordering::Relaxed) {
            return Fault::Unreachable(if is_late {
                format!("no connection within {} ms", self.limit.as_millis())
            } else {
                causes(&error)
            });
        }
        if is_late {
            Fault::Timeout(self.limit)
        } else {
            Fault::Interrupted(causes(&error))
        }
    }
}

/// A request's body that records when a connection takes it. A request whose body was never taken was not executed.
/// Only this distinguishes a connection that was never made from an answer that never came.
struct TrackedBody {
    bytes: Option<Bytes>,
    is_taken: Arc<AtomicBool>,
}

impl TrackedBody {
    /// Returns the body, and the flag that is set when a connection takes the body.
    fn new(bytes: Vec<u8>) -> (Self, Arc<AtomicBool>) {
        let is_taken = Arc::new(AtomicBool::new(false));
        let body = Self {
            bytes: Some(bytes.into()),
            is_taken: Arc::clone(&is_taken),
        };
        (body, is_taken)
    }
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.is_taken.store(true, Ordering::Relaxed);
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let left = self.bytes.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(u64::try_from(left).unwrap_or(u64::MAX))
    }
}

/// Returns the messages of an error and all its causes, because the message of reqwest alone does not give the reason.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Builds the HTTP client.
///
/// # Errors
/// Returns the reason as text.
fn build(endpoint: &Endpoint) -> Result<reqwest::Client, String> {
    // Installing the crypto provider a second time fails and changes nothing, so the result does not matter.
    let _ = rustls::crypto::ring::default_provider().install_default();
    client_builder(endpoint).build().or_else(|_| {
        // The builder fails on a system without certificates, even for http. Then the built-in certificates are used.
        let roots = rustls::RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let tls = rustls::ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        client_builder(endpoint)
            .tls_backend_preconfigured(tls)
            .build()
            .map_err(|error| causes(&error.without_url()))
    })
}

fn client_builder(endpoint: &Endpoint) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("linear-ops/", env!("CARGO_PKG_VERSION")))
        // The time for connecting includes the TLS handshake. It is shorter than the time limit of the request, so that
        // an unreachable server is reported as such and not as a timeout.
        .connect_timeout(endpoint.timeout / 3)
        // A connection that no longer answers, as happens after a change of the network, is closed. Otherwise every
        // request would reach its time limit without an answer until the process ends. The connection is tested while
        // idle, too, because a request that finds it broken has already lost time.
        .http2_keep_alive_interval((endpoint.timeout / 3).min(MAX_PING_INTERVAL))
        .http2_keep_alive_timeout((endpoint.timeout / 6).min(MAX_PING_TIMEOUT))
        .http2_keep_alive_while_idle(true)
        .redirect(reqwest::redirect::Policy::none())
        // Retries are decided in `linear::client`, which also knows the body of the answer.
        .retry(reqwest::retry::never());
    if endpoint.loopback {
        builder.no_proxy()
    } else {
        builder
    }
}

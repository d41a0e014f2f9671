//! Linear over HTTPS. The client is built at the first request, because reading the system's certificates takes
//! milliseconds that `initialize` should not wait for.

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

/// The largest answer that is read: far above what 10,000 complexity points can bring.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

/// How often an HTTP/2 connection is tested at most, and how long the test may take at most, whatever the limit of a
/// request.
const LONGEST_TEST_INTERVAL: Duration = Duration::from_secs(10);
const LONGEST_TEST: Duration = Duration::from_secs(5);

/// How to reach Linear.
#[derive(Clone)]
pub struct Endpoint {
    /// The GraphQL endpoint: https, or http on loopback.
    pub url: String,
    /// The key, or why there is none: every request then fails with that, as a missing setting.
    pub authorization: Result<Key, WrongSetting>,
    /// How long one request may take.
    pub timeout: Duration,
    /// Whether the address is this machine's own, which no proxy leads to.
    pub loopback: bool,
    /// Whether the environment's proxy, if there is one, can be used; else every request fails with this, as a setting
    /// that is wrong.
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

/// Linear over HTTP.
#[derive(Debug)]
pub struct Http {
    endpoint: Endpoint,
    client: OnceLock<Result<reqwest::Client, String>>,
}

impl Http {
    /// A transport to that endpoint. Nothing is opened yet.
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

    /// The `Authorization` header. Where the key has to be fetched first, `limit` is shortened by the time that takes.
    async fn authorization(
        &self,
        key: &Key,
        limit: &mut Duration,
    ) -> Result<HeaderValue, WrongSetting> {
        let header = match key.header() {
            Some(header) => header.clone(),
            None => {
                let watch = Stopwatch::start();
                let header = key.fetch(*limit).await?;
                *limit = limit.saturating_sub(watch.elapsed());
                header
            }
        };
        let value = HeaderValue::from_str(header.expose_secret());
        let mut value = value.map_err(|_| key.wrong("holds characters that no key has"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    async fn exchange(&self, body: Vec<u8>, limit: Option<Duration>) -> Result<Reply, Fault> {
        let own = self.endpoint.timeout;
        let mut limit = limit.map_or(own, |limit| limit.min(own));
        // Before the client: without a key none has to be built.
        let key = self.endpoint.authorization.as_ref();
        let key = key.map_err(|wrong| Fault::NoKey(wrong.clone()))?;
        let authorization = self.authorization(key, &mut limit).await;
        let authorization = authorization.map_err(Fault::NoKey)?;
        if !self.endpoint.loopback {
            self.endpoint.proxy.clone().map_err(Fault::WrongSetting)?;
        }
        let (body, taken) = TakenBody::new(body);
        let sending = Sending {
            limit,
            watch: Stopwatch::start(),
            taken,
        };
        let request = self
            .client()?
            .post(&self.endpoint.url)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/json")
            .timeout(limit)
            .body(reqwest::Body::wrap(body));
        let sent = request.send().await;
        let mut response = sent.map_err(|error| sending.fault(error))?;
        let status = response.status();
        if status.is_redirection() {
            return Err(self.elsewhere(&response));
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
            let Some(chunk) = chunk.map_err(|error| sending.fault(error))? else {
                break;
            };
            if reply.body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(Fault::TooLarge(LARGEST_ANSWER));
            }
            reply.body.extend_from_slice(&chunk);
        }
        if status == StatusCode::NOT_FOUND && !is_graphql(&reply.body) {
            return Err(self.elsewhere(&response));
        }
        Ok(reply)
    }

    /// The fault of an address that is not Linear's endpoint, as the response shows.
    fn elsewhere(&self, response: &Response) -> Fault {
        let status = response.status().as_u16();
        let url = Url::parse(&self.endpoint.url).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or("?");
        let to = response.headers().get(LOCATION);
        let to = to.and_then(|to| url.as_ref()?.join(to.to_str().ok()?).ok());
        let to = to.map_or_else(String::new, |to| {
            format!(" and points to '{}'", address::shown(to.as_str()))
        });
        Fault::WrongSetting(WrongSetting {
            why: format!(
                "LINEAR_API_URL is not the address of Linear's GraphQL endpoint: '{host}' answered {status}{to}"
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
        self.exchange(body, limit).boxed()
    }
}

/// A request on its way.
struct Sending {
    limit: Duration,
    watch: Stopwatch,
    taken: Arc<AtomicBool>,
}

impl Sending {
    /// What an error of the HTTP client means for the request. Its text holds neither the key, which is a header, nor
    /// the URL.
    fn fault(&self, error: reqwest::Error) -> Fault {
        let error = error.without_url();
        if error.is_builder() {
            return Fault::Unusable(causes(&error));
        }
        let is_late = error.is_timeout() && self.watch.elapsed() >= self.limit;
        if !self.taken.load(Ordering::Relaxed) {
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

/// A request's body that notes when it is taken by a connection. A request whose body was never taken was not executed,
/// whatever went wrong: only this tells a connection that was never made from an answer that never came.
struct TakenBody {
    bytes: Option<Bytes>,
    taken: Arc<AtomicBool>,
}

impl TakenBody {
    /// The body, and whether it has been taken.
    fn new(bytes: Vec<u8>) -> (Self, Arc<AtomicBool>) {
        let taken = Arc::new(AtomicBool::new(false));
        let body = Self {
            bytes: Some(bytes.into()),
            taken: Arc::clone(&taken),
        };
        (body, taken)
    }
}

impl Body for TakenBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.taken.store(true, Ordering::Relaxed);
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

/// Whether a body is a GraphQL answer, be it one that says what went wrong.
fn is_graphql(body: &[u8]) -> bool {
    let fields = serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(body);
    fields.is_ok_and(|fields| fields.contains_key("data") || fields.contains_key("errors"))
}

/// An error with what caused it, down to the bottom: reqwest's own sentence alone says nothing.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn build(endpoint: &Endpoint) -> Result<reqwest::Client, String> {
    // A second installation fails and changes nothing, which is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    settings(endpoint).build().or_else(|_| {
        // Without certificates on the system the builder itself fails, even for http: carry our own then.
        let roots = rustls::RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let tls = rustls::ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        settings(endpoint)
            .tls_backend_preconfigured(tls)
            .build()
            .map_err(|error| causes(&error.without_url()))
    })
}

fn settings(endpoint: &Endpoint) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("linear-ops/", env!("CARGO_PKG_VERSION")))
        // TLS included. A server that cannot be reached is told so before the request's own limit.
        .connect_timeout(endpoint.timeout / 3)
        // A connection that went silent, as those do that outlive a change of network, is left. Without this it would
        // take every request to its limit until the process ends. It is tested while idle, too: the next request finds
        // out too late.
        .http2_keep_alive_interval((endpoint.timeout / 3).min(LONGEST_TEST_INTERVAL))
        .http2_keep_alive_timeout((endpoint.timeout / 6).min(LONGEST_TEST))
        .http2_keep_alive_while_idle(true)
        .redirect(reqwest::redirect::Policy::none())
        // Repeating is decided in `linear::client`, which reads the answer's body too.
        .retry(reqwest::retry::never());
    if endpoint.loopback {
        builder.no_proxy()
    } else {
        builder
    }
}

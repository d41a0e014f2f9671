//! Linear over HTTPS. The client is built at the first request, because reading the system's certificates takes
//! milliseconds that `initialize` should not wait for.

use std::sync::OnceLock;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

use super::transport::{Fault, Reply, Transport};

/// The largest answer that is read: far above what 10,000 complexity points can bring.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;

/// How to reach Linear.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The GraphQL endpoint: https, or http on loopback.
    pub url: String,
    /// The whole `Authorization` header: a personal key raw, an OAuth token after `Bearer ` (`linear/api.md` §5).
    /// Or why there is none: every request then fails with that, as a missing setting.
    pub authorization: Result<SecretString, String>,
    /// How long one request may take.
    pub timeout: Duration,
    /// Whether the address is this machine's own, which no proxy leads to.
    pub loopback: bool,
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

    fn authorization(&self) -> Result<HeaderValue, Fault> {
        let key = match &self.endpoint.authorization {
            Ok(key) => key,
            Err(why) => return Err(Fault::Unusable(why.clone())),
        };
        let mut value = HeaderValue::from_str(key.expose_secret()).map_err(|_| {
            Fault::Unusable("LINEAR_API_KEY holds characters that no key has".to_owned())
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    async fn exchange(&self, body: Vec<u8>) -> Result<Reply, Fault> {
        // Before the client: without a key none has to be built.
        let authorization = self.authorization()?;
        let request = self
            .client()?
            .post(&self.endpoint.url)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, "application/json")
            .body(body);
        let mut response = request.send().await.map_err(|error| self.fault(error))?;
        let mut reply = Reply {
            status: response.status().as_u16(),
            headers: response
                .headers()
                .iter()
                .filter_map(|(name, value)| {
                    Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
                })
                .collect(),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(|error| self.fault(error))? {
            if reply.body.len() + chunk.len() > LARGEST_ANSWER {
                return Err(Fault::TooLarge(LARGEST_ANSWER));
            }
            reply.body.extend_from_slice(&chunk);
        }
        Ok(reply)
    }

    /// What an error of the HTTP client means for the request. Its text never holds the key: that is a header.
    /// Nor the query of the address.
    fn fault(&self, error: reqwest::Error) -> Fault {
        let error = &error.without_url();
        if error.is_timeout() && !error.is_connect() {
            Fault::Timeout(self.endpoint.timeout)
        } else if error.is_connect() {
            Fault::Unreachable(causes(error))
        } else if error.is_builder() {
            Fault::Unusable(causes(error))
        } else {
            Fault::Interrupted(causes(error))
        }
    }
}

impl Transport for Http {
    fn send(&self, body: Vec<u8>) -> BoxFuture<'_, Result<Reply, Fault>> {
        self.exchange(body).boxed()
    }
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
            .map_err(|error| causes(&error))
    })
}

fn settings(endpoint: &Endpoint) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("linear-ops/", env!("CARGO_PKG_VERSION")))
        .timeout(endpoint.timeout)
        .connect_timeout(endpoint.timeout.min(Duration::from_secs(10)))
        .redirect(reqwest::redirect::Policy::none())
        // Repeating is decided in `linear::client`, which reads the answer's body too.
        .retry(reqwest::retry::never());
    if endpoint.loopback {
        builder.no_proxy()
    } else {
        builder
    }
}

//! A session against the stand-in over real HTTP: wiremock serves it, so that reqwest, bytes and faults are real.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use linear_ops::clock::Clock;
use linear_ops::directory::Directory;
use linear_ops::dispatch;
use linear_ops::envelope::Envelope;
use linear_ops::linear::client::{Client, Patience};
use linear_ops::linear::http::{Endpoint, Http};
use linear_ops::request;
use linear_ops::sandbox::{Logged, Outcome, Request, Sandbox};
use linear_ops::session::Session;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use wiremock::matchers::any;
use wiremock::{Match, Mock, MockServer, Respond, ResponseTemplate};

/// A stand-in, the server that carries it, and a session that knows nothing yet.
pub struct World {
    pub sandbox: Sandbox,
    pub session: Session,
    _server: MockServer,
}

impl World {
    /// A world with the standard seed, whose client waits for nothing between two sendings.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A world whose endpoint is changed before it is used.
    pub async fn with(change: impl FnOnce(&mut Endpoint)) -> Self {
        let sandbox = Sandbox::new();
        let server = serve(&sandbox).await;
        let mut endpoint = Endpoint {
            url: format!("{}/graphql", server.uri()),
            authorization: Ok("lin_api_sandbox".into()),
            timeout: Duration::from_secs(20),
            loopback: true,
        };
        change(&mut endpoint);
        let patience = Patience {
            pause: Duration::from_millis(1),
            ..Patience::default()
        };
        let clock = Clock::system();
        let session = Session {
            client: Client::new(Arc::new(Http::new(endpoint)), patience, clock.clone()),
            directory: Directory::new(Duration::from_secs(600), 20_000),
            clock,
            read_only: false,
        };
        Self {
            sandbox,
            session,
            _server: server,
        }
    }

    /// Runs a request and answers its envelope.
    pub async fn run(&self, yaml: &str) -> Envelope {
        match request::read(yaml) {
            Ok(request) => dispatch::run(&self.session, request, CancellationToken::new()).await,
            Err(error) => dispatch::refuse(error),
        }
    }

    /// Runs an operation with parameters written in YAML's flow style: `get_team`, `{team: ENG}`.
    pub async fn call(&self, operation: &str, params: &str) -> Answer {
        let envelope = self
            .run(&format!("operation: {operation}\nparams: {params}\n"))
            .await;
        Answer(envelope.to_value())
    }

    /// What the stand-in has seen since the last time this was asked.
    pub fn seen(&self) -> Vec<Logged> {
        let seen = self.sandbox.requests();
        self.sandbox.forget_requests();
        seen
    }
}

/// An envelope as its readers see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer(pub Value);

impl Answer {
    /// The value at a JSON pointer; null where there is none.
    pub fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The text at a JSON pointer.
    pub fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_default()
    }

    /// `data`, of an operation that has to have succeeded.
    pub fn data(&self) -> &Value {
        assert_eq!(self.at("/success"), true, "{:#}", self.0);
        self.at("/data")
    }

    /// The code, of an operation that has to have failed.
    pub fn code(&self) -> &str {
        assert_eq!(self.at("/success"), false, "{:#}", self.0);
        self.text("/error/code")
    }

    /// `metadata.mcp_calls`.
    pub fn calls(&self) -> u64 {
        self.at("/metadata/mcp_calls").as_u64().unwrap_or(u64::MAX)
    }

    /// The list at a JSON pointer, as texts.
    pub fn texts(&self, pointer: &str) -> Vec<&str> {
        let items = self.at(pointer).as_array();
        items
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }
}

/// The stand-in behind wiremock. Each request is handled once, when the first mock looks at it; the mock that breaks
/// the connection takes it when the stand-in says so, else the other answers.
pub async fn serve(sandbox: &Sandbox) -> MockServer {
    let server = MockServer::start().await;
    let stage = Arc::new(Stage {
        sandbox: sandbox.clone(),
        outcome: Mutex::default(),
    });
    let broken = |_: &wiremock::Request| std::io::Error::other("the stand-in broke the connection");
    Mock::given(Broken(Arc::clone(&stage)))
        .respond_with_err(broken)
        .with_priority(1)
        .mount(&server)
        .await;
    Mock::given(any())
        .respond_with(Answers(stage))
        .mount(&server)
        .await;
    server
}

struct Stage {
    sandbox: Sandbox,
    outcome: Mutex<Option<Outcome>>,
}

struct Broken(Arc<Stage>);

impl Match for Broken {
    fn matches(&self, request: &wiremock::Request) -> bool {
        let authorization = request.headers.get("authorization");
        let outcome = self.0.sandbox.handle(Request {
            authorization: authorization
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            body: request.body.clone(),
        });
        let broken = outcome.reply.is_err();
        *self.0.outcome.lock().unwrap() = Some(outcome);
        broken
    }
}

struct Answers(Arc<Stage>);

impl Respond for Answers {
    fn respond(&self, _: &wiremock::Request) -> ResponseTemplate {
        let outcome = self.0.outcome.lock().unwrap().take().unwrap();
        let reply = outcome.reply.unwrap();
        let mut template = ResponseTemplate::new(reply.status).set_delay(outcome.delay);
        for (name, value) in &reply.headers {
            template = template.append_header(name.as_str(), value.as_str());
        }
        template.set_body_bytes(reply.body)
    }
}

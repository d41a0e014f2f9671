//! What the integration tests share: a session that talks to the stand-in over HTTP, snapshots, and counts of requests.
//!
//! wiremock serves the stand-in, so that the HTTP client, the bytes on the wire and the faults are real.

pub mod binary;
pub mod external_changes;
pub mod failures;

use std::panic::Location;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use linear_ops::cache::Cache;
use linear_ops::clock::Clock;
use linear_ops::effect::Allowed;
use linear_ops::engine;
use linear_ops::envelope::Envelope;
use linear_ops::linear::client::{Client, RetryLimits};
use linear_ops::linear::http::{Endpoint, Http};
use linear_ops::request;
use linear_ops::sandbox::store::text;
use linear_ops::sandbox::{Logged, Outcome, Request, Sandbox};
use linear_ops::session::Session;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{header, method, path};
use wiremock::{Match, Mock, MockBuilder, MockServer, Respond, ResponseTemplate};

/// A stand-in for Linear, the HTTP server in front of it, and a session with an empty cache.
pub struct TestWorkspace {
    pub sandbox: Sandbox,
    pub session: Session,
    endpoint: Endpoint,
    _server: MockServer,
}

impl TestWorkspace {
    /// Returns a test workspace with the standard seed. Its client hardly pauses before it repeats a request.
    pub async fn new() -> Self {
        Self::with_endpoint(|_| {}).await
    }

    /// Returns a test workspace whose endpoint is changed before the session is created.
    pub async fn with_endpoint(change: impl FnOnce(&mut Endpoint)) -> Self {
        Self::from_parts(Sandbox::new(), counting_clock(), change).await
    }

    /// Returns a test workspace that authenticates with this `Authorization` header.
    pub async fn with_key(authorization: &str) -> Self {
        Self::with_endpoint(|endpoint| endpoint.authorization = Ok(authorization.into())).await
    }

    /// Returns a test workspace whose session is allowed to delete.
    pub async fn deleting() -> Self {
        let mut workspace = Self::new().await;
        workspace.session.guards.allowed = Allowed::Deleting;
        workspace
    }

    /// Does what [`TestWorkspace::with`] does, with this stand-in.
    pub async fn with_sandbox(sandbox: Sandbox, change: impl FnOnce(&mut Endpoint)) -> Self {
        Self::from_parts(sandbox, counting_clock(), change).await
    }

    /// Does what [`TestWorkspace::with`] does, with the time and the ids of this clock.
    pub async fn with_clock(clock: Clock, change: impl FnOnce(&mut Endpoint)) -> Self {
        Self::from_parts(Sandbox::new(), clock, change).await
    }

    async fn from_parts(
        sandbox: Sandbox,
        clock: Clock,
        change: impl FnOnce(&mut Endpoint),
    ) -> Self {
        let server = serve(&sandbox).await;
        let mut endpoint = Endpoint {
            url: format!("{}/graphql", server.uri()),
            authorization: Ok("lin_api_sandbox".into()),
            timeout: Duration::from_secs(20),
            loopback: true,
            proxy: Ok(()),
        };
        change(&mut endpoint);
        let session = session(&endpoint, clock);
        Self {
            sandbox,
            session,
            endpoint,
            _server: server,
        }
    }

    /// Returns a test workspace whose cache keeps at most `entries` entries of each kind, for at most `age`.
    pub async fn with_cache(age: Duration, entries: u64) -> Self {
        let mut workspace = Self::new().await;
        workspace.session.cache = Cache::new(age, entries);
        workspace
    }

    /// Returns a test workspace whose client sends one request at a time.
    pub async fn one_request_at_a_time() -> Self {
        let mut workspace = Self::new().await;
        let clock = workspace.session.clock.clone();
        let retry_limits = RetryLimits {
            in_flight: 1,
            ..PATIENCE
        };
        workspace.session = session_of(&workspace.endpoint, clock, retry_limits);
        workspace
    }

    /// Returns a second session of the same workspace, with an empty cache, as another process would have.
    pub fn another_session(&self) -> Session {
        session(&self.endpoint, self.session.clock.clone())
    }

    /// Runs a request, and returns its envelope.
    pub async fn run(&self, yaml: &str) -> Envelope {
        run(&self.session, yaml).await
    }

    /// Runs an operation with parameters written in YAML's flow style: `get_team`, `{team: ENG}`.
    pub async fn call(&self, operation: &str, params: &str) -> Answer {
        call(&self.session, operation, params).await
    }

    /// Runs a request and returns its envelope as a value.
    pub async fn answer(&self, yaml: &str) -> Answer {
        Answer(self.run(yaml).await.to_value())
    }

    /// Runs an operation with parameters given as JSON.
    pub async fn call_json(&self, operation: &str, params: Value) -> Answer {
        self.call(operation, &params.to_string()).await
    }

    /// Runs an operation as [`TestWorkspace::call`] does, and returns the text that a caller reads.
    pub async fn yaml(&self, operation: &str, params: &str) -> String {
        self.run(&format!("operation: {operation}\nparams: {params}\n"))
            .await
            .to_yaml()
    }

    /// Runs an operation, which has to succeed, and returns the input of the mutation with this root field.
    pub async fn input(&self, root: &str, operation: &str, params: &str) -> Value {
        self.take_requests();
        self.call(operation, params).await.data();
        variable(&self.take_requests(), root, "input").clone()
    }

    /// Returns the id of the record of a type that has this value in a field.
    pub fn id(&self, kind: &str, field: &str, value: &str) -> String {
        let mut id = None;
        self.sandbox.edit(|store| {
            let record = store.find(kind, field, value);
            id = record.and_then(|record| text(record, "id").map(str::to_owned));
        });
        id.unwrap()
    }

    /// Returns the text in a field of the stand-in's record with this type and id, or `None` where the record or the
    /// text is missing.
    pub fn stored(&self, kind: &str, id: &str, field: &str) -> Option<String> {
        let mut value = None;
        self.sandbox.edit(|store| {
            let record = store.get(kind, id);
            value = record.and_then(|record| text(record, field).map(str::to_owned));
        });
        value
    }

    /// Waits until the stand-in has received a request.
    pub async fn wait_for_request(&self) {
        while self.sandbox.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Returns the requests that the stand-in has received since the last call of this function.
    pub fn take_requests(&self) -> Vec<Logged> {
        let received = self.sandbox.requests();
        self.sandbox.forget_requests();
        received
    }
}

/// Settings of a client that hardly pauses before it repeats a request.
const PATIENCE: RetryLimits = RetryLimits {
    attempts: 3,
    pause: Duration::from_millis(1),
    max_wait: Duration::from_secs(2),
    looks: [Duration::from_millis(1); 3],
    in_flight: 8,
};

fn session(endpoint: &Endpoint, clock: Clock) -> Session {
    session_of(endpoint, clock, PATIENCE)
}

fn session_of(endpoint: &Endpoint, clock: Clock, retry_limits: RetryLimits) -> Session {
    let http = Arc::new(Http::new(endpoint.clone()));
    let client = Client::new(http, retry_limits, clock.clone());
    let cache = Cache::new(Duration::from_secs(600), 20_000);
    Session::new(client, cache, clock, Allowed::Writing)
}

/// Returns a clock with the system's time, whose ids are the same in every run.
fn counting_clock() -> Clock {
    let made = AtomicU64::new(0);
    Clock::new(
        || Clock::system().now_ms(),
        move || {
            let number = made.fetch_add(1, Ordering::Relaxed) + 1;
            format!("c11e0000-0000-4000-8000-{number:012x}")
        },
    )
}

/// Runs a request in a session, and returns its envelope.
pub async fn run(session: &Session, yaml: &str) -> Envelope {
    match request::read(yaml, &linear_ops::engine::Catalog) {
        Ok(request) => engine::run(session, request, CancellationToken::new()).await,
        Err(error) => engine::refuse(error),
    }
}

/// Runs an operation in a session, as [`TestWorkspace::call`] does in its own.
pub async fn call(session: &Session, operation: &str, params: &str) -> Answer {
    let request = format!("operation: {operation}\nparams: {params}\n");
    Answer(run(session, &request).await.to_value())
}

/// Compares an envelope's text with the snapshot of that name. Only the duration may differ.
#[track_caller]
pub fn snapshot(name: &str, yaml: &str) {
    snapshot_but_for(&[], name, yaml);
}

/// Does what [`snapshot`] does, but also replaces every match of a pattern by the word beside it. The snapshot is kept
/// in the folder `snapshots` beside the file that calls this function.
#[track_caller]
pub fn snapshot_but_for(patterns: &[(&str, &str)], name: &str, yaml: &str) {
    let duration = (r"duration_ms: \d+", "duration_ms: [ms]");
    let caller = Path::new(env!("CARGO_MANIFEST_DIR")).join(Location::caller().file());
    insta::with_settings!({
        snapshot_path => caller.with_file_name("snapshots"),
        filters => patterns.iter().copied().chain([duration]),
        omit_expression => true,
        prepend_module_to_snapshot => false,
    }, { insta::assert_snapshot!(name, yaml) });
}

/// Counts the requests that were mutations.
pub fn mutations(received: &[Logged]) -> usize {
    received.iter().filter(|request| request.mutation).count()
}

/// Returns the variable whose name ends in `ending` of the one request that has this root field. Where a document has
/// several operations, the names of the variables have a prefix.
pub fn variable<'l>(received: &'l [Logged], root: &str, ending: &str) -> &'l Value {
    let mut requests = received
        .iter()
        .filter(|request| request.roots.iter().any(|name| name == root));
    let request = requests.next().unwrap();
    assert!(requests.next().is_none(), "several requests with {root}");
    let variables = request.variables.as_object().unwrap();
    let mut named = variables.iter().filter(|(name, _)| name.ends_with(ending));
    named.next().unwrap().1
}

/// An envelope as a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer(pub Value);

impl Answer {
    /// Returns the value at a JSON pointer, or null where there is none.
    pub fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// Returns the text at a JSON pointer, or an empty one where there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_default()
    }

    /// Asserts that the operation succeeded, and returns `data`.
    pub fn data(&self) -> &Value {
        assert_eq!(self.at("/success"), true, "{:#}", self.0);
        self.at("/data")
    }

    /// Asserts that the operation failed with at least one suggestion, and returns the error's code.
    pub fn code(&self) -> &str {
        assert_eq!(self.at("/success"), false, "{:#}", self.0);
        assert!(!self.texts("/error/suggestions").is_empty(), "{:#}", self.0);
        self.text("/error/code")
    }

    /// Returns `metadata.mcp_calls`.
    pub fn calls(&self) -> u64 {
        self.at("/metadata/mcp_calls").as_u64().unwrap_or(u64::MAX)
    }

    /// Asserts that the operation succeeded, and returns the text that each row of a list in `data` has in a field.
    pub fn column(&self, list: &str, field: &str) -> Vec<String> {
        let rows = self.data()[list].as_array().unwrap();
        rows.iter()
            .map(|row| row[field].as_str().unwrap().to_owned())
            .collect()
    }

    /// Returns the texts of the list at a JSON pointer.
    pub fn texts(&self, pointer: &str) -> Vec<&str> {
        let items = self.at(pointer).as_array();
        items
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    }
}

/// Serves the stand-in at `/graphql` for posted JSON; every other request gets a 404. The first mock hands each request
/// to the stand-in once. It takes the request where the stand-in says that the connection breaks; otherwise the second
/// mock sends the stand-in's answer.
pub async fn serve(sandbox: &Sandbox) -> MockServer {
    let server = MockServer::start().await;
    let stage = Arc::new(Stage {
        sandbox: sandbox.clone(),
        outcome: Mutex::default(),
    });
    let broken = |_: &wiremock::Request| std::io::Error::other("the stand-in broke the connection");
    posted_json()
        .and(Broken(Arc::clone(&stage)))
        .respond_with_err(broken)
        .with_priority(1)
        .mount(&server)
        .await;
    posted_json()
        .respond_with(Answers(stage))
        .mount(&server)
        .await;
    server
}

/// Returns a mock of the requests that Linear's endpoint accepts. Matchers that are added run only if these match.
fn posted_json() -> MockBuilder {
    Mock::given(method("POST"))
        .and(path("/graphql"))
        .and(header("content-type", "application/json"))
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

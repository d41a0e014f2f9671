//! A session against the stand-in over real HTTP: wiremock serves it, so that reqwest, bytes and faults are real.

pub mod binary;
pub mod external_changes;
pub mod failures;

use std::panic::Location;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use linear_ops::clock::Clock;
use linear_ops::directory::Directory;
use linear_ops::dispatch;
use linear_ops::effect::Allowed;
use linear_ops::envelope::Envelope;
use linear_ops::linear::client::{Client, Patience};
use linear_ops::linear::http::{Endpoint, Http};
use linear_ops::request;
use linear_ops::sandbox::store::text;
use linear_ops::sandbox::{Logged, Outcome, Request, Sandbox};
use linear_ops::session::Session;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use wiremock::matchers::{header, method, path};
use wiremock::{Match, Mock, MockBuilder, MockServer, Respond, ResponseTemplate};

/// A stand-in, the server that carries it, and a session that knows nothing yet.
pub struct World {
    pub sandbox: Sandbox,
    pub session: Session,
    endpoint: Endpoint,
    _server: MockServer,
}

impl World {
    /// A world with the standard seed, whose client waits for nothing between two sendings.
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A world whose endpoint is changed before it is used.
    pub async fn with(change: impl FnOnce(&mut Endpoint)) -> Self {
        Self::of(Sandbox::new(), counting_clock(), change).await
    }

    /// A world that authenticates with that header.
    pub async fn keyed(authorization: &str) -> Self {
        Self::with(|endpoint| endpoint.authorization = Ok(authorization.into())).await
    }

    /// A world whose server was told to allow deletions.
    pub async fn deleting() -> Self {
        let mut world = Self::new().await;
        world.session.guards.allowed = Allowed::Deleting;
        world
    }

    /// As [`World::with`], over this stand-in.
    pub async fn over(sandbox: Sandbox, change: impl FnOnce(&mut Endpoint)) -> Self {
        Self::of(sandbox, counting_clock(), change).await
    }

    /// As [`World::with`], with its time and ids from that clock.
    pub async fn clocked(clock: Clock, change: impl FnOnce(&mut Endpoint)) -> Self {
        Self::of(Sandbox::new(), clock, change).await
    }

    async fn of(sandbox: Sandbox, clock: Clock, change: impl FnOnce(&mut Endpoint)) -> Self {
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

    /// A world whose session keeps what it knows for this long, and so many entries of each kind.
    pub async fn remembering(age: Duration, entries: u64) -> Self {
        let mut world = Self::new().await;
        world.session.directory = Directory::new(age, entries);
        world
    }

    /// A world whose client sends one request at a time.
    pub async fn narrow() -> Self {
        let mut world = Self::new().await;
        let clock = world.session.clock.clone();
        let patience = Patience {
            in_flight: 1,
            ..PATIENCE
        };
        world.session = session_of(&world.endpoint, clock, patience);
        world
    }

    /// The same workspace seen by another process, which knows nothing yet.
    pub fn another_session(&self) -> Session {
        session(&self.endpoint, self.session.clock.clone())
    }

    /// Runs a request and answers its envelope.
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

    /// Runs an operation as [`World::call`] does, and returns the text that a caller reads.
    pub async fn yaml(&self, operation: &str, params: &str) -> String {
        self.run(&format!("operation: {operation}\nparams: {params}\n"))
            .await
            .to_yaml()
    }

    /// What the mutation with that root field was told when an operation succeeded with these parameters.
    pub async fn input(&self, root: &str, operation: &str, params: &str) -> Value {
        self.seen();
        self.call(operation, params).await.data();
        variable(&self.seen(), root, "input").clone()
    }

    /// The id of the one record of that type whose field has that value, as the stand-in keeps it.
    pub fn id(&self, kind: &str, field: &str, value: &str) -> String {
        let mut id = None;
        self.sandbox.edit(|store| {
            let record = store.find(kind, field, value);
            id = record.and_then(|record| text(record, "id").map(str::to_owned));
        });
        id.unwrap()
    }

    /// The text in a field of the record with that type and id, as the stand-in keeps it; none where the record or the
    /// text is missing.
    pub fn stored(&self, kind: &str, id: &str, field: &str) -> Option<String> {
        let mut value = None;
        self.sandbox.edit(|store| {
            let record = store.get(kind, id);
            value = record.and_then(|record| text(record, field).map(str::to_owned));
        });
        value
    }

    /// Waits until the stand-in has seen a request.
    pub async fn asked(&self) {
        while self.sandbox.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// What the stand-in has seen since the last time this was asked.
    pub fn seen(&self) -> Vec<Logged> {
        let seen = self.sandbox.requests();
        self.sandbox.forget_requests();
        seen
    }
}

/// A client that waits for nothing between two sendings.
const PATIENCE: Patience = Patience {
    attempts: 3,
    pause: Duration::from_millis(1),
    max_wait: Duration::from_secs(2),
    looks: [Duration::from_millis(1); 3],
    in_flight: 8,
};

fn session(endpoint: &Endpoint, clock: Clock) -> Session {
    session_of(endpoint, clock, PATIENCE)
}

fn session_of(endpoint: &Endpoint, clock: Clock, patience: Patience) -> Session {
    let http = Arc::new(Http::new(endpoint.clone()));
    let client = Client::new(http, patience, clock.clone());
    let directory = Directory::new(Duration::from_secs(600), 20_000);
    Session::new(client, directory, clock, Allowed::Writing)
}

/// The system's time, and ids that are the same in every run.
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

/// Runs a request in a session and answers its envelope.
pub async fn run(session: &Session, yaml: &str) -> Envelope {
    match request::read(yaml, &linear_ops::dispatch::Operations) {
        Ok(request) => dispatch::run(session, request, CancellationToken::new()).await,
        Err(error) => dispatch::refuse(error),
    }
}

/// Runs an operation in a session, as [`World::call`] does.
pub async fn call(session: &Session, operation: &str, params: &str) -> Answer {
    let request = format!("operation: {operation}\nparams: {params}\n");
    Answer(run(session, &request).await.to_value())
}

/// Compares an envelope's text with the one kept under that name; only the time it took may differ.
#[track_caller]
pub fn snapshot(name: &str, yaml: &str) {
    snapshot_but_for(&[], name, yaml);
}

/// As [`snapshot`], but what these patterns match may differ too: each is shown as the word beside it. The snapshot is kept
/// in the folder `snapshots` beside the file that calls this function.
#[track_caller]
pub fn snapshot_but_for(these: &[(&str, &str)], name: &str, yaml: &str) {
    let duration = (r"duration_ms: \d+", "duration_ms: [ms]");
    let caller = Path::new(env!("CARGO_MANIFEST_DIR")).join(Location::caller().file());
    insta::with_settings!({
        snapshot_path => caller.with_file_name("snapshots"),
        filters => these.iter().copied().chain([duration]),
        omit_expression => true,
        prepend_module_to_snapshot => false,
    }, { insta::assert_snapshot!(name, yaml) });
}

/// How many of the requests were mutations.
pub fn mutations(seen: &[Logged]) -> usize {
    seen.iter().filter(|request| request.mutation).count()
}

/// The variables of the one request with that root field, whose names end in that word: those of several operations
/// in one document have a prefix.
pub fn variable<'l>(seen: &'l [Logged], root: &str, ending: &str) -> &'l Value {
    let mut with = seen
        .iter()
        .filter(|request| request.roots.iter().any(|name| name == root));
    let request = with.next().unwrap();
    assert!(with.next().is_none(), "several requests with {root}");
    let variables = request.variables.as_object().unwrap();
    let mut named = variables.iter().filter(|(name, _)| name.ends_with(ending));
    named.next().unwrap().1
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

    /// The code, of an operation that has to have failed, and says at least one way out.
    pub fn code(&self) -> &str {
        assert_eq!(self.at("/success"), false, "{:#}", self.0);
        assert!(!self.texts("/error/suggestions").is_empty(), "{:#}", self.0);
        self.text("/error/code")
    }

    /// `metadata.mcp_calls`.
    pub fn calls(&self) -> u64 {
        self.at("/metadata/mcp_calls").as_u64().unwrap_or(u64::MAX)
    }

    /// The text that each row of a list in `data` has in a field. The operation has to have succeeded.
    pub fn column(&self, list: &str, field: &str) -> Vec<String> {
        let rows = self.data()[list].as_array().unwrap();
        rows.iter()
            .map(|row| row[field].as_str().unwrap().to_owned())
            .collect()
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

/// The stand-in behind wiremock, at `/graphql` alone and for posted JSON alone; all else is 404. Each request is handled once, when the first mock looks at it; the mock that breaks
/// the connection takes it when the stand-in says so, else the other answers.
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

/// What Linear's endpoint takes. The matchers added to it are asked only when these agree.
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

//! The connection to Linear: what the server reports when there is none, when it goes silent, and when something else
//! answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{RecvStream, server};
use linear_ops::clock::{Clock, Stopwatch};
use linear_ops::sandbox::{Act, Request, Sandbox};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::failures::{mutations, records, script_acts};
use crate::support::{self, binary};
use crate::support::{Answer, TestWorkspace};

const READ: (&str, &str) = ("list_teams", "{}");
/// A write that needs no look-up.
const WRITE: (&str, &str) = ("create_comment", "{issue_id: ENG-231, body: Never}");

/// How long these requests may take at most, on a slow machine too.
const BOUND: Duration = Duration::from_secs(20);

/// Asserts that a read and a write fail with this code, and that the write was not executed.
async fn both_fail(workspace: &TestWorkspace, code: &str) -> Vec<Answer> {
    let watch = Stopwatch::start();
    let mut answers = Vec::new();
    for (operation, params) in [READ, WRITE] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), code, "{:#}", answer.0);
        answers.push(answer);
    }
    assert!(watch.elapsed() < BOUND, "{:?}", watch.elapsed());
    assert_eq!(records(workspace, "Comment", "body", "Never"), 0);
    answers
}

/// Returns a test workspace whose client connects to this address.
async fn leading_to(url: String, timeout: Duration) -> TestWorkspace {
    TestWorkspace::with_endpoint(|endpoint| {
        endpoint.url = url;
        endpoint.timeout = timeout;
    })
    .await
}

/// The kernel takes the bytes and nothing answers them, so that the TLS handshake does not complete.
#[tokio::test]
async fn a_connection_whose_tls_never_comes_about_was_never_made() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/graphql", listener.local_addr().unwrap());
    let workspace = leading_to(url, Duration::from_millis(600)).await;
    for answer in both_fail(&workspace, "LINEAR_API_UNREACHABLE").await {
        assert_eq!(answer.calls(), 0);
    }
    // The result is the same when the deadline of the operation ends before the timeout of the connection.
    let url = format!("https://{}/graphql", listener.local_addr().unwrap());
    let mut workspace = leading_to(url, Duration::from_secs(30)).await;
    workspace.session.deadline = Duration::from_millis(1_200);
    let answer = workspace.call(
        "update_issue",
        "{issue_id: ENG-231, title: Never, changes: false}",
    );
    assert_eq!(answer.await.code(), "LINEAR_API_UNREACHABLE");
}

/// A queue of connections that is full: the next one is not answered at all.
#[tokio::test]
async fn a_port_that_never_accepts_was_never_reached() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    loop {
        let connecting = TcpStream::connect(address);
        match tokio::time::timeout(Duration::from_millis(300), connecting).await {
            Ok(stream) => queue.push(stream.unwrap()),
            Err(_) => break,
        }
        assert!(queue.len() < 1_000, "this system's queues have no end");
    }
    let url = format!("http://{address}/graphql");
    let workspace = leading_to(url, Duration::from_millis(600)).await;
    for answer in both_fail(&workspace, "LINEAR_API_UNREACHABLE").await {
        assert_eq!(answer.calls(), 0);
    }
}

#[tokio::test]
async fn an_address_that_is_not_linears_is_a_setting_that_is_wrong() {
    let moved = "https://me:word@elsewhere.example/login?token=Xyzzy";
    for (status, location) in [
        (301, Some(moved)),
        (302, Some("/login")),
        (304, None),
        (404, None),
    ] {
        let server = MockServer::start().await;
        let mut template = ResponseTemplate::new(status).set_body_string("Not here");
        if let Some(location) = location {
            template = template.insert_header("location", location);
        }
        Mock::given(method("POST"))
            .respond_with(template)
            .mount(&server)
            .await;
        let url = format!("{}/api?token=Xyzzy", server.uri());
        let workspace = leading_to(url, BOUND).await;
        for answer in both_fail(&workspace, "CONFIG_ERROR").await {
            let message = answer.text("/error/message");
            let reported = format!("'127.0.0.1' answered {status}");
            assert!(message.contains("LINEAR_API_URL"), "{message}");
            assert!(message.contains(&reported), "{message}");
            assert_eq!(
                message.contains("elsewhere.example/login"),
                location == Some(moved)
            );
            let remedy = answer.texts("/error/suggestions")[0];
            assert!(
                remedy.contains("https://api.linear.app/graphql"),
                "{remedy}"
            );
            let all = answer.0.to_string();
            assert!(!all.contains("Xyzzy") && !all.contains("word"), "{all}");
            assert_eq!(answer.calls(), 1, "it is not repeated");
        }
        assert_eq!(server.received_requests().await.unwrap().len(), 2);
    }
}

/// A 404 with a GraphQL answer is Linear's: its statuses are not dependable.
#[tokio::test]
async fn a_404_that_is_a_graphql_answer_is_read_as_one() {
    let server = MockServer::start().await;
    let body = r#"{"errors": [{"message": "Out of cheese"}]}"#;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(404).set_body_string(body))
        .mount(&server)
        .await;
    let workspace = leading_to(server.uri(), BOUND).await;
    let answer = workspace.call(READ.0, READ.1).await;
    assert_eq!(answer.code(), "LINEAR_API_ERROR");
    assert_eq!(answer.text("/error/details/reason"), "Out of cheese");
}

/// Runs the program over some examples, and returns what it prints on standard output and standard error.
async fn run(examples: &[&str], env: Vec<(&'static str, String)>) -> (String, String) {
    let folder = env!("CARGO_MANIFEST_DIR");
    let paths: Vec<String> = examples
        .iter()
        .map(|name| format!("{folder}/examples/{name}.yaml"))
        .collect();
    let run = move || {
        binary::command()
            .arg("run")
            .args(paths)
            .envs(env)
            .output()
            .unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn a_proxy_that_is_no_url_is_named_and_its_password_is_not() {
    for (name, value) in [
        ("HTTPS_PROXY", "http://me:Xyzzy@proxy.example:port"),
        ("https_proxy", "ftp://me:Xyzzy@proxy.example"),
        ("ALL_PROXY", "http://me:Xyz#zy@proxy.example"),
        ("all_proxy", "Xyzzy Xyzzy"),
    ] {
        let env = vec![
            (name, value.to_owned()),
            ("LINEAR_API_KEY", "lin_api_sandbox".to_owned()),
            ("LINEAR_OPS_LOG", "trace".to_owned()),
        ];
        let (answer, log) = run(&["get_team"], env).await;
        assert!(answer.contains("code: CONFIG_ERROR"), "{answer}");
        assert!(answer.contains(&format!("{name} is not the address of a proxy")));
        assert!(answer.contains("mcp_calls: 0"), "{answer}");
        for text in [answer, log] {
            assert!(!text.contains("Xyz") && !text.contains("me:"), "{text}");
        }
    }
}

/// On this machine no proxy is used, so that a bad one does no harm.
#[tokio::test]
async fn a_proxy_does_not_matter_on_this_machine() {
    let server = support::serve(&Sandbox::new()).await;
    let env = vec![
        ("HTTPS_PROXY", "no proxy".to_owned()),
        ("LINEAR_API_KEY", "lin_api_sandbox".to_owned()),
        ("LINEAR_API_URL", format!("{}/graphql", server.uri())),
    ];
    let (answer, _) = run(&["get_team"], env).await;
    assert!(answer.contains("name: Engineering"), "{answer}");
}

/// An hour's limit that ends in five minutes ends then, whatever this machine takes the time to be.
#[tokio::test]
async fn waits_for_limits_are_told_by_linears_clock() {
    const HOUR: i64 = 3_600_000;
    for skew in [-5 * HOUR, -HOUR, HOUR, 5 * HOUR] {
        let now = move || Clock::system().now_ms() + skew;
        let clock = Clock::new(now, || Clock::system().new_id());
        let workspace = TestWorkspace::with_clock(clock, |_| {}).await;
        let limited = |reset_in_ms| Act::RateLimited {
            status: 400,
            reset_in_ms,
            retry_after: None,
        };
        script_acts(&workspace, "teams", [limited(300_000)]);
        let answer = workspace.call(READ.0, READ.1).await;
        assert_eq!(answer.code(), "LINEAR_API_RATE_LIMIT", "{skew}");
        let seconds = answer.at("/error/details/retry_after_seconds").as_i64();
        assert!((280..=301).contains(&seconds.unwrap()), "{seconds:?}");
        let reset = answer.text("/error/details/reset_at");
        let reset: jiff::Timestamp = reset.parse().unwrap();
        let away = reset.as_millisecond() - Clock::system().now_ms();
        assert!((270_000..=302_000).contains(&away), "{away}");
        // The client waits for a limit that ends soon, and sends the request again after it.
        script_acts(&workspace, "teams", [limited(5)]);
        workspace.call(READ.0, READ.1).await.data();
        assert_eq!(mutations(&workspace.take_requests()), 0);
    }
}

/// HTTP/2 over TLS, as Linear speaks it. The first connection answers one request; when the second comes, nobody reads
/// or writes it any more, and TCP stays up.
async fn silent_after_one(listener: TcpListener, tls: TlsAcceptor, connections: Arc<AtomicUsize>) {
    let sandbox = Sandbox::new();
    loop {
        let (tcp, _) = listener.accept().await.unwrap();
        let first = connections.fetch_add(1, Ordering::SeqCst) == 0;
        let (tls, sandbox) = (tls.clone(), sandbox.clone());
        tokio::spawn(async move {
            let mut connection = server::handshake(tls.accept(tcp).await.unwrap())
                .await
                .unwrap();
            let mut requests = 0;
            while let Some(Ok((request, respond))) = connection.accept().await {
                requests += 1;
                if first && requests == 2 {
                    std::future::pending::<()>().await;
                }
                tokio::spawn(answer(sandbox.clone(), request.into_body(), respond));
            }
        });
    }
}

async fn answer(sandbox: Sandbox, mut body: RecvStream, mut respond: SendResponse<Bytes>) {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.unwrap();
        body.flow_control().release_capacity(chunk.len()).unwrap();
        bytes.extend_from_slice(&chunk);
    }
    let outcome = sandbox.handle(Request {
        authorization: Some("lin_api_sandbox".to_owned()),
        body: bytes,
    });
    let reply = outcome.reply.unwrap();
    let head = http::Response::builder()
        .status(reply.status)
        .body(())
        .unwrap();
    let mut stream = respond.send_response(head, false).unwrap();
    stream.send_data(reply.body.into(), true).unwrap();
}

/// A session whose connection goes silent leaves it and makes another one, instead of waiting on it until the process
/// is started anew.
#[tokio::test]
async fn a_connection_that_goes_silent_is_left() {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, certified.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let tls = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(silent_after_one(listener, tls, Arc::clone(&connections)));
    let env = vec![
        ("SSL_CERT_FILE", roots.to_string_lossy().into_owned()),
        ("LINEAR_API_KEY", "lin_api_sandbox".to_owned()),
        (
            "LINEAR_API_URL",
            format!("https://localhost:{port}/graphql"),
        ),
        ("LINEAR_OPS_TIMEOUT_MS", "6000".to_owned()),
    ];
    let (answer, log) = run(&["get_team", "get_issue"], env).await;
    assert_eq!(
        answer.matches("success: true").count(),
        2,
        "{answer}\n{log}"
    );
    assert_eq!(connections.load(Ordering::SeqCst), 2, "{answer}\n{log}");
}

/// reqwest's builder fails where the system has no certificates, even for http: then our own are used.
#[tokio::test]
async fn a_machine_without_certificates_reaches_linear_all_the_same() {
    let server = support::serve(&Sandbox::new()).await;
    let url = format!("{}/graphql", server.uri());
    let example = format!("{}/examples/get_team.yaml", env!("CARGO_MANIFEST_DIR"));
    let run = move || {
        binary::command()
            .args(["run", &example])
            .env("LINEAR_API_URL", url)
            .env("LINEAR_API_KEY", "lin_api_sandbox")
            .env("SSL_CERT_FILE", "/nonexistent/file")
            .env("SSL_CERT_DIR", "/nonexistent/folder")
            .output()
            .unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let answer = String::from_utf8(output.stdout).unwrap();
    assert!(answer.contains("name: Engineering"), "{answer}");
    assert!(output.status.success());
}

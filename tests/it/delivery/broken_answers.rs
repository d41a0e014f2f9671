//! Answers from Linear that have a broken character, are too large, or stop halfway.

use std::sync::Arc;

use linear_ops::sandbox::{Request, Sandbox};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Respond, ResponseTemplate};

use crate::support::failures::{records, with_root};
use crate::support::{TestWorkspace, mutations};

/// How many bytes of an answer the client reads at most.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Changes the body of each answer.
type Change = Arc<dyn Fn(Vec<u8>) -> Vec<u8> + Send + Sync>;

struct Altered {
    sandbox: Sandbox,
    change: Change,
}

impl Respond for Altered {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let authorization = request.headers.get("authorization");
        let outcome = self.sandbox.handle(Request {
            authorization: authorization.and_then(|value| Some(value.to_str().ok()?.to_owned())),
            body: request.body.clone(),
        });
        let reply = outcome.reply.unwrap();
        ResponseTemplate::new(reply.status).set_body_bytes((self.change)(reply.body))
    }
}

/// Returns a test workspace whose answers are changed, and the server that changes them.
async fn altered(
    change: impl Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static,
) -> (TestWorkspace, MockServer) {
    let sandbox = Sandbox::new();
    let server = MockServer::start().await;
    let respond = Altered {
        sandbox: sandbox.clone(),
        change: Arc::new(change),
    };
    Mock::given(method("POST"))
        .respond_with(respond)
        .mount(&server)
        .await;
    let url = format!("{}/graphql", server.uri());
    let workspace = TestWorkspace::with_sandbox(sandbox, |endpoint| endpoint.url = url).await;
    (workspace, server)
}

/// Replaces every occurrence of a text in a body.
fn replaced(body: Vec<u8>, from: &str, to: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(body).unwrap();
    let parts: Vec<&[u8]> = text.split(from).map(str::as_bytes).collect();
    parts.join(to)
}

#[tokio::test]
async fn half_an_emoji_or_a_byte_that_is_no_text_costs_one_character() {
    for broken in [b"\\ud83d".as_slice(), b"\\uDE80", b"\xFF", b"\xF0\x9F\x9A"] {
        let (workspace, _server) = altered(move |body| replaced(body, "%BROKEN%", broken)).await;
        let params = "{team: ENG, title: 'Half %BROKEN%'}";
        let answer = workspace.call("create_issue", params).await;
        assert_eq!(answer.data()["title"], "Half \u{fffd}");
        let warnings = answer.texts("/warnings");
        assert_eq!(
            warnings,
            ["Linear: a character in the answer was broken and is shown as U+FFFD"]
        );
        assert_eq!(with_root(&workspace.take_requests(), "issueCreate"), 1);
        assert_eq!(records(&workspace, "Issue", "title", "Half %BROKEN%"), 1);
        let answer = workspace.call("search_issues", "{query: Half}").await;
        let titles = answer.data()["issues"].to_string();
        assert!(titles.contains("Half \u{fffd}"), "{titles}");
        assert_eq!(answer.texts("/warnings"), warnings);
    }
}

#[tokio::test]
async fn a_byte_order_mark_is_left_out() {
    let (workspace, _server) = altered(|body| [b"\xEF\xBB\xBF", body.as_slice()].concat()).await;
    let answer = workspace.call("list_teams", "{}").await;
    assert!(!answer.data()["teams"].to_string().is_empty());
    assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
}

/// Pads a body to this number of bytes.
fn padded(mut body: Vec<u8>, bytes: usize) -> Vec<u8> {
    body.resize(bytes, b' ');
    body
}

/// Adds this number of values to a body.
fn stuffed(body: Vec<u8>, values: usize) -> Vec<u8> {
    let stuffing = format!("{{\"stuffing\":[{}0],", "0,".repeat(values));
    [stuffing.as_bytes(), &body[1..]].concat()
}

#[tokio::test]
async fn the_largest_answer_is_read_and_a_larger_one_asks_for_fewer() {
    let (workspace, _server) = altered(|body| padded(body, MOST_BYTES)).await;
    workspace.call("list_teams", "{}").await.data();
    let (workspace, _server) = altered(|body| stuffed(body, 150_000)).await;
    workspace.call("list_teams", "{}").await.data();
    let too_long: Change = Arc::new(|body| padded(body, MOST_BYTES + 1));
    let too_many: Change = Arc::new(|body| stuffed(body, 200_000));
    for (change, bound) in [(too_long, "8388608 bytes"), (too_many, "200000 values")] {
        let (workspace, _server) = altered(move |body| change(body)).await;
        let answer = workspace.call("list_issues", "{team: ENG}").await;
        assert_eq!(answer.code(), "LINEAR_API_ERROR");
        assert!(
            answer.text("/error/message").contains(bound),
            "{:#}",
            answer.0
        );
        let suggestions = answer.texts("/error/suggestions");
        assert!(suggestions[0].contains("`limit`"), "{suggestions:?}");
        // The request is not sent again, because it would get the same answer.
        assert_eq!(answer.calls(), 1);
    }
}

/// The outcome of a write whose answer is too large to be read is unknown at first. A look-up finds the entity once, and the write
/// is reported as done.
#[tokio::test]
async fn a_write_whose_answer_is_too_large_is_looked_up() {
    let change = |body: Vec<u8>| {
        let is_payload = String::from_utf8_lossy(&body).contains("\"success\"");
        if is_payload {
            stuffed(body, 200_000)
        } else {
            body
        }
    };
    let (workspace, _server) = altered(change).await;
    let answer = workspace
        .call("create_issue", "{team: ENG, title: Vast}")
        .await;
    assert_eq!(answer.data()["title"], "Vast");
    assert_eq!(records(&workspace, "Issue", "title", "Vast"), 1);
    assert_eq!(with_root(&workspace.take_requests(), "issueCreate"), 1);
}

/// Starts a server in front of a stand-in, and returns its URL. The answer to the first request with that root field is
/// cut in the middle of its body, although its head promises all of it, and the connection is closed. All other answers
/// are whole.
async fn cutting(sandbox: Sandbox, root: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut cut = false;
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = read_request(&mut stream).await;
            let reply = sandbox.handle(request).reply.unwrap();
            let requested = sandbox.requests();
            let named = with_root(&requested[requested.len() - 1..], root) == 1;
            let whole = reply.body.len();
            let sent = if named && !cut { whole / 2 } else { whole };
            cut |= named;
            let head = format!(
                "HTTP/1.1 {} Status\r\nContent-Type: application/json\r\nConnection: close\r\n\
                 Content-Length: {whole}\r\n\r\n",
                reply.status
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&reply.body[..sent]).await.unwrap();
        }
    });
    url
}

/// Reads one request of the client, whose head has its length.
async fn read_request(stream: &mut TcpStream) -> Request {
    let mut bytes = Vec::new();
    let body_at = loop {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let head = String::from_utf8(bytes[..body_at].to_vec()).unwrap();
    let header = |name: &str| {
        let fields = head.lines().filter_map(|line| line.split_once(": "));
        let mut named = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.to_owned())
    };
    let length: usize = header("content-length").unwrap().parse().unwrap();
    while bytes.len() < body_at + length {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
    }
    Request {
        authorization: header("authorization"),
        body: bytes.split_off(body_at),
    }
}

#[tokio::test]
async fn a_comment_whose_answer_was_cut_short_exists_once_and_is_a_success() {
    let sandbox = Sandbox::new();
    let url = cutting(sandbox.clone(), "commentCreate").await;
    let workspace = TestWorkspace::with_sandbox(sandbox, |endpoint| endpoint.url = url).await;
    let answer = workspace
        .call("create_comment", "{issue_id: PSN-123, body: Cut short}")
        .await;
    answer.data();
    assert_eq!(records(&workspace, "Comment", "body", "Cut short"), 1);
    let id = workspace.id("Comment", "body", "Cut short");
    assert_eq!(answer.data()["id"], id);
    let received = workspace.take_requests();
    // The comment is written once and then read back; the write is not repeated.
    assert_eq!(
        (mutations(&received), received.len()),
        (1, 2),
        "{received:?}"
    );
}

#[tokio::test]
async fn a_look_up_whose_answer_was_cut_short_is_asked_for_again() {
    let sandbox = Sandbox::new();
    let url = cutting(sandbox.clone(), "teams").await;
    let workspace = TestWorkspace::with_sandbox(sandbox, |endpoint| endpoint.url = url).await;
    let answer = workspace.call("list_teams", "{}").await;
    answer.data();
    assert_eq!(answer.calls(), 2);
    assert_eq!(with_root(&workspace.take_requests(), "teams"), 2);
}

//! The shutdown while calls are running: no new request is begun, what was sent is finished and answered, and what
//! cannot be answered is reported on standard error. The reports are compared with what the stand-in has.

use std::process::Stdio;
use std::time::Duration;

use linear_ops::clock::Stopwatch;
use linear_ops::sandbox::store::text;
use linear_ops::sandbox::{Act, Sandbox};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::raw::{LONG, Server, command, ended, envelope, signal};
use crate::support;

/// Longer than any test waits.
const NEVER: Duration = Duration::from_secs(300);

/// Far below [`NEVER`], and far above what an end takes.
const SOON: Duration = Duration::from_secs(30);

/// The stand-in over HTTP, and the environment of a server that asks it.
struct Linear {
    sandbox: Sandbox,
    url: String,
    _server: wiremock::MockServer,
}

impl Linear {
    async fn new() -> Self {
        let sandbox = Sandbox::new();
        let server = support::serve(&sandbox).await;
        Self {
            url: format!("{}/graphql", server.uri()),
            sandbox,
            _server: server,
        }
    }

    fn vars<'v>(&'v self, more: &[(&'v str, &'v str)]) -> Vec<(&'v str, &'v str)> {
        let required_vars = [
            ("LINEAR_API_URL", self.url.as_str()),
            ("LINEAR_API_KEY", "lin_api_sandbox"),
            ("LINEAR_OPS_PREFETCH", "off"),
        ];
        required_vars.iter().chain(more).copied().collect()
    }

    async fn server(&self, more: &[(&str, &str)]) -> Server {
        let mut server = Server::start(command(&[], &self.vars(more)));
        server.initialize().await;
        server
    }

    /// The answer to the next document with that root field takes so long.
    fn slow(&self, root: &str, by: Duration) {
        self.sandbox.script().next_for(root, Act::Slow(by));
    }

    /// Waits until so many mutations have come.
    async fn mutations(&self, count: usize) {
        let waited = tokio::time::timeout(LONG, async {
            while self
                .sandbox
                .requests()
                .iter()
                .filter(|request| request.mutation)
                .count()
                < count
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        waited.await.unwrap();
    }

    /// Whether the workspace has an issue of that title.
    fn has(&self, title: &str) -> bool {
        let mut has = false;
        self.sandbox.edit(|store| {
            let issue = store.find("Issue", "title", title);
            has = issue.is_some_and(|issue| text(issue, "title") == Some(title));
        });
        has
    }
}

fn comment() -> Value {
    json!({"issue_id": "PSN-123", "body": "Seen through"})
}

/// Ends a server in one of four ways.
async fn stop(server: &mut Server, way: &str) {
    match way {
        "EOF" => drop(server.input.take()),
        name => server.signal(name).await,
    }
}

/// A write takes longer than rmcp waits at a signal.
#[tokio::test]
async fn what_is_under_way_is_answered_and_what_waits_is_not_begun() {
    for way in ["EOF", "TERM", "INT", "HUP"] {
        let linear = Linear::new().await;
        let mut server = linear.server(&[("LINEAR_OPS_IN_FLIGHT", "1")]).await;
        server.call(1, "get_team", json!({"team": "ENG"})).await;
        server.answer(1).await;
        linear.slow("commentCreate", Duration::from_secs(3));
        server.call(2, "create_comment", comment()).await;
        linear.mutations(1).await;
        let issue = json!({"team": "ENG", "title": "Never begun"});
        server.call(3, "create_issue", issue).await;
        server.ping(4).await;
        server.answer(4).await;
        stop(&mut server, way).await;
        let open = server.input.take();
        let (status, rest, errors) = server.end().await;
        assert_eq!((status.code(), errors.as_str()), (Some(0), ""), "{way}");
        let reported = |id: u64| {
            let answer = rest.iter().find(|message| message["id"] == id);
            envelope(answer.unwrap_or_else(|| panic!("{way}: {id} of {rest:?}")))
        };
        assert!(
            reported(2).starts_with("success: true\n"),
            "{way}: {}",
            reported(2)
        );
        assert!(
            reported(3).contains("code: CANCELLED\n"),
            "{way}: {}",
            reported(3)
        );
        assert!(!linear.has("Never begun"));
        drop(open);
    }
}

/// A read that is under way is finished, and the write that would follow it is not begun.
#[tokio::test]
async fn a_read_under_way_is_answered_and_no_write_follows_it() {
    let linear = Linear::new().await;
    let mut server = linear.server(&[]).await;
    linear.slow("issue", Duration::from_secs(2));
    linear.slow("teams", Duration::from_secs(2));
    server
        .call(1, "get_issue", json!({"issue_id": "PSN-123"}))
        .await;
    let issue = json!({"team": "ENG", "title": "Never begun"});
    server.call(2, "create_issue", issue).await;
    let waited = tokio::time::timeout(LONG, async {
        while linear.sandbox.requests().is_empty() || linear.sandbox.script().pending() > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.unwrap();
    server.ping(3).await;
    server.answer(3).await;
    stop(&mut server, "TERM").await;
    let (_, rest, errors) = server.end().await;
    assert_eq!(errors, "");
    let reported = |id: u64| envelope(rest.iter().find(|message| message["id"] == id).unwrap());
    assert!(reported(2).contains("code: CANCELLED\n"), "{}", reported(2));
    assert!(reported(1).starts_with("success: "), "{}", reported(1));
    assert!(!linear.has("Never begun"));
}

/// What a write did is still found out: that begins nothing new.
#[tokio::test]
async fn a_write_whose_answer_is_lost_is_settled() {
    let linear = Linear::new().await;
    let mut server = linear.server(&[("LINEAR_OPS_TIMEOUT_MS", "1000")]).await;
    linear.slow("commentCreate", NEVER);
    server.call(1, "create_comment", comment()).await;
    linear.mutations(1).await;
    stop(&mut server, "TERM").await;
    let (_, rest, errors) = server.end().await;
    let answer = rest.iter().find(|message| message["id"] == 1).unwrap();
    assert!(envelope(answer).starts_with("success: true\n"), "{answer}");
    assert!(!errors.contains("not answered"), "{errors}");
    let requests = linear.sandbox.requests();
    assert!(!requests.last().unwrap().mutation, "nobody looked");
    let mutations = requests.iter().filter(|request| request.mutation);
    assert_eq!(mutations.count(), 1);
}

/// A batch of so many new issues, which go out in documents of at most twenty.
fn batch(count: usize) -> Value {
    let item = |number: usize| json!({"operation": "create_issue", "params": {"team": "ENG", "title": format!("Item {number}")}});
    let items: Vec<Value> = (0..count).map(item).collect();
    json!({
        "operation": "batch",
        "params": {"operations": items},
        "context": {"trace_id": "t-1"},
    })
}

#[tokio::test]
async fn of_a_batch_each_item_is_told_as_it_is_in_the_answer() {
    const ITEMS: usize = 25;
    for way in ["EOF", "HUP"] {
        let linear = Linear::new().await;
        let mut server = linear.server(&[]).await;
        linear.slow("issueCreate", Duration::from_secs(1));
        server.call(1, "linear", batch(ITEMS)).await;
        linear.mutations(1).await;
        stop(&mut server, way).await;
        let (_, rest, errors) = server.end().await;
        assert_eq!(errors, "");
        let answer = rest.iter().find(|message| message["id"] == 1).unwrap();
        let answer: Value = serde_yaml::from_str(envelope(answer)).unwrap();
        let rows = answer["data"]["results"].as_array().unwrap();
        assert_eq!(rows.len(), ITEMS);
        for (number, row) in rows.iter().enumerate() {
            let has = linear.has(&format!("Item {number}"));
            assert_eq!(row["identifier"].is_string(), has, "{row}");
            assert_eq!(row["code"] == "CANCELLED", !has, "{row}");
        }
        assert!(linear.has("Item 0") && !linear.has("Item 24"));
    }
}

#[tokio::test]
async fn of_a_batch_that_takes_too_long_each_item_is_told_on_standard_error() {
    const ITEMS: usize = 45;
    let linear = Linear::new().await;
    let mut server = linear.server(&[("LINEAR_OPS_GRACE_MS", "300")]).await;
    // The first document is answered, the answer to the second does not come, and the third is not sent.
    linear.slow("issueCreate", Duration::from_millis(10));
    linear.slow("issueCreate", NEVER);
    server.call(1, "linear", batch(ITEMS)).await;
    linear.mutations(2).await;
    let watch = Stopwatch::start();
    stop(&mut server, "TERM").await;
    let (status, rest, errors) = server.end().await;
    assert!(watch.elapsed() < SOON);
    assert_eq!((status.code(), rest.len()), (Some(0), 0), "{rest:?}");
    let lines: Vec<&str> = errors
        .lines()
        .filter(|line| line.contains("not answered"))
        .collect();
    assert_eq!(lines.len(), ITEMS, "{errors}");
    let (mut done, mut unknown, mut not_begun) = (0, 0, 0);
    for (number, line) in lines.iter().enumerate() {
        let what = format!(
            "linear-ops: not answered: batch (trace_id: t-1), item {number} (create_issue): "
        );
        let fate = line.strip_prefix(&what).unwrap_or_else(|| panic!("{line}"));
        let has = linear.has(&format!("Item {number}"));
        match fate {
            "done, as far as it was sent" => done += usize::from(has),
            "unknown whether it was done" => unknown += usize::from(has),
            "not begun" => not_begun += usize::from(!has),
            other => panic!("{other}"),
        }
    }
    assert_eq!((done, unknown, not_begun), (20, 20, 5), "{errors}");
    assert!(!errors.contains("Item"), "{errors}");
}

/// The server notices at once that nobody reads its output any more, and not only when the next line is read or written.
#[tokio::test]
async fn a_client_that_closes_its_end_of_the_output_ends_it() {
    let linear = Linear::new().await;
    let mut server = linear.server(&[]).await;
    drop(server.output());
    let watch = Stopwatch::start();
    let open = server.input.take();
    let (status, _, errors) = server.end().await;
    assert_eq!((status.code(), errors.as_str()), (Some(0), ""));
    assert!(watch.elapsed() < SOON);
    drop(open);

    let mut server = linear.server(&[]).await;
    linear.slow("commentCreate", Duration::from_secs(1));
    server.call(1, "create_comment", comment()).await;
    linear.mutations(1).await;
    drop(server.output());
    let open = server.input.take();
    let (status, _, errors) = server.end().await;
    assert_eq!(status.code(), Some(0));
    assert!(
        errors.contains("not answered: create_comment: done\n"),
        "{errors}"
    );
    drop(open);
}

/// A client that keeps its end open and does not read.
#[tokio::test]
async fn a_client_that_does_not_read_does_not_keep_it_from_ending() {
    let linear = Linear::new().await;
    let mut server = linear.server(&[("LINEAR_OPS_GRACE_MS", "200")]).await;
    // The answers have more bytes than a pipe holds.
    for id in 1..=40 {
        server
            .send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/list"}))
            .await;
    }
    server.call(41, "create_comment", comment()).await;
    linear.mutations(1).await;
    let unread = server.output();
    stop(&mut server, "TERM").await;
    let open = server.input.take();
    let (status, _, errors) = server.end().await;
    assert_eq!(status.code(), Some(0));
    assert!(
        errors.contains("not answered: create_comment: done\n"),
        "{errors}"
    );
    drop((unread, open));
}

#[tokio::test]
async fn a_run_ends_in_the_same_way() {
    for name in ["TERM", "INT", "HUP"] {
        let linear = Linear::new().await;
        linear.slow("commentCreate", Duration::from_secs(1));
        let mut child = command(&["run"], &linear.vars(&[]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = "operation: create_comment\nparams: {issue_id: PSN-123, body: x}\n---\n\
            operation: create_issue\nparams: {team: ENG, title: Never begun}\ncontext: {trace_id: t-2}\n";
        let mut input = child.stdin.take().unwrap();
        input.write_all(requests.as_bytes()).await.unwrap();
        drop(input);
        linear.mutations(1).await;
        signal(&child, name).await;
        assert_eq!(ended(&mut child).await.code(), Some(1), "{name}");
        let (mut out, mut err) = (String::new(), String::new());
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut out)
            .await
            .unwrap();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .await
            .unwrap();
        assert!(
            out.starts_with("success: true\n") && !out.contains("---"),
            "{out}"
        );
        assert_eq!(
            err,
            "linear-ops: not answered: create_issue (trace_id: t-2): not begun\n"
        );
        assert!(!linear.has("Never begun"));
    }
}

/// Of two requests under one id, the outcome of the second could not be reported.
#[tokio::test]
async fn a_request_under_the_id_of_one_that_is_under_way_is_refused() {
    let linear = Linear::new().await;
    let mut server = linear.server(&[]).await;
    linear.slow("commentCreate", Duration::from_secs(1));
    server.call(1, "create_comment", comment()).await;
    linear.mutations(1).await;
    let issue = json!({"team": "ENG", "title": "Never begun"});
    server.call(1, "create_issue", issue).await;
    let refused = server.next().await.unwrap();
    assert_eq!(
        (&refused["id"], &refused["error"]["code"]),
        (&json!(1), &json!(-32600))
    );
    assert!(
        refused["error"]["message"]
            .to_string()
            .contains("under way")
    );
    let answer = server.answer(1).await;
    assert!(envelope(&answer).starts_with("success: true\n"), "{answer}");
    assert!(!linear.has("Never begun"));
    // Requests with the same id that follow one another are not ambiguous.
    for _ in 0..3 {
        server.call(1, "get_team", json!({"team": "ENG"})).await;
        assert!(envelope(&server.answer(1).await).starts_with("success: true\n"));
    }
}

fn cancelled(id: u64) -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}})
}

/// Nobody is answered then.
#[tokio::test]
async fn what_became_of_a_cancelled_write_is_logged() {
    let linear = Linear::new().await;
    let mut server = linear.server(&[("LINEAR_OPS_GRACE_MS", "200")]).await;
    linear.slow("teams", Duration::from_millis(300));
    server.call(1, "get_team", json!({"team": "ENG"})).await;
    server.send(&cancelled(1)).await;
    linear.slow("commentCreate", Duration::from_secs(1));
    let traced = json!({
        "operation": "create_comment", "params": comment(), "context": {"trace_id": "t-1"},
    });
    server.call(2, "linear", traced).await;
    linear.mutations(1).await;
    server.send(&cancelled(2)).await;
    server
        .logged("ended since: create_comment (trace_id: t-1): done")
        .await;
    // This request has not ended when the server ends.
    linear.slow("commentCreate", NEVER);
    server.call(3, "create_comment", comment()).await;
    linear.mutations(2).await;
    server.send(&cancelled(3)).await;
    server.ping(4).await;
    server.answer(4).await;
    stop(&mut server, "TERM").await;
    let (_, rest, errors) = server.end().await;
    assert_eq!((rest.len(), errors.lines().count()), (0, 1), "{errors}");
    assert!(
        errors.contains("not answered: create_comment: unknown whether it was done\n"),
        "{errors}"
    );
}

//! Messages that a client should not send, and many messages at once.

use std::time::Duration;

use linear_ops::sandbox::{Act, Logged, Sandbox};
use serde_json::json;

use super::raw::{LONG, Server, command, envelope};
use crate::support;

const KEY: &str = "lin_api_a_key_of_the_tests";

/// Waits until the stand-in has received a request that `wanted` accepts.
async fn wait_for_request(sandbox: &Sandbox, wanted: impl Fn(&Logged) -> bool) {
    let waited = tokio::time::timeout(LONG, async {
        while !sandbox.requests().iter().any(&wanted) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.unwrap();
}

#[tokio::test]
async fn params_of_the_wrong_shape_are_named_as_such() {
    let mut server = Server::sandboxed();
    server.initialize().await;
    let shapes = [
        json!({"name": 5}),
        json!({"name": "linear", "arguments": []}),
        json!({}),
    ];
    for (id, params) in (1..).zip(shapes) {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
        server.send(&message).await;
        let answer = server.answer(id).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains("tools/call"), "{message}");
    }
    server
        .send(&json!({"jsonrpc": "2.0", "id": 4, "method": "tools/destroy"}))
        .await;
    assert_eq!(server.answer(4).await["error"]["code"], -32601);
}

/// What a client may ask of servers that declare it: this one declares tools alone.
#[tokio::test]
async fn a_method_that_is_not_declared_is_not_found_and_the_message_says_what_is() {
    let mut server = Server::sandboxed();
    server.initialize().await;
    let reference = json!({"type": "ref/prompt", "name": "x"});
    let complete = json!({"ref": reference, "argument": {"name": "x", "value": "y"}});
    let methods = [
        ("prompts/list", json!({})),
        ("prompts/get", json!({"name": "x"})),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("resources/read", json!({"uri": "x:y"})),
        ("resources/subscribe", json!({"uri": "x:y"})),
        ("resources/unsubscribe", json!({"uri": "x:y"})),
        ("completion/complete", complete),
        ("logging/setLevel", json!({"level": "info"})),
        ("tasks/get", json!({"taskId": "x"})),
        ("skills/list", json!({})),
        ("subscriptions/listen", json!({"notifications": {}})),
    ];
    for (id, (method, params)) in (1..).zip(methods) {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        server.send(&message).await;
        let error = server.answer(id).await["error"].clone();
        assert_eq!(error["code"], -32601, "{method}: {error}");
        let message = error["message"].as_str().unwrap();
        let expected = format!("There is no method '{method}' here; tools alone are declared");
        assert!(message.starts_with(&expected), "{message}");
    }
    server.ping(100).await;
    assert!(server.answer(100).await["result"].is_object());
}

#[tokio::test]
async fn junk_does_not_end_the_session() {
    let mut server = Server::sandboxed();
    server.initialize().await;
    for junk in [
        &b"not json\n"[..],
        b"\xff\xfe\x00\n",
        b"\n\r\n",
        b"{\"jsonrpc\":\"2.0\",\"id\":9,\"meth\n",
        b"[]\n",
        b"\"text\"\n",
        b"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}\n",
    ] {
        server.write(junk).await;
    }
    server.call(7, "get_team", json!({"team": "ENG"})).await;
    let answer = server.answer(7).await;
    assert!(envelope(&answer).starts_with("success: true\n"), "{answer}");
}

#[tokio::test]
async fn a_line_that_is_too_long_does_not_end_the_session() {
    let mut server = Server::sandboxed();
    server.initialize().await;
    let long = "x".repeat(5 * 1024 * 1024);
    server.call(1, "get_team", json!({"team": long})).await;
    server.ping(2).await;
    let refused = server.next().await.unwrap();
    assert_eq!(
        (&refused["id"], &refused["error"]["code"]),
        (&json!(1), &json!(-32600))
    );
    assert!(server.answer(2).await["result"].is_object());
    drop(server.input.take());
    let (status, rest, errors) = server.end().await;
    assert!(status.success() && rest.is_empty(), "{rest:?}");
    assert!(errors.contains("longer than 4 MiB"), "{errors}");
}

#[tokio::test]
async fn a_long_request_within_bounds_is_read() {
    let mut server = Server::sandboxed();
    server.initialize().await;
    let long = "é\n".repeat(40_000);
    let request = json!({"issue_id": "PSN-123", "body": long});
    server.call(1, "create_comment", request).await;
    let answer = server.answer(1).await;
    assert!(envelope(&answer).starts_with("success: true\n"), "{answer}");
}

#[tokio::test]
async fn an_id_used_twice_does_not_end_the_session() {
    let mut server = Server::sandboxed();
    server.initialize().await;
    for _ in 0..2 {
        server.call(1, "get_team", json!({"team": "ENG"})).await;
    }
    // The second request is refused if it comes before the first has ended.
    let answers = [server.answer(1).await, server.answer(1).await];
    let is_refused = |answer: &&serde_json::Value| answer["error"]["code"] == -32600;
    let done = answers.iter().filter(|answer| !is_refused(answer));
    assert!(answers.iter().filter(is_refused).count() < 2, "{answers:?}");
    for answer in done {
        assert!(envelope(answer).starts_with("success: true\n"), "{answer}");
    }
    server.ping(2).await;
    assert!(server.answer(2).await["result"].is_object());
}

#[tokio::test]
async fn a_slow_call_does_not_hold_up_the_others() {
    let sandbox = Sandbox::new();
    let (mut server, _linear) = Server::with_sandbox(&sandbox, KEY, "trace").await;
    // The first call takes longer than the second on any machine.
    sandbox.script().next(Act::Slow(Duration::from_secs(10)));
    server.call(1, "get_team", json!({"team": "ENG"})).await;
    wait_for_request(&sandbox, |_| true).await;
    server
        .call(2, "get_issue", json!({"issue_id": "PSN-123"}))
        .await;
    let first = server.next().await.unwrap();
    let second = server.next().await.unwrap();
    assert_eq!((&first["id"], &second["id"]), (&json!(2), &json!(1)));
    for answer in [first, second] {
        assert!(envelope(&answer).starts_with("success: true\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_cancelled_call_is_not_answered_and_sends_nothing_more() {
    let sandbox = Sandbox::new();
    let (mut server, _linear) = Server::with_sandbox(&sandbox, KEY, "trace").await;
    sandbox.script().next(Act::Slow(Duration::from_secs(40)));
    // Without the cancellation this would be two requests: a look-up and a write.
    let issue = json!({"team": "ENG", "title": "Never made"});
    server.call(1, "create_issue", issue).await;
    wait_for_request(&sandbox, |_| true).await;
    let cancelled = json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1},
    });
    server.send(&cancelled).await;
    server.ping(2).await;
    assert_eq!(server.next().await.unwrap()["id"], 2);
    drop(server.input.take());
    let (status, rest, _) = server.end().await;
    assert!(status.success() && rest.is_empty(), "{rest:?}");
    assert_eq!(sandbox.requests().len(), 1);
}

#[tokio::test]
async fn a_running_write_is_finished_and_answered_when_the_end_comes() {
    for by_signal in [false, true] {
        let sandbox = Sandbox::new();
        let (mut server, _linear) = Server::with_sandbox(&sandbox, KEY, "trace").await;
        sandbox
            .script()
            .next_for("commentCreate", Act::Slow(Duration::from_millis(300)));
        let comment = json!({"issue_id": "PSN-123", "body": "Seen through"});
        server.call(1, "create_comment", comment).await;
        wait_for_request(&sandbox, |request| request.mutation).await;
        if by_signal {
            server.signal("TERM").await;
        } else {
            drop(server.input.take());
        }
        let (status, rest, _) = server.end().await;
        assert!(status.success());
        let answer = rest.iter().find(|message| message["id"] == 1).unwrap();
        assert!(envelope(answer).starts_with("success: true\n"), "{answer}");
    }
}

/// All that a server writes, on both streams, while it is asked for a team and ends; and the answer's code.
async fn written(mut server: Server) -> (String, String) {
    server.call(1, "get_team", json!({"team": "ENG"})).await;
    let answer = server.answer(1).await;
    drop(server.input.take());
    let (_, rest, errors) = server.end().await;
    assert!(errors.contains("get_team"), "nothing was logged: {errors}");
    let envelope = envelope(&answer);
    let code = envelope
        .lines()
        .find_map(|line| line.strip_prefix(" code: "));
    let code = code.unwrap_or_default().to_owned();
    (format!("{errors}{envelope}{rest:?}"), code)
}

#[tokio::test]
async fn the_key_is_in_no_log_however_much_is_logged() {
    let sandbox = Sandbox::new();
    let (server, _linear) = Server::with_sandbox(&sandbox, KEY, "trace").await;
    let (text, code) = written(server).await;
    assert_eq!(code, "");
    assert!(!text.contains(KEY), "{text}");
}

#[tokio::test]
async fn the_key_is_in_no_log_whatever_goes_wrong() {
    const REVOKED: &str = "lin_api_revoked";
    let sandbox = Sandbox::new();
    let linear = support::serve(&sandbox).await;
    let url = format!("{}/graphql", linear.uri());
    let nowhere = "http://127.0.0.1:1/graphql".to_owned();
    let elsewhere = format!("{}/elsewhere", linear.uri());
    for (url, key, drops, expected) in [
        (&url, REVOKED, 0, "LINEAR_API_UNAUTHORIZED"),
        (&url, KEY, 9, "LINEAR_API_ERROR"),
        (&nowhere, KEY, 0, "LINEAR_API_UNREACHABLE"),
        (&elsewhere, KEY, 0, "CONFIG_ERROR"),
    ] {
        (0..drops).for_each(|_| sandbox.script().next(Act::Drop));
        let (text, code) = written(Server::at(url, key, "trace").await).await;
        assert_eq!(code, expected, "{url}: {text}");
        assert!(!text.contains(key), "{url}: {text}");
    }
}

/// A server with an address that no key is sent to runs nothing.
#[tokio::test]
async fn the_key_is_not_shown_when_the_address_is_refused() {
    for url in ["linear", "http://linear.example/", "https://me:word@[/"] {
        let vars = [("LINEAR_API_URL", url), ("LINEAR_API_KEY", KEY)];
        let mut server = Server::start(command(&[], &vars));
        server.initialize().await;
        server.call(1, "get_team", json!({"team": KEY})).await;
        let answer = server.answer(1).await.to_string();
        assert!(answer.contains("CONFIG_ERROR"), "{answer}");
        assert!(answer.contains("LINEAR_API_URL"), "{answer}");
        assert!(!answer.contains(KEY), "{answer}");
        server.input.take();
        let (status, _, errors) = server.end().await;
        assert_eq!(status.code(), Some(0), "{url}");
        assert!(errors.contains("LINEAR_API_URL"), "{errors}");
        assert!(!errors.contains(KEY), "{errors}");
    }
}

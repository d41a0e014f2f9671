//! What a client should not send, and many things at once.

use std::time::Duration;

use linear_ops::sandbox::{Act, Sandbox};
use serde_json::json;

use super::raw::{Server, command, envelope};
use crate::world;

const KEY: &str = "lin_api_a_key_of_the_tests";

/// A server over a stand-in that the test can direct.
async fn over(sandbox: &Sandbox) -> (Server, wiremock::MockServer) {
    let linear = world::serve(sandbox).await;
    let vars = [
        ("LINEAR_API_URL", format!("{}/graphql", linear.uri())),
        ("LINEAR_API_KEY", KEY.to_owned()),
        ("LINEAR_OPS_LOG", "trace".to_owned()),
    ];
    let vars: Vec<(&str, &str)> = vars
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let mut server = Server::start(command(&[], &vars));
    server.initialize().await;
    (server, linear)
}

/// Waits until the stand-in has seen a request.
async fn seen(sandbox: &Sandbox) {
    while sandbox.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
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
    assert!(server.answer(2).await["result"].is_object());
    drop(server.input.take());
    let (status, rest, errors) = server.end().await;
    assert!(status.success() && rest.is_empty(), "{rest:?}");
    assert!(errors.contains("line length"), "{errors}");
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
    assert!(envelope(&server.answer(1).await).starts_with("success: true\n"));
    server.ping(2).await;
    assert!(server.answer(2).await["result"].is_object());
}

#[tokio::test]
async fn a_slow_call_does_not_hold_up_the_others() {
    let sandbox = Sandbox::new();
    let (mut server, _linear) = over(&sandbox).await;
    sandbox.script().next(Act::Slow(Duration::from_secs(2)));
    server.call(1, "get_team", json!({"team": "ENG"})).await;
    seen(&sandbox).await;
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
    let (mut server, _linear) = over(&sandbox).await;
    sandbox.script().next(Act::Slow(Duration::from_secs(40)));
    // Without the cancellation this would be two requests: a look-up and a write.
    let issue = json!({"team": "ENG", "title": "Never made"});
    server.call(1, "create_issue", issue).await;
    seen(&sandbox).await;
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
        let (mut server, _linear) = over(&sandbox).await;
        sandbox
            .script()
            .next_for("commentCreate", Act::Slow(Duration::from_millis(300)));
        let comment = json!({"issue_id": "PSN-123", "body": "Seen through"});
        server.call(1, "create_comment", comment).await;
        while !sandbox.requests().iter().any(|request| request.mutation) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
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

#[tokio::test]
async fn the_key_is_in_no_log_however_much_is_logged() {
    let sandbox = Sandbox::new();
    let (mut server, _linear) = over(&sandbox).await;
    server.call(1, "get_team", json!({"team": "ENG"})).await;
    assert!(envelope(&server.answer(1).await).starts_with("success: true\n"));
    drop(server.input.take());
    let (_, _, errors) = server.end().await;
    assert!(
        errors.contains("tools/call") || errors.contains("get_team"),
        "nothing was logged"
    );
    assert!(!errors.contains(KEY), "{errors}");
}

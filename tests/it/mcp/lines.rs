//! Lines that are not valid messages: each request among them is answered at once.

use serde_json::{Value, json};

use super::raw::{Server, command, envelope, initialize};

/// Stands in every line, and must not be logged.
const PRIVATE: &str = "Xyzzy-private";

fn call(id: &str, body: &str) -> String {
    format!(
        r#"{{"method":"tools/call","params":{{"name":"create_comment","id":99,"arguments":{{"issue_id":"PSN-123","body":"{PRIVATE} {body}"}}}},"jsonrpc":"2.0","id":{id}}}"#
    )
}

#[tokio::test]
async fn a_request_that_cannot_be_read_is_answered_under_its_id_with_the_reason() {
    let nested = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let deep = call("5", "x").replace("\"PSN-123\"", &nested);
    let long = call("6", &"x".repeat(5 * 1024 * 1024));
    let lines = [
        (call("1", "\u{1}"), json!(1), -32700, "control character"),
        (
            call("2", "x").replace("}},", "},},"),
            json!(2),
            -32700,
            "trailing comma",
        ),
        (
            call("\"a-3\"", r"\q"),
            json!("a-3"),
            -32700,
            "invalid escape",
        ),
        (
            call("4", "x").replace("2.0", "1.0"),
            json!(4),
            -32600,
            "'jsonrpc'",
        ),
        (deep, json!(5), -32700, "127 levels"),
        (long, json!(6), -32600, "4 MiB"),
        (
            format!("{PRIVATE} is not json"),
            Value::Null,
            -32700,
            "column 1",
        ),
    ];
    let mut server = Server::sandboxed();
    server.initialize().await;
    for (line, id, code, expected) in &lines {
        server.write(format!("{line}\n").as_bytes()).await;
        let answer = server.next().await.unwrap();
        assert_eq!(
            (&answer["id"], &answer["error"]["code"]),
            (id, &json!(code)),
            "{answer}"
        );
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(
            message.contains(expected) && !message.contains(PRIVATE),
            "{message}"
        );
    }
    server.ping(7).await;
    assert!(server.answer(7).await["result"].is_object());
    drop(server.input.take());
    let (status, rest, errors) = server.end().await;
    assert!(status.success() && rest.is_empty(), "{rest:?}");
    assert_eq!(errors.matches("WARN").count(), lines.len(), "{errors}");
    assert!(!errors.contains(PRIVATE), "{errors}");
}

#[tokio::test]
async fn each_of_several_messages_on_one_line_is_refused() {
    let mut server = Server::sandboxed();
    server.initialize().await;
    let line = format!("{}{}\n", call("1", "x"), call("\"b\"", "y"));
    server.write(line.as_bytes()).await;
    for id in [json!(1), json!("b")] {
        let answer = server.next().await.unwrap();
        assert_eq!(answer["id"], id);
        assert!(
            answer["error"]["message"]
                .to_string()
                .contains("one message"),
            "{answer}"
        );
    }
}

/// Names that a client made up are not repeated to it at any length.
#[tokio::test]
async fn a_method_that_does_not_exist_is_named_and_cut() {
    let mut server = Server::sandboxed();
    server.initialize().await;
    let long = "x".repeat(300_000);
    for (id, method) in (1..).zip(["resources/read", "prompts/get", long.as_str()]) {
        let params = json!({"uri": "x://y", "name": "y"});
        server
            .send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
            .await;
        let answer = server.answer(id).await;
        assert_eq!(answer["error"]["code"], -32601);
        let message = answer["error"]["message"].as_str().unwrap();
        let start: String = method.chars().take(100).collect();
        assert!(
            message.contains(&format!("no method '{start}")),
            "{message}"
        );
        assert!(message.len() < 200, "{message}");
    }
    server.call(9, &long, json!({})).await;
    let answer = server.answer(9).await;
    assert_eq!(answer["error"]["code"], -32602);
    assert!(answer.to_string().len() < 300, "{answer}");
    drop(server.input.take());
    let (_, _, errors) = server.end().await;
    assert!(errors.lines().all(|line| line.len() < 500), "{errors}");
}

#[tokio::test]
async fn what_wants_no_answer_gets_none() {
    let mut server = Server::sandboxed();
    server.initialize().await;
    for line in [
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"reason":"a\qb"}}"#,
        r#"{"jsonrpc":"2.0","id":4,"result":{"x":1,}}"#,
        "",
        " \r",
    ] {
        server.write(format!("{line}\n").as_bytes()).await;
    }
    server.ping(1).await;
    assert_eq!(server.next().await.unwrap()["id"], 1);
    drop(server.input.take());
    let (_, _, errors) = server.end().await;
    assert_eq!(errors.matches("WARN").count(), 2, "{errors}");
}

#[tokio::test]
async fn half_an_emoji_is_read_as_a_replacement_and_told() {
    let mut server = Server::sandboxed();
    server.initialize().await;
    server
        .write(format!("{}\n", call("1", r"half \ud83d")).as_bytes())
        .await;
    let answer = server.answer(1).await;
    let text = envelope(&answer);
    assert!(text.starts_with("success: true\n"), "{text}");
    assert!(text.contains("U+FFFD in 1 place"), "{text}");
    let list = json!({"issue_id": "PSN-123", "detail": "full"});
    server.call(2, "list_comments", list).await;
    let answer = server.answer(2).await;
    assert!(envelope(&answer).contains("half \u{fffd}"), "{answer}");
    assert!(!envelope(&answer).contains("U+FFFD"), "{answer}");
}

#[tokio::test]
async fn a_last_line_without_a_line_break_is_answered() {
    let mut server = Server::sandboxed();
    server.initialize().await;
    server
        .write(br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)
        .await;
    drop(server.input.take());
    let (_, rest, _) = server.end().await;
    assert_eq!(rest.first().map(|message| &message["id"]), Some(&json!(1)));
}

/// Batches are part of one version of the protocol.
#[tokio::test]
async fn a_batch_is_carried_out_or_each_of_its_requests_is_refused() {
    let batch = json!([
        {"jsonrpc": "2.0", "id": 1, "method": "ping"},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": "b", "method": "tools/list"},
        {"jsonrpc": "2.0", "id": 1.5, "method": "ping"},
        {"jsonrpc": "2.0", "id": "c", "method": "tools/list"},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "c"}},
    ]);
    for (version, carried_out) in [("2025-03-26", true), ("2025-06-18", false)] {
        let mut server = Server::start(command(&["--sandbox"], &[]));
        let mut first = initialize();
        first["params"]["protocolVersion"] = version.into();
        server.send(&first).await;
        assert_eq!(server.answer(0).await["result"]["protocolVersion"], version);
        server.send(&batch).await;
        let mut answers = Vec::new();
        if carried_out {
            answers = server.batch().await;
        } else {
            for _ in 0..4 {
                answers.push(server.next().await.unwrap());
            }
        }
        for id in [json!(1), json!("b")] {
            let answer = answers.iter().find(|answer| answer["id"] == id).unwrap();
            if carried_out {
                assert!(answer["result"].is_object(), "{answer}");
            } else {
                assert_eq!(answer["error"]["code"], -32600, "{answer}");
            }
        }
        let refused = answers.iter().find(|answer| answer["id"] == 1.5).unwrap();
        assert_eq!(refused["error"]["code"], -32600, "{refused}");
        server.send(&json!([])).await;
        let empty = server.next().await.unwrap();
        assert_eq!(
            (&empty["id"], &empty["error"]["code"]),
            (&Value::Null, &json!(-32600))
        );
    }
}

/// Invisible characters are shown as escapes, to a model and in the log.
#[tokio::test]
async fn hidden_characters_are_escaped_in_answers_and_log_lines() {
    let vars = [("LINEAR_OPS_LOG", "linear_ops=info")];
    let mut server = Server::start(command(&["--sandbox"], &vars));
    server.initialize().await;
    let hidden = "a\u{202e}b\u{200b}\u{e0041}\u{9b}";
    let (block, flow) = (format!("{hidden}\nline\n"), format!("T {hidden}"));
    let issue = json!({
        "request": {
            "operation": "create_issue",
            "params": {"team": "ENG", "title": flow, "description": block, "detail": "full"},
            "context": {"trace_id": hidden},
        },
    });
    let calls = [
        ("linear", issue),
        ("list_issues", json!({"query": "T a", "format": "table"})),
        ("get_team", json!({"team": hidden})),
        ("get_team", json!({"team": "ENG", hidden: 1})),
        (hidden, json!({})),
    ];
    for (id, (tool, arguments)) in (1..).zip(calls) {
        server.call(id, tool, arguments).await;
        let answer = server.answer(id).await;
        assert!(answer.to_string().contains("u202e"), "{answer}");
        assert_seen(&answer.to_string());
        if tool != hidden {
            let value: Value = serde_yaml::from_str(envelope(&answer)).unwrap();
            assert!(value.to_string().contains(hidden), "{value}");
        }
    }
    drop(server.input.take());
    let (_, _, errors) = server.end().await;
    assert!(errors.contains("202e"), "{errors}");
    assert_seen(&errors);
}

fn assert_seen(text: &str) {
    let hidden = ['\u{202e}', '\u{200b}', '\u{e0041}', '\u{9b}'];
    assert!(!text.contains(hidden), "{text:?}");
}

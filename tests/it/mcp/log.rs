//! The log of a serving process: one line for each operation, whatever the caller wrote.

use serde_json::{Value, json};

use super::raw::{Server, command, envelope};

/// A command, a purpose and a trace id that would each begin a line of their own.
const HOSTILE: &str = "/ccpm:work\n{\"operation\":\"forged\"}\r\nINFO forged\u{2028}\u{1b}[31m";

/// What parameters hold; none of it may be logged.
const PRIVATE: &str = "Xyzzy-private";

/// Serves these calls one after the other with this log format, and returns the log.
async fn logged(format: &str, calls: &[Value]) -> String {
    let vars = [
        ("LINEAR_OPS_LOG", "linear_ops=info"),
        ("LINEAR_OPS_LOG_FORMAT", format),
        ("LINEAR_OPS_PREFETCH", "off"),
    ];
    let mut server = Server::start(command(&["--sandbox"], &vars));
    server.initialize().await;
    for (id, call) in (1..).zip(calls) {
        server.call(id, "linear", call.clone()).await;
        let answer = server.answer(id).await;
        assert!(envelope(&answer).contains("success: "), "{answer}");
    }
    drop(server.input.take());
    let (status, _, errors) = server.end().await;
    assert_eq!(status.code(), Some(0));
    errors
}

fn calls() -> [Value; 4] {
    let context = json!({"command": HOSTILE, "purpose": HOSTILE, "trace_id": HOSTILE});
    let params =
        json!({"team": "ENG", "title": PRIVATE, "labels": ["planning"], "description": PRIVATE});
    [
        json!({"operation": "create_issue", "params": params, "context": context}),
        json!({"operation": "create_issue", "params": params, "context": {"trace_id": "t-2"}}),
        json!({"operation": "get_team", "params": {"team": PRIVATE}}),
        json!({"operation": HOSTILE}),
    ]
}

#[tokio::test]
async fn as_json_each_operation_is_one_object_with_the_contracts_metrics() {
    let log = logged("json", &calls()).await;
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4, "{log}");
    for (line, [operation, outcome]) in lines.iter().zip([
        ["create_issue", "OK"],
        ["create_issue", "OK"],
        ["get_team", "TEAM_NOT_FOUND"],
        [HOSTILE, "UNKNOWN_OPERATION"],
    ]) {
        assert_eq!(
            (&line["operation"], &line["outcome"]),
            (&operation.into(), &outcome.into())
        );
        assert_eq!(
            (&line["level"], &line["message"]),
            (&"INFO".into(), &"answered".into())
        );
        let metrics = &line["metrics"];
        let parts = metrics["breakdown"].as_object().unwrap();
        let parts: u64 = parts.values().map(|part| part.as_u64().unwrap()).sum();
        let total = metrics["total_duration_ms"].as_u64().unwrap();
        // Each of the three parts is rounded down.
        assert!(parts <= total && total <= parts + 3, "{line}");
    }
    for key in ["command", "purpose", "trace_id"] {
        assert_eq!(lines[0][key], HOSTILE);
    }
    assert_eq!(
        (&lines[1]["trace_id"], &lines[1]["command"]),
        (&"t-2".into(), &Value::Null)
    );
    let metrics = |line: usize| {
        ["mcp_calls", "cache_hits", "cache_misses", "cache_hit_rate"]
            .map(|key| lines[line]["metrics"][key].clone())
    };
    assert_eq!(metrics(0), [json!(2), json!(0), json!(2), json!("0%")]);
    assert_eq!(metrics(1), [json!(1), json!(2), json!(0), json!("100%")]);
    assert_eq!(metrics(3), [json!(0), json!(0), json!(0), Value::Null]);
    assert!(!log.contains(PRIVATE), "{log}");
}

#[tokio::test]
async fn as_text_each_operation_is_one_readable_line() {
    let log = logged("text", &calls()).await;
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 4, "{log}");
    for part in [
        "operation=\"create_issue\"",
        "outcome=\"OK\" requests=1 duration_ms=",
        "cache_hits=2 cache_misses=0",
        "trace_id=\"t-2\"",
    ] {
        assert!(lines[1].contains(part), "{part}: {}", lines[1]);
    }
    assert!(lines[2].contains("outcome=\"TEAM_NOT_FOUND\""), "{log}");
    assert!(!log.contains(PRIVATE) && !log.contains('\u{1b}'), "{log}");
}

#[tokio::test]
async fn what_looks_like_a_key_is_not_logged_wherever_a_caller_put_it() {
    let key = "lin_api_0123456789";
    let context = json!({"command": key, "purpose": format!("with {key}"), "trace_id": key});
    let calls = [json!({"operation": format!("get_{key}"), "context": context})];
    for format in ["json", "text"] {
        let log = logged(format, &calls).await;
        assert!(log.contains("get_lin_api_…"), "{log}");
        assert!(!log.contains("0123456789"), "{log}");
    }
}

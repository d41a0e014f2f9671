//! How the server exits: always by itself, and always with status 0.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use super::raw::{Server, command, ended, envelope, initialize, signal};

#[tokio::test]
async fn the_end_of_input_ends_it() {
    let mut server = Server::sandboxed();
    server.initialize().await;
    drop(server.input.take());
    let (status, rest, errors) = server.end().await;
    assert_eq!(status.code(), Some(0));
    assert!(rest.is_empty() && errors.is_empty(), "{rest:?} {errors}");
}

#[tokio::test]
async fn the_end_of_input_before_anything_is_no_failure() {
    let mut server = Server::sandboxed();
    drop(server.input.take());
    let (status, _, errors) = server.end().await;
    assert_eq!((status.code(), errors.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn signals_end_it_while_input_stays_open() {
    for name in ["TERM", "INT", "HUP"] {
        let mut server = Server::sandboxed();
        server.initialize().await;
        server.signal(name).await;
        let open = server.input.take();
        let (status, _, errors) = server.end().await;
        assert_eq!((status.code(), errors.as_str()), (Some(0), ""), "{name}");
        drop(open);
    }
}

#[tokio::test]
async fn a_signal_ends_it_before_initialize() {
    let vars = [("LINEAR_OPS_LOG", "rmcp=debug")];
    let mut server = Server::start(command(&["--sandbox"], &vars));
    // The server opens its streams after it has begun to listen for signals.
    server.logged("stdio_pipes").await;
    server.signal("TERM").await;
    let open = server.input.take();
    let (status, rest, _) = server.end().await;
    assert_eq!((status.code(), rest.len()), (Some(0), 0));
    drop(open);
}

/// Clients on Node hand over sockets instead of pipes, which are read by a thread that nothing can interrupt.
#[tokio::test]
async fn a_signal_ends_it_when_input_is_a_socket() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let output = theirs.try_clone().unwrap();
    let mut child = command(&["--sandbox"], &[])
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::from(OwnedFd::from(output)))
        .spawn()
        .unwrap();
    ours.set_nonblocking(true).unwrap();
    let (read, mut write) = tokio::net::UnixStream::from_std(ours).unwrap().into_split();
    let mut lines = BufReader::new(read).lines();
    write
        .write_all(format!("{}\n", initialize()).as_bytes())
        .await
        .unwrap();
    let answer = lines.next_line().await.unwrap().unwrap();
    assert!(answer.contains("\"linear-ops\""), "{answer}");
    signal(&child, "TERM").await;
    assert_eq!(ended(&mut child).await.code(), Some(0));
    drop(write);
}

#[tokio::test]
async fn what_comes_before_initialize_is_refused_and_does_not_end_it() {
    let mut server = Server::sandboxed();
    for method in ["initialized", "cancelled", "unheard_of"] {
        let method = format!("notifications/{method}");
        server
            .send(&json!({"jsonrpc": "2.0", "method": method, "params": {"requestId": 1}}))
            .await;
    }
    server
        .send(&json!({"jsonrpc": "2.0", "id": 1, "result": {}}))
        .await;
    server.ping(1).await;
    assert!(server.next().await.unwrap()["result"].is_object());
    server.call(2, "get_team", json!({"team": "ENG"})).await;
    refused(server.next().await, "send 'initialize' first");
    let wrong = json!({"jsonrpc": "2.0", "id": 3, "method": "initialize", "params": {}});
    server.send(&wrong).await;
    refused(server.next().await, "wrong shape");
    server.initialize().await;
    server.send(&initialize()).await;
    refused(server.next().await, "begun already");
    server.send(&wrong).await;
    refused(server.next().await, "begun already");
    server.call(4, "get_team", json!({"team": "ENG"})).await;
    assert!(server.next().await.unwrap()["result"].is_object());
    drop(server.input.take());
    let (status, _, errors) = server.end().await;
    assert_eq!(status.code(), Some(0));
    let early = errors.matches("before 'initialize'").count();
    assert_eq!(early, 4, "{errors}");
}

fn refused(answer: Option<Value>, expected: &str) {
    let answer = answer.unwrap();
    let message = answer["error"]["message"].as_str();
    assert!(
        message.is_some_and(|message| message.contains(expected)),
        "{answer}"
    );
}

/// A session that begins without `initialize` hears what its client sends besides requests.
#[tokio::test]
async fn a_request_that_brings_what_initialize_would_say_begins_the_session() {
    let mut server = Server::sandboxed();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    for id in 1..=2 {
        server
            .send(&json!({
                "jsonrpc": "2.0", "id": id, "method": "tools/list", "params": {"_meta": meta},
            }))
            .await;
        assert!(server.answer(id).await["result"]["tools"].is_array());
        server
            .send(&json!({
                "jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id},
            }))
            .await;
    }
    drop(server.input.take());
    let (status, _, errors) = server.end().await;
    assert_eq!((status.code(), errors.as_str()), (Some(0), ""));
}

/// A server whose standard error nobody has read, after more lines in its log than a pipe and the queue before it hold.
async fn flooded() -> Server {
    let mut server = Server::sandboxed();
    server.initialize().await;
    let lines = "x\n".repeat(400);
    for _ in 0..30 {
        server.write(lines.as_bytes()).await;
        for _ in 0..400 {
            assert_eq!(server.next().await.unwrap()["error"]["code"], -32700);
        }
    }
    server
}

#[tokio::test]
async fn a_log_that_nobody_reads_neither_stops_it_nor_keeps_it_from_ending() {
    let mut server = flooded().await;
    server.call(1, "get_team", json!({"team": "ENG"})).await;
    assert!(server.answer(1).await["result"].is_object());
    server.signal("TERM").await;
    assert_eq!(ended(&mut server.child).await.code(), Some(0));
}

#[tokio::test]
async fn lines_of_the_log_that_nobody_read_are_counted() {
    let mut server = flooded().await;
    for _ in 0..4000 {
        server.logged("WARN").await;
    }
    server.write(b"x\n").await;
    server.next().await.unwrap();
    server.logged("lines were dropped here").await;
}

/// `ulimit -f` holds for the audit log, too.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_file_that_may_not_grow_does_not_end_it() {
    let folder = tempfile::tempdir().unwrap();
    let audit = folder.path().join("audit.jsonl");
    std::fs::write(&audit, "{}\n".repeat(1000)).unwrap();
    let program = command(&[], &[]);
    let mut limited = command(&[], &[("LINEAR_OPS_AUDIT", audit.to_str().unwrap())]);
    let environment: Vec<_> = limited
        .as_std()
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    limited = tokio::process::Command::new("sh");
    limited
        .env_clear()
        .envs(environment)
        .args(["-c", "ulimit -f 1; exec \"$0\" --sandbox"])
        .arg(program.as_std().get_program())
        .kill_on_drop(true);
    let mut server = Server::start(limited);
    server.initialize().await;
    let comment = json!({"issue_id": "PSN-123", "body": "x"});
    server.call(1, "create_comment", comment).await;
    let answer = server.answer(1).await;
    assert!(envelope(&answer).contains("success: "), "{answer}");
    drop(server.input.take());
    let (status, _, errors) = server.end().await;
    assert_eq!(status.code(), Some(0), "{errors}");
}

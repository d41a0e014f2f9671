//! How the server ends: always by itself, always with 0.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use super::raw::{Server, command, ended, initialize, signal};

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
    // The streams are opened once signals are listened for.
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
async fn a_client_that_does_not_begin_with_initialize_is_told_why() {
    let mut server = Server::sandboxed();
    server
        .write(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n")
        .await;
    let (status, _, errors) = server.end().await;
    assert_eq!(status.code(), Some(2));
    assert!(errors.contains("initialize"), "{errors}");
}

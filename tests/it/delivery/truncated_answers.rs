//! Answers that stop halfway: the head promises more bytes than come.

use linear_ops::sandbox::{Request, Sandbox};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::failures::{records, with_root};
use crate::support::{World, mutations};

/// A server in front of a stand-in. The answer to the first request with that root field is cut in the middle of its
/// body and the connection closed; every other one is whole. Answers the URL.
async fn cutting(sandbox: Sandbox, root: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut cut = false;
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = read(&mut stream).await;
            let reply = sandbox.handle(request).reply.unwrap();
            let asked = sandbox.requests();
            let named = with_root(&asked[asked.len() - 1..], root) == 1;
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

/// One request of the client's, whose head tells its length.
async fn read(stream: &mut TcpStream) -> Request {
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
    let world = World::over(sandbox, |endpoint| endpoint.url = url).await;
    let answer = world
        .call("create_comment", "{issue_id: PSN-123, body: Cut short}")
        .await;
    answer.data();
    assert_eq!(records(&world, "Comment", "body", "Cut short"), 1);
    let id = world.id("Comment", "body", "Cut short");
    assert_eq!(answer.data()["id"], id);
    let seen = world.seen();
    // Written once, then read back: what was not heard is not said again.
    assert_eq!((mutations(&seen), seen.len()), (1, 2), "{seen:?}");
}

#[tokio::test]
async fn a_look_up_whose_answer_was_cut_short_is_asked_for_again() {
    let sandbox = Sandbox::new();
    let url = cutting(sandbox.clone(), "teams").await;
    let world = World::over(sandbox, |endpoint| endpoint.url = url).await;
    let answer = world.call("list_teams", "{}").await;
    answer.data();
    assert_eq!(answer.calls(), 2);
    assert_eq!(with_root(&world.seen(), "teams"), 2);
}

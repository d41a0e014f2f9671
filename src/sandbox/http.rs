//! The stand-in over HTTP/1.1: JSON posted to `/graphql`, as to Linear's endpoint.

use std::future::Future;
use std::io;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Request, Sandbox};
use crate::linear::transport::Reply;

/// The largest body that is read. Linear's own limit is not documented.
const MAX_BODY: usize = 8 * 1024 * 1024;
/// The message for a body of another type. Linear's own wording is not known.
const NOT_JSON: &str = "Content-Type must be application/json";
/// The time that open connections have to finish once the server is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Serves a stand-in on a listener until `stop` is ready. Requests in flight are answered before it returns.
///
/// # Errors
/// An error of the listener. A connection that fails ends without the others.
pub async fn serve(
    sandbox: Sandbox,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let stopping = CancellationToken::new();
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    let ended = loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(sandbox.clone(), stream, stopping.clone()));
                }
                Err(failed) => break Err(failed),
            },
            Some(_) = connections.join_next() => {}
            () = &mut stop => break Ok(()),
        }
    };
    stopping.cancel();
    let finish = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finish).await.is_err() {
        tracing::debug!("connections were still open when the stand-in stopped");
    }
    ended
}

async fn serve_connection(sandbox: Sandbox, stream: TcpStream, stopping: CancellationToken) {
    let service = service_fn(|request| respond(&sandbox, request));
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = stopping.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the stand-in ended early");
    }
}

/// Answers one request.
///
/// # Errors
/// A fault that the script orders. The error makes hyper drop the connection.
async fn respond(
    sandbox: &Sandbox,
    request: hyper::Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    if request.uri().path() != "/graphql" {
        return Ok(http_error(StatusCode::NOT_FOUND, "Not found"));
    }
    if request.method() != Method::POST {
        return Ok(http_error(
            StatusCode::METHOD_NOT_ALLOWED,
            "Method not allowed",
        ));
    }
    if !is_json(request.headers()) {
        return Ok(http_error(StatusCode::BAD_REQUEST, NOT_JSON));
    }
    let header = request.headers().get(AUTHORIZATION);
    let authorization = header.and_then(|value| Some(value.to_str().ok()?.to_owned()));
    let Ok(body) = Limited::new(request.into_body(), MAX_BODY).collect().await else {
        return Ok(http_error(StatusCode::PAYLOAD_TOO_LARGE, "Body too large"));
    };
    let outcome = sandbox.handle(Request {
        authorization,
        body: body.to_bytes().to_vec(),
    });
    tokio::time::sleep(outcome.delay).await;
    match outcome.reply {
        Ok(reply) => Ok(response(reply)),
        Err(fault) => Err(Dropped(fault.to_string())),
    }
}

/// Whether the headers say that the body is JSON, whatever the parameters of the type are (`charset=utf-8`).
fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media = content_type.and_then(|value| value.split(';').next());
    media.is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json"))
}

/// The error of a connection that is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Dropped(String);

fn response(reply: Reply) -> Response<Full<Bytes>> {
    let mut builder = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        builder = builder.header(name, value);
    }
    let body = Full::new(Bytes::from(reply.body));
    builder
        .body(body)
        .unwrap_or_else(|_| http_error(StatusCode::INTERNAL_SERVER_ERROR, "Unusable header"))
}

/// Returns an error of HTTP alone, which never reaches GraphQL.
fn http_error(status: StatusCode, message: &str) -> Response<Full<Bytes>> {
    let body = json!({ "errors": [{ "message": message }] }).to_string();
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_util::sync::CancellationToken;

    use super::super::{Act, Sandbox};
    use super::serve;

    /// Sends one request like [`exchange_of`], with a body of JSON.
    async fn exchange(sandbox: &Sandbox, head: &str, body: &str) -> String {
        exchange_of(sandbox, head, "application/json", body).await
    }

    /// Sends one request with `Connection: close` and reads until the server hangs up.
    async fn exchange_of(sandbox: &Sandbox, head: &str, media: &str, body: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let server = tokio::spawn(serve(sandbox.clone(), listener, stopped));
        let mut stream = TcpStream::connect(address).await.unwrap();
        let length = body.len();
        let request = format!(
            "{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: lin_api_x\r\n\
             Content-Type: {media}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        stop.cancel();
        server.await.unwrap().unwrap();
        answer
    }

    const BODY: &str = r#"{"query": "{ viewer { name } }"}"#;

    #[tokio::test]
    async fn posted_json_is_answered() {
        for media in ["application/json", "Application/JSON; charset=utf-8"] {
            let answer = exchange_of(&Sandbox::new(), "POST /graphql", media, BODY).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            assert!(
                answer.ends_with(r#"{"data":{"viewer":{"name":"John Doe"}}}"#),
                "{answer}"
            );
        }
    }

    #[tokio::test]
    async fn other_methods_and_paths_are_refused() {
        let get = exchange(&Sandbox::new(), "GET /graphql", "").await;
        assert!(get.starts_with("HTTP/1.1 405"), "{get}");
        for path in ["/", "/elsewhere", "/graphql/"] {
            let elsewhere = exchange(&Sandbox::new(), &format!("POST {path}"), BODY).await;
            assert!(elsewhere.starts_with("HTTP/1.1 404"), "{elsewhere}");
        }
    }

    #[tokio::test]
    async fn a_body_that_is_not_said_to_be_json_is_refused() {
        for media in ["", "text/plain", "application/graphql", "application/jsonl"] {
            let sandbox = Sandbox::new();
            let answer = exchange_of(&sandbox, "POST /graphql", media, BODY).await;
            assert!(answer.starts_with("HTTP/1.1 400"), "{media}: {answer}");
            assert!(sandbox.requests().is_empty(), "{media}");
        }
    }

    #[tokio::test]
    async fn a_dropped_connection_carries_no_byte() {
        let sandbox = Sandbox::new();
        sandbox.script().next(Act::DropAfterCommit);
        assert_eq!(exchange(&sandbox, "POST /graphql", BODY).await, "");
        assert_eq!(sandbox.requests().len(), 1);
    }

    #[tokio::test]
    async fn a_stop_waits_for_the_requests_under_way() {
        let sandbox = Sandbox::new();
        sandbox.script().next(Act::Slow(Duration::from_millis(200)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let length = BODY.len();
        let request = format!(
            "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: lin_api_x\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{BODY}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let seen = sandbox.clone();
        let begun = async move {
            while seen.requests().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        serve(sandbox, listener, begun).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.ends_with(r#"{"data":{"viewer":{"name":"John Doe"}}}"#),
            "{answer}"
        );
    }
}

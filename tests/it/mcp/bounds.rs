//! How many calls run and wait at once, over an in-memory stream.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use linear_ops::cache::Cache;
use linear_ops::clock::Clock;
use linear_ops::effect::Allowed;
use linear_ops::linear::client::{Client, RetryLimits};
use linear_ops::linear::transport::{Fault, Reply, Transport};
use linear_ops::sandbox::{InProcess, Sandbox};
use linear_ops::server::{Server, stdio};
use linear_ops::session::Session;
use linear_ops::settings::Listing;
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf,
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::raw::{LONG, initialize};

/// The calls that may be under way at once.
const MOST: usize = 256;

/// A transport to the stand-in that holds every mutation until the test releases it.
struct Holding {
    linear: InProcess,
    free: Semaphore,
    /// The bodies of the mutations, in the order in which they came.
    came: Mutex<Vec<String>>,
}

impl Holding {
    fn came(&self) -> Vec<String> {
        self.came.lock().unwrap().clone()
    }
}

impl Transport for Holding {
    fn send(&self, body: Vec<u8>, limit: Option<Duration>) -> BoxFuture<'_, Result<Reply, Fault>> {
        Box::pin(async move {
            let text = String::from_utf8_lossy(&body).into_owned();
            if text.contains("\"query\":\"mutation") {
                self.came.lock().unwrap().push(text);
                self.free.acquire().await.unwrap().forget();
            }
            self.linear.send(body, limit).await
        })
    }
}

/// A client's ends of the streams to a server.
struct Connected {
    input: WriteHalf<DuplexStream>,
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
    served: tokio::task::JoinHandle<Result<Vec<String>, String>>,
}

impl Connected {
    /// A server over that transport, initialised.
    async fn new(transport: Arc<dyn Transport>) -> Self {
        let clock = Clock::system();
        let retry_limits = RetryLimits {
            in_flight: 10_000,
            ..RetryLimits::default()
        };
        let client = Client::new(transport, retry_limits, clock.clone());
        let cache = Cache::new(LONG, 1000);
        let session = Session::new(client, cache, clock, Allowed::Writing);
        let server = Server::new(Arc::new(session), &Listing::parse("yaml").unwrap()).unwrap();
        let (here, there) = tokio::io::duplex(4 * 1024);
        let (input, output) = tokio::io::split(there);
        let served = tokio::spawn(async move {
            stdio::serve_over(server, input, output, CancellationToken::new(), LONG).await
        });
        let (output, input) = tokio::io::split(here);
        let mut connected = Self {
            input,
            output: BufReader::new(output).lines(),
            served,
        };
        connected.send(&initialize()).await;
        connected.next().await;
        connected
    }

    async fn send(&mut self, message: &Value) {
        let line = format!("{message}\n");
        self.input.write_all(line.as_bytes()).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        let line = tokio::time::timeout(LONG, self.output.next_line()).await;
        serde_json::from_str(&line.unwrap().unwrap().unwrap()).unwrap()
    }
}

fn ping(id: usize) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "ping"})
}

#[tokio::test]
async fn a_bounded_number_of_calls_runs_at_once_and_the_others_follow_in_order() {
    let linear = Arc::new(Holding {
        linear: InProcess::new(Sandbox::new()),
        free: Semaphore::new(0),
        came: Mutex::default(),
    });
    let mut client = Connected::new(Arc::<Holding>::clone(&linear)).await;
    let calls = MOST + 40;
    for id in 1..=calls {
        let arguments = json!({
            "operation": "create_issue", "params": {"team": "ENG", "title": format!("Call {id}")},
        });
        let params = json!({"name": "linear", "arguments": arguments});
        let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
        client.send(&call).await;
    }
    let held = || linear.came().len();
    let all = tokio::time::timeout(LONG, async {
        while held() < MOST {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    all.await.unwrap();
    // A ping is answered although calls wait, and none of the waiting calls has begun.
    client.send(&ping(100_000)).await;
    assert_eq!(client.next().await["id"], 100_000);
    assert_eq!(held(), MOST);
    linear.free.add_permits(calls);
    let mut answered = Vec::new();
    for _ in 1..=calls {
        let answer = client.next().await;
        assert_eq!(answer["result"]["isError"], false, "{answer}");
        answered.push(answer["id"].as_u64().unwrap());
    }
    let came = linear.came();
    assert_eq!(came.len(), calls);
    for (number, body) in (MOST + 1..=calls).zip(came.iter().skip(MOST)) {
        assert!(
            body.contains(&format!("\"Call {number}\"")),
            "{number}: {body}"
        );
    }
    answered.sort_unstable();
    answered.dedup();
    assert_eq!(answered.len(), calls);
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answers_is_not_read_from() {
    let mut client = Connected::new(Arc::new(InProcess::new(Sandbox::new()))).await;
    let all = 20_000;
    let mut sent = 0;
    let sending = async {
        while sent < all {
            let line = format!("{}\n", ping(sent));
            client.input.write_all(line.as_bytes()).await.unwrap();
            sent += 1;
        }
    };
    let filled = tokio::time::timeout(Duration::from_secs(2), sending).await;
    assert!(filled.is_err(), "all was read");
    assert!(sent < 5_000, "{sent} were read");
    // The server reads on once the client reads its answers. The last line may have been written only in part.
    let (mut input, mut output) = (client.input, client.output);
    let rest = tokio::spawn(async move {
        input.write_all(b"\n").await.unwrap();
        for id in sent + 1..all {
            let line = format!("{}\n", ping(id));
            input.write_all(line.as_bytes()).await.unwrap();
        }
        input.shutdown().await.unwrap();
    });
    let mut answers = 0;
    while let Some(line) = tokio::time::timeout(LONG, output.next_line())
        .await
        .unwrap()
        .unwrap()
    {
        let answer: Value = serde_json::from_str(&line).unwrap();
        answers += usize::from(answer["result"].is_object());
    }
    rest.await.unwrap();
    assert!(answers >= all - 2, "{answers}");
    assert_eq!(client.served.await.unwrap().unwrap(), Vec::<String>::new());
}

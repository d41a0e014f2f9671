//! The prefetch through the real binary: when it is sent, and that it delays nothing.

use std::time::Duration;

use linear_ops::clock::Stopwatch;
use linear_ops::sandbox::{Act, Sandbox};
use serde_json::{Value, json};
use wiremock::MockServer;

use super::client::{Connected, call, connect, text};
use super::raw::{Server, command, envelope};
use crate::support::binary;
use crate::support::serve;

/// A delay that fails every test that waits for it.
const NEVER: Duration = Duration::from_secs(120);
/// Far below that, and far above what anything else takes.
const SOON: Duration = Duration::from_secs(30);

/// A stand-in on loopback, and how a process reaches it.
struct Linear {
    sandbox: Sandbox,
    url: String,
    _server: MockServer,
}

impl Linear {
    async fn new() -> Self {
        let sandbox = Sandbox::new();
        let server = serve(&sandbox).await;
        Self {
            sandbox,
            url: format!("{}/graphql", server.uri()),
            _server: server,
        }
    }

    /// Returns a stand-in whose first request is answered by this act.
    async fn beginning(act: Act) -> Self {
        let linear = Self::new().await;
        linear.sandbox.script().next(act);
        linear
    }

    fn vars(&self) -> [(&str, &str); 2] {
        [
            ("LINEAR_API_URL", &self.url),
            ("LINEAR_API_KEY", "lin_api_sandbox"),
        ]
    }

    /// How many requests there have been, once there have been that many.
    async fn sent(&self, at_least: usize) -> usize {
        let watch = Stopwatch::start();
        while self.sandbox.requests().len() < at_least && watch.elapsed() < SOON {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.sandbox.requests().len()
    }
}

/// The envelope of a call that has to have succeeded.
async fn answer(client: &Connected, operation: &str, params: Value) -> Value {
    let request = json!({"operation": operation, "params": params});
    let result = call(client, "linear", request).await.unwrap();
    let answer: Value = serde_yaml::from_str(text(&result)).unwrap();
    assert_eq!(answer["success"], true, "{answer}");
    answer
}

fn issue() -> Value {
    json!({"team": "Engineering", "title": "T", "state": "In Progress", "assignee": "me",
        "project": "Auth System"})
}

#[tokio::test]
async fn the_first_issue_by_names_takes_one_request_and_without_it_two() {
    for (setting, own, all) in [
        (None, 1, 2),
        (Some("on"), 1, 2),
        (Some("off"), 2, 2),
        (Some("0"), 2, 2),
    ] {
        let linear = Linear::new().await;
        let setting = setting.map(|value| ("LINEAR_OPS_PREFETCH", value));
        let vars: Vec<(&str, &str)> = linear.vars().into_iter().chain(setting).collect();
        let client = connect(&[], &vars).await;
        let made = answer(&client, "create_issue", issue()).await;
        assert_eq!(made["metadata"]["mcp_calls"], own, "{setting:?}");
        assert_eq!(linear.sent(all).await, all, "{setting:?}");
        client.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn the_stand_in_of_its_own_is_asked_likewise() {
    for (setting, own, state) in [("on", 1, "done"), ("off", 2, "off")] {
        let vars = [("LINEAR_OPS_PREFETCH", setting)];
        let client = connect(&["--sandbox"], &vars).await;
        let made = answer(&client, "create_issue", issue()).await;
        assert_eq!(made["metadata"]["mcp_calls"], own);
        let status = answer(&client, "cache_status", json!({})).await;
        assert_eq!(status["data"]["prefetch"]["state"], state);
        client.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn initialize_and_what_needs_no_name_are_answered_while_it_is_under_way() {
    let linear = Linear::beginning(Act::Slow(NEVER)).await;
    let watch = Stopwatch::start();
    let client = connect(&[], &linear.vars()).await;
    assert!(!client.list_all_tools().await.unwrap().is_empty());
    assert_eq!(linear.sent(1).await, 1);
    let status = answer(&client, "cache_status", json!({})).await;
    assert_eq!(status["data"]["prefetch"], json!({"state": "running"}));
    let issue = answer(&client, "get_issue", json!({"issue_id": "PSN-123"})).await;
    assert_eq!(issue["metadata"]["mcp_calls"], 1);
    // A call that needs a name waits for the prefetch, and then sends its own look-up.
    let team = answer(&client, "get_team", json!({"team": "ENG"})).await;
    assert_eq!(team["metadata"]["mcp_calls"], 1);
    client.cancel().await.unwrap();
    assert!(watch.elapsed() < SOON);
}

#[tokio::test]
async fn calls_that_come_while_it_is_under_way_share_it() {
    let slow = Act::Slow(Duration::from_millis(1_500));
    let linear = Linear::beginning(slow).await;
    let client = connect(&[], &linear.vars()).await;
    let (team, user) = tokio::join!(
        answer(&client, "get_team", json!({"team": "ENG"})),
        answer(&client, "get_user", json!({"user": "me"})),
    );
    for answer in [team, user] {
        assert_eq!(answer["metadata"]["mcp_calls"], 0);
    }
    assert_eq!(linear.sandbox.requests().len(), 1);
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn when_it_fails_the_first_call_asks_for_itself() {
    let linear = Linear::beginning(Act::DropAfterCommit).await;
    let client = connect(&[], &linear.vars()).await;
    assert_eq!(linear.sent(1).await, 1);
    let made = answer(&client, "create_issue", issue()).await;
    assert_eq!(made["metadata"]["mcp_calls"], 2);
    assert_eq!(linear.sandbox.requests().len(), 3);
    let status = answer(&client, "cache_status", json!({})).await;
    let reported = &status["data"]["prefetch"];
    assert_eq!(
        (&reported["state"], &reported["code"]),
        (&json!("failed"), &json!("LINEAR_API_ERROR"))
    );
    client.cancel().await.unwrap();
}

#[tokio::test]
async fn it_does_not_keep_the_process_from_ending() {
    for signal in [None, Some("TERM")] {
        let linear = Linear::beginning(Act::Slow(NEVER)).await;
        let watch = Stopwatch::start();
        let mut server = Server::start(command(&[], &linear.vars()));
        server.initialize().await;
        assert_eq!(linear.sent(1).await, 1);
        match signal {
            None => drop(server.input.take()),
            Some(name) => server.signal(name).await,
        }
        let (status, _, errors) = server.end().await;
        assert_eq!((status.code(), errors.as_str()), (Some(0), ""));
        assert!(watch.elapsed() < SOON);
    }
}

#[tokio::test]
async fn a_key_that_is_no_longer_good_is_told_of_by_the_first_call() {
    let linear = Linear::new().await;
    let key = ("LINEAR_API_KEY", "lin_api_revoked");
    let vars: Vec<(&str, &str)> = linear.vars().into_iter().chain([key]).collect();
    let mut server = Server::start(command(&[], &vars));
    server.initialize().await;
    server.call(1, "get_team", json!({"team": "ENG"})).await;
    let answer = server.answer(1).await;
    let reported = envelope(&answer);
    assert!(
        reported.contains("code: LINEAR_API_UNAUTHORIZED\n"),
        "{reported}"
    );
    assert!(reported.contains("mcp_calls: 1\n"), "{reported}");
    assert_eq!(linear.sandbox.requests().len(), 2);
    drop(server.input.take());
    let (status, _, errors) = server.end().await;
    assert_eq!((status.code(), errors.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn without_a_key_or_with_one_request_at_a_time_there_is_none() {
    let linear = Linear::new().await;
    let one_in_flight = ("LINEAR_OPS_IN_FLIGHT", "1");
    let with_key: Vec<(&str, &str)> = linear.vars().into_iter().chain([one_in_flight]).collect();
    for vars in [&linear.vars()[..1], &with_key[..]] {
        let client = connect(&[], vars).await;
        let status = answer(&client, "cache_status", json!({})).await;
        assert_eq!(status["data"]["prefetch"], json!({"state": "off"}));
        client.cancel().await.unwrap();
    }
    assert_eq!(linear.sandbox.requests().len(), 0);
}

#[tokio::test]
async fn what_ends_after_one_request_sends_no_other() {
    let linear = Linear::new().await;
    let vars: Vec<(String, String)> = linear
        .vars()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let run = move || {
        let example = format!("{}/examples/get_team.yaml", env!("CARGO_MANIFEST_DIR"));
        let mut command = binary::command();
        command.args(["run", &example]).envs(vars).output().unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(output.status.success());
    let received = linear.sandbox.requests();
    assert_eq!(received.len(), 1);
    assert!(
        received
            .iter()
            .all(|request| !request.roots.contains(&"users".to_owned()))
    );
}

//! Progress notifications of a running call, for a client that asks for them.

use linear_ops::sandbox::{Act, Sandbox};
use serde_json::{Value, json};

use super::raw::{Server, envelope};

const KEY: &str = "lin_api_sandbox";

/// Calls the tool `linear` with these requests under that token, and returns the parameters of the notifications before
/// the answer, and the envelope.
async fn call(
    server: &mut Server,
    id: u64,
    text: &str,
    token: Option<Value>,
) -> (Vec<Value>, String) {
    let mut params = json!({"name": "linear", "arguments": {"request": text}});
    if let Some(token) = token {
        params["_meta"] = json!({ "progressToken": token });
    }
    let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params});
    server.send(&call).await;
    let mut notifications = Vec::new();
    loop {
        let message = server.next().await.unwrap();
        if message["id"] == id {
            return (notifications, envelope(&message).to_owned());
        }
        assert_eq!(message["method"], "notifications/progress", "{message}");
        notifications.push(message["params"].clone());
    }
}

/// Asserts that the notifications are for that token, grow, and are short.
fn assert_steps(notifications: &[Value], token: &Value) {
    let mut last = 0.0;
    for step in notifications {
        assert_eq!(step["progressToken"], *token, "{step}");
        let progress = step["progress"].as_f64().unwrap();
        assert!(progress > last, "{notifications:#?}");
        last = progress;
        let message = step["message"].as_str().unwrap();
        assert!((1..100).contains(&message.len()), "{message}");
    }
}

const STREAM: &str = "operation: create_comment\nparams: {issue_id: ENG-231, body: one}\n---\n\
    operation: get_issue\nparams: {issue_id: ENG-231}\n---\n\
    operation: create_comment\nparams: {issue_id: ENG-231, body: two}\n";

#[tokio::test]
async fn the_items_of_a_batch_are_counted_as_they_are_done() {
    let (mut server, _linear) = Server::with_sandbox(&Sandbox::new(), KEY, "warn").await;
    for (id, token) in [(1, json!("a token")), (2, json!(7))] {
        let (notifications, envelope) = call(&mut server, id, STREAM, Some(token.clone())).await;
        assert!(envelope.contains("succeeded: 3"), "{envelope}");
        assert_steps(&notifications, &token);
        // Steps between two notifications may be skipped, but the last step is always sent.
        let last = notifications.last().unwrap();
        assert_eq!(
            (&last["progress"], &last["total"]),
            (&json!(3.0), &json!(3.0))
        );
        assert_eq!(last["message"], "3 of 3 items done: create_comment");
    }
    let (notifications, _) = call(&mut server, 3, STREAM, None).await;
    assert_eq!(notifications, Vec::<Value>::new());
}

#[tokio::test]
async fn pages_beyond_the_first_are_told_and_one_page_is_not() {
    let sandbox = Sandbox::new();
    sandbox.edit(|store| {
        let issue = store.find("Issue", "title", "Login form").unwrap().clone();
        for number in 0..240 {
            let mut copy = issue.clone();
            copy.insert("id".into(), store.new_id().into());
            copy.insert("number".into(), (1000 + number).into());
            store.put("Issue", copy);
        }
    });
    let (mut server, _linear) = Server::with_sandbox(&sandbox, KEY, "warn").await;
    for (id, length) in [(1, "limit: 250"), (2, "all: true")] {
        let list = format!(
            "operation: list_issues\nparams: {{{length}, detail: standard, fields: [identifier, url]}}\n"
        );
        let (notifications, _) = call(&mut server, id, &list, Some(json!("t"))).await;
        assert_steps(&notifications, &json!("t"));
        let messages: Vec<&str> = notifications
            .iter()
            .filter_map(|step| step["message"].as_str())
            .collect();
        assert_eq!(
            messages,
            ["reading page 2: 100 so far", "reading page 3: 200 so far"]
        );
        assert!(
            notifications.iter().all(|step| step.get("total").is_none()),
            "{notifications:?}"
        );
    }
    let (notifications, _) =
        call(&mut server, 3, "operation: list_teams\n", Some(json!("t"))).await;
    assert_eq!(notifications, Vec::<Value>::new());
}

#[tokio::test]
async fn a_wait_for_the_rate_limit_is_told() {
    let sandbox = Sandbox::new();
    let limited = Act::RateLimited {
        status: 400,
        reset_in_ms: 300,
        retry_after: None,
    };
    sandbox.script().next(limited);
    let (mut server, _linear) = Server::with_sandbox(&sandbox, KEY, "warn").await;
    let (notifications, envelope) =
        call(&mut server, 1, "operation: list_teams\n", Some(json!(1))).await;
    assert!(envelope.starts_with("success: true\n"), "{envelope}");
    assert_steps(&notifications, &json!(1));
    assert_eq!(
        notifications[0]["message"],
        "waiting 1 s for Linear's rate limit"
    );
}

/// A client that does not read holds up nothing but itself, and the steps that it does not read are few.
#[tokio::test]
async fn a_client_that_does_not_read_gets_the_answer_and_few_steps_when_it_does() {
    let (mut server, _linear) = Server::with_sandbox(&Sandbox::new(), KEY, "warn").await;
    let items: Vec<&str> = (0..100)
        .map(|_| "operation: get_team\nparams: {team: ENG}\n")
        .collect();
    let text = items.join("---\n");
    let calls = 30;
    for id in 1..=calls {
        let params = json!({
            "name": "linear", "arguments": {"request": text},
            "_meta": {"progressToken": id},
        });
        server
            .send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params}))
            .await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let (mut answers, mut ended) = (0, std::collections::BTreeSet::new());
    while answers < calls {
        let message = server.next().await.unwrap();
        match message["id"].as_u64() {
            Some(id) => {
                assert!(envelope(&message).contains("succeeded: 100"), "{message}");
                ended.insert(id);
                answers += 1;
            }
            // No notification of a call comes after its answer.
            None => assert!(!ended.contains(&message["params"]["progressToken"].as_u64().unwrap())),
        }
    }
}

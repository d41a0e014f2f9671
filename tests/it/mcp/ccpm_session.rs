//! A session of CCPM commands through the real binary: 57 requests about seven issues
//! (`examples/sessions/ccpm_day.yaml`).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::{call, connect, text};

const DAY: &str = include_str!("../../../examples/sessions/ccpm_day.yaml");

/// Returns the requests of a session, each with the comment in front of it.
pub fn requests(session: &str) -> Vec<&str> {
    let parts = session.split("\n---\n").map(str::trim);
    parts.filter(|part| part.contains("operation:")).collect()
}

#[test]
fn the_day_has_57_requests_over_seven_issues() {
    assert_eq!(requests(DAY).len(), 57);
    let words = DAY.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let known = |word: &&str| {
        let word = word.to_ascii_uppercase();
        let number = ["ENG-", "PSN-"]
            .iter()
            .find_map(|team| word.strip_prefix(team));
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    };
    let issues: BTreeSet<String> = words.filter(known).map(str::to_ascii_uppercase).collect();
    assert_eq!(issues.len(), 7, "{issues:?}");
}

/// Runs the session, and returns its last answer, which is `cache_status`, and the number of requests of all answers.
async fn day(prefetch: &str) -> (Value, u64) {
    let vars = [("LINEAR_OPS_PREFETCH", prefetch)];
    let client = connect(&["--sandbox", "--tools", "yaml"], &vars).await;
    let (mut sent, mut last) = (0, Value::Null);
    for request in requests(DAY) {
        let result = call(&client, "linear", json!({"request": request}))
            .await
            .unwrap();
        let answer = text(&result);
        assert_eq!(result.is_error, Some(false), "{request}\n{answer}");
        last = serde_yaml::from_str(answer).unwrap();
        assert_eq!(last.get("warnings"), None, "{request}\n{answer}");
        sent += last["metadata"]["mcp_calls"].as_u64().unwrap();
    }
    client.cancel().await.unwrap();
    (last, sent)
}

/// The exact numbers of requests show every increase, for example by a new label, which costs one request. The stand-in's workspace
/// has more labels than a prefetch asks for, so that the first issue of the day looks its labels up with and without a prefetch.
#[tokio::test]
async fn every_request_of_the_day_succeeds_and_the_counts_are_told() {
    for (prefetch, requests, entities) in [("off", 79, 5), ("on", 79, 5)] {
        let (last, sent) = day(prefetch).await;
        let totals = &last["data"]["totals"];
        assert_eq!(totals["count"], 56);
        assert_eq!(totals["failed"], 0);
        assert_eq!(totals["requests"], sent);
        assert_eq!(sent, requests, "{prefetch}");
        let reported = last["data"]["cache"]["entities"].as_array().unwrap();
        assert_eq!(reported.len(), entities, "{prefetch}");
        let sent = last["data"]["prefetch"]["requests"].as_u64();
        assert_eq!(sent.unwrap_or(0), u64::from(prefetch == "on"));
    }
}

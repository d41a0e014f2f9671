//! A day of CCPM commands through the real binary: 40 requests over six issues (`examples/sessions/ccpm_day.yaml`).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::client::{call, connect, text};

const DAY: &str = include_str!("../../../examples/sessions/ccpm_day.yaml");

/// The requests, without the comments between them.
fn requests() -> Vec<&'static str> {
    let parts = DAY.split("---\n").map(str::trim);
    parts.filter(|part| part.contains("operation:")).collect()
}

#[test]
fn the_day_has_forty_requests_over_six_issues() {
    assert_eq!(requests().len(), 40);
    let words = DAY.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let known = |word: &&str| {
        let word = word.to_ascii_uppercase();
        let number = ["ENG-", "PSN-"]
            .iter()
            .find_map(|team| word.strip_prefix(team));
        number.is_some_and(|number| number.parse::<u32>().is_ok())
    };
    let issues: BTreeSet<String> = words.filter(known).map(str::to_ascii_uppercase).collect();
    assert_eq!(issues.len(), 6, "{issues:?}");
}

#[tokio::test]
async fn every_request_of_the_day_succeeds_and_the_counts_are_told() {
    let client = connect(&["--sandbox", "--tools", "yaml"], &[]).await;
    let (mut sent, mut last) = (0, Value::Null);
    for request in requests() {
        let result = call(&client, "linear", json!({"request": request}))
            .await
            .unwrap();
        let answer = text(&result);
        assert_eq!(result.is_error, Some(false), "{request}\n{answer}");
        last = serde_yaml::from_str(answer).unwrap();
        assert_eq!(last.get("warnings"), None, "{request}\n{answer}");
        sent += last["metadata"]["mcp_calls"].as_u64().unwrap();
    }
    let totals = &last["data"]["totals"];
    assert_eq!(totals["count"], 39);
    assert_eq!(totals["failed"], 0);
    assert_eq!(totals["requests"], sent);
    // Growth is seen and chosen: each new label is a request of its own.
    assert_eq!(sent, 61);
    let entities = last["data"]["cache"]["entities"].as_array().unwrap();
    assert_eq!(entities.len(), 5);
    client.cancel().await.unwrap();
}

//! The statistics of a session, read through `cache_status`.

use std::time::Duration;

use linear_ops::clock::Clock;
use linear_ops::engine;
use linear_ops::request;
use linear_ops::sandbox::Act;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::support::failures::script_acts;
use crate::support::{Answer, TestWorkspace, snapshot_but_for};

/// The hit rates that `contract.md`, "Caching" expects.
const TARGETS: &[(&str, f64)] = &[
    ("team", 95.0),
    ("status", 95.0),
    ("project", 90.0),
    ("label", 85.0),
    ("user", 80.0),
];

async fn status(workspace: &TestWorkspace) -> Answer {
    workspace.call("cache_status", "{detail: full}").await
}

/// Returns the row with this name in a list of the answer's data.
fn row<'a>(answer: &'a Answer, list: &str, key: &str, name: &str) -> &'a Value {
    let rows = answer.at(list).as_array().unwrap();
    let row = rows.iter().find(|row| row[key] == name);
    row.unwrap_or_else(|| panic!("no {name} in {:#}", answer.0))
}

fn operation<'a>(answer: &'a Answer, name: &str) -> &'a Value {
    row(answer, "/data/operations", "operation", name)
}

fn entity<'a>(answer: &'a Answer, name: &str) -> &'a Value {
    row(answer, "/data/cache/entities", "entity", name)
}

/// Runs what CCPM does with one issue from its plan to its end (`contract.md`, "CCPM"). Each step resolves names.
async fn work_through(workspace: &TestWorkspace, number: usize) {
    let issue = format!(
        "{{team: Engineering, title: 'Task {number}', description: '- [ ] one', state: Planned, \
         labels: [planning, backend], assignee: me, project: Auth System}}"
    );
    let created = workspace.call("create_issue", &issue).await;
    let id = created.data()["identifier"].as_str().unwrap().to_owned();
    for (operation, params) in [
        ("get_issue", String::new()),
        (
            "update_issue",
            ", state: In Progress, add_labels: [frontend]".to_owned(),
        ),
        ("create_comment", ", body: 'Begun'".to_owned()),
        (
            "update_issue",
            ", state: In Review, assignee: me".to_owned(),
        ),
        (
            "update_issue",
            ", state: Done, remove_labels: [planning]".to_owned(),
        ),
        ("get_issue", ", include_comments: true".to_owned()),
    ] {
        let params = format!("{{issue_id: {id}{params}}}");
        workspace.call(operation, &params).await.data();
    }
    for (operation, params) in [
        ("get_valid_state_id", "{team: Engineering, state: Done}"),
        ("list_statuses", "{team: Engineering}"),
        ("get_or_create_label", "{team: Engineering, name: planning}"),
        (
            "ensure_labels_exist",
            "{team: Engineering, labels: [planning, backend, frontend]}",
        ),
        (
            "list_issues",
            "{team: Engineering, project: Auth System, assignee: me, labels: [backend], state: started}",
        ),
    ] {
        workspace.call(operation, params).await.data();
    }
}

#[tokio::test]
async fn a_day_with_six_issues_reaches_the_contracts_hit_rates() {
    let workspace = TestWorkspace::new().await;
    for number in 1..=6 {
        work_through(&workspace, number).await;
    }
    let sent = workspace.take_requests().len();
    let answer = status(&workspace).await;
    for (name, target) in TARGETS {
        let entity = entity(&answer, name);
        let (hits, misses) = (
            entity["hits"].as_f64().unwrap(),
            entity["misses"].as_f64().unwrap(),
        );
        let rate = hits * 100.0 / (hits + misses);
        assert!(rate >= *target, "{name}: {rate} % of {entity}");
        let shown: f64 = entity["hit_rate"]
            .as_str()
            .unwrap()
            .trim_end_matches('%')
            .parse()
            .unwrap();
        assert!((shown - rate).abs() <= 0.05, "{entity}");
    }
    assert_eq!(answer.at("/data/totals/count"), 72);
    assert_eq!(answer.at("/data/totals/requests"), sent);
    let updates = operation(&answer, "update_issue");
    assert_eq!(
        (&updates["count"], &updates["failed"]),
        (&18.into(), &0.into())
    );
}

#[tokio::test]
async fn a_look_up_is_counted_once_for_each_name() {
    let workspace = TestWorkspace::new().await;
    let list = "{team: ENG, labels: [planning, backend]}";
    let counts = async || {
        let answer = status(&workspace).await;
        ["team", "label"].map(|name| {
            let entity = entity(&answer, name);
            (
                entity["hits"].as_u64().unwrap(),
                entity["misses"].as_u64().unwrap(),
            )
        })
    };
    workspace.call("ensure_labels_exist", list).await.data();
    assert_eq!(counts().await, [(0, 1), (0, 2)]);
    workspace.call("ensure_labels_exist", list).await.data();
    assert_eq!(counts().await, [(1, 1), (2, 2)]);
    // A request for a fresh answer does not use the cache.
    workspace
        .call("get_team", "{team: ENG, refresh_cache: true}")
        .await
        .data();
    assert_eq!(counts().await, [(1, 1), (2, 2)]);
    assert_eq!(entity(&status(&workspace).await, "team")["refreshes"], 1);
    let ensured = status(&workspace).await;
    let ensured = operation(&ensured, "ensure_labels_exist");
    assert_eq!(
        (&ensured["cache_hits"], &ensured["cache_misses"]),
        (&3.into(), &3.into())
    );
    assert_eq!(ensured["hit_rate"], "50%");
}

#[tokio::test]
async fn failures_of_every_sort_are_counted_by_their_code() {
    let workspace =
        TestWorkspace::with_endpoint(|endpoint| endpoint.timeout = Duration::from_millis(200))
            .await;
    workspace.call("get_team", "{team: nowhere}").await;
    workspace.call("get_team", "{}").await;
    script_acts(
        &workspace,
        "teams",
        std::iter::repeat_n(Act::Slow(Duration::from_secs(9)), 3),
    );
    let fresh = "{team: ENG, refresh_cache: true}";
    workspace.call("get_team", fresh).await;
    for name in ["a", "b", "x\ny"] {
        let request = request::Request {
            operation: name.repeat(1000),
            ..request::read("operation: get_team", &linear_ops::engine::Catalog).unwrap()
        };
        engine::run(&workspace.session, request, CancellationToken::new()).await;
    }
    let unread = request::read("operation: [", &linear_ops::engine::Catalog);
    engine::answer(&workspace.session, unread, CancellationToken::new()).await;
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let request = request::read(
        &format!("operation: get_team\nparams: {fresh}"),
        &linear_ops::engine::Catalog,
    )
    .unwrap();
    engine::run(&workspace.session, request, cancelled).await;

    let answer = status(&workspace).await;
    let team = operation(&answer, "get_team");
    let expected = serde_json::json!({
        "TEAM_NOT_FOUND": 1, "MISSING_REQUIRED_PARAM": 1, "LINEAR_API_TIMEOUT": 1, "CANCELLED": 1,
    });
    assert_eq!(team["errors"], expected);
    // The miss sent one request and the slow call sent three, because every retry counts.
    assert_eq!(team["requests"], 4);
    assert!(team["max_ms"].as_f64().unwrap() >= 600.0, "{team}");
    let unknown = serde_json::json!({"UNKNOWN_OPERATION": 3, "INVALID_REQUEST": 1});
    assert_eq!(operation(&answer, "(unknown)")["errors"], unknown);
    assert_eq!(answer.at("/data/operations").as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_operation_that_panics_is_counted_with_what_it_had_done() {
    let clock = Clock::new(|| Clock::system().now_ms(), || unreachable!("no more ids"));
    let workspace = TestWorkspace::with_clock(clock, |_| {}).await;
    let answer = workspace
        .call("create_issue", "{team: ENG, title: T, state: done}")
        .await;
    assert_eq!(answer.code(), "INTERNAL_ERROR");
    let answer = status(&workspace).await;
    let row = operation(&answer, "create_issue");
    assert_eq!(
        (&row["failed"], &row["errors"]["INTERNAL_ERROR"]),
        (&1.into(), &1.into())
    );
    assert_eq!(
        (&row["requests"], &row["cache_misses"]),
        (&1.into(), &2.into())
    );
}

#[tokio::test]
async fn bytes_are_those_that_went_over_the_wire() {
    let workspace = TestWorkspace::new().await;
    let request = request::read("operation: list_teams", &linear_ops::engine::Catalog);
    let text = engine::answer(&workspace.session, request, CancellationToken::new())
        .await
        .text;
    let first = status(&workspace).await;
    let row = operation(&first, "list_teams");
    assert_eq!(row["returned_bytes"], text.len());
    for key in ["sent_bytes", "upstream_bytes"] {
        assert!(row[key].as_u64().unwrap() > 100, "{row}");
        assert_eq!(first.at(&format!("/data/totals/{key}")), &row[key]);
    }
    // An operation that the cache answers sends no more bytes; a repeated request sends as many bytes again.
    workspace.call("list_teams", "{}").await.data();
    assert_eq!(
        operation(&status(&workspace).await, "list_teams")["sent_bytes"],
        row["sent_bytes"]
    );
    script_acts(&workspace, "teams", [Act::UnavailableAfterCommit]);
    workspace
        .call("list_teams", "{refresh_cache: true}")
        .await
        .data();
    let last = status(&workspace).await;
    let again = operation(&last, "list_teams");
    assert_eq!(again["requests"], 3);
    assert_eq!(
        again["sent_bytes"].as_u64().unwrap(),
        3 * row["sent_bytes"].as_u64().unwrap()
    );
}

#[tokio::test]
async fn the_short_answer_is_short_and_one_operation_can_be_asked_for() {
    let workspace = TestWorkspace::new().await;
    for (operation, params) in [
        (
            "create_issue",
            "{team: ENG, title: T, labels: [planning, backend], state: done, assignee: me}",
        ),
        ("get_team", "{team: ENG}"),
        ("get_team", "{team: nowhere}"),
    ] {
        workspace.call(operation, params).await;
    }
    let numbers = [
        (r"_ms: [\d.]+", "_ms: [ms]"),
        (r"_seconds: \d+", "_seconds: [s]"),
        (
            r"operation: (create_issue|get_team)",
            "operation: [by time]",
        ),
        (r"count: \d, failed: \d, requests: \d", "[counts]"),
        (r"_bytes: \d+", "_bytes: [bytes]"),
    ];
    snapshot_but_for(
        &numbers,
        "cache_status",
        &workspace.yaml("metrics", "{}").await,
    );
    let result = workspace
        .call("session_telemetry", "{operation: get_team}")
        .await;
    assert_eq!(
        (result.at("/data/count"), result.at("/data/failed")),
        (&2.into(), &1.into())
    );
    assert_eq!(
        (
            result.at("/data/cache_hits"),
            result.at("/data/cache_misses")
        ),
        (&1.into(), &1.into())
    );
    let none = workspace
        .call("cache_status", "{operation: list_teams}")
        .await;
    assert_eq!(
        (none.at("/data/count"), none.at("/data/p95_ms")),
        (&0.into(), &0.0.into())
    );
    assert_eq!(
        workspace
            .call("cache_status", "{operation: get_teem}")
            .await
            .code(),
        "UNKNOWN_OPERATION"
    );
    assert_eq!(status(&workspace).await.calls(), 0);
}

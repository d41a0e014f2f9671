//! The prefetch of a session: what it costs, which look-ups it saves, and that it causes no wrong answers and no delay.

mod faults;
mod large;
mod waiting;

use linear_ops::resolve::prefetch::prefetch;
use linear_ops::sandbox::store::{Store, text};
use linear_ops::sandbox::{Logged, Request, Sandbox};
use serde_json::{Value, json};

use crate::support::{TestWorkspace, call, mutations};

/// How many points of complexity a prefetch may cost at most.
const POINTS: f64 = 2_500.0;

/// Returns the complexity of a request in points, as the stand-in reports it.
fn points(sandbox: &Sandbox, request: &Logged) -> f64 {
    let body = json!({"query": request.document, "variables": request.variables});
    let outcome = sandbox.handle(Request {
        authorization: Some("lin_api_sandbox".to_owned()),
        body: body.to_string().into_bytes(),
    });
    let reply = outcome.reply.unwrap();
    reply.header("x-complexity").unwrap().parse().unwrap()
}

/// Asserts that one prefetch within its bound was the only request.
fn assert_modest(workspace: &TestWorkspace) {
    let received = workspace.take_requests();
    let [request] = &received[..] else {
        panic!("{} requests", received.len())
    };
    let roots = [
        "teams",
        "workflowStates",
        "issueLabels",
        "users",
        "users",
        "projects",
        "organization",
    ];
    assert_eq!(request.roots, roots);
    assert_eq!(mutations(&received), 0);
    let points = points(&workspace.sandbox, request);
    assert!(points < POINTS, "{points}");
    // The prefetch uses nearly all the points that it may cost, so that it covers an ordinary workspace.
    assert!(points > POINTS * 0.9, "{points}");
    workspace.take_requests();
}

/// Returns a test workspace whose workspace fits on the first pages: the standard seed without the many labels of Operations.
async fn ordinary() -> TestWorkspace {
    let sandbox = Sandbox::new();
    sandbox.edit(|store| {
        let services =
            |label: &&_| text(label, "name").is_some_and(|name| name.starts_with("service-"));
        let ids = ids(store, "IssueLabel", services);
        for id in ids {
            store.remove("IssueLabel", &id);
        }
    });
    TestWorkspace::with_sandbox(sandbox, |_| {}).await
}

/// Returns the ids of some records of a type, oldest first.
fn ids(
    store: &Store,
    kind: &str,
    is_wanted: impl FnMut(&&serde_json::Map<String, Value>) -> bool,
) -> Vec<String> {
    let records = store.all(kind).filter(is_wanted);
    let ids = records.filter_map(|record| text(record, "id").map(str::to_owned));
    ids.collect()
}

/// Returns what `cache_status` reports about the prefetch.
async fn status(workspace: &TestWorkspace) -> Value {
    let status = workspace.call("cache_status", "{}").await;
    status.data()["prefetch"].clone()
}

/// Look-ups that a prefetch answers in an ordinary workspace.
const ANSWERED: &[(&str, &str)] = &[
    ("get_team", "{team: engineering}"),
    ("list_teams", "{}"),
    ("get_valid_state_id", "{team: PSN, state: in review}"),
    ("list_statuses", "{team: PLT}"),
    ("list_labels", "{}"),
    ("list_labels", "{team: ENG}"),
    // A sub-team has the labels that it inherits, too.
    ("list_labels", "{team: PLT}"),
    ("get_or_create_label", "{team: DES, name: Frontend}"),
    (
        "ensure_labels_exist",
        "{team: ENG, labels: [planning, bug, Type/Chore]}",
    ),
    ("get_project", "{project: Auth System, team: ENG}"),
    ("list_projects", "{team: ENG}"),
    ("get_user", "{user: me}"),
    ("get_user", "{user: jane@example.com}"),
    ("list_users", "{}"),
];

#[tokio::test]
async fn what_it_brings_is_what_a_look_up_would_bring() {
    let workspace = ordinary().await;
    prefetch(&workspace.session).await;
    assert_modest(&workspace);
    for (operation, params) in ANSWERED {
        let warm = workspace.call(operation, params).await;
        assert_eq!(warm.calls(), 0, "{operation} {params}");
        let cold = call(&workspace.another_session(), operation, params).await;
        assert_eq!(warm.data(), cold.data(), "{operation} {params}");
        assert!(cold.calls() > 0, "{operation} {params}");
    }
}

/// Everything that a prefetch can know of an issue's names.
const BY_NAMES: &str = "{team: Engineering, title: T, state: In Progress, labels: [planning, Type/Chore], \
    assignee: me, project: Auth System, priority: high}";

#[tokio::test]
async fn the_first_issue_is_one_request_away() {
    let workspace = ordinary().await;
    prefetch(&workspace.session).await;
    workspace.take_requests();
    let warm = workspace.call("create_issue", BY_NAMES).await;
    let cold = call(&workspace.another_session(), "create_issue", BY_NAMES).await;
    assert_eq!((warm.calls(), cold.calls()), (1, 2));
    for field in ["state", "labels", "assignee", "project", "team"] {
        assert_eq!(warm.data()[field], cold.data()[field], "{field}");
    }
}

#[tokio::test]
async fn what_it_lacks_is_looked_up_before_it_is_called_missing() {
    let workspace = ordinary().await;
    prefetch(&workspace.session).await;
    // Another session has created this label since the prefetch.
    let other = workspace.another_session();
    call(&other, "get_or_create_label", "{team: ENG, name: newer}")
        .await
        .data();
    workspace.take_requests();
    let found = workspace
        .call("list_issues", "{team: ENG, labels: [newer]}")
        .await;
    assert_eq!(found.data()["issues"], json!([]));
    for (operation, params, code) in [
        ("get_team", "{team: nowhere}", "TEAM_NOT_FOUND"),
        ("get_user", "{user: nobody}", "USER_NOT_FOUND"),
        ("get_project", "{project: nothing}", "PROJECT_NOT_FOUND"),
        (
            "get_valid_state_id",
            "{team: ENG, state: Blocked}",
            "STATUS_NOT_FOUND",
        ),
        (
            "list_issues",
            "{team: ENG, labels: [nothing]}",
            "LABEL_NOT_FOUND",
        ),
        ("get_user", "{user: john}", "AMBIGUOUS_IDENTIFIER"),
    ] {
        let cold = call(&workspace.another_session(), operation, params).await;
        let warm = workspace.call(operation, params).await;
        assert_eq!(warm.code(), code);
        assert_eq!(warm.at("/error"), cold.at("/error"));
    }
}

#[tokio::test]
async fn it_is_told_of_apart_from_what_operations_cost() {
    let workspace = TestWorkspace::new().await;
    assert_eq!(status(&workspace).await, json!({"state": "off"}));
    prefetch(&workspace.session).await;
    let reported = status(&workspace).await;
    assert_eq!(
        (&reported["state"], &reported["requests"]),
        (&json!("done"), &json!(1))
    );
    assert!(
        reported["upstream_bytes"].as_u64() > Some(1_000),
        "{reported}"
    );
    assert!(reported["duration_ms"].as_f64() > Some(0.0), "{reported}");
    let totals = workspace.call("cache_status", "{}").await;
    assert_eq!(totals.data()["totals"]["requests"], 0);
    assert_eq!(totals.data()["totals"]["upstream_bytes"], 0);
}

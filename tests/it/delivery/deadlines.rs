//! An operation ends within its deadline and reports its true outcome, which is compared with what the stand-in has.

use std::time::Duration;

use linear_ops::clock::Stopwatch;
use linear_ops::sandbox::Act;
use linear_ops::sandbox::store::text;
use linear_ops::session::{Locks, Session};
use serde_json::{Value, json};

use crate::support::failures::{records, script_acts, with_root};
use crate::support::{Answer, TestWorkspace, call, mutations};

/// The deadline of an operation in these tests.
const DEADLINE: Duration = Duration::from_millis(1_500);
/// How long the stand-in does not answer: much longer than the deadline.
const HANGS: Duration = Duration::from_secs(300);
/// How long an operation may take at most on a slow machine. It is far below the limit of a single request.
const BOUND: Duration = Duration::from_secs(12);

/// Returns a test workspace whose cache has the workspace's names, and whose operations have a short deadline.
async fn warm() -> TestWorkspace {
    let mut workspace = TestWorkspace::new().await;
    workspace.call("list_labels", "{team: ENG}").await.data();
    let look = "{team: ENG, title: x, dry_run: true}";
    workspace.call("create_issue", look).await.data();
    workspace.take_requests();
    workspace.session.deadline = DEADLINE;
    workspace
}

/// Returns the answer of an operation, and asserts that it came in time.
async fn in_time(session: &Session, operation: &str, params: &str) -> Answer {
    let watch = Stopwatch::start();
    let answer = call(session, operation, params).await;
    assert!(watch.elapsed() < BOUND, "{:?}", watch.elapsed());
    answer
}

/// From now on Linear executes what it receives, but its answers are lost.
fn hang(workspace: &TestWorkspace) {
    workspace.sandbox.script().latency(HANGS);
}

#[tokio::test]
async fn a_read_that_hangs_is_told_in_time_and_was_sent_once() {
    let mut workspace = TestWorkspace::new().await;
    workspace.session.deadline = DEADLINE;
    hang(&workspace);
    let answer = in_time(&workspace.session, "list_teams", "{}").await;
    assert_eq!(answer.code(), "LINEAR_API_TIMEOUT");
    assert_eq!(
        answer.text("/error/message"),
        "The operation did not come to its end within its time (1.5 s)"
    );
    assert_eq!(
        answer.text("/error/details/setting"),
        "LINEAR_OPS_DEADLINE_MS"
    );
    assert_eq!((answer.calls(), workspace.take_requests().len()), (1, 1));
}

#[tokio::test]
async fn a_write_whose_answer_hangs_is_looked_up_in_the_time_that_is_left() {
    let workspace = warm().await;
    script_acts(&workspace, "issueCreate", [Act::Slow(HANGS)]);
    let params = "{team: ENG, title: Slow}";
    let answer = in_time(&workspace.session, "create_issue", params).await;
    assert_eq!(answer.data()["title"], "Slow");
    assert_eq!(records(&workspace, "Issue", "title", "Slow"), 1);
    assert_eq!((answer.calls(), workspace.take_requests().len()), (2, 2));
}

#[tokio::test]
async fn a_write_that_hangs_with_all_looks_is_told_as_unknown() {
    for (operation, params, kind, field, value) in [
        (
            "create_issue",
            "{team: ENG, title: Hung}",
            "Issue",
            "title",
            "Hung",
        ),
        (
            "link_url",
            "{issue_id: PSN-123, url: 'https://hung.example', title: Hung}",
            "Attachment",
            "url",
            "https://hung.example",
        ),
        (
            "update_issue",
            "{issue_id: ENG-231, title: Hung, changes: false}",
            "Issue",
            "title",
            "Hung",
        ),
    ] {
        let workspace = warm().await;
        hang(&workspace);
        let answer = in_time(&workspace.session, operation, params).await;
        assert_eq!(answer.code(), "OUTCOME_UNKNOWN", "{operation}");
        assert_eq!(records(&workspace, kind, field, value), 1, "{operation}");
        let received = workspace.take_requests();
        assert_eq!(
            (mutations(&received), received.len()),
            (1, 2),
            "{operation}"
        );
        assert_eq!(answer.calls(), 2, "{operation}");
    }
}

#[tokio::test]
async fn a_write_for_which_there_was_no_time_says_that_nothing_was_written() {
    for (operation, params) in [
        (
            "update_checklist_items",
            "{issue_id: PSN-123, indices: [1]}",
        ),
        ("update_issue", "{issue_id: ENG-231, title: Never}"),
        (
            "create_issue",
            "{team: ENG, title: Never, project: Auth System}",
        ),
    ] {
        let workspace = warm().await;
        let before = all(&workspace);
        hang(&workspace);
        let answer = in_time(&workspace.session, operation, params).await;
        assert_eq!(answer.code(), "LINEAR_API_TIMEOUT", "{operation}");
        assert_eq!(answer.text("/error/details/written"), "nothing");
        assert_eq!(mutations(&workspace.take_requests()), 0, "{operation}");
        assert_eq!(all(&workspace), before, "{operation}");
    }
}

/// Returns every issue of the stand-in.
fn all(workspace: &TestWorkspace) -> Vec<Value> {
    let mut issues = Vec::new();
    workspace.sandbox.edit(|store| {
        issues = store.all("Issue").map(|record| json!(record)).collect();
    });
    issues
}

#[tokio::test]
async fn a_checklist_whose_write_hangs_is_told_as_it_is() {
    for hangs in [false, true] {
        let workspace = warm().await;
        script_acts(&workspace, "issueUpdate", [Act::Slow(HANGS)]);
        // The read before the write is answered at once; the reads after it hang where the case demands it.
        let reads = if hangs { HANGS } else { Duration::ZERO };
        script_acts(&workspace, "issue", [Act::Slow(Duration::ZERO)]);
        script_acts(&workspace, "issue", vec![Act::Slow(reads); 6]);
        let params = "{issue_id: PSN-123, indices: [1]}";
        let answer = in_time(&workspace.session, "update_checklist_items", params).await;
        let id = workspace.id("Issue", "identifier", "PSN-123");
        workspace.sandbox.edit(|store| {
            let issue = store.get("Issue", &id).unwrap();
            let done = text(issue, "description").unwrap().matches("[X]").count();
            assert_eq!(done, 2, "{:#}", answer.0);
        });
        assert_eq!(with_root(&workspace.take_requests(), "issueUpdate"), 1);
        if hangs {
            assert_eq!(answer.code(), "OUTCOME_UNKNOWN");
        } else {
            answer.data();
        }
    }
}

fn create(title: &str) -> Value {
    json!({"operation": "create_issue", "params": {"team": "ENG", "title": title}})
}

/// The first of the two write requests of a batch hangs: the writes in it may have been done, the other writes were not sent, and the
/// items after them did not begin.
#[tokio::test]
async fn every_item_of_a_batch_that_hangs_has_its_own_outcome() {
    let workspace = warm().await;
    let mut items: Vec<Value> = (0..25).map(|n| create(&format!("Batch {n}"))).collect();
    items.push(json!({"operation": "get_issue", "params": {"issue_id": "ENG-231"}}));
    items.push(create("Later"));
    hang(&workspace);
    let params = json!({ "operations": items }).to_string();
    let answer = in_time(&workspace.session, "batch", &params).await;
    assert_eq!(answer.code(), "OUTCOME_UNKNOWN");
    let rows = answer.at("/error/details/results").as_array().unwrap();
    assert_eq!(rows.len(), 27);
    for (number, row) in rows.iter().enumerate() {
        let there = records(&workspace, "Issue", "title", &format!("Batch {number}"));
        match number {
            0..20 => {
                assert_eq!(row["code"], "OUTCOME_UNKNOWN", "{row}");
                assert_eq!(there, 1);
            }
            20..25 => {
                assert_eq!(row["code"], "LINEAR_API_TIMEOUT", "{row}");
                let message = row["message"].as_str().unwrap();
                assert!(message.ends_with("was over before this was sent"), "{row}");
                assert_eq!(there, 0);
            }
            _ => {
                let why = row["not_run"].as_str().unwrap();
                assert!(why.contains("before it began; it is safe"), "{row}");
            }
        }
    }
    assert_eq!(records(&workspace, "Issue", "title", "Later"), 0);
    let received = workspace.take_requests();
    assert_eq!((mutations(&received), received.len()), (1, 2));
    assert_eq!(answer.calls(), 2);
}

#[tokio::test]
async fn waiting_for_another_operations_lock_is_part_of_the_time() {
    let workspace = warm().await;
    hang(&workspace);
    let first = in_time(
        &workspace.session,
        "update_issue",
        "{issue_id: ENG-231, title: A}",
    );
    let second = in_time(
        &workspace.session,
        "update_issue",
        "{issue_id: ENG-231, title: B}",
    );
    for answer in <[Answer; 2]>::from(tokio::join!(first, second)) {
        assert_eq!(answer.code(), "LINEAR_API_TIMEOUT");
        assert_eq!(answer.text("/error/details/written"), "nothing");
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn waiting_until_a_request_may_be_sent_is_part_of_the_time() {
    let mut workspace = TestWorkspace::one_request_at_a_time().await;
    workspace.session.deadline = DEADLINE;
    hang(&workspace);
    let first = in_time(&workspace.session, "list_teams", "{}");
    let second = async {
        workspace.wait_for_request().await;
        in_time(&workspace.session, "get_issue", "{issue_id: ENG-231}").await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.code(), "LINEAR_API_TIMEOUT");
    assert_eq!(second.code(), "LINEAR_API_TIMEOUT");
}

#[tokio::test]
async fn a_limit_that_ends_after_the_time_is_not_waited_for() {
    let mut workspace = TestWorkspace::new().await;
    workspace.session.deadline = DEADLINE;
    let act = Act::RateLimited {
        status: 400,
        reset_in_ms: 1_900,
        retry_after: None,
    };
    script_acts(&workspace, "teams", [act]);
    let answer = in_time(&workspace.session, "list_teams", "{}").await;
    assert_eq!(answer.code(), "LINEAR_API_RATE_LIMIT");
    assert_eq!(answer.calls(), 1);
}

/// A request is sent again after passing faults, but only until the deadline.
#[tokio::test]
async fn repeated_sendings_share_the_time() {
    let mut workspace =
        TestWorkspace::with_endpoint(|endpoint| endpoint.timeout = Duration::from_millis(700))
            .await;
    workspace.session.deadline = DEADLINE;
    hang(&workspace);
    let answer = in_time(&workspace.session, "list_teams", "{}").await;
    assert_eq!(answer.code(), "LINEAR_API_TIMEOUT");
    let received = workspace.take_requests().len() as u64;
    assert!((2..=3).contains(&received), "{received}");
    assert_eq!(answer.calls(), received);
}

/// Another process holds the lock of the issue's text for longer than the operation has time, or until the server ends.
#[tokio::test]
async fn waiting_for_another_process_ends_with_the_time_and_with_the_server() {
    for ends in [false, true] {
        let mut workspace = warm().await;
        let folder = tempfile::tempdir().unwrap();
        let locks = || Locks::within(folder.path().to_owned(), "https://linear.example");
        workspace.session.locks = locks();
        let held = locks().take("PSN-123").await;
        assert!(held.is_some());
        if ends {
            workspace.session.deadline = HANGS;
        }
        let closing = workspace.session.client.closing();
        let end = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if ends {
                closing.cancel();
            }
        };
        let params = "{issue_id: PSN-123, indices: [1]}";
        let call = in_time(&workspace.session, "update_checklist_items", params);
        let (answer, ()) = tokio::join!(call, end);
        assert_eq!(answer.text("/error/details/written"), "nothing");
        if ends {
            assert_eq!(answer.code(), "CANCELLED");
        } else {
            assert_eq!(answer.code(), "LINEAR_API_TIMEOUT");
            let holder = answer.text("/error/details/waited_for");
            assert!(holder.starts_with("another process"), "{holder}");
        }
        assert!(
            workspace.take_requests().is_empty(),
            "nothing was sent while it waited"
        );
    }
}

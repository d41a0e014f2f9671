//! Operations that run at the same time in one session: what they read goes out in one request, and writes to one issue
//! keep their order.

use futures::future::join_all;
use linear_ops::sandbox::Act;
use std::time::Duration;

use crate::support::failures::{mutations, refused, script_acts};
use crate::support::{Answer, TestWorkspace};

/// Runs these requests at the same time.
async fn all(workspace: &TestWorkspace, requests: &[(&str, &str)]) -> Vec<Answer> {
    join_all(
        requests
            .iter()
            .map(|(operation, params)| workspace.call(operation, params)),
    )
    .await
}

#[tokio::test]
async fn the_same_miss_at_the_same_moment_is_one_request() {
    let workspace = TestWorkspace::new().await;
    let answers = all(&workspace, &[("get_team", "{team: ENG}"); 10]).await;
    assert_eq!(workspace.take_requests().len(), 1);
    for answer in &answers {
        assert_eq!(answer.data()["key"], "ENG");
        assert_eq!(answer.calls(), 1);
        assert_eq!(answer.at("/metadata/cached"), false);
    }
}

#[tokio::test]
async fn different_look_ups_at_the_same_moment_are_one_document() {
    let workspace = TestWorkspace::new().await;
    let answers = all(
        &workspace,
        &[
            ("get_team", "{team: Personal}"),
            ("get_user", "{user: jane}"),
            ("get_project", "{project: Auth System}"),
            ("list_statuses", "{team: ENG}"),
            ("get_issue", "{issue_id: PSN-123}"),
            ("list_labels", "{team: DES}"),
        ],
    )
    .await;
    for answer in &answers {
        answer.data();
    }
    assert_eq!(workspace.take_requests().len(), 1);
    assert_eq!(answers[4].data()["identifier"], "PSN-123");
}

#[tokio::test]
async fn what_is_under_way_already_is_shared() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "teams", [Act::Slow(Duration::from_millis(100))]);
    let late = async {
        workspace.wait_for_request().await;
        workspace.call("get_team", "{team: ENG}").await
    };
    let (first, late) = tokio::join!(workspace.call("get_team", "{team: ENG}"), late);
    assert_eq!(workspace.take_requests().len(), 1);
    assert_eq!(first.data(), late.data());
    assert_eq!((first.calls(), late.calls()), (1, 1));
}

#[tokio::test]
async fn who_asks_afresh_is_not_answered_by_what_left_before() {
    for (operation, params) in [
        ("get_team", "{team: ENG}"),
        ("get_issue", "{issue_id: ENG-231}"),
    ] {
        let workspace = TestWorkspace::new().await;
        let root = operation.trim_start_matches("get_");
        let root = if root == "team" { "teams" } else { root };
        script_acts(&workspace, root, [Act::Slow(Duration::from_millis(100))]);
        let late = async {
            workspace.wait_for_request().await;
            let afresh =
                format!("operation: {operation}\nparams: {params}\ncontext: {{cache: false}}\n");
            Answer(workspace.run(&afresh).await.to_value())
        };
        let (first, late) = tokio::join!(workspace.call(operation, params), late);
        assert_eq!(first.data(), late.data());
        assert_eq!(workspace.take_requests().len(), 2, "{operation}");
    }
}

#[tokio::test]
async fn who_joins_a_request_counts_its_repetitions_too() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "teams", [Act::Truncated]);
    workspace
        .sandbox
        .script()
        .latency(Duration::from_millis(100));
    let late = async {
        workspace.wait_for_request().await;
        workspace.call("get_team", "{team: ENG}").await
    };
    let (first, late) = tokio::join!(workspace.call("get_team", "{team: ENG}"), late);
    assert_eq!(workspace.take_requests().len(), 2);
    assert_eq!(first.data(), late.data());
    assert_eq!((first.calls(), late.calls()), (2, 2));
}

#[tokio::test]
async fn a_read_that_left_before_a_write_answers_nobody_who_asks_after_it() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "issue", [Act::Slow(Duration::from_millis(200))]);
    let read = ("get_issue", "{issue_id: ENG-231}");
    let after = async {
        workspace.wait_for_request().await;
        let title = "{issue_id: ENG-231, title: New, changes: false}";
        workspace.call("update_issue", title).await.data();
        workspace.call(read.0, read.1).await
    };
    let (first, after) = tokio::join!(workspace.call(read.0, read.1), after);
    assert_ne!(first.data()["title"], "New");
    assert_eq!(after.data()["title"], "New");
    assert_eq!(workspace.take_requests().len(), 3);
}

#[tokio::test]
async fn one_that_linear_declines_does_not_cost_the_others_their_answers() {
    let workspace = TestWorkspace::new().await;
    let answers = all(
        &workspace,
        &[
            ("get_issue", "{issue_id: PSN-123}"),
            ("get_issue", "{issue_id: ENG-9999}"),
            ("get_team", "{team: ENG}"),
            ("get_issue", "{issue_id: ENG-231}"),
        ],
    )
    .await;
    assert_eq!(answers[0].data()["identifier"], "PSN-123");
    assert_eq!(answers[1].code(), "ISSUE_NOT_FOUND");
    assert_eq!(answers[2].data()["key"], "ENG");
    assert_eq!(answers[3].data()["identifier"], "ENG-231");
    // The first request has all reads; the second has the valid reads without the invalid one.
    assert_eq!(workspace.take_requests().len(), 2);
    assert_eq!(answers[1].calls(), 1);
    assert_eq!(answers[0].calls(), 2);
}

#[tokio::test]
async fn where_it_is_not_said_which_is_declined_each_is_sent_by_itself() {
    let workspace = TestWorkspace::new().await;
    script_acts(
        &workspace,
        "teams",
        [Act::BareError("Something is off".to_owned())],
    );
    let answers = all(
        &workspace,
        &[("get_team", "{team: ENG}"), ("get_user", "{user: jane}")],
    )
    .await;
    for answer in &answers {
        answer.data();
    }
    assert_eq!(workspace.take_requests().len(), 3);
}

#[tokio::test]
async fn many_creates_at_once_look_up_once_and_write_side_by_side() {
    let workspace = TestWorkspace::new().await;
    let params: Vec<String> = (0..20)
        .map(|number| {
            format!(
                "{{team: ENG, title: 'Issue {number}', state: Todo, labels: [backend], assignee: jane}}"
            )
        })
        .collect();
    let requests: Vec<(&str, &str)> = params
        .iter()
        .map(|params| ("create_issue", params.as_str()))
        .collect();
    let answers = all(&workspace, &requests).await;
    let identifiers: std::collections::BTreeSet<&str> = answers
        .iter()
        .map(|answer| answer.data()["identifier"].as_str().unwrap())
        .collect();
    assert_eq!(identifiers.len(), 20);
    let received = workspace.take_requests();
    assert_eq!((received.len(), mutations(&received)), (21, 20));
}

#[tokio::test]
async fn one_that_is_cancelled_leaves_the_others_under_way() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "teams", [Act::Slow(Duration::from_millis(100))]);
    let cancel = tokio_util::sync::CancellationToken::new();
    let yaml = "operation: get_team\nparams: {team: ENG}\n";
    let gone = async {
        let stop = async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            cancel.cancel();
        };
        tokio::join!(
            crate::support::failures::cancellable(&workspace, yaml, cancel.clone()),
            stop
        )
        .0
    };
    let (gone, stays) = tokio::join!(gone, workspace.call("get_team", "{team: ENG}"));
    assert_eq!(gone.code(), "CANCELLED");
    assert_eq!(stays.data()["key"], "ENG");
    assert_eq!(workspace.take_requests().len(), 1);
}

#[tokio::test]
async fn a_write_that_is_refused_says_so_to_its_owner_alone() {
    let workspace = TestWorkspace::new().await;
    workspace.call("get_team", "{team: ENG}").await.data();
    workspace
        .sandbox
        .script()
        .next(refused("issueCreate", "Not on a Sunday"));
    let answers = all(
        &workspace,
        &[
            ("create_issue", "{team: ENG, title: One}"),
            ("create_issue", "{team: ENG, title: Two}"),
        ],
    )
    .await;
    let failed = answers
        .iter()
        .filter(|answer| answer.at("/success") == false);
    assert_eq!(failed.count(), 1);
}

#[tokio::test]
async fn of_several_that_want_the_same_new_label_the_first_makes_it() {
    let workspace = TestWorkspace::new().await;
    let params: Vec<String> = (0..5)
        .map(|number| format!("{{team: ENG, title: 'Issue {number}', labels: [Fresh, backend]}}"))
        .collect();
    let requests: Vec<(&str, &str)> = params
        .iter()
        .map(|params| ("create_issue", params.as_str()))
        .chain([
            ("ensure_labels_exist", "{team: ENG, labels: [fresh, other]}"),
            (
                "update_issue",
                "{issue_id: ENG-231, add_labels: [other, fresh]}",
            ),
        ])
        .collect();
    let answers = all(&workspace, &requests).await;
    for answer in &answers {
        answer.data();
        assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
    }
    // There is one look-up for all calls, and one write for each call except the call that finds both labels created.
    assert_eq!(workspace.take_requests().len(), 1 + 5 + 1 + 1);
    for name in ["Fresh", "other"] {
        assert_eq!(
            crate::support::failures::records(&workspace, "IssueLabel", "name", name),
            1
        );
    }
}

#[tokio::test]
async fn a_label_that_another_session_makes_in_between_is_used_by_the_new_issue() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_labels", "{team: ENG}").await.data();
    let other = workspace.another_session();
    let theirs =
        crate::support::call(&other, "get_or_create_label", "{team: ENG, name: race}").await;
    workspace.take_requests();
    let params = "{team: ENG, title: T, labels: [other, Race, backend], links: ['https://a.example'], detail: full}";
    let answer = workspace.call("create_issue", params).await;
    let labels = answer.data()["labels"].as_array().unwrap();
    assert_eq!(labels.len(), 3);
    assert!(
        labels
            .iter()
            .any(|label| label["id"] == theirs.data()["id"])
    );
    assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
    // The requests are: the writes that Linear declines, a look-up of the label before them, a look-up of their own
    // labels, and the other writes.
    assert_eq!(
        (answer.calls(), mutations(&workspace.take_requests())),
        (4, 2)
    );
    assert_eq!(
        crate::support::failures::records(&workspace, "Issue", "title", "T"),
        1
    );
    assert_eq!(
        crate::support::failures::records(&workspace, "IssueLabel", "name", "other"),
        1
    );
}

#[tokio::test]
async fn writes_to_one_issue_keep_their_order() {
    let workspace = TestWorkspace::new().await;
    // The first request is by far the slowest.
    workspace
        .sandbox
        .script()
        .next(Act::Slow(Duration::from_millis(400)));
    let (first, second, other) = tokio::join!(
        workspace.call("update_issue", "{issue_id: ENG-231, title: First}"),
        workspace.call("update_issue", "{issue_id: eng-231, title: Second}"),
        workspace.call("update_issue", "{issue_id: ENG-232, title: Other}"),
    );
    first.data();
    assert_eq!(other.data()["title"], "Other");
    assert_eq!(
        second.texts("/metadata/changes"),
        ["title: First \u{2192} Second"]
    );
    let now = workspace.call("get_issue", "{issue_id: ENG-231}").await;
    assert_eq!(now.data()["title"], "Second");
}

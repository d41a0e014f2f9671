//! The items of a batch share requests: how many they cost, and the outcome of each item when one of them fails.

use linear_ops::sandbox::Act;

use crate::support::failures::{assert_acts_used, mutations, records, refused, script_acts};
use crate::support::{Answer, TestWorkspace};

/// Runs a batch of items that are written in YAML's flow style.
async fn batch(workspace: &TestWorkspace, items: &[String]) -> Answer {
    let items = items.join(", ");
    workspace
        .call("batch", &format!("{{operations: [{items}]}}"))
        .await
}

fn create(title: &str, more: &str) -> String {
    format!("{{operation: create_issue, params: {{team: ENG, title: '{title}'{more}}}}}")
}

fn creates(number: usize) -> Vec<String> {
    let more = ", state: Todo, labels: [backend], assignee: jane";
    (0..number)
        .map(|number| create(&format!("Issue {number}"), more))
        .collect()
}

#[tokio::test]
async fn so_many_writes_cost_one_look_up_and_a_request_for_twenty() {
    for (number, requests) in [(1, 1), (20, 1), (21, 2), (100, 5)] {
        let workspace = TestWorkspace::new().await;
        for look_ups in [1, 0] {
            let answer = batch(&workspace, &creates(number)).await;
            assert_eq!(answer.data()["succeeded"], number);
            assert_eq!(answer.calls(), requests + look_ups, "{number}");
            let received = workspace.take_requests();
            assert_eq!(received.len() as u64, requests + look_ups);
            assert_eq!(mutations(&received) as u64, requests);
        }
        assert_eq!(records(&workspace, "Issue", "title", "Issue 0"), 2);
    }
}

#[tokio::test]
async fn different_operations_share_their_look_up_and_their_write() {
    let workspace = TestWorkspace::new().await;
    let items = [
        create("New", ", labels: [brand-new]"),
        "{operation: update_issue, params: {issue_id: ENG-231, state: Done}}".to_owned(),
        "{operation: update_issue, params: {issue_id: PSN-123, priority: low}}".to_owned(),
        "{operation: create_comment, params: {issue_id: ENG-231, body: Done now}}".to_owned(),
        "{operation: link_url, params: {issue_id: PSN-123, url: 'https://a.example', title: A}}"
            .to_owned(),
        "{operation: ensure_labels_exist, params: {team: ENG, labels: [one, two]}}".to_owned(),
    ];
    let answer = batch(&workspace, &items).await;
    assert_eq!(answer.data()["succeeded"], 6, "{:#}", answer.0);
    assert_eq!(answer.calls(), 2, "{:#}", answer.0);
}

#[tokio::test]
async fn of_many_one_that_linear_refuses_fails_alone_and_none_is_made_twice() {
    for place in [0, 2, 4] {
        let workspace = TestWorkspace::new().await;
        workspace.call("get_team", "{team: ENG}").await.data();
        let items: Vec<String> = (0..5)
            .map(|number| create(&format!("Issue {number}"), ""))
            .collect();
        let alias = format!("p{place}_issueCreate");
        workspace
            .sandbox
            .script()
            .next(refused(&alias, "Not on a Sunday"));
        workspace.take_requests();
        let answer = batch(&workspace, &items).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(
            (answer.at("/data/succeeded"), answer.at("/data/failed")),
            (&4.into(), &1.into())
        );
        let row = &answer.data()["results"][place];
        assert_eq!(row["code"], "ISSUE_CREATION_FAILED", "{:#}", answer.0);
        for number in 0..5 {
            let there = usize::from(number != place);
            let title = format!("Issue {number}");
            assert_eq!(
                records(&workspace, "Issue", "title", &title),
                there,
                "{place} {title}"
            );
        }
        // The requests are: all writes; a check of the writes before the declined one; the writes after it; and a
        // look-up of the declined write's names.
        let looked = usize::from(place > 0) + usize::from(place < 4);
        assert_eq!(workspace.take_requests().len(), 2 + looked, "{place}");
    }
}

#[tokio::test]
async fn a_batch_whose_answer_is_lost_is_done_once() {
    for act in [Act::DropAfterCommit, Act::Drop, Act::Truncated] {
        let workspace = TestWorkspace::new().await;
        script_acts(&workspace, "issueCreate", [act.clone()]);
        let mut items: Vec<String> = (0..5)
            .map(|number| create(&format!("Issue {number}"), ""))
            .collect();
        items.push(
            "{operation: update_issue, params: {issue_id: ENG-231, title: Set once}}".to_owned(),
        );
        let answer = batch(&workspace, &items).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.data()["succeeded"], 6, "{act:?} {:#}", answer.0);
        for number in 0..5 {
            let title = format!("Issue {number}");
            assert_eq!(records(&workspace, "Issue", "title", &title), 1, "{act:?}");
        }
    }
}

#[tokio::test]
async fn a_new_label_that_several_items_want_is_made_once() {
    let workspace = TestWorkspace::new().await;
    let items: Vec<String> = (0..3)
        .map(|number| create(&format!("Issue {number}"), ", labels: [Shared, backend]"))
        .collect();
    let answer = batch(&workspace, &items).await;
    assert_eq!(answer.data()["succeeded"], 3, "{:#}", answer.0);
    assert_eq!(answer.calls(), 2);
    assert_eq!(records(&workspace, "IssueLabel", "name", "Shared"), 1);
    let shared = workspace.id("IssueLabel", "name", "Shared");
    workspace.sandbox.edit(|store| {
        for number in 0..3 {
            let issue = store
                .find("Issue", "title", &format!("Issue {number}"))
                .unwrap();
            assert!(
                issue["labelIds"]
                    .as_array()
                    .unwrap()
                    .contains(&shared.clone().into())
            );
        }
    });
    assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
}

#[tokio::test]
async fn a_new_label_that_cannot_be_made_is_left_out_by_all_who_want_it() {
    let workspace = TestWorkspace::new().await;
    workspace
        .sandbox
        .script()
        .next(refused("p0_issueLabelCreate", "Invalid label name"));
    let items: Vec<String> = (0..3)
        .map(|number| create(&format!("Issue {number}"), ", labels: [Shared, backend]"))
        .collect();
    let answer = batch(&workspace, &items).await;
    assert_eq!(answer.data()["succeeded"], 3, "{:#}", answer.0);
    for number in 0..3 {
        let title = format!("Issue {number}");
        assert_eq!(records(&workspace, "Issue", "title", &title), 1);
    }
    assert!(records(&workspace, "IssueLabel", "name", "Shared") <= 1);
}

#[tokio::test]
async fn a_rate_limit_fails_what_it_met_and_says_so_item_by_item() {
    let workspace = TestWorkspace::new().await;
    let limit = Act::RateLimited {
        status: 400,
        reset_in_ms: 3_600_000,
        retry_after: None,
    };
    workspace.call("get_team", "{team: ENG}").await.data();
    let items: Vec<String> = (0..25)
        .map(|number| create(&format!("Issue {number}"), ""))
        .collect();
    script_acts(
        &workspace,
        "issueCreate",
        [Act::Slow(std::time::Duration::ZERO), limit],
    );
    let answer = batch(&workspace, &items).await;
    assert_eq!(answer.data()["succeeded"], 20, "{:#}", answer.0);
    assert_eq!(answer.data()["failed"], 5);
    assert_eq!(
        answer.data()["results"][24]["code"],
        "LINEAR_API_RATE_LIMIT"
    );
    assert_eq!(answer.text("/metadata/success_rate"), "80.0%");
}

//! Batches of which some items fail.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use linear_ops::cache::Cache;
use linear_ops::clock::Clock;
use linear_ops::effect::Allowed;
use linear_ops::engine;
use linear_ops::linear::client::{Client, RetryLimits};
use linear_ops::linear::transport::{Fault, Reply, Transport, WrongSetting};
use linear_ops::request;
use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;
use linear_ops::session::Session;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{batch, batch_with, create, get, title};
use crate::support::failures::{records, script_acts};
use crate::support::{Answer, TestWorkspace, call, mutations, snapshot};

fn rename(issue: &str, title: &str) -> serde_json::Value {
    json!({"operation": "update_issue", "params": {"issue_id": issue, "title": title}})
}

#[tokio::test]
async fn every_item_has_its_own_outcome() {
    let workspace = TestWorkspace::new().await;
    let operations = json!([
        create("a"),
        rename("ENG-99999", "x"),
        rename("ENG-232", "New"),
        {"as": "bad", "operation": "create_issue", "params": {"team": "ENG", "title": "b", "state": "nonsense"}},
        {"operation": "create_comment", "params": {"issue_id": "${bad.id}", "body": "x"}},
    ]);
    let params = json!({"operations": operations}).to_string();
    let text = workspace.yaml("batch", &params).await;
    snapshot("batch_partial", &text);
    assert_eq!(title(&workspace, "ENG-232").await, "New");
}

#[tokio::test]
async fn when_none_succeeds_the_batch_fails_and_says_why_of_each() {
    let workspace = TestWorkspace::new().await;
    let items = json!([rename("ENG-99999", "x"), create(" ")]);
    let answer = batch(&workspace, items).await;
    assert_eq!(answer.code(), "ISSUE_NOT_FOUND");
    let message = "No item of the batch succeeded: 2 failed";
    assert_eq!(answer.text("/error/message"), message);
    let rows = answer.at("/error/details/results").as_array().unwrap();
    let codes: Vec<&serde_json::Value> = rows.iter().map(|row| &row["code"]).collect();
    assert_eq!(codes, ["ISSUE_NOT_FOUND", "INVALID_PARAM"]);
}

#[tokio::test]
async fn what_fails_all_alike_is_told_once() {
    let workspace = TestWorkspace::with_endpoint(|endpoint| {
        endpoint.authorization = Err(WrongSetting::no_key("no key"))
    })
    .await;
    let answer = batch(&workspace, json!([create("a"), get("ENG-232")])).await;
    assert_eq!(answer.code(), "CONFIG_ERROR");
    assert_eq!(answer.text("/error/message"), "no key");
    assert_eq!(answer.at("/error/details/results"), &json!(null));
}

#[tokio::test]
async fn a_failure_that_keeps_the_others_from_running_is_told_with_its_item() {
    let workspace = TestWorkspace::new().await;
    let items = json!([
        rename("ENG-99999", "x"),
        rename("${0.id}", "y"),
        create("z")
    ]);
    let answer = batch_with(&workspace, items, json!({"stop_on_error": true})).await;
    assert_eq!(answer.code(), "ISSUE_NOT_FOUND");
    let message = "No item of the batch succeeded: 1 failed, 2 not run";
    assert_eq!(answer.text("/error/message"), message);
    let rows = answer.at("/error/details/results").as_array().unwrap();
    assert_eq!(rows[0]["code"], "ISSUE_NOT_FOUND");
    assert_eq!(rows[2]["not_run"], "item 0 failed");
}

#[tokio::test]
async fn told_to_stop_it_runs_in_order_and_nothing_after_the_first_failure() {
    let workspace = TestWorkspace::new().await;
    let items = json!([
        create("First"),
        rename("ENG-99999", "x"),
        create("Never"),
        get("ENG-232")
    ]);
    let answer = batch_with(&workspace, items, json!({"stop_on_error": true})).await;
    let data = answer.data();
    assert_eq!(
        (&data["succeeded"], &data["failed"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(data["not_run"], 2);
    for place in [2, 3] {
        assert_eq!(data["results"][place]["not_run"], "item 1 failed");
    }
    assert_eq!(records(&workspace, "Issue", "title", "First"), 1);
    assert_eq!(records(&workspace, "Issue", "title", "Never"), 0);
    assert_eq!(answer.at("/metadata/success_rate"), "25.0%");
}

#[tokio::test]
async fn an_outcome_that_is_not_known_is_counted_apart() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "issueUpdate", vec![Act::Drop; 3]);
    let items = json!([get("ENG-231"), rename("ENG-232", "Lost")]);
    let answer = batch(&workspace, items).await;
    let data = answer.data();
    assert_eq!((&data["failed"], &data["unknown"]), (&json!(0), &json!(1)));
    assert_eq!(data["results"][1]["code"], "OUTCOME_UNKNOWN");
    assert_eq!(
        answer.texts("/warnings"),
        ["item 1 (update_issue): OUTCOME_UNKNOWN"]
    );
}

#[tokio::test]
async fn what_may_have_been_done_gives_a_failed_batch_its_code() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "issueUpdate", vec![Act::Drop; 3]);
    let items = json!([create(" "), rename("ENG-232", "Lost")]);
    let answer = batch(&workspace, items).await;
    assert_eq!(answer.code(), "OUTCOME_UNKNOWN");
    let message = "No item of the batch succeeded: 1 failed, 1 may have been done";
    assert_eq!(answer.text("/error/message"), message);
}

#[tokio::test]
async fn warnings_are_told_with_the_item_that_they_are_of() {
    let workspace = TestWorkspace::new().await;
    let refusal = Refusal::invalid("x").saying("Invalid label name");
    let field = "issueLabelCreate".to_owned();
    script_acts(
        &workspace,
        "issueLabelCreate",
        [Act::Refuse { field, refusal }],
    );
    let items = json!([
        create("a"),
        {"operation": "create_issue", "params": {"team": "ENG", "title": "b", "labels": ["bad@label"], "mode": 1}},
    ]);
    let answer = batch(&workspace, items).await;
    assert_eq!(answer.data()["succeeded"], 2);
    let warnings = answer.texts("/warnings");
    assert!(!warnings.is_empty());
    let of_it = |warning: &&str| warning.starts_with("item 1 (create_issue): ");
    assert!(warnings.iter().all(of_it), "{warnings:?}");
}

#[tokio::test]
async fn a_read_only_server_refuses_the_writes_alone() {
    let mut workspace = TestWorkspace::new().await;
    workspace.session.guards.allowed = Allowed::Reading;
    let answer = batch(&workspace, json!([get("ENG-232"), create("a")])).await;
    assert_eq!(answer.data()["succeeded"], 1);
    assert_eq!(answer.at("/data/results/1/code"), "READ_ONLY");
    let answer = batch(&workspace, json!([create("a"), rename("ENG-232", "x")])).await;
    assert_eq!(answer.code(), "READ_ONLY");
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn deletions_need_their_permission_within_a_batch_too() {
    let delete = json!([{"operation": "delete_issue", "params": {"issue_id": "ENG-232"}}]);
    let workspace = TestWorkspace::new().await;
    assert_eq!(
        batch(&workspace, delete.clone()).await.code(),
        "CONFIG_ERROR"
    );
    let workspace = TestWorkspace::deleting().await;
    batch(&workspace, delete).await.data();
}

/// A hundred creates, and every one of them is there once.
#[tokio::test]
async fn a_full_batch_is_done_whole() {
    let workspace = TestWorkspace::new().await;
    let items: Vec<serde_json::Value> = (0..100).map(|n| create(&format!("Bulk {n}"))).collect();
    let answer = batch(&workspace, items.into()).await;
    assert_eq!(answer.data()["succeeded"], 100);
    for n in 0..100 {
        assert_eq!(
            records(&workspace, "Issue", "title", &format!("Bulk {n}")),
            1
        );
    }
}

/// Fails in the way nothing should.
struct Panics;

impl Transport for Panics {
    fn send(&self, _: Vec<u8>, _: Option<Duration>) -> BoxFuture<'_, Result<Reply, Fault>> {
        unreachable!("a defect on purpose")
    }
}

#[tokio::test]
async fn a_defect_in_one_item_does_not_take_the_others_along() {
    let clock = Clock::system();
    let client = Client::new(Arc::new(Panics), RetryLimits::default(), clock.clone());
    let cache = Cache::new(Duration::from_secs(60), 1000);
    let session = Session::new(client, cache, clock, Allowed::Writing);
    let params = json!({"operations": [get("ENG-232"), {"operation": "help"}]});
    let answer = call(&session, "batch", &params.to_string()).await;
    assert_eq!(answer.at("/data/results/0/code"), "INTERNAL_ERROR");
    assert_eq!(answer.data()["succeeded"], 1);
}

#[tokio::test]
async fn what_was_written_before_a_cancellation_is_told() {
    let workspace = TestWorkspace::new().await;
    workspace.call("get_team", "{team: ENG}").await.data();
    workspace.take_requests();
    script_acts(
        &workspace,
        "issueCreate",
        [Act::Slow(Duration::from_millis(100))],
    );
    let items = json!([create("Written"), get("ENG-232"), create("Not written")]);
    let params = json!({"operation": "batch", "params": {"operations": items}});
    let request = request::from_value(params, &linear_ops::engine::Catalog).unwrap();
    let cancel = CancellationToken::new();
    let midway = async {
        workspace.wait_for_request().await;
        cancel.cancel();
    };
    let run = engine::run(&workspace.session, request, cancel.clone());
    let (envelope, ()) = tokio::join!(run, midway);
    let answer = Answer(envelope.to_value());
    let data = answer.data();
    assert_eq!(data["succeeded"], 1, "{:#}", answer.0);
    assert!(data["results"][0]["identifier"].is_string());
    for place in [1, 2] {
        assert_eq!(data["results"][place]["code"], "CANCELLED");
    }
    assert_eq!(records(&workspace, "Issue", "title", "Written"), 1);
    assert_eq!(records(&workspace, "Issue", "title", "Not written"), 0);
}

#[tokio::test]
async fn a_batch_that_is_cancelled_sends_nothing_more() {
    let workspace = TestWorkspace::new().await;
    let params =
        json!({"operation": "batch", "params": {"operations": [create("a"), get("ENG-232")]}});
    let request = request::from_value(params, &linear_ops::engine::Catalog).unwrap();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let envelope = engine::run(&workspace.session, request, cancel).await;
    assert_eq!(Answer(envelope.to_value()).code(), "CANCELLED");
    assert_eq!(workspace.take_requests(), []);
}

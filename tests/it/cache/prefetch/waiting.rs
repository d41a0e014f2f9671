//! Operations that arrive while the prefetch is running: they wait for it only where that saves a request.

use std::time::Duration;

use linear_ops::clock::Stopwatch;
use linear_ops::resolve::prefetch::prefetch;
use linear_ops::sandbox::Act;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::status;
use crate::support::TestWorkspace;
use crate::support::failures::cancellable;

/// How slow a slow answer is here.
const SLOW: Duration = Duration::from_millis(400);
/// When the prefetch has been sent for sure, and is not answered yet.
const MEANWHILE: Duration = Duration::from_millis(150);

async fn with_slow_prefetch(slow: Duration) -> TestWorkspace {
    let workspace = TestWorkspace::new().await;
    workspace.sandbox.script().next(Act::Slow(slow));
    workspace
}

#[tokio::test]
async fn the_first_operations_wait_and_ask_nothing_themselves() {
    let workspace = with_slow_prefetch(SLOW).await;
    let ((), team, state, user, projects) = tokio::join!(
        prefetch(&workspace.session),
        workspace.call("get_team", "{team: ENG}"),
        workspace.call("get_valid_state_id", "{team: PSN, state: done}"),
        workspace.call("get_user", "{user: me}"),
        workspace.call("list_projects", "{}"),
    );
    for answer in [&team, &state, &user, &projects] {
        answer.data();
        assert_eq!(answer.calls(), 0);
        assert_eq!(answer.at("/metadata/cached"), true);
    }
    assert_eq!(workspace.take_requests().len(), 1);
    // The cache hits are counted once, although the names were looked for twice.
    let counted = workspace.call("cache_status", "{}").await;
    assert_eq!(counted.data()["cache"]["hit_rate"], "100%");
}

#[tokio::test]
async fn a_second_prefetch_is_none_while_one_is_under_way() {
    let workspace = with_slow_prefetch(SLOW).await;
    tokio::join!(prefetch(&workspace.session), prefetch(&workspace.session));
    assert_eq!(workspace.take_requests().len(), 1);
}

#[tokio::test]
async fn an_address_waits_to_be_told_whose_workspace_it_is() {
    let comment = |workspace: &str| {
        format!("{{issue_id: 'https://linear.app/{workspace}/issue/ENG-232', body: B}}")
    };
    let (own, others) = (comment("acme"), comment("other"));
    let workspace = with_slow_prefetch(SLOW).await;
    let ((), ours, foreign) = tokio::join!(
        prefetch(&workspace.session),
        workspace.call("create_comment", &own),
        workspace.call("create_comment", &others),
    );
    ours.data();
    assert_eq!(ours.calls(), 1);
    assert_eq!((foreign.code(), foreign.calls()), ("INVALID_PARAM", 0));
    // When the prefetch fails, the workspace is asked for before anything is written.
    let workspace = TestWorkspace::new().await;
    workspace.sandbox.script().next(Act::ServiceUnavailableHtml);
    let ((), answer) = tokio::join!(
        prefetch(&workspace.session),
        workspace.call("create_comment", &own),
    );
    answer.data();
    assert_eq!(answer.calls(), 2);
}

#[tokio::test]
async fn what_needs_no_look_up_or_is_known_does_not_wait() {
    let workspace = with_slow_prefetch(SLOW).await;
    let meanwhile = async {
        tokio::time::sleep(MEANWHILE).await;
        let issue = workspace.call("get_issue", "{issue_id: PSN-123}").await;
        issue.data();
        let fresh = "{team: ENG, refresh_cache: true}";
        let refreshed = workspace.call("get_team", fresh).await;
        let known = workspace.call("get_team", "{team: ENG}").await;
        assert_eq!((refreshed.calls(), known.calls()), (1, 0));
        assert_eq!(status(&workspace).await, json!({"state": "running"}));
    };
    tokio::join!(prefetch(&workspace.session), meanwhile);
    assert_eq!(status(&workspace).await["state"], "done");
}

#[tokio::test]
async fn who_asks_for_a_fresh_answer_is_not_told_an_older_one_afterwards() {
    let workspace = with_slow_prefetch(SLOW).await;
    let meanwhile = async {
        // The answer to the prefetch has the old name, and has not arrived yet.
        tokio::time::sleep(MEANWHILE).await;
        let id = workspace.id("Team", "key", "ENG");
        workspace.sandbox.edit(|store| {
            let team = store.get_mut("Team", &id).unwrap();
            team.insert("name".to_owned(), "Renamed".into());
        });
        let fresh = "{team: ENG, refresh_cache: true}";
        let answer = workspace.call("get_team", fresh).await;
        assert_eq!(answer.data()["name"], "Renamed");
    };
    tokio::join!(prefetch(&workspace.session), meanwhile);
    let answer = workspace.call("get_team", "{team: ENG}").await;
    assert_eq!(
        (&answer.data()["name"], answer.calls()),
        (&json!("Renamed"), 0)
    );
    // Prefetched entities that no call has asked for meanwhile are used.
    let user = workspace.call("get_user", "{user: me}").await;
    assert_eq!(user.calls(), 0);
}

#[tokio::test]
async fn one_that_takes_too_long_is_not_waited_for() {
    let workspace = with_slow_prefetch(Duration::from_secs(30)).await;
    let watch = Stopwatch::start();
    let answer = tokio::select! {
        biased;
        () = prefetch(&workspace.session) => panic!("it was answered"),
        answer = workspace.call("get_team", "{team: ENG}") => answer,
    };
    answer.data();
    assert_eq!(answer.calls(), 1);
    let waited = watch.elapsed();
    assert!(
        Duration::from_secs(3) <= waited && waited < Duration::from_secs(20),
        "{waited:?}"
    );
    // The prefetch was dropped here, as at the end of the process.
    assert_eq!(status(&workspace).await["code"], "CANCELLED");
}

#[tokio::test]
async fn who_waits_can_be_cancelled() {
    let workspace = with_slow_prefetch(Duration::from_secs(30)).await;
    let cancel = CancellationToken::new();
    let watch = Stopwatch::start();
    let yaml = "operation: get_team\nparams: {team: ENG}\n";
    let cancelled = async {
        tokio::time::sleep(MEANWHILE).await;
        cancel.cancel();
        std::future::pending::<()>().await;
    };
    let answer = tokio::select! {
        biased;
        () = prefetch(&workspace.session) => panic!("it was answered"),
        () = cancelled => unreachable!(),
        answer = cancellable(&workspace, yaml, cancel.clone()) => answer,
    };
    assert_eq!((answer.code(), answer.calls()), ("CANCELLED", 0));
    assert!(watch.elapsed() < Duration::from_secs(3));
}

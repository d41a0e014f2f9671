//! The session cache, seen by its users: what it answers without a request, when it asks Linear again, and what it
//! never keeps.

use std::time::Duration;

use crate::support::{Answer, TestWorkspace, call};

/// Look-ups with the requests that put what they need into the cache.
const LOOK_UPS: &[(&str, &str, &str)] = &[
    ("get_team", "{team: ENG}", "{team: Engineering}"),
    (
        "get_valid_state_id",
        "{team: ENG, state: done}",
        "{team: engineering, state: in review}",
    ),
    ("list_statuses", "{team: ENG}", "{team: Engineering}"),
    ("list_labels", "{team: ENG}", "{team: eng}"),
    (
        "get_or_create_label",
        "{team: ENG, name: planning}",
        "{team: eng, name: BACKEND}",
    ),
    ("list_teams", "{}", "{}"),
];

fn cached(answer: &Answer) -> bool {
    answer.data();
    answer.at("/metadata/cached") == true
}

#[tokio::test]
async fn what_was_looked_up_once_is_answered_from_the_cache_by_any_of_its_names() {
    for (operation, first, second) in LOOK_UPS {
        let workspace = TestWorkspace::new().await;
        let cold = workspace.call(operation, first).await;
        assert!(!cached(&cold), "{operation}");
        let warm = workspace.call(operation, second).await;
        assert!(cached(&warm), "{operation}");
        assert_eq!(warm.calls(), 0, "{operation}");
    }
}

#[tokio::test]
async fn a_refresh_asks_linear_whatever_is_known() {
    for (operation, first, second) in LOOK_UPS {
        let workspace = TestWorkspace::new().await;
        workspace.call(operation, first).await.data();
        for refresh in ["refresh_cache: true", "refreshCache: 'yes'", "refresh: 1"] {
            let params = match *second {
                "{}" => format!("{{{refresh}}}"),
                other => format!("{{{refresh}, {}", &other[1..]),
            };
            let answer = workspace.call(operation, &params).await;
            assert!(!cached(&answer), "{operation} {refresh}");
            assert_eq!(answer.calls(), 1, "{operation} {refresh}");
        }
        for context in ["{cache: false}", "{refresh_cache: true}"] {
            let request = format!("operation: {operation}\nparams: {second}\ncontext: {context}\n");
            let answer = Answer(workspace.run(&request).await.to_value());
            assert!(!cached(&answer), "{operation} {context}");
        }
        let request =
            format!("operation: {operation}\nparams: {second}\ncontext: {{cache: true}}\n");
        assert!(cached(&Answer(workspace.run(&request).await.to_value())));
    }
}

#[tokio::test]
async fn a_state_renamed_by_another_client_is_seen_after_a_refresh_and_found_at_once_by_its_new_name()
 {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_statuses", "{team: DES}").await.data();
    let team = workspace.id("Team", "key", "DES");
    workspace.sandbox.edit(|store| {
        let state = store
            .all("WorkflowState")
            .find(|state| state["teamId"] == team && state["name"] == "In Review")
            .unwrap();
        let id = state["id"].as_str().unwrap().to_owned();
        let state = store.get_mut("WorkflowState", &id).unwrap();
        state.insert("name".into(), "Peer Check".into());
    });
    let old = workspace
        .call("get_valid_state_id", "{team: DES, state: In Review}")
        .await;
    assert!(cached(&old));
    // The new name is not in the cache, so it is looked up before it is reported as unknown.
    let new = workspace
        .call("get_valid_state_id", "{team: DES, state: Peer Check}")
        .await;
    assert_eq!(new.data()["id"], old.data()["id"]);
    assert_eq!(new.calls(), 1);
    let params = "{team: DES, state: In Review, refresh_cache: true}";
    let answer = workspace.call("get_valid_state_id", params).await;
    // `In Review` matches only states whose names contain these words.
    assert_eq!(answer.code(), "STATUS_NOT_FOUND");
    let answer = workspace.call("list_statuses", "{team: DES}").await;
    let names: Vec<_> = answer.data()["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert!(cached(&answer));
    assert_eq!(names[3]["name"], "Peer Check");
}

#[tokio::test]
async fn a_miss_is_looked_up_once_more_every_time() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_teams", "{}").await.data();
    for _ in 0..2 {
        let answer = workspace.call("get_team", "{team: Marketing}").await;
        assert_eq!(answer.code(), "TEAM_NOT_FOUND");
        assert_eq!(answer.calls(), 1);
    }
}

#[tokio::test]
async fn what_is_known_grows_old() {
    let short = TestWorkspace::with_cache(Duration::from_secs(1), 1000).await;
    let long = TestWorkspace::with_cache(Duration::from_secs(600), 1000).await;
    for workspace in [&short, &long] {
        assert!(!cached(&workspace.call("get_team", "{team: ENG}").await));
    }
    // After the short cache age, only the session with the long cache age still has the team.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert!(!cached(&short.call("get_team", "{team: ENG}").await));
    assert!(cached(&long.call("get_team", "{team: ENG}").await));
}

#[tokio::test]
async fn a_cache_too_small_for_anything_still_answers_rightly() {
    let small = TestWorkspace::with_cache(Duration::from_secs(600), 3).await;
    let large = TestWorkspace::new().await;
    let requests = [
        ("list_labels", "{team: ENG}"),
        ("get_valid_state_id", "{team: ENG, state: done}"),
        ("list_statuses", "{team: SUP}"),
        ("get_or_create_label", "{team: PLT, name: backend}"),
        ("get_or_create_label", "{team: DES, name: frontend}"),
        ("get_team", "{team: platform}"),
        ("list_teams", "{}"),
        ("list_labels", "{team: OPS}"),
        (
            "list_issues",
            "{team: ENG, state: in review, labels: [backend], assignee: me}",
        ),
        (
            "ensure_labels_exist",
            "{team: ENG, labels: [planning, fresh, Type/Spike, fresh]}",
        ),
        ("list_labels", "{team: ENG}"),
        (
            "create_issue",
            "{team: ENG, title: T, state: done, labels: [fresh, planning], assignee: me}",
        ),
        (
            "update_issue",
            "{issue_id: ENG-232, state: done, add_labels: [fresh], project: auth system}",
        ),
    ];
    for (operation, params) in requests {
        for _ in 0..2 {
            let mut of_small = small.call(operation, params).await;
            let mut of_large = large.call(operation, params).await;
            for answer in [&mut of_small, &mut of_large] {
                answer.data();
                let metadata = answer.0["metadata"].as_object_mut().unwrap();
                for timing in ["cached", "duration_ms", "mcp_calls", "operations"] {
                    metadata.remove(timing);
                }
            }
            assert_eq!(of_small, of_large, "{operation} {params}");
        }
    }
}

#[tokio::test]
async fn two_sessions_share_nothing() {
    let workspace = TestWorkspace::new().await;
    for (operation, params, _) in LOOK_UPS {
        workspace.call(operation, params).await.data();
    }
    for (operation, params, _) in LOOK_UPS {
        let other = workspace.another_session();
        let answer = call(&other, operation, params).await;
        assert!(!cached(&answer), "{operation}");
    }
}

#[tokio::test]
async fn a_list_answers_for_every_name_in_it() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_labels", "{team: ENG}").await.data();
    for name in ["planning", "bug", "Type/Chore", "frontend"] {
        let params = format!("{{team: ENG, name: {name}}}");
        assert!(
            cached(&workspace.call("get_or_create_label", &params).await),
            "{name}"
        );
    }
    // The label list of one team does not answer for another team.
    let answer = workspace
        .call("get_or_create_label", "{team: DES, name: frontend}")
        .await;
    assert!(!cached(&answer));
}

#[tokio::test]
async fn what_an_issue_needed_is_known_to_the_look_ups_after_it() {
    let workspace = TestWorkspace::new().await;
    let params =
        "{team: ENG, title: T, state: Todo, labels: [planning], assignee: jane@example.com}";
    workspace.call("create_issue", params).await.data();
    for (operation, params) in [
        ("get_team", "{team: ENG}"),
        ("get_valid_state_id", "{team: ENG, state: done}"),
        ("get_or_create_label", "{team: ENG, name: planning}"),
        ("list_statuses", "{team: ENG}"),
    ] {
        assert!(
            cached(&workspace.call(operation, params).await),
            "{operation}"
        );
    }
}

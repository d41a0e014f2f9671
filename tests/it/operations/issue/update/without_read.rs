//! `changes: false`: no look at the issue before it is changed.

use super::*;

#[tokio::test]
async fn without_a_look_it_is_one_request_and_nothing_is_told_of_before() {
    let world = World::new().await;
    let params = "{issue_id: ENG-231, state: Done, priority: low, changes: false}";
    world.call("update_issue", params).await.data();
    world.seen();
    let answer = world.call("update_issue", params).await;
    assert_eq!(answer.data()["state"]["name"], "Done");
    assert_eq!(answer.calls(), 1);
    assert!(answer.texts("/metadata/changes").is_empty());
    assert_eq!(answer.at("/warnings"), &Value::Null);
    assert_eq!(mutations(&world.seen()), 1);
}

#[tokio::test]
async fn what_needs_the_look_takes_it_all_the_same() {
    for (params, requests) in [
        (
            "{issue_id: ENG-231, remove_labels: [bug], changes: false}",
            2,
        ),
        ("{issue_id: ENG-231, parent_id: ENG-230, changes: false}", 2),
        ("{issue_id: ENG-231, parent_id: null, changes: false}", 1),
    ] {
        let world = World::new().await;
        let answer = world.call("update_issue", params).await;
        answer.data();
        assert_eq!(answer.calls(), requests, "{params}");
    }
}

#[tokio::test]
async fn without_a_look_a_missing_issue_and_a_moved_one_are_told_by_linear() {
    let world = World::new().await;
    let answer = world
        .call(
            "update_issue",
            "{issue_id: ENG-9999, title: T, changes: false}",
        )
        .await;
    assert_eq!(answer.code(), "ISSUE_NOT_FOUND");
    world
        .call("update_issue", "{issue_id: ENG-231, team: PSN}")
        .await
        .data();
    let moved = "{issue_id: ENG-231, state: In Review, changes: false}";
    let answer = world.call("update_issue", moved).await;
    assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED");
    let hints = answer.texts("/error/suggestions");
    assert!(
        hints.iter().any(|hint| hint.contains("changes: false")),
        "{hints:?}"
    );
}

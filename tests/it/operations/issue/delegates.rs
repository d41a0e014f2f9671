//! `delegate` of `create_issue` and `update_issue`: an app user by name, e-mail address or id.

use crate::support::failures::refuse;
use crate::support::{TestWorkspace, mutations, variable};

#[tokio::test]
async fn an_app_user_is_found_by_each_of_their_names_cold_and_warm() {
    let workspace = TestWorkspace::new().await;
    let bot = workspace.id("User", "name", "CI Bot");
    for name in [
        "CI Bot",
        "ci bot",
        "@cibot",
        "ci-bot@example.com",
        "ci b",
        &bot,
    ] {
        let params = format!("{{team: ENG, title: T, delegate: '{name}'}}");
        let cold = TestWorkspace::new().await;
        for (workspace, calls) in [(&cold, 2), (&cold, 1)] {
            workspace.take_requests();
            let answer = workspace.call("create_issue", &params).await;
            assert_eq!(answer.data()["delegate"]["name"], "CI Bot", "{name}");
            assert_eq!(answer.calls(), calls, "{name}");
            let input = variable(&workspace.take_requests(), "issueCreate", "input").clone();
            assert_eq!(input["delegateId"], bot.as_str(), "{name}");
            assert!(input.get("assigneeId").is_none(), "{name}");
        }
    }
}

#[tokio::test]
async fn an_update_delegates_and_takes_the_delegate_away() {
    let workspace = TestWorkspace::new().await;
    let set = "{issue_id: ENG-231, delegate: CI Bot}";
    let answer = workspace.call("update_issue", set).await;
    assert_eq!(answer.data()["delegate"]["name"], "CI Bot");
    assert_eq!(
        answer.texts("/metadata/changes"),
        ["delegate: none → CI Bot"]
    );
    assert_eq!(answer.calls(), 2);
    let shown = workspace.call("get_issue", "{issue_id: ENG-231}").await;
    assert_eq!(shown.data()["delegate"]["name"], "CI Bot");
    let rows = workspace
        .call("list_issues", "{team: ENG, detail: standard}")
        .await;
    let rows = rows.data()["issues"].as_array().unwrap().clone();
    let row = rows
        .iter()
        .find(|row| row["identifier"] == "ENG-231")
        .unwrap();
    assert_eq!(row["delegate"]["name"], "CI Bot");
    let again = workspace.call("update_issue", set).await;
    assert_eq!(
        again.texts("/warnings"),
        ["nothing changed: the issue had these values already"]
    );
    for clear in ["null", "none"] {
        let params = format!("{{issue_id: ENG-231, delegate: {clear}, changes: false}}");
        workspace.call("update_issue", set).await.data();
        let answer = workspace.call("update_issue", &params).await;
        assert!(answer.data().get("delegate").is_none());
        assert_eq!(answer.calls(), 1);
    }
}

#[tokio::test]
async fn a_person_and_a_name_that_means_nobody_are_refused_before_anything_is_sent() {
    let workspace = TestWorkspace::new().await;
    for (name, code) in [
        ("Jane Smith", "INVALID_PARAM"),
        ("me", "INVALID_PARAM"),
        ("jane@example.com", "INVALID_PARAM"),
        ("Nobody", "USER_NOT_FOUND"),
        ("Old Timer", "USER_NOT_FOUND"),
    ] {
        for (operation, target) in [
            ("create_issue", "team: ENG, title: T, labels: [brand-new]"),
            ("update_issue", "issue_id: ENG-231"),
            ("update_issue", "issue_id: ENG-231, changes: false"),
        ] {
            let params = format!("{{{target}, delegate: {name}}}");
            workspace.take_requests();
            let answer = workspace.call(operation, &params).await;
            assert_eq!(answer.code(), code, "{params}");
            assert_eq!(mutations(&workspace.take_requests()), 0, "{params}");
        }
    }
    let answer = workspace
        .call("update_issue", "{issue_id: ENG-231, delegate: Jane Smith}")
        .await;
    assert_eq!(
        answer.texts("/error/suggestions")[0],
        "Use 'assignee' for a person"
    );
    let app_users = answer.at("/error/details/available_app_users");
    assert_eq!(app_users[0]["name"], "CI Bot");
}

#[tokio::test]
async fn a_delegate_who_was_renamed_is_corrected() {
    let workspace = TestWorkspace::new().await;
    let bot = workspace.id("User", "name", "CI Bot");
    let params = "{team: ENG, title: T, delegate: CI Bot}";
    workspace.call("create_issue", params).await.data();
    let mut other = String::new();
    workspace.sandbox.edit(|store| {
        let mut twin = store.get("User", &bot).unwrap().clone();
        other = bot.replace("5eed", "5eee");
        twin.insert("id".to_owned(), other.clone().into());
        twin.insert("email".to_owned(), "new-bot@example.com".into());
        store.put("User", twin);
        let renamed = store.get_mut("User", &bot).unwrap();
        renamed.insert("name".to_owned(), "Old Bot".into());
    });
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.data()["delegate"]["name"], "CI Bot");
    let warnings = answer.texts("/warnings");
    assert!(
        warnings[0].starts_with("delegate 'CI Bot' is called 'Old Bot' in Linear now"),
        "{warnings:?}"
    );
    let id = answer.text("/data/id");
    assert_eq!(workspace.stored("Issue", id, "delegateId").unwrap(), other);
}

#[tokio::test]
async fn a_refusal_and_a_dry_run_leave_the_issue_alone() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: ENG-231, delegate: CI Bot, dry_run: true}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(
        answer.at("/data/would_send/0/issueUpdate/delegate"),
        "CI Bot"
    );
    assert_eq!(
        answer.texts("/metadata/changes"),
        ["delegate: none → CI Bot"]
    );
    refuse(&workspace, "issueUpdate", 1);
    let params = "{issue_id: ENG-231, delegate: CI Bot}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED");
    let id = workspace.id("Issue", "identifier", "ENG-231");
    assert_eq!(workspace.stored("Issue", &id, "delegateId"), None);
}

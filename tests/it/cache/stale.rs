//! Names, lists and ids in the cache that another client has changed: the session notices, and never answers wrongly.

use linear_ops::sandbox::store::text;
use serde_json::Value;

use crate::support::external_changes::remove;
use crate::support::{TestWorkspace, call};

#[tokio::test]
async fn a_label_made_by_somebody_else_is_found_although_its_name_is_a_part_of_another() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_labels", "{team: ENG}").await.data();
    // The cached label `backend` contains `end`; the new label `end` is not in the session's cached list.
    let other = workspace.another_session();
    call(&other, "get_or_create_label", "{team: ENG, name: end}")
        .await
        .data();
    let answer = workspace
        .call("get_or_create_label", "{team: ENG, name: end}")
        .await;
    assert_eq!(answer.data()["created"], false);
    let issue = workspace
        .call("create_issue", "{team: ENG, title: T, labels: [end]}")
        .await;
    assert_eq!(issue.data()["labels"][0]["name"], "end");
}

#[tokio::test]
async fn a_refreshed_list_is_believed_before_older_look_ups() {
    let workspace = TestWorkspace::new().await;
    let filtered = "{team: ENG, labels: [frontend]}";
    workspace.call("list_issues", filtered).await.data();
    workspace.sandbox.edit(|store| {
        remove(store, "IssueLabel", "frontend");
    });
    workspace
        .call("list_labels", "{team: ENG, refresh_cache: true}")
        .await
        .data();
    let answer = workspace.call("list_issues", filtered).await;
    assert_eq!(answer.code(), "LABEL_NOT_FOUND");
}

#[tokio::test]
async fn the_workspaces_labels_do_not_answer_for_those_of_all_teams() {
    let workspace = TestWorkspace::new().await;
    let wide = "{team: DES, name: feathers}";
    let other = workspace.another_session();
    call(&other, "get_or_create_label", wide).await.data();
    workspace.call("list_labels", "{}").await.data();
    // `feat` is the beginning of the workspace's label `feature` and of the team's label `feathers`.
    let answer = workspace.call("list_issues", "{labels: [feat]}").await;
    assert_eq!(answer.code(), "AMBIGUOUS_IDENTIFIER");
}

#[tokio::test]
async fn a_new_label_changes_what_its_name_means_everywhere() {
    let workspace = TestWorkspace::new().await;
    let filtered = "{labels: [back]}";
    workspace.call("list_issues", filtered).await.data();
    let made = workspace
        .call("create_issue", "{team: PLT, title: T, labels: [back]}")
        .await;
    let listed = workspace.call("list_issues", filtered).await;
    let rows = listed.data()["issues"].as_array().unwrap();
    let identifiers: Vec<&Value> = rows.iter().map(|row| &row["identifier"]).collect();
    assert_eq!(identifiers, [&made.data()["identifier"]]);
}

#[tokio::test]
async fn an_id_of_another_team_is_looked_up_before_it_is_called_unknown() {
    let workspace = TestWorkspace::new().await;
    let other = workspace
        .call("get_valid_state_id", "{team: DES, state: Done}")
        .await;
    let id = other.text("/data/id").to_owned();
    workspace.call("list_statuses", "{team: PSN}").await.data();
    let answer = workspace
        .call("get_valid_state_id", &format!("{{team: ENG, state: {id}}}"))
        .await;
    assert_eq!(answer.code(), "STATUS_NOT_FOUND");
    let listed = answer.at("/error/details/available_statuses");
    assert_eq!(listed.as_array().unwrap().len(), 7);
}

#[tokio::test]
async fn a_whole_name_elsewhere_is_nearer_than_a_part_of_the_teams_own() {
    let workspace = TestWorkspace::new().await;
    workspace.sandbox.edit(|store| {
        let id = store
            .find("Project", "name", "Design System")
            .and_then(|project| text(project, "id"))
            .unwrap();
        let id = id.to_owned();
        let project = store.get_mut("Project", &id).unwrap();
        project.insert("name".to_owned(), "Auth".into());
    });
    let answer = workspace
        .call("create_issue", "{team: ENG, title: T, project: Auth}")
        .await;
    // The name means the new project of Design, and not the team's project `Auth System`.
    assert_eq!(answer.code(), "INVALID_PARAM");
    assert_eq!(answer.texts("/error/details/teams_of_project"), ["Design"]);
}

#[tokio::test]
async fn a_project_that_another_team_has_joined_since_is_found() {
    for (operation, params) in [
        ("get_project", "{project: Auth System, team: DES}"),
        (
            "update_project",
            "{project: Auth System, team: DES, state: started}",
        ),
        (
            "create_issue",
            "{project: Auth System, team: DES, title: Icons}",
        ),
    ] {
        let workspace = TestWorkspace::new().await;
        workspace.call("list_projects", "{}").await.data();
        workspace.call("get_team", "{team: DES}").await.data();
        let refused = workspace.call(operation, params).await;
        assert!(refused.0["success"] == false, "{operation}");
        let (auth, design) = (
            workspace.id("Project", "name", "Auth System"),
            workspace.id("Team", "key", "DES"),
        );
        workspace.sandbox.edit(|store| {
            let project = store.get_mut("Project", &auth).unwrap();
            let teams = project.get_mut("teamIds").unwrap();
            teams.as_array_mut().unwrap().push(design.into());
        });
        workspace.call(operation, params).await.data();
    }
}

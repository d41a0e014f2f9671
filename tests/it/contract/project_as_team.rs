//! A project that is given in place of a team, as CCPM's planning commands do (`contract.md`, "CCPM").

use serde_json::{Value, json};

use crate::support::{TestWorkspace, mutations};

const USED: &str = "'Auth System' is a project; its team Engineering is used";

/// Renames a record of the stand-in.
fn rename(workspace: &TestWorkspace, kind: &str, from: &str, to: &str) {
    let id = workspace.id(kind, "name", from);
    workspace.sandbox.edit(|store| {
        let record = store.get_mut(kind, &id).unwrap();
        record.insert("name".to_owned(), json!(to));
    });
}

#[tokio::test]
async fn an_issue_is_created_in_the_projects_team_and_not_in_the_project() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: auth system, title: T, state: todo, labels: [backend]}";
    // The states and labels of the team are looked up once more.
    for calls in [3, 1] {
        let answer = workspace.call("create_issue", params).await;
        assert_eq!(answer.data()["team"]["name"], "Engineering");
        assert_eq!(answer.data()["state"]["name"], "Todo");
        assert_eq!(answer.data().get("project"), None);
        assert_eq!(answer.texts("/warnings"), [USED]);
        assert_eq!(answer.calls(), calls);
        assert_eq!(mutations(&workspace.take_requests()), 1);
    }
    let with_project = "{team: Auth System, title: T, project: Auth System}";
    let answer = workspace.call("create_issue", with_project).await;
    assert_eq!(answer.data()["project"]["name"], "Auth System");
    assert_eq!(answer.texts("/warnings"), [USED]);
}

#[tokio::test]
async fn the_team_alone_takes_no_second_look_up() {
    let workspace = TestWorkspace::new().await;
    for calls in [2, 1] {
        let params = "{team: Auth System, title: T}";
        let answer = workspace.call("create_issue", params).await;
        assert_eq!(answer.data()["team"]["name"], "Engineering");
        assert_eq!(answer.calls(), calls);
    }
    let answer = workspace.call("get_team", "{team: Auth System}").await;
    assert_eq!(answer.data()["key"], "ENG");
    assert_eq!(answer.texts("/warnings"), [USED]);
    assert_eq!(answer.calls(), 0);
    let params = "{team: Auth System, refresh_cache: true}";
    let answer = workspace.call("get_team", params).await;
    assert_eq!(answer.data()["key"], "ENG");
    assert_eq!(answer.texts("/warnings"), [USED]);
}

#[tokio::test]
async fn issues_are_listed_and_states_found_in_the_projects_team() {
    for prefetched in [false, true] {
        let workspace = TestWorkspace::new().await;
        if prefetched {
            linear_ops::resolve::prefetch::prefetch(&workspace.session).await;
        }
        let of_team = workspace.call("list_issues", "{team: ENG}").await;
        let of_project = workspace.call("list_issues", "{team: Auth System}").await;
        assert_eq!(of_project.data(), of_team.data());
        assert_eq!(of_project.texts("/warnings"), [USED]);

        let params = "{team: Auth System, state: todo}";
        for warm in [false, true] {
            let answer = workspace.call("get_valid_state_id", params).await;
            assert_eq!(answer.data()["name"], "Todo");
            assert_eq!(answer.texts("/warnings"), [USED]);
            assert!(
                !(warm || prefetched) || answer.calls() == 0,
                "{}",
                answer.calls()
            );
        }
    }
    let workspace = TestWorkspace::new().await;
    let cold = workspace.call("list_issues", "{team: auth system}").await;
    let of_team = workspace.call("list_issues", "{team: ENG}").await;
    assert_eq!(cold.data(), of_team.data());
    let states = workspace.call("list_statuses", "{team: auth system}").await;
    let of_team = workspace.call("list_statuses", "{team: ENG}").await;
    assert_eq!(states.data(), of_team.data());
}

#[tokio::test]
async fn a_team_whose_name_begins_so_wins() {
    for cold in [true, false] {
        let workspace = TestWorkspace::new().await;
        rename(&workspace, "Team", "Design", "Auth System Design");
        if !cold {
            linear_ops::resolve::prefetch::prefetch(&workspace.session).await;
        }
        let params = "{team: Auth System, title: T}";
        let answer = workspace.call("create_issue", params).await;
        assert_eq!(answer.data()["team"]["key"], "DES");
        let warning = "team 'Auth System' taken to mean 'Auth System Design', the only one whose name begins so";
        assert_eq!(answer.texts("/warnings"), [warning]);
    }
    // Between two teams nothing is chosen, and the project is not used either.
    let workspace = TestWorkspace::new().await;
    rename(&workspace, "Team", "Design", "Auth System Design");
    rename(&workspace, "Team", "Support", "Auth System Support");
    let answer = workspace
        .call("create_issue", "{team: Auth System, title: T}")
        .await;
    assert_eq!(answer.code(), "AMBIGUOUS_IDENTIFIER");
}

#[tokio::test]
async fn a_project_that_does_not_tell_one_team_is_an_error_that_names_them() {
    for cold in [true, false] {
        let workspace = TestWorkspace::new().await;
        let id = workspace.id("Project", "name", "Auth System");
        let teams = ["Engineering", "Design"].map(|name| workspace.id("Team", "name", name));
        workspace.sandbox.edit(|store| {
            let project = store.get_mut("Project", &id).unwrap();
            project.insert("teamIds".to_owned(), json!(teams));
        });
        if !cold {
            linear_ops::resolve::prefetch::prefetch(&workspace.session).await;
            workspace.take_requests();
        }
        let params = "{team: Auth System, title: T}";
        let answer = workspace.call("create_issue", params).await;
        assert_eq!((answer.code(), answer.calls()), ("TEAM_NOT_FOUND", 1));
        let hint = answer.text("/error/suggestions/0");
        assert!(
            hint.starts_with("'Auth System' is a project: use its team, "),
            "{hint}"
        );
        assert!(
            hint.contains("'Engineering'") && hint.contains("'Design'"),
            "{hint}"
        );
        // Two projects have this name.
        let answer = workspace
            .call("create_issue", "{team: Mobile App, title: T}")
            .await;
        assert_eq!(answer.code(), "TEAM_NOT_FOUND");
        let hints = answer.texts("/error/suggestions").join(" ");
        assert!(
            hints.contains("'Engineering'") && hints.contains("'Design'"),
            "{hints}"
        );
        assert_eq!(mutations(&workspace.take_requests()), 0);
    }
}

#[tokio::test]
async fn an_archived_project_and_a_part_of_a_name_are_no_team() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call("create_issue", "{team: Auth, title: T}")
        .await;
    assert_eq!(answer.code(), "TEAM_NOT_FOUND");
    let id = workspace.id("Project", "name", "Auth System");
    workspace.sandbox.edit(|store| {
        let project = store.get_mut("Project", &id).unwrap();
        project.insert("archivedAt".to_owned(), json!("2025-01-01T00:00:00.000Z"));
    });
    for params in [
        "{team: Auth System, title: T}",
        "{team: Auth System, title: U}",
    ] {
        let answer = workspace.call("create_issue", params).await;
        assert_eq!(answer.code(), "TEAM_NOT_FOUND");
        assert_eq!(answer.at("/warnings"), &Value::Null);
    }
}

#[tokio::test]
async fn a_team_in_the_cache_costs_nothing_more() {
    let workspace = TestWorkspace::new().await;
    linear_ops::resolve::prefetch::prefetch(&workspace.session).await;
    let answer = workspace.call("get_team", "{team: Engineering}").await;
    assert_eq!(answer.calls(), 0);
    assert_eq!(answer.at("/warnings"), &Value::Null);
}

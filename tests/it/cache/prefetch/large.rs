//! A prefetch of a workspace that does not fit on the first pages: it asks for no more pages, and names beyond them are
//! looked up when they are needed.

use linear_ops::resolve::prefetch::prefetch;
use linear_ops::sandbox::store::text;
use linear_ops::sandbox::{Sandbox, Size};

use super::{assert_modest, ids};
use crate::support::{TestWorkspace, variable};

const SIZE: Size = Size {
    teams: 60,
    labels: 1_200,
    users: 600,
    projects: 400,
    issues: 17,
};

/// A large workspace, and a session that has done nothing but its prefetch.
async fn large() -> TestWorkspace {
    let workspace = TestWorkspace::with_sandbox(Sandbox::with_workspace(SIZE), |_| {}).await;
    prefetch(&workspace.session).await;
    assert_modest(&workspace);
    workspace
}

/// The oldest and the newest record of a type: beyond the first page, and on it.
fn ends(workspace: &TestWorkspace, kind: &str) -> [String; 2] {
    let mut ends = None;
    workspace.sandbox.edit(|store| {
        let all = ids(store, kind, |_| true);
        ends = all.first().cloned().zip(all.last().cloned());
    });
    let (oldest, newest) = ends.unwrap();
    [oldest, newest]
}

/// Gives records of a type one name.
fn rename(workspace: &TestWorkspace, kind: &str, ids: &[String], name: &str) {
    workspace.sandbox.edit(|store| {
        for id in ids {
            let record = store.get_mut(kind, id).unwrap();
            record.insert("name".to_owned(), name.into());
        }
    });
}

/// What one request brings of a name beyond the first pages, it brings of all of them.
const BEYOND: &str = "{team: Engineering, title: T, state: In Review, labels: [planning, Type/Chore], \
    assignee: jane@example.com, project: Auth System, milestone: Beta}";

#[tokio::test]
async fn an_issue_by_names_beyond_the_first_pages_takes_one_look_up() {
    let workspace = large().await;
    let made = workspace.call("create_issue", BEYOND).await;
    made.data();
    let received = workspace.take_requests();
    assert_eq!((made.calls(), received.len()), (2, 2));
    let input = variable(&received, "issueCreate", "input");
    for (field, kind, by, value) in [
        ("teamId", "Team", "key", "ENG"),
        ("assigneeId", "User", "email", "jane@example.com"),
    ] {
        assert_eq!(input[field], workspace.id(kind, by, value), "{field}");
    }
    let data = made.data();
    assert_eq!(data["state"]["name"], "In Review");
    assert_eq!(data["project"]["name"], "Auth System");
    assert_eq!(data["team"]["key"], "ENG");
    let warm = workspace.call("create_issue", BEYOND).await;
    assert_eq!(warm.calls(), 1);
}

#[tokio::test]
async fn an_issue_by_names_on_the_first_pages_is_looked_up_too_for_others_may_share_them() {
    let workspace = large().await;
    let params = "{team: T022, title: T, assignee: person0600, project: Project 0399}";
    let made = workspace.call("create_issue", params).await;
    assert_eq!(made.data()["team"]["key"], "T022");
    assert_eq!(made.calls(), 2);
    // An id and `me` name one user only, so that no further look-up is needed.
    let [_, user] = ends(&workspace, "User");
    for who in [user.as_str(), "me"] {
        let answer = workspace
            .call("get_user", &format!("{{user: {who}}}"))
            .await;
        answer.data();
        assert_eq!(answer.calls(), 0, "{who}");
    }
}

#[tokio::test]
async fn a_name_on_the_first_page_and_beyond_it_is_ambiguous() {
    for (kind, operation, param) in [
        ("Team", "get_team", "team"),
        ("User", "get_user", "user"),
        ("Project", "get_project", "project"),
    ] {
        let workspace = TestWorkspace::with_sandbox(Sandbox::with_workspace(SIZE), |_| {}).await;
        let both = ends(&workspace, kind);
        rename(&workspace, kind, &both, "Same Name");
        prefetch(&workspace.session).await;
        assert_modest(&workspace);
        let params = format!("{{{param}: Same Name}}");
        let answer = workspace.call(operation, &params).await;
        assert_eq!(answer.code(), "AMBIGUOUS_IDENTIFIER", "{kind}");
        let candidates = answer.at("/error/details/candidates").as_array().unwrap();
        let mut found: Vec<&str> = candidates
            .iter()
            .filter_map(|row| row["id"].as_str())
            .collect();
        found.sort_unstable();
        let mut expected = [both[0].as_str(), both[1].as_str()];
        expected.sort_unstable();
        assert_eq!((found, answer.calls()), (expected.to_vec(), 1), "{kind}");
    }
}

#[tokio::test]
async fn the_nearest_label_is_meant_wherever_it_stands() {
    let workspace = TestWorkspace::with_sandbox(Sandbox::with_workspace(SIZE), |_| {}).await;
    // The first page has a label of another team with this name; the label of the team itself is on a later page.
    let [_, newest] = ends(&workspace, "IssueLabel");
    rename(&workspace, "IssueLabel", &[newest], "backend");
    prefetch(&workspace.session).await;
    let params = "{team: ENG, title: T, labels: [backend]}";
    workspace.take_requests();
    let made = workspace.call("create_issue", params).await;
    made.data();
    let mut label_ids = Vec::new();
    let team = workspace.id("Team", "key", "ENG");
    workspace.sandbox.edit(|store| {
        label_ids = ids(store, "IssueLabel", |label| {
            text(label, "name") == Some("backend") && text(label, "teamId") == Some(&team)
        });
    });
    let received = workspace.take_requests();
    let input = variable(&received, "issueCreate", "input");
    assert_eq!(input["labelIds"], serde_json::json!(label_ids));
    assert_eq!(label_ids.len(), 1);
}

#[tokio::test]
async fn a_miss_is_one_when_nothing_beyond_the_first_pages_has_the_name_either() {
    let workspace = large().await;
    for (operation, params, code) in [
        ("get_team", "{team: Nowhere}", "TEAM_NOT_FOUND"),
        ("get_user", "{user: Nobody}", "USER_NOT_FOUND"),
        ("get_project", "{project: Nothing}", "PROJECT_NOT_FOUND"),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!((answer.code(), answer.calls()), (code, 1));
    }
}

#[tokio::test]
async fn whole_lists_are_read_whole() {
    let workspace = large().await;
    let teams = workspace.call("list_teams", "{limit: 250}").await;
    assert_eq!(teams.data()["teams"].as_array().unwrap().len(), 60);
    let states = workspace.call("list_statuses", "{team: T060}").await;
    assert_eq!(states.calls(), 1);
    let users = workspace.call("list_users", "{query: person0600}").await;
    assert_eq!(users.data()["users"].as_array().unwrap().len(), 1);
}

//! `get_user`, `list_users`.

use crate::support::{Answer, TestWorkspace, snapshot};

fn names(answer: &Answer) -> Vec<String> {
    answer.column("users", "name")
}

#[tokio::test]
async fn a_user_as_it_is_shown() {
    let workspace = TestWorkspace::new().await;
    snapshot("user_cold", &workspace.yaml("get_user", "{user: me}").await);
    snapshot("user_warm", &workspace.yaml("get_user", "{user: me}").await);
    let jane = "{email: jane@example.com, detail: brief}";
    snapshot("user_brief", &workspace.yaml("get_user", jane).await);
    snapshot(
        "user_missing",
        &workspace.yaml("get_user", "{user: janet}").await,
    );
    let left = "{user: Old Timer}";
    snapshot("user_left", &workspace.yaml("get_user", left).await);
    snapshot(
        "user_ambiguous",
        &workspace.yaml("get_user", "{user: John}").await,
    );
}

#[tokio::test]
async fn users_as_they_are_listed() {
    let workspace = TestWorkspace::new().await;
    snapshot("users_cold", &workspace.yaml("list_users", "{}").await);
    snapshot("users_warm", &workspace.yaml("list_users", "{}").await);
    let all = "{include_disabled: true, detail: full}";
    snapshot("users_all", &workspace.yaml("list_users", all).await);
    let few = "{limit: 2, format: table}";
    snapshot("users_few", &workspace.yaml("list_users", few).await);
}

#[tokio::test]
async fn a_list_is_asked_for_once_and_makes_its_names_known() {
    let workspace = TestWorkspace::new().await;
    assert_eq!(workspace.call("list_users", "{}").await.calls(), 1);
    let johns = workspace.call("list_users", "{query: JOHN}").await;
    assert_eq!(
        (names(&johns), johns.calls()),
        (vec!["John Doe".to_owned(), "John Roe".to_owned()], 0)
    );
    let john = workspace
        .call("get_user", "{user: john.roe@example.com}")
        .await;
    assert_eq!((john.calls(), john.text("/data/name")), (0, "John Roe"));
    for calls in [1, 0] {
        let all = workspace
            .call("list_users", "{include_disabled: true, query: old}")
            .await;
        assert_eq!(
            (names(&all), all.calls()),
            (vec!["Old Timer".to_owned()], calls)
        );
    }
    let fresh = workspace.call("list_users", "{refresh_cache: true}").await;
    assert_eq!(fresh.calls(), 1);
    let all = "{include_disabled: true, refresh_cache: true}";
    assert_eq!(workspace.call("list_users", all).await.calls(), 1);
}

#[tokio::test]
async fn a_cursor_leads_on_and_one_of_nobody_is_told() {
    let workspace = TestWorkspace::new().await;
    let mut found = Vec::new();
    let mut params = "{limit: 3}".to_owned();
    loop {
        let answer = workspace.call("list_users", &params).await;
        found.extend(names(&answer));
        assert_eq!(answer.data()["total"], 4);
        if answer.data()["has_more"] == false {
            break;
        }
        params = format!("{{limit: 3, cursor: {}}}", answer.text("/data/cursor"));
    }
    let all = workspace.call("list_users", "{}").await;
    assert_eq!(found, names(&all));
    let answer = workspace.call("list_users", "{cursor: nobody}").await;
    assert_eq!(answer.code(), "INVALID_PARAM");
}

#[tokio::test]
async fn what_a_list_is_asked_for_by_another_word_is_looked_for() {
    let workspace = TestWorkspace::new().await;
    for (operation, params) in [
        ("list_users", "{email: jane@example.com}"),
        ("list_users", "{name: jane}"),
        ("list_projects", "{name: auth}"),
        ("list_projects", "{project: Auth System}"),
        ("list_documents", "{title: Auth}"),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.data()["total"], 1, "{operation} {params}");
        assert!(answer.texts("/warnings").is_empty(), "{operation} {params}");
    }
    let users = workspace.call("list_users", "{}").await;
    assert!(names(&users).len() > 1);
}

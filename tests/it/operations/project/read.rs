//! `get_project`, `list_projects`, and how issues are listed by project.

use crate::support::{Answer, TestWorkspace, mutations, snapshot};

#[tokio::test]
async fn a_project_as_it_is_shown() {
    let workspace = TestWorkspace::new().await;
    let auth = "{project: Auth System, team: Engineering}";
    snapshot("project_cold", &workspace.yaml("get_project", auth).await);
    snapshot("project_warm", &workspace.yaml("get_project", auth).await);
    let brief = "{project: Auth System, detail: brief}";
    snapshot("project_brief", &workspace.yaml("get_project", brief).await);
    let full = "{project: Auth System, detail: full}";
    snapshot("project_full", &workspace.yaml("get_project", full).await);
}

#[tokio::test]
async fn the_whole_of_a_project_is_one_request_cold_or_warm_and_a_part_of_it_is_none() {
    let workspace = TestWorkspace::new().await;
    let full = "{project: auth system, detail: full}";
    assert_eq!(workspace.call("get_project", full).await.calls(), 1);
    let again = workspace.call("get_project", full).await;
    assert_eq!(again.calls(), 1);
    assert_eq!(again.data()["milestones"][1]["name"], "GA");
    let kept = workspace
        .call(
            "get_project",
            "{project: Auth System, fields: [url, lead.name]}",
        )
        .await;
    assert_eq!(kept.calls(), 0);
    assert_eq!(kept.data()["lead"]["name"], "John Doe");
    let requested = workspace
        .call("get_project", "{project: Auth System, fields: [content]}")
        .await;
    assert_eq!(requested.calls(), 1);
    assert!(requested.data()["content"].is_string());
    // A part of a name may match any project, so that the project is known only after the look-up.
    let other = TestWorkspace::new().await;
    let part = other
        .call("get_project", "{project: Auth, detail: full}")
        .await;
    assert_eq!((part.calls(), part.text("/data/name")), (2, "Auth System"));
}

#[tokio::test]
async fn a_project_is_found_by_everything_that_names_it() {
    let workspace = TestWorkspace::new().await;
    let auth = workspace
        .call("get_project", "{project: Auth System, detail: full}")
        .await;
    let (id, slug) = (auth.text("/data/id"), auth.text("/data/slug"));
    let url = auth.text("/data/url");
    for (spelling, value) in [
        ("project", "auth system"),
        ("id", id),
        ("project_id", slug),
        ("name", url),
    ] {
        let found = workspace
            .call("get_project", &format!("{{{spelling}: '{value}'}}"))
            .await;
        assert_eq!(found.data()["id"], id, "{value}");
        let again = workspace
            .call("get_project", &format!("{{{spelling}: '{value}'}}"))
            .await;
        assert_eq!(again.calls(), 0, "{value}");
    }
}

#[tokio::test]
async fn the_team_tells_projects_of_one_name_apart() {
    let workspace = TestWorkspace::new().await;
    let any = "{project: Mobile App}";
    snapshot(
        "project_ambiguous",
        &workspace.yaml("get_project", any).await,
    );
    for (team, described) in [("ENG", "The app itself"), ("Design", "How the app looks")] {
        let params = format!("{{project: Mobile App, team: {team}}}");
        let found = workspace.call("get_project", &params).await;
        assert_eq!(found.data()["description"], described);
    }
    let elsewhere = "{project: Design System, team: ENG}";
    snapshot(
        "project_of_another_team",
        &workspace.yaml("get_project", elsewhere).await,
    );
    let missing = "{project: Auht System}";
    snapshot(
        "project_missing",
        &workspace.yaml("get_project", missing).await,
    );
    let full = "{project: Nothing Like It, detail: full}";
    let answer = workspace.call("get_project", full).await;
    assert_eq!((answer.code(), answer.calls()), ("PROJECT_NOT_FOUND", 1));
}

#[tokio::test]
async fn a_project_that_has_been_archived_since_is_not_found_and_forgotten() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_projects", "{}").await.data();
    let id = workspace.id("Project", "name", "Auth System");
    workspace.sandbox.edit(|store| {
        let mut gone = store.get("Project", &id).unwrap().clone();
        gone.insert("archivedAt".to_owned(), "2025-01-20T00:00:00.000Z".into());
        store.put("Project", gone);
    });
    let remembered = "{project: Auth System}";
    assert_eq!(workspace.call("get_project", remembered).await.calls(), 0);
    let whole = "{project: Auth System, detail: full}";
    let answer = workspace.call("get_project", whole).await;
    // The name is looked up once more, which returns the existing projects for the error.
    assert_eq!((answer.code(), answer.calls()), ("PROJECT_NOT_FOUND", 2));
    let there = answer.texts("/error/details/available_projects");
    assert_eq!(there, ["Mobile App", "Design System"]);
    let rest = workspace.call("list_projects", "{}").await;
    assert_eq!(
        (rest.at("/data/total").as_u64(), rest.calls()),
        (Some(3), 0)
    );
}

fn names(answer: &Answer) -> Vec<String> {
    answer.column("projects", "name")
}

#[tokio::test]
async fn projects_as_they_are_listed() {
    let workspace = TestWorkspace::new().await;
    let planned = "{team: Engineering, state: planned}";
    snapshot(
        "projects_cold",
        &workspace.yaml("list_projects", planned).await,
    );
    snapshot(
        "projects_warm",
        &workspace.yaml("list_projects", "{}").await,
    );
    let full = "{team: ENG, detail: full}";
    snapshot(
        "projects_full",
        &workspace.yaml("list_projects", full).await,
    );
    let table = "{format: table, include_archived: true}";
    snapshot(
        "projects_table",
        &workspace.yaml("list_projects", table).await,
    );
    let none = "{state: paused}";
    snapshot(
        "projects_none",
        &workspace.yaml("list_projects", none).await,
    );
}

#[tokio::test]
async fn every_filter_is_one_request_cold_and_says_the_same_warm() {
    for (filter, found, warm_calls) in [
        (
            "{}",
            vec!["Mobile App", "Mobile App", "Design System", "Auth System"],
            0,
        ),
        ("{team: ENG}", vec!["Mobile App", "Auth System"], 0),
        (
            "{team: Design, state: In Progress}",
            vec!["Design System"],
            0,
        ),
        ("{state: started}", vec!["Mobile App", "Design System"], 0),
        ("{state: backlog}", vec!["Mobile App"], 0),
        (
            "{lead: jane@example.com}",
            vec!["Mobile App", "Design System"],
            0,
        ),
        ("{lead: me}", vec!["Auth System"], 0),
        ("{query: system}", vec!["Design System", "Auth System"], 0),
        ("{query: zebra}", vec![], 0),
        ("{initiative: trustworthy accounts}", vec!["Auth System"], 1),
        ("{initiative: Trustworthy accounts, team: DES}", vec![], 1),
        (
            "{include_archived: true, team: ENG}",
            vec!["Legacy Portal", "Mobile App", "Auth System"],
            1,
        ),
        (
            "{detail: full, team: DES}",
            vec!["Mobile App", "Design System"],
            1,
        ),
    ] {
        let workspace = TestWorkspace::new().await;
        let cold = workspace.call("list_projects", filter).await;
        let sorted = |answer: &Answer| {
            let mut names = names(answer);
            names.sort();
            names
        };
        let mut expected = found.clone();
        expected.sort_unstable();
        assert_eq!(sorted(&cold), expected, "{filter}");
        assert_eq!(cold.calls(), 1, "{filter}");
        let warm = workspace.call("list_projects", filter).await;
        assert_eq!(warm.data(), cold.data(), "{filter}");
        assert_eq!(warm.calls(), warm_calls, "{filter}");
        assert_eq!(mutations(&workspace.take_requests()), 0);
    }
}

#[tokio::test]
async fn another_word_for_a_name_finds_the_same_among_the_projects_that_came_along() {
    for (filter, found) in [
        ("{state: in-progress}", vec!["Mobile App", "Design System"]),
        ("{team: Engin}", vec!["Mobile App", "Auth System"]),
        ("{state: todo, lead: doe}", vec!["Auth System"]),
    ] {
        let workspace = TestWorkspace::new().await;
        let answer = workspace.call("list_projects", filter).await;
        assert_eq!(
            (names(&answer).len(), answer.calls()),
            (found.len(), 1),
            "{filter}"
        );
        assert!(
            found
                .iter()
                .all(|name| names(&answer).contains(&(*name).to_owned()))
        );
    }
    // The cursor of the next page is known to Linear alone.
    let workspace = TestWorkspace::new().await;
    let first = workspace
        .call("list_projects", "{state: active, limit: 1}")
        .await;
    assert_eq!((names(&first).len(), first.calls()), (1, 2));
    assert_eq!(first.at("/data/has_more"), true);
}

#[tokio::test]
async fn a_list_goes_on_where_its_cursor_says() {
    let workspace = TestWorkspace::new().await;
    let mut found = Vec::new();
    let mut cursor = String::new();
    for _ in 0..4 {
        let params = format!("{{limit: 1{cursor}}}");
        let page = workspace.call("list_projects", &params).await;
        assert_eq!(page.calls(), 1);
        found.extend(names(&page));
        cursor = format!(", cursor: '{}'", page.text("/data/cursor"));
    }
    let all = workspace.call("list_projects", "{}").await;
    assert_eq!((names(&all), all.calls()), (found, 0));
}

#[tokio::test]
async fn a_list_makes_the_names_on_it_known() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_projects", "{team: DES}").await.data();
    for project in ["Auth System", "design system"] {
        let params = format!("{{project: {project}}}");
        assert_eq!(workspace.call("get_project", &params).await.calls(), 0);
    }
    let fresh = "{refresh_cache: true}";
    assert_eq!(workspace.call("list_projects", fresh).await.calls(), 1);
}

#[tokio::test]
async fn every_filter_at_once_costs_less_than_linear_allows() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: Engineering, state: planned, lead: me, query: auth, limit: 250, \
        initiative: Trustworthy accounts, include_archived: true, detail: full}";
    let answer = workspace.call("list_projects", params).await;
    assert_eq!(
        (names(&answer), answer.calls()),
        (vec!["Auth System".to_owned()], 1)
    );
}

#[tokio::test]
async fn a_filter_that_means_nothing_is_an_error_of_its_own() {
    let workspace = TestWorkspace::new().await;
    for (params, name) in [
        (
            "{initiative: Trustworthy acounts}",
            "projects_initiative_missing",
        ),
        ("{state: Shipped}", "projects_status_missing"),
        ("{lead: jon}", "projects_lead_missing"),
    ] {
        snapshot(name, &workspace.yaml("list_projects", params).await);
    }
    let team = workspace.call("list_projects", "{team: Sales}").await;
    assert_eq!(team.code(), "TEAM_NOT_FOUND");
}

#[tokio::test]
async fn the_issues_of_an_archived_project_of_the_same_name_are_not_listed() {
    let workspace = TestWorkspace::new().await;
    let legacy = workspace.id("Project", "name", "Legacy Portal");
    let auth = workspace.id("Project", "name", "Auth System");
    let mut moved = None;
    workspace.sandbox.edit(|store| {
        let mut namesake = store.get("Project", &legacy).unwrap().clone();
        namesake.insert("name".to_owned(), "Auth System".into());
        store.put("Project", namesake);
        let mut issue = store.find("Issue", "projectId", &auth).unwrap().clone();
        issue.insert("projectId".to_owned(), legacy.as_str().into());
        moved = issue.get("title").cloned();
        store.put("Issue", issue);
    });
    let moved = moved.unwrap();
    let params = "{project: Auth System, include_archived: true}";
    let cold = workspace.call("list_issues", params).await;
    let warm = workspace.call("list_issues", params).await;
    let rows = cold.data()["issues"].as_array().unwrap();
    assert!(!rows.is_empty() && rows.iter().all(|row| row["title"] != moved));
    assert_eq!(cold.data(), warm.data());
    assert_eq!((cold.calls(), warm.calls()), (2, 1));
}

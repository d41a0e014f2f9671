//! `get_project`.

use crate::support::{World, snapshot};

#[tokio::test]
async fn a_project_as_it_is_shown() {
    let world = World::new().await;
    let auth = "{project: Auth System, team: Engineering}";
    snapshot("project_cold", &world.yaml("get_project", auth).await);
    snapshot("project_warm", &world.yaml("get_project", auth).await);
    let brief = "{project: Auth System, detail: brief}";
    snapshot("project_brief", &world.yaml("get_project", brief).await);
    let full = "{project: Auth System, detail: full}";
    snapshot("project_full", &world.yaml("get_project", full).await);
}

#[tokio::test]
async fn the_whole_of_a_project_is_one_request_cold_or_warm_and_a_part_of_it_is_none() {
    let world = World::new().await;
    let full = "{project: auth system, detail: full}";
    assert_eq!(world.call("get_project", full).await.calls(), 1);
    let again = world.call("get_project", full).await;
    assert_eq!(again.calls(), 1);
    assert_eq!(again.data()["milestones"][1]["name"], "GA");
    let kept = world
        .call(
            "get_project",
            "{project: Auth System, fields: [url, lead.name]}",
        )
        .await;
    assert_eq!(kept.calls(), 0);
    assert_eq!(kept.data()["lead"]["name"], "John Doe");
    let asked = world
        .call("get_project", "{project: Auth System, fields: [content]}")
        .await;
    assert_eq!(asked.calls(), 1);
    assert!(asked.data()["content"].is_string());
    // A part of the name may be any project's: which one is known after the look-up.
    let other = World::new().await;
    let part = other
        .call("get_project", "{project: Auth, detail: full}")
        .await;
    assert_eq!((part.calls(), part.text("/data/name")), (2, "Auth System"));
}

#[tokio::test]
async fn a_project_is_found_by_everything_that_names_it() {
    let world = World::new().await;
    let auth = world
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
        let found = world
            .call("get_project", &format!("{{{spelling}: '{value}'}}"))
            .await;
        assert_eq!(found.data()["id"], id, "{value}");
        let again = world
            .call("get_project", &format!("{{{spelling}: '{value}'}}"))
            .await;
        assert_eq!(again.calls(), 0, "{value}");
    }
}

#[tokio::test]
async fn the_team_tells_projects_of_one_name_apart() {
    let world = World::new().await;
    let any = "{project: Mobile App}";
    snapshot("project_ambiguous", &world.yaml("get_project", any).await);
    for (team, described) in [("ENG", "The app itself"), ("Design", "How the app looks")] {
        let params = format!("{{project: Mobile App, team: {team}}}");
        let found = world.call("get_project", &params).await;
        assert_eq!(found.data()["description"], described);
    }
    let elsewhere = "{project: Design System, team: ENG}";
    snapshot(
        "project_of_another_team",
        &world.yaml("get_project", elsewhere).await,
    );
    let missing = "{project: Auht System}";
    snapshot("project_missing", &world.yaml("get_project", missing).await);
    let full = "{project: Nothing Like It, detail: full}";
    let answer = world.call("get_project", full).await;
    assert_eq!((answer.code(), answer.calls()), ("PROJECT_NOT_FOUND", 1));
}

#[tokio::test]
async fn a_project_that_has_been_archived_since_is_not_found_and_forgotten() {
    let world = World::new().await;
    world.call("list_projects", "{}").await.data();
    let id = world.id("Project", "name", "Auth System");
    world.sandbox.edit(|store| {
        let mut gone = store.get("Project", &id).unwrap().clone();
        gone.insert("archivedAt".to_owned(), "2025-01-20T00:00:00.000Z".into());
        store.put("Project", gone);
    });
    let remembered = "{project: Auth System}";
    assert_eq!(world.call("get_project", remembered).await.calls(), 0);
    let whole = "{project: Auth System, detail: full}";
    let answer = world.call("get_project", whole).await;
    // The name is looked up once more, which tells what there is in its place.
    assert_eq!((answer.code(), answer.calls()), ("PROJECT_NOT_FOUND", 2));
    let there = answer.texts("/error/details/available_projects");
    assert_eq!(there, ["Mobile App", "Design System"]);
    let rest = world.call("list_projects", "{}").await;
    assert_eq!(
        (rest.at("/data/total").as_u64(), rest.calls()),
        (Some(3), 0)
    );
}

//! Custom views as filters.

use serde_json::json;

use super::*;

const OPEN_BUGS: [&str; 3] = ["SUP-7", "ENG-231", "PSN-123"];

/// Writes a field of the custom view with this name.
fn set(workspace: &TestWorkspace, name: &str, field: &str, value: Value) {
    let id = workspace.id("CustomView", "name", name);
    workspace.sandbox.edit(|store| {
        let view = store.get_mut("CustomView", &id).unwrap();
        view.insert(field.into(), value);
    });
}

#[tokio::test]
async fn a_view_is_named_in_every_way_and_narrowed_down_by_the_other_filters() {
    let workspace = TestWorkspace::new().await;
    let id = workspace.id("CustomView", "name", "Open bugs");
    let slug = workspace.stored("CustomView", &id, "slugId").unwrap();
    for view in [
        "Open bugs".to_owned(),
        "'open BUGS'".to_owned(),
        id,
        slug.clone(),
        format!("open-bugs-{slug}"),
        format!("'https://linear.app/acme/view/open-bugs-{slug}'"),
        format!("'https://linear.app/acme/team/ENG/view/open-bugs-{slug}'"),
    ] {
        finds(&workspace, &format!("{{view: {view}}}"), &OPEN_BUGS).await;
        let params = format!("{{view: {view}, team: Engineering, priority: urgent}}");
        finds(&workspace, &params, &["ENG-231"]).await;
        let params = format!("{{view: {view}, query: sign in}}");
        finds(&workspace, &params, &["SUP-7", "PSN-123"]).await;
    }
    let params = "{view: Open bugs, order_by: priority}";
    finds(&workspace, params, &["ENG-231", "PSN-123", "SUP-7"]).await;
    finds(&workspace, "{view: My Engineering issues}", &["ENG-231"]).await;
}

#[tokio::test]
async fn a_part_of_a_views_name_takes_a_second_request_the_first_time() {
    let workspace = TestWorkspace::new().await;
    for calls in [2, 1] {
        let answer = workspace.call("list_issues", "{view: bugs}").await;
        assert_eq!(identifiers(&answer), OPEN_BUGS);
        assert_eq!(answer.calls(), calls);
    }
}

#[tokio::test]
async fn the_issues_of_a_view_are_counted_and_grouped() {
    for _ in 0..2 {
        let workspace = TestWorkspace::new().await;
        let answer = workspace
            .call("list_issues", "{view: Open bugs, count_only: true}")
            .await;
        assert_eq!(*answer.data(), json!({"count": 3}));
        assert_eq!(answer.calls(), 1);
        let params = "{view: Open bugs, group_by: state, detail: full}";
        let answer = workspace.call("list_issues", params).await;
        assert_eq!(answer.column("groups", "state"), ["Triage", "In Progress"]);
        assert_eq!(answer.calls(), 1);
    }
}

#[tokio::test]
async fn a_view_that_does_not_exist_or_lists_something_else_is_an_error() {
    let workspace = TestWorkspace::new().await;
    let slug = workspace.id("CustomView", "name", "Running projects");
    for (name, params) in [
        ("view_unknown", "{view: Open bugz}".to_owned()),
        ("view_of_projects", "{view: Running projects}".to_owned()),
        ("view_of_projects_by_id", format!("{{view: {slug}}}")),
        (
            "view_unknown_slug",
            "{view: open-bugs-0123456789ab}".to_owned(),
        ),
    ] {
        let cold = workspace.yaml("list_issues", &params).await;
        snapshot(name, &cold);
    }
    let address = "{view: 'https://linear.app/acme/project/auth-000000000176'}";
    let answer = workspace.call("list_issues", address).await;
    assert_eq!(answer.code(), "INVALID_PARAM");
    let answer = workspace.call("list_issues", "{view: null}").await;
    assert_eq!(answer.code(), "INVALID_PARAM");
}

#[tokio::test]
async fn the_personal_views_of_others_do_not_exist() {
    let workspace = TestWorkspace::new().await;
    set(&workspace, "Open bugs", "shared", json!(false));
    let id = workspace.id("CustomView", "name", "Open bugs");
    for view in ["Open bugs", &id] {
        let answer = workspace
            .call("list_issues", &format!("{{view: {view}}}"))
            .await;
        assert_eq!(answer.code(), "VIEW_NOT_FOUND");
    }
}

#[tokio::test]
async fn views_of_one_name_are_not_guessed_but_a_view_of_projects_does_not_count() {
    let workspace = TestWorkspace::new().await;
    set(&workspace, "Running projects", "name", json!("Open bugs"));
    finds(&workspace, "{view: Open bugs}", &OPEN_BUGS).await;
    let workspace = TestWorkspace::new().await;
    set(
        &workspace,
        "My Engineering issues",
        "name",
        json!("open bugs"),
    );
    for _ in 0..2 {
        let answer = workspace.call("list_issues", "{view: Open bugs}").await;
        assert_eq!(answer.code(), "AMBIGUOUS_IDENTIFIER");
        let candidates = answer.at("/error/details/candidates").as_array().unwrap();
        assert_eq!(candidates.len(), 2);
        assert!(candidates[0].get("owner").is_some());
    }
}

#[tokio::test]
async fn a_view_that_was_deleted_or_made_anew_since_it_was_cached_is_looked_up_again() {
    let workspace = TestWorkspace::new().await;
    finds(&workspace, "{view: Open bugs}", &OPEN_BUGS).await;
    let old = workspace.id("CustomView", "name", "Open bugs");
    workspace.sandbox.edit(|store| {
        let mut view = store.get("CustomView", &old).unwrap().clone();
        store
            .get_mut("CustomView", &old)
            .unwrap()
            .insert("shared".into(), json!(false));
        let id = store.new_id();
        view.insert("id".into(), id.into());
        store.put("CustomView", view);
    });
    let answer = workspace.call("list_issues", "{view: Open bugs}").await;
    assert_eq!(identifiers(&answer), OPEN_BUGS);
    assert_eq!(answer.calls(), 2);
    finds(&workspace, "{view: Open bugs}", &OPEN_BUGS).await;
    workspace.sandbox.edit(|store| {
        let ids: Vec<String> = store
            .all("CustomView")
            .filter(|view| view["name"] == "Open bugs")
            .map(|view| view["id"].as_str().unwrap().to_owned())
            .collect();
        for id in ids {
            store
                .get_mut("CustomView", &id)
                .unwrap()
                .insert("shared".into(), json!(false));
        }
    });
    let answer = workspace.call("list_issues", "{view: Open bugs}").await;
    assert_eq!(answer.code(), "VIEW_NOT_FOUND");
    let available = answer.texts("/error/details/available_views");
    assert_eq!(available, ["My Engineering issues"]);
}

#[tokio::test]
async fn the_views_of_an_object_that_describes_another_one_are_refused() {
    let workspace = TestWorkspace::new().await;
    let id = workspace.id("CustomView", "name", "Open bugs");
    let params = json!({"view": {"id": id, "name": "Open bugs"}});
    let answer = workspace.call_json("list_issues", params).await;
    assert_eq!(identifiers(&answer), OPEN_BUGS);
}

//! Custom views: their look-up, their lists, and who sees them.

use serde_json::json;

use super::{ask, column, data, error};
use crate::sandbox::Sandbox;
use crate::sandbox::store::text;

/// Writes a field of the view with this name.
fn set(sandbox: &Sandbox, name: &str, field: &str, value: serde_json::Value) {
    sandbox.edit(|store| {
        let view = store.find("CustomView", "name", name).unwrap();
        let id = text(view, "id").unwrap().to_owned();
        let view = store.get_mut("CustomView", &id).unwrap();
        view.insert(field.to_owned(), value);
    });
}

/// The identifiers of the issues in the view with this name, with these further arguments.
fn issues(sandbox: &Sandbox, name: &str, arguments: &str) -> Vec<serde_json::Value> {
    let query = format!(
        r#"{{ customViews(first: 1, filter: {{ name: {{ eq: "{name}" }} }}) {{
               nodes {{ issues(first: 50{arguments}) {{ nodes {{ identifier }} }} }} }} }}"#
    );
    let answer = data(sandbox, &query);
    column(&answer["customViews"]["nodes"][0]["issues"], "identifier")
}

#[test]
fn views_tell_what_they_are_of() {
    let answer = data(
        &Sandbox::new(),
        "{ customViews(first: 9, sort: [{ name: { order: Ascending } }]) {
             nodes { name modelName shared owner { displayName } team { key } } } }",
    );
    assert_eq!(
        answer["customViews"]["nodes"],
        json!([
            { "name": "My Engineering issues", "modelName": "Issue", "shared": false,
              "owner": { "displayName": "john" }, "team": { "key": "ENG" } },
            { "name": "Open bugs", "modelName": "Issue", "shared": true,
              "owner": { "displayName": "jane" }, "team": null },
            { "name": "Running projects", "modelName": "Project", "shared": true,
              "owner": { "displayName": "john" }, "team": null },
        ])
    );
}

#[test]
fn views_are_filtered_and_found_by_id_and_slug() {
    let sandbox = Sandbox::new();
    let answer = data(
        &sandbox,
        r#"{ customViews(first: 2, filter: { name: { eqIgnoreCase: "OPEN bugs" }, modelName: { eq: "Issue" },
                                             team: { null: true }, creator: { name: { eq: "Jane Smith" } } }) {
               nodes { id slugId } } }"#,
    );
    let [view] = answer["customViews"]["nodes"]
        .as_array()
        .unwrap()
        .as_slice()
    else {
        panic!("{answer}");
    };
    for id in ["id", "slugId"] {
        let query = format!("{{ customView(id: {}) {{ name }} }}", view[id]);
        assert_eq!(
            data(&sandbox, &query)["customView"]["name"],
            "Open bugs",
            "{id}"
        );
    }
}

#[test]
fn a_view_lists_what_passes_its_filter_and_the_argument() {
    let sandbox = Sandbox::new();
    assert_eq!(
        issues(&sandbox, "Open bugs", ""),
        ["SUP-7", "ENG-231", "PSN-123"]
    );
    let of_engineering = r#", filter: { team: { key: { eq: "ENG" } } }"#;
    assert_eq!(issues(&sandbox, "Open bugs", of_engineering), ["ENG-231"]);
    let by_priority = ", sort: [{ priority: { order: Descending } }]";
    assert_eq!(
        issues(&sandbox, "Open bugs", by_priority),
        ["ENG-231", "PSN-123", "SUP-7"]
    );
}

#[test]
fn the_view_of_a_team_lists_the_issues_of_its_team() {
    let sandbox = Sandbox::new();
    sandbox.edit(|store| {
        let john = text(store.find("User", "displayName", "john").unwrap(), "id").unwrap();
        let john = json!(john);
        let id = text(store.find("Issue", "identifier", "PLT-3").unwrap(), "id").unwrap();
        let id = id.to_owned();
        let issue = store.get_mut("Issue", &id).unwrap();
        issue.insert("assigneeId".to_owned(), john);
    });
    let view = "My Engineering issues";
    assert_eq!(issues(&sandbox, view, ""), ["ENG-231"]);
    assert_eq!(
        issues(&sandbox, view, ", includeSubTeams: true"),
        ["PLT-3", "ENG-231"]
    );
}

#[test]
fn a_view_of_projects_has_no_issues() {
    let sandbox = Sandbox::new();
    assert_eq!(issues(&sandbox, "Running projects", ""), [0; 0]);
    let answer = data(
        &sandbox,
        r#"{ customViews(first: 1, filter: { modelName: { eq: "Project" } }) { nodes {
               projects(first: 9) { nodes { name } } initiatives(first: 9) { nodes { name } } } } }"#,
    );
    let view = &answer["customViews"]["nodes"][0];
    assert_eq!(
        column(&view["projects"], "name"),
        ["Mobile App", "Design System"]
    );
    assert_eq!(column(&view["initiatives"], "name"), [0; 0]);
}

#[test]
fn the_personal_views_of_others_are_not_found() {
    let sandbox = Sandbox::new();
    let query = "{ customViews(first: 9) { nodes { id name } } }";
    let all = data(&sandbox, query);
    assert_eq!(all["customViews"]["nodes"][2]["name"], "Open bugs");
    set(&sandbox, "Open bugs", "shared", json!(false));
    let seen = column(&data(&sandbox, query)["customViews"], "name");
    assert_eq!(seen, ["Running projects", "My Engineering issues"]);
    let id = &all["customViews"]["nodes"][2]["id"];
    let answer = ask(&sandbox, &format!("{{ customView(id: {id}) {{ name }} }}"));
    assert_eq!(error(&answer)["message"], "Entity not found: CustomView");
}

#[test]
fn a_stored_filter_with_an_unknown_key_is_refused() {
    let sandbox = Sandbox::new();
    set(
        &sandbox,
        "Open bugs",
        "filterData",
        json!({ "colour": { "eq": "red" } }),
    );
    let query = r#"{ customViews(first: 1, filter: { name: { eq: "Open bugs" } }) {
                       nodes { issues(first: 1) { nodes { id } } } } }"#;
    assert_eq!(
        error(&ask(&sandbox, query))["message"],
        "IssueFilter.colour is not modelled by the stand-in"
    );
}

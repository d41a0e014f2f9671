//! Objects that describe an entity: what they say besides its name or id has to match the entity.

use serde_json::{Value, json};

use crate::support::{TestWorkspace, mutations};

/// The values that the suggestions `Use 'x'` of a refusal name.
fn used<'a>(hints: &[&'a str]) -> Vec<&'a str> {
    let inside = |hint: &&'a str| hint.strip_prefix("Use '")?.strip_suffix('\'');
    hints.iter().filter_map(inside).collect()
}

/// Objects of which one entry names an entity and another one is not true of it, with the parameter of `update_issue`
/// that holds them, and how many suggestions there are.
fn contradictions(workspace: &TestWorkspace) -> Vec<(&'static str, Value, usize)> {
    let mobile = workspace.id("Project", "name", "Mobile App");
    let planning = workspace.id("IssueLabel", "name", "planning");
    let jane = workspace.id("User", "name", "Jane Smith");
    vec![
        ("team", json!({"name": "Engineering", "key": "DES"}), 2),
        ("project", json!({"name": "Auth System", "id": mobile}), 2),
        (
            "assignee",
            json!({"name": "John Roe", "email": "jane@example.com"}),
            2,
        ),
        ("assignee", json!({"name": "john", "id": jane}), 2),
        ("state", json!({"name": "Done", "type": "started"}), 2),
        ("labels", json!([{"name": "bug", "id": planning}]), 2),
        ("add_labels", json!([{"name": "bug", "id": planning}]), 2),
        ("remove_labels", json!([{"name": "bug", "id": planning}]), 2),
        (
            "add_labels",
            json!([{"name": "planning", "group": "Type", "id": planning}]),
            1,
        ),
        ("cycle", json!({"number": 13, "name": "12"}), 2),
    ]
}

#[tokio::test]
async fn an_object_that_describes_another_entity_than_it_names_is_refused() {
    for warmth in ["cold", "warm"] {
        for place in 0..contradictions(&TestWorkspace::new().await).len() {
            let workspace = TestWorkspace::new().await;
            if warmth == "warm" {
                linear_ops::resolve::prefetch::prefetch(&workspace.session).await;
            }
            let (param, value, _) = contradictions(&workspace).swap_remove(place);
            for rest in ["", ", changes: false", ", dry_run: true"] {
                if param == "remove_labels" && rest.contains("changes") {
                    continue;
                }
                let params = format!("{{issue_id: ENG-232, {param}: {value}{rest}}}");
                workspace.take_requests();
                let answer = workspace.call("update_issue", &params).await;
                assert_eq!(
                    answer.code(),
                    "INVALID_PARAM",
                    "{warmth} {params}: {:#}",
                    answer.0
                );
                assert_eq!(answer.text("/error/details/param"), param, "{params}");
                let received = workspace.take_requests();
                assert!(
                    mutations(&received) == 0 && received.len() <= 2,
                    "{params}: {}",
                    received.len()
                );
                assert!(!used(&answer.texts("/error/suggestions")).is_empty());
            }
        }
    }
}

#[tokio::test]
async fn each_suggestion_for_such_an_object_is_accepted_in_its_place() {
    for (place, (_, _, count)) in contradictions(&TestWorkspace::new().await)
        .iter()
        .enumerate()
    {
        let workspace = TestWorkspace::new().await;
        let (param, value, _) = contradictions(&workspace).swap_remove(place);
        let params = format!("{{issue_id: ENG-232, {param}: {value}}}");
        let answer = workspace.call("update_issue", &params).await;
        let hints = answer.texts("/error/suggestions");
        let used = used(&hints);
        assert!(
            used.len() <= *count && !used.is_empty(),
            "{params} {hints:?}"
        );
        for instead in used {
            let workspace = TestWorkspace::new().await;
            let params = format!("{{issue_id: ENG-232, {param}: '{instead}'}}");
            workspace.call("update_issue", &params).await.data();
        }
    }
}

#[tokio::test]
async fn an_object_that_is_true_costs_what_its_name_costs() {
    let workspace = TestWorkspace::new().await;
    let id = |kind: &str, name: &str| workspace.id(kind, "name", name);
    for (param, alone, object) in [
        (
            "project",
            json!("Auth System"),
            json!({"name": "auth system", "id": id("Project", "Auth System")}),
        ),
        (
            "assignee",
            json!("jane@example.com"),
            json!({"name": "Jane Smith", "email": "JANE@example.com"}),
        ),
        (
            "assignee",
            json!("john@example.com"),
            json!({"name": "John", "email": "john@example.com"}),
        ),
        (
            "state",
            json!("Done"),
            json!({"name": "Done", "type": "completed"}),
        ),
        (
            "add_labels",
            json!(["planning"]),
            json!([{"name": "Planning", "id": id("IssueLabel", "planning"), "scope": "team"}]),
        ),
        (
            "add_labels",
            json!(["Type/Chore"]),
            json!([{"name": "Chore", "group": "type", "id": id("IssueLabel", "Chore")}]),
        ),
    ] {
        let calls = async |value: &Value| {
            let session = workspace.another_session();
            let params = format!("{{issue_id: ENG-232, {param}: {value}}}");
            let answer = crate::support::call(&session, "update_issue", &params).await;
            answer.data();
            answer.calls()
        };
        calls(&alone).await;
        assert_eq!(
            calls(&alone).await,
            calls(&object).await,
            "{param} {object}"
        );
    }
}

#[tokio::test]
async fn what_was_renamed_is_looked_at_again_before_it_is_called_something_else() {
    let workspace = TestWorkspace::new().await;
    workspace
        .call("get_project", "{project: Auth System}")
        .await
        .data();
    let id = workspace.id("Project", "name", "Auth System");
    workspace.sandbox.edit(|store| {
        store
            .get_mut("Project", &id)
            .unwrap()
            .insert("name".into(), "Sign-in".into());
    });
    let params = format!("{{issue_id: ENG-231, project: {{id: {id}, name: Sign-in}}}}");
    workspace.call("update_issue", &params).await.data();
}

#[tokio::test]
async fn a_read_and_a_write_without_a_look_refuse_such_an_object_too() {
    let workspace = TestWorkspace::new().await;
    let other = workspace.id("IssueLabel", "name", "planning");
    for (operation, params) in [
        (
            "get_team",
            "{team: {name: Engineering, key: DES}}".to_owned(),
        ),
        (
            "list_issues",
            "{team: {name: Engineering, key: DES}}".to_owned(),
        ),
        (
            "list_issues",
            "{assignee: {name: John Roe, email: jane@example.com}}".to_owned(),
        ),
        (
            "list_issues",
            format!("{{labels: [{{name: bug, id: {other}}}]}}"),
        ),
        (
            "list_labels",
            "{team: {name: Engineering, key: DES}}".to_owned(),
        ),
        (
            "create_issue",
            "{title: T, team: {name: Engineering, key: DES}}".to_owned(),
        ),
        (
            "create_issue",
            format!("{{title: T, team: ENG, labels: [{{name: bug, id: {other}}}]}}"),
        ),
        (
            "create_project",
            "{name: P, teams: [{name: Engineering, key: DES}]}".to_owned(),
        ),
        (
            "update_label",
            format!("{{label: {{name: bug, id: {other}}}, color: '#123456'}}"),
        ),
        (
            "retire_label",
            format!("{{label: {{name: bug, id: {other}}}}}"),
        ),
        (
            "update_project",
            "{project: Auth System, lead: {name: John Roe, email: jane@example.com}}".to_owned(),
        ),
        (
            "list_projects",
            "{lead: {name: John Roe, email: jane@example.com}}".to_owned(),
        ),
    ] {
        let answer = workspace.call(operation, &params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{operation} {params}");
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

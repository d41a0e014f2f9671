//! Templates of issues: what they give a new issue, what the input overrides, and which of them are refused.

use serde_json::{Value, json};

use super::{
    OWN_ID, change, done, id_named, id_where, label_id, named, new_issue, refused, state_id,
    team_id, workspace,
};
use crate::sandbox::store::{Record, Store, text};

/// The id of the template with this name in a team, or in the workspace.
fn template_id(store: &Store, team: Option<&str>, name: &str) -> String {
    let team = team.map(|key| team_id(store, key));
    id_where(store, "Template", |template| {
        text(template, "teamId") == team.as_deref() && text(template, "name") == Some(name)
    })
}

/// Creates an issue from an input without a title and returns its record.
fn create(store: &mut Store, team: &str, mut input: Value) -> Record {
    input["teamId"] = team_id(store, team).into();
    let payload = done(store, "issueCreate", json!({ "input": input }));
    named(store, "Issue", &payload, "issueId")
}

#[test]
fn a_template_gives_what_the_input_leaves_out() {
    let mut store = workspace();
    let template = template_id(&store, Some("ENG"), "Feature request");
    let made = create(
        &mut store,
        "ENG",
        json!({ "templateId": template, "assigneeId": null }),
    );
    let feature = label_id(&store, None, "feature");
    let planning = label_id(&store, Some("ENG"), "planning");
    for (field, value) in [
        ("title", json!("Feature:")),
        ("description", json!("## Why\n\n## What")),
        ("stateId", json!(state_id(&store, "ENG", "Todo"))),
        ("assigneeId", json!(id_named(&store, "User", "Jane Smith"))),
        ("estimate", json!(3.0)),
        ("labelIds", json!([feature, planning])),
        (
            "projectId",
            json!(id_named(&store, "Project", "Auth System")),
        ),
        ("lastAppliedTemplateId", json!(template)),
    ] {
        assert_eq!(made[field], value, "{field}");
    }
    let applied = store.get("Template", &template).unwrap();
    assert!(applied["lastAppliedAt"].is_string());
}

#[test]
fn what_the_input_gives_wins() {
    let mut store = workspace();
    let template = template_id(&store, Some("ENG"), "Feature request");
    let bug = label_id(&store, None, "bug");
    let todo = state_id(&store, "ENG", "In Progress");
    let input = json!({ "templateId": template, "title": "Mine", "description": "", "estimate": 5,
                        "stateId": todo, "labelIds": [bug], "useDefaultTemplate": true });
    let made = create(&mut store, "ENG", input);
    assert_eq!(made["title"], json!("Mine"));
    assert_eq!(made["description"], json!(""));
    assert_eq!(made["estimate"], json!(5.0));
    assert_eq!(made["stateId"], json!(todo));
    assert_eq!(made["labelIds"], json!([bug]));
    assert_eq!(made["lastAppliedTemplateId"], json!(template));
}

#[test]
fn templates_of_other_teams_and_of_other_things_are_refused() {
    let mut store = workspace();
    let of_design = template_id(&store, Some("DES"), "Bug report");
    let of_projects = template_id(&store, None, "Quarterly plan");
    let team = team_id(&store, "ENG");
    for (template, message) in [
        (OWN_ID, "Entity not found: Template"),
        ("Bug report", "Argument Validation Error"),
        (&of_design, "Discrepancy between issue team and template"),
        (&of_projects, "The template is not one of issues"),
    ] {
        for field in ["templateId", "lastAppliedTemplateId"] {
            let input = json!({ "teamId": team, "title": "x", field: template });
            let args = json!({ "input": input });
            assert_eq!(refused(&mut store, "issueCreate", args), message, "{field}");
        }
        let input = json!({ "lastAppliedTemplateId": template });
        let args = json!({ "id": "ENG-231", "input": input });
        assert_eq!(refused(&mut store, "issueUpdate", args), message);
    }
    let of_workspace = template_id(&store, None, "Feature request");
    let applied = json!({ "lastAppliedTemplateId": of_workspace });
    let changed = change(&mut store, "ENG-231", applied);
    assert_eq!(changed["lastAppliedTemplateId"], json!(of_workspace));
}

#[test]
fn a_template_without_a_title_leaves_it_to_the_input() {
    let mut store = workspace();
    let template = template_id(&store, Some("SUP"), "Customer request");
    let input = json!({ "teamId": team_id(&store, "SUP"), "templateId": template });
    let message = refused(&mut store, "issueCreate", json!({ "input": input }));
    assert_eq!(message, "Argument Validation Error");
    let made = new_issue(&mut store, "SUP", json!({ "templateId": template }));
    assert_eq!(made["priorityLabel"], json!("High"));
}

#[test]
fn the_default_template_depends_on_the_membership() {
    let mut store = workspace();
    // The viewer is a member of ENG and not of SUP. DES has no default.
    for (team, template) in [
        ("ENG", json!(template_id(&store, Some("ENG"), "Bug report"))),
        (
            "SUP",
            json!(template_id(&store, Some("SUP"), "Customer request")),
        ),
        ("DES", Value::Null),
    ] {
        let made = new_issue(&mut store, team, json!({ "useDefaultTemplate": true }));
        let applied = made.get("lastAppliedTemplateId").cloned();
        assert_eq!(applied.unwrap_or_default(), template, "{team}");
    }
}

#[test]
fn the_sub_issues_of_a_template_are_created_below_the_issue() {
    let mut store = workspace();
    let template = template_id(&store, None, "Incident");
    let made = create(&mut store, "PSN", json!({ "templateId": template }));
    let is_below = |issue: &&Record| text(issue, "parentId") == text(&made, "id");
    let below: Vec<Value> = store
        .all("Issue")
        .filter(is_below)
        .map(|issue| {
            json!([
                issue["identifier"],
                issue["title"],
                issue["priority"],
                issue["subIssueSortOrder"]
            ])
        })
        .collect();
    assert_eq!(
        below,
        [
            json!(["PSN-132", "Write the review", 2.0, 1.0]),
            json!(["PSN-133", "Close the gap", 0.0, 2.0])
        ]
    );
}

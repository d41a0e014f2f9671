//! Point 9: references across teams are refused; null and absent are different.

use serde_json::{Value, json};

use super::{change, id_named, id_where, issue, new_issue, refused, state_id, team_id, workspace};
use crate::sandbox::store::text;

const DISCREPANCY: &str = "Discrepancy between issue team and state, cycle or project";

#[test]
fn states_cycles_and_projects_of_other_teams_are_refused() {
    let mut store = workspace();
    let state = state_id(&store, "DES", "Todo");
    let cycle = id_where(&store, "Cycle", |cycle| cycle["isActive"] == json!(true));
    let project = id_named(&store, "Project", "Design System");
    for (id, input) in [
        ("ENG-231", json!({ "stateId": state })),
        ("DES-12", json!({ "cycleId": cycle })),
        ("ENG-231", json!({ "projectId": project })),
    ] {
        let args = json!({ "id": id, "input": input });
        assert_eq!(refused(&mut store, "issueUpdate", args), DISCREPANCY);
    }
}

#[test]
fn a_milestone_belongs_to_the_issues_project() {
    let mut store = workspace();
    let beta = id_named(&store, "ProjectMilestone", "Beta");
    let args = json!({ "id": "ENG-233", "input": { "projectMilestoneId": beta } });
    refused(&mut store, "issueUpdate", args);
    let after = change(&mut store, "ENG-232", json!({ "projectMilestoneId": beta }));
    assert_eq!(after["projectMilestoneId"], json!(beta));
    let after = change(&mut store, "ENG-232", json!({ "projectId": null }));
    assert_eq!(
        (&after["projectId"], &after["projectMilestoneId"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn null_clears_and_absent_leaves() {
    let mut store = workspace();
    let before = issue(&store, "ENG-230");
    let after = change(
        &mut store,
        "ENG-230",
        json!({ "assigneeId": null, "dueDate": null, "estimate": null }),
    );
    for field in ["assigneeId", "dueDate", "estimate"] {
        assert_ne!(before[field], Value::Null);
        assert_eq!(after[field], Value::Null);
    }
    for field in ["description", "priority", "cycleId", "labelIds", "stateId"] {
        assert_eq!(before[field], after[field]);
    }
    assert_ne!(before["updatedAt"], after["updatedAt"]);
}

#[test]
fn ids_that_name_nothing_and_ids_that_are_none() {
    let mut store = workspace();
    let team = team_id(&store, "ENG");
    for (field, value, message) in [
        (
            "stateId",
            json!(super::OWN_ID),
            "Entity not found: WorkflowState",
        ),
        ("assigneeId", json!("john"), "Argument Validation Error"),
        ("labelIds", json!(["bug"]), "Argument Validation Error"),
        (
            "labelIds",
            json!([super::OWN_ID]),
            "Entity not found: IssueLabel: labelIds contained an entry that could not be found.",
        ),
        ("parentId", json!("ENG-9999"), "Entity not found: Issue"),
        (
            "projectId",
            json!(super::OWN_ID),
            "Entity not found: Project",
        ),
        ("dueDate", json!("tomorrow"), "Argument Validation Error"),
        ("priority", json!(5), "Argument Validation Error"),
        ("title", json!("  "), "Argument Validation Error"),
    ] {
        let mut input = json!({ "teamId": team, "title": "x" });
        input[field] = value;
        let args = json!({ "input": input });
        assert_eq!(refused(&mut store, "issueCreate", args), message, "{field}");
    }
    let args = json!({ "input": { "teamId": "ENG", "title": "x" } });
    assert_eq!(
        refused(&mut store, "issueCreate", args),
        "Argument Validation Error"
    );
}

#[test]
fn a_parent_is_taken_by_its_identifier() {
    let mut store = workspace();
    let made = new_issue(&mut store, "ENG", json!({ "parentId": "ENG-231" }));
    assert_eq!(made["parentId"], issue(&store, "ENG-231")["id"]);
}

#[test]
fn a_project_is_taken_by_its_id_and_not_by_its_slug_or_page() {
    let mut store = workspace();
    let project = store.find("Project", "name", "Auth System").unwrap();
    let page = text(project, "url").unwrap().rsplit('/').next().unwrap();
    let slugs = [page.to_owned(), text(project, "slugId").unwrap().to_owned()];
    let id = project["id"].clone();
    let team = team_id(&store, "ENG");
    for slug in slugs {
        let input = json!({ "teamId": team, "title": "x", "projectId": slug });
        assert_eq!(
            refused(&mut store, "issueCreate", json!({ "input": input })),
            "Argument Validation Error",
        );
        let args = json!({ "id": "ENG-231", "input": { "projectId": slug } });
        assert_eq!(
            refused(&mut store, "issueUpdate", args),
            "Argument Validation Error",
        );
    }
    let made = new_issue(&mut store, "ENG", json!({ "projectId": id }));
    assert_eq!(made["projectId"], id);
}

#[test]
fn no_circles_and_no_deep_nests() {
    let mut store = workspace();
    let args = json!({ "id": "PSN-100", "input": { "parentId": "PSN-123" } });
    refused(&mut store, "issueUpdate", args);
    let mut parent = json!("PSN-123");
    // PSN-123 is a sub-issue itself, so these nine levels are the last ones that are allowed.
    for _ in 0..9 {
        parent = new_issue(&mut store, "PSN", json!({ "parentId": parent }))["id"].clone();
    }
    let team = team_id(&store, "PSN");
    let args = json!({ "input": { "teamId": team, "title": "x", "parentId": parent } });
    refused(&mut store, "issueCreate", args);
}

#[test]
fn only_people_are_assigned_and_only_apps_are_delegates() {
    let mut store = workspace();
    let id = |name: &str| id_named(&store, "User", name);
    let (old, bot, jane) = (id("Old Timer"), id("CI Bot"), id("Jane Smith"));
    for (field, user) in [
        ("assigneeId", &old),
        ("assigneeId", &bot),
        ("delegateId", &jane),
    ] {
        let args = json!({ "id": "ENG-231", "input": { field: user } });
        assert_eq!(
            refused(&mut store, "issueUpdate", args),
            "Entity not found: User"
        );
    }
    let after = change(
        &mut store,
        "ENG-231",
        json!({ "assigneeId": jane, "delegateId": bot }),
    );
    assert_eq!(
        (&after["assigneeId"], &after["delegateId"]),
        (&json!(jane), &json!(bot))
    );
}

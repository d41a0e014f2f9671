//! Projects, milestones, status updates, cycles; and the single target of a document (point 15).

use serde_json::{Value, json};

use super::{
    OWN_ID, change, done, id_named, id_where, issue, issue_id, named, refused, state_id, team_id,
    workspace,
};
use crate::sandbox::store::text;

#[test]
fn a_project_needs_a_name_and_teams_and_keeps_to_the_lengths() {
    let mut store = workspace();
    let team = team_id(&store, "ENG");
    for input in [
        json!({ "name": "", "teamIds": [team] }),
        json!({ "name": "x".repeat(81), "teamIds": [team] }),
        json!({ "name": "x", "teamIds": [team], "description": "y".repeat(256) }),
        json!({ "name": "x", "teamIds": [] }),
        json!({ "name": "x", "teamIds": ["ENG"] }),
        json!({ "name": "x", "teamIds": [team], "targetDate": "soon" }),
    ] {
        let message = refused(&mut store, "projectCreate", json!({ "input": input }));
        assert_eq!(message, "Argument Validation Error");
    }
    let args = json!({ "input": { "name": "x", "teamIds": [OWN_ID] } });
    let message = refused(&mut store, "projectCreate", args);
    assert_eq!(
        message,
        "Entity not found: Team: teamIds contained an entry that could not be found."
    );
}

#[test]
fn a_project_starts_in_the_backlog_and_its_status_sets_its_moments() {
    let mut store = workspace();
    let team = team_id(&store, "ENG");
    let args =
        json!({ "input": { "name": "Billing & more", "teamIds": [team], "content": "- a" } });
    let payload = done(&mut store, "projectCreate", args);
    let made = named(&store, "Project", &payload, "projectId");
    assert_eq!(
        (&made["state"], &made["content"]),
        (&json!("backlog"), &json!("* a"))
    );
    let page = text(&made, "url").unwrap().rsplit('/').next().unwrap();
    assert!(page.starts_with("billing-more-"), "{page}");
    let status = id_named(&store, "ProjectStatus", "Completed");
    let args = json!({ "id": page, "input": { "statusId": status } });
    done(&mut store, "projectUpdate", args);
    let after = named(&store, "Project", &payload, "projectId");
    assert_eq!(after["state"], json!("completed"));
    assert_ne!(after["completedAt"], Value::Null);
}

#[test]
fn progress_follows_the_issues() {
    let mut store = workspace();
    let progress = |store: &crate::sandbox::store::Store| {
        let project = store.find("Project", "name", "Auth System").unwrap();
        project["progress"].as_f64().unwrap()
    };
    // 2 points are done, 8 points are in review (a quarter counts), 3 points are to do.
    assert!(
        (progress(&store) - 4.0 / 13.0).abs() < 1e-9,
        "{}",
        progress(&store)
    );
    let finished = state_id(&store, "ENG", "Done");
    change(&mut store, "ENG-232", json!({ "stateId": finished }));
    assert!(
        (progress(&store) - 7.0 / 13.0).abs() < 1e-9,
        "{}",
        progress(&store)
    );
}

#[test]
fn deletion_is_the_trash_and_can_be_undone() {
    let mut store = workspace();
    let id = id_named(&store, "Project", "Design System");
    let payload = done(&mut store, "projectDelete", json!({ "id": id }));
    assert_eq!(payload["__entity"], json!("Project"));
    assert_eq!(
        named(&store, "Project", &payload, "entityId")["trashed"],
        json!(true)
    );
    done(&mut store, "projectUnarchive", json!({ "id": id }));
    assert_eq!(
        named(&store, "Project", &payload, "entityId")["archivedAt"],
        Value::Null
    );
}

#[test]
fn a_deleted_milestone_leaves_its_issues() {
    let mut store = workspace();
    let beta = id_named(&store, "ProjectMilestone", "Beta");
    let args = json!({ "id": beta, "input": { "name": "First", "targetDate": null } });
    let payload = done(&mut store, "projectMilestoneUpdate", args);
    let after = named(&store, "ProjectMilestone", &payload, "projectMilestoneId");
    assert_eq!(
        (&after["name"], &after["targetDate"]),
        (&json!("First"), &Value::Null)
    );
    done(&mut store, "projectMilestoneDelete", json!({ "id": beta }));
    assert_eq!(issue(&store, "ENG-230")["projectMilestoneId"], Value::Null);
    let project = id_named(&store, "Project", "Auth System");
    let args = json!({ "input": { "name": "RC", "projectId": project, "id": OWN_ID } });
    done(&mut store, "projectMilestoneCreate", args.clone());
    assert_eq!(
        refused(&mut store, "projectMilestoneCreate", args),
        "conflict on insert of ProjectMilestone"
    );
}

#[test]
fn an_update_gives_the_project_its_health() {
    let mut store = workspace();
    let project = id_named(&store, "Project", "Auth System");
    let args = json!({ "input": { "projectId": project, "body": "- late", "health": "atRisk" } });
    let payload = done(&mut store, "projectUpdateCreate", args);
    let after = store.get("Project", &project).unwrap();
    assert_eq!(
        (&after["health"], &after["lastUpdateId"]),
        (&json!("atRisk"), &payload["projectUpdateId"])
    );
    let update = named(&store, "ProjectUpdate", &payload, "projectUpdateId");
    assert_eq!(update["body"], json!("* late"));
}

#[test]
fn a_cycle_keeps_its_order_of_dates_and_the_clock_says_which_is_on() {
    let mut store = workspace();
    let active = id_where(&store, "Cycle", |cycle| cycle["isActive"] == json!(true));
    let args = json!({ "id": active, "input": { "endsAt": "2025-01-01T00:00:00Z" } });
    refused(&mut store, "cycleUpdate", args);
    let args =
        json!({ "id": active, "input": { "startsAt": "2025-01-20T00:00:00Z", "name": "Late" } });
    done(&mut store, "cycleUpdate", args);
    let after = store.get("Cycle", &active).unwrap();
    assert_eq!(
        (&after["isActive"], &after["isNext"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(
        store.find("Team", "key", "ENG").unwrap()["activeCycleId"],
        Value::Null
    );
}

#[test]
fn a_document_has_one_target_and_a_new_one_clears_the_old() {
    let mut store = workspace();
    let project = id_named(&store, "Project", "Auth System");
    let nowhere = json!({ "input": { "title": "x" } });
    refused(&mut store, "documentCreate", nowhere);
    let both = json!({ "input": { "title": "x", "projectId": project, "issueId": "ENG-231" } });
    refused(&mut store, "documentCreate", both);
    let args = json!({ "input": { "title": "Notes", "content": "- a", "issueId": "ENG-231" } });
    let payload = done(&mut store, "documentCreate", args);
    let document = named(&store, "Document", &payload, "documentId");
    assert_eq!(document["issueId"], json!(issue_id(&store, "ENG-231")));
    assert_eq!(document["content"], json!("* a"));
    let args = json!({ "id": document["id"], "input": { "projectId": project } });
    done(&mut store, "documentUpdate", args);
    let after = named(&store, "Document", &payload, "documentId");
    assert_eq!(
        (&after["projectId"], &after["issueId"]),
        (&json!(project), &Value::Null)
    );
}

#[test]
fn an_update_takes_the_address_and_deletion_is_the_trash() {
    let mut store = workspace();
    let spec = store
        .find("Document", "title", "Auth System Spec")
        .unwrap()
        .clone();
    let page = text(&spec, "url").unwrap().rsplit('/').next().unwrap();
    let args = json!({ "id": page, "input": { "title": "Spec: v2" } });
    let payload = done(&mut store, "documentUpdate", args);
    let after = named(&store, "Document", &payload, "documentId");
    assert_eq!(
        (&after["title"], &after["content"]),
        (&json!("Spec: v2"), &spec["content"])
    );
    let payload = done(&mut store, "documentDelete", json!({ "id": spec["id"] }));
    assert_eq!(
        (&payload["entityId"], &payload["__entity"]),
        (&spec["id"], &json!("Document"))
    );
    let gone = named(&store, "Document", &payload, "entityId");
    assert_eq!(gone["trashed"], json!(true));
    done(&mut store, "documentUnarchive", json!({ "id": spec["id"] }));
    assert_eq!(
        named(&store, "Document", &payload, "entityId")["archivedAt"],
        Value::Null
    );
}

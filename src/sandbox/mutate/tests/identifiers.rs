//! Point 13: numbers, previous identifiers, what a move to another team does.

use serde_json::{Value, json};

use super::{change, done, issue, issue_id, label_id, new_issue, state_id, team_id, workspace};

#[test]
fn numbers_go_on_per_team_and_are_never_used_twice() {
    let mut store = workspace();
    let made = new_issue(
        &mut store,
        "ENG",
        json!({ "title": "Fix the \"login\" page" }),
    );
    assert_eq!(made["identifier"], json!("ENG-234"));
    assert_eq!(made["number"], json!(234.0));
    assert_eq!(
        made["url"],
        json!("https://linear.app/acme/issue/ENG-234/fix-the-login-page")
    );
    assert_eq!(made["branchName"], json!("john/eng-234-fix-the-login-page"));
    let args = json!({ "id": made["id"], "permanentlyDelete": true });
    let payload = done(&mut store, "issueDelete", args);
    assert_eq!(
        (&payload["entityId"], &payload["__entity"]),
        (&Value::Null, &json!("Issue"))
    );
    assert_eq!(
        new_issue(&mut store, "ENG", json!({}))["identifier"],
        json!("ENG-235")
    );
    assert_eq!(
        new_issue(&mut store, "OPS", json!({}))["identifier"],
        json!("OPS-1")
    );
}

#[test]
fn a_new_title_changes_address_and_branch() {
    let mut store = workspace();
    let after = change(&mut store, "ENG-232", json!({ "title": "Log-in form" }));
    assert_eq!(after["branchName"], json!("john/eng-232-log-in-form"));
}

#[test]
fn a_move_renumbers_maps_the_state_and_drops_what_does_not_fit() {
    let mut store = workspace();
    let feature = label_id(&store, None, "feature");
    let id = issue_id(&store, "ENG-230");
    let design = team_id(&store, "DES");
    let after = change(&mut store, "ENG-230", json!({ "teamId": design }));
    assert_eq!(after["identifier"], json!("DES-13"));
    assert_eq!(after["previousIdentifiers"], json!(["ENG-230"]));
    // "In Review" is of type started; the first started state of the new team is "In Progress".
    assert_eq!(
        after["stateId"],
        json!(state_id(&store, "DES", "In Progress"))
    );
    assert_eq!(after["labelIds"], json!([feature]));
    for field in ["cycleId", "projectId", "projectMilestoneId"] {
        assert_eq!(after[field], Value::Null, "{field}");
    }
    assert_eq!(issue(&store, "ENG-230")["id"], json!(id));
}

#[test]
fn a_move_takes_the_new_teams_state_along() {
    let mut store = workspace();
    let done_state = state_id(&store, "PSN", "Done");
    let input = json!({ "teamId": team_id(&store, "PSN"), "stateId": done_state });
    let after = change(&mut store, "ENG-231", input);
    assert_eq!(after["stateId"], json!(done_state));
    assert_eq!(after["identifier"], json!("PSN-131"));
    assert_ne!(after["completedAt"], Value::Null);
}

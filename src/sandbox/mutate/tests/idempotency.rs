//! Point 10: client-made ids.

use serde_json::json;

use super::{OWN_ID, new_issue, refusal, refused, team_id, workspace};

#[test]
fn a_clients_id_is_taken_once() {
    let mut store = workspace();
    let made = new_issue(&mut store, "ENG", json!({ "id": OWN_ID }));
    assert_eq!(made["id"], json!(OWN_ID));
    let args =
        json!({ "input": { "id": OWN_ID, "teamId": team_id(&store, "ENG"), "title": "again" } });
    let refusal = refusal(&mut store, "issueCreate", args);
    assert_eq!(refusal.message, "conflict on insert of Issue");
    assert_eq!(refusal.code, "INPUT_ERROR");
    let shown = format!("Entity Issue with id {OWN_ID} already exists.");
    assert_eq!(refusal.user_presentable, Some(shown));
}

#[test]
fn a_clients_id_is_a_version_4_uuid() {
    let mut store = workspace();
    for id in ["ENG-1", "0b8f7c1a-3d52-1e6f-9a7b-1c2d3e4f5a6b"] {
        let args = json!({ "input": { "id": id, "teamId": team_id(&store, "ENG"), "title": "x" } });
        assert_eq!(
            refused(&mut store, "issueCreate", args),
            "Argument Validation Error"
        );
    }
}

#[test]
fn the_conflict_comes_before_the_plans_limit() {
    let mut store = workspace();
    let made = new_issue(&mut store, "ENG", json!({ "id": OWN_ID }));
    store.set_issue_limit(Some(1));
    let args =
        |id: Option<&str>| json!({ "input": { "id": id, "teamId": made["teamId"], "title": "x" } });
    assert_eq!(
        refused(&mut store, "issueCreate", args(Some(OWN_ID))),
        "conflict on insert of Issue"
    );
    let refusal = refusal(&mut store, "issueCreate", args(None));
    assert_eq!(refusal.code, "USAGE_LIMIT_EXCEEDED");
}

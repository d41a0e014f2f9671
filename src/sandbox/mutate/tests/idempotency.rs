//! Point 10: client-made ids.

use serde_json::json;

use super::{OWN_ID, done, issue_id, new_issue, refusal, refused, team_id, workspace};

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

#[test]
fn attachments_are_upserted_by_issue_and_address() {
    let mut store = workspace();
    let args = |title: &str| json!({ "input": { "issueId": "ENG-231", "url": "https://github.com/acme/app/pull/7", "title": title } });
    let first = done(&mut store, "attachmentCreate", args("one"));
    let second = done(&mut store, "attachmentCreate", args("two"));
    assert_eq!(first["attachmentId"], second["attachmentId"]);
    let attachment = super::named(&store, "Attachment", &second, "attachmentId");
    assert_eq!(
        (&attachment["title"], &attachment["sourceType"]),
        (&json!("two"), &json!("github"))
    );
    let linked = json!({ "issueId": issue_id(&store, "ENG-231"), "url": "https://github.com/acme/app/pull/7" });
    let third = done(&mut store, "attachmentLinkURL", linked);
    assert_eq!(first["attachmentId"], third["attachmentId"]);
    let mut bad = args("three");
    bad["input"]["metadata"] = json!({ "nested": {} });
    assert_eq!(
        refused(&mut store, "attachmentCreate", bad),
        "Argument Validation Error"
    );
    let mut bad = args("four");
    bad["input"]["url"] = json!("not an address");
    refused(&mut store, "attachmentCreate", bad);
}

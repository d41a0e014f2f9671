//! Point 15: a document's single target.

use serde_json::{Value, json};

use super::{done, id_named, issue_id, named, refused, workspace};
use crate::sandbox::store::text;

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

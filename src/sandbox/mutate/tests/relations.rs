//! Point 14: relations.

use serde_json::{Value, json};

use super::{done, issue, named, refused, state_id, workspace};
use crate::sandbox::store::{Record, Store};

fn relate(store: &mut Store, one: &str, kind: &str, other: &str) -> Record {
    let args = json!({ "input": { "issueId": one, "relatedIssueId": other, "type": kind } });
    let payload = done(store, "issueRelationCreate", args);
    named(store, "IssueRelation", &payload, "issueRelationId")
}

#[test]
fn one_relation_per_pair_and_the_last_write_wins() {
    let mut store = workspace();
    let before = store.all("IssueRelation").count();
    let first = relate(&mut store, "ENG-231", "blocks", "ENG-233");
    let second = relate(&mut store, "ENG-233", "related", "ENG-231");
    assert_eq!(first["id"], second["id"]);
    assert_eq!(second["type"], json!("related"));
    assert_eq!(second["issueId"], issue(&store, "ENG-233")["id"]);
    assert_eq!(store.all("IssueRelation").count(), before + 1);
}

#[test]
fn a_duplicate_goes_into_the_duplicate_state() {
    let mut store = workspace();
    relate(&mut store, "ENG-233", "duplicate", "ENG-231");
    let after = issue(&store, "ENG-233");
    assert_eq!(
        after["stateId"],
        json!(state_id(&store, "ENG", "Duplicate"))
    );
    assert_ne!(after["canceledAt"], Value::Null);
    assert_ne!(
        issue(&store, "ENG-231")["stateId"],
        json!(state_id(&store, "ENG", "Duplicate"))
    );
}

#[test]
fn relations_to_oneself_and_to_nothing_are_refused() {
    let mut store = workspace();
    for (other, kind) in [
        ("ENG-231", "blocks"),
        ("ENG-9999", "blocks"),
        ("ENG-232", "likes"),
    ] {
        let args =
            json!({ "input": { "issueId": "ENG-231", "relatedIssueId": other, "type": kind } });
        refused(&mut store, "issueRelationCreate", args);
    }
}

#[test]
fn update_turns_a_relation_and_delete_takes_it_away() {
    let mut store = workspace();
    let relation = relate(&mut store, "ENG-231", "blocks", "ENG-233");
    let args = json!({ "id": relation["id"], "input": { "type": "related" } });
    let payload = done(&mut store, "issueRelationUpdate", args);
    let after = named(&store, "IssueRelation", &payload, "issueRelationId");
    assert_eq!(
        (&after["type"], &after["issueId"]),
        (&json!("related"), &relation["issueId"])
    );
    let payload = done(
        &mut store,
        "issueRelationDelete",
        json!({ "id": relation["id"] }),
    );
    assert_eq!(payload["entityId"], relation["id"]);
    refused(
        &mut store,
        "issueRelationDelete",
        json!({ "id": relation["id"] }),
    );
}

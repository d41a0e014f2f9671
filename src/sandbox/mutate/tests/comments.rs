//! Point 15: the single target of a comment, replies, resolution.

use serde_json::{Value, json};

use super::{OWN_ID, done, id_named, id_where, issue_id, named, refusal, refused, workspace};
use crate::sandbox::store::{Record, Store, text};

fn comment(store: &mut Store, input: Value) -> Record {
    let payload = done(store, "commentCreate", json!({ "input": input }));
    named(store, "Comment", &payload, "commentId")
}

fn root_comment(store: &Store) -> String {
    id_where(store, "Comment", |one| {
        text(one, "body").unwrap().starts_with("Should")
    })
}

#[test]
fn a_comment_has_exactly_one_target() {
    let mut store = workspace();
    let project = id_named(&store, "Project", "Auth System");
    let neither = json!({ "input": { "body": "x" } });
    refused(&mut store, "commentCreate", neither);
    let both = json!({ "input": { "body": "x", "issueId": "ENG-231", "projectId": project } });
    refused(&mut store, "commentCreate", both);
    let made = comment(
        &mut store,
        json!({ "body": "- see [a](b)", "issueId": "ENG-231" }),
    );
    assert_eq!(made["issueId"], json!(issue_id(&store, "ENG-231")));
    assert_eq!(made["body"], json!("* see [a](<b>)"));
    let on_project = comment(&mut store, json!({ "body": "x", "projectId": project }));
    assert_eq!(
        (on_project.get("issueId"), &on_project["projectId"]),
        (None, &json!(project))
    );
}

#[test]
fn a_reply_needs_its_parents_target() {
    let mut store = workspace();
    let parent = root_comment(&store);
    let alone = json!({ "input": { "body": "x", "parentId": parent } });
    refused(&mut store, "commentCreate", alone);
    let elsewhere = json!({ "input": { "body": "x", "parentId": parent, "issueId": "ENG-231" } });
    refused(&mut store, "commentCreate", elsewhere);
    let reply = comment(
        &mut store,
        json!({ "body": "x", "parentId": parent, "issueId": "PSN-123" }),
    );
    assert_eq!(reply["parentId"], json!(parent));
    let deeper = json!({ "body": "x", "parentId": reply["id"], "issueId": "PSN-123" });
    refused(&mut store, "commentCreate", json!({ "input": deeper }));
}

#[test]
fn bodies_are_neither_empty_nor_endless() {
    let mut store = workspace();
    for body in ["", "  \n", &"x".repeat(100_001)] {
        let args = json!({ "input": { "body": body, "issueId": "ENG-231" } });
        assert_eq!(
            refused(&mut store, "commentCreate", args),
            "Argument Validation Error"
        );
    }
}

#[test]
fn a_thread_is_resolved_at_its_root_by_a_child() {
    let mut store = workspace();
    let root = root_comment(&store);
    let reply = id_where(&store, "Comment", |one| {
        text(one, "parentId") == Some(&root)
    });
    let sibling = id_where(&store, "Comment", |one| {
        text(one, "body").unwrap().contains("Decision")
    });
    let args = json!({ "id": root, "resolvingCommentId": sibling });
    assert_eq!(
        refusal(&mut store, "commentResolve", args).code,
        "INTERNAL_SERVER_ERROR"
    );
    refused(&mut store, "commentResolve", json!({ "id": reply }));
    let args = json!({ "id": root, "resolvingCommentId": reply });
    let payload = done(&mut store, "commentResolve", args);
    let resolved = named(&store, "Comment", &payload, "commentId");
    assert_eq!(resolved["resolvingCommentId"], json!(reply));
    assert_ne!(resolved["resolvedAt"], Value::Null);
    let payload = done(&mut store, "commentUnresolve", json!({ "id": root }));
    assert_eq!(
        named(&store, "Comment", &payload, "commentId")["resolvedAt"],
        Value::Null
    );
}

#[test]
fn an_edit_is_marked_unless_it_is_skipped() {
    let mut store = workspace();
    let id = root_comment(&store);
    let args = json!({ "id": id, "input": { "body": "y" }, "skipEditedAt": true });
    done(&mut store, "commentUpdate", args);
    assert_eq!(store.get("Comment", &id).unwrap().get("editedAt"), None);
    let args = json!({ "id": id, "input": { "body": "z" } });
    done(&mut store, "commentUpdate", args);
    let after = store.get("Comment", &id).unwrap();
    assert_eq!(after["editedAt"], after["updatedAt"]);
}

#[test]
fn a_thread_goes_with_its_root_and_a_clients_id_is_taken_once() {
    let mut store = workspace();
    let root = root_comment(&store);
    done(&mut store, "commentDelete", json!({ "id": root }));
    assert_eq!(store.all("Comment").count(), 1);
    let args = json!({ "input": { "id": OWN_ID, "body": "x", "issueId": "ENG-231" } });
    done(&mut store, "commentCreate", args.clone());
    assert_eq!(
        refused(&mut store, "commentCreate", args),
        "conflict on insert of Comment"
    );
}

#[test]
fn whoever_comments_follows_the_issue_unless_not_wanted() {
    let mut store = workspace();
    let jane = id_named(&store, "User", "Jane Smith");
    let john = id_named(&store, "User", "John Doe");
    super::change(&mut store, "ENG-231", json!({ "subscriberIds": [jane] }));
    let quiet = json!({ "body": "x", "issueId": "ENG-231", "doNotSubscribeToIssue": true });
    comment(&mut store, quiet);
    assert_eq!(
        super::issue(&store, "ENG-231")["subscriberIds"],
        json!([jane])
    );
    comment(&mut store, json!({ "body": "x", "issueId": "ENG-231" }));
    assert_eq!(
        super::issue(&store, "ENG-231")["subscriberIds"],
        json!([jane, john])
    );
}

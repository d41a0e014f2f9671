//! Point 15: attachments are upserted; links by kind.

use serde_json::{Value, json};

use super::{done, issue_id, named, refused, workspace};

#[test]
fn attachments_are_upserted_by_issue_and_address() {
    let mut store = workspace();
    let args = |title: &str| json!({ "input": { "issueId": "ENG-231", "url": "https://github.com/acme/app/pull/7", "title": title } });
    let first = done(&mut store, "attachmentCreate", args("one"));
    let second = done(&mut store, "attachmentCreate", args("two"));
    assert_eq!(first["attachmentId"], second["attachmentId"]);
    let attachment = named(&store, "Attachment", &second, "attachmentId");
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

#[test]
fn links_take_their_kind_from_the_mutation_or_the_host() {
    let mut store = workspace();
    let mut link = |field: &str, url: &str, more: Value| {
        let mut args = json!({ "issueId": "ENG-231", "url": url });
        for (key, value) in more.as_object().unwrap() {
            args[key] = value.clone();
        }
        let payload = done(&mut store, field, args);
        named(&store, "Attachment", &payload, "attachmentId")
    };
    let pull = link(
        "attachmentLinkGitHubPR",
        "https://git.acme.example/app/pull/1",
        json!({ "linkKind": "closes" }),
    );
    assert_eq!(
        (&pull["sourceType"], &pull["metadata"]["linkKind"]),
        (&json!("github"), &json!("closes"))
    );
    let figma = link(
        "attachmentLinkURL",
        "https://www.figma.com/f/1",
        json!({ "title": "F" }),
    );
    assert_eq!(
        (&figma["sourceType"], &figma["title"]),
        (&json!("figma"), &json!("F"))
    );
    let plain = link("attachmentLinkURL", "https://notfigma.com/x", json!({}));
    assert_eq!(
        (&plain["sourceType"], &plain["title"]),
        (&Value::Null, &json!("https://notfigma.com/x"))
    );
    let merge = json!({ "number": 4.0, "projectPathWithNamespace": "acme/app", "title": null });
    let merge = link(
        "attachmentLinkGitLabMR",
        "https://gitlab.com/acme/app/-/merge_requests/4",
        merge,
    );
    assert_eq!(merge["sourceType"], json!("gitlab"));
}

#[test]
fn an_attachment_is_changed_and_deleted() {
    let mut store = workspace();
    let id = super::id_where(&store, "Attachment", |one| {
        one["sourceType"] == json!("figma")
    });
    let input =
        json!({ "title": "Screens, v2", "subtitle": "Updated", "metadata": { "status": "ready" } });
    done(
        &mut store,
        "attachmentUpdate",
        json!({ "id": id, "input": input }),
    );
    let after = store.get("Attachment", &id).unwrap();
    assert_eq!(
        (&after["title"], &after["metadata"]["status"]),
        (&json!("Screens, v2"), &json!("ready"))
    );
    let payload = done(&mut store, "attachmentDelete", json!({ "id": id }));
    assert_eq!(payload["entityId"], json!(id));
    assert_eq!(
        refused(&mut store, "attachmentDelete", json!({ "id": id })),
        "Entity not found: Attachment"
    );
}

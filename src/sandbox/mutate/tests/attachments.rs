//! Point 15: `attachmentCreate` is an upsert, `attachmentLink*` are not; links by kind. Point 14: relations.

use serde_json::{Value, json};

use super::{OWN_ID, attempt, done, issue, named, refusal, refused, state_id, workspace};
use crate::sandbox::store::{Record, Store};

const PULL: &str = "https://github.com/acme/app/pull/7";

/// The mutations that link a URL, each with a URL of its service, and the source type that the integration gives.
const LINKS: [(&str, &str, &str); 5] = [
    ("attachmentLinkURL", "https://www.figma.com/f/1", "figma"),
    ("attachmentLinkGitHubPR", PULL, "github"),
    (
        "attachmentLinkGitHubIssue",
        "https://github.com/acme/app/issues/8",
        "github",
    ),
    (
        "attachmentLinkGitLabMR",
        "https://gitlab.com/acme/app/-/merge_requests/4",
        "gitlab",
    ),
    (
        "attachmentLinkSlack",
        "https://acme.slack.com/archives/C1/p2",
        "slack",
    ),
];

/// The arguments that link this URL to ENG-231.
fn link_of(field: &str, url: &str) -> Value {
    let mut args = json!({ "issueId": "ENG-231", "url": url });
    if field == "attachmentLinkGitLabMR" {
        args["number"] = json!(4.0);
        args["projectPathWithNamespace"] = json!("acme/app");
    }
    args
}

fn attachments(store: &Store) -> Vec<String> {
    let all = store.all("Attachment");
    all.map(|one| format!("{one:?}")).collect()
}

#[test]
fn attachment_create_updates_the_attachment_that_the_issue_has_with_that_url() {
    let mut store = workspace();
    let args =
        |title: &str| json!({ "input": { "issueId": "ENG-231", "url": PULL, "title": title } });
    let first = done(&mut store, "attachmentCreate", args("one"));
    let second = done(&mut store, "attachmentCreate", args("two"));
    assert_eq!(first["attachmentId"], second["attachmentId"]);
    let attachment = named(&store, "Attachment", &second, "attachmentId");
    assert_eq!(
        (&attachment["title"], &attachment["sourceType"]),
        (&json!("two"), &json!("api"))
    );
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
        (&json!("api"), &json!("https://notfigma.com/x"))
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
fn a_link_that_is_there_is_refused_and_stays_as_it_is() {
    for (field, url, source) in LINKS {
        let mut store = workspace();
        let first = done(&mut store, field, link_of(field, url));
        let made = named(&store, "Attachment", &first, "attachmentId");
        assert_eq!(made["sourceType"], json!(source), "{field}");
        assert_eq!(made["metadata"]["url"], json!(url), "{field}");
        let before = attachments(&store);
        for (again, ..) in LINKS {
            let mut args = link_of(again, url);
            args["title"] = json!("Another title");
            let refused = refusal(&mut store, again, args);
            assert_eq!(refused.message, "Duplicate attachment for duplicate url");
            assert_eq!(
                refused.user_presentable.as_deref(),
                Some("An attachment with the same URL already exists.")
            );
            assert_eq!(
                (refused.kind, refused.code, refused.status),
                ("invalid input", "INPUT_ERROR", 400)
            );
            assert!(refused.user_error);
        }
        assert_eq!(attachments(&store), before, "{field}");
        let mut elsewhere = link_of(field, url);
        elsewhere["issueId"] = json!("ENG-232");
        done(&mut store, field, elsewhere);
    }
}

#[test]
fn a_link_without_the_integration_is_a_plain_attachment() {
    for (field, url, source) in LINKS {
        let mut store = workspace();
        store.set_integration(source, false);
        let payload = done(&mut store, field, link_of(field, url));
        let plain = named(&store, "Attachment", &payload, "attachmentId");
        assert_eq!(plain["sourceType"], json!("api"), "{field}");
        assert_eq!(plain["metadata"], json!({}), "{field}");
        store.set_integration(source, true);
        let again = attempt(&mut store, field, link_of(field, url));
        assert!(again.is_err(), "{field}");
    }
}

#[test]
fn a_clients_id_is_taken_once_but_a_url_that_is_there_is_told_first() {
    let mut store = workspace();
    let args = |url: &str| json!({ "id": OWN_ID, "issueId": "ENG-231", "url": url });
    done(&mut store, "attachmentLinkGitHubPR", args(PULL));
    let repeated = refused(&mut store, "attachmentLinkGitHubPR", args(PULL));
    assert_eq!(repeated, "Duplicate attachment for duplicate url");
    let other_url = "https://github.com/acme/app/pull/8";
    let taken = refused(&mut store, "attachmentLinkGitHubPR", args(other_url));
    assert_eq!(taken, "conflict on insert of Attachment");
    let input =
        json!({ "input": { "id": OWN_ID, "issueId": "ENG-231", "url": other_url, "title": "x" } });
    let taken = refused(&mut store, "attachmentCreate", input);
    assert_eq!(taken, "conflict on insert of Attachment");
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

//! Points 10, 11, 13 and 15, and the rules on issues: defaults, states, batches, the archive, history, ids made by the
//! client, numbers, previous identifiers, and the effects of a move to another team.

use serde_json::{Value, json};

use super::{
    OWN_ID, change, done, id_named, issue, issue_id, label_id, named, new_issue, refusal, refused,
    state_id, team_id, workspace,
};
use crate::sandbox::identifier::viewer_id;
use crate::sandbox::store::{Record, Store, text};

#[test]
fn descriptions_come_back_as_linear_writes_them() {
    let mut store = workspace();
    let made = new_issue(
        &mut store,
        "ENG",
        json!({ "description": "- [x] a  \n- [b](c)\n" }),
    );
    assert_eq!(made["description"], json!("* [X] a\n* [b](<c>)"));
}

#[test]
fn a_new_issue_waits_in_triage_or_in_the_first_backlog_state() {
    let mut store = workspace();
    let made = new_issue(&mut store, "ENG", json!({}));
    assert_eq!(made["stateId"], json!(state_id(&store, "ENG", "Backlog")));
    assert_eq!(
        (&made["priority"], &made["priorityLabel"]),
        (&json!(0.0), &json!("No priority"))
    );
    let made = new_issue(&mut store, "SUP", json!({}));
    assert_eq!(made["stateId"], json!(state_id(&store, "SUP", "Triage")));
    assert_ne!(made["startedTriageAt"], Value::Null);
    let todo = state_id(&store, "SUP", "Todo");
    let moved = change(&mut store, "SUP-7", json!({ "stateId": todo }));
    assert_ne!(moved["triagedAt"], Value::Null);
}

#[test]
fn a_title_is_required_and_a_template_gives_one_only_when_asked() {
    let mut store = workspace();
    let team = team_id(&store, "ENG");
    let bare = json!({ "input": { "teamId": team } });
    assert_eq!(
        refused(&mut store, "issueCreate", bare),
        "Argument Validation Error"
    );
    let plain = new_issue(&mut store, "ENG", json!({}));
    assert_eq!(plain["labelIds"], json!([]));
    let input = json!({ "teamId": team, "useDefaultTemplate": true, "priority": 4 });
    let payload = done(&mut store, "issueCreate", json!({ "input": input }));
    let made = named(&store, "Issue", &payload, "issueId");
    assert_eq!(
        (&made["title"], &made["priority"]),
        (&json!("Bug:"), &json!(4.0))
    );
    assert_eq!(made["labelIds"], json!([label_id(&store, None, "bug")]));
    let template = id_named(&store, "Template", "Incident");
    let named_one = new_issue(&mut store, "PSN", json!({ "templateId": template }));
    assert_eq!(named_one["lastAppliedTemplateId"], json!(template));
}

#[test]
fn entering_a_state_sets_its_moments() {
    let mut store = workspace();
    let to = |name: &str| json!({ "stateId": state_id(&workspace(), "ENG", name) });
    let started = change(&mut store, "ENG-232", to("In Progress"));
    assert_ne!(started["startedAt"], Value::Null);
    let finished = change(&mut store, "ENG-232", to("Done"));
    assert_eq!(finished["startedAt"], started["startedAt"]);
    assert_ne!(finished["completedAt"], Value::Null);
    let cancelled = change(&mut store, "ENG-232", to("Canceled"));
    assert_eq!(cancelled["completedAt"], Value::Null);
    assert_ne!(cancelled["canceledAt"], Value::Null);
    let reopened = change(&mut store, "ENG-232", to("Todo"));
    for field in ["startedAt", "completedAt", "canceledAt"] {
        assert_eq!(reopened[field], Value::Null, "{field}");
    }
}

#[test]
fn moments_given_at_creation_lie_in_the_past() {
    let mut store = workspace();
    let team = team_id(&store, "ENG");
    let arguments = |field: &str, at: &str, state: &str| json!({ "input": { "teamId": team, "title": "x", "stateId": state, field: at } });
    let todo = state_id(&store, "ENG", "Todo");
    let finished = state_id(&store, "ENG", "Done");
    refused(
        &mut store,
        "issueCreate",
        arguments("createdAt", "2030-01-01T00:00:00Z", &todo),
    );
    refused(
        &mut store,
        "issueCreate",
        arguments("completedAt", "2025-01-01T00:00:00Z", &todo),
    );
    let args = arguments("completedAt", "2025-01-01T00:00:00Z", &finished);
    let payload = done(&mut store, "issueCreate", args);
    let made = named(&store, "Issue", &payload, "issueId");
    assert_eq!(made["completedAt"], json!("2025-01-01T00:00:00.000Z"));
}

#[test]
fn batches_hold_at_most_fifty_and_are_all_or_nothing() {
    let mut store = workspace();
    let team = team_id(&store, "ENG");
    let input = |title: &str| json!({ "teamId": team, "title": title });
    let many: Vec<Value> = (0..51).map(|_| input("x")).collect();
    let args = json!({ "input": { "issues": many } });
    assert_eq!(
        refused(&mut store, "issueBatchCreate", args),
        "Argument Validation Error"
    );
    let args = json!({ "input": { "issues": [input("good"), input(" ")] } });
    refused(&mut store, "issueBatchCreate", args);
    let args = json!({ "input": { "issues": [input("a"), input("b")] } });
    let payload = done(&mut store, "issueBatchCreate", args);
    assert_eq!(payload["issueIds"].as_array().unwrap().len(), 2);
    assert_eq!(issue(&store, "ENG-235")["title"], json!("b"));
}

#[test]
fn a_batch_update_takes_uuids_and_stops_at_the_first_refusal() {
    let mut store = workspace();
    let ids = [issue_id(&store, "ENG-232"), issue_id(&store, "PSN-130")];
    let args = json!({ "ids": ["ENG-232"], "input": { "priority": 1 } });
    assert_eq!(
        refused(&mut store, "issueBatchUpdate", args),
        "Argument Validation Error"
    );
    // The state belongs to the team of the first issue, so the second issue is refused and the first stays unchanged.
    let args = json!({ "ids": ids, "input": { "stateId": state_id(&store, "ENG", "Done") } });
    refused(&mut store, "issueBatchUpdate", args);
    done(
        &mut store,
        "issueBatchUpdate",
        json!({ "ids": ids, "input": { "priority": 1 } }),
    );
    for id in ids {
        assert_eq!(
            store.get("Issue", &id).unwrap()["priorityLabel"],
            json!("Urgent")
        );
    }
}

#[test]
fn archive_trash_and_back() {
    let mut store = workspace();
    let id = issue_id(&store, "ENG-232");
    refused(&mut store, "issueArchive", json!({ "id": "ENG-232" }));
    done(&mut store, "issueArchive", json!({ "id": id }));
    let archived = issue(&store, "ENG-232");
    assert_eq!(archived["trashed"], Value::Null);
    assert_ne!(archived["archivedAt"], Value::Null);
    done(&mut store, "issueUnarchive", json!({ "id": id }));
    assert_eq!(issue(&store, "ENG-232")["archivedAt"], Value::Null);
    done(&mut store, "issueDelete", json!({ "id": id }));
    assert_eq!(issue(&store, "ENG-232")["trashed"], json!(true));
    let restored = change(&mut store, "ENG-232", json!({ "trashed": null }));
    assert_eq!(
        (&restored["trashed"], &restored["archivedAt"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn what_hangs_on_an_issue_goes_with_it_for_good() {
    let mut store = workspace();
    let id = issue_id(&store, "PSN-123");
    let count = |store: &Store, kind: &str| {
        let records = store.all(kind);
        records
            .filter(|record| text(record, "issueId") == Some(&id))
            .count()
    };
    let kinds = ["Comment", "Attachment", "IssueHistory"];
    assert!(kinds.iter().all(|kind| count(&store, kind) > 0));
    done(
        &mut store,
        "issueDelete",
        json!({ "id": id, "permanentlyDelete": true }),
    );
    for kind in kinds {
        assert_eq!(count(&store, kind), 0, "{kind}");
    }
    let epic = issue_id(&store, "PSN-100");
    done(
        &mut store,
        "issueDelete",
        json!({ "id": epic, "permanentlyDelete": true }),
    );
    assert_eq!(issue(&store, "PSN-124")["parentId"], Value::Null);
}

#[test]
fn changes_leave_history_but_not_right_after_creation() {
    let mut store = workspace();
    let before = store.all("IssueHistory").count();
    let bug = label_id(&store, None, "bug");
    let input = json!({ "title": "Sign-in form", "labelIds": [bug], "priority": 1 });
    change(&mut store, "ENG-232", input);
    let entry = store.all("IssueHistory").last().unwrap();
    assert_eq!(
        (&entry["fromTitle"], &entry["toTitle"]),
        (&json!("Login form"), &json!("Sign-in form"))
    );
    assert_eq!(entry["addedLabelIds"], json!([bug]));
    assert_eq!(entry["removedLabelIds"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&entry["fromPriority"], &entry["toPriority"]),
        (&json!(3.0), &json!(1.0))
    );
    let made = new_issue(&mut store, "ENG", json!({}));
    change(
        &mut store,
        text(&made, "identifier").unwrap(),
        json!({ "priority": 1 }),
    );
    assert_eq!(store.all("IssueHistory").count(), before + 1);
}

/// The newest entry in the history of an issue, without its id, its issue and its timestamps.
fn newest_entry(store: &Store, identifier: &str) -> Value {
    let id = issue_id(store, identifier);
    let of_issue = |entry: &&Record| text(entry, "issueId") == Some(&id);
    let mut entry = store
        .all("IssueHistory")
        .filter(of_issue)
        .last()
        .unwrap()
        .clone();
    for field in ["id", "issueId", "createdAt", "updatedAt", "archivedAt"] {
        entry.remove(field).unwrap();
    }
    assert_eq!(entry.remove("actorId"), Some(json!(viewer_id(store))));
    Value::Object(entry)
}

#[test]
fn an_edited_description_names_its_editor_and_not_its_text() {
    let mut store = workspace();
    change(&mut store, "ENG-232", json!({ "description": "New" }));
    let entry = newest_entry(&store, "ENG-232");
    let editor = viewer_id(&store);
    assert_eq!(
        entry,
        json!({ "updatedDescription": true, "descriptionUpdatedByIds": [editor] })
    );
}

#[test]
fn the_archive_and_the_trash_leave_history() {
    let mut store = workspace();
    let id = issue_id(&store, "ENG-232");
    done(&mut store, "issueArchive", json!({ "id": id }));
    assert_eq!(newest_entry(&store, "ENG-232"), json!({ "archived": true }));
    done(&mut store, "issueDelete", json!({ "id": id }));
    assert_eq!(newest_entry(&store, "ENG-232"), json!({ "trashed": true }));
    done(&mut store, "issueUnarchive", json!({ "id": id }));
    let back = json!({ "archived": false, "trashed": false });
    assert_eq!(newest_entry(&store, "ENG-232"), back);
}

#[test]
fn relations_leave_history_on_both_issues() {
    let mut store = workspace();
    let relate = |store: &mut Store, kind: &str| {
        let input = json!({ "issueId": "ENG-231", "relatedIssueId": "PSN-130", "type": kind });
        let payload = done(store, "issueRelationCreate", json!({ "input": input }));
        text(&payload, "issueRelationId").unwrap().to_owned()
    };
    let told = |store: &Store, identifier: &str| {
        let mut entry = newest_entry(store, identifier);
        entry["relationChanges"].take()
    };
    let change = |identifier: &str, kind: &str| json!({ "identifier": identifier, "type": kind });
    let id = relate(&mut store, "blocks");
    assert_eq!(told(&store, "ENG-231"), json!([change("PSN-130", "ax")]));
    assert_eq!(told(&store, "PSN-130"), json!([change("ENG-231", "ab")]));
    let count = store.all("IssueHistory").count();
    relate(&mut store, "blocks");
    assert_eq!(store.all("IssueHistory").count(), count);
    relate(&mut store, "related");
    let changes = json!([change("PSN-130", "rx"), change("PSN-130", "ar")]);
    assert_eq!(told(&store, "ENG-231"), changes);
    done(&mut store, "issueRelationDelete", json!({ "id": id }));
    assert_eq!(told(&store, "PSN-130"), json!([change("ENG-231", "rr")]));
    relate(&mut store, "duplicate");
    let entry = newest_entry(&store, "ENG-231");
    assert_eq!(entry["relationChanges"], json!([change("PSN-130", "ad")]));
    assert_eq!(
        entry["toStateId"],
        json!(state_id(&store, "ENG", "Duplicate"))
    );
}

#[test]
fn attachments_leave_history() {
    let mut store = workspace();
    let link = json!({ "issueId": "ENG-231", "url": "https://example.com/a", "title": "A" });
    let payload = done(&mut store, "attachmentCreate", json!({ "input": link }));
    let id = text(&payload, "attachmentId").unwrap();
    let told = json!({ "attachmentId": id });
    assert_eq!(newest_entry(&store, "ENG-231"), told);
    let count = store.all("IssueHistory").count();
    done(&mut store, "attachmentCreate", json!({ "input": link }));
    assert_eq!(store.all("IssueHistory").count(), count);
    done(&mut store, "attachmentDelete", json!({ "id": id }));
    assert_eq!(newest_entry(&store, "ENG-231"), told);
    assert_eq!(store.all("IssueHistory").count(), count + 1);
}

#[test]
fn an_issue_keeps_its_newest_history() {
    let mut store = workspace();
    let id = issue_id(&store, "ENG-232");
    let titles = |store: &Store| -> Vec<String> {
        let of_issue = |entry: &&Record| text(entry, "issueId") == Some(&id);
        let entries = store.all("IssueHistory").filter(of_issue);
        entries
            .map(|entry| text(entry, "toTitle").unwrap().to_owned())
            .collect()
    };
    let others = store.all("IssueHistory").count();
    for number in 1..=503 {
        change(
            &mut store,
            "ENG-232",
            json!({ "title": format!("Title {number}") }),
        );
    }
    let kept = titles(&store);
    assert_eq!(kept.len(), 500);
    assert_eq!((&*kept[0], &*kept[499]), ("Title 4", "Title 503"));
    assert_eq!(store.all("IssueHistory").count(), others + 500);
}

#[test]
fn an_update_that_changes_nothing_does_not_touch_the_issue() {
    let mut store = workspace();
    let before = issue(&store, "ENG-232");
    let input = json!({ "title": "Login form", "priority": 3, "trashed": null });
    assert_eq!(change(&mut store, "ENG-232", input), before);
}

#[test]
fn subscribers_are_added_once() {
    let mut store = workspace();
    let id = issue_id(&store, "ENG-231");
    for args in [
        json!({ "id": id, "userEmail": "jane@example.com" }),
        json!({ "id": id, "userEmail": "jane@example.com" }),
        json!({ "id": id }),
    ] {
        done(&mut store, "issueSubscribe", args);
    }
    let subscribers = issue(&store, "ENG-231")["subscriberIds"].clone();
    let john = id_named(&store, "User", "John Doe");
    let jane = id_named(&store, "User", "Jane Smith");
    assert_eq!(subscribers, json!([john, jane]));
    for args in [
        json!({ "id": id }),
        json!({ "id": id }),
        json!({ "id": id, "userId": jane }),
    ] {
        done(&mut store, "issueUnsubscribe", args);
    }
    assert_eq!(issue(&store, "ENG-231")["subscriberIds"], json!([]));
}

#[test]
fn subscribers_are_users_who_exist_and_are_active() {
    let mut store = workspace();
    let id = issue_id(&store, "ENG-231");
    let old = id_named(&store, "User", "Old Timer");
    let unknown = [
        json!({ "id": id, "userId": OWN_ID }),
        json!({ "id": id, "userEmail": "nobody@example.com" }),
    ];
    for args in unknown {
        for mutation in ["issueSubscribe", "issueUnsubscribe"] {
            let message = refused(&mut store, mutation, args.clone());
            assert_eq!(message, "Entity not found: User");
        }
    }
    let deactivated = json!({ "id": id, "userId": old });
    refused(&mut store, "issueSubscribe", deactivated.clone());
    let by_identifier = json!({ "id": "ENG-231" });
    refused(&mut store, "issueUnsubscribe", by_identifier);
    let input = json!({ "subscriberIds": [old] });
    refused(
        &mut store,
        "issueUpdate",
        json!({ "id": id, "input": input }),
    );
    let issue = store.get_mut("Issue", &id).unwrap();
    issue.insert("subscriberIds".into(), json!([old]));
    let kept = change(&mut store, "ENG-231", input);
    assert_eq!(kept["subscriberIds"], json!([old]));
    done(&mut store, "issueUnsubscribe", deactivated);
    assert_eq!(super::issue(&store, "ENG-231")["subscriberIds"], json!([]));
}

#[test]
fn the_set_of_subscribers_is_replaced() {
    let mut store = workspace();
    let jane = id_named(&store, "User", "Jane Smith");
    let roe = id_named(&store, "User", "John Roe");
    let made = new_issue(&mut store, "ENG", json!({ "subscriberIds": [jane] }));
    assert_eq!(made["subscriberIds"], json!([jane]));
    let identifier = text(&made, "identifier").unwrap();
    let replaced = change(&mut store, identifier, json!({ "subscriberIds": [roe] }));
    assert_eq!(replaced["subscriberIds"], json!([roe]));
}

#[test]
fn an_issue_is_delegated_to_an_app_and_assigned_to_a_person() {
    let mut store = workspace();
    let bot = id_named(&store, "User", "CI Bot");
    let jane = id_named(&store, "User", "Jane Smith");
    for input in [json!({ "delegateId": jane }), json!({ "assigneeId": bot })] {
        let args = json!({ "id": "ENG-231", "input": input });
        let message = refused(&mut store, "issueUpdate", args);
        assert_eq!(message, "Entity not found: User");
    }
    let made = new_issue(&mut store, "ENG", json!({ "delegateId": bot }));
    assert_eq!(made["delegateId"], json!(bot));
    let identifier = text(&made, "identifier").unwrap();
    let freed = change(&mut store, identifier, json!({ "delegateId": null }));
    assert_eq!(freed["delegateId"], Value::Null);
}

#[test]
fn a_snooze_is_set_and_cleared() {
    let mut store = workspace();
    let john = id_named(&store, "User", "John Doe");
    let until = json!({ "snoozedUntilAt": "2025-02-01T09:00:00Z", "snoozedById": john });
    let snoozed = change(&mut store, "SUP-7", until);
    assert_eq!(snoozed["snoozedUntilAt"], json!("2025-02-01T09:00:00.000Z"));
    assert_eq!(snoozed["snoozedById"], json!(john));
    let awake = json!({ "snoozedUntilAt": null, "snoozedById": null });
    let awake = change(&mut store, "SUP-7", awake);
    assert_eq!(awake["snoozedUntilAt"], Value::Null);
    assert_eq!(awake["snoozedById"], Value::Null);
    let input = json!({ "teamId": team_id(&store, "SUP"), "title": "x",
                        "snoozedUntilAt": "2025-02-01T09:00:00Z" });
    let message = refused(&mut store, "issueCreate", json!({ "input": input }));
    assert!(message.starts_with("snoozedUntilAt "), "{message}");
}

#[test]
fn a_reminder_lies_ahead() {
    let mut store = workspace();
    let before = issue(&store, "ENG-231");
    let id = issue_id(&store, "ENG-231");
    let args = |at: &str| json!({ "id": id, "reminderAt": at });
    for at in ["2025-01-16T10:00:00Z", "tomorrow"] {
        let message = refused(&mut store, "issueReminder", args(at));
        assert_eq!(message, "Argument Validation Error");
    }
    done(&mut store, "issueReminder", args("2025-01-17T10:00:00Z"));
    let reminded = issue(&store, "ENG-231");
    assert_eq!(reminded["reminderAt"], json!("2025-01-17T10:00:00.000Z"));
    assert_eq!(reminded["updatedAt"], before["updatedAt"]);
}

/// The sort order of an issue.
fn order(issue: &Record, field: &str) -> f64 {
    issue[field].as_f64().unwrap()
}

#[test]
fn a_new_issue_lies_above_all_others() {
    let mut store = workspace();
    for field in ["sortOrder", "prioritySortOrder"] {
        let moved = change(&mut store, "ENG-231", json!({ field: -1000.5 }));
        assert_eq!(moved[field], json!(-1000.5));
    }
    let first = new_issue(&mut store, "ENG", json!({}));
    let second = new_issue(&mut store, "DES", json!({ "sortOrder": null }));
    for field in ["sortOrder", "prioritySortOrder"] {
        let (first, second) = (order(&first, field), order(&second, field));
        assert!(second < first && first < -1000.5, "{field}");
        let cleared = json!({ "id": "ENG-231", "input": { field: null } });
        refused(&mut store, "issueUpdate", cleared);
    }
}

#[test]
fn a_sort_order_given_at_creation_is_preserved_only_when_asked() {
    let mut store = workspace();
    let dropped = new_issue(&mut store, "ENG", json!({ "sortOrder": 7.5 }));
    assert!(order(&dropped, "sortOrder") < -233.0);
    let input =
        json!({ "sortOrder": 7.5, "prioritySortOrder": 8.5, "preserveSortOrderOnCreate": true });
    let kept = new_issue(&mut store, "ENG", input);
    assert_eq!(kept["sortOrder"], json!(7.5));
    assert_eq!(kept["prioritySortOrder"], json!(8.5));
}

#[test]
fn only_a_sub_issue_has_a_place_among_the_sub_issues() {
    let mut store = workspace();
    let alone = new_issue(&mut store, "ENG", json!({ "subIssueSortOrder": 4.5 }));
    assert_eq!(alone["subIssueSortOrder"], Value::Null);
    let below = |place: Value| json!({ "parentId": "ENG-231", "subIssueSortOrder": place });
    let given = new_issue(&mut store, "ENG", below(json!(4.5)));
    assert_eq!(given["subIssueSortOrder"], json!(4.5));
    let last = new_issue(&mut store, "ENG", json!({ "parentId": "ENG-231" }));
    assert_eq!(last["subIssueSortOrder"], json!(5.5));
    let identifier = text(&last, "identifier").unwrap();
    let stayed = change(
        &mut store,
        identifier,
        json!({ "parentId": "ENG-231", "priority": 1 }),
    );
    assert_eq!(stayed["subIssueSortOrder"], json!(5.5));
    let moved = change(&mut store, identifier, json!({ "subIssueSortOrder": 0.25 }));
    assert_eq!(moved["subIssueSortOrder"], json!(0.25));
    let freed = change(&mut store, identifier, json!({ "parentId": null }));
    assert_eq!(freed["subIssueSortOrder"], Value::Null);
}

#[test]
fn input_that_is_not_modelled_is_refused_and_unknown_mutations_are_left_to_the_caller() {
    let mut store = workspace();
    let args = json!({ "id": "ENG-231", "input": { "slaType": "all" } });
    assert!(refused(&mut store, "issueUpdate", args).starts_with("slaType "));
    let empty = serde_json::Map::new();
    assert!(super::run(&mut store, "teamDelete", &empty).is_none());
    assert_eq!(
        refused(
            &mut store,
            "issueUpdate",
            json!({ "id": "ENG-9999", "input": {} })
        ),
        "Entity not found: Issue"
    );
}

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

//! A workspace that is small enough to be described on this page, so that the expectation of a test can be checked against
//! it.

use serde_json::{Value, json};

use super::super::Sandbox;
use super::super::store::Store;

pub(super) const ENG: &str = "00000000-0000-4000-8000-0000000000a1";
pub(super) const DES: &str = "00000000-0000-4000-8000-0000000000a2";
pub(super) const ANN: &str = "00000000-0000-4000-8000-0000000000b1";
pub(super) const BOB: &str = "00000000-0000-4000-8000-0000000000b2";
pub(super) const TODO: &str = "00000000-0000-4000-8000-0000000000c1";
pub(super) const DONE: &str = "00000000-0000-4000-8000-0000000000c2";
pub(super) const BUG: &str = "00000000-0000-4000-8000-0000000000d1";
pub(super) const API: &str = "00000000-0000-4000-8000-0000000000d2";

/// The id of the issue with this number.
pub(super) fn issue_id(number: u32) -> String {
    format!("00000000-0000-4000-8000-0000000e{number:04}")
}

/// Returns a workspace with two teams (DES under ENG), two users (Ann is the viewer), two states, two labels (`Bug` of the workspace, `api` of ENG),
/// and the issues ENG-1 to ENG-5, created one a day from 2025-01-06 on:
///
/// | issue | title | state | labels | assignee | priority | else |
/// |---|---|---|---|---|---|---|
/// | ENG-1 | Fix login | Todo | Bug, api | Ann | 1 | due 2025-01-20, comment "Züge" |
/// | ENG-2 | fix logout | Todo | Bug | Bob | 2 | child of ENG-1, blocked by it |
/// | ENG-3 | Café menu | Done | | | 0 | |
/// | ENG-4 | Old thing | Todo | | | 0 | archived |
/// | ENG-5 | Report login times | Todo | api | | 3 | formerly DES-9 |
pub(super) fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.edit(|store| {
        *store = Store::new();
        people_and_teams(store);
        issues(store);
    });
    sandbox
}

fn people_and_teams(store: &mut Store) {
    put(
        store,
        "User",
        json!({ "id": ANN, "name": "Ann", "isMe": true, "active": true, "createdAt": day(1) }),
    );
    put(
        store,
        "User",
        json!({ "id": BOB, "name": "Bob", "active": true, "createdAt": day(2) }),
    );
    put(
        store,
        "Team",
        json!({ "id": ENG, "key": "ENG", "name": "Engineering", "createdAt": day(1) }),
    );
    put(
        store,
        "Team",
        json!({ "id": DES, "key": "DES", "name": "Design", "parentId": ENG, "createdAt": day(2) }),
    );
    for (id, name, kind) in [(TODO, "Todo", "unstarted"), (DONE, "Done", "completed")] {
        let state = json!({ "id": id, "name": name, "type": kind, "color": "#000000", "position": 1,
                            "teamId": ENG, "createdAt": day(1) });
        put(store, "WorkflowState", state);
    }
    put(
        store,
        "IssueLabel",
        json!({ "id": BUG, "name": "Bug", "color": "#f00000", "createdAt": day(1) }),
    );
    put(
        store,
        "IssueLabel",
        json!({ "id": API, "name": "api", "color": "#0f0000", "teamId": ENG, "createdAt": day(2) }),
    );
}

fn issues(store: &mut Store) {
    issue(
        store,
        1,
        "Fix login",
        json!({ "labelIds": [BUG, API], "assigneeId": ANN, "priority": 1,
                                         "dueDate": "2025-01-20", "description": "Users cannot sign in" }),
    );
    issue(
        store,
        2,
        "fix logout",
        json!({ "labelIds": [BUG], "assigneeId": BOB, "priority": 2,
                                          "parentId": issue_id(1) }),
    );
    issue(store, 3, "Café menu", json!({ "stateId": DONE }));
    issue(store, 4, "Old thing", json!({ "archivedAt": day(10) }));
    issue(
        store,
        5,
        "Report login times",
        json!({ "labelIds": [API], "priority": 3,
                                                  "previousIdentifiers": ["DES-9"] }),
    );
    let relation = json!({ "id": "00000000-0000-4000-8000-0000000000f1", "type": "blocks",
                           "issueId": issue_id(1), "relatedIssueId": issue_id(2), "createdAt": day(8) });
    put(store, "IssueRelation", relation);
    let comment = json!({ "id": "00000000-0000-4000-8000-0000000000f2", "body": "Züge", "issueId": issue_id(1),
                          "userId": BOB, "createdAt": day(9) });
    put(store, "Comment", comment);
}

/// Stores an issue of ENG, which is in Todo and without labels unless `more` says otherwise.
pub(super) fn issue(store: &mut Store, number: u32, title: &str, more: Value) {
    let mut issue = json!({
        "id": issue_id(number), "number": number, "identifier": format!("ENG-{number}"), "title": title,
        "teamId": ENG, "stateId": TODO, "labelIds": [], "priority": 0, "branchName": format!("ann/eng-{number}-x"),
        "createdAt": day(number + 5), "updatedAt": day(31_u32.saturating_sub(number)),
    });
    for (field, value) in more.as_object().unwrap() {
        issue[field] = value.clone();
    }
    put(store, "Issue", issue);
}

fn put(store: &mut Store, kind: &'static str, mut record: Value) {
    if record.get("updatedAt").is_none() {
        record["updatedAt"] = record["createdAt"].clone();
    }
    store.put(kind, record.as_object().unwrap().clone());
}

/// Ten o'clock on a day of January 2025.
fn day(day: u32) -> String {
    format!("2025-01-{day:02}T10:00:00.000Z")
}

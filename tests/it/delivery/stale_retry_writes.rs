//! Every kind of write that goes by what the session remembers is healed (`stale_retry.rs` has what healing is).

use linear_ops::sandbox::store::text;

use crate::delivery::stale_retry::{FULL, JANE, healed};
use crate::support::World;
use crate::support::external_changes::{Change, NEW, replace, set};

/// A session that knows all that the requests below name.
async fn warm() -> World {
    let world = World::new().await;
    for (operation, params) in [
        ("create_issue", FULL),
        (
            "create_project",
            "{name: Warm, teams: [DES, OPS], lead: jane, state: Paused, labels: [Q1]}",
        ),
        ("list_projects", "{}"),
        ("list_labels", "{team: ENG}"),
        ("list_labels", "{team: OPS}"),
    ] {
        world.call(operation, params).await.data();
    }
    world
}

/// A write, what is changed before it, and how many requests it needs then: where something is read before the write,
/// it is read again before the second.
type Write = (&'static str, &'static str, Change, u64);

/// Asserts that each heals in a session that knows all its names, and is made with what took the old one's place.
async fn heal(writes: &[Write]) {
    for (operation, params, change, calls) in writes {
        let world = warm().await;
        world.sandbox.edit(change);
        world.seen();
        let answer = world.call(operation, params).await;
        answer.data();
        let what = format!("{operation} {params}: {:#}", answer.0);
        assert_eq!(healed(&answer).len(), 1, "{what}");
        assert_eq!(answer.calls(), *calls, "{what}");
        let written = world.seen().pop().unwrap().variables.to_string();
        assert!(written.contains(NEW), "{what} {written}");
    }
}

const BACKEND: Change = |store| replace(store, "IssueLabel", "backend");
const GROUP: Change = |store| replace(store, "IssueLabel", "Type");
const DESIGN: Change = |store| replace(store, "Project", "Design System");
const OPERATIONS: Change = |store| replace(store, "Team", "OPS");

#[tokio::test]
async fn changes_of_issues_and_labels_are_healed() {
    let update = "update_issue";
    heal(&[
        (update, "{issue_id: ENG-232, assignee: jane}", JANE, 5),
        (
            update,
            "{issue_id: ENG-232, add_labels: [backend]}",
            BACKEND,
            5,
        ),
        (
            "create_issue_label",
            "{team: ENG, name: N, group: Type}",
            GROUP,
            3,
        ),
    ])
    .await;
}

#[tokio::test]
async fn projects_are_healed() {
    let status: Change = |store| {
        replace(store, "ProjectStatus", "Paused");
        set(store, "Project", "Warm", "statusId", NEW);
    };
    let label: Change = |store| replace(store, "ProjectLabel", "Q1");
    let create = "create_project";
    heal(&[
        (create, "{name: N, teams: [DES], lead: jane}", JANE, 3),
        (create, "{name: N, teams: [DES], members: [jane]}", JANE, 3),
        (create, "{name: N, teams: [DES], state: Paused}", status, 3),
        (create, "{name: N, teams: [DES], labels: [Q1]}", label, 3),
        (create, "{name: N, teams: [DES, OPS]}", OPERATIONS, 3),
        (
            "update_project",
            "{project: Auth System, state: Paused}",
            status,
            5,
        ),
        (
            "update_project",
            "{project: Design System, priority: 2, changes: false}",
            DESIGN,
            3,
        ),
    ])
    .await;
}

#[tokio::test]
async fn documents_are_healed() {
    let moved = "{document_id: '000000000182', project: Design System}";
    heal(&[
        (
            "create_document",
            "{title: N, project: Design System}",
            DESIGN,
            3,
        ),
        ("create_document", "{title: N, team: OPS}", OPERATIONS, 3),
        ("update_document", moved, DESIGN, 5),
    ])
    .await;
}

/// Of a label that Linear does not take, it is first asked whether somebody else has made it.
#[tokio::test]
async fn labels_are_made_in_the_team_that_took_the_place_of_another() {
    for (operation, params) in [
        ("get_or_create_label", "{team: OPS, name: one}"),
        ("ensure_labels_exist", "{team: OPS, labels: [one, two]}"),
    ] {
        let world = warm().await;
        world.sandbox.edit(OPERATIONS);
        let answer = world.call(operation, params).await;
        answer.data();
        assert_eq!(
            healed(&answer),
            ["healed: team 'Operations' had gone from Linear; looked up anew"]
        );
        let mut owner = None;
        world.sandbox.edit(|store| {
            let label = store.find("IssueLabel", "name", "one").unwrap();
            owner = text(label, "teamId").map(str::to_owned);
        });
        assert_eq!(owner.as_deref(), Some(NEW), "{operation}");
    }
}

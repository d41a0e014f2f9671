//! A write that Linear refuses because the cache is out of date: its names are looked up again, and it is repeated
//! once.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::store::text;
use serde_json::json;

use crate::support::external_changes::{Change, NEW, remove, replace, set};
use crate::support::failures::{records, refuse, script_acts, with_root};
use crate::support::{Answer, TestWorkspace, call, mutations, variable};

/// An issue with a name of every kind.
pub const FULL: &str = "{team: ENG, title: T, state: Done, labels: [backend], assignee: jane, project: Auth System, \
    milestone: Beta, cycle: current}";

/// Replaces the user Jane by another record.
pub const JANE: Change = |store| replace(store, "User", "jane");

/// A time after all times of the seed.
const LATER: &str = "2025-01-16T11:00:00.000Z";

/// When the current cycle began.
const NOW: &str = "2025-01-13T00:00:00.000Z";

/// Returns a test workspace in which the request has succeeded once, so that the cache has all its names, and whose records were
/// then changed.
async fn changed(operation: &str, params: &str, change: Change) -> TestWorkspace {
    let workspace = TestWorkspace::new().await;
    workspace.call(operation, params).await.data();
    workspace.sandbox.edit(change);
    workspace.take_requests();
    workspace
}

/// Runs the request, changes the records, and returns the answer to the same request afterwards.
async fn after(operation: &str, params: &str, change: Change) -> (TestWorkspace, Answer) {
    let workspace = changed(operation, params, change).await;
    let answer = workspace.call(operation, params).await;
    (workspace, answer)
}

/// Returns the steps that report which names were looked up again.
pub fn healed(answer: &Answer) -> Vec<&str> {
    let steps = answer.texts("/metadata/operations");
    steps
        .into_iter()
        .filter(|step| step.starts_with("healed: "))
        .collect()
}

fn hints_at_the_cache(answer: &Answer) -> bool {
    let hints = answer.texts("/error/suggestions");
    hints.iter().any(|hint| hint.contains("refresh_cache"))
}

#[tokio::test]
async fn a_label_that_is_gone_is_made_again_and_the_issue_with_it() {
    let (workspace, answer) = after("create_issue", FULL, |store| {
        remove(store, "IssueLabel", "backend");
    })
    .await;
    assert_eq!(answer.data()["labels"][0]["name"], "backend");
    assert_eq!(
        healed(&answer),
        ["healed: label 'backend' had gone from Linear; looked up anew"]
    );
    let received = workspace.take_requests();
    assert_eq!(answer.calls(), received.len() as u64);
    assert_eq!(with_root(&received, "issueCreate"), 2);
    assert_eq!(
        received.len() - mutations(&received),
        1,
        "one question: {received:?}"
    );
    assert_eq!(records(&workspace, "Issue", "title", "T"), 2);
    assert_eq!(records(&workspace, "IssueLabel", "name", "backend"), 1);
    // The steps of the first run are not reported: each step is listed once.
    let steps = answer.texts("/metadata/operations");
    let ensured: Vec<_> = steps
        .iter()
        .filter(|step| step.starts_with("ensure_labels"))
        .collect();
    assert_eq!(ensured, [&"ensure_labels: backend (1 created)"]);
}

#[tokio::test]
async fn a_label_that_somebody_else_made_in_its_place_is_used() {
    let label = "{team: ENG, name: backend}";
    let workspace = changed("create_issue", FULL, |store| {
        remove(store, "IssueLabel", "backend");
    })
    .await;
    let other = call(&workspace.another_session(), "get_or_create_label", label).await;
    assert_eq!(other.data()["created"], true);
    workspace.take_requests();
    let shown = FULL.replace("{team", "{detail: full, team");
    let answer = workspace.call("create_issue", &shown).await;
    assert_eq!(answer.data()["labels"][0]["id"], other.data()["id"]);
    assert_eq!(answer.calls(), 3);
    assert_eq!(healed(&answer).len(), 1);
    assert_eq!(records(&workspace, "IssueLabel", "name", "backend"), 1);
    // The session now has the new id in its cache.
    let again = workspace.call("create_issue", &shown).await;
    assert_eq!(
        (again.data()["labels"][0]["id"].clone(), again.calls()),
        (other.data()["id"].clone(), 1)
    );
}

#[tokio::test]
async fn a_label_that_was_retired_is_left_out_with_a_warning() {
    let (_, answer) = after("create_issue", FULL, |store| {
        set(store, "IssueLabel", "backend", "retiredAt", LATER);
    })
    .await;
    answer.data();
    assert_eq!(answer.calls(), 3);
    assert_eq!(
        healed(&answer),
        ["healed: label 'backend' had changed in Linear; looked up anew"]
    );
    assert!(
        answer
            .texts("/warnings")
            .iter()
            .any(|text| text.contains("retired"))
    );
}

/// Each record that the write names has been replaced by another: the write is refused, one query looks the names up
/// again, and the write is repeated.
#[tokio::test]
async fn whatever_took_the_place_of_what_is_gone_is_used() {
    let kinds: [(&str, Change); 4] = [
        ("stateId", |store| {
            replace(store, "WorkflowState", "Done");
        }),
        ("assigneeId", |store| replace(store, "User", "jane")),
        ("projectMilestoneId", |store| {
            replace(store, "ProjectMilestone", "Beta")
        }),
        ("cycleId", |store| replace(store, "Cycle", NOW)),
    ];
    for (field, change) in kinds {
        let (workspace, answer) = after("create_issue", FULL, change).await;
        answer.data();
        assert_eq!(answer.calls(), 3, "{field}");
        let steps = healed(&answer);
        assert_eq!(steps.len(), 1, "{field}: {:#}", answer.0);
        assert!(!steps[0].contains("''"), "{steps:?}");
        let received = workspace.take_requests();
        let last = [received.last().unwrap().clone()];
        assert_eq!(variable(&last, "issueCreate", "input")[field], NEW);
    }
}

#[tokio::test]
async fn what_is_gone_for_good_is_not_found_and_what_there_is_is_listed() {
    let kinds: [(&str, &str, Change); 7] = [
        ("STATUS_NOT_FOUND", "available_statuses", |store| {
            remove(store, "WorkflowState", "Done");
        }),
        ("STATUS_NOT_FOUND", "available_statuses", |store| {
            set(store, "WorkflowState", "Done", "archivedAt", LATER);
        }),
        ("USER_NOT_FOUND", "available_users", |store| {
            set(store, "User", "jane", "active", false);
        }),
        ("PROJECT_NOT_FOUND", "available_projects", |store| {
            set(store, "Project", "Auth System", "archivedAt", LATER);
        }),
        ("MILESTONE_NOT_FOUND", "available_milestones", |store| {
            remove(store, "ProjectMilestone", "Beta");
        }),
        ("CYCLE_NOT_FOUND", "available_cycles", |store| {
            remove(store, "Cycle", NOW);
        }),
        ("TEAM_NOT_FOUND", "available_teams", |store| {
            remove(store, "Team", "ENG");
        }),
    ];
    for (code, listed, change) in kinds {
        let (workspace, answer) = after("create_issue", FULL, change).await;
        assert_eq!(answer.code(), code, "{:#}", answer.0);
        let there = answer.at(&format!("/error/details/{listed}"));
        assert!(!there.as_array().unwrap().is_empty(), "{:#}", answer.0);
        // The last request looks up the missing name before it is reported as unknown.
        assert_eq!(answer.calls(), 3, "{code}");
        assert_eq!(with_root(&workspace.take_requests(), "issueCreate"), 1);
        assert!(!hints_at_the_cache(&answer));
    }
}

#[tokio::test]
async fn an_id_that_the_caller_gave_is_looked_up_again_like_a_name() {
    let workspace = TestWorkspace::new().await;
    let known = workspace
        .call("get_valid_state_id", "{team: ENG, state: Done}")
        .await;
    let params = format!("{{team: ENG, title: T, state: {}}}", known.text("/data/id"));
    workspace.sandbox.edit(|store| {
        remove(store, "WorkflowState", "Done");
    });
    let answer = workspace.call("create_issue", &params).await;
    assert_eq!((answer.code(), answer.calls()), ("STATUS_NOT_FOUND", 3));
}

#[tokio::test]
async fn a_refusal_that_no_name_is_to_blame_for_costs_one_question_and_stands() {
    let workspace = changed("create_issue", FULL, |_| {}).await;
    refuse(&workspace, "issueCreate", 1);
    let answer = workspace.call("create_issue", FULL).await;
    assert_eq!(answer.code(), "ISSUE_CREATION_FAILED");
    assert_eq!(
        answer.text("/error/details/reason"),
        "The moon is in the wrong house."
    );
    assert_eq!(answer.calls(), 2);
    assert!(healed(&answer).is_empty());
    assert!(!hints_at_the_cache(&answer));
}

#[tokio::test]
async fn what_was_just_looked_up_is_not_doubted() {
    let workspace = TestWorkspace::new().await;
    refuse(&workspace, "issueCreate", 2);
    let cold = workspace.call("create_issue", FULL).await;
    assert_eq!((cold.code(), cold.calls()), ("ISSUE_CREATION_FAILED", 2));
    let fresh = FULL.replace("title: T", "title: T, refresh_cache: true");
    let requested = workspace.call("create_issue", &fresh).await;
    assert_eq!(
        (requested.code(), requested.calls()),
        ("ISSUE_CREATION_FAILED", 2)
    );
}

#[tokio::test]
async fn a_write_is_repeated_once() {
    let workspace = changed("create_issue", FULL, JANE).await;
    refuse(&workspace, "issueCreate", 9);
    let answer = workspace.call("create_issue", FULL).await;
    assert_eq!(answer.code(), "ISSUE_CREATION_FAILED");
    assert_eq!(answer.calls(), 3);
}

#[tokio::test]
async fn where_nothing_can_be_asked_the_error_says_how_to_look_again() {
    let workspace = changed("create_issue", FULL, JANE).await;
    script_acts(&workspace, "users", vec![Act::NotJson; 3]);
    let answer = workspace.call("create_issue", FULL).await;
    assert_eq!(answer.code(), "ISSUE_CREATION_FAILED");
    assert!(hints_at_the_cache(&answer));
    assert_eq!(answer.calls(), 4);
    // Nothing was created, and the next attempt looks the names up again.
    let again = workspace.call("create_issue", FULL).await;
    assert_eq!(
        (again.calls(), healed(&again).len()),
        (3, 1),
        "{:#}",
        again.0
    );
}

#[tokio::test]
async fn a_label_made_for_the_first_run_is_used_by_the_second_and_told_of() {
    let warm = "{team: ENG, title: T, state: Done}";
    let params = "{team: ENG, title: T, state: Done, labels: [brand-new]}";
    let workspace = changed("create_issue", warm, |store| {
        replace(store, "WorkflowState", "Done");
    })
    .await;
    workspace.call("list_labels", "{team: ENG}").await.data();
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.data()["labels"][0]["name"], "brand-new");
    assert_eq!(records(&workspace, "IssueLabel", "name", "brand-new"), 1);
    let steps = answer.texts("/metadata/operations");
    assert!(steps.contains(&"create_labels: brand-new"), "{steps:?}");
    workspace.sandbox.edit(|store| {
        remove(store, "WorkflowState", NEW);
    });
    let params = "{team: ENG, title: T, state: Done, labels: [another]}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.code(), "STATUS_NOT_FOUND");
    let made = records(&workspace, "IssueLabel", "name", "another");
    let reported = answer.texts("/error/details/created_labels");
    assert_eq!(reported, vec!["another"; made]);
}

/// `end` is a part of `backend`, which is not what it means any more when it has been made.
#[tokio::test]
async fn a_label_made_for_a_write_is_no_reason_to_repeat_it() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_labels", "{team: ENG}").await.data();
    refuse(&workspace, "issueCreate", 9);
    let answer = workspace
        .call("create_issue", "{team: ENG, title: T, labels: [end]}")
        .await;
    assert_eq!(answer.code(), "ISSUE_CREATION_FAILED");
    assert_eq!(answer.texts("/error/details/created_labels"), ["end"]);
    // The issue was sent with its label, and once more alone, in case Linear did not see the label in the same
    // request.
    assert_eq!(with_root(&workspace.take_requests(), "issueCreate"), 2);
}

#[tokio::test]
async fn a_filter_by_what_is_gone_finds_nothing_and_is_not_looked_up_again() {
    let (_, answer) = after("list_issues", "{team: ENG, labels: [backend]}", |store| {
        remove(store, "IssueLabel", "backend");
    })
    .await;
    assert_eq!(answer.data()["issues"], json!([]));
    assert_eq!(answer.calls(), 1);
}

/// A session whose cache has every name that the writes below use.
async fn with_all_names_known() -> TestWorkspace {
    let workspace = TestWorkspace::new().await;
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
        workspace.call(operation, params).await.data();
    }
    workspace
}

/// A write, the change made before it, and how many requests the write then needs. Where the write reads something
/// first, the repeated write reads it again.
type Write = (&'static str, &'static str, Change, u64);

/// Asserts that each write is repeated once in a session that has all its names in the cache, and that the repeated
/// write has the id of what took the place of the old record.
async fn assert_each_is_retried(writes: &[Write]) {
    for (operation, params, change, calls) in writes {
        let workspace = with_all_names_known().await;
        workspace.sandbox.edit(change);
        workspace.take_requests();
        let answer = workspace.call(operation, params).await;
        answer.data();
        let what = format!("{operation} {params}: {:#}", answer.0);
        assert_eq!(healed(&answer).len(), 1, "{what}");
        assert_eq!(answer.calls(), *calls, "{what}");
        let written = workspace
            .take_requests()
            .pop()
            .unwrap()
            .variables
            .to_string();
        assert!(written.contains(NEW), "{what} {written}");
    }
}

const BACKEND: Change = |store| replace(store, "IssueLabel", "backend");
const GROUP: Change = |store| replace(store, "IssueLabel", "Type");
const DESIGN: Change = |store| replace(store, "Project", "Design System");
const OPERATIONS: Change = |store| replace(store, "Team", "OPS");

#[tokio::test]
async fn changes_of_issues_and_labels_are_repeated_with_fresh_ids() {
    let update = "update_issue";
    assert_each_is_retried(&[
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
async fn writes_of_projects_are_repeated_with_fresh_ids() {
    let status: Change = |store| {
        replace(store, "ProjectStatus", "Paused");
        set(store, "Project", "Warm", "statusId", NEW);
    };
    let label: Change = |store| replace(store, "ProjectLabel", "Q1");
    let create = "create_project";
    assert_each_is_retried(&[
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
async fn writes_of_documents_are_repeated_with_fresh_ids() {
    let moved = "{document_id: '000000000182', project: Design System}";
    assert_each_is_retried(&[
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

/// When Linear refuses a label, the server first looks whether somebody else has created it.
#[tokio::test]
async fn labels_are_made_in_the_team_that_took_the_place_of_another() {
    for (operation, params) in [
        ("get_or_create_label", "{team: OPS, name: one}"),
        ("ensure_labels_exist", "{team: OPS, labels: [one, two]}"),
    ] {
        let workspace = with_all_names_known().await;
        workspace.sandbox.edit(OPERATIONS);
        let answer = workspace.call(operation, params).await;
        answer.data();
        assert_eq!(
            healed(&answer),
            ["healed: team 'Operations' had gone from Linear; looked up anew"]
        );
        let mut owner = None;
        workspace.sandbox.edit(|store| {
            let label = store.find("IssueLabel", "name", "one").unwrap();
            owner = text(label, "teamId").map(str::to_owned);
        });
        assert_eq!(owner.as_deref(), Some(NEW), "{operation}");
    }
}

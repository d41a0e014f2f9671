//! `archive_issue`, `unarchive_issue`, `delete_issue`.

use linear_ops::sandbox::Act;

use crate::support::failures::{assert_acts_used, refuse_once, script_acts, snapshot, with_root};
use crate::support::{Answer, TestWorkspace, mutations};

const OPERATIONS: [(&str, &str, &str); 3] = [
    ("archive_issue", "issueArchive", "{issue_id: PSN-125}"),
    ("unarchive_issue", "issueUnarchive", "{issue_id: ENG-228}"),
    ("delete_issue", "issueDelete", "{issue_id: PSN-125}"),
];

/// The same without the day, which is today's.
fn kept(name: &str, mut answer: Answer) {
    if let Some(until) = answer.0.pointer_mut("/data/kept_until") {
        *until = "[day]".into();
    }
    snapshot(name, &answer);
}

#[tokio::test]
async fn what_is_done_and_done_again_as_it_is_shown() {
    for (operation, _, params) in OPERATIONS {
        let workspace = TestWorkspace::deleting().await;
        let once = workspace.call(operation, params).await;
        assert_eq!(once.calls(), 2, "{operation}");
        assert_eq!(mutations(&workspace.take_requests()), 1);
        kept(operation, once);
        let again = workspace.call(operation, params).await;
        assert_eq!(again.calls(), 1, "{operation}");
        assert_eq!(mutations(&workspace.take_requests()), 0);
        assert!(again.texts("/warnings")[0].starts_with("nothing changed"));
        kept(&format!("{operation}_again"), again);
        let missing = workspace.call(operation, "{issue_id: PSN-999}").await;
        assert_eq!(missing.code(), "ISSUE_NOT_FOUND");
    }
}

#[tokio::test]
async fn the_shelves_lead_into_one_another() {
    let workspace = TestWorkspace::deleting().await;
    let listed = async |workspace: &TestWorkspace| {
        let list = workspace
            .call("list_issues", "{team: PSN, state: Done}")
            .await;
        list.data()["issues"].as_array().unwrap().len()
    };
    assert_eq!(listed(&workspace).await, 1);
    workspace
        .call("archive_issue", "{id: psn-125}")
        .await
        .data();
    assert_eq!(listed(&workspace).await, 0);
    let deleted = workspace.call("delete_issue", "{issueId: PSN-125}").await;
    assert_eq!(deleted.data()["trashed"], true);
    let day = deleted.text("/data/kept_until");
    let until: jiff::civil::Date = day.parse().unwrap();
    let today = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    assert!(
        (29..=31).contains(&today.until(until).unwrap().get_days()),
        "{day}"
    );
    let back = workspace.call("unarchive_issue", "{issue: PSN-125}").await;
    assert_eq!(back.data().get("archived_at"), None);
    assert_eq!(back.data().get("trashed"), None);
    assert_eq!(listed(&workspace).await, 1);
}

#[tokio::test]
async fn a_deletion_is_refused_unless_it_is_allowed() {
    let workspace = TestWorkspace::new().await;
    for name in ["delete_issue", "trash_issue"] {
        let answer = workspace.call(name, "{issue_id: PSN-125}").await;
        assert_eq!((answer.code(), answer.calls()), ("CONFIG_ERROR", 0));
        snapshot("delete_issue_refused", &answer);
    }
}

#[tokio::test]
async fn a_lost_answer_is_settled() {
    for (operation, root, params) in OPERATIONS {
        for acts in [
            vec![Act::Drop],
            vec![Act::DropAfterCommit],
            vec![Act::Truncated],
        ] {
            let workspace = TestWorkspace::deleting().await;
            script_acts(&workspace, root, acts);
            let answer = workspace.call(operation, params).await;
            assert_acts_used(&workspace, &answer);
            answer.data();
            assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
        }
        let workspace = TestWorkspace::deleting().await;
        script_acts(&workspace, root, [Act::Drop, Act::Drop, Act::Drop]);
        let answer = workspace.call(operation, params).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.code(), "OUTCOME_UNKNOWN");
        assert_eq!(with_root(&workspace.take_requests(), root), 3);
    }
}

#[tokio::test]
async fn a_refusal_is_told_with_its_reason() {
    for (operation, root, params) in OPERATIONS {
        let workspace = TestWorkspace::deleting().await;
        refuse_once(&workspace, root, "Not on a Sunday");
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED", "{operation}");
        assert_eq!(answer.text("/error/details/reason"), "Not on a Sunday");
        script_acts(
            &workspace,
            root,
            [Act::SuccessFalse {
                field: root.to_owned(),
            }],
        );
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED", "{operation}");
    }
}

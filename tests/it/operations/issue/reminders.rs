//! `snooze_until` and `reminder_at` of `create_issue` and `update_issue`.

use linear_ops::clock::Clock;
use linear_ops::sandbox::Act;
use serde_json::json;

use crate::support::failures::{assert_acts_used, refuse, script_acts, with_root};
use crate::support::{TestWorkspace, mutations};

/// A moment that lies ahead of the stand-in's clock as well: 2090-03-01T12:00:00Z.
const NOW: i64 = 3_792_052_800_000;

/// Returns a test workspace whose session has the time [`NOW`].
async fn workspace() -> TestWorkspace {
    let ids = std::sync::atomic::AtomicU64::new(1);
    let clock = Clock::new(
        || NOW,
        move || {
            let number = ids.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            format!("c11e0000-0000-4000-8000-{number:012x}")
        },
    );
    TestWorkspace::with_clock(clock, |_| {}).await
}

/// Returns a field of an issue in the stand-in.
fn stored(workspace: &TestWorkspace, identifier: &str, field: &str) -> Option<String> {
    let id = workspace.id("Issue", "identifier", identifier);
    workspace.stored("Issue", &id, field)
}

/// What is given, and the moment that it means.
const MOMENTS: [(&str, &str); 8] = [
    ("2090-04-01", "2090-04-01T00:00:00.000Z"),
    ("2090-04-01T09:30:00Z", "2090-04-01T09:30:00.000Z"),
    ("2090-04-01T09:30:00+02:00", "2090-04-01T07:30:00.000Z"),
    ("P7D", "2090-03-08T12:00:00.000Z"),
    ("P1M", "2090-04-01T12:00:00.000Z"),
    ("PT4H", "2090-03-01T16:00:00.000Z"),
    ("+P1DT1M", "2090-03-02T12:01:00.000Z"),
    ("p2w", "2090-03-15T12:00:00.000Z"),
];

#[tokio::test]
async fn dates_timestamps_and_durations_are_moments_ahead() {
    let workspace = workspace().await;
    for (given, moment) in MOMENTS {
        let params =
            format!("{{issue_id: ENG-231, snooze_until: '{given}', reminder_at: '{given}'}}");
        let answer = workspace.call("update_issue", &params).await;
        answer.data();
        assert_eq!(answer.calls(), 2, "{given}");
        for field in ["snoozedUntilAt", "reminderAt"] {
            assert_eq!(
                stored(&workspace, "ENG-231", field).as_deref(),
                Some(moment),
                "{given}"
            );
        }
    }
}

#[tokio::test]
async fn a_new_issue_is_snoozed_and_reminded_of_in_the_request_that_creates_it() {
    let workspace = workspace().await;
    let params = "{team: ENG, title: T, snooze_until: P7D, reminder_at: P8D, subscribers: [me], delegate: CI Bot, \
        template: Feature request, labels: [brand-new], links: ['https://example.com/a']}";
    for calls in [2, 1] {
        workspace.take_requests();
        let answer = workspace.call("create_issue", params).await;
        assert_eq!(answer.calls(), calls, "{:#}", answer.0);
        assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
        assert_eq!(answer.data()["snooze_until"], "2090-03-08T12:00:00Z");
        let identifier = answer.text("/data/identifier");
        assert_eq!(
            stored(&workspace, identifier, "snoozedUntilAt").unwrap(),
            "2090-03-08T12:00:00.000Z"
        );
        assert_eq!(
            stored(&workspace, identifier, "reminderAt").unwrap(),
            "2090-03-09T12:00:00.000Z"
        );
        let received = workspace.take_requests();
        assert_eq!(mutations(&received), 1);
        for root in ["issueCreate", "issueUpdate", "issueReminder"] {
            assert_eq!(with_root(&received, root), 1, "{root}");
        }
    }
}

#[tokio::test]
async fn a_snoozed_issue_is_woken_and_the_changes_tell_it() {
    let workspace = workspace().await;
    let snoozed = "{issue_id: ENG-231, snooze_until: P7D}";
    let answer = workspace.call("update_issue", snoozed).await;
    assert_eq!(
        answer.texts("/metadata/changes"),
        ["snooze_until: none → 2090-03-08T12:00:00.000Z"]
    );
    assert_eq!(answer.data()["snooze_until"], "2090-03-08T12:00:00Z");
    let shown = workspace.call("get_issue", "{issue_id: ENG-231}").await;
    assert_eq!(shown.data()["snooze_until"], "2090-03-08T12:00:00Z");
    let woken = "{issue_id: ENG-231, snooze_until: null}";
    let answer = workspace.call("update_issue", woken).await;
    assert_eq!(
        answer.texts("/metadata/changes"),
        ["snooze_until: 2090-03-08T12:00:00.000Z → none"]
    );
    assert_eq!(stored(&workspace, "ENG-231", "snoozedUntilAt"), None);
    let fast = "{issue_id: ENG-231, snooze_until: P7D, changes: false}";
    assert_eq!(workspace.call("update_issue", fast).await.calls(), 1);
}

#[tokio::test]
async fn a_reminder_alone_is_a_change() {
    let workspace = workspace().await;
    for params in [
        "{issue_id: ENG-231, reminder_at: PT4H}",
        "{issue_id: ENG-231, reminder_at: PT4H, changes: false}",
    ] {
        workspace.take_requests();
        let answer = workspace.call("update_issue", params).await;
        assert_eq!(answer.data()["identifier"], "ENG-231");
        assert_eq!(
            answer.texts("/metadata/changes"),
            ["reminder_at: set to 2090-03-01T16:00:00.000Z"]
        );
        assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
        assert_eq!(answer.calls(), 2);
        assert_eq!(with_root(&workspace.take_requests(), "issueUpdate"), 0);
    }
}

#[tokio::test]
async fn what_does_not_lie_ahead_sends_nothing() {
    let workspace = workspace().await;
    for (value, code) in [
        ("2090-03-01", "INVALID_PARAM"),
        ("2090-03-01T12:00:00Z", "INVALID_PARAM"),
        ("2020-01-01", "INVALID_PARAM"),
        ("P0D", "INVALID_PARAM"),
        ("P9999Y", "INVALID_PARAM"),
        ("-P7D", "INVALID_DATE_FORMAT"),
        ("tomorrow", "INVALID_DATE_FORMAT"),
        ("2090-04-01T09:30:00", "INVALID_DATE_FORMAT"),
        ("2090-02-30", "INVALID_DATE_FORMAT"),
        ("''", "INVALID_DATE_FORMAT"),
    ] {
        for param in ["snooze_until", "reminder_at"] {
            for (operation, target) in [
                ("create_issue", "team: ENG, title: T"),
                ("update_issue", "issue_id: ENG-231, title: T"),
            ] {
                if value == "''" {
                    continue;
                }
                workspace.take_requests();
                let params = format!("{{{target}, {param}: {value}}}");
                let answer = workspace.call(operation, &params).await;
                assert_eq!(answer.code(), code, "{params}");
                assert_eq!(mutations(&workspace.take_requests()), 0, "{params}");
            }
        }
    }
    let back = workspace
        .call("update_issue", "{issue_id: ENG-231, snooze_until: -P7D}")
        .await;
    assert!(
        back.text("/error/message").contains("did you mean P7D?"),
        "{:#}",
        back.0
    );
}

#[tokio::test]
async fn a_reminder_cannot_be_cleared() {
    let workspace = workspace().await;
    for params in [
        "{issue_id: ENG-231, reminder_at: null}",
        "{issue_id: ENG-231, title: T, reminder_at: none}",
        "{issue_id: ENG-231, title: T, clear: [reminder_at]}",
    ] {
        let answer = workspace.call("update_issue", params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{params}");
        assert!(answer.text("/error/message").contains("cannot be cleared"));
    }
    assert_eq!(workspace.take_requests().len(), 0);
}

#[tokio::test]
async fn a_refused_snooze_and_a_refused_reminder_are_warnings_and_the_issue_stands() {
    for (root, warning) in [
        (
            "issueUpdate",
            "snooze until '2090-03-08T12:00:00.000Z' not set: ",
        ),
        (
            "issueReminder",
            "reminder at '2090-03-09T12:00:00.000Z' not set: ",
        ),
    ] {
        let workspace = workspace().await;
        // Linear is asked once more in a request of its own, in case it did not see the new issue.
        refuse(&workspace, root, 2);
        let params = "{team: ENG, title: T, snooze_until: P7D, reminder_at: P8D}";
        let answer = workspace.call("create_issue", params).await;
        assert_eq!(answer.data()["title"], "T");
        let warnings = answer.texts("/warnings");
        assert_eq!(warnings.len(), 1, "{:#}", answer.0);
        assert!(warnings[0].starts_with(warning), "{warnings:?}");
        let identifier = answer.text("/data/identifier");
        let set = [
            stored(&workspace, identifier, "snoozedUntilAt").is_some(),
            stored(&workspace, identifier, "reminderAt").is_some(),
        ];
        assert_eq!(set, [root != "issueUpdate", root != "issueReminder"]);
        assert_eq!(answer.data().get("snooze_until").is_some(), set[0]);
    }
}

#[tokio::test]
async fn nothing_is_set_where_the_issue_is_refused() {
    let workspace = workspace().await;
    refuse(&workspace, "issueCreate", 2);
    workspace.take_requests();
    let params = "{team: ENG, title: T, snooze_until: P7D, reminder_at: P8D}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(answer.code(), "ISSUE_CREATION_FAILED");
}

#[tokio::test]
async fn a_lost_answer_leaves_one_issue_and_tells_what_is_not_known() {
    let workspace = workspace().await;
    script_acts(&workspace, "issueCreate", [Act::DropAfterCommit]);
    let params = "{team: ENG, title: Only one, snooze_until: P7D, reminder_at: P8D}";
    let answer = workspace.call("create_issue", params).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.data()["snooze_until"], "2090-03-08T12:00:00Z");
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 1, "{:#}", answer.0);
    assert!(
        warnings[0].starts_with(
            "reminder at '2090-03-09T12:00:00.000Z' may not be set, the answer was lost"
        ),
        "{warnings:?}"
    );
    assert_eq!(
        crate::support::failures::records(&workspace, "Issue", "title", "Only one"),
        1
    );
}

#[tokio::test]
async fn a_dry_run_shows_the_moments() {
    let workspace = workspace().await;
    let params = "{team: ENG, title: T, snooze_until: P7D, reminder_at: P8D, dry_run: true}";
    let answer = workspace.call("create_issue", params).await;
    assert_eq!(
        answer.data()["would_send"],
        json!([
            {"issueCreate": {"team": "Engineering", "title": "T"}},
            {"issueUpdate": {"id": "T", "snoozed_until_at": "2090-03-08T12:00:00.000Z"}},
            {"issueReminder": {"id": "T", "reminder_at": "2090-03-09T12:00:00.000Z"}},
        ])
    );
    let params = "{issue_id: ENG-231, snooze_until: P7D, dry_run: true}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(
        answer.texts("/metadata/changes"),
        ["snooze_until: none → 2090-03-08T12:00:00.000Z"]
    );
}

//! `update_checklist_items`.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;
use linear_ops::sandbox::store::Record;
use serde_json::json;

use crate::support::failures::{
    assert_acts_used, far_limit, records, refuse_once, refused, script_acts, snapshot, with_root,
};
use crate::support::{TestWorkspace, mutations, snapshot_but_for};

const ITEM: &str = "{issue_id: PSN-123, indices: [1]}";

/// The description of an issue, as the stand-in keeps it.
pub fn description(workspace: &TestWorkspace, identifier: &str) -> String {
    let id = issue(workspace, identifier);
    workspace
        .stored("Issue", &id, "description")
        .unwrap_or_default()
}

/// The id of an issue.
fn issue(workspace: &TestWorkspace, identifier: &str) -> String {
    workspace.id("Issue", "identifier", identifier)
}

/// Lets another client write this description just before the next write is executed.
pub fn meanwhile(workspace: &TestWorkspace, text: &str) {
    let act = Act::Meanwhile {
        kind: "Issue",
        id: issue(workspace, "PSN-123"),
        fields: Record::from_iter([("description".to_owned(), json!(text))]),
    };
    script_acts(workspace, "issueUpdate", [act]);
}

#[tokio::test]
async fn items_as_they_are_shown() {
    let workspace = TestWorkspace::new().await;
    let time = [(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "[time]")];
    for (name, params) in [
        ("checklist", "{issue_id: PSN-123, indices: [0, 1]}"),
        (
            "checklist_full",
            "{issue_id: PSN-123, indices: '2,3', detail: full}",
        ),
        (
            "checklist_brief",
            "{issue_id: PSN-124, items: [form], detail: brief}",
        ),
        (
            "checklist_untick",
            "{issue_id: PSN-124, indices: 0, mark_complete: false}",
        ),
        ("checklist_right_already", "{issue_id: PSN-124, indices: 1}"),
        (
            "checklist_past_the_end",
            "{issue_id: PSN-123, indices: [1, 4, 9]}",
        ),
        (
            "checklist_no_such_item",
            "{issue_id: PSN-123, items: [Sing a song]}",
        ),
        ("checklist_several_items", "{issue_id: PSN-123, items: [e]}"),
        ("checklist_none", "{issue_id: PSN-100, indices: [0]}"),
        ("checklist_no_items", "{issue_id: PSN-123, indices: []}"),
        ("checklist_no_issue", "{issue_id: PSN-999, indices: [0]}"),
    ] {
        let yaml = workspace.yaml("update_checklist_items", params).await;
        snapshot_but_for(&time, name, &yaml);
    }
}

#[tokio::test]
async fn one_read_and_one_write_cold_and_warm() {
    let workspace = TestWorkspace::new().await;
    for params in [
        "{issue_id: PSN-123, indices: [1]}",
        "{issueId: psn-123, indices: ['2'], markComplete: 'true', addComment: true}",
        "{id: PSN-123, index: 3, mark_complete: true}",
    ] {
        let answer = workspace.call("update_checklist_items", params).await;
        assert_eq!(answer.data()["checklist_summary"]["items_updated"], 1);
        assert_eq!(answer.calls(), 2, "{params}");
        assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
        assert_eq!(mutations(&workspace.take_requests()), 1);
    }
    let again = workspace.call("update_checklist_items", ITEM).await;
    assert_eq!(again.data()["checklist_summary"]["items_updated"], 0);
    assert_eq!(
        again.data()["checklist_summary"]["items_already_correct"],
        1
    );
    assert_eq!(again.calls(), 1);
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn only_the_boxes_and_the_lines_below_change() {
    let workspace = TestWorkspace::new().await;
    let before = description(&workspace, "PSN-123");
    let params = "{issue_id: PSN-123, items: [hash passwords with ARGON2, rotate]}";
    workspace
        .call("update_checklist_items", params)
        .await
        .data();
    let after = description(&workspace, "PSN-123");
    let expected = before
        .replace("* [ ] Hash", "* [X] Hash")
        .replace("* [ ] Issue", "* [X] Issue")
        .replace("25% (1/4", "75% (3/4");
    let pairs = after.lines().zip(expected.lines());
    for (after, expected) in pairs.filter(|(line, _)| !line.starts_with("Last updated:")) {
        assert_eq!(after, expected);
    }
    assert_eq!(after.lines().count(), expected.lines().count());
    assert!(!after.contains("2025-01-14 09:30"), "{after}");
}

#[tokio::test]
async fn without_the_timestamp_its_line_stays() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: PSN-123, indices: [1], update_timestamp: false}";
    workspace
        .call("update_checklist_items", params)
        .await
        .data();
    let after = description(&workspace, "PSN-123");
    assert!(after.contains("Progress: 50% (2/4 completed)\nLast updated: 2025-01-14 09:30 UTC"));
}

#[tokio::test]
async fn a_comment_tells_of_it_when_it_is_wanted() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: PSN-124, indices: [2], add_comment: true}";
    workspace
        .call("update_checklist_items", params)
        .await
        .data();
    let issue = workspace
        .call("get_issue", "{id: PSN-124, include_comments: true}")
        .await;
    assert_eq!(
        issue.text("/data/comments/0/body"),
        "**Checklist:** 67% \u{2192} 100% (3/3 completed)\n\n* ticked: Form"
    );
}

#[tokio::test]
async fn an_edit_in_between_is_kept() {
    let workspace = TestWorkspace::new().await;
    // Another user has moved the item and added text.
    meanwhile(
        &workspace,
        "New words\n\n* [ ] Another\n* [ ] Hash passwords with argon2",
    );
    let answer = workspace.call("update_checklist_items", ITEM).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.data()["changed_items"][0]["index"], 1);
    assert_eq!(answer.data()["checklist_summary"]["total"], 2);
    assert_eq!(answer.calls(), 3);
    assert_eq!(
        description(&workspace, "PSN-123"),
        "New words\n\n* [ ] Another\n* [X] Hash passwords with argon2"
    );
}

#[tokio::test]
async fn edits_without_end_are_a_conflict_and_stand() {
    let workspace = TestWorkspace::new().await;
    for round in 1..=12 {
        meanwhile(
            &workspace,
            &format!("Round {round}\n\n* [ ] Hash passwords with argon2"),
        );
    }
    let answer = workspace.call("update_checklist_items", ITEM).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.code(), "EDIT_CONFLICT");
    snapshot("checklist_conflict", &answer);
    assert_eq!(
        description(&workspace, "PSN-123"),
        "Round 12\n\n* [ ] Hash passwords with argon2"
    );
}

#[tokio::test]
async fn an_item_that_is_gone_is_a_conflict_and_the_new_text_stands() {
    let workspace = TestWorkspace::new().await;
    meanwhile(&workspace, "All is different");
    let answer = workspace.call("update_checklist_items", ITEM).await;
    assert_eq!((answer.code(), answer.calls()), ("EDIT_CONFLICT", 3));
    assert_eq!(description(&workspace, "PSN-123"), "All is different");
}

#[tokio::test]
async fn a_comment_on_what_was_taken_back_is_told() {
    let workspace = TestWorkspace::new().await;
    meanwhile(&workspace, "All is different");
    let params = "{issue_id: PSN-123, indices: [1], add_comment: true}";
    let answer = workspace.call("update_checklist_items", params).await;
    assert_eq!(answer.code(), "EDIT_CONFLICT");
    let reported = ["the comment that tells of it was added all the same"];
    assert_eq!(answer.texts("/warnings"), reported);
}

#[tokio::test]
async fn a_text_that_cannot_be_put_back_is_told() {
    let workspace = TestWorkspace::new().await;
    meanwhile(&workspace, "All is different");
    // Linear refuses the update that sets nothing, and then the update of the text alone.
    refuse_once(&workspace, "issueUpdate", "Not on a Sunday");
    refuse_once(&workspace, "issueUpdate", "Not on a Sunday");
    let answer = workspace.call("update_checklist_items", ITEM).await;
    assert_acts_used(&workspace, &answer);
    snapshot("checklist_not_restored", &answer);
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_looking() {
    let params = "{issue_id: PSN-123, indices: [1], add_comment: true}";
    for (act, calls) in [
        (Act::DropAfterCommit, 3),
        (Act::Truncated, 3),
        // The text is sent again alone, and then the comment.
        (Act::Drop, 5),
        (Act::ServiceUnavailableHtml, 5),
    ] {
        let workspace = TestWorkspace::new().await;
        script_acts(&workspace, "issueUpdate", [act.clone()]);
        let answer = workspace.call("update_checklist_items", params).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.data()["checklist_summary"]["new_progress"], 50);
        assert_eq!(answer.calls(), calls, "{act:?}");
        assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
        let issue = issue(&workspace, "PSN-123");
        let expected = "**Checklist:** 25% \u{2192} 50% (2/4 completed)\n\n* ticked: Hash passwords with argon2";
        assert_eq!(
            records(&workspace, "Comment", "body", expected),
            1,
            "{issue}"
        );
    }
}

#[tokio::test]
async fn a_lost_answer_that_cannot_be_settled_is_unknown() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "issueUpdate", [Act::DropAfterCommit]);
    script_acts(
        &workspace,
        "IssueText",
        [Act::Slow(std::time::Duration::ZERO)],
    );
    script_acts(&workspace, "IssueText", [Act::Drop, Act::Drop, Act::Drop]);
    let answer = workspace.call("update_checklist_items", ITEM).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.code(), "OUTCOME_UNKNOWN");
    let hint = "Call get_issue PSN-123 to see the checklist";
    assert_eq!(answer.texts("/error/suggestions"), [hint]);
}

#[tokio::test]
async fn a_write_that_is_lost_each_time_is_unknown() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "issueUpdate", [Act::Drop, Act::Drop, Act::Drop]);
    let answer = workspace.call("update_checklist_items", ITEM).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.code(), "OUTCOME_UNKNOWN");
    assert_eq!(with_root(&workspace.take_requests(), "issueUpdate"), 3);
}

#[tokio::test]
async fn a_lost_write_beside_somebody_elses_is_done_on_their_text() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "issueUpdate", [Act::Drop]);
    // The read that checks the outcome finds the text of another user.
    script_acts(
        &workspace,
        "IssueText",
        [Act::Slow(std::time::Duration::ZERO)],
    );
    let theirs = "* [ ] Hash passwords with argon2\n* [ ] More";
    script_acts(
        &workspace,
        "IssueText",
        [Act::Meanwhile {
            kind: "Issue",
            id: issue(&workspace, "PSN-123"),
            fields: Record::from_iter([("description".to_owned(), json!(theirs))]),
        }],
    );
    let answer = workspace.call("update_checklist_items", ITEM).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.data()["checklist_summary"]["total"], 2);
    assert_eq!(
        description(&workspace, "PSN-123"),
        "* [X] Hash passwords with argon2\n* [ ] More"
    );
}

#[tokio::test]
async fn what_linear_refuses_is_told() {
    let workspace = TestWorkspace::new().await;
    // Only the update that sets nothing is refused; the write is then sent without it.
    refuse_once(&workspace, "issueUpdate", "Not on a Sunday");
    let answer = workspace.call("update_checklist_items", ITEM).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.data()["checklist_summary"]["new_progress"], 50);
    assert_eq!(answer.calls(), 3);

    script_acts(
        &workspace,
        "issueUpdate",
        [
            refused("issueUpdate", "Not on a Sunday"),
            refused("issueUpdate", "Not on a Sunday"),
        ],
    );
    let params = "{issue_id: PSN-123, indices: [2]}";
    let answer = workspace.call("update_checklist_items", params).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED");
    assert_eq!(answer.text("/error/details/reason"), "Not on a Sunday");
}

/// `success: false` is not an error, so that Linear executes the mutations after it in the document.
#[tokio::test]
async fn a_look_that_did_nothing_does_not_undo_the_write_behind_it() {
    let workspace = TestWorkspace::new().await;
    let nothing = Act::success_false(Act::FIRST);
    script_acts(&workspace, "issueUpdate", vec![nothing; 2]);
    let answer = workspace.call("update_checklist_items", ITEM).await;
    assert_eq!(answer.data()["checklist_summary"]["new_progress"], 50);
    assert_eq!(answer.calls(), 2);
    assert_eq!(workspace.sandbox.script().pending(), 1);
}

#[tokio::test]
async fn a_comment_that_fails_leaves_the_boxes_ticked() {
    let params = "{issue_id: PSN-123, indices: [1], add_comment: true}";
    let workspace = TestWorkspace::new().await;
    script_acts(
        &workspace,
        "commentCreate",
        [refused("commentCreate", "Not on a Sunday")],
    );
    let answer = workspace.call("update_checklist_items", params).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.data()["checklist_summary"]["new_progress"], 50);
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 1, "{:#}", answer.0);
    assert!(warnings[0].starts_with("comment not added"), "{warnings:?}");
    assert!(description(&workspace, "PSN-123").contains("* [X] Hash"));
}

#[tokio::test]
async fn a_comment_that_cannot_be_read_is_made_all_the_same() {
    let params = "{issue_id: PSN-123, indices: [1], add_comment: true}";
    let workspace = TestWorkspace::new().await;
    let unread = Act::field_error("commentCreate.entity.body", Refusal::invalid("unreadable"));
    script_acts(&workspace, "commentCreate", [unread]);
    let answer = workspace.call("update_checklist_items", params).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.data()["checklist_summary"]["new_progress"], 50);
    assert_eq!(with_root(&workspace.take_requests(), "commentCreate"), 1);
    assert!(description(&workspace, "PSN-123").contains("* [X] Hash"));
}

#[tokio::test]
async fn two_at_once_both_count() {
    let workspace = TestWorkspace::new().await;
    let (one, two) = tokio::join!(
        workspace.call("update_checklist_items", ITEM),
        workspace.call(
            "update_checklist_items",
            "{issue_id: psn-123, indices: [2]}"
        ),
    );
    one.data();
    two.data();
    assert!(description(&workspace, "PSN-123").contains("Progress: 75% (3/4 completed)"));
}

/// A checklist of six items, of which these are ticked.
fn six(ticked: &[usize]) -> String {
    let line = |at: usize| {
        let mark = if ticked.contains(&at) { 'X' } else { ' ' };
        format!("* [{mark}] item {at}")
    };
    (0..6).map(line).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn boxes_that_others_tick_one_over_the_other_are_all_kept() {
    let workspace = TestWorkspace::new().await;
    let id = issue(&workspace, "PSN-123");
    workspace.sandbox.edit(|store| {
        let record = store.get_mut("Issue", &id).unwrap();
        record.insert("description".to_owned(), json!(six(&[])));
    });
    // Each concurrent edit overwrites the edits before it.
    for item in [2, 3, 4] {
        meanwhile(&workspace, &six(&[item]));
    }
    let answer = workspace.call("update_checklist_items", ITEM).await;
    assert_acts_used(&workspace, &answer);
    let summary = &answer.data()["checklist_summary"];
    assert_eq!(
        (&summary["items_updated"], &summary["completed"]),
        (&json!(1), &json!(4))
    );
    assert_eq!(description(&workspace, "PSN-123"), six(&[1, 2, 3, 4]));
}

#[tokio::test]
async fn a_refusal_after_an_overwritten_edit_tells_the_text() {
    let workspace = TestWorkspace::new().await;
    meanwhile(&workspace, "Theirs\n\n* [ ] Hash passwords with argon2");
    refuse_once(&workspace, "issueUpdate", "Not on a Sunday");
    refuse_once(&workspace, "issueUpdate", "Not on a Sunday");
    let answer = workspace.call("update_checklist_items", ITEM).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED");
    let text = answer.text("/error/details/not_restored");
    assert!(text.starts_with("Theirs\n"), "{text}");
}

#[tokio::test]
async fn an_overwritten_edit_is_told_whatever_kept_it_from_being_put_back() {
    let workspace = TestWorkspace::new().await;
    meanwhile(&workspace, "Theirs\n\n* [ ] Hash passwords with argon2");
    script_acts(&workspace, "issueUpdate", [far_limit()]);
    let params = "{issue_id: PSN-123, indices: [1], add_comment: true}";
    let answer = workspace.call("update_checklist_items", params).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.code(), "EDIT_CONFLICT");
    let reason = answer.text("/error/details/reason");
    assert!(reason.contains("LINEAR_API_RATE_LIMIT"), "{reason}");
    let text = answer.text("/error/details/not_restored");
    assert!(text.starts_with("Theirs\n"), "{text}");
    let reported = ["the comment that tells of it was added all the same"];
    assert_eq!(answer.texts("/warnings"), reported);
}

#[tokio::test]
async fn a_sending_that_is_lost_stays_unknown_when_the_next_is_not_made() {
    let workspace = TestWorkspace::new().await;
    script_acts(
        &workspace,
        "issueUpdate",
        [Act::DropAfterCommit, far_limit()],
    );
    // The read that checks the outcome does not see the edit yet.
    workspace.sandbox.script().reads_lag(5);
    let answer = workspace.call("update_checklist_items", ITEM).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.code(), "OUTCOME_UNKNOWN");
    assert!(description(&workspace, "PSN-123").contains("* [X] Hash"));
}

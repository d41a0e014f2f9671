//! Rules 1 and 11: several writes in one document, one of which is refused or limited, or whose answers are lost.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;
use serde_json::Value;

use super::{CREATES, Create, ReportedOutcome, WORDS, unreadable};
use crate::support::failures::{assert_acts_used, far_limit, records, with_root};
use crate::support::{Answer, TestWorkspace, mutations};

/// The first comment on PSN-123, which has an answer.
const COMMENT: &str = "5eed0000-0000-4000-8000-000000000195";
const REPLY: &str = "5eed0000-0000-4000-8000-000000000196";

/// Three variants of a create in one batch.
async fn three(create: &Create, workspace: &TestWorkspace) -> Answer {
    let item = |variant: usize| {
        let params = (create.params)(variant);
        format!("{{operation: {}, params: {params}}}", create.operation)
    };
    let items: Vec<String> = (0..3).map(item).collect();
    let params = format!("{{operations: [{}]}}", items.join(", "));
    workspace.call("batch", &params).await
}

/// Asserts that each row is true, and returns how many rows report that the record exists.
fn rows_are_true(create: &Create, workspace: &TestWorkspace, answer: &Answer) -> usize {
    let reported = ReportedOutcome::rows(answer);
    for variant in 0..3 {
        let row = reported.get(variant).unwrap_or(&reported[0]);
        row.fits((create.count)(workspace, variant), answer);
    }
    reported
        .iter()
        .filter(|row| **row == ReportedOutcome::Done)
        .count()
}

fn refusals() -> [(Refusal, &'static str); 3] {
    [
        (Refusal::invalid("Not on a Sunday"), "refused"),
        (
            Refusal::rate_limited(1_500, 3_600_000),
            "limited by a root of its own",
        ),
        (Refusal::forbidden("write"), "forbidden"),
    ]
}

/// Rule 1: a root field that is refused, forbidden or limited ends the request. The write before it is reported as
/// done, the write after it is done in another request, and neither is reported as failed.
#[tokio::test]
async fn rule_1_a_refused_root_says_nothing_of_its_neighbours() {
    for create in &CREATES {
        for (refusal, how) in refusals() {
            for place in 0..3 {
                let workspace = TestWorkspace::new().await;
                let field = format!("p{place}_{}", create.root);
                let act = Act::refuse(field, refusal.clone());
                workspace.sandbox.script().next(act);
                let answer = three(create, &workspace).await;
                assert_acts_used(&workspace, &answer);
                let what = format!("{} {place} {how}: {:#}", create.operation, answer.0);
                let done = rows_are_true(create, &workspace, &answer);
                // When Linear declines the special form of a link, a plain link follows.
                let is_rich = create.root == "attachmentLinkGitHubPR";
                let expected = if is_rich && how != "limited by a root of its own" {
                    3
                } else {
                    2
                };
                assert_eq!(done, expected, "{what}");
            }
        }
    }
}

/// Rule 1: the writes before the refused one are looked up, and only those after it are sent again.
#[tokio::test]
async fn rule_1_what_was_in_front_of_a_refused_root_is_not_sent_again() {
    for create in CREATES.iter().filter(|create| create.has_own_id) {
        let workspace = TestWorkspace::new().await;
        let field = format!("p1_{}", create.root);
        let act = Act::refuse(field, Refusal::invalid("Not on a Sunday"));
        workspace.sandbox.script().next(act);
        let answer = three(create, &workspace).await;
        assert_acts_used(&workspace, &answer);
        let received = workspace.take_requests();
        let documents = received.iter().filter(|request| request.mutation);
        let roots: Vec<usize> = documents.map(|request| request.roots.len()).collect();
        assert_eq!(roots, [3, 1], "{}: {:#}", create.operation, answer.0);
    }
}

/// Rule 1 with rules 2 and 5: the same with a neighbour whose field cannot be read, with reads that lag, and with a
/// request whose whole answer is lost.
#[tokio::test]
async fn rule_1_a_document_that_goes_wrong_makes_each_thing_once() {
    for (which, create) in CREATES.iter().enumerate() {
        for (place, lag) in [0_usize, 1, 2, 3, 5, 4, 0].into_iter().enumerate() {
            let acts = [
                Act::refuse(
                    format!("p1_{}", create.root),
                    Refusal::invalid("Not on a Sunday"),
                ),
                Act::field_error(format!("p1_{}.entity.id", create.root), unreadable()),
                Act::null_entity(format!("p1_{}", create.root)),
                Act::DropAfterCommit,
                Act::Drop,
                Act::Truncated,
                Act::VoidedAfterCommit(Refusal::internal()),
            ];
            // Each create is combined with each act once, and each act with each lag.
            let act = acts[(which + place) % acts.len()].clone();
            let workspace = TestWorkspace::new().await;
            let is_refused = matches!(act, Act::Refuse { .. });
            workspace
                .sandbox
                .script()
                .next_for(create.root, act.clone());
            workspace.sandbox.script().reads_lag(lag);
            let answer = three(create, &workspace).await;
            assert_acts_used(&workspace, &answer);
            let what = format!("{} lag {lag} {act:?}: {:#}", create.operation, answer.0);
            let done = rows_are_true(create, &workspace, &answer);
            let is_rich = create.root == "attachmentLinkGitHubPR";
            let expected = if is_refused && !is_rich { 2 } else { 3 };
            assert_eq!(done, expected, "{what}");
        }
    }
}

/// Rule 1 and rule 5: a refused document, a look that gets no answer, and reads that lag.
#[tokio::test]
async fn rule_1_a_neighbour_that_cannot_be_looked_for_is_not_called_failed() {
    for create in &CREATES {
        let workspace = TestWorkspace::new().await;
        let field = format!("p2_{}", create.root);
        let act = Act::refuse(field, Refusal::invalid("Not on a Sunday"));
        create.script(&workspace, act, Vec::new()).await;
        for _ in 0..3 * create.looks_before().await {
            let through = Act::Slow(std::time::Duration::ZERO);
            workspace.sandbox.script().next_for(create.look, through);
        }
        for _ in 0..6 {
            workspace.sandbox.script().next_for(create.look, Act::Drop);
        }
        let answer = three(create, &workspace).await;
        rows_are_true(create, &workspace, &answer);
    }
}

/// Rule 1 within one operation: the labels, the issue and the links of create_issue.
#[tokio::test]
async fn rule_1_a_new_issue_with_one_part_refused_or_limited_is_made_once_and_told() {
    let urls = ["https://a.example", "https://b.example"];
    let params = "{team: ENG, title: Whole, labels: [amber, birch, cedar], \
        links: ['https://a.example', 'https://b.example']}";
    for (place, root) in [
        (0, "issueLabelCreate"),
        (1, "issueLabelCreate"),
        (2, "issueLabelCreate"),
        (3, "issueCreate"),
        (4, "attachmentCreate"),
        (5, "attachmentCreate"),
    ] {
        for (refusal, how) in refusals() {
            for lag in [0_usize, 2] {
                let workspace = TestWorkspace::new().await;
                let field = format!("p{place}_{root}");
                workspace
                    .sandbox
                    .script()
                    .next(Act::refuse(field, refusal.clone()));
                workspace.sandbox.script().reads_lag(lag);
                let answer = workspace.call("create_issue", params).await;
                assert_acts_used(&workspace, &answer);
                let what = format!("{place} {how} lag {lag}: {:#}", answer.0);
                let there = records(&workspace, "Issue", "title", "Whole");
                ReportedOutcome::of(&answer).fits(there, &answer);
                let text = answer.0.to_string();
                for label in WORDS {
                    let made = records(&workspace, "IssueLabel", "name", label);
                    assert!(made <= 1, "{what}");
                    // A label that stays has to be reported, whether the issue is created or not.
                    assert!(made == 0 || text.contains(label), "{label}: {what}");
                }
                for url in urls {
                    let made = records(&workspace, "Attachment", "url", url);
                    assert!(made <= 1, "{what}");
                    let left_out = text.contains(&format!("link '{url}' not attached"));
                    assert!(!(left_out && made == 1), "{what}");
                    assert!(there == 0 || made == 1 || left_out, "{what}");
                }
                if how == "refused" {
                    // A write that is refused together with others is sent once more alone, and a label or a link alone
                    // does not fail the operation.
                    assert_eq!(there, 1, "{what}");
                }
            }
        }
    }
}

/// Rule 1 within one operation: the labels of ensure_labels_exist.
#[tokio::test]
async fn rule_1_labels_with_one_refused_or_limited_are_told_one_by_one() {
    for place in 0..3 {
        for (refusal, how) in refusals() {
            for lag in [0_usize, 1, 3, 5] {
                let workspace = TestWorkspace::new().await;
                let field = format!("p{place}_issueLabelCreate");
                workspace
                    .sandbox
                    .script()
                    .next(Act::refuse(field, refusal.clone()));
                workspace.sandbox.script().reads_lag(lag);
                let params = format!("{{team: ENG, labels: [{}]}}", WORDS.join(", "));
                let answer = workspace.call("ensure_labels_exist", &params).await;
                assert_acts_used(&workspace, &answer);
                let what = format!("{place} {how} lag {lag}: {:#}", answer.0);
                let rows = answer.data()["labels"].as_array().unwrap();
                for (row, name) in rows.iter().zip(WORDS) {
                    let made = records(&workspace, "IssueLabel", "name", name);
                    assert_eq!(row["error"].is_null(), made == 1, "{name}: {what}");
                }
                let failed = rows.iter().filter(|row| !row["error"].is_null());
                assert_eq!(failed.count(), 1, "{what}");
            }
        }
    }
}

fn gone(workspace: &TestWorkspace, id: &str) -> bool {
    let mut gone = false;
    workspace
        .sandbox
        .edit(|store| gone = store.get("Comment", id).is_none());
    gone
}

/// Rule 11: a label of 100 letters is refused by Linear itself, which voids the answer to the removal in front of it.
/// The stand-in has no such limit, so that its refusal is scripted.
#[tokio::test]
async fn rule_11_a_comment_that_was_deleted_in_front_of_a_refused_label_is_told_as_deleted() {
    let workspace = TestWorkspace::deleting().await;
    let name = "x".repeat(100);
    let too_long = Refusal::validation("name", "maxLength", "name must be shorter");
    let act = Act::refuse("p1_issueLabelCreate", too_long);
    workspace.sandbox.script().next(act);
    let params = format!(
        "{{operations: [{{operation: delete_comment, params: {{comment_id: {REPLY}}}}}, \
         {{operation: create_issue_label, params: {{team: ENG, name: {name}}}}}]}}"
    );
    let answer = workspace.call("batch", &params).await;
    assert!(gone(&workspace, REPLY), "{:#}", answer.0);
    assert_eq!(answer.data()["succeeded"], 1, "{:#}", answer.0);
    assert_eq!(answer.at("/data/results/0/code"), &Value::Null);
    assert_eq!(answer.at("/data/results/1/code"), "LABEL_CREATION_FAILED");
    assert_eq!(records(&workspace, "IssueLabel", "name", &name), 0);
}

/// Runs a batch with a removal before a create that is refused.
async fn removal_in_front(workspace: &TestWorkspace, operation: &str, params: &str) -> Answer {
    let params = format!(
        "{{operations: [{{operation: {operation}, params: {params}}}, \
         {{operation: create_issue, params: {{team: ENG, title: Refused}}}}]}}"
    );
    workspace.call("batch", &params).await
}

/// Rule 11: every removal that was executed before a refused write is reported as done, also while reads lag.
#[tokio::test]
async fn rule_11_removals_are_settled_by_looking() {
    let comment = format!("{{comment_id: {COMMENT}}}");
    let relation = "{issue_id: SUP-6, related_issue_id: SUP-7}".to_owned();
    let issue = "{issue_id: ENG-232}".to_owned();
    for (operation, params, root) in [
        ("delete_comment", &comment, "commentDelete"),
        ("delete_relation", &relation, "issueRelationDelete"),
        ("archive_issue", &issue, "issueArchive"),
        ("delete_issue", &issue, "issueDelete"),
    ] {
        for lag in [0_usize, 1, 2, 3] {
            let workspace = TestWorkspace::deleting().await;
            let act = Act::refuse("p1_issueCreate", Refusal::invalid("Not on a Sunday"));
            workspace.sandbox.script().next(act);
            workspace.sandbox.script().reads_lag(lag);
            let answer = removal_in_front(&workspace, operation, params).await;
            assert_acts_used(&workspace, &answer);
            let what = format!("{operation} lag {lag}: {:#}", answer.0);
            let reported = ReportedOutcome::rows(&answer);
            assert_eq!(reported[0], ReportedOutcome::Done, "{what}");
            assert!(matches!(reported[1], ReportedOutcome::Failed(_)), "{what}");
            assert_eq!(records(&workspace, "Issue", "title", "Refused"), 0);
            if lag == 0 {
                assert_eq!(with_root(&workspace.take_requests(), root), 1, "{what}");
            }
        }
    }
}

/// Rule 11: the second try of a removal is refused because the record is gone, which is not a failure of the first.
#[tokio::test]
async fn rule_11_a_removal_whose_second_sending_is_refused_is_done() {
    let comment = format!("{{comment_id: {COMMENT}}}");
    let relation = "{issue_id: SUP-6, related_issue_id: SUP-7}".to_owned();
    for (operation, params, root) in [
        ("delete_comment", &comment, "commentDelete"),
        ("delete_relation", &relation, "issueRelationDelete"),
    ] {
        for lag in [1_usize, 2, 3, 4] {
            let workspace = TestWorkspace::deleting().await;
            workspace
                .sandbox
                .script()
                .next_for(root, Act::DropAfterCommit);
            workspace.sandbox.script().reads_lag(lag);
            let answer = workspace.call(operation, params).await;
            assert_acts_used(&workspace, &answer);
            let what = format!("{operation} lag {lag}: {:#}", answer.0);
            assert_eq!(
                ReportedOutcome::of(&answer),
                ReportedOutcome::Done,
                "{what}"
            );
        }
    }
}

/// Rule 11: a refusal of the second try for another reason is reported only if a look-up shows that the first did
/// nothing.
#[tokio::test]
async fn rule_11_a_second_refusal_is_told_only_of_what_is_not_there() {
    for create in &CREATES {
        for first in [Act::Drop, Act::DropAfterCommit] {
            for lag in [0_usize, 4, 5, 99] {
                let workspace = TestWorkspace::new().await;
                create.script(&workspace, first.clone(), Vec::new()).await;
                let second = Act::refuse(create.root, Refusal::forbidden("write"));
                create.script(&workspace, second, Vec::new()).await;
                workspace.sandbox.script().reads_lag(lag);
                let answer = workspace.call(create.operation, &(create.params)(0)).await;
                let what = format!("{} {first:?} {lag}: {:#}", create.operation, answer.0);
                let made = create.made(&workspace);
                let reported = ReportedOutcome::of(&answer);
                if lag <= 5 {
                    reported.fits(made, &answer);
                }
                if made == 1 && lag <= 5 {
                    assert_eq!(reported, ReportedOutcome::Done, "{what}");
                }
            }
        }
    }
}

/// Rules 1 and 6: a batch whose second request is limited reports the true outcome of the writes in the first.
#[tokio::test]
async fn rule_6_a_batch_that_meets_a_limit_tells_what_was_done_before() {
    for create in &CREATES {
        let workspace = TestWorkspace::new().await;
        let field = format!("p1_{}", create.root);
        let act = Act::refuse(field, Refusal::forbidden("write"));
        workspace.sandbox.script().next(act);
        workspace
            .sandbox
            .script()
            .next_for(create.root, far_limit());
        let answer = three(create, &workspace).await;
        rows_are_true(create, &workspace, &answer);
        assert!(mutations(&workspace.take_requests()) >= 2);
        if create.has_own_id {
            let reported = ReportedOutcome::rows(&answer);
            let done = reported
                .iter()
                .filter(|row| **row == ReportedOutcome::Done)
                .count();
            assert_eq!(done, 1, "{}: {:#}", create.operation, answer.0);
        }
    }
}

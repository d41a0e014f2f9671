//! Rule 12: a change whose answer was lost is settled by reading the record that it changes.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;
use linear_ops::sandbox::store::text;

use super::{ReportedOutcome, UNREADABLE, asks_for_no_repeat, unreadable, warned};
use crate::support::failures::{assert_acts_used, far_limit, with_root};
use crate::support::{Answer, TestWorkspace};

/// The first comment on PSN-123.
const COMMENT: &str = "5eed0000-0000-4000-8000-000000000195";
const PULL: &str = "https://github.com/acme/app/pull/42";

/// An operation that changes one record, and how to see in the stand-in that it did.
struct Change {
    operation: &'static str,
    params: &'static str,
    root: &'static str,
    look: &'static str,
    holds: fn(&TestWorkspace) -> bool,
}

/// Whether the record of a type that `by` selects has this value in a field, or any value where `value` is `None`.
fn has(
    workspace: &TestWorkspace,
    kind: &str,
    by: (&str, &str),
    field: &str,
    value: Option<&str>,
) -> bool {
    let mut has = false;
    workspace.sandbox.edit(|store| {
        let mut records = store
            .all(kind)
            .filter(|record| text(record, by.0) == Some(by.1));
        has = records.any(|record| match value {
            Some(value) => text(record, field) == Some(value),
            None => text(record, field).is_some(),
        });
    });
    has
}

const CHANGES: [Change; 12] = [
    Change {
        operation: "update_issue",
        params: "{issue_id: ENG-231, title: New}",
        root: "issueUpdate",
        look: "issue",
        holds: |workspace| {
            has(
                workspace,
                "Issue",
                ("identifier", "ENG-231"),
                "title",
                Some("New"),
            )
        },
    },
    Change {
        operation: "update_issue",
        params: "{issue_id: ENG-231, title: New, changes: false}",
        root: "issueUpdate",
        look: "issue",
        holds: |workspace| {
            has(
                workspace,
                "Issue",
                ("identifier", "ENG-231"),
                "title",
                Some("New"),
            )
        },
    },
    Change {
        operation: "update_comment",
        params: "{comment_id: 5eed0000-0000-4000-8000-000000000195, body: New}",
        root: "commentUpdate",
        look: "comments",
        holds: |workspace| has(workspace, "Comment", ("id", COMMENT), "body", Some("New")),
    },
    Change {
        operation: "update_document",
        params: "{document_id: '000000000182', title: New}",
        root: "documentUpdate",
        look: "document",
        holds: |workspace| {
            has(
                workspace,
                "Document",
                ("slugId", "000000000182"),
                "title",
                Some("New"),
            )
        },
    },
    Change {
        operation: "update_label",
        params: "{team: ENG, label: backend, description: New}",
        root: "issueLabelUpdate",
        look: "issueLabels",
        holds: |workspace| {
            has(
                workspace,
                "IssueLabel",
                ("name", "backend"),
                "description",
                Some("New"),
            )
        },
    },
    Change {
        operation: "update_project",
        params: "{project: Auth System, description: New}",
        root: "projectUpdate",
        look: "projects",
        holds: |workspace| {
            has(
                workspace,
                "Project",
                ("name", "Auth System"),
                "description",
                Some("New"),
            )
        },
    },
    Change {
        operation: "resolve_comment",
        params: "{comment_id: 5eed0000-0000-4000-8000-000000000195}",
        root: "commentResolve",
        look: "comments",
        holds: |workspace| has(workspace, "Comment", ("id", COMMENT), "resolvedAt", None),
    },
    Change {
        operation: "retire_label",
        params: "{team: ENG, label: backend}",
        root: "issueLabelRetire",
        look: "issueLabels",
        holds: |workspace| {
            has(
                workspace,
                "IssueLabel",
                ("name", "backend"),
                "retiredAt",
                None,
            )
        },
    },
    Change {
        operation: "link_url",
        params: "{issue_id: PSN-123, url: 'https://a.example', title: New}",
        root: "attachmentCreate",
        look: "issue",
        holds: |workspace| {
            has(
                workspace,
                "Attachment",
                ("url", "https://a.example"),
                "title",
                Some("New"),
            )
        },
    },
    Change {
        operation: "link_document",
        params: "{issue_id: PSN-123, document_id: '000000000182', title: New}",
        root: "attachmentCreate",
        look: "issue",
        holds: |workspace| {
            let url = "https://linear.app/acme/document/auth-system-spec-000000000182";
            has(workspace, "Attachment", ("url", url), "title", Some("New"))
        },
    },
    Change {
        operation: "archive_issue",
        params: "{issue_id: ENG-232}",
        root: "issueArchive",
        look: "issue",
        holds: |workspace| {
            has(
                workspace,
                "Issue",
                ("identifier", "ENG-232"),
                "archivedAt",
                None,
            )
        },
    },
    Change {
        operation: "update_checklist_items",
        params: "{issue_id: PSN-123, indices: [1]}",
        root: "issueUpdate",
        look: "issue",
        holds: |workspace| {
            !has(
                workspace,
                "Issue",
                ("identifier", "PSN-123"),
                "updatedAt",
                Some(""),
            )
        },
    },
];

impl Change {
    async fn run(&self, workspace: &TestWorkspace) -> Answer {
        workspace.call(self.operation, self.params).await
    }

    /// Counts the requests with the root field of the look-up that are sent before the mutation.
    async fn looks_before(&self) -> usize {
        let workspace = TestWorkspace::new().await;
        self.run(&workspace).await.data();
        let received = workspace.take_requests();
        let before: Vec<_> = received
            .into_iter()
            .take_while(|request| !request.mutation)
            .collect();
        with_root(&before, self.look)
    }

    /// Lets every look-up after the mutation get no answer.
    async fn blind(&self, workspace: &TestWorkspace) {
        for _ in 0..self.looks_before().await {
            let through = Act::Slow(std::time::Duration::ZERO);
            workspace.sandbox.script().next_for(self.look, through);
        }
        for _ in 0..3 {
            workspace.sandbox.script().next_for(self.look, Act::Drop);
        }
    }

    /// Asserts that the report is true: a change that is reported as done is in the stand-in.
    fn is_true(&self, workspace: &TestWorkspace, answer: &Answer) -> ReportedOutcome {
        let reported = ReportedOutcome::of(answer);
        let holds = (self.holds)(workspace);
        match &reported {
            ReportedOutcome::Done => assert!(holds, "called done: {:#}", answer.0),
            ReportedOutcome::Failed(_) if self.operation == "update_checklist_items" => {}
            ReportedOutcome::Failed(_) => assert!(!holds, "called failed: {:#}", answer.0),
            ReportedOutcome::Unknown => {}
        }
        reported
    }
}

/// Rule 12: a change that was executed is found by a read, and is not sent again where reads show it in time.
#[tokio::test]
async fn rule_12_a_lost_change_that_holds_is_done() {
    for change in &CHANGES {
        for act in [
            Act::DropAfterCommit,
            Act::Truncated,
            Act::UnavailableAfterCommit,
            Act::VoidedAfterCommit(Refusal::internal()),
        ] {
            let workspace = TestWorkspace::new().await;
            workspace
                .sandbox
                .script()
                .next_for(change.root, act.clone());
            let answer = change.run(&workspace).await;
            assert_acts_used(&workspace, &answer);
            let what = format!("{} {act:?}: {:#}", change.operation, answer.0);
            assert_eq!(
                change.is_true(&workspace, &answer),
                ReportedOutcome::Done,
                "{what}"
            );
            assert_eq!(
                with_root(&workspace.take_requests(), change.root),
                1,
                "{what}"
            );
        }
    }
}

#[tokio::test]
async fn rule_12_a_lost_change_is_done_however_reads_lag() {
    for change in &CHANGES {
        for lag in [1_usize, 2, 3, 4] {
            let workspace = TestWorkspace::new().await;
            workspace
                .sandbox
                .script()
                .next_for(change.root, Act::DropAfterCommit);
            workspace.sandbox.script().reads_lag(lag);
            let answer = change.run(&workspace).await;
            assert_acts_used(&workspace, &answer);
            let what = format!("{} lag {lag}: {:#}", change.operation, answer.0);
            assert_eq!(
                change.is_true(&workspace, &answer),
                ReportedOutcome::Done,
                "{what}"
            );
        }
    }
}

/// Rule 12: a change that was not executed is sent again.
#[tokio::test]
async fn rule_12_a_change_that_does_not_hold_is_sent_again() {
    for change in &CHANGES {
        for act in [Act::Drop, Act::ServiceUnavailableHtml, Act::EmptyErrors] {
            let workspace = TestWorkspace::new().await;
            workspace
                .sandbox
                .script()
                .next_for(change.root, act.clone());
            let answer = change.run(&workspace).await;
            assert_acts_used(&workspace, &answer);
            let what = format!("{} {act:?}: {:#}", change.operation, answer.0);
            assert_eq!(
                change.is_true(&workspace, &answer),
                ReportedOutcome::Done,
                "{what}"
            );
            assert_eq!(
                with_root(&workspace.take_requests(), change.root),
                2,
                "{what}"
            );
        }
    }
}

/// Rule 12: a change that cannot be read, or that reads never show, has an unknown outcome.
#[tokio::test]
async fn rule_12_a_change_that_cannot_be_settled_is_unknown() {
    for change in &CHANGES {
        for act in [Act::Drop, Act::DropAfterCommit] {
            let workspace = TestWorkspace::new().await;
            workspace
                .sandbox
                .script()
                .next_for(change.root, act.clone());
            change.blind(&workspace).await;
            let answer = change.run(&workspace).await;
            let what = format!("{} {act:?}: {:#}", change.operation, answer.0);
            assert_eq!(
                change.is_true(&workspace, &answer),
                ReportedOutcome::Unknown,
                "{what}"
            );
            assert_eq!(
                with_root(&workspace.take_requests(), change.root),
                1,
                "{what}"
            );
        }
        let workspace = TestWorkspace::new().await;
        for _ in 0..3 {
            workspace.sandbox.script().next_for(change.root, Act::Drop);
        }
        let answer = change.run(&workspace).await;
        assert_acts_used(&workspace, &answer);
        let what = format!("{}: {:#}", change.operation, answer.0);
        assert_eq!(
            change.is_true(&workspace, &answer),
            ReportedOutcome::Unknown,
            "{what}"
        );
        assert_eq!(
            with_root(&workspace.take_requests(), change.root),
            3,
            "{what}"
        );
    }
}

/// Rules 12 and 11: a limit or a refusal after a lost first try says nothing about that try.
#[tokio::test]
async fn rule_12_a_second_sending_does_not_settle_the_first() {
    for change in &CHANGES {
        for first in [Act::Drop, Act::DropAfterCommit] {
            for second in [
                far_limit(),
                Act::refuse(change.root, Refusal::forbidden("write")),
                Act::refuse(change.root, Refusal::invalid("Not on a Sunday")),
            ] {
                for lag in [0_usize, 2] {
                    let workspace = TestWorkspace::new().await;
                    workspace
                        .sandbox
                        .script()
                        .next_for(change.root, first.clone());
                    workspace
                        .sandbox
                        .script()
                        .next_for(change.root, second.clone());
                    workspace.sandbox.script().reads_lag(lag);
                    let answer = change.run(&workspace).await;
                    change.is_true(&workspace, &answer);
                }
            }
        }
    }
}

/// Rule 2 for changes: an error below the root means that the change was executed.
#[tokio::test]
async fn rule_2_a_change_with_an_unreadable_field_is_done_and_warned_of() {
    for change in &CHANGES {
        for lag in [0_usize, 2] {
            let workspace = TestWorkspace::new().await;
            let act = Act::field_error("*.entity.id", unreadable());
            workspace.sandbox.script().next_for(change.root, act);
            workspace.sandbox.script().reads_lag(lag);
            let answer = change.run(&workspace).await;
            assert_acts_used(&workspace, &answer);
            let what = format!("{} lag {lag}: {:#}", change.operation, answer.0);
            assert_eq!(
                change.is_true(&workspace, &answer),
                ReportedOutcome::Done,
                "{what}"
            );
            assert_eq!(
                with_root(&workspace.take_requests(), change.root),
                1,
                "{what}"
            );
            warned(&answer, UNREADABLE);
            asks_for_no_repeat(&answer);
        }
        let workspace = TestWorkspace::new().await;
        let act = Act::field_error("*.entity.id", unreadable());
        workspace.sandbox.script().next_for(change.root, act);
        change.blind(&workspace).await;
        let answer = change.run(&workspace).await;
        let what = format!("{} blind: {:#}", change.operation, answer.0);
        assert_eq!(
            change.is_true(&workspace, &answer),
            ReportedOutcome::Done,
            "{what}"
        );
        assert_eq!(
            with_root(&workspace.take_requests(), change.root),
            1,
            "{what}"
        );
        asks_for_no_repeat(&answer);
    }
}

/// A link that an integration keeps is not what a lost change of its title has to be compared with.
#[tokio::test]
async fn rule_12_a_lost_link_to_what_is_linked_already_is_done() {
    for act in [Act::Drop, Act::DropAfterCommit] {
        let workspace = TestWorkspace::new().await;
        workspace
            .sandbox
            .script()
            .next_for("attachmentLinkGitHubPR", act);
        let params = format!("{{issue_id: PSN-123, url: '{PULL}', title: New}}");
        let answer = workspace.call("link_url", &params).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.data()["form"], "github_pull_request");
        assert_eq!(answer.data()["title"], "#42 Add the session table");
    }
}

//! Writes whose answer is lost, requests that are cancelled, and a panic of the server: nothing is lost or written
//! twice.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use linear_ops::clock::Clock;
use linear_ops::sandbox::Act;

use tokio_util::sync::CancellationToken;

use crate::support::failures::{
    assert_acts_used, cancellable, far_limit, mutations, records, refused, script_acts, snapshot,
    with_root,
};
use crate::support::{Answer, TestWorkspace};

/// A request that creates one thing, and how to find that thing in the stand-in.
struct Create {
    operation: &'static str,
    params: &'static str,
    /// The mutation.
    root: &'static str,
    /// The look-up that settles the outcome; `None` where it is settled together with the issue.
    look: Option<&'static str>,
    kind: &'static str,
    field: &'static str,
    value: &'static str,
}

const CREATES: [Create; 5] = [
    Create {
        operation: "create_issue",
        params: "{team: ENG, title: Once}",
        root: "issueCreate",
        look: Some("issues"),
        kind: "Issue",
        field: "title",
        value: "Once",
    },
    Create {
        operation: "create_comment",
        params: "{issue_id: ENG-231, body: Once}",
        root: "commentCreate",
        look: Some("comments"),
        kind: "Comment",
        field: "body",
        value: "Once",
    },
    Create {
        operation: "get_or_create_label",
        params: "{team: ENG, name: once}",
        root: "issueLabelCreate",
        look: Some("issueLabels"),
        kind: "IssueLabel",
        field: "name",
        value: "once",
    },
    Create {
        operation: "create_issue",
        params: "{team: ENG, title: Linked, links: ['https://once.example']}",
        root: "attachmentCreate",
        look: None,
        kind: "Attachment",
        field: "url",
        value: "https://once.example",
    },
    Create {
        operation: "create_project",
        params: "{name: Once, teams: ENG}",
        root: "projectCreate",
        look: Some("projects"),
        kind: "Project",
        field: "name",
        value: "Once",
    },
];

impl Create {
    async fn run(&self, workspace: &TestWorkspace) -> Answer {
        Answer(workspace.run(&self.yaml()).await.to_value())
    }

    fn yaml(&self) -> String {
        format!("operation: {}\nparams: {}\n", self.operation, self.params)
    }

    fn made(&self, workspace: &TestWorkspace) -> usize {
        records(workspace, self.kind, self.field, self.value)
    }

    /// Lets the answer to the create be lost, and every look-up of what it created.
    fn lose(&self, workspace: &TestWorkspace, look: &str, act: Act) {
        script_acts(workspace, self.root, [act]);
        if self.root == "issueLabelCreate" {
            // The label's name is looked up before it is created.
            script_acts(workspace, look, [Act::Slow(Duration::ZERO)]);
        }
        script_acts(workspace, look, [Act::Drop, Act::Drop, Act::Drop]);
    }
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_there_once() {
    for create in &CREATES {
        for act in [
            Act::DropAfterCommit,
            Act::UnavailableAfterCommit,
            Act::Truncated,
        ] {
            let workspace = TestWorkspace::new().await;
            script_acts(&workspace, create.root, [act.clone()]);
            let answer = create.run(&workspace).await;
            assert_acts_used(&workspace, &answer);
            answer.data();
            assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
            assert_eq!(create.made(&workspace), 1, "{} {act:?}", create.root);
            assert_eq!(
                with_root(&workspace.take_requests(), create.root),
                1,
                "{act:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_create_that_was_not_executed_is_repeated() {
    for create in &CREATES {
        for act in [
            Act::Drop,
            Act::ServiceUnavailableHtml,
            Act::InternalError { status: 500 },
        ] {
            let workspace = TestWorkspace::new().await;
            script_acts(&workspace, create.root, [act.clone()]);
            let answer = create.run(&workspace).await;
            assert_acts_used(&workspace, &answer);
            answer.data();
            assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
            assert_eq!(create.made(&workspace), 1, "{} {act:?}", create.root);
            assert_eq!(
                with_root(&workspace.take_requests(), create.root),
                2,
                "{act:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_settled_create_answers_as_any_other() {
    for create in CREATES.iter().filter(|create| create.look.is_some()) {
        let (plain, lossy) = (TestWorkspace::new().await, TestWorkspace::new().await);
        script_acts(&lossy, create.root, [Act::DropAfterCommit]);
        let (plain, lossy) = (create.run(&plain).await, create.run(&lossy).await);
        assert_eq!(lossy.calls(), plain.calls() + 1);
        for (name, value) in plain.data().as_object().unwrap() {
            if !name.ends_with("_at") {
                assert_eq!(lossy.data()[name], *value, "{}", create.operation);
            }
        }
    }
}

#[tokio::test]
async fn a_create_that_cannot_be_settled_is_unknown_and_says_what_to_check() {
    for create in &CREATES {
        for (act, made) in [
            (Act::UnavailableAfterCommit, 1),
            (Act::ServiceUnavailableHtml, 0),
        ] {
            let Some(look) = create.look else { continue };
            let workspace = TestWorkspace::new().await;
            create.lose(&workspace, look, act);
            let answer = create.run(&workspace).await;
            assert_acts_used(&workspace, &answer);
            assert_eq!(answer.code(), "OUTCOME_UNKNOWN");
            assert!(!answer.text("/error/message").contains("nothing was"));
            assert_eq!(create.made(&workspace), made);
            assert_eq!(with_root(&workspace.take_requests(), create.root), 1);
            snapshot(&format!("faults_unknown_{}", create.operation), &answer);
        }
    }
}

#[tokio::test]
async fn the_check_that_is_suggested_tells_whether_it_was_done() {
    let issue = &CREATES[0];
    for (act, there) in [(Act::DropAfterCommit, true), (Act::Drop, false)] {
        let workspace = TestWorkspace::new().await;
        issue.lose(&workspace, "issues", act);
        let answer = issue.run(&workspace).await;
        let hint = answer.texts("/error/suggestions")[0].to_owned();
        let id = hint.strip_prefix("Call get_issue ").unwrap();
        let id = id.split(' ').next().unwrap();
        let found = workspace
            .call("get_issue", &format!("{{issue_id: {id}}}"))
            .await;
        assert_eq!(found.at("/success"), there, "{:#}", found.0);
        assert_eq!(found.text("/data/title") == "Once", there);
    }
}

#[tokio::test]
async fn a_link_that_may_be_attached_is_told_and_the_issue_is_there() {
    let workspace = TestWorkspace::new().await;
    let url = "https://github.com/acme/web/pull/7";
    // The form is refused twice: together with the issue, and alone. The request with the plain link in its place is
    // lost, and so is every check of its outcome.
    let form = "attachmentLinkGitHubPR";
    script_acts(
        &workspace,
        form,
        [refused(form, "Not today"), refused(form, "Not today")],
    );
    script_acts(&workspace, "attachmentCreate", [Act::DropAfterCommit]);
    script_acts(&workspace, "attachments", vec![Act::Drop; 3]);
    let params = format!("{{team: ENG, title: Linked, links: ['{url}']}}");
    let answer = workspace.call("create_issue", &params).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.data()["title"], "Linked");
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains(url));
    assert!(warnings[0].contains("may not be attached, the answer was lost"));
    assert_eq!(records(&workspace, "Attachment", "url", url), 1);
}

#[tokio::test]
async fn a_label_and_its_issue_whose_answer_is_lost_are_there_once() {
    let params = "{team: ENG, title: Once, labels: [once], links: ['https://once.example']}";
    // The requests are the look-up, the writes, and a check that finds everything; where nothing was done, three more
    // checks and the writes again.
    for (act, calls) in [(Act::DropAfterCommit, 3), (Act::Drop, 7)] {
        let workspace = TestWorkspace::new().await;
        script_acts(&workspace, "issueLabelCreate", [act]);
        let answer = workspace.call("create_issue", params).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.data()["labels"][0]["name"], "once");
        assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
        for (kind, field, value) in [
            ("IssueLabel", "name", "once"),
            ("Issue", "title", "Once"),
            ("Attachment", "url", "https://once.example"),
        ] {
            assert_eq!(records(&workspace, kind, field, value), 1, "{kind}");
        }
        assert_eq!(answer.calls(), calls);
    }
}

#[tokio::test]
async fn a_label_and_its_issue_that_cannot_be_settled_are_unknown() {
    let workspace = TestWorkspace::new().await;
    CREATES[2].lose(&workspace, "issueLabels", Act::DropAfterCommit);
    let params = "{team: ENG, title: Once, labels: [once]}";
    let answer = workspace.call("create_issue", params).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.code(), "OUTCOME_UNKNOWN");
    assert!(answer.texts("/error/suggestions")[0].starts_with("Call get_issue c11e"));
    assert_eq!(records(&workspace, "IssueLabel", "name", "once"), 1);
    assert_eq!(records(&workspace, "Issue", "title", "Once"), 1);
}

#[tokio::test]
async fn a_lost_update_is_read_back_and_repeated_only_where_it_was_not_done() {
    for (act, sent) in [
        (Act::Drop, 3_usize),
        (Act::DropAfterCommit, 1),
        (Act::ServiceUnavailableHtml, 3),
        (Act::UnavailableAfterCommit, 1),
        (Act::Truncated, 1),
    ] {
        let workspace = TestWorkspace::new().await;
        script_acts(
            &workspace,
            "issueUpdate",
            vec![act.clone(); sent.div_ceil(2)],
        );
        let params = "{issue_id: ENG-231, title: Set once, add_labels: [bug]}";
        let answer = workspace.call("update_issue", params).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.data()["title"], "Set once");
        let changes = answer.texts("/metadata/changes");
        assert!(
            changes.iter().any(|change| change.contains("Set once")),
            "{:#}",
            answer.0
        );
        assert_eq!(
            with_root(&workspace.take_requests(), "issueUpdate"),
            sent,
            "{act:?}"
        );
        assert_eq!(records(&workspace, "Issue", "title", "Set once"), 1);
    }
}

#[tokio::test]
async fn a_lost_update_that_cannot_be_repeated_is_unknown() {
    for after in [vec![far_limit()], vec![Act::Drop, Act::Drop]] {
        let workspace = TestWorkspace::new().await;
        script_acts(&workspace, "issueUpdate", [Act::Drop]);
        script_acts(&workspace, "issueUpdate", after.clone());
        let params = "{issue_id: ENG-231, title: Set once}";
        let answer = workspace.call("update_issue", params).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.code(), "OUTCOME_UNKNOWN", "{after:?}");
        let envelope = answer.0.to_string();
        assert!(!envelope.contains("nothing was"), "{envelope}");
        let hint = "Call get_issue ENG-231 to see whether it was changed";
        assert_eq!(answer.texts("/error/suggestions"), [hint]);
        assert_eq!(records(&workspace, "Issue", "title", "Set once"), 0);
    }
}

#[tokio::test]
async fn a_lost_update_that_is_refused_when_it_is_repeated_was_not_done() {
    for after in [
        refused("issueUpdate", "Not on a Sunday"),
        Act::SuccessFalse {
            field: "issueUpdate".to_owned(),
        },
    ] {
        let workspace = TestWorkspace::new().await;
        script_acts(&workspace, "issueUpdate", [Act::Drop, after.clone()]);
        let params = "{issue_id: ENG-231, title: Set once}";
        let answer = workspace.call("update_issue", params).await;
        assert_acts_used(&workspace, &answer);
        assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED", "{after:?}");
        assert_eq!(records(&workspace, "Issue", "title", "Set once"), 0);
    }
}

#[tokio::test]
async fn a_defect_is_an_internal_error_and_the_session_works_on() {
    let first = AtomicBool::new(true);
    let ids = move || {
        assert!(!first.swap(false, Ordering::Relaxed), "no ids today");
        Clock::system().new_id()
    };
    let clock = Clock::new(|| Clock::system().now_ms(), ids);
    let workspace = TestWorkspace::with_clock(clock, |_| {}).await;
    let answer = CREATES[0].run(&workspace).await;
    assert_eq!(answer.code(), "INTERNAL_ERROR");
    assert_eq!(answer.calls(), 1);
    assert_eq!(mutations(&workspace.take_requests()), 0);
    snapshot("faults_internal", &answer);
    for create in &CREATES {
        create.run(&workspace).await.data();
        assert_eq!(create.made(&workspace), 1);
    }
}

/// A delay that no test waits for.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_request_cancelled_before_it_is_sent_sends_nothing() {
    let workspace = TestWorkspace::new().await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    for create in &CREATES {
        let yaml = create.yaml();
        let answer = cancellable(&workspace, &yaml, cancel.clone()).await;
        assert_eq!(answer.code(), "CANCELLED");
        assert_eq!(answer.calls(), 0);
        assert_eq!(create.made(&workspace), 0);
    }
    assert!(workspace.take_requests().is_empty());
}

/// Runs a request that is cancelled as soon as the stand-in has seen that root field.
async fn cancelled_at(workspace: &TestWorkspace, root: &str, yaml: &str) -> Answer {
    let cancel = CancellationToken::new();
    let watch = async {
        while with_root(&workspace.sandbox.requests(), root) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        cancel.cancel();
    };
    // The watch is polled first, so that an answer that has arrived cannot overtake it.
    tokio::join!(biased; watch, cancellable(workspace, yaml, cancel.clone())).1
}

#[tokio::test]
async fn a_read_that_is_cancelled_is_dropped_and_nothing_is_written() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "teams", [Act::Slow(LONG)]);
    let yaml = "operation: create_issue\nparams: {team: ENG, title: Once, labels: [once]}\n";
    let answer = cancelled_at(&workspace, "teams", yaml).await;
    assert_eq!(answer.code(), "CANCELLED");
    assert_eq!(answer.calls(), 1);
    assert_eq!(mutations(&workspace.take_requests()), 0);
    CREATES[0].run(&workspace).await.data();
}

#[tokio::test]
async fn a_write_that_is_cancelled_is_seen_through_and_the_next_is_not_begun() {
    let workspace = TestWorkspace::new().await;
    script_acts(
        &workspace,
        "issueCreate",
        [Act::Slow(Duration::from_millis(300))],
    );
    // The issue and nineteen links go out in one request, and the twentieth link in the next.
    let links: Vec<String> = (1..=20)
        .map(|number| format!("'https://a.example/{number}'"))
        .collect();
    let links = links.join(", ");
    let yaml =
        format!("operation: create_issue\nparams: {{team: ENG, title: Once, links: [{links}]}}\n");
    let answer = cancelled_at(&workspace, "issueCreate", &yaml).await;
    assert_eq!(answer.data()["title"], "Once");
    assert_eq!(answer.data()["attachments"].as_array().unwrap().len(), 19);
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("https://a.example/20"), "{warnings:?}");
    assert!(warnings[0].contains("CANCELLED"), "{warnings:?}");
    assert_eq!(mutations(&workspace.take_requests()), 1);
    assert_eq!(records(&workspace, "Issue", "title", "Once"), 1);
}

#[tokio::test]
async fn a_write_that_is_cancelled_and_whose_answer_is_lost_is_settled_all_the_same() {
    let short = Duration::from_millis(500);
    for create in CREATES.iter().filter(|create| create.look.is_some()) {
        let workspace = TestWorkspace::with_endpoint(|endpoint| endpoint.timeout = short).await;
        script_acts(&workspace, create.root, [Act::Slow(LONG)]);
        let yaml = create.yaml();
        let answer = cancelled_at(&workspace, create.root, &yaml).await;
        answer.data();
        assert_eq!(create.made(&workspace), 1, "{}", create.root);
        assert_eq!(with_root(&workspace.take_requests(), create.root), 1);
    }
    let workspace = TestWorkspace::with_endpoint(|endpoint| endpoint.timeout = short).await;
    script_acts(&workspace, "issueUpdate", [Act::Slow(LONG)]);
    let yaml = "operation: update_issue\nparams: {issue_id: ENG-231, title: Set once}\n";
    let answer = cancelled_at(&workspace, "issueUpdate", yaml).await;
    assert_eq!(answer.data()["title"], "Set once");
    assert_eq!(with_root(&workspace.take_requests(), "issueUpdate"), 1);
}

//! Rule 7: a link that the issue already has is reported as linked, in the form that it has.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;

use super::{ReportedOutcome, asks_for_no_repeat};
use crate::support::failures::{assert_acts_used, records, with_root};
use crate::support::{Answer, TestWorkspace};

const PULL: &str = "https://github.com/acme/portal/pull/99";
const TITLE: &str = "Sign in with a passkey #99";

/// The rich forms, each with its mutation.
const RICH: [(&str, &str, &str); 4] = [
    (PULL, "attachmentLinkGitHubPR", "github_pull_request"),
    (
        "https://github.com/acme/portal/issues/7",
        "attachmentLinkGitHubIssue",
        "github_issue",
    ),
    (
        "https://git.acme.example/a/b/c/-/merge_requests/9",
        "attachmentLinkGitLabMR",
        "gitlab_merge_request",
    ),
    (
        "https://acme.slack.com/archives/C0123ABCD/p1700000000123456",
        "attachmentLinkSlack",
        "slack_message",
    ),
];

/// Counts the mutations that attach something, in whatever form.
fn attachment_mutations(workspace: &TestWorkspace) -> usize {
    let received = workspace.take_requests();
    let attaches = |root: &&String| root.starts_with("attachment");
    let roots = received
        .iter()
        .filter(|request| request.mutation)
        .flat_map(|request| &request.roots);
    roots.filter(attaches).count()
}

/// Links an address that an integration attaches just before the write is executed.
async fn link(workspace: &TestWorkspace, url: &str, more: &str) -> Answer {
    let attached = Act::attached("PSN-123", url, TITLE);
    let root = RICH.iter().find(|link| link.0 == url).unwrap().1;
    workspace.sandbox.script().next_for(root, attached);
    let params = format!("{{issue_id: PSN-123, url: '{url}'{more}}}");
    workspace.call("link_url", &params).await
}

#[tokio::test]
async fn rule_7_what_is_attached_already_is_answered_as_it_is_there() {
    for (url, _, form) in RICH {
        for (more, warnings) in [("", 0), (", title: My own", 1)] {
            let workspace = TestWorkspace::new().await;
            let answer = link(&workspace, url, more).await;
            assert_acts_used(&workspace, &answer);
            assert_eq!(answer.data()["title"], TITLE, "{:#}", answer.0);
            assert_eq!(answer.data()["form"], form);
            assert_eq!(answer.texts("/warnings").len(), warnings, "{:#}", answer.0);
            assert_eq!(answer.calls(), 2, "{:#}", answer.0);
            assert_eq!(attachment_mutations(&workspace), 1);
            assert_eq!(records(&workspace, "Attachment", "url", url), 1);
            assert_eq!(
                workspace
                    .stored(
                        "Attachment",
                        &workspace.id("Attachment", "url", url),
                        "title"
                    )
                    .unwrap(),
                TITLE
            );
        }
    }
}

/// Reads may lag behind the integration, too.
#[tokio::test]
async fn rule_7_what_is_attached_already_is_found_while_reads_lag() {
    for lag in [1_usize, 2, 3] {
        let workspace = TestWorkspace::new().await;
        workspace.sandbox.script().reads_lag(lag);
        let answer = link(&workspace, PULL, "").await;
        assert_eq!(answer.data()["title"], TITLE, "{:#}", answer.0);
        assert_eq!(attachment_mutations(&workspace), 1);
        assert_eq!(
            workspace
                .stored(
                    "Attachment",
                    &workspace.id("Attachment", "url", PULL),
                    "title"
                )
                .unwrap(),
            TITLE
        );
    }
}

#[tokio::test]
async fn rule_7_a_link_in_a_batch_with_others_is_answered_as_it_is_there() {
    let workspace = TestWorkspace::new().await;
    let attached = Act::attached("PSN-123", PULL, TITLE);
    let target = "attachmentLinkGitHubPR";
    workspace.sandbox.script().next_for(target, attached);
    let params = format!(
        "{{detail: full, operations: [\
         {{operation: create_comment, params: {{issue_id: ENG-231, body: before}}}}, \
         {{operation: link_url, params: {{issue_id: PSN-123, url: '{PULL}'}}}}, \
         {{operation: create_comment, params: {{issue_id: ENG-231, body: after}}}}]}}"
    );
    let answer = workspace.call("batch", &params).await;
    assert_eq!(answer.data()["succeeded"], 3, "{:#}", answer.0);
    assert_eq!(answer.at("/data/results/1/data/title"), TITLE);
    assert_eq!(attachment_mutations(&workspace), 1);
    for body in ["before", "after"] {
        assert_eq!(records(&workspace, "Comment", "body", body), 1);
    }
}

/// The second of two links of one session.
#[tokio::test]
async fn rule_7_linking_twice_attaches_once() {
    for (url, root, form) in RICH {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{issue_id: PSN-123, url: '{url}', title: First}}");
        workspace.call("link_url", &params).await.data();
        workspace.take_requests();
        let again = params.replace("First", "Second");
        let answer = workspace.call("link_url", &again).await;
        assert_eq!(answer.data()["title"], "First", "{:#}", answer.0);
        assert_eq!(answer.data()["form"], form);
        assert_eq!(with_root(&workspace.take_requests(), root), 1);
        assert_eq!(records(&workspace, "Attachment", "url", url), 1);
    }
}

/// A plain link that has the address is reported as a plain link, although the address has a richer form.
#[tokio::test]
async fn rule_7_a_plain_link_that_is_there_keeps_its_form() {
    let workspace = TestWorkspace::new().await;
    workspace.sandbox.edit(|store| {
        store.set_integration("github", false);
    });
    let params = format!("{{issue_id: PSN-123, url: '{PULL}', title: Plain}}");
    workspace.call("link_url", &params).await.data();
    let answer = workspace.call("link_url", &params).await;
    assert_eq!(answer.data()["form"], "link", "{:#}", answer.0);
    assert_eq!(records(&workspace, "Attachment", "url", PULL), 1);
}

/// Another refusal is followed by a plain link.
#[tokio::test]
async fn rule_7_a_form_that_linear_declines_becomes_a_plain_link() {
    for (url, root, _) in RICH {
        for refusal in [
            Refusal::invalid("The integration is not installed"),
            Refusal::feature_off(root),
            Refusal::forbidden("write"),
        ] {
            let workspace = TestWorkspace::new().await;
            workspace.sandbox.script().next(Act::refuse(root, refusal));
            let params = format!("{{issue_id: PSN-123, url: '{url}'}}");
            let answer = workspace.call("link_url", &params).await;
            assert_eq!(answer.data()["form"], "link", "{:#}", answer.0);
            assert_eq!(answer.texts("/warnings").len(), 1, "{:#}", answer.0);
            assert_eq!(attachment_mutations(&workspace), 2);
            assert_eq!(records(&workspace, "Attachment", "url", url), 1);
        }
    }
}

/// A lost answer is settled by looking the URL up, also where somebody else has attached it by then.
#[tokio::test]
async fn rule_7_a_lost_link_is_settled_by_its_url() {
    for (url, root, form) in RICH {
        for lag in [0_usize, 1, 3] {
            let workspace = TestWorkspace::new().await;
            workspace
                .sandbox
                .script()
                .next_for(root, Act::DropAfterCommit);
            workspace.sandbox.script().reads_lag(lag);
            let params = format!("{{issue_id: PSN-123, url: '{url}', title: Mine}}");
            let answer = workspace.call("link_url", &params).await;
            assert_acts_used(&workspace, &answer);
            assert_eq!(answer.data()["form"], form, "{:#}", answer.0);
            assert_eq!(attachment_mutations(&workspace), 1, "lag {lag}");
            asks_for_no_repeat(&answer);
        }
        let workspace = TestWorkspace::new().await;
        workspace.sandbox.script().next_for(root, Act::Drop);
        let answer = link(&workspace, url, ", title: Mine").await;
        assert_eq!(answer.data()["title"], TITLE, "{:#}", answer.0);
        assert_eq!(records(&workspace, "Attachment", "url", url), 1);
        assert_eq!(
            workspace
                .stored(
                    "Attachment",
                    &workspace.id("Attachment", "url", url),
                    "title"
                )
                .unwrap(),
            TITLE
        );
    }
}

/// The links of a new issue, one of which Linear has by the time that its answer is lost.
#[tokio::test]
async fn rule_7_the_rich_links_of_a_new_issue_are_attached_once() {
    for act in [Act::DropAfterCommit, Act::Drop, Act::Truncated] {
        for lag in [0_usize, 2, 5] {
            let workspace = TestWorkspace::new().await;
            let urls: Vec<String> = RICH.iter().map(|link| format!("'{}'", link.0)).collect();
            let params = format!("{{team: ENG, title: Linked, links: [{}]}}", urls.join(", "));
            workspace
                .sandbox
                .script()
                .next_for("issueCreate", act.clone());
            workspace.sandbox.script().reads_lag(lag);
            let answer = workspace.call("create_issue", &params).await;
            let there = records(&workspace, "Issue", "title", "Linked");
            assert_eq!(
                ReportedOutcome::of(&answer),
                ReportedOutcome::Done,
                "{:#}",
                answer.0
            );
            assert_eq!(there, 1);
            for (url, ..) in RICH {
                assert_eq!(
                    records(&workspace, "Attachment", "url", url),
                    1,
                    "{:#}",
                    answer.0
                );
            }
        }
    }
}

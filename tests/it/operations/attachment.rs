//! `link_url`, and the links of create_issue.

use linear_ops::sandbox::Act;

use crate::support::failures::{
    assert_acts_used, records, refuse_once, script_acts, snapshot, with_root,
};
use crate::support::{TestWorkspace, mutations};

const PULL: &str = "{issue_id: PSN-123, url: 'https://github.com/acme/portal/pull/42'}";

/// Addresses, each with the mutation that attaches it and the form that the answer reports.
const FORMS: [(&str, &str, &str); 5] = [
    (
        "https://github.com/acme/portal/pull/42",
        "attachmentLinkGitHubPR",
        "github_pull_request",
    ),
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
    ("https://example.com/spec", "attachmentCreate", "link"),
];

#[tokio::test]
async fn links_as_they_are_shown() {
    let workspace = TestWorkspace::new().await;
    for (name, params) in [
        (
            "link",
            "{issue_id: PSN-123, url: 'https://example.com/spec', title: The spec}",
        ),
        ("link_pull_request", PULL),
        (
            "link_brief",
            "{issue_id: PSN-123, link: 'https://example.com/b', detail: brief}",
        ),
        (
            "link_no_issue",
            "{issue_id: PSN-999, url: 'https://example.com/spec'}",
        ),
        ("link_no_url", "{issue_id: PSN-123, url: example.com}"),
    ] {
        snapshot(name, &workspace.call("link_url", params).await);
    }
}

#[tokio::test]
async fn each_address_takes_its_form_in_one_request_and_a_second_link_is_the_first() {
    for (url, root, form) in FORMS {
        let workspace = TestWorkspace::new().await;
        // A second plain link changes the title of the first. A link of another form is refused when it exists, and
        // is then read.
        let second = if form == "link" {
            ("Second", 1)
        } else {
            ("First", 2)
        };
        for (title, (kept, calls)) in [("First", ("First", 1)), ("Second", second)] {
            let params = format!("{{issueId: psn-123, url: '{url}', title: {title}}}");
            let answer = workspace.call("link_url", &params).await;
            assert_eq!(answer.data()["form"], form, "{url}");
            assert_eq!(answer.data()["title"], kept);
            assert_eq!(answer.calls(), calls);
            let warnings = answer.texts("/warnings").len();
            assert_eq!(warnings, usize::from(title != kept), "{:#}", answer.0);
            assert_eq!(with_root(&workspace.take_requests(), root), 1, "{url}");
        }
        assert_eq!(records(&workspace, "Attachment", "url", url), 1);
    }
}

#[tokio::test]
async fn a_link_that_is_there_keeps_its_title_unless_another_is_given() {
    let workspace = TestWorkspace::new().await;
    let url = "https://example.com/spec";
    for (title, reported, calls) in [
        ("", url, 2),
        ("title: The spec", "The spec", 1),
        ("", "The spec", 2),
        ("title: New", "New", 1),
    ] {
        let params = format!("{{issue_id: PSN-123, url: '{url}', {title}}}");
        let answer = workspace.call("link_url", &params).await;
        assert_eq!(answer.data()["title"], reported);
        assert_eq!(answer.calls(), calls);
    }
    assert_eq!(records(&workspace, "Attachment", "url", url), 1);
    // A link that falls back to a plain link keeps its title, too.
    let named = PULL.replace('}', ", title: Sign-in}");
    workspace.call("link_url", &named).await.data();
    workspace
        .sandbox
        .script()
        .feature_off("attachmentLinkGitHubPR");
    let answer = workspace.call("link_url", PULL).await;
    assert_eq!(answer.data()["title"], "Sign-in");
    assert_eq!(answer.data()["form"], "link");
}

#[tokio::test]
async fn without_the_integration_it_is_a_plain_link_and_that_is_told() {
    let workspace = TestWorkspace::new().await;
    refuse_once(
        &workspace,
        "attachmentLinkGitHubPR",
        "The GitHub integration is not installed",
    );
    let answer = workspace.call("link_url", PULL).await;
    assert_acts_used(&workspace, &answer);
    // The requests are: the link; look-ups of an existing link, which Linear refuses in the same way; and the plain
    // link.
    assert_eq!(answer.calls(), 6);
    snapshot("link_declined", &answer);
    let workspace = TestWorkspace::new().await;
    workspace
        .sandbox
        .script()
        .feature_off("attachmentLinkGitHubPR");
    let answer = workspace.call("link_url", PULL).await;
    assert_eq!(answer.data()["form"], "link");
    assert_eq!(answer.texts("/warnings").len(), 1);
}

#[tokio::test]
async fn what_linear_refuses_altogether_is_told() {
    let workspace = TestWorkspace::new().await;
    refuse_once(
        &workspace,
        "attachmentLinkGitHubPR",
        "The GitHub integration is not installed",
    );
    refuse_once(
        &workspace,
        "attachmentCreate",
        "The GitHub integration is not installed",
    );
    let answer = workspace.call("link_url", PULL).await;
    assert_acts_used(&workspace, &answer);
    assert_eq!(answer.code(), "ATTACHMENT_CREATION_FAILED");
    snapshot("link_refused", &answer);
    assert!(answer.texts("/warnings").is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_repeated_and_attaches_once() {
    for (url, root, form) in FORMS {
        for act in [Act::DropAfterCommit, Act::Drop, Act::Truncated] {
            let workspace = TestWorkspace::new().await;
            script_acts(&workspace, root, [act]);
            let params = format!("{{issue_id: PSN-123, url: '{url}'}}");
            let answer = workspace.call("link_url", &params).await;
            assert_acts_used(&workspace, &answer);
            assert_eq!(answer.data()["form"], form);
            assert_eq!(records(&workspace, "Attachment", "url", url), 1);
        }
    }
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "attachmentLinkGitHubPR", vec![Act::Drop; 3]);
    let answer = workspace.call("link_url", PULL).await;
    assert_eq!(answer.code(), "OUTCOME_UNKNOWN");
}

#[tokio::test]
async fn the_links_of_a_new_issue_take_their_forms() {
    let workspace = TestWorkspace::new().await;
    let urls: Vec<String> = FORMS.iter().map(|(url, ..)| format!("'{url}'")).collect();
    let params = format!("{{team: ENG, title: Linked, links: [{}]}}", urls.join(", "));
    let answer = workspace.call("create_issue", &params).await;
    assert_eq!(answer.data()["attachments"].as_array().unwrap().len(), 5);
    let received = workspace.take_requests();
    for (_, root, _) in FORMS {
        assert_eq!(with_root(&received, root), 1, "{root}");
    }
    // All links are created in the request that creates the issue.
    assert_eq!((mutations(&received), answer.calls()), (1, 2));
}

//! The links of `update_issue`.

use linear_ops::sandbox::Act;

use crate::support::failures::{assert_acts_used, records, refuse_once, script_acts};
use crate::support::{TestWorkspace, mutations};

const PLAIN: &str = "https://a.example/1";
const PULL: &str = "https://github.com/acme/portal/pull/99";

#[tokio::test]
async fn an_update_attaches_links_in_the_form_that_they_call_for() {
    let workspace = TestWorkspace::new().await;
    let params = format!(
        "{{issue_id: ENG-232, title: New, links: [{{url: '{PLAIN}', title: Spec}}, '{PULL}']}}"
    );
    let answer = workspace.call("update_issue", &params).await;
    assert_eq!(answer.calls(), 2);
    assert_eq!(mutations(&workspace.take_requests()), 1);
    assert_eq!(
        answer.texts("/metadata/changes")[1..],
        [format!("links: +{PLAIN} +{PULL}")]
    );
    for url in [PLAIN, PULL] {
        assert_eq!(records(&workspace, "Attachment", "url", url), 1);
    }
    assert_eq!(records(&workspace, "Attachment", "title", "Spec"), 1);
    assert_eq!(records(&workspace, "Attachment", "sourceType", "github"), 2);
}

#[tokio::test]
async fn a_link_that_is_there_is_told_and_not_attached_again() {
    for url in [PLAIN, PULL] {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{issue_id: ENG-232, links: ['{url}'], changes: false}}");
        workspace.call("update_issue", &params).await.data();
        workspace.take_requests();
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(
            (answer.calls(), mutations(&workspace.take_requests())),
            (1, 0)
        );
        let step = format!("attach_link: {url} (already attached)");
        assert!(
            answer
                .texts("/metadata/operations")
                .contains(&step.as_str())
        );
        assert_eq!(records(&workspace, "Attachment", "url", url), 1);
        // A plain link gets a new title; Linear keeps that of a pull request.
        let titled = format!("{{issue_id: ENG-232, links: [{{url: '{url}', title: Mine}}]}}");
        let answer = workspace.call("update_issue", &titled).await;
        let is_plain = url == PLAIN;
        assert_eq!(
            records(&workspace, "Attachment", "title", "Mine"),
            usize::from(is_plain)
        );
        let keeps = answer
            .texts("/warnings")
            .iter()
            .any(|warning| warning.contains("keeps its title"));
        assert_eq!(keeps, !is_plain, "{:#}", answer.0);
    }
}

#[tokio::test]
async fn a_link_that_fails_is_a_warning_and_an_error_where_it_is_all() {
    let workspace = TestWorkspace::new().await;
    refuse_once(&workspace, "attachmentCreate", "Not on a Sunday");
    let params = format!("{{issue_id: ENG-232, title: New, links: ['{PLAIN}']}}");
    let answer = workspace.call("update_issue", &params).await;
    assert_eq!(answer.data()["title"], "New");
    let warnings = answer.texts("/warnings");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("not attached: Not on a Sunday"),
        "{warnings:?}"
    );
    refuse_once(&workspace, "attachmentCreate", "Not on a Sunday");
    let params = format!("{{issue_id: ENG-232, links: ['{PLAIN}']}}");
    let answer = workspace.call("update_issue", &params).await;
    assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED");
    assert_eq!(records(&workspace, "Attachment", "url", PLAIN), 0);
}

#[tokio::test]
async fn a_form_that_linear_declines_becomes_a_plain_link() {
    let workspace = TestWorkspace::new().await;
    refuse_once(&workspace, "attachmentLinkGitHubPR", "Not installed");
    let params =
        format!("{{issue_id: ENG-232, title: New, links: [{{url: '{PULL}', title: Mine}}]}}");
    let answer = workspace.call("update_issue", &params).await;
    assert_eq!(answer.texts("/warnings").len(), 1, "{:#}", answer.0);
    assert_eq!(records(&workspace, "Attachment", "title", "Mine"), 1);
}

#[tokio::test]
async fn a_link_is_not_attached_where_the_update_is_refused() {
    let workspace = TestWorkspace::new().await;
    refuse_once(&workspace, "issueUpdate", "Not on a Sunday");
    let params =
        format!("{{issue_id: ENG-232, title: New, blocks: [ENG-231], links: ['{PLAIN}']}}");
    let answer = workspace.call("update_issue", &params).await;
    assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED");
    assert_eq!(records(&workspace, "Attachment", "url", PLAIN), 0);
}

#[tokio::test]
async fn a_lost_link_is_attached_once() {
    for url in [PLAIN, PULL] {
        for act in [Act::DropAfterCommit, Act::Truncated, Act::Drop] {
            let workspace = TestWorkspace::new().await;
            script_acts(&workspace, "issueUpdate", [act.clone()]);
            let params = format!("{{issue_id: ENG-232, title: Lost, links: ['{url}']}}");
            let answer = workspace.call("update_issue", &params).await;
            assert_acts_used(&workspace, &answer);
            assert_eq!(answer.data()["title"], "Lost", "{act:?}");
            assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
            assert_eq!(records(&workspace, "Attachment", "url", url), 1, "{act:?}");
        }
    }
}

//! `create_comment`, `update_comment`, `delete_comment`, `resolve_comment`.

use linear_ops::sandbox::Act;

use crate::support::failures::{mutations, records, refused, script_acts, with_root};
use crate::support::{TestWorkspace, snapshot, variable};

/// The first comment on PSN-123, which has an answer.
const ROOT: &str = "5eed0000-0000-4000-8000-000000000195";
/// The answer.
const REPLY: &str = "5eed0000-0000-4000-8000-000000000196";
const NOBODY: &str = "5eed0000-0000-4000-8000-00000000ffff";

/// The operations with what they send and parameters for a comment.
fn changes(id: &str) -> [(&'static str, &'static str, String); 4] {
    [
        (
            "update_comment",
            "commentUpdate",
            format!("{{comment_id: {id}, body: New}}"),
        ),
        (
            "delete_comment",
            "commentDelete",
            format!("{{comment_id: {id}}}"),
        ),
        (
            "resolve_comment",
            "commentResolve",
            format!("{{comment_id: {id}}}"),
        ),
        (
            "resolve_comment",
            "commentUnresolve",
            format!("{{comment_id: {id}, resolved: false}}"),
        ),
    ]
}

#[tokio::test]
async fn each_change_is_one_request_and_shown() {
    let workspace = TestWorkspace::deleting().await;
    for (name, operation, params) in [
        (
            "comment_updated",
            "update_comment",
            format!("{{comment_id: {ROOT}, body: \"Should they?\\n\\n- yes\"}}"),
        ),
        (
            "comment_updated_full",
            "update_comment",
            format!("{{comment_id: {ROOT}, body: Once more, detail: full}}"),
        ),
        (
            "comment_resolved",
            "resolve_comment",
            format!("{{comment_id: {ROOT}}}"),
        ),
        (
            "comment_unresolved",
            "resolve_comment",
            format!("{{comment_id: {ROOT}, resolved: false, detail: brief}}"),
        ),
        (
            "comment_deleted",
            "delete_comment",
            format!("{{comment_id: {ROOT}}}"),
        ),
    ] {
        snapshot(name, &workspace.yaml(operation, &params).await);
        assert_eq!(workspace.take_requests().len(), 1, "{name}");
    }
    // The replies are deleted with the comment that they belong to.
    assert_eq!(workspace.stored("Comment", ROOT, "body"), None);
    assert_eq!(workspace.stored("Comment", REPLY, "body"), None);
}

#[tokio::test]
async fn a_new_text_arrives_as_it_was_written() {
    let workspace = TestWorkspace::deleting().await;
    let request = format!(
        "operation: edit_comment\nparams:\n  commentId: {ROOT}\n  text: |\n    # Title\n\n    'a' \"b\" — 😀\n"
    );
    let answer = workspace.run(&request).await;
    assert!(answer.is_success(), "{}", answer.to_yaml());
    let received = workspace.take_requests();
    let input = variable(&received, "commentUpdate", "input");
    assert_eq!(input["body"], "# Title\n\n'a' \"b\" — 😀\n");
    let body = workspace.stored("Comment", ROOT, "body").unwrap();
    assert!(body.starts_with("# Title"), "{body}");
}

#[tokio::test]
async fn a_thread_is_resolved_and_opened_by_its_first_comment() {
    let workspace = TestWorkspace::deleting().await;
    workspace
        .call("resolve_comment", &format!("{{comment_id: {ROOT}}}"))
        .await
        .data();
    assert!(workspace.stored("Comment", ROOT, "resolvedAt").is_some());
    let list = workspace.call("list_comments", "{issue_id: PSN-123}").await;
    assert!(list.at("/data/comments/0/resolved_at").is_string());
    let params = format!("{{comment_id: {ROOT}, resolved: no}}");
    let answer = workspace.call("resolve_comment", &params).await;
    assert_eq!(answer.data()["resolved"], false);
    assert_eq!(workspace.stored("Comment", ROOT, "resolvedAt"), None);
    let params = format!("{{comment_id: {REPLY}}}");
    let answer = workspace.yaml("resolve_comment", &params).await;
    snapshot("comment_resolve_reply", &answer);
}

#[tokio::test]
async fn a_comment_that_is_not_there_is_told() {
    for (operation, root, params) in changes(NOBODY) {
        let workspace = TestWorkspace::deleting().await;
        let answer = workspace.call(operation, &params).await;
        assert_eq!(answer.code(), "COMMENT_NOT_FOUND", "{root}");
        assert_eq!(answer.at("/error/details/input"), NOBODY);
        assert_eq!(answer.calls(), 2, "{root}");
    }
}

#[tokio::test]
async fn what_is_no_id_is_not_sent() {
    let workspace = TestWorkspace::deleting().await;
    let address = "https://linear.app/acme/issue/PSN-123/implement#comment-000000000195";
    for id in ["PSN-123", "latest", address] {
        for (operation, _, params) in changes(id) {
            let params = params.replace(id, &format!("'{id}'"));
            let answer = workspace.call(operation, &params).await;
            assert_eq!(answer.code(), "INVALID_PARAM", "{operation} {id}");
            assert_eq!(answer.at("/error/details/param"), "comment_id");
        }
    }
    assert!(workspace.take_requests().is_empty());
    let params = format!("{{comment_id: '{address}', body: New}}");
    snapshot(
        "comment_address",
        &workspace.yaml("update_comment", &params).await,
    );
}

#[tokio::test]
async fn a_refusal_has_linears_own_reason() {
    for (operation, root, params) in changes(ROOT) {
        let workspace = TestWorkspace::deleting().await;
        workspace
            .sandbox
            .script()
            .next(refused(root, "You can only change your own comments"));
        let answer = workspace.call(operation, &params).await;
        assert_eq!(answer.code(), "COMMENT_UPDATE_FAILED", "{root}");
        assert_eq!(
            answer.text("/error/details/reason"),
            "You can only change your own comments"
        );
        assert!(
            workspace
                .stored("Comment", ROOT, "body")
                .is_some_and(|body| body.starts_with("Should"))
        );
    }
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_done() {
    for (operation, root, params) in changes(ROOT) {
        for act in [
            Act::DropAfterCommit,
            Act::UnavailableAfterCommit,
            Act::Truncated,
        ] {
            let workspace = TestWorkspace::deleting().await;
            script_acts(&workspace, root, [act.clone()]);
            let answer = workspace.call(operation, &params).await;
            answer.data();
            assert_eq!(workspace.sandbox.script().pending(), 0);
            let received = workspace.take_requests();
            assert_eq!(with_root(&received, root), 1, "{root} {act:?}");
        }
    }
}

#[tokio::test]
async fn a_deletion_that_is_never_answered_is_looked_for() {
    let workspace = TestWorkspace::deleting().await;
    script_acts(
        &workspace,
        "commentDelete",
        [Act::DropAfterCommit, Act::Drop, Act::Drop],
    );
    let params = format!("{{comment_id: {REPLY}}}");
    let answer = workspace.call("delete_comment", &params).await;
    assert_eq!(answer.data()["deleted"], true);
    let workspace = TestWorkspace::deleting().await;
    script_acts(
        &workspace,
        "commentDelete",
        [Act::Drop, Act::Drop, Act::Drop],
    );
    let answer = workspace.call("delete_comment", &params).await;
    assert_eq!(answer.code(), "OUTCOME_UNKNOWN");
    assert!(workspace.stored("Comment", REPLY, "body").is_some());
}

#[tokio::test]
async fn an_answer_to_an_answer_joins_the_thread() {
    let workspace = TestWorkspace::deleting().await;
    let params = format!("{{issue_id: PSN-123, body: Joined, parent_id: {REPLY}}}");
    let answer = workspace.yaml("create_comment", &params).await;
    snapshot("comment_below_reply", &answer);
    assert_eq!(records(&workspace, "Comment", "body", "Joined"), 1);
    // Linear refuses the reply first; then the issue and the parent comment are read.
    assert_eq!(mutations(&workspace.take_requests()), 2);
}

#[tokio::test]
async fn a_comment_as_it_is_shown() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: PSN-123, body: \"## Update\\n\\n- done\"}";
    snapshot("comment", &workspace.yaml("create_comment", params).await);
    let full = "{issue_id: PSN-123, body: Once more, detail: full}";
    snapshot(
        "comment_full",
        &workspace.yaml("create_comment", full).await,
    );
    let brief = "{issue_id: PSN-123, body: And again, detail: brief}";
    snapshot(
        "comment_brief",
        &workspace.yaml("create_comment", brief).await,
    );
    let missing = "{issue_id: PSN-999, body: Nobody reads this}";
    snapshot(
        "comment_issue_missing",
        &workspace.yaml("create_comment", missing).await,
    );
    let orphan = "{issue_id: PSN-123, body: B, parent_id: 5eed0000-0000-4000-8000-00000000ffff}";
    snapshot(
        "comment_parent_missing",
        &workspace.yaml("create_comment", orphan).await,
    );
    let nonsense = "{issue_id: PSN-123, body: B, parent_id: PSN-1}";
    snapshot(
        "comment_parent_nonsense",
        &workspace.yaml("create_comment", nonsense).await,
    );
}

#[tokio::test]
async fn the_text_arrives_as_it_was_written() {
    let workspace = TestWorkspace::new().await;
    let request = "operation: create_comment\nparams:\n  issue_id: PSN-123\n  body: |\n    ## Progress\n\n    \
        ```yaml\n    key: \"value\"   # kept\n    ```\n    — 100% 😀 'quoted' \"twice\" C:\\path\n";
    workspace.run(request).await;
    let received = workspace.take_requests();
    let input = variable(&received, "commentCreate", "input");
    assert_eq!(
        input["body"],
        "## Progress\n\n```yaml\nkey: \"value\"   # kept\n```\n— 100% 😀 'quoted' \"twice\" C:\\path\n"
    );
    assert_eq!(input["issueId"], "PSN-123");
}

#[tokio::test]
async fn an_answer_stands_below_the_comment_it_answers() {
    let workspace = TestWorkspace::new().await;
    let first = workspace
        .call("create_comment", "{issue_id: PSN-124, body: Question}")
        .await;
    let parent = first.text("/data/id").to_owned();
    for spelling in ["parent_id", "parentId", "parent", "parent_comment_id"] {
        let params = format!("{{issue_id: PSN-124, body: Answer, {spelling}: {parent}}}");
        let answer = workspace.call("create_comment", &params).await;
        assert_eq!(answer.data()["parent_id"], parent.as_str(), "{spelling}");
    }
}

#[tokio::test]
async fn every_spelling_of_the_text_and_the_issue_is_understood() {
    let workspace = TestWorkspace::new().await;
    for params in [
        "{issue_id: PSN-124, body: text}",
        "{issueId: psn-124, comment: text}",
        "{id: PSN-124, content: text}",
        "{identifier: PSN-124, text: text}",
        "{issue: 'https://linear.app/acme/issue/PSN-124/x', markdown: text}",
        "{ticket: PSN-124, message: text}",
    ] {
        workspace.call("add_comment", params).await.data();
        let received = workspace.take_requests();
        let input = variable(&received, "commentCreate", "input");
        assert_eq!(input["body"], "text", "{params}");
        assert_eq!(input["issueId"], "PSN-124", "{params}");
    }
}

#[tokio::test]
async fn two_comments_of_the_same_text_are_two() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: PSN-124, body: Again}";
    let first = workspace.call("create_comment", params).await;
    let second = workspace.call("create_comment", params).await;
    assert_ne!(first.data()["id"], second.data()["id"]);
    let issue = workspace
        .call("get_issue", "{id: PSN-124, include_comments: true}")
        .await;
    assert_eq!(issue.data()["comments"].as_array().unwrap().len(), 2);
}

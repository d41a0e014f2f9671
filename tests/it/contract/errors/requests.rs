//! Requests that cannot be read, and requests that were repaired.

use crate::support::failures::snapshot;
use crate::support::{Answer, TestWorkspace};

/// Runs a request that has to be repaired and to succeed, and returns its envelope.
async fn mended(workspace: &TestWorkspace, what: &str, yaml: &str) -> Answer {
    let answer = workspace.answer(yaml).await;
    answer.data();
    let warnings = answer.texts("/warnings");
    let reported = |text: &&str| text.starts_with("yaml_repaired: ") && text.contains(what);
    assert!(warnings.iter().any(reported), "{yaml}\n{warnings:?}");
    answer
}

#[tokio::test]
async fn an_unreadable_request_says_where_it_breaks() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .answer("operation: get_team\nparams:\n  team: [1, 2\n  detail: }\n")
        .await;
    assert_eq!(answer.code(), "INVALID_REQUEST");
    assert_eq!(answer.at("/error/details/line"), 4);
    assert!(answer.at("/error/details/column").is_u64());
    snapshot("errors_request_unreadable", &answer);
    let answer = workspace.answer("just some words about an issue").await;
    snapshot("errors_request_prose", &answer);
    let answer = workspace.answer("params: {team: ENG}").await;
    snapshot("errors_request_no_operation", &answer);
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let workspace = TestWorkspace::new().await;
    for yaml in [
        "",
        "# nothing",
        "- a list",
        "operation:",
        "operation: [get_team]",
        "operation: get_team\nparams: [ENG]",
        "operation: get_team\nparams: {team: ENG, team: DES}",
        "operation: get_team\n---\noperation: list_teams\n",
    ] {
        let answer = workspace.answer(yaml).await;
        assert_eq!(answer.code(), "INVALID_REQUEST", "{yaml}");
        assert!(!answer.texts("/error/suggestions").is_empty(), "{yaml}");
        assert_eq!(answer.calls(), 0);
    }
}

#[tokio::test]
async fn an_unknown_operation_is_told_with_the_nearest() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace.call("create_isue", "{team: ENG, title: T}").await;
    assert_eq!(answer.code(), "UNKNOWN_OPERATION");
    snapshot("errors_unknown_operation", &answer);
    let first = answer.texts("/error/suggestions");
    assert_eq!(first.first(), Some(&"Use 'create_issue'"));
    let answer = workspace.call("make_coffee", "{}").await;
    assert_eq!(answer.code(), "UNKNOWN_OPERATION");
    assert!(
        !answer.texts("/error/suggestions").is_empty(),
        "{:#}",
        answer.0
    );
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn a_code_fence_is_taken_off() {
    let workspace = TestWorkspace::new().await;
    let yaml = "```yaml\noperation: get_team\nparams: {team: ENG}\n```\n";
    let answer = mended(&workspace, "fence", yaml).await;
    assert_eq!(answer.text("/data/key"), "ENG");
    snapshot("errors_request_fence", &answer);
}

#[tokio::test]
async fn comments_in_slashes_are_left_out() {
    let workspace = TestWorkspace::new().await;
    let yaml = "operation: \"get_issue\" // the operation\nparams:\n  issue_id: \"PSN-123\"  // which one\n  // nothing more\n";
    let answer = mended(&workspace, "comments", yaml).await;
    assert_eq!(answer.text("/data/identifier"), "PSN-123");
    let plain =
        "operation: get_issue // look\nparams:\n  issue_id: PSN-123  // Agent handles issueId\n";
    let answer = workspace.answer(plain).await;
    assert_eq!(answer.data().get("identifier").unwrap(), "PSN-123");
}

#[tokio::test]
async fn the_one_line_form_is_read() {
    let workspace = TestWorkspace::new().await;
    let yaml = "operation: get_team, params: {team: \"Engineering\"}";
    let answer = mended(&workspace, "one-line", yaml).await;
    assert_eq!(answer.text("/data/key"), "ENG");
}

#[tokio::test]
async fn a_body_that_lost_its_indentation_gets_it_back_whole() {
    let workspace = TestWorkspace::new().await;
    let body = "## Progress\n\n- [x] one: done\n- [ ] two\n---\n*emphasis*";
    let yaml = format!(
        "operation: create_comment\nparams:\n  issue_id: PSN-123\n  body: |\n    {body}\ncontext:\n  command: work\n"
    );
    let answer = mended(&workspace, "indented", &yaml).await;
    let id = answer.text("/data/id");
    let mut kept = String::new();
    workspace.sandbox.edit(|store| {
        let comment = store.get("Comment", id).unwrap();
        kept = comment.get("body").unwrap().as_str().unwrap().to_owned();
    });
    for line in ["## Progress", "one: done", "two", "---", "*emphasis*"] {
        assert!(kept.contains(line), "{line} in {kept}");
    }
}

#[tokio::test]
async fn a_quote_inside_a_quoted_title_is_kept() {
    let workspace = TestWorkspace::new().await;
    let yaml = "operation: create_issue\nparams:\n  team: ENG\n  title: \"Fix \"smart\" quotes\"\n";
    let answer = mended(&workspace, "quoted", yaml).await;
    assert_eq!(answer.text("/data/title"), "Fix \"smart\" quotes");
}

#[tokio::test]
async fn a_colour_that_yaml_takes_for_a_comment_is_kept() {
    let workspace = TestWorkspace::new().await;
    let yaml =
        "operation: get_or_create_label\nparams:\n  team: ENG\n  name: on\n  color: #f2994a\n";
    let answer = mended(&workspace, "quoted", yaml).await;
    assert_eq!(answer.text("/data/name"), "on");
    assert_eq!(answer.text("/data/color"), "#f2994a");
}

#[tokio::test]
async fn tabs_are_indentation() {
    let workspace = TestWorkspace::new().await;
    let answer = mended(
        &workspace,
        "tabs",
        "operation: get_team\nparams:\n\tteam: ENG\n",
    )
    .await;
    assert_eq!(answer.text("/data/key"), "ENG");
}

#[tokio::test]
async fn warnings_of_reading_stay_when_the_operation_fails() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .answer("```yaml\noperation: get_team\nparams: {team: Nowhere}\n```")
        .await;
    assert_eq!(answer.code(), "TEAM_NOT_FOUND");
    assert_eq!(answer.texts("/warnings").len(), 1);
}

#[tokio::test]
async fn parameters_without_params_are_taken_and_told() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace.answer("operation: get_team\nteam: ENG\n").await;
    assert_eq!(answer.data().get("key").unwrap(), "ENG");
    assert!(
        answer
            .texts("/warnings")
            .iter()
            .any(|text| text.contains("'params' is missing"))
    );
}

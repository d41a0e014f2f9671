//! `create_issue_label`, and what the cache has afterwards.

use std::time::Duration;

use linear_ops::sandbox::Act;

use crate::support::failures::{records, snapshot};
use crate::support::{Answer, TestWorkspace, mutations};

/// The names of the labels that a team can use, or the workspace's own.
pub async fn listed(workspace: &TestWorkspace, params: &str) -> Vec<String> {
    let answer = workspace.call("list_labels", params).await;
    assert_eq!(answer.calls(), 0, "{:#}", answer.0);
    answer.column("labels", "name")
}

/// Puts the labels of these teams and of the workspace into the cache.
pub async fn warm(workspace: &TestWorkspace) {
    for params in ["{team: ENG}", "{team: PLT}", "{team: DES}", "{}"] {
        workspace.call("list_labels", params).await.data();
    }
    workspace.take_requests();
}

/// Runs an operation whose mutations with this root field are answered by these acts, in order; returns the test workspace and
/// the answer.
pub async fn lost(
    operation: &str,
    params: &str,
    root: &str,
    acts: Vec<Act>,
) -> (TestWorkspace, Answer) {
    let workspace =
        TestWorkspace::with_endpoint(|endpoint| endpoint.timeout = Duration::from_secs(2)).await;
    warm(&workspace).await;
    crate::support::failures::script_acts(&workspace, root, acts);
    let answer = workspace.call(operation, params).await;
    (workspace, answer)
}

#[tokio::test]
async fn a_new_label_as_it_is_shown() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: Engineering, name: needs-design, color: F2994A, description: Ask them}";
    let cold = workspace.call("create_issue_label", params).await;
    assert_eq!(cold.calls(), 2);
    snapshot("label_new", &cold);
    let params = "{team: ENG, name: Area, is_group: true, detail: full}";
    let warm = workspace.call("create_label", params).await;
    assert_eq!(warm.calls(), 1);
    snapshot("label_new_group", &warm);
    let params = "{team: ENG, name: area/Login, detail: brief}";
    snapshot(
        "label_new_member",
        &workspace.call("create_issue_label", params).await,
    );
    let params = "{name: everywhere, teamId: null}";
    let answer = workspace.call("create_issue_label", params).await;
    assert_eq!(answer.calls(), 1);
    snapshot("label_new_workspace", &answer);
}

#[tokio::test]
async fn what_a_new_label_is_sent_with() {
    let workspace = TestWorkspace::new().await;
    let eng = workspace.id("Team", "key", "ENG");
    let group = workspace.id("IssueLabel", "name", "Type");
    for (params, name, parent, team) in [
        (
            "{team: ENG, name: Type/One}",
            "One",
            Some(&group),
            Some(&eng),
        ),
        (
            "{team: ENG, name: Two, group: type}",
            "Two",
            Some(&group),
            Some(&eng),
        ),
        (
            "{team: ENG, name: Three/Four, group: Type}",
            "Three/Four",
            Some(&group),
            Some(&eng),
        ),
        // A name may have a slash. Where there is no group of that name, the slash has no meaning.
        ("{team: ENG, name: CI/CD}", "CI/CD", None, Some(&eng)),
        ("{team: DES, name: Type/One}", "Type/One", None, None),
        ("{name: Five}", "Five", None, None),
    ] {
        let input = workspace
            .input("issueLabelCreate", "create_issue_label", params)
            .await;
        assert_eq!(input["name"], name, "{params}");
        assert_eq!(input["parentId"].as_str(), parent.map(String::as_str));
        if let Some(team) = team {
            assert_eq!(input["teamId"], team.as_str(), "{params}");
        }
        assert_eq!(input["color"], "#95a2b3");
        assert!(input["id"].is_string() && input.get("isGroup").is_none());
    }
    let input = workspace
        .input("issueLabelCreate", "create_issue_label", "{name: Six}")
        .await;
    assert!(input.get("teamId").is_none());
    // These are the parameters of Linear's own tool.
    let params = "{teamId: ENG, name: Seven, parent: Type, isGroup: false}";
    let input = workspace
        .input("issueLabelCreate", "create_issue_label", params)
        .await;
    assert_eq!(input["parentId"], group.as_str());
    assert!(input.get("isGroup").is_none());
    // A group of the workspace takes labels of the workspace.
    let params = "{name: Severity, is_group: true}";
    let group = workspace.call("create_issue_label", params).await;
    let input = workspace
        .input(
            "issueLabelCreate",
            "create_issue_label",
            "{name: severity/low}",
        )
        .await;
    assert_eq!(input["parentId"], group.data()["id"]);
    assert_eq!(input["name"], "low");
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_with_linears_reason() {
    let workspace = TestWorkspace::new().await;
    let before = workspace.id("IssueLabel", "name", "planning");
    for (params, place) in [
        ("{team: ENG, name: Planning}", "team ENG"),
        ("{team: ENG, name: bug}", "the workspace"),
        ("{name: backend}", "team ENG"),
    ] {
        let answer = workspace.call("create_issue_label", params).await;
        assert_eq!(answer.code(), "LABEL_CREATION_FAILED", "{params}");
        let reason = answer.text("/error/details/reason");
        assert!(reason.contains(&format!("already exists in {place}.")));
        assert!(
            answer
                .texts("/error/suggestions")
                .iter()
                .any(|hint| hint.starts_with("Call get_or_create_label"))
        );
    }
    assert_eq!(workspace.id("IssueLabel", "name", "planning"), before);
    let params = "{team: ENG, name: Planning}";
    snapshot(
        "label_taken",
        &workspace.call("create_issue_label", params).await,
    );
}

#[tokio::test]
async fn a_group_has_to_be_one_and_of_the_same_team() {
    let workspace = TestWorkspace::new().await;
    for (name, code, params) in [
        (
            "missing",
            "LABEL_NOT_FOUND",
            "{team: ENG, name: a, group: Sort}",
        ),
        (
            "label",
            "INVALID_LABEL_NAME",
            "{team: ENG, name: a, group: backend}",
        ),
        ("foreign", "INVALID_LABEL_NAME", "{name: a, group: Type}"),
        (
            "nested",
            "INVALID_LABEL_NAME",
            "{team: ENG, name: a, is_group: true, group: Type}",
        ),
    ] {
        let answer = workspace.call("create_issue_label", params).await;
        assert_eq!(answer.code(), code, "{params}");
        snapshot(&format!("label_group_{name}"), &answer);
    }
    let params = "{label: Type, team: ENG, group: Type}";
    let answer = workspace.call("update_label", params).await;
    assert_eq!(answer.code(), "INVALID_LABEL_NAME");
    let params = "{label: bug, group: Type}";
    let answer = workspace.call("update_label", params).await;
    assert_eq!(answer.code(), "INVALID_LABEL_NAME");
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_new_label_is_known_wherever_it_can_be_used() {
    let workspace = TestWorkspace::new().await;
    warm(&workspace).await;
    let params = "{team: ENG, name: fresh}";
    workspace.call("create_issue_label", params).await.data();
    let params = "{name: global}";
    workspace.call("create_issue_label", params).await.data();
    for (scope, fresh, global) in [
        ("{team: ENG}", true, true),
        ("{team: PLT}", true, true),
        ("{team: DES}", false, true),
        ("{}", false, true),
    ] {
        let names = listed(&workspace, scope).await;
        assert_eq!(names.contains(&"fresh".to_owned()), fresh, "{scope}");
        assert_eq!(names.contains(&"global".to_owned()), global, "{scope}");
    }
    for team in ["ENG", "PLT", "DES"] {
        let params = format!("{{team: {team}, name: Global}}");
        let answer = workspace.call("get_or_create_label", &params).await;
        assert_eq!(answer.data()["created"], false);
        assert_eq!(answer.calls(), 0);
    }
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_done_once() {
    for act in [Act::DropAfterCommit, Act::Drop, Act::Truncated] {
        let params = "{team: ENG, name: lost}";
        let (workspace, answer) =
            lost("create_issue_label", params, "issueLabelCreate", vec![act]).await;
        answer.data();
        assert_eq!(records(&workspace, "IssueLabel", "name", "lost"), 1);
        assert!(
            listed(&workspace, "{team: PLT}")
                .await
                .contains(&"lost".into())
        );
    }
}

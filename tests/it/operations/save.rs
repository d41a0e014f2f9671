//! `save_issue`, `save_comment`, `save_document` and `save_project`, with the parameters that other servers give them: with an
//! id they change, without they create, and an id that means nothing never creates.

use serde_json::{Value, json};

use crate::support::failures::all_records;
use crate::support::{TestWorkspace, mutations};

#[tokio::test]
async fn with_an_id_they_change_and_without_they_create() {
    let workspace = TestWorkspace::new().await;
    let issue = workspace
        .call(
            "save_issue",
            "{title: Saved, teamId: ENG, state: Todo, labels: [bug], assignee: me, priority: 2, dueDate: 2025-02-01, \
             parentId: ENG-230, description: Text, links: [{url: 'https://a.example', title: A}]}",
        )
        .await;
    let identifier = issue.text("/data/identifier").to_owned();
    assert!(identifier.starts_with("ENG-"));
    assert_eq!(issue.text("/data/parent/identifier"), "ENG-230");
    let issues = all_records(&workspace, "Issue");
    let changed = workspace
        .call(
            "save_issue",
            &format!(
                "{{id: {identifier}, title: Saved again, parentId: null, addLabels: [feature], links: []}}"
            ),
        )
        .await;
    assert_eq!(changed.data()["identifier"], identifier.as_str());
    assert_eq!(changed.data()["title"], "Saved again");
    assert_eq!(changed.at("/data/parent"), &Value::Null);
    assert!(
        changed
            .texts("/metadata/changes")
            .contains(&"title: Saved → Saved again")
    );
    assert_eq!(all_records(&workspace, "Issue"), issues);

    let comment = workspace
        .call(
            "save_comment",
            &format!("{{issueId: {identifier}, body: One}}"),
        )
        .await;
    let id = comment.text("/data/id").to_owned();
    let answer = workspace
        .call(
            "save_comment",
            &format!("{{issueId: {identifier}, parentId: {id}, body: Two}}"),
        )
        .await;
    assert_eq!(answer.text("/data/parent_id"), id);
    for given in [String::new(), format!("issueId: {identifier}, ")] {
        let changed = workspace
            .call("save_comment", &format!("{{id: {id}, {given}body: Three}}"))
            .await;
        assert_eq!(changed.text("/data/id"), id);
        let body = workspace.stored("Comment", &id, "body");
        assert_eq!(body.as_deref(), Some("Three"));
    }
    let elsewhere = workspace
        .call(
            "save_comment",
            &format!("{{id: {id}, issueId: ENG-230, body: Four}}"),
        )
        .await;
    assert_eq!(elsewhere.code(), "INVALID_PARAM");

    for target in [
        "project: Auth System".to_owned(),
        format!("issue: {identifier}"),
    ] {
        let document = workspace
            .call(
                "save_document",
                &format!("{{title: Plan, content: Text, {target}}}"),
            )
            .await;
        let id = document.text("/data/id").to_owned();
        let changed = workspace
            .call("save_document", &format!("{{id: {id}, content: New text}}"))
            .await;
        assert_eq!(changed.text("/data/id"), id);
        assert_eq!(changed.texts("/metadata/changes"), ["content: changed"]);
    }
}

#[tokio::test]
async fn a_project_has_its_summary_and_its_content_under_the_words_of_other_servers() {
    for (number, (given, description, content)) in [
        (
            "summary: Short, description: \"# Long\\n\\ntext\"",
            "Short",
            "# Long\n\ntext",
        ),
        ("summary: Short", "Short", ""),
        ("description: Short", "Short", ""),
        ("description: Short, content: Long", "Short", "Long"),
        ("summary: Short, content: Long", "Short", "Long"),
    ]
    .into_iter()
    .enumerate()
    {
        for teams in ["team: ENG", "addTeams: [ENG]", "teams: ENG"] {
            let workspace = TestWorkspace::new().await;
            let params = format!("{{name: Number {number}, {teams}, {given}, detail: full}}");
            let answer = workspace.call("save_project", &params).await;
            assert_eq!(
                answer.data()["name"],
                format!("Number {number}"),
                "{params}"
            );
            assert_eq!(answer.text("/data/description"), description, "{params}");
            assert_eq!(answer.text("/data/content"), content, "{params}");
            let id = answer.text("/data/id").to_owned();
            let params = format!("{{id: {id}, {given}, name: Other}}");
            let changed = workspace.call("save_project", &params).await;
            assert_eq!(changed.data()["name"], "Other", "{params}");
        }
    }
    let workspace = TestWorkspace::new().await;
    let params = "{project: Auth System, description: \"One\\nTwo\", detail: full}";
    let answer = workspace.call("save_project", params).await;
    assert_eq!(answer.text("/data/content"), "One\nTwo");
    assert!(answer.texts("/warnings")[0].contains("taken as 'content'"));
    workspace.take_requests();
    for params in [
        "{summary: S, description: D, content: C, name: N, team: ENG}",
        "{id: Auth System, addTeams: [DES]}",
    ] {
        let answer = workspace.call("save_project", params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{params}");
    }
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn an_id_that_means_nothing_never_creates() {
    const NOBODY: &str = "00000000-0000-4000-8000-0000000000ff";
    for (operation, id, more, code) in [
        (
            "save_issue",
            "ENG-9999",
            "team: ENG, title: T",
            "ISSUE_NOT_FOUND",
        ),
        (
            "save_issue",
            NOBODY,
            "team: ENG, title: T",
            "ISSUE_NOT_FOUND",
        ),
        (
            "save_issue",
            "the login issue",
            "team: ENG, title: T",
            "INVALID_PARAM",
        ),
        ("save_issue", "''", "team: ENG, title: T", "INVALID_PARAM"),
        ("save_comment", NOBODY, "body: B", "COMMENT_NOT_FOUND"),
        (
            "save_comment",
            NOBODY,
            "issueId: ENG-231, body: B",
            "COMMENT_NOT_FOUND",
        ),
        (
            "save_document",
            NOBODY,
            "title: T, project: Auth System",
            "DOCUMENT_NOT_FOUND",
        ),
        (
            "save_project",
            "Nowhere",
            "name: N, teams: [ENG]",
            "PROJECT_NOT_FOUND",
        ),
        (
            "save_project",
            NOBODY,
            "name: N, state: planned",
            "PROJECT_NOT_FOUND",
        ),
    ] {
        let workspace = TestWorkspace::new().await;
        let kinds = ["Issue", "Comment", "Document", "Project"];
        let before = kinds.map(|kind| all_records(&workspace, kind));
        let params = format!("{{id: {id}, {more}}}");
        let answer = workspace.call(operation, &params).await;
        assert_eq!(answer.code(), code, "{operation} {params}: {:#}", answer.0);
        // Linear refuses the change of a comment that it does not have; nothing else is sent.
        let sent = mutations(&workspace.take_requests());
        assert!(sent == 0 || operation == "save_comment", "{params}");
        let after = kinds.map(|kind| all_records(&workspace, kind));
        assert_eq!(after, before, "{operation} {params}");
    }
}

#[tokio::test]
async fn a_parameter_of_the_other_half_is_refused_and_a_missing_one_is_named() {
    let workspace = TestWorkspace::new().await;
    for (operation, params, code, says) in [
        (
            "save_issue",
            "{id: ENG-231, sub_issues: [One]}",
            "INVALID_PARAM",
            "parent_id",
        ),
        (
            "save_issue",
            "{team: ENG, title: T, addLabels: [bug]}",
            "INVALID_PARAM",
            "add_labels",
        ),
        (
            "save_issue",
            "{title: T}",
            "MISSING_REQUIRED_PARAM",
            "'team'",
        ),
        (
            "save_issue",
            "{id: null, title: T}",
            "MISSING_REQUIRED_PARAM",
            "'team'",
        ),
        (
            "save_issue",
            "{id: ENG-231}",
            "MISSING_REQUIRED_PARAM",
            "Nothing to change",
        ),
        (
            "save_issue",
            "{id: ENG-231, duplicates: [ENG-230]}",
            "INVALID_PARAM",
            "create_relation",
        ),
        (
            "save_issue",
            "{id: ENG-231, titel: T}",
            "INVALID_PARAM",
            "'title'",
        ),
        (
            "save_comment",
            "{body: B}",
            "MISSING_REQUIRED_PARAM",
            "'issue_id'",
        ),
        (
            "save_comment",
            "{issueId: ENG-231}",
            "MISSING_REQUIRED_PARAM",
            "'body'",
        ),
        (
            "save_document",
            "{content: C}",
            "MISSING_REQUIRED_PARAM",
            "'title'",
        ),
        (
            "save_project",
            "{name: N}",
            "MISSING_REQUIRED_PARAM",
            "'teams'",
        ),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), code, "{operation} {params}: {:#}", answer.0);
        assert!(
            answer.0.to_string().contains(says),
            "{operation} {params}: {:#}",
            answer.0
        );
    }
    assert!(workspace.take_requests().is_empty());
}

#[tokio::test]
async fn they_cost_what_the_operations_cost_that_they_consist_of() {
    let workspace = TestWorkspace::new().await;
    for (operation, params, calls) in [
        ("save_issue", json!({"team": "ENG", "title": "T"}), [2, 1]),
        ("save_issue", json!({"id": "ENG-231", "title": "T"}), [2, 2]),
        (
            "save_issue",
            json!({"id": "ENG-231", "title": "T", "changes": false}),
            [1, 1],
        ),
        (
            "save_comment",
            json!({"issueId": "ENG-231", "body": "B"}),
            [1, 1],
        ),
    ] {
        for expected in calls {
            let answer = workspace.call_json(operation, params.clone()).await;
            answer.data();
            assert_eq!(answer.calls(), expected, "{operation} {params}");
        }
    }
}

//! `add_label`, `remove_label`, `assign_issue`, `move_issue`, `close_issue` and `reopen_issue`: what each changes, and that
//! it costs one request where the names are known.

use serde_json::{Value, json};

use crate::support::{Answer, TestWorkspace, mutations};

/// The names of the labels that the answer shows, in order.
fn labels(answer: &Answer) -> Vec<String> {
    let rows = answer.data()["labels"].as_array().unwrap();
    let mut names: Vec<String> = rows
        .iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// Fills the session cache with the names of the team ENG.
async fn warm() -> TestWorkspace {
    let workspace = TestWorkspace::new().await;
    for (operation, params) in [
        ("list_statuses", "{team: ENG}"),
        ("list_labels", "{team: ENG}"),
        ("list_users", "{}"),
        ("get_project", "{project: Auth System}"),
        ("move_issue", "{issue_id: ENG-230, cycle: next}"),
    ] {
        workspace.call(operation, params).await.data();
    }
    workspace.take_requests();
    workspace
}

#[tokio::test]
async fn each_changes_one_thing_in_one_request_where_the_names_are_known() {
    let workspace = warm().await;
    for (operation, params, field, value) in [
        (
            "add_label",
            "issue: ENG-231, label: bug",
            "/data/labels",
            json!("bug"),
        ),
        (
            "add_label",
            "id: ENG-231, labels: [brand-new, backend]",
            "/data/labels",
            json!("brand-new"),
        ),
        (
            "assign_issue",
            "issueId: ENG-231, assignee: jane@example.com",
            "/data/assignee/name",
            json!("Jane Smith"),
        ),
        (
            "assign_issue",
            "issue_id: ENG-231, assigneeId: me",
            "/data/assignee/name",
            json!("John Doe"),
        ),
        (
            "assign_issue",
            "issue_id: ENG-231, assignee: none",
            "/data/assignee",
            Value::Null,
        ),
        (
            "assign_issue",
            "issue_id: ENG-231, user: Jane Smith",
            "/data/assignee/name",
            json!("Jane Smith"),
        ),
        (
            "assign_issue",
            "issue_id: ENG-231, assignee: null",
            "/data/assignee",
            Value::Null,
        ),
        (
            "move_issue",
            "issue_id: ENG-231, state: In Review",
            "/data/state/name",
            json!("In Review"),
        ),
        (
            "update_issue_state",
            "issueId: ENG-231, status: Todo",
            "/data/state/name",
            json!("Todo"),
        ),
        (
            "move_issue",
            "issue_id: ENG-231, project: Auth System",
            "/data/project/name",
            json!("Auth System"),
        ),
        (
            "move_issue",
            "issue_id: ENG-231, projectId: null, state: done",
            "/data/state/name",
            json!("Done"),
        ),
        (
            "move_issue",
            "issue_id: ENG-231, cycle: next",
            "/data/cycle/number",
            json!(13),
        ),
        (
            "reopen_issue",
            "issue_id: ENG-231",
            "/data/state/name",
            json!("Todo"),
        ),
        (
            "close_issue",
            "issue_id: ENG-231",
            "/data/state/name",
            json!("Done"),
        ),
        (
            "close_issue",
            "issue_id: ENG-231, as: canceled",
            "/data/state/name",
            json!("Canceled"),
        ),
        (
            "close_issue",
            "issue_id: ENG-231, as: completed",
            "/data/state/name",
            json!("Done"),
        ),
        (
            "remove_label",
            "issue_id: ENG-231, label: bug",
            "/data/identifier",
            json!("ENG-231"),
        ),
    ] {
        let answer = workspace.call(operation, &format!("{{{params}}}")).await;
        assert_eq!(
            answer.data()["identifier"],
            "ENG-231",
            "{operation} {params}"
        );
        let shown = answer.at(field);
        match (shown, &value) {
            (Value::Array(rows), value) => {
                assert!(
                    rows.iter().any(|row| row["name"] == *value),
                    "{params}: {shown}"
                );
            }
            _ => assert_eq!(shown, &value, "{operation} {params}: {:#}", answer.0),
        }
        assert_eq!(answer.calls(), 1, "{operation} {params}: {:#}", answer.0);
        assert_eq!(answer.at("/warnings"), &Value::Null, "{operation} {params}");
    }
}

#[tokio::test]
async fn each_costs_two_requests_cold() {
    for (operation, params) in [
        ("add_label", "issue_id: ENG-231, label: bug"),
        ("remove_label", "issue_id: ENG-232, label: backend"),
        ("assign_issue", "issue_id: ENG-231, assignee: me"),
        ("move_issue", "issue_id: ENG-231, state: Done"),
        ("close_issue", "issue_id: ENG-231"),
        ("reopen_issue", "issue_id: ENG-231"),
    ] {
        let workspace = TestWorkspace::new().await;
        let answer = workspace.call(operation, &format!("{{{params}}}")).await;
        answer.data();
        assert_eq!(answer.calls(), 2, "{operation}: {:#}", answer.0);
        assert_eq!(workspace.take_requests().len(), 2);
    }
}

#[tokio::test]
async fn an_issue_is_named_by_its_uuid_too() {
    let workspace = warm().await;
    let id = workspace.call("get_issue", "{issue_id: ENG-231}").await;
    let id = id.text("/data/id").to_owned();
    for (operation, more) in [
        ("add_label", "label: bug"),
        ("remove_label", "label: bug"),
        ("assign_issue", "assignee: me"),
        ("move_issue", "state: In Review"),
        ("close_issue", "as: canceled"),
        ("reopen_issue", "detail: brief"),
    ] {
        let answer = workspace
            .call(operation, &format!("{{issue_id: {id}, {more}}}"))
            .await;
        assert_eq!(answer.data()["identifier"], "ENG-231", "{operation}");
    }
}

#[tokio::test]
async fn a_label_is_taken_off_with_its_changes_told() {
    let workspace = warm().await;
    let before = labels(&workspace.call("get_issue", "{issue_id: ENG-232}").await);
    assert!(before.contains(&"frontend".to_owned()), "{before:?}");
    let answer = workspace
        .call("remove_label", "{issue_id: ENG-232, label: frontend}")
        .await;
    assert!(!answer.0["data"].to_string().contains("frontend"));
    assert_eq!(answer.texts("/metadata/changes"), ["labels: -frontend"]);
    assert_eq!(answer.calls(), 1);
    // A second time it is not there.
    let answer = workspace
        .call("remove_label", "{issue_id: ENG-232, label: frontend}")
        .await;
    answer.data();
    assert!(
        answer
            .texts("/warnings")
            .contains(&"label 'frontend' is not on the issue"),
        "{:#}",
        answer.0
    );
    assert_eq!(answer.calls(), 1);
    workspace.take_requests();
    let answer = workspace
        .call("remove_label", "{issue_id: ENG-232, label: frontnd}")
        .await;
    assert_eq!(answer.code(), "LABEL_NOT_FOUND");
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_label_that_was_renamed_meanwhile_is_put_back_and_the_one_that_is_meant_is_taken_off() {
    let workspace = warm().await;
    workspace
        .call(
            "update_issue",
            "{issue_id: ENG-232, labels: [backend, planning]}",
        )
        .await
        .data();
    workspace.sandbox.edit(|store| {
        let team = store.find("Team", "key", "ENG").unwrap()["id"].clone();
        let ids = ["backend", "planning"].map(|name| {
            let label = store
                .all("IssueLabel")
                .find(|label| label["name"] == name && label["teamId"] == team);
            label.unwrap()["id"].as_str().unwrap().to_owned()
        });
        for (id, name) in ids.iter().zip(["old backend", "backend"]) {
            let label = store.get_mut("IssueLabel", id).unwrap();
            label.insert("name".into(), name.into());
        }
    });
    let answer = workspace
        .call("remove_label", "{issue_id: ENG-232, label: backend}")
        .await;
    assert_eq!(labels(&answer), ["old backend"]);
    let warning = "label 'backend' is called 'old backend' in Linear now; the issue was corrected";
    assert!(
        answer.texts("/warnings").contains(&warning),
        "{:#}",
        answer.0
    );
}

#[tokio::test]
async fn the_first_state_of_the_type_is_taken_whatever_other_states_are_called() {
    let workspace = TestWorkspace::new().await;
    let team = workspace.id("Team", "key", "ENG");
    workspace.sandbox.edit(|store| {
        for (name, kind, position) in [
            ("Completed in staging", "started", 2.5),
            ("Shipped", "completed", 3.9),
            ("Unstarted later", "backlog", 0.1),
            ("Canceled twice", "canceled", 9.0),
        ] {
            let like = store.find("WorkflowState", "name", "Done").unwrap().clone();
            let mut state = like;
            let id = store.new_id();
            let fields =
                json!({"id": id, "name": name, "type": kind, "position": position, "teamId": team});
            state.extend(fields.as_object().unwrap().clone());
            store.put("WorkflowState", state);
        }
    });
    for (operation, more, state) in [
        ("close_issue", "", "Shipped"),
        ("close_issue", ", as: cancelled", "Canceled"),
        ("reopen_issue", "", "Todo"),
    ] {
        let answer = workspace
            .call(operation, &format!("{{issue_id: ENG-231{more}}}"))
            .await;
        assert_eq!(answer.text("/data/state/name"), state, "{operation}");
    }
}

#[tokio::test]
async fn an_issue_that_moved_to_another_team_is_found_there() {
    for (operation, more) in [
        ("close_issue", "as: completed"),
        ("move_issue", "state: In Review"),
        ("add_label", "label: brand-new"),
        ("remove_label", "label: bug"),
        ("assign_issue", "assignee: me"),
    ] {
        let workspace = TestWorkspace::new().await;
        let moved = workspace
            .call("move_issue", "{issue_id: ENG-231, team: DES}")
            .await;
        let now = moved.text("/data/identifier").to_owned();
        assert!(now.starts_with("DES-"), "{now}");
        let answer = workspace
            .call(operation, &format!("{{issue_id: ENG-231, {more}}}"))
            .await;
        assert_eq!(
            answer.data()["identifier"],
            now,
            "{operation}: {:#}",
            answer.0
        );
        // The label was made in the old team before Linear refused it on the issue.
        let warned = answer.at("/warnings").to_string();
        assert_eq!(
            warned.contains("not used: label 'brand-new'"),
            operation == "add_label",
            "{warned}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused_before_anything_is_sent() {
    let workspace = TestWorkspace::new().await;
    for (operation, params, code) in [
        ("add_label", "{issue_id: ENG-231}", "MISSING_REQUIRED_PARAM"),
        (
            "add_label",
            "{issue_id: ENG-231, labels: []}",
            "MISSING_REQUIRED_PARAM",
        ),
        ("remove_label", "{label: bug}", "MISSING_REQUIRED_PARAM"),
        (
            "remove_label",
            "{issue_id: ENG-231, label: []}",
            "MISSING_REQUIRED_PARAM",
        ),
        (
            "assign_issue",
            "{issue_id: ENG-231}",
            "MISSING_REQUIRED_PARAM",
        ),
        (
            "move_issue",
            "{issue_id: ENG-231}",
            "MISSING_REQUIRED_PARAM",
        ),
        (
            "move_issue",
            "{issue_id: ENG-231, state: null}",
            "INVALID_STATE_NAME",
        ),
        (
            "close_issue",
            "{issue_id: ENG-231, as: duplicate}",
            "INVALID_PARAM",
        ),
        ("close_issue", "{}", "MISSING_REQUIRED_PARAM"),
        (
            "reopen_issue",
            "{issue_id: ENG-231, state: Todo}",
            "INVALID_PARAM",
        ),
        (
            "update_issue_state",
            "{issue_id: ENG-231, phase: verifying}",
            "UNSUPPORTED_OPERATION",
        ),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), code, "{operation} {params}: {:#}", answer.0);
        assert!(!answer.texts("/error/suggestions").is_empty());
    }
    assert!(workspace.take_requests().is_empty());
    for (operation, params, code) in [
        ("close_issue", "{issue_id: ENG-9999}", "ISSUE_NOT_FOUND"),
        ("reopen_issue", "{issue_id: XYZ-1}", "TEAM_NOT_FOUND"),
        (
            "add_label",
            "{issue_id: ENG-9999, label: bug}",
            "ISSUE_NOT_FOUND",
        ),
        (
            "remove_label",
            "{issue_id: ENG-9999, label: bug}",
            "ISSUE_NOT_FOUND",
        ),
        (
            "assign_issue",
            "{issue_id: ENG-231, assignee: nobody here}",
            "USER_NOT_FOUND",
        ),
        (
            "move_issue",
            "{issue_id: ENG-231, state: Nowhere}",
            "STATUS_NOT_FOUND",
        ),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), code, "{operation} {params}: {:#}", answer.0);
        let text = answer.0.to_string();
        assert!(!text.contains("changes: false"), "{operation} {text}");
    }
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let workspace = warm().await;
    for (operation, more) in [
        ("add_label", "label: brand-new"),
        ("remove_label", "label: backend"),
        ("assign_issue", "assignee: me"),
        ("move_issue", "state: Done"),
        ("close_issue", "as: canceled"),
        ("reopen_issue", "detail: full"),
        ("save_issue", "title: New"),
    ] {
        let params = format!("{{issue_id: ENG-232, {more}, dry_run: true}}");
        let answer = workspace.call(operation, &params).await;
        assert_eq!(answer.at("/success"), true, "{operation}: {:#}", answer.0);
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_batch_keeps_apart_what_would_overwrite_each_other() {
    let workspace = TestWorkspace::new().await;
    let item = |operation: &str, params: &str| {
        format!("{{operation: {operation}, params: {{issue_id: ENG-231, {params}}}}}")
    };
    let close = item("close_issue", "as: completed");
    for other in [
        item("update_issue", "state: Todo"),
        item("move_issue", "state: Todo"),
        item("reopen_issue", "detail: brief"),
        item("save_issue", "state: Todo"),
        item("archive_issue", "detail: brief"),
    ] {
        let params = format!("{{operations: [{close}, {other}]}}");
        let answer = workspace.call("batch", &params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{other}: {:#}", answer.0);
    }
    let label = item("add_label", "label: bug");
    let params = format!(
        "{{operations: [{label}, {}]}}",
        item("update_issue", "labels: [feature]")
    );
    assert_eq!(
        workspace.call("batch", &params).await.code(),
        "INVALID_PARAM"
    );
    assert_eq!(mutations(&workspace.take_requests()), 0);
    let items = [
        close,
        label,
        item("add_label", "label: feature"),
        item("assign_issue", "assignee: me"),
        item("move_issue", "project: Auth System"),
    ];
    let params = format!("{{operations: [{}]}}", items.join(", "));
    let answer = workspace.call("batch", &params).await;
    answer.data();
    let issue = workspace.call("get_issue", "{issue_id: ENG-231}").await;
    assert_eq!(issue.text("/data/state/name"), "Done");
    assert_eq!(issue.text("/data/project/name"), "Auth System");
    let labels = labels(&issue);
    assert!(labels.contains(&"bug".to_owned()) && labels.contains(&"feature".to_owned()));
}

//! `update_issue`.

mod unchanged;
mod window;

use serde_json::{Value, json};

use crate::support::{TestWorkspace, mutations, snapshot, variable};

/// Returns the input of the mutation that these parameters lead to.
async fn input(workspace: &TestWorkspace, params: &str) -> Value {
    workspace.input("issueUpdate", "update_issue", params).await
}

fn changes(answer: &crate::support::Answer) -> Vec<&str> {
    answer.data();
    answer.texts("/metadata/changes")
}

#[tokio::test]
async fn an_issue_as_it_is_shown_after_a_change() {
    let workspace = TestWorkspace::new().await;
    let example = linear_ops::engine::find("update_issue").unwrap().example;
    snapshot("updated", &workspace.run(example).await.to_yaml());
    snapshot("updated_again", &workspace.run(example).await.to_yaml());
    let many = "{issue_id: ENG-232, title: New, description: New, state: done, labels: [planning], assignee: me, \
        project: mobile app, cycle: next, priority: urgent, estimate: 8, parent_id: ENG-230, due_date: 2025-02-01}";
    snapshot(
        "updated_everything",
        &workspace.yaml("update_issue", many).await,
    );
    let clear = "{issue_id: ENG-232, description: null, assignee: null, project: null, cycle: null, \
        estimate: null, parent_id: null, due_date: null, labels: null, detail: brief}";
    snapshot(
        "updated_cleared",
        &workspace.yaml("update_issue", clear).await,
    );
    let moved = "{issue_id: ENG-232, team: DES, fields: [identifier, team, state]}";
    snapshot(
        "updated_moved",
        &workspace.yaml("update_issue", moved).await,
    );
}

#[tokio::test]
async fn errors_as_they_are_shown() {
    let workspace = TestWorkspace::new().await;
    for (name, params) in [
        ("update_no_issue", "issue_id: PSN-999, title: T"),
        ("update_nothing", "issue_id: PSN-123"),
        ("update_no_state", "issue_id: PSN-123, state: Blocked"),
        (
            "update_no_parent",
            "issue_id: PSN-123, parent_id: PSN-999, labels: [brand-new]",
        ),
        (
            "update_both_labels",
            "issue_id: PSN-123, labels: [a], add_labels: [b]",
        ),
        ("update_group", "issue_id: ENG-232, add_labels: [Type]"),
        ("update_retired", "issue_id: ENG-232, add_labels: [legacy]"),
        (
            "update_exclusive",
            "issue_id: ENG-230, add_labels: [Type/Chore]",
        ),
        (
            "update_foreign_project",
            "issue_id: PSN-123, project: Auth System",
        ),
        ("update_own_parent", "issue_id: ENG-230, parent_id: ENG-230"),
        ("update_no_milestone", "issue_id: ENG-232, milestone: Gamma"),
        (
            "update_milestone_without_project",
            "issue_id: ENG-231, milestone: Beta",
        ),
    ] {
        let yaml = workspace
            .yaml("update_issue", &format!("{{{params}}}"))
            .await;
        snapshot(name, &yaml);
    }
    workspace.sandbox.edit(|store| {
        assert!(store.find("IssueLabel", "name", "brand-new").is_none());
    });
}

#[tokio::test]
async fn only_what_is_given_is_sent() {
    let workspace = TestWorkspace::new().await;
    assert_eq!(
        input(&workspace, "{issue_id: ENG-232, title: T}").await,
        json!({"title": "T"})
    );
    let sent = input(
        &workspace,
        "{issue_id: ENG-232, priority: null, estimate: 5, add_labels: null, changes: null}",
    )
    .await;
    assert_eq!(sent, json!({"priority": 0, "estimate": 5}));
}

#[tokio::test]
async fn null_clears_each_field_that_can_be_empty() {
    let workspace = TestWorkspace::new().await;
    let full = "{issue_id: ENG-232, description: D, parent_id: ENG-230, due_date: 2025-02-01}";
    workspace.call("update_issue", full).await.data();
    for (field, sent, change) in [
        (
            "milestone",
            json!({"projectMilestoneId": null}),
            "milestone: GA → none",
        ),
        (
            "project",
            json!({"projectId": null}),
            "project: Auth System → none",
        ),
        (
            "description",
            json!({"description": null}),
            "description: changed",
        ),
        (
            "assignee",
            json!({"assigneeId": null}),
            "assignee: Jane Smith → none",
        ),
        ("cycle", json!({"cycleId": null}), "cycle: 12 → none"),
        (
            "parent_id",
            json!({"parentId": null}),
            "parent: ENG-230 → none",
        ),
        ("estimate", json!({"estimate": null}), "estimate: 3 → none"),
        (
            "due_date",
            json!({"dueDate": null}),
            "due_date: 2025-02-01 → none",
        ),
        (
            "labels",
            json!({"labelIds": []}),
            "labels: -frontend -feature",
        ),
    ] {
        workspace.take_requests();
        let params = format!("{{issue_id: ENG-232, {field}: null}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(changes(&answer), [change], "{field}");
        assert_eq!(
            variable(&workspace.take_requests(), "issueUpdate", "input"),
            &sent,
            "{field}"
        );
    }
    let answer = workspace.call("get_issue", "{id: ENG-232}").await;
    for field in [
        "description",
        "assignee",
        "project",
        "milestone",
        "cycle",
        "parent",
        "estimate",
        "due_date",
        "labels",
    ] {
        assert_eq!(answer.data().get(field), None, "{field}");
    }
}

#[tokio::test]
async fn labels_are_added_and_removed_as_deltas() {
    let workspace = TestWorkspace::new().await;
    let [backend, planning, feature] =
        ["backend", "planning", "feature"].map(|name| workspace.id("IssueLabel", "name", name));
    let params =
        "{issue_id: ENG-232, add_labels: [backend, planning], remove_labels: [FEATURE, bug]}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(changes(&answer), ["labels: +backend +planning -feature"]);
    assert_eq!(
        answer.texts("/warnings"),
        ["label 'bug' is not on the issue"]
    );
    let received = workspace.take_requests();
    let sent = variable(&received, "issueUpdate", "input");
    let expected = json!({"addedLabelIds": [backend, planning], "removedLabelIds": [feature]});
    assert_eq!(sent, &expected);
    let params = "{issueId: eng-232, labelsToAdd: 'bug', removeLabel: planning}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(changes(&answer), ["labels: +bug -planning"]);
}

#[tokio::test]
async fn a_label_added_by_somebody_else_in_between_stays() {
    let workspace = TestWorkspace::new().await;
    let bug = workspace.id("IssueLabel", "name", "bug");
    let issue = workspace.id("Issue", "title", "Login form");
    let sent = input(&workspace, "{issue_id: ENG-232, add_labels: [backend]}").await;
    assert_eq!(sent.get("labelIds"), None);
    workspace.sandbox.edit(|store| {
        let issue = store.get_mut("Issue", &issue).unwrap();
        issue["labelIds"].as_array_mut().unwrap().push(json!(bug));
    });
    workspace
        .call(
            "update_issue",
            "{issue_id: ENG-232, remove_labels: [backend]}",
        )
        .await
        .data();
    let answer = workspace
        .call("get_issue", "{id: ENG-232, fields: labels.name}")
        .await;
    let labels = answer.data()["labels"].as_array().unwrap();
    assert!(labels.contains(&json!({"name": "bug"})), "{labels:?}");
    assert_eq!(labels.len(), 3);
}

#[tokio::test]
async fn labels_replace_all_and_changes_name_what_went() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: PSN-123, labels: [planning, verified]}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(changes(&answer), ["labels: +verified -bug"]);
    let params = "{issue_id: ENG-230, remove_labels: [Type/Spike], add_labels: [Type/Chore]}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(changes(&answer), ["labels: +Type/Chore -Type/Spike"]);
}

#[tokio::test]
async fn what_is_there_already_can_be_kept_even_if_it_could_not_be_applied_anew() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: ENG-228, labels: [legacy, planning]}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(changes(&answer), ["labels: +planning"]);
}

#[tokio::test]
async fn a_move_to_another_team_is_told_with_all_that_linear_did() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call("update_issue", "{issue_id: ENG-230, team: Design}")
        .await;
    assert_eq!(answer.data()["identifier"], "DES-13");
    assert_eq!(answer.data()["state"]["name"], "In Progress");
    assert_eq!(
        changes(&answer),
        [
            "identifier: ENG-230 → DES-13",
            "team: Engineering → Design",
            "state: In Review → In Progress",
            "project: Auth System → none",
            "milestone: Beta → none",
            "cycle: 12 → none",
            "labels: -Type/Spike -backend",
        ]
    );
    // Names are resolved in the new team, and the old identifier still works.
    let params = "{issue_id: ENG-230, state: in review, add_labels: [frontend]}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(
        changes(&answer),
        ["state: In Progress → In Review", "labels: +frontend"]
    );
    let params = "{issue_id: DES-13, team: eng, state: todo, labels: [backend], project: auth, cycle: current}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(answer.data()["identifier"], "ENG-234");
    assert_eq!(answer.data()["state"]["name"], "Todo");
    assert_eq!(answer.data()["cycle"]["number"], 12);
}

#[tokio::test]
async fn an_issue_is_found_by_identifier_id_and_address() {
    let workspace = TestWorkspace::new().await;
    let id = workspace.id("Issue", "title", "Login form");
    for (number, reference) in [
        "eng-232",
        id.as_str(),
        "https://linear.app/acme/issue/ENG-232/login-form",
    ]
    .into_iter()
    .enumerate()
    {
        for spelling in ["issue_id", "issueId", "id", "identifier", "issue"] {
            let params = format!(
                "{{{spelling}: '{reference}', title: '{spelling} {number}', state: started}}"
            );
            let answer = workspace.call("edit_issue", &params).await;
            assert_eq!(answer.data()["title"], format!("{spelling} {number}"));
            assert_eq!(answer.data()["state"]["name"], "In Progress");
        }
    }
}

#[tokio::test]
async fn a_parent_is_set_by_identifier_id_or_address() {
    let workspace = TestWorkspace::new().await;
    let id = workspace.id("Issue", "title", "Authentication epic");
    let address = "https://linear.app/acme/issue/psn-100/authentication-epic";
    for parent in ["psn-100", &id, address] {
        let params = format!("{{issue_id: ENG-232, parentId: '{parent}'}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.data()["parent"]["identifier"], "PSN-100", "{parent}");
        workspace
            .call("update_issue", "{issue_id: ENG-232, parent: null}")
            .await
            .data();
    }
}

#[tokio::test]
async fn a_milestone_is_looked_up_in_the_project_that_the_issue_has_or_gets() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call("update_issue", "{issue_id: ENG-232, milestone: beta}")
        .await;
    assert_eq!(changes(&answer), ["milestone: GA → Beta"]);
    let params = "{issue_id: ENG-231, project: Auth System, milestone: ga}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(
        changes(&answer),
        ["project: none → Auth System", "milestone: none → GA"]
    );
}

#[tokio::test]
async fn an_update_that_changes_nothing_says_so() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call(
            "update_issue",
            "{issue_id: ENG-232, state: Todo, title: Login form}",
        )
        .await;
    assert_eq!(changes(&answer), Vec::<&str>::new());
    assert_eq!(
        answer.texts("/warnings"),
        ["nothing changed: the issue had these values already"]
    );
    // Nothing is sent when the issue does not have the only label to remove.
    workspace.take_requests();
    let params = "{issue_id: ENG-232, remove_labels: [bug]}";
    workspace.call("update_issue", params).await.data();
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_labels_name_means_that_of_the_issues_own_team() {
    let workspace = TestWorkspace::new().await;
    for (issue, label) in [("ENG-231", "ENG"), ("DES-12", "DES"), ("PLT-3", "ENG")] {
        let sent = input(
            &workspace,
            &format!("{{issue_id: {issue}, labels: [frontend, bug]}}"),
        )
        .await;
        let team = workspace.id("Team", "key", label);
        let frontend = sent["labelIds"][0].as_str().unwrap();
        workspace.sandbox.edit(|store| {
            assert_eq!(
                store.get("IssueLabel", frontend).unwrap()["teamId"],
                team,
                "{issue}"
            );
        });
    }
}

#[tokio::test]
async fn a_description_is_replaced_whole_and_a_same_one_is_no_change() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: ENG-232, description: \"- one\\n- two\"}";
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(changes(&answer), ["description: changed"]);
    // Linear rewrites bullets, so that the text is compared with the stored form of the same text.
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(changes(&answer), Vec::<&str>::new());
}

#[tokio::test]
async fn without_a_look_it_is_one_request_and_nothing_is_told_of_before() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: ENG-231, state: Done, priority: low, changes: false}";
    workspace.call("update_issue", params).await.data();
    workspace.take_requests();
    let answer = workspace.call("update_issue", params).await;
    assert_eq!(answer.data()["state"]["name"], "Done");
    assert_eq!(answer.calls(), 1);
    assert!(answer.texts("/metadata/changes").is_empty());
    assert_eq!(answer.at("/warnings"), &Value::Null);
    assert_eq!(mutations(&workspace.take_requests()), 1);
}

#[tokio::test]
async fn what_needs_the_look_takes_it_all_the_same() {
    for (params, requests) in [
        (
            "{issue_id: ENG-231, remove_labels: [bug], changes: false}",
            2,
        ),
        ("{issue_id: ENG-231, parent_id: ENG-230, changes: false}", 2),
        ("{issue_id: ENG-231, parent_id: null, changes: false}", 1),
    ] {
        let workspace = TestWorkspace::new().await;
        let answer = workspace.call("update_issue", params).await;
        answer.data();
        assert_eq!(answer.calls(), requests, "{params}");
    }
}

#[tokio::test]
async fn without_a_look_a_missing_issue_and_a_moved_one_are_told_by_linear() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call(
            "update_issue",
            "{issue_id: ENG-9999, title: T, changes: false}",
        )
        .await;
    assert_eq!(answer.code(), "ISSUE_NOT_FOUND");
    workspace
        .call("update_issue", "{issue_id: ENG-231, team: PSN}")
        .await
        .data();
    let moved = "{issue_id: ENG-231, state: In Review, changes: false}";
    let answer = workspace.call("update_issue", moved).await;
    assert_eq!(answer.code(), "ISSUE_UPDATE_FAILED");
    let hints = answer.texts("/error/suggestions");
    assert!(
        hints.iter().any(|hint| hint.contains("changes: false")),
        "{hints:?}"
    );
}

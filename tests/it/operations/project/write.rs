//! `create_project`, `update_project`.

use linear_ops::sandbox::Act;
use serde_json::json;

use crate::support::failures::{refuse_once, script_acts};
use crate::support::{Answer, TestWorkspace, mutations, snapshot};

fn names(answer: &Answer) -> Vec<String> {
    answer.column("projects", "name")
}

const WHOLE: &str = "{name: Billing, teams: [ENG, Design], description: Invoices and payments, \
    content: \"## Goal\\n\\n- pay\", state: in progress, lead: me, members: [jane, me], \
    start_date: 2025-02-01, target_date: 2025-06-30, labels: [Q1], priority: high}";

#[tokio::test]
async fn a_new_project_as_it_is_shown() {
    let workspace = TestWorkspace::new().await;
    snapshot(
        "project_created",
        &workspace.yaml("create_project", WHOLE).await,
    );
    let full = "{project: Billing, detail: full}";
    snapshot(
        "project_created_full",
        &workspace.yaml("get_project", full).await,
    );
    let plain = "{title: Small, team: ENG}";
    let small = workspace.call("create_project", plain).await;
    assert_eq!(small.calls(), 1);
    assert_eq!(small.data()["status"], "Backlog");
}

#[tokio::test]
async fn a_new_project_costs_a_look_up_and_a_write_and_is_known_by_its_id() {
    let workspace = TestWorkspace::new().await;
    let cold = workspace.call("create_project", WHOLE).await;
    assert_eq!(cold.calls(), 2);
    let warm = workspace
        .call("create_project", &WHOLE.replace("Billing", "Billing 2"))
        .await;
    assert_eq!(warm.calls(), 1);
    let id = cold.text("/data/id");
    let found = workspace
        .call("get_project", &format!("{{id: {id}}}"))
        .await;
    assert_eq!(found.calls(), 0);
    let issue = "{team: ENG, title: Invoice, project: Billing, fields: [project]}";
    let issue = workspace.call("create_issue", issue).await;
    assert_eq!(issue.data()["project"]["id"], id);
}

#[tokio::test]
async fn a_new_project_joins_the_list_that_is_known() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_projects", "{}").await.data();
    let made = "{name: Mobile App, teams: OPS, lead: me}";
    workspace.call("create_project", made).await.data();
    let all = workspace.call("list_projects", "{}").await;
    assert_eq!(all.calls(), 0);
    assert_eq!(names(&all)[0], "Mobile App");
    // Other projects have the same name, too.
    let any = workspace.call("get_project", "{project: Mobile App}").await;
    assert_eq!(any.code(), "AMBIGUOUS_IDENTIFIER");
    assert_eq!(
        any.at("/error/details/candidates")
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn a_name_that_means_nothing_creates_nothing() {
    let workspace = TestWorkspace::new().await;
    for (params, code) in [
        ("{name: N, teams: [ENG, Sales]}", "TEAM_NOT_FOUND"),
        ("{name: N, teams: ENG, state: shipped}", "STATUS_NOT_FOUND"),
        ("{name: N, teams: ENG, lead: nobody}", "USER_NOT_FOUND"),
        (
            "{name: N, teams: ENG, members: [me, old timer]}",
            "USER_NOT_FOUND",
        ),
        ("{name: N, teams: []}", "MISSING_REQUIRED_PARAM"),
        ("{name: N}", "MISSING_REQUIRED_PARAM"),
        ("{teams: ENG}", "MISSING_REQUIRED_PARAM"),
        (
            "{name: N, teams: ENG, target_date: soon}",
            "INVALID_DATE_FORMAT",
        ),
    ] {
        assert_eq!(
            workspace.call("create_project", params).await.code(),
            code,
            "{params}"
        );
    }
    let label = "{name: N, teams: ENG, labels: [Q1, Q2]}";
    snapshot(
        "project_label_missing",
        &workspace.yaml("create_project", label).await,
    );
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn what_linear_declines_is_told_with_its_reason() {
    let workspace = TestWorkspace::new().await;
    let long = "Invoices ".repeat(40);
    let params = format!("{{name: Billing, teams: ENG, description: '{long}'}}");
    snapshot(
        "project_declined",
        &workspace.yaml("create_project", &params).await,
    );
    let params = format!("{{project: Auth System, description: '{long}'}}");
    snapshot(
        "project_change_declined",
        &workspace.yaml("update_project", &params).await,
    );
}

#[tokio::test]
async fn a_change_as_it_is_shown() {
    let workspace = TestWorkspace::new().await;
    let change = "{project: Auth System, state: started, lead: jane, target_date: null, \
        priority: 2, description: Sign-in, labels: [], teams: [ENG, PLT]}";
    snapshot(
        "project_changed",
        &workspace.yaml("update_project", change).await,
    );
    let same = "{project: Auth System, state: started, refresh_cache: true}";
    snapshot(
        "project_unchanged",
        &workspace.yaml("update_project", same).await,
    );
    let rest = "{project: Auth System, members: [me, jane], content: \"New\", lead: null}";
    snapshot(
        "project_members",
        &workspace.yaml("update_project", rest).await,
    );
    let nothing = "{project: Auth System}";
    snapshot(
        "project_nothing_given",
        &workspace.yaml("update_project", nothing).await,
    );
}

#[tokio::test]
async fn a_change_costs_a_read_and_a_write_and_is_known_afterwards() {
    let workspace = TestWorkspace::new().await;
    let cold = "{project: Auth System, state: Paused, lead: me}";
    assert_eq!(workspace.call("update_project", cold).await.calls(), 2);
    assert_eq!(workspace.call("update_project", cold).await.calls(), 2);
    let blind = "{project: Auth System, state: Paused, lead: me, changes: false}";
    let blind = workspace.call("update_project", blind).await;
    assert_eq!(blind.calls(), 1);
    assert!(blind.texts("/metadata/changes").is_empty());
    let known = workspace
        .call("get_project", "{project: Auth System}")
        .await;
    assert_eq!((known.calls(), known.text("/data/status")), (0, "Paused"));

    workspace.call("list_projects", "{}").await.data();
    let renamed = workspace
        .call("update_project", "{project: Auth System, name: Identity}")
        .await;
    assert_eq!(
        renamed.texts("/metadata/changes"),
        ["name: Auth System → Identity"]
    );
    let new = workspace.call("get_project", "{project: identity}").await;
    assert_eq!((new.calls(), new.text("/data/name")), (0, "Identity"));
    let old = workspace
        .call("get_project", "{project: Auth System}")
        .await;
    assert_eq!(old.code(), "PROJECT_NOT_FOUND");
    let paused = workspace.call("list_projects", "{state: paused}").await;
    assert_eq!(
        (names(&paused), paused.calls()),
        (vec!["Identity".to_owned()], 0)
    );
}

#[tokio::test]
async fn the_team_says_which_of_two_projects_is_changed() {
    let workspace = TestWorkspace::new().await;
    let any = workspace
        .call("update_project", "{project: Mobile App, priority: 1}")
        .await;
    assert_eq!(any.code(), "AMBIGUOUS_IDENTIFIER");
    assert_eq!(mutations(&workspace.take_requests()), 0);
    let in_team = workspace
        .call(
            "update_project",
            "{project: Mobile App, team: DES, priority: 1}",
        )
        .await;
    assert_eq!(in_team.data()["team"]["name"], "Design");
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_read_back() {
    let workspace = TestWorkspace::new().await;
    script_acts(&workspace, "projectUpdate", [Act::DropAfterCommit]);
    let change = "{project: Auth System, state: Paused}";
    let answer = workspace.call("update_project", change).await;
    assert_eq!(answer.data()["status"], "Paused");
    assert_eq!(answer.calls(), 3);
    script_acts(&workspace, "projectUpdate", vec![Act::Drop; 3]);
    let change = "{project: Auth System, state: Planned}";
    let lost = workspace.call("update_project", change).await;
    assert_eq!(lost.code(), "OUTCOME_UNKNOWN");
}

#[tokio::test]
async fn a_project_that_is_gone_since_it_was_remembered_is_not_found() {
    let workspace = TestWorkspace::new().await;
    workspace
        .call("get_project", "{project: Auth System}")
        .await
        .data();
    let id = workspace.id("Project", "name", "Auth System");
    workspace.sandbox.edit(|store| {
        let mut gone = store.get("Project", &id).unwrap().clone();
        gone.insert("archivedAt".to_owned(), "2025-01-20T00:00:00.000Z".into());
        store.put("Project", gone);
    });
    refuse_once(&workspace, "projectUpdate", "Entity not found");
    let answer = workspace
        .call("update_project", "{project: Auth System, priority: 1}")
        .await;
    assert_eq!(answer.code(), "PROJECT_NOT_FOUND");
    let there = answer.texts("/error/details/available_projects");
    assert_eq!(there, ["Mobile App", "Design System"]);
    // The projects that were looked up for the error are cached.
    let rest = workspace.call("list_projects", "{}").await;
    assert_eq!((names(&rest).len(), rest.calls()), (3, 0));
    let whole = "{project: Auth System, detail: full}";
    let answer = workspace.call("get_project", whole).await;
    assert_eq!(answer.code(), "PROJECT_NOT_FOUND");
}

/// Adds a project label to the workspace that equals `Q1` except in these fields.
fn plant_label(workspace: &TestWorkspace, id: &str, fields: serde_json::Value) {
    workspace.sandbox.edit(|store| {
        let mut label = store.find("ProjectLabel", "name", "Q1").unwrap().clone();
        label.insert("id".to_owned(), id.into());
        label.extend(fields.as_object().unwrap().clone());
        store.put("ProjectLabel", label);
    });
}

#[tokio::test]
async fn a_label_of_a_group_is_meant_by_both_names_and_the_group_by_none() {
    let workspace = TestWorkspace::new().await;
    let (year, next) = (
        "5eed0000-0000-4000-8000-0000000f0001",
        "5eed0000-0000-4000-8000-0000000f0002",
    );
    plant_label(&workspace, year, json!({"name": "2026", "isGroup": true}));
    plant_label(&workspace, next, json!({"name": "Q1", "parentId": year}));
    let old = json!({"name": "Old", "retiredAt": "2024-12-01T00:00:00.000Z"});
    plant_label(&workspace, "5eed0000-0000-4000-8000-0000000f0003", old);
    let slashed = "5eed0000-0000-4000-8000-0000000f0004";
    plant_label(&workspace, slashed, json!({"name": "CI/CD"}));
    let labelled =
        |label: &str| format!("{{project: Auth System, labels: '{label}', fields: [labels]}}");
    let found = workspace.call("update_project", &labelled("2026/q1")).await;
    assert_eq!(
        (found.calls(), &found.data()["labels"][0]["id"]),
        (2, &json!(next))
    );
    let found = workspace.call("update_project", &labelled("ci/cd")).await;
    assert_eq!(
        (found.calls(), &found.data()["labels"][0]["id"]),
        (2, &json!(slashed))
    );
    for (label, code) in [
        ("Q1", "AMBIGUOUS_IDENTIFIER"),
        ("2025/Q1", "LABEL_NOT_FOUND"),
        ("2026", "INVALID_LABEL_NAME"),
        ("Old", "INVALID_LABEL_NAME"),
    ] {
        let answer = workspace.call("update_project", &labelled(label)).await;
        assert_eq!(answer.code(), code, "{label}");
    }
    let name = "project_label_ambiguous";
    snapshot(
        name,
        &workspace.yaml("update_project", &labelled("Q1")).await,
    );
}

#[tokio::test]
async fn null_clears_what_can_be_empty() {
    let workspace = TestWorkspace::new().await;
    let clear = "{project: Auth System, description: null, content: null, lead: null, members: null, \
        labels: null, start_date: null, target_date: null}";
    let answer = workspace.call("update_project", clear).await;
    assert_eq!(
        answer.texts("/metadata/changes"),
        [
            "lead: John Doe → none",
            "members: John Doe → none",
            "start_date: 2025-01-06 → none",
            "target_date: 2025-03-31 → none",
            "labels: Q1 → none",
            "description: changed",
            "content: changed",
        ]
    );
    let full = "{project: Auth System, detail: full}";
    let whole = workspace.call("get_project", full).await;
    for field in ["description", "content", "lead", "members", "labels"] {
        assert!(whole.data().get(field).is_none(), "{field}");
    }
    let none = "{project: Auth System, teams: []}";
    let none = workspace.call("update_project", none).await;
    assert_eq!(none.code(), "MISSING_REQUIRED_PARAM");
}

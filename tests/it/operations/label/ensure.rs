//! `get_or_create_label`, `ensure_labels_exist`, `list_labels`.

use linear_ops::sandbox::Act;
use linear_ops::sandbox::refusal::Refusal;

use crate::support::{Answer, TestWorkspace, mutations, snapshot, variable};

fn names(answer: &Answer) -> Vec<String> {
    answer.column("labels", "name")
}

#[tokio::test]
async fn a_label_is_found_in_any_case_and_never_made_twice() {
    let workspace = TestWorkspace::new().await;
    for name in ["planning", "PLANNING", " Planning ", "bug"] {
        let params = format!("{{team: ENG, name: '{name}'}}");
        let answer = workspace.call("get_or_create_label", &params).await;
        assert_eq!(answer.data()["created"], false, "{name}");
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn a_label_as_it_is_shown() {
    let workspace = TestWorkspace::new().await;
    let planning = "{team: Engineering, name: planning, color: '#f7c8c1'}";
    snapshot(
        "label_cold",
        &workspace.yaml("get_or_create_label", planning).await,
    );
    snapshot(
        "label_warm",
        &workspace.yaml("get_or_create_label", planning).await,
    );
    let new = "{team: Engineering, name: needs-revision, color: F2994A, description: Once more}";
    snapshot(
        "label_created",
        &workspace.yaml("get_or_create_label", new).await,
    );
    snapshot(
        "label_known",
        &workspace
            .yaml(
                "get_or_create_label",
                "{team: ENG, name: Needs-Revision, detail: full}",
            )
            .await,
    );
    snapshot(
        "label_group",
        &workspace
            .yaml("get_or_create_label", "{team: ENG, name: Type}")
            .await,
    );
    snapshot(
        "labels_ensured",
        &workspace
            .yaml(
                "ensure_labels_exist",
                "{team: ENG, labels: [planning, {name: epic}, {name: mine, color: '#ABC'}, Type/Spike]}",
            )
            .await,
    );
    snapshot(
        "labels_eng",
        &workspace.yaml("list_labels", "{team: ENG}").await,
    );
    snapshot(
        "labels_workspace",
        &workspace.yaml("list_labels", "{}").await,
    );
    snapshot(
        "labels_full",
        &workspace
            .yaml("list_labels", "{team: PLT, detail: full}")
            .await,
    );
    snapshot(
        "labels_table",
        &workspace
            .yaml("list_labels", "{team: DES, format: table}")
            .await,
    );
}

#[tokio::test]
async fn a_new_label_has_the_callers_colour_or_the_consumers_or_the_default() {
    let workspace = TestWorkspace::new().await;
    for (label, color) in [
        ("{name: epic}", "#f7c8c1"),
        ("{name: Security}", "#eb5757"),
        ("{name: database}", "#4ea7fc"),
        ("{name: something-else}", "#95a2b3"),
        ("{name: api, color: '#123456'}", "#123456"),
        ("{name: done, color: ABCDEF}", "#abcdef"),
    ] {
        let params = format!("{{team: OPS, labels: [{label}]}}");
        workspace.call("ensure_labels_exist", &params).await.data();
        let received = workspace.take_requests();
        let input = variable(&received, "issueLabelCreate", "input");
        assert_eq!(input["color"], color, "{label}");
        assert_eq!(input["teamId"], workspace.id("Team", "key", "OPS"));
    }
}

#[tokio::test]
async fn labels_may_be_written_as_text_with_commas_names_or_objects() {
    for labels in [
        "[planning, backend, fresh]",
        "'planning, backend,fresh'",
        "[{name: planning}, {name: backend, color: '#000000'}, fresh]",
        "'[\"planning\", \"backend\", \"fresh\"]'",
    ] {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{teamId: eng, labelNames: {labels}}}");
        let answer = workspace.call("ensure_labels", &params).await;
        assert_eq!(names(&answer), ["planning", "backend", "fresh"], "{labels}");
        let created: Vec<_> = answer.data()["labels"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["created"].as_bool().unwrap())
            .collect();
        assert_eq!(created, [false, false, true], "{labels}");
    }
}

#[tokio::test]
async fn one_label_asked_for_twice_is_made_once() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call(
            "ensure_labels_exist",
            "{team: ENG, labels: [new, NEW, new]}",
        )
        .await;
    let rows = answer.data()["labels"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0]["created"], true);
    assert_eq!(rows[1]["created"], false);
    assert_eq!(rows[0]["id"], rows[1]["id"]);
    assert_eq!(mutations(&workspace.take_requests()), 1);
}

#[tokio::test]
async fn a_sub_team_uses_its_parents_labels_and_its_own_creations_stay_its_own() {
    let workspace = TestWorkspace::new().await;
    let backend = workspace.id("IssueLabel", "name", "backend");
    let answer = workspace
        .call("get_or_create_label", "{team: PLT, name: backend}")
        .await;
    assert_eq!(answer.data()["id"], backend.as_str());
    assert_eq!(answer.data()["created"], false);
    let answer = workspace.call("list_labels", "{team: PLT}").await;
    let inherited = workspace.call("list_labels", "{team: ENG}").await;
    assert_eq!(names(&answer), names(&inherited));
    workspace
        .call("get_or_create_label", "{team: PLT, name: cluster}")
        .await
        .data();
    let below = names(&workspace.call("list_labels", "{team: PLT}").await);
    let above = names(&workspace.call("list_labels", "{team: ENG}").await);
    assert!(below.contains(&"cluster".to_owned()));
    assert!(!above.contains(&"cluster".to_owned()));
    // A new label of the parent team is a label of the sub-team, too.
    workspace
        .call("get_or_create_label", "{team: ENG, name: shared}")
        .await
        .data();
    let answer = workspace
        .call("get_or_create_label", "{team: PLT, name: shared}")
        .await;
    assert_eq!(answer.data()["created"], false);
    assert_eq!(answer.calls(), 0);
}

#[tokio::test]
async fn two_teams_may_have_a_label_of_one_name_each_gets_its_own() {
    let workspace = TestWorkspace::new().await;
    let mut ids = Vec::new();
    for team in ["ENG", "DES"] {
        let params = format!("{{team: {team}, name: frontend}}");
        let cold = workspace.call("get_or_create_label", &params).await;
        assert_eq!(cold.data()["created"], false);
        let warm = workspace.call("get_or_create_label", &params).await;
        assert_eq!(cold.data()["id"], warm.data()["id"]);
        ids.push(cold.data()["id"].clone());
    }
    assert_ne!(ids[0], ids[1]);
    // A team without a label of this name gets a new one.
    let answer = workspace
        .call("get_or_create_label", "{team: SUP, name: frontend}")
        .await;
    assert_eq!(answer.data()["created"], true);
}

#[tokio::test]
async fn a_team_with_more_labels_than_a_page_lists_them_all_and_finds_each() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace.call("list_labels", "{team: OPS}").await;
    assert_eq!(answer.data()["total"], 302);
    assert_eq!(names(&answer).len(), 302);
    assert_eq!(answer.calls(), 2);
    let warm = workspace.call("list_labels", "{team: OPS}").await;
    assert_eq!(warm.data(), answer.data());
    assert_eq!(warm.at("/metadata/cached"), true);
    for number in [1, 49, 50, 51, 250, 300] {
        let workspace = TestWorkspace::new().await;
        let params = format!("{{team: OPS, name: service-{number:03}}}");
        let answer = workspace.call("get_or_create_label", &params).await;
        assert_eq!(answer.data()["created"], false, "{number}");
        assert_eq!(answer.calls(), 1);
    }
}

#[tokio::test]
async fn a_label_of_a_group_is_found_and_made_inside_it() {
    let workspace = TestWorkspace::new().await;
    for name in ["Type/Chore", "type / chore", "Chore"] {
        let params = format!("{{team: ENG, name: '{name}'}}");
        let answer = workspace.call("get_or_create_label", &params).await;
        assert_eq!(answer.data()["name"], "Chore", "{name}");
        assert_eq!(answer.data()["group"], "Type", "{name}");
        assert_eq!(answer.data()["created"], false, "{name}");
    }
    workspace.take_requests();
    let answer = workspace
        .call("get_or_create_label", "{team: ENG, name: type/Research}")
        .await;
    assert_eq!(answer.data()["name"], "Research");
    assert_eq!(answer.data()["group"], "Type");
    let received = workspace.take_requests();
    let input = variable(&received, "issueLabelCreate", "input");
    assert_eq!(input["name"], "Research");
    assert_eq!(
        input["parentId"],
        workspace.id("IssueLabel", "name", "Type")
    );
    assert_eq!(input["color"], "#26b5ce");
}

#[tokio::test]
async fn a_label_that_linear_refuses_does_not_stop_the_others() {
    let workspace = TestWorkspace::new().await;
    workspace.sandbox.script().next(Act::Refuse {
        field: "issueLabelCreate".to_owned(),
        refusal: Refusal::invalid("Label name is reserved").saying("That name is reserved."),
    });
    let params = "{team: ENG, labels: [one, two, three]}";
    snapshot(
        "labels_partly",
        &workspace.yaml("ensure_labels_exist", params).await,
    );
}

#[tokio::test]
async fn a_label_made_by_somebody_else_in_between_is_used_and_not_made_twice() {
    let workspace = TestWorkspace::new().await;
    workspace.call("list_labels", "{team: ENG}").await.data();
    let other = workspace.another_session();
    let made = crate::support::call(&other, "get_or_create_label", "{team: ENG, name: race}").await;
    let answer = workspace
        .call("get_or_create_label", "{team: ENG, name: Race}")
        .await;
    assert_eq!(answer.data()["created"], false);
    assert_eq!(answer.data()["id"], made.data()["id"]);
    // From here on the label is cached.
    let answer = workspace
        .call("get_or_create_label", "{team: ENG, name: race}")
        .await;
    assert_eq!(answer.calls(), 0);
}

#[tokio::test]
async fn retired_labels_are_listed_as_such() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace.call("list_labels", "{team: ENG}").await;
    let rows = answer.data()["labels"].as_array().unwrap();
    let legacy = rows.iter().find(|row| row["name"] == "legacy").unwrap();
    assert_eq!(legacy["retired"], true);
}

#[tokio::test]
async fn a_new_label_stands_in_lists_that_were_known_before_it() {
    let workspace = TestWorkspace::new().await;
    let before = names(&workspace.call("list_labels", "{team: ENG}").await);
    workspace
        .call("ensure_labels_exist", "{team: ENG, labels: [aaa]}")
        .await
        .data();
    let after = workspace.call("list_labels", "{team: ENG}").await;
    assert_eq!(after.calls(), 0);
    let mut expected = vec!["aaa".to_owned()];
    expected.extend(before);
    assert_eq!(names(&after), expected);
}

#[tokio::test]
async fn an_id_that_means_no_label_here_never_becomes_a_labels_name() {
    let workspace = TestWorkspace::new().await;
    let backend = workspace.id("IssueLabel", "name", "backend");
    let params = format!("{{team: ENG, name: {backend}}}");
    let answer = workspace.call("get_or_create_label", &params).await;
    assert_eq!(answer.data()["name"], "backend");
    // Design cannot use a label of Engineering.
    for id in [backend.as_str(), "5eed0000-0000-4000-8000-0000000000ff"] {
        let params = format!("{{team: DES, name: {id}}}");
        let answer = workspace.call("get_or_create_label", &params).await;
        assert_eq!(answer.code(), "LABEL_NOT_FOUND", "{id}");
        let params = format!("{{team: DES, title: T, labels: [{id}, frontend]}}");
        let answer = workspace.call("create_issue", &params).await;
        assert_eq!(answer.data()["labels"].as_array().unwrap().len(), 1);
        let warning = format!(
            "label '{id}' left out: Label '{id}' not found for team 'Design' (LABEL_NOT_FOUND)"
        );
        assert_eq!(answer.texts("/warnings"), [warning]);
        let params = format!("{{issue_id: DES-12, add_labels: [{id}]}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.code(), "LABEL_NOT_FOUND", "{id}");
    }
    let made = workspace
        .take_requests()
        .into_iter()
        .filter(|request| request.roots.iter().any(|root| root == "issueLabelCreate"));
    assert_eq!(made.count(), 0);
}

#[tokio::test]
async fn two_requests_at_once_make_one_label() {
    let workspace = TestWorkspace::new().await;
    let ask = || workspace.call("get_or_create_label", "{team: ENG, name: together}");
    let (one, other) = tokio::join!(ask(), ask());
    assert_eq!(one.data()["id"], other.data()["id"]);
    let created = [&one, &other].map(|answer| answer.data()["created"] == true);
    assert_eq!(created.iter().filter(|made| **made).count(), 1);
    let list = workspace.call("list_labels", "{team: ENG}").await;
    let same = names(&list);
    assert_eq!(same.iter().filter(|name| *name == "together").count(), 1);
}

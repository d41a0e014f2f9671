//! `update_label`, `retire_label`, and what the cache has afterwards.

use std::time::Duration;

use linear_ops::sandbox::Act;

use crate::operations::label::create::{listed, lost, warm};
use crate::support::failures::{refused, script_acts, snapshot, with_root};
use crate::support::{TestWorkspace, call, mutations};

#[tokio::test]
async fn a_changed_label_as_it_is_shown() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: ENG, label: backend, name: Server, color: '#123456', description: Ours, group: Type}";
    let cold = workspace.call("update_label", params).await;
    assert_eq!(cold.calls(), 2);
    snapshot("label_changed", &cold);
    let params = "{team: ENG, label: type/server, description: null, group: null, detail: full}";
    let warm = workspace.call("update_label", params).await;
    assert_eq!(warm.calls(), 2);
    snapshot("label_cleared", &warm);
    let params = "{label: Server, color: 123456}";
    let same = workspace.call("update_label", params).await;
    assert_eq!(
        same.texts("/warnings"),
        ["nothing changed: the label had these values already"]
    );
    let label = workspace.id("IssueLabel", "name", "Server");
    let params = format!("{{id: {label}, new_name: Backend}}");
    let answer = workspace.call("rename_label", &params).await;
    assert_eq!(
        answer.texts("/metadata/changes"),
        ["name: Server → Backend"]
    );
}

#[tokio::test]
async fn only_what_is_given_is_sent() {
    let workspace = TestWorkspace::new().await;
    for (params, sent) in [
        ("{label: bug, name: defect}", r##"{"name":"defect"}"##),
        (
            "{label: feature, color: FFF000}",
            r##"{"color":"#fff000"}"##,
        ),
        (
            "{label: backend, description: null}",
            r##"{"description":null}"##,
        ),
        ("{label: Chore, group: null}", r##"{"parentId":null}"##),
    ] {
        let input = workspace
            .input("issueLabelUpdate", "update_label", params)
            .await;
        assert_eq!(input.to_string(), sent);
    }
}

#[tokio::test]
async fn a_renamed_label_is_known_by_its_new_name_alone() {
    let workspace = TestWorkspace::new().await;
    warm(&workspace).await;
    let old = workspace.id("IssueLabel", "name", "backend");
    // The session has looked these names up in the team, in its sub-teams, and in all teams.
    for params in ["{team: ENG, labels: [backend]}", "{labels: [backend]}"] {
        workspace.call("list_issues", params).await.data();
    }
    let params = "{team: ENG, label: backend, name: server}";
    workspace.call("update_label", params).await.data();
    for scope in ["{team: ENG}", "{team: PLT}"] {
        let names = listed(&workspace, scope).await;
        assert!(names.contains(&"server".to_owned()), "{scope}");
        assert!(!names.contains(&"backend".to_owned()), "{scope}");
    }
    for params in ["{team: ENG, labels: [backend]}", "{labels: [backend]}"] {
        let answer = workspace.call("list_issues", params).await;
        assert_eq!(answer.code(), "LABEL_NOT_FOUND", "{params}");
    }
    let params = "{team: PLT, name: server}";
    let answer = workspace.call("get_or_create_label", params).await;
    assert_eq!(answer.data()["id"], old.as_str());
    assert_eq!(answer.calls(), 0);
    // The old name is free for another label.
    let params = "{team: ENG, name: backend}";
    let answer = workspace.call("get_or_create_label", params).await;
    assert_eq!(answer.data()["created"], true);
    assert_ne!(answer.data()["id"], old.as_str());
}

#[tokio::test]
async fn a_renamed_group_is_shown_with_its_labels() {
    let workspace = TestWorkspace::new().await;
    warm(&workspace).await;
    let params = "{team: ENG, label: Type, name: Kind}";
    workspace.call("update_label", params).await.data();
    let answer = workspace.call("list_labels", "{team: ENG}").await;
    let rows = answer.data()["labels"].as_array().unwrap();
    let chore = rows.iter().find(|row| row["name"] == "Chore").unwrap();
    assert_eq!(chore["group"], "Kind");
    let params = "{team: ENG, name: Kind/Chore}";
    let answer = workspace.call("get_or_create_label", params).await;
    assert_eq!(answer.data()["created"], false);
}

#[tokio::test]
async fn a_retired_label_cannot_be_applied_until_it_is_restored() {
    let workspace = TestWorkspace::new().await;
    warm(&workspace).await;
    let apply = "{issue_id: ENG-231, add_labels: [planning]}";
    let restore = "{team: ENG, label: planning, retired: false}";
    let retire = "{team: ENG, label: planning}";
    let answer = workspace.call("retire_label", retire).await;
    assert_eq!(answer.calls(), 2);
    snapshot("label_retired", &answer);
    for (team, issue) in [("ENG", "ENG-231"), ("PLT", "PLT-3")] {
        let params = format!("{{team: {team}, title: T, labels: [planning]}}");
        let answer = workspace.call("create_issue", &params).await;
        assert!(answer.text("/warnings/0").contains("is retired"), "{team}");
        assert!(answer.data()["labels"].is_null(), "{team}");
        let params = format!("{{issue_id: {issue}, add_labels: [Planning]}}");
        let answer = workspace.call("update_issue", &params).await;
        assert_eq!(answer.at("/success"), false, "{team}");
    }
    let answer = workspace.call("update_issue", apply).await;
    assert_eq!(answer.code(), "INVALID_LABEL_NAME");
    let answer = workspace.call("retire_label", restore).await;
    assert_eq!(answer.texts("/metadata/changes"), ["retired: yes → no"]);
    workspace.call("update_issue", apply).await.data();
}

#[tokio::test]
async fn a_label_that_is_so_already_is_left_alone() {
    let workspace = TestWorkspace::new().await;
    for (params, already) in [
        ("{team: ENG, label: legacy}", "was retired already"),
        (
            "{team: ENG, label: backend, retired: 'no'}",
            "was not retired",
        ),
    ] {
        let cold = workspace.call("retire_label", params).await;
        let warning = format!("nothing changed: the label {already}");
        assert_eq!(cold.texts("/warnings"), [warning]);
        let again = workspace.call("retire_label", params).await;
        assert_eq!(again.data(), cold.data());
        // The cached state is checked with Linear, because it is the whole answer.
        assert_eq!(again.calls(), 1);
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
    // Another session has restored the label.
    let other = workspace.another_session();
    let params = "{team: ENG, label: legacy, retired: false}";
    call(&other, "retire_label", params).await.data();
    let answer = workspace
        .call("retire_label", "{team: ENG, label: legacy}")
        .await;
    assert_eq!(answer.texts("/metadata/changes"), ["retired: no → yes"]);
}

#[tokio::test]
async fn which_label_is_meant_has_to_be_clear() {
    let workspace = TestWorkspace::new().await;
    for operation in ["update_label", "retire_label"] {
        for (code, params) in [
            ("LABEL_NOT_FOUND", "{label: nowhere, color: '#123456'}"),
            // A part of a name is enough to find a label in a read, but not to change it.
            (
                "LABEL_NOT_FOUND",
                "{team: ENG, label: backen, color: '#123456'}",
            ),
            (
                "LABEL_NOT_FOUND",
                "{team: DES, label: backend, color: '#123456'}",
            ),
            (
                "AMBIGUOUS_IDENTIFIER",
                "{label: frontend, color: '#123456'}",
            ),
            (
                "TEAM_NOT_FOUND",
                "{team: Nobody, label: bug, color: '#123456'}",
            ),
        ] {
            let params = match operation {
                "retire_label" => params.replace(", color: '#123456'", ""),
                _ => params.to_owned(),
            };
            let answer = workspace.call(operation, &params).await;
            assert_eq!(answer.code(), code, "{operation} {params}");
        }
    }
    assert_eq!(mutations(&workspace.take_requests()), 0);
    let params = "{label: frontend, color: '#123456'}";
    snapshot(
        "label_ambiguous",
        &workspace.call("update_label", params).await,
    );
    let params = "{team: DES, label: frontend, color: '#123456'}";
    let answer = workspace.call("update_label", params).await;
    assert_eq!(answer.data()["color"], "#123456");
    let answer = workspace.call("update_label", "{label: bug}").await;
    assert_eq!(answer.code(), "MISSING_REQUIRED_PARAM");
    snapshot("label_nothing_to_change", &answer);
}

#[tokio::test]
async fn a_change_that_linear_refuses_says_why() {
    let workspace = TestWorkspace::new().await;
    let params = "{team: ENG, label: backend, name: Planning}";
    let answer = workspace.call("update_label", params).await;
    assert_eq!(answer.code(), "LABEL_UPDATE_FAILED");
    snapshot("label_refused", &answer);
    for (field, params) in [
        ("issueLabelRetire", "{team: ENG, label: backend}"),
        (
            "issueLabelRestore",
            "{team: ENG, label: legacy, retired: false}",
        ),
    ] {
        workspace.sandbox.script().next(refused(field, "Not today"));
        let answer = workspace.call("retire_label", params).await;
        assert_eq!(answer.code(), "LABEL_UPDATE_FAILED", "{field}");
        assert_eq!(answer.text("/error/details/reason"), "Not today");
    }
}

#[tokio::test]
async fn a_label_that_somebody_deleted_is_told_as_such() {
    let workspace = TestWorkspace::new().await;
    warm(&workspace).await;
    for (operation, label, change) in [
        ("update_label", "backend", ", color: '#123456'"),
        ("retire_label", "planning", ""),
    ] {
        let id = workspace.id("IssueLabel", "name", label);
        workspace.sandbox.edit(|store| {
            store.remove("IssueLabel", &id);
        });
        let params = format!("{{team: ENG, label: {label}{change}}}");
        let answer = workspace.call(operation, &params).await;
        assert_eq!(answer.code(), "LABEL_NOT_FOUND", "{operation}");
        let list = workspace.call("list_labels", "{team: ENG}").await;
        assert!(!list.0.to_string().contains(&id));
    }
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_read_back() {
    for (operation, params, root) in [
        (
            "update_label",
            "{team: ENG, label: backend, name: lost}",
            "issueLabelUpdate",
        ),
        (
            "retire_label",
            "{team: ENG, label: backend}",
            "issueLabelRetire",
        ),
    ] {
        let (workspace, answer) = lost(operation, params, root, vec![Act::DropAfterCommit]).await;
        answer.data();
        assert_eq!(
            with_root(&workspace.take_requests(), root),
            1,
            "{operation}"
        );
        let workspace = TestWorkspace::new().await;
        // The label is found, and then the answer to the write and all checks of its outcome are lost.
        script_acts(&workspace, root, [Act::DropAfterCommit]);
        script_acts(&workspace, "Labels", vec![Act::Drop; 3]);
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "OUTCOME_UNKNOWN", "{operation}");
        // The write was done, and the session no longer uses its cached label.
        let list = workspace.call("list_labels", "{team: ENG}").await;
        let rows = list.data()["labels"].as_array().unwrap();
        let is_new = |row: &&serde_json::Value| row["name"] == "lost" || row["retired"] == true;
        assert!(rows.iter().filter(is_new).count() > 0, "{operation}");
        assert!(
            !rows
                .iter()
                .any(|row| row["name"] == "backend" && row["retired"].is_null())
        );
    }
}

#[tokio::test]
async fn a_list_that_was_asked_for_before_a_change_does_not_undo_it() {
    let workspace = TestWorkspace::new().await;
    warm(&workspace).await;
    let late = Act::Slow(Duration::from_millis(300));
    workspace.sandbox.script().next_for("issueLabels", late);
    let list = workspace.call("list_labels", "{team: ENG, refresh_cache: true}");
    let change = async {
        while with_root(&workspace.sandbox.requests(), "issueLabels") == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let params = "{team: ENG, label: backend, name: server}";
        workspace.call("update_label", params).await
    };
    let (old, changed) = tokio::join!(list, change);
    changed.data();
    assert!(old.0.to_string().contains("backend"));
    for scope in ["{team: ENG}", "{team: PLT}"] {
        let names = listed(&workspace, scope).await;
        assert!(names.contains(&"server".to_owned()), "{scope}");
    }
}

//! `get_team`, `list_teams`, `get_valid_state_id`, `list_statuses`.

use crate::support::{TestWorkspace, snapshot};

#[tokio::test]
async fn a_team_is_found_by_each_of_its_names_and_the_answer_says_how() {
    let workspace = TestWorkspace::new().await;
    let id = workspace.id("Team", "key", "ENG");
    let upper = id.to_uppercase();
    for (name, method) in [
        ("Engineering", "exact_name_match"),
        ("  engineering ", "exact_name_match"),
        ("eng", "exact_name_match"),
        (id.as_str(), "id_match"),
        (upper.as_str(), "id_match"),
        ("engine", "partial_match"),
        ("ENGINEER", "partial_match"),
    ] {
        let params = format!("{{team: '{name}'}}");
        for cold in [true, false] {
            let workspace = if cold {
                &TestWorkspace::new().await
            } else {
                &workspace
            };
            let answer = workspace.call("get_team", &params).await;
            assert_eq!(answer.data()["key"], "ENG", "{name}");
            assert_eq!(answer.text("/metadata/resolution/method"), method, "{name}");
            assert_eq!(
                answer.text("/metadata/resolution/input"),
                name.trim(),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn every_spelling_of_a_teams_parameter_is_understood() {
    let workspace = TestWorkspace::new().await;
    for key in [
        "team",
        "Team",
        "team_id",
        "teamId",
        "team-id",
        "team_key",
        "teamName",
        "name",
        "key",
        "id",
        "identifier",
    ] {
        let answer = workspace.call("get_team", &format!("{{{key}: ENG}}")).await;
        assert_eq!(answer.data()["name"], "Engineering", "{key}");
        assert_eq!(answer.at("/warnings"), &serde_json::Value::Null, "{key}");
    }
    let answer = workspace
        .call(
            "get_team",
            "{team: {id: null, key: ENG, name: Engineering}}",
        )
        .await;
    assert_eq!(answer.data()["key"], "ENG");
}

#[tokio::test]
async fn a_team_as_it_is_shown() {
    let workspace = TestWorkspace::new().await;
    snapshot(
        "team_cold",
        &workspace.yaml("get_team", "{team: Engineering}").await,
    );
    snapshot(
        "team_warm",
        &workspace.yaml("get_team", "{team: eng}").await,
    );
    snapshot(
        "team_full",
        &workspace
            .yaml("get_team", "{team: eng, detail: full}")
            .await,
    );
    snapshot("teams", &workspace.yaml("list_teams", "{}").await);
    snapshot(
        "teams_table",
        &workspace.yaml("list_teams", "{format: table}").await,
    );
    snapshot(
        "team_missing",
        &workspace.yaml("get_team", "{team: Enginering}").await,
    );
    snapshot(
        "team_short",
        &workspace.yaml("get_team", "{team: en}").await,
    );
}

#[tokio::test]
async fn a_part_that_two_teams_share_is_ambiguous() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace.call("get_team", "{team: 'opera'}").await;
    assert_eq!(answer.data()["key"], "OPS");
    // Letters inside a word do not match a name.
    let answer = workspace.call("get_team", "{team: 'rat'}").await;
    assert_eq!(answer.code(), "TEAM_NOT_FOUND");
    workspace.sandbox.edit(|store| {
        let id = store.find("Team", "key", "DES").unwrap()["id"].clone();
        let team = store.get_mut("Team", id.as_str().unwrap()).unwrap();
        team.insert("name".into(), "Design Engineering".into());
    });
    let fresh = workspace.another_session();
    let answer = crate::support::call(&fresh, "get_team", "{team: engin}").await;
    assert_eq!(answer.code(), "AMBIGUOUS_IDENTIFIER");
    let keys: Vec<_> = answer
        .at("/error/details/candidates")
        .as_array()
        .unwrap()
        .iter()
        .map(|team| team["key"].as_str().unwrap())
        .collect();
    assert_eq!(keys, ["ENG", "DES"]);
    // A match of a whole name takes precedence over matches of parts.
    let answer = crate::support::call(&fresh, "get_team", "{team: engineering}").await;
    assert_eq!(answer.data()["key"], "ENG");
}

#[tokio::test]
async fn a_state_is_found_by_id_name_type_alias_and_part() {
    let cold = TestWorkspace::new().await;
    let warm = TestWorkspace::new().await;
    warm.call("list_statuses", "{team: ENG}").await.data();
    let id = cold.id("WorkflowState", "name", "Backlog");
    for (wanted, name, method) in [
        ("In Progress", "In Progress", "exact_name_match"),
        (" in progress", "In Progress", "exact_name_match"),
        ("TODO", "Todo", "exact_name_match"),
        ("Backlog", "Backlog", "exact_name_match"),
        ("duplicate", "Duplicate", "exact_name_match"),
        (id.as_str(), "Backlog", "id_match"),
        ("started", "In Progress", "type_match"),
        ("unstarted", "Todo", "type_match"),
        ("completed", "Done", "type_match"),
        ("canceled", "Canceled", "exact_name_match"),
        ("in_progress", "In Progress", "alias_match"),
        ("doing", "In Progress", "alias_match"),
        ("wip", "In Progress", "alias_match"),
        ("to do", "Todo", "alias_match"),
        ("planned", "Todo", "alias_match"),
        ("planning", "Todo", "alias_match"),
        ("ready", "Todo", "alias_match"),
        ("review", "In Review", "alias_match"),
        ("in-review", "In Review", "alias_match"),
        ("testing", "", ""),
        ("qa", "", ""),
        ("finished", "Done", "alias_match"),
        ("complete", "Done", "alias_match"),
        ("verified", "Done", "alias_match"),
        ("closed", "Done", "alias_match"),
        ("cancelled", "Canceled", "alias_match"),
        ("wontfix", "Canceled", "alias_match"),
        ("progr", "In Progress", "partial_match"),
        ("rogr", "", ""),
        ("logg", "", ""),
    ] {
        let params = format!("{{team: ENG, state: '{wanted}'}}");
        for workspace in [&cold, &warm] {
            let answer = workspace.call("get_valid_state_id", &params).await;
            if name.is_empty() {
                assert_eq!(answer.code(), "STATUS_NOT_FOUND", "{wanted}");
                continue;
            }
            assert_eq!(answer.data()["name"], name, "{wanted}");
            assert_eq!(
                answer.text("/metadata/resolution/method"),
                method,
                "{wanted}"
            );
        }
    }
}

#[tokio::test]
async fn the_states_of_another_team_do_not_count_not_even_by_id() {
    let workspace = TestWorkspace::new().await;
    let triage = workspace.id("WorkflowState", "name", "Triage");
    for (team, state) in [("ENG", "triage"), ("ENG", triage.as_str())] {
        let params = format!("{{team: {team}, state: {state}}}");
        let answer = workspace.call("get_valid_state_id", &params).await;
        assert_eq!(answer.code(), "STATUS_NOT_FOUND", "{state}");
    }
    let answer = workspace
        .call("get_valid_state_id", "{team: SUP, state: triage}")
        .await;
    assert_eq!(answer.data()["id"], triage.as_str());
    let params = format!("{{team: ENG, state: {triage}}}");
    let answer = workspace.call("get_valid_state_id", &params).await;
    assert_eq!(answer.code(), "STATUS_NOT_FOUND");
}

#[tokio::test]
async fn a_state_as_it_is_shown() {
    let workspace = TestWorkspace::new().await;
    let in_progress = "{team: Engineering, state: In Progress}";
    snapshot(
        "state_cold",
        &workspace.yaml("get_valid_state_id", in_progress).await,
    );
    snapshot(
        "state_warm",
        &workspace.yaml("get_valid_state_id", in_progress).await,
    );
    let missing = "{team: Engineering, state: Blocked}";
    snapshot(
        "state_blocked",
        &workspace.yaml("get_valid_state_id", missing).await,
    );
    let misspelt = "{team: Engineering, state: In Progres}";
    snapshot(
        "state_misspelt",
        &workspace
            .yaml("get_valid_state_id", "{team: SUP, state: Trage}")
            .await,
    );
    // The beginning of a name matches, too.
    let answer = workspace.call("get_valid_state_id", misspelt).await;
    assert_eq!(answer.data()["name"], "In Progress");
    snapshot(
        "statuses",
        &workspace
            .yaml("list_statuses", "{team: SUP, detail: standard}")
            .await,
    );
    snapshot(
        "statuses_table",
        &workspace
            .yaml(
                "list_statuses",
                "{team: SUP, format: table, fields: [name, type, id]}",
            )
            .await,
    );
}

#[tokio::test]
async fn statuses_come_in_the_teams_own_order() {
    let workspace = TestWorkspace::new().await;
    for params in ["{team: SUP}", "{team: SUP, refresh_cache: true}"] {
        let answer = workspace.call("list_statuses", params).await;
        let names: Vec<_> = answer.data()["statuses"]
            .as_array()
            .unwrap()
            .iter()
            .map(|state| state["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
            [
                "Triage",
                "Backlog",
                "Todo",
                "In Progress",
                "In Review",
                "Done",
                "Canceled",
                "Duplicate"
            ]
        );
        assert_eq!(answer.data()["total"], 8);
    }
}

#[tokio::test]
async fn teams_whose_names_begin_alike_do_not_hide_the_states_of_the_one_that_is_meant() {
    let workspace = TestWorkspace::new().await;
    workspace.sandbox.edit(|store| {
        let engineering = store.find("Team", "key", "ENG").unwrap().clone();
        let states: Vec<_> = store
            .all("WorkflowState")
            .filter(|state| state["teamId"] == engineering["id"])
            .cloned()
            .collect();
        for number in 0..20 {
            let id = store.new_id();
            let mut team = engineering.clone();
            team.insert("id".into(), id.clone().into());
            team.insert("key".into(), format!("ENG{number}").into());
            team.insert("name".into(), format!("Engineering {number}").into());
            store.put("Team", team);
            for state in &states {
                let mut state = state.clone();
                state.insert("id".into(), store.new_id().into());
                state.insert("teamId".into(), id.clone().into());
                state.insert("createdAt".into(), "2025-01-10T00:00:00.000Z".into());
                store.put("WorkflowState", state);
            }
        }
    });
    for (operation, params) in [
        ("get_valid_state_id", "{team: ENG, state: In Review}"),
        ("get_valid_state_id", "{team: Engineering, state: review}"),
        ("get_valid_state_id", "{team: eng, state: Todo}"),
        ("list_statuses", "{team: ENG}"),
        ("create_issue", "{team: ENG, title: T, state: done}"),
        ("list_issues", "{team: ENG, state: In Review}"),
    ] {
        let session = workspace.another_session();
        let answer = crate::support::call(&session, operation, params).await;
        answer.data();
        let total = answer.at("/data/total").as_u64();
        assert!(
            total.is_none_or(|total| [1, 7].contains(&total)),
            "{operation}: {:#}",
            answer.0
        );
    }
}

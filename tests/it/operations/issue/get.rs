//! `get_issue`.

use serde_json::{Value, json};

use crate::support::{Answer, TestWorkspace, snapshot};

fn column<'a>(answer: &'a Answer, list: &str, key: &str) -> Vec<&'a str> {
    let rows = answer.data()[list].as_array().unwrap();
    rows.iter().map(|row| row[key].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_issue_as_it_is_shown() {
    let workspace = TestWorkspace::new().await;
    let everything = "{issue_id: PSN-123, include_comments: true, include_children: true}";
    snapshot("issue", &workspace.yaml("get_issue", everything).await);
    let brief = "{issue_id: PSN-123, detail: brief}";
    snapshot("issue_brief", &workspace.yaml("get_issue", brief).await);
    let full = "{issue_id: ENG-230, detail: full, include_comments: true, include_children: true}";
    snapshot("issue_full", &workspace.yaml("get_issue", full).await);
    let awkward = "{issue_id: ENG-231, include_attachments: false}";
    snapshot("issue_awkward", &workspace.yaml("get_issue", awkward).await);
    let parent = "{issue_id: PSN-100, include_children: true}";
    snapshot("issue_children", &workspace.yaml("get_issue", parent).await);
    snapshot(
        "issue_missing",
        &workspace.yaml("get_issue", "{issue_id: PSN-999}").await,
    );
    snapshot(
        "issue_nonsense",
        &workspace
            .yaml("get_issue", "{issue_id: 'the login bug'}")
            .await,
    );
}

#[tokio::test]
async fn an_issue_is_found_by_identifier_id_or_address_in_any_case() {
    let workspace = TestWorkspace::new().await;
    let id = workspace.id("Issue", "title", "Implement user authentication");
    for reference in [
        "PSN-123",
        "psn-123",
        "' PSN-123 '",
        "PSN-123  // the epic",
        "https://linear.app/acme/issue/PSN-123/implement-user-authentication",
        "https://linear.app/acme/issue/psn-123",
        "{identifier: PSN-123, title: whatever}",
        id.as_str(),
        id.to_uppercase().as_str(),
    ] {
        let params = format!("{{issue_id: {reference}}}");
        let answer = workspace.call("get_issue", &params).await;
        assert_eq!(answer.data()["identifier"], "PSN-123", "{reference}");
    }
}

#[tokio::test]
async fn every_spelling_of_the_issues_parameter_is_understood() {
    let workspace = TestWorkspace::new().await;
    for key in [
        "issue_id",
        "issueId",
        "issue-id",
        "IssueID",
        "id",
        "identifier",
        "issue",
        "issue_identifier",
        "issueKey",
        "ticket",
        "key",
    ] {
        let answer = workspace
            .call("get_issue", &format!("{{{key}: PSN-123}}"))
            .await;
        assert_eq!(answer.data()["identifier"], "PSN-123", "{key}");
        assert_eq!(answer.at("/warnings"), &Value::Null, "{key}");
    }
    let answer = workspace
        .call(
            "fetch_issue",
            "{id: PSN-123, includeComments: 'yes', includeSubIssues: 1}",
        )
        .await;
    assert_eq!(column(&answer, "comments", "body").len(), 3);
    assert_eq!(answer.data()["children"], json!([]));
    let answer = workspace
        .call("get_issue", "{id: PSN-123, include_coments: true}")
        .await;
    assert_eq!(answer.code(), "INVALID_PARAM");
    assert_eq!(
        answer.texts("/error/suggestions")[0],
        "Use 'include_comments' in place of 'include_coments'"
    );
}

#[tokio::test]
async fn comments_come_oldest_first_and_the_newest_ones_when_there_are_too_many() {
    let workspace = TestWorkspace::new().await;
    for number in 1..=5 {
        let params = format!("{{issue_id: PSN-124, body: 'number {number}'}}");
        workspace.call("create_comment", &params).await.data();
    }
    let params = "{issue_id: PSN-124, include_comments: true}";
    let all = workspace.call("get_issue", params).await;
    assert_eq!(
        column(&all, "comments", "body"),
        ["number 1", "number 2", "number 3", "number 4", "number 5"]
    );
    assert_eq!(all.at("/warnings"), &Value::Null);
    let params = "{issue_id: PSN-124, include_comments: true, comment_limit: 2}";
    let two = workspace.call("get_issue", params).await;
    assert_eq!(column(&two, "comments", "body"), ["number 4", "number 5"]);
    assert_eq!(
        two.texts("/warnings"),
        ["comments: only the newest are shown; raise comment_limit"]
    );
    let answer = workspace.call("get_issue", "{issue_id: PSN-124}").await;
    assert_eq!(answer.at("/data/comments"), &Value::Null);
    for limit in [0, 251] {
        let params =
            format!("{{issue_id: PSN-124, include_comments: true, comment_limit: {limit}}}");
        let answer = workspace.call("get_issue", &params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{limit}");
        assert_eq!(answer.text("/error/details/param"), "comment_limit");
    }
}

#[tokio::test]
async fn expansions_that_are_empty_say_so_and_those_not_asked_for_are_absent() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: PSN-125, include_comments: true, include_children: true}";
    let answer = workspace.call("get_issue", params).await;
    assert_eq!(answer.data()["comments"], json!([]));
    assert_eq!(answer.data()["children"], json!([]));
    assert_eq!(answer.data().get("attachments"), None);
    assert_eq!(answer.data().get("labels"), None);
    let answer = workspace.call("get_issue", "{issue_id: PSN-100}").await;
    assert_eq!(answer.data().get("children"), None);
}

#[tokio::test]
async fn a_checklist_is_parsed_wherever_it_stands() {
    let workspace = TestWorkspace::new().await;
    for (issue, completed, total, progress) in [("PSN-123", 1, 4, 25), ("PSN-124", 2, 3, 67)] {
        let answer = workspace
            .call("get_issue", &format!("{{id: {issue}}}"))
            .await;
        let checklist = &answer.data()["checklist"];
        assert_eq!(checklist["completed"], completed);
        assert_eq!(checklist["total"], total);
        assert_eq!(checklist["progress"], progress);
        // The items are left out of the checklist, because the description beside it has them.
        assert_eq!(checklist.get("items"), None);
        let params = format!("{{id: {issue}, fields: [checklist]}}");
        let alone = workspace.call("get_issue", &params).await;
        let items = alone.data()["checklist"]["items"].as_array().unwrap();
        assert_eq!(items.len(), total);
    }
    let answer = workspace.call("get_issue", "{id: ENG-231}").await;
    assert_eq!(answer.data().get("checklist"), None);
}

#[tokio::test]
async fn picked_fields_are_exactly_those_in_any_spelling() {
    let workspace = TestWorkspace::new().await;
    let params = "{id: PSN-123, fields: 'identifier, createdAt, branchName, checklist'}";
    let answer = workspace.call("get_issue", params).await;
    let keys: Vec<_> = answer.data().as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["identifier", "checklist", "created_at", "branch_name"]
    );
}

#[tokio::test]
async fn a_part_of_a_field_can_be_picked() {
    let workspace = TestWorkspace::new().await;
    let params = "{id: PSN-123, fields: [state.name, labels.name, team.key, checklist.items.checked, parent]}";
    let answer = workspace.call("get_issue", params).await;
    let expected = json!({
        "checklist": {"items": [{"checked": true}, {"checked": false}, {"checked": false}, {"checked": false}]},
        "state": {"name": "In Progress"},
        "team": {"key": "PSN"},
        "parent": {
            "id": workspace.id("Issue", "title", "Authentication epic"),
            "identifier": "PSN-100",
            "title": "Authentication epic",
        },
        "labels": [{"name": "planning"}, {"name": "bug"}],
    });
    assert_eq!(answer.data(), &expected);
    assert_eq!(answer.at("/warnings"), &Value::Null);
}

#[tokio::test]
async fn a_field_that_does_not_exist_is_told_of_for_one_issue_too() {
    let workspace = TestWorkspace::new().await;
    let params = "{id: PSN-123, fields: [identifier, assigne]}";
    let answer = workspace.call("get_issue", params).await;
    assert_eq!(answer.data(), &json!({"identifier": "PSN-123"}));
    assert_eq!(
        answer.texts("/warnings"),
        ["no field 'assigne' here; did you mean 'assignee'?"]
    );
    let answer = workspace
        .call("get_team", "{team: ENG, fields: [key, qqq]}")
        .await;
    assert_eq!(
        answer.texts("/warnings"),
        [
            "no field 'qqq' here; there are id, name, key, description, triage_enabled, cycles_enabled, estimation"
        ]
    );
    // A requested field that this issue has no value for is not an error.
    let params = "{id: PSN-123, fields: [identifier, due_date, cycle, milestone]}";
    let answer = workspace.call("get_issue", params).await;
    assert_eq!(answer.data(), &json!({"identifier": "PSN-123"}));
    assert_eq!(answer.at("/warnings"), &Value::Null);
}

#[tokio::test]
async fn a_description_is_cut_only_when_asked_and_the_cut_says_so() {
    let workspace = TestWorkspace::new().await;
    let whole = workspace.call("get_issue", "{id: PSN-123}").await;
    let whole = whole.text("/data/description").to_owned();
    let params = "{id: PSN-123, max_description_chars: 11}";
    let cut = workspace.call("get_issue", params).await;
    let expected = format!(
        "## Overview… [cut: 11 of {} characters]",
        whole.chars().count()
    );
    assert_eq!(cut.text("/data/description"), expected);
    // The checklist counts the items of the whole description, not of the cut one.
    assert_eq!(cut.data()["checklist"]["total"], 4);
    let params = "{id: PSN-123, max_description_chars: 100000}";
    let uncut = workspace.call("get_issue", params).await;
    assert_eq!(uncut.text("/data/description"), whole);
}

#[tokio::test]
async fn each_level_of_detail_has_all_of_the_one_below_in_the_same_shape() {
    let workspace = TestWorkspace::new().await;
    let mut below = json!({});
    for detail in ["brief", "standard", "full"] {
        let params = format!("{{id: ENG-230, detail: {detail}, include_comments: true}}");
        let answer = workspace.call("get_issue", &params).await;
        assert!(contains(answer.data(), &below), "{detail}");
        assert_ne!(answer.data(), &below);
        below = answer.data().clone();
    }
}

/// Whether one value has everything that the other has, in the same places. A moment is to the day at first.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(key, part)| whole.get(key).is_some_and(|whole| contains(whole, part))),
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len()
                && whole
                    .iter()
                    .zip(part)
                    .all(|(whole, part)| contains(whole, part))
        }
        (Value::String(whole), Value::String(part)) => {
            whole == part
                || part.len() == "2025-01-01".len() && whole.starts_with(&format!("{part}T"))
        }
        _ => whole == part,
    }
}

#[tokio::test]
async fn an_archived_issue_is_got_and_says_that_it_is_archived() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace.call("get_issue", "{id: ENG-228}").await;
    assert_eq!(answer.data()["archived_at"], "2025-01-01T10:00:00Z");
}

#[tokio::test]
async fn issues_are_never_cached() {
    let workspace = TestWorkspace::new().await;
    workspace.call("get_issue", "{id: PSN-123}").await.data();
    let id = workspace.id("Issue", "title", "Implement user authentication");
    workspace.sandbox.edit(|store| {
        let issue = store.get_mut("Issue", &id).unwrap();
        issue.insert("title".into(), "Renamed".into());
    });
    let answer = workspace.call("get_issue", "{id: PSN-123}").await;
    assert_eq!(answer.data()["title"], "Renamed");
    assert_eq!(answer.at("/metadata/cached"), false);
}

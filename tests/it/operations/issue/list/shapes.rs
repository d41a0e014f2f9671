//! The shape of a list: its order, its groups, its count, and all of it at once.

use std::cmp::Reverse;

use linear_ops::sandbox::Sandbox;
use serde_json::json;

use super::*;

/// Adds this many issues with titles that begin with `Copy` to the team ENG.
fn add_copies(sandbox: &Sandbox, copies: u32) {
    sandbox.edit(|store| {
        let issue = store.find("Issue", "title", "Login form").unwrap().clone();
        for number in 0..copies {
            let mut copy = issue.clone();
            let id = store.new_id();
            copy.insert("id".into(), id.into());
            copy.insert("title".into(), format!("Copy {number}").into());
            copy.insert("number".into(), (1000 + number).into());
            store.put("Issue", copy);
        }
    });
}

/// Returns the values of a field of all issues in this order, the value in the place of an issue without one.
async fn in_order(workspace: &TestWorkspace, params: &str, field: &str, none: Value) -> Vec<Value> {
    let params = format!("{{{params}, fields: [identifier, {field}]}}");
    let answer = workspace.call("list_issues", &params).await;
    assert_eq!(answer.calls(), 1);
    let issues = answer.data()["issues"].as_array().unwrap().iter();
    issues
        .map(|issue| issue.get(field).unwrap_or(&none).clone())
        .collect()
}

#[tokio::test]
async fn urgent_issues_come_first_and_those_without_a_priority_last() {
    let workspace = TestWorkspace::new().await;
    let priorities = in_order(&workspace, "order_by: priority", "priority", json!(0)).await;
    let rank = |priority: &Value| match priority.as_u64().unwrap() {
        0 => 5,
        priority => priority,
    };
    assert!(priorities.is_sorted_by_key(rank), "{priorities:?}");
    assert_eq!(priorities.first().unwrap(), 1);
    assert_eq!(priorities.last().unwrap(), 0);
    let explicit = "order_by: priority, descending: true";
    assert_eq!(
        in_order(&workspace, explicit, "priority", json!(0)).await,
        priorities
    );
    let reversed = "order_by: priority, descending: false";
    let reversed = in_order(&workspace, reversed, "priority", json!(0)).await;
    assert!(reversed.is_sorted_by_key(|priority| Reverse(rank(priority))));
}

#[tokio::test]
async fn the_soonest_due_date_comes_first_and_issues_without_one_last() {
    let workspace = TestWorkspace::new().await;
    for (params, first) in [
        ("order_by: due_date", ["2025-01-24", "2025-02-01"]),
        (
            "order_by: dueDate, descending: false",
            ["2025-01-24", "2025-02-01"],
        ),
        (
            "order_by: due_date, descending: true",
            ["2025-02-01", "2025-01-24"],
        ),
    ] {
        let dates = in_order(&workspace, params, "due_date", Value::Null).await;
        assert_eq!(dates[..2], first, "{params}");
        assert!(dates.len() > 2 && dates[2..].iter().all(Value::is_null));
    }
}

#[tokio::test]
async fn the_manual_order_is_that_of_the_board() {
    let workspace = TestWorkspace::new().await;
    let identifiers_in = async |params: &str| {
        let answer = workspace.call("list_issues", params).await;
        identifiers(&answer)
    };
    let places = ["ENG-231", "ENG-226", "ENG-233", "ENG-227"];
    for (place, identifier) in places.iter().enumerate() {
        let id = workspace.id("Issue", "identifier", identifier);
        workspace.sandbox.edit(|store| {
            let issue = store.get_mut("Issue", &id).unwrap();
            issue.insert("sortOrder".into(), (-9000 + place as i64).into());
        });
    }
    let manual = identifiers_in("{order_by: manual}").await;
    assert_eq!(manual[..4], places);
    let reversed = identifiers_in("{order_by: manual, descending: true}").await;
    let last: Vec<&String> = reversed.iter().rev().take(4).collect();
    assert_eq!(last, places);
}

#[tokio::test]
async fn descending_turns_the_order_by_time_round() {
    let workspace = TestWorkspace::new().await;
    for (newest, oldest, field) in [
        (
            "order_by: created_at",
            "order_by: createdAt, descending: no",
            "created_at",
        ),
        ("descending: true", "descending: false", "updated_at"),
    ] {
        let newest = in_order(&workspace, newest, field, Value::Null).await;
        let oldest = in_order(&workspace, oldest, field, Value::Null).await;
        assert!(newest.is_sorted_by_key(|time| Reverse(time.as_str().unwrap().to_owned())));
        assert!(oldest.is_sorted_by_key(|time| time.as_str().unwrap().to_owned()));
        assert_eq!(newest.len(), oldest.len());
    }
}

#[tokio::test]
async fn pages_follow_one_another_in_every_order() {
    let workspace = TestWorkspace::new().await;
    for order in [
        "order_by: priority",
        "order_by: due_date",
        "order_by: manual, descending: true",
        "order_by: updatedAt, descending: false",
        "view: Open bugs, order_by: priority, include_archived: true",
    ] {
        let whole = workspace.call("list_issues", &format!("{{{order}}}")).await;
        let mut found: Vec<String> = Vec::new();
        let mut cursor = String::new();
        loop {
            let params = format!("{{{order}, limit: 2{cursor}}}");
            let answer = workspace.call("list_issues", &params).await;
            assert_eq!(answer.calls(), 1);
            found.extend(identifiers(&answer));
            if answer.data()["has_more"] == false {
                break;
            }
            cursor = format!(", cursor: '{}'", answer.text("/data/cursor"));
        }
        assert_eq!(found, identifiers(&whole), "{order}");
    }
}

#[tokio::test]
async fn groups_stand_in_place_of_the_issues() {
    let workspace = TestWorkspace::new().await;
    for (name, params) in [
        ("groups_state", "{group_by: state, team: ENG}"),
        (
            "groups_label",
            "{group_by: label, team: ENG, format: table}",
        ),
        ("groups_page", "{group_by: assignee, limit: 5}"),
        ("groups_count", "{group_by: cycle, count_only: true}"),
        (
            "groups_empty",
            "{group_by: priority, team: DES, state: Done}",
        ),
    ] {
        snapshot(name, &workspace.yaml("list_issues", params).await);
    }
}

#[tokio::test]
async fn the_groups_have_every_issue_and_their_counts() {
    let workspace = TestWorkspace::new().await;
    let list = workspace.call("list_issues", "{}").await;
    let mut all = identifiers(&list);
    all.sort_unstable();
    for field in ["state", "assignee", "project", "cycle", "label", "priority"] {
        for detail in ["brief", "standard"] {
            let params = format!("{{group_by: {field}, detail: {detail}}}");
            let answer = workspace.call("list_issues", &params).await;
            assert_eq!(answer.calls(), 1);
            assert_eq!(answer.data()["total"], all.len());
            assert_eq!(answer.data().get("issues"), None);
            let groups = answer.data()["groups"].as_array().unwrap();
            let mut grouped: Vec<&str> = Vec::new();
            for group in groups {
                let issues = group["issues"].as_array().unwrap();
                assert_eq!(group["count"], issues.len());
                let has_field = |issue: &Value| {
                    issue.get(field).is_some() || issue.get(format!("{field}s")).is_some()
                };
                assert!(!issues.iter().any(has_field), "{field}");
                grouped.extend(
                    issues
                        .iter()
                        .map(|issue| issue["identifier"].as_str().unwrap()),
                );
            }
            grouped.sort_unstable();
            if field == "label" {
                assert!(grouped.len() > all.len());
                grouped.dedup();
            }
            assert_eq!(grouped, all, "{field}");
            let values: Vec<&Value> = groups.iter().map(|group| &group[field]).collect();
            let nones = values.iter().filter(|value| **value == "none").count();
            assert_eq!(nones, usize::from(field != "state"), "{values:?}");
            assert!(field == "state" || *values[values.len() - 1] == "none");
            let count = format!("{{group_by: {field}, count_only: true}}");
            let count = workspace.call("list_issues", &count).await;
            assert_eq!(count.calls(), 1);
            let counted = count.data()["groups"].as_array().unwrap().iter();
            let counted: Vec<(&Value, &Value)> = counted
                .map(|group| (&group[field], &group["count"]))
                .collect();
            let listed: Vec<(&Value, &Value)> = groups
                .iter()
                .map(|group| (&group[field], &group["count"]))
                .collect();
            assert_eq!(counted, listed);
        }
    }
}

#[tokio::test]
async fn a_field_that_is_asked_for_by_name_stays_on_the_rows_of_its_group() {
    let workspace = TestWorkspace::new().await;
    let params = "{group_by: state, fields: [identifier, state.name]}";
    let answer = workspace.call("list_issues", params).await;
    for group in answer.data()["groups"].as_array().unwrap() {
        let issues = group["issues"].as_array().unwrap();
        assert!(
            issues
                .iter()
                .all(|issue| issue["state"]["name"] == group["state"])
        );
    }
}

#[tokio::test]
async fn a_count_reads_no_more_than_ids_and_is_exact_up_to_250() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call("list_issues", "{team: ENG, count_only: true}")
        .await;
    assert_eq!(*answer.data(), json!({"count": 6}));
    let received = workspace.take_requests();
    assert_eq!(variable(&received, "issues", "grouped"), false);
    add_copies(&workspace.sandbox, 244);
    let answer = workspace
        .call("list_issues", "{team: ENG, count_only: true}")
        .await;
    assert_eq!(*answer.data(), json!({"count": 250}));
    add_copies(&workspace.sandbox, 300);
    let answer = workspace
        .call("list_issues", "{team: ENG, count_only: true}")
        .await;
    assert_eq!(*answer.data(), json!({"count": "250+", "has_more": true}));
    assert_eq!(answer.calls(), 1);
    assert_eq!(answer.texts("/warnings").len(), 1);
    for params in [
        "count_only: true, exact: true",
        "count_only: true, all: true",
    ] {
        let params = format!("{{team: ENG, {params}}}");
        let answer = workspace.call("list_issues", &params).await;
        assert_eq!(*answer.data(), json!({"count": 550}));
        assert_eq!(answer.calls(), 3);
    }
    let params = "{team: ENG, count_only: true, group_by: priority}";
    let answer = workspace.call("list_issues", params).await;
    assert_eq!(answer.data()["count"], "250+");
    assert_eq!(
        answer.data()["groups"],
        json!([{"priority": "medium", "count": "249+"}, {"priority": "none", "count": "1+"}])
    );
}

#[tokio::test]
async fn a_search_is_counted_by_linear() {
    let workspace = TestWorkspace::new().await;
    add_copies(&workspace.sandbox, 300);
    let params = "{query: Copy, count_only: true}";
    let answer = workspace.call("search_issues", params).await;
    assert_eq!(*answer.data(), json!({"count": 300}));
    assert_eq!(answer.calls(), 1);
    let params = "{query: PSN-123, count_only: true}";
    let answer = workspace.call("search_issues", params).await;
    assert_eq!(*answer.data(), json!({"count": 1}));
}

#[tokio::test]
async fn all_issues_are_read_page_by_page() {
    let workspace = TestWorkspace::new().await;
    add_copies(&workspace.sandbox, 520);
    let answer = workspace
        .call("list_issues", "{query: Copy, all: true}")
        .await;
    assert_eq!(answer.data()["total"], 520);
    assert_eq!(answer.data()["has_more"], false);
    assert_eq!(answer.calls(), 3);
    let mut titles = answer.column("issues", "title");
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), 520);
}

#[tokio::test]
async fn all_issues_end_where_the_bound_is_and_the_cursor_leads_on() {
    let workspace = TestWorkspace::new().await;
    add_copies(&workspace.sandbox, 1007);
    let params = "{query: Copy, all: true, fields: [identifier]}";
    let answer = workspace.call("list_issues", params).await;
    assert_eq!(answer.data()["count"], 1000);
    assert_eq!(answer.data()["has_more"], true);
    assert_eq!(answer.calls(), 10);
    assert_eq!(
        answer.texts("/warnings"),
        ["all: true reads 1000 issues at most; give the cursor for the others"]
    );
    let cursor = answer.text("/data/cursor");
    let params = format!("{{query: Copy, all: true, cursor: '{cursor}'}}");
    let answer = workspace.call("list_issues", &params).await;
    assert_eq!(answer.data()["count"], 7);
    assert_eq!(answer.data()["has_more"], false);
}

#[tokio::test]
async fn what_contradicts_itself_or_linear_cannot_do_is_refused_unsent() {
    let workspace = TestWorkspace::new().await;
    for (operation, params, param) in [
        ("list_issues", "{all: true, limit: 10}", "limit"),
        ("list_issues", "{count_only: true, limit: 10}", "limit"),
        ("list_issues", "{count_only: true, cursor: x}", "cursor"),
        ("list_issues", "{exact: true}", "exact"),
        ("list_issues", "{group_by: colour}", "group_by"),
        (
            "search_issues",
            "{query: login, order_by: priority}",
            "order_by",
        ),
        (
            "search_issues",
            "{query: login, order_by: manual, descending: true}",
            "descending",
        ),
        (
            "search_issues",
            "{query: login, descending: true}",
            "descending",
        ),
        (
            "search_issues",
            "{query: login, order_by: createdAt, descending: false}",
            "descending",
        ),
        ("search_issues", "{query: login, view: Open bugs}", "view"),
    ] {
        let answer = workspace.call(operation, params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{params}");
        assert_eq!(answer.text("/error/details/param"), param, "{params}");
    }
    assert_eq!(workspace.take_requests(), []);
    for params in [
        "{query: login, order_by: createdAt, descending: true}",
        "{order_by: priority, team: ENG}",
        "{view: Open bugs}",
    ] {
        workspace.call("search_issues", params).await.data();
    }
}

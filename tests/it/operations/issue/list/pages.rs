//! Pages, order, and what is on a row.

use super::*;

#[tokio::test]
async fn pages_lead_through_all_issues_without_loss() {
    let workspace = TestWorkspace::new().await;
    let whole = workspace.call("list_issues", "{}").await;
    let whole = identifiers(&whole);
    assert_eq!(whole.len(), 15);
    for limit in [1, 4, 15, 16] {
        let mut found: Vec<String> = Vec::new();
        let mut cursor = String::new();
        loop {
            let params = format!("{{limit: {limit}{cursor}}}");
            let answer = workspace.call("list_issues", &params).await;
            let page = identifiers(&answer);
            assert!(page.len() <= limit);
            assert_eq!(answer.calls(), 1);
            found.extend(page.iter().map(|name| (*name).to_owned()));
            let first = cursor.is_empty();
            if answer.data()["has_more"] == false {
                assert_eq!(answer.data().get("cursor"), None);
                assert_eq!(answer.data().get("total").is_some(), first);
                break;
            }
            assert_eq!(answer.data().get("total"), None);
            assert_eq!(answer.data()["count"], limit);
            cursor = format!(", cursor: '{}'", answer.text("/data/cursor"));
        }
        assert_eq!(found, whole, "{limit}");
    }
}

#[tokio::test]
async fn more_whole_issues_than_a_request_may_ask_for_are_fetched_in_pages() {
    let workspace = TestWorkspace::new().await;
    workspace.sandbox.edit(|store| {
        let issue = store.find("Issue", "title", "Login form").unwrap().clone();
        for number in 0..150 {
            let mut copy = issue.clone();
            let id = store.new_id();
            copy.insert("id".into(), id.into());
            copy.insert("title".into(), format!("Copy {number}").into());
            copy.insert("number".into(), (1000 + number).into());
            store.put("Issue", copy);
        }
    });
    let params = "{team: ENG, query: Copy, limit: 140, detail: standard}";
    let answer = workspace.call("list_issues", params).await;
    assert_eq!(answer.calls(), 2);
    assert_eq!(answer.data()["count"], 140);
    assert_eq!(answer.data()["has_more"], true);
    let mut titles: Vec<_> = answer.data()["issues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["title"].as_str().unwrap().to_owned())
        .collect();
    let params = format!(
        "{{team: ENG, query: Copy, cursor: '{}'}}",
        answer.text("/data/cursor")
    );
    let rest = workspace.call("list_issues", &params).await;
    assert_eq!(rest.data()["count"], 10);
    let rest = rest.data()["issues"].as_array().unwrap().iter();
    titles.extend(rest.map(|row| row["title"].as_str().unwrap().to_owned()));
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), 150);
}

#[tokio::test]
async fn the_newest_come_first_by_change_or_by_creation() {
    let workspace = TestWorkspace::new().await;
    for (order, field) in [("updatedAt", "updated_at"), ("createdAt", "created_at")] {
        let params = format!("{{order_by: {order}, fields: [identifier, {field}]}}");
        let answer = workspace.call("list_issues", &params).await;
        let moments: Vec<_> = answer.data()["issues"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row[field].as_str().unwrap())
            .collect();
        assert!(moments.is_sorted_by(|a, b| a >= b), "{moments:?}");
        assert_eq!(
            variable(&workspace.take_requests(), "issues", "orderBy"),
            order
        );
    }
}

#[tokio::test]
async fn archived_issues_are_listed_only_when_asked_for() {
    let workspace = TestWorkspace::new().await;
    let without = workspace.call("list_issues", "{team: ENG}").await;
    let with_archived = workspace
        .call("list_issues", "{team: ENG, includeArchived: 'yes'}")
        .await;
    assert!(!identifiers(&without).iter().any(|issue| issue == "ENG-228"));
    assert!(
        identifiers(&with_archived)
            .iter()
            .any(|issue| issue == "ENG-228")
    );
    assert_eq!(
        identifiers(&with_archived).len(),
        identifiers(&without).len() + 2
    );
}

#[tokio::test]
async fn an_issue_with_very_many_labels_shows_the_first_and_says_that_there_are_more() {
    let workspace = TestWorkspace::new().await;
    let issue = workspace.id("Issue", "title", "Login form");
    workspace.sandbox.edit(|store| {
        let labels: Vec<Value> = store
            .all("IssueLabel")
            .filter(|label| label["name"].as_str().unwrap().starts_with("service"))
            .take(11)
            .map(|label| label["id"].clone())
            .collect();
        let issue = store.get_mut("Issue", &issue).unwrap();
        issue.insert("labelIds".into(), labels.into());
    });
    for detail in ["brief", "standard"] {
        let params = format!("{{query: Login form, detail: {detail}}}");
        let answer = workspace.call("list_issues", &params).await;
        let row = &answer.data()["issues"][0];
        assert_eq!(row["labels"].as_array().unwrap().len(), 10);
        assert_eq!(row["more_labels"], true);
    }
    let answer = workspace.call("get_issue", "{id: ENG-232}").await;
    assert_eq!(answer.data()["labels"].as_array().unwrap().len(), 11);
    assert_eq!(answer.data().get("more_labels"), None);
}

//! Issues with more labels than are read with them, issues in the trash, and the order of comments.

use serde_json::{Value, json};

use crate::support::{TestWorkspace, mutations, variable};

/// Gives ENG-231 so many labels of the workspace, `many-1` and so on.
fn label(workspace: &TestWorkspace, count: usize) {
    let issue = workspace.id("Issue", "identifier", "ENG-231");
    workspace.sandbox.edit(|store| {
        let pattern = store.find("IssueLabel", "name", "bug").unwrap().clone();
        let mut ids = Vec::new();
        for of in 1..=count {
            let id = format!("1abe1000-0000-4000-8000-{of:012}");
            let mut label = pattern.clone();
            label.insert("id".to_owned(), id.clone().into());
            label.insert("name".to_owned(), format!("many-{of}").into());
            label.insert("teamId".to_owned(), Value::Null);
            label.insert("parentId".to_owned(), Value::Null);
            store.put("IssueLabel", label);
            ids.push(Value::from(id));
        }
        store
            .get_mut("Issue", &issue)
            .unwrap()
            .insert("labelIds".to_owned(), ids.into());
    });
}

#[tokio::test]
async fn a_label_beyond_those_that_come_with_the_issue_is_taken_off() {
    let workspace = TestWorkspace::new().await;
    label(&workspace, 120);
    let params = "{issue_id: ENG-231, remove_labels: [many-1, many-120]}";
    let answer = workspace.call("update_issue", params).await;
    let changes = answer.texts("/metadata/changes");
    assert_eq!(changes.len(), 1, "{changes:?}");
    for name in ["-many-1", "-many-120"] {
        assert!(
            changes[0].split(' ').any(|word| word == name),
            "{changes:?}"
        );
    }
    assert!(answer.texts("/warnings").is_empty(), "{:#}", answer.0);
    let received = workspace.take_requests();
    let input = variable(&received, "issueUpdate", "input");
    assert_eq!(input["removedLabelIds"].as_array().unwrap().len(), 2);
    assert_eq!(mutations(&received), 1);
}

#[tokio::test]
async fn the_labels_of_an_issue_that_has_300_are_replaced_and_each_is_told() {
    let workspace = TestWorkspace::new().await;
    label(&workspace, 300);
    let params = "{issue_id: ENG-231, labels: [many-300, bug]}";
    let answer = workspace.call("update_issue", params).await;
    let changes = answer.texts("/metadata/changes");
    assert_eq!(changes[0].matches(" -many-").count(), 299, "{changes:?}");
    assert!(changes[0].starts_with("labels: +bug -"));
    assert_eq!(answer.data()["labels"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_write_to_an_issue_in_the_trash_is_told_of_it() {
    let workspace = TestWorkspace::deleting().await;
    workspace
        .call("delete_issue", "{issue_id: PSN-123}")
        .await
        .data();
    let got = workspace.call("get_issue", "{issue_id: PSN-123}").await;
    assert_eq!(got.data()["trashed"], true);
    for (operation, params) in [
        ("update_issue", "{issue_id: PSN-123, title: T}"),
        (
            "update_issue",
            "{issue_id: PSN-123, title: U, changes: false}",
        ),
        ("create_comment", "{issue_id: PSN-123, body: B}"),
        (
            "update_checklist_items",
            "{issue_id: PSN-123, indices: [1]}",
        ),
    ] {
        let answer = workspace.call(operation, params).await;
        answer.data();
        let reported = answer.texts("/warnings");
        let of_it = |text: &&str| text.contains("'PSN-123' is in the trash");
        assert_eq!(
            reported.iter().filter(|text| of_it(text)).count(),
            1,
            "{operation} {reported:?}"
        );
    }
}

#[tokio::test]
async fn comments_come_in_the_order_in_which_they_were_written() {
    let workspace = TestWorkspace::new().await;
    let listed = workspace.call("list_comments", "{issue_id: PSN-123}").await;
    let rows = listed.data()["comments"].as_array().unwrap().clone();
    assert!(rows.len() > 1);
    // Linear sorts comments by their creation in Linear; the time of an imported comment may disagree.
    let id = rows.last().unwrap()["id"].as_str().unwrap().to_owned();
    workspace.sandbox.edit(|store| {
        let comment = store.get_mut("Comment", &id).unwrap();
        comment.insert("createdAt".to_owned(), json!("2020-01-01T00:00:00.000Z"));
    });
    for (operation, params, place) in [
        ("list_comments", "{issue_id: PSN-123}", "comments"),
        (
            "get_issue",
            "{issue_id: PSN-123, include_comments: true, detail: full}",
            "comments",
        ),
    ] {
        let answer = workspace.call(operation, params).await;
        let rows = answer.data()[place].as_array().unwrap();
        let moments: Vec<&str> = rows
            .iter()
            .map(|row| row["created_at"].as_str().unwrap())
            .collect();
        assert!(moments.is_sorted(), "{operation} {moments:?}");
        assert!(moments[0].starts_with("2020"), "{operation} {moments:?}");
    }
}

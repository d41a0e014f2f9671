//! `update_checklist_items` with several changes in one call.

use serde_json::{Value, json};

use super::checklists::{description, meanwhile};
use crate::support::failures::assert_acts_used;
use crate::support::{Answer, TestWorkspace, mutations, snapshot_but_for};

const OPERATION: &str = "update_checklist_items";

/// Writes the description of an issue in the stand-in.
fn describe(workspace: &TestWorkspace, identifier: &str, text: &str) {
    let id = workspace.id("Issue", "identifier", identifier);
    workspace.sandbox.edit(|store| {
        let issue = store.get_mut("Issue", &id).unwrap();
        issue.insert("description".to_owned(), json!(text));
    });
}

/// Returns the items of an issue's description, as they stand there.
fn items(workspace: &TestWorkspace, identifier: &str) -> Vec<String> {
    let text = description(workspace, identifier);
    let lines = text.lines().filter(|line| line.contains("] "));
    lines.map(str::to_owned).collect()
}

fn summary<'a>(answer: &'a Answer, key: &str) -> &'a Value {
    &answer.data()["checklist_summary"][key]
}

#[tokio::test]
async fn changes_as_they_are_shown() {
    let time = [(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "[time]")];
    for (name, params) in [
        (
            "checklist_changes",
            "{issue_id: PSN-123, check: [1, issue and rotate tokens], uncheck: [0], add_items: [Write tests], remove_items: ['3']}",
        ),
        (
            "checklist_changes_full",
            "{issue_id: PSN-100, add_items: [Plan, Do], detail: full}",
        ),
        ("checklist_all", "{issue_id: PSN-124, all: true}"),
        (
            "checklist_in_two_lists",
            "{issue_id: PSN-123, check: [1], uncheck: [hash passwords with argon2]}",
        ),
        (
            "checklist_removed_in_part",
            "{issue_id: PSN-123, remove_items: [Issue and]}",
        ),
    ] {
        let workspace = TestWorkspace::new().await;
        let yaml = workspace.yaml(OPERATION, params).await;
        snapshot_but_for(&time, name, &yaml);
    }
}

#[tokio::test]
async fn several_changes_are_one_read_and_one_write() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: PSN-123, check: [1, '2'], uncheck: [Design the session table], \
        add_items: [Write tests, Deploy], remove_items: [3], add_comment: true}";
    let answer = workspace.call(OPERATION, params).await;
    assert_eq!(answer.calls(), 2);
    assert_eq!(mutations(&workspace.take_requests()), 1);
    assert_eq!(
        items(&workspace, "PSN-123"),
        [
            "* [ ] Design the session table",
            "* [X] Hash passwords with argon2",
            "* [X] Issue and rotate tokens",
            "* [ ] Write tests",
            "* [ ] Deploy",
        ]
    );
    let text = description(&workspace, "PSN-123");
    assert!(
        text.contains("Progress: 40% (2/5 completed)\nLast updated: "),
        "{text}"
    );
    assert!(
        text.ends_with("## Notes\n\nKeep `auth_token` out of the logs."),
        "{text}"
    );
    for (key, value) in [
        ("items_updated", 3),
        ("items_already_correct", 0),
        ("items_added", 2),
        ("items_removed", 1),
        ("previous_progress", 25),
        ("new_progress", 40),
        ("completed", 2),
        ("total", 5),
    ] {
        assert_eq!(summary(&answer, key), value, "{key}");
    }
    assert_eq!(
        answer.texts("/metadata/changes"),
        ["checklist: 1 of 4 → 2 of 5 completed"]
    );
    let issue = workspace
        .call("get_issue", "{id: PSN-123, include_comments: true}")
        .await;
    let comments = issue.data()["comments"].as_array().unwrap();
    let comment = comments.last().unwrap()["body"].as_str().unwrap();
    assert_eq!(
        comment,
        "**Checklist:** 25% → 40% (2/5 completed)\n\n* unticked: Design the session table\n\
         * ticked: Hash passwords with argon2\n* ticked: Issue and rotate tokens\n\
         * removed: Rate-limit failed attempts\n* added: Write tests\n* added: Deploy"
    );
}

#[tokio::test]
async fn an_item_that_is_there_is_not_added_again() {
    let workspace = TestWorkspace::new().await;
    let params = "{issue_id: PSN-124, addItems: [' form ', Review, review]}";
    let answer = workspace.call(OPERATION, params).await;
    assert_eq!(summary(&answer, "items_added"), 1);
    assert_eq!(summary(&answer, "total"), 4);
    assert_eq!(
        answer.texts("/warnings"),
        [
            "add_items: the checklist has 'form' already, so it was not added again",
            "add_items: the checklist has 'review' already, so it was not added again",
        ]
    );
    let again = workspace.call(OPERATION, params).await;
    assert_eq!(again.calls(), 1);
    assert_eq!(summary(&again, "items_added"), 0);
    assert_eq!(items(&workspace, "PSN-124").len(), 4);
    // An item that is removed in the same call is added anew, without its tick.
    let params = "{issue_id: PSN-124, remove_items: [mail template], add_items: [Mail template]}";
    workspace.call(OPERATION, params).await.data();
    let lines = items(&workspace, "PSN-124");
    assert_eq!(
        lines.last().map(String::as_str),
        Some("* [ ] Mail template")
    );
    assert_eq!(lines.len(), 4);
}

#[tokio::test]
async fn a_checklist_is_made_where_there_is_none() {
    let workspace = TestWorkspace::new().await;
    for (identifier, begin) in [
        ("PSN-100", "All that signing in needs.\n\n"),
        ("PSN-125", ""),
    ] {
        let params = format!("{{issue_id: {identifier}, add_items: [One, Two]}}");
        let answer = workspace.call(OPERATION, &params).await;
        assert_eq!(summary(&answer, "items_added"), 2);
        assert_eq!(summary(&answer, "previous_progress"), 0);
        let text = description(&workspace, identifier);
        let made =
            format!("{begin}## Checklist\n\n* [ ] One\n* [ ] Two\n\nProgress: 0% (0/2 completed)");
        assert!(text.starts_with(&made), "{text}");
    }
    let params = "{issue_id: PSN-130, add_items: [One], check: [0]}";
    let answer = workspace.call(OPERATION, params).await;
    assert_eq!(answer.code(), "NO_CHECKLIST");
    describe(&workspace, "PSN-130", "```\nnever closed");
    let answer = workspace
        .call(OPERATION, "{issue_id: PSN-130, add_items: [One]}")
        .await;
    assert_eq!(answer.code(), "NO_CHECKLIST");
    assert!(answer.text("/error/message").contains("has no end"));
}

#[tokio::test]
async fn every_item_can_be_ticked_unticked_and_removed() {
    let workspace = TestWorkspace::new().await;
    let answer = workspace
        .call(OPERATION, "{issue_id: PSN-123, all: true}")
        .await;
    assert_eq!(summary(&answer, "items_updated"), 3);
    assert_eq!(summary(&answer, "items_already_correct"), 1);
    assert_eq!(summary(&answer, "new_progress"), 100);
    let params = "{issue_id: PSN-123, all: true, mark_complete: false}";
    let answer = workspace.call(OPERATION, params).await;
    assert_eq!(summary(&answer, "new_progress"), 0);
    let params = "{issue_id: PSN-123, remove_items: [0, 1, 2, 3]}";
    let answer = workspace.call(OPERATION, params).await;
    assert_eq!(summary(&answer, "total"), 0);
    let text = description(&workspace, "PSN-123");
    assert!(text.contains("Progress: 0% (0/0 completed)"), "{text}");
    let answer = workspace
        .call(OPERATION, "{issue_id: PSN-123, add_items: [New]}")
        .await;
    assert_eq!(summary(&answer, "total"), 1);
    let text = description(&workspace, "PSN-123");
    assert!(
        text.contains("<!-- ccpm-checklist-start -->\n* [ ] New\n<!-- ccpm-checklist-end -->"),
        "{text}"
    );
}

#[tokio::test]
async fn contradictions_are_refused_before_anything_is_sent() {
    let workspace = TestWorkspace::new().await;
    for (params, message) in [
        (
            "check: [1], uncheck: ['1']",
            "The item '1' stands in 'check' and in 'uncheck'",
        ),
        (
            "check: [Form], remove_items: [form]",
            "The item 'form' stands in 'check' and in 'remove_items'",
        ),
        (
            "indices: [1], mark_complete: false, check: [1]",
            "The item '1' stands in 'indices' and in 'check'",
        ),
        (
            "all: true, uncheck: [1]",
            "'all' means every item, and 'uncheck' names some",
        ),
        (
            "check: [1], mark_complete: false",
            "'mark_complete: false' is about 'indices', 'items' and 'all', and none of them is given",
        ),
        ("add_items: ['']", "'' in 'add_items' is empty"),
        (
            "add_items: ['- [ ] Form']",
            "'- [ ] Form' in 'add_items' begins with a box",
        ),
        (
            "add_items: [\"a\\nb\"]",
            "'a\nb' in 'add_items' has several lines",
        ),
    ] {
        let params = format!("{{issue_id: PSN-124, {params}}}");
        let answer = workspace.call(OPERATION, &params).await;
        assert_eq!(answer.code(), "INVALID_PARAM", "{params}");
        assert_eq!(answer.text("/error/message"), message);
    }
    let many = format!("{{issue_id: PSN-124, add_items: {:?}}}", vec!["x"; 101]);
    assert_eq!(
        workspace.call(OPERATION, &many).await.code(),
        "INVALID_PARAM"
    );
    assert_eq!(workspace.take_requests(), []);
    // Only the list tells that these are the same item.
    let params = "{issue_id: PSN-124, check: [2], remove_items: [Form]}";
    let answer = workspace.call(OPERATION, params).await;
    assert_eq!(answer.code(), "INVALID_PARAM");
    assert_eq!(mutations(&workspace.take_requests()), 0);
}

#[tokio::test]
async fn an_item_with_nested_items_is_removed_with_all_of_them_alone() {
    let workspace = TestWorkspace::new().await;
    let text = "* [ ] Outer\n  * [ ] Inner\n  * Files: a.rs\n* [ ] Last";
    describe(&workspace, "PSN-124", text);
    let params = "{issue_id: PSN-124, remove_items: [Outer]}";
    let answer = workspace.call(OPERATION, params).await;
    assert_eq!(answer.code(), "INVALID_PARAM");
    let nested = json!([{"index": 1, "content": "Inner"}]);
    assert_eq!(answer.at("/error/details/nested_items"), &nested);
    assert_eq!(description(&workspace, "PSN-124"), text);
    let params = "{issue_id: PSN-124, remove_items: [Outer, Inner]}";
    let answer = workspace.call(OPERATION, params).await;
    assert_eq!(summary(&answer, "items_removed"), 2);
    assert_eq!(description(&workspace, "PSN-124"), "* [ ] Last");
}

#[tokio::test]
async fn changes_are_made_again_on_a_text_that_somebody_edits_meanwhile() {
    let params = "{issue_id: PSN-123, check: [1], add_items: [Write tests], remove_items: [3]}";
    for (theirs, ours) in [
        // They have moved the items, and added one of ours.
        (
            "* [ ] Rate-limit failed attempts\n* [ ] Hash passwords with argon2\n* [ ] Write tests",
            "* [X] Hash passwords with argon2\n* [ ] Write tests",
        ),
        // They have removed what is to be removed.
        (
            "* [ ] Hash passwords with argon2\n* [X] Theirs",
            "* [X] Hash passwords with argon2\n* [X] Theirs\n* [ ] Write tests",
        ),
    ] {
        let workspace = TestWorkspace::new().await;
        meanwhile(&workspace, theirs);
        let answer = workspace.call(OPERATION, params).await;
        assert_acts_used(&workspace, &answer);
        answer.data();
        assert_eq!(answer.calls(), 3);
        assert_eq!(description(&workspace, "PSN-123"), ours);
    }
    // The item that is to be removed has got a nested item.
    let workspace = TestWorkspace::new().await;
    let theirs =
        "* [ ] Hash passwords with argon2\n* [ ] Rate-limit failed attempts\n  * [ ] Inner";
    meanwhile(&workspace, theirs);
    let answer = workspace.call(OPERATION, params).await;
    assert_eq!(answer.code(), "EDIT_CONFLICT");
    assert_eq!(description(&workspace, "PSN-123"), theirs);
}

#[tokio::test]
async fn items_that_two_sessions_add_at_once_are_all_kept() {
    let workspace = TestWorkspace::new().await;
    let other = workspace.another_session();
    let add = |number: usize| format!("{{issue_id: PSN-123, add_items: [Number {number}]}}");
    let (one, two, three) = (add(1), add(2), add(3));
    let (first, second, third) = tokio::join!(
        workspace.call(OPERATION, &one),
        crate::support::call(&other, OPERATION, &two),
        workspace.call(OPERATION, &three),
    );
    for answer in [first, second, third] {
        assert_eq!(summary(&answer, "items_added"), 1);
    }
    let lines = items(&workspace, "PSN-123");
    for number in 1..=3 {
        let own = lines
            .iter()
            .filter(|line| line.ends_with(&format!("Number {number}")));
        assert_eq!(own.count(), 1, "{lines:?}");
    }
    assert_eq!(lines.len(), 7);
}

#[tokio::test]
async fn a_dry_run_shows_the_text_and_writes_nothing() {
    let workspace = TestWorkspace::new().await;
    let before = description(&workspace, "PSN-124");
    let params = "{issue_id: PSN-124, add_items: [Review], dry_run: true}";
    let answer = workspace.call(OPERATION, params).await;
    assert!(
        answer.data().to_string().contains("- [ ] Form\\n")
            || answer.data().to_string().contains("* [ ] Review")
    );
    assert_eq!(description(&workspace, "PSN-124"), before);
}

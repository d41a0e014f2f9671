//! Batches that are refused as a whole, before anything is sent.

use serde_json::{Value, json};

use super::{batch, batch_with, create, get};
use crate::support::{Answer, TestWorkspace, mutations};

/// Runs a batch that has to be refused with that code, and asserts that nothing was sent.
async fn refused(items: Value, code: &str) -> Answer {
    let workspace = TestWorkspace::deleting().await;
    let answer = batch(&workspace, items).await;
    assert_eq!(answer.code(), code, "{:#}", answer.0);
    assert_eq!(answer.calls(), 0);
    assert_eq!(workspace.take_requests(), []);
    answer
}

#[tokio::test]
async fn a_batch_has_1_to_100_items_unless_a_setting_says_otherwise() {
    let items = |count: usize| Value::from(vec![create("x"); count]);
    refused(items(0), "INVALID_PARAM").await;
    let answer = refused(items(101), "INVALID_PARAM").await;
    let message = "A batch takes 1 to 100 operations, and this one has 101";
    assert_eq!(answer.text("/error/message"), message);
    let mut workspace = TestWorkspace::new().await;
    workspace.session.batch_items = 2;
    let help = json!({"operation": "help"});
    let answer = batch(&workspace, json!([help, help, help])).await;
    assert_eq!(answer.code(), "INVALID_PARAM");
    assert!(answer.text("/error/message").contains("1 to 2 operations"));
    batch(&workspace, json!([help, help])).await.data();
}

#[tokio::test]
async fn what_is_no_item_is_named_by_its_place() {
    for (item, code, word) in [
        (json!("get_team"), "INVALID_PARAM", "not an object"),
        (json!({"params": {}}), "INVALID_PARAM", "names no operation"),
        (
            json!({"operation": " "}),
            "INVALID_PARAM",
            "names no operation",
        ),
        (json!({"operation": ["x"]}), "INVALID_PARAM", "no name"),
        (
            json!({"operation": "get_team", "params": "ENG"}),
            "INVALID_PARAM",
            "'params'",
        ),
        (
            json!({"operation": "get_team", "team": "ENG"}),
            "INVALID_PARAM",
            "'team' beside",
        ),
        (
            json!({"operation": "get_team", "as": "0"}),
            "INVALID_PARAM",
            "'as'",
        ),
        (
            json!({"operation": "get_team", "as": "a b"}),
            "INVALID_PARAM",
            "'as'",
        ),
        (
            json!({"operation": "get_team", "as": "x".repeat(41)}),
            "INVALID_PARAM",
            "'as'",
        ),
        (
            json!({"operation": "get_team", "as": 7}),
            "INVALID_PARAM",
            "'as'",
        ),
        (
            json!({"operation": "get_teem"}),
            "UNKNOWN_OPERATION",
            "get_teem",
        ),
        (
            json!({"operation": "batch", "params": {"operations": []}}),
            "INVALID_PARAM",
            "a batch itself",
        ),
        (
            json!({"operation": "linear_Bulk"}),
            "INVALID_PARAM",
            "a batch itself",
        ),
    ] {
        let answer = refused(json!([create("x"), item]), code).await;
        let message = answer.text("/error/message");
        assert!(message.contains(word), "{message}");
        let place = message.contains("Item 1") || answer.at("/error/details/index") == 1;
        assert!(place, "{:#}", answer.0);
    }
    let named = json!({"as": "a", "operation": "help"});
    let answer = refused(json!([named, named]), "INVALID_PARAM").await;
    assert!(answer.text("/error/message").contains("as item 0 is"));
}

#[tokio::test]
async fn operations_are_a_list() {
    let workspace = TestWorkspace::new().await;
    for operations in [json!("x"), json!({"operation": "help"}), json!(3)] {
        let answer = batch_with(&workspace, operations, json!({})).await;
        assert_eq!(answer.code(), "INVALID_PARAM");
    }
    let answer = workspace.call("batch", "{}").await;
    assert_eq!(answer.code(), "MISSING_REQUIRED_PARAM");
}

#[tokio::test]
async fn a_reference_leads_to_an_earlier_item() {
    for reference in ["${b.id}", "${c.id}", "${1.id}", "${2.id}", "after ${c.id}"] {
        let items = json!([
            {"as": "a", "operation": "create_issue", "params": {"team": "ENG", "title": "A"}},
            {"as": "b", "operation": "create_issue", "params": {"team": "ENG", "title": "x", "description": reference}},
            {"as": "c", "operation": "help"},
        ]);
        let answer = refused(items, "INVALID_PARAM").await;
        let named = reference.trim_start_matches("after ");
        assert!(
            answer.text("/error/message").contains(named),
            "{:#}",
            answer.0
        );
        assert_eq!(answer.at("/error/details/reference"), named);
        let hints = answer.texts("/error/suggestions");
        assert_eq!(hints[0], "Earlier items are called 'a'");
    }
    let items = json!([
        {"as": "a", "operation": "create_issue", "params": {"team": "ENG", "title": "A"}},
        create("${a.map(x => x)}"),
    ]);
    refused(items, "INVALID_PARAM").await;
}

/// Runs two writes to an issue, and answers the indices that are refused for each other.
async fn clash(first: (&str, Value), second: (&str, Value)) -> Option<Value> {
    let workspace = TestWorkspace::deleting().await;
    let item =
        |(operation, params): (&str, Value)| json!({"operation": operation, "params": params});
    let answer = batch(&workspace, json!([create("x"), item(first), item(second)])).await;
    let indices = answer.at("/error/details/indices").clone();
    assert_eq!(
        indices.is_array(),
        workspace.take_requests().is_empty(),
        "{:#}",
        answer.0
    );
    indices.is_array().then_some(indices)
}

fn issue(fields: Value) -> Value {
    let mut params = json!({"issue_id": "PSN-123"});
    for (key, value) in fields.as_object().unwrap() {
        params[key] = value.clone();
    }
    params
}

#[tokio::test]
async fn two_items_do_not_write_the_same_field_of_one_issue() {
    let update = |fields: Value| ("update_issue", issue(fields));
    let comment = || ("create_comment", issue(json!({"body": "x"})));
    let boxes = || {
        (
            "update_checklist_items",
            issue(json!({"indices": [0], "mark_complete": true})),
        )
    };
    let archive = || ("archive_issue", issue(json!({})));
    let add = || update(json!({"add_labels": ["planning"]}));
    for (first, second) in [
        (
            update(json!({"state": "Done"})),
            update(json!({"status": "Todo"})),
        ),
        (
            update(json!({"title": "a"})),
            ("edit_issue", json!({"id": "psn-123", "title": "b"})),
        ),
        (
            update(json!({"title": "a"})),
            (
                "update_issue",
                json!({"issue_id": "https://linear.app/acme/issue/PSN-123/x", "title": "b"}),
            ),
        ),
        (
            update(json!({"assignee": null})),
            update(json!({"assignee": "me"})),
        ),
        (update(json!({"labels": ["bug"]})), add()),
        (
            update(json!({"remove_labels": ["bug"]})),
            update(json!({"labels": null})),
        ),
        (
            update(json!({"labels": ["bug"]})),
            update(json!({"labels": ["bug"]})),
        ),
        (update(json!({"description": "x"})), boxes()),
        (archive(), comment()),
        (update(json!({"title": "a"})), archive()),
        (
            ("delete_issue", issue(json!({}))),
            ("unarchive_issue", issue(json!({}))),
        ),
    ] {
        let reported = format!("{first:?} {second:?}");
        assert_eq!(
            clash(first, second).await,
            Some(json!([1, 2])),
            "{reported}"
        );
    }
    for (first, second) in [
        (
            update(json!({"state": "Done"})),
            update(json!({"title": "x"})),
        ),
        (
            update(json!({"state": "Done"})),
            (
                "update_issue",
                json!({"issue_id": "PSN-124", "state": "Done"}),
            ),
        ),
        (add(), update(json!({"remove_labels": ["bug"]}))),
        (add(), add()),
        (
            update(json!({"title": "x", "changes": false})),
            update(json!({"priority": 1, "changes": false})),
        ),
        (comment(), comment()),
        (boxes(), boxes()),
        (comment(), update(json!({"description": "x"}))),
        (
            ("get_issue", issue(json!({}))),
            update(json!({"title": "x"})),
        ),
    ] {
        let reported = format!("{first:?} {second:?}");
        assert_eq!(clash(first, second).await, None, "{reported}");
    }
}

#[tokio::test]
async fn a_reference_orders_what_would_clash() {
    let workspace = TestWorkspace::new().await;
    let items = json!([
        {"as": "one", "operation": "update_issue", "params": {"issue_id": "ENG-232", "title": "One"}},
        {"as": "two", "operation": "update_issue", "params": {"issue_id": "${one.identifier}", "priority": 1}},
        {"operation": "update_issue", "params": {"issue_id": "ENG-232", "title": "${two.title} two"}},
    ]);
    batch(&workspace, items).await.data();
    let answer = workspace.call("get_issue", "{issue_id: ENG-232}").await;
    assert_eq!(answer.data()["title"], "One two");
}

#[tokio::test]
async fn what_an_item_makes_is_one_issue_however_it_is_referred_to() {
    let close = |issue: &str| json!({"operation": "update_issue", "params": {"issue_id": issue, "state": "Done"}});
    let items = json!([create("x"), close("${0.id}"), close("${0.data.identifier}")]);
    let answer = refused(items, "INVALID_PARAM").await;
    assert_eq!(answer.at("/error/details/indices"), &json!([1, 2]));
    assert!(
        answer
            .text("/error/message")
            .contains("what item 0 answers")
    );
}

#[tokio::test]
async fn what_an_item_reads_is_the_issue_that_it_is_asked_for() {
    let name = |issue: &str, title: &str| json!({"operation": "update_issue", "params": {"issue_id": issue, "title": title}});
    let items = json!([
        get("ENG-232"),
        name("${0.identifier}", "a"),
        name("eng-232", "b")
    ]);
    let answer = refused(items, "INVALID_PARAM").await;
    assert_eq!(answer.at("/error/details/indices"), &json!([1, 2]));
}

#[tokio::test]
async fn an_issue_is_one_whether_its_id_or_its_identifier_is_given() {
    let workspace = TestWorkspace::new().await;
    let id = workspace.id("Issue", "identifier", "ENG-232");
    let name = |issue: &str, title: &str| json!({"operation": "update_issue", "params": {"issue_id": issue, "title": title}});
    let items = json!([
        create("x"),
        name(&id.to_uppercase(), "a"),
        name("ENG-232", "b")
    ]);
    let answer = batch(&workspace, items).await;
    assert_eq!(answer.code(), "INVALID_PARAM", "{:#}", answer.0);
    assert_eq!(answer.at("/error/details/indices"), &json!([1, 2]));
    assert_eq!(mutations(&workspace.take_requests()), 0);
    // An unknown id fails its own item only, and items that do not conflict cost one look-up at most.
    let nobody = "5eed0000-0000-4000-8000-0000000f00f0";
    let items = json!([name(nobody, "a"), name("ENG-232", "b"), name(&id, "c")]);
    assert_eq!(batch(&workspace, items).await.code(), "INVALID_PARAM");
    let items = json!([name(nobody, "a"), name("ENG-231", "b"), get("ENG-1")]);
    let answer = batch(&workspace, items).await;
    assert_eq!(
        answer.at("/data/results/0/code"),
        "ISSUE_NOT_FOUND",
        "{:#}",
        answer.0
    );
}

#[tokio::test]
async fn hostile_items_cost_little() {
    let deep = (0..50).fold(json!("${0.id}"), |inner, _| json!([inner]));
    let long = format!("${{0{}}}", ".a".repeat(50_000));
    let mut received = get("ENG-232");
    received["as"] = json!("seen");
    let items = json!([
        received,
        {"operation": "create_issue", "params": {"team": "ENG", "title": deep}},
        {"operation": "create_issue", "params": {"team": "ENG", "title": long}},
        {"operation": "create_issue", "params": {"team": "ENG", "title": "x".repeat(200_000) + "${seen.title}"}},
        {"operation": "create_issue", "params": {"team": "ENG", "title": "${seen.title}".repeat(20_000)}},
    ]);
    let workspace = TestWorkspace::new().await;
    let began = std::time::Instant::now();
    let answer = batch(&workspace, items).await;
    assert_eq!(answer.data()["results"].as_array().unwrap().len(), 5);
    assert_eq!(answer.at("/data/results/2/code"), "INVALID_PARAM");
    assert!(answer.0.to_string().len() < 10_000);
    let open = |text: &str| {
        let body = text.repeat(100_000);
        json!({"as": "home", "operation": "create_comment", "params": {"issue_id": "ENG-9999", "body": body}})
    };
    for text in ["${", "$${", "${a}", "${Home.x} ", "${0.x"] {
        let answer = batch(&workspace, json!([open(text)])).await;
        assert!(answer.0.to_string().len() < 3_000, "{text}");
    }
    // Work that grew with the square of a text would take hours.
    assert!(began.elapsed().as_secs() < 120);
}

//! Points 3 and 12: order, cursors, sizes, and what lists leave out.

use serde_json::{Value, json};

use super::fixture::{self, issue, issue_id};
use super::{ask, column, data, error, read, send};
use crate::sandbox::Sandbox;

/// The `issues` connection with these arguments.
fn issues(sandbox: &Sandbox, arguments: &str) -> Value {
    let query = format!(
        "{{ issues({arguments}) {{ nodes {{ number }} edges {{ cursor node {{ number }} }}
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    data(sandbox, &query)["issues"].clone()
}

fn end(page: &Value) -> &str {
    page["pageInfo"]["endCursor"].as_str().unwrap()
}

#[test]
fn point_12_newest_first_by_creation_or_by_change() {
    let sandbox = fixture::sandbox();
    assert_eq!(
        column(&issues(&sandbox, "first: 50"), "number"),
        [5, 3, 2, 1]
    );
    assert_eq!(
        column(&issues(&sandbox, "orderBy: updatedAt"), "number"),
        [1, 2, 3, 5]
    );
}

#[test]
fn point_12_pages_follow_each_other_by_cursor() {
    let sandbox = fixture::sandbox();
    let first = issues(&sandbox, "first: 2");
    assert_eq!(column(&first, "number"), [5, 3]);
    assert_eq!(first["pageInfo"]["hasNextPage"], true);
    assert_eq!(first["pageInfo"]["hasPreviousPage"], false);
    assert_eq!(first["edges"][1]["cursor"], first["pageInfo"]["endCursor"]);
    assert_eq!(first["edges"][1]["node"]["number"], 3);
    let second = issues(&sandbox, &format!("first: 2, after: \"{}\"", end(&first)));
    assert_eq!(column(&second, "number"), [2, 1]);
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
    assert_eq!(second["pageInfo"]["hasPreviousPage"], true);
    let start = second["pageInfo"]["startCursor"].as_str().unwrap();
    let back = issues(&sandbox, &format!("last: 1, before: \"{start}\""));
    assert_eq!(column(&back, "number"), [3]);
    assert_eq!(back["pageInfo"]["hasPreviousPage"], true);
    assert_eq!(back["pageInfo"]["hasNextPage"], true);
}

#[test]
fn point_12_inserts_and_removals_between_pages_neither_repeat_nor_hide() {
    let sandbox = fixture::sandbox();
    let first = issues(&sandbox, "first: 2");
    sandbox.edit(|store| {
        issue(store, 9, "Newer than all", json!({}));
        store.remove("Issue", &issue_id(3));
    });
    let second = issues(&sandbox, &format!("first: 2, after: \"{}\"", end(&first)));
    assert_eq!(column(&second, "number"), [2, 1]);
}

#[test]
fn point_12_cursors_are_opaque_and_made_up_ones_are_refused() {
    let sandbox = fixture::sandbox();
    let page = issues(&sandbox, "first: 1");
    assert!(!end(&page).contains("2025"), "{page}");
    for cursor in ["", "zz", "1", "eng-1"] {
        let answer = ask(
            &sandbox,
            &format!("{{ issues(after: \"{cursor}\") {{ nodes {{ id }} }} }}"),
        );
        assert_eq!(
            error(&answer)["extensions"]["validationErrors"][0]["property"],
            "after",
            "{cursor}"
        );
    }
}

#[test]
fn point_12_archived_entities_are_hidden_from_lists_and_filters() {
    let sandbox = fixture::sandbox();
    assert_eq!(
        column(&issues(&sandbox, "includeArchived: true"), "number"),
        [5, 4, 3, 2, 1]
    );
    assert_eq!(
        column(&issues(&sandbox, "filter: { number: { eq: 4 } }"), "number"),
        [0; 0]
    );
    let answer = data(
        &sandbox,
        r#"{ issue(id: "ENG-4") { title } team(id: "ENG") { issues { nodes { number } } } }"#,
    );
    assert_eq!(answer["issue"]["title"], "Old thing");
    assert_eq!(column(&answer["team"]["issues"], "number"), [5, 3, 2, 1]);
}

#[test]
fn point_3_sizes_are_within_1_and_250() {
    let sandbox = fixture::sandbox();
    for (size, constraint) in [
        ("first: 251", "max"),
        ("last: 251", "max"),
        ("first: 0", "min"),
        ("first: -1", "min"),
    ] {
        let answer = ask(
            &sandbox,
            &format!("{{ teams({size}) {{ nodes {{ id }} }} }}"),
        );
        let entry = &error(&answer)["extensions"]["validationErrors"][0];
        assert!(
            entry["constraints"][constraint].is_string(),
            "{size}: {answer}"
        );
    }
    let answer = ask(&sandbox, "{ teams(first: 251) { nodes { id } } }");
    let words = &error(&answer)["extensions"]["userPresentableMessage"];
    assert_eq!(words, "first must not be greater than 250.");
    assert_eq!(answer["data"], json!(null));
}

#[test]
fn point_12_a_page_has_fifty_unless_asked() {
    let sandbox = fixture::sandbox();
    sandbox.edit(|store| {
        for number in 100..180 {
            issue(
                store,
                number,
                "many",
                json!({ "createdAt": format!("2025-01-15T10:00:00.{number}Z") }),
            );
        }
    });
    let page = issues(&sandbox, "orderBy: createdAt");
    assert_eq!(page["nodes"].as_array().unwrap().len(), 50);
    assert_eq!(page["nodes"][0]["number"], 179);
    assert_eq!(page["pageInfo"]["hasNextPage"], true);
    let nested = read(&send(
        &sandbox,
        r#"{ team(id: "ENG") { issues(last: 1) { nodes { number } } } }"#,
        &json!({}),
    ));
    assert_eq!(column(&nested["data"]["team"]["issues"], "number"), [1]);
}

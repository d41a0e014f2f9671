//! The argument `sort`: orders, nulls, and pages under an order.

use serde_json::{Value, json};

use super::fixture::{self, issue, issue_id};
use super::{ask, column, data, error};
use crate::sandbox::Sandbox;

/// Writes a field of the issues with these numbers.
fn set(sandbox: &Sandbox, field: &str, values: &[(u32, Value)]) {
    sandbox.edit(|store| {
        for (number, value) in values {
            let issue = store.get_mut("Issue", &issue_id(*number)).unwrap();
            issue.insert(field.to_owned(), value.clone());
        }
    });
}

/// The numbers of the issues in the order of a `sort` argument.
fn sorted(sandbox: &Sandbox, sort: &str) -> Vec<Value> {
    let answer = data(
        sandbox,
        &format!("{{ issues(sort: {sort}) {{ nodes {{ number }} }} }}"),
    );
    column(&answer["issues"], "number")
}

#[test]
fn descending_priority_is_urgent_first_and_none_last() {
    let sandbox = fixture::sandbox();
    assert_eq!(
        sorted(&sandbox, "[{ priority: { order: Descending } }]"),
        [1, 2, 5, 3]
    );
    assert_eq!(
        sorted(&sandbox, "[{ priority: { order: Ascending } }]"),
        [3, 5, 2, 1]
    );
    let none_highest = "[{ priority: { order: Descending, noPriorityFirst: true } }]";
    assert_eq!(sorted(&sandbox, none_highest), [3, 1, 2, 5]);
}

#[test]
fn equal_priorities_are_ordered_by_their_own_sort_order_unless_told_otherwise() {
    let sandbox = fixture::sandbox();
    set(&sandbox, "priority", &[(1, json!(2))]);
    set(
        &sandbox,
        "prioritySortOrder",
        &[(1, json!(5)), (2, json!(-1))],
    );
    let by_title = "{ title: { order: Ascending } }";
    let tie = format!("[{{ priority: {{ order: Descending }} }}, {by_title}]");
    assert_eq!(sorted(&sandbox, &tie), [2, 1, 5, 3]);
    let options = "{ order: Descending, usePrioritySortOrderTiebreaker: false }";
    let no_tie = format!("[{{ priority: {options} }}, {by_title}]");
    assert_eq!(sorted(&sandbox, &no_tie), [1, 2, 5, 3]);
}

#[test]
fn every_sort_orders_by_its_value_and_puts_nulls_last() {
    let sandbox = fixture::sandbox();
    set(
        &sandbox,
        "sortOrder",
        &[
            (1, json!(3)),
            (2, json!(-1.5)),
            (3, json!(10)),
            (5, json!(2)),
        ],
    );
    set(&sandbox, "estimate", &[(1, json!(5)), (5, json!(13))]);
    set(
        &sandbox,
        "completedAt",
        &[(3, json!("2025-01-12T10:00:00.000Z"))],
    );
    set(&sandbox, "delegateId", &[(3, json!(fixture::BOB))]);
    set(&sandbox, "teamId", &[(2, json!(fixture::DES))]);
    for (sort, expected) in [
        ("{ dueDate: { order: Ascending } }", [1, 5, 3, 2]),
        ("{ dueDate: { order: Descending } }", [1, 5, 3, 2]),
        (
            "{ dueDate: { order: Ascending, nulls: first } }",
            [5, 3, 2, 1],
        ),
        ("{ manual: { order: Ascending } }", [2, 5, 1, 3]),
        ("{ manual: { order: Descending } }", [3, 1, 5, 2]),
        ("{ createdAt: { order: Ascending } }", [1, 2, 3, 5]),
        ("{ updatedAt: { order: Descending } }", [1, 2, 3, 5]),
        ("{ completedAt: { order: Descending } }", [3, 5, 2, 1]),
        ("{ title: { order: Ascending } }", [3, 1, 2, 5]),
        ("{ estimate: { order: Descending } }", [5, 1, 3, 2]),
        ("{ workflowState: { order: Ascending } }", [5, 2, 1, 3]),
        ("{ assignee: { order: Descending } }", [2, 1, 5, 3]),
        ("{ delegate: { order: Ascending } }", [3, 5, 2, 1]),
        ("{ team: { order: Ascending } }", [2, 5, 3, 1]),
        // All issues are equal here, and equal issues come newest first.
        ("{ cycle: { order: Ascending } }", [5, 3, 2, 1]),
        ("{ project: { order: Ascending } }", [5, 3, 2, 1]),
        ("{ milestone: { order: Ascending } }", [5, 3, 2, 1]),
    ] {
        assert_eq!(sorted(&sandbox, &format!("[{sort}]")), expected, "{sort}");
    }
}

#[test]
fn a_later_sort_orders_what_an_earlier_one_finds_equal() {
    let sandbox = fixture::sandbox();
    let sort = "[{ workflowState: { order: Ascending } }, { title: { order: Descending } }]";
    assert_eq!(sorted(&sandbox, sort), [5, 2, 1, 3]);
    let sort = "[{ workflowState: { order: Descending } }, { title: { order: Ascending } }]";
    assert_eq!(sorted(&sandbox, sort), [3, 1, 2, 5]);
}

/// One page of the issues by due date, with its end cursor.
fn page(sandbox: &Sandbox, arguments: &str) -> (Vec<Value>, String, bool) {
    let sort = "sort: [{ dueDate: { order: Ascending } }, { title: { order: Ascending } }]";
    let query = format!(
        "{{ issues({sort}, {arguments}) {{ nodes {{ number }} pageInfo {{ endCursor hasNextPage }} }} }}"
    );
    let connection = data(sandbox, &query)["issues"].clone();
    let info = &connection["pageInfo"];
    let cursor = info["endCursor"].as_str().unwrap_or_default().to_owned();
    (
        column(&connection, "number"),
        cursor,
        info["hasNextPage"] == true,
    )
}

#[test]
fn cursors_hold_under_a_sort() {
    let sandbox = fixture::sandbox();
    let (whole, ..) = page(&sandbox, "first: 50");
    assert_eq!(whole, [1, 3, 2, 5]);
    let mut walked = Vec::new();
    let mut arguments = "first: 1".to_owned();
    loop {
        let (numbers, end, has_next) = page(&sandbox, &arguments);
        walked.extend(numbers);
        if !has_next {
            break;
        }
        arguments = format!("first: 1, after: \"{end}\"");
    }
    assert_eq!(walked, whole);
}

#[test]
fn inserts_between_sorted_pages_neither_repeat_nor_hide() {
    let sandbox = fixture::sandbox();
    let (first, end, _) = page(&sandbox, "first: 2");
    assert_eq!(first, [1, 3]);
    sandbox.edit(|store| {
        issue(store, 8, "Due first", json!({ "dueDate": "2025-01-01" }));
        issue(store, 9, "Great title", json!({}));
    });
    let (second, ..) = page(&sandbox, &format!("first: 9, after: \"{end}\""));
    assert_eq!(second, [2, 9, 5]);
    let (before, ..) = page(&sandbox, &format!("last: 9, before: \"{end}\""));
    assert_eq!(before, [8, 1]);
}

#[test]
fn what_a_sort_cannot_say_is_refused() {
    let sandbox = fixture::sandbox();
    let message = |sort: &str| {
        let answer = ask(
            &sandbox,
            &format!("{{ issues(sort: [{sort}]) {{ nodes {{ id }} }} }}"),
        );
        error(&answer)["message"].as_str().unwrap().to_owned()
    };
    let one_field = "each entry of sort must name exactly one field";
    assert_eq!(message("{}"), one_field);
    assert_eq!(message("{ title: {}, estimate: {} }"), one_field);
    assert_eq!(
        message("{ customerRevenue: { order: Ascending } }"),
        "sort.customerRevenue is not modelled by the stand-in"
    );
    assert_eq!(
        message("{ cycle: { currentCycleFirst: true } }"),
        "sort.cycle.currentCycleFirst is not modelled by the stand-in"
    );
    assert!(message("{ identifier: { order: Ascending } }").contains("identifier"));
}

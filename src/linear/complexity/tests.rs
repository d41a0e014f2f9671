//! Figures worked out by hand from the rule.

use serde_json::json;

use super::super::compose::Part;
use super::*;

fn points(text: &'static str, variables: Value) -> u32 {
    Part::written("Q", text, variables).complexity()
}

/// Linear's own example: 1 + 50 × (1 + 3 × 0.1), and with ten a page 1 + 10 × 1.3 (`linear/api.md` §3).
#[test]
fn the_example_of_linears_documentation_costs_what_it_says() {
    let page = "query Q { viewer { createdIssues { nodes { id title url } } } }";
    assert_eq!(points(page, json!({})), 66);
    let ten = "query Q { viewer { createdIssues(first: 10) { nodes { id title url } } } }";
    assert_eq!(points(ten, json!({})), 14);
}

#[test]
fn properties_and_objects_are_added_and_only_the_sum_is_rounded() {
    assert_eq!(points("query Q { a b: c }", json!({})), 1);
    // 4 × 0.1 + 2 × 1
    assert_eq!(points("query Q { a { b c { d e } } f }", json!({})), 3);
    assert_eq!(
        points("query Q { a b c d e f g h i j { k } }", json!({})),
        2
    );
}

#[test]
fn a_page_size_is_a_literal_or_a_variable_or_a_default() {
    // 0.1 and 1 a node, and the page's own object with a property.
    const PAGE: &str = "query Q($n: Int = 20) { as(first: $n) { nodes { b } pageInfo { c } } }";
    assert_eq!(points(PAGE, json!({"n": 100})), 220);
    assert_eq!(points(PAGE, json!({})), 44);
    assert_eq!(points(PAGE, json!({"n": null})), 110);
    const LAST: &str = "query Q { as(filter: {first: 7, o: [{first: 8}]}, orderBy: first, last: 3) { edges { cursor node { b } } } }";
    // 3 × (1 + 0.1 + 1 + 0.1)
    assert_eq!(points(LAST, json!({})), 7);
    // No connection: nothing named so is selected.
    let objects = "query Q { as(first: 9) { nodes: b c } }";
    assert_eq!(points(objects, json!({})), 2);
}

#[test]
fn pages_within_pages_multiply() {
    const NESTED: &str = "query Q($n: Int!, $m: Int!) { as(first: $n) { nodes { b cs(first: $m) { nodes { d } } es(first: 2) { nodes { f } } } } }";
    // n × (1 + 0.1 + m × 1.1 + 2 × 1.1)
    assert_eq!(points(NESTED, json!({"n": 10, "m": 5})), 88);
    assert_eq!(points(NESTED, json!({"n": 1, "m": 0})), 4);
}

#[test]
fn conditions_are_honoured_as_far_as_they_are_known() {
    const FLAGS: &str = "query Q($with: Boolean!, $without: Boolean = true) { a { b { c } d @include(if: $with) e @skip(if: $without) { f } ...G @include(if: $with) @skip(if: false) } } fragment G on T { g { h { i { j } } } }";
    // a, b, c; then d and G; then e and f.
    assert_eq!(points(FLAGS, json!({"with": false})), 3);
    assert_eq!(points(FLAGS, json!({"with": true})), 6);
    assert_eq!(points(FLAGS, json!({"with": true, "without": false})), 7);
    assert_eq!(points(FLAGS, json!({"without": true})), 6);
    assert_eq!(
        points("query Q { a @include(if: false) { b } }", json!({})),
        0
    );
}

#[test]
fn fragments_count_wherever_they_stand() {
    const SHARED: &str = "query Q { a { ...F } b { ...F ... on T { c { d } } ... @skip(if: true) { e { x } } } } fragment F on T { f ...G } fragment G on T { g { h } }";
    // a and b, twice F with 0.1 + 1.1, once 1.1
    assert_eq!(points(SHARED, json!({})), 6);
    const PAGE: &str = "query Q { as(first: 4) { ...P } } fragment P on C { nodes { b } }";
    assert_eq!(points(PAGE, json!({})), 5);
    const LOOP: &str = "query Q { a { ...F } } fragment F on T { b { ...F } }";
    assert_eq!(points(LOOP, json!({})), 2);
}

#[test]
fn what_no_variable_decides_is_added_up_beforehand() {
    let tokens = lexer::tokens("as(first: 10) { nodes { b } } c { d }");
    let formula = Formula::of(&[], &tokens, &BTreeMap::new());
    let expected = Formula {
        fixed: 110 + 11,
        terms: Vec::new(),
    };
    assert_eq!(formula, expected);
}

#[test]
fn a_sum_beyond_all_bounds_stays_at_the_bound() {
    const DEEP: &str = "query Q($n: Int!) { a(first: $n) { nodes { b(first: $n) { nodes { c(first: $n) { nodes { d } } } } } } }";
    assert_eq!(points(DEEP, json!({"n": u64::MAX})), u32::MAX);
}

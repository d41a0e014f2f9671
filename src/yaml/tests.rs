//! What the reader keeps, refuses and warns about.

use serde_json::json;

use super::*;

fn one(text: &str) -> Value {
    let mut nodes = parse(text).unwrap();
    assert_eq!(nodes.len(), 1, "{text}");
    nodes.remove(0).value()
}

#[test]
fn plain_scalars_keep_their_characters() {
    for text in [
        "1.10",
        "007",
        "on",
        "no",
        "yes",
        "True",
        "0x1f",
        "1_000",
        "12:30:45",
        "2025-02-01",
        ".5",
        "1e3",
        "+1",
        "-0",
        "99999999999999999999",
        "undefined",
        "NaN",
        ".inf",
        "1.",
    ] {
        assert_eq!(one(&format!("title: {text}")), json!({"title": text}));
    }
    assert_eq!(
        one("a: 1\nb: -2.5\nc: true\nd: ~\ne:\nf: 2.0"),
        json!({"a": 1, "b": -2.5, "c": true, "d": null, "e": null, "f": 2.0})
    );
}

#[test]
fn json_is_read_with_its_escapes_and_tabs() {
    let text =
        "{\n\t\"operation\": \"x\",\n\t\"params\": {\"title\": \"\\ud83d\\ude80 \\/ \\t\"}\n}";
    assert_eq!(
        one(text),
        json!({"operation": "x", "params": {"title": "\u{1f680} / \t"}})
    );
}

#[test]
fn what_requests_do_not_need_is_refused() {
    for (text, reason) in [
        ("a: &x 1", "anchor (&) that no alias"),
        ("a: &x [1, *x]", "within"),
        ("&x a: 1\nb: *x", "key"),
        ("a: !!int 1", "tags"),
        ("a: !custom 1", "tags"),
        ("<<: {a: 1}", "merge"),
        ("a: 1\na: 2", "twice"),
        ("[a]: 1", "key"),
        ("a:\n  ?\n", "key"),
        ("a:\n  : b\n", "key"),
        ("%YAML 1.1\n---\na: 1", "directives"),
    ] {
        let fault = parse(text).unwrap_err();
        assert!(fault.reason.contains(reason), "{text}: {fault:?}");
        assert!(!fault.bound);
    }
}

#[test]
fn an_alias_is_a_copy_of_what_it_stands_for() {
    assert_eq!(
        one("a: &x {n: 1, l: [b]}\nc: *x\nd: &y text\ne: [*y, *x, *y]"),
        json!({"a": {"n": 1, "l": ["b"]}, "c": {"n": 1, "l": ["b"]}, "d": "text",
            "e": ["text", {"n": 1, "l": ["b"]}, "text"]})
    );
}

#[test]
fn aliases_have_bounds() {
    let many = format!("a: &x 1\nb: [{}]", "*x, ".repeat(300));
    let large = format!("a: &x {}\nb: [*x, *x, *x]", "y".repeat(600_000));
    let wide = format!(
        "a: &x [{}]\nb: [{}]",
        "1, ".repeat(1_000),
        "*x, ".repeat(200)
    );
    let deep = format!(
        "a: &x {}1{}\nb: {}*x{}",
        "[".repeat(40),
        "]".repeat(40),
        "[".repeat(40),
        "]".repeat(40)
    );
    for text in [many, large, wide, deep] {
        let fault = parse(&text).unwrap_err();
        assert!(fault.bound, "{fault:?}");
    }
}

#[test]
fn a_node_knows_its_place() {
    let text = "a:  é x # c\nb:\nl:\n  - \"q\"\n";
    let root = parse(text).unwrap().remove(0);
    let span = |key: &str| root.entry(key).unwrap().value.span.clone();
    assert_eq!(text.get(span("a")), Some("é x"));
    assert!(root.entry("b").unwrap().value.is_absent());
    let Content::List(items, Layout::Block) = &root.entry("l").unwrap().value.content else {
        unreachable!("a list")
    };
    assert_eq!(text.get(items.first().unwrap().span.clone()), Some("\"q\""));
}

#[test]
fn a_value_alone_is_read_without_repair_and_without_comments() {
    assert_eq!(single_value("[a, {b: 1}]"), Some(json!(["a", {"b": 1}])));
    assert_eq!(
        single_value("- a\n- 'b # c'\n"),
        Some(json!(["a", "b # c"]))
    );
    for text in [
        "",
        "[a",
        "- a # b",
        "- a\n- # b",
        "a: # b",
        "a\n---\nb",
        "[\"a\"]]",
    ] {
        assert_eq!(single_value(text), None, "{text}");
    }
}

#[test]
fn a_fault_has_its_place() {
    let fault = parse("operation: x\nparams:\n  title: a: b\n").unwrap_err();
    assert_eq!((fault.line, fault.column), (3, 11), "{fault:?}");
}

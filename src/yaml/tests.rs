//! What the reader keeps, refuses and warns about.
#![expect(clippy::unwrap_used, reason = "a failing test may panic")]

use serde_json::json;

use super::*;

fn one(text: &str) -> Value {
    let mut values = parse(text).unwrap().values;
    assert_eq!(values.len(), 1, "{text}");
    values.remove(0)
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
        ("a: &x 1\nb: *x", "anchors"),
        ("a: !!int 1", "tags"),
        ("a: !custom 1", "tags"),
        ("<<: {a: 1}", "merge"),
        ("a: 1\na: 2", "twice"),
        ("[a]: 1", "key"),
        ("%YAML 1.1\n---\na: 1", "directives"),
    ] {
        let fault = parse(text).unwrap_err();
        assert!(fault.reason.contains(reason), "{text}: {fault:?}");
        assert!(!fault.bound);
    }
}

#[test]
fn an_unquoted_colour_is_a_value() {
    let found =
        parse("- color: #F2994A\n- \"color\": #fff // grey\n- color:\n- color: # none").unwrap();
    assert_eq!(
        found.values,
        [json!([{"color": "#F2994A"}, {"color": "#fff"}, {"color": null}, {"color": null}])]
    );
    assert_eq!(found.warnings.len(), 2);
}

#[test]
fn a_comment_after_an_id_is_left_out_and_prose_is_not() {
    let found = parse("issue_id: WORK-26  // the id\nlimit: 5 // most\ntitle: Fix // in paths\nurl: https://x.y//z").unwrap();
    assert_eq!(
        found.values,
        [
            json!({"issue_id": "WORK-26", "limit": 5, "title": "Fix // in paths", "url": "https://x.y//z"})
        ]
    );
    assert_eq!(found.warnings.len(), 2);
}

#[test]
fn a_comment_that_cuts_prose_is_warned_about() {
    let found = parse("title: fix #12 now\nstate: Todo # note").unwrap();
    assert_eq!(found.values, [json!({"title": "fix", "state": "Todo"})]);
    assert_eq!(found.warnings.len(), 1, "{:?}", found.warnings);
}

#[test]
fn a_fault_has_its_place() {
    let fault = parse("operation: x\nparams:\n  title: a: b\n").unwrap_err();
    assert_eq!((fault.line, fault.column), (3, 11), "{fault:?}");
}

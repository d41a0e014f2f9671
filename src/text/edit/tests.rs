use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn edit(action: Action) -> Edit {
    Edit {
        action,
        once: false,
    }
}

fn append(text: &str) -> Action {
    Action::Append { text: text.into() }
}

fn prepend(text: &str) -> Action {
    Action::Prepend { text: text.into() }
}

fn after(anchor: &str, text: &str) -> Action {
    Action::InsertAfter {
        anchor: anchor.into(),
        text: text.into(),
    }
}

fn before(anchor: &str, text: &str) -> Action {
    Action::InsertBefore {
        anchor: anchor.into(),
        text: text.into(),
    }
}

fn replace(anchor: &str, text: &str) -> Action {
    Action::Replace {
        anchor: anchor.into(),
        text: text.into(),
    }
}

fn remove(anchor: &str) -> Action {
    Action::Remove {
        anchor: anchor.into(),
    }
}

fn replace_section(heading: &str, text: &str) -> Action {
    Action::ReplaceSection {
        heading: heading.into(),
        text: text.into(),
    }
}

fn append_to_section(heading: &str, text: &str) -> Action {
    Action::AppendToSection {
        heading: heading.into(),
        text: text.into(),
    }
}

fn remove_section(heading: &str) -> Action {
    Action::RemoveSection {
        heading: heading.into(),
    }
}

/// The text after one edit.
fn after_edit(text: &str, action: Action) -> String {
    let edits = [edit(action)];
    apply(text, &edits, Repeat::First)
        .unwrap_or_else(|failure| panic!("{text:?}, {edits:?}: {failure:?}"))
        .text
}

/// The failure of one edit.
fn failure(text: &str, action: Action) -> EditFailure {
    apply(text, &[edit(action)], Repeat::First).unwrap_err()
}

#[test]
fn texts_are_added_at_the_ends_as_blocks_of_their_own() {
    for (text, action, expected) in [
        ("", append("a"), "a"),
        ("a", append("b\n"), "a\n\nb"),
        ("a\n", append("b"), "a\n\nb\n"),
        ("a\n\n\n", append("b"), "a\n\nb\n\n\n"),
        ("- a", append("- b"), "- a\n- b"),
        ("* a\n  * b", append("- c\n- d"), "* a\n  * b\n- c\n- d"),
        ("- a", append("b"), "- a\n\nb"),
        ("## A", append("b"), "## A\n\nb"),
        ("| a |\n| - |", append("| b |"), "| a |\n| - |\n| b |"),
        ("> a", append("> b"), "> a\n> b"),
        ("```\na\n```", append("b"), "```\na\n```\n\nb"),
        ("```\nopen", append("b"), "```\nopen\nb"),
        ("a", append("---"), "a\n\n---"),
        ("", prepend("a"), "a"),
        ("b", prepend("\na\n"), "a\n\nb"),
        ("- b", prepend("- a"), "- a\n- b"),
        ("\n\nb", prepend("a"), "\n\na\n\nb"),
        ("b\n---", prepend("a"), "a\n\nb\n---"),
    ] {
        assert_eq!(
            after_edit(text, action.clone()),
            expected,
            "{text:?} {action:?}"
        );
    }
}

#[test]
fn beside_a_whole_line_a_text_becomes_lines_and_beside_a_part_it_goes_right_there() {
    for (text, action, expected) in [
        (
            "- [ ] one\n- [ ] one and a half",
            after("- [ ] one", "- [ ] x"),
            "- [ ] one\n- [ ] x\n- [ ] one and a half",
        ),
        (
            "- [ ] one\n- [ ] two",
            before("- [ ] two", "- [ ] x"),
            "- [ ] one\n- [ ] x\n- [ ] two",
        ),
        ("one two", after("one", ", x"), "one, x two"),
        ("one two", before("two", "x "), "one x two"),
        ("one  two", after("one ", "x"), "one x two"),
        ("- a\n- b", after("b", " (done)\n"), "- a\n- b (done)"),
        // Blank lines stand only where they are needed.
        ("a\n\nb", after("a", "x"), "a\n\nx\n\nb"),
        ("a\n\nb", before("b", "x"), "a\n\nx\n\nb"),
        ("a\nb\nc", after("b", "x"), "a\nb\nx\nc"),
        ("- a\n- c", after("- a", "text"), "- a\n\ntext\n- c"),
        ("a\nb", after("a", "---"), "a\n\n---\nb"),
        ("## A\n\n- a", after("## A", "- x"), "## A\n\n- x\n- a"),
        ("- a\n\n## B", before("## B", "- x"), "- a\n- x\n\n## B"),
        ("## A\n- a", after("## A", "- x"), "## A\n- x\n- a"),
        ("## A\n\ntext", after("## A", "x"), "## A\n\nx\n\ntext"),
        // The indentation that the anchor lacks is the text's as well.
        (
            "- a\n  * b\n  * c",
            after("- b", "- x\n  - y"),
            "- a\n  * b\n  - x\n    - y\n  * c",
        ),
        ("- a\n  * b", before("* b", "* x"), "- a\n  * x\n  * b"),
        // Code is edited as code.
        ("```\na\nc\n```", after("a", "b\n\n"), "```\na\nb\nc\n```"),
        (
            "```\n    a();\n```",
            after("a();", "b();"),
            "```\n    a();\n    b();\n```",
        ),
        (
            "```\n    a();\n```",
            after("    a();", "    b();"),
            "```\n    a();\n    b();\n```",
        ),
        (
            "```\nlet x = 1;\n```",
            replace(" x", " y"),
            "```\nlet y = 1;\n```",
        ),
        ("```\n- a_b\n```", after("- a_b", "c"), "```\n- a_b\nc\n```"),
    ] {
        assert_eq!(
            after_edit(text, action.clone()),
            expected,
            "{text:?} {action:?}"
        );
    }
}

#[test]
fn anchors_are_found_although_the_markdown_was_normalised() {
    for (text, anchor, expected) in [
        ("* [X] one", "- [x] one", "N"),
        ("* one", "+ one", "N"),
        ("a *soft* word", "_soft_", "a N word"),
        ("a **hard** word", "__hard__", "a N word"),
        (
            "see [the page](<https://a.example/x>)!",
            "[the page](https://a.example/x)",
            "see N!",
        ),
        (
            "see [https://a.example/x_y](<https://a.example/x_y>).",
            "https://a.example/x_y",
            "see N.",
        ),
        ("| a |\n| -- | -- |", "|:--|---|", "| a |\n\nN"),
        ("a  \nb", "a", "N\nb"),
        ("## Title\nb", "Title\n---", "N\nb"),
        ("a\n\n* b\n* c\n\nd", "- b\n- c", "a\n\nN\n\nd"),
        ("one\n\ntwo", "one\ntwo", "N"),
        ("snake\\_case here", "snake_case", "N here"),
        // What the form hides is found as it is written.
        ("a *soft* word", "*soft", "a N* word"),
        ("x `a_b` y", "a_b", "x `N` y"),
        ("foo - bar", "- bar", "foo N"),
        ("say my_word", "_word", "say myN"),
        (
            "see [a](<https://b.example>)",
            "](<https://b.example>)",
            "see [aN",
        ),
    ] {
        assert_eq!(
            after_edit(text, replace(anchor, "N")),
            expected,
            "{text:?} {anchor:?}"
        );
    }
}

#[test]
fn case_and_characters_matter() {
    for (text, anchor) in [
        ("Done", "done"),
        ("a_b", "a*b"),
        ("`_a_`", "`*a*`"),
        ("- [ ] a", "- [x] a"),
        ("# Plan", "## Plan"),
        ("## Plan", "# Plan"),
        ("a", ""),
        ("a", " \n"),
    ] {
        let failure = failure(text, remove(anchor));
        assert_eq!(failure.problem, Problem::NotFound, "{text:?} {anchor:?}");
    }
}

#[test]
fn a_text_takes_the_place_of_its_anchor() {
    for (text, action, expected) in [
        ("a\nb\nc", replace("b", "x\ny\n"), "a\nx\ny\nc"),
        ("a b c", replace("b", "x\n"), "a x c"),
        ("a b  c", replace("b ", "x "), "a x  c"),
        ("- a\n  * b", replace("- b", "- x"), "- a\n  - x"),
        ("a\nb", replace("b", "---"), "a\n\n---"),
        ("one\ntwo\nthree", replace("one\ntwo", "x"), "x\nthree"),
        (
            "line one\nline two",
            replace("one\nline", "x"),
            "line x two",
        ),
        ("a\r\nb\r\nc", replace("b", "x\ny"), "a\r\nx\r\ny\r\nc"),
        ("a\r\nb\r\nc", replace("a\nb", "x"), "x\r\nc"),
    ] {
        assert_eq!(
            after_edit(text, action.clone()),
            expected,
            "{text:?} {action:?}"
        );
    }
}

#[test]
fn what_is_removed_leaves_no_gap() {
    for (text, action, expected) in [
        ("a", remove("a"), ""),
        ("a\nb\nc", remove("b"), "a\nc"),
        ("a\n\nb\n\nc", remove("b"), "a\n\nc"),
        ("a\n\nb", remove("b"), "a"),
        ("a\n\nb\n", remove("b"), "a\n"),
        ("b\n\nc", remove("b"), "c"),
        ("a b c", remove(" b"), "a c"),
        ("- a\n## B\nc", remove("## B"), "- a\n\nc"),
        ("```\na\n\nb\n\nc\n```", remove("b"), "```\na\n\n\nc\n```"),
        (
            "## A\na\n\n### B\nb\n\n## C\nc",
            remove_section("A"),
            "## C\nc",
        ),
        (
            "## A\na\n\n### B\nb\n\n## C\nc",
            remove_section("### B"),
            "## A\na\n\n## C\nc",
        ),
        ("## A\na\n\n## C\nc\n", remove_section("C"), "## A\na\n"),
        ("a\n## B\nb\nC\n===", remove_section("B"), "a\n\nC\n==="),
    ] {
        assert_eq!(
            after_edit(text, action.clone()),
            expected,
            "{text:?} {action:?}"
        );
    }
}

#[test]
fn a_section_ends_at_the_next_heading_of_its_level_or_above() {
    for (text, action, expected) in [
        (
            "## A\n\nold\n\n### B\nb\n\n## C",
            replace_section("A", "new"),
            "## A\n\nnew\n\n## C",
        ),
        (
            "## A\nold\n## C",
            replace_section("## A", "## A\nnew\n"),
            "## A\n\nnew\n\n## C",
        ),
        (
            "## A\n\n## C",
            replace_section("A", "new"),
            "## A\n\nnew\n\n## C",
        ),
        ("## A", replace_section("A", "new"), "## A\n\nnew"),
        (
            "## A\n\nold\n\n## C",
            replace_section("A", "## A"),
            "## A\n\n## C",
        ),
        ("A\n---\nold", replace_section("A", "new"), "A\n---\n\nnew"),
        (
            "A\n---\nold",
            replace_section("## A", "new"),
            "A\n---\n\nnew",
        ),
        (
            "## A ##\nold",
            replace_section("A", "new"),
            "## A ##\n\nnew",
        ),
        (
            "## *A*\nold",
            replace_section("_A_", "new"),
            "## *A*\n\nnew",
        ),
        (
            "## A\n```\n## B\n```\nold\n# C",
            replace_section("A", "new"),
            "## A\n\nnew\n\n# C",
        ),
        (
            "## A\n+++ B\n## C",
            replace_section("A", "new"),
            "## A\n\nnew\n\n## C",
        ),
        (
            "## A\n\n* a\n\n## C",
            append_to_section("A", "- x"),
            "## A\n\n* a\n- x\n\n## C",
        ),
        (
            "## A\na\n## C",
            append_to_section("A", "x"),
            "## A\na\n\nx\n\n## C",
        ),
        (
            "## A\n\n## C",
            append_to_section("A", "x"),
            "## A\n\nx\n\n## C",
        ),
        (
            "## A\r\n\r\na\r\n",
            append_to_section("A", "x\ny"),
            "## A\r\n\r\na\r\n\r\nx\r\ny\r\n",
        ),
        // A missing heading is made.
        ("", append_to_section("A", "x"), "## A\n\nx"),
        ("a", append_to_section("### A", "x"), "a\n\n### A\n\nx"),
        ("a", replace_section("A", "## A\nx"), "a\n\n## A\n\nx"),
        ("## AB", replace_section("A", "x"), "## AB\n\n## A\n\nx"),
        (
            "```\n## A\n```",
            replace_section("A", "x"),
            "```\n## A\n```\n\n## A\n\nx",
        ),
    ] {
        assert_eq!(
            after_edit(text, action.clone()),
            expected,
            "{text:?} {action:?}"
        );
    }
}

#[test]
fn headings_that_are_not_unique_are_refused() {
    let text = "## A\na\n## A\nb\n### C";
    let twice = failure(text, replace_section("A", "x"));
    assert_eq!(twice.problem, Problem::Several(2));
    assert_eq!(twice.op, "replace_section");
    let numbers: Vec<usize> = twice.nearest.iter().map(|near| near.line).collect();
    assert_eq!(numbers, [1, 3]);
    // A heading that was meant otherwise is not made a second time.
    for heading in ["c", "## C"] {
        let other = failure(text, append_to_section(heading, "x"));
        assert_eq!(other.problem, Problem::OtherHeading, "{heading}");
        assert_eq!(other.nearest[0].text, "### C");
    }
    assert_eq!(
        after_edit("# A\n\n## A\na", replace_section("## A", "x")),
        "# A\n\n## A\n\nx"
    );
    let missing = failure(text, remove_section("Cat"));
    assert_eq!(missing.problem, Problem::NotFound);
}

#[test]
fn an_anchor_that_is_not_unique_or_missing_is_refused_with_lines() {
    let text = "- [ ] write tests\n- [ ] write docs\n\nwrite tests for docs";
    let several = failure(text, after("write", "x"));
    assert_eq!(several.problem, Problem::Several(3));
    assert_eq!(several.nearest.len(), 3);
    let missing = failure(text, after("- [ ] wrote tests", "x"));
    assert_eq!(missing.problem, Problem::NotFound);
    assert_eq!(
        missing.nearest[0],
        NearLine {
            line: 1,
            text: "- [ ] write tests".into()
        }
    );
    // Overlapping places are several.
    assert_eq!(failure("aaa", remove("aa")).problem, Problem::Several(2));
    // Of several whole lines the one with the anchor's indentation is meant.
    assert_eq!(
        after_edit("- a\n  - a", after("- a", "- x")),
        "- a\n- x\n  - a"
    );
    assert_eq!(
        after_edit("- a\n  - a", after("  - a", "  - x")),
        "- a\n  - a\n  - x"
    );
    let in_order = apply("a", &[edit(append("b")), edit(remove("c"))], Repeat::First).unwrap_err();
    assert_eq!((in_order.index, in_order.op), (1, "remove"));
}

#[test]
fn edits_are_applied_in_their_order() {
    let edits = [append("b"), replace("b", "c"), after("c", "!"), remove("a")].map(edit);
    let edited = apply("a", &edits, Repeat::First).unwrap();
    assert_eq!(edited.text, "c\n\n!");
    assert_eq!(edited.already_there, [0_usize; 0]);
}

#[test]
fn a_text_that_stands_there_is_reported_and_left_out_only_once() {
    for (text, action) in [
        ("a\n\n* [X] b\n\nc", append("- [x] b")),
        ("a\n\nb", prepend("b")),
        ("a\nx\nb", after("a", "x")),
        ("a\ny\nx\nb", after("a", "x")),
        ("a\nx\nb", before("b", "x")),
        ("one (x) two", after("one", " (x)")),
        ("one *x* two", after("one ", "_x_")),
        ("## A\n\nx\n\n## B", append_to_section("A", "x")),
    ] {
        let once = Edit {
            action: action.clone(),
            once: true,
        };
        let left_out = apply(text, &[once], Repeat::First).unwrap();
        assert_eq!(
            (left_out.text.as_str(), left_out.already_there),
            (text, vec![0]),
            "{action:?}"
        );
        let again = apply(text, &[edit(action.clone())], Repeat::Possible).unwrap();
        assert_eq!(
            (again.text.as_str(), again.already_there),
            (text, vec![0]),
            "{action:?}"
        );
        let repeated = apply(text, &[edit(action.clone())], Repeat::First).unwrap();
        assert_eq!(repeated.already_there, [0], "{action:?}");
        assert_ne!(repeated.text, text, "{action:?}");
    }
    // The same text elsewhere is another text.
    for (text, action) in [
        ("## A\n\n## B\nx", after("## A", "x")),
        ("## A\n\n## B\nx", append_to_section("A", "x")),
        ("a\nxx", after("a", "x")),
        ("one two (x)", after("one", " (x)")),
    ] {
        let once = Edit {
            action: action.clone(),
            once: true,
        };
        let edited = apply(text, &[once], Repeat::First).unwrap();
        assert_eq!(edited.already_there, [0_usize; 0], "{action:?}");
        assert_ne!(edited.text, text, "{action:?}");
    }
}

#[test]
fn edits_that_may_have_been_made_are_not_made_twice() {
    for (text, action, expected) in [
        ("a\nnew", replace("old", "new"), Some("a\nnew")),
        ("a", replace("old", "new"), None),
        ("new\nnew", replace("old", "new"), None),
        ("a old", replace("old", "new"), Some("a new")),
        (
            "foo (done)",
            replace("foo", "foo (done)"),
            Some("foo (done)"),
        ),
        ("foo", replace("foo", "foo (done)"), Some("foo (done)")),
        ("a", remove("b"), Some("a")),
        ("a\nb", remove("b"), Some("a")),
        ("b b", remove("b"), None),
        ("a", remove_section("B"), Some("a")),
        ("## A\n\nx", replace_section("A", "x"), Some("## A\n\nx")),
        (
            "## A\n\nx\n# B",
            replace_section("A", "x\n# B"),
            Some("## A\n\nx\n# B"),
        ),
    ] {
        let again = apply(text, &[edit(action.clone())], Repeat::Possible);
        assert_eq!(
            again.ok().map(|edited| edited.text).as_deref(),
            expected,
            "{text:?} {action:?}"
        );
    }
}

/// Pieces of Markdown, so that random texts hit the rules.
fn piece() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "\n",
        "\n\n",
        "\r\n",
        "- ",
        "* ",
        "  + ",
        "- [ ] ",
        "* [X] ",
        "1. ",
        "---",
        "===",
        "***",
        "```",
        "~~~~",
        "`a_b` ",
        "_em_ ",
        "__strong__ ",
        "*star* ",
        "[a](b) ",
        "[a](<b>) ",
        "https://a.example/x_y ",
        "[u.com](<http://u.com>) ",
        "word ",
        "one ",
        "snake_case",
        "  ",
        "\t",
        "| a |",
        "|---|:-:|",
        "+++ T",
        "<!-- c -->",
        "\\_ ",
        "# ",
        "## ",
        "### A",
        "> ",
        "é",
        "\u{1f600}",
        "_",
        "[",
        "](",
        "`",
        "a",
        "A",
    ])
}

fn markdown(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..most).prop_map(|pieces| pieces.concat())
}

fn action() -> impl Strategy<Value = Action> {
    (0_usize..9, markdown(4), markdown(5)).prop_map(|(kind, anchor, text)| match kind {
        0 => append(&text),
        1 => prepend(&text),
        2 => after(&anchor, &text),
        3 => before(&anchor, &text),
        4 => replace(&anchor, &text),
        5 => replace_section(&anchor, &text),
        6 => append_to_section(&anchor, &text),
        7 => remove_section(&anchor),
        _ => remove(&anchor),
    })
}

/// Pieces that are closed, so that they do not change what follows them.
fn closed_piece() -> impl Strategy<Value = &'static str> {
    piece().prop_filter("open", |piece| {
        !["```", "~~~~", "`", "_", "[", "](", "\\\\_ "].contains(piece)
    })
}

/// A text of such pieces, and an edit whose anchor or heading is a part of it.
fn text_and_action<P: Strategy<Value = &'static str>>(
    piece: impl Fn() -> P,
) -> impl Strategy<Value = (String, Action)> {
    let pieces = proptest::collection::vec(piece(), 1..16);
    let text = proptest::collection::vec(piece(), 0..5).prop_map(|pieces| pieces.concat());
    (pieces, 0_usize..16, 1_usize..6, 0_usize..9, text).prop_map(
        |(pieces, start, length, kind, text)| {
            let start = start % pieces.len();
            let end = (start + length).min(pieces.len());
            let anchor = pieces[start..end].concat();
            let action = match kind {
                0 => append(&text),
                1 => prepend(&text),
                2 => after(&anchor, &text),
                3 => before(&anchor, &text),
                4 => replace(&anchor, &text),
                5 => replace_section("A", &text),
                6 => append_to_section("### A", &text),
                7 => remove_section("A"),
                _ => remove(&anchor),
            };
            (pieces.concat(), action)
        },
    )
}

/// What two texts have in common at their beginning and at their end, without overlap.
fn common<'t>(one: &'t str, other: &str) -> (&'t str, &'t str) {
    let chars = one.chars().zip(other.chars());
    let prefix: usize = chars
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    let (head, rest) = one.split_at(prefix);
    let chars = rest.chars().rev().zip(other[prefix..].chars().rev());
    let suffix: usize = chars
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    (head, &rest[rest.len() - suffix..])
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_edit_of_any_text_ends(text in any::<String>(), one in any::<String>(), other in any::<String>()) {
        for action in [
            append(&one), prepend(&one), after(&one, &other), before(&one, &other), replace(&one, &other),
            replace_section(&one, &other), append_to_section(&one, &other), remove_section(&one), remove(&one),
        ] {
            let _ = apply(&text, &[edit(action)], Repeat::First);
        }
    }

    #[test]
    fn only_what_an_edit_names_is_changed((text, action) in text_and_action(piece)) {
        let Ok(edited) = apply(&text, &[edit(action.clone())], Repeat::First) else { return Ok(()) };
        let (head, tail) = common(&text, &edited.text);
        let gone = without_blanks(&text[head.len()..text.len() - tail.len()]);
        let new = &edited.text[head.len()..edited.text.len() - tail.len()];
        let named = match &action {
            Action::Append { .. } | Action::Prepend { .. } | Action::InsertAfter { .. }
            | Action::InsertBefore { .. } | Action::AppendToSection { .. } => "",
            Action::Replace { anchor, .. } | Action::Remove { anchor } => anchor,
            Action::ReplaceSection { .. } | Action::RemoveSection { .. } => &text,
        };
        prop_assert!(gone.len() <= without_blanks(named).len() + 6, "{text:?} {action:?} {:?}", edited.text);
        let given = match &action {
            Action::Append { text } | Action::Prepend { text } | Action::InsertAfter { text, .. }
            | Action::InsertBefore { text, .. } | Action::Replace { text, .. } => without_blanks(text),
            Action::ReplaceSection { heading, text } | Action::AppendToSection { heading, text } => {
                without_blanks(&format!("## {heading} {text}"))
            }
            _ => String::new(),
        };
        prop_assert!(without_blanks(new).len() <= given.len(), "{text:?} {action:?} {:?}", edited.text);
    }

    #[test]
    fn what_is_added_stands_there_and_all_else_stays((text, action) in text_and_action(piece)) {
        let Ok(edited) = apply(&text, &[edit(action.clone())], Repeat::First) else { return Ok(()) };
        let given = match &action {
            Action::Append { text } | Action::Prepend { text } | Action::InsertAfter { text, .. }
            | Action::InsertBefore { text, .. } => text,
            _ => return Ok(()),
        };
        // Without white space the new text is the old one with the given text at one place.
        let (old, new, given) = (without_blanks(&text), without_blanks(&edited.text), without_blanks(given));
        let is_spliced = old.char_indices().map(|(at, _)| at).chain([old.len()]).any(|at| {
            new.len() == old.len() + given.len()
                && new.starts_with(&old[..at]) && new[at..].starts_with(&given) && new.ends_with(&old[at..])
        });
        prop_assert!(is_spliced, "{text:?} {action:?} {:?}", edited.text);
    }

    #[test]
    fn once_twice_is_once((text, action) in text_and_action(closed_piece)) {
        // What is added to a code block that is never closed becomes code.
        let is_open = |text: &str| super::super::markdown::lines(text).last()
            .is_some_and(|line| matches!(line.code, Code::Opening | Code::Inside));
        // A marker without a text is another one as soon as it stands elsewhere.
        let has_words = |text: &String| {
            text.replace("[X]", "").replace("[x]", "").contains(char::is_alphanumeric)
        };
        let has_words = match &action {
            Action::InsertAfter { anchor, text } | Action::InsertBefore { anchor, text } => {
                has_words(anchor) && has_words(text)
            }
            _ => true,
        };
        if !has_words { return Ok(()); }
        // A bullet that gets a text in front of it on its line is no longer one.
        let is_bullet = |text: &str| text.trim_start().starts_with(['-', '*', '+']);
        if matches!(&action, Action::InsertBefore { anchor, .. } if is_bullet(anchor)) { return Ok(()); }
        // Several lines that are added beside a part of a line make that part a whole line, beside which lines are added.
        let is_part_of_line = |anchor: &str| text.lines().all(|line| line.trim() != anchor.trim());
        // Beside other text in its line, what was Markdown may be something else: a bullet, or `_em_` in `snake_case_em_`.
        let is_plain = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == ' ');
        if let Action::InsertAfter { anchor, text: added } | Action::InsertBefore { anchor, text: added } = &action
            && is_part_of_line(anchor)
            && !(is_plain(anchor) && is_plain(added))
        {
            return Ok(());
        }
        // A text with the anchor in it makes two of one.
        if let Action::InsertAfter { anchor, text: added } | Action::InsertBefore { anchor, text: added } = &action
            && added.contains(anchor.trim())
        {
            return Ok(());
        }
        // What is left of a text can have the anchor again: "aabb" without "ab".
        if matches!(action, Action::Replace { .. } | Action::Remove { .. }) { return Ok(()); }
        let edits = [Edit { action: action.clone(), once: true }];
        let Ok(first) = apply(&text, &edits, Repeat::First) else { return Ok(()) };
        if is_open(&text) || is_open(&first.text) { return Ok(()); }
        let second = apply(&first.text, &edits, Repeat::First);
        let has_the_heading = matches!(&action,
            Action::ReplaceSection { text, .. } | Action::AppendToSection { text, .. } if text.contains('A'));
        if second.is_err() && has_the_heading { return Ok(()); }
        prop_assert!(second.is_ok(), "{text:?} {action:?} {:?} {second:?}", first.text);
        prop_assert_eq!(&second.unwrap().text, &first.text, "{:?} {:?}", text, action);
    }

    #[test]
    fn occurrences_are_those_that_a_naive_search_finds(text in "[ab]{0,20}", piece in "[ab]{1,4}") {
        let found: Vec<usize> = occurrences(&text, &piece).collect();
        let expected: Vec<usize> = (0..text.len()).filter(|at| text[*at..].starts_with(&piece)).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn several_edits_of_any_markdown_end(text in markdown(12), actions in proptest::collection::vec(action(), 0..5)) {
        let edits: Vec<Edit> = actions.into_iter().map(edit).collect();
        let edited = apply(&text, &edits, Repeat::Possible);
        if edits.is_empty() {
            prop_assert_eq!(edited.unwrap().text, text);
        }
    }
}

#[test]
fn several_texts_at_one_anchor_are_each_there_once() {
    for (text, anchor, texts) in [
        ("one two", "one", [" (x)", " (y)"]),
        ("one two", "two", [" (x)", " (y)"]),
        ("one\ntwo", "one", ["x", "y"]),
        ("## A\n\n## B", "## A", ["### X\nx", "### Y\ny"]),
    ] {
        for make in [after, before] {
            let edits = texts.map(|text| Edit {
                action: make(anchor, text),
                once: true,
            });
            let first = apply(text, &edits, Repeat::First).unwrap();
            assert_eq!(first.already_there, [0_usize; 0], "{edits:?}");
            let second = apply(&first.text, &edits, Repeat::First).unwrap();
            assert_eq!(second.text, first.text, "{edits:?}");
            assert_eq!(second.already_there, [0, 1], "{edits:?}");
        }
    }
}

/// How long edits take of a text that repeats a piece up to this many bytes.
fn cost(piece: &str, bytes: usize) -> Duration {
    let text = piece.repeat(bytes / piece.len());
    let half = text[..text.floor_char_boundary(text.len() / 2)].to_owned();
    let actions = [
        after(piece, piece),
        replace(&half, piece),
        remove("not there"),
        append_to_section("A", &half),
        append(&half),
    ];
    let start = Instant::now();
    for action in actions {
        let _ = apply(&text, &[edit(action)], Repeat::Possible);
    }
    start.elapsed()
}

/// What grows as the square of this length takes far longer than the bound; the edits themselves take a twentieth of it.
#[test]
fn no_text_makes_an_edit_take_the_square_of_its_length() {
    for piece in [
        "a",
        "a\n",
        "\n",
        "- a\n",
        "# A\n",
        "# A",
        "[",
        "[](",
        "[a](b)",
        "`",
        "\\``",
        "_a ",
        "<a",
        "https://a",
        "https://,",
        "```\n",
        "|-",
        "a\n---\n",
        "> ",
        "\\_",
    ] {
        // A busy machine gets a second and a third try.
        let is_fast = |_| cost(piece, 1 << 17) < Duration::from_secs(6);
        assert!((0..3).any(is_fast), "{piece:?}");
    }
}

//! Editing a text and storing it as Linear does can be done in either order.

use proptest::prelude::*;

use super::super::markdown::normalise;
use crate::text::edit::{Action, Edit, Repeat, apply};

/// Whole lines and blocks of Markdown in spellings that the normalisation changes.
fn line() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "- one",
        "+ two _soft_",
        "* three",
        "  - nested",
        "- [ ] open",
        "- [x] done `a_b`",
        "Text with a [link](https://a.example/x_y) in it",
        "__Strong__ and https://b.example/y_z here",
        "see example.com now",
        "snake_case and _em_  ",
        "## Head",
        "## Head _two_",
        "### Below",
        "Title\n---",
        "Top\n===",
        "***",
        "| a | b |\n|:--|--:|\n| 1 | 2 |",
        "```rust\n- code_  \n## no\n```",
        "+++ More",
        "> quote",
        "<!-- mark -->",
        "",
        "",
    ])
}

fn action(anchor: String, text: String, kind: usize) -> Action {
    match kind {
        0 => Action::Append { text },
        1 => Action::Prepend { text },
        2 => Action::InsertAfter { anchor, text },
        3 => Action::InsertBefore { anchor, text },
        4 => Action::Replace { anchor, text },
        5 => Action::Remove { anchor },
        6 => Action::ReplaceSection {
            heading: "Head".into(),
            text,
        },
        7 => Action::AppendToSection {
            heading: "## Title".into(),
            text,
        },
        _ => Action::RemoveSection {
            heading: "Head".into(),
        },
    }
}

/// The lines of a text that are not blank.
fn filled_lines(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// What can be found in a text is found in the text as Linear stores it, and the outcome is the same, but for blank
    /// lines: Linear puts some around rules.
    #[test]
    fn an_edit_before_the_text_is_stored_is_the_edit_after_it(
        lines in proptest::collection::vec(line(), 1..8),
        start in 0_usize..8,
        length in 1_usize..3,
        text in line(),
        kind in 0_usize..9,
    ) {
        let start = start % lines.len();
        let anchor = lines[start..(start + length).min(lines.len())].join("\n");
        let original = lines.join("\n");
        let edits = [Edit { action: action(anchor, text.to_owned(), kind), once: false }];
        let Ok(edited) = apply(&original, &edits, Repeat::First) else { return Ok(()) };
        let stored = normalise(&original);
        let after = apply(&stored, &edits, Repeat::First);
        prop_assert!(after.is_ok(), "{original:?} {edits:?} {after:?}");
        let one = normalise(&edited.text);
        let other = normalise(&after.unwrap().text);
        prop_assert_eq!(filled_lines(&one), filled_lines(&other), "{:?} {:?}", original, edits);
    }
}

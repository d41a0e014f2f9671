//! The lines below a checklist that say how far it is.

use proptest::prelude::*;

use crate::text::checklist::{Checklist, with_progress};

/// Lines of which descriptions with checklists are made.
const PIECES: &[&str] = &[
    "",
    "text",
    "- [ ] a",
    "* [X] b",
    "  - [x] c",
    "## Checklist",
    "## Next",
    "<!-- ccpm-checklist-start -->",
    "<!-- ccpm-checklist-end -->",
    "Progress: 12% (1/8 completed)",
    "Last updated: then",
    "```",
    "Progress: some",
];

const MARKED: &str =
    "Intro\n<!-- ccpm-checklist-start -->\n- [x] a\n- [ ] b\n<!-- ccpm-checklist-end -->";
const NOW: Option<&str> = Some("Last updated: 2025-01-16 14:30 UTC");

#[test]
fn the_lines_are_put_in_below_the_marker() {
    let text = format!("{MARKED}\n## Notes");
    assert_eq!(
        with_progress(&text, NOW),
        format!(
            "{MARKED}\n\nProgress: 50% (1/2 completed)\nLast updated: 2025-01-16 14:30 UTC\n\n## Notes"
        )
    );
    assert_eq!(
        with_progress(MARKED, None),
        format!("{MARKED}\n\nProgress: 50% (1/2 completed)")
    );
}

#[test]
fn refreshing_again_and_again_adds_no_line() {
    for text in [
        MARKED.to_owned(),
        format!("{MARKED}\n\nProgress: 0% (0/2 completed)\n\nLast updated: then\n\nRest"),
        "## Checklist\n- [ ] a\n\nProgress: 9% of it".to_owned(),
        "## Checklist\n- [ ] a\n\n## Next\n\nProgress: 3% (1/33 completed)".to_owned(),
    ] {
        let once = with_progress(&text, NOW);
        assert_eq!(with_progress(&once, NOW), once);
        assert_eq!(once.matches("Last updated:").count(), 1, "{once}");
        let lines = once.lines().filter(|line| line.contains("(0/1 completed)"));
        assert!(lines.count() <= 1, "{once}");
    }
}

#[test]
fn the_lines_stand_at_the_end_of_a_headed_section() {
    let text = "## Checklist\n- [x] a\n  - Files: a.rs\n\n## Next\n\nProgress: 3% (1/33 completed)";
    assert_eq!(
        with_progress(text, NOW),
        "## Checklist\n- [x] a\n  - Files: a.rs\n\nProgress: 100% (1/1 completed)\nLast updated: 2025-01-16 14:30 UTC\n\n## Next\n\nProgress: 3% (1/33 completed)"
    );
}

#[test]
fn without_a_time_the_line_of_the_last_update_stays() {
    let text = format!("{MARKED}\nProgress: 0% (0/2 completed)\nLast updated: then");
    let fresh = format!("{MARKED}\nProgress: 50% (1/2 completed)\nLast updated: then");
    assert_eq!(with_progress(&text, None), fresh);
}

proptest! {
    #[test]
    fn whatever_the_text_the_items_stay_and_nothing_is_added_twice(
        lines in prop::collection::vec(prop::sample::select(PIECES), 0..16)
    ) {
        let text = lines.join("\n");
        let once = with_progress(&text, NOW);
        let items = |text: &str| {
            let items = Checklist::parse(text).map(|list| list.items).unwrap_or_default();
            let shape = items.into_iter().map(|item| (item.text, item.checked, item.level));
            shape.collect::<Vec<_>>()
        };
        prop_assert_eq!(items(&once), items(&text));
        prop_assert_eq!(with_progress(&once, NOW), once);
    }
}

#[test]
fn what_is_no_checklist_of_its_own_stays_as_it_is() {
    for text in ["", "Text", "- [ ] a\n\nProgress: 3% (1/33 completed)"] {
        assert_eq!(with_progress(text, NOW), text);
    }
}

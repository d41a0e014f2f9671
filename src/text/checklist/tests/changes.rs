//! Ticking, removing and adding items of a checklist.

use proptest::prelude::*;

use crate::text::checklist::{Checklist, ItemChanges, Place, is_item, with_changes};

fn added(texts: &[&str]) -> ItemChanges {
    ItemChanges {
        added: texts.iter().map(|text| (*text).to_owned()).collect(),
        ..ItemChanges::default()
    }
}

fn removed(indices: &[usize]) -> ItemChanges {
    ItemChanges {
        removed: indices.to_vec(),
        ..ItemChanges::default()
    }
}

#[test]
fn items_are_added_behind_the_last_one_in_its_style() {
    for (text, expected) in [
        ("- [ ] a", "- [ ] a\n- [ ] n\n- [ ] m"),
        ("* [X] a\n\nText", "* [X] a\n* [ ] n\n* [ ] m\n\nText"),
        (
            " 1. [ ] a\n 2. [x] b\n",
            " 1. [ ] a\n 2. [x] b\n 3. [ ] n\n 4. [ ] m\n",
        ),
        ("- [ ] a\nText", "- [ ] a\nText\n- [ ] n\n- [ ] m"),
        (
            "- [ ] a\r\n\r\nText",
            "- [ ] a\r\n- [ ] n\r\n- [ ] m\r\n\r\nText",
        ),
        // The nested items and the lines below them belong to the last item.
        (
            "- [ ] a\n  - [ ] b\n\n  - Files: c\n## Next",
            "- [ ] a\n  - [ ] b\n\n  - Files: c\n- [ ] n\n- [ ] m\n## Next",
        ),
        (
            "- [ ] a\n  ```\nx\n  ```\nProgress: 0% (0/1 completed)",
            "- [ ] a\n  ```\nx\n  ```\n- [ ] n\n- [ ] m\nProgress: 0% (0/1 completed)",
        ),
        (
            "- [ ] out\n<!-- ccpm-checklist-start -->\n- [ ] a\n  <!-- ccpm-checklist-end -->\n",
            "- [ ] out\n<!-- ccpm-checklist-start -->\n- [ ] a\n- [ ] n\n- [ ] m\n  <!-- ccpm-checklist-end -->\n",
        ),
    ] {
        let changed = with_changes(text, &added(&["n", "m"]));
        assert_eq!(changed.as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn items_are_added_where_the_place_has_none_and_a_place_is_made_where_there_is_none() {
    for (text, expected) in [
        ("", "## Checklist\n\n- [ ] n"),
        ("Text\n\n", "Text\n\n## Checklist\n\n- [ ] n"),
        (
            "## Checklist\n\n## Next",
            "## Checklist\n\n- [ ] n\n\n## Next",
        ),
        (
            "## Checklist\nThese:\n\nProgress: 0% (0/0 completed)",
            "## Checklist\nThese:\n\n- [ ] n\n\nProgress: 0% (0/0 completed)",
        ),
        (
            "<!-- ccpm-checklist-start -->\n<!-- ccpm-checklist-end -->",
            "<!-- ccpm-checklist-start -->\n- [ ] n\n<!-- ccpm-checklist-end -->",
        ),
    ] {
        let changed = with_changes(text, &added(&["n"]));
        assert_eq!(changed.as_deref(), Some(expected), "{text:?}");
    }
    assert_eq!(with_changes("```\ncode", &added(&["n"])), None);
}

#[test]
fn an_item_is_removed_with_the_lines_that_belong_to_it() {
    for (text, indices, expected) in [
        ("- [ ] a\n- [ ] b\n- [ ] c", vec![1], "- [ ] a\n- [ ] c"),
        ("- [ ] a\n- [ ] b", vec![1], "- [ ] a"),
        (
            "- [ ] a\n\n- [ ] b\n\n- [ ] c",
            vec![1],
            "- [ ] a\n\n- [ ] c",
        ),
        (
            "- [ ] a\n  - Files: x\n\n  More\n- [ ] b",
            vec![0],
            "- [ ] b",
        ),
        (
            "- [ ] a\n  - [ ] b\n  - [ ] c",
            vec![1],
            "- [ ] a\n  - [ ] c",
        ),
        (
            "- [ ] a\n  - [ ] b\n  More of a\n- [ ] c",
            vec![0, 1],
            "- [ ] c",
        ),
        (
            "- [ ] a\n  - [ ] b\n\n  More of a\n",
            vec![1],
            "- [ ] a\n\n  More of a\n",
        ),
        ("Text\n\n- [ ] a\n\nText", vec![0], "Text\n\nText"),
        ("- [ ] a\n  ```\n# x\n  ```\n# y", vec![0], "# y"),
        ("- [ ] a", vec![7], "- [ ] a"),
    ] {
        let changed = with_changes(text, &removed(&indices));
        assert_eq!(changed.as_deref(), Some(expected), "{text:?}");
    }
}

#[test]
fn all_changes_are_made_by_the_indices_before_them() {
    let changes = ItemChanges {
        ticked: vec![2],
        unticked: vec![1],
        removed: vec![0],
        added: vec!["n".to_owned()],
    };
    let changed = with_changes("- [ ] a\n- [x] b\n- [ ] c", &changes);
    assert_eq!(changed.as_deref(), Some("- [ ] b\n- [x] c\n- [ ] n"));
    let changes = ItemChanges {
        removed: vec![0],
        ..added(&["n"])
    };
    let changed = with_changes("- [ ] a\n\nText", &changes);
    assert_eq!(changed.as_deref(), Some("Text\n\n## Checklist\n\n- [ ] n"));
}

#[test]
fn a_text_that_is_an_item_already_is_told() {
    for text in ["- [ ] a", "[x] a", " * [X] a", "1. [ ] a"] {
        assert!(is_item(text), "{text}");
    }
    for text in ["a", "- a", "a [ ] b", "[y] a", ""] {
        assert!(!is_item(text), "{text}");
    }
}

/// Lines of which descriptions with checklists are made.
const PIECES: &[&str] = &[
    "",
    "text",
    "  more",
    "- [ ] a",
    "* [X] b",
    "  - [x] c",
    "    - [ ] d",
    "1. [ ] e\r",
    "## Checklist",
    "## Next",
    "<!-- ccpm-checklist-start -->",
    "<!-- ccpm-checklist-end -->",
    "Progress: 12% (1/8 completed)",
    "```",
    "  ~~~",
];

/// The items of a text.
fn items(text: &str) -> Vec<(String, bool)> {
    let items = Checklist::locate(text).items.into_iter();
    items.map(|item| (item.text, item.checked)).collect()
}

/// The lines of a text that are not blank, without their line ends.
fn filled(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim_end);
    lines.filter(|line| !line.is_empty()).collect()
}

proptest! {
    #[test]
    fn what_is_not_named_stays(
        lines in prop::collection::vec(prop::sample::select(PIECES), 0..16),
        chosen in prop::collection::vec(0_usize..3, 16),
        texts in prop::collection::vec("new [a-z]", 0..3),
    ) {
        let text = lines.join("\n");
        let list = Checklist::locate(&text);
        let chosen_for = |choice: usize| {
            let chosen = chosen.iter().enumerate().take(list.items.len());
            chosen.filter(move |(_, other)| **other == choice).map(|(index, _)| index)
        };
        let mut removed: Vec<usize> = chosen_for(1).collect();
        let old_lines: Vec<&str> = text.split('\n').collect();
        removed.extend(chosen_for(1).flat_map(|index| list.sub_items(&old_lines, index)));
        let changes = ItemChanges {
            ticked: chosen_for(2).collect(),
            unticked: chosen_for(0).collect(),
            removed: removed.clone(),
            added: texts.clone(),
        };
        let Some(changed) = with_changes(&text, &changes) else {
            // Only a code block without an end takes no item.
            prop_assert!(!texts.is_empty() && (text.contains("```") || text.contains("~~~")));
            return Ok(());
        };
        let before = items(&text);
        let kept = before.into_iter().enumerate().filter(|(index, _)| !removed.contains(index));
        let kept = kept.map(|(index, (text, _))| (text, chosen[index] == 2));
        let new = texts.iter().map(|text| (text.clone(), false));
        prop_assert_eq!(items(&changed), kept.chain(new).collect::<Vec<_>>());
        // Every line of the result is one of the description, but for boxes, in its order, or is added.
        let unticked = changed.replace("[x]", "[ ]").replace("[X]", "[ ]");
        let old = text.replace("[x]", "[ ]").replace("[X]", "[ ]");
        let mut rest = filled(&old).into_iter();
        let is_new = |line: &str| {
            line.contains("[ ] new ") || line == "## Checklist" && list.place == Place::Anywhere
        };
        for line in filled(&unticked).into_iter().filter(|line| !is_new(line)) {
            prop_assert!(rest.any(|other| other == line), "{line:?} of {changed:?} from {text:?}");
        }
        if removed.is_empty() {
            let own = filled(&unticked).into_iter().filter(|line| !is_new(line)).count();
            prop_assert_eq!(own, filled(&old).into_iter().filter(|line| !is_new(line)).count());
        }
        // Without changes nothing changes.
        prop_assert_eq!(with_changes(&text, &ItemChanges::default()), Some(text));
    }
}

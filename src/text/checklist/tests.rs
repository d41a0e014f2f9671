mod changes;
mod progress;

use proptest::prelude::*;

use super::*;

/// Index, box, level and text of every item.
fn shape(description: &str) -> Vec<(bool, usize, String)> {
    Checklist::parse(description)
        .map(|list| list.items)
        .unwrap_or_default()
        .into_iter()
        .map(|item| (item.checked, item.level, item.text))
        .collect()
}

fn texts(description: &str) -> Vec<String> {
    shape(description)
        .into_iter()
        .map(|(_, _, text)| text)
        .collect()
}

#[test]
fn every_bullet_and_both_cases_count() {
    let description = "- [ ] a\n* [X] b\n+ [x] c\n1. [ ] d\n12) [x] e\r\n";
    let boxes: Vec<bool> = shape(description)
        .iter()
        .map(|(checked, ..)| *checked)
        .collect();
    assert_eq!(boxes, [false, true, true, false, true]);
    assert_eq!(texts(description), ["a", "b", "c", "d", "e"]);
}

#[test]
fn what_only_looks_like_an_item_is_none() {
    for line in [
        "- [y] a",
        "- [] a",
        "- [  ] a",
        "-[ ] a",
        "- [ ]a",
        "- [ ] ",
        "[ ] a",
        "- a [ ] b",
        "1 [ ] a",
        "1234567890. [ ] a",
    ] {
        assert_eq!(texts(line), [""; 0], "{line:?}");
    }
}

#[test]
fn a_marked_list_beats_a_headed_one_and_both_beat_the_rest() {
    let marked = "- [ ] out\n## Checklist\n- [ ] under\n<!-- ccpm-checklist-start -->\n- [x] in\n  <!-- ccpm-checklist-end -->\n- [ ] after";
    let list = Checklist::parse(marked).unwrap();
    assert_eq!((list.place, list.lines), (Place::Marker, 4..5));
    assert_eq!(texts(marked), ["in"]);

    let headed = "- [ ] out\n## Checklist of today\n- [ ] a\n### Later\n- [ ] b\n## Notes\n- [ ] c";
    let list = Checklist::parse(headed).unwrap();
    assert_eq!((list.place, list.lines), (Place::Heading, 2..5));
    assert_eq!(texts(headed), ["a", "b"]);

    let bare = "Text\n\n- [ ] a\n\nMore\n- [x] b";
    assert_eq!(Checklist::parse(bare).unwrap().place, Place::Anywhere);
    assert_eq!(texts(bare), ["a", "b"]);
}

#[test]
fn all_four_headings_are_known_and_no_other() {
    for heading in HEADINGS {
        let description = format!("- [ ] out\n{heading}\n- [ ] in\n# Next\n- [ ] after");
        assert_eq!(texts(&description), ["in"], "{heading}");
    }
    assert_eq!(texts("- [ ] a\n## ✅\u{fe0f} Checklist\n- [ ] b"), ["b"]);
    assert_eq!(texts("- [ ] a\n### Checklist\n- [ ] b"), ["a", "b"]);
    assert_eq!(texts("- [ ] a\n## checklist\n- [ ] b"), ["a", "b"]);
}

#[test]
fn a_marker_without_its_end_is_no_marker() {
    let description = "<!-- ccpm-checklist-start -->\n- [ ] a\n## Checklist\n- [ ] b";
    assert_eq!(texts(description), ["b"]);
}

#[test]
fn a_place_without_items_is_no_checklist() {
    let description =
        "- [ ] a\n<!-- ccpm-checklist-start -->\nnothing\n<!-- ccpm-checklist-end -->";
    assert_eq!(Checklist::parse(description), None);
    assert_eq!(Checklist::parse(""), None);
    assert_eq!(Checklist::parse("## Checklist"), None);
}

#[test]
fn code_is_not_read() {
    let description = "- [ ] a\n```md\n- [ ] code\n~~~\n## Checklist\n```\n- [ ] b\n~~~~\n- [ ] code\n~~~\n- [ ] code\n~~~~\n- [ ] c";
    assert_eq!(texts(description), ["a", "b", "c"]);
    assert_eq!(texts("- [ ] a\n```\n- [ ] never closed"), ["a"]);
    assert_eq!(texts("```code``` in a line\n- [ ] a"), ["a"]);
}

#[test]
fn levels_follow_the_indentation() {
    let levels: Vec<usize> = shape("- [ ] a\n  - [ ] b\n\t- [ ] c\n    - [ ] d\n - [ ] e\n- [ ] f")
        .iter()
        .map(|(_, level, _)| *level)
        .collect();
    assert_eq!(levels, [0, 1, 2, 2, 1, 0]);
}

#[test]
fn progress_is_rounded_half_up() {
    for (done, total, progress) in [
        (0, 1, 0),
        (1, 8, 13),
        (1, 200, 1),
        (1, 3, 33),
        (2, 3, 67),
        (5, 5, 100),
    ] {
        let description = "- [x] a\n".repeat(done) + &"- [ ] b\n".repeat(total - done);
        let list = Checklist::parse(&description).unwrap();
        assert_eq!((list.completed(), list.total()), (done, total));
        assert_eq!(list.progress(), progress, "{done}/{total}");
    }
}

#[test]
fn marks_change_only_their_boxes() {
    let description = "# T\r\n- [ ] same $& $1\r\n* [X] ✅ b\r\n- [ ] same $& $1\r\n";
    let list = Checklist::parse(description).unwrap();
    assert_eq!(
        list.with_marks(description, &[2, 2, 9], true),
        "# T\r\n- [ ] same $& $1\r\n* [X] ✅ b\r\n- [x] same $& $1\r\n"
    );
    assert_eq!(
        list.with_marks(description, &[0, 1], false),
        description.replace("[X]", "[ ]")
    );
    // What is right already keeps its spelling.
    assert_eq!(list.with_marks(description, &[1], true), description);
}

proptest! {
    #[test]
    fn any_text_is_read(text in any::<String>()) {
        if let Some(list) = Checklist::parse(&text) {
            prop_assert!(list.completed() <= list.total());
            prop_assert!(list.progress() <= 100);
        }
    }

    #[test]
    fn lines_that_look_alike_are_counted_and_marked(
        lines in proptest::collection::vec(
            prop_oneof![
                Just("- [ ] a"), Just("  * [X] ü"), Just("\t1. [x] b\r"), Just("```"), Just("~~~"),
                Just("## Checklist"), Just("## Notes"), Just(START), Just(END), Just("text"), Just(""),
            ],
            0..30,
        ),
        chosen in proptest::collection::vec(0_usize..30, 0..6),
        checked in any::<bool>(),
    ) {
        let text = lines.join("\n");
        let Some(list) = Checklist::parse(&text) else { return Ok(()) };
        for item in &list.items {
            prop_assert!(list.lines.contains(&item.line));
            let line = text.lines().nth(item.line).unwrap();
            prop_assert!(line.trim().ends_with(&item.text));
        }
        let after = list.with_marks(&text, &chosen, checked);
        prop_assert_eq!(after.len(), text.len());
        let again = Checklist::parse(&after).unwrap();
        prop_assert_eq!(again.total(), list.total());
        for (index, item) in again.items.iter().enumerate() {
            let expected = if chosen.contains(&index) { checked } else { list.items[index].checked };
            prop_assert_eq!(item.checked, expected);
        }
    }
}

//! The lines below a checklist that say how far it is (`contract.md`, "CCPM"): `Progress: 50% (2/4 completed)` and
//! `Last updated: 2025-01-16 14:30 UTC`. Each stands once, however often it is refreshed.

use std::ops::Range;

use super::{Checklist, Place, prose};

/// How far below the end marker the line may stand, in lines.
const BELOW_MARKER: usize = 3;

/// The description with its progress line as the boxes have it, and with `updated` (`YYYY-MM-DD HH:MM UTC`) in the
/// line after it, where that is given. Both are put in where they are missing: below the end marker, or at the end of
/// the section. A description whose items stand nowhere in particular has no such lines and stays as it is.
pub fn with_progress(description: &str, updated: Option<&str>) -> String {
    let Some(list) = Checklist::parse(description) else {
        return description.to_owned();
    };
    let place = match list.place {
        Place::Marker => list.lines.end + 1..list.lines.end + 1 + BELOW_MARKER,
        Place::Heading => list.lines.clone(),
        Place::Anywhere => return description.to_owned(),
    };
    let progress = format!(
        "Progress: {}% ({}/{} completed)",
        list.progress(),
        list.completed(),
        list.total()
    );
    let found = prose(description)
        .into_iter()
        .find(|line| place.contains(&line.number) && is_progress(line.text))
        .map(|line| line.number);
    let mut lines: Vec<&str> = description.split('\n').collect();
    match found {
        Some(at) => refresh(&mut lines, at, &progress, updated),
        None => insert(&mut lines, &list, &progress, updated),
    }
    lines.join("\n")
}

/// Puts the new lines over the old ones.
fn refresh<'t>(lines: &mut Vec<&'t str>, at: usize, progress: &'t str, updated: Option<&'t str>) {
    if let Some(line) = lines.get_mut(at) {
        *line = progress;
    }
    let Some(updated) = updated else { return };
    // Linear may put a blank line between two that it takes for paragraphs.
    let old = (at + 1..at + 3).find(|next| lines.get(*next).is_some_and(|line| is_updated(line)));
    match old.and_then(|old| lines.get_mut(old)) {
        Some(line) => *line = updated,
        None => lines.insert(at + 1, updated),
    }
}

/// Puts the new lines in, with a blank line before and after them.
fn insert<'t>(
    lines: &mut Vec<&'t str>,
    list: &Checklist,
    progress: &'t str,
    updated: Option<&'t str>,
) {
    let at = match list.place {
        Place::Marker => list.lines.end + 1,
        Place::Heading | Place::Anywhere => after_text(lines, list.lines.clone()),
    };
    let at = at.min(lines.len());
    let mut new = vec!["", progress];
    new.extend(updated);
    if lines.get(at).is_some_and(|next| !next.trim().is_empty()) {
        new.push("");
    }
    lines.splice(at..at, new);
}

/// The line after the last of these that is not blank.
fn after_text(lines: &[&str], within: Range<usize>) -> usize {
    let last = within.clone().rev().find(|number| {
        lines
            .get(*number)
            .is_some_and(|line| !line.trim().is_empty())
    });
    last.map_or(within.start, |last| last + 1)
}

/// Whether a line says how far a checklist is, or when it was updated.
pub(super) fn is_counter(line: &str) -> bool {
    is_progress(line) || is_updated(line)
}

fn is_progress(line: &str) -> bool {
    let percent = |rest: &str| {
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        digits.len() < rest.len() && digits.starts_with('%')
    };
    line.trim().strip_prefix("Progress: ").is_some_and(percent)
}

fn is_updated(line: &str) -> bool {
    line.trim().starts_with("Last updated:")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
        let text =
            "## Checklist\n- [x] a\n  - Files: a.rs\n\n## Next\n\nProgress: 3% (1/33 completed)";
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
}

//! What a new text takes away from the text that it replaces.

use std::collections::{HashMap, HashSet};

use super::checklist::all_items;
use super::markdown::{Kind, kinds, lines, parse_heading};

/// What a new text takes away from the text that it replaces.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// The texts of the task items that are ticked in the old text and unticked in the new one, in the old order.
    pub unticked: Vec<String>,
    /// The headings that the new text does not have at any level, in the old order.
    pub headings: Vec<String>,
}

impl Losses {
    /// Compares the old text with the new one. Where several items have the same text, each tick that is missing counts.
    pub fn between(old: &str, new: &str) -> Self {
        let (mut ticks, mut boxes) = (HashMap::new(), HashMap::new());
        for item in all_items(new) {
            *boxes.entry(item.text.clone()).or_insert(0_usize) += 1;
            *ticks.entry(item.text).or_insert(0_usize) += usize::from(item.checked);
        }
        let mut unticked = Vec::new();
        for item in all_items(old).into_iter().filter(|item| item.checked) {
            // An item that the new text does not have at all was taken out on purpose, and not unticked.
            let Some(boxes) = boxes.get_mut(&item.text).filter(|boxes| **boxes > 0) else {
                continue;
            };
            *boxes -= 1;
            match ticks.get_mut(&item.text) {
                Some(ticks) if *ticks > 0 => *ticks -= 1,
                _ => unticked.push(item.text),
            }
        }
        let kept: HashSet<String> = headings(new).into_iter().collect();
        let mut lost = HashSet::new();
        let headings = headings(old)
            .into_iter()
            .filter(|heading| !kept.contains(heading) && lost.insert(heading.clone()))
            .collect();
        Self { unticked, headings }
    }

    /// Whether the new text takes nothing away.
    pub fn is_empty(&self) -> bool {
        self.unticked.is_empty() && self.headings.is_empty()
    }
}

/// The titles of the headings of a text outside code.
fn headings(text: &str) -> Vec<String> {
    let lines = lines(text);
    let kinds = kinds(&lines);
    let titles = lines
        .iter()
        .zip(kinds)
        .filter_map(|(line, kind)| match kind {
            Kind::Heading(_) => parse_heading(line.text).map(|(_, title)| title),
            Kind::UnderlinedHeading(_) => Some(line.text.trim()),
            _ => None,
        });
    titles.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(old: &str, new: &str) -> (Vec<String>, Vec<String>) {
        let losses = Losses::between(old, new);
        (losses.unticked, losses.headings)
    }

    #[test]
    fn items_that_are_unticked_are_lost_and_items_that_are_gone_are_not() {
        let old = "- [x] a\n- [X] b\n- [ ] c\n- [x] d";
        assert_eq!(losses(old, "* [ ] a\n* [x] b\n* [x] c").0, ["a"]);
        assert!(Losses::between(old, old).is_empty());
        assert_eq!(losses("- [x] a\n- [x] a", "- [ ] a\n- [x] a").0, ["a"]);
        assert_eq!(losses("- [x] a\n- [ ] a", "- [x] a\n- [ ] a").0, [""; 0]);
    }

    #[test]
    fn headings_are_compared_without_their_level() {
        let old = "# Plan\n\n## Steps\n\n```\n# code\n```\n\n### Notes";
        assert_eq!(losses(old, "## Plan\n\n# Notes").1, ["Steps"]);
        assert_eq!(losses(old, "nothing").1, ["Plan", "Steps", "Notes"]);
    }
}

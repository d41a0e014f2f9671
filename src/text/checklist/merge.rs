//! Merges a description that several writers changed at the same time: keeps every box that any of them ticked or
//! unticked, and the lines that any of them changed.

use std::collections::HashMap;
use std::ops::Range;

use super::{all_items, is_counter, with_marks};

/// A description to which several writers write without seeing the changes of the others. Each starts from some
/// earlier text, which is not known.
#[derive(Debug)]
pub struct Merge {
    /// The boxes of the first text, until another text is added.
    first: Option<HashMap<ItemKey, bool>>,
    /// The state that a changed box has, whoever changed it: ticked or not.
    changed: bool,
    /// The lines, without ticks, of every text that a writer may have started from.
    seen: Vec<Vec<String>>,
}

/// The result of merging two texts.
#[derive(Debug, PartialEq, Eq)]
pub struct Merged {
    /// The text with the changes of both.
    pub text: String,
    /// Whether lines of our text were dropped because the other writer changed the same lines.
    pub dropped: bool,
    /// The texts of items whose change the other writer may have undone. The merged text keeps the change.
    pub doubtful: Vec<String>,
}

/// The identity of an item: its text, and its number among the items with the same text.
type ItemKey = (String, usize);

impl Merge {
    /// Starts with the text that the issue has at first. `ticks` says whether our change ticks boxes or unticks them.
    /// Other writers are expected to do the same.
    pub fn of(first: &str, ticks: bool) -> Self {
        Self {
            first: Some(marks(first).collect()),
            changed: ticks,
            seen: vec![comparable_lines(first)],
        }
    }

    /// Merges the changes of `theirs` with our text. A box that is ticked in either text is ticked in the result,
    /// because the other text may have been made before the tick. (Where our change unticks boxes, a box that is
    /// unticked in either text is unticked.) A tick that somebody removed therefore comes back. The field `doubtful` of
    /// the result lists such items, but only for the first text that is added, and only where that text ticks nothing.
    ///
    /// The lines of each text are compared with the earlier text that differs least from `theirs`; where several differ
    /// equally little, with the latest of them. A line that differs counts as changed.
    pub fn add(&mut self, ours: &str, theirs: &str) -> Merged {
        let (our_lines, their_lines) = (comparable_lines(ours), comparable_lines(theirs));
        let mut merged_lines = split_lines(theirs);
        let mut dropped = false;
        let nearest = self
            .seen
            .iter()
            .rev()
            .min_by_key(|base| Hunk::between(base, &their_lines).size());
        if let Some(base) = nearest {
            let our_change = Hunk::between(base, &our_lines);
            let their_change = Hunk::between(base, &their_lines);
            if our_lines == their_lines || our_change.size() == 0 {
                // The other text contains all changes.
            } else if their_change.size() == 0 {
                merged_lines = split_lines(ours);
            } else if let Some(joined) =
                our_change.joined(&their_change, split_lines(ours), split_lines(theirs))
            {
                merged_lines = joined;
            } else if our_change.old == their_change.old && our_change.old.is_empty() {
                // Both have added lines at the same place. Theirs come first.
                let added = their_lines.get(their_change.new.clone());
                let is_blank = |line: &String| line.trim().is_empty();
                let is_added = |line: &String| added.is_some_and(|added| added.contains(line));
                let own = split_lines(ours).into_iter().zip(&our_lines);
                let own = own.skip(our_change.new.start).take(our_change.new.len());
                let own: Vec<(&str, &String)> = own
                    .filter(|(_, line)| is_blank(line) || !is_added(line))
                    .collect();
                if !own.iter().all(|(_, line)| is_blank(line)) {
                    let end = their_change.new.end;
                    merged_lines.splice(end..end, own.into_iter().map(|(line, _)| line));
                }
            } else {
                let our_new_lines = our_lines.get(our_change.new.clone()).unwrap_or_default();
                dropped = our_new_lines.iter().any(|line| !their_lines.contains(line));
            }
        }
        let their_marks: HashMap<ItemKey, bool> = marks(theirs).collect();
        // The items that are changed in the first text but not in theirs. There are none unless theirs is the first
        // text that is added and changes no other item.
        let first = self.first.take().unwrap_or_default();
        let was_changed = |key: &ItemKey| first.get(key) == Some(&self.changed);
        let changes_more = their_marks
            .iter()
            .any(|(key, checked)| *checked == self.changed && !was_changed(key));
        let doubtful = their_marks
            .iter()
            .filter(|(key, checked)| !changes_more && **checked != self.changed && was_changed(key))
            .map(|((text, _), _)| text.clone())
            .collect();
        let mut wanted: HashMap<ItemKey, bool> = marks(ours).collect();
        for (key, checked) in their_marks {
            let mark = wanted.entry(key).or_insert(checked);
            if checked == self.changed {
                *mark = checked;
            }
        }
        let mut merged = String::with_capacity(ours.len().max(theirs.len()));
        for line in merged_lines {
            // The last line of a text, which has no line break, may now stand in front of another line.
            if !merged.is_empty() && !merged.ends_with('\n') {
                merged.push('\n');
            }
            merged.push_str(line);
        }
        let boxes = all_items(&merged).into_iter().zip(marks(&merged));
        let changes = boxes.filter_map(|(item, (key, checked))| {
            let wanted = *wanted.get(&key)?;
            (wanted != checked).then_some((item.mark, wanted))
        });
        let text = with_marks(&merged, changes);
        // The merged text is the latest one.
        self.seen
            .extend([our_lines, their_lines, comparable_lines(&text)]);
        Merged {
            text,
            dropped,
            doubtful,
        }
    }
}

/// Whether two texts have the same lines and the same boxes ticked. The progress lines, and how a bullet or a tick is
/// written, do not count.
pub fn is_alike(one: &str, other: &str) -> bool {
    comparable_lines(one) == comparable_lines(other) && marks(one).eq(marks(other))
}

/// The lines that differ between two texts, from the first to the last.
struct Hunk {
    old: Range<usize>,
    new: Range<usize>,
}

impl Hunk {
    /// The lines that differ between the two texts.
    fn between(old: &[String], new: &[String]) -> Self {
        let is_same = |(one, other): &(&String, &String)| one == other;
        let start = old.iter().zip(new).take_while(is_same).count();
        let rest = (old.len() - start).min(new.len() - start);
        let pairs = old.iter().rev().zip(new.iter().rev()).take(rest);
        let end = pairs.take_while(is_same).count();
        Self {
            old: start..old.len() - end,
            new: start..new.len() - end,
        }
    }

    /// The number of lines that are removed and added.
    fn size(&self) -> usize {
        self.old.len() + self.new.len()
    }

    /// Our lines with the other change applied; `None` where the two changes overlap.
    fn joined<'t>(
        &self,
        other: &Self,
        ours: Vec<&'t str>,
        theirs: Vec<&'t str>,
    ) -> Option<Vec<&'t str>> {
        let at = if other.old.end <= self.old.start && other.old != self.old {
            other.old.clone()
        } else if self.old.end <= other.old.start && other.old != self.old {
            let moved = |at: usize| at - self.old.len() + self.new.len();
            moved(other.old.start)..moved(other.old.end)
        } else {
            return None;
        };
        let mut lines = ours;
        let new = theirs.get(other.new.clone())?.to_vec();
        (at.end <= lines.len()).then(|| lines.splice(at, new).count())?;
        Some(lines)
    }
}

/// The lines of a text, each with its line break.
fn split_lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The lines of a text with every box unticked. A progress line becomes blank.
fn comparable_lines(text: &str) -> Vec<String> {
    let unticked = all_items(text).into_iter().map(|item| (item.mark, false));
    let unmarked = with_marks(text, unticked);
    let lines = unmarked.lines().map(str::trim_end);
    lines
        .map(|line| match is_counter(line) {
            true => String::new(),
            false => line.to_owned(),
        })
        .collect()
}

/// Every box of a text, and whether it is ticked.
fn marks(text: &str) -> impl Iterator<Item = (ItemKey, bool)> {
    let mut numbers: HashMap<String, usize> = HashMap::new();
    all_items(text).into_iter().map(move |item| {
        let number = numbers.entry(item.text.clone()).or_default();
        *number += 1;
        ((item.text, *number), item.checked)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(ticked: &[usize]) -> String {
        let line = |at: usize| {
            format!(
                "* [{}] item {at}\n",
                if ticked.contains(&at) { 'X' } else { ' ' }
            )
        };
        (0..6).map(line).collect()
    }

    fn ticked(text: &str) -> Vec<usize> {
        let items = all_items(text).into_iter().enumerate();
        items
            .filter(|(_, item)| item.checked)
            .map(|(at, _)| at)
            .collect()
    }

    #[test]
    fn boxes_of_all_who_started_from_any_text_are_kept() {
        let mut merge = Merge::of(&list(&[0]), true);
        let one = merge.add(&list(&[0, 1]), &list(&[0, 2]));
        assert_eq!(ticked(&one.text), [0, 1, 2]);
        // This one knows neither 1 nor 2.
        let two = merge.add(&one.text, &list(&[0, 3]));
        assert_eq!(ticked(&two.text), [0, 1, 2, 3]);
        // Nor does this one, which may have taken off a tick or not know it.
        let three = merge.add(&two.text, &list(&[]));
        assert_eq!(ticked(&three.text), [0, 1, 2, 3]);
    }

    #[test]
    fn a_line_at_the_end_of_a_text_stays_a_line_of_its_own() {
        let mut merge = Merge::of("* a\n* b", true);
        let merged = merge.add("* x\n* a\n* b", "* a\n* b\n* c");
        assert_eq!(merged.text, "* x\n* a\n* b\n* c");
    }

    #[test]
    fn ticks_that_were_taken_off_come_back_and_are_told() {
        let merged = Merge::of(&list(&[0, 1]), true).add(&list(&[0, 1]), &list(&[1]));
        assert_eq!(ticked(&merged.text), [0, 1]);
        assert_eq!(merged.doubtful, ["item 0"]);
        let merged = Merge::of(&list(&[0, 1]), true).add(&list(&[0, 1]), &list(&[1, 2]));
        assert_eq!(ticked(&merged.text), [0, 1, 2]);
        assert!(merged.doubtful.is_empty());
    }

    #[test]
    fn who_unticks_takes_others_to_untick() {
        let mut merge = Merge::of(&list(&[0, 1, 2, 3]), false);
        let one = merge.add(&list(&[1, 2, 3]), &list(&[0, 2, 3]));
        assert_eq!(ticked(&one.text), [2, 3]);
        let two = merge.add(&one.text, &list(&[0, 1, 3]));
        assert_eq!(ticked(&two.text), [3]);
    }

    #[test]
    fn lines_that_somebody_changed_are_kept_beside_boxes() {
        let base = list(&[]);
        let edited = format!("Intro\n{base}");
        for (own, theirs) in [(&list(&[1]), &edited), (&edited, &list(&[1]))] {
            let merged = Merge::of(&base, true).add(own, theirs);
            assert!(is_alike(&merged.text, &format!("Intro\n{}", list(&[1]))));
            assert!(!merged.dropped);
        }
        let merged = Merge::of(&base, true).add(&edited, &format!("{base}Outro\n"));
        assert_eq!(merged.text, format!("Intro\n{base}Outro\n"));
        let merged = Merge::of(&base, true).add(&edited, &format!("Other\n{base}"));
        assert_eq!(
            (merged.text, merged.dropped),
            (format!("Other\nIntro\n{base}"), false)
        );
    }

    #[test]
    fn lines_that_both_added_at_the_same_place_are_kept_once() {
        let merge = |ours, theirs| Merge::of("Log\n\n* a", true).add(ours, theirs);
        let merged = merge("Log\n\n* a\n* b\n* c", "Log\n\n* a\n* c\n* d");
        assert_eq!(merged.text, "Log\n\n* a\n* c\n* d\n* b\n");
        assert!(!merged.dropped);
        let merged = merge("Log\n\n* a\n\nOurs", "Log\n\n* a\n\nTheirs");
        assert_eq!(merged.text, "Log\n\n* a\n\nTheirs\n\nOurs");
        // The same line was changed.
        let merged = merge("Log\n\n* b", "Log\n\n* c");
        assert_eq!((merged.text.as_str(), merged.dropped), ("Log\n\n* c", true));
    }

    #[test]
    fn counters_and_the_form_of_marks_do_not_count_as_changes() {
        let one = "## Checklist\n- [x] a\n\nProgress: 100% (1/1 completed)\nLast updated: now";
        assert!(is_alike(
            one,
            &one.replace("[x]", "[X]").replace("now", "then")
        ));
        assert!(!is_alike(one, &one.replace("[x]", "[ ]")));
        assert!(!is_alike(one, &one.replace("] a", "] b")));
    }

    proptest! {
        #[test]
        fn no_box_is_lost_whoever_starts_where(writers in prop::collection::vec((0_usize..6, any::<prop::sample::Index>()), 1..8)) {
            let mut texts = vec![list(&[])];
            let mut merge = Merge::of(&list(&[]), true);
            let mut own = list(&[]);
            let mut all = std::collections::BTreeSet::new();
            for (item, from) in writers {
                let mut theirs = ticked(&texts[from.index(texts.len())]);
                theirs.push(item);
                all.extend(theirs.iter().copied());
                let theirs = list(&theirs);
                own = merge.add(&own, &theirs).text;
                texts.extend([theirs, own.clone()]);
                prop_assert_eq!(ticked(&own), all.iter().copied().collect::<Vec<_>>());
            }
        }

        #[test]
        fn any_texts_are_put_together(first in "([a-c\\n]|\\* \\[[ x]\\] [ab]\\n){0,8}", own in "([a-c\\n]|\\* \\[[ x]\\] [ab]\\n){0,8}", theirs in "([a-c\\n]|\\* \\[[ x]\\] [ab]\\n){0,8}") {
            let merged = Merge::of(&first, true).add(&own, &theirs);
            let same = Merge::of(&first, true).add(&first, &theirs);
            prop_assert_eq!(comparable_lines(&same.text), comparable_lines(&theirs));
            prop_assert!(merged.dropped || comparable_lines(&merged.text).len() <= comparable_lines(&own).len() + comparable_lines(&theirs).len() + 1);
        }
    }
}

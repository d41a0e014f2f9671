//! Merges a description that several writers changed at the same time: keeps every box that any of them ticked or
//! unticked, and the lines that any of them changed.

use std::collections::{HashMap, HashSet};

use super::{all_items, is_counter, with_marks};

/// A description to which several writers write without seeing the changes of the others. Each starts from some
/// earlier text, which is not known.
#[derive(Debug)]
pub struct Merge {
    /// The boxes of the first text, until another text is added.
    first: Option<HashMap<ItemKey, bool>>,
    /// The state that a changed box has, whoever changed it: ticked or not.
    changed: bool,
    /// Every text that a writer may have started from.
    seen: Vec<SeenText>,
    /// The lines of all these texts.
    known: HashSet<String>,
    /// The lines that were missing from a text which has nothing in their place, and whether a text has had the line
    /// since. Such a text may have been made before the line was added.
    missing: HashMap<String, bool>,
}

/// A text that a writer may have started from.
#[derive(Debug)]
struct SeenText {
    /// The lines, without ticks.
    lines: Vec<String>,
    /// Whether the text has a line that no earlier text has, so that a text with all of its lines was made from it.
    has_new_lines: bool,
}

/// The result of merging two texts.
#[derive(Debug, PartialEq, Eq)]
pub struct Merged {
    /// The text with the changes of both.
    pub text: String,
    /// Whether both texts put other lines in place of the same line, so that the merged text has the lines of both.
    pub doubled: bool,
    /// The texts of items whose change the other writer may have undone. The merged text keeps the change.
    pub doubtful: Vec<String>,
}

/// The identity of an item: its text, and its number among the items with the same text.
type ItemKey = (String, usize);

impl Merge {
    /// Starts with the text that the issue has at first. `ticks` says whether our change ticks boxes or unticks them.
    /// Other writers are expected to do the same.
    pub fn of(first: &str, ticks: bool) -> Self {
        let lines = comparable_lines(first);
        Self {
            first: Some(marks(first).collect()),
            changed: ticks,
            known: lines.iter().cloned().collect(),
            seen: vec![SeenText {
                lines,
                has_new_lines: true,
            }],
            missing: HashMap::new(),
        }
    }

    /// Merges the changes of `theirs` with our text. A box that is ticked in either text is ticked in the result,
    /// because the other text may have been made before the tick. (Where our change unticks boxes, a box that is
    /// unticked in either text is unticked.) A tick that somebody removed therefore comes back. The field `doubtful` of
    /// the result lists such items, but only for the first text that is added, and only where that text ticks nothing.
    ///
    /// Both texts are compared, line by line, with the text that `theirs` was most likely made from (`Merge::base`). A
    /// line that either text adds is in the result, and a line that either text removes is not, unless a later text has it
    /// again. Where both put other lines in place of the same line, the lines of both are in the result.
    pub fn add(&mut self, ours: &str, theirs: &str) -> Merged {
        let their_lines = comparable_lines(theirs);
        let base = self.base(&their_lines).to_vec();
        let (merged, doubled) = merge_lines(&base, ours, theirs, &mut self.missing);
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
        let boxes = all_items(&merged).into_iter().zip(marks(&merged));
        let changes = boxes.filter_map(|(item, (key, checked))| {
            let wanted = *wanted.get(&key)?;
            (wanted != checked).then_some((item.mark, wanted))
        });
        let text = with_marks(&merged, changes);
        // The merged text is the latest one.
        for lines in [their_lines, comparable_lines(&text)] {
            let mut has_new_lines = false;
            for line in &lines {
                has_new_lines |= self.known.insert(line.clone());
            }
            self.seen.push(SeenText {
                lines,
                has_new_lines,
            });
        }
        Merged {
            text,
            doubled,
            doubtful,
        }
    }

    /// Returns the lines of the text that `theirs` was most likely made from: the latest text to which `theirs` only adds
    /// lines, or else the text that differs in the fewest lines. Where somebody has added a line, a text without the line
    /// was rather made before, by a writer who did not know of the line, than by a writer who has removed it again. The
    /// order of the lines, and blank lines, do not count: two writers who add lines at the same place order them
    /// differently.
    fn base(&self, theirs: &[String]) -> &[String] {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for line in theirs.iter().filter(|line| !line.is_empty()) {
            *counts.entry(line).or_default() += 1;
        }
        let lines: usize = counts.values().sum();
        // The number of lines that theirs does not have, and the number of lines that it has in common.
        let compare = |seen: &SeenText| {
            let mut left = counts.clone();
            let (mut removed, mut common) = (0, 0);
            for line in seen.lines.iter().filter(|line| !line.is_empty()) {
                match left.get_mut(line.as_str()).filter(|count| **count > 0) {
                    Some(count) => {
                        *count -= 1;
                        common += 1;
                    }
                    None => removed += 1,
                }
            }
            (removed, common)
        };
        let latest_first = || self.seen.iter().rev();
        let is_extended = |seen: &&SeenText| seen.has_new_lines && compare(seen).0 == 0;
        let difference = |seen: &&SeenText| {
            let (removed, common) = compare(seen);
            removed + lines - common
        };
        let base = latest_first().find(is_extended);
        let base = base.or_else(|| latest_first().min_by_key(difference));
        base.map(|seen| seen.lines.as_slice()).unwrap_or_default()
    }
}

/// Whether two texts have the same lines and the same boxes ticked. The progress lines, and how a bullet or a tick is
/// written, do not count.
pub fn is_alike(one: &str, other: &str) -> bool {
    comparable_lines(one) == comparable_lines(other) && marks(one).eq(marks(other))
}

/// The most pairs of lines that are compared to find the lines that two texts have in common. Beyond it, all lines between
/// the first and the last that differ count as changed.
const MAX_PAIRS: usize = 4_000_000;

/// How a text differs from the text that it was made from, the base.
struct Difference<'t> {
    /// The lines that stand in front of each line of the base, and after the last one. Each is the line as it is compared,
    /// and the line as it stands in the text.
    added: Vec<Vec<(&'t str, &'t str)>>,
    /// The line of the text for each line of the base, or `None` if the line was removed.
    kept: Vec<Option<&'t str>>,
}

impl<'t> Difference<'t> {
    /// Compares a text, given by its comparable lines and its lines, with the base.
    fn between(base: &[&str], comparable: &'t [String], lines: &[&'t str]) -> Self {
        let mut difference = Self {
            added: vec![Vec::new(); base.len() + 1],
            kept: vec![None; base.len()],
        };
        let comparable: Vec<&str> = comparable.iter().map(String::as_str).collect();
        let mut common = common_lines(base, &comparable, |_| true)
            .into_iter()
            .peekable();
        let mut gap = 0;
        for (at, (comparable, line)) in comparable.iter().zip(lines).enumerate() {
            if let Some((old, _)) = common.next_if(|(_, new)| *new == at) {
                if let Some(kept) = difference.kept.get_mut(old) {
                    *kept = Some(line);
                }
                gap = old + 1;
            } else if let Some(added) = difference.added.get_mut(gap) {
                added.push((comparable, line));
            }
        }
        difference
    }
}

/// Merges two texts that were made from the same base. Returns the merged text, and whether both have other lines in place
/// of the same line of the base.
fn merge_lines(
    base: &[String],
    ours: &str,
    theirs: &str,
    missing: &mut HashMap<String, bool>,
) -> (String, bool) {
    let (our_lines, their_lines) = (comparable_lines(ours), comparable_lines(theirs));
    let base_lines: Vec<&str> = base.iter().map(String::as_str).collect();
    let ours = Difference::between(&base_lines, &our_lines, &split_lines(ours));
    let ends_in_break = theirs.is_empty() || theirs.ends_with('\n');
    let theirs = Difference::between(&base_lines, &their_lines, &split_lines(theirs));
    // The lines that they have added, by how often. A line of ours that is among them is not added once more, although it
    // may stand elsewhere.
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (line, _) in theirs.added.iter().flatten() {
        *known.entry(line).or_default() += 1;
    }
    let mut merged: Vec<&str> = Vec::new();
    let mut doubled = false;
    let removed_by_both = |at: usize| {
        let removed = |kept: &[Option<&str>]| kept.get(at).is_some_and(Option::is_none);
        removed(&ours.kept) && removed(&theirs.kept)
    };
    for (at, (our_added, their_added)) in ours.added.iter().zip(&theirs.added).enumerate() {
        let common = common_lines(our_added, their_added, |(line, _)| !line.is_empty());
        let replaces = removed_by_both(at) || at.checked_sub(1).is_some_and(removed_by_both);
        let (mut our_rest, mut their_rest) = (our_added.iter(), their_added.iter());
        let (mut our_at, mut their_at) = (0, 0);
        let ends = common.into_iter().map(Some).chain([None]);
        for end in ends {
            let (our_end, their_end) = end.unwrap_or((our_added.len(), their_added.len()));
            let theirs: Vec<_> = their_rest.by_ref().take(their_end - their_at).collect();
            let mut ours: Vec<_> = our_rest.by_ref().take(our_end - our_at).collect();
            ours.retain(|(line, _)| {
                let count = known.get_mut(line).filter(|count| **count > 0);
                let is_known = !line.is_empty() && count.is_some();
                if let Some(count) = count.filter(|_| is_known) {
                    *count -= 1;
                }
                !is_known
            });
            let is_blank = |lines: &[&(&str, &str)]| lines.iter().all(|(line, _)| line.is_empty());
            doubled |= replaces && !is_blank(&ours) && !is_blank(&theirs);
            merged.extend(theirs.iter().map(|(_, line)| *line));
            // Blank lines of both would stand there twice.
            if theirs.is_empty() || !is_blank(&ours) {
                merged.extend(ours.iter().map(|(_, line)| *line));
            }
            if end.is_some() {
                our_rest.next();
                if let Some((line, whole)) = their_rest.next() {
                    merged.push(whole);
                    if let Some(count) = known.get_mut(line) {
                        *count = count.saturating_sub(1);
                    }
                }
            }
            (our_at, their_at) = (our_end + 1, their_end + 1);
        }
        let (Some(line), Some(our_line), Some(their_line)) =
            (base.get(at), ours.kept.get(at), theirs.kept.get(at))
        else {
            continue;
        };
        let state = missing.get_mut(line);
        match (our_line, their_line) {
            (Some(_), Some(kept)) => merged.push(kept),
            (None, Some(kept)) => {
                if let Some(is_back) = state {
                    *is_back = true;
                    merged.push(kept);
                }
            }
            (Some(kept), None) if state.is_some_and(|is_back| *is_back) => merged.push(kept),
            (_, None) => {
                let gaps = theirs.added.get(at..at + 2).unwrap_or_default();
                let is_replaced = gaps.iter().flatten().any(|(line, _)| !line.is_empty());
                if !is_replaced && !line.is_empty() {
                    missing.entry(line.clone()).or_default();
                }
            }
        }
    }
    let mut text = String::new();
    for line in merged {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(line);
    }
    if !ends_in_break && text.ends_with('\n') {
        text.pop();
    }
    (text, doubled)
}

/// Returns the places of the lines that two texts have in common, in both texts in the same order: as many of them as there
/// can be. Lines that do not satisfy `counts` are never taken for common ones.
fn common_lines<T: PartialEq>(
    old: &[T],
    new: &[T],
    counts: impl Fn(&T) -> bool,
) -> Vec<(usize, usize)> {
    let is_common = |old: &T, new: &T| old == new && counts(old);
    let start = old
        .iter()
        .zip(new)
        .take_while(|(old, new)| is_common(old, new))
        .count();
    let rest = (old.len() - start).min(new.len() - start);
    let ends = old.iter().rev().zip(new.iter().rev()).take(rest);
    let end = ends.take_while(|(old, new)| is_common(old, new)).count();
    let old_middle = old.get(start..old.len() - end).unwrap_or_default();
    let new_middle = new.get(start..new.len() - end).unwrap_or_default();
    let mut common: Vec<(usize, usize)> = (0..start).map(|at| (at, at)).collect();
    let width = new_middle.len() + 1;
    if old_middle.len().saturating_mul(width) <= MAX_PAIRS {
        // `lengths` has the number of common lines of the rests of both texts from each pair of places on.
        let mut lengths = vec![0_u32; (old_middle.len() + 1) * width];
        let length = |lengths: &[u32], row: usize, column: usize| {
            lengths
                .get(row * width + column)
                .copied()
                .unwrap_or_default()
        };
        for (row, old) in old_middle.iter().enumerate().rev() {
            for (column, new) in new_middle.iter().enumerate().rev() {
                let longest = if is_common(old, new) {
                    length(&lengths, row + 1, column + 1) + 1
                } else {
                    length(&lengths, row + 1, column).max(length(&lengths, row, column + 1))
                };
                if let Some(cell) = lengths.get_mut(row * width + column) {
                    *cell = longest;
                }
            }
        }
        let (mut row, mut column) = (0, 0);
        while let (Some(old), Some(new)) = (old_middle.get(row), new_middle.get(column)) {
            if is_common(old, new) {
                common.push((start + row, start + column));
                (row, column) = (row + 1, column + 1);
            } else if length(&lengths, row + 1, column) >= length(&lengths, row, column + 1) {
                row += 1;
            } else {
                column += 1;
            }
        }
    }
    common.extend(
        (0..end)
            .rev()
            .map(|at| (old.len() - 1 - at, new.len() - 1 - at)),
    );
    common
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
            assert!(!merged.doubled);
        }
        let merged = Merge::of(&base, true).add(&edited, &format!("{base}Outro\n"));
        assert_eq!(merged.text, format!("Intro\n{base}Outro\n"));
        let merged = Merge::of(&base, true).add(&edited, &format!("Other\n{base}"));
        assert_eq!(
            (merged.text, merged.doubled),
            (format!("Other\nIntro\n{base}"), false)
        );
    }

    #[test]
    fn lines_that_two_put_in_place_of_the_same_line_stand_both() {
        let merge = |ours, theirs| {
            let merged = Merge::of("one\ntwo\nthree", true).add(ours, theirs);
            (merged.text, merged.doubled)
        };
        assert_eq!(
            merge("one\n2\nthree", "one\nzwei\nthree"),
            ("one\nzwei\n2\nthree".to_owned(), true)
        );
        assert_eq!(
            merge("1\ntwo\nthree", "one\nzwei\nthree"),
            ("1\nzwei\nthree".to_owned(), false)
        );
        assert_eq!(
            merge("one\nthree", "one\ntwo\nthree\nfour"),
            ("one\nthree\nfour".to_owned(), false)
        );
    }

    #[test]
    fn lines_that_a_later_text_does_not_know_are_kept() {
        let mut merge = Merge::of("Log\n\nEnd", true);
        let one = merge.add("Log\n\nEnd", "Log\n* a\n\nEnd");
        // This one knows b, and not a; the next one has both, in another order.
        let two = merge.add(&one.text, "Log\n* b\n\nEnd");
        assert_eq!(two.text, "Log\n* b\n* a\n\nEnd");
        let three = merge.add(&two.text, "Log\n* a\n* b\n* c\n\nEnd");
        assert_eq!(three.text, "Log\n* a\n* b\n* c\n\nEnd");
        let four = merge.add(&three.text, "Log\n\nEnd\n\nLast paragraph");
        assert_eq!(four.text, "Log\n* a\n* b\n* c\n\nEnd\n\nLast paragraph");
        let five = merge.add(&four.text, "Log\n\nEnd\n\nOther paragraph");
        assert_eq!(
            five.text,
            "Log\n* a\n* b\n* c\n\nEnd\n\nOther paragraph\n\nLast paragraph"
        );
        assert!(!five.doubled);
    }

    #[test]
    fn a_line_that_its_writer_goes_on_to_change_is_there_once() {
        let mut merge = Merge::of("a\nb\nc", true);
        let one = merge.add("a\nb\nc", "a\nB\nc");
        let two = merge.add(&one.text, "a\nBB\nc");
        let three = merge.add(&two.text, "a\nBBB\nd\nc");
        assert_eq!(three.text, "a\nBBB\nd\nc");
        assert!(!two.doubled && !three.doubled);
        // This one was made before the line was changed.
        let four = merge.add(&three.text, "a\nb\nc\ne");
        assert_eq!(four.text, "a\nBBB\nd\nc\ne");
    }

    #[test]
    fn a_line_that_is_missing_for_a_while_was_not_removed() {
        // The text that is read first has b, which the next one was made without; its writer is about to write b back.
        let mut merge = Merge::of("a\nb\nc", true);
        let one = merge.add("a\nb\nc", "a\nc\nd");
        assert_eq!(one.text, "a\nc\nd");
        let two = merge.add(&one.text, "a\nb\nc\nd\ne");
        assert_eq!(two.text, "a\nb\nc\nd\ne");
        let three = merge.add(&two.text, "a\nc\nd");
        assert_eq!(three.text, "a\nb\nc\nd\ne");
        // This one has b, and does not know d.
        let mut merge = Merge::of("a\nb\nc", true);
        let one = merge.add("a\nb\nc", "a\nc\nd");
        let two = merge.add(&one.text, "a\nb\nc\ne");
        assert_eq!(two.text, "a\nb\nc\ne\nd");
        // A line that no later text has was removed.
        let mut merge = Merge::of("a\nb\nc", true);
        let one = merge.add("a\nb\nc", "a\nc");
        assert_eq!(merge.add(&one.text, "a\nc\nd").text, "a\nc\nd");
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
        fn no_added_line_is_lost_whoever_starts_where(writers in prop::collection::vec((0_usize..4, any::<prop::sample::Index>()), 1..8)) {
            let base = "Intro\n\n* step 0\n* step 1\n\n## Log\n\n* begun\n\nEnd";
            let places = ["Intro", "* step 0", "* begun", "End"];
            let mut texts = vec![base.to_owned()];
            let mut merge = Merge::of(base, true);
            let mut own = base.to_owned();
            for (line, (place, from)) in writers.into_iter().enumerate() {
                let anchor = places[place];
                let theirs = texts[from.index(texts.len())].replacen(anchor, &format!("{anchor}\n* line {line}"), 1);
                let merged = merge.add(&own, &theirs);
                prop_assert!(!merged.doubled);
                own = merged.text;
                texts.extend([theirs, own.clone()]);
                let mut lines: Vec<&str> = own.lines().collect();
                lines.retain(|line| line.starts_with("* line "));
                lines.sort_unstable();
                let expected: Vec<String> = (0..=line).map(|line| format!("* line {line}")).collect();
                prop_assert_eq!(&lines, &expected, "{}", own);
                let rest: Vec<&str> = own.lines().filter(|line| !line.starts_with("* line ")).collect();
                prop_assert_eq!(rest, base.lines().collect::<Vec<_>>());
            }
        }

        #[test]
        fn any_texts_are_put_together(first in "([a-c\\n]|\\* \\[[ x]\\] [ab]\\n){0,8}", own in "([a-c\\n]|\\* \\[[ x]\\] [ab]\\n){0,8}", theirs in "([a-c\\n]|\\* \\[[ x]\\] [ab]\\n){0,8}") {
            let merged = Merge::of(&first, true).add(&own, &theirs);
            let same = Merge::of(&first, true).add(&first, &theirs);
            prop_assert_eq!(comparable_lines(&same.text), comparable_lines(&theirs));
            prop_assert!(comparable_lines(&merged.text).len() <= comparable_lines(&own).len() + comparable_lines(&theirs).len() + 1);
        }
    }
}

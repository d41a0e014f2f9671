//! What several writers made of one description at the same moment, put together: every box that anybody ticked or
//! unticked, and the lines that anybody changed.

use std::collections::HashMap;
use std::ops::Range;

use super::progress::is_counter;
use super::{Item, items, prose, with_marks};

/// A description that several write to, none of whom sees what the others do. Each starts from some earlier text, which
/// is not known.
#[derive(Debug)]
pub struct Merge {
    /// The boxes as they were at first, until another text is added.
    first: Option<HashMap<Key, bool>>,
    /// How a box stands that a change of it is known by, whoever made it.
    changed: bool,
    /// The lines of every text that anybody may have started from, without their marks.
    seen: Vec<Vec<String>>,
}

/// Two texts put together.
#[derive(Debug, PartialEq, Eq)]
pub struct Merged {
    /// The text with the changes of both.
    pub text: String,
    /// Whether lines of the own text were given up, since the other has changed the same lines.
    pub dropped: bool,
    /// The texts of the items that the other may have taken back a change of. The change stands.
    pub doubtful: Vec<String>,
}

/// What an item goes by: its text, and its number among those of the same text.
type Key = (String, usize);

impl Merge {
    /// Begins with the text that is there at first. `ticks` tells whether the own work ticks boxes or unticks them; that
    /// is what others are taken to do, too.
    pub fn of(first: &str, ticks: bool) -> Self {
        Self {
            first: Some(marks(first).collect()),
            changed: ticks,
            seen: vec![bare(first)],
        }
    }

    /// Puts the changes of `theirs` together with the `own` text. A box that is ticked in either text is ticked in the
    /// result, because the other text may have been made before the tick. (Where the own work unticks boxes, a box that is
    /// unticked in either text is unticked.) So a tick that somebody took off comes back; `doubtful` of the result has such
    /// items of the first text that is added, where it ticks nothing. What lines were changed is told by the earlier text
    /// that `theirs` is nearest to; of several, by the latest.
    pub fn add(&mut self, own: &str, theirs: &str) -> Merged {
        let (own_lines, their_lines) = (bare(own), bare(theirs));
        let mut whole = lines_of(theirs);
        let mut dropped = false;
        let nearest = self
            .seen
            .iter()
            .rev()
            .min_by_key(|base| Hunk::between(base, &their_lines).size());
        if let Some(base) = nearest {
            let mine = Hunk::between(base, &own_lines);
            let other = Hunk::between(base, &their_lines);
            if own_lines == their_lines || mine.size() == 0 {
                // Theirs are all there is.
            } else if other.size() == 0 {
                whole = lines_of(own);
            } else if let Some(joined) = mine.joined(&other, lines_of(own), lines_of(theirs)) {
                whole = joined;
            } else {
                let lost = own_lines.get(mine.new.clone()).unwrap_or_default();
                dropped = lost.iter().any(|line| !their_lines.contains(line));
            }
        }
        let other: HashMap<Key, bool> = marks(theirs).collect();
        let doubtful = self.taken_back(&other);
        let mut wanted: HashMap<Key, bool> = marks(own).collect();
        for (key, checked) in other {
            let mark = wanted.entry(key).or_insert(checked);
            if checked == self.changed {
                *mark = checked;
            }
        }
        let text = marked(&whole.concat(), &wanted);
        // What both make is the latest.
        self.seen.extend([own_lines, their_lines, bare(&text)]);
        Merged {
            text,
            dropped,
            doubtful,
        }
    }

    /// Returns the texts of the items that had the change in the first text and lack it in `theirs`, where `theirs` is the
    /// first text that is added and makes the change of no other item.
    fn taken_back(&mut self, theirs: &HashMap<Key, bool>) -> Vec<String> {
        let first = self.first.take().unwrap_or_default();
        let before = |key: &Key| first.get(key).copied();
        let adds = |(key, checked): (&Key, &bool)| {
            *checked == self.changed && before(key) != Some(self.changed)
        };
        if theirs.iter().any(adds) {
            return Vec::new();
        }
        let back = theirs.iter().filter(|(key, checked)| {
            **checked != self.changed && before(key) == Some(self.changed)
        });
        back.map(|((text, _), _)| text.clone()).collect()
    }
}

/// Whether two texts have the same lines and the same boxes ticked, but for the lines that count them and for how a
/// bullet or a mark is written.
pub fn is_alike(one: &str, other: &str) -> bool {
    bare(one) == bare(other) && marks(one).eq(marks(other))
}

/// What was changed between two texts: from the first line that differs to the last.
struct Hunk {
    old: Range<usize>,
    new: Range<usize>,
}

impl Hunk {
    fn between(old: &[String], new: &[String]) -> Self {
        let same = |(one, other): &(&String, &String)| one == other;
        let start = old.iter().zip(new).take_while(same).count();
        let rest = (old.len() - start).min(new.len() - start);
        let pairs = old.iter().rev().zip(new.iter().rev()).take(rest);
        let end = pairs.take_while(same).count();
        Self {
            old: start..old.len() - end,
            new: start..new.len() - end,
        }
    }

    /// How many lines it takes out and puts in.
    fn size(&self) -> usize {
        self.old.len() + self.new.len()
    }

    /// The own lines with the other change made in them, where the two changes are apart.
    fn joined<'t>(
        &self,
        other: &Self,
        own: Vec<&'t str>,
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
        let mut lines = own;
        let new = theirs.get(other.new.clone())?.to_vec();
        (at.end <= lines.len()).then(|| lines.splice(at, new).count())?;
        Some(lines)
    }
}

fn lines_of(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The lines of a text with every box unticked; those that count the boxes or tell the time are all the same.
fn bare(text: &str) -> Vec<String> {
    let unticked = all_items(text).into_iter().map(|item| (item.mark, false));
    let bare = with_marks(text, unticked);
    let lines = bare.lines().map(str::trim_end);
    lines
        .map(|line| match is_counter(line) {
            true => String::new(),
            false => line.to_owned(),
        })
        .collect()
}

fn all_items(text: &str) -> Vec<Item> {
    items(prose(text).iter())
}

/// Every box of a text.
fn marks(text: &str) -> impl Iterator<Item = (Key, bool)> {
    let mut numbers: HashMap<String, usize> = HashMap::new();
    all_items(text).into_iter().map(move |item| {
        let number = numbers.entry(item.text.clone()).or_default();
        *number += 1;
        ((item.text, *number), item.checked)
    })
}

/// The text with its boxes as wanted.
fn marked(text: &str, wanted: &HashMap<Key, bool>) -> String {
    let changes = all_items(text).into_iter().zip(marks(text));
    let changes = changes.filter_map(|(item, (key, checked))| {
        let wanted = *wanted.get(&key)?;
        (wanted != checked).then_some((item.mark, wanted))
    });
    with_marks(text, changes)
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
            assert!(!merged.dropped);
        }
        let merged = Merge::of(&base, true).add(&edited, &format!("{base}Outro\n"));
        assert_eq!(merged.text, format!("Intro\n{base}Outro\n"));
        let merged = Merge::of(&base, true).add(&edited, &format!("Other\n{base}"));
        assert_eq!(
            (merged.text, merged.dropped),
            (format!("Other\n{base}"), true)
        );
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
            prop_assert_eq!(bare(&same.text), bare(&theirs));
            prop_assert!(merged.dropped || bare(&merged.text).len() <= bare(&own).len() + bare(&theirs).len() + 1);
        }
    }
}

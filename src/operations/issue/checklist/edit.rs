//! Which items are meant, and the description with their boxes set.

use serde_json::{Value, json};

use crate::cache::fold;
use crate::error::{Code, Error};
use crate::params::Text;
use crate::text::checklist::{Checklist, Item, with_progress};

/// How many items an error lists.
const LISTED: usize = 50;

/// What is to be done, whatever the description says when it is done.
#[derive(Debug)]
pub(super) struct Job {
    /// Each item's index and text, as they were when it was chosen.
    pub wanted: Vec<(usize, String)>,
    /// Whether the boxes are to be ticked.
    pub checked: bool,
    /// The line that tells the time.
    pub stamp: Option<String>,
    /// Whether a comment tells of it.
    pub comment: bool,
}

/// A description with its boxes set.
#[derive(Debug)]
pub(super) struct Edit {
    /// The new text; the old one where nothing changed.
    pub text: String,
    /// The checklist as it was.
    pub before: Checklist,
    /// The indices of the items whose box changed.
    pub changed: Vec<usize>,
    /// How many items were right already.
    pub correct: usize,
    completed: usize,
}

impl Job {
    /// The work done on that text. An item that no longer stands where it stood is looked for by its text; `None` when
    /// one is not there any more, or several are that could be meant.
    pub(super) fn again(&self, description: &str) -> Option<Edit> {
        let before = Checklist::parse(description)?;
        let mut places = Vec::new();
        for (index, text) in &self.wanted {
            places.push(place(&before, *index, text)?);
        }
        let (changed, right): (Vec<usize>, Vec<usize>) = places.into_iter().partition(|index| {
            let item = before.items.get(*index);
            item.is_some_and(|item| item.checked != self.checked)
        });
        let completed = if self.checked {
            before.completed() + changed.len()
        } else {
            before.completed() - changed.len()
        };
        let text = if changed.is_empty() {
            description.to_owned()
        } else {
            let marked = before.with_marks(description, &changed, self.checked);
            with_progress(&marked, self.stamp.as_deref())
        };
        Some(Edit {
            text,
            before,
            changed,
            correct: right.len(),
            completed,
        })
    }

    /// A text with the boxes of the work as they are in another one, wherever both have them.
    pub(super) fn undone(&self, text: &str, as_in: &str) -> String {
        let (Some(list), Some(other)) = (Checklist::parse(text), Checklist::parse(as_in)) else {
            return text.to_owned();
        };
        let both = self.wanted.iter().filter_map(|(index, wanted)| {
            let at = place(&list, *index, wanted)?;
            let was = other.items.get(place(&other, *index, wanted)?)?.checked;
            Some((at, was))
        });
        let (on, off): (Vec<_>, Vec<_>) = both.partition(|(_, was)| *was);
        let indices = |of: Vec<(usize, bool)>| of.into_iter().map(|(at, _)| at).collect::<Vec<_>>();
        // A mark is one byte, whatever it is, so the places stay the same.
        let text = list.with_marks(text, &indices(on), true);
        list.with_marks(&text, &indices(off), false)
    }
}

fn place(list: &Checklist, index: usize, text: &str) -> Option<usize> {
    if list.items.get(index).is_some_and(|item| item.text == text) {
        return Some(index);
    }
    let mut same = positions(list, |item| item.text == text);
    let first = same.next()?;
    same.next().is_none().then_some(first)
}

fn positions<'l>(
    list: &'l Checklist,
    fits: impl Fn(&Item) -> bool + 'l,
) -> impl Iterator<Item = usize> + 'l {
    let items = list.items.iter().enumerate();
    items
        .filter(move |(_, item)| fits(item))
        .map(|(index, _)| index)
}

impl Edit {
    /// How many items are ticked now.
    pub(super) fn completed(&self) -> usize {
        self.completed
    }

    /// How many items there are.
    pub(super) fn total(&self) -> usize {
        self.before.total()
    }

    /// The ticked share in percent now.
    pub(super) fn progress(&self) -> usize {
        crate::text::checklist::share(self.completed, self.total())
    }

    /// The items that changed, as they were, with their indices.
    pub(super) fn items(&self) -> impl Iterator<Item = (usize, &Item)> {
        let changed = self.changed.iter();
        changed.filter_map(|index| Some((*index, self.before.items.get(*index)?)))
    }
}

/// The chosen items with the texts that they have.
pub(super) fn named(list: &Checklist, chosen: Vec<usize>) -> Vec<(usize, String)> {
    let text = |index: usize| Some((index, list.items.get(index)?.text.clone()));
    chosen.into_iter().filter_map(text).collect()
}

/// The positions of the items that are meant, in order and each once.
///
/// # Errors
/// INVALID_INDICES for a position past the end or a text that no item has, AMBIGUOUS_IDENTIFIER for a text that
/// several have.
pub(super) fn choose(
    list: &Checklist,
    indices: &[usize],
    texts: &[Text],
    issue: &str,
) -> Result<Vec<usize>, Error> {
    let past: Vec<usize> = indices
        .iter()
        .copied()
        .filter(|index| *index >= list.total())
        .collect();
    if !past.is_empty() {
        let last = list.total() - 1;
        let message = format!("The checklist of '{issue}' has items 0 to {last}");
        return Err(invalid(message, list, issue).detail("invalid_indices", past));
    }
    let mut chosen = indices.to_vec();
    for text in texts {
        chosen.push(called(list, text.as_str(), issue)?);
    }
    chosen.sort_unstable();
    chosen.dedup();
    Ok(chosen)
}

/// The item with that text, else the one that has it in its text.
fn called(list: &Checklist, text: &str, issue: &str) -> Result<usize, Error> {
    let wanted = fold(text);
    let mut found: Vec<usize> = positions(list, |item| fold(&item.text) == wanted).collect();
    if found.is_empty() && !wanted.is_empty() {
        found = positions(list, |item| fold(&item.text).contains(&wanted)).collect();
    }
    match found.as_slice() {
        [one] => Ok(*one),
        [] => {
            let message = format!("The checklist of '{issue}' has no item '{text}'");
            Err(invalid(message, list, issue).detail("invalid_items", vec![text]))
        }
        several => {
            let message = format!("'{text}' matches {} items of the checklist", several.len());
            let candidates = shown(list, several.iter().copied());
            Err(Error::new(Code::AmbiguousIdentifier, message)
                .detail("input", text)
                .detail("candidates", candidates)
                .suggest("Give the item's index in 'indices'"))
        }
    }
}

fn invalid(message: String, list: &Checklist, issue: &str) -> Error {
    let all = 0..list.total();
    Error::new(Code::InvalidIndices, message)
        .detail("available_indices", all.clone().collect::<Vec<_>>())
        .detail("available_items", shown(list, all.take(LISTED)))
        .suggest(format!(
            "Use one of these indices; get_issue {issue} with fields: [checklist] shows every item"
        ))
}

fn shown(list: &Checklist, indices: impl Iterator<Item = usize>) -> Vec<Value> {
    let row = |index: usize| {
        let item = list.items.get(index)?;
        Some(json!({"index": index, "content": item.text}))
    };
    indices.filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(wanted: &[(usize, &str)]) -> Job {
        Job {
            wanted: wanted
                .iter()
                .map(|(index, text)| (*index, (*text).to_owned()))
                .collect(),
            checked: true,
            stamp: None,
            comment: false,
        }
    }

    #[test]
    fn an_item_that_has_moved_is_found_by_its_text() {
        let edit = job(&[(0, "b")]).again("- [ ] a\n- [ ] b").unwrap();
        assert_eq!(edit.changed, [1]);
        assert_eq!(edit.text, "- [ ] a\n- [x] b");
    }

    #[test]
    fn an_item_that_is_gone_or_there_twice_is_not_guessed() {
        assert!(job(&[(0, "c")]).again("- [ ] a\n- [ ] b").is_none());
        assert!(
            job(&[(0, "b")])
                .again("- [ ] a\n- [ ] b\n- [ ] b")
                .is_none()
        );
        assert!(job(&[(0, "a")]).again("no list").is_none());
        let same = job(&[(1, "b")]).again("- [ ] b\n- [ ] b").unwrap();
        assert_eq!(same.changed, [1]);
    }
}

//! Finds the chosen items of a checklist and sets their boxes in the description.

use serde_json::{Value, json};

use crate::cache::fold;
use crate::error::{Code, Error};
use crate::operations::text_write::TextChange;
use crate::params::Text;
use crate::text::checklist::{Checklist, Item, with_progress};
use crate::text::edit::Repeat;

/// The number of items that an error lists.
const LISTED_ITEMS: usize = 50;

/// The change to a checklist that the request asks for. It can be applied again to a description that somebody else has
/// edited meanwhile.
#[derive(Debug)]
pub(super) struct ChecklistChange {
    /// The index and the text of each chosen item in the description that was read first.
    pub items: Vec<(usize, String)>,
    /// Whether the boxes are to be ticked.
    pub checked: bool,
    /// The line below the checklist that shows the time of the change.
    pub stamp: Option<String>,
    /// Whether to add a comment on the change.
    pub comment: bool,
}

/// A description in which the change has been made.
#[derive(Debug)]
pub(super) struct Edit {
    /// The new description; the old one if no box changed.
    pub text: String,
    /// The checklist before the change.
    pub before: Checklist,
    /// The indices of the items whose box changed.
    pub changed: Vec<usize>,
    /// The number of chosen items whose box already had the requested state.
    pub correct: usize,
    /// The number of ticked items after the change.
    completed: usize,
}

impl TextChange for ChecklistChange {
    type Edit = Edit;

    fn apply(&self, text: &str, _: Repeat) -> Result<Edit, String> {
        // A box that is set already stays as it is, so the change can be applied to any text.
        let edit = ChecklistChange::apply(self, text);
        edit.ok_or_else(|| "the checklist, or one of the items, is gone".to_owned())
    }

    fn edited(edit: &Edit) -> &str {
        &edit.text
    }

    /// Returns `theirs` in which the boxes of the chosen items have the state that they have in `reference`. An item
    /// that is missing from one of the two texts keeps its box.
    fn without_own(&self, theirs: &str, reference: &str) -> String {
        self.with_boxes_of(theirs, reference)
    }

    fn ticks(&self) -> bool {
        self.checked
    }
}

impl ChecklistChange {
    /// Applies the change to the description. Returns `None` if the description has no checklist, or if an item cannot
    /// be found again: an item that has moved is found by its text, unless no item or several items have that text.
    pub(super) fn apply(&self, description: &str) -> Option<Edit> {
        let before = Checklist::parse(description)?;
        let mut indices = Vec::new();
        for (index, text) in &self.items {
            indices.push(find_again(&before, *index, text)?);
        }
        let (changed, correct): (Vec<usize>, Vec<usize>) = indices.into_iter().partition(|index| {
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
            correct: correct.len(),
            completed,
        })
    }

    /// Returns `text` in which the boxes of the chosen items have the state that they have in `reference`. An item that
    /// is missing from one of the two texts keeps its box.
    pub(super) fn with_boxes_of(&self, text: &str, reference: &str) -> String {
        let (Some(list), Some(other)) = (Checklist::parse(text), Checklist::parse(reference))
        else {
            return text.to_owned();
        };
        let (mut ticked, mut unticked) = (Vec::new(), Vec::new());
        for (index, item) in &self.items {
            let Some(index_in_other) = find_again(&other, *index, item) else {
                continue;
            };
            let (Some(index), Some(item)) = (
                find_again(&list, *index, item),
                other.items.get(index_in_other),
            ) else {
                continue;
            };
            if item.checked {
                ticked.push(index);
            } else {
                unticked.push(index);
            }
        }
        // Both marks are one byte long, so the positions in `list` stay valid after the first call.
        let text = list.with_marks(text, &ticked, true);
        list.with_marks(&text, &unticked, false)
    }
}

/// Returns the index of the item that had this index and text in another version of the list, or `None` if the item is
/// gone or cannot be told from another item.
fn find_again(list: &Checklist, index: usize, text: &str) -> Option<usize> {
    if list.items.get(index).is_some_and(|item| item.text == text) {
        return Some(index);
    }
    let mut same_text = indices_where(list, |item| item.text == text);
    let first = same_text.next()?;
    same_text.next().is_none().then_some(first)
}

/// Returns the indices of the items for which the condition holds.
fn indices_where<'l>(
    list: &'l Checklist,
    condition: impl Fn(&Item) -> bool + 'l,
) -> impl Iterator<Item = usize> + 'l {
    let items = list.items.iter().enumerate();
    items
        .filter(move |(_, item)| condition(item))
        .map(|(index, _)| index)
}

impl Edit {
    /// The number of items that are ticked after the change.
    pub(super) fn completed(&self) -> usize {
        self.completed
    }

    /// The number of items.
    pub(super) fn total(&self) -> usize {
        self.before.total()
    }

    /// The share of items that are ticked after the change, in percent.
    pub(super) fn progress(&self) -> usize {
        crate::text::checklist::share(self.completed, self.total())
    }

    /// The changed items in their state before the change, each with its index.
    pub(super) fn changed_items(&self) -> impl Iterator<Item = (usize, &Item)> {
        let changed = self.changed.iter();
        changed.filter_map(|index| Some((*index, self.before.items.get(*index)?)))
    }
}

/// Returns the index and the text of each chosen item, in the order of the list and without duplicates. An item is
/// chosen by its index or by its text; a part of the text is enough if no item has exactly this text.
///
/// # Errors
/// INVALID_INDICES for an index after that of the last item, or for a text that no item has; AMBIGUOUS_IDENTIFIER for a
/// text that several items have.
pub(super) fn choose(
    list: &Checklist,
    indices: &[usize],
    texts: &[Text],
    issue: &str,
) -> Result<Vec<(usize, String)>, Error> {
    let invalid_indices: Vec<usize> = indices
        .iter()
        .copied()
        .filter(|index| *index >= list.total())
        .collect();
    if !invalid_indices.is_empty() {
        let last = list.total() - 1;
        let message = format!("The checklist of '{issue}' has items 0 to {last}");
        let error = no_such_item(message, list, issue);
        return Err(error.detail("invalid_indices", invalid_indices));
    }
    let mut chosen = indices.to_vec();
    for text in texts {
        let text = text.as_str();
        let wanted = fold(text);
        let mut matches: Vec<usize> =
            indices_where(list, |item| fold(&item.text) == wanted).collect();
        if matches.is_empty() && !wanted.is_empty() {
            matches = indices_where(list, |item| fold(&item.text).contains(&wanted)).collect();
        }
        match matches.as_slice() {
            [index] => chosen.push(*index),
            [] => {
                let message = format!("The checklist of '{issue}' has no item '{text}'");
                let error = no_such_item(message, list, issue);
                return Err(error.detail("invalid_items", vec![text]));
            }
            several => {
                let message = format!("'{text}' matches {} items of the checklist", several.len());
                let candidates = item_rows(list, several.iter().copied());
                return Err(Error::new(Code::AmbiguousIdentifier, message)
                    .detail("input", text)
                    .detail("candidates", candidates)
                    .suggest("Give the item's index in 'indices'"));
            }
        }
    }
    chosen.sort_unstable();
    chosen.dedup();
    let text = |index: usize| Some((index, list.items.get(index)?.text.clone()));
    Ok(chosen.into_iter().filter_map(text).collect())
}

/// Returns the error for an item that the checklist lacks, with the items that it has.
fn no_such_item(message: String, list: &Checklist, issue: &str) -> Error {
    let all = 0..list.total();
    Error::new(Code::InvalidIndices, message)
        .detail("available_indices", all.clone().collect::<Vec<_>>())
        .detail("available_items", item_rows(list, all.take(LISTED_ITEMS)))
        .suggest(format!(
            "Use one of these indices; get_issue {issue} with fields: [checklist] shows every item"
        ))
}

/// Returns the items with these indices, in the form in which an error lists them.
fn item_rows(list: &Checklist, indices: impl Iterator<Item = usize>) -> Vec<Value> {
    let row = |index: usize| {
        let item = list.items.get(index)?;
        Some(json!({"index": index, "content": item.text}))
    };
    indices.filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(items: &[(usize, &str)]) -> ChecklistChange {
        ChecklistChange {
            items: items
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
        let edit = change(&[(0, "b")]).apply("- [ ] a\n- [ ] b").unwrap();
        assert_eq!(edit.changed, [1]);
        assert_eq!(edit.text, "- [ ] a\n- [x] b");
    }

    #[test]
    fn an_item_that_is_gone_or_there_twice_is_not_guessed() {
        assert!(change(&[(0, "c")]).apply("- [ ] a\n- [ ] b").is_none());
        assert!(
            change(&[(0, "b")])
                .apply("- [ ] a\n- [ ] b\n- [ ] b")
                .is_none()
        );
        assert!(change(&[(0, "a")]).apply("no list").is_none());
        let same = change(&[(1, "b")]).apply("- [ ] b\n- [ ] b").unwrap();
        assert_eq!(same.changed, [1]);
    }
}

//! Finds the chosen items of a checklist, and changes them in the description.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use crate::cache::fold;
use crate::error::{Code, Error};
use crate::operations::text_write::TextChange;
use crate::params::{List, Text};
use crate::text::checklist::{Checklist, Item, ItemChanges, share, with_changes, with_progress};
use crate::text::edit::Repeat;

/// The number of items that an error lists.
const LISTED_ITEMS: usize = 50;

/// The index and the text of an item in the description that was read first.
pub(super) type ItemRef = (usize, String);

/// The change to a checklist that the request asks for. It can be applied again to a description that somebody else has
/// edited meanwhile.
#[derive(Debug, Default)]
pub(super) struct ChecklistChange {
    /// The items whose box is to be ticked.
    pub ticked: Vec<ItemRef>,
    /// The items whose box is to be unticked.
    pub unticked: Vec<ItemRef>,
    /// The items that are to be removed.
    pub removed: Vec<ItemRef>,
    /// The texts of the items that are to be added.
    pub added: Vec<String>,
    /// Whether the change ticks boxes, so that a box which others have ticked stays ticked; `false` where the change
    /// unticks boxes and ticks none.
    pub checked: bool,
    /// The line below the checklist that shows the time of the change.
    pub stamp: Option<String>,
    /// Whether to add a comment on the change.
    pub comment: bool,
}

/// A description in which the change has been made.
#[derive(Debug)]
pub(super) struct Edit {
    /// The new description; the old one if nothing changed.
    pub text: String,
    /// The checklist before the change.
    pub before: Checklist,
    /// The indices of the items whose box changed.
    pub changed: Vec<usize>,
    /// The number of chosen items whose box already had the requested state.
    pub correct: usize,
    /// The indices that the removed items had.
    pub removed: Vec<usize>,
    /// The added items, each with its index after the change.
    pub added: Vec<(usize, String)>,
    /// The texts that were not added, because the checklist has such an item already.
    pub present: Vec<String>,
    /// The number of ticked items after the change.
    completed: usize,
    /// The number of items after the change.
    total: usize,
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
    /// Applies the change to the description. Returns `None` if an item cannot be found again: an item that has moved is
    /// found by its text, unless no item or several items have that text. An item that is to be removed and is gone needs
    /// no change, and an item that is to be added is left out if there is one with its text.
    ///
    /// Also returns `None` if an item that is to be removed has a nested item that is not to be removed, and if the
    /// description has no place where an item can be added.
    pub(super) fn apply(&self, description: &str) -> Option<Edit> {
        let before = Checklist::locate(description);
        let find_all = |items: &[ItemRef]| -> Option<Vec<usize>> {
            let indices = items.iter();
            indices
                .map(|(index, text)| find_again(&before, *index, text))
                .collect()
        };
        let (mut ticked, mut unticked) = (find_all(&self.ticked)?, find_all(&self.unticked)?);
        let is_there = |(_, text): &&ItemRef| before.items.iter().any(|item| item.text == *text);
        let there: Vec<ItemRef> = self.removed.iter().filter(is_there).cloned().collect();
        let removed = find_all(&there)?;
        let mut named: Vec<usize> = [&ticked, &unticked, &removed]
            .into_iter()
            .flatten()
            .copied()
            .collect();
        let number = named.len();
        named.sort_unstable();
        named.dedup();
        // Two items of the request can have become one.
        let is_clear = named.len() == number;
        let lines: Vec<&str> = description.split('\n').collect();
        if !is_clear
            || removed
                .iter()
                .any(|index| kept_sub_item(&before, &lines, *index, &removed).is_some())
        {
            return None;
        }
        let chosen = ticked.len() + unticked.len();
        let is_checked = |index: &usize| before.items.get(*index).is_some_and(|item| item.checked);
        ticked.retain(|index| !is_checked(index));
        unticked.retain(is_checked);
        let mut texts: HashSet<String> = indices_where(&before, |_| true)
            .filter(|index| !removed.contains(index))
            .filter_map(|index| Some(fold(&before.items.get(index)?.text)))
            .collect();
        let added = self.added.iter().cloned();
        let (added, present): (Vec<String>, Vec<String>) =
            added.partition(|text| texts.insert(fold(text)));
        let mut changed = [ticked.as_slice(), &unticked].concat();
        changed.sort_unstable();
        let changes = ItemChanges {
            ticked,
            unticked,
            removed,
            added,
        };
        let text = with_changes(description, &changes)?;
        let text = match text == description {
            true => text,
            false => with_progress(&text, self.stamp.as_deref()),
        };
        let after = Checklist::locate(&text);
        let added = changes.added.into_iter().filter_map(|text| {
            let index = indices_where(&after, |item| fold(&item.text) == fold(&text)).last()?;
            Some((index, text))
        });
        Some(Edit {
            correct: chosen - changed.len(),
            changed,
            removed: changes.removed,
            added: added.collect(),
            present,
            completed: after.completed(),
            total: after.total(),
            before,
            text,
        })
    }

    /// Returns `text` in which the boxes of the chosen items have the state that they have in `reference`, and without
    /// the items that this change adds, unless `reference` has them. An item that is missing from one of the two texts
    /// keeps its box.
    pub(super) fn with_boxes_of(&self, text: &str, reference: &str) -> String {
        let (list, other) = (Checklist::locate(text), Checklist::locate(reference));
        let lines: Vec<&str> = text.split('\n').collect();
        let mut changes = ItemChanges::default();
        for (index, item) in self.ticked.iter().chain(&self.unticked) {
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
                changes.ticked.push(index);
            } else {
                changes.unticked.push(index);
            }
        }
        let added: HashSet<String> = self.added.iter().map(|text| fold(text)).collect();
        let other_texts: HashSet<String> =
            other.items.iter().map(|item| fold(&item.text)).collect();
        changes.removed = indices_where(&list, |item| {
            let text = fold(&item.text);
            added.contains(&text) && !other_texts.contains(&text)
        })
        .filter(|index| list.sub_items(&lines, *index).is_empty())
        .collect();
        with_changes(text, &changes).unwrap_or_else(|| text.to_owned())
    }
}

/// Returns the index of a nested item that would lose the item around it, because the item with this index is removed and
/// the nested item is not.
fn kept_sub_item(
    list: &Checklist,
    lines: &[&str],
    index: usize,
    removed: &[usize],
) -> Option<usize> {
    list.sub_items(lines, index)
        .find(|nested| !removed.contains(nested))
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
    /// Whether the description needs no change.
    pub(super) fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.removed.is_empty() && self.added.is_empty()
    }

    /// The number of items that are ticked after the change.
    pub(super) fn completed(&self) -> usize {
        self.completed
    }

    /// The number of items after the change.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// The share of items that are ticked after the change, in percent.
    pub(super) fn progress(&self) -> usize {
        share(self.completed, self.total)
    }

    /// The items whose box changed, in their state before the change, each with its index.
    pub(super) fn changed_items(&self) -> impl Iterator<Item = (usize, &Item)> {
        self.items_before(&self.changed)
    }

    /// The removed items, each with the index that it had.
    pub(super) fn removed_items(&self) -> impl Iterator<Item = (usize, &Item)> {
        self.items_before(&self.removed)
    }

    fn items_before<'e>(&'e self, indices: &'e [usize]) -> impl Iterator<Item = (usize, &'e Item)> {
        let indices = indices.iter();
        indices.filter_map(|index| Some((*index, self.before.items.get(*index)?)))
    }
}

/// What becomes of a chosen item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Ticked,
    Unticked,
    Removed,
}

/// The items that one parameter of the request names.
#[derive(Debug)]
pub(super) struct Selection<'p> {
    /// The parameter in which an item can be named by its index.
    pub param: &'static str,
    /// What becomes of the items.
    pub fate: Fate,
    /// The indices of items.
    pub indices: Vec<usize>,
    /// The texts of items.
    pub texts: Vec<&'p str>,
}

impl<'p> Selection<'p> {
    /// Returns the selection of a parameter that takes indices and texts in one list: digits alone are an index.
    pub(super) fn mixed(param: &'static str, fate: Fate, items: Option<&'p List<Text>>) -> Self {
        let (mut indices, mut texts) = (Vec::new(), Vec::new());
        for item in items.into_iter().flatten() {
            let text = item.as_str().trim();
            let is_index = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            match text.parse() {
                Ok(index) if is_index => indices.push(index),
                _ => texts.push(item.as_str()),
            }
        }
        Self {
            param,
            fate,
            indices,
            texts,
        }
    }

    /// Returns the index and the text of each chosen item, in the order of the list and without duplicates. An item is
    /// chosen by its index or by its text; a part of the text is enough if no item has exactly this text, and the item is
    /// not removed.
    ///
    /// # Errors
    /// INVALID_INDICES for an index after that of the last item, or for a text that no item has; AMBIGUOUS_IDENTIFIER for
    /// a text that several items have.
    pub(super) fn choose(&self, list: &Checklist, issue: &str) -> Result<Vec<ItemRef>, Error> {
        let indices = self.indices.iter().copied();
        let invalid_indices: Vec<usize> = indices.filter(|index| *index >= list.total()).collect();
        if !invalid_indices.is_empty() {
            let last = list.total() - 1;
            let message = format!("The checklist of '{issue}' has items 0 to {last}");
            let error = no_such_item(message, list, issue);
            return Err(error.detail("invalid_indices", invalid_indices));
        }
        let mut chosen = self.indices.clone();
        for text in &self.texts {
            let wanted = fold(text);
            let mut matches: Vec<usize> =
                indices_where(list, |item| fold(&item.text) == wanted).collect();
            if matches.is_empty() && !wanted.is_empty() && self.fate != Fate::Removed {
                matches = indices_where(list, |item| fold(&item.text).contains(&wanted)).collect();
            }
            match matches.as_slice() {
                [index] => chosen.push(*index),
                [] => {
                    let message = format!("The checklist of '{issue}' has no item '{text}'");
                    let error = no_such_item(message, list, issue);
                    return Err(error.detail("invalid_items", vec![*text]));
                }
                several => {
                    let message =
                        format!("'{text}' matches {} items of the checklist", several.len());
                    let candidates = item_rows(list, several.iter().copied());
                    return Err(Error::new(Code::AmbiguousIdentifier, message)
                        .detail("input", *text)
                        .detail("candidates", candidates)
                        .suggest(format!("Give the item's index in '{}'", self.param)));
                }
            }
        }
        chosen.sort_unstable();
        chosen.dedup();
        let text = |index: usize| Some((index, list.items.get(index)?.text.clone()));
        Ok(chosen.into_iter().filter_map(text).collect())
    }
}

/// Checks that nothing contradictory is to become of an item that is named in the same way in two selections.
///
/// # Errors
/// INVALID_PARAM with the item and the two parameters.
pub(super) fn check_selections(selections: &[Selection<'_>]) -> Result<(), Error> {
    let names = selections.iter().flat_map(|selection| {
        let indices = selection.indices.iter();
        let indices = indices.map(|index| (index.to_string(), index.to_string()));
        let texts = selection.texts.iter();
        // A text of digits alone is not an index here, and must not be taken for one.
        let texts = texts.map(|text| (format!("'{}", fold(text)), (*text).to_owned()));
        let named = indices.chain(texts);
        named.map(move |(name, shown)| (selection, name, shown))
    });
    check_fates(names)
}

/// Checks that nothing contradictory is to become of an item that is chosen in two selections.
///
/// # Errors
/// INVALID_PARAM with the item and the two parameters.
pub(super) fn check_chosen(chosen: &[(&Selection<'_>, Vec<ItemRef>)]) -> Result<(), Error> {
    check_fates(chosen.iter().flat_map(|(selection, items)| {
        let items = items.iter();
        items.map(move |(index, text)| (*selection, index.to_string(), text.clone()))
    }))
}

/// Checks that two selections which name the same item want the same for it. Each name has its selection and the text by
/// which the error shows the item.
fn check_fates<'s, 'p: 's>(
    names: impl Iterator<Item = (&'s Selection<'p>, String, String)>,
) -> Result<(), Error> {
    let mut first: HashMap<String, &Selection<'_>> = HashMap::new();
    for (selection, name, shown) in names {
        let earlier = *first.entry(name).or_insert(selection);
        if earlier.fate != selection.fate {
            let (one, other) = (earlier.param, selection.param);
            let message = format!("The item '{shown}' stands in '{one}' and in '{other}'");
            return Err(Error::new(Code::InvalidParam, message)
                .detail("param", other)
                .detail("given", shown)
                .suggest(format!("Name the item in '{one}' or in '{other}' alone")));
        }
    }
    Ok(())
}

/// Checks that no item is removed from around a nested item that stays. `lines` are the lines of the description.
///
/// # Errors
/// INVALID_PARAM with the nested items.
pub(super) fn check_nesting(
    list: &Checklist,
    lines: &[&str],
    removed: &[ItemRef],
) -> Result<(), Error> {
    let indices: Vec<usize> = removed.iter().map(|(index, _)| *index).collect();
    let Some((index, text)) = removed
        .iter()
        .find(|(index, _)| kept_sub_item(list, lines, *index, &indices).is_some())
    else {
        return Ok(());
    };
    let kept = list
        .sub_items(lines, *index)
        .filter(|nested| !indices.contains(nested));
    let kept: Vec<usize> = kept.collect();
    let message = format!("The item '{text}' has nested items that are not to be removed");
    Err(Error::new(Code::InvalidParam, message)
        .detail("param", "remove_items")
        .detail("given", *index)
        .detail(
            "nested_items",
            item_rows(list, kept.into_iter().take(LISTED_ITEMS)),
        )
        .suggest("Name its nested items in 'remove_items' too, or leave the item out"))
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

    fn refs(items: &[(usize, &str)]) -> Vec<ItemRef> {
        let items = items.iter();
        items
            .map(|(index, text)| (*index, (*text).to_owned()))
            .collect()
    }

    fn change(items: &[(usize, &str)]) -> ChecklistChange {
        ChecklistChange {
            ticked: refs(items),
            checked: true,
            ..ChecklistChange::default()
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

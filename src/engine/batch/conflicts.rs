//! Items that would write the same field of one issue: whichever came last would win, so neither is run.

use std::collections::BTreeSet;

use super::item::Item;
use super::target::Target;
use crate::error::{Code, Error};
use crate::resolve::is_uuid;

/// The parameters of `update_issue` that set no field: which issue, whether to tell what changes, and since when it
/// must not have changed.
const NO_FIELDS: [&str; 3] = ["issue_id", "changes", "if_unchanged_since"];

/// What an item does to an issue.
enum Writing {
    /// Sets these of its fields.
    Fields(Vec<String>),
    /// Ticks boxes in its description, one after the other on the text as it is then.
    Boxes,
    /// Archives, restores or deletes all of it.
    Whole,
    /// Adds something to it.
    Addition,
}

impl Writing {
    fn of(item: &Item) -> Self {
        let spec = &item.entry.spec;
        match spec.name {
            "archive_issue" | "unarchive_issue" | "delete_issue" => Self::Whole,
            "update_checklist_items" => Self::Boxes,
            "update_issue" => {
                let given = item.canonical.as_ref().ok();
                let fields = item.entry.signature().fields.iter();
                let own = fields.filter(|field| !field.shared);
                let own = own.filter(|field| !NO_FIELDS.contains(&field.name.as_str()));
                let set =
                    own.filter(|field| given.is_some_and(|given| given.contains_key(&field.name)));
                Self::Fields(set.map(|field| field.name.clone()).collect())
            }
            _ => Self::Addition,
        }
    }

    /// What both would write.
    fn clash(&self, other: &Self) -> Option<String> {
        match (self, other) {
            (Self::Whole, _) | (_, Self::Whole) => Some("the whole issue".to_owned()),
            (Self::Fields(set), Self::Boxes) | (Self::Boxes, Self::Fields(set)) => {
                let text = set.iter().find(|field| *field == "description");
                text.cloned()
            }
            (Self::Fields(first), Self::Fields(second)) => {
                let mut pairs = first
                    .iter()
                    .flat_map(|one| second.iter().map(move |other| (one, other)));
                let (one, _) = pairs.find(|(one, other)| same(one, other))?;
                Some(one.clone())
            }
            (Self::Addition | Self::Boxes, Self::Addition | Self::Boxes)
            | (Self::Fields(_), Self::Addition)
            | (Self::Addition, Self::Fields(_)) => None,
        }
    }
}

/// Whether two parameters write one field. Labels may be added and taken off by several, and replaced by one alone.
fn same(one: &str, other: &str) -> bool {
    let changes = |name: &str| matches!(name, "add_labels" | "remove_labels");
    match (one, other) {
        ("labels", other) | (other, "labels") => other == "labels" || changes(other),
        _ => one == other && !changes(one),
    }
}

/// Checks that no two items write the same field of one issue, unless one refers to the other, be it through others.
///
/// # Errors
/// INVALID_PARAM with both indices.
pub(super) fn check(items: &[Item]) -> Result<(), Error> {
    let before = ancestors(items);
    let writers = writers(items);
    for (place, (later, writing)) in writers.iter().enumerate() {
        for (earlier, other) in writers.iter().take(place) {
            let ordered = before
                .get(later.index)
                .is_some_and(|before| before.contains(&earlier.index));
            if ordered {
                continue;
            }
            if let Some(issue) = shared(later, earlier)
                && let Some(what) = other.clash(writing)
            {
                return Err(conflict(earlier, later, issue, &what));
            }
        }
    }
    Ok(())
}

fn writers(items: &[Item]) -> Vec<(&Item, Writing)> {
    let writers = items.iter().filter(|item| !item.targets().is_empty());
    writers.map(|item| (item, Writing::of(item))).collect()
}

/// The UUIDs of the issues that may be others' that go by their identifiers, where that would matter.
pub(super) fn doubtful(items: &[Item]) -> BTreeSet<String> {
    let writers = writers(items);
    let mut ids = BTreeSet::new();
    for (place, (later, writing)) in writers.iter().enumerate() {
        for (earlier, other) in writers.iter().take(place) {
            if !later.meets(earlier) && other.clash(writing).is_none() {
                continue;
            }
            for (one, two) in pairs(later, earlier).chain(pairs(earlier, later)) {
                if let (Target::Issue(one), Target::Issue(two)) = (one, two)
                    && is_uuid(one)
                    && !is_uuid(two)
                {
                    ids.insert(one.clone());
                }
            }
        }
    }
    ids
}

fn pairs<'i>(one: &'i Item, other: &'i Item) -> impl Iterator<Item = (&'i Target, &'i Target)> {
    let targets = one.targets().iter();
    targets.flat_map(|target| other.targets().iter().map(move |of| (target, of)))
}

/// The issue that both write to.
fn shared<'i>(one: &'i Item, other: &Item) -> Option<&'i Target> {
    let mut targets = one.targets().iter();
    targets.find(|target| other.targets().contains(target))
}

/// For each item all those that it comes after because of what it refers to.
fn ancestors(items: &[Item]) -> Vec<BTreeSet<usize>> {
    let mut all: Vec<BTreeSet<usize>> = Vec::with_capacity(items.len());
    for item in items {
        let mut own: BTreeSet<usize> = item.needs.iter().copied().collect();
        let further = item.needs.iter().filter_map(|place| all.get(*place));
        own.extend(further.flatten().copied().collect::<Vec<_>>());
        all.push(own);
    }
    all
}

fn conflict(earlier: &Item, later: &Item, issue: &Target, what: &str) -> Error {
    let (one, other) = (earlier.index, later.index);
    let named = match issue {
        Target::Issue(id) => format!("'{id}'"),
        Target::Answered(place) => format!("what item {place} answers"),
        Target::Other(_, text) => format!("'{text}'"),
    };
    let message = format!("Items {one} and {other} both write {what} of {named}");
    Error::new(Code::InvalidParam, message)
        .detail("indices", vec![one, other])
        .detail("field", what)
        .suggest("Leave one of the two out, or send it in a later request")
}

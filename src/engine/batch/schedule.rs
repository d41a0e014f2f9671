//! The entities that the items of a batch write to: finding issues that are named in two ways, refusing items that would
//! overwrite each other, and the order in which the items run.

use std::collections::{BTreeSet, HashMap};

use futures::future::join_all;

use super::item::{Item, Target};
use crate::effect::Touches;
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{IssueHead, issue_head};
use crate::resolve::is_uuid;
use crate::session::Context;

/// Replaces the UUID of an issue by its identifier in the targets of the items, where one item names an issue by its UUID,
/// another an issue by its identifier, and the two would conflict if both were the same issue: only Linear knows. That takes
/// one request, and none where no such pair exists. A UUID that Linear does not know stays; its item fails when it runs.
pub(super) async fn identify(cx: &Context<'_>, items: &mut [Item]) {
    let writes = writes(items);
    let mut ids = BTreeSet::new();
    for (place, later) in writes.iter().enumerate() {
        for earlier in writes.iter().take(place) {
            if !later.item.conflicts_with(earlier.item) && earlier.overlap(later).is_none() {
                continue;
            }
            for (one, two) in target_pairs(later.item, earlier.item) {
                match (one, two) {
                    (Target::Issue(one), Target::Issue(two)) if is_uuid(one) != is_uuid(two) => {
                        ids.insert(if is_uuid(one) { one } else { two }.clone());
                    }
                    _ => {}
                }
            }
        }
    }
    let lookups = ids.iter().map(async |id| {
        let head = Part::of::<IssueHead>(issue_head::Variables { id: id.clone() });
        let mut answers = cx.read(&[head]).await.ok()?;
        let answer = answers.take::<IssueHead>(0).ok()?;
        Some((id.clone(), answer.issue.identifier))
    });
    let identifiers: HashMap<String, String> =
        join_all(lookups).await.into_iter().flatten().collect();
    for target in items.iter_mut().flat_map(|item| &mut item.targets) {
        if let Target::Issue(name) = target
            && let Some(identifier) = identifiers.get(name)
        {
            name.clone_from(identifier);
        }
    }
}

/// Returns each pair of an entity that one item writes to and an entity that the other item writes to.
fn target_pairs<'i>(
    one: &'i Item,
    other: &'i Item,
) -> impl Iterator<Item = (&'i Target, &'i Target)> {
    let targets = one.written_targets().iter();
    targets.flat_map(|target| {
        other
            .written_targets()
            .iter()
            .map(move |other| (target, other))
    })
}

/// A writing item, and what it writes of the issue that it names.
struct Write<'i> {
    item: &'i Item,
    part: IssuePart,
}

/// The part of an issue that an item writes: [`Touches`], with the fields that the item's parameters set.
enum IssuePart {
    /// These fields, each under the name of the parameter of `update_issue` that sets it.
    Fields(Vec<String>),
    /// Single items of the list in the description.
    DescriptionItems,
    /// The issue as a whole.
    Whole,
    /// Nothing that another item could overwrite, because the item only adds to the issue.
    Additions,
}

/// Returns the items that write to an entity which they name, each with the part of an issue that it writes.
fn writes(items: &[Item]) -> Vec<Write<'_>> {
    let writing = items
        .iter()
        .filter(|item| !item.written_targets().is_empty());
    let writes = writing.map(|item| {
        let part = match item.entry.spec.touches {
            Touches::Whole => IssuePart::Whole,
            Touches::DescriptionItems => IssuePart::DescriptionItems,
            Touches::Fields(fields) => {
                IssuePart::Fields(fields.iter().map(|field| (*field).to_owned()).collect())
            }
            Touches::FieldsGiven { except } => {
                let given = item.canonical.as_ref().ok();
                let fields = item.entry.signature().fields.iter().filter(|field| {
                    let name = field.name.as_str();
                    let is_given = given.is_some_and(|params| params.contains_key(name));
                    !field.shared && !except.contains(&name) && is_given
                });
                IssuePart::Fields(fields.map(|field| field.name.clone()).collect())
            }
            Touches::Additions | Touches::NoIssue => IssuePart::Additions,
        };
        Write { item, part }
    });
    writes.collect()
}

impl Write<'_> {
    /// Returns the name of the field that both writes would set if they wrote to the same issue; `None` where neither would
    /// overwrite the other.
    fn overlap(&self, other: &Self) -> Option<String> {
        match (&self.part, &other.part) {
            (IssuePart::Whole, _) | (_, IssuePart::Whole) => Some("the whole issue".to_owned()),
            (IssuePart::Fields(fields), IssuePart::DescriptionItems)
            | (IssuePart::DescriptionItems, IssuePart::Fields(fields)) => {
                fields.iter().find(|field| *field == "description").cloned()
            }
            (IssuePart::Fields(fields), IssuePart::Fields(others)) => {
                let field = fields
                    .iter()
                    .find(|field| others.iter().any(|other| set_same_field(field, other)));
                field.cloned()
            }
            _ => None,
        }
    }
}

/// Whether two parameters set the same field. Several items may add and remove labels and subscribers; only one may replace
/// them all. Several items may attach links, and add and remove relations. An issue becomes a duplicate by its state. Several
/// items may edit the description in place, because each edits what the one before has left; but a whole new description would
/// undo the edits.
fn set_same_field(one: &str, other: &str) -> bool {
    let is_label_change = |name: &str| matches!(name, "add_labels" | "remove_labels");
    let is_subscriber_change =
        |name: &str| matches!(name, "add_subscribers" | "remove_subscribers");
    let is_duplicate_change =
        |name: &str| matches!(name, "duplicate_of" | "remove_duplicate_of" | "state");
    let is_entry_change = |name: &str| {
        let lists = ["links", "blocks", "blocked_by", "related_to"];
        let removal = name.strip_prefix("remove_");
        is_label_change(name)
            || is_subscriber_change(name)
            || lists.contains(&removal.unwrap_or(name))
    };
    let is_edit = |name: &str| matches!(name, "patch" | "append" | "prepend" | "replace_section");
    match (one, other) {
        ("labels", other) | (other, "labels") => other == "labels" || is_label_change(other),
        ("subscribers", other) | (other, "subscribers") => {
            other == "subscribers" || is_subscriber_change(other)
        }
        ("duplicate_of", other) | (other, "duplicate_of") => is_duplicate_change(other),
        (edit, other) if is_edit(edit) => other == "description",
        (other, edit) if is_edit(edit) => other == "description",
        _ => one == other && !is_entry_change(one),
    }
}

/// Checks that no two items write the same field of the same issue, because the item that happens to run last would win. Two
/// items may do so where one refers to the other, directly or through further items, because that fixes their order.
///
/// # Errors
/// INVALID_PARAM with both indices.
pub(super) fn check_conflicts(items: &[Item]) -> Result<(), Error> {
    let ancestors = ancestors(items);
    let writes = writes(items);
    for (place, later) in writes.iter().enumerate() {
        for earlier in writes.iter().take(place) {
            let is_ordered = ancestors
                .get(later.item.index)
                .is_some_and(|ancestors| ancestors.contains(&earlier.item.index));
            if is_ordered {
                continue;
            }
            let mut pairs = target_pairs(later.item, earlier.item);
            if let Some((target, _)) = pairs.find(|(one, other)| one == other)
                && let Some(what) = earlier.overlap(later)
            {
                let (first, second) = (earlier.item.index, later.item.index);
                let name = match target {
                    Target::Issue(id) => format!("'{id}'"),
                    Target::Result(place) => format!("what item {place} answers"),
                    Target::Other(_, text) => format!("'{text}'"),
                };
                let message = format!("Items {first} and {second} both write {what} of {name}");
                return Err(Error::new(Code::InvalidParam, message)
                    .detail("indices", vec![first, second])
                    .detail("field", what)
                    .suggest("Leave one of the two out, or send it in a later request"));
            }
        }
    }
    Ok(())
}

/// Returns for each item the places of all items that it refers to, directly or through further items.
fn ancestors(items: &[Item]) -> Vec<BTreeSet<usize>> {
    let mut all: Vec<BTreeSet<usize>> = Vec::with_capacity(items.len());
    for item in items {
        let mut ancestors: BTreeSet<usize> = item.needs.iter().copied().collect();
        for earlier in item.needs.iter().filter_map(|place| all.get(*place)) {
            ancestors.extend(earlier);
        }
        all.push(ancestors);
    }
    all
}

/// Returns the items' places in steps: all items of a step run side by side, and a step begins when the one before is done.
///
/// Neighbours that all write, or all read, form a segment, and no item runs before the previous segment is done. Within a
/// segment an item waits for the items that it refers to, for earlier ones that conflict with it over the same target, and, where it
/// takes a place in the manual order, for earlier ones that do so, too.
pub(super) fn schedule(items: &[Item]) -> Vec<Vec<usize>> {
    let mut steps: Vec<Vec<usize>> = Vec::new();
    let mut step_of: Vec<usize> = Vec::with_capacity(items.len());
    let mut segment_start = 0;
    let mut segment_writes = None;
    for item in items {
        if segment_writes != Some(item.writes()) {
            segment_writes = Some(item.writes());
            segment_start = steps.len();
        }
        let earlier = items.iter().zip(&step_of);
        let awaited = earlier.filter(|(other, _)| {
            let shares_target = || target_pairs(item, other).any(|(target, other)| target == other);
            item.needs.contains(&other.index)
                || (item.conflicts_with(other) && shares_target())
                || (item.takes_place() && other.takes_place())
        });
        let after = awaited.map(|(_, step)| step + 1).max().unwrap_or(0);
        let step = after.max(segment_start);
        if steps.len() <= step {
            steps.resize(step + 1, Vec::new());
        }
        if let Some(places) = steps.get_mut(step) {
            places.push(item.index);
        }
        step_of.push(step);
    }
    steps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::item;
    use super::*;

    fn schedule_of(items: Vec<Value>) -> Vec<Vec<usize>> {
        schedule(&item::read(items).unwrap())
    }

    fn create(title: &str) -> Value {
        json!({"operation": "create_issue", "params": {"team": "ENG", "title": title}})
    }

    #[test]
    fn what_is_independent_runs_at_once_and_reads_wait_for_writes() {
        let read = json!({"operation": "get_issue", "params": {"issue_id": "ENG-1"}});
        let items = vec![
            create("a"),
            create("b"),
            create("${0.identifier}"),
            read.clone(),
            read,
            create("c"),
        ];
        assert_eq!(
            schedule_of(items),
            [vec![0, 1], vec![2], vec![3, 4], vec![5]]
        );
    }

    #[test]
    fn writes_to_one_issue_follow_one_another() {
        let link = |issue: &str| json!({"operation": "link_url", "params": {"issue_id": issue, "url": "https://a.example"}});
        let comment =
            json!({"operation": "create_comment", "params": {"issue_id": "ENG-1", "body": "x"}});
        let update =
            json!({"operation": "update_issue", "params": {"issue_id": "ENG-1", "title": "T"}});
        let check = json!({"operation": "update_checklist_items", "params": {"issue_id": "ENG-1", "indices": [1]}});
        let items = vec![
            link("ENG-1"),
            link("eng-1"),
            link("ENG-2"),
            comment,
            update,
            check,
        ];
        assert_eq!(schedule_of(items), [vec![0, 2, 3, 4], vec![1, 5]]);
    }

    #[test]
    fn changes_of_one_project_or_label_follow_one_another() {
        let change =
            |operation: &str, params: Value| json!({"operation": operation, "params": params});
        let items = vec![
            change("update_project", json!({"project": "Auth", "name": "A"})),
            change(
                "update_project",
                json!({"project": " auth ", "priority": 1}),
            ),
            change("update_project", json!({"project": "Other", "priority": 1})),
            change("update_label", json!({"label": "bug", "name": "Bug"})),
            change("retire_label", json!({"label": "Bug"})),
            change(
                "update_issue",
                json!({"issue_id": "ENG-1", "project": "Auth"}),
            ),
        ];
        assert_eq!(schedule_of(items), [vec![0, 2, 3, 5], vec![1, 4]]);
    }

    proptest! {
        /// Every item runs once, after all that it refers to and after every item of another kind that stands before it.
        #[test]
        fn nothing_runs_before_what_it_waits_for(plan in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>()), 1..40)) {
            let items: Vec<Value> = plan.iter().enumerate().map(|(place, (writes, refers))| {
                let text = match refers.index(place + 1) {
                    earlier if earlier < place => format!("${{{earlier}.id}}"),
                    _ => "x".to_owned(),
                };
                if *writes { create(&text) } else { json!({"operation": "search_issues", "params": {"query": text}}) }
            }).collect();
            let items = item::read(items).unwrap();
            let steps = schedule(&items);
            let step = |place: usize| steps.iter().position(|step| step.contains(&place)).unwrap();
            prop_assert_eq!(steps.iter().map(Vec::len).sum::<usize>(), items.len());
            prop_assert!(steps.iter().all(|step| !step.is_empty()));
            for item in &items {
                prop_assert!(item.needs.iter().all(|place| step(*place) < step(item.index)));
                let others = items.iter().take(item.index).filter(|other| other.writes() != item.writes());
                for other in others {
                    prop_assert!(step(other.index) < step(item.index));
                }
            }
        }
    }
}

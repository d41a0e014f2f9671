//! Labels: by id, name or `group/name`, in the own team first, then its parent teams, then the workspace.

pub mod group;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Picked, Resolvable, apart, named, named_exactly, pick, pick_exact};
use crate::directory::fold;
use crate::error::{Code, Error};
use crate::linear::filter::Filter;
use crate::linear::model::{Label, Team};

impl Resolvable for Label {
    const NOUN: &'static str = "Label";
    const NOT_FOUND: Code = Code::LabelNotFound;
    const AVAILABLE: &'static str = "available_labels";
    const LISTED_BY: Option<&'static str> = Some("list_labels");

    fn name(&self) -> &str {
        &self.name
    }

    fn listed(&self) -> Value {
        Value::from(full_name(self))
    }

    fn told_apart(&self) -> Map<String, Value> {
        let owner = self.team.as_ref().map(|team| team.key.as_str());
        let scope = if owner.is_some() { "team" } else { "workspace" };
        let mut row = apart(json!({
            "name": full_name(self),
            "scope": scope,
            "team": owner,
            "id": self.id,
        }));
        row.retain(|_, value| !value.is_null());
        row
    }
}

/// `group/name`, or the name of a label that belongs to no group.
pub fn full_name(label: &Label) -> String {
    in_group(
        label.parent.as_ref().map(|group| group.name.as_str()),
        &label.name,
    )
}

/// `group/name`, or the name alone.
pub fn in_group(group: Option<&str>, name: &str) -> String {
    match group {
        Some(group) => format!("{group}/{name}"),
        None => name.to_owned(),
    }
}

/// The two halves of `group/name`.
pub fn halves(wanted: &str) -> Option<(&str, &str)> {
    let (group, name) = wanted.split_once('/')?;
    let (group, name) = (group.trim(), name.trim());
    (!group.is_empty() && !name.is_empty()).then_some((group, name))
}

/// The filter that finds a label by what a caller calls it, whatever its team.
pub fn filter(wanted: &str) -> Filter {
    let whole = named(wanted, &["name"]);
    match halves(wanted) {
        Some((group, name)) => Filter::any(vec![
            whole,
            of_group(group, name),
            // The group itself, so that a label missing from it can be made inside it.
            Filter::same_text("name", group),
        ]),
        None => whole,
    }
}

/// The filter for labels by their whole name, `group/name` or id, whatever their team.
pub fn exact(wanted: &str) -> Filter {
    let whole = named_exactly(wanted, &["name"]);
    match halves(wanted) {
        Some((group, name)) => Filter::any(vec![whole, of_group(group, name)]),
        None => whole,
    }
}

fn of_group(group: &str, name: &str) -> Filter {
    Filter::all(vec![
        Filter::same_text("name", name),
        Filter::of("parent", Filter::same_text("name", group)),
    ])
}

/// The filter for what can be used in a team: its own labels, its parents', the workspace's.
pub fn usable_in(team: &Team) -> Filter {
    let ids = std::iter::once(team.id.clone()).chain(team.ancestors.iter().map(|of| of.id.clone()));
    Filter::any(vec![
        Filter::absent("team"),
        Filter::of("team", Filter::one_of("id", ids)),
    ])
}

/// Whether a label can be used in a team.
pub fn is_usable_in(label: &Label, team: &Team) -> bool {
    let of = |id: &str| team.id == id || team.ancestors.iter().any(|ancestor| ancestor.id == id);
    label.team.as_ref().is_none_or(|owner| of(&owner.id))
}

/// The labels by how near they are to the team: its own, those of each parent upwards, the workspace's. Without a
/// team all are equally near.
fn levels(labels: &[Arc<Label>], team: Option<&Team>) -> Vec<Vec<Arc<Label>>> {
    let Some(team) = team else {
        return vec![labels.to_vec()];
    };
    let mut owners: Vec<Option<&str>> = vec![Some(&team.id)];
    owners.extend(team.ancestors.iter().map(|of| Some(of.id.as_str())));
    owners.push(None);
    owners
        .into_iter()
        .map(|owner| {
            let owned = |label: &&Arc<Label>| label.team.as_ref().map(|of| of.id.as_str()) == owner;
            labels.iter().filter(owned).map(Arc::clone).collect()
        })
        .collect()
}

/// How exactly a label has to be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// By its whole name: where a miss would be created, a part of a name means a new label.
    Whole,
    /// A part that no other label has will do.
    Part,
}

/// The label that a name means in a team; the nearest level that has it decides.
pub fn find(
    wanted: &str,
    labels: &[Arc<Label>],
    team: Option<&Team>,
    exactness: Exactness,
) -> Picked<Label> {
    let levels = levels(labels, team);
    for level in &levels {
        match in_level(wanted, level) {
            Picked::None => {}
            found => return found,
        }
    }
    if exactness == Exactness::Part {
        return pick(wanted, &levels.concat());
    }
    Picked::None
}

fn in_level(wanted: &str, level: &[Arc<Label>]) -> Picked<Label> {
    let whole = pick_exact(wanted, level);
    let (Picked::None, Some((group, name))) = (&whole, halves(wanted)) else {
        return whole;
    };
    let of_group: Vec<Arc<Label>> = level
        .iter()
        .filter(|label| {
            label
                .parent
                .as_ref()
                .is_some_and(|parent| fold(&parent.name) == fold(group))
        })
        .map(Arc::clone)
        .collect();
    pick_exact(name, &of_group)
}

/// Says why a label cannot be put on an issue, if it cannot: it is a group, or retired.
///
/// # Errors
/// INVALID_LABEL_NAME, with the group's labels where it is one.
pub fn applicable(label: &Label, labels: &[Arc<Label>]) -> Result<(), Error> {
    if label.is_group {
        let members: Vec<String> = labels
            .iter()
            .filter(|member| {
                member
                    .parent
                    .as_ref()
                    .is_some_and(|group| group.id == label.id)
            })
            .map(|member| full_name(member))
            .collect();
        let message = format!("Label '{}' is a group, which no issue can have", label.name);
        let error =
            Error::new(Code::InvalidLabelName, message).detail("input", label.name.as_str());
        return Err(match members.first() {
            Some(first) => {
                let hint = format!("Use a label of the group: '{first}'");
                error
                    .detail("available_labels", members.clone())
                    .suggest(hint)
            }
            None => error.suggest("Use a label that is no group"),
        });
    }
    if label.retired_at.is_some() {
        let message = format!(
            "Label '{}' is retired and cannot be applied anew",
            full_name(label)
        );
        return Err(Error::new(Code::InvalidLabelName, message)
            .detail("input", label.name.as_str())
            .suggest(
                "Use another label, or restore this one with retire_label and retired: false",
            ));
    }
    Ok(())
}

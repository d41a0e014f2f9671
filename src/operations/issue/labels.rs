//! The labels of an issue: which it can get when it is made, and how an update changes them.

use std::sync::Arc;

use serde_json::Value;

use super::diff;
use crate::error::{Code, Error};
use crate::linear::model::{Issue, Label, Team};
use crate::linear::scalars::IssueUpdateInput;
use crate::operations::label::{self, Ensured};
use crate::params::{LabelSpecs, Refs};
use crate::patch::Patch;
use crate::resolve::Picked;
use crate::resolve::label::{Exactness, applicable, find};
use crate::session::Cx;

/// The ids of the labels that the issue can have. One that cannot be made or applied is left out and told of, and so
/// is a second of one group: Linear would refuse the whole issue (`linear/api.md` §2).
pub(super) fn applied(
    cx: &Cx<'_>,
    among: &[Arc<Label>],
    ensured: &[Ensured],
) -> Patch<Vec<String>> {
    let mut ids: Vec<String> = Vec::new();
    let mut groups: Vec<&str> = Vec::new();
    for of in ensured {
        let usable = of
            .outcome
            .as_ref()
            .map_err(Clone::clone)
            .and_then(|(label, _)| {
                applicable(label, among)?;
                Ok(label)
            });
        let label = match usable {
            Ok(label) => label,
            Err(error) => {
                cx.warn(format!("label '{}' left out: {}", of.wanted, told(&error)));
                cx.part(false);
                continue;
            }
        };
        if let Some(group) = &label.parent {
            if groups.contains(&group.id.as_str()) && !ids.contains(&label.id) {
                cx.warn(format!(
                    "label '{}' left out: an issue can have one label of group '{}' only ({})",
                    of.wanted,
                    group.name,
                    Code::InvalidLabelName.name()
                ));
                cx.part(false);
                continue;
            }
            groups.push(&group.id);
        }
        cx.part(true);
        if !ids.contains(&label.id) {
            ids.push(label.id.clone());
        }
    }
    if ensured.is_empty() {
        Patch::Absent
    } else {
        Patch::Set(ids)
    }
}

/// A failure in one line: its code, and Linear's reason where there is one.
pub(super) fn told(error: &Error) -> String {
    let reason = error.details().get("reason").and_then(Value::as_str);
    format!(
        "{} ({})",
        reason.unwrap_or(error.message()),
        error.code().name()
    )
}

/// How an update changes the labels.
#[derive(Debug)]
pub(super) struct Change<'p> {
    /// The whole new set.
    pub replace: &'p Patch<LabelSpecs>,
    /// What is added to those it has.
    pub add: Option<&'p LabelSpecs>,
    /// What is taken off.
    pub remove: Option<&'p Refs>,
}

impl Change<'_> {
    /// The labels that the issue is to have or to get.
    pub(super) fn wanted(&self) -> Option<&LabelSpecs> {
        self.replace.value().or(self.add)
    }

    /// Writes the change into the update: labels to take off are found on the issue, those to have or to add are
    /// made where they are missing. Answers the names of those made. All other names have been resolved by now, so
    /// that a request that cannot succeed leaves no new label behind.
    ///
    /// # Errors
    /// INVALID_LABEL_NAME for a label that no issue can get, or the error of the first that could not be made.
    pub(super) async fn write(
        &self,
        cx: &Cx<'_>,
        before: &Issue,
        among: &[Arc<Label>],
        team: Option<&Team>,
        input: &mut IssueUpdateInput,
    ) -> Result<Vec<String>, Error> {
        if let Some(names) = self.remove {
            let ids = to_remove(cx, names, before);
            input.removed_label_ids = Patch::from(Some(ids).filter(|ids| !ids.is_empty()));
        }
        if *self.replace == Patch::Clear {
            input.label_ids = Patch::Set(Vec::new());
        }
        let (Some(specs), Some(team)) = (self.wanted(), team) else {
            return Ok(Vec::new());
        };
        check(specs, before, among, team)?;
        let ensured = label::ensure(cx, team, among, specs).await;
        label::step(cx, &ensured);
        let created = label::created(&ensured);
        let ids: Result<Vec<String>, Error> = ensured
            .into_iter()
            .map(|of| of.outcome.map(|(label, _)| label.id.clone()))
            .collect();
        let ids = ids.map_err(|error| label::with_created(error, created.clone()))?;
        if self.replace.is_absent() {
            input.added_label_ids = Patch::Set(ids);
        } else {
            input.label_ids = Patch::Set(ids);
        }
        Ok(created)
    }
}

/// What Linear would refuse, told before any label is made: a group, a retired label that the issue does not have
/// yet, two labels of one group (`linear/api.md` §2).
fn check(
    specs: &LabelSpecs,
    before: &Issue,
    among: &[Arc<Label>],
    team: &Team,
) -> Result<(), Error> {
    let mut grouped: Vec<Arc<Label>> = Vec::new();
    for spec in specs.iter() {
        let found = find(spec.name.as_str(), among, Some(team), Exactness::Whole);
        let Picked::One(found) = found else {
            continue;
        };
        let label = found.item;
        if !diff::has(before, &label.id) {
            applicable(&label, among)?;
        }
        let same_group = |other: &&Arc<Label>| other.parent == label.parent && other.id != label.id;
        if let (Some(other), Some(group)) = (grouped.iter().find(same_group), &label.parent) {
            let message = format!(
                "Labels '{}' and '{}' are both of group '{}', of which an issue can have one",
                other.name, label.name, group.name
            );
            return Err(Error::new(Code::InvalidLabelName, message)
                .detail("input", spec.name.as_str())
                .suggest(format!(
                    "Give one of the two: '{}' or '{}'",
                    other.name, label.name
                )));
        }
        if label.parent.is_some() {
            grouped.push(label);
        }
    }
    Ok(())
}

/// The ids of the labels to take off, as they stand on the issue; a name that is not on it is told of.
fn to_remove(cx: &Cx<'_>, names: &Refs, before: &Issue) -> Vec<String> {
    let on_issue: Vec<Arc<Label>> = before
        .labels
        .nodes
        .iter()
        .map(|label| Arc::new(Label::from(label)))
        .collect();
    let mut ids = Vec::new();
    for name in names.iter() {
        match find(name.as_str(), &on_issue, None, Exactness::Whole) {
            Picked::One(found) => ids.push(found.item.id.clone()),
            Picked::Many(_) => cx.warn(format!(
                "label '{}' left on: the issue has several of that name; give the id or group/name",
                name.as_str()
            )),
            Picked::None => cx.warn(format!("label '{}' is not on the issue", name.as_str())),
        }
    }
    ids
}

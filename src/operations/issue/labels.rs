//! The labels of an issue: which it can get when it is made, and how an update changes them.

use std::sync::Arc;

use serde_json::Value;

use super::diff;
use crate::error::{Code, Error};
use crate::linear::model::{Issue, Label, Team};
use crate::linear::scalars::IssueUpdateInput;
use crate::operations::label::{Ensured, Plan};
use crate::operations::write::Bundle;
use crate::params::{LabelSpecs, Refs};
use crate::patch::Patch;
use crate::resolve::Picked;
use crate::resolve::label::{Exactness, applicable, find};
use crate::session::Cx;

/// The labels that a new issue can have.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// Their ids; absent where none was asked for.
    pub ids: Patch<Vec<String>>,
    /// For each that was asked for, whether it is one of them.
    parts: Vec<bool>,
    warnings: Vec<String>,
}

impl Applied {
    /// Tells of the labels that were left out.
    pub(super) fn report(self, cx: &Cx<'_>) {
        self.parts.into_iter().for_each(|done| cx.part(done));
        self.warnings
            .into_iter()
            .for_each(|warning| cx.warn(warning));
    }
}

/// The labels that the issue can have. One that cannot be made or applied is left out and told of, and so is a second
/// of one group: Linear would refuse the whole issue (`linear/api.md` §2).
pub(super) fn applied(among: &[Arc<Label>], ensured: &[Ensured]) -> Applied {
    let mut applied = Applied::default();
    if ensured.is_empty() {
        return applied;
    }
    let mut ids: Vec<String> = Vec::new();
    let mut groups: Vec<&str> = Vec::new();
    for of in ensured {
        let label = match usable(of, among, &groups, &ids) {
            Ok(label) => label,
            Err(why) => {
                applied
                    .warnings
                    .push(format!("label '{}' left out: {why}", of.wanted));
                applied.parts.push(false);
                continue;
            }
        };
        groups.extend(label.parent.as_ref().map(|group| group.id.as_str()));
        applied.parts.push(true);
        if !ids.contains(&label.id) {
            ids.push(label.id.clone());
        }
    }
    applied.ids = Patch::Set(ids);
    applied
}

/// The label, or why the issue cannot have it beside those with these `ids`, which are of these `groups`.
fn usable<'e>(
    of: &'e Ensured,
    among: &[Arc<Label>],
    groups: &[&str],
    ids: &[String],
) -> Result<&'e Label, String> {
    let label = match &of.outcome {
        Ok((label, _)) => applicable(label, among).map(|()| label.as_ref()),
        Err(error) => Err(error.clone()),
    };
    let label = label.map_err(|error| told(&error))?;
    match &label.parent {
        Some(group) if groups.contains(&group.id.as_str()) && !ids.contains(&label.id) => {
            Err(format!(
                "an issue can have one label of group '{}' only ({})",
                group.name,
                Code::InvalidLabelName.name()
            ))
        }
        _ => Ok(label),
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
#[derive(Clone, Copy, Debug)]
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

    /// Writes the change into the update as far as it is known now: labels to take off are found on the issue, and
    /// what clears all of them does so.
    pub(super) fn take_off(
        &self,
        cx: &Cx<'_>,
        before: Option<&Issue>,
        input: &mut IssueUpdateInput,
    ) {
        if let (Some(names), Some(before)) = (self.remove, before) {
            let ids = to_remove(cx, names, before);
            input.removed_label_ids = Patch::from(Some(ids).filter(|ids| !ids.is_empty()));
        }
        if *self.replace == Patch::Clear {
            input.label_ids = Patch::Set(Vec::new());
        }
    }

    /// The labels to have or to add, with the creates of those that are missing in the bundle. All other names have
    /// been resolved by now, so that a request that cannot succeed leaves no new label behind.
    ///
    /// # Errors
    /// INVALID_LABEL_NAME for a label that no issue can get.
    pub(super) fn plan(
        &self,
        cx: &Cx<'_>,
        before: Option<&Issue>,
        among: &[Arc<Label>],
        team: Option<&Arc<Team>>,
        bundle: &mut Bundle,
    ) -> Result<Option<Plan>, Error> {
        let (Some(specs), Some(team)) = (self.wanted(), team) else {
            return Ok(None);
        };
        check(specs, before, among, team)?;
        Ok(Some(Plan::make(cx, team, among, specs, true, bundle)))
    }

    /// Writes the labels to have or to add into the update.
    ///
    /// # Errors
    /// The error of the first that there is not.
    pub(super) fn put(&self, plan: &Plan, input: &mut IssueUpdateInput) -> Result<(), Error> {
        let id = |of: &Ensured| match &of.outcome {
            Ok((label, _)) => Ok(label.id.clone()),
            Err(error) => Err(error.clone()),
        };
        let ids: Result<Vec<String>, Error> = plan.ensured.iter().map(id).collect();
        if self.replace.is_absent() {
            input.added_label_ids = Patch::Set(ids?);
        } else {
            input.label_ids = Patch::Set(ids?);
        }
        Ok(())
    }
}

/// What Linear would refuse, told before any label is made: a group, a retired label that the issue does not have
/// yet, two labels of one group (`linear/api.md` §2).
fn check(
    specs: &LabelSpecs,
    before: Option<&Issue>,
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
        // One that is not known to be on it already.
        if !before.is_some_and(|before| diff::has(before, &label.id)) {
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

//! The labels of an issue: which labels a new issue can have, and how an update changes them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::error_line;
use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{IssueLabels, issue_labels};
use crate::linear::failure::Failure;
use crate::linear::model::{Issue, Label, Team};
use crate::linear::scalars::IssueUpdateInput;
use crate::operations::label::{LabelOutcome, Plan};
use crate::operations::write::WriteSet;
use crate::params::{LabelName, LabelNames, LabelSpecs};
use crate::patch::Patch;
use crate::resolve::label::{Index, all, applicable, full_name};
use crate::resolve::{MatchResult, Within, not_found};
use crate::session::Context;

/// The labels that a new issue can have.
#[derive(Debug, Default)]
pub(super) struct ApplicableLabels {
    /// The ids of the labels; absent if the request names no label.
    pub ids: Patch<Vec<String>>,
    /// For each label that the request names, whether the issue can have it.
    applies: Vec<bool>,
    /// A warning for each label that the issue cannot have.
    warnings: Vec<String>,
    /// Whether two of the labels belong to one group.
    pub has_siblings: bool,
}

impl ApplicableLabels {
    /// Counts each label as done or not done, and warns of those that were left out.
    pub(super) fn report(self, cx: &Context<'_>) {
        self.applies.into_iter().for_each(|done| cx.part(done));
        self.warnings
            .into_iter()
            .for_each(|warning| cx.warn(warning));
    }
}

/// Returns the labels that the issue can have; a label that cannot be created or applied is left out with a warning.
///
/// Linear decides whether an issue can have several labels of one group (`linear/api.md` §2). After Linear has rejected
/// several labels of one group, `one_of_group` is set. Then all labels of a group except the first are left out, too.
pub(super) fn applicable_labels(
    team_labels: &[Arc<Label>],
    outcomes: &[LabelOutcome],
    one_of_group: bool,
) -> ApplicableLabels {
    let mut applied = ApplicableLabels::default();
    if outcomes.is_empty() {
        return applied;
    }
    let mut ids: Vec<String> = Vec::new();
    let mut chosen: HashSet<&str> = HashSet::new();
    // For each group, its first label, and the next label of the group that differs from the first.
    let mut grouped: HashMap<String, (&Label, Option<&Label>)> = HashMap::new();
    for outcome in outcomes {
        let label = match &outcome.outcome {
            Ok((label, _)) => applicable(label, team_labels).map(|()| label.as_ref()),
            Err(error) => Err(error.clone()),
        };
        let label = label.map_err(|error| error_line(&error)).and_then(|label| {
            let group = group_key(label).and_then(|group| grouped.get(&group));
            let sibling = group.and_then(|(first, second)| match first.id == label.id {
                false => Some(*first),
                true => *second,
            });
            applied.has_siblings |= sibling.is_some();
            match sibling {
                Some(sibling) if one_of_group => Err(format!(
                    "an issue can have one label of group '{}' only, and '{}' is given before it ({})",
                    sibling.parent.as_ref().map_or("", |group| &group.name),
                    full_name(sibling),
                    Code::InvalidLabelName.name(),
                )),
                _ => Ok(label),
            }
        });
        let label = match label {
            Ok(label) => label,
            Err(reason) => {
                let warning = format!("label '{}' left out: {reason}", outcome.wanted);
                applied.warnings.push(warning);
                applied.applies.push(false);
                continue;
            }
        };
        if let Some(group) = group_key(label) {
            let (first, second) = grouped.entry(group).or_insert((label, None));
            if first.id != label.id {
                second.get_or_insert(label);
            }
        }
        applied.applies.push(true);
        if chosen.insert(&label.id) {
            ids.push(label.id.clone());
        }
    }
    applied.ids = Patch::Set(ids);
    applied
}

/// Whether the two labels differ and belong to one group. They are compared by the name of the group, because a label
/// on an issue shows only the name.
fn are_siblings(first: &Label, second: &Label) -> bool {
    first.id != second.id && first.parent.is_some() && group_key(first) == group_key(second)
}

/// Returns the name of the label's group in the form in which group names are compared.
fn group_key(label: &Label) -> Option<String> {
    label.parent.as_ref().map(|group| fold(&group.name))
}

/// The change that an update makes to the labels of an issue.
#[derive(Clone, Copy, Debug)]
pub(super) struct LabelChange<'p> {
    /// The set that replaces all labels.
    pub replace: &'p Patch<LabelSpecs>,
    /// The labels to add.
    pub add: Option<&'p LabelSpecs>,
    /// The labels to take off.
    pub remove: Option<&'p LabelNames>,
}

impl LabelChange<'_> {
    /// Returns the labels that replace the old ones or are added to them.
    pub(super) fn wanted(&self) -> Option<&LabelSpecs> {
        self.replace.value().or(self.add)
    }

    /// Whether the update changes any label.
    pub(super) fn is_any(&self) -> bool {
        !self.replace.is_absent() || self.add.is_some() || self.remove.is_some()
    }

    /// Returns the names of the labels that have to be looked up: those to set or add, and those to take off.
    ///
    /// If the issue has been read, a label to take off that is on the issue need not be looked up, unless the update
    /// also adds labels. In that case both lists are compared, because no label may be in both.
    pub(super) fn names(&self, before: Option<&Issue>) -> Vec<LabelName> {
        let wanted = self.wanted().into_iter().flat_map(|specs| specs.iter());
        let issue_labels = before.map(labels_of).unwrap_or_default();
        let issue_labels = Index::new(&issue_labels, None);
        let is_on_issue = |name: &&LabelName| {
            let found = issue_labels.find(name);
            self.wanted().is_none() && !matches!(found, MatchResult::None) && !name.is_described()
        };
        let removed = self.remove.into_iter().flat_map(|names| names.iter());
        let removed = removed.filter(|name| !is_on_issue(name));
        let names = wanted.map(|spec| &spec.name).chain(removed);
        names.cloned().collect()
    }

    /// Returns the labels to take off that are neither on the issue nor among the `labels` of the workspace. The caller
    /// rejects such a name, because a misspelt name must not be ignored in silence. A label that exists and is not on
    /// the issue becomes a warning.
    ///
    /// # Errors
    /// INVALID_LABEL_NAME for the name of a group, if the issue has a label of this group.
    pub(super) fn unknown_removed(
        &self,
        cx: &Context<'_>,
        before: &Issue,
        labels: &[Arc<Label>],
    ) -> Result<Vec<LabelName>, Error> {
        let issue_labels = labels_of(before);
        let index = Index::new(&issue_labels, None);
        let mut unknown = Vec::new();
        for name in self.remove.into_iter().flat_map(|names| names.iter()) {
            if !matches!(index.find(name), MatchResult::None) {
                continue;
            }
            let meant = all(name, labels);
            let groups: Vec<String> = meant
                .iter()
                .filter(|label| label.is_group)
                .map(|group| fold(&group.name))
                .collect();
            let members = issue_labels
                .iter()
                .filter(|label| group_key(label).is_some_and(|group| groups.contains(&group)));
            let members: Vec<String> = members.map(|label| full_name(label)).collect();
            if !members.is_empty() {
                let message = format!("Label '{name}' is a group, which no issue can have");
                let error = Error::new(Code::InvalidLabelName, message)
                    .detail("param", "remove_labels")
                    .detail("input", name.as_str())
                    .detail("on_issue", members.clone());
                return Err(members.iter().fold(error, |error, member| {
                    error.suggest(format!("Use '{member}'"))
                }));
            }
            if meant.is_empty() {
                unknown.push(name.clone());
            } else {
                cx.warn(format!("label '{name}' is not on the issue"));
            }
        }
        Ok(unknown)
    }

    /// Returns the error for a label to take off that does not exist. The error suggests the nearest labels of the
    /// issue and of the team.
    pub(super) fn removed_not_found(
        name: &LabelName,
        before: &Issue,
        labels: &[Arc<Label>],
        team: Option<&Team>,
    ) -> Error {
        let mut candidates = labels_of(before);
        let other_labels = labels.iter().filter(|label| !label.is_group);
        candidates.extend(other_labels.map(Arc::clone));
        let within = team.map(|team| Within {
            kind: "team",
            name: &team.name,
        });
        not_found(name.as_str(), &candidates, within).detail("param", "remove_labels")
    }

    /// Writes into the update the part of the change that needs no look-up: the ids of the labels to take off, which
    /// are found on the issue, and the empty set that clears all labels.
    pub(super) fn set_removed(
        &self,
        cx: &Context<'_>,
        before: Option<&Issue>,
        input: &mut IssueUpdateInput,
    ) {
        if let (Some(names), Some(before)) = (self.remove, before) {
            let index = Index::new(&labels_of(before), None);
            let mut ids = Vec::new();
            for name in names.iter() {
                match index.find(name) {
                    MatchResult::One(found) => ids.push(found.item.id.clone()),
                    MatchResult::Many(_) => cx.warn(format!(
                        "label '{name}' left on: the issue has several of that name; give the id or group/name"
                    )),
                    // No label of the issue has this name. The check that calls `unknown_removed` rejects the name or
                    // warns of it.
                    MatchResult::None => {}
                }
            }
            input.removed_label_ids = Patch::from(Some(ids).filter(|ids| !ids.is_empty()));
        }
        if *self.replace == Patch::Clear {
            input.label_ids = Patch::Set(Vec::new());
        }
    }

    /// Plans the labels to set or add, and puts the mutations that create the missing ones into the writes. All other
    /// names are resolved before this, so that a request that cannot succeed leaves no new label behind.
    ///
    /// # Errors
    /// INVALID_LABEL_NAME for a label that no issue can have; INVALID_PARAM for a label that is to be added and taken
    /// off, and for more new labels than one call may create.
    pub(super) fn plan(
        &self,
        cx: &Context<'_>,
        before: Option<&Issue>,
        team_labels: &[Arc<Label>],
        team: Option<&Arc<Team>>,
        writes: &mut WriteSet,
    ) -> Result<Option<Plan>, Error> {
        let (Some(specs), Some(team)) = (self.wanted(), team) else {
            return Ok(None);
        };
        // Linear would reject a group, and a retired label that the issue does not have yet (`linear/api.md` §2).
        let index = Index::new(team_labels, Some(team));
        let issue_labels = before.into_iter().flat_map(|before| &before.labels.nodes);
        let issue_labels: HashSet<&str> = issue_labels.map(|label| label.id.as_str()).collect();
        for spec in specs.iter() {
            if let MatchResult::One(found) = index.find(&spec.name)
                && !issue_labels.contains(found.item.id.as_str())
            {
                applicable(&found.item, team_labels)?;
            }
        }
        let plan = Plan::make(cx, team, team_labels, specs, true, writes)?;
        if let Some(names) = self.remove {
            reject_added_and_removed(&plan, names, before, team_labels, team)?;
        }
        Ok(Some(plan))
    }

    /// Writes the ids of the labels to set or add into the update. A label that could not be created is left out; if
    /// none is left, the update does not change the labels.
    pub(super) fn set_planned(&self, plan: &Plan, input: &mut IssueUpdateInput) {
        let ids: Vec<String> = planned_labels(plan).map(|label| label.id.clone()).collect();
        let all_failed = ids.is_empty() && !plan.ensured.is_empty();
        let ids = Patch::from(Some(ids).filter(|_| !all_failed));
        if self.replace.is_absent() {
            input.added_label_ids = ids;
        } else {
            input.label_ids = ids;
        }
    }

    /// Counts each planned label as done or not done, and warns of those that were left out.
    pub(super) fn report(plan: &Plan, cx: &Context<'_>) {
        for label in &plan.ensured {
            cx.part(label.outcome.is_ok());
            if let Err(error) = &label.outcome {
                cx.warn(format!(
                    "label '{}' left out: {}",
                    label.wanted,
                    error_line(error)
                ));
            }
        }
    }

    /// Returns the error of an update that Linear rejected, and adds suggestions and the labels of one group that may
    /// be the reason, because an issue can have only one label of some groups (`linear/api.md` §2). `before` is the
    /// issue before the update, and `input` the rejected update.
    pub(super) fn explain_siblings(
        &self,
        mut error: Error,
        before: Option<&Issue>,
        plan: &Plan,
        input: &IssueUpdateInput,
    ) -> Error {
        let wanted: Vec<&Label> = planned_labels(plan).collect();
        let removed = input.removed_label_ids.value();
        let stays = |label: &&Label| {
            let is_removed = removed.is_some_and(|ids| ids.contains(&label.id));
            !is_removed && wanted.iter().all(|other| other.id != label.id)
        };
        let issue_labels = before.filter(|_| self.replace.is_absent());
        let issue_labels = issue_labels.map(labels_of).unwrap_or_default();
        let siblings_on_issue: Vec<&Label> = issue_labels
            .iter()
            .map(Arc::as_ref)
            .filter(stays)
            .filter(|label| wanted.iter().any(|other| are_siblings(label, other)))
            .collect();
        if !siblings_on_issue.is_empty() {
            let names: Vec<String> = siblings_on_issue
                .iter()
                .map(|label| full_name(label))
                .collect();
            let items: Vec<String> = names.iter().map(|name| yaml_item(name)).collect();
            error = error
                .detail("same_group_on_issue", names)
                .suggest_first(format!("Give 'remove_labels: [{}]' too", items.join(", ")));
        }
        let wanted_siblings = wanted.iter().enumerate().find_map(|(index, first)| {
            let mut following = wanted.iter().skip(index + 1);
            let second = following.find(|second| are_siblings(first, second))?;
            Some((full_name(first), full_name(second)))
        });
        if let Some((first, second)) = wanted_siblings {
            error = error
                .suggest_first(format!(
                    "Give one label of the group: '{first}' or '{second}'"
                ))
                .detail("same_group", vec![first, second]);
        }
        error
    }
}

/// Returns the planned labels that exist or are still to be created.
fn planned_labels(plan: &Plan) -> impl Iterator<Item = &Label> {
    let outcomes = plan.ensured.iter().map(|label| label.outcome.as_ref());
    outcomes.filter_map(|outcome| outcome.ok().map(|(label, _)| label.as_ref()))
}

/// Returns the label's name as an item of a list on one line of YAML.
fn yaml_item(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '/' | '-' | '_' | '.');
    if name.starts_with(char::is_alphabetic) && name.chars().all(is_plain) {
        name.to_owned()
    } else {
        Value::from(name).to_string()
    }
}

/// Rejects a label that is to be added and taken off at once, even if the two parameters spell its name differently.
///
/// # Errors
/// INVALID_PARAM for the first such label.
fn reject_added_and_removed(
    plan: &Plan,
    removed: &LabelNames,
    before: Option<&Issue>,
    team_labels: &[Arc<Label>],
    team: &Team,
) -> Result<(), Error> {
    let added: Vec<(&LabelName, &Arc<Label>)> = plan
        .ensured
        .iter()
        .filter_map(|label| Some((&label.wanted, &label.outcome.as_ref().ok()?.0)))
        .collect();
    let mut labels = before.map(labels_of).unwrap_or_default();
    let mut ids: HashSet<String> = labels.iter().map(|label| label.id.clone()).collect();
    let other_labels = added.iter().map(|(_, label)| *label).chain(team_labels);
    labels.extend(
        other_labels
            .filter(|label| ids.insert(label.id.clone()))
            .cloned(),
    );
    let (anywhere, in_team) = (Index::new(&labels, None), Index::new(&labels, Some(team)));
    for name in removed.iter() {
        let meant: Vec<Arc<Label>> = match anywhere.find(name) {
            MatchResult::One(found) => vec![found.item],
            MatchResult::Many(several) => several,
            MatchResult::None => continue,
        };
        // A label of the team takes precedence over a label of the same name elsewhere.
        let meant = match in_team.find(name) {
            MatchResult::One(found) => vec![found.item],
            MatchResult::Many(_) | MatchResult::None => meant,
        };
        let conflict = added
            .iter()
            .find(|(_, label)| meant.iter().any(|removed| removed.id == label.id));
        if let Some((added, label)) = conflict {
            let message = format!(
                "Label '{}' cannot be added and taken off at once",
                full_name(label)
            );
            return Err(Error::new(Code::InvalidParam, message)
                .detail("param", "remove_labels")
                .detail("add_labels", added.as_str())
                .detail("remove_labels", name.as_str())
                .suggest("Name it in 'add_labels' or in 'remove_labels'"));
        }
    }
    Ok(())
}

/// The number of labels of an issue that one request reads.
const LABEL_PAGE: i64 = 250;

/// Reads the labels of the issue that were not in the first response, so that the issue has all of its labels.
///
/// # Errors
/// The failure of the request.
pub(super) async fn read_all_labels(cx: &Context<'_>, issue: &mut Issue) -> Result<(), Error> {
    while issue.labels.page_info.has_next_page {
        let query = Part::of::<IssueLabels>(issue_labels::Variables {
            id: issue.id.clone(),
            first: LABEL_PAGE,
            after: issue.labels.page_info.end_cursor.take(),
        });
        let mut answers = cx.read(&[query]).await?;
        let page = answers
            .take::<IssueLabels>(0)
            .map_err(Failure::into_read_error)?;
        issue.labels.nodes.extend(page.issue.labels.nodes);
        issue.labels.page_info = page.issue.labels.page_info;
    }
    Ok(())
}

/// Returns the labels of the issue that have been read.
fn labels_of(issue: &Issue) -> Vec<Arc<Label>> {
    let labels = issue.labels.nodes.iter();
    labels.map(|label| Arc::new(Label::from(label))).collect()
}

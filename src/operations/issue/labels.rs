//! The labels of an issue: which it can get when it is made, and how an update changes them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{IssueLabels, issue_labels};
use crate::linear::failure::Failure;
use crate::linear::model::{Issue, Label, Team};
use crate::linear::scalars::IssueUpdateInput;
use crate::operations::label::{Ensured, Plan};
use crate::operations::write::WriteSet;
use crate::params::{LabelName, LabelNames, LabelSpecs};
use crate::patch::Patch;
use crate::resolve::label::{Index, all, applicable, full_name};
use crate::resolve::{MatchResult, Within, not_found};
use crate::session::Context;

/// The labels that a new issue can have.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// Their ids; absent where none was asked for.
    pub ids: Patch<Vec<String>>,
    /// For each that was asked for, whether it is one of them.
    parts: Vec<bool>,
    warnings: Vec<String>,
    /// Whether two of them are of one group.
    pub has_siblings: bool,
}

impl Applied {
    /// Tells of the labels that were left out.
    pub(super) fn report(self, cx: &Context<'_>) {
        self.parts.into_iter().for_each(|done| cx.part(done));
        self.warnings
            .into_iter()
            .for_each(|warning| cx.warn(warning));
    }
}

/// The labels that the issue can have. One that cannot be made or applied is left out and told of. Whether a group gives
/// an issue one label or several is Linear's to say (`linear/api.md` §2): where it has refused several, the later ones
/// of each group are left out, too.
pub(super) fn applied(among: &[Arc<Label>], ensured: &[Ensured], one_of_group: bool) -> Applied {
    let mut applied = Applied::default();
    if ensured.is_empty() {
        return applied;
    }
    let mut ids: Vec<String> = Vec::new();
    let mut chosen: HashSet<&str> = HashSet::new();
    // The first label of each group, and the first one that differs from it.
    let mut grouped: HashMap<String, (&Label, Option<&Label>)> = HashMap::new();
    for of in ensured {
        let usable = usable(of, among).and_then(|label| {
            let group = group_of(label).and_then(|group| grouped.get(&group));
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
        let label = match usable {
            Ok(label) => label,
            Err(why) => {
                let warning = format!("label '{}' left out: {why}", of.wanted);
                applied.warnings.push(warning);
                applied.parts.push(false);
                continue;
            }
        };
        if let Some(group) = group_of(label) {
            let (first, second) = grouped.entry(group).or_insert((label, None));
            if first.id != label.id {
                second.get_or_insert(label);
            }
        }
        applied.parts.push(true);
        if chosen.insert(&label.id) {
            ids.push(label.id.clone());
        }
    }
    applied.ids = Patch::Set(ids);
    applied
}

/// The label, or why no issue can have it.
fn usable<'e>(of: &'e Ensured, among: &[Arc<Label>]) -> Result<&'e Label, String> {
    let label = match &of.outcome {
        Ok((label, _)) => applicable(label, among).map(|()| label.as_ref()),
        Err(error) => Err(error.clone()),
    };
    label.map_err(|error| told(&error))
}

/// Whether two are different labels of one group. Of a label on an issue only the name of its group is known.
fn is_sibling(one: &Label, other: &Label) -> bool {
    one.id != other.id && one.parent.is_some() && group_of(one) == group_of(other)
}

/// What the group of a label goes by.
fn group_of(label: &Label) -> Option<String> {
    label.parent.as_ref().map(|group| fold(&group.name))
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
    pub remove: Option<&'p LabelNames>,
}

impl Change<'_> {
    /// The labels that the issue is to have or to get.
    pub(super) fn wanted(&self) -> Option<&LabelSpecs> {
        self.replace.value().or(self.add)
    }

    /// Whether any label is to be changed.
    pub(super) fn is_any(&self) -> bool {
        !self.replace.is_absent() || self.add.is_some() || self.remove.is_some()
    }

    /// What names the labels that have to be known: those to have or to get, and those to take off. What stands on the
    /// issue, where that is read already, need not be looked up to be taken off, unless others are added beside it: the
    /// same label cannot be among both.
    pub(super) fn names(&self, before: Option<&Issue>) -> Vec<LabelName> {
        let wanted = self.wanted().into_iter().flat_map(|specs| specs.iter());
        let on_issue = before.map(on_issue_labels).unwrap_or_default();
        let on_issue = Index::new(&on_issue, None);
        let is_on_issue = |name: &&LabelName| {
            let found = on_issue.find(name);
            self.wanted().is_none() && !matches!(found, MatchResult::None) && !name.is_described()
        };
        let removed = self.remove.into_iter().flat_map(|names| names.iter());
        let removed = removed.filter(|name| !is_on_issue(name));
        let names = wanted.map(|spec| &spec.name).chain(removed);
        names.cloned().collect()
    }

    /// The names of labels to take off that are not on the issue and mean no label that is known: all of them have to
    /// mean something, so that a name that is misspelt takes nothing off in silence. One that is known and not on the
    /// issue is told of.
    ///
    /// # Errors
    /// INVALID_LABEL_NAME for a group, of which the issue has a label.
    pub(super) fn unknown(
        &self,
        cx: &Context<'_>,
        before: &Issue,
        among: &[Arc<Label>],
    ) -> Result<Vec<LabelName>, Error> {
        let on_issue = on_issue_labels(before);
        let index = Index::new(&on_issue, None);
        let mut unknown = Vec::new();
        for name in self.remove.into_iter().flat_map(|names| names.iter()) {
            if !matches!(index.find(name), MatchResult::None) {
                continue;
            }
            let known = all(name, among);
            let members = on_issue.iter().filter(|label| {
                let parent = label.parent.as_ref();
                let parent = parent.map(|parent| fold(&parent.name));
                let groups = known.iter().filter(|label| label.is_group);
                parent.is_some_and(|parent| {
                    groups.into_iter().any(|group| fold(&group.name) == parent)
                })
            });
            let members: Vec<String> = members.map(|label| full_name(label)).collect();
            if !members.is_empty() {
                return Err(is_group(name, &members));
            }
            if known.is_empty() {
                unknown.push(name.clone());
            } else {
                cx.warn(format!("label '{name}' is not on the issue"));
            }
        }
        Ok(unknown)
    }

    /// The error of the first name of a label to take off that means no label: with the nearest on the issue and in the
    /// team.
    pub(super) fn unknown_error(
        name: &LabelName,
        before: &Issue,
        among: &[Arc<Label>],
        team: Option<&Team>,
    ) -> Error {
        let mut all = on_issue_labels(before);
        let elsewhere = among.iter().filter(|label| !label.is_group);
        all.extend(elsewhere.map(Arc::clone));
        let within = team.map(|team| Within {
            kind: "team",
            name: &team.name,
        });
        not_found(name.as_str(), &all, within).detail("param", "remove_labels")
    }

    /// Writes the change into the update as far as it is known now: labels to take off are found on the issue, and
    /// what clears all of them does so.
    pub(super) fn take_off(
        &self,
        cx: &Context<'_>,
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

    /// The labels to have or to add, with the creates of those that are missing among the writes. All other names have
    /// been resolved by now, so that a request that cannot succeed leaves no new label behind.
    ///
    /// # Errors
    /// INVALID_LABEL_NAME for a label that no issue can get; INVALID_PARAM for one that is to be added and taken off, and
    /// for more new labels than one call may make.
    pub(super) fn plan(
        &self,
        cx: &Context<'_>,
        before: Option<&Issue>,
        among: &[Arc<Label>],
        team: Option<&Arc<Team>>,
        writes: &mut WriteSet,
    ) -> Result<Option<Plan>, Error> {
        let (Some(specs), Some(team)) = (self.wanted(), team) else {
            return Ok(None);
        };
        check(specs, before, among, team)?;
        let plan = Plan::make(cx, team, among, specs, true, writes)?;
        if let Some(names) = self.remove {
            check_apart(&plan, names, before, among, team)?;
        }
        Ok(Some(plan))
    }

    /// Writes the labels to have or to add into the update. One that could not be made is left out; where none is left,
    /// the labels stay as they are.
    pub(super) fn put(&self, plan: &Plan, input: &mut IssueUpdateInput) {
        let usable = plan
            .ensured
            .iter()
            .filter_map(|of| of.outcome.as_ref().ok());
        let ids: Vec<String> = usable.map(|(label, _)| label.id.clone()).collect();
        let all_failed = ids.is_empty() && !plan.ensured.is_empty();
        let ids = Patch::from(Some(ids).filter(|_| !all_failed));
        if self.replace.is_absent() {
            input.added_label_ids = ids;
        } else {
            input.label_ids = ids;
        }
    }

    /// Warns of each label that was left out.
    pub(super) fn report(plan: &Plan, cx: &Context<'_>) {
        for of in &plan.ensured {
            cx.part(of.outcome.is_ok());
            if let Err(error) = &of.outcome {
                cx.warn(format!("label '{}' left out: {}", of.wanted, told(error)));
            }
        }
    }

    /// The error of an update that Linear refused, with the labels that stand in each other's way if their group gives
    /// an issue one label only (`linear/api.md` §2), and the way out. `before` is the issue as it was, and `input` what
    /// was sent.
    pub(super) fn explain_siblings(
        &self,
        error: Error,
        before: Option<&Issue>,
        plan: &Plan,
        input: &IssueUpdateInput,
    ) -> Error {
        let wanted: Vec<&Label> = plan
            .ensured
            .iter()
            .filter_map(|of| of.outcome.as_ref().ok())
            .map(|(label, _)| label.as_ref())
            .collect();
        let removed = input.removed_label_ids.value();
        let stays = |label: &&Label| {
            let leaves = removed.is_some_and(|ids| ids.contains(&label.id));
            !leaves && wanted.iter().all(|other| other.id != label.id)
        };
        let on_issue = before.filter(|_| self.replace.is_absent());
        let on_issue = on_issue.map(on_issue_labels).unwrap_or_default();
        let on_issue = on_issue.iter().map(Arc::as_ref).filter(stays);
        let on_issue: Vec<&Label> = on_issue
            .filter(|label| wanted.iter().any(|other| is_sibling(label, other)))
            .collect();
        let mut error = error;
        if !on_issue.is_empty() {
            let names: Vec<String> = on_issue.iter().map(|label| full_name(label)).collect();
            let written: Vec<String> = names.iter().map(|name| written(name)).collect();
            error = error
                .detail("same_group_on_issue", names)
                .suggest_first(format!(
                    "Give 'remove_labels: [{}]' too",
                    written.join(", ")
                ));
        }
        let both = wanted.iter().enumerate().find_map(|(place, one)| {
            let others = wanted.iter().skip(place + 1);
            let other = others.copied().find(|other| is_sibling(one, other))?;
            Some((full_name(one), full_name(other)))
        });
        if let Some((one, other)) = both {
            error = error
                .suggest_first(format!("Give one label of the group: '{one}' or '{other}'"))
                .detail("same_group", vec![one, other]);
        }
        error
    }
}

/// The error of a group that is to be taken off an issue that has labels of it.
fn is_group(name: &LabelName, members: &[String]) -> Error {
    let message = format!("Label '{name}' is a group, which no issue can have");
    let error = Error::new(Code::InvalidLabelName, message)
        .detail("param", "remove_labels")
        .detail("input", name.as_str())
        .detail("on_issue", members.to_vec());
    members.iter().fold(error, |error, member| {
        error.suggest(format!("Use '{member}'"))
    })
}

/// A label's name as an item of a list on one line of YAML.
fn written(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '/' | '-' | '_' | '.');
    if name.starts_with(char::is_alphabetic) && name.chars().all(plain) {
        name.to_owned()
    } else {
        Value::from(name).to_string()
    }
}

/// What Linear would refuse, told before any label is made: a group, or a retired label that the issue does not have
/// yet (`linear/api.md` §2).
fn check(
    specs: &LabelSpecs,
    before: Option<&Issue>,
    among: &[Arc<Label>],
    team: &Team,
) -> Result<(), Error> {
    let index = Index::new(among, Some(team));
    let on_issue = before.into_iter().flat_map(|before| &before.labels.nodes);
    let on_issue: HashSet<&str> = on_issue.map(|label| label.id.as_str()).collect();
    for spec in specs.iter() {
        let MatchResult::One(found) = index.find(&spec.name) else {
            continue;
        };
        let label = found.item;
        // One that is not known to be on it already.
        if !on_issue.contains(label.id.as_str()) {
            applicable(&label, among)?;
        }
    }
    Ok(())
}

/// Says that a label is to be added and taken off at once, by whatever names.
///
/// # Errors
/// INVALID_PARAM for the first such label.
fn check_apart(
    plan: &Plan,
    removed: &LabelNames,
    before: Option<&Issue>,
    among: &[Arc<Label>],
    team: &Team,
) -> Result<(), Error> {
    let mut all = before.map(on_issue_labels).unwrap_or_default();
    let added = plan.ensured.iter();
    let added: Vec<(&LabelName, &Arc<Label>)> = added
        .filter_map(|of| Some((&of.wanted, &of.outcome.as_ref().ok()?.0)))
        .collect();
    let others = added.iter().map(|(_, label)| *label).chain(among);
    let mut known: HashSet<String> = all.iter().map(|label| label.id.clone()).collect();
    all.extend(
        others
            .filter(|label| known.insert(label.id.clone()))
            .cloned(),
    );
    let (anywhere, in_team) = (Index::new(&all, None), Index::new(&all, Some(team)));
    for name in removed.iter() {
        let meant: Vec<Arc<Label>> = match anywhere.find(name) {
            MatchResult::One(found) => vec![found.item],
            MatchResult::Many(several) => several,
            MatchResult::None => continue,
        };
        // A label of the team is nearer than one of the same name elsewhere.
        let meant = match in_team.find(name) {
            MatchResult::One(found) => vec![found.item],
            MatchResult::Many(_) | MatchResult::None => meant,
        };
        let both = added
            .iter()
            .find(|(_, label)| meant.iter().any(|removed| removed.id == label.id));
        if let Some((added, label)) = both {
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

/// How many labels of an issue are asked for in one request.
const LABEL_PAGE: i64 = 250;

/// Reads the labels that an issue has beyond those that came with it, so that all are known.
///
/// # Errors
/// The failure of the request.
pub(super) async fn complete(cx: &Context<'_>, issue: &mut Issue) -> Result<(), Error> {
    while issue.labels.page_info.has_next_page {
        let part = Part::of::<IssueLabels>(issue_labels::Variables {
            id: issue.id.clone(),
            first: LABEL_PAGE,
            after: issue.labels.page_info.end_cursor.take(),
        });
        let mut answers = cx.read(&[part]).await?;
        let page = answers.take::<IssueLabels>(0).map_err(Failure::into_read_error)?;
        issue.labels.nodes.extend(page.issue.labels.nodes);
        issue.labels.page_info = page.issue.labels.page_info;
    }
    Ok(())
}

/// The labels of an issue, as far as it tells of them.
fn on_issue_labels(issue: &Issue) -> Vec<Arc<Label>> {
    let labels = issue.labels.nodes.iter();
    labels.map(|label| Arc::new(Label::from(label))).collect()
}

/// The ids of the labels to take off, as they stand on the issue. A name that is not on it is left to
/// [`Change::unknown`].
fn to_remove(cx: &Context<'_>, names: &LabelNames, before: &Issue) -> Vec<String> {
    let on_issue = Index::new(&on_issue_labels(before), None);
    let mut ids = Vec::new();
    for name in names.iter() {
        match on_issue.find(name) {
            MatchResult::One(found) => ids.push(found.item.id.clone()),
            MatchResult::Many(_) => cx.warn(format!(
                "label '{name}' left on: the issue has several of that name; give the id or group/name"
            )),
            MatchResult::None => {}
        }
    }
    ids
}

//! The plan for the labels that a write needs: existing labels are found, and missing labels are created in the same
//! request as the write.
//!
//! A write that needs labels goes through these steps. For an operation that writes nothing but labels, [`ensure`]
//! performs the steps that are needed.
//!
//! 1. [`locks`] waits until no other operation is creating one of the missing labels.
//! 2. [`Plan::make`] decides for each name whether its label exists, and adds the creates of the missing labels to the
//!    [`WriteSet`]. The write that needs the labels is added behind these creates.
//! 3. While the writes are submitted, [`Plan::declined`] handles a rejected create. [`Plan::drop_shared`] handles a
//!    write that was rejected because another item of the batch did not create a label that both items need.
//! 4. [`Plan::take_in`] records the labels that were created, and [`step`] reports all labels of the write. Where the
//!    write failed, [`with_labels`] adds the created labels to its error.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::future::join_all;
use tokio::sync::OwnedMutexGuard;

use super::default_color;
use crate::cache::{ANYWHERE, Reach, fold};
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{LabelCreate, Labels, label_create};
use crate::linear::failure::Failure;
use crate::linear::model::{Label, Named, Team, TeamKey};
use crate::linear::scalars::IssueLabelCreateInput;
use crate::operations::write::WriteSet;
use crate::params::{Color, LabelName, LabelSpec};
use crate::resolve::label::group::{self, Place};
use crate::resolve::label::{self, Index, MatchMode, full_name};
use crate::resolve::{LookupRequest, MatchResult, Within, is_uuid, lookup, not_found};
use crate::session::Context;

/// How a requested label came to exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::operations) enum Origin {
    /// The label existed before, or it is created for another name of this operation or by another operation of the
    /// same batch.
    Found,
    /// This operation created the label.
    Created,
}

/// A label that the caller asked for, with the result.
#[derive(Debug)]
pub(in crate::operations) struct LabelOutcome {
    /// The name under which the caller asked for the label.
    pub wanted: LabelName,
    /// The label with its origin, or the error that says why there is no label.
    pub outcome: Result<(Arc<Label>, Origin), Error>,
}

/// Finds each label in the team, its parent teams or the workspace, and creates in the team the labels that do not
/// exist. The `candidates` are the labels that were looked up. Each label has its own outcome.
///
/// # Errors
/// CANCELLED, when the operation is cancelled before anything was sent; INVALID_PARAM where the call would create more
/// labels than one call may.
pub(super) async fn ensure(
    cx: &Context<'_>,
    team: &Arc<Team>,
    mut candidates: Vec<Arc<Label>>,
    specs: &[LabelSpec],
) -> Result<Vec<LabelOutcome>, Error> {
    let _locks = locks(cx, team, &mut candidates, specs).await?;
    let mut writes = WriteSet::default();
    let mut plan = Plan::make(cx, team, &candidates, specs, false, &mut writes)?;
    loop {
        match writes.submit(cx).await {
            Ok(Some((place, failure))) => {
                plan.declined(cx, place, &failure).await;
            }
            Ok(None) => break,
            Err(failure) => {
                plan.take_in(cx, &writes);
                plan.fail_uncreated(&writes, &failure);
                break;
            }
        }
    }
    plan.take_in(cx, &writes);
    Ok(plan.ensured)
}

/// The locks for creating labels. They are released when this value is dropped.
#[derive(Debug, Default)]
pub(in crate::operations) struct LabelLocks(
    #[expect(dead_code, reason = "held")] Vec<OwnedMutexGuard<()>>,
);

/// Locks the creation of each requested label that is not among the `candidates`, and adds to the candidates the labels
/// that other operations created while this operation waited for its locks. So when several operations want the same
/// new label at the same moment, the first operation creates the label and the others use it. The items of one batch
/// need no locks, because they share their new labels through [`Context::claim`].
///
/// # Errors
/// CANCELLED, when the operation is cancelled while it waits.
pub(in crate::operations) async fn locks(
    cx: &Context<'_>,
    team: &Team,
    candidates: &mut Vec<Arc<Label>>,
    specs: &[LabelSpec],
) -> Result<LabelLocks, Error> {
    let index = Index::new(candidates, Some(team));
    let is_missing = |name: &&LabelName| {
        matches!(index.find(name), MatchResult::None) && !is_uuid(name.as_str())
    };
    let missing = specs.iter().map(|spec| &spec.name).filter(is_missing);
    // A name that is not valid for a new label creates nothing, so it needs no lock.
    let places = missing.filter_map(|name| group::place(name, &index, Some(team)).ok());
    let mut creations: Vec<(String, Option<String>, String)> = places
        .map(|place| {
            let owner = place.owner(Some(team)).map(|owner| owner.id);
            let key = creation_key(&place, Some(team));
            (key, owner, place.name.to_owned())
        })
        .collect();
    // All operations take their locks in the same order, so that no two operations wait for each other.
    creations.sort_unstable();
    creations.dedup_by(|(key, ..), (previous, ..)| key == previous);
    let mut candidate_ids: HashSet<String> =
        candidates.iter().map(|label| label.id.clone()).collect();
    let mut locks = Vec::new();
    for (key, owner, name) in creations {
        locks.extend(cx.turn_to_add(&key).await?);
        let cache = &cx.session.cache.labels;
        let cached = cache.candidates(owner.as_deref().unwrap_or_default(), &name);
        let cached = cached.into_iter().flatten();
        candidates.extend(cached.filter(|label| candidate_ids.insert(label.id.clone())));
    }
    Ok(LabelLocks(locks))
}

/// Returns the key of a label that is to be created; operations that may create the same label have the same key. The
/// key consists of the owner and the name of the label. The group is not part of the key, because a label's name is
/// unique within its owner, whatever group the label belongs to.
pub(super) fn creation_key(place: &Place<'_>, team: Option<&Team>) -> String {
    let owner = place.owner(team).map(|owner| owner.id);
    format!("label {} {}", owner.unwrap_or_default(), fold(place.name))
}

/// Counts labels that are about to be created towards the limit of the call. Each label is given by its
/// [`creation_key`].
///
/// # Errors
/// INVALID_PARAM where the call would create more labels than one call may. The error tells the number of new labels
/// and how to split the call.
pub(super) fn reserve(cx: &Context<'_>, creation_keys: &[String]) -> Result<(), Error> {
    let most = cx.session.new_labels;
    let Err(total) = cx.make_labels(creation_keys) else {
        return Ok(());
    };
    let message = format!("The call would make {total} new labels, and the most is {most}");
    Err(Error::new(Code::InvalidParam, message)
        .detail("given", total)
        .detail("expected", format!("at most {most} new labels"))
        .suggest(format!(
            "Split it: call ensure_labels_exist with at most {most} new labels at a time, and then this again"
        )))
}

/// The outcome of each label that a write needs, and the creates of the labels that do not exist yet.
#[derive(Debug)]
pub(in crate::operations) struct Plan {
    team: Arc<Team>,
    /// One entry for each requested name, in the order of the request. The entry of a new label holds the label with
    /// the requested values and its future id, until the create was executed and Linear returned the label.
    pub ensured: Vec<LabelOutcome>,
    /// The new labels whose creates have not been executed yet.
    new_labels: Vec<NewLabel>,
}

/// A label that does not exist yet and is to be created.
#[derive(Debug)]
struct NewLabel {
    input: IssueLabelCreateInput,
    /// The place in the [`WriteSet`] of the write that creates the label.
    place: usize,
    /// The group that the label will belong to.
    group: Option<Arc<Label>>,
    /// The team that the label will belong to; `None` for a label of the workspace.
    owner: Option<TeamKey>,
    /// The id that the label's name resolves to: this new label, or the identical label that another item of the same
    /// batch is creating.
    id: String,
}

impl NewLabel {
    fn new(cx: &Context<'_>, place: &Place<'_>, spec: &LabelSpec, team: &Team) -> Self {
        let owner = place.owner(Some(team));
        let color = spec.color.as_ref().map(Color::as_str);
        let input = IssueLabelCreateInput {
            id: cx.session.clock.new_id(),
            name: place.name.to_owned(),
            color: color
                .unwrap_or_else(|| default_color(place.name))
                .to_owned(),
            description: spec.description.clone(),
            parent_id: place.group.as_ref().map(|group| group.id.clone()),
            team_id: owner.as_ref().map(|team| team.id.clone()),
            is_group: None,
        };
        Self {
            id: input.id.clone(),
            place: 0,
            input,
            group: place.group.clone(),
            owner,
        }
    }

    /// Returns the mutation that creates the label.
    fn mutation(&self) -> Part {
        Part::of::<LabelCreate>(label_create::Variables {
            input: self.input.clone(),
        })
    }

    /// Returns the label as it will be once it is created.
    fn preview(&self) -> Arc<Label> {
        Arc::new(Label {
            id: self.id.clone(),
            name: self.input.name.clone(),
            color: self.input.color.clone(),
            description: self.input.description.clone(),
            is_group: false,
            retired_at: None,
            parent: self.group.as_ref().map(|group| Named {
                id: group.id.clone(),
                name: group.name.clone(),
            }),
            team: self.owner.clone(),
        })
    }
}

impl Plan {
    /// Finds each label in the team, its parent teams or the workspace, and adds to the `writes` a create for each
    /// label that does not exist. The `candidates` are the labels that were looked up. Nothing is sent yet. With
    /// `shared`, a label that another item of the same batch is creating already is not created once more.
    ///
    /// # Errors
    /// INVALID_PARAM where the call would create more labels than one call may.
    pub(in crate::operations) fn make(
        cx: &Context<'_>,
        team: &Arc<Team>,
        candidates: &[Arc<Label>],
        specs: &[LabelSpec],
        shared: bool,
        writes: &mut WriteSet,
    ) -> Result<Self, Error> {
        let mut plan = Self {
            team: Arc::clone(team),
            ensured: Vec::with_capacity(specs.len()),
            new_labels: Vec::new(),
        };
        let mut index = Index::new(candidates, Some(team));
        let mut creation_keys = Vec::new();
        for spec in specs {
            let wanted = spec.name.as_str();
            let outcome = match index.find(&spec.name) {
                // Nobody names a new label by a UUID. The UUID is the id of a label that was deleted or that belongs to
                // another team.
                MatchResult::None if is_uuid(wanted) => {
                    let within = Within {
                        kind: "team",
                        name: &team.name,
                    };
                    Err(not_found(wanted, &index.labels(), Some(within)))
                }
                MatchResult::None => group::place(&spec.name, &index, Some(team)).map(|place| {
                    creation_keys.push(creation_key(&place, Some(team)));
                    let new_label = NewLabel::new(cx, &place, spec, team);
                    let label = new_label.preview();
                    plan.new_labels.push(new_label);
                    // A later name of the same request may mean this label, too.
                    index.add(&label);
                    (label, Origin::Created)
                }),
                matched => matched
                    .or_error(wanted, &[], None)
                    .map(|found| (found.item, Origin::Found)),
            };
            plan.ensured.push(LabelOutcome {
                wanted: spec.name.clone(),
                outcome,
            });
        }
        reserve(cx, &creation_keys)?;
        let mut shared_labels = HashMap::new();
        for (new_label, key) in plan.new_labels.iter_mut().zip(&creation_keys) {
            new_label.place =
                writes.create::<LabelCreate, Labels>(new_label.mutation(), &new_label.input.id);
            let claimed_id = cx.claim(key, &new_label.input.id).filter(|_| shared);
            if let Some(id) = claimed_id {
                writes.leave_out(new_label.place);
                new_label.id = id;
                shared_labels.insert(
                    new_label.input.id.clone(),
                    (new_label.preview(), Origin::Found),
                );
            }
        }
        plan.replace_labels(shared_labels);
        Ok(plan)
    }

    /// Handles the rejected write at this place of the [`WriteSet`], if the write creates a label of this plan. If
    /// somebody else has created the label in the meantime, the plan uses the existing label; otherwise the failure
    /// becomes the label's outcome. Returns whether the write creates a label of this plan.
    pub(in crate::operations) async fn declined(
        &mut self,
        cx: &Context<'_>,
        place: usize,
        failure: &Failure,
    ) -> bool {
        let Some(new_label) = self
            .new_labels
            .iter()
            .find(|new_label| new_label.place == place)
        else {
            return false;
        };
        let id = new_label.id.clone();
        let Some(wanted) = self.names_by_id().remove(&id) else {
            return false;
        };
        let outcome = match look_up_afresh(cx, &self.team, &wanted).await {
            Some(label) => Ok((label, Origin::Found)),
            None => Err(creation_error(
                failure.clone(),
                wanted.as_str(),
                Some(&self.team),
            )),
        };
        self.set_outcomes(&HashMap::from([(id, outcome)]));
        true
    }

    /// Makes the plan independent of the labels that other items of the same batch are creating. Of these labels, the
    /// plan uses those that exist in Linear by now, and creates the others itself. Returns whether the plan depended on
    /// labels of other items.
    pub(in crate::operations) async fn drop_shared(
        &mut self,
        cx: &Context<'_>,
        writes: &mut WriteSet,
    ) -> bool {
        let (shared, own): (Vec<NewLabel>, Vec<NewLabel>) = std::mem::take(&mut self.new_labels)
            .into_iter()
            .partition(|new_label| new_label.id != new_label.input.id);
        self.new_labels = own;
        let depended = !shared.is_empty();
        let names = self.names_by_id();
        // The look-ups are started together, so that they go out in one request.
        let lookups = shared.iter().map(|new_label| async {
            match names.get(&new_label.id) {
                Some(name) => look_up_afresh(cx, &self.team, name).await,
                None => None,
            }
        });
        let found = join_all(lookups).await;
        let mut replacements = HashMap::new();
        for (mut new_label, found) in shared.into_iter().zip(found) {
            let shared_id = std::mem::replace(&mut new_label.id, new_label.input.id.clone());
            let replacement = match found {
                Some(label) => (label, Origin::Found),
                None => {
                    writes.replace(new_label.place, new_label.mutation());
                    (new_label.preview(), Origin::Created)
                }
            };
            replacements.insert(shared_id, replacement);
            self.new_labels.push(new_label);
        }
        self.replace_labels(replacements);
        depended
    }

    /// Records the labels whose creates were executed, and keeps them in the session cache.
    pub(in crate::operations) fn take_in(&mut self, cx: &Context<'_>, writes: &WriteSet) {
        let mut outcomes = HashMap::new();
        for new_label in std::mem::take(&mut self.new_labels) {
            if !writes.is_done(new_label.place) {
                self.new_labels.push(new_label);
                continue;
            }
            match writes.entity::<Label>(new_label.place) {
                Some(label) => {
                    let label = Arc::new(label);
                    remember(cx, &label);
                    outcomes.insert(new_label.id, Ok((label, Origin::Created)));
                }
                // The outcome keeps the label as it was requested.
                None => cx.warn(format!(
                    "label '{}' was created, but Linear could not answer with it",
                    new_label.input.name
                )),
            }
        }
        self.set_outcomes(&outcomes);
    }

    /// Sets the error of each label that was not created. The error is the failure of the label's own create, where it
    /// is not known whether Linear executed that create, or else this `failure`, which kept the create from being sent.
    fn fail_uncreated(&mut self, writes: &WriteSet, failure: &Failure) {
        let names = self.names_by_id();
        let outcomes = std::mem::take(&mut self.new_labels)
            .into_iter()
            .map(|new_label| {
                let failure = writes.unknown(new_label.place).unwrap_or(failure);
                let wanted = names.get(&new_label.id).map_or("", LabelName::as_str);
                let error = creation_error(failure.clone(), wanted, Some(&self.team));
                (new_label.id, Err(error))
            });
        let outcomes = outcomes.collect();
        self.set_outcomes(&outcomes);
    }

    /// Returns, for the id of each label, the first name under which the caller asked for it.
    fn names_by_id(&self) -> HashMap<String, LabelName> {
        let mut names = HashMap::new();
        for requested in &self.ensured {
            if let Ok((label, _)) = &requested.outcome {
                names
                    .entry(label.id.clone())
                    .or_insert_with(|| requested.wanted.clone());
            }
        }
        names
    }

    /// Replaces the labels with these ids. Where several names mean the same label, the first name gets the origin of
    /// the replacement, and the other names get [`Origin::Found`].
    fn replace_labels(&mut self, mut replacements: HashMap<String, (Arc<Label>, Origin)>) {
        for requested in &mut self.ensured {
            if let Ok((label, origin)) = &mut requested.outcome
                && let Some((replacement, new_origin)) = replacements.get_mut(&label.id)
            {
                *label = Arc::clone(replacement);
                *origin = std::mem::replace(new_origin, Origin::Found);
            }
        }
    }

    /// Sets the outcomes of the labels with these ids, for each name that means one of the labels. A name with
    /// [`Origin::Found`] keeps this origin, because only the first of several names for a new label counts as the one
    /// that created it.
    fn set_outcomes(&mut self, outcomes: &HashMap<String, Result<(Arc<Label>, Origin), Error>>) {
        for requested in &mut self.ensured {
            let Ok((label, origin)) = &requested.outcome else {
                continue;
            };
            let Some(outcome) = outcomes.get(&label.id) else {
                continue;
            };
            let origin = *origin;
            requested.outcome = outcome.clone().map(|(label, new_origin)| match origin {
                Origin::Found => (label, Origin::Found),
                Origin::Created => (label, new_origin),
            });
        }
    }
}

/// Looks up the label of this name in the team. The look-up asks Linear and does not use the session cache. Returns
/// `None` where there is no such label, or where the look-up fails.
async fn look_up_afresh(cx: &Context<'_>, team: &Team, wanted: &LabelName) -> Option<Arc<Label>> {
    let lookup_request = LookupRequest {
        team: Some(team.id.clone()),
        labels: vec![wanted.clone()],
        fresh: true,
        ..LookupRequest::default()
    };
    let (resolved, _) = lookup(cx, &lookup_request, |_, _| Vec::new()).await.ok()?;
    let candidates = resolved.labels_of(team);
    match label::find(wanted, &candidates, Some(team), MatchMode::Whole) {
        MatchResult::One(found) => Some(found.item),
        _ => None,
    }
}

/// Returns the error for a label that could not be created in the team or, where no team is given, in the workspace.
pub(super) fn creation_error(failure: Failure, wanted: &str, team: Option<&Team>) -> Error {
    let place = match team {
        Some(team) => format!("team '{}'", team.name),
        None => "the workspace".to_owned(),
    };
    let error = failure
        .into_write_error(
            Code::LabelCreationFailed,
            &format!("create label '{wanted}' in {place}"),
            "Call list_labels with refresh_cache: true to see whether it is there",
        )
        .detail("label_name", wanted);
    match team {
        Some(team) => error.detail("team", team.name.as_str()),
        None => error,
    }
}

/// Keeps a new label in the session cache, in every scope where the label can be used: for a label of a team, the team
/// and the teams below it; for a label of the workspace, all scopes.
pub(super) fn remember(cx: &Context<'_>, label: &Arc<Label>) {
    let cache = &cx.session.cache;
    let owner = label.team.as_ref().map_or("", |team| team.id.as_str());
    let inherits = |scope: &str| {
        let team = cache.teams.get_within(scope, Reach::Old);
        team.is_some_and(|team| team.ancestors.iter().any(|above| above.id == owner))
    };
    let others = cache.labels.scopes().into_iter().filter(|scope| {
        scope != owner && (label.team.is_none() || scope == ANYWHERE || inherits(scope))
    });
    let scopes: Vec<String> = std::iter::once(owner.to_owned()).chain(others).collect();
    cache.labels.created(&scopes, &label.name, label);
}

/// Adds to the error of a failed write the labels that were created, or may have been created, for the write. These
/// labels remain in Linear, so the caller has to know of them.
pub(in crate::operations) fn with_labels(
    mut error: Error,
    plan: &Plan,
    writes: &WriteSet,
) -> Error {
    let pending: HashSet<&str> = plan
        .new_labels
        .iter()
        .map(|new_label| new_label.id.as_str())
        .collect();
    let created = plan.ensured.iter().filter_map(|requested| {
        let (label, origin) = requested.outcome.as_ref().ok()?;
        let is_created = *origin == Origin::Created && !pending.contains(label.id.as_str());
        is_created.then(|| label::full_name(label))
    });
    let created: Vec<String> = created.collect();
    let unknown = plan
        .new_labels
        .iter()
        .filter(|new_label| writes.unknown(new_label.place).is_some());
    // By the id, the caller can tell whether an existing label of this name was created by this request.
    let in_doubt: Vec<String> = unknown
        .map(|new_label| format!("{} ({})", new_label.input.name, new_label.input.id))
        .collect();
    if !created.is_empty() {
        error = error.detail("created_labels", created);
    }
    if !in_doubt.is_empty() {
        error = error
            .detail("labels_in_doubt", in_doubt)
            .suggest("Call list_labels to see whether labels were created for it");
    }
    error
}

/// Reports the labels of a write on something else, such as an issue: the step of [`step`], and the new labels by name.
pub(in crate::operations) fn report(cx: &Context<'_>, outcomes: &[LabelOutcome]) {
    step(cx, outcomes);
    let new_labels = outcomes.iter().filter_map(|requested| {
        let (label, origin) = requested.outcome.as_ref().ok()?;
        (*origin == Origin::Created).then(|| full_name(label))
    });
    cx.note(|report| report.new_labels.extend(new_labels));
}

/// Adds the step that reports the labels of a write: their names, and how many were found, created or failed.
pub(super) fn step(cx: &Context<'_>, outcomes: &[LabelOutcome]) {
    if outcomes.is_empty() {
        return;
    }
    let names: Vec<&str> = outcomes
        .iter()
        .map(|requested| requested.wanted.as_str())
        .collect();
    let (mut found, mut created, mut failed) = (0, 0, 0);
    for requested in outcomes {
        match &requested.outcome {
            Ok((_, Origin::Found)) => found += 1,
            Ok((_, Origin::Created)) => created += 1,
            Err(_) => failed += 1,
        }
    }
    let counts: Vec<String> = [(found, "found"), (created, "created"), (failed, "failed")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    cx.step(format!(
        "ensure_labels: {} ({})",
        names.join(", "),
        counts.join(", ")
    ));
}

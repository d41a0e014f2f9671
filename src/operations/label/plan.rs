//! Labels that are wanted: which there are already, and which are made, in the same request as what needs them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::future::join_all;

use super::{Ensured, Origin, color, failed, look_again, making, remember, reserve};
use crate::error::Error;
use crate::linear::compose::Part;
use crate::linear::documents::{LabelCreate, Labels, label_create};
use crate::linear::failure::Failure;
use crate::linear::model::{Label, Named, Team, TeamKey};
use crate::linear::scalars::IssueLabelCreateInput;
use crate::operations::write::WriteSet;
use crate::params::{LabelName, LabelSpec};
use crate::resolve::label::group::Place;
use crate::resolve::label::{self, Index};
use crate::resolve::{MatchResult, Within, is_uuid, not_found};
use crate::session::Context;

/// What becomes of each label that is wanted.
#[derive(Debug)]
pub(in crate::operations) struct Plan {
    team: Arc<Team>,
    shared: bool,
    /// Each as it is, or as it will be once its write is done.
    pub ensured: Vec<Ensured>,
    new: Vec<New>,
}

/// A label that is made.
#[derive(Debug)]
struct New {
    input: IssueLabelCreateInput,
    /// Where its write stands in the writes.
    place: usize,
    /// The group that it is in.
    group: Option<Arc<Label>>,
    /// The team that it is made in, the workspace for none.
    owner: Option<TeamKey>,
    /// The id that the label's name resolves to: this new label, or the identical label that another item of the same
    /// batch is creating.
    id: String,
}

impl New {
    fn is_others(&self) -> bool {
        self.id != self.input.id
    }
}

impl Plan {
    /// Finds each label in the team, its parents or the workspace, and puts the creates of those that are nowhere into
    /// the writes. `among` is what was looked up; nothing is sent yet. What is `shared` with other operations, done
    /// together with this one, is made by the first of them.
    ///
    /// # Errors
    /// INVALID_PARAM where the call would make more labels than one call may.
    pub(in crate::operations) fn make(
        cx: &Context<'_>,
        team: &Arc<Team>,
        among: &[Arc<Label>],
        specs: &[LabelSpec],
        shared: bool,
        writes: &mut WriteSet,
    ) -> Result<Self, Error> {
        let mut plan = Self {
            team: Arc::clone(team),
            shared,
            ensured: Vec::with_capacity(specs.len()),
            new: Vec::new(),
        };
        let mut index = Index::new(among, Some(team));
        let mut makings = Vec::new();
        for spec in specs {
            let outcome = match plan.found(&index, &spec.name) {
                Ok(Some(label)) => Ok((label, Origin::Found)),
                Ok(None) => label::group::place(&spec.name, &index, Some(team)).map(|place| {
                    makings.push(making(&place, Some(team)));
                    let label = plan.add(cx, &place, spec);
                    // It is there for the names behind it.
                    index.add(&label);
                    (label, Origin::Created)
                }),
                Err(error) => Err(error),
            };
            plan.ensured.push(Ensured {
                wanted: spec.name.clone(),
                outcome,
            });
        }
        reserve(cx, &makings)?;
        plan.put_into(cx, &makings, writes);
        Ok(plan)
    }

    /// The label that a name means among those that are there; `None` where it has to be made.
    fn found(&self, among: &Index, wanted: &LabelName) -> Result<Option<Arc<Label>>, Error> {
        match among.find(wanted) {
            // An id is nobody's idea of a name: it means a label that is gone, or another team's.
            MatchResult::None if is_uuid(wanted.as_str()) => {
                let within = Within {
                    kind: "team",
                    name: &self.team.name,
                };
                Err(not_found(wanted.as_str(), &among.labels(), Some(within)))
            }
            MatchResult::None => Ok(None),
            picked => Ok(Some(picked.or_error(wanted.as_str(), &[], None)?.item)),
        }
    }

    /// Notes that a label is to be made in that place; returns the label as it will be.
    fn add(&mut self, cx: &Context<'_>, at: &Place<'_>, spec: &LabelSpec) -> Arc<Label> {
        let owner = at.owner(Some(&self.team));
        let input = IssueLabelCreateInput {
            id: cx.session.clock.new_id(),
            name: at.name.to_owned(),
            color: color::or_default(spec.color.as_ref(), at.name),
            description: spec.description.clone(),
            parent_id: at.group.as_ref().map(|group| group.id.clone()),
            team_id: owner.as_ref().map(|team| team.id.clone()),
            is_group: None,
        };
        let group = at.group.clone();
        let label = preview(&input, &input.id, owner.clone(), group.as_deref());
        self.new.push(New {
            id: input.id.clone(),
            place: 0,
            input,
            group,
            owner,
        });
        Arc::new(label)
    }

    /// Puts the creates of the new labels into the writes, each of which goes by its `making`. One that another operation
    /// of the same batch makes is left out, and known by that one's id.
    fn put_into(&mut self, cx: &Context<'_>, makings: &[String], writes: &mut WriteSet) {
        let mut others: HashMap<String, Arc<Label>> = HashMap::new();
        for (new, making) in self.new.iter_mut().zip(makings) {
            new.place = writes.create::<LabelCreate, Labels>(part(&new.input), &new.input.id);
            let claimed = cx.claim(making, &new.input.id).filter(|_| self.shared);
            if let Some(id) = claimed {
                writes.leave_out(new.place);
                let label = preview(&new.input, &id, new.owner.clone(), new.group.as_deref());
                others.insert(new.input.id.clone(), Arc::new(label));
                new.id = id;
            }
        }
        for of in &mut self.ensured {
            if let Ok((label, origin)) = &mut of.outcome
                && let Some(other) = others.get(&label.id)
            {
                (*label, *origin) = (Arc::clone(other), Origin::Found);
            }
        }
    }

    /// Sees to a write that Linear declined, if it is one of these: somebody may have made that label in the meantime,
    /// which is then used. Answers whether it was one of these.
    pub(in crate::operations) async fn declined(
        &mut self,
        cx: &Context<'_>,
        place: usize,
        failure: &Failure,
    ) -> bool {
        let Some(new) = self.new.iter().find(|new| new.place == place) else {
            return false;
        };
        let id = new.id.clone();
        let means = |of: &&Ensured| matches!(&of.outcome, Ok((label, _)) if label.id == id);
        let Some(wanted) = self.ensured.iter().find(means).map(|of| of.wanted.clone()) else {
            return false;
        };
        let outcome = match look_again(cx, &self.team, &wanted).await {
            Some(label) => Ok((label, Origin::Found)),
            None => Err(failed(failure.clone(), wanted.as_str(), Some(&self.team))),
        };
        self.set(&HashMap::from([(id, outcome)]));
        true
    }

    /// Relies no longer on labels that other operations make; answers whether it did.
    pub(in crate::operations) async fn stand_alone(
        &mut self,
        cx: &Context<'_>,
        writes: &mut WriteSet,
    ) -> bool {
        let others: Vec<New>;
        (others, self.new) = std::mem::take(&mut self.new)
            .into_iter()
            .partition(New::is_others);
        let relied = !others.is_empty();
        let names = self.names();
        // All in one request.
        let looks = others.iter().map(|new| async {
            match names.get(&new.id) {
                Some(name) => look_again(cx, &self.team, name).await,
                None => None,
            }
        });
        let found = join_all(looks).await;
        let mut instead = HashMap::new();
        for (mut new, found) in others.into_iter().zip(found) {
            let outcome = match found {
                Some(label) => (label, Origin::Found),
                None => {
                    writes.replace(new.place, part(&new.input));
                    let owner = new.owner.clone();
                    let own = preview(&new.input, &new.input.id, owner, new.group.as_deref());
                    (Arc::new(own), Origin::Created)
                }
            };
            instead.insert(
                std::mem::replace(&mut new.id, new.input.id.clone()),
                outcome,
            );
            self.new.push(new);
        }
        self.replace(instead);
        relied
    }

    /// Takes in the labels that were made, and keeps them for wherever they can be used.
    pub(in crate::operations) fn take_in(&mut self, cx: &Context<'_>, writes: &WriteSet) {
        let mut outcomes = HashMap::new();
        for new in std::mem::take(&mut self.new) {
            if !writes.is_done(new.place) {
                self.new.push(new);
                continue;
            }
            // A label that cannot be read is as it was asked for.
            match writes.entity::<Label>(new.place) {
                Some(label) => {
                    let label = Arc::new(label);
                    remember(cx, &label);
                    outcomes.insert(new.id, Ok((label, Origin::Created)));
                }
                None => cx.warn(format!(
                    "label '{}' was created, but Linear could not answer with it",
                    new.input.name
                )),
            }
        }
        self.set(&outcomes);
    }

    /// Says of each label that was not made why not; of one that was not sent, that this `failure` kept it from it.
    pub(in crate::operations) fn fail(&mut self, writes: &WriteSet, failure: &Failure) {
        let names = self.names();
        let outcomes = std::mem::take(&mut self.new).into_iter().map(|new| {
            let own = writes.unknown(new.place).unwrap_or(failure);
            let called = names.get(&new.id).map_or("", LabelName::as_str);
            let error = failed(own.clone(), called, Some(&self.team));
            (new.id, Err(error))
        });
        let outcomes = outcomes.collect();
        self.set(&outcomes);
    }

    /// The names of the labels that were made, as far as has been taken in.
    pub(in crate::operations) fn made(&self) -> Vec<String> {
        let waiting: HashSet<&str> = self.new.iter().map(|new| new.id.as_str()).collect();
        let waits = |label: &Label| waiting.contains(label.id.as_str());
        let made = self.ensured.iter().filter_map(|of| match &of.outcome {
            Ok((label, Origin::Created)) if !waits(label) => Some(label::full_name(label)),
            _ => None,
        });
        made.collect()
    }

    /// The labels that may have been made although no answer says so, each by its name and the id that it has then.
    pub(in crate::operations) fn in_doubt(&self, writes: &WriteSet) -> Vec<String> {
        let new = self
            .new
            .iter()
            .filter(|new| writes.unknown(new.place).is_some());
        new.map(|new| format!("{} ({})", new.input.name, new.input.id))
            .collect()
    }

    /// The names by which the labels were asked for first, by their ids.
    fn names(&self) -> HashMap<String, LabelName> {
        let mut names = HashMap::new();
        for of in &self.ensured {
            if let Ok((label, _)) = &of.outcome {
                names
                    .entry(label.id.clone())
                    .or_insert_with(|| of.wanted.clone());
            }
        }
        names
    }

    /// Puts other labels, or the same ones made here, in the place of those with these ids that were relied on; the first
    /// name that means one is what makes it.
    fn replace(&mut self, mut instead: HashMap<String, (Arc<Label>, Origin)>) {
        for of in &mut self.ensured {
            if let Ok((label, origin)) = &mut of.outcome
                && let Some((other, made)) = instead.get_mut(&label.id)
            {
                *label = Arc::clone(other);
                *origin = std::mem::replace(made, Origin::Found);
            }
        }
    }

    /// Sets what became of the labels with these ids, for every name that means one; the first one made it.
    fn set(&mut self, outcomes: &HashMap<String, Result<(Arc<Label>, Origin), Error>>) {
        for of in &mut self.ensured {
            let Ok((label, origin)) = &of.outcome else {
                continue;
            };
            let Some(outcome) = outcomes.get(&label.id) else {
                continue;
            };
            let origin = *origin;
            of.outcome = outcome.clone().map(|(label, now)| match origin {
                Origin::Found => (label, Origin::Found),
                Origin::Created => (label, now),
            });
        }
    }
}

fn part(input: &IssueLabelCreateInput) -> Part {
    Part::of::<LabelCreate>(label_create::Variables {
        input: input.clone(),
    })
}

/// The label as it will be, under that id.
fn preview(
    input: &IssueLabelCreateInput,
    id: &str,
    team: Option<TeamKey>,
    group: Option<&Label>,
) -> Label {
    Label {
        id: id.to_owned(),
        name: input.name.clone(),
        color: input.color.clone(),
        description: input.description.clone(),
        is_group: false,
        retired_at: None,
        parent: group.map(|group| Named {
            id: group.id.clone(),
            name: group.name.clone(),
        }),
        team,
    }
}

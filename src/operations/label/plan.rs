//! Labels that are wanted: which there are already, and which are made, in the same request as what needs them.

use std::sync::Arc;

use futures::future::join_all;

use super::{Ensured, Origin, color, failed, look_again, making, remember};
use crate::error::Error;
use crate::linear::compose::Part;
use crate::linear::documents::{LabelCreate, Labels, label_create};
use crate::linear::failure::Failure;
use crate::linear::model::{Label, Named, Team, TeamKey};
use crate::linear::scalars::IssueLabelCreateInput;
use crate::operations::write::WriteSet;
use crate::params::{LabelName, LabelSpec};
use crate::resolve::label::group::Place;
use crate::resolve::label::{self, Exactness};
use crate::resolve::{Picked, Within, is_uuid, not_found};
use crate::session::Cx;

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
    pub(in crate::operations) fn make(
        cx: &Cx<'_>,
        team: &Arc<Team>,
        among: &[Arc<Label>],
        specs: &[LabelSpec],
        shared: bool,
        writes: &mut WriteSet,
    ) -> Self {
        let mut plan = Self {
            team: Arc::clone(team),
            shared,
            ensured: Vec::with_capacity(specs.len()),
            new: Vec::new(),
        };
        let mut among = among.to_vec();
        for spec in specs {
            let outcome = plan.place(cx, &mut among, spec, writes);
            plan.ensured.push(Ensured {
                wanted: spec.name.clone(),
                outcome,
            });
        }
        plan
    }

    /// What becomes of one label; one that is made is `among` the others for those behind it.
    fn place(
        &mut self,
        cx: &Cx<'_>,
        among: &mut Vec<Arc<Label>>,
        spec: &LabelSpec,
        writes: &mut WriteSet,
    ) -> Result<(Arc<Label>, Origin), Error> {
        let (wanted, team) = (&spec.name, Arc::clone(&self.team));
        match label::find(wanted, among, Some(&team), Exactness::Whole) {
            // An id is nobody's idea of a name: it means a label that is gone, or another team's.
            Picked::None if is_uuid(wanted.as_str()) => {
                let within = Within {
                    kind: "team",
                    name: &team.name,
                };
                Err(not_found(wanted.as_str(), among, Some(within)))
            }
            Picked::None => {
                let place = label::group::place(wanted, among, Some(&team))?;
                let (label, origin) = self.add(cx, &place, spec, writes);
                among.push(Arc::clone(&label));
                Ok((label, origin))
            }
            picked => {
                let found = picked.or_error(wanted.as_str(), among, None)?;
                Ok((found.item, Origin::Found))
            }
        }
    }

    /// Puts the create of a label in that place into the writes; answers the label as it will be.
    fn add(
        &mut self,
        cx: &Cx<'_>,
        at: &Place<'_>,
        spec: &LabelSpec,
        writes: &mut WriteSet,
    ) -> (Arc<Label>, Origin) {
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
        let place = writes.create::<LabelCreate, Labels>(part(&input), &input.id);
        let claimed = cx.claim(&making(at, &self.team), &input.id);
        let others = claimed.filter(|_| self.shared);
        let origin = match &others {
            Some(_) => Origin::Found,
            None => Origin::Created,
        };
        if others.is_some() {
            writes.leave_out(place);
        }
        let id = others.unwrap_or_else(|| input.id.clone());
        let group = at.group.clone();
        let label = preview(&input, &id, owner.clone(), group.as_deref());
        self.new.push(New {
            input,
            place,
            group,
            owner,
            id,
        });
        (Arc::new(label), origin)
    }

    /// Sees to a write that Linear declined, if it is one of these: somebody may have made that label in the meantime,
    /// which is then used. Answers whether it was one of these.
    pub(in crate::operations) async fn declined(
        &mut self,
        cx: &Cx<'_>,
        place: usize,
        failure: &Failure,
    ) -> bool {
        let Some(new) = self.new.iter().find(|new| new.place == place) else {
            return false;
        };
        let id = new.id.clone();
        let Some(wanted) = self.called(&id) else {
            return false;
        };
        let outcome = match look_again(cx, &self.team, &wanted).await {
            Some(label) => Ok((label, Origin::Found)),
            None => Err(failed(failure.clone(), wanted.as_str(), Some(&self.team))),
        };
        self.set(&id, &outcome);
        true
    }

    /// Relies no longer on labels that other operations make; answers whether it did.
    pub(in crate::operations) async fn stand_alone(
        &mut self,
        cx: &Cx<'_>,
        writes: &mut WriteSet,
    ) -> bool {
        let others: Vec<New>;
        (others, self.new) = std::mem::take(&mut self.new)
            .into_iter()
            .partition(New::is_others);
        let relied = !others.is_empty();
        let names: Vec<Option<LabelName>> = others.iter().map(|new| self.called(&new.id)).collect();
        // All in one request.
        let looks = names.iter().map(|name| async {
            match name {
                Some(name) => look_again(cx, &self.team, name).await,
                None => None,
            }
        });
        let found = join_all(looks).await;
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
            self.replace(&new.id, &outcome);
            new.id.clone_from(&new.input.id);
            self.new.push(new);
        }
        relied
    }

    /// Takes in the labels that were made, and keeps them for wherever they can be used.
    pub(in crate::operations) fn take_in(&mut self, cx: &Cx<'_>, writes: &WriteSet) {
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
                    self.set(&new.id, &Ok((label, Origin::Created)));
                }
                None => cx.warn(format!(
                    "label '{}' was created, but Linear could not answer with it",
                    new.input.name
                )),
            }
        }
    }

    /// Says of each label that was not made why not; of one that was not sent, that this `failure` kept it from it.
    pub(in crate::operations) fn fail(&mut self, writes: &WriteSet, failure: &Failure) {
        for new in std::mem::take(&mut self.new) {
            let own = writes.unknown(new.place).unwrap_or(failure);
            let error = self.failed(own.clone(), &new.id);
            self.set(&new.id, &Err(error));
        }
    }

    /// The names of the labels that were made, as far as has been taken in.
    pub(in crate::operations) fn made(&self) -> Vec<String> {
        let waits = |label: &Label| self.new.iter().any(|new| new.id == label.id);
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

    /// The name by which the label with that id was asked for.
    fn called(&self, id: &str) -> Option<LabelName> {
        let means = |of: &&Ensured| matches!(&of.outcome, Ok((label, _)) if label.id == id);
        let called = self.ensured.iter().find(means);
        called.map(|of| of.wanted.clone())
    }

    /// The error of the label with that id, which was not made.
    fn failed(&self, failure: Failure, id: &str) -> Error {
        let called = self.called(id);
        let called = called.as_ref().map_or("", LabelName::as_str);
        failed(failure, called, Some(&self.team))
    }

    /// Puts another label, or the same one made here, in the place of the one with that id that was relied on; the first
    /// name that means it is what makes it.
    fn replace(&mut self, id: &str, (label, origin): &(Arc<Label>, Origin)) {
        let means = |of: &&mut Ensured| matches!(&of.outcome, Ok((label, _)) if label.id == id);
        let origins = std::iter::once(*origin).chain(std::iter::repeat(Origin::Found));
        for (of, origin) in self.ensured.iter_mut().filter(means).zip(origins) {
            of.outcome = Ok((Arc::clone(label), origin));
        }
    }

    /// Sets what became of the label with that id, for every name that means it; the first one made it.
    fn set(&mut self, id: &str, outcome: &Result<(Arc<Label>, Origin), Error>) {
        for of in &mut self.ensured {
            let origin = match &of.outcome {
                Ok((label, origin)) if label.id == id => *origin,
                _ => continue,
            };
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

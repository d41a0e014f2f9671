//! What names were taken to mean because the session remembered it, and whether they still mean that.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::gather::{Known, Trust, Wants, gather};
use super::label::{self, Exactness, Index, group};
use super::seek::Kind;
use super::{Match, Picked, Resolvable as _};
use crate::directory::Entity as _;
use crate::error::Error;
use crate::linear::documents::{
    Cycles, Initiatives, Labels, Milestones, ProjectLabels, ProjectStatuses, Projects, States,
    Teams, Users,
};
use crate::linear::failure::Failure;
use crate::linear::model::{Label, Project, Team};
use crate::params::LabelName;
use crate::session::{Cx, Reliance};

/// What was wanted, and what the session knew of it.
#[derive(Debug)]
pub(super) struct Remembered {
    wants: Wants,
    known: Known,
}

/// Notes that the operation goes by what the session remembered, if it does.
pub(super) fn rely(cx: &Cx<'_>, wants: &Wants, known: &Known) {
    if known.remembered() {
        let remembered = Arc::new(Remembered {
            wants: wants.clone(),
            known: known.clone(),
        });
        if known.is_old() {
            cx.session.outdated.add(remembered.clone());
        }
        cx.rely(remembered);
    }
}

impl Reliance for Remembered {
    fn recheck<'c>(&'c self, cx: &'c Cx<'c>) -> BoxFuture<'c, Result<Vec<String>, Failure>> {
        let wants = Wants {
            fresh: true,
            ..self.wants.clone()
        };
        self.compare(cx, wants).boxed()
    }

    fn refresh<'c>(&'c self, cx: &'c Cx<'c>) -> BoxFuture<'c, Result<Vec<String>, Failure>> {
        let wants = Wants {
            trust: Trust::Names,
            ..self.wants.clone()
        };
        self.compare(cx, wants).boxed()
    }
}

impl Remembered {
    /// Looks up what is wanted, and compares it with what was known.
    async fn compare(&self, cx: &Cx<'_>, wants: Wants) -> Result<Vec<String>, Failure> {
        let (now, _) = gather(cx, &wants, |_| Vec::new()).await?;
        let mut comparison = Comparison {
            cx,
            wants: &wants,
            then: &self.known,
            now: &now,
            steps: Vec::new(),
        };
        comparison.run();
        Ok(comparison.steps)
    }
}

impl Known {
    /// Whether anything in it came from the session cache.
    fn remembered(&self) -> bool {
        self.teams.remembered()
            || self.states.remembered()
            || self.labels.remembered()
            || self.users.remembered()
            || self.projects.remembered()
            || self.project_statuses.remembered()
            || self.project_labels.remembered()
            || self.initiatives.remembered()
            || self.milestones.remembered()
            || self.cycles.remembered()
    }
}

impl Known {
    /// Whether anything in it is past the usual age of the session cache.
    fn is_old(&self) -> bool {
        self.teams.old
            || self.states.old
            || self.labels.old
            || self.users.old
            || self.projects.old
            || self.project_statuses.old
            || self.project_labels.old
            || self.milestones.old
    }
}

/// The same names, as they were understood and as they would be now.
struct Comparison<'c> {
    cx: &'c Cx<'c>,
    wants: &'c Wants,
    then: &'c Known,
    now: &'c Known,
    steps: Vec<String>,
}

impl Comparison<'_> {
    fn run(&mut self) {
        let wants = self.wants;
        for name in wants.team.iter().chain(&wants.teams) {
            self.compare::<Teams>(|known| item(known.team(name)), same_team);
        }
        for name in &wants.users {
            self.compare::<Users>(|known| item(known.user(name)), |_, _| true);
        }
        if let Some(name) = &wants.project_status {
            let meant = |known: &Known| item(known.project_status(name));
            self.compare::<ProjectStatuses>(meant, |_, _| true);
        }
        for name in &wants.project_labels {
            let meant = |known: &Known| item(known.project_label(name));
            self.compare::<ProjectLabels>(meant, |_, _| true);
        }
        if let Some(name) = &wants.initiative {
            self.compare::<Initiatives>(|known| item(known.initiative(name)), |_, _| true);
        }
        let team = wants.team.as_deref();
        // What is in a team goes with it.
        if team.is_none_or(|team| self.now.team(team).is_ok()) {
            self.run_in(team);
        }
    }

    /// What is looked for in a team, or is told apart by it.
    fn run_in(&mut self, team: Option<&str>) {
        let wants = self.wants;
        let within = |known: &Known| team.and_then(|team| item(known.team(team)));
        for name in &wants.states {
            let meant = |known: &Known| item(known.state(name, within(known)?.as_ref()));
            self.compare::<States>(meant, |_, _| true);
        }
        if let Some(name) = &wants.cycle {
            let meant = |known: &Known| item(known.cycle(name, within(known)?.as_ref()));
            self.compare::<Cycles>(meant, |_, _| true);
        }
        let project = |known: &Known| {
            let name = wants.project.as_deref()?;
            item(known.project(name, within(known).as_deref()))
        };
        self.compare::<Projects>(project, same_project);
        if let Some(name) = &wants.milestone {
            let meant = |known: &Known| {
                let of = project(known)?;
                item(known.milestone(name, (&of.id, &of.name)))
            };
            self.compare::<Milestones>(meant, |_, _| true);
        }
        for name in &wants.labels {
            let meant = |known: &Known| label(known, name, within(known).as_deref());
            self.compare::<Labels>(meant, same_label);
            let meant = |known: &Known| {
                let team = within(known);
                let among = Index::new(&known.usable(team.as_deref()), team.as_deref());
                group::place(name, &among, team.as_deref()).ok()?.group
            };
            self.compare::<Labels>(meant, same_label);
        }
    }

    /// Compares what a name meant with what it means. Where that has changed, what the session remembers is forgotten,
    /// unless the answer has taken its place already.
    fn compare<K: Kind>(
        &mut self,
        meant: impl Fn(&Known) -> Option<Arc<K::Node>>,
        same: fn(&K::Node, &K::Node) -> bool,
    ) {
        let Some(then) = meant(self.then) else {
            return;
        };
        let now = meant(self.now);
        if now.is_some_and(|now| now.id() == then.id() && same(&then, &now)) {
            return;
        }
        let mut others = K::pool(self.now).items.iter();
        let there = others.find(|of| of.id() == then.id());
        let table = K::table(&self.cx.session.directory);
        let kept = table.get(then.id());
        // The answer is not kept where this session wrote to the kind meanwhile.
        if !matches!((there, &kept), (Some(there), Some(kept)) if Arc::ptr_eq(there, kept)) {
            table.forget(then.id());
        }
        let what = if there.is_some() {
            "changed in"
        } else {
            "gone from"
        };
        let noun = K::Node::NOUN.to_lowercase();
        let thing = match then.name() {
            // As most cycles are.
            "" => format!("a {noun} without a name"),
            name => format!("{noun} '{name}'"),
        };
        let step = format!("healed: {thing} had {what} Linear; looked up anew");
        if !self.steps.contains(&step) {
            self.steps.push(step);
        }
    }
}

fn item<T>(found: Result<Match<T>, Error>) -> Option<Arc<T>> {
    found.ok().map(|found| found.item)
}

/// The label that a whole name means: what writes go by. A part of a name may mean another since the first run, which
/// has made a label of that name.
fn label(known: &Known, name: &LabelName, team: Option<&Team>) -> Option<Arc<Label>> {
    match label::find(name, &known.usable(team), team, Exactness::Whole) {
        Picked::One(found) => Some(found.item),
        Picked::Many(_) | Picked::None => None,
    }
}

/// A team's place decides which labels can be used in it.
fn same_team(then: &Team, now: &Team) -> bool {
    then.ancestors == now.ancestors
}

/// A label that has been retired or made a group cannot be applied, and one of a group not beside another of it.
fn same_label(then: &Label, now: &Label) -> bool {
    let facts = |of: &Label| (of.is_group, of.retired_at.is_some());
    facts(then) == facts(now) && then.parent == now.parent && then.team == now.team
}

/// A project takes issues of its own teams.
fn same_project(then: &Project, now: &Project) -> bool {
    then.teams == now.teams && then.archived_at == now.archived_at
}

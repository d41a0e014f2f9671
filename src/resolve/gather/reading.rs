//! Reading what Linear answered to the questions, and keeping it in the directory under the scopes that have come to
//! light with it.

use std::sync::Arc;

use super::super::label;
use super::super::seek::{Kind, Pool, Sought, whole};
use super::{Known, Plan, Wants, only, texts};
use crate::directory::ANYWHERE;
use crate::linear::client::Answers;
use crate::linear::documents::{
    Cycles, Initiatives, Labels, Milestones, ProjectLabels, ProjectStatuses, Projects, States,
    Teams, Users, UsersAll,
};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{Label, Project, State, Team};
use crate::session::Cx;

impl Plan {
    /// Reads the answers, of which the first belong to the `riders`.
    ///
    /// # Errors
    /// An answer that is none, or what became of a request for what did not fit on one page.
    pub(super) async fn settle(
        self,
        cx: &Cx<'_>,
        wants: &Wants,
        answers: &mut Answers,
        riders: usize,
    ) -> Result<Known, Failure> {
        let mut reading = Reading {
            cx,
            wants,
            answers,
            riders,
        };
        let teams = reading
            .of_workspace::<Teams>(self.teams, &wants.team_names())
            .await?;
        let team = wants.team.as_deref();
        let team = team.and_then(|name| only(cx, name, &teams.items));
        let team = team.as_deref();
        let team_id = team.map(|team| team.id.as_str());
        let projects = reading
            .of_workspace::<Projects>(self.projects, wants.project.as_slice())
            .await?;
        let project = wants.project.as_deref();
        let project = project.and_then(|name| only(cx, name, &projects.items));
        let project_id = project.as_deref().map(|project| project.id.as_str());
        Ok(Known {
            teams,
            projects,
            users: if self.anyone {
                reading
                    .of_scope::<UsersAll>(ANYWHERE, self.users, &wants.users)
                    .await?
            } else {
                reading
                    .of_workspace::<Users>(self.users, &wants.users)
                    .await?
            },
            project_statuses: reading
                .of_workspace::<ProjectStatuses>(
                    self.project_statuses,
                    wants.project_status.as_slice(),
                )
                .await?,
            project_labels: reading
                .of_workspace::<ProjectLabels>(self.project_labels, &texts(&wants.project_labels))
                .await?,
            initiatives: reading
                .of_workspace::<Initiatives>(self.initiatives, wants.initiative.as_slice())
                .await?,
            states: reading.states(self.states, team).await?,
            cycles: reading
                .of::<Cycles>(team_id, self.cycles, wants.cycle.as_slice(), |cycle| {
                    &cycle.team.id
                })
                .await?,
            milestones: reading
                .of::<Milestones>(
                    project_id,
                    self.milestones,
                    wants.milestone.as_slice(),
                    |of| &of.project.id,
                )
                .await?,
            namesakes: reading.namesakes(self.namesakes, team)?,
            labels: reading.labels(self.labels, team, self.team_known).await?,
            ..Known::of(cx)
        })
    }
}

/// The answers being read.
struct Reading<'r, 's> {
    cx: &'r Cx<'s>,
    wants: &'r Wants,
    answers: &'r mut Answers,
    riders: usize,
}

impl Reading<'_, '_> {
    /// What was found of a kind that has the workspace for its only scope.
    async fn of_workspace<K: Kind>(
        &mut self,
        sought: Sought<K::Node>,
        names: &[String],
    ) -> Result<Pool<K::Node>, Failure> {
        self.of_scope::<K>("", sought, names).await
    }

    /// What was found of a kind whose every entity is of that scope.
    async fn of_scope<K: Kind>(
        &mut self,
        scope: &str,
        sought: Sought<K::Node>,
        names: &[String],
    ) -> Result<Pool<K::Node>, Failure> {
        let found = sought.settle::<K>(self.cx, self.answers, self.riders);
        let table = K::table(&self.cx.session.directory);
        Ok(found.await?.keep(table, Some(scope), names, true, |_| true))
    }

    async fn states(
        &mut self,
        sought: Sought<State>,
        team: Option<&Team>,
    ) -> Result<Pool<State>, Failure> {
        let found = sought.settle::<States>(self.cx, self.answers, self.riders);
        let mut found = found.await?;
        let team = team.map(|team| team.id.as_str());
        if let (true, Some(team)) = (found.is_cut(), team) {
            // Before the team was known, every team was asked whose name could be meant: too many for one page.
            found = whole::<States>(self.cx, Filter::of("team", Filter::eq("id", team))).await?;
        }
        let anywhere = self.wants.team.is_none();
        let scope = if anywhere { Some("") } else { team };
        let belongs = |state: &State| anywhere || Some(state.team.id.as_str()) == team;
        let table = States::table(&self.cx.session.directory);
        Ok(found.keep(table, scope, &self.wants.states, true, belongs))
    }

    /// What was found of a kind whose every entity belongs to one thing, as cycles to a team: of that one's.
    async fn of<K: Kind>(
        &mut self,
        owner: Option<&str>,
        sought: Sought<K::Node>,
        names: &[String],
        owned_by: fn(&K::Node) -> &str,
    ) -> Result<Pool<K::Node>, Failure> {
        let found = sought.settle::<K>(self.cx, self.answers, self.riders);
        let belongs = |entity: &K::Node| Some(owned_by(entity)) == owner;
        let table = K::table(&self.cx.session.directory);
        Ok(found.await?.keep(table, owner, names, true, belongs))
    }

    /// The projects that go by the team's name, where that turned out to be no team.
    fn namesakes(
        &mut self,
        slot: Option<usize>,
        team: Option<&Team>,
    ) -> Result<Vec<Arc<Project>>, Failure> {
        let (Some(slot), None) = (slot, team) else {
            return Ok(Vec::new());
        };
        let answer = self.answers.take::<Projects>(self.riders + slot)?;
        Ok(answer.projects.nodes.into_iter().map(Arc::new).collect())
    }

    /// Labels are inherited: where the team turns out to have parents, a question made before the team was known does
    /// not cover what it inherits, and where all of its labels are wanted they are asked for again.
    async fn labels(
        &mut self,
        sought: Sought<Label>,
        team: Option<&Team>,
        team_known: bool,
    ) -> Result<Pool<Label>, Failure> {
        let found = sought.settle::<Labels>(self.cx, self.answers, self.riders);
        let (mut found, wants) = (found.await?, self.wants);
        let mut covers = team_known || team.is_none_or(|team| team.ancestors.is_empty());
        if let (false, true, Some(team)) = (covers, wants.all_labels, team) {
            found = whole::<Labels>(self.cx, label::usable_in(team)).await?;
            covers = true;
        }
        // Without a team the workspace's labels are listed, and a name is looked for everywhere, which no list covers.
        let scope = match (team, &wants.team) {
            (Some(team), _) => Some(team.id.as_str()),
            (None, Some(_)) => None,
            (None, None) if wants.all_labels => Some(""),
            (None, None) => {
                covers = false;
                Some(ANYWHERE)
            }
        };
        let usable = |label: &Label| team.is_none_or(|team| label::is_usable_in(label, team));
        let table = Labels::table(&self.cx.session.directory);
        Ok(found.keep(
            table,
            scope,
            &texts(wants.labels.iter().chain(&wants.new_label)),
            covers,
            usable,
        ))
    }
}

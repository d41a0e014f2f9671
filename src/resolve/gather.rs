//! Everything that an operation has to know of the workspace, from the session cache or in one request.
//!
//! What is wanted is first looked for in the [`crate::directory`]. What it cannot answer is asked for, all kinds in
//! one document, with the operation's own reads as riders. A name that the cache does not have is so looked up fresh
//! before anybody calls it unknown, and an error can list what there is without asking again.

mod questions;

use std::sync::Arc;

use super::reliance::rely;
use super::seek::{Found, Kind, Pool, Sought, whole};
use super::team::Scope;
use super::{Picked, Resolvable, label, pick};
use crate::directory::ANYWHERE;
use crate::error::{Code, Error};
use crate::linear::client::{Answers, Repeat};
use crate::linear::compose::Part;
use crate::linear::documents::{
    Cycles, Initiatives, Labels, Milestones, ProjectLabels, ProjectStatuses, Projects, States,
    Teams, Users,
};
use crate::linear::failure::Failure;
use crate::linear::filter::Filter;
use crate::linear::model::{
    Cycle, Initiative, Label, Milestone, Project, ProjectLabel, ProjectStatus, State, Team, User,
};
use crate::session::Cx;

/// What an operation needs to know. Names are as the caller wrote them.
#[derive(Clone, Debug, Default)]
pub struct Wants {
    /// The team, in which states, labels and cycles are looked up.
    pub team: Option<String>,
    /// Other teams, in which nothing is looked up.
    pub teams: Vec<String>,
    /// All teams.
    pub all_teams: bool,
    /// Workflow states of the team.
    pub states: Vec<String>,
    /// All workflow states of the team.
    pub all_states: bool,
    /// Labels that can be used in the team; without a team, anywhere.
    pub labels: Vec<String>,
    /// All labels that can be used in the team; without a team, the workspace's own.
    pub all_labels: bool,
    /// Whether missing labels will be created, so that a list known whole need not be asked for again.
    pub new_labels: bool,
    /// Users.
    pub users: Vec<String>,
    /// All active users.
    pub all_users: bool,
    /// A project.
    pub project: Option<String>,
    /// A project status.
    pub project_status: Option<String>,
    /// Labels of projects.
    pub project_labels: Vec<String>,
    /// An initiative.
    pub initiative: Option<String>,
    /// A milestone of that project.
    pub milestone: Option<String>,
    /// A cycle of the team.
    pub cycle: Option<String>,
    /// Whether the session cache is not to be believed.
    pub fresh: bool,
}

impl Wants {
    /// Every team that is named.
    fn team_names(&self) -> Vec<String> {
        self.team.iter().chain(&self.teams).cloned().collect()
    }
}

/// What was found out.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Teams.
    pub teams: Pool<Team>,
    /// Workflow states.
    pub states: Pool<State>,
    /// Labels.
    pub labels: Pool<Label>,
    /// Users.
    pub users: Pool<User>,
    /// Projects.
    pub projects: Pool<Project>,
    /// Project statuses.
    pub project_statuses: Pool<ProjectStatus>,
    /// Project labels.
    pub project_labels: Pool<ProjectLabel>,
    /// Initiatives.
    pub initiatives: Pool<Initiative>,
    /// Milestones.
    pub milestones: Pool<Milestone>,
    /// Cycles.
    pub cycles: Pool<Cycle>,
    /// Projects that go by the name of a team that there is not.
    pub namesakes: Vec<Arc<Project>>,
}

/// Brings what is wanted, in one request where no list runs over its first page.
///
/// `riders` are reads of the operation's own that travel in front of the look-ups. They are made when it is clear
/// what the session knows: with everything that is wanted, or with `None` when something has to be asked. The
/// answers, with the riders' in the first slots, are there when anything was sent. What came from the session cache is
/// noted in `cx` as relied upon.
///
/// # Errors
/// What became of the request.
pub async fn gather(
    cx: &Cx<'_>,
    wants: &Wants,
    riders: impl FnOnce(Option<&Known>) -> Vec<Part>,
) -> Result<(Known, Option<Answers>), Failure> {
    warmed(cx, wants).await?;
    let mut plan = Plan::make(cx, wants);
    let known = plan.parts.is_empty().then(|| plan.known());
    if let Some(known) = &known {
        rely(cx, wants, known);
    }
    let mut parts = riders(known.as_ref());
    let first = parts.len();
    parts.append(&mut plan.parts);
    if parts.is_empty() {
        return Ok((known.unwrap_or_default(), None));
    }
    let mut answers = cx.send(&parts, Repeat::Always).await?;
    let known = match known {
        Some(known) => known,
        None => {
            let known = plan.settle(cx, wants, &mut answers, first).await?;
            rely(cx, wants, &known);
            known
        }
    };
    Ok((known, Some(answers)))
}

/// Waits for the prefetch where it may bring what the cache does not have yet. Who asks for a fresh answer does not
/// want what it brings.
async fn warmed(cx: &Cx<'_>, wants: &Wants) -> Result<(), Failure> {
    let passed = wants.fresh || cx.shape.refresh_cache;
    if passed
        || !cx.session.warming.is_running()
        || Plan::make(&cx.trying(), wants).parts.is_empty()
    {
        return Ok(());
    }
    cx.warmed().await
}

/// The answers of a [`gather()`] whose riders always travel, so that something was sent.
///
/// # Errors
/// INTERNAL_ERROR, when nothing was.
pub fn answered(answers: Option<Answers>) -> Result<Answers, Error> {
    let none = "No answer to a question that was asked";
    let error = || Error::new(Code::InternalError, none).suggest("Repeat the request");
    answers.ok_or_else(error)
}

/// As [`gather()`], without riders, and with the failure as the caller is told it.
///
/// # Errors
/// The failure of the request.
pub async fn look_up(cx: &Cx<'_>, wants: &Wants) -> Result<Known, Error> {
    let (known, _) = gather(cx, wants, |_| Vec::new())
        .await
        .map_err(Failure::reading)?;
    Ok(known)
}

/// What the cache has and what is asked, kind by kind.
struct Plan {
    parts: Vec<Part>,
    /// Whether the team was known when the questions about what is in it were made.
    team_known: bool,
    /// Where the projects stand that go by the team's name.
    namesakes: Option<usize>,
    teams: Sought<Team>,
    states: Sought<State>,
    labels: Sought<Label>,
    users: Sought<User>,
    projects: Sought<Project>,
    project_statuses: Sought<ProjectStatus>,
    project_labels: Sought<ProjectLabel>,
    initiatives: Sought<Initiative>,
    milestones: Sought<Milestone>,
    cycles: Sought<Cycle>,
}

impl Plan {
    fn make(cx: &Cx<'_>, wants: &Wants) -> Self {
        let mut parts = Vec::new();
        let teams = questions::teams(cx, &mut parts, wants);
        let team = wants
            .team
            .as_deref()
            .map(|name| match questions::one(&teams, name) {
                Some(team) => Scope::Known(team),
                None => Scope::Called(name.to_owned()),
            });
        let projects = questions::projects(cx, &mut parts, wants, team.as_ref());
        let namesakes = questions::namesakes(&mut parts, wants, &teams);
        Self {
            namesakes,
            states: questions::states(cx, &mut parts, wants, team.as_ref()),
            labels: questions::labels(cx, &mut parts, wants, team.as_ref()),
            cycles: questions::cycles(cx, &mut parts, wants, team.as_ref()),
            users: questions::users(cx, &mut parts, wants),
            project_statuses: questions::project_statuses(cx, &mut parts, wants),
            project_labels: questions::project_labels(cx, &mut parts, wants),
            initiatives: questions::initiatives(cx, &mut parts, wants),
            milestones: questions::milestones(cx, &mut parts, wants, &projects),
            team_known: !matches!(team, Some(Scope::Called(_))),
            teams,
            projects,
            parts,
        }
    }

    /// What is known when nothing had to be asked.
    fn known(&self) -> Known {
        Known {
            teams: self.teams.known(),
            states: self.states.known(),
            labels: self.labels.known(),
            users: self.users.known(),
            projects: self.projects.known(),
            project_statuses: self.project_statuses.known(),
            project_labels: self.project_labels.known(),
            initiatives: self.initiatives.known(),
            milestones: self.milestones.known(),
            cycles: self.cycles.known(),
            namesakes: Vec::new(),
        }
    }

    /// Reads the answers, and keeps what they say in the directory under the scopes that they have brought to light.
    async fn settle(
        self,
        cx: &Cx<'_>,
        wants: &Wants,
        answers: &mut Answers,
        riders: usize,
    ) -> Result<Known, Failure> {
        let directory = &cx.session.directory;
        let mut reading = Reading {
            cx,
            answers,
            riders,
        };
        let teams = reading
            .of_workspace::<Teams>(self.teams, &wants.team_names())
            .await?;
        let users = reading
            .of_workspace::<Users>(self.users, &wants.users)
            .await?;
        let projects = reading
            .of_workspace::<Projects>(self.projects, wants.project.as_slice())
            .await?;
        let project_statuses = reading
            .of_workspace::<ProjectStatuses>(self.project_statuses, wants.project_status.as_slice())
            .await?;
        let project_labels = reading
            .of_workspace::<ProjectLabels>(self.project_labels, &wants.project_labels)
            .await?;
        let initiatives = reading
            .of_workspace::<Initiatives>(self.initiatives, wants.initiative.as_slice())
            .await?;
        let team = wants
            .team
            .as_deref()
            .and_then(|name| only(name, &teams.items));
        let scope = team.as_ref().map(|team| team.id.as_str());
        let in_team = |id: &str| Some(id) == scope;
        let anywhere = wants.team.is_none();
        let mut states = self.states.settle::<States>(cx, answers, riders).await?;
        if let (true, Some(team)) = (states.is_cut(), scope) {
            // Before the team was known, every team was asked whose name could be meant: too many for one page.
            states = whole::<States>(cx, Filter::of("team", Filter::eq("id", team))).await?;
        }
        let states = states.keep(
            &directory.states,
            if anywhere { Some("") } else { scope },
            &wants.states,
            true,
            |state| anywhere || in_team(&state.team.id),
        );
        let cycles = self
            .cycles
            .settle::<Cycles>(cx, answers, riders)
            .await?
            .keep(
                &directory.cycles,
                scope,
                wants.cycle.as_slice(),
                true,
                |cycle| in_team(&cycle.team.id),
            );
        let project = wants
            .project
            .as_deref()
            .and_then(|name| only(name, &projects.items));
        let scope = project.as_ref().map(|project| project.id.as_str());
        let milestones = self
            .milestones
            .settle::<Milestones>(cx, answers, riders)
            .await?
            .keep(
                &directory.milestones,
                scope,
                wants.milestone.as_slice(),
                true,
                |milestone| Some(milestone.project.id.as_str()) == scope,
            );
        let namesakes = match (self.namesakes, &team) {
            (Some(slot), None) => {
                let projects = answers.take::<Projects>(riders + slot)?.projects;
                projects.nodes.into_iter().map(Arc::new).collect()
            }
            _ => Vec::new(),
        };
        let found = self.labels.settle::<Labels>(cx, answers, riders).await?;
        let labels = keep_labels(cx, found, wants, team.as_deref(), self.team_known).await?;
        Ok(Known {
            teams,
            states,
            labels,
            users,
            projects,
            project_statuses,
            project_labels,
            initiatives,
            milestones,
            cycles,
            namesakes,
        })
    }
}

/// The answers being read.
struct Reading<'r, 's> {
    cx: &'r Cx<'s>,
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
        let found = sought.settle::<K>(self.cx, self.answers, self.riders);
        let table = K::table(&self.cx.session.directory);
        Ok(found.await?.keep(table, Some(""), names, true, |_| true))
    }
}

/// The one entity that a name means.
fn only<T: Resolvable>(name: &str, among: &[Arc<T>]) -> Option<Arc<T>> {
    match pick(name, among) {
        Picked::One(found) => Some(found.item),
        _ => None,
    }
}

/// Labels are inherited: where the team turns out to have parents, a question made before the team was known does
/// not cover what it inherits, and where all of its labels are wanted they are asked for again.
async fn keep_labels(
    cx: &Cx<'_>,
    mut found: Found<Label>,
    wants: &Wants,
    team: Option<&Team>,
    team_known: bool,
) -> Result<Pool<Label>, Failure> {
    let mut covers = team_known || team.is_none_or(|team| team.ancestors.is_empty());
    if let (false, true, Some(team)) = (covers, wants.all_labels, team) {
        found = whole::<Labels>(cx, label::usable_in(team)).await?;
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
    let table = Labels::table(&cx.session.directory);
    Ok(found.keep(table, scope, &wants.labels, covers, usable))
}

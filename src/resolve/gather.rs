//! Everything that an operation has to know of the workspace, from the session cache or in one request.
//!
//! What is wanted is first looked for in the [`crate::directory`]. What it cannot answer is asked for, all kinds in
//! one document, with the operation's own reads as riders. A name that the cache does not have is so looked up fresh
//! before anybody calls it unknown, and an error can list what there is without asking again.

mod questions;
mod reading;

use std::sync::Arc;

use super::contradiction;
use super::reliance::rely;
use super::seek::{Pool, Sought};
use super::team::Scope;
use super::{Mode, Picked, Resolvable, pick};
use crate::directory::Reach;
use crate::error::{Code, Error};
use crate::linear::client::{Answers, Repeat};
use crate::linear::compose::Part;
use crate::linear::failure::Failure;
use crate::linear::model::{
    Cycle, Initiative, Label, Milestone, Project, ProjectLabel, ProjectStatus, State, Team, User,
};
use crate::params::LabelName;
use crate::session::{Cx, Taken};

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
    pub labels: Vec<LabelName>,
    /// Whether a label may be a group that stands for all of its labels.
    pub members: bool,
    /// A label that is going to be made: it is looked for beside the others, and may be missing.
    pub new_label: Option<LabelName>,
    /// All labels that can be used in the team; without a team, the workspace's own.
    pub all_labels: bool,
    /// Whether missing labels will be created, so that a list known whole need not be asked for again.
    pub new_labels: bool,
    /// Users, who are active.
    pub users: Vec<String>,
    /// Whether the users may have left: what they did is looked for.
    pub anyone: bool,
    /// All active users.
    pub all_users: bool,
    /// A project.
    pub project: Option<String>,
    /// A project status.
    pub project_status: Option<String>,
    /// Labels of projects.
    pub project_labels: Vec<LabelName>,
    /// An initiative.
    pub initiative: Option<String>,
    /// A milestone of that project.
    pub milestone: Option<String>,
    /// A cycle of the team.
    pub cycle: Option<String>,
    /// Whether the session cache is not to be believed.
    pub fresh: bool,
    /// How far it is believed otherwise.
    pub trust: Trust,
}

/// How far an operation goes by what the session cache knows of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// By what this session has read, with its texts.
    #[default]
    Own,
    /// By names of the snapshot, too, up to the usual age: for operations that show no texts.
    Names,
    /// By names past the usual age, too: for writes that are held against the names in Linear's answer, and corrected
    /// where these are others.
    Held,
    /// As [`Trust::Held`], for writes whose answer tells keys of teams and e-mail addresses, too.
    HeldWithKeys,
}

impl Trust {
    /// Up to where the session cache is taken. A dry run has no answer to hold anything against.
    pub(super) fn reach(self, cx: &Cx<'_>) -> Reach {
        match self {
            Self::Own => Reach::Session,
            Self::Held | Self::HeldWithKeys if !cx.is_dry_run() => Reach::Old,
            Self::Names | Self::Held | Self::HeldWithKeys => Reach::Recent,
        }
    }
}

/// The texts by which labels are asked for.
fn texts<'l>(labels: impl IntoIterator<Item = &'l LabelName>) -> Vec<String> {
    labels
        .into_iter()
        .map(|label| label.as_str().to_owned())
        .collect()
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
    /// How much of a name it takes to mean something: what the operation does decides.
    pub(super) mode: Mode,
    /// Where it is noted what was taken for names that are not whole.
    pub(super) taken: Taken,
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
    let known = plan.parts.is_empty().then(|| plan.known(cx));
    if let Some(known) = &known {
        contradiction::refuse(cx, wants, known)?;
        rely(cx, wants, known);
    }
    let mut parts = riders(known.as_ref());
    let first = parts.len();
    parts.append(&mut plan.parts);
    if parts.is_empty() {
        return Ok((known.unwrap_or_else(|| Known::of(cx)), None));
    }
    let mut answers = cx.send(&parts, Repeat::Always).await?;
    let known = match known {
        Some(known) => known,
        None => {
            let known = plan.settle(cx, wants, &mut answers, first).await?;
            contradiction::refuse(cx, wants, &known)?;
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
    /// Whether those who have left were asked for, too.
    anyone: bool,
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
            .map(|name| match questions::one(cx, &teams, name) {
                Some(team) => Scope::Known(team),
                None => Scope::Called(name.to_owned()),
            });
        let projects = questions::projects(cx, &mut parts, wants, team.as_ref());
        let namesakes = questions::namesakes(&mut parts, wants, &teams);
        let (users, anyone) = questions::users(cx, &mut parts, wants);
        Self {
            namesakes,
            states: questions::states(cx, &mut parts, wants, team.as_ref()),
            labels: questions::labels(cx, &mut parts, wants, team.as_ref()),
            cycles: questions::cycles(cx, &mut parts, wants, team.as_ref()),
            users,
            anyone,
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
    fn known(&self, cx: &Cx<'_>) -> Known {
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
            ..Known::of(cx)
        }
    }
}

impl Known {
    /// Nothing, for the operation that runs.
    fn of(cx: &Cx<'_>) -> Self {
        Self {
            mode: Mode::of(cx.effect),
            taken: cx.taken.clone(),
            ..Self::default()
        }
    }
}

/// The one entity that a name means to the operation that runs.
fn only<T: Resolvable>(cx: &Cx<'_>, name: &str, among: &[Arc<T>]) -> Option<Arc<T>> {
    match pick(name, among, Mode::of(cx.effect)) {
        Picked::One(found) => Some(found.item),
        _ => None,
    }
}

//! From what was gathered to the one entity that each name means.

use std::sync::Arc;

use super::gather::Known;
use super::{
    Match, Method, Mode, Picked, Resolvable, Within, cycle, kind, label, not_found_but, pick,
    pick_exact, project, project_label, state, team,
};
use crate::error::{Code, Error};
use crate::linear::model::{
    Cycle, Initiative, Label, Milestone, Project, ProjectLabel, ProjectStatus, State, Team, User,
};
use crate::params::LabelName;

/// Within a team, as the errors say it.
fn in_team(team: &Team) -> Option<Within<'_>> {
    Some(Within {
        kind: "team",
        name: &team.name,
    })
}

impl Known {
    /// What a name means among these, by the mode of the operation. A write is told what it takes for a name that is
    /// not whole.
    fn pick<T: Resolvable>(&self, wanted: &str, among: &[Arc<T>]) -> Picked<T> {
        let picked = pick(wanted, among, self.mode);
        if let Picked::One(found) = &picked
            && found.method == Method::Partial
            && self.mode == Mode::Write
        {
            self.taken.add(format!(
                "{} '{wanted}' taken to mean '{}', the only one whose name begins so",
                T::NOUN.to_lowercase(),
                found.item.name(),
            ));
        }
        picked
    }

    /// The team of that name, key or id.
    ///
    /// # Errors
    /// TEAM_NOT_FOUND or AMBIGUOUS_IDENTIFIER; where a project has that name, the error says whose it is.
    pub fn team(&self, wanted: &str) -> Result<Match<Team>, Error> {
        let all = &self.teams.items;
        let picked = self.pick(wanted, all).or_error(wanted, all, None);
        picked.map_err(|error| {
            let whose = self
                .namesakes
                .iter()
                .map(|project| team::of_project(project));
            whose.fold(self.teams.counted(error), Error::suggest_first)
        })
    }

    /// The team with that id, when it was looked up.
    pub fn team_by_id(&self, id: &str) -> Option<Arc<Team>> {
        let found = self.teams.items.iter().find(|team| team.id == id);
        found.map(Arc::clone)
    }

    /// The team's workflow states, in its own order.
    pub fn states_of(&self, team: &Team) -> Vec<Arc<State>> {
        let own = |state: &&Arc<State>| state.team.id == team.id;
        let mut states: Vec<Arc<State>> = self
            .states
            .items
            .iter()
            .filter(own)
            .map(Arc::clone)
            .collect();
        states.sort_by(|a, b| a.position.total_cmp(&b.position));
        states
    }

    /// The team's workflow state of that name, type, alias or id.
    ///
    /// # Errors
    /// STATUS_NOT_FOUND with the team's states and types, or AMBIGUOUS_IDENTIFIER.
    pub fn state(&self, wanted: &str, team: &Team) -> Result<Match<State>, Error> {
        let states = self.states_of(team);
        match self.pick(wanted, &states) {
            Picked::None => Err(state::missing(wanted, &states, in_team(team))),
            picked => picked.or_error(wanted, &states, in_team(team)),
        }
    }

    /// The labels that can be used in the team: its own, its parents', the workspace's.
    pub fn labels_of(&self, team: &Team) -> Vec<Arc<Label>> {
        let usable = |of: &&Arc<Label>| label::is_usable_in(of, team);
        self.labels
            .items
            .iter()
            .filter(usable)
            .map(Arc::clone)
            .collect()
    }

    /// The labels that can be used in the team; without a team, all that were looked up.
    pub fn usable(&self, team: Option<&Team>) -> Vec<Arc<Label>> {
        team.map_or_else(|| self.labels.items.clone(), |team| self.labels_of(team))
    }

    /// The active user of that name, e-mail address or id, or `me`. What writes a user means a person by what is less
    /// than a whole name, and is told of people alone: Linear assigns nothing to an integration.
    ///
    /// # Errors
    /// USER_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    pub fn user(&self, wanted: &str) -> Result<Match<User>, Error> {
        let items = self.users.items.iter();
        let mut active: Vec<Arc<User>> = items.filter(|user| user.active).map(Arc::clone).collect();
        if self.mode == Mode::Write && matches!(pick_exact(wanted, &active), Picked::None) {
            active.retain(|user| !user.app);
        }
        let picked = User::unshared(wanted, self.pick(wanted, &active), &active);
        picked
            .or_error(wanted, &active, None)
            .map_err(|error| self.users.counted(error))
    }

    /// The user of that name, e-mail address or id, or `me`, whose issues or projects are looked for: an active one, or
    /// else one who has left.
    ///
    /// # Errors
    /// USER_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    pub fn anyone(&self, wanted: &str) -> Result<Match<User>, Error> {
        let all = &self.users.items;
        match self.user(wanted) {
            Err(error) if error.code() == Code::UserNotFound => {
                match User::unshared(wanted, self.pick(wanted, all), all) {
                    Picked::None => Err(error),
                    found => found.or_error(wanted, all, None),
                }
            }
            settled => settled,
        }
    }

    /// How many users, those included who have left, Linear itself finds by that name, as far as they were looked up.
    pub fn users_called(&self, wanted: &str) -> usize {
        let called = |user: &&Arc<User>| {
            let by_id = user.id.eq_ignore_ascii_case(wanted.trim());
            let method = if by_id { Method::Id } else { Method::ExactName };
            let item = Arc::clone(user);
            Match { item, method }.is_literal(wanted)
        };
        self.users.items.iter().filter(called).count()
    }

    /// The project of that name, slug, address or id; of several with one name, the team's own.
    ///
    /// # Errors
    /// PROJECT_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    pub fn project(&self, wanted: &str, team: Option<&Team>) -> Result<Match<Project>, Error> {
        self.project_in(wanted, team.map(|team| team.id.as_str()))
    }

    /// As [`Known::project`], with the team by its id.
    ///
    /// # Errors
    /// As [`Known::project`].
    pub fn project_in(&self, wanted: &str, team: Option<&str>) -> Result<Match<Project>, Error> {
        let own = project::of_team(&self.projects.items, team);
        // A whole name elsewhere is nearer than a part of one of the team's own.
        let mut picked = pick_exact(wanted, &own);
        if matches!(picked, Picked::None) {
            picked = pick_exact(wanted, &self.projects.items);
        }
        if matches!(picked, Picked::None) {
            picked = self.pick(wanted, &own);
        }
        match picked {
            Picked::None => {
                let all = &self.projects.items;
                let picked = match self.pick(wanted, all) {
                    Picked::None => Err(not_found_but(wanted, all, &own, None)),
                    picked => picked.or_error(wanted, all, None),
                };
                picked.map_err(|error| self.projects.counted(error))
            }
            picked => picked.or_error(wanted, &own, None),
        }
    }

    /// The project of that name, slug, address or id that the team works on, and no other.
    ///
    /// # Errors
    /// PROJECT_NOT_FOUND, with the team of the project that has that name elsewhere, or AMBIGUOUS_IDENTIFIER.
    pub fn project_of(&self, wanted: &str, team: &Team) -> Result<Match<Project>, Error> {
        let all = &self.projects.items;
        let own = project::of_team(all, Some(&team.id));
        let picked = self
            .pick(wanted, &own)
            .or_error(wanted, &own, in_team(team));
        picked.map_err(|error| match pick_exact(wanted, all) {
            Picked::One(elsewhere) if error.code() == Code::ProjectNotFound => {
                error.suggest_first(project::teams_instead(&elsewhere.item))
            }
            _ => self.projects.counted(error),
        })
    }

    /// The project status of that name, type, alias or id.
    ///
    /// # Errors
    /// STATUS_NOT_FOUND with the workspace's statuses and types, or AMBIGUOUS_IDENTIFIER.
    pub fn project_status(&self, wanted: &str) -> Result<Match<ProjectStatus>, Error> {
        let all = &self.project_statuses.items;
        let picked = self.pick(wanted, all).or_error(wanted, all, None);
        picked.map_err(|error| match error.code() {
            Code::StatusNotFound => kind::suggest_types(error, all),
            _ => error,
        })
    }

    /// The project label of that name, alone or in a group, or of that id, if a project can have it.
    ///
    /// # Errors
    /// LABEL_NOT_FOUND with those there are, AMBIGUOUS_IDENTIFIER, or INVALID_LABEL_NAME.
    pub fn project_label(&self, wanted: &LabelName) -> Result<Match<ProjectLabel>, Error> {
        let all = &self.project_labels.items;
        let picked = match wanted.apart() {
            Some(_) => label::of_groups(wanted, all, Method::Alias),
            None => self.pick(wanted.as_str(), all),
        };
        let found = picked.or_error(wanted.as_str(), all, None);
        let found = found.map_err(|error| self.project_labels.counted(error))?;
        project_label::applicable(&found.item)?;
        Ok(found)
    }

    /// The initiative of that name, slug, address or id.
    ///
    /// # Errors
    /// INITIATIVE_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    pub fn initiative(&self, wanted: &str) -> Result<Match<Initiative>, Error> {
        let all = &self.initiatives.items;
        let picked = self.pick(wanted, all).or_error(wanted, all, None);
        picked.map_err(|error| self.initiatives.counted(error))
    }

    /// The project's milestone of that name or id.
    ///
    /// # Errors
    /// MILESTONE_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    pub fn milestone(
        &self,
        wanted: &str,
        project: (&str, &str),
    ) -> Result<Match<Milestone>, Error> {
        let (id, name) = project;
        let own = |milestone: &&Arc<Milestone>| milestone.project.id == id;
        let own: Vec<Arc<Milestone>> = self
            .milestones
            .items
            .iter()
            .filter(own)
            .map(Arc::clone)
            .collect();
        let within = Within {
            kind: "project",
            name,
        };
        let picked = self.pick(wanted, &own).or_error(wanted, &own, Some(within));
        picked.map_err(|error| self.milestones.counted(error))
    }

    /// How many of the team's cycles go by a word as a number, a name or a place in time.
    pub fn cycles_called(&self, wanted: &str, team: &Team) -> usize {
        let own = self
            .cycles
            .items
            .iter()
            .filter(|cycle| cycle.team.id == team.id);
        own.filter(|cycle| cycle::goes_by(cycle, wanted)).count()
    }

    /// The team's cycle of that number, name or id, or the current, next or previous one.
    ///
    /// # Errors
    /// CYCLE_NOT_FOUND or AMBIGUOUS_IDENTIFIER.
    pub fn cycle(&self, wanted: &str, team: &Team) -> Result<Match<Cycle>, Error> {
        let own = |cycle: &&Arc<Cycle>| cycle.team.id == team.id;
        let own: Vec<Arc<Cycle>> = self
            .cycles
            .items
            .iter()
            .filter(own)
            .map(Arc::clone)
            .collect();
        let picked = self
            .pick(wanted, &own)
            .or_error(wanted, &own, in_team(team));
        picked.map_err(|error| self.cycles.counted(error))
    }
}

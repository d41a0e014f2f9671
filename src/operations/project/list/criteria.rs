//! From the parameters of a list to Linear's filter, and to the same judgement on projects that are known.

use std::cmp::Reverse;
use std::sync::Arc;

use super::Params;
use crate::directory::fold;
use crate::error::Error;
use crate::linear::filter::Filter;
use crate::linear::model::{Project, ProjectStatus, Team};
use crate::params::{Patch, Ref};
use crate::resolve::{
    Known, Method, Wants, initiative, is_uuid, project, project_status, team, user,
};

/// What has to be known for the names to be told from mistakes.
pub(super) fn wants(params: &Params) -> Wants {
    let text = |of: &Option<Ref>| of.as_ref().map(|of| of.as_str().to_owned());
    Wants {
        team: text(&params.team),
        project_status: text(&params.state),
        users: params
            .lead
            .value()
            .map(|lead| lead.as_str().to_owned())
            .into_iter()
            .collect(),
        anyone: true,
        initiative: text(&params.initiative),
        ..Wants::default()
    }
}

/// The filter by the names themselves, for a list that travels with the look-ups.
pub(super) fn by_name(params: &Params) -> Filter {
    let mut all = Vec::new();
    if let Some(name) = &params.team {
        all.push(of_team(team::exact(name.as_str())));
    }
    if let Some(name) = &params.state {
        all.push(Filter::of("status", project_status::exact(name.as_str())));
    }
    match &params.lead {
        Patch::Absent => {}
        Patch::Clear => all.push(Filter::absent("lead")),
        Patch::Set(name) => all.push(Filter::of("lead", user::exact(name.as_str()))),
    }
    if let Some(name) = &params.initiative {
        all.push(of_initiative(initiative::exact(name.as_str())));
    }
    all.extend(query(params).map(|text| Filter::contains("name", &text)));
    Filter::all(all)
}

/// The text to look for, if it says something.
fn query(params: &Params) -> Option<String> {
    let text = params.query.as_ref()?.as_str().trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn of_team(filter: Filter) -> Filter {
    Filter::of("accessibleTeams", Filter::of("some", filter))
}

fn of_initiative(filter: Filter) -> Filter {
    Filter::of("initiatives", Filter::of("some", filter))
}

/// What the names mean.
#[derive(Debug)]
pub(super) struct Chosen {
    team: Option<Arc<Team>>,
    /// The ids of the statuses.
    statuses: Option<Vec<String>>,
    /// The id of the lead; cleared for none.
    lead: Patch<String>,
    initiative: Option<String>,
    query: Option<String>,
    /// Whether every name stands for itself, so that [`by_name`] asks for the same.
    pub by_name: bool,
}

impl Chosen {
    /// The entities that the names mean.
    ///
    /// # Errors
    /// The not-found code of the first name that means nothing, or AMBIGUOUS_IDENTIFIER.
    pub(super) fn read(params: &Params, known: &Known) -> Result<Self, Error> {
        let mut by_name = true;
        let mut stands = |literal: bool| by_name &= literal;
        let mut chosen = Self {
            team: None,
            statuses: None,
            lead: Patch::Absent,
            initiative: None,
            query: query(params),
            by_name: true,
        };
        if let Some(name) = &params.team {
            let found = known.team(name.as_str())?;
            stands(found.is_literal(name.as_str()));
            chosen.team = Some(found.item);
        }
        if params.lead == Patch::Clear {
            chosen.lead = Patch::Clear;
        }
        if let Some(name) = params.lead.value() {
            let found = known.anyone(name.as_str())?;
            if fold(name.as_str()) != "me" {
                stands(found.is_literal(name.as_str()) && known.users_called(name.as_str()) == 1);
            }
            chosen.lead = Patch::Set(found.item.id.clone());
        }
        if let Some(name) = &params.initiative {
            let found = known.initiative(name.as_str())?;
            stands(found.is_literal(name.as_str()));
            chosen.initiative = Some(found.item.id.clone());
        }
        if let Some(name) = &params.state {
            let statuses = statuses(name.as_str(), known)?;
            by_name &= statuses == asked_for(name.as_str(), &known.project_statuses.items);
            chosen.statuses = Some(statuses);
        }
        chosen.by_name = by_name;
        Ok(chosen)
    }

    /// The filter by ids.
    pub(super) fn filter(&self) -> Filter {
        let mut all = Vec::new();
        if let Some(team) = &self.team {
            all.push(of_team(Filter::eq("id", team.id.as_str())));
        }
        if let Some(ids) = &self.statuses {
            all.push(Filter::of(
                "status",
                Filter::one_of("id", ids.iter().cloned()),
            ));
        }
        match &self.lead {
            Patch::Absent => {}
            Patch::Clear => all.push(Filter::absent("lead")),
            Patch::Set(id) => all.push(Filter::of("lead", Filter::eq("id", id.as_str()))),
        }
        if let Some(id) = &self.initiative {
            all.push(of_initiative(Filter::eq("id", id.as_str())));
        }
        all.extend(self.query.iter().map(|text| Filter::contains("name", text)));
        Filter::all(all)
    }

    /// Those of all projects that are meant, the newest first, unless that cannot be told from what is known of them
    /// or they are more than `limit`: then only Linear can say where the list goes on.
    pub(super) fn among(&self, all: &[Arc<Project>], limit: usize) -> Option<Vec<Arc<Project>>> {
        let teams_cut = |of: &Arc<Project>| of.teams.nodes.len() >= project::TEAMS;
        if self.initiative.is_some() || (self.team.is_some() && all.iter().any(teams_cut)) {
            return None;
        }
        let mut own: Vec<Arc<Project>> =
            project::of_team(all, self.team.as_ref().map(|team| team.id.as_str()));
        own.retain(|of| self.fits(of));
        own.sort_by_key(|of| Reverse((of.created_at.clone(), of.id.clone())));
        (own.len() <= limit).then_some(own)
    }

    fn fits(&self, of: &Project) -> bool {
        let lead = of.lead.as_ref().map(|lead| lead.id.as_str());
        let status = self.statuses.as_ref();
        let query = self.query.as_deref().map(fold);
        status.is_none_or(|ids| ids.contains(&of.status.id))
            && match &self.lead {
                Patch::Absent => true,
                Patch::Clear => lead.is_none(),
                Patch::Set(id) => lead == Some(id),
            }
            && query.is_none_or(|text| fold(&of.name).contains(&text))
    }

    /// The team's id.
    pub(super) fn team_id(&self) -> Option<String> {
        self.team.as_ref().map(|team| team.id.clone())
    }
}

/// The statuses that a word means: those of that name, else all of the type that it stands for, else the one that it
/// is a part of.
fn statuses(wanted: &str, known: &Known) -> Result<Vec<String>, Error> {
    let found = known.project_status(wanted)?;
    let all = &known.project_statuses.items;
    let kind = project_status::kind(wanted);
    Ok(match found.method {
        Method::Type | Method::Alias => ids(all, |status| Some(status.kind.as_str()) == kind),
        _ => vec![found.item.id.clone()],
    })
}

/// The statuses that [`by_name`] asks for by that word.
fn asked_for(wanted: &str, all: &[Arc<ProjectStatus>]) -> Vec<String> {
    let word = wanted.trim().to_lowercase();
    if is_uuid(&word) {
        return ids(all, |status| status.id == word);
    }
    ids(all, |status| {
        status.name.to_lowercase() == word || status.kind == word
    })
}

fn ids(all: &[Arc<ProjectStatus>], fits: impl Fn(&ProjectStatus) -> bool) -> Vec<String> {
    let fitting = all.iter().filter(|status| fits(status));
    fitting.map(|status| status.id.clone()).collect()
}

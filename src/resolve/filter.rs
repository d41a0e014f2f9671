//! Turns the names in the filters of a list into Linear's filters.
//!
//! Where the session cache has all names, the list is filtered by the entities that they mean. Otherwise the list is filtered by
//! the names themselves, so that it can be read in the same request as the look-up of the names. The [`Meaning`] of each name
//! then says whether that list was the right one.

use std::sync::Arc;

use super::{
    LookupRequest, Method, Resolved, ambiguous, cycle, in_team, initiative, is_enough, is_uuid,
    label, milestone, project, project_status, state, team, user, without_hash,
};
use crate::cache::fold;
use crate::error::{Code, Error};
use crate::linear::filter::Filter;
use crate::linear::model::{Label, ProjectStatus, State, Team};
use crate::params::LabelName;
use crate::text::name::has_words;

/// The functions that turn names of one kind of entity into filters.
#[derive(Debug)]
pub struct NameFilter<N: ?Sized> {
    /// Adds the name to a look-up request.
    pub want: fn(&mut LookupRequest, &N),
    /// Returns the filter by the name itself, in the team of that name where one is given. The filter matches the entities that
    /// the name means where [`Meaning::is_literal`] is true.
    pub by_name: fn(&N, Option<&str>) -> Filter,
    /// Returns the meaning of the name, in the team where one is given; or the not-found error of the kind, or
    /// AMBIGUOUS_IDENTIFIER.
    pub resolve: fn(&N, &Resolved, Option<&Team>) -> Result<Meaning, Error>,
    /// Whether [`Self::by_name`] also matches archived entities, which Linear has no filter to leave out. A name does not mean
    /// them, so a list by such a name is right only where no archived entity has the name.
    pub matches_archived: bool,
}

/// The meaning of a name in a filter.
#[derive(Clone, Debug)]
pub struct Meaning {
    /// The filter for the entities that the name means.
    pub filter: Filter,
    /// The ids of these entities, where they are known.
    pub ids: Vec<String>,
    /// Whether the filter by the name itself, [`NameFilter::by_name`], matches the same entities.
    pub is_literal: bool,
}

impl Meaning {
    /// Returns the meaning of a name that means one entity.
    fn one(id: &str, is_literal: bool) -> Self {
        Self {
            filter: Filter::eq("id", id),
            ids: vec![id.to_owned()],
            is_literal,
        }
    }

    /// Returns the meaning of a name whose entities are filtered by other fields than their ids.
    fn described(filter: Filter, is_literal: bool) -> Self {
        Self {
            filter,
            ids: Vec::new(),
            is_literal,
        }
    }
}

/// Teams.
pub static TEAM: NameFilter<str> = NameFilter {
    want: |request, name| request.team = Some(name.to_owned()),
    by_name: |name, _| team::exact(name),
    resolve: |name, known, _| {
        let found = known.team(name)?;
        Ok(Meaning::one(&found.item.id, found.is_literal(name)))
    },
    matches_archived: false,
};

/// Teams, where there are several, so that no other name is looked up in one of them.
pub static TEAMS: NameFilter<str> = NameFilter {
    want: |request, name| request.teams.push(name.to_owned()),
    by_name: |name, _| team::exact(name),
    resolve: |name, known, _| {
        let found = known.team(name)?;
        Ok(Meaning::one(&found.item.id, found.is_literal(name)))
    },
    matches_archived: false,
};

/// The team in which other names are looked up, with its sub-teams at any depth.
pub static TEAM_WITH_SUB_TEAMS: NameFilter<str> = NameFilter {
    want: |request, name| request.team = Some(name.to_owned()),
    ..SUB_TEAMS
};

/// Teams, each with its sub-teams at any depth.
pub static TEAMS_WITH_SUB_TEAMS: NameFilter<str> = SUB_TEAMS;

/// What [`TEAM_WITH_SUB_TEAMS`] and [`TEAMS_WITH_SUB_TEAMS`] have in common.
const SUB_TEAMS: NameFilter<str> = NameFilter {
    want: |request, name| request.teams.push(name.to_owned()),
    by_name: |name, _| with_sub_teams(team::exact(name)),
    resolve: |name, known, _| {
        let found = known.team(name)?;
        let filter = with_sub_teams(Filter::eq("id", found.item.id.as_str()));
        Ok(Meaning::described(filter, found.is_literal(name)))
    },
    matches_archived: false,
};

/// Returns the filter for the teams that the filter `team` matches, and their sub-teams at any depth.
fn with_sub_teams(team: Filter) -> Filter {
    let ancestors = Filter::of("ancestors", Filter::of("some", team.clone()));
    Filter::any(vec![team, ancestors])
}

/// Users, including those who have left.
pub static USER: NameFilter<str> = NameFilter {
    want: |request, name| {
        request.users.push(name.to_owned());
        request.anyone = true;
    },
    by_name: |name, _| user::exact(name),
    resolve: |name, known, _| {
        let found = known.anyone(name)?;
        let is_literal =
            fold(name) == "me" || (found.is_literal(name) && known.users_called(name) == 1);
        Ok(Meaning::one(&found.item.id, is_literal))
    },
    matches_archived: false,
};

/// Projects; with a team, the projects of that team come first.
pub static PROJECT: NameFilter<str> = NameFilter {
    want: |request, name| request.project = Some(name.to_owned()),
    by_name: |name, team| {
        let mut all = vec![project::exact(name)];
        all.extend(team.map(|team| {
            let team = Filter::of("some", team::exact(team));
            Filter::of("accessibleTeams", team)
        }));
        Filter::all(all)
    },
    resolve: |name, known, team| {
        let found = known.project(name, team)?;
        Ok(Meaning::one(&found.item.id, found.is_literal(name)))
    },
    matches_archived: true,
};

/// Initiatives.
pub static INITIATIVE: NameFilter<str> = NameFilter {
    want: |request, name| request.initiatives.push(name.to_owned()),
    by_name: |name, _| initiative::exact(name),
    resolve: |name, known, _| {
        let found = known.initiative(name)?;
        Ok(Meaning::one(&found.item.id, found.is_literal(name)))
    },
    matches_archived: false,
};

/// Labels of projects, including retired ones, which projects keep. The name of a group means the labels in it, because a
/// project cannot have the group itself.
pub static PROJECT_LABEL: NameFilter<LabelName> = NameFilter {
    want: |request, name| request.project_labels.push(name.clone()),
    by_name: |name, _| {
        let in_group = Filter::of("parent", label::exact(name));
        Filter::any(vec![label::exact(name), in_group])
    },
    resolve: |name, known, _| {
        let label = known.any_project_label(name)?.item;
        let all = &known.project_labels.items;
        let is_literal = label::is_literal(name, std::slice::from_ref(&label), all);
        if label.is_group {
            // The session cache may have the group without its labels.
            let in_group = Filter::of("parent", Filter::eq("id", label.id.as_str()));
            return Ok(Meaning::described(in_group, is_literal));
        }
        Ok(Meaning::one(&label.id, is_literal))
    },
    matches_archived: false,
};

/// Milestones of the project that the list is filtered by.
pub static MILESTONE: NameFilter<str> = NameFilter {
    want: |request, name| request.milestone = Some(name.to_owned()),
    by_name: |name, _| milestone::exact(name),
    resolve: |name, known, _| {
        let found = known.any_milestone(name)?;
        Ok(Meaning::one(&found.item.id, found.is_literal(name)))
    },
    matches_archived: false,
};

/// Cycles of the team. Without a team, only words for a period such as `current` mean cycles: the cycles of every team in that
/// period.
pub static CYCLE: NameFilter<str> = NameFilter {
    want: |request, name| request.cycles.push(name.to_owned()),
    by_name: |name, _| cycle::exact(name),
    resolve: |name, known, team| {
        let Some(team) = team else {
            return Ok(Meaning::described(cycle_of_any_team(name)?, true));
        };
        let found = known.cycle(name, team)?;
        // A cycle's number may be part of the name of another one.
        let is_literal = found.method != Method::Partial && known.cycles_called(name, team) == 1;
        Ok(Meaning::one(&found.item.id, is_literal))
    },
    matches_archived: false,
};

/// Returns the filter for the cycles of all teams in the period that a word stands for, such as `current`.
///
/// # Errors
/// MISSING_REQUIRED_PARAM for a name or a number, which means a cycle only within a team.
pub fn cycle_of_any_team(name: &str) -> Result<Filter, Error> {
    cycle::by_period(name).ok_or_else(|| {
        Error::new(
            Code::MissingRequiredParam,
            format!("Which team's cycle '{name}'?"),
        )
        .detail("missing", vec!["team"])
        .suggest("Give the team in 'team', or use 'current' or 'next'")
    })
}

/// Statuses of projects: the status with that name; else all statuses of the type that the word stands for; else the only status
/// whose name contains the word.
pub static PROJECT_STATUS: NameFilter<str> = NameFilter {
    want: |request, name| request.project_statuses.push(name.to_owned()),
    by_name: |name, _| project_status::exact(name),
    resolve: |name, known, _| {
        let found = known.project_status(name)?;
        let all = &known.project_statuses.items;
        let kind = project_status::kind(name);
        let ids = match found.method {
            Method::Type | Method::Alias => {
                status_ids(all, |status| Some(status.kind.as_str()) == kind)
            }
            _ => vec![found.item.id.clone()],
        };
        let word = name.trim().to_lowercase();
        let matched_by_name = status_ids(all, |status| {
            if is_uuid(&word) {
                return status.id == word;
            }
            status.name.to_lowercase() == word || status.kind == word
        });
        Ok(Meaning {
            filter: Filter::one_of("id", ids.iter().cloned()),
            is_literal: ids == matched_by_name,
            ids,
        })
    },
    matches_archived: false,
};

/// Returns the ids of the statuses for which `is_meant` is true.
fn status_ids(
    statuses: &[Arc<ProjectStatus>],
    is_meant: impl Fn(&ProjectStatus) -> bool,
) -> Vec<String> {
    let meant = statuses.iter().filter(|status| is_meant(status));
    meant.map(|status| status.id.clone()).collect()
}

/// Workflow states. The states of all teams with the same name count as one; a type or another word for it means all states of
/// that type.
pub static STATE: NameFilter<str> = NameFilter {
    want: |request, name| request.states.push(name.to_owned()),
    by_name: |name, _| match type_without_namesake(name) {
        Some(kind) => Filter::eq("type", kind),
        None => state::exact(name),
    },
    resolve: states,
    matches_archived: false,
};

/// The types that Linear names a state after in every new team.
const TYPES_WITH_NAMESAKE: &[&str] = &["triage", "backlog", "canceled", "duplicate"];

/// Returns the type that a word probably means rather than a state of that name, before the states are known.
fn type_without_namesake(word: &str) -> Option<&'static str> {
    let word = fold(word);
    let kind = state::TYPES.iter().find(|kind| **kind == word)?;
    (!TYPES_WITH_NAMESAKE.contains(kind)).then_some(kind)
}

/// Returns the meaning of a state's name, as [`STATE`] describes it.
fn states(name: &str, known: &Resolved, team: Option<&Team>) -> Result<Meaning, Error> {
    let states: Vec<Arc<State>> = match team {
        Some(team) => known.states_of(team),
        None => known.states.items.clone(),
    };
    let folded = fold(name);
    let same_named: Vec<Arc<State>> = states
        .iter()
        .filter(|state| fold(&state.name) == folded || state.id == folded)
        .map(Arc::clone)
        .collect();
    if !same_named.is_empty() {
        let lower = name.trim().to_lowercase();
        let is_literal = same_named
            .iter()
            .all(|state| state.name.to_lowercase() == lower || state.id == lower);
        let filter = if is_literal {
            state::exact(name)
        } else {
            state::called_as(&same_named)
        };
        let is_literal = is_literal && type_without_namesake(name).is_none();
        return Ok(Meaning::described(filter, is_literal));
    }
    if let Some(bare) = without_hash(name) {
        // The filter by the name itself contains the `#`, so it does not match.
        let meaning = self::states(bare, known, team)?;
        return Ok(Meaning {
            is_literal: false,
            ..meaning
        });
    }
    let only_name = |matches: Vec<Arc<State>>| match matches.as_slice() {
        [] => {
            let error = state::missing(name, &states, team.and_then(in_team));
            Err(known.states.counted(error))
        }
        [state] => Ok(state::called_as([state])),
        several => Err(ambiguous(name, several)),
    };
    if let Some(word) = state::stage(name) {
        let at_stage = states
            .iter()
            .filter(|state| state::is_at_stage(state, word));
        let name_filter = only_name(state::one_of_each_name(at_stage))?;
        let filter = Filter::all(vec![name_filter, Filter::eq("type", "started")]);
        return Ok(Meaning::described(filter, false));
    }
    match state::of_type(name, &states) {
        Some(Err(several)) => Err(ambiguous(name, &several)),
        Some(Ok(filter)) => {
            let is_literal =
                type_without_namesake(name).is_some_and(|kind| filter == Filter::eq("type", kind));
            Ok(Meaning::described(filter, is_literal))
        }
        None => {
            let with_part = states
                .iter()
                .filter(|state| is_enough(&folded) && has_words(&fold(&state.name), &folded));
            let filter = only_name(state::one_of_each_name(with_part))?;
            Ok(Meaning::described(filter, false))
        }
    }
}

/// Labels. A whole name means the labels with that name in every team. An issue cannot have a group itself, so the name of a
/// group means the labels in it, and the name of several teams' groups means the labels in all of them. A part of a name must
/// mean one label.
pub static LABEL: NameFilter<LabelName> = NameFilter {
    want: |request, name| {
        request.labels.push(name.clone());
        request.members = true;
    },
    by_name: |name, _| label::exact(name),
    resolve: labels,
    matches_archived: false,
};

/// Returns the meaning of a label's name, as [`LABEL`] describes it.
fn labels(name: &LabelName, known: &Resolved, team: Option<&Team>) -> Result<Meaning, Error> {
    let labels = known.usable(team);
    let within = team.and_then(in_team);
    let same_named = label::all(name, &labels);
    let (groups, leaves): (Vec<_>, Vec<_>) =
        same_named.into_iter().partition(|label| label.is_group);
    let is_member = |label: &Arc<Label>| {
        let parent = label.parent.as_ref();
        parent.is_some_and(|parent| groups.iter().any(|group| group.id == parent.id))
    };
    if !groups.is_empty() && leaves.is_empty() && !labels.iter().any(is_member) {
        let message = format!("Label '{name}' is a group without labels, so no issue can have one");
        let mut error = Error::new(Code::LabelNotFound, message).detail("input", name.as_str());
        if let Some(within) = within {
            error = error.detail(within.kind, within.name);
        }
        return Err(error
            .suggest("Use a label that issues have")
            .suggest("Call list_labels to see all of them"));
    }
    let is_literal = groups.is_empty() && label::is_literal(name, &leaves, &labels);
    if !groups.is_empty() || !leaves.is_empty() {
        let ids = groups.iter().map(|group| group.id.clone());
        let members = Filter::of("parent", Filter::one_of("id", ids));
        let filters = leaves.iter().map(|label| label::alike(label));
        let filters = filters.chain(Some(members).filter(|_| !groups.is_empty()));
        let meant = leaves
            .iter()
            .chain(labels.iter().filter(|label| is_member(label)));
        return Ok(Meaning {
            filter: Filter::any(filters.collect()),
            ids: meant.map(|label| label.id.clone()).collect(),
            is_literal,
        });
    }
    // A text such as `Area/` is not taken for a part of a name, which could mean any label of the group.
    label::check_new_name(name.as_str())?;
    let found = label::find(name, &labels, team, label::MatchMode::Part)
        .or_error(name.as_str(), &labels, within)
        .map_err(|error| match team {
            None if error.code() == Code::LabelNotFound => known
                .labels
                .counted(error)
                .suggest("Give the team in 'team' to see its labels, too"),
            _ => known.labels.counted(error),
        })?;
    if found.item.is_group {
        let group_id = &found.item.id;
        let in_group = |label: &&Arc<Label>| {
            let parent = label.parent.as_ref();
            parent.is_some_and(|parent| parent.id == *group_id)
        };
        return Ok(Meaning {
            filter: Filter::of("parent", Filter::eq("id", group_id.as_str())),
            ids: labels
                .iter()
                .filter(in_group)
                .map(|label| label.id.clone())
                .collect(),
            is_literal: false,
        });
    }
    Ok(Meaning::one(&found.item.id, false))
}

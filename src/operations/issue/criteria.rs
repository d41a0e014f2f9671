//! From the filters of a list or a search to Linear's filter, before and after it is known what the names mean.

use std::sync::Arc;

use super::filters::Filters;
use crate::directory::fold;
use crate::error::{Code, Error};
use crate::linear::filter::Filter;
use crate::linear::model::{Label, State, Team};
use crate::params::{LabelName, Patch, Ref};
use crate::resolve::issue::IssueRef;
use crate::resolve::{
    Known, Method, Wants, Within, ambiguous, cycle, is_enough, label, project, state, team, user,
    without_hash,
};
use crate::text::name::has_words;

/// Words for an issue that nobody does.
const NOBODY: &[&str] = &["none", "unassigned", "nobody"];

/// What has to be known for the names to be told from mistakes.
pub(super) fn wants(filters: &Filters) -> Wants {
    let text = |of: Option<&Ref>| of.map(|of| of.as_str().to_owned());
    let labels = filters
        .labels
        .value()
        .into_iter()
        .flat_map(|names| names.iter());
    Wants {
        team: text(filters.team.as_ref()),
        states: text(filters.state.as_ref()).into_iter().collect(),
        labels: labels.cloned().collect(),
        members: true,
        users: assignee(filters).map(str::to_owned).into_iter().collect(),
        anyone: true,
        project: text(filters.project.value()),
        cycle: text(filters.cycle.value().map(|cycle| &**cycle)).filter(|_| filters.team.is_some()),
        ..Wants::default()
    }
}

/// The user that the issues are to be assigned to, if it is one.
fn assignee(filters: &Filters) -> Option<&str> {
    let name = filters.assignee.value()?.as_str();
    (!NOBODY.contains(&fold(name).as_str())).then_some(name)
}

/// A filter, and whether it is the one that the names alone would give: then a list that was asked for by name
/// before anything was known is the right one.
#[derive(Debug)]
pub(super) struct Criteria {
    /// The filter.
    pub filter: Filter,
    /// Whether every name stands for itself.
    pub by_name: bool,
    /// The id of the project.
    pub project: Option<String>,
}

/// The filter by what the names mean.
///
/// # Errors
/// The not-found code of the first name that means nothing, or AMBIGUOUS_IDENTIFIER.
pub(super) fn resolved(filters: &Filters, known: &Known) -> Result<Criteria, Error> {
    let mut all = plain(filters)?;
    let mut by_name = true;
    let mut stands = |literal: bool| by_name &= literal;
    let (mut team, mut project) = (None, None);
    if let Some(name) = &filters.team {
        let found = known.team(name.as_str())?;
        stands(found.is_literal(name.as_str()));
        all.push(Filter::of("team", Filter::eq("id", found.item.id.as_str())));
        team = Some(found.item);
    }
    if let Some(name) = &filters.state {
        let (filter, literal) = state_filter(name.as_str(), known, team.as_deref())?;
        stands(literal);
        all.push(filter);
    }
    for name in filters
        .labels
        .value()
        .into_iter()
        .flat_map(|names| names.iter())
    {
        let (filter, literal) = label_filter(name, known, team.as_deref())?;
        stands(literal);
        all.push(filter);
    }
    if let Some(name) = assignee(filters) {
        let found = known.anyone(name)?;
        if fold(name) != "me" {
            stands(found.is_literal(name) && known.users_called(name) == 1);
        }
        all.push(Filter::of(
            "assignee",
            Filter::eq("id", found.item.id.as_str()),
        ));
    }
    if let Some(name) = filters.project.value() {
        let found = known.project(name.as_str(), team.as_deref())?;
        stands(found.is_literal(name.as_str()));
        project = Some(found.item.id.clone());
        all.push(Filter::of(
            "project",
            Filter::eq("id", found.item.id.as_str()),
        ));
    }
    if let (Some(name), Some(team)) = (filters.cycle.value(), &team) {
        let found = known.cycle(name.as_str(), team)?;
        // A cycle's number may stand in another one's name.
        by_name &= found.method != Method::Partial && known.cycles_called(name.as_str(), team) == 1;
        all.push(Filter::of(
            "cycle",
            Filter::eq("id", found.item.id.as_str()),
        ));
    }
    Ok(Criteria {
        filter: Filter::all(all),
        by_name,
        project,
    })
}

/// The filter by the names themselves, for a list that travels with the look-ups.
///
/// # Errors
/// As [`plain`].
pub(super) fn by_name(filters: &Filters) -> Result<Filter, Error> {
    let mut all = plain(filters)?;
    if let Some(name) = &filters.team {
        all.push(Filter::of("team", team::exact(name.as_str())));
    }
    if let Some(name) = &filters.state {
        let filter = match type_itself(name.as_str()) {
            Some(kind) => Filter::eq("type", kind),
            None => state::exact(name.as_str()),
        };
        all.push(Filter::of("state", filter));
    }
    for name in filters
        .labels
        .value()
        .into_iter()
        .flat_map(|names| names.iter())
    {
        all.push(some_label(label::exact(name)));
    }
    if let Some(name) = assignee(filters) {
        all.push(Filter::of("assignee", user::exact(name)));
    }
    all.extend(project_by_name(filters).map(|project| Filter::of("project", project)));
    if let (Some(name), Some(_)) = (filters.cycle.value(), &filters.team) {
        all.push(Filter::of("cycle", cycle::exact(name.as_str())));
    }
    Ok(Filter::all(all))
}

/// The filter for the project by its name, within the team if there is one. It matches archived projects, too, which
/// are no answer to a name: Linear has no filter to leave them out.
pub(super) fn project_by_name(filters: &Filters) -> Option<Filter> {
    let name = filters.project.value()?;
    let mut all = vec![project::exact(name.as_str())];
    all.extend(filters.team.as_ref().map(|team| {
        let own = Filter::of("some", team::exact(team.as_str()));
        Filter::of("accessibleTeams", own)
    }));
    Some(Filter::all(all))
}

/// The filters that need no look-up.
///
/// # Errors
/// INVALID_PARAM for a parent that is no issue, MISSING_REQUIRED_PARAM for a cycle that only a team could tell.
fn plain(filters: &Filters) -> Result<Vec<Filter>, Error> {
    let mut all = Vec::new();
    let nobody = filters
        .assignee
        .value()
        .is_some_and(|name| NOBODY.contains(&fold(name.as_str()).as_str()));
    for (relation, absent) in [
        ("assignee", filters.assignee == Patch::Clear || nobody),
        ("project", filters.project == Patch::Clear),
        ("cycle", filters.cycle == Patch::Clear),
        ("parent", filters.parent_id == Patch::Clear),
    ] {
        if absent {
            all.push(Filter::absent(relation));
        }
    }
    if filters.labels == Patch::Clear {
        all.push(Filter::of("labels", Filter::eq("length", 0)));
    }
    match filters.priority {
        Patch::Absent => {}
        Patch::Clear => all.push(Filter::eq("priority", 0)),
        Patch::Set(priority) => all.push(Filter::eq("priority", priority.number())),
    }
    if let Some(parent) = parent(filters)? {
        all.push(Filter::of("parent", issue_filter(&parent)));
    }
    for (field, moment) in [
        ("updatedAt", &filters.updated_after),
        ("createdAt", &filters.created_after),
    ] {
        if let Some(moment) = moment {
            all.push(Filter::compare(field, "gte", moment.as_str()));
        }
    }
    if let (Some(name), None) = (filters.cycle.value(), &filters.team) {
        let Some(filter) = cycle::by_place(name.as_str()) else {
            let message = format!("Which team's cycle '{}'?", name.as_str());
            return Err(Error::new(Code::MissingRequiredParam, message)
                .detail("missing", vec!["team"])
                .suggest("Give the team in 'team', or use 'current' or 'next'"));
        };
        all.push(Filter::of("cycle", filter));
    }
    Ok(all)
}

/// The parent whose sub-issues are wanted.
///
/// # Errors
/// INVALID_PARAM when it is no issue reference.
pub(super) fn parent(filters: &Filters) -> Result<Option<IssueRef>, Error> {
    let parent = filters.parent_id.value();
    parent
        .map(|parent| IssueRef::parse("parent_id", parent.as_str()))
        .transpose()
}

/// The filter that finds an issue: there is none by identifier (`linear/api.md` §2).
pub(super) fn issue_filter(issue: &IssueRef) -> Filter {
    match issue {
        IssueRef::Id(id) => Filter::eq("id", id.as_str()),
        IssueRef::Identifier { key, number } => Filter::all(vec![
            Filter::of("team", Filter::eq("key", key.as_str())),
            Filter::eq("number", *number),
        ]),
    }
}

fn some_label(filter: Filter) -> Filter {
    Filter::of("labels", Filter::of("some", filter))
}

/// The types that Linear names a state after in every new team.
const NAMED_AFTER: &[&str] = &["triage", "backlog", "canceled", "duplicate"];

/// The type that a word is likelier to mean than a state of that name, as long as it is not known which there are.
fn type_itself(wanted: &str) -> Option<&'static str> {
    let wanted = fold(wanted);
    let kind = state::TYPES.iter().find(|kind| **kind == wanted)?;
    (!NAMED_AFTER.contains(kind)).then_some(kind)
}

/// The filter for states, and whether the list that was asked for by the name is the same. States with one name count as
/// one, whatever their team; a type or another word for it means all of that type.
fn state_filter(wanted: &str, known: &Known, team: Option<&Team>) -> Result<(Filter, bool), Error> {
    let states: Vec<Arc<State>> = match team {
        Some(team) => known.states_of(team),
        None => known.states.items.clone(),
    };
    let name = fold(wanted);
    let same: Vec<Arc<State>> = states
        .iter()
        .filter(|state| fold(&state.name) == name || state.id == name)
        .map(Arc::clone)
        .collect();
    if !same.is_empty() {
        let lower = wanted.trim().to_lowercase();
        let literal = same
            .iter()
            .all(|state| state.name.to_lowercase() == lower || state.id == lower);
        let filter = if literal {
            state::exact(wanted)
        } else {
            state::called_as(&same)
        };
        let literal = literal && type_itself(wanted).is_none();
        return Ok((Filter::of("state", filter), literal));
    }
    if let Some(bare) = without_hash(wanted) {
        // The list that was asked for by the name went by the name as it is written.
        return state_filter(bare, known, team).map(|(filter, _)| (filter, false));
    }
    let within = team.map(|team| Within {
        kind: "team",
        name: &team.name,
    });
    if let Some(word) = state::stage(wanted) {
        let at_stage = states
            .iter()
            .filter(|state| state::is_at_stage(state, word));
        return match state::one_of_each_name(at_stage).as_slice() {
            [] => Err(missing_state(wanted, known, &states, within)),
            [state] => {
                let started = Filter::eq("type", "started");
                let filter = Filter::all(vec![state::called_as([state]), started]);
                Ok((Filter::of("state", filter), false))
            }
            several => Err(ambiguous(wanted, several)),
        };
    }
    match state::of_type(wanted, &states) {
        Some(Err(several)) => Err(ambiguous(wanted, &several)),
        Some(Ok(filter)) => {
            let literal =
                type_itself(wanted).is_some_and(|kind| filter == Filter::eq("type", kind));
            Ok((Filter::of("state", filter), literal))
        }
        None => {
            let parts = states
                .iter()
                .filter(|state| is_enough(&name) && has_words(&fold(&state.name), &name));
            match state::one_of_each_name(parts).as_slice() {
                [] => Err(missing_state(wanted, known, &states, within)),
                [state] => Ok((Filter::of("state", state::called_as([state])), false)),
                several => Err(ambiguous(wanted, several)),
            }
        }
    }
}

fn missing_state(
    wanted: &str,
    known: &Known,
    states: &[Arc<State>],
    within: Option<Within<'_>>,
) -> Error {
    known.states.counted(state::missing(wanted, states, within))
}

/// The filter for issues with a label, and whether the list that was asked for by the name is the same.
///
/// A whole name means the labels of that name of every team; since no issue has a group itself, a group means any of
/// its labels, and a name that several teams' groups have means those of all. A part of a name must mean one label.
fn label_filter(
    wanted: &LabelName,
    known: &Known,
    team: Option<&Team>,
) -> Result<(Filter, bool), Error> {
    let labels = known.usable(team);
    let within = team.map(|team| Within {
        kind: "team",
        name: &team.name,
    });
    let same = label::all(wanted, &labels);
    let (groups, leaves): (Vec<_>, Vec<_>) = same.into_iter().partition(|label| label.is_group);
    if !groups.is_empty() {
        let of_groups = |label: &&Arc<Label>| {
            let parent = label.parent.as_ref();
            parent.is_some_and(|of| groups.iter().any(|group| group.id == of.id))
        };
        let has_members = labels.iter().any(|label| of_groups(&label));
        if !has_members && leaves.is_empty() {
            return Err(empty_group(wanted, within));
        }
    }
    let literal = groups.is_empty() && label::is_literal(wanted, &leaves, &labels);
    if !groups.is_empty() || !leaves.is_empty() {
        let ids = groups.iter().map(|group| group.id.clone());
        let members = Filter::of("parent", Filter::one_of("id", ids));
        let any = leaves.iter().map(|label| label::alike(label));
        let any = any.chain(Some(members).filter(|_| !groups.is_empty()));
        return Ok((some_label(Filter::any(any.collect())), literal));
    }
    // What begins or ends between a group and a name is a piece of a name, which must not mean whatever begins so.
    label::check_new_name(wanted.as_str())?;
    let found = label::find(wanted, &labels, team, label::Exactness::Part)
        .or_error(wanted.as_str(), &labels, within)
        .map_err(|error| match team {
            None if error.code() == Code::LabelNotFound => known
                .labels
                .counted(error)
                .suggest("Give the team in 'team' to see its labels, too"),
            _ => known.labels.counted(error),
        })?;
    let filter = if found.item.is_group {
        Filter::of("parent", Filter::eq("id", found.item.id.as_str()))
    } else {
        Filter::eq("id", found.item.id.as_str())
    };
    Ok((some_label(filter), false))
}

/// The error for a group that has no labels: no issue can match it.
fn empty_group(wanted: &LabelName, within: Option<Within<'_>>) -> Error {
    let message = format!("Label '{wanted}' is a group without labels, so no issue can have one");
    let mut error = Error::new(Code::LabelNotFound, message).detail("input", wanted.as_str());
    if let Some(within) = within {
        error = error.detail(within.kind, within.name);
    }
    error
        .suggest("Use a label that issues have")
        .suggest("Call list_labels to see all of them")
}

//! From the filters of a list or a search to Linear's filter, before and after it is known what the names mean.

use std::sync::Arc;

use super::filters::Filters;
use crate::directory::fold;
use crate::error::{Code, Error};
use crate::linear::filter::Filter;
use crate::linear::model::{Label, State, Team};
use crate::params::{Patch, Ref};
use crate::resolve::issue::IssueRef;
use crate::resolve::{
    Known, Method, Picked, SHORTEST_PART, Wants, Within, ambiguous, cycle, kind, label, not_found,
    project, state, team, user,
};

/// Words for an issue that nobody does.
const NOBODY: &[&str] = &["none", "unassigned", "nobody"];

/// What has to be known for the names to be told from mistakes.
pub(super) fn wants(filters: &Filters) -> Wants {
    let text = |of: Option<&Ref>| of.map(|of| of.as_str().to_owned());
    let labels = filters.labels.iter().flat_map(|names| names.iter());
    Wants {
        team: text(filters.team.as_ref()),
        states: text(filters.state.as_ref()).into_iter().collect(),
        labels: labels.map(|name| name.as_str().to_owned()).collect(),
        users: assignee(filters).map(str::to_owned).into_iter().collect(),
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
    let mut stands = |method: Method| {
        by_name &= matches!(method, Method::Id | Method::ExactName);
    };
    let (mut team, mut project) = (None, None);
    if let Some(name) = &filters.team {
        let found = known.team(name.as_str())?;
        stands(found.method);
        all.push(Filter::of("team", Filter::eq("id", found.item.id.as_str())));
        team = Some(found.item);
    }
    if let Some(name) = &filters.state {
        let (filter, method) = state_filter(name.as_str(), known, team.as_deref())?;
        stands(method);
        all.push(filter);
    }
    for name in filters.labels.iter().flat_map(|names| names.iter()) {
        let (filter, method) = label_filter(name.as_str(), known, team.as_deref())?;
        stands(method);
        all.push(filter);
    }
    if let Some(name) = assignee(filters) {
        let found = known.user(name)?;
        if fold(name) != "me" {
            stands(found.method);
        }
        all.push(Filter::of(
            "assignee",
            Filter::eq("id", found.item.id.as_str()),
        ));
    }
    if let Some(name) = filters.project.value() {
        let found = known.project(name.as_str(), team.as_deref())?;
        stands(found.method);
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
    for name in filters.labels.iter().flat_map(|names| names.iter()) {
        all.push(some_label(label::exact(name.as_str())));
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
    if let Some(priority) = filters.priority {
        all.push(Filter::eq("priority", priority.number()));
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

/// How well it was guessed what a word means, when the list was asked for by it.
fn guessed(right: bool) -> Method {
    if right {
        Method::ExactName
    } else {
        Method::Alias
    }
}

/// States with one name count as one, whatever their team; a type or another word for it means all of that type.
fn state_filter(
    wanted: &str,
    known: &Known,
    team: Option<&Team>,
) -> Result<(Filter, Method), Error> {
    let states: Vec<Arc<State>> = match team {
        Some(team) => known.states_of(team),
        None => known.states.items.clone(),
    };
    let name = fold(wanted);
    let with = |fits: &dyn Fn(&State) -> bool| states.iter().any(|state| fits(state));
    if with(&|state| fold(&state.name) == name || state.id == name) {
        let filter = Filter::of("state", state::exact(wanted));
        return Ok((filter, guessed(type_itself(wanted).is_none())));
    }
    if let Some(kind) = state::kind(wanted)
        && with(&|state| state.kind == kind)
    {
        let stage =
            state::stage(wanted).filter(|word| with(&|state| fold(&state.name).contains(word)));
        let filter = match stage {
            Some(word) => Filter::all(vec![
                Filter::contains("name", word),
                Filter::eq("type", kind),
            ]),
            None => Filter::eq("type", kind),
        };
        let right = type_itself(wanted).is_some();
        return Ok((Filter::of("state", filter), guessed(right)));
    }
    let mut parts: Vec<Arc<State>> = states
        .iter()
        .filter(|state| name.chars().count() >= SHORTEST_PART && fold(&state.name).contains(&name))
        .map(Arc::clone)
        .collect();
    parts.sort_by_key(|state| fold(&state.name));
    parts.dedup_by_key(|state| fold(&state.name));
    let within = team.map(|team| Within {
        kind: "team",
        name: &team.name,
    });
    match parts.as_slice() {
        [] => {
            let error = known.states.counted(not_found(wanted, &states, within));
            Err(kind::suggest_types(error, &states))
        }
        [state] => {
            let filter = Filter::of("state", state::exact(&state.name));
            Ok((filter, Method::Partial))
        }
        _ => Err(ambiguous(wanted, &parts)),
    }
}

/// No issue has a group itself, so a group means any of its labels. A whole name matches that label of any team; a part of one must mean one label.
fn label_filter(
    wanted: &str,
    known: &Known,
    team: Option<&Team>,
) -> Result<(Filter, Method), Error> {
    let labels: Vec<Arc<Label>> = match team {
        Some(team) => known.labels_of(team),
        None => known.labels.items.clone(),
    };
    let whole = label::find(wanted, &labels, team, label::Exactness::Whole);
    if let Picked::One(found) = &whole
        && found.item.is_group
    {
        let members = Filter::of("parent", Filter::eq("id", found.item.id.as_str()));
        return Ok((some_label(members), Method::Alias));
    }
    if !matches!(whole, Picked::None) {
        return Ok((some_label(label::exact(wanted)), Method::ExactName));
    }
    let within = team.map(|team| Within {
        kind: "team",
        name: &team.name,
    });
    let found = label::find(wanted, &labels, team, label::Exactness::Part)
        .or_error(wanted, &labels, within)
        .map_err(|error| match team {
            None if error.code() == Code::LabelNotFound => known
                .labels
                .counted(error)
                .suggest("Give the team in 'team' to see its labels, too"),
            _ => known.labels.counted(error),
        })?;
    let filter = Filter::eq("id", found.item.id.as_str());
    Ok((some_label(filter), found.method))
}

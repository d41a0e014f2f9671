//! What is asked about each kind: its scope, the names, and the filters for both.

use std::sync::Arc;

use super::super::seek::{Kind, Pool, Sought, Want, is_sure, means_something, seek};
use super::super::team::Scope;
use super::super::{
    Method, Picked, Resolvable, cycle, initiative, label, milestone, project, project_label, state,
    team, user,
};
use super::{Wants, only, texts};
use crate::directory::{ANYWHERE, Reach, fold};
use crate::linear::compose::Part;
use crate::linear::documents::{
    Cycles, Initiatives, Labels, Listing as _, Milestones, ProjectLabels, ProjectStatuses,
    Projects, States, Teams, Users, UsersAll,
};
use crate::linear::filter::Filter;
use crate::linear::model::{
    Cycle, Initiative, Label, Milestone, Project, ProjectLabel, ProjectStatus, State, Team, User,
};
use crate::params::LabelName;
use crate::session::Cx;

/// The one entity that a name means among those that the cache had.
pub(super) fn one<T: Resolvable>(cx: &Cx<'_>, sought: &Sought<T>, name: &str) -> Option<Arc<T>> {
    match sought {
        Sought::Known(pool) => only(cx, name, &pool.items),
        Sought::Asked(_) => None,
    }
}

fn both(within: Option<Filter>, named: Filter) -> Filter {
    Filter::all(within.into_iter().chain([named]).collect())
}

/// Asks about a kind that has the workspace for its only scope: by names, or all of it.
fn of_workspace<K: Kind>(
    cx: &Cx<'_>,
    parts: &mut Vec<Part>,
    wants: &Wants,
    (names, all): (&[String], bool),
    filter: Option<fn(&str) -> Filter>,
) -> Sought<K::Node> {
    let named = filter.map(|filter| names.iter().map(|name| filter(name)).collect());
    let want = Want {
        scopes: vec![""],
        names,
        whole: all,
        may_be_new: false,
        fresh: wants.fresh,
        belongs: &|_| true,
        within: None,
        named: named.filter(|_| !names.is_empty()).map(Filter::any),
        fits: &means_something(cx),
        is_sure: &is_sure(cx, wants.trust),
        reach: wants.trust.reach(cx),
    };
    seek::<K>(cx, parts, want)
}

pub(super) fn teams(cx: &Cx<'_>, parts: &mut Vec<Part>, wants: &Wants) -> Sought<Team> {
    let want = (wants.team_names(), wants.all_teams);
    of_workspace::<Teams>(cx, parts, wants, (&want.0, want.1), Some(team::filter))
}

pub(super) fn states(
    cx: &Cx<'_>,
    parts: &mut Vec<Part>,
    wants: &Wants,
    team: Option<&Scope>,
) -> Sought<State> {
    let scope = team.and_then(Scope::id);
    let want = Want {
        scopes: team.map_or(Some(""), Scope::id).into_iter().collect(),
        names: &wants.states,
        whole: wants.all_states,
        may_be_new: false,
        fresh: wants.fresh,
        belongs: &|state: &State| scope.is_none_or(|id| state.team.id == id),
        within: team.map(|team| Filter::of("team", team.filter())),
        // A team's states fit on one page, so its list answers for every name; those of all teams may not.
        named: match team {
            Some(_) => None,
            None => Some(Filter::any(
                wants
                    .states
                    .iter()
                    .map(|name| state::filter(name))
                    .collect(),
            )),
        },
        fits: &means_something(cx),
        is_sure: &is_sure(cx, wants.trust),
        reach: wants.trust.reach(cx),
    };
    seek::<States>(cx, parts, want)
}

pub(super) fn cycles(
    cx: &Cx<'_>,
    parts: &mut Vec<Part>,
    wants: &Wants,
    team: Option<&Scope>,
) -> Sought<Cycle> {
    let within = team.map(|team| Filter::of("team", team.filter()));
    let named = wants.cycle.as_deref().map(cycle::filter);
    let scope = team.and_then(Scope::id);
    let want = Want {
        scopes: scope.into_iter().collect(),
        names: wants.cycle.as_slice(),
        whole: false,
        may_be_new: false,
        fresh: wants.fresh,
        belongs: &|cycle: &Cycle| scope == Some(cycle.team.id.as_str()),
        named: named.map(|named| both(within.clone(), named)),
        within,
        fits: &means_something(cx),
        is_sure: &is_sure(cx, wants.trust),
        reach: wants.trust.reach(cx),
    };
    seek::<Cycles>(cx, parts, want)
}

/// Asks about users, and tells whether it asks for those who have left, too: where they may be meant, and no active user
/// is known to be.
pub(super) fn users(cx: &Cx<'_>, parts: &mut Vec<Part>, wants: &Wants) -> (Sought<User>, bool) {
    let want = (wants.users.as_slice(), wants.all_users);
    if !wants.anyone {
        let users = of_workspace::<Users>(cx, parts, wants, want, Some(user::filter));
        return (users, false);
    }
    let filter = wants.users.iter().map(|name| user::filter(name));
    let want = Want {
        scopes: vec!["", ANYWHERE],
        names: &wants.users,
        whole: false,
        may_be_new: false,
        fresh: wants.fresh,
        belongs: &|_| true,
        within: None,
        named: Some(Filter::any(filter.collect())),
        fits: &means_something(cx),
        is_sure: &is_sure(cx, wants.trust),
        reach: wants.trust.reach(cx),
    };
    (seek::<UsersAll>(cx, parts, want), true)
}

pub(super) fn projects(
    cx: &Cx<'_>,
    parts: &mut Vec<Part>,
    wants: &Wants,
    team: Option<&Scope>,
) -> Sought<Project> {
    // A team may have joined a project since: one that is not the team's is asked for before it is called so.
    let fits = |name: &str, among: &[Arc<Project>]| match team {
        Some(Scope::Known(team)) => means_something(cx)(name, &project::may_be_of(among, team)),
        _ => means_something(cx)(name, among),
    };
    let want = Want {
        scopes: vec![""],
        names: wants.project.as_slice(),
        whole: false,
        may_be_new: false,
        fresh: wants.fresh,
        belongs: &|_| true,
        within: None,
        named: wants.project.as_deref().map(project::filter),
        fits: &fits,
        is_sure: &|name, among, reach| {
            fits(name, among) && is_sure(cx, wants.trust)(name, among, reach)
        },
        reach: wants.trust.reach(cx),
    };
    seek::<Projects>(cx, parts, want)
}

/// There are few, and Linear takes no filter for them, so the list answers for every name.
pub(super) fn project_statuses(
    cx: &Cx<'_>,
    parts: &mut Vec<Part>,
    wants: &Wants,
) -> Sought<ProjectStatus> {
    let want = (wants.project_status.as_slice(), false);
    of_workspace::<ProjectStatuses>(cx, parts, wants, want, None)
}

pub(super) fn project_labels(
    cx: &Cx<'_>,
    parts: &mut Vec<Part>,
    wants: &Wants,
) -> Sought<ProjectLabel> {
    let names = texts(&wants.project_labels);
    let want = (names.as_slice(), false);
    of_workspace::<ProjectLabels>(cx, parts, wants, want, Some(project_label::filter))
}

pub(super) fn initiatives(cx: &Cx<'_>, parts: &mut Vec<Part>, wants: &Wants) -> Sought<Initiative> {
    let want = (wants.initiative.as_slice(), false);
    of_workspace::<Initiatives>(cx, parts, wants, want, Some(initiative::filter))
}

/// Asks for projects by the name of a team that is being looked up: callers give a project for a team
/// (`contract.md`, "CCPM"), and the error for it can then say which team is the project's. Costs no request.
pub(super) fn namesakes(
    parts: &mut Vec<Part>,
    wants: &Wants,
    teams: &Sought<Team>,
) -> Option<usize> {
    let (Some(name), Sought::Asked(_)) = (&wants.team, teams) else {
        return None;
    };
    let slot = parts.len();
    parts.push(Projects::page(Some(project::exact(name)), 2, None));
    Some(slot)
}

pub(super) fn milestones(
    cx: &Cx<'_>,
    parts: &mut Vec<Part>,
    wants: &Wants,
    projects: &Sought<Project>,
) -> Sought<Milestone> {
    let (Some(called), Some(milestone)) = (&wants.project, &wants.milestone) else {
        return Sought::Known(Pool::default());
    };
    let known = one(cx, projects, called);
    let of = match &known {
        Some(project) => Filter::eq("id", project.id.as_str()),
        None => project::filter(called),
    };
    let within = Some(Filter::of("project", of));
    let scope = known.as_ref().map(|project| project.id.as_str());
    let want = Want {
        scopes: scope.into_iter().collect(),
        names: std::slice::from_ref(milestone),
        whole: false,
        may_be_new: false,
        fresh: wants.fresh,
        belongs: &|milestone: &Milestone| scope == Some(milestone.project.id.as_str()),
        named: Some(both(within.clone(), milestone::filter(milestone))),
        within,
        fits: &means_something(cx),
        is_sure: &is_sure(cx, wants.trust),
        reach: wants.trust.reach(cx),
    };
    seek::<Milestones>(cx, parts, want)
}

/// Whether a name means groups alone, of which none has a label among these.
fn is_empty_group(name: &LabelName, among: &[Arc<Label>]) -> bool {
    let groups = label::all(name, among);
    let is_member = |label: &Arc<Label>| {
        let parent = label.parent.as_ref();
        parent.is_some_and(|parent| groups.iter().any(|group| group.id == parent.id))
    };
    !groups.is_empty() && groups.iter().all(|group| group.is_group) && !among.iter().any(is_member)
}

pub(super) fn labels(
    cx: &Cx<'_>,
    parts: &mut Vec<Part>,
    wants: &Wants,
    team: Option<&Scope>,
) -> Sought<Label> {
    let names = texts(wants.labels.iter().chain(&wants.new_label));
    let members = names.iter().filter(|_| wants.members);
    let members = members.map(|name| label::members(name));
    let filters = names.iter().map(|name| label::filter(name)).chain(members);
    let named = (!names.is_empty()).then(|| Filter::any(filters.collect()));
    let (within, named) = match team {
        Some(Scope::Known(team)) => {
            let within = label::usable_in(team);
            let named = named.map(|named| both(Some(within.clone()), named));
            (within, named)
        }
        // Whose labels a team inherits is only known with the team, so names are looked for everywhere.
        Some(Scope::Called(name)) => {
            let own = Filter::of("team", team::filter(name));
            (Filter::any(vec![Filter::absent("team"), own]), named)
        }
        None => (Filter::absent("team"), named),
    };
    let known = match team {
        Some(Scope::Known(team)) => Some(Arc::clone(team)),
        _ => None,
    };
    let exactness = if wants.new_labels {
        label::Exactness::Whole
    } else {
        label::Exactness::Part
    };
    let fits = |name: &str, among: &[Arc<Label>]| {
        let mut called = wants.labels.iter().filter(|label| label.as_str() == name);
        called.all(|label| {
            let found = label::find(label, among, known.as_deref(), exactness);
            // A group whose labels the cache does not have may have got its first one since.
            let is_new_group = wants.members && is_empty_group(label, among);
            !matches!(found, Picked::None) && !is_new_group
        })
    };
    let is_sure = |name: &str, among: &[Arc<Label>], reach: Reach| {
        let called = wants.labels.iter().chain(&wants.new_label);
        let mut called = called.filter(|label| label.as_str() == name);
        let is_plain = |label: &Label| fold(&label.name) == fold(name);
        called.all(
            |wanted| match label::find(wanted, among, known.as_deref(), exactness) {
                Picked::One(found) => {
                    let label = &found.item;
                    let usable = !label.is_group && label.retired_at.is_none();
                    usable && (reach < Reach::Old || found.method == Method::Id || is_plain(label))
                }
                Picked::Many(_) | Picked::None => false,
            },
        )
    };
    let belongs = |label: &Label| {
        known
            .as_deref()
            .is_none_or(|team| label::is_usable_in(label, team))
    };
    let want = Want {
        scopes: match team {
            Some(team) => team.id().into_iter().collect(),
            None if wants.all_labels => vec![""],
            None => vec![ANYWHERE],
        },
        names: &names,
        whole: wants.all_labels,
        may_be_new: wants.new_labels,
        fresh: wants.fresh,
        belongs: &belongs,
        within: Some(within),
        named,
        fits: &fits,
        is_sure: &is_sure,
        reach: wants.trust.reach(cx),
    };
    seek::<Labels>(cx, parts, want)
}

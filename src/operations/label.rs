//! Labels: how they are shown, and how those that are missing come to be.

mod change;
mod color;
pub mod create;
pub mod ensure;
pub mod get_or_create;
pub mod list;
mod locks;
mod plan;
pub mod retire;
pub mod update;

use std::sync::Arc;

pub(super) use self::locks::{LabelLocks, locks};
pub(super) use self::plan::Plan;
use super::view::View;
use super::write::{self, WriteSet, Written};
use crate::cache::{ANYWHERE, Reach, fold};
use crate::error::{Code, Error};
use crate::linear::compose::Part;
use crate::linear::documents::{LabelCreate, Labels, label_create};
use crate::linear::failure::Failure;
use crate::linear::model::{Label, Team};
use crate::linear::scalars::IssueLabelCreateInput;
use crate::params::{Detail, LabelName, LabelSpec};
use crate::resolve::label::group::Place;
use crate::resolve::label::{self, MatchMode};
use crate::resolve::{LookupRequest, MatchResult, lookup};
use crate::session::Context;

/// A label as it is shown.
fn view(of: &Label, level: Detail) -> View {
    View::named(level, &of.id, &of.name)
        .brief("group", of.parent.as_ref().map(|group| group.name.clone()))
        .brief("color", of.color.as_str())
        .brief("is_group", of.is_group.then_some(true))
        .brief("retired", of.retired_at.is_some().then_some(true))
        .standard(
            "scope",
            if of.team.is_some() {
                "team"
            } else {
                "workspace"
            },
        )
        .full("description", of.description.clone())
}

/// How a wanted label came to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was there.
    Found,
    /// This operation made it.
    Created,
}

/// A label that was asked for, and what became of it.
#[derive(Debug)]
pub(super) struct Ensured {
    /// The name as it was asked for.
    pub wanted: LabelName,
    /// The label, or why there is none.
    pub outcome: Result<(Arc<Label>, Origin), Error>,
}

/// Finds each label in the team, its parents or the workspace, and creates in the team those that are nowhere.
/// `among` is what was looked up; each label has its own outcome.
///
/// # Errors
/// CANCELLED, when that comes before anything was sent; INVALID_PARAM for more new labels than one call may make.
pub(super) async fn ensure(
    cx: &Context<'_>,
    team: &Arc<Team>,
    mut among: Vec<Arc<Label>>,
    specs: &[LabelSpec],
) -> Result<Vec<Ensured>, Error> {
    let _turns = locks(cx, team, &mut among, specs).await?;
    let mut writes = WriteSet::default();
    let mut plan = Plan::make(cx, team, &among, specs, false, &mut writes)?;
    loop {
        match writes.submit(cx).await {
            Ok(Some((place, failure))) => {
                plan.declined(cx, place, &failure).await;
            }
            Ok(None) => break,
            Err(failure) => {
                plan.take_in(cx, &writes);
                plan.fail(&writes, &failure);
                break;
            }
        }
    }
    plan.take_in(cx, &writes);
    Ok(plan.ensured)
}

/// Sends a new label, and keeps it for wherever it can be used.
async fn send_new(
    cx: &Context<'_>,
    input: IssueLabelCreateInput,
) -> Result<Written<Arc<Label>>, Failure> {
    let id = input.id.clone();
    let part = Part::of::<LabelCreate>(label_create::Variables { input });
    let written = write::create::<LabelCreate, Labels>(cx, part, &id).await?;
    let Written::Entity(label) = written else {
        return Ok(Written::Unread);
    };
    let label = Arc::new(label);
    remember(cx, &label);
    Ok(Written::Entity(label))
}

fn failed(failure: Failure, wanted: &str, team: Option<&Team>) -> Error {
    let place = match team {
        Some(team) => format!("team '{}'", team.name),
        None => "the workspace".to_owned(),
    };
    let error = failure
        .into_write_error(
            Code::LabelCreationFailed,
            &format!("create label '{wanted}' in {place}"),
            "Call list_labels with refresh_cache: true to see whether it is there",
        )
        .detail("label_name", wanted);
    match team {
        Some(team) => error.detail("team", team.name.as_str()),
        None => error,
    }
}

/// Keeps a new label in every scope where it can be used: its team and those below, or everywhere.
fn remember(cx: &Context<'_>, label: &Arc<Label>) {
    let cache = &cx.session.cache;
    let own = label.team.as_ref().map_or("", |team| team.id.as_str());
    let inherits = |scope: &str| {
        let team = cache.teams.get_within(scope, Reach::Old);
        team.is_some_and(|team| team.ancestors.iter().any(|above| above.id == own))
    };
    let others = cache.labels.scopes().into_iter().filter(|scope| {
        scope != own && (label.team.is_none() || scope == ANYWHERE || inherits(scope))
    });
    let scopes: Vec<String> = std::iter::once(own.to_owned()).chain(others).collect();
    cache.labels.created(&scopes, &label.name, label);
}

/// The label of that name in the team, asked of Linear and not of the cache.
async fn look_again(cx: &Context<'_>, team: &Team, wanted: &LabelName) -> Option<Arc<Label>> {
    let lookup_request = LookupRequest {
        team: Some(team.id.clone()),
        labels: vec![wanted.clone()],
        fresh: true,
        ..LookupRequest::default()
    };
    let (known, _) = lookup(cx, &lookup_request, |_| Vec::new()).await.ok()?;
    match label::find(wanted, &known.labels_of(team), Some(team), MatchMode::Whole) {
        MatchResult::One(found) => Some(found.item),
        _ => None,
    }
}

/// The error of a write that failed after labels were made for it, or may have been: they stay, and the caller has to
/// know.
pub(super) fn with_labels(mut error: Error, plan: &Plan, writes: &WriteSet) -> Error {
    let (created, in_doubt) = (plan.made(), plan.in_doubt(writes));
    if !created.is_empty() {
        error = error.detail("created_labels", created);
    }
    if !in_doubt.is_empty() {
        error = error
            .detail("labels_in_doubt", in_doubt)
            .suggest("Call list_labels to see whether labels were created for it");
    }
    error
}

/// What the making of a label goes by, among operations that may want the same one: where it is made, and its name,
/// which is the only one of it there whatever its group.
fn making(place: &Place<'_>, team: Option<&Team>) -> String {
    let owner = place.owner(team).map(|owner| owner.id);
    format!("label {} {}", owner.unwrap_or_default(), fold(place.name))
}

/// Counts labels that are about to be made, which go by their [`making`], among those of the call.
///
/// # Errors
/// INVALID_PARAM where the call would make more than one call may: how many, and how to split it.
fn reserve(cx: &Context<'_>, makings: &[String]) -> Result<(), Error> {
    let most = cx.session.new_labels;
    let Err(total) = cx.make_labels(makings) else {
        return Ok(());
    };
    let message = format!("The call would make {total} new labels, and the most is {most}");
    Err(Error::new(Code::InvalidParam, message)
        .detail("given", total)
        .detail("expected", format!("at most {most} new labels"))
        .suggest(format!(
            "Split it: call ensure_labels_exist with at most {most} new labels at a time, and then this again"
        )))
}

/// The step that a write reports for the labels it saw to.
pub(super) fn step(cx: &Context<'_>, ensured: &[Ensured]) {
    let count = |origin: Origin| {
        let with = |of: &&Ensured| matches!(&of.outcome, Ok((_, found)) if *found == origin);
        ensured.iter().filter(with).count()
    };
    let names: Vec<&str> = ensured.iter().map(|of| of.wanted.as_str()).collect();
    let mut counts = Vec::new();
    for (number, word) in [
        (count(Origin::Found), "found"),
        (count(Origin::Created), "created"),
        (
            ensured.iter().filter(|of| of.outcome.is_err()).count(),
            "failed",
        ),
    ] {
        if number > 0 {
            counts.push(format!("{number} {word}"));
        }
    }
    if !names.is_empty() {
        cx.step(format!(
            "ensure_labels: {} ({})",
            names.join(", "),
            counts.join(", ")
        ));
    }
}

/// The error of a group within a group: there is one level only (`linear/api.md` §2).
fn nested(name: &str) -> Error {
    let message = format!("'{name}' is a group, and no group can belong to another");
    Error::new(Code::InvalidLabelName, message)
        .detail("param", "group")
        .suggest("Leave out 'group'")
}

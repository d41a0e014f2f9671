//! What an update does to an issue's labels: all replaced, or some added and some taken off, sent as such.

use std::sync::Arc;

use super::Params;
use crate::error::Error;
use crate::linear::model::{Issue, Label, Team};
use crate::linear::scalars::IssueUpdateInput;
use crate::operations::issue::diff;
use crate::operations::label;
use crate::params::{Patch, Refs};
use crate::resolve::label::{Exactness, applicable, find};
use crate::resolve::{Known, Picked};
use crate::session::Cx;

/// Sees to the labels: those to take off are found on the issue, those to have or to add are made where they are
/// missing. Answers the names of those made. All other names have been resolved by now, so that a request that
/// cannot succeed leaves no new label behind.
pub(super) async fn changes(
    cx: &Cx<'_>,
    params: &Params,
    before: &Issue,
    known: &Known,
    team: Option<&Team>,
    input: &mut IssueUpdateInput,
) -> Result<Vec<String>, Error> {
    if let Some(names) = &params.remove_labels {
        let ids = to_remove(cx, names, before);
        input.removed_label_ids = Patch::from(Some(ids).filter(|ids| !ids.is_empty()));
    }
    if params.labels == Patch::Clear {
        input.label_ids = Patch::Set(Vec::new());
    }
    let (Some(specs), Some(team)) = (params.label_specs(), team) else {
        return Ok(Vec::new());
    };
    let among = known.labels_of(team);
    for spec in specs.iter() {
        // A retired label that the issue has may stay.
        if let Picked::One(found) = find(spec.name.as_str(), &among, Some(team), Exactness::Whole)
            && !diff::has(before, &found.item.id)
        {
            applicable(&found.item, &among)?;
        }
    }
    let ensured = label::ensure(cx, team, &among, specs).await;
    label::step(cx, &ensured);
    let created = label::created(&ensured);
    let mut ids = Vec::new();
    let mut failure = None;
    for of in ensured {
        match of.outcome {
            Ok((label, _)) => ids.push(label.id.clone()),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    if let Some(error) = failure {
        return Err(label::with_created(error, created));
    }
    if params.labels.is_absent() {
        input.added_label_ids = Patch::Set(ids);
    } else {
        input.label_ids = Patch::Set(ids);
    }
    Ok(created)
}

/// The ids of the labels to take off, as they stand on the issue; a name that is not on it is told of.
fn to_remove(cx: &Cx<'_>, names: &Refs, before: &Issue) -> Vec<String> {
    let on_issue: Vec<Arc<Label>> = before
        .labels
        .nodes
        .iter()
        .map(|label| Arc::new(Label::from(label)))
        .collect();
    let mut ids = Vec::new();
    for name in names.iter() {
        match find(name.as_str(), &on_issue, None, Exactness::Whole) {
            Picked::One(found) => ids.push(found.item.id.clone()),
            _ => cx.warn(format!("label '{}' is not on the issue", name.as_str())),
        }
    }
    ids
}
